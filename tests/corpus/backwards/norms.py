"""Normalisations, norms and variances: how their backwards are written."""

from typing import Any

import numpy as np

from corpus.backwards import Written, normal

# Layer normalisation of rows


def layer_norm_forward(x: Any, gamma: Any, beta: Any) -> Any:
    mu = x.mean(axis=-1, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=-1, keepdims=True)
    normed = (x - mu) / np.sqrt(var + 1e-5)
    return gamma * normed + beta


def layer_norm_backward(g: Any, x: Any, gamma: Any, _beta: Any, slip: str = "") -> Any:
    def mean(array: Any) -> Any:
        return array.mean(axis=-1, keepdims=True)

    epsilon = 0 if slip == "ε" else x.dtype.type(1e-5)
    centred = x - mean(x)
    scale = 1 / np.sqrt(mean(centred**2) + epsilon)
    if slip == "root":
        scale = 1 / (mean(centred**2) + epsilon)
    normed = centred * scale
    d = g if slip == "γ" else g * gamma
    dx = scale * (d - mean(d) - normed * mean(d * normed))
    if slip == "constants":
        dx = scale * d
    if slip == "mean":
        dx = scale * (d - normed * mean(d * normed))
    if slip == "variance":
        dx = scale * (d - mean(d))
    if slip == "sum":
        dx = scale * (d - d.sum(-1, keepdims=True) - normed * (d * normed).sum(-1, keepdims=True))
    if slip == "unweighted":
        dx = scale * (d - mean(d) - normed * mean(d))
    if slip == "axis":
        dx = scale * (d - d.mean(axis=0) - normed * (d * normed).mean(axis=0))
    if slip == "σ":
        dx = d - mean(d) - normed * mean(d * normed)
    if slip == "sign":
        dx = scale * (d - mean(d) + normed * mean(d * normed))
    if slip == "centred":
        dx = scale * (d - mean(d) - centred * mean(d * normed))
    dgamma = (g * (centred if slip == "not scaled" else x if slip == "raw" else normed)).sum(axis=0)
    return dx, dgamma, g.mean(axis=0) if slip == "β" else g.sum(axis=0)


# Batch normalisation with n − 1


def batch_norm_forward(x: Any, gamma: Any, beta: Any) -> Any:
    n = x.shape[0]
    mu = x.sum(axis=0) / n
    diff = x - mu
    var = (diff**2).sum(axis=0) / (n - 1)
    inv = (var + 1e-5) ** -0.5
    return gamma * (diff * inv) + beta


def batch_norm_backward(g: Any, x: Any, gamma: Any, _beta: Any, slip: str = "") -> Any:
    n = x.shape[0]
    diff = x - x.mean(axis=0)
    var = (diff**2).sum(axis=0) / (n if slip == "ddof of the variance" else n - 1)
    inv = (var + x.dtype.type(1e-5)) ** -0.5
    dnormed = g * gamma
    dinv = (dnormed * diff).sum(axis=0)
    power = -0.5 if slip == "exponent" else -1.5
    dvar = dinv * -0.5 * (var + x.dtype.type(1e-5)) ** power
    if slip == "−½":
        dvar = -2 * dvar
    dsquares = dvar / (n if slip == "ddof" else n - 1)
    ddiff = dnormed * inv + (1 if slip == "2" else 2) * diff * dsquares
    if slip == "variance":
        ddiff = dnormed * inv
    if slip == "direct":
        ddiff = 2 * diff * dsquares
    dmu = -ddiff.sum(axis=0)
    if slip == "sign of the mean":
        dmu = -dmu
    dx = ddiff + (dmu if slip == "1/n" else dmu / n)
    if slip == "mean":
        dx = ddiff
    return dx, (g * diff * inv).sum(axis=0), g.sum(axis=0)


# RMS norm, unit length, length, variance, standard deviation


def rms_forward(x: Any, gain: Any) -> Any:
    rms = np.sqrt((x * x).mean(axis=-1, keepdims=True) + 1e-6)
    return x / rms * gain


def rms_backward(g: Any, x: Any, gain: Any, slip: str = "") -> Any:
    rms = np.sqrt((x * x).mean(axis=-1, keepdims=True) + x.dtype.type(1e-6))
    d = g * gain
    n = 1 if slip == "n" else x.shape[-1]
    power = {"power": 2, "root": 1}.get(slip, 3)
    dx = d / rms - x * (d * x).sum(axis=-1, keepdims=True) / (n * rms**power)
    if slip == "path":
        dx = d / rms
    if slip == "x":
        dx = d / rms - x * d.sum(axis=-1, keepdims=True) / (n * rms**3)
    return dx, (g * x / (1 if slip == "gain" else rms)).sum(axis=0)


def unit_forward(x: Any) -> Any:
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))
    return x / length


def unit_backward(g: Any, x: Any, slip: str = "") -> Any:
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))
    y = x / length
    if slip == "path":
        return g / length
    if slip == "outer":
        return g - y * (g * y).sum(axis=1, keepdims=True)
    if slip == "inner":
        return (g - y * (g * x).sum(axis=1, keepdims=True)) / length
    if slip == "sign":
        return (g + y * (g * y).sum(axis=1, keepdims=True)) / length
    if slip == "diagonal":
        return g * (1 - y * y) / length
    return (g - y * (g * y).sum(axis=1, keepdims=True)) / length


def length_forward(x: Any) -> Any:
    return np.sqrt((x * x).sum(axis=1))


