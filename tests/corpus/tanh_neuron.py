"""Derivations of a neuron with tanh: y = tanh(w·x + b), L = (y − t)²."""

from math import cosh, sinh, tanh
from typing import Any

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]


def tanh_neuron(x: Value, t: Value, w: Value, b: Value) -> Value:
    z = (w * x + b).named("z")
    y = ag.tanh(z).named("y")
    return ((y - t) ** 2).named("L")


TANH = Network(
    tanh_neuron,
    given={"x": 0.7, "t": -0.3, "w": 1.1, "b": -0.25},
    forward={
        "z": lambda x, w, b: w * x + b,
        "y": lambda z: sinh(z) / cosh(z),
        "L": lambda y, t: (y - t) ** 2,
    },
    constants=("x", "t"),
)
TANH_BACKWARD: Lines = {
    "dL/dy": lambda y, t: 2 * (y - t),
    "dy/dz": lambda y: 1 - y**2,
    "dL/dz": lambda dL_dy, dy_dz: dL_dy * dy_dz,
    "dL/dw": lambda dL_dz, x: dL_dz * x,
    "dL/db": lambda dL_dz: dL_dz,
}


def tanh_worked(changed: Lines | None = None, decimals: int | None = None) -> dict[str, Any]:
    return work(TANH.given, {**TANH.forward, **TANH_BACKWARD, **(changed or {})}, decimals)


SHORT = {
    "dL_dy": "dL/dy",
    "dydz": "dy/dz",
    "delta_z": "dL/dz",
    "w_grad": "dL/dw",
    "grad_b": "dL/db",
}
W = r"\frac{\partial L}{\partial w}"
NOTES = """\
z = {z}
y = tanh(z) = {y}

dL/dy = {dL/dy}
dy/dz = {dy/dz}
dL/dz = {dL/dz}
dL/dw = {dL/dw}
"""

DERIVATIONS = (
    # 1 − tanh² by the exponential function, and as a squared hyperbolic secant.
    Derivation(
        "tanh neuron: 1 − tanh² in other forms",
        TANH,
        {
            "dL/dy": "2*y - 2*t",
            "dy/dz": "4/(exp(z) + exp(-z))**2",
            "dL/dz": "2*(y - t)*sech(z)**2",
            "dL/dw": "2*(tanh(z) - t)*(1 - tanh(z)**2)*x",
        },
    ),
    Derivation("tanh neuron: floats", TANH, tanh_worked()),
    # As a machine prints it.
    Derivation(
        "tanh neuron: powers of ten",
        TANH,
        under(SHORT, printed(tanh_worked(), ".6e")),
        means=SHORT,
    ),
    Derivation(
        "tanh neuron: LaTeX without dots, difference of squares",
        TANH,
        {
            "dy/dz": "(1 - y)*(1 + y)",
            W: r"2 x \left(1 - \tanh^2(z)\right) \left(y - t\right)",
        },
        means={W: "dL/dw"},
    ),
    Derivation(
        "tanh neuron: pocket calculator with three decimals",
        TANH,
        printed(tanh_worked(decimals=3), ".3f"),
    ),
    Derivation(
        "tanh neuron: tanh applied twice",
        TANH,
        NOTES.format(**printed(tanh_worked({"dy/dz": lambda y: 1 - tanh(y) ** 2}), ".6f")),
        wrong="dy/dz",
        kind="sigmoid derivative",
    ),
    # Takes y(1 − y) along from an exercise with the sigmoid.
    Derivation(
        "tanh neuron: the slope of the sigmoid for that of tanh",
        TANH,
        printed(tanh_worked({"dy/dz": lambda y: y * (1 - y)}), ".6f"),
        wrong="dy/dz",
        kind=("sigmoid derivative", "wrong factor"),
    ),
    # Takes L for ½(y − t)².
    Derivation(
        "tanh neuron: the two of the square forgotten",
        TANH,
        {"dy/dz": "1 - y**2", "dL/dz": "(y - t)*(1 - y**2)", "dL/dw": "(y - t)*(1 - y**2)*x"},
        wrong="dL/dz",
        kind="constant factor",
    ),
)
