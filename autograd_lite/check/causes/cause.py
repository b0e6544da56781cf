"""A cause: the mistake behind a wrong number, as a repair that makes it right."""

from dataclasses import dataclass

__all__ = ["KINDS", "Cause"]

KINDS = (
    "another quantity",
    "constant factor",
    "extra factor",
    "extra summand",
    "flipped",
    "low precision",
    "missing factor",
    "missing path",
    "no path",
    "overwritten",
    "rounding",
    "shape",
    "sigmoid derivative",
    "stale value",
    "tie counted twice",
    "transposed",
    "updated before reuse",
    "upside down",
    "wrong factor",
    "wrong index",
    "wrong sign",
    "wrong sign and constant factor",
)
"""The kinds of mistakes that have a name; several at once are joined by " + "."""


@dataclass(frozen=True)
class Cause:
    """One explanation of a wrong number or array.

    ``kind`` is a short name such as ``wrong sign``, ``sentence`` says what happened, ``residual``
    is the largest relative difference that is left after the repair, and ``fix`` says in one line
    what to do. ``parts`` are the single mistakes of which a combination is made.

    >>> Cause("wrong sign", "dE/dw has the wrong sign", 0.0, "change its sign").kind
    'wrong sign'
    """

    kind: str
    sentence: str
    residual: float
    fix: str
    parts: tuple["Cause", ...] = ()
