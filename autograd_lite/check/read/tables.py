"""CSV: a table of names and what is said of each."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autograd_lite.check.claims import Claim
from autograd_lite.errors import ClaimError

__all__ = ["read_table"]

_NAME = ("name", "quantity", "term", "claim", "symbol")
_GIVEN = ("value", "given", "printed", "number", "result", "answer")
_NEEDED = "give a header with the columns name and value, or two columns without one"
_COMMA = re.compile(r"[+\-−]?\d+,\d+(?:[eE][+\-−]?\d+)?")


class _Row(NamedTuple):
    cells: list[str]
    line: int


def read_table(text: str) -> list[Claim]:
    r"""The claims of a CSV file, one a row, with the digits of its numbers as they are written.

    The header says which column has the names and which the numbers or formulas; a table of two
    columns needs none. Columns are separated by commas, semicolons or tabs. A row without a value
    says nothing. Raises ClaimError, with the line, for what cannot be read.

    >>> claims = read_table("pass,name,value\n1,H1,0.50\n1,w_conv[0,1],0.40015721\n")
    >>> [(claim.name, claim.given, claim.line) for claim in claims]
    [('H1', '0.50', 2), ('w_conv[0,1]', '0.40015721', 3)]
    """
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter(text)
    rows = list(_rows(text, delimiter))
    if not rows:
        return []
    columns = _columns(rows[0])
    if columns is None:
        name, given, width = 0, 1, 2
    else:
        (name, given), width = columns, len(rows[0].cells)
        rows = rows[1:]
    claims = []
    for cells, line in rows:
        if len(cells) > width:
            raise ClaimError(f"line {line}: {len(cells)} cells where {width} are needed; {_NEEDED}")
        if not "".join(cells[name : name + 1]):
            raise ClaimError(f"line {line}: no name; {_NEEDED}")
        if value := "".join(cells[given : given + 1]):
            if delimiter == ";" and _COMMA.fullmatch(value):
                value = value.replace(",", ".")
            claims.append(Claim(name=cells[name], given=value, line=line))
    return claims


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return next((mark for mark in "\t;" if mark in first), ",")


def _rows(text: str, delimiter: str) -> Iterator[_Row]:
    """The rows that are not empty, each with the line at which it begins."""
    reader = csv.reader(io.StringIO(text.replace("\0", " "), newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _Row(_whole([cell.strip() for cell in cells], delimiter), line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ClaimError(f"line {line}: not CSV: {error}; {_NEEDED}") from None


def _whole(cells: Sequence[str], delimiter: str) -> list[str]:
    """The cells up to the last filled one; an index such as w[0,1] is one even without quotes."""
    whole: list[str] = []
    for cell in cells:
        if whole and whole[-1].count("[") > whole[-1].count("]"):
            whole[-1] += delimiter + cell
        else:
            whole.append(cell)
    while whole and not whole[-1]:
        whole.pop()
    return whole


def _columns(row: _Row) -> tuple[int, int] | None:
    """Where a header has the names and the values; None for a row of data."""
    titles = [cell.casefold() for cell in row.cells]
    names = [titles.index(title) for title in _NAME if title in titles]
    values = [titles.index(title) for title in _GIVEN if title in titles]
    if names and values:
        return names[0], values[0]
    if len(titles) != 2:
        raise ClaimError(
            f"line {row.line}: {len(titles)} cells without a name and a value; {_NEEDED}"
        )
    return None
