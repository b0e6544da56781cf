"""What code borrows while it runs: variables outside of it, and the settings of the process.

Code runs on copies of its global and enclosing variables, default arguments and class attributes,
in every function and class of its author that it may reach. Afterwards all of them are as they
were, and so are NumPy's random state, its error handling and print options, the warnings, the
working directory and the collector.
"""

import copy
import gc
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.code.variables import is_own

_DATA = (float, np.floating, np.ndarray, list, tuple, dict)
_HELD = (list, tuple, dict)


def is_data(value: Any) -> bool:
    """Whether a variable takes part in what is computed; modules and functions do not.

    >>> is_data(np.ones(2)), is_data({}), is_data(np), is_data(len)
    (True, True, False, False)
    """
    return isinstance(value, (*_DATA, np.random.Generator, np.random.RandomState)) or is_own(value)


def referenced(function: FunctionType, owner: type | None) -> set[str]:
    """The names of global variables that a function may use, also by what it calls.

    >>> sorted(referenced(referenced, None) & {"_codes", "np"})
    ['_codes']
    """
    waiting: list[Any] = [function, owner]
    names: set[str] = set()
    while waiting:
        for code in _codes(waiting.pop()):
            for word in set(code.co_names) - names:
                names.add(word)
                value = function.__globals__.get(word)
                waiting += [value, type(value) if is_own(value) else None]
                if isinstance(value, _HELD):
                    inside = value.values() if isinstance(value, dict) else value
                    waiting += {type(one) for one in inside if is_own(one)}
    return names


def outside(function: Any, owner: Any = None) -> dict[str, Any]:
    """The global and enclosing variables of a function that are data, by their names.

    >>> weights = np.ones(2)
    >>> def f(x):
    ...     return weights * x
    >>> list(outside(f))
    ['weights']
    """
    if not isinstance(function, FunctionType):
        return {}
    names = referenced(function, type(owner) if owner is not None else None)
    space = {name: function.__globals__[name] for name in names & function.__globals__.keys()}
    for name, cell in _cells(function):
        space[name] = cell.cell_contents
    return {name: value for name, value in space.items() if is_data(value)}


def _codes(value: Any) -> Iterator[CodeType]:
    """The code of a function with what is nested in it, or of all methods of a class."""
    if isinstance(value, CodeType):
        yield value
        for constant in value.co_consts:
            if isinstance(constant, CodeType):
                yield from _codes(constant)
    elif isinstance(value, FunctionType):
        yield from _codes(value.__code__)
        for _, cell in _cells(value):
            if isinstance(cell.cell_contents, FunctionType) and cell.cell_contents is not value:
                yield from _codes(cell.cell_contents.__code__)
    elif isinstance(value, staticmethod | classmethod | MethodType):
        yield from _codes(value.__func__)
    elif isinstance(value, property):
        yield from _codes(value.fget)
    elif isinstance(value, type):
        for base in value.__mro__[:-1]:
            for method in vars(base).values():
                if not isinstance(method, type):
                    yield from _codes(method)


