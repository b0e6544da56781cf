r"""The parser of formulas: ``2(O1 - t1)*H1`` or ``\frac{\partial E}{\partial w_9}`` as expressions.

Everything in the text has a meaning, and one only, or the formula is refused at the column that has
none: nothing is guessed, left out or run as code.
"""

import keyword
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NoReturn

from autograd_lite.check.read.expressions import (
    Call,
    Comparison,
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
    METHODS,
    TRANSPOSE,
    Function,
    derivative,
    find_function,
)
from autograd_lite.check.read.tokens import Known, Token, is_latex, refusal, tokens

# A cursor over the tokens of a formula: what stands here, go on, or refuse the formula.

_DEEPEST = 50
_NEEDED = {
    "=": "a formula has no = in it; an equation is `name = formula`",
    "==": "of comparisons >, <, ≥ and ≤ are read",
    "!=": "of comparisons >, <, ≥ and ≤ are read",
    ".": "after a dot .T, .sum(…), .mean(…), .dot(…) are read, and a function after np. or math.",
    "..": "a range stands only in sum(… for k in 1..3)",
    "_": "a subscript stands directly after its name, its braces closed",
    "'": "′ stands only between a function of one operand and its parenthesis",
    "∂": "a derivative is written ∂E/∂w",
}
"""Where a symbol belongs."""


