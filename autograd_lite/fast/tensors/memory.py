"""Memory for the arrays of a program: what is no longer needed is used again."""

import math
from typing import Any

import numpy as np

__all__ = ["Memory", "arranged"]

_ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector of today's processors."""
_WASTE = 4
"""How many times as large as needed the memory may be that is used again."""


class Memory:
    """Hands out arrays, and takes them back.

    >>> memory = Memory()
    >>> first = memory.take((2, 3), (1, 0), np.dtype(float))
    >>> first.shape, first.flags.f_contiguous
    ((2, 3), True)
    >>> memory.give(first)
    >>> np.shares_memory(first, memory.take((6,), (0,), np.dtype(float)))
    True
    """

    def __init__(self) -> None:
        self._free: list[np.ndarray[Any, Any]] = []
        self._whole: dict[int, np.ndarray[Any, Any]] = {}
        """All the memory of each array that is out, by the address at which it begins."""

    def take(self, shape: tuple[int, ...], order: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        """An array of that shape, its axes in that order in memory, the slowest first."""
        size = max(1, math.prod(shape)) * dtype.itemsize
        fitting = [part for part in self._free if size <= part.size <= _WASTE * size]
        if fitting:
            # Of those that fit, what was used last is still in the cache.
            part = fitting[-1]
            self._free = [one for one in self._free if one is not part]
        else:
            part = _aligned(size)
        self._whole[_address(part)] = part
        flat = part[: math.prod(shape) * dtype.itemsize].view(dtype)
        return arranged(flat.reshape([shape[axis] for axis in order]), order)

    def give(self, array: Any) -> None:
        """Take an array back: its memory may be handed out again."""
        self._free.append(self._whole.pop(_address(array)))


def arranged(array: Any, order: tuple[int, ...]) -> Any:
    """An array whose axes lie in memory as they should, with the axes where they belong.

    >>> arranged(np.ones((4, 3, 2)), (2, 0, 1)).shape
    (3, 2, 4)
    """
    back = [0] * len(order)
    for position, axis in enumerate(order):
        back[axis] = position
    return array.transpose(back)


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def _aligned(size: int) -> np.ndarray[Any, Any]:
    whole = np.empty(size + _ALIGNMENT, np.uint8)
    start = -_address(whole) % _ALIGNMENT
    return whole[start : start + size]
