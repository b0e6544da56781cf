"""The paths of a forward: what is missing in a backward, or has a wrong factor, by its name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value, check_vjp
from autograd_lite.check.finding import Cause
from autograd_lite.check.vjp.point import watched

RNG = np.random.default_rng(5)
X, GAMMA, BETA = RNG.normal(size=(3, 5)), RNG.normal(size=5), RNG.normal(size=5)
Q, K, V = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(4, 6))


def first_cause(forward: Any, backward: Any, inputs: list[Any], name: str) -> Cause:
    """The first cause of the one gradient that is wrong."""
    report = check_vjp(forward, backward, inputs)
    assert [one.name for one in report.findings if one.verdict == "wrong"] == [name]
    (found,) = [one for one in report.findings if one.name == name]
    return found.causes[0]


# Layer normalisation: dx = r·(dh − mean(dh) − h·mean(dh·h))


def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    root = ag.sqrt(variance + 1e-5)
    return (x - mean) / root * gamma + beta


def layer_norm_backward(rule: Callable[..., Any]) -> Callable[..., Any]:
    def backward(d: Any, x: Any, gamma: Any, _beta: Any) -> Any:
        root = np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        h = (x - x.mean(-1, keepdims=True)) / root
        dx = rule(d * gamma, h, 1 / root, d)
        return dx, (d * h).sum(0), d.sum(0)

    return backward


def mean(array: Any) -> Any:
    return array.mean(-1, keepdims=True)


def total(array: Any) -> Any:
    return array.sum(-1, keepdims=True)


def test_a_right_layer_norm_is_right() -> None:
    right = layer_norm_backward(lambda dh, h, r, d: r * (dh - mean(dh) - h * mean(dh * h)))
    assert check_vjp(layer_norm, right, [X, GAMMA, BETA]).ok


@pytest.mark.parametrize(
    ("rule", "kind", "words"),
    [
        (lambda dh, h, r, d: r * dh, "missing path", "through mean and through variance"),
        (lambda dh, h, r, d: r * (dh - mean(dh)), "missing path", "comes through variance"),
        (
            lambda dh, h, r, d: r * (dh - mean(dh) + h * mean(dh * h)),
            "wrong sign",
            "what comes through the variance of a normalisation has the wrong sign",
        ),
        (
            lambda dh, h, r, d: r * (dh - total(dh) - h * total(dh * h)),
            "constant factor",
            "sums stand in place of the means in the gradient of a normalisation",
        ),
        (
            lambda dh, h, r, d: dh - mean(dh) - h * mean(dh * h),
            "extra factor",
            "has the factor root too much",
        ),
        (
            lambda dh, h, r, d: r * (d - mean(d) - h * mean(d * h)),
            "missing factor",
            "lacks the factor gamma",
        ),
    ],
    ids=["both", "variance", "sign", "sum for mean", "root", "gamma"],
)
def test_mistakes_in_a_layer_norm_are_named(rule: Any, kind: str, words: str) -> None:
    cause = first_cause(layer_norm, layer_norm_backward(rule), [X, GAMMA, BETA], "x")
    assert cause.kind == kind
    assert words in cause.sentence
    assert cause.residual < 1e-12


# Attention: dS = A·(dA − rowsum(dA·A)), dq = dS·k, dk = dSᵀ·q, dv = Aᵀ·d


def attention(q: Any, k: Any, v: Any) -> Any:
    scores = q @ k.T
    weights = ag.exp(scores)
    shares = weights / weights.sum(axis=1, keepdims=True)
    return shares @ v


def attention_backward(d: Any, q: Any, k: Any, v: Any, slip: str) -> Any:
    weights = np.exp(q @ k.T)
    shares = weights / weights.sum(1, keepdims=True)
    dA = d @ v.T
    dS = shares * (dA - (dA * shares).sum(1, keepdims=True))
    dk = dS @ q if slip == "dk" else dS.T @ q
    dv = shares @ d if slip == "dv" else shares.T @ d
    return dS @ k, dk, dv


@pytest.mark.parametrize(
    ("slip", "place", "words"),
    [
        ("dk", "k", "right for the gradient of scores transposed"),
        ("dv", "v", "right for shares transposed"),
    ],
)
def test_transposed_inner_arrays_are_named(slip: str, place: str, words: str) -> None:
    def backward(d: Any, q: Any, k: Any, v: Any) -> Any:
        return attention_backward(d, q, k, v, slip)

    cause = first_cause(attention, backward, [Q, K, V], place)
    assert cause.kind == "transposed"
    assert words in cause.sentence


# Elementwise: like gelu, y = x·(1 + tanh(u))/2 with u = x·exp(0.3·x)


def gelu(x: Any) -> Any:
    u = x * ag.exp(0.3 * x)
    return 0.5 * x * (1 + ag.tanh(u))


@pytest.mark.parametrize(
    ("du", "kind", "words"),
    [
        (lambda x: 0 * x, "missing path", "lacks what comes through u"),
        (lambda x: 1 + 0 * x, "missing factor", "lacks the derivative of u by this input"),
        (
            lambda x: -np.exp(0.3 * x) * (1 + 0.3 * x),
            "wrong sign",
            "what comes to 1 + tanh(u) directly from 0.5·x·(1 + tanh(u)) has the wrong sign",
        ),
    ],
    ids=["nothing", "one", "sign"],
)
def test_mistakes_in_a_gelu_are_named(du: Any, kind: str, words: str) -> None:
    def backward(d: Any, x: Any) -> Any:
        t = np.tanh(x * np.exp(0.3 * x))
        return d * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * du(x))

    cause = first_cause(gelu, backward, [X], "x")
    assert (cause.kind, words in cause.sentence) == (kind, True)


# Padding


def convolved(x: Any, w: Any) -> Any:
    return ag.conv2d(x, w, padding=1)


@pytest.mark.parametrize(
    ("cut", "kind"),
    [
        ((slice(None, -2), slice(None, -2)), "shifted"),
        ((slice(1, -1), slice(None, -2)), "shifted"),
        ((slice(None), slice(None)), "wrong shape"),
    ],
    ids=["both axes", "one axis", "not at all"],
)
def test_padding_that_is_cut_off_wrongly_is_named(cut: tuple[slice, slice], kind: str) -> None:
    def backward(d: Any, x: Any, w: Any) -> Any:
        padded, dw = np.pad(x, 1), np.zeros_like(w)
        dx = np.zeros_like(padded)
        for i, j in np.ndindex(*d.shape):
            window = slice(i, i + 3), slice(j, j + 3)
            dw += d[i, j] * padded[window]
            dx[window] += d[i, j] * w
        return dx[cut], dw

    inputs = [RNG.normal(size=(5, 6)), RNG.normal(size=(3, 3))]
    assert first_cause(convolved, backward, inputs, "x").kind == kind


# Names


def test_variables_are_those_of_the_function_as_it_returns() -> None:
    def forward(x: Value) -> Value:
        y = x + 1
        y = y * 2
        return y - x

    x = Value(1.0)
    with watched(forward) as seen:
        forward(x)
    assert {name: value.data for value, name in seen.names.items()} == {"x": 1.0, "y": 4.0}


def test_what_is_computed_in_a_loop_has_one_place() -> None:
    def forward(x: Value) -> Value:
        y = x
        for _ in range(3):
            y = y * 2
        return y - x

    with watched(forward) as seen:
        forward(Value(1.0))
    assert len(seen.calls) == 4
    assert len(set(seen.calls.values())) == 2


def test_what_is_no_python_function_has_no_variables() -> None:
    with watched(np.add) as seen:
        ag.sin(Value(1.0))
    assert seen.names == {}
