"""Derivations of batch normalisation over a batch of n = 4 samples with two features.

mu = Σx/n, var = Σ(x − mu)²/n, xhat = (x − mu)/√(var + ε), y = gamma·xhat + beta, L = ½Σ(y − t)².
A feature alone, with names for its elements, stands for all where formulas are written out.
"""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]

EPS = 1e-3


def normalise(x: Value, t: Value, gamma: Value, beta: Value) -> Value:
    mu = (x.sum(axis=0) / 4).named("mu")
    var = (((x - mu) ** 2).sum(axis=0) / 4).named("var")
    xhat = ((x - mu) / ag.sqrt(var + EPS)).named("xhat")
    y = (gamma * xhat + beta).named("y")
    return (0.5 * ((y - t) ** 2).sum()).named("L")


FORWARD: Lines = {
    "mu": lambda x: x.sum(axis=0) / 4,
    "var": lambda x, mu: ((x - mu) ** 2).sum(axis=0) / 4,
    "xhat": lambda x, mu, var: (x - mu) / np.sqrt(var + EPS),
    "y": lambda gamma, xhat, beta: gamma * xhat + beta,
    "L": lambda y, t: 0.5 * ((y - t) ** 2).sum(),
}
_rng = np.random.default_rng(21)
NORM = Network(
    normalise,
    given={
        "x": _rng.normal(size=(4, 2)),
        "t": _rng.normal(size=(4, 2)),
        "gamma": np.array([1.3, 0.7]),
        "beta": np.array([0.2, -0.5]),
    },
    forward=FORWARD,
    constants=("t",),
)
# The sheet of the original paper, with the statistics as parts of the chain.
BACKWARD: Lines = {
    "dL/dy": lambda y, t: y - t,
    "dL/dbeta": lambda dL_dy: dL_dy.sum(axis=0),
    "dL/dgamma": lambda dL_dy, xhat: (dL_dy * xhat).sum(axis=0),
    "dL/dxhat": lambda dL_dy, gamma: dL_dy * gamma,
    "dL/dvar": lambda dL_dxhat, x, mu, var: (
        -0.5 * (dL_dxhat * (x - mu)).sum(axis=0) * (var + EPS) ** -1.5
    ),
    "dL/dmu": lambda dL_dxhat, dL_dvar, x, mu, var: (
        -(dL_dxhat / np.sqrt(var + EPS)).sum(axis=0) - dL_dvar * 2 * (x - mu).mean(axis=0)
    ),
    "dL/dx": lambda dL_dxhat, dL_dvar, dL_dmu, x, mu, var: (
        dL_dxhat / np.sqrt(var + EPS) + dL_dvar * 2 * (x - mu) / 4 + dL_dmu / 4
    ),
}


def worked(changed: Lines | None = None, decimals: int | None = None) -> dict[str, object]:
    return work(NORM.given, {**FORWARD, **BACKWARD, **(changed or {})}, decimals)


def four(letter: str) -> list[str]:
    return [f"{letter}_{i}" for i in range(1, 5)]


def normalise_column(x: Value, t: Value, gamma: Value, beta: Value) -> Value:
    mu = (x.sum() / 4).named("mu")
    var = (((x - mu) ** 2).sum() / 4).named("var")
    xhat = ((x - mu) / ag.sqrt(var + EPS)).named("xhat", four("xhat"))
    y = (gamma * xhat + beta).named("y", four("y"))
    return (0.5 * ((y - t) ** 2).sum()).named("L")


COLUMN = Network(
    normalise_column,
    given={
        "x": np.array([0.9, -0.4, 1.7, 0.3]),
        "t": np.array([0.5, -1.0, 0.8, 0.1]),
        "gamma": 1.3,
        "beta": 0.2,
    },
    forward=FORWARD,
    constants=("t",),
    elements={letter: four(letter) for letter in ("x", "t", "xhat", "y")},
)


