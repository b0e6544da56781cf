"""The named graph: which value is called what, and the graph of scalars contracted onto names.

A program is read in four steps. :func:`name_values` says what its values are called.
:func:`expand` writes it out in scalars. :class:`NamedGraph` contracts those that have no name:
what lies between two named values is one :class:`Term`, the local derivative as formula and as
number, both by the engine's own sweep. Every view of the chain rule takes its names from there.
"""

import heapq
import itertools
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from html import escape
from types import FrameType
from typing import Any, NamedTuple, TypeVar

import numpy as np

from autograd_lite.engine import contributions, next_number, order, read_data, sweep
from autograd_lite.errors import DataError, GraphError, GraphTooLargeError, NameLookupError
from autograd_lite.expr.node import Book, Expression
from autograd_lite.expr.notation import latex_name, latex_number, printable, share, short
from autograd_lite.op import Elementwise, Structural, primal, tidy
from autograd_lite.ops.elementwise import identity, power
from autograd_lite.value import Constant, Value

# Names: labels are the vocabulary of a derivation


def name_values(nodes: Sequence[Value], frame: FrameType | None = None) -> dict[Value, str]:
    """The names of the labelled values among ``nodes``, which come in the order of computation.

    A value without a label takes the name of the variable that holds it in ``frame``, alone or in a
    list, tuple or dict; a leaf without either is called v1, v2, ..., and the last value "output".
    A name that several values have is told apart as h#1, h#2.
    """
    variables = _variables(frame) if frame is not None else {}
    names = {node: printable(node.label or variables.get(node, "")) for node in nodes}
    taken = set(names.values())
    fresh = (f"v{count}" for count in range(1, len(nodes) + 1) if f"v{count}" not in taken)
    for node in nodes:
        if not names[node] and node is nodes[-1]:
            names[node] = "output"
        elif not names[node] and node.op is None:
            names[node] = next(fresh)
    named = [node for node in nodes if names[node]]
    return dict(zip(named, _told_apart([names[node] for node in named]), strict=True))


def _variables(frame: FrameType) -> dict[Value, str]:
    """The values that the variables of a frame hold, by the first name that holds them.

    A variable of its own comes before a place in a list or dict.
    """
    scopes = (frame.f_locals, frame.f_globals)
    variables = [
        (variable, held)
        for scope in scopes
        for variable, held in list(scope.items())
        if variable.isidentifier() and not variable.startswith("_")
    ]
    found = {held: variable for variable, held in reversed(variables) if isinstance(held, Value)}
    for variable, held in variables:
        for place, value in _inside(variable, held):
            found.setdefault(value, place)
    return found


def _inside(variable: str, held: Any) -> Iterator[tuple[str, Value]]:
    """The values in a list, tuple or dict, and what they are called there."""
    if isinstance(held, list | tuple):
        items: Any = enumerate(held)
    elif isinstance(held, dict):
        items = list(held.items())
    else:
        return
    for key, item in items:
        if isinstance(item, Value):
            yield key if isinstance(key, str) else f"{variable}[{key!r}]", item


def _told_apart(names: Sequence[str]) -> list[str]:
    """The names, with #1, #2, ... behind each that occurs more than once."""
    count = Counter(names)
    numbers: Counter[str] = Counter()
    result = []
    for one in names:
        unique = one
        while count[one] > 1 and unique in count:
            numbers[one] += 1
            unique = f"{one}#{numbers[one]}"
        result.append(unique)
    return result


def element_names(names: Mapping[Value, str]) -> dict[Value, list[str]]:
    """The names of every named value's elements in reading order: its own, or name[i,j].

    >>> from autograd_lite import Value
    >>> list(element_names({Value([[1.0, 2.0]]): "w"}).values())
    [['w[0,0]', 'w[0,1]']]
    """
    each = {value: _names_of_elements(value, name) for value, name in names.items()}
    all_of_them = iter(_told_apart([name for elements in each.values() for name in elements]))
    return {value: [next(all_of_them) for _ in elements] for value, elements in each.items()}


def _names_of_elements(value: Value, name: str) -> list[str]:
    if not value.shape:
        return [name]
    if value.names is not None:
        return [printable(element) for element in value.names.ravel().tolist()]
    return [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(value.shape)]


