"""How many mistakes of the corpora are found and named, and how often a right line is blamed.

docs/checker.md has the tables; ``pytest tests/test_corpus.py --update-golden`` writes them anew.
"""

import functools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from corpus import DERIVATIONS, Derivation
from corpus.held_out import HELD_OUT

import autograd_lite as ag
from autograd_lite.hand.read.documents import read_document
from autograd_lite.hand.report import Report

PAGE = Path(__file__).parent.parent / "docs" / "checker.md"
CORPORA = {"first": DERIVATIONS, "second": HELD_OUT}
ALL = [*DERIVATIONS, *HELD_OUT]
RIGHT = [derivation for derivation in ALL if not derivation.wrong]
WRONG = [derivation for derivation in ALL if derivation.wrong]


@functools.cache
def checked(name: str) -> Report:
    """The report on a derivation of either corpus; names are unique."""
    (derivation,) = [one for one in ALL if one.name == name]
    text = isinstance(derivation.claims, str)
    claims = read_document(derivation.claims) if text else derivation.claims
    return ag.compare(
        derivation.network(),
        claims if derivation.code is None else derivation.code,
        names={word: name for word, name in derivation.means.items() if name},
        learning_rate=derivation.learning_rate,
    )


class Outcome(NamedTuple):
    """What was found of one derivation."""

    blamed: bool
    found: bool
    first: bool
    among: bool


def outcome(derivation: Derivation) -> Outcome:
    """Whether anything was called wrong, and whether the planted mistake was, by its name."""
    findings = checked(derivation.name).findings
    spellings = {derivation.wrong, f"updated {derivation.wrong}"}
    roots = [one for one in findings if one.verdict == "wrong" and one.name in spellings]
    kinds = [cause.kind for root in roots for cause in root.causes]
    meant = {derivation.kind} if isinstance(derivation.kind, str) else set(derivation.kind)
    return Outcome(
        blamed=any(one.verdict in {"wrong", "follows"} for one in findings),
        found=bool(roots),
        first=bool(kinds) and kinds[0] in meant,
        among=not meant.isdisjoint(kinds),
    )


@pytest.mark.parametrize("derivation", RIGHT, ids=lambda one: one.name)
def test_a_right_derivation_is_not_blamed(derivation: Derivation) -> None:
    assert not outcome(derivation).blamed


@pytest.mark.parametrize("derivation", WRONG, ids=lambda one: one.name)
def test_a_planted_mistake_is_found(derivation: Derivation) -> None:
    assert outcome(derivation).found


@pytest.mark.parametrize("derivation", WRONG, ids=lambda one: one.name)
def test_what_stands_beside_a_mistake_is_right_or_follows_from_it(derivation: Derivation) -> None:
    spellings = {derivation.wrong, f"updated {derivation.wrong}"}
    others = [
        finding.name
        for finding in checked(derivation.name).findings
        if finding.verdict == "wrong" and finding.name not in spellings
    ]
    assert others == []


def test_mistakes_are_named_rightly_first_in_95_of_100() -> None:
    assert sum(outcome(one).first for one in WRONG) >= 0.95 * len(WRONG)


# The tables


def row(title: str, derivations: Sequence[Derivation]) -> str:
    planted = [one for one in derivations if one.wrong]
    outcomes = [outcome(one) for one in planted]
    right = [one for one in derivations if not one.wrong]
    cells = [
        title,
        len(planted),
        sum(one.found for one in outcomes),
        sum(one.first for one in outcomes),
        sum(one.among for one in outcomes),
        len(right),
        sum(outcome(one).blamed for one in right),
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def kind_of(derivation: Derivation) -> str:
    return derivation.kind if isinstance(derivation.kind, str) else derivation.kind[0]


def tables() -> str:
    """Both tables in Markdown."""
    lines = [
        "| corpus | mistakes | found | named first | among the causes | right | blamed |",
        "|---|---|---|---|---|---|---|",
        *(row(title, derivations) for title, derivations in CORPORA.items()),
        row("both", ALL),
        "",
        "| kind | mistakes | found | named first |",
        "|---|---|---|---|",
    ]
    planted = Counter(map(kind_of, WRONG))
    for kind, count in sorted(planted.items()):
        outcomes = [outcome(one) for one in WRONG if kind_of(one) == kind]
        found, first = sum(one.found for one in outcomes), sum(one.first for one in outcomes)
        lines.append(f"| {kind} | {count} | {found} | {first} |")
    return "\n".join(lines)


def test_the_page_has_the_tables(request: pytest.FixtureRequest) -> None:
    section = re.compile(r"(?<=<!-- corpus table -->\n).*?(?=<!-- end -->)", re.DOTALL)
    text = PAGE.read_text(encoding="utf-8")
    fresh = section.sub(lambda _: f"\n{tables()}\n\n", text)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(fresh, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == fresh
