"""Each op on single numbers as plain Python, with the functions of ``math``."""

from collections.abc import Callable
from typing import Any

from autograd_lite.chain.derivation.expression import Expression
from autograd_lite.chain.derivation.written import Level, Writer, Written, raised
from autograd_lite.ops.selection import largest, smallest

__all__ = ["HELPERS", "SCALARS", "is_compared", "winner"]

Template = Callable[[Writer, Expression], Written]

HELPERS = {
    "sigmoid": """\
def sigmoid(x):
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))
""",
    "sign": """\
def sign(x):
    return (x > 0) - (x < 0)
""",
    "argmax": """\
def argmax(*numbers):
    return numbers.index(max(numbers))
""",
    "argmin": """\
def argmin(*numbers):
    return numbers.index(min(numbers))
""",
}
"""What ``math`` has no function for, as the source defines it."""


def _call(module: str, name: str, *more: Any) -> Template:
    return lambda writer, part: Written(writer.call(module, name, *part.operands, *more))


def _sigmoid(writer: Writer, part: Expression) -> Written:
    writer.call("math", "exp")  # the helper calls it
    return Written(writer.call("", "sigmoid", *part.operands))


def _power(writer: Writer, part: Expression) -> Written:
    """x**2; an exponent that is not whole goes to ``pow``: (-8) ** 0.5 would be complex."""
    base, exponent = part.operands
    if type(exponent) is not float or not exponent.is_integer():
        return Written(writer.call("math", "pow", base, exponent))
    return raised(writer.write(base, Level.ATOM), writer.write(exponent))


def _where(writer: Writer, part: Expression) -> Written:
    condition, a, b = part.operands
    first, question, last = (writer.write(one, Level.COMPARISON) for one in (a, condition, b))
    return Written(f"{first} if {question} else {last}", Level.CHOICE)


def _equal(writer: Writer, part: Expression) -> Written:
    """Whether one of several is their extreme: b == F > a, since of equals the first wins."""
    won = winner(part)
    if won is None:
        return Written(" == ".join(_texts(writer, part.operands)), Level.COMPARISON)
    place, position = part.operands
    text = " == ".join(_texts(writer, won))
    before = place.operands[: int(position)]
    if before:
        _, function, beats = _EXTREMES[place.kind]
        several = f"{function}({', '.join(map(writer.write, before))})"
        text += f" {beats} {several if len(before) > 1 else _texts(writer, before)[0]}"
    return Written(text, Level.COMPARISON)


def is_compared(place: Any) -> bool:
    """Whether a place of an extreme is never written: who wins is seen by comparing numbers."""
    return getattr(place, "kind", "") in _EXTREMES and len(place.operands) <= _MOST_COMPARED


def winner(part: Expression) -> tuple[Any, Any] | None:
    """A candidate and the extreme of all, if this asks whether the one is the other."""
    place, position = part.operands[0], part.operands[-1]
    if part.kind != "equal" or not is_compared(place) or part.shape:
        return None
    extreme = place.book.apply(_EXTREMES[place.kind][0], place.operands, {})
    return place.operands[int(position)], extreme


def _texts(writer: Writer, parts: Any) -> list[str]:
    return [writer.write(part, Level.SUM) for part in parts]


_EXTREMES = {"argmax": (largest, "max", ">"), "argmin": (smallest, "min", "<")}
_MOST_COMPARED = 9
"""Each candidate is compared with all before it, so for many the place itself is written."""

SCALARS: dict[str, Template] = {
    **{name: _call("math", name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh")},
    **{name: _call("builtins", "max") for name in ("largest", "maximum")},
    **{name: _call("builtins", "min") for name in ("smallest", "minimum")},
    "abs": _call("builtins", "abs"),
    "relu": _call("builtins", "max", 0.0),
    "sigmoid": _sigmoid,
    **{name: _call("", name) for name in ("sign", "argmax", "argmin")},
    "power": _power,
    "raised": _power,
    "where": _where,
    "equal": _equal,
}
"""For the kinds of expressions the template on single numbers."""
