"""Derivations of a recurrent network.

Two steps of one unit, h_t = tanh(w_x·x_t + w_h·h_{t−1} + b) and y = w_y·h_2, L = ½(y − t)²; and
three steps of two units, with the states as rows of H, in code.
"""

from math import cosh, sinh, tanh
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]


def two_steps(h0: Value, x1: Value, x2: Value, t: Value, **w: Value) -> Value:
    a1 = (w["w_x"] * x1 + w["w_h"] * h0 + w["b"]).named("a1")
    h1 = ag.tanh(a1).named("h1")
    a2 = (w["w_x"] * x2 + w["w_h"] * h1 + w["b"]).named("a2")
    h2 = ag.tanh(a2).named("h2")
    y = (w["w_y"] * h2).named("y")
    return (0.5 * (y - t) ** 2).named("L")


UNIT = Network(
    two_steps,
    given={"h0": 0.3, "x1": 0.5, "x2": -0.9, "t": 0.4}
    | {"w_x": 0.8, "w_h": -0.6, "b": 0.15, "w_y": 1.25},
    forward={
        "a1": lambda w_x, x1, w_h, h0, b: w_x * x1 + w_h * h0 + b,
        "h1": lambda a1: sinh(a1) / cosh(a1),
        "a2": lambda w_x, x2, w_h, h1, b: w_x * x2 + w_h * h1 + b,
        "h2": lambda a2: sinh(a2) / cosh(a2),
        "y": lambda w_y, h2: w_y * h2,
        "L": lambda y, t: 0.5 * (y - t) ** 2,
    },
    constants=("h0", "x1", "x2", "t"),
)
BACKWARD: Lines = {
    "dL/dy": lambda y, t: y - t,
    "dL/dw_y": lambda dL_dy, h2: dL_dy * h2,
    "dL/dh2": lambda dL_dy, w_y: dL_dy * w_y,
    "dh2/da2": lambda h2: 1 - h2**2,
    "dL/da2": lambda dL_dh2, dh2_da2: dL_dh2 * dh2_da2,
    "dL/dh1": lambda dL_da2, w_h: dL_da2 * w_h,
    "dh1/da1": lambda h1: 1 - h1**2,
    "dL/da1": lambda dL_dh1, dh1_da1: dL_dh1 * dh1_da1,
    "dL/dw_h": lambda dL_da1, h0, dL_da2, h1: dL_da1 * h0 + dL_da2 * h1,
    "dL/dw_x": lambda dL_da1, x1, dL_da2, x2: dL_da1 * x1 + dL_da2 * x2,
    "dL/db": lambda dL_da1, dL_da2: dL_da1 + dL_da2,
}


def worked(changed: Lines | None = None, decimals: int | None = None) -> dict[str, Any]:
    return work(UNIT.given, {**UNIT.forward, **BACKWARD, **(changed or {})}, decimals)


def three_steps(X: Value, h0: Value, T: Value, W_x: Value, W_h: Value) -> Value:
    h, rows = h0, []
    for step in range(3):
        h = ag.tanh(W_x @ X[step] + W_h @ h)
        rows.append(h)
    H = ag.stack(rows).named("H")
    return (0.5 * ((H - T) ** 2).sum()).named("L")


def _states(X, h0, W_x, W_h):
    rows = [h0]
    for x in X:
        rows.append(np.tanh(W_x @ x + W_h @ rows[-1]))
    return np.array(rows[1:])


_rng = np.random.default_rng(8)
UNITS = Network(
    three_steps,
    given={
        "X": _rng.normal(size=(3, 2)),
        "h0": _rng.normal(size=2),
        "T": _rng.normal(size=(3, 2)),
        "W_x": _rng.normal(size=(2, 2)),
        "W_h": _rng.normal(size=(2, 2)),
    },
    forward={"H": _states, "L": lambda H, T: 0.5 * ((H - T) ** 2).sum()},
    constants=("X", "h0", "T"),
)


