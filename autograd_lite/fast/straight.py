"""Straight-line source, compiled: by Python itself, or by numba."""

import itertools
import linecache
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from autograd_lite.chain.graph import expand
from autograd_lite.data import Data
from autograd_lite.engine import order
from autograd_lite.expr.notation import Written, in_python
from autograd_lite.fast.program import (
    Builder,
    Descent,
    Input,
    Inputs,
    Program,
    Signature,
    Step,
    Vector,
    as_input,
    binary,
    descend,
    pairwise,
    squares_multiplied,
)
from autograd_lite.op import Elementwise, Op, Precedence, Structural
from autograd_lite.ops.elementwise import add, multiply, negative, subtract
from autograd_lite.ops.selection import abs_, argmax, argmin, equal, largest, smallest, where
from autograd_lite.value import Value

FROM_MATH = tuple(name for name in dir(math) if not name.startswith("_"))
"""What the source takes from Python's ``math``."""


def written_twice(op: Op) -> bool:
    """Whether an operand of an op occurs twice in its source, so that it has to be a name."""
    kernel = getattr(op, "kernel", "")
    return any(kernel.count(f"{{{place}}}") > 1 for place in range(3))


# A tensor program as a program of single numbers, and how arrays are laid out in it.


def has_arrays(root: Value) -> bool:
    """Whether a graph is more than elementwise ops on single numbers."""
    return any(node.shape or isinstance(node.op, Structural) for node in order(root))


@dataclass(frozen=True, eq=False, repr=False)
class Scalars:
    """A program of scalars, whose inputs are the elements of ``leaves`` one after the other.

    ``wanted`` are the leaves whose gradients are computed, in the order of the program's gradients.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> scalars = Scalars.of((w * w).sum())
    >>> [leaf.label for leaf in scalars.program.inputs]
    ['w[0]', 'w[1]']
    >>> scalars.program.run()
    (5.0, {'w[0]': 2.0, 'w[1]': 4.0})
    """

    program: Program
    leaves: tuple[Input, ...]
    wanted: tuple[Input, ...]

    @classmethod
    def of(cls, root: Value, wrt: Iterable[str] | None = None, limit: int = 100_000) -> "Scalars":
        """The expanded graph of ``root``; GraphTooLargeError above about ``limit`` scalars."""
        return cls.signed(root, Signature.of(root, wrt), limit)

    @classmethod
    def signed(cls, root: Value, signature: Signature, limit: int = 100_000) -> "Scalars":
        """The expanded graph of ``root``, with these inputs and gradients."""
        leaves, wanted = signature.inputs, signature.wanted_inputs
        if not has_arrays(root):
            return cls(Program.signed(root, signature), leaves, wanted)
        named, labels = signature
        expansion = expand(root, {leaf: label for label, leaf in named.items()}, limit)
        scalars = {one: as_input(one, element.name) for one, element in expansion.elements.items()}
        parts: dict[Value, dict[str, Value]] = {named[label]: {} for label in labels}
        for one, element in expansion.elements.items():
            if element.tensor in parts:
                parts[element.tensor][element.name] = one
        wrt_scalars = dict(itertools.chain.from_iterable(map(dict.items, parts.values())))
        program = Program.recorded(expansion.outputs[0], scalars, wrt_scalars)
        return cls(squares_multiplied(program), leaves, wanted)

    @property
    def updated(self) -> list[int]:
        """The places among the leaves of those whose gradients are computed."""
        places = {leaf.label: place for place, leaf in enumerate(self.leaves)}
        return [places[leaf.label] for leaf in self.wanted]

    @cached_property
    def row(self) -> Inputs:
        """How the inputs of the program are those of the leaves."""
        return Inputs(self.leaves)

    @cached_property
    def gradients(self) -> Inputs:
        """How the gradients of the program are those of the leaves."""
        return Inputs(self.wanted)

    def merged(self, vector: Vector, still: Sequence[Data]) -> Vector:
        """The inputs of the program, from those whose gradients are computed and the others."""
        numbers = np.empty(len(self.program.inputs))
        numbers[self._updated] = vector
        numbers[self._still] = self.row.flat(still)
        return numbers

    @cached_property
    def _updated(self) -> Vector:
        return np.array(self.program.updated, np.intp)

    @cached_property
    def _still(self) -> Vector:
        return np.array(self.program.still, np.intp)


