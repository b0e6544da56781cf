r"""Macros: the LaTeX that people write, in the few commands that the grammar reads.

``\pdv{E}{w}``, ``\partial_w E`` and ``\frac{\partial}{\partial w} E`` are one derivative;
``\boxed{…}``, ``\color{…}`` and ``\underbrace{…}_{…}`` are what is in them. A document's own
``\newcommand`` is expanded as TeX does it: by its text, and only a few levels deep.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple


class Macro(NamedTuple):
    """How many arguments a command takes, and what stands for it, with #1 and #2 for them.

    ``default`` is that of an optional first argument; a ``remark`` is what stands below or above,
    as a sub- or superscript of the command, and is left out.
    """

    arguments: int
    text: str
    default: str | None = None
    remark: bool = False


def _each(names: str, macro: Macro) -> dict[str, Macro]:
    return dict.fromkeys(names.split(), macro)


_MACROS = {
    **_each("pdv dv odv pderiv deriv diffp", Macro(2, r"\frac{\partial #1}{\partial #2}")),
    **_each("boxed fbox ensuremath emph underline cancel bcancel smash eqalign", Macro(1, "#1")),
    **_each("underbrace overbrace", Macro(1, "{#1}", remark=True)),
    **_each("textcolor colorbox stackrel overset underset", Macro(2, "#2")),
    **_each("color tag label phantom hspace vspace ref eqref cite footnote", Macro(1, "")),
    **_each("mbox textnormal textsc", Macro(1, r"\text{#1}")),
    **_each("cfrac sfrac nicefrac", Macro(2, r"\frac{#1}{#2}")),
    **_each("dd", Macro(0, r"\mathrm{d}")),
    **_each("grad", Macro(0, r"\nabla")),
    **_each("norm", Macro(1, r"\lVert #1\rVert")),
    **_each("abs", Macro(1, r"\lvert #1\rvert")),
    **_each("coloneqq coloneq triangleq doteq", Macro(0, ":=")),
    **_each("displaystyle textstyle scriptstyle limits nolimits nonumber notag", Macro(0, "")),
    **_each("hfill hline noindent centering par small large big Large", Macro(0, " ")),
}
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
_OPTION = re.compile(r"\s*\[([^\]\n]{0,80})\]")
_SCRIPT = re.compile(r"\s*[_^]\s*")
_OWN = re.compile(
    r"\\(?:re|provide)?newcommand\*?\s*\{?\\([A-Za-z]+)\}?\s*(?:\[(\d)\])?\s*(?:\[([^\]]*)\])?\s*(?=\{)"
    r"|\\def\s*\\([A-Za-z]+)((?:#\d)*)\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*\{?\\([A-Za-z]+)\}?\s*(?=\{)"
)
_DEEPEST, _LONGEST = 6, 200_000

_D = r"(?:\\partial|\\mathrm\s*\{d\}|\\text\{d\}|d|∂)"
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,99}\}){0,99}\}){0,199}\}"
_NAME = rf"(?:\\[A-Za-z]+\s*{_GROUP}|\\[A-Za-z]+|[A-Za-z]+\d*)(?:_(?:{_GROUP}|\w)|\^{_GROUP})*"
_APPLIED = re.compile(
    rf"\\[dt]?frac\s*\{{\s*({_D})\s*\}}\s*({_GROUP})\s*(?:\\left\s*)?"
    rf"(?:(?!\\left)({_NAME})|[(\[]\s*({_NAME})\s*(?:\\right\s*)?[)\]])"
)
_INLINE = re.compile(rf"(?:d|∂)\s*/\s*(?:d|∂)(\w+)\s+({_NAME})(?=\s*(?:=|≈|:|\\approx))")
_SUBSCRIPTED = re.compile(rf"(?:\\partial|∂)\s*_\s*({_GROUP}|\\[A-Za-z]+|\w)\s*({_NAME})")
_TAKEN_AT = re.compile(
    r"(?:\\[bB]igg?[lrm]?\s*|\\right\s*|\\left\.\s*)?(?:\||\\[lr]?vert\b|\\mid\b)\s*_\s*(?=\{)"
)
_EXPONENT = re.compile(
    r"(\d)\s*\\(?:mathrm|text|rm)\s*\{\s*[eE]\s*([-+]?)\s*\}\s*\{?\s*([-+]?\d{1,3})(?!\d)\s*\}?"
)
# Two bold letters are a product or a name as two plain ones are.
_BOLD = re.compile(
    r"\\(?:textbf|mathbf|boldsymbol|bm|pmb|bf)\s*\{\s*([A-Za-z]{2})\s*\}(?!\s*[\^_(\[])"
)
_NULL_LEFT = re.compile(r"\\left\s*\.")


def group_end(text: str, start: int) -> int:
    """The position after the group in braces that begins here; that of the text if it has no end.

    >>> group_end("{a{b}}c", 0)
    6
    """
    depth = 0
    for position in range(start, len(text)):
        if text[position] in "{}" and text[position - 1 : position] != "\\":
            depth += 1 if text[position] == "{" else -1
            if depth == 0:
                return position + 1
    return len(text)


def own_macros(text: str) -> dict[str, Macro]:
    r"""The commands that a document defines for itself.

    >>> own_macros(r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}")["pd"].arguments
    2
    """
    found = {}
    for one in _OWN.finditer(text):
        body = text[one.end() + 1 : group_end(text, one.end()) - 1]
        if one[1]:
            found[one[1]] = Macro(int(one[2] or 0), body, one[3])
        elif one[4]:
            found[one[4]] = Macro(len(one[5]) // 2, body)
        else:
            found[one[6]] = Macro(0, rf"\operatorname{{{body}}}")
    return found


_ACCENT = re.compile(r"\\(hat|tilde|bar|widehat|overline)\s+([A-Za-z](?![A-Za-z])|\\[A-Za-z]+)")


def expand(text: str, own: Mapping[str, Macro] | None = None) -> str:
    r"""A formula in the few commands that are read; what is unknown stays as it is.

    >>> print(expand(r"\boxed{\pdv{E}{w_1} = 2}"), expand(r"\partial_{w} E"))
    \frac{\partial E}{\partial w_1} = 2 \frac{\partial E}{\partial w}
    >>> print(expand(r"\underbrace{a b}_{\text{both}} + c"), expand(r"\frac{d}{dw}E"))
    {a b} + c \frac{d E}{dw}
    >>> print(expand(r"\textbf{Xw} - \textbf{y}"))
     Xw  - \textbf{y}
    """
    if "\\" not in text and "∂" not in text and "d/d" not in text:
        return text
    macros = {**_MACROS, **(own or {})}
    for _ in range(_DEEPEST):
        again = _once(text, macros)
        if again == text or len(again) > _LONGEST:
            break
        text = again
    text = _ACCENT.sub(r"\\\1{\2}", text)
    text = _EXPONENT.sub(r"\1e\2\3", text)
    text = _BOLD.sub(r" \1 ", _NULL_LEFT.sub("", text))
    while at := _TAKEN_AT.search(text):
        text = text[: at.start()] + text[group_end(text, at.end()) :]
    text = _APPLIED.sub(lambda m: rf"\frac{{{m[1]} {m[3] or m[4]}}}{m[2]}", text)
    text = _INLINE.sub(r"d\2/d\1", text)
    return _SUBSCRIPTED.sub(_fraction, text)


def _fraction(found: re.Match[str]) -> str:
    r"""∂_w E as a fraction."""
    below = found[1][1:-1] if found[1].startswith("{") else found[1]
    return rf"\frac{{\partial {found[2]}}}{{\partial {below}}}"


def _once(text: str, macros: Mapping[str, Macro]) -> str:
    """The text with each command that stands in it replaced once."""
    pieces: list[str] = []
    place = 0
    for command in _COMMAND.finditer(text):
        macro = macros.get(command[1])
        if macro is None or command.start() < place:
            continue
        taken, end = _arguments(text, command.end(), macro)
        if taken is None:
            continue
        filled = macro.text
        for number, argument in enumerate(taken, 1):
            filled = filled.replace(f"#{number}", argument)
        if filled[-1:].isalpha() and text[end : end + 1].isalpha():
            filled += " "
        pieces += text[place : command.start()], filled
        place = end
        if macro.remark and (script := _SCRIPT.match(text, place)):
            braced = text[script.end() : script.end() + 1] == "{"
            place = group_end(text, script.end()) if braced else script.end() + 1
    return "".join([*pieces, text[place:]])


def _arguments(text: str, place: int, macro: Macro) -> tuple[list[str] | None, int]:
    """The arguments that follow, and where they end; None where there are not enough."""
    taken: list[str] = []
    if macro.default is not None:
        given = _OPTION.match(text, place)
        taken.append(given[1] if given else macro.default)
        place = given.end() if given else place
    while len(taken) < macro.arguments:
        start = place
        while text[start : start + 1].isspace():
            start += 1
        if text[start : start + 1] == "{":
            place = group_end(text, start)
            taken.append(text[start + 1 : place - 1])
        elif text[start : start + 1].isalnum():
            place = start + 1
            taken.append(text[start])
        else:
            return None, place
    return taken, place
