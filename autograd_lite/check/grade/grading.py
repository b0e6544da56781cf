"""Grading: the submissions of a folder are compared with the program, each at its own point."""

import contextlib
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.claims import ValueOf
from autograd_lite.check.code.scripts import TargetCodeError, functions_of, run_script, source_of
from autograd_lite.check.compare import claims_of, compare_with, with_asides
from autograd_lite.check.finding import Finding
from autograd_lite.check.grade.marks import Marker, Rubric
from autograd_lite.check.grade.submissions import Submission, copied, find_submissions
from autograd_lite.check.grade.table import NEEDS_RUN, Cluster, Row, as_csv, clusters, lines
from autograd_lite.check.judge.passes import at_stated_point, judged
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.interpret import interpreted
from autograd_lite.check.report import Report
from autograd_lite.check.truth.truth import check_learning_rate
from autograd_lite.check.views.export import as_json
from autograd_lite.errors import AutogradLiteError, ClaimError
from autograd_lite.expr.notation import printable
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
        if broken:
            text += f", {broken} of which could not be read"
        if waiting := sum(row.needs_run for row in self.rows):
            text += f", {waiting} of which {'needs' if waiting == 1 else 'need'} --run"
        return text

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
        return as_json(self.as_dict())

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

    With ``run``, the code of a submission is RUN, here: give it to a process of its own. Each is
    then judged by the variables that it leaves, or, where they say nothing, by its functions.

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
        run: bool = False,
    ) -> None:
        check_learning_rate(learning_rate)
        self._graph, self._names, self._learning_rate = graph, names, learning_rate
        self._vocabulary, self._reader = Vocabulary(graph, names), Vocabulary(graph, names)
        self._marker = Marker(graph, self._vocabulary, rubric or Rubric())
        self._run = run
        self.output = self._vocabulary.root

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers of the program, by their names."""
        return {name: self._graph.value(name) for name in self._graph.elements}

    def rows(
        self, submissions: Sequence[Submission], progress: Progress | None = None
    ) -> Iterator[Row]:
        """A row for each submission, as soon as it is graded."""
        for done, submission in enumerate(submissions):
            if progress is not None:
                progress(done, len(submissions), submission.name)
            yield self.row(submission)

    def row(self, submission: Submission, folder: Path | None = None) -> Row:
        """The row of one submission, whatever happens. Its code is run in a fresh ``folder``."""
        files = tuple(printable(str(path)) for path in submission.files)
        empty = Row(name=submission.name, files=files)
        try:
            with np.errstate(all="ignore"):  # at the author's numbers anything can overflow
                return self._graded(submission, empty, folder)
        except (AutogradLiteError, OSError, UnicodeDecodeError) as error:
            return replace(empty, error=printable(str(error)))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - the other ninety-nine are graded all the same
            reason = f"internal error: {type(error).__name__}: {error}"
            return replace(empty, error=printable(reason))

    def _graded(self, submission: Submission, empty: Row, folder: Path | None) -> Row:
        code = submission.code if self._run else ()
        read = [path for path in submission.files if path not in code]
        found = _Graded()
        if read or not submission.files:
            found = self._of_text(submission, read)
        for path in code:
            try:
                found += self._of_code(submission, path, folder or Path.cwd())
            except (AutogradLiteError, TargetCodeError, OSError) as error:
                found += self._instead(submission, path, _said(error))
        if found.failed and not found.findings:
            raise ClaimError("; ".join(found.failed))
        items = tuple(self._marker.items(found.findings))
        missing = [] if self._run else self._missing(submission, found.findings)
        answered = [item for item in items if item.points and item.quantity not in missing]
        notes = self._notes(submission, found)
        if missing and answered:
            shown = ", ".join(missing[:_FEW]) + (", …" if len(missing) > _FEW else "")
            notes = itertools.chain(notes, [f"{NEEDS_RUN} for {shown}: its code was not run"])
        return replace(
            empty,
            report=Report(self.output, found.findings),
            items=items,
            stated=tuple(found.stated),
            notes=tuple(map(printable, notes)),
            needs_run=bool(missing) and not answered,
        )

    def _of_text(self, submission: Submission, paths: Sequence[Path]) -> "_Graded":
        """What is found of the files that are read."""
        given = submission.claims() if paths == list(submission.files) else []
        given = given or [one for path in paths for one in submission.claims_of(path)]
        claims = interpreted(given, self._reader)
        there, unsure = at_stated_point(self._graph, claims, self._names, self._reader)
        findings = judged(there, claims, self._names, self._learning_rate, unsure)
        return _Graded(findings, self._stated(there), said=bool(claims))

    def _of_code(self, submission: Submission, path: Path, folder: Path) -> "_Graded":
        """RUN a file in a fresh folder that has a copy of the submission: what it claims."""
        shown = printable(path.name)
        copy = copied(path, submission.files + submission.unread, folder)
        with contextlib.chdir(copy.parent):
            return self._of_run(run_script(copy, shown), shown, len(submission.files) > 1)

    def _of_run(self, variables: Mapping[str, Any], shown: str, several: bool) -> "_Graded":
        best = self._of_variables(variables)
        for function in () if best.is_judged else functions_of(variables, shown)[:_FEW]:
            with contextlib.suppress(ClaimError):
                report = compare_with(
                    self._graph, function, names=self._names, learning_rate=self._learning_rate
                )
                found = _Graded(report.findings, notes=report.notes, said=True)
                best = max(best, found, key=lambda one: one.is_judged)
            if best.is_judged:
                break
        return best.inside(shown) if several else best

    def _of_variables(self, variables: Mapping[str, Any]) -> "_Graded":
        """What is found of the variables that a script leaves, here or at the numbers it has."""
        space = SimpleNamespace(**variables)
        claims, rate, notes, graph = claims_of(space, self._graph, self._names, self._learning_rate)
        there, unsure = at_stated_point(graph, claims, self._names)
        found = []
        for at, known in ((graph, None), (there, unsure))[: 1 if there is graph else 2]:
            findings = with_asides(claims, judged(at, claims, self._names, rate, known))
            stated = self._stated(at) if at is there else []
            found.append(_Graded(findings, stated, notes, said=bool(claims)))
        # A weight that has been updated is no statement of the author's point.
        return min(found, key=lambda one: one.wrong)

    def _instead(self, submission: Submission, path: Path, error: str) -> "_Graded":
        """What is read of a file whose code has failed: of a notebook, its text all the same."""
        failed = f"{printable(path.name)}: {error.removeprefix(f'{path}: ')}"
        if path.suffix.lower() == ".ipynb":
            with contextlib.suppress(AutogradLiteError):
                found = self._of_text(submission, [path])
                if found.is_judged:
                    note = f"read and not run, since it failed: {failed}"
                    return replace(found, notes=[*found.notes, note])
        return _Graded(failed=(failed,))

    def _missing(self, submission: Submission, findings: Sequence[Finding]) -> list[str]:
        """What is worth points, was not judged, and may be in code that was not run."""
        judged_ones = [one for one in findings if one.verdict not in ("unchecked", "ambiguous")]
        items = self._marker.items(judged_ones)
        missing = [item.quantity for item in items if item.points and not item.answers]
        return missing if missing and any(map(_has_code, submission.code)) else []

    def _stated(self, there: NamedGraph) -> list[str]:
        """What differs from the program's own point: whole arrays by their name."""
        layers: dict[str, list[str]] = {}
        for name, element in self._graph.elements.items():
            if element.kind != "value" and there.value(name) != self._graph.value(name):
                layers.setdefault(element.layer, []).append(name)
        whole = self._vocabulary.scalars
        stated = [
            [layer] if whole[layer].size == len(names) else names for layer, names in layers.items()
        ]
        return [name for names in stated for name in names]

    def _notes(self, submission: Submission, found: "_Graded") -> Iterator[str]:
        if found.stated:
            yield f"at its own {', '.join(found.stated)}"
        if submission.unread:
            yield f"not read: {', '.join(path.name for path in submission.unread)}"
        yield from (*submission.others, *found.notes, *found.failed)
        if not found.said:
            yield "nothing to check was found in it"
        elif not found.is_judged:
            yield "none of its names is known: is a table of names missing?"
        forward = [one for one in found.findings if self._is_forward(one)]
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


