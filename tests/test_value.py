"""The node: what it keeps, what assigning its data does, and what it costs."""

import copy
import gc
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, DataError, GraphError, ShapeError, Value
from autograd_lite.engine import SPARE

# Construction: see test_data for what is accepted


def test_a_new_value_is_a_leaf_without_gradient() -> None:
    v = Value([1.0, 2.0])
    assert (v.op, v.operands, v.parents, v.attributes, v.grad) == (None, (), (), {}, None)


def test_a_value_has_its_own_copy_of_what_it_is_given() -> None:
    given = np.array([1.0, 2.0])
    v = Value(given)
    given[0] = 9.0
    assert v.data.tolist() == [1.0, 2.0]


def test_a_constant_operand_is_copied_too() -> None:
    w, x = Value([1.0, 2.0]), np.array([3.0, 4.0])
    y = (w * x).sum()
    x[:] = 0.0
    y.backward()
    assert w.grad.tolist() == [3.0, 4.0]


def test_scalars_are_python_floats_wherever_they_come_from() -> None:
    w = Value([1.0, 2.0])
    for scalar in (w.sum(), w[0], w @ w, w.mean(), w.max(), ag.reshape(Value([1.0]), ()), w[0] * 2):
        assert type(scalar.data) is float
        scalar.backward()
        assert type(scalar.grad) is float


def test_float32_stays_float32_forward_and_backward() -> None:
    w, x = Value(np.float32([1, 2])), np.float32([3, 4])
    y = ag.sigmoid(w * x) / 2 + 1
    assert y.dtype == np.float32
    y.sum().backward()
    assert w.grad.dtype == y.grad.dtype == np.float32


def test_a_float32_weight_gets_a_float32_gradient_from_float64_data() -> None:
    w = Value(np.float32([1, 2]))
    y = w * np.array([3.0, 4.0])
    assert y.dtype == np.float64
    y.sum().backward()
    assert w.grad.dtype == np.float32


# Data


def test_data_are_a_float_or_a_read_only_view() -> None:
    assert type(Value(3).data) is float
    w = Value([1.0, 2.0])
    with pytest.raises(DataError, match=r"assign them whole: value\.data = array"):
        w.data[0] = 5.0
    assert w.data.tolist() == [1.0, 2.0]


def test_a_gradient_step_assigns_data_in_place() -> None:
    v, w = Value(3.0), Value([1.0, 2.0])
    v.data -= 0.5
    w.data -= 0.1 * np.array([10.0, 20.0])
    v.data *= 2
    w.data += 1
    w.data /= 2
    assert v.data == 5.0
    assert w.data.tolist() == [0.5, 0.5]


def test_assigned_data_are_copied_and_keep_the_precision_of_the_value() -> None:
    w = Value(np.float32([1, 2]))
    new = np.array([3.0, 4.0])
    w.data = new
    new[0] = 9.0
    assert w.data.tolist() == [3.0, 4.0]
    assert w.dtype == np.float32


@pytest.mark.parametrize(
    ("before", "new"), [(1.0, [1.0]), ([1.0], 1.0), ([1.0, 2.0], [1.0]), ([1.0], [[1.0]])]
)
def test_data_of_another_shape_are_refused(before: Any, new: Any) -> None:
    w = Value(before, "w")
    with pytest.raises(ShapeError, match=r"w has shape .* assigned data of shape"):
        w.data = new


@pytest.mark.parametrize("new", ["1", None, 1j, Value(1.0)])
def test_data_that_are_no_numbers_are_refused(new: Any) -> None:
    w = Value(1.0)
    with pytest.raises(DataError):
        w.data = new
    assert w.data == 1.0


def test_assigning_to_a_computed_value_is_an_error() -> None:
    y = Value(1.0) * 2
    with pytest.raises(GraphError, match=r"the result of multiply \(2\.0\) was computed by"):
        y.data = 3.0


def test_an_operator_with_assignment_makes_a_new_value() -> None:
    x = Value(2.0)
    y = x
    y += 3
    y *= x
    y.backward()
    assert (x.data, y.data, x.grad) == (2.0, 10.0, 7.0)


# Constant


def test_a_constant_takes_no_gradient_and_costs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    op = ag.multiply
    asked = []
    contribution = op.contribution

    def watched(position: int, *rest: Any) -> Any:
        asked.append(position)
        return contribution(position, *rest)

    monkeypatch.setattr(op, "contribution", watched)
    x, w = Constant([1.0, 2.0]), Value([3.0, 4.0])
    (x * w).backward([1.0, 1.0])
    assert x.grad is None
    assert w.grad.tolist() == [1.0, 2.0]
    assert asked == [1]


def test_what_is_computed_from_constants_is_an_ordinary_value() -> None:
    y = Constant(2.0) * Constant(3.0)
    assert type(y) is Value
    y.backward()
    assert y.grad == 1.0


