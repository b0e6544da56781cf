"""Program: a recorded graph, forward and backward, as one straight list of steps.

The backward pass is the engine's own sweep, run on the graph itself, so that no derivative is
written twice. Numbers live in slots: first those of the inputs, then the constants, then one for
each step, so a step only says which slots it reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from autograd_lite.chain.expand import kind_of
from autograd_lite.chain.labels import name_values
from autograd_lite.chain.replay import check_exponent
from autograd_lite.data import Data, describe
from autograd_lite.engine import order, read_graph, seed, sweep, zeros_like
from autograd_lite.errors import DataError
from autograd_lite.fast.steps import Builder, Input, Step, bound, known
from autograd_lite.recording import is_recording, recording
from autograd_lite.value import Value

__all__ = ["Program", "as_input", "named_leaves"]


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
        leaves, wanted = named_leaves(root, wrt)
        inputs = {leaf: as_input(leaf, label) for label, leaf in leaves.items()}
        return cls.recorded(root, inputs, {label: leaves[label] for label in wanted})

    @classmethod
    def recorded(
        cls, root: Value, inputs: Mapping[Value, Input], wrt: Mapping[str, Value]
    ) -> "Program":
        """The program of a graph whose leaves are known: ``inputs`` in the order of their slots."""
        # Without a switch the engine is quicker; so none is thrown that is on.
        with nullcontext() if is_recording() else recording(True):
            nodes = order(root)
            for node in nodes:
                check_exponent(node)
            found = sweep(nodes, {root: seed(root, None)}, read_graph)
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

    @property
    def is_scalar(self) -> bool:
        """Whether every number of the program is a single one."""
        return not any(one.shape for one in self.inputs) and not any(
            one.shape for one in self.steps
        )

    @property
    def updated(self) -> list[int]:
        """The slots of the inputs that the gradients belong to, in their order."""
        slots = {leaf.label: slot for slot, leaf in enumerate(self.inputs)}
        return [slots[label] for label in self.gradients]

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
        return self.results(self.slots(bound(self.inputs, given or {})))


def as_input(leaf: Value, label: str) -> Input:
    """A leaf as an input of a program.

    >>> import autograd_lite as ag
    >>> as_input(ag.Value([1.0, 2.0]), "w").shape
    (2,)
    """
    return Input(label, kind_of(leaf), leaf._data, leaf.shape, leaf.dtype)


def named_leaves(
    root: Value, wrt: Iterable[str] | None = None
) -> tuple[dict[str, Value], list[str]]:
    """The leaves of a graph by label, and the labels of those whose gradients are wanted.

    >>> import autograd_lite as ag
    >>> x, w = ag.Constant(2.0, "x"), ag.Value(3.0, "w")
    >>> leaves, wanted = named_leaves(w * x)
    >>> list(leaves), wanted
    (['x', 'w'], ['w'])
    """
    if not isinstance(root, Value):
        raise DataError(f"a program is made of a Value, not of {describe(root)}")
    leaves = [node for node in order(root) if node.op is None]
    names = name_values(leaves if root.op is None else [*leaves, root])
    labels = {names[leaf]: leaf for leaf in leaves}
    weights = [label for label, leaf in labels.items() if kind_of(leaf) == "weight"]
    return labels, weights if wrt is None else [known(label, weights, "weight") for label in wrt]


def _enter(outputs: list[Any], slots: dict[Value, int], builder: Builder) -> None:
    """Give everything that the outputs were computed from its number, operands before results."""
    reachable: dict[Value, None] = {}
    for output in outputs:
        if isinstance(output, Value) and output not in reachable:
            reachable |= dict.fromkeys(order(output, stop=reachable))
    for node in sorted(reachable, key=lambda node: node.number):
        if node in slots:
            continue
        operands = [
            slots[part] if isinstance(part, Value) else builder.constant(part)
            for part in node.operands
        ]
        assert node.op is not None  # every leaf is an input
        slots[node] = builder.step(node.op, operands, node.attributes, node.shape, node.dtype)
