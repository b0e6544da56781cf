"""What the views of a report show: the story, the table, hints, Markdown and HTML."""

import io
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import autograd_lite as ag
from autograd_lite import DataError, Value
from autograd_lite.check.claims import Claim
from autograd_lite.check.compare import compare
from autograd_lite.check.finding import Cause, Finding, WorstElement
from autograd_lite.check.report import Report
from autograd_lite.check.views.terminal import report_lines
from models.notebook import claims, loss
from models.notebook.data import LEARNING_RATE

SIGN = Cause("wrong sign", "the sign is wrong", 0.0, "change the sign")
ALIAS = Cause("updated before reuse", "w had been updated", 0.0, "keep a copy of w")
BOTH = Cause("updated before reuse + wrong sign", "…; …", 0.0, "…; …", (ALIAS, SIGN))


def wrong(name: str, **more: Any) -> Finding:
    fields = {"given": "-0.5", "quantity": name, "expected": 0.25, "error": 3.0, **more}
    return Finding(name=name, verdict="wrong", **fields)


def follows(name: str, *roots: str, **more: Any) -> Finding:
    fields = {"given": "1.5", "quantity": name, "expected": 1.25, **more}
    return Finding(name=name, verdict="follows", root=roots[0], roots=roots, **fields)


def right(name: str, **more: Any) -> Finding:
    return Finding(name=name, verdict="right", **{"given": "9.0", "expected": 9.0, **more})


def shown(*findings: Finding, **options: Any) -> str:
    return str(Report("E", findings).view(**options))


def table(*findings: Finding, **options: Any) -> list[str]:
    return str(Report("E", findings).table(**options)).splitlines()


def in_a_terminal(report: Report, width: int, **options: Any) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, **options)
    console.print(report)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@cache
def pass_1() -> Report:
    facts = [(fact.term, fact.printed) for fact in claims.load("pass 1, backward")]
    return compare(loss(), facts, learning_rate=LEARNING_RATE)


# The story


def test_the_first_mistake_is_told_in_full_and_the_others_in_a_line_each() -> None:
    assert shown(
        right("E", line=1),
        wrong("dE_dH", quantity="dE/dH", line=12, causes=(BOTH,)),
        wrong("grad_w", quantity="dE/dw", line=14, causes=(SIGN,)),
        wrong("dE/dv", line=15),
        follows("dE/du", "dE_dH", line=16),
        follows("dE/dt", "dE_dH", line=17),
    ).splitlines()[:18] == [
        "6 of 6 lines judged",
        "1 right, 3 wrong, 2 following from these, 0 unchecked",
        "",
        "First mistake, line 12: dE_dH",
        "  given     -0.5",
        "  expected   0.25",
        "  cause     updated before reuse: w had been updated",
        "  → fix     keep a copy of w",
        "  and       wrong sign: the sign is wrong",
        "  → fix     change the sign",
        "  2 other lines follow from it",
        "",
        "Other mistakes:",
        "  line 14: grad_w: wrong sign: the sign is wrong",
        "  line 15: dE/dv: no cause found",
        "",
        "verdict  line  name    meaning   given   expected  error",
        "right       1  E                 9.0     9",
    ]


def test_a_single_mistake_is_not_called_the_first() -> None:
    text = shown(wrong("dE/dw", causes=(SIGN, ALIAS)), follows("dE/dv", "dE/dw"))
    assert "\nThe mistake: dE/dw\n" in text
    assert "\n  or        updated before reuse: w had been updated\n" in text
    assert "\n  1 other line follows from it\n" in text
    assert "Other mistakes" not in text


def test_where_nothing_is_wrong_there_is_no_story() -> None:
    assert shown(right("E")).splitlines()[1].startswith("verdict")


def test_the_meaning_of_a_name_is_told_where_the_name_does_not_say_it() -> None:
    assert "The mistake: grad_w (dE/dw)" in shown(wrong("grad_w", quantity="dE/dw"))
    assert "The mistake: dE_dw\n" in shown(wrong("dE_dw", quantity="dE/dw"))
    assert "The mistake: dE/dw\n" in shown(wrong(r"\text{grad}_{w}", quantity="dE/dw"))
    assert r"The mistake: \foo" in shown(wrong(r"\foo", quantity=""))


