"""The check of hand-written backwards: right ones pass in any form, and wrong ones are named."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import ClaimError, DataError, Value, check_vjp
from autograd_lite.check.vjp.check import VjpFinding, VjpReport

RNG = np.random.default_rng(0)
X, W, BIAS = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 5)), np.zeros((1, 5))
LABELS = np.array([0, 2, 1, 4])
LOGITS = RNG.normal(size=(4, 5))
IMAGE, KERNEL = RNG.normal(size=(2, 2, 5, 5)), RNG.normal(size=(3, 2, 3, 3))


def finding(report: VjpReport, name: str) -> Any:
    (found,) = [one for one in report.findings if one.name == name]
    assert isinstance(found, VjpFinding)
    return found


def causes(report: VjpReport, name: str) -> list[str]:
    return [cause.kind for cause in finding(report, name).causes]


def wrong(report: VjpReport) -> list[str]:
    return [one.name for one in report.findings if one.verdict == "wrong"]


# Forwards on Values


def linear(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b


def cross_entropy(logits: Any, labels: Any) -> Any:
    shifted = logits - ag.max(logits, axis=1, keepdims=True)
    logp = shifted - ag.log(ag.sum(ag.exp(shifted), axis=1, keepdims=True))
    return -ag.mean(logp[np.arange(len(labels)), labels])


def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    centred = x - ag.mean(x, axis=-1, keepdims=True)
    variance = ag.mean(centred * centred, axis=-1, keepdims=True)
    return gamma * centred / ag.sqrt(variance + 1e-5) + beta


def batch_norm(x: Any, gamma: Any, beta: Any) -> Any:
    n = x.shape[0]
    centred = x - ag.sum(x, axis=0, keepdims=True) / n
    variance = ag.sum(centred**2, axis=0, keepdims=True) / (n - 1)
    return gamma * centred * (variance + 1e-5) ** -0.5 + beta


def attention(q: Any, k: Any, v: Any) -> Any:
    scores = q @ k.T / q.shape[1] ** 0.5
    weights = ag.exp(scores - ag.max(scores, axis=1, keepdims=True))
    return weights / ag.sum(weights, axis=1, keepdims=True) @ v


def convolution(x: Any, w: Any) -> Any:
    return ag.conv2d(x, w, padding=1)


# Backwards in plain NumPy


def softmax(x: Any) -> Any:
    weights = np.exp(x - x.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def linear_backward(dout: Any, x: Any, W: Any, _b: Any) -> Any:
    return dout @ W.T, x.T @ dout, dout.sum(axis=0, keepdims=True)


def linear_backward_in_loops(dout: Any, x: Any, W: Any, b: Any) -> Any:
    dx, dW, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(b)
    for i, j, k in np.ndindex(*x.shape, W.shape[1]):
        dx[i, j] += dout[i, k] * W[j, k]
        dW[j, k] += dout[i, k] * x[i, j]
    for row in dout[::-1]:
        db += row
    return dx, dW, db


def cross_entropy_backward(dloss: Any, logits: Any, labels: Any) -> Any:
    d = softmax(logits)
    d[np.arange(len(labels)), labels] -= 1
    return dloss * d / len(labels)


def cross_entropy_backward_by_jacobian(dloss: Any, logits: Any, labels: Any) -> Any:
    p = softmax(logits)
    rows = np.arange(len(labels))
    chosen = p[rows, labels]
    dp = np.zeros_like(p)
    dp[rows, labels] = -dloss / (len(labels) * chosen)
    return p * (dp - (dp * p).sum(axis=1, keepdims=True)), None


def layer_norm_backward(dout: Any, x: Any, gamma: Any, _beta: Any) -> Any:
    mean, inv = (
        x.mean(-1, keepdims=True),
        1 / np.sqrt(x.var(-1, keepdims=True) + x.dtype.type(1e-5)),
    )
    normal = (x - mean) * inv
    d = dout * gamma
    dx = inv * (d - d.mean(-1, keepdims=True) - normal * (d * normal).mean(-1, keepdims=True))
    return dx, (dout * normal).sum(axis=0), dout.sum(axis=0)


def batch_norm_backward(dout: Any, x: Any, gamma: Any, _beta: Any) -> Any:
    n = x.shape[0]
    inv = (x.var(axis=0, ddof=1, keepdims=True) + 1e-5) ** -0.5
    normal = (x - x.mean(axis=0, keepdims=True)) * inv
    both = n * dout - dout.sum(0) - n / (n - 1) * normal * (dout * normal).sum(0)
    dgamma = (dout * normal).sum(axis=0, keepdims=True)
    return gamma * inv / n * both, dgamma, dout.sum(axis=0, keepdims=True)


def attention_backward(dout: Any, q: Any, k: Any, v: Any) -> Any:
    scale = np.asarray(q.shape[1] ** -0.5, q.dtype)
    weights = softmax(q @ k.T * scale)
    dweights = dout @ v.T
    dscores = weights * (dweights - (dout * (weights @ v)).sum(axis=1, keepdims=True)) * scale
    return dscores @ k, dscores.T @ q, weights.T @ dout


def convolution_backward(dout: Any, x: Any, w: Any) -> Any:
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(dout.shape[2:]):
        window = padded[:, :, i : i + 3, j : j + 3]
        dw += np.einsum("nf,ncij->fcij", dout[:, :, i, j], window)
        dpadded[:, :, i : i + 3, j : j + 3] += np.einsum("nf,fcij->ncij", dout[:, :, i, j], w)
    return dpadded[:, :, 1:-1, 1:-1], dw


def max_pool_backward(dout: Any, x: Any) -> Any:
    dx = np.zeros_like(x)
    for i, j in np.ndindex(dout.shape):
        window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        at = np.unravel_index(window.argmax(), (2, 2))
        dx[2 * i + at[0], 2 * j + at[1]] += dout[i, j]
    return dx


NORM_INPUTS = [RNG.normal(size=(6, 4)), np.ones((1, 4)), np.zeros((1, 4))]
ROW_INPUTS = [RNG.normal(size=(6, 4)), np.ones(4), np.zeros(4)]
HEAD_INPUTS = [RNG.normal(size=(4, 3)), RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))]

RIGHT: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any]] = {
    "linear": (linear, linear_backward, [X, W, BIAS]),
    "linear in loops": (linear, linear_backward_in_loops, [X, W, BIAS]),
    "cross-entropy": (cross_entropy, cross_entropy_backward, [LOGITS, LABELS]),
    "by Jacobian": (cross_entropy, cross_entropy_backward_by_jacobian, [LOGITS, LABELS]),
    "layer norm": (layer_norm, layer_norm_backward, ROW_INPUTS),
    "batch norm": (batch_norm, batch_norm_backward, NORM_INPUTS),
    "attention": (attention, attention_backward, HEAD_INPUTS),
    "convolution": (convolution, convolution_backward, [IMAGE, KERNEL]),
    "pooling": (ag.max_pool2d, max_pool_backward, [RNG.normal(size=(4, 6))]),
    "relu": (ag.relu, lambda g, x: g * (x > 0), [X]),
    "relu with another slope at 0": (ag.relu, lambda g, x: g * (x >= 0), [X]),
    "σ′ of the output": (ag.sigmoid, lambda g, x: g * (y := 1 / (1 + np.exp(-x))) * (1 - y), [X]),
    "σ′ by cosh": (ag.sigmoid, lambda g, x: g / (2 * np.cosh(x / 2)) ** 2, [X]),
    "tanh′": (ag.tanh, lambda g, x: g / np.cosh(x) ** 2, [X]),
    "einsum": (
        lambda a, b: ag.einsum("bij,bjk->bik", a, b),
        lambda g, a, b: (g @ b.transpose(0, 2, 1), a.transpose(0, 2, 1) @ g),
        [RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 4, 5))],
    ),
    "mean": (ag.mean, lambda g, x: np.full_like(x, g / x.size), [X]),
    "scalars": (lambda a, b: a * b + a, lambda g, a, b: (g * (b + 1), g * a), [2.0, -3.0]),
    "log of positive numbers": (ag.log, lambda g, x: g / x, [np.abs(X)]),
    "softmax": (
        lambda x: ag.exp(x) / ag.sum(ag.exp(x), axis=1, keepdims=True),
        lambda g, x: (p := softmax(x)) * (g - (g * p).sum(axis=1, keepdims=True)),
        [X],
    ),
    "a float mask": (lambda x, m: x * m, lambda g, x, m: (g * m, None), [X, 1.0 * (X > 0)]),
    "indices": (
        lambda table, rows: table[rows],
        lambda g, table, rows: (
            (np.arange(len(table))[:, None] == rows).astype(table.dtype) @ g,
            None,
        ),
        [W, np.array([0, 1, 1])],
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_backwards_pass_in_both_precisions(name: str) -> None:
    report = check_vjp(*RIGHT[name])
    assert report.ok, str(report)
    assert report.count("right") >= 1
    assert "confirmed by a central difference" in report.oracle


# Wrong backwards, each with the input that is wrong and the first cause


def edited(
    backward: Callable[..., Any], place: int, edit: Callable[[Any], Any]
) -> Callable[..., Any]:
    """A right backward with one of its gradients spoilt."""

    def spoilt(cotangent: Any, *inputs: Any) -> Any:
        found = backward(cotangent, *inputs)
        gradients = list(found) if isinstance(found, tuple) else [found]
        gradients[place] = edit(gradients[place])
        return tuple(gradients)

    return spoilt


def by_row_means(dout: Any, x: Any, gamma: Any, _beta: Any) -> Any:
    """A layer norm whose mean and variance are taken for constants."""
    inv = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    normal = (x - x.mean(-1, keepdims=True)) * inv
    return dout * gamma * inv, (dout * normal).sum(axis=0), dout.sum(axis=0)


def unflipped(dout: Any, x: Any, w: Any) -> Any:
    """A convolution whose input's gradient is taken with the kernel as it stands."""
    dx, _ = convolution_backward(dout, x, w[:, :, ::-1, ::-1])
    return dx, convolution_backward(dout, x, w)[1]


