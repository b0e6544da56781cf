"""Broadcasting, and its adjoint: the sum over the places where an element went."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import autograd_lite as ag
from autograd_lite import ShapeError, Value, check_adjoint
from autograd_lite.ops.broadcasting import positive_axes, unbroadcast

PAIRS = mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=3)


@given(PAIRS, st.sampled_from([ag.add, ag.multiply, ag.maximum]))
def test_two_operands_broadcast_as_in_numpy(shapes: Any, op: Any) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape) for shape in shapes.input_shapes)
    result, pull = ag.vjp(op, a, b)
    assert np.shape(result) == shapes.result_shape
    np.testing.assert_array_equal(result, op.array(a, b))
    gradients = pull(np.ones(shapes.result_shape))
    assert [np.shape(gradient) for gradient in gradients] == [a.shape, b.shape]


@given(PAIRS)
def test_broadcasting_and_summing_are_adjoint(shapes: Any) -> None:
    x = np.random.default_rng(0).normal(size=shapes.input_shapes[0])
    wide = np.ones(shapes.result_shape)
    if x.size and wide.size:
        assert check_adjoint(lambda x: ag.broadcast_to(x, wide.shape), x).ok
    total = unbroadcast(wide, x.shape)
    assert np.shape(total) == x.shape
    assert np.sum(total) == wide.size


@pytest.mark.parametrize(
    ("x", "shape"), [(2.0, 3), (2.0, (2, 3)), ([1.0, 2.0], (3, 2)), ([1.0], [4])]
)
def test_broadcast_to_repeats(x: Any, shape: Any) -> None:
    result, pull = ag.vjp(lambda x: ag.broadcast_to(x, shape), x)
    np.testing.assert_array_equal(result, np.broadcast_to(x, shape))
    (gradient,) = pull(np.ones(shape))
    np.testing.assert_array_equal(gradient, np.full(np.shape(x), result.size / np.size(x)))


@pytest.mark.parametrize("shape", [(3, 3), (3,), (2,), (-1, 3), "ab", None, 1.5])
def test_a_shape_that_is_out_of_reach_is_an_error(shape: Any) -> None:
    with pytest.raises(ShapeError, match=r"broadcast_to .* of shape \(2, 3\), shape="):
        ag.broadcast_to(Value(np.ones((2, 3))), shape)


def test_axes_are_counted_from_the_front_and_in_order() -> None:
    assert positive_axes(None, 3) == (0, 1, 2)
    assert positive_axes((-1, 0), 3) == (0, 2)
    assert positive_axes(0, 0) == ()
