"""A program as data: leaves, and steps that each apply an op to what was made before.

Its printed form is a snippet that runs, and it is this snippet that our engine runs. A peer runs
the steps themselves, each by a function of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.op import REGISTRY

OPERATORS = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "power": "{} ** {}",
    "matmul": "{} @ {}",
    "negative": "-{}",
    "identity": "+{}",
    "greater": "{} > {}",
    "greater_equal": "{} >= {}",
    "less": "{} < {}",
    "less_equal": "{} <= {}",
    "equal": "{} == {}",
    "not_equal": "{} != {}",
}
"""Ops that are also written as operators."""

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "{}": lambda x: x,
    "{}[::-1]": lambda x: x[::-1],
    "{}.T": lambda x: x.T,
}
"""How an array lies in memory: in order, with negative strides, or with its columns first."""

IMPORTS = """\
import numpy as np
from numpy import inf, nan

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.op import REGISTRY
"""


@dataclass(frozen=True)
class Leaf:
    """An input: a Value, a Constant, or a plain number or array, with its data."""

    name: str
    kind: str
    data: Any
    layout: str = "{}"
    """How the array is made of one that lies in memory in order, such as ``{}[::-1]``."""
    label: bool = True
    exact: bool = False
    """Whether the numbers lie on a grid, so that what is computed from them may have ties."""

    @property
    def given(self) -> bool:
        """Whether views can be asked for it by label, and given other data."""
        return self.kind != "plain" and self.label

    @property
    def _kept(self) -> Any:
        """The array as it lies in memory; each layout undoes itself."""
        return np.ascontiguousarray(LAYOUTS[self.layout](self.data))

    def array(self) -> Any:
        """The data, in their layout in memory."""
        return LAYOUTS[self.layout](self._kept) if np.ndim(self.data) else float(self.data)

    def source(self) -> str:
        """The line that makes it."""
        data = self.layout.format(written(self._kept if np.ndim(self.data) else float(self.data)))
        if self.kind == "plain":
            return f"{self.name} = {data}"
        name = f', "{self.name}"' if self.label else ""
        return f"{self.name} = {self.kind}({data}{name})"


@dataclass(frozen=True)
class Step:
    """An op, applied to what is called ``operands``, with a label or without."""

    name: str
    op: str
    operands: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    form: str = "call"
    label: bool = False

    def expression(self) -> str:
        """The call, as a person writes it."""
        operands = list(self.operands)
        settings = [f"{key}={written(value)}" for key, value in self.attributes.items()]
        if self.form == "operator":
            return OPERATORS[self.op].format(*operands)
        if self.op == "getitem" and self.form == "index":
            index = self.attributes["index"]
            inner = ", ".join(map(written, index)) + ("," if len(index) == 1 else "")
            return f"{operands[0]}[{inner if index else '()'}]"
        if self.op in ("concatenate", "stack", "np.vstack", "np.hstack", "np.column_stack"):
            operands = [f"[{', '.join(operands)}]"]
        if self.op == "einsum":
            operands, settings = [repr(self.attributes["subscripts"]), *operands], []
        function = f"ag.{self.op}" if self.op in ag.__all__ else f'REGISTRY["{self.op}"]'
        function = self.op if self.op.startswith("np.") else function
        return f"{function}({', '.join([*operands, *settings])})"

    def source(self) -> str:
        """The line that makes it."""
        expression = self.expression()
        return f"{self.name} = " + (
            f'({expression}).named("{self.name}")' if self.label else expression
        )


def written(value: Any) -> str:
    """A value as Python source.

    >>> written((np.array([1, 2]), slice(None, None, -1), ...))
    '(np.array([1, 2]), slice(None, None, -1), ...)'
    """
    if isinstance(value, np.ndarray):
        numbers = value.astype(str).astype(float) if value.dtype == np.float32 else value
        kind = {"float64": "", "int64": "", "bool": ""}.get(
            value.dtype.name, f"np.{value.dtype.name}"
        )
        if not value.size:
            kind = f"np.{value.dtype.name}".replace("bool", "bool_")
            return f"np.empty({value.shape}, {kind})"
        return f"np.array({numbers.tolist()}{', ' + kind if kind else ''})"
    if isinstance(value, tuple):
        return f"({', '.join(map(written, value))}{',' if len(value) == 1 else ''})"
    return "..." if value is ... else repr(value)


@dataclass(frozen=True)
class Program:
    """Leaves and steps; the last step is the result, a single number."""

    seed: int
    leaves: tuple[Leaf, ...]
    steps: tuple[Step, ...]
    precision: str = "float64"
    special: bool = False
    """Whether there are infinities or nan, or signed zeros."""
    exact: frozenset[str] = field(default=frozenset())
    """Which names have numbers that are computed without any rounding, so that ties are ties."""

    @property
    def given(self) -> list[Leaf]:
        """The leaves that a view can be given, by label."""
        return [leaf for leaf in self.leaves if leaf.given]

    @property
    def weights(self) -> list[Leaf]:
        """The leaves that take a gradient."""
        return [leaf for leaf in self.leaves if leaf.kind == "Value"]

    @property
    def output(self) -> str:
        """The name of the result."""
        return self.steps[-1].name if self.steps else self.leaves[-1].name

    def source(self) -> str:
        """The program as a snippet that runs."""
        lines = [leaf.source() for leaf in self.leaves] + [step.source() for step in self.steps]
        return f"{IMPORTS}\n# seed {self.seed}\n" + "\n".join(lines) + "\n"

    __str__ = source

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The steps as a function of all leaves, in order; ``jiggle`` is applied to each result."""
        lines = [f"def program({', '.join(leaf.name for leaf in self.leaves)}, jiggle=None):"]
        for step in self.steps:
            lines.append(f"    {step.source()}")
            if step.name not in self.exact:
                lines.append(
                    f"    {step.name} = {step.name} if jiggle is None else jiggle({step.name})"
                )
        lines.append(f"    return {self.output}")
        scope: dict[str, Any] = {
            "np": np,
            "inf": np.inf,
            "nan": np.nan,
            "ag": ag,
            "REGISTRY": REGISTRY,
        }
        exec("\n".join(lines), scope)
        return scope["program"]

    def arrays(self) -> dict[str, Any]:
        """The data of all leaves."""
        return {leaf.name: leaf.array() for leaf in self.leaves}

    def record(self, arrays: Mapping[str, Any] | None = None) -> tuple[Value, dict[str, Any]]:
        """The result as a graph of fresh Values, and the leaves by name."""
        arrays = self.arrays() | dict(arrays or {})
        made = {}
        for leaf in self.leaves:
            label = leaf.name if leaf.label else ""
            kind = {"Value": Value, "Constant": Constant}.get(leaf.kind)
            made[leaf.name] = arrays[leaf.name] if kind is None else kind(arrays[leaf.name], label)
        return self.function(**made), made

    def of_weights(self, jiggle: Any = None) -> Callable[..., Any]:
        """The result as a function of its weights alone."""
        fixed = {
            leaf.name: Constant(leaf.array()) if leaf.kind == "Constant" else leaf.array()
            for leaf in self.leaves
            if leaf.kind != "Value"
        }
        names = [leaf.name for leaf in self.weights]

        def function(*given: Any) -> Any:
            return self.function(**dict(zip(names, given, strict=True)), **fixed, jiggle=jiggle)

        return function

    def run(self, functions: Any, leaves: Mapping[str, Any]) -> Any:
        """The result by the functions of a peer, ``functions[op]``, from leaves of its own."""
        made = dict(leaves)
        for step in self.steps:
            operands = [made[name] for name in step.operands]
            made[step.name] = functions[step.op](*operands, **step.attributes)
        return made[self.output]

    def with_data(self, arrays: Mapping[str, Any]) -> "Program":
        """The same program with other data in its leaves."""
        leaves = [
            replace(leaf, data=arrays[leaf.name]) if leaf.name in arrays else leaf
            for leaf in self.leaves
        ]
        return replace(self, leaves=tuple(leaves))


def used(
    leaves: Sequence[Leaf], steps: Sequence[Step]
) -> tuple[tuple[Leaf, ...], tuple[Step, ...]]:
    """The leaves and steps that the last step needs."""
    needed = {steps[-1].name}
    kept = []
    for step in reversed(steps):
        if step.name in needed:
            needed |= {*step.operands}
            kept.append(step)
    return tuple(leaf for leaf in leaves if leaf.name in needed), tuple(reversed(kept))
