r"""The parser of formulas: ``2(O1 - t1)*H1`` or ``\frac{\partial E}{\partial w_9}`` as expressions.

Everything in the text has a meaning, and one only, or the formula is refused at the column that has
none: nothing is guessed, left out or run as code.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from math import isfinite
from typing import Any

from autograd_lite.check.read.brackets import ONES
from autograd_lite.check.read.expressions import (
    Call,
    Expression,
    Factor,
    Number,
    Power,
    Product,
    Reference,
    Sum,
    Term,
)
from autograd_lite.check.read.functions import (
    PRIMED,
    TRANSPOSE,
    Function,
    element,
    find_function,
    part,
)
from autograd_lite.check.read.operands import Acts, Applies, Naming
from autograd_lite.check.read.series import Indices, indices_of, known_by_index, loose
from autograd_lite.check.read.spellings import Known
from autograd_lite.check.read.tokens import refusal, tokens

_LETTER_INDEX = re.compile(r"\[[^\]]*[A-Za-z]")
_EULER = {"e", r"\mathrm{e}", r"\text{e}"}
_OPENING = ("(", "\\{", "{", "[")
_OPERAND = ("(", "\\{", "[", "∂", "√", "\\frac", "∑", "∏", "𝟙", "⟨")
"""The symbols with which an operand begins, so that it multiplies what stands before it."""
_DOTTED = re.compile(r"(?<!\d)\.[*/](?!\*)|\.\^")
"""Operators of MATLAB and Julia that are taken element by element: there * is that of matrices."""
_NEWAXIS = {"None", "newaxis"}


def parse(
    text: str,
    known: Known | None = None,
    *,
    applies: Applies | None = None,
    acts: Acts | None = None,
    at: Mapping[str, int] | None = None,
) -> Expression:
    r"""The expression that a formula in Python notation or LaTeX stands for.

    ``known`` says whether a spelling is the name of something. It decides between ``d1/d2`` as a
    derivative and as a quotient, ``ab`` as a name and as a product, ``e^x`` as the exponential and
    as a power, and how far a sum over k runs; so it has to tell ``e`` from ``E``. ``applies`` says
    whether a name is a value computed from others, as in ``a(z)``; ``acts`` which function a letter
    of the author's is, as φ may be tanh; ``at`` has numbers for indices that are free. Raises
    FormulaError, with the column, for everything that cannot be read in exactly one way.

    >>> parse("2(O1 - t1)*sigmoid'(net)").evaluate({"O1": 0.75, "t1": 0.25, "net": 0.0})
    0.25
    >>> print(parse(r"\frac{\partial E}{\partial O_1} \cdot w_9 + \eta^2"))
    \frac{\partial E}{\partial O_1}·w_9 + \eta²
    >>> print(parse(r"\sum_{k=1}^{2} O_k w_k"))
    O_1·w_1 + O_2·w_2
    """
    at = at or {}
    knows = known_by_index(text, known, at)
    parser = _Parser(text, tokens(text, knows), knows)
    parser.applies, parser.acts, parser.given = applies, acts, known
    return parser.formula(Indices(at, known))


class _Parser(Naming):
    """Recursive descent: each method reads one level, from comparisons down to atoms."""

    def formula(self, indices: Indices) -> Expression:
        """All of the formula, its sums written out."""
        found = self.comparison()
        if self.token.kind != "end":
            self.refuse_place("an operator is needed, or the end of the formula")
        found = found.map(indices)
        letters = indices_of(self.text)
        for reference in found.references:
            self._check(reference, letters, indices.known)
        return found

    def _check(self, reference: Reference, letters: set[str], known: Known | None) -> None:
        """Refuse an index that has no value: outside its sum, or without one."""
        spelling = reference.spelling
        if loose(reference, letters, known) or _LETTER_INDEX.search(spelling):
            needed = "its index needs a value: a sum ends at the next + or −, or at its parenthesis"
            stands = f"{spelling} stands there"
            raise refusal(self.text, reference.column - 1, stands, needed)

    def plain_sum(self) -> Expression:
        """A sum of products."""
        terms = [Term(self._sign(), self._product())]
        while self.at("+", "-", ".+", ".-"):
            terms.append(Term(self._sign(), self._product()))
        return terms[0].expression if terms[0].sign > 0 and len(terms) == 1 else Sum(tuple(terms))

    def _sign(self) -> int:
        sign = 1
        while self.at("+", "-", ".+", ".-"):
            sign = -sign if self.take().text.endswith("-") else sign
        return sign

    def _signed(self, operand: Expression, sign: int) -> Expression:
        return operand if sign > 0 else Sum((Term(sign, operand),))

    def term(self) -> Expression:
        """A product and the sign before it."""
        sign = self._sign()
        return self._signed(self._product(), sign)

    def _product(self) -> Expression:
        start = self.token
        factors = [Factor("*", self.power())]
        while True:
            if self.at("*", "·", "/", "@", "⊗") or self._is_dot():
                operator = self._operator(factors[-1].expression)
                if operator == "/" and self.at("∑", "∏"):
                    self.refuse("what is divided by a sum needs parentheses around the sum")
                sign = self._sign()
                factors.append(Factor(operator, self._signed(self.power(), sign)))
                self._check_primed(factors)
            elif self._is_juxtaposed(factors):
                factors.append(Factor("·", self.power()))
            else:
                break
        found = _multiplied(factors)
        if found is None:
            self.refuse("a product with ones is a sum of elements: write sum(…, axis=…)", start)
        return found

    def _is_dot(self) -> bool:
        """Whether a dot multiplies, as in x.y or 2(a - b) . c, and is no method's."""
        following = self.peek()
        named = following.kind == "name" and self.is_known(following.text)
        return self.at(".") and (named or following.text == "(")

    def _operator(self, left: Expression) -> str:
        """The operator that is here; in MATLAB ``*`` is the product of matrices, and in X'*Z."""
        token = self.take()
        if token.text == ".":
            return "·"
        written = self.text[token.start : token.end]
        beside = _is_primed(left) or (self.peek().text == "'" and self.token.kind == "name")
        return "·" if written == "*" and (beside or self._is_dotted) else token.text

    @cached_property
    def _is_dotted(self) -> bool:
        return not self.is_latex and _DOTTED.search(self.text) is not None

    def _check_primed(self, factors: Sequence[Factor]) -> None:
        """Refuse ′ where it could be a derivative, which is taken element by element."""
        if factors[-1].operator in "*/" and any(_is_primed(one.expression) for one in factors[-2:]):
            self.refuse("′ may be a derivative or a transposition: write xᵀ, or ∂y/∂x", self.before)

    def _begins_operand(self) -> bool:
        if self.at("|", "‖"):
            return self.token.text not in self.bars
        named = self.token.kind == "name" and self.token.text != "for"
        if self.token.kind == "number" and self.peek().text == "(":  # σ'(z) 2(a - y)
            closed = self.before.text == ")" and self.before.kind == "symbol"
            return closed and self.token.start > self.before.end
        if self.at("{"):  # TeX's braces say nothing where an operand has ended
            ended = self.before.text in ("}", ")", "]", "ᵀ") and self.before.kind == "symbol"
            apart = self.token.start > self.before.end or self.peek().start > self.token.end
            apart = apart or self.text[self.token.end : self.token.end + 1] == "\\"
            return ended or (self.is_latex and self.before.kind in ("name", "number") and apart)
        return self.at(*_OPERAND) or named or self.token.kind == "begin"

    def _is_coefficient(self, factors: Sequence[Factor]) -> bool:
        r"""Whether 1/2 before a factor, or 1/n before a sum, multiplies it."""
        *_, over, under = factors
        if self.at("∑", "∏"):
            return len(factors) == 2
        apart = self.token.start > self.before.end or self.token.kind != "name"
        numbers = isinstance(over.expression, Number) and isinstance(under.expression, Number)
        return numbers and apart and not over.is_divisor

    def _is_juxtaposed(self, factors: Sequence[Factor]) -> bool:
        """Whether an operand follows without an operator; refuse where it is not clear."""
        if not self._begins_operand():
            return False
        before, token = self.before, self.token
        two_names = before.kind == token.kind == "name" and not self.is_latex
        if token.broken:
            self.refuse("one formula ends and another one begins; give one at a time")
        if factors[-1].is_divisor and not self._is_coefficient(factors):
            self.refuse("a/b c may be (a/b)·c or a/(b·c), so write parentheses")
        if two_names and not self.is_known(before.text, token.text):
            self.refuse("an operator is needed between two names")
        if self.at("[") and before.kind == "name" and self.text[token.start] == "[":
            self.refuse("an index is made of numbers, as in w[0,1]; a factor needs an operator")
        if before.kind == "number" and before.end == token.start and token.kind == "name":
            power = self.peek(-2).text in {"^", "**"}
            if power and not self.is_latex:
                self.refuse("x^2y may be x^(2y) or x^2·y, so write parentheses")
            if before.text == "0":
                self.refuse("a number is decimal, and a product with 0 needs its operator")
        return True

    def power(self) -> Expression:
        """An atom with its exponent, or transposed, or with a method."""
        self.deepen()
        found = self.atom()
        raised = turned = False
        if self.at("_") and self.before.text == ")" and self.before.kind == "symbol":
            found = self._element_of(found)
        while self.at("^", "**", "ᵀ", ".", "%", "[", "'") or self.token.kind == "superscript":
            if self.at("[", "%"):
                behind = self._behind(found)
                if behind is None:
                    break
                found = behind
                continue
            if self.at("."):
                if raised or not self.is_method(self.peek(), self.peek(2)):
                    break
                found, turned = self.method(found), False
                continue
            if self.at("'"):
                is_slope = self.peek().text == "(" and self.peek().start == self.token.end
                if raised or turned or is_slope or self.token.start > self.before.end:
                    break
                self.take()
                found, turned = Call(TRANSPOSE if self._is_dotted else PRIMED, (found,)), True
                continue
            if not turned and (self._accept_transposed() or self.accept("ᵀ")):
                found, turned = Call(TRANSPOSE, (found,)), True
                continue
            if raised or self.at("ᵀ"):
                self.refuse("a second exponent needs parentheses")
            raised = True
            found = self._raised(found, self._exponent(found))
        self.depth -= 1
        return found

    def _element_of(self, found: Expression) -> Expression:
        """``softmax(z)_2``: the element of what is in parentheses, counted from 1."""
        self.expect("_")
        braced = self.accept("{")
        numbers = [self.token.text]
        while self.take().kind == "number" and numbers[-1].isdecimal() and int(numbers[-1]):
            if not (braced and self.accept(",")):
                break
            numbers.append(self.token.text)
        else:
            self.refuse("an element of what is in parentheses is that of a number from 1 on")
        if braced:
            self.expect("}")
        places = tuple(int(number) - 1 for number in numbers)
        return Call(
            Function(f"element {','.join(numbers)} of ", partial(element, places)), (found,)
        )

    def _behind(self, found: Expression) -> Expression | None:
        """A percentage, or a vector as a column or a row; None for any other bracket."""
        if self.at("["):
            mark, index = self.position, self._subscript()
            if index is None or (self.is_latex and not any(one in (None, _ALL) for one in index)):
                self.position = mark
                return None
            return Call(part(index), (found,))
        self.take()
        if not isinstance(found, Number) or self._begins_operand() or self.token.kind == "number":
            self.refuse("% is read after a number, as a hundredth", self.before)
        return Product((Factor("*", found), Factor("/", Number("100"))))

    def _subscript(self) -> tuple[Any, ...] | None:
        """The index in the brackets that begin here: ``[:, None]``, ``[0, 1:]``; None for none."""
        apart = self.token.start > self.before.end
        items: list[Any] = []
        while not self.at("]"):
            if not self.accept("[" if not items else ","):
                return None
            if self.at("]"):
                break
            bounds = [self._position()]
            if bounds[0] is None and self.token.text == "np" and self.peek().text == ".":
                self.position += 2
            if bounds[0] is None and self.token.text in _NEWAXIS:
                self.take()
                items.append(None)
            elif bounds[0] is None and self.accept(".."):
                self.expect(".")
                items.append(...)
            elif self.accept(":"):
                items.append(slice(bounds[0], self._position()))
            elif bounds[0] is None:
                return None
            else:
                items.append(bounds[0])
        self.take()
        is_plain = all(isinstance(one, int) for one in items)
        return None if not items or (apart and is_plain) else tuple(items)

    def _position(self) -> int | None:
        """The number that is here, in an index; None without one."""
        signed = self.at("-") and self.peek().text.isdecimal()
        if not (signed or self.token.text.isdecimal()):
            return None
        self.position += signed
        return int(self.take().text) * (-1 if signed else 1)

    def _accept_transposed(self) -> bool:
        r"""Go on after ``^T``, ``^\top`` or the same in braces, unless T is a known name."""
        if not self.at("^"):
            return False
        braced = self.peek().text == "{"
        letter = self.peek(1 + braced)
        turns = letter.text == "ᵀ" or (letter.text == "T" and not self.is_known("T"))
        if not turns or (braced and self.peek(3).text != "}"):
            return False
        self.position += 2 + 2 * braced
        return True

    def _raised(self, base: Expression, exponent: Expression) -> Expression:
        if str(base) in _EULER and not self.is_known(str(base)):
            return self.called("exp", exponent)
        return Power(base, exponent)

    def _exponent(self, base: Expression) -> Expression:
        symbol = self.take()
        if symbol.kind == "superscript":
            return self._whole(symbol.text)
        if not self.is_latex or symbol.text == "**":
            sign = self._sign()
            return self._signed(self.power(), sign)
        if self.at("{") and self.peek().text == "(" and str(base) not in _EULER:
            self.refuse("x^{(2)} may be a power or the x of layer 2: write x^{2}", self.peek())
        if self.at("(", "{"):
            return self.group()
        if len(self.token.text) == 1 and self.token.kind in {"number", "name"}:
            return self.atom()
        if self.token.kind == "name" and self.token.text.startswith("\\"):
            return self.atom()
        return self.refuse("an exponent of more than one character stands in braces: x^{10}")

    @staticmethod
    def _whole(text: str) -> Expression:
        number = Number(text.removeprefix("-"))
        return Sum((Term(-1, number),)) if text.startswith("-") else number

    def atom(self) -> Expression:
        """A number, a name or call, something in parentheses, a fraction, a root or a sum."""
        token = self.token
        kinds = {
            "number": self._number,
            "name": self.name,
            "part": self._part,
            "begin": self.table,
        }
        if token.kind in kinds:
            return kinds[token.kind]()
        if self.at(*_OPENING):
            return self.group()
        readers = {
            "∂": self.differential,
            "√": self.root,
            "\\frac": self.fraction,
            "∑": self.sum_over_index,
            "∏": self.sum_over_index,
            "𝟙": self.indicator,
            "⟨": self.inner_product,
            "|": self.between_bars,
            "‖": self.between_bars,
        }
        if self.at(*readers):
            return readers[token.text]()
        return self.refuse_place("a number, a name or a parenthesis is needed")

    def _part(self) -> Expression:
        over, under = self.take().text.split("/")
        return Product((Factor("*", Number(over)), Factor("/", Number(under))))

    def _number(self) -> Number:
        token = self.take()
        exponent = token.text.lower().partition("e")[2]
        if not isfinite(float(token.text.replace("−", "-"))):
            self.refuse("a number is smaller than 1.8e308", token)
        if exponent.isdecimal() and self.is_known(token.text[-len(exponent) - 1 :]):
            self.refuse("it may be a power of ten or a product, so write × between", token)
        return Number(token.text)


