"""Max and average pooling over windows of the last two axes.

Max pooling is a gather at the winners, the first of equals in reading order; its adjoint scatters
to them. Both are linear once the winners are known, so that pooling can be differentiated again.
Average pooling counts the padding as zeros, as PyTorch does by default.
"""

from collections.abc import Callable
from functools import lru_cache, reduce
from operator import add
from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError
from autograd_lite.op import Sample, Structural, shape_of, structural
from autograd_lite.ops.selection import argmax, equal, largest, or_zero, where
from autograd_lite.ops.windows import Pair, Windows, pair

__all__ = ["avg_pool2d", "max_pool2d"]


def _max_pool2d(x: Any, out: Any = None, **how: Any) -> Any:
    windows = Windows(**how)
    if out is None and (few := windows.few(x.shape)) is not None:
        return np.maximum.reduce(x.ravel().take(few.places)).reshape(few.counts)
    views = windows.views(x, outside=-np.inf)
    first = next(views)
    best = np.empty_like(first) if out is None else out
    best[...] = first
    for view in views:
        np.maximum(best, view, out=best)
    return best


def _winners(x: Any, out: Any = None, **how: Any) -> Any:
    """Which position of each window has its maximum; the first of equals, and the first NaN."""
    windows = Windows(**how)
    if out is None and (few := windows.few(x.shape)) is not None:
        return x.ravel().take(few.places).argmax(0).reshape(few.counts).astype(x.dtype)
    views = windows.views(x, outside=-np.inf)
    best = next(views).copy("K")
    kind = np.min_scalar_type(windows.size[0] * windows.size[1])
    won = np.zeros_like(best, kind)
    for position, view in enumerate(views, start=1):
        # The last that is better than all before it has won.
        np.maximum(won, (view > best) * kind.type(position), out=won)
        np.maximum(best, view, out=best)
    lowest = best.min(initial=np.inf)
    if not (lowest > -np.inf or (lowest == -np.inf and not windows.pads)):
        won = _winners_by_search(x, windows)
    result = np.empty_like(best) if out is None else out
    result[...] = won
    return result


def _winners_by_search(x: Any, windows: Windows) -> Any:
    """The same where there are NaN, or a window is all as low as the padding, which never wins."""
    won = np.argmax(list(windows.views(x, outside=-np.inf)), axis=0)
    inside = np.array(list(windows.views(np.ones(x.shape))))
    in_padding = np.take_along_axis(inside, won[None], axis=0)[0] == 0
    return np.where(in_padding, np.argmax(inside, axis=0), won)


def _gather(x: Any, winners: Any, **how: Any) -> Any:
    views = enumerate(Windows(**how).views(x))
    return sum(or_zero(winners == position, view) for position, view in views)


def _scatter(g: Any, winners: Any, shape: tuple[int, ...], out: Any = None, **how: Any) -> Any:
    windows = Windows(**how)
    if out is None and (few := windows.few(shape)) is not None and not few.overlap:
        result = np.zeros(shape, g.dtype)
        result.put(few.places, np.where(winners.ravel() == few.positions, g.ravel(), 0))
        return result
    return windows.spread(
        winners, shape, lambda position: or_zero(winners == position, g), g.dtype, out
    )


def _avg_pool2d(x: Any, **how: Any) -> Any:
    total = sum(Windows(**how).views(x))
    return total / float(how["size"][0] * how["size"][1])


def _avg_unpool2d(g: Any, shape: tuple[int, ...], **how: Any) -> Any:
    share = g / float(how["size"][0] * how["size"][1])
    return Windows(**how).spread(share, shape, lambda position: share)


def _each_window(x: Any, how: Any, of_cells: Callable[[dict[int, Any]], Any]) -> Any:
    """What is made of each window's elements by their position in it, on object arrays.

    The padding has no element.
    """
    cells = np.stack(list(Windows(**how).views(x, outside=None)), axis=-1)
    result = np.empty(cells.shape[:-1], object)
    for index in np.ndindex(result.shape):
        window = enumerate(cells[index])
        result[index] = of_cells({position: one for position, one in window if one is not None})
    return result


def _largest_of_objects(x: Any, **how: Any) -> Any:
    return _each_window(x, how, lambda cells: largest(*cells.values()))


def _winners_of_objects(x: Any, **how: Any) -> Any:
    return _each_window(x, how, _winner)


def _winner(cells: dict[int, Any]) -> Any:
    place = argmax(*cells.values())
    if max(cells) < len(cells):
        return place
    # With padding before it, the first element is not at position 0, and so on.
    chosen = (equal(place, float(rank)) * position for rank, position in enumerate(cells))
    return reduce(add, chosen)


def _gather_objects(x: Any, winners: Any, **how: Any) -> Any:
    views = enumerate(Windows(**how).views(x))
    return sum(_where_won(view, winners, position) for position, view in views)


def _scatter_objects(g: Any, winners: Any, shape: tuple[int, ...], **how: Any) -> Any:
    return Windows(**how).spread(winners, shape, lambda place: _where_won(g, winners, place))


def _where_won(values: Any, winners: Any, position: int) -> Any:
    """The values of the windows in which that position won, 0 elsewhere, on object arrays."""
    won = np.frompyfunc(equal, 2, 1)(winners, float(position))
    return np.frompyfunc(where, 3, 1)(won, values, 0.0)


