"""The names table: what an author's words mean in the graph, as a mapping or a file."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograd_lite.check.spelling import key
from autograd_lite.data import describe
from autograd_lite.errors import ClaimError

__all__ = ["check_names", "read_names"]


def check_names(names: Mapping[str, Any]) -> None:
    """Raise ClaimError for what is no table from words to names or nested lists of names.

    >>> from autograd_lite.check.names_table import check_names
    >>> check_names({"O1_output": "O1", "w_1_to_2": ["w_1", "w_2"]})
    >>> check_names({"rate": 0.1})
    Traceback (most recent call last):
    autograd_lite.errors.ClaimError: names: 'rate' is to mean 0.1; give a name or a list of names
    """
    if not isinstance(names, Mapping):
        raise ClaimError(f"names={describe(names)}: give a mapping from words to names")
    for word, meaning in names.items():
        if not isinstance(word, str) or not key(word):
            raise ClaimError(f"names: {describe(word)} is not a word that can be looked for")
        inner = list(_innermost(meaning))
        if not inner or not all(isinstance(one, str) for one in inner):
            raise ClaimError(
                f"names: {word!r} is to mean {describe(meaning)}; give a name or a list of names"
            )


def _innermost(meaning: Any) -> Iterator[Any]:
    if isinstance(meaning, list | tuple):
        for one in meaning:
            yield from _innermost(one)
    else:
        yield meaning


def read_names(path: Path) -> dict[str, Any]:
    r"""The names table of a TOML or JSON file, for :class:`~autograd_lite.check.names.Vocabulary`.

    Tables within the file only group. Raises ClaimError, with the name of the file, where it cannot
    be read or holds anything but names and lists of names.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "names.toml")
    ...     _ = path.write_text('"Total Error" = "E"\nw_1_to_2 = ["w_1", "w_2"]')
    ...     read_names(path)
    {'Total Error': 'E', 'w_1_to_2': ['w_1', 'w_2']}
    """
    readers = {".json": json.loads, ".toml": tomllib.loads}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ClaimError(f"{path}: the suffix of a names table has to be .toml or .json")
    try:
        content = reader(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ClaimError('a names table maps words to names, such as {"O1_output": "O1"}')
        names = _flat(content)
        check_names(names)
    except OSError as error:
        raise ClaimError(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise ClaimError(f"{path}: is nested too deeply") from None
    except ValueError as error:  # not JSON, not TOML, not UTF-8, or no names
        raise ClaimError(f"{path}: {error}") from None
    return names


def _flat(content: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for word, meaning in content.items():
        inner = _flat(meaning) if isinstance(meaning, dict) else {word: meaning}
        if again := names.keys() & inner.keys():
            raise ClaimError(f"{min(again)!r} stands twice; keep one of the two")
        names |= inner
    return names
