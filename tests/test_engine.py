"""The order of a graph, and the one loop that carries cotangents through it."""

import math
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, DataError, ShapeError, Value
from autograd_lite.engine import order, read_data, read_graph, sweep

# Order


def test_the_order_is_that_of_creation_and_holds_each_value_once() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    c = (a * b).named("c")
    d = (c + a).named("d")
    e = (d * c * d).named("e")
    labels = [node.label for node in order(e) if node.label]
    assert labels == ["a", "b", "c", "d", "e"]
    assert len(order(e)) == 6


def test_what_the_root_does_not_depend_on_is_left_out() -> None:
    a, b = Value(1.0), Value(2.0)
    y = a * 2
    _ = y * b
    assert order(y) == [a, y]


def test_what_a_value_to_stop_at_was_computed_from_is_left_out() -> None:
    x = Value(1.0)
    middle = x * 2
    y = middle * 3
    assert order(y, stop={middle}) == [middle, y]


def test_a_leaf_assigned_late_still_comes_before_what_is_computed_from_it() -> None:
    a, b = Value(1.0), Value(2.0)
    c = b * 2
    a.data = 5.0
    d = a * c
    position = {node: place for place, node in enumerate(order(d))}
    assert position[a] < position[d]
    assert position[b] < position[c] < position[d]


# Backward


def test_the_gradient_of_a_scalar_starts_from_1() -> None:
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_every_value_on_the_way_has_its_gradient() -> None:
    w, x, b, t = Value(2.0), Value(3.0), Value(0.5), 4.0
    net = w * x + b
    out = net.tanh()
    error = (out - t) ** 2
    error.backward()

    y = math.tanh(6.5)
    d_out = 2 * (y - t)
    d_net = d_out * (1 - y**2)
    assert error.grad == 1.0
    assert out.grad == pytest.approx(d_out, rel=1e-15)
    assert net.grad == pytest.approx(d_net, rel=1e-10)  # 1 − y² cancels to 9e-6
    assert [w.grad, x.grad, b.grad] == pytest.approx([net.grad * g for g in (3, 2, 1)], rel=1e-15)


