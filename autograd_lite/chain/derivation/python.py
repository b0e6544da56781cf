"""Expressions as Python: no parenthesis too many, and no operation reordered."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.chain.derivation.arrays import ARRAYS
from autograd_lite.chain.derivation.expression import Expression, Symbol
from autograd_lite.chain.derivation.scalars import SCALARS
from autograd_lite.chain.derivation.written import (
    Level,
    Written,
    is_uniform,
    literal,
    number,
    setting,
)
from autograd_lite.op import Structural, shape_of

__all__ = ["PythonWriter"]

_LONGEST = 6
"""An array of more numbers within an expression is a constant with a name."""

_SUMS = {"add", "subtract", "gathered"}
_PRODUCTS = {"multiply": "*", "divide": "/", "matmul": "@"}
_COMPARISONS = {
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
}


class PythonWriter:
    """Writes expressions, and remembers what they import.

    ``reading_order`` is explained at :class:`autograd_lite.chain.derivation.lines.Program`.
    ``lines`` are the identifiers of expressions that have a line of their own, ``constants`` the
    arrays that would make a line too long, by identifiers that are not in ``taken``.

    >>> from autograd_lite.chain.derivation.expression import Book
    >>> book = Book()
    >>> H, g = book.symbol("H", "H", 0.5), book.symbol("∂E/∂H", "dE_dH", 2.0)
    >>> PythonWriter().write(g * (H * (1 - H)))
    'dE_dH * (H * (1 - H))'
    """

    def __init__(self, taken: Iterable[str] = (), reading_order: bool = False) -> None:
        self.reading_order = reading_order
        self.lines: dict[Expression, str] = {}
        self.imports: dict[str, set[str]] = {}
        self.constants: dict[str, Any] = {}
        self._taken = {*taken}

    def fresh(self, prefix: str) -> str:
        """A new identifier: the prefix and a number."""
        numbers = range(1, len(self._taken) + 2)
        found = next(name for n in numbers if (name := f"{prefix}{n}") not in self._taken)
        self._taken.add(found)
        return found

    def write(self, part: Any, least: int = Level.CHOICE) -> str:
        """The source of an expression, in parentheses if it binds less than ``least``."""
        written = self._written(part)
        return written.text if written.level >= least else f"({written.text})"

    def is_inside(self, part: Any, *kinds: str) -> bool:
        """Whether a part is written out where it stands, and is of one of the kinds."""
        if not isinstance(part, Expression) or isinstance(part, Symbol) or part in self.lines:
            return False
        return not kinds or part.kind in kinds

    def call(self, module: str, name: str, *arguments: Any, **settings: Any) -> str:
        """A call of a function of a module, which the source imports."""
        if module == "numpy":
            name = f"np.{name}"
        elif module == "REGISTRY":
            self.imports.setdefault(module, set())
            name = f"REGISTRY[{setting(name)}]"
        else:
            self.imports.setdefault(module, set()).add(name)
        texts = [self._argument(one) for one in arguments]
        texts += [f"{key}={self._argument(one)}" for key, one in settings.items()]
        return f"{name}({', '.join(texts)})"

    def _argument(self, part: Any) -> str:
        written = isinstance(part, Expression | float | np.ndarray)
        return self.write(part) if written else setting(part)

    def _written(self, part: Any) -> Written:
        if isinstance(part, float):
            return number(part)
        if isinstance(part, np.ndarray):
            return Written(self._array(part))
        if isinstance(part, Symbol):
            return Written(part.identifier)
        if part in self.lines:
            return Written(self.lines[part])
        return self._expression(part)

    def _expression(self, part: Expression) -> Written:
        if part.kind in _SUMS:
            return self._sum(part)
        if part.kind == "negative":
            return self._negative(part)
        return self._op(part)

    def _op(self, part: Expression) -> Written:
        written = self._applied(part)
        if not part.shape and isinstance(part.op, Structural):
            return Written(f"float({written.text})")  # NumPy's own number is slower, and no float
        return written

    def _applied(self, part: Expression) -> Written:
        template = (ARRAYS if any(map(shape_of, (part, *part.operands))) else SCALARS).get(
            part.kind
        )
        if template is not None:
            return template(self, part)
        if part.kind in _PRODUCTS:
            a, b = part.operands
            texts = self._factor(a, b, Level.PRODUCT), self._factor(b, a, Level.SIGN)
            return Written(f" {_PRODUCTS[part.kind]} ".join(texts), Level.PRODUCT)
        if part.kind in _COMPARISONS:
            kind = "float" if part.dtype == np.float64 else f"np.{part.dtype}"
            text = self.condition(part)
            return (
                Written(f"({text}).astype({kind})")
                if part.shape
                else Written(text, Level.COMPARISON)
            )
        return Written(self.call("REGISTRY", part.kind, *part.operands, **part.attributes))

    def _sum(self, part: Expression) -> Written:
        """A sum as it is computed: from the left, or from the last use."""
        (sign, first), *others = self.signed_terms(part)
        text = sign.removeprefix("+") + first
        return Written(text + "".join(f" {sign} {one}" for sign, one in others), Level.SUM)

    def signed_terms(self, part: Expression) -> list[tuple[str, str]]:
        """The terms of a sum with their signs, in the order in which they are added."""
        terms = [self._signed(*term) for term in self._terms(part)]
        if len(terms) == 2 and terms[0][0] == "-" != terms[1][0]:
            terms.reverse()
        return terms

    def _terms(self, part: Expression) -> list[tuple[str, Any]]:
        terms: list[tuple[str, Any]] = []
        rest: Any = part
        if part.kind == "gathered":
            while self.is_inside(rest, "gathered"):
                first, rest = rest.operands
                terms.append(("+", first))
            terms.append(("+", rest))
            return terms if self.reading_order or len(terms) == 2 else terms[::-1]
        while self.is_inside(rest, "add", "subtract"):
            sign = "-" if rest.kind == "subtract" else "+"
            rest, second = rest.operands
            terms.append((sign, second))
        return [("+", rest), *reversed(terms)]

    def _signed(self, sign: str, part: Any) -> tuple[str, str]:
        """A term of a sum: of what is negative its opposite, subtracted."""
        if self.is_inside(part, "negative") or (isinstance(part, float) and part < 0):
            opposite = -part if isinstance(part, float) else part.operands[0]
            return "-+"[sign == "-"], self.write(opposite, Level.PRODUCT)
        return sign, self.write(part, Level.PRODUCT)

    def _negative(self, part: Expression) -> Written:
        inner = self._written(part.operands[0])
        if inner.level < Level.PRODUCT:
            inner = Written(f"({inner.text})")
        return Written(f"-{inner.text}", min(inner.level, Level.SIGN))

    def _factor(self, part: Any, other: Any, least: int) -> str:
        """A factor; a comparison of arrays counts as 1 or 0, unless it meets another one."""
        masks = [
            bool(shape_of(one)) and self.is_inside(one, *_COMPARISONS) for one in (part, other)
        ]
        return f"({self.condition(part)})" if masks == [True, False] else self.write(part, least)

    def condition(self, part: Any) -> str:
        """A comparison as Python's own, of booleans; anything else as it is."""
        if not self.is_inside(part, *_COMPARISONS):
            return self.write(part)
        texts = tuple(self.write(one, Level.SUM) for one in part.operands)
        return f" {_COMPARISONS[part.kind]} ".join(texts)

    def _array(self, array: Any) -> str:
        if array.size <= _LONGEST or is_uniform(array):
            return literal(array)
        name = self.fresh("constant_")
        self.constants[name] = array
        return name
