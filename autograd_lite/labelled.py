"""What a Value holds: a number or array and its names, and what Python may do with them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite import interop
from autograd_lite.data import Data, describe, show
from autograd_lite.errors import DataError, GraphError, ShapeError
from autograd_lite.operators import Operators
from autograd_lite.ops import shaping

__all__ = ["Labelled"]


class _Tagged(int):
    """The number of a value that has a label, or names for its elements, which ride on it."""

    label: str
    names: np.ndarray[Any, Any] | None


class Labelled(Operators):
    """The part of a Value that knows nothing of its graph: data, shape, label and names.

    Where Python would take a Value for something else in silence (a number, an index, an equal
    number), it raises DataError and says what to write instead.

    >>> from autograd_lite import Value
    >>> x = Value([[1.0, 2.0]], label="x", names=[["a", "b"]])
    >>> x.shape, x.ndim, x.size, len(x)
    ((1, 2), 2, 2, 1)
    >>> x
    Value([[1., 2.]], label='x')
    """

    # Most values have no label, and no room for one: it would be a tenth of what a scalar takes.
    __slots__ = ("_data", "number")

    _data: Data
    number: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the data; () for a number."""
        return () if isinstance(self._data, float) else self._data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.size(self._data))

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or float32; a number is a Python float, so float64."""
        return np.dtype(float) if isinstance(self._data, float) else self._data.dtype

    def item(self) -> float:
        """The number of a value with one element. Raises ShapeError for more, or none.

        >>> from autograd_lite import Value
        >>> Value([[2.0]]).item()
        2.0
        """
        if self.size != 1:
            raise ShapeError(f"{self.describe()} has {self.size} elements; item() needs one")
        return float(np.reshape(self._data, ()))

    @property
    def label(self) -> str:
        """The name of the value in derivations and pictures; "" for none."""
        label: str = getattr(self.number, "label", "")
        return label

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise DataError(f"a label is a string, not {describe(label)}")
        self._tag(label, self.names)

    @property
    def names(self) -> np.ndarray[Any, Any] | None:
        """The names of the elements, an array of strings; None for ``label[i,j]``."""
        names: np.ndarray[Any, Any] | None = getattr(self.number, "names", None)
        return names

    @names.setter
    def names(self, names: Any) -> None:
        if names is None:
            self._tag(self.label, None)
            return
        elements = np.array(names, dtype=object)
        if elements.shape != self.shape:
            raise ShapeError(
                f"{self.describe()} has shape {self.shape} and was given names of shape "
                f"{elements.shape}; give one name an element"
            )
        flat = elements.ravel().tolist()
        if not all(isinstance(name, str) and name for name in flat) or len({*flat}) != len(flat):
            raise DataError(f"element names are distinct strings, not {describe(flat)}")
        elements.flags.writeable = False
        self._tag(self.label, elements)

    def _tag(self, label: str, names: np.ndarray[Any, Any] | None) -> None:
        number = int(self.number)
        if label or names is not None:
            number = _Tagged(number)
            number.label, number.names = label, names
        self.number = number

    def describe(self, kind: str = "a value") -> str:
        """What this value is, for messages: its label, or what kind of value, and how large."""
        size = f"of shape {self.shape}" if self.shape else f"({self._data})"
        return self.label or f"{kind} {size}"

    def __repr__(self) -> str:
        kind = type(self).__name__
        label = f", label={self.label!r}" if self.label else ""
        return f"{kind}({show(self._data, indent=len(kind) + 1)}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    # Sets and keys hold Values by identity. Compared with a number that would be False unnoticed.
    def __eq__(self, other: object) -> bool:
        if isinstance(other, float | int | np.generic | np.ndarray):
            raise DataError(
                f"{self.describe()} was compared with {describe(other)} by == or !=, which for "
                "Values mean the same object; compare value.data"
            )
        return NotImplemented

    __hash__ = object.__hash__

    def __float__(self) -> float:
        raise DataError(
            f"{self.describe()} as a plain number would lose its gradient; give value.item() where "
            "the number alone is meant, use ag.exp(value) for math.exp(value), and collect Values "
            "with ag.stack([...])"
        )

    def __bool__(self) -> bool:
        if self.size != 1:
            raise DataError(f"{self.describe()} has {self.size} elements; no one truth value")
        return bool(self.item())

    def __len__(self) -> int:
        if not self.shape:
            raise DataError(f"{self.describe()} is a single number; it has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(part, Labelled) for part in parts):
            raise DataError(
                "a Value cannot be an index, which is made of whole numbers, slices and masks; "
                "index with data: x[mask.data > 0]"
            )
        return shaping.getitem(self, index)

    def __setitem__(self, index: Any, new: Any) -> None:
        raise GraphError(
            "a Value cannot be changed in place, since what was computed from it would be stale; "
            "build the new one with ag.stack, ag.concatenate or ag.where"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return interop.call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return interop.call_function(function, args, kwargs)
