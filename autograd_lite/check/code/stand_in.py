"""Stand-ins for the modules numpy and math, whose functions make and take traced arrays.

NumPy asks a traced array what to do only where one is among a function's arguments. ``np.zeros``
has none, ``np.array([x, y])`` does not look into the list, and ``math.exp`` takes nothing but
floats. So while a function runs on traced arrays, its module has these in their place. In a run on
plain numbers too, ``np.empty`` gives nan, so that two runs are the same.
"""

import functools
import math
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from autograd_lite.check.code.traced import Traced, constant, gathered, numbers_of, unfollowed

_FUNCTIONS = FunctionType, BuiltinFunctionType, type(np.sum)


def stand_in(value: Any, traced: bool = True) -> Any:
    """What to put in place of numpy, math, or one of their functions; anything else as it is.

    >>> numpy = stand_in(np)
    >>> y = numpy.zeros(2)
    >>> y[0] = stand_in(math).exp(numpy.array(0.5))
    >>> type(y).__name__, y.numbers.tolist(), numpy.pi
    ('Traced', [1.6487212707001282, 0.0], 3.141592653589793)
    """
    if value is np or value is math:
        return _StandIn(value, traced)
    if isinstance(value, _FUNCTIONS):
        name = str(getattr(value, "__name__", ""))
        for module in (np, math):
            if getattr(module, name, None) is value:
                return getattr(_StandIn(module, traced), name)
    return value


class _StandIn:
    """A module with other functions; classes, ufuncs, constants and submodules are its own."""

    def __init__(self, module: Any, traced: bool) -> None:
        self._module = module
        self._traced = traced

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if not isinstance(found, _FUNCTIONS):
            return found
        if not self._traced:
            return functools.partial(_unset, found) if name in _EMPTY else found
        run = _math if self._module is math else _MAKERS.get(name, _numpy)
        return functools.partial(run, found)


def _numpy(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A function of NumPy: lists of traced numbers go in as arrays, arrays come out traced."""
    args = tuple(_as_array(one) for one in args)
    result = function(*args, **{key: _as_array(one) for key, one in options.items()})
    if isinstance(result, np.ndarray) and result.dtype.kind == "f":
        return constant(result)
    return result


def _unset(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """An array of nan where NumPy leaves whatever is in the memory."""
    made = function(*args, **options)
    if made.dtype.kind == "f":
        made.fill(np.nan)
    return made


def _as_array(given: Any) -> Any:
    """A list of traced numbers as an array; a list of arrays stays one."""
    return gathered(given) if isinstance(given, list | tuple) and _of_scalars(given) else given


def _of_scalars(given: Any) -> bool:
    nested = isinstance(given, list | tuple)
    if not nested:
        return np.ndim(numbers_of(given)) == 0
    return numbers_of(given) is not given and all(
        _of_scalars(item) if isinstance(item, Traced | list | tuple) else True for item in given
    )


def _array(
    function: Callable[..., Any], given: Any, dtype: Any = None, *args: Any, **options: Any
) -> Any:
    """np.array and np.asarray."""
    if numbers_of(given) is given:
        return _numpy(function, given, dtype, *args, **options)
    copies = function is np.array and options.get("copy", True)
    if not isinstance(given, Traced):
        return gathered(given, dtype)
    array = given if given.ndim or not given.is_scalar else gathered(given)
    if dtype is not None and np.dtype(dtype) != array.dtype:
        return array.astype(dtype)
    return array.copy() if copies else array


def _full(
    function: Callable[..., Any], shape: Any, fill_value: Any, *args: Any, **options: Any
) -> Any:
    made = _numpy(function, shape, numbers_of(fill_value), *args, **options)
    if isinstance(made, Traced):
        made[...] = fill_value
    return made


def _empty(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return _unset(functools.partial(_numpy, function), *args, **options)


_EMPTY = {"empty", "empty_like"}

_MAKERS: dict[str, Callable[..., Any]] = {
    "array": _array,
    "asanyarray": _array,
    "asarray": _array,
    "ascontiguousarray": _array,
    "full": _full,
}
_MAKERS |= dict.fromkeys(_EMPTY, _empty)


def _math(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A function of math: NumPy's ufunc of that name gives the formula."""
    plain = numbers_of(args)
    result = function(*plain, **options)
    if plain is args or not isinstance(result, float):
        return result
    if function is math.log and len(args) == 2:
        found = np.log(args[0]) / np.log(args[1])
    else:
        ufunc = getattr(np, function.__name__, None)
        found = ufunc(*args) if isinstance(ufunc, np.ufunc) else None
    if not isinstance(found, Traced):
        return unfollowed(result, f"math.{function.__name__}")
    return Traced(result, found.formulas.reshape(()))
