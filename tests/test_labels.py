"""Which value is called what, and that a name is one number in every view."""

import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
from programs.generate import generate
from programs.named import PROGRAMS

import autograd_lite as ag
from autograd_lite import AutogradLiteError, Constant, Value
from autograd_lite.chain.derive import Derivation
from autograd_lite.chain.graph import NamedGraph, element_names, name_values, named_graph
from autograd_lite.engine import order
from autograd_lite.errors import DataError

held_by_the_module = Value(5.0)
_private = Value(6.0)


def names_of(root: Value, frame: Any = None) -> list[str]:
    """The names below a value, in the order of computation."""
    return list(name_values(order(root), frame).values())


def names_here(root: Value) -> list[str]:
    """The same, with the variables of whoever calls this."""
    return names_of(root, sys._getframe(1))


def test_a_label_names_its_value() -> None:
    x = Value(2.0, label="input")
    assert names_of((x * x).named("square")) == ["input", "square"]


def test_a_label_may_be_assigned_later() -> None:
    x = Value(2.0)
    y = x * x
    x.label, y.label = "input", "square"
    assert names_of(y) == ["input", "square"]


def test_a_label_comes_before_the_name_of_the_variable() -> None:
    x = Value(2.0, "input")
    y = x * x
    assert names_here(y) == ["input", "y"]


def test_a_variable_of_the_caller_names_its_value() -> None:
    weight, bias = Value(2.0), Value(1.0)
    net = weight + bias
    out = net * 2
    assert names_here(out) == ["weight", "bias", "net", "out"]


def test_a_variable_of_the_module_names_its_value() -> None:
    y = held_by_the_module * 2.0
    assert names_here(y) == ["held_by_the_module", "y"]


def test_a_local_variable_comes_before_one_of_the_module() -> None:
    mine = held_by_the_module
    assert names_here(mine * 2.0)[0] == "mine"


def test_the_first_of_two_variables_counts() -> None:
    first = Value(1.0)
    second = first
    assert names_here(second * 2.0)[0] == "first"


def test_a_private_variable_names_nothing() -> None:
    assert names_here(_private * 2.0) == ["v1", "output"]


def test_lists_tuples_and_dicts_name_what_they_hold() -> None:
    weights = [Value(1.0), Value(2.0)]
    pair = (Value(3.0), 7.0)
    parameters = {"bias": Value(4.0), 2: Value(5.0)}
    total = weights[0] + weights[1] + pair[0] + parameters["bias"] + parameters[2]
    assert names_here(total) == [
        *("weights[0]", "weights[1]", "pair[0]", "bias", "parameters[2]", "total")
    ]


def test_a_variable_comes_before_a_place_in_a_list() -> None:
    everything = [Value(1.0)]
    x = everything[0]
    assert names_here(x * 2.0) == ["x", "output"]


def test_leaves_without_a_name_are_numbered_and_the_last_value_is_the_output() -> None:
    assert names_of(Value(1.0) * Value(2.0) + Value(3.0)) == ["v1", "v2", "v3", "output"]


def test_a_number_that_is_taken_is_left_out() -> None:
    assert names_of(Value(1.0) * Value(2.0, "v1")) == ["v2", "v1", "output"]


def test_an_interior_value_without_a_name_has_none() -> None:
    x = Value(1.0, "x")
    assert names_of((x * 2.0 + 1.0).named("y")) == ["x", "y"]


def test_values_of_one_name_are_told_apart_in_the_order_of_computation() -> None:
    h = Value(0.5, "h")
    for _ in range(2):
        h = ag.tanh(h).named("h")
    assert names_of(h) == ["h#1", "h#2", "h#3"]


def test_telling_apart_takes_no_name_that_exists() -> None:
    a, b, c = Value(1.0, "h"), Value(2.0, "h#1"), Value(3.0, "h")
    assert names_of((a + b + c).named("y")) == ["h#2", "h#1", "h#3", "y"]


def test_elements_are_named_by_their_names_or_by_their_index() -> None:
    w = Value([[1.0, 2.0]], "w", names=[["w_1", "w_2"]])
    x = Value([[3.0], [4.0]])
    assert list(element_names({w: "w", x: "x"}).values()) == [["w_1", "w_2"], ["x[0,0]", "x[1,0]"]]


def test_elements_of_one_name_are_told_apart() -> None:
    names = ["H1", "H2"]
    h = Value([0.1, 0.2], "h_0", names)
    h = ag.tanh(h).named("h_1", names)
    graph = named_graph((h.sum() + Value(1.0, "H2")).named("E"))
    assert list(graph.elements) == ["H1#1", "H2#1", "H1#2", "H2#2", "H2#3", "E"]
    assert {(t.child, t.parent) for t in graph.terms if t.child != "E"} == {
        *[("H1#2", "H1#1"), ("H2#2", "H2#1")]
    }


def test_a_name_is_one_line_of_text() -> None:
    x = Value(1.0, "two\nlines\t<b> & \\N 'σ'")
    assert names_of((x * 2.0).named("y")) == [r"two\nlines\t<b> & \N 'σ'", "y"]


def test_what_is_looked_up_may_have_the_original_label() -> None:
    x = Value(2.0, "two\nlines")
    assert ag.chain_rule((x * 3.0).named("y"), "two\nlines").value == 3.0


def test_naming_changes_no_value() -> None:
    x = Value([1.0, 2.0])
    y = (x * Constant(2.0)).sum()
    before = (x.label, y.label, x.names, y.names, x.grad, y.grad)
    ag.terms(y)
    ag.draw(y, level="scalar")
    assert (x.label, y.label, x.names, y.names, x.grad, y.grad) == before
    assert (x.data.tolist(), y.data) == ([1.0, 2.0], 6.0)


