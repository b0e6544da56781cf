"""The data of a Value: what it accepts, and how it shows them."""

import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograd_lite.errors import DataError

__all__ = [
    "Data",
    "Frozen",
    "any_array",
    "as_data",
    "check_limit",
    "check_option",
    "check_positive",
    "describe",
    "exact_key",
    "is_number",
    "show",
    "text_of",
]

Data = float | np.ndarray[Any, Any]

_FLOAT64 = np.dtype(float)


def as_data(given: Any) -> Data:
    """A Python float for one number, else an own array of float64, or of float32 if it was that.

    Raises DataError for anything that is not a real number or an array of real numbers.

    >>> as_data(3), as_data([True, False]).dtype
    (3.0, dtype('float64'))
    """
    if type(given) is float:
        return given
    if type(given) is np.ndarray and given.dtype is _FLOAT64 and given.ndim:
        return given.copy("K")
    if type(given) is Frozen and (whole := given.whole()) is not None:
        return whole
    if hasattr(given, "_record"):
        raise _holds_values(given)
    try:
        if isinstance(given, int):
            return float(given)
        array = any_array(given)
    except OverflowError as error:
        raise DataError(f"{describe(given)} cannot be an array of numbers: {error}") from None
    if array.dtype == object and any(hasattr(item, "_record") for item in array.flat):
        raise _holds_values(given)
    kind = np.dtype(float) if array.dtype.kind in "iub" else array.dtype.newbyteorder("=")
    if kind not in (np.float64, np.float32):
        raise DataError(
            f"{describe(given)} (for NumPy of type {array.dtype}) cannot be the data of a Value; "
            "give real numbers: floats of 64 or 32 bits, integers or booleans"
            + (", as value.astype(float) has them" if "float" in array.dtype.name else "")
        )
    return array.astype(kind, copy=False) if array.ndim else float(array)


def any_array(given: Any) -> np.ndarray[Any, Any]:
    """An own array of what was given, of any type; DataError where NumPy can make none.

    >>> any_array([1, 2]).dtype.kind, any_array("x").dtype.kind
    ('i', 'U')
    """
    try:
        return np.array(given)
    except Exception as error:  # noqa: BLE001 - whatever the __array__ of another type raises
        hint = "; give value.detach().float() for it" if hasattr(given, "detach") else ""
        reason = str(error).rstrip(".")
        raise DataError(
            f"{describe(given)} cannot be an array of numbers: {reason}{hint}"
        ) from None


def _holds_values(given: Any) -> DataError:
    return DataError(
        f"{describe(given)} holds Values already; join them with ag.stack([...]), or take the "
        "numbers of one with .data"
    )


def describe(given: Any) -> str:
    """What was given, short enough for a message.

    >>> describe("x"), describe("x" * 1000)
    ("'x'", "str 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…")
    """
    shown = text_of(given, repr)
    return shown if len(shown) <= 60 else f"{type(given).__name__} {shown[:50]}…"


def text_of(given: Any, written: Callable[[Any], str] = str) -> str:
    """What was given as text, whatever it is.

    >>> text_of([0.5]), text_of(10**5000)
    ('[0.5]', '<int that cannot be shown>')
    """
    try:
        return written(given)
    except Exception:  # noqa: BLE001 - too many digits or levels, or what another type raises
        return f"<{type(given).__name__} that cannot be shown>"


def is_number(given: Any) -> bool:
    """Whether this is a finite real number, and no text, array or truth value.

    >>> is_number(0.1), is_number(float("nan")), is_number(10**400), is_number("0.1")
    (True, False, False, False)
    """
    try:
        return type(given) is not bool and isinstance(given, Real) and math.isfinite(given)
    except OverflowError:
        return False


def check_option(name: str, given: Any, options: Sequence[str]) -> None:
    """Raise DataError for what is none of the words that an argument may be.

    >>> check_option("level", "scalar", ("scalar", "tensor"))
    """
    if not (isinstance(given, str) and given in options):
        known = " or ".join(map(repr, options))
        raise DataError(f"{name} is {describe(given)}; it is {known}")


def check_positive(name: str, given: Any) -> None:
    """Raise DataError for what is no positive number.

    >>> check_positive("rate", 0.1)
    """
    if not (is_number(given) and given > 0):
        raise DataError(f"{name} is {describe(given)}; give a positive number, such as 0.01")


def check_limit(limit: Any, what: str) -> None:
    """Raise DataError for what is no whole number from 1 on, or inf.

    >>> check_limit(24, "paths")
    """
    if not (isinstance(limit, int | np.integer) or limit is math.inf) or limit < 1:
        needed = f"how many {what} there are at most, a whole number from 1 on"
        raise DataError(f"limit is {describe(limit)}; it is {needed}")


def show(data: Any, indent: int = 0) -> str:
    """Numbers as ``repr`` shows them; of a large array the corners. Lines align at ``indent``.

    >>> show(0.5), show([1.0, 2.0])
    ('0.5', '[1., 2.]')
    """
    if not np.ndim(data):
        return repr(data)
    return np.array2string(
        np.asarray(data), separator=", ", threshold=100, edgeitems=2, prefix=" " * indent
    )


class Frozen(np.ndarray[Any, Any]):
    """A Value's array as ``.data`` shows it: read-only, because graphs were computed from it.

    ``w.data -= step`` makes a new array and assigns it, without a copy; other arithmetic gives
    plain arrays. Raises DataError where an element is assigned.

    >>> data = Frozen.of(np.array([1.0, 2.0]))
    >>> type(data + 1).__name__, data.flags.writeable
    ('ndarray', False)
    """

    @classmethod
    def of(cls, array: np.ndarray[Any, Any]) -> "Frozen":
        """A read-only view of an array."""
        view = array.view(cls)
        view.setflags(write=False)
        return view

    def whole(self) -> "np.ndarray[Any, Any] | None":
        """The array behind the view; None if the view shows a part of it, or in another order."""
        array: Any = self.base
        is_whole = (
            type(array) is np.ndarray
            and array.dtype is self.dtype
            and array.shape == self.shape
            and array.strides == self.strides
        )
        return array if is_whole else None

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __setitem__(self, index: Any, new: Any) -> None:
        if not self.flags.writeable:
            raise DataError(
                "the data of a Value are read-only, since what was computed from them would be "
                "stale unnoticed; assign them whole: value.data = array, or value.data -= step"
            )
        super().__setitem__(index, new)


def _anew(name: str) -> Callable[[Any, Any], Any]:
    """An in-place operator that makes a new array; NumPy's own writes into the old one."""
    operator = getattr(np.ndarray, name)

    def in_place(self: Any, other: Any) -> Any:
        new = operator(self.view(np.ndarray), other)
        return Frozen.of(new) if type(new) is np.ndarray else new

    return in_place


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Frozen, f"__i{_name}__", _anew(f"__{_name}__"))


def exact_key(part: Any) -> Any:
    """Something hashable that is equal for what is the same to the last bit.

    >>> exact_key(0.0) == exact_key(-0.0), exact_key((1, True)) == exact_key((1, 1))
    (False, False)
    """
    if isinstance(part, float):
        return type(part), part.hex()
    if isinstance(part, np.ndarray):
        return part.dtype.str, part.shape, part.tobytes()
    if isinstance(part, slice):
        return slice, exact_key((part.start, part.stop, part.step))
    if isinstance(part, list | tuple):
        return tuple(map(exact_key, part))
    return type(part), part