# Expansion: the recorded ops, replayed on object arrays of scalar Values. NumPy itself writes out
# every product and sum, so that no op needs a second set of rules.

LIMIT = 100_000
"""More scalars than about so many are not made unless it is asked for."""


def kind_of(node: Value) -> str:
    """What a value is: "data" for a Constant, "weight" for another leaf, "value" if computed.

    >>> kind_of(Constant(1.0)), kind_of(Value(1.0)), kind_of(Value(1.0) + 1)
    ('data', 'weight', 'value')
    """
    if node.op is not None:
        return "value"
    return "data" if isinstance(node, Constant) else "weight"


@dataclass(frozen=True)
class Element:
    """What a named scalar is: an element of a tensor, or a scalar of the program."""

    name: str
    layer: str
    """The name of the tensor, or the scalar's own."""
    index: tuple[int, ...]
    kind: str
    """See :func:`kind_of`."""
    tensor: Value


class Expansion(NamedTuple):
    """The scalar graph: its outputs, and which of its values have a name."""

    outputs: list[Value]
    elements: dict[Value, Element]


def expand(root: Value, names: dict[Value, str], limit: int = LIMIT) -> Expansion:
    """Replay everything that ``root`` was computed from, on scalars.

    ``names`` says which values are named; their elements are named in the expansion. Raises
    GraphTooLargeError before more than about ``limit`` scalars would be made.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0])
    >>> y = (w * w).sum()
    >>> [element.name for element in expand(y, {w: "w", y: "y"}).elements.values()]
    ['w[0]', 'w[1]', 'y']
    """
    nodes = order(root)
    size = sum(_scalars(node) for node in nodes)
    if size > limit:
        raise GraphTooLargeError(
            f"the graph of {root.describe()} expands to about {size:,} scalars, more than the "
            f"limit of {limit:,}; look at a smaller input, at a single element or sample, "
            "or at the tensor level"
        )
    labels = element_names(names)
    named: dict[Value, Element] = {}
    replayed: dict[Value, Any] = {}
    for node in nodes:
        start = next_number()
        with np.errstate(all="ignore"):  # it was said when the program was recorded
            scalars = _checked(node, _replay(node, replayed), start)
        if node in names or node is root:
            # What is written out as products is a sum of its own for each element.
            shares = isinstance(node.op, Structural) and node.op.products is None
            scalars = _owned(scalars, start, shares)
        if node in names:
            elements = _elements(node, names[node], labels[node])
            named |= zip(scalars, elements, strict=True)
        replayed[node] = _array(scalars, node.shape)
    return Expansion(replayed[root].ravel().tolist(), named)


def _scalars(node: Value) -> int:
    if isinstance(node.op, Structural) and node.op.products is not None:
        data = [part._data if isinstance(part, Value) else part for part in node.operands]
        return 2 * node.op.products(node._data, *data, **node.attributes)
    return node.size


def _replay(node: Value, replayed: Mapping[Value, Any]) -> list[Any]:
    """The scalars of a leaf, or what the op makes of scalars in place of numbers.

    A plain number among them is a constant, as one in the program is.
    """
    op = node.op
    if op is None:
        # Data take part like weights: a derivation may ask for dE/dX.
        return [Value(number) for number in np.ravel(node._data).tolist()]
    operands = [_operand(part, node.dtype, replayed) for part in node.operands]
    if isinstance(op, Structural):
        result = (op.on_objects or op.array)(*operands, **node.attributes)
    elif node.shape:
        result = np.frompyfunc(op, len(operands), 1)(*operands)
    else:
        result = op(*(operand[()] for operand in operands))
    return result.ravel().tolist() if isinstance(result, np.ndarray) else [result]


def _operand(part: Any, dtype: Any, replayed: Mapping[Value, Any]) -> Any:
    """An operand as an object array; a single number is as precise as the result."""
    if not isinstance(part, Value):
        precise = np.asarray(part, dtype if type(part) is float else None)
        return precise.astype(float).astype(object)
    if part.shape or part.dtype.itemsize <= dtype.itemsize:
        return replayed[part]
    rounded = identity(replayed[part][()])
    rounded._data = float(dtype.type(part._data))
    return _array([rounded], ())


