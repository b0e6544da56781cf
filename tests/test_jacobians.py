"""The chain rule in Jacobians: a line whose axes nobody names is not judged by their shapes."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.read.documents import read_document


def layer() -> Value:
    x = Constant(np.array([[0.5, -1.0], [1.5, 0.2]]), "X")
    w = Value(np.array([[0.3, -0.2, 0.7], [0.1, 0.4, -0.6]]), "W")
    z = (x @ w).named("Z")
    return (z * z).sum().named("L")


@pytest.mark.parametrize("formula", ["(dZ/dW)^T dL/dZ", "dL/dZ · dZ/dW", "dL/dZ @ dZ/dW"])
def test_a_product_with_a_derivative_of_four_axes_is_unchecked(formula: str) -> None:
    (finding,) = ag.compare(layer(), {"dL/dW": f"${formula}$"}).findings
    assert finding.verdict == "unchecked"
    assert "4 axes" in finding.reason


def test_what_has_no_such_derivative_is_still_wrong() -> None:
    (finding,) = ag.compare(layer(), {"dL/dW": "X @ dL/dZ @ X"}).findings
    assert finding.verdict == "wrong"


def with_targets() -> Value:
    """A layer whose targets are called T, as the transpose is."""
    x = Constant(np.array([[0.5, -1.0, 0.3], [1.5, 0.2, -0.7]]), "X")
    w = Value(np.array([[0.3, -0.2], [0.1, 0.4], [-0.5, 0.6]]), "W")
    b, t = Value(np.array([0.1, -0.3]), "b"), Constant(np.array([[1.0, 0.0], [0.5, 0.2]]), "T")
    z = (x @ w + b).named("Z")
    return ((z - t) ** 2).sum().named("L")


LINES = r"""
$\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Z}$
$\frac{\partial L}{\partial W} = X^\top (2(Z - T))$
$\frac{\partial L}{\partial W_{kj}} = \sum_{i=1}^{2} X_{ik} \frac{\partial L}{\partial Z_{ij}}$
$\frac{\partial L}{\partial b_j} = \sum_{i=1}^{2} \frac{\partial L}{\partial Z_{ij}}$
$\frac{\partial L}{\partial b_j} = \sum_i 2 (Z_{ij} - T_{ij})$
$Z_{ij} = \sum_{k=1}^{3} X_{ik} W_{kj} + b_j$
$\frac{\partial L}{\partial Z_{11}} = 2 (Z_{11} - T_{11})$
L = sum (Z - T)^2
"""


@pytest.mark.parametrize("line", LINES.strip().splitlines())
def test_lines_on_arrays_and_their_elements(line: str) -> None:
    right = ag.compare(with_targets(), read_document(line)).findings
    assert {one.verdict for one in right} == {"right"}
    slipped = f"{line.rstrip('$')} + 1{'$' if line.endswith('$') else ''}"
    wrong = ag.compare(with_targets(), read_document(slipped)).findings
    assert {one.verdict for one in wrong} & {"wrong"}
    assert not {one.verdict for one in wrong} & {"right"}


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("W: (3, 2)", "right"),
        ("W: (2, 3)", "wrong"),
        (r"$\frac{\partial Z}{\partial W} = X$", "unchecked"),
        ("dL/db = 0.1 0.2; 0.3 0.4", "wrong"),
        (r"$\frac{\partial L}{\partial Z_{1,0}} = 2 (Z_{1,0} - T_{1,0})$", "right"),
        (r"$\frac{\partial L}{\partial Z_{1,0}} = 2 (Z_{0,1} - T_{0,1})$", "wrong"),
    ],
)
def test_shapes_rows_and_indices_from_0(line: str, verdict: str) -> None:
    (finding,) = ag.compare(with_targets(), read_document(line)).findings
    assert finding.verdict == verdict


@pytest.mark.parametrize(
    ("name", "formula", "fix"),
    [
        ("dL/dW", "X @ dL/dZ", "write Xᵀ"),
        ("dL/dX", "dL/dZ @ W", "write Wᵀ"),
        ("dL/dX", "2 (Z - T) W", "write Wᵀ"),
    ],
)
def test_a_transpose_that_is_missing_is_named(name: str, formula: str, fix: str) -> None:
    (finding,) = ag.compare(with_targets(), {name: formula}).findings
    assert finding.verdict == "wrong"
    assert finding.causes[0].fix == fix
