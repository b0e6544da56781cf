"""Derivations of a parabola through four points: L = mean((y − t)²) + 0.05·(w1² + w2²)."""

from functools import partial
from typing import Any

import numpy as np

from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def parabola(x: Value, t: Value, w0: Value, w1: Value, w2: Value) -> Value:
    y = (w0 + w1 * x + w2 * x**2).named("y")
    D = ((y - t) ** 2).mean().named("D")
    R = (0.05 * (w1**2 + w2**2)).named("R")
    return (D + R).named("L")


PARABOLA = Network(
    parabola,
    given={
        "x": np.array([-1.2, -0.3, 0.7, 1.5]),
        "t": np.array([2.0, 0.4, -0.1, 1.1]),
        "w0": 0.3,
        "w1": -0.45,
        "w2": 0.8,
    },
    forward={
        "y": lambda w0, w1, w2, x: w0 + w1 * x + w2 * x**2,
        "D": lambda y, t: np.mean((y - t) ** 2),
        "R": lambda w1, w2: 0.05 * (w1**2 + w2**2),
        "L": lambda D, R: D + R,
    },
    constants=("x", "t"),
)
RATE = 0.4
BACKWARD: Lines = {
    "dL/dy": lambda y, t: 2 * (y - t) / 4,
    "dL/dw0": lambda dL_dy: dL_dy.sum(),
    "dD/dw1": lambda dL_dy, x: np.sum(dL_dy * x),
    "dR/dw1": lambda w1: 0.1 * w1,
    "dL/dw1": lambda dD_dw1, dR_dw1: dD_dw1 + dR_dw1,
    "dD/dw2": lambda dL_dy, x: np.sum(dL_dy * x**2),
    "dR/dw2": lambda w2: 0.1 * w2,
    "dL/dw2": lambda dD_dw2, dR_dw2: dD_dw2 + dR_dw2,
    "w0 updated": lambda w0, dL_dw0: w0 - RATE * dL_dw0,
    "w1 updated": lambda w1, dL_dw1: w1 - RATE * dL_dw1,
    "w2 updated": lambda w2, dL_dw2: w2 - RATE * dL_dw2,
}
worked = partial(sheet, PARABOLA, BACKWARD)

# The second step, with the weights that the first one left.
FIRST = worked()
LEFT = {name: FIRST[f"{name} updated"] for name in ("w0", "w1", "w2")}
SECOND = Network(parabola, PARABOLA.given | LEFT, PARABOLA.forward, PARABOLA.constants)
STALE: Lines = {
    "y_old": lambda: FIRST["y"],
    **BACKWARD,
    "dL/dy": lambda y_old, t: (y_old - t) / 2,
}


def decay_in_the_update(x: Any, t: Any, w0: Any, w1: Any, w2: Any) -> Any:
    features = np.vander(x, 3, increasing=True)
    y = features @ np.array([w0, w1, w2])
    dw0, dw1, dw2 = 2 / len(x) * (y - t) @ features
    dw1 = dw1 + 0.1 * w1
    dw2 = dw2 + 0.1 * w2
    return dw0, dw1, dw2


RIGHT = (
    Derivation("parabola: the whole step in full", PARABOLA, printed(worked()), learning_rate=RATE),
    Derivation(
        "parabola: four decimals, each from those above",
        PARABOLA,
        printed(worked(decimals=4), ".4f"),
        learning_rate=RATE,
    ),
    Derivation(
        "parabola: code with a matrix of powers",
        PARABOLA,
        code=decay_in_the_update,
        means={"features": ""},
    ),
    Derivation(
        "parabola: formulas with means",
        PARABOLA,
        {
            "dL/dw0": "2*mean(y - t)",
            "dD/dw1": "mean(2*x*(y - t))",
            "dL/dw1": "2*mean((y - t)*x) + w1/10",
            "dL/dw2": "0.1*w2 - sum((t - y)*x**2)/2",
        },
    ),
)

WRONG = (
    # Half of the square is what many add; here it is 0.05, and the slope 0.1·w.
    Derivation(
        "parabola: formulas with half the decay",
        PARABOLA,
        {
            "dD/dw1": "2*mean((y - t)*x)",
            "dR/dw1": "0.05*w1",
            "dL/dw1": "2*mean((y - t)*x) + 0.05*w1",
        },
        wrong="dR/dw1",
        kind="constant factor",
    ),
    # One number for each point, where w0 is a single one.
    Derivation(
        "parabola: w0 without the sum over the points",
        PARABOLA,
        printed(
            {name: number for name, number in worked().items() if "updated" not in name}
            | {"dL/dw0": FIRST["dL/dy"]},
            ".6f",
        ),
        wrong="dL/dw0",
        kind="shape",
        learning_rate=RATE,
    ),
    Derivation(
        "parabola: the second step with the first curve",
        SECOND,
        printed(sheet(SECOND, STALE)),
        wrong="dL/dy",
        kind="stale value",
        learning_rate=RATE,
        means={"y_old": ""},
    ),
    # Steps against the decay, and with the error.
    Derivation(
        "parabola: the last update climbs",
        PARABOLA,
        printed(worked({"w2 updated": lambda w2, dL_dw2: w2 + RATE * dL_dw2}), ".8f"),
        wrong="w2 updated",
        kind="wrong sign",
        learning_rate=RATE,
    ),
)

DERIVATIONS = RIGHT + WRONG
