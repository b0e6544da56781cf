"""The commands that check hand derivations: ``compare`` and ``grade``."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.claims import Claim, Statement
from autograd_lite.check.compare import compare_with
from autograd_lite.check.grade.grading import Grader, Grades
from autograd_lite.check.grade.marks import Rubric, read_rubric
from autograd_lite.check.grade.submissions import Submission, find_submissions
from autograd_lite.check.grade.table import Row
from autograd_lite.check.names import Vocabulary, read_names
from autograd_lite.check.read.files import read_file
from autograd_lite.check.report import Report
from autograd_lite.cli.common import (
    RIGHT,
    UNJUDGED,
    UNREAD,
    USAGE,
    WRONG,
    add_command,
    print_view,
)
from autograd_lite.cli.target import is_code, is_function, load_target, run_code
from autograd_lite.errors import ClaimError

_COMPARE = """\
Check a hand derivation of TARGET: which lines are right, which are wrong, and why.

Examples:
  autograd-lite compare network.py:E notes.md
  autograd-lite compare network.py:E notes.md --learning-rate 0.001 --hints 1
  autograd-lite compare network.py:E notes.md --json --picture report.svg
  autograd-lite compare network.py:E mine.py:backward --run

FILE is read, and never run. Several files are one derivation, in this order.
  .json .toml  from names to numbers, printed numbers, arrays or formulas:
                 {"H1": 0.8278, "dE/dw_9": "0.2451", "dE/ds": [0.0420, -0.0226]}
               tables only group; JSON can be a list of pairs [name, number], too
  .csv .tsv    a name and a value in each row
  .ipynb       a notebook: what it prints, its text, the numbers in its code
  .md .txt .rst .tex .py   lines such as
                 dE/dw_9 = 0.2451
                 grad_w9: 0.2451
                 dE/dO1 = 2*(O1 - t1)
                 $\\frac{\\partial E}{\\partial O_1} = 2(O_1 - t_1)$
A name is a value, a derivative (dE/dw_9, dE_dw_9, dEdw9, grad_w9, w9_grad, dw9) or an
updated weight (w_9 updated). A number is right if it is to the digits that it has.

With --run, code is RUN: of path.py:function, which computes the derivation with NumPy,
each variable is checked; of a .py or .ipynb FILE, the variables that it leaves.

Verdicts: right; wrong; follows, which is right given an earlier mistake; ambiguous,
where it depends on what the name means; unchecked. A line that is wrong has causes, the
likeliest first, each with the repair that makes the number right.

Names of your own, in a file for --names (.toml or .json):
  O1_output = "O1"
  w_9_to_12 = ["w_9", "w_10", "w_11", "w_12"]
  grad_sigmoid_features = "dE/ds"

JSON: {output, ok, right, wrong, follows, ambiguous, unchecked, lines, judged, notes,
findings}, where lines are those of a document, and so many are judged. A
finding has name and given, as in FILE, with line, where and part (of several passes);
quantity, what it was compared with; verdict; expected; error, the relative one; reason;
worst, for a wrong array, {index, given, expected, wrong, size}; root and roots, the
names of the mistakes from which it follows; formula; missing, a name that means
nothing; and causes, a list of
{kind, sentence, residual, fix, parts}. "nan", "inf" and "-inf" are strings.

