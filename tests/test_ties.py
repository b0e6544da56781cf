"""At a tie every subgradient is right, whichever convention it is; and nothing else is."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.ties import Ties

SIDE = "at a tie: right, by the convention that another of the sides is taken"
SHARED = "at a tie: right, by the convention that the gradient is shared among equals"


def find(root: Value, **claim: Any) -> Finding:
    ((name, given),) = claim.items()
    (finding,) = ag.compare(root, {name.replace("__", "/"): given}).findings
    return finding


def rectified(x: float = 0.0) -> Value:
    """E = 3·relu(x)."""
    return (ag.relu(Value(x, "x")).named("r") * 3).named("E")


def equals(*numbers: float) -> Value:
    """E = 2·max(v)."""
    return (Value(numbers, "v").max().named("m") * 2).named("E")


# Where there is a tie


@pytest.mark.parametrize(
    "root",
    [
        rectified,
        lambda: equals(1.0, 1.0),
        lambda: ag.maximum(Value(2.0, "a"), Value(2.0, "b")).named("m"),
        lambda: ag.abs(Value(0.0, "x")).named("y"),
        lambda: ag.max_pool2d(Value(np.ones((1, 1, 2, 2)), "x")).sum().named("y"),
    ],
)
def test_a_tie_is_seen(root: Any) -> None:
    assert Ties(named_graph(root())).any


@pytest.mark.parametrize(
    "root",
    [
        lambda: rectified(0.1),
        lambda: rectified(-0.1),
        lambda: equals(1.0, 1.001),
        lambda: (Value(0.0, "x") * 3).named("E"),
        lambda: ag.sigmoid(Value(0.0, "x")).named("E"),
    ],
)
def test_where_there_is_none_none_is_seen(root: Any) -> None:
    assert not Ties(named_graph(root())).any


# A kink


@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_the_slope_of_either_side_is_right(slope: float) -> None:
    finding = find(rectified(), dE__dx=slope)
    assert finding.verdict == "right"
    assert finding.reason in ("", SIDE)
    assert {find(rectified(), dE__dx=one).reason for one in (0.0, 3.0)} == {"", SIDE}


def test_a_slope_between_the_sides_is_right() -> None:
    assert find(rectified(), dE__dx=1.5).reason == SHARED
    assert find(rectified(), dE__dx="1.0").verdict == "right"


@pytest.mark.parametrize("slope", [-0.1, 3.1, -3.0, "3.01", float("nan")])
def test_a_slope_beyond_the_sides_is_wrong(slope: Any) -> None:
    assert find(rectified(), dE__dx=slope).verdict == "wrong"


def test_the_local_derivative_has_its_sides_too() -> None:
    for slope in (0.0, 0.5, 1.0):
        assert find(rectified(), dr__dx=slope).verdict == "right"
    assert find(rectified(), dr__dx=1.5).verdict == "wrong"


def test_a_kink_that_is_not_at_0_takes_no_part() -> None:
    assert find(rectified(0.1), dE__dx=1.5).verdict == "wrong"
    assert find(rectified(-0.1), dE__dx=3.0).verdict == "wrong"


def test_a_value_has_no_sides() -> None:
    assert find(rectified(), r=0.5).verdict == "wrong"


def test_the_absolute_value_has_all_slopes_from_minus_1_to_1() -> None:
    def y() -> Value:
        return ag.abs(Value(0.0, "x")).named("y")

    for slope in (-1.0, -0.3, 0.0, 1.0):
        assert find(y(), dy__dx=slope).verdict == "right"
    for slope in (-1.1, 1.1):
        assert find(y(), dy__dx=slope).verdict == "wrong"


# A maximum of equals


@pytest.mark.parametrize(
    ("gradient", "reason"),
    [([2.0, 0.0], ""), ([0.0, 2.0], SIDE), ([1.0, 1.0], SHARED), ([0.5, 1.5], SHARED)],
)
def test_one_winner_or_shared_among_two_is_right(gradient: list[float], reason: str) -> None:
    finding = find(equals(1.0, 1.0), dE__dv=gradient)
    assert (finding.verdict, finding.reason) == ("right", reason)


@pytest.mark.parametrize("gradient", [[2.0, 2.0], [0.0, 0.0], [1.0, 0.0], [3.0, -1.0], [1.0, 1.1]])
def test_what_is_no_mixture_of_winners_is_wrong(gradient: list[float]) -> None:
    assert find(equals(1.0, 1.0), dE__dv=gradient).verdict == "wrong"


def test_only_equals_share() -> None:
    assert find(equals(1.0, 1.0, 0.5), dE__dv=[1.0, 1.0, 0.0]).verdict == "right"
    assert find(equals(1.0, 1.0, 0.5), dE__dv=[1.0, 0.5, 0.5]).verdict == "wrong"


def test_each_of_two_ties_is_broken_in_its_own_way() -> None:
    x = Value([[1.0, 1.0], [4.0, 4.0]], "x")
    root = x.max(axis=1).sum().named("E")
    for first, second in [([1, 0], [0, 1]), ([0, 1], [0, 1]), ([0.5, 0.5], [1, 0])]:
        assert find(root, dE__dx=[first, second]).verdict == "right", (first, second)
    assert find(root, dE__dx=[[1.0, 1.0], [1.0, 0.0]]).verdict == "wrong"


def test_a_pooling_window_of_equals() -> None:
    pooled = ag.max_pool2d(Value(np.ones((1, 1, 2, 2)), "x"))
    root = pooled.sum().named("E")
    for window in ([[0, 0], [0, 1]], [[0.25, 0.25], [0.25, 0.25]]):
        assert find(root, dE__dx=np.array([[window]], float)).verdict == "right"
    for window in ([[1, 1], [1, 1]], [[0, 0], [0, 0]]):
        assert find(root, dE__dx=np.array([[window]], float)).verdict == "wrong"


def test_a_formula_is_not_excused_where_it_is_wrong_beside_the_tie() -> None:
    # At the tie it is a subgradient, for other x it is none.
    assert find(rectified(), dE__dx="3*x + 1").verdict == "wrong"
