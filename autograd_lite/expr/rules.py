"""What an expression is replaced by without changing a bit of it, if its numbers are finite.

Only the sign of a zero may change: the source has to compute what the engine computes. The formulas
of :mod:`autograd_lite.expr.node` are for reading, and go further.
"""

from collections.abc import Callable, Sequence
from math import frexp
from typing import Any

import numpy as np

from autograd_lite.expr.notation import is_uniform
from autograd_lite.op import REGISTRY, Op, primal, shape_of
from autograd_lite.ops.elementwise import divide, multiply, negative


def without_broadcasts(op: Op, parts: Sequence[Any]) -> list[Any]:
    """Two operands, without what NumPy does by itself: spreading a number, or a row, over an array.

    One gives way after the other, and each only where the result keeps its shape and precision:
    where both were spread, the second stays. Only of arithmetic each bit is sure to be the same
    with a number as with an array of them.
    """
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
    if not _was(part, "broadcast_to"):
        return part
    (inner,) = part.operands
    return (
        inner.operands[0] if _was(inner, "reshape") and not shape_of(inner.operands[0]) else inner
    )


def _as_number(array: Any) -> Any:
    """An array of equal numbers as one of them."""
    return float(array.flat[0]) if isinstance(array, np.ndarray) and is_uniform(array) else array


def _is(part: Any, number: float) -> bool:
    return type(part) is float and part == number


def _is_exact(part: Any) -> bool:
    """Whether multiplying with it rounds nothing: it is a power of two."""
    return type(part) is float and abs(frexp(part)[0]) == 0.5


def _was(part: Any, kind: str) -> bool:
    """Whether a part is an expression of that kind."""
    return getattr(part, "kind", "") == kind


def _add(a: Any, b: Any) -> Any:
    if _is(a, 0.0) or _is(b, 0.0):
        return b if _is(a, 0.0) else a
    return multiply(2.0, a) if a is b else None


def _multiply(a: Any, b: Any) -> Any:
    """A number comes first, as one writes it."""
    if type(b) is float:
        return multiply(b, a)
    if _is(a, 1.0):
        return b
    if _is(a, 0.0) and not shape_of(b) and b.book.finite:
        return 0.0
    if _is(a, -1.0):
        return negative(b)
    if type(a) is float and _was(b, "multiply"):
        return _gather_numbers(a, b)
    return _sign_first(multiply, a, b)


def _sign_first(op: Op, a: Any, b: Any) -> Any:
    """−a·b as −(a·b), and so for a quotient."""
    if _was(a, "negative"):
        return negative(op(a.operands[0], b))
    return negative(op(a, b.operands[0])) if _was(b, "negative") else None


def _gather_numbers(number: float, product: Any) -> Any:
    """A number times a product, where a power of two makes the order irrelevant."""
    first, second = product.operands
    if type(first) is float and (_is_exact(number) or _is_exact(first)):
        return multiply(number * first, second)
    return multiply(multiply(number, first), second) if _is_exact(number) else None


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
    if type(condition) is float and not shape_of(a) and not shape_of(b):
        return a if condition else b
    if not _compares(condition) or not _is(b, 0.0):
        return None
    if _kind(_as_number(a), condition) == _kind(a, condition):
        a = _as_number(a)
    if _is(a, 1.0):
        return condition
    return multiply(a, condition) if condition.book.finite and not condition.shape else None


def _equal(a: Any, b: Any) -> Any:
    """What does not hold, as what does."""
    return REGISTRY[_OPPOSITES[a.kind]](*a.operands) if _compares(a) and _is(b, 0.0) else None


def _place(*parts: Any) -> Any:
    """Of one number, the first is the extreme."""
    return 0.0 if len(parts) == 1 and not shape_of(parts[0]) else None


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

REWRITES: dict[str, Callable[..., Any]] = {
    "add": _add,
    "subtract": lambda a, b: a if _is(b, 0.0) else None,
    "multiply": _multiply,
    "divide": _divide,
    "negative": lambda a: a.operands[0] if _was(a, "negative") else None,
    "power": _power,
    "identity": lambda a: a,
    "where": _where,
    "equal": _equal,
    "not_equal": lambda a, b: a if _compares(a) and _is(b, 0.0) else None,
    **dict.fromkeys(("largest", "smallest"), lambda *parts: parts[0] if len(parts) == 1 else None),
    **dict.fromkeys(("argmax", "argmin"), _place),
    # Of two axes there is one other order.
    "transpose": lambda a: a.operands[0] if _was(a, "transpose") and a.ndim < 3 else None,
}
"""For some ops a function of the operands; None where it leaves the expression as it is."""
