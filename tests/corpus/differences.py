"""What is true of a network, by central differences of its plain NumPy forward pass."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from corpus.derivation import Network

__all__ = ["Point"]

STEP = 1e-5


class Point:
    """A network at certain numbers.

    ``moved`` shifts the numbers that it starts from, other than its constants.
    """

    def __init__(self, network: Network, moved: np.random.Generator | None = None) -> None:
        self._network = network
        self._given = {
            name: np.asarray(data, float)
            + (
                0
                if moved is None or name in network.constants
                else moved.normal(0, 0.2, np.shape(data))
            )
            for name, data in network.given.items()
        }
        self.values = self._run({})
        self.root = next(reversed(network.forward))

    def _run(self, changes: Mapping[str, Any], held: tuple[str, ...] = ()) -> dict[str, Any]:
        """Every quantity where some are changed; those that are ``held`` keep their value."""
        values = {name: data + changes.get(name, 0) for name, data in self._given.items()}
        for name, line in self._network.forward.items():
            if name in held:
                values[name] = self.values[name] + changes.get(name, 0)
            else:
                result = line(*(values[one] for one in inspect.signature(line).parameters))
                values[name] = np.asarray(result, float) + changes.get(name, 0)
        return values

    def scalars(self) -> dict[str, Any]:
        """All values, and the elements that have names."""
        named = dict(self.values)
        for tensor, names in self._network.elements.items():
            named |= dict(zip(np.ravel(names), np.ravel(self.values[tensor]), strict=True))
        return named

    def place(self, name: str) -> tuple[str, Any] | None:
        """The quantity and the index that a name stands for: w_2 is ("w", 1)."""
        for tensor, names in self._network.elements.items():
            for index in np.ndindex(np.shape(names)):
                if np.asarray(names)[index] == name:
                    return tensor, index
        found = re.fullmatch(r"(\w+?)(?:\[([\d,]+)\])?", name)
        if not found or found[1] not in self.values:
            return None
        return found[1], tuple(map(int, found[2].split(","))) if found[2] else ...

    def truths(self, name: str, learning_rate: float | None = None) -> list[tuple[Any, Any]]:
        """Between what bounds the quantity lies, in each sense of its name; none if unknown.

        The bounds are one number wherever a derivative exists; at a tie they are the slopes to
        either side.
        """
        if weight := re.fullmatch(r"(.+) updated", name):
            tensor, index = self.place(weight[1]) or ("", ...)
            if learning_rate is None:
                raise ValueError(f"{name} needs a learning rate")
            low, _ = self._slopes(self.root, tensor)
            return [((self.values[tensor] - learning_rate * low)[index],) * 2]
        if place := self.place(name):
            return [(self.values[place[0]][place[1]],) * 2]
        if not (split := re.fullmatch(r"d(.+)/d(.+)", name)):
            return []
        child, parent = self.place(split[1]), self.place(split[2])
        if child is None or parent is None:
            return []
        senses = []
        others = tuple(one for one in self._network.forward if one not in (child[0], parent[0]))
        for held in ((), others):
            low, high = self._slopes(child[0], parent[0], held)
            index = (
                *_whole(child[1], self.values[child[0]]),
                *_whole(parent[1], self.values[parent[0]]),
            )
            senses.append((low[index], high[index]))
        return senses

    def _slopes(self, child: str, parent: str, held: tuple[str, ...] = ()) -> tuple[Any, Any]:
        """The derivative as a pair of bounds, in the shape of the child and then the parent's."""
        shape = np.shape(self.values[parent])
        low = np.zeros((*np.shape(self.values[child]), *shape))
        high = low.copy()
        for index in np.ndindex(shape):
            change = np.zeros(shape)
            change[index] = STEP
            after = self._run({parent: change}, held)[child]
            before = self._run({parent: -change}, held)[child]
            left, right = (self.values[child] - before) / STEP, (after - self.values[child]) / STEP
            kink = np.abs(right - left) > 1e-3
            central = (after - before) / (2 * STEP)
            low[(..., *index)] = np.where(kink, np.minimum(left, right), central)
            high[(..., *index)] = np.where(kink, np.maximum(left, right), central)
        return low, high


def _whole(index: Any, value: Any) -> tuple[Any, ...]:
    return (slice(None),) * np.ndim(value) if index is ... else index
