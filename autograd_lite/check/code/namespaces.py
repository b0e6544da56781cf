"""Namespaces: which of a program's variables are claims, and which of its weights have moved.

``locals()`` and ``globals()`` hold much that is no mathematics, and a weight is there as its last
line has left it. Nothing is run: the numbers are there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Claim, Derivative, Quantity, Statement, Updated, ValueOf
from autograd_lite.check.code.kept import Kept, holder_of, kind_of, tokens, weight_called
from autograd_lite.check.code.variables import is_own, variables_in
from autograd_lite.check.judge.samples import is_formula
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.formulas import parse
from autograd_lite.check.read.naming import is_derivative
from autograd_lite.check.read.numbers import Array, read_numbers
from autograd_lite.check.read.statements import chain
from autograd_lite.check.spelling import is_rate_of_code, key
from autograd_lite.check.truth.points import Printed, moved
from autograd_lite.errors import AutogradLiteError, ClaimError
from autograd_lite.value import Value

# Which variables are claims.

_COUNTERS = {
    *("i", "j", "k", "l", "m", "n", "it", "iter", "idx", "step", "steps", "epoch", "epochs"),
    *("seed", "batch", "batchsize", "iteration", "iterations", "niter", "count", "eps"),
}
_OF_IPYTHON = {"In", "Out", "exit", "quit", "get_ipython"}
_NUMBERS = (int, float, np.number, np.ndarray, list, tuple, Decimal, Fraction)
_STATE = {
    *("cache", "params", "parameters", "weights", "values", "activations", "memory", "forward"),
    *("theta", "model", "net", "network", "layer", "p", "w"),
}
_MOST = 10_000
"""A larger array that means nothing in the graph is data."""


def is_namespace(claims: Mapping[Any, Any]) -> bool:
    """Whether a mapping holds the variables of a program, and not only what is claimed.

    >>> is_namespace({"dw": 0.5, "np": np}), is_namespace({"dw": 0.5, "b": 1}), is_namespace({})
    (True, False, False)
    """
    if not all(isinstance(name, str) and name.isidentifier() for name in claims):
        return False
    return any(
        name.startswith("_") or not isinstance(held, (*_NUMBERS, str))
        for name, held in claims.items()
    )


class Recorded:
    """The names of a graph, and the numbers of what they mean, as a namespace is compared with.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> known = Recorded(named_graph((ag.Value(3.0, "w") ** 2).named("E")))
    >>> float(known.true(Derivative("E", "w")))
    6.0
    """

    def __init__(self, graph: NamedGraph, vocabulary: Vocabulary | None = None) -> None:
        self.graph = graph
        self.names = vocabulary or Vocabulary(graph)

    @cached_property
    def weights(self) -> list[str]:
        """What gradient descent changes."""
        return [name for name in self.names.scalars if self.names.is_weight(name)]

    def true(self, quantity: ValueOf | Derivative) -> Array:
        """A value, or the derivative of the result by one."""
        names = self.names.scalars[quantity.subject]
        of = self._slopes if isinstance(quantity, Derivative) else self._values
        return np.reshape([of[name] for name in names.flat], names.shape)

    @cached_property
    def _values(self) -> dict[str, float]:
        return {name: self.graph.value(name) for name in self.graph.elements}

    @cached_property
    def _slopes(self) -> Mapping[str, float]:
        return self.graph.gradients(self.graph.outputs[0])


def variables_of(space: Mapping[str, Any], known: Recorded) -> list[Claim]:
    """The claims of a namespace: numbers, formulas, and what its dicts and objects keep.

    What is no number and no formula is no claim. A number that means nothing in the graph is
    counted, and not listed.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value(3.0, "w")
    >>> known = Recorded(named_graph((w * w).named("E")))
    >>> space = {"dw": 6.0, "epoch": 3, "path": "/tmp/w", "np": np, "grads": {"w": 6.0}}
    >>> [(one.name, str(one.quantity or ""), one.aside) for one in variables_of(space, known)]
    [('dw', '', False), ('epoch', '', True), ("grads['w']", 'dE/dw', False)]
    """
    vocabulary, kept = known.names, None
    found: list[Claim] = []
    for name, held in space.items():
        if name.startswith("_") or (name in _OF_IPYTHON and "In" in space) or _is_other(held):
            continue
        if isinstance(held, str):
            if _is_mathematics(name, held, vocabulary):
                found.append(Claim(name=name, given=held, aside=True))
        elif _is_numbers(held):
            found.append(_of_number(name, held, vocabulary))
        elif isinstance(held, dict | list | tuple) or is_own(held):
            kept = kept or _meanings(space, known)
            found += _kept(name, held, known, kept)
    found = [replace(one, aside=one.aside and not _means(one, vocabulary)) for one in found]
    return [
        Claim(name=one.name, given=None, unread="another variable", aside=True)
        if _is_another(one, space, vocabulary)
        else one
        for one in found
    ]


def counted(claims: Sequence[Claim | Statement]) -> list[Claim | Statement]:
    """The claims of a mapping, of which counters and step sizes need not be listed.

    >>> [claim.aside for claim in counted([Claim(name="epoch", given=3), Claim(name="q", given=3)])]
    [True, False]
    """
    return [
        replace(one, aside=True) if isinstance(one, Claim) and _is_setting(one.name) else one
        for one in claims
    ]


def _is_setting(name: str) -> bool:
    return key(name).casefold() in _COUNTERS or is_rate_of_code(name)


def _is_other(held: Any) -> bool:
    is_frame = hasattr(held, "iloc") or hasattr(held, "columns")
    return (
        held is None or isinstance(held, bool | bytes | ModuleType | Value | type) or is_frame
    ) or (callable(held) and not is_own(held))


def _is_numbers(held: Any) -> bool:
    """Whether something is a number or an array of numbers."""
    if not isinstance(held, _NUMBERS) and not hasattr(held, "__array__"):
        return False
    if isinstance(held, np.ndarray):
        return held.dtype.kind in "fiu"
    try:
        array = np.asarray(held)
    except (ValueError, TypeError, RuntimeError):
        return False  # rows of different lengths, or a tensor that is elsewhere
    return array.dtype.kind in "fiu" or isinstance(held, Decimal | Fraction)


def _of_number(name: str, held: Any, vocabulary: Vocabulary) -> Claim:
    known = vocabulary.readings(name)
    if not known and np.size(held) > _MOST:
        return Claim(name=name, given=None, unread="unknown name", aside=True)
    return Claim(name=name, given=held, aside=True)


def _is_mathematics(name: str, text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text is a number, or a formula in which something is known, and no label."""
    means = bool(vocabulary.readings(name)) or is_derivative(name)
    for part in chain(text) or (text,):
        if not is_formula(part):
            return True
        try:
            formula = parse(part, lambda one: bool(vocabulary.readings(one)))
        except AutogradLiteError:
            return False
        names = [one.spelling for one in formula.references]
        known = [one for one in names if vocabulary.readings(one)]
        is_name = names == [part.strip()]
        if not names:
            return means
        if len(known) < len(names) - (is_derivative(name) and not is_name):
            return False
        if is_name and not is_derivative(name):
            return False
    return True


