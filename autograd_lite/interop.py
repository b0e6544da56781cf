"""NumPy's own functions on Values, so that a NumPy forward pass runs unchanged (NEP 13, NEP 18)."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.errors import DataError, ShapeError
from autograd_lite.op import REGISTRY, primal, shape_of
from autograd_lite.ops import (
    broadcasting,
    elementwise,
    linear_algebra,
    reductions,
    selection,
    shaping,
)

__all__ = ["call_function", "call_ufunc"]


_UFUNCS: dict[Any, Callable[..., Any]] = {
    np.greater: selection.greater,
    np.greater_equal: selection.greater_equal,
    np.less: selection.less,
    np.less_equal: selection.less_equal,
    np.equal: selection.equal,
    np.not_equal: selection.not_equal,
    np.square: lambda x: elementwise.power(x, 2.0),
}


def _stand_in(ufunc: Any) -> Callable[..., Any] | None:
    """The op for a ufunc: the first one whose forward it is, also of those declared later."""
    return _UFUNCS.get(ufunc) or next((op for op in REGISTRY.values() if op.array is ufunc), None)


def _dot(a: Any, b: Any) -> Any:
    dimensions = len(shape_of(a)), len(shape_of(b))
    if 0 in dimensions:
        return elementwise.multiply(a, b)
    if max(dimensions) > 2:
        raise ShapeError("np.dot of stacks of matrices is not supported on Values; use a @ b")
    return linear_algebra.matmul(a, b)


def _outer(a: Any, b: Any) -> Any:
    column, row = shaping.flatten(a), shaping.flatten(b)
    return elementwise.multiply(shaping.expand_dims(column, 1), shaping.expand_dims(row, 0))


def _concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    if axis is None:
        return shaping.concatenate([shaping.flatten(array) for array in arrays])
    return shaping.concatenate(arrays, axis)


def _clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    return selection.clip(a, a_min, a_max)


def _pad(array: Any, pad_width: Any, mode: str = "constant") -> Any:
    if mode != "constant":
        raise DataError(f"np.pad of a Value pads with zeros, so mode={mode!r} is not supported")
    return shaping.pad(array, pad_width)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.amax: reductions.max_,
    np.amin: reductions.min_,
    np.broadcast_to: broadcasting.broadcast_to,
    np.clip: _clip,
    np.concatenate: _concatenate,
    np.dot: _dot,
    np.einsum: linear_algebra.einsum,
    np.expand_dims: shaping.expand_dims,
    np.max: reductions.max_,
    np.mean: reductions.mean,
    np.min: reductions.min_,
    np.ndim: lambda x: x.ndim,
    np.ones_like: lambda x: np.ones_like(primal(x)),
    np.outer: _outer,
    np.pad: _pad,
    np.ravel: shaping.flatten,
    np.reshape: shaping.reshape,
    np.shape: lambda x: x.shape,
    np.size: lambda x: x.size,
    np.squeeze: shaping.squeeze,
    np.stack: shaping.stack,
    np.sum: broadcasting.sum_,
    np.transpose: shaping.transpose,
    np.where: selection.where,
    np.zeros_like: lambda x: np.zeros_like(primal(x)),
}


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The op that stands for a ufunc. Raises DataError where none does.

    >>> from autograd_lite import Value
    >>> (np.exp(Value(0.0)) + np.array([1.0, 2.0])).data.tolist()
    [2.0, 3.0]
    """
    if "out" in options:
        raise DataError(
            f"np.{ufunc.__name__} cannot write a Value into an array, whose numbers have no "
            "gradient; make a new value, as in total = total + value for total += value"
        )
    op = _stand_in(ufunc)
    if op is None or method != "__call__" or options:
        called = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
        raise _unsupported(called + "".join(f" with {name}=" for name in options), _known_ufuncs())
    return op(*inputs)


def _known_ufuncs() -> list[Any]:
    return [*_UFUNCS, *(op.array for op in REGISTRY.values() if isinstance(op.array, np.ufunc))]


def call_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The op that stands for a NumPy function. Raises DataError where none does.

    >>> from autograd_lite import Value
    >>> np.sum(Value([[1.0, 2.0]]), axis=1).data.tolist()
    [3.0]
    """
    stand_in = _FUNCTIONS.get(function)
    if stand_in is None:
        raise _unsupported(f"{function.__module__}.{function.__name__}", _FUNCTIONS)
    try:
        inspect.signature(stand_in).bind(*args, **options)
    except TypeError as error:
        raise DataError(f"np.{function.__name__} of a Value: {error}") from None
    return stand_in(*args, **options)


def _unsupported(called: str, known: Iterable[Any]) -> DataError:
    names = ", ".join(sorted({one.__name__ for one in known}))
    return DataError(
        f"{called} is not supported on a Value; supported are {names}. Use value.data for a "
        "result without gradient."
    )
