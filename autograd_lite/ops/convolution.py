"""Convolution (cross-correlation, as in every neural network library) and its two adjoints.

    y[n,o,i,j] = Σ x[n,c,i·s + m·d − p, j·s + k·d − p] · w[o,c,m,k]

The three ops are linear in each operand, and each is the others' derivative, so any order of
derivative stays within them: ``conv2d(x, w)``, ``conv2d_input(g, w)``, which carries a cotangent
back to the input, and ``conv2d_kernel(x, g)``, which carries it to the kernel. (Dumoulin and Visin,
A guide to convolution arithmetic for deep learning, 2016, 4.)

The work is a matrix product over the columns that each kernel position sees, channels first, so
that the copies are of whole rows (im2col, Chellapilla et al. 2006).
"""

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.declare import structural
from autograd_lite.errors import ShapeError
from autograd_lite.op import Sample, Structural, shape_of
from autograd_lite.ops.windows import Pair, Windows, pair

__all__ = ["conv2d"]


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


def _columns(x: Any, kernel: tuple[int, ...], how: _How) -> Any:
    """(groups, channels·kh·kw, batch·oh·ow): what each kernel position sees."""
    batch, channels = x.shape[:2]
    windows, places = how.windows(kernel), kernel[-2] * kernel[-1]
    columns = np.empty((channels, places, batch, *windows.counts(x.shape)), x.dtype)
    for place, seen in enumerate(windows.views(x)):
        columns[:, place] = seen.swapaxes(0, 1)
    return columns.reshape(how.groups, channels // how.groups * places, -1)


def _rows(g: Any, groups: int) -> Any:
    """An output's cotangent as (groups, out channels of the group, batch·oh·ow)."""
    return g.swapaxes(0, 1).reshape(groups, g.shape[1] // groups, -1)


def _conv2d(x: Any, w: Any, **how_given: Any) -> Any:
    how, image, kernel = _How(**how_given), _four(x), _four(w)
    columns = _columns(image, kernel.shape, how)
    y = np.matmul(kernel.reshape(how.groups, kernel.shape[0] // how.groups, -1), columns)
    counts = how.windows(kernel.shape).counts(image.shape)
    y = y.reshape(kernel.shape[0], image.shape[0], *counts).swapaxes(0, 1)
    return y if x.ndim == 4 else y[0, 0]


def _conv2d_input(g: Any, w: Any, shape: tuple[int, ...], **how_given: Any) -> Any:
    how, cotangent, kernel = _How(**how_given), _four(g), _four(w)
    batch, channels, height, width = (1, 1, *shape)[-4:]
    matrices = kernel.reshape(how.groups, kernel.shape[0] // how.groups, -1).swapaxes(1, 2)
    columns = np.matmul(matrices, _rows(cotangent, how.groups)).reshape(
        channels, kernel.shape[-2] * kernel.shape[-1], batch, *cotangent.shape[-2:]
    )
    x = how.windows(kernel.shape).spread(
        (channels, batch, height, width), lambda place: columns[:, place], columns.dtype
    )
    x = x.swapaxes(0, 1)
    return x if len(shape) == 4 else x[0, 0]


def _conv2d_kernel(x: Any, g: Any, shape: tuple[int, ...], **how_given: Any) -> Any:
    how, image, cotangent = _How(**how_given), _four(x), _four(g)
    columns = _columns(image, shape, how)
    return np.matmul(_rows(cotangent, how.groups), columns.swapaxes(1, 2)).reshape(shape)


_PLAIN = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
_FULL = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}

conv2d_op = structural(
    "conv2d",
    array=_conv2d,
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
    how = _How(
        stride=pair("stride", stride, 1),
        padding=pair("padding", padding, 0),
        dilation=pair("dilation", dilation, 1),
        groups=groups,
    )
    _check(shape_of(x), shape_of(w), how)
    return conv2d_op(x, w, **how._asdict())


def _check(x: tuple[int, ...], w: tuple[int, ...], how: _How) -> None:
    given = f"conv2d got an input of shape {x} and a kernel of shape {w}"
    if len(x) != len(w) or len(x) not in (2, 4):
        raise ShapeError(
            f"{given}; give (batch, channels, height, width) and (out, channels, height, width), "
            "or a plain (height, width) of both"
        )
    channels, out_channels, per_group = (x[1], w[0], w[1]) if len(x) == 4 else (1, 1, 1)
    if type(how.groups) is not int or how.groups < 1:
        raise ShapeError(f"groups is {how.groups!r}; it takes a whole number from 1 on")
    if channels != per_group * how.groups or out_channels % how.groups:
        raise ShapeError(
            f"{given} with groups={how.groups}; the kernel's channels must be the input's "
            f"{channels} divided by groups, and its {out_channels} outputs divisible by groups"
        )
    if min(how.windows(w).counts(x)) < 1:
        raise ShapeError(f"{given}; the kernel does not fit into the padded input")
