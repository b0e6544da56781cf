"""The names of a document that has no graph yet: what is a quantity of it, and by which spellings.

A name is kept by its key, in which all spellings of it agree.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from autograd_lite.check.claims import Claim
from autograd_lite.check.read.functions import find_function
from autograd_lite.check.read.naming import is_derivative, is_single_name
from autograd_lite.check.spelling import (
    bare,
    deltas,
    derivatives,
    gradients,
    key,
    steps,
    updated,
    variants,
    without_arguments,
    words,
)

# How a name is shown.

_FONT = re.compile(
    r"\\(?:text|math)(?:bf|rm|it|cal|sf|bb)?(?![A-Za-z])|\\(?:boldsymbol|bm|vec)(?![A-Za-z])|\$"
)
_GREEK = re.compile(r"\\(?:var)?([A-Za-z]+)(?![A-Za-z])\s*")
_ACCENT = re.compile(r"\\(hat|bar)\s*\{?\s*(\w)\s*\}?")
_ACCENTS = {"hat": "\N{COMBINING CIRCUMFLEX ACCENT}", "bar": "\N{COMBINING MACRON}"}
_BRACES = re.compile(r"\{([^{}]*)\}")


def label_of(spelling: str) -> str:
    r"""A name as it is shown: without what only sets it in LaTeX, as long as it stays one name.

    >>> label_of(r"\hat{y}_{1}"), label_of(r"\text{net}_{h1}"), label_of(r"\mu")
    ('ŷ_1', 'net_h1', 'μ')
    """
    text = _ACCENT.sub(lambda one: one[2] + _ACCENTS[one[1]], spelling)
    text = _GREEK.sub(lambda one: _greek(one[1]) or one[0], _FONT.sub("", text))
    text = _BRACES.sub(r"\1", _BRACES.sub(r"\1", text)).replace(" ", "")
    text = unicodedata.normalize("NFC", text)
    return text if key(text) == key(spelling) else spelling


def _greek(name: str) -> str:
    """A Greek letter by the name that LaTeX has for it; "" for any other word."""
    case = "SMALL" if name.islower() else "CAPITAL"
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {name.upper()}")
    except KeyError:
        return ""


# The names of a document.

_CONSTANTS = {"e", "T", r"\pi", "π"}
_COUNTED = re.compile(r"(?P<whole>.+?)_?(?:\{(?P<at>\d+(?:\s*,\s*\d+)*)\}|(?P<digits>\d+))")
_INDEXED = re.compile(r"(?P<whole>.+?)\[(?P<at>\d+(?:\s*,\s*\d+)*)\]")


class ArrayPart(NamedTuple):
    """An element of an array: the key of the array, and its place, counted from 0."""

    array: str
    at: tuple[int, ...]


class Symbols:
    r"""The names of a document: the label of each by its key, and the shapes of the arrays.

    >>> names = Symbols()
    >>> names.add("net_{h1}"), names.find("net_h1"), names.find(r"\text{net}_{h1}")
    ('neth1', 'neth1', 'neth1')
    >>> names.shapes[names.add("x")] = (2,)
    >>> names.element("x_2"), names.element("x[0]"), names.element("x_3")
    (ArrayPart(array='x', at=(1,)), ArrayPart(array='x', at=(0,)), None)
    """

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._spelled: set[str] = set()
        self._found: dict[str, str | None] = {}

    def add(self, spelling: str) -> str:
        """Know a name, and return its key."""
        self._spelled.add(spelling.strip())
        found = self.find(spelling) or key(spelling)
        if found not in self.labels:
            self.labels[found] = label_of(spelling)
            self._found.clear()
        return found

    def find(self, spelling: str) -> str | None:
        """The key of a known name, with or without a word that says what it is."""
        if spelling not in self._found:
            texts = (text for one in (spelling, *variants(spelling)) for text in bare(words(one)))
            keys = (text.replace(" ", "") for text in texts)
            self._found[spelling] = next((one for one in keys if one in self.labels), None)
        return self._found[spelling]

    def readings(self, spelling: str) -> list[str]:
        """What a spelling can mean, for whoever reads claims: its key."""
        found = self.find(spelling)
        return [] if found is None else [found]

    def is_weight(self, spelling: str) -> bool:  # noqa: ARG002 - as the names of a graph have it
        """Of no name is that known, as long as there is no graph."""
        return False

    def count_as(self, texts: Iterable[str]) -> None:
        """Elements are counted by how each is written, as long as there is no graph."""

    def whole(self, spelling: str) -> str | None:
        """The key of the known name of which this one is an element by its index."""
        found = _COUNTED.fullmatch(spelling.strip()) or _INDEXED.fullmatch(spelling.strip())
        return self.find(found["whole"]) if found else None

    def element(self, spelling: str) -> ArrayPart | None:
        """The element of a known array: x_2 on paper counts from 1, x[1] from 0."""
        for pattern, first in (_COUNTED, 1), (_INDEXED, 0):
            found = pattern.fullmatch(spelling.strip())
            name = self.find(found["whole"]) if found else None
            shape = self.shapes.get(name or "")
            if found is None or name is None or not shape:
                continue
            places = re.findall(r"\d+", found["at"] or found["digits"])
            if first and len(places) == 1 and len(places[0]) == len(shape):
                places = [*places[0]]  # w_12 of a matrix
            at = tuple(int(place) - first for place in places)
            inside = [0 <= place < size for place, size in zip(at, shape, strict=False)]
            if len(at) == len(shape) and all(inside):
                return ArrayPart(name, at)
        return None

    def known(self, spelling: str) -> bool:
        """Whether a formula can mean a quantity by this spelling."""
        if spelling in _CONSTANTS:  # else e would be E, and Wᵀ a power
            return spelling in self._spelled
        return self.find(spelling) is not None or self.element(spelling) is not None

    def used(self, spelling: str) -> str:
        """The key of what a formula means by a spelling, or of the array of which it is a part."""
        element = self.element(spelling)
        return self.find(spelling) or (element.array if element else "")

    def families(self) -> dict[str, list[str]]:
        """The keys of p_1, p_2, … by p, where that is no name of its own, and there is no p_0.

        >>> names = Symbols()
        >>> _ = [names.add(name) for name in ("p_1", "p_2", "q_1", "q_2", "q")]
        >>> names.families()
        {'p': ['p1', 'p2']}
        """
        found: dict[str, list[str]] = {}
        for name, label in self.labels.items():
            counted = _COUNTED.fullmatch(label)
            if counted is None or self.find(counted["whole"]) is not None:
                continue
            members = found.setdefault(counted["whole"], [])
            if (counted["at"] or counted["digits"]) == str(len(members) + 1):
                members.append(name)
        return {
            whole: members
            for whole, members in found.items()
            if len(members) > 1 and self.find(f"{whole}_0") is None
        }


# Which claims are of the forward pass.

_BACKWARD = ("grad", "updated", "new")


def symbol_of(claim: Claim) -> str:
    r"""What a claim of the forward pass calls its quantity; "" if it is about anything else.

    >>> symbol_of(Claim(name="J(w, b)", given="w")), symbol_of(Claim(name="dE/dw", given="1"))
    ('J', '')
    >>> symbol_of(Claim(name=r"\sigma(x)", given="1/(1 + e^{-x})"))
    ''
    """
    if claim.unread or claim.sign in ("∝", "→", "←"):
        return ""
    for spelling in (claim.name, *claim.others):
        if is_derivative(spelling):
            return ""
        name = spelling.strip()
        function = without_arguments(name)
        if function and not find_function(function):
            name = function
            if name.endswith(("'", "′", "prime", "prime}")):
                return ""
        if is_single_name(name) and not name.startswith(_BACKWARD):
            return name
    return ""


def is_backward(spelling: str, names: Symbols) -> bool:
    """Whether a name is that of a derivative, a gradient, a step or an updated weight.

    >>> names = Symbols()
    >>> _ = names.add("z")
    >>> is_backward("dz", names), is_backward("dx", names), is_backward("z", names)
    (True, False, False)
    """
    if is_derivative(spelling):
        return True
    if spelling.endswith(("'", "′")) and names.find(spelling.rstrip("'′")):
        return True
    text = words(spelling)
    inner = [*gradients(text), *deltas(text), *updated(text), *steps(text)]
    pairs = [name for pair in derivatives(text) for name in pair]
    return any(map(names.find, inner)) or (bool(pairs) and all(map(names.find, pairs)))


# Functions of the author's own: f(x) = 1/(1 + e^{-x}), which is used as f(w x + b).

_DEFINED = re.compile(r"\s*(?P<name>\\?[^\W\d]+)\s*\(\s*(?P<of>\\?[^\W\d]\w*)\s*\)\s*")
_LONGEST = 2_000
_MOST_CALLS = 50


class Functions:
    r"""The functions that a document defines and applies to something else.

    >>> claims = Claim(name="f(x)", given="1/(1 + e^{-x})"), Claim(name="y", given="2f(w z)")
    >>> functions = Functions(claims)
    >>> functions.written_out("2f(w z) + 1"), functions.defines(claims[0])
    ('2(1/(1 + e^{-(w z)})) + 1', True)
    """

    def __init__(self, claims: Sequence[Claim]) -> None:
        found = {
            named["name"]: (named["of"], claim.given)
            for claim in reversed(claims)
            if (named := _DEFINED.fullmatch(claim.name))
            and isinstance(claim.given, str)
            and not find_function(named["name"])
            and _letter(named["of"]).search(claim.given)
        }
        texts = [claim.given for claim in claims if isinstance(claim.given, str)]
        self._found = {
            name: defined
            for name, defined in found.items()
            if any(inner != defined[0] for text in texts for _, _, inner in _calls(text, name))
        }

    def defines(self, claim: Claim) -> bool:
        """Whether a claim is the definition of a function, or its value somewhere."""
        return claim.name.partition("(")[0].strip() in self._found and "(" in claim.name

    def written_out(self, text: str) -> str:
        """A formula with what the functions in it stand for."""
        for _ in range(_MOST_CALLS):
            calls = ((name, call) for name in self._found for call in _calls(text, name))
            name, call = next(calls, ("", None))
            if call is None or len(text) > _LONGEST:
                break
            start, end, inner = call
            of, body = self._found[name]
            written = "".join(f"({inner})" if part is None else part for part in _parts(body, of))
            text = f"{text[:start]}({written}){text[end:]}"
        return text


def _letter(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z0-9_])")


def _parts(body: str, of: str) -> Iterator[str | None]:
    """What is between the places of a letter, and None for each of these."""
    for count, part in enumerate(_letter(of).split(body)):
        if count:
            yield None
        yield part


def _calls(text: str, name: str) -> Iterator[tuple[int, int, str]]:
    """Where a function is applied: from where, up to where, and to what."""
    for found in re.finditer(rf"(?<![A-Za-z\\]){re.escape(name)}\s*(?:\\left\s*)?\(", text):
        depth = 1
        for place in range(found.end(), len(text)):
            depth += (text[place] == "(") - (text[place] == ")")
            if not depth:
                inner = text[found.end() : place].strip()
                yield found.start(), place + 1, inner.removesuffix("\\right").strip()
                break


class Backward(NamedTuple):
    """What the derivative lines of a document are about."""

    children: Counter[str]
    """How often each name is differentiated."""
    unknown: Counter[str]
    """The same of what is no name of the forward pass."""
    parents: set[str]
    """By what is differentiated, and what is updated."""


def differentiated(claims: Sequence[Claim], names: Symbols) -> Backward:
    """What the derivative lines of a document are about.

    >>> names = Symbols()
    >>> _ = names.add("E"), names.add("w_1")
    >>> found = differentiated([Claim(name="dE/dw_1", given="1")], names)
    >>> dict(found.children), found.parents
    ({'E': 1}, {'w1'})
    """
    children: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    parents: set[str] = set()
    for claim in claims:
        for spelling in (claim.name, *claim.others):
            text = words(spelling)
            pairs = [(child, _parent(parent, names)) for child, parent in derivatives(text)]
            pairs = [(child, parent) for child, parent in pairs if parent]
            if not pairs:
                inner = [*gradients(text), *deltas(text), *updated(text), *steps(text)]
                parents |= {found for one in inner if (found := _parent(one, names))}
                continue
            child, parent = pairs[0]
            parents.add(parent)
            if name := names.find(child):
                children[name] += 1
            elif is_derivative(spelling):
                unknown[child.strip()] += 1
    return Backward(children, unknown, parents)


def _parent(text: str, names: Symbols) -> str:
    return names.find(text) or names.used(text.strip().replace(" ", "_"))
