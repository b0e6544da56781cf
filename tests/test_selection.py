"""Ties and kinks: the first of equals wins, relu′(0) = 0."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ShapeError
from autograd_lite.ops import selection
from autograd_lite.ops.selection import greater, greater_equal, largest, less, less_equal, smallest


def gradients(function: Any, *operands: Any) -> list[Any]:
    result, pull = ag.vjp(function, *operands)
    return [np.asarray(part).tolist() for part in pull(np.ones(np.shape(result)))]


def test_relu_is_flat_at_0() -> None:
    assert ag.relu([-1.0, 0.0, 2.0]).tolist() == [0.0, 0.0, 2.0]
    assert gradients(ag.relu, [-1.0, 0.0, 2.0]) == [[0.0, 0.0, 1.0]]
    assert ag.grad(ag.relu)(0.0) == 0.0


def test_abs_is_flat_at_0() -> None:
    assert gradients(ag.abs, [-3.0, 0.0, 2.0]) == [[-1.0, 0.0, 1.0]]
    assert ag.grad(ag.abs)(0.0) == 0.0


def test_sign_has_no_slope() -> None:
    assert ag.sign([-3.0, 0.0, 2.0]).tolist() == [-1.0, 0.0, 1.0]
    assert gradients(ag.sign, [-3.0, 0.0, 2.0]) == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("op", "a", "b"),
    [
        (ag.maximum, [0.0, 1.0, 1.0], [1.0, 0.0, 0.0]),
        (ag.minimum, [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]),
    ],
)
def test_of_equal_operands_the_first_takes_it_all(op: Any, a: list[float], b: list[float]) -> None:
    assert gradients(op, [1.0, 2.0, 5.0], [2.0, 1.0, 5.0]) == [a, b]
    for position, (x, y) in enumerate([(1.0, 2.0), (2.0, 1.0), (5.0, 5.0)]):
        assert ag.grad(op, (0, 1))(x, y) == [a[position], b[position]]


@pytest.mark.parametrize(
    ("op", "operands", "shares"),
    [
        (largest, (1.0, 3.0, 3.0, 2.0), [0, 1, 0, 0]),
        (smallest, (3.0, 1.0, 2.0, 1.0), [0, 1, 0, 0]),
        (largest, (2.0,), [1]),
        (smallest, (2.0, 2.0), [1, 0]),
    ],
)
def test_of_many_equal_operands_the_first_takes_it_all(
    op: Any, operands: tuple[float, ...], shares: list[int]
) -> None:
    assert gradients(op, *operands) == shares
    assert gradients(op, *([x, x] for x in operands)) == [[share, share] for share in shares]


def test_the_largest_of_nothing_is_an_error() -> None:
    with pytest.raises(ShapeError, match="largest"):
        largest()


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (greater, [0.0, 0.0, 1.0]),
        (greater_equal, [0.0, 1.0, 1.0]),
        (less, [1.0, 0.0, 0.0]),
        (less_equal, [1.0, 1.0, 0.0]),
    ],
)
def test_comparisons_are_1_or_0_and_have_no_slope(op: Any, expected: list[float]) -> None:
    assert op([1.0, 2.0, 3.0], 2.0).tolist() == expected
    assert [op(x, 2.0) for x in (1.0, 2.0, 3.0)] == expected
    assert gradients(op, [1.0, 2.0, 3.0], 2.0) == [[0.0, 0.0, 0.0], 0.0]
    assert op(np.float32([1.0, 2.0]), 2.0).dtype == np.float32


def test_where_takes_from_one_side_or_the_other() -> None:
    mask = np.array([True, False])
    assert ag.where(mask, [1.0, 2.0], [3.0, 4.0]).tolist() == [1.0, 4.0]
    assert gradients(ag.where, mask, [1.0, 2.0], [3.0, 4.0]) == [[0, 0], [1, 0], [0, 1]]
    assert gradients(ag.where, [[1], [0]], 1.0, [3.0, 4.0]) == [[[0], [0]], 2.0, [1, 1]]
    assert ag.where(np.nan, 1.0, 2.0) == 1.0  # NumPy counts nan as true


def test_where_keeps_a_bad_side_out_of_the_result() -> None:
    with pytest.warns(RuntimeWarning):
        assert ag.where([True, False], [1.0, 2.0], ag.log([1.0, 0.0])).tolist() == [1.0, -np.inf]


@pytest.mark.parametrize(
    ("low", "high", "result", "slope"),
    [
        (-1.0, 1.0, [-1, -1, 0, 1, 1], [0, 1, 1, 1, 0]),
        (None, 1.0, [-2, -1, 0, 1, 1], [1, 1, 1, 1, 0]),
        (-1.0, None, [-1, -1, 0, 1, 2], [0, 1, 1, 1, 1]),
        (None, None, [-2, -1, 0, 1, 2], [1, 1, 1, 1, 1]),
    ],
)
def test_clip_has_slope_1_at_its_limits(low: Any, high: Any, result: Any, slope: Any) -> None:
    x = [-2.0, -1.0, 0.0, 1.0, 2.0]
    assert ag.clip(x, low, high).tolist() == result
    assert gradients(lambda x: ag.clip(x, low, high), x) == [slope]


@pytest.mark.parametrize("op", [ag.relu, ag.abs, ag.maximum, ag.minimum, largest, smallest])
@pytest.mark.parametrize("position", [0, 1])
def test_nan_stays_nan(op: Any, position: int) -> None:
    operands = [1.0, 1.0]
    operands[position] = np.nan
    given = [np.nan] if op.arity == 1 else operands
    assert np.isnan(op(*given))
    assert np.isnan(op(*map(np.atleast_1d, given))).all()


@pytest.mark.parametrize(
    ("op", "operands"),
    [
        (selection.relu, [-1.0, 0.0, 1.0]),
        (selection.abs_, [-1.0, 0.0, 1.0]),
        (selection.sign, [-1.0, 0.0, 1.0]),
    ],
)
def test_a_branch_tells_both_sides_and_the_kink_apart(op: Any, operands: list[float]) -> None:
    assert len({float(op.branch(x)) for x in operands}) == 3
