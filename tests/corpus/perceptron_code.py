"""Hand-written backward passes of a perceptron for batches.

H = tanh(X·W1 + b1), Y = H·W2 + b2, L = Σ(Y − T)²/n over a batch of n = 4.
"""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Network

__all__ = ["DERIVATIONS"]


def layers(X: Value, T: Value, W1: Value, b1: Value, W2: Value, b2: Value) -> Value:
    Z = (X @ W1 + b1).named("Z")
    H = ag.tanh(Z).named("H")
    Y = (H @ W2 + b2).named("Y")
    return (((Y - T) ** 2).sum() / 4).named("L")


_rng = np.random.default_rng(11)
LAYERS = Network(
    layers,
    given={
        "X": _rng.normal(size=(4, 3)),
        "T": _rng.normal(size=(4, 3)),
        "W1": _rng.normal(size=(3, 3)),
        "b1": _rng.normal(size=3),
        "W2": _rng.normal(size=(3, 3)),
        "b2": _rng.normal(size=3),
    },
    forward={
        "Z": lambda X, W1, b1: X @ W1 + b1,
        "H": lambda Z: np.sinh(Z) / np.cosh(Z),
        "Y": lambda H, W2, b2: H @ W2 + b2,
        "L": lambda Y, T: np.sum((Y - T) ** 2) / 4,
    },
    constants=("X", "T"),
)


def whole_batch(X, T, W1, b1, W2, b2):
    """As most people write it."""
    n = X.shape[0]
    H = np.tanh(X @ W1 + b1)
    Y = H @ W2 + b2
    dY = 2 * (Y - T) / n
    dW2 = H.T @ dY
    db2 = dY.sum(axis=0)
    dH = dY @ W2.T
    dZ = dH * (1 - H**2)
    dW1 = X.T @ dZ
    db1 = dZ.sum(axis=0)
    return dW1, db1, dW2, db2


def sample_by_sample(X, T, H, W1, b1, W2, b2, Y):
    """Each sample adds its outer products; the mean is taken at the end."""
    dW1, db1 = np.zeros_like(W1), np.zeros_like(b1)
    dW2, db2 = np.zeros_like(W2), np.zeros_like(b2)
    for x, t, h, y in zip(X, T, H, Y, strict=True):
        dy = 2 * (y - t)
        dW2 += np.outer(h, dy)
        db2 += dy
        dz = (W2 @ dy) * (1 - h * h)
        dW1 += np.outer(x, dz)
        db1 += dz
    dW1 /= len(X)
    db1 /= len(X)
    dW2 /= len(X)
    db2 /= len(X)
    return dW1, db1, dW2, db2


def by_einsum(X, T, H, Y, W2):
    """Indices instead of transposes: n sample, i input, j hidden, k output."""
    grad_Y = (Y - T) / 2
    grad_W2 = np.einsum("nj,nk->jk", H, grad_Y)
    grad_b2 = np.einsum("nk->k", grad_Y)
    grad_Z = np.einsum("nk,jk,nj->nj", grad_Y, W2, 1 / np.cosh(np.arctanh(H)) ** 2)
    grad_W1 = np.einsum("ni,nj->ij", X, grad_Z)
    grad_b1 = np.einsum("nj->j", grad_Z)
    return grad_W1, grad_b1, grad_W2, grad_b2


def deltas_in_a_loop(X, T, H, Y, W1, W2):
    """Any number of layers: activations and weights in lists, the gradients put in front."""
    activations, weights = [X, H, Y], [W1, W2]
    delta = (Y - T) * (2 / X.shape[0])
    nabla_w, nabla_b = [], []
    for layer in (1, 0):
        nabla_w.insert(0, activations[layer].T.dot(delta))
        nabla_b.insert(0, np.sum(delta, axis=0))
        if layer:
            delta = (
                delta.dot(weights[layer].T) * (1 + activations[layer]) * (1 - activations[layer])
            )
    dW1, dW2 = nabla_w
    db1, db2 = nabla_b
    return dW1, db1, dW2, db2


def step_after_all(X, T, H, Y, W1, b1, W2, b2, lr=0.1):
    """Steps in place too, but only when all gradients are there."""
    d_Y = (Y - T) / X.shape[0]
    d_Y *= 2
    d_W2, d_b2 = H.T @ d_Y, d_Y.sum(0)
    d_Z = (1 - H**2) * (d_Y @ W2.T)
    d_W1, d_b1 = X.T @ d_Z, d_Z.sum(0)
    W1 -= lr * d_W1
    b1 -= lr * d_b1
    W2 -= lr * d_W2
    b2 -= lr * d_b2


