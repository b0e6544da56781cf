"""Names: which quantity of a graph a person means by a spelling.

``dE/dw_9``, ``dE_dw_9``, ``dEdw9``, ``∂E/∂w₉``, ``grad_w9``, ``w9_grad`` and ``dw9`` are one
derivative. Nothing is guessed: a spelling that fits two quantities has two readings.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

import numpy as np

from autograd_lite.chain.terms import NamedGraph

__all__ = ["Derivative", "Quantity", "Updated", "ValueOf", "Vocabulary", "key"]


@dataclass(frozen=True)
class ValueOf:
    """A value of the forward pass."""

    of: str

    def __str__(self) -> str:
        return self.of


@dataclass(frozen=True)
class Derivative:
    """The derivative of one value with respect to another."""

    child: str
    parent: str

    def __str__(self) -> str:
        return f"d{self.child}/d{self.parent}"


@dataclass(frozen=True)
class Updated:
    """A weight after one step of gradient descent."""

    weight: str

    def __str__(self) -> str:
        return f"{self.weight} updated"


Quantity = ValueOf | Derivative | Updated

# What stands around the name of a weight, in spellings that leave the result out.
_GRADIENT = (r"[d∂](.+)", r"(?i:grad)(.+)", r"(.+)(?i:grad)")
_UPDATED = (r"(.+)(?i:updated)", r"(?i:updated)(.+)", r"(?i:updated[ _]?weight)(.+)")

_LATEX = re.compile(r"\\(?:[dt]?frac|left|right|text|mathrm|mathit|operatorname)\b|\\[,;! ]|\$")
_INDEX = re.compile(r"[(\[]([\d\s,]+)[)\]]")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s{}(),.·\\]")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def key(spelling: str) -> str:
    r"""A spelling without what people write in many ways: underscores, spaces, braces, LaTeX.

    >>> from autograd_lite.hand.names import key
    >>> key("net_O1"), key("net_{O_1}"), key("γ₁")
    ('netO1', 'netO1', 'gamma1')
    >>> key("w_conv[0,1]"), key(r"w_{\text{conv}}[0][1]")
    ('wconv[0,1]', 'wconv[0,1]')

    An index stays one, since ``H_1`` may be called so and ``H[1]`` is the second of a row.
    """
    text = _LATEX.sub("", spelling.replace(r"\partial", "∂")).translate(_SUBSCRIPTS)
    text = _INDEX.sub(r"[\1]", "".join(map(_latin, text))).replace("][", ",")
    tokens = _TOKEN.findall(text)
    return "".join(
        f",{token}" if token.isdigit() and before.isdigit() else token
        for before, token in zip(["", *tokens], tokens, strict=False)
    )


def _latin(character: str) -> str:
    """A Greek letter by its name, as LaTeX writes it; anything else as it is."""
    kind, _, name = unicodedata.name(character, "").partition(" LETTER ")
    if kind == "GREEK SMALL":
        return name.lower()
    return name.capitalize() if kind == "GREEK CAPITAL" else character


def _folded(spelling: str) -> str:
    return key(spelling).casefold()


def _joined(spelling: str) -> str:
    return key(spelling).replace("/", "")


class Vocabulary:
    """The names of a graph, and what a spelling can mean among them.

    ``scalars`` has, for each name, the names of its elements in their shape.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.terms import named_graph
    >>> w = ag.Value([1.0, 2.0], "w", names=["w_1", "w_2"])
    >>> vocabulary = Vocabulary(named_graph((w * w).sum().named("E")))
    >>> [str(quantity) for quantity in vocabulary.readings("dEdw2")]
    ['dE/dw_2']
    """

    def __init__(self, graph: NamedGraph) -> None:
        self.scalars: dict[str, np.ndarray[Any, Any]] = {}
        aliases: dict[str, str] = {}
        layers: dict[str, list[str]] = {}
        for name, element in graph.elements.items():
            self.scalars[name] = _names([name], ())
            layers.setdefault(element.layer, []).append(name)
            if element.index:
                aliases[f"{element.layer}[{','.join(map(str, element.index))}]"] = name
        for layer, names in layers.items():
            shape = graph.elements[names[0]].tensor.shape
            self.scalars[layer] = _names(names, shape)
        self.root = graph.elements[graph.outputs[0]].layer
        # Elements that nobody has named are left out: their tensor is the better suggestion.
        self._suggestions = {
            _joined(str(quantity)): str(quantity)
            for name in self.scalars
            if name not in aliases
            for quantity in (ValueOf(name), Derivative(self.root, name))
        }
        entries = [(name, name) for name in self.scalars] + list(aliases.items())
        # Repeated labels are told apart as h#1, h#2; plain h may be any of them.
        entries += [(re.sub(r"#\d+", "", name), name) for name in self.scalars if "#" in name]
        self._levels = [_Index(normal, entries) for normal in (str.strip, key, _folded)]

    def readings(self, spelling: str) -> list[Quantity]:
        """Every quantity that the spelling can mean; several where it is ambiguous.

        The spelling as it stands comes first, then one that differs in underscores, spaces and
        braces, then one that differs in case. A value's own name is never taken for anything else.
        """
        if spelling.strip() in self.scalars:
            return [ValueOf(spelling.strip())]
        for index in self._levels:
            if found := list(dict.fromkeys(self._read(index.normal(spelling), index))):
                return found
        return []

    def _read(self, text: str, index: "_Index") -> Iterator[Quantity]:
        yield from map(ValueOf, index.find(text))
        for child, parent in _splits(text):
            for found in index.find(child):
                yield from (Derivative(found, one) for one in index.find(parent))
        for name in _inside(_GRADIENT, text):
            yield from (Derivative(self.root, found) for found in index.find(name))
        for name in _inside(_UPDATED, text):
            yield from map(Updated, index.find(name))

    def nearest(self, spelling: str) -> list[str]:
        """The known names and derivatives that are spelled most alike, up to three."""
        text = _joined(spelling)
        close = get_close_matches(text, self._suggestions, n=12, cutoff=0.5)
        close.sort(key=lambda found: _same_start(found, text), reverse=True)
        return [self._suggestions[found] for found in close[:3]]


def _same_start(a: str, b: str) -> int:
    """How many characters two texts have in common before they part."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


def _names(names: list[str], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    array = np.empty(len(names), object)
    array[:] = names
    return array.reshape(shape)


class _Index:
    """Names by what is left of their spelling after a normalisation."""

    def __init__(self, normal: Callable[[str], str], entries: Iterable[tuple[str, str]]) -> None:
        self.normal = normal
        self._names: dict[str, list[str]] = {}
        for spelling, name in entries:
            self._names.setdefault(normal(spelling), []).append(name)

    def find(self, text: str) -> list[str]:
        """What can be called so."""
        return self._names.get(text.strip(" _"), [])


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """The ways to read a text as d(child)d(parent); with a slash, only there."""
    if not text.startswith(("d", "∂")):
        return
    places = [place for place in range(2, len(text) - 1) if text[place] in "d∂"]
    slashed = [place for place in places if text[place - 1] == "/"]
    for place in slashed or places:
        yield text[1:place].removesuffix("/"), text[place + 1 :]


def _inside(patterns: Iterable[str], text: str) -> Iterator[str]:
    for pattern in patterns:
        if found := re.fullmatch(pattern, text):
            yield found[1]
