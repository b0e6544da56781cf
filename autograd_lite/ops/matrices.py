"""Functions of matrices and stacks of them: inverse, solution, determinant, Cholesky, norms.

The rules are those of Giles, Collected matrix derivative results for forward and reverse mode
algorithmic differentiation (2008): 2.2.3 (inverse), 2.3.1 (solution), 2.2.4 (determinant). LAPACK
computes forwards; of single numbers they are sums of products over the permutations of columns.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.errors import DataError, GraphTooLargeError, ShapeError
from autograd_lite.op import Sample, Structural, primal, shape_of, structural
from autograd_lite.ops.broadcasting import Axis, as_axis, sum_
from autograd_lite.ops.elementwise import (
    divide,
    identity,
    log,
    multiply,
    negative,
    power,
    sqrt,
    subtract,
)
from autograd_lite.ops.linear_algebra import matmul
from autograd_lite.ops.reductions import max_, min_
from autograd_lite.ops.selection import abs_, not_equal, sign
from autograd_lite.ops.shaping import (
    expand_dims,
    getitem,
    pad,
    stack,
    swap_last_axes,
)

__all__ = ["SignAndLogarithm", "cholesky", "det", "inv", "matrix_power", "norm", "slogdet", "solve"]

_MOST = 6
"""Rows of a matrix that is written out in numbers: a determinant of n has n·2ⁿ⁻¹ products."""


# On object arrays of scalars


def _minors(x: Any) -> Any:
    """The determinant of some rows and columns of a matrix, by expansion along the first row."""

    @cache
    def minor(rows: tuple[int, ...], columns: tuple[int, ...]) -> Any:
        if not rows:
            return 1.0
        if len(rows) == 1:
            return x[rows[0], columns[0]]
        total = 0.0
        for place, column in enumerate(columns):
            others = columns[:place] + columns[place + 1 :]
            part = x[rows[0], column] * minor(rows[1:], others)
            total = total - part if place % 2 else part if place == 0 else total + part
        return total

    return minor


def _each(of_one: Any, *stacks: Any) -> Any:
    """A function of matrices of objects, for each matrix of broadcast stacks."""
    size = max(one.shape[-2] for one in stacks)
    if size > _MOST:
        raise GraphTooLargeError(
            f"a matrix of {size} rows is not written out in single numbers, which takes {size}·2^"
            f"{size - 1} products for a determinant; {_MOST} rows are the most. Label the matrix, "
            "and ask for arrays: level='tensor'"
        )
    lead = np.broadcast_shapes(*(one.shape[:-2] for one in stacks))
    wide = [np.broadcast_to(one, (*lead, *one.shape[-2:])) for one in stacks]
    found = [of_one(*(one[index] for one in wide)) for index in np.ndindex(lead)]
    if not np.ndim(found[0]):
        result = np.empty(len(found), object)
        result[:] = found
        return result.reshape(lead)
    return np.reshape(np.stack(found), (*lead, *found[0].shape))


def _det_of_objects(x: Any) -> Any:
    every = tuple(range(len(x)))
    return _minors(x)(every, every)


def _inverse_of_objects(x: Any) -> Any:
    """The adjugate, divided by the determinant."""
    minor, every = _minors(x), tuple(range(len(x)))
    whole, result = minor(every, every), np.empty(x.shape, object)
    for i, j in np.ndindex(x.shape):
        rest = minor(every[:j] + every[j + 1 :], every[:i] + every[i + 1 :])
        result[i, j] = (rest if (i + j) % 2 == 0 else -rest) / whole
    return result


# Ops

_SQUARE = (Sample(((3, 3),), {}, 6.0), Sample(((2, 2, 2),), {}, 6.0))

inverse: Structural = structural(
    "inverse",
    array=np.linalg.inv,
    vjps=lambda g, y, x: negative(matmul(matmul(swap_last_axes(y), g), swap_last_axes(y))),
    samples=_SQUARE,
    analytic=False,
    linear=False,
    on_objects=lambda x: _each(_inverse_of_objects, x),
    text="{}⁻¹",
    latex="{}^{-1}",
    numpy="np.linalg.inv({})",
)

solve_op: Structural = structural(
    "solve",
    array=np.linalg.solve,
    vjps=(
        lambda g, y, a, b: negative(matmul(solve_op(swap_last_axes(a), g), swap_last_axes(y))),
        lambda g, y, a, b: solve_op(swap_last_axes(a), g),
    ),
    samples=(Sample(((3, 3), (3, 2)), {}, 6.0), Sample(((2, 2, 2), (2, 1)), {}, 6.0)),
    analytic=False,
    linear=False,
    on_objects=lambda a, b: _each(lambda x, y: np.dot(_inverse_of_objects(x), y), a, b),
    text="solve({}, {})",
    latex="{}^{-1} {}",
    numpy="np.linalg.solve({}, {})",
)


def _as_matrices(g: Any) -> Any:
    """A number a matrix, as matrices of one element."""
    return expand_dims(g, (-2, -1)) if shape_of(g) else g


determinant: Structural = structural(
    "determinant",
    array=np.linalg.det,
    vjps=lambda g, y, x: multiply(_as_matrices(multiply(g, y)), swap_last_axes(inverse(x))),
    samples=_SQUARE,
    analytic=False,
    linear=False,
    on_objects=lambda x: _each(_det_of_objects, x),
    text="det({})",
    latex=r"\det\left({}\right)",
    numpy="np.linalg.det({})",
)

log_abs_det: Structural = structural(
    "log_abs_det",
    array=lambda x: np.linalg.slogdet(x)[1],
    vjps=lambda g, y, x: multiply(_as_matrices(g), swap_last_axes(inverse(x))),
    samples=_SQUARE,
    analytic=False,
    linear=False,
    on_objects=lambda x: _each(lambda one: log(abs_(_det_of_objects(one))), x),
    text="ln|det({})|",
    latex=r"\ln\left|\det\left({}\right)\right|",
)

sign_of_det = structural(
    "sign_of_det",
    array=lambda x: np.linalg.slogdet(x)[0],
    vjps=0,
    samples=_SQUARE,
    analytic=False,
    branch=lambda x: np.linalg.slogdet(x)[0],
    on_objects=lambda x: _each(lambda one: sign(_det_of_objects(one)), x),
)


# As NumPy calls them


def _square(name: str, x: Any) -> None:
    shape = shape_of(x)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"{name} is that of a square matrix, or a stack of them, not of {shape}")


def inv(x: Any) -> Any:
    """The inverse X⁻¹ of each matrix. X̄ = −X⁻ᵀ Ȳ X⁻ᵀ (Giles 2008, 2.2.3).

    Raises ShapeError for a matrix that is not square, or has no inverse.

    >>> import autograd_lite as ag
    >>> inv(ag.Value([[2.0, 0.0], [0.0, 4.0]])).data.tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    _square("inv", x)
    return inverse(x)


