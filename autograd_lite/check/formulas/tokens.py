r"""Tokens: a formula cut into numbers, names and symbols, each with its place in the text.

Whatever the notation, the parser gets the same tokens: ``\cdot``, ``×`` and ``·`` are one.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autograd_lite.check.formulas import latex
from autograd_lite.check.formulas.functions import find_function
from autograd_lite.check.formulas.latex import Known, Span
from autograd_lite.errors import FormulaError
from autograd_lite.expr.notation import printable

__all__ = ["Token", "refusal", "tokens"]

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
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


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

    >>> from autograd_lite.check.formulas.tokens import refusal
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

    >>> from autograd_lite.check.formulas.tokens import tokens
    >>> [token.text for token in tokens(r"$2(O_1 - t_1)\cdot H_1$")]
    ['2', '(', 'O_1', '-', 't_1', ')', '·', 'H_1', '']
    """
    if len(text) > _LONGEST:
        needed = f"a formula has at most {_LONGEST:,} characters; give it in parts"
        raise refusal(text, _LONGEST, f"the text goes on for {len(text):,} characters", needed)
    is_latex = latex.is_latex(text)
    span = latex.inner(text) if is_latex else Span(0, len(text))
    found: list[Token] = []
    position, broken = span.start, False
    while position < span.end:
        if text[position].isspace():
            position += 1
            continue
        gap = _gap(text, position) if is_latex else None
        if gap is not None:
            position, broken = gap.end, broken or gap.broken
            continue
        single = _takes_one_character([token.text for token in found[-2:]])
        for token in _at(text, Span(position, span.end), is_latex, known, single):
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
    if command and name in latex.BREAKS:
        row = _ROW_GAP.match(text, command.end())
        return Token("gap", name, position, row.end() if row else command.end(), broken=True)
    if name in latex.SPACES or text[position] in "~&":
        end = command.end() if command else position + 1
        return Token("gap", name, position, end, broken=text[position] == "&")
    return None


def _at(
    text: str, span: Span, is_latex: bool, known: Known | None, single: bool
) -> Iterator[Token]:
    """The tokens at a position: one, or several names that are written as one word."""
    start, stop = span
    if single and text[start].isalnum():
        kind = "name" if text[start].isalpha() else "number"
        yield Token(kind, text[start], start, start + 1)
    elif number := _NUMBER.match(text, start, stop):
        yield Token("number", number[0], start, number.end())
    elif power := _SUPERSCRIPT.match(text, start, stop):
        yield Token("superscript", power[0].translate(_DIGITS), start, power.end())
    elif names := _names(text[:stop], start, is_latex, known):
        for name in names:
            spelling = text[slice(*name)]
            if spelling in {r"\mathrm{d}", r"\text{d}"}:
                yield Token("symbol", "∂", *name)
                continue
            word = latex.DECORATED.match(spelling) and spelling[:-1].partition("{")[2].strip()
            yield Token("word" if word in latex.WORDS else "name", spelling, *name)
    elif text[start] == "\\" and is_latex:
        yield _command(text[:stop], start)
    elif transposed := _TRANSPOSED.match(text, start, stop):
        yield Token("symbol", "ᵀ", start, transposed.end())
    else:
        symbol = _SYMBOL.match(text, start, stop)
        assert symbol is not None
        yield Token("symbol", symbol[0].translate(_SAME), start, symbol.end())


def _names(text: str, start: int, is_latex: bool, known: Known | None) -> list[Span]:
    """The names at a position, the last with its index."""
    if is_latex:
        names = latex.names_at(text, start, known)
    else:
        end = latex.word_end(text, start) if text[start].isalpha() else start
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
        dotted = latex.word_end(text, dotted + 1)
    return dotted if dotted > end and known and known(text[start:dotted]) else end


def _command(text: str, start: int) -> Token:
    """A command of LaTeX as the symbol or function that it stands for."""
    if sized := latex.SIZED.match(text, start):
        bracket = _command(text, sized.end()) if text[sized.end()] == "\\" else None
        symbol, end = (
            (bracket.text, bracket.end) if bracket else (text[sized.end()], sized.end() + 1)
        )
        return Token("symbol", symbol, start, end)
    command = _COMMAND.match(text, start)
    assert command is not None
    name, end = command[0], command.end()
    if name in latex.SYMBOLS:
        return Token("symbol", latex.SYMBOLS[name], start, end)
    return Token("name" if find_function(name) else "command", name, start, end)
