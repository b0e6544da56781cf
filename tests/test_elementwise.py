"""The smooth elementwise ops where they are easily wrong: at 0, at 1, in the tails."""

import math
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (ag.exp, math.exp),
        (ag.log, lambda x: 1 / x),
        (ag.sqrt, lambda x: 0.5 / math.sqrt(x)),
        (ag.sin, math.cos),
        (ag.cos, lambda x: -math.sin(x)),
        (ag.tanh, lambda x: 1 / math.cosh(x) ** 2),
        (ag.sigmoid, lambda x: 1 / (2 + math.exp(x) + math.exp(-x))),
        (ag.negative, lambda x: -1.0),
        (lambda x: ag.power(x, 3), lambda x: 3 * x * x),
        (lambda x: ag.power(2.0, x), lambda x: 2**x * math.log(2)),
        (lambda x: ag.divide(3.0, x), lambda x: -3 / (x * x)),
    ],
)
@pytest.mark.parametrize("x", [0.25, 1.0, 1.75])
def test_derivatives_are_those_of_a_table(function: Any, derivative: Any, x: float) -> None:
    assert ag.grad(function)(x) == pytest.approx(derivative(x), rel=1e-15)


@pytest.mark.parametrize("x", [1000.0, -1000.0, 710.0, -745.2, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [float, np.atleast_1d])
def test_sigmoid_does_not_overflow(x: float, kind: Any) -> None:
    assert np.ravel(ag.sigmoid(kind(x)))[0] == pytest.approx(float(x > 0), abs=1e-300)
    assert ag.grad(ag.sigmoid)(x) == pytest.approx(0, abs=1e-300)


def test_sigmoid_keeps_its_digits_in_the_lower_tail() -> None:
    assert ag.sigmoid(-700.0) == pytest.approx(math.exp(-700), rel=1e-15)
    assert ag.sigmoid(np.array([-700.0]))[0] == pytest.approx(math.exp(-700), rel=1e-15)


@pytest.mark.parametrize("n", [2, 2.0, 3, -1, 0])
def test_a_negative_base_has_whole_powers(n: float) -> None:
    assert ag.power(-2.0, n) == (-2.0) ** n
    assert ag.grad(lambda x: x**n)(-2.0) == n * (-2.0) ** (n - 1)
    assert ag.jacobian(lambda x: x**n)([-2.0]).tolist() == [[n * (-2.0) ** (n - 1)]]


@pytest.mark.parametrize(
    ("n", "derivatives"),
    [(0, (1, 0, 0, 0)), (1, (0, 1, 0, 0)), (2, (0, 0, 2, 0)), (3, (0, 0, 0, 6))],
)
def test_whole_powers_have_all_their_derivatives_at_0(n: int, derivatives: Any) -> None:
    def on_number(x: Any) -> Any:
        return x**n

    def on_array(x: Any) -> Any:
        return (x**n).sum()

    for expected in derivatives:
        assert on_number(0.0) == expected
        assert np.sum(on_array(ag.Value([0.0])).data) == expected
        on_number, on_array = ag.grad(on_number), total_of(ag.grad(on_array))


def total_of(function: Any) -> Any:
    return lambda x: function(x).sum()


def test_0_to_the_power_of_0_is_1_and_flat() -> None:
    assert ag.power(0.0, 0.0) == 1.0
    assert ag.grad(ag.power)(0.0, 0.0) == 0.0
    assert ag.power(np.zeros(2), [0.0, 2.0]).tolist() == [1.0, 0.0]


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value)")
@pytest.mark.parametrize(
    ("x", "n", "slope"),
    [(0.0, 3.0, 0.0), (-0.0, 0.5, 0.0), (0.0, 0.0, 0.0), (-0.0, 0.0, 0.0), (0.0, -1.0, -np.inf)],
)
def test_a_power_of_0_is_flat_in_its_exponent(x: float, n: float, slope: float) -> None:
    """0ⁿ is 0 for every n > 0; at n ≤ 0 the numbers are PyTorch's."""
    assert ag.grad(ag.power, 1)(x, n) == slope
    assert ag.grad(lambda n: x**n)(n) == slope
    assert ag.grad(lambda x, n: (x**n).sum(), 1)(np.full(2, x), n) == 2 * slope


