"""Grading: the submissions of a folder are compared with the program, each at its own point."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.claims import Claim, ValueOf
from autograd_lite.check.finding import Finding
from autograd_lite.check.grade.marks import Marker, Rubric
from autograd_lite.check.grade.submissions import Submission, find_submissions
from autograd_lite.check.grade.table import Cluster, Row, as_csv, clusters, lines
from autograd_lite.check.judge.passes import at_stated_point, judged
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.interpret import interpreted
from autograd_lite.check.report import Report
from autograd_lite.check.truth.truth import check_learning_rate
from autograd_lite.errors import AutogradLiteError
from autograd_lite.value import Value

__all__ = ["Grader", "Grades", "grade"]

# Grades: the rows of a folder, and the mistakes that they share.


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


# Every submission of a folder, compared with the program at its own point.

Progress = Callable[[int, int, str], None]


def grade(
    root: Value,
    folder_or_files: str | Path | Iterable[str | Path],
    *,
    names: Mapping[str, Any] | None = None,
    learning_rate: float | None = None,
    rubric: Rubric | Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Grades:
    r"""Check a folder of hand derivations of ``root``: points, mistakes, and who shares them.

    A file is a submission, and so is a folder in the folder. The numbers that it states for
    weights, inputs and targets are its point; others are those of ``root``. A file that cannot be
    read is a row with its reason. ``names`` maps the authors' words to the graph's; ``rubric`` is
    described at ``Rubric``; ``progress(done, count, name)`` is called before each.

    >>> import pathlib, tempfile
    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, label="w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, claims in ("anna", "dE/dw: 6.0"), ("ben", "w: 2.5\ndE/dw: -5.0"):
    ...         _ = pathlib.Path(folder, f"{name}.md").write_text(claims)
    ...     grades = grade((w * w).named("E"), folder)
    >>> for row in grades.rows:
    ...     print(row.name, row.points, row.stated, [root.name for root in row.roots])
    anna.md 1.0 () []
    ben.md 0.0 ('w',) ['dE/dw']
    """
    grader = Grader(
        named_graph(root, sys._getframe(1)),
        names=names,
        learning_rate=learning_rate,
        rubric=rubric if isinstance(rubric, Rubric) else Rubric.of(rubric or {}),
    )
    submissions = find_submissions(folder_or_files)
    return Grades(grader.output, list(grader.rows(submissions, progress)))


class Grader:
    """Grades one submission after the other; the program is expanded once.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, label="w")
    >>> grader = Grader(named_graph((w * w).named("E")))
    >>> row = grader.row(Submission("anna.md", (Path("anna.md"),)))
    >>> row.error
    'anna.md: No such file or directory'
    """

    def __init__(
        self,
        graph: NamedGraph,
        *,
        names: Mapping[str, Any] | None = None,
        learning_rate: float | None = None,
        rubric: Rubric | None = None,
    ) -> None:
        check_learning_rate(learning_rate)
        self._graph, self._names, self._learning_rate = graph, names, learning_rate
        self._vocabulary = Vocabulary(graph, names)
        self._marker = Marker(graph, self._vocabulary, rubric or Rubric())
        self.output = self._vocabulary.root

    def rows(
        self, submissions: Sequence[Submission], progress: Progress | None = None
    ) -> Iterator[Row]:
        """A row for each submission, as soon as it is graded."""
        for done, submission in enumerate(submissions):
            if progress is not None:
                progress(done, len(submissions), submission.name)
            yield self.row(submission)

    def row(self, submission: Submission) -> Row:
        """The row of one submission, whatever happens."""
        files = tuple(map(str, submission.files))
        try:
            with np.errstate(all="ignore"):  # at the author's numbers anything can overflow
                return self._graded(submission, files)
        except (AutogradLiteError, OSError, UnicodeDecodeError) as error:
            return Row(name=submission.name, files=files, error=str(error))
        except Exception as error:  # noqa: BLE001 - the other ninety-nine are graded all the same
            reason = f"internal error: {type(error).__name__}: {error}"
            return Row(name=submission.name, files=files, error=reason)

    def _graded(self, submission: Submission, files: tuple[str, ...]) -> Row:
        claims = interpreted(submission.claims(), Vocabulary(self._graph, self._names).readings)
        there, unsure = at_stated_point(self._graph, claims, self._names)
        findings = judged(there, claims, self._names, self._learning_rate, unsure)
        stated = self._stated(there)
        return Row(
            name=submission.name,
            files=files,
            report=Report(self.output, findings),
            items=tuple(self._marker.items(findings)),
            stated=stated,
            notes=tuple(self._notes(submission, claims, findings, stated)),
        )

    def _stated(self, there: NamedGraph) -> tuple[str, ...]:
        """What differs from the program's own point: whole arrays by their name."""
        layers: dict[str, list[str]] = {}
        for name, element in self._graph.elements.items():
            if element.kind != "value" and there.value(name) != self._graph.value(name):
                layers.setdefault(element.layer, []).append(name)
        whole = self._vocabulary.scalars
        stated = [
            [layer] if whole[layer].size == len(names) else names for layer, names in layers.items()
        ]
        return tuple(name for names in stated for name in names)

    def _notes(
        self,
        submission: Submission,
        claims: Sequence[Claim],
        findings: Sequence[Finding],
        stated: Sequence[str],
    ) -> Iterator[str]:
        if stated:
            yield f"at its own {', '.join(stated)}"
        if submission.unread:
            yield f"not read: {', '.join(path.name for path in submission.unread)}"
        if not claims:
            yield "nothing to check was found in it"
        elif not any(finding.quantity for finding in findings):
            yield "none of its names is known: is a table of names missing?"
        forward = [one for one in findings if self._is_forward(one)]
        unexplained = [one for one in forward if one.verdict == "wrong" and not one.causes]
        if len(unexplained) > 1 and not any(one.verdict == "right" for one in forward):
            yield f"all {len(forward)} forward values differ: other weights? state them"

    def _is_forward(self, finding: Finding) -> bool:
        """Whether it is about a computed value, of the first pass."""
        if finding.part not in ("", "pass 1") or not finding.quantity:
            return False
        quantity = next(iter(self._vocabulary.readings(finding.quantity)), None)
        if not isinstance(quantity, ValueOf):
            return False
        first = self._vocabulary.scalars[quantity.of].flat[0]
        return self._graph.elements[first].kind == "value"
