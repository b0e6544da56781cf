r"""Spellings: where a name in a formula begins and ends, such as ``net_{O1}`` or ``W^{[2]}``.

TeX takes one character after ``_`` and ``^``; people mean the word. Where both can be meant,
``known`` says which spelling is the name of something. A superscript in parentheses or brackets is
a layer or an example, and part of the name; ``σ^2`` is a name where it is known and ``σ`` is not.
"""

import keyword
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from autograd_lite.check.read.functions import find_function

Known = Callable[[str], bool]


class Span(NamedTuple):
    """A part of a text, from one position to another."""

    start: int
    end: int


class Name(NamedTuple):
    """A name: where it is, its spelling, and what else is said there.

    That is ᵀ in ``W^{(2)T}``, ′ in ``g^{[1]'}`` and 2 in ``x^2_1``, which is the square of x_1.
    """

    start: int
    end: int
    spelling: str
    after: str = ""


_GREEK = (
    "alpha|beta|gamma|delta|(?:var)?epsilon|zeta|eta|(?:var)?theta|iota|kappa|lambda|mu|nu|xi|pi|"
    "rho|sigma|tau|upsilon|(?:var)?phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|"
    "Phi|Psi|Omega|ell|nabla"
)
_FONT = (
    "math(?:rm|it|bf|sf|cal|bbm|bb|ds|tt|scr|frak|normal)|boldsymbol|pmb|bm|hat|widehat|bar|overline|"
    "underline|tilde|widetilde|vec|dot"
)
_DECORATION = rf"text(?:bf|it|rm|sf|tt)?|operatorname|{_FONT}"
_SWITCH = re.compile(r"\{\\(?:bf|rm|it|cal|sf|tt|bfseries|boldmath)(?![A-Za-z])[^{}]*\}")
_LAYER = re.compile(
    r"""\^\s*(?:
        \{\s*(?:
            (?:(?:[(\[]|\\left[(\[])\s*ITEM\s*(?:[)\]]|\\right[)\]])\s*)+  # ^{(2)}, ^{[1](i)}
            | (?:\\langle|<)\s*ITEM\s*(?:\\rangle|>)\s*                    # ^{<t>}
        )(?P<after>\s*(?:['′]|[23]|\\prime|T|\\top|\\intercal|\\mathsf\s*\{?T\}?))?\s*\}
        | \[ITEM\]
    )""".replace("ITEM", r"(?:\\?[A-Za-z]+|[0-9]+)(?:\s*[-+−,]\s*(?:[A-Za-z]|[0-9]+))?"),
    re.VERBOSE,
)
_MARK = re.compile(
    r"""\^\s*(?:
        \{\s*(?:[-+*]|\\(?:star|ast|dagger|prime)|(?:\\(?:text|math)[a-z]*\s*\{[^{}]*\})
            | new | old | next | prev | pred | true | target )\s*\}
        | \\(?:star|ast|dagger)(?![A-Za-z])
        | [+*](?=\s*(?:$|[-+−=,;)\]}\\$]))          # nothing follows that it could multiply
    )""",
    re.VERBOSE,
)
_POWER = re.compile(r"\^\s*(?:\{\s*\w+\s*\}|\w)|[²³]|\^\(\s*\w+\s*\)")
_CROSSED = re.compile(r"\^\s*(\{\s*\w+(?:\s*[-+]\s*\w+)?\s*\}|[A-SU-Za-z0-9])\s*_(?=[{\w\\])")
_PRIMES = re.compile(r"['′]+|\^\s*\\prime(?![A-Za-z])|\^\s*\{\s*(?:\\prime\s*)+\}")
ONES = re.compile(r"\\math(?:bb|bf|ds|bbm)\s*\{?\s*1\s*\}?|\\mathbb\s*\{?\s*I\s*\}?|𝟙|𝟏")
"""1 as a function or a vector: the indicator of a condition, or ones."""
DECORATED = re.compile(rf"\\({_DECORATION})\s*(?=\{{)")
_IN_FONT = re.compile(
    rf"\\(?:{_FONT})(?:\s+(?=[A-Za-z0-9])|\s*(?=\\))(?:[A-Za-z0-9]|\\(?:{_GREEK})(?![A-Za-z]))"
)
_LETTER = re.compile(rf"\\(?:{_GREEK})(?![A-Za-z])")
_PIECE = re.compile(r"[^\W\d_][0-9₀-₉]*")
_IN_WORD = "_0123456789₀₁₂₃₄₅₆₇₈₉"
_DIGITS = re.compile(r"[0-9]+")
_EULER = re.compile(r"\\(?:mathrm|text)\s*\{?\s*e\}?|e")
LONGEST_NAME = 200
_LONGEST_RUN = 24
"""The longest word that is tried as a product of names."""


