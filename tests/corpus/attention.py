"""Derivations of an attention head with three positions of two numbers.

Q, K, V = X·W_q, X·W_k, X·W_v, A = softmax(S) by rows with S = Q·Kᵀ/√2, O = A·V, L = ½Σ(O − T)².
"""

from math import sqrt

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]


def attend(X: Value, T: Value, W_q: Value, W_k: Value, W_v: Value) -> Value:
    Q, K, V = (X @ W_q).named("Q"), (X @ W_k).named("K"), (X @ W_v).named("V")
    S = (Q @ K.T / sqrt(2)).named("S")
    e = ag.exp(S)
    A = (e / e.sum(axis=1, keepdims=True)).named("A")
    O = (A @ V).named("O")  # noqa: E741
    return (0.5 * ((O - T) ** 2).sum()).named("L")


_rng = np.random.default_rng(17)
HEAD = Network(
    attend,
    given={
        "X": _rng.normal(size=(3, 2)),
        "T": _rng.normal(size=(3, 2)),
        "W_q": _rng.normal(size=(2, 2)) / 2,
        "W_k": _rng.normal(size=(2, 2)) / 2,
        "W_v": _rng.normal(size=(2, 2)) / 2,
    },
    forward={
        "Q": lambda X, W_q: X @ W_q,
        "K": lambda X, W_k: X @ W_k,
        "V": lambda X, W_v: X @ W_v,
        "S": lambda Q, K: Q @ K.T / sqrt(2),
        "A": lambda S: np.exp(S) / np.exp(S).sum(axis=1, keepdims=True),
        "O": lambda A, V: A @ V,
        "L": lambda O, T: 0.5 * ((O - T) ** 2).sum(),  # noqa: E741
    },
    constants=("T",),
)
BACKWARD: Lines = {
    "dL/dO": lambda O, T: O - T,  # noqa: E741
    "dL/dV": lambda A, dL_dO: A.T @ dL_dO,
    "dL/dA": lambda dL_dO, V: dL_dO @ V.T,
    "dL/dS": lambda A, dL_dA: A * (dL_dA - (A * dL_dA).sum(axis=1, keepdims=True)),
    "dL/dQ": lambda dL_dS, K: dL_dS @ K / sqrt(2),
    "dL/dK": lambda dL_dS, Q: dL_dS.T @ Q / sqrt(2),
    "dL/dW_q": lambda X, dL_dQ: X.T @ dL_dQ,
    "dL/dW_k": lambda X, dL_dK: X.T @ dL_dK,
    "dL/dW_v": lambda X, dL_dV: X.T @ dL_dV,
    "dL/dX": lambda dL_dQ, W_q, dL_dK, W_k, dL_dV, W_v: (
        dL_dQ @ W_q.T + dL_dK @ W_k.T + dL_dV @ W_v.T
    ),
}


def worked(changed: Lines | None = None) -> dict[str, object]:
    return work(HEAD.given, {**HEAD.forward, **BACKWARD, **(changed or {})})


def standard(X, T, W_q, W_k, W_v):
    """Forward and backward in one."""
    Q, K, V = X @ W_q, X @ W_k, X @ W_v
    scale = 1 / np.sqrt(Q.shape[-1])
    S = scale * Q @ K.T
    P = np.exp(S - S.max(-1, keepdims=True))
    P /= P.sum(-1, keepdims=True)
    dO = P @ V - T
    dV = P.T @ dO
    dP = dO @ V.T
    dS = P * (dP - np.sum(P * dP, axis=-1, keepdims=True))
    dQ = scale * dS @ K
    dK = scale * dS.T @ Q
    dX = dQ @ W_q.T
    dX += dK @ W_k.T
    dX += dV @ W_v.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV


def by_einsum(Q, K, V, A, O, T):  # noqa: E741
    """q the asking, k the asked position, d the feature; the delta trick for the softmax."""
    dout = O - T
    delta = np.einsum("qd,qd->q", dout, O)
    dV = np.einsum("qk,qd->kd", A, dout)
    dA = np.einsum("qd,kd->qk", dout, V)
    dS = A * (dA - delta[:, None])
    dQ = np.einsum("qk,kd->qd", dS, K) * 2**-0.5
    dK = np.einsum("qk,qd->kd", dS, Q) * 2**-0.5
    return dQ, dK, dV


def row_by_row(K, V, A, O, T):  # noqa: E741
    """The Jacobian of each row's softmax as a matrix."""
    dS = np.empty((3, 3))
    for i in range(3):
        jacobian = np.diag(A[i]) - A[i][:, None] @ A[i][None, :]
        dS[i] = jacobian @ (V @ (O[i] - T[i]))
    dQ = dS @ K / np.sqrt(2)
    return dS, dQ


def pair_by_pair(Q, K, V, A, O, T):  # noqa: E741
    """Written out over pairs of positions, as in a kernel."""
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    dout = O - T
    for i in range(3):
        for j in range(3):
            dV[j] += A[i, j] * dout[i]
            ds = A[i, j] * np.dot(dout[i], V[j] - O[i]) / sqrt(2)
            dQ[i] += ds * K[j]
            dK[j] += ds * Q[i]
    return dQ, dK, dV


def key_not_transposed(Q, K, V, A, O, T):  # noqa: E741
    """S is square, so dS·Q has the right shape too."""
    dA = (O - T) @ V.T
    dS = A * (dA - (A * dA).sum(1, keepdims=True))
    dQ = dS @ K / np.sqrt(2)
    dK = dS @ Q / np.sqrt(2)
    return dQ, dK


