"""Jupyter notebooks: the claims in their text, code and printed outputs. Nothing is run."""

import json
import re
from collections.abc import Iterator
from typing import Any

from autograd_lite.check.claims import Claim
from autograd_lite.check.read.documents import read_document
from autograd_lite.errors import ClaimError

__all__ = ["read_cells"]

_NEEDED = "give the .ipynb file as Jupyter saves it"
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
        raise ClaimError(f"line {error.lineno}: not JSON: {error.msg}; {_NEEDED}") from None
    except (ValueError, RecursionError):  # a number of too many digits; brackets without end
        raise ClaimError(f"line 1: not the JSON of a notebook; {_NEEDED}") from None
    sheets = [notebook, *_dictionaries(notebook, "worksheets")]
    if not any(isinstance(sheet, dict) and "cells" in sheet for sheet in sheets):
        raise ClaimError(f"line 1: the JSON has no cells, so it is no notebook; {_NEEDED}")
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
