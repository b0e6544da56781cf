"""Repairs of a gradient: sums, shapes and axes that were mistaken, and what undoes the mistake."""

from collections.abc import Iterator, Mapping
from itertools import combinations, permutations, product
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.vjp.point import Array

_SHORTEST = 3
AXES = 5
"""Arrays of more axes are not turned or summed in all possible ways."""


class Repair(NamedTuple):
    """What was given, after the repair, and what it then should be.

    ``terms`` is how many expected numbers were added up in one of the target. The kind is "" where
    nothing was repaired.
    """

    kind: str
    sentence: str
    fix: str
    given: Array
    target: Array
    terms: float = 1.0


def as_it_is(given: Array, expected: Array) -> Iterator[Repair]:
    """No repair; a factor may be.

    >>> [repair.kind for repair in as_it_is(np.ones(2), np.ones(2))]
    ['']
    """
    yield Repair("", "", "", given, expected)


def reshaped(given: Array, expected: Array) -> Iterator[Repair]:
    """The right numbers in another shape, or right once broadcast.

    >>> [repair.fix for repair in reshaped(np.ones(3), np.ones((1, 3)))]
    ['keep the axis, as by keepdims=True, or reshape it to (1, 3)']
    """
    if given.shape == expected.shape:
        return
    told = "has the right numbers in another shape"
    if given.size == expected.size:
        fix = f"reshape it to {expected.shape}"
        if [n for n in given.shape if n != 1] == [n for n in expected.shape if n != 1]:
            fix = f"keep the axis, as by keepdims=True, or {fix}"
        yield Repair("wrong shape", told, fix, given.reshape(expected.shape), expected)
    elif _broadcasts(given.shape, expected.shape):
        fix = f"np.broadcast_to(…, {expected.shape}).copy()"
        full = np.broadcast_to(given, expected.shape)
        yield Repair("wrong shape", f"{told}: it is not broadcast back", fix, full, expected)
    elif (inner := _inner(given, expected)) is not None:
        told = "still has the padding around it"
        yield Repair("wrong shape", told, "cut the padding off", inner, expected)


