r"""Free indices: ``\partial L/\partial z_i = p_i - y_i`` is said of every i.

A statement with a letter for an index on both sides is written out for each number that the letter
can stand for: those that are said (``for i = 1, 2``), or as long as all the names with it are
known, counted from 1 or 0 as they are, or the elements of arrays, from 0. A letter that a sum of
the statement runs over is not free.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from autograd_lite.check.claims import Statement
from autograd_lite.check.read.functions import find_function

_LETTERS = "ijklmnpqrst"
_MOST = 64
"""So many numbers a letter stands for at most; what has more is no derivation by hand."""
_INDEX = re.compile(
    r"""
    (?P<base> \\[A-Za-z]+\s*(?:\{[^{}]*\})? | \{\\[a-z]+\s+[^{}]*\} | [^\W\d_]+ | \) )
    (?: \s*_\s*\{ (?P<group>[^{}]*) \} | \s*_\s*(?P<one>[A-Za-z0-9]+) | \[ (?P<inside>[^\[\]]*) \] )
    (?P<layer> \^\{?[(\[]\w+[)\]]\}? )?
    """,
    re.VERBOSE,
)
_SUMMED = re.compile(
    r"(?:\\(?:sum|prod|max|min|bigoplus|int)|[∑∏Σ])(?:\\limits)?\s*_\s*(?:\{([^{}]*)\}|(\w))"
    r"|\bfor\s+(\w)\s+in\b"
)


_CONDITION = re.compile(
    r"(?<![\w\\])(?P<left>[a-z])(?P<sign>\s*(?:==?|!=|≠|\\neq?(?![a-z]))\s*)(?P<right>[a-z]|\d+)(?!\w)"
)
_DELTAS = ("\\delta", "δ")
_KRONECKER = re.compile(r"\\delta|δ|\\mathbb\s*\{?[1I]|\\mathbf\s*\{?1|𝟙|\[\s*\w\s*=\s*\w\s*\]")


def each_index(one: Statement, is_known: Callable[[str], Any]) -> Iterator[Statement]:
    """The statement for every number of its free indices; itself where it has none."""
    bound, beside = _bound(one), {x for m in one.members for x in _letters(m.text)}
    free = [letter for letter in _letters(one.subject) if letter not in bound]
    lonely = not beside.issuperset(free) and (bool(beside) or bool(bound))
    if not free or lonely or is_known(one.subject.strip("$ ")) or len(free) > 2:
        yield one
        return
    ranges = [_said(one, letter) or _numbers(one, letter, free, is_known) for letter in free]
    found = False
    for numbers in itertools.product(*ranges):
        if not _fits(one, free, numbers):
            continue
        from_0 = any(0 in some for some in ranges)
        filled = _with(one, dict(zip(free, numbers, strict=True)), is_known, from_0)
        if filled is not None:
            found = True
            yield filled
    if not found:
        yield one


# A free layer: δ^l = (W^{l+1})ᵀ δ^{l+1} ⊙ σ'(z^l)

_LAYERED = re.compile(
    r"""
    (?P<base> (?: \\[A-Za-z]+\s*\{[^{}]*\} | \\[A-Za-z]+ | (?<![A-Za-z\\])d?[^\W\d_] ) \s* )
    (?P<below> _(?:\{[^{}]*\}|\w) )?
    \^\s*(?:
        \{\s*[(\[]?\s*(?P<in>[lkiL])\s*(?P<in_by>[-+−]\s*\d)?\s*[)\]]?
            (?P<tail>\s*(?:T|['′]|\\top|\\prime|\\intercal))?\s*\}
      | [(\[]\s*(?P<around>[lkiL])\s*(?P<around_by>[-+−]\s*\d)?\s*[)\]]
      | (?P<alone>[lkL])(?![A-Za-z0-9])
    )
    (?P<after> _(?:\{[^{}]*\}|\w) )?
    """,
    re.VERBOSE,
)
_MOST_LAYERS = 12


def each_layer(one: Statement, is_known: Callable[[str], Any]) -> Iterator[Statement]:
    """The statement for every layer for which all its names are known; itself without one.

    >>> from autograd_lite.check.read.statements import cut
    >>> known = {"z^{1}", "a^{1}", "z^{2}", "a^{2}"}
    >>> found = each_layer(cut("z^{l} = 2 a^{l}")[0], known.__contains__)
    >>> [(one.subject, one.members[0].text) for one in found]
    [('$z^{1}$', '2 a^{1}'), ('$z^{2}$', '2 a^{2}')]
    """
    letters = {_layer_of(name) for name in _LAYERED.finditer(one.subject)}
    if len(letters) != 1 or letters & _bound(one) or is_known(one.subject.strip("$ ")):
        yield one
        return
    (letter,) = letters
    found = []
    for number in range(_MOST_LAYERS):
        subject = _AtLayer(one.subject.strip("$ "), letter, number, is_known)
        members = [_AtLayer(member.text, letter, number, is_known) for member in one.members]
        is_whole = _letters(subject.text) or is_known(subject.text)
        if is_whole and all(text.known for text in (subject, *members)):
            filled = (m._replace(text=t.text) for m, t in zip(one.members, members, strict=True))
            found.append(
                replace(one, subject=f"${subject.text}$", members=tuple(filled), each=one.subject)
            )
    yield from found[-1:] if letter == "L" else found or [one]
    if letter == "L" and not found:
        yield one


class _AtLayer:
    """A text at one layer, and whether all its names that have one are known there.

    Layers are between parentheses then, and indices before them: w^l_{jk} is w_{jk}^{(2)}.
    """

    def __init__(self, text: str, letter: str, number: int, is_known: Callable[[str], Any]) -> None:
        self._letter, self._number, self._is_known = letter, number, is_known
        self.known = True
        self.text = _LAYERED.sub(self._filled, text)

    def _filled(self, name: re.Match[str]) -> str:
        if _layer_of(name) != self._letter:
            return name[0]
        by = (name["in_by"] or name["around_by"] or "0").replace("−", "-").replace(" ", "")
        layer, tail = self._number + int(by), name["tail"] or ""
        base, below = name["base"], name["below"] or name["after"] or ""
        with_index = f"{base}{below}^{{({layer})}}"
        is_free = _BELOW.fullmatch(below)
        whole = f"{base}^{{({layer})}}" if is_free else with_index
        plain = f"{base}{below}^{{{layer}}}"
        found = next((one for one in (whole, plain) if self._is_known(one)), "")
        is_function = find_function(base.strip()) or base.strip() in _FUNCTIONS
        self.known = self.known and bool(found or is_function)
        return plain if found == plain else f"{with_index[:-1]}{tail.strip()}}}"


def _layer_of(name: re.Match[str]) -> str:
    return name["in"] or name["around"] or name["alone"]


_FUNCTIONS = {"g", "f", "φ", "\\phi", "\\varphi", "\\psi"}
_BELOW = re.compile(r"_(?:\{[A-Za-z,\s]*\}|[A-Za-z])")


_DOTS = r"\.\.+|…|\\[lc]?dots|-|to"
_RANGE = (
    r"\s*(?:=|\\in|∈)\s*\\?\{?\s*"
    rf"(\d+(?:\s*(?:,|and|{_DOTS})\s*)*(?:\d+[\s,]*(?:and\s*)?)*)"
)


def _said(one: Statement, letter: str) -> list[int]:
    """The numbers that a line, or a heading above it, gives to a letter; none if it does not."""
    conditions = [_text_of(condition) for condition in one.conditions]
    for text in (", ".join([*conditions, *one.labels]), one.rest):
        if said := re.search(rf"(?<![A-Za-z]){letter}{_RANGE}", text.replace("$", "")):
            numbers = [int(number) for number in re.findall(r"\d+", said[1])]
            if len(numbers) == 2 and re.search(_DOTS, said[1]):
                return list(range(numbers[0], min(numbers[1], numbers[0] + _MOST) + 1))
            return numbers
    return []


def _text_of(condition: Statement | str) -> str:
    if isinstance(condition, str):
        return condition
    rest = f", {condition.rest}" if condition.rest else ""
    return condition.subject + "".join(f" = {m.text}" for m in condition.members) + rest


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
    """The letters among the indices of a text, and in its conditions."""
    compared = (found["left"] + found["right"] for found in _CONDITION.finditer(text))
    indices = itertools.chain((_content(name) for name in _INDEX.finditer(text)), compared)
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
    texts = [m.text for m in one.members if letter in _letters(m.text)]

    def names(number: int) -> set[int]:
        """Which of the names beside the subject are known with this number."""
        filled = [_Filling(text, others | {letter: number}, is_known) for text in texts]
        return {place for place, known in enumerate(k for f in filled for k in f.known) if known}

    # Without the letter beside the subject, it is said of all that the subject can be.
    def fits(number: int) -> bool:
        subject = _Filling(one.subject, others | {letter: number}, is_known)
        return all(subject.known) and bool(subject.known) and names(number) >= wanted

    wanted = names(0) or names(1)
    first = 0 if fits(0) else 1
    return list(itertools.takewhile(fits, range(first, first + _MOST)))


def _with(
    one: Statement, numbers: dict[str, int], is_known: Callable[[str], Any], from_0: bool
) -> Statement | None:
    """The statement with numbers for letters; None where a name of its subject means nothing."""
    subject = _Filling(one.subject, numbers, is_known)
    if not all(subject.known):
        return None
    members = tuple(
        member._replace(text=_Filling(member.text, numbers, is_known, from_0).text)
        for member in one.members
    )
    return replace(one, subject=subject.text, members=members, each=one.subject)


class _Filling:
    """A text with numbers for the letters in its indices, and which of its names are then known."""

    def __init__(
        self,
        text: str,
        numbers: dict[str, int],
        is_known: Callable[[str], Any],
        from_0: bool = False,
    ) -> None:
        self._numbers, self._is_known, self._from_0 = numbers, is_known, from_0
        self.known: list[bool] = []
        self.text = _CONDITION.sub(self._compared, _INDEX.sub(self._filled, text))

    def _compared(self, found: re.Match[str]) -> str:
        """``i = j`` in a condition, with the numbers."""
        sides = [str(self._numbers.get(side, side)) for side in found.group("left", "right")]
        return f"{sides[0]}{found['sign']}{sides[1]}"

    def _filled(self, name: re.Match[str]) -> str:
        index = _content(name)
        if not set(_alone(index)) & self._numbers.keys() or _CONDITION.search(index):
            return name[0]
        parts = [str(self._numbers.get(part, part)) for part in _split(index)]
        base, layer = name["base"], name["layer"] or ""
        if base == ")":  # the element of what is in parentheses
            more = 1 if self._from_0 else 0
            parts = [str(int(part) + more) if part.isdecimal() else part for part in parts]
            return _spelled(base, layer, parts)
        # What stays a letter, which a sum runs over, is known if it is with a number for it.
        first = ["1" if part.isalpha() else part for part in parts]
        tried = {form(base, layer, first): form(base, layer, parts) for form in (_joined, _spelled)}
        if self._is_array(base, layer, len(parts)):  # by its elements, counted from 1
            element = f"{base}{layer}[{','.join(str(int(part) - 1) for part in first)}]"
            tried = {element: element if first == parts else _spelled(base, layer, parts)}
            tried = {} if "0" in first else tried  # there is none before the first
        found = next((to for one, to in tried.items() if self._is_known(one)), "")
        self.known.append(bool(found))
        if not found and len(parts) == 2 and first == parts and base in _DELTAS:
            return "(1)" if parts[0] == parts[1] else "(0)"  # Kronecker's
        return found or _spelled(base, layer, parts)

    def _is_array(self, base: str, layer: str, axes: int) -> bool:
        """Whether there is an array of so many axes, whose elements have no names of their own."""
        forms = (_joined, _spelled)
        named = (form(base, layer, [one]) for form in forms for one in "01")
        first = f"{base}{layer}[{','.join('0' * axes)}]"
        return bool(self._is_known(first)) and not any(map(self._is_known, named))


def _spelled(base: str, layer: str, parts: list[str]) -> str:
    return f"{base}_{{{','.join(parts)}}}{layer}"


def _joined(base: str, layer: str, parts: list[str]) -> str:
    return f"{base}_{{{''.join(parts)}}}{layer}"


def _split(index: str) -> list[str]:
    """The places of an index: of ij, of i,j and of 1j."""
    if "," in index:
        return [part.strip() for part in index.split(",")]
    return re.findall(r"[A-Za-z]|\d+", index)
