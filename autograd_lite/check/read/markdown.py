r"""Markdown's tables, and its formulas over several lines."""

import re
from typing import NamedTuple

__all__ = ["Block", "Row", "math_block", "table_cells"]

_OPENING = re.compile(r"\$\$|\\\[|\\begin\{(?P<kind>(?:equation|align|gather)\*?)\}")
_CLOSING = {"$$": "$$", "\\[": "\\]"}
_INNER = re.compile(
    r"\\(?:begin|end)\{(?:aligned|split|align\*?|gather\*?|equation\*?)\}"
    r"|\\(?:tag|label)\{[^}]*\}|\\(?:nonumber|notag)\b"
)
_LONGEST = 5000  # characters of a block


class Row(NamedTuple):
    """A chain of equations: where it begins, and where its last part does.

    >>> Row("E = E_1 + E_2", 3, 3).start
    3
    """

    text: str
    start: int
    last: int


class Block(NamedTuple):
    """The rows of a formula over several lines, and where the block ends.

    >>> Block([Row("E = E_1 + E_2", 3, 3)], 20).end
    20
    """

    rows: list[Row]
    end: int


def table_cells(line: str) -> list[str]:
    """The cells of a table's row.

    >>> table_cells("| dE/dw | 0.25 |")
    ['dE/dw', '0.25']
    """
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def math_block(text: str, start: int) -> Block | None:
    r"""The formulas that are set off between $$ and $$ and have more than one line or row.

    A row that begins with ``=`` continues the one above. Matrices are left to their own reader.

    >>> math_block("$$ a &= b \\\\ &= c \n$$ more", 0)
    Block(rows=[Row(text='a = b = c', start=3, last=13)], end=21)
    """
    opening = _OPENING.match(text, start)
    if not opening:
        return None
    closing = f"\\end{{{opening['kind']}}}" if opening["kind"] else _CLOSING[opening[0]]
    stop = text.find(closing, opening.end(), opening.end() + _LONGEST)
    inner = text[opening.end() : max(stop, 0)]
    if stop < 0 or not ("\n" in inner or "\\\\" in inner) or "matrix}" in inner:
        return None
    rows: list[Row] = []
    place = opening.end()
    for row in _INNER.sub(lambda found: " " * len(found[0]), inner).split("\\\\"):
        content = " ".join(row.replace("&", " ").split())
        start = place + len(row) - len(row.lstrip())
        if content.startswith("=") and rows:
            rows[-1] = Row(f"{rows[-1].text} {content}", rows[-1].start, start)
        elif content:
            rows.append(Row(content, start, start))
        place += len(row) + 2
    return Block(rows, stop + len(closing))
