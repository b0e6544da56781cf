"""Repairs of a formula: which single change makes what a person wrote right.

A formula is known at random points, where nothing fits by chance. So each of its parts is changed
in turn, as people get them wrong: the sign of a summand, the index of a name, an input in place of
its activation. The same change in all summands of a written-out sum is one change.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import count, islice
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.causes.faults import constant_faults, family
from autograd_lite.check.causes.known import Known
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.expressions import (
    Call,
    Expression,
    Factor,
    Number,
    Power,
    Product,
    Reference,
    Sum,
    Term,
)
from autograd_lite.check.read.functions import TRANSPOSE, along, find_function
from autograd_lite.check.read.numbers import Array
from autograd_lite.errors import AutogradLiteError

_MOST, _MOST_OTHERS, _MOST_NUMBERS, _MOST_PARTS = 600, 12, 20_000, 20_000
_MOST_CANDIDATES = 10
_ACTIVATIONS = ("tanh", "sigmoid", "relu", "exp")
_REST = 1e-9

Edit = Callable[[Expression], Expression]
Compute = Callable[[Expression], Array]
"""A formula at every point, the first axis; ClaimError or ShapeError where it has no value."""


class _Change(NamedTuple):
    """What is done to some parts of a formula, by their place; and how unlikely it is."""

    cause: Cause
    edits: Mapping[int, Edit]
    cost: float


def repairs(
    known: Known,
    formula: Expression,
    refers: Mapping[str, str],
    compute: Compute,
    true: Array,
) -> list[Cause]:
    """The single changes that make a formula right at every point, the likeliest first.

    ``refers`` says which value of the graph each spelling in it is.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.read.formulas import parse
    >>> from autograd_lite.check.truth.points import Points
    >>> w, x = ag.Value(3.0, "w"), ag.Value(5.0, "x")
    >>> points = Points(named_graph((ag.tanh(w) * x).named("E")), 4)
    >>> def compute(formula):
    ...     return formula.evaluate(points.values)
    >>> true = points.total("E", "w")
    >>> wrong = parse("x*(1 - w^2)", known=points.values.__contains__)
    >>> names = {"w": "w", "x": "x"}
    >>> [cause.sentence for cause in repairs(Known(points), wrong, names, compute, true)]
    ['the input w stands in place of tanh(w)']
    """
    if true.size > _MOST_NUMBERS:
        return []
    near = _REST * max(float(np.abs(true).max(initial=0)), 1e-30)

    def fits(other: Array) -> bool:
        return other.shape == true.shape and bool(np.all(np.abs(other - true) <= near))

    def computed(other: Expression) -> Array | None:
        try:
            return compute(other)
        except (AutogradLiteError, ValueError, TypeError):
            return None

    with np.errstate(all="ignore"):
        found = list(_whole(known, compute(formula), fits))
        found += _weighed(known, formula, refers, computed, true, fits)
        size = sum(1 for _ in walk(formula))
        most = min(_MOST, _MOST_PARTS // size)  # each change is computed with all of the formula
        for change in _ranked(list(islice(_changes(known, formula, refers), most))):
            other = computed(edited(formula, change.edits))
            if other is not None and fits(other):
                found.append((change.cost, change.cause))
    return list(dict.fromkeys(cause for _, cause in sorted(found, key=lambda one: one[0])))


def rearranged(formula: Expression) -> Iterator[tuple[Cause, Expression]]:
    """The formula with one array transposed, or no longer, or with two factors in other order.

    >>> from autograd_lite.check.read.formulas import parse
    >>> [cause.fix for cause, _ in rearranged(parse("W @ d"))]
    ['write d @ W', 'write Wᵀ', 'write dᵀ']
    """
    for place, part in enumerate(walk(formula)):
        other: Expression
        if isinstance(part, Product) and len(part.operands) == 2:
            (before, first), (between, last) = part.operands
            other = Product((Factor(before, last), Factor(between, first)))
            done = f"the factors of {part} stand in the wrong order"
            cause = Cause("transposed", done, 0.0, f"write {other}")
        elif isinstance(part, Call) and part.function is TRANSPOSE:
            (other,) = part.operands
            cause = Cause("transposed", f"{other} is transposed here", 0.0, f"write {other}")
        elif isinstance(part, Reference):
            other = Call(TRANSPOSE, (part,))
            cause = Cause("transposed", f"{part} is not transposed", 0.0, f"write {part}ᵀ")
        else:
            continue

        def taken(_: Expression, other: Expression = other) -> Expression:
            return other

        yield cause, edited(formula, {place: taken})


def _whole(
    known: Known, given: Array, fits: Callable[[Array], bool]
) -> Iterator[tuple[float, Cause]]:
    """A wrong sign of all of it, a constant, or a value of the graph as a factor."""
    spread = [-1] + [1] * (given.ndim - 1)
    for fault, factor in constant_faults(known):
        if fits(given / factor.reshape(spread)):
            yield fault.cost, Cause(fault.kind, fault.done, 0.0, fault.fix)
    for name, array in known.arrays.items():
        if array.shape != given.shape and array.ndim > 1:
            continue
        number = array if array.ndim > 1 else array.reshape(spread)
        if fits(given * number):
            done = f"the factor {name} is missing"
            yield 2.0, Cause("missing factor", done, 0.0, f"multiply by {name}")
        if np.all(number) and fits(given / number):
            done = f"the factor {name} is too much"
            yield 3.0, Cause("extra factor", done, 0.0, f"leave out {name}")


# Summands with a wrong factor: a formula is linear in each, so that the right one is solved for


def _weighed(
    known: Known,
    formula: Expression,
    refers: Mapping[str, str],
    computed: Callable[[Expression], Array | None],
    true: Array,
    fits: Callable[[Array], bool],
) -> Iterator[tuple[float, Cause]]:
    """A summand that is too much, or counted with another factor; or one that is missing."""
    given = computed(formula)
    for place, part in enumerate(walk(formula)):
        if not isinstance(part, Sum) or given is None:
            continue
        for at, (_, summand) in enumerate(part.summands):
            without = computed(edited(formula, {place: _with_summand(at, Number("0"))}))
            if without is None or without.shape != given.shape:
                continue
            weight = _solved(given - without, true - without)
            if fits(without + weight * (given - without)):
                yield _named_weight(str(summand), weight)
        for name in _candidates(known, refers):
            more = computed(edited(formula, {place: _and(Term(1, Reference(name)))}))
            if more is None or more.shape != given.shape:
                continue
            weight = _solved(more - given, true - given)
            if abs(weight) in (0.5, 1.0, 2.0) and fits(given + weight * (more - given)):
                times = "" if abs(weight) == 1 else f"{abs(weight):g}·"
                text = f"{'−' if weight < 0 else ''}{times}{name}"
                yield 2.5, Cause("missing path", f"the summand {text} is missing", 0.0, "add it")


def _solved(part: Array, whole: Array) -> float:
    """The factor of a part that gives the whole, if one does; without the noise of its digits."""
    size = float(np.sum(part**2))
    return float(f"{float(np.sum(part * whole)) / size:.10g}") if size else 0.0


def _named_weight(summand: str, weight: float) -> tuple[float, Cause]:
    if weight == 0:
        cause = Cause(
            "extra summand", f"the summand {summand} is too much", 0.0, f"leave out {summand}"
        )
    elif weight == -1:
        cause = Cause("wrong sign", f"{summand} has the wrong sign", 0.0, "change its sign")
    else:
        sign = "has the wrong sign and " if weight < 0 else ""
        done = f"{summand} {sign}is {1 / abs(weight):.6g} times what it has to be"
        cause = Cause("constant factor", done, 0.0, f"multiply it by {weight:.6g}")
    return 1.4, cause


def _candidates(known: Known, refers: Mapping[str, str]) -> list[str]:
    """The names that a formula may lack: those that it has, and those near by."""
    found = dict.fromkeys(refers)
    layers, names = known.lookalikes.layers, known.points.graph.elements
    for one in refers.values():
        near = known.lookalikes.neighbours(one) if one in names else []
        found |= dict.fromkeys([*near, *(known.lookalikes.near(one) if one in layers else [])])
    return list(found)[:_MOST_CANDIDATES]


def _with_summand(at: int, other: Expression) -> Edit:
    def edit(one: Expression) -> Expression:
        assert isinstance(one, Sum)
        summands = list(one.summands)
        summands[at] = Term(summands[at].sign, other)
        return Sum(tuple(summands))

    return edit


def _and(term: Term) -> Edit:
    def edit(one: Expression) -> Expression:
        assert isinstance(one, Sum)
        return Sum((*one.summands, term))

    return edit


# Every change, alone and in all summands alike


def _ranked(changes: Sequence[_Change]) -> list[_Change]:
    """Each change, and those of one kind all together."""
    groups: dict[str, list[_Change]] = {}
    for change in changes:
        groups.setdefault(family(change.cause.sentence), []).append(change)
    together = [
        _Change(group[0].cause, _joined(group), group[0].cost)
        for group in groups.values()
        if len(group) > 1
    ]
    return sorted([*changes, *together], key=lambda one: one.cost)


def _joined(group: Sequence[_Change]) -> dict[int, Edit]:
    edits: dict[int, Edit] = {}
    for change in group:
        for place, edit in change.edits.items():
            edits.setdefault(place, edit)
    return edits


def _changes(known: Known, formula: Expression, refers: Mapping[str, str]) -> Iterator[_Change]:
    for place, part in enumerate(walk(formula)):
        if isinstance(part, Sum):
            yield from _signs(place, part)
            yield from _factors_of_summands(known, place, part, refers)
        elif isinstance(part, Product):
            yield from _factors(known, place, part, refers)
        elif isinstance(part, Power):
            yield from _powers(place, part)
        elif isinstance(part, Reference) and part.spelling in refers:
            yield from _names(known, place, part, refers[part.spelling])
        elif isinstance(part, Call) and len(part.operands) == 1 and part.function.name != "sum":
            done = f"{part} stands in place of {part.operands[0]}"
            cause = Cause("wrong factor", done, 0.0, f"write {part.operands[0]}")
            yield _Change(cause, {place: lambda one: one.parts[0]}, 3.0)


def _factors(
    known: Known, place: int, part: Product, refers: Mapping[str, str]
) -> Iterator[_Change]:
    """A product with one factor too much, squared, or missing."""
    for at, (_, factor) in enumerate(part.operands):
        if not isinstance(factor, Number):
            cause = Cause(
                "extra factor", f"the factor {factor} is too much", 0.0, f"leave out {factor}"
            )

            def less(one: Expression, at: int = at) -> Expression:
                return _with_factor(one, at, Number("1"))

            yield _Change(cause, {place: less}, 2.0)
            cause = Cause("missing factor", f"{factor} is not squared", 0.0, f"write ({factor})²")

            def squared(one: Expression, at: int = at) -> Expression:
                assert isinstance(one, Product)
                return _with_factor(one, at, Power(one.operands[at].expression, Number("2")))

            yield _Change(cause, {place: squared}, 2.6)
    for name in _candidates(known, refers):
        yield _times(place, name)


def _with_factor(one: Expression, at: int, other: Expression) -> Expression:
    assert isinstance(one, Product)
    operands = list(one.operands)
    operands[at] = Factor(operands[at].operator, other)
    return Product(tuple(operands))


def _times(place: int, name: str) -> _Change:
    """A part that has to be multiplied by an array."""

    def more(one: Expression) -> Expression:
        return Product((Factor("*", one), Factor("*", Reference(name))))

    cause = Cause("missing factor", f"the factor {name} is missing", 0.0, f"multiply by {name}")
    return _Change(cause, {place: more}, 2.4)


def _factors_of_summands(
    known: Known, place: int, part: Sum, refers: Mapping[str, str]
) -> Iterator[_Change]:
    """One summand that has to be multiplied by an array, or that is not squared."""
    for at, (_, summand) in enumerate(part.summands):
        if isinstance(summand, Product):
            continue  # which has its turn
        for name in _candidates(known, refers):

            def more(one: Expression, at: int = at, name: str = name) -> Expression:
                assert isinstance(one, Sum)
                own = one.summands[at].expression
                made = Product((Factor("*", own), Factor("*", Reference(name))))
                return _with_summand(at, made)(one)

            done = f"the factor {name} is missing in the summand {summand}"
            cause = Cause("missing factor", done, 0.0, f"multiply {summand} by {name}")
            yield _Change(cause, {place: more}, 2.6)


def _powers(place: int, part: Power) -> Iterator[_Change]:
    """A wrong exponent."""
    for step, kind in ((-1, "extra factor"), (1, "missing factor")):

        def stepped(one: Expression, step: int = step) -> Expression:
            assert isinstance(one, Power)
            return Power(one.base, Sum((Term(1, one.exponent), Term(step, Number("1")))))

        done = f"the power {part} is wrong by 1"
        fix = f"write ({part.base})^({part.exponent} {'−' if step < 0 else '+'} 1)"
        yield _Change(Cause(kind, done, 0.0, fix), {place: stepped}, 1.8)


def _signs(place: int, part: Sum) -> Iterator[_Change]:
    for at, (_, summand) in enumerate(part.summands):
        cause = Cause("wrong sign", f"{summand} has the wrong sign", 0.0, "change its sign")

        def turned(one: Expression, at: int = at) -> Expression:
            assert isinstance(one, Sum)
            return Sum(
                tuple(
                    Term(-sign if at == here else sign, inner)
                    for here, (sign, inner) in enumerate(one.summands)
                )
            )

        yield _Change(cause, {place: turned}, 1.5)


def _names(known: Known, place: int, part: Reference, name: str) -> Iterator[_Change]:
    """Another name, or its activation, in place of one."""
    graph = known.points.graph
    layers = known.lookalikes.layers
    if name in graph.elements:
        others = [*known.lookalikes.siblings(name)[:_MOST_OTHERS]]
        near = [one for one in known.lookalikes.neighbours(name) if one not in others]
    else:
        others, near = known.lookalikes.alike(name) if name in layers else [], []
    for cost, some in ((2.0, others), (3.0, near[:_MOST_OTHERS])):
        for other in some:
            kind = "wrong index" if cost < 3 else "wrong factor"
            done = f"{part.spelling} stands in place of {other}"
            cause = Cause(kind, done, 0.0, f"write {other} in place of {part.spelling}")

            def taken(_: Expression, other: str = other) -> Expression:
                return Reference(other)

            yield _Change(cause, {place: taken}, cost)
    for activation in _ACTIVATIONS:
        function = find_function(activation)
        if function is None:
            continue
        shown = f"{activation}({part.spelling})"
        slope = activation in ("tanh", "sigmoid")
        cause = Cause(
            "sigmoid derivative" if slope else "wrong factor",
            f"the input {part.spelling} stands in place of {shown}",
            0.0,
            f"write {shown} in place of {part.spelling}",
        )

        def applied(one: Expression, function: Any = function) -> Expression:
            return Call(function, (one,))

        yield _Change(cause, {place: applied}, 2.2)


# A formula by its parts, in the order of its fields


def walk(node: Expression) -> Iterator[Expression]:
    """A formula and all its parts, each at its place."""
    yield node
    for part in node.parts:
        yield from walk(part)


def edited(formula: Expression, edits: Mapping[int, Edit]) -> Expression:
    """The formula with some of its parts changed, the inner ones first."""
    places = count()

    def rebuilt(node: Expression) -> Expression:
        place = next(places)
        changed = {
            field.name: inner(getattr(node, field.name))
            for field in fields(node)
            if is_dataclass(node)
        }
        made = type(node)(**changed) if node.parts else node
        return edits[place](made) if place in edits else made

    def inner(value: Any) -> Any:
        if isinstance(value, Expression):
            return rebuilt(value)
        if isinstance(value, tuple):
            parts = [inner(one) for one in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        return value

    return rebuilt(formula)


def is_softmax(part: Expression) -> bool:
    """Whether this is the softmax of something, without an axis."""
    return isinstance(part, Call) and part.function.name == "softmax" and not part.function.chosen


def along_examples(columns: bool, part: Expression) -> Expression:
    """Softmax of each example, which is a row, or a column.

    >>> from autograd_lite.check.read.formulas import parse
    >>> of_rows = along_examples(False, parse("softmax(z)"))
    >>> of_rows.evaluate({"z": [[0.0, 0.0], [1.0, 1.0]]}).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    assert isinstance(part, Call)
    return Call(along(part.function, 0 if columns else -1), part.operands)
