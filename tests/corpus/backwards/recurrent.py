"""Cells, and a network that is unrolled in time: how their backwards are written."""

from typing import Any

import numpy as np

import autograd_lite as ag
from corpus.backwards import Written, normal, sigmoid

# A GRU


def gru_forward(x: Any, h: Any, W: Any, U: Any) -> Any:
    r = ag.sigmoid(W[0] @ x + U[0] @ h)
    z = ag.sigmoid(W[1] @ x + U[1] @ h)
    n = np.tanh(W[2] @ x + U[2] @ (r * h))
    return (1 - z) * n + z * h


def gru_backward(g: Any, x: Any, h: Any, W: Any, U: Any, slip: str = "") -> Any:
    r = sigmoid(W[0] @ x + U[0] @ h)
    z = sigmoid(W[1] @ x + U[1] @ h)
    n = np.tanh(W[2] @ x + U[2] @ (r * h))
    dn = g * (z if slip == "z for 1 − z" else 1 - z)
    dz = g * (n - h if slip == "sign of z" else h - n)
    if slip == "h of z":
        dz = -g * n
    dan = dn * (1 - n if slip == "tanh′" else 1 - n**2)
    daz = dz * z if slip == "σ′" else dz * z * (1 - z)
    drh = U[2].T @ dan
    if slip == "U of n":
        drh = U[2] @ dan
    dr = drh * h
    dar = dr * r * (1 - r)
    if slip == "tanh′ of r":
        dar = dr * (1 - r**2)
    dh = g * z + U[0].T @ dar + U[1].T @ daz + drh * r
    if slip == "direct":
        dh = dh - g * z
    if slip == "reset":
        dh = dh - drh * r
    if slip == "r":
        dh = dh - drh * r + drh
    if slip == "update gate":
        dh = dh - U[1].T @ daz
    gates = np.stack([dar, daz, dan])
    dx = (W.transpose(0, 2, 1) @ gates[:, :, None]).sum(axis=0)[:, 0]
    inputs = np.stack([h, h, h if slip == "h for r·h" else r * h])
    return dx, dh, gates[:, :, None] * x, gates[:, :, None] * inputs[:, None, :]


# An LSTM


def lstm_forward(x: Any, h: Any, c: Any, W: Any) -> Any:
    a = W @ np.concatenate([x, h])
    i, f, o = ag.sigmoid(a[:3]), ag.sigmoid(a[3:6]), ag.sigmoid(a[6:9])
    u = np.tanh(a[9:])
    memory = f * c + i * u
    return o * np.tanh(memory), memory


def lstm_backward(g: Any, x: Any, h: Any, c: Any, W: Any, slip: str = "") -> Any:
    dh, dmemory = g
    a = W @ np.concatenate([x, h])
    i, f, o, u = sigmoid(a[:3]), sigmoid(a[3:6]), sigmoid(a[6:9]), np.tanh(a[9:])
    memory = f * c + i * u
    t = np.tanh(memory)
    do = dh * (memory if slip == "memory for tanh" else t)
    dm = dmemory + dh * o * (1 if slip == "tanh′ of the memory" else 1 - t**2)
    if slip == "carried":
        dm = dh * o * (1 - t**2)
    if slip == "through h":
        dm = dmemory
    if slip == "o":
        dm = dmemory + dh * (1 - t**2)
    df = dm * (memory if slip == "new memory" else c)
    di, du = (dm * i, dm * u) if slip == "i and u" else (dm * u, dm * i)
    slopes = i * (1 - i), f * (1 - f), o * (1 - o), 1 - u**2
    if slip == "σ′ of f":
        slopes = i * (1 - i), f, o * (1 - o), 1 - u**2
    if slip == "σ′ for tanh′":
        slopes = i * (1 - i), f * (1 - f), o * (1 - o), u * (1 - u)
    da = np.concatenate([d * s for d, s in zip((di, df, do, du), slopes, strict=True)])
    dxh = W.T @ da
    return dxh[:2], dxh[2:], dm if slip == "f" else dm * f, np.outer(da, np.concatenate([x, h]))


