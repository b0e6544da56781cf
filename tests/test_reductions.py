"""Sum, mean, max, min over axes, and the losses made of them."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ShapeError, Value

X = np.random.default_rng(0).normal(size=(2, 3, 4))
AXES = [None, 0, 1, -1, (0, 2), (2, 0), (-1, 1), (0, 1, 2), ()]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
def test_results_and_shapes_are_those_of_numpy(name: str, axis: Any, keepdims: bool) -> None:
    expected = getattr(np, name)(X, axis=axis, keepdims=keepdims)
    for result in (
        getattr(ag, name)(X, axis, keepdims),
        getattr(ag, name)(Value(X), axis=axis, keepdims=keepdims).data,
        getattr(Value(X), name)(axis, keepdims).data,
    ):
        np.testing.assert_array_equal(result, expected)
        assert np.shape(result) == np.shape(expected)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_each_element_receives_the_cotangent_of_its_sum(axis: Any, keepdims: bool) -> None:
    kept = np.sum(X, axis=axis, keepdims=True)
    cotangent = np.arange(1.0, kept.size + 1).reshape(kept.shape)
    expected = np.broadcast_to(cotangent, X.shape)
    result, pull = ag.vjp(lambda x: ag.sum(x, axis, keepdims), X)
    (gradient,) = pull(cotangent.reshape(np.shape(result)))
    np.testing.assert_array_equal(gradient, expected)
    result, pull = ag.vjp(lambda x: ag.mean(x, axis, keepdims), X)
    (gradient,) = pull(cotangent.reshape(np.shape(result)))
    np.testing.assert_allclose(gradient, expected * kept.size / X.size, rtol=1e-15)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("name", "sign"), [("max", 1.0), ("min", -1.0)])
def test_of_equals_the_first_in_reading_order_wins(name: str, sign: float, axis: Any) -> None:
    x = sign * np.array([[[0.0, 2, 2], [2, 1, 0]], [[2, 0, 2], [2, 2, 2]]])
    result, pull = ag.vjp(lambda x: getattr(ag, name)(x, axis, True), x)
    (gradient,) = pull(np.ones_like(np.asarray(result)))
    expected, seen = np.zeros(x.shape), set()
    axes = range(3) if axis is None else [a % 3 for a in np.atleast_1d(axis).astype(int)]
    for index in np.ndindex(x.shape):
        group = tuple(0 if a in axes else i for a, i in enumerate(index))
        if group not in seen and x[index] == result[group]:
            seen.add(group)
            expected[index] = 1
    np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize("call", [ag.sum, ag.mean, ag.max, ag.min])
def test_a_single_number_is_its_own_reduction(call: Any) -> None:
    assert call(3.0) == 3.0
    gradient = ag.grad(call)(3.0)
    assert gradient == 1.0
    assert type(gradient) is float


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize("axis", [3, -4, (0, 0), "a", 1.5])
def test_an_axis_that_is_none_is_an_error(name: str, axis: Any) -> None:
    with pytest.raises(ShapeError, match=r"of shape \(2, 3, 4\), axis="):
        getattr(ag, name)(Value(X), axis)


@pytest.mark.parametrize("call", [ag.max, ag.min])
def test_the_extreme_of_nothing_is_an_error(call: Any) -> None:
    with pytest.raises(ShapeError, match="zero-size"):
        call(np.zeros((0, 2)))


@pytest.mark.parametrize("name", ["sum", "max", "min", "mean"])
def test_no_slices_have_no_results(name: str) -> None:
    x = np.zeros((0, 2))
    result, pull = ag.vjp(lambda x: getattr(ag, name)(x, axis=1), x)
    assert result.shape == (0,)
    assert pull(result)[0].shape == (0, 2)


def test_the_losses_are_what_they_say() -> None:
    output, target = [3.0, 1.0, 0.0], [1.0, 1.0, 2.0]
    assert ag.squared_error(output, target).tolist() == [4.0, 0.0, 4.0]
    assert ag.mean_squared_error(output, target) == 8 / 3
    assert ag.grad(ag.mean_squared_error)(output, target) == pytest.approx([4 / 3, 0, -4 / 3])
    assert ag.grad(ag.squared_error, (0, 1))(3.0, 1.0) == [4.0, -4.0]
