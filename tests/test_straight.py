"""Programs of scalars as straight-line source: expanded, on a route, written, and run."""

import ast
import linecache
import math
import operator
import threading
import traceback
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.engine import order
from autograd_lite.errors import GraphTooLargeError
from autograd_lite.fast.program import Program, descend
from autograd_lite.fast.straight import (
    Emitted,
    Guard,
    Python,
    Routed,
    Scalars,
    Straight,
    has_choices,
    loop_source,
    on_route,
    step_source,
)
from autograd_lite.op import REGISTRY, elementwise
from autograd_lite.ops.selection import largest, smallest
from models.notebook import loss
from tests.programs.named import PROGRAMS

# A tensor program as one of single numbers


def test_every_element_of_a_leaf_is_an_input_by_its_name() -> None:
    w = Value([[1.0, 2.0]], "w", [["a", "b"]])
    x = Constant([3.0, 4.0], "x")
    scalars = Scalars.of((w @ x).sum())
    labels = [leaf.label for leaf in scalars.program.inputs]
    assert sorted(labels) == ["a", "b", "x[0]", "x[1]"]
    assert scalars.program.run() == (11.0, {"a": 3.0, "b": 4.0})


def test_numbers_and_arrays_go_there_and_back() -> None:
    a, b, c = Value([[1.0, 2.0]], "a"), Value(3.0, "b"), Value(np.ones(1, np.float32), "c")
    scalars = Scalars.of((a * b * c).sum())
    data = [leaf.data for leaf in scalars.leaves]
    numbers = scalars.row.flat(data)
    assert sorted(numbers) == [1.0, 1.0, 2.0, 3.0]
    back = scalars.row.arrays(numbers)
    for before, after, leaf in zip(data, back, scalars.leaves, strict=True):
        assert np.array_equal(before, after)
        assert np.shape(after) == leaf.shape
        assert type(after) is type(before)
    (single,) = (one for one in back if isinstance(one, np.ndarray) and one.shape == (1,))
    assert single.dtype == np.float32


def test_scalars_go_there_and_back_without_an_array() -> None:
    scalars = Scalars.of(Value(2.0, "a") * Value(3.0, "b"))
    assert scalars.row.flat([4.0, 5.0]) == [4.0, 5.0]
    assert scalars.gradients.arrays(np.array([1.0, 2.0])) == [1.0, 2.0]


def test_the_places_of_the_weights_are_those_among_all_leaves() -> None:
    x, w = Constant([1.0, 2.0], "x"), Value([3.0, 4.0], "w")
    assert Scalars.of((x * w).sum()).updated == [1]


def test_squares_of_arrays_are_rounded_as_numpy_rounds_them() -> None:
    numbers = np.random.default_rng(0).uniform(-3, 3, 500)
    x = Value(numbers, "x")
    root = (x**2).sum()
    program = Scalars.of(root).program
    assert "power" not in {step.op.name for step in program.steps}
    assert program.run()[0] == pytest.approx(root.data, rel=1e-14)


def test_more_scalars_than_the_limit_are_refused_before_they_are_made() -> None:
    with pytest.raises(GraphTooLargeError, match="limit of 100"):
        Scalars.of((Value(np.ones(1000)) * 2).sum(), limit=100)


def test_the_winner_of_a_pool_is_asked_at_each_run() -> None:
    x = Value([[1.0, 2.0], [3.0, 4.0]], "x")
    program = Scalars.of(ag.max_pool2d(x).sum()).program
    _, gradients = program.run({"x[0,1]": 9.0})
    assert gradients == {"x[0,0]": 0.0, "x[0,1]": 1.0, "x[1,0]": 0.0, "x[1,1]": 0.0}


# Routes: what is left out, and when a route does not hold


SYMBOLS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


def holds(routed: Routed, numbers: list[float]) -> bool:
    slots = routed.program.slots(numbers)
    return all(
        SYMBOLS[guard.symbol](slots[guard.left], slots[guard.right]) for guard in routed.guards
    )


def pooled() -> Program:
    """The sum of the squares of a 4×4 image's pooled quarters."""
    x = Value(np.arange(16.0).reshape(4, 4), "x")
    return Scalars.of((ag.max_pool2d(x) ** 2).sum()).program


