"""Derivations of word vectors: the mean of a context, one word that fits it and one that does not.

h is the mean of the context's rows of A, and L = −ln σ(c₄·h) − ln(1 − σ(c₂·h)).
"""

from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]

CONTEXT = [2, 0, 2]
"""The rows of the words; one stands twice in the context."""


def embedding(A: Value, C: Value) -> Value:
    h = A[CONTEXT].mean(axis=0).named("h")
    s = (C[3] @ h).named("s")
    p = ag.sigmoid(s).named("p")
    n = (C[1] @ h).named("n")
    q = ag.sigmoid(n).named("q")
    return (-ag.log(p) - ag.log(1 - q)).named("L")


EMBEDDING = Network(
    embedding,
    given={
        "A": np.array([[0.6, -0.4, 0.9], [0.1, 0.7, -0.2], [-0.5, 1.2, 0.3], [0.8, 0.0, -1.1]]),
        "C": np.array([[0.2, 0.5, -0.6], [0.9, -0.3, 1.4], [-0.7, 0.4, 0.1], [0.3, 1.0, 0.8]]),
    },
    forward={
        "h": lambda A: A[CONTEXT].mean(axis=0),
        "s": lambda C, h: C[3] @ h,
        "p": lambda s: 1 / (1 + np.exp(-s)),
        "n": lambda C, h: C[1] @ h,
        "q": lambda n: 1 / (1 + np.exp(-n)),
        "L": lambda p, q: -np.log(p) - np.log(1 - q),
    },
    elements={
        "A": [[f"a_{i}{j}" for j in (1, 2, 3)] for i in (1, 2, 3, 4)],
        "C": [[f"c_{i}{j}" for j in (1, 2, 3)] for i in (1, 2, 3, 4)],
    },
)
BACKWARD: Lines = {
    "dL/dp": lambda p: -1 / p,
    "dL/dq": lambda q: 1 / (1 - q),
    "dL/ds": lambda dL_dp, p: dL_dp * p * (1 - p),
    "dL/dn": lambda dL_dq, q: dL_dq * q * (1 - q),
    "dL/dh": lambda dL_ds, dL_dn, C: dL_ds * C[3] + dL_dn * C[1],
    "dL/dC": lambda dL_ds, dL_dn, h: np.stack([0 * h, dL_dn * h, 0 * h, dL_ds * h]),
    "dL/dA": lambda dL_dh: np.stack([dL_dh / 3, 0 * dL_dh, 2 * dL_dh / 3, 0 * dL_dh]),
}
worked = partial(sheet, EMBEDDING, BACKWARD)


def sigmoid(score: Any) -> Any:
    return 1 / (1 + np.exp(-score))


def adds_at_the_rows(A: Any, C: Any) -> tuple[Any, Any]:
    h = sum(A[word] for word in CONTEXT) / 3
    ds = -sigmoid(-(C[3] @ h))
    dn = sigmoid(C[1] @ h)
    dC = np.zeros_like(C)
    dC[3] = ds * h
    dC[1] = dn * h
    dh = ds * C[3] + dn * C[1]
    dA = np.zeros_like(A)
    np.add.at(dA, CONTEXT, dh / 3)
    return dA, dC


# With an index that comes twice, the second assignment is all that is left.
def assigns_to_the_rows(A: Any, C: Any) -> tuple[Any, Any]:
    h = A[CONTEXT].mean(axis=0)
    ds = sigmoid(C[3] @ h) - 1
    dn = sigmoid(C[1] @ h)
    dC = np.zeros_like(C)
    dC[3] = ds * h
    dC[1] = dn * h
    dh = ds * C[3] + dn * C[1]
    dA = np.zeros_like(A)
    dA[CONTEXT] = dh / 3
    return dA, dC


# The slope of each word goes to the row of the other.
def rows_swapped(A: Any, C: Any) -> tuple[Any, Any]:
    h = A[CONTEXT].mean(axis=0)
    ds = sigmoid(C[3] @ h) - 1
    dn = sigmoid(C[1] @ h)
    dC = np.zeros_like(C)
    dC[1] = ds * h
    dC[3] = dn * h
    dh = ds * C[3] + dn * C[1]
    dA = np.zeros_like(A)
    for word in CONTEXT:
        dA[word] += dh / 3
    return dA, dC


# Steps along the outer vectors before the context has had its share of them.
def steps_too_early(A: Any, C: Any, lr: float = 0.5) -> None:
    h = A[CONTEXT].mean(axis=0)
    ds = sigmoid(C[3] @ h) - 1
    dn = sigmoid(C[1] @ h)
    C[3] -= lr * ds * h
    C[1] -= lr * dn * h
    dh = ds * C[3] + dn * C[1]
    for word in CONTEXT:
        A[word] -= lr * dh / 3


NABLA = {
    "nabla_s": "dL/ds",
    "nabla_n": "dL/dn",
    "nabla_h": "dL/dh",
    "nabla_C": "dL/dC",
    "nabla_A": "dL/dA",
}
RIGHT = (
    Derivation(
        "embedding: ∇ for each slope, in five decimals",
        EMBEDDING,
        under(NABLA, printed(worked(), ".5f")),
        means=NABLA,
    ),
    Derivation("embedding: arrays", EMBEDDING, worked()),
    Derivation("embedding: code that adds at the rows", EMBEDDING, code=adds_at_the_rows),
    Derivation(
        "embedding: LaTeX",
        EMBEDDING,
        {
            "L": r"-\ln \sigma(s) - \ln \sigma(-n)",
            r"\frac{\partial L}{\partial s}": r"-\frac{1}{1 + e^{s}}",
            r"\frac{\partial L}{\partial n}": r"\frac{e^{n}}{1 + e^{n}}",
            r"\frac{\partial L}{\partial c_{42}}": r"(p - 1) \cdot \frac{a_{12} + 2 a_{32}}{3}",
            r"\frac{\partial L}{\partial a_{31}}": r"\frac{2}{3} \left((p - 1) c_{41} + q c_{21}"
            r"\right)",
        },
        means={
            r"\frac{\partial L}{\partial s}": "dL/ds",
            r"\frac{\partial L}{\partial n}": "dL/dn",
            r"\frac{\partial L}{\partial c_{42}}": "dL/dc_42",
            r"\frac{\partial L}{\partial a_{31}}": "dL/da_31",
        },
    ),
)

WRONG = (
    Derivation(
        "embedding: code that assigns to the rows",
        EMBEDDING,
        code=assigns_to_the_rows,
        wrong="dA",
        kind="overwritten",
    ),
    Derivation(
        "embedding: code with the rows swapped",
        EMBEDDING,
        code=rows_swapped,
        wrong="dC",
        kind="wrong index",
    ),
    Derivation(
        "embedding: code that steps too early",
        EMBEDDING,
        code=steps_too_early,
        wrong="dh",
        kind="updated before reuse",
    ),
    # By the probability, where it says by the score.
    Derivation(
        "embedding: dL/dp stands under dL/ds",
        EMBEDDING,
        printed(worked({"dL/ds": lambda dL_dp: dL_dp}), ".6f"),
        wrong="dL/ds",
        kind=("another quantity", "missing factor"),
    ),
)

DERIVATIONS = RIGHT + WRONG