def _inner(given: Array, expected: Array) -> Array | None:
    """What is left without the same margin before and after; None if there is none."""
    margins = [many - few for many, few in zip(given.shape, expected.shape, strict=False)]
    if given.ndim != expected.ndim or not any(margins) or any(m < 0 or m % 2 for m in margins):
        return None
    return given[
        tuple(slice(m // 2, n - m // 2) for m, n in zip(margins, given.shape, strict=True))
    ]


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def summed(given: Array, expected: Array) -> Iterator[Repair]:
    """A sum that is missing, and a sum or mean that is too many.

    >>> [repair.sentence for repair in summed(np.ones((4, 3)), np.full(3, 4.0))][0]
    'is not summed over axis 0, along which the input is broadcast'
    """
    if given.size > expected.size:
        for axes, keep in _axes_and_keep(given.ndim):
            total = given.sum(axes, keepdims=keep)
            if total.shape == expected.shape:
                fix = f"sum it: .sum(axis={_python(axes)}{', keepdims=True' if keep else ''})"
                told = f"is not summed over {in_words(axes)}, along which the input is broadcast"
                yield Repair("not summed", told, fix, total, expected)
    for axes, keep in _axes_and_keep(expected.ndim):
        for reduce, word in ((np.sum, "summed"), (np.mean, "averaged")):
            total = reduce(expected, axis=axes, keepdims=keep)
            terms = expected.size / max(1, total.size)
            if keep and given.shape == expected.shape:
                total = np.broadcast_to(total, expected.shape)
            if total.shape == given.shape and terms > 1:
                told = f"is {word} over {in_words(axes)}, which the input has"
                yield Repair(f"{word} too much", told, "drop that sum", given, total, terms)


def turned(given: Array, expected: Array) -> Iterator[Repair]:
    """Transposed, or flipped along axes.

    >>> x = np.arange(6.0).reshape(2, 3)
    >>> [repair.fix for repair in turned(x.T, x)]
    ['transpose it: .T']
    """
    if given.ndim > AXES:
        return
    for axes in permutations(range(given.ndim)):
        if axes != tuple(range(given.ndim)) and given.ndim == expected.ndim:
            fix = ".T" if given.ndim == 2 else f".transpose{axes}"
            back = given.transpose(axes)
            yield Repair("transposed", "is transposed", f"transpose it: {fix}", back, expected)
    if given.shape == expected.shape:
        for axes, _ in _axes_and_keep(given.ndim, keeps=(False,)):
            fix = f"np.flip(…, axis={_python(axes)})"
            told = f"is flipped along {in_words(axes)}"
            yield Repair("flipped", told, fix, np.flip(given, axes), expected)


def shifted(given: Array, expected: Array) -> Iterator[Repair]:
    """Shifted by one along one or both of the last axes, as by a wrong cut of the padding.

    >>> x = np.arange(9.0)
    >>> [repair.sentence for repair in shifted(np.roll(x, 1), x) if (x[:-1] == repair.given).all()]
    ['is shifted by one along axis 0']
    """
    count = min(given.ndim, 2)
    if given.shape != expected.shape or min(given.shape[-count:], default=0) < _SHORTEST:
        return
    for steps in product((0, 1, -1), repeat=count):
        here = (..., *(slice(max(one, 0), min(one, 0) or None) for one in steps))
        there = (..., *(slice(max(-one, 0), min(-one, 0) or None) for one in steps))
        axes = tuple(given.ndim - count + at for at, one in enumerate(steps) if one)
        if axes:
            told = f"is shifted by one along {in_words(axes)}"
            yield Repair("shifted", told, "shift it back", given[here], expected[there])


def _axes_and_keep(
    ndim: int, keeps: tuple[bool, ...] = (False, True)
) -> Iterator[tuple[tuple[int, ...], bool]]:
    for count in range(1, min(ndim, AXES) + 1):
        for axes in combinations(range(ndim), count):
            for keep in keeps:
                yield axes, keep


def _python(axes: tuple[int, ...]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(axes)


def in_words(axes: tuple[int, ...]) -> str:
    """Axes as a sentence has them.

    >>> in_words((2, 3))
    'axes 2, 3'
    """
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"


# A constant factor by its name: a sign, 2, ½, a length of an axis, the root of one.


class NamedFactor(NamedTuple):
    """What a gradient was multiplied by, in words, and what undoes it."""

    kind: str
    sentence: str
    fix: str


def factor_of(
    ratio: float, lengths: Mapping[str, int], dtype: Any = float, unnamed: bool = True
) -> Iterator[NamedFactor]:
    """The names that a factor can have; one without any is told as a number if ``unnamed``.

    ``lengths`` are those that a sum or mean may have gone over.

    >>> [one.sentence for one in factor_of(0.25, {"x.shape[0]": 4})]
    ['is too small by the factor 1/4; 4 is x.shape[0]: a mean where a sum belongs']
    """
    tolerance = 1e3 * max(float(np.finfo(dtype).eps), 1e-12)
    size, sign = abs(ratio), "with the wrong sign and " if ratio < 0 else ""
    kind = "wrong sign and constant factor" if ratio < 0 else "constant factor"

    def is_(number: float) -> bool:
        return abs(size / number - 1) <= tolerance

    if is_(1.0) and ratio < 0:
        yield NamedFactor("wrong sign", "has the wrong sign", "change its sign")
        return
    named = False
    for number, text in [(2.0, "2"), (0.5, "1/2")]:
        if is_(number):
            named = True
            yield NamedFactor(kind, f"is {sign}{_off(number, text)}", _undo(number, text))
    for length in sorted(set(lengths.values()) - {0, 1}):
        where = [name for name, one in lengths.items() if one == length][:2]
        is_axis = any(name.endswith("]") for name in where)
        for number, text, why in _of(length) if is_axis else [*_of(length)][:2]:
            if is_(number) and (not named or text in {f"{length}", f"1/{length}"}):
                named = True
                told = f"is {sign}{_off(number, text)}; {length} is {' or '.join(where)}{why}"
                yield NamedFactor(kind, told, _undo(number, text.replace(str(length), where[0])))
    if unnamed and not named:
        yield NamedFactor(
            kind, f"is {sign}{_off(size, f'{size:.6g}')}", f"divide it by {ratio:.6g}"
        )


def _of(length: int) -> Iterator[tuple[float, str, str]]:
    """Factors that a length gives, each with the text and what it usually comes from."""
    n = float(length)
    yield n, f"{length}", ": a sum where a mean belongs"
    yield 1 / n, f"1/{length}", ": a mean where a sum belongs"
    yield n / (n - 1), f"{length}/({length} - 1)", ": n − 1 where n belongs"
    yield (n - 1) / n, f"({length} - 1)/{length}", ": n where n − 1 belongs"
    yield n**0.5, f"√{length}", ": a scale by its root is missing"
    yield n**-0.5, f"1/√{length}", ": a scale by its root is there twice"
    yield n * n, f"{length}²", ": a mean is missing twice"
    yield 1 / (n * n), f"1/{length}²", ": a mean is taken twice"
    yield n / 2, f"{length}/2", ": a mean is missing, and a 2"
    yield 2 / n, f"2/{length}", ": a mean that does not belong, and a 2"


def _off(number: float, text: str) -> str:
    return f"too {'large' if number > 1 else 'small'} by the factor {text}"


def _undo(number: float, text: str) -> str:
    return f"divide it by {text}" if number > 1 else f"multiply it by {text.removeprefix('1/')}"
