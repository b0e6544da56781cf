"""What an expression is replaced by as it is written: two tables, the second built on the first.

``EXACT`` changes no bit of a result whose numbers are finite, but for the sign of a zero: derived
source has to compute what the engine computes. ``READERS`` goes on to what a person would write.
"""

from collections.abc import Callable, Mapping, Sequence
from math import frexp, isfinite
from typing import Any

import numpy as np

from autograd_lite.expr.notation import is_uniform
from autograd_lite.op import REGISTRY, Elementwise, Op, primal, shape_of
from autograd_lite.ops.elementwise import add, divide, multiply, negative, power, subtract
from autograd_lite.ops.shaping import is_in_order

Rewrite = Callable[..., Any]


def is_kind(part: Any, kind: str) -> bool:
    """Whether a part is an expression of that kind.

    >>> is_kind(2.0, "symbol")
    False
    """
    return getattr(part, "kind", "") == kind


def _is_number(part: Any) -> bool:
    return type(part) is float or getattr(part, "kind", "") == "number"


def _is(part: Any, value: float) -> bool:
    return _is_number(part) and bool(primal(part) == value)


# Every bit is kept


def without_broadcasts(op: Op, parts: Sequence[Any]) -> Sequence[Any]:
    """Two operands, without what NumPy does by itself: spreading a number, or a row, over an array.

    One gives way after the other, and each only where the result keeps its shape and precision:
    where both were spread, the second stays. Only of arithmetic each bit is sure to be the same
    with a number as with an array of them.
    """
    if len(parts) != 2 or not any(map(shape_of, parts)) or not isinstance(op, Elementwise):
        return parts
    first, second = parts
    kind = _kind(first, second)
    shorter: list[Callable[[Any], Any]] = [_unspread]
    if op.name in ("add", "subtract", "multiply", "divide"):
        shorter.append(_as_number)
    for shortened in shorter:
        if _kind(found := shortened(first), second) == kind:
            first = found
        if _kind(first, found := shortened(second)) == kind:
            second = found
    return [first, second]


def _kind(first: Any, second: Any) -> Any:
    """Shape and precision of what NumPy makes of two operands."""
    shape = np.broadcast_shapes(shape_of(first), shape_of(second))
    return shape, np.result_type(*map(primal, (first, second)))


def _unspread(part: Any) -> Any:
    if not is_kind(part, "broadcast_to"):
        return part
    (inner,) = part.operands
    was_number = is_kind(inner, "reshape") and not shape_of(inner.operands[0])
    return inner.operands[0] if was_number else inner


def _as_number(array: Any) -> Any:
    """An array of equal numbers as one of them."""
    return float(array.flat[0]) if isinstance(array, np.ndarray) and is_uniform(array) else array


def _add(a: Any, b: Any) -> Any:
    if _is(a, 0.0) or _is(b, 0.0):
        return b if _is(a, 0.0) else a
    return multiply(2.0, a) if a is b else None


def _multiply(a: Any, b: Any) -> Any:
    """A number comes first, as one writes it."""
    if _is_number(b):
        return multiply(b, a)
    if _is_number(a):
        number = primal(a)
        if number == 1.0:
            return b
        if number == 0.0 and not shape_of(b) and b.book.finite:
            return 0.0
        if number == -1.0:
            return negative(b)
        if is_kind(b, "multiply"):
            return _gather_numbers(a, b)
    return _sign_first(multiply, a, b)


def _sign_first(op: Op, a: Any, b: Any) -> Any:
    """−a·b as −(a·b), and so for a quotient."""
    if is_kind(a, "negative"):
        return negative(op(a.operands[0], b))
    return negative(op(a, b.operands[0])) if is_kind(b, "negative") else None


def _gather_numbers(number: Any, product: Any) -> Any:
    """A number times a product, where a power of two makes the order irrelevant."""
    first, second = product.operands
    if _is_number(first) and (_is_exact(number) or _is_exact(first)):
        return multiply(number * first, second)
    return multiply(multiply(number, first), second) if _is_exact(number) else None


def _is_exact(number: Any) -> bool:
    """Whether multiplying with it rounds nothing: it is a power of two."""
    return abs(frexp(primal(number))[0]) == 0.5


def _divide(a: Any, b: Any) -> Any:
    return a if _is(b, 1.0) else _sign_first(divide, a, b)


def _power(x: Any, n: Any) -> Any:
    if _is(n, 0.0) and not shape_of(x):
        return 1.0
    return x if _is(n, 1.0) else None


