r"""From statements to claims: what each of them says of which quantity.

``A = B = c`` says A = B, A = c and B = c. A statement whose subject means nothing in the graph is a
definition of the author's own. What cannot be judged is listed with its line and the reason.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from autograd_lite.check.claims import Claim
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.naming import is_derivative, is_single_name, names_of
from autograd_lite.check.read.numbers import NUMBER, read_array
from autograd_lite.check.read.statements import Member, Statement, chain

_NUMBER = re.compile(rf"(?:(?:np\.)?float(?:16|32|64)?\(\s*|tensor\(\s*)?({NUMBER})(?:\s*[,)].*)?")
_POWER = re.compile(
    rf"({NUMBER})\s*(?:\\times|\\cdot|[×·*])\s*10\s*(?:\^|\*\*)\s*\{{?\(?\s*([+\-−]?\d+)\s*\)?\}}?"
)
_REMARK = re.compile(
    r"\s*(?:\(\s*[A-Za-z][^()]*\)|\[[A-Za-z][^\[\]]*\]|\\checkmark|✓|✔|\.{3}|…|\\ldots|\\dots)\s*$"
)
_ARITHMETIC = re.compile(
    r"(?:[\d.\s+\-−*·×/()^{}$]|\\(?:cdot|times|left|right|[dt]?frac)(?![A-Za-z]))+"
)
_UNIT = re.compile(rf"({NUMBER})\s*(?:\\%|%|\\text\s*\{{[^}}]*\}}|\\mathrm\s*\{{[^}}]*\}})")


def given_of(text: str) -> Any:
    r"""What a member is: a printed number, the digits of an array, or the text of a formula.

    >>> given_of("0.25"), given_of(r"1.5 \times 10^{-3}"), given_of("[1. 2.5]"), given_of("2*w")
    ('0.25', '1.5e-3', ['1.0', '2.5'], '2*w')
    """
    text = text.strip()
    while (remark := _REMARK.search(text)) and remark.start():
        text = text[: remark.start()].rstrip()
    if power := _POWER.fullmatch(text):
        return f"{power[1]}e{power[2].replace('−', '-')}"
    if number := _NUMBER.fullmatch(text):
        return number[1]
    array = read_array(text, 0)
    if array is not None and not array.cut and not text[array.end :].strip(" .,;"):
        return _nested([(one.at, one.digits) for one in array.elements])
    return text


def _nested(elements: list[tuple[tuple[int, ...], str]]) -> Any:
    """Elements by their indices as a nested list."""
    if not elements[0][0]:
        return elements[0][1]
    rows: dict[int, list[tuple[tuple[int, ...], str]]] = {}
    for at, digits in elements:
        rows.setdefault(at[0], []).append((at[1:], digits))
    return [_nested(row) for row in rows.values()]


def interpreted(given: Iterable[Claim | Statement], vocabulary: Vocabulary) -> list[Claim]:
    """The claims that statements make, in their order, each about one quantity."""

    def is_known(name: str) -> bool:
        return bool(vocabulary.readings(name))

    found: list[Claim] = []
    for one in given:
        found += _claims(one, is_known) if isinstance(one, Statement) else _sides(one)
    return found


def _sides(claim: Claim) -> Iterator[Claim]:
    """A chain ``a = f = g`` that was given to a name, as one claim for each side."""
    members = chain(claim.given) if isinstance(claim.given, str) else ()
    if len(members) < 2:
        yield claim
    before = None
    for member in members if len(members) > 1 else ():
        given = given_of(member)
        yield replace(claim, given=given, sign="=", after=before)
        before = given


def _claims(one: Statement, is_known: Callable[[str], bool]) -> Iterator[Claim]:
    if not one.members:
        yield Claim(name=one.subject, given=None, line=one.line, where=one.where, unread=one.why)
        return
    formula = " ".join(member.text for member in one.members)
    names = names_of(one.subject, one.labels, formula if one.members[0].sign != "←" else "")
    if not names:
        if _ARITHMETIC.fullmatch(one.subject) and re.search(r"\d\D+\d", one.subject):
            yield from _steps(one)
            return
        if is_derivative(one.subject) or "$" in one.subject:
            why = "what it is said of is no name"
            yield Claim(name=one.subject, given=None, line=one.line, where=one.where, unread=why)
        return
    if one.members[0].sign in ("←", "+=", "-="):
        names = tuple(name if "updated" in name else f"updated {name}" for name in names)
    subjects = [names]
    known = any(map(is_known, names))
    before = None
    for place, member in enumerate(one.members):
        given = given_of(member.text)
        is_last = place + 1 == len(one.members)
        alias = _alias(member, given, one.labels) if not is_last else ()
        if alias and not known and place == 0 and not _is_symbol(names[0]):
            subjects = [(*alias, *names)]  # a phrase, and the symbol for the same
            known = any(map(is_known, alias))
            continue
        for subject in subjects:
            yield Claim(
                name=subject[0],
                given=given,
                line=member.line or one.line,
                where=one.where,
                others=subject[1:],
                sign=member.sign,
                conditions=one.conditions,
                after=before,
            )
        if alias and any(map(is_known, alias)):
            subjects.append(alias)
        before = given


def _steps(one: Statement) -> Iterator[Claim]:
    """Arithmetic without a name: ``0.5·0.3 = 0.15``."""
    before: Any = one.subject.strip("$ ")
    for member in one.members:
        given = given_of(member.text)
        line = member.line or one.line
        yield Claim(
            name=one.subject.strip("$ "), given=given, line=line, where=one.where, after=before
        )
        before = given


def _is_symbol(name: str) -> bool:
    return is_single_name(name) and (
        is_derivative(name) or len(name) <= 3 or "\\" in name or "_" in name
    )


def _alias(member: Member, given: Any, labels: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a member that is a quantity of its own."""
    if not isinstance(given, str) or given is not given or not is_single_name(member.text):
        return ()
    return names_of(f"${member.text}$", ())
