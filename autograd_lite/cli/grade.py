"""The command ``grade``: a folder of submissions."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from autograd_lite.chain.graph import named_graph
from autograd_lite.cli.common import RIGHT, add_command, print_view
from autograd_lite.cli.target import load_target
from autograd_lite.errors import ClaimError
from autograd_lite.hand.grade.grades import Grades
from autograd_lite.hand.grade.grading import Grader
from autograd_lite.hand.grade.row import Row
from autograd_lite.hand.grade.rubric import Rubric, read_rubric
from autograd_lite.hand.grade.submissions import Submission, find_submissions
from autograd_lite.hand.names_table import read_names

__all__ = ["add_grade"]

_BROKEN = 1
"""The exit code if a submission could not be read."""

_GRADE = """\
Grade a folder of hand derivations of TARGET: points, mistakes, and who shares them.

Examples:
  autograd-lite grade models.notebook:loss submissions/ --learning-rate 0.001
  autograd-lite grade models.notebook:loss submissions/ --rubric rubric.toml --csv -

Every file in FOLDER is a submission, in a form that `compare` reads, and so is every
folder in it, with all files below. Hidden files and names.toml or rubric.toml (.json)
are left out. No code of a submission is run.

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
The last line of points that fits a quantity counts. A quantity that is claimed several
times earns the mean. Without points, each gradient of a weight is worth 1, and so is
every other gradient of the result that is claimed.

CSV has the rows; JSON has every finding, too: {output, submissions, clusters}.

Exit codes: 0, also for wrong answers; 1 if a submission could not be read; 2 for bad
usage; 130 after Ctrl-C, with what was graded until then.
"""


def add_grade(commands: Any) -> None:
    """The command ``grade``.

    >>> commands = argparse.ArgumentParser("p").add_subparsers()
    >>> add_grade(commands)
    >>> list(commands.choices)
    ['grade']
    """
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


def _grade(options: argparse.Namespace) -> int:
    if options.csv == options.json == "-":
        raise ClaimError("only one of --csv and --json can be printed; give the other a FILE")
    outputs = [Path(one) for one in (options.csv, options.json, options.markdown) if one]
    for path in outputs:
        if not path.parent.is_dir():
            raise ClaimError(f"{path}: there is no folder {path.parent}")
    tables = [path for path in (options.names, options.rubric) if path]
    submissions = find_submissions(options.folder, leave_out=[*outputs, *tables])
    grader = Grader(
        named_graph(load_target(options.target)),
        names=read_names(options.names) if options.names else None,
        learning_rate=options.learning_rate,
        rubric=read_rubric(options.rubric) if options.rubric else Rubric(),
    )
    rows: list[Row] = []
    try:
        _collect(grader, submissions, rows)
    except KeyboardInterrupt:
        _write(Grades(grader.output, rows), options)
        print(f"interrupted: {len(rows)} of {len(submissions)} are graded", file=sys.stderr)
        raise
    _write(Grades(grader.output, rows), options)
    return _BROKEN if any(row.error for row in rows) else RIGHT


def _collect(grader: Grader, submissions: Sequence[Submission], rows: list[Row]) -> None:
    """Grade one after the other, with a bar on a terminal."""
    with ExitStack() as stack:
        progress = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import MofNCompleteColumn, Progress

            bar = stack.enter_context(
                Progress(
                    *Progress.get_default_columns(),
                    MofNCompleteColumn(),
                    console=Console(stderr=True),
                    transient=True,
                )
            )
            task = bar.add_task("", total=len(submissions))

            def progress(done: int, _: int, name: str) -> None:
                bar.update(task, completed=done, description=name.replace("[", r"\["))

        rows.extend(grader.rows(submissions, progress))


def _write(grades: Grades, options: argparse.Namespace) -> None:
    """The files first: nobody may be reading what is printed."""
    try:
        for path, text in (options.csv, grades.to_csv), (options.json, grades.to_json):
            if path and path != "-":
                Path(path).write_text(text(), encoding="utf-8", newline="")
        if options.markdown:
            options.markdown.mkdir(exist_ok=True)
            for row in grades.rows:
                if row.report:
                    path = options.markdown / f"{row.name}.md"
                    path.write_text(row.report.to_markdown(), encoding="utf-8")
    finally:
        if options.csv == "-":
            print(grades.to_csv(), end="")
        elif options.json == "-":
            print(grades.to_json())
        else:
            print_view(grades)
