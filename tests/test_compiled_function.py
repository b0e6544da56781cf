"""Functions, compiled: traced once for each set of shapes, with arguments by name."""

import sys
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.errors import DataError, GraphError, NameLookupError, ShapeError
from autograd_lite.fast.compile import compile_


def test_a_function_is_traced_once_for_each_set_of_shapes() -> None:
    calls = []

    def loss(x: Any, w: Any) -> Any:
        calls.append(np.shape(x))
        return ((w * x - 1.0) ** 2).sum()

    step = compile_(loss)
    assert step(x=2.0, w=3.0) == (25.0, {"x": 30.0, "w": 20.0})
    assert step(x=1.0, w=1.0) == (0.0, {"x": 0.0, "w": 0.0})
    value, gradients = step(x=[1.0, 2.0], w=1.0)
    assert (value, gradients["w"]) == (1.0, 4.0)
    step(x=np.float32([1, 2]), w=1.0)
    step(x=[5.0, 6.0], w=2.0)
    assert calls == [(), (2,), (2,)]
    assert "traced for 3 sets of shapes" in repr(step)


def test_a_constant_takes_no_gradient() -> None:
    step = compile_(lambda x, w: x * w)
    assert step(x=Constant(2.0), w=3.0) == (6.0, {"w": 2.0})
    assert step(x=Value(2.0), w=3.0) == (6.0, {"x": 3.0, "w": 2.0})


def test_values_beside_the_arguments_are_inputs_by_their_labels() -> None:
    w = Value(3.0, "w")
    step = compile_(lambda x: w * x, wrt=["w"])
    assert step(x=2.0) == (6.0, {"w": 2.0})
    w.data = 5.0
    assert step(x=2.0) == (10.0, {"w": 2.0})
    assert step(x=2.0, w=7.0) == (14.0, {"w": 2.0})


def test_any_keywords_may_be_arguments() -> None:
    step = compile_(lambda **given: given["a"] * given["b"])
    assert step(a=2.0, b=3.0) == (6.0, {"a": 3.0, "b": 2.0})


def test_a_label_that_the_function_gives_an_argument_does_not_count() -> None:
    assert compile_(lambda x: x.named("z") * 2)(x=3.0) == (6.0, {"x": 2.0})


def test_an_argument_has_its_name_beside_a_value_with_that_label() -> None:
    outside = Value(2.0, "w")
    step = compile_(lambda w: w * outside)
    assert step(w=4.0) == (8.0, {"w": 2.0, "w#1": 4.0})
    outside.data = 3.0
    assert step(w=4.0)[0] == 12.0
    assert compile_(lambda w: w.named("z") * outside, wrt=["w"])(w=4.0) == (12.0, {"w": 3.0})
    assert compile_(lambda w: (w * 2.0).named("w") * outside)(w=4.0)[0] == 24.0


def test_a_default_is_a_constant() -> None:
    def scaled(x: Any, by: float = 2.0) -> Any:
        return x * by

    assert compile_(scaled)(x=3.0) == (6.0, {"x": 2.0})
    assert compile_(scaled)(x=3.0, by=5.0) == (15.0, {"x": 5.0, "by": 3.0})


def test_what_numbers_decide_is_decided_at_each_run() -> None:
    def f(x: Any) -> Any:
        return ag.where(x > 0, ag.maximum(x, 2.0) * 3, ag.relu(-x) ** 2)

    step = compile_(f)
    for number in (1.0, 5.0, -3.0, 0.0, 2.0):
        value, gradient = ag.value_and_grad(f)(number)
        assert step(x=number) == (value, {"x": gradient})


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if x > 0 else -x,
        lambda x: x * 2 if (Value(1.0, "w") * x) > 0 and x else x,
        lambda x: max(x, x * 2),
        lambda x: x * (not x),
    ],
)
def test_an_if_on_a_value_is_refused(function: Any) -> None:
    before = sys.getprofile()
    with pytest.raises(GraphError, match=r"traced once.*ag\.where"):
        compile_(function)(x=1.0)
    assert sys.getprofile() is before
    assert Value(1.0) > 0  # elsewhere a Value may be asked


def test_functions_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match=r"squared_error.* was given output: missing"):
        compile_(ag.squared_error)(output=1.0)
    with pytest.raises(DataError, match="has to return a Value"):
        compile_(lambda x: 3.0)(x=1.0)
    with pytest.raises(GraphError, match="does not depend on y"):
        compile_(lambda x, y: x * 2)(x=1.0, y=2.0)
    with pytest.raises(NameLookupError, match="no input is called 'z'"):
        compile_(lambda x: x * 2)(x=1.0, z=2.0)
    with pytest.raises(ShapeError, match="single"):
        compile_(lambda x: x * 2)(x=[1.0, 2.0])