def test_mistakes_of_one_kind_that_follow_one_another_share_a_line() -> None:
    alike = [wrong(f"w_{n}", line=n, causes=(SIGN,)) for n in range(2, 9)]
    text = shown(wrong("E", line=1), *alike, wrong("v", line=9, causes=(SIGN,), part="pass 2"))
    assert "\n  lines 2 to 8: w_2, …, w_8: wrong sign: the sign is wrong\n" in text
    assert "\n  line 9: v: wrong sign: the sign is wrong\n" in text


def test_of_many_mistakes_the_first_are_told() -> None:
    text = shown(*[wrong(f"w_{n}", given=f"{n}") for n in range(20)])
    assert "\n  w_12: no cause found\n  and 7 more\n" in text


def test_a_worst_element_is_told_with_its_place() -> None:
    worst = WorstElement((0, 1), 5.0, 4.0, 1, 4)
    text = shown(wrong("dE/dw", given=np.ones((2, 2)), worst=worst, reason="1 of 4 elements wrong"))
    assert "\n  given      5 at [0,1]\n  expected   4 at [0,1]\n" in text
    assert "\n  note      1 of 4 elements wrong\n" in text


def test_the_statement_of_code_and_its_formula_are_told() -> None:
    text = shown(wrong("dw", given=0.5, where="dw = g * x", line=3, formula="2·(O − t)·x"))
    assert "\nThe mistake, line 3: dw\n  code      dw = g * x\n  that is   2·(O − t)·x\n" in text


# The table


def test_a_line_has_verdict_place_name_both_numbers_and_the_error_or_the_root() -> None:
    rows = table(
        right("E", line=7),
        wrong("dE/dw", line=12, reason="look again"),
        follows("dE/dv", "dE/dw", line=130),
        Finding(name="dE/dz", given="1", verdict="unchecked", reason="unknown name"),
        Finding(name="dx", given="1", verdict="ambiguous", reason="can mean dE/dx or dE/dX"),
    )
    assert rows == [
        "verdict    line  name    given   expected  error",
        "right         7  E       9.0     9",
        "wrong        12  dE/dw  -0.5     0.25      3",
        "           look again",
        "follows     130  dE/dv   1.5     1.25      from dE/dw",
        "unchecked        dE/dz   1",
        "           unknown name",
        "ambiguous        dx      1",
        "           can mean dE/dx or dE/dX",
    ]


def test_passes_cells_and_files_head_their_lines() -> None:
    rows = table(
        right("a", line=1, part="pass 1"),
        right("b", line=2, part="pass 2", where="cell 3"),
        right("c", line=5, part="pass 2", where="cell 3"),
    )
    assert [row.split()[0] for row in rows] == [
        "verdict",
        "pass",
        "right",
        "pass",
        "right",
        "right",
    ]
    assert rows[3] == "pass 2, cell 3"


def test_several_roots_are_named_as_the_view_calls_them() -> None:
    rows = table(wrong(r"H_{1}", quantity="H1"), follows("E", r"H_{1}", "b", "c"))
    assert rows[-1].endswith("from H1, b, …")


def test_numbers_that_differ_late_are_shown_in_full() -> None:
    E = (Value(3.0, "w") ** 2).named("E")
    claims_ = [("E", "9.0000000000001"), ("dE/dw", 6.0000000000001)]
    lines = str(compare(E, claims_).table()).splitlines()
    assert lines[1].split()[2:4] == ["9.0000000000001", "9.0"]
    assert lines[2].split()[2:4] == ["6.0000000000001", "6.0"]


