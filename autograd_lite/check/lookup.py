"""Look-up: what is called so, or nearly so."""

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

import numpy as np

from autograd_lite.check.quantities import Derivative, Quantity
from autograd_lite.check.spelling import bare, key

__all__ = ["Level", "Names", "Suggestions", "levels"]

Names = np.ndarray[Any, Any]
"""Names of scalars, in the shape of the value whose elements they are."""

_NEIGHBOURS = 16
"""How many known spellings before and after an unknown one, by alphabet, are compared with it."""

_ELEMENT = re.compile(r"(.+)\[(\d+(?:,\d+)*)\]")


class Level:
    """Names, and words of the table, that are found with some tolerance in their spelling.

    >>> from autograd_lite.check.lookup import levels
    >>> import numpy as np
    >>> _, _, tolerant = levels({"w": np.array(["w_1", "w_2"], object)})
    >>> tolerant.call("w", "w")
    >>> tolerant.find("the weights w"), tolerant.find("w[1]"), tolerant.find("w[2]")
    (['w'], ['w_2'], [])
    """

    def __init__(self, scalars: dict[str, Names], normal: Callable[[str], str]) -> None:
        self._scalars = scalars
        self._normal = normal
        self._names: dict[str, list[str]] = {}
        self._words: dict[str, list[Quantity]] = {}

    def call(self, text: str, name: str) -> None:
        """Let a name of the graph be called so."""
        if text := self._normal(text):
            self._names.setdefault(text, []).append(name)

    def define(self, text: str, quantity: Quantity) -> None:
        """Let a word of the table mean a quantity."""
        if text := self._normal(text):
            self._words.setdefault(text, []).append(quantity)

    def find(self, text: str) -> list[str]:
        """What can be called so, with or without a word that says what it is."""
        return next((found for one in bare(text) if (found := self.named(one))), [])

    def named(self, text: str) -> list[str]:
        """What is called exactly so, or is an element of what is."""
        text = self._normal(text)
        if text in self._names or not (inside := _ELEMENT.fullmatch(text)):
            return self._names.get(text, [])
        return list(self._elements(self._names.get(inside[1], []), inside[2]))

    def defined(self, text: str) -> list[Quantity]:
        """What the table says of this word, or of the whole of which it is an element."""
        text = self._normal(text)
        if text in self._words or not (inside := _ELEMENT.fullmatch(text)):
            return self._words.get(text, [])
        return [
            whole.about(element)
            for whole in self._words.get(inside[1], [])
            if not (isinstance(whole, Derivative) and self._scalars[whole.child].shape)
            for element in self._elements([whole.subject], inside[2])
        ]

    def _elements(self, names: list[str], index: str) -> Iterator[str]:
        place = tuple(map(int, index.split(",")))
        for array in map(self._scalars.__getitem__, names):
            if len(place) == array.ndim and _inside(place, array.shape):
                yield array[place]


class Suggestions:
    """Known spellings, in the order of the alphabet: an unknown one is compared with neighbours.

    >>> from autograd_lite.check.lookup import Suggestions
    >>> Suggestions(["H1", "dE/dH1", "pooled"]).nearest("H_3")
    ['H1']
    """

    def __init__(self, spellings: Iterable[str]) -> None:
        self._sorted = sorted((_letters(spelling), spelling) for spelling in spellings)

    def add(self, spelling: str) -> None:
        """Know one more."""
        insort(self._sorted, (_letters(spelling), spelling))

    def nearest(self, spelling: str) -> list[str]:
        """The known spellings that are most alike, up to three."""
        text = _letters(spelling)
        place = bisect_left(self._sorted, (text,))
        near = dict(self._sorted[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS])
        close = get_close_matches(text, near, n=12, cutoff=0.5)
        close.sort(key=lambda found: _same_start(found, text), reverse=True)
        return [near[found] for found in close[:3]]


def levels(scalars: dict[str, Names]) -> list[Level]:
    """A level for each form of a spelling: as it stands, in words, and without case.

    >>> import numpy as np
    >>> exact, tolerant, _ = levels({"w_1": np.array("w_1", object)})
    >>> for level in exact, tolerant:
    ...     level.call("w_1", "w_1")
    ...     level.find("weight w 1")
    []
    ['w_1']
    """
    return [Level(scalars, normal) for normal in (_trimmed, _unspaced, _unspaced)]


def _inside(place: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    return len(place) == len(shape) and all(map(int.__lt__, place, shape))


def _trimmed(text: str) -> str:
    return text.strip(" _")


def _unspaced(text: str) -> str:
    return text.replace(" ", "").replace("_", "")


def _letters(spelling: str) -> str:
    return key(spelling).replace("/", "").casefold()


def _same_start(a: str, b: str) -> int:
    """How many characters two texts have in common before they part."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