def length_backward(g: Any, x: Any, slip: str = "") -> Any:
    length = np.sqrt((x * x).sum(axis=1))
    if slip == "2":
        return 2 * (g / length)[:, None] * x
    if slip == "½":
        return (g / (2 * length))[:, None] * x
    if slip == "squared":
        return (g / length**2)[:, None] * x
    if slip == "x":
        return np.broadcast_to((g / length)[:, None], x.shape).copy()
    if slip == "no root":
        return g[:, None] * x
    return (g / length)[:, None] * x


def variance_forward(x: Any) -> Any:
    n = x.shape[0]
    mean = x.mean(axis=0)
    return ((x - mean) ** 2).sum(axis=0) / (n - 1)


def variance_backward(g: Any, x: Any, slip: str = "") -> Any:
    n = x.shape[0]
    centred = x if slip == "mean" else x - x.mean(axis=0)
    factor = 1 if slip == "2" else 2
    return factor * g * centred / (n if slip == "ddof" else n - 1)


def deviation_forward(x: Any) -> Any:
    mean = x.mean(axis=1, keepdims=True)
    return np.sqrt(((x - mean) ** 2).mean(axis=1) + 1e-8)


def deviation_backward(g: Any, x: Any, slip: str = "") -> Any:
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=1) + x.dtype.type(1e-8))
    n = x.shape[1] - (slip == "ddof")
    d = (g / root)[:, None] * centred / n
    if slip == "root":
        return (g / root**2)[:, None] * centred / n
    if slip == "n":
        return d * n
    return d


def cosine_forward(a: Any, b: Any) -> Any:
    na, nb = np.sqrt((a * a).sum()), np.sqrt((b * b).sum())
    return (a * b).sum() / (na * nb)


def cosine_backward(g: Any, a: Any, b: Any, slip: str = "") -> Any:
    na, nb = np.sqrt((a * a).sum()), np.sqrt((b * b).sum())
    c = (a * b).sum() / (na * nb)
    da = b / (na * nb) - c * a / na ** (1 if slip == "power" else 2)
    if slip == "path":
        da = b / (na * nb)
    return g * da, g * (a / (na * nb) - c * b / nb**2)


X, GAMMA, BETA = normal(4, 5, seed=11), normal(5, seed=12), normal(5, seed=13)

NORMS = {
    "layer norm": Written(
        layer_norm_forward,
        layer_norm_backward,
        [X, GAMMA, BETA],
        {
            "constants": ("x", "missing path.*mean|var"),
            "mean": ("x", "missing path.*mu|mean"),
            "variance": ("x", "missing path.*var"),
            "sum": ("x", "constant factor.*sum"),
            "unweighted": ("x", "missing factor.*not weighted"),
            "axis": ("x", "axis 0"),
            "γ": ("x", "missing factor.*gamma"),
            "σ": ("x", "extra factor|missing factor"),
            "sign": ("x", "wrong sign.*var"),
            "ε": ("x", "ε"),
            "root": ("gamma", "sqrt"),
            "not scaled": ("gamma", "factor"),
            "raw": ("gamma", "x stands in place of normed"),
            "β": ("beta", "constant factor.*mean"),
        },
    ),
    "batch norm": Written(
        batch_norm_forward,
        batch_norm_backward,
        [X, GAMMA, BETA],
        {
            "ddof": ("x", "ddof"),
            "ddof of the variance": ("gamma", "ddof"),
            "exponent": ("x", "wrong power.*lowered"),
            "−½": ("x", "constant factor.*exponent"),
            "2": ("x", "constant factor"),
            "variance": ("x", "missing path.*var"),
            "direct": ("x", "missing path"),
            "sign of the mean": ("x", "wrong sign.*(mu|mean)"),
            "1/n": ("x", "constant factor"),
            "mean": ("x", "missing path.*(mu|mean)"),
        },
    ),
    "RMS norm": Written(
        rms_forward,
        rms_backward,
        [X, GAMMA],
        {
            "path": ("x", "missing path"),
            "n": ("x", "constant factor"),
            "power": ("x", "wrong power|missing factor|extra factor"),
            "root": ("x", "wrong power|missing factor|extra factor"),
            "x": ("x", "missing factor.*x"),
            "gain": ("gain", "missing factor|x stands in place of x / rms"),
        },
    ),
    "unit length": Written(
        unit_forward,
        unit_backward,
        [X],
        {
            "path": ("x", "missing path.*length"),
            "outer": ("x", "(missing|extra) factor.*length"),
            "inner": ("x", "missing factor"),
            "sign": ("x", "wrong sign"),
            "diagonal": ("x", "missing path"),
        },
    ),
    "length": Written(
        length_forward,
        length_backward,
        [X],
        {
            "2": ("x", "constant factor"),
            "½": ("x", "constant factor"),
            "squared": ("x", "wrong power.*root|extra factor"),
            "x": ("x", "factor x"),
            "no root": ("x", "extra factor.*√"),
        },
    ),
    "variance": Written(
        variance_forward,
        variance_backward,
        [X],
        {
            "mean": ("x", "mean"),
            "2": ("x", "constant factor"),
            "ddof": ("x", "constant factor.*(ddof|n − 1)"),
        },
    ),
    "deviation": Written(
        deviation_forward,
        deviation_backward,
        [X],
        {
            "root": ("x", "wrong power.*root|extra factor"),
            "n": ("x", "constant factor"),
            "ddof": ("x", "constant factor.*(ddof|n − 1)"),
        },
    ),
    "cosine": Written(
        cosine_forward,
        cosine_backward,
        [normal(5, seed=14), normal(5, seed=15)],
        {"path": ("a", "missing path.*na"), "power": ("a", "factor|power")},
    ),
}
