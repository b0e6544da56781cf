"""The command ``grade``: a folder of submissions, each in a process of its own."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from autograd_lite.check.grade.apart import Reply, Server, replies
from autograd_lite.check.grade.grading import Grader, Grades
from autograd_lite.check.grade.marks import Rubric, read_rubric
from autograd_lite.check.grade.submissions import Submission, find_submissions
from autograd_lite.check.grade.table import Row
from autograd_lite.check.grade.unfinished import Outputs, Unfinished, json_parts, report_path
from autograd_lite.check.names import read_names
from autograd_lite.check.views.export import plain
from autograd_lite.check.views.words import cut
from autograd_lite.cli.cluster import Recipe, replies_of_cluster
from autograd_lite.cli.common import (
    RIGHT,
    UNREAD,
    add_command,
    add_limits,
    limits_of,
    positive,
    print_view,
)
from autograd_lite.draw.picture import write_whole
from autograd_lite.errors import ClaimError
from autograd_lite.expr.notation import printable, printable_lines

_GRADE = """\
Grade a folder of hand derivations of TARGET: points, mistakes, and who shares them.

Examples:
  autograd-lite grade network.py:E submissions/ --learning-rate 0.001
  autograd-lite grade network.py:E submissions/ --rubric rubric.toml --csv -
  autograd-lite grade network.py:E submissions/ --run --jobs 4 --csv grades.csv --resume

Every file in FOLDER is a submission, in a form that `compare` reads, and so is every
folder in it, with all files below. Hidden files, what systems leave there (Thumbs.db,
__MACOSX) and names.toml or rubric.toml (.json) are left out. Links are not followed.

Each is graded in a process of its own, which is ended after --timeout seconds. Without
--run no code of a submission is run: where only code has the answers, the points are
"needs --run". With --run, a .py or .ipynb is RUN in a fresh folder with a copy of its
submission, and judged by the variables that it leaves, or by its functions. That is a
guard against accidents, and none against malice: code can do whatever you can do.

Weights, inputs and targets may be other than those of TARGET: the numbers that a
submission states for them, such as "w_9 = 0.7610", are the point of its judgement.

A row has the points; how many lines are right; the mistakes (wrong); what is right
given an earlier mistake (follows); expected quantities that are not claimed
(unanswered); lines to be looked at, being ambiguous or unchecked; and below it the
first mistake. At the end come the mistakes that several have made, the commonest first.

A rubric, in TOML or JSON; every part may be left out:
  total = 20                  # scale the points to this sum
  [points]
  "dE/dw_*" = 1               # to each that the pattern matches (* and ?)
  "dE/dw_conv" = 4            # to an array as a whole, shared by its elements
  "w_9 updated" = 0.5
  [credit]                    # the share of the points
  follows = 1.0               # right given an earlier mistake: all
  wrong = 0.0                 # nothing; so for ambiguous and unchecked
  [mistakes]                  # of a wrong answer whose mistake has this name
  "wrong sign" = 0.5
  "updated before reuse" = 0.75
  [deductions]                # points less, once for each mistake of this name, whose
  "missing path" = 1          # wrong answers then earn theirs
  any = 2                     # a mistake of any other name
The last line of points that fits a quantity counts. A quantity that is claimed several
times earns the mean. Without points, each gradient of a weight is worth 1, and so is
every other gradient of the result that is claimed.

CSV has the rows; JSON has every finding, too: {output, submissions, clusters}. Both are
written as it goes, and whole at any moment; what is graded is kept in FILE.unfinished
until all is. With --resume a run that was ended goes on with the submissions that are
not there or have changed.

With --dask ADDRESS the workers of a dask.distributed cluster grade them. They need this
package, and the same files at the same place.

