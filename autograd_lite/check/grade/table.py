"""Views of the rows: lines for a terminal, CSV."""

import csv
import io
from collections.abc import Iterator, Sequence

from autograd_lite.check.grade.row import Row
from autograd_lite.expr.notation import printable

__all__ = ["as_csv", "lines"]

_HEAD = ("submission", "points", "right", "wrong", "follows", "unanswered", "to check")
_COLUMNS = (
    "submission",
    "points",
    "possible",
    "right",
    "wrong",
    "wrong_roots",
    "follows",
    "ambiguous",
    "unchecked",
    "unanswered",
    "first_mistake",
    "roots",
    "unanswered_quantities",
    "stated",
    "notes",
    "error",
    "files",
)


def lines(rows: Sequence[Row], summary: str, shared: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The table, line by line with its style: what is to be said of a submission is below its row.

    >>> for line, _ in lines([Row(name="ben.pdf", error="cannot be read")], "1 submission", []):
    ...     print(line)
    1 submission
    submission  points  right  wrong  follows  unanswered  to check
    ben.pdf
      cannot be read
    """
    yield summary, "bold"
    cells = [_HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    table = ["  ".join(map(str.ljust, cell, widths)).rstrip() for cell in cells]
    if rows:
        yield table[0], "bold"
    for row, line in zip(rows, table[1:], strict=True):
        yield line, "bold red" if row.error else "red" if row.roots else "green"
        said = (row.error, "bold red"), (row.first_mistake, ""), *((n, "italic") for n in row.notes)
        yield from ((f"  {printable(text)}", style) for text, style in said if text)
    if shared:
        yield from [("", ""), ("Shared mistakes:", "bold")]
        yield from ((printable(line), "") for line in shared)


def _cells(row: Row) -> tuple[str, ...]:
    """The cells of a row; of one that could not be read, its name only."""
    name = printable(row.name)
    if row.error:
        return (name, *[""] * (len(_HEAD) - 1))
    counts = (
        row.count("right"),
        len(row.roots),
        row.count("follows"),
        len(row.unanswered),
        row.count("ambiguous") + row.count("unchecked"),
    )
    return (name, f"{_short(row.points)}/{_short(row.possible)}", *map(str, counts))


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def as_csv(rows: Sequence[Row]) -> str:
    """A line for each row, for a spreadsheet.

    >>> print(as_csv([Row(name="anna.md")]).splitlines()[1])
    anna.md,0,0,0,0,0,0,0,0,0,,,,,,,
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([*map(_harmless, _fields(row))] for row in rows)
    return text.getvalue()


def _fields(row: Row) -> Iterator[str]:
    yield row.name
    yield from (f"{number:.10g}" for number in (row.points, row.possible))
    yield str(row.count("right"))
    yield str(row.count("wrong"))
    yield str(len(row.roots))
    yield str(row.count("follows"))
    yield str(row.count("ambiguous"))
    yield str(row.count("unchecked"))
    yield str(len(row.unanswered))
    yield row.first_mistake
    yield "; ".join(root.quantity or root.name for root in row.roots)
    for several in (row.unanswered, row.stated, row.notes):
        yield "; ".join(several)
    yield row.error
    yield "; ".join(row.files)


def _harmless(field: str) -> str:
    """A field that a spreadsheet does not take for a formula: names come from the students."""
    return f"'{field}" if field.startswith(("=", "+", "-", "@", "\t", "\r")) else field