def assigned(g: Any, table: Any, rows: Any) -> Any:
    d = np.zeros_like(table)
    d[rows] += g  # of equal rows the last one stays
    return d, None


WRONG: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any, str, str]] = {
    "bias (n,)": (
        linear,
        edited(linear_backward, 2, lambda d: d[0]),
        [X, W, BIAS],
        "b",
        "wrong shape",
    ),
    "bias not summed": (
        linear,
        lambda g, x, W, b: (g @ W.T, x.T @ g, g),
        [X, W, BIAS],
        "b",
        "not summed",
    ),
    "mean for a sum": (
        linear,
        lambda g, x, W, b: (g @ W.T, x.T @ g, g.mean(0, keepdims=True)),
        [X, W, BIAS],
        "b",
        "constant factor",
    ),
    "summed too much": (
        linear,
        lambda g, x, W, b: (g @ W.T, x.T @ g, np.full_like(b, g.sum())),
        [X, W, BIAS],
        "b",
        "summed too much",
    ),
    "wrong sign": (
        linear,
        edited(linear_backward, 1, np.negative),
        [X, W, BIAS],
        "W",
        "wrong sign",
    ),
    "transposed": (
        linear,
        edited(linear_backward, 1, np.transpose),
        [X, W, BIAS],
        "W",
        "transposed",
    ),
    "square transposed": (
        lambda x, W: x @ W,
        lambda g, x, W: (g @ W.T, g.T @ x),
        [X, W[:, :3]],
        "W",
        "transposed",
    ),
    "W for W.T": (
        lambda x, W: x @ W,
        lambda g, x, W: (g @ W, x.T @ g),
        [X, W[:, :3]],
        "x",
        "transposed",
    ),
    "swapped": (
        lambda x, y: x * y,
        lambda g, x, y: (g * x, g * y),
        [X, X + 1],
        "x",
        "gradient of another input",
    ),
    "1/n forgotten": (
        cross_entropy,
        edited(cross_entropy_backward, 0, lambda d: d * 4),
        [LOGITS, LABELS],
        "logits",
        "constant factor",
    ),
    "cotangent forgotten": (
        cross_entropy,
        lambda g, z, t: cross_entropy_backward(1, z, t),
        [LOGITS, LABELS],
        "logits",
        "forgets the cotangent",
    ),
    "cotangent summed": (
        ag.tanh,
        lambda g, x: g.sum() * (1 - np.tanh(x) ** 2),
        [X],
        "x",
        "forgets the cotangent",
    ),
    "no gradient at all": (ag.tanh, lambda g, x: np.zeros_like(x), [X], "x", "zero gradient"),
    "batch norm (64,)": (
        batch_norm,
        edited(batch_norm_backward, 1, np.ravel),
        [RNG.normal(size=(8, 64)), np.ones((1, 64)), np.zeros((1, 64))],
        "gamma",
        "wrong shape",
    ),
    "scale forgotten": (
        attention,
        edited(attention_backward, 0, lambda d: d * np.sqrt(3)),
        HEAD_INPUTS,
        "q",
        "constant factor",
    ),
    "kernel flipped": (
        convolution,
        edited(convolution_backward, 1, lambda d: d[:, :, ::-1, ::-1]),
        [IMAGE, KERNEL],
        "w",
        "flipped",
    ),
    "kernel not turned": (convolution, unflipped, [IMAGE, KERNEL], "x", "flipped"),
    "σ′ of the input": (
        ag.sigmoid,
        lambda g, x: g * x * (1 - x),
        [X],
        "x",
        "derivative at the wrong place",
    ),
    "σ′ twice": (
        ag.sigmoid,
        lambda g, x: g * (s := 1 / (1 + np.exp(-1 / (1 + np.exp(-x))))) * (1 - s),
        [X],
        "x",
        "derivative at the wrong place",
    ),
    "factor 2 forgotten": (
        lambda x: x * x,
        lambda g, x: g * x,
        [X],
        "x",
        "constant factor",
    ),
    "sign and factor": (
        ag.mean,
        lambda g, x: np.full_like(x, -g),
        [X],
        "x",
        "wrong sign and constant factor",
    ),
    "transposed and halved": (
        linear,
        edited(linear_backward, 1, lambda d: d.T / 2),
        [X, W, BIAS],
        "W",
        "transposed and constant factor",
    ),
    "last of several": (
        lambda table, rows: table[rows],
        assigned,
        [W, np.array([0, 1, 1])],
        "table",
        "= where += belongs",
    ),
    "every equal takes all": (
        lambda x: ag.max(x, axis=1),
        lambda g, x: g[:, None] * (x == x.max(axis=1, keepdims=True)),
        [X],
        "x",
        "tie counted twice",
    ),
    "cast": (
        ag.tanh,
        lambda g, x: g * (1 - np.tanh(x.astype(np.float32)) ** 2),
        [X],
        "x",
        "low precision",
    ),
    "one result forgotten": (
        lambda x: (x * x, ag.sin(x)),
        lambda g, x: 2 * x * g[0],
        [X],
        "x",
        "forgets the cotangent",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_backwards_are_found_and_the_first_cause_is_right(name: str) -> None:
    forward, backward, inputs, place, kind = WRONG[name]
    report = check_vjp(forward, backward, inputs)
    assert not report.ok
    assert place in wrong(report)
    assert causes(report, place)[0] == kind, str(report)
    for cause in finding(report, place).causes:
        assert cause.fix
        assert not cause.residual > 1e-12


def test_only_what_is_wrong_is_called_wrong() -> None:
    report = check_vjp(*WRONG["bias (n,)"][:3])
    assert [one.verdict for one in report.findings] == ["right", "right", "wrong"]


def test_a_mistake_without_a_name_is_wrong_without_a_cause() -> None:
    report = check_vjp(ag.sin, lambda g, x: g * np.cos(x**2 + 0.3), [X])
    assert wrong(report) == ["x"]
    assert causes(report, "x") == []
    assert finding(report, "x").cosine is not None


def test_a_mean_and_variance_that_are_taken_for_constants_are_missing_paths() -> None:
    report = check_vjp(layer_norm, by_row_means, ROW_INPUTS)
    assert wrong(report) == ["x"]
    assert causes(report, "x") == ["missing path"]


def test_the_worst_element_and_its_measures() -> None:
    report = check_vjp(lambda x: 3 * x, lambda g, x: g * np.array([3.0, 6.0]), [[1.0, 2.0]])
    found = finding(report, "x")
    assert found.worst.index == (1,)
    assert (found.worst.wrong, found.worst.size) == (1, 2)
    assert found.ratio == 2.0
    assert found.error == 1.0
    assert found.worst.given == 2 * found.worst.expected
    assert found.run == "random inputs, float64"
    assert 2**51 <= found.ulps <= 2**53
    cotangent = found.worst.expected / 3
    other = found.given[0] / 3
    length = np.hypot(other, cotangent) * np.hypot(other, 2 * cotangent)
    assert found.cosine == pytest.approx((other**2 + 2 * cotangent**2) / length)


def test_a_length_of_two_is_told_beside_the_two() -> None:
    report = check_vjp(ag.mean, lambda g, x: np.full_like(x, g), [[1.0, 2.0]])
    sentences = [cause.sentence for cause in finding(report, "x").causes]
    assert sentences[0] == "is too large by the factor 2"
    assert "2 is x.shape[0]" in sentences[1]


@settings(max_examples=10)
@given(st.floats(-100, 100).filter(lambda k: abs(k) > 1e-3 and abs(k - 1) > 1e-6))
def test_any_factor_is_wrong_and_a_constant_factor(k: float) -> None:
    report = check_vjp(ag.tanh, lambda g, x: k * g * (1 - np.tanh(x) ** 2), [X])
    assert causes(report, "x")[0] in {
        "constant factor",
        "wrong sign and constant factor",
        "wrong sign",
    }


@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 1e-9), (np.float32, 1e-3)])
@pytest.mark.parametrize("name", ["linear", "layer norm", "convolution", "attention"])
def test_small_errors_are_found_in_each_precision(name: str, dtype: Any, error: float) -> None:
    forward, backward, inputs = RIGHT[name]

    def slightly_off(cotangent: Any, *arrays: Any) -> Any:
        first, *rest = backward(cotangent, *arrays)
        return first * dtype(1 + error) if first.dtype == dtype else first, *rest

    report = check_vjp(forward, slightly_off, inputs)
    assert wrong(report) == [report.findings[0].name]
    assert finding(report, wrong(report)[0]).run.endswith(np.dtype(dtype).name)


