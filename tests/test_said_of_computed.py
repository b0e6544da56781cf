"""What is said of something computed, of all layers, of the whole gradient, and beside a number."""

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.finding import Finding
from autograd_lite.check.read.documents import read_document


def network() -> Value:
    x, t = Constant(0.5, "x"), Constant(1.0, "t")
    w, v = Value(0.8, "w_1"), Value(-0.4, "w_2")
    h = ag.sigmoid((w * x).named("z")).named("h")
    return (((v * h).named("y") - t) ** 2).named("E")


def findings(text: str) -> list[Finding]:
    return [*ag.compare(network(), read_document(text), learning_rate=0.1).findings]


def verdicts(text: str) -> list[str]:
    return [one.verdict for one in findings(text)]


@pytest.mark.parametrize(
    ("line", "slip"),
    [
        ("|dE/dy| = 2.479", "|dE/dy| = 2.497"),
        (r"$\left|\frac{\partial E}{\partial y}\right| = 2.479$", "|dE/dy| = -2.479"),
        ("1 - h = 0.4013", "1 - h = 0.4103"),
        ("(y - t)^2 = 1.5363", "(y - t)^2 = 1.5633"),
        ("h(1 - h) = 0.2403", "h(1 - h) = 0.2430"),
        (r"$\sigma'(z) = 0.2403$", r"$\sigma'(z) = 0.2304$"),
        ("σ(0.4) = 0.5987", "σ(0.4) = 0.5897"),
        ("w_1*x = 0.4", "w_1*x = 0.04"),
        ("y - t = w_2 h - t", "y - t = w_1 h - t"),
        ("h'(0.4) = 0.2403", "h'(0.4) = 0.2304"),
        ("∇E = (0.1191, -1.4841)", "∇E = (0.1191, 1.4841)"),
        ("∇E = (-1.4841, 0.1191)", "∇E = (0.1911, -1.4841)"),
        (r"$\nabla_\theta E = [0.1191, -1.4841]^\top$", "dE/dy = 2.4790 > 0"),
        ("dE/dy = 2(y - t) = -2.4790 < 0", "dE/dy = 2(y + t) < 0"),
        ("x = 0.5 s", "x = 0.6 s"),
    ],
)  # fmt: skip
def test_it_is_judged(line: str, slip: str) -> None:
    assert set(verdicts(line)) == {"right"}
    assert "wrong" in verdicts(slip)
    assert all(one.causes for one in findings(slip) if one.verdict == "wrong" and "|" in one.name)


def test_it_may_come_from_the_rounded_numbers_above() -> None:
    assert verdicts("y = -0.24\n(y - t)^2 = 1.5376") == ["right", "right"]
    assert verdicts("y = -0.24\n(y - t)^2 = 1.5736") == ["right", "wrong"]


def test_a_letter_of_the_author_is_no_unit() -> None:
    text = "dE/dw_2 = 2 g h\nwhere g = y - t\ndE/dy = 2 g"
    assert "wrong" not in verdicts(text)


def test_it_follows_from_a_wrong_number_above() -> None:
    assert verdicts("h = 0.5897\n1 - h = 0.4103") == ["wrong", "follows"]


@pytest.mark.parametrize(
    "line", ["w_1*x = 0", "∇E = (3, 4)", "h^2 = 0.3", "h ist 0.5987", "y < 0", "z vale 0.4"]
)
def test_what_may_mean_something_else_is_listed(line: str) -> None:
    assert verdicts(line) == ["unchecked"]


@pytest.mark.parametrize("line", ["k < 3", "we have 0.5 of it", "Table A shows 0.5"])
def test_a_letter_that_is_nothing_here_is_not_listed(line: str) -> None:
    assert verdicts(line) == []


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("w_1.shape: (3, 2)", "wrong"),
        ("shape of W: (3, 2)", "right"),
        ("W.shape = (2, 3)", "wrong"),
    ],
)
def test_a_shape_is_a_claim(line: str, verdict: str) -> None:
    w = Value([[0.2, -0.5], [0.7, 0.1], [-0.3, 0.4]], "W")
    loss = ((w * w).sum() * Value(1.0, "w_1")).named("L")
    assert [one.verdict for one in ag.compare(loss, read_document(line)).findings] == [verdict]


# Of every layer.


def layers() -> Value:
    a = Constant([0.5, -1.0], "a0")
    for count, weights in enumerate(([[0.3, -0.2], [0.4, 0.1]], [[0.6, -0.4], [0.1, 0.9]]), 1):
        z = Value(weights, f"W{count}") @ a + Value([0.1, 0.2], f"b{count}")
        a = ag.sigmoid(z.named(f"z{count}")).named(f"a{count}")  # type: ignore[assignment]
    return ((a - Constant([1.0, 0.0], "y")) ** 2).sum().named("C")


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (r"$\delta^{l} = ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^{l})$", 1),
        (r"$\delta^l = ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)$", 1),
        (r"$\delta^L = 2(a^L - y) \odot \sigma'(z^L)$", 1),
        (r"$z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}$", 2),
        (r"$\frac{\partial C}{\partial b^{[l]}} = \delta^{[l]}$", 2),
        (r"$\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_k \delta^l_j$", 8),
        (r"$dZ^{[l]} = W^{[l+1]T} dZ^{[l+1]} * g^{[l]'}(Z^{[l]})$", 1),
    ],
)
def test_a_free_layer_is_every_layer_for_which_all_is_known(line: str, count: int) -> None:
    found = ag.compare(layers(), read_document(line)).findings
    assert [one.verdict for one in found] == ["right"] * count


def test_a_slip_in_what_is_said_of_every_layer_is_found() -> None:
    line = r"$\frac{\partial C}{\partial W^{(l)}} = \delta^{(l)} (a^{(l)})^T$"
    assert "wrong" in {one.verdict for one in ag.compare(layers(), read_document(line)).findings}


def test_the_numbers_of_an_index_before_a_colon_belong_to_it() -> None:
    given = "x_1 = 1, x_2 = -0.5, h_0 = 0, w = 0.6, u = 0.9"
    report = ag.check(
        f"{given}\nfor k = 1, 2: h_k = tanh(w h_{{k-1}} + u x_k)\nE = h_2^2\ndE/dh_2 = 2·h_2"
    )
    assert [one.verdict for one in report.findings] == ["right"]
