"""Jobs: what is measured together, in a process of its own, and how rows are written as JSON."""

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from tests.benchmarks.rows import Row, Target
from tests.benchmarks.timing import Settings, Spread

__all__ = ["Job", "from_json", "to_json"]


_PATH = re.compile(r"(?:/[\w.+-]+){2,}")


class Job(NamedTuple):
    """A function that gives rows; ``threads`` is how many each side may use."""

    group: str
    name: str
    run: Callable[[Settings], list[Row]]
    threads: int = 1


def to_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows as plain data, without the fields that say nothing, and without the paths of errors."""
    for row in rows:
        row.reason = _PATH.sub("…", row.reason)
    return [
        {
            field.name: value._asdict() if isinstance(value, Spread | Target) else value
            for field in fields(row)
            if (value := getattr(row, field.name)) not in (None, "") or field.name == "unit"
        }
        for row in rows
    ]


def from_json(rows: Sequence[dict[str, Any]]) -> list[Row]:
    """The rows that were written."""
    return [Row(**{name: _read(name, value) for name, value in row.items()}) for row in rows]


def _read(name: str, value: Any) -> Any:
    if name in ("our", "their", "ratio"):
        return Spread(**value)
    return Target(**value) if name == "target" else value