def test_sums_in_loops_are_no_error_at_a_size_that_is_used() -> None:
    inputs = [RNG.normal(size=(32, 64)) + 3, np.ones(64), np.zeros(64)]
    assert check_vjp(layer_norm, layer_norm_backward, inputs).ok


def test_a_long_sum_in_sequence_is_no_error_in_single_precision() -> None:
    x = RNG.uniform(1, 2, 4000)

    def one_by_one(g: Any, x: Any, w: Any) -> Any:
        return g * w, np.cumsum(g * x)[-1]

    assert check_vjp(lambda x, w: x * w, one_by_one, [x, 1.5]).ok


# What the given inputs hide


def test_a_symmetric_input_does_not_hide_a_transposition() -> None:
    symmetric = W[:, :3] + W[:, :3].T
    report = check_vjp(lambda x, W: x @ W, lambda g, x, W: (g @ W, x.T @ g), [X, symmetric])
    assert causes(report, "x") == ["transposed", "hidden by the given inputs"]


def test_normalised_rows_do_not_hide_a_missing_norm() -> None:
    rows = X / np.linalg.norm(X, axis=1, keepdims=True)
    report = check_vjp(
        lambda x: ag.sum(x * x, axis=1) * x[:, 0],
        lambda g, x: 2 * g[:, None] * x[:, :1] * x + np.eye(3)[0].astype(x.dtype) * g[:, None],
        [rows],
    )
    assert causes(report, "x") == ["missing factor", "hidden by the given inputs"]