def _cells(function: FunctionType) -> Iterator[tuple[str, CellType]]:
    """The enclosing variables that a function has, and that are assigned."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if _is_filled(cell):
            yield name, cell


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a variable that is assigned later
        return False


# What is reached from a function: other functions and classes of its author.


class _Reached(NamedTuple):
    functions: list[FunctionType]
    classes: list[type]


def _reached(function: FunctionType, owner: Any) -> _Reached:
    found = _Reached([], [])
    waiting: list[Any] = [function, owner]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, staticmethod | classmethod | MethodType):
            waiting += [value.__func__, getattr(value, "__self__", None)]
        elif isinstance(value, property):
            waiting += [value.fget, value.fset]
        elif isinstance(value, FunctionType) and _is_of_the_author(value, function):
            found.functions.append(value)
            words = {word for code in _codes(value) for word in code.co_names}
            waiting += [value.__globals__[one] for one in words & value.__globals__.keys()]
            waiting += [cell.cell_contents for _, cell in _cells(value)]
            waiting += [getattr(value, "__wrapped__", None)]
        elif isinstance(value, type) and _is_of_the_author(value, function):
            found.classes.append(value)
            waiting += [*vars(value).values(), *value.__mro__[1:-1]]
        elif isinstance(value, _HELD):
            inside = value.values() if isinstance(value, dict) else value
            waiting += [one for one in inside if not isinstance(one, float | int | str)]
        elif is_own(value):
            waiting += [type(value), *vars(value).values()]
    return found


def _is_of_the_author(value: Any, function: FunctionType) -> bool:
    """Whether a function or class is of the same hand: no library."""
    module = str(getattr(value, "__module__", "") or "")
    if module == function.__module__ or getattr(value, "__globals__", None) is function.__globals__:
        return True
    file = str(getattr(sys.modules.get(module), "__file__", "") or "")
    library = module.partition(".")[0] in (*sys.stdlib_module_names, "autograd_lite", "builtins")
    return not (library or "-packages" in file)


@contextmanager
def exchanged(
    function: FunctionType, owner: Any, replace: Callable[[str, Any], Any]
) -> Iterator[None]:
    """Within this block, what a function finds outside of itself is replaced.

    That are global and enclosing variables, default arguments and class attributes. Afterwards they
    are what they were, whatever the function has assigned to them.
    """
    reached = _reached(function, owner)
    if function not in reached.functions:
        reached.functions.insert(0, function)
    spaces = {id(one.__globals__): one.__globals__ for one in reached.functions}
    globals_ = [(space, dict(space)) for space in spaces.values()]
    cells = {id(cell): (name, cell) for one in reached.functions for name, cell in _cells(one)}
    contents = [(name, cell, cell.cell_contents) for name, cell in cells.values()]
    defaults = [(one, one.__defaults__, one.__kwdefaults__) for one in reached.functions]
    memo: dict[int, Any] = {}
    try:
        for space, before in globals_:
            space.update({name: replace(name, value) for name, value in before.items()})
        for name, cell, value in contents:
            cell.cell_contents = replace(name, value)
        for one, positional, named in defaults:
            one.__defaults__ = _copied(positional, memo)
            one.__kwdefaults__ = _copied(named, memo)
        with _attributes_exchanged(reached.classes, memo):
            yield
    finally:
        for space, before in globals_:
            for name in set(space) - set(before):
                del space[name]
            space.update(before)
        for _, cell, value in contents:
            cell.cell_contents = value
        for one, positional, named in defaults:
            one.__defaults__, one.__kwdefaults__ = positional, named


@contextmanager
def _attributes_exchanged(classes: Sequence[type], memo: dict[int, Any]) -> Iterator[None]:
    """The same of what classes hold; what is added to them goes."""
    attributes = [(one, name, held) for one in classes for name, held in _data_of(one)]
    names = [(one, set(vars(one))) for one in classes]
    try:
        for one, name, held in attributes:
            setattr(one, name, _copied(held, memo))
        yield
    finally:
        for one, before in names:
            for name in set(vars(one)) - before:
                delattr(one, name)
        for one, name, held in attributes:
            setattr(one, name, held)


def _data_of(one: type) -> Iterator[tuple[str, Any]]:
    """The attributes of a class that are data, and may be changed."""
    for name, held in vars(one).items():
        if not name.startswith("__") and (is_data(held) or isinstance(held, int | str | set)):
            yield name, held


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    try:
        return copy.deepcopy(value, memo)
    except Exception:  # noqa: BLE001  (an open file or a lock cannot be copied: it stays)
        return value


@contextmanager
def as_before() -> Iterator[None]:
    """Within this block, the settings of the process may be changed; afterwards they are as before.

    >>> state = np.random.get_state()[1].tolist()
    >>> with as_before():
    ...     np.random.seed(3)
    ...     _ = np.seterr(all="ignore")
    >>> np.random.get_state()[1].tolist() == state
    True
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  (the user's)
    collects, folder = gc.isenabled(), os.getcwd()  # noqa: PTH109
    limit = sys.getrecursionlimit()
    try:
        with np.errstate(), np.printoptions(), warnings.catch_warnings():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        (gc.enable if collects else gc.disable)()
        sys.setrecursionlimit(limit)
        os.chdir(folder)
