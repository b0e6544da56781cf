"""no_grad: where results are not recorded, and for whom."""

import asyncio
import threading

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import GraphError, Value
from autograd_lite.recording import is_recording


def test_within_no_grad_results_have_no_parents() -> None:
    w, x = Value(2.0), Value([1.0, 2.0])
    with ag.no_grad():
        results = [w * w, w + 1, -w, w - w, ag.exp(x), x @ x, x[0], np.sum(x), ag.stack([w, w])]
    for result in results:
        assert (result.op, result.parents) == (None, ())
    assert results[0].data == 4.0


def test_after_the_block_results_are_recorded_again() -> None:
    w = Value(2.0)
    with ag.no_grad():
        pass
    assert (w * w).parents == (w, w)


def test_blocks_may_be_nested() -> None:
    w = Value(2.0)
    with ag.no_grad():
        with ag.no_grad():
            pass
        assert not is_recording()
        assert (w * w).parents == ()
    assert is_recording()


def test_an_error_ends_the_block() -> None:
    with pytest.raises(KeyError), ag.no_grad():
        raise KeyError
    assert is_recording()


def test_no_grad_decorates_a_function() -> None:
    w = Value(2.0)

    @ag.no_grad()
    def evaluate() -> Value:
        return w * w

    assert evaluate().parents == ()
    assert (w * w).parents == (w, w)


def test_what_was_computed_before_the_block_can_be_swept_within() -> None:
    w = Value(2.0)
    y = w * w
    with ag.no_grad():
        y.backward()
        w.data -= 0.1 * w.grad
    assert w.grad == 4.0


def test_a_result_within_no_grad_counts_as_a_number() -> None:
    w = Value(2.0)
    with ag.no_grad():
        scale = w * 10
    (scale * w).backward()
    assert w.grad == 20.0
    assert scale.grad == 2.0


def test_no_grad_in_one_thread_leaves_the_others_alone() -> None:
    w = Value(2.0)
    entered, recorded = threading.Event(), threading.Event()
    seen = []

    def evaluate() -> None:
        with ag.no_grad():
            entered.set()
            recorded.wait(5)
            seen.append((w * w).parents)

    thread = threading.Thread(target=evaluate)
    thread.start()
    entered.wait(5)
    product, shifted = w * w, w + 1
    recorded.set()
    thread.join()
    assert product.parents == (w, w)
    assert shifted.parents == (w,)
    assert seen == [()]


def test_no_grad_in_one_task_leaves_the_others_alone() -> None:
    w = Value(2.0)

    async def evaluate(entered: asyncio.Event, recorded: asyncio.Event) -> Value:
        with ag.no_grad():
            entered.set()
            await recorded.wait()
            return w * w

    async def both() -> tuple[Value, Value]:
        entered, recorded = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(evaluate(entered, recorded))
        await entered.wait()
        product = w * w
        recorded.set()
        return product, await task

    product, evaluated = asyncio.run(both())
    assert product.parents == (w, w)
    assert evaluated.parents == ()


# Derivatives of functions are asked for by name, so they are computed all the same


def test_a_derivative_of_a_function_is_computed_within_no_grad() -> None:
    with ag.no_grad():
        assert ag.grad(lambda x: x**3)(2.0) == 12.0
        assert ag.hessian(lambda x: x**3)(2.0) == 12.0
        assert ag.jvp(lambda x: x**3, [2.0], [1.0]) == (8.0, 12.0)


def test_and_is_not_connected_to_the_values_it_was_given() -> None:
    w = Value(2.0)
    with ag.no_grad():
        slope = ag.grad(lambda x: x**3)(w)
        _, along = ag.jvp(lambda x: x**3, [w], [1.0])
    assert slope.data == along.data == 12.0
    with pytest.raises(GraphError, match="computed under no_grad"):
        slope.backward()
    along.backward()
    assert w.grad is None


def test_what_a_function_does_not_record_has_no_derivative() -> None:
    def f(x: Value) -> Value:
        with ag.no_grad():
            frozen = x * x
        return frozen * x

    assert ag.grad(f)(3.0) == 9.0
