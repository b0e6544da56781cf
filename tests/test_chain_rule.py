"""The chain rule of one quantity: its paths, their sum, and how it is told."""

import itertools
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs.named import PROGRAMS, attention, layer_norm, rnn, softmax_cross_entropy
from test_terms import notebook

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain import rule as rule_module
from autograd_lite.chain.graph import Term, named_graph
from autograd_lite.chain.rule import (
    chain_rule_of,
    folded,
    graph_as_dict,
    listing,
    rule_as_dict,
)
from autograd_lite.errors import DataError, GraphError, NameLookupError, ShapeError
from autograd_lite.op import REGISTRY, Sample, structural
from models.notebook import loss


def six(value: float) -> str:
    """Six significant digits, with a minus sign."""
    return f"{value:.6g}".replace("-", "−")


# The notebook's weights.


def test_a_weight_of_the_output_has_one_path() -> None:
    rule = ag.chain_rule(loss(), "w_9")
    v, _ = notebook()
    terms = [2 * (v["O1"] - v["t1"]), v["O1"] * (1 - v["O1"]), v["H1"]]
    assert rule.count == 1
    assert [t.name for t in rule.paths[0].terms] == [
        "∂E/∂E1",
        "∂E1/∂O1",
        "∂O1/∂net_O1",
        "∂net_O1/∂w_9",
    ]
    assert rule.value == pytest.approx(math.prod(terms), rel=1e-14)
    assert str(rule) == "\n".join(
        [
            "∂E/∂w_9 = ∂E/∂E1·∂E1/∂O1·∂O1/∂net_O1·∂net_O1/∂w_9",
            "        = 2·(O1 − t1)·O1·(1 − O1)·H1",
            f"        = {'·'.join(map(six, terms))}",
            f"        = {six(math.prod(terms))}",
        ]
    )


def test_a_weight_of_the_hidden_layer_has_a_path_through_each_output() -> None:
    rule = ag.chain_rule(loss(), "w_1")
    v, _ = notebook()
    last = [v["H1"] * (1 - v["H1"]), v["s_1"]]
    first = [2 * (v["O1"] - v["t1"]), v["O1"] * (1 - v["O1"]), v["w_9"], *last]
    second = [2 * (v["O2"] - v["t2"]), v["O2"] * (1 - v["O2"]), v["w_11"], *last]
    assert rule.count == 2
    assert [path.value for path in rule.paths] == pytest.approx(
        [math.prod(first), math.prod(second)]
    )
    assert math.prod(second) < 0
    assert str(rule) == "\n".join(
        [
            "∂E/∂w_1 = ∂E/∂E1·∂E1/∂O1·∂O1/∂net_O1·∂net_O1/∂H1·∂H1/∂net_H1·∂net_H1/∂w_1",
            "        + ∂E/∂E2·∂E2/∂O2·∂O2/∂net_O2·∂net_O2/∂H1·∂H1/∂net_H1·∂net_H1/∂w_1",
            "        = 2·(O1 − t1)·O1·(1 − O1)·w_9·H1·(1 − H1)·s_1",
            "        + 2·(O2 − t2)·O2·(1 − O2)·w_11·H1·(1 − H1)·s_1",
            f"        = {'·'.join(map(six, first))}",
            f"        − {'·'.join(six(abs(one)) for one in second)}",
            f"        = {six(math.prod(first) + math.prod(second))}",
            "",
            "factored:",
            "∂E/∂w_1 = ∂E/∂H1·H1·(1 − H1)·s_1",
            "∂E/∂H1 = 2·(O1 − t1)·O1·(1 − O1)·w_9 + 2·(O2 − t2)·O2·(1 − O2)·w_11",
        ]
    )


