"""A program of scalars as straight-line Python source, which numba compiles as it stands.

Labels never enter the source: inputs are x0, x1, ..., what is computed t0, t1, ... What is used
once stands where it is used, as long as the line can be read.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autograd_lite.fast.routes import Routed
from autograd_lite.fast.templates import ATOM, BLOCKS, PRODUCT, TEMPLATES, Template
from autograd_lite.op import Elementwise, Op

__all__ = ["Emitted", "loop_source", "step_source"]

_LONGEST = 24
"""How many ops stand on one line at most."""


class Emitted(NamedTuple):
    """Source that defines one function, and the ops that it calls by the names f0, f1, ..."""

    source: str
    calls: tuple[Elementwise, ...]

    @property
    def lines(self) -> int:
        """How many lines the source has."""
        return self.source.count("\n")


class _Text(NamedTuple):
    """An expression: its source, how tightly it binds, and how many ops it has."""

    text: str
    level: int = ATOM
    weight: int = 0


class _Writer:
    """The lines of a program; those that do not change with ``moving`` inputs apart, before."""

    def __init__(self, routed: Routed, moving: Iterable[int]) -> None:
        self._program, self._guards = routed
        self._texts: dict[int, _Text] = {}
        self._calls: dict[Elementwise, str] = {}
        self.before: list[str] = []
        self.within: list[str] = []
        self._moves = self._moving(moving)
        self._users = self._used()
        for slot in range(len(self._program.inputs)):
            self._texts[slot] = _Text(f"x{slot}")
        for slot, data in enumerate(self._program.constants, start=len(self._program.inputs)):
            self._texts[slot] = _Text(_number(data))
        for slot in range(self._program.first, self._program.first + len(self._program.steps)):
            self._write(slot)

    @property
    def calls(self) -> tuple[Elementwise, ...]:
        """The ops that are called, in the order of their names."""
        return tuple(self._calls)

    def _moving(self, inputs: Iterable[int]) -> set[int]:
        moves = set(inputs)
        for slot, step in enumerate(self._program.steps, start=self._program.first):
            if not moves.isdisjoint(step.operands):
                moves.add(slot)
        return moves

    def _used(self) -> Counter[int]:
        """How often each slot is read; what has to stand on a line of its own, twice or more."""
        program = self._program
        used = Counter([operand for step in program.steps for operand in step.operands])
        for slot in (program.value, *program.gradients.values()):
            used[slot] += 2
        for guard in self._guards:
            used[guard.left] += 2
            used[guard.right] += 2
        for slot, step in enumerate(program.steps, start=program.first):
            if step.op in BLOCKS or TEMPLATES.get(step.op, Template("", 0)).repeats:
                used.update(step.operands)
            if slot in self._moves:
                used.update(operand for operand in step.operands if operand not in self._moves)
        return used

    def _write(self, slot: int) -> None:
        step = self._program.step(slot)
        assert step is not None
        operands = [self._texts[operand] for operand in step.operands]
        lines = self.within if slot in self._moves else self.before
        name = f"t{slot - self._program.first}"
        if step.op in BLOCKS:
            texts = [operand.text for operand in operands]
            lines += [line.format(*texts, y=name) for line in BLOCKS[step.op]]
            self._texts[slot] = _Text(name)
            return
        written = self._expression(step.op, operands)
        if self._users[slot] > 1 or written.weight > _LONGEST:
            lines.append(f"{name} = {written.text}")
            written = _Text(name)
        self._texts[slot] = written

    def _expression(self, op: Op, operands: Sequence[_Text]) -> _Text:
        weight = 1 + sum(operand.weight for operand in operands)
        template = TEMPLATES.get(op)
        if template is None:
            assert isinstance(op, Elementwise)  # a program of scalars has no other ops
            name = self._calls.setdefault(op, f"f{len(self._calls)}")
            return _Text(f"{name}({', '.join(one.text for one in operands)})", ATOM, weight)
        texts = [
            one.text if one.level >= needed else f"({one.text})"
            for one, needed in zip(operands, template.operands or (0,) * len(operands), strict=True)
        ]
        return _Text(template.text.format(*texts), template.level, weight)

    def text(self, slot: int, level: int = 0) -> str:
        """How the number in a slot is written."""
        written = self._texts[slot]
        return written.text if written.level >= level else f"({written.text})"

    def guard(self, moving: bool = True) -> str:
        """What has to hold, among what changes or what does not; empty if nothing has to."""
        return " and ".join(
            f"{self.text(guard.left)} {guard.symbol} {self.text(guard.right)}"
            for guard in self._guards
            if self._moves.isdisjoint((guard.left, guard.right)) is not moving
        )

    def loads(self, also: Iterable[int] = ()) -> list[str]:
        """The lines that read the inputs that are used."""
        program = self._program
        read = set(also)
        read |= {operand for step in program.steps for operand in step.operands}
        read |= {program.value, *program.gradients.values()}
        read |= {end for guard in self._guards for end in (guard.left, guard.right)}
        return [f"x{slot} = inputs[{slot}]" for slot in range(len(program.inputs)) if slot in read]


def _number(value: object) -> str:
    assert isinstance(value, float)
    if math.isfinite(value):
        return repr(value)
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _indented(lines: Iterable[str], depth: int) -> str:
    return "".join(f"{'    ' * depth}{line}\n" for line in lines)


def step_source(routed: Routed) -> Emitted:
    """``step(inputs, gradients)``: fills the gradients; returns whether it is valid, and the value.

    >>> import autograd_lite as ag
    >>> from autograd_lite.fast.program import Program
    >>> w = ag.Value(3.0, "w")
    >>> print(step_source(Routed(Program.of(ag.exp(2 * w)))).source)
    def step(inputs, gradients):
        x0 = inputs[0]
        t1 = exp(2.0 * x0)
        t2 = t1 * 2.0
        gradients[0] = t2
        return True, t1
    <BLANKLINE>
    """
    program = routed.program
    writer = _Writer(routed, range(len(program.inputs)))
    lines = [*writer.loads(), *writer.before, *writer.within]
    if guard := writer.guard():
        lines += [f"if not ({guard}):", "    return False, 0.0"]
    for place, slot in enumerate(program.gradients.values()):
        lines.append(f"gradients[{place}] = {writer.text(slot)}")
    lines.append(f"return True, {writer.text(program.value)}")
    return Emitted("def step(inputs, gradients):\n" + _indented(lines, 1), writer.calls)


def loop_source(routed: Routed) -> Emitted:
    """``loop(inputs, rate, threshold, steps)``: steps of gradient descent on the inputs themselves.

    Before each step the value is tested: below the threshold the loop ends. It returns why it ended
    (0: all steps are done, 1: below the threshold, 2: another route), how many steps were done, and
    the value last tested.
    """
    program, updated = routed.program, routed.program.updated
    writer = _Writer(routed, updated)
    # A gradient may be an input that is updated before it is used.
    gradients = {
        f"x{target}": (f"g{target}" if slot in updated else writer.text(slot, PRODUCT + 1), slot)
        for target, slot in zip(updated, program.gradients.values(), strict=True)
    }
    within = [*writer.within]
    if guard := writer.guard():
        within += [f"if not ({guard}):", "    status = 2", "    break"]
    within += [f"if {writer.text(program.value)} < threshold:", "    status = 1", "    break"]
    within += [f"{text} = x{slot}" for text, slot in gradients.values() if text.startswith("g")]
    within += [f"{name} = {name} - rate * {text}" for name, (text, _) in gradients.items()]
    lines = [
        *writer.loads(updated),
        *writer.before,
        *([f"if not ({guard}):", "    return 2, 0, inf"] if (guard := writer.guard(False)) else []),
        "status = 0",
        "for done in range(steps):",
        *(f"    {line}" for line in within),
        "else:",
        "    done = steps",
        *(f"inputs[{target}] = x{target}" for target in updated),
        f"return status, done, {writer.text(program.value)}",
    ]
    return Emitted(
        "def loop(inputs, rate, threshold, steps):\n" + _indented(lines, 1), writer.calls
    )
