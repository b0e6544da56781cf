"""Slips in the single steps of a backward: wrong derivatives, operands, paths, constants, loops."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.check.vjp.graph import Change, Graph, Parts, Slip, parts_of
from autograd_lite.check.vjp.point import Array
from autograd_lite.errors import AutogradLiteError
from autograd_lite.op import REGISTRY, Elementwise, Op, is_node
from autograd_lite.ops.broadcasting import spread
from autograd_lite.value import Value


def slips(graph: Graph) -> Iterator[Slip]:
    """Every slip: of derivatives, of operands, of single paths, of constants, of loops.

    >>> import autograd_lite as ag
    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(ag.tanh, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> next(slips(Graph(point, ("x",)))).sentence
    'takes 1 − y for tanh′, which is 1 − y²: the output is not squared'
    """
    groups = graph.groups[::-1]  # as a backward goes
    kinds = (_slopes, _operands, _edges, _constants)
    yield from _states(graph, groups)
    for kind in kinds:
        if kind is _edges:
            yield from _loops(graph)
        for group in groups:
            yield from _of_all(graph, group, kind)
    for kind in kinds:
        for group in groups:
            yield from _of_ends(graph, group, kind)


Rows = Iterator[tuple[str, str, str, Change, Mapping[Value, Any]]]


Kind = Callable[[Graph, Value], Rows]


def _of_all(graph: Graph, group: Sequence[Value], kind: Kind) -> Iterator[Slip]:
    """The slips of one kind, at all nodes of one place in the code."""
    rows = [list(kind(graph, node)) for node in group]
    for at, row in enumerate(rows[0]):
        alike = [
            [one for one in others if one[1] == row[1]]
            if len(others) != len(rows[0])
            else others[at : at + 1]
            for others in rows
        ]
        if all(alike):
            same = [found[0] for found in alike]
            changes = {node: one[3] for node, one in zip(group, same, strict=True)}
            data = {key: number for one in same for key, number in one[4].items()}
            yield Slip(*row[:3], changes, data)


def _of_ends(graph: Graph, group: Sequence[Value], kind: Kind) -> Iterator[Slip]:
    """The slips of one kind at the first or the last step of a loop alone."""
    if len(group) < 2:
        return
    for place, word in ((0, "first"), (-1, "last")):
        for row in kind(graph, group[place]):
            told = f"at the {word} of {len(group)} steps, {row[1]}"
            yield Slip(row[0], told, row[2], {group[place]: row[3]}, row[4])


def _row(
    kind: str, told: str, fix: str, change: Change, data: Mapping[Value, Any] | None = None
) -> tuple[str, str, str, Change, Mapping[Value, Any]]:
    return kind, told, fix, change, data or {}


# Wrong derivatives of a function of one variable, by its input x and its output y.

Slope = Callable[[Any, Any], Any]
_WRONG: dict[str, list[tuple[str, str, Slope]]] = {
    "sigmoid": [
        (
            "missing factor",
            "takes y for sigmoid′, which is y·(1 − y): the factor 1 − y is missing",
            lambda y, _x: y,
        ),
        (
            "missing factor",
            "takes 1 − y for sigmoid′, which is y·(1 − y): the factor y is missing",
            lambda y, _x: 1 - y,
        ),
        (
            "wrong factor",
            "takes 1 − y² for sigmoid′, which is y·(1 − y): that is the derivative of tanh",
            lambda y, _x: 1 - y**2,
        ),
        (
            "wrong sign",
            "takes y·(1 + y) for sigmoid′, which is y·(1 − y)",
            lambda y, _x: y * (1 + y),
        ),
        ("wrong factor", "takes y² for sigmoid′, which is y·(1 − y)", lambda y, _x: y**2),
    ],
    "tanh": [
        (
            "wrong power",
            "takes 1 − y for tanh′, which is 1 − y²: the output is not squared",
            lambda y, _x: 1 - y,
        ),
        (
            "wrong factor",
            "takes y·(1 − y) for tanh′, which is 1 − y²: that is the derivative of sigmoid",
            lambda y, _x: y * (1 - y),
        ),
        ("wrong factor", "takes y² for tanh′, which is 1 − y²", lambda y, _x: y**2),
        ("wrong sign", "takes 1 + y² for tanh′, which is 1 − y²", lambda y, _x: 1 + y**2),
    ],
    "relu": [
        (
            "wrong sign",
            "passes the cotangent on where x < 0, not where x > 0",
            lambda _y, x: 1.0 * (x < 0),
        ),
    ],
    "sqrt": [
        ("constant factor", "lacks the 2 of √′ = 1/(2·√x)", lambda y, _x: 1 / y),
        (
            "wrong power",
            "takes 1/(2·x) for √′, which is 1/(2·√x): the root is missing",
            lambda _y, x: 1 / (2 * x),
        ),
    ],
    "log": [("upside down", "takes x for ln′, which is 1/x", lambda _y, x: x)],
    "cos": [("wrong sign", "takes sin for cos′, which is −sin", lambda _y, x: np.sin(x))],
}
_BY_OUTPUT = {"sigmoid", "tanh", "exp", "sqrt"}
"""Whose derivative people write by the output."""


def wrong_slopes(op: Elementwise, y: Any, x: Any) -> Iterator[tuple[str, str, str, Array]]:
    """What is written in place of the derivative of a function of one variable.

    >>> from autograd_lite.ops.elementwise import sin
    >>> [told for _, told, _, _ in wrong_slopes(sin, np.sin(2.0), 2.0)][0]
    'lacks the factor that sin gives: its own derivative'
    """
    name = op.name
    fix = f"write {name}′"
    right = np.asarray(op.partial(0, y, (x,)), float)
    for kind, told, slope in _WRONG.get(name, []):
        yield kind, told, fix, slope(y, x)
    at = f"check whether {name}′ is written in the input or in the output"
    wrong_place = "derivative at the wrong place"
    if name in _BY_OUTPUT:
        told = f"takes the derivative of {name} of its input where its output belongs"
        yield wrong_place, told, at, np.asarray(op.partial(0, x, (x,)), float)
    told = f"lacks the factor that {name} gives: its own derivative"
    yield "missing factor", told, f"multiply by {name}′", np.ones_like(right)
    again = op.forward(y)
    told = f"takes the derivative of {name} of its output where its input belongs"
    yield wrong_place, told, at, np.asarray(op.partial(0, again, (y,)), float)
    told = f"has {name} itself where its derivative belongs"
    yield "wrong factor", told, fix, np.asarray(y, float)
    yield "extra factor", f"has the derivative of {name} twice", "take it once", right**2
    with np.errstate(all="ignore"):
        yield "upside down", f"divides by the derivative of {name}", fix, 1 / right


def _times(slope: Any, position: int) -> Change:
    """The cotangent times a wrong derivative."""
    return lambda cotangent, parts: {**parts, position: cotangent * slope}


def _slopes(graph: Graph, node: Value) -> Rows:
    """Wrong derivatives at one node."""
    op = node.op
    edges = [at for at, one in enumerate(node.operands) if is_node(one) and one.takes_gradient]
    if not edges or op is None:
        return
    if not isinstance(op, Elementwise):
        yield from _of_structure(graph, node)
    elif op.arity == 1 and callable(op.rule(0)):
        yield from _of_one_variable(graph, node, op)
    elif op.name in _BINARY:
        yield from _of_two_operands(graph, node, edges)
    elif op.name in {"where", "maximum", "minimum"}:
        operands = [*map(_number, node.operands)]
        masks = {at: np.asarray(op.partial(at, node._data, operands), float) for at in edges}
        yield from _of_choice(op.name, node._data, masks)


def _of_one_variable(graph: Graph, node: Value, op: Elementwise) -> Rows:
    x, y = node.operands[0]._data, node._data
    for kind, told, fix, slope in wrong_slopes(op, y, x):
        yield _row(kind, told, fix, _times(slope, 0))
    for user in graph.users.get(node, []) if op.name in _BY_OUTPUT else []:
        if user.shape == node.shape and isinstance(user.op, Elementwise):
            told = f"{graph.called(user)} stands in place of {graph.called(node)} in {op.name}′"
            slope = np.asarray(op.partial(0, user._data, (x,)), float)
            yield _row("wrong factor", told, f"take {graph.called(node)}", _times(slope, 0))
    if op.name == "relu":
        yield _row(*_MASK_OF_THE_COTANGENT, lambda g, _: {0: g * (g > 0)})


_MASK_OF_THE_COTANGENT = (
    "wrong factor",
    "takes the mask of the cotangent, not of the input of the rectifier",
    "take the mask where the input is positive",
)


def _of_two_operands(graph: Graph, node: Value, edges: Sequence[int]) -> Rows:
    assert node.op is not None
    numbers = [np.asarray(_number(one), float) for one in node.operands]
    words = [graph.called(one) for one in node.operands]
    for position in edges:
        fix = f"check the derivative by {words[position]} there"
        for kind, told, slope in _BINARY[node.op.name](position, node, numbers, words):
            yield _row(kind, told, fix, _times(slope, position))
    if len(edges) == 2 and node.op.name == "multiply" and numbers[0].shape == numbers[1].shape:
        told = f"{words[0]} and {words[1]} are exchanged: each has its own factor"
        own = dict(enumerate(numbers))
        fix = "multiply by the other one"
        yield _row("wrong factor", told, fix, lambda g, _: {at: g * x for at, x in own.items()})


def _of_choice(name: str, y: Any, masks: Mapping[int, Array]) -> Rows:
    """The masks of what chooses one of its operands."""
    for position in masks:
        told = f"lacks the mask of {name}"
        yield _row("missing factor", told, "multiply by it", _times(1.0, position))
        told = f"has {name} itself where its mask belongs"
        yield _row("extra factor", told, "take where it chooses", _times(y, position))
    told = f"has the mask of {name} the other way round"
    turned = {at: 1 - mask for at, mask in masks.items()}

    def by_the_other(g: Any, _: Parts) -> Parts:
        return {at: g * mask for at, mask in turned.items()}

    yield _row("wrong sign", told, "turn it over", by_the_other)
    if len(masks) == 1:
        (at,) = masks
        yield _row(*_MASK_OF_THE_COTANGENT, lambda g, _: {at: g * (g > 0)})


def _number(operand: Any) -> Any:
    return operand._data if is_node(operand) else operand


WrongFactor = Iterator[tuple[str, str, Any]]


def _of_product(place: int, node: Value, numbers: list[Any], words: list[str]) -> WrongFactor:
    other, own = numbers[1 - place], numbers[place]
    word = words[1 - place]
    kind = "constant factor" if other.size == 1 and not is_node(node.operands[1 - place]) else ""
    yield kind or "missing factor", f"lacks the factor {word}", 1.0
    yield kind or "upside down", f"divides by {word} where it has to multiply", 1 / other
    yield kind or "extra factor", f"has the factor {word} twice", other**2
    if own.shape == other.shape:
        yield "wrong factor", f"{words[place]} stands in place of {word}", own


def _of_quotient(place: int, node: Value, numbers: list[Any], words: list[str]) -> WrongFactor:
    a, b = numbers
    over, under = words
    y = a / b
    fixed = b.size == 1 and not is_node(node.operands[1])
    if place == 0:
        kind = "constant factor" if fixed else ""
        yield kind or "missing factor", f"lacks the factor 1/{_part(under)}", 1.0
        yield kind or "upside down", f"multiplies by {under} where it has to divide", b
        yield kind or "extra factor", f"divides by {under} twice", 1 / b**2
        return
    right = f"(a/b)′ by b is −a/b², with a = {over}, b = {under}"
    yield "wrong power", f"b is not squared: {right}", -y
    yield "missing factor", f"a is missing: {right}", -1 / b**2
    yield "missing factor", f"a/b is missing: {right}", -1 / b
    yield "missing factor", f"1/b² is missing: {right}", -a
    yield "wrong power", f"b is to the third: {right}", -y / b**2


def _part(text: str) -> str:
    return text if text.replace("_", "").replace(".", "").isalnum() else f"({text})"


def _of_power(place: int, node: Value, numbers: list[Any], words: list[str]) -> WrongFactor:
    x, n = numbers
    if place or is_node(node.operands[1]):
        return
    told = f"(xⁿ)′ is n·xⁿ⁻¹, with n = {words[1]}, x = {words[0]}"
    yield "constant factor", f"lacks the exponent as a factor: {told}", x ** (n - 1)
    yield "wrong power", f"the exponent is not lowered by one: {told}", n * x**n
    yield "wrong power", f"the exponent is lowered by two: {told}", n * x ** (n - 2)
    yield "wrong power", f"the power is missing: {told}", n * np.ones_like(x)
    yield "wrong power", f"x is not raised to n − 1: {told}", n * x
    if not np.any(n == 2):
        yield "constant factor", f"the factor is n − 1, not n: {told}", (n - 1) * x ** (n - 1)


_BINARY: dict[str, Callable[[int, Value, list[Any], list[str]], WrongFactor]] = {
    "multiply": _of_product,
    "divide": _of_quotient,
    "power": _of_power,
}


def _of_structure(graph: Graph, node: Value) -> Rows:
    """Sums, extremes and windows."""
    assert node.op is not None
    name, x = node.op.name, node.operands[0]
    if name == "sum" and x.size > node.size > 0:
        count = x.size // node.size
        told = f"divides by {count}, as a mean does, where {graph.called(x)} is summed"
        yield _row("constant factor", told, f"multiply by {count}", _scaled(0, 1 / count))
    elif name in {"max", "min", "max_pool2d"}:
        yield from _of_extreme(name, node, x)


def _of_extreme(name: str, node: Value, x: Value) -> Rows:
    op, settings = node.op, node.attributes
    assert op is not None

    def whole(g: Any, _: Parts) -> Parts:
        if name != "max_pool2d":
            return {0: spread(g, x, settings["axis"])}
        pool = REGISTRY["avg_pool2d"]
        size = np.prod(settings["size"])
        return {0: size * _parts_with(pool, [x._data], settings, g)[0]}

    count = float(np.prod(settings["size"])) if name == "max_pool2d" else x.size / node.size
    most, least = ("smallest", "largest") if name == "min" else ("largest", "smallest")
    fix = f"give it to the {most} alone"
    shared = f"of {name} to every element: the mask of the {most} is missing"
    yield _row("missing factor", f"gives the whole gradient {shared}", fix, whole)

    def share(g: Any, parts: Parts) -> Parts:
        return {0: whole(g, parts)[0] / count}

    yield _row("missing factor", f"gives a share of the gradient {shared}", fix, share)

    def other(g: Any, _: Parts) -> Parts:
        return _parts_with(op, [-x._data], settings, g)

    yield _row("wrong factor", f"gives the gradient of {name} to the {least}", fix, other)


# One operand taken for another: before or after its activation, transposed, of another step.

_LINEAR = {"multiply", "divide", "matmul", "einsum", "conv2d"}
_MOST_OTHERS = 6


def _operands(graph: Graph, node: Value) -> Rows:
    """Another array in place of an operand, where the derivative by the other operand is taken."""
    assert node.op is not None
    if node.op.name == "power":
        base = node.operands[0]
        if is_node(base) and not is_node(node.operands[1]):
            for kind, told, fix, data in _instead_of(graph, node, base):
                yield _row(kind, told, fix, _reading(node, {base: data}, 0))
    if node.op.name not in _LINEAR or len(node.operands) != 2:
        return
    for position, operand in enumerate(node.operands):
        if not is_node(operand):
            continue
        others = [at for at in (0, 1) if at != position and is_node(node.operands[at])]
        for kind, told, fix, data in _instead_of(graph, node, operand):
            if others:
                yield _row(kind, told, fix, _reading(node, {operand: data}, others[0]))


def _reading(node: Value, data: Mapping[Value, Any], position: int) -> Change:
    """What a node hands on to one operand if others have other data."""

    def change(cotangent: Any, parts: Parts) -> Parts:
        if position not in parts:
            return parts
        try:
            found = parts_of(node, cotangent, lambda one: data.get(one, one._data))
        except AutogradLiteError:  # the other array does not fit
            return parts
        return {**parts, position: found[position]}

    return change


def _instead_of(graph: Graph, node: Value, operand: Value) -> Iterator[tuple[str, str, str, Any]]:
    """What may stand in place of an operand: kind, words, and its numbers."""
    assert node.op is not None
    word, shape, data = graph.called(operand), operand.shape, operand._data
    fix = f"take {word}"
    near = [one for one in operand.parents if one.shape == shape]
    near += [one for one in graph.users.get(operand, []) if one.shape == shape and one is not node]
    later = [one for one in graph.nodes if one.shape == shape and one.op is operand.op]
    later.sort(key=lambda one: abs(one.number - operand.number))
    named = [one for one in graph.nodes if one.shape == shape and one in graph.names]
    others = [*near, *later[: _MOST_OTHERS + 1], *named[: 2 * _MOST_OTHERS]]
    for other in dict.fromkeys(others):
        if other is not operand and other is not node:
            told = f"{graph.called(other)} stands in place of {word}"
            scaled = operand.op is not None and operand.op.name in {"multiply", "divide"}
            if scaled and len(operand.parents) == 1 and other is operand.parents[0]:
                yield "constant factor", f"lacks the constant of {word}", fix, other._data
            else:
                yield "wrong factor", told, fix, other._data
    if node.op.name not in {"multiply", "divide", "power"}:
        yield "missing factor", f"lacks the factor {word}", f"multiply by {word}", np.ones(shape)
        if len(shape) >= 2 and shape[-1] == shape[-2]:
            turned = np.swapaxes(data, -1, -2)
            yield "transposed", f"is right for {word} transposed", f"transpose {word}", turned
    if node.op.name == "conv2d":
        turned = np.flip(data, (-2, -1))
        yield "flipped", f"is right for {word} flipped", f"turn {word}", turned


# Single paths: left out, of the wrong sign, counted twice.


def _edges(graph: Graph, node: Value) -> Rows:
    """What comes along one edge."""
    parts = parts_of(node, np.ones(node.shape) if node.shape else 1.0)
    for position in parts:
        operand = node.operands[position]
        if (node, position) in graph.cancelled:
            continue
        way = f"what comes through {graph.way(node)}"
        if len(parts) > 1:
            way = f"what comes to {graph.called(operand)} directly from {graph.called(node)}"
            if sum(one is operand for one in node.operands) > 1:
                way = f"one of the two factors {graph.called(operand)}"
        for kind, told, fix, factor in (
            ("missing path", f"lacks {way}", "add it", 0.0),
            ("wrong sign", f"{way} has the wrong sign", "change its sign", -1.0),
            ("constant factor", f"{way} is counted twice", "add it once", 2.0),
            ("constant factor", f"{way} is halved", "multiply it by 2", 0.5),
        ):
            yield _row(kind, told, fix, _scaled(position, factor))


def _scaled(position: int, factor: float) -> Change:
    def change(_: Any, parts: Parts) -> Parts:
        if not factor:
            return {at: part for at, part in parts.items() if at != position}
        return {at: part * factor if at == position else part for at, part in parts.items()}

    return change


# Constants: left out of the values too, or one too many or too few.


def _constants(graph: Graph, node: Value) -> Rows:
    """A constant that the whole derivation leaves out; a count of n for n − 1."""
    assert node.op is not None
    if isinstance(node.op, Elementwise) and node.op.arity == 1 and callable(node.op.rule(0)):
        operand = node.operands[0]
        data = graph.recomputed(node, operand._data)
        told = f"leaves out {node.op.name} altogether, {graph.called(operand)} in its place"
        yield _row("missing factor", told, f"take {graph.called(node)}", _times(1.0, 0), data)
    neutral = {"add": 0.0, "subtract": 0.0, "maximum": 0.0, "multiply": 1.0, "divide": 1.0}
    for position, operand in enumerate(node.operands):
        constant = np.asarray(operand, float) if not is_node(operand) else np.zeros(2)
        if constant.size != 1 or node.op.name not in neutral:
            continue
        number, word = float(constant.reshape(())), graph.called(operand)
        whole, small = graph.called(node), abs(number) <= _SMALL
        tried = [
            (neutral[node.op.name], f"leaves out the {'ε = ' if small else ''}{word} of {whole}")
        ]
        if node.op.name in {"multiply", "divide"} and number >= 1 and number % 1 == 0:
            tried += [
                (other, f"has {other:.0f} in place of {word}: n and n − 1, as by another ddof")
                for other in (number - 1, number + 1)
                if other
            ]
        for other, told in tried:
            given = [other if at == position else one for at, one in enumerate(node.operands)]
            kind = (
                "constant factor" if node.op.name in {"multiply", "divide"} else "missing constant"
            )
            fix = f"take {word}"
            number = node.op.forward(*map(_number, given), **node.attributes)
            data = graph.recomputed(node, number)
            yield _row(kind, told, fix, _with_operands(node, given, data), data)
            if kind == "constant factor" and other != 1:
                yield _row(kind, told, fix, _with_operands(node, given, {}))


_SMALL = 0.01
"""A constant up to that is an ε, which keeps a division from failing."""


def _with_operands(node: Value, operands: Sequence[Any], data: Mapping[Value, Any]) -> Change:
    op = node.op
    assert op is not None
    seen = [data.get(one, one._data) if is_node(one) else one for one in operands]
    nodes = [at for at, one in enumerate(operands) if is_node(one)]

    def change(cotangent: Any, parts: Parts) -> Parts:
        found = _parts_with(op, seen, node.attributes, cotangent, nodes)
        return {at: found[at] for at in parts}

    return change


def _parts_with(
    op: Op,
    operands: Sequence[Any],
    attributes: Mapping[str, Any],
    cotangent: Any,
    nodes: Sequence[int] = (0,),
) -> Parts:
    """What an op hands on where its operands are others, of which some are nodes."""
    given = [Value(one) if at in nodes else one for at, one in enumerate(operands)]
    return parts_of(op(*given, **attributes), cotangent)


# Loops: one contribution for the sum of all, or one step too few.


def _states(graph: Graph, groups: Sequence[Sequence[Value]]) -> Iterator[Slip]:
    """The state of another time, in a loop that makes each state of the one before."""
    loops = [group for group in groups if len(group) > 1]
    for made in loops:
        states = next(filter(None, (_from_the_first(made, used) for used in loops)), None)
        if states is None:
            continue
        name = graph.called(made[-1])
        op = made[0].op
        if isinstance(op, Elementwise) and op.arity == 1 and op.name in _BY_OUTPUT:
            slopes = [np.asarray(op.partial(0, x, (x,)), float) for x in map(_number, states)]
            changes = {node: _times(slope, 0) for node, slope in zip(made, slopes, strict=False)}
            told = f"the state before stands in {op.name}′ of the state {name}: one step off"
            yield Slip("derivative at the wrong place", told, "take the state of the step", changes)
        for used in loops:
            yield from _of_another_step(graph, used, states, name)


def _from_the_first(made: Sequence[Value], used: Sequence[Value]) -> list[Value] | None:
    """All states, if ``used`` takes what was ``made`` a step before; the first is given to it."""
    if len(made) != len(used) or not is_node(first := _state_in(used, made[:-1])):
        return None
    return [first, *made] if first.shape == made[0].shape else None


def _state_in(used: Sequence[Value], made: Sequence[Value]) -> Any:
    """What the first step takes where the others take what was made; None if they do not."""
    for position, first in enumerate(used[0].operands):
        taken = [node.operands[position] for node in used[1:]]
        if all(one is other for one, other in zip(taken, made, strict=True)):
            return first
    return None


def _of_another_step(
    graph: Graph, used: Sequence[Value], states: Sequence[Value], name: str
) -> Iterator[Slip]:
    """The state before or after, where the loop multiplies by a state."""
    count = len(used)
    if count + 1 != len(states) or used[0].op is None or used[0].op.name not in _LINEAR:
        return
    for position in range(len(used[0].operands)):
        taken = [node.operands[position] for node in used]
        for right, wrong, word in (
            (states[:-1], states[1:], "after"),
            (states[1:], states[:-1], "before"),
        ):
            if all(one is other for one, other in zip(taken, right, strict=True)):
                changes = {
                    node: _reading(node, {node.operands[position]: one._data}, 1 - position)
                    for node, one in zip(used, wrong, strict=True)
                }
                by = graph.called(used[0].operands[1 - position])
                told = f"the state {name} of one step {word} stands in the derivative by {by}"
                fix = f"take {name} of the step itself"
                yield Slip("wrong factor", f"{told}: one step off", fix, changes)


def _nothing_to(operand: Value, node: Value) -> Change:
    return lambda _, parts: {
        at: part for at, part in parts.items() if node.operands[at] is not operand
    }


def _loops(graph: Graph) -> Iterator[Slip]:
    """What several steps of a loop give to one value."""
    calls = graph.point.seen.calls
    for operand, users in graph.users.items():
        steps: dict[Hashable, list[Value]] = {}
        for node in users:
            steps.setdefault(calls.get(node, node), []).append(node)
        for group in steps.values():
            if len(group) < 2:
                continue
            name = graph.called(operand)
            for kept, word in ((group[0], "first"), (group[-1], "last")):
                told = f"keeps only what the {word} of {len(group)} steps gives to {name}"
                fix = "add them up: += for ="
                changes = {one: _nothing_to(operand, one) for one in group if one is not kept}
                yield Slip("= where += belongs", told, fix, changes)
                told = f"lacks what the {word} of {len(group)} steps gives to {name}"
                if len(group) > 2:
                    changes = {kept: _nothing_to(operand, kept)}
                    yield Slip("missing path", told, "begin and end the loop with it", changes)
