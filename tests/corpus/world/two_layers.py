"""Two inputs, two hidden units and two outputs, all σ: the example of every tutorial."""

from math import exp

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["BACKWARD", "NETWORK", "WRITTEN"]


def squashed(x: float) -> float:
    return 1 / (1 + exp(-x))


def tutorial(**v: Value) -> Value:
    net_h1 = (v["w1"] * v["i1"] + v["w2"] * v["i2"] + v["b1"]).named("net_h1")
    net_h2 = (v["w3"] * v["i1"] + v["w4"] * v["i2"] + v["b1"]).named("net_h2")
    out_h1, out_h2 = ag.sigmoid(net_h1).named("out_h1"), ag.sigmoid(net_h2).named("out_h2")
    net_o1 = (v["w5"] * out_h1 + v["w6"] * out_h2 + v["b2"]).named("net_o1")
    net_o2 = (v["w7"] * out_h1 + v["w8"] * out_h2 + v["b2"]).named("net_o2")
    out_o1, out_o2 = ag.sigmoid(net_o1).named("out_o1"), ag.sigmoid(net_o2).named("out_o2")
    e1 = (0.5 * (v["t1"] - out_o1) ** 2).named("E_o1")
    e2 = (0.5 * (v["t2"] - out_o2) ** 2).named("E_o2")
    return (e1 + e2).named("E_total")


NETWORK = Network(
    tutorial,
    given={
        "i1": 0.3,
        "i2": -0.7,
        "t1": 0.2,
        "t2": 0.85,
        "w1": 0.24,
        "w2": 0.51,
        "w3": -0.33,
        "w4": 0.12,
        "b1": 0.15,
        "w5": 0.62,
        "w6": -0.41,
        "w7": 0.18,
        "w8": 0.73,
        "b2": -0.25,
    },
    forward={
        "net_h1": lambda w1, i1, w2, i2, b1: w1 * i1 + w2 * i2 + b1,
        "out_h1": lambda net_h1: squashed(net_h1),
        "net_h2": lambda w3, i1, w4, i2, b1: w3 * i1 + w4 * i2 + b1,
        "out_h2": lambda net_h2: squashed(net_h2),
        "net_o1": lambda w5, out_h1, w6, out_h2, b2: w5 * out_h1 + w6 * out_h2 + b2,
        "out_o1": lambda net_o1: squashed(net_o1),
        "net_o2": lambda w7, out_h1, w8, out_h2, b2: w7 * out_h1 + w8 * out_h2 + b2,
        "out_o2": lambda net_o2: squashed(net_o2),
        "E_o1": lambda t1, out_o1: 0.5 * (t1 - out_o1) ** 2,
        "E_o2": lambda t2, out_o2: 0.5 * (t2 - out_o2) ** 2,
        "E_total": lambda E_o1, E_o2: E_o1 + E_o2,
    },
    constants=("i1", "i2", "t1", "t2"),
)
RATE = 0.5
BACKWARD: Lines = {
    "dE/dout_o1": lambda out_o1, t1: -(t1 - out_o1),
    "dout_o1/dnet_o1": lambda out_o1: out_o1 * (1 - out_o1),
    "delta_o1": lambda dE_dout_o1, dout_o1_dnet_o1: dE_dout_o1 * dout_o1_dnet_o1,
    "delta_o2": lambda out_o2, t2: (out_o2 - t2) * out_o2 * (1 - out_o2),
    "dE/dw5": lambda delta_o1, out_h1: delta_o1 * out_h1,
    "dE/dw6": lambda delta_o1, out_h2: delta_o1 * out_h2,
    "dE/dw7": lambda delta_o2, out_h1: delta_o2 * out_h1,
    "dE/dw8": lambda delta_o2, out_h2: delta_o2 * out_h2,
    "dE1/dout_h1": lambda delta_o1, w5: delta_o1 * w5,
    "dE2/dout_h1": lambda delta_o2, w7: delta_o2 * w7,
    "dE/dout_h1": lambda dE1_dout_h1, dE2_dout_h1: dE1_dout_h1 + dE2_dout_h1,
    "dE/dout_h2": lambda delta_o1, w6, delta_o2, w8: delta_o1 * w6 + delta_o2 * w8,
    "delta_h1": lambda dE_dout_h1, out_h1: dE_dout_h1 * out_h1 * (1 - out_h1),
    "delta_h2": lambda dE_dout_h2, out_h2: dE_dout_h2 * out_h2 * (1 - out_h2),
    "dE/dw1": lambda delta_h1, i1: delta_h1 * i1,
    "dE/dw2": lambda delta_h1, i2: delta_h1 * i2,
    "dE/dw3": lambda delta_h2, i1: delta_h2 * i1,
    "dE/dw4": lambda delta_h2, i2: delta_h2 * i2,
    "dE/db2": lambda delta_o1, delta_o2: delta_o1 + delta_o2,
    "w5 new": lambda w5, dE_dw5: w5 - RATE * dE_dw5,
    "w6 new": lambda w6, dE_dw6: w6 - RATE * dE_dw6,
    "w1 new": lambda w1, dE_dw1: w1 - RATE * dE_dw1,
    "w2 new": lambda w2, dE_dw2: w2 - RATE * dE_dw2,
}
RIGHT = worked(NETWORK, BACKWARD)

