"""Loops that numba compiles: what takes many passes over memory in NumPy takes one here."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_lite.fast.jit import compiled
from autograd_lite.fast.program import Step
from autograd_lite.op import Elementwise
from autograd_lite.ops.windows import Pair, Windows

# Windows: pooling, and the adjoint of convolution.
#
# Images are (channels, height, width, batch) and lie in memory like this, so that the innermost
# loop runs over the batch, or over a row for the whole batch, and is vectorised.


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


# Chains of elementwise ops as one loop, in the scalar expressions of each op, for numba.


Sizes = tuple[int, ...]
Call = Callable[[], Any]

_NUMBER = re.compile(r"\b\d\.\d\b")
"""A number in a kernel: without more, numba takes it for one of float64."""


class Operand(NamedTuple):
    """What a loop reads or fills: an array, and the axes of the loop along which it varies.

    ``axes`` is None for a constant, which is no array.
    """

    data: Any
    axes: Sizes | None


def chain(steps: Mapping[int, Step], known: dict[int, Any], outputs: dict[int, Any]) -> Call:
    """The call that fills the arrays of some slots by elementwise steps.

    ``known`` are the arrays and floats that the steps read, by slot; ``outputs`` those they fill.
    """
    kind = next(iter(steps.values())).dtype
    arrays = {slot: one for slot, one in (known | outputs).items() if not isinstance(one, float)}
    operands = _merged(next(iter(outputs.values())).shape, arrays)
    for slot, one in known.items():
        if isinstance(one, float):
            operands[slot] = Operand(kind.type(one), None)
    axes = {slot: operand.axes for slot, operand in operands.items()}
    source = chain_source(steps, axes, outputs.keys(), single=kind == np.float32)
    return partial(compiled_once(source)["chain"], *(one.data for one in operands.values()))


def _merged(shape: Sizes, arrays: Mapping[int, Any]) -> dict[int, Operand]:
    """The arrays with as few axes as they allow together, in the order in which they lie in memory.

    An array has no axis along which it is broadcast; one that is the same everywhere has one
    element.
    """
    strides = {slot: np.broadcast_to(one, shape).strides for slot, one in arrays.items()}
    *_, last = strides.values()  # an output: what is broadcast has no order
    sizes: list[int] = []
    merged: dict[int, list[int]] = {slot: [] for slot in arrays}
    for axis in sorted(range(len(shape)), key=lambda axis: -last[axis]):
        if shape[axis] == 1:
            continue
        steps = {slot: own[axis] for slot, own in strides.items()}
        if sizes and all(merged[slot][-1] == step * shape[axis] for slot, step in steps.items()):
            sizes[-1] *= shape[axis]
            for slot, step in steps.items():
                merged[slot][-1] = step
        else:
            sizes.append(shape[axis])
            for slot, step in steps.items():
                merged[slot].append(step)
    found = {}
    for slot, own in merged.items():
        axes = tuple(axis for axis, step in enumerate(own) if step)
        shown = [sizes[axis] for axis in axes] or [1]
        seen = as_strided(arrays[slot], shown, [own[axis] for axis in axes] or [0])
        found[slot] = Operand(seen, axes)
    return found


def chain_source(
    steps: Mapping[int, Step],
    axes: Mapping[int, Sizes | None],
    outputs: Collection[int],
    single: bool = False,
) -> str:
    """The loop, whose arguments are operands and outputs in the order of ``axes``.

    Names do not say in which slot a number was, so that programs share what was compiled.

    >>> from autograd_lite.ops.elementwise import add, multiply
    >>> kind = {}, (2, 3), np.dtype(float)
    >>> steps = {7: Step(add, (0, 1), *kind), 8: Step(multiply, (7, 7), *kind)}
    >>> print(chain_source(steps, {0: (0, 1), 1: (1,), 8: (0, 1)}, [8]))
    def chain(x0, x1, x2):
        for i0 in range(x2.shape[0]):
            for i1 in range(x2.shape[1]):
                a0 = x0[i0, i1]
                a1 = x1[i1]
                t0 = a0 + a1
                t1 = t0 * t0
                x2[i0, i1] = t1
    <BLANKLINE>
    """
    names = {slot: f"x{place}" for place, slot in enumerate(axes)}
    cells = {
        slot: f"{names[slot]}[{', '.join(f'i{axis}' for axis in own) or '0'}]"
        for slot, own in axes.items()
        if own is not None
    }
    whole = max(outputs, key=lambda slot: len(axes[slot] or ()))
    depth = len(axes[whole] or ())
    lines: list[list[str]] = [[] for _ in range(depth + 1)]
    texts = {}
    for slot, own in axes.items():
        if own is None:
            texts[slot] = names[slot]
        elif slot not in outputs:
            texts[slot] = f"a{names[slot][1:]}"
            lines[max(own, default=-1) + 1].append(f"{texts[slot]} = {cells[slot]}")
    for place, (slot, step) in enumerate(steps.items()):
        texts[slot] = f"t{place}"
        assert isinstance(step.op, Elementwise)
        text = step.op.kernel
        if single:
            text = _NUMBER.sub(r"float32(\g<0>)", text)
        lines[-1].append(f"t{place} = {text.format(*(texts[one] for one in step.operands))}")
        if slot in outputs:
            lines[-1].append(f"{cells[slot]} = t{place}")
    source = "from numpy import float32\n\n\n" if single else ""
    source += f"def chain({', '.join(names.values())}):\n"
    for level, part in enumerate(lines):
        if level:
            loop = f"for i{level - 1} in range({names[whole]}.shape[{level - 1}]):\n"
            source += "    " * level + loop
        source += "".join(f"{'    ' * (level + 1)}{line}\n" for line in part)
    return source