def test_a_weight_of_the_kernel_has_sixteen_paths_over_the_cells_that_won() -> None:
    rule = ag.chain_rule(loss(), "w_conv[0,0]")
    v, won = notebook()
    expected = []
    for o, h, k in itertools.product((1, 2), (1, 2), (1, 2, 3, 4)):
        i, j = won[k - 1]
        expected.append(
            2 * (v[f"O{o}"] - v[f"t{o}"]) * v[f"O{o}"] * (1 - v[f"O{o}"])
            * v[f"w_{8 + 2 * (o - 1) + h}"] * v[f"H{h}"] * (1 - v[f"H{h}"])
            * v[f"w_{4 * (h - 1) + k}"] * v[f"s_{k}"] * (1 - v[f"s_{k}"]) * v[f"X[{i},{j}]"]
        )  # fmt: skip
    assert rule.count == len(rule.paths) == 16
    assert [path.value for path in rule.paths] == pytest.approx(expected, rel=1e-13)
    assert rule.value == pytest.approx(math.fsum(expected), rel=1e-12)
    cells = {path.terms[-1].child for path in rule.paths}
    assert cells == {f"fm[{i},{j}]" for i, j in won}
    assert rule.paths[0].formula == (
        "2·(O1 − t1)·O1·(1 − O1)·w_9·H1·(1 − H1)·w_1·s_1·(1 − s_1)·X[0,0]"
    )


def test_the_factored_form_is_the_nested_one_that_a_person_writes() -> None:
    factored = ag.chain_rule(loss(), "w_conv[0,0]").factored
    assert [(name, str(formula)) for name, formula in factored[:2]] == [
        (
            "∂E/∂w_conv[0,0]",
            (
                "∂E/∂s_1·s_1·(1 − s_1)·X[0,0] + ∂E/∂s_2·s_2·(1 − s_2)·X[0,2]"
                " + ∂E/∂s_3·s_3·(1 − s_3)·X[2,1] + ∂E/∂s_4·s_4·(1 − s_4)·X[2,2]"
            ),
        ),
        ("∂E/∂s_1", "∂E/∂net_H1·w_1 + ∂E/∂net_H2·w_5"),
    ]
    assert [str(formula) for name, formula in factored if name == "∂E/∂net_H1"] == [
        "∂E/∂H1·H1·(1 − H1)"
    ]


# What there is to ask for.


def test_a_quantity_without_influence_gives_a_sentence_and_0() -> None:
    E = loss()
    rule = ag.chain_rule(E, "fm[0,1]")
    assert str(rule) == "E does not depend on fm[0,1]: ∂E/∂fm[0,1] = 0"
    assert (rule.value, rule.count, rule.paths, rule.depends) == (0.0, 0, [], False)
    assert (rule.remaining, rule.remainder) == (0, 0.0)
    assert rule.latex() == r"\frac{\partial E}{\partial \mathrm{fm}_{0,1}} = 0"
    assert [(name, str(formula)) for name, formula in rule.factored] == [("∂E/∂fm[0,1]", "0")]


def test_what_only_a_comparison_reads_has_no_influence() -> None:
    x, gate = Value(2.0, "x"), Value(1.0, "gate")
    y = ag.where(gate > 0, x, 3 * x).named("y")
    assert str(ag.chain_rule(y, "gate")) == "y does not depend on gate: ∂y/∂gate = 0"


def test_the_result_itself_has_the_derivative_1() -> None:
    y = (Value(2.0, "x") * 3.0).named("y")
    rule = ag.chain_rule(y, "y")
    assert (rule.value, rule.count) == (1.0, 1)
    assert str(rule) == "∂y/∂y = 1\n      = 1\n      = 1"


def test_data_have_derivatives_too() -> None:
    v, _ = notebook()
    assert ag.chain_rule(loss(), "t1").value == pytest.approx(-2 * v["O1"], rel=1e-14)


def test_a_value_may_be_given_instead_of_its_name() -> None:
    x, w = Value(2.0), Value([3.0, 4.0], "w")
    y = (x * w).sum().named("y")
    assert ag.chain_rule(y, x).name == "∂y/∂x"
    with pytest.raises(NameLookupError, match=r"w is 2 numbers; name one of them: w\[0\], w\[1\]"):
        ag.chain_rule(y, w)


def test_a_value_from_elsewhere_has_the_derivative_0() -> None:
    rule = ag.chain_rule((Value(2.0, "x") * 3.0).named("y"), Value(1.0, "other"))
    assert (rule.value, str(rule)) == (0.0, "y does not depend on other: ∂y/∂other = 0")


