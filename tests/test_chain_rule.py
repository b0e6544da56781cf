"""The chain rule of one quantity: its paths, their sum, and how they are told."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs.named import rnn
from test_terms import notebook

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.chain.rule import chain_rule_of
from autograd_lite.errors import DataError, NameLookupError, ShapeError
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


def test_the_gradients_of_all_weights_are_those_of_the_engine() -> None:
    E = loss()
    graph = named_graph(E)
    E.backward()
    for label, element in graph.elements.items():
        if element.kind == "weight":
            rule = chain_rule_of(graph, label)
            assert rule.value == pytest.approx(element.tensor.grad[element.index], rel=1e-12)


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
    with pytest.raises(DataError, match="limit is 0; it is how many paths to list, at least 1"):
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


def test_latex_has_names_formulas_and_the_number() -> None:
    v, _ = notebook()
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
            f"&= {value:.6g}",
            r"\end{aligned}",
        ]
    )


def test_latex_has_a_line_for_each_path() -> None:
    latex = ag.chain_rule(loss(), "w_1").latex()
    assert latex.count(r"&\quad + ") == 2
    assert latex.count(r"\\") == 4
    assert ag.chain_rule(loss(), "w_1")._repr_latex_() == f"$${latex}$$"


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
