"""NumPy's own functions on Values, so that a NumPy forward pass runs unchanged (NEP 13, NEP 18).

Each function is a row of a table: an op, a function made of ops, or, where it only moves elements,
NumPy's own on their places. What asks about the numbers alone (their shape, their order, whether
they are finite) gets the numbers, and gives a plain result.
"""

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import DataError, ShapeError
from autograd_lite.op import REGISTRY, is_node, primal, shape_of
from autograd_lite.ops import (
    arranging,
    broadcasting,
    elementwise,
    functions,
    linear_algebra,
    matrices,
    ordering,
    reductions,
    selection,
    shaping,
)

__all__ = ["call_function", "call_ufunc", "is_condition"]

Call = Callable[..., Any]

_LN2 = math.log(2)


# Ufuncs


_CONDITIONS = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}


def is_condition(x: Any) -> bool:
    """Whether a Value is a comparison, or made of comparisons by and, or, not.

    >>> from autograd_lite import Value
    >>> is_condition(Value(1.0) > 0), is_condition(Value(1.0))
    (True, False)
    """
    if isinstance(x, bool | float | np.ndarray):
        return bool(np.all((np.asarray(x) == 0) | (np.asarray(x) == 1)))
    name = getattr(getattr(x, "op", None), "name", "")
    joined = name in ("multiply", "maximum") and all(map(is_condition, x.operands))
    return name in _CONDITIONS or joined


def _truth(x: Any) -> Any:
    """1 where an operand is not 0, 0 elsewhere."""
    return x if is_condition(x) else selection.not_equal(x, 0.0)


def _unless_nan(better: Call) -> Call:
    """The larger or smaller, and of a number and nan the number."""

    def choose(a: Any, b: Any) -> Any:
        takes_a = selection.maximum(better(a, b), selection.not_equal(b, b))
        return selection.where(takes_a, a, b)

    return choose


def _and(a: Any, b: Any) -> Any:
    return elementwise.multiply(_truth(a), _truth(b))


def _or(a: Any, b: Any) -> Any:
    return selection.maximum(_truth(a), _truth(b))


def _not(x: Any) -> Any:
    return selection.equal(x, 0.0)


def _xor(a: Any, b: Any) -> Any:
    return selection.not_equal(_truth(a), _truth(b))


def _of_comparisons(sign: str, joined: Call) -> Call:
    """The operator, which joins comparisons only; NumPy has it for no other numbers either."""

    def join(*operands: Any) -> Any:
        for one in operands:
            if not is_condition(one):
                raise DataError(
                    f"{sign} joins comparisons, as in (x > 0) & (x < 1), and was given "
                    f"{describe(one)}"
                )
        return joined(*operands)

    return join


_UFUNCS: dict[Any, Call] = {
    np.bitwise_and: _of_comparisons("&", _and),
    np.bitwise_or: _of_comparisons("|", _or),
    np.bitwise_xor: _of_comparisons("^", _xor),
    np.invert: _of_comparisons("~", _not),
    np.cbrt: lambda x: elementwise.multiply(
        selection.sign(x), elementwise.power(selection.abs_(x), 1 / 3)
    ),
    np.conjugate: elementwise.identity,
    np.deg2rad: lambda x: elementwise.multiply(x, math.pi / 180),
    np.degrees: lambda x: elementwise.multiply(x, 180 / math.pi),
    np.equal: selection.equal,
    np.exp2: lambda x: elementwise.power(2.0, x),
    np.fabs: selection.abs_,
    np.float_power: elementwise.power,
    np.fmax: _unless_nan(selection.greater_equal),
    np.fmin: _unless_nan(selection.less_equal),
    np.greater: selection.greater,
    np.greater_equal: selection.greater_equal,
    np.heaviside: lambda x, at_0: selection.where(
        selection.equal(x, 0.0), at_0, selection.greater(x, 0.0)
    ),
    np.less: selection.less,
    np.less_equal: selection.less_equal,
    np.logaddexp: functions.logaddexp,
    np.logaddexp2: lambda a, b: elementwise.divide(
        functions.logaddexp(elementwise.multiply(a, _LN2), elementwise.multiply(b, _LN2)), _LN2
    ),
    np.logical_and: _and,
    np.logical_not: _not,
    np.logical_or: _or,
    np.logical_xor: _xor,
    np.not_equal: selection.not_equal,
    np.rad2deg: lambda x: elementwise.multiply(x, 180 / math.pi),
    np.radians: lambda x: elementwise.multiply(x, math.pi / 180),
    np.reciprocal: lambda x: elementwise.divide(1.0, x),
    np.square: lambda x: elementwise.power(x, 2.0),
    np.vecdot: lambda a, b: broadcasting.sum_(elementwise.multiply(a, b), -1),
}
"""Ufuncs that are made of ops, or of which no op has the forward."""

