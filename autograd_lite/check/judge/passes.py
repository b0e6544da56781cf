"""A derivation of several passes: after an update of the weights, the next pass has another point.

A new pass begins where, below an updated weight, a value of the forward pass is stated that the
old weights do not give. Its weights are those that the author had computed, mistakes and all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.causes.known import Stale
from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.moving import Printed, moved
from autograd_lite.check.judge.readings import Reading
from autograd_lite.check.judge.verdicts import Judge
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.truth import Ends

__all__ = ["judged"]


class _Pass:
    """The claims of one pass, and the judge at its point."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.claims: list[Claim] = []
        self.stated: dict[Ends, Printed] = {}

    def add(self, claim: Claim, read: Reading | Finding) -> None:
        """Take a claim, and remember its numbers."""
        self.claims.append(claim)
        if isinstance(read, Reading):
            numbers = zip(
                read.samples.values[0].ravel().tolist(),
                read.samples.half_units.ravel().tolist(),
                strict=True,
            )
            self.stated |= dict(zip(read.expected.ends, map(Printed._make, numbers), strict=True))

    def begins_another(self, read: Reading | Finding) -> bool:
        """Whether this is a value of the next forward pass."""
        if not isinstance(read, Reading) or read.right:
            return False
        ends = read.expected.ends[0]
        computed = ends.what == "value" and self.judge.graph.elements[ends.child].kind == "value"
        return computed and any(one.what == "updated" for one in self.stated)

    def weights(self) -> dict[str, Printed]:
        """The weights after this pass, each as exactly as it is known."""
        graph, rate = self.judge.graph, self.judge.truth.learning_rate
        found = {}
        for name, element in graph.elements.items():
            stated = self.stated.get(Ends("updated", name))
            if element.kind != "weight" or stated is None:
                continue
            gradient = self.stated.get(Ends("derivative", graph.outputs[0], name))
            if (
                rate is not None
                and gradient is not None
                and abs(rate) * gradient.half < stated.half
            ):
                after = graph.value(name) - rate * gradient.number
                if abs(after - stated.number) <= stated.half:
                    stated = Printed(after, abs(rate) * gradient.half)
            found[name] = stated
        return found


def judged(
    graph: NamedGraph,
    claims: Sequence[Claim],
    names: Mapping[str, Any] | None,
    learning_rate: float | None,
    unsure: Mapping[str, float] | None = None,
) -> list[Finding]:
    """The findings on claims in the order of a document, pass by pass.

    ``unsure`` says how far the leaves of the graph may be from the author's, in the first pass.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value(3.0, label="w")
    >>> rows = ("E", "9.0"), ("w updated", "2.4"), ("E", "5.76")
    >>> claims = [Claim(name=name, given=given, line=1) for name, given in rows]
    >>> findings = judged(named_graph((w * w).named("E")), claims, None, 0.1)
    >>> [(finding.part, finding.verdict) for finding in findings]
    [('pass 1', 'right'), ('pass 1', 'right'), ('pass 2', 'right')]

    Raises ClaimError for a learning rate that is no finite number.
    """
    passes = [_Pass(Judge(graph, names, learning_rate, unsure))]
    for claim in claims:
        read = passes[-1].judge.read(claim)
        if claim.line is not None and passes[-1].begins_another(read):
            passes.append(_Pass(_next(passes[-1], names)))
            read = passes[-1].judge.read(claim)
        passes[-1].add(claim, read)
    if len(passes) == 1:
        return passes[0].judge.findings(claims)
    findings = []
    for count, one in enumerate(passes):
        others = [
            _moment(f"pass {place + 1}", other, place < count)
            for place, other in enumerate(passes)
            if place != count
        ]
        part = f"pass {count + 1}"
        findings += [replace(f, part=part) for f in one.judge.findings(one.claims, others)]
    return findings


def _next(one: _Pass, names: Mapping[str, Any] | None) -> Judge:
    """The judge at the weights that a pass has left."""
    truth, weights = one.judge.truth, one.weights()
    graph, fresh = moved(one.judge.graph, weights)
    kept = {name: off for name, off in truth.unsure.items() if name not in weights}
    return Judge(graph, names, truth.learning_rate, kept | fresh)


def _moment(when: str, one: _Pass, earlier: bool) -> Stale:
    """Another pass, from whose values and, if it was earlier, claims numbers may be taken."""
    values: dict[str, Array] = {
        name: np.array([one.judge.graph.value(name)]) for name in one.judge.graph.elements
    }
    claims = {
        ends: np.array([stated.number])
        for ends, stated in one.stated.items()
        if earlier or ends.what == "value"
    }
    return Stale(when, values, claims)
