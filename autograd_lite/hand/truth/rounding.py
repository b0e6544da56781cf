"""Rounding: how far two right computations of one number can differ.

It is not a constant number of digits: a sum that cancels loses some, and so does 1 − O1 of a
saturated sigmoid. So each number carries a bound of its rounding error, to first order and in units
of the relative rounding of the arithmetic, and formulas carry it on by the ops' own derivatives.
"""

from collections.abc import Mapping
from typing import NamedTuple

from autograd_lite.expr.node import Expression
from autograd_lite.op import Elementwise
from autograd_lite.ops.elementwise import add, subtract

__all__ = ["Rounded", "rounding_of"]


class Rounded(NamedTuple):
    """A number and the bound of its rounding error.

    >>> from autograd_lite.hand.truth.rounding import Rounded
    >>> Rounded(2.0, 1.0).times(Rounded(3.0)), Rounded(5.0).plus(Rounded(-5.0))
    (Rounded(value=6.0, bound=9.0), Rounded(value=0.0, bound=10.0))
    """

    value: float
    bound: float = 0.0

    def plus(self, other: "Rounded") -> "Rounded":
        """The sum; it may have been added up in another order, so both parts count."""
        own = abs(self.value) + abs(other.value)
        return Rounded(self.value + other.value, self.bound + other.bound + own)

    def times(self, other: "Rounded") -> "Rounded":
        """The product."""
        value = self.value * other.value
        carried = abs(self.value) * other.bound + abs(other.value) * self.bound
        return Rounded(value, carried + abs(value))


def rounding_of(formula: Expression, known: Mapping[str, float]) -> float:
    """The bound for a formula, given those of its names.

    >>> from autograd_lite.expr.node import name
    >>> O1 = name("O1", 0.75)
    >>> rounding_of(1 - O1, {"O1": 2.0})  # 2 from O1, and 1 + 0.75 from the difference
    3.75
    """
    bounds: dict[int, float] = {}
    waiting = [formula]
    while waiting:
        node = waiting[-1]
        missing = [operand for operand in node.operands if id(operand) not in bounds]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        if node.op is None:
            bounds[id(node)] = known.get(node.label, 0.0)
        else:
            carried = _carried(node, [bounds[id(operand)] for operand in node.operands])
            bounds[id(node)] = _own(node) + carried
    return bounds[id(formula)]


def _own(node: Expression) -> float:
    """What one operation rounds: its result, and for a sum what is added, in whatever order."""
    if node.op in {add, subtract}:
        return float(sum(abs(operand.value) for operand in node.operands))
    return float(abs(node.value))


def _carried(node: Expression, bounds: list[float]) -> float:
    """What the operands' rounding contributes: each times its partial derivative."""
    assert isinstance(node.op, Elementwise)  # a graph of scalars has no other ops
    values = tuple(operand.value for operand in node.operands)
    carried = 0.0
    for position, bound in enumerate(bounds):
        if bound:
            carried += abs(node.op.partial(position, node.value, values)) * bound
    return carried
