"""The check of a hand-written backward against the engine."""

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.check.finding import Cause
from autograd_lite.check.vjp.causes import causes_of
from autograd_lite.check.vjp.confirm import confirm
from autograd_lite.check.vjp.inputs import cotangent_like, random_like, read_inputs, tied_like
from autograd_lite.check.vjp.judge import judge
from autograd_lite.check.vjp.point import Array, Forward, Point
from autograd_lite.check.vjp.report import VjpFinding, VjpReport
from autograd_lite.check.vjp.trial import Change, Trial, try_backward
from autograd_lite.data import describe
from autograd_lite.errors import AutogradLiteError, ClaimError
from autograd_lite.value import Value

__all__ = ["check_vjp"]

RANDOM, GIVEN, TIED = "random inputs", "inputs as given", "inputs with ties"


def check_vjp(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Any,
    *,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> VjpReport:
    """Check a hand-written backward: the vector-Jacobian product of ``forward``.

    ``forward(*inputs)`` takes Values and returns one, or a tuple of them. ``backward(cotangent,
    *inputs)`` is plain NumPy and returns an array for each input, None for one that needs no
    gradient; for several results the cotangent is a tuple. ``inputs`` is a list of arrays and
    numbers, or one array. Integers and booleans (labels, masks) reach both functions as they are
    and may be left out of what is returned. ``names`` of the inputs are those of forward's
    parameters if not given.

    Backward is run on the inputs as given, on random ones in their shapes and ranges, and, where
    forward chooses (max, relu), on some with ties; each time with a random cotangent, and in
    float64 and float32. The shape is checked first, then the numbers, then what backward writes
    into its own arguments. At a tie every subgradient is right, and the report says which it is.

    The tolerance follows from the arithmetic. With u the rounding unit of the precision and N the
    size of the largest array, a gradient may be wrong by what a rounding of each number of the
    engine's own backward pass changes (measured, times 8), plus 8·u·√N of its largest element,
    which allows for sums in another order.

    Raises DataError where forward fails or is given no numbers, ClaimError for names that do not
    fit.

    >>> import autograd_lite as ag
    >>> def forward(x, W, b):
    ...     return x @ W + b
    >>> def backward(dout, x, W, b):
    ...     return dout @ W.T, x.T @ dout, dout.mean(axis=0)
    >>> inputs = np.eye(3, 2), np.ones((2, 4)), np.zeros(4)
    >>> report = ag.check_vjp(forward, backward, inputs)
    >>> [(finding.name, finding.verdict) for finding in report.findings]
    [('x', 'right'), ('W', 'right'), ('b', 'wrong')]
    >>> report.findings[2].causes[0].sentence
    'is too small by the factor 1/3; 3 is x.shape[0]: a mean where a sum belongs'
    """
    given = read_inputs(inputs)
    labels = _names(forward, backward, given, names)
    first = next(iter(_parameters(backward)), "cotangent")
    cotangent = first if first not in labels else "the cotangent"
    with np.errstate(all="ignore"):
        points = _points(Forward(forward, given), given, seed)
        sure, oracle = confirm(points[0], np.random.default_rng(seed))
        if not sure:
            finding = VjpFinding(name="forward", given=None, verdict="wrong", reason=oracle)
            return VjpReport(_title(backward), [finding], "the backward was not checked")
        trials = [
            try_backward(backward, point, dtype, labels, cotangent)
            for point, dtype in _runs(points)
        ]
        findings = [*_failures(trials), *_changes(trials)]
        if points[0].label != RANDOM:
            oracle += f"; forward is not finite at {RANDOM}, so they were not tried"
        usable = [trial for trial in trials if trial.gradients]
        findings += [_gradient(usable, place, labels) for place in range(len(given))]
    return VjpReport(_title(backward), findings, oracle)


def _title(backward: Callable[..., Any]) -> str:
    name: str = getattr(backward, "__name__", "")
    return name if name.isidentifier() else "backward"


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        one.name
        for one in parameters
        if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}
    ]


def _names(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    given: Sequence[Array],
    names: Sequence[str] | None,
) -> tuple[str, ...]:
    """A name for each input: as given, of a parameter, or else its position."""
    if names is None:
        parameters = [_parameters(forward), _parameters(backward)[1:]]
        known = next((one for one in parameters if len(one) >= len(given)), [])
        return tuple(known[: len(given)] or (f"input {place}" for place in range(len(given))))
    if isinstance(names, str) or len(names) != len(given) or len(set(names)) != len(given):
        raise ClaimError(
            f"names={describe(names)} do not fit {len(given)} inputs; give a list of as many "
            "different names"
        )
    return tuple(names)


