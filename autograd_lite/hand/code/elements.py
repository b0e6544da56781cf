"""The elements of arrays as formulas: object arrays of names and numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.expr.node import Book, Expression, number

__all__ = ["Array", "box", "boxed", "element_names", "named", "tidy"]

Array = np.ndarray[Any, Any]


def named(names: Array, values: Array) -> Array:
    """Symbols with these names and values, as an object array.

    >>> named(np.array(["a", "b"]), np.array([1.0, 2.0]))[1]
    <formula b>
    """
    given = zip(names.flat, values.flat, strict=True)
    book = Book.for_readers()
    flat = [book.name(str(symbol), value) for symbol, value in given]
    return _filled(flat, values.shape)


def boxed(values: Any) -> Array:
    """Numbers as constant formulas, as an object array.

    >>> boxed([1.0, 2.0])
    array([<formula 1>, <formula 2>], dtype=object)
    """
    array = np.asarray(values, float)
    if array.size and (array == array.flat[0]).all():
        return np.full(array.shape, number(array.flat[0]), object)  # np.zeros, at little cost
    book = Book.for_readers()
    return _filled([book.number(value) for value in array.ravel().tolist()], array.shape)


def _filled(flat: Sequence[Expression], shape: tuple[int, ...]) -> Array:
    array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape)


def element_names(name: str, shape: tuple[int, ...]) -> Array:
    """The names of the elements: ``name[i,j]``, and ``name`` itself for a single number.

    >>> element_names("w", (2,)).tolist()
    ['w[0]', 'w[1]']
    """
    names = np.empty(shape, object)
    for index in np.ndindex(shape):
        names[index] = f"{name}[{','.join(map(str, index))}]" if index else name
    return names


def box(formula: Any) -> Array:
    """One formula as an object array without axes; an array as it is.

    >>> box(number(1.0)).shape
    ()
    """
    if isinstance(formula, np.ndarray):
        return formula
    made = np.empty((), object)
    made[()] = formula
    return made


def tidy(formulas: Array) -> Array:
    """The same with plain numbers, which NumPy and the user put in, as formulas too.

    >>> tidy(np.array([number(1.0), 2.0]))
    array([<formula 1>, <formula 2>], dtype=object)
    """
    if all(isinstance(one, Expression) for one in formulas.flat):
        return formulas
    made = [
        one if isinstance(one, Expression) else number(one) for one in formulas.ravel().tolist()
    ]
    return _filled(made, formulas.shape)
