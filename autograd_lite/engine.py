"""The chain rule: one loop over the graph in reverse, and the gradients that it collects.

A graph is made of nodes. Creation order is the topological order: a node is younger than what it
was computed from, so sorting what is reachable by number is all that a backward pass needs.
Nothing recurses, and nothing is kept outside the graph.

:func:`contributions` is where cotangents and local derivatives are multiplied. What it reads at a
node decides what comes out: data give numbers, the node itself gives gradients that are graphs
again, and a named symbol gives a formula. :func:`sweep` adds up what it gives in a dictionary, for
any reading; :func:`backward` in the nodes themselves, for numbers.
"""

import itertools
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from autograd_lite.data import Data, as_data, describe
from autograd_lite.errors import DataError, GraphError, ShapeError, StaleValueError
from autograd_lite.op import Op, primal
from autograd_lite.ops.broadcasting import unbroadcast
from autograd_lite.recording import refuse_backward, watching

__all__ = [
    "SPARE",
    "Node",
    "backward",
    "contributions",
    "next_number",
    "order",
    "reach",
    "read_data",
    "read_graph",
    "seed",
    "sweep",
    "takes_gradient",
    "zeros_like",
]

next_number = itertools.count(1).__next__

SPARE: deque[Any] = deque(maxlen=100_000)
"""Nodes that ``backward(retain_graph=False)`` has let go of and that nobody holds.

The next results are made of them. A training loop then makes no new objects, which the garbage
collector would count and look through, with all others of the process: on 65,000 nodes that took
a third of the time, and beside a large package two thirds."""


class Node:
    """What the chain rule knows of a value: its data, its gradient, and how it was computed.

    ``number`` is younger than that of every operand. ``op`` is None for what was not computed.

    >>> import autograd_lite as ag
    >>> y = ag.Value(2.0) * 3.0
    >>> y.op, y.operands, y.attributes
    (<op multiply>, (Value(2.0), 3.0), {})
    """

    # One small object a node: no closure, no set, no cycle, so that the collector has little work.
    # _a and _b are the operands of an op that has one or two and no attributes (_b is None for
    # one). For any other op _a is the tuple of them and _b the dictionary of attributes.
    __slots__ = ("_a", "_b", "_data", "_grad", "number", "op")

    _a: Any
    _b: Any
    _data: Data
    _grad: Any
    number: int
    op: Op | None

    takes_gradient = True
    """False for a node to which no gradient is carried: data."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the data; () for a number."""
        data = self._data
        return () if type(data) is float else data.shape  # type: ignore[union-attr]

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or float32; a number is a Python float, so float64."""
        return np.dtype(float) if isinstance(self._data, float) else self._data.dtype

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the op was given, in order: nodes, and constants as they are.

        Raises GraphError where ``backward(retain_graph=False)`` has let go of them.
        """
        a, b = self._a, self._b
        if self.op is None:
            return ()
        if a is None:
            raise GraphError(
                f"{self.describe()} was released by backward(retain_graph=False), which frees the "
                "graph as it goes; compute it again, or keep it with backward()"
            )
        if type(b) is dict:
            operands: tuple[Any, ...] = a
            return operands
        return (a,) if b is None else (a, b)

    @property
    def attributes(self) -> dict[str, Any]:
        """What the op was given beside its operands: an axis, a shape, a stride."""
        return self._b if type(self._b) is dict else {}

    @property
    def is_released(self) -> bool:
        """Whether ``backward(retain_graph=False)`` let go of what it was computed from.

        >>> import autograd_lite as ag
        >>> y = ag.Value(3.0) ** 2
        >>> y.backward(retain_graph=False)
        >>> y.is_released, y.data
        (True, 9.0)
        """
        return self._a is None and self.op is not None

    @property
    def is_unrecorded(self) -> bool:
        """Whether it was computed under no_grad, so that nothing is known of how."""
        return self._a is not None and self.op is None

    def describe(self) -> str:
        """What this node is, for messages."""
        return f"a node of shape {self.shape}"


N = TypeVar("N", bound=Node)

read_data: Callable[[Node], Any] = attrgetter("_data")
_number = attrgetter("number")
_NONE: dict[str, Any] = {}


def read_graph(node: N) -> N:
    """Reading the nodes themselves makes the cotangents Values, which differentiate again."""
    return node


def takes_gradient(operand: Any) -> bool:
    """Whether an operand is a node, and no constant.

    >>> import autograd_lite as ag
    >>> takes_gradient(ag.Value(1.0)), takes_gradient(ag.Constant(1.0)), takes_gradient(1.0)
    (True, False, False)
    """
    return isinstance(operand, Node) and operand.takes_gradient


# The order


def order(root: N, stop: Collection[N] = ()) -> list[N]:
    """Everything that ``root`` was computed from, itself included, operands before results.

    Values in ``stop`` are included, what they were computed from is not (that of the root is).
    Raises StaleValueError where a value's data were assigned after they had been used, and
    GraphError for a root that was not recorded, or a graph that was released.

    >>> import autograd_lite as ag
    >>> x = ag.Value(2.0, label="x")
    >>> [node.label for node in order((x * x).named("y"))]
    ['x', 'y']
    """
    computed, leaves = reach(root, stop)
    return sorted(leaves + computed, key=_number)