def test_ones_do_not_hide_a_missing_factor() -> None:
    report = check_vjp(lambda x, s: x * s, lambda g, x, s: (g, g * x), [X, np.ones((4, 3))])
    assert causes(report, "x") == ["missing factor", "hidden by the given inputs"]


def test_what_is_wrong_only_where_it_was_given_is_found() -> None:
    report = check_vjp(lambda x: x * x, lambda g, x: np.where(x == 0.5, 0, 2 * x * g), [[0.5, 2.0]])
    assert finding(report, "x").run == "inputs as given, float64"


# Precision


def test_an_overflow_in_single_precision_is_named() -> None:
    def naive(g: Any, x: Any) -> Any:
        e = np.exp(x)
        p = e / e.sum()
        return p * (g - (g * p).sum())

    def stable(x: Any) -> Any:
        e = ag.exp(x - ag.max(x))
        return e / ag.sum(e)

    report = check_vjp(stable, naive, [np.array([90.0, 100.0, 95.0])])
    assert causes(report, "x") == ["overflow"]
    assert finding(report, "x").run == "random inputs, float32"
    assert "not finite" in finding(report, "x").reason
    assert "right in float64" in finding(report, "x").reason


def test_a_forward_that_overflows_in_single_precision_does_not_excuse_the_backward() -> None:
    report = check_vjp(ag.exp, lambda g, x: g * np.exp(x), [np.array([90.0, 100.0])])
    assert causes(report, "x") == ["overflow"]


