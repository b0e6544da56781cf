"""Derivations of a residual block with swish: y = x + V·s, where s = z·σ(z) and z = W·x + b."""

from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def residual(x: Value, t: Value, W: Value, b: Value, V: Value) -> Value:
    z = (W @ x + b).named("z")
    g = ag.sigmoid(z).named("g")
    s = (z * g).named("s")
    y = (x + V @ s).named("y")
    return (0.5 * ((y - t) ** 2).sum()).named("L")


RESIDUAL = Network(
    residual,
    given={
        "x": np.array([0.8, -1.1, 0.5]),
        "t": np.array([0.2, -0.6, 1.4]),
        "W": np.array([[0.5, -0.8, 0.3], [1.1, 0.4, -0.6], [-0.2, 0.9, 0.7]]),
        "b": np.array([0.1, -0.3, 0.25]),
        "V": np.array([[0.6, 0.2, -0.9], [-0.4, 1.2, 0.5], [0.3, -0.7, 0.8]]),
    },
    forward={
        "z": lambda W, x, b: W @ x + b,
        "g": lambda z: 1 / (1 + np.exp(-z)),
        "s": lambda z, g: z * g,
        "y": lambda x, V, s: x + V @ s,
        "L": lambda y, t: 0.5 * np.sum((y - t) ** 2),
    },
    constants=("t",),
)
BACKWARD: Lines = {
    "dL/dy": lambda y, t: y - t,
    "dL/dV": lambda dL_dy, s: dL_dy[:, None] * s,
    "dL/ds": lambda V, dL_dy: V.T @ dL_dy,
    "dL/dg": lambda dL_ds, z: dL_ds * z,
    "dL/dz": lambda dL_ds, g, dL_dg: dL_ds * g + dL_dg * g * (1 - g),
    "dL/dW": lambda dL_dz, x: dL_dz[:, None] * x,
    "dL/db": lambda dL_dz: dL_dz,
    "dL/dx": lambda dL_dy, W, dL_dz: dL_dy + W.T @ dL_dz,
}
worked = partial(sheet, RESIDUAL, BACKWARD)


def right_code(x: Any, t: Any, W: Any, b: Any, V: Any) -> tuple[Any, Any, Any, Any]:
    z = W.dot(x) + b
    g = np.reciprocal(1 + np.exp(-z))
    s = z * g
    dy = x + V.dot(s) - t
    dV = np.multiply.outer(dy, s)
    ds = dy.dot(V)
    dz = ds * (s + g * (1 - s))
    dW = dz[:, np.newaxis] * x
    db = dz.copy()
    dx = dy.copy()
    dx += dz.dot(W)
    return dx, dW, db, dV


# What comes round the block is left out.
def no_way_round(x: Any, t: Any, W: Any, b: Any, V: Any) -> tuple[Any, Any, Any, Any]:
    z = W @ x + b
    g = 1 / (1 + np.exp(-z))
    s = z * g
    y = x + V @ s
    dy = y - t
    dV = np.outer(dy, s)
    ds = V.T @ dy
    dz = ds * (g + s * (1 - g))
    dW = np.outer(dz, x)
    db = dz
    dx = W.T @ dz
    return dx, dW, db, dV


RIGHT = (
    Derivation("residual: arrays as NumPy prints them", RESIDUAL, printed(worked())),
    Derivation(
        "residual: five decimals, each from those above",
        RESIDUAL,
        printed(worked(decimals=5), ".5f"),
    ),
    Derivation("residual: code", RESIDUAL, code=right_code),
    Derivation(
        "residual: formulas with vectors",
        RESIDUAL,
        {
            "s": "z*sigmoid(z)",
            "dL/ds": "V.T @ (y - t)",
            "dL/dg": "z*(V.T @ (y - t))",
            "dL/dz": "(V.T @ (y - t))*g*(1 + z*(1 - g))",
            "dL/db": "(V.T @ (y - t))*(s + g - s*g)",
        },
    ),
)

WRONG = (
    Derivation(
        "residual: code without the way round the block",
        RESIDUAL,
        code=no_way_round,
        wrong="dx",
        kind="missing path",
    ),
    # The bias is added to z; no input stands before it.
    Derivation(
        "residual: the input before the bias",
        RESIDUAL,
        printed(worked({"dL/db": lambda dL_dz, x: dL_dz * x}), ".6f"),
        wrong="dL/db",
        kind="extra factor",
    ),
    # What goes into V is s; z is what went into swish.
    Derivation(
        "residual: formulas with z for s",
        RESIDUAL,
        {
            "dL/dy": "y - t",
            "dL/dV": "outer(y - t, z)",
            "dL/ds": "(y - t) @ V",
        },
        wrong="dL/dV",
        kind="wrong factor",
    ),
    Derivation(
        "residual: V for its transpose",
        RESIDUAL,
        printed(worked({"dL/ds": lambda V, dL_dy: V @ dL_dy}, decimals=6), ".6f"),
        wrong="dL/ds",
        kind="transposed",
    ),
)

DERIVATIONS = RIGHT + WRONG
