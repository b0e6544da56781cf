"""Pooling and its gradients, against loops over the windows."""

import re
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ShapeError, Value

RNG = np.random.default_rng(0)

SETTINGS = [
    {},
    {"size": 3},
    {"size": (1, 4)},
    {"size": 3, "stride": 1},
    {"size": (3, 2), "stride": (2, 1)},
    {"size": 2, "stride": 3},
    {"size": 3, "padding": 1},
    {"size": (3, 4), "stride": (1, 2), "padding": (1, 2)},
    {"size": 1},
]


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def windows(shape: Any, size: Any = 2, stride: Any = None, padding: Any = 0) -> Any:
    """For each place of the result, the cells of the input that its window covers, in order."""
    (high, wide), (p0, p1) = pair(size), pair(padding)
    s0, s1 = pair(size if stride is None else stride)
    rows = (shape[0] + 2 * p0 - high) // s0 + 1
    columns = (shape[1] + 2 * p1 - wide) // s1 + 1
    for i, j in np.ndindex(rows, columns):
        cells = [(i * s0 + m - p0, j * s1 + k - p1) for m, k in np.ndindex(high, wide)]
        yield (
            (i, j),
            [cell for cell in cells if 0 <= cell[0] < shape[0] and 0 <= cell[1] < shape[1]],
            high * wide,
        )


def images(x: Any, result: Any, cotangent: Any) -> Any:
    """Each image of the batch with its results and cotangents."""
    for index in np.ndindex(x.shape[:-2]):
        yield index, x[index], result[index], cotangent[index]


