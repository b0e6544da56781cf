"""What Python may do with a Value: its label and names, its parts, and where it must refuse."""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_lite import Constant, DataError, GraphError, ShapeError, Value


@pytest.fixture
def v() -> Value:
    return Value(2.0, label="v")


@pytest.fixture
def w() -> Value:
    return Value([1.0, 2.0, 3.0], label="w")


# Label and names


def test_a_value_without_a_label_has_an_empty_one() -> None:
    assert (Value(1.0).label, Value(1.0).names) == ("", None)


def test_labels_and_names_are_given_at_construction_or_later() -> None:
    at_once = Value([1.0, 2.0], "w", ["w_1", "w_2"])
    later = Value([1.0, 2.0])
    later.label, later.names = "w", ("w_1", "w_2")
    chained = Value([1.0, 2.0]).named("w", np.array(["w_1", "w_2"]))
    for value in (at_once, later, chained):
        assert value.label == "w"
        assert value.names is not None
        assert value.names.tolist() == ["w_1", "w_2"]


def test_an_interior_value_is_labelled_like_any_other(w: Value) -> None:
    H = (w * 2).named("H", ["H1", "H2", "H3"])
    assert H.label == "H"
    assert H.parents == (w,)


def test_a_new_label_keeps_the_names_and_new_names_keep_the_label() -> None:
    w = Value([1.0, 2.0], "w", ["a", "b"])
    w.label = "x"
    assert w.names is not None
    assert w.names.tolist() == ["a", "b"]
    w.names = ["c", "d"]
    assert w.label == "x"
    w.names = None
    assert (w.label, w.names) == ("x", None)


def test_names_cannot_be_changed_one_by_one() -> None:
    w = Value([1.0, 2.0], "w", ["a", "b"])
    with pytest.raises(ValueError, match="read-only"):
        w.names[0] = "b"


@pytest.mark.parametrize("label", [None, 3, b"w", ["w"]])
def test_a_label_is_a_string(label: Any) -> None:
    with pytest.raises(DataError, match="a label is a string"):
        Value(1.0, label)
    with pytest.raises(DataError, match="a label is a string"):
        Value(1.0).label = label


@pytest.mark.parametrize("names", [["a"], [["a", "b"]], "a", [["a"], ["b"]]])
def test_names_have_the_shape_of_the_data(names: Any) -> None:
    with pytest.raises(ShapeError, match=r"w has shape \(2,\) and was given names of shape"):
        Value([1.0, 2.0], "w", names)


@pytest.mark.parametrize("names", [["a", "a"], ["a", ""], ["a", 1], ["a", None]])
def test_names_are_distinct_strings(names: Any) -> None:
    with pytest.raises(DataError, match="element names are distinct strings"):
        Value([1.0, 2.0], "w", names)


def test_a_value_with_a_plus_is_another_one_with_a_label_of_its_own(v: Value) -> None:
    y = (+v).named("y")
    y.backward()
    assert (v.label, y.label, v.grad) == ("v", "y", 1.0)


def test_messages_call_a_value_by_label_or_op_and_size(v: Value, w: Value) -> None:
    assert v.describe() == "v"
    assert (v * w).describe() == "the result of multiply of shape (3,)"
    assert (v * v).describe() == "the result of multiply (4.0)"
    assert Value([1.0]).describe() == "a value of shape (1,)"


# Shape, and what is shown


@pytest.mark.parametrize(
    ("data", "shape"), [(1.0, ()), ([1.0], (1,)), (np.ones((2, 3)), (2, 3)), ([], (0,))]
)
def test_shape_ndim_size_and_dtype_are_those_of_the_data(data: Any, shape: Any) -> None:
    value = Value(data)
    expected = np.asarray(data)
    assert (value.shape, value.ndim, value.size) == (shape, expected.ndim, expected.size)
    assert value.dtype == np.float64


@pytest.mark.parametrize("data", [2.5, [2.5], [[2.5]], np.float32([2.5])])
def test_item_is_the_one_number_as_a_float(data: Any) -> None:
    assert type(Value(data).item()) is float
    assert Value(data).item() == 2.5


@pytest.mark.parametrize("data", [[1.0, 2.0], []])
def test_item_of_several_or_no_elements_is_an_error(data: Any) -> None:
    with pytest.raises(ShapeError, match=r"item\(\) needs one"):
        Value(data).item()


def test_the_repr_shows_kind_data_label_and_gradient(w: Value) -> None:
    assert repr(w) == "Value([1., 2., 3.], label='w')"
    assert repr(Constant(1)) == "Constant(1.0)"
    (w * w).sum().backward()
    assert repr(w) == "Value([1., 2., 3.], label='w', grad=[2., 4., 6.])"
    assert repr(Value(np.eye(2))) == "Value([[1., 0.],\n       [0., 1.]])"


def test_a_number_is_formatted_as_a_number_and_an_array_as_itself(v: Value, w: Value) -> None:
    assert f"{v:.3f}|{v * 1000:8.1e}" == "2.000| 2.0e+03"
    assert f"{w}" == repr(w)
    with pytest.raises(ShapeError, match="w has 3 elements"):
        f"{w:.3f}"


# Parts


