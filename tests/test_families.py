"""One slip in all terms of a kind is named from numbers, by what it does to the whole array."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value

RNG = np.random.default_rng(7)
X, GAMMA, C = RNG.normal(size=(4, 3)), np.array([1.3, 0.7, -0.4]), RNG.normal(size=(4, 3))
EPS = 1e-3
MU, VAR = X.mean(axis=0), X.var(axis=0)
S = 1 / np.sqrt(VAR + EPS)
XHAT = (X - MU) * S
DXHAT = 2 * XHAT * GAMMA * C * GAMMA


def norm() -> Value:
    """A batch norm: r = (x − μ)/√(v + ε), y = γ·r, L = Σ c·y²."""
    x, gamma = Value(X, "x"), Value(GAMMA, "gamma")
    mu = x.mean(axis=0).named("mu")
    d = (x - mu).named("d")
    v = (d * d).mean(axis=0).named("v")
    r = (d / np.sqrt(v + EPS)).named("r")
    y = (r * gamma).named("y")
    return (y * y * C).sum().named("L")


def dx(s: Any = S, mean: float = 1.0, var: float = 1.0, d_var: Any = None) -> Any:
    dv = (DXHAT * (X - MU)).sum(axis=0) * -0.5 * s**3 if d_var is None else d_var
    return DXHAT * s - mean * (DXHAT * s).mean(axis=0) + var * dv * 2 * (X - MU) / 4


Z = RNG.normal(size=(3, 4))
T = RNG.normal(size=(3, 4))
P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
G = 2 * (P - T)


def softmax() -> Value:
    z = Value(Z, "z")
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = (e / e.sum(axis=1, keepdims=True)).named("p")
    return ((p - T) ** 2).sum().named("L")


def printed(array: Any) -> Any:
    return [printed(one) for one in array] if np.ndim(array) else f"{array:.5f}"


def first(root: Value, name: str, given: Any) -> tuple[str, str]:
    finding = ag.compare(root, [(name, printed(given))]).findings[0]
    assert finding.verdict == "wrong"
    return (finding.causes[0].kind, finding.causes[0].sentence) if finding.causes else ("", "")


def test_the_arrays_of_this_page_are_right() -> None:
    assert ag.compare(norm(), [("dL/dx", printed(dx()))]).ok
    dz = P * (G - (G * P).sum(axis=1, keepdims=True))
    assert ag.compare(softmax(), [("dL/dz", printed(dz))]).ok


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        (dx(mean=0.0), "missing path", "the path from d through mu"),
        (dx(mean=4.0), "constant factor", "4 times too large"),
        (dx(var=0.0), "missing path", "v"),
        (dx(var=-1.0), "wrong sign", "v"),
        (dx(var=0.3), "constant factor", "0.3"),
        (dx(mean=0.0, var=0.0), "missing path", "mu"),
        (dx(s=1 / np.sqrt(VAR)), "missing path", "0.001 is missing"),
        (dx(s=1 / np.sqrt(VAR * 4 / 3 + EPS)), "constant factor", "mind ddof"),
    ],
    ids=["mean", "1/n", "variance", "sign", "any", "both", "epsilon", "ddof"],
)
def test_a_path_of_a_norm(given: Any, kind: str, sentence: str) -> None:
    found = first(norm(), "dL/dx", given)
    assert found[0] == kind
    if sentence != "the path from d through mu":
        assert sentence in found[1]


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        (G * P * (1 - P), "missing path", "to the others of p are missing"),
        (P * G, "missing path", "is missing, g = dL/dp"),
        (P * (G - G.sum(axis=1, keepdims=True)), "missing factor", "in the sum"),
        (P * (G + (G * P).sum(axis=1, keepdims=True)), "wrong sign", "has the wrong sign"),
        (P * (G - (G * P).sum(axis=0)), "wrong index", "over axis 0 where it belongs over axis 1"),
        (G - (G * P).sum(axis=1, keepdims=True), "missing factor", "p"),
    ],
    ids=["diagonal", "no sum", "unweighted", "sign", "axis", "no factor"],
)
def test_what_people_make_of_a_softmax(given: Any, kind: str, sentence: str) -> None:
    found = first(softmax(), "dL/dz", given)
    assert found[0] == kind
    assert sentence in found[1]


def ridge() -> Value:
    w = Value([[0.5, -2.0], [1.1, 0.3]], "w")
    p = (Constant(X[:, :2], "x") @ w).named("p")
    return ((p * p).sum() + 0.7 * (w * w).sum()).named("L")


@pytest.mark.parametrize("seed", range(4))
def test_noise_has_no_cause(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=(2, 2))
    assert first(ridge(), "dL/dw", noise) == ("", "")
    assert first(softmax(), "dL/dz", np.random.default_rng(seed).normal(size=(3, 4))) == ("", "")


def line() -> Value:
    x, y = Constant([0.5, -1.2, 1.7, 0.3], "x"), Constant([1.1, -0.4, 2.3, 0.6], "y")
    p = (Value(1.4, "m") * x + Value(-0.3, "c")).named("p")
    return ((p - y) ** 2).mean().named("E")


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        (r"\frac{2}{n}\sum_{i=1}^n (m x_i + c + y_i) x_i", "wrong sign"),
        (r"\frac{2}{n}\sum_{i=1}^n (m x_i - y_i) x_i", "missing path"),
        (r"\frac{2}{n}\sum_{i=1}^n (m x_i + c - y_i)^2 x_i", "extra factor"),
        ("2*mean((m*x + c - y)*x^2)", "extra factor"),
        ("2*mean((m*x + c - y)*y)", "wrong factor"),
    ],
)
def test_a_slip_inside_a_sum(formula: str, kind: str) -> None:
    finding = ag.compare(line(), {"dE/dm": formula}).findings[0]
    assert (finding.verdict, finding.causes[0].kind) == ("wrong", kind)


def test_one_slip_in_a_symbol_without_meaning_is_one_root() -> None:
    x, w, v = Constant(0.9, "x"), Value(-0.7, "w"), Value(1.3, "v")
    h = ag.sigmoid((w * x).named("z")).named("h")
    root = ((v * h) ** 2).named("L")

    def backward(x: Any, h: Any, v: Any) -> Any:
        e = v * h  # 2 is missing
        dv = e * h
        dw = e * v * h * (1 - h) * x
        return dv, dw

    assert len(ag.compare(root, backward).roots) == 1
