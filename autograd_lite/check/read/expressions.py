"""Expressions: what a formula written by hand says, as a tree to be computed and taken apart.

A name in it is kept as it is spelled: what quantity it means is for the caller to say.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd_lite.check.read.functions import LIST, PRIMED, SINGLE, TRANSPOSE, Function, outer
from autograd_lite.errors import NameLookupError
from autograd_lite.op import plain
from autograd_lite.ops.elementwise import add, divide, multiply, negative, power
from autograd_lite.ops.linear_algebra import matmul
from autograd_lite.ops.selection import equal, greater, greater_equal, less, less_equal, not_equal
from autograd_lite.ops.shaping import transpose

SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly a part binds as it is written."""


Products = Literal["elements", "matrices", "vectors", "tight"]
"""What ``a·b`` is between arrays: taken element by element; the matrix product where one is a
matrix and the shapes fit; or also that of two vectors, which are columns: x·y, xᵀy and x yᵀ. In
all of these a ∗ b c is (a ∗ b) c, and a ∗ (b c) where it is tight."""


class Term(NamedTuple):
    """A summand and its sign, 1 or −1."""

    sign: int
    expression: "Expression"


class Factor(NamedTuple):
    """A factor and the operator before it: ``*``, ``·`` (or none, on paper), ``/`` or ``@``."""

    operator: str
    expression: "Expression"

    @property
    def is_divisor(self) -> bool:
        """Whether the product is divided by it."""
        return self.operator == "/"


@dataclass(frozen=True)
class Expression(ABC):
    """A number, a reference, or an operation on expressions; immutable.

    >>> from autograd_lite.check.read.formulas import parse
    >>> slope = parse("2(O1 - t1)*H1")
    >>> slope.evaluate({"O1": 0.75, "t1": 0.5, "H1": 4.0})
    2.0
    >>> [reference.spelling for reference in slope.references], slope.literals
    (['O1', 't1', 'H1'], ('2',))
    >>> print(slope)
    2·(O1 − t1)*H1
    """

    @property
    @abstractmethod
    def parts(self) -> tuple["Expression", ...]:
        """The expressions that this one is made of, as they are written."""

    @abstractmethod
    def map(self, change: Callable[["Reference"], "Expression"]) -> "Expression":
        """The same expression with something else for each reference."""

    @abstractmethod
    def value(self, values: Mapping[str, Any], products: Products) -> Any:
        """As :meth:`evaluate`, with the warnings of NumPy."""

    @property
    def binding(self) -> int:
        """How tightly it binds as it is written."""
        return ATOM

    def evaluate(self, values: Mapping[str, Any], *, products: Products = "elements") -> Any:
        """The value where each reference, by its spelling, has the given number or array.

        On paper ``W·x`` and ``W x`` may be either product: ``products`` says which is meant. ``*``
        and ``@`` are always what they are in NumPy. Raises NameLookupError for a reference without
        a value, and ShapeError for arrays that do not fit together.
        """
        with np.errstate(all="ignore"):
            return self.value(values, products)

    @property
    def references(self) -> tuple["Reference", ...]:
        """What is referred to, in order, each spelling once."""
        found: dict[str, Reference] = {}
        for part in self.walk():
            if isinstance(part, Reference):
                found.setdefault(part.spelling, part)
        return tuple(found.values())

    @property
    def literals(self) -> tuple[str, ...]:
        """The numbers as they are written, in order."""
        return tuple(part.text for part in self.walk() if isinstance(part, Number))

    @property
    def terms(self) -> tuple[Term, ...]:
        """The summands with their signs; parentheses around a sum of them are opened.

        >>> from autograd_lite.check.read.formulas import parse
        >>> [(sign, str(term)) for sign, term in parse("a - (b*c - d)").terms]
        [(1, 'a'), (-1, 'b*c'), (1, 'd')]
        """
        return (Term(1, self),)

    def walk(self) -> Iterator["Expression"]:
        """This expression and everything in it, from left to right."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def written(self, binding: int) -> str:
        """As text, in parentheses where it binds more loosely than its place allows."""
        return str(self) if self.binding >= binding else f"({self})"


@dataclass(frozen=True)
class Number(Expression):
    """A number as it is written, so that its digits are known."""

    text: str

    @property
    def parts(self) -> tuple[Expression, ...]:
        """Nothing."""
        return ()

    def map(self, change: Callable[["Reference"], Expression]) -> Expression:  # noqa: ARG002
        """The number itself."""
        return self

    def value(self, values: Mapping[str, Any], products: Products) -> float:  # noqa: ARG002
        """The number."""
        return float(self.text.replace("−", "-"))

    @property
    def binding(self) -> int:
        """As an atom, but for a minus."""
        return SUM if self.text.startswith("−") else ATOM

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Reference(Expression):
    """A name as it is spelled, and its column in the text, which counts from 1."""

    spelling: str
    column: int = field(default=0, compare=False)

    @property
    def parts(self) -> tuple[Expression, ...]:
        """Nothing."""
        return ()

    def map(self, change: Callable[["Reference"], Expression]) -> Expression:
        """What stands for this reference."""
        return change(self)

    def value(self, values: Mapping[str, Any], products: Products) -> Any:  # noqa: ARG002
        """What is given for the spelling."""
        if self.spelling not in values:
            raise NameLookupError(
                f"a formula needs a value for {self.spelling!r}; given are "
                f"{', '.join(values) or 'none'}"
            )
        return values[self.spelling]

    @property
    def binding(self) -> int:
        """As a name, or as a derivative: only a power of it needs parentheses."""
        return POWER if "/" in self.spelling else ATOM

    def __str__(self) -> str:
        return self.spelling


# Operations: sums, products, powers, comparisons and calls, each computed by the package's ops.

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_OPERATORS: dict[str, Callable[..., Any]] = {
    "*": multiply,
    "/": divide,
    "@": matmul,
    "outer": outer,
    "⊗": outer,
}
_COMPARED = {
    ">": greater,
    ">=": greater_equal,
    "<": less,
    "<=": less_equal,
    "=": equal,
    "!=": not_equal,
}


@dataclass(frozen=True)
class Sum(Expression):
    """Summands, each with a sign; also a single negative one."""

    summands: tuple[Term, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The summands."""
        return tuple(term.expression for term in self.summands)

    def map(self, change: Callable[[Reference], Expression]) -> Expression:
        """The sum of the changed summands."""
        return Sum(tuple(Term(sign, part.map(change)) for sign, part in self.summands))

    @property
    def terms(self) -> tuple[Term, ...]:
        """The summands, sums among them opened."""
        return tuple(
            Term(sign * inner, part) for sign, term in self.summands for inner, part in term.terms
        )

    def value(self, values: Mapping[str, Any], products: Products) -> Any:
        """The sum."""
        total = None
        for sign, part in self.summands:
            value = part.value(values, products)
            value = negative(value) if sign < 0 else value
            total = value if total is None else add(*_on_paper(total, value, self))
        return total

    @property
    def binding(self) -> int:
        """As a sum."""
        return SUM

    def __str__(self) -> str:
        (sign, first), *others = self.summands
        text = "−" * (sign < 0) + first.written(PRODUCT)
        return text + "".join(
            f" {'−' if sign < 0 else '+'} {part.written(PRODUCT)}" for sign, part in others
        )


