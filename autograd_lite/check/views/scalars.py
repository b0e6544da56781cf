"""Findings number by number: what is said of each scalar of the graph, alone or in an array."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.finding import Finding, Verdict
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.quantities import Derivative, Quantity
from autograd_lite.check.read.numbers import Array, read_numbers
from autograd_lite.errors import ClaimError

__all__ = ["GRAVITY", "Said", "said_of"]

GRAVITY: tuple[Verdict, ...] = ("wrong", "follows", "ambiguous", "unchecked", "right")
"""The gravest first: of a quantity that is stated more than once, this verdict counts."""


class Said(NamedTuple):
    """What a finding says of one number; ``given`` is None for a formula."""

    quantity: Quantity
    verdict: Verdict
    given: float | None
    expected: float
    finding: Finding


def said_of(graph: NamedGraph, findings: Sequence[Finding]) -> list[Said]:
    """What is said of each number, by the gravest finding on it.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value([3.0, 4.0], label="w")
    >>> found = ag.compare(ag.sum(w).named("E"), {"w": ["3.0", "4.5"]}).findings
    >>> [(str(one.quantity), one.verdict) for one in said_of(named_graph(ag.sum(w)), found)]
    [('w[0]', 'right'), ('w[1]', 'wrong')]
    """
    vocabulary = Vocabulary(graph)
    layers = _layers(graph)
    found: dict[Quantity, Said] = {}
    for finding in findings:
        readings = vocabulary.readings(finding.quantity) if finding.quantity else []
        whole = next((one for one in readings if str(one) == finding.quantity), None)
        if whole is None or finding.expected is None:
            continue
        for one in _numbers(finding, whole, layers):
            before = found.get(one.quantity)
            if before is None or _gravity(one) < _gravity(before):
                found[one.quantity] = one
    return list(found.values())


def _gravity(said: Said) -> tuple[int, bool]:
    """The less, the more it counts; a number says more in a picture than a formula."""
    return GRAVITY.index(said.verdict), said.given is None


def _layers(graph: NamedGraph) -> dict[str, Array]:
    """The names of the scalars of every named value, in its shape."""
    layers: dict[str, Array] = {}
    for name, element in graph.elements.items():
        array = layers.setdefault(element.layer, np.empty(element.tensor.shape, object))
        array[element.index] = name
        layers.setdefault(name, np.array(name, object))
    return layers


def _numbers(finding: Finding, whole: Quantity, layers: dict[str, Array]) -> Iterator[Said]:
    """The numbers of a finding, in the order of its array."""
    expected = np.asarray(finding.expected, float)
    quantities = _quantities(whole, expected.shape, layers)
    if len(quantities) != expected.size:
        return
    given = _given(finding, expected)
    wrong = _wrong(finding, given, expected)
    for place, quantity in enumerate(quantities):
        yield Said(
            quantity,
            finding.verdict if wrong[place] else "right",
            None if given is None else float(given.ravel()[place]),
            float(expected.ravel()[place]),
            finding,
        )


def _quantities(
    whole: Quantity, shape: tuple[int, ...], layers: dict[str, Array]
) -> list[Quantity]:
    if not isinstance(whole, Derivative):
        return [whole.about(name) for name in layers[whole.subject].ravel()]
    child, parent = layers[whole.child], layers[whole.parent]
    if child.shape + parent.shape == shape:
        return [Derivative(*pair) for pair in product(child.ravel(), parent.ravel())]
    return [Derivative(*pair) for pair in zip(child.ravel(), parent.ravel(), strict=False)]


def _given(finding: Finding, expected: Array) -> Array | None:
    """The numbers that were given, None for a formula or another shape."""
    try:
        values = read_numbers(finding.given).values
    except ClaimError:
        return None
    return values if values.shape == expected.shape else None


def _wrong(finding: Finding, given: Array | None, expected: Array) -> Array:
    """Which numbers have the verdict of the finding: of a wrong array, those most off."""
    every = np.ones(expected.size, bool)
    if finding.worst is None or given is None:
        return every
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.abs(given - expected) / np.abs(expected)
    errors = np.where(given == expected, 0, np.where(np.isnan(errors), np.inf, errors)).ravel()
    wrong = np.zeros(expected.size, bool)
    wrong[np.argsort(-errors, kind="stable")[: finding.worst.wrong]] = True
    return wrong