Exit codes: 0, also for wrong answers; 1 if a submission could not be read, or has to be
run; 2 for bad usage and errors; 130 after Ctrl-C, with what was graded until then.
"""


_NAME = 40
"""So many letters of a name are beside the bar."""


def add_grade(commands: Any) -> None:
    """Add the command ``grade``."""
    command = add_command(commands, "grade", _grade, "grade a folder of submissions", _GRADE)
    command.add_argument("folder", type=Path, metavar="FOLDER", help="what was handed in")
    command.add_argument("--rubric", type=Path, metavar="FILE", help="points and credit")
    command.add_argument(
        "--names", type=Path, metavar="FILE", help="a table from words to the names of TARGET"
    )
    command.add_argument(
        "--learning-rate", type=float, metavar="LR", help="the step size of the updated weights"
    )
    command.add_argument("--csv", metavar="FILE", help="write the rows; - prints them instead")
    command.add_argument("--json", metavar="FILE", help="write everything; - prints it instead")
    command.add_argument(
        "--markdown", type=Path, metavar="DIR", help="write a report for each submission"
    )
    command.add_argument(
        "--run", dest="code", action="store_true", help="run the code of the submissions"
    )
    add_limits(command)
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs",
        type=positive,
        default=_cores(),
        metavar="N",
        help="grade so many side by side (default: the cores, here %(default)s)",
    )
    where.add_argument(
        "--dask", metavar="ADDRESS", help="grade on a cluster, such as tcp://10.0.0.1:8786"
    )
    command.add_argument("--resume", action="store_true", help="go on with a run that was ended")


def _cores() -> int:
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _grade(options: argparse.Namespace) -> int:
    if options.csv == options.json == "-":
        raise ClaimError("only one of --csv and --json can be printed; give the other a FILE")
    files = [Path(one) for one in (options.csv, options.json) if one and one != "-"]
    outputs = [*files, *([options.markdown] if options.markdown else [])]
    for path in outputs:
        if not path.parent.is_dir():
            raise ClaimError(f"{path}: there is no folder {path.parent}")
        if path in files and path.is_dir():
            raise ClaimError(f"{path} is a folder; give a FILE")
    if options.resume and not outputs:
        raise ClaimError("--resume goes on with what is written: give --csv FILE or --json FILE")
    kept = next((one.with_name(f"{one.name}.unfinished") for one in outputs), None)
    tables = [path for path in (options.names, options.rubric) if path]
    left_out = [*outputs, *tables, *([kept] if kept else [])]
    submissions = find_submissions(options.folder, leave_out=left_out)
    recipe = Recipe(
        options.target,
        str(Path.cwd()),
        names=read_names(options.names) if options.names else None,
        learning_rate=options.learning_rate,
        rubric=read_rubric(options.rubric) if options.rubric else Rubric(),
        run=options.code,
        reports=bool(options.markdown),
    )
    grader = recipe.grader()
    recipe = recipe.at(grader)
    if options.markdown:
        options.markdown.mkdir(exist_ok=True)
    with Unfinished(kept, recipe.key(limits_of(options)), resume=options.resume) as unfinished:
        grading = _Grading(options, grader.output, submissions, unfinished)
        try:
            grading.collect(recipe, grader)
        except KeyboardInterrupt:
            grading.write()
            grading.show()
            done = f"interrupted: {len(unfinished)} of {len(submissions)} are graded"
            print(done + ("; --resume goes on" if kept else ""), file=sys.stderr)
            raise
        grading.write()  # the files first: nobody may be reading what is printed
        try:
            grading.show()
        finally:
            unfinished.remove()
        return RIGHT if all(row.is_marked for row in grading.rows.values()) else UNREAD


class _Grading:
    """A run of the command: the rows so far, by the stamps of their submissions."""

    def __init__(
        self,
        options: argparse.Namespace,
        output: str,
        submissions: Sequence[Submission],
        unfinished: Unfinished,
    ) -> None:
        self._options, self._output, self._unfinished = options, output, unfinished
        self._stamps = {submission.stamp: submission for submission in submissions}
        table, everything = (
            Path(one) if one and one != "-" else None for one in (options.csv, options.json)
        )
        self._outputs = Outputs(table, everything, output)
        self.rows = {
            stamp: Row.of_dict(unfinished.row(stamp))
            for stamp in self._stamps
            if stamp in unfinished
        }

    def collect(self, recipe: Recipe, grader: Grader) -> None:
        """Grade what is left, and keep each row as soon as it is there."""
        waiting = [(stamp, one) for stamp, one in self._stamps.items() if stamp not in self.rows]
        if not waiting:
            return
        limits = limits_of(self._options)
        with contextlib.ExitStack() as stack:
            progress = stack.enter_context(_progress(len(self._stamps)))
            tasks = [one for _, one in waiting]
            stamps = {id(one): stamp for stamp, one in waiting}
            found: Iterator[tuple[Submission, Reply]]
            if self._options.dask:
                found = replies_of_cluster(self._options.dask, recipe, limits, tasks)
            else:
                jobs = range(min(self._options.jobs, len(tasks)))
                work = recipe.work(grader)
                make = (lambda: work) if Server.is_forked else recipe.make
                servers = [stack.enter_context(Server(make, limits)) for _ in jobs]
                found = replies(servers, tasks)
            progress(len(self.rows), tasks[0].name)
            for submission, reply in found:
                self._add(stamps[id(submission)], submission, reply)
                progress(len(self.rows), submission.name)
                self._outputs.keep(self._now)

    def _add(self, stamp: str, submission: Submission, reply: Reply) -> None:
        content, row = _row(submission, reply)
        report = content.pop("markdown", None)
        if self._options.markdown and report is not None:
            path = report_path(self._options.markdown, submission)
            write_whole(path, [f"{report}\n".encode(errors="backslashreplace")])
        self._unfinished.add(stamp, content)
        self.rows[stamp] = row

    def _now(self) -> tuple[list[Row], Iterator[dict[str, Any]]]:
        """The rows so far, in the order of the submissions, and all that is known of them."""
        stamps = [stamp for stamp in self._stamps if stamp in self.rows]
        return [self.rows[stamp] for stamp in stamps], map(self._unfinished.row, stamps)

    def write(self) -> None:
        """Write the files, with all that there is."""
        rows, contents = self._now()
        self._outputs.write(rows, contents, Grades(self._output, rows).clusters)

    def show(self) -> None:
        """Print the table, or what is to be printed instead."""
        rows, contents = self._now()
        grades = Grades(self._output, rows)
        if self._options.csv == "-":
            print(grades.to_csv(), end="")
        elif self._options.json == "-":
            for part in json_parts(self._output, contents, grades.clusters):
                print(part, end="")
        else:
            print_view(grades)


def _row(submission: Submission, reply: Reply) -> tuple[dict[str, Any], Row]:
    """The row that a process answers with, or one that says why there is none.

    Code that was run may have written what it likes: of the answer is taken what a row has.
    """
    error = reply.error
    files = tuple(printable(str(path)) for path in submission.files)
    if not error:
        try:
            row = Row.of_dict(reply.answer | {"submission": submission.name, "files": files})
            content = row.as_dict() | {
                name: reply.answer[name] for name in ("findings", "first_mistake", "wrong_roots")
            }
            content["printed"] = reply.printed
            if "markdown" in reply.answer:
                content["markdown"] = printable_lines(str(reply.answer["markdown"]))
            return plain(content), row
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            error = "its code has changed the answer, which cannot be read"
    row = Row(name=submission.name, files=files, error=printable(error), printed=reply.printed)
    return row.as_dict(), row


@contextlib.contextmanager
def _progress(count: int) -> Iterator[Callable[[int, str], None]]:
    """A bar on a terminal, drawn when something is done: no thread runs beside the processes."""
    if not sys.stderr.isatty():
        yield lambda done, name: None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = *Progress.get_default_columns(), MofNCompleteColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=count)

        def show(done: int, name: str) -> None:
            bar.update(task, completed=done, description=cut(name, _NAME).replace("[", r"\["))
            bar.refresh()

        yield show
