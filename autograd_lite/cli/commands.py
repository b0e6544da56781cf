"""The program ``autograd-lite``: its commands, its errors and its exit codes."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import metadata

from autograd_lite.cli.chain import add_derive, add_draw, add_explain
from autograd_lite.cli.common import USAGE, Verbatim
from autograd_lite.cli.compare import add_compare
from autograd_lite.cli.grade import add_grade
from autograd_lite.cli.target import TargetCodeError
from autograd_lite.errors import AutogradLiteError

__all__ = ["BROKEN_PIPE", "INTERRUPTED", "main"]

INTERRUPTED, BROKEN_PIPE = 130, 141  # as the shell has them for a program that a signal ends

_COMMANDS = (add_draw, add_explain, add_derive, add_compare, add_grade)

_DESCRIPTION = """\
Show the chain rule of your own program, and check a hand derivation against it.

TARGET is a Value, or a function without arguments that returns one, written
package.module:attribute or path/to/file.py:attribute. Loading it RUNS ITS CODE;
the current directory is on the module path.
"""
_EPILOG = """\
Examples:
  autograd-lite draw models.notebook:loss --level scalar -o graph.svg
  autograd-lite explain models.notebook:loss w_9
  autograd-lite derive models.notebook:loss
  autograd-lite compare models.notebook:loss notes.md --learning-rate 0.001
  autograd-lite grade models.notebook:loss submissions/

Exit codes: 0; 1 when something compared is wrong; 2 for bad usage and errors.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code.

    >>> main(["explain", "models.notebook:loss", "fm[0,1]"])
    E does not depend on fm[0,1]: ∂E/∂fm[0,1] = 0
    0
    """
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without ∂ still gets the numbers
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except TargetCodeError as error:
        print(error.traceback, end="", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # Nobody reads any more. Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (AutogradLiteError, OSError) as error:
        print(f"autograd-lite: error: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograd-lite", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=Verbatim
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in _COMMANDS:
        add(commands)
    return parser


def _version() -> str:
    try:
        return metadata.version("autograd-lite")
    except metadata.PackageNotFoundError:
        return "(run from its source, not installed)"