def _means(claim: Claim, vocabulary: Vocabulary) -> bool:
    names = (claim.name, *claim.others)
    return claim.quantity is not None or any(
        vocabulary.readings(name) or is_derivative(name) for name in names
    )


def _is_another(claim: Claim, space: Mapping[str, Any], vocabulary: Vocabulary) -> bool:
    """Whether a variable is called as a value but for its case, and is something else.

    There is one that is called exactly so, or it is no array of as many axes.
    """
    readings = vocabulary.readings(claim.name)
    if len(readings) != 1 or not isinstance(readings[0], ValueOf):
        return False
    of = readings[0].of
    if key(claim.name) == key(of) or key(claim.name).casefold() != key(of).casefold():
        return False
    return of in space or np.ndim(claim.given) != vocabulary.scalars[of].ndim


# What dicts, lists and objects keep.


def _kept(name: str, held: Any, known: Recorded, kept: Kept) -> Iterator[Claim]:
    """The numbers in a container that are called as a quantity, or that are one."""
    inside = [one for one in variables_in(name, name, held) if one.path != name]
    places = [holder_of(one.path) for one in inside]
    shared = Counter(own for _, own in places)
    for one, (holder, own) in zip(inside, places, strict=True):
        claim = Claim(name=one.path, given=one.numbers, others=(own,))
        is_attribute = one.path.endswith(f".{own}")
        is_values = is_attribute or key(holder).casefold() in _STATE
        readings = known.names.readings(own)
        meant = kept.meanings.get(one.path) if one.path in kept.meanings else _unsaid
        if isinstance(meant, Derivative):
            yield replace(claim, quantity=meant)
        elif isinstance(meant, ValueOf):
            named = weight_called(own, known.names) == meant.of
            is_old = _is_close(one.numbers, known.true(meant))
            if named or is_old:
                yield claim if named else replace(claim, quantity=meant)
        elif meant is _unsaid and shared[own] == 1 and not weight_called(own, known.names):
            yield from [claim] * _is_said(readings, is_values)


_unsaid = Updated("")


