"""Reductions over axes: mean, variance, product, max, min, log-sum-exp, and losses made of them.

In max and min the first of equals wins and takes the whole gradient.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.op import Elementwise, Sample, Structural, shape_of, structural
from autograd_lite.ops.broadcasting import Axis, as_axis, positive_axes, spread, sum_
from autograd_lite.ops.elementwise import divide, exp, identity, multiply, power, sqrt, subtract
from autograd_lite.ops.functions import logaddexp
from autograd_lite.ops.selection import argmax, argmin, equal, largest, smallest, where
from autograd_lite.ops.shaping import concatenate, getitem, reshape

__all__ = [
    "log_softmax",
    "logsumexp",
    "max_",
    "mean",
    "mean_squared_error",
    "min_",
    "prod",
    "softmax",
    "squared_error",
    "std",
    "var",
]


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


def _of_rows(of_scalars: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction on object arrays, by an op of any number of operands."""

    def on_objects(x: Any, axis: Axis, keepdims: bool) -> Any:
        rows, _ = _rows(x, axis)
        result = np.empty(rows.shape[:-1], object)
        for index in np.ndindex(result.shape):
            result[index] = of_scalars(*rows[index])
        return np.expand_dims(result, positive_axes(axis, x.ndim)) if keepdims else result

    return on_objects


_SAMPLES = (
    Sample(((2, 3),), {"axis": None, "keepdims": False}),
    Sample(((2, 3, 2),), {"axis": (2, 0), "keepdims": True}),
    Sample(((),), {"axis": None, "keepdims": False}),
)


def _extreme_over(name: str, text: str, array: Any, first: Structural, of_scalars: Any) -> Any:
    return structural(
        name,
        array=lambda x, axis, keepdims: array(x, axis=axis, keepdims=keepdims),
        vjps=lambda g, y, x, axis, keepdims: where(first(x, axis=axis), spread(g, x, axis), 0.0),
        samples=_SAMPLES,
        analytic=False,
        branch=lambda x, axis, keepdims: first.forward(x, axis=axis),
        on_objects=_of_rows(of_scalars),
        text=f"{text}({{}})",
        latex=rf"\{text} {{}}",
    )


max_op = _extreme_over("max", "max", np.max, first_max, largest)
min_op = _extreme_over("min", "min", np.min, first_min, smallest)


def _logsumexp(x: Any, axis: Axis, keepdims: bool) -> Any:
    top = np.max(np.real(x), axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)  # what is taken off is put on again
    found = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return found if keepdims else np.squeeze(found, positive_axes(axis, np.ndim(x)))


logsumexp_op = structural(
    "logsumexp",
    array=_logsumexp,
    vjps=lambda g, y, x, axis, keepdims: spread(g, x, axis) * exp(x - spread(y, x, axis)),
    samples=_SAMPLES,
    defaults={"axis": None, "keepdims": False},
    linear=False,
    on_objects=_of_rows(logaddexp),
)


def _softmax(x: Any, axis: Axis) -> Any:
    raised = np.exp(x - np.max(np.real(x), axis=axis, keepdims=True))
    return raised / np.sum(raised, axis=axis, keepdims=True)


def _softmax_of_objects(x: Any, axis: Axis) -> Any:
    rows, back = _rows(x, axis)
    result = np.empty(rows.shape, object)
    for index in np.ndindex(rows.shape[:-1]):
        total = logaddexp(*rows[index])
        result[index] = [exp(one - total) for one in rows[index]]
    return back(result)


softmax_op = structural(
    "softmax",
    array=_softmax,
    vjps=lambda g, y, x, axis: y * (g - sum_(g * y, axis, keepdims=True)),
    samples=(Sample(((3,),), {"axis": -1}), Sample(((2, 3, 2),), {"axis": (0, 2)})),
    defaults={"axis": -1},
    linear=False,
    on_objects=_softmax_of_objects,
)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over one axis, several, or all.

    Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.mean(ag.Value([1.0, 2.0, 6.0])).data
    3.0
    """
    total, shape = sum_(x, axis, keepdims), shape_of(x)
    return divide(total, math.prod(shape[one] for one in positive_axes(axis, len(shape))))


def var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance over one axis, several, or all: Σ(x − mean)² / (n − ddof).

    Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.var([1.0, 2.0, 6.0]), ag.var(ag.Value([1.0, 2.0, 6.0]), ddof=1).data
    (4.666666666666667, 7.0)
    """
    shape = shape_of(x)
    count = math.prod(shape[one] for one in positive_axes(axis, len(shape)))
    squares = power(subtract(x, mean(x, axis, keepdims=True)), 2.0)
    return divide(sum_(squares, axis, keepdims), float(max(count - ddof, 0)))