def _where(condition: Any, a: Any, b: Any) -> Any:
    """A choice between a number and 0 is a product, as one writes it, where no number is infinite.

    An array stays a choice: NumPy divides by 0 where Python raises.
    """
    if _is_number(condition) and not shape_of(a) and not shape_of(b):
        return a if primal(condition) else b
    if not _compares(condition) or not _is(b, 0.0):
        return None
    if isinstance(a, np.ndarray) and _kind(_as_number(a), condition) == _kind(a, condition):
        a = _as_number(a)
    if _is(a, 1.0):
        return condition
    return multiply(a, condition) if condition.book.finite and not condition.shape else None


def _equal(a: Any, b: Any) -> Any:
    """What does not hold, as what does: [[a > b] = 0] is [a ≤ b]."""
    return REGISTRY[_OPPOSITES[a.kind]](*a.operands) if _compares(a) and _is(b, 0.0) else None


def _place(*parts: Any) -> Any:
    """Of one number, the first is the extreme."""
    return 0.0 if len(parts) == 1 and not shape_of(parts[0]) else None


def _transpose(x: Any, axes: Sequence[int]) -> Any:
    """Of two axes there is one other order."""
    if is_in_order(axes):
        return x
    return x.operands[0] if is_kind(x, "transpose") and x.ndim < 3 else None


def _compares(part: Any) -> bool:
    return getattr(part, "kind", "") in _OPPOSITES


_OPPOSITES = {
    "greater": "less_equal",
    "less_equal": "greater",
    "less": "greater_equal",
    "greater_equal": "less",
    "equal": "not_equal",
    "not_equal": "equal",
}

EXACT: Mapping[str, Rewrite] = {
    "add": _add,
    "subtract": lambda a, b: a if _is(b, 0.0) else None,
    "multiply": _multiply,
    "divide": _divide,
    "negative": lambda a: a.operands[0] if is_kind(a, "negative") else None,
    "power": _power,
    "identity": lambda a: a,
    "where": _where,
    "equal": _equal,
    "not_equal": lambda a, b: a if _compares(a) and _is(b, 0.0) else None,
    **dict.fromkeys(("largest", "smallest"), lambda *parts: parts[0] if len(parts) == 1 else None),
    **dict.fromkeys(("argmax", "argmin"), _place),
    "transpose": _transpose,
}
"""For some ops a function of the operands; None where it leaves the expression as it is."""


# For readers: another order, another rounding, and 0·x is 0 whatever x is


def _below_0(part: Any) -> bool:
    return _is_number(part) and bool(primal(part) < 0)


def _has_sign(part: Any) -> bool:
    return is_kind(part, "negative") or _below_0(part)


def _add_signed(a: Any, b: Any) -> Any:
    if _has_sign(b):
        return subtract(a, negative(b))
    return subtract(b, negative(a)) if _has_sign(a) else None


def _subtract_signed(a: Any, b: Any) -> Any:
    if _is(a, 0.0):
        return negative(b)
    return add(a, negative(b)) if _has_sign(b) else None


def _no_product(a: Any, b: Any) -> Any:
    return 0.0 if _is(a, 0.0) or _is(b, 0.0) else None


def _no_quotient(a: Any, _: Any) -> Any:
    return 0.0 if _is(a, 0.0) else None


def _product(a: Any, b: Any) -> Any:
    """Numbers to the front, factors from left to right."""
    if _below_0(a):
        return negative(multiply(negative(a), b))
    if b.op in {multiply, divide}:
        first, second = b.operands
        return b.op(multiply(a, first), second)
    return power(a, 2.0) if a is b else None


def _quotient(a: Any, b: Any) -> Any:
    if _below_0(a):
        return negative(divide(negative(a), b))
    if _below_0(b):
        return negative(divide(a, negative(b)))
    return divide(a.operands[0], multiply(a.operands[1], b)) if is_kind(a, "divide") else None


def _finite_choice(condition: Any, a: Any, b: Any) -> Any:
    """A choice between something and 0 as a product, but for 0·inf."""
    is_product = _compares(condition) and _is(b, 0.0) and _is_finite(a)
    return multiply(a, condition) if is_product else None


def _is_finite(part: Any) -> bool:
    data = primal(part)
    return data is not None and isfinite(data)


def _in_turn(*rewrites: Rewrite) -> Rewrite:
    """The first of several that replaces the expression."""

    def rewrite(*parts: Any) -> Any:
        for one in rewrites:
            if (found := one(*parts)) is not None:
                return found
        return None

    return rewrite


READERS: Mapping[str, Rewrite] = {
    **EXACT,
    "add": _in_turn(_add_signed, _add),
    "subtract": _in_turn(EXACT["subtract"], _subtract_signed),
    "multiply": _in_turn(_no_product, _multiply, _product),
    "divide": _in_turn(_no_quotient, _divide, _quotient),
    "where": _in_turn(_where, _finite_choice),
}
"""The same, and more that a person does without thinking."""
