"""The picture of a report: each verdict in its colour, at the node or edge that it is about."""

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from dot import texts

import autograd_lite as ag
from autograd_lite import Constant, GraphTooLargeError, Value
from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.claims import Claim
from autograd_lite.check.compare import compare_with
from autograd_lite.check.finding import Finding
from autograd_lite.check.views.drawing import COLOURS, draw_findings, marks_of
from autograd_lite.draw import style
from autograd_lite.draw.scene import Mark, Marks, Note, Scene
from models.notebook import claims, loss
from models.notebook.data import LEARNING_RATE

RIGHT, WRONG, FOLLOWS = (COLOURS[verdict] for verdict in ("right", "wrong", "follows"))


def neuron() -> NamedGraph:
    """E = (w·x − t)² at w = 3, x = 2, t = 1: y = 6, E = 25, dE/dy = 10, dE/dw = 20."""
    x, w, t = Constant(2.0, "x"), Value(3.0, "w"), Constant(1.0, "t")
    y = (w * x).named("y")
    return named_graph(((y - t) ** 2).named("E"))


def marks(graph: NamedGraph, claimed: Any, learning_rate: float | None = None) -> Marks:
    return marks_of(graph, compare_with(graph, claimed, learning_rate=learning_rate).findings)


@functools.cache
def notebook() -> NamedGraph:
    return named_graph(loss())


@functools.cache
def pass_1() -> tuple[Finding, ...]:
    """The findings on the notebook's first backward pass."""
    facts = [(fact.term, fact.printed) for fact in claims.load("pass 1, backward")]
    return compare_with(notebook(), facts, learning_rate=LEARNING_RATE).findings


# Where a verdict stands


def test_a_value_a_gradient_and_an_updated_weight_are_marked_at_their_node() -> None:
    found = marks(neuron(), {"y": "6.0", "dE/dw": "-20.0", "w updated": "1.0"}, 0.1)
    assert found.values == {"y": Mark(RIGHT)}
    assert found.gradients == {"w": Mark(WRONG, "given −20")}
    assert found.further == {"w": [Note("updated 1", RIGHT)]}
    assert found.edges == {}


def test_a_local_derivative_is_marked_at_its_edge() -> None:
    found = marks(neuron(), {"dy/dw": "3.0"})
    assert found.edges == {("y", "w"): Mark(WRONG, "given 3")}
    assert found.gradients == {}


def test_the_derivative_of_the_result_by_its_own_operand_is_edge_and_gradient() -> None:
    found = marks(neuron(), {"dE/dy": "10.0"})
    assert found.edges == {("E", "y"): Mark(RIGHT)}
    assert found.gradients == {"y": Mark(RIGHT)}


def test_a_local_derivative_beside_other_paths_is_no_gradient() -> None:
    x = Value(2.0, "x")  # y = x²·x: locally x² = 4, over all paths 3x² = 12
    graph = named_graph(((x * x).named("h") * x).named("y"))
    local, total = marks(graph, {"dy/dx": "4"}), marks(graph, {"dy/dx": "12"})
    assert (local.edges, local.gradients) == ({("y", "x"): Mark(COLOURS["ambiguous"])}, {})
    assert (total.edges, total.gradients) == ({}, {"x": Mark(RIGHT)})


def test_what_follows_says_from_what_by_the_names_of_the_graph() -> None:
    found = marks(neuron(), {"dE_dy": "12.0", "dE_dw": "24.0"})
    assert found.gradients["w"] == Mark(FOLLOWS, "given 24 ← dE/dy")


def test_what_has_no_place_in_the_picture_is_told_below_if_it_is_wrong() -> None:
    graph = notebook()
    found = marks(graph, {"dE2/dO1": "-0.65", "dE1/dH1": "0.5", "dO1/dw_10": "0.1894"})
    first, second = found.below
    assert first.text.startswith("dE2/dO1 = 0, given −0.65: E2 does not depend on O1")
    assert second.text.startswith("dE1/dH1 = 0.22536, given 0.5")
    assert {note.color for note in found.below} == {WRONG}


def test_the_elements_of_an_array_are_marked_one_by_one() -> None:
    w = Value([1.0, 2.0], "w")
    graph = named_graph(ag.sum(w * w).named("E"))
    found = marks(graph, {"w": [1.0, 2.0], "dE/dw": ["2.0", "5.0"]})
    assert found.values == {"w[0]": Mark(RIGHT), "w[1]": Mark(RIGHT)}
    assert found.gradients == {"w[0]": Mark(RIGHT), "w[1]": Mark(WRONG, "given 5")}


def test_a_jacobian_and_its_diagonal_are_marked_at_the_edges() -> None:
    net = Value([0.5, -0.5], "net")
    graph = named_graph(ag.sum(ag.tanh(net).named("h")).named("E"))
    slope = 1 - np.tanh(0.5) ** 2
    for claimed in ([slope, 2.0], [[slope, 0.0], [0.0, 2.0]]):
        found = marks(graph, {"dh/dnet": claimed})
        assert found.edges["h[0]", "net[0]"] == Mark(RIGHT)
        assert found.edges["h[1]", "net[1]"] == Mark(WRONG, "given 2")


def test_a_formula_is_shown_as_it_was_given() -> None:
    found = marks(neuron(), {"dE/dy": "2*(y + t)"})
    assert found.gradients["y"] == Mark(WRONG, "given 2*(y + t)")
    for long in (r"2 \cdot (y + t)", "2*(y + t)*(y + t)/(y + t)"):
        assert marks(neuron(), {"dE/dy": long}).gradients["y"].note == "given another formula"