# A network of tanh, unrolled over four steps, that gives all of its states


def rnn_forward(xs: Any, h: Any, W: Any, U: Any) -> Any:
    states = []
    for t in range(4):
        h = np.tanh(W @ xs[t] + U @ h)
        states.append(h)
    return np.stack(states)


def rnn_backward(g: Any, xs: Any, h: Any, W: Any, U: Any, slip: str = "") -> Any:
    states = [h]
    for t in range(4):
        states.append(np.tanh(W @ xs[t] + U @ states[-1]))
    dxs, dW, dU, carried = np.zeros_like(xs), np.zeros_like(W), np.zeros_like(U), np.zeros_like(h)
    for t in reversed(range(1 if slip == "first step" else 0, 4)):
        dh = g[t] if slip == "carried" else g[t] + carried
        if slip == "last output" and t < 3:
            dh = carried
        da = dh * (1 - (states[t] if slip == "state of the slope" else states[t + 1]) ** 2)
        if slip == "tanh′":
            da = dh
        if slip == "not squared":
            da = dh * (1 - states[t + 1])
        before = states[t + 1 if slip == "state after" else t]
        dxs[t] = W.T @ da
        if slip == "=":
            dW, dU = np.outer(da, xs[t]), np.outer(da, before)
        else:
            dW += np.outer(da, xs[t])
            dU += np.outer(da, before)
        carried = (U if slip == "transposed" else U.T) @ da
    return dxs, carried, dW, dU


CELL = [normal(2, seed=21), normal(3, seed=22), normal(3, 3, 2, seed=23), normal(3, 3, 3, seed=24)]
LSTM = [normal(2, seed=25), normal(3, seed=26), normal(3, seed=27), normal(12, 5, seed=28)]
RNN = [normal(4, 2, seed=29), normal(3, seed=30), normal(3, 2, seed=31), normal(3, 3, seed=32)]

RECURRENT = {
    "GRU": Written(
        gru_forward,
        gru_backward,
        CELL,
        {
            "z for 1 − z": ("W", "z stands in place of 1 − z"),
            "sign of z": ("W", "wrong sign.*z"),
            "h of z": ("W", "missing path"),
            "tanh′": ("x", "not squared"),
            "σ′": ("x", "missing factor.*1 − y"),
            "tanh′ of r": ("x", "derivative of tanh"),
            "U of n": ("h", "transposed"),
            "direct": ("h", "missing path"),
            "reset": ("h", "missing path"),
            "r": ("h", "missing factor.*r"),
            "update gate": ("h", "missing path"),
            "h for r·h": ("U", "h stands in place of"),
        },
    ),
    "LSTM": Written(
        lstm_forward,
        lstm_backward,
        LSTM,
        {
            "memory for tanh": ("x", "memory stands in place of tanh"),
            "tanh′ of the memory": ("c", "missing factor.*tanh"),
            "carried": ("c", "result 1"),
            "through h": ("c", "missing path|result 0"),
            "o": ("c", "missing factor.*o"),
            "new memory": ("x", "memory stands in place of c"),
            "i and u": ("x", "exchanged"),
            "σ′ of f": ("h", "missing factor.*1 − y"),
            "σ′ for tanh′": ("h", "derivative of sigmoid"),
            "f": ("c", "missing factor.*f"),
        },
    ),
    "RNN": Written(
        rnn_forward,
        rnn_backward,
        RNN,
        {
            "first step": ("U", "missing path.*(first|step 1)"),
            "carried": ("U", "missing path"),
            "last output": ("W", "missing path|result|cotangent"),
            "state of the slope": ("W", "wrong|derivative"),
            "tanh′": ("W", "missing factor.*tanh"),
            "not squared": ("U", "not squared"),
            "state after": ("U", "wrong factor|wrong state"),
            "=": ("W", "= where"),
            "transposed": ("h", "transposed"),
        },
    ),
}
