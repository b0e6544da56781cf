"""Naming the mistake: every way to get the number that was given, cheapest first."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from autograd_lite.check.causes.families import family_causes
from autograd_lite.check.causes.forward import forward_causes
from autograd_lite.check.causes.known import Known, recovered_gradients
from autograd_lite.check.causes.search import Search
from autograd_lite.check.claims import Derivative, Quantity
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.lookalikes import stem
from autograd_lite.check.truth.truth import Ends

# Causes that a formula shows in what it refers to: derivatives upside down, or without a path.

Evaluate = Callable[[Mapping[str, Array]], Array]


def written_causes(
    known: Known, refers: Mapping[str, Quantity], evaluate: Evaluate, true: Array, slack: Array
) -> list[Cause]:
    """What is wrong with the derivatives in a formula that are none.

    ``refers`` says what each spelling in it stands for; ``evaluate`` computes the formula with
    other numbers for some of them; the repaired formula has to give what is ``true``.
    """
    return list(_causes(known, refers, evaluate, true, slack))


def _causes(
    known: Known, refers: Mapping[str, Quantity], evaluate: Evaluate, true: Array, slack: Array
) -> Iterator[Cause]:
    def fits(numbers: Mapping[str, Array]) -> bool:
        repaired = evaluate(numbers)
        return repaired.shape == true.shape and bool(np.all(np.abs(repaired - true) <= slack))

    scalars = known.points.graph.elements
    pairs = {
        spelling: quantity
        for spelling, quantity in refers.items()
        if isinstance(quantity, Derivative)
        and quantity.child in scalars
        and quantity.parent in scalars
        and quantity.parent not in known.points.below(quantity.child)
    }
    turned = {
        spelling: known.points.total(one.parent, one.child)
        for spelling, one in pairs.items()
        if one.child in known.points.below(one.parent)
    }
    if turned and fits(turned):
        fix = ", ".join(f"d{pairs[one].parent}/d{pairs[one].child}" for one in turned)
        done = " and ".join(turned)
        yield Cause("upside down", f"{done}: upside down", 0.0, f"write {fix}")
        return
    for spelling, one in pairs.items():
        reason = f"{one.child} does not depend on {one.parent}"
        if fits({spelling: np.ones(known.points.count)}):
            sentence = f"the factor {spelling} is too much: {reason}"
            yield Cause("extra factor", sentence, 0.0, f"leave out {spelling}")
        elif spelling in turned:
            sentence = f"{spelling} is upside down: {reason}"
            yield Cause("upside down", sentence, 1.0, f"write d{one.parent}/d{one.child}")
        else:
            sentence = f"{reason}, so {spelling} is 0 and the product with it"
            for other in known.lookalikes.siblings(one.child):
                if fits({spelling: known.points.total(other, one.parent)}):
                    fix = f"write d{other}/d{one.parent} in its place"
                    yield Cause("no path", sentence, 0.0, fix)
                    break
            else:
                yield Cause("no path", sentence, 1.0, f"leave out {spelling}")


# The causes of one number.

_MOST = 5


def explain(known: Known, ends: Ends, given: Array, slack: Array) -> tuple[Cause, ...]:
    """The causes of a wrong number, ranked; () where none was found.

    ``given`` has one number a point, and ``slack`` how far a repaired one may be off.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> w = ag.Value(3.0, "w")
    >>> known = Known(Points(named_graph((w * w).named("E"))))
    >>> explain(known, Ends("derivative", "E", "w"), np.array([-6.0]), np.array([1e-9]))[0].kind
    'wrong sign'
    """
    with np.errstate(all="ignore"):
        return tuple(_explained(known, ends, given, slack))[:_MOST]


def _explained(known: Known, ends: Ends, given: Array, slack: Array) -> list[Cause]:
    known = known.without(ends)
    if ends.what in {"updated", "step"}:
        return _of_an_update(known, ends, given, slack)
    certain = [*_old_claim(known, ends, given, slack), *_no_path(known, ends, given, slack)]
    if certain:
        return certain
    if ends.what == "value":
        found = forward_causes(known, ends.child, given, slack)
        return found or list(other_quantities(known, ends, given, slack))
    search = Search(known, ends, given, slack)
    # One mistake is likelier than another quantity's number, and that than two mistakes at once.
    if found := search.single():
        return [*found, *_upside_down(known, ends, given, slack)]
    paths = [] if known.whole else family_causes(known, [ends], given[None], slack[None])
    others = [
        *_upside_down(known, ends, given, slack),
        *paths,
        *other_quantities(known, ends, given, slack),
    ]
    return others or (search.several() if known.deep else [])


def _fits(one: Array, given: Array, slack: Array | float) -> bool:
    return bool(np.all(np.abs(one - given) <= slack))


def _old_claim(known: Known, ends: Ends, given: Array, slack: Array) -> Iterator[Cause]:
    """The number of the same quantity at another moment."""
    for stale in known.stale:
        before = stale.claims.get(ends)
        true = stale.values.get(ends.child) if ends.what == "value" else None
        for number in (before, true):
            if number is not None and _fits(number, given, slack):
                sentence = f"the number is that of {stale.when}"
                yield Cause("stale value", sentence, 0.0, "compute it anew in this pass")
                return


def _no_path(known: Known, ends: Ends, given: Array, slack: Array) -> Iterator[Cause]:
    """A derivative between quantities that do not depend on each other."""
    child, parent = ends.child, ends.parent
    if not parent or parent in known.points.below(child):
        return
    turned = known.points.total(parent, child)
    if _fits(turned, given, slack) or _fits(1 / turned, given, slack):
        sentence = f"{child} does not depend on {parent}, but {parent} on {child}"
        yield Cause("upside down", sentence, 0.0, f"write d{parent}/d{child}")
        return
    origin = _origin(known, ends, given, slack)
    fix = f"d{child}/d{parent} is 0"
    acting = [t.child for t in known.points.graph.by_parent.get(parent, []) if not t.vanishes]
    right = [one for one in acting if stem(one) == stem(child)]
    if right:
        fix += f"; the factor is d{right[0]}/d{parent}"
    yield Cause("no path", f"{child} does not depend on {parent}{origin}", 0.0, fix)


def _origin(known: Known, ends: Ends, given: Array, slack: Array) -> str:
    """Which derivative it is, with the parent in place of what the child does depend on."""
    for term in known.points.graph.by_child[ends.child]:
        if stem(term.parent) == stem(ends.parent):
            changed = {**known.values, term.parent: known.values[ends.parent]}
            if _fits(known.points.spread(term.expression.evaluate(changed)), given, slack):
                return (
                    f"; this is d{ends.child}/d{term.parent} with {ends.parent} for {term.parent}"
                )
    return ""


def _upside_down(known: Known, ends: Ends, given: Array, slack: Array) -> Iterator[Cause]:
    if not ends.parent:
        return
    turned = 1 / known.points.total(ends.child, ends.parent)
    if np.all(np.isfinite(turned)) and _fits(turned, given, slack):
        sentence = f"this is 1/(d{ends.child}/d{ends.parent}): the fraction is upside down"
        yield Cause("upside down", sentence, 0.0, "turn the fraction over")


def other_quantities(
    known: Known, ends: Ends, given: Array, slack: Array | float
) -> Iterator[Cause]:
    """The number is right, for something else."""
    graph, root = known.points.graph, known.points.graph.outputs[0]
    near: list[Cause] = []
    far: list[Cause] = []
    for other in graph.elements:
        for what, number in (
            (other, known.values[other]),
            (f"d{root}/d{other}", known.points.total(root, other)),
        ):
            same = what == (f"d{ends.child}/d{ends.parent}" if ends.parent else ends.child)
            if same or not _fits(number, given, slack) or not np.any(number):
                continue
            alike = stem(other) == stem(ends.parent or ends.child) and what.startswith("d") == bool(
                ends.parent
            )
            kind = "wrong index" if alike else "another quantity"
            found = Cause(kind, f"this is {what}", 0.0, "give the number of this quantity")
            (near if alike else far).append(found)
    yield from (near + far)[:2]


def _of_an_update(known: Known, ends: Ends, given: Array, slack: Array) -> list[Cause]:
    """A weight after a step, or the step: the gradient is recovered from it."""
    gradients, recovered, off = recovered_gradients(known, [ends], given, slack)
    if not gradients:
        return []
    (gradient,), weight, rate = gradients, ends.child, known.learning_rate or 1.0
    before = known.values[weight]
    true = known.derivative(gradient.child, weight)
    right = f"{weight} − {rate:g}·{float(true[0]):.6g}" if ends.what == "updated" else ""
    if ends.what == "updated" and _fits(before + 0 * given, given, slack):
        return [
            Cause("stale value", f"{weight} was not updated", 0.0, f"subtract the step: {right}")
        ]
    if _fits(-true, recovered, off):
        step = "added to" if ends.what == "updated" else "that of ascent, not"
        sentence = f"the step is {step} {'the weight' if ends.what == 'updated' else 'descent'}"
        return [Cause("wrong sign", sentence, 0.0, "gradient descent subtracts the gradient")]
    if _fits(true * rate, recovered, off) or _fits(true / rate, recovered, off):
        sentence = "the learning rate is missing or stands there twice"
        return [Cause("constant factor", sentence, 0.0, f"the step is {rate:g} times the gradient")]
    causes = _explained(known, gradient, recovered, off)
    shown = f"the gradient recovered from it, (old − new)/{rate:g}, is {recovered[0]:.6g}: "
    return [Cause(c.kind, shown + c.sentence, c.residual, c.fix, c.parts) for c in causes]
