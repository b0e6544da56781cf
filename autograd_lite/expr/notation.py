"""Notation: how names, numbers, ops and arrays are written as text, as LaTeX and as Python.

An op is written as it declares; what binds more loosely than its place allows is put in
parentheses.
"""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import chain, zip_longest
from math import isfinite
from typing import Any, NamedTuple, Protocol

import numpy as np

from autograd_lite.op import REGISTRY, Op, Precedence, shape_of
from autograd_lite.ops.broadcasting import positive_axes
from autograd_lite.ops.selection import largest, smallest
from autograd_lite.ops.shaping import is_in_order

_SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_PARENTHESES = {"text": "({})", "latex": r"\left({}\right)"}
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
    if notation == "python":
        return in_python(op.python or f"{op.name}({{}})", operands)
    template: str = getattr(op, notation)
    if op.arity is None:
        return Written(template.replace("{}", ", ".join(operand.text for operand in operands)))
    pieces = template.split("{}")
    texts = []
    tight = op.operand_precedence or (Precedence.CHOICE,) * op.arity
    precedence = Precedence.POWER  # of what is in braces as a whole, like a fraction in LaTeX
    for position, (operand, needed) in enumerate(zip(operands, tight, strict=True)):
        text = operand.text
        if notation == "text" and pieces[position].endswith("^") and re.fullmatch(r"−?\d+", text):
            pieces[position] = pieces[position].removesuffix("^")
            text = text.translate(_SUPERSCRIPTS)
        elif not (pieces[position].endswith("{") and pieces[position + 1].startswith("}")):
            precedence = op.precedence
            follows = needed and pieces[position] and text.startswith(("-", "−"))
            if operand.precedence < needed or follows:
                text = _PARENTHESES[notation].replace("{}", text)
        texts.append(text)
    return Written("".join(chain(*zip_longest(pieces, texts, fillvalue=""))), precedence)


def share(part: Any) -> tuple[int, tuple[Any, ...]] | None:
    """Which of several numbers a part is the softmax of, and all of them; None for what is none.

    It is e^(a − ln Σ eˣ), which is e^a / Σ eˣ but for overflow.
    """
    if getattr(part, "kind", "") != "exp":
        return None
    (inner,) = part.operands
    if getattr(inner, "kind", "") != "subtract":
        return None
    number, total = inner.operands
    if getattr(total, "kind", "") != "logaddexp" or number not in total.operands:
        return None
    return total.operands.index(number), total.operands


def written_share(place: int, texts: Sequence[str], notation: str) -> Written:
    """A softmax as it is written of the elements of one array, or else as the fraction that it is.

    >>> written_share(1, ["z[0]", "z[1]"], "text").text
    'softmax(z)[1]'
    >>> written_share(0, ["a", "b"], "text").text
    'exp(a) / (exp(a) + exp(b))'
    """
    array = _ARRAYS_END[notation].fullmatch(texts[0])
    if array is not None:
        before, after = texts[0][: array.start(1)], texts[0][array.end(1) :]
        if list(texts) == [f"{before}{index}{after}" for index in range(len(texts))]:
            name = _without_index(before, after)
            return Written(_SOFTMAX[notation].format(name, place))
    raised = [_EXP[notation].format(text) for text in texts]
    return Written(_SHARE[notation].format(raised[place], " + ".join(raised)), Precedence.QUOTIENT)


_ARRAYS_END = {"text": re.compile(r".*\W(0)\]"), "latex": re.compile(r".*\W(0)\}")}
_SOFTMAX = {"text": "softmax({})[{}]", "latex": r"\operatorname{{softmax}}\left({}\right)_{{{}}}"}
_EXP = {"text": "exp({})", "latex": "e^{{{}}}"}
_SHARE = {"text": "{} / ({})", "latex": r"\frac{{{}}}{{{}}}"}


def _without_index(before: str, after: str) -> str:
    """z[ and ] without the index that was between them: z; and z[2, and ] is z[2]."""
    kept = before.removesuffix(",")
    if kept != before:
        return kept + after
    return before.removesuffix("[").removesuffix("_{")


