"""The judgement of one gradient in one run: shape, precision, then the numbers."""

from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.check.finding import WorstElement
from autograd_lite.check.vjp.point import Array
from autograd_lite.check.vjp.report import VjpFinding
from autograd_lite.check.vjp.ties import at_a_tie
from autograd_lite.check.vjp.trial import Trial

__all__ = ["judge"]


def judge(trial: Trial, place: int, name: str) -> VjpFinding:
    """What is found for the gradient of the input at ``place``; causes are not looked for yet.

    >>> import numpy as np
    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(lambda x: x * x, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> finding = judge(Trial(point, np.float64, [np.array([2.0, -60.0])]), 0, "x")
    >>> finding.verdict, finding.worst.index, finding.ratio
    ('wrong', (1,), -1.0)
    """
    given, true = trial.gradients[place], trial.point.gradients[place]
    finding = VjpFinding(
        name=name,
        given=given,
        quantity=f"gradient of {name}",
        verdict="unchecked",
        expected=true,
        run=trial.where,
    )
    if true is None:
        return replace(finding, reason="integers and booleans take no gradient")
    if given is None:
        return replace(finding, reason="no gradient was given")
    if given.dtype.kind not in "fiu":
        reason = f"has the type {given.dtype}; a gradient is an array of real numbers"
        return replace(finding, verdict="wrong", reason=reason)
    if given.shape != true.shape:
        reason = f"has shape {given.shape}; {name} has shape {true.shape}"
        return replace(finding, verdict="wrong", reason=reason)
    if not np.isfinite(true).all():
        return replace(finding, reason="the derivative of forward is not finite at these inputs")
    return _numbers(finding, trial, place, np.asarray(given, float), true)


def _numbers(
    finding: VjpFinding, trial: Trial, place: int, given: Array, true: Array
) -> VjpFinding:
    """The verdict on an array of the right shape."""
    if not true.size:
        return replace(finding, verdict="right", error=0.0)
    wrong = ~(np.abs(given - true) <= trial.point.bound(place, trial.dtype))
    index = np.unravel_index(_size_of(given - true).argmax(), true.shape)
    finding = replace(finding, **_measures(given, true, tuple(map(int, index)), trial.dtype))
    if not wrong.any():
        return replace(finding, verdict="right", reason=_type_note(trial, place))
    tie = at_a_tie(trial, place, wrong)
    if tie.valid:
        return replace(finding, verdict="right", reason=tie.convention)
    assert finding.worst is not None
    lost = int(np.count_nonzero(~np.isfinite(given)))
    return replace(
        finding,
        verdict="wrong",
        worst=replace(finding.worst, wrong=int(np.count_nonzero(wrong))),
        reason=f"not finite in {lost} of {given.size} elements" if lost else "",
        causes=(tie.cause,) if tie.cause else (),
    )


def _size_of(difference: Array) -> Array:
    return np.asarray(np.nan_to_num(np.abs(difference), nan=np.inf))


def _measures(given: Array, true: Array, index: tuple[int, ...], dtype: Any) -> dict[str, Any]:
    """The worst element in numbers, and the angle between both arrays."""
    one, other = float(given[index]), float(true[index])
    size = abs(one - other)
    lengths = float(np.linalg.norm(given) * np.linalg.norm(true))
    cosine = float(np.vdot(given, true)) / lengths if lengths else np.nan
    return {
        "worst": WorstElement(index, one, other, 0, true.size),
        "error": size / abs(other) if other else np.inf if size else 0.0,
        "ratio": one / other if other else None,
        "cosine": min(1.0, max(-1.0, cosine)) if np.isfinite(cosine) else None,
        "ulps": size / float(np.spacing(np.abs(np.asarray(other, dtype)))) if other else None,
    }


def _type_note(trial: Trial, place: int) -> str:
    """A gradient in another precision than its input is right, but passes its own on."""
    given = trial.gradients[place]
    assert given is not None
    if given.ndim and given.dtype != trial.dtype:
        return f"is {given.dtype} for {np.dtype(trial.dtype)} inputs"
    return ""