def test_the_worst_element_stands_for_a_wrong_array() -> None:
    w = Value([1.0, 2.0], "w")
    E = ag.sum(w * w).named("E")
    report = compare(E, {"dE/dw": [2.0, 5.0], "w": np.array([1.0, 2.0])})
    lines = str(report.table()).splitlines()
    assert lines[1].split() == ["wrong", "dE/dw", "5", "4", "0.25"]
    assert lines[2].strip() == "1 of 2 elements wrong, by most [1]"
    assert lines[3].split("  ")[:1] == ["right"]
    assert lines[3].count("array (2,)") == 2


@pytest.mark.parametrize("given_", ["a text\n that is much too long to be a number", [1] * 100])
def test_what_was_given_is_shown_in_one_short_line(given_: Any) -> None:
    line = table(right("E", given=given_))[1]
    assert len(line) < 60
    assert "…" in line


def test_of_a_long_report_the_right_lines_are_counted() -> None:
    many = [right("E", line=line) for line in range(60)]
    assert len(table(*many)) == 61
    rows = table(
        *many, wrong("w"), follows("v", "w"), Finding(name="z", given=1, verdict="unchecked")
    )
    assert [row.split()[0] for row in rows] == ["verdict", "wrong", "follows", "(60"]
    assert rows[-1] == "(60 right and 1 unchecked lines are not listed)"
    assert len(table(*many, wrong("w"), all=True)) == 62
    assert len(shown(*many, wrong("w"), all=True).splitlines()) > 62


# In a terminal


def plain(text: str) -> list[str]:
    return re.sub("\x1b\\[[0-9;]*m", "", text).splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = plain(in_a_terminal(pass_1(), width))
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("27 right, 8 wrong")


def test_at_80_columns_names_and_roots_of_the_notebook_are_whole() -> None:
    lines = plain(in_a_terminal(pass_1(), 80))
    names = [line.split("  ", 2)[1].strip() for line in lines if line.startswith("follows")]
    assert names == [one.name for one in pass_1().findings if one.verdict == "follows"]
    assert sum("from dE/ds_1, …" in line for line in lines) == 8


def test_print_shows_what_a_terminal_of_80_columns_does() -> None:
    lines = plain(in_a_terminal(pass_1(), 80))
    assert str(pass_1()).splitlines() == [line.rstrip() for line in lines]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=4), st.integers(40, 90))
def test_no_name_or_reason_breaks_the_width(texts: list[str], width: int) -> None:
    findings = [
        wrong(text, reason=text, quantity=text, line=9, causes=(SIGN,), where="cell 10")
        for text in texts
    ]
    lines = [line for line, _ in report_lines(findings, [], width)]
    assert max(map(len, lines)) <= width
    assert not any("\n" in line for line in lines)


def test_a_wide_terminal_has_room_for_meanings_and_all_digits() -> None:
    report = Report("E", [wrong("grad_w", quantity="dE/dw", given="-0.12278436404679686")])
    assert "meaning" in in_a_terminal(report, 120)
    assert "-0.12278436404679686" in in_a_terminal(report, 120)


def test_a_terminal_shows_verdicts_in_colours() -> None:
    text = in_a_terminal(pass_1(), 80, color_system="standard")
    assert "\x1b[1;31m" in text  # wrong
    assert "\x1b[35m" in text  # follows


def test_names_are_text_and_not_the_markup_of_a_terminal() -> None:
    report = Report("E", [right("[bold]E[/bold]")])
    assert "[bold]E[/bold]" in in_a_terminal(report, 80, color_system=None)


# Hints


def test_a_nudge_says_where_to_look_and_not_what_is_wrong() -> None:
    missing = Cause("missing path", "the path over H2 is missing", 0.0, "add it")
    text = Report("E", [wrong("dE/dH1", line=12, causes=(missing,))]).hints()
    assert text == "Line 12: look at dE/dH1 again: is every path there?"


def test_the_second_hint_names_the_kinds() -> None:
    report = Report("E", [wrong("dE/dH1", line=12, causes=(BOTH,)), follows("w", "dE/dH1")])
    assert report.hints(2).splitlines() == [
        "Line 12: in dE/dH1, the mistakes are: updated before reuse and wrong sign.",
        "",
        "1 other line follows from this.",
    ]


