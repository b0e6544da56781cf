"""The picture of a report: each verdict in colour, at the quantity that it is about."""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Derivative, Quantity, Updated, ValueOf, WeightStep
from autograd_lite.check.finding import Finding, Verdict
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array, read_numbers
from autograd_lite.check.views.words import number_text, reason_of
from autograd_lite.draw.picture import Picture, scalar_picture
from autograd_lite.draw.scene import Mark, Marks, Note, Scene, listed
from autograd_lite.draw.style import INK, LINE
from autograd_lite.errors import ClaimError

# Findings number by number: what is said of each scalar of the graph, alone or in an array.

_GRAVITY: tuple[Verdict, ...] = ("wrong", "follows", "ambiguous", "unchecked", "right")
"""The gravest first: of a quantity that is stated more than once, this verdict counts."""


class _Said(NamedTuple):
    """What a finding says of one number; ``given`` is None for a formula."""

    quantity: Quantity
    verdict: Verdict
    given: float | None
    expected: float
    finding: Finding


def _said_of(graph: NamedGraph, findings: Sequence[Finding]) -> list[_Said]:
    """What is said of each number, by the gravest finding on it.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value([3.0, 4.0], label="w")
    >>> found = ag.compare(ag.sum(w).named("E"), {"w": ["3.0", "4.5"]}).findings
    >>> [(str(one.quantity), one.verdict) for one in _said_of(named_graph(ag.sum(w)), found)]
    [('w[0]', 'right'), ('w[1]', 'wrong')]
    """
    vocabulary = Vocabulary(graph)
    layers = _layers(graph)
    found: dict[Quantity, _Said] = {}
    for finding in findings:
        readings = vocabulary.readings(finding.quantity) if finding.quantity else []
        whole = next((one for one in readings if str(one) == finding.quantity), None)
        if whole is None or finding.expected is None:
            continue
        for one in _numbers(finding, whole, layers):
            before = found.get(one.quantity)
            if before is None or _gravity(one) < _gravity(before):
                found[one.quantity] = one
    return list(found.values())


def _gravity(said: _Said) -> tuple[int, bool]:
    """The less, the more it counts; a number says more in a picture than a formula."""
    return _GRAVITY.index(said.verdict), said.given is None


def _layers(graph: NamedGraph) -> dict[str, Array]:
    """The names of the scalars of every named value, in its shape."""
    layers: dict[str, Array] = {}
    for name, element in graph.elements.items():
        array = layers.setdefault(element.layer, np.empty(element.tensor.shape, object))
        array[element.index] = name
        layers.setdefault(name, np.array(name, object))
    return layers


def _numbers(finding: Finding, whole: Quantity, layers: dict[str, Array]) -> Iterator[_Said]:
    """The numbers of a finding, in the order of its array."""
    expected = np.asarray(finding.expected, float)
    quantities = _quantities(whole, expected.shape, layers)
    if len(quantities) != expected.size:
        return
    given = _given(finding, expected)
    wrong = _wrong(finding, given, expected)
    for place, quantity in enumerate(quantities):
        yield _Said(
            quantity,
            finding.verdict if wrong[place] else "right",
            None if given is None else float(given.ravel()[place]),
            float(expected.ravel()[place]),
            finding,
        )


def _quantities(
    whole: Quantity, shape: tuple[int, ...], layers: dict[str, Array]
) -> list[Quantity]:
    if not isinstance(whole, Derivative):
        return [whole.about(name) for name in layers[whole.subject].ravel()]
    child, parent = layers[whole.child], layers[whole.parent]
    if child.shape + parent.shape == shape:
        return [Derivative(*pair) for pair in product(child.ravel(), parent.ravel())]
    return [Derivative(*pair) for pair in zip(child.ravel(), parent.ravel(), strict=False)]


def _given(finding: Finding, expected: Array) -> Array | None:
    """The numbers that were given, None for a formula or another shape."""
    try:
        values = read_numbers(finding.given).values
    except ClaimError:
        return None
    return values if values.shape == expected.shape else None


def _wrong(finding: Finding, given: Array | None, expected: Array) -> Array:
    """Which numbers have the verdict of the finding: of a wrong array, those most off."""
    every = np.ones(expected.size, bool)
    if finding.worst is None or given is None:
        return every
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.abs(given - expected) / np.abs(expected)
    errors = np.where(given == expected, 0, np.where(np.isnan(errors), np.inf, errors)).ravel()
    wrong = np.zeros(expected.size, bool)
    wrong[np.argsort(-errors, kind="stable")[: finding.worst.wrong]] = True
    return wrong


# The picture.

COLOURS: dict[Verdict, str] = {
    "wrong": "#c81e1e",
    "follows": "#8a2be2",
    "ambiguous": "#a16207",
    "unchecked": "#a16207",
    "right": "#15803d",
}
_LEGEND: dict[Verdict, str] = {
    "wrong": "wrong: what was given is beside what is right",
    "follows": "right, given the mistake after ←",
    "ambiguous": "ambiguous",
    "unchecked": "not checked",
    "right": "right",
}
_MOST_BELOW = 20
_LONGEST = 18


