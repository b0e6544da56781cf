"""What derived source calls where NumPy has no function: settings as a person writes them."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ShapeError
from autograd_lite.ops import adjoints

RNG = np.random.default_rng(3)


def whole(*shape: int) -> Any:
    """Small whole numbers, of which products and sums are exact."""
    return RNG.integers(-9, 9, shape).astype(float)


@pytest.mark.parametrize("stride", [1, 2, (1, 2)])
@pytest.mark.parametrize("padding", [0, 1, (1, 0)])
def test_the_adjoints_of_a_convolution_are_its_adjoints(stride: Any, padding: Any) -> None:
    x, w = whole(1, 2, 5, 6), whole(3, 2, 3, 2)
    y = ag.conv2d(x, w, stride=stride, padding=padding)
    g = whole(*y.shape)
    how = {"stride": stride, "padding": padding}
    assert np.sum(g * y) == np.sum(x * adjoints.conv2d_input(g, w, shape=x.shape, **how))
    assert np.sum(g * y) == np.sum(w * adjoints.conv2d_kernel(x, g, shape=w.shape, **how))


def test_pooling_takes_the_size_as_stride() -> None:
    x = whole(4, 4)
    winners = adjoints.pool_winners(x)
    assert winners.shape == (2, 2)
    for i, j in itertools.product((0, 1), repeat=2):
        assert winners[i, j] == np.argmax(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
    assert np.array_equal(adjoints.pool_gather(x, winners), ag.max_pool2d(x))
    spread = adjoints.pool_scatter(np.ones((2, 2)), winners, shape=(4, 4))
    assert np.array_equal(adjoints.pool_gather(spread, winners), np.ones((2, 2)))
    assert np.sum(spread) == 4
    assert np.array_equal(
        adjoints.avg_unpool2d(np.ones((2, 2)), shape=(4, 4)), np.full((4, 4), 0.25)
    )


def test_the_first_of_equals_wins() -> None:
    assert adjoints.first_max([1.0, 3.0, 3.0]).tolist() == [0.0, 1.0, 0.0]
    assert adjoints.first_min([[2.0, 1.0], [1.0, 1.0]], axis=1).tolist() == [[0, 1], [1, 0]]


def test_what_is_added_at_one_place_twice_adds_up() -> None:
    index = (np.array([2, 0, 2]),)
    assert adjoints.scatter_add([1.0, 2.0, 3.0], index=index, shape=(3,)).tolist() == [2, 0, 4]


@pytest.mark.parametrize(
    "call",
    [
        lambda: adjoints.pool_winners(np.zeros((4, 4)), padding=(1, 2, 3)),
        lambda: adjoints.conv2d_kernel(np.zeros((3, 3)), np.zeros((2, 2)), shape=(2, 2), stride=-1),
    ],
)
def test_a_wrong_setting_is_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(ShapeError):
        call()


@pytest.mark.parametrize(
    ("setting", "least"), [("size", 1), ("stride", 1), ("padding", 0), ("dilation", 1)]
)
def test_a_setting_may_be_as_small_as_its_least_number(setting: str, least: int) -> None:
    adjoints.pool_winners(np.zeros((4, 4)), **{setting: least})
    with pytest.raises(ShapeError, match=f"{setting} is .* whole numbers from {least} on"):
        adjoints.pool_winners(np.zeros((4, 4)), **{setting: least - 1})