def test_what_is_neither_name_nor_value_is_an_error() -> None:
    wrong: Any = 3
    with pytest.raises(DataError, match="wrt is 3; give the name of a number, or its Value"):
        ag.chain_rule((Value(2.0, "x") * 3.0).named("y"), wrong)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NameLookupError, match="no value is called 'v'; the names are x, y"):
        ag.chain_rule((Value(2.0, "x") * 3.0).named("y"), "v")


def test_names_that_were_told_apart_are_listed_for_their_common_name() -> None:
    with pytest.raises(NameLookupError, match="'h' is not a single number; name one of h#1, h#2"):
        ag.chain_rule(rnn(), "h")


def test_the_result_is_a_single_number() -> None:
    y = (Value([1.0, 2.0], "x") ** 2).named("y")
    with pytest.raises(
        ShapeError, match=r"y has shape \(2,\); the chain rule is told for a single"
    ):
        ag.chain_rule(y, "x[0]")


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_one_number_in_an_array_is_a_single_number(shape: tuple[int, ...]) -> None:
    x = Value(np.full(shape, 3.0), "x", np.full(shape, "x_1"))
    assert (
        ag.chain_rule((x.reshape(shape) ** 2).named("y", np.full(shape, "y_1")), "x_1").value == 6
    )


def test_the_limit_is_at_least_1() -> None:
    with pytest.raises(
        DataError, match="limit is 0; it is how many listed paths there are at most, a whole"
    ):
        ag.chain_rule(loss(), "w_9", limit=0)


def test_it_starts_from_a_value() -> None:
    with pytest.raises(DataError, match="starts from a Value, not from list"):
        ag.chain_rule([1.0], "x")  # type: ignore[arg-type]


def test_elements_that_are_passed_on_have_the_gradient_of_their_own_uses() -> None:
    x = Value(0.3, "x")
    states = [x]
    for _ in range(3):
        states.append(ag.tanh(states[-1] * 0.9))
    H = ag.stack(states).named("H")
    del states
    total = (H**2).sum().named("total")
    total.backward()
    for n in range(4):
        assert ag.chain_rule(total, f"H[{n}]").value == pytest.approx(H.grad[n], rel=1e-12)
    assert ag.chain_rule(total, "x").value == pytest.approx(x.grad, rel=1e-12)


# LaTeX.


def test_latex_has_names_formulas_and_numbers() -> None:
    v, _ = notebook()
    factors = (2 * (v["O1"] - v["t1"]), v["O1"] * (1 - v["O1"]), v["H1"])
    numbers = r" \cdot ".join(f"{one:.6g}" for one in factors)
    value = 2 * (v["O1"] - v["t1"]) * v["O1"] * (1 - v["O1"]) * v["H1"]
    derivatives = [("E", "E_{1}"), ("E_{1}", "O_{1}")]
    derivatives += [
        ("O_{1}", r"\mathrm{net}_{\mathrm{O1}}"),
        (r"\mathrm{net}_{\mathrm{O1}}", "w_{9}"),
    ]
    names = " ".join(rf"\frac{{\partial {a}}}{{\partial {b}}}" for a, b in derivatives)
    formula = (
        r"2 \cdot \left(O_{1} - t_{1}\right) \cdot O_{1} \cdot \left(1 - O_{1}\right) \cdot H_{1}"
    )
    assert ag.chain_rule(loss(), "w_9").latex() == "\n".join(
        [
            r"\begin{aligned}",
            rf"\frac{{\partial E}}{{\partial w_{{9}}}} &= {names} \\",
            rf"&= {formula} \\",
            rf"&= {numbers} \\",
            f"&= {value:.6g}",
            r"\end{aligned}",
        ]
    )


def test_latex_has_a_line_for_each_path_and_the_factored_form() -> None:
    latex = ag.chain_rule(loss(), "w_1").latex()
    assert latex.count(r"&\quad + ") == 2
    assert latex.count(r"&\quad - ") == 1
    assert latex.count(r"\\") == 6 + 2
    assert rf"\\[2ex]{chr(10)}\frac{{\partial E}}{{\partial w_{{1}}}} &= " in latex
    assert latex.splitlines()[-2].startswith(r"\frac{\partial E}{\partial H_{1}} &= 2 \cdot ")
    assert ag.chain_rule(loss(), "w_1")._repr_latex_() == f"$${latex}$$"


