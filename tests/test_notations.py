"""One small network, and the ways in which people write its numbers and its derivatives.

The numbers come from plain arithmetic. Each line is right as it is, and wrong with another number.
"""

import math
from functools import cache
from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.compare import compare_with
from autograd_lite.check.report import Report

X, T, W1, W2, RATE = 1.5, 0.3, 0.7, -0.6, 0.1
S = W1 * X
H = 1 / (1 + math.exp(-S))
P = W2 * H
E = (T - P) ** 2
G1 = 2 * (P - T) * W2 * H * (1 - H) * X
G2 = 2 * (P - T) * H
NUMBERS = {
    "g1": f"{G1:.4f}",
    "g2": f"{G2:.4f}",
    "h": f"{H:.4f}",
    "p": f"{P:.4f}",
    "E": f"{E:.4f}",
    "s": f"{S:.2f}",
    "n1": f"{W1 - RATE * G1:.4f}",
    "comma": f"{G1:.4f}".replace(".", ","),
    "mantissa": f"{G1 * 10:.3f}",
}
OTHER = {"g1": "0.9999", "n1": "0.9999", "comma": "0,9999", "mantissa": "9.999"}


@cache
def network() -> NamedGraph:
    x, t = Constant(X, "x"), Constant(T, "t")
    w_1, w_2 = Value(W1, "w_1"), Value(W2, "w_2")
    s_1 = (w_1 * x).named("s_1")
    h = ag.sigmoid(s_1).named("h")
    p = (w_2 * h).named("p")
    return named_graph(((t - p) ** 2).named("E"))


def checked(line: str, folder: Path, suffix: str = ".md") -> Report:
    path = folder / f"line{suffix}"
    path.write_text(line, encoding="utf-8")
    return compare_with(network(), path, learning_rate=RATE)


GRADIENTS = r"""
dE/dw_1 = @g1@
∂E/∂w_1 ≃ @g1@
dE/dw_1 ==> @g1@
dE/dw_1 -> @g1@
dE/dw_1 := @g1@
dE/dw_1 is @g1@
dE/dw_1 = +@g1@
dE/dw_1 = @g1@…
dE/dw_1 = @g1@ (rounded to four places)
**dE/dw_1** = @g1@
*dE/dw_1* = `@g1@`
dE/dw_1 = @comma@
dE/dw_1 = @mantissa@ × 10⁻¹
$\frac{dE}{dw_1} = @mantissa@ \cdot 10^{-1}$
Q1. dE/dw_1 = @g1@
(a) dE/dw_1 = @g1@
Answer: dE/dw_1 = @g1@
We find that dE/dw_1 = @g1@.
dE/dw_1 (the first gradient) = @g1@
Gradient of w_1: @g1@
gradient w.r.t. w_1 = @g1@
the derivative of E by w_1 is @g1@
The gradient of the error with respect to w_1 is @g1@
w_1.grad: tensor(@g1@)
dw_1 = @g1@, and that is all
E_{w_1} = @g1@
$\nabla_{w_1} E(w_1, w_2) \approx @g1@$
$\frac{\mathrm{d} E}{\mathrm{d} w_1} = @g1@$
$\frac{\partial \mathcal{E}}{\partial \mathbf{w}_1} = @g1@$
$\frac{\partial}{\partial w_1}\left[E\right] = @g1@$
$\partial_{w_1} E = @g1@$
$\pdv{E}{w_1} = @g1@$
$\cfrac{\partial E}{\partial w_1} = @g1@$
$\frac{\delta E}{\delta w_1} = @g1@$
$\left.\frac{\partial E}{\partial w_1}\right|_{w_1 = 0.7} = @g1@$
$$\boxed{\frac{\partial E}{\partial w_1} = @g1@}$$
$$\frac{\partial E}{\partial w_1} = {\color{red} @g1@} \tag{7}$$
$$\frac{\partial E}{\partial w_1} = @g1@ \quad (7)$$
$$\begin{equation}\frac{\partial E}{\partial w_1} = @g1@\end{equation}$$
$$\frac{\partial E}{\partial w_1} \stackrel{!}{=} @g1@$$
\[ \therefore \frac{\partial E}{\partial w_1} = @g1@ \]
\(\tfrac{\partial E}{\partial w_1} = @g1@\)
(dE/dw_1, dE/dw_2) = (@g1@, @g2@)
dE/dw_1 = @g1@; dE/dw_2 = @g2@
dE/dw_1 = @g1@  dE/dw_2 = @g2@
dE/dw_1 @g1@
dE/dw_1    @g1@    dE/dw_2    @g2@
| w | gradient |⏎|---|---|⏎| w_1 | @g1@ |
|  | w_1 | w_2 |⏎|---|---|---|⏎| gradient | @g1@ | @g2@ |
∂E⏎── = @g1@⏎∂w_1
dE/dw_1 = dE/dp · dp/dh · dh/ds_1 · ds_1/dw_1⏎= @g1@
""".strip().split("\n")
STEPS = r"""
w_1 := w_1 - 0.1 dE/dw_1 = @n1@
$w_1 \leftarrow w_1 - \eta \frac{\partial E}{\partial w_1} = @n1@$
w_1 = 0.7 → @n1@
w_1: 0.7 -> @n1@
w_1 becomes @n1@
$w_1^{new} = @n1@$
$w_1^{(t+1)} = @n1@$
$w_1^{+} = @n1@$
new w_1 = @n1@
w_1 (new) = @n1@
After one step w_1 = @n1@
The updated weight is w_1 = @n1@.
""".strip().split("\n")
FORWARD = r"""
s_1 = w_1 x = 0.7(1.5) = @s@
s₁ = 0.7 x 1.5 = @s@
h = σ(s_1) = σ(@s@) = @h@
h = 1/(1+exp(-@s@)) = @h@
$h = \frac{1}{1+e^{-s_1}} = @h@$
p = w_2·h = -0.6·@h@ = @p@
p = w_2 h = (-0.6)(@h@) = @p@ and E = (t - p)^2 = @E@
With $p = @p@$ the error is $E = @E@$.
E=(t−p)²≈@E@
""".strip().split("\n")


def filled(line: str, numbers: dict[str, str]) -> str:
    for name, digits in numbers.items():
        line = line.replace(f"@{name}@", digits)
    return line.replace("⏎", "\n")


@pytest.mark.parametrize("line", [*GRADIENTS, *STEPS, *FORWARD])
def test_a_right_line_is_right_however_it_is_written(line: str, tmp_path: Path) -> None:
    findings = checked(filled(line, NUMBERS), tmp_path).findings
    assert findings
    assert {one.verdict for one in findings} == {"right"}


@pytest.mark.parametrize("line", [*GRADIENTS, *STEPS])
def test_with_another_number_it_is_wrong(line: str, tmp_path: Path) -> None:
    findings = checked(filled(line, NUMBERS | OTHER), tmp_path).findings
    assert "wrong" in {one.verdict for one in findings}


def test_a_number_alone_does_not_say_which_derivative_its_symbol_is(tmp_path: Path) -> None:
    (finding,) = checked(f"$\\delta = {G1:.4f}$", tmp_path).findings
    assert finding.verdict == "unchecked"
