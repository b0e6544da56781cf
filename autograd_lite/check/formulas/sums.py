"""Sums over an index: the summand written out for each value that the index takes."""

import re

from autograd_lite.check.formulas.expression import Expression, Number, Reference, Term
from autograd_lite.check.formulas.latex import Known
from autograd_lite.check.formulas.operations import Sum

__all__ = ["MOST", "indexed", "mentions", "running", "write_out"]

MOST = 1_000
"""The most values of an index."""
_MOST_PARTS = 20_000

_SUBSCRIPT = re.compile(r"_\{[^{}]*\}|\[[^\]]*\]|_[^\W_]+")


def indexed(spelling: str, index: str, value: int) -> str:
    r"""A spelling with a number for an index among its subscripts.

    >>> from autograd_lite.check.formulas.sums import indexed
    >>> indexed(r"\frac{\partial E}{\partial O_k}", "k", 1), indexed("w_{k,j}", "k", 2)
    ('\\frac{\\partial E}{\\partial O_1}', 'w_{2,j}')
    >>> indexed("k_j", "k", 1), indexed("w[k][0]", "k", 1)
    ('k_j', 'w[1][0]')
    """
    alone = re.compile(rf"(?<![A-Za-z0-9]){re.escape(index)}(?![A-Za-z0-9])")
    return _SUBSCRIPT.sub(lambda found: alone.sub(str(value), found[0]), spelling)


def mentions(spelling: str, index: str) -> bool:
    """Whether an index is among the subscripts of a spelling.

    >>> from autograd_lite.check.formulas.sums import mentions
    >>> mentions("O_k", "k"), mentions("k", "k")
    (True, False)
    """
    return indexed(spelling, index, 0) != spelling


def write_out(summand: Expression, index: str, values: range) -> Expression | None:
    """The sum over an index; None where it would be too large.

    >>> from autograd_lite.check.formulas.expression import Reference
    >>> print(write_out(Reference("O_k"), "k", range(1, 4)))
    O_1 + O_2 + O_3
    """
    parts = sum(1 for _ in summand.walk())
    if len(values) > MOST or len(values) * parts > _MOST_PARTS:
        return None

    def at(value: int) -> Expression:
        def change(reference: Reference) -> Expression:
            if reference.spelling == index:
                return Number(str(value))
            return Reference(indexed(reference.spelling, index, value), reference.column)

        return summand.map(change)

    terms = tuple(Term(1, at(value)) for value in values)
    return Sum(terms) if len(terms) > 1 else terms[0].expression


def running(summand: Expression, index: str, known: Known | None) -> range:
    """The values of an index without bounds: from 0 or 1, as long as all indexed names are known.

    >>> from autograd_lite.check.formulas.expression import Reference
    >>> running(Reference("O_k"), "k", {"O_1", "O_2"}.__contains__)
    range(1, 3)
    """
    names = [part.spelling for part in summand.references if mentions(part.spelling, index)]
    if not names or known is None:
        return range(0)

    def fits(value: int) -> bool:
        return all(known(indexed(name, index, value)) for name in names)

    first = 0 if fits(0) else 1
    last = first
    while last - first <= MOST and fits(last):
        last += 1
    return range(first, last)
