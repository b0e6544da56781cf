"""What a report shows."""

import io
import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.hand.compare import compare
from autograd_lite.hand.report import Report
from models.notebook import claims, loss
from models.notebook.data import LEARNING_RATE


def report(*claims: tuple[str, Any]) -> Report:
    """E = w·w with w = 3, and y, whose local derivative by w is 0."""
    w = Value(3.0, "w")
    return compare((w * w).named("E"), claims, learning_rate=0.5)


def pass_1() -> Report:
    facts = [(fact.term, fact.printed) for fact in claims.load("pass 1, backward")]
    return compare(loss(), facts, learning_rate=LEARNING_RATE)


def terminal(width: int, **options: Any) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, **options)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_first_line_has_the_counts() -> None:
    found = report(("E", "9"), ("dE/dw", "5"), ("x", 1))
    assert str(found).splitlines()[0] == found.summary == "1 right, 1 wrong, 1 unchecked"
    assert repr(found) == "<Report on E: 1 right, 1 wrong, 1 unchecked>"


def test_the_table_has_a_line_for_each_claim_and_the_reasons_below() -> None:
    assert str(report(("E", "9.0"), ("dE/dw", -0.5), ("dw/dE", "0.25"), ("dE/dv", 1))) == (
        "1 right, 2 wrong, 1 unchecked\n"
        "verdict    name    given   expected  error\n"
        "right      E       9.0     9\n"
        "wrong      dE/dw  -0.5     6         1.1\n"
        "wrong      dw/dE   0.25    0         inf\n"
        "           w does not depend on E; upside down? dE/dw is 6\n"
        "unchecked  dE/dv   1\n"
        "           unknown name; nearest: dE/dw, dE/dE"
    )


def test_an_empty_report_is_its_summary() -> None:
    assert str(report()) == "0 right, 0 wrong, 0 unchecked"
    assert report().ok


def test_numbers_that_differ_late_are_shown_in_full() -> None:
    found = report(("E", "9.0000000000001"), ("dE/dw", 6.0000000000001))
    lines = str(found).splitlines()
    assert lines[2].split()[2:4] == ["9.0000000000001", "9.0"]
    assert lines[3].split()[2:4] == ["6.0000000000001", "6.0"]


def test_the_worst_element_stands_for_a_wrong_array() -> None:
    w = Value([1.0, 2.0], "w")
    E = ag.sum(w * w).named("E")
    lines = str(compare(E, {"dE/dw": [2.0, 5.0], "w": np.array([1.0, 2.0])})).splitlines()
    assert lines[2].split() == ["wrong", "dE/dw", "5", "4", "0.25"]
    assert lines[3].strip() == "1 of 2 elements wrong, by most [1]"
    assert lines[4].split("  ")[:1] == ["right"]
    assert lines[4].count("array (2,)") == 2


@pytest.mark.parametrize(
    "given", ["a text\n that is much too long to be a number", object(), [1] * 100]
)
def test_what_was_given_is_shown_in_one_short_line(given: Any) -> None:
    line = str(report(("E", given))).splitlines()[2]
    assert len(line) < 60
    assert "…" in line


def test_the_table_of_the_notebook_fits_a_terminal_of_80_columns() -> None:
    assert max(map(len, str(pass_1()).splitlines())) <= 80


def test_a_terminal_shows_the_same_table_in_colours() -> None:
    plain, coloured = terminal(200, color_system=None), terminal(200)
    for console in (plain, coloured):
        console.print(pass_1())
    assert written(plain) == f"{pass_1()}\n"
    assert "\x1b[" in written(coloured)


def test_names_are_text_and_not_the_markup_of_a_terminal() -> None:
    found = report(("[bold]E[/bold]", 1), ("E<b>&", 1))
    console = terminal(200, color_system=None)
    console.print(found)
    assert "[bold]E[/bold]" in written(console)
    assert "E&lt;b&gt;&amp;" in found._repr_html_()


def test_json_has_everything_and_is_strict() -> None:
    w = Value([1.0, 2.0], "w")
    E = ag.sum(w * w).named("E")
    claimed = {"dE/dw": np.array([2.0, np.nan]), "E": math.inf, "w": ["1", 2.5], "z": sys}
    content = json.loads(compare(E, claimed).to_json(), parse_constant=pytest.fail)
    assert {key: content[key] for key in ("output", "ok", "right", "wrong", "unchecked")} == {
        "output": "E",
        "ok": False,
        "right": 0,
        "wrong": 3,
        "unchecked": 1,
    }
    gradient, E_, w_, z = content["findings"]
    assert gradient == {
        "name": "dE/dw",
        "given": [2.0, "nan"],
        "quantity": "dE/dw",
        "verdict": "wrong",
        "expected": [2.0, 4.0],
        "error": "nan",
        "reason": "1 of 2 elements wrong, by most [1]",
        "worst": {"index": [1], "given": "nan", "expected": 4.0, "wrong": 1, "size": 2},
    }
    assert (E_["given"], E_["expected"], E_["error"]) == ("inf", 5.0, "inf")
    assert w_["given"] == ["1", 2.5]
    assert z["given"].startswith("<module")


def test_comparing_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report(("E", "9"))
    assert capsys.readouterr() == ("", "")


def test_comparing_and_its_text_do_not_load_rich() -> None:
    code = (
        "import sys, autograd_lite as ag\n"
        "from autograd_lite.hand.compare import compare\n"
        "print(compare(ag.Value(1.0, 'x').exp().named('E'), {'x': 1}))\n"
        "sys.exit('rich' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_constant_of_the_program_can_be_claimed() -> None:
    E = (Value(1.0, "w") - Constant(0.25, "t")).named("E")
    assert compare(E, {"t": "0.25", "dE/dt": -1}).ok
