"""Which steps of a program are done at once: with NumPy one at a time, with numba some together."""

from autograd_lite.fast.program import Program
from autograd_lite.fast.templates import TEMPLATES
from autograd_lite.fast.tensors.loops import has_loop
from autograd_lite.ops import elementwise

__all__ = ["tasks"]

_SLOW = {
    elementwise.cos,
    elementwise.exp,
    elementwise.log,
    elementwise.power,
    elementwise.sin,
    elementwise.tanh,
}
"""Ops that NumPy vectorises and numba does not: each is a call of NumPy."""


def tasks(program: Program, numba: bool) -> list[tuple[int, ...]]:
    """The slots that each call fills, in an order in which they can be filled.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> tasks(Program.of((w * w + w).sum()), numba=True)
    [(2, 3), (4,), (5, 6)]
    """
    slots = range(program.first, program.first + len(program.steps))
    if not numba:
        return [(slot,) for slot in slots]
    found: dict[int, list[int]] = {}
    winners = _winners(program)
    run: list[int] = []
    for slot in slots:
        if _joins(program, run, slot):
            run.append(slot)
        elif slot not in winners.values():
            run = found[slot] = [slot]
            if slot in winners:
                run.append(winners[slot])
    return [tuple(run) for run in found.values()]


def _joins(program: Program, run: list[int], slot: int) -> bool:
    """Whether a step is elementwise, as the step before it is, and of the same kind of array."""
    if not run or run[-1] != slot - 1:
        return False
    before, step = program.steps[run[-1] - program.first], program.steps[slot - program.first]
    return (
        {before.op, step.op} <= TEMPLATES.keys() - _SLOW
        and (before.shape, before.dtype) == (step.shape, step.dtype)
        and step.shape != ()
    )


def _winners(program: Program) -> dict[int, int]:
    """By the slot of each maximum over windows, that of the places where these are."""
    seen = {
        (step.operands, str(step.attributes)): slot
        for slot, step in enumerate(program.steps, start=program.first)
        if step.op.name == "max_pool2d" and has_loop(step.attributes)
    }
    return {
        seen[key]: slot
        for slot, step in enumerate(program.steps, start=program.first)
        if step.op.name == "pool_winners"
        and (key := (step.operands, str(step.attributes))) in seen
        and seen[key] < slot
    }
