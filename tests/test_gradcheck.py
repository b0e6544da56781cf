"""The checker of gradients: it catches what is wrong, and does not complain of what is right."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, Value, check_adjoint, check_grad
from autograd_lite.op import REGISTRY, elementwise, structural
from autograd_lite.ops.selection import greater, greater_equal


def square(derivative: Callable[[Any], Any] | int) -> Any:
    """x² with whatever derivative a careless person writes down."""
    REGISTRY.pop("square", None)
    rule = derivative if isinstance(derivative, int) else lambda y, x: derivative(x)
    return elementwise("square", scalar=lambda x: x * x, array=np.square, partials=rule)


# Wrong gradients are caught


def test_a_derivative_of_2_001_for_2_is_wrong() -> None:
    twice = elementwise(
        "twice", scalar=lambda x: 2 * x, array=lambda x: 2 * x, partials=lambda y, x: 2.001
    )
    report = check_grad(twice, 0.7)
    assert not report.ok
    assert not report
    assert report.worst[0].engine == 2.001
    assert report.worst[0].expected == pytest.approx(2, abs=1e-12)
    assert report.worst[0].ratio == pytest.approx(1.0005, abs=1e-12)


@pytest.mark.parametrize(
    ("derivative", "ratio"),
    [
        (lambda x: -2 * x, -1.0),
        (lambda x: x, 0.5),
        (lambda x: 4 * x, 2.0),
        (lambda x: 2 * x * 1e9, 1e9),
        (lambda x: 2 * x * (1 + 1e-12), 1 + 1e-12),
        (0, 0.0),
    ],
    ids=["sign", "missing factor", "factor 2", "huge", "last digits", "nothing"],
)
@pytest.mark.parametrize("x", [0.7, -30.0, 1e-6])
def test_the_ratio_tells_the_factor(derivative: Any, ratio: float, x: float) -> None:
    report = check_grad(square(derivative), x)
    assert not report.ok
    assert report.worst[0].ratio == pytest.approx(ratio, rel=1e-13)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_is_wrong(number: float) -> None:
    assert {f.verdict for f in check_grad(square(lambda x: number), 2.0).findings} == {"wrong"}


def test_a_difference_alone_catches_a_part_in_ten_to_the_ten() -> None:
    def bent(x: Any) -> Any:
        return ag.abs(square(lambda x: 2 * x * (1 + 1e-10))(x))  # no complex form

    report = check_grad(bent, 1.5)
    assert [finding.oracle for finding in report.findings] == ["central difference"]
    assert not report.ok


def test_a_transposed_gradient_is_wrong() -> None:
    product = structural(
        "product",
        array=np.matmul,
        vjps=(lambda g, y, a, b: g @ b, lambda g, y, a, b: a @ g),  # both lack a transposition
        samples=(),
    )
    a, b = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.5, -1.0], [2.0, 4.0]])
    assert not check_grad(product, a, b).ok
    assert not check_adjoint(lambda x: product(x, b), a).ok
    assert not check_adjoint(lambda x: product(a, x), b).ok


def test_one_wrong_element_is_named() -> None:
    slope = square(lambda x: 2 * x + np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.0]]))
    report = check_grad(lambda a, x: a * slope(x), 3.0, np.full((2, 3), 2.0))
    assert [f.index for f in report.findings if f.input == 1 and f.verdict == "wrong"] == [
        (1, 1),
        (1, 1),
    ]
    assert report.worst[1].index == (1, 1)
    assert report.worst[1].ratio == pytest.approx(4.5 / 4, abs=1e-14)
    assert {f.verdict for f in report.findings if f.input == 0} == {"right"}


def test_a_wrong_gradient_that_the_plain_sum_hides_is_caught() -> None:
    # The shares add up to 1, so that the gradient of their plain sum is 0, whatever the rule says.
    shares = structural(
        "shares", array=lambda x: x / np.sum(x), vjps=lambda g, y, x: 0.0 * g, samples=()
    )
    assert check_grad(lambda x: shares(x).sum(), [1.0, 2.0, 5.0]).ok
    assert not check_grad(shares, [1.0, 2.0, 5.0]).ok


def test_a_wrong_second_derivative_is_caught() -> None:
    # The first derivative is right, but is written with an op whose own derivative is not.
    double = elementwise(
        "double", scalar=lambda x: 2 * x, array=lambda x: 2 * x, partials=lambda y, x: 1.0
    )
    assert check_grad(square(double), 0.3).ok
    assert not check_grad(ag.grad(square(double)), 0.3).ok
    assert check_grad(ag.grad(square(lambda x: x + x)), 0.3).ok


def test_a_wrong_single_precision_gradient_is_caught() -> None:
    x = np.array([0.3, 1.5], np.float32)
    assert check_grad(square(lambda x: 2 * x), x).ok
    assert not check_grad(square(lambda x: 2.0005 * x), x).ok


def test_the_adjoint_identity_catches_what_is_not_shifted_back() -> None:
    shift = structural("shift", array=lambda x: np.roll(x, 1), vjps=lambda g, y, x: g, samples=())
    report = check_adjoint(shift, np.arange(5.0))
    assert not report.ok
    assert report.worst[0].oracle == "adjoint identity"


def test_a_wrong_gradient_is_caught_at_a_tie_behind_arithmetic() -> None:
    # Rounding of 1.1·x would let another element win, which is no error of 2·1.1.
    wrong = square(lambda x: 5 * x)
    report = check_grad(lambda x: wrong(x * 1.1).max(), [1.0, 3.0, 3.0])
    assert [one.verdict for one in report.findings] == ["right", "wrong", "kink"]
    assert max(one.bound for one in report.findings) < 1e-9


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x * 1.1).max(),
        lambda x: ag.maximum(x * 1.1, x[::-1] * 1.1).sum(),
        lambda x: ag.relu(x * 0.7 - 1.4),
        lambda x: abs(x * 3 - (x + x + x)).sum(),
    ],
    ids=["max", "maximum", "relu", "abs of rounding"],
)
def test_a_right_gradient_at_a_tie_is_right_to_many_digits(function: Any) -> None:
    report = check_grad(function, [2.0, 2.0])
    assert report.ok
    assert max(one.bound for one in report.findings) < 1e-9


def test_a_number_that_is_beyond_both_sides_is_wrong() -> None:
    ramp = elementwise(
        "ramp",
        scalar=lambda x: max(x, 0.0),
        array=lambda x: np.maximum(x, 0),
        partials=lambda y, x: 2 * greater_equal(x, 0.0) - greater(x, 0.0),
        analytic=False,
        branch=np.sign,
    )
    assert check_grad(ramp, 0.5).ok
    (finding,) = check_grad(ramp, 0.0).findings
    assert (finding.engine, finding.expected, finding.verdict) == (2.0, 1.0, "wrong")


# What cannot be checked


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: x + (x > 0), 0.0),
        (lambda x: x * (x > 0.3), 0.3),
        (ag.sqrt, 0.0),
        (lambda x: (1e17 + x) - 1e17, 0.3),
    ],
    ids=["jump", "jump of a product", "end of the domain", "lost in rounding"],
)
def test_where_there_is_no_derivative_to_see_it_says_so(function: Any, x: float) -> None:
    with pytest.raises(DataError, match=r"jumps or is not finite next to element \[\] of input 0"):
        check_grad(function, x)


@pytest.mark.parametrize(("function", "x"), [(ag.log, -1.0), (ag.exp, 800.0), (ag.exp, np.nan)])
def test_a_result_that_is_not_finite_is_refused(function: Any, x: float) -> None:
    with pytest.raises(DataError, match="not finite at these inputs"):
        check_grad(function, x)


def test_inputs_have_to_be_real_numbers() -> None:
    with pytest.raises(DataError, match="'a'"):
        check_grad(ag.exp, "a")
    with pytest.raises(DataError, match="complex"):
        check_grad(ag.exp, 1 + 2j)
    with pytest.raises(DataError, match=r"\.data"):
        check_grad(ag.exp, Value(1.0))


@pytest.mark.parametrize("check", [check_grad, check_adjoint])
def test_a_result_has_to_be_a_value(check: Any) -> None:
    with pytest.raises(DataError, match="must return a Value"):
        check(lambda x: x.data * 2, 1.0)


@pytest.mark.parametrize("check", [check_grad, check_adjoint])
@pytest.mark.parametrize("inputs", [(), (np.zeros(0),)])
def test_no_inputs_are_not_a_success(check: Any, inputs: tuple[Any, ...]) -> None:
    with pytest.raises(DataError, match="nothing to check"):
        check(lambda *x: Value(1.0), *inputs)


@pytest.mark.parametrize("function", [ag.relu, ag.exp, lambda x: x + 1, lambda x: x * x])
def test_the_adjoint_identity_is_for_linear_functions(function: Any) -> None:
    with pytest.raises(DataError, match="not linear"):
        check_adjoint(function, [1.0, 2.0])


def test_the_adjoint_identity_holds_for_functions_of_several_inputs() -> None:
    report = check_adjoint(lambda a, b: ag.concatenate([3 * a, b]), [1.0, 2.0], [5.0])
    assert report.ok
    assert sorted(report.worst) == [0, 1]


# The report


def test_the_report_reads_as_text() -> None:
    report = check_grad(square(lambda x: x), [[1.0, 4.0]])
    text = str(report)
    assert text.splitlines()[0] == "right: 0, wrong: 4, kink: 0; the worst of each input:"
    assert "input 0[0, " in text
    assert "] wrong: engine" in text
    assert "ratio 0.5" in text
    assert "relative 0.5" in text
