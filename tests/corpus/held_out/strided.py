"""Derivations of a convolution with stride 2, tanh, and the mean of each two neighbours."""

from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def strided(x: Value, k: Value, t: Value) -> Value:
    c = (k[0] * x[0:6:2] + k[1] * x[1:7:2] + k[2] * x[2:7:2]).named("c")
    a = ag.tanh(c).named("a")
    p = ((a[:-1] + a[1:]) / 2).named("p")
    return (((p - t) ** 2).sum() / 2).named("L")


def patches(x: Any) -> Any:
    return np.stack([x[0:3], x[2:5], x[4:7]])


def spread(kernel: Any, values: Any) -> Any:
    """What each cell of the input gets back through the three windows that lie over it."""
    total = np.zeros(7)
    for i in range(3):
        total[2 * i : 2 * i + 3] += values[i] * kernel
    return total


STRIDED = Network(
    strided,
    given={
        "x": np.array([0.4, -0.8, 1.1, 0.3, -0.5, 0.9, 0.2]),
        "k": np.array([0.7, -0.4, 0.5]),
        "t": np.array([0.35, -0.6]),
    },
    forward={
        "c": lambda x, k: patches(x) @ k,
        "a": lambda c: np.sinh(c) / np.cosh(c),
        "p": lambda a: np.array([(a[0] + a[1]) / 2, (a[1] + a[2]) / 2]),
        "L": lambda p, t: np.sum((p - t) ** 2) / 2,
    },
    constants=("t",),
    elements={
        "x": [f"x_{i}" for i in range(7)],
        "k": ["k_0", "k_1", "k_2"],
    },
)
BACKWARD: Lines = {
    "dL/dp": lambda p, t: p - t,
    "dL/da": lambda dL_dp: np.convolve(dL_dp, [0.5, 0.5]),
    "dL/dc": lambda dL_da, a: dL_da * (1 - a**2),
    "dL/dk": lambda x, dL_dc: patches(x).T @ dL_dc,
    "dL/dx": lambda dL_dc, k: spread(k, dL_dc),
}
worked = partial(sheet, STRIDED, BACKWARD)


def loops(x: Any, k: Any, t: Any) -> tuple[Any, Any]:
    c = np.zeros(3)
    for i in range(3):
        for j in range(3):
            c[i] += k[j] * x[2 * i + j]
    a = np.tanh(c)
    p = np.array([0.5 * (a[i] + a[i + 1]) for i in range(2)])
    da = np.zeros(3)
    for i in range(2):
        da[i] += (p[i] - t[i]) / 2
        da[i + 1] += (p[i] - t[i]) / 2
    dk, dx = np.zeros(3), np.zeros(7)
    for i in range(3):
        slope = da[i] / np.cosh(c[i]) ** 2
        for j in range(3):
            dk[j] += slope * x[2 * i + j]
            dx[2 * i + j] += slope * k[j]
    return dk, dx


# Windows of three with a stride of two share a cell.
def windows_overwritten(x: Any, k: Any, t: Any) -> tuple[Any, Any]:
    c = np.array([x[2 * i : 2 * i + 3] @ k for i in range(3)])
    a = np.tanh(c)
    p = (a[1:] + a[:-1]) / 2
    dp = p - t
    da = np.zeros(3)
    da[:-1] += dp / 2
    da[1:] += dp / 2
    dc = da * (1 - a * a)
    dk = np.zeros(3)
    dx = np.zeros(7)
    for i in range(3):
        dk += dc[i] * x[2 * i : 2 * i + 3]
        dx[2 * i : 2 * i + 3] = dc[i] * k
    return dk, dx


# The same with the two outputs of the pooling that share a cell.
def pooling_overwritten(x: Any, k: Any, t: Any) -> tuple[Any, Any]:
    c = np.array([x[2 * i : 2 * i + 3] @ k for i in range(3)])
    a = np.tanh(c)
    p = (a[1:] + a[:-1]) / 2
    dp = p - t
    da = np.zeros(3)
    da[:-1] = dp / 2
    da[1:] = dp / 2
    dc = da * (1 - a * a)
    dk = sum(dc[i] * x[2 * i : 2 * i + 3] for i in range(3))
    return dk, dc


# Remembers that "a convolution goes backwards", and turns round what is to stay.
def kernel_slope_reversed(x: Any, k: Any, t: Any) -> tuple[Any, Any]:
    windows = np.stack([x[0:3], x[2:5], x[4:7]])
    c = windows @ k
    a = np.tanh(c)
    p = (a[1:] + a[:-1]) / 2
    dp = p - t
    da = 0.5 * np.array([dp[0], dp[0] + dp[1], dp[1]])
    dc = da * (1 - a * a)
    dk = (dc @ windows)[::-1]
    return dk, dc


# Slides over the input by one cell, where the stride is two.
def stride_forgotten(x: Any, k: Any, t: Any) -> tuple[Any, Any]:
    c = np.array([x[2 * i : 2 * i + 3] @ k for i in range(3)])
    a = np.tanh(c)
    p = (a[1:] + a[:-1]) / 2
    dp = p - t
    da = 0.5 * np.array([dp[0], dp[0] + dp[1], dp[1]])
    dc = da * (1 - a * a)
    dk = np.array([dc @ x[j : j + 3] for j in range(3)])
    return dk, dc


RIGHT = (
    Derivation("strided: vectors with five decimals", STRIDED, printed(worked(), ".5f")),
    Derivation("strided: as NumPy prints it", STRIDED, printed(worked())),
    Derivation("strided: code with loops", STRIDED, code=loops, means={"slope": ""}),
    Derivation(
        "strided: formulas of single elements",
        STRIDED,
        {
            "c[1]": "k_0*x_2 + k_1*x_3 + k_2*x_4",
            "dL/da[1]": "(p[0] - t[0] + p[1] - t[1])/2",
            "dL/dc[0]": "0.5*(p[0] - t[0])*(1 - a[0]**2)",
            "dL/dx_6": "0.5*(p[1] - t[1])*(1 - tanh(c[2])**2)*k_2",
            "dL/dx_4": "0.5*(p[0] - t[0] + p[1] - t[1])*(1 - a[1]**2)*k_2"
            " + 0.5*(p[1] - t[1])*(1 - a[2]**2)*k_0",
        },
    ),
)

WRONG = (
    Derivation(
        "strided: code that overwrites the windows",
        STRIDED,
        code=windows_overwritten,
        wrong="dx",
        kind="overwritten",
    ),
    Derivation(
        "strided: code that overwrites the pooling",
        STRIDED,
        code=pooling_overwritten,
        wrong="da",
        kind="overwritten",
    ),
    Derivation(
        "strided: the kernel turned round",
        STRIDED,
        printed(worked({"dL/dx": lambda dL_dc, k: spread(k[::-1], dL_dc)}), ".8f"),
        wrong="dL/dx",
        kind="flipped",
    ),
    Derivation(
        "strided: code that turns round the kernel's slope",
        STRIDED,
        code=kernel_slope_reversed,
        wrong="dk",
        kind="flipped",
    ),
    Derivation(
        "strided: code that forgets the stride",
        STRIDED,
        code=stride_forgotten,
        wrong="dk",
        kind="wrong index",
    ),
)

DERIVATIONS = RIGHT + WRONG
