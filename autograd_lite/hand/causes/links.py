"""What a person may have written in place of one factor of the chain rule."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from autograd_lite.hand.causes.faults import Fault, Variant, taken_for
from autograd_lite.hand.causes.known import Known
from autograd_lite.hand.causes.products import Link, factors, summands
from autograd_lite.hand.read.numbers import Array
from autograd_lite.hand.truth.kinship import stem
from autograd_lite.hand.truth.truth import Ends
from autograd_lite.op import Elementwise
from autograd_lite.ops.elementwise import add, sigmoid, subtract, tanh

__all__ = ["link_faults"]

_MOST_OTHERS = 40
_BEFORE = ("old", "prev", "before", "last", "first", "initial")
"""In the name of a number: that it is one of an earlier moment."""


def link_faults(known: Known, link: Link, values: Mapping[str, Array]) -> Iterator[Variant]:
    """What a person may have written in place of one factor, with its numbers."""
    seen = {link.value(known, values).tobytes()}
    for fault, number in _all_link_faults(known, link, values):
        bits = number.tobytes()
        # What makes the product vanish is a missing path, whatever else may be said of it.
        if bits not in seen and np.isfinite(number).all() and number.any():
            seen.add(bits)
            yield fault, number


def _all_link_faults(known: Known, link: Link, values: Mapping[str, Array]) -> Iterator[Variant]:
    ones = np.ones(known.points.count)
    yield _missing(link.label), ones
    yield _upside_down(link.label), 1 / link.value(known, values)
    yield from _other_derivatives(known, link)
    if link.term is None:
        return
    yield from _activation_faults(known, link, values)
    yield from _lost_parts(known, link, values)
    yield from _summands(known, link, values)
    yield from _substitutions(known, link, values)


def _lost_parts(known: Known, link: Link, values: Mapping[str, Array]) -> Iterator[Variant]:
    """The factor without one or two of its own factors."""
    assert link.term is not None
    parts = factors(link.term.expression)
    own = link.value(known, values)
    numbers = []
    for part, divides in parts:
        number = known.points.spread(part.evaluate(values))
        numbers.append(1 / number if divides else number)
    labels = [f"1/({part})" if divides else str(part) for part, divides in parts]
    for count in (1, 2):
        for places in combinations(range(len(parts)), count) if len(parts) > count else ():
            lost = own / np.prod([numbers[place] for place in places], axis=0)
            label = "·".join(labels[place] for place in places)
            if count == 1 and parts[places[0]][0].is_number:
                fault = Fault(
                    "constant factor", f"the factor {label} is missing", f"multiply by {label}", 1.4
                )
            else:
                fault = _missing(label, 1.5 + 0.5 * count)
            yield fault, lost


def _upside_down(label: str) -> Fault:
    return Fault("upside down", f"{label} is upside down", f"write {label}, not 1/({label})", 2.4)


def _summands(known: Known, link: Link, values: Mapping[str, Array]) -> Iterator[Variant]:
    """The factor, where it is a sum, with one summand of the wrong sign or missing; 1 − s for s."""
    assert link.term is not None
    own = link.value(known, values)
    for part, divides in factors(link.term.expression):
        whole = known.points.spread(part.evaluate(values))
        for sign, summand in summands(part):
            number = sign * known.points.spread(summand.evaluate(values))
            for kind, done, fix, other, cost in (
                (
                    "wrong sign",
                    f"{summand} has the wrong sign",
                    "change its sign",
                    whole - 2 * number,
                    2.0,
                ),
                (
                    "missing path",
                    f"the summand {summand} is missing",
                    "add it",
                    whole - number,
                    2.2,
                ),
                (
                    "wrong factor",
                    f"{summand} stands in place of {part}",
                    f"write {part}",
                    number,
                    2.4,
                ),
                (
                    "wrong factor",
                    f"−{summand} stands in place of {part}",
                    f"write {part}",
                    -number,
                    2.6,
                ),
            ):
                if part.op in {add, subtract}:
                    changed = own * whole / other if divides else own / whole * other
                    yield Fault(kind, done, fix, cost), changed


def _missing(label: str, cost: float = 2.0) -> Fault:
    return Fault("missing factor", f"the factor {label} is missing", f"multiply by {label}", cost)


def _other_derivatives(known: Known, link: Link) -> Iterator[Variant]:
    """Derivatives of the same kind between other names: those claimed, and those of the graph."""
    kind = stem(link.child), stem(link.parent)
    pairs = {
        (ends.child, ends.parent): known.claimed[ends]
        for ends in known.claimed
        if ends.parent and (stem(ends.child), stem(ends.parent)) == kind
    }
    if link.term is None:
        siblings = known.kin.siblings(link.parent)[:_MOST_OTHERS]
        others = ((link.child, other) for other in siblings)
        pairs = {(a, b): known.derivative(a, b) for a, b in others} | pairs
    else:
        for child in (link.child, *known.kin.siblings(link.child)[:_MOST_OTHERS]):
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
    known: Known, link: Link, values: Mapping[str, Array]
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
    for layer, own_layer, other in known.kin.relatives(symbol):
        yield taken_for(layer, own_layer, 3.0), values[other]
    for other in known.kin.siblings(symbol)[:_MOST_OTHERS]:
        earlier = other in known.points.below(symbol)
        kind = "stale value" if earlier else known.mistaken(symbol, other)
        yield taken_for(other, symbol, 2.5 if earlier else 3.0, kind), values[other]
    for other in known.kin.neighbours(symbol):
        yield taken_for(other, symbol, 3.2), values[other]


def _updated(symbol: str) -> Fault:
    return Fault(
        "updated before reuse",
        f"{symbol} had been updated before it was used here",
        f"use {symbol} as it was in the forward pass: keep a copy, or update after all gradients",
        2.2,
    )


def _activation_faults(known: Known, link: Link, values: Mapping[str, Array]) -> Iterator[Variant]:
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