def std(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation, the root of :func:`var`; where it is 0 it has no derivative (nan).

    That of a single number is 0, whatever the number is, and so is its derivative.

    Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.std([1.0, 3.0])
    1.0
    """
    found = var(x, axis, ddof, keepdims)
    alone = math.prod(shape_of(x)) == math.prod(shape_of(found)) and ddof == 0
    return found if alone else sqrt(found)


def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product over one axis, several, or all. ∂/∂xᵢ is the product of the others, also at 0.

    Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.prod([2.0, 3.0, 5.0]), ag.grad(ag.prod)([2.0, 0.0, 5.0]).tolist()
    (30.0, [0.0, 10.0, 0.0])
    """
    shape, found = shape_of(x), identity(x)
    axes = positive_axes(axis, len(shape))
    for one in axes:
        found = _product_along(found, one)
    kept = shape_of(found)
    return found if keepdims else reshape(found, [n for k, n in enumerate(kept) if k not in axes])


def _product_along(x: Any, axis: int) -> Any:
    """Neighbours are multiplied until one number is left, in as many steps as it has binary digits.

    The axis stays, with size 1.
    """
    before = (slice(None),) * axis
    while (size := shape_of(x)[axis]) > 1:
        pairs = size // 2 * 2
        products = multiply(
            getitem(x, (*before, slice(0, pairs, 2))), getitem(x, (*before, slice(1, pairs, 2)))
        )
        rest = [getitem(x, (*before, slice(pairs, None)))] if pairs < size else []
        x = concatenate([products, *rest], axis) if rest else products
    return x if size else sum_(x, axis, keepdims=True) + 1.0


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """ln Σ eˣ over one axis, several, or all; it never overflows. ∂/∂x is the softmax of x.

    Raises ShapeError for an axis that x does not have, or without elements.

    >>> import autograd_lite as ag
    >>> ag.logsumexp([1000.0, -1000.0]), ag.grad(ag.logsumexp)([0.0, 0.0]).tolist()
    (1000.0, [0.5, 0.5])
    """
    return logsumexp_op(x, axis=as_axis(axis), keepdims=keepdims)


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of :func:`softmax`: x − ln Σ eˣ; it never overflows.

    Raises ShapeError for an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.log_softmax([0.0, -1000.0]).tolist()
    [0.0, -1000.0]
    """
    return subtract(x, logsumexp(x, axis, keepdims=True))


def softmax(x: Any, axis: Axis = -1) -> Any:
    """eˣ / Σ eˣ along an axis, several, or all (None): positive numbers whose sum is 1.

    ∂pᵢ/∂xⱼ is pᵢ·(1 − pᵢ) for j = i, else −pᵢ·pⱼ. It never overflows. Raises ShapeError for
    an axis that x does not have.

    >>> import autograd_lite as ag
    >>> ag.softmax([[1000.0, 1000.0], [0.0, -1000.0]]).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    return softmax_op(x, axis=as_axis(axis))


def max_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element; the first of equals, in reading order, takes the gradient.

    Raises ShapeError for an axis that x does not have, or without elements.

    >>> import autograd_lite as ag
    >>> x = ag.Value([1.0, 3.0, 3.0])
    >>> ag.max(x).backward()
    >>> x.grad.tolist()
    [0.0, 1.0, 0.0]
    """
    return max_op(x, axis=as_axis(axis), keepdims=keepdims)


def min_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element; the first of equals, in reading order, takes the gradient.

    Raises ShapeError for an axis that x does not have, or without elements.

    >>> import autograd_lite as ag
    >>> ag.min(ag.Value([[1.0, 3.0], [0.0, 5.0]]), axis=1).data.tolist()
    [1.0, 0.0]
    """
    return min_op(x, axis=as_axis(axis), keepdims=keepdims)


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
