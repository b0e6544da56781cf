"""The data of a Value: what it accepts, and how it shows them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.errors import DataError

__all__ = ["Data", "Frozen", "as_data", "describe", "exact_key", "show"]

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
        array = np.array(given)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{describe(given)} cannot be an array of numbers: {error}") from None
    if array.dtype == object and any(hasattr(item, "_record") for item in array.flat):
        raise _holds_values(given)
    kind = np.dtype(float) if array.dtype.kind in "iub" else array.dtype.newbyteorder("=")
    if kind not in (np.float64, np.float32):
        raise DataError(
            f"{describe(given)} (for NumPy of type {array.dtype}) cannot be the data of a Value; "
            "give real numbers: floats of 64 or 32 bits, integers or booleans"
        )
    return array.astype(kind, copy=False) if array.ndim else float(array)


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
    shown = repr(given)
    return shown if len(shown) <= 60 else f"{type(given).__name__} {shown[:50]}…"


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
