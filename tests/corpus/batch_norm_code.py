"""Hand-written backward passes of batch normalisation, over the network of the sheets."""

import numpy as np

from corpus.batch_norm import EPS, NORM
from corpus.derivation import Derivation

__all__ = ["DERIVATIONS"]


def staged(x, t, gamma, beta):
    """Step by step, each step of the forward pass undone."""
    n, d = x.shape
    mu = 1 / n * np.sum(x, axis=0)
    xmu = x - mu
    var = 1 / n * np.sum(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + EPS)
    ivar = 1 / sqrtvar
    xhat = xmu * ivar
    dout = gamma * xhat + beta - t
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1 / (sqrtvar**2) * divar
    dvar = 0.5 * 1 / np.sqrt(var + EPS) * dsqrtvar
    dsq = 1 / n * np.ones((n, d)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1 / n * np.ones((n, d)) * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def in_one_line(x, xhat, y, t, gamma, var):
    """Simplified on paper: the two statistics' paths are two means."""
    dy = y - t
    n = x.shape[0]
    dgamma = (dy * xhat).sum(0)
    dbeta = dy.sum(0)
    dx = gamma * (var + EPS) ** -0.5 / n * (n * dy - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


def by_projection(xhat, y, t, gamma, var):
    """Takes from the error what the constants and xhat itself span, one feature at a time."""
    dx = np.empty_like(xhat)
    for j in range(xhat.shape[1]):
        u = xhat[:, j : j + 1]
        spanned = (np.ones((4, 4)) + u @ u.T) / 4
        dx[:, j] = (np.eye(4) - spanned) @ (y - t)[:, j] * gamma[j] / np.sqrt(var[j] + EPS)
    return dx


def statistics_as_constants(xhat, y, t, gamma, var):
    """Takes mean and variance for numbers that do not depend on x."""
    dy = y - t
    dgamma = (dy * xhat).sum(axis=0)
    dbeta = dy.sum(axis=0)
    dxhat = dy * gamma
    dx = dxhat / np.sqrt(var + EPS)
    return dx, dgamma, dbeta


def later_path_overwrites(x, mu, xhat, var, y, t, gamma):
    """Assigns dx anew for the variance's path."""
    n = len(x)
    dxhat = (y - t) * gamma
    std = np.sqrt(var + EPS)
    dvar = -0.5 * (dxhat * xhat).sum(axis=0) / std**2
    dmu = -dxhat.sum(axis=0) / std
    dx = dxhat / std + dmu / n
    dx = dvar * 2 * (x - mu) / n
    return dx, dvar


def gamma_unsummed(xhat, y, t):
    """One gamma serves the whole batch, but its gradient is kept for each sample."""
    dy = y - t
    dbeta = dy.sum(axis=0)
    dgamma = dy * xhat
    return dgamma, dbeta


def one_beta_for_all(xhat, y, t):
    """Sums the features as well; what is left would still broadcast."""
    dy = y - t
    dgamma = (dy * xhat).sum(axis=0)
    dbeta = dy.sum()
    return dgamma, dbeta


def gamma_stepped_first(x, xhat, y, t, gamma, var, lr=0.1):
    """Steps gamma in place, then scales the error by it."""
    n = len(x)
    dy = y - t
    dgamma = (dy * xhat).sum(axis=0)
    gamma -= lr * dgamma
    dxhat = dy * gamma
    sums = dxhat.sum(axis=0) + xhat * (dxhat * xhat).sum(axis=0)
    dx = (dxhat - sums / n) / np.sqrt(var + EPS)
    return dx, dgamma


def _wrong(function, variable: str, kind: str | tuple[str, ...]) -> Derivation:
    name = f"batch norm code: {function.__name__.replace('_', ' ')}"
    return Derivation(name, NORM, code=function, wrong=variable, kind=kind)


DERIVATIONS = (
    Derivation(
        "batch norm code: staged",
        NORM,
        code=staged,
        # Parts of sums, and gradients of what has no label in the graph.
        means={"dout": "dL/dy"}
        | dict.fromkeys(
            ["divar", "dxmu1", "dxmu2", "dsqrtvar", "dsq", "dx1", "dx2", "xmu", "d"], ""
        ),
    ),
    Derivation("batch norm code: in one line", NORM, code=in_one_line),
    Derivation("batch norm code: by projection", NORM, code=by_projection),
    _wrong(statistics_as_constants, "dx", "missing path"),
    _wrong(later_path_overwrites, "dx", ("overwritten", "missing path")),
    _wrong(gamma_unsummed, "dgamma", "shape"),
    _wrong(one_beta_for_all, "dbeta", "shape"),
    _wrong(gamma_stepped_first, "dxhat", "updated before reuse"),
)
