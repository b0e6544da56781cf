"""Which mistake made a gradient wrong: repairs are tried, and those that make it right are told."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice, product

import numpy as np

from autograd_lite.check.finding import Cause
from autograd_lite.check.vjp.graph import Graph, Slip
from autograd_lite.check.vjp.known import known_slips
from autograd_lite.check.vjp.paths import missing_paths, path_faults
from autograd_lite.check.vjp.point import Array, Point, Trial
from autograd_lite.check.vjp.repairs import (
    AXES,
    Repair,
    as_it_is,
    factor_of,
    in_words,
    reshaped,
    shifted,
    summed,
    turned,
)
from autograd_lite.check.vjp.slips import slips
from autograd_lite.engine import order
from autograd_lite.errors import AutogradLiteError
from autograd_lite.op import Elementwise

# Other gradients: the right answer to another question, of which one was given instead.

Alternative = tuple[str, str, str, Array | None]


def _others(trial: Trial, place: int, names: tuple[str, ...]) -> Iterator[Repair]:
    """The gradient of another input, or for another cotangent.

    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(lambda x, y: x * y, [np.array([1.0, 3.0]), np.array([2.0, 5.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([1.0, 3.0]), None])
    >>> next(_others(trial, 0, ("x", "y"))).sentence
    'is the gradient of y'
    """
    yield from _repairs(trial, place, _of_other_inputs(trial.point, place, names))
    yield from _repairs(trial, place, _other_cotangents(trial.point, place))


def _repairs(trial: Trial, place: int, found: Iterator[Alternative]) -> Iterator[Repair]:
    given = np.asarray(trial.gradients[place], float)
    for kind, told, fix, gradient in found:
        if gradient is not None:
            yield Repair(kind, told, fix, given, gradient)


def _of_other_inputs(point: Point, place: int, names: tuple[str, ...]) -> Iterator[Alternative]:
    fix = f"return the gradients in the order of forward's inputs: {', '.join(names)}"
    for other, gradient in enumerate(point.gradients):
        if other != place:
            yield "gradient of another input", f"is the gradient of {names[other]}", fix, gradient


def _other_cotangents(point: Point, place: int) -> Iterator[Alternative]:
    cotangents = point.cotangents
    kind, fix = "forgets the cotangent", "multiply by the cotangent, element by element"
    ones = [np.ones_like(one) for one in cotangents]
    yield (
        kind,
        "is right for a cotangent of ones only: the cotangent is not used",
        fix,
        (point.pull(ones)[place]),
    )
    for name, reduce in (("sum", np.sum), ("mean", np.mean)):
        full = [np.full_like(one, reduce(one)) for one in cotangents]
        told = f"uses the {name} of the cotangent for each of its elements"
        yield kind, told, fix, point.pull(full)[place]
    for axis, length in enumerate(np.shape(cotangents[0])):
        for at, word in ((length - 1, "last"), (0, "first")):
            if len(cotangents) == 1 and length > 2:
                only = np.zeros_like(cotangents[0])
                index = (*[slice(None)] * axis, at)
                only[index] = cotangents[0][index]
                told = f"uses the {word} of the cotangent along axis {axis} only"
                yield kind, told, "add what comes through the others", point.pull([only])[place]
    if len(cotangents) > 1:
        for omitted in range(len(cotangents)):
            rest = [0 * one if at == omitted else one for at, one in enumerate(cotangents)]
            told = f"does not use the cotangent of result {omitted}"
            yield kind, told, "add what comes through that result", point.pull(rest)[place]


def _changed_inputs(point: Point, place: int, names: tuple[str, ...]) -> Iterator[Alternative]:
    """Another input left out, transposed or flipped: W for W.T, a kernel that is not turned."""
    for other in point.forward.active:
        array = point.inputs[other]
        if other == place:
            continue
        told, fix = f"lacks the factor {names[other]}", f"multiply by {names[other]}"
        yield "missing factor", told, fix, _with(point, other, np.ones_like(array))[place]
        if not 2 <= array.ndim <= AXES:
            continue
        if array.shape[-1] == array.shape[-2]:
            told = f"is right for {names[other]} transposed"
            fix = f"use {names[other]}.T for {names[other]} in it, or the other way round"
            yield "transposed", told, fix, _with(point, other, array.swapaxes(-1, -2))[place]
        axes = (array.ndim - 2, array.ndim - 1)
        told = f"is right for {names[other]} flipped along {in_words(axes)}"
        fix = f"turn the kernel: {names[other]}[…, ::-1, ::-1]"
        yield "flipped", told, fix, _with(point, other, np.flip(array, axes))[place]


def _with(point: Point, other: int, array: Array) -> list[Array | None]:
    inputs = [array if at == other else one for at, one in enumerate(point.inputs)]
    try:
        return point.at(inputs).pull(point.cotangents)
    except AutogradLiteError:  # the turned input does not fit into this forward
        return [None] * len(inputs)


# Contributions that are assigned where they should be added up, element by element.

_MOST_CONTRIBUTIONS = 20_000
"""Of more elements, times the nodes of the graph, they are not told apart."""
_LARGEST_JACOBIAN = 2_000_000


def _assigned(trial: Trial, place: int, graph: Graph) -> Iterator[Repair]:
    """The last, or the first, of the contributions that each element receives.

    They come from the elements of the result, or of an inner array such as a convolution, in the
    order of the loops of a backward: over all axes, or over some of them, all else at once.
    """
    given, point = np.asarray(trial.gradients[place], float), trial.point
    whole = np.asarray(point.gradients[place])
    work = 0
    for node in reversed(graph.nodes):
        last = node is graph.nodes[-1]
        if node not in point.inside or (last and point.forward.several):
            continue
        if node.op is None or (isinstance(node.op, Elementwise) and not last) or node.size < 2:
            continue
        work += node.size * len(graph.nodes)
        if work > _MOST_CONTRIBUTIONS:
            return
        if node.size * whole.size > _LARGEST_JACOBIAN:
            continue
        below = order(node)
        units = np.eye(node.size).reshape(node.size, *node.shape)
        slopes = np.array([point.to(place, point.swept(below, {node: unit})) for unit in units])
        slopes = slopes.reshape(*node.shape, *whole.shape)
        cotangent = np.asarray(point.inside[node]).reshape(*node.shape, *[1] * whole.ndim)
        parts, touched = slopes * cotangent, slopes != 0
        rest = whole - parts.sum(tuple(range(len(node.shape))))
        for at_once in ((), (0,), (1,), (0, 1)):
            if len(at_once) >= len(node.shape) or max(at_once, default=0) >= len(node.shape):
                continue
            steps, met = (
                one.reshape(-1, *whole.shape) for one in (parts.sum(at_once), touched.any(at_once))
            )
            if not (met.sum(0) > 1).any():
                continue
            for word, block in product(("last", "first"), range(whole.ndim)):
                # What is written is a whole block, such as dw[f], also where it is 0.
                axes = tuple(range(met.ndim - block, met.ndim))
                written, forth = met.any(axes, keepdims=True), 1 if word == "last" else -1
                kept = np.zeros(whole.shape)
                for step, where in zip(steps[::forth], written[::forth], strict=True):
                    kept = np.where(where, step, kept)
                told = f"keeps only the {word} contribution to each element, where several meet"
                fix = "add them up: += for =, np.add.at for d[index] += …"
                yield Repair("= where += belongs", told, fix, given, rest + kept)


# The search.

_MOST = 12


@dataclass
class _Case:
    trial: Trial
    place: int
    names: tuple[str, ...]
    graph: Graph

    @cached_property
    def given(self) -> Array:
        """The gradient that was given."""
        return np.asarray(self.trial.gradients[self.place], float)

    @cached_property
    def expected(self) -> Array:
        """The right one."""
        return np.asarray(self.trial.point.gradients[self.place], float)

    @cached_property
    def bound(self) -> float:
        """How far two right ones may be apart."""
        return self.trial.point.bound(self.place, self.trial.dtype)


_UNLIKELY = {"upside down", "extra factor"}
"""Kinds that are told if there is no other."""


class SlipSearch:
    """The search for the mistakes of one backward, in all of its gradients.

    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(lambda x: x * x, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([-2.0, -60.0])])
    >>> [cause.kind for cause in SlipSearch(("x",)).causes([trial], 0)]
    ['wrong sign']
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._graphs: dict[int, tuple[Point, Graph, list[_Tried]]] = {}

    def causes(self, trials: Sequence[Trial], place: int) -> tuple[Cause, ...]:
        """The explanations that fit a wrong gradient in all trials, the likeliest first."""
        cases = []
        for trial in trials:
            given, expected = trial.gradients[place], trial.point.gradients[place]
            if given is None or expected is None or given.dtype.kind not in "fiu":
                return ()
            cases.append(_Case(trial, place, self.names, self._graph(trial.point)))
        first = cases[0]
        if not np.isfinite(first.given).all():
            return _not_finite(first)
        if not np.any(first.given) and np.any(first.expected):
            sentence = "is 0 in all elements: nothing was written to it, or its path is missing"
            return (Cause("zero gradient", sentence, np.nan, "compute it"),)
        together: list[Cause] = []
        for stage in (_simple, _without_paths, self._slipped, _turned_inputs, _in_parts):
            alone: list[Cause] = []
            for cause in _agreed(stage, cases):
                (together if cause.parts else alone).append(cause)
                if len(alone) == _MOST:
                    break
            if alone:
                return tuple([one for one in alone if one.kind not in _UNLIKELY] or alone)
        return tuple(together or _agreed(_scaled, cases)) or _low_precision(first)

    def _graph(self, point: Point) -> Graph:
        if id(point) not in self._graphs:
            self._graphs[id(point)] = (point, Graph(point, self.names), [])
        return self._graphs[id(point)][1]

    def _slipped(self, case: _Case, said: Collection[str] | None) -> Iterator[Cause]:
        """The slips that give just this gradient; of those that are ``said``, if any are."""
        if case.given.shape != case.expected.shape:
            return
        tried = self._graphs[id(case.trial.point)][2]
        if not tried:
            tried += [_Tried(slip) for slip in _all_slips(case.graph)]
        for one in tried:
            if said is not None and one.slip.sentence not in said:
                continue
            target = one.gradients(case.graph)[case.place]
            repair = Repair(*one.slip[:3], case.given, np.asarray(target))
            if _fits(repair, case.bound):
                yield _cause(repair)


class _Tried:
    """A slip, and what it leads to, once that was asked for."""

    def __init__(self, slip: Slip) -> None:
        self.slip = slip
        self._found: list[Array | None] = []

    def gradients(self, graph: Graph) -> list[Array | None]:
        """The gradients of all inputs."""
        if not self._found:
            self._found = graph.gradients(self.slip)
        return self._found


_MOST_SLIPS = 2_000
_MOST_WORK = 40_000
"""Slips, times the nodes of their graph."""


def _all_slips(graph: Graph) -> Iterator[Slip]:
    most = min(_MOST_SLIPS, _MOST_WORK // len(graph.nodes))
    with np.errstate(all="ignore"):
        yield from islice(chain(known_slips(graph), slips(graph)), most)


Stage = Callable[[_Case, Collection[str] | None], Iterator[Cause]]


def _agreed(stage: Stage, cases: Sequence[_Case]) -> Iterator[Cause]:
    """The causes that a stage finds in all cases."""
    seen = set()
    for cause in stage(cases[0], None):
        key = cause.kind, cause.sentence
        if key in seen:
            continue
        seen.add(key)
        if all(
            any((one.kind, one.sentence) == key for one in stage(case, {cause.sentence}))
            for case in cases[1:]
        ):
            yield cause


def _simple(case: _Case, _: Collection[str] | None) -> Iterator[Cause]:
    given, expected = case.given, case.expected
    repairs = chain(
        as_it_is(given, expected),
        reshaped(given, expected),
        (one for one in summed(given, expected) if given.shape != expected.shape),
        turned(given, expected),
        shifted(given, expected),
        _others(case.trial, case.place, case.names),
    )
    return _fitting(case, repairs)


def _without_paths(case: _Case, _: Collection[str] | None) -> Iterator[Cause]:
    return _fitting(case, missing_paths(case.trial, case.place, case.graph))


def _turned_inputs(case: _Case, _: Collection[str] | None) -> Iterator[Cause]:
    changed = _changed_inputs(case.trial.point, case.place, case.names)
    repairs = chain(
        _assigned(case.trial, case.place, case.graph),
        _repairs(case.trial, case.place, changed),
        summed(case.given, case.expected),
    )
    return _fitting(case, repairs)


def _in_parts(case: _Case, _: Collection[str] | None) -> Iterator[Cause]:
    return _fitting(case, path_faults(case.trial, case.place, case.graph))


def _scaled(case: _Case, _: Collection[str] | None) -> Iterator[Cause]:
    """A factor that has no name."""
    for repair in as_it_is(case.given, case.expected):
        yield from _with_factor(repair, case, unnamed=True)


def _fitting(case: _Case, repairs: Iterator[Repair]) -> Iterator[Cause]:
    """The repairs that fit, alone or together with a factor."""
    for repair in repairs:
        if repair.given.shape != repair.target.shape:
            continue
        if repair.kind and _fits(repair, case.bound):
            yield _cause(repair)
        else:
            yield from _with_factor(repair, case)


def _cause(repair: Repair) -> Cause:
    left = _residual(repair.given, repair.target)
    return Cause(repair.kind, repair.sentence, left, repair.fix)


def _fits(repair: Repair, bound: float) -> bool:
    allowed = bound * max(1.0, repair.terms)
    return bool((np.abs(repair.given - repair.target) <= allowed).all())


def _with_factor(repair: Repair, case: _Case, unnamed: bool = False) -> Iterator[Cause]:
    """A constant factor, alone or after another repair."""
    size = float(np.vdot(repair.target, repair.target))
    ratio = float(np.vdot(repair.target, repair.given)) / size if size else 0.0
    bound = case.bound * max(1.0, abs(ratio))
    if (np.abs(repair.given) <= case.bound).all():  # nothing is left of it
        return
    if not _fits(repair._replace(target=ratio * repair.target), bound):
        return
    if unnamed and np.count_nonzero(np.abs(repair.target) > case.bound) < 2:
        return  # any number is some multiple of another
    for factor in factor_of(ratio, _lengths(case), case.trial.dtype, unnamed):
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


def _lengths(case: _Case) -> dict[str, int]:
    """The lengths that a sum or mean may have gone over, by their names.

    They are those along which the forward sums, or its backward where it broadcasts: a factor of 3
    is no mean, though an axis has that length, if nothing is added up along it.
    """
    axes: set[int] = set()
    counts: dict[str, int] = {}
    for node in case.graph.computed:
        assert node.op is not None
        for operand in node.parents:
            if not isinstance(node.op, Elementwise) and node.op.name in _SUMS:
                axes.update(operand.shape)
            for one, other in ((operand.shape, node.shape), (node.shape, operand.shape)):
                if one == other or node.op.name not in {"sum", "max", "min"} | _BROADCASTS:
                    continue
                behind = one[-len(other) :] if other else ()
                axes.update(n for n, m in zip(behind, other, strict=False) if n != m)
                axes.update(one[: len(one) - len(other)])
                many, few = max(operand.size, node.size), max(1, min(operand.size, node.size))
                counts[f"the number of terms of {case.graph.called(node)}"] = many // few
        if node.op.name.endswith("pool2d"):
            counts["the size of a window"] = int(np.prod(node.attributes["size"]))
    lengths = {
        f"{name}.shape[{axis}]": length
        for name, one in zip(case.names, case.trial.point.inputs, strict=True)
        for axis, length in enumerate(one.shape)
        if length in axes
    }
    lengths |= {
        f"{name}.size": one.size
        for name, one in zip(case.names, case.trial.point.inputs, strict=True)
        if one.size in {*axes, *counts.values()}
    }
    lengths |= {name: count for name, count in counts.items() if count not in lengths.values()}
    if axes or counts:
        results = sum(np.size(one) for one in case.trial.point.cotangents)
        lengths["the number of results"] = results
    return lengths


_SUMS = {"matmul", "einsum", "conv2d", "sum", "max", "min"}
_BROADCASTS = {"add", "subtract", "multiply", "divide", "where", "maximum", "minimum", "power"}


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


# What is known of a gradient that nothing explains.


def pattern(trial: Trial, place: int) -> str:
    """Where a gradient is wrong, and what is the same for all that is wrong in it; "" if nothing.

    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(lambda x: x * x, [np.ones((3, 2))])
    >>> point = Point("here", forward, forward.given, [np.ones((3, 2))], seed=0)
    >>> given = np.array([[2.0, 2.0], [2.0, 2.0], [2.5, 7.0]])
    >>> pattern(Trial(point, np.float64, [given]), 0)
    'only row 2 along axis 0 is wrong'
    """
    given, expected = trial.gradients[place], trial.point.gradients[place]
    if given is None or expected is None or given.shape != expected.shape:
        return ""
    if given.dtype.kind not in "fiu":
        return ""
    off = np.asarray(given, float) - expected
    wrong = np.abs(off) > trial.point.bound(place, trial.dtype)
    found = [_rows(wrong, axis) for axis in range(wrong.ndim)]
    with np.errstate(all="ignore"):
        ratio = np.where(expected != 0, given / expected, np.nan)
    for one, told in ((off, "what is too much"), (ratio, "the ratio of given to right")):
        axes = [axis for axis in range(off.ndim) if off.shape[axis] > 1 and _is_constant(one, axis)]
        found += [f"{told} is the same along {in_words(tuple(axes))}"] if axes else []
    if not any(found) and np.array_equal(np.sign(given), np.sign(expected)):
        found.append("all signs are right")
    return "; ".join(filter(None, found))


def _rows(wrong: Array, axis: int) -> str:
    """The few indices along an axis at which something is wrong."""
    others = tuple(one for one in range(wrong.ndim) if one != axis)
    rows = np.flatnonzero(wrong.any(others))
    if not 0 < len(rows) <= min(3, wrong.shape[axis] // 2):
        return ""
    which = ", ".join(map(str, rows))
    word = (
        f"row {which} along axis {axis} is"
        if len(rows) == 1
        else f"rows {which} along axis {axis} are"
    )
    return f"only {word} wrong"


def _is_constant(array: Array, axis: int) -> bool:
    return bool(np.allclose(array, array.take([0], axis), rtol=1e-9, atol=0))
