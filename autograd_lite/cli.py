"""The command line: ``autograd-lite draw | explain | compare TARGET``."""

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from autograd_lite.chain.rule import chain_rule_of
from autograd_lite.chain.terms import named_graph
from autograd_lite.chain.views import folded, graph_as_dict, listing, rule_as_dict
from autograd_lite.draw import draw
from autograd_lite.errors import AutogradLiteError
from autograd_lite.hand.claims import read_file
from autograd_lite.hand.compare import compare_with
from autograd_lite.target import TargetCodeError, load_target

__all__ = ["main"]

RIGHT, WRONG, USAGE = 0, 1, 2
INTERRUPTED, BROKEN_PIPE = 130, 141  # as the shell has them for a program that a signal ends

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
  autograd-lite compare models.notebook:loss claims.json --learning-rate 0.001

Exit codes: 0; 1 when something compared is wrong; 2 for bad usage and errors.
"""
# The help of each command; what follows the first empty line stands below the options.
_DRAW = """\
Draw the computation graph, with the gradients of a single number.

The suffix of FILE decides on the format: svg, png, pdf (where Graphviz is installed)
or dot. The FILE - prints the DOT text.

Example:
  autograd-lite draw models.notebook:loss --wrt w_9 -o w_9.svg
"""
_EXPLAIN = """\
Print the chain rule with respect to each NAME: the sum of products in names, in
formulas and in numbers. Without a NAME, list all named values and local derivatives.

Example:
  autograd-lite explain models.notebook:loss w_9 'w_conv[0,0]'

JSON: a list with one object for each NAME,
  {output, wrt, value, count, paths, remaining, remainder, factored}
where count is the number of paths, remaining how many of them are not listed, and
remainder their sum. A path is {value, terms}, a term {child, parent, formula, value};
factored is the nested form, a list of {name, formula, value}. Without a NAME:
{output, values, terms}, where a value is {name, kind, formula, value} and its kind is
data, weight or value.
"""
_COMPARE = """\
Compare the numbers of a hand derivation with TARGET, to the digits that are given.

Example:
  autograd-lite compare models.notebook:loss claims.json --learning-rate 0.001

CLAIMS is a .json or .toml file from names to numbers or arrays; tables only group:
  {"H1": 0.8278, "dE/dw_9": "0.2451", "dE/ds": [0.0420, -0.0226, 0.0210, -0.0060]}
In JSON it may be a list of pairs [name, number] too, where a name can come twice.
A name is a value, a derivative (dE/dw_9, dE_dw_9, dEdw9, grad_w9, w9_grad, dw9) or an
updated weight (w_9 updated).

JSON: {output, ok, right, wrong, unchecked, findings}. A finding has name and given, as
in CLAIMS; quantity, what it was compared with; verdict: right, wrong or unchecked;
expected; error, the relative one; reason; and worst, for a wrong array, which is
{index, given, expected, wrong, size}. "nan", "inf" and "-inf" are strings.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code."""
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
        prog="autograd-lite", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=_Verbatim
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_add_draw, _add_explain, _add_compare):
        add(commands)
    return parser


def _version() -> str:
    try:
        return metadata.version("autograd-lite")
    except metadata.PackageNotFoundError:
        return "(run from its source, not installed)"


class _Verbatim(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of a help text as they are."""


def _add_draw(commands: Any) -> None:
    command = _add(commands, "draw", _draw, "draw the computation graph", _DRAW)
    command.add_argument(
        "-o", "--output", default="graph.svg", metavar="FILE", help="default: %(default)s"
    )
    command.add_argument(
        "--level",
        choices=("tensor", "scalar"),
        default="tensor",
        help="a node for each value (the default), or for each named number, with the local "
        "derivatives on the edges",
    )
    command.add_argument(
        "--wrt", metavar="NAME", help="highlight the paths from this number to the result"
    )
    _add_limit(command, 300, "refuse to draw more than so many nodes")


def _add_explain(commands: Any) -> None:
    command = _add(commands, "explain", _explain, "print the chain rule", _EXPLAIN)
    command.add_argument("names", nargs="*", metavar="NAME", help="a weight or other named number")
    _add_limit(command, 24, "list so many paths, the largest")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--latex", action="store_true", help="print LaTeX")
    form.add_argument("--json", action="store_true", help="print JSON")


def _add_compare(commands: Any) -> None:
    command = _add(commands, "compare", _compare, "check a hand derivation", _COMPARE)
    command.add_argument("claims", type=Path, metavar="CLAIMS", help="a .json or .toml file")
    command.add_argument(
        "--learning-rate", type=float, metavar="LR", help="the step size of the updated weights"
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def _add(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], summary: str, text: str
) -> argparse.ArgumentParser:
    """A command, whose text goes below the options from its first empty line on."""
    description, _, epilog = text.partition("\n\n")
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=description, epilog=epilog, formatter_class=_Verbatim
    )
    command.add_argument("target", metavar="TARGET", help="module:attribute or file.py:attribute")
    command.set_defaults(run=run)
    return command


def _add_limit(command: argparse.ArgumentParser, default: int, text: str) -> None:
    command.add_argument(
        "--limit",
        type=_positive,
        default=default,
        metavar="N",
        help=f"{text} (default: %(default)s)",
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def _draw(options: argparse.Namespace) -> int:
    value = load_target(options.target)
    if not value.shape and value.grad is None:
        value.backward()  # a picture without gradients is not what one asks a program for
    picture = draw(value, level=options.level, wrt=options.wrt, limit=options.limit)
    if options.output == "-":
        print(picture.source)
    else:
        print(picture.render(options.output))
    return RIGHT


def _explain(options: argparse.Namespace) -> int:
    graph = named_graph(load_target(options.target))
    rules = [chain_rule_of(graph, name, options.limit) for name in options.names]
    if options.json:
        print(_json([rule_as_dict(rule) for rule in rules] if rules else graph_as_dict(graph)))
    elif options.latex:
        print(
            "\n\n".join(rule.latex() for rule in rules) or "\n".join(t.latex for t in graph.terms)
        )
    else:
        _print("\n\n".join(map(str, rules)) or listing(graph))
    return RIGHT


def _compare(options: argparse.Namespace) -> int:
    claims = read_file(options.claims)
    graph = named_graph(load_target(options.target))
    report = compare_with(graph, claims, options.learning_rate)
    if options.json:
        print(report.to_json())
    elif sys.stdout.isatty():
        from rich.console import Console

        Console().print(report)
    else:
        print(report)
    return RIGHT if report.ok else WRONG


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False)


def _print(text: str) -> None:
    """Print formulas; in a terminal, lines that are too long are broken between factors."""
    width = shutil.get_terminal_size().columns
    print(folded(text, width) if sys.stdout.isatty() else text)
