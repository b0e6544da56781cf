"""What cancels is 0 but for rounding: as a number, as a formula, as code, in a backward.

The tolerance comes from the size of what was added up, not of what is left.
"""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.truth.rounding import measured_rounding


def shifted() -> Value:
    """Scores from which their maximum is taken, s = exp(z − m), and the softmax of class 1."""
    z_1, z_2, z_3 = (Value(v, f"z_{k}") for k, v in enumerate((1.3, -0.4, 0.9), 1))
    m = Value(1.3, "m")
    s_1, s_2, s_3 = (ag.exp(z - m).named(f"s_{k}") for k, z in enumerate((z_1, z_2, z_3), 1))
    p = (s_1 / (s_1 + s_2 + s_3)).named("p")
    loss: Value = -ag.log(p)
    return loss.named("L")


def centred() -> Value:
    """A bias before a batch is centred and scaled."""
    x, b = Constant([0.31, -1.7, 2.23, 0.86], "x"), Value(0.45, "b")
    h = (3 * x + b).named("h")
    mu = h.mean().named("mu")
    d = (h - mu).named("d")
    v = (d * d).mean().named("v")
    r = (d / ag.sqrt(v + 1e-5)).named("r")
    loss: Value = (r**3).sum()
    return loss.named("L")


def verdicts(root: Value, claims: Any) -> list[str]:
    return [finding.verdict for finding in ag.compare(root, claims).findings]


@pytest.mark.parametrize(
    "given",
    [
        "0",
        "0.0",
        "0.000",
        0.0,
        1.1e-16,
        -5.6e-17,
        np.float64(2e-16),
        "1 - s_1/(s_1 + s_2 + s_3) - (s_2 + s_3)/(s_1 + s_2 + s_3)",
        "(s_1 + s_2 + s_3)/(s_1 + s_2 + s_3) - 1",
        "dL/ds_1*s_1 + dL/ds_2*s_2 + dL/ds_3*s_3",
        "-(dL/dz_1 + dL/dz_2 + dL/dz_3)",
    ],
)
def test_a_subtracted_maximum_has_no_gradient(given: Any) -> None:
    assert verdicts(shifted(), {"dL/dm": given}) == ["right"]


@pytest.mark.parametrize(
    "given",
    [
        1e-6,
        "0.001",
        1e-12,
        "1e-9",
        "dL/dz_1",
        "s_2*1e-6",
        "dL/ds_1*s_1 + dL/ds_2*s_2",
        "1 - s_1/(s_1 + s_2 + s_3) + (s_2 + s_3)/(s_1 + s_2 + s_3)",
    ],
)
def test_what_is_not_rounding_is_wrong(given: Any) -> None:
    assert verdicts(shifted(), {"dL/dm": given}) == ["wrong"]


@pytest.mark.parametrize(
    "given", ["0", 8.9e-16, "sum(dL/dh)", "(dL/dh).sum()", "3*mean(dL/dh)", "sum(h - mu)"]
)
def test_a_bias_before_a_normalisation_has_no_gradient(given: Any) -> None:
    assert verdicts(centred(), {"dL/db": given}) == ["right"]


@pytest.mark.parametrize("given", ["sum(dL/dd)", "sum(dL/dr)", "1e-4*mu", 0.02])
def test_another_sum_is_wrong(given: Any) -> None:
    assert verdicts(centred(), {"dL/db": given}) == ["wrong"]


def test_code_may_add_up_in_another_order() -> None:
    def backward(v: Any, r: Any) -> Any:
        dr = 3 * r**2
        s = np.sqrt(v + 1e-5)
        dh = (dr - dr.mean() - r * (dr * r).mean()) / s
        db = dh.sum()
        return dh, db

    (finding,) = [one for one in ag.compare(centred(), backward).findings if one.name == "db"]
    assert finding.verdict == "right"


def test_code_that_forgets_a_path_is_wrong() -> None:
    def backward(v: Any, r: Any) -> Any:
        dr = 3 * r**2
        dh = (dr - r * (dr * r).mean()) / np.sqrt(v + 1e-5)
        db = dh.sum()
        return dh, db

    (finding,) = [one for one in ag.compare(centred(), backward).findings if one.name == "db"]
    assert finding.verdict in ("wrong", "follows")


def test_a_number_that_only_lost_digits_keeps_those_it_has() -> None:
    a, b = Value(1e8 + 0.25, "a"), Value(1e8, "b")
    y = (a - b).named("y")
    assert verdicts(y, {"y": 0.25}) == ["right"]
    assert verdicts(y, {"y": 0.2500005}) == ["wrong"]


def test_a_formula_that_adds_and_takes_away_has_the_rounding_of_what_it_adds() -> None:
    a, b = Value(0.1, "a"), Value(3e5, "b")
    y = (a * a + 0 * b).named("y")
    assert verdicts(y, {"dy/da": "(2*a + b) - b"}) == ["right"]
    assert verdicts(y, {"dy/da": "(2*a + b) - b*1.0000001"}) == ["wrong"]


def test_an_own_symbol_that_cancels_is_0_where_it_is_used() -> None:
    claims = [("s", "sum(h - mu)"), ("dv/dmu", "-2/4*s")]
    assert verdicts(centred(), claims) == ["unchecked", "right"]


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_a_backward_may_round_what_cancels(scale: float) -> None:
    def forward(h: Any, b: Any) -> Any:
        k = h + b
        return (k - k.mean()) ** 2

    def right(g: Any, h: Any, b: Any) -> Any:
        k = h + b
        d = 2 * g * (k - k.mean())
        dh = d - d.mean()
        return dh, dh.sum()

    def wrong(g: Any, h: Any, b: Any) -> Any:
        d = 2 * g * (h + b - (h + b).mean())
        return d - d.mean(), d.sum() * 1e-3

    inputs = [scale * np.array([0.3, 1.9, -0.7, 0.2]), np.array(0.4)]
    assert ag.check_vjp(forward, right, inputs).ok
    assert not ag.check_vjp(forward, wrong, inputs).ok


def test_what_a_formula_takes_away_from_its_like_is_measured() -> None:
    def compute(given: Any) -> Any:
        a, b, c = given["a"], given["b"], given["c"]
        return np.asarray(a * (b / c) - a / c * b)

    values = {"a": np.array(7.1), "b": np.array(1.3), "c": np.array(0.7)}
    size = measured_rounding(compute, values, {})
    assert 0.1 < size < 400


def test_what_does_not_cancel_has_its_own_size() -> None:
    size = measured_rounding(lambda given: given["a"] * 2, {"a": np.array(3.0)}, {})
    assert 6 <= size < 20