def _meanings(space: Mapping[str, Any], known: Recorded) -> Kept:
    """What everything is that a namespace keeps in containers."""
    held = {
        one.path: one
        for name, value in space.items()
        if not name.startswith("_") and not _is_other(value)
        for one in variables_in(name, name, value)
    }
    weights: dict[str, str] = {}
    for path, one in held.items():
        if len(tokens(path)) > 1 and (weight := _weight_of(path, one.numbers, known, weights)):
            weights[path] = weight
    numbers = {path: one.numbers for path, one in held.items()}

    def is_(path: str, quantity: Quantity) -> bool:
        return isinstance(quantity, ValueOf | Derivative) and _is_close(
            numbers[path], known.true(quantity)
        )

    return Kept(
        numbers,
        weights,
        known.names,
        is_,
    )


def _is_said(readings: Sequence[Quantity], is_state: bool) -> bool:
    """Whether a name in a container can be trusted to mean what it means elsewhere."""
    gradients = all(isinstance(meant, Derivative) for meant in readings)
    return bool(readings) and (is_state or gradients)


def _weight_of(path: str, numbers: Array, known: Recorded, taken: Mapping[str, str]) -> str:
    """The weight that has these numbers; of several the one of that name, or not taken yet.

    Zeros are biases only where they are called so.
    """
    words = [one for one in tokens(path) if not one.isdigit()]
    fitting = [
        name
        for name in known.weights
        if known.names.scalars[name].shape == numbers.shape
        and _is_close(numbers, known.true(ValueOf(name)))
    ]
    if numbers.size == 1 or not np.any(numbers):
        fitting = [one for one in fitting if kind_of(words[-1]) == "bias"]
    called = [one for one in fitting if weight_called(words[-1], known.names) == one]
    free = [one for one in fitting if one not in taken.values()]
    return next(iter([*called, *free, *fitting]), "")


def _is_close(given: Any, true: Array) -> bool:
    try:
        numbers = read_numbers(given)
    except ClaimError:
        return False
    if numbers.values.shape != true.shape:
        return False
    slack = numbers.half_units + 1e-7 * max(float(np.max(np.abs(true), initial=0.0)), 1e-12)
    return bool(np.all(np.abs(numbers.values - true) <= slack))


# Weights that have moved, and the step size.

_MOST_MOVED = 100
_FEW = 3
_AGREEMENT = 1e-9
_DIGITS = 3
"""A step size has so few digits, if it is read off a single number."""


def stepped(
    claims: Sequence[Claim], known: Recorded, rate: float | None
) -> tuple[list[Claim], float | None, list[str]]:
    """The claims with the weights after their update as such; the step size; what to say of it.

    A weight has moved if it is its old value less the step size times its gradient, the true one or
    that of the claims. The step size is given, or a variable is called so, or several numbers have
    the same. What is neither the old value nor that is claimed as it stands.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> known = Recorded(named_graph((ag.Value([3.0, 1.0], "w") ** 2).sum().named("E")))
    >>> claims, rate, _ = stepped([Claim(name="w", given=[1.5, 0.5])], known, None)
    >>> str(claims[0].quantity), rate
    ('w updated', 0.25)
    """
    gone = [one for place, claim in enumerate(claims) if (one := _moved(claim, place, known))]
    if not gone:
        return list(claims), rate, []
    claimed = _claimed_gradients(claims, {one.weight for one in gone}, known)
    for one in gone:
        one.gradients += claimed.get(one.weight, [])
    notes: list[str] = []
    if rate is None:
        rate = _declared(claims)
        if rate is None and (rate := _shared_rate(gone[:_MOST_MOVED])):
            notes.append(f"the learning rate is {rate:g}: by that the weights have moved")
    found = list(claims)
    for one in gone if rate is not None else ():
        if one.fits(rate or 0.0):
            found[one.place] = replace(claims[one.place], quantity=Updated(one.weight))
    return found, rate, notes


@dataclass
class _Moved:
    """A weight that is not what it was: its step, and the gradients that it may have taken."""

    place: int
    weight: str
    step: Array
    half: Array
    size: float
    gradients: list[Array]

    def rates(self) -> Iterator[float]:
        """The positive factors between the step and each gradient."""
        for gradient in self.gradients:
            size = float(np.vdot(gradient, gradient))
            rate = float(np.vdot(gradient, self.step)) / size if size else 0.0
            if rate > 0 and self._is(rate * gradient):
                yield rate

    def fits(self, rate: float) -> bool:
        """Whether it is a step of this size along one of the gradients."""
        return any(self._is(rate * gradient) for gradient in self.gradients)

    def _is(self, step: Array) -> bool:
        return bool(np.all(np.abs(self.step - step) <= self.half + 1e-9 * self.size))


