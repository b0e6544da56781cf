"""The check of a hand-written backward against the engine."""

import inspect
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from math import isnan
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.finding import Cause, Finding, WorstElement
from autograd_lite.check.report import Report
from autograd_lite.check.views.terminal import View
from autograd_lite.check.vjp.causes import SlipSearch, pattern
from autograd_lite.check.vjp.pairs import of_layer, with_cache
from autograd_lite.check.vjp.point import (
    Array,
    Change,
    Forward,
    Point,
    Trial,
    confirm,
    cotangent_like,
    hides_repetitions,
    random_like,
    read_inputs,
    repeated_like,
    tied_like,
    try_backward,
)
from autograd_lite.data import describe
from autograd_lite.errors import AutogradLiteError, ClaimError, DataError
from autograd_lite.functional import vjp
from autograd_lite.gradcheck import Pass
from autograd_lite.value import Value

__all__ = ["VjpFinding", "VjpReport", "_Tie", "_at_a_tie", "_judge", "check_vjp"]

# Ties and kinks, where several gradients are right: which of them was given.

_MOST = 32
"""At so many elements both sides are looked at."""
_STEP = 1e-7
"""How far the sides are, as a part of the largest number of the input."""

_COUNTED_TWICE = Cause(
    "tie counted twice",
    "at a tie the shares of the equal numbers do not add up to the whole",
    np.nan,
    "give it to one of them, or divide it by how many they are",
)


class _Tie(NamedTuple):
    """Whether what was given at a tie is a subgradient, and its convention; if not, why."""

    valid: bool
    convention: str = ""
    cause: Cause | None = None


