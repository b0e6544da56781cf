"""Expressions: what the recorded ops and the engine's rules do, written down instead of computed.

There is one kind of node. A book writes each expression once, however often it is asked for, and
replaces some by simpler ones as they are written; the table of these says what the book is for. In
one of derivations every bit is kept, so that the source computes what the engine computes; in one
for readers, as the formula on an edge, expressions look as a person would write them.
"""

from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any

import numpy as np

from autograd_lite.data import as_data, exact_key
from autograd_lite.errors import NameLookupError
from autograd_lite.expr import notation
from autograd_lite.expr.notation import Written
from autograd_lite.expr.rules import EXACT, READERS, Rewrite, without_broadcasts
from autograd_lite.op import Elementwise, Op, primal, shape_of
from autograd_lite.ops.elementwise import add, power
from autograd_lite.value import Operators

_NONE: Mapping[str, Any] = {}


class Expression(Operators["Expression"]):
    """A symbol, or an op applied to expressions; immutable. A number or array may be an operand.

    ``kind`` is the name of the op, or "symbol" or "number", but for what the engine writes with
    Python's operators: "raised" for y ** 2, which on arrays need not have the last bit of the op,
    "gathered" for the sum of what arrives from several uses, and "astype" for a change of
    precision. Of a symbol ``label`` is the name, and ``identifier`` that in the source. ``weight``
    is how many symbols, numbers and ops are written.

    In a book that keeps every bit there are also ``dtype``, float64 or float32, ``depth``, how deep
    the parentheses are, and ``parents``, the expressions among the operands. Formulas for readers
    must not have them: of what has parents rules record what they ask, instead of asking the
    numbers at hand, and what has a dtype is no object for NumPy, which sums arrays of formulas.

    >>> O1 = name("O1", 0.25)
    >>> str(O1 * (1 - O1)), (O1 * (1 - O1)).value
    ('O1·(1 − O1)', 0.1875)
    >>> x = Book().symbol("x", "x", 3.0)
    >>> 1.0 * x is x, x * 2.0 is x * 2.0, (x * 2.0).kind
    (True, True, 'multiply')
    """

    __slots__ = (
        "_data", "attributes", "book", "depth", "dtype", "identifier", "kind", "label", "op",
        "operands", "parents", "weight",
    )  # fmt: skip
    __array_priority__ = 1000.0  # array * expression is the expression's own multiplication

    def __init__(
        self,
        book: "Book",
        kind: str,
        op: Op | None,
        operands: Sequence[Any],
        attributes: Mapping[str, Any],
        data: Any,
    ) -> None:
        self.book, self.kind, self.op, self._data = book, kind, op, data
        self.operands = tuple(operands)
        self.attributes = attributes or _NONE
        self.label = self.identifier = ""
        self.weight = 1
        for part in operands:
            self.weight += part.weight if isinstance(part, Expression) else 1
        if book.is_exact:
            self.dtype: Any = data.dtype if isinstance(data, np.ndarray) else np.dtype(float)
            self.parents = tuple(self._inner())
            self.depth: int = max(map(self._depth_of, self.parents), default=0)

    def _depth_of(self, part: "Expression") -> int:
        chained = part.kind == self.kind == "gathered" or (
            {part.kind, self.kind} <= {"add", "subtract"} and part is self.operands[0]
        )
        return part.depth + (not chained)

    @property
    def value(self) -> Any:
        """What it is where the graph was recorded; None if it has a symbol without a value."""
        return self._data

    @property
    def is_number(self) -> bool:
        """Whether this is a plain number."""
        return self.kind == "number"

    @property
    def is_symbol(self) -> bool:
        """Whether this is a named quantity."""
        return self.kind == "symbol"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return () if type(self._data) is float else np.shape(self._data)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @staticmethod
    def _record(
        op: Op, operands: Sequence[Any], attributes: Mapping[str, Any], kind: str = ""
    ) -> Any:
        """In the book of the first expression that is no plain number."""
        book: Book | None = None
        for part in operands:
            if isinstance(part, Expression):
                book = part.book
                if part.kind != "number":
                    break
        assert book is not None
        return book.apply(op, operands, attributes, kind)

    def __add__(self, other: Any) -> Any:
        return self._record(add, (self, other), _NONE, "gathered")

    def __radd__(self, other: Any) -> Any:
        return self._record(add, (other, self), _NONE, "gathered")

    def __pow__(self, other: Any) -> Any:
        return self._record(power, (self, other), _NONE, "raised")

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The value with other numbers, or arrays, for its symbols.

        >>> (2 * name("x")).evaluate({"x": 5.0})
        10.0
        """

        def leaf(part: Any) -> Any:
            if not isinstance(part, Expression) or part.kind == "number":
                return primal(part)
            if part.label in values:
                return values[part.label]
            raise NameLookupError(
                f"the formula {self} needs a value for {part.label!r}; given are "
                f"{', '.join(values) or 'none'}"
            )

        def computed(part: Expression, operands: list[Any]) -> Any:
            if part.op is None:
                return np.asarray(operands[0]).astype(**part.attributes)
            return part.op.forward(*operands, **part.attributes)

        return self._folded(leaf, computed)

    @property
    def symbols(self) -> set[str]:
        """The names in it."""
        return {part.label for part in self._parts() if part.kind == "symbol"}

    def _parts(self) -> list["Expression"]:
        """Everything that this is made of, itself last: the whole weighs more than its parts."""
        found = {self}
        waiting = [self]
        while waiting:
            fresh = [part for part in waiting.pop()._inner() if part not in found]
            found.update(fresh)
            waiting += fresh
        return sorted(found, key=lambda part: part.weight)

    def _inner(self) -> list["Expression"]:
        return [part for part in self.operands if isinstance(part, Expression)]

    def _folded(self, leaf: Callable[[Any], Any], node: Callable[[Any, list[Any]], Any]) -> Any:
        """What is made of it from the leaves up, each part once."""
        found: dict[Any, Any] = {}
        for part in self._parts():
            operands = [
                found[one] if isinstance(one, Expression) else leaf(one) for one in part.operands
            ]
            found[part] = node(part, operands) if operands else leaf(part)
        return found[self]

    def _written(self, how: str) -> str:
        def leaf(part: Any) -> Written:
            if isinstance(part, np.ndarray):
                return Written(notation.literal(part))
            if isinstance(part, Expression) and part.kind == "symbol":
                return Written(notation.latex_name(part.label) if how == "latex" else part.label)
            return notation.written_number(primal(part), how)

        def written(part: Expression, operands: list[Written]) -> Written:
            if how != "python" and (share := notation.share(part)) is not None:
                place, several = share
                return notation.written_share(place, [one._written(how) for one in several], how)
            return operands[0] if part.op is None else notation.apply(part.op, how, operands)

        text: str = self._folded(leaf, written).text
        return text

    def __str__(self) -> str:
        return self._written("text")

    def __repr__(self) -> str:
        return f"<formula {self}>"

    @property
    def latex(self) -> str:
        """The formula in LaTeX."""
        return self._written("latex")

    @property
    def python(self) -> str:
        """The formula as Python source; an op that is no operator is called by its name."""
        return self._written("python")


class Book:
    """Where each expression is written once; ``finite`` if no number of the program is infinite.

    ``rules`` are those of :mod:`autograd_lite.expr.rules`. With ``EXACT`` numbers and arrays are
    operands as they are, and Python's operators are kinds of their own, as the engine's sums and
    powers may have other bits than the ops. With any other table numbers are expressions as well.
    With an empty one everything stays as it was written.

    >>> book = Book()
    >>> x = book.symbol("x", "x", 3.0)
    >>> square = book.symbol("y", "y", 9.0, definition=x * x)
    >>> x * x is square
    True
    >>> book = Book({})
    >>> x = book.name("x")
    >>> print(x * 1 * x)
    x·1·x
    """

    def __init__(self, rules: Mapping[str, Rewrite] = EXACT, finite: bool = True) -> None:
        self.rules, self.finite = rules, finite
        self.is_exact = rules is EXACT
        self._known: dict[Any, Any] = {}

    @classmethod
    def for_readers(cls) -> "Book":
        """A book of formulas as a person writes them."""
        return cls(READERS, finite=False)

    def number(self, value: float) -> Expression:
        """A number as an expression."""
        key = value.hex()
        found: Expression | None = self._known.get(key)
        if found is None:
            found = self._known[key] = Expression(self, "number", None, (), _NONE, value)
        return found

    def name(self, label: str, value: Any = None) -> Expression:
        """A named quantity, and its value if that is known: the same one if it is asked for again.

        >>> book = Book.for_readers()
        >>> book.name("x") is book.name("x"), book.name("x").value is None
        (True, True)
        """
        value = value if value is None else as_data(value)
        found: Expression = self._known.setdefault(
            ("symbol", label, exact_key(value)), self.symbol(label, "", value)
        )
        return found

    def symbol(self, label: str, identifier: str, data: Any, definition: Any = None) -> Expression:
        """A quantity with a line of its own, which from now on is written for its definition."""
        symbol = Expression(self, "symbol", None, (), _NONE, data)
        symbol.label, symbol.identifier = label, identifier
        if isinstance(definition, Expression) and not definition.is_symbol:
            self.define(symbol, definition)
        return symbol

    def define(self, symbol: Expression, definition: Expression) -> None:
        """From now on, write a quantity where its definition would be written."""
        key = _key(definition.kind, definition.operands, definition.attributes)
        self._known[key] = symbol

    def apply(
        self, op: Op, operands: Sequence[Any], attributes: Mapping[str, Any], kind: str = ""
    ) -> Any:
        """What an op makes of its operands: an expression, or of plain numbers what it computes."""
        if not self.is_exact and np.ndarray in map(type, operands):  # of formulas
            return np.frompyfunc(op, len(operands), 1)(*operands)
        parts: Sequence[Any] = [self._part(one) for one in operands]
        for part in parts:
            if not self.rules or (isinstance(part, Expression) and part.kind != "number"):
                break
        else:
            return self._part(op.forward(*map(primal, parts), **attributes))
        if self.is_exact:
            parts = without_broadcasts(op, parts)
        rewrite = self.rules.get(op.name)
        found = rewrite(*parts, **attributes) if rewrite else None
        if found is not None:
            return self._part(found)
        return self._write(op, parts, attributes, (self.is_exact and kind) or op.name)

    def cast(self, part: Any, dtype: Any) -> Any:
        """An array in that precision, as the engine keeps each gradient in that of its value."""
        if not shape_of(part) or part.dtype == dtype:
            return part
        data = primal(part).astype(dtype)
        if not isinstance(part, Expression):
            return data
        attributes = {"dtype": str(dtype)}
        new = Expression(self, "astype", None, (part,), attributes, data)
        return self._known.setdefault(_key("astype", (part,), attributes), new)

    def _part(self, given: Any) -> Any:
        """An operand as this book has it."""
        if isinstance(given, Expression):
            is_foreign = given.kind == "number" and given.book is not self
            return self.number(given._data) if is_foreign else given
        if not self.is_exact:
            return self.number(float(given))
        # Truth values are 1 and 0, in the precision of whatever they meet.
        is_truth = isinstance(given, np.ndarray) and given.dtype == bool
        return given.astype(np.float32) if is_truth else as_data(given)

    def _write(self, op: Op, parts: Sequence[Any], attributes: Mapping[str, Any], kind: str) -> Any:
        key = _key(kind, parts, attributes)
        found = self._known.get(key)
        if found is None:
            data = _computed(op, [*map(primal, parts)], attributes)
            if self.is_exact and op.name in _STILL and np.shape(data) == shape_of(parts[0]):
                return parts[0]
            found = self._known[key] = Expression(self, kind, op, parts, attributes, data)
        return found


_STILL = {"reshape", "broadcast_to", "sum", "max", "min", "pad"}
"""Ops that change nothing, if they do not change the shape."""


def _computed(op: Op, given: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    """What an op gives; None where an operand is not known."""
    kinds = {*map(type, given)}
    if NoneType in kinds:
        return None
    if kinds == {float} and isinstance(op, Elementwise):
        try:
            return float(op.scalar(*given))
        except (ArithmeticError, ValueError, TypeError):  # as Elementwise.compute does
            pass
    with np.errstate(all="ignore"):  # it was said when the program was recorded
        return op.forward(*given, **attributes)


def _key(kind: str, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    parts = [one if isinstance(one, Expression) else exact_key(one) for one in operands]
    if attributes:
        parts.append(exact_key(tuple(sorted(attributes.items()))))
    return (kind, *parts)


def number(value: float) -> Expression:
    """A number as a formula, in a book of its own."""
    return Book.for_readers().number(float(value))


def name(label: str, value: Any = None) -> Expression:
    """A named quantity, and its value if that is known, in a book of its own for readers."""
    return Book.for_readers().name(label, value)
