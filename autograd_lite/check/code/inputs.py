"""The user's arguments, objects and global variables as copies, so that a run changes nothing."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CellType, CodeType, FunctionType
from typing import Any

import numpy as np

from autograd_lite.check.code.elements import Array, boxed
from autograd_lite.check.code.journal import current_journal
from autograd_lite.check.code.leaves import Leaf, children
from autograd_lite.check.code.symbols import SymbolTable
from autograd_lite.check.code.traced import Traced, constant

__all__ = ["Copier", "exchanged", "referenced"]


class Copier:
    """Copies of what a function works on; with a table of symbols, traced arrays in their place.

    What is one memory stays one, whole arrays and views alike.

    >>> w = np.zeros(3)
    >>> model = Copier().copy("model", "model", {"w": w, "first": w[:1]})
    >>> model["first"][0] = 1.0
    >>> model["w"].tolist(), w.tolist()
    ([1.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    """

    def __init__(self, table: SymbolTable | None = None) -> None:
        self._table = table
        self._memo: dict[int, Any] = {}
        self._owners: dict[int, tuple[Array, Array, Array | None]] = {}

    def copy(self, path: str, name: str, value: Any) -> Any:
        """A copy of anything, whose numbers are named by where they are."""
        if isinstance(value, float | np.floating):  # equal constants may be one object
            made = constant(value) if self._table is not None else value
        elif id(value) in self._memo:
            return self._memo[id(value)]
        elif type(value) in (np.ndarray, Traced):
            made = self._traced(value) if isinstance(value, Traced) else self._array(value)
            self._memo[id(value)] = made
        else:
            return self._container(path, name, value)
        if self._table is not None and isinstance(made, Traced):
            self._table.give(Leaf(path, name, made))
        return made

    def _traced(self, value: Traced) -> Any:
        if self._table is not None:
            return Traced(copy.copy(value.numbers), value.formulas.copy())
        return copy.copy(value.numbers)

    def _array(self, array: Array) -> Any:
        """A view of the copy of the array that has its memory, where it is its view."""
        owner = array
        while isinstance(owner.base, np.ndarray) and owner.base.dtype == array.dtype:
            owner = owner.base
        if not owner.flags.forc:
            copied = array.copy()
            return constant(copied) if self._is_followed(array) else copied
        if id(owner) not in self._owners:
            numbers = owner.ravel("K").copy()
            formulas = boxed(numbers) if self._is_followed(array) else None
            self._owners[id(owner)] = owner, numbers, formulas
        _, numbers, formulas = self._owners[id(owner)]
        start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        view = np.ndarray(array.shape, array.dtype, numbers, start, array.strides)
        if formulas is None:
            return view
        step, size = array.itemsize, formulas.itemsize
        strides = [stride // step * size for stride in array.strides]
        return Traced(
            view, np.ndarray(array.shape, object, formulas, start // step * size, strides)
        )

    def _is_followed(self, array: Array) -> bool:
        return self._table is not None and array.dtype.kind == "f"

    def _container(self, path: str, name: str, value: Any) -> Any:
        held = children(path, name, value)
        if not held:
            return self._anything(value)
        if isinstance(value, tuple):
            items = [self.copy(*child[1:]) for child in held]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        made = self._memo[id(value)] = copy.copy(value)
        place = made if isinstance(made, dict | list) else vars(made)
        for child in held:
            place[child.key] = self.copy(*child[1:])
        return made

    def _anything(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and self._table is not None:
            current_journal().lose(f"an array of the class {type(value).__name__} is not followed")
        try:
            return copy.deepcopy(value, self._memo)
        except Exception:  # noqa: BLE001  (an open file or a lock cannot be copied: it stays)
            return value


def referenced(function: FunctionType, owner: type | None) -> set[str]:
    """The names of global variables that a function may use, also by what it calls.

    >>> sorted(referenced(referenced, None) & {"_codes", "np"})
    ['_codes']
    """
    waiting: list[Any] = [function, owner]
    names: set[str] = set()
    while waiting:
        for code in _codes(waiting.pop()):
            for name in set(code.co_names) - names:
                names.add(name)
                waiting.append(function.__globals__.get(name))
    return names


def _codes(value: Any) -> Iterator[CodeType]:
    """The code of a function with what is nested in it, or of all methods of a class."""
    if isinstance(value, CodeType):
        yield value
        for constant in value.co_consts:
            if isinstance(constant, CodeType):
                yield from _codes(constant)
    elif isinstance(value, FunctionType):
        yield from _codes(value.__code__)
    elif isinstance(value, staticmethod | classmethod):
        yield from _codes(value.__func__)
    elif isinstance(value, type):
        for base in value.__mro__[:-1]:
            for method in vars(base).values():
                if not isinstance(method, type):
                    yield from _codes(method)


@contextmanager
def exchanged(function: FunctionType, replace: Callable[[str, Any], Any]) -> Iterator[None]:
    """Within this block, a function's global and enclosing variables are replaced.

    Afterwards they are what they were, whatever the function has assigned to them.
    """
    space, before = function.__globals__, dict(function.__globals__)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    contents = [(name, cell, cell.cell_contents) for name, cell in cells if _is_filled(cell)]
    try:
        space.update({name: replace(name, value) for name, value in before.items()})
        for name, cell, value in contents:
            cell.cell_contents = replace(name, value)
        yield
    finally:
        for name in set(space) - set(before):
            del space[name]
        space.update(before)
        for _, cell, value in contents:
            cell.cell_contents = value


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a variable that is assigned later
        return False
