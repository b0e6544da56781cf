"""The chain rule: one loop over the graph in reverse, and the derivatives that are made of it.

Creation order is the topological order: a value is always younger than what it was computed from,
so sorting what is reachable by number is all that a backward pass needs. Nothing recurses, and
nothing is kept outside the graph.

:func:`sweep` is the only place that multiplies cotangents and local derivatives. What it reads at a
node decides what comes out: data give numbers, the node itself gives gradients that are graphs
again, and a named symbol gives a formula.
"""

from collections.abc import Callable, Collection, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite.data import as_data
from autograd_lite.errors import DataError, ShapeError, StaleValueError
from autograd_lite.op import primal
from autograd_lite.ops.broadcasting import unbroadcast
from autograd_lite.value import Constant, Value

__all__ = [
    "backward",
    "order",
    "read_data",
    "read_graph",
    "seed",
    "sweep",
    "takes_gradient",
    "zeros_like",
]

read_data: Callable[[Value], Any] = attrgetter("_data")


def read_graph(node: Value) -> Value:
    """Reading the nodes themselves makes the cotangents Values, which differentiate again."""
    return node


def order(root: Value, stop: Collection[Value] = ()) -> list[Value]:
    """Everything that ``root`` was computed from, itself included, operands before results.

    Values in ``stop`` are included, what they were computed from is not (that of the root is).
    Raises StaleValueError where a value's data were assigned after they had been used.

    >>> import autograd_lite as ag
    >>> x = ag.Value(2.0, label="x")
    >>> [node.label for node in order((x * x).named("y"))]
    ['x', 'y']
    """
    found = {root}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.op is None or (node in stop and node is not root):
            continue
        for operand in node.operands:
            if not isinstance(operand, Value):
                continue
            if operand.number > node.number:
                raise StaleValueError(
                    f"the data of {operand.describe()} were assigned after {node.describe()} had "
                    "been computed from them; compute the forward pass again before backward"
                )
            if operand not in found:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=attrgetter("number"))


def sweep(
    nodes: Sequence[Value], cotangents: dict[Value, Any], read: Callable[[Value], Any]
) -> dict[Value, Any]:
    """Carry cotangents from results to operands, and return them all.

    For y = f(a, b, ...) each operand receives ȳ·∂y/∂a, and what it receives adds up over its uses.
    ``nodes`` come in the order of :func:`order`; ``cotangents`` holds those to start from.
    Constants receive none, nor does a value that is only reached by derivatives that are always 0.

    >>> import autograd_lite as ag
    >>> x = ag.Value(3.0)
    >>> y = x * x
    >>> sweep(order(y), {y: 1.0}, read_data)[x]
    6.0
    """
    for node in reversed(nodes):
        op, cotangent = node.op, cotangents.get(node)
        if op is None or cotangent is None:
            continue
        operands, result, attributes = node.operands, read(node), node.attributes
        seen = [read(part) if isinstance(part, Value) else part for part in operands]
        for position, operand in enumerate(operands):
            # Nearly every operand is a plain Value, and asking for that first is quicker.
            if not (type(operand) is Value or takes_gradient(operand)):
                continue
            part = op.contribution(position, cotangent, result, seen, attributes)
            if part is None:
                continue
            if type(part) is not float:
                part = _fit(part, operand)
            before = cotangents.get(operand)
            cotangents[operand] = part if before is None else part + before
    return cotangents


def takes_gradient(operand: Any) -> bool:
    """Whether an operand is a Value, and not a Constant."""
    return isinstance(operand, Value) and not isinstance(operand, Constant)


def _fit(cotangent: Any, operand: Value) -> Any:
    """The cotangent in the shape and precision of its value."""
    fitting = unbroadcast(cotangent, operand.shape)
    if isinstance(fitting, np.ndarray) and fitting.dtype != operand.dtype:
        return fitting.astype(operand.dtype)
    return fitting


def seed(root: Value, cotangent: Any) -> Any:
    """The cotangent to start from, in the shape of ``root``: given, or 1 for a scalar."""
    if cotangent is None:
        if root.shape:
            raise ShapeError(
                f"{root.describe()} has shape {root.shape}; the gradient is that of a single "
                "number. Reduce it, as by .sum(), give a cotangent of that shape, as in "
                "value.backward(cotangent), or use ag.jacobian"
            )
        return 1.0
    given = cotangent if isinstance(cotangent, Value) else as_data(cotangent)
    shape = np.shape(primal(given))
    if shape != root.shape:
        raise ShapeError(
            f"{root.describe()} has shape {root.shape} and was given a cotangent or tangent of "
            f"shape {shape}; they must be the same"
        )
    return given if isinstance(given, float) else _fit(given, root)


def zeros_like(value: Value) -> Any:
    """The gradient of a value on which nothing depends."""
    return np.zeros(value.shape, value.dtype) if value.shape else 0.0


def backward(root: Value, cotangent: Any = None) -> None:
    """Set ``grad`` of everything reachable; see :meth:`Value.backward`.

    >>> import autograd_lite as ag
    >>> x = ag.Value(3.0)
    >>> ag.backward(x * x)
    >>> x.grad
    6.0
    """
    if isinstance(cotangent, Value):
        raise DataError("backward takes a number or array as cotangent; give value.data")
    nodes = order(root)
    cotangents = sweep(nodes, {root: seed(root, cotangent)}, read_data)
    for node in nodes:
        if takes_gradient(node):
            found = cotangents.get(node)
            # + copies an array: a sum hands the same one on to all its operands.
            fresh = zeros_like(node) if found is None else +found
            accumulate = node.op is None and node.grad is not None
            node.grad = node.grad + fresh if accumulate else fresh
