"""Updated weights hide their gradient: it is recovered as (old − new) / learning rate."""

from collections.abc import Sequence

import numpy as np

from autograd_lite.check.causes.known import Known
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.truth import Ends

__all__ = ["recovered_gradients"]


def recovered_gradients(
    known: Known, ends: Sequence[Ends], given: Array, slack: Array
) -> tuple[list[Ends], Array, Array]:
    """The gradients behind weights after a step, or behind steps, and how far they may be off.

    There are none without a learning rate.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> known = Known(Points(named_graph((ag.Value(3.0, "w") ** 2).named("E"))), learning_rate=0.1)
    >>> recovered_gradients(known, [Ends("updated", "w")], np.array([2.4]), np.array([0.01]))
    ([Ends(what='derivative', child='E', parent='w')], array([6.]), array([0.1]))
    """
    rate = known.learning_rate
    if not rate:
        return [], given, slack
    before = np.zeros(given.shape)
    if ends[0].what == "updated":
        before = np.transpose([known.values[one.child] for one in ends]).reshape(given.shape)
    root = known.points.graph.outputs[0]
    gradients = [Ends("derivative", root, one.child) for one in ends]
    return gradients, (before - given) / rate, slack / abs(rate)
