"""The point that a derivation states: its own numbers for weights, inputs and targets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Claim
from autograd_lite.check.judge.moving import Printed, moved
from autograd_lite.check.judge.readings import Reading
from autograd_lite.check.judge.sampling import is_formula
from autograd_lite.check.judge.verdicts import Judge
from autograd_lite.check.names import ValueOf, Vocabulary
from autograd_lite.check.read.numbers import read_numbers
from autograd_lite.errors import ClaimError

__all__ = ["at_stated_point", "stated_leaves"]

_EXACT = 8 * float(np.finfo(float).eps)
_FINER = 10
"""A value confirms a leaf if it agrees so many times closer than the leaf's digits would leave."""
_MOST = 60
"""So many values of the forward pass are asked, those nearest to the result."""


def at_stated_point(
    graph: NamedGraph, claims: Sequence[Claim], names: Mapping[str, Any] | None = None
) -> tuple[NamedGraph, dict[str, float]]:
    """The graph at the leaves that the claims state, and how far these may be from the author's.

    A leaf that is printed with few digits counts as exact where the forward pass confirms it: where
    its values agree to more digits than the rounding of the leaf would leave.

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
    stated = stated_leaves(graph, claims, names)
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


def stated_leaves(
    graph: NamedGraph, claims: Sequence[Claim], names: Mapping[str, Any] | None = None
) -> dict[str, Printed]:
    """The numbers that claims give to leaves of the graph, the first for each, element by element.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value([3.0, 4.0], label="w")
    >>> graph = named_graph((w * w).sum().named("E"))
    >>> stated_leaves(graph, [Claim(name="w", given=["0.50", 2])])
    {'w[0]': Printed(number=0.5, half=0.005), 'w[1]': Printed(number=2.0, half=0.0)}
    """
    vocabulary = Vocabulary(graph, names)
    stated: dict[str, Printed] = {}
    for claim in claims:
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
        if is_formula(claim.given):
            continue
        reading = judge.read(claim)
        if isinstance(reading, Reading) and isinstance(reading.quantity, ValueOf):
            columns = reading.expected.ends, reading.slack[0].flat, reading.wrong_at[0].flat
            for ends, slack, wrong in zip(*columns, strict=True):
                if graph.elements[ends.child].kind == "value":
                    found.setdefault(ends.child, (ends.child, float(slack), not wrong))
    position = {name: place for place, name in enumerate(graph.elements)}
    yield from sorted(found.values(), key=lambda one: -position[one[0]])[:_MOST]
