"""Programs rewritten: squares by products, choices by ``where``, many operands by two at a time."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.fast.program import Program
from autograd_lite.fast.steps import Builder, Step
from autograd_lite.ops.elementwise import multiply, power
from autograd_lite.ops.selection import (
    argmax,
    argmin,
    equal,
    greater_equal,
    largest,
    less_equal,
    maximum,
    minimum,
    smallest,
    where,
)

__all__ = ["binary", "choices_made", "rewritten", "squares_multiplied"]

Rewrite = Callable[[Builder, Step, list[int]], int | None]


def rewritten(program: Program, rewrite: Rewrite) -> Program:
    """The program with other steps for some: ``rewrite`` gives the number of what replaces one.

    It is given the builder of the new program, the step, and the new numbers of its operands, and
    returns None for a step that stays.
    """
    builder = Builder()
    new = [builder.input(leaf) for leaf in program.inputs]
    new += [builder.constant(data) for data in program.constants]
    for step in program.steps:
        operands = [new[operand] for operand in step.operands]
        found = rewrite(builder, step, operands)
        if found is None:
            found = builder.step(step.op, operands, step.attributes, step.shape, step.dtype)
        new.append(found)
    gradients = {label: new[slot] for label, slot in program.gradients.items()}
    return Program.built(builder, new[program.value], gradients)


def squares_multiplied(program: Program) -> Program:
    """x² as x·x, which is how NumPy squares an array; pow rounds otherwise once in a thousand."""

    def rewrite(builder: Builder, step: Step, operands: list[int]) -> int | None:
        if step.op is power and builder.is_constant(operands[1], 2.0):
            return builder.step(multiply, (operands[0],) * 2, {}, step.shape, step.dtype)
        return None

    return rewritten(program, rewrite)


def choices_made(program: Program) -> Program:
    """Who has not won gets 0, whatever the gradient is: a product with 0 would be NaN for inf."""
    if not any(step.op in (argmax, argmin) for step in program.steps):
        return program

    def rewrite(builder: Builder, step: Step, operands: list[int]) -> int | None:
        if step.op is not multiply:
            return None
        for won, of in (operands, operands[::-1]):
            if builder.is_choice(won):
                zero = builder.constant(0.0)
                return builder.step(where, (won, of, zero), {}, step.shape, step.dtype)
        return None

    return rewritten(program, rewrite)


def binary(program: Program) -> Program:
    """The extreme of many operands, and its place, by comparing two at a time."""
    if not any(step.op in _PAIRS for step in program.steps):
        return program

    def rewrite(builder: Builder, step: Step, operands: list[int]) -> int | None:
        if step.op not in _PAIRS:
            return None
        return _Folding(builder, step, *_PAIRS[step.op]).fold(operands)

    return rewritten(program, rewrite)


_PAIRS = {
    largest: (maximum, less_equal, False),
    smallest: (minimum, greater_equal, False),
    argmax: (maximum, less_equal, True),
    argmin: (minimum, greater_equal, True),
}


class _Folding:
    """One step of many operands, folded from the first to the last."""

    def __init__(self, builder: Builder, step: Step, better: Any, stays: Any, place: bool) -> None:
        self._builder, self._step = builder, step
        self._better, self._stays, self._place = better, stays, place

    def fold(self, operands: Sequence[int]) -> int:
        best, place = operands[0], self._number(0)
        for position, operand in enumerate(operands[1:], start=1):
            # Of equals the first wins; so does the first NaN of all, which equals nothing.
            ordered = self._op(equal, best, best)
            stays = self._op(self._stays, operand, best)
            moved = self._op(where, stays, place, self._number(position))
            place = self._op(where, ordered, moved, place)
            best = self._op(self._better, best, operand)
        return place if self._place else best

    def _number(self, number: float) -> int:
        return self._builder.constant(float(number))

    def _op(self, op: Any, *operands: int) -> int:
        return self._builder.step(op, operands, {}, self._step.shape, self._step.dtype)