def test_iterating_and_unpacking_give_values_of_the_graph(w: Value) -> None:
    first, second, third = w
    (10 * first + second * third).backward()
    assert w.grad.tolist() == [10.0, 3.0, 2.0]


def test_rows_of_a_matrix_are_its_items() -> None:
    rows = list(Value([[1.0, 2.0], [3.0, 4.0]]))
    assert [row.data.tolist() for row in rows] == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("ask", [len, iter, list])
def test_a_single_number_has_no_length_and_no_items(ask: Callable[[Any], Any], v: Value) -> None:
    with pytest.raises(DataError, match="v is a single number"):
        ask(v)


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        np.int64(1),
        slice(None, None, -1),
        ...,
        None,
        (..., 0),
        (slice(1), 1),
        (1, [0, 2]),
        np.array([1, 0]),
        [True, False],
        np.array([[True, False, True], [False, True, False]]),
    ],
)
def test_indexing_takes_what_numpy_takes(index: Any) -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(Value(array)[index].data, array[index])


def test_an_index_array_is_copied(w: Value) -> None:
    index = np.array([0, 0])
    y = w[index].sum()
    index[:] = 2
    y.backward()
    assert w.grad.tolist() == [2.0, 0.0, 0.0]


def test_a_value_as_index_is_an_error_that_shows_the_way(v: Value, w: Value) -> None:
    for index in (v, (slice(None), v)):
        with pytest.raises(DataError, match=r"x\[mask > 0\]"):
            w[index]
    assert w[w.data > 1.5].data.tolist() == [2.0, 3.0]


def test_assigning_an_element_is_an_error(w: Value) -> None:
    with pytest.raises(GraphError, match="cannot be changed in place"):
        w[0] = 1.0
    assert w.data.tolist() == [1.0, 2.0, 3.0]


# Truth and comparison


def test_comparisons_are_values_of_0_and_1(w: Value) -> None:
    assert (w > 1.5).data.tolist() == [0.0, 1.0, 1.0]
    assert (w >= 2).data.tolist() == [0.0, 1.0, 1.0]
    assert (w < [2, 2, 2]).data.tolist() == [1.0, 0.0, 0.0]
    assert (np.array([1.0, 1.0, 5.0]) <= w).data.tolist() == [1.0, 1.0, 0.0]
    assert (2 > w).data.tolist() == [1.0, 0.0, 0.0]  # noqa: SIM300  (the reflected form)


def test_a_comparison_decides_an_if_and_sorts(v: Value) -> None:
    assert v > 1
    assert not v > 3
    assert [x.data for x in sorted([Value(3.0), Value(1.0), Value(2.0)])] == [1.0, 2.0, 3.0]
    assert max(Value(1.0), v) is v


def test_a_comparison_carries_no_gradient(v: Value) -> None:
    ((v > 1) * v).backward()
    assert v.grad == 1.0


def test_only_one_element_has_a_truth_value(w: Value) -> None:
    assert bool(Value([0.0])) is False
    for several in (w, Value([])):
        with pytest.raises(DataError, match="no one truth value"):
            bool(several)


def test_sets_and_keys_hold_values_by_identity(v: Value) -> None:
    twin = Value(2.0, label="v")
    assert v is not twin
    assert len({v, twin, v}) == 2
    assert {v: "v", twin: "twin"}[v] == "v"
    assert v != "v"
    assert v != None  # noqa: E711  (what == does is the question)


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.array([2.0, 1.0]), [2.0, 1.0]])
def test_equality_compares_elements_and_is_recorded(v: Value, number: Any) -> None:
    wanted = np.equal(2.0, number).astype(float).tolist()
    for same in (v == number, number == v):
        assert isinstance(same, Value)
        assert np.array_equal(same.data, wanted)
    assert np.array_equal((v != number).data, np.subtract(1.0, wanted))


def test_a_maximum_is_spread_by_comparing_with_it_as_in_numpy() -> None:
    x = Value([1.0, 3.0, 2.0], label="x")
    (x * (x == x.max())).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]


def test_looking_for_a_number_among_elements_is_an_error(w: Value) -> None:
    with pytest.raises(DataError, match=r"whether 2.0 is in w .*value\.data"):
        assert 2.0 in w


# Plain numbers


@pytest.mark.parametrize("convert", [float, complex, math.exp, math.floor, math.fsum])
def test_a_value_is_never_cut_from_its_graph_in_silence(
    convert: Callable[[Any], Any], v: Value
) -> None:
    with pytest.raises(DataError, match=r"v as a plain number .*value\.item\(\).*ag\.exp"):
        convert([v] if convert is math.fsum else v)


@pytest.mark.parametrize("convert", [int, round, math.ceil, "%d".__mod__, range])
def test_nor_by_other_conversions(convert: Callable[[Any], Any], v: Value) -> None:
    with pytest.raises(TypeError):
        convert(v)


# Copies: see also pickling in test_value


def test_a_shallow_copy_of_a_leaf_is_another_value(w: Value) -> None:
    twin = copy.copy(w)
    assert twin is not w
    assert twin.data.tolist() == w.data.tolist()
    twin.data = [0.0, 0.0, 0.0]
    assert w.data.tolist() == [1.0, 2.0, 3.0]
