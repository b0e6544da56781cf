"""Along an axis: sums and products up to each element, and the elements in order.

Sorting is a permutation, which the numbers decide; the permutation has the derivative 0. Of equal
numbers the first stays first.
"""

from typing import Any

import numpy as np

from autograd_lite.op import Sample, Structural, shape_of, structural
from autograd_lite.ops.arranging import flip
from autograd_lite.ops.broadcasting import sum_
from autograd_lite.ops.elementwise import divide, identity, multiply
from autograd_lite.ops.reductions import mean
from autograd_lite.ops.selection import equal, less, where
from autograd_lite.ops.shaping import concatenate, flatten, getitem, reshape

__all__ = ["average", "cumprod", "cumsum", "median", "sort"]

cumsum_op: Structural = structural(
    "cumsum",
    array=lambda x, axis: np.add.accumulate(x, axis=axis),
    vjps=lambda g, y, x, axis: flip(cumsum_op(flip(g, axis), axis=axis), axis),
    samples=(Sample(((4,),), {"axis": 0}), Sample(((2, 3),), {"axis": -1})),
    numpy="np.cumsum({}, axis={axis})",
)


def _order(keys: Any, axis: int) -> Any:
    return np.argsort(keys, axis=axis, kind="stable")


def _ranks(keys: Any, axis: int) -> Any:
    return _order(_order(keys, axis), axis)


def _on_objects(ranked: bool) -> Any:
    """Whichever element has the rank of the place, or is at the place of the rank, as a sum."""

    def permute(x: Any, keys: Any, axis: int) -> Any:
        rows, columns = np.moveaxis(x, axis, -1), np.moveaxis(keys, axis, -1)
        result = np.empty(rows.shape, object)
        places = range(rows.shape[-1])
        for index in np.ndindex(rows.shape[:-1]):
            row, key = rows[index], columns[index]
            ranks = [
                sum((less(key[k], key[i]) for k in places if k != i), 0.0)
                + sum((equal(key[k], key[i]) for k in range(i)), 0.0)
                for i in places
            ]
            for place in places:
                result[*index, place] = sum(
                    where(
                        equal(*((ranks[place], float(k)) if ranked else (ranks[k], float(place)))),
                        row[k],
                        0.0,
                    )
                    for k in places
                )
        return np.moveaxis(result, -1, axis)

    return permute


_PAIRS = (Sample(((4,), (4,)), {"axis": 0}), Sample(((2, 3), (2, 3)), {"axis": -1}))

in_order: Structural = structural(
    "in_order",
    array=lambda x, keys, axis: np.take_along_axis(x, _order(keys, axis), axis),
    vjps=(lambda g, y, x, keys, axis: by_rank(g, keys, axis=axis), 0),
    samples=_PAIRS,
    analytic=False,
    branch=lambda x, keys, axis: _order(keys, axis),
    on_objects=_on_objects(ranked=False),
    doc="""x, in the order in which the keys are sorted along an axis; they have the derivative 0.

    >>> in_order([1.0, 2.0, 3.0], [0.5, 0.1, 0.3], axis=0).tolist()
    [2.0, 3.0, 1.0]
    """,
)

by_rank: Structural = structural(
    "by_rank",
    array=lambda x, keys, axis: np.take_along_axis(x, _ranks(keys, axis), axis),
    vjps=(lambda g, y, x, keys, axis: in_order(g, keys, axis=axis), 0),
    samples=_PAIRS,
    analytic=False,
    branch=lambda x, keys, axis: _order(keys, axis),
    on_objects=_on_objects(ranked=True),
    doc="""For each key along an axis the element of x at its rank: the adjoint of `in_order`.

    >>> by_rank([1.0, 2.0, 3.0], [0.5, 0.1, 0.3], axis=0).tolist()
    [3.0, 1.0, 2.0]
    """,
)


def cumsum(x: Any, axis: int | None = None) -> Any:
    """The sums up to each element along an axis; without one, of all in reading order.

    Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.cumsum([1.0, 2.0, 3.0]).tolist()
    [1.0, 3.0, 6.0]
    """
    return cumsum_op(flatten(x), axis=0) if axis is None else cumsum_op(x, axis=axis)


def cumprod(x: Any, axis: int | None = None) -> Any:
    """The products up to each element along an axis; without one, of all in reading order.

    >>> import autograd_lite as ag
    >>> ag.cumprod([2.0, 3.0, 4.0]).tolist()
    [2.0, 6.0, 24.0]
    """
    x, axis = (flatten(x), 0) if axis is None else (identity(x), axis % len(shape_of(x)))
    before, step = (slice(None),) * axis, 1
    while step < shape_of(x)[axis]:  # each has a product of `step` elements, but for the first
        first = getitem(x, (*before, slice(step)))
        later = multiply(
            getitem(x, (*before, slice(-step))), getitem(x, (*before, slice(step, None)))
        )
        x, step = concatenate([first, later], axis), 2 * step
    return x


def sort(x: Any, axis: int | None = -1) -> Any:
    """In ascending order along an axis; without one, all. Each takes the gradient of its place.

    Of equal numbers the first stays first. Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> x = ag.Value([3.0, 1.0, 2.0])
    >>> ag.sort(x).backward([10.0, 20.0, 30.0])
    >>> x.grad.tolist()
    [30.0, 10.0, 20.0]
    """
    x, axis = (flatten(x), 0) if axis is None else (x, axis)
    return in_order(x, x, axis=axis)


def median(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The number in the middle along an axis, or of all; of an even count the mean of the two.

    >>> import autograd_lite as ag
    >>> ag.median([5.0, 1.0, 2.0]), ag.median([5.0, 1.0, 2.0, 3.0])
    (2.0, 2.5)
    """
    ordered, axis_ = (sort(x, None), 0) if axis is None else (sort(x, axis), axis)
    count = shape_of(ordered)[axis_]
    before = (slice(None),) * (axis_ % len(shape_of(ordered)))
    middle = getitem(ordered, (*before, slice((count - 1) // 2, count // 2 + 1)))
    found = mean(middle, axis_, keepdims=keepdims and axis is not None)
    return found.reshape((1,) * len(shape_of(x))) if keepdims and axis is None else found


def average(x: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Any:
    """The mean, weighted: Σ w·x / Σ w.

    >>> average([1.0, 4.0], weights=[2.0, 1.0])
    2.0
    """
    if weights is None:
        return mean(x, axis, keepdims)
    if len(shape_of(weights)) == 1 < len(shape_of(x)):  # along the one axis
        after = len(shape_of(x)) - 1 - axis % len(shape_of(x))
        weights = reshape(weights, (-1,) + (1,) * after)
    total = sum_(multiply(x, weights), axis, keepdims)
    each = multiply(weights, np.ones(shape_of(x)))
    return divide(total, sum_(each, axis, keepdims))