@dataclass(frozen=True)
class Product(Expression):
    """Factors, taken from left to right; what stands before the first says nothing."""

    operands: tuple[Factor, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The factors."""
        return tuple(factor.expression for factor in self.operands)

    def map(self, change: Callable[[Reference], Expression]) -> Expression:
        """The product of the changed factors."""
        return Product(tuple(Factor(how, part.map(change)) for how, part in self.operands))

    def value(self, values: Mapping[str, Any], products: Products) -> Any:
        """The product."""
        found = [(how, part.value(values, products), part) for how, part in self.operands]
        if products == "tight":
            runs: list[list[tuple[str, Any, Expression]]] = [[found[0]]]
            for one in found[1:]:
                if one[0] == "·":
                    runs[-1].append(one)
                else:
                    runs.append([one])
            found = [(run[0][0], self._multiplied(run, "vectors"), run[-1][2]) for run in runs]
        return self._multiplied(found, products)

    def _multiplied(self, found: Sequence[tuple[str, Any, Expression]], products: Products) -> Any:
        """The product of values, each with its operator, from left to right."""
        total = found[0][1]
        for operator, value, part in found[1:]:
            how = _meant(operator, total, value, part, products)
            pair = _on_paper(total, value, self) if how in "*/" else (total, value)
            total = _OPERATORS[how](*pair)
        return total

    @property
    def binding(self) -> int:
        """As a product."""
        return PRODUCT

    def __str__(self) -> str:
        (_, first), *others = self.operands
        return first.written(POWER) + "".join(
            f"{operator if operator in '*·' else f' {operator} '}{part.written(POWER)}"
            for operator, part in others
        )


def _on_paper(a: Any, b: Any, whole: Expression) -> tuple[Any, Any]:
    """Two operands, of which a vector is a column or a row beside a matrix that is written out."""
    shapes = np.shape(a), np.shape(b)
    if sorted(map(len, shapes)) != [1, 2] or np.size(a) != np.size(b) or np.size(a) == 1:
        return a, b
    if not any(isinstance(one, Call) and one.function.is_matrix for one in whole.walk()):
        return a, b
    shape = max(shapes, key=len)
    return np.reshape(a, shape), np.reshape(b, shape)


def _meant(operator: str, a: Any, b: Any, second: Expression, products: Products) -> str:
    """What ``a·b`` is; on paper it is a matrix product only where one is meant and fits."""
    left, right = np.shape(a), np.shape(b)
    if operator != "·":
        return operator
    if not left or not right or products == "elements":
        return "*"
    if len(left) == 1 < len(right) and right[0] == 1 < right[1] and products == "vectors":
        return "outer"
    if len(left) == len(right) == 1:
        if products == "matrices":
            return "*"
        if isinstance(second, Call) and second.function == TRANSPOSE:
            return "outer"
    return "@" if left[-1] == right[-2:][0] else "*"


@dataclass(frozen=True)
class Power(Expression):
    """A base and its exponent."""

    base: Expression
    exponent: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        """Base and exponent."""
        return (self.base, self.exponent)

    def map(self, change: Callable[[Reference], Expression]) -> Expression:
        """The power of the changed ones."""
        return Power(self.base.map(change), self.exponent.map(change))

    def value(self, values: Mapping[str, Any], products: Products) -> Any:
        """base ** exponent; with an array of the name T, as X^T, the transposed base."""
        base, exponent = (one.value(values, products) for one in self.parts)
        if str(self.exponent) == "T" and np.ndim(plain(exponent)) and np.ndim(plain(base)):
            return transpose(base)
        return power(base, exponent)

    @property
    def binding(self) -> int:
        """As a power."""
        return POWER

    def __str__(self) -> str:
        exponent = str(self.exponent)
        if isinstance(self.exponent, Number) and exponent.isdecimal():
            return self.base.written(ATOM) + exponent.translate(_SUPERSCRIPTS)
        return f"{self.base.written(ATOM)}^({exponent})"


@dataclass(frozen=True)
class Comparison(Expression):
    """1 where it holds, 0 elsewhere: Iverson's bracket."""

    sign: str
    left: Expression
    right: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        """Both sides."""
        return (self.left, self.right)

    def map(self, change: Callable[[Reference], Expression]) -> Expression:
        """The comparison of the changed sides."""
        return Comparison(self.sign, self.left.map(change), self.right.map(change))

    def value(self, values: Mapping[str, Any], products: Products) -> Any:
        """1.0 or 0.0."""
        return _COMPARED[self.sign](
            self.left.value(values, products), self.right.value(values, products)
        )

    def __str__(self) -> str:
        sign = self.sign.replace(">=", "≥").replace("<=", "≤").replace("!=", "≠")
        return f"[{self.left} {sign} {self.right}]"


def _listed(texts: list[str]) -> str:
    """``[a, b]``; a comma says that ``[a,]`` is a list and no bracket."""
    return f"[{', '.join(texts)}{',' * (len(texts) == 1)}]"


@dataclass(frozen=True)
class Call(Expression):
    """A function and its operands."""

    function: Function
    operands: tuple[Expression, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The operands."""
        return self.operands

    def map(self, change: Callable[[Reference], Expression]) -> Expression:
        """The function of the changed operands."""
        return Call(self.function, tuple(operand.map(change) for operand in self.operands))

    def value(self, values: Mapping[str, Any], products: Products) -> Any:
        """The function's value."""
        return self.function.compute(
            *(operand.value(values, products) for operand in self.operands)
        )

    def __str__(self) -> str:
        if not self.operands:
            return self.function.name
        if self.function in (TRANSPOSE, PRIMED):
            return f"{self.operands[0].written(ATOM)}ᵀ"
        if self.function.name.startswith("["):
            return f"{self.operands[0].written(ATOM)}{self.function.name}"
        if self.function in (LIST, SINGLE):
            return _listed([str(one) for one in self.operands])
        if columns := self.function.columns:
            texts = [str(one) for one in self.operands]
            starts = range(0, len(texts), columns)
            return _listed([_listed(texts[start : start + columns]) for start in starts])
        return (
            f"{self.function.name}({', '.join([*map(str, self.operands), *self.function.chosen])})"
        )
