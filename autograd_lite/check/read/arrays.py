r"""Arrays that stand in a text: printed by NumPy, written as a list, or as a LaTeX matrix."""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["NUMBER", "Element", "TextArray", "read_array"]

NUMBER = r"[+\-−]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+\-−]?\d+)?|nan|inf)"
"""A number as Python prints it."""

_NUMBER = re.compile(NUMBER)
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


class Element(NamedTuple):
    """A number of an array: where it stands in the array, its digits, where it stands in the text.

    >>> Element((0, 1), "0.5", 12).at
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

    elements: list[Element]
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
    elements: list[Element] = []
    row: list[Element] = []
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
            row.append(Element(tuple(path[1:]), digits, token.start()))
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
        if not _NUMBER.fullmatch(cell):
            return None
        elements.append(Element(index, cell, offset))
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


def _padded(elements: list[Element]) -> list[Element]:
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


def _is_rectangular(elements: list[Element]) -> bool:
    shapes = {len(element.at) for element in elements}
    if len(shapes) != 1:
        return False
    size = 1
    for positions in zip(*(element.at for element in elements), strict=True):
        size *= max(positions) + 1
    return size == len(elements)
