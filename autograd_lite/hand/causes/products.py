"""A derivative as its author had to write it: a sum of products of factors.

From the quantity upwards, until a derivative is reached that the author has written down.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.graph import Term
from autograd_lite.expr.node import Expression
from autograd_lite.hand.causes.known import Known
from autograd_lite.hand.read.numbers import Array
from autograd_lite.hand.truth.truth import Ends
from autograd_lite.ops.elementwise import add, divide, multiply, negative, subtract

__all__ = ["Link", "factors", "products", "summands"]

_MOST_PRODUCTS = 12
_DEEPEST = 8


class Link(NamedTuple):
    """One factor of a product: a local derivative, or without a term one over all paths."""

    child: str
    parent: str
    term: Term | None

    @property
    def label(self) -> str:
        """The derivative by name."""
        return f"d{self.child}/d{self.parent}"

    def value(self, known: Known, values: Mapping[str, Array]) -> Array:
        """The factor with these forward values."""
        for what in ("local", "derivative") if self.term else ("derivative",):
            ends = Ends(what, self.child, self.parent)
            if ends in known.claimed:
                return known.claimed[ends]
        if self.term is None:
            return known.derivative(self.child, self.parent)
        with np.errstate(all="ignore"):
            return known.points.spread(self.term.expression.evaluate(values))


def products(known: Known, child: str, parent: str, near: bool = False) -> list[tuple[Link, ...]]:
    """The products that add up to a derivative; [] where there is no path.

    With ``near``, or where there are too many paths to name, one product for each quantity that
    the parent acts on.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.hand.truth.points import Points
    >>> w = ag.Value(3.0, label="w")
    >>> h = (w * w).named("h")
    >>> known = Known(Points(named_graph((2 * h).named("E"))))
    >>> [[link.label for link in product] for product in products(known, "E", "w")]
    [['dE/dh', 'dh/dw']]
    """
    found = list(itertools.islice(_upwards(known, child, parent, ()), _MOST_PRODUCTS + 1))
    if near or len(found) > _MOST_PRODUCTS:
        found = [
            (Link(child, term.child, None), Link(term.child, parent, term))
            for term in _acting(known, child, parent)
            if term.child != child
        ] or found
    return found


def _acting(known: Known, child: str, parent: str) -> list[Term]:
    below = known.points.below(child)
    return [
        term
        for term in known.points.graph.by_parent[parent]
        if term.child in below and not term.vanishes
    ]


def _upwards(
    known: Known, child: str, parent: str, below: tuple[Link, ...], depth: int = 0
) -> Iterator[tuple[Link, ...]]:
    for term in _acting(known, child, parent):
        link = Link(term.child, parent, term)
        if term.child == child:
            yield (link, *below)
        elif known.is_stated(child, term.child) or depth > _DEEPEST:
            yield (Link(child, term.child, None), link, *below)
        else:
            yield from _upwards(known, child, term.child, (link, *below), depth + 1)


def factors(formula: Expression) -> list[tuple[Expression, bool]]:
    """The factors of a product, each with whether it divides.

    >>> from autograd_lite.expr.node import name
    >>> a, b = name("a", 2.0), name("b", 3.0)
    >>> [(str(one), divides) for one, divides in factors(2 * a * (1 - b) / b)]
    [('2', False), ('a', False), ('1 − b', False), ('b', True)]
    """
    if formula.op is multiply:
        return [one for operand in formula.operands for one in factors(operand)]
    if formula.op is divide:
        over, under = formula.operands
        return factors(over) + [(one, not divides) for one, divides in factors(under)]
    if formula.op is negative:
        return factors(formula.operands[0])
    return [(formula, False)]


def summands(formula: Expression) -> list[tuple[float, Expression]]:
    """The summands of a sum, each with its sign.

    >>> from autograd_lite.expr.node import name
    >>> a, b = name("a", 2.0), name("b", 3.0)
    >>> [(sign, str(one)) for sign, one in summands(a - (b - a))]
    [(1.0, 'a'), (-1.0, 'b'), (1.0, 'a')]
    """
    if formula.op in {add, subtract}:
        first, second = formula.operands
        sign = 1.0 if formula.op is add else -1.0
        return summands(first) + [(sign * other, one) for other, one in summands(second)]
    if formula.op is negative:
        return [(-sign, one) for sign, one in summands(formula.operands[0])]
    return [(1.0, formula)]
