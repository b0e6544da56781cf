"""Value: a number or array that remembers how it was computed."""

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd_lite import interop
from autograd_lite.data import Data, Frozen, as_data, describe, show
from autograd_lite.errors import DataError, GraphError, ShapeError
from autograd_lite.op import Elementwise, Op
from autograd_lite.ops import (
    broadcasting,
    elementwise,
    linear_algebra,
    reductions,
    selection,
    shaping,
)

__all__ = [
    "SPARE",
    "Constant",
    "Labelled",
    "Operators",
    "Value",
    "is_recording",
    "next_number",
    "no_grad",
    "recording",
    "result",
    "switches",
]


# Whether operations on Values are recorded: everywhere, but within :func:`no_grad`.


_wanted = ContextVar("recording", default=True)

switches: list[bool] = []
"""The blocks that are open in any thread. While there are none, nobody has to ask the context,
which on the shortest way of a scalar costs a twentieth of the time."""


def is_recording() -> bool:
    """Whether this thread or task records what it computes."""
    return not switches or _wanted.get()


@contextmanager
def recording(wanted: bool) -> Iterator[None]:
    """Within this block, and in this thread or task only, results are recorded or not.

    >>> with recording(False), recording(True):
    ...     is_recording()
    True
    """
    switches.append(wanted)
    before = _wanted.set(wanted)
    try:
        yield
    finally:
        _wanted.reset(before)
        switches.pop()


@contextmanager
def no_grad() -> Iterator[None]:
    """Within this block nothing is recorded: results are Values without parents.

    It holds for the thread or task that opened it, and may also decorate a function.

    >>> import autograd_lite as ag
    >>> w = ag.Value(2.0)
    >>> with ag.no_grad():
    ...     y = w * w
    >>> y.parents
    ()
    """
    with recording(False):
        yield


# The operators and methods of a Value: each is the op of the same name.


class Operators:
    """Operators, their reflected forms, and methods, for anything that an op can record.

    Operands may be numbers, arrays and nested lists as well, and are broadcast by NumPy's rules.
    Each method is explained, with its shapes and errors, at the function of its name.

    >>> from autograd_lite import Value
    >>> x = Value([1.0, 2.0])
    >>> (1 / x).data.tolist(), (x @ [3.0, 4.0]).data, (x > 1.5).data.tolist()
    ([1.0, 0.5], 11.0, [0.0, 1.0])
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return elementwise.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return elementwise.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return elementwise.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return elementwise.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return elementwise.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return elementwise.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return elementwise.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return elementwise.divide(other, self)

    def __pow__(self, other: Any) -> Any:
        return elementwise.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return elementwise.power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return linear_algebra.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return linear_algebra.matmul(other, self)

    def __neg__(self) -> Any:
        return elementwise.negative(self)

    def __pos__(self) -> Any:
        return elementwise.identity(self)

    def __abs__(self) -> Any:
        return selection.abs_(self)

    # Comparisons are recorded ops too, so that a replay decides them anew; == stays identity, so
    # that Values can be members of sets and keys.
    def __gt__(self, other: Any) -> Any:
        return selection.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return selection.greater_equal(self, other)

    def __lt__(self, other: Any) -> Any:
        return selection.less(self, other)

    def __le__(self, other: Any) -> Any:
        return selection.less_equal(self, other)

    def exp(self) -> Any:
        """The exponential e^x."""
        return elementwise.exp(self)

    def log(self) -> Any:
        """The natural logarithm ln x."""
        return elementwise.log(self)

    def sqrt(self) -> Any:
        """The square root √x."""
        return elementwise.sqrt(self)

    def sin(self) -> Any:
        """The sine, of radians."""
        return elementwise.sin(self)

    def cos(self) -> Any:
        """The cosine, of radians."""
        return elementwise.cos(self)

    def tanh(self) -> Any:
        """The hyperbolic tangent (e^x − e^(−x)) / (e^x + e^(−x))."""
        return elementwise.tanh(self)

    def sigmoid(self) -> Any:
        """1 / (1 + e^(−x))."""
        return elementwise.sigmoid(self)

    def relu(self) -> Any:
        """max(x, 0); the derivative at 0 is 0."""
        return selection.relu(self)

    def abs(self) -> Any:
        """The absolute value |x|; the derivative at 0 is 0."""
        return selection.abs_(self)

    def clip(self, low: Any = None, high: Any = None) -> Any:
        """Limited to [low, high]; None stands for no limit."""
        return selection.clip(self, low, high)

    def sum(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> Any:
        """The sum over axes."""
        return broadcasting.sum_(self, axis, keepdims)

    def mean(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> Any:
        """The mean over axes."""
        return reductions.mean(self, axis, keepdims)

    def max(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> Any:
        """The maximum over axes; the first of equals takes the gradient."""
        return reductions.max_(self, axis, keepdims)

    def min(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> Any:
        """The minimum over axes; the first of equals takes the gradient."""
        return reductions.min_(self, axis, keepdims)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape: ``x.reshape(2, -1)`` or ``x.reshape((2, -1))``."""
        wanted = shape[0] if len(shape) == 1 else shape
        return shaping.reshape(self, wanted)

    def flatten(self) -> Any:
        """All elements in one row."""
        return shaping.flatten(self)

    def transpose(self, *axes: Any) -> Any:
        """The axes reversed, or in another order: ``transpose(1, 0)`` or ``transpose((1, 0))``."""
        wanted = axes[0] if len(axes) == 1 else axes or None
        return shaping.transpose(self, wanted)

    @property
    def T(self) -> Any:  # noqa: N802  (NumPy's name)
        """The axes reversed."""
        return shaping.transpose(self)

    def squeeze(self, axis: int | tuple[int, ...] | None = None) -> Any:
        """Without axes of size 1."""
        return shaping.squeeze(self, axis)

    def expand_dims(self, axis: int | tuple[int, ...]) -> Any:
        """With new axes of size 1."""
        return shaping.expand_dims(self, axis)

    def broadcast_to(self, shape: Sequence[int]) -> Any:
        """Repeated to a shape."""
        return broadcasting.broadcast_to(self, shape)

    def dot(self, other: Any) -> Any:
        """The product of vectors and matrices, as ``@``."""
        return linear_algebra.matmul(self, other)