@pytest.mark.parametrize("how", [ag.terms, lambda y: named_graph(y, sys._getframe(1)).terms])
def test_terms_take_the_names_from_where_they_are_asked_for(how: Any) -> None:
    slope, place = Value(2.0), Value(np.float64(3.0))
    line = slope * place
    assert {term.parent for term in how(line)} == {"slope", "place"}
    assert {term.child for term in how(line)} == {"line"}


def test_chain_rule_and_draw_take_the_names_from_where_they_are_asked_for() -> None:
    slope = Value(2.0)
    line = slope * 3.0
    assert ag.chain_rule(line, "slope").value == 3.0
    assert "slope = 2" in ag.draw(line, wrt="slope").source
    assert "line = slope·3" in ag.draw(line, level="tensor").source


# Every view of a program: the named ones and random ones


# As of 1 / 0, which some of them compute.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def deep() -> Value:
    """Values without a label whose formula is long, and others that are needed twice."""
    a, b, c, d = (Value(v, n) for v, n in zip((0.4, 0.6, 1.2, 0.3), "abcd", strict=True))
    inner = ag.tanh(ag.sin(a * c + b * d + a * d) * ag.cos(b * c + a + d) + ag.exp(c * d) * b)
    q = ag.sigmoid(inner * c + d * a + b)
    t1: Value = (q * q).named("aux2") * ag.exp(ag.sin(q * a + b * c + d) * inner)
    return t1.named("t1")


def drawn(seed: int) -> Callable[[], Value]:
    """The random program of a seed."""

    def program() -> Value:
        root: Value = generate(seed).record()[0]
        return root

    return program


BUILDERS = [*PROGRAMS, deep, *map(drawn, range(20))]
every_program = pytest.mark.parametrize("program", BUILDERS)


def numbers_of(graph: NamedGraph) -> dict[str, float]:
    return {name: graph.value(name) for name in graph.elements}


def same(found: float, expected: float, rounding: float = 1e-4) -> bool:
    """To the rounding of another order of sums, in single precision; inf and nan as they are."""
    close = np.isclose(found, expected, rtol=rounding, atol=rounding, equal_nan=True)
    return bool(close) or abs(expected) > 1e30


@every_program
def test_terms_and_definitions(program: Callable[[], Value]) -> None:
    root = program()
    graph = named_graph(root)
    numbers = numbers_of(graph)
    assert {word for term in ag.terms(root) for word in (term.child, term.parent)} <= {*numbers}
    for name, element in graph.elements.items():
        assert same(float(graph.definition(name).evaluate(numbers)), numbers[name])
        if element.tensor in graph.names:
            np.testing.assert_equal(numbers[name], np.asarray(element.tensor.data)[element.index])


@every_program
def test_the_picture(program: Callable[[], Value]) -> None:
    root = program()
    numbers = numbers_of(named_graph(root))
    try:
        source = ag.draw(root, level="scalar", limit=3_000).source
    except AutogradLiteError:
        return  # too large to be looked at
    shown = 0
    for label in re.findall(r'label="([^"]*)"', source):
        name, _, number = label.partition(r"\ngrad")[0].replace(r"\n=", " =").partition(" = ")
        if name in numbers:
            found = number.rpartition("= ")[2].replace("−", "-")
            assert same(float(found), numbers[name], 1e-2)
            shown += 1
    assert shown or not numbers


def locals_of(derivation: Derivation) -> dict[str, Any]:
    """What the lines of the source give their names to, when they are executed."""
    found: dict[str, Any] = {}

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code.co_name == "derivation":
            found.update(frame.f_locals)

    sys.setprofile(watch)
    try:
        derivation.run()
    finally:
        sys.setprofile(None)
    return found


@every_program
def test_the_source_of_the_derivation(program: Callable[[], Value]) -> None:
    root = program()
    graph = named_graph(root)
    numbers, slopes = numbers_of(graph), graph.gradients(graph.outputs[0])
    output = graph.outputs[0]
    try:
        derivation = ag.derive(root)
        found = locals_of(derivation)
    except AutogradLiteError:
        return  # too long to be read, or no number in Python where NumPy has inf
    for line in derivation._program.lines:
        label, number = line.symbol.label, found[line.symbol.identifier]
        of = label.removeprefix(f"∂{output}/∂")
        if label in numbers:
            assert same(number, numbers[label])
        elif of in numbers:
            assert same(number, slopes[of])
        else:
            assert re.fullmatch(r"t\d+", of)


@every_program
def test_a_comparison(program: Callable[[], Value]) -> None:
    root = program()
    numbers = {name: one for name, one in numbers_of(named_graph(root)).items() if np.isfinite(one)}
    some = dict(list(numbers.items())[-8:])
    assert [one.verdict for one in ag.compare(root, some).findings if one.verdict == "wrong"] == []


@every_program
def test_a_compiled_program(program: Callable[[], Value]) -> None:
    root = program()
    names = name_values(order(root))
    leaves = {
        label for leaf, label in names.items() if leaf.op is None and not isinstance(leaf, Constant)
    }
    assert ag.compile(root, backend="numpy")()[1].keys() == leaves


@pytest.mark.parametrize("label", [" ", "\t", "\u00a0"])
def test_a_blank_label_is_refused(label: str) -> None:
    with pytest.raises(DataError, match=r"the label .* is blank; give a name, or none"):
        Value(1.0, label)
    assert Value(1.0, "").label == ""
