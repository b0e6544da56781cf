r"""The equations of a line, and what stands on their right sides: a number, a formula or neither.

Precision comes before completeness: prose and code that only look like an equation are no claims.
"""

import re

from autograd_lite.check.read.arrays import NUMBER
from autograd_lite.check.read.naming import is_derivative, is_single_name

__all__ = ["MARK", "SEPARATOR", "is_formula", "printed_number", "separate"]

MARK = re.compile(r"\s*(?:>\s*)*(?:(?:[-*+•]|\(?(?:\d{1,3}|[a-z])[.)]|#{1,6})\s+)*")
"""What stands before the text of a line: list marks, numbers, heading marks, comment marks."""

SEPARATOR = re.compile(
    r"\\approx(?![a-zA-Z])|≈|(?<![-+*/%@=<>!:^|&~])=(?![=>])"
    r"|(?<![:\d]):(?=\s|$|[$*])|(?<=\d):(?=\s|$|[$*]|[-+−]?\d*\.\d)"
    r"|(?<=[A-Za-z\])}$*`]):(?=[-+−.\d\[\\])"
)
"""What stands between a name and what is said of it: no operator of code, no time, no URL."""

_NEXT = re.compile(r"(?<=[\d.])\s*(?:[,;]|\band\b)\s+(?=[^\d\s\[(.\-−+])")
_SCALAR = re.compile(rf"(?:(?:np\.)?float(?:16|32|64)?\(\s*)?({NUMBER})\s*\)?")
_POWER = re.compile(rf"({NUMBER})\s*(?:\\times|\\cdot|[×·*])\s*10\^\{{?\s*([+\-−]?\d+)\s*\}}?")
_LONGEST_NUMBER, _LONGEST_FORMULA = 200, 2000

_OPERATOR = re.compile(
    r"[+*·×⋅/^]|\\(?:cdot|times|frac|sum|sigma)|(?<=[\w)}\]])\s*[-−]\s*(?=\S)|\("
)
_PROSE = re.compile(r"(?<![\\\w])[A-Za-z]{2,}\s+[A-Za-z]{2,}(?![\w]*/)")
_CODE = re.compile(
    r"[A-Za-z_]\.[A-Za-z_]|['\"]\w|\w['\"]\]|[<>?@%;:!]|\([^()=]*=|\b(?:not|lambda|for|if)\b"
)
_LAYOUT = re.compile(r"\\(?:begin|end)\{\w+\}|\\(?:cdot|times|[dt]?frac|left|right|quad)\b")
_LETTER = re.compile(r"[A-Za-zΑ-ω∂]")


def printed_number(text: str) -> str | None:
    r"""The digits of a text that is nothing but a number.

    >>> printed_number(" 0.2451$."), printed_number(r"1.5 \times 10^{-3}"), printed_number("2 ms")
    ('0.2451', '1.5e-3', None)
    """
    text = text.strip(" \t$*`").rstrip(".,;\\ $*`\t")
    if len(text) > _LONGEST_NUMBER:
        return None
    if power := _POWER.fullmatch(text):
        return f"{power[1]}e{power[2].replace('−', '-')}"
    number = _SCALAR.fullmatch(text)
    return number[1] if number and text.count("(") == text.count(")") else None


def separate(text: str) -> list[str]:
    """The equations of a line that has several; what leads to one stays with it.

    >>> separate("Step 3, E = 0.5, H1 = 0.2 and H2 = 0.1")
    ['Step 3, E = 0.5', 'H1 = 0.2', 'H2 = 0.1']
    """
    pieces: list[str] = []
    before = ""
    for piece in _NEXT.split(text):
        before = f"{before}, {piece}" if before else piece
        if SEPARATOR.search(piece):
            pieces.append(before)
            before = ""
    return [*pieces, before] if before else pieces


def is_formula(left: str, right: str, *, math: bool) -> bool:
    """Whether the right side of an equation is a formula, and not prose, code or a number.

    Inside ``math`` there is no prose.

    >>> is_formula("dE/dw_9", "dE/dO1 * O1*(1 - O1) * H1", math=False)
    True
    >>> is_formula("weights", "np.zeros(4)", math=False), is_formula("x", "as before", math=False)
    (False, False)
    """
    right = right.strip(" .,;$")
    if len(right) > _LONGEST_FORMULA or not _LETTER.search(_LAYOUT.sub("", right)):
        return False
    if not math and (_CODE.search(right) or _PROSE.search(right)):
        return False
    is_local = is_derivative(left) and is_single_name(right)
    return is_local or _OPERATOR.search(right) is not None
