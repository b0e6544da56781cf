"""A program on one route: who won each maximum is taken as known, and guarded.

In a pooling network most numbers lose, and all that is computed for their gradients is 0. On a
route only the winners' part is left, and each run checks, by the comparisons that the maximum needs
anyway, that the same ones win; where another wins, the run is void, and the program is put on
another route. So it is where what a loser's 0 is multiplied with is not finite, for 0·inf is not 0.
The sign of a 0 is not kept: −0 + 0 is written as −0.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autograd_lite.data import Data
from autograd_lite.fast.program import Program
from autograd_lite.fast.steps import Builder, Step
from autograd_lite.op import Op
from autograd_lite.ops.elementwise import add, multiply, negative, subtract
from autograd_lite.ops.selection import abs_, argmax, argmin, equal, largest, smallest, where

__all__ = ["Guard", "Routed", "has_choices", "on_route"]

_FLOAT = np.dtype(float)
_PLACES: dict[Op, tuple[str, str]] = {argmax: (">", ">="), argmin: ("<", "<=")}
_EXTREMES: dict[Op, Op] = {largest: argmax, smallest: argmin}


class Guard(NamedTuple):
    """A comparison of two slots that holds on the route."""

    left: int
    symbol: str
    right: int


class Routed(NamedTuple):
    """A program, and what has to hold for its results to be valid."""

    program: Program
    guards: tuple[Guard, ...] = ()


def has_choices(program: Program) -> bool:
    """Whether the program has gradients that depend on who wins a maximum.

    >>> import autograd_lite as ag
    >>> has_choices(Program.of(ag.Value(1.0) ** 2))
    False
    """
    return any(step.op in _PLACES for step in program.steps)


def on_route(program: Program, data: Sequence[Data]) -> Routed:
    """The scalar program on the route that it takes with these numbers for its inputs.

    >>> from autograd_lite import Value
    >>> from autograd_lite.fast.lower import choices_made
    >>> from autograd_lite.ops.selection import largest
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> routed = on_route(choices_made(Program.of(largest(a, b) ** 2)), [2.0, 3.0])
    >>> routed.guards, [step.op.name for step in routed.program.steps]
    ((Guard(left=1, symbol='>', right=0),), ['power', 'multiply'])
    """
    return _Route(program, program.slots(data)).routed()


class _Route:
    """The program, rewritten with the winners that its numbers have."""

    def __init__(self, program: Program, numbers: Sequence[float]) -> None:
        self._program = program
        self._builder = Builder()
        self._new = [self._builder.input(leaf) for leaf in program.inputs]
        self._new += [self._builder.constant(data) for data in program.constants]
        self._numbers = numbers
        self._guards: dict[Guard, None] = {}
        self._finite: dict[int, None] = {}
        """The old slots that zeros are multiplied with."""
        self._won: dict[tuple[Op | None, tuple[int, ...]], int] = {}
        """The place of the winner, by the op that tells it and its operands."""
        constants = range(len(program.inputs), program.first)
        self._zero = {slot for slot in constants if numbers[slot] == 0}
        """The old slots that are 0 on this route: sums leave them out, products are 0 too."""

    def routed(self) -> Routed:
        """The program on its route, and the guards in its numbers."""
        for slot, step in enumerate(self._program.steps, start=self._program.first):
            if step.op in _PLACES:
                self._won[step.op, step.operands] = int(self._numbers[slot])
        for slot, step in enumerate(self._program.steps, start=self._program.first):
            self._new.append(self._replaced(slot, step))
        self._guard_finite()
        gradients = self._program.gradients
        ends = [end for guard in self._guards for end in (guard.left, guard.right)]
        outputs = [self._new[slot] for slot in (self._program.value, *gradients.values())]
        inputs, constants, steps, slots = self._builder.finish([*outputs, *ends])
        value, *found = slots[: len(outputs)]
        pairs = zip(slots[len(outputs) :: 2], slots[len(outputs) + 1 :: 2], strict=True)
        program = Program(inputs, constants, steps, value, dict(zip(gradients, found, strict=True)))
        guards = (
            guard._replace(left=left, right=right)
            for guard, (left, right) in zip(self._guards, pairs, strict=True)
        )
        return Routed(program, tuple(guards))

    def _replaced(self, slot: int, step: Step) -> int:
        """The new number of a step."""
        if step.op in _PLACES:
            self._guard(step)
            return self._builder.constant(self._numbers[slot])
        taken = self._taken(step)
        if taken is not None:
            if taken in self._zero:
                self._zero.add(slot)
            return self._new[taken]
        if self._is_zero(step):
            self._zero.add(slot)
            return self._builder.constant(0.0)
        new = [self._new[operand] for operand in step.operands]
        return self._builder.step(step.op, new, step.attributes, step.shape, step.dtype)

    def _taken(self, step: Step) -> int | None:
        """The operand that a step passes on, on this route."""
        operands = step.operands
        won = self._won.get((_EXTREMES.get(step.op), operands))
        if won is not None:
            return operands[won]
        if step.op is where and self._is_choice(operands[0]):
            return operands[1] if self._numbers[operands[0]] else operands[2]
        if step.op in {add, subtract} and operands[1] in self._zero:
            return operands[0]
        return operands[1] if step.op is add and operands[0] in self._zero else None

    def _is_choice(self, slot: int) -> bool:
        """Whether a slot says if a certain place has won."""
        step = self._program.step(slot)
        of = self._program.step(step.operands[0]) if step and step.op is equal else None
        return of is not None and of.op in _PLACES

    def _is_zero(self, step: Step) -> bool:
        """Whether a step is 0 because something else won, as long as its other factor is finite."""
        first, *others = step.operands
        if step.op is negative:
            return first in self._zero
        if step.op is not multiply or self._zero.isdisjoint(step.operands):
            return False
        factor = others[0] if first in self._zero else first
        if self._program.first > factor >= len(self._program.inputs):
            return math.isfinite(self._numbers[factor])
        self._finite[factor] = None
        return True

    def _guard_finite(self) -> None:
        """All factors of zeros are finite if the sum of their sizes is; those that stay apart."""
        still = {*range(len(self._program.inputs))}.difference(self._program.updated)
        for factors in (self._finite.keys() & still, self._finite.keys() - still):
            total = self._builder.constant(0.0)
            for factor in sorted(factors):
                size = self._builder.step(abs_, (self._new[factor],), {}, (), _FLOAT)
                total = self._builder.step(add, (total, size), {}, (), _FLOAT)
            if factors:
                self._guards[Guard(total, "<", self._builder.constant(math.inf))] = None

    def _guard(self, step: Step) -> None:
        """The winner is better than all before it, and no worse than all after it."""
        better, no_worse = _PLACES[step.op]
        won = self._won[step.op, step.operands]
        winner = self._new[step.operands[won]]
        for place, operand in enumerate(step.operands):
            if place != won:
                symbol = better if place < won else no_worse
                self._guards[Guard(winner, symbol, self._new[operand])] = None
