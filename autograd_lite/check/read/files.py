"""Files of claims: JSON, TOML, CSV, notebooks and documents. None of their code is run."""

import csv
import io
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from autograd_lite.check.claims import Claim, read_claims
from autograd_lite.check.read.documents import read_document
from autograd_lite.errors import ClaimError

# Jupyter notebooks: the claims in their text, code and printed outputs. Nothing is run.

_NOTEBOOK_NEEDED = "give the .ipynb file as Jupyter saves it"
_SHOWN = re.compile(r"[A-Za-z_]\w*(?:\[[\d, ]+\])?")


def read_cells(text: str) -> list[Claim]:
    r"""The claims of a notebook, cell by cell: of its source, then of what it printed.

    A claim's ``where`` says the cell, counted from 1, and its line counts from 1 in that cell or
    output. Raises ClaimError for what is no notebook.

    >>> cell = {"cell_type": "markdown", "source": ["Forward\n", "\n", "H1 = 0.50"]}
    >>> claim, = read_cells(json.dumps({"cells": [cell]}))
    >>> claim.name, claim.given, claim.where, claim.line
    ('H1', '0.50', 'cell 1', 3)
    """
    claims = []
    for number, cell in enumerate(_cells(text), start=1):
        where = f"cell {number}"
        kind = cell.get("cell_type")
        if kind not in ("markdown", "code"):
            continue
        source = _joined(cell.get("source") or cell.get("input"))
        claims += read_document(source, where, code=kind == "code")
        outputs = list(_outputs(cell, source))
        for place, output in enumerate(outputs, start=1):
            which = f" {place}" if len(outputs) > 1 else ""
            claims += read_document(output, f"{where}, output{which}")
    return claims


def _cells(text: str) -> list[dict[str, Any]]:
    """The cells of a notebook; in the old format 3 they stand in worksheets."""
    try:
        notebook = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ClaimError(
            f"line {error.lineno}: not JSON: {error.msg}; {_NOTEBOOK_NEEDED}"
        ) from None
    except (ValueError, RecursionError):  # a number of too many digits; brackets without end
        raise ClaimError(f"line 1: not the JSON of a notebook; {_NOTEBOOK_NEEDED}") from None
    sheets = [notebook, *_dictionaries(notebook, "worksheets")]
    if not any(isinstance(sheet, dict) and "cells" in sheet for sheet in sheets):
        raise ClaimError(f"line 1: the JSON has no cells, so it is no notebook; {_NOTEBOOK_NEEDED}")
    return [cell for sheet in sheets for cell in _dictionaries(sheet, "cells")]


def _dictionaries(parent: Any, key: str) -> list[dict[str, Any]]:
    found = parent.get(key) if isinstance(parent, dict) else None
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _joined(text: Any) -> str:
    """A text of a notebook, which is a string or a list of lines."""
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""


def _outputs(cell: dict[str, Any], source: str) -> Iterator[str]:
    """What a cell printed, and what its last line shows: after the name that stands there."""
    shown = source.rstrip().rpartition("\n")[2]
    for output in _dictionaries(cell, "outputs"):
        kind = output.get("output_type")
        data = output.get("data")
        if kind == "stream" and output.get("name", output.get("stream")) != "stderr":
            yield _joined(output.get("text"))
        elif kind in ("execute_result", "display_data", "pyout"):
            text = _joined((data if isinstance(data, dict) else output).get("text/plain"))
            text = text or _joined(output.get("text"))
            is_named = kind != "display_data" and _SHOWN.fullmatch(shown)
            yield f"{shown} = {text}" if is_named else text


# CSV: a table of names and what is said of each.

_NAME = ("name", "quantity", "term", "claim", "symbol")
_GIVEN = ("value", "given", "printed", "number", "result", "answer")
_TABLE_NEEDED = "give a header with the columns name and value, or two columns without one"
_COMMA = re.compile(r"[+\-−]?\d+,\d+(?:[eE][+\-−]?\d+)?")


class _CsvRow(NamedTuple):
    cells: list[str]
    line: int


