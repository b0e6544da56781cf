"""Activations beyond the basic ones, and losses: compositions of other ops, stable at any size.

No rule is written here, so that what an edge says is what the parts say: the derivative of a
cross-entropy by a logit is p − t, that of its binary form σ(z) − t. (Goodfellow, Bengio and
Courville, Deep Learning, 2016, 6.2; Huber 1964; Hendrycks and Gimpel 2016 for gelu.)

A loss of several samples is their mean, or their sum with ``reduce="sum"``, or one a sample with
``reduce="none"``: the factor 1/n is what derivations forget, so it is said.
"""

import math
from typing import Any, Literal

import numpy as np

from autograd_lite.data import as_data, describe
from autograd_lite.errors import DataError, ShapeError
from autograd_lite.op import elementwise, is_node, primal, shape_of
from autograd_lite.ops.broadcasting import sum_
from autograd_lite.ops.elementwise import multiply, sigmoid, tanh
from autograd_lite.ops.functions import erf
from autograd_lite.ops.reductions import log_softmax, logsumexp, mean, squared_error
from autograd_lite.ops.selection import abs_, equal, relu, where
from autograd_lite.ops.shaping import expand_dims

__all__ = [
    "binary_cross_entropy",
    "cross_entropy",
    "gelu",
    "hinge",
    "huber",
    "leaky_relu",
    "one_hot",
    "silu",
    "softplus",
    "sum_squared_error",
]

Reduce = Literal["mean", "sum", "none"]

# Activations


def _scalar_softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


softplus = elementwise(
    "softplus",
    scalar=_scalar_softplus,
    array=lambda x: np.logaddexp(x, 0.0),
    partials=lambda y, x: sigmoid(x),
    domain=(-6, 6),
    analytic=lambda z: np.log(1 + np.exp(z)),
    kernel="(({0} if {0} > 0.0 else 0.0) + log1p(exp(-abs({0}))))",
    defines="""\
def softplus(x):
    return max(x, 0) + log1p(exp(-abs(x)))
""",
    python="softplus({})",
    numpy="softplus({})",
    doc="""ln(1 + eˣ), which never overflows. softplus′ = σ.

    >>> import autograd_lite as ag
    >>> ag.softplus(0.0), ag.grad(ag.softplus)(0.0), ag.softplus(1000.0)
    (0.6931471805599453, 0.5, 1000.0)
    """,
)


def silu(x: Any) -> Any:
    """x·σ(x), also called swish.

    >>> import autograd_lite as ag
    >>> ag.silu(0.0), ag.grad(ag.silu)(0.0)
    (0.0, 0.5)
    """
    return multiply(x, sigmoid(x))


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """X where it is above 0, else ``slope``·x; the derivative at 0 is the slope.

    >>> import autograd_lite as ag
    >>> ag.leaky_relu(-2.0), ag.grad(ag.leaky_relu)(-2.0), ag.grad(ag.leaky_relu)(0.0)
    (-0.02, 0.01, 0.01)
    """
    given = _operand(x)
    return where(given > 0.0, given, multiply(given, slope))


def gelu(x: Any, approximate: Literal["none", "tanh"] = "none") -> Any:
    """x·Φ(x), Φ that of the normal distribution: exact, or by tanh(√(2/π)·(x + 0.044715·x³)).

    >>> import autograd_lite as ag
    >>> round(ag.gelu(1.0), 6), round(ag.gelu(1.0, "tanh"), 6)
    (0.841345, 0.841192)
    """
    given = _operand(x)
    if approximate == "none":
        return multiply(0.5 * given, 1.0 + erf(given / math.sqrt(2.0)))
    if approximate != "tanh":
        raise DataError(f"gelu is exact ('none') or by 'tanh', not {describe(approximate)}")
    inner = math.sqrt(2 / math.pi) * (given + 0.044715 * given**3)
    return multiply(0.5 * given, 1.0 + tanh(inner))


def _operand(x: Any) -> Any:
    return x if is_node(x) or hasattr(x, "_record") else as_data(x)


# Targets


