"""The functions that a formula may call: every elementwise op by its name, and some of arrays."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.errors import FormulaError, ShapeError
from autograd_lite.op import REGISTRY, Elementwise, plain
from autograd_lite.ops.broadcasting import sum_
from autograd_lite.ops.convolution import conv2d
from autograd_lite.ops.elementwise import multiply, sqrt
from autograd_lite.ops.linear_algebra import einsum, matmul
from autograd_lite.ops.pooling import max_pool2d
from autograd_lite.ops.reductions import max_, mean, min_, softmax, var
from autograd_lite.ops.selection import abs_, clip, largest, smallest, where
from autograd_lite.ops.shaping import (
    expand_dims,
    flatten,
    getitem,
    reshape,
    squeeze,
    stack,
    transpose,
)
from autograd_lite.value import Value


class UnclearError(FormulaError, ShapeError):
    """A formula that means several things for arrays of these shapes, or none that is read."""


@dataclass(frozen=True)
class Function:
    """A function by its name, what computes it, and how many operands it takes.

    >>> find_function("sqrt").compute(9.0)
    3.0
    """

    name: str
    compute: Callable[..., Any] = field(repr=False)
    fewest: int = 1
    most: float = 1
    options: tuple[str, ...] = ()
    """The options that it takes by name, as ``axis=0``."""
    chosen: tuple[str, ...] = ()
    """Those that are set, as they are written."""
    columns: int = 0
    """Of a matrix that is written out, how many columns it has."""

    loose: bool = False
    """Whether it is the ``sum`` of no module, which MATLAB and Python take over the examples."""

    @property
    def is_matrix(self) -> bool:
        """Whether it is a matrix by its elements, as it is written on paper."""
        return self.columns > 0

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many operands."""
        return self.fewest <= count <= self.most

    def having(self, option: str, value: int | bool) -> "Function":
        """The same with an option set.

        >>> import numpy as np
        >>> find_function("sum").having("axis", 0).compute(np.ones((2, 3))).tolist()
        [2.0, 2.0, 2.0]
        """
        left = tuple(one for one in self.options if one != option)
        compute = partial(self.compute, **{option: value})
        chosen = (*self.chosen, f"{option}={value}")
        return replace(self, compute=compute, options=left, chosen=chosen, loose=False)


def outer(a: Any, b: Any) -> Any:
    """The products of every element of the one with every element of the other.

    >>> outer([1.0, 2.0], [3.0, 5.0]).tolist()
    [[3.0, 5.0], [6.0, 10.0]]
    """
    return multiply(expand_dims(flatten(a), 1), flatten(b))


def _largest(*operands: Any, **options: Any) -> Any:
    return largest(*operands) if len(operands) > 1 else max_(*operands, **options)


def _smallest(*operands: Any, **options: Any) -> Any:
    return smallest(*operands) if len(operands) > 1 else min_(*operands, **options)


def _pooled(operand: Any, size: float = 2) -> Any:
    return max_pool2d(operand, int(size))


def _length(operand: Any) -> float:
    shape = np.shape(operand)
    if not shape:
        raise ShapeError("len is that of an array; a single number has none")
    return float(shape[0])


def _shape(operand: Any) -> Any:
    return np.array(np.shape(operand), float)


def _along(operand: Any, axis: int | None) -> Any:
    """An array, or a Value, that has the axis."""
    x = operand if isinstance(operand, Value) else np.asarray(operand, float)
    if axis is not None and not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"there is no axis {axis} in shape {x.shape}")
    return x


def _std(operand: Any, **options: Any) -> Any:
    return sqrt(_var(operand, **options))


def _var(operand: Any, axis: int | None = None, ddof: int = 0, keepdims: bool = False) -> Any:
    x = _along(operand, axis)
    count = x.size if axis is None else x.shape[axis]
    if count <= ddof:
        raise ShapeError(f"the variance of {count} numbers with ddof={ddof} is not defined")
    return var(x, axis, ddof, keepdims)


def _softmax(
    operand: Any,
    axis: int | None = None,
    keepdims: bool = False,  # noqa: ARG001
    rows: int | None = None,
) -> Any:
    """Along an axis, or the longest; of a matrix along ``rows``, if that is given."""
    x = _along(operand, axis)
    if x.size == 0 or x.ndim == 0:
        raise ShapeError("softmax is that of an array with elements; a single number has none")
    if x.ndim > 1 and axis is None:
        long = [place for place, size in enumerate(x.shape) if size > 1]
        if len(long) > 1 and rows is None:
            raise UnclearError(
                f"softmax of shape {x.shape} may be along rows or columns: write softmax(z, axis=1)"
            )
        axis = rows if len(long) > 1 else long[0] if long else -1
    return softmax(x, axis)


