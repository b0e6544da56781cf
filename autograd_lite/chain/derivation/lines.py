"""The lines of a derivation, and the order in which a person writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from autograd_lite.chain.derivation.expression import Symbol
from autograd_lite.data import Data

__all__ = ["Input", "Line", "Program", "chain", "in_layers"]


@dataclass(frozen=True)
class Line:
    """One quantity and its definition; of a derivative also the names that it passes through."""

    symbol: Symbol
    definition: Any
    layer: Any
    children: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Input:
    """A weight or a datum: its symbol, its recorded numbers, and which element of what it is."""

    symbol: Symbol
    kind: str
    data: Data
    layer: str
    index: tuple[int, ...]
    shape: tuple[int, ...]
    """The shape of what it is an element of; () for a quantity of its own."""


@dataclass(frozen=True)
class Program:
    """The lines of a derivation in reading order, without any that has no effect.

    ``backward`` has the lines of the derivatives in layers. ``gradients`` has what each weight's
    derivative is, by label. With ``reading_order`` a sum over several uses is written from the
    first use on, as a person does; without, from the last use on, as the engine computes it.
    """

    output: str
    inputs: list[Input]
    forward: list[Line]
    backward: list[list[Line]]
    value: Any
    gradients: dict[str, Any]
    reading_order: bool

    @property
    def lines(self) -> list[Line]:
        """All lines, forward and backward."""
        return [*self.forward, *(line for layer in self.backward for line in layer)]


def chain(line: Line, output: str, width: int) -> str:
    """The chain rule of a derivative in names; of too many terms the first and the last.

    >>> from autograd_lite.chain.derivation.expression import Book
    >>> line = Line(Book().symbol("∂E/∂H", "dE_dH", 1.0), 1.0, None, ("O1", "O2"))
    >>> chain(line, "E", width=60)
    '∂E/∂H = ∂E/∂O1·∂O1/∂H + ∂E/∂O2·∂O2/∂H'
    """
    label, children = line.symbol.label, line.children or ()
    name = label.removeprefix(f"∂{output}/∂")
    if children == (output,):
        return f"{label}, directly"
    terms = [
        f"∂{output}/∂{child}·∂{child}/∂{name}" if child != output else f"{label} directly"
        for child in children
    ]
    rights = [" + ".join(terms)]
    if len(terms) > 2:
        rights += [f"{terms[0]} + … + {terms[-1]}", f"{terms[0]} + …"]
    fitting = (right for right in rights if len(f"{label} = {right}") <= width)
    return f"{label} = {next(fitting, rights[-1])}"


def in_layers(lines: Mapping[str, Line], leaves: set[str]) -> list[list[Line]]:
    """The derivatives in the order of a derivation, by layers: results first, each before its use.

    ``lines`` has them by the quantity, in the order of computation. The derivative with respect to
    a leaf, such as a weight, comes as soon as all that it is made of has come.
    """
    layers: list[list[str]] = []
    for name, line in lines.items():
        if name in leaves:
            continue
        if layers and _belongs(line, name, [lines[one] for one in layers[-1]]):
            layers[-1].append(name)
        else:
            layers.append([name])
    layers.reverse()
    place = {name: position for position, layer in enumerate(layers) for name in layer}
    ready: dict[int, list[str]] = {}
    for name in leaves & lines.keys():
        after = max((place.get(child, -1) for child in lines[name].children or ()), default=-1)
        ready.setdefault(after, []).append(name)
    order = {name: position for position, name in enumerate(lines)}
    result = []
    for position in range(-1, len(layers)):
        if position >= 0:
            result.append([lines[name] for name in layers[position]])
        weights = [lines[name] for name in sorted(ready.get(position, []), key=order.__getitem__)]
        result += [list(group) for _, group in groupby(weights, key=lambda line: id(line.layer))]
    return result


def _belongs(line: Line, name: str, layer: Sequence[Line]) -> bool:
    """Whether a derivative stands beside others: of one array, or unlabelled and independent."""
    if line.layer is not None:
        return line.layer is layer[0].layer
    return layer[0].layer is None and not any(name in (one.children or ()) for one in layer)
