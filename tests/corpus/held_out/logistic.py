"""Derivations of logistic regression: y = σ(w1·x1 + w2·x2 + b), L = −t·ln y − (1 − t)·ln(1 − y)."""

from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def logistic(x1: Value, x2: Value, t: Value, w1: Value, w2: Value, b: Value) -> Value:
    z = (w1 * x1 + w2 * x2 + b).named("z")
    y = ag.sigmoid(z).named("y")
    return (-t * ag.log(y) - (1 - t) * ag.log(1 - y)).named("L")


# The label is smoothed, so that both terms of the loss count.
LOGISTIC = Network(
    logistic,
    given={"x1": 1.4, "x2": -0.5, "t": 0.85, "w1": 0.45, "w2": 0.9, "b": -0.3},
    forward={
        "z": lambda x1, x2, w1, w2, b: w1 * x1 + w2 * x2 + b,
        "y": lambda z: 1 / (1 + np.exp(-z)),
        "L": lambda y, t: -t * np.log(y) - (1 - t) * np.log(1 - y),
    },
    constants=("x1", "x2", "t"),
)
RATE = 0.2
# The slope of the loss at z is known by heart; nothing is said of dL/dy.
SHORT: Lines = {
    "dL/dz": lambda y, t: y - t,
    "dL/dw1": lambda dL_dz, x1: dL_dz * x1,
    "dL/dw2": lambda dL_dz, x2: dL_dz * x2,
    "dL/db": lambda dL_dz: dL_dz,
    "w1 updated": lambda w1, dL_dw1: w1 - RATE * dL_dw1,
    "w2 updated": lambda w2, dL_dw2: w2 - RATE * dL_dw2,
    "b updated": lambda b, dL_db: b - RATE * dL_db,
}
LONG: Lines = {
    "dL/dy": lambda y, t: -t / y + (1 - t) / (1 - y),
    "dy/dz": lambda y: y * (1 - y),
    **SHORT,
    "dL/dz": lambda dL_dy, dy_dz: dL_dy * dy_dz,
}
short = partial(sheet, LOGISTIC, SHORT)
long = partial(sheet, LOGISTIC, LONG)


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z: Any) -> Any:
    return sigmoid(z) * (1 - sigmoid(z))


def right_code(x1: Any, x2: Any, t: Any, w1: Any, w2: Any, b: Any) -> Any:
    z = w1 * x1 + w2 * x2 + b
    y = sigmoid(z)
    dy = (1 - t) / (1 - y) - t / y
    dz = dy * sigmoid_prime(z)
    dw1, dw2 = dz * x1, dz * x2
    db = dz
    return dw1, dw2, db


# The function for the slope wants z, and is given σ(z).
def slope_at_the_output(x1: Any, x2: Any, t: Any, w1: Any, w2: Any, b: Any) -> Any:
    z = w1 * x1 + w2 * x2 + b
    y = sigmoid(z)
    dy = (1 - t) / (1 - y) - t / y
    dz = dy * sigmoid_prime(y)
    dw1, dw2 = dz * x1, dz * x2
    db = dz
    return dw1, dw2, db


FRACTIONS = {
    r"\frac{\partial L}{\partial y}": "dL/dy",
    r"\frac{\partial y}{\partial z}": "dy/dz",
    r"\frac{\partial L}{\partial z}": "dL/dz",
    r"\frac{\partial L}{\partial w_1}": "dL/dw1",
    r"\frac{\partial L}{\partial w_2}": "dL/dw2",
}
RIGHT = (
    Derivation("logistic: y − t by heart, in full", LOGISTIC, printed(short()), learning_rate=RATE),
    Derivation(
        "logistic: formulas without a fraction in sight",
        LOGISTIC,
        {
            "dL/dy": "(y - t)/(y*(1 - y))",
            "dL/dz": "(1 - t)*y - t*(1 - y)",
            "dL/dw1": "sigmoid(z)*x1 - t*x1",
            "dL/dw2": "x2*(1/(1 + exp(-z)) - t)",
            "dL/db": "1 - t - 1/(1 + exp(z))",
        },
    ),
    Derivation(
        "logistic: LaTeX with logarithms",
        LOGISTIC,
        {
            "L": r"-t \ln y - (1 - t) \ln(1 - y)",
            r"\frac{\partial L}{\partial y}": r"-\frac{t}{y} + \frac{1 - t}{1 - y}",
            r"\frac{\partial y}{\partial z}": r"\frac{e^{-z}}{(1 + e^{-z})^2}",
            r"\frac{\partial L}{\partial w_1}": r"\left(\frac{1}{1 + e^{-z}} - t\right) x_1",
            r"\frac{\partial L}{\partial w_2}": r"\frac{\partial L}{\partial y} \cdot"
            r" \frac{\partial y}{\partial z} \cdot x_2",
        },
        means=FRACTIONS,
    ),
    Derivation("logistic: code with a function for σ′", LOGISTIC, code=right_code),
    Derivation(
        "logistic: five decimals, each from those above",
        LOGISTIC,
        printed(long(decimals=5), ".5f"),
        learning_rate=RATE,
    ),
)

WRONG = (
    # ln(1 − y) has an inner derivative of −1, which the author does not see.
    Derivation(
        "logistic: LaTeX with one minus too many",
        LOGISTIC,
        {
            r"\frac{\partial y}{\partial z}": "y(1 - y)",
            r"\frac{\partial L}{\partial y}": r"-\frac{t}{y} - \frac{1 - t}{1 - y}",
            r"\frac{\partial L}{\partial z}": r"-t(1 - y) - (1 - t)y",
            r"\frac{\partial L}{\partial w_1}": r"(-t(1 - y) - (1 - t)y) x_1",
        },
        wrong=r"\frac{\partial L}{\partial y}",
        kind="wrong sign",
        means=FRACTIONS,
    ),
    # y − t has the slope of the sigmoid in it already.
    Derivation(
        "logistic: the slope of the sigmoid once more",
        LOGISTIC,
        printed(short({"dL/dz": lambda y, t: (y - t) * y * (1 - y)}), ".6f"),
        wrong="dL/dz",
        kind="extra factor",
        learning_rate=RATE,
    ),
    Derivation(
        "logistic: code that takes σ′ of y",
        LOGISTIC,
        code=slope_at_the_output,
        wrong="dz",
        kind="sigmoid derivative",
    ),
)

DERIVATIONS = RIGHT + WRONG
