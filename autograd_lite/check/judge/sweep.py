"""The marked sweep: which wrong numbers follow from an earlier one.

Every claim is computed once more from the claims upstream of it, as its author did. What agrees
then has only inherited a mistake, and its root is known. A derivative that is claimed to be other
than what comes down to it is an edge of its own: everything below sees it. So is one between
quantities that do not depend on each other; from there the author may have gone on with both, or
with the wrong one alone.
"""

import itertools
from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from autograd_lite.check.judge.forward import carried_values, evaluated
from autograd_lite.check.judge.ledger import Carried, Inherited, Ledger, Stated
from autograd_lite.check.judge.ways import all_ways
from autograd_lite.check.truth.truth import Ends, Truth

__all__ = ["inherited"]


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
        for (what, start, name), places in self._ledger.places.items():
            wrong = self._ledger.wrong(places)
            if what != "derivative" or not wrong:
                continue
            whole = self._number("derivative", start, name)
            for term in self._graph.by_child[start]:
                inner = self._number("derivative", term.parent, name)
                if term.parent != name and whole and np.isclose(whole, term.value * inner, 1e-12):
                    lent[term.parent, name] = wrong[0], 1 / term.value
        return lent

    def _number(self, what: str, child: str, parent: str) -> float:
        return self._truth.number(Ends(what, child, parent)).value

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