class Cursor:
    """The tokens of one formula and the place among them.

    >>> from autograd_lite.check.read.tokens import tokens
    >>> cursor = Cursor("a + b", tokens("a + b"), None)
    >>> cursor.take().text, cursor.at("+", "-")
    ('a', True)
    """

    def __init__(self, text: str, found: Sequence[Token], known: Known | None) -> None:
        self.text = text
        self.tokens = found
        self.known = known
        self.is_latex = is_latex(text)
        self.indices = set(_indices(found))
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        """The token that stands here."""
        return self.tokens[self.position]

    @property
    def before(self) -> Token:
        """The token before it."""
        return self.tokens[max(self.position - 1, 0)]

    def peek(self, distance: int = 1) -> Token:
        """A token further on; at last the one that says that the formula ends."""
        return self.tokens[min(self.position + distance, len(self.tokens) - 1)]

    def at(self, *symbols: str) -> bool:
        """Whether one of the symbols stands here."""
        return self.token.kind == "symbol" and self.token.text in symbols

    def take(self) -> Token:
        """The token that stands here; the cursor goes on."""
        taken = self.token
        self.position += taken.kind != "end"
        return taken

    def accept(self, *symbols: str) -> bool:
        """Go on if one of the symbols stands here, and say whether it does."""
        found = self.at(*symbols)
        self.position += found
        return found

    def expect(self, symbol: str, needed: str = "") -> Token:
        """Go on after a symbol that has to stand here."""
        if not self.at(symbol):
            shown = symbol.removeprefix("\\")
            self.refuse(needed) if needed else self.refuse_place(f"{shown} is needed there")
        return self.take()

    def deepen(self) -> None:
        """Go one level deeper into parentheses, exponents or operands; refuse too many."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.refuse(f"a formula has at most {_DEEPEST} levels within each other")

    def is_known(self, *spellings: str) -> bool:
        """Whether all spellings are known to mean something."""
        return self.known is not None and all(map(self.known, spellings))

    def refuse(self, needed: str, token: Token | None = None) -> NoReturn:
        """Refuse the formula, at the token that stands here or at another one."""
        token = token or self.token
        what = self.text[token.start : token.end]
        stands = f"{what} stands there" if token.kind != "end" else "the formula ends"
        if token.kind == "command":
            stands, needed = f"{what} is no command that is read", "write it in another way"
        elif token.kind == "word" or token.text == "for":
            needed = "an index needs its value, so give one formula for each"
        raise refusal(self.text, token.start, stands, needed)

    def refuse_place(self, needed: str) -> NoReturn:
        """Refuse what stands here, by where it belongs if that is known."""
        symbol = self.token.text if self.token.kind == "symbol" else ""
        self.refuse(_NEEDED.get(symbol, needed))


def _indices(found: Sequence[Token]) -> Iterator[str]:
    r"""The indices of all sums: ``\sum_k``, ``\sum_{k=1}`` or ``for k in``."""
    for place, token in enumerate(found):
        following = [after.text for after in found[place + 1 : place + 4]]
        if token.text == "∑" and following[:1] == ["_"]:
            yield from [text for text in following[1:] if text.isalpha()][:1]
        elif token.text == "for" and following[1:2] == ["in"]:
            yield following[0]


# Sums over an index: the summand written out for each value that the index takes.

MOST = 1_000
"""The most values of an index."""
_MOST_PARTS = 20_000

_SUBSCRIPT = re.compile(r"_\{[^{}]*\}|\[[^\]]*\]|_[^\W_]+")


def indexed(spelling: str, index: str, value: int) -> str:
    r"""A spelling with a number for an index among its subscripts.

    >>> indexed(r"\frac{\partial E}{\partial O_k}", "k", 1), indexed("w_{k,j}", "k", 2)
    ('\\frac{\\partial E}{\\partial O_1}', 'w_{2,j}')
    >>> indexed("k_j", "k", 1), indexed("w[k][0]", "k", 1)
    ('k_j', 'w[1][0]')
    """
    alone = re.compile(rf"(?<![A-Za-z0-9]){re.escape(index)}(?![A-Za-z0-9])")
    return _SUBSCRIPT.sub(lambda found: alone.sub(str(value), found[0]), spelling)


def mentions(spelling: str, index: str) -> bool:
    """Whether an index is among the subscripts of a spelling.

    >>> mentions("O_k", "k"), mentions("k", "k")
    (True, False)
    """
    return indexed(spelling, index, 0) != spelling


def write_out(summand: Expression, index: str, values: range) -> Expression | None:
    """The sum over an index; None where it would be too large.

    >>> from autograd_lite.check.read.expressions import Reference
    >>> print(write_out(Reference("O_k"), "k", range(1, 4)))
    O_1 + O_2 + O_3
    """
    parts = sum(1 for _ in summand.walk())
    if len(values) > MOST or len(values) * parts > _MOST_PARTS:
        return None

    def at(value: int) -> Expression:
        def change(reference: Reference) -> Expression:
            if reference.spelling == index:
                return Number(str(value))
            return Reference(indexed(reference.spelling, index, value), reference.column)

        return summand.map(change)

    terms = tuple(Term(1, at(value)) for value in values)
    return Sum(terms) if len(terms) > 1 else terms[0].expression


def running(summand: Expression, index: str, known: Known | None) -> range:
    """The values of an index without bounds: from 0 or 1, as long as all indexed names are known.

    >>> from autograd_lite.check.read.expressions import Reference
    >>> running(Reference("O_k"), "k", {"O_1", "O_2"}.__contains__)
    range(1, 3)
    """
    names = [part.spelling for part in summand.references if mentions(part.spelling, index)]
    if not names or known is None:
        return range(0)

    def fits(value: int) -> bool:
        return all(known(indexed(name, index, value)) for name in names)

    first = 0 if fits(0) else 1
    last = first
    while last - first <= MOST and fits(last):
        last += 1
    return range(first, last)


# What begins with a name or stands for one: references, derivatives and calls.
#
# ``dE/dw`` and ``\frac{\partial E}{\partial w}`` are one reference each; ``σ(x)`` is a call and
# ``O1(…)`` a product.

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


# Sums over an index, as they are written: ``\sum_{k=1}^{2}`` and ``sum(… for k in 1..2)``.

_SUM_WRITTEN = r"a sum is written \sum_{k=1}^{2}, or sum(… for k in 1..2)"


class Series(Naming, ABC):
    """The part of the parser that reads sums over an index."""

    @abstractmethod
    def term(self) -> Expression:
        """A product and the sign before it: what a sum reaches."""

    def sum_over_index(self) -> Expression:
        r"""``\sum_{k=1}^{2}`` or ``\sum_k`` and its summand, which ends at the next + or −."""
        start = self.take()
        self.expect("_", _SUM_WRITTEN)
        braced = self.accept("{")
        index = self._index()
        bounds = None
        if braced:
            first = self._bound() if self.accept("=") else None
            self.expect("}", _SUM_WRITTEN)
            bounds = None if first is None else range(first, self._upper_bound() + 1)
        return self._over(start, self.term(), index, bounds)

    def series(self, summand: Expression) -> Expression:
        """``sum(… for k in 1..2)``, of which ``for`` comes next."""
        start = self.take()
        index = self._index()
        if self.take().text != "in":
            self.refuse(_SUM_WRITTEN, self.before)
        if self.token.text == "range" and self.peek().text == "(":
            self.position += 2
            numbers = [self._bound()]
            if self.accept(","):
                numbers.append(self._bound())
            self.expect(")", _SUM_WRITTEN)
            bounds = range(*numbers)
        else:
            first = self._bound()
            self.expect("..", _SUM_WRITTEN)
            bounds = range(first, self._bound() + 1)
        self.expect(")")
        return self._over(start, summand, index, bounds)

    def _index(self) -> str:
        if self.token.kind != "name" or not self.token.text.isalpha():
            self.refuse(_SUM_WRITTEN)
        return self.take().text

    def _bound(self) -> int:
        if not self.token.text.isdecimal() or len(self.token.text) > len(str(MOST)):
            self.refuse(f"a bound of a sum is a whole number, at most {MOST}")
        return int(self.take().text)

    def _upper_bound(self) -> int:
        if self.token.kind == "superscript":
            return self._bound()
        self.expect("^", _SUM_WRITTEN)
        braced = self.accept("{")
        if not braced and len(self.token.text) > 1:
            self.refuse("a bound of more than one digit stands in braces")
        bound = self._bound()
        if braced:
            self.expect("}", _SUM_WRITTEN)
        return bound

    def _over(
        self, start: Token, summand: Expression, index: str, bounds: range | None
    ) -> Expression:
        """The sum written out."""
        values = running(summand, index, self.known) if bounds is None else bounds
        if not values:
            needed = "no first value of the index fits a known name, so give its bounds"
            self.refuse(needed if bounds is None else "a sum has at least one value", start)
        found = write_out(summand, index, values)
        return found or self.refuse(f"a sum has at most {MOST} values, and fewer if long", start)


# The parser.

_LETTER_INDEX = re.compile(r"\[[^\]]*[A-Za-z]")
_EULER = {"e", r"\mathrm{e}", r"\text{e}"}
_CLOSING = {"(": ")", "\\{": "\\}", "{": "}", "[": "]"}
_OPERAND = ("(", "\\{", "[", "∂", "√", "\\frac", "∑")
"""The symbols with which an operand begins, so that it multiplies what stands before it."""
_COMPARED = (">", ">=", "<", "<=")


def parse(text: str, known: Known | None = None) -> Expression:
    r"""The expression that a formula in Python notation or LaTeX stands for.

    ``known`` says whether a spelling is the name of something. It decides between ``d1/d2`` as a
    derivative and as a quotient, ``ab`` as a name and as a product, ``e^x`` as the exponential and
    as a power, and how far a sum over k runs; so it has to tell ``e`` from ``E``. Raises
    FormulaError, with the column, for everything that cannot be read in exactly one way.

    >>> parse("2(O1 - t1)*sigmoid'(net)").evaluate({"O1": 0.75, "t1": 0.25, "net": 0.0})
    0.25
    >>> print(parse(r"\frac{\partial E}{\partial O_1} \cdot w_9 + \eta^2"))
    \frac{\partial E}{\partial O_1}·w_9 + \eta²
    >>> print(parse(r"\sum_{k=1}^{2} O_k w_k"))
    O_1·w_1 + O_2·w_2
    """
    return _Parser(text, tokens(text, known), known).formula()


class _Parser(Series):
    """Recursive descent: each method reads one level, from comparisons down to atoms."""

    def formula(self) -> Expression:
        """All of the formula."""
        found = self.comparison()
        if self.token.kind != "end":
            self.refuse_place("an operator is needed, or the end of the formula")
        for reference in found.references:
            self._check(reference)
        return found

    def _check(self, reference: Reference) -> None:
        """Refuse an index that has no value: outside its sum, or without one."""
        spelling = reference.spelling
        loose = any(spelling == index or mentions(spelling, index) for index in self.indices)
        if (loose and not self.is_known(spelling)) or _LETTER_INDEX.search(spelling):
            needed = "its index needs a value: a sum ends at the next + or −, or at its parenthesis"
            stands = f"{spelling} stands there"
            raise refusal(self.text, reference.column - 1, stands, needed)

    def comparison(self) -> Expression:
        """A sum, or two with a comparison between them."""
        left = self._sum()
        if not self.at(*_COMPARED):
            return left
        sign = self.take().text
        right = self._sum()
        if self.at(*_COMPARED):
            self.refuse("a formula compares two sides, so write a chain as a product of brackets")
        return Comparison(sign, left, right)

    def _sum(self) -> Expression:
        terms = [Term(self._sign(), self._product())]
        while self.at("+", "-"):
            terms.append(Term(self._sign(), self._product()))
        return terms[0].expression if terms[0].sign > 0 and len(terms) == 1 else Sum(tuple(terms))

    def _sign(self) -> int:
        sign = 1
        while self.at("+", "-"):
            sign = -sign if self.take().text == "-" else sign
        return sign

    def _signed(self, operand: Expression, sign: int) -> Expression:
        return operand if sign > 0 else Sum((Term(sign, operand),))

    def term(self) -> Expression:
        """A product and the sign before it."""
        sign = self._sign()
        return self._signed(self._product(), sign)

    def _product(self) -> Expression:
        factors = [Factor("*", self.power())]
        while True:
            if self.at("*", "·", "/", "@"):
                operator = self.take().text
                if operator == "/" and self.at("∑"):
                    self.refuse("what is divided by a sum needs parentheses around the sum")
                sign = self._sign()
                factors.append(Factor(operator, self._signed(self.power(), sign)))
            elif self._is_juxtaposed(factors[-1]):
                factors.append(Factor("·", self.power()))
            else:
                return Product(tuple(factors)) if len(factors) > 1 else factors[0].expression

    def _begins_operand(self) -> bool:
        return self.at(*_OPERAND) or (self.token.kind == "name" and self.token.text != "for")

    def _is_juxtaposed(self, last: Factor) -> bool:
        """Whether an operand follows without an operator; refuse where it is not clear."""
        if not self._begins_operand():
            return False
        before, token = self.before, self.token
        two_names = before.kind == token.kind == "name" and not self.is_latex
        if token.broken:
            self.refuse("one formula ends and another one begins; give one at a time")
        if last.is_divisor:
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
        while self.at("^", "**", "ᵀ", ".") or self.token.kind == "superscript":
            if self.at("."):
                if raised or self.peek().text not in METHODS:
                    break
                found, turned = self.method(found), False
                continue
            if not turned and (self._accept_transposed() or self.accept("ᵀ")):
                found, turned = Call(TRANSPOSE, (found,)), True
                continue
            if raised or self.at("ᵀ"):
                self.refuse("a second exponent needs parentheses")
            raised = True
            found = self._raised(found, self._exponent())
        self.depth -= 1
        return found

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

    def _exponent(self) -> Expression:
        symbol = self.take()
        if symbol.kind == "superscript":
            return self._whole(symbol.text)
        if not self.is_latex or symbol.text == "**":
            sign = self._sign()
            return self._signed(self.power(), sign)
        if self.at("{") and self.peek().text == "(":
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
        if token.kind == "number":
            self.take()
            return self._number(token)
        if token.kind == "name":
            return self.name()
        if self.at(*_CLOSING):
            return self.group()
        if self.at("|"):
            return self._between_bars()
        readers = {"∂": self.differential, "√": self.root, "\\frac": self.fraction}
        if self.at("∑", *readers):
            return readers.get(token.text, self.sum_over_index)()
        return self.refuse_place("a number, a name or a parenthesis is needed")

    def _number(self, token: Token) -> Number:
        exponent = token.text.lower().partition("e")[2]
        if not isfinite(float(token.text.replace("−", "-"))):
            self.refuse("a number is smaller than 1.8e308", token)
        if exponent.isdecimal() and self.is_known(token.text[-len(exponent) - 1 :]):
            self.refuse("it may be a power of ten or a product, so write × between", token)
        return Number(token.text)

    def group(self) -> Expression:
        """What stands in parentheses, brackets or braces."""
        opening = self.take()
        if self.at(_CLOSING[opening.text]):
            self.refuse("a number or a name is needed in the parentheses")
        found = self.comparison()
        self.expect(_CLOSING[opening.text])
        grouping = self.is_latex and not isinstance(found, Number)
        if opening.text == "[" and not (grouping or isinstance(found, Comparison)):
            self.refuse("brackets hold an index of a name, or a condition as x > 0", opening)
        return found

    def _between_bars(self) -> Expression:
        self.take()
        inside = self.comparison()
        self.expect("|")
        return self.called("abs", inside)
