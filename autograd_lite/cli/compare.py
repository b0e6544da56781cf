"""The command ``compare``: the claims of files against a program."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.cli.common import RIGHT, USAGE, WRONG, add_command, print_view
from autograd_lite.cli.target import is_code, is_function, load_target, run_code
from autograd_lite.errors import ClaimError
from autograd_lite.hand.claims import Claim
from autograd_lite.hand.compare import compare_with
from autograd_lite.hand.names import Vocabulary
from autograd_lite.hand.names_table import read_names
from autograd_lite.hand.read.files import read_file
from autograd_lite.hand.report import Report

__all__ = ["add_compare"]

_COMPARE = """\
Check a hand derivation of TARGET: which lines are right, which are wrong, and why.

Examples:
  autograd-lite compare models.notebook:loss claims.json
  autograd-lite compare models.notebook:loss notes.md --learning-rate 0.001 --hints 1
  autograd-lite compare models.notebook:loss notes.md --json --picture report.svg
  autograd-lite compare models.notebook:loss mine.py:backward --run

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

JSON: {output, ok, right, wrong, follows, ambiguous, unchecked, notes, findings}. A
finding has name and given, as in FILE, with line, where and part (of several passes);
quantity, what it was compared with; verdict; expected; error, the relative one; reason;
worst, for a wrong array, {index, given, expected, wrong, size}; root and roots, the
names of the mistakes from which it follows; formula; and causes, a list of
{kind, sentence, residual, fix, parts}. "nan", "inf" and "-inf" are strings.

Exit codes: 0; 1 if something is wrong; 2 for errors, and if nothing could be checked.
"""
_NO_CLAIMS = (
    "there is no claim in it; write lines such as 'dE/dw = 0.25', a table of names and numbers, or "
    "formulas such as 'dE/dO = 2*(O - t)' (see autograd-lite compare --help)"
)


def add_compare(commands: Any) -> None:
    """The command ``compare``.

    >>> commands = argparse.ArgumentParser("p").add_subparsers()
    >>> add_compare(commands)
    >>> list(commands.choices)
    ['compare']
    """
    command = add_command(commands, "compare", _compare, "check a hand derivation", _COMPARE)
    command.add_argument("files", nargs="+", metavar="FILE", help="the hand derivation")
    command.add_argument(
        "--names", type=Path, metavar="TABLE", help="what the derivation's words mean in TARGET"
    )
    command.add_argument(
        "--learning-rate", type=float, metavar="LR", help="the step size of the updated weights"
    )
    command.add_argument(
        "--run",
        dest="code",
        action="store_true",
        help="run the code of FILE, which else is only read",
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
        "--picture", metavar="FILE", help="draw the graph with the verdicts (svg, png, pdf, dot)"
    )


def _compare(options: argparse.Namespace) -> int:
    claims = _claims(options.files, options.code)
    graph = named_graph(load_target(options.target))
    names = _names(options.names, graph)
    with redirect_stdout(sys.stderr):  # what the code prints is no part of the report
        report = compare_with(graph, claims, names=names, learning_rate=options.learning_rate)
    if options.picture:
        path = report.draw().render(options.picture)
        print(f"picture: {path}", file=sys.stderr)
    _show(report, options)
    if report.findings and report.count("unchecked") == len(report.findings):
        print(f"autograd-lite: error: {_nothing(report)}", file=sys.stderr)
        return USAGE
    return RIGHT if report.ok else WRONG


def _claims(files: Sequence[str], run: bool) -> Any:
    """The claims of all files, or the code that one of them names."""
    code = [file for file in files if is_function(file) or (run and is_code(file))]
    if code and len(files) > 1:
        raise ClaimError(f"{code[0]} is code; compare it alone")
    if code and not run:
        raise ClaimError(f"{code[0]} has to be run; allow it with --run")
    if code:
        return run_code(code[0])
    found: list[Claim] = []
    for file in files:
        claims = read_file(Path(file))
        if not claims:
            raise ClaimError(f"{file}: {_NO_CLAIMS}")
        found += claims if len(files) == 1 else [_in(file, claim) for claim in claims]
    return found


def _in(file: str, claim: Claim) -> Claim:
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


def _show(report: Report, options: argparse.Namespace) -> None:
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
