r"""Sums, products and greatest values over an index: ``\sum_{k=1}^{2}``, ``\sum_i``, ``\prod_{j}``.

A formula is read with its indices as letters, and is written out afterwards, from the outside in:
so that where one bound or condition has another index in it, ``\sum_{j \ne i}``, it is a number by
then. An index without bounds runs as far as the names that have it are known.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf, isfinite
from typing import Any, NoReturn

import numpy as np

from autograd_lite.check.read.brackets import Brackets
from autograd_lite.check.read.expressions import (
    ATOM,
    Call,
    Comparison,
    Expression,
    Factor,
    Number,
    Product,
    Products,
    Reference,
    Sum,
    Term,
)
from autograd_lite.check.read.functions import Function, find_function, total
from autograd_lite.check.read.spellings import Known
from autograd_lite.errors import ShapeError

MOST = 1_000
"""The most values of an index."""
_MOST_INDICES = 4
_MOST_PARTS = 20_000
"""The most names, numbers and operations that all sums of a formula are written out to."""

# Numbers for the letters in a subscript.

_SCRIPT = re.compile(r"_\{[^{}]*\}|\[[^\]]*\]|_[^\W_]+|\^\{[^{}]*\}|\^\([^()]*\)|\^[a-z]")
_RUN = re.compile(r"[A-Za-z0-9]+")
_ARITHMETIC = re.compile(r"(?<![\w.])(\d+)\s*([-+−])\s*(\d+)(?![\w.])")
_KRONECKER = re.compile(r"(?:\\delta|δ)_(?:\{\s*(\w+)\s*,\s*(\w+)\s*\}|\{?(\w)(\w)\}?)")
_TOGETHER = re.compile(r"_\{?(\d)(\d)\}?$")
_ELEMENT = re.compile(r"(.+)_\{?(\d+(?:,\d+)*)\}?")
_COMMON = "ijklmn"
"""Letters that are indices where two or three of them are written together, as in w_{ij}."""


def indexed(spelling: str, numbers: Mapping[str, int]) -> str:
    r"""A spelling with numbers for the indices among its sub- and superscripts.

    >>> indexed(r"\frac{\partial E}{\partial O_k}", {"k": 1}), indexed("w_{k,j}", {"k": 2})
    ('\\frac{\\partial E}{\\partial O_1}', 'w_{2,j}')
    >>> indexed("k_j", {"k": 1}), indexed("w[k][0]", {"k": 1}), indexed("w_{ij}", {"j": 3})
    ('k_j', 'w[1][0]', 'w_{i3}')
    >>> indexed("x^{(i)}", {"i": 2}), indexed("h_{t-1}", {"t": 3}), indexed("w_{ij}", {"j": 12})
    ('x^{(2)}', 'h_{2}', 'w_{i,12}')
    """

    def run(found: re.Match[str]) -> str:
        letters = found[0]
        if letters in numbers:
            return str(numbers[letters])
        together = 2 <= len(letters) <= 3 and all(
            one.isdigit() or one in numbers or one in _COMMON for one in letters
        )
        if not together or not any(one in numbers for one in letters):
            return letters
        parts = [str(numbers.get(one, one)) for one in letters]
        return ("," if any(len(part) > 1 for part in parts) else "").join(parts)

    def script(found: re.Match[str]) -> str:
        filled = _RUN.sub(run, found[0])
        return found[0] if filled == found[0] else _ARITHMETIC.sub(_computed, filled)

    return _SCRIPT.sub(script, spelling)


def _computed(found: re.Match[str]) -> str:
    sign = 1 if found[2] == "+" else -1
    return str(int(found[1]) + sign * int(found[3]))


def mentions(spelling: str, index: str) -> bool:
    """Whether an index is among the scripts of a spelling.

    >>> mentions("O_k", "k"), mentions("k", "k")
    (True, False)
    """
    return indexed(spelling, {index: 0}) != spelling


_WRITTEN = re.compile(
    r"""(?:\\(?:sum|prod|max|min)|[∑∏Σ])\s*(?:\\(?:no)?limits\s*)?_\s*
    (?: \{\s*([A-Za-z][A-Za-z\s,]*?)\s*(?:[=}<>≠∈]|\\(?:in|neq?|lt|gt|leq?|geq?)(?![a-z]))
      | ([A-Za-z])
    )""",
    re.VERBOSE,
)
_LOOP = re.compile(r"\bfor\s+([A-Za-z]+)\s+in\b")
_NO_INDEX = re.compile(r"(?:\\sum|∑)\s*(?:\\(?:no)?limits\s*)?(?!\s*[_\\])")


def indices_of(text: str) -> set[str]:
    r"""The letters that a formula sums or multiplies over.

    >>> sorted(indices_of(r"\sum_{k=1}^3 \prod_{i,j} a_{ij} + sum(x_m for m in 1..2)"))
    ['i', 'j', 'k', 'm']
    """
    found = {index for one in _WRITTEN.finditer(text) for index in _apart(one[1] or one[2])}
    return found | set(_LOOP.findall(text))


def _apart(letters: str) -> Sequence[str]:
    """``i,j`` and ``ij`` as two indices."""
    words = re.findall(r"[A-Za-z]+", letters)
    if len(words) == 1 and len(words[0]) <= 3 and all(one in _COMMON for one in words[0]):
        return list(words[0])
    return words


def known_by_index(text: str, known: Known | None, given: Mapping[str, int]) -> Known | None:
    """``known``, which also knows a name with an index that is known with a number for it."""
    letters = {*indices_of(text), *given}
    if _NO_INDEX.search(text):
        letters |= set(_COMMON)
    if known is None or not letters:
        return known
    ones = [Indices(dict.fromkeys(letters, value) | dict(given), known) for value in (1, 0)]

    def knows(spelling: str) -> bool:
        if known(spelling):
            return True
        return any(
            (filled := numbers.spelled(spelling)) != spelling and known(filled) for numbers in ones
        )

    return knows


# Written out


@dataclass(frozen=True)
class Indices:
    """What the letters of a formula are while it is written out; ``budget`` is what may be left.

    >>> indices = Indices({"k": 2}, None)
    >>> print(indices(Reference("O_k")), indices(Reference("k")))
    O_2 2
    """

    numbers: Mapping[str, int]
    known: Known | None
    budget: list[int] = field(default_factory=lambda: [_MOST_PARTS])
    from_0: bool = False
    """Whether a sum begins at 0, so that the elements of arrays are counted from there."""

    def having(self, index: str, value: int) -> "Indices":
        """The same and a number for one more."""
        return replace(self, numbers={**self.numbers, index: value})

    def spelled(self, spelling: str) -> str:
        """A spelling with the numbers in it; of names that are none an element of an array.

        >>> Indices({"i": 1, "j": 2}, {"w_{1,2}", "v[0]"}.__contains__).spelled("w_{ij}")
        'w_{1,2}'
        >>> Indices({"i": 1}, {"v[0]"}.__contains__).spelled("v_i")
        'v[0]'
        """
        filled = indexed(spelling, self.numbers)
        if filled == spelling or self.known is None:
            return filled
        apart = _TOGETHER.sub(r"_{\1,\2}", filled)
        if (elements := _ELEMENT.sub(self._element, apart)) != apart:
            return elements
        return apart if self.known(apart) and not self.known(filled) else filled

    def _element(self, found: re.Match[str]) -> str:
        """A name with numbers below it, as an element if it is an array's."""
        numbers = [int(one) - (not self.from_0) for one in found[2].split(",")]
        first = f"{found[1]}[{','.join('0' * len(numbers))}]"
        is_array = self.known and self.known(first)
        if is_array and min(numbers) < 0:
            return f"{found[1]}[-]"  # there is none before the first
        return f"{found[1]}[{','.join(map(str, numbers))}]" if is_array else found[0]

    def __call__(self, reference: Reference) -> Expression:
        """What stands for a reference: its number, or itself with numbers in its subscripts."""
        spelling = reference.spelling
        if spelling in self.numbers:
            return Number(str(self.numbers[spelling]))
        filled = self.spelled(spelling)
        if filled != spelling and not (self.known and self.known(filled)):
            equal = kronecker(filled)
            if equal is not None:
                return Number(str(int(equal)))
        return Reference(filled, reference.column)


