"""Rubrics: what they may say, what is refused, and what an answer earns, worked out by hand."""

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.chain.graph import named_graph
from autograd_lite.check import causes
from autograd_lite.check.finding import KINDS, Cause, Finding, Verdict, WorstElement
from autograd_lite.check.grade.marks import Marker, Rubric, read_rubric
from autograd_lite.check.grade.table import Row
from autograd_lite.check.names import Vocabulary
from autograd_lite.errors import ClaimError


def marker(content: dict[str, Any]) -> Marker:
    """E = h², h = w·x with two weights of its own names and a bias."""
    w = ag.Value([1.0, 2.0], "w", names=["w_1", "w_2"])
    b = ag.Value(0.5, "b")
    x = ag.Constant([3.0, 4.0], "x")
    h = ((w * x).sum() + b).named("h")
    graph = named_graph((h * h).named("E"))
    return Marker(graph, Vocabulary(graph), Rubric.of(content))


def finding(quantity: str, verdict: Verdict = "right", kind: str = "", **more: Any) -> Finding:
    found = (Cause(kind, "a sentence", 0.0, "a fix"),) if kind else ()
    return Finding(
        name=quantity, given=1.0, quantity=quantity, verdict=verdict, causes=found, **more
    )


def earned(content: dict[str, Any], *findings: Finding) -> dict[str, tuple[float, float]]:
    return {item.quantity: item[1:3] for item in marker(content).items(findings)}


# What a rubric asks for


def test_without_a_rubric_every_gradient_of_a_weight_is_worth_1() -> None:
    assert earned({}) == dict.fromkeys(["dE/dw_1", "dE/dw_2", "dE/db"], (1.0, 0.0))


def test_without_a_rubric_other_gradients_count_if_they_are_claimed() -> None:
    found = earned({}, finding("dE/dh"), finding("dh/dw_1"), finding("h"), finding("dE/dx[0]"))
    assert found == {
        "dE/dw_1": (1.0, 0.0),
        "dE/dw_2": (1.0, 0.0),
        "dE/db": (1.0, 0.0),
        "dE/dh": (1.0, 1.0),
    }


def test_a_pattern_gives_its_points_to_each_that_it_matches() -> None:
    found = earned({"points": {"dE/dw_?": 2, "d*/db": 3}})
    assert found == {
        "dE/dw_1": (2.0, 0.0),
        "dE/dw_2": (2.0, 0.0),
        "dE/db": (3.0, 0.0),
        "dh/db": (3.0, 0.0),
    }


def test_an_array_shares_its_points() -> None:
    found = earned({"points": {"dE/dw": 3}}, finding("dE/dw_2"))
    assert found == {"dE/dw_1": (1.5, 0.0), "dE/dw_2": (1.5, 1.5)}


def test_the_last_line_that_fits_counts() -> None:
    found = earned({"points": {"dE/d*": 1, "dE/dw_2": 5, "dE/dh": 0}})
    assert [found[name][0] for name in ("dE/dw_1", "dE/dw_2", "dE/dh")] == [1, 5, 0]


def test_values_and_updated_weights_have_points_too() -> None:
    found = earned({"points": {"h": 1, "w_? updated": 2, "x[0]": 1}}, finding("w_2 updated"))
    assert found == {
        "h": (1.0, 0.0),
        "w_1 updated": (2.0, 0.0),
        "w_2 updated": (2.0, 2.0),
        "x[0]": (1.0, 0.0),
    }


def test_the_total_scales_the_points() -> None:
    # 1 + 1 + 2 points become 10: 2.5 each, and 5.
    found = earned({"total": 10, "points": {"dE/dw_?": 1, "dE/db": 2}}, finding("dE/db"))
    assert found == {"dE/dw_1": (2.5, 0.0), "dE/dw_2": (2.5, 0.0), "dE/db": (5.0, 5.0)}


def test_points_of_nothing_but_zeros_stay_so() -> None:
    assert earned({"total": 10, "points": {"dE/db": 0}}) == {"dE/db": (0.0, 0.0)}


# What an answer earns


