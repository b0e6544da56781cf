"""Expressions: what the recorded ops and the engine's rules do, written down instead of computed.

Nothing is reordered, so that the source computes what the engine computes, bit for bit. The book
writes an expression once, however often it is asked for, and leaves out what changes no bit: x·1,
x¹, −(−x).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.chain.derivation.rewrites import REWRITES, without_broadcasts
from autograd_lite.data import as_data
from autograd_lite.op import Elementwise, Op, primal, shape_of
from autograd_lite.operators import Operators
from autograd_lite.ops.elementwise import add, power

__all__ = ["Book", "Expression", "Symbol", "symbols_of"]


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
    """Where each expression is written once.

    >>> book = Book()
    >>> x = book.symbol("x", "x", 3.0)
    >>> square = book.symbol("y", "y", 9.0, definition=x * x)
    >>> x * x is square
    True
    """

    def __init__(self) -> None:
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
        if new.shape == np.shape(primal(parts[0])) and (
            op.name in _STILL or (op.name == "transpose" and len(new.shape) < 2)
        ):
            return parts[0]
        return self._known.setdefault(_key_of(new), new)


_STILL = {"reshape", "broadcast_to", "sum", "max", "min"}
"""Ops that change nothing, if they do not change the shape."""


def symbols_of(expression: Any) -> Iterator[Symbol]:
    """The named quantities in an expression, each once.

    >>> book = Book()
    >>> x, y = book.symbol("x", "x", 3.0), book.symbol("y", "y", 2.0)
    >>> [symbol.label for symbol in symbols_of(x * y + x)]
    ['x', 'y']
    """
    waiting, seen = [expression], set()
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Expression) or part in seen:
            continue
        seen.add(part)
        if isinstance(part, Symbol):
            yield part
        waiting += reversed(part.operands)


def _plain(part: Any) -> Any:
    """An operand as a number or array; truth values as 1 and 0, in the precision of any other."""
    if isinstance(part, Expression):
        return part
    is_truth = isinstance(part, np.ndarray) and part.dtype == bool
    return part.astype(np.float32) if is_truth else as_data(part)


def _key_of(expression: Expression) -> Any:
    return (
        expression.kind,
        tuple(map(_key, expression.operands)),
        _key(tuple(sorted(expression.attributes.items()))),
    )


def _key(part: Any) -> Any:
    """Something hashable that is equal for what is the same to the last bit."""
    if isinstance(part, np.ndarray):
        return part.dtype.str, part.shape, part.tobytes()
    if isinstance(part, slice):
        return "slice", part.start, part.stop, part.step
    if isinstance(part, tuple):
        return tuple(map(_key, part))
    return (type(part), part.hex()) if isinstance(part, float) else (type(part), part)
