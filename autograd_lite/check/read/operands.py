r"""Operands: what a name begins or stands for: references, derivatives and calls.

``dE/dw`` and ``\frac{\partial E}{\partial w}`` are one reference each; ``σ(x)`` is a call, ``a(z)``
the value of a where the caller says that it is a function of z, and ``O1(…)`` a product.
"""

import keyword
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

from autograd_lite.check.read.expressions import (
    Call,
    Expression,
    Factor,
    Number,
    Power,
    Product,
    Reference,
)
from autograd_lite.check.read.functions import (
    METHODS,
    PI,
    RESHAPING,
    Function,
    derivative,
    find_function,
    reshaped,
    summed_as,
)
from autograd_lite.check.read.series import SeriesReader
from autograd_lite.check.read.tokens import Token

Applies = Callable[[str, Sequence[str]], bool]
"""Whether a name is a value that is computed from the names in the parentheses after it."""
Acts = Callable[[str], str | None]
"""The function that a letter of the author's is, such as "tanh" for φ."""

_MODULES = {"np", "numpy", "math", "torch", "jnp"}
_BARE = {"ln", "log", "exp", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "sigmoid", "relu"}
_QUOTES = {"'", '"'}
_SUBSCRIPTS = re.compile(r"[A-Za-z]*(?:,[A-Za-z]*)*(?:->[A-Za-z]*)?")
_REDUCTIONS = {"sum", "mean"}
_SIGMA = {"σ", r"\sigma"}
_COMMAND = re.compile(r"\\(?!sigma)[A-Za-z]+")
_PREFIX = re.compile(r"\\Delta|\\nabla(?:_.*)?")
_DERIVATIVE = "a derivative is written ∂E/∂w, with the name of a quantity in both places"


