"""The notebook's 226 numbers through the checker: verdicts, roots and causes as in the facts."""

import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import Finding
from autograd_lite.check.names import read_names
from autograd_lite.check.read.documents import read_document
from autograd_lite.check.report import Report
from models.notebook import claims, loss
from models.notebook.data import LEARNING_RATE

NAMES = read_names(Path(__file__).parent.parent / "models" / "notebook" / "names.toml")
FACTS = claims.load()

# The first backward pass alone


@functools.cache
def first_pass() -> Report:
    facts = claims.load("pass 1, backward")
    given = [(fact.term, fact.printed) for fact in facts]
    return ag.compare(loss(), given, learning_rate=LEARNING_RATE)


ROOTS = {"dE2/dO1", "dE1/dO2", "dE/dH1", "dE/dH2"} | {f"dE/ds_{k}" for k in range(1, 5)}


def test_the_44_wrong_numbers_of_pass_1_have_8_roots() -> None:
    report = first_pass()
    assert report.count("wrong") + report.count("follows") == 44
    assert {one.name for one in report.findings if one.verdict == "wrong"} == ROOTS
    assert report.count("wrong") == 8
    assert {one.name for one in report.roots} == ROOTS


OF_S = {"fm[0,0]": 1, "fm[0,2]": 2, "fm[2,1]": 3, "fm[2,2]": 4}  # the winners of the windows
CELLS = [f"w_conv[{i},{j}]" for i in (0, 1) for j in (0, 1)]
FOLLOWS = (
    {"dE/dw_10": {"dE2/dO1"}, "dE/dw_11": {"dE1/dO2"}}
    | {f"dE/dw_{k}": {"dE/dH1" if k < 5 else "dE/dH2"} for k in range(1, 9)}
    | {f"dE/dF_{k}": {f"dE/ds_{k}"} for k in range(1, 5)}
    | {f"dE/d{cell}": {f"dE/ds_{k}"} for cell, k in OF_S.items()}
    | {f"dE/d{cell}": {f"dE/ds_{k}" for k in range(1, 5)} for cell in CELLS}
)
UPDATES = {f"{name[4:]} updated": roots for name, roots in FOLLOWS.items() if name[4] == "w"}


def test_who_follows_whom() -> None:
    follows = {one.name: set(one.roots) for one in first_pass().findings if one.roots}
    assert follows == FOLLOWS | UPDATES
    assert len(follows) == 36


def test_a_finding_that_follows_names_its_first_root() -> None:
    for one in first_pass().findings:
        assert (one.root, one.verdict == "follows") == (
            (one.roots[0], True) if one.roots else ("", False)
        )


def test_what_follows_from_the_stated_wrong_derivatives_says_so_as_its_cause() -> None:
    causes = {one.name: one.causes[0] for one in first_pass().findings if one.causes}
    assert causes["dE/dw_10"].sentence == "dE2/dO1 stands in place of dE1/dO1"
    assert causes["dE/dw_11"].sentence == "dE1/dO2 stands in place of dE2/dO2"
    assert causes.keys() == ROOTS | {"dE/dw_10", "dE/dw_11"}


# All 226 in one


@functools.cache
def whole() -> Report:
    given = [
        Claim(name=fact.term, given=fact.printed, line=line)
        for line, fact in enumerate(FACTS, start=1)
    ]
    return ag.compare(loss(), given, learning_rate=LEARNING_RATE)


def pairs() -> Iterator[tuple[Finding, claims.Claim]]:
    return zip(whole().findings, FACTS, strict=True)


def test_every_verdict_is_that_of_the_facts() -> None:
    assert [(one.name, one.verdict == "right") for one in whole().findings] == [
        (fact.term, fact.right) for fact in FACTS
    ]
    assert {one.verdict for one in whole().findings} == {"right", "wrong", "follows"}


def test_every_number_is_judged_in_its_pass() -> None:
    assert [(one.part, one.line) for one in whole().findings] == [
        (fact.section[:6], line) for line, fact in enumerate(FACTS, start=1)
    ]