def read_table(text: str) -> list[Claim]:
    r"""The claims of a CSV file, one a row, with the digits of its numbers as they are written.

    The header says which column has the names and which the numbers or formulas; a table of two
    columns needs none. Columns are separated by commas, semicolons or tabs. A row without a value
    says nothing. Raises ClaimError, with the line, for what cannot be read.

    >>> claims = read_table("pass,name,value\n1,H1,0.50\n1,w_conv[0,1],0.40015721\n")
    >>> [(claim.name, claim.given, claim.line) for claim in claims]
    [('H1', '0.50', 2), ('w_conv[0,1]', '0.40015721', 3)]
    """
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter(text)
    rows = list(_rows(text, delimiter))
    if not rows:
        return []
    columns = _columns(rows[0])
    if columns is None:
        name, given, width = 0, 1, 2
    else:
        (name, given), width = columns, len(rows[0].cells)
        rows = rows[1:]
    claims = []
    for cells, line in rows:
        if len(cells) > width:
            raise ClaimError(
                f"line {line}: {len(cells)} cells where {width} are needed; {_TABLE_NEEDED}"
            )
        if not "".join(cells[name : name + 1]):
            raise ClaimError(f"line {line}: no name; {_TABLE_NEEDED}")
        if value := "".join(cells[given : given + 1]):
            if delimiter == ";" and _COMMA.fullmatch(value):
                value = value.replace(",", ".")
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
    names = [titles.index(title) for title in _NAME if title in titles]
    values = [titles.index(title) for title in _GIVEN if title in titles]
    if names and values:
        return names[0], values[0]
    if len(titles) != 2:
        raise ClaimError(
            f"line {row.line}: {len(titles)} cells without a name and a value; {_TABLE_NEEDED}"
        )
    return None


# A file, by its suffix.


def read_file(path: Path) -> list[Claim]:
    r"""The claims of a file, with the digits of its numbers as they are written.

    JSON or TOML has a table from names to numbers, whose tables only group; or, in JSON, a list of
    pairs [name, number]. CSV has one claim a row. Notebooks, text, Markdown, LaTeX and Python are
    read as documents, without running any code. Raises ClaimError for what cannot be read.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "notes.md")
    ...     _ = path.write_text("Forward pass\nH1 = 0.5000\n")
    ...     read_file(path)
    [Claim(name='H1', given='0.5000', line=2, where='', others=())]
    """
    reader = _READERS.get(path.suffix.lower())
    try:
        text = _text(path)
        if reader is None:
            raise ClaimError(f"the suffix has to be one of {', '.join(SUFFIXES)}")
        return reader(text)
    except OSError as error:
        raise ClaimError(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise ClaimError(f"{path}: is nested too deeply") from None
    except ValueError as error:  # not JSON, not TOML, or no claims
        raise ClaimError(f"{path}: {error}") from None


def _text(path: Path) -> str:
    if path.is_dir():
        raise ClaimError("is a folder; give the files in it")
    content = path.read_bytes()
    try:
        if b"\0" not in content:
            return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise ClaimError("cannot be decoded: it is binary, or in another encoding; save it as UTF-8")


class _Table(tuple[tuple[str, Any], ...]):
    """The entries of a JSON object or TOML table; a name may stand twice."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(dict(self))


def _read_json(text: str) -> list[Claim]:
    content = json.loads(
        text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_Table
    )
    return _claims(content)


def _read_toml(text: str) -> list[Claim]:
    return _claims(_as_table(tomllib.loads(text, parse_float=str)))


def _as_table(content: dict[str, Any]) -> _Table:
    return _Table(
        (name, _as_table(given) if isinstance(given, dict) else given)
        for name, given in content.items()
    )


def _claims(content: Any) -> list[Claim]:
    return read_claims(_flat(content) if isinstance(content, _Table) else content)


def _flat(table: _Table) -> Iterator[tuple[str, Any]]:
    for name, given in table:
        if isinstance(given, _Table):
            yield from _flat(given)
        else:
            yield name, given


_READERS: dict[str, Callable[[str], list[Claim]]] = {
    ".json": _read_json,
    ".toml": _read_toml,
    ".csv": read_table,
    ".tsv": read_table,
    ".ipynb": read_cells,
    **dict.fromkeys((".md", ".markdown", ".txt", ".rst", ".tex"), read_document),
    ".py": partial(read_document, code=True),
}
SUFFIXES = tuple(_READERS)
"""Which files can be read."""