def test_double_precision_for_single_is_said_but_right() -> None:
    report = check_vjp(ag.sin, lambda g, x: g * np.cos(x.astype(float)), [X])
    assert report.ok
    assert finding(report, "x").reason == "is float64 for float32 inputs"


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_not_finite_is_wrong(number: float) -> None:
    def spoilt(g: Any, x: Any) -> Any:
        d = g * np.cos(x)
        d[1, 1] = number
        return d

    found = finding(check_vjp(ag.sin, spoilt, [X]), "x")
    assert found.verdict == "wrong"
    assert found.worst.index == (1, 1)
    assert "not finite in 1 of 12" in found.reason


# Ties


def max_backward(share: str) -> Callable[..., Any]:
    def backward(g: Any, x: Any) -> Any:
        hit = (x == x.max(axis=1, keepdims=True)).astype(x.dtype)
        if share == "equal":
            hit /= hit.sum(axis=1, keepdims=True)
        if share == "last":
            hit = hit * (np.cumsum(hit[:, ::-1], axis=1)[:, ::-1] == 1)
        return g[:, None] * hit

    return backward


@pytest.mark.parametrize(
    ("share", "told"),
    [
        ("equal", "at a tie: takes 1/2 each; the engine gives it to the first"),
        ("last", "at a tie: gives it to another; the engine gives it to the first"),
    ],
)
def test_at_a_tie_any_share_is_right_and_the_convention_is_said(share: str, told: str) -> None:
    x = np.array([[3.0, 3.0, 1.0], [0.0, 2.0, 2.0]])
    report = check_vjp(lambda x: ag.max(x, axis=1), max_backward(share), [x])
    assert report.ok, str(report)
    assert told in finding(report, "x").reason


