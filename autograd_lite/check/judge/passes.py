"""A derivation at points other than that of the program: its own numbers, and several passes.

After an update of the weights the next pass has another point, and so has a derivation that states
weights, inputs and targets of its own.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.causes.known import Stale
from autograd_lite.check.claims import Claim, ValueOf, texts_of
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.samples import Reading, is_formula
from autograd_lite.check.judge.verdicts import Judge
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array, read_numbers
from autograd_lite.check.spelling import is_rate
from autograd_lite.check.truth.points import Printed, moved
from autograd_lite.check.truth.truth import Ends
from autograd_lite.errors import ClaimError

# The point that a derivation states: its own numbers for weights, inputs and targets.

_EXACT = 8 * float(np.finfo(float).eps)
_FINER = 10
"""A value confirms a leaf if it agrees so many times closer than the leaf's digits would leave."""
_MOST = 60
"""So many values of the forward pass are asked, those nearest to the result."""


def at_stated_point(
    graph: NamedGraph,
    claims: Sequence[Claim],
    names: Mapping[str, Any] | None = None,
    vocabulary: Vocabulary | None = None,
) -> tuple[NamedGraph, dict[str, float]]:
    """The graph at the leaves that the claims state, and how far these may be from the author's.

    A leaf that is printed with few digits counts as exact where the forward pass confirms it: where
    its values agree to more digits than the rounding of the leaf would leave. ``vocabulary`` is
    that of the graph and the names, if there is one already.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value(3.0, label="w")
    >>> graph = named_graph((w * w).named("E"))
    >>> there, unsure = at_stated_point(graph, [Claim(name="w", given="0.5")])
    >>> there.value("E"), unsure
    (0.25, {'w': 0.05})
    >>> at_stated_point(graph, [Claim(name="w", given="0.5"), Claim(name="E", given="0.2500")])[1]
    {}
    """
    stated = stated_leaves(graph, claims, names, vocabulary)
    if not stated:
        return graph, {}
    # The author may have computed with the program's own numbers, and printed fewer digits.
    own = {
        leaf: Printed(value if abs(value - number) <= half else number, half)
        for leaf, (number, half) in stated.items()
        for value in [graph.value(leaf)]
    }
    tried = [own, stated] if own != stated else [own]
    found = [_confirmed_at(graph, leaves, claims, names) for leaves in tried]
    return min(found, key=lambda at: len(at[1]))


def given_rate(claim: Claim) -> float | None:
    """The learning rate, if it is that which a claim gives a number to.

    >>> given_rate(Claim(name="η", given="0.1")), given_rate(Claim(name="w", given="0.1"))
    (0.1, None)
    """
    if claim.unread or not any(map(is_rate, (claim.name, *claim.others))):
        return None
    try:
        values = read_numbers(claim.given).values
    except ClaimError:
        return None
    return None if values.shape else float(values)


def stated_leaves(
    graph: NamedGraph,
    claims: Sequence[Claim],
    names: Mapping[str, Any] | None = None,
    vocabulary: Vocabulary | None = None,
) -> dict[str, Printed]:
    """The numbers that claims give to leaves of the graph, the first for each, element by element.

    A leaf that is a step in a chain (``dz/dw = x = 0.7``) is not given a number by it.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value([3.0, 4.0], label="w")
    >>> graph = named_graph((w * w).sum().named("E"))
    >>> stated_leaves(graph, [Claim(name="w", given=["0.50", 2])])
    {'w[0]': Printed(number=0.5, half=0.005), 'w[1]': Printed(number=2.0, half=0.0)}
    """
    vocabulary = vocabulary or Vocabulary(graph, names)
    vocabulary.count_as(itertools.chain.from_iterable(map(texts_of, claims)))
    stated: dict[str, Printed] = {}
    for claim in claims:
        if claim.conditions or claim.each or claim.derived:
            continue  # what holds elsewhere, for some index or by a chain, is not this point
        spellings = (claim.name, *claim.others)
        readings = next((found for name in spellings if (found := vocabulary.readings(name))), [])
        if len(readings) != 1 or not isinstance(readings[0], ValueOf):
            continue
        scalars = vocabulary.scalars[readings[0].of]
        if graph.elements[scalars.flat[0]].kind == "value" or is_formula(claim.given):
            continue
        try:
            numbers = read_numbers(claim.given)
        except ClaimError:
            continue  # the judge says what is wrong with it
        if numbers.values.shape == scalars.shape and np.all(np.isfinite(numbers.values)):
            columns = scalars.flat, numbers.values.flat, numbers.half_units.flat
            for leaf, number, half in zip(*columns, strict=True):
                stated.setdefault(leaf, Printed(float(number), float(half)))
    return stated


