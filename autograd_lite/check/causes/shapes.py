"""Causes of a wrong shape: a sum that is missing, a wrong broadcast, a transposed array."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from autograd_lite.check.causes.cause import Cause
from autograd_lite.check.read.numbers import Array

__all__ = ["shape_causes"]


def shape_causes(given: Array, true: Array) -> tuple[Cause, ...]:
    """Why an array has another shape: not summed, wrongly broadcast, transposed.

    >>> shape_causes(np.ones((3, 2)), np.array([3.0, 3.0]))[0].sentence
    'it has not been summed over axis 0'
    """
    return tuple(_shapes(given, true))


def _shapes(given: Array, true: Array) -> Iterator[Cause]:
    if not given.size:
        yield Cause("shape", "the array is empty", np.inf, f"give an array of shape {true.shape}")
        return
    if given.size == true.size and _close(given.ravel(), true.ravel()):
        sentence = f"the numbers are right, in shape {given.shape} where {true.shape} belongs"
        yield Cause("shape", sentence, 0.0, f"reshape it to {true.shape}")
        return
    if given.ndim == 2 and given.T.shape == true.shape and _close(given.T, true):
        yield Cause("transposed", "the array is transposed", 0.0, "transpose it")
        return
    for count in range(1, given.ndim + 1):
        for axes in combinations(range(given.ndim), count):
            for keep in (False, True):
                total = given.sum(axis=axes, keepdims=keep)
                for how, number in (("summed", total), ("averaged", total / _size(given, axes))):
                    if number.shape == true.shape and _close(number, true):
                        where = ", ".join(map(str, axes))
                        sentence = f"it has not been {how} over axis {where}"
                        yield Cause(
                            "shape",
                            sentence,
                            0.0,
                            f"sum over axis {where}"
                            if how == "summed"
                            else f"take the mean over axis {where}",
                        )
                        return
    if true.ndim and given.size == 1 and _close(true.sum(), given):
        yield Cause("shape", "it has been summed up to one number", 0.0, "do not sum it")
    else:
        yield Cause(
            "shape",
            f"shape {given.shape} where {true.shape} belongs",
            np.inf,
            f"give an array of shape {true.shape}",
        )


def _close(one: Array, other: Any) -> bool:
    return bool(np.allclose(one, other, rtol=1e-5, atol=1e-12))


def _size(array: Array, axes: tuple[int, ...]) -> int:
    return int(np.prod([array.shape[axis] for axis in axes]))
