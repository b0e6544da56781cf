"""One neuron by hand: z = w1·x1 + w2·x2 + b, a = σ(z), L = ½(a − y)²."""

from math import exp

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["BACKWARD", "NETWORK", "WRITTEN"]


def neuron(x1: Value, x2: Value, y: Value, w1: Value, w2: Value, b: Value) -> Value:
    z = (w1 * x1 + w2 * x2 + b).named("z")
    a = ag.sigmoid(z).named("a")
    return (0.5 * (a - y) ** 2).named("L")


NETWORK = Network(
    neuron,
    given={"x1": 1.5, "x2": 0.8, "y": 1.0, "w1": 0.4, "w2": -0.3, "b": 0.2},
    forward={
        "z": lambda w1, x1, w2, x2, b: w1 * x1 + w2 * x2 + b,
        "a": lambda z: 1 / (1 + exp(-z)),
        "L": lambda a, y: 0.5 * (a - y) ** 2,
    },
    constants=("x1", "x2", "y"),
)
RATE = 0.5
BACKWARD: Lines = {
    "dL/da": lambda a, y: a - y,
    "da/dz": lambda a: a * (1 - a),
    "dL/dz": lambda dL_da, da_dz: dL_da * da_dz,
    "dL/dw1": lambda dL_dz, x1: dL_dz * x1,
    "dL/dw2": lambda dL_dz, x2: dL_dz * x2,
    "dL/db": lambda dL_dz: dL_dz,
    "w1 new": lambda w1, dL_dw1: w1 - RATE * dL_dw1,
    "w2 new": lambda w2, dL_dw2: w2 - RATE * dL_dw2,
    "b new": lambda b, dL_db: b - RATE * dL_db,
}
RIGHT = worked(NETWORK, BACKWARD)

