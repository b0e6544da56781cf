"""Defects found in other engines, each held out of this one."""

import gc
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from dot import by_name

import autograd_lite as ag
from autograd_lite import ShapeError, StaleValueError, Value
from autograd_lite.op import REGISTRY

# micrograd


def test_micrograd_a_graph_deeper_than_the_recursion_limit() -> None:
    x = Value(2.0)
    y = x
    for _ in range(5_000):
        y = y + 1
    y.backward()
    assert x.grad == 1.0


def test_micrograd_two_losses_that_share_a_node() -> None:
    x = Value(2.0)
    shared = x * x
    (3 * shared).backward()
    (5 * shared).backward()
    assert x.grad == (3 + 5) * 2 * 2  # 44 where the shared node's gradient adds up as well


def test_micrograd_a_second_backward() -> None:
    x = Value(2.0)
    y = x * x * x
    y.backward()
    y.backward()
    assert x.grad == 2 * 3 * 2**2  # 32 where interior gradients add up


def test_micrograd_a_product_with_itself_has_two_operands_and_two_edges() -> None:
    x = Value(3.0, label="x")
    y = (x * x).named("y")
    y.backward()
    assert y.parents == (x, x)
    assert x.grad == 6.0
    assert ag.draw(y, level="tensor").source.count("->") == 2


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_micrograd_dropped_results_are_freed_at_once() -> None:
    x = Value(2.0)
    before = sum(type(thing) is Value for thing in gc.get_objects())
    for _ in range(1_000):
        y = x * x + x
        y.backward()
    del y
    assert sum(type(thing) is Value for thing in gc.get_objects()) == before


def test_micrograd_a_gradient_that_was_not_computed_is_not_shown_as_0() -> None:
    x = Value(3.0, label="x")
    y = (x * x).named("y")
    assert x.grad is None
    assert "grad" not in repr(x)
    assert by_name(ag.draw(y, level="scalar").source)["x"]["label"] == r"x = 3\ngrad 6"


# SmallPebble


def test_smallpebble_backward_walks_nodes_and_not_paths() -> None:
    x = Value(1.0)
    y = x
    for _ in range(60):  # 2⁶⁰ paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**60
    assert ag.grad(ag.grad(lambda x: x**2 * 2**60))(1.0) == 2.0**61


def test_smallpebble_the_gradient_checker_refuses_a_wrong_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ag.check_grad(ag.sin, 0.5).ok
    monkeypatch.setattr(REGISTRY["sin"], "rules", (lambda y, x: 1.0005 * ag.cos(x),))
    assert not ag.check_grad(ag.sin, 0.5).ok


# tinygrad, needle, tangent


def test_tinygrad_the_gradients_of_several_uses_add_up() -> None:
    x = Value([1.0, 2.0])
    used = x * 2
    (used * 3 + used * 5 + used.sum()).sum().backward()
    assert x.grad.tolist() == [2 * (3 + 5 + 2)] * 2


def test_needle_a_number_minus_a_value() -> None:
    x = Value(3.0)
    y = 10 - x
    y.backward()
    assert (y.data, x.grad) == (7.0, -1.0)


@pytest.mark.parametrize(
    ("name", "row", "to_row", "to_column"),
    [
        # y = Σ row / column: ∂y/∂row = Σ 1/column, ∂y/∂column = −Σ row / column²
        ("divide", [1.0, 2.0, 3.0], [0.75] * 3, [[-1.5], [-0.375]]),
        # y = Σ row ** column: ∂y/∂row = Σ column·row^(column−1), ∂y/∂column = Σ row^column·ln row
        ("power", [1.0, 2.0, 3.0], [6.0, 36.0, 114.0], None),
    ],
)
def test_tangent_quotients_and_powers_are_unbroadcast(
    name: str, row: Any, to_row: Any, to_column: Any
) -> None:
    a, b = Value(row), Value([[2.0], [4.0]])
    if to_column is None:
        exponents = ([1.0, 2.0, 3.0] ** b.data) * np.log([1.0, 2.0, 3.0])
        to_column = exponents.sum(axis=1, keepdims=True)
    REGISTRY[name](a, b).sum().backward()
    assert a.grad.shape == (3,)
    assert b.grad.shape == (2, 1)
    assert a.grad == pytest.approx(to_row, rel=1e-15)
    assert b.grad == pytest.approx(np.array(to_column), rel=1e-15)


# HIPS autograd


def test_hips_autograd_a_change_in_place_is_an_error_and_not_a_wrong_gradient() -> None:
    w, x = Value([1.0, 2.0], label="w"), np.array([3.0, 4.0])
    y = (w * w * x).sum()
    x[:] = 100.0
    y.backward()
    assert w.grad.tolist() == [6.0, 16.0]
    w.data *= 10
    with pytest.raises(StaleValueError, match="the data of w were assigned"):
        y.backward()


# Published solutions


def test_a_gradient_of_shape_64_is_not_one_of_shape_1_64() -> None:
    gain = Value(np.ones((1, 64)))
    x = np.arange(32.0 * 64).reshape(32, 64)
    (gain * x).sum().backward()
    assert gain.grad.shape == (1, 64)
    with pytest.raises(ShapeError):
        gain.backward(np.ones(64))
    with pytest.raises(ShapeError):
        gain.data = np.ones(64)


# Powers and exponentials


@pytest.mark.parametrize("exponent", [2, 2.0, np.int64(2), np.float64(2)])
def test_a_square_of_a_negative_number_asks_for_no_logarithm(exponent: Any) -> None:
    for x in (Value(-1.0), Value([-1.0, -3.0])):
        (x**exponent).backward(np.ones(x.shape))
        assert np.array_equal(x.grad, 2 * x.data)
    assert ag.hessian(lambda x: x**exponent)(-1.0) == 2.0


def test_an_overflow_of_exp_is_inf_for_scalars_as_for_arrays() -> None:
    with pytest.raises(OverflowError):
        math.exp(800)
    for x in (Value(800.0), Value([800.0])):
        with pytest.warns(RuntimeWarning, match="overflow"):
            y = ag.exp(x)
        assert np.array_equal(y.data, np.full(x.shape, math.inf))


def test_a_division_by_0_is_inf_for_scalars_as_for_arrays() -> None:
    for x in (Value(0.0), Value([0.0])):
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            y = 1 / x
        assert np.array_equal(y.data, np.full(x.shape, math.inf))