_FEW = 8


@dataclass(frozen=True)
class _Graded:
    """What was found of some files: the findings, the author's own point, and what to say."""

    findings: Sequence[Finding] = ()
    stated: Sequence[str] = ()
    notes: Sequence[str] = ()
    failed: Sequence[str] = ()
    said: bool = False

    def __add__(self, other: "_Graded") -> "_Graded":
        return _Graded(
            (*self.findings, *other.findings),
            tuple(dict.fromkeys((*self.stated, *other.stated))),
            (*self.notes, *other.notes),
            (*self.failed, *other.failed),
            self.said or other.said,
        )

    @property
    def is_judged(self) -> bool:
        """Whether one of the names is known."""
        return any(one.quantity for one in self.findings)

    @property
    def wrong(self) -> int:
        """How much is wrong, or follows from that."""
        return sum(one.verdict in ("wrong", "follows") for one in self.findings)

    def inside(self, file: str) -> "_Graded":
        """The same, with the file that it is about."""
        findings = [
            replace(one, where=", ".join(filter(None, (file, one.where)))) for one in self.findings
        ]
        return replace(self, findings=findings)


def _has_code(path: Path) -> bool:
    try:
        return bool(source_of(path).strip())
    except (ClaimError, OSError):
        return False


def _said(error: Exception) -> str:
    return error.line if isinstance(error, TargetCodeError) else str(error)
