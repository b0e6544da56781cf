"""Numbers in a formula that stand for quantities: ``0.08·x_3`` where 0.08 is dL/dp here.

Such a formula is no statement about other inputs. It is right if it is right everywhere with the
quantity in place of its number.
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

import numpy as np

from autograd_lite.check.causes.repairs import edited, walk
from autograd_lite.check.claims import Claim
from autograd_lite.check.judge.samples import Reading, Sampler, is_formula
from autograd_lite.check.read.expressions import Expression, Number, Reference, Sum, Term
from autograd_lite.check.read.numbers import Array, read_numbers
from autograd_lite.check.truth.truth import Ends, Truth
from autograd_lite.errors import ClaimError, ShapeError

_MOST_LITERALS = 4
_MOST_TRIED = 400
_MOST_NAMES = 400
"""In a larger graph no number is taken for one of its quantities."""
_CLOSE = 1e-9


def stood_for(
    literal: str, numbers: Mapping[str, float], stated: Collection[str] = ()
) -> list[str]:
    """The quantities that a number may be in a formula: it is theirs, or rounds it to hundredths.

    A whole number or ½ is more often one of the formula's own, the 2 of a square. It stands only
    for what was ``stated``: for a derivative above, or a name in the member before.

    >>> numbers = {"dL/dp": 0.0842, "w": 0.25, "dL/dw": -2.0}
    >>> stood_for("0.08", numbers), stood_for("0.25", numbers), stood_for("0.1", numbers)
    (['dL/dp'], ['w'], [])
    >>> stood_for("2", numbers), stood_for("2", numbers, {"dL/dw"})
    ([], ['dL/dw'])
    """
    number = float(literal.replace("−", "-"))
    printed = literal.partition(".")[2].lower().partition("e")[0]
    half = float(read_numbers(literal).half_units) if len(printed) > 1 else 0.0
    near = half + _CLOSE * abs(number)
    found = [name for name, value in numbers.items() if abs(abs(value) - number) <= near]
    if number.is_integer() or number == 0.5:
        return [name for name in found if name in stated]
    return found


def with_quantities(
    formula: Expression,
    numbers: Mapping[str, float],
    fits: Callable[[Expression], bool],
    stated: Collection[str] = (),
) -> Iterator[dict[str, str]]:
    """The quantities for numbers of a formula with which it fits, fewest first.

    ``numbers`` are those of the quantities here. A number without its sign stands for what is
    negative as well: with the minus that is written before it.

    >>> from autograd_lite.check.read.formulas import parse
    >>> formula, numbers = parse("0.08*x"), {"p": 0.08, "q": 3.0}
    >>> next(with_quantities(formula, numbers, lambda one: str(one) == "p*x"))
    {'0.08': 'p'}
    """
    places = {
        place: part.text for place, part in enumerate(walk(formula)) if isinstance(part, Number)
    }
    stands = {text: stood_for(text, numbers, stated) for text in dict.fromkeys(places.values())}
    literals = [text for text, names in stands.items() if names][:_MOST_LITERALS]
    for chosen in itertools.islice(_choices(literals, stands), _MOST_TRIED):
        edits = {
            place: (lambda _, name=chosen[text], text=text: _standing(name, text, numbers))
            for place, text in places.items()
            if text in chosen
        }
        if fits(edited(formula, edits)):
            yield chosen


def _choices(
    literals: Sequence[str], stands: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, str]]:
    """A quantity for one number, for two of them, and so on."""
    for count in range(1, len(literals) + 1):
        for some in itertools.combinations(literals, count):
            for names in itertools.product(*(stands[one] for one in some)):
                yield dict(zip(some, names, strict=True))


def _standing(name: str, text: str, numbers: Mapping[str, float]) -> Expression:
    """The quantity, without the sign that is no part of its number."""
    reference = Reference(name)
    same = (numbers[name] < 0) == text.startswith(("-", "−"))
    return reference if same else Sum((Term(-1, reference),))


class Literals:
    """The numbers in the formulas of a derivation; ``stated`` is what it has stated as a number."""

    def __init__(self, truth: Truth, sampler: Sampler) -> None:
        self._truth, self._sampler = truth, sampler
        self.stated: set[str] = set()

    def read(self, reading: Reading) -> Reading | None:
        """A wrong formula as a right one, at this point alone; None if it is not."""
        samples = reading.samples
        if not (samples.formula and is_formula(reading.claim.given)) or not self._numbers:
            return None
        numbers = self._numbers
        formula = self._sampler.parsed(reading.claim)
        if not formula.references:
            return None
        if reading.by_chance and any(map(_is_put_in, formula.literals)):
            return _here(reading, "it has numbers in it")
        true = self._sampler.true_at_all_points(reading.expected)

        def fits(other: Expression) -> bool:
            found = self._sampler.at_all_points(other, samples.products) / reading.times
            return found.size == true.size and agree(found.reshape(true.shape), true)

        put_in = self._put_in(reading.claim)
        chosen = next(with_quantities(formula, numbers, fits, put_in), None)
        if chosen is None:
            return None
        stands = ", ".join(f"{number} is {name} here" for number, name in chosen.items())
        return _here(reading, stands)

    def _put_in(self, claim: Claim) -> set[str]:
        """The quantities for which whole numbers may have been put in."""
        found = {name for name in self.stated if "/" in name}
        with suppress(ClaimError, ShapeError):
            if is_formula(claim.after):
                formula = self._sampler.parsed(replace(claim, given=claim.after))
                spellings = [one.spelling for one in formula.references]
                found |= {str(one) for name in spellings for one in self._sampler.meanings(name)}
        return found

    @cached_property
    def _numbers(self) -> dict[str, float]:
        """What can stand in a formula as a number: values, gradients and local derivatives."""
        graph = self._truth.graph
        if len(graph.elements) > _MOST_NAMES:
            return {}
        numbers = {name: graph.value(name) for name in graph.elements}
        root = graph.outputs[0]
        for ends in (
            *(Ends("derivative", root, name) for name in graph.elements if name != root),
            *(Ends("derivative", one.child, one.parent) for one in graph.terms),
        ):
            numbers[f"d{ends.child}/d{ends.parent}"] = float(self._truth.number(ends).value)
        return {name: value for name, value in numbers.items() if self._sampler.meanings(name)}


def _is_put_in(literal: str) -> bool:
    """Whether a number is rather one of these data than one of a formula, as 2 and ½ are."""
    number = float(literal.replace("−", "-"))
    return not (number.is_integer() or number == 0.5)


def _here(reading: Reading, why: str) -> Reading:
    """A formula as what it is at this point alone."""
    samples, true = reading.samples, reading.true[:1]
    note = "; ".join(filter(None, (samples.note, f"at this point only: {why}")))
    values = samples.values[:1]
    off = np.maximum(samples.half_units, 2 * np.abs(values[0] - true[0]))  # of these numbers
    samples = samples._replace(values=values, half_units=off, note=note)
    return replace(reading, samples=samples, true=true, sizes=None)


def agree(one: Array, other: Array) -> bool:
    """Whether two arrays are the same at every point but for rounding.

    >>> agree(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-12]))
    True
    """
    near = _CLOSE * max(float(np.abs(other).max(initial=0)), 1e-30)
    return one.shape == other.shape and bool(np.all(np.abs(one - other) <= near))
