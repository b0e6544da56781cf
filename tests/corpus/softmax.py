"""Derivations of softmax with cross-entropy.

p = softmax(z) with L = −Σ y·log p for three classes; and the same for a batch of scores X·W + b.
"""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]

Z, P, Y = (["z_1", "z_2", "z_3"], ["p_1", "p_2", "p_3"], ["y_1", "y_2", "y_3"])


def softmax(z: Value, y: Value) -> Value:
    e = ag.exp(z)
    p = (e / e.sum()).named("p", P)
    return (-(y * ag.log(p)).sum()).named("L")


SOFTMAX = Network(
    softmax,
    given={"z": np.array([1.2, 0.4, -0.7]), "y": np.array([0.0, 1.0, 0.0])},
    forward={
        "p": lambda z: np.exp(z) / np.sum(np.exp(z)),
        "L": lambda p, y: -np.sum(y * np.log(p)),
    },
    constants=("y",),
    elements={"z": Z, "p": P, "y": Y},
)
BACKWARD: Lines = {
    "dL/dp": lambda y, p: -y / p,
    "dp_1/dz_1": lambda p: p[0] * (1 - p[0]),
    "dp_1/dz_2": lambda p: -p[0] * p[1],
    "dp_2/dz_1": lambda p: -p[1] * p[0],
    "dp_2/dz_2": lambda p: p[1] * (1 - p[1]),
    "dp_2/dz_3": lambda p: -p[1] * p[2],
    "dL/dz": lambda p, y: p - y,
}


def worked(changed: Lines | None = None, decimals: int | None = None) -> dict[str, object]:
    lines = {**SOFTMAX.forward, **BACKWARD, **(changed or {})}
    return work(SOFTMAX.given, lines, decimals)


def scores(X: Value, T: Value, W: Value, b: Value) -> Value:
    logits = (X @ W + b).named("logits")
    e = ag.exp(logits)
    probs = (e / e.sum(axis=1, keepdims=True)).named("probs")
    return (-(T * ag.log(probs)).sum() / 4).named("loss")


_rng = np.random.default_rng(5)
BATCH = Network(
    scores,
    given={
        "X": _rng.normal(size=(4, 3)),
        "T": np.eye(3)[[2, 0, 1, 2]],
        "W": _rng.normal(size=(3, 3)),
        "b": _rng.normal(size=3),
    },
    forward={
        "logits": lambda X, W, b: X @ W + b,
        "probs": lambda logits: np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
        "loss": lambda probs, T: -np.sum(T * np.log(probs)) / 4,
    },
    constants=("X", "T"),
)


def lecture(X, T, W, b):
    """The classic: subtract one at the right class, divide by the batch size."""
    scores = X @ W + b
    scores = scores - scores.max(axis=1, keepdims=True)
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    n = len(X)
    dlogits = probs.copy()
    dlogits[np.arange(n), T.argmax(axis=1)] -= 1
    dlogits /= n
    dW = X.T @ dlogits
    db = dlogits.sum(axis=0)
    return dW, db


def through_the_jacobian(X, T, probs):
    """The full Jacobian of each sample, without the shortcut."""
    dprobs = -T / probs / 4
    dlogits = np.zeros_like(probs)
    for i, p in enumerate(probs):
        dlogits[i] = (np.diag(p) - np.outer(p, p)) @ dprobs[i]
    dW = np.einsum("ni,nk->ik", X, dlogits)
    return dW, dlogits.sum(0)


def by_log_softmax(X, T, logits):
    """The loss as log-sum-exp less the right score, differentiated as such."""
    lse = np.log(np.exp(logits).sum(1))
    dlogits = (np.exp(logits - lse[:, np.newaxis]) - T) / 4
    grad_W = 0
    for x, row in zip(X, dlogits, strict=True):
        grad_W = grad_W + x[:, None] * row[None, :]
    grad_b = np.ones(4) @ dlogits
    return grad_W, grad_b


def mean_forgotten(X, T, probs):
    """The loss is a mean over the batch, the gradient that of the sum."""
    dlogits = probs - T
    dW = X.T @ dlogits
    db = dlogits.sum(axis=0)
    return dW, db


def turned(X, T, probs):
    """dWᵀ: as many classes as inputs, so the shape is no help."""
    dlogits = (probs - T) / len(X)
    db = dlogits.sum(axis=0)
    dW = dlogits.T @ X
    return dW, db


def summed_over_the_classes(X, T, probs):
    """Sums the wrong axis: one number for each sample."""
    dlogits = (probs - T) / len(X)
    dW = X.T @ dlogits
    db = dlogits.sum(axis=1)
    return dW, db


