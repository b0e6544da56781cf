"""A finding: what was found for one claim."""

from dataclasses import dataclass
from typing import Any, Literal

from autograd_lite.check.causes.cause import Cause

__all__ = ["Finding", "Verdict", "WorstElement"]

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
    part: str = ""
    """Which pass of a derivation in several passes."""