def reach(root: N, stop: Collection[N] = ()) -> tuple[list[N], list[N]]:
    """The two parts of :func:`order`: the computed values, and the leaves or where it stopped.

    >>> import autograd_lite as ag
    >>> x = ag.Value(2.0, label="x")
    >>> reach((x * x).named("y"))
    ([Value(4.0, label='y')], [Value(2.0, label='x')])
    """
    if root.is_unrecorded:
        raise GraphError(
            f"{root.describe()} was computed under no_grad, so how is not recorded; compute it "
            "again outside of it"
        )
    kind = type(root)
    found, waiting = {root}, [root]
    computed: list[N] = []
    leaves: list[N] = []
    while waiting:
        node = waiting.pop()
        if node.op is None or (stop and node in stop and node is not root):
            leaves.append(node)
            continue
        computed.append(node)
        a, b = node._a, node._b
        # Two plain nodes are most of a scalar graph: written out, a quarter of the time is saved.
        if type(a) is type(b) is kind:
            if a not in found:
                found.add(a)
                waiting.append(a)
            if b not in found:
                found.add(b)
                waiting.append(b)
            continue
        for operand in a if type(b) is dict and a is not None else node.operands:
            if isinstance(operand, Node) and operand not in found:
                found.add(operand)  # type: ignore[arg-type]
                waiting.append(operand)  # type: ignore[arg-type]
    # Depth first comes upon them nearly from the youngest to the oldest, which is quick to sort.
    computed.reverse()
    computed.sort(key=_number)
    _refuse_stale(computed, max(map(_number, leaves), default=0))
    return computed, leaves


def _refuse_stale(computed: Sequence[Node], newest: int) -> None:
    """Raise where an operand is younger than its result: only a leaf can be, by its new data."""
    for node in computed:
        if node.number > newest:  # and so are all that follow
            return
        for operand in node.operands:
            if isinstance(operand, Node) and operand.number > node.number:
                raise StaleValueError(
                    f"the data of {operand.describe()} were assigned after {node.describe()} had "
                    "been computed from them; compute the forward pass again before backward"
                )


# The chain rule


def contributions(node: Node, cotangent: Any, read: Callable[[Any], Any]) -> list[tuple[Any, Any]]:
    """What a computed value hands on to its operands: to each its cotangent times ∂node/∂operand.

    >>> import autograd_lite as ag
    >>> a, b = ag.Value(3.0, "a"), ag.Value(5.0, "b")
    >>> [(operand.label, part) for operand, part in contributions(a * b, 10.0, read_data)]
    [('a', 50.0), ('b', 30.0)]
    """
    op: Any = node.op
    operands, attributes = node._a, node._b
    if operands is None or type(attributes) is not dict:
        operands, attributes = node.operands, _NONE
    result = read(node)
    seen = [read(one) if isinstance(one, Node) else one for one in operands]
    any_number = op.arity is None and op.contributions(cotangent, result, seen, attributes)
    found = []
    for position, operand in enumerate(operands):
        if isinstance(operand, Node) and operand.takes_gradient:
            if any_number:
                part = any_number(position)
            else:
                part = op.contribution(position, cotangent, result, seen, attributes)
            if watching and part is not None:
                refuse_backward(node, operand, cotangent, part)
            if part is not None:
                found.append((operand, part if type(part) is float else _fit(part, operand)))
    return found