def draw_findings(graph: NamedGraph, findings: Sequence[Finding], limit: int = 300) -> Picture:
    """The scalar picture of the graph, with the findings on its nodes and edges.

    Raises GraphTooLargeError where there would be more than ``limit`` nodes.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value(3.0, label="w")
    >>> E = (w * w).named("E")
    >>> findings = ag.compare(E, {"dE/dw": "5.0"}).findings
    >>> "given 5" in draw_findings(named_graph(E), findings).source
    True
    """
    return scalar_picture(Scene(graph, marks=marks_of(graph, findings)), limit)


def marks_of(graph: NamedGraph, findings: Sequence[Finding]) -> Marks:
    """The marks of the findings; of several passes, of the first, at whose point the graph is.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value(3.0, label="w")
    >>> found = Finding(name="w", given="3.5", quantity="w", verdict="wrong", expected=3.0)
    >>> marks_of(named_graph((w * w).named("E")), [found]).values["w"].note
    'given 3.5'
    """
    return _Marking(graph, findings).marks()


class _Marking:
    def __init__(self, graph: NamedGraph, findings: Sequence[Finding]) -> None:
        self.graph = graph
        self.parts = list(dict.fromkeys(finding.part for finding in findings))
        first = [finding for finding in findings if finding.part == self.parts[0]]
        self.said = _said_of(graph, first)
        self.meant = {one.name: one.quantity for one in first if one.verdict == "wrong"}
        self.values: dict[str, Mark] = {}
        self.gradients: dict[str, Mark] = {}
        self.edges: dict[tuple[str, str], Mark] = {}
        self.further: dict[str, list[Note]] = {}
        self.below: list[Note] = []

    def marks(self) -> Marks:
        """Put every number in its place, and explain the colours."""
        for said in self.said:
            mark = Mark(COLOURS[said.verdict], self._note(said))
            if not self._placed(said, mark) and mark.note:
                self.below.append(Note(_line(said, mark.note), mark.color))
        kinds = [kind for kind in _GRAVITY if any(one.verdict == kind for one in self.said)]
        legend = [Note(_LEGEND[kind], COLOURS[kind]) for kind in kinds]
        return Marks(
            values=self.values,
            gradients=self.gradients,
            further=self.further,
            edges=self.edges,
            legend=[*legend, Note("not claimed", LINE)],
            below=self._below(),
        )

    def _placed(self, said: _Said, mark: Mark) -> bool:
        """Whether the picture has a place for what is said; then it is marked."""
        quantity = said.quantity
        if isinstance(quantity, Derivative):
            return self._derivative(quantity, said.expected, mark)
        if not self._is_node(quantity.subject):
            return False
        if isinstance(quantity, ValueOf):
            self.values[quantity.of] = mark
        elif isinstance(quantity, Updated | WeightStep):
            what = "updated" if isinstance(quantity, Updated) else "step"
            number = number_text(said.expected, said.given)
            lines = self.further.setdefault(quantity.weight, [])
            lines.append(Note(f"{what} {number}", INK if mark.note else mark.color))
            if mark.note:
                lines.append(Note(mark.note, mark.color))
        return True

    def _derivative(self, quantity: Derivative, expected: float, mark: Mark) -> bool:
        """Mark an edge, the gradient of a node, or both where they are the same."""
        child, parent = quantity.child, quantity.parent
        if not self._is_node(parent):
            return False
        terms = [term for term in self.graph.by_child[child] if term.parent == parent]
        on_edge = any(_same(term.value, expected) for term in terms)
        if on_edge:
            self.edges[child, parent] = mark
        at_node = [child] == self.graph.outputs and _same(self._gradients[parent], expected)
        if at_node:
            self.gradients[parent] = mark
        return on_edge or at_node

    @cached_property
    def _gradients(self) -> dict[str, float]:
        return self.graph.gradients(self.graph.outputs[0])

    def _is_node(self, name: str) -> bool:
        """Whether a number has a node of its own, and is not in a table of data."""
        tensor = self.graph.elements[name].tensor
        return listed(tensor) == tensor.size

    def _note(self, said: _Said) -> str:
        if said.verdict not in ("wrong", "follows"):
            return ""
        given = _formula(said) if said.given is None else number_text(said.given, said.expected)
        root = self.meant.get(said.finding.root, said.finding.root)
        return f"given {given} ← {root}" if root else f"given {given}"

    def _below(self) -> list[Note]:
        lines = self.below[:_MOST_BELOW]
        if len(self.below) > _MOST_BELOW:
            lines.append(Note(f"and {len(self.below) - _MOST_BELOW} more", LINE))
        if len(self.parts) > 1:
            others = ", ".join(self.parts[1:])
            lines.append(Note(f"{self.parts[0]} only; at other weights: {others}", LINE))
        return lines


def _formula(said: _Said) -> str:
    text = " ".join(str(said.finding.given).split())
    return text if len(text) <= _LONGEST and "\\" not in text else "another formula"


def _line(said: _Said, note: str) -> str:
    """What has no place in the picture, in a line below it."""
    finding = said.finding
    why = finding.causes[0].sentence if finding.causes else reason_of(finding)
    line = f"{said.quantity} = {number_text(said.expected, said.given)}, {note}"
    return f"{line}: {why}" if why else line


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