def one_hot(index: Any, count: int) -> Any:
    """Rows of 0 with a 1 at each index, counted from 0: index.shape + (count,).

    Of a Value it is a comparison, which a compiled step decides at each run. Raises DataError for
    anything but whole numbers from 0 to below ``count``.

    >>> one_hot([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    given = np.asarray(primal(index), float)
    if not np.all((given >= 0) & (given < count) & (given == np.floor(given))):
        wrong = given[~((given >= 0) & (given < count) & (given == np.floor(given)))].flat[0]
        raise DataError(f"{wrong:g} is no class; an index is a whole number from 0 to {count - 1}")
    places = np.arange(float(count))
    if not is_node(index):
        return (given[..., None] == places).astype(float)
    return equal(expand_dims(index, -1), places)


# Losses


def _reduced(losses: Any, reduce: Reduce) -> Any:
    if reduce == "mean":
        return mean(losses)
    if reduce == "sum":
        return sum_(losses)
    if reduce == "none":
        return losses
    raise DataError(f"reduce is {describe(reduce)}; it is 'mean', 'sum' or 'none'")


def sum_squared_error(output: Any, target: Any) -> Any:
    """Σ (output − target)², the error of most derivations by hand.

    Its gradient is n times that of :func:`mean_squared_error`, for n elements.

    >>> import autograd_lite as ag
    >>> ag.sum_squared_error(ag.Value([3.0, 1.0]), [1.0, 1.0]).data
    4.0
    """
    return sum_(squared_error(output, target))


def huber(output: Any, target: Any, delta: float = 1.0, reduce: Reduce = "mean") -> Any:
    """½·d² for |d| ≤ δ, else δ·(|d| − ½·δ), with d = output − target.

    >>> import autograd_lite as ag
    >>> ag.huber([0.5, 3.0], [0.0, 0.0], reduce="none").tolist()
    [0.125, 2.5]
    """
    if not delta > 0:
        raise DataError(f"delta is {delta}; it is the positive error from which huber is linear")
    d = _operand(output) - _operand(target)
    size = abs_(d)
    return _reduced(where(size <= delta, 0.5 * d**2, delta * (size - 0.5 * delta)), reduce)


def hinge(score: Any, target: Any, reduce: Reduce = "mean") -> Any:
    """max(0, 1 − target·score), for targets of −1 and 1.

    >>> import autograd_lite as ag
    >>> ag.hinge([2.0, 0.5], [1.0, -1.0], reduce="none").tolist()
    [0.0, 1.5]
    """
    if not np.all(np.abs(primal(_operand(target))) == 1):
        raise DataError("hinge takes targets of −1 and 1; of classes 0 and 1 give 2·t − 1")
    return _reduced(relu(1.0 - multiply(target, score)), reduce)


def binary_cross_entropy(logit: Any, target: Any, reduce: Reduce = "mean") -> Any:
    """−t·ln σ(z) − (1 − t)·ln(1 − σ(z)) of logits z, stable: softplus(z) − t·z. ∂/∂z = σ(z) − t.

    ``target`` is 0, 1, or a probability. It takes the number before the sigmoid.

    >>> import autograd_lite as ag
    >>> z, t = ag.Value(0.3, "z"), ag.Constant(1.0, "t")
    >>> print(ag.terms(ag.binary_cross_entropy(z, t).named("E"))[0])
    ∂E/∂z = σ(z) − t = −0.425557
    """
    return _reduced(softplus(logit) - multiply(target, logit), reduce)


def cross_entropy(logits: Any, target: Any, reduce: Reduce = "mean") -> Any:
    """−Σ t·ln p with p = softmax(z) over the last axis, stable: logsumexp(z) − Σ t·z. ∂/∂z = p − t.

    ``logits`` z are (..., classes), the numbers before the softmax. ``target`` is the index of the
    class (...), or a distribution (..., classes) that sums to 1. Raises ShapeError for another
    shape, DataError for what is no class or no distribution.

    >>> import autograd_lite as ag
    >>> z = ag.Value([1.0, 2.0, 3.0], "z")
    >>> print(ag.terms(ag.cross_entropy(z, 2).named("E"))[2])
    ∂E/∂z[2] = softmax(z)[2] − 1 = −0.334759
    """
    shape = shape_of(_operand(logits))
    given = shape_of(_operand(target))
    if shape and given == shape[:-1]:
        t = one_hot(target, shape[-1])
    elif shape and given == shape:
        t = target
        if not np.allclose(np.sum(primal(_operand(t)), axis=-1), 1.0, atol=1e-6):
            raise DataError(
                "the target of a cross-entropy does not sum to 1 over its last axis; give "
                "probabilities, or the index of each class"
            )
    else:
        raise ShapeError(
            f"cross_entropy got logits of shape {shape} and a target of shape {given}; give the "
            "index of each class, of the shape without the last axis, or a distribution of the "
            "shape of the logits"
        )
    if t is target and getattr(target, "takes_gradient", False):  # −ln p is its derivative
        return _reduced(-sum_(multiply(t, log_softmax(logits)), -1), reduce)
    return _reduced(logsumexp(logits, -1) - sum_(multiply(t, logits), -1), reduce)