def _array(scalars: Sequence[Any], shape: tuple[int, ...]) -> Any:
    array = np.empty(len(scalars), object)
    array[:] = scalars
    return array.reshape(shape)


def _checked(node: Value, scalars: Sequence[Any], start: int) -> list[Any]:
    """The scalars with the program's own numbers, after a comparison with what they computed.

    A scalar that is older than ``start`` is the operand's and keeps its number: the determinant of
    a single number may have another last digit.
    """
    computed = np.ravel(node._data)
    numbers = [one._data if isinstance(one, Value) else one for one in scalars]
    found = np.array(numbers, float).astype(node.dtype)
    wrong = _apart(found, computed, node)
    if np.any(wrong):
        raise GraphError(
            f"{node.op} computed {_numbers(computed[wrong])} in {node.describe()}, but written out "
            f"in scalars {_numbers(found[wrong])}; this is a defect of autograd_lite or the op"
        )
    own: list[Any] = computed.tolist()
    for place, scalar in enumerate(scalars):
        if isinstance(scalar, Value):
            is_passed_on = scalar.number < start and scalar._data != own[place]
            made = identity(scalar) if is_passed_on else scalar
            made._data, own[place] = own[place], made
    return own


def _numbers(array: Any) -> str:
    return _listed(map(repr, np.ravel(array).tolist()))


def _apart(found: Any, computed: Any, node: Value) -> Any:
    """Where two ways to compute a value differ by more than the rounding of its arithmetic."""
    if found.shape != computed.shape:
        return True
    # Where products are summed, the order of the factors may decide between inf and nan, and for a
    # power which of NumPy's loops is taken.
    either = (isinstance(node.op, Structural) and len(node.operands) > 1) or node.op is power
    alike = [(~np.isfinite(one) if either else np.isnan(one)) for one in (found, computed)]
    different = ~((found == computed) | (alike[0] & alike[1]))
    if not different.any():
        return different
    single = any(getattr(one, "dtype", None) == np.float32 for one in (node, *node.operands))
    kind, size = np.finfo(np.float32 if single else float), np.ravel(_size(node))
    rounding = size * float(kind.eps) + 8 * float(kind.tiny)
    overflows = size > float(kind.max)
    return different & ~(overflows | (np.abs(found - computed) <= rounding))


def _size(node: Value) -> Any:
    """What the rounding of a result is relative to: how many numbers enter it, times their sizes.

    NumPy sums in an order of its own. A sum of products is at most that of the absolute values, and
    what the rounding of an operand does to an elementwise result is said by the partial.
    """
    op, data = node.op, [np.asarray(primal(part), float) for part in node.operands]
    finite = [np.nan_to_num(np.abs(part), nan=0.0, posinf=0.0) for part in data]
    if isinstance(op, Structural):
        count = 8.0 + sum(part.size for part in data)
        if not op.linear:
            return count * _spread(op, data, node)
        return count * np.asarray(op.forward(*finite, **node.attributes), float)
    size = np.nan_to_num(np.abs(np.asarray(node._data, float)), nan=0.0, posinf=0.0)
    if isinstance(op, Elementwise):
        for position, part in enumerate(finite):
            slope = op.partial(position, node._data, [*map(tidy, data)])
            size = size + np.nan_to_num(np.abs(slope * part), nan=0.0, posinf=0.0)
    return 8.0 * size


_MOVE = 2.0**-20


def _spread(op: Structural, data: Sequence[Any], node: Value) -> Any:
    """A result's size, or how far it moves relative to a small random move of each operand."""
    rng = np.random.default_rng(0)
    size = np.abs(np.asarray(node._data, float))
    for _ in range(4):
        moved = [part * (1 + _MOVE * rng.choice([-1.0, 1.0], part.shape)) for part in data]
        found = np.abs(op.forward(*map(tidy, moved), **node.attributes) - node._data) / _MOVE
        size = np.maximum(size, found)
    return np.nan_to_num(size, nan=0.0, posinf=0.0)