@pytest.mark.parametrize("how", SETTINGS, ids=str)
@pytest.mark.parametrize("lead", [(), (2, 3)], ids=["image", "batch"])
@pytest.mark.parametrize("draw", ["distinct", "many equals"])
def test_the_first_maximum_of_each_window_wins(how: Any, lead: Any, draw: str) -> None:
    shape = (*lead, 6, 7)
    x = RNG.normal(size=shape) if draw == "distinct" else RNG.integers(0, 3, shape).astype(float)
    result, pull = ag.vjp(lambda x: ag.max_pool2d(x, **how), x)
    cotangent = RNG.normal(size=result.shape)
    (gradient,) = pull(cotangent)
    for index, image, found, g in images(x, result, cotangent):
        expected = np.zeros(image.shape)
        for place, cells, _ in windows(image.shape, **how):
            best = max(cells, key=lambda cell: image[cell])  # the first of equals
            assert found[place] == image[best]
            expected[best] += g[place]
        np.testing.assert_allclose(gradient[index], expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("how", SETTINGS, ids=str)
@pytest.mark.parametrize("lead", [(), (2, 3)], ids=["image", "batch"])
def test_the_mean_of_each_window_counts_the_padding_as_zeros(how: Any, lead: Any) -> None:
    x = RNG.normal(size=(*lead, 6, 7))
    result, pull = ag.vjp(lambda x: ag.avg_pool2d(x, **how), x)
    cotangent = RNG.normal(size=result.shape)
    (gradient,) = pull(cotangent)
    for index, image, found, g in images(x, result, cotangent):
        expected = np.zeros(image.shape)
        for place, cells, count in windows(image.shape, **how):
            total = sum(image[cell] for cell in cells)
            assert found[place] == pytest.approx(total / count, rel=1e-13, abs=1e-14)
            for cell in cells:
                expected[cell] += g[place] / count
        np.testing.assert_allclose(gradient[index], expected, rtol=1e-13, atol=1e-14)


def test_what_wins_in_several_windows_receives_from_all() -> None:
    _, pull = ag.vjp(lambda x: ag.max_pool2d(x, 2, stride=1), [[0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    assert pull([[1.0, 10.0]])[0].tolist() == [[0.0, 11.0, 0.0], [0.0, 0.0, 0.0]]


def test_the_padding_never_wins() -> None:
    assert ag.max_pool2d([[-5.0]], 2, stride=1, padding=1).tolist() == [[-5.0, -5.0]] * 2
    _, pull = ag.vjp(lambda x: ag.max_pool2d(x, 2, stride=1, padding=1), [[-5.0]])
    assert pull(np.ones((2, 2)))[0].tolist() == [[4.0]]


def test_of_a_window_as_low_as_the_padding_the_first_element_wins() -> None:
    x = np.full((2, 2), -np.inf)
    result, pull = ag.vjp(lambda x: ag.max_pool2d(x, 2, stride=1, padding=1), x)
    assert (result == -np.inf).all()
    assert pull(np.ones((3, 3)))[0].tolist() == [[4.0, 2.0], [2.0, 1.0]]


@pytest.mark.parametrize("how", SETTINGS, ids=str)
@pytest.mark.parametrize("lead", [(), (2, 3)], ids=["image", "batch"])
def test_the_first_nan_of_a_window_wins(how: Any, lead: Any) -> None:
    x = RNG.normal(size=(*lead, 6, 7))
    x[..., 2, 3] = x[..., 3, 3] = x[..., 5, 0] = np.nan
    result, pull = ag.vjp(lambda x: ag.max_pool2d(x, **how), x)
    cotangent = RNG.normal(size=result.shape)
    (gradient,) = pull(cotangent)
    for index, image, found, g in images(x, result, cotangent):
        expected = np.zeros(image.shape)
        for place, cells, _ in windows(image.shape, **how):
            numbers = {cell: np.inf if np.isnan(image[cell]) else image[cell] for cell in cells}
            best = max(cells, key=numbers.__getitem__)
            np.testing.assert_equal(found[place], image[best])
            expected[best] += g[place]
        np.testing.assert_allclose(gradient[index], expected, rtol=1e-14, atol=1e-15)


def test_who_loses_receives_nothing_of_an_infinite_gradient() -> None:
    _, pull = ag.vjp(ag.max_pool2d, [[1.0, 2.0], [3.0, 4.0]])
    assert pull([[np.inf]])[0].tolist() == [[0.0, 0.0], [0.0, np.inf]]


@pytest.mark.parametrize("size", [20, 50], ids=["a byte", "a float of 16 bits"])
def test_a_window_may_be_larger_than_a_small_number_counts(size: int) -> None:
    x = np.arange(float(size**2)).reshape(size, size)
    _, pull = ag.vjp(lambda x: ag.max_pool2d(x, size), x)
    assert np.argwhere(pull([[1.0]])[0]).tolist() == [[size - 1, size - 1]]


def test_what_no_window_covers_receives_nothing() -> None:
    for pool in (ag.max_pool2d, ag.avg_pool2d):
        _, pull = ag.vjp(pool, np.ones((2, 3)))
        assert pull([[4.0]])[0][:, 2].tolist() == [0.0, 0.0]


def test_integers_are_pooled_as_floats() -> None:
    assert ag.max_pool2d(np.arange(4).reshape(2, 2), padding=1).tolist() == [[0.0, 1.0], [2.0, 3.0]]


@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
@pytest.mark.parametrize(
    ("shape", "how", "message"),
    [
        ((4,), {}, "got shape (4,); it pools over the last two axes"),
        ((), {}, "got shape (); it pools over the last two axes"),
        ((4, 4), {"size": 5}, "got shape (4, 4); a window of (5, 5) does not fit into it"),
        ((4, 4), {"size": 0}, "size is 0; it takes one or two whole numbers from 1 on"),
        ((4, 4), {"size": "a"}, "size is 'a'"),
        ((4, 4), {"size": 2.0}, "size is 2.0"),
        ((4, 4), {"stride": (1, 0)}, "stride is (1, 0)"),
        ((4, 4), {"padding": -1}, "padding is -1"),
        ((4, 4), {"padding": 2}, "padding (2, 2) is more than half the size (2, 2)"),
    ],
)
@pytest.mark.parametrize("kind", [np.ones, lambda shape: Value(np.ones(shape))])
def test_what_does_not_fit_is_an_error_that_names_it(
    pool: Any, shape: Any, how: Any, message: str, kind: Any
) -> None:
    with pytest.raises(ShapeError, match=re.escape(message)):
        pool(kind(shape), **how)
