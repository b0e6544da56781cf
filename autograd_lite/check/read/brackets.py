r"""Brackets: parentheses, bars, norms, conditions, lists, matrices and choices between cases."""

from abc import ABC, abstractmethod
from functools import partial

import numpy as np

from autograd_lite.check.read.cursor import Cursor
from autograd_lite.check.read.expressions import (
    Call,
    Comparison,
    Expression,
    Factor,
    Number,
    Product,
)
from autograd_lite.check.read.functions import (
    CASES,
    INNER,
    LIST,
    NORM,
    NORM_1,
    SINGLE,
    Function,
    find_function,
    matrix,
)

ONES = Number("1")
"""What 𝟙 is where no condition follows; compared by identity."""
_CLOSING = {"(": ")", "\\{": "\\}", "{": "}", "[": "]"}
_COMPARED = (">", ">=", "<", "<=")
_EQUAL = {"==": "=", "!=": "!=", "=": "="}


class Brackets(Cursor, ABC):
    """The part of the parser that brackets of every kind begin."""

    @abstractmethod
    def plain_sum(self) -> Expression:
        """A sum of products."""

    def comparison(self) -> Expression:
        """A sum, or two with a comparison between them."""
        left = self.plain_sum()
        if not self.at(*_COMPARED):
            return left
        sign = self.take().text
        right = self.plain_sum()
        if self.at(*_COMPARED):
            self.refuse("a formula compares two sides, so write a chain as a product of brackets")
        return Comparison(sign, left, right)

    def condition(self, *signs: str) -> Expression:
        """What is in brackets: a sum, or a comparison, also as equal, and in a chain."""
        parts = [self.plain_sum()]
        found: list[Expression] = []
        while self.at(*_COMPARED, *signs):
            sign = self.take().text
            parts.append(self.plain_sum())
            found.append(Comparison(_EQUAL.get(sign, sign), parts[-2], parts[-1]))
        if len(found) > 1:
            return Product(tuple(Factor("*", one) for one in found))
        return found[0] if found else parts[0]

    def group(self) -> Expression:
        """What stands in parentheses, brackets or braces; a list in brackets."""
        opening = self.take()
        closing = _CLOSING[opening.text]
        if self.at(closing):
            self.refuse("a number or a name is needed in the parentheses")
        signs = {"[": ("=", "==", "!="), "(": ("==", "!="), "\\{": ("=", "!=")}
        lists = opening.text == "[" and self.at("[") and not self.is_latex
        self.in_list += lists
        found = self.condition(*signs.get(opening.text, ()))
        self.in_list -= lists
        is_vector = opening.text == "(" and opening is self.tokens[0]  # (a, b) and nothing else
        if (opening.text == "[" or is_vector) and self.at(","):
            return self._list(found, closing)
        self.expect(closing)
        nested = isinstance(found, Call) and found.function in (LIST, SINGLE)
        if opening.text == "[" and nested:
            return Call(LIST, (found,))
        grouping = self.is_latex and not isinstance(found, Number)
        if opening.text == "[" and not (grouping or _is_condition(found)):
            if self.in_list:
                return Call(SINGLE, (found,))
            self.refuse("brackets hold an index of a name, or a condition as x > 0", opening)
        return found

    def _list(self, first: Expression, closing: str) -> Expression:
        """``[1, 2]`` or ``[[1, 2], [3, 4]]``, of which the first element is read."""
        elements = [first]
        self.in_list += 1
        while self.accept(","):
            if self.at(closing):
                break
            elements.append(self.plain_sum())
        self.in_list -= 1
        self.expect(closing)
        return Call(LIST, tuple(elements))

    # Bars

    def between_bars(self) -> Expression:
        r"""``|x|``, ``\|x\|``, ``\|x\|_2^2`` of which the exponent is read elsewhere."""
        bar = self.take()
        self.bars.append(bar.text)
        inside = self.comparison()
        self.expect(bar.text)
        self.bars.pop()
        if bar.text == "|":
            absolute = find_function("abs")
            assert absolute is not None
            return Call(absolute, (inside,))
        return Call(self._norm(), (inside,))

    def _norm(self) -> Function:
        if not self.accept("_"):
            return NORM
        braced = self.accept("{")
        which = self.take().text
        if braced:
            self.expect("}")
        if which not in ("1", "2", "F"):
            self.refuse("a norm is that of 1, 2 or F", self.before)
        return NORM_1 if which == "1" else NORM

    def inner_product(self) -> Expression:
        r"""``\langle a, b \rangle``."""
        self.take()
        self.bars.append("|")
        left = self.plain_sum()
        self.bars.pop()
        if not self.accept("|"):
            self.expect(",")
        right = self.plain_sum()
        self.expect("⟩")
        return Call(INNER, (left, right))

    def indicator(self) -> Expression:
        r"""``\mathbb{1}[i = j]``, also as a subscript; ``\mathbf 1`` by itself is ones."""
        sign = self.take()
        signs = ("=", "==", "!=")
        if self.at("_") and self._is_length():
            return ONES
        if self.accept("_"):
            self.expect("{", r"the condition of 𝟙 is in brackets: \mathbb{1}[x > 0]")
            opened = [self.take().text for _ in range(2) if self.at("[", "(", "\\{")]
            found = self.condition(*signs)
            for opening in reversed(opened):
                self.expect(_CLOSING[opening])
            self.expect("}")
        elif self.at("[", "(", "\\{", "{"):
            closing = _CLOSING[self.take().text]
            found = self.condition(*signs)
            self.expect(closing)
        elif "I" in self.text[sign.start : sign.end]:
            self.refuse(r"𝕀 is read before a condition: \mathbb{I}[x > 0]", sign)
        else:
            return ONES
        if not _is_condition(found):
            self.refuse(r"after 𝟙 a condition is needed, as in \mathbb{1}[x > 0]", sign)
        return found

    def _is_length(self) -> bool:
        r"""Go on after the length of ones, as in ``\mathbf{1}_n`` or ``\mathbf 1_{n \times 1}``."""
        end = 2
        if self.peek().text == "{":
            while self.peek(end).kind in ("name", "number") or self.peek(end).text == "·":
                end += 1
            if self.peek(end).text != "}":
                return False
            end += 1
        elif self.peek().kind not in ("name", "number"):
            return False
        self.position += end
        return True

    # Matrices and cases

    def table(self) -> Expression:
        r"""``\begin{bmatrix} … \end{bmatrix}`` or ``\begin{cases} … \end{cases}``."""
        begin = self.take()
        if begin.text.endswith("cases"):
            return self._cases()
        rows: list[list[Expression]] = [[]]
        while True:
            rows[-1].append(self.comparison())
            if self.accept("&"):
                continue
            if self.accept("\\\\") and self.token.kind != "finish":
                rows.append([])
                continue
            break
        self._finish(begin.text)
        lengths = {len(row) for row in rows}
        if len(lengths) > 1:
            shown = ", ".join(str(len(row)) for row in rows)
            self.refuse(f"the rows of a matrix are of one length, not of {shown}", begin)
        elements = tuple(one for row in rows for one in row)
        found = Call(_matrix(max(lengths)), elements)
        if begin.text.startswith("v"):
            determinant = find_function("det")
            assert determinant is not None
            return Call(determinant, (found,))
        if begin.text.startswith("V"):
            return Call(NORM, (found,))
        return found

    def _cases(self) -> Expression:
        parts: list[Expression] = []
        otherwise = False
        while self.token.kind != "finish":
            if otherwise:
                self.refuse("after otherwise there are no more cases")
            value = self.plain_sum()
            self.accept(",", ";")
            if not self.accept("&") and self.token.kind != "word":
                self.refuse("a case is a value, & and its condition")
            words = []
            while self.token.kind == "word":
                words.append(self.take().text)
            if {"otherwise", "else"} & set(words) and self.token.kind in ("symbol", "finish"):
                otherwise = True
                parts.append(value)
            else:
                condition = self.condition("=", "==", "!=")
                if not _is_condition(condition):
                    self.refuse("a condition is a comparison, as x > 0, or otherwise")
                parts += condition, value
            self.accept(",", ".", ";")
            if not self.accept("\\\\"):
                break
        self._finish("cases")
        if not parts:
            self.refuse("there is no case")
        return Call(CASES, tuple(parts))

    def _finish(self, name: str) -> None:
        if self.token.kind != "finish":
            self.refuse(rf"an operator is needed, or & or \\ or \end{{{name}}}")
        self.take()


def _matrix(columns: int) -> Function:
    return Function("matrix", partial(matrix, columns), 1, np.inf, columns=columns)


def _is_condition(found: Expression) -> bool:
    if isinstance(found, Product):
        return all(_is_condition(one) for one in found.parts)
    return isinstance(found, Comparison)
