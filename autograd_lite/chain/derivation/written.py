"""What a written part of a source is, and how numbers, arrays and settings are written."""

from fractions import Fraction
from math import isfinite
from typing import Any, NamedTuple, Protocol

import numpy as np

__all__ = [
    "Level",
    "Writer",
    "Written",
    "index_text",
    "is_uniform",
    "literal",
    "number",
    "raised",
    "setting",
]


class Level:
    """How tightly Python's operators bind."""

    CHOICE, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(7)


class Written(NamedTuple):
    """Source, and how tightly it binds."""

    text: str
    level: int = Level.ATOM


class Writer(Protocol):
    """What the templates need of :class:`autograd_lite.chain.derivation.python.PythonWriter`."""

    def write(self, part: Any, least: int = Level.CHOICE) -> str:
        """The source of a part, in parentheses if it binds less than ``least``."""

    def is_inside(self, part: Any, *kinds: str) -> bool:
        """Whether a part is written out where it stands, and is of one of the kinds."""

    def condition(self, part: Any) -> str:
        """A comparison as Python's own, of booleans; anything else as it is."""

    def call(self, module: str, name: str, *arguments: Any, **settings: Any) -> str:
        """A call of a function of a module, which the source imports."""


def number(value: float) -> Written:
    """A number with all its digits; a third is 1 / 3.

    >>> number(2.0), number(2 / 3), number(-0.1)
    (Written(text='2', level=6), Written(text='2 / 3', level=3), Written(text='-0.1', level=4))
    """
    if not isfinite(value):
        return Written(f'float("{value}")')
    sign = Level.SIGN if value < 0 else Level.ATOM
    if value.is_integer() and abs(value) < 1e15:
        return Written(str(int(value)), sign)
    if len(repr(value)) > 12:
        near = Fraction(value).limit_denominator(1000)
        if float(near) == value:
            return Written(f"{near.numerator} / {near.denominator}", Level.PRODUCT)
    return Written(repr(value), sign)


def raised(base: str, exponent: str) -> Written:
    """A power; with spaces around the operator unless both sides are a name or a number.

    >>> raised("x", "2").text, raised("(x + 1)", "2").text
    ('x**2', '(x + 1) ** 2')
    """
    number_or_name = exponent.isidentifier() or exponent.lstrip("-").replace(".", "").isdigit()
    simple = base.isidentifier() and number_or_name
    return Written(f"{base}**{exponent}" if simple else f"{base} ** {exponent}", Level.POWER)


def is_uniform(array: Any) -> bool:
    """Whether all numbers of an array are the same to the last bit.

    >>> is_uniform(np.ones(2)), is_uniform(np.array([0.0, -0.0])), is_uniform(np.ones(0))
    (True, False, False)
    """
    return (
        bool(array.size)
        and array.tobytes() == array.dtype.type(array.flat[0]).tobytes() * array.size
    )


def literal(array: Any) -> str:
    """An array as source, in as many digits as it has.

    >>> literal(np.ones(2)), literal(np.array([[0.5, 0.25]], np.float32))
    ('np.ones(2)', 'np.array([[0.5, 0.25]], np.float32)')
    >>> literal(np.array([[[0.5], [0.25]]]))
    'np.array([0.5, 0.25]).reshape(1, 2, 1)'
    """
    kind = "" if array.dtype in (np.float64, np.intp, bool) else f", np.{array.dtype}"
    shape = array.shape[0] if array.ndim == 1 else array.shape
    if not array.size:
        return f"np.zeros({shape}{kind})"
    if array.dtype.kind == "f" and is_uniform(array):
        value = str(array.flat[0])
        if value in ("0.0", "1.0"):
            return f"np.{'ones' if value == '1.0' else 'zeros'}({shape}{kind})"
        return f"np.full({shape}, {_not_finite(value)}{kind})"
    if array.ndim > 2:
        return f"{literal(array.ravel())}.reshape{array.shape}"
    numbers = str(array.astype(str).tolist()).replace("'", "")
    return f"np.array({_not_finite(numbers)}{kind})"


def _not_finite(numbers: str) -> str:
    return numbers.replace("nan", "np.nan").replace("inf", "np.inf")


def setting(value: Any) -> str:
    """A setting of an op, such as an axis or a stride.

    >>> setting((1, 2)), setting(None), setting("ij->i")
    ('(1, 2)', 'None', '"ij->i"')
    """
    if isinstance(value, str):
        return '"' + repr(value)[1:-1].replace('"', r"\"") + '"'
    if isinstance(value, tuple):
        texts = [setting(one) for one in value]
        comma = "," if len(texts) == 1 else ""
        return f"({', '.join(texts)}{comma})"
    if isinstance(value, slice | type(...)):
        return f"np.s_[{_place(value)}]"
    if isinstance(value, np.ndarray):
        return literal(value)
    return repr(value.item() if isinstance(value, np.generic) else value)


def index_text(index: tuple[Any, ...]) -> str:
    """What stands in the brackets of an index.

    >>> index_text((1, slice(None, None, 2), ...))
    '1, ::2, ...'
    """
    return ", ".join(map(_place, index)) or "()"


def _place(part: Any) -> str:
    if isinstance(part, slice):
        start, stop, step = (
            "" if one is None else setting(one) for one in (part.start, part.stop, part.step)
        )
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return "..." if part is ... else setting(part)
