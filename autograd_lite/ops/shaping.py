"""Ops that move elements without changing them: reshape, transpose, indexing, joining, padding.

Each is linear, so its vector-Jacobian product is its adjoint, which is again one of these ops:
indexing and :data:`scatter_add` are each other's.
"""

import itertools
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.data import any_array, describe
from autograd_lite.errors import DataError, GraphError, ShapeError
from autograd_lite.op import Sample, Structural, shape_of, structural

__all__ = [
    "Decided",
    "concatenate",
    "expand_dims",
    "flatten",
    "getitem",
    "is_basic",
    "is_in_order",
    "pad",
    "refuse_decided",
    "reshape",
    "scatter_add",
    "squeeze",
    "stack",
    "swap_last_axes",
    "transpose",
    "whole_numbers",
]

reshape_op: Structural = structural(
    "reshape",
    array=lambda x, shape: np.asarray(x).reshape(shape),
    vjps=lambda g, y, x, shape: reshape_op(g, shape=shape_of(x)),
    samples=(Sample(((2, 3),), {"shape": (3, 2)}), Sample(((),), {"shape": (1, 1)})),
)

transpose_op: Structural = structural(
    "transpose",
    array=lambda x, axes: np.asarray(x).transpose(axes),
    vjps=lambda g, y, x, axes: transpose_op(
        g, axes=tuple(np.argsort(np.mod(axes, len(axes))).tolist())
    ),
    samples=(
        Sample(((2, 3, 4),), {"axes": (2, 0, 1)}),
        Sample(((2, 3, 4),), {"axes": (-1, 0, 1)}),
    ),
    text="{}ᵀ",
    latex=r"{}^{\top}",
)


getitem_op = structural(
    "getitem",
    array=lambda x, index: np.asarray(x)[index],
    vjps=lambda g, y, x, index: scatter_add(g, index=index, shape=shape_of(x)),
    samples=(
        Sample(((3, 4),), {"index": (1, slice(None, None, 2))}),
        Sample(((3, 4),), {"index": (2, -1)}),
        Sample(((3,),), {"index": (np.array([2, 0, 2]),)}),
        Sample(((2, 2),), {"index": (np.array([[True, False], [True, True]]),)}),
    ),
    text="{}[…]",
)


def is_in_order(axes: Sequence[int]) -> bool:
    """Whether an order of axes is the one that they have.

    >>> is_in_order((0, 1)), is_in_order((-2, -1)), is_in_order((1, 0))
    (True, True, False)
    """
    return [axis % len(axes) for axis in axes] == list(range(len(axes)))


def is_basic(index: Sequence[Any]) -> bool:
    """Whether an index takes nothing twice and makes a view: it has no arrays, and no truth values.

    >>> is_basic((0, slice(2), None, ...)), is_basic((True,))
    (True, False)
    """
    kinds = int, slice, type(None), type(...)
    return all(isinstance(part, kinds) and not isinstance(part, bool) for part in index)