def test_only_the_winners_part_is_left() -> None:
    program = pooled()
    routed = on_route(program, [float(number) for number in range(16)])
    assert has_choices(program)
    assert not has_choices(routed.program)
    assert len(routed.program.steps) < len(program.steps) / 4
    assert len(routed.guards) == 12  # each of four winners against three others


def test_the_route_has_the_numbers_of_the_program_wherever_it_holds() -> None:
    program, rng = pooled(), np.random.default_rng(0)
    numbers = [float(number) for number in range(16)]
    routed = on_route(program, numbers)
    inputs = [leaf.label for leaf in program.inputs]
    both = {True: 0, False: 0}
    for scale in (0.1, 1.0, 10.0) * 20:
        other = [number + scale * float(rng.normal()) for number in numbers]
        found = routed.program.run(dict(zip(inputs, other, strict=True)))
        right = program.run(dict(zip(inputs, other, strict=True)))
        held = holds(routed, other)
        both[held] += 1
        assert (found == right) is held
    assert min(both.values()) > 5


@pytest.mark.parametrize("op", [largest, smallest])
def test_of_equals_the_first_wins_and_the_route_knows(op: ag.Value) -> None:
    a, b = Value(1.0, "a"), Value(1.0, "b")
    routed = on_route(Program.of(op(a, b) ** 2), [1.0, 1.0])  # type: ignore[operator]
    assert routed.program.run()[1] == {"a": 2.0, "b": 0.0}
    assert holds(routed, [1.0, 1.0])
    better = math.nextafter(1.0, 2.0 if op is largest else 0.0)
    assert not holds(routed, [1.0, better])
    assert not holds(routed, [1.0, math.nan])


@pytest.mark.parametrize("scale", [math.inf, math.nan])
def test_a_route_is_void_where_a_zero_meets_what_is_not_finite(scale: float) -> None:
    a, b, s = Value(1.0, "a"), Value(2.0, "b"), Constant(3.0, "s")
    program = Program.of(largest(a * s, b) ** 2)
    assert [leaf.label for leaf in program.inputs] == ["a", "b", "s"]
    routed = on_route(program, [1.0, 4.0, 3.0])
    assert holds(routed, [1.0, 40.0, 3.0])
    assert not holds(routed, [-1.0, 40.0, scale])  # a·s is −inf or nan; its gradient is 0·s


def test_a_program_without_choices_has_no_guards() -> None:
    program = Program.of(ag.relu(Value(1.0, "x")))
    assert not has_choices(program)
    assert on_route(program, [1.0]).guards == ()


# The source: what it computes, and what never enters it


def stepped(program: Program, inputs: list[float]) -> tuple[bool, float, list[float]]:
    gradients = [0.0] * len(program.gradients)
    function = Python().function(step_source(Routed(program)), "step")
    return (*function(inputs, gradients), gradients)


def looped(program: Program, *arguments: Any) -> Any:
    return Python().function(loop_source(Routed(program)), "loop")(*arguments)


EVIL = ["__import__('os').system('x')", "w\n    import os", "ß=1", "'''", "x0", "{0}"]


@pytest.mark.parametrize("label", EVIL)
def test_labels_never_enter_the_source(label: str) -> None:
    root = ag.exp(Value(1.0, label) * Constant(2.0, label + " ")).named(label)
    for emitted in (step_source(Routed(Program.of(root))), loop_source(Routed(Program.of(root)))):
        names = {node.id for node in ast.walk(ast.parse(emitted.source)) if hasattr(node, "id")}
        assert all(
            name in {"inputs", "gradients", "exp", "range", "rate", "threshold", "steps", "done"}
            or name in {"status", "inf"}
            or name.lstrip("xtg").isdigit()
            for name in names
        )


@given(st.floats())
def test_numbers_enter_the_source_to_the_last_bit(number: float) -> None:
    program = Program.of(Value(1.0, "x") * (Constant(0.0, "c") + 0.0) + number)
    _, value, _ = stepped(program, [0.0, 0.0])
    assert value == number or (math.isnan(value) and math.isnan(number))