_COMPARED = (">", ">=", "<", "<=", "==", "!=")
_SUM, _PRODUCT, _SIGN = Precedence.SUM, Precedence.QUOTIENT, Precedence.SIGN
OPERATORS: dict[str, tuple[int, tuple[int, ...]]] = {
    "{1} if {0} else {2}": (Precedence.CHOICE, (Precedence.COMPARISON,) * 3),
    **{f"{{}} {one} {{}}": (Precedence.COMPARISON, (_SUM, _SUM)) for one in _COMPARED},
    **{f"{{}} {one} {{}}": (_SUM, (_SUM, _PRODUCT)) for one in "+-"},
    **{f"{{}} {one} {{}}": (_PRODUCT, (_PRODUCT, _SIGN)) for one in "*/@"},
    **{f"{{}} {one} {{}}": (_SUM, (_PRODUCT, _SIGN)) for one in ("%", "//")},  # -(a // b)
    "-{}": (_SIGN, (_SIGN,)),
    "{} ** {}": (Precedence.POWER, (Precedence.ATOM, _SIGN)),
    "{}": (Precedence.ATOM, (Precedence.ATOM,)),
}
"""How tightly Python's operators bind, and what each operand has to: a + (b + c) stays."""


_NO_SETTINGS: Mapping[str, str] = {}


def in_python(
    template: str, operands: Sequence[Written], settings: Mapping[str, str] = _NO_SETTINGS
) -> Written:
    """Python's operator, or a call, with written operands, of which a call has any number.

    Settings that have no place in the template come last, as keywords.

    >>> in_python("{} * {}", [Written("a + b", Precedence.SUM), Written("c")]).text
    '(a + b) * c'
    """
    precedence, least = OPERATORS.get(template, (Precedence.ATOM, ()))
    texts = [
        one.text if one.precedence >= needed else f"({one.text})"
        for one, needed in zip(operands, least or (Precedence.CHOICE,) * len(operands), strict=True)
    ]
    if template.count("{}") == 1:
        texts = [", ".join(texts)]
    found = template.format(*texts, **settings)
    more = [f"{key}={one}" for key, one in settings.items() if f"{{{key}}}" not in template]
    return Written(f"{found[:-1]}, {', '.join(more)})" if more else found, precedence)


def functions(source: str) -> set[str]:
    """The functions that a source calls, but for those of a module.

    >>> sorted(functions("np.abs({}) + log(1 + exp({}))"))
    ['exp', 'log']
    """
    return {*re.findall(r"(?<![\w.])[^\W\d]\w*(?=\()", source)}


def written_number(value: float, notation: str) -> Written:
    """A number: all its digits in Python, for reading six significant ones; or a fraction.

    >>> written_number(-2 / 3, "text").text, written_number(-2 / 3, "python").text
    ('−2 / 3', '-2 / 3')
    """
    sign = Precedence.SIGN if value < 0 else Precedence.ATOM
    if value.is_integer() and abs(value) < 1e15:
        text = str(int(value))
    elif (fraction := _as_fraction(value, notation)) is not None:
        over, under = abs(fraction).as_integer_ratio()
        ratio = rf"\frac{{{over}}}{{{under}}}" if notation == "latex" else f"{over} / {under}"
        text = f"-{ratio}" if value < 0 else ratio
        sign = min(sign, Precedence.POWER if notation == "latex" else Precedence.QUOTIENT)
    elif notation == "python":
        return Written(repr(value), sign) if isfinite(value) else Written(f'float("{value}")')
    else:
        text = f"{value:.6g}"
    if notation == "latex":
        mantissa, exponential, exponent = text.partition("e")
        if exponential:
            power = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
            return Written(power, min(sign, Precedence.PRODUCT))
        text = text.replace("inf", r"\infty")
    return Written(text.replace("-", "−") if notation == "text" else text, sign)


def _as_fraction(value: float, notation: str) -> Fraction | None:
    """The fraction with a small denominator that a number is, if its digits are no shorter."""
    short = len(repr(value)) <= 12 if notation == "python" else float(f"{value:.6g}") == value
    if not isfinite(value) or short:
        return None
    fraction = Fraction(value).limit_denominator(1000)
    return fraction if fraction.denominator > 1 and float(fraction) == value else None