def _scatter_add(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    result = np.zeros(shape, np.asarray(g).dtype)
    if is_basic(index):
        result[index] = np.asarray(g)[()]  # a single object is not stored as an array
    else:  # an index array may name an element twice, and its contributions add
        np.add.at(result, index, g)
    return result


scatter_add: Structural = structural(
    "scatter_add",
    defaults={},
    array=_scatter_add,
    vjps=lambda g, y, x, index, shape: getitem(g, index),
    samples=(
        Sample(((2,),), {"index": (slice(0, 2),), "shape": (3,)}),
        Sample(((),), {"index": (0, 1), "shape": (2, 2)}),
        Sample(((3,),), {"index": (np.array([2, 0, 2]),), "shape": (3,)}),
    ),
    doc="""Zeros of the given shape with x added at the index: the adjoint of indexing.

    >>> scatter_add([1.0, 2.0, 3.0], index=(np.array([2, 0, 2]),), shape=(3,)).tolist()
    [2.0, 0.0, 4.0]
    """,
)


def _split(g: Any, y: Any, *arrays: Any, axis: int) -> Any:
    """The part of a concatenation that came from the array at a position."""
    ends = [0, *itertools.accumulate(shape_of(array)[axis] for array in arrays)]
    before = (slice(None),) * (axis % len(shape_of(arrays[0])))
    return lambda position: getitem(g, (*before, slice(ends[position], ends[position + 1])))


concatenate_op = structural(
    "concatenate",
    array=lambda *arrays, axis: np.concatenate(arrays, axis=axis),
    vjps=_split,
    arity=None,
    samples=(Sample(((2, 3), (2, 1), (2, 2)), {"axis": 1}),),
    text="[{}]",
)


pad_op = structural(
    "pad",
    numpy="np.pad({}, {width})",
    array=lambda x, width: np.pad(x, width or 0),  # NumPy wants a width where there is no axis
    vjps=lambda g, y, x, width: getitem(
        g, tuple(slice(low, low + n) for (low, _), n in zip(width, shape_of(x), strict=True))
    ),
    samples=(Sample(((2, 3),), {"width": ((1, 0), (2, 1))}),),
)


def whole_numbers(given: int | Sequence[int]) -> tuple[int, ...]:
    """A shape or a choice of axes as a tuple.

    >>> whole_numbers(3), whole_numbers([2, -1])
    ((3,), (2, -1))
    """
    if isinstance(given, tuple):
        return given
    try:
        return tuple(np.atleast_1d(any_array(given)).tolist())
    except DataError:
        raise ShapeError(
            f"{describe(given)} is no shape and no choice of axes; give a whole number, or several"
        ) from None


def reshape(x: Any, shape: int | Sequence[int]) -> Any:
    """The same elements in another shape; one size may be -1.

    Raises ShapeError where the number of elements is another.

    >>> import autograd_lite as ag
    >>> ag.reshape(ag.Value([[1.0, 2.0], [3.0, 4.0]]), 4).data.tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    return reshape_op(x, shape=whole_numbers(shape))


def flatten(x: Any) -> Any:
    """All elements in one row, in reading order.

    >>> import autograd_lite as ag
    >>> ag.flatten(ag.Value([[1.0, 2.0], [3.0, 4.0]])).shape
    (4,)
    """
    return reshape(x, (-1,))


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order; without ``axes``, reversed.

    Raises ShapeError unless ``axes`` names each axis once.

    >>> import autograd_lite as ag
    >>> ag.transpose(ag.Value([[1.0, 2.0, 3.0]])).shape
    (3, 1)
    """
    reversed_axes = tuple(range(len(shape_of(x))))[::-1]
    return transpose_op(x, axes=reversed_axes if axes is None else whole_numbers(axes))


def swap_last_axes(x: Any) -> Any:
    """Each matrix of a stack transposed.

    >>> import numpy as np
    >>> swap_last_axes(np.ones((4, 2, 3))).shape
    (4, 3, 2)
    """
    ndim = len(shape_of(x))
    return transpose_op(x, axes=(*range(ndim - 2), ndim - 1, ndim - 2))


def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Without the axes of size 1, or without the given ones.

    Raises ShapeError for an axis of another size.

    >>> import autograd_lite as ag
    >>> ag.squeeze(ag.Value([[1.0, 2.0]])).shape
    (2,)
    """
    try:
        shape = np.broadcast_to(True, shape_of(x)).squeeze(axis).shape
    except (ValueError, TypeError, OverflowError) as error:
        raise ShapeError(
            f"squeeze cannot take axis={describe(axis)} of shape {shape_of(x)}: {error}"
        ) from None
    return reshape(x, shape)


def expand_dims(x: Any, axis: int | Sequence[int]) -> Any:
    """With new axes of size 1 at the given positions of the result.

    Raises ShapeError for a position that the result does not have.

    >>> import autograd_lite as ag
    >>> ag.expand_dims(ag.Value([1.0, 2.0]), 0).shape
    (1, 2)
    """
    expanded = _expanded_again if type(axis) is int else _expanded
    return reshape_op(x, shape=expanded(shape_of(x), axis))


def _expanded(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    try:
        return np.expand_dims(np.broadcast_to(True, shape), axis).shape
    except (ValueError, TypeError) as error:
        raise ShapeError(
            f"expand_dims cannot take axis={describe(axis)} of shape {shape}: {error}"
        ) from None


_expanded_again = lru_cache(1000)(_expanded)
"""For whole numbers alone: 1.0 is equal to 1, but no axis; and not everything can be a key."""


def getitem(x: Any, index: Any) -> Any:
    """x[index] with numbers, slices, index arrays or a mask; what is taken twice counts twice.

    Raises ShapeError for an index that x does not have.

    >>> import autograd_lite as ag
    >>> x = ag.Value([1.0, 2.0, 3.0])
    >>> ag.getitem(x, [0, 0, 2]).sum().backward()
    >>> x.grad.tolist()
    [2.0, 0.0, 1.0]
    """
    parts = index if isinstance(index, tuple) else (index,)
    return getitem_op(x, index=tuple(map(_own, parts)))


def _own(part: Any) -> Any:
    """A part of an index that nobody else can change; NumPy takes [] for an array of floats."""
    if not isinstance(part, list | np.ndarray):
        return part
    return np.array(part, subok=True) if np.size(part) else np.array(part, np.intp)


class Decided(np.ndarray[Any, Any]):
    """A mask that was decided by the numbers of Values: with others it would be another one.

    >>> Decided.of(np.array([1.0, 0.0])).tolist()
    [True, False]
    """

    @classmethod
    def of(cls, numbers: Any) -> "Decided":
        """Where the numbers are not 0."""
        return (
            np.not_equal(numbers, 0.0).view(cls)
            if np.ndim(numbers)
            else np.array(numbers != 0.0).view(cls)
        )


def refuse_decided(nodes: Iterable[Any], what: str) -> None:
    """Raise GraphError where how many elements there are was decided by numbers.

    >>> import autograd_lite as ag
    >>> refuse_decided([ag.Value([1.0])[[0]]], "a program")
    """
    for node in nodes:
        if any(isinstance(part, Decided) for part in node.attributes.get("index", ())):
            raise GraphError(
                f"x[x > 0] has as many elements as the numbers decide, and {what} has to be right "
                "for other numbers too; write ag.where(x > 0, x, 0.0), or x[x.data > 0] where the "
                "mask is to stay as it is"
            )


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Joined along an existing axis. Raises ShapeError where the other axes differ.

    >>> import autograd_lite as ag
    >>> ag.concatenate([ag.Value([1.0]), ag.Value([2.0, 3.0])]).data.tolist()
    [1.0, 2.0, 3.0]
    """
    if not len(arrays):
        raise ShapeError("concatenate got no arrays; give at least one")
    return concatenate_op(*arrays, axis=axis)


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Joined along a new axis; makes a tensor of scalar Values.

    Raises ShapeError where the shapes differ.

    >>> import autograd_lite as ag
    >>> ag.stack([ag.Value(1.0), ag.Value(2.0)]).data.tolist()
    [1.0, 2.0]
    """
    shapes = {shape_of(array) for array in arrays}
    if len(shapes) != 1:
        given = ", ".join(map(str, sorted(shapes))) or "nothing"
        raise ShapeError(f"stack needs arrays of one shape and got {given}")
    return concatenate([expand_dims(array, axis) for array in arrays], axis)


def pad(x: Any, width: int | Sequence[Any]) -> Any:
    """Zeros around x: ``width`` is one number, a pair, or a pair for each axis, as in NumPy.

    Raises ShapeError for anything else.

    >>> import autograd_lite as ag
    >>> ag.pad(ag.Value([1.0, 2.0]), (1, 0)).data.tolist()
    [0.0, 1.0, 2.0]
    """
    ndim = len(shape_of(x))
    try:
        pairs = np.broadcast_to(any_array(width), (ndim, 2)).tolist()
    except ValueError:
        raise ShapeError(
            f"pad got width {describe(width)} for {ndim} axes; give a number, a pair, or a pair an "
            "axis"
        ) from None
    return pad_op(x, width=tuple((low, high) for low, high in pairs))
