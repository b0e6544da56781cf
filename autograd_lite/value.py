"""Value: a number or array that remembers how it was computed."""

import itertools
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.data import Data, Frozen, as_data, show
from autograd_lite.errors import GraphError, ShapeError
from autograd_lite.labelled import Labelled
from autograd_lite.op import Op
from autograd_lite.recording import is_recording

__all__ = ["SPARE", "Constant", "Value", "next_number", "result"]

SPARE: deque[Any] = deque(maxlen=100_000)
"""Values that ``backward(retain_graph=False)`` has let go of and that nobody holds.

The next results are made of them. A training loop then makes no new objects, which the garbage
collector would count and look through, with all others of the process: on 65,000 nodes that took
a third of the time, and beside a large package two thirds."""

next_number = itertools.count(1).__next__
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

    # One small object a node: no closure, no set, no cycle, so that the collector has little work.
    # _a and _b are the operands of an op that has one or two and no attributes (_b is None for
    # one). For any other op _a is the tuple of them and _b the dictionary of attributes.
    __slots__ = ("_a", "_b", "_grad", "op")

    _grad: Any
    op: Op | None
    _a: Any
    _b: Any

    def __init__(self, data: Any, label: str = "", names: Any = None) -> None:
        self._data = as_data(data)
        self._grad = None
        self.op = None
        self._a = self._b = None
        self.number = next_number()
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
        label, names = self.label, self.names
        self.number = next_number()
        self._tag(label, names)

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
        if self._a is None:
            raise GraphError(
                f"{self.describe()} was released by backward(retain_graph=False), which frees the "
                "graph as it goes; compute it again, or keep it with backward()"
            )
        if type(self._b) is dict:
            operands: tuple[Any, ...] = self._a
            return operands
        return (self._a,) if self._b is None else (self._a, self._b)

    @property
    def parents(self) -> tuple["Value", ...]:
        """The Values among the operands, in order; x·x has x twice."""
        return tuple(operand for operand in self.operands if isinstance(operand, Value))

    @property
    def attributes(self) -> dict[str, Any]:
        """What the op was given beside its operands: an axis, a shape, a stride."""
        return self._b if type(self._b) is dict else {}

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
            return result(None, data, None, None)
        if attributes or not 1 <= len(taken) <= 2:
            return result(op, data, tuple(taken), attributes)
        return result(op, data, taken[0], taken[1] if len(taken) == 2 else None)

    def backward(self, cotangent: Any = None, retain_graph: bool = True) -> None:
        """Compute ``grad`` of everything that this value was computed from.

        x.grad = Σ cotangent · ∂(this)/∂x, in the shape of x. ``cotangent`` has the shape of this
        value, and is 1 for a scalar. Gradients of values that were not computed add up over calls,
        those of interior values are set anew. Raises ShapeError for a cotangent of another shape,
        StaleValueError where data were assigned since; both leave all gradients as they were.

        ``retain_graph=False`` is for training loops: interior values lose their gradients, and what
        they were computed from, as soon as both have been used. That takes less time and memory.
        Their data stay; a second backward through them raises GraphError, and so does their grad.

        >>> import autograd_lite as ag
        >>> x = ag.Value([1.0, 2.0])
        >>> (x * x).backward([1.0, 10.0])
        >>> x.grad.tolist()
        [2.0, 40.0]
        """
        from autograd_lite.gradients import backward  # the engine is written in Values

        backward(self, cotangent, retain_graph)

    @property
    def grad(self) -> Any:
        """The gradient that :meth:`backward` has computed; None before, and after zero_grad.

        Raises GraphError for a computed value of which ``backward(retain_graph=False)`` let go.
        """
        if self._grad is None and self.is_released:
            raise GraphError(
                f"the gradient of {self.describe()} was freed by backward(retain_graph=False); "
                "backward() keeps those of interior values"
            )
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = grad

    @property
    def is_released(self) -> bool:
        """Whether ``backward(retain_graph=False)`` let go of what it was computed from.

        >>> y = Value(3.0) ** 2
        >>> y.backward(retain_graph=False)
        >>> y.is_released, y.data
        (True, 9.0)
        """
        return self._a is None and self.op is not None

    def zero_grad(self) -> None:
        """Forget the gradient: None, as before the first backward."""
        self._grad = None

    def __repr__(self) -> str:
        grad = "" if self._grad is None else f", grad={show(self._grad)}"
        return f"{super().__repr__()[:-1]}{grad})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.op is not None:
            raise GraphError(
                f"{self.describe()} was computed by {self.op.name}; copy or pickle the values that "
                "it was computed from, and compute it again"
            )
        # Made anew: the number of another process says nothing about the order in this one.
        return type(self), (self._data, self.label, self.names), (None, {"grad": self._grad})


def result(op: Op | None, data: Data, a: Any, b: Any) -> Value:
    """A new node, ``a`` and ``b`` as it keeps them. Its data have passed the checks of __init__.

    >>> result(None, 2.0, None, None)
    Value(2.0)
    """
    try:
        node: Value = SPARE.pop() if SPARE else _new(Value)
    except IndexError:  # another thread took the last
        node = _new(Value)
    node._data = data
    node._grad = None
    node.op = op
    node._a = a
    node._b = b
    node.number = next_number()
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
