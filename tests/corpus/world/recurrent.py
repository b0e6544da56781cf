"""An RNN of three steps in scalars, and one step of an LSTM."""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["BACKWARD", "LSTM", "LSTM_BACKWARD", "NETWORK", "WRITTEN"]


def rnn(x1: Value, x2: Value, x3: Value, h0: Value, y: Value, w: Value, u: Value) -> Value:
    a1 = (w * h0 + u * x1).named("a1")
    h1 = ag.tanh(a1).named("h1")
    a2 = (w * h1 + u * x2).named("a2")
    h2 = ag.tanh(a2).named("h2")
    a3 = (w * h2 + u * x3).named("a3")
    h3 = ag.tanh(a3).named("h3")
    return (0.5 * (h3 - y) ** 2).named("L")


NETWORK = Network(
    rnn,
    given={"x1": 0.5, "x2": -0.2, "x3": 0.9, "h0": 0.1, "y": 0.2, "w": 0.8, "u": 0.6},
    forward={
        "a1": lambda w, h0, u, x1: w * h0 + u * x1,
        "h1": lambda a1: np.tanh(a1),
        "a2": lambda w, h1, u, x2: w * h1 + u * x2,
        "h2": lambda a2: np.tanh(a2),
        "a3": lambda w, h2, u, x3: w * h2 + u * x3,
        "h3": lambda a3: np.tanh(a3),
        "L": lambda h3, y: 0.5 * (h3 - y) ** 2,
    },
    constants=("x1", "x2", "x3", "h0", "y"),
)
BACKWARD: Lines = {
    "dL/dh3": lambda h3, y: h3 - y,
    "dL/da3": lambda dL_dh3, h3: dL_dh3 * (1 - h3**2),
    "dL/dh2": lambda dL_da3, w: dL_da3 * w,
    "dL/da2": lambda dL_dh2, h2: dL_dh2 * (1 - h2**2),
    "dL/dh1": lambda dL_da2, w: dL_da2 * w,
    "dL/da1": lambda dL_dh1, h1: dL_dh1 * (1 - h1**2),
    "dL/dw": lambda dL_da3, h2, dL_da2, h1, dL_da1, h0: dL_da3 * h2 + dL_da2 * h1 + dL_da1 * h0,
    "dL/du": lambda dL_da3, x3, dL_da2, x2, dL_da1, x1: dL_da3 * x3 + dL_da2 * x2 + dL_da1 * x1,
    "w new": lambda w, dL_dw: w - 0.2 * dL_dw,
}
RIGHT = worked(NETWORK, BACKWARD)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(zf: Value, zi: Value, zo: Value, zg: Value, c_prev: Value, y: Value) -> Value:
    f, i, o = (ag.sigmoid(z).named(n) for z, n in ((zf, "f"), (zi, "i"), (zo, "o")))
    g = ag.tanh(zg).named("g")
    c = (f * c_prev + i * g).named("c")
    h = (o * ag.tanh(c)).named("h")
    return (0.5 * (h - y) ** 2).named("E")


LSTM = Network(
    lstm,
    given={"zf": 0.4, "zi": -0.3, "zo": 1.1, "zg": 0.7, "c_prev": 0.5, "y": -0.6},
    forward={
        "f": lambda zf: sigmoid(zf),
        "i": lambda zi: sigmoid(zi),
        "o": lambda zo: sigmoid(zo),
        "g": lambda zg: np.tanh(zg),
        "c": lambda f, c_prev, i, g: f * c_prev + i * g,
        "h": lambda o, c: o * np.tanh(c),
        "E": lambda h, y: 0.5 * (h - y) ** 2,
    },
    constants=("y",),
)
LSTM_BACKWARD: Lines = {
    "dE/dh": lambda h, y: h - y,
    "dE/do": lambda dE_dh, c: dE_dh * np.tanh(c),
    "dE/dc": lambda dE_dh, o, c: dE_dh * o * (1 - np.tanh(c) ** 2),
    "dE/df": lambda dE_dc, c_prev: dE_dc * c_prev,
    "dE/di": lambda dE_dc, g: dE_dc * g,
    "dE/dg": lambda dE_dc, i: dE_dc * i,
    "dE/dzf": lambda dE_df, f: dE_df * f * (1 - f),
    "dE/dzi": lambda dE_di, i: dE_di * i * (1 - i),
    "dE/dzg": lambda dE_dg, g: dE_dg * (1 - g**2),
    "dE/dc_prev": lambda dE_dc, f: dE_dc * f,
}
LSTM_RIGHT = worked(LSTM, LSTM_BACKWARD)

