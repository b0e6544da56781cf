"""The same program at another point: that which its author had computed or stated."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph, named_graph, replay

__all__ = ["Printed", "moved"]


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
