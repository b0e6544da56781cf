"""The oracles: right gradients lie within their bounds, at every scale and beside every kink."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value, check_grad

# Right gradients are not complained of


@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.3, 5.0, 1e3, 1e8])
@pytest.mark.parametrize(
    "function",
    [ag.log, ag.sqrt, ag.sin, ag.tanh, lambda x: 1 / x, lambda x: x**5, lambda x: x * x - x],
    ids=["log", "sqrt", "sin", "tanh", "1/x", "x⁵", "x² − x"],
)
def test_the_step_fits_the_scale_of_the_argument(function: Any, x: float) -> None:
    assert check_grad(function, x).ok


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (1e8 + x) - 1e8,
        lambda x: (1 - ag.cos(x * 1e-3)) * 1e6,
        lambda x: ag.sum(ag.stack([x * 1e9, x, x * -1e9])),
        lambda x: x - x,
        lambda x: ag.sin(x) ** 2 + ag.cos(x) ** 2,
    ],
    ids=["sum", "cosine", "within an op", "nothing left", "constant"],
)
def test_cancellation_is_no_mistake(function: Any) -> None:
    assert check_grad(function, 0.3).ok


@pytest.mark.parametrize("function", [ag.exp, ag.sigmoid, lambda x: x**3 / (1 + x * x)])
def test_the_bounds_are_as_tight_as_the_arithmetic(function: Any) -> None:
    for finding in check_grad(function, [0.4, -1.3]).findings:
        limit = {"complex step": 1e-13, "central difference": 1e-9}[finding.oracle]
        assert finding.bound < limit * abs(finding.expected)
        assert finding.relative < limit


def test_a_function_that_ignores_its_input_has_gradient_0() -> None:
    report = check_grad(lambda x, y: y * 2, 1.0, 3.0)
    assert report.ok
    assert report.worst[0].engine == report.worst[0].expected == 0
    assert report.worst[0].relative == 0
    assert np.isnan(report.worst[0].ratio)


def test_the_complex_step_leaves_out_ops_without_a_complex_form() -> None:
    def oracles(function: Any) -> set[str]:
        return {finding.oracle for finding in check_grad(function, 1.5).findings}

    assert oracles(lambda x: ag.exp(x) * x) == {"central difference", "complex step"}
    assert oracles(lambda x: ag.relu(x) * x) == {"central difference"}
    fixed = Value(2.0)
    assert oracles(lambda x: ag.relu(fixed) * x) == {"central difference", "complex step"}


def test_a_complex_form_that_overflows_is_left_out() -> None:
    report = check_grad(ag.sigmoid, -800.0)
    assert report.ok
    assert [finding.oracle for finding in report.findings] == ["central difference"]


def test_the_report_of_a_seed_is_the_same_each_time() -> None:
    def run(seed: int) -> str:
        return str(check_grad(lambda a, b: a @ b, np.eye(2), [[1.0, 2.0], [3.0, 4.0]], seed=seed))

    assert run(3) == run(3) != run(4)


# Kinks and ties


def test_a_step_that_would_cross_a_kink_is_made_smaller() -> None:
    # The winner is ahead by 0.004. A difference with step 0.01 meets the second and is far off.
    x, step = np.array([[1.0, 1.004], [0.2, -3.0]]), 1e-2
    ahead = np.array([[0.0, 1.0], [0.0, 0.0]]) * step
    naive = (np.max(x + ahead) ** 2 - np.max(x - ahead) ** 2) / (2 * step)
    assert abs(naive / (2 * 1.004) - 1) > 0.25
    report = check_grad(lambda x: ag.max_pool2d(x) ** 2, x)
    assert report.ok
    assert report.kinks == ()
    assert all(finding.difference < 1e-9 for finding in report.findings)


def test_equals_in_a_window_are_a_kink_and_no_mistake() -> None:
    report = check_grad(ag.max_pool2d, [[1.0, 2.0], [2.0, 0.0]], seed=1)
    assert report.ok
    first, second = report.kinks
    assert (first.index, second.index) == ((0, 1), (1, 0))
    assert second.engine == 0
    assert first.engine in (first.low, first.high) != (0, 0)
    assert (first.low, first.high) == pytest.approx((second.low, second.high), abs=1e-9)


def test_at_a_kink_the_report_tells_both_sides() -> None:
    (finding,) = check_grad(ag.abs, 0.0).findings
    assert finding.verdict == "kink"
    assert (finding.low, finding.engine, finding.high) == (-1.0, 0.0, 1.0)
    assert "-1.0 to 1.0" in str(finding)


def test_what_convention_gets_wrong_at_a_kink_is_wrong() -> None:
    # relu(x) − relu(−x) is x, and has the derivative 1 at 0; the sum of the conventions is 0.
    (finding,) = check_grad(lambda x: ag.relu(x) - ag.relu(-x), 0.0).findings
    assert (finding.engine, finding.expected, finding.verdict) == (0.0, 1.0, "wrong")


def test_a_branch_in_python_is_a_kink_too() -> None:
    def bent(x: Any) -> Any:
        return x * x if x.data > 1 else x

    assert check_grad(bent, 1.001).kinks == ()
    (finding,) = check_grad(bent, 1.0).kinks
    assert (finding.low, finding.engine, finding.high) == pytest.approx((1, 1, 2), abs=1e-6)


def test_a_kink_that_no_op_tells_of_is_kept_out_of_the_step() -> None:
    assert check_grad(lambda x: ag.sqrt(x * x), 1e-3).ok


def test_operands_that_are_always_equal_are_no_kink() -> None:
    for function in (lambda x: ag.maximum(x, x), lambda x: ag.sin(x) * (ag.minimum(x, x) > x - 1)):
        for report in (check_grad(function, 0.3), check_grad(ag.grad(function), 0.3)):
            assert report.ok
            assert report.kinks == ()