def through_time(X, h0, T, W_x, W_h):
    """Backpropagation through time, the states kept in a list that starts with h0."""
    hs = [h0]
    for x in X:
        hs.append(np.tanh(W_x @ x + W_h @ hs[-1]))
    dW_x, dW_h = np.zeros_like(W_x), np.zeros_like(W_h)
    from_later = np.zeros_like(h0)
    for k in reversed(range(len(X))):
        total = hs[k + 1] - T[k] + from_later
        raw = (1 - hs[k + 1] * hs[k + 1]) * total
        dW_x += np.outer(raw, X[k])
        dW_h += np.outer(raw, hs[k])
        from_later = W_h.T @ raw
    return dW_x, dW_h


def forward_in_time(X, h0, T, H, W_h):
    """Carries the states' derivatives along with the states, and never goes back."""
    dW_x, dW_h = np.zeros((2, 2)), np.zeros((2, 2))
    by_x, by_h = np.zeros((2, 2, 2)), np.zeros((2, 2, 2))
    h = h0
    for k in range(3):
        slope = (1 - H[k] ** 2)[:, None, None]
        by_x = slope * (np.einsum("ab,c->abc", np.eye(2), X[k]) + np.tensordot(W_h, by_x, 1))
        by_h = slope * (np.einsum("ab,c->abc", np.eye(2), h) + np.tensordot(W_h, by_h, 1))
        h = H[k]
        dW_x += np.einsum("a,abc->bc", h - T[k], by_x)
        dW_h += np.einsum("a,abc->bc", h - T[k], by_h)
    return dW_x, dW_h


def no_recurrence(h0, T, H):
    """Each step by itself: the state's way through later steps is missing."""
    before = np.vstack([h0, H[:-1]])
    raw = (H - T) * (1 - H**2)
    dW_h = raw.T @ before
    return raw, dW_h


def one_step_too_early(X, h0, T, H, W_h):
    """Goes back rightly, but pairs each error with the state of two steps before."""
    before = np.vstack([h0, h0, H[:1]])
    from_later = np.zeros(2)
    dW_x, dW_h = np.zeros((2, 2)), np.zeros((2, 2))
    for k in (2, 1, 0):
        raw = (H[k] - T[k] + from_later) * (1 - H[k] ** 2)
        dW_x += np.outer(raw, X[k])
        dW_h += np.outer(raw, before[k])
        from_later = W_h.T @ raw
    return dW_x, dW_h


def earliest_step_stays(X, h0, T, H, W_h):
    """W_h is used in each step, and each step overwrites the gradient of the others."""
    before = np.vstack([h0, H[:-1]])
    from_later = np.zeros(2)
    dW_x = np.zeros((2, 2))
    for k in (2, 1, 0):
        raw = (H[k] - T[k] + from_later) * (1 - H[k] ** 2)
        dW_x += np.outer(raw, X[k])
        dW_h = np.outer(raw, before[k])
        from_later = W_h.T @ raw
    return dW_x, dW_h


def outer_product_turned(X, h0, T, H, W_h):
    """Input times error for the second weight: its transpose, square like it."""
    before = np.vstack([h0, H[:-1]])
    from_later = np.zeros(2)
    dW_x, dW_h = np.zeros((2, 2)), np.zeros((2, 2))
    for k in (2, 1, 0):
        raw = (H[k] - T[k] + from_later) * (1 - H[k] ** 2)
        dW_x += np.outer(raw, X[k])
        dW_h += np.outer(before[k], raw)
        from_later = W_h.T @ raw
    return dW_x, dW_h


STYLES = {"dLdy": "dL/dy", "dw_y": "dL/dw_y", "h2_bar": "dL/dh2", "d_L_d_a2": "dL/da2"}
STYLES |= {"grad_a1": "dL/da1", "nabla_w_h": "dL/dw_h", "w_x_grad": "dL/dw_x", "b_grad": "dL/db"}
W_H, W_X = r"\frac{\partial L}{\partial w_h}", r"\frac{\partial L}{\partial w_x}"

