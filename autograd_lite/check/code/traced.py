"""Arrays that know their formulas: a hand-written NumPy function runs on them unchanged.

A traced array is two arrays of one shape, of the numbers and of their formulas. All that NumPy does
to it is done to both, so that a slice is a view of both and an assignment changes both in place:
what is one memory in the user's code is one memory here. Where something is not followed, such as C
code, its result has fresh symbols in place of formulas, and the journal has a note.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_lite.check.code.elements import (
    Array,
    box,
    boxed,
    element_names,
    follow_function,
    follow_ufunc,
    named,
    scalar_work,
    tidy,
)
from autograd_lite.errors import ClaimError, GraphTooLargeError

# What happens while code runs on traced arrays: what is lost, and how much it may compute.


class Journal:
    """Notes of what was not followed, and a budget of scalar operations.

    ``where`` says where the code is at the moment; ``opaque`` has the symbols that stand for what
    was not followed, each with what it is the result of.

    >>> journal = Journal(limit=100, where=lambda: "line 3: ")
    >>> journal.lose("np.linalg.inv is not followed")
    >>> journal.notes
    ['line 3: np.linalg.inv is not followed']
    """

    def __init__(self, limit: int | None = None, where: Callable[[], str] = lambda: "") -> None:
        self.notes: list[str] = []
        self.opaque: dict[str, str] = {}
        self.spent = 0
        self._limit = limit
        self._where = where

    @property
    def exhausted(self) -> bool:
        """Whether more was asked for than the limit."""
        return self._limit is not None and self.spent > self._limit

    def lose(self, what: str) -> None:
        """Note what is not followed, once for each place."""
        note = self._where() + what
        if note not in self.notes:
            self.notes.append(note)

    def spend(self, count: int) -> None:
        """Count scalar operations. Raises GraphTooLargeError beyond the limit."""
        self.spent += count
        if self.exhausted:
            raise GraphTooLargeError(
                f"{self._where()}the code computes more than {self._limit:,} formulas of scalars; "
                "give it smaller arrays"
            )


_DEFAULT = Journal()
_current: ContextVar[Journal | None] = ContextVar("journal", default=None)


def current_journal() -> Journal:
    """The journal of the run that goes on in this thread; outside of any, one without a limit."""
    return _current.get() or _DEFAULT


@contextmanager
def journaling(journal: Journal) -> Iterator[Journal]:
    """Within this block, what happens goes into this journal.

    >>> with journaling(Journal()) as journal:
    ...     current_journal() is journal
    True
    """
    before = _current.set(journal)
    try:
        yield journal
    finally:
        _current.reset(before)


# What an array has and does without NumPy's functions: shape, elements, views and copies.


class _ArrayLike(NDArrayOperatorsMixin):
    """Two arrays of one shape, of numbers and of formulas, that behave as one.

    ``numbers`` is an array, a NumPy scalar or a Python float. A view is a view of both.

    >>> from autograd_lite.check.code.elements import boxed
    >>> pair = _ArrayLike(np.zeros((2, 3)), boxed(np.zeros((2, 3))))
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


# The traced array.

_PYTHON = {
    np.absolute, np.add, np.divide, np.multiply, np.negative, np.positive, np.power, np.subtract,
}  # fmt: skip
"""What Python itself does with two of its floats."""