LINES = {"dLdz1": "dL/dz_1", "d_L_d_z_2": "dL/dz_2", "z_3_grad": "dL/dz_3", "p_bar": "dL/dp"}
BY_LATEX = {
    r"\frac{\partial L}{\partial z_1}": "p_1 - y_1",
    r"\frac{\partial L}{\partial z_2}": r"\frac{e^{z_2}}{e^{z_1} + e^{z_2} + e^{z_3}} - y_2",
    r"\frac{\partial p_1}{\partial z_3}": r"-p_1 \cdot p_3",
}
LATEX_NAMES = dict(zip(BY_LATEX, ["dL/dz_1", "dL/dz_2", "dp_1/dz_3"], strict=True))


def _single() -> dict[str, object]:
    results = worked()
    elements = {f"dL/dz_{i + 1}": float(number) for i, number in enumerate(results["dL/dz"])}
    return results | elements


RIGHT = (
    Derivation("softmax: as NumPy prints it", SOFTMAX, printed(worked())),
    Derivation(
        "softmax: two decimals, carried on",
        SOFTMAX,
        printed(worked(decimals=2), ".2f"),
    ),
    Derivation(
        "softmax: element by element", SOFTMAX, under(LINES, printed(_single(), ".8f")), means=LINES
    ),
    Derivation(
        "softmax: p − y in LaTeX, once written out",
        SOFTMAX,
        BY_LATEX,
        means=LATEX_NAMES,
    ),
    # Sums over the classes of what each contributes, not shortened.
    Derivation(
        "softmax: sums over the classes, not shortened",
        SOFTMAX,
        {
            "dp_2/dz_2": "p_2 - p_2^2",
            "dp_2/dz_3": "-exp(z_2 + z_3)/(exp(z_1) + exp(z_2) + exp(z_3))**2",
            "dL/dz_1": "-y_1*(1 - p_1) + y_2*p_1 + y_3*p_1",
            "dL/dz_3": "-y_3*(p_1 + p_2) + (y_1 + y_2)*p_3",
        },
    ),
    Derivation("softmax code: lecture", BATCH, code=lecture),
    Derivation("softmax code: through the Jacobian", BATCH, code=through_the_jacobian),
    Derivation("softmax code: by log-softmax", BATCH, code=by_log_softmax),
)

WRONG = (
    Derivation(
        "softmax: y − p",
        SOFTMAX,
        printed(worked({"dL/dz": lambda y, p: y - p}), ".6f"),
        wrong="dL/dz",
        kind="wrong sign",
    ),
    # Forgets that each z is in every p.
    Derivation(
        "softmax: only the diagonal of the Jacobian",
        SOFTMAX,
        printed(worked({"dL/dz": lambda dL_dp, p: dL_dp * p * (1 - p)}), ".6f"),
        wrong="dL/dz",
        kind="missing path",
    ),
    # Multiplies the slope of a sigmoid on, though p − y has gone through the softmax already.
    Derivation(
        "softmax: a sigmoid's slope too much",
        SOFTMAX,
        {"dp_2/dz_2": "p_2*(1 - p_2)", "dL/dz_2": "(p_2 - y_2)*p_2*(1 - p_2)"},
        wrong="dL/dz_2",
        kind="extra factor",
    ),
    Derivation(
        "softmax: the logarithm's derivative upside down",
        SOFTMAX,
        {
            "dL/dp_2": "-p_2/y_2",
            "dp_2/dz_1": "-p_2*p_1",
            "dL/dz_1": "p_2/y_2*p_2*p_1",
        },
        wrong="dL/dp_2",
        kind="upside down",
    ),
    # The off-diagonal of the Jacobian is taken positive.
    Derivation(
        "softmax: p₁p₂ without its minus",
        SOFTMAX,
        {
            r"\frac{\partial p_1}{\partial z_1}": r"p_1 (1 - p_1)",
            r"\frac{\partial p_1}{\partial z_2}": r"p_1 \cdot p_2",
        },
        wrong=r"\frac{\partial p_1}{\partial z_2}",
        kind="wrong sign",
        means={
            r"\frac{\partial p_1}{\partial z_1}": "dp_1/dz_1",
            r"\frac{\partial p_1}{\partial z_2}": "dp_1/dz_2",
        },
    ),
    # The entry of the Jacobian of a neighbour.
    Derivation(
        "softmax: elements shifted by one",
        SOFTMAX,
        printed(worked({"dL/dz": lambda p, y: np.roll(p - y, 1)}), ".8f"),
        wrong="dL/dz",
        kind="wrong index",
    ),
    Derivation(
        "softmax code: mean forgotten",
        BATCH,
        code=mean_forgotten,
        wrong="dlogits",
        kind="constant factor",
    ),
    Derivation("softmax code: turned", BATCH, code=turned, wrong="dW", kind="transposed"),
    Derivation(
        "softmax code: summed over the classes",
        BATCH,
        code=summed_over_the_classes,
        wrong="db",
        kind="shape",
    ),
)

DERIVATIONS = RIGHT + WRONG
