"""Windows over images: where they are, and that spreading is the adjoint of looking."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_lite import ShapeError
from autograd_lite.ops.windows import Windows, pair

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
windows = st.builds(Windows, pairs, pairs, st.tuples(st.integers(0, 2), st.integers(0, 2)), pairs)
shapes = st.tuples(st.integers(1, 2), st.integers(1, 7), st.integers(1, 7))


def cells(how: Windows, shape: tuple[int, ...]) -> Any:
    """For each position of a window: which cell it sees in each window, None in the padding."""
    high, wide = how.counts(shape)
    for m, k in itertools.product(*map(range, how.size)):
        yield {
            (i, j): (row, column) if 0 <= row < shape[-2] and 0 <= column < shape[-1] else None
            for i, j in itertools.product(range(high), range(wide))
            for row in [i * how.stride[0] + m * how.dilation[0] - how.padding[0]]
            for column in [j * how.stride[1] + k * how.dilation[1] - how.padding[1]]
        }


@given(windows, shapes)
def test_each_view_is_what_one_position_sees(how: Windows, shape: Any) -> None:
    assume(min(how.counts(shape)) >= 1)
    x = np.random.default_rng(0).normal(size=shape)
    for view, seen in zip(how.views(x, outside=9.0), cells(how, shape), strict=True):
        assert view.shape == (shape[0], *how.counts(shape))
        for place, cell in seen.items():
            expected = np.full(shape[0], 9.0) if cell is None else x[:, *cell]
            np.testing.assert_array_equal(view[:, *place], expected)


@given(windows, shapes, st.booleans())
def test_spreading_is_the_adjoint_of_looking(how: Windows, shape: Any, given: bool) -> None:
    assume(min(how.counts(shape)) >= 1)
    rng = np.random.default_rng(1)
    x = rng.integers(-5, 5, shape).astype(float)  # whole numbers are added up without rounding
    parts = [rng.integers(-5, 5, view.shape).astype(float) for view in how.views(x)]
    out = np.full(shape, np.nan) if given else None
    spread = how.spread(parts[0], shape, parts.__getitem__, out=out)
    assert spread is out or not given
    seen = sum((view * part).sum() for view, part in zip(how.views(x), parts, strict=True))
    assert (spread * x).sum() == seen


@given(windows, shapes)
def test_windows_overlap_if_a_cell_is_seen_in_two_of_them(how: Windows, shape: Any) -> None:
    found = [cell for seen in cells(how, shape) for cell in seen.values() if cell is not None]
    assert how.overlap or len(found) == len(set(found))


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2)])
def test_windows_side_by_side_do_not_overlap(size: Any) -> None:
    assert not Windows(size, (2, 2), (0, 0)).overlap


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_an_image_keeps_its_order_in_memory(order: Any) -> None:
    x = np.zeros((2, 3, 4, 5)).transpose(order).copy().transpose(np.argsort(order))
    how = Windows((2, 2), (1, 1), (1, 1))
    for result in (how.padded(x), how.spread(x, x.shape, lambda place: 1.0)):
        assert np.argsort(result.strides).tolist() == np.argsort(x.strides).tolist()


def test_without_padding_nothing_is_copied() -> None:
    x = np.zeros((3, 3))
    how = Windows((2, 2), (1, 1), (0, 0))
    assert how.padded(x) is x
    assert all(np.shares_memory(view, x) for view in how.views(x))


@pytest.mark.parametrize("value", [0, (1, 0), (1, 2, 3), "a", 1.5, None])
def test_a_pair_is_one_or_two_whole_numbers(value: Any) -> None:
    with pytest.raises(ShapeError, match=r"stride is .*; it takes one or two whole numbers from 1"):
        pair("stride", value, 1)
