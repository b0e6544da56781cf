"""Rounding: how far two right computations of one number can differ.

It is not a constant number of digits: a sum that cancels loses some, and so does 1 − O1 of a
saturated sigmoid. So each number carries a bound of its rounding error, to first order and in
units of the relative rounding of the arithmetic: the size of what was added up, not of what is
left. Formulas of the graph carry it on by the ops' own derivatives; for what a person wrote it is
measured.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.read.numbers import Array
from autograd_lite.expr.node import Expression
from autograd_lite.op import Elementwise
from autograd_lite.ops.elementwise import add, subtract


class Rounded(NamedTuple):
    """A number, or one for each of several points, and the bound of its rounding error.

    >>> Rounded(2.0, 1.0).times(Rounded(3.0)), Rounded(5.0).plus(Rounded(-5.0))
    (Rounded(value=6.0, bound=9.0), Rounded(value=0.0, bound=10.0))
    """

    value: Any
    bound: Any = 0.0

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
    """The bound for a formula where it was recorded, given those of its names.

    >>> from autograd_lite.expr.node import name
    >>> O1 = name("O1", 0.75)
    >>> rounding_of(1 - O1, {"O1": 2.0})  # 2 from O1, and 1 + 0.75 from the difference
    3.75
    """
    return float(rounded(formula, {}, known).bound)


def rounded(formula: Expression, values: Mapping[str, Any], known: Mapping[str, Any]) -> Rounded:
    """A formula with other numbers for its names, or with one for each of several points.

    A name without a value has the one that was recorded.

    >>> from autograd_lite.expr.node import name
    >>> rounded(1 - name("O1", 0.75), {"O1": np.array([0.75, 1.0])}, {})
    Rounded(value=array([0.25, 0.  ]), bound=array([1.75, 2.  ]))
    """
    found: dict[int, Rounded] = {}
    waiting = [formula]
    while waiting:
        node = waiting[-1]
        missing = [operand for operand in node.operands if id(operand) not in found]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        if node.op is None:
            value = values.get(node.label, node.value) if node.is_symbol else node.value
            found[id(node)] = Rounded(value, known.get(node.label, 0.0))
        else:
            operands = [found[id(operand)] for operand in node.operands]
            found[id(node)] = _applied(node, operands, recorded=not values)
    return found[id(formula)]


def _applied(node: Expression, operands: list[Rounded], recorded: bool) -> Rounded:
    """What one op rounds: its result, or for a sum what is added, in whatever order.

    To that comes what the operands have been rounded, each times its partial derivative.
    """
    assert isinstance(node.op, Elementwise)  # a graph of scalars has no other ops
    values = tuple(operand.value for operand in operands)
    value = node.value if recorded else node.op.forward(*values, **node.attributes)
    is_sum = node.op in {add, subtract}
    bound = sum(abs(one) for one in values) if is_sum else abs(value)
    for position, operand in enumerate(operands):
        if np.any(operand.bound):
            bound = bound + abs(node.op.partial(position, value, values)) * operand.bound
    return Rounded(value, bound)


# What a person wrote is a function of numbers: its rounding is measured, by rounding what goes in.

_EPS = float(np.finfo(float).eps)
_MOVE = 2.0**-28
"""So far a number is moved: its square is less than the rounding of the arithmetic."""
_PROBES = 4


def measured_rounding(
    compute: Callable[[Mapping[str, Array]], Array],
    values: Mapping[str, Array],
    bounds: Mapping[str, Array],
) -> Array:
    """The bound for a formula of any kind: what a rounding of each number that goes in does to it.

    Every number is moved to both sides, by a part of itself and of its own bound. By what the
    middle of the two is off, the formula itself has rounded.

    >>> total = lambda given: np.asarray((given["x"] - given["x"].mean()).sum())
    >>> size = measured_rounding(total, {"x": np.array([1e3, 2e3, 4e3])}, {})
    >>> bool(100 < size < 1e5)
    True
    """
    rng = np.random.default_rng(0)
    exact = np.asarray(compute(values), float)
    size = np.abs(exact)
    for _ in range(_PROBES):
        moves = {
            name: rng.uniform(0.5, 1, np.shape(of))
            * rng.choice((-_MOVE, _MOVE), np.shape(of))
            * (np.abs(of) + bounds.get(name, 0))
            for name, of in values.items()
        }
        up, down = (
            np.asarray(compute({name: of + sign * moves[name] for name, of in values.items()}))
            for sign in (1, -1)
        )
        for far in np.abs(up - down) / _MOVE, np.abs(up - exact + (down - exact)) / _EPS:
            size = np.maximum(size, np.where(np.isfinite(far), far, 0))
    return np.asarray(size)
