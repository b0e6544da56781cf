"""The kernel of programs of tensors."""

import inspect
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.data import Data
from autograd_lite.expr.notation import functions
from autograd_lite.fast.loops import Call, add_columns, chain, has_loop, pool, scatter
from autograd_lite.fast.program import (
    Descent,
    Inputs,
    Kernel,
    Program,
    Step,
    Vector,
    descend,
    squares_multiplied,
)
from autograd_lite.op import Elementwise, Op
from autograd_lite.ops.shaping import is_basic
from autograd_lite.ops.windows import Windows

# Where the numbers of each slot of a program lie: in which slot's memory, and in which order.


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
    looks = name == "getitem" and ndim > 0 and is_basic(step.attributes["index"])
    if looks or name in {"transpose", "broadcast_to"}:
        return Place(first.owner, None)
    if isinstance(step.op, Elementwise):
        found = {places[operand].order for operand in step.operands}
        return Place(slot, _order(ndim, slot in seen or _BATCH_LAST in found))
    images = bool(seen) and name in _IMAGES and name != "conv2d_kernel"
    return Place(slot, _order(ndim, images))


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


# Memory for the arrays of a program: what is no longer needed is used again.


_ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector of today's processors."""
_WASTE = 4
"""How many times as large as needed the memory may be that is used again."""


