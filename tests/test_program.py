"""A graph as a straight list of steps, run again with other numbers."""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import name_values
from autograd_lite.engine import order
from autograd_lite.errors import DataError, NameLookupError, ShapeError, StaleValueError
from autograd_lite.fast.program import Program
from tests.programs.named import PROGRAMS


def op_names(program: Program) -> list[str]:
    return [step.op.name for step in program.steps]


@pytest.mark.parametrize("build", PROGRAMS)
def test_a_program_has_the_value_and_gradients_of_the_engine(build: Callable[[], Value]) -> None:
    root = build()
    value, gradients = Program.of(root).run()
    root.backward()
    assert value == root.data
    names = name_values(order(root))
    leaves = {
        label: leaf for leaf, label in names.items() if leaf.op is None and leaf.grad is not None
    }
    assert gradients.keys() == leaves.keys()
    for label, found in gradients.items():
        np.testing.assert_allclose(found, leaves[label].grad, rtol=1e-14, atol=1e-16)


def test_other_numbers_give_what_the_graph_of_those_numbers_gives() -> None:
    def build(w: float) -> Value:
        x = Value(w, "w")
        return ag.where(x > 1, ag.exp(x), x**3)

    program = Program.of(build(2.0))
    for number in (2.0, 1.0, -3.0):
        root = build(number)
        root.backward()
        (w,) = (leaf for leaf in order(root) if leaf.label == "w")
        assert program.run({"w": number}) == (root.data, {"w": w.grad})


def test_the_same_expression_is_computed_once() -> None:
    x = Value(2.0, "x")
    assert op_names(Program.of(ag.exp(x) * ag.exp(x), wrt=[])) == ["exp", "multiply"]


def test_nothing_is_computed_that_no_result_needs() -> None:
    x, w = Constant(2.0, "x"), Value(3.0, "w")
    ag.exp(w)
    assert op_names(Program.of(w + x)) == ["add"]  # its gradient is the constant 1


def test_what_is_made_of_constants_alone_is_a_constant() -> None:
    w = Value(3.0, "w")
    program = Program.of(w * ag.exp(ag.sin(0.0)))
    assert op_names(program) == []
    assert program.run({"w": 4.0}) == (4.0, {"w": 1.0})


def test_a_constant_is_an_input_without_gradient() -> None:
    x, w = Constant(2.0, "x"), Value(3.0, "w")
    program = Program.of(w * x)
    assert [leaf.label for leaf in program.inputs] == ["x", "w"]
    assert program.run({"x": 5.0}) == (15.0, {"w": 5.0})


def test_labels_that_several_leaves_have_are_told_apart() -> None:
    assert Program.of(Value(2.0, "w") * Value(3.0, "w")).run() == (6.0, {"w#1": 3.0, "w#2": 2.0})


def test_only_the_gradients_asked_for_are_computed() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    assert Program.of(ag.exp(a) * b, wrt=["b"]).run()[1].keys() == {"b"}


def test_a_leaf_is_a_program_too() -> None:
    assert Program.of(Value(2.0, "w")).run() == (2.0, {"w": 1.0})


def test_a_leaf_that_only_derivatives_of_0_reach_has_the_gradient_0() -> None:
    w, b = Value([1.0, 2.0], "w"), Value(1.0, "b")
    _, gradients = Program.of((w > 1.5).sum() * b).run()
    assert gradients["w"].tolist() == [0.0, 0.0]


def test_arrays_keep_their_precision() -> None:
    w = Value(np.array([1.0, 2.0], np.float32), "w")
    assert Program.of((w * w).sum()).run()[1]["w"].dtype == np.float32


def test_the_gradients_are_arrays_of_their_own() -> None:
    w = Value([1.0, 2.0], "w")
    program = Program.of(w.sum())
    first = program.run()[1]["w"]
    first += 5
    assert program.run()[1]["w"].tolist() == [1.0, 1.0]
    a, b = Value([1.0], "a"), Value([2.0], "b")
    given = np.array([7.0])
    Program.of((a * b).sum()).run({"b": given})[1]["a"][0] = 0.0  # the gradient of a is b
    assert given.tolist() == [7.0]


@pytest.mark.parametrize("root", [1.0, "w", None])
def test_a_program_is_made_of_a_value(root: object) -> None:
    with pytest.raises(DataError, match="a program is made of a Value"):
        Program.of(root)  # type: ignore[arg-type]


def test_the_result_has_to_be_a_single_number() -> None:
    with pytest.raises(ShapeError, match=r"shape \(2,\)"):
        Program.of(Value([1.0, 2.0]) * 2)


def test_data_that_were_assigned_since_are_an_error() -> None:
    w = Value(2.0, "w")
    root = w * w
    w.data = 3.0
    with pytest.raises(StaleValueError, match="w"):
        Program.of(root)


def test_unknown_labels_are_refused_with_the_nearest() -> None:
    root = Value(2.0, "weight") * Constant(1.0, "x")
    with pytest.raises(NameLookupError, match="no weight is called 'weigth'; nearest: weight"):
        Program.of(root, wrt=["weigth"])
    with pytest.raises(NameLookupError, match="x is a Constant"):
        Program.of(root, wrt=["x"])  # a Constant has no gradient
    with pytest.raises(NameLookupError, match="no input is called 'y'"):
        Program.of(root).run({"y": 1.0})


def chain(length: int) -> Value:
    """A chain in which every step has a factor of its own."""
    x = Value(0.5, "x")
    for step in range(length):
        x = ag.sin(x * (1.0 + step / length))
    return x


@pytest.mark.slow
def test_time_and_memory_grow_as_the_graph_does() -> None:
    sizes = [1_000, 2_000, 4_000, 8_000]
    seconds, memory = [], []
    for size in sizes:
        root = chain(size)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            Program.of(root)
            times.append(time.perf_counter() - start)
        seconds.append(min(times))
        tracemalloc.start()
        program = Program.of(root)
        memory.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        del program
    logs = np.log(sizes)
    assert np.polyfit(logs, np.log(memory), 1)[0] < 1.1
    assert np.polyfit(logs, np.log(seconds), 1)[0] < 1.25