def test_a_greek_label_is_a_letter_in_latex() -> None:
    alpha, delta = Value(2.0, "α_1"), Value(3.0, "Δ")
    rule = ag.chain_rule((alpha * delta).named("σ"), "α_1")
    assert r"\frac{\partial \sigma}{\partial \alpha_{1}} &= " in rule.latex()
    assert r"&= \Delta \\" in rule.latex()


def test_terms_and_paths_show_themselves() -> None:
    x, w = Value(2.0, "x"), Value(-3.0, "w")
    E = ((w * x).named("z") ** 2).named("E")
    terms = ag.terms(E)
    assert repr(terms) == "\n".join(map(str, terms)) != ""
    assert terms._repr_html_().count("<tr>") == 1 + len(terms)
    assert repr(terms[0]) == "<Term ∂E/∂z = 2·z = −12>"
    assert terms[0]._repr_latex_() == r"$$\frac{\partial E}{\partial z} = 2 \cdot z = -12$$"
    (path,) = ag.chain_rule(E, "w").paths
    assert path._repr_latex_().endswith(r"2 \cdot z \cdot x = -12 \cdot 2 = -24$$")


# Infinite derivatives


def chosen(select: Callable[[Value], Value], label: str) -> Value:
    """The square root of what is selected from (−2, 0), in which 0 has an infinite derivative."""
    return ag.sqrt(select(Value([-2.0, 0.0], "x")).named(label)).named("y")


@pytest.mark.parametrize("label", ["r", ""])
@pytest.mark.parametrize(
    ("select", "right"),  # by PyTorch
    [
        (lambda x: ag.relu(x).sum(), [0.0, 0.0]),
        (lambda x: x.max(), [0.0, math.inf]),
        (lambda x: ag.where(x > -1, x, 0.0).sum(), [0.0, math.inf]),
        (lambda x: ag.maximum(x[0], x[1]), [0.0, math.inf]),
        (lambda x: ag.max_pool2d(x.reshape((1, 2)), (1, 2)).sum(), [0.0, math.inf]),
    ],
)
def test_what_was_not_chosen_receives_0_also_of_an_infinite_derivative(
    select: Callable[[Value], Value], right: list[float], label: str
) -> None:
    with np.errstate(divide="ignore"):
        for place, expected in enumerate(right):
            rule = ag.chain_rule(chosen(select, label), f"x[{place}]")
            assert rule.value == expected
            assert rule.magnitude == expected
            assert sum(path.value for path in rule.paths) == expected
            assert rule.factored[0][1].value == expected
            assert ag.compare(chosen(select, label), {rule.name: expected}).ok


def test_zero_times_infinity_is_no_number_where_nothing_was_chosen() -> None:
    """As in the engine and PyTorch: a factor of 0 is a factor."""
    x, w = Value(3.0, "x"), Constant(0.0, "w")
    for h in (x * w, x * 0.0):
        with np.errstate(divide="ignore", invalid="ignore"):
            rule = ag.chain_rule(ag.sqrt(h.named("h")).named("y"), "x")
        assert math.isnan(rule.value)
        assert [math.isnan(path.value) for path in rule.paths] == [True]


# Paths


# Random graphs: everything by brute force.

GRAPHS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from([-1.5, -0.5, 0.25, 1.0, 2.0])),
        min_size=1,
        max_size=3,
    ),
    min_size=1,
    max_size=8,
)


def weighted_sums(graph: list[list[tuple[int, float]]]) -> Value:
    """Each value a weighted sum of values before it; the last is the result."""
    values = [Value(1.0, "x")]
    for number, parts in enumerate(graph):
        total = sum((values[place % len(values)] * weight for place, weight in parts), Value(0.0))
        values.append(total.named(f"y{number}"))
    return values[-1]