# What a Value holds: a number or array and its names, and what Python may do with them.


class _Tagged(int):
    """The number of a value that has a label, or names for its elements, which ride on it."""

    label: str
    names: np.ndarray[Any, Any] | None


class Labelled(Operators):
    """The part of a Value that knows nothing of its graph: data, shape, label and names.

    Where Python would take a Value for something else in silence (a number, an index, an equal
    number), it raises DataError and says what to write instead.

    >>> from autograd_lite import Value
    >>> x = Value([[1.0, 2.0]], label="x", names=[["a", "b"]])
    >>> x.shape, x.ndim, x.size, len(x)
    ((1, 2), 2, 2, 1)
    >>> x
    Value([[1., 2.]], label='x')
    """

    # Most values have no label, and no room for one: it would be a tenth of what a scalar takes.
    __slots__ = ("_data", "number")

    _data: Data
    number: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the data; () for a number."""
        return () if isinstance(self._data, float) else self._data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.size(self._data))

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or float32; a number is a Python float, so float64."""
        return np.dtype(float) if isinstance(self._data, float) else self._data.dtype

    def item(self) -> float:
        """The number of a value with one element. Raises ShapeError for more, or none.

        >>> from autograd_lite import Value
        >>> Value([[2.0]]).item()
        2.0
        """
        if self.size != 1:
            raise ShapeError(f"{self.describe()} has {self.size} elements; item() needs one")
        return float(np.reshape(self._data, ()))

    @property
    def label(self) -> str:
        """The name of the value in derivations and pictures; "" for none."""
        label: str = getattr(self.number, "label", "")
        return label

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise DataError(f"a label is a string, not {describe(label)}")
        self._tag(label, self.names)

    @property
    def names(self) -> np.ndarray[Any, Any] | None:
        """The names of the elements, an array of strings; None for ``label[i,j]``."""
        names: np.ndarray[Any, Any] | None = getattr(self.number, "names", None)
        return names

    @names.setter
    def names(self, names: Any) -> None:
        if names is None:
            self._tag(self.label, None)
            return
        elements = np.array(names, dtype=object)
        if elements.shape != self.shape:
            raise ShapeError(
                f"{self.describe()} has shape {self.shape} and was given names of shape "
                f"{elements.shape}; give one name an element"
            )
        flat = elements.ravel().tolist()
        if not all(isinstance(name, str) and name for name in flat) or len({*flat}) != len(flat):
            raise DataError(f"element names are distinct strings, not {describe(flat)}")
        elements.flags.writeable = False
        self._tag(self.label, elements)

    def _tag(self, label: str, names: np.ndarray[Any, Any] | None) -> None:
        number = int(self.number)
        if label or names is not None:
            number = _Tagged(number)
            number.label, number.names = label, names
        self.number = number

    def describe(self, kind: str = "a value") -> str:
        """What this value is, for messages: its label, or what kind of value, and how large."""
        size = f"of shape {self.shape}" if self.shape else f"({self._data})"
        return self.label or f"{kind} {size}"

    def __repr__(self) -> str:
        kind = type(self).__name__
        label = f", label={self.label!r}" if self.label else ""
        return f"{kind}({show(self._data, indent=len(kind) + 1)}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    # Sets and keys hold Values by identity. Compared with a number that would be False unnoticed.
    def __eq__(self, other: object) -> bool:
        if isinstance(other, float | int | np.generic | np.ndarray):
            raise DataError(
                f"{self.describe()} was compared with {describe(other)} by == or !=, which for "
                "Values mean the same object; compare value.data"
            )
        return NotImplemented

    __hash__ = object.__hash__

    def __float__(self) -> float:
        raise DataError(
            f"{self.describe()} as a plain number would lose its gradient; give value.item() where "
            "the number alone is meant, use ag.exp(value) for math.exp(value), and collect Values "
            "with ag.stack([...])"
        )

    def __bool__(self) -> bool:
        if self.size != 1:
            raise DataError(f"{self.describe()} has {self.size} elements; no one truth value")
        return bool(self.item())

    def __len__(self) -> int:
        if not self.shape:
            raise DataError(f"{self.describe()} is a single number; it has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(part, Labelled) for part in parts):
            raise DataError(
                "a Value cannot be an index, which is made of whole numbers, slices and masks; "
                "index with data: x[mask.data > 0]"
            )
        return shaping.getitem(self, index)

    def __setitem__(self, index: Any, new: Any) -> None:
        raise GraphError(
            "a Value cannot be changed in place, since what was computed from it would be stale; "
            "build the new one with ag.stack, ag.concatenate or ag.where"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return interop.call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return interop.call_function(function, args, kwargs)


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
        from autograd_lite.engine import backward  # the engine is written in Values

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


# Operators of single numbers, on the shortest way: an op's forward on floats, and the node.
#
# Nearly all of a scalar graph is made here. It is the ops' way without its questions: what is no
# float, and what ``math`` refuses (1 / 0), goes through the op, which takes five times as long.


_new = object.__new__


def _unary(op: Elementwise) -> Callable[[Value], Any]:
    """The method of an op with one operand."""
    forward = op.scalar

    def method(self: Value) -> Any:
        x = self._data
        if type(x) is float and not switches:
            try:
                return result(op, forward(x), self, None)
            except (ArithmeticError, ValueError):
                pass
        return op(self)

    return method


def _binary(op: Elementwise) -> Callable[[Value, Any], Any]:
    """The operator of an op with two operands."""
    forward = op.scalar

    def operator(self: Value, other: Any) -> Any:
        x, y = self._data, None
        if type(other) is Value:
            y = other._data
        elif type(other) is float:
            y = other
        elif type(other) is int:
            y = other = as_data(other)
        elif isinstance(other, Value):
            y = other._data
        if type(x) is type(y) is float and not switches:
            try:
                data = forward(x, y)
                node = SPARE.pop() if SPARE else _new(Value)
            except (ArithmeticError, ValueError, IndexError):
                return op(self, other)
            # As in result(); the call would cost a tenth of the time.
            node._data = data
            node._grad = None
            node.op = op
            node._a = self
            node._b = other
            node.number = next_number()
            return node
        return op(self, other)

    return operator


def _reflected(op: Elementwise) -> Callable[[Value, Any], Any]:
    """The operator of an op whose left operand is no Value."""
    forward = op.scalar

    def operator(self: Value, other: Any) -> Any:
        if type(other) is int:
            other = as_data(other)
        x = self._data
        if type(x) is type(other) is float and not switches:
            try:
                return result(op, forward(other, x), other, self)
            except (ArithmeticError, ValueError):
                pass
        return op(other, self)

    return operator


for _name, _op in {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "pow": elementwise.power,
}.items():
    setattr(Value, f"__{_name}__", _binary(_op))
    setattr(Value, f"__r{_name}__", _reflected(_op))

setattr(Value, "__neg__", _unary(elementwise.negative))  # noqa: B010 (mypy knows the other)
for _op in (
    *(elementwise.exp, elementwise.log, elementwise.sqrt, elementwise.sin, elementwise.cos),
    *(elementwise.tanh, elementwise.sigmoid, selection.relu, selection.abs_),
):
    setattr(Value, _op.name, _unary(_op))
