"""Long lines of Python, broken before an operator or between arguments."""

import re
from collections.abc import Iterable, Iterator

__all__ = ["WIDTH", "filled", "folded"]

WIDTH = 99


def filled(pieces: Iterable[str], indent: str, width: int = WIDTH) -> Iterator[str]:
    """Lines of as many pieces as fit, with a space between them.

    >>> list(filled(["a,", "b,", "c,"], indent="  ", width=8))
    ['  a, b,', '  c,']
    """
    line = ""
    for piece in pieces:
        if line and len(f"{line} {piece}") > width:
            yield line
            line = ""
        line = f"{line} {piece}" if line else f"{indent}{piece}"
    if line:
        yield line


def folded(line: str, width: int = WIDTH - 4) -> list[str]:
    r"""An assignment in one line if it fits; else its right side in parentheses, term by term.

    >>> print(*folded("total = first * 2 + second * 3 - third(4)", width=24), sep="\n")
    total = (
        first * 2
        + second * 3
        - third(4)
    )
    """
    target, _, value = line.partition(" = ")
    if len(line) <= width or '"' in value:
        return [line]
    pieces = _terms(value)
    if max(map(len, pieces)) > width - 4:
        pieces = re.split(r"(?<=,) | (?=(?:[-+*/@]|\*\*|[<>=]=?|if|else) )", value)
    return [f"{target} = (", *filled(pieces, indent="    ", width=width), ")"]


def _terms(text: str) -> list[str]:
    """The terms of a sum with their signs, unless the signs stand in parentheses."""
    pieces, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and text[place : place + 3] in (" + ", " - "):
            pieces.append(text[start:place])
            start = place + 1
    return [*pieces, text[start:]]
