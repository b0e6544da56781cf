"""Expressions: what the recorded ops and the engine's rules do, written down instead of computed.

Nothing is reordered, so that the source computes what the engine computes, bit for bit. The book
writes an expression once, however often it is asked for, and leaves out what changes no bit: x·1,
x¹, −(−x).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.data import as_data, exact_key
from autograd_lite.errors import NameLookupError
from autograd_lite.expr import notation
from autograd_lite.expr.notation import Written
from autograd_lite.expr.rules import REWRITES, without_broadcasts
from autograd_lite.op import Elementwise, Op, primal, shape_of
from autograd_lite.ops.elementwise import add, divide, identity, multiply, negative, power, subtract
from autograd_lite.ops.selection import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    not_equal,
    where,
)
from autograd_lite.ops.shaping import is_in_order
from autograd_lite.value import Operators

# Formulas: what a rule gives when it is run on named symbols.
#
# A formula is a number, a name, or an op applied to formulas. It is built by the ops themselves, so
# a new op needs nothing here; and simplified as it is built, as a person would write it.


class Formula(Operators):
    """A number, a name, or an op applied to formulas; immutable.

    >>> from autograd_lite.expr.node import name
    >>> O1 = name("O1", 0.25)
    >>> str(O1 * (1 - O1)), (O1 * (1 - O1)).value
    ('O1·(1 − O1)', 0.1875)
    """

    __slots__ = ("_data", "op", "operands", "symbol", "weight")

    def __init__(
        self, data: float, symbol: str = "", op: Op | None = None, operands: Sequence[Any] = ()
    ) -> None:
        self._data = data
        self.symbol = symbol
        self.op = op
        self.operands: tuple[Formula, ...] = tuple(operands)
        self.weight: int = 1 + sum(operand.weight for operand in self.operands)

    @property
    def value(self) -> float:
        """The formula's value where the graph was recorded."""
        return self._data

    @property
    def is_number(self) -> bool:
        """Whether this is a plain number."""
        return self.op is None and not self.symbol

    @staticmethod
    def _record(op: Op, operands: Sequence[Any], attributes: dict[str, Any]) -> "Formula":
        """Apply an op to formulas and numbers, in the simplest form."""
        assert not attributes, f"{op.name} is no op of scalars"
        parts = [part if isinstance(part, Formula) else number(part) for part in operands]
        return _simplest(op, parts)

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The formula's value with other numbers, or arrays, for its names.

        >>> from autograd_lite.expr.node import name
        >>> (2 * name("x", 1.0)).evaluate({"x": 5.0})
        10.0
        """
        found: dict[Formula, Any] = {}
        for part in self._parts():
            if part.op is not None:
                found[part] = part.op.forward(*(found[operand] for operand in part.operands))
            elif not part.symbol:
                found[part] = part._data
            elif part.symbol in values:
                found[part] = values[part.symbol]
            else:
                raise NameLookupError(
                    f"the formula {self} needs a value for {part.symbol!r}; given are "
                    f"{', '.join(values) or 'none'}"
                )
        return found[self]

    @property
    def symbols(self) -> set[str]:
        """The names in the formula."""
        return {part.symbol for part in self._parts() if part.symbol}

    def _parts(self) -> list["Formula"]:
        """Everything that this is made of, itself last: the whole weighs more than its parts."""
        found = {self}
        waiting = [self]
        while waiting:
            fresh = [part for part in waiting.pop().operands if part not in found]
            found.update(fresh)
            waiting += fresh
        return sorted(found, key=lambda part: part.weight)

    def _written(self, how: str) -> str:
        found: dict[Formula, Written] = {}
        for part in self._parts():
            if part.op is not None:
                operands = [found[operand] for operand in part.operands]
                found[part] = notation.apply(part.op, how, operands)
            elif part.symbol:
                found[part] = notation.written_name(part.symbol, how)
            else:
                found[part] = notation.written_number(part._data, how)
        return found[self].text

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


def number(value: float) -> Formula:
    """A number as a formula."""
    return Formula(float(value))


def name(symbol: str, value: float) -> Formula:
    """A named quantity and its value."""
    return Formula(value, symbol)


_ZERO, _ONE = number(0), number(1)
_LONG = 24
"""Longer formulas are not compared with each other."""


def _is(formula: Formula, value: float) -> bool:
    return formula.is_number and formula._data == value


def _is_negative(formula: Formula) -> bool:
    return formula.op is negative or (formula.is_number and formula._data < 0)


def _same(a: Formula, b: Formula) -> bool:
    if a is b:
        return True
    if a.op is not b.op or not a.weight == b.weight < _LONG:
        return False
    if a.is_number:
        return _is(b, a._data)
    return a.symbol == b.symbol and all(map(_same, a.operands, b.operands))


def _simplest(op: Op, parts: list[Formula]) -> Formula:
    """An op applied to formulas, simplified as far as a person does without thinking."""
    value = op.forward(*(part._data for part in parts))
    if all(part.is_number for part in parts):
        return number(value)
    rewrite = _REWRITES.get(op.name)
    found = rewrite(*parts) if rewrite else None
    return Formula(value, op=op, operands=parts) if found is None else found


def _add(a: Formula, b: Formula) -> Any:
    if _is(a, 0):
        return b
    if _is(b, 0):
        return a
    if _is_negative(b):
        return a - -b
    if _is_negative(a):
        return b - -a
    return 2 * a if _same(a, b) else None


def _subtract(a: Formula, b: Formula) -> Any:
    if _is(b, 0):
        return a
    if _is(a, 0):
        return -b
    return a + -b if _is_negative(b) else None


def _multiply(a: Formula, b: Formula) -> Any:
    found = _trivial_product(a, b) or _trivial_product(b, a)
    if found is not None:
        return found
    if _is_negative(a):
        return -(-a * b)
    if _is_negative(b):
        return -(a * -b)
    if b.is_number:
        return b * a
    if b.op in {multiply, divide}:  # numbers to the front, factors from left to right
        first, second = b.operands
        return b.op(a * first, second)
    return a**2 if _same(a, b) else None


def _trivial_product(a: Formula, b: Formula) -> Formula | None:
    return _ZERO if _is(a, 0) else b if _is(a, 1) else None


def _divide(a: Formula, b: Formula) -> Any:
    if _is(a, 0) or _is(b, 1):
        return a
    if _is_negative(a):
        return -(-a / b)
    if _is_negative(b):
        return -(a / -b)
    return a.operands[0] / (a.operands[1] * b) if a.op is divide else None


def _power(a: Formula, b: Formula) -> Any:
    if _is(b, 0):
        return _ONE
    return a if _is(b, 1) else None


def _where(condition: Formula, a: Formula, b: Formula) -> Any:
    """A choice between something and 0 as a product, as a person writes it, but for 0·inf."""
    if condition.is_number:
        return a if condition._data else b
    is_product = _is(b, 0) and condition.op in _OPPOSITES and math.isfinite(a._data)
    return a * condition if is_product else None


def _not_equal(a: Formula, b: Formula) -> Any:
    return a if _is(b, 0) and a.op in _OPPOSITES else None


def _equal(a: Formula, b: Formula) -> Any:
    """What does not hold, as what does: [[a > b] = 0] is [a ≤ b]."""
    return _OPPOSITES[a.op](*a.operands) if _is(b, 0) and a.op in _OPPOSITES else None


_OPPOSITES: dict[Op | None, Op] = {
    greater: less_equal,
    less_equal: greater,
    less: greater_equal,
    greater_equal: less,
    equal: not_equal,
    not_equal: equal,
}

_REWRITES: dict[str, Any] = {
    add.name: _add,
    subtract.name: _subtract,
    multiply.name: _multiply,
    divide.name: _divide,
    power.name: _power,
    negative.name: lambda a: a.operands[0] if a.op is negative else None,
    identity.name: lambda a: a,
    where.name: _where,
    equal.name: _equal,
    not_equal.name: _not_equal,
}


class Expression(Operators):
    """An op applied to expressions, numbers and arrays.

    ``kind`` is the name of the op, but for what the engine writes with Python's operators: "raised"
    for y ** 2, which on arrays need not have the last bit of the op, "gathered" for the sum of what
    arrives from several uses, and "astype" for a change of precision. ``depth`` is how deep its
    parentheses are.

    >>> book = Book()
    >>> x = book.symbol("x", "x", 3.0)
    >>> 1.0 * x is x, x * 2.0 is x * 2.0, (x * 2.0).kind
    (True, True, 'multiply')
    """

    __slots__ = ("_data", "attributes", "book", "depth", "kind", "op", "operands")
    __array_ufunc__ = None  # array * expression is the expression's own multiplication

    def __init__(
        self,
        book: "Book",
        kind: str,
        op: Op | None,
        operands: Sequence[Any],
        attributes: Mapping[str, Any],
        data: Any,
    ) -> None:
        self.book, self.kind, self.op = book, kind, op
        self.operands = tuple(operands)
        self.attributes = attributes
        self._data = data
        self.depth = max((self._depth_of(part) for part in self.parents), default=0)

    def _depth_of(self, part: "Expression") -> int:
        chained = part.kind == self.kind == "gathered" or (
            {part.kind, self.kind} <= {"add", "subtract"} and part is self.operands[0]
        )
        return part.depth + (not chained)

    @property
    def parents(self) -> tuple["Expression", ...]:
        """The expressions among the operands; their being there makes rules record."""
        return tuple(part for part in self.operands if isinstance(part, Expression))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return np.shape(self._data)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """float64 or float32, of a number float64."""
        return np.asarray(self._data).dtype

    @staticmethod
    def _record(op: Op, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        book = next(part.book for part in operands if isinstance(part, Expression))
        return book.apply(op, operands, attributes)

    def __add__(self, other: Any) -> Any:
        return self.book.apply(add, (self, other), {}, "gathered")

    def __radd__(self, other: Any) -> Any:
        return self.book.apply(add, (other, self), {}, "gathered")

    def __pow__(self, other: Any) -> Any:
        return self.book.apply(power, (self, other), {}, "raised")


class Symbol(Expression):
    """A quantity with a line of its own: ``label`` is its name, ``identifier`` that in the source.

    >>> symbol = Book().symbol("w[0,1]", "w_0_1", 0.5)
    >>> symbol.identifier, symbol.shape
    ('w_0_1', ())
    """

    __slots__ = ("identifier", "label")

    def __init__(self, book: "Book", label: str, identifier: str, data: Any) -> None:
        super().__init__(book, "symbol", None, (), {}, data)
        self.label, self.identifier = label, identifier


class Book:
    """Where each expression is written once; ``finite`` if no number of the program is infinite.

    >>> book = Book()
    >>> x = book.symbol("x", "x", 3.0)
    >>> square = book.symbol("y", "y", 9.0, definition=x * x)
    >>> x * x is square
    True
    """

    def __init__(self, finite: bool = True) -> None:
        self.finite = finite
        self._known: dict[Any, Any] = {}

    def symbol(self, label: str, identifier: str, data: Any, definition: Any = None) -> Symbol:
        """A named quantity; from now on it stands for its definition wherever that occurs."""
        symbol = Symbol(self, label, identifier, data)
        if isinstance(definition, Expression) and not isinstance(definition, Symbol):
            self._known[_key_of(definition)] = symbol
        return symbol

    def apply(
        self, op: Op, operands: Sequence[Any], attributes: Mapping[str, Any], kind: str = ""
    ) -> Any:
        """What an op makes of its operands: an expression, or a plain number or array."""
        parts = [_plain(part) for part in operands]
        if not any(isinstance(part, Expression) for part in parts):
            return op.forward(*parts, **attributes)
        if op.name == "transpose" and is_in_order(attributes["axes"]):
            return parts[0]
        if len(parts) == 2 and isinstance(op, Elementwise):
            parts = without_broadcasts(op, parts)
        rewrite = REWRITES.get(op.name)
        found = rewrite(*parts) if rewrite else None
        return self._write(op, parts, attributes, kind or op.name) if found is None else found

    def cast(self, part: Any, dtype: Any) -> Any:
        """An array in that precision, as the engine keeps each gradient in that of its value."""
        if not shape_of(part) or part.dtype == dtype:
            return part
        data = primal(part).astype(dtype)
        if not isinstance(part, Expression):
            return data
        new = Expression(self, "astype", None, (part,), {"dtype": str(dtype)}, data)
        return self._known.setdefault(_key_of(new), new)

    def _write(self, op: Op, parts: Sequence[Any], attributes: Any, kind: str) -> Any:
        with np.errstate(all="ignore"):  # it was said when the program was recorded
            data = op.forward(*map(primal, parts), **attributes)
        new = Expression(self, kind, op, parts, attributes, data)
        if new.shape == np.shape(primal(parts[0])) and (op.name in _STILL):
            return parts[0]
        return self._known.setdefault(_key_of(new), new)


_STILL = {"reshape", "broadcast_to", "sum", "max", "min", "pad"}
"""Ops that change nothing, if they do not change the shape."""


def _plain(part: Any) -> Any:
    """An operand as a number or array; truth values as 1 and 0, in the precision of any other."""
    if isinstance(part, Expression):
        return part
    is_truth = isinstance(part, np.ndarray) and part.dtype == bool
    return part.astype(np.float32) if is_truth else as_data(part)


def _key_of(expression: Expression) -> Any:
    return (
        expression.kind,
        tuple(map(exact_key, expression.operands)),
        exact_key(tuple(sorted(expression.attributes.items()))),
    )
