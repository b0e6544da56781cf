"""Numbers as a person writes them, each with the precision that its digits state."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import ClaimError
from autograd_lite.value import Value

__all__ = ["Array", "Numbers", "read_numbers"]

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(float).eps)
_NUMBER = re.compile(r"([+\-−]?)(\d+(?:\.(\d*))?|\.(\d+))(?:[eE]([+\-−]?\d+))?")
_NOT_FINITE = re.compile(r"[+\-−]?(?:nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """Numbers as they were given: their values, and how exactly they are known.

    ``half_units`` is half a unit of the last printed digit of each, 0 for a number in full;
    ``eps`` the relative rounding of the arithmetic from which they come.
    """

    values: Array
    half_units: Array
    eps: float = _EPS


class _Number(NamedTuple):
    value: float
    half_unit: float = 0.0
    eps: float = _EPS


def read_numbers(given: Any) -> Numbers:
    """A number, printed number, array, nested list or printed matrix as numbers with precision.

    A printed number is known to half a unit of its last digit; one without decimals, and a printed
    0.0, are exact. Raises ClaimError for what is not made of real numbers.

    >>> from autograd_lite.check.read.numbers import read_numbers
    >>> numbers = read_numbers(["-0.125", "1.5e-3", 0.1])
    >>> numbers.values.tolist(), numbers.half_units.tolist()
    ([-0.125, 0.0015, 0.1], [0.0005, 5e-05, 0.0])
    """
    if isinstance(given, Value):
        given = given.data
    if isinstance(given, str):
        return _printed(given)
    try:
        array = np.asarray(given)
        if isinstance(given, list | tuple) and array.dtype.kind not in "fiu":
            array = np.array(given, object)  # each element as it stands: "0.50" has its digits
    except ValueError:
        raise ClaimError(f"{describe(given)} is not a rectangular array of numbers") from None
    if array.dtype.kind == "f":
        values = array.astype(float)
        return Numbers(values, np.zeros(array.shape), float(np.finfo(array.dtype).eps))
    return _gathered([_number(one) for one in array.ravel().tolist()], array.shape)


def _gathered(numbers: list[_Number], shape: tuple[int, ...]) -> Numbers:
    values, half_units, eps = zip(*numbers, strict=True) if numbers else ((), (), (_EPS,))
    return Numbers(np.reshape(values, shape), np.reshape(half_units, shape), max(eps))


def _number(given: Any) -> _Number:
    """One element of what was given."""
    if isinstance(given, str | Decimal):
        return _digits(str(given))
    if isinstance(given, np.floating):
        return _Number(float(given), eps=float(np.finfo(given.dtype).eps))
    if isinstance(given, int | float | np.integer | Fraction) and not isinstance(given, bool):
        return _Number(float(given))
    raise ClaimError(f"{describe(given)} is not a number")


def _digits(text: str, decimals: int = 0) -> _Number:
    """A printed number; ``decimals`` are known even where zeros at the end were left out."""
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        if _NOT_FINITE.fullmatch(text):
            return _Number(float(text.replace("−", "-")))
        raise ClaimError(f"{text!r} is not a number; write it as 0.25, -2 or 1.5e-3")
    value = float(text.replace("−", "-"))
    scientific, printed = found[5] is not None, _decimals(text)
    decimals = max(decimals, printed)
    exact_zero = value == 0 and (scientific or printed <= 1)
    if exact_zero or (decimals == 0 and not scientific):
        return _Number(value)
    exponent = int(found[5].replace("−", "-")) if scientific else 0
    return _Number(value, float(f"0.5e{exponent - decimals}"))


def _decimals(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    return len(found[3] or found[4] or "") if found else 0


def _printed(text: str) -> Numbers:
    """A printed number, or a matrix as NumPy prints it: without zeros at the end of a number."""
    if not text.lstrip().startswith("["):
        return _gathered([_digits(text)], ())
    if "..." in text:
        raise ClaimError(
            "the printed array is cut short by ...; print it whole, after "
            "np.set_printoptions(threshold=sys.maxsize)"
        )
    quoted = re.sub(r"[^\s,\[\]]+", r'"\g<0>"', text)
    separated = re.sub(r'(?<=["\]])[\s,]*(?=["\[])', ", ", quoted)
    try:
        array = np.array(json.loads(separated), object)
        tokens = [str.strip(token) for token in array.ravel().tolist()]
    except (ValueError, TypeError):  # no brackets that fit, or rows of different lengths
        raise ClaimError(f"{describe(text)} is not a matrix of numbers") from None
    decimals = max(map(_decimals, tokens), default=0)
    return _gathered([_digits(token, decimals) for token in tokens], array.shape)
