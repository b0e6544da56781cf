"""Chains of elementwise ops as one loop, in the scalar expressions of each op, for numba."""

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_lite.fast.steps import Step
from autograd_lite.fast.templates import TEMPLATES
from autograd_lite.fast.tensors.calls import Call
from autograd_lite.fast.tensors.loops import compiled_once

__all__ = ["Operand", "chain", "chain_source"]

Sizes = tuple[int, ...]

_NUMBER = re.compile(r"\b\d\.\d\b")
"""A number in a template: without more, numba takes it for one of float64."""


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
        text = TEMPLATES[step.op].text
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
