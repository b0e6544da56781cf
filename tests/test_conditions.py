"""A line that says where it holds is judged if that is where the graph is."""

from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.finding import Finding


def half() -> Value:
    """r = max(0, w·x), E = r²; w = 3, x = 2: dE/dw = 24."""
    w, x = Value(3.0, "w"), Constant(2.0, "x")
    r = ag.relu((w * x).named("z")).named("r")
    square: Value = r * r
    return square.named("E")


def found(tmp_path: Path, text: str) -> list[Finding]:
    path = tmp_path / "mine.md"
    path.write_text(text, encoding="utf-8")
    return list(ag.compare(half(), path).findings)


@pytest.mark.parametrize(
    "line",
    [
        "dE/dw = {} for w = 3",
        "For w = 3: dE/dw = {}",
        "at w = 3.0, dE/dw = {}",
        "$\\frac{{dE}}{{dw}} = {}$ for $w = 3$",
        "dE/dw = {} when z > 0",
        "dE/dw = {} if z ≥ 0",
        "dE/dw = {} at the point (w = 3, x = 2)",
        "dE/dw = {} at this point",
        "dE/dw = {} for all i",
        "dE/dw = {} for i = 1..3",
        "dE/dw = {} for each example",
        "dE/dw = {} for any k",
        "dE/dw = {} before the update",
        "dE/dw = {} for the weight",
        "dE/dw = {} at layer 1",
        "dE/dw = {} for neuron 2",
        "dE/dw = {} when we differentiate",
        "dE/dw = {} after simplifying",
    ],
)
def test_a_condition_that_is_true_is_satisfied(tmp_path: Path, line: str) -> None:
    assert [one.verdict for one in found(tmp_path, line.format(24))] == ["right"]
    assert [one.verdict for one in found(tmp_path, line.format(25))] == ["wrong"]


@pytest.mark.parametrize(
    "line",
    [
        "dE/dw = {} for w = 5",
        "For w = 3.1: dE/dw = {}",
        "at x = 1, dE/dw = {}",
        "dE/dw = {} when z < 0",
        "dE/dw = {} if z ≤ 0",
        "dE/dw = {} at the point (w = 3, x = 1)",
        "dE/dw = {} after 100 epochs",
        "dE/dw = {} at epoch 10",
        "dE/dw = {} for the second sample",
        "dE/dw = {} otherwise",
        "dE/dw = {} for alpha = 0.1",
    ],
)
def test_what_holds_elsewhere_is_unchecked_with_the_reason(tmp_path: Path, line: str) -> None:
    for number in (24, 0):
        (finding,) = found(tmp_path, line.format(number))
        assert finding.verdict == "unchecked"
        assert finding.reason.startswith("holds ")


def test_words_that_are_not_understood_never_make_a_line_wrong(tmp_path: Path) -> None:
    assert [one.verdict for one in found(tmp_path, "dE/dw = 24 when saturated")] == ["right"]
    assert [one.verdict for one in found(tmp_path, "dE/dw = 0 when saturated")] == ["unchecked"]


@pytest.mark.parametrize("line", ["dE/dw ∝ x", "$\\frac{dE}{dw} \\propto w$"])
def test_what_is_proportional_is_unchecked(tmp_path: Path, line: str) -> None:
    (finding,) = found(tmp_path, line)
    assert finding.verdict == "unchecked"
    assert "proportional" in finding.reason


def test_a_condition_holds_for_its_line_only(tmp_path: Path) -> None:
    text = "dE/dw = 7 after 3 epochs\n\ndE/dx = 36"
    assert [one.verdict for one in found(tmp_path, text)] == ["unchecked", "right"]