def test_of_a_formula_and_a_number_that_are_both_wrong_the_number_is_shown() -> None:
    found = marks(neuron(), [("dE/dy", "2*(y + t)"), ("dE/dy", "14.0")])
    assert found.gradients["y"].note.startswith("given 14")


def test_the_gravest_of_several_verdicts_on_a_quantity_counts() -> None:
    for claimed in ([("y", "6.0"), ("y", "7.0")], [("y", "7.0"), ("y", "6.0")]):
        assert marks(neuron(), claimed).values["y"] == Mark(WRONG, "given 7")


def test_data_in_a_table_are_not_marked() -> None:
    x = Constant(np.arange(9.0), "x")
    graph = named_graph(ag.sum(x * Value(2.0, "w")).named("E"))
    found = marks(graph, [("x[1]", 1.0), ("x[2]", 3.0)])
    assert found.values == {}
    assert [note.text.split(":")[0] for note in found.below] == ["x[2] = 2, given 3"]


def test_of_several_passes_the_first_is_drawn_and_the_picture_says_so() -> None:
    w = Value(3.0, "w")
    graph = named_graph((w * w).named("E"))
    rows = [("E", "9.0"), ("w updated", "2.4"), ("E", "5.76"), ("dE/dw", "5.0")]
    claimed = [Claim(name=name, given=given, line=1) for name, given in rows]
    found = marks(graph, claimed, 0.1)
    assert found.values == {"E": Mark(RIGHT)}
    assert found.gradients == {}
    assert found.below[-1].text == "pass 1 only; at other weights: pass 2"


def test_unknown_names_are_not_marked() -> None:
    assert list(marks(neuron(), {"unheard": 1}).of("w")) == []


# What the picture shows


def test_verdicts_colour_lines_of_nodes_borders_and_edges() -> None:
    graph = neuron()
    claimed = {"y": "6.0", "dy/dw": "3.0", "dE/dw": "-20.0"}
    source = draw_findings(graph, compare_with(graph, claimed).findings).source
    lines = {name: line for line in source.splitlines() for name in "wyt" if f">{name} = " in line}
    colors = {name: re.findall(r' color="(#\w+)"', line) for name, line in lines.items()}
    assert colors == {"w": [WRONG], "y": [RIGHT], "t": [style.FAINT]}
    assert f'<FONT COLOR="{WRONG}">given −20</FONT>' in lines["w"]
    assert f'<FONT COLOR="{style.INK}">grad 20</FONT>' in lines["w"]
    (edge,) = [line for line in source.splitlines() if r"x\n2, given 3" in line]
    assert f'color="{WRONG}" fontcolor="{WRONG}"' in edge
    assert source.count(" -> ") == 1 + source.count(f'color="{style.FAINT}" fontcolor=')


def test_the_legend_explains_the_colours_that_occur() -> None:
    graph = neuron()
    source = draw_findings(graph, compare_with(graph, {"y": "6.0"}).findings).source
    assert re.findall(r'verdict\d \[label="?(not claimed|\w+)', source) == ["right", "not claimed"]
    shown = texts(draw_findings(notebook(), pass_1()).source)
    for words in ("wrong: what was given is beside what is right", "right", "not claimed"):
        assert words in shown


def test_gradients_are_shown_though_the_program_has_computed_none() -> None:
    shown = texts(draw_findings(notebook(), pass_1()).source)
    assert "grad 0.157146" in shown  # dE/dH1
    assert "given 0.353236" in shown
    assert all(value.grad is None for value in notebook().names)


def test_every_wrong_number_of_the_notebooks_first_pass_is_in_the_picture() -> None:
    graph = notebook()
    findings = pass_1()
    shown = " ".join(texts(draw_findings(graph, findings).source)).replace("−", "-")
    numbers = np.array(re.findall(r"given (-?[\d.]+)", shown), float)
    for finding in findings:
        if finding.verdict in ("wrong", "follows"):
            given = float(finding.given)
            assert (abs(numbers / given - 1) < 1e-5).any(), finding.name


def test_without_marks_every_line_has_one_colour() -> None:
    scene = Scene(neuron())
    assert scene.lines("w") == ["w = 3", "grad 20"]
    assert {note.color for note in scene.notes("w")} == {style.INK}


def test_odd_names_are_text_in_a_marked_picture() -> None:
    x = Value(2.0, "<b>&")
    graph = named_graph((x * 3.0).named("y"))
    shown = texts(draw_findings(graph, compare_with(graph, {"y": "7.0"}).findings).source)
    assert "<b>& = 2" in shown


def test_a_large_graph_is_refused() -> None:
    graph = named_graph(ag.sum(Value(np.ones(50), "w") * 2.0).named("E"))
    with pytest.raises(GraphTooLargeError, match="limit=51"):
        draw_findings(graph, compare_with(graph, {"E": 100.0}).findings, limit=20)


def test_an_empty_report_draws_the_graph_in_grey() -> None:
    assert WRONG not in draw_findings(neuron(), []).source


def test_the_picture_of_the_notebooks_first_pass(golden: Callable[[str, str], None]) -> None:
    graph = notebook()
    golden("notebook_compared.dot", draw_findings(graph, pass_1()).source)