def test_at_a_kink_any_slope_between_both_is_right() -> None:
    def leaning(slope: float) -> Any:
        return check_vjp(
            ag.relu,
            lambda g, x: g * np.where(x == 0, x.dtype.type(slope), x > 0),
            [[0.0, -1.0, 2.0]],
        )

    assert finding(leaning(0.0), "x").reason == ""
    told = "at a kink: takes 1/2 of the slope; the engine takes 0"
    assert finding(leaning(0.5), "x").reason == told
    assert not leaning(1.5).ok
    assert not leaning(-0.5).ok


def test_ties_of_two_inputs_are_shared_too() -> None:
    def halves(g: Any, a: Any, b: Any) -> Any:
        first = (np.sign(a - b) + 1) / 2
        return g * first, g * (1 - first)

    def both(g: Any, a: Any, b: Any) -> Any:
        return g * (a >= b), g * (b >= a)

    assert check_vjp(ag.maximum, halves, [[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]], names=["a", "b"]).ok
    report = check_vjp(ag.maximum, both, [[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]], names=["a", "b"])
    assert causes(report, "b")[0] == "tie counted twice"


def test_a_tie_does_not_excuse_what_is_wrong_elsewhere() -> None:
    report = check_vjp(ag.relu, lambda g, x: g * (x >= 0) * (1 + (x == 2)), [[0.0, -1.0, 2.0]])
    assert not report.ok


# What backward does to what it was given


def test_writing_into_the_cotangent_is_found() -> None:
    def in_place(dout: Any, _x: Any, mask: Any) -> Any:
        dout *= mask
        return +dout, None

    report = check_vjp(lambda x, mask: x * mask, in_place, [X, X > 0])
    assert wrong(report) == ["dout"]
    assert causes(report, "dout") == ["mutates its input"]
    lost = np.count_nonzero(X <= 0)
    assert f"{lost} of 12 elements" in finding(report, "dout").causes[0].sentence
    assert finding(report, "x").verdict == "right"


def test_writing_into_an_input_is_found() -> None:
    def in_place(g: Any, p: Any) -> Any:
        p[0] -= 1
        return 2 * g * (p + [[1.0]] * np.eye(4, 1, dtype=p.dtype))

    report = check_vjp(lambda x: x * x, in_place, [X], names=["p"])
    assert {(one.name, one.quantity) for one in report.findings} == {
        ("p", "p after backward"),
        ("p", "gradient of p"),
    }


