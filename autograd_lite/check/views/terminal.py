"""A report in a terminal: as plain text of 80 columns, or in colours and in the width there is."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from autograd_lite.check.finding import Finding
from autograd_lite.check.views.roots import summary
from autograd_lite.check.views.story import story_lines
from autograd_lite.check.views.table import Line, table_lines

__all__ = ["View", "report_lines"]

_COLUMNS = 80


class View:
    """Lines that depend on the width: ``print`` it, or give it to rich.

    >>> print(View(lambda width: [("-" * (width // 10), "bold")]))
    --------
    """

    def __init__(self, lines: Callable[[int], Iterable[Line]]) -> None:
        self._lines = lines

    def __str__(self) -> str:
        return "\n".join(line for line, _ in self._lines(_COLUMNS))

    def __repr__(self) -> str:
        return str(self)

    def __rich_console__(self, _: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        for line, style in self._lines(options.max_width):
            yield Text(line, style, no_wrap=True, overflow="ellipsis")


def report_lines(
    findings: Sequence[Finding], notes: Sequence[str], width: int, whole: bool = False
) -> Iterator[Line]:
    """The counts, the mistakes in words, and the table.

    >>> [line for line, _ in report_lines([], ["read as code"], 80)]
    ['0 right, 0 wrong, 0 unchecked', 'read as code']
    """
    yield from ((line, "bold") for line in wrap(summary(findings), width))
    for note in notes:
        yield from ((line, "italic") for line in wrap(note, width))
    story = list(story_lines(findings, width))
    if story:
        yield "", ""
        yield from story
        yield "", ""
    yield from table_lines(findings, width, whole)
