"""Variables: the numbers that they hold, their symbols, and copies that a run may change."""

import copy
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.code.elements import Array, boxed
from autograd_lite.check.code.traced import Traced, constant, current_journal, numbers_of
from autograd_lite.expr.node import Expression, name

# The numbers that a variable holds: itself, or in dicts, lists and objects, each by its path.

_MOST = 1000
"""Longer lists and dicts are data, into which nobody looks."""

_DEEPEST = 5


class _Child(NamedTuple):
    """What is held by something else: its key there, its path and its name."""

    key: Any
    path: str
    name: str
    value: Any


@dataclass(frozen=True, eq=False)
class Variable:
    """Numbers in a variable: ``held`` is an array, a float, or a list of floats.

    ``path`` is how the code spells it, such as ``self.w`` or ``weights['w']``; ``name`` is the last
    part of that. ``holder`` is the dict, list or object where it is under ``key``; None for a
    variable of its own.
    """

    path: str
    name: str
    held: Any
    holder: Any = None
    key: Any = None

    @property
    def place(self) -> tuple[int, Any] | None:
        """Where it is, by whatever path; None for a variable of its own."""
        return None if self.holder is None else (id(self.holder), self.key)

    @property
    def numbers(self) -> Array:
        """The numbers as an array, which is the variable's own memory if it is an array."""
        return np.asarray(numbers_of(self.held))

    @property
    def formulas(self) -> Array | None:
        """The formulas as an array; None if no element is traced."""
        if isinstance(self.held, Traced):
            return self.held.formulas
        places = list(self.places())
        if not places:
            return None
        formulas = boxed(numbers_of(self.held))
        for index, array, place in places:
            formulas[index] = array[place]
        return formulas

    def places(self) -> Iterator[tuple[tuple[int, ...], Array, tuple[int, ...]]]:
        """For each traced element its index, and the array and place where its formula is."""
        if isinstance(self.held, Traced):
            for index in np.ndindex(self.held.shape):
                yield index, self.held.formulas, index
        elif isinstance(self.held, list | tuple):
            for position, item in enumerate(self.held):
                if isinstance(item, Traced):
                    yield (position,), item.formulas, ()

    def shares_memory(self, other: "Variable") -> bool:
        """Whether a change of one in place is a change of the other."""
        if self.held is other.held:
            return isinstance(self.held, np.ndarray | list) or _is_array(self.held)
        if not (_is_array(self.held) and _is_array(other.held)):
            return False
        return bool(np.shares_memory(self.numbers, other.numbers))


def _is_array(held: Any) -> bool:
    return isinstance(held.numbers if isinstance(held, Traced) else held, np.ndarray)


def variables_in(path: str, name: str, value: Any) -> Iterator[Variable]:
    """The numbers in a variable: floats only, and no whole numbers.

    >>> import numpy as np
    >>> held = {"w": np.ones(2), "shape": (2, 3), "layers": [np.ones(1), 0.5]}
    >>> [(variable.path, variable.name) for variable in variables_in("p", "p", held)]
    [("p['w']", 'w'), ("p['layers'][0]", 'layers[0]'), ("p['layers'][1]", 'layers[1]')]
    """
    yield from _variables_within(Variable(path, name, value), ())


def _variables_within(variable: Variable, within: tuple[int, ...]) -> Iterator[Variable]:
    value = variable.held
    if _is_leaf(value):
        yield variable
    elif id(value) not in within and len(within) < _DEEPEST:
        for key, path, name, one in _children(variable.path, variable.name, value):
            yield from _variables_within(
                Variable(path, name, one, value, key), (*within, id(value))
            )


def _is_leaf(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.dtype.kind == "f")
    if isinstance(value, list | tuple) and 0 < len(value) <= _MOST:
        return all(map(_is_number, value)) and any(map(_is_float, value))
    return isinstance(value, Traced) or _is_float(value)


def _is_float(value: Any) -> bool:
    return isinstance(value, float | np.floating) or (
        isinstance(value, Traced) and bool(value.is_scalar)
    )


def _is_number(value: Any) -> bool:
    return _is_float(value) or (isinstance(value, int | np.integer) and not isinstance(value, bool))


