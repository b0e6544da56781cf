"""The memory for one run of a program at a time: arrays, and the calls that fill them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.data import Data
from autograd_lite.fast.program import Program
from autograd_lite.fast.steps import Step
from autograd_lite.fast.tensors.calls import Call, call
from autograd_lite.fast.tensors.chains import chain
from autograd_lite.fast.tensors.layout import layout, view
from autograd_lite.fast.tensors.memory import Memory
from autograd_lite.fast.tensors.tasks import tasks
from autograd_lite.op import Elementwise

__all__ = ["Workspace"]


class Workspace:
    """The arrays of a program, and the straight list of calls.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> Workspace(Program.of((w * w).sum())).run([w.data])
    (5.0, [array([2., 4.])])
    """

    def __init__(self, program: Program, numba: bool = False) -> None:
        self._program, self._numba = program, numba
        self._places = layout(program)
        self._memory = Memory()
        self._arrays: dict[int, Any] = {}
        self.calls: list[Call] = []
        todo = tasks(program, numba)
        self._last = self._last_uses(todo)
        for slot, leaf in enumerate(program.inputs):
            self._arrays[slot] = self._take(slot, leaf.shape, leaf.dtype)
        self._arrays |= dict(enumerate(program.constants, start=len(program.inputs)))
        for slots in todo:
            self._enter(slots)

    @property
    def arrays(self) -> list[Any]:
        """What is in the slots, but for those that are only within a loop."""
        return list(self._arrays.values())

    def _last_uses(self, todo: Sequence[tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
        """After which task the memory that a slot owns is free; that of results never is."""
        program = self._program
        last: dict[int, tuple[int, ...]] = {}
        for slots in todo:
            for slot in slots:
                used = (slot, *program.steps[slot - program.first].operands)
                last |= {self._places[one].owner: slots for one in used}
        kept = {self._places[slot].owner for slot in (program.value, *program.gradients.values())}
        kept |= set(range(program.first))
        return {owner: slots for owner, slots in last.items() if owner not in kept}

    def _take(self, slot: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        order = self._places[slot].order
        assert order is not None  # what has memory of its own is in order
        return self._memory.take(shape, order, dtype)

    def _enter(self, slots: tuple[int, ...]) -> None:
        """Append the calls of a task, and free what is not needed after it."""
        steps = {slot: self._program.steps[slot - self._program.first] for slot in slots}
        (slot, step), *others = steps.items()
        if self._places[slot].owner != slot:
            self._arrays[slot] = view(step, self._operand(step.operands[0], step))
        elif isinstance(step.op, Elementwise) and others:
            self._enter_chain(steps)
        else:
            operands = [self._operand(operand, step) for operand in step.operands]
            outs = [self._out(one, slots) for one in slots]
            self.calls.append(call(step, operands, outs, self._numba))
        read = (operand for step in steps.values() for operand in step.operands)
        for owner in {self._places[one].owner for one in (*read, *slots)}:
            if self._last.get(owner) == slots:
                self._memory.give(self._arrays[owner])
                del self._last[owner]

    def _enter_chain(self, steps: dict[int, Step]) -> None:
        known = {
            operand: self._operand(operand, step)
            for step in steps.values()
            for operand in step.operands
            if operand not in steps
        }
        slots = tuple(steps)
        inner = [slot for slot in steps if self._last.get(slot) == slots]
        outs = {slot: self._out(slot, slots) for slot in steps if slot not in inner}
        for slot in inner:
            del self._last[slot]
        self.calls.append(chain(steps, known, outs))

    def _out(self, slot: int, task: tuple[int, ...]) -> Any:
        """The array for a slot: new memory, or that of an operand that is not needed again."""
        step = self._program.steps[slot - self._program.first]
        out = self._in_place(slot, step, task)
        if out is None:
            out = self._take(slot, step.shape, step.dtype)
        self._arrays[slot] = out
        return out

    def _operand(self, slot: int, step: Step) -> Any:
        """The array in a slot; a number in the precision of the arrays that it meets."""
        found = self._arrays[slot]
        number = isinstance(found, np.ndarray) and not found.ndim
        if number and isinstance(step.op, Elementwise) and step.dtype != found.dtype:
            rounded = np.empty((), step.dtype)
            self.calls.append(partial(np.copyto, rounded, found, casting="same_kind"))
            return rounded
        return found

    def _in_place(self, slot: int, step: Step, task: tuple[int, ...]) -> Any:
        """The memory of an operand that nobody needs any more, if an op may work in place there."""
        if not isinstance(step.op, Elementwise) or not step.shape:
            return None
        read = [
            operand
            for one in task
            for operand in set(self._program.steps[one - self._program.first].operands)
            if operand not in task
        ]
        owners = [self._places[operand].owner for operand in read]
        for operand, owner in zip(read, owners, strict=True):
            alone = self._last.get(owner) == task and owner == operand and owners.count(owner) == 1
            same = alone and self._places[operand].order == self._places[slot].order
            array = self._arrays[operand]
            if same and (array.shape, array.dtype) == (step.shape, step.dtype):
                del self._last[owner]
                return array
        return None

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value and the gradients, the arrays among them of their own."""
        for array, given in zip(self._arrays.values(), data, strict=False):
            array[...] = given
        for one in self.calls:
            one()
        program = self._program
        gradients: list[Data] = []
        for slot, place in zip(program.gradients.values(), program.updated, strict=True):
            found, leaf = self._arrays[slot], program.inputs[place]
            own = np.array(found, leaf.dtype, order="C")
            gradients.append(own if leaf.shape else float(own))
        return float(self._arrays[program.value]), gradients
