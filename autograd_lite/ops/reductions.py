"""Reductions over axes: mean, max, min, and the losses made of them.

In max and min the first of equals wins and takes the whole gradient.
"""

import math
from typing import Any

import numpy as np

from autograd_lite.op import Elementwise, Sample, Structural, shape_of, structural
from autograd_lite.ops.broadcasting import Axis, positive_axes, spread, sum_
from autograd_lite.ops.elementwise import divide, power, subtract
from autograd_lite.ops.selection import argmax, argmin, equal, largest, smallest, where

__all__ = ["max_", "mean", "mean_squared_error", "min_", "squared_error"]


def _rows(x: Any, axis: Axis) -> Any:
    """The array with the reduced axes last and in one, and how to bring it back to its shape."""
    axes = positive_axes(axis, x.ndim)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, axes, last)
    kept = x.ndim - len(axes)
    flat = moved.reshape((*moved.shape[:kept], math.prod(moved.shape[kept:])))
    return flat, lambda rows: np.moveaxis(rows.reshape(moved.shape), last, axes)


def _first_over(name: str, position_of: Any, place: Elementwise) -> Structural:
    """1 at the first extreme of every reduced slice, 0 elsewhere; the derivative is 0."""

    def first(x: Any, axis: Axis) -> Any:
        rows, back = _rows(np.asarray(x), axis)
        hit = np.zeros(rows.shape, rows.dtype)
        np.put_along_axis(hit, np.expand_dims(position_of(rows, axis=-1), -1), 1, axis=-1)
        return back(hit)

    def on_objects(x: Any, axis: Axis) -> Any:
        rows, back = _rows(x, axis)
        hit = np.empty(rows.shape, object)
        for index in np.ndindex(rows.shape[:-1]):
            winner = place(*rows[index])
            hit[index] = [equal(winner, float(position)) for position in range(rows.shape[-1])]
        return back(hit)

    return structural(
        name,
        array=first,
        defaults={"axis": None},
        vjps=0,
        samples=(
            Sample(((2, 3),), {"axis": None}),
            Sample(((2, 3, 2),), {"axis": (2, 0)}),
            Sample(((),), {"axis": None}),
        ),
        analytic=False,
        branch=first,
        on_objects=on_objects,
    )


first_max = _first_over("first_max", np.argmax, argmax)
first_min = _first_over("first_min", np.argmin, argmin)


def _extreme_over(name: str, text: str, array: Any, first: Structural, of_scalars: Any) -> Any:
    def on_objects(x: Any, axis: Axis, keepdims: bool) -> Any:
        rows, _ = _rows(x, axis)
        result = np.empty(rows.shape[:-1], object)
        for index in np.ndindex(result.shape):
            result[index] = of_scalars(*rows[index])
        return np.expand_dims(result, positive_axes(axis, x.ndim)) if keepdims else result

    return structural(
        name,
        array=lambda x, axis, keepdims: array(x, axis=axis, keepdims=keepdims),
        vjps=lambda g, y, x, axis, keepdims: where(first(x, axis=axis), spread(g, x, axis), 0.0),
        samples=(
            Sample(((2, 3),), {"axis": None, "keepdims": False}),
            Sample(((2, 3, 2),), {"axis": (2, 0), "keepdims": True}),
            Sample(((),), {"axis": None, "keepdims": False}),
        ),
        analytic=False,
        branch=lambda x, axis, keepdims: first.forward(x, axis=axis),
        on_objects=on_objects,
        text=f"{text}({{}})",
        latex=rf"\{text} {{}}",
    )


max_op = _extreme_over("max", "max", np.max, first_max, largest)
min_op = _extreme_over("min", "min", np.min, first_min, smallest)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over one axis, several, or all.

    Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.mean(ag.Value([1.0, 2.0, 6.0])).data
    3.0
    """
    total, shape = sum_(x, axis, keepdims), shape_of(x)
    return divide(total, math.prod(shape[one] for one in positive_axes(axis, len(shape))))


def max_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element; the first of equals, in reading order, takes the gradient.

    Raises ShapeError for an axis that x does not have, or without elements.

    >>> import autograd_lite as ag
    >>> x = ag.Value([1.0, 3.0, 3.0])
    >>> ag.max(x).backward()
    >>> x.grad.tolist()
    [0.0, 1.0, 0.0]
    """
    return max_op(x, axis=axis, keepdims=keepdims)


def min_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element; the first of equals, in reading order, takes the gradient.

    Raises ShapeError for an axis that x does not have, or without elements.

    >>> import autograd_lite as ag
    >>> ag.min(ag.Value([[1.0, 3.0], [0.0, 5.0]]), axis=1).data.tolist()
    [1.0, 0.0]
    """
    return min_op(x, axis=axis, keepdims=keepdims)


def squared_error(output: Any, target: Any) -> Any:
    """(output − target)², element by element.

    >>> import autograd_lite as ag
    >>> ag.squared_error(3.0, 1.0)
    4.0
    """
    return power(subtract(output, target), 2.0)


def mean_squared_error(output: Any, target: Any) -> Any:
    """The mean of (output − target)² over all elements.

    The sum of squared errors has a gradient that is the number of elements times as large: say
    which of the two a derivation uses.

    >>> import autograd_lite as ag
    >>> ag.mean_squared_error(ag.Value([3.0, 1.0]), [1.0, 1.0]).data
    2.0
    """
    return mean(squared_error(output, target))
