"""The ways in which an author may have gone on from what was stated."""

import itertools
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Way", "all_ways"]

_MOST_EDGES = 3
"""Up to so many wrong edges, each is followed in its own way; more go all in the same."""


class Way(NamedTuple):
    """One way in which the author may have gone on from what was stated.

    ``values`` is which forward values went into the derivatives: "true", "wrong" ones where they
    were stated, or all as "printed"; ``printed`` whether derivatives are the printed ones too;
    ``borrowed`` whether dE1/dO is the stated dE/dO where dE/dE1 is 1; ``edges`` what became of each
    wrong edge: "add", "replace" or "ignore".
    """

    values: str
    printed: bool
    borrowed: bool
    edges: tuple[str, ...]


def all_ways(values: Iterable[str], edges: int, lent: bool) -> list[Way]:
    """Every combination; ``values`` are the kinds of forward values beside the true ones.

    >>> [way.edges for way in all_ways([], 1, False)]
    [('add',), ('replace',), ('ignore',)]
    """
    modes = ("add", "replace", "ignore")
    followed = (
        list(itertools.product(modes, repeat=edges))
        if edges <= _MOST_EDGES
        else [(mode,) * edges for mode in modes]
    )
    kinds = [("true", False), *((kind, kind == "printed") for kind in values)]
    return [
        Way(kind, printed, borrowed, each)
        for (kind, printed), borrowed, each in itertools.product(
            kinds, (False, True) if lent else (False,), followed
        )
    ]
