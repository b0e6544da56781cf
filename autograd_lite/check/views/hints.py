"""Hints: for each mistake a nudge, the kind of mistake, or the whole repair."""

import re
from collections.abc import Iterator, Sequence
from html import escape

from autograd_lite.check.finding import Finding
from autograd_lite.check.views.terminal import mistake_lines
from autograd_lite.check.views.words import (
    alike,
    count,
    followers,
    kinds_of,
    names_of,
    places_of,
    plural,
    roots_of,
)
from autograd_lite.errors import DataError

_WIDTH = 80

_QUESTIONS = {
    "wrong sign": "is every sign right?",
    "constant factor": "is every constant there, and once?",
    "missing factor": "is every factor of the chain there?",
    "extra factor": "does every factor belong there?",
    "wrong factor": "is every factor the one that belongs there?",
    "no path": "what depends on what?",
    "missing path": "is every path there?",
    "stale value": "from which moment are the numbers?",
    "updated before reuse": "which value of the weights belongs there?",
    "sigmoid derivative": "of what is the slope of the activation taken?",
    "overwritten": "what becomes of contributions that meet in one place?",
    "tie counted twice": "what happens where two numbers are equal?",
    "another quantity": "is this the number that was meant?",
    "wrong index": "is every index the right one?",
    "transposed": "which index comes first?",
    "flipped": "in which order do the elements come?",
    "shape": "what shape does it have to have?",
    "upside down": "what is derived with respect to what?",
}
_ANY = "write it out, factor by factor and path by path."


class Hints(str):
    r"""Hints as a text, which is shown line by line at a prompt and in a notebook.

    >>> Hints("Look at dE/dw again.\n1 other line follows.")
    Look at dE/dw again.
    1 other line follows.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self)}</pre>"


def hints(findings: Sequence[Finding], level: int = 1) -> str:
    """A hint on each mistake: 1 is a nudge, 2 names the kind of mistake, 3 is the whole repair.

    Raises DataError for another level.

    >>> finding = Finding(name="dE/dw", given="5", verdict="wrong", expected=6.0, line=3)
    >>> print(hints([finding]))
    Line 3: look at dE/dw again: write it out, factor by factor and path by path.
    """
    if level not in (1, 2, 3):
        raise DataError(f"level={level!r}: a hint has level 1 (a nudge), 2 or 3 (the repair)")
    roots = roots_of(findings)
    if not roots:
        left = count(findings, "unchecked")
        number = plural(left, "line is not judged", "lines are not judged")
        return f"Nothing is wrong, but {number}." if left else "Nothing is wrong."
    if level == 3:
        lines = list(_repairs(roots, findings))
    else:
        lines = [(_nudge if level == 1 else _kind)(group) for group in alike(roots)]
    if follow := count(findings, "follows"):
        number = plural(follow, "other line follows", "other lines follow")
        lines += ["", f"{number} from {'this' if len(roots) == 1 else 'these'}."]
    if left := count(findings, "unchecked"):
        lines += ["", f"{plural(left, 'line is not judged', 'lines are not judged')}."]
    return "\n".join(lines)


def _nudge(group: Sequence[Finding]) -> str:
    kind = kinds_of(group[0].causes[0])[0] if group[0].causes else ""
    return _sentence(group, f"look at {names_of(group)} again: {_QUESTIONS.get(kind, _ANY)}")


def _kind(group: Sequence[Finding]) -> str:
    first = group[0]
    index = f" at [{','.join(map(str, first.worst.index))}]" if first.worst else ""
    what = f"{names_of(group)}{index}"
    if not first.causes:
        return _sentence(group, f"in {what}, the mistake is none that has a name.")
    kinds = kinds_of(first.causes[0])
    word = "mistake is" if len(kinds) == 1 else "mistakes are"
    return _sentence(group, f"in {what}, the {word}: {' and '.join(kinds)}.")


def _repairs(roots: Sequence[Finding], findings: Sequence[Finding]) -> Iterator[str]:
    following = followers(findings)
    for number, root in enumerate(roots, start=1):
        if number > 1:
            yield ""
        follow = len(following.get((root.part, root.name), []))
        yield from (line for line, _ in mistake_lines(root, follow, str(number), _WIDTH))


def _sentence(group: Sequence[Finding], text: str) -> str:
    place = places_of(group)
    text = f"{place}: {text}" if place else text
    is_word = re.match(r"[a-z]+[ :]", text)  # and not the name of a file
    return f"{text[0].upper()}{text[1:]}" if is_word else text