_OF_NUMBERS = {np.isfinite, np.isinf, np.isnan, np.signbit}
"""Ufuncs that ask about the numbers, and give no Value."""

_OF_SCIPY: dict[str, Call] = {
    "erf": functions.erf,
    "erfc": functions.erfc,
    "expit": elementwise.sigmoid,
    "log_expit": lambda x: elementwise.negative(functions.logaddexp(0.0, elementwise.negative(x))),
    "logit": lambda x: elementwise.subtract(
        elementwise.log(x), functions.log1p(elementwise.negative(x))
    ),
    "ndtr": lambda x: elementwise.multiply(
        0.5, functions.erfc(elementwise.multiply(x, -math.sqrt(0.5)))
    ),
}
"""Ufuncs of SciPy by their names, so that SciPy need not be there."""

_METHODS: dict[tuple[Any, str], Call] = {
    (np.add, "accumulate"): lambda x, axis=0: ordering.cumsum(x, axis),
    (np.add, "reduce"): lambda x, axis=0, keepdims=False: broadcasting.sum_(x, axis, keepdims),
    (np.maximum, "reduce"): lambda x, axis=0, keepdims=False: reductions.max_(x, axis, keepdims),
    (np.minimum, "reduce"): lambda x, axis=0, keepdims=False: reductions.min_(x, axis, keepdims),
    (np.multiply, "accumulate"): lambda x, axis=0: ordering.cumprod(x, axis),
    (np.multiply, "reduce"): lambda x, axis=0, keepdims=False: reductions.prod(x, axis, keepdims),
}


