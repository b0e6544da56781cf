"""Value: a number or array with a name, that remembers how it was computed.

The operators are those of the ops of their names. Operations on Values are recorded everywhere but
within :func:`no_grad`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from autograd_lite import interop
from autograd_lite.data import Data, Frozen, as_data, describe, show
from autograd_lite.engine import SPARE, Node, backward, next_number
from autograd_lite.errors import DataError, GraphError, ShapeError
from autograd_lite.op import Elementwise, Op
from autograd_lite.ops import (
    arranging,
    broadcasting,
    elementwise,
    functions,
    linear_algebra,
    ordering,
    reductions,
    selection,
    shaping,
)
from autograd_lite.recording import is_recording, refuse_forward, switches, watching

__all__ = [
    "Constant",
    "Operators",
    "Value",
    "result",
]

_new = object.__new__

R = TypeVar("R")
"""What an operation on something that records results in: on Values a Value."""


_UNRECORDED = "no_grad"
"""What a result has for operands that was computed where nothing is recorded."""


def result(op: Op | None, data: Data, a: Any, b: Any) -> "Value":
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


# Operators
#
# Nearly all of a scalar graph is made by operators on plain floats. They take the shortest way: the
# op's forward on floats, and the node. What is no float, and what ``math`` refuses (1 / 0), goes
# through the op, which takes five times as long.


def _unary(op: Elementwise) -> Callable[[Any], Any]:
    """The method of an op with one operand."""
    forward = op.scalar

    def method(self: Any) -> Any:
        x = self._data
        if type(x) is float and not switches and isinstance(self, Value):
            try:
                return result(op, forward(x), self, None)
            except (ArithmeticError, ValueError):
                pass
        return self._record(op, (self,), {})

    method.__doc__ = op.__doc__
    return method


def _binary(op: Elementwise) -> Callable[[Any, Any], Any]:
    """The operator of an op with two operands."""
    forward = op.scalar

    def operator(self: Any, other: Any) -> Any:
        x, y = self._data, None
        if type(other) is Value:
            y = other._data
        elif type(other) is float:
            y = other
        elif type(other) is int:
            y = other = as_data(other)
        elif isinstance(other, Node):
            y = other._data
        if type(x) is type(y) is float and not switches and isinstance(self, Value):
            try:
                data = forward(x, y)
                node = SPARE.pop() if SPARE else _new(Value)
            except (ArithmeticError, ValueError, IndexError):
                return self._record(op, (self, other), {})
            # As in result(); the call would cost a tenth of the time.
            node._data = data
            node._grad = None
            node.op = op
            node._a = self
            node._b = other
            node.number = next_number()
            return node
        return self._record(op, (self, other), {})

    return operator


def _reflected(op: Elementwise) -> Callable[[Any, Any], Any]:
    """The operator of an op whose left operand is no Value."""
    forward = op.scalar

    def operator(self: Any, other: Any) -> Any:
        if type(other) is int:
            other = as_data(other)
        x = self._data
        if type(x) is type(other) is float and not switches and isinstance(self, Value):
            try:
                return result(op, forward(other, x), other, self)
            except (ArithmeticError, ValueError):
                pass
        return self._record(op, (other, self), {})

    return operator


class Operators(Generic[R]):
    """Operators, their reflected forms, and methods, for anything that an op can record.

    Operands may be numbers, arrays and nested lists as well, and are broadcast by NumPy's rules.
    Each method is explained, with its shapes and errors, at the function of its name.

    >>> from autograd_lite import Value
    >>> x = Value([1.0, 2.0])
    >>> (1 / x).data.tolist(), (x @ [3.0, 4.0]).data, (x > 1.5).data.tolist()
    ([1.0, 0.5], 11.0, [0.0, 1.0])
    """

    __slots__ = ()

    if TYPE_CHECKING:  # what the other branch makes, for whoever reads types

        def __add__(self, other: Any, /) -> R: ...
        def __radd__(self, other: Any, /) -> R: ...
        def __sub__(self, other: Any, /) -> R: ...
        def __rsub__(self, other: Any, /) -> R: ...
        def __mul__(self, other: Any, /) -> R: ...
        def __rmul__(self, other: Any, /) -> R: ...
        def __truediv__(self, other: Any, /) -> R: ...
        def __rtruediv__(self, other: Any, /) -> R: ...
        def __pow__(self, other: Any, /) -> R: ...
        def __rpow__(self, other: Any, /) -> R: ...
        def __mod__(self, other: Any, /) -> R: ...
        def __rmod__(self, other: Any, /) -> R: ...
        def __floordiv__(self, other: Any, /) -> R: ...
        def __rfloordiv__(self, other: Any, /) -> R: ...
        def __gt__(self, other: Any, /) -> R: ...
        def __ge__(self, other: Any, /) -> R: ...
        def __lt__(self, other: Any, /) -> R: ...
        def __le__(self, other: Any, /) -> R: ...
        def __neg__(self) -> R: ...
        def __pos__(self) -> R: ...
        def __abs__(self) -> R: ...

        def exp(self) -> R:
            """e**x."""

        def log(self) -> R:
            """The natural logarithm."""

        def sqrt(self) -> R:
            """The square root."""

        def sin(self) -> R:
            """The sine."""

        def cos(self) -> R:
            """The cosine."""

        def tanh(self) -> R:
            """The hyperbolic tangent."""

        def sigmoid(self) -> R:
            """1 / (1 + e**−x)."""

        def relu(self) -> R:
            """x where it is positive, else 0."""

        def abs(self) -> R:
            """x without its sign."""

    else:
        __add__, __radd__ = _binary(elementwise.add), _reflected(elementwise.add)
        __sub__, __rsub__ = _binary(elementwise.subtract), _reflected(elementwise.subtract)
        __mul__, __rmul__ = _binary(elementwise.multiply), _reflected(elementwise.multiply)
        __truediv__, __rtruediv__ = _binary(elementwise.divide), _reflected(elementwise.divide)
        __pow__, __rpow__ = _binary(elementwise.power), _reflected(elementwise.power)
        __mod__, __rmod__ = _binary(functions.mod), _reflected(functions.mod)
        __floordiv__ = _binary(functions.floor_divide)
        __rfloordiv__ = _reflected(functions.floor_divide)
        __neg__, __pos__ = _unary(elementwise.negative), _unary(elementwise.identity)

        # Comparisons are recorded ops too, so that a replay decides them anew.
        __gt__, __ge__ = _binary(selection.greater), _binary(selection.greater_equal)
        __lt__, __le__ = _binary(selection.less), _binary(selection.less_equal)

        exp, log, sqrt = _unary(elementwise.exp), _unary(elementwise.log), _unary(elementwise.sqrt)
        sin, cos, tanh = _unary(elementwise.sin), _unary(elementwise.cos), _unary(elementwise.tanh)
        sigmoid, relu = _unary(elementwise.sigmoid), _unary(selection.relu)
        abs = __abs__ = _unary(selection.abs_)

    def __matmul__(self, other: Any) -> R:
        return linear_algebra.matmul(self, other)

    def __rmatmul__(self, other: Any) -> R:
        return linear_algebra.matmul(other, self)

    def clip(self, low: Any = None, high: Any = None) -> R:
        """Limited to [low, high]; None stands for no limit."""
        return selection.clip(self, low, high)

    def sum(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> R:
        """The sum over axes."""
        return broadcasting.sum_(self, axis, keepdims)

    def mean(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> R:
        """The mean over axes."""
        return reductions.mean(self, axis, keepdims)

    def var(self, axis: broadcasting.Axis = None, ddof: float = 0, keepdims: bool = False) -> R:
        """The variance over axes: Σ(x − mean)² / (n − ddof)."""
        return reductions.var(self, axis, ddof, keepdims)

    def std(self, axis: broadcasting.Axis = None, ddof: float = 0, keepdims: bool = False) -> R:
        """The standard deviation over axes."""
        return reductions.std(self, axis, ddof, keepdims)

    def prod(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> R:
        """The product over axes."""
        return reductions.prod(self, axis, keepdims)

    def cumsum(self, axis: int | None = None) -> R:
        """The sums up to each element."""
        return ordering.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> R:
        """The products up to each element."""
        return ordering.cumprod(self, axis)

    def max(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> R:
        """The maximum over axes; the first of equals takes the gradient."""
        return reductions.max_(self, axis, keepdims)

    def min(self, axis: broadcasting.Axis = None, keepdims: bool = False) -> R:
        """The minimum over axes; the first of equals takes the gradient."""
        return reductions.min_(self, axis, keepdims)

    def reshape(self, *shape: Any) -> R:
        """The same elements in another shape: ``x.reshape(2, -1)`` or ``x.reshape((2, -1))``."""
        wanted = shape[0] if len(shape) == 1 else shape
        return shaping.reshape(self, wanted)

    def flatten(self) -> R:
        """All elements in one row."""
        return shaping.flatten(self)

    def ravel(self) -> R:
        """All elements in one row."""
        return shaping.flatten(self)

    def swapaxes(self, axis1: int, axis2: int) -> R:
        """Two axes in each other's place."""
        return arranging.swapaxes(self, axis1, axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> R:
        """Each element so many times, along an axis or of all in one row."""
        return arranging.moved(np.repeat, self, repeats, axis)

    def take(self, indices: Any, axis: int | None = None) -> R:
        """The elements at these places, along an axis or of all in one row."""
        return arranging.moved(np.take, self, indices, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> R:
        """A diagonal of each matrix."""
        return arranging.moved(np.diagonal, self, offset, axis1, axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> R:
        """The sum of a diagonal of each matrix."""
        return arranging.trace(self, offset, axis1, axis2)

    def transpose(self, *axes: Any) -> R:
        """The axes reversed, or in another order: ``transpose(1, 0)`` or ``transpose((1, 0))``."""
        wanted = axes[0] if len(axes) == 1 else axes or None
        return shaping.transpose(self, wanted)

    @property
    def T(self) -> R:  # noqa: N802  (NumPy's name)
        """The axes reversed."""
        return shaping.transpose(self)

    def squeeze(self, axis: int | tuple[int, ...] | None = None) -> R:
        """Without axes of size 1."""
        return shaping.squeeze(self, axis)

    def expand_dims(self, axis: int | tuple[int, ...]) -> R:
        """With new axes of size 1."""
        return shaping.expand_dims(self, axis)

    def broadcast_to(self, shape: Sequence[int]) -> R:
        """Repeated to a shape."""
        return broadcasting.broadcast_to(self, shape)

    def dot(self, other: Any) -> R:
        """The product of vectors and matrices, as ``@``."""
        return linear_algebra.matmul(self, other)


# Values


class _Tagged(int):
    """The number of a value that has a label, or names for its elements, which ride on it."""

    label: str
    names: np.ndarray[Any, Any] | None


class Value(Node, Operators["Value"]):
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
    DataError for anything but real numbers, ShapeError for names in another shape. Where Python
    would take a Value for something else in silence (a number, an index), it raises DataError and
    says what to write instead. ``==`` compares elements, and is recorded as 0 or 1; ``is`` asks for
    the same Value, as sets and keys of dictionaries do.
    """

    # Most values have no label, and no room for one: it would be a tenth of what a scalar takes.
    __slots__ = ()

    def __init__(self, data: Any, label: str = "", names: Any = None) -> None:
        self._data = as_data(data)
        self._grad = None
        self.op = None
        self._a = self._b = None
        self.number = next_number()
        if names is not None or type(label) is not str or label:
            self.named(label, names)

    # Data and gradient

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
        data: Any = self._data
        return data if type(data) is float else Frozen.of(data)

    @data.setter
    def data(self, new: Any) -> None:
        if self.op is not None:
            raise GraphError(
                f"{self.describe()} was computed by {self.op.name}; assign the data of the values "
                "that it was computed from, and compute it again"
            )
        data: Any = as_data(new)
        if np.shape(data) != self.shape:
            raise ShapeError(
                f"{self.describe()} has shape {self.shape} and was assigned data of shape "
                f"{np.shape(data)}; make a new Value for another shape"
            )
        same = type(data) is float or data.dtype is self.dtype
        self._data = data if same else data.astype(self.dtype)
        self._tag(self.label, self.names, next_number())

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

    def zero_grad(self) -> None:
        """Forget the gradient: None, as before the first backward."""
        self._grad = None

    def backward(self, cotangent: Any = None, retain_graph: bool = True) -> None:
        """Compute ``grad`` of everything that this value was computed from.

        x.grad = Σ cotangent · ∂(this)/∂x, in the shape of x. ``cotangent`` has the shape of this
        value, and is 1 for a scalar. Gradients of values that were not computed add up over calls,
        those of interior values are set anew. Raises ShapeError for a cotangent of another shape,
        StaleValueError where data were assigned since, GraphError for a value that was computed
        under no_grad. These, an interrupt and a rule that fails leave the gradients of what was not
        computed as they were.

        ``retain_graph=False`` is for training loops: interior values lose their gradients, and what
        they were computed from, as soon as both have been used. That takes less time and memory.
        Their data stay; a second backward through them raises GraphError, and so does their grad.

        >>> import autograd_lite as ag
        >>> x = ag.Value([1.0, 2.0])
        >>> (x * x).backward([1.0, 10.0])
        >>> x.grad.tolist()
        [2.0, 40.0]
        """
        backward(self, cotangent, retain_graph)

    @property
    def parents(self) -> tuple["Value", ...]:
        """The Values among the operands, in order; x·x has x twice."""
        return tuple(operand for operand in self.operands if isinstance(operand, Value))

    @staticmethod
    def _record(op: Op, operands: Sequence[Any], attributes: dict[str, Any]) -> "Value":
        """Compute an op on Values and constants, and remember it."""
        taken = [one if isinstance(one, Node) else as_data(one) for one in operands]
        given = [one._data if isinstance(one, Node) else one for one in taken]
        data = op.compute(given, attributes)
        if watching:
            refuse_forward(op, data, taken)
        if switches and not is_recording():
            return result(None, data, _UNRECORDED, None)
        if attributes or not 1 <= len(taken) <= 2:
            return result(op, data, tuple(taken), attributes)
        return result(op, data, taken[0], taken[1] if len(taken) == 2 else None)

    # Shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.size(self._data))

    def item(self) -> float:
        """The number of a value with one element. Raises ShapeError for more, or none.

        >>> Value([[2.0]]).item()
        2.0
        """
        if self.size != 1:
            raise ShapeError(f"{self.describe()} has {self.size} elements; item() needs one")
        return float(np.reshape(self._data, ()))

    def tolist(self) -> Any:
        """The numbers as a float or nested lists, without gradient."""
        return np.asarray(self._data).tolist()

    def argmax(self, axis: int | None = None) -> Any:
        """The place of the largest number, without gradient; of equals the first."""
        return np.argmax(self._data, axis)

    def argmin(self, axis: int | None = None) -> Any:
        """The place of the smallest number, without gradient; of equals the first."""
        return np.argmin(self._data, axis)

    def argsort(self, axis: int = -1) -> Any:
        """The places of the numbers in ascending order, without gradient."""
        return np.argsort(self._data, axis, kind="stable")

    def any(self) -> bool:
        """Whether any number is not 0."""
        return bool(np.any(self._data))

    def all(self) -> bool:
        """Whether all numbers are not 0."""
        return bool(np.all(self._data))

    def copy(self) -> Any:
        """The same as a value of its own, which hands its gradient on."""
        return elementwise.identity(self)

    def astype(self, dtype: Any) -> Any:
        """The same as a value of its own, in the precision that it has.

        Raises DataError for another type: whole numbers have no gradient.
        """
        if np.dtype(dtype) != self.dtype:
            raise DataError(
                f"{self.describe()} is of {self.dtype} and stays so; give value.data.astype(...) "
                "for numbers without gradient, or make the inputs of the precision that is wanted"
            )
        return elementwise.identity(self)

    # Label and names

    @property
    def label(self) -> str:
        """The name of the value in derivations and pictures; "" for none."""
        label: str = getattr(self.number, "label", "")
        return label

    @label.setter
    def label(self, label: str) -> None:
        self.named(label, self.names)

    @property
    def names(self) -> np.ndarray[Any, Any] | None:
        """The names of the elements, an array of strings; None for ``label[i,j]``."""
        names: np.ndarray[Any, Any] | None = getattr(self.number, "names", None)
        return names

    @names.setter
    def names(self, names: Any) -> None:
        self._tag(self.label, None if names is None else self._checked(names, self.label))

    def named(self, label: str, names: Any = None) -> "Value":
        """The value itself, after labelling it and, if given, its elements.

        >>> import autograd_lite as ag
        >>> H = ag.sigmoid(Value([0.0, 1.0])).named("H", ["H1", "H2"])
        >>> H.label, H.names.tolist()
        ('H', ['H1', 'H2'])
        """
        if not isinstance(label, str):
            raise DataError(f"a label is a string, not {describe(label)}")
        if label and not label.strip():
            raise DataError(f"the label {label!r} is blank; give a name, or none")
        self._tag(label, self.names if names is None else self._checked(names, label))
        return self

    def _checked(self, names: Any, label: str) -> np.ndarray[Any, Any]:
        """Names as an array, of the right shape."""
        try:
            is_row = type(names) is list or type(names) is tuple
            elements = _row_of_names(*names) if is_row else _array_of_names(names)
        except TypeError:  # rows of names, which cannot be the key of a cache
            elements = _array_of_names(names)
        if elements.shape != self.shape:
            raise ShapeError(
                f"{label or self.describe()} has shape {self.shape} and was given names of shape "
                f"{elements.shape}; give one name an element"
            )
        return elements

    def _tag(
        self, label: str, names: np.ndarray[Any, Any] | None, number: int | None = None
    ) -> None:
        number = int(self.number) if number is None else number
        if label or names is not None:
            number = _Tagged(number)
            number.label, number.names = label, names
        self.number = number

    def describe(self, kind: str = "a value") -> str:
        """What this value is, for messages: its label, or its op, and how large."""
        if self.label:
            return self.label
        kind = kind if self.op is None else f"the result of {self.op.name}"
        size = f"of shape {self.shape}" if self.shape else f"({self._data})"
        return f"{kind} {size}"

    def __repr__(self) -> str:
        kind = type(self).__name__
        label = f", label={self.label!r}" if self.label else ""
        grad = "" if self._grad is None else f", grad={show(self._grad)}"
        return f"{kind}({show(self._data, indent=len(kind) + 1)}{label}{grad})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    # What Python and NumPy may do with it

    def __eq__(self, other: object) -> Any:
        return selection.equal(self, other) if _is_numeric(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return selection.not_equal(self, other) if _is_numeric(other) else NotImplemented

    def __and__(self, other: Any) -> Any:
        return interop.call_ufunc(np.bitwise_and, "__call__", (self, other), {})

    def __or__(self, other: Any) -> Any:
        return interop.call_ufunc(np.bitwise_or, "__call__", (self, other), {})

    def __xor__(self, other: Any) -> Any:
        return interop.call_ufunc(np.bitwise_xor, "__call__", (self, other), {})

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        return interop.call_ufunc(np.invert, "__call__", (self,), {})

    # Sets and keys hold Values by identity.
    __hash__ = object.__hash__

    def __float__(self) -> float:
        raise DataError(
            f"{self.describe()} as a plain number would lose its gradient; give value.item() where "
            "the number alone is meant, use ag.exp(value) for math.exp(value), and collect Values "
            "with ag.stack([...])"
        )

    def __int__(self) -> int:
        return int(self.__float__())

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

    def __contains__(self, item: object) -> bool:
        raise DataError(
            f"whether {describe(item)} is in {self.describe()} is a question about its numbers; "
            "ask with value.data"
        )

    def __getitem__(self, index: Any) -> "Value":
        parts = index if isinstance(index, tuple) else (index,)
        return shaping.getitem(self, tuple(map(_as_index, parts)))

    def __setitem__(self, index: Any, new: Any) -> None:
        raise GraphError(
            "a Value cannot be changed in place, since what was computed from it would be stale; "
            "build the new one with ag.stack, ag.concatenate or ag.where"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return interop.call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return interop.call_function(function, args, kwargs)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        if self.op is not None:
            raise GraphError(
                f"{self.describe()} was computed by {self.op.name}; copy or pickle the values that "
                "it was computed from, and compute it again"
            )
        # Made anew: the number of another process says nothing about the order in this one.
        more = object.__getstate__(self)
        own, slots = more if isinstance(more, tuple) else (more, {})
        slots = {name: held for name, held in slots.items() if name not in Node.__slots__}
        return (
            _restored,
            (type(self), self._data, self.label, self.names),
            (
                own,
                {"_grad": self._grad, **slots},
            ),
        )


def _restored(kind: type[Value], data: Data, label: str, names: Any) -> Value:
    """A copy of a leaf, whatever the class of it asks for when one is made."""
    value = _new(kind)
    Value.__init__(value, data, label, names)
    return value


def _as_index(part: Any) -> Any:
    """A part of an index; a comparison is the mask of its numbers."""
    if not isinstance(part, Value):
        return part
    if not interop.is_condition(part):
        raise DataError(
            "a Value cannot be an index, which is made of whole numbers, slices and masks; index "
            "with a comparison, x[mask > 0], or with data, x[place.data.astype(int)]"
        )
    return shaping.Decided.of(part._data)


def _is_numeric(other: object) -> bool:
    """Whether ``==`` can compare a Value with something, element by element."""
    return isinstance(other, Node | float | int | np.generic | np.ndarray | list | tuple)


def _array_of_names(names: Any) -> np.ndarray[Any, Any]:
    """Names as an array that does not change. Raises DataError unless they are distinct strings."""
    elements = np.array(names, dtype=object)
    flat = elements.ravel().tolist()
    if not all(isinstance(name, str) and name for name in flat) or len({*flat}) != len(flat):
        raise DataError(f"element names are distinct strings, not {describe(flat)}")
    elements.flags.writeable = False
    return elements


@lru_cache(1000)
def _row_of_names(*names: str) -> np.ndarray[Any, Any]:
    """The same: a training gives the same names at each step."""
    return _array_of_names(names)


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

    takes_gradient = False
