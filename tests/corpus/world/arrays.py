"""Convolution, pooling and a row of attention."""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["ATTENTION", "ATTENTION_BACKWARD", "LINE", "LINE_BACKWARD", "WRITTEN"]


def convolution(x: Value, k1: Value, k2: Value) -> Value:
    o1, o2, o3 = ((x[n] * k1 + x[n + 1] * k2).named(f"o{n + 1}") for n in range(3))
    p = ag.maximum(ag.maximum(o1, o2), o3).named("p")
    return (0.5 * (p - 1.0) ** 2).named("L")


LINE = Network(
    convolution,
    given={"x": np.array([0.5, -1.0, 2.0, 0.3]), "k1": 0.6, "k2": -0.4},
    forward={
        "o1": lambda x, k1, k2: float(x[0] * k1 + x[1] * k2),
        "o2": lambda x, k1, k2: float(x[1] * k1 + x[2] * k2),
        "o3": lambda x, k1, k2: float(x[2] * k1 + x[3] * k2),
        "p": lambda o1, o2, o3: max(o1, o2, o3),
        "L": lambda p: 0.5 * (p - 1.0) ** 2,
    },
    constants=("x",),
    elements={"x": ["x1", "x2", "x3", "x4"]},
)
LINE_BACKWARD: Lines = {
    "dL/dp": lambda p: p - 1,
    "dL/do3": lambda dL_dp: dL_dp,
    "dL/dk1": lambda dL_do3, x: float(dL_do3 * x[2]),
    "dL/dk2": lambda dL_do3, x: float(dL_do3 * x[3]),
}


def image() -> Value:
    """A kernel of 2 × 2 on an image of 3 × 3; the loss weighs the feature map with G."""
    X = ag.Constant([[1.0, 0.0, 2.0], [-1.0, 3.0, 0.5], [0.0, 1.0, -2.0]], "X")
    K = Value([[0.5, -0.2], [0.1, 0.4]], "K")
    G = ag.Constant([[1.0, -1.0], [0.5, 2.0]], "G")
    O = ag.conv2d(X, K).named("O")  # noqa: E741 - as in the derivation
    return (G * O).sum().named("L")


_X = np.array([[1.0, 0.0, 2.0], [-1.0, 3.0, 0.5], [0.0, 1.0, -2.0]])
_K, _G = np.array([[0.5, -0.2], [0.1, 0.4]]), np.array([[1.0, -1.0], [0.5, 2.0]])
_PATCHES = {(i, j): _X[i : i + 2, j : j + 2] for i in range(2) for j in range(2)}
IMAGE = {
    "O": np.array([[(_K * _PATCHES[i, j]).sum() for j in range(2)] for i in range(2)]),
    "dK": sum(_G[at] * patch for at, patch in _PATCHES.items()),
    "flipped": sum(_G[at] * patch for at, patch in _PATCHES.items())[::-1, ::-1],
}


def attention(q: Value, K: Value, V: Value, t: Value) -> Value:
    s = (K @ q / np.sqrt(2.0)).named("s", names=["s_1", "s_2", "s_3"])
    e = ag.exp(s)
    a = (e / e.sum()).named("a", names=["a_1", "a_2", "a_3"])
    o = (a @ V).named("o")
    return (0.5 * ((o - t) ** 2).sum()).named("L")


ATTENTION = Network(
    attention,
    given={
        "q": np.array([0.6, -0.5]),
        "K": np.array([[1.0, 0.2], [-0.3, 0.8], [0.4, -1.1]]),
        "V": np.array([[0.5, 1.0], [-1.0, 0.3], [0.9, -0.6]]),
        "t": np.array([0.0, 0.5]),
    },
    forward={
        "s": lambda K, q: K @ q / np.sqrt(2.0),
        "a": lambda s: np.exp(s) / np.exp(s).sum(),
        "o": lambda a, V: a @ V,
        "L": lambda o, t: float(0.5 * ((o - t) ** 2).sum()),
    },
    constants=("t",),
)
ATTENTION_BACKWARD: Lines = {
    "dL/do": lambda o, t: o - t,
    "dL/dV": lambda a, dL_do: np.outer(a, dL_do),
    "dL/da": lambda V, dL_do: V @ dL_do,
    "dL/ds": lambda a, dL_da: a * (dL_da - (a * dL_da).sum()),
    "dL/dq": lambda K, dL_ds: K.T @ dL_ds / np.sqrt(2.0),
}