def word_end(text: str, start: int, without: str = "") -> int:
    """The end of the run of letters, digits, subscripts and underscores at a position.

    >>> word_end("w₉²", 0)
    2
    """
    for position in range(start, len(text)):
        letter = text[position]
        letters = letter.isalpha() and letter != "ᵀ"
        if letter in without or not (
            letters or letter in _IN_WORD or unicodedata.combining(letter)
        ):
            return position
    return len(text)


def names_at(text: str, start: int, known: Known | None, in_latex: bool = True) -> list[Name]:
    r"""The name at a position, or several where a run of letters is a product of known ones.

    >>> [name.spelling for name in names_at("net_{O1} + 1", 0, None)]
    ['net_{O1}']
    >>> [name.spelling for name in names_at("ab_1", 0, {"a", "b_1"}.__contains__)]
    ['a', 'b_1']
    >>> names_at("W^{(2)T} x", 0, None)[0]
    Name(start=0, end=8, spelling='W^{(2)}', after='ᵀ')
    """
    if in_latex:
        return _in_latex(text, start, known)
    end = word_end(text, start) if text[start].isalpha() else start
    if end == start:
        return []
    whole = _scripted(text, start, end, known)
    if known is None or known(whole.spelling) or whole.end > end:
        return [whole]
    place = start
    found = []
    for tile in _tiles(text[start:end], known):
        found.append(Name(place, place + len(tile), tile))
        place += len(tile)
    return found or [whole]


def _before_layer(text: str, letters: Span, end: int, known: Known) -> list[Name]:
    """Single letters before one with a layer, as in XW^{(1)}; none if one of them is unknown."""
    if letters.end - letters.start < 2 or not text[slice(*letters)].isalpha():
        return []
    last = _scripted(text, letters.end - 1, end, known)
    places = range(letters.start, letters.end - 1)
    if not (known(last.spelling) and all(known(text[place]) for place in places)):
        return []
    return [*(Name(place, place + 1, text[place]) for place in places), last]


def _in_latex(text: str, start: int, known: Known | None) -> list[Name]:
    base = _base_end(text, start)
    if base is None:
        return []
    if ONES.fullmatch(text[start:base]):
        return [Name(start, base, text[start:base])]
    end = _subscripts_end(text, base, whole_words=True)
    whole = _scripted(text, start, end, known)
    if known is None or known(whole.spelling):
        return [whole]
    if whole.end > end:
        return _before_layer(text, Span(start, base), end, known) or [whole]
    strict = _subscripts_end(text, base, whole_words=False)
    if strict < end and known(text[start:strict]):
        return [_scripted(text, start, strict, known)]
    *others, last = _known_letters(text, Span(start, base), end, known) or [Span(start, end)]
    return [
        *(Name(*span, text[slice(*span)]) for span in others),
        _scripted(text, *last, known),
    ]


def _known_letters(text: str, base: Span, end: int, known: Known) -> list[Span]:
    """A run of letters as single ones that are all known; none for a differential, as in dw."""
    word = text[slice(*base)]
    if word.startswith(("d", "\\")) or find_function(word):
        return []
    spans = [Span(base.start + m.start(), base.start + m.end()) for m in _PIECE.finditer(word)]
    spans[-1:] = [Span(spans[-1].start, end)] if spans else []
    whole = spans[:1] and spans[0].start == base.start
    tiled = all(a.end == b.start for a, b in pairwise(spans))
    return spans if whole and tiled and all(known(text[slice(*span)]) for span in spans) else []


def _tiles(word: str, known: Known) -> list[str]:
    """A word as the product of known names, if it is in one way only, as few as possible.

    A word of three letters or more, as "net", is none: it is rather a name that is not known.

    >>> _tiles("a_1W_2", {"a_1", "W_2"}.__contains__)
    ['a_1', 'W_2']
    """
    if len(word) > _LONGEST_RUN or word.startswith("d") or find_function(word):
        return []
    if keyword.iskeyword(word) or (len(word) > 2 and word.isalpha()):
        return []
    best: list[list[list[str]]] = [[[]]]  # the shortest ways to the first letters of the word
    for end in range(1, len(word) + 1):
        ways = [
            [*way, word[start:end]]
            for start in range(end)
            if best[start] and word[start].isalpha() and known(word[start:end])
            for way in best[start]
        ]
        fewest = min(map(len, ways), default=0)
        best.append([way for way in ways if len(way) == fewest][:2])
    return best[-1][0] if len(best[-1]) == 1 else []


