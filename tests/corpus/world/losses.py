"""Losses and penalties: Huber, hinge, L2, Kullback–Leibler, squared errors in norms."""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["HUBER", "HUBER_BACKWARD", "RIDGE", "RIDGE_BACKWARD", "WRITTEN"]


def huber(w: Value, b: Value, x: Value, t: Value, delta: Value) -> Value:
    y = (w * x + b).named("y")
    r = (y - t).named("r")
    return (delta * (ag.abs(r) - 0.5 * delta)).named("L")


HUBER = Network(
    huber,
    given={"w": 0.7, "b": 0.3, "x": 2.0, "t": 4.2, "delta": 1.5},
    forward={
        "y": lambda w, x, b: w * x + b,
        "r": lambda y, t: y - t,
        "L": lambda r, delta: delta * (abs(r) - 0.5 * delta),
    },
    constants=("x", "t", "delta"),
)
HUBER_BACKWARD: Lines = {
    "dL/dr": lambda delta, r: delta * np.sign(r),
    "dL/dy": lambda dL_dr: dL_dr,
    "dL/dw": lambda dL_dy, x: dL_dy * x,
    "dL/db": lambda dL_dy: dL_dy,
}


def ridge(w1: Value, w2: Value, x1: Value, x2: Value, y: Value, lam: Value) -> Value:
    yhat = (w1 * x1 + w2 * x2).named("yhat")
    fit = ((yhat - y) ** 2).named("fit")
    penalty = (lam * (w1**2 + w2**2)).named("R")
    return (fit + penalty).named("J")


RIDGE = Network(
    ridge,
    given={"w1": 0.9, "w2": -1.1, "x1": 0.5, "x2": 1.4, "y": 0.6, "lam": 0.1},
    forward={
        "yhat": lambda w1, x1, w2, x2: w1 * x1 + w2 * x2,
        "fit": lambda yhat, y: (yhat - y) ** 2,
        "R": lambda lam, w1, w2: lam * (w1**2 + w2**2),
        "J": lambda fit, R: fit + R,
    },
    constants=("x1", "x2", "y", "lam"),
)
RIDGE_BACKWARD: Lines = {
    "dJ/dyhat": lambda yhat, y: 2 * (yhat - y),
    "dJ/dw1": lambda dJ_dyhat, x1, lam, w1: dJ_dyhat * x1 + 2 * lam * w1,
    "dJ/dw2": lambda dJ_dyhat, x2, lam, w2: dJ_dyhat * x2 + 2 * lam * w2,
    "w1 new": lambda w1, dJ_dw1: w1 - 0.05 * dJ_dw1,
    "w2 new": lambda w2, dJ_dw2: w2 - 0.05 * dJ_dw2,
}


def hinge() -> Value:
    w1, w2, b = Value(0.4, "w1"), Value(-0.2, "w2"), Value(0.1, "b")
    x1, x2, y = ag.Constant(1.0, "x1"), ag.Constant(2.0, "x2"), ag.Constant(-1.0, "y")
    s = (w1 * x1 + w2 * x2 + b).named("s")
    return ag.maximum(0.0, 1 - y * s).named("L")


def divergence() -> Value:
    mu, sigma = Value(0.8, "mu"), Value(1.3, "sigma")
    return (-ag.log(sigma) + (sigma**2 + mu**2) / 2 - 0.5).named("D")


def gap() -> Value:
    """D = Σ p log(p/q) with p given."""
    p = ag.Constant([0.5, 0.3, 0.2], "p", names=["p_1", "p_2", "p_3"])
    q = Value([0.4, 0.4, 0.2], "q", names=["q_1", "q_2", "q_3"])
    return (p * ag.log(p / q)).sum().named("D")


def least_squares() -> Value:
    X = ag.Constant([[1.0, 0.5], [1.0, -1.2], [1.0, 2.0]], "X")
    y = ag.Constant([0.7, 0.1, 1.9], "y")
    w = Value([0.3, 0.6], "w")
    r = (X @ w - y).named("r")
    return (r * r).sum().named("L")


