"""A tensor program as a program of single numbers, and how arrays are laid out in it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.chain.expand import expand
from autograd_lite.data import Data
from autograd_lite.engine import order
from autograd_lite.fast.lower import choices_made, squares_multiplied
from autograd_lite.fast.program import Program, as_input, named_leaves
from autograd_lite.fast.steps import Input
from autograd_lite.op import Structural
from autograd_lite.value import Value

__all__ = ["Scalars"]


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
        named, labels = named_leaves(root, wrt)
        leaves = {label: as_input(leaf, label) for label, leaf in named.items()}
        wanted = tuple(leaves[label] for label in labels)
        if not any(node.shape or isinstance(node.op, Structural) for node in order(root)):
            inputs = {leaf: leaves[label] for label, leaf in named.items()}
            program = Program.recorded(root, inputs, {label: named[label] for label in labels})
            return cls(choices_made(program), tuple(leaves.values()), wanted)
        expansion = expand(root, {leaf: label for label, leaf in named.items()}, limit)
        scalars = {one: as_input(one, element.name) for one, element in expansion.elements.items()}
        of_leaf = {named[label]: label for label in labels}
        wrt_scalars = {
            element.name: one
            for one, element in expansion.elements.items()
            if element.tensor in of_leaf
        }
        program = Program.recorded(expansion.outputs[0], scalars, wrt_scalars)
        program = choices_made(squares_multiplied(program))
        return cls(program, tuple(leaves.values()), wanted)

    @property
    def updated(self) -> list[int]:
        """The places among the leaves of those whose gradients are computed."""
        labels = [leaf.label for leaf in self.leaves]
        return [labels.index(leaf.label) for leaf in self.wanted]

    def flat(self, data: Iterable[Data]) -> list[float]:
        """The numbers of all leaves as the program takes them."""
        given: list[Any] = list(data)
        if set(map(type, given)) <= {float}:
            return given
        return [number for one in given for number in np.ravel(one).tolist()]

    def arrays(self, numbers: Any) -> list[Data]:
        """Numbers, one an element, in the shapes of the leaves."""
        return _shaped(numbers, self._kinds)

    def gradients(self, numbers: Any) -> list[Data]:
        """The same for the leaves whose gradients are computed."""
        return _shaped(numbers, self._wanted_kinds)

    @cached_property
    def _kinds(self) -> list[Input]:
        return _with_arrays(self.leaves)

    @cached_property
    def _wanted_kinds(self) -> list[Input]:
        return _with_arrays(self.wanted)


def _with_arrays(leaves: Sequence[Input]) -> list[Input]:
    """The leaves; none where all are single numbers, which need no shape."""
    return list(leaves) if any(leaf.shape for leaf in leaves) else []


def _shaped(numbers: Any, leaves: Sequence[Input]) -> list[Data]:
    numbers = numbers.tolist() if isinstance(numbers, np.ndarray) else numbers
    if not leaves:
        return list(numbers)
    found: list[Data] = []
    start = 0
    for leaf in leaves:
        size = math.prod(leaf.shape)
        part = np.array(numbers[start : start + size], leaf.dtype).reshape(leaf.shape)
        found.append(part if leaf.shape else numbers[start])
        start += size
    return found