Exit codes: 0 if all is right; 1 if something is wrong; 2 for errors, and if nothing
could be checked; 3 if nothing is wrong, but derivative lines could not be judged, or the
gradient of a weight is found nowhere in code that was run (with --lenient, 0).
"""
_NO_CLAIMS = (
    "there is no claim in it; write lines such as 'dE/dw = 0.25', a table of names and numbers, or "
    "formulas such as 'dE/dO = 2*(O - t)' (see autograd-lite compare --help)"
)


def add_compare(commands: Any) -> None:
    """Add the command ``compare``."""
    command = add_command(commands, "compare", _compare, "check a hand derivation", _COMPARE)
    command.add_argument("files", nargs="+", metavar="FILE", help="the hand derivation")
    command.add_argument(
        "--run",
        dest="code",
        action="store_true",
        help="run the code of FILE, which else is only read",
    )
    add_views(command)


def add_views(command: argparse.ArgumentParser) -> None:
    """Add the options of all that makes a report: how it is judged, and how it is shown."""
    command.add_argument(
        "--names", type=Path, metavar="TABLE", help="what the derivation's words mean"
    )
    command.add_argument(
        "--learning-rate", type=float, metavar="LR", help="the step size of the updated weights"
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print Markdown, to hand back")
    form.add_argument(
        "--hints",
        type=int,
        choices=(1, 2, 3),
        metavar="LEVEL",
        help="print hints only: 1 where to look, 2 the kind of mistake, 3 the repair",
    )
    command.add_argument(
        "--all", action="store_true", help="list the right lines of a long derivation as well"
    )
    command.add_argument(
        "--lenient",
        action="store_true",
        help="end with 0 also where derivative lines could not be judged",
    )
    command.add_argument(
        "--picture",
        "--draw",
        metavar="FILE",
        help="draw the graph with the verdicts (svg, png, pdf, dot)",
    )


def _compare(options: argparse.Namespace) -> int:
    claims = _claims(options.files, options.code)
    graph = named_graph(load_target(options.target))
    names = _names(options.names, graph)
    with redirect_stdout(sys.stderr):  # what the code prints is no part of the report
        report = compare_with(graph, claims, names=names, learning_rate=options.learning_rate)
    show(report, options)
    if report.findings and report.count("unchecked") == len(report.findings):
        print(f"autograd-lite: error: {_nothing(report)}", file=sys.stderr)
        return USAGE
    if report.count("wrong") or report.count("follows"):
        return WRONG
    left = report.read.derivatives or report.untold
    return UNJUDGED if left and not options.lenient else RIGHT


def _claims(files: Sequence[str], run: bool) -> Any:
    """The claims of all files, or the code that one of them names."""
    code = [file for file in files if is_function(file) or (run and is_code(file))]
    if code and len(files) > 1:
        raise ClaimError(f"{code[0]} is code; compare it alone")
    if code and not run:
        raise ClaimError(f"{code[0]} has to be run; allow it with --run")
    if code:
        ran = run_code(code[0])
        return SimpleNamespace(**ran) if isinstance(ran, dict) else ran
    found: list[Claim | Statement] = []
    for file in files:
        claims = read_file(Path(file))
        if not claims:
            raise ClaimError(f"{file}: {_NO_CLAIMS}")
        found += claims if len(files) == 1 else [_in(file, claim) for claim in claims]
    return found


def _in(file: str, claim: Claim | Statement) -> Claim | Statement:
    where = ", ".join(filter(None, (Path(file).name, claim.where)))
    return replace(claim, where=where)


def _names(path: Path | None, graph: NamedGraph) -> Mapping[str, Any] | None:
    """The names of a file, which fit the graph."""
    if path is None:
        return None
    names = read_names(path)
    try:
        Vocabulary(graph, names)
    except ClaimError as error:
        raise ClaimError(f"{path}: {error}") from None
    return names


def show(report: Report, options: argparse.Namespace) -> None:
    """Draw and print a report, as the options have it."""
    if options.picture:
        path = report.draw().render(options.picture)
        print(f"picture: {path}", file=sys.stderr)
    if options.json:
        print(report.to_json())
    elif options.markdown:
        print(report.to_markdown(all=options.all))
    elif options.hints:
        print(report.hint(options.hints))
    else:
        print_view(report.view(all=options.all))


def _nothing(report: Report) -> str:
    first = report.findings[0]
    return (
        f"nothing could be checked, since no name is one of {report.output}'s derivation: "
        f"{first.name!r}: {first.reason}; give a table of names with --names"
    )


_GRADE = """\
Grade a folder of hand derivations of TARGET: points, mistakes, and who shares them.

Examples:
  autograd-lite grade network.py:E submissions/ --learning-rate 0.001
  autograd-lite grade network.py:E submissions/ --rubric rubric.toml --csv -

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
    return UNREAD if any(row.error for row in rows) else RIGHT


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