class Traced(_ArrayLike):
    """An array, NumPy scalar or Python float, and in ``formulas`` what each element is made of.

    It behaves as the ndarray would. Comparisons, ``argmax``, ``shape`` and the like give plain
    NumPy, so that the control flow follows the numbers.

    >>> w = traced([0.5, 2.0], "w")
    >>> y = np.zeros_like(w)
    >>> y[0] = np.sum(w * w)
    >>> y.numbers.tolist(), str(y.formulas[0])
    ([4.25, 0.0], 'w[0]² + w[1]²')
    """

    __slots__ = ()

    @property
    def opaque(self) -> bool:
        """Whether something that was not followed stands in a formula."""
        unknown = current_journal().opaque
        return any(not formula.symbols.isdisjoint(unknown) for formula in self.formulas.flat)

    def __contains__(self, item: Any) -> bool:
        return numbers_of(item) in self.numbers

    def __float__(self) -> float:
        current_journal().lose("a plain float is taken, which is not followed further")
        return float(self.numbers)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        current_journal().lose("plain numbers are taken, which are not followed further")
        return np.array(self.numbers, dtype, copy=copy)

    def __round__(self, digits: int | None = None) -> Any:
        rounded = round(self.numbers, digits)
        return rounded if digits is None else unfollowed(rounded, "round")

    def __setitem__(self, index: Any, new: Any) -> None:
        self.numbers[index] = numbers_of(new)
        formulas = (new if isinstance(new, Traced) else gathered(new)).formulas
        self.formulas[index] = formulas.item() if formulas.size == 1 else formulas

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        (out,) = options.pop("out", (None,))
        if isinstance(out, Traced) and out.is_scalar:
            out = None  # x += 1 makes a new number
        plain, settings = numbers_of(inputs), numbers_of(options)
        if method != "at":
            settings["out"] = numbers_of(out)
        objects = _objects(tuple(one.copy() if one is out else one for one in inputs))
        changing = _Changing(inputs[:1] if method == "at" else ())
        numbers = getattr(ufunc, method)(*plain, **settings)
        if not (numbers is None or _has_floats(numbers)):
            return numbers
        if ufunc in _PYTHON and all(type(one) in (float, int) for one in plain):
            numbers = float(numbers)
        current_journal().spend(scalar_work(ufunc, plain, numbers))
        formulas: Any = NotImplemented  # what where= leaves out is anything, without out=
        if out is not None or "where" not in options:
            formulas = follow_ufunc(ufunc, method, objects, options)
        what = f"np.{ufunc.__name__}"
        if method == "at":
            return changing.settle(what, formulas, numbers)
        result = _joined(numbers, formulas, what)
        return result if out is None else _written(out, result, options.get("where", True))

    def __array_function__(
        self, function: Any, _: Any, args: Sequence[Any], options: Mapping[str, Any]
    ) -> Any:
        call = numbers_of(args), numbers_of(options)
        changing = _Changing((args, options))
        numbers = function(*call[0], **call[1])
        if not (numbers is None or _has_floats(numbers)):
            return numbers
        current_journal().spend(scalar_work(function, call[0], numbers))
        formulas = follow_function(function, _objects(args), _objects(options), call)
        what = f"{function.__module__}.{function.__name__}".replace("numpy", "np")
        changing.settle(what, formulas, numbers)
        if numbers is None:
            return None
        out, result = options.get("out"), _joined(numbers, formulas, what)
        return result if out is None else _written(out, result, True)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Any method of arrays that is a function of NumPy as well."""
        if name.startswith("_") or not (hasattr(np.ndarray, name) and hasattr(np, name)):
            raise AttributeError(f"a traced array has no {name}")
        return partial(getattr(np, name), self)

    def fill(self, value: Any) -> None:
        """Set every element."""
        self[...] = value


def traced(array: Any, names: Any) -> Traced:
    """Numbers as a traced array of symbols: one name for each, or ``name[i,j]`` from one name.

    >>> traced([1.0, 2.0], "w").formulas
    array([<formula w[0]>, <formula w[1]>], dtype=object)
    >>> str((2 * traced(3.0, "x")).formulas)
    '2·x'
    """
    numbers = array if isinstance(array, float | np.floating) else np.array(array)
    values = np.asarray(numbers)
    if values.dtype.kind != "f":
        raise ClaimError(f"a traced array needs floats, and was given {values.dtype}")
    if isinstance(names, str):
        names = element_names(names, values.shape)
    symbols = np.asarray(names, object)
    if symbols.shape != values.shape:
        raise ClaimError(
            f"names of shape {symbols.shape} do not fit numbers of shape {values.shape}; "
            "give one name, or one an element"
        )
    return Traced(numbers, named(symbols, values))


def constant(numbers: Any) -> Traced:
    """Numbers as a traced array of constants, for formulas to be assigned into.

    >>> constant(np.zeros(2)).formulas
    array([<formula 0>, <formula 0>], dtype=object)
    """
    current_journal().spend(np.size(numbers) // 100)
    return Traced(numbers, boxed(numbers))


def gathered(given: Any, dtype: Any = None) -> Traced:
    """Nested lists of numbers and traced arrays as one traced array, as np.array makes it.

    >>> str(gathered([traced(1.0, "x"), 0.5]).formulas)
    '[<formula x> <formula 0.5>]'
    """
    numbers = np.array(numbers_of(given), dtype)
    nested = _mapped(given, lambda one: one.formulas if one.ndim else one.formulas.item())
    if numbers.dtype.kind != "f" and nested is not given:
        current_journal().lose("an array of whole numbers is made of it")
    return Traced(numbers, boxed(numbers) if nested is given else tidy(np.array(nested, object)))


def numbers_of(given: Any) -> Any:
    """The plain numbers in place of every traced array, also within lists, tuples and dicts.

    >>> numbers_of([traced(1.0, "x"), "text"])
    [1.0, 'text']
    """
    return _mapped(given, lambda one: one.numbers)


def unfollowed(result: Any, what: str) -> Any:
    """The result of something that is not followed: traced arrays of fresh symbols, and a note.

    >>> with journaling(Journal()):
    ...     unfollowed(2.0, "np.round").formulas.item()
    <formula np.round#1>
    """
    journal = current_journal()
    journal.lose(f"{what} is not followed")
    if isinstance(result, tuple | list):
        items = [unfollowed(item, what) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
    if not _has_floats(result):
        return result
    names = element_names(f"{what}#{len(journal.opaque) + 1}", np.shape(result))
    journal.opaque.update(dict.fromkeys(names.flat, what))
    return traced(result, names)


def _mapped(given: Any, change: Callable[[Traced], Any]) -> Any:
    """The same, with every traced array changed; what holds none is passed on as it is."""
    if isinstance(given, Traced):
        return change(given)
    if isinstance(given, dict):
        return {key: _mapped(value, change) for key, value in given.items()}
    if isinstance(given, list | tuple):
        items = [_mapped(item, change) for item in given]
        if all(new is old for new, old in zip(items, given, strict=True)):
            return given
        return tuple(items) if isinstance(given, tuple) else items
    return given


def _objects(given: Any) -> Any:
    return _mapped(given, lambda one: one.formulas)


def _has_floats(result: Any) -> bool:
    if isinstance(result, tuple | list):
        return any(map(_has_floats, result))
    kind = np.asarray(result).dtype.kind if isinstance(result, np.ndarray | np.generic) else ""
    if kind == "c":
        current_journal().lose("complex numbers are not followed")
    return kind == "f" or isinstance(result, float)


def _joined(numbers: Any, formulas: Any, what: str) -> Any:
    """A result's numbers and formulas, in its own structure."""
    if formulas is NotImplemented:
        return unfollowed(numbers, what)
    if isinstance(numbers, tuple | list):
        pairs = zip(numbers, formulas, strict=True)
        return type(numbers)(_joined(one, formula, what) for one, formula in pairs)
    if not _has_floats(numbers):
        return numbers
    array = box(formulas)
    if array.shape != np.shape(numbers):
        return unfollowed(numbers, what)
    return Traced(numbers, tidy(array))


def _written(out: Any, result: Traced, where: Any) -> Any:
    """The result in the array that it was written into."""
    if not isinstance(out, Traced):
        current_journal().lose("an array of plain numbers is changed, which is not followed")
        return result
    out.formulas[...] = np.where(where, result.formulas, out.formulas)
    return out


class _Changing:
    """Arrays that a call may change: their formulas are brought in line with their numbers."""

    def __init__(self, given: Any) -> None:
        self._before: list[tuple[Traced, Array]] = []
        _mapped(given, self._remember)

    def _remember(self, one: Traced) -> None:
        if not one.is_scalar:
            self._before.append((one, one.numbers.copy()))

    def settle(self, what: str, formulas: Any, result: Any) -> None:
        """What was changed by a call that is not followed gets fresh symbols."""
        if formulas is NotImplemented:
            for one, old in self._before:
                changed = ~((one.numbers == old) | (np.isnan(one.numbers) & np.isnan(old)))
                if changed.any():
                    one.formulas[changed] = unfollowed(one.numbers, what).formulas[changed]
            if result is None:
                current_journal().lose(f"{what} is not followed")
        elif result is None:
            for one, _ in self._before:
                one.formulas[...] = tidy(one.formulas)
