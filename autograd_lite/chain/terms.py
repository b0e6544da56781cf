"""Terms: the local derivatives between named values, each as formula and as number.

Unlabelled values between two named ones are contracted: the term carries the derivative through
them. Both readings of a term come from the engine's own sweep.
"""

import heapq
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from types import FrameType
from typing import TypeVar

from autograd_lite.chain.expand import Element, Expansion, expand
from autograd_lite.chain.formula import Formula, name, number
from autograd_lite.chain.labels import name_values
from autograd_lite.chain.notation import latex_name, printable, short
from autograd_lite.engine import order, read_data, sweep
from autograd_lite.errors import DataError, NameLookupError
from autograd_lite.op import Elementwise
from autograd_lite.value import Value

__all__ = ["NamedGraph", "Term", "named_graph", "terms"]

_T = TypeVar("_T")

_LONGEST_FORMULA = 24
"""An unlabelled value whose formula has more symbols, and would stand in that of a derivative, gets
a name, so that no formula explodes."""


@dataclass(frozen=True)
class Term:
    """One local derivative ∂child/∂parent: its formula and its number."""

    child: str
    parent: str
    expression: Formula
    value: float

    @property
    def name(self) -> str:
        """∂child/∂parent as a person writes it."""
        return f"∂{self.child}/∂{self.parent}"

    @property
    def formula(self) -> str:
        """The derivative in terms of named values, as text."""
        return str(self.expression)

    @property
    def latex(self) -> str:
        """The derivative as a LaTeX equation."""
        return f"{latex_name(self.name)} = {self.expression.latex}"

    @property
    def vanishes(self) -> bool:
        """Whether the derivative is 0 by itself, as that of a cell that lost its window."""
        return self.expression.is_number and self.expression.value == 0

    def __str__(self) -> str:
        number = short(self.value)
        return f"{self.name} = {self.formula}" + (f" = {number}" if number != self.formula else "")


class NamedGraph:
    """The scalar graph contracted onto its names, with the terms between them.

    ``names`` has the named values of the program, ``elements`` every named scalar in the order of
    computation; ``terms`` every local derivative, results before operands as a derivation writes
    them; ``by_child`` and ``by_parent`` find them by the name at either end.
    """

    def __init__(self, root: Value, names: dict[Value, str], expansion: Expansion) -> None:
        self.root = root
        self.names = names
        self.elements: dict[str, Element] = {}
        self.terms: list[Term] = []
        self._scalars: dict[str, Value] = {}
        self._formulas: dict[Value, Formula] = {}
        self._definitions: dict[str, Formula] = {}
        self.outputs: list[str] = []
        self._contract(expansion)

    def _contract(self, expansion: Expansion) -> None:
        """Name, then find the terms of each named value."""
        reachable: dict[Value, None] = {}
        for start in [*expansion.outputs, *expansion.elements]:
            if start not in reachable:
                reachable |= dict.fromkeys(order(start, stop=reachable))
        nodes = sorted(reachable, key=lambda node: node.number)
        named = dict(expansion.elements)
        spare = (f"u{count}" for count in itertools.count(1))
        taken = {element.name for element in named.values()}
        users: dict[Value, list[Value]] = {node: [node] for node in nodes}
        for node in nodes:
            for operand in node.parents:
                users[operand].append(node)
        for node in nodes:
            element = named.get(node)
            formula = self._define(node)
            long = element is None and formula.weight > _LONGEST_FORMULA
            if long and any(node in _in_derivative(user) for user in users[node]):
                label = next(free for free in spare if free not in taken)
                element = named[node] = Element(label, label, (), "value", node)
            if element is not None:
                self.elements[element.name] = element
                self._scalars[element.name] = node
                self._definitions[element.name] = formula
                formula = name(element.name, node.data)
            self._formulas[node] = formula
        self.outputs = [named[output].name for output in expansion.outputs]
        layers = itertools.groupby(self.elements.values(), lambda element: element.tensor)
        for _, layer in reversed([(tensor, list(layer)) for tensor, layer in layers]):
            for element in layer:
                self.terms += self._terms_of(element.name, named)
        self._labels = list(self.elements)
        self._positions = {label: position for position, label in enumerate(self._labels)}
        self.by_child: dict[str, list[Term]] = {label: [] for label in self.elements}
        self.by_parent: dict[str, list[Term]] = {label: [] for label in self.elements}
        for term in self.terms:
            self.by_child[term.child].append(term)
            self.by_parent[term.parent].append(term)

    def _define(self, node: Value) -> Formula:
        """The formula of a value in terms of its operands' formulas."""
        if node.op is None:
            return number(node.data)
        operands = (
            self._formulas[part] if isinstance(part, Value) else number(part)
            for part in node.operands
        )
        formula: Formula = node.op(*operands)
        return formula

    def _terms_of(self, child: str, named: dict[Value, Element]) -> Iterator[Term]:
        """One sweep within the unlabelled interior of a named value, in numbers and in formulas."""
        node = self._scalars[child]
        if node.op is None:
            return
        interior = order(node, stop=named)
        # Named values end the sweep: what goes through one to another is that one's term.
        inner = [part for part in interior if part is node or part not in named]
        values = sweep(inner, {node: 1.0}, read_data)
        formulas = sweep(inner, {node: number(1)}, self._formulas.__getitem__)
        for parent in interior:
            if parent in named and parent is not node:
                yield Term(
                    child,
                    named[parent].name,
                    formulas.get(parent, number(0)),
                    values.get(parent, 0.0),
                )

    def descend(
        self, start: str, first: _T, along: Callable[[_T, Term], _T], join: Callable[[_T, _T], _T]
    ) -> dict[str, _T]:
        """What comes down from a name to each that it depends on, itself included.

        ``along`` carries a total through a term, ``join`` adds one that arrives to those before.
        """
        totals = {start: first}
        waiting = [-self._positions[start]]
        while waiting:
            child = self._labels[-heapq.heappop(waiting)]
            for term in self.by_child[child]:
                if term.vanishes:
                    continue
                arriving = along(totals[child], term)
                if term.parent in totals:
                    totals[term.parent] = join(totals[term.parent], arriving)
                else:
                    totals[term.parent] = arriving
                    heapq.heappush(waiting, -self._positions[term.parent])
        return totals

    def definition(self, label: str) -> Formula:
        """The formula by which a named value was computed from named values."""
        return self._definitions[self.lookup(label)]

    def value(self, label: str) -> float:
        """The number of a named value."""
        number: float = self._scalars[self.lookup(label)].data
        return number

    def lookup(self, label: str) -> str:
        """The name itself; NameLookupError, with what is known, where nothing is called so."""
        label = printable(label)
        if label in self.elements:
            return label
        inside = [one for one, element in self.elements.items() if element.layer == label]
        again = [one for one in self.elements if one.startswith(f"{label}#")]
        if inside or again:
            raise NameLookupError(
                f"{label!r} is not a single number; name one of {_listed(inside or again)}"
            )
        nearest = get_close_matches(label, self.elements)
        known = (
            f"nearest: {', '.join(nearest)}"
            if nearest
            else f"the names are {_listed(self.elements)}"
        )
        raise NameLookupError(f"no value is called {label!r}; {known}")


