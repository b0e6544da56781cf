"""A graph as a straight list of steps: inputs, the Builder, rewrites, descents."""

import math
import tracemalloc
from functools import partial

import numpy as np
import pytest
from conftest import lines_run
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.engine import order
from autograd_lite.errors import DataError, NameLookupError, ShapeError, StaleValueError
from autograd_lite.fast.program import (
    Builder,
    Descent,
    Input,
    Inputs,
    Kernel,
    Program,
    binary,
    descend,
    known,
    rewritten,
    squares_multiplied,
)
from autograd_lite.fast.straight import Python, Scalars, Straight
from autograd_lite.fast.tensors import Tensors
from autograd_lite.op import REGISTRY, Op
from autograd_lite.ops import elementwise
from autograd_lite.ops.selection import argmax, argmin, largest, smallest

# Inputs, and the Builder: every expression once, and no bit changed


SCALAR = (), np.dtype(float)
PAIR = (2,), np.dtype(float)


def scalar(label: str = "x") -> Input:
    return Input(label, 3.0, *SCALAR)


def test_inputs_take_the_precision_and_the_shape_that_they_were_recorded_with() -> None:
    single = Input("w", np.zeros(2, np.float32), (2,), np.dtype(np.float32))
    taken = single.take([1, 2])
    assert isinstance(taken, np.ndarray)
    assert taken.dtype == np.float32
    assert scalar().take(Value(2.0)) == 2.0
    assert scalar().take(np.float64(2.0)) == 2.0
    with pytest.raises(ShapeError, match=r"w has shape \(2,\) and was given data of shape \(3,\)"):
        single.take([1, 2, 3])
    with pytest.raises(DataError):
        scalar().take("3")


def test_what_is_not_given_stays_as_recorded() -> None:
    assert Inputs([scalar("a"), scalar("b")]).bound({"b": 1}, [3.0, 3.0]) == [3.0, 1.0]


def test_a_name_that_is_not_there_is_told_with_what_there_is() -> None:
    with pytest.raises(NameLookupError, match="nearest: w_hidden"):
        known("w_hiden", ["w_hidden", "b"], "input")
    with pytest.raises(NameLookupError, match="there is none"):
        known("w", [], "input")


@pytest.mark.parametrize(
    ("name", "second", "passes"),
    [
        ("multiply", 1.0, True),
        ("divide", 1.0, True),
        ("power", 1.0, True),
        ("subtract", 0.0, True),
        ("subtract", -0.0, False),  # -0 - -0 is 0
        ("add", 0.0, False),  # -0 + 0 is 0
        ("multiply", 2.0, False),
        ("multiply", math.nan, False),
    ],
)
def test_an_op_is_left_out_where_it_changes_no_bit(name: str, second: float, passes: bool) -> None:
    builder, op = Builder(), REGISTRY[name]
    x = builder.input(scalar())
    found = builder.step(op, (x, builder.constant(second)), {}, *SCALAR)
    assert (found == x) is passes
    for number in (0.0, -0.0, 3.5, -2.0, math.inf) if passes else ():
        assert op.forward(number, second).hex() == number.hex()


def test_minus_minus_x_is_x() -> None:
    builder = Builder()
    x = builder.input(scalar())
    once = builder.step(elementwise.negative, (x,), {}, *SCALAR)
    assert builder.step(elementwise.negative, (once,), {}, *SCALAR) == x != once


def test_constants_are_the_same_if_every_bit_is() -> None:
    builder = Builder()
    assert builder.constant(0.0) != builder.constant(-0.0)
    assert builder.constant(math.nan) == builder.constant(math.nan)
    pair = np.array([1.0, 2.0])
    assert builder.constant(pair) == builder.constant(pair.copy())
    assert builder.constant(pair) != builder.constant(pair.astype(np.float32))


def test_ops_with_other_attributes_are_other_steps() -> None:
    builder, total = Builder(), REGISTRY["sum"]
    x = builder.input(Input("x", np.ones((2, 2)), (2, 2), np.dtype(float)))
    first = builder.step(total, (x,), {"axis": 0, "keepdims": False}, *PAIR)
    again = builder.step(total, (x,), {"axis": 0, "keepdims": False}, *PAIR)
    other = builder.step(total, (x,), {"axis": 1, "keepdims": False}, *PAIR)
    assert first == again != other


def test_ops_of_constants_are_computed_at_once_and_in_silence() -> None:
    builder = Builder()
    zero = builder.constant(0.0)
    found = builder.step(elementwise.divide, (builder.constant(1.0), zero), {}, *SCALAR)
    assert builder.is_constant(found, math.inf)


def test_numbers_are_given_anew_without_the_dead_ones() -> None:
    builder = Builder()
    x, two = builder.input(scalar()), builder.constant(2.0)
    builder.constant(7.0)
    builder.step(elementwise.exp, (x,), {}, *SCALAR)
    kept = builder.step(elementwise.multiply, (x, two), {}, *SCALAR)
    inputs, constants, steps, outputs = builder.finish([kept])
    assert [leaf.label for leaf in inputs] == ["x"]
    assert constants == (2.0,)
    assert [(step.op.name, step.operands) for step in steps] == [("multiply", (0, 1))]
    assert outputs == [2]


# Programs


