"""The derivation as lines: which quantity is computed from which, forward and then backward."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

import numpy as np

from autograd_lite.chain.graph import Element
from autograd_lite.data import Data
from autograd_lite.engine import sweep, zeros_like
from autograd_lite.expr.node import Book, Expression
from autograd_lite.expr.notation import Identifiers, is_compared
from autograd_lite.value import Value

# The lines of a derivation, and the order in which a person writes them.


@dataclass(frozen=True)
class Line:
    """One quantity and its definition; of a derivative also the names that it passes through."""

    symbol: Expression
    definition: Any
    layer: Any
    children: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Input:
    """A weight or a datum: its symbol, its recorded numbers, and which element of what it is."""

    symbol: Expression
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

    >>> from autograd_lite.expr.node import Book
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


# Common subexpressions: what occurs more than once, and so gets a line of its own.


_OFTEN = 3
_CHEAP = {"add", "subtract", "negative", "gathered", "greater", "less"}
_VIEWS = {"transpose", "reshape"}


def repeated(lines: Sequence[Line]) -> list[Expression]:
    """The expressions that occur more than once.

    A plain sum or difference of two names may occur twice: a line for it would be longer.
    """
    waiting = [line.definition for line in lines if isinstance(line.definition, Expression)]
    uses = Counter(waiting)
    seen = set(waiting)
    while waiting:
        parents = waiting.pop().parents
        uses.update(parents)
        fresh = {part: None for part in parents if part not in seen}
        seen |= fresh.keys()
        waiting += fresh
    return [one for one, times in uses.items() if times > 1 and not _is_small(one, times)]


def _is_small(expression: Expression, times: int) -> bool:
    if expression.is_symbol or is_compared(expression):
        return True
    if any(not part.is_symbol for part in expression.parents):
        return False
    kind = expression.kind
    return kind in _VIEWS or (kind in _CHEAP and times < _OFTEN)


_DEEPEST = 6
"""An unlabelled value whose formula has more parentheses within each other gets a name."""


class _Writing:
    """Writes the lines down, as the nodes come in the order of computation."""

    def __init__(
        self, nodes: Sequence[Value], names: Mapping[Value, Element], reading_order: bool
    ) -> None:
        self.nodes, self.root = nodes, nodes[-1]
        self.given, self.names, self.reading_order = names, dict(names), reading_order
        self.book = Book(finite=all(np.isfinite(node._data).all() for node in nodes))
        self.identifiers = Identifiers()
        taken = {word for one in names.values() for word in (one.name, one.layer)}
        self.fresh = (label for label in map("t{}".format, count(1)) if label not in taken)
        self.read: dict[Value, Any] = {}  # a value's symbol, or its expression if it has no name
        self.forward: dict[Value, Line] = {}
        self.backward: dict[Value, Line] = {}
        self.arrived: dict[Value, Any] = {}  # the derivative with respect to a value, likewise
        # From which named values that derivative comes: the names of its chain rule, in order.
        self.through: dict[Value, dict[str, None]] = {node: {} for node in nodes}

    def compute(self, extra: set[Value]) -> None:
        """The forward pass; values in ``extra``, and those of a deep formula, get a name."""
        for node in self.nodes:
            element = self.names.get(node)
            if element is not None and element.kind != "value":
                self.read[node] = self._symbol(element.name, node._data)
                continue
            found = self._computed(node)
            new = isinstance(found, Expression) and not found.is_symbol
            if element is None and new and (node in extra or found.depth > _DEEPEST):
                label = next(self.fresh)
                element = self.names[node] = Element(label, label, (), "value", node)
            if element is not None:
                symbol = self._symbol(element.name, node._data, found)
                self.forward[node] = Line(symbol, found, element.tensor)
                found = symbol
            self.read[node] = found

    def _computed(self, node: Value) -> Any:
        """What a value is computed by; padding is a plain number."""
        if node.op is None:
            return node._data
        parts = [self.read[one] if isinstance(one, Value) else one for one in node.operands]
        return self.book.apply(node.op, parts, node.attributes)

    def _symbol(self, label: str, data: Any, definition: Any = None) -> Expression:
        return self.book.symbol(label, self.identifiers.of(label), data, definition)

    def derive(self) -> None:
        """The backward pass: the engine's own sweep, node by node, over expressions."""
        cotangents: dict[Value, Any] = {self.root: 1.0}
        same = self._same() if self.reading_order else {}
        for node in reversed(self.nodes):
            if node not in cotangents:
                continue
            if node in same:
                first, part = same[node], cotangents[node]
                cotangents[first] = part + cotangents[first] if first in cotangents else part
                self.through[first] |= self.through[node]
                continue
            if node in self.names and node is not self.root:
                cotangents[node] = self._derivative(node, cotangents[node])
            self.arrived[node] = cotangents[node]
            before = {parent: cotangents.get(parent) for parent in node.parents}
            sweep([node], cotangents, self.read.__getitem__)
            named = node in self.names
            source = {self.names[node].name: None} if named else self.through[node]
            for parent, earlier in before.items():
                if cotangents.get(parent) is not earlier:
                    self.through[parent] |= source
                    cotangents[parent] = self.book.cast(cotangents[parent], parent.dtype)

    def _same(self) -> dict[Value, Value]:
        """Unlabelled values that were computed before, by the first that is the same."""
        first: dict[Any, Value] = {}
        found = {}
        for node in self.nodes:
            expression = self.read[node]
            if node.op is None or node in self.given or not isinstance(expression, Expression):
                continue
            if first.setdefault(expression, node) is not node:
                found[node] = first[expression]
        return found

    def _derivative(self, node: Value, found: Any) -> Expression:
        """A line for the derivative with respect to a named value."""
        element, output = self.names[node], self.names[self.root]
        whole, part = (self.read[one].identifier for one in (self.root, node))
        symbol = self.book.symbol(
            f"∂{output.name}/∂{element.name}",
            self.identifiers.of(f"d{whole}_d{part}"),
            np.zeros(node.shape, node.dtype)[()],
        )
        children = tuple(self.through[node])
        if self.reading_order or len(children) == 2:
            children = children[::-1]
        layer = element.tensor if node in self.given else None
        self.backward[node] = Line(symbol, found, layer, children)
        return symbol

    def program(self) -> Program:
        """The lines that the value and the weights' gradients need."""
        leaves = [
            node for node in self.nodes if node in self.names and self.names[node].kind != "value"
        ]
        gradients = {
            self.names[node].name: self.arrived.get(node, zeros_like(node))
            for node in leaves
            if self.names[node].kind == "weight"
        }
        lines = {line.symbol: line for line in (*self.forward.values(), *self.backward.values())}
        needed = _needed([self.read[self.root], *gradients.values()], lines)
        derivatives = {
            self.names[node].name: self.backward[node]
            for node in self.nodes
            if node in self.backward and self.backward[node].symbol in needed
        }
        return Program(
            self.names[self.root].name,
            [self._input(node) for node in leaves if self.read[node] in needed],
            [line for line in self.forward.values() if line.symbol in needed],
            in_layers(derivatives, {self.names[node].name for node in leaves}),
            self.read[self.root],
            gradients,
            self.reading_order,
        )

    def _input(self, node: Value) -> Input:
        element = self.names[node]
        shape = element.tensor.shape if element.tensor is not node else ()
        return Input(self.read[node], element.kind, node._data, element.layer, element.index, shape)

    def shared(self, program: Program) -> set[Value]:
        """The unlabelled values whose value or derivative is written more than once."""
        owners: dict[Expression, Value] = {}
        unnamed = [node for node in self.nodes if node not in self.names]
        for node in unnamed:
            if isinstance(self.read[node], Expression):
                owners.setdefault(self.read[node], node)
        for node in reversed([*owners.values()]):
            if isinstance(self.arrived.get(node), Expression):
                owners.setdefault(self.arrived[node], node)  # the last that it passes through
        return {owners[one] for one in repeated(program.lines) if one in owners}