def _listed(names: Iterable[str]) -> str:
    first = list(itertools.islice(names, 41))
    return ", ".join([*first[:40], "…"] if len(first) > 40 else first)


def _in_derivative(node: Value) -> set[Value]:
    """Which of a value and its operands stand in the formula of its derivative."""
    if node.op is None:
        return set()
    assert isinstance(node.op, Elementwise)  # a graph of scalars has no other ops
    symbols = {str(place): part for place, part in enumerate([*node.operands, node])}
    *operands, result = (
        name(symbol, part.data) if isinstance(part, Value) else part
        for symbol, part in symbols.items()
    )
    partials = (
        node.op.partial(place, result, operands)
        for place, part in enumerate(node.operands)
        if isinstance(part, Value)
    )
    found = {symbol for one in partials if isinstance(one, Formula) for symbol in one.symbols}
    return {symbols[symbol] for symbol in found}


def named_graph(root: Value, frame: FrameType | None = None) -> NamedGraph:
    """Expand and contract everything that ``root`` was computed from."""
    if not isinstance(root, Value):
        raise DataError(f"a derivation starts from a Value, not from {type(root).__name__}")
    names = name_values(order(root), frame)
    return NamedGraph(root, names, expand(root, names))


def terms(root: Value) -> list[Term]:
    """Every local derivative between named values, from the result down to what it came from.

    Values are named by their label, tensors' elements by ``names`` or as label[i,j]; an unlabelled
    value takes the name of the caller's variable. Raises GraphTooLargeError for a graph of more
    than about 100,000 scalars.

    >>> import autograd_lite as ag
    >>> x, w = ag.Value(2.0), ag.Value(3.0)
    >>> y = ag.sigmoid(w * x)
    >>> for term in ag.terms(y):
    ...     print(term)
    ∂y/∂x = y·(1 − y)·w = 0.00739953
    ∂y/∂w = y·(1 − y)·x = 0.00493302
    """
    return named_graph(root, sys._getframe(1)).terms
