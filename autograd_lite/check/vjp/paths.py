"""Paths of the forward's graph: what a gradient is if one is forgotten, or has a wrong factor."""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import NamedTuple

import numpy as np

from autograd_lite.check.vjp.point import Array, Point
from autograd_lite.check.vjp.repairs import Repair
from autograd_lite.check.vjp.trial import Trial
from autograd_lite.engine import order
from autograd_lite.op import Elementwise
from autograd_lite.value import Value

__all__ = ["path_faults"]

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


def path_faults(trial: Trial, place: int) -> Iterator[Repair]:
    """Paths that are missing; wrong factors of a path, or of all others; slopes that are missing.

    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(lambda x: x - x.mean(), [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([1.0, 10.0])])
    >>> next(path_faults(trial, 0)).sentence
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