def _owned(scalars: Sequence[Any], start: int, shares: bool) -> list[Value]:
    """Scalars of which each belongs to one element of a named value alone.

    The op of the value began to be replayed at the number ``start``. What it passes on unchanged is
    its operand's: what else is computed from that does not depend on the named value. What it has
    made once for several elements is none of theirs, as the sum up to one that is part of the next,
    and a plain number, as padding is, nobody's.
    """
    uses = Counter(scalar for scalar in scalars if isinstance(scalar, Value))
    if shares:
        uses.update(_parts(uses, start))

    def own(scalar: Any) -> Value:
        if not isinstance(scalar, Value):
            return Value(scalar)
        alone = scalar.number > start and uses[scalar] == 1
        return scalar if alone else identity(scalar)

    return list(map(own, scalars))


def _parts(scalars: Iterable[Value], start: int) -> set[Value]:
    """What scalars were computed from since the number ``start``."""
    waiting = [scalar for scalar in scalars if scalar.number > start]
    found: set[Value] = set()
    while waiting:
        for part in waiting.pop().parents:
            if part.number > start and part not in found:
                found.add(part)
                waiting.append(part)
    return found


def _elements(node: Value, name: str, labels: Sequence[str]) -> Iterator[Element]:
    kind = kind_of(node)
    for label, index in zip(labels, np.ndindex(node.shape), strict=True):
        yield Element(label, name, index, kind, node)


# Contraction: terms between named values


@dataclass(frozen=True)
class Term:
    """One local derivative ∂child/∂parent: its formula and its number."""

    child: str
    parent: str
    expression: Expression
    value: float
    unchosen: bool = False
    """Whether it is 0 because another number was chosen: also what is infinite arrives as 0."""

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

    def carries(self, total: float) -> bool:
        """Whether a derivative by the child arrives at the parent; 0·∞, which is nan, does."""
        return not self.vanishes or not (math.isfinite(total) or self.unchosen)

    def times(self, total: float) -> float:
        """A derivative by the child, carried on to the parent as the engine does."""
        return 0.0 if self.unchosen else total * self.value

    def __str__(self) -> str:
        value = short(self.value)
        return f"{self.name} = {self.formula}" + (f" = {value}" if value != self.formula else "")

    def __repr__(self) -> str:
        return f"<Term {self}>"

    def _repr_latex_(self) -> str:
        value = latex_number(self.value)
        return f"$${self.latex}{'' if value == self.expression.latex else f' = {value}'}$$"


