"""Faults: the single mistakes that people make in a product of the chain rule.

Each turns one factor, or one product, into another, and says so in a sentence. Its cost is how
unlikely it is before one looks at the numbers; the cheapest explanation is shown first.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np

from autograd_lite.check.causes.known import Known
from autograd_lite.check.causes.products import Link, factors
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.kinship import stem
from autograd_lite.check.truth.truth import Ends

__all__ = ["Fault", "Variant", "constant_faults", "extra_faults", "family", "taken_for"]

_NUMBERED = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\[[\d,]*\])?")


class Fault(NamedTuple):
    """One mistake: its kind, what was done and what to do, and how unlikely it is."""

    kind: str
    done: str
    fix: str
    cost: float

    @property
    def family(self) -> str:
        """What was done, without the numbers in the names: what all paths may have in common.

        >>> Fault("missing factor", "the factor dH1/dnet_H1 is missing", "", 2.0).family
        'the factor dH/dnet_H is missing'
        """
        return family(self.done)


@cache
def family(done: str) -> str:
    """What was done, without the numbers in the names.

    >>> family("Y[0,1] stands in place of Y[1,0]")
    'Y stands in place of Y'
    """
    return _NUMBERED.sub(lambda found: stem(found[0]), done)


Variant = tuple[Fault, Array]


def taken_for(given: str, right: str, cost: float = 3.0, kind: str = "wrong factor") -> Fault:
    """One thing in place of another.

    >>> taken_for("t2", "t1").done
    't2 stands in place of t1'
    """
    return Fault(
        kind, f"{given} stands in place of {right}", f"write {right} in place of {given}", cost
    )


def constant_faults(known: Known) -> Iterator[Variant]:
    """A wrong sign, and the constants that are forgotten or counted twice."""
    ones = np.ones(known.points.count)
    yield Fault("wrong sign", "the sign is wrong", "change the sign", 1.0), -ones
    constants: dict[float, tuple[str, float]] = {
        2.0: ("it is twice what it has to be", 1.5),
        0.5: ("it is half of what it has to be", 1.5),
    }
    for size in sorted(known.sizes):
        constants.setdefault(
            float(size), (f"it is {size} times too large: 1/{size} is missing", 2.0)
        )
        constants.setdefault(1 / size, (f"it is divided by {size}: a mean where the sum is", 2.0))
    for power in (10.0, 0.1, 100.0, 0.01):
        constants.setdefault(power, ("the decimal point is misplaced", 3.0))
    if known.learning_rate:
        rate = known.learning_rate
        constants.setdefault(rate, ("it is multiplied by the learning rate", 2.0))
        constants.setdefault(-rate, ("it is the step −learning rate·gradient", 2.0))
    for constant, (done, cost) in constants.items():
        fix = f"multiply by {1 / constant:.6g}"
        yield Fault("constant factor", done, fix, cost), constant * ones
        if cost < 2:
            both = f"the sign is wrong, and {done}"
            yield (
                Fault("constant factor", both, f"multiply by {-1 / constant:.6g}", 3.5),
                -constant * ones,
            )


def extra_faults(
    known: Known, links: list[Link], ends: Ends, values: Mapping[str, Array]
) -> Iterator[Variant]:
    """Factors that may stand there once too often."""
    pool: dict[str, Array] = {}
    for link in links:
        if link.term is not None:
            for part, _ in factors(link.term.expression):
                if not part.is_number:
                    pool.setdefault(str(part), known.points.spread(part.evaluate(values)))
            pool.setdefault(link.label, link.value(known, values))
    graph = known.points.graph
    near = [ends.parent, ends.child, *(link.parent for link in links)]
    for one in near:
        for term in [*graph.by_child.get(one, []), *graph.by_parent.get(one, [])][:8]:
            number = known.points.spread(term.expression.evaluate(values))
            pool.setdefault(f"d{term.child}/d{term.parent}", number)
        if one in values:
            pool.setdefault(one, values[one])
    for label, number in pool.items():
        fault = Fault("extra factor", f"the factor {label} is too much", f"leave out {label}", 3.0)
        if np.all(np.isfinite(number)) and not np.all(number == 1) and np.all(number != 0):
            yield fault, number
