"""One interpreter for every program of scalars."""

import math
import random
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.errors import GraphError
from autograd_lite.fast.program import descend
from autograd_lite.fast.straight import Scalars
from autograd_lite.fast.tape import Tape, known_ops, tape_source, unknown_ops
from autograd_lite.op import elementwise
from tests.programs.named import PROGRAMS

NUMBERED = len(known_ops()) + 1


def test_the_interpreter_has_a_branch_for_every_op_that_is_written() -> None:
    source = tape_source()
    compile(source, "<tape>", "exec")
    assert source.count(" code == ") == NUMBERED
    assert f"code == {NUMBERED - 1}:\n            y = a * b + c\n" in source


def test_ops_of_the_users_own_have_a_branch_that_calls_them() -> None:
    op = elementwise(
        "half", scalar=lambda x: x / 2, array=lambda x: x / 2, partials=lambda y, x: 0.5
    )
    program = Scalars.of(op(Value(1.0, "x"))).program
    assert unknown_ops(program) == [op]
    assert f"elif code == {NUMBERED}:\n            y = f0(a)\n" in tape_source([op])


def mlp(points: int) -> Value:
    """A network 2-4-1 of scalars on some points."""
    rng = random.Random(0)
    W = [[Value(rng.uniform(-1, 1), f"w{i}{j}") for j in range(2)] for i in range(4)]
    v = [Value(rng.uniform(-1, 1), f"v{i}") for i in range(4)]
    total: Any = 0.0
    for point in range(points):
        x = [Constant(rng.uniform(-1, 1), f"x{point}{j}") for j in range(2)]
        hidden = [ag.tanh(sum((w * x for w, x in zip(row, x, strict=True)), 0.1)) for row in W]
        total = total + (sum((a * h for a, h in zip(v, hidden, strict=True)), -0.3) - 1.0) ** 2
    assert isinstance(total, Value)
    return total


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A folder in which the interpreter is kept, so that it is compiled once for this file."""
    pytest.importorskip("numba")
    folder: Path = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_LITE_CACHE", str(folder))
        yield folder


def with_numba(test: Any) -> Any:
    return pytest.mark.slow(pytest.mark.usefixtures("kept")(test))


@with_numba
@pytest.mark.parametrize("build", [*PROGRAMS, lambda: mlp(5)])
def test_the_tape_has_the_numbers_of_the_steps_one_by_one(build: Any) -> None:
    scalars = Scalars.of(build())
    data = [leaf.data for leaf in scalars.leaves]
    numbers = scalars.row.flat(data)
    value, gradients = scalars.program.run(
        dict(zip([leaf.label for leaf in scalars.program.inputs], numbers, strict=True))
    )
    tape = Tape(scalars)
    for _ in range(2):  # the second time in memory that was used before
        found, arrays = tape.run(data)
        assert found == value
        assert scalars.row.flat(arrays) == [*gradients.values()]


@with_numba
def test_a_product_that_is_used_twice_is_not_taken_into_a_sum() -> None:
    a, b, c = (Value(number, name) for number, name in ((2.0, "a"), (3.0, "b"), (5.0, "c")))
    product = a * b
    scalars = Scalars.of((product + c) * product, wrt=["c"])
    assert Tape(scalars).run([2.0, 3.0, 5.0]) == (66.0, [6.0])


@with_numba
def test_the_sum_of_two_products_takes_one_of_them_in() -> None:
    scalars = Scalars.of(Value(2.0, "a") * Value(3.0, "b") + Value(5.0, "c") * Value(7.0, "d"))
    tape = Tape(scalars)
    assert tape.size == "2 steps"
    assert tape.run([2.0, 3.0, 5.0, 7.0]) == (41.0, [3.0, 2.0, 7.0, 5.0])


@with_numba
def test_a_product_is_rounded_before_it_is_added() -> None:
    # Fused, (1 + ε)² − 1 − 2ε would be ε², which the rounded product has lost.
    x = 1 + 2.0**-30
    scalars = Scalars.of(Value(x, "x") * Value(x, "y") + Value(0.0, "z"))
    value, _ = Tape(scalars).run([x, x, -1 - 2.0**-29])
    assert value == x * x - 1 - 2.0**-29 == 0.0


@with_numba
def test_a_descent_is_the_steps_one_after_the_other() -> None:
    scalars = Scalars.of(mlp(5))
    tape = Tape(scalars)
    data = [leaf.data for leaf in scalars.leaves]
    whole = tape.descend(data, 0.05, -math.inf, 20)
    single = descend(tape.run, data, scalars.updated, 0.05, -math.inf, 20)
    assert whole == single
    assert tape.descend(data, 0.05, 1e9, 20) == (data, 0, whole_value(tape, data), True)


def whole_value(tape: Tape, data: Any) -> float:
    return tape.run(data)[0]


@with_numba
def test_weights_that_are_each_others_gradients_are_updated_at_once() -> None:
    scalars = Scalars.of(Value(2.0, "a") * Value(5.0, "b"))
    assert Tape(scalars).descend([2.0, 5.0], 1.0, -math.inf, 1).data == [-3.0, 3.0]


@with_numba
def test_winners_are_found_at_each_run() -> None:
    x = Value(np.arange(16.0).reshape(4, 4), "x")
    tape = Tape(Scalars.of(ag.max_pool2d(x, 3, 1).sum()))
    rng = np.random.default_rng(0)
    for _ in range(5):
        numbers = np.rint(rng.uniform(0, 3, (4, 4)))  # with ties
        other = Value(numbers, "x")
        root = ag.max_pool2d(other, 3, 1).sum()
        root.backward()
        value, (gradient,) = tape.run([numbers])
        assert value == root.data
        assert np.array_equal(gradient, other.grad)


@with_numba
def test_threads_do_not_share_memory() -> None:
    scalars = Scalars.of(mlp(50))
    tape = Tape(scalars)
    data = [leaf.data for leaf in scalars.leaves]
    right, wrong = tape.run(data), []

    def work() -> None:
        wrong.extend(1 for _ in range(100) if tape.run(data) != right)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@with_numba
def test_ops_of_more_operands_than_a_step_has_are_refused() -> None:
    def total(*numbers: float) -> float:
        return sum(numbers)

    op = elementwise(
        "total", scalar=total, array=total, partials=lambda y, *_: lambda position: 1.0, arity=None
    )
    with pytest.raises(GraphError, match="up to three operands, and not total"):
        Tape(Scalars.of(op(*(Value(1.0, f"x{place}") for place in range(4)))))