# A program on one route: who won each maximum is taken as known, and guarded.
#
# In a pooling network most numbers lose, and all that is computed for their gradients is 0. On a
# route only the winners' part is left, and each run checks, by the comparisons that the maximum
# needs anyway, that the same ones win; where another wins, the run is void, and the program is put
# on another route. So it is where what a loser's 0 is multiplied with is not finite, for 0·inf is
# not 0. The sign of a 0 is not kept: −0 + 0 is written as −0.


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
    >>> from autograd_lite.ops.selection import largest
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> routed = on_route(Program.of(largest(a, b) ** 2), [2.0, 3.0])
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
        """The place of the winner, by the op that finds it and its operands."""
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
        folded = pairwise(self._builder, step, new)
        if folded is not None:
            return folded
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


# A program of scalars as straight-line Python source, which numba compiles as it is.
#
# Labels never enter the source: inputs are x0, x1, ..., what is computed t0, t1, ... What is used
# once is written where it is used, as long as the line can be read.


_LONGEST = 24
"""How many ops a line has at most."""


class Emitted(NamedTuple):
    """Source that defines one function, and the ops that it calls by the names f0, f1, ..."""

    source: str
    calls: tuple[Elementwise, ...]

    @property
    def lines(self) -> int:
        """How many lines the source has."""
        return self.source.count("\n")


class _Text(NamedTuple):
    """An expression, and how many ops it has."""

    written: Written
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
            self._texts[slot] = _Text(Written(f"x{slot}"))
        for slot, data in enumerate(self._program.constants, start=len(self._program.inputs)):
            self._texts[slot] = _Text(Written(_number(data)))
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
        """How often each slot is read; what needs a line of its own, twice or more."""
        program = self._program
        used = Counter([operand for step in program.steps for operand in step.operands])
        for slot in (program.value, *program.gradients.values()):
            used[slot] += 2
        for guard in self._guards:
            used[guard.left] += 2
            used[guard.right] += 2
        for slot, step in enumerate(program.steps, start=program.first):
            if written_twice(step.op):
                used.update(step.operands)
            if slot in self._moves:
                used.update(operand for operand in step.operands if operand not in self._moves)
        return used

    def _write(self, slot: int) -> None:
        step = self._program.step(slot)
        assert step is not None
        operands = [self._texts[operand] for operand in step.operands]
        lines = self.within if slot in self._moves else self.before
        written = self._expression(step.op, operands)
        if self._users[slot] > 1 or written.weight > _LONGEST:
            name = f"t{slot - self._program.first}"
            lines.append(f"{name} = {written.written.text}")
            written = _Text(Written(name))
        self._texts[slot] = written

    def _expression(self, op: Op, operands: Sequence[_Text]) -> _Text:
        assert isinstance(op, Elementwise)  # a program of scalars has no other ops
        source = op.kernel
        if not source:
            source = self._calls.setdefault(op, f"f{len(self._calls)}") + "({})"
        weight = 1 + sum(operand.weight for operand in operands)
        return _Text(in_python(source, [operand.written for operand in operands]), weight)

    def text(self, slot: int) -> str:
        """How the number in a slot is written."""
        return self._texts[slot].written.text

    def factor(self, slot: int) -> str:
        """The same as the right side of a product."""
        written = self._texts[slot].written
        return written.text if written.precedence >= Precedence.SIGN else f"({written.text})"

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
        f"x{target}": (f"g{target}" if slot in updated else writer.factor(slot), slot)
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


# Straight-line source, compiled by Python itself: no dependency, and ready in milliseconds.


class Python:
    r"""The language of :class:`Straight` that needs nothing.

    >>> Python().function(Emitted("def one(x):\n    return exp(x - x)\n", ()), "one")(3.0)
    1.0
    """

    most_routes = 16  # a turn takes some milliseconds, as thousands of steps do

    def function(self, emitted: Emitted, name: str) -> Callable[..., Any]:
        """The function of that name, whose source a debugger finds."""
        filename = f"<autograd_lite {name} {hash(emitted.source):x}>"
        lines = emitted.source.splitlines(keepends=True)
        linecache.cache[filename] = len(emitted.source), None, lines, filename
        namespace: dict[str, Any] = {name: getattr(math, name) for name in FROM_MATH}
        namespace |= {f"f{place}": op.scalar for place, op in enumerate(emitted.calls)}
        # The source is made of the kernels of ops and numbers only; no label or text enters it.
        exec(compile(emitted.source, filename, "exec"), namespace)
        found: Callable[..., Any] = namespace[name]
        return found

    def vector(self, numbers: Sequence[float]) -> list[float]:
        """A list of floats."""
        return list(numbers)


