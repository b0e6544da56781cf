"""Naming the mistake: every way to get the number that was given, cheapest first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from autograd_lite.chain.graph import Term
from autograd_lite.check.causes.faults import constant_faults
from autograd_lite.check.causes.known import Known, recovered_gradients
from autograd_lite.check.causes.search import Search
from autograd_lite.check.claims import Derivative, Quantity
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.lookalikes import stem
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.truth import Ends
from autograd_lite.expr.node import Expression
from autograd_lite.op import REGISTRY, Elementwise
from autograd_lite.ops.elementwise import add, multiply, negative, power, subtract

# Causes of a wrong forward value: its definition with one mistake in it.

_LONGEST, _MOST_OTHERS = 120, 12
"""Longer definitions are not searched, and no more names than this are tried in place of one."""

_ACTIVATIONS = ("sigmoid", "tanh", "relu", "exp", "identity")


def _forward_causes(known: Known, label: str, given: Array, slack: Array) -> list[Cause]:
    """The mistakes that turn a value's definition into the given number.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> a, b = ag.Value(3.0, "a"), ag.Value(5.0, "b")
    >>> known = Known(Points(named_graph((a * b).named("c"))))
    >>> _forward_causes(known, "c", np.array([-15.0]), np.array([1e-9]))[0].kind
    'wrong sign'
    """
    definition = known.points.graph.definition(label)
    found: list[Cause] = []
    for values in (
        [known.values] if known.carried is known.values else [known.values, known.carried]
    ):
        right = known.points.spread(definition.evaluate(values))
        found += [
            Cause(fault.kind, fault.done, 0.0, fault.fix)
            for fault, factor in constant_faults(known)
            if np.all(np.abs(right * factor - given) <= slack)
        ]
        if definition.weight > _LONGEST:
            continue
        found += [
            cause
            for cause, formula in _changed(known, definition)
            if np.all(np.abs(known.points.spread(formula.evaluate(values)) - given) <= slack)
        ]
    return list(dict.fromkeys(found))


def _changed(known: Known, formula: Expression) -> Iterator[tuple[Cause, Expression]]:
    """A formula with one mistake, every one in turn."""
    if formula.op is None:
        for other in (
            known.lookalikes.siblings(formula.label)[:_MOST_OTHERS] if formula.is_symbol else []
        ):
            yield (
                _cause(
                    "wrong index",
                    f"{other} stands in place of {formula}",
                    f"write {formula} in place of {other}",
                ),
                formula.book.name(other, known.points.graph.value(other)),
            )
        return
    operands = formula.operands
    if formula.op in {add, subtract} and len(operands) == 2:
        first, second = operands
        yield _cause("missing path", f"the summand {second} is missing", f"add {second}"), first
        yield (
            _cause("missing path", f"the summand {first} is missing", f"add {first}"),
            (second if formula.op is add else -second),
        )
        turned = first - second if formula.op is add else first + second
        yield _cause("wrong sign", f"{second} has the wrong sign", "change its sign"), turned
    if formula.op is multiply:
        first, second = operands
        yield (
            _cause("missing factor", f"the factor {second} is missing", f"multiply by {second}"),
            first,
        )
        yield (
            _cause("missing factor", f"the factor {first} is missing", f"multiply by {first}"),
            second,
        )
    if formula.op is power:
        yield (
            _cause("missing factor", f"{formula} is not raised to its power", "raise it"),
            operands[0],
        )
    if isinstance(formula.op, Elementwise) and formula.op.arity == 1:
        if formula.op is not negative:
            done = f"the operand of {formula.op.name} has the wrong sign"
            yield _cause("wrong sign", done, "change its sign"), formula.op(-operands[0])
        for other in _ACTIVATIONS:
            if other != formula.op.name:
                done = f"{other} stands in place of {formula.op.name}"
                yield (
                    _cause("wrong factor", done, f"use {formula.op.name}"),
                    REGISTRY[other](*operands),
                )
    for position, operand in enumerate(operands):
        for cause, changed in _changed(known, operand):
            others = [*operands[:position], changed, *operands[position + 1 :]]
            yield cause, formula.op(*others)


def _cause(kind: str, sentence: str, fix: str) -> Cause:
    return Cause(kind, sentence, 0.0, fix)


# Paths that are wrong as a whole: all terms from one array to another, in every step.

_MOST_FAMILIES = 40
_WEIGHTS = (
    ("wrong sign", "has the wrong sign", "change its sign", -1.0),
    ("constant factor", "is counted twice", "add it once", 2.0),
    ("constant factor", "is counted half", "multiply it by 2", 0.5),
)


def weighed_paths(known: Known, ends: Sequence[Ends]) -> Iterator[tuple[Cause, Array]]:
    """What derivatives are with the terms of one family missing, turned or doubled; or two missing.

    There is a row for each of ``ends``.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> x = ag.Value(3.0, "x")
    >>> mean = (x / 2).named("mean")
    >>> known = Known(Points(named_graph((x - mean).named("y"))))
    >>> for cause, rows in weighed_paths(known, [Ends("derivative", "y", "x")]):
    ...     print(cause.sentence, rows.tolist())
    the path from x through mean is missing [[1.0]]
    the path from x through mean has the wrong sign [[1.5]]
    the path from x through mean is counted twice [[0.0]]
    the path from x through mean is counted half [[0.75]]
    """
    child = ends[0].child
    below = known.points.below(child)
    families: dict[tuple[str, str], None] = {}
    for term in known.points.graph.terms:
        if term.child in below and not term.vanishes:
            families[stem(term.child), stem(term.parent)] = None
    parents = {stem(one.parent) for one in ends}
    inner = [
        family
        for family in families
        if family[0] != stem(child) and (family[1] in parents or _recurs(family, families))
    ]
    for count in (1, 2):
        for left_out in combinations(inner[:_MOST_FAMILIES], count):
            totals = known.points.without(child, partial(_of_family, pairs=left_out))
            nothing = np.zeros(known.points.count)
            rows = np.array([totals.get(one.parent, nothing) for one in ends])
            if not np.any(rows):
                continue
            paths = " and ".join(f"from {parent} through {kept}" for kept, parent in left_out)
            some = "path" if count == 1 else "paths"
            done = f"the {some} {paths} {'is' if count == 1 else 'are'} missing"
            yield Cause("missing path", done, 0.0, f"add what comes {paths}"), rows
            if count == 1:
                yield from _weighed(paths, rows, known.points, ends)


def _weighed(
    paths: str, without: Array, points: Points, ends: Sequence[Ends]
) -> Iterator[tuple[Cause, Array]]:
    """What comes along some paths, with a wrong weight."""
    right = np.array([points.total(one.child, one.parent) for one in ends])
    for kind, done, fix, weight in _WEIGHTS:
        rows = without + weight * (right - without)
        yield Cause(kind, f"the path {paths} {done}", 0.0, fix), rows


def _of_family(term: Term, pairs: tuple[tuple[str, str], ...]) -> bool:
    return (stem(term.child), stem(term.parent)) in pairs


def _recurs(family: tuple[str, str], families: dict[tuple[str, str], None]) -> bool:
    """Whether a step leads back to where it came from, as in a recurrent network."""
    reached, waiting = set(), [family[1]]
    while waiting:
        one = waiting.pop()
        for kept, parent in families:
            if kept == one and parent not in reached:
                reached.add(parent)
                waiting.append(parent)
    return family[0] in reached


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
        found = _forward_causes(known, ends.child, given, slack)
        return found or list(other_quantities(known, ends, given, slack))
    search = Search(known, ends, given, slack)
    # One mistake is likelier than another quantity's number, and that than two mistakes at once.
    if found := search.single():
        return [*found, *_upside_down(known, ends, given, slack)]
    paths = [cause for cause, rows in weighed_paths(known, [ends]) if _fits(rows[0], given, slack)]
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
