"""Names: which quantity of a graph a person means by a spelling.

``dE/dw_9``, ``dE_dw_9``, ``dEdw9``, ``∂E/∂w₉``, ``grad_w9``, ``w9_grad`` and ``dw9`` are one
derivative. Nothing is guessed: a spelling that fits two quantities has two readings.
"""

import itertools
import json
import re
import tomllib
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Derivative, Quantity, Updated, ValueOf, WeightStep
from autograd_lite.check.spelling import (
    bare,
    deltas,
    derivatives,
    forms,
    gradients,
    is_elsewhere,
    key,
    steps,
    subscripts,
    updated,
    variants,
    without_arguments,
    words,
)
from autograd_lite.data import describe
from autograd_lite.errors import ClaimError

# The names table: what an author's words mean in the graph, as a mapping or a file.


def check_names(names: Mapping[str, Any] | None) -> None:
    """Raise ClaimError for what is no table from words to names or nested lists of names.

    >>> check_names({"O1_output": "O1", "w_1_to_2": ["w_1", "w_2"]})
    >>> check_names({"rate": 0.1})
    Traceback (most recent call last):
    autograd_lite.errors.ClaimError: names: 'rate' is to mean 0.1; give a name or a list of names
    """
    if names is None:
        return
    if not isinstance(names, Mapping):
        raise ClaimError(f"names={describe(names)}: give a mapping from words to names")
    for word, meaning in names.items():
        if not isinstance(word, str) or not key(word):
            raise ClaimError(f"names: {describe(word)} is not a word that can be looked for")
        try:
            inner = list(_innermost(meaning))
        except RecursionError:  # a list in itself
            inner = []
        if not inner or not all(isinstance(one, str) for one in inner):
            raise ClaimError(
                f"names: {word!r} is to mean {describe(meaning)}; give a name or a list of names"
            )


def _innermost(meaning: Any) -> Iterator[Any]:
    if isinstance(meaning, list | tuple):
        for one in meaning:
            yield from _innermost(one)
    else:
        yield meaning


