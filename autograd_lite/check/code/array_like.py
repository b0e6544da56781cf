"""What an array has and does without NumPy's functions: shape, elements, views and copies."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_lite.check.code.elements import Array, box

__all__ = ["ArrayLike"]


class ArrayLike(NDArrayOperatorsMixin):
    """Two arrays of one shape, of numbers and of formulas, that behave as one.

    ``numbers`` is an array, a NumPy scalar or a Python float. A view is a view of both.

    >>> from autograd_lite.check.code.elements import boxed
    >>> pair = ArrayLike(np.zeros((2, 3)), boxed(np.zeros((2, 3))))
    >>> np.shares_memory(pair.T.formulas, pair.formulas), len(pair.flatten())
    (True, 6)
    """

    __slots__ = ("formulas", "numbers")
    __hash__ = None  # type: ignore[assignment]  # as an array has none

    def __init__(self, numbers: Any, formulas: Array) -> None:
        self.numbers = numbers
        self.formulas = formulas

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        shape: tuple[int, ...] = self.formulas.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.formulas.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.formulas.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers."""
        return np.asarray(self.numbers).dtype

    @property
    def is_scalar(self) -> bool:
        """Whether this is no array but a number, which cannot be changed in place."""
        return not isinstance(self.numbers, np.ndarray)

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Self]:
        return (self[position] for position in range(len(self)))

    def __repr__(self) -> str:
        return repr(self.numbers)

    def __str__(self) -> str:
        return str(self.numbers)

    def __format__(self, specification: str) -> str:
        return format(self.numbers, specification)

    def __bool__(self) -> bool:
        return bool(self.numbers)

    def __int__(self) -> int:
        return int(self.numbers)

    def __getitem__(self, index: Any) -> Self:
        numbers, formulas = self.numbers[index], self.formulas[index]
        return type(self)(numbers, box(formulas))

    @property
    def T(self) -> Self:  # noqa: N802  (NumPy's name)
        """The axes reversed, as a view."""
        return type(self)(self.numbers.T, self.formulas.T)

    def transpose(self, *axes: Any) -> Self:
        """The axes in another order: ``transpose(1, 0)`` or ``transpose((1, 0))``."""
        return type(self)(self.numbers.transpose(*axes), self.formulas.transpose(*axes))

    def reshape(self, *shape: Any, **options: Any) -> Self:
        """The same elements in another shape: ``x.reshape(2, -1)`` or ``x.reshape((2, -1))``."""
        return type(self)(
            self.numbers.reshape(*shape, **options), self.formulas.reshape(*shape, **options)
        )

    def flatten(self, order: Any = "C") -> Self:
        """All elements in one row, as an array of its own."""
        return type(self)(self.numbers.flatten(order), self.formulas.flatten(order))

    def copy(self, order: Any = "C") -> Self:
        """An array of its own."""
        return self if self.is_scalar else self.astype(self.dtype, order)

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Self:
        return self.copy()

    def astype(self, dtype: Any, order: Any = "K", **_: Any) -> Any:
        """An array of its own with another type of number; integers are plain NumPy."""
        array = np.asarray(self.numbers).astype(dtype, order)
        numbers = array[()] if self.is_scalar else array
        followed = array.dtype.kind == "f"
        return type(self)(numbers, self.formulas.copy(order)) if followed else numbers

    def item(self, *index: Any) -> Self:
        """One element, which stays traced."""
        return self[index] if len(index) > 1 else self.flatten()[index[0] if index else 0]

    def tolist(self) -> Any:
        """Nested lists of the elements, which stay traced."""
        return [row.tolist() for row in self] if self.ndim else self
