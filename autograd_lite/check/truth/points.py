"""Points: the quantities of a graph where it was recorded, and at random inputs beside that.

A formula is an identity if it holds at all of them; one point alone could be a coincidence.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph, Term, named_graph, replay
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.lookalikes import Lookalikes
from autograd_lite.check.truth.rounding import Rounded, rounded
from autograd_lite.engine import backward, order
from autograd_lite.value import Constant, Value

_TRIES = 12


class Points:
    """Every named quantity as an array with one number a point; the recorded point is the first.

    ``count`` random points are added, at which every input is moved. Data that add up to 1, such as
    a one-hot target, go on doing so; with ``keep_marks`` data of 0 and 1 stay as they are, and the
    leaves in ``still`` stay altogether. The points are near enough that each maximum keeps its
    winner, which the engine confirms.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> x = ag.Value(3.0, label="x")
    >>> points = Points(named_graph((x * x).named("y")), count=2)
    >>> points.values["y"].shape, bool(np.allclose(points.total("y", "x"), 2 * points.values["x"]))
    ((3,), True)
    """

    def __init__(
        self,
        graph: NamedGraph,
        count: int = 0,
        keep_marks: bool = False,
        still: Collection[str] = (),
    ) -> None:
        self.graph = graph
        self._keep_marks, self._still = keep_marks, still
        self._totals: dict[str, dict[str, Array]] = {}
        self._roundings: dict[str, dict[str, Rounded]] = {}
        self._sizes: dict[str, dict[str, float]] = {}
        # At an exact tie no other point has the same winners; then any will do.
        elsewhere = self._elsewhere(count, choices(graph.root)) or self._elsewhere(count, None)
        found = [{name: graph.value(name) for name in graph.elements}, *elsewhere]
        self.count = len(found)
        self.values: dict[str, Array] = {
            name: np.array([point[name] for point in found]) for name in graph.elements
        }

    @cached_property
    def lookalikes(self) -> Lookalikes:
        """Which names are easily taken for each other."""
        return Lookalikes(self.graph)

    def _elsewhere(self, count: int, winners: list[bytes] | None) -> list[dict[str, float]]:
        """The values at up to so many random points."""
        found: list[dict[str, float]] = []
        rng, scale = np.random.default_rng(0), 0.5
        for _ in range(count * _TRIES):
            if len(found) == count:
                break
            there = self._at_random(rng, scale, winners)
            if there is None:
                scale *= 0.7  # a maximum had another winner, or a logarithm no value
            else:
                found.append(there)
        return found

    def _at_random(
        self, rng: np.random.Generator, scale: float, winners: list[bytes] | None
    ) -> dict[str, float] | None:
        """The values at random inputs; None where the graph is not the same there."""
        data = {}
        for node, name in self.graph.names.items():
            if node.op is None and name not in self._still:
                here = np.asarray(node.data, float)
                moved = here + scale * rng.normal(size=here.shape) * (np.abs(here) + 0.3)
                if isinstance(node, Constant):
                    if self._keep_marks:
                        moved = np.where((here == 0) | (here == 1), here, moved)
                    elif here.ndim and np.all(here.sum(axis=-1) == 1):
                        moved -= (moved.sum(axis=-1, keepdims=True) - 1) / here.shape[-1]
                data[node] = moved if here.ndim else float(moved)
        with np.errstate(all="ignore"):
            root = replay(self.graph.root, data, self.graph.names)
            if winners is not None and choices(root) != winners:
                return None
            there = self._values(data)
            if not all(np.isfinite(number) for number in there.values()):
                return None
            return there if self._confirmed(root, there) else None

    def _values(self, data: Mapping[Value, Any]) -> dict[str, float]:
        values: dict[str, float] = {}
        for name, element in self.graph.elements.items():
            if element.tensor.op is None and element.tensor in self.graph.names:
                moved = data.get(element.tensor, element.tensor.data)
                values[name] = float(np.asarray(moved)[element.index])
            else:
                values[name] = float(self.graph.definition(name).evaluate(values))
        return values

    def _confirmed(self, root: Value, there: Mapping[str, float]) -> bool:
        """Whether the recorded terms give the engine's own gradient at other values."""
        weights = dict.fromkeys(self.graph.elements, 0.0)
        for output in self.graph.outputs:
            for name, total in self._descent(output, there).items():
                weights[name] += float(total)
        backward(root, np.ones(root.shape) if root.shape else None)
        made = {node.label: node for node in order(root) if node.op is None}
        for name, element in self.graph.elements.items():
            leaf = made.get(element.layer)
            if leaf is not None and leaf.grad is not None:
                expected = float(np.asarray(leaf.grad)[element.index])
                if abs(weights[name] - expected) > 1e-6 * max(1.0, abs(expected)):
                    return False
        return True

    def _descent(self, start: str, values: Mapping[str, Any]) -> dict[str, Any]:
        return self.graph.descend(
            start,
            np.ones_like(values[start]),
            along=lambda total, term: total * term.expression.evaluate(values),
            join=np.add,
        )

    @cached_property
    def locals(self) -> dict[tuple[str, str], Array]:
        """Every local derivative, by child and parent."""
        return {(term.child, term.parent): self.local(term) for term in self.graph.terms}

    def local(self, term: Term) -> Array:
        """A local derivative at every point."""
        with np.errstate(all="ignore"):
            return self.spread(term.expression.evaluate(self.values))

    def spread(self, number: Any) -> Array:
        """A number that is the same everywhere, once for each point; an array as it is."""
        return np.broadcast_to(np.asarray(number, float), (self.count,))

    def total(self, child: str, parent: str) -> Array:
        """The derivative over all paths; 0 where there is none."""
        return self.below(child).get(parent, np.zeros(self.count))

    def below(self, child: str) -> dict[str, Array]:
        """The derivatives of a value by everything that it depends on, itself included."""
        if child not in self._totals:
            self._totals[child] = self.without(child, lambda _: False)
        return self._totals[child]

    def without(self, child: str, left_out: Callable[[Term], bool]) -> dict[str, Array]:
        """The derivatives of a value where some of the terms are left out."""
        nothing = np.zeros(self.count)
        return self._swept(
            child, lambda total, term: nothing if left_out(term) else self._times(total, term)
        )

    def swept(self, child: str, changed: Mapping[tuple[str, str], Array]) -> dict[str, Array]:
        """The derivatives of a value with other numbers for some local ones."""

        def along(total: Array, term: Term) -> Array:
            other = changed.get((term.child, term.parent))
            return self._times(total, term) if other is None else total * other

        return self._swept(child, along)

    def _swept(self, child: str, along: Callable[[Array, Term], Array]) -> dict[str, Array]:
        with np.errstate(all="ignore"):
            return self.graph.descend(child, np.ones(self.count), along=along, join=np.add)

    # How large the numbers are that were added up: the measure of rounding.

    @cached_property
    def bounds(self) -> dict[str, Array]:
        """The bound of the rounding of every value, in units of that of the arithmetic."""
        bounds: dict[str, Array] = {}
        with np.errstate(all="ignore"):
            for name in self.graph.elements:  # in the order of computation
                found = rounded(self.graph.definition(name), self.values, bounds)
                bounds[name] = self.spread(found.bound)
        return bounds

    def total_bound(self, child: str, parent: str) -> Array:
        """The same of a derivative over all paths, also those that no formula has any more."""
        if child not in self._roundings:
            self._sizes[child] = self.graph.sizes(child)
            with np.errstate(all="ignore"):
                self._roundings[child] = self.graph.descend(
                    child,
                    Rounded(np.ones(self.count), np.zeros(self.count)),
                    along=self._rounded_times,
                    join=Rounded.plus,
                )
        found = self._roundings[child].get(parent)
        size = self.spread(self._sizes[child].get(parent, 0.0))
        return size if found is None else found.bound + size

    def local_bound(self, child: str, parent: str) -> Array:
        """The same of a local derivative."""
        return np.asarray(self._local_rounding(child, parent).bound)

    def _local_rounding(self, child: str, parent: str) -> Rounded:
        for term in self.graph.by_child[child]:
            if term.parent == parent:
                with np.errstate(all="ignore"):
                    found = rounded(term.expression, self.values, self.bounds)
                return Rounded(*map(self.spread, found))
        return Rounded(np.zeros(self.count), np.zeros(self.count))

    def _rounded_times(self, total: Rounded, term: Term) -> Rounded:
        local = self._local_rounding(term.child, term.parent)
        if term.unchosen and not np.any(local.value):
            return Rounded(np.zeros(self.count), np.zeros(self.count))  # and not 0·inf
        return total.times(local)

    def _times(self, total: Array, term: Term) -> Array:
        local = self.locals[term.child, term.parent]
        if term.unchosen and not local.any():
            return np.zeros(self.count)  # and not 0·inf
        return total * local


