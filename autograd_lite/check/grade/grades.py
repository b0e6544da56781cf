"""Grades: the rows of a folder, and the mistakes that they share."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from html import escape
from typing import Any

from autograd_lite.check.grade.clusters import Cluster, clusters
from autograd_lite.check.grade.row import Row
from autograd_lite.check.grade.table import as_csv, lines

__all__ = ["Grades"]


class Grades:
    """The rows of all submissions; ``print`` it to see the table and the shared mistakes.

    >>> grades = Grades("E", [Row(name="anna.md"), Row(name="ben.pdf", error="cannot be read")])
    >>> grades
    <Grades of E: 2 submissions, 1 of which could not be read>
    >>> [row.name for row in grades.broken]
    ['ben.pdf']
    """

    def __init__(self, output: str, rows: Sequence[Row]) -> None:
        self.output = output
        self.rows = tuple(rows)

    @property
    def broken(self) -> tuple[Row, ...]:
        """The submissions that could not be read."""
        return tuple(row for row in self.rows if row.error)

    @cached_property
    def clusters(self) -> list[Cluster]:
        """Every mistake with those who made it, the commonest first."""
        return clusters({row.name: row.findings for row in self.rows})

    @property
    def summary(self) -> str:
        """How many there are, in one line."""
        count, broken = len(self.rows), len(self.broken)
        text = f"{count} submission{'' if count == 1 else 's'}"
        return text + (f", {broken} of which could not be read" if broken else "")

    @property
    def shared(self) -> list[str]:
        """The mistakes that two or more have in common, a line each."""
        count = len(self.rows) - len(self.broken)
        return [cluster.line(count) for cluster in self.clusters if len(cluster.members) > 1]

    def __repr__(self) -> str:
        return f"<Grades of {self.output}: {self.summary}>"

    def __str__(self) -> str:
        return "\n".join(line for line, _ in lines(self.rows, self.summary, self.shared))

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def __rich__(self) -> Any:
        """The table in colours, for a terminal."""
        from rich.text import Text

        found = lines(self.rows, self.summary, self.shared)
        return Text("\n").join(Text(line, style) for line, style in found)

    def as_dict(self) -> dict[str, Any]:
        """Everything, in dicts, lists, strings and numbers, as JSON can hold them."""
        return {
            "output": self.output,
            "submissions": [row.as_dict() for row in self.rows],
            "clusters": [asdict(cluster) for cluster in self.clusters],
        }

    def to_json(self) -> str:
        """Every row with every finding, and the clusters, as JSON."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)

    def to_csv(self) -> str:
        """Every row, as a table for a spreadsheet."""
        return as_csv(self.rows)
