"""Convolution and its gradients, against loops over every product that it is made of."""

import itertools
import re
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ShapeError, Value

RNG = np.random.default_rng(0)

SETTINGS = [
    {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    for stride, padding, dilation, groups in itertools.product(
        [1, (2, 1)], [0, (1, 2)], [1, (1, 2)], [1, 2, 4]
    )
] + [{"stride": 3}, {"stride": (1, 4), "padding": 3}, {"dilation": (4, 2), "padding": (2, 0)}, {}]


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def by_loops(
    x: Any,
    w: Any,
    cotangent: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[Any, Any, Any]:
    """The result, and the gradients of both operands; a product at a time."""
    (s0, s1), (p0, p1), (d0, d1) = map(pair, (stride, padding, dilation))
    batch, channels, height, width = x.shape
    outputs, per_group, kernel_height, kernel_width = w.shape
    rows = (height + 2 * p0 - d0 * (kernel_height - 1) - 1) // s0 + 1
    columns = (width + 2 * p1 - d1 * (kernel_width - 1) - 1) // s1 + 1
    y, dx, dw = np.zeros((batch, outputs, rows, columns)), np.zeros(x.shape), np.zeros(w.shape)
    for n, o, i, j in np.ndindex(y.shape):
        for c, m, k in np.ndindex(per_group, kernel_height, kernel_width):
            channel = o // (outputs // groups) * (channels // groups) + c
            row, column = i * s0 + m * d0 - p0, j * s1 + k * d1 - p1
            if 0 <= row < height and 0 <= column < width:
                y[n, o, i, j] += x[n, channel, row, column] * w[o, c, m, k]
                if cotangent is not None:
                    dx[n, channel, row, column] += cotangent[n, o, i, j] * w[o, c, m, k]
                    dw[o, c, m, k] += cotangent[n, o, i, j] * x[n, channel, row, column]
    return y, dx, dw


@pytest.mark.parametrize("how", SETTINGS, ids=str)
def test_the_result_and_both_gradients_are_those_of_the_loops(how: dict[str, Any]) -> None:
    x = RNG.normal(size=(2, 4, 5, 6))
    w = RNG.normal(size=(4, 4 // how.get("groups", 1), 2, 3))
    result, pull = ag.vjp(lambda x, w: ag.conv2d(x, w, **how), x, w)
    cotangent = RNG.normal(size=result.shape)
    for found, expected in zip(
        (result, *pull(cotangent)), by_loops(x, w, cotangent, **how), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
        assert found.shape == expected.shape


@pytest.mark.parametrize("how", [{}, {"stride": 2, "padding": 1}, {"dilation": 2}], ids=str)
def test_a_plain_image_is_a_batch_of_one_with_one_channel(how: dict[str, Any]) -> None:
    x, w = RNG.normal(size=(5, 6)), RNG.normal(size=(3, 2))
    result, pull = ag.vjp(lambda x, w: ag.conv2d(x, w, **how), x, w)
    expected, dx, dw = by_loops(x[None, None], w[None, None], np.ones((1, 1, *result.shape)), **how)
    np.testing.assert_allclose(result, expected[0, 0], rtol=1e-13, atol=1e-14)
    for found, gradient in zip(pull(np.ones(result.shape)), (dx, dw), strict=True):
        np.testing.assert_allclose(found, gradient[0, 0], rtol=1e-13, atol=1e-14)


def test_the_kernel_is_not_flipped() -> None:
    assert ag.conv2d([[1.0, 2.0, 3.0]], [[1.0, 10.0]]).tolist() == [[21.0, 32.0]]


def test_a_stride_that_leaves_rows_over_gives_them_no_gradient() -> None:
    _, pull = ag.vjp(lambda x: ag.conv2d(x, [[1.0, 1.0]], stride=(1, 2)), np.ones((1, 5)))
    assert pull(np.ones((1, 2)))[0].tolist() == [[1.0, 1.0, 1.0, 1.0, 0.0]]


@pytest.mark.parametrize("how", [{}, {"stride": (2, 1), "padding": 1}], ids=str)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0), (3, 2, 1, 0)], ids=str)
def test_images_may_lie_in_memory_in_any_order(how: Any, order: Any) -> None:
    x, w = RNG.normal(size=(3, 2, 6, 5)), RNG.normal(size=(4, 2, 3, 2))
    result, pull = ag.vjp(lambda x, w: ag.conv2d(x, w, **how), x, w)
    cotangent = RNG.normal(size=result.shape)
    back = np.argsort(order)
    moved, g = (one.transpose(order).copy().transpose(back) for one in (x, cotangent))
    again = ag.conv2d(moved, w[::-1, ::-1], **how)
    flipped = ag.conv2d(x, w[::-1, ::-1].copy(), **how)
    np.testing.assert_array_equal(again, flipped)
    np.testing.assert_array_equal(pull(g)[0], pull(cotangent)[0])
    np.testing.assert_array_equal(pull(g)[1], pull(cotangent)[1])


@pytest.mark.parametrize("shape", [(16, 4, 20, 20), (64, 8, 6, 12)], ids=["rows", "part of a row"])
def test_many_columns_are_made_in_parts(shape: Any) -> None:
    x, w = RNG.normal(size=shape), RNG.normal(size=(2, shape[1], 5, 5))
    result, pull = ag.vjp(ag.conv2d, x, w)  # some MB of columns
    dx, dw = pull(result)
    seen = np.lib.stride_tricks.sliding_window_view(x, (5, 5), axis=(2, 3))
    np.testing.assert_allclose(
        result, np.einsum("ncijmk,ocmk->noij", seen, w), rtol=1e-11, atol=1e-11
    )
    expected = np.einsum("ncijmk,noij->ocmk", seen, result)
    np.testing.assert_allclose(dw, expected, rtol=1e-11, atol=1e-9)
    assert (dx * x).sum() == pytest.approx((result**2).sum(), rel=1e-12)
    assert (dw * w).sum() == pytest.approx((result**2).sum(), rel=1e-12)


def test_an_empty_batch_has_an_empty_result() -> None:
    result, pull = ag.vjp(ag.conv2d, np.zeros((0, 1, 4, 4)), np.ones((2, 1, 3, 3)))
    assert result.shape == (0, 2, 2, 2)
    dx, dw = pull(result)
    assert dx.shape == (0, 1, 4, 4)
    assert dw.tolist() == np.zeros((2, 1, 3, 3)).tolist()


@pytest.mark.parametrize(
    ("x", "w", "how", "message"),
    [
        (
            (4, 4),
            (1, 1, 2, 2),
            {},
            "got an input of shape (4, 4) and a kernel of shape (1, 1, 2, 2)",
        ),
        ((1, 4, 4), (1, 2, 2), {}, "give (batch, channels, height, width)"),
        ((1, 3, 4, 4), (2, 2, 2, 2), {}, "the kernel's channels must be the input's 3"),
        ((1, 4, 4, 4), (3, 2, 2, 2), {"groups": 2}, "its 3 outputs divisible by groups"),
        ((1, 4, 4, 4), (2, 4, 2, 2), {"groups": 2}, "groups=2"),
        ((4, 4), (2, 2), {"groups": 2}, "groups=2"),
        ((4, 4), (2, 2), {"groups": 0}, "groups is 0; it takes a whole number from 1 on"),
        ((4, 4), (2, 2), {"groups": None}, "groups is None"),
        ((4, 4), (5, 2), {}, "the kernel does not fit into the padded input"),
        ((4, 4), (2, 2), {"dilation": 4}, "does not fit"),
        ((4, 4), (2, 2), {"stride": 0}, "stride is 0; it takes one or two whole numbers from 1"),
        ((4, 4), (2, 2), {"stride": 1.5}, "stride is 1.5"),
        ((4, 4), (2, 2), {"stride": None}, "stride is None"),
        ((4, 4), (2, 2), {"stride": (1, 2, 3)}, "stride is (1, 2, 3)"),
        (
            (4, 4),
            (2, 2),
            {"padding": -1},
            "padding is -1; it takes one or two whole numbers from 0",
        ),
        ((4, 4), (2, 2), {"padding": "same"}, "padding is 'same'"),
        ((4, 4), (2, 2), {"dilation": (1, 0)}, "dilation is (1, 0)"),
    ],
)
@pytest.mark.parametrize("kind", [np.ones, lambda shape: Value(np.ones(shape))])
def test_what_does_not_fit_is_an_error_that_names_it(
    x: Any, w: Any, how: Any, message: str, kind: Any
) -> None:
    with pytest.raises(ShapeError, match=re.escape(message)):
        ag.conv2d(kind(x), kind(w), **how)
