"""The table of a report: a line for each finding, in a given width."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from autograd_lite.check.finding import Finding, Verdict
from autograd_lite.check.views.roots import listed
from autograd_lite.check.views.words import (
    cut,
    expected_text,
    given_text,
    meaning,
    name_of,
    reason_of,
    roots_text,
    section_of,
    shown_names,
    signed,
)

__all__ = ["STYLES", "Line", "table_lines"]

Line = tuple[str, str]
"""A line of text, and its style in a terminal."""

STYLES: dict[Verdict, str] = {
    "right": "green",
    "wrong": "bold red",
    "follows": "magenta",
    "ambiguous": "yellow",
    "unchecked": "yellow",
}

_HEAD = ("verdict", "line", "name", "meaning", " given", " expected", "error")
_NAME = _HEAD.index("name")


class _Room(NamedTuple):
    """How much the cells have: characters of what was given, digits of what is expected, roots.

    ``names`` is "both" for the author's name and its meaning, or "own", or the "shorter" of them.
    """

    given: int
    digits: int
    roots: int
    names: str


_ROOMS = (
    _Room(24, 10, 2, "both"),
    _Room(24, 10, 2, "own"),
    _Room(14, 10, 2, "own"),
    _Room(14, 7, 1, "own"),
    _Room(14, 7, 1, "shorter"),
)
_SHORTEST_NAME = 12


def table_lines(findings: Sequence[Finding], width: int, whole: bool = False) -> Iterator[Line]:
    """The lines of the table, the reasons below the findings that have one.

    >>> finding = Finding(name="dE/dw", given="5", verdict="wrong", expected=6.0, error=0.2)
    >>> for line, _ in table_lines([finding], width=80):
    ...     print(line)
    verdict  name    given   expected  error
    wrong    dE/dw   5       6         0.2
    """
    shown, note = listed(findings, whole)
    if shown:
        yield from _rows(shown, findings, width)
    if note:
        yield from ((line, "dim") for line in wrap(f"({note})", width))


def _rows(shown: list[Finding], findings: Sequence[Finding], width: int) -> Iterator[Line]:
    rows = _fitted(shown, findings, width)
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    lines = [
        cut("  ".join(map(str.ljust, row, widths)).rstrip(), width)
        for row in zip(*columns, strict=True)
    ]
    yield lines[0], "bold"
    indent = " " * (widths[0] + 2)
    section = ""
    for line, finding in zip(lines[1:], shown, strict=True):
        inside = ", ".join(filter(None, (finding.part, section_of(finding))))
        if inside != section:
            section = inside
            yield cut(section, width), "bold"
        yield line, STYLES[finding.verdict]
        for reason in wrap(reason_of(finding), max(width - len(indent), 20)):
            yield cut(indent + reason, width), "italic"


def _fitted(shown: list[Finding], findings: Sequence[Finding], width: int) -> list[list[str]]:
    """The rows, with less in their cells until they fit, as far as that goes."""
    names = shown_names(findings)
    rows: list[list[str]] = []
    for room in _ROOMS:
        rows = [list(_HEAD), *(_row(finding, names, room) for finding in shown)]
        if _needed(rows) <= width:
            return rows
    widest = max(len(row[_NAME]) for row in rows)
    longest = max(widest - (_needed(rows) - width), _SHORTEST_NAME)
    for row in rows:
        row[_NAME] = cut(row[_NAME], longest)
    return rows


def _needed(rows: list[list[str]]) -> int:
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    return sum(max(map(len, column)) for column in columns) + 2 * (len(columns) - 1)


def _row(finding: Finding, names: dict[str, str], room: _Room) -> list[str]:
    last = ""
    if finding.verdict == "wrong" and finding.error:
        last = f"{finding.error:.2g}"
    elif finding.verdict == "follows":
        last = f"from {roots_text(finding, names, room.roots)}"
    name = name_of(finding)
    if room.names == "shorter" and finding.quantity:
        name = min(name, finding.quantity, key=len)
    return [
        finding.verdict,
        "" if finding.line is None else f"{finding.line:>4}",
        name,
        meaning(finding) if room.names == "both" else "",
        signed(given_text(finding, room.given)),
        signed(expected_text(finding, room.digits)),
        last,
    ]