def products_by_brute_force(root: Value) -> list[float]:
    """The product of every path from x to the result, one by one."""
    by_child: dict[str, list[Term]] = {}
    for term in ag.terms(root):
        by_child.setdefault(term.child, []).append(term)

    def down(name: str, product: float) -> Iterator[float]:
        if name == "x":
            yield product
        for term in by_child.get(name, []):
            if not term.vanishes:
                yield from down(term.parent, product * term.value)

    return list(down(root.label, 1.0))


@settings(max_examples=30)
@given(GRAPHS)
def test_on_random_graphs_paths_are_those_of_brute_force(
    graph: list[list[tuple[int, float]]],
) -> None:
    root = weighted_sums(graph)
    expected = products_by_brute_force(root)
    if not expected:
        return
    rule = ag.chain_rule(root, "x", limit=max(1, len(expected)))
    assert rule.count == len(expected)
    assert sorted(path.value for path in rule.paths) == pytest.approx(sorted(expected), rel=1e-12)
    assert rule.value == pytest.approx(math.fsum(expected), rel=1e-12, abs=1e-9)
    assert (rule.remaining, rule.remainder) == (0, 0.0)


@settings(max_examples=30)
@given(GRAPHS, st.integers(1, 4))
def test_above_the_limit_the_largest_are_listed(
    graph: list[list[tuple[int, float]]], limit: int
) -> None:
    root = weighted_sums(graph)
    expected = sorted(map(abs, products_by_brute_force(root)), reverse=True)
    if len(expected) <= limit:
        return
    rule = ag.chain_rule(root, "x", limit=limit)
    assert [abs(path.value) for path in rule.paths] == pytest.approx(expected[:limit], rel=1e-12)
    assert rule.remaining == len(expected) - limit
    listed = math.fsum(path.value for path in rule.paths)
    assert listed + rule.remainder == pytest.approx(rule.value, rel=1e-12, abs=1e-9)


def test_what_is_not_listed_is_counted_and_summed() -> None:
    rule = ag.chain_rule(loss(), "w_conv[0,0]", limit=3)
    whole = ag.chain_rule(loss(), "w_conv[0,0]")
    largest = sorted((abs(path.value) for path in whole.paths), reverse=True)
    assert [abs(path.value) for path in rule.paths] == largest[:3]
    rest = math.fsum(one.value for one in whole.paths) - math.fsum(one.value for one in rule.paths)
    assert rule.remaining == 13
    assert rule.remainder == pytest.approx(rest, rel=1e-12)
    text = str(rule).split("\n")
    assert text[3].endswith("+ … and 13 more paths")
    assert text[7].endswith("+ …")
    assert text[11].strip() in {f"+ {six(rest)} from the others", f"− {six(-rest)} from the others"}
    assert rule.latex().count(r"+ \dots \;(\text{13 more})") == 2
    assert rf"{six(abs(rest))} \;(\text{{13 more}})" in rule.latex()


# Many paths.


def ladder(rungs: int, weight: float = 0.1) -> Value:
    """2**rungs paths, all of the same size."""
    a = b = Value(1.0, "x")
    for rung in range(rungs):
        a, b = (
            (weight * a + weight * b).named(f"a{rung}"),
            (weight * a + weight * b).named(f"b{rung}"),
        )
    return (a + b).named("E")


@pytest.mark.parametrize("weight", [0.1, 1.0, 0.0])
def test_very_many_paths_are_counted_listed_and_printed(weight: float) -> None:
    rule = ag.chain_rule(ladder(60, weight), "x")
    assert rule.count == (2**60 if weight else 0)
    assert rule.value == pytest.approx(2 * (2 * weight) ** 60, rel=1e-12)
    assert len(rule.paths) == (24 if weight else 0)
    text = str(rule)
    if weight:
        assert "and 1,152,921,504,606,846,952 more paths" in text
        assert repr(rule).endswith("1,152,921,504,606,846,976 paths>")


def test_paths_that_are_0_at_this_point_are_paths() -> None:
    a = b = Value(0.0, "x")
    for rung in range(60):
        a, b = (a * b + a).named(f"a{rung}"), (a * b + b).named(f"b{rung}")
    rule = ag.chain_rule((a * b).named("E"), "x")
    assert rule.count == 2**60
    assert rule.value == 0.0
    assert len(rule.paths) == 24