RIGHT = (
    Derivation("rnn: the whole sheet in full", UNIT, printed(worked())),
    Derivation(
        "rnn: pocket calculator with five decimals",
        UNIT,
        printed(worked(decimals=5), ".5f"),
    ),
    Derivation(
        "rnn: styles of names, tanh′ as 1/cosh²",
        UNIT,
        under(STYLES, printed(worked({"dh2/da2": lambda a2: 1 / cosh(a2) ** 2}), ".7f")),
        means=STYLES,
    ),
    # The later path first; (t − y) with a minus in front of all.
    Derivation(
        "rnn: sums over time in another order",
        UNIT,
        {
            "dL/dw_y": "-(t - y)*h2",
            "dL/db": "(y - t)*w_y*(1 - h2^2)*(1 + w_h*(1 - h1^2))",
            "dL/dw_h": "(y - t)*w_y*(1 - h2**2)*h1 + (y - t)*w_y*(1 - h2**2)*w_h*(1 - h1**2)*h0",
            "dL/dw_x": "-(t - y)*w_y*(1 - tanh(a2)**2)*(x2 + w_h*(1 - tanh(a1)**2)*x1)",
        },
    ),
    Derivation(
        "rnn: LaTeX, products of derivatives",
        UNIT,
        {
            W_H: r"\frac{\partial L}{\partial a_2} \cdot h_1 + \frac{\partial L}{\partial a_1}"
            r" \cdot h_0",
            W_X: r"\frac{\partial L}{\partial h_2} (1 - h_2^2) \left(x_2 + w_h (1 - h_1^2) x_1"
            r"\right)",
        },
        means={W_H: "dL/dw_h", W_X: "dL/dw_x"},
    ),
    Derivation("rnn code: through time", UNITS, code=through_time),
    Derivation("rnn code: forward in time", UNITS, code=forward_in_time),
)

WRONG = (
    # The state before the second step is h1, not h0.
    Derivation(
        "rnn: h0 in the second step",
        UNIT,
        printed(worked({"dL/dw_h": lambda dL_da1, h0, dL_da2: dL_da1 * h0 + dL_da2 * h0}), ".6f"),
        wrong="dL/dw_h",
        kind=("stale value", "wrong factor", "wrong index"),
    ),
    # Takes the slope of the step before.
    Derivation(
        "rnn: the slope of the first step in the second",
        UNIT,
        printed(worked({"dh2/da2": lambda h1: 1 - h1**2}), ".8f"),
        wrong="dh2/da2",
        kind=("stale value", "another quantity", "wrong index", "wrong factor"),
    ),
    # Stops at the last step.
    Derivation(
        "rnn: formula with the last step only",
        UNIT,
        {"dL/dw_y": "(y - t)*h2", "dL/dw_h": "(y - t)*w_y*(1 - h2**2)*h1"},
        wrong="dL/dw_h",
        kind="missing path",
    ),
    # Goes back in time through the input's weight.
    Derivation(
        "rnn: w_x in place of w_h",
        UNIT,
        printed(worked({"dL/dh1": lambda dL_da2, w_x: dL_da2 * w_x})),
        wrong="dL/dh1",
        kind="wrong factor",
    ),
    Derivation(
        "rnn: tanh of the state again",
        UNIT,
        printed(worked({"dh1/da1": lambda h1: 1 - tanh(h1) ** 2}), ".6f"),
        wrong="dh1/da1",
        kind="sigmoid derivative",
    ),
    # The input of the second step is said to move the state of the first.
    Derivation(
        "rnn: h1 by a2",
        UNIT,
        {"dh2/da2": "1 - h2**2", "dh2/dh1": "w_h*(1 - h2**2)", "dh1/da2": "1 - h1**2"},
        wrong="dh1/da2",
        kind="no path",
    ),
    Derivation(
        "rnn code: no recurrence", UNITS, code=no_recurrence, wrong="dW_h", kind="missing path"
    ),
    Derivation(
        "rnn code: one step too early",
        UNITS,
        code=one_step_too_early,
        wrong="dW_h",
        kind=("stale value", "wrong index"),
    ),
    Derivation(
        "rnn code: earliest step stays",
        UNITS,
        code=earliest_step_stays,
        wrong="dW_h",
        kind="overwritten",
    ),
    Derivation(
        "rnn code: outer product turned",
        UNITS,
        code=outer_product_turned,
        wrong="dW_h",
        kind="transposed",
    ),
)

DERIVATIONS = RIGHT + WRONG