_CONVERGED, _ANOTHER_ROUTE = 1, 2


class Language(Protocol):
    """What compiles the source."""

    most_routes: int
    """How often a program is compiled for another route before it is compiled for all."""

    def function(self, emitted: Emitted, name: str) -> Callable[..., Any]:
        """The function of that name that the source defines."""

    def vector(self, numbers: Sequence[float]) -> Any:
        """Numbers as the functions take them."""


class _Functions:
    """One route of a program; each function is compiled when it is first called."""

    def __init__(self, routed: Routed, language: Language) -> None:
        self._routed, self._language = routed, language

    @cached_property
    def source(self) -> Emitted:
        return step_source(self._routed)

    @cached_property
    def step(self) -> Callable[..., Any]:
        return self._language.function(self.source, "step")

    @cached_property
    def loop(self) -> Callable[..., Any]:
        return self._language.function(loop_source(self._routed), "loop")


class Straight:
    """A program of scalars as straight-line source.

    >>> import autograd_lite as ag
    >>> from autograd_lite.fast.straight import Python
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> kernel = Straight(Scalars.of((w * w).sum()), Python())
    >>> kernel.run([w.data])[1][0].tolist()
    [2.0, 4.0]
    """

    def __init__(self, scalars: Scalars, language: Language) -> None:
        self._scalars, self._language = scalars, language
        self._turns = 0
        self._now = self._functions(scalars.row.flat(leaf.data for leaf in scalars.leaves))

    @property
    def size(self) -> str:
        """The number of lines."""
        return f"{self._now.source.lines:,} lines"

    @property
    def source(self) -> str:
        """The source of one step, on the route that the program is on."""
        return self._now.source.source

    def _functions(self, numbers: Sequence[float]) -> _Functions:
        """The program for the route of these numbers; once it turned too often, for all routes."""
        program = self._scalars.program
        if has_choices(program) and self._turns < self._language.most_routes:
            return _Functions(on_route(program, numbers), self._language)
        return _Functions(Routed(binary(program)), self._language)

    def _turn(self, numbers: Sequence[float]) -> None:
        """Take the route of these numbers."""
        self._turns += 1
        before, self._now = self._now, self._functions(numbers)
        if self._now.source == before.source:  # no route is right: a number is NaN
            self._turns = self._language.most_routes
            self._now = self._functions(numbers)

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value and the gradients."""
        value, gradients = self._run(self._scalars.row.flat(data))
        return value, self._scalars.gradients.arrays(gradients)

    def flat(self, vector: Vector, still: Sequence[Data]) -> tuple[float, Vector]:
        """The value and the gradients, with one vector for what these belong to."""
        value, gradients = self._run(self._scalars.merged(vector, still).tolist())
        return value, np.array(gradients, float)

    def _run(self, numbers: Sequence[float]) -> tuple[float, Any]:
        inputs = self._language.vector(numbers)
        gradients = self._language.vector([0.0] * len(self._scalars.program.gradients))
        valid = False
        while not valid:
            try:
                valid, value = self._now.step(inputs, gradients)
            except (ArithmeticError, ValueError):
                # Where Python raises, as for 1 / 0, the ops' own forwards do as NumPy does.
                program = self._scalars.program
                value, found = program.results(program.slots(numbers))
                gradients, valid = list(found.values()), True
            if not valid:
                self._turn(numbers)
        return value, gradients

    def descend(self, data: Sequence[Data], rate: float, threshold: float, steps: int) -> Descent:
        """Steps of gradient descent, all within one call while the route stays."""
        state = self._language.vector(self._scalars.row.flat(data))
        done, status, value = 0, 0, float("inf")
        while done < steps and status != _CONVERGED:
            try:
                status, more, value = self._now.loop(state, rate, threshold, steps - done)
            except (ArithmeticError, ValueError):
                now = self._scalars.row.arrays(state)
                rest = descend(self.run, now, self._scalars.updated, rate, threshold, steps - done)
                return rest._replace(done=done + rest.done)
            done += more
            if status == _ANOTHER_ROUTE:
                self._turn([float(number) for number in state])
        now = self._scalars.row.arrays(state)
        return Descent(now, done, value, converged=status == _CONVERGED)
