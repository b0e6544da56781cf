"""Notation: how names, numbers and ops are written as text, as LaTeX and as Python.

An op is written by the template that it declares; what binds more loosely than its place in the
template allows is put in parentheses.
"""

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import chain, zip_longest
from typing import NamedTuple

from autograd_lite.op import Op, Precedence

__all__ = ["Written", "apply", "latex_name", "printable", "short", "written_name", "written_number"]

_SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_PARENTHESES = {"text": "({})", "latex": r"\left({}\right)", "python": "({})"}
_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|"
    "upsilon|phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
)
_LATEX_ESCAPES = str.maketrans(
    {letter: f"\\{letter}" for letter in "{}$&#_%"}
    | {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
)


class Written(NamedTuple):
    """A part of a formula in some notation, and how tightly it binds."""

    text: str
    precedence: int = Precedence.ATOM


def apply(op: Op, notation: str, operands: Sequence[Written]) -> Written:
    """An op applied to written operands, in the notation of that name: text, latex or python.

    >>> from autograd_lite.ops.elementwise import add, multiply
    >>> total = apply(add, "text", [Written("a"), Written("b")])
    >>> apply(multiply, "text", [total, Written("c")]).text
    '(a + b)·c'
    """
    template: str = getattr(op, notation)
    if op.arity is None:
        return Written(template.replace("{}", ", ".join(operand.text for operand in operands)))
    pieces = template.split("{}")
    texts = []
    tight = op.operand_precedence or (Precedence.SUM,) * op.arity
    precedence = Precedence.POWER  # of what is in braces as a whole, like a fraction in LaTeX
    for position, (operand, needed) in enumerate(zip(operands, tight, strict=True)):
        text = operand.text
        if notation == "text" and pieces[position].endswith("^") and re.fullmatch(r"−?\d+", text):
            pieces[position] = pieces[position].removesuffix("^")
            text = text.translate(_SUPERSCRIPTS)
        elif not (pieces[position].endswith("{") and pieces[position + 1].startswith("}")):
            precedence = op.precedence
            if operand.precedence < needed:
                text = _PARENTHESES[notation].replace("{}", text)
        texts.append(text)
    return Written("".join(chain(*zip_longest(pieces, texts, fillvalue=""))), precedence)


def written_number(value: float, notation: str) -> Written:
    """A number: all its digits in Python; for reading six significant ones, or a fraction.

    >>> written_number(-2 / 3, "text").text, written_number(-2 / 3, "python").text
    ('−2 / 3', '-0.6666666666666666')
    """
    sign = Precedence.SIGN if value < 0 else Precedence.ATOM
    if value.is_integer() and abs(value) < 1e15:
        text = str(int(value))
    elif notation == "python":
        text = repr(value)
    elif (fraction := _as_fraction(value)) is not None:
        over, under = abs(fraction).as_integer_ratio()
        minus = "-" if value < 0 else ""
        text = minus + (
            f"{over} / {under}" if notation == "text" else rf"\frac{{{over}}}{{{under}}}"
        )
        sign = min(sign, Precedence.QUOTIENT if notation == "text" else Precedence.POWER)
    else:
        text = f"{value:.6g}"
    if notation == "latex":
        mantissa, exponential, exponent = text.partition("e")
        if exponential:
            power = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
            return Written(power, min(sign, Precedence.PRODUCT))
        text = text.replace("inf", r"\infty")
    return Written(text.replace("-", "−") if notation == "text" else text, sign)


def _as_fraction(value: float) -> Fraction | None:
    """The fraction with a small denominator that a number is, if six digits are not the number."""
    if not math.isfinite(value) or float(f"{value:.6g}") == value:
        return None
    fraction = Fraction(value).limit_denominator(1000)
    return fraction if float(fraction) == value else None


def short(value: float) -> str:
    """A number with six significant digits, for reading.

    >>> short(-1 / 3), short(-0.0)
    ('−0.333333', '0')
    """
    return f"{value + 0.0:.6g}".replace("-", "−")  # −0.0 + 0.0 is 0.0


def written_name(symbol: str, notation: str) -> Written:
    """A name, which is never taken apart but in LaTeX."""
    return Written(latex_name(symbol) if notation == "latex" else symbol)


def latex_name(symbol: str) -> str:
    r"""A name in LaTeX: what follows the first underscore, digits and indices are subscripts.

    >>> latex_name("w_9"), latex_name("O1"), latex_name("w_conv[0,1]"), latex_name("alpha")
    ('w_{9}', 'O_{1}', 'w_{\\mathrm{conv},0,1}', '\\alpha')
    >>> latex_name("∂E/∂w_9"), latex_name("50 % of it")
    ('\\frac{\\partial E}{\\partial w_{9}}', '\\text{50 \\% of it}')
    """
    child, derivative, parent = symbol.partition("/∂")
    if derivative and child.startswith("∂"):
        return rf"\frac{{\partial {latex_name(child[1:])}}}{{\partial {latex_name(parent)}}}"
    found = re.fullmatch(r"([^\W\d_]+)_?(\w*)(#\d+)?(?:\[([\w, ]*)\])?(#\d+)?", symbol)
    if found is None:
        return rf"\text{{{symbol.translate(_LATEX_ESCAPES)}}}"
    base, word, *rest = (part.translate(_LATEX_ESCAPES) for part in found.groups(""))
    if _GREEK.fullmatch(base):
        base = rf"\{base}"
    elif len(base) > 1:
        base = rf"\mathrm{{{base}}}"
    word = word if len(word) <= 1 or word.isdigit() else rf"\mathrm{{{word}}}"
    subscript = ",".join(part for part in (word, *rest) if part)
    return f"{base}_{{{subscript}}}" if subscript else base


def printable(text: str) -> str:
    r"""A text on one line: control characters as their escapes, all others as they are.

    >>> printable("a\nβ")
    'a\\nβ'
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
