"""The ops that move elements: results are NumPy's, and gradients go back where they came from."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ShapeError, Value
from autograd_lite.op import shape_of
from autograd_lite.ops import shaping
from autograd_lite.ops.shaping import scatter_add

X = np.arange(24.0).reshape(2, 3, 4)
ROW = np.array([10.0, 20.0, 30.0])

MOVES = {
    "reshape": (lambda x: ag.reshape(x, (4, -1)), lambda x: x.reshape(4, -1)),
    "reshape to a number of elements": (lambda x: ag.reshape(x, 24), np.ravel),
    "method reshape": (lambda x: x.reshape(4, 6), lambda x: x.reshape(4, 6)),
    "flatten": (ag.flatten, np.ravel),
    "transpose": (ag.transpose, np.transpose),
    "transpose of given axes": (
        lambda x: ag.transpose(x, (1, -1, 0)),
        lambda x: np.transpose(x, (1, 2, 0)),
    ),
    "T": (lambda x: x.T, np.transpose),
    "expand_dims": (lambda x: ag.expand_dims(x, (0, -1)), lambda x: x[None, ..., None]),
    "squeeze": (lambda x: ag.squeeze(x[:, :1, :1]), lambda x: x[:, 0, 0]),
    "squeeze of an axis": (lambda x: ag.squeeze(x[:, :1, :1], 1), lambda x: x[:, 0, :1]),
    "concatenate": (lambda x: ag.concatenate([x, x[:1]]), lambda x: np.concatenate([x, x[:1]])),
    "concatenate along the last": (
        lambda x: ag.concatenate([x[..., :1], x], axis=-1),
        lambda x: np.concatenate([x[..., :1], x], axis=-1),
    ),
    "stack": (lambda x: ag.stack([x, 2 * x], 1), lambda x: np.stack([x, 2 * x], 1)),
    "stack at the end": (lambda x: ag.stack([x, x], -1), lambda x: np.stack([x, x], -1)),
    "pad": (lambda x: ag.pad(x, 1), lambda x: np.pad(x, 1)),
    "pad by a pair": (lambda x: ag.pad(x, (0, 2)), lambda x: np.pad(x, (0, 2))),
    "pad by a pair an axis": (
        lambda x: ag.pad(x, ((0, 0), (1, 0), (2, 3))),
        lambda x: np.pad(x, ((0, 0), (1, 0), (2, 3))),
    ),
}

INDICES = {
    "number": 1,
    "negative number": -1,
    "numbers": (1, 2, 3),
    "NumPy number": np.int64(1),
    "slice": slice(None, 1),
    "slices": (slice(None), slice(None, None, 2), slice(3, 0, -2)),
    "ellipsis": (..., 0),
    "new axis": (None, 0, ..., None),
    "list": [1, 0, 1],
    "index array": np.array([[1, 0], [1, 1]]),
    "index arrays": (np.array([0, 1, 1]), slice(None), np.array([0, 0, 3])),
    "negative index array": (0, np.array([-1, 2])),
    "mask": X > 7,
    "mask of one axis": np.array([False, True]),
    "mask after a slice": (slice(None), np.array([True, False, True])),
    "nothing": (),
    "True": True,
}


def routed(function: Any, x: Any) -> Any:
    """The gradient of a move, from where it puts each element: x is its own number."""
    result = function(x)
    expected = np.zeros(x.size)
    weights = np.arange(1.0, result.size + 1)
    np.add.at(expected, np.ravel(result).astype(int), np.ravel(weights))
    return expected.reshape(x.shape), weights.reshape(result.shape)


@pytest.mark.parametrize("name", MOVES)
def test_moves_are_those_of_numpy(name: str) -> None:
    ours, numpys = MOVES[name]
    value = ours(Value(X))
    np.testing.assert_array_equal(value.data, numpys(X))
    assert value.shape == numpys(X).shape


@pytest.mark.parametrize("name", INDICES)
def test_indexing_is_that_of_numpy_and_the_gradient_goes_back(name: str) -> None:
    index = INDICES[name]
    expected = np.asarray(X[index])
    gradient, cotangent = routed(lambda x: np.asarray(x[index]), X)
    result, pull = ag.vjp(lambda x: x[index], X)
    np.testing.assert_array_equal(result, expected)
    assert np.shape(result) == expected.shape
    np.testing.assert_array_equal(pull(cotangent)[0], gradient)


@pytest.mark.parametrize("name", [name for name in MOVES if "pad" not in name and name != "stack"])
def test_gradients_go_back_where_the_elements_came_from(name: str) -> None:
    ours, numpys = MOVES[name]
    gradient, cotangent = routed(numpys, X)
    _, pull = ag.vjp(ours, X)
    np.testing.assert_array_equal(pull(cotangent)[0], gradient)


def test_the_gradient_of_padding_is_the_inside() -> None:
    _, pull = ag.vjp(lambda x: ag.pad(x, ((1, 0), (0, 2))), [[1.0, 2.0]])
    assert pull(np.arange(8.0).reshape(2, 4))[0].tolist() == [[4.0, 5.0]]


def test_an_index_is_copied_so_that_changing_it_later_does_not_matter() -> None:
    index = np.array([0, 2])
    x = Value(ROW)
    y = x[index].sum()
    index[:] = 1
    y.backward()
    assert x.grad.tolist() == [1.0, 0.0, 1.0]


def test_what_is_scattered_twice_adds_up() -> None:
    assert scatter_add([1.0, 2.0], index=(np.array([0, 0]),), shape=(2,)).tolist() == [3.0, 0.0]


def test_joining_numbers_and_values() -> None:
    x = Value(2.0)
    y = ag.stack([x, 3.0, x])
    y.backward([1.0, 10.0, 100.0])
    assert y.data.tolist() == [2.0, 3.0, 2.0]
    assert x.grad == 101.0
    assert ag.concatenate([Value([1.0]), [2.0]]).data.tolist() == [1.0, 2.0]
    assert ag.concatenate(Value(X)).shape == (6, 4)


@pytest.mark.parametrize("call", [ag.flatten, ag.transpose, lambda x: ag.pad(x, 1), ag.squeeze])
def test_a_single_number_can_be_moved_too(call: Any) -> None:
    result, pull = ag.vjp(call, 2.0)
    assert np.ravel(result).tolist() == [2.0]
    assert pull(np.ones(np.shape(result))) == [1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ag.reshape(x, (5, -1)), r"reshape .* \(2, 3, 4\), shape=\(5, -1\)"),
        (lambda x: ag.reshape(x, (2.0, 12)), r"reshape .* shape=\(2\.0, 12"),
        (lambda x: ag.reshape(x, "ab"), r"reshape .* shape=\('ab',\)"),
        (lambda x: ag.transpose(x, (0, 1)), r"transpose .* axes=\(0, 1\)"),
        (lambda x: ag.transpose(x, (0, 1, 5)), r"transpose .* axes=\(0, 1, 5\).*axis 5"),
        (lambda x: ag.transpose(x, (0, 1, 1)), r"transpose .* axes=\(0, 1, 1\).*repeated"),
        (lambda x: ag.transpose(x, 1), r"transpose .* axes=\(1,\)"),
        (lambda x: ag.squeeze(x, 0), r"squeeze .* axis=0 of shape \(2, 3, 4\)"),
        (lambda x: ag.squeeze(x, 7), r"squeeze .* axis=7 of shape \(2, 3, 4\)"),
        (lambda x: ag.expand_dims(x, 9), r"expand_dims .* axis=9 of shape \(2, 3, 4\)"),
        (lambda x: ag.expand_dims(x, "a"), r"expand_dims .* axis='a'"),
        (lambda x: ag.getitem(x, 2), r"getitem .* index=\(2,\).*out of bounds"),
        (lambda x: ag.getitem(x, (0, 0, 0, 0)), "getitem .*too many indices"),
        (lambda x: ag.getitem(x, 1.0), "getitem .*integers, slices"),
        (lambda x: ag.getitem(x, "a"), "getitem .*integers, slices"),
        (lambda x: ag.getitem(x, np.ones(3, bool)), "getitem .*boolean index"),
        (lambda x: ag.concatenate([x, x[0]]), r"concatenate .* \(2, 3, 4\) and \(3, 4\), axis=0"),
        (lambda x: ag.concatenate([x, x[:, :1]]), "concatenate .*must match exactly"),
        (lambda x: ag.concatenate([x], 5), "concatenate .*axis=5"),
        (lambda _: ag.concatenate([]), "concatenate got no arrays"),
        (lambda _: ag.concatenate([Value(1.0)]), "concatenate .*zero-dimensional"),
        (lambda x: ag.stack([x, x[0]]), r"stack .* got \(2, 3, 4\), \(3, 4\)"),
        (lambda _: ag.stack([]), "stack .* got nothing"),
        (lambda x: ag.pad(x, ((1, 1), (1, 1))), r"pad got width \(\(1, 1\), \(1, 1\)\) for 3 axes"),
        (lambda x: ag.pad(x, -1), "pad .*negative"),
        (lambda x: ag.pad(x, 1.5), "pad .*integral"),
        (lambda x: ag.pad(x, None), "pad .*integral"),
    ],
)
@pytest.mark.parametrize("kind", [np.array, Value])
def test_an_error_says_what_was_given(call: Any, message: str, kind: Any) -> None:
    with pytest.raises(ShapeError, match=message):
        call(kind(X))


@pytest.mark.parametrize(
    "same", [lambda x: ag.reshape(x, (2,)), ag.flatten, lambda x: ag.broadcast_to(x, (2,))]
)
def test_a_result_of_the_same_shape_is_a_value_of_its_own(same: Callable[[Value], Value]) -> None:
    x = Value([1.0, 2.0], label="x")
    same(x).named("y")
    assert x.label == "x"


def test_the_gradient_of_joining_n_arrays_takes_n_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(shaping, "shape_of", lambda x: asked.append(x) or shape_of(x))

    def steps(n: int) -> int:
        y = ag.stack([Value(float(x)) for x in range(n)])
        asked.clear()
        y.backward(np.ones(n))
        return len(asked)

    assert steps(80) < 2.5 * steps(40)


def test_an_empty_list_takes_nothing() -> None:
    x = Value([1.0, 2.0])
    assert x[[]].shape == (0,)


@pytest.mark.parametrize("axis", [1.0, np.array([0.5]), {0}])
def test_an_axis_that_is_only_equal_to_one_is_refused_also_after_it(axis: Any) -> None:
    assert ag.expand_dims([1.0, 2.0], 1).shape == (2, 1)
    with pytest.raises(ShapeError, match="expand_dims"):
        ag.expand_dims([1.0, 2.0], axis)
