"""The symbols that stand for the elements of variables, version by version."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from autograd_lite.expr.node import Expression, name
from autograd_lite.hand.code.elements import Array
from autograd_lite.hand.code.leaves import Leaf

__all__ = ["Symbol", "SymbolTable"]


@dataclass(frozen=True, kw_only=True)
class Symbol:
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

    >>> from autograd_lite.hand.code.traced import traced
    >>> table = SymbolTable()
    >>> w = traced([1.0, 2.0], "w")
    >>> table.give(Leaf("self.w", "w", w))
    >>> before = w.formulas.copy()
    >>> w[0] -= 0.5
    >>> table.update(Leaf("self.w", "w", w), before, line=23)
    >>> str(w.formulas), table.symbols["w[0] (updated in line 23)"].previous
    ('[<formula w[0] (updated in line 23)> <formula w[1]>]', 'w[0]')
    """

    def __init__(self) -> None:
        self.symbols: dict[str, Symbol] = {}
        self._named: dict[int, Array] = {}
        self._versions: Counter[tuple[str, tuple[int, ...]]] = Counter()

    def give(self, leaf: Leaf) -> None:
        """Name what the code is given, numbers too; what has a symbol keeps it."""
        for index, array, place in leaf.places():
            formula = array[place]
            symbol = formula.label if not formula.is_number else self._free(leaf, index, "given")
            if symbol and symbol not in self.symbols:
                self._enter(symbol, leaf, index, None)
                array[place] = name(symbol, formula.value)
            self._remember(array)

    def assign(self, leaf: Leaf, line: int) -> None:
        """Name a new variable's elements, but for constants and what is in another's array."""
        known = {id(array) for _, array, _ in leaf.places() if id(_owner(array)) in self._named}
        for index, array, place in leaf.places():
            formula = array[place]
            if not (formula.is_number or (formula.label and id(array) in known)):
                symbol = self._free(leaf, index, f"assigned in line {line}")
                self._enter(symbol, leaf, index, line)
                array[place] = name(symbol, _number(leaf, index, formula))
            self._remember(array)

    def update(self, leaf: Leaf, before: Array | None, line: int) -> None:
        """Name the elements whose formula is not what it was before."""
        for index, array, place in leaf.places():
            formula = array[place]
            inside = before is not None and before.shape == leaf.numbers.shape
            old = before[index] if inside and before is not None else None
            if formula is not old and not formula.is_number:
                previous = old.label if isinstance(old, Expression) else ""
                comment = f"updated in line {line}"
                symbol = self._free(leaf, index, comment, always=bool(previous))
                self._enter(symbol, leaf, index, line, in_place=True, previous=previous)
                array[place] = name(symbol, _number(leaf, index, formula))
            self._remember(array)

    def used(self, formulas: Array, opaque: dict[str, str]) -> tuple[str, ...]:
        """The symbols that stand in formulas, in the order in which they came up."""
        found = {symbol for formula in formulas.flat for symbol in formula.symbols}
        for symbol in sorted(found - self.symbols.keys()):
            followed = symbol not in opaque
            path = opaque.get(symbol, symbol)
            self.symbols[symbol] = Symbol(symbol=symbol, path=path, followed=followed)
        return tuple(symbol for symbol in self.symbols if symbol in found)

    def _remember(self, array: Array) -> None:
        owner = _owner(array)
        self._named[id(owner)] = owner

    def _free(self, leaf: Leaf, index: tuple[int, ...], comment: str, always: bool = False) -> str:
        """The element's name, with a comment where it is taken or ``always``."""
        element = f"{leaf.name}[{','.join(map(str, index))}]" if index else leaf.name
        return next(
            symbol for symbol in _numbered(element, comment, always) if symbol not in self.symbols
        )

    def _enter(
        self,
        symbol: str,
        leaf: Leaf,
        index: tuple[int, ...],
        line: int | None,
        in_place: bool = False,
        previous: str = "",
    ) -> None:
        version = self._versions[leaf.path, index]
        if previous in self.symbols:
            version = max(version, self.symbols[previous].version + 1)
        self._versions[leaf.path, index] = version + 1
        self.symbols[symbol] = Symbol(
            symbol=symbol,
            path=leaf.path,
            name=leaf.name,
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


def _number(leaf: Leaf, index: tuple[int, ...], formula: Expression) -> float:
    """The number itself: the formula may have been rounded otherwise."""
    numbers = leaf.numbers
    return float(numbers[index]) if numbers.ndim or not index else formula.value