WRITTEN = (
    Written(
        "Huber: the case that applies, and its numbers",
        HUBER,
        r"""
   The residual is large here ($|r| > \delta$), so we are on the linear branch.

1  - $y = wx + b = «y:.2f»$
1  - $r = y - t = «r:.2f»$
1  - $L = \delta(|r| - \frac{1}{2}\delta) = «L:.3f»$

   The slope is the constant $-\delta$ on this side, thus

1  $$\frac{\partial L}{\partial y} = \delta \cdot \text{sign}(r) = -1.5$$
2  $$\frac{\partial L}{\partial w} = \frac{\partial L}{\partial y} \cdot x = «dL_dw:.1f», \qquad \frac{\partial L}{\partial b} = «dL_db:.1f»$$
""",
        worked(HUBER, HUBER_BACKWARD),
    ),
    Written(
        "Huber: the quadratic branch used where the linear one applies",
        HUBER,
        r"""
1  residual        r = «r:.2f»
1  Huber loss      L = «L:.3f»
!  dL/dr = r = «dL_dr:.2f»
~  dL/dw = dL/dr * x = «dL_dw:.2f»
~  dL/db = «dL_db:.2f»
""",
        worked(HUBER, HUBER_BACKWARD, dL_dr=lambda r: r),
        wrong="dL/dr",
        kinds=("another quantity", "wrong factor"),
        suffix=".txt",
    ),
    Written(
        "L2: the two of the penalty forgotten",
        RIDGE,
        r"""
   \[
1    J = (\hat y - y)^2 + \lambda \left( w_1^2 + w_2^2 \right)
   \]
   \begin{align*}
1    \frac{\partial J}{\partial \hat y} &= 2(\hat y - y) = «dJ_dyhat:.3f» \\
!    \frac{\partial J}{\partial w_1} &= 2(\hat y - y)\,x_1 + \lambda w_1 = «dJ_dw1:.3f» \\
1    \frac{\partial J}{\partial w_2} &= 2(\hat y - y)\,x_2 + 2\lambda w_2 = «dJ_dw2:.3f»
   \end{align*}
""",
        worked(
            RIDGE,
            RIDGE_BACKWARD,
            dJ_dw1=lambda dJ_dyhat, x1, lam, w1: dJ_dyhat * x1 + lam * w1,
        ),
        wrong="dJ/dw1",
        kinds=("constant factor",),
        suffix=".tex",
        names={r"\lambda": "lam"},
    ),
    Written(
        "L2: weight decay in the update",
        RIDGE,
        r"""
   With learning rate η = 0.05 and λ = 0.1:

1  ŷ = «yhat:.2f»
1  ∂J/∂w1 = 2(ŷ - y)x1 + 2λw1 = «dJ_dw1:.4f»
1  ∂J/∂w2 = 2(ŷ - y)x2 + 2λw2 = «dJ_dw2:.4f»
1  w1 := w1 - η ∂J/∂w1 = 0.9 - 0.05 × («dJ_dw1:.4f») = «w1_new:.4f»
1  w2 := w2 - η ∂J/∂w2 = -1.1 - 0.05 × («dJ_dw2:.4f») = «w2_new:.4f»
""",
        worked(RIDGE, RIDGE_BACKWARD),
        suffix=".txt",
        learning_rate=0.05,
        names={"λ": "lam"},
    ),
    Written(
        "hinge: an indicator for the margin",
        hinge,
        r"""
   For one sample the loss is $L = \max(0, 1 - y s)$ where $s = w_1x_1 + w_2x_2 + b$.

1  $\dfrac{\partial L}{\partial s} = -y \, \mathbb{1}[ys < 1]$
1  $\dfrac{\partial L}{\partial w_1} = -y x_1$ if $ys < 1$
1  $\dfrac{\partial L}{\partial b} = -y\,\mathbf{1}(1 - ys > 0)$

""",
    ),
    Written(
        "hinge: the sign of the margin turned",
        hinge,
        r"""
1  s = 0.4*1 - 0.2*2 + 0.1 = 0.1
1  L = max(0, 1 - y*s) = 1.1
!  dL/ds = y = -1
~  dL/dw1 = dL/ds * x1 = -1
~  dL/dw2 = dL/ds * x2 = -2
""",
        wrong="dL/ds",
        kinds=("wrong sign",),
        suffix=".txt",
    ),
    Written(
        "KL of two Gaussians: the sign of the logarithm's slope",
        divergence,
        r"""
1  $$D = -\log \sigma + \frac{\sigma^2 + \mu^2}{2} - \frac12$$

1  $$\frac{\partial D}{\partial \mu} = \mu = 0.8$$

   and for the width

!  $$\frac{\partial D}{\partial \sigma} = \frac{1}{\sigma} + \sigma = 2.0692$$
""",
        wrong="dD/dsigma",
        kinds=("wrong sign",),
    ),
    Written(
        "KL: elements of a distribution, with a free index",
        gap,
        r"""
   Only $q$ is learned. Since $D = \sum_i p_i \log \frac{p_i}{q_i}$,

1  $$\frac{\partial D}{\partial q_i} = -\frac{p_i}{q_i}$$

   so the three numbers are

1  $$\frac{\partial D}{\partial q} = \begin{bmatrix} -1.25 & -0.75 & -1 \end{bmatrix}$$
1  $$\frac{\partial D}{\partial q_2} = -\frac{0.3}{0.4} = -0.75$$
""",
    ),
    Written(
        "least squares: norms and transposes",
        least_squares,
        r"""
   Write the loss as a squared norm and expand:

   \begin{align}
1  \mathcal{L}(\mathbf{w}) &= \| \mathbf{X}\mathbf{w} - \mathbf{y} \|^2 \\
1    &= (\mathbf{X}\mathbf{w} - \mathbf{y})^\top (\mathbf{X}\mathbf{w} - \mathbf{y})
   \end{align}

1  The gradient is $\nabla_{\mathbf{w}} \mathcal{L} = 2\mathbf{X}^\top(\mathbf{X}\mathbf{w} - \mathbf{y})$,
1  in numbers $\nabla_{\mathbf w}\mathcal L = («g[0]:.3f», «g[1]:.3f»)^\top$.
""",
        {
            "g": 2
            * np.array([[1, 1, 1], [0.5, -1.2, 2]])
            @ (np.array([[1, 0.5], [1, -1.2], [1, 2]]) @ [0.3, 0.6] - [0.7, 0.1, 1.9])
        },
        suffix=".tex",
    ),
    Written(
        "least squares: the two of the square forgotten",
        least_squares,
        r"""
1  $\textbf{r} = \textbf{Xw} - \textbf{y}$, and so
!  $$\frac{\partial L}{\partial \textbf{w}} = \textbf{X}^T (\textbf{Xw} - \textbf{y})$$
""",
        wrong="dL/dw",
        kinds=("constant factor",),
    ),
)