def mean_forgotten(X, T, H, Y, W2):
    """Differentiates the sum of squares, not their mean over the batch."""
    dY = 2 * (Y - T)
    dW2 = H.T @ dY
    db2 = dY.sum(axis=0)
    dZ = (dY @ W2.T) * (1 - H**2)
    dW1 = X.T @ dZ
    db1 = dZ.sum(axis=0)
    return dW1, db1, dW2, db2


def step_in_between(X, T, H, Y, W1, W2, lr=0.1):
    """Steps W2 in place, then sends the error down through it."""
    dY = 2 * (Y - T) / X.shape[0]
    dW2 = H.T @ dY
    W2 -= lr * dW2
    dH = dY @ W2.T
    dZ = dH * (1 - H**2)
    dW1 = X.T @ dZ
    W1 -= lr * dW1


def step_through_an_alias(X, T, H, Y, W1, W2, lr=0.1):
    """The same through another name of the array, as where weights live in a dict."""
    weights = {"W1": W1, "W2": W2}
    dY = 2 * (Y - T) / len(X)
    dW2 = H.T @ dY
    weights["W2"] -= lr * dW2
    dZ = dY @ W2.T * (1 - H**2)
    dW1 = X.T @ dZ
    weights["W1"] -= lr * dW1


def bias_of_every_sample(X, T, H, Y, W2):
    """Keeps a row of the bias gradient for each sample."""
    dY = 2 * (Y - T) / len(X)
    dW2 = H.T @ dY
    db2 = dY
    dZ = dY @ W2.T * (1 - H**2)
    dW1 = X.T @ dZ
    return dW1, dW2, db2


def weight_not_transposed(X, T, H, Y, W2):
    """W2 is square, so nothing complains."""
    dY = 2 * (Y - T) / len(X)
    dW2 = H.T @ dY
    dH = dY @ W2
    dZ = dH * (1 - H**2)
    dW1 = X.T @ dZ
    return dW1, dW2


def last_sample_stays(X, T, H, Y):
    """Assigns where each sample should add."""
    n = len(X)
    dW2 = np.zeros((3, 3))
    db2 = np.zeros(3)
    for i in range(n):
        dy = 2 * (Y[i] - T[i]) / n
        db2 += dy
        dW2 = np.outer(H[i], dy)
    return dW2, db2


def slope_of_the_output(X, T, H, Y, W2):
    """Takes tanh again of what is tanh already."""
    dY = 2 * (Y - T) / len(X)
    dW2 = H.T @ dY
    dH = dY @ W2.T
    dZ = dH * (1 - np.tanh(H) ** 2)
    dW1 = X.T @ dZ
    db1 = dZ.sum(0)
    return dW1, db1, dW2


def _wrong(function, variable: str, kind: str) -> Derivation:
    name = f"perceptron code: {function.__name__.replace('_', ' ')}"
    return Derivation(name, LAYERS, code=function, wrong=variable, kind=kind)


DERIVATIONS = (
    Derivation("perceptron code: whole batch", LAYERS, code=whole_batch),
    Derivation(
        "perceptron code: sample by sample",
        LAYERS,
        code=sample_by_sample,
        means={"dy": "", "dz": ""},
    ),
    Derivation("perceptron code: by einsum", LAYERS, code=by_einsum),
    Derivation("perceptron code: deltas in a loop", LAYERS, code=deltas_in_a_loop),
    Derivation(
        "perceptron code: step after all",
        LAYERS,
        code=step_after_all,
        means={f"d_{name}": f"dL/d{name}" for name in ("Y", "Z", "W1", "b1", "W2", "b2")},
    ),
    _wrong(mean_forgotten, "dY", "constant factor"),
    _wrong(step_in_between, "dH", "updated before reuse"),
    _wrong(step_through_an_alias, "dZ", "updated before reuse"),
    _wrong(bias_of_every_sample, "db2", "shape"),
    _wrong(weight_not_transposed, "dH", "transposed"),
    _wrong(last_sample_stays, "dW2", "overwritten"),
    _wrong(slope_of_the_output, "dZ", "sigmoid derivative"),
)
