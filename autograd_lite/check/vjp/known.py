"""Functions that a graph computes in several steps, found by their numbers, and their slips.

1/(1 + exp(−x)) is a sigmoid, exp(x − max)/Σ a softmax, (x − mean)/√(var + ε) a normalisation,
however they are written. Their backwards are known by heart, and so is what people get wrong in
them, which no single step of the graph shows.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.vjp.graph import Graph, Slip
from autograd_lite.check.vjp.point import Array
from autograd_lite.check.vjp.repairs import in_words
from autograd_lite.check.vjp.slips import wrong_slopes
from autograd_lite.op import REGISTRY, Elementwise
from autograd_lite.value import Value

Wrong = tuple[str, str, str, Callable[[Array], Any]]
"""Kind, words and repair of a slip, and what it makes of the cotangent."""


class _Known(NamedTuple):
    """A function that takes one node of a graph to another, and how its backward goes wrong."""

    node: Value
    base: Value
    wrong: Iterator[Wrong]


def known_slips(graph: Graph) -> Iterator[Slip]:
    """The slips in the backward of functions that are known as a whole.

    >>> import autograd_lite as ag
    >>> from autograd_lite.check.vjp.point import Forward, Point
    >>> forward = Forward(lambda x: 1 / (1 + ag.exp(-x)), [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> next(known_slips(Graph(point, ("x",)))).sentence
    'takes y for sigmoid′, which is y·(1 − y): the factor 1 − y is missing'
    """
    for node, base, wrongs in _found(graph):
        for kind, told, fix, wrong in wrongs:
            yield Slip(kind, told, fix, {node: _handing(base, wrong)})


def _handing(base: Value, wrong: Callable[[Array], Any]) -> Callable[[Any, Any], dict[Any, Any]]:
    return lambda cotangent, _: {base: wrong(np.asarray(cotangent))}


_NEAREST = 8
"""So many arrays of the same shape are tried as what a function was taken of."""


def _found(graph: Graph) -> Iterator[_Known]:
    if len(graph.nodes) > _MOST_NODES:
        return
    below: dict[Value, set[Value]] = {}
    for node in graph.nodes:
        below[node] = set(node.parents).union(*(below[one] for one in node.parents))
        if not isinstance(node.op, Elementwise) or not node.size:
            continue
        y = np.asarray(node._data, float)
        bases = [one for one in below[node] if one.shape == node.shape and one.takes_gradient]
        bases = sorted(bases, key=lambda one: one.number)[-_NEAREST:]
        for recognise in (_as_activation, _as_smooth, _as_softmax, _as_normal, _as_unit):
            # x and x − max, x and x − mean: either may be what the author differentiates by.
            for base in bases:
                wrong = recognise(node, y, np.asarray(base._data, float))
                if wrong is not None:
                    yield _Known(node, base, wrong)


_MOST_NODES = 400


def _same(one: Array, other: Array) -> bool:
    first, second = float(one.flat[0]), float(other.flat[0])  # most differ in every element
    if not abs(first - second) <= 1e-6 * (1 + abs(second)):
        return False
    return bool(np.allclose(one, other, rtol=1e-9, atol=1e-12))


def _as_activation(node: Value, y: Array, x: Array) -> Iterator[Wrong] | None:
    """σ and tanh that are written out."""
    for name in ("sigmoid", "tanh"):
        op = REGISTRY[name]
        assert isinstance(op, Elementwise)
        if node.op is not op and np.ptp(x) and _same(np.asarray(op.forward(x)), y):
            return (
                (kind, told, fix, _multiplied(slope))
                for kind, told, fix, slope in wrong_slopes(op, y, x)
            )
    return None


def _as_smooth(_: Value, y: Array, x: Array) -> Iterator[Wrong] | None:
    """x·σ(x), and ln(1 + eˣ)."""
    s = np.asarray(REGISTRY["sigmoid"].forward(x))
    if not np.ptp(x):
        return None
    wrong: list[tuple[str, str, Any]] = []
    rule = "the derivative of ln(1 + eˣ) is σ"
    if _same(np.logaddexp(0, x), y):
        wrong = [
            ("missing factor", "it is missing", np.ones_like(x)),
            ("wrong factor", "σ·(1 − σ) stands in its place", s * (1 - s)),
            ("wrong factor", "1 − σ stands in its place", 1 - s),
        ]
    elif _same(s * x, y):
        rule = "the derivative of x·σ is σ + x·σ·(1 − σ)"
        wrong = [
            ("missing path", "x·σ·(1 − σ) is missing", s),
            ("missing path", "σ itself is missing", x * s * (1 - s)),
            ("missing factor", "1 − σ is missing", s + x * s),
            ("missing factor", "σ is missing in x·σ·(1 − σ)", s + x * (1 - s)),
            ("missing factor", "x is missing", s + s * (1 - s)),
            ("wrong sign", "x·σ·(1 − σ) has the wrong sign", s - x * s * (1 - s)),
            ("missing factor", "σ is missing in front", 1 + x * s * (1 - s)),
        ]
    if not wrong:
        return None
    return (
        (kind, f"{rule}: {told}", "write it so", _multiplied(slope)) for kind, told, slope in wrong
    )


def _multiplied(slope: Any) -> Callable[[Array], Any]:
    return lambda cotangent: cotangent * slope


def _over(rule: Callable[[Array, Any], Any], given: Any) -> Callable[[Array], Any]:
    """A rule for a cotangent, with the axes or whatever else it is given."""
    return lambda cotangent: rule(cotangent, given)


def _axes(array: Array) -> Iterator[tuple[int, ...]]:
    """Axes to reduce over, those along which there is something to reduce."""
    for count in range(1, min(array.ndim, 4) + 1):
        for axes in combinations(range(array.ndim), count):
            if all(array.shape[axis] > 1 for axis in axes):
                yield axes


def _over_other_axes(
    y: Array,
    axes: tuple[int, ...],
    what: str,
    fix: str,
    rule: Callable[[Array, tuple[int, ...]], Any],
) -> Iterator[Wrong]:
    """A rule with each of the other axes of y in place of those that belong there."""
    for other in _axes(y):
        if other != axes:
            told = f"{what} over {in_words(other)}"
            yield "wrong axis", told, f"{fix} over {in_words(axes)}", _over(rule, other)


# Softmax and its logarithm.


def _as_softmax(_: Value, y: Array, x: Array) -> Iterator[Wrong] | None:
    for axes in _axes(y):
        weights = np.exp(x - x.max(axes, keepdims=True))
        shares = weights / weights.sum(axes, keepdims=True)
        if _same(shares, y):
            return _of_softmax(shares, axes)
        if _same(np.log(shares), y):
            return _of_log_softmax(shares, axes)
    return None


def _of_softmax(s: Array, axes: tuple[int, ...]) -> Iterator[Wrong]:
    rule = "the gradient is s·(g − Σ g·s)"

    total = partial(np.sum, axis=axes, keepdims=True)
    count = np.prod([s.shape[axis] for axis in axes])
    told = "has the diagonal of the softmax's Jacobian only, s·(1 − s)"
    fix = f"add the other classes: {rule}"
    yield "missing path", told, fix, lambda g: g * s * (1 - s)
    told = "lacks the sum over all classes in the gradient of a softmax"
    yield "missing path", told, fix, lambda g: g * s
    told = "the sum in the gradient of a softmax is not weighted by s"
    yield "missing factor", told, rule, lambda g: s * (g - total(g))
    told = "the sum in the gradient of a softmax has the wrong sign"
    yield "wrong sign", told, rule, lambda g: s * (g + total(g * s))
    told = "a mean stands in place of the sum in the gradient of a softmax"
    yield "constant factor", told, rule, lambda g: s * (g - total(g * s) / count)
    told = "the sum in the gradient of a softmax is not multiplied by s"
    yield "missing factor", told, rule, lambda g: g * s - total(g * s)
    told = "lacks the factor s in front of the gradient of a softmax"
    yield "missing factor", told, rule, lambda g: g - total(g * s)
    told = "the sum in the gradient of a softmax lacks the cotangent"
    yield "missing factor", told, rule, lambda g: s * (g - total(s * s))
    yield from _over_other_axes(
        s,
        axes,
        "the sum in the gradient of a softmax is",
        "sum",
        lambda g, at: s * (g - (g * s).sum(at, keepdims=True)),
    )


def _of_log_softmax(s: Array, axes: tuple[int, ...]) -> Iterator[Wrong]:
    rule = "the gradient is g − s·Σ g"

    total = partial(np.sum, axis=axes, keepdims=True)
    told = "has the diagonal of the Jacobian of a log-softmax only, 1 − s"
    yield "missing path", told, rule, lambda g: g * (1 - s)
    told = "lacks what comes through the sum of a log-softmax"
    yield "missing path", told, rule, lambda g: g
    told = "the softmax in the gradient of a log-softmax is not multiplied by Σ g"
    yield "missing factor", told, rule, lambda g: g - s
    told = "the sum in the gradient of a log-softmax is not multiplied by s"
    yield "missing factor", told, rule, lambda g: g - total(g)
    told = "the log-softmax stands in place of the softmax in its gradient"
    yield "wrong factor", told, rule, lambda g: g - np.log(s) * total(g)
    told = "lacks the −1 of the class that is right: the softmax alone is not the gradient"
    yield "missing path", told, rule, lambda g: -s * total(g)
    told = "what comes through the sum of a log-softmax has the wrong sign"
    yield "wrong sign", told, rule, lambda g: g + s * total(g)
    yield from _over_other_axes(
        s,
        axes,
        "the sum in the gradient of a log-softmax is",
        "sum",
        lambda g, at: g - s * g.sum(at, keepdims=True),
    )


# Normalisations: (x − mean)/√(var + ε).

_EPSILON = 0.01


def _as_normal(_: Value, y: Array, x: Array) -> Iterator[Wrong] | None:
    for axes in _axes(y):
        centred = x - x.mean(axes, keepdims=True)
        squares = (centred**2).sum(axes, keepdims=True)
        with np.errstate(all="ignore"):
            scale = (y * centred).sum(axes, keepdims=True) / squares
        if not np.isfinite(scale).all() or not np.all(scale > 0) or not _same(centred * scale, y):
            continue
        count = int(np.prod([y.shape[axis] for axis in axes]))
        for free in (count, count - 1):
            epsilon = 1 / scale**2 - squares / free
            if np.ptp(epsilon) <= 1e-9 and -1e-9 <= float(epsilon.min()) <= _EPSILON:
                return _of_normal(y, scale, axes, count, free)
    return None


def _of_normal(
    y: Array, scale: Array, axes: tuple[int, ...], count: int, free: int
) -> Iterator[Wrong]:
    fix = "the gradient is (g − mean(g) − y·mean(g·y))/σ"
    if free < count:
        fix = "the gradient is (g − Σ(g)/n − y·Σ(g·y)/(n − 1))/σ"
    of = "of a normalisation"

    def mean(array: Array, n: int = count) -> Array:
        return np.asarray(array.sum(axes, keepdims=True) / n)

    def shift(g: Array) -> Array:
        return mean(g)

    def turn(g: Array) -> Array:
        return y * mean(g * y, free)

    other_n = count - 1 if free == count else count
    rows: list[tuple[str, str, Callable[[Array], Any]]] = [
        ("missing path", f"lacks what comes through the mean and the variance {of}", lambda _: 0),
        (
            "wrong sign",
            f"what comes through the mean {of} has the wrong sign",
            lambda g: turn(g) - shift(g),
        ),
        (
            "wrong sign",
            f"what comes through the variance {of} has the wrong sign",
            lambda g: shift(g) - turn(g),
        ),
        (
            "missing factor",
            f"what comes through the variance {of} is not multiplied by y",
            lambda g: shift(g) + mean(g * y, free),
        ),
        (
            "missing factor",
            f"in what comes through the variance {of}, the mean is not weighted by y",
            lambda g: shift(g) + y * mean(g, free),
        ),
        (
            "constant factor",
            f"what comes through the variance {of} is divided by {other_n}, not {free}: ddof",
            lambda g: shift(g) + turn(g) * free / max(1, other_n),
        ),
        (
            "constant factor",
            f"sums stand in place of the means in the gradient {of}",
            lambda g: count * shift(g) + free * turn(g),
        ),
    ]
    for kind, told, taken in rows:
        yield kind, told, fix, _over(lambda g, by: scale * (g - by(g)), taken)

    def rule(g: Array, at: tuple[int, ...]) -> Array:
        means = g.mean(at, keepdims=True) + y * (g * y).mean(at, keepdims=True)
        return np.asarray(scale * (g - means))

    told = "the means in the gradient of a normalisation are"
    yield from _over_other_axes(y, axes, told, "take them", rule)


# Unit vectors: x/√(Σ x² + ε), or of the mean for the sum.


def _as_unit(_: Value, y: Array, x: Array) -> Iterator[Wrong] | None:
    for axes in _axes(y):
        squares = (x**2).sum(axes, keepdims=True)
        with np.errstate(all="ignore"):
            scale = (y * x).sum(axes, keepdims=True) / squares
        if not np.isfinite(scale).all() or not np.all(scale > 0) or not _same(x * scale, y):
            continue
        count = int(np.prod([y.shape[axis] for axis in axes]))
        for length in (1, count):
            epsilon = 1 / scale**2 - squares / length
            if np.ptp(epsilon) <= 1e-9 and -1e-9 <= float(epsilon.min()) <= _EPSILON:
                return _of_unit(y, x, scale, axes, length)
    return None


def _of_unit(
    y: Array, x: Array, scale: Array, axes: tuple[int, ...], length: int
) -> Iterator[Wrong]:
    rule = f"the gradient is (g − y·{'mean' if length > 1 else 'Σ'}(g·y))/‖x‖"

    def total(array: Array) -> Array:
        return np.asarray(array.sum(axes, keepdims=True) / length)

    of = "in the gradient of x/‖x‖"
    told = f"the paths from each element to the others are missing {of}: only the diagonal is there"
    yield "missing path", told, rule, lambda g: (g - g * y * y / length) * scale
    told = f"x stands in place of y = x/‖x‖ in the sum {of}: the factor 1/‖x‖ is missing"
    yield "missing factor", told, rule, lambda g: (g - y * total(g * x)) * scale
    told = f"x stands in place of y = x/‖x‖ in both places {of}"
    yield "missing factor", told, rule, lambda g: (g - x * total(g * x)) * scale
    told = f"the sum is not weighted by y {of}"
    yield "missing factor", told, rule, lambda g: (g - y * total(g)) * scale
    told = f"the sum is not multiplied by y {of}"
    yield "missing factor", told, rule, lambda g: (g - total(g * y)) * scale
    for other in _axes(y):
        if other != axes:
            yield (
                "wrong axis",
                f"the sum is over {in_words(other)} {of}",
                f"{rule}, over {in_words(axes)}",
                _over(lambda g, at: (g - y * (g * y).sum(at, keepdims=True)) * scale, other),
            )
