"""The elements of arrays as formulas, and what NumPy's functions make of them."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.expr.node import Book, Expression, number
from autograd_lite.op import REGISTRY
from autograd_lite.ops import elementwise, functions, selection

# Object arrays of names and numbers.

Array = np.ndarray[Any, Any]


def named(names: Array, values: Array) -> Array:
    """Symbols with these names and values, as an object array.

    >>> named(np.array(["a", "b"]), np.array([1.0, 2.0]))[1]
    <formula b>
    """
    given = zip(names.flat, values.flat, strict=True)
    book = Book.for_readers()
    flat = [book.name(str(symbol), value) for symbol, value in given]
    return _filled(flat, values.shape)


def boxed(values: Any) -> Array:
    """Numbers as constant formulas, as an object array.

    >>> boxed([1.0, 2.0])
    array([<formula 1>, <formula 2>], dtype=object)
    """
    array = np.asarray(values, float)
    if array.size and (array == array.flat[0]).all():
        return np.full(array.shape, number(array.flat[0]), object)  # np.zeros, at little cost
    book = Book.for_readers()
    return _filled([book.number(value) for value in array.ravel().tolist()], array.shape)


def _filled(flat: Sequence[Expression], shape: tuple[int, ...]) -> Array:
    array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape)


def element_names(name: str, shape: tuple[int, ...]) -> Array:
    """The names of the elements: ``name[i,j]``, and ``name`` itself for a single number.

    >>> element_names("w", (2,)).tolist()
    ['w[0]', 'w[1]']
    """
    names = np.empty(shape, object)
    for index in np.ndindex(shape):
        names[index] = f"{name}[{','.join(map(str, index))}]" if index else name
    return names


def box(formula: Any) -> Array:
    """One formula as an object array without axes; an array as it is.

    >>> box(number(1.0)).shape
    ()
    """
    if isinstance(formula, np.ndarray):
        return formula
    made = np.empty((), object)
    made[()] = formula
    return made


def tidy(formulas: Array) -> Array:
    """The same with plain numbers, which NumPy and the user put in, as formulas too.

    >>> tidy(np.array([number(1.0), 2.0]))
    array([<formula 1>, <formula 2>], dtype=object)
    """
    if all(isinstance(one, Expression) for one in formulas.flat):
        return formulas
    made = [
        one if isinstance(one, Expression) else number(one) for one in formulas.ravel().tolist()
    ]
    return _filled(made, formulas.shape)


# Formulas through NumPy: what a ufunc or a function makes of object arrays of formulas.
#
# NumPy moves and adds up the elements of any object array, so that most of its functions are run as
# they are. What selects by size follows the numbers; what is not listed here is not followed.

_TROUBLE = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, AssertionError)
"""What NumPy and the ops raise for what they cannot do with formulas."""

_UFUNCS: dict[Any, Callable[..., Any]] = {
    np.exp2: lambda x: 2.0**x,
    np.fabs: selection.abs_,
    np.float_power: elementwise.power,
    np.fmax: selection.maximum,
    np.fmin: selection.minimum,
    np.logaddexp: functions.logaddexp,
    np.reciprocal: lambda x: 1 / x,
    np.square: lambda x: x**2,
}
"""Ufuncs that are no op themselves, written in ops."""

_NATIVE = {np.add, np.subtract, np.multiply, np.divide}
"""NumPy applies these to objects by Python's operators, so that every method of theirs works."""

_AS_IT_IS = {
    np.append, np.array_split, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.average, np.block,
    np.broadcast_arrays, np.broadcast_to, np.column_stack, np.concatenate, np.convolve, np.copy,
    np.correlate, np.cross, np.cumprod, np.cumsum, np.delete, np.diag, np.diagflat, np.diagonal,
    np.diff, np.dot, np.dsplit, np.dstack, np.ediff1d, np.einsum, np.empty_like, np.expand_dims,
    np.flip, np.fliplr, np.flipud, np.full_like, np.hsplit, np.hstack, np.inner, np.insert, np.kron,
    np.mean, np.moveaxis, np.ones_like, np.outer, np.pad, np.prod, np.ravel, np.repeat, np.reshape,
    np.resize, np.roll, np.rollaxis, np.rot90, np.split, np.squeeze, np.stack, np.sum, np.swapaxes,
    np.take, np.take_along_axis, np.tensordot, np.tile, np.trace, np.transpose, np.tril, np.triu,
    np.vsplit, np.vstack, np.zeros_like, np.lib.stride_tricks.sliding_window_view,
}  # fmt: skip

_IN_PLACE = {np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask}

_CONTRACTIONS = {
    np.convolve, np.correlate, np.dot, np.einsum, np.inner, np.kron, np.matmul, np.outer,
    np.tensordot,
}  # fmt: skip

_PADDING = {"constant", "edge", "reflect", "symmetric", "wrap"}
"""The ways of np.pad that only move elements."""


