"""Formulas: what a rule gives when it is run on named symbols.

A formula is a number, a name, or an op applied to formulas. It is built by the ops themselves, so a
new op needs nothing here; and simplified as it is built, as a person would write it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite.chain import notation
from autograd_lite.chain.notation import Written
from autograd_lite.errors import NameLookupError
from autograd_lite.op import Op
from autograd_lite.operators import Operators
from autograd_lite.ops.elementwise import add, divide, identity, multiply, negative, power, subtract

__all__ = ["Formula", "name", "number"]


class Formula(Operators):
    """A number, a name, or an op applied to formulas; immutable.

    >>> from autograd_lite.chain.formula import name
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

        >>> from autograd_lite.chain.formula import name
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


_REWRITES: dict[str, Any] = {
    add.name: _add,
    subtract.name: _subtract,
    multiply.name: _multiply,
    divide.name: _divide,
    power.name: _power,
    negative.name: lambda a: a.operands[0] if a.op is negative else None,
    identity.name: lambda a: a,
}