def solve(a: Any, b: Any) -> Any:
    """The x for which a @ x = b, by the rules of ``np.linalg.solve``: b is a vector or a matrix.

    b̄ = a⁻ᵀ x̄, ā = −b̄ xᵀ (Giles 2008, 2.3.1). Raises ShapeError where sizes differ, or where a has
    no inverse.

    >>> import autograd_lite as ag
    >>> solve(ag.Value([[2.0, 0.0], [0.0, 4.0]]), [2.0, 2.0]).data.tolist()
    [1.0, 0.5]
    """
    _square("solve", a)
    if len(shape_of(b)) == 1:
        return getitem(solve_op(a, expand_dims(b, -1)), (..., 0))
    return solve_op(a, b)


def det(x: Any) -> Any:
    """The determinant of each matrix. X̄ = ȳ·det(X)·X⁻ᵀ (Giles 2008, 2.2.4).

    Raises ShapeError for a matrix that is not square; its gradient, where there is no inverse.

    >>> import autograd_lite as ag
    >>> round(det([[2.0, 1.0], [1.0, 4.0]]), 12)
    7.0
    """
    _square("det", x)
    return determinant(x)


class SignAndLogarithm(NamedTuple):
    """The determinant as sign · e^logabsdet."""

    sign: Any
    logabsdet: Any


