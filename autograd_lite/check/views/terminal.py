"""A report in a terminal: as plain text of 80 columns, or in colours and in the width there is."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from autograd_lite.check.finding import Finding, Verdict
from autograd_lite.check.views.coverage import read_of, unjudged_lines
from autograd_lite.check.views.words import (
    alike,
    cut,
    expected_text,
    followers,
    given_text,
    kinds_of,
    listed,
    meaning,
    name_of,
    names_of,
    place_of,
    places_of,
    plural,
    reason_of,
    roots_of,
    roots_text,
    section_of,
    shown_names,
    signed,
    single_causes,
    statement_of,
    summary,
)
from autograd_lite.expr.notation import printable

# The table of a report: a line for each finding, in a given width.

Line = tuple[str, str]
"""A line of text, and its style in a terminal."""

_STYLES: dict[Verdict, str] = {
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
        yield line, _STYLES[finding.verdict]
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


# The story of a report: the first mistake in words, then the others in a line each.

_MOST_OTHERS = 12
_MOST_CAUSES = 3
_LONGEST_GIVEN = 300
_LABEL = 10


def story_lines(findings: Sequence[Finding], width: int) -> Iterator[Line]:
    r"""The mistakes in words; nothing where there are none.

    >>> finding = Finding(name="E", given="5", verdict="wrong", expected=6.0, line=2)
    >>> print(*(line for line, _ in story_lines([finding], 80)), sep="\n")
    The mistake, line 2: E
      given      5
      expected   6
      cause     not found
    """
    roots = roots_of(findings)
    if not roots:
        return
    first, *others = roots
    heading = "First mistake" if others else "The mistake"
    following = followers(findings)
    yield from mistake_lines(
        first, len(following.get((first.part, first.name), [])), heading, width
    )
    if others:
        yield "", ""
        yield "Other mistakes:", "bold"
    groups = alike(others)
    for group in groups[:_MOST_OTHERS]:
        yield cut(f"  {_in_a_line(group, width - 2)}", width), "red"
    if rest := sum(map(len, groups[_MOST_OTHERS:])):
        yield f"  and {rest} more", "dim"


def mistake_lines(root: Finding, follow: int, heading: str, width: int) -> Iterator[Line]:
    """One mistake in full: both numbers, the causes with their fixes, and how much follows.

    >>> finding = Finding(name="E", given="5", verdict="wrong", expected=6.0)
    >>> [line for line, _ in mistake_lines(finding, 2, "1", 80)][-1]
    '  2 other lines follow from it'
    """
    place = place_of(root)
    sense = f" ({meaning(root)})" if meaning(root) else ""
    title = f"{heading}{f', {place}' if place else ''}: {name_of(root)}{sense}"
    yield from ((line, "bold red") for line in wrap(title, width, subsequent_indent="  "))
    if statement := statement_of(root):
        yield from _entry("code", statement, width)
    if root.formula and not isinstance(root.given, str):
        yield from _entry("that is", root.formula, width)
    index = f" at [{','.join(map(str, root.worst.index))}]" if root.worst else ""
    yield from _entry("given", f"{signed(given_text(root, _LONGEST_GIVEN))}{index}", width, "red")
    yield from _entry("expected", f"{signed(expected_text(root))}{index}", width, "green")
    if reason := reason_of(root):
        yield from _entry("note", reason, width)
    label = "cause"
    for cause in root.causes[:_MOST_CAUSES]:
        for one in single_causes(cause):
            yield from _entry(label, f"{one.kind}: {one.sentence}", width)
            yield from _entry("→ fix", one.fix, width, "cyan")
            label = "and"
        label = "or"
    if not root.causes:
        yield from _entry("cause", "not found", width)
    if follow:
        number = plural(follow, "other line follows", "other lines follow")
        yield f"  {number} from it", "magenta"


def _entry(label: str, text: str, width: int, style: str = "") -> Iterator[Line]:
    lines = wrap(text, max(width - _LABEL - 2, 20), break_long_words=True) or [""]
    for place, line in enumerate(lines):
        yield f"  {label if place == 0 else '':<{_LABEL}}{line}", style


def _in_a_line(group: Sequence[Finding], width: int) -> str:
    """Mistakes of one kind, as exactly as a line allows."""
    what = ": ".join(filter(None, (places_of(group), names_of(group))))
    first = group[0]
    if not first.causes:
        return f"{what}: {reason_of(first) or 'no cause found'}"
    kinds, said = " + ".join(kinds_of(first.causes[0])), first.causes[0].sentence
    texts = f"{what}: {kinds}: {said}", f"{what}: {said}", f"{what}: {kinds}"
    return next((text for text in texts if len(text) <= width), texts[-1])


# The whole report.

WIDTH = 80


class View:
    """Lines that depend on the width: ``print`` it, or give it to rich.

    >>> print(View(lambda width: [("-" * (width // 10), "bold")]))
    --------
    """

    def __init__(self, lines: Callable[[int], Iterable[Line]]) -> None:
        self._lines = lines

    def lines(self, width: int) -> Iterator[Line]:
        """The lines for a width, which cannot do anything to a terminal but be seen."""
        return ((printable(line), style) for line, style in self._lines(width))

    def __str__(self) -> str:
        return "\n".join(line for line, _ in self.lines(WIDTH))

    def __repr__(self) -> str:
        return str(self)

    def __rich_console__(self, _: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        for line, style in self.lines(options.max_width):
            yield Text(line, style, no_wrap=True, overflow="ellipsis")


def report_lines(
    findings: Sequence[Finding], notes: Sequence[str], width: int, whole: bool = False
) -> Iterator[Line]:
    """The counts, the mistakes in words, and the table.

    >>> [line for line, _ in report_lines([], ["read as code"], 80)]
    ['0 right, 0 wrong, 0 unchecked', 'read as code']
    """
    if read := str(read_of(findings)):
        yield read, "bold"
    yield from ((line, "bold") for line in wrap(summary(findings), width))
    for note in notes:
        yield from ((line, "italic") for line in wrap(note, width))
    story = list(story_lines(findings, width))
    if story:
        yield "", ""
        yield from story
        yield "", ""
    yield from table_lines(findings, width, whole)
    unjudged = list(unjudged_lines(findings, width))
    if unjudged:
        yield "", ""
        yield from unjudged
