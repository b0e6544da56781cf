"""The inputs of a check: as they are given, and drawn anew in their shapes and ranges."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.check.vjp.point import Array
from autograd_lite.data import as_data
from autograd_lite.errors import DataError

__all__ = ["cotangent_like", "random_like", "read_inputs", "tied_like"]


def read_inputs(given: Any) -> list[Array]:
    """The inputs as arrays: integers and booleans as they are, unless there are no others.

    Raises DataError for anything but real numbers, and where there is none.

    >>> from autograd_lite.check.vjp.inputs import read_inputs
    >>> [one.dtype.kind for one in read_inputs([[1.5, 2.0], [0, 1]])]
    ['f', 'i']
    >>> read_inputs(3)
    [array(3.)]
    """
    several = isinstance(given, list | tuple)
    inputs = [_read(one) for one in (given if several else [given])]
    if not any(one.size for one in inputs):
        raise DataError("there is nothing to check; give the inputs of forward: a list of arrays")
    if any(one.dtype.kind == "f" for one in inputs):
        return inputs
    return [one.astype(float) for one in inputs]


def _read(given: Any) -> Array:
    data = np.asarray(as_data(given))
    exact = np.asarray(given)
    return exact.copy() if exact.dtype.kind in "iub" else data.astype(float)


def random_like(given: Array, rng: "np.random.Generator") -> Array:
    """Random numbers in the range of the given ones, which single precision represents exactly.

    Integers, a mask of zeros and ones, and what is not finite are kept.

    >>> from autograd_lite.check.vjp.inputs import random_like
    >>> rng = np.random.default_rng(0)
    >>> drawn = random_like(np.array([1.0, 1.0, 4.0]), rng)
    >>> bool(1 <= drawn.min() < drawn.max() <= 4)
    True
    >>> random_like(np.array([0.0, 1.0, 1.0]), rng).tolist()
    [0.0, 1.0, 1.0]
    """
    if _is_kept(given):
        return given
    low, high = _range(given)
    return _single(rng.uniform(low, high, given.shape))


def tied_like(given: Array, rng: "np.random.Generator") -> Array:
    """As :func:`random_like`, but with few different numbers: 0 is one of them if it may be.

    >>> from autograd_lite.check.vjp.inputs import tied_like
    >>> sorted(set(tied_like(np.linspace(-1, 2, 50), np.random.default_rng(0)).tolist()))
    [-1.0, 0.0, 2.0]
    """
    if _is_kept(given):
        return given
    low, high = _range(given)
    middle = 0.0 if low < 0 < high else (low + high) / 2
    return _single(rng.choice([low, middle, high], given.shape))


def cotangent_like(shape: Sequence[int], rng: "np.random.Generator") -> Array:
    """A random cotangent without zeros, neither symmetric nor of any special sum.

    >>> from autograd_lite.check.vjp.inputs import cotangent_like
    >>> cotangent_like((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    signs = rng.choice([-1.0, 1.0], shape)
    return _single(signs * rng.uniform(0.5, 1.5, shape))


def _single(drawn: Any) -> Array:
    """In double precision what single precision represents."""
    return np.asarray(drawn, np.float32).astype(float)


def _is_kept(given: Array) -> bool:
    if given.dtype.kind != "f" or not given.size or not np.isfinite(given).all():
        return True
    return given.size > 1 and set(np.unique(given).tolist()) == {0.0, 1.0}


def _range(given: Array) -> tuple[float, float]:
    """The range to draw from; for equal numbers c that from c/2 to c, so that it has their sign."""
    low, high = float(given.min()), float(given.max())
    if low < high:
        return low, high
    return (min(low, low / 2), max(low, low / 2)) if low else (-1.0, 1.0)