def _stand_in(ufunc: Any) -> Call | None:
    """The op for a ufunc: the first one whose forward it is, also of those declared later."""
    if ufunc in _UFUNCS:
        return _UFUNCS[ufunc]
    found = next((op for op in REGISTRY.values() if op.array is ufunc), None)
    return found or (None if hasattr(np, ufunc.__name__) else _OF_SCIPY.get(ufunc.__name__))


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The op that stands for a ufunc. Raises DataError where none does.

    >>> from autograd_lite import Value
    >>> (np.exp(Value(0.0)) + np.array([1.0, 2.0])).data.tolist()
    [2.0, 3.0]
    """
    options = _without_none(options)
    if "out" in options:
        raise DataError(
            f"np.{ufunc.__name__} cannot write a Value into an array, whose numbers have no "
            "gradient; make a new value, as in total = total + value for total += value"
        )
    if ufunc in _OF_NUMBERS and method == "__call__":
        return ufunc(*map(primal, inputs), **options)
    op = _stand_in(ufunc)
    if method == "outer" and op is not None and not options:
        a, b = inputs
        return op(shaping.reshape(a, shape_of(a) + (1,) * len(shape_of(b))), b)
    if method != "__call__" and (ufunc, method) in _METHODS:
        return _bound(f"{ufunc.__name__}.{method}", _METHODS[ufunc, method], inputs, options)
    if op is None or method != "__call__" or options:
        home = "np" if hasattr(np, ufunc.__name__) else "scipy.special"
        called = f"{home}.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
        raise _unsupported(called + "".join(f" with {name}=" for name in options), _known_ufuncs())
    return op(*inputs)


def _known_ufuncs() -> list[Any]:
    own = (op.array for op in REGISTRY.values() if isinstance(op.array, np.ufunc))
    return [*_UFUNCS, *_OF_NUMBERS, *own]


# Functions


def _dot(a: Any, b: Any) -> Any:
    dimensions = len(shape_of(a)), len(shape_of(b))
    if 0 in dimensions:
        return elementwise.multiply(a, b)
    if max(dimensions) > 2:
        return _tensordot(a, b, (-1, -2 if dimensions[1] > 1 else -1))
    return linear_algebra.matmul(a, b)


def _inner(a: Any, b: Any) -> Any:
    if not shape_of(a) or not shape_of(b):
        return elementwise.multiply(a, b)
    return _tensordot(a, b, (-1, -1))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sums of products over pairs of axes, as an einsum."""
    if isinstance(axes, int | np.integer):
        axes = range(-int(axes), 0), range(int(axes))
    left, right = (np.atleast_1d(np.asarray(one, int)).tolist() for one in axes)
    ndims = len(shape_of(a)), len(shape_of(b))
    letters = [list(range(ndims[0])), list(range(ndims[0], sum(ndims)))]
    for one, other in zip(left, right, strict=True):
        letters[1][other] = letters[0][one]
    summed = {letters[0][one] for one in left}
    kept = [one for one in (*letters[0], *letters[1]) if one not in summed]
    return _einsum(a, letters[0], b, letters[1], kept)


def _einsum(*operands: Any, optimize: Any = True) -> Any:  # noqa: ARG001  (a question of speed)
    """With subscripts as a string, or as lists of whole numbers, each after its operand."""
    if isinstance(operands[0], str):
        return linear_algebra.einsum(*operands)
    *pairs, last = operands if len(operands) % 2 else (*operands, None)
    terms = ["".join("..." if i is ... else _LETTERS[i] for i in one) for one in pairs[1::2]]
    subscripts = ",".join(terms)
    if last is not None:
        subscripts += "->" + "".join("..." if i is ... else _LETTERS[i] for i in last)
    return linear_algebra.einsum(subscripts, *pairs[::2])


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _outer(a: Any, b: Any) -> Any:
    column, row = shaping.flatten(a), shaping.flatten(b)
    return elementwise.multiply(shaping.expand_dims(column, 1), shaping.expand_dims(row, 0))


def _concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    if axis is None:
        return shaping.concatenate([shaping.flatten(array) for array in arrays])
    return shaping.concatenate(arrays, axis)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, **limits: Any) -> Any:
    return selection.clip(a, limits.pop("min", a_min), limits.pop("max", a_max), **limits)


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    return np.where(primal(condition)) if x is None else selection.where(condition, x, y)


def _select(condlist: Any, choicelist: Any, default: Any = 0.0) -> Any:
    for condition, choice in zip(condlist[::-1], choicelist[::-1], strict=True):
        default = selection.where(condition, choice, default)
    return default


def _reshape(a: Any, shape: Any, order: str = "C") -> Any:
    if order == "C":
        return shaping.reshape(a, shape)
    return arranging.moved(np.reshape, a, shape, order=order)


def _ravel(a: Any, order: str = "C") -> Any:
    return shaping.flatten(a) if order == "C" else arranging.moved(np.ravel, a, order=order)


def _round(a: Any, decimals: int = 0) -> Any:
    if decimals == 0:
        return functions.rint(a)
    scale = 10.0 ** abs(decimals)
    there, back = elementwise.multiply, elementwise.divide
    if decimals < 0:
        there, back = back, there
    return back(functions.rint(there(a, scale)), scale)


