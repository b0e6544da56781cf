"""A report in Markdown, to hand back: the mistakes with their causes and fixes, and the table."""

import re
from collections.abc import Iterator, Sequence

from autograd_lite.check.finding import Finding
from autograd_lite.check.views.roots import alike, followers, listed, roots_of, summary
from autograd_lite.check.views.words import (
    expected_text,
    given_text,
    meaning,
    name_of,
    names_of,
    place_of,
    places_of,
    plural,
    reason_of,
    roots_text,
    shown_names,
    single_causes,
)

__all__ = ["markdown"]

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
        lines += ["", "## Line by line", "", *_table(shown, findings)]
    if note:
        lines += ["", f"{note[0].upper()}{note[1:]}."]
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
    yield f"   - {which}given {_code(given)}, expected {_code(expected)}{index}"
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


def _table(shown: Sequence[Finding], findings: Sequence[Finding]) -> Iterator[str]:
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
