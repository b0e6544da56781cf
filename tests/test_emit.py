"""The source that is written: what it computes, and what never enters it."""

import ast
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.fast.program import Program
from autograd_lite.fast.straight import Guard, Python, Routed, Scalars, loop_source, step_source
from models.notebook import loss


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


def test_the_loop_tests_the_value_before_each_step() -> None:
    inputs = [1.0]
    program = Program.of(Value(1.0, "w") ** 2)
    assert looped(program, inputs, 0.25, 0.1, 9) == (1, 2, 0.0625)  # 1, 1/4 and 1/16
    assert inputs == [0.25]


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
