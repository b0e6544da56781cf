"""The quantities of a graph at random inputs, at which it has to be the same graph."""

import math

import numpy as np
import pytest
from programs.named import PROGRAMS

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.truth.points import Points, choices


def product() -> Value:
    """E = x²·w at x = 3, w = 2."""
    return (Value(3.0, "x") ** 2 * Value(2.0, "w")).named("E")


def points(root: Value, count: int = 4, **options: object) -> Points:
    return Points(named_graph(root), count, **options)  # type: ignore[arg-type]


def test_the_first_point_is_the_recorded_one() -> None:
    found = points(product())
    assert [found.values[name][0] for name in ("x", "w", "E")] == [3.0, 2.0, 18.0]


def test_all_points_differ_in_every_input() -> None:
    found = points(product())
    assert found.count == 5
    assert len(set(found.values["x"])) == len(set(found.values["w"])) == 5


def test_the_same_graph_has_the_same_points_each_time() -> None:
    assert np.array_equal(points(product()).values["E"], points(product()).values["E"])


def test_values_and_derivatives_are_those_of_calculus_everywhere() -> None:
    found = points(product())
    x, w = found.values["x"], found.values["w"]
    assert found.values["E"] == pytest.approx(x * x * w, rel=1e-15)
    assert found.total("E", "x") == pytest.approx(2 * x * w, rel=1e-15)
    assert found.total("E", "w") == pytest.approx(x * x, rel=1e-15)
    assert found.locals["E", "w"] == pytest.approx(x * x, rel=1e-15)
    assert found.total("E", "E").tolist() == [1.0] * 5


def test_without_a_path_a_derivative_is_0_everywhere() -> None:
    assert points(product()).total("x", "E").tolist() == [0.0] * 5


def test_a_derivative_goes_over_all_paths_and_some_can_be_left_out() -> None:
    x = Value(3.0, "x")
    h = (x * x).named("h")
    found = points((h * x).named("y"))  # y = x³
    there = found.values["x"]
    assert found.total("y", "x") == pytest.approx(3 * there**2, rel=1e-14)
    direct = found.without("y", lambda term: term.child == "h")
    assert direct["x"] == pytest.approx(there**2, rel=1e-14)  # ∂y/∂x at fixed h


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_has_points_other_than_its_own(program: object) -> None:
    found = points(program(), 2)  # type: ignore[operator]
    assert found.count == 3
    assert all(np.isfinite(numbers).all() for numbers in found.values.values())


def test_more_points_do_not_change_the_first_ones() -> None:
    few, many = points(product(), 2), points(product(), 4)
    assert few.values["x"].tolist() == many.values["x"][:3].tolist()


# What has to stay


def test_data_that_add_up_to_1_go_on_doing_so() -> None:
    z, t = Value([1.0, 2.0, 0.5], "z"), Constant([0.0, 1.0, 0.0], "t")
    found = points((z * t).sum().named("L"))
    targets = np.array([found.values[f"t[{place}]"] for place in range(3)])
    assert targets.sum(axis=0) == pytest.approx(np.ones(5))
    assert np.ptp(targets[0]) > 0.01


def test_data_of_0_and_1_stay_if_they_are_marks() -> None:
    t = Constant([0.0, 1.0, 0.25], "t")
    found = points((Value(2.0, "w") * t).sum().named("L"), keep_marks=True)
    assert found.values["t[0]"].tolist() == [0.0] * 5
    assert found.values["t[1]"].tolist() == [1.0] * 5
    assert len(set(found.values["t[2]"])) == 5


def test_a_weight_of_0_or_1_is_no_mark() -> None:
    found = points((Value(1.0, "w") * Constant(1.0, "t")).named("L"), keep_marks=True)
    assert len(set(found.values["w"])) == 5


def test_leaves_that_are_to_stand_still_do() -> None:
    found = points(product(), still={"w"})
    assert found.values["w"].tolist() == [2.0] * 5
    assert len(set(found.values["x"])) == 5


def test_the_winner_of_a_maximum_is_the_same_at_every_point() -> None:
    a, b = Value(1.0, "a"), Value(1.1, "b")
    found = points(ag.maximum(a, b).named("m"))
    assert found.count == 5
    assert np.all(found.values["b"] > found.values["a"])
    assert found.total("m", "b").tolist() == [1.0] * 5


def test_a_dead_unit_stays_dead() -> None:
    x = Value(-0.2, "x")
    found = points((ag.relu(x).named("r") + x).named("y"))
    assert np.all(found.values["x"] < 0)
    assert np.all(found.values["r"] == 0)


def test_no_point_lies_where_a_logarithm_has_no_value() -> None:
    found = points(ag.log(Value(0.05, "x")).named("y"))
    assert found.count == 5
    assert np.all(found.values["x"] > 0)


@pytest.mark.filterwarnings("ignore:invalid:RuntimeWarning")
def test_where_no_other_point_is_found_there_is_the_recorded_one() -> None:
    found = points(ag.log(Value(-1.0, "x")).named("y"))
    assert found.count == 1
    assert math.isnan(found.values["y"][0])


def test_a_number_is_spread_over_all_points_and_an_array_is_not() -> None:
    found = points(product(), 2)
    assert found.spread(2.0).tolist() == [2.0] * 3
    assert found.spread([1.0, 2.0, 3.0]).tolist() == [1.0, 2.0, 3.0]


def test_at_an_exact_tie_other_points_are_those_where_one_wins() -> None:
    a, b = Value(1.0, "a"), Value(1.0, "b")
    found = points(ag.maximum(a, b).named("m"))
    assert found.count == 5
    assert np.all(found.values["a"][1:] != found.values["b"][1:])


def test_what_is_chosen_is_told_from_what_is_only_computed() -> None:
    a, b = Value(1.0), Value(2.0)
    assert choices(ag.maximum(a, b)) == choices(ag.maximum(a * 1.5, b))
    assert choices(ag.maximum(a, b)) != choices(ag.maximum(a * 3, b))
    assert choices(ag.relu(a)) != choices(ag.relu(-a))
    assert choices(a * b) == []