def test_a_subclass_of_value_takes_its_gradient() -> None:
    class Parameter(Value):
        pass

    w, x = Parameter(2.0), Value(3.0)
    (w * x * w).backward()
    assert (w.grad, x.grad) == (12.0, 4.0)


# Copies


def test_a_leaf_can_be_copied_and_pickled() -> None:
    model = {
        "w": Value(np.float32([1, 2]), "w", ["a", "b"]),
        "b": Value(3.0, "b"),
        "x": Constant(1.0),
    }
    (model["w"] * model["b"]).sum().backward()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        for key, value in model.items():
            other = twin[key]
            assert other is not value
            assert type(other) is type(value)
            assert repr(other) == repr(value)
            assert (other.label, other.dtype) == (value.label, value.dtype)
        twin["b"].data = 9.0
        assert model["b"].data == 3.0
        assert twin["w"].names.tolist() == ["a", "b"]


def test_a_value_pickled_in_a_busier_process_is_not_stale_here() -> None:
    elsewhere = Value(2.0)
    elsewhere.number += 10**9
    here = pickle.loads(pickle.dumps(elsewhere))
    (here * here).backward()
    assert here.grad == 4.0


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_computed_value_cannot_be_copied_without_its_graph(duplicate: Any) -> None:
    y = Value(1.0, "x")
    for _ in range(5000):
        y = y * 1.001
    with pytest.raises(GraphError, match="was computed by multiply; copy or pickle the values"):
        duplicate(y.named("y"))


# What a node costs


def live_values() -> int:
    return sum(type(thing) is Value for thing in gc.get_objects())


@pytest.fixture
def no_collector() -> Any:
    SPARE.clear()  # values kept by other tests to be used again are live too
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def many_ops(x: Value) -> Value:
    y = ag.conv2d(x, Value(np.ones((2, 2))))
    y = ag.max_pool2d(ag.sigmoid(y) * 2 + y / 3, 2)
    y = ag.concatenate([y.flatten(), y.T.reshape(-1)])
    return (ag.where(y > 1, y, y**2) @ y).mean()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("backward", [False, True])
def test_dropping_a_result_frees_its_graph_without_the_collector(backward: bool) -> None:
    x = Value(np.arange(25.0).reshape(5, 5))
    before = live_values()
    y = many_ops(x)
    if backward:
        y.backward()
    assert live_values() > before
    del y
    assert live_values() == before


@pytest.mark.usefixtures("no_collector")
def test_dropping_a_gradient_of_a_gradient_frees_its_graph_without_the_collector() -> None:
    x = Value([1.0, 2.0])
    before = live_values()
    hessian = ag.hessian(lambda x: (x**3).sum() * x[0])(x)
    hessian.sum().backward()
    assert live_values() > before
    del hessian
    assert live_values() == before


def test_a_scalar_node_takes_less_than_150_bytes() -> None:
    count = 10_000
    y = x = Value(1.0)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(count):
            y = y * x
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken / count < 150


def test_a_value_has_no_dictionary() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).gard = 0.0


class Parameter(Value):
    """A Value with a rate of its own, which asks for more than Value does."""

    __slots__ = ("owner", "rate")

    def __init__(self, rate: float, data: Any) -> None:
        super().__init__(data, "p", ["a", "b"])
        self.rate = rate


class Free(Parameter):
    """The same with room for any attribute."""


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]
)
@pytest.mark.parametrize("kind", [Parameter, Free])
def test_a_copy_has_what_its_class_has_added(kind: type[Parameter], copied: Any) -> None:
    value = kind(0.5, [1.0, 2.0])
    (value * value).sum().backward()
    if kind is Free:
        value.note = "mine"  # type: ignore[attr-defined]
    twin = copied(value)
    assert type(twin) is kind
    assert (twin.rate, twin.label, twin.names.tolist()) == (0.5, "p", ["a", "b"])
    assert twin.grad.tolist() == [2.0, 4.0]
    assert getattr(twin, "note", "") == getattr(value, "note", "")
    assert twin.number > value.number


# Length and names


def test_the_length_is_that_of_the_first_axis_and_a_single_number_has_none() -> None:
    assert len(Value(np.zeros((2, 3)))) == 2
    assert [row.shape for row in Value(np.zeros((2, 3)))] == [(3,), (3,)]
    with pytest.raises(DataError, match="single number; it has no length"):
        len(Value(1.0))


def test_elements_have_names_without_a_label_too_and_their_array_does_not_change() -> None:
    value = Value([1.0, 2.0], names=["p", "q"])
    assert value.label == ""
    assert value.names is not None
    assert value.names.tolist() == ["p", "q"]
    with pytest.raises(ValueError, match="read-only"):
        value.names[0] = "r"
