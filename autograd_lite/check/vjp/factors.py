"""A constant factor by its name: a sign, 2, ½, a length of an axis, the root of one."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Factor", "factor_of"]


class Factor(NamedTuple):
    """What a gradient was multiplied by, in words, and what undoes it."""

    kind: str
    sentence: str
    fix: str


def factor_of(
    ratio: float, lengths: Mapping[str, int], dtype: Any = float, unnamed: bool = True
) -> Iterator[Factor]:
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
        yield Factor("wrong sign", "has the wrong sign", "change its sign")
        return
    named = False
    for number, text in [(2.0, "2"), (0.5, "1/2")]:
        if is_(number):
            named = True
            yield Factor(kind, f"is {sign}{_off(number, text)}", _undo(number, text))
    for length in sorted(set(lengths.values()) - {0, 1}):
        where = [name for name, one in lengths.items() if one == length][:2]
        for number, text, why in _of(length):
            if is_(number) and (not named or text in {f"{length}", f"1/{length}"}):
                named = True
                told = f"is {sign}{_off(number, text)}; {length} is {' or '.join(where)}{why}"
                yield Factor(kind, told, _undo(number, text.replace(str(length), where[0])))
    if unnamed and not named:
        yield Factor(kind, f"is {sign}{_off(size, f'{size:.6g}')}", f"divide it by {ratio:.6g}")


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
