"""What a search for causes can draw on: the points, what was claimed, and what came before."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.lookalikes import Lookalikes, stem
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.truth import Ends


@dataclass(frozen=True)
class Stale:
    """Numbers of another moment: what they are called, the values then, and the claims then."""

    when: str
    values: Mapping[str, Array]
    claims: Mapping[Ends, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """The true quantities, and what the author had written down.

    ``claimed`` has the numbers of wrong claims, from which the author went on; ``stated`` all
    quantities of which something was said, ``off`` half a unit of the last digit of each;
    ``updated`` the weights after the step; ``sizes`` the lengths of axes; ``own`` numbers that the
    author stated under names of their own; ``mentions`` what a formula to be explained refers
    to; ``whole`` whether an array is to be explained, ``deep`` whether several mistakes at once
    are looked for.
    """

    points: Points
    claimed: Mapping[Ends, Array] = field(default_factory=dict)
    off: Mapping[Ends, float] = field(default_factory=dict)
    stated: frozenset[Ends] = frozenset()
    learning_rate: float | None = None
    updated: Mapping[str, Array] = field(default_factory=dict)
    stale: Sequence[Stale] = ()
    sizes: frozenset[int] = frozenset()
    own: Mapping[str, Array] = field(default_factory=dict)
    mentions: frozenset[str] = frozenset()
    whole: bool = False
    deep: bool = True

    @property
    def lookalikes(self) -> Lookalikes:
        """Which names are easily taken for each other."""
        return self.points.lookalikes

    @property
    def values(self) -> Mapping[str, Array]:
        """The true forward values."""
        return self.points.values

    @cached_property
    def carried(self) -> Mapping[str, Array]:
        """The forward values as the author had them: claimed, if they were wrong."""
        wrong = {ends.child: given for ends, given in self.claimed.items() if ends.what == "value"}
        return {**self.values, **wrong} if wrong else self.values

    def without(self, ends: Ends) -> "Known":
        """The same, but for what is claimed of one quantity, which is to be explained."""
        others = {one: given for one, given in self.claimed.items() if one[1:] != ends[1:]}
        return replace(self, claimed=others)

    def derivative(self, child: str, parent: str) -> Array:
        """A derivative as the author had it: claimed if it was wrong, else the true one."""
        ends = Ends("derivative", child, parent)
        return self.claimed[ends] if ends in self.claimed else self.points.total(child, parent)

    def is_stated(self, child: str, parent: str) -> bool:
        """Whether the author has written this derivative down."""
        return bool(self.stated & {Ends("derivative", child, parent), Ends("local", child, parent)})

    def mistaken(self, one: str, other: str) -> str:
        """What it is called to take one name for another: in a whole array, a wrong index."""
        elements = self.points.graph.elements
        same = elements[one].layer == elements[other].layer
        return "wrong index" if self.whole and same else "wrong factor"

    def own_numbers(self, name: str) -> Iterator[tuple[str, Array]]:
        """The author's own numbers that may have been taken for a name."""
        element = self.points.graph.elements[name]
        for word, numbers in self.own.items():
            if numbers.ndim == 1:
                yield word, numbers
            elif numbers.shape[1:] == element.tensor.shape:
                yield word, np.array([row[element.index] for row in numbers])

    def rearranged(
        self, layers: Collection[str], far: bool = False
    ) -> Iterator[tuple[str, str, str, Mapping[str, Array]]]:
        """The values with one of these arrays turned or shifted, of another step, or another array.

        Each with the kind of the mistake, what was done, and the repair. The other array is one
        near by, or with ``far`` any of its shape.
        """
        for layer in (one for one in self.lookalikes.layers if one in layers):
            right = f"use {layer} as it stands"
            for kind, turned, order in self.lookalikes.turns(layer):
                done = f"{layer} is {turned} where it is used here"
                yield kind, done, right, {**self.values, **self._moved(layer, order)}
            for other in self.lookalikes.alike(layer, far):
                pairs = zip(
                    self.lookalikes.layers[layer], self.lookalikes.layers[other], strict=True
                )
                taken = {name: self.values[one] for name, one in pairs}
                done, fix = f"{other} stands in place of {layer}", f"write {layer}"
                yield "wrong factor", done, fix, {**self.values, **taken}
        for steps in self.lookalikes.steps:
            for shift, kind, when in ((-1, "stale value", "before"), (1, "wrong index", "after")):
                moved: dict[str, Array] = {}
                for place, names in enumerate(steps):
                    others = steps[min(max(place + shift, 0), len(steps) - 1)]
                    moved |= {a: self.values[b] for a, b in zip(names, others, strict=True)}
                word = stem(steps[0][0])
                done = f"{word} of the step {when} stands in place of {word}"
                yield kind, done, f"use {word} as it stands", {**self.values, **moved}

    @cached_property
    def turned_derivatives(self) -> list[tuple[str, "Known"]]:
        """The same with the derivative by one square array transposed, if it was stated."""
        root = self.points.graph.outputs[0]
        found = []
        for layer, names in self.lookalikes.layers.items():
            if not any(self.is_stated(root, name) for name in names):
                continue
            for kind, _, order in self.lookalikes.turns(layer):
                if kind == "transposed":
                    turned = {
                        Ends("derivative", root, name): self.derivative(root, names[place])
                        for name, place in zip(names, order, strict=True)
                    }
                    found.append((layer, replace(self, claimed={**self.claimed, **turned})))
        return found

    def _moved(self, layer: str, order: Array) -> dict[str, Array]:
        names = self.lookalikes.layers[layer]
        return {name: self.values[names[place]] for name, place in zip(names, order, strict=True)}

    @property
    def arrays(self) -> dict[str, Array]:
        """Every named array and single number; the first axis is the point."""
        elements = self.points.graph.elements
        found = {}
        for layer, names in self.lookalikes.layers.items():
            rows = np.array([self.values[name] for name in names]).T
            shape = elements[names[0]].tensor.shape
            if len(names) == np.prod(shape):
                found[layer] = rows.reshape(len(rows), *shape)
        return found


# Updated weights hide their gradient: it is recovered as (old − new) / learning rate.


def recovered_gradients(
    known: Known, ends: Sequence[Ends], given: Array, slack: Array
) -> tuple[list[Ends], Array, Array]:
    """The gradients behind weights after a step, or behind steps, and how far they may be off.

    There are none without a learning rate.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> known = Known(Points(named_graph((ag.Value(3.0, "w") ** 2).named("E"))), learning_rate=0.1)
    >>> recovered_gradients(known, [Ends("updated", "w")], np.array([2.4]), np.array([0.01]))
    ([Ends(what='derivative', child='E', parent='w')], array([6.]), array([0.1]))
    """
    rate = known.learning_rate
    if not rate:
        return [], given, slack
    before = np.zeros(given.shape)
    if ends[0].what == "updated":
        before = np.transpose([known.values[one.child] for one in ends]).reshape(given.shape)
    root = known.points.graph.outputs[0]
    gradients = [Ends("derivative", root, one.child) for one in ends]
    return gradients, (before - given) / rate, slack / abs(rate)