def slogdet(x: Any) -> SignAndLogarithm:
    """The sign of each determinant, and ln |det X|, whose derivative is X⁻ᵀ; no overflow.

    Raises ShapeError for a matrix that is not square.

    >>> found = slogdet([[2.0, 0.0], [0.0, -4.0]])
    >>> found.sign, round(found.logabsdet, 12) == round(float(np.log(8.0)), 12)
    (-1.0, True)
    """
    _square("slogdet", x)
    return SignAndLogarithm(sign_of_det(x), log_abs_det(x))


def cholesky(x: Any) -> Any:
    """The lower triangle L with L Lᵀ = X, of positive definite matrices, column by column.

    As in NumPy only the lower triangle of X is read, and only it has a gradient. The derivative is
    that of the columns, so no rule is needed (its reverse: Giles 2008, 2.3.4). Raises DataError for
    a matrix that is not positive definite.

    >>> import autograd_lite as ag
    >>> cholesky(ag.Value([[4.0, 2.0], [2.0, 5.0]])).data.tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    _square("cholesky", x)
    try:
        np.linalg.cholesky(primal(x))
    except np.linalg.LinAlgError:
        raise DataError(
            "cholesky is that of a positive definite matrix, which this is not"
        ) from None
    columns: list[Any] = []
    for k in range(shape_of(x)[-1]):
        below = getitem(x, (..., slice(k, None), k))
        if columns:
            rows = stack([getitem(one, (..., slice(k, None))) for one in columns], -1)
            first = getitem(rows, (..., slice(1), slice(None)))
            below = subtract(below, sum_(multiply(rows, first), -1))
        column = divide(below, sqrt(getitem(below, (..., slice(1)))))
        width = [(0, 0)] * (len(shape_of(column)) - 1) + [(k, 0)]
        columns.append(pad(column, width))
    return stack(columns, -1)


def matrix_power(x: Any, n: int) -> Any:
    """X @ X @ … n times; for n < 0 of the inverse.

    >>> matrix_power([[1.0, 1.0], [0.0, 1.0]], 3).tolist()
    [[1.0, 3.0], [0.0, 1.0]]
    """
    _square("matrix_power", x)
    if n < 0:
        return matrix_power(inv(x), -n)
    if n < 2:
        return identity(x) if n else multiply(x, 0.0) + np.eye(shape_of(x)[-1])
    half = matrix_power(x, n // 2)
    return matmul(matmul(half, half), x) if n % 2 else matmul(half, half)


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:  # noqa: A002
    """A norm of vectors, or of matrices where two axes are meant, with NumPy's names of the kinds.

    Without ``ord`` it is the root of the sum of squares, ∂/∂x = x / norm; at 0 that is nan. Raises
    DataError for the norms that need singular values: 'nuc', and 2 and −2 of a matrix.

    >>> import autograd_lite as ag
    >>> norm(ag.Value([3.0, 4.0])).data, norm([3.0, -4.0], 1), norm([3.0, -4.0], np.inf)
    (5.0, 7.0, 4.0)
    """
    axes = as_axis(axis)
    pair = axes if isinstance(axes, tuple) and len(axes) == 2 else None
    if axes is None and ord is not None and len(shape_of(x)) == 2:
        pair = (0, 1)
    if ord is None or (ord == "fro" and pair) or (ord == 2 and not pair):
        return sqrt(sum_(power(x, 2.0), axes, keepdims))
    if pair and ord in (1, -1, np.inf, -np.inf):
        rows, columns = pair if abs(ord) == 1 else pair[::-1]
        sums = sum_(abs_(x), rows, keepdims=True)
        found = (max_ if ord > 0 else min_)(sums, columns, keepdims=True)
        return found if keepdims else sum_(found, pair)
    if pair or isinstance(ord, str):
        raise DataError(
            f"np.linalg.norm of a Value with ord={ord!r} is not supported; of a matrix there are "
            "None, 'fro', 1, -1, inf and -inf"
        )
    if ord in (np.inf, -np.inf):
        return (max_ if ord > 0 else min_)(abs_(x), axes, keepdims)
    if ord == 0:
        return sum_(not_equal(x, 0.0), axes, keepdims)
    total = sum_(power(abs_(x), float(ord)), axes, keepdims)
    return total if ord == 1 else power(total, 1.0 / ord)
