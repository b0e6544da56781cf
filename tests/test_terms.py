"""Local derivatives between named values, each as formula and as number."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from notebook_by_plain_python import notebook, notebook_terms
from programs.named import PROGRAMS

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import Term, named_graph
from autograd_lite.errors import DataError, NameLookupError
from autograd_lite.op import REGISTRY
from models.notebook import loss


def by_ends(found: list[Term]) -> dict[tuple[str, str], Term]:
    result = {(term.child, term.parent): term for term in found}
    assert len(result) == len(found)
    return result


def test_the_terms_of_the_notebook_are_those_that_it_derives_and_no_others() -> None:
    assert by_ends(ag.terms(loss())).keys() == notebook_terms().keys()


def test_the_terms_of_the_notebook_have_its_formulas_and_numbers() -> None:
    found = by_ends(ag.terms(loss()))
    for ends, (text, value) in notebook_terms().items():
        assert found[ends].formula == text, ends
        # 1 − s_4 costs s_4 a factor of 46 in precision; its last bits are the processor's exp.
        assert found[ends].value == pytest.approx(value, rel=1e-13, abs=0), ends


def test_the_values_and_definitions_of_the_notebook() -> None:
    graph = named_graph(loss())
    value, _ = notebook()
    assert set(graph.elements) == set(value)
    for name, number in value.items():
        assert graph.value(name) == pytest.approx(number, rel=1e-14, abs=0)
    assert str(graph.definition("net_O1")) == "w_9·H1 + w_10·H2"
    assert str(graph.definition("s_1")) == "σ(F_1)"
    assert str(graph.definition("E1")) == "(O1 − t1)²"
    assert str(graph.definition("F_1")) == "max(fm[0,0], fm[0,1], fm[1,0], fm[1,1])"


def test_results_come_before_what_they_were_computed_from() -> None:
    found = ag.terms(loss())
    position = {name: place for place, name in enumerate(named_graph(loss()).elements)}
    assert all(position[term.child] > position[term.parent] for term in found)
    assert [(term.child, term.parent) for term in found[:2]] == [("E", "E1"), ("E", "E2")]
    assert found[-1].child.startswith("fm")


def test_a_term_is_written_as_an_equation() -> None:
    term = by_ends(ag.terms(loss()))["O1", "net_O1"]
    O1 = notebook()[0]["O1"]
    assert str(term) == f"∂O1/∂net_O1 = O1·(1 − O1) = {O1 * (1 - O1):.6g}"
    assert term.latex == (
        r"\frac{\partial O_{1}}{\partial \mathrm{net}_{\mathrm{O1}}}"
        r" = O_{1} \cdot \left(1 - O_{1}\right)"
    )
    assert str(by_ends(ag.terms(loss()))["E", "E1"]) == "∂E/∂E1 = 1"


# Every program: the terms are the partial derivatives of the formulas.


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_term_is_the_slope_of_the_definition_of_its_child(program: Callable[[], Value]) -> None:
    graph = named_graph(program())
    values = {name: graph.value(name) for name in graph.elements}
    checked: set[tuple[str, ...]] = set()
    for term in graph.terms:
        kind = (graph.elements[term.child].layer, graph.elements[term.parent].layer)
        if kind in checked:  # one of each pair of layers
            continue
        checked.add(kind)
        step = 1e-6 * max(1.0, abs(values[term.parent]))
        definition = graph.definition(term.child)
        ends = [
            definition.evaluate({**values, term.parent: values[term.parent] + sign * step})
            for sign in (1, -1)
        ]
        slope = (ends[0] - ends[1]) / (2 * step)
        assert term.value == pytest.approx(slope, rel=1e-5, abs=1e-8), term
        own = {**values, term.child: graph.value(term.child)}
        assert term.expression.evaluate(own) == pytest.approx(term.value, rel=1e-12, abs=1e-15)


# Contraction.


def test_what_is_not_named_is_contracted() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    inner = a * b
    y = (inner * a + inner).named("y")
    del inner
    (by_a, by_b) = sorted(ag.terms(y), key=lambda term: term.parent)
    assert (by_a.formula, by_a.value) == ("(a + 1)·b + a·b", 15.0)
    assert (by_b.formula, by_b.value) == ("(a + 1)·a", 6.0)


def test_an_unnamed_value_that_is_used_often_is_contracted_into_each_use() -> None:
    x = Value(2.0, "x")
    half = x / 2.0
    p, q = ag.exp(half).named("p"), (half**2).named("q")
    del half
    found = by_ends(ag.terms((p + q).named("y")))
    assert found["p", "x"].formula == "0.5·p"
    assert found["q", "x"].formula == "x / 2"
    assert found["q", "x"].value == 1.0


def test_a_mean_has_fractions_in_its_formula() -> None:
    x, t = Value([1.0, 2.0, 4.0], "x"), Constant([0.0, 0.0, 1.0], "t")
    found = by_ends(ag.terms(ag.mean_squared_error(x, t).named("L")))
    assert found["L", "x[2]"].formula == "(2 / 3)·(x[2] − t[2])"
    assert found["L", "x[2]"].value == pytest.approx(2.0, rel=1e-15)


def test_a_formula_that_would_be_too_long_gets_a_name() -> None:
    x = Value(np.linspace(0.1, 0.9, 9), "x")
    y = ag.tanh(ag.exp((x * x).sum()) * 0.001).named("y")
    graph = named_graph(y)
    assert [name for name in graph.elements if name.startswith("aux")] == ["aux1"]
    found = by_ends(graph.terms)
    assert found["y", "aux1"].formula == "0.001·(1 − y²)"
    assert found["aux1", "x[3]"].formula == "2·aux1·x[3]"
    assert str(graph.definition("aux1")).startswith("exp(x[0]² + x[1]² + x[2]²")


def test_a_long_formula_that_no_derivative_repeats_gets_no_name() -> None:
    x = Value(np.linspace(0.1, 0.9, 30), "x")
    w = Value(np.linspace(-1.0, 1.0, 30), "w")
    graph = named_graph((ag.sigmoid(w @ x).named("y") + (x * x).mean()).named("L"))
    assert not [name for name in graph.elements if name.startswith("aux")]
    found = by_ends(graph.terms)
    assert found["y", "w[3]"].formula == "y·(1 − y)·x[3]"
    assert found["L", "x[3]"].formula == "(1 / 15)·x[3]"


def test_a_name_for_a_long_formula_is_one_that_is_free() -> None:
    s = Value(np.linspace(0.1, 0.9, 9), "s", names=[f"aux{n}" for n in range(1, 10)])
    graph = named_graph((ag.exp((s * s).sum()) ** 2).named("y"))
    assert list(graph.elements)[9:] == ["aux10", "y"]


def test_no_formula_explodes() -> None:
    x = Value(0.5, "x")
    y = x
    for _ in range(60):  # each value has the one before twice, so it would double
        y = ag.sin(y) * y
    assert all(term.expression.weight < 1_000 for term in ag.terms(y.named("y")))


def test_what_only_a_comparison_reads_has_the_derivative_0() -> None:
    x, gate = Value(2.0, "x"), Value(1.0, "gate")
    y = ag.where(gate > 0, x, 3 * x).named("y")
    found = by_ends(ag.terms(y))
    assert found["y", "gate"].formula == "0"
    assert found["y", "gate"].vanishes
    assert found["y", "x"].value == 1.0


def test_a_graph_has_the_gradients_of_backward() -> None:
    x = Value([1.0, 2.0], "x")
    graph = named_graph((x * x).sum().named("y"))
    assert graph.gradients("y") == {"x[0]": 2.0, "x[1]": 4.0, "y": 1.0}


@pytest.mark.parametrize(
    ("name", "holds", "does_not"),
    [
        ("greater", ">", "≤"),
        ("greater_equal", "≥", "<"),
        ("less", "<", "≥"),
        ("less_equal", "≤", ">"),
        ("equal", "=", "≠"),
        ("not_equal", "≠", "="),
    ],
)
def test_who_is_chosen_is_told_by_the_comparison(name: str, holds: str, does_not: str) -> None:
    a, b, gate = Value(2.0, "a"), Value(3.0, "b"), Value(1.0, "gate")
    y = ag.where(REGISTRY[name](gate, 0.5), a, b).named("y")
    found = by_ends(ag.terms(y))
    assert found["y", "a"].formula == f"[gate {holds} 0.5]"
    assert found["y", "b"].formula == f"[gate {does_not} 0.5]"


def test_x_times_x_is_one_term() -> None:
    x = Value(3.0, "x")
    (term,) = ag.terms((x * x).named("y"))
    assert (term.formula, term.value) == ("2·x", 6.0)


def test_elements_that_the_result_leaves_out_have_their_terms_too() -> None:
    x = Value([1.0, 2.0], "x")
    F = ag.sigmoid(2.0 * x).named("F")
    found = by_ends(ag.terms(F[0].named("E")))
    assert found.keys() == {("E", "F[0]"), ("F[0]", "x[0]"), ("F[1]", "x[1]")}


def test_a_result_of_several_numbers_has_terms() -> None:
    x = Value([1.0, 2.0], "x")
    graph = named_graph((x**2).named("y"))
    assert graph.outputs == ["y[0]", "y[1]"]
    assert [term.value for term in graph.terms] == [2.0, 4.0]


def test_a_leaf_has_no_terms() -> None:
    assert ag.terms(Value(1.0, "x")) == ()


# Errors and size.


def test_terms_start_from_a_value() -> None:
    with pytest.raises(DataError, match="starts from a Value, not from float"):
        ag.terms(3.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "end"), [(39, r"x\[38\], y$"), (40, r"x\[39\], …$")])
def test_forty_names_are_listed(size: int, end: str) -> None:
    graph = named_graph(Value(np.ones(size), "x").sum().named("y"))
    with pytest.raises(NameLookupError, match=end):
        graph.value("momentum")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    graph = named_graph(loss())
    with pytest.raises(NameLookupError, match=r"'momentum'; the names are w_conv\[0,0\], .*, …$"):
        graph.value("momentum")
    with pytest.raises(NameLookupError, match=r"'w_13'; nearest: .*w_1"):
        graph.value("w_13")
    with pytest.raises(
        NameLookupError, match="'w_output' is not a single number; name one of w_9, w"
    ):
        graph.value("w_output")


def recurrent(size: int) -> Value:
    h, w = Value(0.1, "h"), Value(0.5, "w")
    for _ in range(size):
        h = ag.tanh(w * h).named("h")
    return h


def one_by_one(size: int) -> Value:
    x = Value(np.linspace(0.1, 1.0, size), "x")
    return ag.stack([x[place].named(f"x_{place}") for place in range(size)]).sum()


def largest_of_long(size: int) -> Value:
    x = Value(np.linspace(0.1, 1.0, size), "x")
    return ag.max(sum([x * n for n in range(8)], x) * x)


GROWING = [
    recurrent,
    one_by_one,
    largest_of_long,
    lambda size: Value(np.arange(float(size)), "x").max(),
    lambda size: ag.exp(Value(np.arange(float(size)), "x").sum() * 1e-6) ** 2,
    lambda size: ag.max_pool2d(Value(np.arange(16.0 * size).reshape(4, -1), "x"), 4).sum(),
    lambda size: ag.broadcast_to(Value(2.0, "x"), (size,)) @ np.ones((size, 2)),
]


@pytest.mark.parametrize("build", GROWING)
def test_the_work_grows_with_the_graph_and_no_faster(build: Callable[[int], Value]) -> None:
    calls = {15: 0, 30: 0, 60: 0}
    for size in calls:
        root = build(size).named("y")

        def count(_: Any, event: str, __: Any, size: int = size) -> None:
            calls[size] += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            ag.terms(root)
        finally:
            sys.setprofile(None)
    assert calls[60] - calls[30] < 2.1 * (calls[30] - calls[15])


def test_a_graph_may_be_deeper_than_python_recurses() -> None:
    h = Value(1.0, "h")
    for _ in range(1_500):
        h = (h + 1.0).named("h")
    assert len(ag.terms(h)) == 1_500
    x = Value(1.0, "x")
    for _ in range(1_500):
        x = x + 1.0
    (term,) = ag.terms(x.named("y"))
    assert (term.formula, term.value) == ("1", 1.0)