def test_listing_takes_work_by_the_edge_and_not_by_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = [0]

    def counting(limit: int, paths: Any, key: Any) -> list[Any]:
        found = list(paths)
        entries[0] += len(found)
        return sorted(found, key=key, reverse=True)[:limit]

    monkeypatch.setattr(rule_module.heapq, "nlargest", counting)
    counts = []
    for rungs in (20, 40, 80):
        entries[0] = 0
        assert len(ag.chain_rule(ladder(rungs), "x", limit=5).paths) == 5
        counts.append(entries[0])
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])


def test_a_chain_may_be_longer_than_python_recurses() -> None:
    h = Value(1.0, "x")
    for step in range(1_200):
        h = (h * 1.0001).named(f"h{step}")
    rule = ag.chain_rule(h, "x")
    assert rule.count == 1
    assert rule.value == pytest.approx(1.0001**1_200, rel=1e-12)
    assert str(rule).count("∂") == 2 * 1_200 + 2
    assert rule.latex().count(r"\frac") == 1_200 + 1
    assert len(rule.factored) == 1


# On whole programs the chain rule, the engine and the slope of a plain function agree


@pytest.mark.parametrize("program", [*PROGRAMS, loss], ids=lambda program: program.__name__)
def test_the_sum_over_the_paths_is_the_gradient_of_the_engine(
    program: Callable[[], Value],
) -> None:
    result = program()
    result.backward()
    graph = named_graph(result)
    for label, element in itertools.islice(graph.elements.items(), 0, None, 3):
        if element.kind == "data" or element.tensor not in graph.names:
            continue
        rule = chain_rule_of(graph, label, limit=10_000)
        gradient = float(np.asarray(element.tensor.grad)[element.index])
        assert rule.value == pytest.approx(gradient, rel=1e-12, abs=1e-12 * rule.magnitude)
        listed = math.fsum(path.value for path in rule.paths)
        assert listed == pytest.approx(gradient, rel=1e-12, abs=1e-12 * rule.magnitude)
        assert rule.count == len(rule.paths) == len(set(rule.paths))
        for path in rule.paths:
            chain = [*path.terms]
            assert (chain[0].child, chain[-1].parent) == (rule.output, label) if chain else True
            assert all(a.parent == b.child for a, b in itertools.pairwise(chain))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_factored_form_evaluates_to_the_gradient(program: Callable[[], Value]) -> None:
    graph = named_graph(program())
    values = {name: graph.value(name) for name in graph.elements}
    weights = [name for name, one in graph.elements.items() if one.kind == "weight"]
    for label in weights[:3]:
        rule = chain_rule_of(graph, label)
        known = dict(values)
        for derivative, formula in reversed(_by_need(rule.factored)):
            known[derivative] = formula.evaluate(known)
        assert known[rule.name] == pytest.approx(rule.value, rel=1e-12, abs=1e-12 * rule.magnitude)


