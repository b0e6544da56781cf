"""Paths of a derivative: the products of terms that lead from the result down to a quantity."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from operator import itemgetter
from typing import Any

from autograd_lite.chain.formula import Formula, number
from autograd_lite.chain.notation import short
from autograd_lite.chain.terms import NamedGraph, Term

__all__ = ["Path", "largest_paths", "product", "terms_between"]

Between = Mapping[str, Sequence[Term]]


@dataclass(frozen=True)
class Path:
    """One way from the result down to the quantity: the terms along it, and their product."""

    terms: tuple[Term, ...]

    @property
    def value(self) -> float:
        """The product of the terms."""
        return prod((term.value for term in self.terms), start=1.0)

    @property
    def names(self) -> str:
        """The product in names: ∂E/∂O1·∂O1/∂net_O1 and so on."""
        return "·".join(term.name for term in self.terms) or "1"

    @property
    def expression(self) -> Formula:
        """The product of the formulas."""
        return product(term.expression for term in self.terms)

    @property
    def formula(self) -> str:
        """The product of the formulas, as text."""
        return str(self.expression)

    @property
    def numbers(self) -> str:
        """The product of the numbers, as text; factors of 1 are left out."""
        factors = [short(term.value) for term in self.terms if term.value != 1]
        first, *others = factors or ["1"]
        return "·".join([first, *(f"({one})" if one.startswith("−") else one for one in others)])


def product(factors: Iterable[Formula]) -> Formula:
    """The factors multiplied from left to right; 1 if there are none.

    >>> from autograd_lite.chain.formula import name
    >>> str(product([name("a", 2.0), name("b", 3.0)]))
    'a·b'
    """
    result = number(1)
    for factor in factors:
        result = result * factor
    return result


def terms_between(graph: NamedGraph, output: str, wrt: str) -> dict[str, list[Term]]:
    """For each name on a path but the output, the terms by which it acts on the output.

    Names come results first, terms in the order of computation.
    """
    position = {label: number for number, label in enumerate(graph.elements)}
    below = graph.descend(output, None, along=lambda *_: None, join=lambda *_: None)
    found: dict[str, list[Term]] = {}
    waiting = [wrt] if wrt in below else []
    while waiting:
        label = waiting.pop()
        if label in found or label == output:
            continue
        acting = [t for t in graph.by_parent[label] if t.child in below and not t.vanishes]
        found[label] = sorted(acting, key=lambda term: position[term.child])
        waiting += [term.child for term in acting]
    return dict(sorted(found.items(), key=lambda item: -position[item[0]]))


def largest_paths(between: Between, output: str, wrt: str, limit: int) -> list[Path]:
    """The paths of the largest contributions, at most ``limit``, largest first.

    The largest from a name up to the output go on as the largest from where their first term
    leads, so each name keeps its best, and no other path is ever built: of 2**60 paths neither.
    """
    # A path is its size, its first term, and the path from where that leads.
    best: dict[str, list[Any]] = {output: [(1.0, None, None)]}
    for label, terms in between.items():
        extended = (
            (abs(term.value) * path[0], term, path) for term in terms for path in best[term.child]
        )
        best[label] = heapq.nlargest(limit, extended, key=itemgetter(0))
    return [Path(_unwound(path)) for path in best.get(wrt, [])]


def _unwound(path: Any) -> tuple[Term, ...]:
    """The terms of a path, from the output down."""
    terms = []
    while path[1] is not None:
        terms.append(path[1])
        path = path[2]
    return tuple(reversed(terms))
