"""Findings: what was found for one claim, and the mistake behind it."""

from dataclasses import dataclass
from typing import Any, Literal

KINDS = (
    "another quantity",
    "arithmetic",
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


# What was found for one claim.

Verdict = Literal["right", "wrong", "follows", "ambiguous", "unchecked"]


@dataclass(frozen=True)
class WorstElement:
    """Where an array is wrong by most, both numbers there, and how many elements are wrong."""

    index: tuple[int, ...]
    given: float
    expected: float
    wrong: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found for one claim.

    ``name`` and ``given`` are as they were given, in ``line`` of the file and ``where`` in it;
    ``quantity`` says what they were compared with, such as ``dE/dw_9``, and is "" where the name
    means nothing. ``expected`` is the true number or array, ``error`` the relative difference; for
    a wrong array, that of its ``worst`` element.

    The verdict is "right"; "wrong", with its ``causes``, the likeliest first; "follows", right
    given an earlier mistake, whose name is ``root`` (and ``roots``, if there are several);
    "ambiguous", where it depends on what the name means; or "unchecked". ``reason`` says more.
    ``formula`` is that of a claim that came as one, or as code.
    """

    name: str
    given: Any
    quantity: str = ""
    verdict: Verdict
    expected: Any = None
    error: float | None = None
    reason: str = ""
    worst: WorstElement | None = None
    root: str = ""
    roots: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    formula: str = ""
    line: int | None = None
    where: str = ""
    missing: str = ""
    """The name for want of which nothing could be judged."""
    part: str = ""
    """Which pass of a derivation in several passes."""
    aside: bool = False
    """A variable of a program that means nothing in the graph: counted, and not listed."""
