"""Derivatives of functions, to third order, against what analysis says they are."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, DataError, ShapeError, StaleValueError, Value

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 3))
X = RNG.normal(size=3)


T = math.tanh(0.5)
S = 1 / (1 + math.exp(-0.5))


# One variable: the function, a point, and its value and first three derivatives there.
CURVES: dict[str, tuple[Callable[[Any], Any], float, list[float]]] = {
    "x³": (lambda x: x**3, 2.0, [8, 12, 12, 6]),
    "1 / x": (lambda x: 1 / x, 2.0, [1 / 2, -1 / 4, 2 / 8, -6 / 16]),
    "exp": (ag.exp, 0.5, [math.exp(0.5)] * 4),
    "log": (ag.log, 2.0, [math.log(2), 1 / 2, -1 / 4, 2 / 8]),
    "sqrt": (ag.sqrt, 4.0, [2, 1 / 4, -1 / 32, 3 / 256]),
    "sin": (ag.sin, 0.5, [math.sin(0.5), math.cos(0.5), -math.sin(0.5), -math.cos(0.5)]),
    "cos": (ag.cos, 0.5, [math.cos(0.5), -math.sin(0.5), -math.cos(0.5), math.sin(0.5)]),
    "tanh": (ag.tanh, 0.5, [T, 1 - T**2, -2 * T * (1 - T**2), (1 - T**2) * (6 * T**2 - 2)]),
    "sigmoid": (
        ag.sigmoid,
        0.5,
        [S, S * (1 - S), S * (1 - S) * (1 - 2 * S), S * (1 - S) * (1 - 6 * S + 6 * S**2)],
    ),
    "2ˣ": (lambda x: 2**x, 1.5, [2**1.5 * math.log(2) ** order for order in range(4)]),
    "relu": (ag.relu, 2.0, [2, 1, 0, 0]),
    "|x|": (ag.abs, -2.0, [2, -1, 0, 0]),
    "x·x·x": (lambda x: x * x * x, 2.0, [8, 12, 12, 6]),
    "constant": (lambda x: 0 * x + 5, 2.0, [5, 0, 0, 0]),
}


@pytest.mark.parametrize("name", CURVES)
def test_derivatives_of_a_curve_to_third_order(name: str) -> None:
    function, x, expected = CURVES[name]
    first = ag.grad(function)
    third = ag.grad(ag.grad(first))
    found = [*ag.value_and_grad(function)(x), ag.hessian(function)(x), third(x)]
    assert [type(one) for one in found] == [float] * 4
    assert found == pytest.approx(expected, rel=2e-14, abs=0)


@pytest.mark.parametrize("name", CURVES)
def test_forward_and_reverse_agree_on_a_curve(name: str) -> None:
    function, x, expected = CURVES[name]
    value, slope = ag.jvp(function, [x], [3.0])
    assert [value, slope] == pytest.approx([expected[0], 3 * expected[1]], rel=2e-14, abs=0)
    bent = ag.jvp(ag.grad(function), [x], [1.0])[1]
    assert bent == pytest.approx(expected[2], rel=2e-14, abs=0)


# Several variables


def test_derivatives_of_a_quadratic_form() -> None:
    def form(x: Any) -> Any:
        return x @ A @ x

    assert ag.grad(form)(X) == pytest.approx((A + A.T) @ X, rel=1e-13)
    assert ag.hessian(form)(X) == pytest.approx(A + A.T, rel=1e-13)
    assert np.array_equal(ag.jacobian(ag.hessian(form))(X), np.zeros((3, 3, 3)))


def test_the_third_derivative_of_a_product_is_the_permutation_tensor_without_signs() -> None:
    third = ag.jacobian(ag.hessian(lambda x: x[0] * x[1] * x[2]))(X)
    expected = np.zeros((3, 3, 3))
    for index in itertools.permutations(range(3)):
        expected[index] = 1.0
    assert np.array_equal(third, expected)


def test_derivatives_of_the_squared_length_squared() -> None:
    def function(x: Any) -> Any:
        return (x @ x) ** 2

    one = np.eye(3)
    square, outer = X @ X, np.outer(X, X)
    third = sum(8 * np.einsum(f"{pair}->ijk", one, X) for pair in ("ij,k", "ik,j", "jk,i"))
    assert ag.grad(function)(X) == pytest.approx(4 * square * X, rel=1e-14)
    assert ag.hessian(function)(X) == pytest.approx(4 * square * one + 8 * outer, rel=1e-14)
    assert ag.jacobian(ag.hessian(function))(X) == pytest.approx(third, rel=1e-14)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: A @ x, A),
        (lambda x: x**2, 2 * np.diag(X)),
        (lambda x: ag.stack([x.sum(), x @ x]), np.stack([np.ones(3), 2 * X])),
        (
            lambda x: x.expand_dims(1) * x,
            np.einsum("ac,b->abc", np.eye(3), X) + np.einsum("bc,a->abc", np.eye(3), X),
        ),
        (lambda x: x.sum(), np.ones(3)),
        (lambda x: 0 * x, np.zeros((3, 3))),
    ],
)
def test_jacobians(function: Callable[[Any], Any], expected: Any) -> None:
    found = ag.jacobian(function)(X)
    assert found.shape == expected.shape
    assert found == pytest.approx(expected, rel=1e-15)


def test_the_jacobian_of_a_matrix_has_its_axes_last() -> None:
    found = ag.jacobian(lambda m: m @ X)(A)
    assert np.array_equal(found, np.einsum("ab,c->abc", np.eye(3), X))


def test_the_jacobian_with_respect_to_a_number_has_the_shape_of_the_result() -> None:
    assert np.array_equal(ag.jacobian(lambda x: x * X)(2.0), X)
    assert ag.jacobian(lambda x: x**2)(2.0) == 4.0


def test_vjp_and_jvp_are_the_two_sides_of_the_jacobian() -> None:
    def function(x: Any) -> Any:
        return ag.sin(A @ x) * x[0]

    u, v = RNG.normal(size=3), RNG.normal(size=3)
    jacobian = ag.jacobian(function)(X)
    value, pull = ag.vjp(function, X)
    same, along = ag.jvp(function, [X], [v])
    assert np.array_equal(value, np.sin(A @ X) * X[0])
    assert np.array_equal(same, value)
    assert pull(u)[0] == pytest.approx(u @ jacobian, rel=1e-14)
    assert along == pytest.approx(jacobian @ v, rel=1e-14)


def test_vjp_and_jvp_with_several_inputs() -> None:
    value, pull = ag.vjp(lambda a, b: a @ b, A, X)
    assert value == pytest.approx(A @ X, rel=1e-15)
    to_a, to_b = pull([1.0, 2.0, 3.0])
    assert to_a == pytest.approx(np.outer([1, 2, 3], X), rel=1e-15)
    assert to_b == pytest.approx(A.T @ [1, 2, 3], rel=1e-14)
    along = ag.jvp(lambda a, b: a @ b, [A, X], [np.eye(3), [1.0, 0.0, 0.0]])[1]
    assert along == pytest.approx(X + A[:, 0], rel=1e-15)


def test_a_pull_after_data_were_assigned_is_an_error() -> None:
    w = Value(3.0, label="w")
    _, pull = ag.vjp(lambda x: w * x, 2.0)
    w.data = 5.0
    with pytest.raises(StaleValueError, match="the data of w were assigned"):
        pull(1.0)


def test_a_pull_may_be_used_again() -> None:
    _, pull = ag.vjp(lambda x: x * x, 3.0)
    assert [pull(1.0), pull(2.0), pull(1.0)] == [[6.0], [12.0], [6.0]]


# Arguments


def test_argnums_say_which_arguments() -> None:
    def function(a: Any, b: Any, c: Any) -> Any:
        return a * b**2 * c**3

    point = (5.0, 3.0, 2.0)
    assert ag.grad(function)(*point) == 72.0
    assert ag.grad(function, 1)(*point) == 240.0
    assert ag.grad(function, -1)(*point) == 540.0
    assert ag.grad(function, (2, 0))(*point) == [540.0, 72.0]
    assert ag.grad(function, [1])(*point) == [240.0]
    assert ag.value_and_grad(function, (0, 0))(*point) == (360.0, [72.0, 72.0])
    assert ag.jacobian(function, 1)(*point) == 240.0
    assert ag.hessian(function, 2)(*point) == 540.0


def test_other_arguments_and_keywords_reach_the_function_as_they_are() -> None:
    def power_of(x: Any, exponent: int, *, rule: str) -> Any:
        assert type(exponent) is int
        assert rule == "product"
        result = x
        for _ in range(exponent - 1):
            result = result * x
        return result

    assert ag.grad(power_of)(2.0, 3, rule="product") == 12.0
    assert ag.hessian(power_of)(2.0, 3, rule="product") == 12.0


def test_a_function_that_ignores_its_argument_has_derivative_0() -> None:
    w = Value(3.0)
    for function in (lambda _: w * w, lambda _: Value(5.0), lambda _: Constant(5.0)):
        assert ag.grad(function)(2.0) == 0.0
        assert ag.grad(function)([1.0, 2.0]).tolist() == [0.0, 0.0]
        assert ag.jvp(function, [2.0], [1.0])[1] == 0.0
        assert ag.hessian(function)([1.0, 2.0]).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_the_identity_has_derivative_1() -> None:
    assert ag.grad(lambda x: x)(5.0) == 1.0
    assert ag.jvp(lambda x: x, [5.0], [2.0]) == (5.0, 2.0)
    assert np.array_equal(ag.jacobian(lambda x: x)(X), np.eye(3))


@pytest.mark.parametrize(
    "function",
    [lambda _: 5.0, lambda x: x.data * 2, lambda x: x.item(), lambda _: None, lambda x: [x, x]],
)
def test_a_function_that_returns_no_value_is_an_error_and_not_a_silent_0(
    function: Callable[[Any], Any],
) -> None:
    for derivative in (ag.grad(function), ag.jacobian(function), ag.hessian(function)):
        with pytest.raises(DataError, match="must return a Value computed from its arguments"):
            derivative(2.0)


def test_the_gradient_of_an_array_is_an_error_that_names_the_jacobian() -> None:
    with pytest.raises(ShapeError, match=r"ag\.jacobian"):
        ag.grad(lambda x: x * 2)(X)


def test_an_argument_may_be_named_twice_or_from_the_last() -> None:
    def product(x: Any, y: Any) -> Any:
        return x * y

    assert ag.grad(product, (0, 0))(2.0, 3.0) == [3.0, 3.0]
    assert ag.grad(product, (1, -2))(2.0, 3.0) == [2.0, 3.0]
    assert ag.grad(product, np.int64(-1))(2.0, 3.0) == 2.0
    assert ag.jacobian(product, -1)(2.0, 3.0) == 2.0


@pytest.mark.parametrize("derivative", [ag.grad, ag.value_and_grad, ag.jacobian, ag.hessian])
@pytest.mark.parametrize("argnums", ["x", 1.0, None, (), ("x",), {0}])
def test_what_is_no_position_is_an_error(derivative: Any, argnums: Any) -> None:
    with pytest.raises(DataError, match="give the position of an argument"):
        derivative(lambda x: x * x, argnums)(1.0)


@pytest.mark.parametrize("derivative", [ag.jacobian, ag.hessian])
def test_a_jacobian_is_that_of_one_argument(derivative: Any) -> None:
    with pytest.raises(DataError, match="give the position of an argument"):
        derivative(lambda x, y: x * y, (0, 1))(1.0, 2.0)


NOTHING = np.zeros((0, 2), np.float32)


def test_the_derivatives_of_nothing_have_its_shape() -> None:
    found = [
        ag.jacobian(lambda x: 2 * x)(NOTHING),
        ag.jacobian(lambda x: x.sum(axis=0))(NOTHING),
        ag.jacobian(lambda x: x[:0])(np.float32([1.0, 2.0])),
        ag.hessian(lambda x: (x**2).sum())(NOTHING),
        ag.grad(lambda x: (x**2).sum())(NOTHING),
    ]
    assert [one.shape for one in found] == [(0, 2, 0, 2), (2, 0, 2), (0, 2), (0, 2, 0, 2), (0, 2)]
    assert {one.dtype for one in found} == {np.dtype(np.float32)}
    assert ag.jacobian(lambda x: ag.broadcast_to(x, (0,)))(1.0).shape == (0,)
    value, derivative = ag.jvp(lambda x: 2 * x, [NOTHING], [NOTHING])
    assert value.shape == derivative.shape == (0, 2)


@pytest.mark.parametrize("argnums", [2, -3, (0, 2)])
def test_an_argument_that_was_not_given_is_an_error(argnums: Any) -> None:
    with pytest.raises(DataError, match="was given 2 arguments"):
        ag.grad(lambda x, y: x * y, argnums)(1.0, 2.0)


def test_tangents_must_fit_their_inputs() -> None:
    with pytest.raises(ShapeError, match="1 inputs and 2 tangents"):
        ag.jvp(lambda x: x, [1.0], [1.0, 2.0])
    with pytest.raises(ShapeError, match="cotangent or tangent of shape"):
        ag.jvp(lambda x: x, [1.0], [[1.0]])


def test_cotangents_must_fit_the_result() -> None:
    _, pull = ag.vjp(lambda x: x * 2, X)
    with pytest.raises(ShapeError, match="they must be the same"):
        pull(1.0)


def test_an_argument_that_is_no_number_is_an_error() -> None:
    with pytest.raises(DataError):
        ag.grad(lambda x: x)("2")


# What comes out


def test_plain_numbers_in_plain_numbers_out() -> None:
    value, slope = ag.value_and_grad(lambda x: (x * x).sum())(X)
    assert type(value) is float
    assert type(slope) is np.ndarray


def test_results_are_the_callers_own() -> None:
    w = Value(X)
    _, (to_a, to_b) = ag.value_and_grad(lambda a, b: (a + b + w).sum(), (0, 1))(X, X)
    assert to_a is not to_b
    to_a[0] = 7.0
    assert to_b.tolist() == [1.0, 1.0, 1.0]
    same, _ = ag.vjp(lambda _: w, X)
    same[0] = 7.0
    assert w.data.tolist() == X.tolist()


def test_values_in_values_out_and_the_result_can_be_swept() -> None:
    x = Value(2.0)
    slope = ag.grad(lambda x: x**3)(x)
    assert isinstance(slope, Value)
    (slope * 10).backward()
    assert (slope.data, x.grad) == (12.0, 120.0)


def test_a_gradient_with_respect_to_a_constant_can_be_asked_for() -> None:
    x = Constant(2.0)
    slope = ag.grad(lambda x: x**3)(x)
    assert slope.data == 12.0
    slope.backward()
    assert x.grad is None


def test_the_gradient_attributes_of_what_was_given_stay_as_they_were() -> None:
    x, w = Value(2.0), Value(3.0)
    ag.hessian(lambda x: w * x**3)(x)
    assert (x.grad, w.grad) == (None, None)


def test_float32_stays_float32() -> None:
    x = np.float32([1, 2])
    assert ag.grad(lambda x: (x**3).sum())(x).dtype == np.float32