# What belongs to a name behind its letters


def _scripted(text: str, start: int, end: int, known: Known | None) -> Name:
    """A name whose letters and subscripts end at a position, with its superscripts and primes."""
    base = text[start:end]
    if _EULER.fullmatch(base) and not (known and known(base)):
        return Name(start, end, base)
    while True:
        if layer := _LAYER.match(text, end):
            if layer["after"]:
                spelling = f"{text[start : layer.start('after')].rstrip()}}}"
                return Name(start, layer.end(), spelling, _after(layer["after"].strip()))
            end = _subscripts_end(text, layer.end(), whole_words=False)
        elif mark := _MARK.match(text, end):
            if "prime" in mark[0]:
                break
            end = _subscripts_end(text, mark.end(), whole_words=False)
        else:
            break
    if (crossed := _CROSSED.match(text, end)) and "_" not in text[start:end]:
        return _crossed(text, start, crossed, known)
    if known is not None:
        for pattern in _PRIMES, _POWER:
            found = pattern.match(text, end)
            if found is None:
                continue
            stop = _subscripts_end(text, found.end(), whole_words=False)
            is_one = found[0].strip("^{() }") == "1"  # nobody writes a power of 1
            plain = pattern is _POWER and not is_one and known(text[start:end])
            if not plain and known(text[start:stop]):
                return Name(start, stop, text[start:stop])
    return Name(start, end, text[start:end])


def _after(said: str) -> str:
    """What is said of a name behind its layer: ′, a power, or that it is transposed."""
    if said.isdecimal():
        return said
    return "'" if said in {"'", "′", r"\prime"} else "ᵀ"


def _crossed(text: str, start: int, found: re.Match[str], known: Known | None) -> Name:
    """A name whose superscript comes before its subscript: ``δ^l_j``, or ``x^2_1`` as (x_1)²."""
    end = _subscripts_end(text, found.end() - 1, whole_words=False)
    whole = text[start:end]
    above = found[1].strip("{} ")
    if not above.isdecimal() or (known and known(whole)):
        return Name(start, end, whole)
    below = text[start : found.start()] + text[found.end() - 1 : end]
    squared = f"{below}^{found[1]}"
    if known and known(squared) and not known(below):
        return Name(start, end, squared)
    if above != "1" and (known is None or known(below)):
        return Name(start, end, below, above)
    return Name(start, end, whole)


def _base_end(text: str, start: int) -> int | None:
    """The end of the letter, word or decorated group at a position."""
    if decorated := DECORATED.match(text, start):
        return _group_end(text, decorated.end())
    if letter := (
        _LETTER.match(text, start) or _IN_FONT.match(text, start) or _SWITCH.match(text, start)
    ):
        return letter.end()
    end = word_end(text, start, "_") if text[start : start + 1].isalpha() else start
    return end if end > start else None


def _subscripts_end(text: str, position: int, whole_words: bool) -> int:
    """The end of the subscripts at a position; as TeX reads them, or with words as one."""
    for end in _subscripts(text, position, whole_words):
        position = end
    return position


def _subscripts(text: str, position: int, whole_words: bool) -> Iterator[int]:
    while text.startswith("_", position):
        start = position + 1
        digits = _DIGITS.match(text, start)
        if text.startswith("{", start):
            end = _group_end(text, start)
        elif digits:
            end = digits.end()
        elif whole_words or text[start : start + 1] == "\\":
            end = _base_end(text, start)
            end = start + 1 if end is None and text[start : start + 1] == "*" else end
        else:
            end = start + 1 if text[start : start + 1].isalpha() else None
        if end is None:
            return
        yield end
        position = end
        if not whole_words:
            return


def _group_end(text: str, start: int) -> int | None:
    """The position after the group in braces that begins here; None if it never ends."""
    depth = 0
    for position in range(start, min(start + LONGEST_NAME, len(text))):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if not depth:
            return position + 1
    return None