def op_names(program: Program) -> list[str]:
    return [step.op.name for step in program.steps]


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
def test_steps_and_memory_grow_as_the_graph_does() -> None:
    sizes = [500, 1_000, 2_000, 4_000]
    steps, memory = [], []
    for size in sizes:
        root = chain(size)
        steps.append(lines_run(partial(Program.of, root)))
        tracemalloc.start()
        program = Program.of(root)
        memory.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        del program
    logs = np.log(sizes)
    assert np.polyfit(logs, np.log(memory), 1)[0] < 1.1
    assert np.polyfit(logs, np.log(steps), 1)[0] < 1.05


# Rewrites: the same numbers by other steps


NUMBERS = st.lists(
    st.sampled_from([-1.0, 0.0, 1.0, 2.0, math.inf, -math.inf, math.nan]), min_size=4, max_size=4
)


def four(op: Op) -> Program:
    return Program.of(op(*(Value(float(place), f"x{place}") for place in range(4))))


@pytest.mark.parametrize(
    ("op", "numpy"),
    [(largest, np.max), (smallest, np.min), (argmax, np.argmax), (argmin, np.argmin)],
)
@given(numbers=NUMBERS)
def test_two_at_a_time_give_the_extreme_and_its_place_also_of_ties_and_nan(
    op: Op, numpy: object, numbers: list[float]
) -> None:
    folded = binary(four(op))
    assert not {step.op for step in folded.steps} & {largest, smallest, argmax, argmin}
    inputs = {f"x{place}": number for place, number in enumerate(numbers)}
    assert callable(numpy)
    np.testing.assert_equal(folded.run(inputs)[0], float(numpy(numbers)))


@given(numbers=NUMBERS)
def test_who_wins_is_the_same_two_at_a_time(numbers: list[float]) -> None:
    program = four(largest)
    inputs = {f"x{place}": number for place, number in enumerate(numbers)}
    np.testing.assert_equal(binary(program).run(inputs), program.run(inputs))
    winner = f"x{np.argmax(numbers)}"
    assert [name for name, one in program.run(inputs)[1].items() if one] == [winner]


def test_a_loser_gets_0_also_of_an_infinite_gradient() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    root = largest(a, b) * Value(1.0, "scale")
    assert Program.of(root).run({"scale": math.inf})[1]["a"] == 0.0


def test_squares_are_products() -> None:
    program = squares_multiplied(Program.of(Value(3.0, "x") ** 2))
    assert "power" not in {step.op.name for step in program.steps}
    assert program.run({"x": 5.0}) == (25.0, {"x": 10.0})


def test_a_rewriting_of_nothing_is_the_same_program() -> None:
    program = four(largest)
    again = rewritten(program, lambda *_: None)
    assert (again.steps, again.value, again.gradients) == (
        program.steps,
        program.value,
        program.gradients,
    )
    plain = Program.of(Value(3.0, "x") ** 3)
    assert binary(plain) is plain


def test_the_extreme_of_n_numbers_takes_n_steps_of_few_operands() -> None:
    def work(size: int) -> int:
        program = Scalars.of(Value(np.arange(float(size)), "x").max()).program
        return sum(1 + len(step.operands) for step in program.steps)

    assert work(200) < 2.1 * work(100)


# Gradient descent as every kernel does it


def root() -> Value:
    """(w·x)², with one weight and one constant."""
    return (Value(1.0, "w") * Constant(1.0, "x")) ** 2


@pytest.fixture(params=["tensors", "straight"])
def kernel(request: pytest.FixtureRequest) -> Kernel:
    if request.param == "tensors":
        return Tensors(Program.of(root()))
    return Straight(Scalars.of(root()), Python())


def test_the_value_is_tested_before_each_step(kernel: Kernel) -> None:
    # E is 1, 1/4, 1/16 as w is 1, 1/2, 1/4.
    assert kernel.descend([1.0, 1.0], 0.25, 0.1, 9) == Descent([0.25, 1.0], 2, 0.0625, True)
    assert kernel.descend([1.0, 1.0], 0.25, 2.0, 9) == Descent([1.0, 1.0], 0, 1.0, True)


def test_the_last_value_is_that_before_the_last_step(kernel: Kernel) -> None:
    assert kernel.descend([1.0, 1.0], 0.25, 0.0, 2) == Descent([0.25, 1.0], 2, 0.25, False)


def test_a_value_that_is_no_number_is_below_nothing(kernel: Kernel) -> None:
    ended = kernel.descend([math.nan, 1.0], 0.25, math.inf, 3)
    assert (ended.done, ended.converged) == (3, False)


def test_the_data_given_are_not_changed(kernel: Kernel) -> None:
    data = [1.0, 1.0]
    kernel.descend(data, 0.25, 0.0, 2)
    assert data == [1.0, 1.0]


def test_all_weights_are_changed_by_gradients_of_the_same_point() -> None:
    # The gradient of a is b, and that of b is a.
    found = descend(lambda data: (0.0, [data[1], data[0]]), [2.0, 5.0], [0, 1], 1.0, -1.0, 1)
    assert found.data == [-3.0, 3.0]


def test_arrays_are_left_to_the_caller() -> None:
    w = Value([1.0, 2.0], "w")
    kernel = Tensors(Program.of((w * w).sum()))
    given = np.array([1.0, 2.0])
    kernel.descend([given], 0.1, -1.0, 3)
    assert given.tolist() == [1.0, 2.0]