def test_what_is_computed_from_a_spoilt_cotangent_is_wrong_too() -> None:
    def in_place(dout: Any, x: Any, _b: Any) -> Any:
        dout *= np.cos(x)
        return +dout, dout.sum(axis=0, keepdims=True)

    report = check_vjp(lambda x, b: ag.sin(x) + b, in_place, [X, np.zeros((1, 3))])
    assert wrong(report) == ["dout", "b"]


def test_shared_memory_is_said_but_right() -> None:
    report = check_vjp(lambda x, y: x + y, lambda g, x, y: (g, g), [X, X])
    assert report.ok
    assert finding(report, "x").reason.startswith("shares its memory with g;")
    assert "the gradient of x" in finding(report, "y").reason


def test_an_error_in_backward_is_told_with_its_line() -> None:
    def broken(g: Any, _x: Any) -> Any:
        return g @ np.ones((7, 7))  # the line at fault

    report = check_vjp(ag.sin, broken, [X])
    (found, *rest) = report.findings
    assert (found.name, found.verdict) == ("backward", "wrong")
    assert found.reason.startswith("raised ValueError: ")
    assert "of test_vjp.py: return g @ np.ones((7, 7))" in found.reason
    assert [one.verdict for one in rest] == ["unchecked"]


def test_an_error_in_single_precision_only_leaves_the_rest_checked() -> None:
    def picky(g: Any, x: Any) -> Any:
        assert x.dtype == np.float64
        return g * np.cos(x)

    report = check_vjp(ag.sin, picky, [X])
    assert wrong(report) == ["backward"]
    assert finding(report, "backward").run.endswith("float32")
    assert finding(report, "x").verdict == "right"


@pytest.mark.parametrize("returned", [(1.0,), (1.0, 2.0), (1.0, 2.0, 3.0, 4.0), np.ones(3)])
def test_another_number_of_gradients_is_wrong(returned: Any) -> None:
    report = check_vjp(linear, lambda g, x, W, b: returned, [X, W, BIAS])
    assert finding(report, "backward").quantity == "number of gradients"
    assert report.count("unchecked") == 3


@pytest.mark.parametrize("returned", ["no", [["x"]], [[1.0, 2.0], [3.0]], 1j])
def test_what_is_no_array_of_numbers_is_wrong(returned: Any) -> None:
    report = check_vjp(ag.sin, lambda g, x: (returned,), [X])
    assert "array of real numbers" in finding(report, "x").reason


# Forward and inputs


def test_no_gradient_is_unchecked() -> None:
    report = check_vjp(lambda x, y: x * y, lambda g, x, y: (g * y, None), [X, X])
    assert [one.verdict for one in report.findings] == ["right", "unchecked"]
    assert report.ok


def test_several_results_have_a_cotangent_each() -> None:
    report = check_vjp(
        lambda x: (ag.sum(x), x * x), lambda g, x: g[0] + 2 * x * g[1], [X], names=["x"]
    )
    assert report.ok, str(report)


def test_integers_alone_are_numbers_like_others() -> None:
    assert check_vjp(lambda x: x**3, lambda g, x: 3 * x**2 * g, 3).ok
    assert check_vjp(lambda x: x**3, lambda g, x: 3 * x**2 * g, [[1, 2]]).ok


def test_integers_beside_floats_reach_both_as_they_are() -> None:
    seen = []

    def forward(x: Any, n: Any) -> Any:
        seen.append(n)
        return x**n

    assert check_vjp(forward, lambda g, x, n: n * x ** (n - 1) * g, [[1.5, 2.0], 3]).ok
    assert {type(one) for one in seen} == {int}


def test_a_one_hot_target_stays_one() -> None:
    def forward(logits: Any, target: Any) -> Any:
        shifted = logits - ag.max(logits, axis=1, keepdims=True)
        logp = shifted - ag.log(ag.sum(ag.exp(shifted), axis=1, keepdims=True))
        return -ag.sum(target * logp)

    fused = check_vjp(
        forward, lambda g, z, t: (g * (softmax(z) - t), None), [LOGITS, np.eye(5)[LABELS]]
    )
    assert fused.ok, str(fused)


