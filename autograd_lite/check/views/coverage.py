"""What was read of a document, and what was not judged: with its place, its reason, its remedy."""

import re
from collections.abc import Hashable, Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from autograd_lite.check.finding import Finding
from autograd_lite.check.read.naming import is_derivative, is_single_name
from autograd_lite.check.views.words import cut, given_text, place_of, plural, statement_of

_OPEN = ("unchecked", "ambiguous")
_LONGEST = 60


class Read(NamedTuple):
    """How many lines of mathematics a document has, how many were judged, and the others.

    A line is judged where all that it says is right, wrong or follows. ``missing`` are names that
    mean nothing in the graph; ``derivatives`` the derivative lines among those not judged, in a
    document or not.

    >>> lines = [Finding(name="E", given="9", verdict="right", line=1),
    ...          Finding(name="dE/dq", given="2", verdict="unchecked", line=2, missing="q")]
    >>> found = read_of(lines)
    >>> str(found), found.missing, len(found.derivatives)
    ('1 of 2 lines judged', ('q',), 1)
    """

    lines: int
    judged: int
    unjudged: tuple[Finding, ...]
    missing: tuple[str, ...]
    derivatives: tuple[Finding, ...]

    def __str__(self) -> str:
        if not self.lines:
            return ""
        return f"{self.judged} of {plural(self.lines, 'line', 'lines')} judged"


def read_of(findings: Sequence[Finding]) -> Read:
    """What was read, by the findings of all that looks like mathematics."""
    lines: dict[Hashable, bool] = {}
    for one in findings:
        if one.line is not None and not statement_of(one):
            place = one.where, one.line
            lines[place] = lines.get(place, True) and one.verdict not in _OPEN
    unjudged = tuple(one for one in findings if one.verdict in _OPEN and not one.aside)
    missing = dict.fromkeys(one.missing for one in unjudged if one.missing)
    derivatives = tuple(one for one in unjudged if _is_derivative_line(one))
    return Read(len(lines), sum(lines.values()), unjudged, tuple(missing), derivatives)


def _is_derivative_line(one: Finding) -> bool:
    if one.reason.startswith("holds ") or "proportional" in one.reason:
        return False  # it says itself that it is of something else
    return is_derivative(one.quantity or one.name)


def unjudged_lines(findings: Sequence[Finding], width: int) -> Iterator[tuple[str, str]]:
    """What was not judged of a document, line by line, and the names to paste into a table.

    >>> row = Finding(name="dE/dq", given="2", verdict="unchecked", line=2, missing="q",
    ...               reason="unknown name")
    >>> for line, _ in unjudged_lines([row], 80):
    ...     print(line)
    Not judged:
      line 2: dE/dq = 2
        unknown name
    For the table of names, with what they mean in the graph:
      "q" = "…"
    """
    read = read_of(findings)
    shown = [one for one in read.unjudged if one.line is not None and not statement_of(one)]
    if not shown:
        return
    yield "Not judged:", "bold"
    for one in shown:
        yield cut(f"  {place_of(one)}: {_said(one)}", width), "yellow"
        for reason in wrap(one.reason, max(width - 4, 20)):
            yield f"    {reason}", "italic"
    missing = list(dict.fromkeys(one.missing for one in shown if _may_be_a_name(one.missing)))
    if missing:
        yield "For the table of names, with what they mean in the graph:", "bold"
        for name in missing:
            yield f'  {_quoted(name)} = "…"', ""


_PROSE = re.compile(
    r"\b(?:is|are|was|were|be|we|you|i|that|this|these|which|has|have|so|its|it|not|then|get|can)\b",
    re.IGNORECASE,
)
_FEW_WORDS = 2


def _may_be_a_name(text: str) -> bool:
    """Whether a table of names may have this, and it is no part of a sentence.

    >>> [_may_be_a_name(one) for one in ("w_out", "gradient of the kernel", "what we want is y")]
    [True, True, False]
    """
    if not text or _PROSE.search(text):
        return False
    is_short = len(text.split()) <= _FEW_WORDS
    return is_short or is_single_name(text) or is_derivative(text)


def _said(one: Finding) -> str:
    name = " ".join(one.name.split())
    return name if one.given is None else f"{name} = {given_text(one, _LONGEST)}"


def _quoted(name: str) -> str:
    """A name as a key of TOML; one with a backslash stays as it is written."""
    return f"'{name}'" if "\\" in name or '"' in name else f'"{name}"'
