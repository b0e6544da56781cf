"""Paths that are wrong as a whole: all terms from one array to another, in every step."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from autograd_lite.chain.graph import Term
from autograd_lite.check.causes.cause import Cause
from autograd_lite.check.causes.known import Known
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.kinship import stem
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.truth import Ends

__all__ = ["weighed_paths"]

_MOST_FAMILIES = 40
_WEIGHTS = (
    ("wrong sign", "has the wrong sign", "change its sign", -1.0),
    ("constant factor", "is counted twice", "add it once", 2.0),
    ("constant factor", "is counted half", "multiply it by 2", 0.5),
)


def weighed_paths(known: Known, ends: Sequence[Ends]) -> Iterator[tuple[Cause, Array]]:
    """What derivatives are with the terms of one family missing, turned or doubled; or two missing.

    There is a row for each of ``ends``.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> x = ag.Value(3.0, "x")
    >>> mean = (x / 2).named("mean")
    >>> known = Known(Points(named_graph((x - mean).named("y"))))
    >>> for cause, rows in weighed_paths(known, [Ends("derivative", "y", "x")]):
    ...     print(cause.sentence, rows.tolist())
    the path from x through mean is missing [[1.0]]
    the path from x through mean has the wrong sign [[1.5]]
    the path from x through mean is counted twice [[0.0]]
    the path from x through mean is counted half [[0.75]]
    """
    child = ends[0].child
    below = known.points.below(child)
    families: dict[tuple[str, str], None] = {}
    for term in known.points.graph.terms:
        if term.child in below and not term.vanishes:
            families[stem(term.child), stem(term.parent)] = None
    parents = {stem(one.parent) for one in ends}
    inner = [
        family
        for family in families
        if family[0] != stem(child) and (family[1] in parents or _recurs(family, families))
    ]
    for count in (1, 2):
        for left_out in combinations(inner[:_MOST_FAMILIES], count):
            totals = known.points.without(child, partial(_of_family, pairs=left_out))
            nothing = np.zeros(known.points.count)
            rows = np.array([totals.get(one.parent, nothing) for one in ends])
            if not np.any(rows):
                continue
            paths = " and ".join(f"from {parent} through {kept}" for kept, parent in left_out)
            some = "path" if count == 1 else "paths"
            done = f"the {some} {paths} {'is' if count == 1 else 'are'} missing"
            yield Cause("missing path", done, 0.0, f"add what comes {paths}"), rows
            if count == 1:
                yield from _weighed(paths, rows, known.points, ends)


def _weighed(
    paths: str, without: Array, points: Points, ends: Sequence[Ends]
) -> Iterator[tuple[Cause, Array]]:
    """What comes along some paths, with a wrong weight."""
    right = np.array([points.total(one.child, one.parent) for one in ends])
    for kind, done, fix, weight in _WEIGHTS:
        rows = without + weight * (right - without)
        yield Cause(kind, f"the path {paths} {done}", 0.0, fix), rows


def _of_family(term: Term, pairs: tuple[tuple[str, str], ...]) -> bool:
    return (stem(term.child), stem(term.parent)) in pairs


def _recurs(family: tuple[str, str], families: dict[tuple[str, str], None]) -> bool:
    """Whether a step leads back to where it came from, as in a recurrent network."""
    reached, waiting = set(), [family[1]]
    while waiting:
        one = waiting.pop()
        for kept, parent in families:
            if kept == one and parent not in reached:
                reached.add(parent)
                waiting.append(parent)
    return family[0] in reached
