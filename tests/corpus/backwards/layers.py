"""Activations, convolutions, pooling, embeddings and losses: how their backwards are written."""

from typing import Any

import numpy as np

import autograd_lite as ag
from corpus.backwards import Written, normal, sigmoid

C = float(np.sqrt(2 / np.pi))


def gelu_forward(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x**3)))


def gelu_backward(g: Any, x: Any, slip: str = "") -> Any:
    t = np.tanh(C * (x + 0.044715 * x**3))
    du = C * (1 + 3 * 0.044715 * x**2)
    if slip == "exponent":
        du = C * (1 + 0.044715 * x**2)
    if slip == "power":
        du = C * (1 + 3 * 0.044715 * x**3)
    if slip == "cubic":
        du = C
    if slip == "C":
        du = du / C
    if slip == "du":
        du = 1
    slope = 1 - t if slip == "not squared" else 1 - t**2
    second = 0.5 * x * slope * du
    if slip == "x":
        second = 0.5 * slope * du
    if slip == "½":
        second = 2 * second
    if slip == "second":
        second = 0
    if slip == "first":
        return g * second
    if slip == "1 +":
        return g * (0.5 * t + second)
    return g * (0.5 * (1 + t) + second)


def silu_forward(x: Any) -> Any:
    return x / (1 + np.exp(-x))


def silu_backward(g: Any, x: Any, slip: str = "") -> Any:
    s = sigmoid(x)
    if slip == "path":
        return g * s
    if slip == "x":
        return g * (s + s * (1 - s))
    if slip == "slope only":
        return g * x * s * (1 - s)
    if slip == "1 − s":
        return g * (s + x * s)
    if slip == "sign":
        return g * (s - x * s * (1 - s))
    return g * (s + x * s * (1 - s))


def written_sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def sigmoid_backward(g: Any, x: Any, slip: str = "") -> Any:
    s = sigmoid(x)
    return {
        "input": g * x * (1 - x),
        "twice": g * sigmoid(s) * (1 - sigmoid(s)),
        "half": g * s,
        "other half": g * (1 - s),
        "exp": g * np.exp(-x),
        "tanh′": g * (1 - s**2),
    }.get(slip, g * s * (1 - s))


def written_tanh(x: Any) -> Any:
    e, f = np.exp(x), np.exp(-x)
    return (e - f) / (e + f)


def tanh_backward(g: Any, x: Any, slip: str = "") -> Any:
    t = np.tanh(x)
    return {
        "not squared": g * (1 - t),
        "input": g * (1 - x**2),
        "σ′": g * t * (1 - t),
        "1 −": g * t**2,
        "sign": g * (1 + t**2),
    }.get(slip, g * (1 - t**2))


def leaky_forward(x: Any) -> Any:
    return np.where(x > 0, x, 0.1 * x)


def leaky_backward(g: Any, x: Any, slip: str = "") -> Any:
    if slip == "relu":
        return g * (x > 0)
    if slip == "α":
        return g.copy()
    if slip == "turned":
        return g * np.where(x > 0, x.dtype.type(0.1), x.dtype.type(1))
    return g * np.where(x > 0, x.dtype.type(1), x.dtype.type(0.1))


def relu_layer_forward(x: Any, W: Any) -> Any:
    return np.maximum(0, x @ W)


def relu_layer_backward(g: Any, x: Any, W: Any, slip: str = "") -> Any:
    z = x @ W
    d = g * (z > 0)
    if slip == "mask":
        d = g
    if slip == "mask of the cotangent":
        d = g * (g > 0)
    if slip == "turned":
        d = g * (z < 0)
    if slip == "itself":
        d = g * z * (z > 0)
    return d @ W.T, x.T @ d


def residual_forward(x: Any, W: Any) -> Any:
    return x + np.tanh(x @ W)


def residual_backward(g: Any, x: Any, W: Any, slip: str = "") -> Any:
    t = np.tanh(x @ W)
    d = g * (1 - t**2)
    dx = d @ W.T if slip == "skip" else g + d @ W.T
    if slip == "W":
        dx = g + d @ W
    if slip == "branch":
        dx = g.copy()
    return dx, x.T @ (g * (1 - (x @ W) ** 2)) if slip == "argument" else x.T @ d


def dropout_forward(x: Any, mask: Any) -> Any:
    return x * mask / 0.75


def dropout_backward(g: Any, _x: Any, mask: Any, slip: str = "") -> Any:
    if slip == "mask":
        return g / 0.75, None
    if slip == "scale":
        return g * mask, None
    if slip == "multiplied":
        return g * mask * 0.75, None
    return g * mask / 0.75, None


def convolution_forward(x: Any, w: Any, b: Any) -> Any:
    return ag.conv2d(x, w, padding=1) + b[:, None, None]


