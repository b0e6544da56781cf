"""Gradient descent as every kernel does it."""

import math

import numpy as np
import pytest

from autograd_lite import Constant, Value
from autograd_lite.fast.program import Descent, Kernel, Program, descend
from autograd_lite.fast.straight import Python, Scalars, Straight
from autograd_lite.fast.tensors import Tensors


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
