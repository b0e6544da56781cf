"""Loops that numba compiles: what takes many passes over memory in NumPy takes one here.

Images are (channels, height, width, batch) and lie in memory like this, so that the innermost loop
runs over the batch, or over a row for the whole batch, and is vectorised.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np

from autograd_lite.fast.jit import compiled
from autograd_lite.ops.windows import Pair, Windows

__all__ = [
    "add_columns",
    "compiled_once",
    "has_loop",
    "pool",
    "scatter",
    "window_loops",
    "window_source",
]

_MOST_PLACES = 32
"""Positions of a window that are written out at most."""

_SOURCE = """\
def add_columns(x, columns, top, left, stride_high, high, stride_wide, wide):
    channels, kernel_high, kernel_wide, rows, places, run = columns.shape
    for channel in range(channels):
        for row in range(rows):
            for m in range(kernel_high):
                into = x[channel, (top + row) * stride_high + m * high]
                for k in range(kernel_wide):
                    for place in range(places):
                        start = left + place * stride_wide + k * wide
                        add(into[start : start + run], columns[channel, m, k, row, place])


def add(into, part):
    for n in range(len(part)):
        into[n] += part[n]
"""


@cache
def compiled_once(source: str) -> dict[str, Any]:
    """What a source defines, by name; compiled when it is first called, and kept."""
    return compiled(source)


def has_loop(attributes: Mapping[str, Any]) -> bool:
    """Whether the loops over windows are made for these: without padding, and not too large.

    >>> has_loop({"size": (2, 2), "padding": (0, 0)}), has_loop({"size": (3, 3), "padding": (1, 1)})
    (True, False)
    """
    high, wide = attributes["size"]
    return high * wide <= _MOST_PLACES and not any(attributes["padding"])


def window_source(windows: Windows, batch_last: bool) -> str:
    """The loops over windows without padding, with their positions written out.

    ``pool`` finds the largest of each window and its place, ``scatter`` is its adjoint.
    """
    (high, wide), (down, right) = windows.size, windows.stride
    places = [(f"i * {down} + {m}", f"j * {right} + {k}") for m in range(high) for k in range(wide)]
    batch = ", n" if batch_last else ""
    cells = [f"x[image, {row}, {column}{batch}]" for row, column in places]
    here, depth = f"image, i, j{batch}", 4 if batch_last else 3
    pool = [f"old, place = {cells[0]}, number(0)"]
    for position, cell in enumerate(cells[1:], start=1):
        pool.append(f"new = {cell}")
        # Of equals the first stays, and so does the first NaN. Without a branch: it is vectorised.
        pool.append("better = (not (new <= old)) & (old == old)")
        pool.append("old = new if better else old")
        pool.append(f"place = number({position}) if better else place")
    pool += [f"best[{here}] = old", f"won[{here}] = place"]
    scatter = [f"part, place = g[{here}], won[{here}]"]
    for position, cell in enumerate(cells):
        put = "+=" if windows.overlap else "="
        scatter.append(f"{cell} {put} part if place == number({position}) else zero")
    loops = [
        f"{name} in range(won.shape[{axis}])" for axis, name in enumerate("ijn"[: depth - 1], 1)
    ]
    head = [f"{'    ' * level}for {loop}:" for level, loop in enumerate(loops, start=2)]
    inside = "    " * (depth + 1)
    return "\n".join(
        [
            "def pool(best, won, x):",
            "    number = won.dtype.type",
            "    for image in range(len(x)):",
            *head,
            *(inside + line for line in pool),
            "",
            "",
            "def scatter(x, g, won):",
            "    number, zero = won.dtype.type, g.dtype.type(0)",
            "    for image in range(len(x)):",
            "        x[image] = 0",
            *head,
            *(inside + line for line in scatter),
            "",
        ]
    )


def _loop(name: str, windows: Windows, *arrays: Any) -> Callable[[], Any]:
    """The call of a loop over images: with the batch last if the first array lies so.

    The first is filled and lies in memory without gaps; what is read may lie otherwise.
    """
    out = arrays[0]
    batch_last = out.ndim == 4 and out.strides[0] == out.itemsize
    loop = window_loops(windows, batch_last)[name]

    def flat() -> list[Any]:
        if batch_last:
            return [np.ascontiguousarray(one.transpose(1, 2, 3, 0)) for one in arrays]
        return [np.ascontiguousarray(one).reshape(-1, *one.shape[-2:]) for one in arrays]

    views = flat()
    if all(map(np.may_share_memory, arrays, views)):
        return partial(loop, *views)
    return lambda: loop(*flat())


@cache
def window_loops(windows: Windows, batch_last: bool) -> dict[str, Any]:
    """The loops of :func:`window_source`, by name."""
    return compiled(window_source(windows, batch_last))


def pool(best: Any, won: Any, x: Any, windows: Windows) -> Callable[[], Any]:
    """The call that fills the largest of each window, and the place where it is."""
    return _loop("pool", windows, best, won, x)


def scatter(out: Any, g: Any, winners: Any, windows: Windows) -> Callable[[], Any]:
    """The call that fills the array with what the winners receive, 0 elsewhere."""
    return _loop("scatter", windows, out, g, winners)


def add_columns(x: Any, columns: Any, first: Pair, windows: Windows) -> None:
    """Add columns to the images in which they were seen; ``first`` is the place of the first."""
    *kernel, rows, places, batch = columns.shape
    (down, right), (high, wide) = windows.stride, windows.dilation
    # With a stride of 1 the places of a row are one run, side by side.
    runs = (1, places * batch) if right == 1 else (places, batch)
    compiled_once(_SOURCE)["add_columns"](
        x.reshape(*x.shape[:2], -1),
        columns.reshape(*kernel, rows, *runs),
        first[0],
        first[1] * right * batch,
        down,
        high,
        right * batch,
        wide * batch,
    )
