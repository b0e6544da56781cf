"""What NumPy's functions do that only move elements: joining, splitting, repeating, picking.

Most are run by NumPy itself, on the *places* of the elements in place of the elements: 1, 2, 3, …
in the shape of x, and 0 for what NumPy fills in. The places that come out say where each element of
the result is from, and indexing takes them from there. So a function needs no rule of its own, and
its settings mean what they mean in NumPy.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.errors import DataError
from autograd_lite.op import shape_of
from autograd_lite.ops.broadcasting import broadcast_to, sum_
from autograd_lite.ops.elementwise import identity, multiply, subtract
from autograd_lite.ops.selection import where
from autograd_lite.ops.shaping import (
    concatenate,
    expand_dims,
    flatten,
    getitem,
    pad,
    reshape,
    transpose,
)

__all__ = [
    "block",
    "broadcast_arrays",
    "column_stack",
    "cross",
    "diff",
    "flip",
    "hstack",
    "kron",
    "moved",
    "padded",
    "permuted",
    "reshaped",
    "split",
    "stacked",
    "swapaxes",
    "trace",
    "vstack",
]

Move = Callable[..., Any]


def moved(function: Move, x: Any, *args: Any, filled: Any = 0.0, **settings: Any) -> Any:
    """What a function of NumPy that only moves elements makes of x; a list where it makes several.

    ``filled`` is what is where NumPy puts zeros, a number or an array of the result's shape.

    >>> moved(np.roll, [1.0, 2.0, 3.0], 1).tolist()
    [3.0, 1.0, 2.0]
    >>> moved(np.tril, [[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 0.0], [3.0, 4.0]]
    """
    shape = shape_of(x)
    places = np.arange(1, math.prod(shape) + 1).reshape(shape)
    found = function(places, *args, **settings)
    if isinstance(found, list | tuple):
        return [_taken(x, one, filled) for one in found]
    return _taken(x, np.asarray(found), filled)


def _taken(x: Any, places: Any, filled: Any) -> Any:
    """The elements at these places, of which the first is 1; 0 is none."""
    if places.all():
        return getitem(flatten(x), places - 1)
    size = math.prod(shape_of(x))
    some = getitem(flatten(x), np.maximum(places - 1, 0)) if size else sum_(x)
    return where(places > 0, some, filled)


def block(arrays: Any) -> Any:
    """A matrix of its blocks, rows of which are lists, as by ``np.block``.

    >>> block([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    leaves: list[Any] = []

    def numbered(part: Any) -> Any:
        if isinstance(part, list):
            return [numbered(one) for one in part]
        start = 1 + sum(math.prod(shape_of(leaf)) for leaf in leaves)
        leaves.append(part)
        return np.arange(start, start + math.prod(shape_of(part))).reshape(shape_of(part))

    places = np.block(numbered(arrays))
    return getitem(concatenate([flatten(leaf) for leaf in leaves]), places - 1)


# What is a view of the array: its axes in another order, another shape, a part of it.


def permuted(function: Move, x: Any, *args: Any, **settings: Any) -> Any:
    """The axes in the order in which a function of NumPy brings them.

    >>> permuted(np.moveaxis, np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    numbered = np.broadcast_to(True, tuple(range(len(shape_of(x)))))
    return transpose(x, function(numbered, *args, **settings).shape)


def reshaped(function: Move, x: Any, *args: Any, **settings: Any) -> Any:
    """In the shape in which a function of NumPy brings an array of x's shape.

    >>> reshaped(np.atleast_2d, [1.0, 2.0]).shape
    (1, 2)
    """
    return reshape(x, function(np.broadcast_to(True, shape_of(x)), *args, **settings).shape)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes in each other's place.

    >>> swapaxes(np.ones((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    return permuted(np.swapaxes, x, axis1, axis2)


def flip(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """In the other direction along one axis, several, or all.

    >>> flip([[1.0, 2.0], [3.0, 4.0]], axis=1).tolist()
    [[2.0, 1.0], [4.0, 3.0]]
    """
    ndim = len(shape_of(x))
    turned = range(ndim) if axis is None else [one % ndim for one in np.atleast_1d(axis)]
    return getitem(x, tuple(slice(None, None, -1 if k in turned else None) for k in range(ndim)))


def split(x: Any, parts: int | Sequence[int], axis: int = 0, even: bool = True) -> list[Any]:
    """Parts along an axis: so many, or between the given places; ``even`` ones have one size.

    >>> [part.tolist() for part in split([1.0, 2.0, 3.0], [1])]
    [[1.0], [2.0, 3.0]]
    """
    shape = shape_of(x)
    cut = np.split if even else np.array_split
    found = cut(np.arange(shape[axis]), parts)
    before = (slice(None),) * (axis % len(shape))
    ends = [(part[0], part[-1] + 1) if len(part) else (0, 0) for part in found]
    return [getitem(x, (*before, slice(int(low), int(high)))) for low, high in ends]


def stacked(least: Move, axis: int, arrays: Sequence[Any]) -> Any:
    """Joined along an axis, after each has got at least the axes that a function of NumPy gives.

    >>> stacked(np.atleast_2d, 0, [[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    return concatenate([reshaped(least, one) for one in arrays], axis)


def vstack(arrays: Sequence[Any]) -> Any:
    """Joined as rows: along the first axis, vectors being rows.

    >>> vstack([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    return stacked(np.atleast_2d, 0, arrays)


def hstack(arrays: Sequence[Any]) -> Any:
    """Joined side by side: along the second axis, of vectors along their only one.

    >>> hstack([[1.0, 2.0], [3.0]]).tolist()
    [1.0, 2.0, 3.0]
    """
    flat = len(arrays) and len(shape_of(arrays[0])) < 2
    return stacked(np.atleast_1d, 0 if flat else 1, arrays)


def column_stack(arrays: Sequence[Any]) -> Any:
    """Joined along the second axis, vectors being columns.

    >>> column_stack([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    flat = [len(shape_of(one)) < 2 for one in arrays]
    columns = [
        reshape(x, (-1, 1)) if is_flat else x for x, is_flat in zip(arrays, flat, strict=True)
    ]
    return concatenate(columns, 1)


# What pads, and what is a difference or a product of parts


def padded(x: Any, width: Any, mode: Any = "constant", **settings: Any) -> Any:
    """Padded by one of NumPy's modes that only move: edge, reflect, symmetric, wrap, or a constant.

    Raises DataError for a mode that computes.

    >>> padded([1.0, 2.0, 3.0], 1, "reflect").tolist()
    [2.0, 1.0, 2.0, 3.0, 2.0]
    >>> padded([1.0, 2.0], 1, constant_values=5.0).tolist()
    [5.0, 1.0, 2.0, 5.0]
    """
    if mode == "constant" and not np.any(settings.get("constant_values", 0)) and width != 0:
        return pad(x, width)
    if mode == "constant":
        filled = np.pad(np.zeros(shape_of(x)), width, **settings)
        return moved(np.pad, x, width, filled=filled)
    if mode not in ("edge", "reflect", "symmetric", "wrap") or "reflect_type" in settings:
        raise DataError(
            f"np.pad of a Value with mode={mode!r} is not supported; modes that move elements are: "
            "constant, edge, reflect, symmetric, wrap"
        )
    return moved(np.pad, x, width, mode, **settings)


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of a diagonal of each matrix.

    >>> trace([[1.0, 2.0], [3.0, 4.0]])
    5.0
    """
    return sum_(moved(np.diagonal, x, offset, axis1, axis2), axis=-1)


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    """The differences of neighbours along an axis, n times.

    >>> diff([1.0, 4.0, 9.0]).tolist(), diff([1.0, 4.0, 9.0], n=2).tolist()
    ([3.0, 5.0], [2.0])
    """
    before, x = (slice(None),) * (axis % len(shape_of(x))), identity(x)
    for _ in range(n):
        x = subtract(getitem(x, (*before, slice(1, None))), getitem(x, (*before, slice(-1))))
    return x


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross product of vectors of three elements, which lie along an axis.

    >>> cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]).tolist()
    [0.0, 0.0, 1.0]
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = permuted(np.moveaxis, a, axisa, -1), permuted(np.moveaxis, b, axisb, -1)
    if shape_of(a)[-1] != 3 or shape_of(b)[-1] != 3:
        raise DataError("np.cross of Values takes vectors of three elements")
    (a1, b1), (a2, b2) = (
        [getitem(one, (..., order)) for one in (a, b)] for order in ([1, 2, 0], [2, 0, 1])
    )
    return permuted(np.moveaxis, subtract(multiply(a1, b2), multiply(a2, b1)), -1, axisc)


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """Each repeated to the shape that all have together.

    >>> [one.tolist() for one in broadcast_arrays([1.0, 2.0], 3.0)]
    [[1.0, 2.0], [3.0, 3.0]]
    """
    shape = np.broadcast_shapes(*map(shape_of, arrays))
    return [broadcast_to(one, shape) for one in arrays]


def kron(a: Any, b: Any) -> Any:
    """Kronecker's product: each element of a times the whole of b, as blocks.

    >>> kron([1.0, 10.0], [1.0, 2.0]).tolist()
    [1.0, 2.0, 10.0, 20.0]
    """
    axes = max(len(shape_of(a)), len(shape_of(b)))
    shapes = [(1,) * (axes - len(shape_of(one))) + shape_of(one) for one in (a, b)]
    left = expand_dims(reshape(a, shapes[0]), tuple(range(1, 2 * axes, 2)))
    right = expand_dims(reshape(b, shapes[1]), tuple(range(0, 2 * axes, 2)))
    return reshape(multiply(left, right), tuple(m * n for m, n in zip(*shapes, strict=True)))