def short(value: float) -> str:
    """A number with six significant digits, for reading.

    >>> short(-1 / 3), short(-0.0)
    ('−0.333333', '0')
    """
    return f"{value + 0.0:.6g}".replace("-", "−")  # −0.0 + 0.0 is 0.0


def latex_number(value: float) -> str:
    r"""The same in LaTeX.

    >>> print(latex_number(-2 / 3), latex_number(1e-20), latex_number(float("inf")))
    -0.666667 10^{-20} \infty
    """
    text = f"{value + 0.0:.6g}"
    mantissa, _, exponent = text.partition("e")
    if exponent:
        power = f"10^{{{int(exponent)}}}"
        return power if mantissa == "1" else rf"{mantissa} \cdot {power}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}"}.get(text, text)


def latex_name(symbol: str) -> str:
    r"""A name in LaTeX: what follows the first underscore, digits and indices are subscripts.

    >>> latex_name("w_9"), latex_name("O1"), latex_name("w_conv[0,1]"), latex_name("δ_1")
    ('w_{9}', 'O_{1}', 'w_{\\mathrm{conv},0,1}', '\\delta_{1}')
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
    base, word = _word(base), _word(word)
    subscript = ",".join(part for part in (word, *rest) if part)
    return f"{base}_{{{subscript}}}" if subscript else base


def _word(part: str) -> str:
    """A part of a name: upright if it is a word."""
    if (name := _greek(part)) is not None:
        return rf"\{name}"
    return part if len(part) <= 1 or part.isdigit() else rf"\mathrm{{{part}}}"


def _greek(letter: str) -> str | None:
    """The name of a Greek letter that LaTeX has: of alpha, and of α."""
    if len(letter) == 1:
        _, _, name = unicodedata.name(letter, "").rpartition("GREEK ")
        kind, _, name = name.partition(" LETTER ")
        letter = name.capitalize() if kind == "CAPITAL" else name.lower()
    return letter if _GREEK.fullmatch(letter) else None


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


def printable_lines(text: str) -> str:
    r"""The same of a text of several lines.

    >>> printable_lines("a\nb\x1b[2J")
    'a\nb\\x1b[2J'
    """
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


# Source: powers, arrays and settings.


class Writer(Protocol):
    """What the templates need of :class:`autograd_lite.chain.source.PythonWriter`."""

    def write(self, part: Any, least: int = Precedence.CHOICE) -> str:
        """The source of a part, in parentheses if it binds less than ``least``."""

    def is_inside(self, part: Any, *kinds: str) -> bool:
        """Whether a part is written out where it stands, and is of one of the kinds."""

    def is_left_out(self, part: Any) -> bool:
        """Whether a part is a quantity that no line of the source computes."""

    def condition(self, part: Any) -> str:
        """A comparison as Python's own, of booleans; anything else as it is."""

    def as_float(self, part: Any) -> str:
        """The source of a part that is no whole number and no truth value."""

    def call(self, module: str, name: str, *arguments: Any, **settings: Any) -> str:
        """A call of a function of a module, which the source imports."""


