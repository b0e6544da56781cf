"""How many mistakes of the corpora are found and named, and how often a right line is blamed.

tests/golden/corpus.json has the outcome of each derivation, and docs/checker-how.md the
tables of them; ``pytest tests/test_corpus.py --update-golden`` writes both anew.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from corpus import DERIVATIONS, Derivation
from corpus.held_out import HELD_OUT
from corpus.outcome import Outcome, record, recorded

import autograd_lite as ag
from autograd_lite.check.read.documents import read_document
from autograd_lite.check.report import Report

PAGE = Path(__file__).parent.parent / "docs" / "checker-how.md"
OUTCOMES = Path(__file__).parent / "golden" / "corpus.json"
CORPORA = {"first": DERIVATIONS, "second": HELD_OUT}
ALL = [*DERIVATIONS, *HELD_OUT]


def checked(derivation: Derivation) -> Report:
    text = isinstance(derivation.claims, str)
    claims = read_document(derivation.claims) if text else derivation.claims
    return ag.compare(
        derivation.network(),
        claims if derivation.code is None else derivation.code,
        names={word: name for word, name in derivation.means.items() if name},
        learning_rate=derivation.learning_rate,
    )


def kinds_of(derivation: Derivation) -> tuple[str, ...]:
    return (derivation.kind,) if isinstance(derivation.kind, str) else derivation.kind


def outcome(derivation: Derivation, report: Report) -> Outcome:
    """Whether right lines are blamed; whether a mistake is found, and named rightly."""
    judged = [one for one in report.findings if one.verdict != "unchecked"]
    spellings = {derivation.wrong, f"updated {derivation.wrong}"}
    blamed = [
        one
        for one in judged
        if (one.verdict == "wrong" and one.name not in spellings)
        or (one.verdict == "follows" and not derivation.wrong)
    ]
    lines = [one for one in report.findings if one.quantity or one.verdict != "unchecked"]
    return Outcome(fate(derivation, report), len(judged), len(lines), len(blamed))


def fate(derivation: Derivation, report: Report) -> str:
    """What becomes of the mistake."""
    if not derivation.wrong:
        return "right"
    spellings = {derivation.wrong, f"updated {derivation.wrong}"}
    roots = [one for one in report.findings if one.verdict == "wrong" and one.name in spellings]
    named = [cause.kind for root in roots for cause in root.causes]
    if named and named[0] in kinds_of(derivation):
        return "named first"
    if not set(named).isdisjoint(kinds_of(derivation)):
        return "named"
    return "found" if roots else "passed"


@pytest.mark.parametrize("derivation", ALL, ids=lambda one: one.name)
def test_the_outcome_is_as_recorded_and_nothing_else_is_called_wrong(
    derivation: Derivation, request: pytest.FixtureRequest
) -> None:
    report = checked(derivation)
    now = outcome(derivation, report)
    if request.config.getoption("--update-golden"):
        record(OUTCOMES, derivation.name, now)
    assert now == recorded(OUTCOMES)[derivation.name]
    assert not now.blamed  # what is beside a mistake is right, or follows from it


def test_no_right_line_is_blamed_no_mistake_missed_and_95_of_100_named_first() -> None:
    outcomes = recorded(OUTCOMES)
    assert outcomes.keys() == {one.name for one in ALL}
    count = Counter(one.fate for one in outcomes.values())
    assert not any(one.blamed for one in outcomes.values())
    assert count["passed"] == 0
    assert count["named first"] >= 0.95 * (count.total() - count["right"])


# The tables


def row(title: str, derivations: Sequence[Derivation]) -> str:
    """A row of the first table."""
    outcomes = [recorded(OUTCOMES)[one.name] for one in derivations]
    count = Counter(one.fate for one in outcomes)
    right, first = count["right"], count["named first"]
    planted = len(derivations) - right
    found = planted - count["passed"]
    blamed = sum(one.blamed > 0 for one in outcomes)
    cells = title, planted, found, first, first + count["named"], right, blamed
    return "| " + " | ".join(map(str, cells)) + " |"


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
    planted, outcomes = [one for one in ALL if one.wrong], recorded(OUTCOMES)
    for kind in sorted({kinds_of(one)[0] for one in planted}):
        count = Counter(outcomes[one.name].fate for one in planted if kinds_of(one)[0] == kind)
        found = count.total() - count["passed"]
        lines.append(f"| {kind} | {count.total()} | {found} | {count['named first']} |")
    return "\n".join(lines)


def test_the_page_has_the_tables(request: pytest.FixtureRequest) -> None:
    section = re.compile(r"(?<=<!-- corpus table -->\n).*?(?=<!-- end -->)", re.DOTALL)
    text = PAGE.read_text(encoding="utf-8")
    assert section.search(text)
    fresh = section.sub(lambda _: f"\n{tables()}\n\n", text)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(fresh, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == fresh
