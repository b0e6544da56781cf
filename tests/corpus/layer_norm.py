"""Derivations of layer normalisation: three rows of four features, each normalised by itself.

xhat = (x − mu)·rstd with rstd = 1/√(var + ε), y = gamma·xhat + beta, L = Σ c·y with weights c.
"""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]

EPS = 1e-3


def normalise(x: Value, c: Value, gamma: Value, beta: Value) -> Value:
    mu = ag.mean(x, axis=-1, keepdims=True).named("mu")
    var = ag.mean((x - mu) ** 2, axis=-1, keepdims=True).named("var")
    rstd = (1 / ag.sqrt(var + EPS)).named("rstd")
    xhat = ((x - mu) * rstd).named("xhat")
    y = (gamma * xhat + beta).named("y")
    return (c * y).sum().named("L")


_rng = np.random.default_rng(33)
ROWS = Network(
    normalise,
    given={
        "x": _rng.normal(size=(3, 4)),
        "c": _rng.normal(size=(3, 4)),
        "gamma": _rng.normal(size=4),
        "beta": _rng.normal(size=4),
    },
    forward={
        "mu": lambda x: x.mean(axis=-1, keepdims=True),
        "var": lambda x, mu: ((x - mu) ** 2).mean(axis=-1, keepdims=True),
        "rstd": lambda var: (var + EPS) ** -0.5,
        "xhat": lambda x, mu, rstd: (x - mu) * rstd,
        "y": lambda gamma, xhat, beta: gamma * xhat + beta,
        "L": lambda c, y: (c * y).sum(),
    },
    constants=("c",),
)
BACKWARD: Lines = {
    "dL/dy": lambda c: c,
    "dL/dbeta": lambda dL_dy: dL_dy.sum(axis=0),
    "dL/dgamma": lambda dL_dy, xhat: (dL_dy * xhat).sum(axis=0),
    "dL/dxhat": lambda dL_dy, gamma: dL_dy * gamma,
    "dL/drstd": lambda dL_dxhat, x, mu: (dL_dxhat * (x - mu)).sum(axis=-1, keepdims=True),
    "dL/dvar": lambda dL_drstd, rstd: -dL_drstd * rstd**3 / 2,
    "dL/dmu": lambda dL_dxhat, rstd: -(dL_dxhat * rstd).sum(axis=-1, keepdims=True),
    "dL/dx": lambda dL_dxhat, dL_dvar, dL_dmu, x, mu, rstd: (
        dL_dxhat * rstd + (dL_dvar * 2 * (x - mu) + dL_dmu) / 4
    ),
}


def worked(changed: Lines | None = None) -> dict[str, object]:
    return work(ROWS.given, {**ROWS.forward, **BACKWARD, **(changed or {})})


def loops(x, c, gamma, beta, mu, rstd):
    """In the manner of C: one row after the other, everything adds up."""
    dx = np.zeros_like(x)
    dgamma, dbeta = np.zeros_like(gamma), np.zeros_like(beta)
    rows, width = x.shape
    for r in range(rows):
        dnorm_mean = 0.0
        dnorm_norm_mean = 0.0
        for i in range(width):
            norm_i = (x[r, i] - mu[r, 0]) * rstd[r, 0]
            dnorm_i = gamma[i] * c[r, i]
            dnorm_mean += dnorm_i / width
            dnorm_norm_mean += dnorm_i * norm_i / width
        for i in range(width):
            norm_i = (x[r, i] - mu[r, 0]) * rstd[r, 0]
            dnorm_i = gamma[i] * c[r, i]
            dbeta[i] += c[r, i]
            dgamma[i] += norm_i * c[r, i]
            dx[r, i] += (dnorm_i - dnorm_mean - norm_i * dnorm_norm_mean) * rstd[r, 0]
    return dx, dgamma, dbeta


def fused(x, c, gamma):
    """In the manner of a fused kernel: two means of each row."""
    xc = x - x.mean(-1, keepdims=True)
    std = np.sqrt(np.mean(xc * xc, -1, keepdims=True) + EPS)
    xhat = xc / std
    dout = c
    wdy = gamma * dout
    c1 = np.mean(xhat * wdy, -1, keepdims=True)
    c2 = np.mean(wdy, -1, keepdims=True)
    x_grad = (wdy - xhat * c1 - c2) / std
    w_grad = np.einsum("ij,ij->j", dout, xhat)
    b_grad = np.einsum("ij->j", dout)
    return x_grad, w_grad, b_grad


def accumulated(x, c, gamma, mu, rstd):
    """One array for the gradient, to which each of the three paths adds in place."""
    dxhat = c * gamma
    dx = rstd * dxhat
    dvar = (-0.5 * dxhat * (x - mu) * rstd**3).sum(1, keepdims=True)
    dx += 2 / 4 * dvar * (x - mu)
    dmu = (-dxhat * rstd).sum(1, keepdims=True)
    dx += dmu / 4
    return dx