WRITTEN = (
    Written(
        "neuron: rows that go on, with the numbers put in",
        NETWORK,
        r"""
   ## Step 1.1 — the weighted sum
1  z = (w₁ · x₁) + (w₂ · x₂) + b
1    = (0.4 × 1.5) + (-0.3 × 0.8) + 0.2
1    = 0.6000 - 0.2400 + 0.2000
1    = 0.5600

   Squash it:

1  a = σ(0.56)
1    = 1 / (1 + e^(−0.56))
1    = «a:.5f»

   ## Step 2 — back to w₁
1  ∂L/∂w₁ = (a − y) · a(1 − a) · x₁
1         = («a:.5f» − 1) × «a:.5f» × (1 − «a:.5f») × 1.5
1         ≈ «dL_dw1:.4f»
""",
        RIGHT,
    ),
    Written(
        "neuron: decimal commas, and the slope taken at z",
        NETWORK,
        r"""
   Aufgabe 4

1  z = 0,56
1  a = «a:.4f,»
1  dL/da = a - y = «dL_da:.4f,»
!  da/dz = z*(1-z) = «da_dz:.4f,»
~  dL/dz = «dL_dz:.4f,»
~  dL/dw1 = «dL_dw1:.4f,»
~  dL/dw2 = «dL_dw2:.4f,»
""",
        worked(NETWORK, BACKWARD, da_dz=lambda z: z * (1 - z)),
        wrong="da/dz",
        kinds=("sigmoid derivative",),
        suffix=".txt",
    ),
    Written(
        "neuron: a site that doubles its backslashes",
        NETWORK,
        r"""
   We feed the inputs forward. Here \\( z = w_1 x_1 + w_2 x_2 + b \\) comes to

1  \\[ z = 0.4 \cdot 1.5 - 0.3 \cdot 0.8 + 0.2 = 0.56 \\]

2  and with \\( a = \sigma(z) \\) we find \\( a = «a» \\) and \\( L = «L» \\).

   Going back:

1  \\[ \frac{\partial L}{\partial a} = a - y = «dL_da» \\]
1  \\[ \frac{\partial a}{\partial z} = a(1-a) = «da_dz» \\]
1  \\[ \frac{\partial L}{\partial w_2} = \frac{\partial L}{\partial a} * \frac{\partial a}{\partial z} * \frac{\partial z}{\partial w_2} = «dL_dw2» \\]
""",
        RIGHT,
    ),
    Written(
        "neuron: underbraces say what the factors are",
        NETWORK,
        r"""
   \documentclass{article}
   \begin{document}
   By the chain rule,
   \begin{align}
   \frac{\partial L}{\partial w_1}
1    &= \underbrace{(a - y)}_{\partial L / \partial a} \;
        \underbrace{a (1 - a)}_{\partial a / \partial z} \;
        \underbrace{x_1}_{\partial z / \partial w_1}, \label{eq:one} \\
   \frac{\partial L}{\partial b}
!    &= \underbrace{(a - y)}_{\partial L / \partial a} \cdot
        \underbrace{a (1 - a)}_{\partial a / \partial z} \cdot
        \underbrace{x_1}_{\partial z / \partial b}. \nonumber
   \end{align}
   \end{document}
""",
        wrong="dL/db",
        kinds=("extra factor",),
        suffix=".tex",
    ),
    Written(
        "neuron: in words",
        NETWORK,
        r"""
   First we need the output of the unit.
1  The value of z is 0.56,
1  so the activation a is «a».
1  The derivative of L with respect to a equals «dL_da»
1  and the derivative of a with respect to z is «da_dz».
1  Therefore the gradient of L with respect to z is «dL_dz»,
1  hence dL/dw1 is «dL_dw1».
""",
        RIGHT,
        suffix=".txt",
    ),
    Written(
        "neuron: an update that climbs",
        NETWORK,
        r"""
   ### Gradients

1  * $\frac{dL}{dw_1} = «dL_dw1:.5f»$
1  * $\frac{dL}{dw_2} = «dL_dw2:.5f»$
1  * $\frac{dL}{db} = «dL_db:.5f»$

   ### One step with $\eta = 0.5$

!  $w_1^{new} = w_1 + \eta \frac{dL}{dw_1} = 0.4 + 0.5 \cdot («dL_dw1:.5f») = «w1_new:.4f»$
1  $w_2^{new} = w_2 - \eta \frac{dL}{dw_2} = «w2_new:.4f»$
1  $b^{new} = b - \eta \frac{dL}{db} = «b_new:.4f»$
""",
        worked(NETWORK, BACKWARD, w1_new=lambda w1, dL_dw1: w1 + RATE * dL_dw1),
        wrong="w1 updated",
        kinds=("wrong sign",),
        learning_rate=RATE,
    ),
    Written(
        "neuron: arrows for the steps, all on few lines",
        NETWORK,
        r"""
3  z = 0.56 → a = «a:.3f» → L = «L:.4f»
3  dL/da = «dL_da:.3f», da/dz = «da_dz:.3f»; dL/dz = «dL_dz:.4f»
2  ⇒ dL/dw1 = «dL_dw1:.4f» and dL/dw2 = «dL_dw2:.4f»
2  w1 ← 0.4 - 0.5*(«dL_dw1:.4f») = «w1_new:.3f» | b ← «b_new:.3f»
""",
        RIGHT,
        suffix=".txt",
        learning_rate=RATE,
    ),
    Written(
        "neuron: eqnarray with y − a",
        NETWORK,
        r"""
   \begin{eqnarray*}
   L & = & \frac{1}{2}(a-y)^2 \\
!  \frac{\partial L}{\partial a} & = & y - a \;=\; «dL_da:.3f» \\
1  \frac{\partial a}{\partial z} & = & a(1-a) \;=\; «da_dz:.3f» \\
~  \frac{\partial L}{\partial w_1} & = & \frac{\partial L}{\partial a}\frac{\partial a}{\partial z}x_1
~  \;=\; «dL_dw1:.3f»
   \end{eqnarray*}
""",
        worked(NETWORK, BACKWARD, dL_da=lambda a, y: y - a),
        wrong="dL/da",
        kinds=("wrong sign",),
        suffix=".tex",
    ),
)