def test_gradients_of_leaves_add_up_over_calls() -> None:
    x = Value([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    y.backward()
    (3 * x).sum().backward()
    assert x.grad.tolist() == [2 * 2 + 3, 2 * 4 + 3]


def test_gradients_of_interior_values_do_not() -> None:
    x = Value([1.0, 2.0])
    y = x * x
    z = (y * 5).sum()
    z.backward()
    z.backward()
    assert y.grad.tolist() == [5.0, 5.0]
    (y * 7).sum().backward()
    assert y.grad.tolist() == [7.0, 7.0]


def test_zero_grad_forgets_and_a_gradient_of_0_counts_on_from_0() -> None:
    x = Value(3.0)
    (x * x).backward()
    x.zero_grad()
    assert x.grad is None
    x.grad = 0
    (x * x).backward()
    assert x.grad == 6.0


def test_a_gradient_has_the_shape_and_type_of_its_data() -> None:
    shapes: list[tuple[int, ...]] = [(), (3,), (1, 3), (2, 1), (2, 3)]
    values = [Value(np.ones(shape)) for shape in shapes]
    total = values[0]
    for value in values[1:]:
        total = total * value
    total.sum().backward()
    for value, shape in zip(values, shapes, strict=True):
        assert np.shape(value.grad) == shape
        assert np.sum(value.grad) == 6.0  # each element meets 6 / size others
    assert type(values[0].grad) is float


def test_a_gradient_changed_in_place_changes_nothing_else() -> None:
    a, b = Value([1.0, 2.0]), Value([3.0, 4.0])
    y = a + b
    y.backward([1.0, 1.0])
    a.grad *= 10.0
    y.grad[0] = 7.0
    assert a.grad.tolist() == [10.0, 10.0]
    assert b.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("size", [2, 2000], ids=["filled", "a view"])
def test_a_gradient_that_was_broadcast_can_be_changed_in_place(size: int) -> None:
    x = Value(np.zeros(size))
    x.sum().backward()
    x.grad[0] += 1.0
    assert x.grad[:2].tolist() == [2.0, 1.0]


def test_gradients_that_are_views_of_one_array_are_changed_one_by_one() -> None:
    a, b = Value([1.0, 2.0]), Value([3.0, 4.0])
    (a.reshape(2, 1) + b.reshape(2, 1)).sum().backward()
    a.grad *= 10.0
    assert b.grad.tolist() == [1.0, 1.0]


def test_what_is_reached_only_by_derivatives_that_are_0_has_the_gradient_0() -> None:
    x, w = Value([1.0, -1.0]), Value(2.0)
    ((x > 0) * w).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    assert w.grad == 1.0


def test_what_is_not_reached_has_no_gradient() -> None:
    x, other = Value(1.0), Value(2.0)
    _ = x * other
    (x * 2).backward()
    assert other.grad is None


@pytest.mark.parametrize(
    ("shape", "cotangent"),
    [((), 2), ((), np.float32(2)), ((2,), [2, 3]), ((2, 1), np.array([[2.0], [3.0]]))],
)
def test_a_given_cotangent_weighs_the_elements(shape: tuple[int, ...], cotangent: Any) -> None:
    x = Value(np.full(shape, 5.0))
    y = x * x
    y.backward(cotangent)
    assert np.array_equal(x.grad, 10.0 * np.asarray(cotangent))
    assert np.array_equal(y.grad, np.asarray(cotangent))


@pytest.mark.parametrize(
    ("shape", "cotangent"),
    [((), [1.0]), ((2,), 1.0), ((2,), [1.0]), ((64,), np.ones((1, 64))), ((2, 1), [1.0, 1.0])],
)
def test_a_cotangent_of_another_shape_is_an_error_even_where_it_would_broadcast(
    shape: tuple[int, ...], cotangent: Any
) -> None:
    x = Value(np.ones(shape), "x")
    with pytest.raises(ShapeError, match=r"x has shape .* they must be the same"):
        x.backward(cotangent)
    assert x.grad is None


def test_an_array_needs_a_cotangent() -> None:
    with pytest.raises(ShapeError, match=r"y has shape \(2,\).*\.sum\(\).*value\.backward\("):
        (Value([1.0, 2.0]) * 2).named("y").backward()


@pytest.mark.parametrize("cotangent", [Value(1.0), "1", 1j])
def test_a_cotangent_is_a_number_or_an_array(cotangent: Any) -> None:
    with pytest.raises(DataError):
        (Value(1.0) * 2).backward(cotangent)


def test_a_cotangent_is_copied_and_takes_the_precision_of_its_value() -> None:
    given = np.array([1.0, 2.0])
    y = Value(np.float32([3, 4])) * np.float32([1, 1])
    y.backward(given)
    given[0] = 9.0
    assert y.grad.tolist() == [1.0, 2.0]
    assert y.grad.dtype == np.float32


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_infinities_and_nans_are_carried_and_not_hidden() -> None:
    x = Value(800.0)
    ag.exp(x).backward()
    assert x.grad == math.inf
    y = Value([1.0, math.nan])
    (y * y).sum().backward()
    assert y.grad[0] == 2.0
    assert math.isnan(y.grad[1])


def test_the_function_of_the_package_is_the_method() -> None:
    x = Value(3.0)
    ag.backward(x * x)
    assert x.grad == 6.0


# The sweep


def test_the_sweep_returns_the_cotangents_and_touches_no_gradient() -> None:
    x = Value(3.0)
    y = x * x
    found = sweep(order(y), {y: 5.0}, read_data)
    assert found[x] == 30.0
    assert (x.grad, y.grad) == (None, None)


def test_read_as_a_graph_the_cotangents_can_be_differentiated_again() -> None:
    x = Value(3.0)
    y = x * x * x
    slope = sweep(order(y), {y: 1.0}, read_graph)[x]
    assert isinstance(slope, Value)
    slope.backward()
    assert (slope.data, x.grad) == (27.0, 18.0)


def test_constants_receive_nothing_from_the_sweep() -> None:
    c, w = Constant(2.0), Value(3.0)
    y = c * w
    assert c not in sweep(order(y), {y: 1.0}, read_data)


# Depth


def chain_of_sums(length: int) -> tuple[Value, Value]:
    x = Value(1.0)
    y = x
    for _ in range(length):
        y = y + x
    return x, y


def chain_of_shapes(length: int) -> tuple[Value, Value]:
    x = Value([[1.0, 2.0]])
    y = x
    for _ in range(length):
        y = y.T
    return x, y.sum()


@pytest.mark.parametrize(
    ("build", "length", "gradient"),
    [(chain_of_sums, 30_000, 30_001.0), (chain_of_shapes, 6_000, [[1.0, 1.0]])],
)
def test_a_deep_chain_needs_no_recursion(
    build: Callable[[int], tuple[Value, Value]], length: int, gradient: Any
) -> None:
    assert length > 5 * sys.getrecursionlimit()
    x, y = build(length)
    y.backward()
    assert np.array_equal(x.grad, gradient)
    del y  # the graph is freed without recursion as well


@pytest.mark.slow
def test_a_chain_of_a_million_sums() -> None:
    x, y = chain_of_sums(1_000_000)
    y.backward()
    assert x.grad == 1_000_001.0
    del y
    assert (x * x).data == 1.0


def test_derivatives_of_a_deep_chain_need_no_recursion() -> None:
    def deep(x: Any) -> Any:
        y = x
        for _ in range(2_000):
            y = y * x
        return y

    assert ag.grad(ag.grad(deep))(1.0) == 2_001 * 2_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_beside_a_running_backward_can_go_backward_itself() -> None:
    ended = threading.Event()

    def work() -> None:
        x = Value(np.ones(1000))
        while not ended.is_set():
            (x * x).sum().backward()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if not child:
                w = Value(3.0)
                (w * w).backward()
                os._exit(0 if w.grad == 6.0 else 1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        ended.set()
        thread.join()
