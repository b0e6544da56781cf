"""Ties and kinks: the first of equals wins, relu′(0) = 0."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ShapeError, Value
from autograd_lite.engine import order
from autograd_lite.op import REGISTRY, Elementwise
from autograd_lite.ops import selection
from autograd_lite.ops.selection import (
    equal,
    greater,
    greater_equal,
    largest,
    less,
    less_equal,
    not_equal,
    smallest,
)


def gradients(function: Any, *operands: Any) -> list[Any]:
    result, pull = ag.vjp(function, *operands)
    return [np.asarray(part).tolist() for part in pull(np.ones(np.shape(result)))]


CHOICES: dict[str, list[tuple[tuple[float, ...], list[int]]]] = {
    "relu": [((-2.0,), [0]), ((0.0,), [0]), ((2.0,), [1])],
    "maximum": [((1.0, 2.0), [0, 1]), ((2.0, 1.0), [1, 0]), ((2.0, 2.0), [1, 0])],
    "minimum": [((1.0, 2.0), [1, 0]), ((2.0, 1.0), [0, 1]), ((2.0, 2.0), [1, 0])],
    "where": [((1.0, 2.0, 3.0), [0, 1, 0]), ((0.0, 2.0, 3.0), [0, 0, 1])],
    "largest": [((1.0, 3.0, 3.0, 2.0), [0, 1, 0, 0]), ((2.0,), [1])],
    "smallest": [((3.0, 1.0, 2.0, 1.0), [0, 1, 0, 0]), ((2.0, 2.0), [1, 0])],
}
"""For each op that hands on one of its operands, operands and which it is: of equals the first."""


def test_every_op_that_chooses_is_among_the_choices() -> None:
    choosing = [op.name for op in REGISTRY.values() if isinstance(op, Elementwise) and op.chooses]
    assert choosing == list(CHOICES)


@pytest.mark.filterwarnings("ignore:invalid value")  # the value itself is 0·inf
@pytest.mark.parametrize("name", CHOICES)
def test_what_was_not_chosen_receives_0_also_of_an_infinite_cotangent(name: str) -> None:
    """As in PyTorch: what is not chosen does not count, though 0·inf is nan."""
    for numbers, chosen in CHOICES[name]:
        for shape in ((), (2,)):
            scale = Value(1.0, "scale")
            operands = [Value(np.full(shape, x), f"x{place}") for place, x in enumerate(numbers)]
            right = [np.full(shape, np.inf if one else 0.0) for one in chosen]

            def scaled(scale: Any, *operands: Any) -> Any:
                return (REGISTRY[name](*operands) * scale).sum()

            argnums = range(1, 1 + len(numbers))
            data = [operand.data for operand in operands]
            scaled(np.inf, *operands).backward()
            np.testing.assert_equal([operand.grad for operand in operands], right)
            eager = ag.grad(scaled, argnums)(np.inf, *data)
            graph = ag.grad(scaled, argnums)(Value(np.inf), *operands)
            np.testing.assert_equal(eager, right)
            np.testing.assert_equal([one.data for one in graph], right)
            for backend in ("python", "numpy"):
                compiled = ag.compile(scaled(scale, *operands), backend=backend)
                found = compiled(scale=np.inf)[1]
                np.testing.assert_equal([found[operand.label] for operand in operands], right)


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize(
    ("choose", "x", "slopes"),
    [
        (ag.relu, [-2.0, 4.0], [0.0, 0.25]),
        (lambda x: ag.where(x > 0, x, 0.0), [-2.0, 4.0], [0.0, 0.25]),
        (lambda x: ag.clip(x, 0.0, 4.0), [-2.0, 1.0, 9.0], [0.0, 0.5, 0.0]),
        (lambda x: ag.maximum(0.0, x), [-2.0, 4.0], [0.0, 0.25]),
        (ag.max, [0.0, -2.0], [np.inf, 0.0]),
        (ag.min, [2.0, 0.0], [0.0, np.inf]),
        (lambda x: ag.max_pool2d(x[None], (1, 2)), [0.0, -2.0], [np.inf, 0.0]),
    ],
)
def test_a_root_of_a_choice_is_flat_in_what_was_not_chosen(
    choose: Any, x: Any, slopes: Any
) -> None:
    """(√y)′ is inf where y is 0; the right numbers are PyTorch's."""

    def root(x: Any) -> Any:
        return ag.sqrt(choose(x)).sum()

    np.testing.assert_equal(ag.grad(root)(np.array(x)), np.array(slopes))
    value = Value(x, "x")
    for backend in ("python", "numpy"):
        found = ag.compile(root(value), backend=backend)()[1]["x"]
        np.testing.assert_equal(found, np.array(slopes))
    if np.isfinite(slopes).all():  # else Python's own 1 / 0 is refused
        derived = ag.derive(root(value), level="tensor").run().gradients["x"]
        np.testing.assert_equal(derived, slopes)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("level", ["scalar", "tensor"])
def test_a_derivation_with_an_infinite_number_is_so_too(level: str) -> None:
    """Where no number is infinite, a scalar one has the product that a person writes."""
    x = Value(-2.0, "x")
    choice = "doutput_dh if x > 0 else 0", "doutput_dh * (x > 0)"
    for factor, wanted, other in [(np.inf, *choice), (3.0, *choice[::-1])]:
        derivation = ag.derive(ag.relu(x).named("h") * factor, level=level)
        assert derivation.run().gradients == {"x": 0.0}
        assert wanted in derivation.source
        assert other not in derivation.source


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value)")
def test_so_are_the_second_derivatives() -> None:
    twice = ag.grad(ag.grad(lambda x: ag.sqrt(ag.relu(x))))
    assert [twice(-2.0), twice(4.0)] == [0.0, -1 / 32]  # (√x)″ = −1 / (4·x·√x)


def operands_read(root: Value) -> int:
    """How many operands the nodes of a graph have, together."""
    return sum(len(node.operands) for node in order(root))


@pytest.mark.parametrize("extreme", [largest, lambda *x: ag.max(ag.stack(x))])
def test_the_gradient_of_an_extreme_of_n_is_of_n_operands(extreme: Any) -> None:
    """Who wins is found once, and not by each of them."""

    def size(n: int) -> int:
        _, pull = ag.vjp(extreme, *(Value(float(x)) for x in range(n)))
        return operands_read(ag.stack(pull(1.0)))

    assert size(80) < 2.5 * size(40)


def test_abs_is_flat_at_0() -> None:
    assert gradients(ag.abs, [-3.0, 0.0, 2.0]) == [[-1.0, 0.0, 1.0]]
    assert ag.grad(ag.abs)(0.0) == 0.0


def test_sign_has_no_slope() -> None:
    assert ag.sign([-3.0, 0.0, 2.0]).tolist() == [-1.0, 0.0, 1.0]
    assert gradients(ag.sign, [-3.0, 0.0, 2.0]) == [[0.0, 0.0, 0.0]]


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
        (equal, [0.0, 1.0, 0.0]),
        (not_equal, [1.0, 0.0, 1.0]),
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
    assert ag.where([-1.0, 0.0], [1.0, 2.0], [3.0, 4.0]).tolist() == [1.0, 4.0]
    assert np.signbit(ag.where(mask, [1.0, 2.0], -0.0)).tolist() == [False, True]
    assert ag.where(mask, np.float32([1.0, 2.0]), 0.0).dtype == np.float32


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
