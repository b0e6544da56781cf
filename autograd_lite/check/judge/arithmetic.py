"""Arithmetic: whether one step of a chain, from numbers to a number, is right by itself.

``0.562·0.999 = 0.246`` is wrong whatever the network. Each printed number is known to its digits,
so the step has to be right for some numbers that are printed so.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.formulas import parse
from autograd_lite.check.read.numbers import Numbers, read_numbers
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


# The digits of floats that were typed in

_MOST_DIGITS = 12
_FEWEST_DIGITS = 3
_EXACT_DIGITS = 4
"""A binary fraction, such as 0.125, is short without having been rounded."""
_ROUNDED_ARRAY = 3
"""Where no element of an array has more decimals, and one has so many, all were rounded."""


def with_digits(numbers: Numbers) -> Numbers:
    """Floats that were typed in are known to the digits that were typed, which are few.

    >>> with_digits(read_numbers(0.4581)).half_units, with_digits(read_numbers(1 / 3)).half_units
    (array(5.e-05), array(0.))
    >>> with_digits(read_numbers([0.4581, 0.5, 0.0])).half_units.tolist()
    [5e-05, 5e-05, 5e-05]
    """
    values, half_units = numbers.values.ravel().tolist(), numbers.half_units.ravel().tolist()
    if any(half_units) or not np.all(np.isfinite(values)):
        return numbers
    typed = [_typed(value) for value in values]
    decimals = max((_decimals(value) for value in values), default=0)
    if len(values) > 1 and any(typed) and _ROUNDED_ARRAY <= decimals <= _MOST_DIGITS:
        typed = [float(f"0.5e-{decimals}")] * len(values)
    return replace(numbers, half_units=np.reshape(typed, numbers.values.shape))


def _typed(value: float) -> float:
    """Half a unit of the last digit of a float that looks like one that was typed in, else 0."""
    if value.is_integer():
        return 0.0
    digits = len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0"))
    is_binary = (value * 2.0**20).is_integer()
    if not (_EXACT_DIGITS if is_binary else _FEWEST_DIGITS) <= digits <= _MOST_DIGITS:
        return 0.0
    return float(read_numbers(repr(value)).half_units)


def _decimals(value: float) -> int:
    mantissa, _, exponent = repr(value).partition("e")
    return len(mantissa.partition(".")[2].rstrip("0")) - int(exponent or 0)