@pytest.mark.parametrize(
    ("content", "verdict", "kind", "share"),
    [
        ({}, "right", "", 1),
        ({}, "follows", "", 1),
        ({}, "wrong", "", 0),
        ({}, "ambiguous", "", 0),
        ({}, "unchecked", "", 0),
        ({"credit": {"follows": 0.75}}, "follows", "", 0.75),
        ({"credit": {"follows": 0.75}}, "follows", "wrong sign", 0.75),
        ({"credit": {"wrong": 0.25}}, "wrong", "", 0.25),
        ({"credit": {"wrong": 0.25}}, "wrong", "wrong sign", 0.25),
        ({"mistakes": {"wrong sign": 0.5}}, "wrong", "wrong sign", 0.5),
        ({"mistakes": {"wrong sign": 0.5}}, "wrong", "missing path", 0),
        ({"mistakes": {"wrong sign": 0.5}}, "wrong", "wrong sign + missing path", 0),
        (
            {"mistakes": {"wrong sign": 0.5, "missing path": 0.25}},
            "wrong",
            "wrong sign + missing path",
            0.25,
        ),
        ({"credit": {"unchecked": 1}}, "unchecked", "", 1),
    ],
)
def test_the_share_of_an_answer(
    content: dict[str, Any], verdict: Verdict, kind: str, share: float
) -> None:
    content = {"points": {"dE/db": 4}} | content
    assert earned(content, finding("dE/db", verdict, kind)) == {"dE/db": (4.0, 4.0 * share)}


def test_the_likeliest_cause_decides() -> None:
    one, other = (Cause(kind, "", 0.0, "") for kind in ("wrong sign", "missing path"))
    both = Finding(name="b", given=1, verdict="wrong", quantity="dE/db", causes=(one, other))
    assert Rubric.of({"mistakes": {"missing path": 1}}).share(both) == 0
    assert Rubric.of({"mistakes": {"wrong sign": 1}}).share(both) == 1


def test_the_right_elements_of_a_wrong_array_earn_theirs() -> None:
    # One of two elements is wrong, by its sign: (1 + 0.5)/2 of 4 points for each half of the array.
    worst = WorstElement((1,), 1.0, 2.0, wrong=1, size=2)
    wrong = finding("dE/dw", "wrong", "wrong sign", worst=worst)
    content = {"points": {"dE/dw": 4}, "mistakes": {"wrong sign": 0.5}}
    assert earned(content, wrong) == {"dE/dw_1": (2.0, 1.5), "dE/dw_2": (2.0, 1.5)}


def test_a_quantity_that_is_claimed_again_earns_the_mean() -> None:
    twice = finding("dE/db"), finding("dE/db", "wrong")
    assert earned({"points": {"dE/db": 4}}, *twice) == {"dE/db": (4.0, 2.0)}
    (item,) = marker({"points": {"dE/db": 4}}).items(twice)
    assert item.answers == 2


def test_an_ambiguous_name_answers_what_it_can_mean() -> None:
    ambiguous = Finding(name="db", given=1.0, verdict="ambiguous")
    (item,) = marker({"points": {"dE/db": 4}}).items([ambiguous])
    assert (item.answers, item.earned) == (1, 0)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["right", "follows", "wrong", "unchecked"]), max_size=4))
def test_nobody_earns_more_than_there_is(verdicts: list[Verdict]) -> None:
    items = marker({}).items([finding("dE/dw", verdict) for verdict in verdicts])
    assert all(0 <= item.earned <= item.points for item in items)