class Terms(tuple[Term, ...]):
    """Local derivatives, which show themselves one a line, and as a table in a notebook.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, "w")
    >>> ag.terms((w * w).named("E"))
    ∂E/∂w = 2·w = 6
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "no local derivatives"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(t.name)}</td><td>{escape(t.formula)}</td><td>{short(t.value)}</td></tr>"
            for t in self
        )
        head = "<tr><th>derivative</th><th>formula</th><th>value</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


_T = TypeVar("_T")

_LONGEST_FORMULA = 24
"""A value without a label whose formula has more symbols, and would be part of a derivative, gets a
name, so that no formula explodes."""


class NamedGraph:
    """The scalar graph contracted onto its names, with the terms between them.

    This is the one place that gives names, to what is labelled and to what needs a name without:
    an unlabelled value whose formula would make those of derivatives explode is called aux1, ...
    ``names`` has the named values of the program. ``scalars`` is the whole scalar graph in the
    order of computation, ``named`` says what has a name in it, ``elements`` the same by name.
    ``terms`` has every local derivative, results before operands as a derivation writes them;
    ``by_child`` and ``by_parent`` find them by the name at either end. ``book`` has the formulas.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0])
    >>> y = (w * w).sum()
    >>> graph = NamedGraph(y, {w: "w", y: "y"})
    >>> list(graph.elements), len(graph.scalars), len(graph.terms)
    (['w[0]', 'w[1]', 'y'], 5, 2)
    """

    def __init__(self, root: Value, names: dict[Value, str], limit: int = LIMIT) -> None:
        self.root = root
        self.names = names
        expansion = expand(root, names, limit)
        self.scalars = _below([*expansion.outputs, *expansion.elements])
        self.named: dict[Value, Element] = {}
        self.elements: dict[str, Element] = {}
        self._scalars: dict[str, Value] = {}
        self.book = Book.for_readers()
        self._formulas: dict[Value, Expression] = {}
        self._definitions: dict[str, Expression] = {}
        with np.errstate(all="ignore"):  # it was said when the program was recorded
            self._contract(expansion.elements)
        self.outputs = [self.named[output].name for output in expansion.outputs]
        self._labels = list(self.elements)
        self._positions = {label: position for position, label in enumerate(self._labels)}

    def _contract(self, given: Mapping[Value, Element]) -> None:
        """Write each scalar as a formula of named ones, and name those that need it."""
        taken = {word for one in given.values() for word in (one.name, one.layer)}
        fresh = (label for label in map("aux{}".format, itertools.count(1)) if label not in taken)
        users: dict[Value, list[Value]] = {node: [node] for node in self.scalars}
        for node in self.scalars:
            for operand in node.parents:
                users[operand].append(node)
        in_derivative = cache(_in_derivative)
        for node in self.scalars:
            element = given.get(node)
            formula = self._define(node)
            long = element is None and formula.weight > _LONGEST_FORMULA
            if long and any(node in in_derivative(user) for user in users[node]):
                label = next(fresh)
                element = Element(label, label, (), "value", node)
            if element is not None:
                self.named[node] = self.elements[element.name] = element
                self._scalars[element.name] = node
                self._definitions[element.name] = formula
                symbol = self.book.name(element.name, node.data)
                if share(formula):  # where another derivative has softmax(z)[1], it says p[1]
                    self.book.define(symbol, formula)
                formula = symbol
            self._formulas[node] = formula

    def _define(self, node: Value) -> Expression:
        """The formula of a value in terms of its operands' formulas."""
        if node.op is None:
            return self.book.number(node.data)
        operands = [
            self._formulas[part] if isinstance(part, Value) else part for part in node.operands
        ]
        formula: Expression = self.book.apply(node.op, operands, node.attributes)
        return formula

    @cached_property
    def terms(self) -> list[Term]:
        """Every local derivative, layer by layer from the results down to the leaves."""
        layers = itertools.groupby(self.elements.values(), lambda element: id(element.tensor))
        downwards = reversed([list(layer) for _, layer in layers])
        return [term for layer in downwards for one in layer for term in self._terms_of(one.name)]

    @cached_property
    def by_child(self) -> dict[str, list[Term]]:
        """The terms of each named value: its local derivatives."""
        return self._terms_by(lambda term: term.child)

    @cached_property
    def by_parent(self) -> dict[str, list[Term]]:
        """The terms by which each named value acts on others."""
        return self._terms_by(lambda term: term.parent)

    def _terms_by(self, end: Callable[[Term], str]) -> dict[str, list[Term]]:
        found: dict[str, list[Term]] = {label: [] for label in self.elements}
        for term in self.terms:
            found[end(term)].append(term)
        return found

    def _terms_of(self, child: str) -> Iterator[Term]:
        """One sweep within the unlabelled interior of a named value, in numbers and in formulas."""
        node, named = self._scalars[child], self.named
        if node.op is None:
            return
        interior = order(node, stop=named)
        # Named values end the sweep: what goes through one to another is that one's term.
        inner = [part for part in interior if part is node or part not in named]
        values = sweep(inner, {node: 1.0}, read_data)
        formulas = sweep(inner, {node: self.book.number(1.0)}, self._formulas.__getitem__)
        # What is 0 for the engine whatever comes down is 0 by a choice, or by the op's rule.
        infinite = sweep(inner, {node: math.inf}, read_data) if 0.0 in values.values() else {}
        for parent in interior:
            if parent in named and parent is not node:
                value = values.get(parent, 0.0)
                yield Term(
                    child,
                    named[parent].name,
                    formulas.get(parent, self.book.number(0.0)),
                    value,
                    unchosen=value == 0 == infinite.get(parent, 0.0),
                )

    def descend(
        self,
        start: str,
        first: _T,
        along: Callable[[_T, Term], _T],
        join: Callable[[_T, _T], _T],
        acts: Callable[[_T, Term], bool] = lambda _, term: not term.vanishes,
    ) -> dict[str, _T]:
        """What comes down from a name to each that it depends on, itself included.

        ``along`` carries a total through a term if that ``acts``, ``join`` adds one that arrives to
        those before.
        """
        totals = {start: first}
        waiting = [-self._positions[start]]
        while waiting:
            child = self._labels[-heapq.heappop(waiting)]
            for term in self.by_child[child]:
                if not acts(totals[child], term):
                    continue
                arriving = along(totals[child], term)
                if term.parent in totals:
                    totals[term.parent] = join(totals[term.parent], arriving)
                else:
                    totals[term.parent] = arriving
                    heapq.heappush(waiting, -self._positions[term.parent])
        return totals

    def gradients(self, start: str) -> dict[str, float]:
        """The engine's gradient of a name with respect to all, on the graph of single numbers."""
        root = self._scalars[start]
        found = sweep(order(root), {root: 1.0}, read_data)
        return {label: found.get(scalar, 0.0) for label, scalar in self._scalars.items()}

    def sizes(self, start: str) -> dict[str, float]:
        """The same, but for the signs of what comes along each path: how much was added up.

        >>> import autograd_lite as ag
        >>> x = ag.Value(3.0, label="x")
        >>> graph = named_graph((5 * x - 5 * x).named("y"))
        >>> graph.gradients("y")["x"], graph.sizes("y")["x"]
        (0.0, 10.0)
        """
        root = self._scalars[start]
        found: dict[Any, float] = {root: 1.0}
        for node in reversed(order(root)):
            if node.op is not None and (size := found.get(node)):
                for operand, part in contributions(node, size, read_data):
                    found[operand] = found.get(operand, 0.0) + abs(float(part))
        return {label: found.get(scalar, 0.0) for label, scalar in self._scalars.items()}

    def definition(self, label: str) -> Expression:
        """The formula by which a named value was computed from named values."""
        return self._definitions[self.lookup(label)]

    def value(self, label: str) -> float:
        """The number of a named value."""
        number: float = self.scalar(label).data
        return number

    def scalar(self, label: str) -> Value:
        """The named value itself, in the scalar graph."""
        return self._scalars[self.lookup(label)]

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


