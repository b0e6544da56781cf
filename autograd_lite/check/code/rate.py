"""The learning rate of code that updates weights, if it is nowhere given."""

from collections.abc import Iterator, Sequence

import numpy as np

from autograd_lite.check.claims import Claim
from autograd_lite.check.judge.samples import Samples
from autograd_lite.check.names import Derivative, Updated, Vocabulary
from autograd_lite.check.read.numbers import Array

__all__ = ["rate_of_updates"]


def rate_of_updates(claims: Sequence[Claim], vocabulary: Vocabulary) -> float | None:
    """The one number by which code multiplies a gradient before it subtracts it from its weight.

    The gradient is that of the code, or the true one. None where there is no such number.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.code.derivation import code_claims
    >>> graph = named_graph((ag.Value(3.0, "w") ** 2).named("E"))
    >>> vocabulary = Vocabulary(graph)
    >>> def step(w):
    ...     w = w - 0.25 * (2 * w)
    >>> rate_of_updates(code_claims(step, graph, vocabulary).claims, vocabulary)
    0.25
    """
    for claim in claims:
        for quantity in vocabulary.readings(claim.name):
            if isinstance(quantity, Updated) and isinstance(claim.given, Samples):
                for before, gradient in _pairs(claims, vocabulary, quantity, claim.given):
                    rate = _ratio(before - claim.given.values, gradient)
                    if rate > 0:
                        return float(f"{rate:.12g}")
    return None


def _pairs(
    claims: Sequence[Claim], vocabulary: Vocabulary, updated: Updated, after: Samples
) -> Iterator[tuple[Array, Array]]:
    """The weight before the step, and each gradient that may have been subtracted from it."""
    points, names = after.points, vocabulary.scalars[updated.weight]
    if points is None:
        return
    root = points.graph.outputs[0]
    before = np.transpose([points.values[name] for name in names.flat]).reshape(after.values.shape)
    wanted = Derivative(vocabulary.root, updated.weight)
    for claim in claims:
        if isinstance(claim.given, Samples) and wanted in vocabulary.readings(claim.name):
            yield before, claim.given.values
    true = np.transpose([points.total(root, name) for name in names.flat])
    yield before, true.reshape(before.shape)


def _ratio(step: Array, gradient: Array) -> float:
    """The factor between two arrays; 0 if there is none."""
    size = float(np.vdot(gradient, gradient)) if step.shape == gradient.shape else 0.0
    rate = float(np.vdot(gradient, step)) / size if size else 0.0
    return rate if np.allclose(step, rate * gradient, rtol=1e-9, atol=0) else 0.0
