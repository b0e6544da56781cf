"""Ties: where a maximum has several winners, or a kink two slopes, more than one answer is right.

A subgradient is right if along every direction it lies between the derivatives of the two sides
(Clarke, Optimization and Nonsmooth Analysis, 2.1). The sides are found by moving the inputs a
little, at random, so that every tie is broken in one way or another.
"""

from functools import cached_property

import numpy as np

from autograd_lite.chain.graph import NamedGraph, replay
from autograd_lite.check.finding import Cause
from autograd_lite.check.judge.samples import Reading
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.points import Points, choices
from autograd_lite.check.truth.truth import Ends
from autograd_lite.engine import order
from autograd_lite.value import Value

_SIDES = 6
_MOVE = 1e-7
_CLOSE = 1e-5


class Ties:
    """The derivatives on all sides of a tie.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> Ties(named_graph(ag.relu(ag.Value(0.0, "x")).named("y"))).any
    True
    """

    def __init__(self, graph: NamedGraph) -> None:
        self._graph = graph

    @cached_property
    def any(self) -> bool:
        """Whether the graph has a tie or a kink: whether a small move changes a choice."""
        here = choices(self._graph.root)
        return bool(here) and any(
            choices(self._replayed(move, sign)) != here for move in self._moves for sign in (1, -1)
        )

    @cached_property
    def _moves(self) -> list[dict[Value, Array]]:
        rng = np.random.default_rng(0)
        leaves = [node for node in self._graph.names if node.op is None]
        return [
            {node: _MOVE * rng.normal(size=node.shape) for node in leaves} for _ in range(_SIDES)
        ]

    @cached_property
    def _sides(self) -> list[Points]:
        return [self._moved(move, sign) for move in self._moves for sign in (1, -1)]

    def _replayed(self, move: dict[Value, Array], sign: int) -> Value:
        data = {node: node.data + sign * one for node, one in move.items()}
        return replay(self._graph.root, data, self._graph.names)

    def _moved(self, move: dict[Value, Array], sign: int) -> Points:
        root = self._replayed(move, sign)
        old = self._graph.names
        both = zip(order(root), order(self._graph.root), strict=True)
        names = {node: old[before] for node, before in both if before in old}
        return Points(NamedGraph(root, names))

    def convention(self, reading: Reading) -> str:
        """How a wrong derivative is right after all, at a tie; "" if it is not."""
        given, sides, slack = self._compared(reading)
        if not len(sides) or not _between(given, sides, slack):
            return ""
        if np.any(np.all(np.abs(sides - given) <= slack, axis=1)):
            return "at a tie: right, by the convention that another of the sides is taken"
        return "at a tie: right, by the convention that the gradient is shared among equals"

    def counted_twice(self, reading: Reading) -> tuple[Cause, ...]:
        """Whether each number is that of some side, and all of them together are of none."""
        given, sides, slack = self._compared(reading)
        if len(given) < 2 or not len(sides):
            return ()
        each = np.abs(sides - given).min(axis=0) <= slack
        if not each.all():
            return ()
        sentence = "each of several equals takes the whole gradient: the tie is counted twice"
        return (Cause("tie counted twice", sentence, 0.0, "give it to one of them, or share it"),)

    def _compared(self, reading: Reading) -> tuple[Array, Array, float]:
        """The numbers given, those on every side, and how far they may differ; no side, no tie."""
        ends = reading.expected.ends
        given = reading.samples.values[0].ravel()
        derivative = ends[0].what in {"derivative", "local"}
        if not derivative or reading.wrong_at[1:].any() or not self.any:
            return given, np.empty((0, given.size)), 0.0
        sides = np.array([[_at(side, one) for one in ends] for side in self._sides])
        slack = _CLOSE * (np.abs(sides).max() + 1e-30) + float(reading.slack[0].max())
        return given, sides, slack


def _at(side: Points, ends: Ends) -> float:
    if ends.what == "local":
        return float(side.locals.get((ends.child, ends.parent), np.zeros(1))[0])
    return float(side.total(ends.child, ends.parent)[0])


def _between(given: Array, sides: Array, slack: float) -> bool:
    """Whether a vector lies between the sides, along the axes and along random directions."""
    size = given.size
    rng = np.random.default_rng(1)
    directions = np.concatenate([np.eye(size), np.ones((1, size)), rng.normal(size=(32, size))])
    along, wanted = sides @ directions.T, directions @ given
    room = slack * np.abs(directions).sum(axis=1)
    return bool(np.all((along.min(axis=0) - room <= wanted) & (wanted <= along.max(axis=0) + room)))
