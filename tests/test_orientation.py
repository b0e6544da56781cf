"""Columns for rows: the same numbers in another shape, and a derivation that is transposed."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.finding import Finding

X = np.array([[0.5, -1.0, 0.3], [1.5, 0.3, -0.7], [-0.2, 0.8, 1.1], [0.9, -0.4, 0.6]])
Y = np.array([[0.2, -0.4], [0.7, 0.1], [-0.3, 0.9], [0.5, 0.6]])
W = np.array([[0.4, -0.7], [0.9, 0.1], [-0.6, 0.8]])
B = np.array([0.1, -0.2])


def affine() -> Value:
    """P = X·W + b with the examples in rows, L = Σ (P − Y)²."""
    P = (Constant(X, "X") @ Value(W, "W") + Value(B, "b")).named("P")
    loss: Value = ((P - Constant(Y, "Y")) ** 2).sum()
    return loss.named("L")


D = 2 * (X @ W + B - Y)


def findings(claims: Any) -> dict[str, Finding]:
    return {one.name: one for one in ag.compare(affine(), claims).findings}


def verdicts(claims: Any) -> dict[str, str]:
    return {name: one.verdict for name, one in findings(claims).items()}


@pytest.mark.parametrize("shape", [(2,), (1, 2), (2, 1), (1, 2, 1)])
def test_a_row_a_column_and_a_list_are_the_same_claim(shape: tuple[int, ...]) -> None:
    given = D.sum(axis=0).reshape(shape)
    (finding,) = findings([("dL/db", given)]).values()
    assert finding.verdict == "right"
    assert finding.reason == ("" if shape == (2,) else f"in shape {shape}; dL/db has shape (2,)")
    (finding,) = findings([("dL/db", -given)]).values()
    assert (finding.verdict, finding.causes[0].kind) == ("wrong", "wrong sign")


def test_a_formula_may_be_a_row() -> None:
    found = verdicts([("dL/db", "sum(dL/dP, axis=0, keepdims=True)"), ("dL/dP", "2*(P - Y)")])
    assert set(found.values()) == {"right"}


def test_a_sum_without_an_index_may_be_over_the_examples() -> None:
    (finding,) = findings([("dL/db", r"\sum 2 (P - Y)")]).values()
    assert (finding.verdict, finding.reason) == ("right", "Σ is over the examples")
    (finding,) = findings([("dL/db", r"\sum (P - Y)")]).values()
    assert finding.verdict == "wrong"


def test_one_matrix_that_is_transposed_is_wrong() -> None:
    (finding,) = findings([("dL/dW", (X.T @ D).T)]).values()
    assert (finding.verdict, finding.causes[0].kind) == ("wrong", "transposed")


def test_one_that_is_transposed_among_others_that_are_not_is_wrong() -> None:
    found = verdicts([("P", X @ W + B), ("dL/dP", D), ("dL/dW", (X.T @ D).T)])
    assert found == {"P": "right", "dL/dP": "right", "dL/dW": "wrong"}


def test_numbers_of_a_derivation_in_columns_are_right_with_a_note() -> None:
    claims = [("P", (X @ W + B).T), ("dL/dP", D.T), ("dL/dW", (X.T @ D).T), ("dL/db", D.sum(0))]
    found = findings(claims)
    assert {one.verdict for one in found.values()} == {"right"}
    assert found["dL/dW"].reason == "transposed, as all matrices of this derivation are"
    assert found["dL/db"].reason == ""


def test_formulas_in_columns_are_right() -> None:
    claims = [
        ("P", "W @ X + b"),
        ("D", "2*(P - Y)"),
        ("dL/dP", "D"),
        ("dL/dW", "D @ X.T"),
        ("dL/db", "sum(D, axis=1, keepdims=True)"),
    ]
    found = verdicts(claims)
    assert {name: one for name, one in found.items() if name != "D"} == dict.fromkeys(
        ("P", "dL/dP", "dL/dW", "dL/db"), "right"
    )


def test_a_mistake_in_a_derivation_in_columns_is_found_and_named() -> None:
    claims = [("P", (X @ W + B).T), ("dL/dP", D.T), ("dL/dW", -(X.T @ D).T)]
    found = findings(claims)
    assert [one.verdict for one in found.values()] == ["right", "right", "wrong"]
    assert found["dL/dW"].causes[0].kind == "wrong sign"


def test_a_wrong_formula_in_columns_is_wrong() -> None:
    claims = [("P", "W @ X + b"), ("dL/dP", "2*(P - Y)"), ("dL/dW", "(P - Y) @ X.T")]
    found = verdicts(claims)
    assert found == {"P": "right", "dL/dP": "right", "dL/dW": "wrong"}


def test_shapes_that_cannot_multiply_are_wrong_with_the_shapes() -> None:
    (finding,) = findings([("dL/dW", "X @ (P - Y)")]).values()
    assert finding.verdict == "wrong"
    assert "(4, 3)" in finding.reason
    assert "(4, 2)" in finding.reason
