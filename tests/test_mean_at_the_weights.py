"""1/m at the weights: a convention, if it is one throughout; and mistakes within it."""

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.report import Report

RNG = np.random.default_rng(3)
X, W_1, W_2 = RNG.normal(size=(6, 2)), RNG.normal(size=(2, 3)), RNG.normal(size=(3, 1))
T = (RNG.uniform(size=(6, 1)) > 0.5).astype(float)


def classifier() -> Value:
    """Logistic regression behind a tanh layer; the mean of the losses of six examples."""
    x, t = Constant(X, "X"), Constant(T, "T")
    Z_1 = (x @ Value(W_1, "W_1")).named("Z_1")
    A_1 = ag.tanh(Z_1).named("A_1")
    Z_2 = (A_1 @ Value(W_2, "W_2")).named("Z_2")
    A_2 = ag.sigmoid(Z_2).named("A_2")
    loss: Value = -(t * ag.log(A_2) + (1 - t) * ag.log(1 - A_2)).mean()
    return loss.named("L")


def compare(*claims: tuple[str, Any]) -> Report:
    return ag.compare(classifier(), list(claims))


def verdicts(report: Report) -> list[str]:
    return [one.verdict for one in report.findings]


FORMULAS = (
    ("dL/dZ_2", "A_2 - T"),
    ("dL/dW_2", "A_1.T @ dL/dZ_2 / 6"),
    ("dL/dA_1", "dL/dZ_2 @ W_2.T"),
    ("dL/dZ_1", "dL/dA_1*(1 - A_1**2)"),
    ("dL/dW_1", "X.T @ dL/dZ_1 / 6"),
)


def test_a_consistent_convention_is_right_and_named_once() -> None:
    report = compare(*FORMULAS)
    assert verdicts(report) == ["right"] * 5
    assert report.notes == (
        (
            "derivatives by what is no weight are 6 times the true ones: "
            "the mean is taken at the weights"
        ),
    )
    assert report.findings[1].reason == ""


def test_the_number_of_examples_may_have_a_letter() -> None:
    report = compare(FORMULAS[0], ("dL/dW_2", "A_1.T @ dL/dZ_2 / m"))
    assert verdicts(report) == ["right", "right"]


def test_numbers_in_the_convention_are_right() -> None:
    A_1 = np.tanh(X @ W_1)
    D_2 = 1 / (1 + np.exp(-A_1 @ W_2)) - T
    D_1 = D_2 @ W_2.T * (1 - A_1**2)
    claims = [("dL/dZ_2", D_2), ("dL/dW_2", A_1.T @ D_2 / 6), ("dL/dZ_1", D_1)]
    report = compare(*claims, ("dL/dW_1", X.T @ D_1 / 6))
    assert verdicts(report) == ["right"] * 4
    assert np.allclose(report.findings[0].expected, D_2)


def test_a_slip_behind_the_convention_is_found_and_named() -> None:
    report = compare(*FORMULAS[:3], ("dL/dZ_1", "-dL/dA_1*(1 - A_1**2)"), FORMULAS[4])
    assert verdicts(report) == ["right", "right", "right", "wrong", "right"]
    assert report.findings[3].causes[0].kind == "wrong sign"


def test_a_mean_that_is_forgotten_at_one_weight_is_wrong() -> None:
    report = compare(*FORMULAS[:4], ("dL/dW_1", "X.T @ dL/dZ_1"))
    assert verdicts(report)[:4] == ["right"] * 4
    assert verdicts(report)[4] == "wrong"


def test_what_is_not_consistent_is_no_convention() -> None:
    true = [("dL/dZ_2", "(A_2 - T)/6"), *FORMULAS[2:4], ("dL/dW_1", "X.T @ dL/dZ_1")]
    assert verdicts(compare(*true)) == ["right"] * 4
    mixed = compare(("dL/dA_1", "(A_2 - T) @ W_2.T"), *true)
    assert verdicts(mixed) == ["wrong", "right", "right", "right", "right"]


def test_without_a_right_weight_it_is_a_mistake() -> None:
    report = compare(("dL/dZ_2", "A_2 - T"))
    assert verdicts(report) == ["wrong"]
    assert report.findings[0].causes[0].kind == "constant factor"
    assert report.notes == ()


def test_m_under_a_fraction_is_the_number_of_examples() -> None:
    x, y = Constant([[0.5], [-1.0], [2.0]], "x"), Constant([[1.0], [0.2], [0.4]], "y")
    w = Value([[0.3]], "w")
    loss = (((x @ w).named("f") - y) ** 2).mean().named("J")
    forms = r"\frac{2}{m} x^T (f - y)", r"\frac2m x^T (y - f)", "2/n * x.T @ (f - y)", "m*(f - y)"
    found = [ag.compare(loss, {"dJ/dw": form}).findings[0].verdict for form in forms]
    assert found == ["right", "wrong", "right", "unchecked"]
