"""One interpreter for all programs of scalars: a loop over their steps, with a branch for each op.

numba takes longer than linear time for straight-line source, minutes for ten thousand lines. The
interpreter is compiled once, whatever the program, and its branches are made of the same kernels.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.data import Data
from autograd_lite.errors import GraphError
from autograd_lite.fast.jit import compiled
from autograd_lite.fast.program import Descent, Program, Vector, binary
from autograd_lite.fast.straight import Scalars
from autograd_lite.op import REGISTRY, Elementwise
from autograd_lite.ops.elementwise import add, multiply

_MULTIPLY_ADD = "a * b + c"

_SOURCE = """\
def run(codes, places, numbers, first):
    for step in range(len(codes)):
        code = codes[step]
        a = numbers[places[step, 0]]
        b = numbers[places[step, 1]]
        c = numbers[places[step, 2]]
{branches}
        numbers[first + step] = y


def loop(codes, places, numbers, first, value, updated, gradients, rate, threshold, steps):
    changes = numbers[gradients]
    for done in range(steps):
        run(codes, places, numbers, first)
        if numbers[value] < threshold:
            return True, done
        for weight in range(len(updated)):
            changes[weight] = rate * numbers[gradients[weight]]
        for weight in range(len(updated)):
            numbers[updated[weight]] -= changes[weight]
    return False, steps
"""


def tape_source(calls: Sequence[Elementwise] = ()) -> str:
    r"""The interpreter's source; ops without a kernel are called, by the names f0, f1, ...

    >>> print("\n".join(tape_source().splitlines()[6:12]))
            if code == 0:
                y = a + b
            elif code == 1:
                y = a - b
            elif code == 2:
                y = a * b
    """
    bodies = [op.kernel.format(*"abc") for op in known_ops()] + [_MULTIPLY_ADD]
    bodies += [f"f{n}({', '.join('abc'[: op.arity])})" for n, op in enumerate(calls)]
    lines = []
    for code, body in enumerate(bodies):
        lines += [f"{'elif' if code else 'if'} code == {code}:", f"    y = {body}"]
    lines += ["else:", "    y = 0.0"]
    return _SOURCE.format(branches="\n".join(f"        {line}" for line in lines))


class Tape:
    """A program of scalars on the tape; it needs numba."""

    def __init__(self, scalars: Scalars) -> None:
        self._scalars = scalars
        program = binary(scalars.program)
        calls = unknown_ops(program)
        if any(op.arity not in (1, 2, 3) for op in calls):
            names = ", ".join(op.name for op in calls)
            raise GraphError(f"the tape has ops of up to three operands, and not {names}")
        codes = {op: code for code, op in enumerate([*known_ops(), _MULTIPLY_ADD, *calls])}
        steps, new = _fused(program)
        self._codes = np.array([codes[op] for op, _ in steps], np.int32)
        # An op of one or two operands ignores the places of the others.
        places = [(*operands, 0, 0)[:3] for _, operands in steps]
        self._places = new[np.array(places, np.int32).reshape(-1, 3)]
        self._first, self._value = program.first, int(new[program.value])
        self._updated = np.array(program.updated, np.intp)
        self._gradients = new[np.array(list(program.gradients.values()), np.intp)]
        self._constants = program.constants
        self._inputs = len(program.inputs)
        self._spare: list[Vector] = []
        functions = compiled(tape_source(calls), calls)
        self._run, self._loop = functions["run"], functions["loop"]

    @property
    def size(self) -> str:
        """The number of steps."""
        return f"{len(self._codes):,} steps"

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value and the gradients."""
        value, gradients = self._run_on(self._scalars.row.flat(data))
        return value, self._scalars.gradients.arrays(gradients)

    def flat(self, vector: Vector, still: Sequence[Data]) -> tuple[float, Vector]:
        """The value and the gradients, with one vector for what these belong to."""
        return self._run_on(self._scalars.merged(vector, still))

    def _run_on(self, inputs: Sequence[float] | Vector) -> tuple[float, Vector]:
        numbers = self._filled(inputs)
        self._run(self._codes, self._places, numbers, self._first)
        gradients, value = numbers[self._gradients], float(numbers[self._value])
        self._spare.append(numbers)
        return value, gradients

    def descend(self, data: Sequence[Data], rate: float, threshold: float, steps: int) -> Descent:
        """Steps of gradient descent, all within one call."""
        numbers = self._filled(self._scalars.row.flat(data))
        converged, done = self._loop(
            self._codes,
            self._places,
            numbers,
            self._first,
            self._value,
            self._updated,
            self._gradients,
            rate,
            threshold,
            steps,
        )
        now = self._scalars.row.arrays(numbers[: self._inputs])
        return Descent(now, done, float(numbers[self._value]), converged)

    def _filled(self, inputs: Sequence[float] | Vector) -> Vector:
        """All slots, with these inputs; those of an earlier call if no other thread has them."""
        try:
            numbers = self._spare.pop()
        except IndexError:
            numbers = np.empty(self._first + len(self._codes))
            numbers[self._inputs : self._first] = self._constants
        numbers[: self._inputs] = inputs
        return numbers


def _fused(program: Program) -> tuple[list[tuple[Any, tuple[int, ...]]], Vector]:
    """The steps as ops and operands, with a·b + c as one, and the new number of each old slot.

    It takes half of the steps of a network away; the product is rounded before the sum as before.
    """
    used = Counter([operand for step in program.steps for operand in step.operands])
    used.update([program.value, *program.gradients.values()])
    within: dict[int, tuple[int, ...]] = {}
    """The operands of each product that is part of a later sum."""
    sums: dict[int, int] = {}
    for slot, step in enumerate(program.steps, start=program.first):
        if step.op is add:
            for operand in step.operands:
                product = program.step(operand)
                if product is not None and product.op is multiply and used[operand] == 1:
                    within[operand], sums[slot] = product.operands, operand
                    break
    steps: list[tuple[Any, tuple[int, ...]]] = []
    new = np.arange(program.first + len(program.steps), dtype=np.int32)
    for slot, step in enumerate(program.steps, start=program.first):
        if slot in within:
            continue
        new[slot] = program.first + len(steps)
        if slot in sums:
            first, second = step.operands
            rest = second if sums[slot] == first else first
            steps.append((_MULTIPLY_ADD, (*within[sums[slot]], rest)))
        else:
            steps.append((step.op, step.operands))
    return steps, new


def known_ops() -> list[Elementwise]:
    """The ops that have a branch of their own."""
    ops = [op for op in REGISTRY.values() if isinstance(op, Elementwise) and op.kernel]
    return [op for op in ops if op.arity in (1, 2, 3)]


def unknown_ops(program: Program) -> list[Elementwise]:
    """The ops of a program of scalars that have no branch: those of the user's own.

    >>> import autograd_lite as ag
    >>> unknown_ops(Program.of(ag.exp(ag.Value(1.0))))
    []
    """
    found: dict[Elementwise, None] = {}
    known = {*known_ops()}
    for step in program.steps:
        if step.op not in known:
            assert isinstance(step.op, Elementwise)  # a program of scalars has no other ops
            found[step.op] = None
    return list(found)
