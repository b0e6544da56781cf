"""The same program at other numbers for some of its leaves."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.truth.points import Printed, moved


def neuron(w: float = 0.5) -> Value:
    o = ag.sigmoid((Value(w, "w") * Constant(2.0, "x")).named("net")).named("o")
    return ((o - Constant(1.0, "t")) ** 2).named("E")


@given(st.floats(-5, 5))
def test_everything_is_computed_anew(w: float) -> None:
    there, _ = moved(named_graph(neuron()), {"w": Printed(w, 0.0)})
    o = 1 / (1 + math.exp(-2 * w))
    assert there.value("net") == 2 * w
    assert there.value("o") == pytest.approx(o, rel=1e-14)
    assert there.value("E") == pytest.approx((o - 1) ** 2, rel=1e-12)


def test_the_terms_are_those_of_the_new_point() -> None:
    there, _ = moved(named_graph((Value(3.0, "w") ** 2).named("E")), {"w": Printed(5.0, 0.0)})
    (term,) = there.terms
    assert (term.child, term.parent, term.value) == ("E", "w", 10.0)


def test_other_leaves_and_the_old_graph_stay() -> None:
    graph = named_graph(neuron())
    there, _ = moved(graph, {"w": Printed(2.0, 0.0)})
    assert (there.value("x"), there.value("t")) == (2.0, 1.0)
    assert graph.value("w") == 0.5


def test_elements_are_moved_one_by_one() -> None:
    w = Value([[1.0, 2.0], [3.0, 4.0]], "w", names=[["a", "b"], ["c", "d"]])
    graph = named_graph((w * w).sum().named("E"))
    there, unsure = moved(graph, {"b": Printed(-2.5, 0.05), "c": Printed(0.0, 0.0)})
    assert [there.value(name) for name in "abcd"] == [1.0, -2.5, 0.0, 4.0]
    assert there.value("E") == 1 + 6.25 + 16
    assert unsure == {"b": 0.05}


def test_names_kinds_and_order_stay_as_they_were() -> None:
    graph = named_graph(neuron())
    there, _ = moved(graph, {"w": Printed(2.0, 0.0)})
    assert list(there.elements) == list(graph.elements)
    assert [one.kind for one in there.elements.values()] == [
        one.kind for one in graph.elements.values()
    ]


def test_names_that_came_from_the_callers_variables_stay() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * b
    there, _ = moved(named_graph(y, sys._getframe()), {"a": Printed(10.0, 0.0)})
    assert (there.value("y"), there.value("b")) == (30.0, 3.0)


def test_only_what_is_rounded_is_unsure() -> None:
    _, unsure = moved(named_graph(neuron()), {"w": Printed(0.25, 0.0), "x": Printed(2.5, 0.05)})
    assert unsure == {"x": 0.05}


def test_a_value_that_is_computed_cannot_be_moved() -> None:
    there, _ = moved(named_graph(neuron()), {"o": Printed(0.0, 0.0)})
    assert there.value("o") == pytest.approx(1 / (1 + math.exp(-1)))


def test_a_whole_numbers_array_takes_fractions() -> None:
    w = Value(np.array([1, 2]).astype(float), "w")
    there, _ = moved(named_graph(w.sum().named("E")), {"w[0]": Printed(0.5, 0.0)})
    assert there.value("E") == 2.5