WRITTEN = (
    Written(
        "RNN: three steps forward and back, indices as times",
        NETWORK,
        r"""
   | t | $a_t$ | $h_t$ |
   |---|---|---|
2  | 1 | «a1:.4f» | «h1:.4f» |
2  | 2 | «a2:.4f» | «h2:.4f» |
2  | 3 | «a3:.4f» | «h3:.4f» |

   Backwards through time:

1  $\frac{\partial L}{\partial h_3} = h_3 - y = «dL_dh3:.4f»$
1  $\frac{\partial L}{\partial h_2} = \frac{\partial L}{\partial h_3}(1 - h_3^2)\, w = «dL_dh2:.4f»$
1  $\frac{\partial L}{\partial h_1} = \frac{\partial L}{\partial h_2}(1 - h_2^2)\, w = «dL_dh1:.4f»$
2  $\frac{\partial L}{\partial w} = «dL_dw:.4f»$, and then $w \leftarrow w - 0.2 \frac{\partial L}{\partial w} = «w_new:.4f»$
""",
        RIGHT,
        learning_rate=0.2,
    ),
    Written(
        "RNN: only the last step counted for w",
        NETWORK,
        r"""
1  h1 = «h1:.5f»
1  h2 = «h2:.5f»
1  h3 = «h3:.5f»

   BPTT
1  dL/dh3 = h3 - y = «dL_dh3:.5f»
1  dL/da3 = dL/dh3*(1 - h3^2) = «dL_da3:.5f»
!  dL/dw = dL/da3*h2 = «dL_dw:.5f»
""",
        worked(NETWORK, BACKWARD, dL_dw=lambda dL_da3, h2: dL_da3 * h2),
        wrong="dL/dw",
        kinds=("missing path",),
        suffix=".txt",
    ),
    Written(
        "RNN: products of Jacobians, written out",
        NETWORK,
        r"""
   The chain of states gives, for $k < 3$,
   \begin{align}
1  \frac{\partial h_3}{\partial h_2} &= (1 - h_3^2)\, w \\
1  \frac{\partial h_2}{\partial h_1} &= (1 - h_2^2)\, w \\
1  \frac{\partial h_3}{\partial h_1} &= \frac{\partial h_3}{\partial h_2}\frac{\partial h_2}{\partial h_1}
1     = w^2 (1 - h_3^2)(1 - h_2^2) \\
1  \frac{\partial L}{\partial u} &= (h_3 - y)(1-h_3^2)\left[ x_3 + w(1-h_2^2)\left( x_2 + w(1-h_1^2) x_1 \right)\right]
   \end{align}
""",
        suffix=".tex",
    ),
    Written(
        "RNN: the slope at the state before",
        NETWORK,
        r"""
   Write $\delta_t = \partial L / \partial a_t$.

1  - $\delta_3 = (h_3 - y)(1 - h_3^2) = «dL_da3:.4f»$
!  - $\delta_2 = w\, \delta_3 (1 - h_1^2) = «dL_da2:.4f»$
~  - $\delta_1 = w\, \delta_2 (1 - h_1^2) = «dL_da1:.4f»$
~  - $\frac{\partial L}{\partial u} = \sum_{t=1}^{3} \delta_t x_t = «dL_du:.4f»$
""",
        worked(NETWORK, BACKWARD, dL_da2=lambda dL_dh2, h1: dL_dh2 * (1 - h1**2)),
        wrong="dL/da2",
        kinds=("wrong index", "wrong factor", "stale value"),
        names={r"\delta_1": "dL/da1", r"\delta_2": "dL/da2", r"\delta_3": "dL/da3"},
    ),
    Written(
        "LSTM: gates with a dot for the elementwise product",
        LSTM,
        r"""
   Forward: $c_t = f_t \odot c_{t-1} + i_t \odot g_t$ and $h_t = o_t \odot \tanh(c_t)$.

   $$
   \begin{aligned}
1  \frac{\partial E}{\partial o} &= \frac{\partial E}{\partial h} \odot \tanh(c) \\
1  \frac{\partial E}{\partial c} &= \frac{\partial E}{\partial h} \odot o \odot (1 - \tanh^2(c)) \\
1  \frac{\partial E}{\partial f} &= \frac{\partial E}{\partial c} \odot c_{prev} \\
1  \frac{\partial E}{\partial i} &= \frac{\partial E}{\partial c} \odot g \\
1  \frac{\partial E}{\partial z_f} &= \frac{\partial E}{\partial f} \odot f \odot (1 - f)
   \end{aligned}
   $$
""",
    ),
    Written(
        "LSTM: numbers of a step, with i and g exchanged",
        LSTM,
        r"""
4  f = «f», i = «i», o = «o», g = «g»
2  c = 0.5*«f» + «i»*«g» = «c»,  h = «h»

1  dE/dh = h - y = «dE_dh»
1  dE/dc = dE/dh * o * (1 - tanh(c)^2) = «dE_dc»
!  dE/di = dE/dc * i = «dE_di»
1  dE/df = dE/dc * c_prev = «dE_df»
""",
        worked(LSTM, LSTM_BACKWARD, dE_di=lambda dE_dc, i: dE_dc * i),
        wrong="dE/di",
        kinds=("wrong factor", "another quantity"),
        suffix=".txt",
    ),
    Written(
        "LSTM: a script prints what it finds",
        LSTM,
        r"""
   ==== forward ====
2  f: «f:.6f»   i: «i:.6f»
2  o: «o:.6f»   g: «g:.6f»
2  c: «c:.6f»   h: «h:.6f»
   ==== backward ====
1  grad of c: «dE_dc:.6f»
1  grad of f: «dE_df:.6f»
1  grad of g: «dE_dg:.6f»
1  grad of zg: «dE_dzg:.6f»
1  grad of c_prev: «dE_dc_prev:.6f»
""",
        LSTM_RIGHT,
        suffix=".txt",
    ),
    Written(
        "LSTM: the gate's slope taken for tanh",
        LSTM,
        r"""
1  $\partial E/\partial z_i = \partial E/\partial c \cdot g \cdot i(1-i)$
1  $\partial E/\partial z_g = \partial E/\partial c \cdot i \cdot (1-g^2)$
!  $\partial E/\partial z_o = \partial E/\partial h \cdot \tanh(c) \cdot (1 - o^2)$
""",
        wrong="dE/dzo",
        kinds=("wrong factor", "sigmoid derivative"),
    ),
)
