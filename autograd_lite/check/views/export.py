"""A report to hand on: as plain data for JSON, as Markdown, and as HTML for a notebook."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from html import escape
from typing import Any

import numpy as np

from autograd_lite.check.finding import Finding
from autograd_lite.check.views.coverage import read_of, unjudged_lines
from autograd_lite.check.views.drawing import COLOURS
from autograd_lite.check.views.terminal import story_lines
from autograd_lite.check.views.words import (
    VERDICTS,
    alike,
    count,
    expected_text,
    followers,
    given_text,
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
    shown_names,
    single_causes,
    summary,
)
from autograd_lite.data import is_number, text_of

# A report as plain data: dicts, lists, strings and numbers, as JSON can hold them.


def findings_as_dict(
    output: str, findings: Sequence[Finding], notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Counts, notes and findings. A number that is not finite is "nan", "inf" or "-inf".

    >>> found = findings_as_dict("E", [Finding(name="E", given=float("nan"), verdict="wrong")])
    >>> found["ok"], found["wrong"], found["findings"][0]["given"]
    (False, 1, 'nan')
    """
    counts: dict[str, Any] = {verdict: count(findings, verdict) for verdict in VERDICTS}
    ok = counts["wrong"] == counts["follows"] == 0
    read = read_of(findings)
    return {
        "output": output,
        "ok": ok,
        **counts,
        "lines": read.lines,
        "judged": read.judged,
        "notes": list(notes),
        "findings": [plain(finding) for finding in findings],
    }


def plain(value: Any, depth: int = 0) -> Any:
    """A value in dicts, lists, strings and numbers; what JSON has no notation for as text.

    >>> plain((np.array([1.0, np.nan]), {2: None}))
    [[1.0, 'nan'], {'2': None}]
    """
    if depth > _DEEPEST:
        return text_of(value)
    inner = partial(plain, depth=depth + 1)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: inner(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {text_of(name): inner(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [inner(held) for held in value]
    if isinstance(value, np.ndarray | np.generic) and not isinstance(value, np.longdouble):
        return inner(value.tolist())
    is_plain = isinstance(value, bool | str | None) or (
        isinstance(value, int | float) and is_number(value)
    )
    return value if is_plain else text_of(value)


def as_json(content: Any) -> str:
    r"""Plain data as JSON, in which what cannot be seen is written as its escape.

    >>> as_json("∂\x9b"), as_json("\u202e")
    ('"∂\\u009b"', '"\\u202e"')
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return "\n".join(
        line if line.isprintable() else _UNSEEN.sub(_escape, line) for line in text.split("\n")
    )


_UNSEEN = re.compile(r"[^ -~]")


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if letter <= "\uffff" else json.dumps(letter)[1:-1]


# A report in Markdown, to hand back: the mistakes with their causes and fixes, and the table.

_DEEPEST = 100
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$])")
_MOST_CAUSES = 3
_LONGEST_GIVEN = 200


def markdown(
    output: str, findings: Sequence[Finding], notes: Sequence[str] = (), whole: bool = False
) -> str:
    """The report as a Markdown document.

    >>> print(markdown("E", [Finding(name="E", given="9", verdict="right", expected=9.0)]))
    # The derivation of E
    <BLANKLINE>
    1 right, 0 wrong, 0 unchecked
    <BLANKLINE>
    ## Line by line
    <BLANKLINE>
    | verdict | where | name | given | expected | remarks |
    |---|---|---|---|---|---|
    | right |  | `E` | 9 | 9 |  |
    """
    lines = [f"# The derivation of {_escaped(output)}", "", summary(findings)]
    if read := str(read_of(findings)):
        lines[2:2] = [read, ""]
    for note in notes:
        lines += ["", _escaped(note)]
    groups = alike(roots_of(findings))
    if groups:
        lines += ["", "## What to repair", ""]
        following = followers(findings)
        for number, group in enumerate(groups, start=1):
            follow = {
                id(one) for root in group for one in following.get((root.part, root.name), [])
            }
            lines += _mistake(number, group, len(follow))
    shown, note = listed(findings, whole)
    if shown:
        lines += ["", "## Line by line", "", *_markdown_table(shown, findings)]
    if note:
        lines += ["", f"{note[0].upper()}{note[1:]}."]
    unjudged = [line for line, _ in unjudged_lines(findings, _COLUMNS)]
    if unjudged:
        lines += ["", "## Not judged", "", "```", *unjudged[1:], "```"]
    return "\n".join(lines)


def _mistake(number: int, group: Sequence[Finding], follow: int) -> Iterator[str]:
    """Mistakes of one kind, the first of them with its numbers."""
    root = group[0]
    place = f" ({_escaped(places_of(group))})" if places_of(group) else ""
    sense = f", which is {_code(meaning(root))}" if meaning(root) and len(group) == 1 else ""
    index = f" at {_escaped(str(list(root.worst.index)))}" if root.worst else ""
    given, expected = given_text(root, _LONGEST_GIVEN), expected_text(root)
    which = f"{_code(name_of(root))}: " if len(group) > 1 else ""
    yield f"{number}. **{_code(names_of(group))}**{place}{sense}"
    said = ("given", given), ("expected", expected)
    if numbers := ", ".join(f"{word} {_code(number)}" for word, number in said if number):
        yield f"   - {which}{numbers}{index}"
    if reason := reason_of(root):
        yield f"   - {_escaped(reason)}"
    for rank, cause in enumerate(root.causes[:_MOST_CAUSES]):
        alternative = "or " if rank else ""
        for one in single_causes(cause):
            yield f"   - {alternative}**{_escaped(one.kind)}**: {_escaped(one.sentence)}"
            yield f"     - fix: {_escaped(one.fix)}"
    if follow:
        number_of = plural(follow, "other line follows", "other lines follow")
        yield f"   - {number_of} from {'it' if len(group) == 1 else 'these'}"


def _markdown_table(shown: Sequence[Finding], findings: Sequence[Finding]) -> Iterator[str]:
    names = shown_names(findings)
    yield "| verdict | where | name | given | expected | remarks |"
    yield "|---|---|---|---|---|---|"
    for one in shown:
        follows = f"from {roots_text(one, names)}" if one.verdict == "follows" else ""
        remarks = "; ".join(filter(None, (follows, reason_of(one))))
        cells = (
            f"**{one.verdict}**" if one.verdict == "wrong" else one.verdict,
            _escaped(place_of(one)),
            _code(name_of(one)),
            _escaped(given_text(one)),
            _escaped(expected_text(one)),
            _escaped(remarks),
        )
        yield f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """A text as code, also within a table."""
    if not text:
        return ""
    text = " ".join(text.split()).replace("|", r"\|")
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}"


# A report as HTML, for a notebook: the mistakes in words, and a table in colours.

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
    read = str(read_of(findings))
    parts = [f"<p><b>{escape(line)}</b></p>" for line in (read, summary(findings)) if line]
    parts += [f"<p>{escape(note)}</p>" for note in notes]
    if story:
        parts.append(f"<pre>{escape(story)}</pre>")
    if shown:
        parts.append("\n".join(_html_table(shown, findings)))
    if note:
        parts.append(f"<p>{escape(note)}</p>")
    unjudged = "\n".join(line for line, _ in unjudged_lines(findings, _COLUMNS))
    if unjudged:
        parts.append(f"<pre>{escape(unjudged)}</pre>")
    return "\n".join(parts)


def _html_table(shown: Sequence[Finding], findings: Sequence[Finding]) -> Iterator[str]:
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