def std_for_rstd(c, gamma, var, xhat):
    """Multiplies by the standard deviation where it should divide."""
    std = np.sqrt(var + EPS)
    dbeta = c.sum(axis=0)
    dgamma = (c * xhat).sum(axis=0)
    dxhat = c * gamma
    mean = dxhat.mean(-1, keepdims=True)
    dx = std * (dxhat - mean - xhat * (dxhat * xhat).mean(-1, keepdims=True))
    return dx, dgamma, dbeta


def sum_of_each_row(c, xhat):
    """Sums each row, as the forward pass does, where the gradient sums over the rows."""
    dbeta = c.sum(axis=0)
    dgamma = (c * xhat).sum(axis=-1)
    return dgamma, dbeta


def last_row_stays(c, xhat):
    """The parameters serve every row; each row replaces what the one before has left."""
    dgamma = np.zeros(4)
    dbeta = np.zeros(4)
    for row in range(3):
        dgamma += c[row] * xhat[row]
    for row in range(3):
        dbeta[:] = c[row]
    return dgamma, dbeta


FORMULAS = {
    "dL/dgamma[1]": "c[0,1]*xhat[0,1] + c[1,1]*xhat[1,1] + c[2,1]*xhat[2,1]",
    "dL/dxhat[2,0]": "gamma[0]*c[2,0]",
    "drstd[1,0]/dvar[1,0]": "-1/2*(var[1,0] + 0.001)^(-3/2)",
}
STYLES = {
    "dout": "dL/dy",
    "grad_beta": "dL/dbeta",
    "nabla_gamma": "dL/dgamma",
    "dL_dxhat": "dL/dxhat",
    "dLdrstd": "dL/drstd",
    "mu_bar": "dL/dmu",
    "x_grad": "dL/dx",
}

RIGHT = (
    Derivation("layer norm: as NumPy prints it", ROWS, printed(worked())),
    Derivation(
        "layer norm: styles of names, four decimals",
        ROWS,
        under(STYLES, printed(worked(), ".4f")),
        means=STYLES,
    ),
    Derivation("layer norm: formulas for single elements", ROWS, FORMULAS),
    Derivation(
        "layer norm code: loops",
        ROWS,
        code=loops,
        means=dict.fromkeys(["dnorm_mean", "dnorm_norm_mean", "dnorm_i"], ""),
    ),
    Derivation("layer norm code: accumulated", ROWS, code=accumulated),
    Derivation(
        "layer norm code: fused",
        ROWS,
        code=fused,
        means={
            "dout": "dL/dy",
            "wdy": "dL/dxhat",
            "x_grad": "dL/dx",
            "w_grad": "dL/dgamma",
            "b_grad": "dL/dbeta",
        },
    ),
)

WRONG = (
    Derivation(
        "layer norm code: std for rstd", ROWS, code=std_for_rstd, wrong="dx", kind="upside down"
    ),
    Derivation(
        "layer norm code: sum of each row", ROWS, code=sum_of_each_row, wrong="dgamma", kind="shape"
    ),
    Derivation(
        "layer norm code: last row stays",
        ROWS,
        code=last_row_stays,
        wrong="dbeta",
        kind="overwritten",
    ),
    # The line of gamma copied into the line of beta.
    Derivation(
        "layer norm: beta's line holds gamma's numbers",
        ROWS,
        printed(worked({"dL/dbeta": lambda dL_dy, xhat: (dL_dy * xhat).sum(axis=0)}), ".6f"),
        wrong="dL/dbeta",
        kind=("another quantity", "extra factor"),
    ),
    # The variance of one row is said to move the output of another.
    Derivation(
        "layer norm: formula across rows",
        ROWS,
        {
            "dxhat[0,0]/drstd[0,0]": "x[0,0] - mu[0,0]",
            "dxhat[0,1]/drstd[0,0]": "x[0,1] - mu[0,0]",
            "dxhat[1,0]/drstd[0,0]": "x[1,0] - mu[1,0]",
        },
        wrong="dxhat[1,0]/drstd[0,0]",
        kind="no path",
    ),
    # The path over the mean is missing: what is left does not sum to zero.
    Derivation(
        "layer norm: the mean's path forgotten",
        ROWS,
        printed(
            worked(
                {
                    "dL/dx": lambda dL_dxhat, dL_dvar, x, mu, rstd: (
                        dL_dxhat * rstd + dL_dvar * 2 * (x - mu) / 4
                    )
                }
            )
        ),
        wrong="dL/dx",
        kind="missing path",
    ),
    # d(1/√v)/dv with the exponent −½ kept: −½·v^(−½).
    Derivation(
        "layer norm: rstd in place of rstd³",
        ROWS,
        printed(worked({"dL/dvar": lambda dL_drstd, rstd: -dL_drstd * rstd / 2}), ".8f"),
        wrong="dL/dvar",
        kind=("missing factor", "wrong factor"),
    ),
)

DERIVATIONS = RIGHT + WRONG
