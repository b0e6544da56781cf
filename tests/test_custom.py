"""An op of the user's own, made in one call: what every view makes of it, and what is refused."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, GraphTooLargeError, ShapeError, Value
from autograd_lite.op import REGISTRY

X, Y = np.array([1.0, 2.0]), np.array([3.0, -1.0])


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    before = {*REGISTRY}
    yield
    for name in REGISTRY.keys() - before:
        del REGISTRY[name]


def weighted() -> Any:
    """tanh(x) @ y, with its derivatives written in NumPy."""

    def forward(x: Any, y: Any) -> Any:
        return np.tanh(x) @ y

    def vjp(g: Any, _: Any, x: Any, y: Any) -> Any:
        return g * (1 - np.tanh(x) ** 2) * y, g * np.tanh(x)

    return ag.custom(forward, vjp, name="weighted")


def smooth_relu() -> Any:
    return ag.custom(
        lambda x: np.logaddexp(0.0, x),
        lambda g, y, x: g * ag.sigmoid(x),
        name="smooth_relu",
        is_elementwise=True,
    )


def slopes(x: Any = X, y: Any = Y) -> dict[str, Any]:
    """∂(w²)/∂x and ∂(w²)/∂y by hand, w = tanh(x)·y."""
    w = np.tanh(x) @ y
    return {"x": 2 * w * (1 - np.tanh(x) ** 2) * y, "y": 2 * w * np.tanh(x)}


def square() -> Value:
    return (weighted()(Value(X, "x"), Value(Y, "y")) ** 2).named("z")


def test_it_computes_on_numbers_and_records_on_values() -> None:
    op = weighted()
    assert op(X, Y) == np.tanh(X) @ Y
    value = op(Value(X), Y)
    assert value.data == np.tanh(X) @ Y
    assert (value.op, value.op.name) == (op, "weighted")


def test_its_gradient_is_that_of_the_vjp_to_any_order() -> None:
    op = weighted()
    assert ag.check_grad(op, X, Y).ok
    assert ag.check_grad(ag.grad(op, (0, 1)) and ag.grad(op), X, Y).ok
    found = ag.grad(lambda x, y: op(x, y) ** 2, (0, 1))(X, Y)
    assert found[0] == pytest.approx(slopes()["x"], rel=1e-14)
    assert found[1] == pytest.approx(slopes()["y"], rel=1e-14)


def test_a_wrong_vjp_is_found() -> None:
    wrong = ag.custom(np.sin, lambda g, y, x: -g * np.cos(x), name="wrong")
    assert not ag.check_grad(wrong, 0.5).ok
    assert not ag.check_grad(wrong, X).ok


@pytest.mark.parametrize("backend", ["auto", "python", "numpy"])
def test_it_is_compiled_as_a_call(backend: str) -> None:
    step = ag.compile(square(), backend=backend)
    value, gradients = step(x=[0.5, 0.1])
    x = np.array([0.5, 0.1])
    assert value == pytest.approx((np.tanh(x) @ Y) ** 2, rel=1e-14)
    for name, expected in slopes(x).items():
        assert gradients[name] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("level", ["scalar", "tensor"])
def test_it_is_derived_as_a_call(level: str) -> None:
    derivation = ag.derive(square(), level)
    assert 'REGISTRY["weighted' in derivation.source
    assert derivation.run().value == pytest.approx((np.tanh(X) @ Y) ** 2, rel=1e-14)


def test_its_terms_have_the_derivatives_of_the_vjp() -> None:
    z = square()
    expected = slopes()
    found = {term.name: term.value for term in ag.terms(z)}
    assert found == {
        f"∂z/∂{name}[{k}]": pytest.approx(expected[name][k], rel=1e-14)
        for name in "xy"
        for k in range(2)
    }
    assert ag.chain_rule(z, "x[1]").value == pytest.approx(expected["x"][1], rel=1e-14)
    assert ag.compare(z, {"dz/dx": expected["x"].tolist(), "dz/dy": [1.0, 2.0]}).count("wrong") > 0
    assert "weighted" in str(ag.terms(z)[0])
    ag.draw(z)
    ag.draw(z, level="tensor")


def test_an_elementwise_one_has_the_formula_that_the_vjp_writes() -> None:
    x = Value(1.0, "x")
    y = (smooth_relu()(x) * x).named("y")
    assert [str(term) for term in ag.terms(y)] == ["∂y/∂x = x·σ(x) + smooth_relu(x) = 2.04432"]
    rows = smooth_relu()(Value([[0.0, 1.0]]))
    assert rows.data == pytest.approx(np.logaddexp(0, [[0.0, 1.0]]), rel=1e-15)
    assert ag.grad(ag.grad(smooth_relu()))(0.0) == 0.25


def test_an_elementwise_one_of_two_operands_is_broadcast() -> None:
    op = ag.custom(
        lambda a, b: a * b + b,
        lambda g, y, a, b: (g * b, g * (a + 1)),
        name="fused",
        is_elementwise=True,
    )
    assert ag.check_grad(op, [[1.0], [2.0]], [3.0, 4.0]).ok


def test_keywords_reach_both_functions() -> None:
    op = ag.custom(
        lambda x, power=2: np.sum(x**power),
        lambda g, y, x, power=2: g * power * x ** (power - 1),
        name="power_sum",
    )
    assert ag.grad(lambda x: op(x, power=3))(X).tolist() == [3.0, 12.0]
    z = op(Value(X, "x"), power=3).named("z")
    assert [term.value for term in ag.terms(z)] == [3.0, 12.0]


def test_any_number_of_operands() -> None:
    op = ag.custom(lambda *xs: sum(xs), lambda g, y, *xs: tuple(g for _ in xs), name="total")
    assert ag.grad(op, (0, 1, 2))(1.0, 2.0, 3.0) == [1.0, 1.0, 1.0]


def test_none_is_a_gradient_that_is_always_0() -> None:
    op = ag.custom(lambda x, t: np.sum(x * t), lambda g, y, x, t: (g * t, None), name="masked")
    x, t = Value(X), Value(Y)
    op(x, t).backward()
    assert x.grad.tolist() == Y.tolist()
    assert t.grad.tolist() == [0.0, 0.0]


def test_a_second_op_of_a_name_gets_a_number() -> None:
    assert [smooth_relu().name for _ in range(3)] == [
        "smooth_relu",
        "smooth_relu_2",
        "smooth_relu_3",
    ]


def test_a_gradient_in_another_shape_is_an_error() -> None:
    op = ag.custom(np.sum, lambda g, y, x: g, name="added")
    with pytest.raises(ShapeError, match=r"shape \(\) for operand 0, of shape \(2,\)"):
        op(Value(X)).backward()


def test_another_number_of_gradients_is_an_error() -> None:
    op = ag.custom(lambda x, y: x * y, lambda g, z, x, y: g * y, name="product")
    with pytest.raises(DataError, match="1 gradients for 2 operands"):
        op(Value(1.0), Value(2.0)).backward()


@pytest.mark.parametrize("given", [(1.0, math.sin), (math.sin, None), (lambda: 1.0, math.sin)])
def test_what_is_no_function_of_operands_is_refused(given: Any) -> None:
    with pytest.raises(DataError, match="custom"):
        ag.custom(*given)


def test_too_many_single_numbers_are_refused_and_arrays_are_not() -> None:
    op = ag.custom(np.cumsum, lambda g, y, x: np.cumsum(g[::-1])[::-1], name="running")
    y = (op(Value(np.ones(200), "x")) ** 2).sum().named("y")
    with pytest.raises(GraphTooLargeError, match="level='tensor'"):
        ag.terms(y)
    ag.draw(y, level="tensor")