def _confirmed_at(
    graph: NamedGraph,
    leaves: Mapping[str, Printed],
    claims: Sequence[Claim],
    names: Mapping[str, Any] | None,
) -> tuple[NamedGraph, dict[str, float]]:
    """The graph at these leaves, and those that no value of the forward pass confirms."""
    there = graph
    if any(printed.number != graph.value(leaf) for leaf, printed in leaves.items()):
        there, _ = moved(graph, leaves)
    unsure = {
        leaf: printed.half
        for leaf, printed in leaves.items()
        if printed.half > _EXACT * abs(printed.number)
    }
    confirmed: set[str] = set()
    contradicted: set[str] = set()
    for value, slack, right in _forward(there, claims, names) if unsure else ():
        slopes = there.gradients(value)
        felt = {leaf for leaf, half in unsure.items() if abs(slopes[leaf]) * half > _FINER * slack}
        (confirmed if right else contradicted).update(felt)
    sure = confirmed - contradicted
    return there, {leaf: half for leaf, half in unsure.items() if leaf not in sure}


def _forward(
    graph: NamedGraph, claims: Sequence[Claim], names: Mapping[str, Any] | None
) -> Iterator[tuple[str, float, bool]]:
    """The computed values that are claimed: the name, how closely it is known, whether it is right.

    Of several claims of the same value the first counts: later ones may be of another pass.
    """
    judge = Judge(graph, names)
    found: dict[str, tuple[str, float, bool]] = {}
    for claim in claims:
        if is_formula(claim.given) or not _may_be_computed(claim, judge):
            continue
        reading = judge.read(claim)
        if isinstance(reading, Reading) and isinstance(reading.quantity, ValueOf):
            columns = reading.expected.ends, reading.slack[0].flat, reading.wrong_at[0].flat
            for ends, slack, wrong in zip(*columns, strict=True):
                if graph.elements[ends.child].kind == "value":
                    found.setdefault(ends.child, (ends.child, float(slack), not wrong))
    position = {name: place for place, name in enumerate(graph.elements)}
    yield from sorted(found.values(), key=lambda one: -position[one[0]])[:_MOST]


def _may_be_computed(claim: Claim, judge: Judge) -> bool:
    """Whether a claim can be about a computed value; to read all the others would take long."""
    readings = judge.vocabulary.readings
    meant = [claim.quantity] if claim.quantity else readings(claim.name)
    meant = meant or [one for name in claim.others for one in readings(name)]
    scalars, elements = judge.vocabulary.scalars, judge.graph.elements
    return not meant or any(
        isinstance(one, ValueOf) and elements[scalars[one.of].flat[0]].kind == "value"
        for one in meant
    )


# Several passes.
#
# A new pass begins where, below an updated weight, a value of the forward pass is stated that the
# old weights do not give. Its weights are those that the author had computed, mistakes and all.

_NEAR = 10
"""From so many passes before and after it a number can have been taken by mistake."""


class _Pass:
    """The claims of one pass, and the judge at its point."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.claims: list[Claim] = []
        self.read: list[Reading | Finding] = []
        self.stated: dict[Ends, Printed] = {}

    def add(self, claim: Claim, read: Reading | Finding) -> None:
        """Take a claim, and remember its numbers."""
        self.claims.append(claim)
        self.read.append(read)
        if isinstance(read, Reading):
            numbers = zip(
                read.samples.values[0].ravel().tolist(),
                read.samples.half_units.ravel().tolist(),
                strict=True,
            )
            self.stated |= dict(zip(read.expected.ends, map(Printed._make, numbers), strict=True))

    def begins_another(self, read: Reading | Finding) -> bool:
        """Whether this is a value of the next forward pass."""
        if not isinstance(read, Reading) or read.right or read.claim.each:
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
    texts = [*itertools.chain.from_iterable(map(texts_of, claims))]
    passes = [_Pass(Judge(graph, names, learning_rate, unsure))]
    passes[0].judge.vocabulary.count_as(texts)
    for claim in claims:
        read = passes[-1].judge.read(claim)
        if claim.line is not None and passes[-1].begins_another(read):
            passes.append(_Pass(_next(passes[-1], names)))
            passes[-1].judge.vocabulary.count_as(texts)
            read = passes[-1].judge.read(claim)
        passes[-1].add(claim, read)
    if len(passes) == 1:
        return passes[0].judge.findings(claims, read=passes[0].read)
    findings = []
    for count, one in enumerate(passes):
        near = range(max(0, count - _NEAR), min(len(passes), count + _NEAR + 1))
        others = [
            _moment(f"pass {place + 1}", passes[place], place < count)
            for place in near
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
