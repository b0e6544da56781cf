"""Logistic regression over samples: sums, free indices, means."""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["BACKWARD", "NETWORK", "WRITTEN"]

M = 3


def regression(X: Value, y: Value, theta: Value) -> Value:
    z = (X @ theta).named("z")
    h = ag.sigmoid(z).named("h")
    return (-(y * ag.log(h) + (1 - y) * ag.log(1 - h)).sum() / M).named("J")


NETWORK = Network(
    regression,
    given={
        "X": np.array([[1.0, 0.5], [1.0, -1.3], [1.0, 2.1]]),
        "y": np.array([1.0, 0.0, 1.0]),
        "theta": np.array([0.2, -0.4]),
    },
    forward={
        "z": lambda X, theta: X @ theta,
        "h": lambda z: 1 / (1 + np.exp(-z)),
        "J": lambda y, h: float(-(y * np.log(h) + (1 - y) * np.log(1 - h)).sum() / M),
    },
    constants=("X", "y"),
    elements={"theta": ["theta_0", "theta_1"]},
)
BACKWARD: Lines = {
    "dJ/dz": lambda h, y: (h - y) / M,
    "dJ/dtheta": lambda X, dJ_dz: X.T @ dJ_dz,
    "theta new": lambda theta, dJ_dtheta: theta - 0.1 * dJ_dtheta,
}


def labelled() -> Value:
    """The samples one by one: x_1 … x_3 and y_1 … y_3, weights w and b."""
    w, b, total = Value(0.7, "w"), Value(-0.2, "b"), 0.0
    for i, (x, y) in enumerate(((0.5, 1.0), (-1.5, 0.0), (2.0, 0.0)), start=1):
        x_i, y_i = ag.Constant(x, f"x_{i}"), ag.Constant(y, f"y_{i}")
        z = (w * x_i + b).named(f"z_{i}")
        p = ag.sigmoid(z).named(f"p_{i}")
        total = total - (y_i * ag.log(p) + (1 - y_i) * ag.log(1 - p))
    return total.named("L")


def line() -> Value:
    """A straight line through three points: J = 1/(2·3) Σ (m x_i + c − y_i)²."""
    m, c, total = Value(0.8, "m"), Value(0.1, "c"), 0.0
    for i, (x, y) in enumerate(((1.0, 1.5), (2.0, 1.7), (4.0, 3.9)), start=1):
        x_i, y_i = ag.Constant(x, f"x_{i}"), ag.Constant(y, f"y_{i}")
        total = total + ((m * x_i + c).named(f"f_{i}") - y_i) ** 2
    return (total / 6).named("J")


_X, _Y = np.array([1.0, 2.0, 4.0]), np.array([1.5, 1.7, 3.9])
_E = 0.8 * _X + 0.1 - _Y
LINE = {"e": _E, "m": (_E * _X).sum() / 3, "c": _E.sum() / 3, "mm": 0.8 - 0.3 * (_E * _X).sum() / 3}

WRITTEN = (
    Written(
        "logistic: sums with and without bounds",
        labelled,
        r"""
   Maximum likelihood leads to the loss
1  $$L = -\sum_{i=1}^{3} \left[ y_i \log p_i + (1-y_i)\log(1-p_i) \right]$$
   Differentiating,
1  $$\frac{\partial L}{\partial w} = \sum_{i=1}^{3} (p_i - y_i) x_i$$
1  $$\frac{\partial L}{\partial b} = \sum_i (p_i - y_i)$$
""",
    ),
    Written(
        "logistic: the chain through one sample, with a free index",
        labelled,
        r"""
   \begin{align}
1  \frac{\partial L}{\partial p_i} &= -\frac{y_i}{p_i} + \frac{1-y_i}{1-p_i} \\
1  \frac{\partial p_i}{\partial z_i} &= p_i(1-p_i) \\
!  \frac{\partial L}{\partial z_i} &= y_i - p_i \\
1  \frac{\partial z_i}{\partial w} &= x_i
   \end{align}
""",
        wrong="dL/dz_i",
        kinds=("wrong sign",),
        suffix=".tex",
    ),
    Written(
        "logistic: the gradient in vectors, and a step",
        NETWORK,
        r"""
   \begin{eqnarray}
1  h &=& \sigma(X\theta) \nonumber\\
1  \nabla_\theta J(\theta) &=& \frac{1}{3} X^T (h - y) \\
1    &=& [«dJ_dtheta[0]:.4f», «dJ_dtheta[1]:.4f»]^T
   \end{eqnarray}
   With $\alpha = 0.1$ we get
1  $\theta^{(t+1)} = \theta^{(t)} - \alpha \nabla_\theta J = [«theta_new[0]:.4f», «theta_new[1]:.4f»]$.
""",
        worked(NETWORK, BACKWARD),
        suffix=".tex",
        learning_rate=0.1,
    ),
    Written(
        "logistic: printed by a script, the mean forgotten",
        NETWORK,
        r"""
   iteration 0
1  h = «h»
1  J = «J:.5f»
!  grad_theta = «dJ_dtheta:.5f»
""",
        worked(NETWORK, BACKWARD, dJ_dtheta=lambda X, h, y: X.T @ (h - y)),
        wrong="dJ/dtheta",
        kinds=("constant factor",),
        suffix=".txt",
    ),
    Written(
        "logistic: a sheet with a row for each sample",
        labelled,
        """
   name;value
1  z_1;0,15
1  z_2;-1,25
1  z_3;1,2
1  p_1;0,5374
1  p_2;0,2227
!  p_3;0,2315
1  dL/dz_1;-0,4626
""",
        wrong="p_3",
        kinds=("wrong sign", "another quantity", "sigmoid derivative", "flipped"),
        suffix=".csv",
    ),
    Written(
        "a line through points: the sum in J of m and c",
        line,
        r"""
   Cost: J = (1/6) Σ (f_i − y_i)²

3  f_1 = 0.9, f_2 = 1.7, f_3 = 3.3
   errors: «e[0]:.1f», «e[1]:.1f», «e[2]:.1f»

1  ∂J/∂m = 1/3 * ((f_1 - y_1)*x_1 + (f_2 - y_2)*x_2 + (f_3 - y_3)*x_3) = «m:.4f»
1  ∂J/∂c = 1/3 * ((f_1 - y_1) + (f_2 - y_2) + (f_3 - y_3)) = «c:.4f»

1  m = m − 0.3 · ∂J/∂m = 0.8 − 0.3·(«m:.4f») = «mm:.4f»
""",
        LINE,
        suffix=".txt",
        learning_rate=0.3,
    ),
    Written(
        "a line through points: the inner derivative x forgotten",
        line,
        r"""
1  $$J(m, c) = \frac{1}{2 \cdot 3}\sum_{i=1}^3 (m x_i + c - y_i)^2$$
!  $$\frac{\partial J}{\partial m} = \frac{1}{3}\sum_{i=1}^3 (m x_i + c - y_i)$$
1  $$\frac{\partial J}{\partial c} = \frac{1}{3}\sum_{i=1}^3 (m x_i + c - y_i)$$
""",
        wrong="dJ/dm",
        kinds=("missing factor", "another quantity", "wrong index"),
    ),
)
