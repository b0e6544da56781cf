"""Numbers and arrays as a person writes them, each with the precision that its digits state."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.data import any_array, describe
from autograd_lite.errors import ClaimError, DataError
from autograd_lite.value import Value

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(float).eps)
_NUMBER = re.compile(r"([+\-−]?)(\d+(?:\.(\d*))?|\.(\d+))(?:[eE]([+\-−]?\d+))?")
_TOO_LARGE = "is too large for a float; a number is smaller than 1.8e308"
_NOT_FINITE = re.compile(r"[+\-−]?(?:nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """Numbers as they were given: their values, and how exactly they are known.

    ``half_units`` is half a unit of the last printed digit of each, 0 for a number in full;
    ``eps`` the relative rounding of the arithmetic from which they come.
    """

    values: Array
    half_units: Array
    eps: float = _EPS


class _Number(NamedTuple):
    value: float
    half_unit: float = 0.0
    eps: float = _EPS


def read_numbers(given: Any) -> Numbers:
    """A number, printed number, array, nested list or printed matrix as numbers with precision.

    A printed number is known to half a unit of its last digit; one without decimals, and a printed
    0.0, are exact. Raises ClaimError for what is not made of real numbers.

    >>> numbers = read_numbers(["-0.125", "1.5e-3", 0.1])
    >>> numbers.values.tolist(), numbers.half_units.tolist()
    ([-0.125, 0.0015, 0.1], [0.0005, 5e-05, 0.0])
    """
    if isinstance(given, Value):
        given = given.data
    if isinstance(given, str):
        return _printed(given)
    try:
        array = given if isinstance(given, np.ndarray) else any_array(given)
        if isinstance(given, list | tuple) and array.dtype.kind not in "fiu":
            array = np.array(given, object)  # each element as it stands: "0.50" has its digits
    except (DataError, ValueError):
        raise ClaimError(f"{describe(given)} is not a rectangular array of numbers") from None
    if array.dtype.kind == "f":
        values = array.astype(float)
        return Numbers(values, np.zeros(array.shape), float(np.finfo(array.dtype).eps))
    return _gathered([_number(one) for one in array.ravel().tolist()], array.shape)


def _gathered(numbers: list[_Number], shape: tuple[int, ...]) -> Numbers:
    values, half_units, eps = zip(*numbers, strict=True) if numbers else ((), (), (_EPS,))
    return Numbers(np.reshape(values, shape), np.reshape(half_units, shape), max(eps))


def _number(given: Any) -> _Number:
    """One element of what was given."""
    if isinstance(given, str | Decimal):
        return _digits(str(given))
    if isinstance(given, np.floating):
        return _Number(float(given), eps=float(np.finfo(given.dtype).eps))
    if isinstance(given, int | float | np.integer | Fraction) and not isinstance(given, bool):
        try:
            return _Number(float(given))
        except OverflowError:
            raise ClaimError(f"{describe(given)} {_TOO_LARGE}") from None
    raise ClaimError(f"{describe(given)} is not a number")


def _digits(text: str, decimals: int = 0) -> _Number:
    """A printed number; ``decimals`` are known even where zeros at the end were left out."""
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        if _NOT_FINITE.fullmatch(text):
            return _Number(float(text.replace("−", "-")))
        raise ClaimError(f"{text!r} is not a number; write it as 0.25, -2 or 1.5e-3")
    value = float(text.replace("−", "-"))
    if not isfinite(value):
        raise ClaimError(f"{describe(text)} {_TOO_LARGE}")
    scientific, printed = found[5] is not None, _decimals(text)
    decimals = max(decimals, printed)
    exact_zero = value == 0 and (scientific or printed <= 1)
    if exact_zero or (decimals == 0 and not scientific):
        return _Number(value)
    exponent = int(found[5].replace("−", "-")) if scientific else 0
    return _Number(value, float(f"0.5e{exponent - decimals}"))


def _decimals(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    return len(found[3] or found[4] or "") if found else 0


def _printed(text: str) -> Numbers:
    """A printed number, or a matrix as NumPy prints it: without zeros at the end of a number."""
    if not text.lstrip().startswith("["):
        return _gathered([_digits(text)], ())
    if "..." in text:
        raise ClaimError(
            "the printed array is cut short by ...; print it whole, after "
            "np.set_printoptions(threshold=sys.maxsize)"
        )
    quoted = re.sub(r"[^\s,\[\]]+", r'"\g<0>"', text)
    separated = re.sub(r'(?<=["\]])[\s,]*(?=["\[])', ", ", quoted)
    try:
        array = np.array(json.loads(separated), object)
        tokens = [str.strip(token) for token in array.ravel().tolist()]
    except (ValueError, TypeError, RecursionError):  # brackets that do not fit, or rows
        raise ClaimError(f"{describe(text)} is not a matrix of numbers") from None
    decimals = max(map(_decimals, tokens), default=0)
    return _gathered([_digits(token, decimals) for token in tokens], array.shape)


# Arrays that stand in a text: printed by NumPy, written as a list, or as a LaTeX matrix.

NUMBER = r"[+\-−]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+\-−]?\d+)?|nan|inf)"
"""A number as Python prints it."""

_PLAIN_NUMBER = re.compile(NUMBER)
_TOKEN = re.compile(
    rf"(?P<open>[\[(])|(?P<close>[\])])|(?P<number>{NUMBER})(?=[\s,\])]|$)"
    rf"|np\.float\d+\((?P<scalar>{NUMBER})\)"
    r"|(?P<comma>,)|(?P<space>\s+)|(?P<comment>#[^\n]*)"
)
_CALL = re.compile(r"(?:(?:np|numpy|jnp|torch)\.)?(?:as)?(?:array|tensor|matrix)\(\s*")
_END_OF_CALL = re.compile(r",?(?:\s*\w+=[^()\[\]=,]{1,40},?)*\s*\)")
_LATEX = re.compile(
    r"(?:\\left\s*[\[(]\s*)?\\begin\{(?P<kind>[bpB]?matrix|array)\}(?:\{[lcr| ]*\})?"
)
_RIGHT = re.compile(r"(?:\s*\\right\s*[\])])?")
_CELL = re.compile(r"(?P<text>[^&\\]*)(?P<end>&|\\\\|$)")
_LONGEST = 50_000  # characters of a LaTeX matrix: where to give up looking for its end
_DEEPEST = 8


class ArrayElement(NamedTuple):
    """A number of an array: where it stands in the array, its digits, where it stands in the text.

    >>> ArrayElement((0, 1), "0.5", 12).at
    (0, 1)
    """

    at: tuple[int, ...]
    digits: str
    offset: int


class TextArray(NamedTuple):
    r"""The numbers of an array, and the offset at which it ends.

    ``cut`` says that the array breaks off: then it has the rows that are there in full.

    >>> read_array("[[1. 2.]\n [3. ", 0).cut
    True
    """

    elements: list[ArrayElement]
    end: int
    cut: bool = False


def read_array(text: str, start: int) -> TextArray | None:
    r"""The array that begins at an offset; None if there is none, or not of numbers alone.

    >>> [element.digits for element in read_array("[2.24 0.5 0.]", 0).elements]
    ['2.24', '0.50', '0.']
    >>> read_array(r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", 0).elements[2].at
    (1, 0)

    NumPy leaves out zeros at the end of a number, which are put back: all numbers of an array
    that it printed have the same decimals. A zero stays as it is, and is exact.
    """
    if latex := _LATEX.match(text, start):
        array = _latex(text, latex)
    elif call := _CALL.match(text, start):
        array = _brackets(text, call.end())
        end = _END_OF_CALL.match(text, array.end) if array and not array.cut else None
        array = array._replace(end=end.end()) if array and end else None
        if array and not call[0].startswith("np."):
            array = array._replace(elements=_padded(array.elements))
    else:
        array = _brackets(text, start)
        if array and "," not in text[start : array.end]:
            array = array._replace(elements=_padded(array.elements))
    return array if array and _is_rectangular(array.elements) else None


def _brackets(text: str, start: int) -> TextArray | None:
    """The numbers between brackets, as NumPy prints them or as a list or tuple."""
    if text[start : start + 1] not in ("[", "("):
        return None
    elements: list[ArrayElement] = []
    row: list[ArrayElement] = []
    opened, path = "", [0]
    place = end = start
    while token := _TOKEN.match(text, place):
        place = token.end()
        if token["open"]:
            if row or len(opened) == _DEEPEST:
                return None
            opened += token[0]
            path.append(0)
        elif token["close"]:
            if opened[-1] + token[0] not in ("[]", "()"):
                return None  # the interval [0, 1)
            elements += row
            row, opened, end = [], opened[:-1], place
            path.pop()
            path[-1] += 1
            if not opened:
                tuple_without_comma = text[start] == "(" and "," not in text[start:end]
                return None if tuple_without_comma else TextArray(elements, end)
        elif digits := token["number"] or token["scalar"]:
            row.append(ArrayElement(tuple(path[1:]), digits, token.start()))
            path[-1] += 1
        elif row and token["space"] and token[0].count("\n") > 1:
            break
    # Only what NumPy printed can be cut off, by the end of a page: elsewhere it is no array.
    is_printed = "," not in text[start:place] and "\n" in text[start:place]
    return TextArray(elements, end, cut=True) if elements and is_printed else None


def _latex(text: str, begin: re.Match[str]) -> TextArray | None:
    closing = f"\\end{{{begin['kind']}}}"
    stop = text.find(closing, begin.end(), begin.end() + _LONGEST)
    if stop < 0:
        return None
    elements = []
    for index, cell, offset in _cells(text, begin.end(), stop):
        if not _PLAIN_NUMBER.fullmatch(cell):
            return None
        elements.append(ArrayElement(index, cell, offset))
    end = stop + len(closing)
    if right := _RIGHT.match(text, end):
        end = right.end()
    return TextArray(elements, end)


def _cells(text: str, start: int, stop: int) -> Iterator[tuple[tuple[int, int], str, int]]:
    """The cells of a LaTeX matrix: index, content, and where this stands in the text."""
    row = column = 0
    while cell := _CELL.match(text, start, stop):
        content = cell["text"]
        if cell["end"] or content.strip() or column:
            offset = cell.start() + len(content) - len(content.lstrip())
            yield (row, column), content.strip(), offset
        if not cell["end"]:
            return
        start = cell.end()
        row, column = (row, column + 1) if cell["end"] == "&" else (row + 1, 0)
    yield (row, column), "?", start  # a command, which is no number


def _padded(elements: list[ArrayElement]) -> list[ArrayElement]:
    """The numbers with the zeros that NumPy left out at their ends."""
    parts = [re.split("(?=[eE])", element.digits, maxsplit=1) for element in elements]
    decimals = max((len(part[0].partition(".")[2]) for part in parts), default=0)
    padded = []
    for element, (mantissa, *exponent) in zip(elements, parts, strict=True):
        whole, point, fraction = mantissa.partition(".")
        if point and (fraction or whole.strip("+-−0")):
            digits = "".join([f"{whole}.{fraction:0<{decimals}}", *exponent])
            padded.append(element._replace(digits=digits))
        else:
            padded.append(element)  # a zero, or a whole number
    return padded


def _is_rectangular(elements: list[ArrayElement]) -> bool:
    shapes = {len(element.at) for element in elements}
    if len(shapes) != 1:
        return False
    size = 1
    for positions in zip(*(element.at for element in elements), strict=True):
        size *= max(positions) + 1
    return size == len(elements)


_ROWS = re.compile(r"\[([^\[\]]*;[^\[\]]*)\]")


def rows_apart(text: str) -> str:
    """Matrices as MATLAB has them, ``[1 2; 3 4]``, as lists of their rows.

    >>> rows_apart("[1 2; 3 4]*x"), rows_apart("[w_1, w_2; b, 1]")
    ('[[1, 2], [3, 4]]*x', '[[w_1, w_2], [b, 1]]')
    """

    def rows(found: re.Match[str]) -> str:
        apart = [row.split("," if "," in row else None) for row in found[1].split(";")]
        texts = [[one.strip() for one in row if one.strip()] for row in apart]
        if texts and not texts[-1]:
            texts.pop()
        return f"[{', '.join(f'[{inner}]' for inner in map(', '.join, texts))}]"

    return _ROWS.sub(rows, text)


# How a document writes its numbers

_WITH_COMMA = re.compile(r"(?<![\d,.\w\[])([-+−]?\d+),(\d+)(?![\d\w]|[.,]\d)")
_WITH_POINT = re.compile(r"(?<![\d.\w])\d+\.\d+(?![\d.])")
_THOUSANDS = re.compile(r"(?<![\d.,\w\[])(\d{1,3}(?:,\d{3})+)(?=\.\d|(?![\d,\]]))")
_BRACED = re.compile(r"(?<=\d)\{([.,])\}(?=\d)")
_INDEXED = re.compile(r"(\[[^\[\]\n]*\]|_\{[^{}\n]*\}|\([^()\n]*,\s[^()\n]*\))")


def with_points(text: str) -> str:
    r"""A text whose numbers have decimal points, where its author has written commas.

    A document writes its decimals in one way: with commas, if it has no number with a point. An
    index such as w[0,1] stays as it is. ``{,}`` is a comma, as LaTeX has it.

    >>> with_points("dE/dw = -0,0068, w[0,1] = 2,5"), with_points("1,234.5 and 0,5")
    ('dE/dw = -0.0068, w[0,1] = 2.5', '1234.5 and 0,5')
    >>> with_points("$x = -0{,}0584$")
    '$x = -0.0584$'
    """
    if "," not in text:
        return text
    has_point = _WITH_POINT.search(text) is not None
    if not has_point:
        text = _BRACED.sub(".", text)
    if _WITH_COMMA.search(text) and not has_point:
        parts = _INDEXED.split(text)
        return "".join(
            part if place % 2 else _WITH_COMMA.sub(r"\1.\2", part)
            for place, part in enumerate(parts)
        )
    return _THOUSANDS.sub(lambda found: found[1].replace(",", ""), text)
