"""Symbols of an author's own whose definition is wrong, found where they are used.

``γ = …`` says nothing of the graph. But where several lines with γ are wrong, and all of them are
right with the same derivative in place of γ, that is what γ was meant to be: the mistake is in its
definition, and the lines follow from it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from autograd_lite.check.claims import Claim, Derivative, Quantity
from autograd_lite.check.judge.literals import agree
from autograd_lite.check.judge.samples import Reading, Sampler, Samples
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import key
from autograd_lite.check.truth.truth import Truth
from autograd_lite.errors import ClaimError, ShapeError

_FEWEST = 2
"""One wrong line with a symbol may as well be wrong in itself."""
_MOST_PAIRS = 60
"""In a larger graph it is not asked whether a symbol is a derivative of some inner value."""


class Definition(NamedTuple):
    """What a symbol was said to be; ``usual`` is what its name means by custom, as that of a δ."""

    claim: Claim
    samples: Samples
    usual: tuple[Quantity, ...] = ()


class Definitions:
    """Looks for what the symbols of an author were meant to be."""

    def __init__(self, truth: Truth, sampler: Sampler, vocabulary: Vocabulary) -> None:
        self._truth, self._sampler, self._vocabulary = truth, sampler, vocabulary

    def meant(
        self, definitions: Mapping[str, Definition], readings: Sequence[Reading]
    ) -> Iterator[tuple[Definition, list[Quantity]]]:
        """Each wrong definition, and the derivatives that would make the lines with it right."""
        wrong = [one for one in readings if not one.right]
        for symbol, definition in definitions.items():
            users = [one for one in readings if self._spelled(symbol, one)]
            about = {str(one.quantity) for one in users}
            if len(about) < _FEWEST or not all(one in wrong for one in users):
                continue
            if not definition.usual and self._is_something(definition.samples):
                continue
            found = [
                quantity
                for quantity in self._candidates(definition)
                if all(self._is_right_with(symbol, quantity, one) for one in users)
            ]
            if found:
                yield definition, found

    def _spelled(self, symbol: str, reading: Reading) -> str:
        """How a formula spells a symbol; "" if it does not."""
        if not reading.samples.formula or not isinstance(reading.claim.given, str):
            return ""
        try:
            names = self._sampler.parsed(reading.claim).references
        except ClaimError:
            return ""
        return next((one.spelling for one in names if key(one.spelling) == symbol), "")

    def _candidates(self, definition: Definition) -> Iterable[Quantity]:
        yield from definition.usual
        for name in self._vocabulary.scalars:
            quantity = Derivative(self._vocabulary.root, name)
            if quantity not in definition.usual:
                yield quantity

    def _is_right_with(self, symbol: str, quantity: Quantity, reading: Reading) -> bool:
        """Whether a wrong line is right with a quantity for a symbol."""
        try:
            numbers = self._sampler.true_at_all_points(self._truth.expected(quantity)[0])
            written = self._sampler.written(reading.claim, reading.samples.products)
            if written is None:
                return False
            found = written[1]({self._spelled(symbol, reading): numbers}) / reading.times
        except (ClaimError, ShapeError, ValueError):
            return False
        true = self._sampler.true_at_all_points(reading.expected)
        return found.size == true.size and agree(found.reshape(true.shape), true)

    def _is_something(self, samples: Samples) -> bool:
        """Whether a symbol is right as some value or derivative, of an inner value too."""
        given = samples.values
        return any(
            found.size == given.size and agree(found.reshape(given.shape), given)
            for quantity in self._all()
            for found in self._at_all_points(quantity)
        )

    def _all(self) -> Iterator[Quantity]:
        names = list(self._vocabulary.scalars)
        root = self._vocabulary.root
        yield from (Derivative(root, name) for name in names)
        elements = [name for name in names if name in self._truth.graph.elements]
        if len(elements) <= _MOST_PAIRS:
            for child in elements:
                yield from (
                    Derivative(child, parent)
                    for parent in elements
                    if parent != child and self._truth.depends(child, parent)
                )

    def _at_all_points(self, quantity: Quantity) -> Iterator[Array]:
        try:
            for expected in self._truth.expected(quantity):
                yield self._sampler.true_at_all_points(expected)
        except ClaimError:
            return