def _by_need(factored: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The equations, each before those that it uses."""
    formulas = dict(factored)
    ordered: list[str] = []

    def visit(derivative: str) -> None:
        if derivative not in ordered:
            for used in formulas[derivative].symbols & formulas.keys():
                visit(used)
            ordered.append(derivative)

    for derivative in formulas:
        visit(derivative)
    return [(derivative, formulas[derivative]) for derivative in reversed(ordered)]


def slope(function: Callable[[float], float], at: float, step: float = 1e-6) -> float:
    return (function(at + step) - function(at - step)) / (2 * step)


def test_a_softmax_cross_entropy_has_the_slope_of_the_plain_function() -> None:
    z = [1.0, 2.0, 0.5]
    for k in range(3):

        def plain(x: float, k: int = k) -> float:
            moved = [x if n == k else one for n, one in enumerate(z)]
            return math.log(sum(map(math.exp, moved))) - moved[1]

        rule = ag.chain_rule(softmax_cross_entropy(), f"z[{k}]")
        assert rule.value == pytest.approx(slope(plain, z[k]), rel=1e-8)
        assert rule.count == 3  # through each probability


def test_a_layer_norm_has_the_slope_of_the_plain_function() -> None:
    x, g, b, c = [1.0, 2.0, 4.0], [1.0, 1.5, 0.5], [0.0, 0.1, 0.2], [1.0, 2.0, 3.0]

    def plain(first: float) -> float:
        moved = [first, *x[1:]]
        mean = sum(moved) / 3
        deviation = math.sqrt(sum((one - mean) ** 2 for one in moved) / 3 + 1e-5)
        n = [(one - mean) / deviation for one in moved]
        return sum(c[i] * (g[i] * n[i] + b[i]) for i in range(3))

    assert ag.chain_rule(layer_norm(), "x[0]").value == pytest.approx(slope(plain, 1.0), rel=1e-8)


def test_a_shared_weight_has_a_path_for_each_step() -> None:
    def plain(w: float) -> float:
        h = 0.1
        for step in range(1, 5):
            h = math.tanh(w * h + 0.8 * step / 3)
        return (h - 1.0) ** 2

    rule = ag.chain_rule(rnn(4), "w")
    assert rule.count == 4
    assert rule.value == pytest.approx(slope(plain, 0.5), rel=1e-8)
    assert sorted(len(path.terms) for path in rule.paths) == [2, 3, 4, 5]
    longest = max(rule.paths, key=lambda path: len(path.terms))
    assert longest.names == "∂L/∂h#5·∂h#5/∂h#4·∂h#4/∂h#3·∂h#3/∂h#2·∂h#2/∂w"


def test_an_attention_head_has_the_slope_of_the_plain_function() -> None:
    rng = np.random.default_rng(3)
    X, (W_q, W_k, W_v) = rng.normal(size=(3, 2)), (rng.normal(size=(2, 2)) for _ in range(3))

    def plain(weight: float) -> float:
        Q = X @ np.array([[W_q[0, 0], weight], W_q[1]])
        e = np.exp(Q @ (X @ W_k).T / math.sqrt(2))
        return float((((e / e.sum(1, keepdims=True)) @ X @ W_v) ** 2).sum())

    rule = ag.chain_rule(attention(), "W_q[0,1]")
    assert rule.value == pytest.approx(slope(plain, W_q[0, 1]), rel=1e-7)


# The check against the engine.


@pytest.mark.parametrize(("factor", "said"), [(1.0000001, r"0\.24"), (math.nan, "nan")])
def test_a_rule_that_disagrees_with_the_engine_is_an_error(
    factor: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = rule_module.sweep

    def wrong(*arguments: Any) -> Any:
        return {value: factor * one for value, one in original(*arguments).items()}

    monkeypatch.setattr(rule_module, "sweep", wrong)
    with pytest.raises(
        GraphError, match=r"∂E/∂w_9 add up to 0\.245\d*, the engine's gradient is " + said
    ):
        ag.chain_rule(loss(), "w_9")


def test_a_wrong_rule_of_an_op_is_found() -> None:
    first = structural(
        "first_but_wrong",
        array=lambda x: x[:1],
        vjps=lambda g, y, x: g * np.array([2.001, 0.0, 0.0]),
        samples=(Sample(((3,),), {}),),
    )
    try:
        y = (first(Value([1.0, 2.0, 3.0], "x")) * 3.0).sum().named("y")
        with pytest.raises(GraphError, match="defect of autograd_lite or of an op's rule"):
            ag.chain_rule(y, "x[0]")
    finally:
        del REGISTRY["first_but_wrong"]


def test_cancellation_is_no_disagreement() -> None:
    """What is left of O − t near convergence depends on the last bits of O."""
    rng = np.random.default_rng(0)
    W, s = Value(rng.normal(size=(3, 50)), "W"), Constant(rng.normal(size=50), "s")
    O = ag.sigmoid(W @ s).named("O")  # noqa: E741 (the document's name)
    t = Constant(O.data * (1 + 1e-13), "t")
    rule = ag.chain_rule(ag.squared_error(O, t).sum().named("E"), "W[1,7]")
    assert rule.value != 0.0


def test_float32_is_compared_in_its_own_precision() -> None:
    rng = np.random.default_rng(0)
    W = Value(rng.normal(size=(4, 30)).astype(np.float32), "W")
    x = Constant(rng.normal(size=30).astype(np.float32), "x")
    E = (ag.tanh(W @ x).named("y") ** 2).sum().named("E")
    E.backward()
    assert ag.chain_rule(E, "W[2,3]").value == pytest.approx(float(W.grad[2, 3]), rel=1e-4)


def test_gradients_that_underflow_are_no_disagreement() -> None:
    h = Value(0.5, "x")
    for step in range(600):
        h = ag.sigmoid(h).named(f"h{step}")
    assert ag.chain_rule(h, "x").value == pytest.approx(0.0, abs=1e-300)


def test_infinities_are_told_and_not_compared() -> None:
    x = Value(0.0, "x")
    with np.errstate(all="ignore"):
        rule = ag.chain_rule(ag.sqrt(x).named("y"), "x")
    assert rule.value == math.inf
    assert str(rule).endswith("= inf")


# As JSON, as a list, and in the width of a terminal


def product() -> Value:
    return (Value(2.0, "a") * Value(3.0, "b")).named("E")


def test_a_listing_has_every_value_and_every_local_derivative() -> None:
    assert (
        listing(named_graph(product()))
        == "a = 2\nb = 3\nE = a·b = 6\n\n∂E/∂a = b = 3\n∂E/∂b = a = 2"
    )


def test_a_graph_is_plain_data() -> None:
    assert json.loads(json.dumps(graph_as_dict(named_graph(product())))) == {
        "output": "E",
        "values": [
            {"name": "a", "kind": "weight", "formula": "2", "value": 2.0},
            {"name": "b", "kind": "weight", "formula": "3", "value": 3.0},
            {"name": "E", "kind": "value", "formula": "a·b", "value": 6.0},
        ],
        "terms": [
            {"child": "E", "parent": "a", "formula": "b", "value": 3.0},
            {"child": "E", "parent": "b", "formula": "a", "value": 2.0},
        ],
    }


def test_a_chain_rule_is_plain_data_whose_paths_add_up() -> None:
    content = json.loads(json.dumps(rule_as_dict(ag.chain_rule(loss(), "w_1"))))
    assert (content["output"], content["wrt"], content["count"]) == ("E", "w_1", 2)
    assert sum(path["value"] for path in content["paths"]) == pytest.approx(content["value"])
    first = content["paths"][0]["terms"]
    assert [term["parent"] for term in first] == ["E1", "O1", "net_O1", "H1", "net_H1", "w_1"]
    assert content["factored"][0] == {
        "name": "∂E/∂w_1",
        "formula": "∂E/∂H1·H1·(1 − H1)·s_1",
        "value": pytest.approx(content["value"]),
    }


def test_paths_above_the_limit_are_counted_and_added_up() -> None:
    content = rule_as_dict(ag.chain_rule(loss(), "w_conv[0,0]", limit=3))
    assert (content["count"], len(content["paths"]), content["remaining"]) == (16, 3, 13)
    listed = sum(path["value"] for path in content["paths"])
    assert listed + content["remainder"] == pytest.approx(content["value"])


def test_formulas_are_broken_before_a_term_or_else_a_factor() -> None:
    assert folded("∂E/∂w = a·b·c + d·e·f + g", 18) == (
        "∂E/∂w = a·b·c\n        + d·e·f\n        + g"
    )
    assert folded("a·b·c·d", 4) == "a·b\n·c·d"
    assert folded("x = a·b·c·d", 8) == "x = a·b\n    ·c·d"
    assert folded("x = (a − b)·(c − d)", 12) == "x = (a − b)\n    ·(c − d)"


def test_what_fits_or_cannot_be_broken_stays_as_it_is() -> None:
    text = "x = a + b\n\n  + c\nno formula, only one long line of words"
    assert folded(text, 20) == text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_folding_loses_nothing(width: int) -> None:
    text = str(ag.chain_rule(loss(), "w_conv[0,0]"))
    lines = folded(text, width).splitlines()
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert width < 80 or max(map(len, lines)) <= width
