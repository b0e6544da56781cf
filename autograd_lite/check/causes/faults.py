"""Faults: the single mistakes that people make in a product of the chain rule.

Each turns one factor, or one product, into another, and says so in a sentence. Its cost is how
unlikely it is before one looks at the numbers; the cheapest explanation is shown first.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.graph import Term
from autograd_lite.check.causes.known import Known
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.lookalikes import stem
from autograd_lite.check.truth.truth import Ends
from autograd_lite.expr.node import Expression
from autograd_lite.op import Elementwise
from autograd_lite.ops.elementwise import add, divide, multiply, negative, sigmoid, subtract, tanh

# A derivative as its author had to write it: a sum of products of factors.
#
# From the quantity upwards, until a derivative is reached that the author has written down.

_MOST_PRODUCTS = 12
_DEEPEST = 8


class ChainLink(NamedTuple):
    """One factor of a product: a local derivative, or without a term one over all paths."""

    child: str
    parent: str
    term: Term | None

    @property
    def label(self) -> str:
        """The derivative by name."""
        return f"d{self.child}/d{self.parent}"

    def value(self, known: Known, values: Mapping[str, Array]) -> Array:
        """The factor with these forward values."""
        for what in ("local", "derivative") if self.term else ("derivative",):
            ends = Ends(what, self.child, self.parent)
            if ends in known.claimed:
                return known.claimed[ends]
        if self.term is None:
            return known.derivative(self.child, self.parent)
        with np.errstate(all="ignore"):
            return known.points.spread(self.term.expression.evaluate(values))


def products(
    known: Known, child: str, parent: str, near: bool = False
) -> list[tuple[ChainLink, ...]]:
    """The products that add up to a derivative; [] where there is no path.

    With ``near``, or where there are too many paths to name, one product for each quantity that
    the parent acts on.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> w = ag.Value(3.0, label="w")
    >>> h = (w * w).named("h")
    >>> known = Known(Points(named_graph((2 * h).named("E"))))
    >>> [[link.label for link in product] for product in products(known, "E", "w")]
    [['dE/dh', 'dh/dw']]
    """
    found = list(itertools.islice(_upwards(known, child, parent, ()), _MOST_PRODUCTS + 1))
    if near or len(found) > _MOST_PRODUCTS:
        found = [
            (ChainLink(child, term.child, None), ChainLink(term.child, parent, term))
            for term in _acting(known, child, parent)
            if term.child != child
        ] or found
    return found


def _acting(known: Known, child: str, parent: str) -> list[Term]:
    below = known.points.below(child)
    return [
        term
        for term in known.points.graph.by_parent[parent]
        if term.child in below and not term.vanishes
    ]


def _upwards(
    known: Known, child: str, parent: str, below: tuple[ChainLink, ...], depth: int = 0
) -> Iterator[tuple[ChainLink, ...]]:
    for term in _acting(known, child, parent):
        link = ChainLink(term.child, parent, term)
        if term.child == child:
            yield (link, *below)
        elif known.is_stated(child, term.child) or depth > _DEEPEST:
            yield (ChainLink(child, term.child, None), link, *below)
        else:
            yield from _upwards(known, child, term.child, (link, *below), depth + 1)


def factors(formula: Expression) -> list[tuple[Expression, bool]]:
    """The factors of a product, each with whether it divides.

    >>> from autograd_lite.expr.node import name
    >>> a, b = name("a", 2.0), name("b", 3.0)
    >>> [(str(one), divides) for one, divides in factors(2 * a * (1 - b) / b)]
    [('2', False), ('a', False), ('1 − b', False), ('b', True)]
    """
    if formula.op is multiply:
        return [one for operand in formula.operands for one in factors(operand)]
    if formula.op is divide:
        over, under = formula.operands
        return factors(over) + [(one, not divides) for one, divides in factors(under)]
    if formula.op is negative:
        return factors(formula.operands[0])
    return [(formula, False)]


def summands(formula: Expression) -> list[tuple[float, Expression]]:
    """The summands of a sum, each with its sign.

    >>> from autograd_lite.expr.node import name
    >>> a, b = name("a", 2.0), name("b", 3.0)
    >>> [(sign, str(one)) for sign, one in summands(a - (b - a))]
    [(1.0, 'a'), (-1.0, 'b'), (1.0, 'a')]
    """
    if formula.op in {add, subtract}:
        first, second = formula.operands
        sign = 1.0 if formula.op is add else -1.0
        return summands(first) + [(sign * other, one) for other, one in summands(second)]
    if formula.op is negative:
        return [(-sign, one) for sign, one in summands(formula.operands[0])]
    return [(1.0, formula)]


# One mistake, and those that concern a product as a whole.

_NUMBERED = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\[[\d,]*\])?")


class Fault(NamedTuple):
    """One mistake: its kind, what was done and what to do, and how unlikely it is."""

    kind: str
    done: str
    fix: str
    cost: float

    @property
    def family(self) -> str:
        """What was done, without the numbers in the names: what all paths may have in common.

        >>> Fault("missing factor", "the factor dH1/dnet_H1 is missing", "", 2.0).family
        'the factor dH/dnet_H is missing'
        """
        return family(self.done)


@cache
def family(done: str) -> str:
    """What was done, without the numbers in the names.

    >>> family("Y[0,1] stands in place of Y[1,0]")
    'Y stands in place of Y'
    """
    return _NUMBERED.sub(lambda found: stem(found[0]), done)


Variant = tuple[Fault, Array]


def taken_for(given: str, right: str, cost: float = 3.0, kind: str = "wrong factor") -> Fault:
    """One thing in place of another.

    >>> taken_for("t2", "t1").done
    't2 stands in place of t1'
    """
    return Fault(
        kind, f"{given} stands in place of {right}", f"write {right} in place of {given}", cost
    )


def constant_faults(known: Known) -> Iterator[Variant]:
    """A wrong sign, and the constants that are forgotten or counted twice."""
    ones = np.ones(known.points.count)
    yield Fault("wrong sign", "the sign is wrong", "change the sign", 1.0), -ones
    constants: dict[float, tuple[str, float]] = {
        2.0: ("it is twice what it has to be", 1.5),
        0.5: ("it is half of what it has to be", 1.5),
    }
    for size in sorted(known.sizes):
        constants.setdefault(
            float(size), (f"it is {size} times too large: 1/{size} is missing", 2.0)
        )
        constants.setdefault(1 / size, (f"it is divided by {size}: a mean where the sum is", 2.0))
        for ratio, done in (
            (size / (size - 1), f"it is divided by {size - 1}, n − 1, where n = {size} belongs"),
            ((size - 1) / size, f"it is divided by n = {size} where n − 1 belongs"),
        ):
            constants.setdefault(ratio, (done, 2.5))
    for power in (10.0, 0.1, 100.0, 0.01):
        constants.setdefault(power, ("the decimal point is misplaced", 3.0))
    if known.learning_rate:
        rate = known.learning_rate
        constants.setdefault(rate, ("it is multiplied by the learning rate", 2.0))
        constants.setdefault(-rate, ("it is the step −learning rate·gradient", 2.0))
    for constant, (done, cost) in constants.items():
        fix = f"multiply by {1 / constant:.6g}"
        yield Fault("constant factor", done, fix, cost), constant * ones
        if cost < 2:
            both = f"the sign is wrong, and {done}"
            yield (
                Fault("constant factor", both, f"multiply by {-1 / constant:.6g}", 3.5),
                -constant * ones,
            )


def extra_faults(
    known: Known, links: list[ChainLink], ends: Ends, values: Mapping[str, Array]
) -> Iterator[Variant]:
    """Factors that may stand there once too often."""
    pool: dict[str, Array] = {}
    for link in links:
        if link.term is not None:
            for part, _ in factors(link.term.expression):
                if not part.is_number:
                    pool.setdefault(str(part), known.points.spread(part.evaluate(values)))
            pool.setdefault(link.label, link.value(known, values))
    graph = known.points.graph
    near = [ends.parent, ends.child, *(link.parent for link in links)]
    for one in near:
        for term in [*graph.by_child.get(one, []), *graph.by_parent.get(one, [])][:8]:
            number = known.points.spread(term.expression.evaluate(values))
            pool.setdefault(f"d{term.child}/d{term.parent}", number)
        if one in values:
            pool.setdefault(one, values[one])
    for label, number in pool.items():
        fault = Fault("extra factor", f"the factor {label} is too much", f"leave out {label}", 3.0)
        if np.all(np.isfinite(number)) and not np.all(number == 1) and np.all(number != 0):
            yield fault, number


# Links: what a person may have written in place of one factor.

_MOST_OTHERS = 40
_BEFORE = ("old", "prev", "before", "last", "first", "initial")
"""In the name of a number: that it is one of an earlier moment."""


def link_faults(known: Known, link: ChainLink, values: Mapping[str, Array]) -> Iterator[Variant]:
    """What a person may have written in place of one factor, with its numbers."""
    seen = {link.value(known, values).tobytes()}
    for fault, number in _all_link_faults(known, link, values):
        bits = number.tobytes()
        # What makes the product vanish is a missing path, whatever else may be said of it.
        if bits not in seen and np.isfinite(number).all() and number.any():
            seen.add(bits)
            yield fault, number


def _all_link_faults(
    known: Known, link: ChainLink, values: Mapping[str, Array]
) -> Iterator[Variant]:
    own = own_faults(known, link, values)
    yield from itertools.islice(own, 2)  # all of the factor: missing, or upside down
    yield from _other_derivatives(known, link)
    yield from own
    if link.term is not None:
        yield from _substitutions(known, link, values)


def own_faults(known: Known, link: ChainLink, values: Mapping[str, Array]) -> Iterator[Variant]:
    """What is wrong in one factor as it is written, with no other name in it.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> w = ag.Value(3.0, label="w")
    >>> known = Known(Points(named_graph((w * w).named("E"))))
    >>> link = ChainLink("E", "w", known.points.graph.terms[0])
    >>> [fault.done for fault, _ in own_faults(known, link, known.values)][:2]
    ['the factor dE/dw is missing', 'dE/dw is upside down']
    """
    yield _missing(link.label), np.ones(known.points.count)
    with np.errstate(all="ignore"):
        yield _upside_down(link.label), 1 / link.value(known, values)
    if link.term is None:
        return
    yield from _activation_faults(known, link, values)
    yield from _lost_parts(known, link, values)
    yield from _summands(known, link, values)
    yield from _doubled_parts(known, link, values)


def _lost_parts(known: Known, link: ChainLink, values: Mapping[str, Array]) -> Iterator[Variant]:
    """The factor without one or two of its own factors."""
    assert link.term is not None
    parts = factors(link.term.expression)
    own = link.value(known, values)
    numbers = []
    for part, divides in parts:
        number = known.points.spread(part.evaluate(values))
        with np.errstate(all="ignore"):
            numbers.append(1 / number if divides else number)
    labels = [f"1/({part})" if divides else str(part) for part, divides in parts]
    for count in (1, 2):
        for places in combinations(range(len(parts)), count) if len(parts) > count else ():
            with np.errstate(all="ignore"):
                lost = own / np.prod([numbers[place] for place in places], axis=0)
            label = "·".join(labels[place] for place in places)
            if count == 1 and parts[places[0]][0].is_number:
                fault = Fault(
                    "constant factor", f"the factor {label} is missing", f"multiply by {label}", 1.4
                )
            else:
                fault = _missing(label, 1.5 + 0.5 * count)
            yield fault, lost


def _doubled_parts(known: Known, link: ChainLink, values: Mapping[str, Array]) -> Iterator[Variant]:
    """The factor with one of its own factors twice: squared, where it is itself."""
    assert link.term is not None
    own = link.value(known, values)
    for part, divides in factors(link.term.expression):
        if not part.is_number:
            number = known.points.spread(part.evaluate(values))
            label = f"1/({part})" if divides else str(part)
            done = f"the factor {label} is too much"
            fault = Fault("extra factor", done, f"leave out {label}", 3.0)
            with np.errstate(all="ignore"):
                yield fault, own / number if divides else own * number


def _upside_down(label: str) -> Fault:
    return Fault("upside down", f"{label} is upside down", f"write {label}, not 1/({label})", 2.4)


def _summands(known: Known, link: ChainLink, values: Mapping[str, Array]) -> Iterator[Variant]:
    """The factor, where it is a sum, with one summand of the wrong sign or missing; 1 − s for s."""
    assert link.term is not None
    own = link.value(known, values)
    for part, divides in factors(link.term.expression):
        if part.op not in {add, subtract}:
            continue
        whole = known.points.spread(part.evaluate(values))
        parts = [
            (one, sign * known.points.spread(one.evaluate(values))) for sign, one in summands(part)
        ]
        others = [
            *(
                ("wrong sign", f"{one} has the wrong sign", "change its sign", whole - 2 * x, 2.0)
                for one, x in parts
            ),
            *(
                ("missing path", f"the summand {one} is missing", "add it", whole - x, 2.2)
                for one, x in parts
            ),
            *(
                ("wrong factor", f"{one} stands in place of {part}", f"write {part}", x, 2.4)
                for one, x in parts
            ),
            *(
                ("wrong factor", f"−{one} stands in place of {part}", f"write {part}", -x, 2.6)
                for one, x in parts
            ),
        ]
        for kind, done, fix, other, cost in others:
            with np.errstate(all="ignore"):
                changed = own * whole / other if divides else own / whole * other
            yield Fault(kind, done, fix, cost), changed


def _missing(label: str, cost: float = 2.0) -> Fault:
    return Fault("missing factor", f"the factor {label} is missing", f"multiply by {label}", cost)


def _other_derivatives(known: Known, link: ChainLink) -> Iterator[Variant]:
    """Derivatives of the same kind between other names: those claimed, and those of the graph."""
    kind = stem(link.child), stem(link.parent)
    pairs = {
        (ends.child, ends.parent): known.claimed[ends]
        for ends in known.claimed
        if ends.parent and (stem(ends.child), stem(ends.parent)) == kind
    }
    if link.term is None:
        siblings = known.lookalikes.siblings(link.parent)[:_MOST_OTHERS]
        others = ((link.child, other) for other in siblings)
        pairs = {(a, b): known.derivative(a, b) for a, b in others} | pairs
    else:
        for child in (link.child, *known.lookalikes.siblings(link.child)[:_MOST_OTHERS]):
            for term in known.points.graph.by_child[child]:
                if stem(term.parent) == kind[1] and not term.vanishes:
                    pair = (term.child, term.parent)
                    pairs.setdefault(pair, known.points.locals[pair])
    for (child, parent), number in pairs.items():
        if Ends("derivative", child, parent) in known.claimed and (child, parent) != link[:2]:
            yield taken_for(f"d{child}/d{parent}", link.label, 1.8), number
        elif (child, parent) != link[:2]:
            near = (child == link.child) + (parent == link.parent)
            word = known.mistaken(parent, link.parent) if child == link.child else "wrong factor"
            yield taken_for(f"d{child}/d{parent}", link.label, 3.5 - 0.5 * near, word), number


def _substitutions(
    known: Known, link: ChainLink, values: Mapping[str, Array]
) -> Iterator[tuple[Fault, Array]]:
    """The factor with something else for one of its names."""
    assert link.term is not None
    formula = link.term.expression
    for symbol in sorted(formula.symbols & values.keys()):
        for fault, number in _in_place_of(known, symbol, values):
            likely = _as_mentioned(known, fault, symbol)
            yield likely, known.points.spread(formula.evaluate({**values, symbol: number}))


def _as_mentioned(known: Known, fault: Fault, symbol: str) -> Fault:
    """Likelier, if the formula refers to what stands there and not to what belongs there."""
    given = fault.done.partition(" stands in place of ")[0]
    if given in known.mentions and symbol not in known.mentions:
        return fault._replace(cost=fault.cost - 2)
    return fault


def _in_place_of(
    known: Known, symbol: str, values: Mapping[str, Array]
) -> Iterator[tuple[Fault, Array]]:
    """What may have been taken for a name."""
    if symbol in known.updated:
        yield _updated(symbol), known.updated[symbol]
    for own, number in known.own_numbers(symbol):
        stale = stem(symbol) in own and any(word in own.casefold() for word in _BEFORE)
        kind, cost = ("stale value", 2.0) if stale else ("wrong factor", 3.0)
        yield taken_for(own, symbol, cost, kind), number
    for layer, own_layer, other in known.lookalikes.relatives(symbol):
        yield taken_for(layer, own_layer, 3.0), values[other]
    for other in known.lookalikes.siblings(symbol)[:_MOST_OTHERS]:
        earlier = other in known.points.below(symbol)
        kind = "stale value" if earlier else known.mistaken(symbol, other)
        yield taken_for(other, symbol, 2.5 if earlier else 3.0, kind), values[other]
    for other in known.lookalikes.neighbours(symbol):
        yield taken_for(other, symbol, 3.2), values[other]


def _updated(symbol: str) -> Fault:
    return Fault(
        "updated before reuse",
        f"{symbol} had been updated before it was used here",
        f"use {symbol} as it was in the forward pass: keep a copy, or update after all gradients",
        2.2,
    )


def _activation_faults(
    known: Known, link: ChainLink, values: Mapping[str, Array]
) -> Iterator[Variant]:
    """The derivative of an activation, taken at the wrong place."""
    assert link.term is not None
    definition = known.points.graph.definition(link.child)
    op = definition.op
    if not (isinstance(op, Elementwise) and op.arity == 1 and op in {sigmoid, tanh}):
        return
    y, x = values[link.child], values.get(link.parent)
    if x is None or definition.operands[0].label != link.parent:
        return
    again = op.forward(y)
    prime = f"{'σ' if op is sigmoid else 'tanh'}′"
    right = f"{prime}({link.parent}) = {link.term.formula}"

    def at(number: Array, done: str) -> Variant:
        fault = Fault("sigmoid derivative", done, f"use {right}", 2.0)
        return fault, known.points.spread(number)

    with np.errstate(all="ignore"):
        yield at(
            op.partial(0, again, (y,)),
            f"{prime} is taken of the output {link.child}, not of its input",
        )
        yield at(
            op.partial(0, x, (x,)),
            f"the input {link.parent} stands where the output {link.child} belongs",
        )
        if op is sigmoid:
            yield at(1 - y, f"{link.child}·(1 − {link.child}) has lost its first factor")
            yield at(1 - y**2, f"the slope of tanh, 1 − {link.child}², stands for that of σ")
            yield at(x * (1 - y), f"the input {link.parent} stands for one of the outputs")
        else:
            yield at(1 - y, f"{link.child} is not squared in 1 − {link.child}²")
            yield at(
                y * (1 - y),
                f"the slope of σ, {link.child}·(1 − {link.child}), stands for that of tanh",
            )


# Moments: forward values that an author may have used in place of those of this pass.


def other_moments(known: Known) -> Iterator[tuple[Fault, Mapping[str, Array]]]:
    """The weights after the update, and the values of other passes, each with what is wrong then.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> points = Points(named_graph((ag.Value(3.0, "w") ** 2).named("E")))
    >>> known = Known(points, updated={"w": points.values["w"] - 0.6})
    >>> [fault.kind for fault, _ in other_moments(known)]
    ['updated before reuse']
    """
    if known.updated:
        done = "the weights had been updated before they were used here"
        fix = "use the weights of the forward pass: keep a copy, or update after all gradients"
        fault = Fault("updated before reuse", done, fix, 2.0)
        yield fault, {**known.values, **known.updated}
    for stale in known.stale:
        elements = known.points.graph.elements
        computed = {name: x for name, x in stale.values.items() if elements[name].kind == "value"}
        for what, values in ("values", stale.values), ("computed values", computed):
            done, fix = f"the {what} are those of {stale.when}", f"use the {what} of this pass"
            yield Fault("stale value", done, fix, 2.0), {**known.values, **values}
