"""One mistake in all terms of a kind: what it does to a whole array of derivatives, or to one.

A person writes a backward pass once for all elements and all time steps. So a slip in it is in
every term from one array to another, those of all steps alike: its *family*. The sweep is done
again with each such slip in turn, and what then comes down is compared with what was given. How
much of the truth comes through a family is known as well, so that the factor by which it was
counted is found by solving for it, and not by trying.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.graph import Term
from autograd_lite.check.causes.faults import ChainLink, Fault, Variant, family, own_faults
from autograd_lite.check.causes.forward import changed
from autograd_lite.check.causes.known import Known
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.lookalikes import stem
from autograd_lite.check.truth.truth import Ends
from autograd_lite.expr.node import Expression

_MOST_FAMILIES = 40
_MOST_TERMS = 400
"""Of a family with more terms no part is changed: it can only be missing, or wrongly counted."""
_MOST_PAIRED = 12
_MOST_EVALUATED = 8_000
"""So many local derivatives are computed at other values, for one claim."""
_FEWEST = 3
"""So many numbers have to agree with a factor that has no name."""
_LARGEST = 100.0
"""A factor without a name is no larger, and no smaller than 1 by that."""
_LONGEST = 24
"""Longer definitions are not changed."""
_SMALL = 0.05
"""A literal below this, such as ε, may have been left out."""

Locals = Mapping[tuple[str, str], Array]
"""Local derivatives by child and parent, at every point."""


class Family(NamedTuple):
    """All terms from one array to another, in every step: their names without the numbers."""

    child: str
    parent: str
    terms: list[Term]


class Guess(NamedTuple):
    """A mistake, how unlikely it is, and what the derivatives are with it: a row for each."""

    cost: float
    cause: Cause
    rows: Array


class Families:
    """The families between derivatives and what they are derivatives of, and changes in them.

    Those above a derivative that the author has stated, and that is right, are left out.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> x = ag.Value([3.0, 4.0], "x")
    >>> known = Known(Points(named_graph((ag.tanh(x).named("h") ** 2).sum().named("E"))))
    >>> families = Families(known, [Ends("derivative", "E", f"x[{i}]") for i in (0, 1)])
    >>> [(one.child, one.parent) for one in families.all]
    [('E', 'h'), ('h', 'x')]
    """

    def __init__(self, known: Known, ends: Sequence[Ends]) -> None:
        self._known, self._ends, self._points = known, ends, known.points
        self.root = ends[0].child
        self.right = np.array([self._points.total(self.root, one.parent) for one in ends])
        self.own = {stem(one.parent) for one in ends}
        self._carried: dict[int, Array | None] = {}

    @cached_property
    def all(self) -> list[Family]:
        """The families in which a mistake would be seen."""
        own = {one.parent for one in self._ends}
        below = self._points.below(self.root)
        reaching = self._reaching(own, below)
        found: dict[tuple[str, str], list[Term]] = {}
        for term in self._points.graph.terms:
            if term.child in below and term.parent in reaching and not term.vanishes:
                found.setdefault((stem(term.child), stem(term.parent)), []).append(term)
        families = [Family(*names, terms) for names, terms in found.items()]
        return [*families, *self._of_one_step(families)][:_MOST_FAMILIES]

    def _of_one_step(self, families: Sequence[Family]) -> Iterator[Family]:
        """Of those that lead to the ends, the terms of one step."""
        elements, own = self._points.graph.elements, {one.parent for one in self._ends}
        for one in families:
            steps: dict[str, list[Term]] = {}
            for term in one.terms:
                if term.parent in own:
                    steps.setdefault(elements[term.child].layer, []).append(term)
            for layer, terms in steps.items():
                if len(terms) < len(one.terms):
                    yield Family(layer, elements[terms[0].parent].layer, terms)

    @property
    def near(self) -> list[Family]:
        """Those that lead to the ends themselves."""
        own = {one.parent for one in self._ends}
        return [one for one in self.all if all(term.parent in own for term in one.terms)]

    def _reaching(self, own: set[str], below: Mapping[str, Array]) -> set[str]:
        """What lies on a path down to the ends, below what is stated of the same root."""
        reaching, waiting = set(own), list(own)
        while waiting:
            for term in self._points.graph.by_parent.get(waiting.pop(), []):
                one = term.child
                if one in reaching or one not in below or term.vanishes:
                    continue
                if one != self.root and self._is_right(one):
                    continue
                reaching.add(one)
                waiting.append(one)
        return reaching

    def _is_right(self, name: str) -> bool:
        """Whether the derivative by an inner value has been stated, and not wrongly."""
        wrong = Ends("derivative", self.root, name) in self._known.claimed
        return self._known.is_stated(self.root, name) and not wrong

    def rows(self, changed: Locals, of: Family | None = None) -> Array:
        """The derivatives with other numbers for some terms, all of one family if it is given."""
        if of is not None and (carried := self._carried_by(of)) is not None:
            locals_ = self._points.locals
            off = np.array(
                [
                    changed.get((one.child, one.parent), locals_[one.child, one.parent])
                    - locals_[one.child, one.parent]
                    for one in of.terms
                ]
            )
            rows: Array = self.right + np.einsum("tp,tep->ep", off, carried)
            return rows
        totals = self._points.swept(self.root, changed)
        nothing = np.zeros(self._points.count)
        return np.array([totals.get(one.parent, nothing) for one in self._ends])

    def _carried_by(self, of: Family) -> Array | None:
        """What a change of each term does to each end; None where one term is above another."""
        if id(of.terms) not in self._carried:
            self._carried[id(of.terms)] = self._measured(of)
        return self._carried[id(of.terms)]

    def _measured(self, of: Family) -> Array | None:
        children = {one.child for one in of.terms}
        for parent in {one.parent for one in of.terms}:
            if not children.isdisjoint(self._points.below(parent)):
                return None
        return np.array(
            [
                [
                    self._points.total(self.root, term.child)
                    * self._points.total(term.parent, one.parent)
                    for one in self._ends
                ]
                for term in of.terms
            ]
        )


def family_causes(known: Known, ends: Sequence[Ends], given: Array, slack: Array) -> list[Cause]:
    """The slips in one family that give these derivatives, the likeliest first.

    ``given`` and ``slack`` have a row for each of ``ends``, with one number a point.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> x = ag.Value([3.0, 4.0], "x")
    >>> known = Known(Points(named_graph((x.mean().named("m") + x * x).sum().named("E"))))
    >>> ends = [Ends("derivative", "E", f"x[{i}]") for i in (0, 1)]
    >>> family_causes(known, ends, np.array([[6.0], [8.0]]), np.full((2, 1), 1e-9))[0].sentence
    'the path from x through m is missing'
    """
    families = Families(known, ends)
    if not np.isfinite(families.right).all():
        return []
    found = list(_counted(known, families, given, slack))
    if not found and known.deep:
        guesses = (*_in_terms(known, families), *_of_values(known, families))
        chance = _Chance(given, slack)
        found = [(one.cost, one.cause) for one in guesses if chance.fits(one.rows)]
        if chance.likely:
            found = []
    return list(dict.fromkeys(cause for _, cause in sorted(found, key=lambda one: one[0])))


class _Chance:
    """How many guesses would fit by chance: counted by those that nearly fit."""

    _WIDER, _MOST = 100.0, 0.05

    def __init__(self, given: Array, slack: Array) -> None:
        self._given, self._slack, self._near = given, slack, 0
        self._seen: set[bytes] = set()

    def fits(self, rows: Array) -> bool:
        """Whether a guess gives what was given."""
        off = np.abs(rows - self._given)
        if np.all(off <= self._slack):
            return True
        # The same number in another way is no further chance.
        wide = np.maximum(self._WIDER * self._slack, 0.0)
        if np.all(off <= wide) and (bits := rows.tobytes()) not in self._seen:
            self._seen.add(bits)
            self._near += 1
        return False

    @property
    def likely(self) -> bool:
        """Whether what fits may be a coincidence."""
        return self._near / self._WIDER ** min(self._given.size, 2) > self._MOST


# A family that is missing, or counted with another factor


def _counted(
    known: Known, families: Families, given: Array, slack: Array
) -> Iterator[tuple[float, Cause]]:
    right = families.right
    off, own = given - right, families.own
    for one in families.all:
        nothing = np.zeros(known.points.count)
        without = families.rows({(term.child, term.parent): nothing for term in one.terms}, one)
        part = right - without
        if not np.any(part) or np.all(np.abs(without) <= slack):
            continue  # all of it: a factor of the whole
        for weight, cost, words in _weights(known.sizes, off, part, slack):
            # What was solved for is as uncertain as the digits.
            if np.all(np.abs(without + weight * part - given) <= 1.5 * slack):
                path = f"the path from {one.parent} through {one.child}"
                # Of what is said alike, that is meant which is nearest.
                yield cost + (one.parent not in own) / 4, words(path)
                break
    for one in families.near:
        yield from _left_out(known, families, one, given, slack)
    yield from _two_missing(families, given, slack)


def _left_out(
    known: Known, families: Families, of: Family, given: Array, slack: Array
) -> Iterator[tuple[float, Cause]]:
    """What comes from one row of an array is missing, as that of the first example."""
    elements, nothing = known.points.graph.elements, np.zeros(given.shape[1])
    places: dict[tuple[str, int, int], list[Term]] = {}
    for term in of.terms:
        child = elements[term.child]
        for axis, index in enumerate(child.index):
            places.setdefault((child.layer, axis, index), []).append(term)
    for (layer, axis, index), terms in places.items():
        rows = families.rows({(one.child, one.parent): nothing for one in terms}, of)
        if len(terms) < len(of.terms) and np.all(np.abs(rows - given) <= slack):
            done = f"what comes from index {index} of axis {axis} of {layer} is missing"
            yield 2.5, Cause("missing path", done, 0.0, "add it")


def _two_missing(families: Families, given: Array, slack: Array) -> Iterator[tuple[float, Cause]]:
    """Two families that are missing together."""
    for two in combinations(families.all[:_MOST_PAIRED], 2):
        terms = [term for one in two for term in one.terms]
        nothing = np.zeros(given.shape[1])
        rows = families.rows({(one.child, one.parent): nothing for one in terms})
        if np.any(rows) and np.all(np.abs(rows - given) <= slack):
            paths = " and ".join(f"from {one.parent} through {one.child}" for one in two)
            fix = f"add what comes {paths}"
            yield 2.4, Cause("missing path", f"the paths {paths} are missing", 0.0, fix)


_Words = Callable[[str], Cause]


def _weights(
    sizes: Collection[int], off: Array, part: Array, slack: Array
) -> Iterator[tuple[float, float, _Words]]:
    """The factors with which a part may have been counted, those with a name first."""
    for weight, kind, done, fix in (
        (0.0, "missing path", "is missing", "add it"),
        (-1.0, "wrong sign", "has the wrong sign", "change its sign"),
        (2.0, "constant factor", "is counted twice", "add it once"),
        (0.5, "constant factor", "is counted half", "multiply it by 2"),
    ):
        yield weight, 2.0 + 0.1 * abs(weight), _words(kind, done, fix)
    for size in sorted(sizes):
        for weight, why in (
            (float(size), f"{size} times too large: 1/{size} is missing in it"),
            (1 / size, f"divided by {size} once too often"),
            (size / (size - 1), f"{size}/{size - 1} of what it has to be: n − 1 where n belongs"),
            ((size - 1) / size, f"{size - 1}/{size} of what it has to be: n where n − 1 belongs"),
        ):
            fix = f"multiply it by {1 / weight:.6g}"
            yield weight, 2.5, _words("constant factor", f"is {why}", fix)
    certain = np.where(slack > 0, slack, np.finfo(float).tiny)
    weight = 1 + float(np.sum(off * part / certain**2) / np.sum(part**2 / certain**2))
    telling = np.count_nonzero(np.abs((weight - 1) * part) > 10 * slack)
    if telling >= _FEWEST and 1 / _LARGEST <= abs(weight) <= _LARGEST:
        done = f"is {weight:.6g} times what it has to be"
        yield weight, 3.0, _words("constant factor", done, f"divide it by {weight:.6g}")


def _words(kind: str, done: str, fix: str) -> _Words:
    return lambda path: Cause(kind, f"{path} {done}", 0.0, fix)


# Something wrong in every term of a family


def _in_terms(known: Known, families: Families) -> Iterator[Guess]:
    """A part of every local derivative missing, too much, or another."""
    near = families.near
    for one in families.all:
        if len(one.terms) > _MOST_TERMS:
            continue
        groups: dict[str, dict[tuple[str, str], tuple[Fault, Array]]] = {}
        for term in one.terms:
            link = ChainLink(term.child, term.parent, term)
            for fault, number in _faults(known, link, near=one in near):
                if np.isfinite(number).all():
                    group = groups.setdefault(fault.family, {})
                    group.setdefault((term.child, term.parent), (fault, number))
        for words, group in groups.items():
            fault = next(iter(group.values()))[0]
            if any(other.done != fault.done for other, _ in group.values()):
                fault = fault._replace(done=words, fix=family(fault.fix))
            rows = families.rows({pair: number for pair, (_, number) in group.items()}, one)
            yield _guess(fault.cost, fault.kind, fault.done, fault.fix, rows)


def _faults(known: Known, link: ChainLink, near: bool) -> Iterator[Variant]:
    """What may be wrong in a local derivative as a factor, and near the ends deep inside it."""
    yield from own_faults(known, link, known.values)
    assert link.term is not None
    number, formula = link.value(known, known.values), link.term.expression
    for layer, value in _beside(known, link):
        if value.all():
            missing = f"the factor {layer} is missing", f"multiply by {layer}"
            yield Fault("missing factor", *missing, 2.8), number / value
        much = f"the factor {layer} is too much", f"leave out {layer}"
        yield Fault("extra factor", *much, 3.2), number * value
    if near and formula.weight <= _LONGEST:
        with np.errstate(all="ignore"):
            for cause, other in changed(known, formula):
                if cause.sentence.startswith("identity"):
                    continue
                found = known.points.spread(other.evaluate(known.values))
                yield Fault(cause.kind, cause.sentence, cause.fix, 2.9), found


def _beside(known: Known, link: ChainLink) -> Iterator[tuple[str, Array]]:
    """The arrays of which an element belongs to one of a local derivative, by its place."""
    elements = known.points.graph.elements
    for name in (link.child, link.parent):
        layer = elements[name].layer
        if not elements[name].index:
            continue
        place = known.lookalikes.layers[layer].index(name)
        for other in (layer, *known.lookalikes.alike(layer, far=True)):
            yield other, known.values[known.lookalikes.layers[other][place]]


# Something wrong in what the terms are computed from


def _of_values(known: Known, families: Families) -> Iterator[Guess]:
    """Other values in every term of a family, or in all terms: turned, or of another array."""
    elements = known.points.graph.elements
    terms = [term for one in families.all for term in one.terms]
    evaluated = _Evaluated(known, terms)
    for one in families.all:
        if len(one.terms) > _MOST_TERMS:
            continue
        layers = {elements[name].layer for term in one.terms for name in term.expression.symbols}
        for kind, done, fix, values in known.rearranged(layers, far=True):
            rows = families.rows(evaluated.locals_of(values, one), one)
            yield _guess(3.0, kind, done, fix, rows)
    for one in families.near:
        yield from _turned_above(known, families, one)
    if len(terms) > _MOST_TERMS:
        return
    for cost, kind, done, fix, values in _miscomputed(known, families):
        for other in (values, _carried_on(known, values)):
            yield _guess(cost, kind, done, fix, families.rows(evaluated.locals_of(other)))
    for small in sorted(
        {number for term in terms for number in _numbers(term.expression) if 0 < number < _SMALL}
    ):
        definitions = known.points.graph.definition
        here = {
            name: known.points.spread(
                _without_number(definitions(name), small).evaluate(known.values)
            )
            for name, element in elements.items()
            if element.kind == "value" and small in _numbers(definitions(name))
        }
        for values in (known.values, {**known.values, **here}):
            locals_ = {
                (term.child, term.parent): known.points.spread(
                    _without_number(term.expression, small).evaluate(values)
                )
                for term in terms
            }
            done = f"{small:g} is missing, which is added in the forward pass"
            rows = families.rows(locals_)
            yield _guess(3.0, "missing path", done, f"add {small:g} here too", rows)


def _turned_above(known: Known, families: Families, of: Family) -> Iterator[Guess]:
    """The derivatives by a square array that are transposed before they go on."""
    points, elements, root = known.points, known.points.graph.elements, families.root
    for layer in dict.fromkeys(elements[term.child].layer for term in of.terms):
        for kind, turned, order in known.lookalikes.turns(layer):
            names = known.lookalikes.layers[layer]
            taken = dict(zip(names, (names[place] for place in order), strict=True))
            locals_ = {}
            for term in of.terms:
                if term.child in taken:
                    up, other = (
                        points.total(root, term.child),
                        points.total(root, taken[term.child]),
                    )
                    with np.errstate(all="ignore"):
                        share = np.where(up == 0, 0, other / up)
                    locals_[term.child, term.parent] = points.local(term) * share
            done = f"d{root}/d{layer} is {turned} where it is used here"
            yield _guess(3.0, kind, done, "use it as it is", families.rows(locals_, of))


def _carried_on(known: Known, values: Mapping[str, Array]) -> Mapping[str, Array]:
    """The same with what is computed from other values computed anew."""
    changed = {name for name, value in values.items() if value is not known.values[name]}
    definitions = known.points.graph.definition
    with np.errstate(all="ignore"):
        anew = {
            name: known.points.spread(definitions(name).evaluate(values))
            for name, element in known.points.graph.elements.items()
            if element.kind == "value" and not changed.isdisjoint(definitions(name).symbols)
        }
    return {**values, **anew}


class _Evaluated:
    """Local derivatives at other values, as long as there are not too many to compute."""

    def __init__(self, known: Known, terms: Sequence[Term]) -> None:
        self._points, self._left = known.points, _MOST_EVALUATED
        self._with: dict[str, list[Term]] = {}
        for term in terms:
            for name in term.expression.symbols:
                self._with.setdefault(name, []).append(term)

    def locals_of(self, values: Mapping[str, Array], of: Family | None = None) -> Locals:
        """Those that the other values change, of one family or of all."""
        own = self._points.values
        moved = [name for name, value in values.items() if value is not own[name]]
        terms = {id(term): term for name in moved for term in self._with.get(name, ())}
        if of is not None:
            terms = {id(term): term for term in of.terms if id(term) in terms}
        self._left -= len(terms)
        if self._left < 0:
            return {}
        with np.errstate(all="ignore"):
            return {
                (term.child, term.parent): self._points.spread(term.expression.evaluate(values))
                for term in terms.values()
            }


def _miscomputed(
    known: Known, families: Families
) -> Iterator[tuple[float, str, str, str, Mapping[str, Array]]]:
    """An array that was not computed as in the forward pass, in the backward pass only."""
    elements = known.points.graph.elements
    symbols = {
        name for one in families.all for term in one.terms for name in term.expression.symbols
    }
    layers = {elements[name].layer for name in symbols}
    for layer in sorted(layers):
        names = known.lookalikes.layers[layer]
        if elements[names[0]].kind != "value":
            continue
        yield from _with_one_change(known, layer, names)
        for size in sorted(known.sizes):
            for right, wrong, ratio in (
                ("n", "n − 1", size / (size - 1)),
                ("n − 1", "n", (size - 1) / size),
            ):
                done = f"{layer} has {wrong} where {right} belongs, n = {size}: mind ddof"
                fix = f"use {layer} as it is in the forward pass"
                scaled = {name: ratio * known.values[name] for name in names}
                yield 3.5, "constant factor", done, fix, {**known.values, **scaled}


def _with_one_change(
    known: Known, layer: str, names: Sequence[str]
) -> Iterator[tuple[float, str, str, str, Mapping[str, Array]]]:
    """The values of an array whose definition has one mistake, the same in all elements."""
    definitions = [known.points.graph.definition(name) for name in names]
    if max(one.weight for one in definitions) > _LONGEST:
        return
    for changes in zip(*(changed(known, one) for one in definitions), strict=False):
        words = family(changes[0][0].sentence)
        if words.startswith("identity"):
            continue  # the input in place of the output, which is said better elsewhere
        if any(family(cause.sentence) != words for cause, _ in changes):
            return
        with np.errstate(all="ignore"):
            values = {
                name: known.points.spread(formula.evaluate(known.values))
                for name, (_, formula) in zip(names, changes, strict=True)
            }
        cause = changes[0][0]
        done, fix = f"{words}, in {layer}", f"use {layer} as it is in the forward pass"
        yield 3.2, cause.kind, done, fix, {**known.values, **values}


def _numbers(formula: Expression) -> Iterator[float]:
    if formula.is_number:
        yield abs(float(formula.value))
    for one in formula.operands:
        yield from _numbers(one)


def _without_number(formula: Expression, number: float) -> Expression:
    """A formula with 0 for one of its literals."""
    if formula.is_number:
        return formula.book.number(0.0) if float(formula.value) == number else formula
    if formula.op is None:
        return formula
    operands = [_without_number(one, number) for one in formula.operands]
    return formula.op(*operands)  # type: ignore[no-any-return]


def _guess(cost: float, kind: str, done: str, fix: str, rows: Array) -> Guess:
    return Guess(cost, Cause(kind, done, 0.0, fix), rows)