STYLES = {
    "dout": "dL/dy",
    "nabla_beta": "dL/dbeta",
    "grad_gamma": "dL/dgamma",
    "d_L_d_xhat": "dL/dxhat",
    "var_grad": "dL/dvar",
    "x_bar": "dL/dx",
}
GAMMA = r"\frac{\partial L}{\partial \gamma}"
BETA = r"\frac{\partial L}{\partial \beta}"
VAR = r"\frac{\partial L}{\partial var}"

RIGHT = (
    Derivation("batch norm: the paper's sheet as NumPy prints it", NORM, printed(worked())),
    Derivation(
        "batch norm: several styles of names",
        NORM,
        under(STYLES, printed(worked(), ".5f")),
        means=STYLES,
    ),
    Derivation(
        "batch norm: sums in LaTeX",
        COLUMN,
        {
            GAMMA: r"\sum_{i=1}^{4} (y_i - t_i) \cdot \hat{x}_i",
            BETA: r"\sum_{i=1}^{4} (y_i - t_i)",
        },
        means={GAMMA: "dL/dgamma", BETA: "dL/dbeta"},
    ),
    # The compact form, with the sums as the gradients that they are.
    Derivation(
        "batch norm: compact formulas",
        COLUMN,
        {
            "dL/dgamma": "sum((y - t)*xhat)",
            "dL/dbeta": "y_1 + y_2 + y_3 + y_4 - t_1 - t_2 - t_3 - t_4",
            "dL/dvar": "-gamma/(2*(var + 0.001))*sum((y - t)*xhat)",
            "dL/dx_1": "gamma/sqrt(var + 0.001)*((y_1 - t_1) - 1/4*sum(y - t)"
            " - 1/4*xhat_1*sum((y - t)*xhat))",
        },
    ),
)

WRONG = (
    # Has the path over the mean, but not the one over the variance.
    Derivation(
        "batch norm: the variance's path forgotten",
        NORM,
        printed(
            worked(
                {"dL/dx": lambda dL_dxhat, dL_dmu, var: dL_dxhat / np.sqrt(var + EPS) + dL_dmu / 4}
            ),
            ".6f",
        ),
        wrong="dL/dx",
        kind="missing path",
    ),
    # The exponent −½ comes down, the half is lost.
    Derivation(
        "batch norm: the half of the root forgotten",
        NORM,
        printed(
            worked(
                {
                    "dL/dvar": lambda dL_dxhat, x, mu, var: (
                        -(dL_dxhat * (x - mu)).sum(axis=0) * (var + EPS) ** -1.5
                    )
                }
            )
        ),
        wrong="dL/dvar",
        kind="constant factor",
    ),
    Derivation(
        "batch norm: formula with x in place of xhat",
        COLUMN,
        {"dL/dbeta": "sum(y - t)", "dL/dgamma": "sum((y - t)*x)"},
        wrong="dL/dgamma",
        kind="wrong factor",
    ),
    # gamma scales xhat; beta is added after it.
    Derivation(
        "batch norm: gamma in the gradient of beta",
        NORM,
        printed(worked({"dL/dbeta": lambda dL_dy, gamma: (dL_dy * gamma).sum(axis=0)}), ".6f"),
        wrong="dL/dbeta",
        kind="extra factor",
    ),
    Derivation(
        "batch norm: gamma forgotten",
        NORM,
        printed(worked({"dL/dxhat": lambda dL_dy: dL_dy}), ".7f"),
        wrong="dL/dxhat",
        kind=("missing factor", "another quantity"),
    ),
    # Divides by the n of the batch, though L is a sum.
    Derivation(
        "batch norm: LaTeX with a mean over the batch",
        COLUMN,
        {
            BETA: r"\frac{1}{4} \sum_{i=1}^{4} (y_i - t_i)",
        },
        wrong=BETA,
        kind="constant factor",
        means={BETA: "dL/dbeta"},
    ),
    Derivation(
        "batch norm: the mean's minus lost",
        NORM,
        printed(
            worked(
                {
                    "dL/dmu": lambda dL_dxhat, var: (dL_dxhat / np.sqrt(var + EPS)).sum(axis=0),
                }
            ),
            ".8f",
        ),
        wrong="dL/dmu",
        kind="wrong sign",
    ),
)

DERIVATIONS = RIGHT + WRONG
