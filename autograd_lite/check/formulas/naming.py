r"""What begins with a name or stands for one: references, derivatives and calls.

``dE/dw`` and ``\frac{\partial E}{\partial w}`` are one reference each; ``σ(x)`` is a call and
``O1(…)`` a product.
"""

import keyword
import re
from abc import ABC, abstractmethod

from autograd_lite.check.formulas.cursor import Cursor
from autograd_lite.check.formulas.expression import Expression, Factor, Number, Reference
from autograd_lite.check.formulas.functions import METHODS, Function, derivative, find_function
from autograd_lite.check.formulas.operations import Call, Power, Product
from autograd_lite.check.formulas.tokens import Token

__all__ = ["Naming"]

_MODULES = {"np", "numpy", "math", "torch", "jnp"}
_SIGMA = {"σ", r"\sigma"}
_COMMAND = re.compile(r"\\(?!sigma)[A-Za-z]+")
_PREFIX = re.compile(r"\\Delta|\\nabla(?:_.*)?")
_DERIVATIVE = "a derivative is written ∂E/∂w, with the name of a quantity in both places"


class Naming(Cursor, ABC):
    """The part of the parser that names begin; the levels above are left to the parser."""

    @abstractmethod
    def comparison(self) -> Expression:
        """Everything up to the end or the next parenthesis."""

    @abstractmethod
    def power(self) -> Expression:
        """An operand of a product."""

    @abstractmethod
    def group(self) -> Expression:
        """What stands in parentheses."""

    @abstractmethod
    def series(self, summand: Expression) -> Expression:
        """The sum over an index whose summand stands before ``for``."""

    def name(self) -> Expression:
        """A call, or a reference."""
        token = self.take()
        if token.text in _MODULES and self.accept("."):
            token = self.take()
            if not find_function(token.text):
                self.refuse(f"after {self.peek(-3).text}. a function that is read is needed", token)
        function = find_function(token.text)
        return (function and self._call(token, function)) or self._reference(token)

    # Calls

    def _call(self, token: Token, function: Function) -> Expression | None:
        """The function of what follows; None where the name stands for a quantity."""
        mark = self.position
        used = function
        if self._accept_prime():
            used = self._slope(token, function)
        exponent = self._function_exponent() if used is function else None
        if self.at("("):
            if token.text in _SIGMA and used is function and self.is_known(token.text):
                self.refuse("σ is a quantity here: write sigmoid(…), or σ·(…)", token)
            found = self._arguments(token, used)
        elif _COMMAND.fullmatch(token.text) or used is not function:
            found = self._bare_argument(token, used)
        else:
            self.position = mark
            return None
        return Power(found, Number(exponent)) if exponent else found

    def _accept_prime(self) -> bool:
        r"""Go on after ``'``, ``^\prime`` or ``^{\prime}``."""
        for written in (("'",), ("^", "'"), ("^", "{", "'", "}")):
            if tuple(self.peek(place).text for place in range(len(written))) == written:
                self.position += len(written)
                return True
        return False

    def _slope(self, token: Token, function: Function) -> Function:
        found = derivative(function)
        if found is None:
            self.refuse(f"the derivative of {function.name} is not read as ′", token)
        if self.at("'"):
            self.refuse("only first derivatives of functions are read")
        return found

    def _function_exponent(self) -> str:
        """The exponent of a function before its operand, as in tanh²(x); "" if there is none."""
        written = [self.peek(place) for place in range(4)]
        if written[0].kind == "superscript":
            exponent, after = written[0], 1
        elif written[0].text == "^":
            braced = written[1].text == "{"
            exponent, after = written[1 + braced], 2 + 2 * braced
        else:
            return ""
        if not exponent.text.isdecimal() or self.peek(after).text != "(":
            return ""
        self.position += after
        return exponent.text

    def _arguments(self, token: Token, function: Function) -> Expression:
        self.take()
        if self.at(")"):
            self.refuse(f"an operand of {function.name} is needed")
        operands = [self.comparison()]
        if function.name == "sum" and self.token.text == "for":
            return self.series(operands[0])
        return self._called(token, function, operands)

    def _called(self, token: Token, function: Function, operands: list[Expression]) -> Expression:
        """The function of these operands, and of those that follow; options are ``axis=0``."""
        while self.accept(","):
            function = self._option(function) or function
            if self.before.text == ",":
                operands.append(self.comparison())
        self.expect(")")
        if not function.takes(len(operands)):
            needed = "operand" if function.most == 1 else "operands"
            self.refuse(f"{function.name} takes {function.fewest} {needed}", token)
        return Call(function, tuple(operands))

    def _option(self, function: Function) -> Function | None:
        """The function with the option that stands here, an axis also by itself; None without."""
        name = self.token.text
        named = name in function.options and self.peek().text == "="
        alone = function.most == 1 and "axis" in function.options and name.isdecimal()
        if not named and not (alone and self.peek().text == ")"):
            return None
        name, self.position = ("axis", self.position) if alone else (name, self.position + 2)
        sign = -1 if self.accept("-") else 1
        value = self.take()
        if name == "keepdims" and value.text in {"True", "False"}:
            return function.having(name, value.text == "True")
        if name == "axis" and value.text.isdecimal():
            return function.having(name, sign * int(value.text))
        return self.refuse("an axis is a whole number, and keepdims True or False", value)

    def method(self, operand: Expression) -> Expression:
        """``.sum(axis=0)`` after its operand."""
        self.expect(".")
        token = self.take()
        function = find_function(token.text) if token.text in METHODS else None
        if function is None or not self.accept("("):
            self.refuse("after a dot .T is read, and .sum(…), .mean(…), .max(…), .min(…), .dot(…)")
        if self.accept(")"):
            return Call(function, (operand,))
        used = self._option(function)
        if used is None and not function.options:
            return self._called(token, function, [operand, self.comparison()])
        if used is None:
            self.refuse(f"{function.name} takes axis=… and keepdims=… here")
        return self._called(token, used, [operand])

    def _bare_argument(self, token: Token, function: Function) -> Expression:
        r"""The operand of ``\ln O_1``, which ends before a factor that would be unclear."""
        if function.most != 1 or not _COMMAND.fullmatch(token.text):
            self.refuse(f"the operands of {function.name} stand in parentheses", self.before)
        operand = self.group() if self.at("{") else self.power()
        if self.token.kind == "name" or self.at("(", "[", "\\{", "\\frac", "√", "∑", "∂"):
            self.refuse(f"where the operand of {function.name} ends is unclear: use parentheses")
        return Call(function, (operand,))

    def called(self, name: str, operand: Expression) -> Expression:
        """A function of one operand."""
        function = find_function(name)
        assert function is not None
        return Call(function, (operand,))

    def root(self) -> Expression:
        r"""``√x``, ``√(x)`` or ``\sqrt{x}``."""
        self.take()
        if self.at("["):
            self.refuse("a root with an index is written as a power: x^{1/3}")
        return self.called("sqrt", self.group() if self.at("(", "{") else self.power())

    # References

    def _reference(self, token: Token) -> Reference:
        if _COMMAND.fullmatch(token.text) and find_function(token.text):
            self.refuse("a function needs its operand in parentheses")
        if keyword.iskeyword(token.text) and not self.is_known(token.text):
            self.refuse("a word of Python is no name", token)
        follows = self.token.kind == "name" and not self.token.broken
        if _PREFIX.fullmatch(token.text) and follows:
            if not self.is_known(token.text) or self.is_known(self._since(token, self.token)):
                self.take()
        elif self._is_derivative_in_line(token, self.peek()):
            self.position += 2
        spelling = self._since(token, self.before)
        indexed = any(index in spelling for index in self.indices)
        if self.at("(") and not indexed and self.known is not None and not self.known(spelling):
            self.refuse("it is no function that is read, and not the name of anything", token)
        return Reference(spelling, token.start + 1)

    def _since(self, first: Token, last: Token) -> str:
        return self.text[first.start : last.end]

    def _is_derivative_in_line(self, above: Token, below: Token) -> bool:
        """Whether dE/dw follows, written without spaces."""
        attached = above.end == self.token.start and self.token.end == below.start
        named = _is_differential(above) and _is_differential(below)
        whole = self._since(above, below)
        return self.at("/") and attached and named and self._is_derivative(whole, above, below)

    def _is_derivative(self, whole: str, above: Token, below: Token) -> bool:
        """Whether d1/d2 is a derivative, or the quotient of two names that are known."""
        return self.is_known(whole) or not self.is_known(above.text, below.text)

    def differential(self) -> Reference:
        """∂E/∂w, with or without spaces."""
        first = self.token
        for symbol in ("∂", "/", "∂"):
            self.expect(symbol, _DERIVATIVE)
            if symbol == "∂":
                if self.token.kind != "name":
                    self.refuse(_DERIVATIVE)
                self.take()
        return Reference(self._since(first, self.before), first.start + 1)

    def fraction(self) -> Expression:
        r"""``\frac{a}{b}`` as a quotient, or as a derivative."""
        first = self.take()
        if found := self._derivative_in_braces(first):
            return found
        if self.at("{") and self.peek().text == "∂":
            self.refuse(_DERIVATIVE, self.peek())
        over, under = self._side(), self._side()
        return Product((Factor("*", over), Factor("/", under)))

    def _side(self) -> Expression:
        r"""What stands in braces, or a single character, as both in ``\frac12``."""
        if self.at("{"):
            return self.group()
        if self.token.kind == "number" and len(self.token.text) == 1:
            return Number(self.take().text)
        if self.token.kind == "name" and len(self.token.text) == 1:
            return Reference(self.take().text, self.before.start + 1)
        return self.refuse("above and below of a fraction stand in braces")

    def _derivative_in_braces(self, first: Token) -> Reference | None:
        place = 0
        names: list[Token] = []
        partial = False
        for _ in range(2):
            partial = self.peek(place + 1).text == "∂"
            name = self.peek(place + 1 + partial)
            braces = self.peek(place).text + self.peek(place + 2 + partial).text
            named = name.kind == "name" if partial else _is_differential(name)
            if braces != "{}" or not named:
                return None
            names.append(name)
            place += 3 + partial
        whole = self._since(first, self.peek(place - 1))
        if not partial and not self._is_derivative(whole, *names):
            return None
        self.position += place
        return Reference(whole, first.start + 1)


def _is_differential(token: Token) -> bool:
    """Whether a name may be d and a name."""
    return token.kind == "name" and token.text.startswith("d") and len(token.text) > 1
