"""What the pictures look like, and how text gets into DOT as text."""

import html
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_lite.expr.notation import Written, apply, short, written_number
from autograd_lite.value import Value

FONT, MONOSPACED = "Arial", "Courier New"
EDGE_FONT, NODE_FONT, TITLE_FONT = 9.0, 10.0, 11.0
INK, FAINT, LINE, HIGHLIGHT = "#333333", "#b4b4b4", "#8a8a8a", "#c2410c"
FILL = {
    "data": "#fdf1d3",
    "weight": "#dbe9fb",
    "value": "#ffffff",
    "output": "#dcefd8",
    "lost": "#f1f1f1",
}
FRAME = {"data": "#fffaf0", "weight": "#f3f8ff", "value": "#f7f7f7"}
WORDS = {
    "data": "data, target",
    "weight": "weight",
    "value": "computed",
    "output": "result",
    "lost": "without effect on the result",
}


def kinds_in_order(kinds: Iterable[str]) -> list[str]:
    """The kinds that occur, in the order of the legend."""
    occurring = set(kinds)
    return [kind for kind in WORDS if kind in occurring]


def key_of(node: str, result: str) -> str:
    """The words of the legend for what a node says, and whose its gradient is.

    >>> key_of("name = value", "E")
    'node: name = value, grad = ∂E/∂name'
    """
    return f"node: {node}, grad = ∂{result}/∂name" if result else f"node: {node}"


# The widths of Arial in thousandths of an em; digits and most small letters have 556.
_WIDTHS = {
    letter: width
    for width, letters in {
        191: "'",
        222: "ijl",
        260: "|",
        278: " !,./:;I[\\]ft",
        333: "()-`r·²³¹{}₀₁₂₃₄₅₆₇₈₉",
        355: '"',
        389: "*",
        469: "^",
        500: "ckJsvxyz",
        584: "+<=>~−",
        611: "FTZ",
        667: "&ABEKPSVXY",
        722: "CDHNRUw",
        778: "GOQ",
        833: "Mm",
        889: "%",
        944: "W",
        1000: "…",
        1015: "@",
    }.items()
    for letter in letters
}


def text_width(text: str, size: float) -> float:
    """How wide a text is in Arial, in points; that of rare letters is an estimate.

    >>> text_width("H1 = 0.5", 10.0)
    38.08
    """
    thousandths = sum(
        1000 if unicodedata.east_asian_width(letter) in "WF" else _WIDTHS.get(letter, 556)
        for letter in text
    )
    return thousandths * size / 1000


def literal(text: str) -> str:
    r"""A text as a DOT label that shows it as it is: no escape, no entity, no HTML.

    >>> print(literal(r"a\N & b"))
    a\\N &amp; b
    """
    return text.replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")


def markup(text: str) -> str:
    r"""A text within an HTML-like label, shown as it is.

    >>> print(markup(r"a\N & b"))
    a\\N &amp; b
    """
    return html.escape(text).replace("\\", "\\\\")


def coloured(lines: Iterable[tuple[str, str]]) -> str:
    """Lines of text, each with its colour, as an HTML-like label.

    >>> print(coloured([("a < b", "red")]))
    <<FONT COLOR="red">a &lt; b</FONT>>
    """
    fonts = (f'<FONT COLOR="{color}">{markup(text)}</FONT>' for text, color in lines)
    return f"<{'<BR/>'.join(fonts)}>"


_LONGEST_ROW = 8


def rows(array: Any) -> list[list[str]]:
    """The numbers of a small array as rows of text; [] for one too large to show, or empty.

    >>> rows([1.0, 2.5])
    [['1', '2.5']]
    """
    numbers = np.atleast_2d(array)
    while numbers.ndim > 2 and len(numbers) == 1:  # a batch of one, or one channel
        (numbers,) = numbers
    if numbers.ndim > 2 or max(numbers.shape) > _LONGEST_ROW or not numbers.size:
        return []
    return [[short(number) for number in row] for row in numbers.tolist()]


def summary(array: Any) -> str:
    """A large array in a line.

    >>> summary(np.arange(1000.0))
    '1,000 numbers, 0 to 999'
    """
    if not array.size:
        return "0 numbers"
    return f"{array.size:,} numbers, {short(float(array.min()))} to {short(float(array.max()))}"


_LONGEST_DEFINITION, _MOST_OPS = 32, 3
"""How many letters, and ops one within the other, are written out."""
_UNNAMED = Written("...")  # not "…", for whose width layout engines leave too little room


def definition(value: Value, names: Mapping[Value, str]) -> str:
    """The name and the op that gave the value; unnamed operands are written out if that is short.

    >>> import autograd_lite as ag
    >>> F = ag.Value([1.0, 2.0])
    >>> s = ag.sigmoid(F)
    >>> definition(s, {F: "F", s: "s"})
    's = σ(F)'
    """
    left = names.get(value, "")
    if value.op is None:
        return left
    right = _whole(value, names, _MOST_OPS)
    if right is None or len(right.text) > _LONGEST_DEFINITION:
        known = (_operand(operand, names, 0) for operand in value.operands)
        right = apply(value.op, "text", [operand or _UNNAMED for operand in known])
    return f"{left} = {right.text}" if left else right.text


def _whole(value: Value, names: Mapping[Value, str], depth: int) -> Written | None:
    """What gave the value in names and numbers; None where that takes more ops than ``depth``."""
    assert value.op is not None
    operands = []
    for operand in value.operands:
        written = _operand(operand, names, depth - 1)
        if written is None:
            return None
        operands.append(written)
    return apply(value.op, "text", operands)


def _operand(operand: Any, names: Mapping[Value, str], depth: int) -> Written | None:
    if isinstance(operand, float):
        return written_number(operand, "text")
    if not isinstance(operand, Value):
        return Written(f"array{operand.shape}")
    if operand in names:
        return Written(names[operand])
    return _whole(operand, names, depth) if operand.op is not None and depth > 0 else None