WRITTEN = (
    Written(
        "convolution in one dimension: who won the maximum",
        LINE,
        r"""
   Sliding the kernel gives three outputs.

3  $o_1 = «o1:.2f»$, $o_2 = «o2:.2f»$, $o_3 = «o3:.2f»$
1  The pool takes the largest, $p = \max(o_1, o_2, o_3) = «p:.2f»$.

1  $\frac{\partial L}{\partial p} = p - 1 = «dL_dp:.2f»$
3  $\frac{\partial p}{\partial o_3} = 1$ while $\frac{\partial p}{\partial o_1} = 0$ and $\frac{\partial p}{\partial o_2} = 0$
1  $\frac{\partial L}{\partial k_1} = «dL_dp:.2f» \cdot x_3 = «dL_dk1:.2f»$
1  $\frac{\partial L}{\partial k_2} = «dL_dp:.2f» \cdot x_4 = «dL_dk2:.3f»$
""",
        worked(LINE, LINE_BACKWARD),
    ),
    Written(
        "convolution in one dimension: gradient spread to all outputs",
        LINE,
        r"""
1  p = «p:.2f»
1  dL/dp = «dL_dp:.2f»
!  dL/do1 = dL/dp = «dL_dp:.2f»
1  dL/do3 = «dL_do3:.2f»
1  dL/dk2 = dL/do3 * x4 = «dL_dk2:.3f»
""",
        worked(LINE, LINE_BACKWARD),
        wrong="dL/do1",
        kinds=("no path", "missing factor"),
        suffix=".txt",
    ),
    Written(
        "convolution of an image: matrices as they are printed",
        image,
        r"""
   ```
   feature map
   O =
1  «O:.2f»
   ```

   The gradient of the kernel is again a correlation, of $X$ with $G$:

   ```
   dK =
1  «dK:.2f»
   ```
""",
        IMAGE,
    ),
    Written(
        "convolution of an image: the kernel's gradient turned round",
        image,
        r"""
   Kernel gradient (2 × 2):

!  $$\frac{\partial L}{\partial K} = \begin{bmatrix} «flipped[0,0]:.2f» & «flipped[0,1]:.2f» \\ «flipped[1,0]:.2f» & «flipped[1,1]:.2f» \end{bmatrix}$$
1  $$\frac{\partial L}{\partial O} = \begin{bmatrix} 1 & -1 \\ 0.5 & 2 \end{bmatrix}$$
""",
        IMAGE,
        wrong="dL/dK",
        kinds=("flipped",),
    ),
    Written(
        "attention: one query, in vectors",
        ATTENTION,
        r"""
   Scores $s = \frac{K q}{\sqrt{2}}$, weights $a = \mathrm{softmax}(s)$, output $o = V^\top a$.

   \begin{align*}
1  \frac{\partial L}{\partial o} &= o - t \\
1  \frac{\partial L}{\partial V} &= a \left(\frac{\partial L}{\partial o}\right)^\top \\
1  \frac{\partial L}{\partial a} &= V \frac{\partial L}{\partial o} \\
1  \frac{\partial L}{\partial s} &= \left(\operatorname{diag}(a) - a a^\top\right) \frac{\partial L}{\partial a} \\
1  \frac{\partial L}{\partial q} &= \frac{1}{\sqrt{2}} K^\top \frac{\partial L}{\partial s}
   \end{align*}
""",
        suffix=".tex",
    ),
    Written(
        "attention: numbers, the scale forgotten on the way back",
        ATTENTION,
        r"""
1  s = «s»
1  attention weights a = «a»
1  o = «o»

1  dL/do = «dL_do»
1  dL/da = «dL_da»
1  dL/ds = «dL_ds»
!  dL/dq = K.T @ dL/ds = «dL_dq»
""",
        worked(ATTENTION, ATTENTION_BACKWARD, dL_dq=lambda K, dL_ds: K.T @ dL_ds),
        wrong="dL/dq",
        kinds=("constant factor",),
        suffix=".txt",
    ),
    Written(
        "attention: only the diagonal of the softmax",
        ATTENTION,
        r"""
1  $$\frac{\partial a_1}{\partial s_1} = a_1(1 - a_1)$$
1  $$\frac{\partial a_1}{\partial s_2} = -a_1 a_2$$
!  $$\frac{\partial L}{\partial s} = a \odot (1 - a) \odot \frac{\partial L}{\partial a}$$
""",
        wrong="dL/ds",
        kinds=("missing path",),
    ),
)
