"""The numbers that a variable holds: itself, or in dicts, lists and objects, each by its path."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.code.elements import Array, boxed
from autograd_lite.check.code.traced import Traced, numbers_of

__all__ = ["MOST", "Child", "Leaf", "children", "leaves"]

MOST = 1000
"""Longer lists and dicts are data, into which nobody looks."""

_DEEPEST = 5


class Child(NamedTuple):
    """What is held by something else: its key there, its path and its name."""

    key: Any
    path: str
    name: str
    value: Any


@dataclass(frozen=True, eq=False)
class Leaf:
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

    def shares_memory(self, other: "Leaf") -> bool:
        """Whether a change of one in place is a change of the other."""
        if self.held is other.held:
            return isinstance(self.held, np.ndarray | list) or _is_array(self.held)
        if not (_is_array(self.held) and _is_array(other.held)):
            return False
        return bool(np.shares_memory(self.numbers, other.numbers))


def _is_array(held: Any) -> bool:
    return isinstance(held.numbers if isinstance(held, Traced) else held, np.ndarray)


def leaves(path: str, name: str, value: Any) -> Iterator[Leaf]:
    """The numbers in a variable: floats only, and no whole numbers.

    >>> import numpy as np
    >>> held = {"w": np.ones(2), "shape": (2, 3), "layers": [np.ones(1), 0.5]}
    >>> [(leaf.path, leaf.name) for leaf in leaves("p", "p", held)]
    [("p['w']", 'w'), ("p['layers'][0]", 'layers[0]'), ("p['layers'][1]", 'layers[1]')]
    """
    yield from _leaves(Leaf(path, name, value), ())


def _leaves(leaf: Leaf, within: tuple[int, ...]) -> Iterator[Leaf]:
    value = leaf.held
    if _is_leaf(value):
        yield leaf
    elif id(value) not in within and len(within) < _DEEPEST:
        for key, path, name, one in children(leaf.path, leaf.name, value):
            yield from _leaves(Leaf(path, name, one, value, key), (*within, id(value)))


def _is_leaf(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.dtype.kind == "f")
    if isinstance(value, list | tuple) and 0 < len(value) <= MOST:
        return all(map(_is_number, value)) and any(map(_is_float, value))
    return isinstance(value, Traced) or _is_float(value)


def _is_float(value: Any) -> bool:
    return isinstance(value, float | np.floating) or (
        isinstance(value, Traced) and bool(value.is_scalar)
    )


def _is_number(value: Any) -> bool:
    return _is_float(value) or (isinstance(value, int | np.integer) and not isinstance(value, bool))


def children(path: str, name: str, value: Any) -> list[Child]:
    """What a dict, list, tuple or object holds; nothing for anything else.

    An entry of a dict has its key as name, and an attribute of ``self`` its own.
    """
    if isinstance(value, dict) and len(value) <= MOST:
        return [
            Child(key, f"{path}[{key!r}]", key if isinstance(key, str) else f"{name}[{key!r}]", one)
            for key, one in value.items()
        ]
    if isinstance(value, list | tuple) and len(value) <= MOST:
        return [
            Child(position, f"{path}[{position}]", f"{name}[{position}]", one)
            for position, one in enumerate(value)
        ]
    if _is_object(value):
        return [
            Child(key, f"{path}.{key}", key if name == "self" else f"{name}.{key}", one)
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
