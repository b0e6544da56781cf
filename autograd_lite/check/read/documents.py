"""Text and Markdown: the claims that a document makes, each with its line.

Names with numbers (``dE1_dO1: 1.35``), printed and LaTeX matrices, ``$…$`` formulas, Markdown
tables, and assignments of literal numbers in code. Nothing is run, and nothing is interpreted: the
names come out as they stand.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from autograd_lite.check.claims import Claim
from autograd_lite.check.read.numbers import NUMBER, TextArray, read_array

# What a line calls a quantity: a symbol, a phrase, or both.
#
# ``Error for O1 = $E_1$ = 0.4568`` gives two names to one number. ``Updated weight, $w_9$ =
# 0.7607`` gives one: the number is not that of w_9. Nothing is looked up here; the names are as
# they stand.

_MOST_WORDS, _LONGEST_NAME = 10, 200  # words, characters of a name

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
    return " ".join(text.split()) if len(text) <= _LONGEST_NAME else text


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
        len(text) <= _LONGEST_NAME
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
    if len(text) > _LONGEST_NAME or re.search(r"[\"<>=?!;]|[\[(]'", text):
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


# The equations of a line, and what stands on their right sides: a number, a formula or neither.
#
# Precision comes before completeness: prose and code that only look like an equation are no claims.

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


# Markdown's tables, and its formulas over several lines.

_OPENING = re.compile(r"\$\$|\\\[|\\begin\{(?P<kind>(?:equation|align|gather)\*?)\}")
_CLOSING = {"$$": "$$", "\\[": "\\]"}
_INNER = re.compile(
    r"\\(?:begin|end)\{(?:aligned|split|align\*?|gather\*?|equation\*?)\}"
    r"|\\(?:tag|label)\{[^}]*\}|\\(?:nonumber|notag)\b"
)
_LONGEST_BLOCK = 5000  # characters of a block


class TableRow(NamedTuple):
    """A chain of equations: where it begins, and where its last part does.

    >>> TableRow("E = E_1 + E_2", 3, 3).start
    3
    """

    text: str
    start: int
    last: int


class Block(NamedTuple):
    """The rows of a formula over several lines, and where the block ends.

    >>> Block([TableRow("E = E_1 + E_2", 3, 3)], 20).end
    20
    """

    rows: list[TableRow]
    end: int


def table_cells(line: str) -> list[str]:
    """The cells of a table's row.

    >>> table_cells("| dE/dw | 0.25 |")
    ['dE/dw', '0.25']
    """
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def math_block(text: str, start: int) -> Block | None:
    r"""The formulas that are set off between $$ and $$ and have more than one line or row.

    A row that begins with ``=`` continues the one above. Matrices are left to their own reader.

    >>> math_block("$$ a &= b \\\\ &= c \n$$ more", 0)
    Block(rows=[TableRow(text='a = b = c', start=3, last=13)], end=21)
    """
    opening = _OPENING.match(text, start)
    if not opening:
        return None
    closing = f"\\end{{{opening['kind']}}}" if opening["kind"] else _CLOSING[opening[0]]
    stop = text.find(closing, opening.end(), opening.end() + _LONGEST_BLOCK)
    inner = text[opening.end() : max(stop, 0)]
    if stop < 0 or not ("\n" in inner or "\\\\" in inner) or "matrix}" in inner:
        return None
    rows: list[TableRow] = []
    place = opening.end()
    for row in _INNER.sub(lambda found: " " * len(found[0]), inner).split("\\\\"):
        content = " ".join(row.replace("&", " ").split())
        start = place + len(row) - len(row.lstrip())
        if content.startswith("=") and rows:
            rows[-1] = TableRow(f"{rows[-1].text} {content}", rows[-1].start, start)
        elif content:
            rows.append(TableRow(content, start, start))
        place += len(row) + 2
    return Block(rows, stop + len(closing))


# Code inside a text: which lines of it are no claims. It is only looked at, never run.

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_CODE_COMMENT = re.compile(r"\s#.*")
_CONTINUED = re.compile(r"\w\(|[({\[]$")
_INDENTED = re.compile(r"\s+[A-Za-z_]\w*\s*=")
_ADDED = re.compile(r"^ *([^\W\d]\w{0,80})\b[^=\n]{0,40}[-+]=", re.MULTILINE)
_MOST_LINES, _DEEPEST = 200, 20


def end_of_statement(lines: Sequence[str], at: int) -> int:
    """The line after a call or display that is left open: its keyword arguments are no claims.

    >>> end_of_statement(["net = Net(", "    seed=0,", ")", "x = 1"], 0)
    3
    >>> end_of_statement(["as we saw (above", "x = 1"], 0)
    1
    """
    depth = 0
    for place, line in enumerate(lines[at : at + _MOST_LINES], at):
        if place == at and not line.rstrip().endswith(("(", "[", "{", ",")):
            break
        bare = _QUOTED.sub("", _CODE_COMMENT.sub("", line)).rstrip()
        depth += sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}"))
        if depth <= 0:
            return place + 1
        if not bare or depth > _DEEPEST or (place == at and not _CONTINUED.search(bare)):
            break
    return at + 1


def is_indented_assignment(line: str) -> bool:
    """Whether a line assigns inside a function or loop, where a literal is only a beginning.

    >>> is_indented_assignment("    total = 0"), is_indented_assignment("H1 = 0.5")
    (True, False)
    """
    return _INDENTED.match(line) is not None


def sums(text: str) -> set[str]:
    r"""The names to which something is added: a zero that they start from is no claim.

    >>> sums("E = 0\nE += (O1 - t1)**2")
    {'E'}
    """
    return set(_ADDED.findall(text))


# The claims of a document, line by line.

_CELL = re.compile(r"\s*(?:In|Out) ?\[[\d *]*\]:")
_FENCE = re.compile(r"\s*(?:```|~~~)\s*(\w*)")
_MATH = re.compile(r"\$\$?([^$]+)\$\$?")
_COMMENT = re.compile(r"\s#(?!\d).*")
_TAIL = re.compile(r"[ \t$.,;*`]*(?:\\\\[ \t]*)?(?:\s#[^\n]*)?(?=\n|\Z)")
_BLANKS = re.compile(r"[ \t$*]*(?:\n[ \t$]*){0,3}")
_DECIMAL = re.compile(r"\d\.\d")
_MOST_PARTS = 12  # of a chain of equations
_LONGEST_LINE = 10_000  # characters; a longer one has at most an array
_LONGEST_HEADING = 8  # words


def read_document(text: str, where: str = "", *, code: bool = False) -> list[Claim]:
    r"""The claims of a text or Markdown document, in its order.

    With ``code`` the text is Python: of that only literal numbers and comments are read. So is what
    stands in a fence of that language, or in a text whose cells are marked ``In [1]:``.

    >>> claims = read_document("Forward pass\n1. H1 = 0.50\ndE/dw_9: 0.2451\n")
    >>> [(claim.name, claim.given, claim.line) for claim in claims]
    [('H1', '0.50', 2), ('dE/dw_9', '0.2451', 3)]
    >>> [claim.given for claim in read_document("dE/dw_9 = 2*(O1 - t1)*H1")]
    ['2*(O1 - t1)*H1']
    """
    text = text.removeprefix("\ufeff").replace("\0", " ").expandtabs(4)
    return list(_Reader(text.replace("\r\n", "\n").replace("\r", "\n"), where, code).claims())


class _Heading(NamedTuple):
    """A line that announces those below it."""

    text: str = ""
    indent: int = 0
    is_item: bool = False


class _Line(NamedTuple):
    """A line, and where its text begins after list marks."""

    text: str
    number: int
    offset: int
    begin: int

    @property
    def body(self) -> str:
        return self.text[self.begin :]

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(" "))

    @property
    def is_item(self) -> bool:
        return bool(self.text[: self.begin].strip(" #>"))


class _Reader:
    """Goes through a document line by line; its state is what a line says of those below it."""

    def __init__(self, text: str, where: str, code: bool) -> None:
        self.text = text
        self.where = where
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.code = self.outside = code
        self.fenced = False
        self.heading = _Heading()
        self.columns: list[str] = []  # the head of the table
        self.sums = sums(text)

    def claims(self) -> Iterator[Claim]:
        at = 0
        while at < len(self.lines):
            found, following = self._read(at)
            yield from found
            at = max(at + 1, following)

    def _read(self, at: int) -> tuple[list[Claim], int]:
        """The claims that begin in a line, and the line that comes next."""
        text = self.lines[at]
        if not text.strip():
            return [], at + 1
        if fence := _FENCE.match(text):
            self._enter_or_leave(fence[1])
            return [], at + 1
        cell = _CELL.match(text)
        if cell:
            self.code = self.outside = True
            self.heading = _Heading()
        mark = MARK.match(text, cell.end() if cell else 0)
        line = _Line(text, at + 1, self.starts[at], mark.end() if mark else 0)
        if line.body.startswith("|"):
            return self._row(line), at + 1
        self.columns = []
        if block := math_block(self.text, line.offset + line.begin):
            return self._rows(block.rows), self._number(block.end)
        return self._below_heading(line, at)

    def _below_heading(self, line: _Line, at: int) -> tuple[list[Claim], int]:
        is_under = line.indent > self.heading.indent or not self.heading.is_item
        found, following = self._equation(line, self.heading.text if is_under else "")
        if not found and self._announces(line):
            return [], at + 1
        if not (is_under and (found or line.is_item)):
            self.heading = _Heading()
        return found, following or end_of_statement(self.lines, at)

    def _enter_or_leave(self, language: str) -> None:
        self.fenced = not self.fenced
        self.code = language.lower().startswith("py") if self.fenced else self.outside
        self.heading = _Heading()

    def _announces(self, line: _Line) -> bool:
        """Whether a line is a heading, which then qualifies those below it."""
        body = line.body.rstrip(" $*")
        is_title = line.text.startswith("#") and not self.code
        if not (body.endswith((":", "=")) or is_title):
            return False
        self.heading = _Heading(plain(body.rstrip(":= ")), line.indent, line.is_item)
        return True

    def _claim(self, names: Names, given: str, number: int) -> Claim:
        return Claim(
            name=names.name, given=given, line=number, where=self.where, others=names.others
        )

    def _number(self, offset: int) -> int:
        """The line in which a character stands, counted from 1."""
        return bisect(self.starts, offset)

    # Numbers and arrays

    def _equation(self, line: _Line, heading: str) -> tuple[list[Claim], int]:
        """The claims of a line, and the line after an array; 0 if there is none."""
        cuts = list(SEPARATOR.finditer(line.text, line.begin))
        if not cuts or (self.code and is_indented_assignment(line.text)):
            return [], 0
        for place, cut in enumerate(cuts[:_MOST_PARTS]):
            if array := self._array_at(line.offset + cut.end()):
                names = names_of(_before(line.text, line.begin, cuts[: place + 1]), [heading])
                return self._elements(array, names, heading), self._number(array.end - 1)
        if len(line.text) > _LONGEST_LINE:
            return [], 0
        body = _COMMENT.sub("", line.body)
        found = self._numbers(body, line.number, heading) or self._formulas(body, line, heading)
        return found, 0

    def _array_at(self, place: int) -> TextArray | None:
        """The array after a separator, on the same line or, if that ends there, below."""
        blanks = _BLANKS.match(self.text, place)
        array = read_array(self.text, blanks.end()) if blanks else None
        if array is None or array.cut or _TAIL.match(self.text, array.end):
            return array
        return None

    def _elements(self, array: TextArray, names: Names | None, heading: str) -> list[Claim]:
        if names is None:
            return []
        is_short = len(heading.split()) <= _LONGEST_HEADING and "," not in heading
        if heading and is_short and not names.name.startswith(heading):
            names = Names(names.name, (*names.others, heading))
        return [
            self._claim(names.at(index), digits, self._number(offset))
            for index, digits, offset in array.elements
        ]

    def _numbers(self, body: str, number: int, heading: str, last: int = 0) -> list[Claim]:
        """The claims of a line whose equations all end in a number; this stands in ``last``."""
        claims = []
        for piece in separate(body):
            cuts = list(SEPARATOR.finditer(piece))
            digits = printed_number(piece[cuts[-1].end() :]) if cuts else None
            if digits is None or len(cuts) > _MOST_PARTS:
                return []
            parts = _before(piece, 0, cuts)
            named = [part for part in parts if not is_expression(part)] or parts
            formulas = [part for part in parts if part not in named]
            names = names_of(named, [heading], " ".join(formulas))
            if names is None:
                return []
            if names.name in self.sums and not digits.strip("0.-"):
                continue  # where a sum starts
            claims += self._symbolic(names, formulas, number)
            claims.append(self._claim(names, digits, last or number))
        return claims

    # Formulas

    def _symbolic(self, names: Names, formulas: Sequence[str], number: int) -> list[Claim]:
        """Those formulas of a chain into which no rounded numbers have been put."""
        if not is_single_name(names.name):
            return []
        return [
            self._claim(names, plain(text), number)
            for text in formulas
            if not _DECIMAL.search(text) and is_formula(names.name, plain(text), math="$" in text)
        ]

    def _formulas(self, body: str, line: _Line, heading: str) -> list[Claim]:
        """The formulas of a line: those between dollars, or the line itself."""
        if "$" in body:
            spans = [(found[1], body[: found.start()]) for found in _MATH.finditer(body)]
            found = [self._formula(part, line.number, [heading, text]) for part, text in spans]
        elif self.code and not line.text.lstrip().startswith("#"):
            return []
        else:
            found = [self._formula(body, line.number, [heading], math=False)]
        return [claim for claim in found if claim]

    def _formula(
        self, text: str, number: int, headings: Sequence[str], *, math: bool = True
    ) -> Claim | None:
        cut = next((cut for cut in SEPARATOR.finditer(text) if cut[0] == "="), None)
        if cut is None:
            return None
        *said, left = re.split(r"(?<=[:,])\s", text[: cut.start()].strip())
        right = text[cut.end() :].strip(" \t$.,;")
        if not (is_single_name(left) and is_formula(left, right, math=math)):
            return None
        names = names_of([left], [*headings, *said], right)
        return self._claim(names, right, number) if names else None

    def _rows(self, rows: Sequence[TableRow]) -> list[Claim]:
        """The claims of formulas between $$ and $$ on several lines."""
        claims = []
        heading = self.heading.text
        for row in rows:
            number, last = self._number(row.start), self._number(row.last)
            found = self._numbers(row.text, number, heading, last)
            formula = None if found else self._formula(row.text, number, [heading])
            claims += [formula] if formula else found
        return claims

    # Tables

    def _row(self, line: _Line) -> list[Claim]:
        """The claim of a table's row that has one name and one number."""
        cells = table_cells(line.body)
        filled = [place for place, cell in enumerate(cells) if cell]
        numbers = [place for place in filled if printed_number(cells[place])]
        if not numbers:
            self.columns = self.columns or cells
        if len(filled) != 2 or len(numbers) != 1:
            return []
        name, digits = (cells[p] for p in sorted(filled, key=lambda place: place in numbers))
        column = "".join(self.columns[numbers[0] : numbers[0] + 1])
        names = names_of([name], [column, self.heading.text])
        given = printed_number(digits)
        return [self._claim(names, given, line.number)] if names and given else []


def _before(text: str, begin: int, cuts: Sequence[re.Match[str]]) -> list[str]:
    """What stands before each separator."""
    starts = [begin, *(cut.end() for cut in cuts)]
    return [text[start : cut.start()] for start, cut in zip(starts, cuts, strict=False)]