def _var(a: Any, axis: Any = None, *, ddof: float = 0, correction: Any = None, **rest: Any) -> Any:
    return reductions.var(a, axis, ddof if correction is None else correction, **rest)


def _std(a: Any, axis: Any = None, *, ddof: float = 0, correction: Any = None, **rest: Any) -> Any:
    return reductions.std(a, axis, ddof if correction is None else correction, **rest)


def _nan_to_num(x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    data = primal(x)
    plain = np.nan_to_num(
        np.where(np.isfinite(data), 0.0, data), nan=nan, posinf=posinf, neginf=neginf
    )
    return selection.where(np.isfinite(data), x, plain)


def _polyval(p: Any, x: Any) -> Any:
    terms: Any = list(p)
    return reduce(
        lambda found, one: elementwise.add(elementwise.multiply(found, x), one), terms, 0.0
    )


def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, axis: int = 0) -> Any:
    shares = np.linspace(0.0, 1.0, num, endpoint)
    shares = shares.reshape(
        (num,) + (1,) * len(np.broadcast_shapes(shape_of(start), shape_of(stop)))
    )
    way = elementwise.subtract(stop, start)
    found = elementwise.add(start, elementwise.multiply(shares, way))
    return arranging.permuted(np.moveaxis, found, 0, axis)


