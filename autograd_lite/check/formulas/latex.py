r"""LaTeX: its commands as the symbols that they stand for, and its names, such as ``net_{O1}``.

TeX takes one character after ``_``; people mean the word. Where both can be meant, ``known`` says
which spelling is the name of something.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from autograd_lite.check.formulas.functions import find_function

__all__ = [
    "BREAKS",
    "DECORATED",
    "SIZED",
    "SPACES",
    "SYMBOLS",
    "WORDS",
    "Known",
    "Span",
    "inner",
    "is_latex",
    "names_at",
    "word_end",
]

Known = Callable[[str], bool]


class Span(NamedTuple):
    """A part of a text, from one position to another."""

    start: int
    end: int


SYMBOLS = {
    r"\cdot": "·",
    r"\times": "·",
    r"\odot": "*",
    r"\circ": "*",
    r"\ast": "*",
    r"\div": "/",
    r"\ge": ">=",
    r"\geq": ">=",
    r"\le": "<=",
    r"\leq": "<=",
    r"\gt": ">",
    r"\lt": "<",
    r"\partial": "∂",
    r"\prime": "'",
    r"\top": "ᵀ",
    r"\intercal": "ᵀ",
    r"\lvert": "|",
    r"\rvert": "|",
    r"\frac": r"\frac",
    r"\dfrac": r"\frac",
    r"\tfrac": r"\frac",
    r"\sqrt": "√",
    r"\sum": "∑",
    r"\{": r"\{",
    r"\}": r"\}",
}
SPACES = {rf"\{name}" for name in (*",;:! ", "displaystyle", "limits", "nolimits", "nonumber")}
BREAKS = {"\\\\", r"\quad", r"\qquad"}
"""Between two formulas, or within one that goes on with an operator."""
SIZED = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)\s*(?=[()\[\]|]|\\[{}]|\\[lr]vert)")
WORDS = {"for", "for all", "where", "with", "if", "and", "or", "else", "otherwise", "when", "in"}

_GREEK = (
    "alpha|beta|gamma|delta|(?:var)?epsilon|zeta|eta|(?:var)?theta|iota|kappa|lambda|mu|nu|xi|pi|"
    "rho|sigma|tau|upsilon|(?:var)?phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|"
    "Phi|Psi|Omega|ell|nabla"
)
_DECORATION = (
    "text(?:bf|it|rm)?|math(?:rm|it|bf|sf|cal|bb)|boldsymbol|bm|operatorname|hat|widehat|bar|"
    r"overline|tilde|widetilde|vec|dot"
)
DECORATED = re.compile(rf"\\({_DECORATION})\s*(?=\{{)")
_LETTER = re.compile(rf"\\(?:{_GREEK})(?![A-Za-z])")
_MARKED = re.compile(r"_\{|\^\{|[\\$]")
_PIECE = re.compile(r"[^\W\d_][0-9₀-₉]*")
_IN_WORD = "_0123456789₀₁₂₃₄₅₆₇₈₉"
_LONGEST_NAME = 200
_DIGITS = re.compile(r"[0-9]+")
_OUTER = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"\s*\$\$(.*)\$\$\s*",
        r"\s*\$(.*)\$\s*",
        r"\s*\\\[(.*)\\\]\s*",
        r"\s*\\\((.*)\\\)\s*",
        r"\s*\\begin\{((?:align(?:ed)?|equation|gather(?:ed)?|split)\*?)\}(.*)\\end\{\1\}\s*",
    )
]


def is_latex(text: str) -> bool:
    r"""Whether a formula is written in LaTeX.

    >>> from autograd_lite.check.formulas.latex import is_latex
    >>> is_latex(r"\sigma(x)"), is_latex("w_{10}"), is_latex("w_10**2")
    (True, True, False)
    """
    return _MARKED.search(text) is not None


def inner(text: str) -> Span:
    r"""What stands within ``$…$``, ``\[…\]`` and environments of aligned lines.

    >>> from autograd_lite.check.formulas.latex import inner
    >>> inner("$$ a $$")
    Span(start=2, end=5)
    """
    span = Span(0, len(text))
    while found := next((m for p in _OUTER if (m := p.fullmatch(text, *span))), None):
        span = Span(*found.span(found.lastindex or 0))
    return span


def word_end(text: str, start: int, without: str = "") -> int:
    """The end of the run of letters, digits, subscripts and underscores at a position.

    >>> from autograd_lite.check.formulas.latex import word_end
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


def names_at(text: str, start: int, known: Known | None) -> list[Span]:
    r"""The name at a position, or several where a run of letters is a product of known ones.

    >>> from autograd_lite.check.formulas.latex import names_at
    >>> names_at("net_{O1} + 1", 0, None)
    [Span(start=0, end=8)]
    >>> names_at("ab_1", 0, {"a", "b_1"}.__contains__)
    [Span(start=0, end=1), Span(start=1, end=4)]
    """
    base = _base_end(text, start)
    if base is None:
        return []
    end = _scripts_end(text, base, whole_words=True)
    if known is None or known(text[start:end]):
        return [Span(start, end)]
    # x^{(2)} is a power or the x of layer 2: only a known name decides.
    if text.startswith("^{(", end):
        layered = _group_end(text, end + 1)
        if layered and known(text[start:layered]):
            return [Span(start, layered)]
    strict = _scripts_end(text, base, whole_words=False)
    if strict < end and known(text[start:strict]):
        return [Span(start, strict)]
    return _known_letters(text, Span(start, base), end, known) or [Span(start, end)]


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


def _base_end(text: str, start: int) -> int | None:
    """The end of the letter, word or decorated group at a position."""
    if decorated := DECORATED.match(text, start):
        return _group_end(text, decorated.end())
    if letter := _LETTER.match(text, start):
        return letter.end()
    end = word_end(text, start, "_") if text[start : start + 1].isalpha() else start
    return end if end > start else None


def _scripts_end(text: str, position: int, whole_words: bool) -> int:
    """The end of the subscripts at a position; as TeX reads them, or with words as one."""
    for end in _scripts(text, position, whole_words):
        position = end
    return position


def _scripts(text: str, position: int, whole_words: bool) -> Iterator[int]:
    while text.startswith("_", position):
        start = position + 1
        digits = _DIGITS.match(text, start)
        if text.startswith("{", start):
            end = _group_end(text, start)
        elif digits:
            end = digits.end()
        elif whole_words or text[start : start + 1] == "\\":
            end = _base_end(text, start)
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
    for position in range(start, min(start + _LONGEST_NAME, len(text))):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if not depth:
            return position + 1
    return None