def _children(path: str, name: str, value: Any) -> list[_Child]:
    """What a dict, list, tuple or object holds; nothing for anything else.

    An entry of a dict has its key as name, and an attribute of ``self`` its own.
    """
    if isinstance(value, dict) and len(value) <= _MOST:
        return [
            _Child(
                key, f"{path}[{key!r}]", key if isinstance(key, str) else f"{name}[{key!r}]", one
            )
            for key, one in value.items()
        ]
    if isinstance(value, list | tuple) and len(value) <= _MOST:
        return [
            _Child(position, f"{path}[{position}]", f"{name}[{position}]", one)
            for position, one in enumerate(value)
        ]
    if _is_object(value):
        return [
            _Child(key, f"{path}.{key}", key if name == "self" else f"{name}.{key}", one)
            for key, one in vars(value).items()
        ]
    return []


def _is_object(value: Any) -> bool:
    """Whether this is an object of somebody's own class, such as a model or a layer."""
    if isinstance(value, type | ModuleType) or not hasattr(value, "__dict__"):
        return False
    package = type(value).__module__.partition(".")[0]
    foreign = package == "numpy" or package in sys.stdlib_module_names
    return isinstance(value, SimpleNamespace) or not foreign


def is_own(value: Any) -> bool:
    """Whether this is an object of a class of the user's own, with attributes.

    >>> is_own(SimpleNamespace(w=1.0)), is_own(np.random.default_rng(0)), is_own(Counter)
    (True, False, False)
    """
    if isinstance(value, type | ModuleType) or not hasattr(value, "__dict__"):
        return False
    name = type(value).__module__
    file = str(getattr(sys.modules.get(name), "__file__", "") or "")
    library = name.partition(".")[0] in (*sys.stdlib_module_names, "autograd_lite", "builtins")
    library = library or "-packages" in file
    return isinstance(value, SimpleNamespace) or name == "__main__" or not library


# The symbols that stand for the elements of variables, version by version.


@dataclass(frozen=True, kw_only=True)
class SymbolMeaning:
    """What a symbol in a formula stands for: an element of a variable, from a line on.

    ``version`` counts from 0; ``in_place`` says that the element was changed in its array, and
    ``previous`` is the symbol that it had before, "" if it was a constant. ``line`` is None for
    what was given to the code. Of what was not followed, ``followed`` is False and ``path`` says
    what it was.
    """

    symbol: str
    path: str
    name: str = ""
    index: tuple[int, ...] = ()
    version: int = 0
    line: int | None = None
    in_place: bool = False
    previous: str = ""
    followed: bool = True


class SymbolTable:
    """Every symbol by its text; and the change from formulas to symbols.

    >>> from autograd_lite.check.code.traced import traced
    >>> table = SymbolTable()
    >>> w = traced([1.0, 2.0], "w")
    >>> table.give(Variable("self.w", "w", w))
    >>> before = w.formulas.copy()
    >>> w[0] -= 0.5
    >>> table.update(Variable("self.w", "w", w), before, line=23)
    >>> str(w.formulas), table.symbols["w[0] (updated in line 23)"].previous
    ('[<formula w[0] (updated in line 23)> <formula w[1]>]', 'w[0]')
    """

    def __init__(self) -> None:
        self.symbols: dict[str, SymbolMeaning] = {}
        self.made: list[str] = []
        self._named: dict[int, Array] = {}
        self._versions: Counter[tuple[str, tuple[int, ...]]] = Counter()

    def give(self, variable: Variable) -> None:
        """Name what the code is given, numbers too; what has a symbol keeps it."""
        for index, array, place in variable.places():
            formula = array[place]
            symbol = (
                formula.label if not formula.is_number else self._free(variable, index, "given")
            )
            if symbol and symbol not in self.symbols:
                self._enter(symbol, variable, index, None)
                array[place] = name(symbol, formula.value)
            self._remember(array)

    def assign(self, variable: Variable, line: int) -> None:
        """Name a new variable's elements, but for constants and what is in another's array."""
        known = {id(array) for _, array, _ in variable.places() if id(_owner(array)) in self._named}
        for index, array, place in variable.places():
            formula = array[place]
            if not (formula.is_number or (formula.label and id(array) in known)):
                symbol = self._free(variable, index, f"assigned in line {line}")
                self._enter(symbol, variable, index, line)
                array[place] = name(symbol, _number(variable, index, formula))
            self._remember(array)

    def update(self, variable: Variable, before: Array | None, line: int) -> None:
        """Name the elements whose formula is not what it was before."""
        for index, array, place in variable.places():
            formula = array[place]
            inside = before is not None and before.shape == variable.numbers.shape
            old = before[index] if inside and before is not None else None
            if formula is not old and not formula.is_number:
                previous = old.label if isinstance(old, Expression) else ""
                comment = f"updated in line {line}"
                symbol = self._free(variable, index, comment, always=bool(previous))
                self._enter(symbol, variable, index, line, in_place=True, previous=previous)
                array[place] = name(symbol, _number(variable, index, formula))
            self._remember(array)

    def used(self, formulas: Array, opaque: dict[str, str]) -> tuple[str, ...]:
        """The symbols that stand in formulas, in the order in which they came up."""
        found = {symbol for formula in formulas.flat for symbol in formula.symbols}
        for symbol in sorted(found - self.symbols.keys()):
            followed = symbol not in opaque
            path = opaque.get(symbol, symbol)
            self.symbols[symbol] = SymbolMeaning(symbol=symbol, path=path, followed=followed)
        return tuple(symbol for symbol in self.symbols if symbol in found)

    def _remember(self, array: Array) -> None:
        owner = _owner(array)
        self._named[id(owner)] = owner

    def _free(
        self, variable: Variable, index: tuple[int, ...], comment: str, always: bool = False
    ) -> str:
        """The element's name, with a comment where it is taken or ``always``."""
        element = f"{variable.name}[{','.join(map(str, index))}]" if index else variable.name
        return next(
            symbol for symbol in _numbered(element, comment, always) if symbol not in self.symbols
        )

    def _enter(
        self,
        symbol: str,
        variable: Variable,
        index: tuple[int, ...],
        line: int | None,
        in_place: bool = False,
        previous: str = "",
    ) -> None:
        version = self._versions[variable.path, index]
        if previous in self.symbols:
            version = max(version, self.symbols[previous].version + 1)
        self._versions[variable.path, index] = version + 1
        self.made.append(symbol)
        self.symbols[symbol] = SymbolMeaning(
            symbol=symbol,
            path=variable.path,
            name=variable.name,
            index=index,
            version=version,
            line=line,
            in_place=in_place,
            previous=previous,
        )


