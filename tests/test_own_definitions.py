"""A symbol whose definition is wrong: its lines follow from that; and numbers in place of names."""

from typing import Any

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.finding import Finding


def net() -> Value:
    """Two inputs, h = σ(u·x_1 + v·x_2), two outputs p and q of h, squared errors."""
    x_1, x_2 = Constant(0.7, "x_1"), Constant(-1.2, "x_2")
    u, v, r, s = Value(0.3, "u"), Value(-0.4, "v"), Value(0.9, "r_1"), Value(-0.6, "r_2")
    z = (u * x_1 + v * x_2).named("z")
    h = ag.sigmoid(z).named("h")
    p, q = (r * h).named("p"), (s * h).named("q")
    return ((p - 1) ** 2 + (q - 0.5) ** 2).named("E")


def layer() -> Value:
    """Columns: z1 = W1 x, a1 = σ(z1), z2 = W2 a1, C = ½ Σ (z2 − t)²."""
    x, t = Constant([[0.4], [-0.9]], "x"), Constant([[0.3], [0.6]], "t")
    W1, W2 = Value([[0.5, -0.3], [0.8, 0.2]], "W1"), Value([[0.7, -0.6], [0.4, 0.9]], "W2")
    b1 = Value([[0.1], [0.0]], "b1")
    z1 = (W1 @ x + b1).named("z1")
    a1 = ag.sigmoid(z1).named("a1")
    z2 = (W2 @ a1).named("z2")
    return (((z2 - t) ** 2).sum() / 2).named("C")


def findings(root: Value, *rows: tuple[str, Any]) -> list[Finding]:
    return list(ag.compare(root, rows).findings)


def verdicts(root: Value, *rows: tuple[str, Any]) -> list[str]:
    return [one.verdict for one in findings(root, *rows)]


def test_two_lines_follow_from_the_wrong_definition_of_their_symbol() -> None:
    g = "(2*(p - 1)*r_1 + 2*(q - 0.5)*r_1)*h*(1 - h)"
    first, *others = findings(net(), ("g", g), ("dE/du", "g*x_1"), ("dE/dv", "g*x_2"))
    assert (first.verdict, first.quantity) == ("wrong", "dE/dz")
    assert first.causes[0].kind in ("wrong factor", "wrong index")
    assert [one.verdict for one in others] == ["follows", "follows"]
    assert {one.root for one in others} == {"g"}


@pytest.mark.parametrize(
    ("symbol", "second"),
    [
        ("h*(1 - h)", "wrong"),  # a right slope, and what comes down to it forgotten twice
        ("2*(p - 1)*r_1 + 2*(q - 0.5)*r_2", "follows"),  # a right dE/dh, one slope forgotten
    ],
)
def test_a_definition_that_is_right_of_something_is_not_blamed(symbol: str, second: str) -> None:
    rows = ("g", symbol), ("dE/du", "g*x_1"), ("dE/dv", "g*x_2")
    assert verdicts(net(), *rows) == ["unchecked", "wrong", second]


def test_one_wrong_line_with_a_symbol_is_wrong_in_itself() -> None:
    g = "(2*(p - 1)*r_1 + 2*(q - 0.5)*r_1)*h*(1 - h)"
    assert verdicts(net(), ("g", g), ("dE/du", "g*x_1")) == ["unchecked", "wrong"]


def test_a_right_line_with_a_symbol_speaks_for_its_definition() -> None:
    g = "(2*(p - 1)*r_1 + 2*(q - 0.5)*r_2)*h*(1 - h)"
    rows = ("g", g), ("dE/du", "g*x_2"), ("dE/dv", "g*x_2")
    assert verdicts(net(), *rows) == ["unchecked", "wrong", "right"]


def test_a_symbol_keeps_the_product_of_matrices_that_it_was_defined_as() -> None:
    rows = (
        (r"\delta^{(2)}", r"z^{(2)} - t"),
        (r"\delta^{(1)}", r"(W^{(2)})^T \delta^{(2)}"),
        ("dC/dW1", r"(\delta^{(1)} \odot a^{(1)} \odot (1 - a^{(1)})) x^T"),
        ("dC/db1", r"\delta^{(1)} \odot a^{(1)} \odot (1 - a^{(1)})"),
    )
    assert verdicts(layer(), *rows) == ["right"] * 4


def test_a_delta_without_its_slope_is_the_one_mistake_of_its_lines() -> None:
    rows = (
        (r"\delta^{(2)}", r"z^{(2)} - t"),
        (r"\delta^{(1)}", r"{W^{(2)}}^T \delta^{(2)}"),
        ("dC/dW2", r"\delta^{(2)} {a^{(1)}}^T"),
        ("dC/dW1", r"\delta^{(1)} x^T"),
        ("dC/db1", r"\delta^{(1)}"),
    )
    assert verdicts(layer(), *rows) == ["right", "wrong", "right", "follows", "follows"]


# Numbers in place of names


def line() -> Value:
    """o = k·x with x = 2, p = 1.25·o, L = ½ (p − 1)²: dL/dp is 0.25, dL/do 0.3125."""
    x, k = Constant(2.0, "x"), Value(0.5, "k")
    p = ((k * x).named("o") * 1.25).named("p")
    return (0.5 * (p - 1) ** 2).named("L")


@pytest.mark.parametrize(
    ("name", "form", "verdict"),
    [
        ("dL/do", r"0.25 * dp/do", "right"),
        ("dL/dk", r"0.31 \cdot x", "right"),
        ("dL/dk", r"0.25 * 1.25 * x", "right"),
        ("dL/dk", r"(p - 1) * 1.25 * 2", "right"),
        ("dL/dk", r"0.25 \cdot x", "wrong"),
        ("dL/dk", r"0.31 \cdot k", "wrong"),
        ("dL/do", r"2 \cdot (p - 1)", "wrong"),
        ("o", "2*k", "wrong"),
    ],
)
def test_a_number_in_a_formula_may_be_that_of_a_quantity(
    name: str, form: str, verdict: str
) -> None:
    (finding,) = findings(line(), (name, form))
    assert finding.verdict == verdict
    assert ("at this point only" in finding.reason) == (verdict == "right")


def test_a_whole_number_is_put_in_for_a_name_of_the_member_before() -> None:
    path = "dL/dk = dL/do * x = dL/do * 2 = 0.625"
    claims = [("dL/dk", part) for part in path.split(" = ")[1:]]
    assert verdicts(line(), ("dL/dk", path.partition(" = ")[2]))[-1] == "right"
    assert verdicts(line(), *claims) == ["right", "wrong", "right"]


def test_arithmetic_with_a_wrong_number_follows_from_it() -> None:
    rows = ("dL/do", "0.25"), ("dL/dk", "0.25*2"), ("dL/dk", "0.5"), ("k new", "0.5 - 0.1*0.5")
    found = ag.compare(line(), rows, learning_rate=0.1).findings
    assert [one.verdict for one in found] == ["wrong", "follows", "follows", "follows"]