class Memory:
    """Hands out arrays, and takes them back.

    >>> memory = Memory()
    >>> first = memory.take((2, 3), (1, 0), np.dtype(float))
    >>> first.shape, first.flags.f_contiguous
    ((2, 3), True)
    >>> memory.give(first)
    >>> np.shares_memory(first, memory.take((6,), (0,), np.dtype(float)))
    True
    """

    def __init__(self) -> None:
        self._free: list[np.ndarray[Any, Any]] = []
        self._whole: dict[int, np.ndarray[Any, Any]] = {}
        """All the memory of each array that is out, by the address at which it begins."""

    def take(self, shape: tuple[int, ...], order: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        """An array of that shape, its axes in that order in memory, the slowest first."""
        size = max(1, math.prod(shape)) * dtype.itemsize
        fitting = [part for part in self._free if size <= part.size <= _WASTE * size]
        if fitting:
            # Of those that fit, what was used last is still in the cache.
            part = fitting[-1]
            self._free = [one for one in self._free if one is not part]
        else:
            part = _aligned(size)
        self._whole[_address(part)] = part
        flat = part[: math.prod(shape) * dtype.itemsize].view(dtype)
        return arranged(flat.reshape([shape[axis] for axis in order]), order)

    def give(self, array: Any) -> None:
        """Take an array back: its memory may be handed out again."""
        self._free.append(self._whole.pop(_address(array)))


def arranged(array: Any, order: tuple[int, ...]) -> Any:
    """An array whose axes lie in memory as they should, with the axes where they belong.

    >>> arranged(np.ones((4, 3, 2)), (2, 0, 1)).shape
    (3, 2, 4)
    """
    back = [0] * len(order)
    for position, axis in enumerate(order):
        back[axis] = position
    return array.transpose(back)


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def _aligned(size: int) -> np.ndarray[Any, Any]:
    whole = np.empty(size + _ALIGNMENT, np.uint8)
    start = -_address(whole) % _ALIGNMENT
    return whole[start : start + size]


# The memory for one run of a program at a time: arrays, and the calls that fill them.


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
        self._flat = self._parts(program.updated), self._parts(program.gradients.values())

    def _parts(self, slots: Iterable[int]) -> list[tuple[slice, Any]]:
        """Where in the vector of what has gradients each is, and the array in that slot."""
        arrays = [np.asarray(self._arrays[slot]) for slot in slots]
        parts = Inputs(self._program.inputs[slot] for slot in self._program.updated).parts
        return [
            (part, array.reshape(-1) if array.flags.c_contiguous else array)
            for part, array in zip(parts, arrays, strict=True)
        ]

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

    def flat(self, vector: Vector, still: Sequence[Data]) -> tuple[float, Vector]:
        """The value and the gradients as one vector of its own."""
        inputs, gradients = self._flat
        for part, array in inputs:
            array[...] = vector[part] if array.ndim == 1 else vector[part].reshape(array.shape)
        for slot, given in zip(self._program.still, still, strict=True):
            self._arrays[slot][...] = given
        for one in self.calls:
            one()
        found = np.empty(len(vector))
        for part, array in gradients:
            found[part] = array if array.ndim == 1 else array.reshape(-1)
        return float(self._arrays[self._program.value]), found


# How a step is done: one call that writes into an array that is there already.


_BLOCK = 1 << 14
"""Elements on which an op of several NumPy calls works at a time: what lies between them stays in
the cache."""


def call(step: Step, operands: Sequence[Any], outs: Sequence[Any], numba: bool = False) -> Call:
    """The call that does a step.

    Operands are arrays, also of no axes for single numbers, and floats where they are constants.
    There are two arrays to fill where the winners of a maximum are found together with it.

    >>> from autograd_lite.ops.elementwise import add
    >>> x, out = np.array([1.0, 2.0]), np.empty(2)
    >>> call(Step(add, (0, 1), {}, (2,), np.dtype(float)), [x, 3.0], [out])() is out, out.tolist()
    (True, [4.0, 5.0])
    """
    op, out = step.op, outs[0]
    if not step.shape:
        return partial(_by_forward, step, tuple(operands), out)
    found = _in_loops(step, operands, outs) if numba else None
    if found is not None:
        return found
    if _takes_out(op):
        return partial(op.array, *operands, out=out, **step.attributes)
    if isinstance(op, Elementwise):
        if isinstance(op.branch, np.ufunc) and op.branch.types[0].endswith("?"):  # a comparison
            return partial(op.branch, *operands, out=out)
        return partial(_in_blocks, op, *_flat(operands, out))
    return partial(_by_forward, step, tuple(operands), out)


def _in_loops(step: Step, operands: Sequence[Any], outs: Sequence[Any]) -> Call | None:
    """The call of a loop, for the ops that have one."""
    attributes = dict(step.attributes)
    if len(outs) == 2:
        return pool(outs[0], outs[1], operands[0], Windows(**attributes))
    if step.op.name == "pool_scatter" and has_loop(attributes):
        del attributes["shape"]
        return scatter(outs[0], operands[0], operands[1], Windows(**attributes))
    if step.op.name == "conv2d_input":
        attributes |= {"out": outs[0], "add_columns": add_columns}
        return partial(step.op.array, *operands, **attributes)
    return None


@cache
def _takes_out(op: Op) -> bool:
    """Whether the op's own forward can write into an array that is given."""
    if isinstance(op.array, np.ufunc):
        return True
    try:
        return "out" in inspect.signature(op.array).parameters
    except ValueError:  # it is not written in Python, and does not say
        return False


def _flat(operands: Sequence[Any], out: Any) -> tuple[tuple[Any, ...], Any]:
    """Operands and result as rows of numbers as they lie in memory, if all lie in the same way."""
    order = sorted(range(out.ndim), key=lambda axis: -out.strides[axis])
    alike = all(
        not np.ndim(one) or (one.shape == out.shape and one.strides == out.strides)
        for one in operands
    )
    if not alike or not out.transpose(order).flags.c_contiguous:
        return tuple(operands), out
    flat = (one.transpose(order).reshape(-1) if np.ndim(one) else one for one in operands)
    return tuple(flat), out.transpose(order).reshape(-1)


def _in_blocks(op: Op, operands: Sequence[Any], out: Any) -> None:
    if out.ndim > 1:
        out[...] = op.array(*operands)
        return
    for start in range(0, len(out), _BLOCK):
        some = slice(start, start + _BLOCK)
        out[some] = op.array(*(one[some] if np.ndim(one) else one for one in operands))


def _by_forward(step: Step, operands: Sequence[Any], out: Any) -> None:
    numbers = (float(one) if np.ndim(one) == 0 else one for one in operands)
    out[...] = step.op.forward(*numbers, **step.attributes)


# Which steps of a program are done at once: with NumPy one at a time, with numba some together.


def _is_fast(op: Op) -> bool:
    """Whether numba has an op in a loop as fast as NumPy has it: it does not vectorise the rest."""
    kernel = getattr(op, "kernel", "")
    return kernel != "" and functions(kernel) <= {"abs", "sqrt"}


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
        _is_fast(before.op)
        and _is_fast(step.op)
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


class Tensors:
    """A program of tensors as a straight list of calls into memory that is allocated once.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> kernel = Tensors(Program.of((w * w).sum()))
    >>> kernel.run([w.data])
    (5.0, [array([2., 4.])])
    """

    def __init__(self, program: Program, numba: bool = False) -> None:
        self._program, self._numba = program, numba
        self._spare = [Workspace(program, numba)]
        self._calls = len(self._spare[0].calls)

    @property
    def size(self) -> str:
        """The number of calls."""
        return f"{self._calls:,} calls"

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value and the gradients."""
        with self._workspace() as workspace:
            return workspace.run(data)

    def flat(self, vector: Vector, still: Sequence[Data]) -> tuple[float, Vector]:
        """The value and the gradients, with one vector for what these belong to."""
        with self._workspace() as workspace:
            return workspace.flat(vector, still)

    @contextmanager
    def _workspace(self) -> Iterator[Workspace]:
        """Memory for one run: another thread that runs at the same time needs its own."""
        workspace = self._spare.pop() if self._spare else Workspace(self._program, self._numba)
        yield workspace
        self._spare.append(workspace)

    def descend(self, data: Sequence[Data], rate: float, threshold: float, steps: int) -> Descent:
        """Steps of gradient descent."""
        return descend(self.run, data, self._program.updated, rate, threshold, steps)


def tensor_kernel(program: Program, numba: bool) -> Kernel:
    """The kernel that runs a program of tensors, with numba or with NumPy alone.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> tensor_kernel(Program.of((w * w).sum()), numba=False).size
    '3 calls'
    """
    return Tensors(squares_multiplied(program), numba=True) if numba else Tensors(program)
