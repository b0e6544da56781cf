"""The command ``check``: a document against its own forward equations."""

import argparse
import sys
from pathlib import Path
from typing import Any

from autograd_lite.check.document import check
from autograd_lite.check.names import read_names
from autograd_lite.check.report import Report
from autograd_lite.cli.checking import add_views, show, shown
from autograd_lite.cli.common import RIGHT, UNJUDGED, USAGE, WRONG, add_command
from autograd_lite.cli.target import is_function
from autograd_lite.errors import ClaimError
from autograd_lite.example import in_help

_CHECK = """\
Check a document by itself: its own forward equations and numbers are the graph.

Examples, with a whole.md of

{whole}

in which the last line is wrong, since dz/dw is x:

  autograd-lite check whole.md
  autograd-lite check whole.md --hints 1
  autograd-lite check whole.md --draw graph.svg

FILE is read, in every form that `compare` reads (see autograd-lite compare --help), and
run with --run only; - is what is pasted into the standard input. Several files are one
document: where an equation is missing in yours, give it in a file of its own.

The graph is made of
  numbers that are given     x = 0.5, w: 0.8, W = [[1, 2], [3, 4]], tables
  equations of these         z = w x + b, $h = \\sigma(z)$, p = softmax(W x), sums,
                             matrices; for every t: $h_t = \\tanh(w h_{t-1} + u x_t)$
in any order. A formula comes before a number of the same name, which is checked. The
result is what the derivatives are of, or else the last single number. The report says
which graph it was, and which equations could not be used, and why.

With --run, code is RUN, in a process of its own: that of a .py or .ipynb FILE, or in
the fences of a text. What it computes from its numbers is the graph; a function or
class that nobody calls is called with the numbers that the document gives.

Exit codes: 0 if all that was judged is right; 1 if something is wrong; 2 for errors,
and if there is nothing to check; 3 if nothing is wrong, but derivative lines could not
be judged, which --lenient makes 0.
"""


def add_check(commands: Any) -> None:
    """Add the command ``check``."""
    text = _CHECK.replace("{whole}", in_help("whole.md"))
    summary = "check a document against its own equations"
    command = add_command(commands, "check", _check, summary, text, target=False)
    command.add_argument("files", nargs="+", metavar="FILE", help="the document; - to paste it")
    command.add_argument(
        "--run",
        dest="code",
        action="store_true",
        help="run the code of the document, whose forward pass is the graph",
    )
    add_views(command)


def _check(options: argparse.Namespace) -> int:
    names = read_names(options.names) if options.names else None
    sources = [_source(file) for file in options.files]
    report = check(sources, names=names, learning_rate=options.learning_rate, run=options.code)
    show(shown(report, options), options)
    judged = [one for one in report.findings if one.verdict != "unchecked"]
    if not judged:
        print(f"autograd-lite: error: {_nothing(report)}", file=sys.stderr)
        return USAGE
    if not report.ok:
        return WRONG
    return UNJUDGED if report.read.derivatives and not options.lenient else RIGHT


def _source(file: str) -> str | Path:
    """A file, or the text that is pasted."""
    if file == "-":
        return sys.stdin.read()
    if is_function(file):
        raise ClaimError(f"{file} is code, which `check` does not run: see autograd-lite compare")
    return Path(file)


def _nothing(report: Report) -> str:
    if not report.findings:
        return (
            f"nothing is to be checked: the document has the graph of {report.output}, and no line "
            f"beside it; add derivatives, such as 'd{report.output}/dw = 0.25'"
        )
    first = report.findings[0]
    return f"nothing could be checked: {first.name!r}: {first.reason}"
