"""Program: a recorded graph, forward and backward, as one straight list of steps.

The backward pass is the engine's own sweep, run on the graph itself, so that no derivative is
written twice. Numbers live in slots: first those of the inputs, then the constants, then one for
each step, so a step only says which slots it reads.
"""

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, partial, reduce
from typing import Any, NamedTuple, Protocol

import numpy as np

from autograd_lite.chain.graph import kind_of, name_values
from autograd_lite.data import Data, as_data, describe, exact_key
from autograd_lite.engine import order, read_graph, seed, sweep, zeros_like
from autograd_lite.errors import DataError, NameLookupError, ShapeError
from autograd_lite.op import Op
from autograd_lite.ops.elementwise import add, exp, log, multiply, power, subtract
from autograd_lite.ops.functions import logaddexp
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
from autograd_lite.ops.shaping import is_in_order
from autograd_lite.recording import is_recording, recording
from autograd_lite.value import Value

# The parts of a Program, and the Builder that numbers them: each expression once.


Shape = tuple[int, ...]
Vector = np.ndarray[Any, Any]


class Input(NamedTuple):
    """A leaf of the graph: what it is called, and the numbers that it had when it was recorded."""

    label: str
    data: Data
    shape: Shape
    dtype: np.dtype[Any]

    def take(self, given: Any) -> Data:
        """Other numbers for this input, in its precision; ShapeError for another shape."""
        data = getattr(given, "_data", given)
        if type(data) is float and not self.shape:
            return data
        # Data are read only: what is an array of that precision already needs no copy.
        if not (isinstance(data, np.ndarray) and data.ndim and data.dtype == self.dtype):
            data = as_data(data)
        if np.shape(data) != self.shape:
            raise ShapeError(
                f"{self.label} has shape {self.shape} and was given data of shape "
                f"{np.shape(data)}; compile the program again for another shape"
            )
        return data if isinstance(data, float) else data.astype(self.dtype, copy=False)


class Inputs:
    """Several inputs: by label, and as one row of numbers, one after the other in reading order.

    >>> import autograd_lite as ag
    >>> w, b = ag.Value([1.0, 1.0], "w"), ag.Value(3.0, "b")
    >>> row = Inputs([as_input(w, "w"), as_input(b, "b")])
    >>> row.flat([np.ones(2), 3.0]), row.arrays([5.0, 6.0, 7.0])
    ([1.0, 1.0, 3.0], [array([5., 6.]), 7.0])
    """

    def __init__(self, inputs: Iterable[Input]) -> None:
        self._inputs = tuple(inputs)
        self._places = {leaf.label: place for place, leaf in enumerate(self._inputs)}
        ends = [0, *itertools.accumulate(math.prod(leaf.shape) for leaf in self._inputs)]
        self.parts = [slice(*ends) for ends in itertools.pairwise(ends)]
        self._of_arrays = any(leaf.shape for leaf in self._inputs)
        self._double = all(leaf.dtype == np.float64 for leaf in self._inputs)
        self.size = ends[-1]

    def bound(self, given: Mapping[str, Any], data: Iterable[Data]) -> list[Data]:
        """The data of all inputs: those given by label, and these for the rest.

        Raises NameLookupError for a label that no input has, ShapeError for another shape.
        """
        found = list(data)
        for label, one in given.items():
            place = self._places[known(label, self._places, "input")]
            found[place] = self._inputs[place].take(one)
        return found

    def flat(self, data: Iterable[Data]) -> list[float]:
        """The row as floats."""
        given: list[Any] = list(data)
        if set(map(type, given)) <= {float}:
            return given
        return [number for one in given for number in np.ravel(one).tolist()]

    def vector(self, data: Iterable[Data]) -> Vector:
        """The row as an array of its own."""
        return np.concatenate([np.empty(0), *map(np.ravel, data)])

    def arrays(self, numbers: Any) -> list[Data]:
        """Numbers of a row as what they are of each input: floats, and arrays of their own."""
        if not self._of_arrays:
            return numbers.tolist() if isinstance(numbers, np.ndarray) else list(numbers)
        return [
            np.array(numbers[part], leaf.dtype).reshape(leaf.shape)
            if leaf.shape
            else float(numbers[part.start])
            for leaf, part in zip(self._inputs, self.parts, strict=True)
        ]

    def rounded(self, vector: Vector) -> Vector:
        """The numbers in the precision of each input."""
        return vector if self._double else self.vector(self.arrays(vector))