def follow_ufunc(
    ufunc: Any, method: str, operands: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    """The formulas of a ufunc's result; NotImplemented where it is not followed.

    Formulas come in object arrays, of which ``at`` changes the first; other operands are plain.

    >>> x = named(np.array("x"), np.array(2.0))
    >>> follow_ufunc(np.square, "__call__", [x], {})
    <formula x²>
    """
    kept = {key: value for key, value in options.items() if key in ("axis", "axes", "keepdims")}
    if ufunc is np.matmul:
        rule: Any = np.matmul
    elif ufunc in _NATIVE and method != "__call__":
        rule = ufunc
    else:
        scalar = _rule(ufunc)
        rule = scalar and np.frompyfunc(scalar, ufunc.nin, 1)
    if rule is None or "initial" in options or ("where" in options and method != "__call__"):
        return NotImplemented
    try:
        with np.errstate(all="ignore"):
            return getattr(rule, method)(*operands, **kept)
    except _TROUBLE:
        return NotImplemented


def scalar_work(function: Any, operands: Sequence[Any], result: Any) -> int:
    """About how many scalar operations a call takes on formulas; moving elements is nearly free.

    An m × k matrix times a k × n one takes mkn products, the root of mk · kn · mn.

    >>> scalar_work(np.dot, [np.ones((2, 3)), np.ones((3, 4))], np.ones((2, 4)))
    24
    """
    sizes = [int(np.size(one)) for one in operands if isinstance(one, np.ndarray)]
    size = int(np.size(result)) if isinstance(result, np.ndarray) else 1
    if function in _CONTRACTIONS and len(sizes) > 1:
        return math.isqrt(math.prod(sizes) * size)
    if isinstance(function, np.ufunc):
        return max([size, *sizes])
    return max(sizes, default=0) if size < max(sizes, default=0) else size // 100


def _rule(ufunc: Any) -> Callable[..., Any] | None:
    """The op for a ufunc; scipy's expit is known by its name, so that scipy need not be there."""
    if ufunc.__name__ == "expit":
        return elementwise.sigmoid
    return _UFUNCS.get(ufunc) or next((op for op in REGISTRY.values() if op.array is ufunc), None)


def follow_function(
    function: Any,
    args: Sequence[Any],
    options: Mapping[str, Any],
    numbers: tuple[Sequence[Any], Mapping[str, Any]],
) -> Any:
    """The formulas of a NumPy function's result, in its own structure, or NotImplemented.

    ``args`` and ``options`` have object arrays of formulas where ``numbers``, the same call once
    more, has numbers. Constants in the result may be any objects.

    >>> x = named(np.array(["a", "b"]), np.array([1.0, 2.0]))
    >>> follow_function(np.sum, [x], {}, ([[1.0, 2.0]], {}))
    <formula a + b>
    """
    kept = {key: value for key, value in options.items() if key not in ("dtype", "casting")}
    try:
        with np.errstate(all="ignore"):
            if function in _BY_NUMBERS:
                return _BY_NUMBERS[function](numbers, *args, **kept)
            if function in _WRITTEN:
                return _WRITTEN[function](*args, **kept)
            if function in _AS_IT_IS | _IN_PLACE and _only_moves(function, *args, **kept):
                return function(*args, **kept)
    except _TROUBLE:
        pass
    return NotImplemented


def _only_moves(function: Any, *args: Any, mode: Any = "constant", **_: Any) -> bool:
    return function is not np.pad or (args[2] if len(args) > 2 else mode) in _PADDING


Call = tuple[Sequence[Any], Mapping[str, Any]]


def _extreme(position_of: Any) -> Callable[..., Any]:
    """Maximum or minimum: the formula of the element that has it."""

    def choose(call: Call, formulas: Array, axis: Any = None, out: Any = None,
               keepdims: bool = False) -> Any:  # fmt: skip
        values = np.asarray(call[0][0])
        axes = range(values.ndim) if axis is None else np.atleast_1d(axis)
        last = sorted(int(one) % values.ndim for one in axes)
        first = [one for one in range(values.ndim) if one not in last]
        shape = *(values.shape[one] for one in first), -1
        rows, symbols = (
            array.transpose(*first, *last).reshape(shape) for array in (values, formulas)
        )
        places = np.expand_dims(position_of(rows, axis=-1), -1)
        found = np.take_along_axis(symbols, places, -1)[..., 0]
        found = np.expand_dims(found, tuple(last)) if keepdims else found
        if out is not None:
            out[...] = found
        return found

    return choose


def _sort(call: Call, formulas: Array, axis: Any = -1, **_: Any) -> Any:
    return np.take_along_axis(formulas, np.argsort(np.asarray(call[0][0]), axis), axis)


def _where(call: Call, _: Any, *branches: Any) -> Any:
    return np.where(call[0][0], *branches)


_BY_NUMBERS: dict[Any, Callable[..., Any]] = {
    np.amax: _extreme(np.argmax),
    np.amin: _extreme(np.argmin),
    np.max: _extreme(np.argmax),
    np.min: _extreme(np.argmin),
    np.sort: _sort,
    np.where: _where,
}
"""Functions that choose elements: the choice follows the numbers."""


def _clip(a: Any, a_min: Any = None, a_max: Any = None, **limits: Any) -> Any:
    low, high = limits.get("min", a_min), limits.get("max", a_max)
    return np.frompyfunc(selection.clip, 3, 1)(a, low, high)


def _var(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    deviations = x - np.mean(x, axis=axis, keepdims=True)
    squares = np.sum(deviations**2, axis=axis, keepdims=keepdims)
    return squares / (x.size // max(np.size(squares), 1) - ddof)


def _std(x: Any, **options: Any) -> Any:
    return _sqrt(_var(x, **options))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    if ord is not None and (ord != 2 or (axis is None and x.ndim > 1)):
        raise ValueError("only the root of the sum of squares is followed")
    return _sqrt(np.sum(x**2, axis=axis, keepdims=keepdims))


_sqrt = np.frompyfunc(elementwise.sqrt, 1, 1)

_WRITTEN: dict[Any, Callable[..., Any]] = {
    np.clip: _clip,
    np.linalg.norm: _norm,
    np.std: _std,
    np.var: _var,
}
"""Functions that NumPy does not run on objects, written in those that it does."""
