r"""Sums over an index, as they are written: ``\sum_{k=1}^{2}`` and ``sum(… for k in 1..2)``."""

from abc import ABC, abstractmethod

from autograd_lite.check.formulas.expression import Expression
from autograd_lite.check.formulas.naming import Naming
from autograd_lite.check.formulas.sums import MOST, running, write_out
from autograd_lite.check.formulas.tokens import Token

__all__ = ["Series"]

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
