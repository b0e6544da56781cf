"""The tensor picture: a node for each value, an edge for each operand."""

import re
from collections.abc import Callable

import dot
import numpy as np
import pytest
from programs.named import PROGRAMS, computed, layer_norm, micrograd, mlp

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.draw import style
from autograd_lite.draw.picture import to_svg
from autograd_lite.draw.style import definition
from autograd_lite.engine import order
from models.notebook import loss


def texts(root: Value) -> list[str]:
    """Every line of text in the rendered picture."""
    return dot.texts(ag.draw(root, level="tensor").source)


def edges(root: Value) -> list[tuple[str, str]]:
    return re.findall(r"(n\d+) -> (n\d+)", ag.draw(root, level="tensor").source)


def node_with(root: Value, title: str) -> str:
    """The line of the node whose title begins so."""
    (line,) = [
        one for one in ag.draw(root, level="tensor").source.split("\n") if f"<B>{title}" in one
    ]
    return line


def test_the_picture_of_the_notebook(golden: Callable[[str, str], None]) -> None:
    golden("notebook_tensor.dot", ag.draw(loss(), level="tensor").source)


def test_the_picture_of_micrograds_example(golden: Callable[[str, str], None]) -> None:
    golden("micrograd_tensor.dot", ag.draw(micrograd(), level="tensor").source)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_there_is_a_node_for_each_value_and_an_edge_for_each_operand(
    program: Callable[[], Value],
) -> None:
    root = program()
    source = ag.draw(root, level="tensor").source
    assert len(re.findall(r"^\s*n\d+ \[label", source, re.MULTILINE)) == len(order(root))
    expected = sum(len(node.parents) for node in order(root))
    assert len(edges(root)) == expected
    assert source == ag.draw(program(), level="tensor").source
    assert to_svg(source).count('class="edge"') == expected


def test_x_times_x_has_two_edges() -> None:
    x = Value(3.0, "x")
    assert edges((x * x).named("y")) == [("n0", "n1"), ("n0", "n1")]


def test_a_node_has_name_and_op_shape_numbers_and_gradient() -> None:
    E = computed(loss)
    shown = texts(E)
    for text in ("net_H = w_hidden @ s", "fm = conv(X, w_conv)", "shape (4, 4)", "E = Σ(E_k)"):
        assert text in shown
    w_output = next(node for node in order(E) if node.label == "w_output")
    for number in [*w_output.data.ravel(), *w_output.grad.ravel()]:
        assert f"{number:.6g}".replace("-", "−") in shown


def test_every_node_but_those_of_constants_has_a_gradient() -> None:
    E = loss()
    takes_one = [node for node in order(E) if not isinstance(node, Constant)]
    assert ag.draw(E, level="tensor").source.count(">grad<") == len(takes_one)
    assert "grad" not in node_with(E, "X<")


def test_kinds_differ_in_colour() -> None:
    E = loss()
    assert style.FILL["data"] in node_with(E, "X<")
    assert style.FILL["weight"] in node_with(E, "w_conv<")
    assert style.FILL["output"] in node_with(E, "E = ")
    assert style.FILL["data"] not in node_with(E, "w_conv<")


def test_a_large_array_is_summed_up() -> None:
    x = Value(np.arange(100.0), "x")
    assert "100 numbers, 0 to 99" in texts(x.sum().named("y"))
    assert len(ag.draw(x.sum().named("y"), level="tensor").source) < 4_000


def test_a_long_row_is_not_drawn_as_a_long_row() -> None:
    assert style.rows(np.arange(8.0)) != []
    assert style.rows(np.arange(9.0)) == []


def test_an_empty_array_can_be_drawn() -> None:
    x = Value(np.zeros((0, 3)), "x")
    assert "0 numbers" in texts(x.sum().named("y"))


def test_float32_is_marked() -> None:
    x = Value(np.array([1.0, 2.0], np.float32), "x")
    assert "shape (2,) float32" in texts(x.sum().named("y"))


def test_the_legend_has_the_kinds_that_occur() -> None:
    shown = texts(Value(1.0, "x") * 2.0)
    assert style.WORDS["weight"] in shown
    assert style.WORDS["data"] not in shown
    assert style.WORDS["data"] in texts(mlp())


def test_negative_zero_is_zero() -> None:
    assert "−0" not in texts((Value([-0.0, 1.0], "x") * 1.0).named("y"))


@pytest.mark.parametrize(
    "label", ['a"b', "<b>bold</b>", "&amp;&lt;", r"\N\l\G", "{a|b}", "σ′ 名", "x->y;", "a\\"]
)
def test_a_label_is_shown_and_not_interpreted(label: str) -> None:
    shown = texts((Value(2.0, label) * 3.0).named(f"y {label}"))
    assert label in shown
    assert f"y {label} = {label}·3" in shown


def test_a_label_of_several_lines_is_one_line() -> None:
    assert r"a\nb" in texts(Value(2.0, "a\nb") * 3.0)


# How a value is said to be computed.


def test_a_definition_writes_unnamed_operands_out() -> None:
    w, h, b = (Value(1.0, name) for name in "whb")
    names = {w: "w", h: "h", b: "b"}
    assert definition(ag.tanh(w * h + b), names) == "tanh(w·h + b)"
    assert definition((w + h) * b, names) == "(w + h)·b"
    assert definition(w - (h - b), names) == "w − (h − b)"
    assert definition((w + h) ** 2, names) == "(w + h)²"
    assert definition(-(w / 3.0), names) == "−w / 3"


def test_a_definition_that_would_be_long_names_the_last_op_only() -> None:
    values = [Value(1.0, name) for name in ("first", "second", "third", "fourth", "fifth")]
    names = {value: value.label for value in values}
    total = values[0]
    for value in values[1:]:
        total = total * value
    names[total] = "product"
    assert definition(total, names) == "product = ...·fifth"


def test_a_name_may_have_dots() -> None:
    x, y = Value(1.0, "x...1"), Value(2.0, "y")
    assert definition(x * y, {x: x.label, y: "y"}) == "x...1·y"


def test_constant_arrays_are_named_by_their_shape() -> None:
    x = Value([1.0, 2.0], "x")
    assert definition(x * np.array([1.0, 2.0]), {x: "x"}) == "x·array(2,)"


def test_an_op_of_many_operands_lists_them() -> None:
    names = {Value(float(n), f"x{n}"): f"x{n}" for n in range(3)}
    assert definition(ag.ops.selection.largest(*names), names) == "max(x0, x1, x2)"


def test_a_leaf_has_its_name() -> None:
    x = Value(1.0)
    assert definition(x, {x: "x"}) == "x"


def test_a_layer_norm_reads_as_it_was_written() -> None:
    shown = texts(layer_norm())
    assert "mu = Σ(x) / 3" in shown
    assert "n = (x − mu) / √(var + 1e−05)" in shown
