"""Labels are the vocabulary of a derivation: which value is called what."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite.chain.notation import printable
from autograd_lite.value import Value

__all__ = ["element_names", "name_values"]


def name_values(nodes: Sequence[Value], frame: FrameType | None = None) -> dict[Value, str]:
    """The names of the labelled values among ``nodes``, which come in the order of computation.

    A value without a label takes the name of the variable that holds it in ``frame``, alone or in a
    list, tuple or dict; a leaf without either is called v1, v2, ..., and the last value "output".
    A name that several values have is told apart as h#1, h#2.
    """
    variables = _variables(frame) if frame is not None else {}
    names = {node: printable(node.label or variables.get(node, "")) for node in nodes}
    taken = set(names.values())
    fresh = (f"v{count}" for count in range(1, len(nodes) + 1) if f"v{count}" not in taken)
    for node in nodes:
        if not names[node] and node is nodes[-1]:
            names[node] = "output"
        elif not names[node] and node.op is None:
            names[node] = next(fresh)
    named = [node for node in nodes if names[node]]
    return dict(zip(named, _told_apart([names[node] for node in named]), strict=True))


def _variables(frame: FrameType) -> dict[Value, str]:
    """The values that the variables of a frame hold, by the first name that holds them.

    A variable of its own comes before a place in a list or dict.
    """
    scopes = (frame.f_locals, frame.f_globals)
    variables = [
        (name, held)
        for scope in scopes
        for name, held in list(scope.items())
        if name.isidentifier() and not name.startswith("_")
    ]
    found = {held: name for name, held in reversed(variables) if isinstance(held, Value)}
    for variable, held in variables:
        for name, value in _inside(variable, held):
            found.setdefault(value, name)
    return found


def _inside(variable: str, held: Any) -> Iterator[tuple[str, Value]]:
    """The values in a list, tuple or dict, and what they are called there."""
    if isinstance(held, list | tuple):
        items: Any = enumerate(held)
    elif isinstance(held, dict):
        items = list(held.items())
    else:
        return
    for key, item in items:
        if isinstance(item, Value):
            yield key if isinstance(key, str) else f"{variable}[{key!r}]", item


def _told_apart(names: Sequence[str]) -> list[str]:
    """The names, with #1, #2, ... behind each that occurs more than once."""
    count = Counter(names)
    numbers: Counter[str] = Counter()
    result = []
    for name in names:
        unique = name
        while count[name] > 1 and unique in count:
            numbers[name] += 1
            unique = f"{name}#{numbers[name]}"
        result.append(unique)
    return result


def element_names(names: Mapping[Value, str]) -> dict[Value, list[str]]:
    """The names of every named value's elements in reading order: its own, or name[i,j].

    >>> from autograd_lite import Value
    >>> list(element_names({Value([[1.0, 2.0]]): "w"}).values())
    [['w[0,0]', 'w[0,1]']]
    """
    each = {value: _elements(value, name) for value, name in names.items()}
    all_of_them = iter(_told_apart([name for elements in each.values() for name in elements]))
    return {value: [next(all_of_them) for _ in elements] for value, elements in each.items()}


def _elements(value: Value, name: str) -> list[str]:
    if not value.shape:
        return [name]
    if value.names is not None:
        return [printable(element) for element in value.names.ravel().tolist()]
    return [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(value.shape)]
