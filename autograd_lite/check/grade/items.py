"""Items: the quantities that an answer is marked for, and what it earns for each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.finding import Finding
from autograd_lite.check.grade.rubric import Rubric
from autograd_lite.check.names import Derivative, Quantity, Step, Updated, ValueOf, Vocabulary
from autograd_lite.errors import ClaimError

__all__ = ["Item", "Marker"]


class Item(NamedTuple):
    """A quantity, its points, what was earned of them, and how often it was answered."""

    quantity: str
    points: float
    earned: float = 0.0
    answers: int = 0


class Marker:
    """Gives points to the findings on a submission, quantity by quantity.

    A quantity that is answered several times, in two passes or as formula and number, earns the
    mean. Without points in the rubric, every gradient that was asked for is worth 1: those of the
    weights, and others that are claimed.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value([3.0, 4.0], label="w")
    >>> graph = named_graph((w * w).sum().named("E"))
    >>> marker = Marker(graph, Vocabulary(graph), Rubric())
    >>> marker.items([Finding(name="dw0", given=6.0, quantity="dE/dw[0]", verdict="right")])
    [Item(quantity='dE/dw[0]', points=1.0, earned=1.0, answers=1), \
Item(quantity='dE/dw[1]', points=1.0, earned=0.0, answers=0)]
    """

    def __init__(self, graph: NamedGraph, vocabulary: Vocabulary, rubric: Rubric) -> None:
        self._graph, self._vocabulary, self._rubric = graph, vocabulary, rubric
        self._expected = self._worth()

    def items(self, findings: Sequence[Finding]) -> list[Item]:
        """Every quantity that is expected, or claimed and worth something."""
        shares: dict[str, list[float]] = {}
        for finding in findings:
            for quantity in self._about(finding):
                shares.setdefault(quantity, []).append(self._rubric.share(finding))
        worth = dict(self._expected)
        if not self._rubric.points:
            worth |= {name: 1.0 for name in shares if name in self._gradients}
        total = sum(worth.values(), 0.0)
        scale = 1.0 if self._rubric.total is None or not total else self._rubric.total / total
        items = []
        for quantity, points in worth.items():
            found = shares.get(quantity, [])
            share = sum(found) / len(found) if found else 0.0
            items.append(Item(quantity, points * scale, points * scale * share, len(found)))
        return items

    def _about(self, finding: Finding) -> list[str]:
        """The single numbers that a finding is about, in every sense of an ambiguous name."""
        readings = self._vocabulary.readings(finding.quantity or finding.name)
        return list(dict.fromkeys(one for reading in readings for one in self._elements(reading)))

    def _elements(self, quantity: Quantity) -> Iterator[str]:
        scalars = self._vocabulary.scalars
        if isinstance(quantity, Derivative):
            ends = (scalars[name].flat for name in (quantity.child, quantity.parent))
            yield from (str(Derivative(child, parent)) for child, parent in product(*ends))
        else:
            yield from (str(quantity.about(name)) for name in scalars[quantity.subject].flat)

    # What the rubric asks for

    def _worth(self) -> dict[str, float]:
        """The points of each single number that is expected."""
        if not self._rubric.points:
            return {
                str(Derivative(output, name)): 1.0
                for output in self._graph.outputs
                for name, element in self._graph.elements.items()
                if element.kind == "weight"
            }
        worth: dict[str, float] = {}
        for name, points in self._rubric.points.items():
            worth |= self._matching(name, points)
        return worth

    def _matching(self, name: str, points: float) -> Mapping[str, float]:
        """What one line of the rubric is about: a quantity shares its points, a pattern repeats."""
        if readings := self._vocabulary.readings(name):
            if len(readings) > 1:
                meanings = " or ".join(map(str, readings))
                raise ClaimError(f"points: {name!r} can mean {meanings}; write one of these")
            elements = list(self._elements(readings[0]))
            return dict.fromkeys(elements, points / len(elements))
        if "*" in name or "?" in name:
            parts = (re.escape(part) for part in re.split(r"([*?])", name))
            pattern = re.compile("".join({r"\*": ".*", r"\?": "."}.get(one, one) for one in parts))
            if found := [one for one in self._quantities if pattern.fullmatch(one)]:
                return dict.fromkeys(found, points)
            raise ClaimError(f"points: the pattern {name!r} matches no quantity of the program")
        nearest = ", ".join(self._vocabulary.nearest(name))
        hint = f"nearest: {nearest}" if nearest else "give a value or derivative, such as dE/dw"
        raise ClaimError(f"points: {name!r} is no quantity of the program; {hint}")

    @cached_property
    def _gradients(self) -> dict[str, None]:
        """The derivatives of the result by everything that is not data."""
        return {
            str(Derivative(output, name)): None
            for output in self._graph.outputs
            for name, element in self._graph.elements.items()
            if element.kind != "data" and name != output
        }

    @cached_property
    def _quantities(self) -> dict[str, None]:
        """Everything that a pattern can match."""
        elements = self._graph.elements
        weights = [name for name, element in elements.items() if element.kind == "weight"]
        locals = (str(Derivative(term.child, term.parent)) for term in self._graph.terms)
        values = (str(ValueOf(name)) for name, one in elements.items() if one.kind == "value")
        steps = (str(of(name)) for of in (Updated, Step) for name in weights)
        return self._gradients | dict.fromkeys([*locals, *values, *steps])
