"""Files of claims: JSON, TOML, CSV, notebooks and documents. None of their code is run."""

import json
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from autograd_lite.check.claims import Claim, read_claims
from autograd_lite.check.read.cells import read_cells
from autograd_lite.check.read.documents import read_document
from autograd_lite.check.read.tables import read_table
from autograd_lite.errors import ClaimError

__all__ = ["SUFFIXES", "read_file"]


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
