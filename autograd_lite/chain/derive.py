"""derive: the whole derivation of a gradient, as source that a person could have written."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.chain.graph import Element, NamedGraph, kind_of, name_values, replay
from autograd_lite.chain.lines import write_program
from autograd_lite.chain.source import bind, compiled, write_latex, write_source
from autograd_lite.data import Data, check_limit, check_option, describe
from autograd_lite.engine import order, read_data, sweep, zeros_like
from autograd_lite.errors import DataError, GraphTooLargeError, ShapeError
from autograd_lite.ops.shaping import refuse_decided
from autograd_lite.value import Value

__all__ = ["Derivation", "Outcome", "derivation_of", "derive"]

_LIMIT = 3_000
"""A derivation of more scalars, or at the tensor level of more ops, is not for reading."""


class Outcome(NamedTuple):
    """What a derivation gives when it is run: the value, and the gradients by the weights' labels.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, "w")
    >>> ag.derive((w * w).named("y")).run()
    Outcome(value=9.0, gradients={'w': 6.0})
    """

    value: float
    gradients: dict[str, Any]


class Derivation:
    """The derivation of a value and its gradients: ``source``, ``latex()``, ``run(...)``.

    ``print`` it for the source. ``function`` is the source's function itself: it takes the inputs
    as keywords, with the recorded numbers as defaults, and returns the value and the gradients by
    label. A debugger steps through it line by line.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, "w")
    >>> y = (w * w).named("y")
    >>> ag.derive(y)
    <Derivation of y: 1 value, 1 derivative>
    >>> ag.derive(y).function(w=5.0)
    (25.0, {'w': 10.0})
    """

    def __init__(
        self, nodes: Sequence[Value], names: Mapping[Value, Element], reading_order: bool = False
    ) -> None:
        self._nodes, self._names = nodes, names
        self._program = write_program(nodes, names, reading_order)
        self.source, self._constants = write_source(self._program)

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The source's function, compiled when it is first asked for."""
        name = getattr(self._program.value, "identifier", "a value")
        return compiled(self.source, name)

    def run(self, **inputs: Any) -> Outcome:
        """The value and the gradients, at the recorded inputs or at others.

        An input is given by its label or its parameter's name: ``run(w_1=0.5)``,
        ``run(**{"w[0,1]": 0.5})``, ``run(w=array)``. What an op chooses, such as the winner of a
        maximum, is chosen anew. The result is that of the engine: to the last bit for a program of
        scalars, and at the tensor level (of one precision) but for sums over arrays that lie in
        memory in another order here, such as a transposed one; of the elements of arrays to
        rounding, since NumPy sums in an order of its own. An element of a weight that the program
        never looks at has no gradient here.

        Where Python has no number, as for 1 / 0, or an input is inf or nan, it is the engine that
        runs, with NumPy's RuntimeWarning. Raises NameLookupError for an unknown input, ShapeError
        for another shape.

        >>> import autograd_lite as ag
        >>> x, w = ag.Constant([1.0, 4.0], "x"), ag.Value(3.0, "w")
        >>> derivation = ag.derive((w * x).max().named("y"))
        >>> derivation.run(x=[2.0, 1.0]).gradients
        {'w': 2.0}
        """
        numbers = bind(self._program.inputs, inputs)
        try:
            finite = all(np.isfinite(one).all() for one in numbers.values())
            run = partial(self.function, **self._constants) if finite else self._by_engine
            value, gradients = run(**numbers)
        except (ArithmeticError, ValueError):
            value, gradients = self._by_engine(**numbers)
        return Outcome(float(value), {name: _own(found) for name, found in gradients.items()})

    def _by_engine(self, **inputs: Data) -> tuple[Any, dict[str, Any]]:
        """What the graph that this is the derivation of gives at other inputs."""
        leaves = {node: one.name for node, one in self._names.items() if node.op is None}
        symbols = {one.symbol.label: one.symbol.identifier for one in self._program.inputs}
        data = {node: inputs[symbols[label]] for node, label in leaves.items() if label in symbols}
        root = replay(self._nodes[-1], data, leaves)
        nodes = order(root)
        found = sweep(nodes, {root: 1.0}, read_data)
        by_label = {node.label: found.get(node, zeros_like(node)) for node in nodes if not node.op}
        gradients = self._program.gradients
        return root.data, {label: by_label.get(label, gradients[label]) for label in gradients}

    def latex(self) -> str:
        r"""The derivation as an ``aligned`` environment of LaTeX, forward and then backward.

        >>> import autograd_lite as ag
        >>> w = ag.Value(3.0, "w")
        >>> print(ag.derive(ag.sigmoid(w).named("y")).latex())
        \begin{aligned}
        y &= \sigma\left(w\right) \\
        \frac{\partial y}{\partial w} &= y \cdot \left(1 - y\right)
        \end{aligned}
        """
        return write_latex(self._program)

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        values = _counted(len(self._program.forward), "value")
        derivatives = sum(map(len, self._program.backward))
        return (
            f"<Derivation of {self._program.output}: {values}, "
            f"{_counted(derivatives, 'derivative')}>"
        )


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("s" if count != 1 else "")


