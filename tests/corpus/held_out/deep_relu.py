"""Derivations of a network with two hidden layers of relu, and the mean of the squared errors."""

from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def deep(
    x: Value, t: Value, W1: Value, b1: Value, W2: Value, b2: Value, W3: Value, b3: Value
) -> Value:
    a1 = (W1 @ x + b1).named("a1")
    h1 = ag.relu(a1).named("h1")
    a2 = (W2 @ h1 + b2).named("a2")
    h2 = ag.relu(a2).named("h2")
    y = (W3 @ h2 + b3).named("y")
    return ((y - t) ** 2).mean().named("L")


DEEP = Network(
    deep,
    given={
        "x": np.array([0.9, -0.4, 1.3]),
        "t": np.array([0.5, -1.0, 0.25, 2.0]),
        "W1": np.array([[0.6, -0.9, 0.2], [-0.7, 0.3, 0.1], [0.4, 0.8, 1.1]]),
        "b1": np.array([0.1, -0.2, 0.3]),
        "W2": np.array([[0.5, 0.9, -0.8], [1.2, -0.4, 0.7], [0.3, 0.6, 1.0]]),
        "b2": np.array([-0.2, 0.15, 0.05]),
        "W3": np.array([[0.7, -0.3, 0.5], [0.2, 0.9, -0.6], [-0.5, 0.4, 0.8], [1.1, 0.35, -0.1]]),
        "b3": np.array([0.05, -0.1, 0.2, 0.0]),
    },
    forward={
        "a1": lambda W1, x, b1: W1 @ x + b1,
        "h1": lambda a1: np.maximum(a1, 0),
        "a2": lambda W2, h1, b2: W2 @ h1 + b2,
        "h2": lambda a2: np.maximum(a2, 0),
        "y": lambda W3, h2, b3: W3 @ h2 + b3,
        "L": lambda y, t: np.mean((y - t) ** 2),
    },
    constants=("x", "t"),
)
BACKWARD: Lines = {
    "dL/dy": lambda y, t: 2 * (y - t) / 4,
    "dL/dW3": lambda dL_dy, h2: dL_dy[:, None] * h2,
    "dL/db3": lambda dL_dy: dL_dy,
    "dL/dh2": lambda W3, dL_dy: W3.T @ dL_dy,
    "dL/da2": lambda dL_dh2, a2: dL_dh2 * (a2 > 0),
    "dL/dW2": lambda dL_da2, h1: dL_da2[:, None] * h1,
    "dL/dh1": lambda W2, dL_da2: W2.T @ dL_da2,
    "dL/da1": lambda dL_dh1, a1: dL_dh1 * (a1 > 0),
    "dL/dW1": lambda dL_da1, x: dL_da1[:, None] * x,
    "dL/db1": lambda dL_da1: dL_da1,
}
worked = partial(sheet, DEEP, BACKWARD)

# One hidden unit of the first layer gets exactly 0, where relu has a corner.
CORNER = Network(
    deep,
    given=DEEP.given
    | {
        "x": np.array([1.0, -2.0, 0.5]),
        "W1": np.array([[0.5, -0.75, 0.25], [0.5, 0.25, 0.0], [1.5, 0.5, 1.0]]),
        "b1": np.array([0.25, 0.0, 0.125]),
    },
    forward=DEEP.forward,
    constants=DEEP.constants,
)


def deltas(
    x: Any, t: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any
) -> tuple[Any, Any, Any]:
    h1 = np.maximum(0, W1 @ x + b1)
    h2 = np.maximum(0, W2 @ h1 + b2)
    y = W3 @ h2 + b3
    delta3 = 2 * (y - t) / y.size
    delta2 = np.where(h2 > 0, delta3 @ W3, 0)
    delta1 = np.where(h1 > 0, delta2 @ W2, 0)
    dW3 = delta3[:, None] * h2
    dW2 = delta2[:, None] * h1[None, :]
    dW1 = delta1.reshape(-1, 1) @ x.reshape(1, -1)
    return dW1, dW2, dW3


