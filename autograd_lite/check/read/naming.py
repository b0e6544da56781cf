r"""What a line calls a quantity: a symbol, a phrase, or both.

``Error for O1 = $E_1$ = 0.4568`` gives two names to one number. ``Updated weight, $w_9$ = 0.7607``
gives one: the number is not that of w_9. Nothing is looked up here; the names are as they stand.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Names", "is_derivative", "is_expression", "is_single_name", "names_of", "plain"]

_MOST_WORDS, _LONGEST = 10, 200  # words, characters of a name

_COMMAND = re.compile(r"\\[A-Za-z]+")
_START = re.compile(r"[^\W\d]|\\[A-Za-z]|[∂∇]")
_NO_NAME = re.compile(r"""[<>=+*|?!;:"@%~·×]|\s[-−]\s|[\[(]'|#(?!\d)""")
_KEYWORD = re.compile(
    r"(?:return|if|elif|assert|import|from|for|while|with|del|raise|yield|lambda|print)\b"
    r"|self\.|(?:In|Out)\s?\["
)
_NO_QUANTITY = re.compile(
    r"(?:.*\b)?(?:version|page|date|time|year|chapter|section|figure|table|exercise|question|seed"
    r"|student|id|number|no)s?\.?\s*\d*",
    re.IGNORECASE,
)
# What makes a calculation of a part: an operator, a decimal, a product of fractions, a call.
_CALCULATION = re.compile(
    r".*(?:[+*·×⋅]|\s[-−]\s|\\(?:cdot|times|sum)\b|(?<![\w.])\d+\.\d|/.*/|\\[dt]?frac.*\\[dt]?frac)"
    r"|[-−(\d]|\\?[A-Za-zσ]+\(.*\)$"
)

# Phrases that make another quantity of the symbol after them: not w_9, but what becomes of it.
_UPDATED = re.compile(r"\b(?:updated|new)\b|\bafter (?:the |one |this )?(?:update|step)", re.I)
_GRADIENT = re.compile(r"\b(?:gradients?|derivatives?)\b", re.IGNORECASE)
_GIVEN = re.compile(r"\b(?:using|with|from|by|given)\b[^,:]*\b(?:updated|new)\b", re.IGNORECASE)
_DERIVATIVE = re.compile(
    r"partial|[∂∇Δδ]|nabla|grad|delta|deriv|(?<![A-Za-z])d\w*/d|^d[A-Za-z]\w*_?d[A-Za-z]|^d_?[wb]",
    re.IGNORECASE,
)
_BARE_SYMBOL = re.compile(r"[^\W\d]|\S*[\d_\\]\S*")


@dataclass(frozen=True)
class Names:
    """What a line calls one quantity.

    >>> Names("w", ("kernel",)).at((0, 1))
    Names(name='w[0,1]', others=('kernel[0,1]',))
    """

    name: str
    others: tuple[str, ...] = ()

    def at(self, index: tuple[int, ...]) -> "Names":
        """The names of an element."""
        end = f"[{','.join(map(str, index))}]"
        return Names(self.name + end, tuple(other + end for other in self.others))


def plain(text: str) -> str:
    """A piece of a line without what only sets it off: dollars, emphasis, punctuation.

    >>> plain(" **Error for $O_1$**,")
    'Error for O_1'
    """
    text = text.replace("$", " ").replace("**", " ").replace("`", " ").strip(" *\t,;:")
    return " ".join(text.split()) if len(text) <= _LONGEST else text