def test_what_is_expected_is_true_at_the_weights_of_each_pass() -> None:
    for one, fact in pairs():
        assert one.expected == pytest.approx(fact.true, rel=1e-9, abs=1e-12), fact


KINDS = {
    "M1": "no path",
    "M2": "no path",
    "M3": "wrong factor",
    "M4": "wrong factor",
    "M5": "updated before reuse",
    "M6": "stale value",
    "M7": "stale value",
    "M8": "stale value",
}


def kinds(fact: claims.Claim) -> set[str]:
    """What is wrong there in the words of the checker; what M6 left behind is stated above it."""
    marks = re.findall(r"M\d", fact.cause)
    if fact.term in {"dE/dH1", "dE/dH2"}:
        marks = [mark for mark in marks if mark != "M6"]  # its slopes are wrong claims above
    if fact.term in {"dE/dw_10", "dE/dw_11"}:
        return {"wrong factor"}  # the stated derivative that is none, in place of the right one
    return {KINDS[mark] for mark in marks}


def test_every_mistake_is_named_as_in_the_facts() -> None:
    wrong = [(one, fact) for one, fact in pairs() if one.verdict == "wrong"]
    assert len(wrong) == 50
    for one, fact in wrong:
        assert set(one.causes[0].kind.split(" + ")) == kinds(fact), fact


def test_what_follows_leads_to_mistakes_that_are_named() -> None:
    named = {(one.part, one.name) for one, _ in pairs() if one.verdict == "wrong" and one.causes}
    for one, fact in pairs():
        assert (one.verdict == "follows") == bool(one.roots)
        assert {(one.part, root) for root in one.roots} <= named, fact
        if one.verdict == "follows" and one.causes:
            assert one.causes[0].kind in kinds(fact), fact


def test_the_kernel_was_not_updated_in_the_second_pass() -> None:
    last = [one for one in whole().findings if one.part == "pass 2"][-4:]
    assert [(one.name, one.causes[0].sentence) for one in last] == [
        (f"{cell} updated", f"{cell} was not updated") for cell in CELLS
    ]


# dE/dH1 with each subset of its three faults repaired; the alias is A, the wrong partial B, the
# slope of the other output C.
TRUE, NONE = 0.157146010662, 0.353236383543
REPAIRED = {"A": 0.353379674307, "B": 0.158892663964, "C": 0.356669587821}


def test_the_three_faults_of_the_first_hidden_unit_and_what_each_repair_leaves() -> None:
    one = next(one for one in first_pass().findings if one.name == "dE/dH1")
    cause = one.causes[0]
    assert cause.kind == "updated before reuse + wrong factor"
    assert [part.sentence for part in cause.parts] == [
        "the weights had been updated before they were used here",
        "dE1/dO2 stands in place of dE2/dO2",
        "dO1/dnet_O1 stands in place of dO2/dnet_O2",
    ]
    left = [abs(number - TRUE) / TRUE for number in REPAIRED.values()]
    assert [part.residual for part in cause.parts] == pytest.approx(left, rel=1e-9)
    assert cause.residual < 1e-12
    assert float(one.given) == pytest.approx(NONE, abs=1e-12)


def test_the_faults_of_the_second_hidden_unit_are_the_same_with_1_and_2_exchanged() -> None:
    one = next(one for one in first_pass().findings if one.name == "dE/dH2")
    assert [part.sentence for part in one.causes[0].parts] == [
        "the weights had been updated before they were used here",
        "dE2/dO1 stands in place of dE1/dO1",
        "dO2/dnet_O2 stands in place of dO1/dnet_O1",
    ]


def test_the_repair_of_the_alias_is_a_copy() -> None:
    for one in first_pass().findings:
        if one.name.startswith("dE/ds"):
            assert "keep a copy" in one.causes[0].fix


# The same from a document


class Written(NamedTuple):
    """A document of our own in the forms of the notebook, and where each number stands."""

    text: str
    lines: list[int]


