"""What a report says: counts, roots, plain data; its views have their own tests."""

import json
import math
import subprocess
import sys
from functools import cache
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, GraphError, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.claims import Claim
from autograd_lite.check.compare import compare, compare_with
from autograd_lite.check.finding import Finding
from autograd_lite.check.report import Report
from models.notebook import claims, loss
from models.notebook.data import LEARNING_RATE


def report(*claims: tuple[str, Any]) -> Report:
    """E = w·w with w = 3, and y, whose local derivative by w is 0."""
    w = Value(3.0, "w")
    return compare((w * w).named("E"), claims, learning_rate=0.5)


@cache
def pass_1() -> Report:
    facts = [(fact.term, fact.printed) for fact in claims.load("pass 1, backward")]
    return compare(loss(), facts, learning_rate=LEARNING_RATE)


def test_the_first_line_has_the_counts() -> None:
    found = report(("E", "9"), ("dE/dw", "5"), ("x", 1))
    assert str(found).splitlines()[0] == found.summary == "1 right, 1 wrong, 1 unchecked"
    assert repr(found) == "<Report on E: 1 right, 1 wrong, 1 unchecked>"


def test_what_follows_or_is_ambiguous_is_counted_where_it_occurs() -> None:
    assert pass_1().summary == "27 right, 8 wrong, 36 following from these, 0 unchecked"
    x_1, x1 = Value(1.0, "x_1"), Value(2.0, "x1")
    found = compare((x_1 * x1).named("E"), {"dE/dX1": 2.0})
    assert found.summary == "0 right, 0 wrong, 1 ambiguous, 0 unchecked"


def test_an_empty_report_is_its_summary() -> None:
    assert str(report()) == "0 right, 0 wrong, 0 unchecked"
    assert report().ok
    assert report().roots == ()


def test_what_follows_from_a_mistake_is_not_ok() -> None:
    finding = Finding(name="E", given=1, verdict="follows", root="H")
    assert not Report("E", [finding]).ok


def test_the_roots_of_the_notebooks_first_pass_are_those_of_the_facts() -> None:
    roots = [root.name for root in pass_1().roots]
    assert roots == ["dE2/dO1", "dE1/dO2", "dE/dH1", "dE/dH2", *(f"dE/ds_{n}" for n in range(1, 5))]


def test_a_mistake_that_is_stated_again_is_one_root() -> None:
    found = report(("dE/dw", "5"), ("dE_dw", "5"), ("dE/dw", "-6"))
    assert found.count("wrong") == 3
    assert [root.given for root in found.roots] == ["5", "-6"]


def test_a_report_draws_itself_if_it_has_the_graph() -> None:
    graph = named_graph((Value(3.0, "w") ** 2).named("E"))
    findings = compare_with(graph, {"dE/dw": "5"}).findings
    assert "given 5" in Report("E", findings, graph=graph).draw().source
    with pytest.raises(GraphError, match="no graph to draw"):
        Report("E", findings).draw()


def test_notes_on_the_whole_are_in_every_view() -> None:
    found = Report("E", report(("E", "9")).findings, ["read as code"])
    assert "read as code" in str(found)
    assert "read as code" in found.to_markdown()
    assert "read as code" in found._repr_html_()
    assert found.as_dict()["notes"] == ["read as code"]


def test_json_has_everything_and_is_strict() -> None:
    w = Value([1.0, 2.0], "w")
    E = ag.sum(w * w).named("E")
    claimed = {"dE/dw": np.array([2.0, np.nan]), "E": math.inf, "w": ["1", 2.5], "z": 1j}
    content = json.loads(compare(E, claimed).to_json(), parse_constant=pytest.fail)
    gradient, E_, w_, z = content.pop("findings")
    counts = {"right": 0, "wrong": 3, "follows": 0, "ambiguous": 0, "unchecked": 1}
    lines = {"lines": 0, "judged": 0}
    assert content == {"output": "E", "ok": False, **counts, **lines, "notes": []}
    assert {key: gradient[key] for key in ("name", "given", "quantity", "verdict")} == {
        "name": "dE/dw",
        "given": [2.0, "nan"],
        "quantity": "dE/dw",
        "verdict": "wrong",
    }
    assert (gradient["expected"], gradient["error"]) == ([2.0, 4.0], "nan")
    worst = {"index": [1], "given": "nan", "expected": 4.0, "wrong": 1, "size": 2}
    assert gradient["worst"] == worst
    assert (E_["given"], E_["expected"], E_["error"]) == ("inf", 5.0, "inf")
    assert w_["given"] == ["1", 2.5]
    assert z["verdict"] == "unchecked"


def test_json_has_the_roots_the_causes_and_the_lines() -> None:
    claims_ = [Claim(name="dE/dw", given="-6", line=3, where="cell 2")]
    (finding,) = json.loads(compare((Value(3.0, "w") ** 2).named("E"), claims_).to_json())[
        "findings"
    ]
    assert (finding["line"], finding["where"], finding["part"]) == (3, "cell 2", "")
    (cause, *_) = finding["causes"]
    assert cause.keys() == {"kind", "sentence", "residual", "fix", "parts"}
    assert (cause["kind"], cause["residual"], cause["parts"]) == ("wrong sign", 0.0, [])
    found = {one["name"]: one for one in pass_1().as_dict()["findings"]}
    follows = found["dE/dw_1"]
    assert (follows["verdict"], follows["root"], follows["roots"]) == (
        "follows",
        "dE/dH1",
        ["dE/dH1"],
    )
    combined = found["dE/dH1"]["causes"][0]
    assert [part["kind"] for part in combined["parts"]] == [
        "updated before reuse",
        "wrong factor",
        "wrong factor",
    ]


def test_comparing_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report(("E", "9"))
    assert capsys.readouterr() == ("", "")


def test_comparing_and_its_text_do_not_load_rich() -> None:
    code = (
        "import sys, autograd_lite as ag\n"
        "from autograd_lite.check.compare import compare\n"
        "print(compare(ag.Value(1.0, 'x').exp().named('E'), {'x': 1}))\n"
        "sys.exit('rich' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_constant_of_the_program_can_be_claimed() -> None:
    E = (Value(1.0, "w") - Constant(0.25, "t")).named("E")
    assert compare(E, {"t": "0.25", "dE/dt": -1}).ok
