"""Softmax with cross-entropy: of three scores, and of a layer with weights."""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["BACKWARD", "NETWORK", "WRITTEN"]


def scores(z: Value, y: Value) -> Value:
    e = ag.exp(z)
    p = (e / e.sum()).named("p", names=["p_1", "p_2", "p_3"])
    return (-(y * ag.log(p)).sum()).named("L")


NETWORK = Network(
    scores,
    given={"z": np.array([0.6, -0.4, 1.3]), "y": np.array([0.0, 0.0, 1.0])},
    forward={
        "p": lambda z: np.exp(z) / np.exp(z).sum(),
        "L": lambda y, p: float(-(y * np.log(p)).sum()),
    },
    constants=("y",),
    elements={"z": ["z_1", "z_2", "z_3"], "y": ["y_1", "y_2", "y_3"]},
)
BACKWARD: Lines = {
    "dp1/dz1": lambda p: p[0] * (1 - p[0]),
    "dp1/dz2": lambda p: -p[0] * p[1],
    "dp3/dz3": lambda p: p[2] * (1 - p[2]),
    "dL/dp3": lambda p: -1 / p[2],
    "dL/dz": lambda p, y: p - y,
}
RIGHT = worked(NETWORK, BACKWARD)


def layer() -> Value:
    """s = W x + b with two classes, of which the first is true."""
    x = ag.Constant([0.9, -0.4], "x", names=["x_1", "x_2"])
    y = ag.Constant([1.0, 0.0], "y", names=["y_1", "y_2"])
    W = Value([[0.2, -0.5], [0.4, 0.3]], "W")
    b = Value([0.0, 0.1], "b", names=["b_1", "b_2"])
    s = (W @ x + b).named("s", names=["s_1", "s_2"])
    e = ag.exp(s)
    yhat = (e / e.sum()).named("yhat", names=["yhat_1", "yhat_2"])
    return (-(y * ag.log(yhat)).sum()).named("L")


WRITTEN = (
    Written(
        "softmax: two cases of the Jacobian",
        NETWORK,
        r"""
   We have $p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$.

   * Case $i = j$:
1    $$\frac{\partial p_i}{\partial z_i} = p_i (1 - p_i)$$
   * Case $i \neq j$:
1    $$\frac{\partial p_i}{\partial z_j} = -p_i p_j$$

   All together, $y$ being one-hot,
1  $$\frac{\partial L}{\partial z_i} = p_i - y_i$$
""",
    ),
    Written(
        "softmax: Kronecker's δ and the sum over classes",
        NETWORK,
        r"""
   \begin{align}
1  \frac{\partial p_k}{\partial z_i} &= p_k(\delta_{ki} - p_i) \\
1  \frac{\partial L}{\partial p_k} &= -\frac{y_k}{p_k} \\
1  \frac{\partial L}{\partial z_i} &= \sum_k \frac{\partial L}{\partial p_k}\frac{\partial p_k}{\partial z_i}
1    = -\sum_k y_k (\delta_{ki} - p_i)
1    = p_i - y_i
   \end{align}
""",
        suffix=".tex",
    ),
    Written(
        "softmax: numbers of every class, and y − p",
        NETWORK,
        r"""
   exp(0.6) = 1.8221, exp(-0.4) = 0.6703, exp(1.3) = 3.6693, sum = 6.1617

3  p1 = 1.8221/6.1617 = «p[0]:.4f»; p2 = 0.6703/6.1617 = «p[1]:.4f»; p3 = «p[2]:.4f»
1  L = -ln(«p[2]:.4f») = «L:.4f»

!  dL/dz = y - p = [«dL_dz[0]:.4f», «dL_dz[1]:.4f», «dL_dz[2]:.4f»]
""",
        worked(NETWORK, BACKWARD, dL_dz=lambda y, p: y - p),
        wrong="dL/dz",
        kinds=("wrong sign",),
        suffix=".txt",
        names={"p1": "p_1", "p2": "p_2", "p3": "p_3"},
    ),
    Written(
        "softmax: the off-diagonal without its minus",
        NETWORK,
        r"""
   | Entry | Formula | Value |
   |---|---|---|
1  | $\partial p_1/\partial z_1$ | $p_1(1-p_1)$ | «dp1_dz1:.4f» |
!  | $\partial p_1/\partial z_2$ | $p_1 p_2$ | «dp1_dz2:.4f» |
1  | $\partial p_3/\partial z_3$ | $p_3(1-p_3)$ | «dp3_dz3:.4f» |
""",
        worked(NETWORK, BACKWARD, dp1_dz2=lambda p: p[0] * p[1]),
        wrong="dp_1/dz_2",
        kinds=("wrong sign",),
    ),
    Written(
        "softmax: names in a column, numbers in another, tabs between",
        NETWORK,
        """
   quantity\tvalue
1  p_1\t«p[0]:.6f»
1  p_2\t«p[1]:.6f»
1  p_3\t«p[2]:.6f»
1  dL/dz_1\t«dL_dz[0]:.6f»
1  dL/dz_2\t«dL_dz[1]:.6f»
1  dL/dz_3\t«dL_dz[2]:.6f»
""",
        RIGHT,
        suffix=".tsv",
    ),
    Written(
        "softmax layer: an outer product",
        layer,
        r"""
   Let $\hat{y} = \operatorname{softmax}(s)$ where $s = Wx + b$. Then

   \[
1  \frac{\partial L}{\partial s} = \hat{y} - y, \qquad
1  \frac{\partial L}{\partial W} = (\hat{y} - y)\, x^T, \qquad
1  \frac{\partial L}{\partial b} = \hat{y} - y.
   \]
""",
        suffix=".tex",
    ),
    Written(
        "softmax layer: the target subtracted at the wrong class",
        layer,
        r"""
   The first class is the true one ($y_1 = 1$).

!  ∂L/∂s₁ = ŷ₁
!  ∂L/∂s₂ = ŷ₂ − 1
""",
        wrong="dL/ds_1",
        kinds=("wrong index", "missing path"),
        suffix=".txt",
    ),
    Written(
        "softmax layer: a boxed result, and the slope once too often",
        layer,
        r"""
1  $$L = -\sum_{i} y_i \log \hat{y}_i$$

1  $$\boxed{\frac{\partial L}{\partial s_i} = \hat{y}_i - y_i}$$

!  $$\frac{\partial L}{\partial b_2} = (\hat{y}_2 - y_2)\,\hat{y}_2(1 - \hat{y}_2)$$
""",
        wrong="dL/db_2",
        kinds=("extra factor",),
    ),
)
