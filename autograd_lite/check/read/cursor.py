"""A cursor over the tokens of a formula: what is here, go on, or refuse the formula."""

from collections.abc import Sequence
from typing import NoReturn

from autograd_lite.check.read.spellings import Known
from autograd_lite.check.read.tokens import Token, is_latex, refusal

_DEEPEST = 50
_NEEDED = {
    "=": "a formula has no = in it; an equation is `name = formula`",
    "==": "two sides are compared as equal within brackets: [i = j]",
    "!=": "two sides are compared as unequal within brackets: [i ≠ j]",
    ".": "after a dot .T, .sum(…), .mean(…), .dot(…) are read, and a function after np. or math.",
    "..": "a range stands only in sum(… for k in 1..3)",
    "_": "a subscript stands directly after its name, its braces closed",
    "'": "′ stands only between a function of one operand and its parenthesis",
    "∂": "a derivative is written ∂E/∂w",
}
"""Where a symbol belongs."""


class Cursor:
    """The tokens of one formula and the place among them.

    >>> from autograd_lite.check.read.tokens import tokens
    >>> cursor = Cursor("a + b", tokens("a + b"), None)
    >>> cursor.take().text, cursor.at("+", "-")
    ('a', True)
    """

    def __init__(self, text: str, found: Sequence[Token], known: Known | None) -> None:
        self.text = text
        self.tokens = found
        self.known = known
        self.is_latex = is_latex(text)
        self.position = 0
        self.depth = 0
        self.in_list = 0
        self.given = known
        """What the caller knows, where ``known`` has indices too."""
        self.bars: list[str] = []

    @property
    def token(self) -> Token:
        """The token that stands here."""
        return self.tokens[self.position]

    @property
    def before(self) -> Token:
        """The token before it."""
        return self.tokens[max(self.position - 1, 0)]

    def peek(self, distance: int = 1) -> Token:
        """A token further on; at last the one that says that the formula ends."""
        return self.tokens[min(self.position + distance, len(self.tokens) - 1)]

    def at(self, *symbols: str) -> bool:
        """Whether one of the symbols stands here."""
        return self.token.kind == "symbol" and self.token.text in symbols

    def take(self) -> Token:
        """The token that stands here; the cursor goes on."""
        taken = self.token
        self.position += taken.kind != "end"
        return taken

    def accept(self, *symbols: str) -> bool:
        """Go on if one of the symbols stands here, and say whether it does."""
        found = self.at(*symbols)
        self.position += found
        return found

    def expect(self, symbol: str, needed: str = "") -> Token:
        """Go on after a symbol that has to stand here."""
        if not self.at(symbol):
            shown = symbol.removeprefix("\\")
            self.refuse(needed) if needed else self.refuse_place(f"{shown} is needed there")
        return self.take()

    def deepen(self) -> None:
        """Go one level deeper into parentheses, exponents or operands; refuse too many."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.refuse(f"a formula has at most {_DEEPEST} levels within each other")

    def knows(self, spelling: str) -> bool:
        """Whether a spelling is known to mean something."""
        return self.known is not None and self.known(spelling)

    def is_known(self, *spellings: str) -> bool:
        """Whether all spellings are known to mean something."""
        return self.known is not None and all(map(self.known, spellings))

    def refuse(self, needed: str, token: Token | None = None) -> NoReturn:
        """Refuse the formula, at the token that stands here or at another one."""
        token = token or self.token
        what = self.text[token.start : token.end]
        stands = f"{what} stands there" if token.kind != "end" else "the formula ends"
        if token.kind == "command":
            stands, needed = f"{what} is no command that is read", "write it in another way"
        elif token.kind == "word" or token.text == "for":
            needed = "an index needs its value, so give one formula for each"
        raise refusal(self.text, token.start, stands, needed)

    def refuse_place(self, needed: str) -> NoReturn:
        """Refuse what stands here, by where it belongs if that is known."""
        symbol = self.token.text if self.token.kind == "symbol" else ""
        self.refuse(_NEEDED.get(symbol, needed))
