"""Ties and kinks, where several gradients are right: which of them was given."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from autograd_lite.check.finding import Cause
from autograd_lite.check.vjp.point import Array, Point
from autograd_lite.check.vjp.trial import Trial
from autograd_lite.functional import vjp
from autograd_lite.gradcheck import Pass

__all__ = ["Tie", "at_a_tie"]

MOST = 32
"""At so many elements both sides are looked at."""
STEP = 1e-7
"""How far the sides are, as a part of the largest number of the input."""

_COUNTED_TWICE = Cause(
    "tie counted twice",
    "at a tie the shares of the equal numbers do not add up to the whole",
    np.nan,
    "give it to one of them, or divide it by how many they are",
)


class Tie(NamedTuple):
    """Whether what was given at a tie is a subgradient, and its convention; if not, why."""

    valid: bool
    convention: str = ""
    cause: Cause | None = None


def at_a_tie(trial: Trial, place: int, wrong: Array) -> Tie:
    """Whether a gradient that is not the engine's is right all the same, because x is at a tie.

    Each element has to lie between the derivatives of its two sides. Where moving all equal numbers
    together keeps the tie, the function is smooth that way, and their gradients have to add up.

    >>> import autograd_lite as ag
    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(ag.max, [np.array([3.0, 3.0, 1.0])])
    >>> point = Point("here", forward, forward.given, [np.array(1.0)], seed=0)
    >>> halves = Trial(point, np.float64, [np.array([0.5, 0.5, 0.0])])
    >>> at_a_tie(halves, 0, np.array([True, True, False])).convention
    'at a tie: takes 1/2 each; the engine gives it to the first'
    """
    given, point = trial.gradients[place], trial.point
    expected = point.gradients[place]
    assert given is not None
    assert expected is not None
    bound = point.bound(place, trial.dtype)
    indices = np.argwhere(wrong)
    shares = []
    for index in map(tuple, indices[:: -(-len(indices) // MOST)]):
        sides = _sides(point, place, index)
        if sides is None:
            return Tie(False)
        nothing, whole = sorted(sides, key=abs)
        slack = bound + 10 * STEP * abs(whole - nothing)
        if not min(sides) - slack <= given[index] <= max(sides) + slack:
            return Tie(False)
        shares.append([float((x[index] - nothing) / (whole - nothing)) for x in (given, expected)])
    if not _adds_up(trial, place, wrong, bound):
        return Tie(False, cause=_COUNTED_TWICE)
    return Tie(True, _convention(np.array(shares)))


def _sides(point: Point, place: int, index: tuple[int, ...]) -> tuple[float, float] | None:
    """The derivatives by one element on its two sides; None where there is no kink between."""
    position = point.forward.active.index(place)
    step = STEP * (float(np.abs(point.inputs[place]).max()) or 1.0)
    passes = [point.here.moved(position, index, sign * step)[1] for sign in (-1, 1)]
    if passes[0].branches == passes[1].branches:
        return None
    left, right = (_gradient(point, one, position)[index] for one in passes)
    if not np.isfinite([left, right]).all() or abs(right - left) <= 1e-4 * max(
        abs(left), abs(right)
    ):
        return None
    return float(left), float(right)


def _gradient(point: Point, there: Pass, position: int) -> Array:
    return np.asarray(vjp(point.forward, *there.inputs)[1](point.cotangent)[position])


def _adds_up(trial: Trial, place: int, wrong: Array, bound: float) -> bool:
    """Whether the gradients of equal numbers have the right sum, wherever the sum is defined."""
    point = trial.point
    for number in np.unique(point.inputs[place][wrong])[:MOST]:
        equal = {one: point.inputs[one] == number for one in point.forward.active}
        step = STEP * (abs(float(number)) or 1.0)
        moved = [np.where(equal[one], number + step, point.inputs[one]) for one in equal]
        if Pass(point.forward, moved, point.cotangent).branches != point.here.branches:
            continue
        excess, allowed = 0.0, 0.0
        for one, where in equal.items():
            given, expected = trial.gradients[one], point.gradients[one]
            if given is None or expected is None or given.shape != expected.shape:
                continue
            if where.any():
                excess += float(np.sum(given[where] - expected[where]))
                allowed += bound * np.count_nonzero(where)
        if abs(excess) > allowed:
            return False
    return True


def _convention(shares: Array) -> str:
    """What the given gradient and the engine's take of the slope, in words."""
    given, engine = np.round(shares, 4).T
    if set(engine) == {0.0, 1.0}:
        its = "the engine gives it to the first"
        if set(given) <= {0.0, 1.0}:
            return f"at a tie: gives it to another; {its}"
        return f"at a tie: takes {_range(given)} each; {its}"
    return f"at a kink: takes {_range(given)} of the slope; the engine takes {_range(engine)}"


def _range(shares: Array) -> str:
    low, high = (str(Fraction(one).limit_denominator(9)) for one in (shares.min(), shares.max()))
    return low if low == high else f"{low} to {high}"
