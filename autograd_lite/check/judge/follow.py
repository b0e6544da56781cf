"""Which wrong numbers follow from an earlier one.

Every claim is computed once more from the claims upstream of it, as its author did. What agrees
then has only inherited a mistake, and its root is known. A derivative that is claimed to be other
than what comes down to it is an edge of its own: everything below sees it. So is one between
quantities that do not depend on each other; from there the author may have gone on with both, or
with the wrong one alone.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph, Term
from autograd_lite.check.truth.truth import Ends, Truth
from autograd_lite.expr.node import Expression

# The ledger: every number that was stated, what was carried on to it, and what it follows from.

_SAME = 1e-9
_MOST_CARRYING = 20
"""What comes through more values than that is read off none of them."""
_OPERATIONS = 64
"""By so many roundings two right ways to carry on from a wrong number may differ."""


class Stated(NamedTuple):
    """One number that is stated of a quantity.

    ``slack`` is how far a right number may be from the true one, ``half`` half a unit
    of its last printed digit, ``eps`` the relative rounding of the arithmetic.
    """

    ends: Ends
    given: float
    slack: float
    half: float
    eps: float
    right: bool


class Inherited(NamedTuple):
    """That a wrong number follows: from which others, by their place in what was stated.

    Without roots it carries the rounding of the printed numbers above it, and is not wrong.
    ``instead`` says that it follows a derivative that is none, in place of the right one.
    """

    roots: frozenset[int]
    instead: bool = False


class Carried(NamedTuple):
    """What is carried on to a quantity: its number, how far it may be off, and its marks.

    The marks are the wrong numbers that went into it.

    >>> Carried(2.0, 0.1).times(Carried(3.0)).plus(Carried(1.0))
    Carried(number=7.0, off=0.30000000000000004, marks=frozenset(), instead=False)
    """

    number: float
    off: float = 0.0
    marks: frozenset[int] = frozenset()
    instead: bool = False

    def times(self, other: "Carried") -> "Carried":
        """The product. What is wrong in one factor is handed on by the other, unless that is 0.

        Of two that are 0 and wrong, both are.

        >>> wrong = Carried(0.0, marks=frozenset({7}))
        >>> wrong.times(Carried(2.0)).marks, wrong.times(Carried(0.0)).marks
        (frozenset({7}), frozenset())
        """
        number = self.number * other.number
        off = abs(self.number) * other.off + abs(other.number) * self.off
        marks = frozenset().union(
            *(
                one.marks
                for one, two in ((self, other), (other, self))
                if two.number or two.off or (two.marks and not one.number)
            )
        )
        return Carried(number, off, marks, self.instead)

    def plus(self, other: "Carried") -> "Carried":
        """The sum."""
        return Carried(
            self.number + other.number,
            self.off + other.off,
            self.marks | other.marks,
            self.instead or other.instead,
        )

    def minus(self, other: "Carried") -> "Carried":
        """What has to be added to the other to get this."""
        return Carried(self.number - other.number, self.off, self.marks)


class Ledger:
    """What was stated of each quantity, and what has been found of it so far.

    >>> wrong = Stated(Ends("value", "y"), 5.0, 0.0, 0.0, 1e-16, right=False)
    >>> ledger = Ledger([wrong])
    >>> ledger.settle([0], [Carried(5.0, marks=frozenset({7}))])
    >>> ledger.found
    {0: Inherited(roots=frozenset({7}), instead=False)}
    """

    def __init__(self, stated: Sequence[Stated]) -> None:
        self.stated = stated
        self.found: dict[int, Inherited] = {}
        self.places: dict[Ends, list[int]] = {}
        for place, one in enumerate(stated):
            self.places.setdefault(one.ends, []).append(place)

    def at(self, what: str, child: str, parent: str = "") -> list[int]:
        """The places at which something is stated of a quantity."""
        return self.places.get(Ends(what, child, parent), [])

    def wrong(self, places: Sequence[int]) -> list[int]:
        """Those that are wrong, and not only rounded as the numbers above them."""
        return [place for place in places if not self._right(place)]

    def claimed(self, place: int) -> Carried:
        """What goes on from a stated number."""
        one, found = self.stated[place], self.found.get(place)
        marks: frozenset[int] = frozenset() if self._right(place) else frozenset({place})
        return Carried(one.given, one.half, marks if found is None else found.roots)

    def settle(self, places: Sequence[int], computed: Sequence[Carried | None]) -> None:
        """Find which of the wrong numbers agree with what was carried on to them."""
        for place in places:
            one = self.stated[place]
            if one.right or place in self.found:
                continue
            agreeing = [
                carried
                for carried in computed
                if carried is not None and abs(one.given - carried.number) <= _slack(one, carried)
            ]
            if agreeing:
                best = min(agreeing, key=lambda carried: (carried.instead, len(carried.marks)))
                self.found[place] = Inherited(best.marks - {place}, best.instead)

    def resolved(self) -> dict[int, Inherited]:
        """What was found, with roots only: a number may have been taken from one that follows."""
        return {
            place: one._replace(
                roots=frozenset().union(
                    *(self.found[up].roots if up in self.found else {up} for up in one.roots)
                )
            )
            for place, one in self.found.items()
        }

    def _right(self, place: int) -> bool:
        found = self.found.get(place)
        return self.stated[place].right or (found is not None and not found.roots)


def _slack(one: Stated, carried: Carried) -> float:
    """How far a number may be from what was carried on to it; below 0 if nothing was."""
    if carried.marks:
        return one.slack + carried.off + _OPERATIONS * one.eps * abs(carried.number)
    return one.slack + carried.off if carried.off else -1.0


# Forward values as they are carried on from stated ones, right or wrong.


def carried_values(graph: NamedGraph, ledger: Ledger) -> dict[str, dict[str, Carried]]:
    """The forward values other than the true ones, if the author went on from stated values.

    Under "wrong" from those only that were wrong, under "printed" from all, with their digits.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.truth import Ends
    >>> h = (ag.Value(3.0, label="w") * 2).named("h")
    >>> wrong = Stated(Ends("value", "h"), 5.0, 0.0, 0.0, 1e-16, right=False)
    >>> found = carried_values(named_graph((h * h).named("E")), Ledger([wrong]))
    >>> found["wrong"]["E"].number
    25.0
    """
    found: dict[str, dict[str, Carried]] = {"wrong": {}, "printed": {}}
    for name in graph.elements:
        places = ledger.at("value", name)
        definition = graph.definition(name)
        computed = {kind: evaluated(graph, definition, env) for kind, env in found.items()}
        ledger.settle(places, list(computed.values()))
        wrong = ledger.wrong(places)
        for kind, env in found.items():
            if kind == "wrong" and places and not wrong:
                continue
            chosen = wrong or (places if kind == "printed" else [])
            carried = ledger.claimed(chosen[0]) if chosen else computed[kind]
            if carried is not None:
                env[name] = carried
    return {kind: env for kind, env in found.items() if env}


def evaluated(graph: NamedGraph, formula: Expression, env: Mapping[str, Carried]) -> Carried | None:
    """A formula from carried values; None where none of its names is carried.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> graph = named_graph((ag.Value(3.0, label="w") * 2).named("E"))
    >>> evaluated(graph, graph.definition("E"), {"w": Carried(4.0)}).number
    8.0
    """
    symbols = formula.symbols
    moved = sorted(symbols & env.keys())
    if not moved:
        return None
    here = {symbol: graph.value(symbol) for symbol in symbols}
    here |= {one: env[one].number for one in moved}
    with np.errstate(all="ignore"):
        number = float(formula.evaluate(here))
        # To first order: how far it moves when each of its names moves as far as it may be off.
        off = sum(
            abs(float(formula.evaluate({**here, one: here[one] + env[one].off})) - number)
            for one in moved
            if env[one].off
        )
    return Carried(number, off, frozenset().union(*(env[one].marks for one in moved)))


# The ways in which an author may have gone on from what was stated.

_MOST_EDGES = 3
"""Up to so many wrong edges, each is followed in its own way; more go all in the same."""


class Way(NamedTuple):
    """One way in which the author may have gone on from what was stated.

    ``values`` is which forward values went into the derivatives: "true", "wrong" ones where they
    were stated, or all as "printed"; ``printed`` whether derivatives are the printed ones too;
    ``borrowed`` whether dE1/dO is the stated dE/dO where dE/dE1 is 1; ``edges`` what became of each
    wrong edge: "add", "replace" or "ignore".
    """

    values: str
    printed: bool
    borrowed: bool
    edges: tuple[str, ...]


def all_ways(values: Iterable[str], edges: int, lent: bool) -> list[Way]:
    """Every combination; ``values`` are the kinds of forward values beside the true ones.

    >>> [way.edges for way in all_ways([], 1, False)]
    [('add',), ('replace',), ('ignore',)]
    """
    modes = ("add", "replace", "ignore")
    followed = (
        list(itertools.product(modes, repeat=edges))
        if edges <= _MOST_EDGES
        else [(mode,) * edges for mode in modes]
    )
    kinds = [("true", False), *((kind, kind == "printed") for kind in values)]
    return [
        Way(kind, printed, borrowed, each)
        for (kind, printed), borrowed, each in itertools.product(
            kinds, (False, True) if lent else (False,), followed
        )
    ]


# The marked sweep: derivatives are carried down, each with the mistakes that went into it.


def inherited(truth: Truth, stated: Sequence[Stated]) -> dict[int, Inherited]:
    """Which of the wrong numbers follow from others, by their place in ``stated``.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.names import Vocabulary
    >>> w = ag.Value(3.0, label="w")
    >>> h = (w * w).named("h")
    >>> graph = named_graph((2 * h).named("E"))
    >>> truth = Truth(graph, Vocabulary(graph))
    >>> wrong = Stated(Ends("derivative", "E", "h"), 5.0, 0.0, 0.0, 1e-16, False)
    >>> follows = Stated(Ends("derivative", "E", "w"), 30.0, 0.0, 0.0, 1e-16, False)
    >>> inherited(truth, [wrong, follows])
    {1: Inherited(roots=frozenset({0}), instead=False)}
    """
    if all(one.right for one in stated):
        return {}
    return _Sweep(truth, stated).run()


class _Sweep:
    def __init__(self, truth: Truth, stated: Sequence[Stated]) -> None:
        self._truth, self._graph = truth, truth.graph
        self._ledger = Ledger(stated)
        self._position = {name: place for place, name in enumerate(self._graph.elements)}
        self._extra = [
            (child, parent)
            for (what, child, parent), places in self._ledger.places.items()
            if what in {"derivative", "local"}
            and self._ledger.wrong(places)
            and not truth.depends(child, parent)
        ]
        self._edges: dict[str, list[tuple[str, list[Carried]]]] = {}
        self._lent = self._lenders()

    def run(self) -> dict[int, Inherited]:
        """Forward first, then every derivative, then what is computed from them."""
        values = carried_values(self._graph, self._ledger)
        self._ways = all_ways(values, len(self._extra), bool(self._lent))
        self._local = {
            (kind, term.child, term.parent): evaluated(
                self._graph, term.expression, values.get(kind, {})
            )
            or Carried(term.value)
            for kind in {way.values for way in self._ways}
            for term in self._graph.terms
        }
        stated = self._ledger.places
        starts = {child for what, child, _ in stated if what in {"derivative", "local"}}
        if any(what in {"updated", "step"} for what, *_ in stated):
            starts.add(self._graph.outputs[0])
        for start in sorted(starts, key=self._position.__getitem__):
            self._descend(start)
        return self._ledger.resolved()

    def _lenders(self) -> dict[tuple[str, str], tuple[int, float]]:
        """For derivatives of inner values: the wrong one from which each can be read off."""
        lent: dict[tuple[str, str], tuple[int, float]] = {}
        carrying: dict[str, dict[str, list[Term]]] = {}
        for (what, start, name), places in self._ledger.places.items():
            wrong = self._ledger.wrong(places)
            if what != "derivative" or not wrong:
                continue
            whole = self._number("derivative", start, name)
            if start not in carrying:
                carrying[start] = self._carrying(start)
            for term in carrying[start].get(name, ()):
                inner = self._number("derivative", term.parent, name)
                if whole and math.isclose(whole, term.value * inner, rel_tol=_SAME):
                    lent[term.parent, name] = wrong[0], 1 / term.value
        return lent

    def _carrying(self, start: str) -> dict[str, list[Term]]:
        """For each inner value, the terms of one value by which it acts on that; unless too many.

        Only what comes through one of them alone can be read off it.
        """
        first = {term.parent: term for term in self._graph.by_child[start]}
        found: dict[str, set[str]] = {name: set() for name in first}
        for name in itertools.islice(reversed(self._graph.elements), self._after(start), None):
            if name not in found or len(found[name]) > _MOST_CARRYING:
                continue
            carrying = found[name] | ({name} & first.keys())
            for inner in self._graph.by_child[name]:
                found.setdefault(inner.parent, set()).update(carrying)
        few = {name: by for name, by in found.items() if len(by) <= _MOST_CARRYING}
        return {
            name: [first[one] for one in sorted(by, key=self._position.__getitem__)]
            for name, by in few.items()
        }

    def _number(self, what: str, child: str, parent: str) -> float:
        return float(self._truth.number(Ends(what, child, parent)).value)

    def _descend(self, start: str) -> None:
        """Carry the derivatives of one value down, in all ways at once."""
        down: dict[str, list[Carried]] = {start: [Carried(1.0) for _ in self._ways]}
        own_edges: list[tuple[str, list[Carried]]] = []
        for name in itertools.islice(reversed(self._graph.elements), self._after(start), None):
            came = self._arriving(name, down)
            if self._ledger.at("local", start, name):
                came = self._with_local(start, name, came, own_edges)
            places = self._ledger.at("derivative", start, name)
            if places:
                before = came or [Carried(0.0) for _ in self._ways]
                self._ledger.settle(places, before)
                came = self._settled(places, self._number("derivative", start, name), before)
                if (start, name) in self._extra:
                    own_edges.append((name, came))
                else:
                    own_edges.append(
                        (name, [one.minus(other) for one, other in zip(came, before, strict=True)])
                    )
            elif came is not None and (start, name) in self._lent:
                came = self._with_lent(start, name, came)
            if came is not None:
                down[name] = came
        for name, weights in own_edges:
            if any(one.number or one.off for one in weights):
                self._edges.setdefault(name, []).append((start, weights))
        if start == self._graph.outputs[0]:
            self._updates(down)

    def _with_lent(self, start: str, name: str, came: list[Carried]) -> list[Carried]:
        """What comes down where the author read it off a derivative of the whole."""
        place, factor = self._lent[start, name]
        one = self._ledger.stated[place]
        lent = Carried(one.given * factor, one.half * abs(factor), frozenset({place}))
        return [
            lent if way.borrowed else other for way, other in zip(self._ways, came, strict=True)
        ]

    def _with_local(
        self,
        start: str,
        name: str,
        came: list[Carried] | None,
        own_edges: list[tuple[str, list[Carried]]],
    ) -> list[Carried]:
        """What comes down where the local derivative was stated in place of the recorded one."""
        places = self._ledger.at("local", start, name)
        recorded = [self._local[way.values, start, name] for way in self._ways]
        self._ledger.settle(places, recorded)
        stated = self._settled(places, self._number("local", start, name), recorded)
        differences = [one.minus(other) for one, other in zip(stated, recorded, strict=True)]
        own_edges.append((name, differences))
        return [one.plus(two) for one, two in zip(came or recorded, differences, strict=True)]

    def _after(self, start: str) -> int:
        return len(self._position) - self._position[start]

    def _arriving(self, name: str, down: Mapping[str, list[Carried]]) -> list[Carried] | None:
        """What the results computed from a quantity hand down to it; None if nothing does."""
        terms = [t for t in self._graph.by_parent[name] if t.child in down and not t.vanishes]
        edges = [(child, ways) for child, ways in self._edges.get(name, ()) if child in down]
        if not terms and not edges:
            return None
        result = []
        for place, way in enumerate(self._ways):
            parts: dict[str, list[Carried]] = {"add": [], "replace": [], "ignore": []}
            for term in terms:
                local = self._local[way.values, term.child, term.parent]
                parts["add"].append(down[term.child][place].times(local))
            for child, weights in edges:
                mode = "add"
                if (child, name) in self._extra:
                    mode = way.edges[self._extra.index((child, name))]
                parts[mode].append(down[child][place].times(weights[place]))
            if parts["replace"]:
                result.append(reduce(Carried.plus, parts["replace"])._replace(instead=True))
            else:
                result.append(reduce(Carried.plus, parts["add"], Carried(0.0)))
        return result

    def _settled(
        self, places: Sequence[int], true: float, came: Sequence[Carried]
    ) -> list[Carried]:
        """What goes on from a quantity of which something was stated.

        Where its author has gone on with a derivative that is none in place of it, that does.
        """
        wrong = self._ledger.wrong(places)
        if wrong:
            return [self._ledger.claimed(wrong[0])] * len(self._ways)
        printed = self._ledger.claimed(places[0])
        return [
            before if before.instead else printed if way.printed else Carried(true)
            for way, before in zip(self._ways, came, strict=True)
        ]

    def _updates(self, down: Mapping[str, list[Carried]]) -> None:
        """The weights after a step, and the steps, from the gradients carried down."""
        rate = self._truth.learning_rate
        if rate is None:
            return
        for (what, weight, _), places in self._ledger.places.items():
            if what in {"updated", "step"}:
                before = self._graph.value(weight) if what == "updated" else 0.0
                ways = down.get(weight, ())
                computed = [
                    Carried(before - rate * one.number, abs(rate) * one.off, one.marks)
                    for one in ways
                ]
                self._ledger.settle(places, computed)
