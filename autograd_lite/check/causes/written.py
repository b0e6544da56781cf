"""Causes that a formula shows in what it refers to: derivatives upside down, or without a path."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from autograd_lite.check.causes.cause import Cause
from autograd_lite.check.causes.known import Known
from autograd_lite.check.quantities import Derivative, Quantity
from autograd_lite.check.read.numbers import Array

__all__ = ["written_causes"]

Evaluate = Callable[[Mapping[str, Array]], Array]


def written_causes(
    known: Known, refers: Mapping[str, Quantity], evaluate: Evaluate, true: Array, slack: Array
) -> list[Cause]:
    """What is wrong with the derivatives in a formula that are none.

    ``refers`` says what each spelling in it stands for; ``evaluate`` computes the formula with
    other numbers for some of them; the repaired formula has to give what is ``true``.
    """
    return list(_causes(known, refers, evaluate, true, slack))


def _causes(
    known: Known, refers: Mapping[str, Quantity], evaluate: Evaluate, true: Array, slack: Array
) -> Iterator[Cause]:
    def fits(numbers: Mapping[str, Array]) -> bool:
        repaired = evaluate(numbers)
        return repaired.shape == true.shape and bool(np.all(np.abs(repaired - true) <= slack))

    scalars = known.points.graph.elements
    pairs = {
        spelling: quantity
        for spelling, quantity in refers.items()
        if isinstance(quantity, Derivative)
        and quantity.child in scalars
        and quantity.parent in scalars
        and quantity.parent not in known.points.below(quantity.child)
    }
    turned = {
        spelling: known.points.total(one.parent, one.child)
        for spelling, one in pairs.items()
        if one.child in known.points.below(one.parent)
    }
    if turned and fits(turned):
        fix = ", ".join(f"d{pairs[one].parent}/d{pairs[one].child}" for one in turned)
        done = " and ".join(turned)
        yield Cause("upside down", f"{done}: upside down", 0.0, f"write {fix}")
        return
    for spelling, one in pairs.items():
        reason = f"{one.child} does not depend on {one.parent}"
        if fits({spelling: np.ones(known.points.count)}):
            sentence = f"the factor {spelling} is too much: {reason}"
            yield Cause("extra factor", sentence, 0.0, f"leave out {spelling}")
        elif spelling in turned:
            sentence = f"{spelling} is upside down: {reason}"
            yield Cause("upside down", sentence, 1.0, f"write d{one.parent}/d{one.child}")
        else:
            sentence = f"{reason}, so {spelling} is 0 and the product with it"
            for other in known.kin.siblings(one.child):
                if fits({spelling: known.points.total(other, one.parent)}):
                    fix = f"write d{other}/d{one.parent} in its place"
                    yield Cause("no path", sentence, 0.0, fix)
                    break
            else:
                yield Cause("no path", sentence, 1.0, f"leave out {spelling}")
