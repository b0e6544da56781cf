"""What is wrong with a formula, by the single change that makes it right."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.finding import Finding


def three_classes() -> Value:
    """Softmax cross-entropy of three scores with a layer before it; the second class is true."""
    a, b = Constant(0.6, "a_1"), Constant(-1.1, "a_2")
    w = [Value(v, f"w_{k}") for k, v in enumerate((0.2, -0.5, 0.9, 0.4, -0.3, 0.7), 1)]
    y = [Constant(v, f"y_{k}") for k, v in enumerate((0.0, 1.0, 0.0), 1)]
    s = [(w[2 * k] * a + w[2 * k + 1] * b).named(f"s_{k + 1}") for k in range(3)]
    e = [ag.exp(one) for one in s]
    p = [(one / (e[0] + e[1] + e[2])).named(f"p_{k}") for k, one in enumerate(e, 1)]
    loss: Value = -(y[0] * ag.log(p[0]) + y[1] * ag.log(p[1]) + y[2] * ag.log(p[2]))
    return loss.named("L")


def recurrent() -> Value:
    """c = f·k + i·g, m = o·tanh(c), where tanh(c) has no name; L = (m − t)²."""
    f, k, i, g = (Constant(v, n) for v, n in ((0.3, "f"), (0.8, "k"), (0.6, "i"), (-0.4, "g")))
    o, t = Value(0.7, "o"), Constant(0.25, "t")
    c = (f * k + i * Value(1.0, "u") * g).named("c")
    m = (o * ag.tanh(c)).named("m")
    loss: Value = (m - t) ** 2
    return loss.named("L")


def examples() -> Value:
    """Linear regression by a loss summed over examples."""
    w, total = Value([0.25, -0.45], "w"), Constant(0.0, "zero") * 1.0
    data = ([0.5, 1.5], 0.3), ([-1.0, 0.4], 0.9), ([0.8, -0.6], -0.2)
    for k, (x, y) in enumerate(data, 1):
        r = ag.tanh(w @ Constant(x, f"x_{k}")) - Constant(y, f"y_{k}")
        total = total + r**2
    loss: Value = total
    return loss.named("J")


def find(root: Value, *claims: tuple[str, Any]) -> Finding:
    return ag.compare(root, list(claims)).findings[-1]


def first(root: Value, *claims: tuple[str, Any]) -> tuple[str, str]:
    finding = find(root, *claims)
    assert finding.verdict == "wrong"
    cause = finding.causes[0]
    return cause.kind, cause.sentence


def test_a_wrong_sign_with_one_hot_targets_is_a_wrong_sign() -> None:
    assert first(three_classes(), ("dL/ds_2", "y_2 - p_2")) == ("wrong sign", "the sign is wrong")
    assert first(three_classes(), ("dL/ds_2", "p_2 + y_2"))[0] == "wrong sign"
    assert first(three_classes(), ("dL/dw_3", "(y_2 - p_2)*a_1"))[0] == "wrong sign"


def test_a_right_formula_with_one_hot_targets_is_right() -> None:
    assert find(three_classes(), ("dL/ds_2", "p_2 - y_2")).verdict == "right"
    assert find(three_classes(), ("q", "p_2 - y_2"), ("dL/dw_3", "q*a_1")).verdict == "right"


def test_a_wrong_index_with_one_hot_targets_is_named() -> None:
    kind, sentence = first(three_classes(), ("dL/dw_3", "(p_2 - y_2)*a_2"))
    assert (kind, sentence) == ("wrong index", "a_2 stands in place of a_1")
    kind, sentence = first(three_classes(), ("dL/ds_1", "p_2 - y_1"))
    assert (kind, sentence) == ("wrong index", "p_2 stands in place of p_1")


def test_an_input_in_place_of_an_activation_without_a_name_is_named() -> None:
    form = "2*(m - t)*o*(1 - c^2)"
    kind, sentence = first(recurrent(), ("dL/dc", form))
    assert (kind, sentence) == ("sigmoid derivative", "the input c stands in place of tanh(c)")
    assert find(recurrent(), ("dL/dc", "2*(m - t)*o*(1 - tanh(c)^2)")).verdict == "right"


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (r"\sum_{i=1}^3 2 (\tanh(w^T x_i) + y_i) (1 - \tanh^2(w^T x_i)) x_i", "wrong sign"),
        (r"\sum_{i=1}^3 (\tanh(w^T x_i) - y_i) (1 - \tanh^2(w^T x_i)) x_i", "constant factor"),
    ],
)
def test_a_mistake_in_all_summands_of_a_sum_is_one(form: str, kind: str) -> None:
    finding = find(examples(), ("dJ/dw", form))
    assert (finding.verdict, finding.causes[0].kind) == ("wrong", kind)


def test_a_forgotten_factor_of_an_array_is_named() -> None:
    h, v = Value([0.3, -0.8, 1.2], "h"), Constant([1.5, 0.4, -0.7], "v")
    root: Value = ((h * v).named("k") ** 2).sum()
    kind, sentence = first(root.named("E"), ("dE/dh", "2*v*v"))
    assert (kind, sentence) == ("missing factor", "the factor h is missing")


def test_a_formula_with_measured_numbers_is_left_to_the_other_search() -> None:
    finding = find(recurrent(), ("dL/dc", "2*(0.123456 - t)*o"))
    assert finding.verdict == "wrong"
    assert np.isfinite(float(finding.expected))
