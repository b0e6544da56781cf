"""Softmax, cross-entropy, attention: how their backwards are written."""

from typing import Any

import numpy as np

from corpus.backwards import Written, normal, softmax

# Softmax of rows


def softmax_forward(x: Any) -> Any:
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def stable_forward(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_backward(g: Any, x: Any, slip: str = "") -> Any:
    s = softmax(x)
    total = (g * s).sum(axis=1, keepdims=True)
    wrong = {
        "diagonal": g * s * (1 - s),
        "no sum": g * s,
        "sum of g": s * (g - g.sum(axis=1, keepdims=True)),
        "sign": s * (g + total),
        "mean": s * (g - (g * s).mean(axis=1, keepdims=True)),
        "axis": s * (g - (g * s).sum(axis=0, keepdims=True)),
        "whole": s * (g - (g * s).sum()),
        "outer s": s * g - total,
    }
    return wrong.get(slip, s * (g - total))


SOFTMAX_SLIPS = {
    "diagonal": ("x", "missing path.*diagonal"),
    "no sum": ("x", "missing path"),
    "sum of g": ("x", "missing factor.*not weighted"),
    "sign": ("x", "wrong sign"),
    "mean": ("x", "constant factor.*mean"),
    "axis": ("x", "axis 0"),
    "whole": ("x", "axes 0, 1"),
    "outer s": ("x", "missing factor.*multiplied by s"),
}

# Log-softmax


def log_softmax_forward(x: Any) -> Any:
    z = x - x.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def log_softmax_backward(g: Any, x: Any, slip: str = "") -> Any:
    s = softmax(x)
    if slip == "diagonal":
        return g * (1 - s)
    if slip == "sum":
        return g - s
    if slip == "s":
        return g - g.sum(axis=1, keepdims=True)
    if slip == "log":
        return g - np.log(s) * g.sum(axis=1, keepdims=True)
    if slip == "path":
        return g.copy()
    return g - s * g.sum(axis=1, keepdims=True)


# Cross-entropy of integer labels, with a weight for each class, and of the logits of one bit


def cross_entropy_forward(x: Any, t: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(t)), t]).mean()


def cross_entropy_backward(g: Any, x: Any, t: Any, slip: str = "") -> Any:
    d = softmax(x)
    if slip != "−1":
        d[np.arange(len(t)), t] -= 1
    if slip == "+1":
        d[np.arange(len(t)), t] += 2
    if slip == "sign":
        d = -d
    if slip == "twice":
        d = d / len(t)
    return g * d / (1 if slip == "sum" else len(t)), None


WEIGHTS = np.array([0.5, 2.0, 1.5, 3.0])


def weighted_forward(x: Any, t: Any) -> Any:
    weights = WEIGHTS[t]
    logs = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    return -(weights * logs[np.arange(len(t)), t]).sum() / len(t)


def weighted_backward(g: Any, x: Any, t: Any, slip: str = "") -> Any:
    d = softmax(x)
    d[np.arange(len(t)), t] -= 1
    weights = np.ones(len(t)) if slip == "weights" else WEIGHTS[t]
    if slip == "squared":
        weights = weights**2
    if slip == "normalised":
        weights = weights / weights.sum() * len(t)
    return g * d * weights[:, None].astype(x.dtype) / len(t), None


def bits_forward(x: Any, y: Any) -> Any:
    p = 1 / (1 + np.exp(-x))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


def bits_backward(g: Any, x: Any, y: Any, slip: str = "") -> Any:
    p = 1 / (1 + np.exp(-x))
    d = p - y
    if slip == "slope too":
        d = d * p * (1 - p)
    if slip == "one side":
        d = -y * (1 - p)
    if slip == "sign":
        d = y - p
    return g * d / x.size, None


# Attention of one head


def attention_forward(q: Any, k: Any, v: Any) -> Any:
    scores = q @ k.T / np.sqrt(3.0)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = e / e.sum(axis=1, keepdims=True)
    return shares @ v


def attention_backward(g: Any, q: Any, k: Any, v: Any, slip: str = "") -> Any:
    scale = q.dtype.type(1 / np.sqrt(3.0))
    shares = softmax(q @ k.T * scale)
    dshares = g @ v.T
    dscores = shares * (dshares - (dshares * shares).sum(axis=1, keepdims=True))
    if slip == "diagonal":
        dscores = dshares * shares * (1 - shares)
    if slip == "weights of the values":
        dscores = shares * (dshares - dshares.sum(axis=1, keepdims=True))
    if slip != "scale":
        dscores = dscores * scale
    if slip == "scale twice":
        dscores = dscores * scale
    dk = dscores @ q if slip == "dk" else dscores.T @ q
    dv = shares @ g if slip == "dv" else shares.T @ g
    if slip == "scores":
        dv = (q @ k.T * scale).T @ g
    return dscores @ k, dk, dv


ROWS = normal(3, 4, seed=1)
HEADS = [normal(4, 3, seed=4), normal(4, 3, seed=5), normal(4, 5, seed=6)]
LABELS = np.array([2, 0, 2])

CLASSIFIERS = {
    "softmax": Written(softmax_forward, softmax_backward, [ROWS], SOFTMAX_SLIPS),
    "stable softmax": Written(stable_forward, softmax_backward, [ROWS], SOFTMAX_SLIPS),
    "log-softmax": Written(
        log_softmax_forward,
        log_softmax_backward,
        [ROWS],
        {
            "diagonal": ("x", "missing path.*diagonal"),
            "sum": ("x", "missing factor"),
            "s": ("x", "missing factor"),
            "log": ("x", "log-softmax stands in place of the softmax"),
            "path": ("x", "missing path"),
        },
    ),
    "cross-entropy": Written(
        cross_entropy_forward,
        cross_entropy_backward,
        [ROWS, LABELS],
        {
            "−1": ("x", "missing path"),
            "+1": ("x", "wrong sign"),
            "sign": ("x", "wrong sign"),
            "sum": ("x", "constant factor.*sum"),
            "twice": ("x", "constant factor.*mean"),
        },
    ),
    "weighted cross-entropy": Written(
        weighted_forward,
        weighted_backward,
        [ROWS, LABELS],
        {
            "weights": ("x", "missing factor.*weights"),
            "squared": ("x", "extra factor.*weights"),
        },
    ),
    "binary cross-entropy": Written(
        bits_forward,
        bits_backward,
        [normal(4, 2, seed=2), np.array([[1, 0], [0, 0], [1, 1], [0, 1]])],
        {
            "slope too": ("x", "extra factor.*sigmoid"),
            "one side": ("x", "missing path"),
            "sign": ("x", "wrong sign"),
        },
    ),
    "attention": Written(
        attention_forward,
        attention_backward,
        HEADS,
        {
            "diagonal": ("q", "missing path.*diagonal"),
            "weights of the values": ("k", "not weighted"),
            "scale": ("q", "constant factor"),
            "scale twice": ("k", "constant factor"),
            "dk": ("k", "transposed"),
            "dv": ("v", "transposed"),
            "scores": ("v", "wrong factor.*scores stands in place of shares"),
        },
    ),
}
