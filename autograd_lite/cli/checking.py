"""The command ``compare``, which checks a hand derivation."""

import argparse
import contextlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.claims import Claim, Statement
from autograd_lite.check.code.scripts import TargetCodeError
from autograd_lite.check.compare import compare_with
from autograd_lite.check.grade.apart import Server
from autograd_lite.check.grade.submissions import copied
from autograd_lite.check.names import Vocabulary, read_names
from autograd_lite.check.read.files import read_file
from autograd_lite.check.report import Report
from autograd_lite.check.views.terminal import WIDTH, View
from autograd_lite.cli.common import (
    RIGHT,
    UNJUDGED,
    USAGE,
    WRONG,
    add_command,
    add_limits,
    limits_of,
    print_view,
)
from autograd_lite.cli.target import is_code, is_function, load_target, run_code
from autograd_lite.draw.picture import render
from autograd_lite.errors import AutogradLiteError, ClaimError
from autograd_lite.expr.notation import printable, printable_lines

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
each variable is checked; of a .py or .ipynb FILE, the variables that it leaves. It runs
in a process of its own with limits (--timeout, --memory), in a fresh folder with a copy
of FILE and of what lies beside it; it can do whatever you can do.

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
could be checked; 3 if nothing is wrong, but derivative lines could not be judged, or
the gradient of a weight is found nowhere in code that was run (with --lenient, 0).
"""
_MOST_BESIDE = 100
"""So many files beside code that is run are copied with it."""
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
    add_limits(command)
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
    code = [file for file in options.files if is_function(file) or (options.code and is_code(file))]
    if code and len(options.files) > 1:
        raise ClaimError(f"{code[0]} is code; compare it alone")
    if code and not options.code:
        raise ClaimError(f"{code[0]} has to be run; allow it with --run")
    claims = None if code else _claims(options.files)
    graph = named_graph(load_target(options.target))
    names = _names(options.names, graph)
    if code:
        return _compare_code(code[0], graph, names, options)
    report = compare_with(graph, claims or (), names=names, learning_rate=options.learning_rate)
    return _show_compared(_compared(report, options), options)


def _compared(report: Report, options: argparse.Namespace) -> dict[str, Any]:
    """What is to be shown of a report, and the exit code, as JSON can hold it."""
    code, error = RIGHT, ""
    if report.findings and report.count("unchecked") == len(report.findings):
        code, error = USAGE, _nothing(report)
    elif report.count("wrong") or report.count("follows"):
        code = WRONG
    elif (report.read.derivatives or report.untold) and not options.lenient:
        code = UNJUDGED
    return {"code": code, "error": error, **shown(report, options)}


def _show_compared(content: dict[str, Any], options: argparse.Namespace) -> int:
    show(content, options)
    if content["error"]:
        print(f"autograd-lite: error: {content['error']}", file=sys.stderr)
    return int(content["code"])


def _compare_code(
    file: str, graph: NamedGraph, names: Mapping[str, Any] | None, options: argparse.Namespace
) -> int:
    """Run the code in a process of its own, and show what that says."""
    path = Path(file.rpartition(":")[0] if is_function(file) else file)
    print(f"autograd-lite: running the code of {printable(file)}", file=sys.stderr)

    def work(_: None, folder: Path) -> dict[str, Any]:
        try:
            beside = [one for one in path.absolute().parent.iterdir() if one.is_file()]
            copy = copied(path, beside if len(beside) <= _MOST_BESIDE else (), folder)
            with contextlib.chdir(copy.parent):
                ran = run_code(file, copy)
                claims = SimpleNamespace(**ran) if isinstance(ran, dict) else ran
                with redirect_stdout(sys.stderr):
                    report = compare_with(
                        graph, claims, names=names, learning_rate=options.learning_rate
                    )
        except TargetCodeError as error:
            return {"traceback": error.traceback}
        except OSError as error:
            return {"failed": f"{file}: {error.strerror or error}"}
        except AutogradLiteError as error:
            return {"failed": str(error)}
        return _compared(report, options)

    with Server(lambda: work, limits_of(options)) as server:
        reply = server.ask(None)
    print(printable_lines(reply.printed), end="", file=sys.stderr)
    if reply.error:
        raise ClaimError(printable(f"{file}: {reply.error}"))
    if "traceback" in reply.answer:
        print(printable_lines(reply.answer["traceback"]), end="", file=sys.stderr)
        return USAGE
    if "failed" in reply.answer:
        raise ClaimError(printable(reply.answer["failed"]))
    return _show_compared(reply.answer, options)


def _claims(files: Sequence[str]) -> list[Claim | Statement]:
    """The claims of all files."""
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


def shown(report: Report, options: argparse.Namespace) -> dict[str, Any]:
    """What is to be shown of a report, as the options have it and as JSON can hold it."""
    content: dict[str, Any] = {}
    if options.picture:
        content["dot"] = report.draw().source
    if options.json:
        content["text"] = report.to_json()
    elif options.markdown:
        content["text"] = report.to_markdown(all=options.all)
    elif options.hints:
        content["text"] = report.hints(options.hints)
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
        content["lines"] = list(report.view(all=options.all).lines(width))
    return content


def show(content: Mapping[str, Any], options: argparse.Namespace) -> None:
    """Draw and print what ``shown`` has made."""
    if options.picture:
        print(f"picture: {render(content['dot'], options.picture)}", file=sys.stderr)
    if "text" in content:
        print(printable_lines(content["text"]))
    else:
        print_view(View(lambda _: (tuple(line) for line in content["lines"])))


def _nothing(report: Report) -> str:
    first = report.findings[0]
    return (
        f"nothing could be checked, since no name is one of {report.output}'s derivation: "
        f"{first.name!r}: {first.reason}; give a table of names with --names"
    )
