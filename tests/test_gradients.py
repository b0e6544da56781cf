"""Backward that keeps the graph, and backward that frees it as it goes."""

import gc
import sys
import threading
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, GraphError, Value, engine
from autograd_lite.engine import SPARE, order
from autograd_lite.op import REGISTRY, elementwise


def loss_of(w: Value, x: Any) -> Any:
    hidden = (w * x + 1.0).tanh()
    return ((hidden - 0.5) ** 2 * hidden / w).sum()


# Freed graphs


@pytest.mark.parametrize("data", [0.7, [0.7, -1.3, 2.0]], ids=["scalars", "arrays"])
def test_the_gradients_of_leaves_are_the_same_when_the_graph_is_freed(data: Any) -> None:
    kept, freed = Value(data), Value(data)
    loss_of(kept, 0.3).backward()
    loss_of(freed, 0.3).backward(retain_graph=False)
    np.testing.assert_array_equal(freed.grad, kept.grad)
    loss_of(freed, 0.3).backward(retain_graph=False)
    np.testing.assert_array_equal(freed.grad, 2 * kept.grad)


@pytest.mark.parametrize("data", [3.0, [3.0]], ids=["scalar", "array"])
def test_a_freed_graph_says_so_and_keeps_its_data(data: Any) -> None:
    x = Value(data, "x")
    y = (x * x).named("y")
    z = (y * 2).sum().named("z")
    z.backward(retain_graph=False)
    assert z.item() == 18.0
    assert np.sum(y.data) == 9.0
    assert y.is_released
    assert not x.is_released
    with pytest.raises(GraphError, match=r"z was released by backward\(retain_graph=False\)"):
        z.backward()
    with pytest.raises(GraphError, match="y was released"):
        (y + x).sum().backward()
    with pytest.raises(GraphError, match="y was released"):
        order(y)
    with pytest.raises(GraphError, match="the gradient of y was freed"):
        _ = y.grad
    assert repr(y).startswith("Value(")
    assert np.sum(x.grad) == 12.0


def test_a_leaf_alone_is_not_freed() -> None:
    x = Value(3.0)
    x.backward(retain_graph=False)
    x.backward(retain_graph=False)
    assert x.grad == 2.0


def test_what_two_losses_share_needs_the_first_to_keep_it() -> None:
    x = Value(3.0)
    shared = x * x
    (2 * shared).backward(retain_graph=True)
    (5 * shared).backward(retain_graph=False)
    assert x.grad == 2 * 6 + 5 * 6


def test_freeing_as_it_goes_needs_less_memory() -> None:
    def peak(retain_graph: bool) -> int:
        y = x = Value(np.ones(10_000))
        for _ in range(20):
            y = y.tanh()
        tracemalloc.start()
        y.sum().backward(retain_graph=retain_graph)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert x.grad is not None
        return most

    assert peak(retain_graph=False) < peak(retain_graph=True) / 3


# Values that are used again


def test_a_value_that_somebody_holds_is_not_made_into_another() -> None:
    x = Value(2.0)
    held = x * x
    inside = [(held + x, "second")]
    loss = inside[0][0] * held
    numbers = held.number, loss.number
    loss.backward(retain_graph=False)
    made = [x * float(n) for n in range(100)]
    assert not {held, inside[0][0], loss} & {*made}
    assert (held.number, loss.number) == numbers
    assert (held.data, inside[0][0].data, loss.data) == (4.0, 6.0, 24.0)


def test_what_nobody_holds_is_used_again_without_a_trace() -> None:
    SPARE.clear()
    x = Value(2.0)
    (x * x).named("secret", None).exp().backward(retain_graph=False)
    assert len(SPARE) == 1
    y = x * 3.0
    assert not SPARE
    assert (y.data, y.label, y.grad, y.parents) == (6.0, "", None, (x,))


def test_a_training_loop_gives_the_collector_nothing_to_do() -> None:
    def step(w: Value) -> None:
        total = w * 0.0
        for n in range(2000):
            total = total + (w * float(n)).tanh()
        total.backward(retain_graph=False)

    w = Value(0.1)
    step(w)
    runs: list[str] = []
    gc.collect()
    gc.callbacks.append(lambda phase, info: runs.append(phase))
    try:
        for _ in range(3):
            step(w)
    finally:
        gc.callbacks.pop()
    assert len(runs) <= 2


# Errors, zeros and threads


def test_a_rule_that_fails_leaves_the_gradients_of_leaves_as_they_were() -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("no derivative")

    broken = elementwise("broken", scalar=lambda x: x, array=lambda x: x, partials=fail)
    del REGISTRY["broken"]
    x, w = Value(2.0), Value(1.0)
    w.grad = 7.0
    loss = broken(x) * w
    with pytest.raises(RuntimeError, match="no derivative"):
        loss.backward()
    assert (x.grad, w.grad, loss.grad) == (None, 7.0, None)


def test_a_constant_has_no_gradient_even_as_the_root() -> None:
    c = Constant(2.0)
    c.backward()
    assert c.grad is None
    (c * Value(1.0)).tanh().backward()
    c.tanh().backward()
    assert c.grad is None


def test_0_times_infinity_does_not_reach_what_is_not_reached() -> None:
    x = Value(0.0)
    with np.errstate(divide="ignore"):
        choice = (x.log() > 1.0) * Value(3.0)  # the logarithm's derivative at 0 is infinite
        choice.backward()
    assert x.grad == 0.0


def test_a_pole_gives_infinity_as_on_arrays() -> None:
    x, y = Value(0.0), Value([0.0])
    with np.errstate(all="ignore"):
        x.sqrt().backward()
        y.sqrt().sum().backward()
    assert x.grad == y.grad[0] == np.inf


def test_threads_that_share_weights_add_up() -> None:
    w = Value(1.0)

    def work() -> None:
        for _ in range(20):
            total = w * 0.0
            for _ in range(50):
                total = total + w
            total.backward(retain_graph=False)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert w.grad == 4 * 20 * 50


@pytest.mark.slow
def test_a_chain_of_a_million_values_is_no_problem() -> None:
    for retain_graph in (True, False):
        y = x = Value(1.0)
        for _ in range(1_000_000):
            y = y + x
        y.backward(retain_graph=retain_graph)
        assert x.grad == 1_000_001.0
        del y


def test_backward_is_a_function_too() -> None:
    x = Value(3.0)
    y = x * x
    ag.backward(y, 10.0, retain_graph=False)
    assert x.grad == 60.0
    assert y.is_released


# Interrupts


def interrupted_at(line: int, work: Callable[[], None]) -> bool:
    """Do the work, interrupted before so many lines of the engine; False if it ended before."""
    left = line

    def watch(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != engine.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize("retain", [True, False])
def test_an_interrupt_anywhere_leaves_the_gradients_of_leaves_or_all_the_new_ones(
    retain: bool,
) -> None:
    def gradients(line: int) -> tuple[bool, list[Any]]:
        w, b = Value([1.0, 2.0], "w"), Value(3.0, "b")
        ((w * b) ** 2).sum().backward()
        loss = (ag.exp(w) * b + b).sum()
        stopped = interrupted_at(line, lambda: loss.backward(retain_graph=retain))
        return stopped, [w.grad.tolist(), b.grad]

    _, old = gradients(1)
    _, new = gradients(10_000)
    line, stopped, seen = 0, True, []
    while stopped:
        line += 1
        stopped, found = gradients(line)
        assert found in (old, new)
        seen.append(found)
    assert seen.count(old) > 50
