"""Combinations of faults as arrays of numbers, and how a row of them is decoded."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograd_lite.check.causes.model import Model, Pick
from autograd_lite.check.read.numbers import Array

__all__ = ["Decode", "sums_with"]

Decode = Callable[[int], tuple[Pick, ...]]

_MOST = 1_000_000
"""So many combinations are computed at a time; with more, they are left out."""


def sums_with(model: Model, count: int) -> Iterator[tuple[Decode, Array]]:
    """The derivative with so many faults in its products, every combination."""
    base, total = model.base, model.base.sum(axis=0)
    if count == 0:
        yield (lambda _: ()), total[None]
        return
    singles = [model.singles(product) for product in range(len(base))]
    if count == 1:
        for product, found in enumerate(singles):
            yield _decode(found), total - base[product] + _rows(found)
        common = [] if model.has_fault else list(model.common())
        if common:
            yield _decode(common), _rows(common)
        return
    for first in range(len(base)):
        rest = total - base[first]
        for ones, twos, numbers in model.pairs(first):
            if count == 2:
                yield _two(ones, twos), rest + numbers
                continue
            for second in range(len(base)):
                if second != first and singles[second]:
                    yield from _both(
                        _two(ones, twos), rest + numbers, singles[second], base[second]
                    )
        if count == 2:
            for second in range(first + 1, len(base)):
                yield from _both(
                    _decode(singles[first]),
                    rest + _rows(singles[first]),
                    singles[second],
                    base[second],
                )


def _decode(found: Sequence[tuple[Pick, Array]]) -> Decode:
    return lambda place: (found[place][0],)


def _rows(found: Sequence[tuple[object, Array]]) -> Array:
    return np.array([number for _, number in found])


def _two(ones: Sequence[Pick], twos: Sequence[Pick]) -> Decode:
    return lambda place: (ones[int(place) // len(twos)], twos[int(place) % len(twos)])


def _both(
    first: Decode, numbers: Array, second: Sequence[tuple[Pick, Array]], base: Array
) -> Iterator[tuple[Decode, Array]]:
    """Every fault in one product, with every fault in another."""
    if not second or len(numbers) * len(second) > _MOST:
        return
    others = _rows(second) - base
    both = (numbers[:, None] + others[None, :]).reshape(-1, base.size)

    def decode(place: int) -> tuple[Pick, ...]:
        one, two = divmod(int(place), len(second))
        return (*first(one), second[two][0])

    yield decode, both