# What is refused


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"point": {"dE/dw": 1}}, "'point' is not a part of a rubric; did you mean 'points'"),
        ({"points": 3}, "points is 3; give a table"),
        ({"points": {"dE/db": -1}}, "points: 'dE/db' is -1; give a number of points, at least 0"),
        ({"points": {"dE/db": "1"}}, "points: 'dE/db' is '1'"),
        ({"points": {"dE/db": True}}, "points: 'dE/db' is True"),
        ({"points": {"dE/db": float("nan")}}, "points: 'dE/db' is nan"),
        ({"points": {"dE/dw_7": 1}}, "'dE/dw_7' is no quantity of the program; nearest: dE/dw"),
        ({"points": {"dE/dq*": 1}}, "the pattern 'dE/dq.' matches no quantity"),
        ({"credit": {"folows": 1}}, "'folows' is not a verdict; did you mean 'follows'"),
        ({"credit": {"follows": 50}}, "credit: 'follows' is 50; give the share of the points"),
        ({"credit": {"follows": "all"}}, "credit: 'follows' is 'all'"),
        ({"mistakes": {"wrong sing": 1}}, "'wrong sing' is not a kind of mistake; did you mean"),
        ({"mistakes": {"laziness": 1}}, "'laziness' is not a kind of mistake; give another quan"),
        ({"mistakes": {"wrong sign": 2}}, "mistakes: 'wrong sign' is 2; give the share"),
        ({"total": [20]}, r"total is \[20\]; give a number of points"),
    ],
)
def test_a_bad_rubric_is_refused_with_its_line(content: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        marker(content)


def test_a_rubric_is_a_mapping() -> None:
    with pytest.raises(ClaimError, match=r"rubric=\[\]: give the tables"):
        Rubric.of([])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("rubric.yaml", "points: 1", "the suffix of a rubric has to be .toml or .json"),
        ("rubric.toml", "points", "rubric.toml: Expected '='"),
        ("rubric.json", "{", "rubric.json: Expecting property name"),
        ("rubric.json", "[1]", "rubric.json: rubric="),
        ("rubric.json", "[" * 100_000, "rubric.json: is nested too deeply"),
        ("rubric.toml", "[credit]\nwrong = 7", "rubric.toml: credit: 'wrong' is 7"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ClaimError, match=message):
        read_rubric(tmp_path / name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match="No such file"):
        read_rubric(tmp_path / "rubric.toml")


def test_a_rubric_is_read_from_both_forms(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('total = 20\n[points]\n"dE/db" = 1\n[credit]\nfollows = 0.5\n')
    (tmp_path / "a.json").write_text(
        '{"total": 20, "points": {"dE/db": 1}, "credit": {"follows": 0.5}}'
    )
    assert read_rubric(tmp_path / "a.toml") == read_rubric(tmp_path / "a.json")


def test_every_kind_of_mistake_that_the_search_names_can_stand_in_a_rubric() -> None:
    named = {
        node.args[0].value
        for path in Path(causes.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"Cause", "Fault", "_cause"}
        and isinstance(node.args[0], ast.Constant)
    }
    assert "wrong sign" in named
    assert named <= set(KINDS)


# Deductions


def test_points_are_deducted_once_for_a_mistake_in_however_many_numbers() -> None:
    content = {"points": {"dE/dw_*": 2}, "deductions": {"wrong sign": 0.5, "any": 1}}
    signs = [finding(f"dE/dw_{number}", "wrong", "wrong sign") for number in (1, 2)]
    assert earned(content, *signs) == {
        "dE/dw_1": (2, 2),
        "dE/dw_2": (2, 2),
        "wrong sign: dE/dw_1, dE/dw_2": (0, -0.5),
    }
    apart = [signs[0], finding("dE/dw_2", "wrong", "missing path")]
    assert earned(content, *apart)["missing path: dE/dw_2"] == (0, -1)
    unexplained = finding("dE/dw_2", "wrong")
    assert earned(content, unexplained)["mistake: dE/dw_2"] == (0, -1)


def test_of_a_combination_the_dearest_counts_and_what_costs_nothing_earns_nothing() -> None:
    content = {"deductions": {"wrong sign": 0.5, "constant factor": 0.75}}
    both = finding("dE/dw_1", "wrong", "wrong sign + constant factor")
    assert earned(content, both)["wrong sign + constant factor: dE/dw_1"] == (0, -0.75)
    assert earned(content, finding("dE/dw_1", "wrong", "missing path"))["dE/dw_1"] == (1, 0)


def test_deductions_take_no_more_than_there_is() -> None:
    marked = marker({"deductions": {"any": 9}}).items([finding("dE/dw_1", "wrong")])
    assert Row(name="anna.md", items=tuple(marked)).points == 0


@pytest.mark.parametrize(
    ("deductions", "message"),
    [
        ({"sign": 1}, "'sign' is not a kind of mistake"),
        ({"any": -1}, "at least 0"),
        ({"any": "much"}, "give a number of points"),
        (3, "give a table"),
    ],
)
def test_deductions_that_are_none_are_refused(deductions: object, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        Rubric.of({"deductions": deductions})
