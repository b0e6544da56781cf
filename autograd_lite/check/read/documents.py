r"""Text and Markdown: the claims that a document makes, each with its line.

Names with numbers (``dE1_dO1: 1.35``), printed and LaTeX matrices, ``$…$`` formulas, Markdown
tables, and assignments of literal numbers in code. Nothing is run, and nothing is interpreted: the
names come out as they stand.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autograd_lite.check.claims import Claim
from autograd_lite.check.read.arrays import TextArray, read_array
from autograd_lite.check.read.code import end_of_statement, is_indented_assignment, sums
from autograd_lite.check.read.equations import (
    MARK,
    SEPARATOR,
    is_formula,
    printed_number,
    separate,
)
from autograd_lite.check.read.markdown import Row, math_block, table_cells
from autograd_lite.check.read.naming import Names, is_expression, is_single_name, names_of, plain

__all__ = ["read_document"]

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

    def _rows(self, rows: Sequence[Row]) -> list[Claim]:
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
