"""The parameters of the function: weights and data, with the recorded numbers as defaults."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import isfinite
from typing import Any

from autograd_lite.chain.derivation.folding import WIDTH, filled
from autograd_lite.chain.derivation.lines import Input
from autograd_lite.chain.derivation.written import is_uniform, literal
from autograd_lite.data import Data

__all__ = ["signature"]

_INDENT = "    "
_LARGEST_DEFAULT = 32
_TITLES = {"weight": "weights", "data": "data"}


def signature(inputs: Sequence[Input], constants: Mapping[str, Any]) -> Iterator[str]:
    """The first lines of the function; the elements of an array stand together.

    >>> list(signature([], {}))
    ['def derivation():']
    """
    if not inputs and not constants:
        yield "def derivation():"
        return
    yield "def derivation("
    yield f"{_INDENT}*,"
    for kind, title in _TITLES.items():
        some = [one for one in inputs if one.kind == kind]
        if some:
            yield f"{_INDENT}# {title}"
        for _, several in groupby(some, key=lambda one: one.layer if one.shape else ""):
            yield from _together((one.symbol.identifier, one.data) for one in several)
    if constants:
        yield f"{_INDENT}# constants"
        yield from _together(constants.items())
    yield "):"


def _together(parameters: Iterable[tuple[str, Data]]) -> Iterator[str]:
    """Numbers side by side, each array on lines of its own."""
    for is_number, several in groupby(parameters, key=lambda one: isinstance(one[1], float)):
        if is_number:
            yield from filled((f"{name}={_exact(data)}," for name, data in several), _INDENT)
        else:
            for name, array in several:
                yield from _array(name, array)


def _exact(value: Any) -> str:
    return repr(value) if isfinite(value) else f'float("{value}")'


def _array(name: str, array: Any) -> Iterator[str]:
    """An array on one line if it fits, else row by row; a large one has no default."""
    if array.size > _LARGEST_DEFAULT and not is_uniform(array):
        yield f"{_INDENT}{name},  # of shape {array.shape}"
        return
    line = f"{_INDENT}{name}={literal(array)},"
    if len(line) <= WIDTH:
        yield line
        return
    start, _, rest = line.partition("([")
    numbers, _, end = rest.rpartition("]")
    yield f"{start}(["
    for row in numbers.replace("], [", "],\n[").splitlines():
        yield from filled(f"{row},".replace(",,", ",").split(" "), _INDENT * 2)
    yield f"{_INDENT}]{end}"
