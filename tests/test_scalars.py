"""A tensor program as a program of single numbers."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.errors import GraphTooLargeError
from autograd_lite.fast.straight import Scalars


def test_every_element_of_a_leaf_is_an_input_by_its_name() -> None:
    w = Value([[1.0, 2.0]], "w", [["a", "b"]])
    x = Constant([3.0, 4.0], "x")
    scalars = Scalars.of((w @ x).sum())
    labels = [leaf.label for leaf in scalars.program.inputs]
    assert sorted(labels) == ["a", "b", "x[0]", "x[1]"]
    assert scalars.program.run() == (11.0, {"a": 3.0, "b": 4.0})


def test_numbers_and_arrays_go_there_and_back() -> None:
    a, b, c = Value([[1.0, 2.0]], "a"), Value(3.0, "b"), Value(np.ones(1, np.float32), "c")
    scalars = Scalars.of((a * b * c).sum())
    data = [leaf.data for leaf in scalars.leaves]
    numbers = scalars.row.flat(data)
    assert sorted(numbers) == [1.0, 1.0, 2.0, 3.0]
    back = scalars.row.arrays(numbers)
    for before, after, leaf in zip(data, back, scalars.leaves, strict=True):
        assert np.array_equal(before, after)
        assert np.shape(after) == leaf.shape
        assert type(after) is type(before)
    (single,) = (one for one in back if isinstance(one, np.ndarray) and one.shape == (1,))
    assert single.dtype == np.float32


def test_scalars_go_there_and_back_without_an_array() -> None:
    scalars = Scalars.of(Value(2.0, "a") * Value(3.0, "b"))
    assert scalars.row.flat([4.0, 5.0]) == [4.0, 5.0]
    assert scalars.gradients.arrays(np.array([1.0, 2.0])) == [1.0, 2.0]


def test_the_places_of_the_weights_are_those_among_all_leaves() -> None:
    x, w = Constant([1.0, 2.0], "x"), Value([3.0, 4.0], "w")
    assert Scalars.of((x * w).sum()).updated == [1]


def test_squares_of_arrays_are_rounded_as_numpy_rounds_them() -> None:
    numbers = np.random.default_rng(0).uniform(-3, 3, 500)
    x = Value(numbers, "x")
    root = (x**2).sum()
    program = Scalars.of(root).program
    assert "power" not in {step.op.name for step in program.steps}
    assert program.run()[0] == pytest.approx(root.data, rel=1e-14)


def test_more_scalars_than_the_limit_are_refused_before_they_are_made() -> None:
    with pytest.raises(GraphTooLargeError, match="limit of 100"):
        Scalars.of((Value(np.ones(1000)) * 2).sum(), limit=100)


def test_the_winner_of_a_pool_is_asked_at_each_run() -> None:
    x = Value([[1.0, 2.0], [3.0, 4.0]], "x")
    program = Scalars.of(ag.max_pool2d(x).sum()).program
    _, gradients = program.run({"x[0,1]": 9.0})
    assert gradients == {"x[0,0]": 0.0, "x[0,1]": 1.0, "x[1,0]": 0.0, "x[1,1]": 0.0}