def _diagonal(operand: Any) -> Any:
    x = np.asarray(operand, float)
    if x.ndim == 2 and 1 in x.shape:
        x = x.ravel()  # a column or a row is a vector on paper
    if x.ndim not in (1, 2):
        raise UnclearError(f"diag is that of a vector or a matrix, not of shape {x.shape}")
    return np.diag(x)


def _square(name: str, operand: Any) -> Any:
    x = np.asarray(operand, float)
    if x.ndim != 2 or x.shape[0] != x.shape[1]:
        raise ShapeError(f"{name} is that of a square matrix, not of shape {x.shape}")
    return x


def _trace(operand: Any) -> float:
    return float(np.trace(_square("tr", operand)))


def _determinant(operand: Any) -> float:
    return float(np.linalg.det(_square("det", operand)))


def norm(operand: Any) -> Any:
    """The root of the sum of the squares of all elements.

    >>> norm([3.0, 4.0]), norm(-2.0)
    (5.0, 2.0)
    """
    return sqrt(sum_(multiply(operand, operand))) if np.ndim(operand) else abs_(operand)


def _norm_1(operand: Any) -> Any:
    return sum_(abs_(operand)) if np.ndim(operand) else abs_(operand)


def _vector(operand: Any) -> Any:
    """A column or a row as a vector; any other array as it is."""
    x = np.asarray(operand, float)
    return x.ravel() if x.ndim == 2 and 1 in x.shape else x[()]


def _inner(a: Any, b: Any) -> Any:
    a, b = _vector(a), _vector(b)
    if np.shape(a) != np.shape(b):
        raise ShapeError(f"⟨a, b⟩ is of two equal shapes, not of {np.shape(a)} and {np.shape(b)}")
    return sum_(multiply(a, b)) if np.ndim(a) else multiply(a, b)


def _array(operand: Any) -> Any:
    return operand if isinstance(operand, Value) else np.asarray(operand, float)


def total(index: str, summand: Any) -> Any:
    r"""``\sum_i`` of what has no name with an i: over an array, of one axis if i is written.

    >>> total("", [[1.0, 2.0], [3.0, 4.0]]), total("i", [1.0, 2.0])
    (10.0, 3.0)
    """
    axes = np.ndim(summand)
    if axes == 0:
        raise UnclearError(
            "a sum without bounds is over a name with its index, as x_i, or an array"
        )
    if index and axes > 1:
        raise UnclearError(
            f"the index {index} of a sum is that of no name, and the summand has shape "
            f"{np.shape(summand)}: write sum(…, axis=0) or sum(…, axis=1)"
        )
    return sum_(summand)


def element(place: tuple[int, ...], operand: Any) -> Any:
    """An element of an array; of a column or a row also by one index.

    >>> element((1,), [[3.0], [4.0]]), element((0, 1), [[3.0, 5.0]])
    (4.0, 5.0)
    """
    x = np.asarray(operand, float)
    x = _vector(x) if len(place) == 1 else x
    if np.ndim(x) != len(place) or any(map(int.__ge__, place, np.shape(x))):
        at = ",".join(str(one + 1) for one in place)
        raise ShapeError(f"an array of shape {np.shape(operand)} has no element {at}")
    return float(x[place])


def stacked(*elements: Any) -> Any:
    """A list of numbers, or of lists of one shape, as an array.

    >>> stacked(1.0, 2.0).tolist()
    [1.0, 2.0]
    """
    shapes = {np.shape(one) for one in elements}
    if len(shapes) > 1:
        raise ShapeError(f"a list has elements of several shapes, {', '.join(map(str, shapes))}")
    if any(isinstance(one, Value) for one in elements):
        return stack(list(elements))
    return np.array(elements, float)


