r"""Tables: Markdown, LaTeX, CSV, and columns that blanks or tabs set apart.

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

from autograd_lite.check.read.numbers import NUMBER, with_points
from autograd_lite.check.read.statements import Member, Statement
from autograd_lite.errors import ClaimError

_NAME_TITLES = re.compile(
    r"(?:name|quantity|term|claim|symbol|variable|weight|parameter|param|node|neuron|derivative of|gate|#|no\.?"
    r"|expression|item|what|label)s?",
    re.IGNORECASE,
)
_VALUE_TITLES = re.compile(
    r"(?:(?:the )?(?:current |old |initial |start(?:ing)? |forward |my |our |printed |computed |hand |numeric(?:al)? )?"
    r"(?:values?|numbers?|results?|given|printed|answers?|activation|output|hand|by hand|initial|data|forward))",
    re.IGNORECASE,
)
_QUALIFYING = re.compile(
    r"grad|deriv|∂|\\partial|updat|\bnew\b|after|\bstep|nabla|delta|[δΔ∇]|^d\w*/d", re.IGNORECASE
)
_NAME = re.compile(
    r"\\[dt]?frac\s*\{[^=]*\}|[∂∇]\S.*|\\?[^\W\d][^\s=<>?!;\"]*(?:\s*\([^()]*\))?|d\w+\s*/\s*d\w.*"
)
_CELL_NUMBER = re.compile(rf"[$*`\s]*(?:{NUMBER}|½|\[[-−+\d.eE,\s\[\]]*\])[$*`\s]*")
_RULE = re.compile(r"[\s|+:=\-─━┼╪╋├┤┬┴│┃═╬╠╣]*[-─━═=]{2,}[\s|+:=\-─━┼╪╋├┤┬┴│┃═╬╠╣]*")
_LATEX = re.compile(r"\s*\\begin\s*\{(?P<kind>tabular[x*]?|longtable|tabu|array)\}")
_LATEX_NOISE = re.compile(
    r"\\(?:h|top|mid|bottom|c)(?:line|rule)(?:\{[^}]*\}|\([^)]*\))*|\\multi(?:column|row)\{[^}]*\}\{[^}]*\}"
)
_GAP = re.compile(r"\t+| {2,}")
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
    if _is_piped(lines, at):
        return _piped(lines, at)
    return _spaced(lines, at)


def _is_piped(lines: Sequence[str], at: int) -> bool:
    text = lines[at].strip()
    if text[:1] in "|│┃" and len(text) > 1 and text[1:2] != "|":
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


# What the cells say


def _statements(rows: list[list[_Cell]], heading: str) -> Iterator[Statement]:
    if not rows:
        return
    first = rows[0]
    has_titles = len(rows) > 1 and not any(_CELL_NUMBER.fullmatch(cell.text) for cell in first)
    titles = [_bare(cell.text) for cell in first] if has_titles else []
    data = rows[1:] if has_titles else rows
    if titles and _are_names(titles, data):
        yield from _by_column(titles, data, heading)
        return
    place = _name_column(titles, data)
    for row in data:
        if len(row) <= place or not row[place].text:
            continue
        name = row[place].text
        for column, cell in enumerate(row):
            if column == place or not cell.text:
                continue
            title = titles[column] if column < len(titles) else ""
            if _CELL_NUMBER.fullmatch(cell.text) or (
                _VALUE_TITLES.fullmatch(title) and _says(cell.text)
            ):
                yield _said(name, title, cell, heading, counted=len(row) == 2)


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
            yield Statement(
                " ".join(cell.text for cell in row),
                (),
                line=row[0].line,
                why="several rows of numbers below one row of names",
            )
            continue
        for title, cell in zip(titles, row, strict=False):
            if title and _CELL_NUMBER.fullmatch(cell.text) and not _NAME_TITLES.fullmatch(title):
                yield _said(title, label, cell, heading, counted=True)


def _said(name: str, title: str, cell: _Cell, heading: str, counted: bool) -> Statement:
    """One number of a table, as far as its title says what it is."""
    known = not title or _VALUE_TITLES.fullmatch(title) or _QUALIFYING.search(title) or counted
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


def read_csv(text: str) -> list[Statement]:
    r"""The statements of a CSV file, with the digits of its numbers as they are written.

    Columns are separated by commas, semicolons or tabs. Raises ClaimError, with the line, for what
    cannot be read.

    >>> [(one.subject, one.members[0].text) for one in read_csv("name,value\nH1,0.50\n")]
    [('H1', '0.50')]
    """
    text = text.removeprefix("\ufeff").replace("\0", " ")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((mark for mark in "\t;" if mark in first), ",")
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                whole = _whole([cell.strip() for cell in cells], delimiter)
                rows.append(
                    [_Cell(with_points(cell) if delimiter != "," else cell, line) for cell in whole]
                )
            line = reader.line_num + 1
    except csv.Error as error:
        raise ClaimError(f"line {line}: not CSV: {error}") from None
    return Table(rows, line).statements()


def _whole(cells: Sequence[str], delimiter: str) -> list[str]:
    """The cells; an index such as w[0,1] is one even without quotes."""
    whole: list[str] = []
    for cell in cells:
        if whole and whole[-1].count("[") > whole[-1].count("]"):
            whole[-1] += delimiter + cell
        else:
            whole.append(cell)
    while whole and not whole[-1]:
        whole.pop()
    return whole