# W2 is square, so nothing complains.
def second_layer_untransposed(
    x: Any, t: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any
) -> tuple[Any, Any, Any]:
    a1 = W1 @ x + b1
    h1 = np.maximum(a1, 0)
    a2 = W2 @ h1 + b2
    h2 = np.maximum(a2, 0)
    y = W3 @ h2 + b3
    dy = (y - t) / 2
    dW3 = np.outer(dy, h2)
    da2 = (W3.T @ dy) * (a2 > 0)
    dW2 = np.outer(da2, h1)
    dh1 = W2 @ da2
    da1 = dh1 * (a1 > 0)
    dW1 = np.outer(da1, x)
    return dW1, dW2, dW3


# Steps as soon as it has a gradient, and goes on backwards with what is left of the weights.
def steps_at_once(
    x: Any, t: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any, lr: float = 0.25
) -> None:
    a1 = W1 @ x + b1
    h1 = np.maximum(a1, 0)
    a2 = W2 @ h1 + b2
    h2 = np.maximum(a2, 0)
    y = W3 @ h2 + b3
    dy = 2 * (y - t) / len(t)
    dW3 = np.outer(dy, h2)
    W3 -= lr * dW3
    dh2 = W3.T @ dy
    da2 = dh2 * (a2 > 0)
    dW2 = np.outer(da2, h1)
    dh1 = W2.T @ da2
    da1 = dh1 * (a1 > 0)
    dW1 = np.outer(da1, x)
    W2 -= lr * dW2
    W1 -= lr * dW1


SHORT = {
    "grad_y": "dL/dy",
    "grad_W3": "dL/dW3",
    "grad_h2": "dL/dh2",
    "grad_W2": "dL/dW2",
    "grad_h1": "dL/dh1",
    "grad_W1": "dL/dW1",
}
RIGHT = (
    # No text, but the arrays themselves.
    Derivation("deep relu: arrays", DEEP, under(SHORT, worked()), means=SHORT),
    Derivation("deep relu: matrices with four decimals", DEEP, printed(worked(), ".4f")),
    Derivation(
        "deep relu: code with deltas",
        DEEP,
        code=deltas,
        means={"delta3": "dL/dy", "delta2": "dL/da2", "delta1": "dL/da1"},
    ),
    # Takes the slope 1 at the corner, where others take 0.
    Derivation(
        "deep relu: slope 1 where a relu gets 0",
        CORNER,
        printed(sheet(CORNER, BACKWARD, {"dL/da1": lambda dL_dh1, a1: dL_dh1 * (a1 >= 0)}), ".4f"),
    ),
    Derivation(
        "deep relu: formulas with matrices",
        DEEP,
        {
            "dL/dy": "(y - t)/2",
            "dL/dW3": "outer(y - t, h2)/2",
            "dL/dh2": "0.5*(y - t) @ W3",
            "dL/da2": "(W3.T @ (y - t)/2)*(a2 > 0)",
        },
    ),
)

WRONG = (
    # A sum of squares, not their mean.
    Derivation(
        "deep relu: the mean taken for a sum",
        DEEP,
        printed(worked({"dL/dy": lambda y, t: 2 * (y - t)}), ".6f"),
        wrong="dL/dy",
        kind="constant factor",
    ),
    Derivation(
        "deep relu: code with W2 for its transpose",
        DEEP,
        code=second_layer_untransposed,
        wrong="dh1",
        kind="transposed",
    ),
    # Forgets that a unit of the first layer is off.
    Derivation(
        "deep relu: no relu on the way back",
        DEEP,
        printed(worked({"dL/da1": lambda dL_dh1: dL_dh1}), ".8f"),
        wrong="dL/da1",
        kind="missing factor",
    ),
    Derivation(
        "deep relu: code that steps at once",
        DEEP,
        code=steps_at_once,
        wrong="dh2",
        kind="updated before reuse",
    ),
)

DERIVATIONS = RIGHT + WRONG