ARRAYS = {
    r"fm\[": "Feature Map after Convolution:",
    r"F_": "flattened_features:",
    r"s_": "sigmoid_features:",
    r"dE/ds_": "Gradient of the sigmoid activation for features:",
    r"dE/dw_conv\[": "grad_w_conv:",
    r"w_conv\[.*updated": "Updated weight w_conv:",
}
OUTPUTS = {"dE1/dO1": "dE1_dO1", "dO1/dnet_O1": "dO1_dnetO1", "O1": "O1_output", "H2": "H2_output"}


def document() -> Written:
    """Every fact once: matrices below their names, printed outputs, numbered lists."""
    lines, places = ["# Our own account of two passes", ""], []
    section = ""
    array = functools.partial(re.match, "|".join(f"({pattern})" for pattern in ARRAYS))
    for key, group in itertools.groupby(
        FACTS, lambda fact: (fact.section, (found := array(fact.term)) and found.lastindex)
    ):
        facts = list(group)
        if key[0] != section:
            section = key[0]
            lines += ["", f"## The numbers of part {1 + len(lines)}", ""]
        if key[1]:
            lines += ["", list(ARRAYS.values())[key[1] - 1]]
            width = {16: 4, 4: 2 if "[" in facts[0].term else 4}[len(facts)]
            rows = [facts[start : start + width] for start in range(0, len(facts), width)]
            for place, row in enumerate(rows):
                numbers = " ".join(fact.printed for fact in row)
                text = f"[{numbers}]" if len(rows) == 1 else f" [{numbers}]"
                if len(rows) > 1:
                    text = ("[" if not place else " ") + text.strip()
                    text += "]" if place == len(rows) - 1 else ""
                lines.append(text)
                places += [len(lines)] * len(row)
            lines.append("")
            continue
        for place, fact in enumerate(facts):
            lines.append(line_of(fact, place))
            places.append(len(lines))
    return Written("\n".join(lines), places)


def line_of(fact: claims.Claim, place: int) -> str:
    weight = fact.term.removesuffix(" updated")
    if weight != fact.term:
        forms = (
            f"Updated weight {weight}: {fact.printed}",
            (f"{place + 1}. Updated weight, ${weight}$ = {fact.printed}"),
        )
    else:
        forms = (
            f"{OUTPUTS.get(fact.term, fact.term)}: {fact.printed}",
            (f"{place + 1}. The next one = ${fact.term}$ = {fact.printed}"),
        )
    return forms[place % 2]


@functools.cache
def checked() -> Report:
    """The report on the document."""
    given = read_document(document().text)
    return ag.compare(loss(), given, names=NAMES, learning_rate=LEARNING_RATE)


def whole_lines() -> Iterator[tuple[Finding, list[tuple[Finding, claims.Claim, int]]]]:
    """The findings of the document, each with those of the single numbers that it is made of."""
    single = iter([(*pair, line) for pair, line in zip(pairs(), document().lines, strict=True)])
    for one in checked().findings:
        yield one, list(itertools.islice(single, int(np.size(one.given))))
    assert not list(single)


def test_a_document_with_the_same_numbers_has_the_same_verdicts_with_their_lines() -> None:
    # Within a matrix zeros are added to the digits, which NumPy prints only where one needs them.
    worst = ["right", "follows", "wrong"]
    for one, parts in whole_lines():
        _, fact, line = parts[0]
        assert (one.line, one.part) == (line, parts[0][0].part)
        assert np.ravel(one.given).astype(float).tolist() == [float(f.printed) for _, f, _ in parts]
        assert one.verdict == max((part.verdict for part, _, _ in parts), key=worst.index), fact


def test_a_number_in_a_document_has_the_causes_that_it_has_alone() -> None:
    for one, parts in whole_lines():
        if len(parts) == 1:
            assert one.causes == parts[0][0].causes


def test_the_document_states_each_number_where_it_says() -> None:
    written = document()
    rows = written.text.split("\n")
    assert len(written.lines) == len(FACTS) == 226
    for fact, line in zip(FACTS, written.lines, strict=True):
        assert fact.printed in rows[line - 1]
