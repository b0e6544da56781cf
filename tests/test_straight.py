"""Straight-line source as a kernel: routes that change, exceptions, and whole descents."""

import math
import threading
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.engine import order
from autograd_lite.fast.program import Program, descend
from autograd_lite.fast.straight import Python, Scalars, Straight
from autograd_lite.op import REGISTRY
from tests.programs.named import PROGRAMS


class Counting(Python):
    """Plain Python that counts what it compiles."""

    def __init__(self) -> None:
        self.compiled: list[str] = []

    def function(self, emitted: Any, name: str) -> Any:
        """The function, counted."""
        self.compiled.append(name)
        return super().function(emitted, name)


def pool(numbers: Any) -> Value:
    x = Value(numbers, "x")
    return (ag.max_pool2d(x) ** 2).sum()


def both(build: Any, kernel: Straight, numbers: Any) -> None:
    """The kernel and the engine give the same of these numbers."""
    root = build(numbers)
    value, (gradient,) = kernel.run([np.asarray(numbers, float)])
    root.backward()
    (x,) = (node for node in order(root) if node.op is None)
    np.testing.assert_array_equal(value, root.data)
    np.testing.assert_array_equal(gradient, x.grad)


def test_winners_are_found_at_each_run() -> None:
    language = Counting()
    start = np.arange(16.0).reshape(4, 4)
    kernel = Straight(Scalars.of(pool(start)), language)
    rng = np.random.default_rng(0)
    for _ in range(40):
        both(pool, kernel, rng.permutation(np.arange(16.0)).reshape(4, 4))
    # Once it has turned too often it is compiled for all routes, and that is the last time.
    assert len(language.compiled) == language.most_routes + 1


@pytest.mark.parametrize("special", [math.nan, math.inf, -math.inf, 0.0])
def test_what_is_not_a_number_and_ties_are_routed_as_the_engine_does(special: float) -> None:
    numbers = np.arange(16.0).reshape(4, 4)
    kernel = Straight(Scalars.of(pool(numbers)), Python())
    numbers[0, 0] = numbers[1, 1] = numbers[2, 3] = special
    both(pool, kernel, numbers)
    both(pool, kernel, np.zeros((4, 4)))
    both(pool, kernel, np.arange(16.0).reshape(4, 4))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_where_python_raises_the_result_is_that_of_numpy() -> None:
    def build(x: Value) -> Value:
        return ag.exp(x) / x + ag.log(x)

    kernel = Straight(Scalars.of(build(Value(2.0, "x"))), Python())
    for number in (0.0, 800.0, -1.0):
        x = Value(number, "x")
        root = build(x)
        root.backward()
        value, gradients = kernel.run([number])
        np.testing.assert_array_equal([value, *gradients], [root.data, x.grad])


@pytest.mark.parametrize("build", PROGRAMS)
def test_a_descent_is_the_steps_one_after_the_other(build: Any) -> None:
    scalars = Scalars.of(build())
    kernel = Straight(scalars, Python())
    data = [leaf.data for leaf in scalars.leaves]
    for steps in (1, 7):
        whole = kernel.descend(data, 1e-5, -math.inf, steps)
        single = descend(kernel.run, data, scalars.updated, 1e-5, -math.inf, steps)
        assert (whole.done, whole.value, whole.converged) == (steps, single.value, False)
        for one, other in zip(whole.data, single.data, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_descent_goes_on_where_the_route_changes() -> None:
    def build() -> Value:
        x = Value([[1.0, 1.1], [1.2, 1.3]], "x")
        return ag.max_pool2d(x).sum()

    scalars = Scalars.of(build())
    data = [leaf.data for leaf in scalars.leaves]
    ended = Straight(scalars, Python()).descend(data, 0.25, -math.inf, 20)
    program = Program.of(build())

    def run(data: Any) -> Any:
        value, gradients = program.results(program.slots(data))
        return value, list(gradients.values())

    slow = descend(run, data, program.updated, 0.25, -math.inf, 20)
    np.testing.assert_array_equal(ended.data[0], slow.data[0])
    assert ended.done == 20
    assert ended.value == slow.value


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_descent_goes_on_where_python_raises() -> None:
    def build() -> Value:
        return ag.exp(Value(1.0, "w") * Constant(-400.0, "x"))

    scalars = Scalars.of(build())
    data = [leaf.data for leaf in scalars.leaves]
    labels = [leaf.label for leaf in scalars.leaves]
    data[labels.index("w")] = -2.0
    ended = Straight(scalars, Python()).descend(data, 0.1, -math.inf, 3)
    assert (ended.done, ended.converged) == (3, False)
    assert ended.data[labels.index("w")] == math.inf


def test_threads_share_a_kernel() -> None:
    kernel = Straight(Scalars.of(pool(np.arange(16.0).reshape(4, 4))), Python())
    wrong: list[Any] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(50):
            numbers = rng.permutation(np.arange(16.0)).reshape(4, 4)
            value, (gradient,) = kernel.run([numbers])
            right = sum(numbers[i : i + 2, j : j + 2].max() ** 2 for i in (0, 2) for j in (0, 2))
            if value != right or np.count_nonzero(gradient) != 4:
                wrong.append((numbers, value, gradient))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_source_and_its_size_can_be_read() -> None:
    kernel = Straight(Scalars.of(Value(2.0, "x") ** 3), Python())
    assert kernel.source.startswith("def step(inputs, gradients):\n")
    assert kernel.size == f"{len(kernel.source.splitlines())} lines"


def test_an_extreme_whose_place_nobody_asks_for_is_written_out() -> None:
    a, b, c = Value(2.0, "a"), Value(1.0, "b"), Constant(1.0, "c")
    alone = Scalars.of(REGISTRY["smallest"](a) * b)
    beside = Scalars.of(REGISTRY["largest"](b, c, c) * ag.max(ag.stack([a, c])), wrt=["a"])
    for scalars in (alone, beside):
        kernel = Straight(scalars, Python())
        assert "f0" not in kernel.source  # numba has no call for it
        assert kernel.run([leaf.data for leaf in scalars.leaves])[0] == 2.0
