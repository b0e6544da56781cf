"""What the scalar picture shows: its boxes in layers, what they say, and the edges between them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from autograd_lite.chain.graph import NamedGraph, Term
from autograd_lite.chain.rule import ChainRule
from autograd_lite.draw import style
from autograd_lite.draw.layout import Box, Layer, Link
from autograd_lite.draw.style import NODE_FONT, definition, text_width
from autograd_lite.expr.notation import short
from autograd_lite.value import Constant, Value

# Marks: what a picture says of a quantity beside its number, in a colour of the caller's.


class Note(NamedTuple):
    """A text and its colour.

    >>> Note("given 0.5", "#c81e1e").text
    'given 0.5'
    """

    text: str
    color: str


class Mark(NamedTuple):
    """What is said of a quantity: a verdict in colour, and what is written beside its number.

    >>> Mark("#15803d").note
    ''
    """

    color: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Marks:
    """The marks of a scalar picture; what has none is drawn in grey.

    ``values`` and ``gradients`` mark the two numbers of a node by its name, ``edges`` the local
    derivatives by (child, parent); ``further`` has more lines for a node. ``legend`` explains the
    colours, the most important first; ``below`` has lines of text that come below it.

    >>> marks = Marks(values={"w": Mark("green")}, gradients={"w": Mark("red", "given 2")})
    >>> [mark.color for mark in marks.of("w")]
    ['green', 'red']
    """

    values: Mapping[str, Mark] = field(default_factory=dict)
    gradients: Mapping[str, Mark] = field(default_factory=dict)
    further: Mapping[str, Sequence[Note]] = field(default_factory=dict)
    edges: Mapping[tuple[str, str], Mark] = field(default_factory=dict)
    legend: Sequence[Note] = ()
    below: Sequence[Note] = ()

    def of(self, name: str) -> Iterator[Mark | Note]:
        """Everything that is said of a node."""
        for marks in (self.values, self.gradients):
            if name in marks:
                yield marks[name]
        yield from self.further.get(name, ())

    def color(self, name: str) -> str:
        """The most important of a node's colours, "" if it has none.

        >>> legend = [Note("wrong", "red"), Note("right", "green")]
        >>> marks = {"values": {"w": Mark("green")}, "gradients": {"w": Mark("red")}}
        >>> Marks(**marks, legend=legend).color("w")
        'red'
        """
        colors = {mark.color for mark in self.of(name)}
        return next((entry.color for entry in self.legend if entry.color in colors), "")


# The scene: what is drawn, without where.

_LARGEST_LIST_OF_DATA = 6
"""Larger data are one table: their numbers are on the edges anyway."""

_LONGEST_EQUATION = 40


def listed(value: Value) -> int:
    """How many nodes a named value is: one for each number, or one table of data.

    >>> import autograd_lite as ag
    >>> listed(ag.Value([1.0] * 9)), listed(ag.Constant([1.0] * 9))
    (9, 1)
    """
    return 1 if isinstance(value, Constant) and value.size > _LARGEST_LIST_OF_DATA else value.size


class Scene:
    """The named graph as layers of boxes and links between them.

    ``tables`` are the layers that are one box; ``lost`` the names without effect on the result.
    ``gradients`` are those of the picture's own ``result``; there is none, and that is "", where
    the result is several numbers. ``links`` has an edge for each term that is drawn, ``arrows``
    those from tables.
    """

    def __init__(
        self, graph: NamedGraph, rule: ChainRule | None = None, marks: Marks | None = None
    ) -> None:
        self.graph, self.rule, self.marks = graph, rule, marks
        self.members: dict[str, list[str]] = {}
        for label, element in graph.elements.items():
            # In the order of their last elements, which may need a name that the first do not.
            members = self.members.pop(element.layer, [])
            self.members[element.layer] = members
            members.append(label)
        self.tables = {
            layer
            for layer, (first, *_) in self.members.items()
            if listed(graph.elements[first].tensor) < len(self.members[layer])
        }
        acting: set[str] = set()
        for output in graph.outputs:
            acting.update(graph.descend(output, None, lambda *_: None, lambda *_: None))
        self.lost = graph.elements.keys() - acting
        self.result = graph.outputs[0] if len(graph.outputs) == 1 else ""
        self.gradients = graph.gradients(self.result) if self.result else {}
        self.links = {
            term: Link(term.parent, term.child, _label(term, self.mark(term)))
            for term in graph.terms
            # A cell that lost its window keeps its edge to the maximum, not the fan into it.
            if term.child not in self.lost and self._layer_of(term.parent) not in self.tables
        }
        arrows = {self._arrow(t) for t in graph.terms if self._layer_of(t.parent) in self.tables}
        self.arrows = sorted(arrows, key=lambda link: (link.tail, link.head))
        self.path_terms = {term for path in rule.paths for term in path.terms} if rule else set()
        self.path_names = {end for term in self.path_terms for end in (term.child, term.parent)}

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return sum(1 if one in self.tables else len(self.members[one]) for one in self.members)

    @property
    def edges(self) -> list[Link]:
        """All edges."""
        return [*self.links.values(), *self.arrows]

    def kind(self, layer: str) -> str:
        """What a layer is: data, weight or value."""
        return self.graph.elements[self.members[layer][0]].kind

    def look(self, label: str) -> str:
        """What a name is drawn as: its kind, "output" or "lost"."""
        if label in self.lost:
            return "lost"
        return "output" if label in self.graph.outputs else self.graph.elements[label].kind

    def mark(self, term: Term) -> Mark | None:
        """What is said of a local derivative."""
        return self.marks.edges.get((term.child, term.parent)) if self.marks else None

    def lines(self, label: str) -> list[str]:
        """What a node says: name and value, then the gradient."""
        return [note.text for note in self.notes(label)]

    def notes(self, label: str) -> list[Note]:
        """What a node says, each line in its colour."""
        value, gradient = self._value_lines(label), self._gradient_lines(label)
        marks = self.marks
        if marks is None:
            return [Note(line, self._ink(label)) for line in [*value, *gradient]]
        ink = style.INK if marks.color(label) else style.LINE
        return [
            *_marked(value, marks.values.get(label), ink),
            *_marked(gradient, marks.gradients.get(label), style.LINE),
            *marks.further.get(label, ()),
        ]

    def _ink(self, label: str) -> str:
        return style.LINE if label in self.lost else style.INK

    def _value_lines(self, label: str) -> list[str]:
        element = self.graph.elements[label]
        number = short(self.graph.value(label))
        if element.kind == "value" and not element.tensor.shape:
            formula = str(self.graph.definition(label))
            if len(formula) <= _LONGEST_EQUATION:
                return [f"{label} = {formula}", f"= {number}"]
        return [f"{label} = {number}"]

    def _gradient_lines(self, label: str) -> list[str]:
        kind = self.graph.elements[label].kind
        marked = self.marks is not None and label in self.marks.gradients
        asked = marked or not (kind == "data" or (label in self.lost and kind == "value"))
        return [f"grad {short(self.gradients[label])}"] if asked and self.result else []

    def table_lines(self, layer: str) -> list[str]:
        """A small table as lines of aligned numbers; what a large one is."""
        array = self.graph.elements[self.members[layer][0]].tensor.data
        table = style.rows(array)
        if not table:
            return [style.summary(array)]
        width = max(len(number) for row in table for number in row)
        return [" ".join(number.rjust(width) for number in row) for row in table]

    def layers(self) -> list[Layer]:
        """The layers in the order of computation, with the size of every box."""
        return [self._layer(layer) for layer in self.members]

    def _layer(self, layer: str) -> Layer:
        members = sorted(self.members[layer], key=self._rows.__getitem__)
        tensor = self.graph.elements[members[0]].tensor
        aside = self.kind(layer) != "value"
        title = layer if aside else definition(tensor, self.graph.names)
        title += " (float32)" if tensor.dtype.itemsize == 4 else ""
        if layer in self.tables:
            lines = self.table_lines(layer)
            width = max(len(line) for line in lines) * 0.6 * NODE_FONT + 16
            return Layer(layer, title, [Box(layer, width, 12 + 12.0 * len(lines))], aside)
        texts = {label: self.lines(label) for label in members}
        width = max(text_width(line, NODE_FONT) for lines in texts.values() for line in lines) + 16
        boxes = [
            Box(label, width, max(8 + 13.0 * len(lines), 13 + 7.0 * self._degree[label]))
            for label, lines in texts.items()
        ]
        return Layer(layer, title, boxes, aside, framed=bool(tensor.shape))

    def _layer_of(self, label: str) -> str:
        return self.graph.elements[label].layer

    def _arrow(self, term: Term) -> Link:
        """From a table of data to the layer that is computed from it."""
        last = self.members[self._layer_of(term.child)][-1]
        framed = bool(self.graph.elements[last].tensor.shape)
        return Link(self._layer_of(term.parent), last, to_frame=framed)

    @cached_property
    def _degree(self) -> Counter[str]:
        """How many edges meet on the side of a node that has more of them."""
        return Counter(link.tail for link in self.edges) | Counter(link.head for link in self.edges)

    @cached_property
    def _rows(self) -> dict[str, int]:
        """The rows of the nodes, from the results back: the cells of a window are together."""
        rows: dict[str, int] = {}
        for members in reversed(self.members.values()):
            heads = [{rows[term.child] for term in self.graph.by_parent[one]} for one in members]
            places = list(range(len(members)))
            if all(len(found) <= 1 for found in heads):
                places.sort(key=[max(found, default=0) for found in heads].__getitem__)
            rows |= {members[place]: row for row, place in enumerate(places)}
        return rows


def _marked(lines: list[str], mark: Mark | None, otherwise: str) -> list[Note]:
    """Lines in the colour of their mark, unless a note below them has it."""
    if mark is None or not mark.note:
        return [Note(line, mark.color if mark else otherwise) for line in lines]
    return [*(Note(line, style.INK) for line in lines), Note(mark.note, mark.color)]


def _label(term: Term, mark: Mark | None) -> tuple[str, ...]:
    """The term as formula and as number; a formula that is a number is there once."""
    number = short(term.value)
    shown = f"{number}, {mark.note}" if mark and mark.note else number
    return (shown,) if term.formula == number else (term.formula, shown)