def _below(roots: Iterable[Value]) -> list[Value]:
    """Everything that some values were computed from, themselves included, operands first."""
    found: dict[Value, None] = {}
    for root in roots:
        if root not in found:
            found |= dict.fromkeys(order(root, stop=found))
    return sorted(found, key=lambda node: node.number)


def _in_derivative(node: Value) -> set[Value]:
    """Which of a value and its operands stand in the formula of its derivative."""
    if node.op is None:
        return set()
    parts = {str(place): part for place, part in enumerate([node, *node.parents])}
    book = Book.for_readers()
    symbols = {part: book.name(place, part.data) for place, part in parts.items()}
    formulas = contributions(node, book.number(1.0), symbols.__getitem__)
    return {parts[symbol] for _, formula in formulas for symbol in formula.symbols}


def named_graph(root: Value, frame: FrameType | None = None, limit: int = LIMIT) -> NamedGraph:
    """Name, expand and contract everything that ``root`` was computed from.

    Raises GraphTooLargeError before more than about ``limit`` scalars would be made.
    """
    if not isinstance(root, Value):
        raise DataError(f"a derivation starts from a Value, not from {type(root).__name__}")
    return NamedGraph(root, name_values(order(root), frame), limit)


def terms(root: Value) -> Terms:
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
    return Terms(named_graph(root, sys._getframe(1)).terms)


# Replay: the recorded program with other data for its leaves


def replay(root: Value, data: Mapping[Value, Any], names: Mapping[Value, str]) -> Value:
    """Compute ``root`` anew from ``data``; a leaf that is not among them keeps its own.

    The new values are labelled by ``names``, or as the old ones were. What a Python ``if`` decided
    when the program was recorded stays decided; what an op chooses (relu, max) is chosen anew.

    >>> import autograd_lite as ag
    >>> x = ag.Value(3.0, label="x")
    >>> y = (x * x).named("y")
    >>> replay(y, {x: 5.0}, {})
    Value(25.0, label='y')
    """
    made: dict[Value, Value] = {}
    for node in order(root):
        label = names.get(node, node.label)
        if node.op is None:
            made[node] = type(node)(data.get(node, node._data), label, node.names)
        else:
            operands = [made[part] if isinstance(part, Value) else part for part in node.operands]
            made[node] = node.op(*operands, **node.attributes).named(label, node.names)
    return made[root]
