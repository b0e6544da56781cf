"""The program once more with other data: the same ops, in the same order, on other numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs.named import PROGRAMS

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import replay
from autograd_lite.engine import order


def line(x: float, w: float = 3.0, b: float = 1.0) -> Value:
    return (Value(w, "w") * Value(x, "x") + Value(b, "b")).named("y")


def leaf(root: Value, label: str) -> Value:
    (found,) = [node for node in order(root) if node.label == label]
    return found


@given(st.floats(-100, 100), st.floats(-100, 100))
def test_it_computes_what_the_program_computes_at_other_data(x: float, w: float) -> None:
    recorded = line(2.0)
    data = {leaf(recorded, "x"): x, leaf(recorded, "w"): w}
    assert replay(recorded, data, {}).data == w * x + 1.0


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_comes_out_as_it_was_recorded(program: object) -> None:
    recorded = program()  # type: ignore[operator]
    again = replay(recorded, {}, {})
    assert np.array_equal(again.data, recorded.data)
    assert [node.label for node in order(again)] == [node.label for node in order(recorded)]
    assert [type(node) for node in order(again)] == [type(node) for node in order(recorded)]
    assert [node.op for node in order(again)] == [node.op for node in order(recorded)]


def test_the_recorded_program_stays_as_it_was() -> None:
    recorded = line(2.0)
    recorded.backward()
    again = replay(recorded, {leaf(recorded, "x"): 5.0}, {})
    again.backward()
    assert (recorded.data, leaf(recorded, "x").data, leaf(recorded, "w").grad) == (7.0, 2.0, 2.0)
    assert (again.data, leaf(again, "w").grad) == (16.0, 5.0)


def test_what_an_op_chooses_is_chosen_anew() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    highest = ag.maximum(a, b).named("m")
    assert replay(highest, {a: 4.0}, {}).data == 4.0
    x = Value(-1.0, "x")
    assert replay(ag.relu(x).named("r"), {x: 3.0}, {}).data == 3.0


def test_what_a_python_if_decided_stays_decided() -> None:
    x = Value(2.0, "x")
    y = (x * 10 if x.data > 0 else x * -1).named("y")
    assert replay(y, {x: -3.0}, {}).data == -30.0


def test_attributes_of_ops_are_kept() -> None:
    x = Value([[1.0, 2.0], [3.0, 4.0]], "x")
    rows = x.sum(axis=1, keepdims=True).named("rows")
    assert replay(rows, {x: [[1.0, 1.0], [5.0, 5.0]]}, {}).data.tolist() == [[2.0], [10.0]]
    image = Value(np.arange(16.0).reshape(1, 1, 4, 4), "image")
    pooled = ag.max_pool2d(image).named("pooled")
    assert replay(pooled, {image: -image.data}, {}).data.ravel().tolist() == [0, -2, -8, -10]


def test_labels_come_from_the_names_and_element_names_stay() -> None:
    w = Value([1.0, 2.0], names=["w_1", "w_2"])
    y = (w * 2).sum()
    again = replay(y, {}, {w: "w", y: "total"})
    assert again.label == "total"
    assert leaf(again, "w").names.tolist() == ["w_1", "w_2"]


def test_a_constant_stays_one_also_with_other_data() -> None:
    t = Constant(1.0, "t")
    y = ((Value(3.0, "w") - t) ** 2).named("y")
    again = replay(y, {t: 2.0}, {})
    assert isinstance(leaf(again, "t"), Constant)
    assert again.data == 1.0


def test_a_value_that_is_used_twice_is_computed_once() -> None:
    x = Value(1.0, "x")
    for _ in range(40):  # along the paths there would be 2**40
        x = x + x
    assert len(order(replay(x, {}, {}))) == len(order(x)) == 41


def test_a_long_chain_needs_no_recursion() -> None:
    x = y = Value(0.0, "x")
    for _ in range(3000):
        y = y + 1.0
    assert replay(y, {x: 2.0}, {}).data == 3002.0