WRITTEN = (
    Written(
        "two layers: the tutorial's subscripts in round brackets",
        NETWORK,
        r"""
   ## The Forward Pass

   Here is the total net input of \(h_1\):

1  \[ \text{net}_{h1} = w_1 * i_1 + w_2 * i_2 + b_1 * 1 \]

1  \[ \text{net}_{h1} = 0.24 * 0.3 + 0.51 * (-0.7) + 0.15 * 1 = «net_h1:.3f» \]

1  \[ \text{out}_{h1} = \frac{1}{1+e^{-\text{net}_{h1}}} = \frac{1}{1+e^{0.135}} = «out_h1:.9f» \]

   The same for \(h_2\) gives:

1  \[ \text{out}_{h2} = «out_h2:.9f» \]

   \[ E_{total} = \sum \frac{1}{2}(target - output)^2 \]

1  \[ E_{o1} = \frac{1}{2}(t_1 - \text{out}_{o1})^2 = \frac{1}{2}(0.2 - «out_o1:.8f»)^2 = «E_o1:.9f» \]
""",
        RIGHT,
    ),
    Written(
        "two layers: the second path to h1 forgotten",
        NETWORK,
        r"""
   **Hidden layer.** How much does $w_1$ change the total error?

1  $$\frac{\partial E_{total}}{\partial net_{o1}} = \frac{\partial E_{total}}{\partial out_{o1}} * \frac{\partial out_{o1}}{\partial net_{o1}} = «delta_o1:.8f»$$
!  $$\frac{\partial E_{total}}{\partial out_{h1}} = \frac{\partial E_{total}}{\partial net_{o1}} * w_5 = «dE_dout_h1:.8f»$$
1  $$\frac{\partial out_{h1}}{\partial net_{h1}} = out_{h1}(1 - out_{h1})$$
1  $$\frac{\partial net_{h1}}{\partial w_1} = i_1 = 0.3$$
~  $$\frac{\partial E_{total}}{\partial w_1} = «dE_dw1:.9f»$$
~  $$w_1^{+} = w_1 - \eta * \frac{\partial E_{total}}{\partial w_1} = 0.24 - 0.5 * «dE_dw1:.9f» = «w1_new:.8f»$$
""",
        worked(NETWORK, BACKWARD, dE_dout_h1=lambda dE1_dout_h1: dE1_dout_h1),
        wrong="dE_total/dout_h1",
        kinds=("missing path",),
        learning_rate=RATE,
    ),
    Written(
        "two layers: a table of weights, gradients and new values",
        NETWORK,
        r"""
   | Weight | Old value | Gradient | New value |
   |:------:|----------:|---------:|----------:|
2  | w₁ | 0.24 | «dE_dw1:.5f» | «w1_new:.5f» |
2  | w₂ | 0.51 | «dE_dw2:.5f» | «w2_new:.5f» |
2  | w₅ | 0.62 | «dE_dw5:.5f» | «w5_new:.5f» |
2  | w₆ | -0.41 | «dE_dw6:.5f» | «w6_new:.5f» |
""",
        RIGHT,
        learning_rate=RATE,
    ),
    Written(
        "two layers: a table of LaTeX names, one gradient without its sign",
        NETWORK,
        r"""
   \begin{table}[h]
   \centering
   \begin{tabular}{lr}
   \toprule
   Term & Value \\
   \midrule
1  $\partial E/\partial out_{o1}$ & $«dE_dout_o1:.5f»$ \\
1  $\partial out_{o1}/\partial net_{o1}$ & $«dout_o1_dnet_o1:.5f»$ \\
1  $\partial E/\partial w_5$ & $«dE_dw5:.5f»$ \\
!  $\partial E/\partial w_6$ & $«dE_dw6:.5f»$ \\
1  $\partial E/\partial w_7$ & $«dE_dw7:.5f»$ \\
   \bottomrule
   \end{tabular}
   \end{table}
""",
        worked(NETWORK, BACKWARD, dE_dw6=lambda delta_o1, out_h2: -delta_o1 * out_h2),
        wrong="dE_total/dw6",
        kinds=("wrong sign",),
        suffix=".tex",
    ),
    Written(
        "two layers: a notebook that prints, two values a line",
        NETWORK,
        r"""
   %% markdown
   # Backprop by hand
   The hidden layer first.
   %% code
   out_h1 = sigmoid(net_h1)
   print("out_h1 =", round(out_h1, 4), " out_h2 =", round(out_h2, 4))
   %% output
2  out_h1 = «out_h1»  out_h2 = «out_h2»
   %% code
   d_o1 = (out_o1 - t1) * out_o1 * (1 - out_o1)
   for k, g in grads.items():
       print(f"dE/d{k}: {g:.5f}")
   %% output
1  dE/dw5: «dE_dw5:.5f»
1  dE/dw6: «dE_dw6:.5f»
1  dE/dw1: «dE_dw1:.5f»
   %% markdown
1  So $\delta_{h1} = «delta_h1:.5f»$ and the gradient of $w_3$ is
!  $$\frac{\partial E}{\partial w_3} = \delta_{h1} \cdot i_1 = «dE_dw3:.5f»$$
""",
        worked(NETWORK, BACKWARD, dE_dw3=lambda delta_h1, i1: delta_h1 * i1),
        wrong="dE_total/dw3",
        kinds=("wrong index", "another quantity", "wrong factor"),
        suffix=".ipynb",
        names={"delta_h1": "dE_total/dnet_h1"},
    ),
    Written(
        "two layers: own symbols for the errors of the units",
        NETWORK,
        r"""
   Let $\delta_{o_1} = (out_{o1} - t_1)\, out_{o1} (1 - out_{o1})$ and
   $\delta_{o_2} = (out_{o2} - t_2)\, out_{o2} (1 - out_{o2})$. Then

   $$
   \begin{aligned}
1  \frac{\partial E}{\partial w_5} &= \delta_{o_1} out_{h1} \\
1  \frac{\partial E}{\partial w_8} &= \delta_{o_2} out_{h2} \\
1  \frac{\partial E}{\partial b_2} &= \delta_{o_1} + \delta_{o_2} \\
1  \frac{\partial E}{\partial w_1} &= (\delta_{o_1} w_5 + \delta_{o_2} w_7)\, out_{h1}(1 - out_{h1})\, i_1
   \end{aligned}
   $$
""",
    ),
    Written(
        "two layers: own symbols, and the weight of the wrong row",
        NETWORK,
        r"""
   δ_1 = (out_o1 - t1) * out_o1 * (1 - out_o1)
   δ_2 = (out_o2 - t2) * out_o2 * (1 - out_o2)

1  dE/dw7 = δ_2 * out_h1
?  γ = (δ_1*w5 + δ_2*w6) * out_h1*(1 - out_h1)
!  dE/dw1 = γ * i1
~  dE/dw2 = γ * i2
""",
        wrong="dE_total/dw1",
        kinds=("wrong factor", "wrong index"),
        suffix=".txt",
    ),
    Written(
        "two layers: a sheet with names in the first row",
        NETWORK,
        """
   ,net_h1,net_h2,net_o1,net_o2
4  value,«net_h1:.5f»,«net_h2:.5f»,«net_o1:.5f»,«net_o2:.5f»
4  gradient,«delta_h1:.5f»,«delta_h2:.5f»,«delta_o1:.5f»,«delta_o2:.5f»
""",
        RIGHT,
        suffix=".csv",
    ),
)
