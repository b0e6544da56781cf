"""The program ``autograd-lite``: its commands, its errors and its exit codes."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from autograd_lite.check.code.scripts import TargetCodeError
from autograd_lite.cli.checking import add_compare
from autograd_lite.cli.common import RIGHT, USAGE, VERSION, Verbatim, speak_plainly
from autograd_lite.cli.demo import add_demo
from autograd_lite.cli.document import add_check
from autograd_lite.cli.grading import add_grade
from autograd_lite.cli.showing import add_derive, add_draw, add_explain
from autograd_lite.errors import AutogradLiteError
from autograd_lite.example import in_help
from autograd_lite.expr.notation import printable, printable_lines

INTERRUPTED, BROKEN_PIPE = 130, 141  # as the shell has them for a program that a signal ends

_COMMANDS = (add_demo, add_draw, add_explain, add_derive, add_compare, add_check, add_grade)

_DESCRIPTION = """\
Show the chain rule of your own program, and check a hand derivation against it.

TARGET is a Value, or a function without arguments that returns one, written
path/to/file.py:attribute or package.module:attribute. Loading it RUNS ITS CODE;
the current directory is on the module path.
"""
_EPILOG = f"""\
Start with autograd-lite demo: it does the main job on a small network, and writes the
files of all help pages, so that you can run their examples.

Examples, with a network.py of

{in_help("network.py")}

and a hand derivation notes.md of

{in_help("notes.md")}

  autograd-lite explain network.py:E w
  autograd-lite draw network.py:E --wrt w -o E.svg
  autograd-lite derive network.py:E
  autograd-lite compare network.py:E notes.md
  autograd-lite grade network.py:E submissions/

A document that has the forward equations, too, needs no program: see autograd-lite
check --help.

Exit codes: 0; 1 when compare or check finds something wrong, or grade a submission
that cannot be read; 2 for bad usage and errors; 3 when compare or check could not judge
every derivative; 130 after Ctrl-C, 141 when nobody reads the output.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code.

    >>> main(["explain", "autograd_lite.example:loss", "fm[0,1]"])
    E does not depend on fm[0,1]: ∂E/∂fm[0,1] = 0
    0
    """
    speak_plainly()
    parser = _parser()
    options = parser.parse_args(arguments)
    if "run" not in options:
        parser.print_help(sys.stdout)
        return RIGHT
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Nobody reads any more. Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a defect of ours is no verdict on a derivation
        print(_said(error), file=sys.stderr)
        return USAGE


def _said(error: Exception) -> str:
    """What is to be printed of an error: of the target's own, the traceback."""
    if isinstance(error, TargetCodeError):
        return printable_lines(error.traceback.rstrip("\n"))
    if isinstance(error, AutogradLiteError | OSError):
        return f"autograd-lite: error: {printable_lines(str(error))}"
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}, line {where.lineno}"
    said = f"internal error: {type(error).__name__}: {error} ({place})"
    return f"autograd-lite: {printable(said)}; please report it"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograd-lite", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=Verbatim
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND")
    for add in _COMMANDS:
        add(commands)
    return parser