def write_program(
    nodes: Sequence[Value], names: Mapping[Value, Element], reading_order: bool = False
) -> Program:
    """The derivation of the last of ``nodes``, which come in the order of computation.

    A value without a name that is needed more than once, or whose derivative is, is a line t1, t2,
    ... of the source. ``reading_order`` is explained at :class:`Program`; with it what was computed
    twice is written once.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import kind_of
    >>> w = ag.Value(3.0)
    >>> nodes = [w, w * w]
    >>> names = {n: Element(l, l, (), kind_of(n), n) for n, l in zip(nodes, "wy", strict=True)}
    >>> [line.symbol.identifier for line in write_program(nodes, names).lines]
    ['y', 'dy_dw']
    """
    extra: set[Value] = set()
    while True:
        writing = _Writing(nodes, names, reading_order)
        writing.compute(extra)
        writing.derive()
        program = writing.program()
        more = writing.shared(program) - extra
        if not more:
            return program
        extra |= more


def _needed(results: Sequence[Any], lines: Mapping[Expression, Line]) -> set[Expression]:
    """The quantities from which the results are computed."""
    seen: set[Expression] = set()
    waiting = list(results)
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Expression) or part in seen:
            continue
        seen.add(part)
        waiting += part.operands
        if part.is_symbol and part in lines:
            waiting.append(lines[part].definition)
    return {part for part in seen if part.is_symbol}
