"""Derivations of RMS norm: each row over the root of its mean square, times a gain."""

from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def rms_norm(X: Value, g: Value, t: Value) -> Value:
    m = (X * X).mean(axis=1, keepdims=True).named("m")
    r = ag.sqrt(m).named("r")
    n = (X / r).named("n")
    y = (g * n).named("y")
    return (0.5 * ((y - t) ** 2).sum()).named("L")


RMS_NORM = Network(
    rms_norm,
    given={
        "X": np.array([[1.2, -0.7, 0.4, 2.1], [-1.5, 0.8, 0.3, -0.6]]),
        "g": np.array([0.9, 1.3, -0.5, 0.7]),
        "t": np.array([[0.3, -0.2, 0.5, 1.0], [-0.4, 0.9, -0.1, 0.2]]),
    },
    forward={
        "m": lambda X: np.mean(X**2, axis=1, keepdims=True),
        "r": lambda m: m**0.5,
        "n": lambda X, r: X / r,
        "y": lambda g, n: g * n,
        "L": lambda y, t: np.sum((y - t) ** 2) / 2,
    },
    constants=("t",),
)
BACKWARD: Lines = {
    "dL/dy": lambda y, t: y - t,
    "dL/dg": lambda dL_dy, n: (dL_dy * n).sum(axis=0),
    "dL/dn": lambda dL_dy, g: dL_dy * g,
    "dL/dr": lambda dL_dn, X, r: -(dL_dn * X).sum(axis=1, keepdims=True) / r**2,
    "dL/dm": lambda dL_dr, r: dL_dr / (2 * r),
    "dL/dX": lambda dL_dn, r, dL_dm, X: dL_dn / r + dL_dm * X / 2,
}
worked = partial(sheet, RMS_NORM, BACKWARD)


def in_one_line(X: Any, g: Any, t: Any) -> tuple[Any, Any]:
    inverse = (X * X).mean(axis=-1, keepdims=True) ** -0.5
    n = X * inverse
    dout = g * n - t
    dn = g * dout
    dX = inverse * (dn - n * (dn * n).mean(axis=-1, keepdims=True))
    dg = np.einsum("ij,ij->j", dout, n)
    return dX, dg


# There is one gain for all rows.
def a_gain_for_each_row(X: Any, g: Any, t: Any) -> tuple[Any, Any]:
    m = np.mean(X**2, axis=1, keepdims=True)
    r = np.sqrt(m)
    n = X / r
    dy = g * n - t
    dg = dy * n
    dn = dy * g
    dr = -np.sum(dn * n, axis=1, keepdims=True) / r
    dX = dn / r + dr * X / (X.shape[1] * r)
    return dX, dg


# (√m)′ is 1/(2√m), not 2√m.
def root_upside_down(X: Any, g: Any, t: Any) -> tuple[Any, Any]:
    m = np.mean(X**2, axis=1, keepdims=True)
    r = np.sqrt(m)
    n = X / r
    dy = g * n - t
    dg = np.sum(dy * n, axis=0)
    dn = dy * g
    dr = -np.sum(dn * X, axis=1, keepdims=True) / r**2
    dm = dr * 2 * r
    dX = dn / r + dm * 2 * X / 4
    return dX, dg


SHORT = {
    "dout": "dL/dy",
    "n": "n",
    "g_grad": "dL/dg",
    "n_grad": "dL/dn",
    "r_grad": "dL/dr",
    "X_grad": "dL/dX",
}
RIGHT = (
    Derivation(
        "rms norm: matrices with six decimals",
        RMS_NORM,
        printed(worked(), ".6f"),
    ),
    Derivation("rms norm: code in one line", RMS_NORM, code=in_one_line, means={"dout": "dL/dy"}),
    Derivation(
        "rms norm: arrays with the names of a layer",
        RMS_NORM,
        under(SHORT, worked()),
        means=SHORT,
    ),
    Derivation(
        "rms norm: formulas with rows and columns",
        RMS_NORM,
        {
            "r": "sqrt(m)",
            "dL/dy": "g*X/r - t",
            "dL/dn": "g*g*X/r - g*t",
            "dL/dg[2]": "(y[0,2] - t[0,2])*n[0,2] + (y[1,2] - t[1,2])*n[1,2]",
        },
    ),
)

WRONG = (
    # Divides by r as by a number that does not depend on X.
    Derivation(
        "rms norm: r held fast",
        RMS_NORM,
        printed(worked({"dL/dX": lambda dL_dn, r: dL_dn / r}), ".8f"),
        wrong="dL/dX",
        kind="missing path",
    ),
    Derivation(
        "rms norm: code with a gain for each row",
        RMS_NORM,
        code=a_gain_for_each_row,
        wrong="dg",
        kind="shape",
    ),
    Derivation(
        "rms norm: code with the root upside down",
        RMS_NORM,
        code=root_upside_down,
        wrong="dm",
        kind="upside down",
    ),
)

DERIVATIONS = RIGHT + WRONG