def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Sums of products of the one with the other reversed, at each shift."""
    if shape_of(a)[0] < shape_of(v)[0]:
        a, v = v, a
    size = shape_of(v)[0]
    width = {"full": (size - 1, size - 1), "same": ((size - 1) - (size - 1) // 2, (size - 1) // 2)}
    wide = shaping.pad(a, width[mode]) if mode in width else a
    windows = arranging.moved(np.lib.stride_tricks.sliding_window_view, wide, size)
    return linear_algebra.matmul(windows, arranging.flip(v))


def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    filled = np.insert(np.zeros(shape_of(arr)), obj, values, axis)
    return arranging.moved(np.insert, arr, obj, 0, axis, filled=filled)


def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return _concatenate([arr, values], axis)


def _splits(axis: int, even: bool = True) -> Call:
    own = axis

    def split(ary: Any, indices_or_sections: Any, axis: int = own) -> Any:
        chosen = 0 if own == 1 == len(shape_of(ary)) else axis  # hsplit of a vector
        return arranging.split(ary, indices_or_sections, chosen, even)

    return split


def _multi_dot(arrays: Sequence[Any]) -> Any:
    return reduce(linear_algebra.matmul, arrays)


def _at_least(function: Call) -> Call:
    def reshaped(*arrays: Any) -> Any:
        found = [arranging.reshaped(function, one) for one in arrays]
        return found[0] if len(found) == 1 else found

    return reshaped


_FUNCTIONS: dict[Any, Call] = {
    np.amax: reductions.max_,
    np.amin: reductions.min_,
    np.angle: lambda z: elementwise.multiply(selection.less(z, 0.0), math.pi),
    np.append: _append,
    np.around: _round,
    np.array_split: _splits(0, even=False),
    np.atleast_1d: _at_least(np.atleast_1d),
    np.atleast_2d: _at_least(np.atleast_2d),
    np.atleast_3d: _at_least(np.atleast_3d),
    np.average: ordering.average,
    np.block: arranging.block,
    np.broadcast_arrays: arranging.broadcast_arrays,
    np.broadcast_to: broadcasting.broadcast_to,
    np.clip: _clip,
    np.column_stack: arranging.column_stack,
    np.concatenate: _concatenate,
    np.convolve: _convolve,
    np.copy: elementwise.identity,
    np.cross: arranging.cross,
    np.cumprod: ordering.cumprod,
    np.cumsum: ordering.cumsum,
    np.diff: arranging.diff,
    np.dot: _dot,
    np.dsplit: _splits(2),
    np.dstack: partial(arranging.stacked, np.atleast_3d, 2),
    np.einsum: _einsum,
    np.expand_dims: shaping.expand_dims,
    np.fix: functions.trunc,
    np.flip: arranging.flip,
    np.hsplit: _splits(1),
    np.hstack: arranging.hstack,
    np.imag: lambda val: np.zeros_like(primal(val)),
    np.inner: _inner,
    np.insert: _insert,
    np.kron: arranging.kron,
    np.linalg.cholesky: matrices.cholesky,
    np.linalg.det: matrices.det,
    np.linalg.inv: matrices.inv,
    np.linalg.matrix_power: matrices.matrix_power,
    np.linalg.multi_dot: _multi_dot,
    np.linalg.norm: matrices.norm,
    np.linalg.slogdet: matrices.slogdet,
    np.linalg.solve: matrices.solve,
    np.linspace: _linspace,
    np.max: reductions.max_,
    np.mean: reductions.mean,
    np.median: ordering.median,
    np.min: reductions.min_,
    np.nan_to_num: _nan_to_num,
    np.outer: _outer,
    np.pad: arranging.padded,
    np.polyval: _polyval,
    np.prod: reductions.prod,
    np.ptp: lambda a, axis=None, keepdims=False: elementwise.subtract(
        reductions.max_(a, axis, keepdims), reductions.min_(a, axis, keepdims)
    ),
    np.ravel: _ravel,
    np.real: elementwise.identity,
    np.real_if_close: elementwise.identity,
    np.reshape: _reshape,
    np.round: _round,
    np.select: _select,
    np.sort: ordering.sort,
    np.split: _splits(0),
    np.squeeze: shaping.squeeze,
    np.stack: shaping.stack,
    np.std: _std,
    np.sum: broadcasting.sum_,
    np.tensordot: _tensordot,
    np.trace: arranging.trace,
    np.transpose: shaping.transpose,
    np.var: _var,
    np.vdot: lambda a, b: broadcasting.sum_(
        elementwise.multiply(shaping.flatten(a), shaping.flatten(b))
    ),
    np.vsplit: _splits(0),
    np.vstack: arranging.vstack,
    np.where: _where,
}
_FUNCTIONS |= {
    function: partial(arranging.permuted, function)
    for function in (np.matrix_transpose, np.moveaxis, np.rollaxis, np.swapaxes)
}

_MOVING = {
    np.delete, np.diag, np.diagflat, np.diagonal, np.fliplr, np.flipud, np.repeat, np.resize,
    np.roll, np.rot90, np.take, np.take_along_axis, np.tile, np.tril, np.triu,
    np.lib.stride_tricks.sliding_window_view,
}  # fmt: skip
"""Functions that only move elements, and are run on their places."""

_ABOUT_NUMBERS = {
    np.all, np.allclose, np.any, np.argmax, np.argmin, np.argsort, np.argwhere, np.array2string,
    np.array_equal, np.array_repr, np.array_str, np.count_nonzero, np.digitize, np.empty_like,
    np.flatnonzero, np.full_like, np.isclose, np.iscomplexobj, np.isrealobj, np.ndim, np.nonzero,
    np.ones_like, np.result_type, np.searchsorted, np.shape, np.size, np.zeros_like,
}  # fmt: skip
"""Functions that ask about the numbers, and give no Value."""

_INSTEAD = {
    "partition": "np.sort", "percentile": "np.median, np.sort", "quantile": "np.median, np.sort",
    "nanmean": "np.mean(x[np.isfinite(x)])", "nansum": "np.sum(np.nan_to_num(x))",
    "copyto": "np.where", "put": "np.where", "putmask": "np.where", "place": "np.where",
    "fill_diagonal": "np.where(np.eye(n), …)", "put_along_axis": "np.where",
    "fmod": "np.mod", "divmod": "np.floor_divide, np.mod", "sinc": "np.sin(y) / y",
    "pinv": "np.linalg.solve", "lstsq": "np.linalg.solve(A.T @ A, A.T @ b)",
    "svd": "np.linalg.det, np.linalg.cholesky", "eigh": "np.linalg.det, np.linalg.cholesky",
    "unique": "np.sort", "apply_along_axis": "a function of whole arrays with axis=",
    "gradient": "np.diff", "ediff1d": "np.diff", "trapezoid": "np.diff, np.sum",
    "interp": "np.where", "piecewise": "np.select", "extract": "x[condition]",
    "compress": "x[condition]",
}  # fmt: skip
"""What to write in place of a function that is not there, where it is not one of a like name."""


def call_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The op that stands for a NumPy function. Raises DataError where none does.

    >>> from autograd_lite import Value
    >>> np.sum(Value([[1.0, 2.0]]), axis=1).data.tolist()
    [3.0]
    """
    options = _without_none(options)
    if function in _ABOUT_NUMBERS:
        return function(*_numbers(args), **{key: _numbers(one) for key, one in options.items()})
    args, options = _as_called(function, args, options)
    name = function.__name__
    if function in _MOVING:
        if any(is_node(one) for one in (*args[1:], *options.values())):
            raise DataError(
                f"np.{name} of a Value takes plain numbers beside it, which say what is moved "
                "where; give the data of the other: value.data"
            )
        return _bound(name, partial(arranging.moved, function), args, options)
    stand_in = _FUNCTIONS.get(function)
    if stand_in is None:
        raise _unsupported(f"{function.__module__}.{name}", _known_functions())
    return _bound(name, stand_in, args, options)


