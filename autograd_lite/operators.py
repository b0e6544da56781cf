"""The operators and methods of a Value: each is the op of the same name."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.ops import (
    broadcasting,
    elementwise,
    linear_algebra,
    reductions,
    selection,
    shaping,
)

__all__ = ["Operators"]


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