def kronecker(spelling: str) -> bool | None:
    r"""Whether δ has two equal indices; None for what is no δ of two numbers.

    >>> kronecker(r"\delta_{12}"), kronecker(r"\delta_{3,3}"), kronecker(r"\delta_{1j}")
    (False, True, None)
    """
    found = _KRONECKER.fullmatch(spelling)
    if found is None:
        return None
    first, second = found[1] or found[3], found[2] or found[4]
    return first == second if first.isdecimal() and second.isdecimal() else None


@dataclass(frozen=True)
class Series(Expression):
    """A sum or product over an index, not yet written out; no finished formula has one."""

    kind: str  # sum, product, max or min
    index: str
    summand: Expression
    first: Expression | None
    last: Expression | None
    refuse: Callable[[str], NoReturn] = field(compare=False)
    condition: Comparison | None = None
    values: tuple[int, ...] = ()

    @property
    def parts(self) -> tuple[Expression, ...]:
        """What is added up."""
        return (self.summand,)

    def value(self, values: Mapping[str, Any], products: Products) -> Any:  # noqa: ARG002
        """Not before it is written out."""
        raise AssertionError(self.index)

    def map(self, change: Callable[[Reference], Expression]) -> Expression:
        """The sum written out, where the index takes each of its values."""
        assert isinstance(change, Indices)
        if self._bound(self.first, change) == 0 or self.values[:1] == (0,):
            change = replace(change, from_0=True)
        values = self._values(change)
        if not values:
            return self._of_array(change)
        change.budget[0] -= len(values) * sum(1 for _ in self.summand.walk())
        if len(values) > MOST or change.budget[0] < 0:
            self.refuse(
                f"an index takes at most {MOST:,} values, and a formula has at most "
                f"{_MOST_PARTS:,} names and numbers when it is written out"
            )
        terms = [
            self.summand.map(inner)
            for inner in (change.having(self.index, value) for value in values)
            if self._holds(inner)
        ]
        return self._joined(terms)

    def _joined(self, terms: list[Expression]) -> Expression:
        if len(terms) == 1:
            return terms[0]
        if self.kind == "sum":
            return Sum(tuple(Term(1, term) for term in terms)) if terms else Number("0")
        if self.kind == "product":
            return Product(tuple(Factor("*", term) for term in terms)) if terms else Number("1")
        function = find_function(self.kind)
        assert function is not None
        return Call(function, tuple(terms)) if terms else self.refuse("it has no values")

    def _holds(self, change: Indices) -> bool:
        if self.condition is None:
            return True
        found = self.condition.map(change)
        if found.references:
            self.refuse(f"{found.references[0]} in its condition has no number here")
        return bool(self._number(found))

    def _number(self, found: Expression) -> float:
        """What has no names in it as a number; infinite where it is none."""
        try:
            number = found.evaluate({})
        except ShapeError:
            return inf
        return float(number) if np.ndim(number) == 0 and isfinite(number) else inf

    def _values(self, change: Indices) -> Sequence[int]:
        """The values that the index takes; none where nothing in the summand has it."""
        if self.values:
            return self.values
        first = self._bound(self.first, change)
        last = self._bound(self.last, change)
        if isinstance(last, int):
            first = 1 if first is None else first
            if isinstance(first, int):
                return range(first, last + 1) or self.refuse("a sum has at least one value")
        if isinstance(first, Expression):
            self.refuse("its first value is no number here, so write one")
        if isinstance(last, Expression) and not isinstance(last, Reference) and first != 0:
            self.refuse(f"its last value, {last}, is no number here, so write one")
        return self._running(change, first)

    def _bound(self, bound: Expression | None, change: Indices) -> int | Expression | None:
        if bound is None:
            return None
        bound = bound.map(change)
        if bound.references:
            return bound
        number = self._number(bound)
        if abs(number) > 1e6 or number != int(number):
            self.refuse(f"a bound of a sum is a whole number, at most {MOST:,} after the first")
        return int(number)

    def _running(self, change: Indices, first: int | None) -> Sequence[int]:
        """From 0 or 1, or the first value, as long as all names with the index are known."""
        names = {
            part.spelling
            for part in self.summand.walk()
            if isinstance(part, Reference) and mentions(part.spelling, self.index)
        }
        names = {name for name in names if not _KRONECKER.fullmatch(name)}
        known = self.known_of(change)
        inner = self._inner()

        def fits(value: int) -> bool:
            numbers = {**inner, **change.having(self.index, value).numbers}
            return all(known(replace(change, numbers=numbers).spelled(name)) for name in names)

        if not names:
            return ()
        start = first if first is not None else (0 if fits(0) else 1)
        stop = start
        while stop - start <= MOST and fits(stop):
            stop += 1
        if stop == start:
            self.refuse("no first value of the index fits a known name, so give its bounds")
        return range(start, stop)

    @staticmethod
    def known_of(change: Indices) -> Known:
        """Which spelling is known; none if the caller has not said."""
        return change.known or (lambda _: False)

    def _inner(self) -> dict[str, int]:
        """The sums within run from 1, or their first number, while this one looks for its end."""
        found = {}
        for part in self.summand.walk():
            if isinstance(part, Series):
                first = part.first
                found[part.index] = int(first.text) if isinstance(first, Number) else 1
        return found

    def _of_array(self, change: Indices) -> Expression:
        """The sum of what is no name with an index: over the elements of an array."""
        summand = self.summand.map(change)
        if self.kind != "sum" or not summand.references or change.known is None:
            self.refuse("no first value of the index fits a known name, so give its bounds")
        function = Function("total", partial(total, self.index))
        return Call(function, (summand,))

    def __str__(self) -> str:
        return f"{self.kind} over {self.index} of {self.summand.written(ATOM)}"