def _own(found: Any) -> Any:
    """A float, or an array that is no view of another."""
    return np.array(found) if np.ndim(found) else float(found)


def derive(root: Value, level: str = "scalar", limit: int = _LIMIT) -> Derivation:
    """The whole derivation of a number and its gradients, forward and backward, as Python source.

    At the "scalar" level each named number has a line of its own, and each derivative stands beside
    its chain rule in names; at the "tensor" level whole arrays have, in NumPy. Values are named as
    in :func:`terms`; what needs a line beyond that is called t1, t2, ...

    Raises ShapeError unless ``root`` is a single number, GraphTooLargeError for more than ``limit``
    scalars, or at the tensor level ops.

    >>> import autograd_lite as ag
    >>> x, w = ag.Constant(2.0), ag.Value(0.5)
    >>> net = w * x
    >>> y = ag.tanh(net)
    >>> for line in ag.derive(y).source.splitlines()[12:]:
    ...     print(line.strip())
    # forward
    net = w * x
    y = tanh(net)
    <BLANKLINE>
    # backward
    dy_dnet = 1 - y**2   # ∂y/∂net, directly
    dy_dw = dy_dnet * x  # ∂y/∂w = ∂y/∂net·∂net/∂w
    <BLANKLINE>
    return y, {"w": dy_dw}
    """
    return derivation_of(root, level, limit, sys._getframe(1))


def derivation_of(
    root: Value, level: str = "scalar", limit: int = _LIMIT, frame: FrameType | None = None
) -> Derivation:
    """The derivation, with the names of the variables of a frame, if there is one."""
    if not isinstance(root, Value):
        raise DataError(f"a derivation starts from a Value, not from {describe(root)}")
    if root.shape:
        raise ShapeError(
            f"{root.describe()} has shape {root.shape}; a derivation is that of a single number, "
            "such as its sum or one of its elements"
        )
    check_option("level", level, ("scalar", "tensor"))
    check_limit(limit, "values")
    nodes = order(root)
    refuse_decided(nodes, "a derivation")
    names = name_values(nodes, frame)
    if level == "scalar":
        graph = NamedGraph(root, names, limit)
        scalars = order(graph.scalar(graph.outputs[0]))
        has_arrays = any(node.shape for node in nodes)
        return Derivation(scalars, graph.named, reading_order=has_arrays)
    if len(nodes) > limit:
        raise GraphTooLargeError(
            f"the graph of {root.describe()} has {len(nodes):,} values, more than the limit of "
            f"{limit:,} for a derivation; derive a part of it, or with a smaller input"
        )
    elements = {node: Element(name, name, (), kind_of(node), node) for node, name in names.items()}
    return Derivation(nodes, elements)