def sums_along_the_columns(K, V, A, O, T):  # noqa: E741
    """Without keepdims the three sums are laid along the wrong axis."""
    dO = O - T
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - (A * dA).sum(axis=1))
    dQ = dS @ K / np.sqrt(2)
    return dQ, dV


def last_path_stays(Q, K, A, V, O, T, W_q, W_k, W_v):  # noqa: E741
    """X is used three times; the gradient of the last use replaces the others."""
    dO = O - T
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - (A * dA).sum(1, keepdims=True))
    dQ = dS @ K / np.sqrt(2)
    dK = dS.T @ Q / np.sqrt(2)
    dX = dQ @ W_q.T
    dX = dK @ W_k.T
    dX = dV @ W_v.T
    return dX, dV


STYLES = {"dout": "dL/dO", "dLdV": "dL/dV", "grad_S": "dL/dS", "Q_bar": "dL/dQ"}
STYLES |= {"nabla_K": "dL/dK", "W_q_grad": "dL/dW_q", "dL_dX": "dL/dX"}
V00, SQ = r"\frac{\partial L}{\partial V_{0,0}}", r"\frac{\partial S_{0,1}}{\partial Q_{0,0}}"

RIGHT = (
    Derivation("attention: matrices as NumPy prints them", HEAD, printed(worked())),
    Derivation(
        "attention: styles of names, seven decimals",
        HEAD,
        under(STYLES, printed(worked(), ".7f")),
        means=STYLES,
    ),
    Derivation(
        "attention: formulas for single elements",
        HEAD,
        {
            "dA[0,0]/dS[0,1]": "-A[0,0]*A[0,1]",
            "dA[1,1]/dS[1,1]": "A[1,1]*(A[1,0] + A[1,2])",
            "dL/dA[2,0]": "(O[2,0] - T[2,0])*V[0,0] - (T[2,1] - O[2,1])*V[0,1]",
            "dS[2,1]/dK[1,0]": "Q[2,0]/sqrt(2)",
        },
    ),
    Derivation(
        "attention: elements in LaTeX",
        HEAD,
        {
            V00: r"\sum_{i=0}^{2} A_{i,0} \cdot (O_{i,0} - T_{i,0})",
            SQ: r"\frac{K_{1,0}}{\sqrt{2}}",
        },
        means={V00: "dL/dV[0,0]", SQ: "dS[0,1]/dQ[0,0]"},
    ),
    Derivation("attention code: standard", HEAD, code=standard, means={"dP": "dL/dA"}),
    Derivation("attention code: by einsum", HEAD, code=by_einsum, means={"dout": "dL/dO"}),
    Derivation(
        "attention code: pair by pair",
        HEAD,
        code=pair_by_pair,
        means={"dout": "dL/dO", "ds": ""},
    ),
    Derivation("attention code: row by row", HEAD, code=row_by_row),
)

WRONG = (
    Derivation(
        "attention: the root of the scale forgotten",
        HEAD,
        printed(worked({"dL/dQ": lambda dL_dS, K: dL_dS @ K}), ".6f"),
        wrong="dL/dQ",
        kind=("missing factor", "constant factor"),
    ),
    # Each score moves all the weights of its row.
    Derivation(
        "attention: A(1 − A) as for a sigmoid",
        HEAD,
        printed(worked({"dL/dS": lambda A, dL_dA: dL_dA * A * (1 - A)})),
        wrong="dL/dS",
        kind="missing path",
    ),
    Derivation(
        "attention: A in place of its transpose",
        HEAD,
        printed(worked({"dL/dV": lambda A, dL_dO: A @ dL_dO}), ".8f"),
        wrong="dL/dV",
        kind="transposed",
    ),
    # The lines of the two projections have changed their right sides.
    Derivation(
        "attention: the key's numbers under the query",
        HEAD,
        printed(worked({"dL/dQ": lambda dL_dS, Q: dL_dS.T @ Q / sqrt(2)}), ".6f"),
        wrong="dL/dQ",
        kind="another quantity",
    ),
    # X is taken to act through V only.
    Derivation(
        "attention: X through V alone",
        HEAD,
        printed(worked({"dL/dX": lambda dL_dV, W_v: dL_dV @ W_v.T}), ".6f"),
        wrong="dL/dX",
        kind="missing path",
    ),
    # Q_{0,0} meets the key of position 1, not that of position 0.
    Derivation(
        "attention: the key of another position in LaTeX",
        HEAD,
        {SQ: r"\frac{K_{0,0}}{\sqrt{2}}"},
        wrong=SQ,
        kind=("wrong index", "wrong factor"),
        means={SQ: "dS[0,1]/dQ[0,0]"},
    ),
    # The score of one query is said to move the weights of another.
    Derivation(
        "attention: formula from row to row",
        HEAD,
        {"dA[0,0]/dS[0,1]": "-A[0,0]*A[0,1]", "dA[0,0]/dS[1,0]": "-A[0,0]*A[1,0]"},
        wrong="dA[0,0]/dS[1,0]",
        kind="no path",
    ),
    Derivation(
        "attention code: key not transposed",
        HEAD,
        code=key_not_transposed,
        wrong="dK",
        kind="transposed",
    ),
    Derivation(
        "attention code: sums along the columns",
        HEAD,
        code=sums_along_the_columns,
        wrong="dS",
        kind="shape",
    ),
    Derivation(
        "attention code: last path stays",
        HEAD,
        code=last_path_stays,
        wrong="dX",
        kind=("overwritten", "missing path"),
    ),
)

DERIVATIONS = RIGHT + WRONG
