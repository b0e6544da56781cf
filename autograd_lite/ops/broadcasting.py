"""Sum and broadcast: each is the other's adjoint.

``axis`` is None for all axes, a number, or a tuple or list of numbers; ``keepdims`` keeps the
summed axes with size 1, as in NumPy.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.op import Sample, shape_of, structural
from autograd_lite.ops.shaping import reshape, whole_numbers

__all__ = ["Axis", "as_axis", "broadcast_to", "positive_axes", "spread", "sum_", "unbroadcast"]

Axis = int | tuple[int, ...] | list[int] | None


def as_axis(axis: Axis) -> int | tuple[int, ...] | None:
    """An axis as the ops take it: several are a tuple.

    >>> as_axis([0, 1]), as_axis(-1)
    ((0, 1), -1)
    """
    return tuple(axis) if isinstance(axis, list) else axis


def positive_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that a reduction over ``axis`` takes away, in order and counted from the front.

    >>> positive_axes(None, 2), positive_axes(-1, 2), positive_axes((2, 0), 3)
    ((0, 1), (1,), (0, 2))
    """
    if axis is None or ndim == 0:
        return tuple(range(ndim))
    return tuple(
        sorted(one % ndim for one in (axis if isinstance(axis, tuple | list) else (axis,)))
    )


def spread(g: Any, operand: Any, axis: Axis) -> Any:
    """The cotangent of a reduction, broadcast back to the shape of its operand.

    >>> import numpy as np
    >>> spread(np.array([1.0, 2.0]), np.ones((2, 2)), axis=1).tolist()
    [[1.0, 1.0], [2.0, 2.0]]
    """
    shape = shape_of(operand)
    if axis is None and not shape_of(g):
        return broadcast_to(g, shape)
    reduced = positive_axes(axis, len(shape))
    kept = tuple(1 if position in reduced else size for position, size in enumerate(shape))
    return broadcast_to(reshape(g, kept), shape)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """A cotangent, summed over the axes along which an operand of that shape was broadcast.

    >>> import numpy as np
    >>> unbroadcast(np.ones((2, 3)), (3,)).tolist(), unbroadcast(np.ones((2, 3)), ())
    ([2.0, 2.0, 2.0], 6.0)
    """
    given = shape_of(g)
    if given == shape:
        return g
    lead = len(given) - len(shape)
    stretched = tuple(
        lead + axis for axis, size in enumerate(shape) if size == 1 and given[lead + axis] != 1
    )
    return reshape(sum_(g, (*range(lead), *stretched)), shape)


sum_op = structural(
    "sum",
    array=lambda x, axis, keepdims: np.add.reduce(x, axis=axis, keepdims=keepdims),
    vjps=lambda g, y, x, axis, keepdims: spread(g, x, axis),
    samples=(
        Sample(((2, 3),), {"axis": None, "keepdims": False}),
        Sample(((2, 3),), {"axis": -1, "keepdims": True}),
        Sample(((2, 3, 2),), {"axis": (0, 2), "keepdims": False}),
        Sample(((),), {"axis": None, "keepdims": False}),
    ),
    text="Σ({})",
    latex=r"\sum {}",
)

_SMALL = 1 << 10
"""Elements up to which an array is filled sooner than NumPy makes a view of it."""


def _repeated(x: Any, shape: tuple[int, ...]) -> Any:
    if math.prod(shape) > _SMALL or min(shape, default=0) < 0:
        return np.broadcast_to(x, shape)
    result = np.empty(shape, np.asarray(x).dtype)
    result[...] = x
    return result


broadcast_op = structural(
    "broadcast_to",
    array=_repeated,
    vjps=lambda g, y, x, shape: unbroadcast(g, shape_of(x)),
    samples=(
        Sample(((3,),), {"shape": (2, 3)}),
        Sample(((2, 1),), {"shape": (2, 3)}),
        Sample(((),), {"shape": (2,)}),
    ),
)


def sum_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over one axis, several, or all. Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.sum(ag.Value([[1.0, 2.0], [3.0, 4.0]]), axis=0).data.tolist()
    [4.0, 6.0]
    """
    return sum_op(x, axis=as_axis(axis), keepdims=keepdims)


def broadcast_to(x: Any, shape: int | Sequence[int]) -> Any:
    """Repeated along new axes and along axes of size 1, by NumPy's rules.

    Raises ShapeError where the rules do not lead to the shape.

    >>> import autograd_lite as ag
    >>> ag.broadcast_to(ag.Value([1.0, 2.0]), (2, 2)).data.tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    return broadcast_op(x, shape=whole_numbers(shape))