# As they are written

_SUM_WRITTEN = r"a sum is written \sum_{k=1}^{2}, or sum(… for k in 1..2)"
_KINDS = {"∑": "sum", "∏": "product", r"\max": "max", r"\min": "min"}
_RELATIONS = ("!=", "<", ">", "<=", ">=")


class SeriesReader(Brackets, ABC):
    """The part of the parser that reads sums over an index."""

    @abstractmethod
    def term(self) -> Expression:
        """A product and the sign before it: what a sum reaches."""

    def sum_over_index(self) -> Expression:
        r"""``\sum_{k=1}^{2}`` or ``\sum_k`` and its summand, which ends at the next + or −."""
        start = self.take()
        kind = _KINDS[start.text]
        refuse = partial(self.refuse, token=start)
        makers: list[Callable[[Expression, Expression | None], Expression]] = []
        if self.accept("_"):
            makers = self._below(kind, refuse)
        last = self._upper_bound()
        if not makers:
            if kind != "sum":
                self.refuse(_SUM_WRITTEN)
            summand = self.term()
            index = self._index_of(summand)
            return Series(kind, index, summand, None, last, refuse)
        found = self.term()
        for make in reversed(makers):
            found = make(found, last)
        return found

    def _below(
        self, kind: str, refuse: Callable[[str], NoReturn]
    ) -> list[Callable[[Expression, Expression | None], Expression]]:
        """What is below the sign: makers of the sums, one for each index."""
        braced = self.accept("{")
        names = [self._index()] if not braced else [*_apart(self._index())]
        while braced and self.accept(","):
            names.append(self._index())
        if len(names) > _MOST_INDICES:
            self.refuse(f"one sum has at most {_MOST_INDICES} indices")
        first: Expression | None = None
        condition: Comparison | None = None
        values: tuple[int, ...] = ()
        if braced:
            place = self.before
            if self.accept("="):
                first = self.plain_sum()
            elif self.accept("∈"):
                values = self._members()
            elif self.at(*_RELATIONS):
                sign = self.take().text
                condition = Comparison(sign, Reference(names[0], place.start), self.plain_sum())
            self.expect("}", _SUM_WRITTEN)
        return [
            lambda summand, last, name=name: Series(  # type: ignore[misc]
                kind, name, summand, first, last, refuse, condition, values
            )
            for name in names
        ]

    def _members(self) -> tuple[int, ...]:
        r"""The numbers in ``i \in \{1, 2\}``; none for a set that is only named."""
        if not self.accept("\\{"):
            while not self.at("}") and self.token.kind != "end":
                self.take()
            return ()
        found = [self._whole_number()]
        while self.accept(","):
            found.append(self._whole_number())
        self.expect("\\}", _SUM_WRITTEN)
        return tuple(found)

    def _upper_bound(self) -> Expression | None:
        if self.token.kind == "superscript":
            return Number(self.take().text)
        if not self.accept("^"):
            return None
        if self.accept("{"):
            bound = self.plain_sum()
            self.expect("}", _SUM_WRITTEN)
            return bound
        if self.token.kind == "number" and len(self.token.text) > 1:
            self.refuse("a bound of more than one digit stands in braces")
        if self.token.kind == "number":
            return Number(self.take().text)
        if self.token.kind != "name":
            self.refuse(_SUM_WRITTEN)
        return Reference(self.take().text, self.before.start + 1)

    def _index_of(self, summand: Expression) -> str:
        r"""The index of ``\sum^N x_i``, which is not said: the letter that makes names known."""
        known = self.given
        unknown = [one.spelling for one in summand.references if known and not known(one.spelling)]
        if not unknown or known is None:
            return ""
        fitting = [
            letter
            for letter in _COMMON
            if all(
                any(known(Indices({letter: value}, known).spelled(name)) for value in (0, 1))
                for name in unknown
            )
        ]
        if len(fitting) != 1:
            self.refuse("the index of the sum is not said: write \\sum_i")
        return fitting[0]

    def series(self, summand: Expression) -> Expression:
        """``sum(… for k in 1..2)``, of which ``for`` comes next."""
        start = self.take()
        index = self._index()
        if self.take().text not in ("in", "∈"):
            self.refuse(_SUM_WRITTEN, self.before)
        if self.token.text == "range" and self.peek().text == "(":
            self.position += 2
            numbers = [self._whole_number()]
            if self.accept(","):
                numbers.append(self._whole_number())
            self.expect(")", _SUM_WRITTEN)
            values = range(*numbers)
        else:
            first = self._whole_number()
            self.expect("..", _SUM_WRITTEN)
            values = range(first, self._whole_number() + 1)
        self.expect(")")
        refuse: Callable[[str], NoReturn] = partial(self.refuse, token=start)
        if not values or len(values) > MOST:
            refuse(f"a sum has at least one value, and at most {MOST:,}")
        return Series("sum", index, summand, None, None, refuse, None, tuple(values))

    def _index(self) -> str:
        if self.token.kind != "name" or not self.token.text.isalpha():
            self.refuse(_SUM_WRITTEN)
        return self.take().text

    def _whole_number(self) -> int:
        if not self.token.text.isdecimal() or len(self.token.text) > 6:
            self.refuse(f"a bound of a sum is a whole number, at most {MOST}")
        return int(self.take().text)


def loose(reference: Reference, indices: set[str], known: Known | None) -> bool:
    """Whether an index has no value: outside its sum, or without one."""
    spelling = reference.spelling
    if known is not None and known(spelling):
        return False
    return any(spelling == index or mentions(spelling, index) for index in indices)