_SIDE_BY_SIDE = {"size": (2, 2), "stride": (2, 2), "padding": (0, 0)}
_OVERLAPPING = {"size": (3, 2), "stride": (1, 2), "padding": (1, 0)}

# Who wins is a result of its own, so that it is decided anew when a graph is computed again.
_DEFAULTS = {"size": 2, "stride": None, "padding": 0, "dilation": 1}

pool_winners = structural(
    "pool_winners",
    array=_winners,
    defaults=_DEFAULTS,
    vjps=0,
    samples=(Sample(((4, 4),), _SIDE_BY_SIDE), Sample(((2, 1, 4, 4),), _OVERLAPPING)),
    analytic=False,
    branch=_winners,
    on_objects=_winners_of_objects,
)

pool_gather = structural(
    "pool_gather",
    array=_gather,
    defaults=_DEFAULTS,
    vjps=(
        lambda c, y, x, winners, **how: pool_scatter(c, winners, shape=shape_of(x), **how),
        0,
    ),
    samples=(Sample(((4, 4), (2, 2)), _SIDE_BY_SIDE),),
    branch=lambda x, winners, **how: np.rint(winners),
    on_objects=_gather_objects,
)

pool_scatter: Structural = structural(
    "pool_scatter",
    array=_scatter,
    defaults=_DEFAULTS,
    vjps=(
        lambda c, y, g, winners, shape, **how: pool_gather(c, winners, **how),
        0,
    ),
    samples=(Sample(((2, 2), (2, 2)), {"shape": (4, 4), **_SIDE_BY_SIDE}),),
    branch=lambda g, winners, **how: np.rint(winners),
    on_objects=_scatter_objects,
)

max_pool2d_op = structural(
    "max_pool2d",
    array=_max_pool2d,
    defaults=_DEFAULTS,
    vjps=lambda g, y, x, **how: pool_scatter(g, pool_winners(x, **how), shape=shape_of(x), **how),
    samples=(Sample(((4, 4),), _SIDE_BY_SIDE), Sample(((2, 1, 4, 4),), _OVERLAPPING)),
    analytic=False,
    branch=_winners,
    on_objects=_largest_of_objects,
    text="maxpool({})",
)

avg_pool2d_op = structural(
    "avg_pool2d",
    array=_avg_pool2d,
    defaults=_DEFAULTS,
    vjps=lambda g, y, x, **how: avg_unpool2d(g, shape=shape_of(x), **how),
    samples=(Sample(((4, 4),), _SIDE_BY_SIDE), Sample(((2, 1, 4, 4),), _OVERLAPPING)),
    text="avgpool({})",
)

avg_unpool2d: Structural = structural(
    "avg_unpool2d",
    array=_avg_unpool2d,
    defaults=_DEFAULTS,
    vjps=lambda c, y, g, shape, **how: avg_pool2d_op(c, **how),
    samples=(Sample(((2, 2),), {"shape": (4, 4), **_SIDE_BY_SIDE}),),
)


def _how(
    name: str, x: Any, size: int | Pair, stride: int | Pair | None, padding: int | Pair
) -> dict[str, Pair]:
    numbers = type(size) is type(padding) is int and (stride is None or type(stride) is int)
    return (_settings_again if numbers else _settings)(name, shape_of(x), size, stride, padding)


def _settings(
    name: str, shape: tuple[int, ...], size: Any, stride: Any, padding: Any
) -> dict[str, Pair]:
    """The attributes of a pooling, checked."""
    windows = Windows(
        pair("size", size, 1),
        pair("stride", size if stride is None else stride, 1),
        pair("padding", padding, 0),
    )
    if len(shape) < 2:
        raise ShapeError(f"{name} got shape {shape}; it pools over the last two axes")
    if min(windows.counts(shape)) < 1:
        raise ShapeError(
            f"{name} got shape {shape}; a window of {windows.size} does not fit into it"
        )
    if any(2 * p > s for p, s in zip(windows.padding, windows.size, strict=True)):
        raise ShapeError(
            f"{name}: padding {windows.padding} is more than half the size {windows.size}"
        )
    return windows._asdict()


_settings_again = lru_cache(1000)(_settings)
"""For numbers alone: 1.0 is equal to 1, but no size."""


def max_pool2d(
    x: Any, size: int | Pair = 2, stride: int | Pair | None = None, padding: int | Pair = 0
) -> Any:
    """The maximum of each window; the window's first maximum takes the whole gradient.

    The stride is the size unless given; windows that do not fit at the end are left out. The
    padding never wins. Raises ShapeError where no window fits.

    >>> import autograd_lite as ag
    >>> x = ag.Value([[1.0, 5.0], [5.0, 2.0]])
    >>> ag.max_pool2d(x).backward([[1.0]])
    >>> x.grad.tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    return max_pool2d_op(x, **_how("max_pool2d", x, size, stride, padding))


def avg_pool2d(
    x: Any, size: int | Pair = 2, stride: int | Pair | None = None, padding: int | Pair = 0
) -> Any:
    """The mean of each window; the padding counts as zeros.

    Stride and size are as in :func:`max_pool2d`. Raises ShapeError where no window fits.

    >>> import autograd_lite as ag
    >>> ag.avg_pool2d(ag.Value([[1.0, 5.0], [4.0, 2.0]])).data.tolist()
    [[3.0]]
    """
    return avg_pool2d_op(x, **_how("avg_pool2d", x, size, stride, padding))