def names_of(parts: Sequence[str], headings: Sequence[str] = (), formula: str = "") -> Names | None:
    r"""What a quantity is called, from the parts of a line before its number, and from headings.

    The last part names it best, unless a phrase says that this is not the thing itself: an updated
    weight is not the weight, nor is what a ``formula`` computes from its old value. None for what
    is no name.

    >>> names_of(["Error for O1 ", " $E_1$ "])
    Names(name='E_1', others=('Error for O1',))
    >>> names_of(["Updated weight, $w_{9}$ "])
    Names(name='Updated weight w_{9}', others=())
    >>> names_of(["the loss is low because 3 < 4"])
    """
    if not parts:
        return None
    phrase, symbol = _phrase_and_symbol(parts[-1])
    phrases = [plain(part) for part in parts[:-1]]
    if _BARE_SYMBOL.fullmatch(phrase) or not all(map(_is_name, [symbol, *phrases])):
        return None  # "a, b = 0.1" says nothing of either
    around = [*map(plain, headings), *phrases, phrase]
    qualifier = next((text for text in around if _qualifies(text, symbol)), None)
    if qualifier is None and _occurs(symbol, formula):
        qualifier = "updated"
    if qualifier is not None:
        others = [f"{qualifier} {text}" for text in phrases if text != qualifier]
        # "Gradient of the kernel: g" is a name as it stands, "Updated weights: w_1" is not.
        whole = [] if _UPDATED.search(qualifier) else [qualifier]
        return Names(f"{qualifier} {symbol}", (*others, *whole))
    joined = [phrase, f"{phrase} {symbol}"] if phrase else []
    others = [text for text in [*phrases, *joined] if len(text.split()) <= _MOST_WORDS]
    return Names(symbol, tuple(dict.fromkeys(others)))


def _phrase_and_symbol(part: str) -> tuple[str, str]:
    """Two halves of ``Updated weight, $w_9$``; the first is empty where there is only a name."""
    if part.count("$") % 2:  # the number stands inside the formula, and so does its name
        before, _, symbol = part.rpartition("$")
    else:
        cut = max(part.rfind(", "), part.rfind(". "))
        before, symbol = (part[:cut], part[cut + 1 :]) if cut > 0 else ("", part)
    return plain(before), plain(symbol)


def is_derivative(name: str) -> bool:
    r"""Whether a name is that of a derivative, a gradient or a change.

    >>> is_derivative("dE1_dO1"), is_derivative(r"\Delta w"), is_derivative("O1")
    (True, True, False)
    """
    return _DERIVATIVE.search(name) is not None


def _qualifies(phrase: str, symbol: str) -> bool:
    """Whether a phrase makes another quantity of a symbol."""
    if is_derivative(symbol) or _GIVEN.search(phrase):
        return False
    return any(kind.search(phrase) and not kind.search(symbol) for kind in (_UPDATED, _GRADIENT))


def _occurs(symbol: str, formula: str) -> bool:
    return not is_derivative(symbol) and bool(
        re.search(rf"(?<![\w{{]){re.escape(symbol)}(?!\w)", formula)
    )


def _is_name(text: str) -> bool:
    return (
        len(text) <= _LONGEST
        and len(text.split()) <= _MOST_WORDS
        and _START.match(text) is not None
        and not (_NO_NAME.search(text) or _KEYWORD.match(text) or _NO_QUANTITY.fullmatch(text))
        and all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}"))
    )


def is_expression(part: str) -> bool:
    """Whether a part of a chain is a calculation, and no name.

    >>> is_expression("2*(0.67 - 0)"), is_expression("dE/dw_9"), is_expression("O_{1}")
    (True, False, False)
    """
    text = plain(part)
    if len(text) > _LONGEST or re.search(r"[\"<>=?!;]|[\[(]'", text):
        return False
    return _CALCULATION.match(text) is not None


def is_single_name(text: str) -> bool:
    r"""Whether a text is one name or derivative, with no words around it.

    >>> is_single_name(r"\frac{\partial E}{\partial w_9}"), is_single_name("dE / dw_9")
    (True, True)
    >>> is_single_name("the error"), is_single_name(r"\sigma(x)")
    (False, False)
    """
    name = plain(text)
    words = _COMMAND.sub(" ", name).replace(" / ", "/")
    is_call = "(" in words and not is_derivative(name)
    return _is_name(name) and not is_call and not re.search(r"[A-Za-z]{2,}\w*\s+\w", words)