def test_random_inputs_stay_in_the_range_of_those_given() -> None:
    seen = []

    def watch(g: Any, p: Any) -> Any:
        seen.append(p)
        return g * (1 / p + 1 / (1 - p))

    p = np.array([0.2, 0.5, 0.9])
    assert check_vjp(lambda p: ag.log(p) - ag.log(1 - p), watch, [p]).ok
    assert all(0.19 < one.min() <= one.max() < 0.91 for one in seen)
    assert {one.dtype.name for one in seen} == {"float32", "float64"}


def test_where_random_inputs_leave_the_domain_the_report_says_so() -> None:
    report = check_vjp(
        lambda a, b: ag.sqrt(a - b),
        lambda g, a, b: ((d := g / (2 * np.sqrt(a - b))), -d),
        [np.linspace(1, 9, 40), np.linspace(0, 8, 40)],
    )
    assert report.ok
    assert "forward is not finite at random inputs" in report.oracle


def test_an_engine_that_a_difference_refutes_checks_nothing() -> None:
    report = check_vjp(lambda x: x * Value(x.data), lambda g, x: g * x, [X])
    assert wrong(report) == ["forward"]
    assert "does forward use .data" in finding(report, "forward").reason


def test_an_error_in_forward_is_one_of_the_package() -> None:
    def forward(x: Any) -> Any:
        return x.no_such_method()

    with pytest.raises(DataError, match=r"forward raised AttributeError.*called with Values"):
        check_vjp(forward, lambda g, x: g, [X])


def test_forward_has_to_return_values() -> None:
    with pytest.raises(DataError, match="must return a Value"):
        check_vjp(lambda x: x.data, lambda g, x: g, [X])
    with pytest.raises(DataError, match="must return a Value"):
        check_vjp(lambda x: [], lambda g, x: g, [X])


def test_forward_must_not_change_its_input() -> None:
    def forward(x: Any) -> Any:
        y = x * 1
        x.data = x.data * 2
        return y

    with pytest.raises(DataError, match="changes its own input"):
        check_vjp(forward, lambda g, x: g, [X])


@pytest.mark.parametrize("inputs", [[], [[]], [np.zeros((0, 3))], ["text"], [None], [1j]])
def test_inputs_have_to_be_numbers(inputs: Any) -> None:
    with pytest.raises(DataError):
        check_vjp(lambda x: x, lambda g, x: g, inputs)


@pytest.mark.parametrize("names", [["a"], ["a", "a"], "ab", ["a", "b", "c"]])
def test_names_have_to_fit(names: Any) -> None:
    with pytest.raises(ClaimError, match="names"):
        check_vjp(lambda x, y: x * y, lambda g, x, y: (g * y, g * x), [X, X], names=names)


def test_names_are_those_of_the_parameters_or_given() -> None:
    product = (lambda *xs: xs[0] * xs[1]), (lambda g, *xs: (g * xs[1], g * xs[0]))
    found = [one.name for one in check_vjp(*product, [X, X]).findings]
    assert found == ["input 0", "input 1"]
    found = [one.name for one in check_vjp(*product, [X, X], names=["p", "q"]).findings]
    assert found == ["p", "q"]


def test_another_seed_draws_other_numbers_and_the_same_one_the_same() -> None:
    def first(seed: int) -> float:
        report = check_vjp(ag.sin, lambda g, x: g, [X], seed=seed)
        return float(finding(report, "x").worst.given)

    assert first(1) == first(1) != first(2)


# Views


def test_the_views_say_the_same() -> None:
    def backward(dout: Any, x: Any, W: Any, _b: Any) -> Any:
        return dout @ W.T, -x.T @ dout, dout.sum(axis=0, keepdims=True)

    report = check_vjp(linear, backward, [X, W, BIAS])
    text = str(report)
    assert text.splitlines()[0] == "backward: 2 right, 1 wrong, 0 unchecked" == report.summary
    assert "has the wrong sign" in text
    assert "→ change its sign" in text
    assert text.splitlines()[-1] == report.oracle
    assert str(report.__rich__()) == text
    assert "has the wrong sign" in report._repr_html_()
    told = json.loads(report.to_json())
    assert told["oracle"] == report.oracle
    assert (told["right"], told["wrong"], told["ok"]) == (2, 1, False)
    assert told["findings"][1]["ratio"] == pytest.approx(-1)
    assert "wrong sign" in str(told["findings"][1]["causes"])