def _points(forward: Forward, given: list[Array], seed: int) -> list[Point]:
    """Where to try: random inputs, those given, and some with ties; where forward is finite."""
    rng = np.random.default_rng(seed)
    forward(*(Value(given[place]) for place in forward.active))  # for the shapes of its results

    def point(label: str, draw: Callable[..., Array]) -> Point:
        inputs = [draw(one, rng) for one in given]
        cotangents = [cotangent_like(shape, rng) for shape in forward.shapes]
        return Point(label, forward, inputs, cotangents, seed)

    here = point(GIVEN, lambda one, _: one)
    drawn = [point(RANDOM, random_like)]
    if any(node.op is not None and node.op.branch for node in here.here.active):
        drawn += [point(TIED, tied_like) for _ in range(2)]
    drawn = [one for one in drawn if _is_finite(one)]
    return sorted([*drawn, here], key=lambda one: (RANDOM, GIVEN, TIED).index(one.label))


def _is_finite(point: Point) -> bool:
    try:
        return bool(np.isfinite(point.here.number))
    except AutogradLiteError:  # forward does not take such numbers
        return False


def _runs(points: list[Point]) -> list[tuple[Point, Any]]:
    """Each point in float64; those without ties also in float32, to which inputs are rounded."""
    runs: list[tuple[Point, Any]] = [(point, np.float64) for point in points]
    for point in points:
        if point.label != TIED:
            rounded = [
                one.astype(np.float32).astype(float) if one.dtype.kind == "f" else one
                for one in point.inputs
            ]
            same = all(map(np.array_equal, rounded, point.inputs))
            runs.append((point if same else point.at(rounded), np.float32))
    return runs


def _failures(trials: Sequence[Trial]) -> list[VjpFinding]:
    """What keeps the gradients from being looked at: an exception, or another number of them."""
    for trial in trials:
        if trial.gradients:
            continue
        finding = VjpFinding(name="backward", given=None, verdict="wrong", run=trial.where)
        if trial.failure:
            return [replace(finding, reason=trial.failure)]
        inputs = len(trial.point.inputs)
        return [
            replace(
                finding,
                given=trial.returned,
                expected=inputs,
                quantity="number of gradients",
                reason=f"returned gradients: {trial.returned}, inputs: {inputs}; return one for "
                "each, None for an input that needs none",
            )
        ]
    return []


def _changes(trials: Sequence[Trial]) -> list[VjpFinding]:
    """What backward wrote into the arrays that it was given, each array once."""
    seen: dict[str, tuple[Change, Trial]] = {}
    for trial in trials:
        for change in trial.changes:
            seen.setdefault(change.name, (change, trial))
    return [_changed(change, trial) for change, trial in seen.values()]


def _changed(change: Change, trial: Trial) -> VjpFinding:
    told = f"writes into {change.name}: {change.elements} of {change.size} elements changed"
    fix = f"compute a new array (… = {change.name} * …), or work on {change.name}.copy()"
    return VjpFinding(
        name=change.name,
        given=None,
        quantity=f"{change.name} after backward",
        verdict="wrong",
        run=trial.where,
        causes=(Cause("mutates its input", told, math.nan, fix),),
    )


def _gradient(trials: Sequence[Trial], place: int, names: tuple[str, ...]) -> VjpFinding:
    """The finding for one input over all runs: that of the first run in which it is wrong."""
    name = names[place]
    found = [judge(trial, place, name) for trial in trials]
    wrong = [at for at, finding in enumerate(found) if finding.verdict == "wrong"]
    if wrong:
        return _with_causes(trials, found, wrong, place, names)
    right = [finding for finding in found if finding.verdict == "right"]
    shared = [trial.shared[place] for trial in trials if place in trial.shared]
    notes = [finding.reason for finding in right or found[:1]]
    notes += [f"shares its memory with {one}; += into it changes both" for one in shared]
    finding = ([*right, *found, VjpFinding(name=name, given=None, verdict="unchecked")])[0]
    return replace(finding, reason="; ".join(dict.fromkeys(filter(None, notes))))


def _with_causes(
    trials: Sequence[Trial],
    found: Sequence[VjpFinding],
    wrong: Sequence[int],
    place: int,
    names: tuple[str, ...],
) -> VjpFinding:
    """The first wrong finding, with the causes that explain a second one as well."""
    first = wrong[0]
    causes = (*found[first].causes, *causes_of(trials[first], place, names))
    for second in wrong[1:2]:
        if trials[second].dtype == trials[first].dtype:
            again = {cause.sentence for cause in causes_of(trials[second], place, names)}
            causes = tuple(one for one in causes if one.sentence in again) or causes
    finding = found[first]
    right = {trials[at].where for at in range(len(found)) if found[at].verdict == "right"}
    if finding.run == f"{RANDOM}, float64" and f"{GIVEN}, float64" in right:
        hidden = "is right at the inputs as given, which hide that it is wrong elsewhere"
        fix = "check at inputs that are not symmetric, constant or normalised"
        causes = (*causes, Cause("hidden by the given inputs", hidden, math.nan, fix))
    elif trials[first].dtype == np.float32 and right:
        finding = replace(
            finding, reason="; ".join(filter(None, (finding.reason, "right in float64")))
        )
    return replace(finding, causes=causes)
