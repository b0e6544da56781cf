"""Moments: forward values that an author may have used in place of those of this pass."""

from collections.abc import Iterator, Mapping

from autograd_lite.check.causes.faults import Fault
from autograd_lite.check.causes.known import Known
from autograd_lite.check.read.numbers import Array

__all__ = ["other_moments"]


def other_moments(known: Known) -> Iterator[tuple[Fault, Mapping[str, Array]]]:
    """The weights after the update, and the values of other passes, each with what is wrong then.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> points = Points(named_graph((ag.Value(3.0, "w") ** 2).named("E")))
    >>> known = Known(points, updated={"w": points.values["w"] - 0.6})
    >>> [fault.kind for fault, _ in other_moments(known)]
    ['updated before reuse']
    """
    if known.updated:
        done = "the weights had been updated before they were used here"
        fix = "use the weights of the forward pass: keep a copy, or update after all gradients"
        fault = Fault("updated before reuse", done, fix, 2.0)
        yield fault, {**known.values, **known.updated}
    for stale in known.stale:
        elements = known.points.graph.elements
        computed = {name: x for name, x in stale.values.items() if elements[name].kind == "value"}
        for what, values in ("values", stale.values), ("computed values", computed):
            done, fix = f"the {what} are those of {stale.when}", f"use the {what} of this pass"
            yield Fault("stale value", done, fix, 2.0), {**known.values, **values}
