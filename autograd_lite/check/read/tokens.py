r"""Tokens: a formula cut into numbers, names and symbols, each with its place in the text.

Whatever the notation, the parser gets the same tokens: ``\cdot``, ``×`` and ``·`` are one.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autograd_lite.check.read.functions import find_function
from autograd_lite.check.read.spellings import (
    DECORATED,
    LONGEST_NAME,
    ONES,
    Known,
    Name,
    Span,
    names_at,
    word_end,
)
from autograd_lite.errors import FormulaError
from autograd_lite.expr.notation import printable

# LaTeX: its commands as the symbols that they mean.

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
    r"\ne": "!=",
    r"\neq": "!=",
    r"\in": "∈",
    r"\lvert": "|",
    r"\rvert": "|",
    r"\vert": "|",
    r"\mid": "|",
    r"\lVert": "‖",
    r"\rVert": "‖",
    r"\Vert": "‖",
    r"\|": "‖",
    r"\langle": "⟨",
    r"\rangle": "⟩",
    r"\bullet": "*",
    r"\otimes": "⊗",
    r"\%": "%",
    r"\prod": "∏",
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
SIZED = re.compile(
    r"\\(?:left|right|middle|[bB]igg?[lrm]?)\s*(?=[()\[\]|‖]|\\[{}|]|\\[lr][vV]ert|\\[lr]angle)"
)
WORDS = {"for", "for all", "where", "with", "if", "and", "or", "else", "otherwise", "when", "in"}

_MARKED = re.compile(r"_\{|\^\{|[\\$]")
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


# Tokens, whatever the notation.

_LONGEST = 10_000
_EXCERPT = 40

_NUMBER = re.compile(r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+\-−]?[0-9]+)?")
_SUPERSCRIPT = re.compile(r"⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_TRANSPOSED = re.compile(r"\.m?T(?![A-Za-z0-9_])")
_SYMBOL = re.compile(
    r"\.[*/^](?!\*)|\.[-+](?=\s)|\.'|\*\*|//|\.\.|\|\||[-+*/@:!=<>−]=|.", re.DOTALL
)
_COMMAND = re.compile(r"\\(?:[A-Za-z]+\*?|.)?", re.DOTALL)
_ROW_GAP = re.compile(r"\[[0-9.]+(?:pt|em|ex|mm|cm)\]")
_ITEM = r"\s*(?:[0-9]+|[A-Za-z][A-Za-z0-9]*)\s*"
_PART = re.compile(r"\[(?=[^\[\]]*:|[-\d])[-\d\s,:]+\]")
_INDEX = re.compile(rf"(?:#[0-9]+|\[{_ITEM}(?:,{_ITEM})*\])*")

_TABLE = re.compile(
    r"\\(begin|end)\s*\{((?:[bpvBV]|small)?matrix\*?|array|cases|dcases|rcases)\}"
    r"(?:\s*(?:\{[lcr|\s]*\}|\[[lcrtb]\]))?"
)
_COLUMN = re.compile(r"&|\\\\|\\cr(?![A-Za-z])")
_OVER = ("∑", "∏", r"\max", r"\min")
_PARTS = {
    chr(code): unicodedata.normalize("NFKD", chr(code)).replace("⁄", "/")
    for code in (0xBC, 0xBD, 0xBE, *range(0x2150, 0x215F))
}
"""Characters that are fractions: ½ is "1/2"."""

_DOTTED = {".*": "*", "./": "/", ".^": "^", ".'": "'"}
"""Operators of MATLAB and Julia, element by element."""
_SAME = str.maketrans(
    {"−": "-", "×": "·", "⋅": "·", "∙": "·", "÷": "/", "∗": "*", "⊙": "*", "∘": "*"}
    | {"≥": ">=", "≤": "<=", "≠": "!=", "′": "'", "’": "'", "⊤": "ᵀ", "•": "*", "Σ": "∑"}
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


class Token(NamedTuple):
    """A piece of the text: its kind, what it says, and where it stands."""

    kind: str  # number, part, name, superscript, symbol, begin, finish, command, word or end
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
    position, broken, tables = span.start, False, 0
    while position < span.end:
        if text[position].isspace():
            position += 1
            continue
        table = _TABLE.match(text, position, span.end) if in_latex else None
        mark = _COLUMN.match(text, position, span.end) if tables else None
        if table or mark:
            token = _table_token(table) if table else _column_token(text, mark)
            tables += {"begin": 1, "finish": -1}.get(token.kind, 0)
            found.append(token)
            position, broken = token.end, False
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


def _table_token(table: re.Match[str]) -> Token:
    """The begin or end of a matrix or of cases, whose name is its text."""
    kind = "begin" if table[1] == "begin" else "finish"
    return Token(kind, table[2].rstrip("*"), table.start(), table.end())


def _column_token(text: str, mark: re.Match[str] | None) -> Token:
    r"""``&`` and ``\\``: within a matrix they say where an element is."""
    assert mark is not None
    end = mark.end()
    if mark[0] != "&" and (gap := _ROW_GAP.match(text, end)):
        end = gap.end()
    return Token("symbol", "&" if mark[0] == "&" else "\\\\", mark.start(), end)


def _takes_one_character(before: Sequence[str]) -> bool:
    r"""Whether TeX takes a single character here: in \sum_kO_k and \frac12 it does."""
    if (before[-1:] == ["_"] and before[0] in _OVER) or before[-1:] == ["\\frac"]:
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
    elif text[start] in _PARTS:
        yield Token("part", _PARTS[text[start]], start, start + 1)
    elif power := _SUPERSCRIPT.match(text, start, stop):
        yield Token("superscript", power[0].translate(_SUPERSCRIPTS), start, power.end())
    elif _is_turned(text, start, known):
        yield Token("symbol", "ᵀ", start, start + 1)
    elif names := _names(text, start, in_latex, known):
        for name in names:
            yield _named(name)
            if name.after.isdecimal():
                yield Token("symbol", "^", name.end, name.end)
                yield Token("number", name.after, name.end, name.end)
            elif name.after:
                yield Token("symbol", name.after, name.end, name.end)
    elif text[start] == "\\" and in_latex:
        yield _command(text, start)
    elif transposed := _TRANSPOSED.match(text, start, stop):
        yield Token("symbol", "ᵀ", start, transposed.end())
    else:
        symbol = _SYMBOL.match(text, start, stop)
        assert symbol is not None
        written = _DOTTED.get(symbol[0], symbol[0].replace("||", "‖"))
        yield Token("symbol", written.translate(_SAME), start, symbol.end())


def _named(name: Name) -> Token:
    """A name as a token: a differential, a word such as "otherwise", or the name of something."""
    if ONES.fullmatch(name.spelling):
        return Token("symbol", "𝟙", name.start, name.end)
    if re.sub(r"[\s{}]", "", name.spelling) in {r"\mathrmd", r"\textd"}:
        return Token("symbol", "∂", name.start, name.end)
    word = DECORATED.match(name.spelling) and name.spelling[:-1].partition("{")[2].strip(" ,.")
    kind = "word" if word in WORDS else "name"
    return Token(kind, word if word and kind == "word" else name.spelling, name.start, name.end)


def _names(text: str, start: int, in_latex: bool, known: Known | None) -> list[Name]:
    """The names at a position, the last with its index."""
    if text[start] == "Σ" and known and not known(text[start : word_end(text, start)]):
        return []  # a sum
    names = names_at(text, start, known, in_latex)
    if names and not names[-1].after and not ONES.fullmatch(names[-1].spelling):
        *others, last = names
        indexed = _INDEX.match(text, last.end)
        end = indexed.end() if indexed else last.end
        part = _PART.match(text, last.end)
        if part and known and known(last.spelling):  # else it is for the parser
            whole = text[last.start : part.end()]
            end = part.end() if known(whole) else last.end
        end = _dotted_end(text, last.start, end, known)
        if end > last.end:
            names = [*others, Name(last.start, end, last.spelling + text[last.end : end])]
    return names


def _is_turned(text: str, start: int, known: Known | None) -> bool:
    """Whether this is the T of ``w^Tx``, which TeX takes by itself."""
    if text[start] != "T" or text[start - 1 : start] != "^" or (known and known("T")):
        return False
    word = text[start : word_end(text, start)]
    return not (known and known(word))


def _dotted_end(text: str, start: int, end: int, known: Known | None) -> int:
    """The end of layer.weight, if that is known; of layer else."""
    dotted = end
    while text.startswith(".", dotted) and not _TRANSPOSED.match(text, dotted):
        if dotted - start > LONGEST_NAME:
            return end
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
