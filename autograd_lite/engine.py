"""The chain rule: one loop over the graph in reverse, and the derivatives that are made of it.

Creation order is the topological order: a value is always younger than what it was computed from,
so sorting what is reachable by number is all that a backward pass needs. Nothing recurses, and
nothing is kept outside the graph.

:func:`contributions` is where cotangents and local derivatives are multiplied. What it reads at a
node decides what comes out: data give numbers, the node itself gives gradients that are graphs
again, and a named symbol gives a formula.
"""

import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite.data import as_data
from autograd_lite.errors import DataError, ShapeError, StaleValueError
from autograd_lite.op import primal
from autograd_lite.ops.broadcasting import unbroadcast
from autograd_lite.value import SPARE, Constant, Value

__all__ = [
    "backward",
    "contributions",
    "order",
    "reach",
    "read_data",
    "read_graph",
    "seed",
    "sweep",
    "takes_gradient",
    "zeros_like",
]


read_data: Callable[[Value], Any] = attrgetter("_data")
_number = attrgetter("number")


def read_graph(node: Value) -> Value:
    """Reading the nodes themselves makes the cotangents Values, which differentiate again."""
    return node


def order(root: Value, stop: Collection[Value] = ()) -> list[Value]:
    """Everything that ``root`` was computed from, itself included, operands before results.

    Values in ``stop`` are included, what they were computed from is not (that of the root is).
    Raises StaleValueError where a value's data were assigned after they had been used, and
    GraphError where ``backward(retain_graph=False)`` has released the graph.

    >>> import autograd_lite as ag
    >>> x = ag.Value(2.0, label="x")
    >>> [node.label for node in order((x * x).named("y"))]
    ['x', 'y']
    """
    computed, leaves = reach(root, stop)
    return sorted(leaves + computed, key=_number)


def reach(root: Value, stop: Collection[Value] = ()) -> tuple[list[Value], list[Value]]:
    """The two parts of :func:`order`: the computed values, and the leaves or where it stopped.

    >>> import autograd_lite as ag
    >>> x = ag.Value(2.0, label="x")
    >>> reach((x * x).named("y"))
    ([Value(4.0, label='y')], [Value(2.0, label='x')])
    """
    found, waiting = {root}, [root]
    computed: list[Value] = []
    leaves: list[Value] = []
    while waiting:
        node = waiting.pop()
        if node.op is None or (stop and node in stop and node is not root):
            leaves.append(node)
            continue
        computed.append(node)
        a, b = node._a, node._b
        # Two plain Values are most of a scalar graph: written out, a quarter of the time is saved.
        if type(a) is type(b) is Value:
            if a not in found:
                found.add(a)
                waiting.append(a)
            if b not in found:
                found.add(b)
                waiting.append(b)
            continue
        for operand in node.operands:
            if isinstance(operand, Value) and operand not in found:
                found.add(operand)
                waiting.append(operand)
    # Depth first comes upon them nearly from the youngest to the oldest, which is quick to sort.
    computed.reverse()
    computed.sort(key=_number)
    _refuse_stale(computed, max(map(_number, leaves), default=0))
    return computed, leaves


def _refuse_stale(computed: Sequence[Value], newest: int) -> None:
    """Raise where an operand is younger than its result: only a leaf can be, by its new data."""
    for node in computed:
        if node.number > newest:  # and so are all that follow
            return
        for operand in node.operands:
            if isinstance(operand, Value) and operand.number > node.number:
                raise StaleValueError(
                    f"the data of {operand.describe()} were assigned after {node.describe()} had "
                    "been computed from them; compute the forward pass again before backward"
                )


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
        cotangent = cotangents.get(node)
        if node.op is None or cotangent is None:
            continue
        for operand, part in contributions(node, cotangent, read):
            before = cotangents.get(operand)
            cotangents[operand] = part if before is None else part + before
    return cotangents


def contributions(
    node: Value, cotangent: Any, read: Callable[[Value], Any]
) -> Iterator[tuple[Value, Any]]:
    """What a computed value hands on to its operands: to each its cotangent times ∂node/∂operand.

    >>> import autograd_lite as ag
    >>> a, b = ag.Value(3.0, "a"), ag.Value(5.0, "b")
    >>> [(operand.label, part) for operand, part in contributions(a * b, 10.0, read_data)]
    [('a', 50.0), ('b', 30.0)]
    """
    op, operands, attributes, result = node.op, node.operands, node.attributes, read(node)
    assert op is not None
    seen = [read(part) if isinstance(part, Value) else part for part in operands]
    for position, operand in enumerate(operands):
        if type(operand) is Value or takes_gradient(operand):
            part = op.contribution(position, cotangent, result, seen, attributes)
            if part is not None:
                yield operand, part if type(part) is float else _fit(part, operand)


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