def choices(root: Value) -> list[bytes]:
    """What every op that chooses has chosen: which is greater, or on which side of a kink it is.

    >>> import autograd_lite as ag
    >>> a, b = ag.Value(1.0), ag.Value(2.0)
    >>> choices(ag.maximum(a, b)) == choices(ag.maximum(b, a))
    False
    """
    found = []
    for node in order(root):
        if node.op is not None and node.op.branch is not None:
            operands = (one._data if isinstance(one, Value) else one for one in node.operands)
            found.append(np.asarray(node.op.branch(*operands, **node.attributes)).tobytes())
    return found


# The same program at another point: that which its author had computed or stated.


class Printed(NamedTuple):
    """A printed number, and half a unit of its last digit."""

    number: float
    half: float


def moved(graph: NamedGraph, leaves: Mapping[str, Printed]) -> tuple[NamedGraph, dict[str, float]]:
    """The graph at other numbers for some of its leaves, by name; and how far these may be off.

    >>> import autograd_lite as ag
    >>> w = ag.Value([3.0, 4.0], label="w")
    >>> there, unsure = moved(named_graph((w * w).sum().named("E")), {"w[0]": Printed(2.0, 0.05)})
    >>> there.value("E"), unsure
    (20.0, {'w[0]': 0.05})
    """
    data = {}
    for node in graph.names:
        if node.op is None:
            array = np.array(node.data, float)
            for name, element in graph.elements.items():
                if element.tensor is node and name in leaves:
                    array[element.index] = leaves[name].number
            data[node] = array if array.ndim else float(array)
    there = named_graph(replay(graph.root, data, graph.names))
    return there, {name: printed.half for name, printed in leaves.items() if printed.half}