def test_the_third_hint_is_the_whole_repair() -> None:
    text = Report("E", [wrong("dE/dw", causes=(SIGN,)), wrong("dE/dv", causes=(BOTH,))]).hints(3)
    assert text.startswith("1: dE/dw\n  given     -0.5\n  expected   0.25\n")
    assert "→ fix     change the sign" in text
    assert "→ fix     keep a copy of w" in text


def test_hints_one_and_two_give_no_number_away() -> None:
    for level in (1, 2):
        text = pass_1().hints(level)
        for finding in pass_1().roots:
            assert finding.name in text
            assert f"{finding.expected:.4g}" not in text.split()
        assert "stands in place" not in text


@pytest.mark.parametrize("level", [0, 4, "1"])
def test_there_are_three_levels_of_hints(level: Any) -> None:
    with pytest.raises(DataError, match="level"):
        pass_1().hints(level)


def test_where_nothing_is_wrong_the_hint_says_so() -> None:
    assert Report("E", [right("E")]).hints() == "Nothing is wrong."


# Markdown


def rows_of(text: str) -> list[list[str]]:
    """The cells of the table, of which an escaped bar is no border."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_markdown_has_the_mistakes_with_their_fixes_and_the_table() -> None:
    text = Report(
        "E", [right("E"), wrong("dE/dH", line=3, causes=(BOTH,)), follows("dE/dw", "dE/dH")]
    ).to_markdown()
    assert text.splitlines()[:5] == [
        "# The derivation of E",
        "",
        "1 of 1 line judged",
        "",
        "1 right, 1 wrong, 1 following from these, 0 unchecked",
    ]
    assert "\n1. **`dE/dH`** (line 3)\n   - given `-0.5`, expected `0.25`\n" in text
    assert (
        "\n   - **updated before reuse**: w had been updated\n     - fix: keep a copy of w\n"
        in text
    )
    assert "\n   - 1 other line follows from it\n" in text
    assert rows_of(text)[2:] == [
        ["right", "", "`E`", "9.0", "9", ""],
        ["**wrong**", "line 3", "`dE/dH`", "-0.5", "0.25", ""],
        ["follows", "", "`dE/dw`", "1.5", "1.25", "from dE/dH"],
    ]


def test_what_is_special_in_markdown_is_escaped() -> None:
    odd = Finding(
        name="a|b`c", given="2*(O | t) <b>", verdict="unchecked", reason="*no* _name_ | [x](y)"
    )
    text = Report("E_1", [odd]).to_markdown()
    assert text.startswith("# The derivation of E\\_1\n")
    (cells,) = rows_of(text)[2:]
    assert cells[2] == r"`` a\|b`c ``"
    assert cells[3] == r"2\*(O \| t) \<b\>"
    assert cells[5] == r"\*no\* \_name\_ \| \[x\](y)"


def test_markdown_of_a_long_report_counts_the_right_lines() -> None:
    report = Report("E", [right("E")] * 61)
    assert "61 right lines are not listed" in report.to_markdown().casefold()
    assert len(rows_of(report.to_markdown(all=True))) == 63


# HTML


class _Tags(HTMLParser):
    """Which tags are opened and closed, and the texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, _: Any) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_is_a_table_in_colours_with_every_text_as_text() -> None:
    odd = wrong('E<b>&"', given="<script>", reason="x < y", causes=(SIGN,))
    tags = _Tags()
    tags.feed(Report("E", [odd, right("E"), follows("w", 'E<b>&"')])._repr_html_())
    assert tags.open == []
    assert 'E<b>&"' in tags.texts
    assert "<script>" in tags.texts
    assert any("change the sign" in text for text in tags.texts)
    assert 'from E<b>&"' in tags.texts


def test_claims_from_cells_say_the_cell() -> None:
    claim = Claim(name="E", given="8.0", line=2, where="cell 3")
    report = compare((Value(3.0, "w") ** 2).named("E"), [claim])
    assert "cell 3, line 2: E" in str(report)
    assert "cell 3, line 2" in report._repr_html_()
    assert "cell 3, line 2" in report.to_markdown()