def _moved(claim: Claim, place: int, known: Recorded) -> _Moved | None:
    """None for what is no weight, or has not moved."""
    if claim.quantity is not None or claim.line is not None or claim.conditions:
        return None
    names = (claim.name, *claim.others)
    weight = next((one for name in names if (one := weight_called(name, known.names))), "")
    if not weight or is_formula(claim.given):
        return None
    before = known.true(ValueOf(weight))
    try:
        numbers = read_numbers(claim.given)
    except ClaimError:
        return None
    if numbers.values.shape != before.shape or _is_close(claim.given, before):
        return None
    size = float(np.max(np.abs(before), initial=1e-12))
    gradient = known.true(Derivative(known.names.root, weight))
    return _Moved(place, weight, before - numbers.values, numbers.half_units, size, [gradient])


def _claimed_gradients(
    claims: Sequence[Claim], weights: set[str], known: Recorded
) -> dict[str, list[Array]]:
    """What the claims say of the gradients of these weights."""
    found: dict[str, list[Array]] = {}
    wanted = {Derivative(known.names.root, weight): weight for weight in weights}
    for claim in claims:
        meant = [claim.quantity] if claim.quantity else known.names.readings(claim.name)
        for weight in {wanted[one] for one in meant if one in wanted}:
            if claim.unread or is_formula(claim.given) or len(found.get(weight, ())) > _FEW:
                continue
            try:
                values = read_numbers(claim.given).values
            except ClaimError:
                continue
            if values.shape == known.names.scalars[weight].shape:
                found.setdefault(weight, []).append(values)
    return found


def _declared(claims: Sequence[Claim]) -> float | None:
    """The step size that a variable is called after."""
    for claim in claims:
        if is_rate_of_code(claim.name) and isinstance(claim.given, int | float) and claim.given > 0:
            return float(claim.given)
    return None


def _shared_rate(moved: Sequence[_Moved]) -> float | None:
    """The step size that most of the weights have; from one number only if it has few digits."""
    rates = [rate for one in moved for rate in one.rates()]
    if not rates:
        return None
    best = max(rates, key=lambda rate: sum(one.fits(rate) for one in moved))
    fitting = [one for one in moved if one.fits(best)]
    short = float(f"{best:.{_DIGITS}g}")
    if all(one.fits(short) for one in fitting):
        return short
    return float(f"{best:.12g}") if sum(one.step.size for one in fitting) > 1 else None


def before_the_last_step(
    claims: Sequence[Claim], known: Recorded, rate: float | None
) -> NamedGraph | None:
    """The graph at the weights before the last step of a training; None where that is not sure.

    A loop leaves weights that are many steps from those of the graph, and values and gradients of
    its last pass. Its weights were what they are and the step size times their gradients; it is
    sure if a value of the forward pass is what it is there, and nowhere near that here.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> known = Recorded(named_graph((ag.Value(3.0, "w") ** 2).named("E")))
    >>> space = {"w": 1.2, "dw": 3.0, "E": 2.25}
    >>> left = [Claim(name=name, given=held) for name, held in space.items()]
    >>> before_the_last_step(left, known, 0.1).value("w")
    1.5
    """
    rate = rate if rate is not None else _declared(claims)
    gone = [one for place, claim in enumerate(claims) if (one := _moved(claim, place, known))]
    if rate is None or not gone or all(one.fits(rate) for one in gone):
        return None
    claimed = _claimed_gradients(claims, {one.weight for one in gone}, known)
    leaves: dict[str, Printed] = {}
    for one in gone:
        for gradient in claimed.get(one.weight, [])[-1:]:
            before = known.true(ValueOf(one.weight)) - one.step + rate * gradient
            names = known.names.scalars[one.weight].flat
            leaves |= {
                name: Printed(float(w), 0.0) for name, w in zip(names, before.flat, strict=True)
            }
    if not leaves:
        return None
    there, _ = moved(known.graph, leaves)
    other = Recorded(there)
    found = (_forward_value(claim, known) for claim in claims)
    values = [one for one in found if one is not None]
    agree = [_is_so(numbers, other.true(of)) for of, numbers in values]
    return there if any(agree) and not any(_is_so(n, known.true(of)) for of, n in values) else None


def _forward_value(claim: Claim, known: Recorded) -> tuple[ValueOf, Array] | None:
    """The computed value that a claim gives in full; None for everything else."""
    meant = known.names.readings(claim.name)
    if len(meant) != 1 or not isinstance(meant[0], ValueOf) or claim.unread:
        return None
    names = known.names.scalars[meant[0].of]
    computed = all(known.graph.elements[name].kind == "value" for name in names.flat)
    if not computed or isinstance(claim.given, str):
        return None
    try:
        numbers = read_numbers(claim.given).values
    except ClaimError:
        return None
    return (meant[0], numbers) if numbers.shape == names.shape else None


def _is_so(numbers: Array, true: Array) -> bool:
    scale = float(np.max(np.abs(true), initial=0.0))
    return bool(np.any(true) and np.all(np.abs(numbers - true) <= _AGREEMENT * scale))
