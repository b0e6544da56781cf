r"""Free indices: ``\partial L/\partial z_i = p_i - y_i`` is said of every i.

A statement with a letter for an index is written out for each number that the letter can stand for:
as long as all the names with it are known, counted from 1 or 0 as they are, or the elements of
arrays, from 0. A letter that a sum of the statement runs over is not free.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from autograd_lite.check.claims import Statement

_LETTERS = "ijklmnpqrst"
_MOST = 64
"""So many numbers a letter stands for at most; what has more is no derivation by hand."""
_INDEX = re.compile(
    r"""
    (?P<base> \\[A-Za-z]+\s*(?:\{[^{}]*\})? | \{\\[a-z]+\s+[^{}]*\} | [^\W\d_]+ )
    (?: \s*_\s*\{ (?P<group>[^{}]*) \} | \s*_\s*(?P<one>[A-Za-z0-9]+) | \[ (?P<inside>[^\[\]]*) \] )
    (?P<layer> \^\{?[(\[]\w+[)\]]\}? )?
    """,
    re.VERBOSE,
)
_SUMMED = re.compile(
    r"(?:\\(?:sum|prod|max|min|bigoplus|int)|[∑∏Σ])(?:\\limits)?\s*_\s*(?:\{([^{}]*)\}|(\w))"
    r"|\bfor\s+(\w)\s+in\b"
)


_KRONECKER = re.compile(r"\\delta|δ|\\mathbb\s*\{?[1I]|\\mathbf\s*\{?1|𝟙|\[\s*\w\s*=\s*\w\s*\]")


def each_index(one: Statement, is_known: Callable[[str], Any]) -> Iterator[Statement]:
    """The statement for every number of its free indices; itself where it has none."""
    free = [letter for letter in _letters(one.subject) if letter not in _bound(one)]
    if not free or is_known(one.subject.strip("$ ")) or len(free) > 2:
        yield one
        return
    ranges = [_numbers(one, letter, free, is_known) for letter in free]
    found = False
    for numbers in itertools.product(*ranges):
        if not _fits(one, free, numbers):
            continue
        filled = _with(one, dict(zip(free, numbers, strict=True)), is_known)
        if filled is not None:
            found = True
            yield filled
    if not found:
        yield one


def _fits(one: Statement, letters: list[str], numbers: tuple[int, ...]) -> bool:
    """Whether a line is said of these numbers, where it has two letters: i ≠ j, or i = j.

    Two letters of two names are two numbers, unless Kronecker's δ stands between them.
    """
    if len(letters) < 2:
        return True
    said = " ".join([one.rest, *(str(condition) for condition in one.conditions)])
    i, j = letters
    pair = rf"(?:{i}\s*{{}}\s*{j}|{j}\s*{{}}\s*{i})"
    if re.search(pair.format(*2 * [r"(?:\\neq?|≠|!=)"]), said):
        return numbers[0] != numbers[1]
    if re.search(pair.format(*2 * ["="]), said):
        return numbers[0] == numbers[1]
    together = any({i, j} <= set(_alone(_content(name))) for name in _INDEX.finditer(one.subject))
    text = " ".join(member.text for member in one.members)
    return together or numbers[0] != numbers[1] or _KRONECKER.search(text) is not None


def _letters(text: str) -> list[str]:
    """The letters among the indices of a text."""
    indices = (_content(name) for name in _INDEX.finditer(text))
    return list(dict.fromkeys(one for index in indices for one in _alone(index)))


def _content(name: re.Match[str]) -> str:
    return name["group"] or name["one"] or name["inside"] or ""


def _alone(index: str) -> list[str]:
    """The letters of an index that stand for numbers: of ij, or of i,1."""
    parts = re.findall(r"[A-Za-z]+|\d+", index)
    words = [part for part in parts if part.isalpha()]
    if any(len(word) > 2 or set(word) - set(_LETTERS) for word in words):
        return []
    return [letter for word in words for letter in word]


def _bound(one: Statement) -> set[str]:
    """The letters that sums run over."""
    texts = [one.subject, *(member.text for member in one.members)]
    found = (summed for text in texts for summed in _SUMMED.finditer(text))
    return {(m[1] or m[2] or m[3] or " ").strip()[:1] for m in found}


def _numbers(
    one: Statement, letter: str, free: list[str], is_known: Callable[[str], Any]
) -> list[int]:
    """What a letter can stand for: from 0 or 1, as long as some name of the subject is known."""
    others = dict.fromkeys(free, 1)

    def fits(number: int) -> bool:
        filled = _fill(one.subject, others | {letter: number}, is_known)
        return filled is not None and filled != one.subject

    first = 0 if fits(0) else 1
    return list(itertools.takewhile(fits, range(first, first + _MOST)))


def _with(
    one: Statement, numbers: dict[str, int], is_known: Callable[[str], Any]
) -> Statement | None:
    """The statement with numbers for letters; None where a name of its subject means nothing."""
    subject = _fill(one.subject, numbers, is_known)
    if subject is None:
        return None
    members = tuple(
        member._replace(text=_fill(member.text, numbers, is_known, strict=False) or "")
        for member in one.members
    )
    return replace(one, subject=subject, members=members)


def _fill(
    text: str, numbers: dict[str, int], is_known: Callable[[str], Any], strict: bool = True
) -> str | None:
    """A text with numbers for the letters in its indices; if ``strict``, None for unknown names."""
    known = True

    def filled(name: re.Match[str]) -> str:
        nonlocal known
        index = _content(name)
        if not set(_alone(index)) & numbers.keys():
            return name[0]
        parts = [_number(part, numbers) for part in _split(index)]
        base, layer = name["base"], name["layer"] or ""
        spelled = f"{base}_{{{','.join(map(str, parts))}}}{layer}"
        joined = f"{base}_{{{''.join(map(str, parts))}}}{layer}"
        element = f"{base}{layer}[{','.join(str(part - 1) for part in parts)}]"
        for one in (joined, spelled, element) if min(parts) > 0 else (joined, spelled):
            if is_known(one):
                return one
        known = False
        return spelled

    text = _INDEX.sub(filled, text)
    return text if known or not strict else None


def _split(index: str) -> list[str]:
    """The places of an index: of ij, of i,j and of 1j."""
    if "," in index:
        return [part.strip() for part in index.split(",")]
    return re.findall(r"[A-Za-z]|\d+", index)


def _number(part: str, numbers: dict[str, int]) -> int:
    return numbers.get(part, int(part) if part.isdecimal() else 1)
