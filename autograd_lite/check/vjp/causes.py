"""Which mistake made a gradient wrong: repairs are tried, and those that make it right are told."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations
from typing import NamedTuple

import numpy as np

from autograd_lite.check.finding import Cause
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
from autograd_lite.engine import order
from autograd_lite.errors import AutogradLiteError
from autograd_lite.op import Elementwise
from autograd_lite.value import Value

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


def _costly_others(trial: Trial, place: int, names: tuple[str, ...]) -> Iterator[Repair]:
    """What takes more to compute: turned factors, other slopes, the last of several contributions.

    >>> import autograd_lite as ag
    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(ag.exp, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([1.0, 3.0])])
    >>> next(_costly_others(trial, 0, ("x",))).sentence
    'takes the derivative of exp of its input where its output belongs'
    """
    yield from _repairs(trial, place, _changed_inputs(trial.point, place, names))
    yield from _repairs(trial, place, _other_slopes(trial.point, place))
    yield from _repairs(trial, place, _last_contribution(trial.point, place))


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


def _other_slopes(point: Point, place: int) -> Iterator[Alternative]:
    """σ′ = y(1 − y) of the input where the output y belongs, or of the output taken once more."""
    nodes = order(point.here.result)
    for node in nodes:
        if not isinstance(node.op, Elementwise) or not callable(node.op.rule(0)):
            continue
        operand = node.operands[0]
        if node.op.arity != 1 or not isinstance(operand, Value):
            continue
        again = node.op.forward(node._data)
        for word, swapped in (
            ("its input where its output belongs", {node: operand._data}),
            ("its output where its input belongs", {node: again, operand: node._data}),
        ):
            told = f"takes the derivative of {node.op.name} of {word}"
            fix = f"check whether {node.op.name}′ is written in the input or in the output"
            gradient = point.swept(place, nodes, swapped=swapped)
            yield "derivative at the wrong place", told, fix, gradient


def _last_contribution(point: Point, place: int) -> Iterator[Alternative]:
    """The last of the contributions to each element, where they should have been added."""
    size = sum(one.size for one in point.cotangents)
    if len(point.cotangents) > 1 or not 1 < size <= 64:
        return
    (cotangent,) = point.cotangents
    whole = cotangent.reshape(*cotangent.shape[:2], -1) if cotangent.ndim > 2 else cotangent
    last = np.zeros(point.inputs[place].shape)
    channels = whole.ndim > 2
    for index in np.ndindex(*(whole.shape[::2] if channels else whole.shape)):
        only = np.zeros_like(whole)
        at = (index[0], slice(None), *index[1:]) if channels else index
        only[at] = whole[at]
        part = point.pull([only.reshape(cotangent.shape)])[place]
        if part is not None:
            last = np.where(part != 0, part, last)
    told = "keeps only the last contribution to each element, where several meet"
    fix = "add them up: += for =, np.add.at for d[index] += …"
    yield "= where += belongs", told, fix, last


# Paths of the forward's graph: what a gradient is if one is forgotten, or has a wrong factor.

_MOST_NODES, _MOST_WAYS = 60, 8
_LARGEST = 5_000_000
"""Graphs of more numbers, times their nodes, are not swept once for each of their nodes."""
_SHOWN = 3


_Fault = tuple[str, str, str, Array]


class _Part(NamedTuple):
    """A part of a gradient, what it is called, and the rest, which is right as it stands."""

    called: str
    part: Array
    rest: Array


def _path_faults(trial: Trial, place: int) -> Iterator[Repair]:
    """Paths that are missing; wrong factors of a path, or of all others; slopes that are missing.

    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(lambda x: x - x.mean(), [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([1.0, 10.0])])
    >>> next(_path_faults(trial, 0)).sentence
    'lacks what comes through sum → divide'
    """
    point = trial.point
    nodes = order(point.here.result)
    given, whole = np.asarray(trial.gradients[place], float), point.gradients[place]
    numbers = sum(np.size(node._data) for node in nodes)
    if whole is None or given.shape != whole.shape or numbers * len(nodes) > _LARGEST:
        return
    inner = [node for node in nodes[:-1] if node.op is not None][:_MOST_NODES]
    parts = [_Part("", whole, 0 * whole)]
    for called, rest in _ways(point, place, nodes, inner):
        told = f"lacks what comes through {called}"
        yield Repair("missing path", told, "add what comes through it", given, rest)
        parts.append(_Part(f"what comes through {called}", whole - rest, rest))
        parts.append(_Part(f"what does not come through {called}", rest, whole - rest))
    for one in parts[1:]:
        yield Repair("", one.called, "", given - one.rest, one.part)
    factors = chain.from_iterable(_factors(point, one, inner) for one in parts)
    for kind, told, fix, target in chain(factors, _changed_nodes(point, place, nodes, inner)):
        yield Repair(kind, told, fix, given, target)


def _ways(
    point: Point, place: int, nodes: Sequence[Value], inner: Sequence[Value]
) -> list[tuple[str, Array]]:
    """The ways through the graph, and through two of them: what is left without each.

    Nodes without which the same is left are on the same way.
    """
    whole = np.asarray(point.gradients[place])
    on: dict[bytes, tuple[list[Value], Array]] = {}
    for node in inner:
        rest = point.swept(place, [one for one in nodes if one is not node])
        if np.any(rest) and not np.allclose(rest, whole, rtol=1e-12, atol=0):
            digits = np.round(rest / np.abs(rest).max(), 9)
            on.setdefault(digits.tobytes(), ([], rest))[0].append(node)
    found = [(group, rest) for group, rest in on.values()][:_MOST_WAYS]
    ways = [(_called(point, group), rest) for group, rest in found]
    for (first, _), (second, _) in combinations(found, 2):
        kept = [one for one in nodes if one is not first[0] and one is not second[0]]
        rest = point.swept(place, kept)
        if np.any(rest) and not any(np.allclose(rest, one, rtol=1e-12, atol=0) for _, one in ways):
            ways.append((f"{_called(point, first)} and through {_called(point, second)}", rest))
    return ways


def _called(point: Point, nodes: Sequence[Value]) -> str:
    """A way by the first variable of forward on it, or by its ops."""
    variables = [name for node in nodes if (name := node.label or point.variables.get(node, ""))]
    ops = [node.op.name for node in nodes if node.op is not None]
    if variables or len(ops) == 1:
        return variables[0] if variables else f"the result of {ops[0]}"
    return " → ".join([*ops[:1], "…", *ops[-1:]] if len(ops) > _SHOWN else ops)


def _factors(point: Point, one: _Part, inner: Sequence[Value]) -> Iterator[_Fault]:
    """An inner value that stands in a part once too often or not often enough."""
    begins = f"{one.called} " if one.called else ""
    for node in inner:
        number = np.asarray(node._data)
        if number.size < 2 or not _broadcasts(number, one.part) or np.ptp(number) == 0:
            continue
        name = _called(point, [node])
        with np.errstate(all="ignore"):
            for kind, told, fix, factor in (
                ("missing factor", f"lacks the factor {name}", "multiply by it", 1 / number),
                ("extra factor", f"has the factor {name} too much", "leave it out", number),
            ):
                target = one.rest + one.part * factor
                if np.all(np.isfinite(target)):
                    yield kind, begins + told, fix, target


def _broadcasts(one: Array, other: Array) -> bool:
    try:
        return bool(np.broadcast_shapes(one.shape, other.shape) == other.shape)
    except ValueError:
        return False


def _changed_nodes(
    point: Point, place: int, nodes: Sequence[Value], inner: Sequence[Value]
) -> Iterator[_Fault]:
    """A slope left out of the chain, 1 in its place; a square array or its cotangent transposed."""
    parameter = point.here.values[point.forward.active.index(place)]
    for node in (*inner, nodes[-1]):
        if node not in point.inside:
            continue
        name, cotangent = _called(point, [node]), point.inside[node]
        rest = point.swept(place, [one for one in nodes if one is not node])
        operands = [one for one in node.parents if one.shape == node.shape]
        if isinstance(node.op, Elementwise) and len(node.parents) == 1 == len(operands):
            below = point.swept(place, order(operands[0]), {operands[0]: cotangent})
            told = f"lacks the factor that {node.op.name} gives: its own derivative"
            yield "missing factor", told, f"multiply by {node.op.name}′", rest + below
        if node.shape == parameter.shape:
            told = f"lacks the derivative of {name} by this input"
            yield "missing factor", told, "multiply by it", rest + cotangent
        if len(node.shape) == 2 and node.shape[0] == node.shape[1]:
            turned = point.swept(place, nodes, swapped={node: np.transpose(node._data)})
            yield "transposed", f"is right for {name} transposed", "transpose it", turned
            below = point.swept(place, order(node), {node: cotangent.T})
            told = f"is right for the gradient of {name} transposed"
            yield "transposed", told, "transpose it", rest + below


# The search.

_MOST = 3


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
        _others(case.trial, case.place, case.names),
    )
    alone: list[Cause] = []
    together: list[Cause] = []
    costly = _costly_others(case.trial, case.place, case.names)
    for repairs in (cheap, costly, _path_faults(case.trial, case.place)):
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
    return tuple((alone or together)[:_MOST])


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
