"""Small programs whose derivatives the tests ask for, with their labels."""

import math
from collections.abc import Callable

import numpy as np

import autograd_lite as ag
from autograd_lite import Constant, Value


def mlp() -> Value:
    """Three inputs, four hidden units, two outputs, mean squared error."""
    rng = np.random.default_rng(1)
    x, t = Constant(rng.normal(size=3), "x"), Constant([0.0, 1.0], "t")
    W1, b1 = Value(rng.normal(size=(4, 3)), "W1"), Value(np.zeros(4), "b1")
    W2, b2 = Value(rng.normal(size=(2, 4)), "W2"), Value(np.zeros(2), "b2")
    h = ag.tanh((W1 @ x + b1).named("z1")).named("h")
    y = ag.sigmoid((W2 @ h + b2).named("z2")).named("y")
    return ag.mean_squared_error(y, t).named("L")


def rnn(steps: int = 4) -> Value:
    """A scalar recurrent network: w and u are used in every step, and h is the name of each."""
    w, u, h = Value(0.5, "w"), Value(0.8, "u"), Value(0.1, "h")
    for step in range(1, steps + 1):
        h = ag.tanh(w * h + u * Constant(step / 3, f"x_{step}")).named("h")
    return ((h - Constant(1.0, "t")) ** 2).named("L")


def attention() -> Value:
    """An attention head with three positions of two numbers."""
    rng = np.random.default_rng(3)
    X = Constant(rng.normal(size=(3, 2)), "X")
    W_q, W_k, W_v = (Value(rng.normal(size=(2, 2)), name) for name in ("W_q", "W_k", "W_v"))
    Q, K, V = (X @ W_q).named("Q"), (X @ W_k).named("K"), (X @ W_v).named("V")
    e = ag.exp((Q @ K.T / math.sqrt(2)).named("S")).named("e")
    A = (e / e.sum(axis=1, keepdims=True)).named("A")
    return ((A @ V).named("O") ** 2).sum().named("L")


def residual() -> Value:
    """Two layers, and the input added to their result."""
    rng = np.random.default_rng(4)
    x = Constant(rng.normal(size=3), "x")
    W1, W2 = Value(rng.normal(size=(3, 3)), "W1"), Value(rng.normal(size=(3, 3)), "W2")
    a = ag.relu((W1 @ x).named("z")).named("a")
    return (((W2 @ a).named("f") + x).named("y") ** 2).sum().named("L")


def softmax_cross_entropy() -> Value:
    """Three classes, of which the second is right."""
    z, t = Value([1.0, 2.0, 0.5], "z"), Constant([0.0, 1.0, 0.0], "t")
    e = ag.exp(z).named("e")
    p = (e / e.sum()).named("p")
    return (-(t * ag.log(p)).sum()).named("L")


def layer_norm() -> Value:
    """Three numbers, normalised, scaled and shifted."""
    x, g, b = Value([1.0, 2.0, 4.0], "x"), Value([1.0, 1.5, 0.5], "g"), Value([0.0, 0.1, 0.2], "b")
    mu = x.mean().named("mu")
    var = ((x - mu) ** 2).mean().named("var")
    n = ((x - mu) / ag.sqrt(var + 1e-5)).named("n")
    return ((g * n + b).named("y") * Constant([1.0, 2.0, 3.0], "c")).sum().named("L")


def convolution() -> Value:
    """A batch of one: convolution to two channels, relu, max pooling."""
    rng = np.random.default_rng(7)
    x, k = Constant(rng.normal(size=(1, 1, 5, 5)), "x"), Value(rng.normal(size=(2, 1, 2, 2)), "k")
    r = ag.relu(ag.conv2d(x, k).named("f")).named("r")
    return (ag.max_pool2d(r).named("p") ** 2).sum().named("L")


def batch() -> Value:
    """Logistic regression on three samples."""
    rng = np.random.default_rng(5)
    X, t = Constant(rng.normal(size=(3, 2)), "X"), Constant([1.0, 0.0, 1.0], "t")
    w, b = Value(rng.normal(size=2), "w"), Value(0.1, "b")
    return ag.mean_squared_error(ag.sigmoid(X @ w + b).named("y"), t).named("L")


def micrograd() -> Value:
    """The example of micrograd's README, with its names."""
    a, b = Value(-4.0, "a"), Value(2.0, "b")
    c = a + b
    d = a * b + b**3
    c = c + (c + 1)
    c = c + (1 + c + (-a))
    d = d + (d * 2 + (b + a).relu())
    d = d + (3 * d + (b - a).relu())
    c.label, d.label = "c", "d"
    e = (c - d).named("e")
    f = (e**2).named("f")
    g = f / 2.0
    return (g + 10.0 / f).named("g")


def skips() -> Value:
    """Edges that skip one column and more."""
    a = Value(1.5, "a")
    b = (a * 2).named("b")
    c = (b + a).named("c")
    d = (c * b * a).named("d")
    return (d + b + a).named("e")


def computed(program: Callable[[], Value]) -> Value:
    """The result of a program after its backward pass."""
    result = program()
    result.backward()
    return result


PROGRAMS = [
    mlp,
    rnn,
    attention,
    residual,
    softmax_cross_entropy,
    layer_norm,
    convolution,
    batch,
    micrograd,
    skips,
]
