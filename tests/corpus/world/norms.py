"""Batch norm over four numbers, layer norm of a row, RMS norm."""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["BACKWARD", "NETWORK", "WRITTEN"]

N = 4


def batch_norm(x: Value, gamma: Value, beta: Value, g: Value, eps: Value) -> Value:
    mu = x.mean().named("mu")
    var = ((x - mu) ** 2).mean().named("var")
    xhat = ((x - mu) / ag.sqrt(var + eps)).named("xhat")
    y = (gamma * xhat + beta).named("y")
    return (g * y).sum().named("L")


NETWORK = Network(
    batch_norm,
    given={
        "x": np.array([1.2, -0.4, 0.7, 2.1]),
        "gamma": 1.5,
        "beta": -0.3,
        "g": np.array([0.5, -1.0, 0.25, 2.0]),
        "eps": 0.01,
    },
    forward={
        "mu": lambda x: float(x.mean()),
        "var": lambda x, mu: float(((x - mu) ** 2).mean()),
        "xhat": lambda x, mu, var, eps: (x - mu) / np.sqrt(var + eps),
        "y": lambda gamma, xhat, beta: gamma * xhat + beta,
        "L": lambda g, y: float((g * y).sum()),
    },
    constants=("g", "eps"),
)
BACKWARD: Lines = {
    "dL/dbeta": lambda g: float(g.sum()),
    "dL/dgamma": lambda g, xhat: float((g * xhat).sum()),
    "dL/dxhat": lambda g, gamma: g * gamma,
    "dL/dvar": lambda dL_dxhat, x, mu, var, eps: float(
        (dL_dxhat * (x - mu)).sum() * -0.5 * (var + eps) ** -1.5
    ),
    "dL/dmu": lambda dL_dxhat, var, eps: float(-dL_dxhat.sum() / np.sqrt(var + eps)),
    "dL/dx": lambda dL_dxhat, dL_dvar, dL_dmu, x, mu, var, eps: (
        dL_dxhat / np.sqrt(var + eps) + dL_dvar * 2 * (x - mu) / N + dL_dmu / N
    ),
}
SYMBOLS = {r"\sigma^2": "var", r"\epsilon": "eps"}


def layer_norm() -> Value:
    """One row, its elements by name; the upstream gradient is dout."""
    x = Value([0.3, 1.1, -0.9], "x", names=["x_1", "x_2", "x_3"])
    dout = ag.Constant([0.4, -0.2, 1.0], "dout", names=["dout_1", "dout_2", "dout_3"])
    gain = Value([1.2, 0.8, 1.0], "g", names=["g_1", "g_2", "g_3"])
    mu = x.mean().named("mu")
    sigma = ag.sqrt(((x - mu) ** 2).mean()).named("sigma")
    xhat = ((x - mu) / sigma).named("xhat", names=["xhat_1", "xhat_2", "xhat_3"])
    y = (gain * xhat).named("y", names=["y_1", "y_2", "y_3"])
    return (dout * y).sum().named("L")


