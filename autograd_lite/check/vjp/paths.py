"""Paths of a forward's graph: what a gradient is without one, and what a part of it lacks."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.vjp.graph import Graph
from autograd_lite.check.vjp.point import Array, Point, Trial
from autograd_lite.check.vjp.repairs import Repair
from autograd_lite.engine import order
from autograd_lite.value import Value

_MOST_NODES, _MOST_WAYS = 60, 8
_LARGEST = 5_000_000
"""Graphs of more numbers, times their nodes, are not swept once for each of their nodes."""
_MOST_WORK = 15_000
"""Nodes that are left out, times those of their graph."""
_SHOWN = 3


class _Part(NamedTuple):
    """A part of a gradient, what it is called, and the rest, which is right as it stands."""

    called: str
    part: Array
    rest: Array


class _Way(NamedTuple):
    """Nodes without any of which the same is left."""

    called: str
    nodes: tuple[Value, ...]
    rest: Array


def missing_paths(trial: Trial, place: int, graph: Graph) -> Iterator[Repair]:
    """What is left without the nodes of one way through the graph, or of two.

    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(lambda x: x - x.mean(), [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([1.0, 10.0])])
    >>> next(missing_paths(trial, 0, Graph(point, ("x",)))).sentence
    'lacks what comes through Σ(x) → Σ(x) / 2'
    """
    given = np.asarray(trial.gradients[place], float)
    for way in _ways(trial.point, place, graph):
        told = f"lacks what comes through {way.called}"
        yield Repair("missing path", told, "add what comes through it", given, way.rest)


def path_faults(trial: Trial, place: int, graph: Graph) -> Iterator[Repair]:
    """Wrong factors of what comes along a path, or of all else; inner arrays transposed.

    A repair without a kind is a part of the gradient, which may have a factor.
    """
    point, given = trial.point, np.asarray(trial.gradients[place], float)
    whole = np.asarray(point.gradients[place])
    parts = [_Part("", whole, 0 * whole)]
    for way in _ways(point, place, graph):
        parts.append(_Part(f"what comes through {way.called}", whole - way.rest, way.rest))
        parts.append(_Part(f"what does not come through {way.called}", way.rest, whole - way.rest))
    for one in parts[1:]:
        yield Repair("", one.called, "", given - one.rest, one.part)
    factors = chain.from_iterable(_factors(graph, one) for one in parts)
    for kind, told, fix, target in chain(factors, _changed_nodes(point, place, graph)):
        yield Repair(kind, told, fix, given, target)


def _inner(graph: Graph) -> list[Value]:
    numbers = sum(node.size for node in graph.nodes)
    if numbers * len(graph.nodes) > _LARGEST:
        return []
    most = min(_MOST_NODES, _MOST_WORK // len(graph.nodes))
    return [node for node in graph.computed if node is not graph.nodes[-1]][:most]


def _ways(point: Point, place: int, graph: Graph) -> list[_Way]:
    """The ways through the graph, and through two of them: what is left without each."""
    whole = np.asarray(point.gradients[place])
    on: dict[bytes, tuple[list[Value], Array]] = {}
    for node in _inner(graph):
        rest = np.asarray(graph.without(node)[place])
        if _differs(rest, whole):
            digits = np.round(rest / np.abs(rest).max(), 9)
            on.setdefault(digits.tobytes(), ([], rest))[0].append(node)
    ways = [
        _Way(_called(graph, group), tuple(group), rest)
        for group, rest in list(on.values())[:_MOST_WAYS]
    ]
    for first, second in combinations(list(ways), 2):
        rest = np.asarray(graph.without(first.nodes[0], second.nodes[0])[place])
        if all(_differs(rest, one.rest) for one in ways):
            called = f"{first.called} and through {second.called}"
            ways.append(_Way(called, first.nodes + second.nodes, rest))
    return ways


def _differs(rest: Array, other: Array) -> bool:
    return bool(np.any(rest)) and not np.allclose(rest, other, rtol=1e-12, atol=0)


def _called(graph: Graph, nodes: Sequence[Value]) -> str:
    """A way by the first variable of forward on it, or by its nodes."""
    variables = [name for node in nodes if (name := node.label or graph.names.get(node, ""))]
    words = [graph.called(node) for node in nodes]
    if variables or len(words) == 1:
        return (variables or words)[0] + graph.step(nodes[0])
    shown = [*words[:1], "…", *words[-1:]] if len(words) > _SHOWN else words
    return " → ".join(shown) + graph.step(nodes[0])


_Fault = tuple[str, str, str, Array]


def _factors(graph: Graph, one: _Part) -> Iterator[_Fault]:
    """An inner value that stands in a part once too often or not often enough."""
    begins = f"{one.called} " if one.called else ""
    for node in (*_inner(graph), *graph.point.here.values, graph.nodes[-1]):
        number = _aligned(np.asarray(node._data), one.part.shape)
        if number is None or not np.any(number - 1):
            continue
        name = graph.called(node)
        with np.errstate(all="ignore"):
            for kind, told, fix, factor in (
                ("missing factor", f"lacks the factor {name}", "multiply by it", 1 / number),
                ("extra factor", f"has the factor {name} too much", "leave it out", number),
            ):
                target = one.rest + one.part * factor
                if np.all(np.isfinite(target)):
                    yield kind, begins + told, fix, target


def _aligned(number: Array, shape: tuple[int, ...]) -> Array | None:
    """An array so that it broadcasts to a shape, from behind or from the front; None if not."""
    ahead = number.reshape(number.shape + (1,) * (len(shape) - number.ndim))
    for one in (number, ahead):
        try:
            if np.broadcast_shapes(one.shape, shape) == shape:
                return one
        except ValueError:
            continue
    return None


def _read_transposed(node: Value) -> Callable[[Value], Any]:
    return lambda one: np.transpose(one._data) if one is node else one._data


def _changed_nodes(point: Point, place: int, graph: Graph) -> Iterator[_Fault]:
    """The chain cut short at a node; a square array or its cotangent transposed."""
    parameter = point.here.values[point.forward.active.index(place)]
    for node in (*_inner(graph), graph.nodes[-1]):
        if node not in point.inside:
            continue
        name, cotangent = graph.called(node), point.inside[node]
        rest = np.asarray(graph.without(node)[place])
        if node.shape == parameter.shape:
            told = f"lacks the derivative of {name} by this input"
            yield "missing factor", told, "multiply by it", rest + cotangent
        if len(node.shape) == 2 and node.shape[0] == node.shape[1]:
            turned = point.swept(read=_read_transposed(node))
            yield (
                "transposed",
                f"is right for {name} transposed",
                "transpose it",
                point.to(place, turned),
            )
            below = point.to(place, point.swept(order(node), {node: cotangent.T}))
            told = f"is right for the gradient of {name} transposed"
            yield "transposed", told, "transpose it", rest + below
