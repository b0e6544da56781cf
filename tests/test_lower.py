"""Programs rewritten: the same numbers by other steps."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.fast.program import Program, binary, rewritten, squares_multiplied
from autograd_lite.op import Op
from autograd_lite.ops.selection import argmax, argmin, largest, smallest

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