def _known_functions() -> list[Any]:
    return [*_FUNCTIONS, *_MOVING, *_ABOUT_NUMBERS]


def _numbers(given: Any) -> Any:
    """The same without Values: their numbers."""
    if isinstance(given, list | tuple):
        return type(given)(map(_numbers, given))
    return primal(given)


def _without_none(options: dict[str, Any]) -> dict[str, Any]:
    """Options but for those that say nothing, as NumPy's own methods give them."""
    silent = ("out", "dtype", "where", "initial")
    return {
        key: one
        for key, one in options.items()
        if not (key in silent and (one is None or one is np._NoValue))
    }


def _as_called(
    function: Any, args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The operand first and by its place, and what is third or later by NumPy's name of it."""
    try:
        known = [*inspect.signature(function).parameters.values()]
    except ValueError:  # one that is written in C
        return args, options
    if any(one.kind is one.VAR_POSITIONAL for one in known[:2]):
        return args, options
    if not args and known[0].name in options:
        args = (options.pop(known[0].name),)
    later = {one.name: given for one, given in zip(known[2:], args[2:], strict=False)} | options
    usual = {one.name: one.default for one in known}
    return args[:2], {
        key: given
        for key, given in later.items()
        if not (given is usual.get(key) or (isinstance(given, str) and given == usual.get(key)))
    }


def _bound(name: str, stand_in: Call, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    try:
        inspect.signature(stand_in).bind(*args, **options)
    except TypeError as error:
        raise DataError(f"np.{name} of a Value: {error}") from None
    try:
        return stand_in(*args, **options)
    except (TypeError, ValueError, IndexError) as error:
        if isinstance(error, DataError | ShapeError):
            raise
        raise DataError(f"np.{name} of a Value: {error}") from None


def _unsupported(called: str, known: Iterable[Any]) -> DataError:
    """An error that names what is nearest, by its meaning or its name."""
    own = called.split(" with ", maxsplit=1)[0].rpartition(".")[2]
    names = sorted({one.__name__ for one in known})
    near = [f"np.{one}" for one in difflib.get_close_matches(own, names, 3, 0.5)]
    instead = _INSTEAD.get(own, ", ".join(near) or "operators and np.sum, np.exp, np.where, …")
    return DataError(
        f"{called} is not supported on a Value; the nearest that is: {instead}. Use value.data for "
        "a result without gradient, or ag.custom(forward, vjp) for an op of your own."
    )