def _numbered(element: str, comment: str, always: bool) -> Iterator[str]:
    if not always:
        yield element
    yield f"{element} ({comment})"
    count = 2
    while True:
        yield f"{element} ({comment}, {count})"
        count += 1


def _owner(array: Array) -> Array:
    """The array that has the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _number(variable: Variable, index: tuple[int, ...], formula: Expression) -> float:
    """The number itself: the formula may have been rounded otherwise."""
    numbers = variable.numbers
    return float(numbers[index]) if numbers.ndim or not index else formula.value


# The user's arguments, objects and global variables as copies, so that a run changes nothing.


class Copier:
    """Copies of what a function works on; with a table of symbols, traced arrays in their place.

    What is one memory stays one, whole arrays and views alike. ``fed`` has other numbers for
    what is at some paths.

    >>> w = np.zeros(3)
    >>> model = Copier().copy("model", "model", {"w": w, "first": w[:1]})
    >>> model["first"][0] = 1.0
    >>> model["w"].tolist(), w.tolist()
    ([1.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    """

    def __init__(
        self, table: SymbolTable | None = None, fed: Mapping[str, Any] | None = None
    ) -> None:
        self._table = table
        self._fed = fed or {}
        self._memo: dict[int, Any] = {}
        self._owners: dict[int, tuple[Array, Array, Array | None]] = {}

    def copy(self, path: str, name: str, value: Any) -> Any:
        """A copy of anything, whose numbers are named by where they are."""
        if isinstance(value, float | np.floating):  # equal constants may be one object
            value = type(value)(self._fed.get(path, value))
            made = constant(value) if self._table is not None else value
        elif id(value) in self._memo:
            return self._memo[id(value)]
        elif type(value) in (np.ndarray, Traced):
            made = self._traced(value) if isinstance(value, Traced) else self._array(value)
            if path in self._fed:
                self._feed(made, self._fed[path])
            self._memo[id(value)] = made
        else:
            return self._container(path, name, value)
        if self._table is not None and isinstance(made, Traced):
            self._table.give(Variable(path, name, made))
        return made

    def _feed(self, made: Any, numbers: Any) -> None:
        """Write other numbers into a copy; in a traced one they are constants until it is named."""
        if isinstance(made, Traced):
            made.numbers[...] = numbers
            made.formulas[...] = boxed(made.numbers)
        else:
            made[...] = numbers

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
        held = _children(path, name, value)
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