def test_a_power_has_its_derivatives_wherever_the_exponent_is_a_value() -> None:
    """The exponent of a derivative is no number of the time at which it was recorded."""
    hessian = ag.hessian(lambda v: v[0] ** v[1])
    expected = [[0.0, 0.5], [0.5, math.log(2) ** 2]]  # n·(n−1)·xⁿ⁻², xⁿ⁻¹·(1 + n·ln x), xⁿ·(ln x)²
    np.testing.assert_allclose(hessian([2.0, 0.0]), expected, rtol=1e-15)
    x, n = ag.Value(2.0, "x"), ag.Value(0.0, "n")
    slope = ag.grad(ag.power)(x, n).named("slope")
    for backend in ("python", "numpy"):
        compiled = ag.compile(slope, backend=backend)
        for at in (0.0, 1.0, 2.0, 2.5):
            value, gradients = compiled(x=3.0, n=at)
            assert value == pytest.approx(at * 3 ** (at - 1), rel=1e-15)
            assert gradients["x"] == pytest.approx(at * (at - 1) * 3 ** (at - 2), rel=1e-15)
            mixed = 3 ** (at - 1) * (1 + at * math.log(3))
            assert gradients["n"] == pytest.approx(mixed, rel=1e-15)


@pytest.mark.parametrize("n", [0.0, 1.0, 2.0, 3.0])
def test_whole_powers_of_0_have_all_their_derivatives_in_a_value_too(n: float) -> None:
    function, expected = ag.power, 0.0**n
    for order in range(4):
        assert function(0.0, n) == expected
        assert function(ag.Value(0.0), ag.Value(n)).data == expected
        function, expected = ag.grad(function), math.factorial(order + 1) * (n == order + 1)


@pytest.mark.parametrize("level", ["scalar", "tensor"])
def test_a_derived_power_is_right_at_other_exponents(level: str) -> None:
    for recorded in (0.0, 2.0):
        root = ag.Value(2.0, "x") ** ag.Value(recorded, "n")
        derivation = ag.derive(root, level=level)
        for x, n in [(2.0, 0.0), (3.0, 2.0), (0.0, 0.0), (0.0, 1.0), (1e-320, 0.0)]:
            right = ag.value_and_grad(ag.power, (0, 1))(x, n)
            found = derivation.run(x=x, n=n)
            assert (found.value, [*found.gradients.values()]) == right


@pytest.mark.parametrize("n", [0.0, 2.0])
def test_the_derivatives_of_a_power_read_as_one_writes_them(n: float) -> None:
    y = (ag.Value(2.0, "x") ** ag.Value(n, "n")).named("y")
    assert [term.formula for term in ag.terms(y)] == ["n·x^(n − 1)", "y·log(x)"]


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value)")
def test_a_division_by_a_plain_0_is_inf_in_each_view() -> None:
    by_zero = ag.Value(3.0, "x") / 0.0
    assert ag.grad(lambda x: x / 0.0)(3.0) == np.inf
    assert ag.grad(ag.grad(lambda x: x / 0.0))(3.0) == 0.0  # it is inf wherever x is
    assert ag.terms(by_zero.named("y"))[0].value == np.inf
    for backend in ("python", "numpy"):
        assert ag.compile(by_zero, backend=backend)() == (np.inf, {"x": np.inf})
        assert ag.compile(ag.Value(3.0, "x") * (1 / by_zero), backend=backend)()[0] == 0.0


def test_a_power_of_two_values_differentiates_by_both() -> None:
    assert ag.grad(ag.power, (0, 1))(3.0, 2.0) == pytest.approx([6.0, 9 * math.log(3)], rel=1e-15)
    mixed = ag.grad(lambda n: ag.grad(ag.power)(3.0, n))(2.0)
    assert mixed == pytest.approx(3 * (1 + 2 * math.log(3)), rel=1e-15)


def test_the_base_alone_is_differentiated_where_the_exponent_is_a_number() -> None:
    assert ag.grad(lambda x: x**2.0)(-1.0) == -2.0  # and warns of no logarithm


def test_x_times_x_counts_both_factors() -> None:
    assert ag.grad(lambda x: x * x)(3.0) == 6.0
    assert ag.grad(lambda x: x / x)(3.0) == 0.0
    assert ag.grad(lambda x: x**x)(2.0) == pytest.approx(4 * (1 + math.log(2)), rel=1e-15)
