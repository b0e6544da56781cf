"""Convolution (cross-correlation, as in every neural network library) and its two adjoints.

    y[n,o,i,j] = Σ x[n,c,i·s + m·d − p, j·s + k·d − p] · w[o,c,m,k]

The three ops are linear in each operand, and each is the others' derivative, so any order of
derivative stays within them: ``conv2d(x, w)``, ``conv2d_input(g, w)``, which carries a cotangent
back to the input, and ``conv2d_kernel(x, g)``, which carries it to the kernel. (Dumoulin and Visin,
A guide to convolution arithmetic for deep learning, 2016, 4.)

The work is a matrix product over the columns that each kernel position sees (im2col, Chellapilla et
al. 2006). Images lie in memory with the batch last, as in cuda-convnet: then a column is copied in
runs of a whole row of the result for the whole batch, and what is elementwise or pooled after it
runs over the batch. The columns are made in parts, so that they stay in the cache.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_lite.data import describe
from autograd_lite.errors import ShapeError
from autograd_lite.op import Sample, Structural, shape_of, structural
from autograd_lite.ops.windows import Pair, Windows, pair

__all__ = ["conv2d"]

Part = tuple[slice, slice]

_BLOCK = 1 << 19
"""Bytes of columns that are made at a time: they stay in the cache of one core."""
_BLOCK_OF_OUTPUT = 1 << 15
"""The same for each output channel: the longer the product, the less the cache matters."""
_SPREAD = 1 << 21
"""The same where each of the many passes over the columns is a call of NumPy."""


class _How(NamedTuple):
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int

    def windows(self, kernel: tuple[int, ...]) -> Windows:
        """What a kernel of that shape sees."""
        return Windows((kernel[-2], kernel[-1]), self.stride, self.padding, self.dilation)


def _four(array: Any) -> Any:
    """A plain image or kernel as a batch of one with one channel."""
    return array[None, None] if array.ndim == 2 else array


def _batch_last(images: Any) -> Any:
    """Images as (channels, height, width, batch), one after the other in memory."""
    return np.ascontiguousarray(_four(images).transpose(1, 2, 3, 0))


def _result(out: Any, shape: tuple[int, ...], ndim: int, kind: Any) -> tuple[Any, Any]:
    """An array (channels, height, width, batch) to fill, and the same as it is handed out."""
    if out is not None:
        return _four(out).transpose(1, 2, 3, 0), out
    last = np.empty(shape, kind)
    return last, last.transpose(3, 0, 1, 2) if ndim == 4 else last[0, :, :, 0]


def _matrices(kernel: Any, groups: int) -> Any:
    """A kernel as (groups, out channels of the group, channels·kh·kw)."""
    return kernel.reshape(groups, len(kernel) // groups, kernel[0].size)


def _columns(images: Any, kernel: tuple[int, ...], how: _How) -> Any:
    """(channels, kh, kw, oh, ow, batch): what each kernel position sees, as a view."""
    windows = how.windows(kernel)
    x = _batch_last(windows.padded(_four(images)))
    (s0, s1), (d0, d1) = how.stride, how.dilation
    channel, row, column, batch = x.strides
    return as_strided(
        x,
        (x.shape[0], *windows.size, *windows.counts(images.shape), x.shape[3]),
        (channel, d0 * row, d1 * column, s0 * row, s1 * column, batch),
        writeable=False,
    )


def _block(outputs: int) -> int:
    return max(_BLOCK, outputs * _BLOCK_OF_OUTPUT)


def _parts(places: Sequence[int], size: int, block: int) -> Iterator[Part]:
    """The result in parts: some rows, or some of a row where one row is too much.

    ``size`` is that of all columns in bytes, and ``block`` about that of the columns of a part.
    """
    rows, width = places[:2]
    row = max(1, size // max(1, rows))
    high = max(1, block // row)
    wide = math.ceil(width / math.ceil(row / block))
    for top in range(0, rows, high):
        for left in range(0, width, wide):
            yield slice(top, min(top + high, rows)), slice(left, min(left + wide, width))


def _flat(images: Any, groups: int, part: Part) -> Any:
    """A part of images with the batch last, as (groups, channels of the group, places)."""
    seen = images[:, *part]
    return seen.reshape(groups, len(images) // groups, seen[0].size)


def _blocks(columns: Any, groups: int, outputs: int) -> Iterator[tuple[Part, Any]]:
    """Parts of the result, and the columns for them as (groups, channels·kh·kw, places)."""
    channels, high, wide = columns.shape[:3]
    block = None
    for part in _parts(columns.shape[3:], columns.nbytes, _block(outputs)):
        seen = columns[:, :, :, *part]
        if block is None or block.shape != seen.shape:
            block = np.empty(seen.shape, columns.dtype)
        block[...] = seen
        yield part, block.reshape(groups, channels // groups * high * wide, seen[0, 0, 0].size)


def _conv2d(x: Any, w: Any, out: Any = None, **how_given: Any) -> Any:
    how = _How(**how_given)
    if out is None and (few := how.windows(w.shape).few(x.shape)) is not None:
        return (w.reshape(1, -1) @ x.ravel().take(few.places)).reshape(few.counts)
    kernel = _four(w)
    columns, kind = _columns(x, kernel.shape, how), np.result_type(x, w)
    y, result = _result(out, (len(kernel), *columns.shape[3:]), x.ndim, kind)
    matrices = _matrices(kernel, how.groups)
    for part, block in _blocks(columns, how.groups, len(kernel)):
        np.matmul(matrices, block, out=_flat(y, how.groups, part))
    return result


def _add_columns(x: Any, columns: Any, first: Pair, windows: Windows) -> None:
    """Add columns to the images (channels, height, width, batch) in which they were seen.

    Columns are (channels, kh, kw, rows, places, batch), for a part of the result whose first place
    is at ``first``.
    """
    channels, high, wide, *places, batch = columns.shape
    top, left = (one * stride for one, stride in zip(first, windows.stride, strict=True))
    seen = x[:, top:, left:].transpose(3, 0, 1, 2)
    parts = columns.reshape(channels, high * wide, *places, batch).transpose(1, 4, 0, 2, 3)
    for view, part in zip(windows.views_of(seen, (places[0], places[1])), parts, strict=True):
        np.add(view, part, out=view)


def _conv2d_input(
    g: Any,
    w: Any,
    shape: tuple[int, ...],
    out: Any = None,
    add_columns: Any = _add_columns,
    **how_given: Any,
) -> Any:
    how, kernel, cotangent = _How(**how_given), _four(w), _batch_last(g)
    windows, matrices = how.windows(kernel.shape), _matrices(kernel, how.groups).swapaxes(1, 2)
    channels, batch, kind = (1, *shape)[-3], cotangent.shape[3], np.result_type(g, w)
    x, result = _result(out, (channels, *shape[-2:], batch), len(shape), kind)
    padded = np.empty((channels, *windows.outer(shape), batch), kind) if windows.pads else x
    padded[...] = 0
    size = channels * math.prod(windows.size) * cotangent[0].size * kind.itemsize
    block = _SPREAD if add_columns is _add_columns else _block(len(kernel))
    columns: Any = np.empty(0)
    for rows, places in _parts(cotangent.shape[1:], size, block):
        shown = rows.stop - rows.start, places.stop - places.start, batch
        if columns.shape[3:] != shown:
            columns = np.empty((channels, *windows.size, *shown), kind)
        flat = columns.reshape(*matrices.shape[:2], math.prod(shown))
        np.matmul(matrices, _flat(cotangent, how.groups, (rows, places)), out=flat)
        add_columns(padded, columns, (rows.start, places.start), windows)
    if windows.pads:
        x.transpose(3, 0, 1, 2)[...] = windows.inner(padded.transpose(3, 0, 1, 2))
    return result


def _conv2d_kernel(
    x: Any, g: Any, shape: tuple[int, ...], out: Any = None, **how_given: Any
) -> Any:
    how = _How(**how_given)
    if out is None and (few := how.windows(shape).few(x.shape)) is not None:
        return (x.ravel().take(few.places) @ g.reshape(-1, 1)).reshape(shape)
    cotangent = _batch_last(g)
    total: Any = 0
    for part, block in _blocks(_columns(x, shape, how), how.groups, len(cotangent)):
        total = np.matmul(block, _flat(cotangent, how.groups, part).swapaxes(1, 2)) + total
    result = np.empty(shape, total.dtype) if out is None else out
    result[...] = total.swapaxes(1, 2).reshape(shape)
    return result


_PLAIN = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
_FULL = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}

_DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}

conv2d_op = structural(
    "conv2d",
    array=_conv2d,
    defaults=_DEFAULTS,
    vjps=(
        lambda g, y, x, w, **how: conv2d_input(g, w, shape=shape_of(x), **how),
        lambda g, y, x, w, **how: conv2d_kernel(x, g, shape=shape_of(w), **how),
    ),
    samples=(Sample(((4, 4), (2, 2)), _PLAIN), Sample(((1, 4, 3, 2), (2, 2, 2, 2)), _FULL)),
    products=lambda y, x, w, **how: int(np.size(y) * np.size(w) // _four(w).shape[0]),
    text="conv({}, {})",
    latex=r"{} \star {}",
)

conv2d_input: Structural = structural(
    "conv2d_input",
    array=_conv2d_input,
    defaults=_DEFAULTS,
    vjps=(
        lambda c, y, g, w, shape, **how: conv2d_op(c, w, **how),
        lambda c, y, g, w, shape, **how: conv2d_kernel(c, g, shape=shape_of(w), **how),
    ),
    samples=(
        Sample(((3, 3), (2, 2)), {"shape": (4, 4), **_PLAIN}),
        Sample(((1, 2, 2, 4), (2, 2, 2, 2)), {"shape": (1, 4, 3, 2), **_FULL}),
    ),
    products=lambda y, g, w, **how: int(np.size(g) * np.size(w) // _four(w).shape[0]),
)

conv2d_kernel: Structural = structural(
    "conv2d_kernel",
    array=_conv2d_kernel,
    defaults=_DEFAULTS,
    vjps=(
        lambda c, y, x, g, shape, **how: conv2d_input(g, c, shape=shape_of(x), **how),
        lambda c, y, x, g, shape, **how: conv2d_op(x, c, **how),
    ),
    samples=(
        Sample(((4, 4), (3, 3)), {"shape": (2, 2), **_PLAIN}),
        Sample(((1, 4, 3, 2), (1, 2, 2, 4)), {"shape": (2, 2, 2, 2), **_FULL}),
    ),
    products=lambda y, x, g, **how: int(np.size(y) * np.size(g) // _four(g).shape[1]),
)


def conv2d(
    x: Any,
    w: Any,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> Any:
    """Two-dimensional convolution, without flipping the kernel.

    ``x`` is (batch, channels, height, width) and ``w`` (out channels, channels / groups, kernel
    height, kernel width), or both are plain images (height, width). Raises ShapeError where they do
    not fit together.

    >>> import autograd_lite as ag
    >>> image = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    >>> ag.conv2d(ag.Value(image), [[1.0, 0.0], [0.0, -1.0]]).data.tolist()
    [[-4.0, -4.0], [-4.0, -4.0]]
    """
    numbers = type(stride) is type(padding) is type(dilation) is type(groups) is int
    settings = (_settings_again if numbers else _settings)(
        shape_of(x), shape_of(w), stride, padding, dilation, groups
    )
    return conv2d_op(x, w, **settings)


def _settings(
    x: tuple[int, ...], w: tuple[int, ...], stride: Any, padding: Any, dilation: Any, groups: int
) -> dict[str, Any]:
    """The attributes of a convolution, checked."""
    how = _How(
        stride=pair("stride", stride, 1),
        padding=pair("padding", padding, 0),
        dilation=pair("dilation", dilation, 1),
        groups=groups,
    )
    _check(x, w, how)
    return how._asdict()


_settings_again = lru_cache(1000)(_settings)
"""For numbers alone: 1.0 is equal to 1, and so is a pair of either, but none is a stride."""


def _check(x: tuple[int, ...], w: tuple[int, ...], how: _How) -> None:
    given = f"conv2d got an input of shape {x} and a kernel of shape {w}"
    if len(x) != len(w) or len(x) not in (2, 4):
        raise ShapeError(
            f"{given}; give (batch, channels, height, width) and (out, channels, height, width), "
            "or a plain (height, width) of both"
        )
    channels, out_channels, per_group = (x[1], w[0], w[1]) if len(x) == 4 else (1, 1, 1)
    if type(how.groups) is not int or how.groups < 1:
        raise ShapeError(f"groups is {describe(how.groups)}; it takes a whole number from 1 on")
    if channels != per_group * how.groups or out_channels % how.groups:
        raise ShapeError(
            f"{given} with groups={how.groups}; the kernel's channels must be the input's "
            f"{channels} divided by groups, and its {out_channels} outputs divisible by groups"
        )
    if min(how.windows(w).counts(x)) < 1:
        raise ShapeError(f"{given}; the kernel does not fit into the padded input")