def test_sums_and_products_keep_their_order() -> None:
    a, b, c, d = (Value(float(number), name) for number, name in enumerate("abcd", start=1))
    numbers = [1e16, -1e16, 1.0, 3e-8]
    for root in (a + (b + c), (a + b) + c, a - (b - c), a / (b * d), a * (b / d), -(a - d), a - -d):
        program = Program.of(root)
        inputs = [dict(zip("abcd", numbers, strict=True))[leaf.label] for leaf in program.inputs]
        _, value, gradients = stepped(program, inputs)
        labels = [leaf.label for leaf in program.inputs]
        right = program.run(dict(zip(labels, inputs, strict=True)))
        assert (value, dict(zip(program.gradients, gradients, strict=True))) == right


def test_lines_stay_short_enough_to_be_read() -> None:
    x = total = Value(0.5, "x")
    for power in range(100):
        total = total + ag.sin(x * float(power + 2))
    emitted = step_source(Routed(Program.of(total, wrt=[])))
    assert max(line.count("sin") for line in emitted.source.splitlines()) <= 12


def test_what_is_used_once_has_no_line_of_its_own() -> None:
    program = Program.of(ag.exp(ag.sin(Value(1.0, "x") * 2.0)), wrt=[])
    assert step_source(Routed(program)).source.splitlines()[1:] == [
        "    x0 = inputs[0]",
        "    t2 = exp(sin(x0 * 2.0))",
        "    return True, t2",
    ]


def test_what_does_not_change_is_computed_before_the_loop() -> None:
    w, x = Value(1.0, "w"), Constant(2.0, "x")
    lines = loop_source(Routed(Program.of((w * ag.exp(x)) ** 2))).source.splitlines()
    loop = next(place for place, line in enumerate(lines) if line.lstrip().startswith("for "))
    assert any("exp(" in line for line in lines[:loop])
    assert not any("exp(" in line for line in lines[loop:])


def test_weights_that_are_each_others_gradients_are_updated_at_once() -> None:
    inputs = [2.0, 5.0]
    program = Program.of(Value(2.0, "a") * Value(5.0, "b"))
    assert looped(program, inputs, 0.1, -1.0, 1) == (0, 1, 10.0)
    assert inputs == [2.0 - 0.1 * 5.0, 5.0 - 0.1 * 2.0]


def test_a_route_that_does_not_hold_gives_no_result() -> None:
    program = Program.of(Value(1.0, "a") * Value(2.0, "b"))
    routed = Routed(program, (Guard(0, "<", 1),))
    step = Python().function(step_source(routed), "step")
    assert step([1.0, 2.0], [0.0, 0.0]) == (True, 2.0)
    assert step([2.0, 1.0], [0.0, 0.0])[0] is False
    inputs = [2.0, 1.0]
    loop = Python().function(loop_source(routed), "loop")
    assert loop(inputs, 0.1, 0.0, 5)[:2] == (2, 0)
    assert inputs == [2.0, 1.0]


def test_a_guard_on_what_does_not_change_is_asked_once_before_the_loop() -> None:
    w, x = Value(1.0, "w"), Constant(2.0, "x")
    program = Program.of(w * x)
    place = [leaf.label for leaf in program.inputs].index("x")
    source = loop_source(Routed(program, (Guard(place, "<", place),))).source
    assert source.index("    return 2, 0, inf") < source.index("for done")
    assert "status = 2" not in source


def test_the_same_graph_has_the_same_source() -> None:
    # By which numba finds in another process what it has kept.
    first, second = (Routed(Scalars.of(loss()).program) for _ in range(2))
    assert step_source(first) == step_source(second)
    assert loop_source(first) == loop_source(second)


# Compiled by Python itself


def test_a_debugger_finds_the_source() -> None:
    function = Python().function(Emitted("def step(x):\n    return log(x)\n", ()), "step")
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is Python's own
        function(-1.0)
    (*_, frame) = traceback.extract_tb(caught.value.__traceback__)
    assert frame.line == "return log(x)"
    assert linecache.getline(function.__code__.co_filename, 1) == "def step(x):\n"


def test_an_op_of_the_users_own_is_called() -> None:
    cube = elementwise(
        "cube", scalar=lambda x: x * x * x, array=lambda x: x**3, partials=lambda y, x: 3 * x * x
    )
    emitted = step_source(Routed(Program.of(cube(Value(2.0, "x")))))
    assert emitted.calls == (cube,)
    gradients = [0.0]
    assert Python().function(emitted, "step")([3.0], gradients) == (True, 27.0)
    assert gradients == [27.0]


# As a kernel: routes that change, exceptions, and whole descents


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