class Signature(NamedTuple):
    """What goes into a program, by label, and whose gradients come out of it.

    >>> import autograd_lite as ag
    >>> x, w = ag.Constant(2.0, "x"), ag.Value(3.0, "w")
    >>> leaves, wanted = Signature.of(w * x)
    >>> list(leaves), wanted
    (['x', 'w'], ('w',))
    """

    leaves: dict[str, Value]
    wanted: tuple[str, ...]

    @classmethod
    def of(
        cls,
        root: Value,
        wrt: Iterable[str] | None = None,
        arguments: Iterable[Value] = (),
    ) -> "Signature":
        """The leaves of a graph, and ``wrt`` or all that are no Constants.

        They are called as :func:`autograd_lite.terms` calls them, by labels alone: what variables
        are called where a graph is compiled says nothing about its inputs. The arguments of
        a function have their labels to themselves: what else has such a label gets a number.
        """
        if not isinstance(root, Value):
            raise DataError(f"a program is made of a Value, not of {describe(root)}")
        names = name_values(order(root)) | {leaf: leaf.label for leaf in arguments}
        leaves = {name: node for node, name in names.items() if node.op is None}
        weights = [label for label, leaf in leaves.items() if kind_of(leaf) == "weight"]
        return cls(leaves, tuple(weights if wrt is None else _wanted(wrt, leaves, weights)))

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The leaves as inputs of a program."""
        return tuple(as_input(leaf, label) for label, leaf in self.leaves.items())

    @property
    def wanted_inputs(self) -> tuple[Input, ...]:
        """Those whose gradients come out, in the order of these."""
        return tuple(as_input(self.leaves[label], label) for label in self.wanted)


def as_input(leaf: Value, label: str) -> Input:
    """A leaf as an input of a program."""
    return Input(label, leaf._data, leaf.shape, leaf.dtype)


def _wanted(wrt: Iterable[str], labels: Collection[str], weights: Collection[str]) -> Iterator[str]:
    """Each label of ``wrt`` once."""
    if isinstance(wrt, str):
        raise DataError(f"wrt takes several labels, as in wrt=[{wrt!r}], and got {wrt!r}")
    for label in dict.fromkeys(wrt):
        if label in labels and label not in weights:
            raise NameLookupError(
                f"{label} is a Constant, which takes no gradient; leave it out of wrt, or make it "
                "a Value"
            )
        yield known(label, weights, "weight")


def known(label: str, labels: Collection[str], what: str) -> str:
    """The label itself; NameLookupError, with what there is, where nothing is called so.

    >>> known("w", ["w", "b"], "input")
    'w'
    """
    if label in labels:
        return label
    nearest = get_close_matches(label, labels) or sorted(labels)[:40]
    raise NameLookupError(
        f"no {what} is called {label!r}; nearest: {', '.join(nearest) or 'there is none'}"
    )


class Step(NamedTuple):
    """One op: the slots of its operands, its attributes, and the kind of array that comes out."""

    op: Op
    operands: tuple[int, ...]
    attributes: dict[str, Any]
    shape: Shape
    dtype: np.dtype[Any]


class Builder:
    """Gives every input, constant and step a number: the same expression the same.

    Constants are folded, and what an op passes on unchanged is its operand. Only what leaves every
    bit as it is: x·1 is x, but x + 0 is not x, for −0 + 0 = 0.

    >>> from autograd_lite.ops.elementwise import multiply
    >>> builder, kind = Builder(), ((), np.dtype(float))
    >>> x = builder.input(Input("x", 3.0, *kind))
    >>> one, two = builder.constant(1.0), builder.constant(2.0)
    >>> builder.step(multiply, (x, one), {}, *kind) == x
    True
    >>> builder.step(multiply, (x, two), {}, *kind) == builder.step(multiply, (two, x), {}, *kind)
    True
    """

    def __init__(self) -> None:
        self._parts: list[Any] = []
        self._kinds: list[int] = []
        self._known: dict[Any, int] = {}

    def _add(self, part: Input | Data | Step, kind: int) -> int:
        self._parts.append(part)
        self._kinds.append(kind)
        return len(self._parts) - 1

    def input(self, leaf: Input) -> int:
        """The number of a new input."""
        return self._add(leaf, _INPUT)

    def constant(self, data: Data) -> int:
        """The number of a constant."""
        key = ("constant", exact_key(data))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._add(data, _CONSTANT)
        return found

    def step(
        self, op: Op, operands: Iterable[int], attributes: dict[str, Any], shape: Shape, dtype: Any
    ) -> int:
        """The number of what an op makes of its operands."""
        operands = tuple(operands)
        swapped = op.name in _COMMUTATIVE and operands[0] > operands[1]
        key: Any = op, operands[::-1] if swapped else operands
        if attributes:
            key = *key, exact_key(tuple(attributes.items()))
        found = self._known.get(key)
        if found is None:
            found = self._passed_on(op, operands, attributes, shape, dtype)
            if found is None:
                found = self._made(Step(op, operands, attributes, shape, dtype))
            self._known[key] = found
        return found

    def _made(self, step: Step) -> int:
        for operand in step.operands:
            if self._kinds[operand] != _CONSTANT:
                return self._add(step, _STEP)
        constants = [self._parts[operand] for operand in step.operands]
        with np.errstate(all="ignore"):  # it was said when the program was recorded
            return self.constant(step.op.forward(*constants, **step.attributes))

    def _passed_on(
        self, op: Op, operands: Sequence[int], attributes: dict[str, Any], shape: Shape, dtype: Any
    ) -> int | None:
        """The operand that an op would return as it is; None if it changes something."""
        name, first, unchanged = op.name, operands[0], False
        if name in _NEUTRAL:
            unchanged = self.is_constant(operands[1], _NEUTRAL[name])
            if not unchanged and name == "multiply" and self.is_constant(first, 1.0):
                unchanged, first = True, operands[1]
        elif name == "negative":
            inner = self._parts[first]
            if unchanged := isinstance(inner, Step) and inner.op is op:
                first = inner.operands[0]
        elif name in _STILL:
            unchanged = shape == self._shape(first) and (not shape or name in _MOVING)
        elif name == "transpose":
            unchanged = is_in_order(attributes["axes"])
        elif name == "identity":
            unchanged = True
        same = unchanged and (self._shape(first), self._dtype(first)) == (shape, dtype)
        return first if same else None

    def is_constant(self, number: int, value: float) -> bool:
        """Whether that number is a constant, all of that value; −0 is not 0."""
        part = self._parts[number]
        if self._kinds[number] != _CONSTANT or not np.all(part == value):
            return False
        return not np.any(np.signbit(part) ^ np.signbit(value))

    def _shape(self, number: int) -> Shape:
        part = self._parts[number]
        return np.shape(part) if self._kinds[number] == _CONSTANT else part.shape

    def _dtype(self, number: int) -> Any:
        part = self._parts[number]
        return np.dtype(float) if isinstance(part, float) else part.dtype

    def finish(
        self, outputs: Sequence[int]
    ) -> tuple[tuple[Input, ...], tuple[Data, ...], tuple[Step, ...], list[int]]:
        """Inputs, constants and steps, numbered in this order, and the outputs' new numbers.

        Steps and constants that no output needs are left out.
        """
        parts, kinds = self._parts, self._kinds
        needed = [kind == _INPUT for kind in kinds]
        for output in outputs:
            needed[output] = True
        for number in reversed(range(len(parts))):
            if needed[number] and kinds[number] == _STEP:
                for operand in parts[number].operands:
                    needed[operand] = True
        groups: tuple[list[int], ...] = ([], [], [])
        for number, one in enumerate(needed):
            if one:
                groups[kinds[number]].append(number)
        new = {number: slot for slot, number in enumerate(itertools.chain(*groups))}
        inputs, constants, steps = ([parts[number] for number in group] for group in groups)
        return (
            tuple(inputs),
            tuple(constants),
            tuple(
                Step(op, tuple([new[operand] for operand in operands]), *rest)
                for op, operands, *rest in steps
            ),
            [new[output] for output in outputs],
        )


_INPUT, _CONSTANT, _STEP = range(3)
_COMMUTATIVE = {"add", "multiply"}
_NEUTRAL = {"multiply": 1.0, "divide": 1.0, "power": 1.0, "subtract": 0.0}
_MOVING = {"reshape", "broadcast_to"}
_STILL = {*_MOVING, "sum", "max", "min"}


@dataclass(frozen=True, eq=False, repr=False)
class Program:
    """A straight list of steps: slots 0, 1, ... are the inputs, the constants, then the steps.

    ``value`` is the slot of the result, ``gradients`` that of the gradient of each weight by its
    label; each may be the slot of an input or a constant too. No step is dead, done twice, or made
    of constants alone.

    >>> import autograd_lite as ag
    >>> x, w = ag.Constant(2.0, "x"), ag.Value(3.0, "w")
    >>> program = Program.of((w * x) ** 2)
    >>> for slot, step in enumerate(program.steps, start=program.first):
    ...     print(slot, step.op.name, step.operands)
    3 multiply (1, 0)
    4 power (3, 2)
    5 multiply (2, 3)
    6 multiply (5, 0)
    >>> program.run({"w": 5.0})
    (100.0, {'w': 40.0})
    """

    inputs: tuple[Input, ...]
    constants: tuple[Data, ...]
    steps: tuple[Step, ...]
    value: int
    gradients: dict[str, int]

    @classmethod
    def of(cls, root: Value, wrt: Iterable[str] | None = None) -> "Program":
        """The program that computes ``root``, a single number, and its gradients.

        Inputs are the leaves, by label: told apart as w#1, w#2 where several have one, and v1, v2,
        ... without. The gradients are those of the labels ``wrt``, or of every leaf that is not a
        Constant. Raises StaleValueError where data were assigned after they had been used.
        """
        return cls.signed(root, Signature.of(root, wrt))

    @classmethod
    def signed(cls, root: Value, signature: "Signature") -> "Program":
        """The program of a graph with these inputs and gradients."""
        leaves, wanted = signature
        inputs = dict(zip(leaves.values(), signature.inputs, strict=True))
        return cls.recorded(root, inputs, {label: leaves[label] for label in wanted})

    @classmethod
    def recorded(
        cls, root: Value, inputs: Mapping[Value, Input], wrt: Mapping[str, Value]
    ) -> "Program":
        """The program of a graph whose leaves are known: ``inputs`` in the order of their slots."""
        # Without a switch the engine is quicker; so none is thrown that is on.
        with nullcontext() if is_recording() else recording(True):
            found = sweep(order(root), {root: seed(root, None)}, read_graph)
            outputs = [root, *(found.get(leaf, zeros_like(leaf)) for leaf in wrt.values())]
            builder = Builder()
            slots = {leaf: builder.input(entry) for leaf, entry in inputs.items()}
            _enter(outputs, slots, builder)
            value, *gradients = (
                slots[one] if isinstance(one, Value) else builder.constant(one) for one in outputs
            )
            return cls.built(builder, value, dict(zip(wrt, gradients, strict=True)))

    @classmethod
    def built(cls, builder: Builder, value: int, gradients: Mapping[str, int]) -> "Program":
        """The program of what a builder holds, without what neither value nor gradients need."""
        inputs, constants, steps, slots = builder.finish([value, *gradients.values()])
        return cls(inputs, constants, steps, slots[0], dict(zip(gradients, slots[1:], strict=True)))

    @property
    def first(self) -> int:
        """The slot of the first step."""
        return len(self.inputs) + len(self.constants)

    @cached_property
    def updated(self) -> list[int]:
        """The slots of the inputs that the gradients belong to, in their order."""
        slots = {leaf.label: slot for slot, leaf in enumerate(self.inputs)}
        return [slots[label] for label in self.gradients]

    @cached_property
    def still(self) -> list[int]:
        """The slots of the other inputs."""
        return sorted({*range(len(self.inputs))}.difference(self.updated))

    def step(self, slot: int) -> Step | None:
        """The step that fills a slot; None for that of an input or a constant."""
        return self.steps[slot - self.first] if slot >= self.first else None

    def slots(self, data: Iterable[Data]) -> list[Any]:
        """What is in every slot, with these data for the inputs: each by its op's own forward."""
        slots: list[Any] = [*data, *self.constants]
        for op, operands, attributes, _, _ in self.steps:
            slots.append(op.forward(*[slots[operand] for operand in operands], **attributes))
        return slots

    def results(self, slots: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
        """The value and the gradients among all slots, the gradients as arrays of their own."""
        gradients = {}
        for (label, slot), place in zip(self.gradients.items(), self.updated, strict=True):
            found = slots[slot]
            own = found if isinstance(found, float) else found.astype(self.inputs[place].dtype)
            gradients[label] = own
        return slots[self.value], gradients

    def run(self, given: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """The value and the gradients, with other data for the inputs that are given, by label."""
        recorded = [leaf.data for leaf in self.inputs]
        return self.results(self.slots(Inputs(self.inputs).bound(given or {}, recorded)))


def _enter(outputs: list[Any], slots: dict[Value, int], builder: Builder) -> None:
    """Give everything that the outputs were computed from its number, operands before results."""
    reachable: dict[Value, None] = {}
    for output in outputs:
        if isinstance(output, Value) and output not in reachable:
            reachable |= dict.fromkeys(order(output, stop=reachable))
    for node in sorted(reachable, key=lambda node: node.number):
        if node in slots:
            continue
        if node.op is None:  # of an expansion, a number that no input reaches
            slots[node] = builder.constant(node._data)
            continue
        operands = [
            slots[part] if isinstance(part, Value) else builder.constant(part)
            for part in node.operands
        ]
        slots[node] = builder.step(node.op, operands, node.attributes, node.shape, node.dtype)


# Programs rewritten: squares by products, many operands by two at a time.


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


def binary(program: Program) -> Program:
    """What takes many operands (an extreme, its place, ln Σ eˣ) by ops that take two."""
    many = any(step.op in _PAIRS or step.op is logaddexp for step in program.steps)
    return rewritten(program, pairwise) if many else program


def pairwise(builder: Builder, step: Step, operands: list[int]) -> int | None:
    """The rewrite of :func:`binary`."""
    if step.op is logaddexp:
        return _log_of_sum(builder, step, operands)
    return _Folding(builder, step, *_PAIRS[step.op]).fold(operands) if step.op in _PAIRS else None


_PAIRS = {
    largest: (maximum, less_equal, False),
    smallest: (minimum, greater_equal, False),
    argmax: (maximum, less_equal, True),
    argmin: (minimum, greater_equal, True),
}


def _log_of_sum(builder: Builder, step: Step, operands: Sequence[int]) -> int:
    """m + ln Σ e^(x − m), m the maximum, in the order of the op's forward; m if it is infinite."""

    def of(op: Any, *inner: int) -> int:
        return builder.step(op, inner, {}, step.shape, step.dtype)

    top = reduce(partial(of, maximum), operands)
    total = reduce(partial(of, add), (of(exp, of(subtract, one, top)) for one in operands))
    finite = of(equal, of(subtract, top, top), builder.constant(0.0))
    return of(where, finite, of(add, top, of(log, total)), top)


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


# What runs a program: a kernel.


Run = Callable[[Sequence[Data]], tuple[float, list[Data]]]


class Descent(NamedTuple):
    """How far gradient descent came: the inputs as they are now, and the value last tested.

    >>> Descent([1.0], done=1_200, value=0.25, converged=True)
    <Descent: below the threshold after 1,200 steps, at 0.25>
    """

    data: list[Data]
    done: int
    value: float
    converged: bool

    def __repr__(self) -> str:
        steps = f"{self.done:,} step{'' if self.done == 1 else 's'}"
        reached = f"below the threshold after {steps}" if self.converged else f"all {steps} done"
        return f"<Descent: {reached}, at {self.value:.6g}>"


class Kernel(Protocol):
    """A compiled program. Data are those of all inputs, in the order of the program's."""

    @property
    def size(self) -> str:
        """How large the compiled program is, in words."""

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value, and the gradients in the order of the program's."""

    def flat(self, vector: Vector, still: Sequence[Data]) -> tuple[float, Vector]:
        """The value and the gradients as one vector, for one vector of what these belong to.

        ``still`` are the data of the other inputs. The vector that comes out is the caller's own.
        """

    def descend(self, data: Sequence[Data], rate: float, threshold: float, steps: int) -> Descent:
        """Steps of gradient descent, until the value is below the threshold before a step."""


def descend(
    run: Run,
    data: Sequence[Data],
    updated: Sequence[int],
    rate: float,
    threshold: float,
    steps: int,
) -> Descent:
    """Gradient descent, step by step; ``updated`` are the places of the weights among the data.

    >>> descend(lambda data: (data[0] ** 2, [2 * data[0]]), [1.0], [0], 0.25, 0.1, 10)
    <Descent: below the threshold after 2 steps, at 0.0625>
    """
    now, value = list(data), float("inf")
    for done in range(steps):
        value, gradients = run(now)
        if value < threshold:
            return Descent(now, done, value, converged=True)
        changed = [now[place] - rate * one for place, one in zip(updated, gradients, strict=True)]
        for place, new in zip(updated, changed, strict=True):
            now[place] = new
    return Descent(now, steps, value, converged=False)
