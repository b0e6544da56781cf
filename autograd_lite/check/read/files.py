"""Files of claims: JSON, TOML, CSV, notebooks and documents. None of their code is run."""

import codecs
import json
import re
import stat
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from autograd_lite.check.claims import Claim, Statement, read_claims
from autograd_lite.check.read.documents import read_document
from autograd_lite.check.read.tables import read_csv
from autograd_lite.errors import ClaimError

# Jupyter notebooks: the claims in their text, code and printed outputs. Nothing is run.

LONGEST = 1_000_000
"""So many characters of a derivation are read, or of a file of data ten times as many."""
_LARGEST = 100_000_000
_NOTEBOOK_NEEDED = "give the .ipynb file as Jupyter saves it"
_SHOWN = re.compile(r"[A-Za-z_]\w*(?:\[[\d, ]+\])?")


def read_cells(text: str) -> list[Statement]:
    r"""The claims of a notebook, cell by cell: of its source, then of what it printed.

    A claim's ``where`` says the cell, counted from 1, and its line counts from 1 in that cell or
    output. Raises ClaimError for what is no notebook.

    >>> cell = {"cell_type": "markdown", "source": ["Forward\n", "\n", "H1 = 0.50"]}
    >>> one, = read_cells(json.dumps({"cells": [cell]}))
    >>> one.subject, one.members[0].text, one.where, one.line
    ('H1', '0.50', 'cell 1', 3)
    """
    claims: list[Statement] = []
    length = 0
    for number, cell in enumerate(_cells(text), start=1):
        where = f"cell {number}"
        kind = cell.get("cell_type")
        if kind not in ("markdown", "code"):
            continue
        source = _joined(cell.get("source") or cell.get("input"))
        outputs = list(_outputs(cell, source))
        length += len(source) + sum(map(len, outputs))
        _check_length(length, LONGEST)
        claims += read_document(source, where, code=kind == "code")
        for place, output in enumerate(outputs, start=1):
            which = f" {place}" if len(outputs) > 1 else ""
            claims += read_document(output, f"{where}, output{which}")
    return claims


def _check_length(length: int, most: int) -> None:
    if length > most:
        raise ClaimError(
            f"has {length:,} characters of text, and at most {most:,} are read; give the part that "
            "is the derivation"
        )


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


# A file, by its suffix.


def read_file(path: Path) -> list[Claim | Statement]:
    r"""The claims of a file, with the digits of its numbers as they are written.

    JSON or TOML has a table from names to numbers, whose tables only group; or, in JSON, a list of
    pairs [name, number]. CSV has one claim a row. Notebooks, text, Markdown, LaTeX and Python are
    read as documents, without running any code. Raises ClaimError for what cannot be read.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "notes.md")
    ...     _ = path.write_text("Forward pass\nH1 = 0.5000\n")
    ...     [(one.subject, one.members[0].text, one.line) for one in read_file(path)]
    [('H1', '0.5000', 2)]
    """
    reader = _READERS.get(path.suffix.lower())
    try:
        text = _text(path)
        if reader is None:
            raise ClaimError(f"the suffix has to be one of {', '.join(SUFFIXES)}")
        if reader is not read_cells:  # most of a notebook may be pictures
            _check_length(len(text), LONGEST if _is_document(path) else 10 * LONGEST)
        return list(reader(text))
    except OSError as error:
        raise ClaimError(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise ClaimError(f"{path}: is nested too deeply") from None
    except ValueError as error:  # not JSON, not TOML, or no claims
        raise ClaimError(f"{path}: {error}") from None


def _is_document(path: Path) -> bool:
    return path.suffix.lower() not in (".json", ".toml", ".csv", ".tsv")


def _text(path: Path) -> str:
    what = path.stat()
    if kind := kind_of(what.st_mode):
        raise ClaimError(f"is {kind}; give {'the files in it' if kind == 'a folder' else 'a file'}")
    if what.st_size > _LARGEST:
        raise ClaimError(f"has more than {_LARGEST:,} bytes; give the part that is the derivation")
    return decoded(path.read_bytes())


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def kind_of(mode: int) -> str:
    """What has the mode of a path that is no file; "" for a file.

    >>> kind_of(stat.S_IFIFO), kind_of(stat.S_IFREG)
    ('a named pipe', '')
    """
    if stat.S_ISREG(mode):
        return ""
    return next((kind for is_it, kind in _KINDS if is_it(mode)), "no file")


def decoded(content: bytes) -> str:
    r"""The text of a file in UTF-8 or UTF-16 with its mark, or else in Latin-1.

    Raises ClaimError for what is no text.

    >>> decoded("½ · ∂E".encode("utf-16")), decoded("½".encode("latin-1"))
    ('½ · ∂E', '½')
    """
    has_mark = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if has_mark else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(one.isprintable() or one.isspace() for one in text if one < "\x80"):
            return text
    raise ClaimError("cannot be decoded: it is binary, or in another encoding; save it as UTF-8")


class _Table(tuple[tuple[str, Any], ...]):
    """The entries of a JSON object or TOML table; a name may stand twice."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(dict(self))


def _read_json(text: str) -> list[Claim | Statement]:
    content = json.loads(
        text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_Table
    )
    return _claims(content)


def _read_toml(text: str) -> list[Claim | Statement]:
    return _claims(_as_table(tomllib.loads(text, parse_float=str)))


def _as_table(content: dict[str, Any]) -> _Table:
    return _Table(
        (name, _as_table(given) if isinstance(given, dict) else given)
        for name, given in content.items()
    )


def _claims(content: Any) -> list[Claim | Statement]:
    return read_claims(_flat(content) if isinstance(content, _Table) else content)


def _flat(table: _Table) -> Iterator[tuple[str, Any]]:
    for name, given in table:
        if isinstance(given, _Table):
            yield from _flat(given)
        else:
            yield name, given


_READERS: dict[str, Callable[[str], Sequence[Claim | Statement]]] = {
    ".json": _read_json,
    ".toml": _read_toml,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".ipynb": read_cells,
    **dict.fromkeys((".md", ".markdown", ".txt", ".rst"), read_document),
    ".tex": partial(read_document, tex=True),
    ".py": partial(read_document, code=True),
}
SUFFIXES = tuple(_READERS)
"""Which files can be read."""
