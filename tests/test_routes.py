"""A program on the route of its numbers: what is left out, and when the route does not hold."""

import math
import operator

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.fast.program import Program
from autograd_lite.fast.straight import Routed, Scalars, has_choices, on_route
from autograd_lite.ops.selection import largest, smallest

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