class Naming(SeriesReader, ABC):
    """The part of the parser that names begin; the levels above are left to the parser."""

    applies: Applies | None = None
    acts: Acts | None = None

    @abstractmethod
    def power(self) -> Expression:
        """An operand of a product."""

    def name(self) -> Expression:
        """A call, or a reference."""
        first = token = self.take()
        if token.text in (r"\max", r"\min") and self.at("_"):
            self.position -= 1
            return self.sum_over_index()
        if token.text in _MODULES and self.accept("."):
            token = self.take()
            if token.text == "pi":
                return Call(PI, ())
            if token.text == "linalg" and self.accept("."):
                token = self.take()
            if token.text != "einsum" and not find_function(token.text):
                self.refuse(f"after {self.peek(-3).text}. a function that is read is needed", token)
        if found := self._value_of_names(token):
            return found
        if token.text in ("π", r"\pi") and not self.is_known(token.text):
            return Call(PI, ())
        function = find_function(token.text) or self._authors(token)
        if token is first and function and function.name == "sum":
            function = replace(function, loose=True)
        if token.text == "einsum" and self.at("(") and self.peek().text in _QUOTES:
            return self._einsum(token)
        if function and self.at(".") and self.peek().text == "(":
            self.take()  # σ.(z), as Julia has it
        return (function and self._call(token, function)) or self._reference(token)

    def _einsum(self, token: Token) -> Expression:
        """``np.einsum('ni,nj->ij', a, b)``."""
        self.take()
        opening = self.take()
        mark = self.position
        while self.token.text != opening.text:
            if self.take().kind == "end":
                self.refuse("the subscripts of einsum stand in quotes")
        subscripts = self.text[self.tokens[mark].start : self.token.start].replace(" ", "")
        self.take()
        operands: list[Expression] = []
        while self.accept(","):
            operands.append(self.comparison())
        self.expect(")")
        if not _SUBSCRIPTS.fullmatch(subscripts) or subscripts.count(",") + 1 != len(operands):
            self.refuse("einsum has an index of letters for each operand", token)
        return Call(summed_as(subscripts), tuple(operands))

    # Values by what they are computed from: a(z), g'(z)

    def _value_of_names(self, token: Token) -> Reference | None:
        """``a(z)`` as a, where a is computed from z; ``a'(z)`` as the derivative."""
        mark = self.position
        is_slope = self._accept_prime()
        found = self._names_in_parentheses()
        if found and self.applies is not None and self.applies(token.text, found[0]):
            self.position = found[1]
            if not is_slope:
                return Reference(token.text, token.start + 1)
            if len(found[0]) == 1:
                spelling = rf"\frac{{\partial {token.text}}}{{\partial {found[0][0]}}}"
                return Reference(spelling, token.start + 1)
        self.position = mark
        return None

    def _names_in_parentheses(self) -> tuple[list[str], int] | None:
        """The names in the parentheses that follow, and the place after them; None for more."""
        if not self.at("("):
            return None
        names: list[str] = []
        place = 1
        while self.peek(place).kind == "name":
            names.append(self.peek(place).text)
            after = self.peek(place + 1)
            place += 2
            if after.text == ")" and after.kind == "symbol":
                return names, self.position + place
            if after.text not in (",", ";"):
                return None
        return None

    def _authors(self, token: Token) -> Function | None:
        """The function that an author's letter is, before ′ or a parenthesis."""
        follows = self.at("(", "'") or self.peek().text in ("'", "{") or self.peek(2).text == "("
        follows = follows and (self.at("(", "'", "^") or self.token.kind == "superscript")
        if self.acts is None or not follows or self.is_known(token.text):
            return None
        name = self.acts(token.text)
        return find_function(name) if name else None

    # Calls

    def _call(self, token: Token, function: Function) -> Expression | None:
        """The function of what follows; None where the name stands for a quantity."""
        mark = self.position
        used = function
        if self._accept_prime():
            used = self._slope(token, function)
        if token.text in (r"\log", "log") and self.at("_"):
            used = function = self._logarithm()
        exponent = self._function_exponent(token) if used is function else None
        if self.at("("):
            if token.text in _SIGMA and used is function and self.is_known(token.text):
                self.refuse("σ is a quantity here: write sigmoid(…), or σ·(…)", token)
            opening = self.position
            found = self._arguments(token, used)
            is_apart = self.tokens[opening].start > token.end
            if is_apart and used.name in _REDUCTIONS and self._is_raised():
                self.position = opening  # sum (a - t)^2 is that of the squares
                found = Call(used, (self.power(),))
        elif _COMMAND.fullmatch(token.text) or used.name.endswith("′") or self._is_bare(token):
            found = self._bare_argument(token, used)
        else:
            self.position = mark
            return None
        return Power(found, Number(exponent)) if exponent else found

    def _is_bare(self, token: Token) -> bool:
        """Whether a function is written without parentheses, as in ln b."""
        is_function = token.text in _BARE and not self.is_known(token.text)
        return is_function and self.token.kind in ("name", "number")

    def _is_raised(self) -> bool:
        return self.at("^", "**") or self.token.kind == "superscript"

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

    def _logarithm(self) -> Function:
        r"""``\log_2`` and ``\log_{10}``, of which the subscript comes next."""
        self.expect("_")
        braced = self.accept("{")
        function = find_function({"2": "log2", "10": "log10", "e": "log"}.get(self.token.text, ""))
        if function is None:
            self.refuse("a logarithm is to base 2, 10 or e")
        self.take()
        if braced:
            self.expect("}")
        return function

    def _function_exponent(self, token: Token) -> str:
        """The exponent of a function before its operand, as in tanh²(x); "" if there is none."""
        written = [self.peek(place) for place in range(4)]
        if written[0].kind == "superscript":
            exponent, after = written[0], 1
        elif written[0].text == "^":
            braced = written[1].text == "{"
            exponent, after = written[1 + braced], 2 + 2 * braced
        else:
            return ""
        operand = self.peek(after)
        bare = _COMMAND.fullmatch(token.text) and operand.kind in ("name", "number")
        if not exponent.text.isdecimal() or not (operand.text in ("(", "{") or bare):
            return ""
        self.position += after
        return exponent.text

    def _arguments(self, token: Token, function: Function) -> Expression:
        self.take()
        if self.at(")"):
            self.refuse(f"an operand of {function.name} is needed")
        operands = [self.condition("==", "!=")]
        if function.name == "sum" and self.token.text == "for":
            return self.series(operands[0])
        return self._called(token, function, operands)

    def _called(self, token: Token, function: Function, operands: list[Expression]) -> Expression:
        """The function of these operands, and of those that follow; options are ``axis=0``."""
        while self.accept(","):
            function = self._option(function) or function
            if self.before.text == ",":
                operands.append(self.condition("==", "!="))
        self.expect(")")
        if not function.takes(len(operands)):
            needed = "operand" if function.most == 1 else "operands"
            self.refuse(f"{function.name} takes {function.fewest} {needed}", token)
        return Call(function, tuple(operands))

    def _option(self, function: Function) -> Function | None:
        """The function with the option that stands here, an axis also by itself; None without."""
        name = self.token.text
        name = {"dim": "axis", "keepdim": "keepdims"}.get(name, name)  # as PyTorch has them
        named = name in function.options and self.peek().text == "="
        number = self.peek() if name == "-" else self.token
        after = self.peek(1 + (name == "-"))
        alone = "axis" in function.options and number.text.isdecimal()
        alone = alone and (function.most == 1 or self.before.text == "(")
        if not named and not (alone and after.text in (")", ",")):
            return None
        name, self.position = ("axis", self.position) if alone else (name, self.position + 2)
        sign = -1 if self.accept("-") else 1
        value = self.take()
        if name == "keepdims" and value.text in {"True", "False"}:
            return function.having(name, value.text == "True")
        if name in ("axis", "ddof") and value.text.isdecimal():
            if function.loose and alone:  # MATLAB counts axes from 1
                counted = int(value.text)
                return replace(function.having(name, min(counted, 1)), loose=counted == 1)
            return function.having(name, sign * int(value.text))
        return self.refuse("an axis is a whole number, and keepdims True or False", value)

    def method(self, operand: Expression) -> Expression:
        """``.sum(axis=0)`` after its operand."""
        self.expect(".")
        token = self.take()
        if token.text == "shape":
            return self.called("shape", operand)
        if token.text in RESHAPING and self.at("("):
            return Call(reshaped(token.text, self._whole_numbers()), (operand,))
        function = find_function(token.text) if self.is_method(token, self.token) else None
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

    def is_method(self, token: Token, after: Token) -> bool:
        """Whether a name after a dot is a function of what is before it: ``z.tanh()``."""
        if token.text in METHODS or token.text == "shape":
            return True
        return after.text == "(" and find_function(token.text) is not None

    def _whole_numbers(self) -> tuple[int, ...]:
        """The numbers in the parentheses that follow, as in ``.reshape(-1, 1)``."""
        self.expect("(")
        inner = self.accept("(")
        found: list[int] = []
        while not self.at(")"):
            sign = -1 if self.accept("-") else 1
            if not self.token.text.isdecimal():
                self.refuse("whole numbers are needed here")
            found.append(sign * int(self.take().text))
            if not self.accept(","):
                break
        for _ in range(1 + inner):
            self.expect(")")
        return tuple(found)

    def _bare_argument(self, token: Token, function: Function) -> Expression:
        r"""The operand of ``\ln O_1``, which ends before a factor that would be unclear."""
        is_bare = _COMMAND.fullmatch(token.text) or token.text in _BARE
        if function.most != 1 or not is_bare:
            self.refuse(f"the operands of {function.name} stand in parentheses", self.before)
        operand = self.group() if self.at("{") else self.power()
        function_follows = _COMMAND.fullmatch(self.token.text) and find_function(self.token.text)
        if function_follows:
            return Call(function, (operand,))
        if self.token.kind == "name" or self.at("(", "[", "\\{", "\\frac", "√", "∑", "∏", "∂", "𝟙"):
            self.refuse(f"where the operand of {function.name} ends is unclear: use parentheses")
        return Call(function, (operand,))

    def called(self, name: str, operand: Expression) -> Expression:
        """A function of one operand."""
        function = find_function(name)
        assert function is not None
        return Call(function, (operand,))

    def root(self) -> Expression:
        r"""``√x``, ``√(x)`` or ``\sqrt{x}``; ``\sqrt[3]{x}`` is a power."""
        self.take()
        degree = None
        if self.accept("["):
            if not self.token.text.isdecimal():
                self.refuse("the degree of a root is a whole number")
            degree = Number(self.take().text)
            self.expect("]")
        operand = self.group() if self.at("(", "{") else self.power()
        if degree is None:
            return self.called("sqrt", operand)
        return Power(operand, Product((Factor("*", Number("1")), Factor("/", degree))))

    # References

    def _reference(self, token: Token) -> Reference:
        if _COMMAND.fullmatch(token.text) and find_function(token.text):
            self.refuse("a function needs its operand in parentheses")
        if keyword.iskeyword(token.text) and not self.is_known(token.text):
            self.refuse("a word of Python is no name", token)
        follows = self.token.kind == "name" and not self.token.broken
        if _PREFIX.fullmatch(token.text) and follows:
            if not self.is_known(token.text) or self.is_known(self._since(token, self.token)):
                of = self.take()
                spelling = self._since(token, of)
                inner = self._names_in_parentheses()
                if inner and self.applies is not None and self.applies(of.text, inner[0]):
                    self.position = inner[1]  # ∇J(w)
                    return Reference(spelling, token.start + 1)
        elif self._is_derivative_in_line(token, self.peek()):
            self.position += 2
        spelling = self._since(token, self.before)
        if self.at("(") and self.known is not None and not self.known(spelling):
            self.refuse("it is no function that is read, and not the name of anything", token)
        return Reference(spelling, token.start + 1)

    def _since(self, first: Token, last: Token) -> str:
        """The text from one token to another; a name as it is spelled, as x_1 in x^2_1."""
        if first is last:
            return self._written(first)
        between = self.text[first.end : last.start]
        return f"{self._written(first)}{between}{self._written(last)}"

    def _written(self, token: Token) -> str:
        return token.text if token.kind == "name" else self.text[token.start : token.end]

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
        is_letter = len(self.token.text) == 1 or self.token.text.startswith("\\")
        if self.token.kind == "name" and is_letter:
            return Reference(self.take().text, self.before.start + 1)
        return self.refuse("above and below of a fraction stand in braces")

    def _derivative_in_braces(self, first: Token) -> Reference | None:
        place = 0
        names: list[Token] = []
        plain = True
        partial = False
        for _ in range(2):
            found = self._differential_in_braces(place)
            if found is None:
                return None
            place, name, partial, bare = found
            names.append(name)
            plain = plain and bare
        whole = self._since(first, self.peek(place - 1))
        if not plain:
            above, below = names
            d = r"\partial " if partial else ""
            whole = rf"\frac{{{d}{above.text}}}{{{d}{below.text}}}"
        if not partial and not self._is_derivative(whole, *names):
            return None
        self.position += place
        return Reference(whole, first.start + 1)

    def _differential_in_braces(self, place: int) -> tuple[int, Token, bool, bool] | None:
        r"""``{\partial E}``, ``{\partial{E}}`` or ``{\partial E(w)}`` at a distance.

        The distance after it, its name, whether ∂ is written, and whether nothing else is.
        """
        if self.peek(place).text != "{":
            return None
        partial = self.peek(place + 1).text == "∂"
        place += 1 + partial
        inner = partial and self.peek(place).text == "{"
        name = self.peek(place + inner)
        place += 1 + inner
        if inner:
            if self.peek(place).text != "}":
                return None
            place += 1
        bare = not inner
        if self.peek(place).text == "(" and (partial or _is_differential(name)):
            bare = False
            while self.peek(place).text != ")" and self.peek(place).kind != "end":
                place += 1
            place += 1
        if self.peek(place).text != "}":
            return None
        named = name.kind == "name" if partial else _is_differential(name)
        return (place + 1, name, partial, bare) if named else None


def _is_differential(token: Token) -> bool:
    """Whether a name may be d and a name."""
    return token.kind == "name" and token.text.startswith("d") and len(token.text) > 1
