"""The story of a report: the first mistake in words, then the others in a line each."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from autograd_lite.check.finding import Finding
from autograd_lite.check.views.roots import alike, followers, roots_of
from autograd_lite.check.views.table import Line
from autograd_lite.check.views.words import (
    cut,
    expected_text,
    given_text,
    kinds_of,
    meaning,
    name_of,
    names_of,
    place_of,
    places_of,
    plural,
    reason_of,
    signed,
    single_causes,
    statement_of,
)

__all__ = ["mistake_lines", "story_lines"]

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