_ALL = slice(None)


def _multiplied(factors: Sequence[Factor]) -> Expression | None:
    """A product, in which a vector of ones adds up rows or columns, or repeats a vector.

    None where it is not clear which.
    """
    place = next((at for at, factor in enumerate(factors) if _is_ones(factor)), None)
    if len(factors) == 1:
        return factors[0].expression
    if place is None:
        return Product(tuple(factors))
    before, ones, after = factors[:place], factors[place], factors[place + 1 :]
    if any(one.operator not in "·@" for one in (*after[:1], *([ones] if before else []))):
        return None
    is_row = isinstance(ones.expression, Call)
    scaled = all(isinstance(one.expression, Number) or one.is_divisor for one in before)
    if is_row and after:  # 1ᵀ A
        inner = _multiplied(after)
        return inner and _multiplied([*before, Factor("·", Call(_sum(0), (inner,)))])
    if not is_row and len(after) == 1 and scaled and isinstance(after[0].expression, Call):
        return _multiplied([*before, after[0]])  # 1 bᵀ
    inner = _multiplied(before) if before and not after and not scaled else None
    return inner if inner is None or is_row else Call(_sum(-1), (inner,))  # b 1ᵀ, or A 1


def _sum(axis: int) -> Function:
    function = find_function("sum")
    assert function is not None
    return function.having("axis", axis)


def _is_primed(found: Expression) -> bool:
    return isinstance(found, Call) and found.function == PRIMED


def _is_ones(factor: Factor) -> bool:
    found = factor.expression
    if isinstance(found, Call) and found.function == TRANSPOSE:
        found = found.operands[0]
        return found is ONES or found == ONES  # 1ᵀ can be nothing else
    return found is ONES