def _at_a_tie(trial: Trial, place: int, wrong: Array) -> _Tie:
    """Whether a gradient that is not the engine's is right all the same, because x is at a tie.

    Each element has to lie between the derivatives of its two sides. Where moving all equal numbers
    together keeps the tie, the function is smooth that way, and their gradients have to add up.

    >>> import autograd_lite as ag
    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(ag.max, [np.array([3.0, 3.0, 1.0])])
    >>> point = Point("here", forward, forward.given, [np.array(1.0)], seed=0)
    >>> halves = Trial(point, np.float64, [np.array([0.5, 0.5, 0.0])])
    >>> _at_a_tie(halves, 0, np.array([True, True, False])).convention
    'at a tie: takes 1/2 each; the engine gives it to the first'
    """
    given, point = trial.gradients[place], trial.point
    expected = point.gradients[place]
    assert given is not None
    assert expected is not None
    bound = point.bound(place, trial.dtype)
    indices = np.argwhere(wrong)
    shares = []
    for index in map(tuple, indices[:: -(-len(indices) // _MOST)]):
        sides = _sides(point, place, index)
        if sides is None:
            return _Tie(False)
        nothing, whole = sorted(sides, key=abs)
        slack = bound + 10 * _STEP * abs(whole - nothing)
        if not min(sides) - slack <= given[index] <= max(sides) + slack:
            return _Tie(False)
        shares.append([float((x[index] - nothing) / (whole - nothing)) for x in (given, expected)])
    if not _adds_up(trial, place, wrong, bound):
        return _Tie(False, cause=_COUNTED_TWICE)
    return _Tie(True, _convention(np.array(shares)))


def _sides(point: Point, place: int, index: tuple[int, ...]) -> tuple[float, float] | None:
    """The derivatives by one element on its two sides; None where there is no kink between."""
    position = point.forward.active.index(place)
    step = _STEP * (float(np.abs(point.inputs[place]).max()) or 1.0)
    passes = [point.here.moved(position, index, sign * step)[1] for sign in (-1, 1)]
    if passes[0].branches == passes[1].branches:
        return None
    left, right = (_gradient_at(point, one, position)[index] for one in passes)
    if not np.isfinite([left, right]).all() or abs(right - left) <= 1e-4 * max(
        abs(left), abs(right)
    ):
        return None
    return float(left), float(right)


def _gradient_at(point: Point, there: Pass, position: int) -> Array:
    return np.asarray(vjp(point.forward, *there.inputs)[1](point.cotangent)[position])


def _adds_up(trial: Trial, place: int, wrong: Array, bound: float) -> bool:
    """Whether the gradients of equal numbers have the right sum, wherever the sum is defined."""
    point = trial.point
    for number in np.unique(point.inputs[place][wrong])[:_MOST]:
        equal = {one: point.inputs[one] == number for one in point.forward.active}
        step = _STEP * (abs(float(number)) or 1.0)
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


# The report on a backward: a finding for each gradient, and the views of it.

_HEAD: tuple[str, ...] = ("verdict", "name", "shape", "given", "expected", "ratio", "error")
_STYLES = {"right": "green", "wrong": "bold red", "unchecked": "yellow"}


@dataclass(frozen=True, kw_only=True)
class VjpFinding(Finding):
    """What was found for one gradient, or for backward as a whole.

    ``run`` says where: at which inputs and in which precision. For a wrong gradient ``ratio``
    (given to expected), ``ulps`` (units in the last place of the run's precision) and ``error``
    (relative) are those of its ``worst`` element, ``cosine`` is that between both whole arrays.
    """

    run: str = ""
    ratio: float | None = None
    cosine: float | None = None
    ulps: float | None = None


class VjpReport(Report):
    """The findings of :func:`autograd_lite.check_vjp`; ``print`` it to see the table.

    ``oracle`` says how the engine's own gradient was confirmed.

    >>> import autograd_lite as ag
    >>> report = ag.check_vjp(lambda x: x * x, lambda g, x: 2 * g, [[1.0, 2.0]])
    >>> report.ok, report.count("wrong"), report.findings[0].name
    (False, 1, 'x')
    """

    def __init__(self, output: str, findings: Sequence[VjpFinding], oracle: str) -> None:
        super().__init__(output, findings)
        self.oracle = oracle

    @property
    def roots(self) -> tuple[Finding, ...]:
        """The mistakes: one slip, which is seen in many gradients, is one."""
        found: dict[str, Finding] = {}
        for finding in super().roots:
            told = finding.causes[0].sentence if finding.causes else finding.name
            found.setdefault(told, finding)
        return tuple(found.values())

    @property
    def summary(self) -> str:
        """The counts in one line."""
        return f"{self.output}: {super().summary}"

    def as_dict(self) -> dict[str, Any]:
        """The report in dicts, lists, strings and numbers, as JSON can hold them."""
        return {**super().as_dict(), "oracle": self.oracle}

    def view(self, all: bool = False) -> View:  # noqa: A002, ARG002 - there are few lines
        """The table, and how the gradients were confirmed."""
        return View(lambda _: self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield self.summary, "bold"
        rows = [_HEAD, *map(_row, self.findings)]
        columns = [one for one in zip(*rows, strict=True) if any(one[1:])]
        widths = [max(map(len, column)) for column in columns]
        lines = [
            "  ".join(map(str.ljust, row, widths)).rstrip() for row in zip(*columns, strict=True)
        ]
        yield lines[0], "bold"
        for line, finding in zip(lines[1:], self.findings, strict=True):
            yield line, _STYLES[finding.verdict]
            for detail in _details(finding):
                yield " " * (widths[0] + 2) + detail, "italic"
        yield self.oracle, "dim"


def _row(finding: Finding) -> tuple[str, ...]:
    assert isinstance(finding, VjpFinding)
    shape = str(np.shape(finding.given)) if isinstance(finding.given, np.ndarray) else ""
    worst = finding.worst
    if finding.verdict != "wrong" or worst is None or finding.error is None:
        return finding.verdict, finding.name, shape, "", "", "", ""
    digits = 10 if finding.error > 1e-8 else 17
    ratio = "" if finding.ratio is None else f"{finding.ratio:.10g}"
    numbers = (f"{number:.{digits}g}" for number in (worst.given, worst.expected))
    return (finding.verdict, finding.name, shape, *numbers, ratio, f"{finding.error:.2g}")


def _details(finding: Finding) -> Iterator[str]:
    assert isinstance(finding, VjpFinding)
    told = _where(finding) if finding.verdict == "wrong" else finding.reason
    if told:
        yield told
    for cause in finding.causes:
        left = f"right to {cause.residual:.1g}" if cause.residual else "exact"
        yield cause.sentence
        yield f"  → {cause.fix}" + ("" if isnan(cause.residual) else f" (then {left})")


def _where(finding: VjpFinding) -> str:
    """What is wrong, in which run, and its measures, in one line."""
    worst = finding.worst
    parts = [finding.reason, finding.run]
    if worst is not None and worst.index:
        index = ", ".join(map(str, worst.index))
        parts.insert(0, f"at [{index}], the worst of {worst.wrong} wrong in {worst.size}")
    parts += [f"cosine {finding.cosine:.6g}" if finding.cosine is not None else ""]
    parts += [f"{finding.ulps:.2g} ULPs" if finding.ulps is not None else ""]
    return "; ".join(filter(None, parts))


# The judgement of one gradient in one run: shape, precision, then the numbers.


def _judge(trial: Trial, place: int, name: str) -> VjpFinding:
    """What is found for the gradient of the input at ``place``; causes are not looked for yet.

    >>> import numpy as np
    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(lambda x: x * x, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> finding = _judge(Trial(point, np.float64, [np.array([2.0, -60.0])]), 0, "x")
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
    tie = _at_a_tie(trial, place, wrong)
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


# The check.

RANDOM, GIVEN, TIED = "random inputs", "inputs as given", "inputs with ties"
REPEATED = "inputs with an integer that is there twice"


def check_vjp(
    forward: Any,
    backward: Any = None,
    inputs: Any = None,
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

    A pair with a cache (``out, cache = forward(*inputs)``, ``backward(dout, cache)``) is checked as
    it stands, and so is an object with both methods, whose parameters are inputs, too.

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
    if not callable(backward):
        arrays = backward if inputs is None else inputs
        forward, backward, inputs, names = of_layer(forward, arrays, names)
    given = read_inputs(inputs)
    labels = _names(forward, backward, given, names)
    forward, backward = with_cache(forward, backward, labels) or (forward, backward)
    return _checked(Forward(forward, given), backward, labels, seed)


def _checked(
    forward: Forward, backward: Callable[..., Any], labels: tuple[str, ...], seed: int
) -> VjpReport:
    """The report, once it is clear what is a function of what."""
    first = next(iter(_parameters(backward)), "cotangent")
    cotangent = first if first not in labels else "the cotangent"
    with np.errstate(all="ignore"):
        points = _points(forward, forward.given, seed)
        sure, oracle = confirm(points[0], np.random.default_rng(seed))
        if not sure:
            finding = VjpFinding(name="forward", given=None, verdict="wrong", reason=oracle)
            return VjpReport(_title(backward), [finding], "the backward was not checked")
        trials = [try_backward(backward, *run, labels, cotangent) for run in _runs(points)]
        findings = [*_failures(trials), *_changes(trials)]
        if points[0].label != RANDOM:
            oracle += f"; forward is not finite at {RANDOM}, so they were not tried"
        usable = [one for one in trials if one.gradients]
        again = cache(partial(_tried_again, backward, usable, labels, cotangent, seed + 1))
        findings += _explained(usable, labels, again)
    return VjpReport(_title(backward), findings, oracle)


def _title(backward: Callable[..., Any]) -> str:
    name: str = getattr(backward, "__name__", "")
    return name if name.isidentifier() else "backward"


def _parameters(function: Callable[..., Any]) -> list[str]:
    if not callable(function):
        raise DataError(f"{describe(function)} is no function; give a forward and a backward")
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
    cotangents = [cotangent_like(shape, rng) for shape in forward.shapes]
    drawn = [point(RANDOM, random_like)]
    if any(node.op is not None and node.op.branch for node in here.here.active):
        drawn += [point(TIED, tied_like) for _ in range(2)]
    if any(map(hides_repetitions, given)):
        again = [random_like(repeated_like(one), rng) for one in given]
        drawn.append(Point(REPEATED, forward.at(again), again, cotangents, seed))
    drawn = [one for one in drawn if _is_finite(one)]
    return sorted([*drawn, here], key=lambda one: (RANDOM, GIVEN, TIED, REPEATED).index(one.label))


def _is_finite(point: Point) -> bool:
    try:
        return bool(np.isfinite(point.here.number))
    except AutogradLiteError:  # forward does not take such numbers
        return False


def _drawn_anew(point: Point, seed: int) -> Point:
    rng = np.random.default_rng(seed)
    inputs = [random_like(one, rng) for one in point.inputs]
    cotangents = [cotangent_like(one.shape, rng) for one in point.cotangents]
    return Point(RANDOM, point.forward, inputs, cotangents, seed)


def _runs(points: list[Point]) -> list[tuple[Point, Any]]:
    """Each point in float64; those without ties also in float32, to which inputs are rounded."""
    runs: list[tuple[Point, Any]] = [(point, np.float64) for point in points]
    for point in points:
        if point.label not in {TIED, REPEATED}:
            rounded = [
                one.astype(np.float32).astype(float) if one.dtype.kind == "f" else one
                for one in point.inputs
            ]
            same = all(map(np.array_equal, rounded, point.inputs))
            runs.append((point if same else point.at(rounded), np.float32))
    return runs


def _tried_again(
    backward: Callable[..., Any],
    trials: Sequence[Trial],
    labels: Sequence[str],
    cotangent: str,
    seed: int,
    at: int,
) -> Trial | None:
    """The same backward once more, at other random inputs; None if nothing comes of it."""
    point = _drawn_anew(trials[at].point, seed)
    if not _is_finite(point):
        return None
    trial = try_backward(backward, point, trials[at].dtype, labels, cotangent)
    return trial if trial.gradients else None


def _failures(trials: Sequence[Trial]) -> list[VjpFinding]:
    """What keeps the gradients from being looked at: an exception, or another number of them."""
    for trial in trials:
        if trial.gradients or trial.point.label == REPEATED:  # what need not be taken twice
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


def _finding(trials: Sequence[Trial], place: int, name: str) -> VjpFinding:
    """The finding for one input over all runs: that of the first run in which it is wrong."""
    found = [_judge(trial, place, name) for trial in trials]
    wrong = [at for at, finding in enumerate(found) if finding.verdict == "wrong"]
    right = [finding for finding in found if finding.verdict == "right"]
    if wrong:
        return _hidden(found[wrong[0]], {finding.run for finding in right})
    shared = [trial.shared[place] for trial in trials if place in trial.shared]
    notes = [finding.reason for finding in right or found[:1]]
    notes += [f"shares its memory with {one}; += into it changes both" for one in shared]
    finding = ([*right, *found, VjpFinding(name=name, given=None, verdict="unchecked")])[0]
    return replace(finding, reason="; ".join(dict.fromkeys(filter(None, notes))))


def _hidden(finding: VjpFinding, right: Collection[str]) -> VjpFinding:
    """A wrong finding, with what hides it in the runs in which it is right."""
    given_too = f"{GIVEN}, float64" in right
    if given_too and finding.run in {f"{RANDOM}, float64", f"{REPEATED}, float64"}:
        hidden = "is right at the inputs as given, which hide that it is wrong elsewhere"
        fix = "check at inputs that are not symmetric, constant or normalised"
        if finding.run == f"{REPEATED}, float64":
            fix = "check with an index that is there twice"
        cause = Cause("hidden by the given inputs", hidden, math.nan, fix)
        return replace(finding, causes=(*finding.causes, cause))
    if finding.run.endswith("float32") and right:
        reason = "; ".join(filter(None, (finding.reason, "right in float64")))
        return replace(finding, reason=reason)
    return finding


_SHOWN = 3
"""So many causes are shown."""


def _explained(
    trials: Sequence[Trial],
    names: tuple[str, ...],
    again: Callable[[int], Trial | None],
) -> list[VjpFinding]:
    """The findings with their causes; first those that explain most of what is wrong."""
    search = SlipSearch(names)
    found: list[tuple[VjpFinding, tuple[Cause, ...]]] = []
    for place, name in enumerate(names):
        finding = _finding(trials, place, name)
        causes: tuple[Cause, ...] = ()
        if finding.verdict == "wrong":
            is_wrong = [_judge(one, place, name).verdict == "wrong" for one in trials]
            first = is_wrong.index(True)
            runs = [
                one
                for one, wrong in zip(trials, is_wrong, strict=True)
                if wrong and one.dtype == trials[first].dtype
            ][:2]
            other = again(first)
            if other is not None and _judge(other, place, name).verdict == "wrong":
                runs.append(other)
            causes = search.causes(runs, place)
            if not causes and not finding.causes:
                found_out = pattern(trials[first], place)
                told = "; ".join(filter(None, (finding.reason, found_out)))
                finding = replace(finding, reason=told)
        found.append((finding, causes))
    times = Counter(cause.sentence for _, causes in found for cause in causes)
    return [
        replace(
            finding,
            causes=(
                *(one for one in finding.causes if one is _COUNTED_TWICE),
                *sorted(causes, key=lambda cause: -times[cause.sentence])[:_SHOWN],
                *(one for one in finding.causes if one is not _COUNTED_TWICE),
            ),
        )
        for finding, causes in found
    ]
