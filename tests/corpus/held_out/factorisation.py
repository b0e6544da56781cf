"""Derivations of a matrix factorisation: M = UᵀV, D = M − R, L = ½ΣD²."""

from functools import partial
from typing import Any

import numpy as np

from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def factorisation(U: Value, V: Value, R: Value) -> Value:
    M = (U.T @ V).named("M")
    D = (M - R).named("D")
    return (0.5 * (D * D).sum()).named("L")


# Three users, three films, two traits.
FACTORISATION = Network(
    factorisation,
    given={
        "U": np.array([[0.8, -0.3, 0.5], [0.1, 0.9, -0.7]]),
        "V": np.array([[1.1, 0.4, -0.2], [-0.6, 0.3, 1.3]]),
        "R": np.array([[1.0, 0.5, -0.5], [-1.0, 0.0, 1.5], [0.5, -0.5, -1.0]]),
    },
    forward={
        "M": lambda U, V: U.T @ V,
        "D": lambda M, R: M - R,
        "L": lambda D: 0.5 * np.sum(D**2),
    },
    constants=("R",),
    elements={
        "U": [[f"u_{k}{i}" for i in (1, 2, 3)] for k in (1, 2)],
        "V": [[f"v_{k}{j}" for j in (1, 2, 3)] for k in (1, 2)],
        "R": [[f"r_{i}{j}" for j in (1, 2, 3)] for i in (1, 2, 3)],
    },
)
RATE = 0.3
BACKWARD: Lines = {
    "dL/dM": lambda D: D,
    "dL/dU": lambda V, dL_dM: V @ dL_dM.T,
    "U updated": lambda U, dL_dU: U - RATE * dL_dU,
    "dL/dV": lambda U, dL_dM: U @ dL_dM,
    "V updated": lambda V, dL_dV: V - RATE * dL_dV,
}
worked = partial(sheet, FACTORISATION, BACKWARD)


def sums_over_indices(U: Any, V: Any, R: Any) -> tuple[Any, Any]:
    error = np.einsum("ki,kj->ij", U, V) - R
    dU = np.einsum("ij,kj->ki", error, V)
    dV = np.einsum("ij,ki->kj", error, U)
    return dU, dV


def one_rating_after_the_other(U: Any, V: Any, R: Any) -> tuple[Any, Any]:
    dU, dV = np.zeros_like(U), np.zeros_like(V)
    for i in range(3):
        for j in range(3):
            error = U[:, i] @ V[:, j] - R[i, j]
            dU[:, i] += error * V[:, j]
            dV[:, j] += error * U[:, i]
    return dU, dV


RIGHT = (
    Derivation(
        "factorisation: matrices with five decimals",
        FACTORISATION,
        printed(worked(), ".5f"),
        learning_rate=RATE,
    ),
    Derivation(
        "factorisation: code with indices",
        FACTORISATION,
        code=sums_over_indices,
        means={"error": "D"},
    ),
    Derivation(
        "factorisation: code that visits each rating",
        FACTORISATION,
        code=one_rating_after_the_other,
        means={"error": ""},
    ),
    Derivation(
        "factorisation: formulas of single elements",
        FACTORISATION,
        {
            "M[0,1]": "u_11*v_12 + u_21*v_22",
            "D[2,0]": "u_13*v_11 + u_23*v_21 - r_31",
            "dL/du_21": "D[0,0]*v_21 + D[0,1]*v_22 + D[0,2]*v_23",
            "dL/dv_12": "-(r_12 - M[0,1])*u_11 - (r_22 - M[1,1])*u_12 - (r_32 - M[2,1])*u_13",
        },
    ),
    Derivation(
        "factorisation: LaTeX with a sum",
        FACTORISATION,
        {
            "D[1,2]": r"\sum_{k=1}^{2} u_{k2} v_{k3} - r_{23}",
            r"\frac{\partial L}{\partial v_{11}}": r"(u_{11} v_{11} + u_{21} v_{21} - r_{11})"
            r" u_{11} + (u_{12} v_{11} + u_{22} v_{21} - r_{21}) u_{12}"
            r" + (u_{13} v_{11} + u_{23} v_{21} - r_{31}) u_{13}",
        },
        means={r"\frac{\partial L}{\partial v_{11}}": "dL/dv_11"},
    ),
)

WRONG = (
    # There are as many users as films, so the shapes fit either way.
    Derivation(
        "factorisation: D for its transpose",
        FACTORISATION,
        printed(worked({"dL/dU": lambda V, dL_dM: V @ dL_dM}), ".6f"),
        wrong="dL/dU",
        kind="transposed",
        learning_rate=RATE,
    ),
    # Alternates: first U is updated, then V follows with the U that is on the paper by now.
    Derivation(
        "factorisation: V follows the new U",
        FACTORISATION,
        printed(worked({"dL/dV": lambda U_updated, dL_dM: U_updated @ dL_dM}), ".8f"),
        wrong="dL/dV",
        kind="updated before reuse",
        learning_rate=RATE,
    ),
    # The films' first trait, where the user's second one is asked for.
    Derivation(
        "factorisation: formula with the other trait",
        FACTORISATION,
        {
            "dL/du_11": "D[0,0]*v_11 + D[0,1]*v_12 + D[0,2]*v_13",
            "dL/du_22": "D[1,0]*v_11 + D[1,1]*v_12 + D[1,2]*v_13",
        },
        wrong="dL/du_22",
        kind="wrong index",
    ),
)

DERIVATIONS = RIGHT + WRONG
