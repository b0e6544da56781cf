r"""Tokens: a formula cut into numbers, names and symbols, each with its place in the text.

Whatever the notation, the parser gets the same tokens: ``\cdot``, ``×`` and ``·`` are one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from autograd_lite.check.read.functions import find_function
from autograd_lite.errors import FormulaError
from autograd_lite.expr.notation import printable

# LaTeX: its commands as the symbols that they stand for, and its names, such as ``net_{O1}``.
#
# TeX takes one character after ``_``; people mean the word. Where both can be meant, ``known`` says
# which spelling is the name of something.

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

    >>> is_latex(r"\sigma(x)"), is_latex("w_{10}"), is_latex("w_10**2")
    (True, True, False)
    """
    return _MARKED.search(text) is not None


def inner(text: str) -> Span:
    r"""What stands within ``$…$``, ``\[…\]`` and environments of aligned lines.

    >>> inner("$$ a $$")
    Span(start=2, end=5)
    """
    span = Span(0, len(text))
    while found := next((m for p in _OUTER if (m := p.fullmatch(text, *span))), None):
        span = Span(*found.span(found.lastindex or 0))
    return span


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


def names_at(text: str, start: int, known: Known | None) -> list[Span]:
    r"""The name at a position, or several where a run of letters is a product of known ones.

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


# Tokens, whatever the notation.

_LONGEST = 10_000
_EXCERPT = 40

_NUMBER = re.compile(r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+\-−]?[0-9]+)?")
_SUPERSCRIPT = re.compile(r"⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_TRANSPOSED = re.compile(r"\.T(?![A-Za-z0-9_])")
_SYMBOL = re.compile(r"\*\*|//|\.\.|[-+*/@:!=<>−]=|.", re.DOTALL)
_COMMAND = re.compile(r"\\(?:[A-Za-z]+\*?|.)?", re.DOTALL)
_ROW_GAP = re.compile(r"\[[0-9.]+(?:pt|em|ex|mm|cm)\]")
_ITEM = r"\s*(?:[0-9]+|[A-Za-z][A-Za-z0-9]*)\s*"
_INDEX = re.compile(rf"(?:#[0-9]+|\[{_ITEM}(?:,{_ITEM})*\])*")

_SAME = str.maketrans(
    {"−": "-", "×": "·", "⋅": "·", "∙": "·", "÷": "/", "∗": "*", "⊙": "*", "∘": "*"}
    | {"≥": ">=", "≤": "<=", "′": "'", "’": "'", "⊤": "ᵀ"}
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


class Token(NamedTuple):
    """A piece of the text: its kind, what it says, and where it stands."""

    kind: str  # number, name, superscript, symbol, command, word or end
    text: str
    start: int
    end: int
    broken: bool = False
    """Whether a new line or a wide gap comes before it."""


def refusal(text: str, position: int, stands: str, needed: str) -> FormulaError:
    """The error for a formula that cannot be read at a position.

    >>> print(refusal("2*(a", 4, "the formula ends", "close the parenthesis"))
    the formula 2*(a cannot be read at column 5: the formula ends; close the parenthesis
    """
    first, last = max(0, position - _EXCERPT), position + _EXCERPT
    excerpt = "…" * (first > 0) + printable(text[first:last].strip()) + "…" * (last < len(text))
    return FormulaError(
        f"the formula {excerpt or '(empty)'} cannot be read at column {position + 1}: "
        f"{stands}; {needed}"
    )


def tokens(text: str, known: Known | None = None) -> list[Token]:
    r"""The tokens of a formula, of which the last says that it ends.

    >>> [token.text for token in tokens(r"$2(O_1 - t_1)\cdot H_1$")]
    ['2', '(', 'O_1', '-', 't_1', ')', '·', 'H_1', '']
    """
    if len(text) > _LONGEST:
        needed = f"a formula has at most {_LONGEST:,} characters; give it in parts"
        raise refusal(text, _LONGEST, f"the text goes on for {len(text):,} characters", needed)
    in_latex = is_latex(text)
    span = inner(text) if in_latex else Span(0, len(text))
    found: list[Token] = []
    position, broken = span.start, False
    while position < span.end:
        if text[position].isspace():
            position += 1
            continue
        gap = _gap(text, position) if in_latex else None
        if gap is not None:
            position, broken = gap.end, broken or gap.broken
            continue
        single = _takes_one_character([token.text for token in found[-2:]])
        for token in _at(text, Span(position, span.end), in_latex, known, single):
            found.append(token._replace(broken=broken))
            broken = False
        position = found[-1].end
    return [*found, Token("end", "", span.end, span.end)]


def _takes_one_character(before: Sequence[str]) -> bool:
    r"""Whether TeX takes a single character here: in \sum_kO_k and \frac12 it does."""
    if before == ["∑", "_"] or before[-1:] == ["\\frac"]:
        return True
    return before[:-1] == ["\\frac"] and before[-1] != "{"


def _gap(text: str, position: int) -> Token | None:
    """Space in LaTeX: it says nothing, or it breaks one formula from the next."""
    command = _COMMAND.match(text, position)
    name = command[0] if command else ""
    if command and name in BREAKS:
        row = _ROW_GAP.match(text, command.end())
        return Token("gap", name, position, row.end() if row else command.end(), broken=True)
    if name in SPACES or text[position] in "~&":
        end = command.end() if command else position + 1
        return Token("gap", name, position, end, broken=text[position] == "&")
    return None


def _at(
    text: str, span: Span, in_latex: bool, known: Known | None, single: bool
) -> Iterator[Token]:
    """The tokens at a position: one, or several names that are written as one word."""
    start, stop = span
    if single and text[start].isalnum():
        kind = "name" if text[start].isalpha() else "number"
        yield Token(kind, text[start], start, start + 1)
    elif number := _NUMBER.match(text, start, stop):
        yield Token("number", number[0], start, number.end())
    elif power := _SUPERSCRIPT.match(text, start, stop):
        yield Token("superscript", power[0].translate(_SUPERSCRIPTS), start, power.end())
    elif names := _names(text[:stop], start, in_latex, known):
        for name in names:
            spelling = text[slice(*name)]
            if spelling in {r"\mathrm{d}", r"\text{d}"}:
                yield Token("symbol", "∂", *name)
                continue
            word = DECORATED.match(spelling) and spelling[:-1].partition("{")[2].strip()
            yield Token("word" if word in WORDS else "name", spelling, *name)
    elif text[start] == "\\" and in_latex:
        yield _command(text[:stop], start)
    elif transposed := _TRANSPOSED.match(text, start, stop):
        yield Token("symbol", "ᵀ", start, transposed.end())
    else:
        symbol = _SYMBOL.match(text, start, stop)
        assert symbol is not None
        yield Token("symbol", symbol[0].translate(_SAME), start, symbol.end())


def _names(text: str, start: int, in_latex: bool, known: Known | None) -> list[Span]:
    """The names at a position, the last with its index."""
    if in_latex:
        names = names_at(text, start, known)
    else:
        end = word_end(text, start) if text[start].isalpha() else start
        names = [Span(start, end)] if end > start else []
    if names:
        *others, (first, end) = names
        indexed = _INDEX.match(text, end)
        end = indexed.end() if indexed else end
        names = [*others, Span(first, _dotted_end(text, first, end, known))]
    return names


def _dotted_end(text: str, start: int, end: int, known: Known | None) -> int:
    """The end of layer.weight, if that is known; of layer else."""
    dotted = end
    while text.startswith(".", dotted) and not _TRANSPOSED.match(text, dotted):
        dotted = word_end(text, dotted + 1)
    return dotted if dotted > end and known and known(text[start:dotted]) else end


def _command(text: str, start: int) -> Token:
    """A command of LaTeX as the symbol or function that it stands for."""
    if sized := SIZED.match(text, start):
        bracket = _command(text, sized.end()) if text[sized.end()] == "\\" else None
        symbol, end = (
            (bracket.text, bracket.end) if bracket else (text[sized.end()], sized.end() + 1)
        )
        return Token("symbol", symbol, start, end)
    command = _COMMAND.match(text, start)
    assert command is not None
    name, end = command[0], command.end()
    if name in SYMBOLS:
        return Token("symbol", SYMBOLS[name], start, end)
    return Token("name" if find_function(name) else "command", name, start, end)