def raised(base: str, exponent: str) -> Written:
    """A power; with spaces around the operator unless both sides are a name or a number.

    >>> raised("x", "2").text, raised("(x + 1)", "2").text
    ('x**2', '(x + 1) ** 2')
    """
    number_or_name = exponent.isidentifier() or exponent.lstrip("-").replace(".", "").isdigit()
    simple = base.isidentifier() and number_or_name
    return Written(f"{base}**{exponent}" if simple else f"{base} ** {exponent}", Precedence.POWER)


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
    >>> literal(np.array([[[0.5], [0.25]]])), literal(np.empty(0, bool))
    ('np.array([0.5, 0.25]).reshape(1, 2, 1)', 'np.zeros(0, np.bool)')
    """
    kind = "" if array.dtype in (np.float64, np.intp, bool) else f", np.{array.dtype}"
    shape = array.shape[0] if array.ndim == 1 else array.shape
    if not array.size:
        return f"np.zeros({shape}{kind if array.dtype.kind == 'f' else f', np.{array.dtype}'})"
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


# What is written otherwise than an op declares, since it depends on numbers, shapes or neighbours.


Template = Callable[[Writer, Any], Written]


def _power(writer: Writer, part: Any) -> Written:
    """x**2; an exponent that is not whole goes to ``pow``: (-8) ** 0.5 would be complex."""
    base, exponent = part.operands
    if type(exponent) is not float or not exponent.is_integer():
        return Written(writer.call("math", "pow", base, exponent))
    return _raised(writer, part)


def _equal(writer: Writer, part: Any) -> Written:
    """Whether one of several is their extreme: b == F > a, since of equals the first wins."""
    won = winner(part)
    if won is None:
        return Written(" == ".join(_texts(writer, part.operands)), Precedence.COMPARISON)
    place, position = part.operands
    _, function, beats = _EXTREMES[place.kind]

    def extreme(of: Sequence[Any]) -> str:
        several = f"{function}({', '.join(map(writer.write, of))})"
        return several if len(of) > 1 else _texts(writer, of)[0]

    cell, whole = won
    text = extreme(place.operands) if writer.is_left_out(whole) else _texts(writer, [whole])[0]
    text = f"{_texts(writer, [cell])[0]} == {text}"
    before = place.operands[: int(position)]
    if before:
        text += f" {beats} {extreme(before)}"
    return Written(text, Precedence.COMPARISON)


def is_compared(place: Any) -> bool:
    """Whether a place of an extreme is never written: who wins is seen by comparing numbers."""
    return getattr(place, "kind", "") in _EXTREMES and len(place.operands) <= _MOST_COMPARED


def winner(part: Any) -> tuple[Any, Any] | None:
    """A candidate and the extreme of all, if this asks whether the one is the other."""
    place, position = part.operands[0], part.operands[-1]
    asks = part.kind == "equal" and isinstance(position, float)  # and not two places
    if not asks or not is_compared(place) or part.shape:
        return None
    extreme = place.book.apply(_EXTREMES[place.kind][0], place.operands, {})
    return place.operands[int(position)], extreme


def _texts(writer: Writer, parts: Any) -> list[str]:
    return [writer.write(part, Precedence.SUM) for part in parts]


_EXTREMES = {"argmax": (largest, "max", ">"), "argmin": (smallest, "min", "<")}
_MOST_COMPARED = 9
"""Each candidate is compared with all before it, so for many the place itself is written."""

SCALARS: dict[str, Template] = {"power": _power, "raised": _power, "equal": _equal}
"""For kinds of expressions the template on numbers."""


def _raised(writer: Writer, part: Any) -> Written:
    base, exponent = part.operands
    return raised(writer.write(base, Precedence.ATOM), writer.write(exponent, Precedence.SIGN))


def _where(writer: Writer, part: Any) -> Written:
    condition, a, b = part.operands
    # Of two numbers NumPy would make whole numbers, or truth values.
    branch = writer.write if shape_of(a) or shape_of(b) else writer.as_float
    texts = writer.condition(condition), branch(a), branch(b)
    return Written(f"np.where({', '.join(texts)})")


def _reduction(name: str) -> Template:
    def template(writer: Writer, part: Any) -> Written:
        (x,), axis = part.operands, part.attributes["axis"]
        axes = positive_axes(axis, len(shape_of(x)))
        given = (
            {"axis": axes[0] if len(axes) == 1 else axes} if len(axes) < len(shape_of(x)) else {}
        )
        if part.attributes["keepdims"]:
            given["keepdims"] = True
        return Written(writer.call("numpy", name, x, **given))

    return template


def _reshape(writer: Writer, part: Any) -> Written:
    """New axes are an index with None, as a person writes them."""
    (x,), shape = part.operands, part.shape
    given = shape_of(x)
    if given and tuple(size for size in shape if size != 1) == given and 1 not in given:
        index = ", ".join("None" if size == 1 else ":" for size in shape)
        return Written(f"{writer.write(x, Precedence.ATOM)}[{index}]")
    if len(given) == len(shape) + 1 and given == (*shape, 1):
        return Written(f"{writer.write(x, Precedence.ATOM)}[..., 0]")
    if not given:
        return _full(writer, shape, x)
    text = writer.write(x, Precedence.ATOM)
    if not shape:
        return Written(f"{text}[{', '.join('0' * len(given))}]")
    sizes = ", ".join(map(str, shape))
    return Written(f"{text}.ravel()" if len(shape) == 1 else f"{text}.reshape({sizes})")


def _broadcast(writer: Writer, part: Any) -> Written:
    (x,), shape = part.operands, part.shape
    if writer.is_inside(x, "reshape") and not shape_of(x.operands[0]):
        (x,) = x.operands
    if not shape_of(x):
        return _full(writer, shape, x)
    return Written(writer.call("numpy", "broadcast_to", x, shape))


def _full(writer: Writer, shape: tuple[int, ...], x: Any) -> Written:
    """An array of one number; of floats, also where Python has a whole number or a truth value."""
    size = shape[0] if len(shape) == 1 else shape
    return Written(f"np.full({size}, {writer.write(x)}, float)")


def _astype(writer: Writer, part: Any) -> Written:
    text = writer.write(part.operands[0], Precedence.ATOM)
    return Written(f"{text}.astype(np.{part.attributes['dtype']})")


def _transpose(writer: Writer, part: Any) -> Written:
    (x,), axes = part.operands, part.attributes["axes"]
    if is_in_order(axes[::-1]):
        return Written(f"{writer.write(x, Precedence.ATOM)}.T")
    return Written(writer.call("numpy", "transpose", x, axes))


def _getitem(writer: Writer, part: Any) -> Written:
    (x,) = part.operands
    array = writer.write(x, Precedence.ATOM) if shape_of(x) else writer.call("numpy", "asarray", x)
    return Written(f"{array}[{index_text(part.attributes['index'])}]")


def _concatenate(writer: Writer, part: Any) -> Written:
    pieces = part.operands
    numbers = [piece.operands[0] for piece in pieces if writer.is_inside(piece, "reshape")]
    if len(numbers) == len(pieces) and not any(map(shape_of, numbers)):
        row = f"np.array([{', '.join(map(writer.write, numbers))}], float)"
        return Written(
            row if part.ndim == 1 else f"{row}.reshape({', '.join(map(str, part.shape))})"
        )
    axis = f", axis={part.attributes['axis']}" if part.attributes["axis"] else ""
    return Written(f"np.concatenate([{', '.join(map(writer.write, pieces))}]{axis})")


ARRAYS: dict[str, Template] = {
    "where": _where,
    "raised": _raised,
    "astype": _astype,
    **{name: _reduction(name) for name in ("sum", "max", "min")},
    "reshape": _reshape,
    "broadcast_to": _broadcast,
    "transpose": _transpose,
    "getitem": _getitem,
    "concatenate": _concatenate,
}
"""The same on arrays."""


# Labels as Python identifiers: readable, and never the same twice.


_RESERVED = {*keyword.kwlist, *dir(builtins), "REGISTRY", "derivation", "np"}


class Identifiers:
    """Gives each label an identifier of its own.

    >>> identifiers = Identifiers()
    >>> [identifiers.of(label) for label in ("w_conv[0,1]", "h#2", "h 2", "λ", "lambda", "2x")]
    ['w_conv_0_1', 'h_2', 'h_2_', 'λ', 'lambda_', '_2x']
    >>> identifiers.of("__import__('os').system('ls')")
    '__import___os_system_ls'
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        called = (
            name
            for op in REGISTRY.values()
            for name in functions(f"{op.python} {op.numpy} {getattr(op, 'defines', '')}")
        )
        self._taken = {*_RESERVED, *REGISTRY, *called, *reserved}

    def of(self, label: str) -> str:
        """A new identifier, as near to the label as Python allows."""
        # Python itself takes two identifiers for one if their NFKC forms are the same.
        letters = unicodedata.normalize("NFKC", label)
        words = "".join(one if f"a{one}".isidentifier() else " " for one in letters).split()
        found = "_".join(words) or "v"
        if not found.isidentifier():
            found = f"_{found}"
        while found in self._taken:
            found += "_"
        self._taken.add(found)
        return found
