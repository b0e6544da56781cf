"""Which mistake made a gradient wrong: repairs are tried, and those that make it right are told."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from autograd_lite.check.finding import Cause
from autograd_lite.check.vjp.factors import factor_of
from autograd_lite.check.vjp.others import costly_others, others
from autograd_lite.check.vjp.paths import path_faults
from autograd_lite.check.vjp.point import Array
from autograd_lite.check.vjp.repairs import Repair, as_it_is, reshaped, shifted, summed, turned
from autograd_lite.check.vjp.trial import Trial

__all__ = ["causes_of"]

MOST = 3


class _Case(NamedTuple):
    trial: Trial
    place: int
    names: tuple[str, ...]
    given: Array
    expected: Array
    bound: float


def causes_of(trial: Trial, place: int, names: tuple[str, ...]) -> tuple[Cause, ...]:
    """The explanations that fit a wrong gradient, the simplest first.

    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(lambda x: x * x, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([-2.0, -60.0])])
    >>> [cause.kind for cause in causes_of(trial, 0, ("x",))]
    ['wrong sign']
    """
    given, expected = trial.gradients[place], trial.point.gradients[place]
    if given is None or expected is None or given.dtype.kind not in "fiu":
        return ()
    case = _Case(
        trial,
        place,
        names,
        np.asarray(given, float),
        expected,
        trial.point.bound(place, trial.dtype),
    )
    if not np.isfinite(case.given).all():
        return _not_finite(case)
    if not np.any(case.given) and np.any(expected):
        sentence = "is 0 in all elements: nothing was written to it, or its path is missing"
        return (Cause("zero gradient", sentence, np.nan, "compute it"),)
    return _repaired(case) or _low_precision(case)


def _repaired(case: _Case) -> tuple[Cause, ...]:
    """The repairs that fit; where none does alone, those that do together with a factor."""
    cheap = chain(
        as_it_is(case.given, case.expected),
        reshaped(case.given, case.expected),
        summed(case.given, case.expected),
        turned(case.given, case.expected),
        shifted(case.given, case.expected),
        others(case.trial, case.place, case.names),
    )
    alone: list[Cause] = []
    together: list[Cause] = []
    costly = costly_others(case.trial, case.place, case.names)
    for repairs in (cheap, costly, path_faults(case.trial, case.place)):
        if alone:
            break
        for repair in repairs:
            if repair.given.shape != repair.target.shape:
                continue
            if repair.kind and _fits(repair, case.bound):
                left = _residual(repair.given, repair.target)
                alone.append(Cause(repair.kind, repair.sentence, left, repair.fix))
            else:
                found = together if repair.kind else alone
                found += _with_factor(repair, case)
    return tuple((alone or together)[:MOST])


def _fits(repair: Repair, bound: float) -> bool:
    allowed = bound * max(1.0, repair.terms)
    return bool((np.abs(repair.given - repair.target) <= allowed).all())


def _with_factor(repair: Repair, case: _Case) -> Iterator[Cause]:
    """A constant factor, alone or after another repair."""
    size = float(np.vdot(repair.target, repair.target))
    ratio = float(np.vdot(repair.target, repair.given)) / size if size else 0.0
    bound = case.bound * max(1.0, abs(ratio))
    if not ratio or not _fits(repair._replace(target=ratio * repair.target), bound):
        return
    point = case.trial.point
    lengths = {
        f"{name}.shape[{axis}]": length
        for name, one in zip(case.names, point.inputs, strict=True)
        for axis, length in enumerate(one.shape)
    }
    lengths |= {
        f"{name}.size": one.size for name, one in zip(case.names, point.inputs, strict=True)
    }
    lengths["the number of results"] = sum(one.size for one in point.cotangents)
    unnamed = not repair.kind and repair.target.size > 1
    for factor in factor_of(ratio, lengths, case.trial.dtype, unnamed):
        left = _residual(repair.given / ratio, repair.target)
        cause = Cause(factor.kind, factor.sentence, left, factor.fix)
        if not repair.kind and repair.sentence:
            cause = replace(cause, sentence=f"{repair.sentence} {factor.sentence}")
        if repair.kind:
            part = Cause(repair.kind, repair.sentence, left, repair.fix)
            cause = Cause(
                f"{repair.kind} and {factor.kind}",
                f"{repair.sentence}; and {factor.sentence}",
                left,
                f"{repair.fix}; {factor.fix}",
                (part, cause),
            )
        yield cause


def _residual(given: Array, expected: Array) -> float:
    """The largest difference, as a part of the largest number."""
    largest = float(np.abs(expected).max(initial=0.0))
    left = float(np.abs(given - expected).max(initial=0.0))
    return left / largest if largest else left


def _not_finite(case: _Case) -> tuple[Cause, ...]:
    if case.trial.dtype == np.float32 and case.given.shape == case.expected.shape:
        finite = np.isfinite(case.given)
        left = _residual(case.given[finite], case.expected[finite])
        largest = f"{np.finfo(np.float32).max:.2g}"
        return (
            Cause(
                "overflow",
                f"overflows in float32, which ends at {largest}; e.g. exp(x) does for x > 88.7",
                left,
                "subtract the maximum before exp, or use log-sum-exp",
            ),
        )
    return ()


def _low_precision(case: _Case) -> tuple[Cause, ...]:
    """Digits that are lost though no number is far off: a cast, or a difference of near equals."""
    if case.given.shape != case.expected.shape:
        return ()
    coarser = np.float32 if case.trial.dtype == np.float64 else np.float16
    if _residual(case.given, case.expected) > 8 * np.finfo(coarser).eps:
        return ()
    told = f"has digits for {coarser.__name__} only: a cast, or a difference of near equals"
    return (Cause("low precision", told, np.nan, "keep the dtype of the inputs in every step"),)