# ``backward``: the gradients of a graph, collected in the values themselves.


# While it runs, the gradient of a value is what has reached it so far: one thread at a time.
_alone = threading.RLock()

# What CPython counts for an object that nobody holds but one variable. Newer ones count otherwise,
# as do those without the global lock, and where it is not known no object is used again.
_getrefcount = getattr(sys, "getrefcount", lambda _: 0)
_counts_exactly = (
    sys.implementation.name == "cpython"
    and sys.version_info < (3, 14)
    and getattr(sys, "_is_gil_enabled", lambda: True)()
)
_UNSHARED = 2 if _counts_exactly else -1


def backward(root: Value, cotangent: Any = None, retain_graph: bool = True) -> None:
    """Set ``grad`` of everything reachable; see :meth:`Value.backward`.

    >>> import autograd_lite as ag
    >>> x = ag.Value(3.0)
    >>> ag.backward(x * x)
    >>> x.grad
    6.0
    """
    if isinstance(cotangent, Value):
        raise DataError("backward takes a number or array as cotangent; give value.data")
    start = seed(root, cotangent)
    computed, ends = reach(root)
    leaves = [leaf for leaf in ends if takes_gradient(leaf)]
    with _alone:
        before = [leaf._grad for leaf in leaves]
        _forget(computed)
        _forget(leaves)
        root._grad = start if takes_gradient(root) else None
        try:
            owned = _carry_back(computed[:] if retain_graph else computed, retain_graph)
        except BaseException:  # an interrupt, or a rule that fails: the leaves stay as they were
            _forget(computed)
            for leaf, old in zip(leaves, before, strict=True):
                leaf._grad = old
            raise
        for leaf, old in zip(leaves, before, strict=True):
            _own(leaf, owned)
            if old is not None:
                leaf._grad = old + leaf._grad


def _forget(values: Iterable[Value]) -> None:
    for value in values:
        value._grad = None


def _carry_back(computed: list[Any], keep: bool) -> set[int]:
    """Carry gradients from the youngest value to the oldest, and return the ids of their arrays.

    Unless asked to ``keep`` them, a value's gradient and operands are let go of as soon as these
    have theirs, and with them all data that nobody else holds.
    """
    owned: set[int] = set()
    while computed:
        node = _carry_floats(computed, keep)
        if node is None:
            break
        if node._grad is not None:
            _carry(node)
        if keep:
            _own(node, owned)
        else:
            node._grad = node._a = node._b = None
    return owned


def _carry(node: Value) -> None:
    """Add to the gradients of its operands what a value hands on."""
    for operand, part in contributions(node, node._grad, read_data):
        before = operand._grad
        operand._grad = part if before is None else before + part


def _carry_floats(computed: list[Any], keep: bool) -> Any:
    """The same for plain floats, up to a value of anything else, which is returned.

    This is `_carry` written out for one operand and for two. It is most of what a scalar graph
    spends on its gradients: 200 ns a node, and 1,300 ns on the general way.
    """
    while computed:
        node = computed.pop()
        cotangent, y, a, b, slopes = node._grad, node._data, node._a, node._b, node.op.slopes
        if slopes is None or type(cotangent) is not float:
            return node
        to_a, to_b = slopes
        part_a = part_b = None
        try:
            x = a if type(a) is float else a._data
            if b is None:
                if type(a) is Value or takes_gradient(a):
                    part_a = cotangent * (to_a if type(to_a) is float else to_a(y, x))
            else:
                z = b if type(b) is float else b._data
                if type(a) is Value or takes_gradient(a):
                    part_a = cotangent * (to_a if type(to_a) is float else to_a(y, x, z))
                if type(b) is Value or takes_gradient(b):
                    part_b = cotangent * (to_b if type(to_b) is float else to_b(y, x, z))
        except (ArithmeticError, AttributeError):  # 1 / 0, which is inf; an op with attributes
            return node
        if part_a is not None:
            before = a._grad
            a._grad = part_a if before is None else before + part_a
        if part_b is not None:
            before = b._grad
            b._grad = part_b if before is None else before + part_b
        if not keep:
            node._grad = node._a = node._b = None
            if _getrefcount(node) == _UNSHARED:
                SPARE.append(node)
    return None


def _own(value: Value, owned: set[int]) -> None:
    """Give a value a gradient of its own: 0 for none, a copy of an array that is another's too."""
    found = value._grad
    if found is None:
        found = value._grad = zeros_like(value)
    if isinstance(found, np.ndarray):
        if id(found) in owned or found.base is not None:
            found = value._grad = found.copy("K")
        owned.add(id(found))