def convolution_backward(g: Any, x: Any, w: Any, _b: Any, slip: str = "") -> Any:
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for n, f, i, j in np.ndindex(*g.shape):
        window = n, slice(None), slice(i, i + 3), slice(j, j + 3)
        kernel = w[f, :, ::-1, ::-1] if slip == "flipped" else w[f]
        if slip == "=":
            dpadded[window] = g[n, f, i, j] * kernel
        else:
            dpadded[window] += g[n, f, i, j] * kernel
        if slip == "= in dw":
            dw[f] = g[n, f, i, j] * padded[window]
        else:
            dw[f] += g[n, f, i, j] * padded[window]
    dx = dpadded[:, :, :-2, :-2] if slip == "cut" else dpadded[:, :, 1:-1, 1:-1]
    db = g.mean(axis=(0, 2, 3)) if slip == "mean" else g.sum(axis=(0, 2, 3))
    if slip == "batch":
        dw = dw / len(x)
    return dx, dw, g.sum(axis=(2, 3)) if slip == "db" else db


def pooling_forward(x: Any) -> Any:
    return ag.max_pool2d(x, 2)


def pooling_backward(g: Any, x: Any, slip: str = "") -> Any:
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*g.shape):
        window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        at = np.unravel_index((window.argmin if slip == "min" else window.argmax)(), (2, 2))
        if slip in {"whole", "mean"}:
            dx[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = g[i, j] / (4 if slip == "mean" else 1)
        else:
            dx[2 * i + at[0], 2 * j + at[1]] = g[i, j]
    return dx


def average_forward(x: Any) -> Any:
    return ag.avg_pool2d(x, 2)


def average_backward(g: Any, _x: Any, slip: str = "") -> Any:
    return np.kron(g, np.ones((2, 2), g.dtype)) / (1 if slip == "¼" else 2 if slip == "½" else 4)


def embedding_forward(table: Any, ids: Any) -> Any:
    return table[ids] * 2.0


def embedding_backward(g: Any, table: Any, ids: Any, slip: str = "") -> Any:
    d = np.zeros_like(table)
    if slip == "+= of an index":
        d[ids] += 2 * g
    elif slip == "=":
        d[ids] = 2 * g
    else:
        np.add.at(d, ids, g if slip == "scale" else 2 * g)
    return d, None


def ridge_forward(X: Any, y: Any, w: Any) -> Any:
    residual = X @ w - y
    return (residual**2).mean() + 0.3 * (w**2).sum()


def ridge_backward(g: Any, X: Any, y: Any, w: Any, slip: str = "") -> Any:
    r = X @ w - y
    n = len(y)
    penalty = {"penalty": 0, "2 of the penalty": 0.3, "λ": 2}.get(slip, 0.6) * w
    factor = {"2": 1 / n, "1/n": 2.0}.get(slip, 2 / n)
    dw = g * (factor * X.T @ r + penalty)
    return g * 2 / n * np.outer(r, w), -2 / n * g * r, dw


def huber_forward(x: Any) -> Any:
    a = ag.abs(x)
    return np.where(a < 1, 0.5 * x**2, a - 0.5)


def huber_backward(g: Any, x: Any, slip: str = "") -> Any:
    if slip == "sign":
        return g * np.where(abs(x) < 1, x, x.dtype.type(1))
    if slip == "½":
        return g * np.where(abs(x) < 1, x / 2, np.sign(x))
    return g * np.where(abs(x) < 1, x, np.sign(x))


def largest_forward(x: Any) -> Any:
    return x.max(axis=1)


def largest_backward(g: Any, x: Any, slip: str = "") -> Any:
    if slip == "all":
        return np.repeat(g[:, None], x.shape[1], axis=1)
    dx, rows = np.zeros_like(x), np.arange(len(x))
    at = x.argmin(axis=1) if slip == "least" else x.argmax(axis=1)
    dx[rows, at] = g * x[rows, at] if slip == "value" else g
    return dx


X, SQUARE = normal(3, 4, seed=41), normal(4, 4, seed=42)
WIDE = np.linspace(-2.2, 2.6, 12).reshape(3, 4).round(2)
IMAGE = [normal(2, 2, 4, 4, seed=43), normal(3, 2, 3, 3, seed=44), normal(3, seed=45)]
MASK = np.array([[True, False, True, True], [False, True, True, False], [True, True, False, True]])

LAYERS = {
    "gelu": Written(
        gelu_forward,
        gelu_backward,
        [X],
        {
            "exponent": ("x", "constant factor.*exponent"),
            "power": ("x", "wrong power.*lowered"),
            "cubic": ("x", "missing path"),
            "C": ("x", r"constant factor.*0\.79"),
            "du": ("x", "missing factor"),
            "not squared": ("x", "not squared"),
            "x": ("x", "missing factor.*x"),
            "½": ("x", "constant factor"),
            "second": ("x", "missing path.*tanh"),
            "first": ("x", "missing path"),
            "1 +": ("x", "missing constant|leaves out|stands in place"),
        },
    ),
    "silu": Written(
        silu_forward,
        silu_backward,
        [X],
        {
            "path": ("x", "missing path"),
            "x": ("x", "missing factor"),
            "slope only": ("x", "missing path"),
            "1 − s": ("x", "missing factor|squared|factor"),
            "sign": ("x", "wrong sign"),
        },
    ),
    "sigmoid": Written(
        written_sigmoid,
        sigmoid_backward,
        [X],
        {
            "input": ("x", "derivative at the wrong place"),
            "twice": ("x", "derivative at the wrong place"),
            "half": ("x", "missing factor.*1 − y"),
            "other half": ("x", "missing factor.*y"),
            "exp": ("x", "factor"),
            "tanh′": ("x", "derivative of tanh"),
        },
    ),
    "tanh": Written(
        written_tanh,
        tanh_backward,
        [X],
        {
            "not squared": ("x", "not squared"),
            "input": ("x", "derivative at the wrong place"),
            "σ′": ("x", "derivative of sigmoid"),
            "1 −": ("x", "y² for tanh"),
            "sign": ("x", "wrong sign"),
        },
    ),
    "leaky relu": Written(
        leaky_forward,
        leaky_backward,
        [X],
        {
            "relu": ("x", "missing path"),
            "α": ("x", r"factor.*0\.1"),
            "turned": ("x", "the other way round"),
        },
    ),
    "relu layer": Written(
        relu_layer_forward,
        relu_layer_backward,
        [X, SQUARE],
        {
            "mask": ("W", "missing factor.*(mask|relu|maximum)"),
            "mask of the cotangent": ("x", "mask of the cotangent"),
            "turned": ("W", "other way round|not where x > 0"),
            "itself": ("x", "factor"),
        },
    ),
    "residual": Written(
        residual_forward,
        residual_backward,
        [X, SQUARE],
        {
            "skip": ("x", "missing path"),
            "W": ("x", "transposed"),
            "branch": ("x", "missing path"),
            "argument": ("W", "derivative at the wrong place.*tanh"),
        },
    ),
    "dropout": Written(
        dropout_forward,
        dropout_backward,
        [X, MASK],
        {
            "mask": ("x", "missing factor.*mask"),
            "scale": ("x", r"constant factor.*0\.75"),
            "multiplied": ("x", "constant factor.*0.75"),
        },
    ),
    "convolution": Written(
        convolution_forward,
        convolution_backward,
        IMAGE,
        {
            "=": ("x", r"= where \+="),
            "= in dw": ("w", r"= where \+="),
            "flipped": ("x", "flipped"),
            "cut": ("x", "shifted"),
            "mean": ("b", "constant factor"),
            "batch": ("w", "constant factor"),
            "db": ("b", "not summed"),
        },
    ),
    "max pooling": Written(
        pooling_forward,
        pooling_backward,
        [normal(4, 6, seed=46)],
        {"whole": ("x", "mask"), "mean": ("x", "mask"), "min": ("x", "other|smallest|wrong")},
    ),
    "average pooling": Written(
        average_forward,
        average_backward,
        [normal(4, 6, seed=47)],
        {"¼": ("x", "constant factor.*4"), "½": ("x", "constant factor.*2")},
    ),
    "embedding": Written(
        embedding_forward,
        embedding_backward,
        [normal(6, 2, seed=48), np.array([[0, 3, 3], [4, 0, 1]])],
        {
            "+= of an index": ("table", r"= where \+="),
            "=": ("table", r"= where \+="),
            "scale": ("table", "constant factor.*2"),
        },
    ),
    "ridge": Written(
        ridge_forward,
        ridge_backward,
        [normal(5, 3, seed=49), normal(5, seed=50), normal(3, seed=51)],
        {
            "penalty": ("w", "missing path"),
            "2 of the penalty": ("w", "constant factor.*w"),
            "λ": ("w", "constant factor.*0.3"),
            "2": ("w", "constant factor"),
            "1/n": ("w", "constant factor"),
        },
    ),
    "huber": Written(
        huber_forward,
        huber_backward,
        [WIDE],
        {"sign": ("x", "missing factor.*(abs|sign)"), "½": ("x", "constant factor")},
    ),
    "largest": Written(
        largest_forward,
        largest_backward,
        [X],
        {"all": ("x", "mask"), "value": ("x", "extra factor"), "least": ("x", "smallest|wrong")},
    ),
}
