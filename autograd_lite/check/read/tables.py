r"""Tables: Markdown, LaTeX, HTML, CSV, and columns that blanks or tabs set apart.

A table has names in a column or in a row, and what the other cells say of them is in the title of
their column or row: a value, a gradient, an updated value. A cell is never given to another name
than its own.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from autograd_lite.check.claims import Claim, Member, Statement
from autograd_lite.check.read.numbers import NUMBER, with_points
from autograd_lite.errors import ClaimError

_NAME_TITLES = re.compile(
    r"(?:name|quantity|term|claim|symbol|variable|weight|parameter|param|node|neuron|gate|item|what"
    r"|derivative of|expression|label|#|no\.?)s?",
    re.IGNORECASE,
)
_VALUE_TITLES = re.compile(
    r"(?:the )?(?:(?:current|old|initial|start(?:ing)?|forward|my|our|printed|computed|hand"
    r"|numeric(?:al)?) )?"
    r"(?:values?|numbers?|results?|given|printed|answers?|activation|output|hand|by hand|initial"
    r"|data|forward|old|current|start(?:ing)?)",
    re.IGNORECASE,
)
_QUALIFYING = re.compile(
    r"grad|deriv|∂|\\partial|updat|\bnew\b|after|\bstep|nabla|delta|[δΔ∇]|^d\w*/d", re.IGNORECASE
)
_NAME = re.compile(
    r"\\[dt]?frac\s*\{[^=]*\}|[∂∇]\S.*|\\?[^\W\d][^\s=<>?!;\"]*(?:\s*\([^()]*\))?|d\w+\s*/\s*d\w.*"
)
_CELL_NUMBER = re.compile(rf"[$*`\s]*(?:{NUMBER}|½|\[[-−+\d.eE,\s\[\]]*\])[$*`\s]*")
_INDEX, _WHOLE = re.compile(r"[A-Za-z]"), re.compile(r"\d{1,3}")
_RULE = re.compile(r"[\s|+:=\-─━┼╪╋├┤┬┴│┃═╬╠╣]*[-─━═=]{2,}[\s|+:=\-─━┼╪╋├┤┬┴│┃═╬╠╣]*")
_LATEX = re.compile(r"\s*\\begin\s*\{(?P<kind>tabular[x*]?|longtable|tabu|array)\}")
_LATEX_NOISE = re.compile(
    r"\\(?:h|top|mid|bottom|c)(?:line|rule)(?:\{[^}]*\}|\([^)]*\))*|\\multi(?:column|row)\{[^}]*\}\{[^}]*\}"
)
_RULES = re.compile(r"\s*(?:={2,}(?:\s+={2,})+|-{2,}(?:\s+-{2,})+)\s*")
_HTML = re.compile(r"<table\b", re.IGNORECASE)
_HTML_CELL = re.compile(
    r"(?P<row><tr\b[^>]*>)|<t[hd]\b[^>]*>(?P<cell>(?:(?!</?t[hdr]\b|</table)[\s\S])*)",
    re.IGNORECASE,
)
_GAP = re.compile(r"\t+| {2,}")
_ABSOLUTE = re.compile(r"\|(?!\s)[^|]*(?<!\s)\|[^|=≈<>]*(?:\|[^|]*\|[^|=≈<>]*)*[=≈<>][^|]*$")
_SIGNS = re.compile(r"[=≈]|:(?=\s|$)|\\approx|<-|->|←|→")


class _Cell(NamedTuple):
    text: str
    line: int


@dataclass(frozen=True)
class Table:
    """The rows of a table, and the line after it.

    >>> table = table_at(["| w | gradient |", "|---|---|", "| w_1 | 0.5 |"], 0)
    >>> [(one.subject, one.labels, one.members[0].text) for one in table.statements()]
    [('w_1', ('gradient',), '0.5')]
    """

    rows: list[list[_Cell]]
    end: int

    def statements(self, heading: str = "") -> list[Statement]:
        """What the cells say, in reading order; a row of which nothing can be said is unread."""
        return list(_statements(self.rows, heading))


def table_at(lines: Sequence[str], at: int) -> Table | None:
    """The table that begins in a line; None if there is none."""
    line = lines[at]
    if found := _LATEX.match(line):
        return _latex(lines, at, found["kind"]) if found["kind"] != "array" else None
    if _HTML.search(line):
        return _html(lines, at)
    if _is_piped(lines, at):
        return _piped(lines, at)
    if rule := next((text for text in lines[at : at + 2] if _RULES.fullmatch(text)), ""):
        return _ruled(lines, at, rule)
    return _spaced(lines, at)


def _is_piped(lines: Sequence[str], at: int) -> bool:
    text = lines[at].strip()
    if text[:1] in "|│┃" and len(text) > 1 and text[1:2] != "|" and not _ABSOLUTE.match(text):
        return text[1:].count("|") + text[1:].count("│") > 0
    following = lines[at + 1] if at + 1 < len(lines) else ""
    return ("|" in text and "|" in following and _RULE.fullmatch(following) is not None) or (
        text[:1] in "+┌╔" and _RULE.fullmatch(text) is not None
    )


def _piped(lines: Sequence[str], at: int) -> Table:
    rows = []
    end = at
    while end < len(lines) and (
        "|" in (text := lines[end].replace("│", "|").replace("┃", "|"))
        or (text.strip() and _RULE.fullmatch(text))
    ):
        if not _RULE.fullmatch(text):
            cells = re.split(r"(?<!\\)\|(?!\|)", text.strip().removeprefix("|").removesuffix("|"))
            rows.append([_Cell(cell.strip().replace("\\|", "|"), end + 1) for cell in cells])
        end += 1
    return Table(rows, end)


def _spaced(lines: Sequence[str], at: int) -> Table | None:
    """Lines of a name and a number that only blanks set apart, maybe below a line of titles."""
    rows = []
    end = at
    while end < len(lines) and (cells := _spaced_cells(lines[end])):
        rows.append([_Cell(cell, end + 1) for cell in cells])
        end += 1
    if len(rows) > 1 and len(rows[0]) + 1 == len(rows[1]):  # nothing above a column of names
        rows[0].insert(0, _Cell("", at + 1))
    numbers = [any(_CELL_NUMBER.fullmatch(cell.text) for cell in row[1:]) for row in rows]
    if not any(numbers) or (
        numbers != [True] * len(rows) and numbers != [False] + [True] * (len(rows) - 1)
    ):
        return None
    if not all(
        _NAME.fullmatch(row[0].text) for row, is_data in zip(rows, numbers, strict=True) if is_data
    ):
        return None
    return Table(rows, end)


def _spaced_cells(line: str) -> list[str]:
    text = line.strip()
    if not text or _SIGNS.search(text):
        return []
    cells = _GAP.split(text)
    if len(cells) == 1:
        name, _, number = text.rpartition(" ")
        is_said = re.fullmatch(r"[-+−]?\d*\.\d+(?:[eE][-+]?\d+)?", number) and _NAME.fullmatch(name)
        cells = [name, number] if is_said and len(name.split()) == 1 else []
    return cells


def _latex(lines: Sequence[str], at: int, kind: str) -> Table | None:
    end = next((n for n in range(at, len(lines)) if f"\\end{{{kind}}}" in lines[n]), None)
    if end is None:
        return None
    rows: list[list[_Cell]] = []
    row: list[_Cell] = []
    for number in range(at, end + 1):
        text = _LATEX_NOISE.sub(" ", lines[number])
        text = re.sub(
            rf"\\begin\s*\{{{re.escape(kind)}\}}(?:\{{[^}}]*\}})*|\\end\s*\{{.*", " ", text
        )
        parts = re.split(r"\\\\(?:\[[^\]]*\])?", text)
        for place, part in enumerate(parts):
            row += [_Cell(cell.strip(), number + 1) for cell in re.split(r"(?<!\\)&", part)]
            if place < len(parts) - 1:
                rows.append(row)
                row = []
        row = [cell for cell in row if cell.text]
    rows.append(row)
    return Table([one for one in rows if any(cell.text for cell in one)], end + 1)


def _ruled(lines: Sequence[str], at: int, rule: str) -> Table:
    """Lines up to an empty one, in columns of which each has its own part of a rule."""
    starts = [part.start() for part in re.finditer(r"\S+", rule)]
    stop = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
    rows = []
    for number in range(at, stop):
        line = lines[number]
        if _RULES.fullmatch(line):
            continue
        ends = [*starts[1:], len(line)]
        is_set = not "".join(line[end - 1 : end] for end in starts[1:]).strip()
        cells = [line[a:b].strip() for a, b in zip(starts, ends, strict=True)]
        rows.append([_Cell(cell, number + 1) for cell in (cells if is_set else line.split())])
    return Table(rows, stop)


def _html(lines: Sequence[str], at: int) -> Table:
    """The rows of a table whose tags may be in any lines; what is behind it is not in it."""
    last = next((n for n in range(at, len(lines)) if "</table" in lines[n].lower()), at)
    text = "\n".join(lines[at : last + 1])
    rows: list[list[_Cell]] = []
    for tag in _HTML_CELL.finditer(text):
        if tag["row"]:
            rows.append([])
            continue
        rows = rows or [[]]
        rows[-1].append(
            _Cell(" ".join(tag["cell"].split()), at + 1 + text.count("\n", 0, tag.start()))
        )
    return Table([row for row in rows if row], last + 1)


# What the cells say


def _statements(rows: list[list[_Cell]], heading: str) -> Iterator[Statement]:
    if not rows:
        return
    first = rows[0]
    has_titles = len(rows) > 1 and not any(_CELL_NUMBER.fullmatch(cell.text) for cell in first)
    titles = [_bare(cell.text) for cell in first] if has_titles else []
    data = rows[1:] if has_titles else rows
    if index := _index(titles, data):
        yield from _by_index(titles, data, index, heading)
        return
    if titles and _are_names(titles, data):
        yield from _by_column(titles, data, heading)
        return
    place = _name_column(titles, data)
    for row in data:
        name = row[place].text if place < len(row) else ""
        others = [one for one in enumerate(row) if one[0] != place and one[1].text and name]
        numbers = [cell for _, cell in others if _CELL_NUMBER.fullmatch(cell.text)]
        if len(numbers) > 1 and not titles and (pairs := _in_pairs(row)):
            for one, cell in pairs:
                yield _said(one, "", cell, heading, alone=True)
            continue
        if len(numbers) > 1 and not titles:
            yield _unread(row, "several numbers, and nothing says what each of them is")
            continue
        for column, cell in others:
            title = titles[column] if column < len(titles) else ""
            is_value = _VALUE_TITLES.fullmatch(title) is not None
            if cell in numbers or (is_value and _says(cell.text)):
                yield _said(name, title, cell, heading, alone=len(row) == 2)


def _in_pairs(row: Sequence[_Cell]) -> list[tuple[str, _Cell]]:
    """A row of names and numbers in turn; none for any other."""
    pairs = [(name.text, cell) for name, cell in zip(row[::2], row[1::2], strict=False)]
    named = all(_NAME.fullmatch(name) and _CELL_NUMBER.fullmatch(cell.text) for name, cell in pairs)
    return pairs if named and len(row) % 2 == 0 else []


def _index(titles: Sequence[str], data: Sequence[Sequence[_Cell]]) -> re.Pattern[str] | None:
    """A subscript of all titles, where the first column says what it is: ``t``, beside ``h_t``."""
    if len(titles) < 2 or not _INDEX.fullmatch(titles[0]):
        return None
    index = re.compile(rf"(_\{{?|\[){titles[0]}(?!\w)")
    whole = all(row and _WHOLE.fullmatch(_bare(row[0].text)) for row in data)
    return index if whole and all(map(index.search, titles[1:])) else None


def _by_index(
    titles: Sequence[str], data: Sequence[Sequence[_Cell]], index: re.Pattern[str], heading: str
) -> Iterator[Statement]:
    """What such a table says: in the row of t = 2, the column of ``h_t`` has h_2."""
    for number, *cells in data:
        for title, cell in zip(titles[1:], cells, strict=False):
            if _CELL_NUMBER.fullmatch(cell.text):
                name = index.sub(rf"\g<1>{_bare(number.text)}", title)
                yield _said(name, "", cell, heading, alone=True)


def _unread(row: Sequence[_Cell], why: str) -> Statement:
    return Statement(" | ".join(cell.text for cell in row), (), line=row[0].line, why=why)


def _says(text: str) -> bool:
    """Whether a cell of a column of values is a formula."""
    return re.search(r"[\d\w)]\s*[-+*/·^=]\s*[\w(\\]|\\frac|\\cdot", text) is not None


def _by_column(
    titles: Sequence[str], data: Sequence[Sequence[_Cell]], heading: str
) -> Iterator[Statement]:
    """Names in the first row; a row below may say by its first cell what its numbers are."""
    said = [row for row in data if any(_CELL_NUMBER.fullmatch(cell.text) for cell in row)]
    for row in said:
        label = "" if _CELL_NUMBER.fullmatch(row[0].text) else _bare(row[0].text)
        if len(said) > 1 and not label:
            yield _unread(row, "several rows of numbers, and nothing says what each of them is")
            continue
        for title, cell in zip(titles, row, strict=False):
            if title and _CELL_NUMBER.fullmatch(cell.text) and not _NAME_TITLES.fullmatch(title):
                yield _said(title, label, cell, heading, alone=True)


def _said(name: str, title: str, cell: _Cell, heading: str, alone: bool) -> Statement:
    """One number of a table, as far as its title says what it is."""
    known = not title or _VALUE_TITLES.fullmatch(title) or _QUALIFYING.search(title) or alone
    labels = tuple(one for one in ("" if _VALUE_TITLES.fullmatch(title) else title, heading) if one)
    if not known:
        return Statement(
            f"{name} | {title} | {cell.text}",
            (),
            line=cell.line,
            why=f"what the column {title!r} says is not known",
        )
    member = Member("=", _bare(cell.text), cell.line)
    return Statement(name, (member,), labels=labels, line=cell.line)


def _are_names(titles: Sequence[str], data: Sequence[Sequence[_Cell]]) -> bool:
    """Whether the first row has the names: symbols, above numbers, with no column of names."""
    words = [title for title in titles[1:] if title]
    symbols = [title for title in words if _NAME.fullmatch(title) and not _is_title(title)]
    first_numbers = all(
        row
        and (
            _CELL_NUMBER.fullmatch(row[0].text) or _is_title(_bare(row[0].text)) or not row[0].text
        )
        for row in data
    )
    return bool(words) and len(symbols) == len(words) and first_numbers


def _is_title(text: str) -> bool:
    return any(one.fullmatch(text) for one in (_NAME_TITLES, _VALUE_TITLES)) or (
        _QUALIFYING.search(text) is not None and re.fullmatch(r"[A-Za-z ]+", text) is not None
    )


def _name_column(titles: Sequence[str], data: Sequence[Sequence[_Cell]]) -> int:
    for place, title in enumerate(titles):
        if _NAME_TITLES.fullmatch(title):
            return place
    width = max(map(len, data), default=0)
    for place in range(width):
        cells = [row[place].text for row in data if place < len(row)]
        if cells and not any(_CELL_NUMBER.fullmatch(cell) for cell in cells):
            return place
    return 0


def _bare(text: str) -> str:
    return text.replace("**", "").strip(" \t$*`:")


# CSV

_NAMES = ("name", "quantity", "term", "claim", "symbol")
_GIVEN = ("value", "given", "printed", "number", "result", "answer")
_PRINTED = re.compile(rf"{NUMBER}|[-−+]?\d+,\d+")
_TITLE = re.compile(r"[^\W\d]{3}|[/∂]")
_TABLE_NEEDED = "give a header with the columns name and value, or two columns without one"


class _CsvRow(NamedTuple):
    cells: list[str]
    line: int


def read_csv(text: str) -> list[Claim | Statement]:
    r"""The claims of a CSV file, one a row, with the digits of its numbers as they are written.

    The header says which column has the names and which the numbers or formulas; a table of two
    columns needs none. Names are taken as they are. In any other table the names are in a column or
    a row, as in a document. Columns are separated by commas, semicolons or tabs. A row without a
    value says nothing. Raises ClaimError, with the line, for what cannot be read.

    >>> claims = read_csv("pass,name,value\n1,H1,0.50\n1,w_conv[0,1],0.40015721\n")
    >>> [(claim.name, claim.given, claim.line) for claim in claims]
    [('H1', '0.50', 2), ('w_conv[0,1]', '0.40015721', 3)]
    """
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter(text)
    rows = list(_rows(text, delimiter))
    if not rows:
        return []
    columns = _columns(rows[0])
    if columns is None and (len(rows[0].cells) != 2 or _has_header(rows)):
        return _of_grid(rows, delimiter)
    if columns is None:
        name, given, width = 0, 1, 2
    else:
        (name, given), width = columns, len(rows[0].cells)
        rows = rows[1:]
    claims: list[Claim | Statement] = []
    for cells, line in rows:
        if len(cells) > width:
            raise ClaimError(
                f"line {line}: {len(cells)} cells where {width} are needed; {_TABLE_NEEDED}"
            )
        if not "".join(cells[name : name + 1]):
            raise ClaimError(f"line {line}: no name; {_TABLE_NEEDED}")
        if value := "".join(cells[given : given + 1]):
            value = with_points(value) if delimiter != "," else value
            claims.append(Claim(name=cells[name], given=value, line=line))
    return claims


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return next((mark for mark in "\t;" if mark in first), ",")


def _rows(text: str, delimiter: str) -> Iterator[_CsvRow]:
    """The rows that are not empty, each with the line at which it begins."""
    reader = csv.reader(io.StringIO(text.replace("\0", " "), newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _CsvRow(_whole([cell.strip() for cell in cells], delimiter), line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ClaimError(f"line {line}: not CSV: {error}; {_TABLE_NEEDED}") from None


def _whole(cells: Sequence[str], delimiter: str) -> list[str]:
    """The cells up to the last filled one; an index such as w[0,1] is one even without quotes."""
    whole: list[str] = []
    for cell in cells:
        if whole and whole[-1].count("[") > whole[-1].count("]"):
            whole[-1] += delimiter + cell
        else:
            whole.append(cell)
    while whole and not whole[-1]:
        whole.pop()
    return whole


def _columns(row: _CsvRow) -> tuple[int, int] | None:
    """Where a header has the names and the values; None for a row of data."""
    titles = [cell.casefold() for cell in row.cells]
    names = [titles.index(title) for title in _NAMES if title in titles]
    values = [titles.index(title) for title in _GIVEN if title in titles]
    return (names[0], values[0]) if names and values else None


def _has_header(rows: Sequence[_CsvRow]) -> bool:
    """Whether there are words in the first of two columns of which the second has numbers."""
    first, *others = (_PRINTED.fullmatch(row.cells[-1]) is not None for row in rows)
    is_title = not first and _TITLE.search(rows[0].cells[-1]) is not None
    return is_title and len(others) > 0 and all(others)


def _of_grid(rows: Sequence[_CsvRow], delimiter: str) -> list[Claim | Statement]:
    """What a table without a column of names and one of values says."""
    found = Table(
        [
            [_Cell(with_points(cell) if delimiter != "," else cell, line) for cell in cells]
            for cells, line in rows
        ],
        rows[-1].line,
    ).statements()
    if not any(one.members for one in found):
        raise ClaimError(
            f"line {rows[0].line}: {len(rows[0].cells)} cells without a name and a value; "
            f"{_TABLE_NEEDED}"
        )
    return list(found)
