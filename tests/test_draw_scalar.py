"""The scalar picture: every named number with its gradient, every local derivative on its edge."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from dot import by_name, edges, nodes, texts
from programs.named import PROGRAMS, computed, convolution, micrograd, rnn, softmax_cross_entropy

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.draw import style
from autograd_lite.draw.scene import Scene, listed
from models.notebook import loss


def scalar(root: Value) -> str:
    return ag.draw(root, level="scalar").source


# Golden pictures.


def test_the_picture_of_the_notebook(golden: Callable[[str, str], None]) -> None:
    golden("notebook_scalar.dot", scalar(loss()))


def test_the_picture_of_the_notebook_with_the_paths_of_a_weight(
    golden: Callable[[str, str], None],
) -> None:
    golden("notebook_w_1.dot", ag.draw(loss(), wrt="w_1").source)


def test_the_picture_of_a_recurrent_network(golden: Callable[[str, str], None]) -> None:
    golden("rnn_scalar.dot", scalar(rnn()))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_same_graph_gives_the_same_picture(program: Callable[[], Value]) -> None:
    assert scalar(program()) == scalar(program())


# Nodes.


def test_a_node_says_its_name_its_value_and_its_gradient() -> None:
    E = computed(loss)
    found = by_name(scalar(E))
    graph = named_graph(E)
    gradient = graph.elements["H1"].tensor.grad[0]
    assert found["H1"]["label"] == rf"H1 = {graph.value('H1'):.6g}\ngrad {gradient:.6g}"
    assert found["t1"]["label"] == "t1 = 0"


def test_a_scalar_of_the_program_says_how_it_was_computed() -> None:
    found = by_name(scalar(micrograd()))
    assert found["e"]["label"] == r"e = c − d\n= −7\ngrad −6.94169"
    assert found["g"]["label"] == r"g = f / 2 + 10 / f\n= 24.7041\ngrad 1"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_gradients_are_those_of_backward(program: Callable[[], Value]) -> None:
    root = program()
    scene = Scene(named_graph(root))
    root.backward()
    for label, element in scene.graph.elements.items():
        if element.tensor in scene.graph.names and element.kind != "data":
            number = np.asarray(element.tensor.grad)[element.index]
            assert scene.gradients[label] == pytest.approx(number, rel=1e-9, abs=1e-15), label


def test_a_gradient_of_0_is_drawn_as_0() -> None:
    x = Value([-1.0, 2.0], "x")
    y = ag.relu(x).sum().named("y")
    assert by_name(scalar(y))["x[0]"]["label"] == r"x[0] = −1\ngrad 0"


def test_a_name_that_only_the_derivation_has_gets_its_gradient_too() -> None:
    x = Value(np.linspace(0.1, 0.9, 9), "x")
    y = ag.tanh(ag.exp((x * x).sum()) * 0.001).named("y")
    s1 = float(np.exp((x.data**2).sum()))
    slope = 0.001 * (1 - np.tanh(0.001 * s1) ** 2)
    assert by_name(scalar(y))["aux1"]["label"].endswith(rf"= {s1:.6g}\ngrad {slope:.6g}")


def test_data_weights_and_results_differ_in_colour() -> None:
    found = by_name(scalar(loss()))
    fill = {name: look["fillcolor"] for name, look in found.items()}
    assert fill["t1"] == style.FILL["data"]
    assert fill["w_1"] == style.FILL["weight"]
    assert fill["H1"] == style.FILL["value"]
    assert fill["E"] == style.FILL["output"]
    assert len(set(style.FILL.values())) == len(style.FILL)


def test_losing_cells_are_grey_and_have_no_fan_of_edges() -> None:
    source = scalar(loss())
    won = {"fm[0,0]", "fm[0,2]", "fm[2,1]", "fm[2,2]"}
    for name, look in by_name(source).items():
        if name.startswith("fm"):
            lost = name not in won
            assert (look["fillcolor"] == style.FILL["lost"]) == lost
            assert ("grad" in look["label"]) != lost
            into = [edge for edge in edges(source) if edge[1] == name]
            assert len([one for one in into if one[0].startswith("w_conv")]) == (0 if lost else 4)
            ((_, _, out),) = [edge for edge in edges(source) if edge[0] == name]
            assert out["label"] == ("0" if lost else "1")


def test_what_leads_to_losing_cells_alone_is_grey_too() -> None:
    source = scalar(convolution())
    fill = {name: look["fillcolor"] for name, look in by_name(source).items()}
    for name, colour in fill.items():
        if name.startswith("f["):
            assert colour == fill[name.replace("f[", "r[")]
    assert list(fill.values()).count(style.FILL["lost"]) == 2 * (32 - 8)


def test_what_the_result_leaves_out_is_grey() -> None:
    F = (2.0 * Value([1.0, 2.0], "x")).named("F")
    fill = {name: look["fillcolor"] for name, look in by_name(scalar(F[0].named("E"))).items()}
    lost = {name for name, colour in fill.items() if colour == style.FILL["lost"]}
    assert lost == {"F[1]", "x[1]"}


def test_large_data_are_one_table_with_an_arrow_to_each_layer_that_reads_them() -> None:
    source = scalar(loss())
    (table,) = [look for look in nodes(source).values() if look.get("fontname") == "Courier New"]
    assert table["label"].split(r"\n")[0] == "0.51  0.9 0.88 0.84 0.05"
    assert sum(edge[0].startswith("0.51") for edge in edges(source)) == 1


def test_very_large_data_are_summed_up() -> None:
    x = Constant(np.arange(784.0).reshape(28, 28), "x")
    y = ag.avg_pool2d(x, 28).sum().named("y")
    source = scalar(y)
    assert "784 numbers, 0 to 783" in source
    assert listed(x) == 1
    assert len(nodes(source)) == 2


def test_a_batch_of_one_image_is_shown_as_the_image() -> None:
    rows = style.rows(np.arange(4.0).reshape(1, 1, 2, 2))
    assert rows == [["0", "1"], ["2", "3"]]
    assert style.rows(np.zeros((2, 2, 2))) == []


def test_float32_is_marked() -> None:
    x = Value(np.array([1.0, 2.0], np.float32), "x")
    y = (x * x).named("y")
    source = scalar(y)
    assert "x (float32)" in source
    assert "y = x² (float32)" in source or "y = x·x (float32)" in source
    assert "float32" not in scalar((Value([1.0, 2.0], "x") ** 2).named("y"))


# Edges.


def test_each_drawn_term_is_an_edge_with_formula_and_number() -> None:
    E = loss()
    found = {(tail, head): look["label"] for tail, head, look in edges(scalar(E))}
    graph = named_graph(E)
    for term in graph.terms:
        if term.parent.startswith("X") or (term.parent, term.child) not in found:
            continue
        written = found[term.parent, term.child].replace(r"\n", " = ")
        number = f"{term.value:.6g}".replace("-", "−")
        assert written == (number if term.formula == number else f"{term.formula} = {number}")
    assert (found["net_O1", "O1"]).startswith(r"O1·(1 − O1)\n0.219")
    # E, E_k with targets, O, net_O, H, net_H, s, F, the four cells that won, the arrow from X
    assert len(found) == 2 + 4 + 2 + 8 + 2 + 16 + 4 + 16 + 16 + 1


def test_a_square_is_one_edge_because_it_is_one_term() -> None:
    x = Value(3.0, "x")
    ((tail, head, look),) = edges(scalar((x * x).named("y")))
    assert (tail, head, look["label"]) == ("x", "y", r"2·x\n6")


# With a path.


def test_the_paths_are_highlighted_and_nothing_else() -> None:
    source = ag.draw(loss(), wrt="w_9").source
    bright = {(a, b) for a, b, look in edges(source) if look["color"] == style.HIGHLIGHT}
    assert bright == {("w_9", "net_O1"), ("net_O1", "O1"), ("O1", "E1"), ("E1", "E")}
    names = {name for name, look in by_name(source).items() if look.get("color") == style.HIGHLIGHT}
    assert names == {"w_9", "net_O1", "O1", "E1", "E"}


def test_highlighted_edges_lie_on_top() -> None:
    order = [look["color"] for _, _, look in edges(ag.draw(loss(), wrt="w_1").source)]
    first = order.index(style.HIGHLIGHT)
    assert set(order[first:]) == {style.HIGHLIGHT}


def test_the_products_along_the_paths_are_written_below() -> None:
    E = loss()
    shown = texts(ag.draw(E, wrt="w_1").source)
    for line in ag.chain_rule(E, "w_1").expanded().split("\n"):
        assert line in shown


def test_no_dependence_is_written_and_nothing_is_highlighted() -> None:
    source = ag.draw(loss(), wrt="fm[0,1]").source
    assert "E does not depend on fm[0,1]: ∂E/∂fm[0,1] = 0" in texts(source)
    assert style.HIGHLIGHT not in source


# The legend.


def legend(root: Value) -> set[str]:
    shown = scalar(root)
    return set(re.findall(r"legend_(\w+)", shown))


def test_the_legend_has_the_kinds_that_occur() -> None:
    assert legend(loss()) == {"data", "weight", "value", "output", "lost"}
    assert legend(softmax_cross_entropy()) == {"data", "weight", "value", "output"}
    assert legend((Value(1.0, "x") * 2.0).named("y")) == {"weight", "output"}


# Labels are text.

ODD = [
    'a"b',
    "<b>bold</b>",
    "&amp;&lt;",
    r"\N\l\G\n",
    "{a|b}",
    "50 %",
    "σ′ 名 ŷ",
    "x->y;",
    "<TABLE>",
]


@pytest.mark.parametrize("label", ODD)
def test_a_label_is_shown_and_not_interpreted(label: str) -> None:
    x = Value(2.0, label)
    vector = Value([1.0, 2.0], f"v {label}", names=[f"1 {label}", f"2 {label}"])
    y = (x * vector).named(f"y {label}")
    shown = texts(ag.draw(y.sum().named("E"), wrt=f"1 {label}").source)
    assert f"{label} = 2" in shown
    assert f"v {label}" in shown
    assert f"1 {label} = 1" in shown
    assert any(text.startswith(f"y {label}[1] = 4") for text in shown)
    assert any(text.startswith(f"∂E/∂1 {label} = ") for text in shown)


def test_a_label_of_several_lines_is_one_line() -> None:
    assert r"a\nb = 2" in texts(scalar((Value(2.0, "a\nb") * 3.0).named("y")))


# Anything can be drawn.


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_every_node_and_edge_label_is_in_the_rendered_picture(
    program: Callable[[], Value],
) -> None:
    root = program()
    scene = Scene(named_graph(root))
    shown = set(texts(scalar(root)))
    for layer in scene.layers():
        for box in layer.boxes:
            if box.key not in scene.tables:
                assert set(scene.lines(box.key)) <= shown
    for link in list(scene.links.values())[:20]:
        assert set(link.label) <= shown or " = ".join(link.label) in shown


def test_a_single_leaf_can_be_drawn() -> None:
    assert "x = 2" in texts(scalar(Value(2.0, "x")))


def test_a_result_of_several_numbers_can_be_drawn() -> None:
    fill = by_name(scalar((Value([1.0, 2.0], "x") ** 2).named("y")))
    assert {fill[name]["fillcolor"] for name in ("y[0]", "y[1]")} == {style.FILL["output"]}