WRITTEN = (
    Written(
        "batch norm: the paper's equations with sums",
        NETWORK,
        r"""
   \begin{align*}
1  \frac{\partial L}{\partial \hat{x}_i} &= \frac{\partial L}{\partial y_i} \cdot \gamma \\
1  \frac{\partial L}{\partial \sigma^2} &= \sum_{i=1}^{4} \frac{\partial L}{\partial \hat{x}_i} \cdot (x_i - \mu) \cdot \frac{-1}{2} (\sigma^2 + \epsilon)^{-3/2} \\
1  \frac{\partial L}{\partial \mu} &= \left( \sum_{i=1}^{4} \frac{\partial L}{\partial \hat{x}_i} \cdot \frac{-1}{\sqrt{\sigma^2 + \epsilon}} \right) + \frac{\partial L}{\partial \sigma^2} \cdot \frac{\sum_{i=1}^{4} -2(x_i - \mu)}{4} \\
1  \frac{\partial L}{\partial \gamma} &= \sum_{i=1}^{4} \frac{\partial L}{\partial y_i} \cdot \hat{x}_i \\
1  \frac{\partial L}{\partial \beta} &= \sum_{i=1}^{4} \frac{\partial L}{\partial y_i}
   \end{align*}
""",
        suffix=".tex",
        names=SYMBOLS,
    ),
    Written(
        "batch norm: numbers, with the mean's path left out",
        NETWORK,
        r"""
   ### Forward

2  - $\mu = «mu:.3f»$, $\sigma^2 = «var:.4f»$
1  - $\hat{x} = [«xhat[0]:.4f», «xhat[1]:.4f», «xhat[2]:.4f», «xhat[3]:.4f»]$

   ### Backward

1  - $\frac{\partial L}{\partial \beta} = «dL_dbeta:.2f»$
1  - $\frac{\partial L}{\partial \gamma} = «dL_dgamma:.4f»$
!  - $\frac{\partial L}{\partial x} = [«dL_dx[0]:.4f», «dL_dx[1]:.4f», «dL_dx[2]:.4f», «dL_dx[3]:.4f»]$
""",
        worked(
            NETWORK,
            BACKWARD,
            dL_dx=lambda dL_dxhat, dL_dvar, x, mu, var, eps: (
                dL_dxhat / np.sqrt(var + eps) + dL_dvar * 2 * (x - mu) / N
            ),
        ),
        wrong="dL/dx",
        kinds=("missing path",),
        names={r"\sigma^2": "var"},
    ),
    Written(
        "batch norm: lines as in code, the exponent of the variance wrong",
        NETWORK,
        r"""
   Staged computation, dy = g is what comes from above.

1  dbeta = sum(g)
1  dgamma = sum(g*xhat)
1  dxhat = g*gamma
!  dvar = sum(dxhat*(x - mu)) * (-1/2) * (var + eps)**(-1/2)
1  dmu = -sum(dxhat)/sqrt(var + eps)
""",
        wrong="dL/dvar",
        kinds=("missing factor", "wrong factor", "extra factor", "constant factor"),
        suffix=".txt",
    ),
    Written(
        "batch norm: a notebook shows its arrays",
        NETWORK,
        r"""
   %% code
   mu, var = x.mean(), x.var()
   print("mu:", mu, "var:", var)
   %% output
2  mu: «mu:.3f» var: «var:.5f»
   %% code
   print("dgamma", dgamma)
   print("dbeta", dbeta)
   %% output
1  dgamma «dL_dgamma:.6f»
1  dbeta «dL_dbeta:.6f»
   %% markdown
1  The long expression simplifies to $\frac{\partial L}{\partial \mu} = -\frac{\gamma \sum_{i} g_i}{\sqrt{\sigma^2 + \epsilon}} = «dL_dmu:.5f»$
   %% code
   print("dx =", dx)
   %% output
1  dx = «dL_dx:.5f»
""",
        worked(NETWORK, BACKWARD),
        suffix=".ipynb",
        names=SYMBOLS,
    ),
    Written(
        "batch norm: what the deviations add up to",
        NETWORK,
        r"""
   Because the deviations cancel,
1  $$\frac{\partial \sigma^2}{\partial \mu} = -\frac{2}{4}\sum_{i=1}^{4}(x_i - \mu) = 0$$
1  $$\frac{\partial \sigma^2}{\partial x_i} = \frac{2(x_i - \mu)}{4}$$
1  $$\frac{\partial \mu}{\partial x_i} = \frac{1}{4}$$
""",
        names={r"\sigma^2": "var"},
    ),
    Written(
        "layer norm: the gain, and the derivative of x̂",
        layer_norm,
        r"""
1  ∂L/∂g₁ = dout₁ · x̂₁
1  ∂L/∂x̂₂ = dout₂ · g₂
!  ∂L/∂x̂₃ = dout₃ · x̂₃
""",
        wrong="dL/dxhat_3",
        kinds=("wrong factor", "another quantity", "wrong index"),
        suffix=".txt",
    ),
    Written(
        "layer norm: vectors and means",
        layer_norm,
        r"""
   Let $dxhat = dout * g$. Then
1  $$\frac{\partial L}{\partial \hat{x}} = dout \odot g$$
1  $$\frac{\partial L}{\partial g} = dout \odot \hat{x}$$
1  $$\frac{\partial L}{\partial x} = \frac{1}{\sigma}\left(dxhat - \frac{1}{3}\sum_j dxhat_j - \hat{x} \cdot \frac{1}{3}\sum_j dxhat_j \hat{x}_j\right)$$
""",
    ),
)