def sweep(
    nodes: Sequence[N],
    cotangents: dict[N, Any],
    read: Callable[[N], Any],
    hand_on: Callable[[N, Any, Callable[[N], Any]], Sequence[tuple[N, Any]]] = contributions,
) -> dict[N, Any]:
    """Carry cotangents from results to operands, and return them all.

    For y = f(a, b, ...) each operand receives ȳ·∂y/∂a, and what it receives adds up over its uses.
    ``nodes`` come in the order of :func:`order`; ``cotangents`` holds those to start from.
    Constants receive none, nor does a value that is only reached by derivatives that are always 0.
    ``hand_on`` is what a node gives to its operands; the checker asks what a wrong one leads to.

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
        for operand, part in hand_on(node, cotangent, read):
            before = cotangents.get(operand)
            cotangents[operand] = part if before is None else part + before
    return cotangents


def _fit(cotangent: Any, operand: Node) -> Any:
    """The cotangent in the shape and precision of its value."""
    data = operand._data
    if (
        type(cotangent) is type(data) is np.ndarray
        and cotangent.shape == data.shape
        and cotangent.dtype is data.dtype
    ):
        return cotangent
    fitting = unbroadcast(cotangent, operand.shape)
    if isinstance(fitting, np.ndarray) and fitting.dtype != operand.dtype:
        return fitting.astype(operand.dtype)
    return fitting


def seed(root: Node, cotangent: Any) -> Any:
    """The cotangent to start from, in the shape of ``root``: given, or 1 for a scalar."""
    if cotangent is None:
        if root.shape:
            raise ShapeError(
                f"{root.describe()} has shape {root.shape}; the gradient is that of a single "
                "number. Reduce it, as by .sum(), give a cotangent of that shape, as in "
                "value.backward(cotangent), or use ag.jacobian"
            )
        return 1.0
    given = cotangent if isinstance(cotangent, Node) else as_data(cotangent)
    shape = np.shape(primal(given))
    if shape != root.shape:
        raise ShapeError(
            f"{root.describe()} has shape {root.shape} and was given a cotangent or tangent of "
            f"shape {shape}; they must be the same"
        )
    return given if isinstance(given, float) else _fit(given, root)


def zeros_like(value: Node) -> Any:
    """The gradient of a value on which nothing depends."""
    return np.zeros(value.shape, value.dtype) if value.shape else 0.0


# Backward: the sweep in numbers, which collects gradients in the nodes

# While it runs, the gradient of a value is what has reached it so far: one thread at a time.
_alone = threading.RLock()

# A fork waits until no backward runs: its child would find the lock taken, and gradients halfway.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_alone.acquire, after_in_parent=_alone.release, after_in_child=_alone.release
    )

# One call of C, which no interrupt divides, does all that these iterators still have to do.
_run = deque[Any](maxlen=0).extend
_set_grad = vars(Node)["_grad"].__set__

# What CPython counts for an object that nobody holds but one variable. Newer ones count otherwise,
# as do those without the global lock, and where it is not known no object is used again.
_getrefcount = getattr(sys, "getrefcount", lambda _: 0)
_counts_exactly = (
    sys.implementation.name == "cpython"
    and sys.version_info < (3, 14)
    and getattr(sys, "_is_gil_enabled", lambda: True)()
)
_UNSHARED = 2 if _counts_exactly else -1


def backward(root: Node, cotangent: Any = None, retain_graph: bool = True) -> None:
    """Set ``grad`` of everything reachable; see :meth:`autograd_lite.Value.backward`.

    >>> import autograd_lite as ag
    >>> x = ag.Value(3.0)
    >>> ag.backward(x * x)
    >>> x.grad
    6.0
    """
    if not isinstance(root, Node):
        raise DataError(f"backward starts from a Value, not from {describe(root)}")
    if isinstance(cotangent, Node):
        raise DataError("backward takes a number or array as cotangent; give value.data")
    start = seed(root, cotangent)
    computed, ends = reach(root)
    leaves = [leaf for leaf in ends if leaf.takes_gradient]
    with _alone:
        before = [leaf._grad for leaf in leaves]
        undo = map(_set_grad, leaves, before)
        try:
            _forget(computed)
            _forget(leaves)
            root._grad = start if root.takes_gradient else None
            owned = _carry_back(computed[:] if retain_graph else computed, retain_graph)
            totals = [
                found if old is None else old + found
                for found, old in zip([_own(leaf, owned) for leaf in leaves], before, strict=True)
            ]
            _run(map(_set_grad, leaves, totals))
        except BaseException:  # an interrupt, or a rule that fails
            _run(undo)
            _forget(computed)
            raise


def _forget(values: Sequence[Node]) -> None:
    for value in values:
        value._grad = None


def _carry_back(computed: list[Any], keep: bool) -> set[int]:
    """Carry gradients from the youngest value to the oldest, and return the ids of their arrays.

    Unless asked to ``keep`` them, a value's gradient and operands are let go of as soon as these
    have theirs, and with them all data that nobody else holds.
    """
    owned: set[int] = set()
    while computed:
        node = computed.pop()
        if type(node._grad) is float and node.op.slopes is not None and not watching:
            computed.append(node)
            if (node := _carry_floats(computed, keep)) is None:
                break
        if node._grad is not None:
            _carry(node)
        if keep:
            node._grad = _own(node, owned)
        else:
            node._grad = node._a = node._b = None
    return owned


def _carry(node: Node) -> None:
    """Add to the gradients of its operands what a value hands on."""
    for operand, part in contributions(node, node._grad, read_data):
        before = operand._grad
        operand._grad = part if before is None else before + part


def _carry_floats(computed: list[Any], keep: bool) -> Any:
    """The same for plain floats, up to a value of anything else, which is returned.

    This is `_carry` written out for one operand and for two. It is most of what a scalar graph
    spends on its gradients: 200 ns a node, and 1,300 ns on the general way.
    """
    kind = type(computed[-1])
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
                if type(a) is kind or takes_gradient(a):
                    part_a = cotangent * (to_a if type(to_a) is float else to_a(y, x))
            else:
                z = b if type(b) is float else b._data
                if type(a) is kind or takes_gradient(a):
                    part_a = cotangent * (to_a if type(to_a) is float else to_a(y, x, z))
                if type(b) is kind or takes_gradient(b):
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


def _own(value: Node, owned: set[int]) -> Any:
    """The gradient of a value: 0 for none, a copy of an array that is another's too."""
    found = value._grad
    if found is None:
        return zeros_like(value)
    if isinstance(found, np.ndarray):
        if id(found) in owned or found.base is not None:
            found = found.copy("K")
        owned.add(id(found))
    return found
