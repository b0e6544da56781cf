"""How a value was computed, in one line of text."""

from collections.abc import Mapping
from typing import Any

from autograd_lite.chain.notation import Written, apply, written_number
from autograd_lite.value import Value

__all__ = ["definition"]

_LONGEST, _DEEPEST = 32, 3
"""How many letters and how many ops are written out."""
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
    right = _whole(value, names, _DEEPEST)
    if right is None or len(right.text) > _LONGEST:
        known = (_operand(operand, names, 0) for operand in value.operands)
        right = apply(value.op, "text", [operand or _UNNAMED for operand in known])
    return f"{left} = {right.text}" if left else right.text


def _whole(value: Value, names: Mapping[Value, str], depth: int) -> Written | None:
    """What gave the value in names and numbers; None where that takes more ops than ``depth``."""
    assert value.op is not None
    operands = []
    for operand in value.operands:
        written = _operand(operand, names, depth - 1)
        if written is None:
            return None
        operands.append(written)
    return apply(value.op, "text", operands)


def _operand(operand: Any, names: Mapping[Value, str], depth: int) -> Written | None:
    if isinstance(operand, float):
        return written_number(operand, "text")
    if not isinstance(operand, Value):
        return Written(f"array{operand.shape}")
    if operand in names:
        return Written(names[operand])
    return _whole(operand, names, depth) if operand.op is not None and depth > 0 else None
