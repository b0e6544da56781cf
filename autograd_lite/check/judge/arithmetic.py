"""Arithmetic: whether one step of a chain, from numbers to a number, is right by itself.

``0.562·0.999 = 0.246`` is wrong whatever the network. Each printed number is known to its digits,
so the step has to be right for some numbers that are printed so.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.formulas import parse
from autograd_lite.check.read.numbers import read_numbers
from autograd_lite.errors import AutogradLiteError

_ROUNDING = 1e-12


class Amount(NamedTuple):
    """A number that came of printed ones, and how far it may be off."""

    value: float
    off: float


def moved_literal(text: str, literal: str) -> str:
    """A formula with one of its printed numbers half a unit of its last digit higher.

    >>> moved_literal("0.35*10.35 + x_0.35", "0.35")
    '0.355*10.35 + x_0.35'
    """
    more = repr(float(literal) + float(read_numbers(literal).half_units))
    # Not within a longer number, nor within a name.
    return re.sub(rf"(?<![\w.]){re.escape(literal)}(?![\w.])", more, text)


def numeric(text: Any, is_exact: Callable[[str], bool]) -> Amount | None:
    """What a member of a chain is if it is made of numbers alone, else None.

    >>> numeric("0.50*0.3", lambda literal: literal == "0.3")
    Amount(value=0.15, off=0.0015000000000000013)
    >>> numeric("2*w", lambda literal: True)
    """
    if not isinstance(text, str):
        return None
    try:
        formula = parse(text, known=lambda _: False)
        if formula.references:
            return None
        value = float(formula.evaluate({}))
        off = 0.0
        for literal in dict.fromkeys(formula.literals):
            if not is_exact(literal):
                other = parse(moved_literal(text, literal), known=lambda _: False)
                off += abs(float(other.evaluate({})) - value)
    except (AutogradLiteError, ArithmeticError, TypeError, ValueError):
        return None
    return Amount(value, off) if np.isfinite(value) else None


def slip(claim: Claim, is_exact: Callable[[str], bool]) -> Cause | None:
    """What is wrong with the step to a claim from the member before it; None if nothing is.

    >>> one = Claim(name="dE/dw", given="0.246", after="0.562*0.999")
    >>> slip(one, lambda literal: False).sentence
    '0.562*0.999 is 0.561438, not 0.246'
    >>> slip(Claim(name="dE/dw", given="0.562", after="0.562*0.999"), lambda literal: False)
    """
    if claim.sign not in ("=", "≈"):
        return None  # w: 0.5 → 0.44 is no equation
    before = numeric(claim.after, is_exact)
    after = numeric(claim.given, is_exact)
    if before is None or after is None:
        return None
    far = abs(before.value - after.value)
    whole = 0.5 if claim.sign == "≈" and float(after.value).is_integer() else 0.0
    if far <= before.off + after.off + whole + _ROUNDING * abs(before.value):
        return None
    right = f"{before.value:.6g}"
    sentence = f"{claim.after} is {right}, not {claim.given}"
    return Cause("arithmetic", sentence, 0.0, f"write {right}")
