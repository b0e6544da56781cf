"""Inputs, and the Builder: every expression once, and no bit changed."""

import math

import numpy as np
import pytest

from autograd_lite import Value
from autograd_lite.errors import DataError, NameLookupError, ShapeError
from autograd_lite.fast.program import Builder, Input, Inputs, known
from autograd_lite.op import REGISTRY
from autograd_lite.ops import elementwise

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