def read_names(path: Path) -> dict[str, Any]:
    r"""The names table of a TOML or JSON file, for :class:`~autograd_lite.check.names.Vocabulary`.

    Tables within the file only group. Raises ClaimError, with the name of the file, where it cannot
    be read or holds anything but names and lists of names.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "names.toml")
    ...     _ = path.write_text('"Total Error" = "E"\nw_1_to_2 = ["w_1", "w_2"]')
    ...     read_names(path)
    {'Total Error': 'E', 'w_1_to_2': ['w_1', 'w_2']}
    """
    readers = {".json": json.loads, ".toml": tomllib.loads}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ClaimError(f"{path}: the suffix of a names table has to be .toml or .json")
    try:
        content = reader(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ClaimError('a names table maps words to names, such as {"O1_output": "O1"}')
        names = _flat(content)
        check_names(names)
    except OSError as error:
        raise ClaimError(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise ClaimError(f"{path}: is nested too deeply") from None
    except ValueError as error:  # not JSON, not TOML, not UTF-8, or no names
        raise ClaimError(f"{path}: {error}") from None
    return names


def _flat(content: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for word, meaning in content.items():
        inner = _flat(meaning) if isinstance(meaning, dict) else {word: meaning}
        if again := names.keys() & inner.keys():
            raise ClaimError(f"{min(again)!r} stands twice; keep one of the two")
        names |= inner
    return names


# Look-up: what is called so, or nearly so.

_Names = np.ndarray[Any, Any]
"""Names of scalars, in the shape of the value whose elements they are."""

_NEIGHBOURS = 16
"""How many known spellings before and after an unknown one, by alphabet, are compared with it."""

_LOSS = re.compile(r"(?:the )?(?:total |whole )?(?:error|loss|cost|objective)(?: function)?")
_SUBSCRIPT = re.compile(r"([A-Z]\w{0,5}|\\math\w+\s*\{?\w\}?)_(?:\{([^{}]+(?:\{\w+\})?)\}|(\w+))")
_ITEM = r"(?:-?\d+|-?\d*:-?\d*)"
_ELEMENT = re.compile(rf"(.+)\[({_ITEM}(?:,{_ITEM})*)\]")
"""An element of an array, or a part: W[0,1], W[:,0], W[0]."""


class _Level:
    """Names, and words of the table, that are found with some tolerance in their spelling.

    >>> import numpy as np
    >>> _, _, tolerant = _levels({"w": np.array(["w_1", "w_2"], object)})
    >>> tolerant.call("w", "w")
    >>> tolerant.find("the weights w"), tolerant.find("w[1]"), tolerant.find("w[2]")
    (['w'], ['w_2'], [])
    """

    def __init__(self, scalars: dict[str, _Names], normal: Callable[[str], str]) -> None:
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
        if text in self._names or not (inside := _ELEMENT.fullmatch(text.replace(", ", ","))):
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
        place = tuple(map(_place, index.split(",")))
        for name in names:
            array = self._scalars[name]
            if not (array.ndim and len(place) <= array.ndim and _inside(place, array.shape)):
                continue
            found: str | _Names = array[place]
            if isinstance(found, np.ndarray):
                self._scalars.setdefault(f"{name}[{index}]", found)
                yield f"{name}[{index}]"
            else:
                yield found


class _Suggestions:
    """Known spellings, in the order of the alphabet: an unknown one is compared with neighbours.

    >>> _Suggestions(["H1", "dE/dH1", "pooled"]).nearest("H_3")
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


def _levels(scalars: dict[str, _Names]) -> list[_Level]:
    """A level for each form of a spelling: as it stands, in words, and without case.

    >>> import numpy as np
    >>> exact, tolerant, _ = _levels({"w_1": np.array("w_1", object)})
    >>> for level in exact, tolerant:
    ...     level.call("w_1", "w_1")
    ...     level.find("weight w 1")
    []
    ['w_1']
    """
    return [_Level(scalars, normal) for normal in (_trimmed, _unspaced, _unspaced)]


def _place(item: str) -> int | slice:
    """A place along one axis: ``1``, ``-1``, ``:`` or ``1:``."""
    if ":" not in item:
        return int(item)
    return slice(*(int(end) if end else None for end in item.split(":")))


def _inside(place: Sequence[int | slice], shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape has what is at the place, which may be a part of it."""
    return all(
        isinstance(one, slice) or -length <= one < length
        for one, length in zip(place, shape, strict=False)
    )


def _trimmed(text: str) -> str:
    return text.strip(" _")


def _unspaced(text: str) -> str:
    return text.replace(" ", "").replace("_", "")


def _letters(spelling: str) -> str:
    return key(spelling).replace("/", "").casefold()


def _same_start(a: str, b: str) -> int:
    """How many characters two texts have in common before they part."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


_WHOLE_GRADIENT = re.compile(r"(?:nabla|grad(?:ient)?(?: of)?) (?:(?P<by>[^\W\d]+) )?(?P<of>\S+)")

_AT_NUMBER = re.compile(
    r"(?P<of>\\?[^\W\d]\w*)\s*(?P<prime>['′]|\^\s*\{?\\prime\}?)?\s*\(\s*(?P<at>[-−]?\d+(?:\.\d+)?)\s*\)"
)
# The superscript of an example, x^{(i)}, is one of layers where no letter says what it is.
_EACH_EXAMPLE = re.compile(r"\^\s*\{?\s*(?:\[\w+\])?\s*\((?:i|n|j|m)\)")
_EXAMPLE = re.compile(
    r"\^\s*\{?\s*(?:\[(?P<layer>\d+)\])?\s*\((?P<row>\d+)\)\s*\}?(?:_\{?(?P<below>\d+)\}?)?"
)

# The vocabulary of a graph.

_LONGEST = 200
"""A longer text is no spelling of a quantity."""


class Vocabulary:
    """The names of a graph, and what a spelling can mean among them.

    ``scalars`` has, for each name, the names of its elements in their shape. ``names`` is a table
    from an author's words to the graph's: to a spelling of a quantity in any style, or to a nested
    list of such, whose elements are reached by index. A word can use those before it, and stand
    inside other spellings. Raises ClaimError for a word that means nothing in the graph.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value([1.0, 2.0], "w", names=["w_1", "w_2"])
    >>> graph = named_graph((w * w).sum().named("E"))
    >>> vocabulary = Vocabulary(graph, {"kernel": "w", "w_2_to_1": ["w_2", "w_1"]})
    >>> for spelling in "dEdw2", "Updated kernel", "grad_w_2_to_1[1]":
    ...     print(*vocabulary.readings(spelling))
    dE/dw_2
    w updated
    dE/dw_1
    """

    def __init__(self, graph: NamedGraph, names: Mapping[str, Any] | None = None) -> None:
        self._graph = graph
        self.root = graph.elements[graph.outputs[0]].layer
        self.scalars: dict[str, _Names] = {}
        layers: dict[str, list[str]] = {}
        for name, element in graph.elements.items():
            self.scalars[name] = _array([name], ())
            layers.setdefault(element.layer, []).append(name)
        for layer, inner in layers.items():
            self.scalars[layer] = _array(inner, graph.elements[inner[0]].tensor.shape)
        self._levels = _levels(self.scalars)
        self._readings: dict[str, list[Quantity]] = {}
        self._from_1 = self._by_example = False
        self._nearest: dict[str, list[str]] = {}
        self._suggestions = _Suggestions(
            suggestion
            for name in self.scalars
            if not self._is_unnamed(name)
            for suggestion in self._written(name)
        )
        for name in self.scalars:
            self._call(name, name)
            if "#" in name:  # repeated labels are told apart as h#1, h#2; plain h may be any
                self._call(re.sub(r"#\d+", "", name), name)
        self._add_table({} if names is None else names)

    def readings(self, spelling: str) -> list[Quantity]:
        """Every quantity that the spelling can mean; several where it is ambiguous.

        The spelling as it stands comes first, then one that differs in underscores, spaces and
        braces, then one that differs in case. A value's own name, and then a word of the table, are
        never taken for anything else.
        """
        if spelling not in self._readings:
            spellings = itertools.chain([spelling], variants(spelling[:_LONGEST]))
            if self._from_1 and any(map(self._is_element, subscripts(spelling[:_LONGEST]))):
                spellings = itertools.chain(variants(spelling[:_LONGEST]), [spelling])
            if is_elsewhere(spelling[-_LONGEST:]):
                spellings = itertools.chain()
            found = next((found for one in spellings if (found := self._find(one))), [])
            if not found and (by := _SUBSCRIPT.fullmatch(spelling.strip())):  # L_w
                found = self._find(f"d{by[1]}/d{by[2] or by[3]}")
            if not found and (bare := without_arguments(spelling[:_LONGEST])):
                found = [one for one in self._find(bare) if self._is_of(one, spelling)]
            found = found or self._gradient(spelling[:_LONGEST])
            found = found or self._at_number(spelling[:_LONGEST])
            if not found and self._by_example:
                found = self._of_example(spelling[:_LONGEST])
            self._readings[spelling] = list(dict.fromkeys(found))
        return list(self._readings[spelling])

    def _gradient(self, spelling: str) -> list[Quantity]:
        """The gradient by all weights, ``∇E``, or by those that are called so: ``∇_w E``."""
        gradient = _WHOLE_GRADIENT.fullmatch(words(without_arguments(spelling) or spelling))
        if gradient is None or self._find(gradient["of"]) != [ValueOf(self.root)]:
            return []
        weights = [name for name, one in self._graph.elements.items() if one.kind == "weight"]
        if (by := gradient["by"]) and by not in ("theta", "params", "Theta"):
            family = re.compile(rf"{re.escape(by)}_?\d+")
            weights = [name for name in weights if family.fullmatch(name)]
        if not weights:
            return []
        name = f"({', '.join(weights)})"
        self.scalars.setdefault(name, _array(weights, (len(weights),)))
        return [Derivative(self.root, name)]

    def _is_of(self, quantity: Quantity, spelling: str) -> bool:
        """Whether ``f(x)`` can be this: the result, or what is computed from all in parentheses."""
        if self.root in _what_of(quantity):
            return True
        inner = spelling.strip(" $").partition("(")[2].removesuffix(")")
        return isinstance(quantity, ValueOf) and all(
            any(isinstance(of, ValueOf) and of != quantity for of in self._find(one))
            for one in inner.split(",")
        )

    def _at_number(self, spelling: str) -> list[Quantity]:
        """``f(2)`` and ``f'(2)``, where the only thing from which f is computed and is 2 is x."""
        at = _AT_NUMBER.fullmatch(spelling.strip(" $"))
        values = self._find(at["of"]) if at else []
        if at is None or len(values) != 1 or not isinstance(values[0], ValueOf):
            return []
        of, number = values[0].of, float(at["at"].replace("−", "-"))
        above, waiting = set[str](), [of] if of in self._graph.elements else []
        while waiting:
            fresh = {term.parent for term in self._graph.by_child[waiting.pop()]} - above
            above |= fresh
            waiting += fresh
        equal = [one for one in above if np.isclose(self._graph.value(one), number, rtol=1e-12)]
        direct = {term.parent for term in self._graph.by_child.get(of, ())}
        leaves = [one for one in equal if self._graph.elements[one].tensor.op is None]
        found = [one for one in equal if one in direct] or leaves
        if len(found) != 1:
            return []
        return [Derivative(of, found[0]) if at["prime"] else ValueOf(of)]

    def _of_example(self, spelling: str) -> list[Quantity]:
        """``x^{(2)}`` as the second row of data or of what is computed, where it is no layer."""

        def row(found: re.Match[str]) -> str:
            layer = f"_{found['layer']}" if found["layer"] else ""
            place = [f"{int(found['row']) - 1}"]
            if found["below"] or self._examples_are_columns:
                place.append(f"{int(found['below']) - 1}" if found["below"] else ":")
            return f"{layer}[{','.join(reversed(place) if self._examples_are_columns else place)}]"

        if any(found["row"] == "0" for found in _EXAMPLE.finditer(spelling)):
            return []
        as_row = _EXAMPLE.sub(row, spelling)
        found = self._find(as_row) if as_row != spelling else []
        return [one for one in found if self._kind(one.subject) != "weight"]

    @cached_property
    def _examples_are_columns(self) -> bool:
        """Whether the one length that all data have in common is that of their last axis."""
        layers = {one.layer for one in self._graph.elements.values() if one.kind == "data"}
        shapes = [self.scalars[layer].shape for layer in layers if self.scalars[layer].ndim]
        first, last = ({shape[at] for shape in shapes} for at in (0, -1))
        return len(first) > 1 and len(last) == 1

    def _kind(self, name: str) -> str:
        return self._graph.elements[self.scalars[name].flat[0]].kind

    def count_as(self, texts: Iterable[str]) -> None:
        """Count the elements K_{1,1} of arrays as the author of these texts: from 0 or 1."""
        texts = list(texts)
        self._by_example = any(map(_EACH_EXAMPLE.search, texts))
        found = [one for text in texts for one in subscripts(text) if self._is_element(one)]
        self._from_1 = all(min(index) > 0 for _, index in found)
        self._readings.clear()

    def _is_element(self, subscript: tuple[str, list[int]]) -> bool:
        """Whether it is of an array of so many axes, whose elements have no names of their own."""
        base, index = subscript
        found = self._find(base) if len(index) > 1 else []
        arrays = [self.scalars[one.of] for one in found if isinstance(one, ValueOf)]
        return any(one.ndim == len(index) and one.flat[0][-1] == "]" for one in arrays)

    def is_weight(self, spelling: str) -> bool:
        """Whether a spelling names what gradient descent changes."""
        readings = self.readings(spelling)
        return bool(readings) and all(
            isinstance(one, ValueOf)
            and self._graph.elements[self.scalars[one.of].flat[0]].kind == "weight"
            for one in readings
        )

    def nearest(self, spelling: str) -> list[str]:
        """The known names and derivatives that are spelled most alike, up to three."""
        if spelling not in self._nearest:
            self._nearest[spelling] = self._suggestions.nearest(self._plain(spelling))
        return list(self._nearest[spelling])

    def _plain(self, spelling: str) -> str:
        """An unknown spelling in the style of the suggestions: grad_w_13 as dE/dw_13."""
        text = words(spelling[:_LONGEST])
        inner = [*gradients(text)] if not text.startswith(("d", "∂")) else []
        names = inner or [*updated(text), *steps(text)] or [text]
        *_, name = bare(names[0])
        return str(Derivative(self.root, name)) if inner else name

    # What a spelling means

    def _find(self, spelling: str) -> list[Quantity]:
        if spelling.strip() in self.scalars:
            return [ValueOf(spelling.strip())]
        if len(spelling) > _LONGEST:
            return []
        stages = list(zip(self._levels, forms(spelling), strict=True))
        for level, text in stages:
            if defined := level.defined(text):
                return defined
            if level.named(text):
                break  # a name of the graph, nearer than any word of the table
        for level, text in stages:
            # But for its case, h_{new} is the name h_new, and no updated h.
            named = level.find(text) if level is not self._levels[-1] else []
            found: list[Quantity] = [*map(ValueOf, named)] or [*self._read(text, level)]
            if found:
                return found
        return []

    def _read(self, text: str, level: _Level) -> Iterator[Quantity]:
        yield from map(ValueOf, level.find(text))
        for child, parent in derivatives(text):
            for found in level.find(child) or self._loss(child):
                yield from (Derivative(found, one) for one in level.find(parent))
        for name in gradients(text):
            found_names = (found for found in level.find(name) if found != self.root)
            yield from (Derivative(self.root, found) for found in found_names)
        for name in deltas(text):
            yield from (Derivative(self.root, found) for found in self._neurons(name, level))
        for name in updated(text):
            yield from map(Updated, self._last_words(name, level))
        for name in steps(text):
            yield from map(WeightStep, level.find(name))

    def _loss(self, child: str) -> list[str]:
        """The loss in a derivative, in words, or as E where it is called E_total in the graph."""
        stem, _, rest = self.root.partition("_")
        called = child.strip().casefold()
        in_words = _LOSS.fullmatch(called) is not None
        return [self.root] if in_words or (rest and called == stem.casefold()) else []

    def _last_words(self, text: str, level: _Level) -> list[str]:
        """What the last words of a phrase name: the weight in "weights for the kernel w_conv"."""
        words = text.split(" ")
        found = (level.find(" ".join(words[start:])) for start in range(len(words)))
        return next((names for names in found if names), [])

    def _neurons(self, name: str, level: _Level) -> Iterator[str]:
        """By what the δ of a neuron differentiates: its net input, or what is called so itself."""
        for prefix in "net", "z":
            yield from level.find(f"{prefix}_{name}")
        for found in level.find(name):
            yield from self._net_input(found)
            yield found

    def _net_input(self, name: str) -> Iterator[str]:
        """The value, if there is one, of which this one is the activation, element by element."""
        inputs = []
        for scalar in self.scalars[name].flat:
            terms = self._graph.by_child[scalar]
            if len(terms) != 1 or terms[0].expression.is_number:  # a linear function is no σ
                return
            inputs.append(terms[0].parent)
        if inputs:
            layer = self._graph.elements[inputs[0]].layer
            whole = inputs[0] if self.scalars[name].ndim == 0 else layer
            if [*self.scalars[whole].flat] == inputs:
                yield whole

    # What is known

    def _call(self, spelling: str, name: str) -> None:
        for level, text in zip(self._levels, forms(spelling), strict=True):
            level.call(text, name)

    def _written(self, name: str) -> tuple[str, str]:
        return name, str(Derivative(self.root, name))

    def _is_unnamed(self, name: str) -> bool:
        """Whether nobody has named this element: its tensor is the better suggestion."""
        element = self._graph.elements.get(name)
        return element is not None and name.startswith(f"{element.layer}[")

    def _add_table(self, names: Mapping[str, Any]) -> None:
        check_names(names)
        for word, meaning in names.items():
            self._define(word.strip(), meaning)
            self._readings.clear()
            self._nearest.clear()

    def _define(self, word: str, meaning: Any) -> None:
        if word in self.scalars:
            if meaning != word:
                raise ClaimError(
                    f"names: {word!r} is a value of the graph itself, and cannot mean {meaning!r}"
                )
            return
        if isinstance(meaning, str):
            quantity = self._only(word, meaning)
        else:
            quantity = self._gathered(word, meaning)
        if isinstance(quantity, ValueOf):
            self._call(word, quantity.of)
        for level, text in zip(self._levels, forms(word), strict=True):
            level.define(text, quantity)
        suggestions = self._written(word) if isinstance(quantity, ValueOf) else (word,)
        for suggestion in suggestions:
            self._suggestions.add(suggestion)

    def _only(self, word: str, meaning: str) -> Quantity:
        """The one quantity that a word is to mean."""
        readings = self.readings(meaning)
        if len(readings) == 1:
            return readings[0]
        if readings:
            what = f"can mean {' or '.join(map(str, readings))}; write it as one of these"
        else:
            nearest = ", ".join(self.nearest(meaning))
            what = "means nothing in this graph" + (f"; nearest: {nearest}" if nearest else "")
        raise ClaimError(f"names: {word!r} is to mean {meaning!r}, which {what}")

    def _gathered(self, word: str, meaning: Any) -> Quantity:
        """A list of quantities as one, whose subject is an array."""
        spellings = np.array(meaning, object)
        if not all(isinstance(spelling, str) for spelling in spellings.flat):
            raise ClaimError(f"names: the lists in {word!r} have different lengths")
        quantities = [self._only(word, spelling) for spelling in spellings.flat]
        subjects = [quantity.subject for quantity in quantities]
        for subject in subjects:
            if self.scalars[subject].shape:
                raise ClaimError(
                    f"names: {word!r} lists {subject}, which has shape "
                    f"{self.scalars[subject].shape}; list the names of single numbers"
                )
        if all(isinstance(quantity, ValueOf) for quantity in quantities):
            name = word
        else:
            name = f"({', '.join(subjects)})"
        whole, *others = {quantity.about(name) for quantity in quantities}
        if others:
            raise ClaimError(
                f"names: {word!r} lists {quantities[0]} beside quantities of another kind; list "
                "values, or derivatives of one value, or updated weights"
            )
        self.scalars[name] = _array(
            [str(self.scalars[one][()]) for one in subjects], spellings.shape
        )
        return whole


def _what_of(quantity: Quantity) -> tuple[str, ...]:
    """The value that a quantity is the value of, or the derivative of."""
    return (quantity.child,) if isinstance(quantity, Derivative) else (quantity.subject,)


def _array(names: list[str], shape: tuple[int, ...]) -> _Names:
    array = np.empty(len(names), object)
    array[:] = names
    return array.reshape(shape)
