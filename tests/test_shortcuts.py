"""The operators of single numbers do what the ops do, only faster."""

import itertools
import math
import operator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.op import REGISTRY

OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
}
METHODS = ["abs", "cos", "exp", "log", "relu", "sigmoid", "sin", "sqrt", "tanh"]
NUMBERS = [0.0, -0.0, 1.0, -2.5, 0.3, 800.0, math.inf, math.nan]


def same(one: Any, other: Any) -> None:
    """The same numbers to the last bit and the same graph."""
    assert one.op is other.op
    for taken, expected in zip(one.operands, other.operands, strict=True):
        assert taken is expected or repr(taken) == repr(expected)  # nan is not equal to nan
    assert one.attributes == other.attributes
    assert type(one.data) is type(other.data) is float
    np.testing.assert_array_equal(one.data, other.data)
    assert math.isnan(one.data) or math.copysign(1, one.data) == math.copysign(1, other.data)


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_operator_is_its_op(name: str) -> None:
    calculate, op = OPERATORS[name], REGISTRY[name]
    for a, b in itertools.product(NUMBERS, repeat=2):
        left, right, fixed = Value(a), Value(b), Constant(b)
        same(calculate(left, right), op(left, right))
        same(calculate(left, fixed), op(left, fixed))
        for plain in (a, b, 3, True, np.float64(b)):
            same(calculate(left, plain), op(left, plain))
            same(calculate(plain, left), op(plain, left))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_method_is_its_op(name: str) -> None:
    for number in NUMBERS:
        x = Value(number)
        same(getattr(x, name)(), REGISTRY[name](x))
    array = Value([0.5, 2.0])
    np.testing.assert_array_equal(getattr(array, name)().data, REGISTRY[name](array.data))


@pytest.mark.parametrize("name", [*OPERATORS, *METHODS])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_gradients_are_those_of_arrays(name: str) -> None:
    op = REGISTRY[name]
    for numbers in itertools.product([0.0, 1.0, -2.5, 0.3, 800.0], repeat=op.arity or 1):
        scalars = [Value(number) for number in numbers]
        arrays = [Value([number]) for number in numbers]
        op(*scalars).backward()
        op(*arrays).sum().backward()
        for scalar, array in zip(scalars, arrays, strict=True):
            assert type(scalar.grad) is float
            np.testing.assert_allclose(scalar.grad, array.grad[0], rtol=1e-15)


def test_an_operand_that_occurs_twice_gets_both() -> None:
    x = Value(3.0)
    (x * x).backward()
    (x / x + x - x).backward()
    assert x.grad == pytest.approx(6.0, abs=1e-15)


def test_nothing_is_recorded_where_it_is_switched_off() -> None:
    x = Value(3.0)
    with ag.no_grad():
        results = [x * x, 2 * x, x.tanh(), -x]
    assert [one.parents for one in results] == [()] * 4


def test_a_number_too_large_is_refused() -> None:
    with pytest.raises(ag.DataError):
        Value(1.0) * 10**400


def test_a_derived_class_is_an_operand_like_any_other() -> None:
    class Parameter(Value):
        pass

    w = Parameter(2.0)
    ((w * w).tanh() * 1.0 + w.tanh() - w).backward()
    inner, outer = 1 - math.tanh(4.0) ** 2, 1 - math.tanh(2.0) ** 2
    assert w.grad == pytest.approx(inner * 4 + outer - 1, rel=1e-12)
