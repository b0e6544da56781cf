"""A report as HTML, for a notebook: the mistakes in words, and a table in colours."""

from collections.abc import Iterator, Sequence
from html import escape

from autograd_lite.check.finding import Finding
from autograd_lite.check.views.marks import COLOURS
from autograd_lite.check.views.roots import listed, summary
from autograd_lite.check.views.story import story_lines
from autograd_lite.check.views.words import (
    expected_text,
    given_text,
    meaning,
    name_of,
    place_of,
    reason_of,
    roots_text,
    shown_names,
)

__all__ = ["html"]

_COLUMNS = 100
_HEAD = ("verdict", "where", "name", "given", "expected", "remarks")
_CELL = "text-align:left;padding:1px 10px 1px 0"


def html(findings: Sequence[Finding], notes: Sequence[str] = (), whole: bool = False) -> str:
    """The counts, the mistakes, and the table.

    >>> html([Finding(name="E<1>", given="9", verdict="right")]).count("E&lt;1&gt;")
    1
    """
    story = "\n".join(line for line, _ in story_lines(findings, _COLUMNS))
    shown, note = listed(findings, whole)
    parts = [f"<p><b>{escape(summary(findings))}</b></p>"]
    parts += [f"<p>{escape(note)}</p>" for note in notes]
    if story:
        parts.append(f"<pre>{escape(story)}</pre>")
    if shown:
        parts.append("\n".join(_table(shown, findings)))
    if note:
        parts.append(f"<p>{escape(note)}</p>")
    return "\n".join(parts)


def _table(shown: Sequence[Finding], findings: Sequence[Finding]) -> Iterator[str]:
    names = shown_names(findings)
    yield "<table>"
    heads = "".join(f'<th style="{_CELL}">{head}</th>' for head in _HEAD)
    yield f"<tr>{heads}</tr>"
    for one in shown:
        sense = f" = {meaning(one)}" if meaning(one) else ""
        follows = f"from {roots_text(one, names)}" if one.verdict == "follows" else ""
        cells = (
            one.verdict,
            place_of(one),
            f"{name_of(one)}{sense}",
            given_text(one),
            expected_text(one),
            "; ".join(filter(None, (follows, reason_of(one)))),
        )
        row = "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in cells)
        yield f'<tr style="color:{COLOURS[one.verdict]}">{row}</tr>'
    yield "</table>"
