"""Marks: what a picture says of a quantity beside its number, in a colour of the caller's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Mark", "Marks", "Note"]


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
    colours, the most important first; ``foot`` are lines below the picture.

    >>> marks = Marks(values={"w": Mark("green")}, gradients={"w": Mark("red", "given 2")})
    >>> [mark.color for mark in marks.of("w")]
    ['green', 'red']
    """

    values: Mapping[str, Mark] = field(default_factory=dict)
    gradients: Mapping[str, Mark] = field(default_factory=dict)
    further: Mapping[str, Sequence[Note]] = field(default_factory=dict)
    edges: Mapping[tuple[str, str], Mark] = field(default_factory=dict)
    legend: Sequence[Note] = ()
    foot: Sequence[Note] = ()

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
