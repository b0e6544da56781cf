"""Expressions: what a formula written by hand says, as a tree to be computed and taken apart.

A name in it is kept as it is spelled: what quantity it means is for the caller to say.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd_lite.errors import NameLookupError

__all__ = [
    "ATOM",
    "MINUS_ONE",
    "POWER",
    "PRODUCT",
    "SUM",
    "Expression",
    "Factor",
    "Number",
    "Products",
    "Reference",
    "Term",
]

SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly a part binds as it is written."""


Products = Literal["elements", "matrices", "vectors"]
"""What ``a·b`` is between arrays: taken element by element; the matrix product where one is a
matrix and the shapes fit; or also that of two vectors, which are columns: x·y, xᵀy and x yᵀ."""


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

    >>> from autograd_lite.check.formulas.parser import parse
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

        >>> from autograd_lite.check.formulas.parser import parse
        >>> [(sign, str(term)) for sign, term in parse("a - (b*c - d)").terms]
        [(1, 'a'), (-1, 'b*c'), (1, 'd')]
        """
        return (Term(1, self),)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors; a minus before all is the factor −1, products in parentheses are opened.

        >>> from autograd_lite.check.formulas.parser import parse
        >>> [operator + str(factor) for operator, factor in parse("-2*a/(n*b)").factors]
        ['*−1', '*2', '*a', '/n', '/b']
        """
        return (Factor("*", self),)

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


MINUS_ONE = Number("−1")
"""The factor that a minus before a product is."""


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
