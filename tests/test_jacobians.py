"""The chain rule in Jacobians: a line whose axes nobody names is not judged by their shapes."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value


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
