"""The parts of a Program, and the Builder that numbers them: each expression once."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.data import Data, as_data
from autograd_lite.errors import NameLookupError, ShapeError
from autograd_lite.op import Op

__all__ = ["Builder", "Input", "Step", "bound", "known"]

Shape = tuple[int, ...]


class Input(NamedTuple):
    """A leaf of the graph: what it is called, and the numbers that it had when it was recorded."""

    label: str
    kind: str
    """"weight", or "data" for a Constant."""
    data: Data
    shape: Shape
    dtype: np.dtype[Any]

    def take(self, given: Any) -> Data:
        """Other numbers for this input, in its precision; ShapeError for another shape."""
        data = getattr(given, "_data", given)
        # Data are read only: what is an array of that precision already needs no copy.
        if not (isinstance(data, np.ndarray) and data.ndim and data.dtype == self.dtype):
            data = as_data(data)
        if np.shape(data) != self.shape:
            raise ShapeError(
                f"{self.label} has shape {self.shape} and was given data of shape "
                f"{np.shape(data)}; compile the program again for another shape"
            )
        return data if isinstance(data, float) else data.astype(self.dtype, copy=False)


def bound(inputs: Sequence[Input], given: Mapping[str, Any]) -> list[Data]:
    """The data of all inputs: those given by label, checked, and the recorded ones for the rest.

    Raises NameLookupError for a label that no input has, ShapeError for another shape.

    >>> bound([Input("w", "weight", 3.0, (), np.dtype(float))], {"w": 5})
    [5.0]
    """
    if given:
        labels = {leaf.label for leaf in inputs}
        for label in given:
            known(label, labels, "input")
    return [leaf.take(given[leaf.label]) if leaf.label in given else leaf.data for leaf in inputs]


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
    >>> x = builder.input(Input("x", "weight", 3.0, *kind))
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
        key = ("constant", _key(data))
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
            key = *key, _key(attributes)
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
            unchanged = tuple(np.mod(attributes["axes"], len(shape))) == tuple(range(len(shape)))
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

    def is_choice(self, number: int) -> bool:
        """Whether that number says if a certain place has won a maximum or minimum."""
        part = self._parts[number]
        if not isinstance(part, Step) or part.op.name != "equal":
            return False
        of = self._parts[part.operands[0]]
        return isinstance(of, Step) and of.op.name in {"argmax", "argmin"}

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


def _key(part: Any) -> Any:
    """Something hashable that is equal for what is the same to the last bit."""
    if isinstance(part, float):
        return part.hex()
    if isinstance(part, np.ndarray):
        return part.dtype.str, part.shape, part.tobytes()
    if isinstance(part, slice):
        return "slice", part.start, part.stop, part.step
    if isinstance(part, list | tuple):
        return tuple(map(_key, part))
    if isinstance(part, dict):
        return tuple((name, _key(value)) for name, value in part.items())
    return type(part), part