def matrix(columns: int, *elements: Any) -> Any:
    """A matrix of its elements row by row; of matrices as blocks, among which vectors are columns.

    >>> matrix(2, 1.0, 2.0, 3.0, 4.0).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if any(map(np.ndim, elements)):
        elements = tuple(expand_dims(one, 1) if np.ndim(one) == 1 else one for one in elements)
    rows = [list(elements[start : start + columns]) for start in range(0, len(elements), columns)]
    if any(isinstance(one, Value) for one in elements):
        return stacked(*(stacked(*row) for row in rows))
    try:
        return np.block(rows) if any(map(np.ndim, elements)) else np.array(rows, float)
    except ValueError:
        shapes = ", ".join(str(np.shape(one)) for one in elements)
        raise ShapeError(f"blocks of shapes {shapes} make no matrix") from None


def choice(*parts: Any) -> Any:
    """The first value whose condition holds, of (condition, value, …, value otherwise).

    >>> choice(0.0, 5.0, 1.0, 6.0, 7.0)
    6.0
    """
    *pairs, found = parts if len(parts) % 2 else (*parts, np.nan)
    for condition, value in reversed(list(zip(pairs[::2], pairs[1::2], strict=True))):
        found = where(condition, value, found)
    return found


def _taken(index: tuple[Any, ...], operand: Any) -> Any:
    x = _array(operand)
    try:
        return getitem(x, index)
    except (ShapeError, IndexError):
        raise UnclearError(f"an array of shape {np.shape(x)} has no part {shown(index)}") from None


def shown(index: tuple[Any, ...]) -> str:
    """An index as it is written.

    >>> shown((slice(None), None, 0)), shown((..., slice(1, None)))
    ('[:, None, 0]', '[..., 1:]')
    """
    return f"[{', '.join(map(_item, index))}]"


def _item(one: Any) -> str:
    if isinstance(one, slice):
        return ":".join("" if end is None else str(end) for end in (one.start, one.stop))
    return "..." if one is ... else str(one)


def part(index: tuple[Any, ...]) -> Function:
    """The function that takes the part of an array at an index: ``x[:, None]``.

    >>> part((slice(None), 0)).compute([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [1.0, 3.0]
    """
    return Function(shown(index), partial(_taken, index))


def summed_as(subscripts: str) -> Function:
    """The einsum of these subscripts.

    >>> summed_as("i,j->ij").compute([1.0, 2.0], [3.0, 5.0]).tolist()
    [[3.0, 5.0], [6.0, 10.0]]
    """
    return Function("einsum", partial(_einsum, subscripts), 1, np.inf, chosen=(repr(subscripts),))


def _einsum(subscripts: str, *operands: Any) -> Any:
    try:
        return einsum(subscripts, *map(_array, operands))
    except ValueError as error:
        raise ShapeError(str(error)) from None


def _primed(operand: Any) -> Any:
    if np.ndim(operand) != 2:
        raise UnclearError(
            "′ may be a derivative or a transposition: write xᵀ, or ∂y/∂x with both names"
        )
    return transpose(operand)


def reshaped(name: str, numbers: tuple[int, ...]) -> Function:
    """A method that only changes the shape, with its numbers: ``x.reshape(-1, 1)``.

    >>> reshaped("unsqueeze", (0,)).compute([1.0, 2.0]).tolist()
    [[1.0, 2.0]]
    """
    chosen = tuple(map(str, numbers))
    return Function(name, partial(_reshaped, RESHAPING[name], numbers), chosen=chosen)


def _reshaped(change: Callable[..., Any], numbers: tuple[int, ...], operand: Any) -> Any:
    x = _array(operand)
    try:
        return change(x, numbers)
    except (ShapeError, ValueError, IndexError):
        raise UnclearError(f"this does not go with an array of shape {np.shape(x)}") from None


def _turned(x: Any, axes: tuple[int, ...]) -> Any:
    """NumPy names the new order of all axes, PyTorch two that are exchanged."""
    if len(axes) != 2:
        return transpose(x, axes or None)
    order = [*range(x.ndim)]
    first, second = axes
    order[first], order[second] = order[second], order[first]
    return transpose(x, order)


RESHAPING: dict[str, Callable[[Any, tuple[int, ...]], Any]] = {
    "t": lambda x, _: transpose(x),
    "transpose": _turned,
    "permute": _turned,
    "swapaxes": _turned,
    "unsqueeze": expand_dims,
    "reshape": reshape,
    "view": reshape,
    "squeeze": lambda x, axes: squeeze(x, axes or None),
    "ravel": lambda x, _: flatten(x),
    "flatten": lambda x, _: flatten(x),
}
"""The methods that change nothing but the shape of an array, each with the numbers after it."""

PI = Function("π", lambda: np.pi, 0, 0)
CASES = Function("cases", choice, 1, np.inf)
LIST = Function("list", stacked, 1, np.inf)
SINGLE = Function("single", partial(np.array, dtype=float, ndmin=1))
"""A list of one element within a list."""
NORM = Function("norm", norm)
NORM_1 = Function("norm1", _norm_1)
INNER = Function("inner", _inner, 2, 2)
TRANSPOSE = Function("transpose", transpose)
PRIMED = Function("transpose", _primed)
"""``X'`` as MATLAB has it, where it cannot be a derivative."""
METHODS = ("sum", "mean", "max", "min", "dot", "std", "var", "mm", "matmul", *RESHAPING)
"""The functions that are read as methods too: ``x.sum(axis=0)``."""
_AXES = ("axis", "keepdims")

_OF_ARRAYS = {
    function.name: function
    for function in (
        TRANSPOSE,
        Function("sum", sum_, options=_AXES),
        Function("mean", mean, options=_AXES),
        Function("max", _largest, 1, np.inf, options=_AXES),
        Function("min", _smallest, 1, np.inf, options=_AXES),
        Function("len", _length),
        Function("std", _std, options=(*_AXES, "ddof")),
        Function("var", _var, options=(*_AXES, "ddof")),
        Function("softmax", _softmax, options=_AXES),
        Function("diag", _diagonal),
        Function("trace", _trace),
        Function("det", _determinant),
        Function("array", _array),
        Function("total", partial(total, "")),
        NORM,
        NORM_1,
        INNER,
        CASES,
        Function("matmul", matmul, 2, 2),
        Function("shape", _shape),
        Function("dot", matmul, 2, 2),
        Function("outer", outer, 2, 2),
        Function("clip", clip, 3, 3),
        Function("flatten", flatten),
        Function("conv2d", conv2d, 2, 2),
        Function("max_pool2d", _pooled, 1, 2),
    )
}
_NUMPY: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sech": (lambda x: 1 / np.cosh(x), lambda x: -np.tanh(x) / np.cosh(x)),
    "cot": (lambda x: 1 / np.tan(x), lambda x: -1 / np.sin(x) ** 2),
    "sec": (lambda x: 1 / np.cos(x), lambda x: np.tan(x) / np.cos(x)),
    "square": (np.square, lambda x: 2 * np.asarray(x)),
    "softplus": (lambda x: np.logaddexp(0, x), lambda x: (1 + np.tanh(np.asarray(x) / 2)) / 2),
}
"""Functions of one operand that are no ops, each with its derivative."""
_ALSO = {"σ": "sigmoid", "logistic": "sigmoid", "ln": "log", "ReLU": "relu", "pow": "power"}
_ALSO |= {"tr": "trace", "atan": "arctan", "asin": "arcsin", "acos": "arccos", "sgn": "sign"}
_ALSO |= {"absolute": "abs", "sigm": "sigmoid", "sigma": "sigmoid"}
_ALSO |= {"MaxPool": "max_pool2d", "maxpool": "max_pool2d", "convolve2d": "conv2d"}
_ALSO |= {"mm": "matmul", "bmm": "matmul", "mul": "multiply"}
_ALSO |= {"Softmax": "softmax", "Tanh": "tanh", "Sigmoid": "sigmoid", "Diag": "diag", "Tr": "trace"}
_LATEX = re.compile(
    r"\\(?:(?:text|mathrm|mathsf|textrm|operatorname\*?)\s*\{\s*(\w+)\s*\}|([A-Za-z]+))"
)


def find_function(spelling: str) -> Function | None:
    r"""The function of that name, which LaTeX may write as a command; None if there is none.

    >>> find_function(r"\sigma").name, find_function(r"\operatorname{ReLU}").name
    ('sigmoid', 'relu')
    >>> find_function("O1") is None
    True
    """
    if found := _LATEX.fullmatch(spelling):
        spelling = (found[1] or found[2]).replace("sigma", "σ")
    name = _ALSO.get(spelling, spelling)
    if name in _NUMPY:
        return Function(name, _NUMPY[name][0])
    op = REGISTRY.get(name)
    if name in _OF_ARRAYS or not isinstance(op, Elementwise):
        return _OF_ARRAYS.get(name)
    return Function(name, op, op.arity or 1, op.arity or np.inf)


def along(function: Function, axis: int) -> Function:
    """Softmax where no axis is written, of a matrix along this one.

    >>> along(find_function("softmax"), -1).compute([[0.0, 0.0], [1.0, 1.0]]).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    return replace(function, compute=partial(function.compute, rows=axis))


def derivative(function: Function) -> Function | None:
    """σ′ for σ, by the rule of the op; None for what is no elementwise op of one operand.

    >>> derivative(find_function("tanh")).compute(0.0)
    1.0
    """
    if function.name in _NUMPY:
        return Function(f"{function.name}′", _NUMPY[function.name][1])
    op = function.compute
    if not isinstance(op, Elementwise) or op.arity != 1:
        return None
    return Function(f"{function.name}′", partial(_slope, op))


def _slope(op: Elementwise, operand: Any) -> Any:
    x = plain(operand)
    found = op.partial(0, op(x), (x,))
    # A constant rule is a plain number, whatever the shape of the operand.
    return np.full(np.shape(x), found, float) if np.ndim(found) < np.ndim(x) else found
