"""Operations: sums, products, powers, comparisons and calls, each computed by the package's ops."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.check.formulas.expression import (
    ATOM,
    MINUS_ONE,
    POWER,
    PRODUCT,
    SUM,
    Expression,
    Factor,
    Number,
    Products,
    Reference,
    Term,
)
from autograd_lite.check.formulas.functions import TRANSPOSE, Function, outer
from autograd_lite.ops.elementwise import add, divide, multiply, negative, power
from autograd_lite.ops.linear_algebra import matmul
from autograd_lite.ops.selection import greater, greater_equal, less, less_equal

__all__ = ["Call", "Comparison", "Power", "Product", "Sum"]

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_OPERATORS: dict[str, Callable[..., Any]] = {
    "*": multiply,
    "/": divide,
    "@": matmul,
    "outer": outer,
}
_COMPARED = {">": greater, ">=": greater_equal, "<": less, "<=": less_equal}


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

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Of a single negative summand −1 and its factors; else the sum itself."""
        (sign, part), *others = self.summands
        return (
            (Factor("*", MINUS_ONE), *part.factors) if not others and sign < 0 else super().factors
        )

    def value(self, values: Mapping[str, Any], products: Products) -> Any:
        """The sum."""
        total = None
        for sign, part in self.summands:
            value = part.value(values, products)
            value = negative(value) if sign < 0 else value
            total = value if total is None else add(total, value)
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

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors, products and quotients among them opened."""
        found: list[Factor] = []
        for operator, part in self.operands:
            inner = part.factors
            if found and (operator == "@" or any(how == "@" for how, _ in inner)):
                found.append(Factor(operator, part))
                continue
            (_, first), *others = inner
            found.append(Factor(operator if found else "*", first))
            found += (Factor(_after(operator, how), factor) for how, factor in others)
        return tuple(found)

    def value(self, values: Mapping[str, Any], products: Products) -> Any:
        """The product."""
        total = None
        for operator, part in self.operands:
            value = part.value(values, products)
            how = _meant(operator, total, value, part, products) if total is not None else ""
            total = _OPERATORS[how](total, value) if how else value
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


def _after(operator: str, inner: str) -> str:
    """The operator of a factor whose product stands after another operator."""
    if operator != "/":
        return inner
    return "*" if inner == "/" else "/"


def _meant(operator: str, a: Any, b: Any, second: Expression, products: Products) -> str:
    """What ``a·b`` is; on paper it is a matrix product only where one is meant and fits."""
    left, right = np.shape(a), np.shape(b)
    if operator != "·":
        return operator
    if not left or not right or products == "elements":
        return "*"
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
        """base ** exponent."""
        return power(self.base.value(values, products), self.exponent.value(values, products))

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
        sign = self.sign.replace(">=", "≥").replace("<=", "≤")
        return f"[{self.left} {sign} {self.right}]"


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
        if self.function == TRANSPOSE:
            return f"{self.operands[0].written(ATOM)}ᵀ"
        return (
            f"{self.function.name}({', '.join([*map(str, self.operands), *self.function.chosen])})"
        )
