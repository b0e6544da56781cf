"""Derivatives within derivatives: each knows its own variable only."""

import math
import threading
from typing import Any

import pytest

import autograd_lite as ag
from autograd_lite import Value


def test_a_nested_derivative_does_not_confuse_the_two_variables() -> None:
    # d/dx [x · d/dy (x + y)] = 1; an engine that confuses them says 2.
    assert ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_an_inner_derivative_at_the_outer_variable() -> None:
    # d/dx [x · f′(x)] = f′ + x·f″
    assert ag.grad(lambda x: x * ag.grad(ag.sin)(x))(2.0) == pytest.approx(
        math.cos(2) - 2 * math.sin(2), rel=1e-15
    )


def test_an_inner_derivative_sees_the_outer_variable_in_its_closure() -> None:
    # d/dx [d/dy (x²·y³)] at y = x: the inner is 3x²y², in which y is a number of its own.
    assert ag.grad(lambda x: ag.grad(lambda y: x**2 * y**3)(2.0))(3.0) == 2 * 3 * 3 * 2**2


def test_the_inner_argument_may_be_the_outer_one_twice() -> None:
    # g(x) = ∂/∂y (x·y²) at y = x is 2x², and g′ = 4x.
    assert ag.grad(lambda x: ag.grad(lambda y: x * y**2)(x))(5.0) == 20.0


def test_nesting_of_different_kinds() -> None:
    def f(x: Any) -> Any:
        return x**4

    derivatives = [
        ag.grad(lambda x: ag.jvp(f, [x], [1.0])[1]),
        lambda x: ag.jvp(lambda x: ag.vjp(f, x)[1](1.0)[0], [x], [1.0])[1],
        lambda x: ag.jvp(lambda x: ag.jvp(f, [x], [1.0])[1], [x], [1.0])[1],
        ag.jacobian(ag.jacobian(f)),
    ]
    assert [derivative(2.0) for derivative in derivatives] == [48.0] * 4


def test_a_cotangent_may_be_differentiated() -> None:
    _, pull = ag.vjp(lambda x: x**3, 2.0)
    assert ag.grad(lambda u: pull(u)[0] ** 2)(5.0) == 2 * 5 * 12**2
    assert ag.grad(lambda t: ag.jvp(lambda x: x**3, [2.0], [t])[1] ** 2)(5.0) == 2 * 5 * 12**2


def test_a_cotangent_or_tangent_that_is_a_value_gives_a_value() -> None:
    u = Value(5.0)
    _, pull = ag.vjp(lambda x, _: x**3, 2.0, 1.0)
    to_x, to_unused = pull(u)
    to_x.backward()
    assert (u.grad, to_unused.data) == (12.0, 0.0)
    t = Value(5.0)
    ag.jvp(lambda x: x**3, [2.0], [t])[1].backward()
    assert t.grad == 12.0


def test_an_error_in_the_function_leaves_no_trace() -> None:
    def fails(_: Any) -> Any:
        raise KeyError

    with pytest.raises(KeyError):
        ag.grad(fails)(1.0)
    assert type(ag.grad(lambda x: x * x)(3.0)) is float


def test_a_derivative_in_another_thread_is_not_taken_for_a_nested_one() -> None:
    found: list[Any] = []

    def outer(x: Any) -> Any:
        thread = threading.Thread(target=lambda: found.append(ag.grad(lambda y: y * y)(3.0)))
        thread.start()
        thread.join()
        return x * x

    assert ag.grad(outer)(2.0) == 4.0
    assert found == [6.0]
    assert type(found[0]) is float


def test_a_gradient_step_may_be_differentiated() -> None:
    """The learning rate that a step of gradient descent on x² likes best is 1/2."""

    def loss_after_a_step(rate: Any) -> Any:
        x = Value(3.0)
        return (x - rate * ag.grad(lambda x: x**2)(x)) ** 2

    assert ag.grad(loss_after_a_step)(0.25) == 2 * (3 - 1.5) * -6
    assert ag.grad(loss_after_a_step)(0.5) == 0.0
