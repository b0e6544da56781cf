"""Windows over the last two axes: what convolution and pooling have in common."""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import ShapeError
from autograd_lite.ops.shaping import whole_numbers

__all__ = ["Few", "Pair", "Windows", "pair"]

Pair = tuple[int, int]

_MOST = 1 << 8
"""Places up to which an index of them is quicker than a view for each position."""


def pair(name: str, value: Any, least: int) -> Pair:
    """One number for both axes, or two; ShapeError for anything else, or below ``least``.

    >>> pair("stride", 2, least=1), pair("padding", (0, 1), least=0)
    ((2, 2), (0, 1))
    """
    given = whole_numbers(value)
    both = given * 2 if len(given) == 1 else given
    if len(both) != 2 or not all(
        isinstance(one, int | np.integer) and one >= least for one in both
    ):
        needed = f"it takes one or two whole numbers from {least} on"
        raise ShapeError(f"{name} is {describe(value)}; {needed}")
    return int(both[0]), int(both[1])


class Windows(NamedTuple):
    """The size of a window, and how it moves over a padded image.

    >>> x = np.arange(9.0).reshape(3, 3)
    >>> rows_of_two = Windows(size=(1, 2), stride=(2, 1), padding=(0, 0))
    >>> rows_of_two.counts(x.shape)
    (2, 2)
    >>> [seen.tolist() for seen in rows_of_two.views(x)]
    [[[0.0, 1.0], [6.0, 7.0]], [[1.0, 2.0], [7.0, 8.0]]]
    """

    size: Pair
    stride: Pair
    padding: Pair
    dilation: Pair = (1, 1)

    def counts(self, shape: tuple[int, ...]) -> Pair:
        """How many windows fit along both axes; less than 1 where none does."""
        high, wide = (
            (length + 2 * padding - dilation * (size - 1) - 1) // stride + 1
            for length, size, stride, padding, dilation in zip(shape[-2:], *self, strict=True)
        )
        return high, wide

    def views(self, x: Any, outside: Any = 0.0) -> Iterator[Any]:
        """For each position within a window, in reading order, the view of all its elements.

        The padding has the value ``outside``.
        """
        return self.views_of(self.padded(x, outside), self.counts(x.shape))

    def few(self, image: Any) -> "Few | None":
        """The same as an index, for one small image without padding; None for anything else."""
        return _few(self, image) if len(image) == 2 and not self.pads else None

    def spread(
        self,
        like: Any,
        shape: tuple[int, ...],
        part: Callable[[int], Any],
        dtype: Any = None,
        out: Any = None,
    ) -> Any:
        """The adjoint of the views: an array of that shape to which parts have been added.

        ``part`` takes the place of the position within the window, and is added to its view. The
        array is ``out``, or a new one that is laid out in memory as ``like`` is.
        """
        padded = out
        if out is None or self.pads:
            padded = np.empty_like(like, dtype, shape=(*shape[:-2], *self.outer(shape)))
        padded[...] = 0
        put = np.add if self.overlap else _assign
        for place, view in enumerate(self.views_of(padded, self.counts(shape))):
            put(view, part(place), out=view)
        if out is not None and self.pads:
            out[...] = self.inner(padded)
        return self.inner(padded) if out is None else out

    @property
    def pads(self) -> bool:
        """Whether there is any padding."""
        return any(self.padding)

    @property
    def overlap(self) -> bool:
        """Whether an element may be seen by several windows."""
        reach = (d * (n - 1) + 1 for d, n in zip(self.dilation, self.size, strict=True))
        return any(far > step for far, step in zip(reach, self.stride, strict=True))

    def padded(self, x: Any, outside: Any = 0.0) -> Any:
        """The image with its padding, laid out in memory as before; itself where there is none."""
        if not self.pads:
            return x
        padded = np.full_like(x, outside, shape=(*x.shape[:-2], *self.outer(x.shape)))
        self.inner(padded)[...] = x
        return padded

    def inner(self, padded: Any) -> Any:
        """The image without its padding, as a view."""
        (top, left), (height, width) = self.padding, padded.shape[-2:]
        return padded[..., top : height - top, left : width - left]

    def outer(self, shape: tuple[int, ...]) -> Pair:
        """Height and width of an image of that shape with its padding."""
        (top, left), (height, width) = self.padding, shape[-2:]
        return height + 2 * top, width + 2 * left

    def views_of(self, padded: Any, counts: Pair) -> Iterator[Any]:
        """The views of an image that has its padding, of so many windows along both axes."""
        high, wide = (
            [
                slice(at * dilation, at * dilation + (n - 1) * stride + 1, stride)
                for at in range(size)
            ]
            for size, stride, dilation, n in zip(
                self.size, self.stride, self.dilation, counts, strict=True
            )
        )
        return (padded[..., row, column] for row in high for column in wide)


class Few(NamedTuple):
    """Windows over a small image as an index: quicker than a view for each position.

    ``places`` says where in the flat image the elements lie, by position within the window and by
    window; ``positions`` numbers the positions, as a column.
    """

    places: Any
    positions: Any
    counts: Pair
    overlap: bool


@lru_cache(1000)
def _few(windows: Windows, shape: tuple[int, int]) -> Few | None:
    counts = windows.counts(shape)
    if math.prod(windows.size) * math.prod(counts) > _MOST:
        return None
    cells = np.arange(math.prod(shape)).reshape(shape)
    places = np.stack([view.ravel() for view in windows.views_of(cells, counts)])
    return Few(places, np.arange(len(places))[:, None], counts, windows.overlap)


def _assign(_: Any, part: Any, out: Any) -> None:
    out[...] = part
