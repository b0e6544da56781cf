"""The graph of a forward at one point, and what its gradients are after a slip.

A slip changes what some nodes of the graph hand on to their operands: a path is left out, a
derivative has another value, an operand is taken for another. What the gradients are then is not
guessed but swept, by the same loop as the right ones; so a slip explains a gradient if it gives
just that gradient.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.vjp.point import Array, Point
from autograd_lite.engine import contributions
from autograd_lite.errors import AutogradLiteError
from autograd_lite.expr.node import name as symbol
from autograd_lite.expr.notation import short
from autograd_lite.op import is_node
from autograd_lite.ops.broadcasting import unbroadcast
from autograd_lite.value import Value

Parts = dict[Any, Any]
"""What a node hands on: to the operand at a position, or to a value directly."""

Change = Callable[[Any, Parts], Parts]
"""From the cotangent of a node, and what it hands on, to what it hands on by a slip."""


class Slip(NamedTuple):
    """A mistake in the backward of some nodes, or other ``data`` of a forward."""

    kind: str
    sentence: str
    fix: str
    changes: Mapping[Value, Change]
    data: Mapping[Value, Any] = {}


class Graph:
    """The graph of a forward at one point, as its slips need it: names, places in code, paths.

    >>> import autograd_lite as ag
    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(lambda x: 2 * ag.tanh(x), [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> graph = Graph(point, ("x",))
    >>> [graph.called(node) for node in graph.nodes]
    ['x', 'tanh(x)', '2·tanh(x)']
    """

    def __init__(self, point: Point, names: Sequence[str]) -> None:
        self.point = point
        self.nodes = point.nodes
        self.computed = [node for node in self.nodes if node.op is not None]
        self.names = dict(point.seen.names)
        for place, value in zip(point.forward.active, point.here.values, strict=True):
            self.names[value] = names[place]
        self.arrays = {
            names[place]: one
            for place, one in enumerate(point.inputs)
            if place not in point.forward.active and one.ndim
        } | point.seen.arrays
        self.users: dict[Value, list[Value]] = {}
        for node in self.computed:
            for operand in dict.fromkeys(node.parents):
                self.users.setdefault(operand, []).append(node)
        self._without: dict[tuple[Value, ...], list[Array | None]] = {}
        self._texts: dict[Value, str] = {}
        self._formulas: dict[Value, Any] = {}
        for node in self.nodes:  # operands first, so that nothing recurses deeply
            self.called(node)
        self.cancelled = self._cancelled()

    def called(self, node: Any) -> str:
        """A node by its name, or by its formula if that is short; a constant by its number."""
        if not isinstance(node, Value):
            return self._constant(node)
        if node not in self._texts:
            self._texts[node], self._formulas[node] = self._named(node)
        return self._texts[node]

    def _named(self, node: Value) -> tuple[str, Any]:
        """The text for a node, and the formula that it is in those that follow from it."""
        name = node.label or self.names.get(node, "")
        if name or node.op is None:
            text = name or f"a constant of shape {node.shape}"
            return text, symbol(text)
        try:
            formula = node.op(*map(self._operand, node.operands), **node.attributes)
            text = str(formula)
        except (AutogradLiteError, TypeError, ValueError):
            text = ""
        if text and len(text) <= _LONGEST and "\n" not in text:
            return text, formula
        return f"the result of {node.op.name}", symbol("…")

    def _operand(self, operand: Any) -> Any:
        text = self.called(operand)
        if isinstance(operand, Value):
            return self._formulas[operand]
        return operand if np.size(operand) == 1 else symbol(text)

    def _constant(self, constant: Any) -> str:
        array = np.asarray(constant)
        if array.size == 1:
            return short(float(array.reshape(())))
        found = [
            name
            for name, one in self.arrays.items()
            if one.shape == array.shape and np.array_equal(one, array)
        ]
        return found[0] if found else f"a constant array of shape {array.shape}"

    def way(self, node: Value) -> str:
        """What comes through a node by the next name on its only way to the result."""
        named = node
        while named not in self.names and not named.label:
            users = self.users.get(named, [])
            if len(users) != 1:
                return self.called(node)
            named = users[0]
        return self.called(named)

    @cached_property
    def groups(self) -> list[list[Value]]:
        """The computed nodes; those of one place in the code, as in a loop, are together."""
        found: dict[Hashable, list[Value]] = {}
        for node in self.computed:
            assert node.op is not None
            calls = self.point.seen.calls.get(node)
            key = (calls, node.op.name, node.shape) if calls else node
            found.setdefault(key, []).append(node)
        return list(found.values())

    def step(self, node: Value) -> str:
        """Which step of a loop a node is, "" outside of loops."""
        return self._steps.get(node, "")

    @cached_property
    def _steps(self) -> dict[Value, str]:
        return {
            node: f" at step {at + 1} of {len(group)}"
            for group in self.groups
            for at, node in enumerate(group)
            if len(group) > 1
        }

    def _cancelled(self) -> set[tuple[Value, int]]:
        """The edges along which nothing comes: a sum that is 0 by cancellation.

        Nobody derives the path through the maximum that a stable softmax takes away.
        """
        found = set()
        for node, cotangent in self.point.inside.items():
            if node.op is None:
                continue
            largest = float(np.abs(cotangent).max(initial=0.0))
            for position, part in parts_of(node, cotangent).items():
                operand = node.operands[position]
                users = self.users[operand]
                whole = self.point.inside[operand] if len(users) > 1 else part
                for one in (part, whole):
                    rest = float(np.abs(one).max(initial=0.0))
                    if operand.shape != node.shape and largest > 0 and rest <= 1e-13 * largest:
                        found.add((node, position))
        return found

    def gradients(self, slip: Slip) -> list[Array | None]:
        """The gradients of the inputs that a slip leads to.

        The sweep is linear, so the difference that a slip makes is carried on alone, from the
        nodes at which it is made.
        """

        def read(node: Value) -> Any:
            return slip.data.get(node, node._data)

        def hand_on(node: Value, cotangent: Any, _: Any) -> list[tuple[Value, Any]]:
            if node not in slip.changes:
                return self._found(node, parts_of(node, cotangent, read))
            before = 0.0 if slip.data else self.point.inside[node]
            whole = before + cotangent
            wrong = slip.changes[node](whole, parts_of(node, whole, read))
            found = self._found(node, wrong)
            if not slip.data:
                right = self._found(node, parts_of(node, before))
                found += [(operand, -np.asarray(part)) for operand, part in right]
            return found

        if slip.data:  # all derivatives are others
            return self._of_inputs(self.point.swept(read=read, hand_on=hand_on))
        start = {node: 0.0 * node._data for node in slip.changes if node in self.point.inside}
        changed = self._of_inputs(self.point.swept(start=start, hand_on=hand_on))
        return [
            None if right is None or one is None else right + one
            for right, one in zip(self.point.gradients, changed, strict=True)
        ]

    def _found(self, node: Value, parts: Parts) -> list[tuple[Value, Any]]:
        """What is handed on, to whom, but for what cancels out."""
        targets = (
            (node.operands[at] if isinstance(at, int) else at, part)
            for at, part in parts.items()
            if (node, at) not in self.cancelled
        )
        return [(target, _fitting(part, target)) for target, part in targets]

    def without(self, *nodes: Value) -> list[Array | None]:
        """The gradients of the inputs without what comes through some nodes."""
        if nodes not in self._without:
            found = self.point.swept([one for one in self.nodes if one not in set(nodes)])
            self._without[nodes] = self._of_inputs(found)
        return self._without[nodes]

    def _of_inputs(self, cotangents: Mapping[Value, Any]) -> list[Array | None]:
        active = self.point.forward.active
        return [
            self.point.to(place, cotangents) if place in active else None
            for place in range(len(self.point.inputs))
        ]

    def recomputed(self, node: Value, number: Any) -> dict[Value, Any]:
        """Other data for a node, and what then are those of all that follows from it."""
        data = {node: number}
        for one in self.computed:
            if one is not node and any(part in data for part in one.parents):
                seen = [data.get(x, x._data) if is_node(x) else x for x in one.operands]
                assert one.op is not None
                data[one] = one.op.forward(*seen, **one.attributes)
        return data


_LONGEST = 40
"""Longer formulas are no names."""


def parts_of(
    node: Value,
    cotangent: Any,
    read: Callable[[Value], Any] = lambda node: node._data,
) -> Parts:
    """What a node hands on, by the position of the operand.

    >>> import autograd_lite as ag
    >>> parts_of(ag.Value(3.0) * ag.Value(5.0), 10.0)
    {0: 50.0, 1: 30.0}
    """
    found = contributions(node, cotangent, read)
    parts: Parts = {}
    for position, operand in enumerate(node.operands):
        if found and found[0][0] is operand:
            parts[position] = found.pop(0)[1]
    return parts


def _fitting(part: Any, target: Value) -> Any:
    shape = np.broadcast_shapes(np.shape(part), target.shape)
    fitting = unbroadcast(np.broadcast_to(part, shape), target.shape)
    return np.asarray(fitting, float) if target.shape else float(fitting)
