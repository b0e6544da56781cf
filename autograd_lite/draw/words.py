"""How a value was computed, in one line of text."""

from collections.abc import Mapping
from typing import Any

from autograd_lite.chain.notation import Written, apply, written_number
from autograd_lite.op import Precedence
from autograd_lite.value import Value

__all__ = ["definition"]

_LONGEST = 32
_UNNAMED = Written("...")  # not "…", for whose width layout engines leave too little room


def definition(value: Value, names: Mapping[Value, str]) -> str:
    """The name and the op that gave the value; unnamed operands are written out if that is short.

    >>> import autograd_lite as ag
    >>> F = ag.Value([1.0, 2.0])
    >>> s = ag.sigmoid(F)
    >>> definition(s, {F: "F", s: "s"})
    's = σ(F)'
    """
    left = names.get(value, "")
    if value.op is None:
        return left
    texts = [_applied(value, names, depth).text for depth in (3, 2, 1)]
    whole = (text for text in texts if len(text) <= _LONGEST and _UNNAMED.text not in text)
    right = next(whole, texts[-1])
    return f"{left} = {right}" if left else right


def _applied(value: Value, names: Mapping[Value, str], depth: int) -> Written:
    assert value.op is not None
    operands = [_operand(operand, names, depth - 1) for operand in value.operands]
    return apply(value.op, "text", operands)


def _operand(operand: Any, names: Mapping[Value, str], depth: int) -> Written:
    if isinstance(operand, float):
        return written_number(operand, "text")
    if not isinstance(operand, Value):
        return Written(f"array{operand.shape}")
    if operand in names:
        return Written(names[operand], Precedence.ATOM)
    return _applied(operand, names, depth) if operand.op is not None and depth > 0 else _UNNAMED
