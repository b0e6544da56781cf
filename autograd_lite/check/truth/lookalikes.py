"""Lookalikes: which names of a graph are easily taken for each other."""

import re
from functools import cache, cached_property

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.read.numbers import Array

_MOST_OPERANDS, _MOST_ELEMENTS, _MOST_ALIKE = 12, 64, 12


class Lookalikes:
    """The names of a graph by what they have to do with each other.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w_1, w_2, x = ag.Value(1.0, "w_1"), ag.Value(2.0, "w_2"), ag.Value(3.0, "x")
    >>> lookalikes = Lookalikes(named_graph((w_1 * x + w_2).named("E")))
    >>> lookalikes.siblings("w_1"), lookalikes.neighbours("x")
    (['w_2'], ['w_1', 'w_2', 'E'])
    """

    def __init__(self, graph: NamedGraph) -> None:
        self._graph = graph

    def siblings(self, name: str) -> list[str]:
        """The names of one array, or that differ in their numbers only."""
        return [other for other in self._families[stem(name)] if other != name]

    def neighbours(self, name: str) -> list[str]:
        """Names that stand in one definition with another: operands beside it, input and result."""
        return self._beside.get(name, [])

    def relatives(self, name: str) -> list[tuple[str, str, str]]:
        """The elements of arrays of the same size near by: both arrays, and the element.

        An array is near if it is computed from this one or beside it.
        """
        own = self._graph.elements[name]
        if not own.index:
            return []
        place = self._places[name]
        size = len(self.layers[own.layer])
        return [
            (layer, own.layer, self.layers[layer][place])
            for layer in self._near.get(own.layer, [])
            if len(self.layers[layer]) == size
        ]

    @cached_property
    def layers(self) -> dict[str, list[str]]:
        """The names of the elements of every array, and of every single number."""
        layers: dict[str, list[str]] = {}
        for label, element in self._graph.elements.items():
            layers.setdefault(element.layer, []).append(label)
        return layers

    @cached_property
    def steps(self) -> list[list[list[str]]]:
        """Arrays of one kind and size that follow from each other, as h1, h2, h3."""
        kinds: dict[tuple[str, int], list[list[str]]] = {}
        for layer, names in self.layers.items():
            if any(letter.isdigit() for letter in layer):
                kinds.setdefault((stem(layer), len(names)), []).append(names)
        return [steps for steps in kinds.values() if len(steps) > 1]

    def turns(self, layer: str) -> list[tuple[str, str, Array]]:
        """How an array may be turned: the kind, in words, and the new places of its elements."""
        names = self.layers[layer]
        shape = self._graph.elements[names[0]].tensor.shape
        if not shape or len(names) != np.prod(shape) or not 1 < len(names) <= _MOST_ELEMENTS:
            return []
        places = np.arange(len(names)).reshape(shape)
        last = tuple(range(-min(len(shape), 2), 0))
        turned = [("flipped", "flipped", np.flip(places, last))]
        if len(shape) > 1 and shape[-1] == shape[-2]:
            turned.append(("transposed", "transposed", places.swapaxes(-1, -2)))
        for axis, length in enumerate(shape):
            where = f"along axis {axis}" if len(shape) > 1 else "by one place"
            turned += [
                ("wrong index", f"shifted {where}", np.roll(places, step, axis))
                for step in ((1, -1) if length > 2 else ())
            ]
        return [(kind, word, order.ravel()) for kind, word, order in turned]

    def near(self, layer: str) -> list[str]:
        """The arrays and numbers that one is computed from, or beside which it is used."""
        return self._near.get(layer, [])

    def alike(self, layer: str, far: bool = False) -> list[str]:
        """The arrays of the same shape near by, which may be taken for this one.

        With ``far`` those of the whole graph, the near ones first, and single numbers too.
        """
        shape = self._graph.elements[self.layers[layer][0]].tensor.shape
        near = self._near.get(layer, [])
        others = dict.fromkeys([*near, *self.layers]) if far else near
        found = [
            other
            for other in others
            if (shape or far)
            and other != layer
            and self._graph.elements[self.layers[other][0]].tensor.shape == shape
            and len(self.layers[other]) == len(self.layers[layer])
        ]
        return found[:_MOST_ALIKE] if far else found

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for names in self.layers.values() for place, name in enumerate(names)}

    @cached_property
    def _beside(self) -> dict[str, list[str]]:
        beside: dict[str, dict[str, None]] = {}
        for label in self._graph.elements:
            symbols = sorted(self._graph.definition(label).symbols)
            for one in symbols if len(symbols) <= _MOST_OPERANDS else []:
                beside.setdefault(one, {}).update(dict.fromkeys([*symbols, label]))
            if len(symbols) == 1:  # an activation and its input
                beside.setdefault(label, {}).update(dict.fromkeys(symbols))
        return {one: [other for other in found if other != one] for one, found in beside.items()}

    @cached_property
    def _near(self) -> dict[str, list[str]]:
        near: dict[str, dict[str, None]] = {}
        elements = self._graph.elements
        for term in self._graph.terms:
            child, parent = elements[term.child].layer, elements[term.parent].layer
            near.setdefault(child, {})[parent] = None
            near.setdefault(parent, {})[child] = None
        return {
            layer: [
                two
                for two in dict.fromkeys([*ones, *(b for a in ones for b in near[a])])
                if two != layer
            ]
            for layer, ones in near.items()
        }

    @cached_property
    def _families(self) -> dict[str, list[str]]:
        families: dict[str, list[str]] = {}
        for name in self._graph.elements:
            families.setdefault(stem(name), []).append(name)
        return families


@cache
def stem(name: str) -> str:
    """A name without its numbers and indices.

    >>> stem("w_9"), stem("net_O1"), stem("fm[0,2]")
    ('w', 'net_O', 'fm')
    """
    return re.sub(r"\[[\d,]*\]|#?\d+", "", name).strip("_")
