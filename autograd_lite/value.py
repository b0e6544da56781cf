"""Value: a number or array that remembers how it was computed."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.data import Data, Frozen, as_data, show
from autograd_lite.errors import GraphError, ShapeError
from autograd_lite.labelled import Labelled
from autograd_lite.op import Op
from autograd_lite.ops import elementwise
from autograd_lite.recording import is_recording, switches

__all__ = ["Constant", "Value"]

_next_number = itertools.count(1).__next__
_new = object.__new__


class Value(Labelled):
    """A node of the computation graph: data, and how they were computed.

    ``data`` is a Python float for one number and an array otherwise, of float64, or of float32 if
    it was given as that; integers and booleans become float64. ``label`` names the value in
    derivations and pictures, ``names`` its elements (in the shape of the data). ``grad`` is None
    until :meth:`backward` has computed it, and has the shape of the data.

    >>> from autograd_lite import Value
    >>> x = Value(3.0, label="x")
    >>> y = x * x + 2 * x
    >>> y.backward()
    >>> y.data, x.grad
    (15.0, 8.0)

    Operands that are not Values are constants of the graph. Data and constants are copied. Raises
    DataError for anything but real numbers, ShapeError for names in another shape.
    """

    # One small object a node: no closure, no set, no cycle, so that the collector has no work.
    # An op with one or two operands keeps them in _a and _b, any other as a tuple in _a.
    __slots__ = ("_a", "_attributes", "_b", "grad", "number", "op")

    grad: Any
    number: int
    op: Op | None
    _a: Any
    _b: Any
    _attributes: dict[str, Any] | None

    def __init__(self, data: Any, label: str = "", names: Any = None) -> None:
        self._data = as_data(data)
        self.grad = None
        self.op = None
        self._a = self._b = self._attributes = None
        self.number = _next_number()
        self._label = ""
        self.named(label, names)

    @property
    def data(self) -> Any:
        """The number, or a read-only view of the array.

        Assigning it, whole and in the same shape, makes the values computed from it stale. Raises
        ShapeError for another shape, GraphError for a value that was computed.

        >>> w = Value([1.0, 2.0])
        >>> w.data -= 0.5
        >>> w.data.tolist()
        [0.5, 1.5]
        """
        return self._data if isinstance(self._data, float) else Frozen.of(self._data)

    @data.setter
    def data(self, new: Any) -> None:
        if self.op is not None:
            raise GraphError(
                f"{self.describe()} was computed by {self.op.name}; assign the data of the values "
                "that it was computed from, and compute it again"
            )
        data = as_data(new)
        if np.shape(data) != self.shape:
            raise ShapeError(
                f"{self.describe()} has shape {self.shape} and was assigned data of shape "
                f"{np.shape(data)}; make a new Value for another shape"
            )
        self._data = data if isinstance(data, float) else data.astype(self.dtype, copy=False)
        self.number = _next_number()

    def named(self, label: str, names: Any = None) -> "Value":
        """The value itself, after labelling it and, if given, its elements.

        >>> import autograd_lite as ag
        >>> H = ag.sigmoid(Value([0.0, 1.0])).named("H", ["H1", "H2"])
        >>> H.label, H.names.tolist()
        ('H', ['H1', 'H2'])
        """
        self.label = label
        if names is not None:
            self.names = names
        return self

    def describe(self, kind: str = "a value") -> str:
        """What this value is, for messages: its label, or its op, and how large."""
        return super().describe(kind if self.op is None else f"the result of {self.op.name}")

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the op was given, in order: Values, and constants as they are."""
        if self.op is None:
            return ()
        if self.op.arity == 1:
            return (self._a,)
        operands: tuple[Any, ...] = (self._a, self._b) if self.op.arity == 2 else self._a
        return operands

    @property
    def parents(self) -> tuple["Value", ...]:
        """The Values among the operands, in order; x·x has x twice."""
        return tuple(operand for operand in self.operands if isinstance(operand, Value))

    @property
    def attributes(self) -> dict[str, Any]:
        """What the op was given beside its operands: an axis, a shape, a stride."""
        return self._attributes or {}

    @staticmethod
    def _record(op: Op, operands: Sequence[Any], attributes: dict[str, Any]) -> "Value":
        """Compute an op on Values and constants, and remember it."""
        taken, given = [], []
        for operand in operands:
            recorded = isinstance(operand, Value)
            taken.append(operand if recorded else as_data(operand))
            given.append(operand._data if recorded else taken[-1])
        data = op.forward(*given, **attributes)
        if not is_recording():
            return _node(None, data, None, None)
        if op.arity == 1:
            return _node(op, data, taken[0], None, attributes)
        if op.arity == 2:
            return _node(op, data, taken[0], taken[1], attributes)
        return _node(op, data, tuple(taken), None, attributes)

    def backward(self, cotangent: Any = None) -> None:
        """Compute ``grad`` of everything that this value was computed from.

        x.grad = Σ cotangent · ∂(this)/∂x, in the shape of x. ``cotangent`` has the shape of this
        value, and is 1 for a scalar. Gradients of values that were not computed add up over calls,
        those of interior values are set anew. Raises ShapeError for a cotangent of another shape,
        StaleValueError where data were assigned since; both leave all gradients as they were.

        >>> import autograd_lite as ag
        >>> x = ag.Value([1.0, 2.0])
        >>> (x * x).backward([1.0, 10.0])
        >>> x.grad.tolist()
        [2.0, 40.0]
        """
        from autograd_lite.engine import backward  # the engine is written in Values

        backward(self, cotangent)

    def zero_grad(self) -> None:
        """Forget the gradient: None, as before the first backward."""
        self.grad = None

    def __repr__(self) -> str:
        grad = "" if self.grad is None else f", grad={show(self.grad)}"
        return f"{super().__repr__()[:-1]}{grad})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.op is not None:
            raise GraphError(
                f"{self.describe()} was computed by {self.op.name}; copy or pickle the values that "
                "it was computed from, and compute it again"
            )
        # Made anew: the number of another process says nothing about the order in this one.
        return type(self), (self._data, self.label, self.names), (None, {"grad": self.grad})

    # Sums and products of two scalars are most of a scalar graph: these skip the dispatch.
    def __add__(self, other: Any) -> Any:
        if type(other) is Value and type(self._data) is type(other._data) is float and not switches:
            return _node(elementwise.add, self._data + other._data, self, other)
        return elementwise.add(self, other)

    def __mul__(self, other: Any) -> Any:
        if type(other) is Value and type(self._data) is type(other._data) is float and not switches:
            return _node(elementwise.multiply, self._data * other._data, self, other)
        return elementwise.multiply(self, other)

    def __sub__(self, other: Any) -> Any:
        if type(other) is Value and type(self._data) is type(other._data) is float and not switches:
            return _node(elementwise.subtract, self._data - other._data, self, other)
        return elementwise.subtract(self, other)


def _node(
    op: Op | None, data: Data, a: Any, b: Any, attributes: dict[str, Any] | None = None
) -> Value:
    """A result. It skips __init__, whose checks its data have passed."""
    node = _new(Value)
    node._data = data
    node.grad = None
    node.op = op
    node._a = a
    node._b = b
    node._attributes = attributes
    node._label = ""
    node.number = _next_number()
    return node


class Constant(Value):
    """A Value that takes no gradient: an input or a target, named and drawn as data.

    Nothing is computed for its gradient. What is computed from it is an ordinary Value.

    >>> from autograd_lite import Constant, Value
    >>> w, t = Value(2.0, label="w"), Constant(5.0, label="t")
    >>> ((w - t) ** 2).backward()
    >>> w.grad, t.grad
    (-6.0, None)
    """

    __slots__ = ()
