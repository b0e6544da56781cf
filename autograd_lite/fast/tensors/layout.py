"""Where the numbers of each slot of a program lie: in which slot's memory, and in which order."""

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.fast.program import Program
from autograd_lite.fast.steps import Step
from autograd_lite.op import Elementwise

__all__ = ["Place", "layout", "view"]

_BATCH_LAST = (1, 2, 3, 0)
"""The order of axes in memory for images, the slowest first; see :mod:`..ops.convolution`."""

_IMAGES = {
    "conv2d": (0,),
    "conv2d_input": (0,),
    "conv2d_kernel": (0, 1),
    "max_pool2d": (0,),
    "avg_pool2d": (0,),
    "pool_winners": (0,),
    "pool_gather": (0, 1),
    "pool_scatter": (0, 1),
    "avg_unpool2d": (0,),
}
"""Which operands of an op are images, as its result is; that of conv2d_kernel is none."""


class Place(NamedTuple):
    """The slot that owns the memory, and the order of its axes, or None for some other view."""

    owner: int
    order: tuple[int, ...] | None


def layout(program: Program) -> list[Place]:
    """The place of each slot.

    >>> import autograd_lite as ag
    >>> x = ag.Value(np.ones((2, 1, 4, 4)), "x")
    >>> program = Program.of(ag.conv2d(x, np.ones((1, 1, 2, 2))).sum())
    >>> layout(program)[0]
    Place(owner=0, order=(1, 2, 3, 0))
    """
    seen = {
        step.operands[position]
        for step in program.steps
        for position in _IMAGES.get(step.op.name, ())
    }
    # Pooling alone is not worth the way there and back.
    if not any(step.op.name.startswith("conv2d") for step in program.steps):
        seen = set()
    places: list[Place] = []
    for slot, leaf in enumerate(program.inputs):
        places.append(Place(slot, _order(len(leaf.shape), slot in seen)))
    for slot, data in enumerate(program.constants, start=len(places)):
        places.append(Place(slot, _order(np.ndim(data), False)))
    for slot, step in enumerate(program.steps, start=program.first):
        places.append(_place(slot, step, places, seen))
    return places


def _order(ndim: int, images: bool) -> tuple[int, ...]:
    return _BATCH_LAST if images and ndim == 4 else tuple(range(ndim))


def _place(slot: int, step: Step, places: list[Place], seen: set[int]) -> Place:
    first = places[step.operands[0]]
    name, ndim = step.op.name, len(step.shape)
    if name == "reshape" and first.order == tuple(range(len(first.order or ()))):
        return Place(first.owner, tuple(range(ndim)))
    if name in {"transpose", "broadcast_to"} or (name == "getitem" and ndim and _is_basic(step)):
        return Place(first.owner, None)
    if isinstance(step.op, Elementwise):
        found = {places[operand].order for operand in step.operands}
        return Place(slot, _order(ndim, slot in seen or _BATCH_LAST in found))
    images = bool(seen) and name in _IMAGES and name != "conv2d_kernel"
    return Place(slot, _order(ndim, images))


def _is_basic(step: Step) -> bool:
    """Whether an index makes a view: it has no arrays."""
    return all(
        part is None or part is ... or isinstance(part, int | slice)
        for part in step.attributes["index"]
    )


def view(step: Step, operand: Any) -> Any:
    """The result of a step that only looks at its operand's memory in another way.

    >>> from autograd_lite.ops.shaping import reshape_op
    >>> view(Step(reshape_op, (0,), {"shape": (-1,)}, (4,), np.dtype(float)), np.ones((2, 2))).shape
    (4,)
    """
    if step.op.name == "getitem":
        return operand[step.attributes["index"]]
    if step.op.name == "broadcast_to":
        return np.broadcast_to(operand, step.shape)
    if step.op.name == "transpose":
        return operand.transpose(step.attributes["axes"])
    return operand.reshape(step.shape)
