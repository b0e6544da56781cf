"""Rarer notations: own commands, cases, primes, percent, broken lines, other alphabets."""

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world import neuron
from corpus.world.written import Network, Written, worked

__all__ = ["BACKWARD", "NETWORK", "WRITTEN"]


def chain(x: Value, y: Value, w: Value, v: Value) -> Value:
    u = (w * x).named("u")
    r = ag.relu(u).named("r")
    q = (v * r**2).named("q")
    return ((q - y) ** 2).named("E")


NETWORK = Network(
    chain,
    given={"x": 2.0, "y": 1.25, "w": 0.75, "v": 0.4},
    forward={
        "u": lambda w, x: w * x,
        "r": lambda u: max(u, 0.0),
        "q": lambda v, r: v * r**2,
        "E": lambda q, y: (q - y) ** 2,
    },
    constants=("x", "y"),
)
BACKWARD: Lines = {
    "dE/dq": lambda q, y: 2 * (q - y),
    "dE/dv": lambda dE_dq, r: dE_dq * r**2,
    "dq/dr": lambda v, r: 2 * v * r,
    "dE/dr": lambda dE_dq, dq_dr: dE_dq * dq_dr,
    "dE/du": lambda dE_dr, u: dE_dr * (u > 0),
    "dE/dw": lambda dE_du, x: dE_du * x,
}
RIGHT = worked(NETWORK, BACKWARD)

WRITTEN = (
    Written(
        "notations: commands of the document's own",
        NETWORK,
        r"""
   \documentclass[a4paper]{article}
   \newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}
   \def\err{E}
   \begin{document}
   % the chain, from the loss to the weight
   \begin{equation}\label{eq:q}
1    \pd{\err}{q} = 2(q - y) = «dE_dq»
   \end{equation}
   \begin{equation}
   \begin{split}
1    \pd{\err}{w} &= \pd{\err}{q}\,\pd{q}{r}\,\pd{r}{u}\,\pd{u}{w} \\
1                 &= 2(q-y) \cdot 2vr \cdot x
   \end{split}
   \end{equation}
   \end{document}
""",
        RIGHT,
        suffix=".tex",
    ),
    Written(
        "notations: a case distinction for the ReLU",
        NETWORK,
        r"""
1  $$\frac{\partial r}{\partial u} = \begin{cases} 1 & \text{if } u > 0 \\ 0 & \text{otherwise} \end{cases}$$

!  $$\frac{\partial q}{\partial r} = v r$$

~  so $\frac{\partial E}{\partial r} = \frac{\partial E}{\partial q} v r$.
""",
        wrong="dq/dr",
        kinds=("constant factor",),
    ),
    Written(
        "notations: primes for derivatives",
        neuron.NETWORK,
        r"""
   With $\sigma(z) = \frac{1}{1 + e^{-z}}$ the derivative is

1  $$\frac{da}{dz} = \sigma'(z) = \sigma(z)\,(1 - \sigma(z))$$
1  $$\frac{dL}{dz} = (a - y)\,\sigma'(z)$$
1  $$\frac{dL}{db} = (a-y)\,a\,(1-a)$$
""",
    ),
    Written(
        "notations: a formula that a PDF broke over lines",
        NETWORK,
        r"""
   2.3 Gradient of the inner weight
   Applying the chain rule twice we obtain
1  ∂E/∂w = ∂E/∂q · ∂q/∂r ·
   ∂r/∂u · ∂u/∂w (2.7)
1  = 2(q − y) · 2vr · x
1  = «dE_dw:.2f» (2.8)
   where the ReLU is active.
""",
        RIGHT,
        suffix=".txt",
    ),
    Written(
        "notations: halves, powers and minus signs of typographers",
        neuron.NETWORK,
        r"""
1  L = ½(a − y)² = «L»
1  ∂L/∂a = a − y = −«abs»
!  ∂L/∂z = −(a − y) · a · (1 − a)
1  ∂z/∂w₁ = x₁
1  ∂z/∂b = 1
""",
        neuron.RIGHT | {"abs": -neuron.RIGHT["dL_da"]},
        wrong="dL/dz",
        kinds=("wrong sign",),
        suffix=".txt",
    ),
    Written(
        "notations: numbers as powers of ten",
        neuron.NETWORK,
        r"""
1  - $L = 6.608 \times 10^{-2}$
1  - $\frac{\partial L}{\partial a} = -3.635 \cdot 10^{-1}$
1  - $\frac{\partial L}{\partial w_1} \approx -1.262\mathrm{e}{-1}$
1  - $\frac{\partial L}{\partial w_2} \approx -6.729\text{e-}2$
1  - $\frac{\partial L}{\partial b}$ is about $-0.0841$
""",
    ),
    Written(
        "notations: words before and after, in one paragraph",
        NETWORK,
        r"""
2  Since $u = wx = 1.5$ is positive, the ReLU lets it through and $r = 1.5$; hence
1  $q = 0.4 \cdot 1.5^2 = 0.9$ (this is our prediction). The loss is therefore
!  $E = (0.9 - 1.25)^2 = 0.35$, and from $\frac{dE}{dq} = 2(q - y)$ we get
1  $\frac{dE}{dq} = -0.7$ as the first gradient.
""",
        wrong="E",
        kinds=("arithmetic",),
    ),
    Written(
        "notations: a backwards pass in bullets with bold keys",
        NETWORK,
        r"""
   ## Backward pass

1  1. **dE/dq**: `2*(q - y)` = «dE_dq:.2f»
1  2. **dq/dr**: `2*v*r` = «dq_dr:.2f»
1  3. **dr/du**: `1` because `u > 0`
1  4. **du/dw**: `x` = 2
!  5. **dE/dw**: «dE_dq:.2f» × «dq_dr:.2f» × 1 × 2 = «dE_dw:.2f»
""",
        worked(NETWORK, BACKWARD, dE_dw=lambda dE_du, x: -dE_du * x),
        wrong="dE/dw",
        kinds=("wrong sign", "arithmetic"),
    ),
)
