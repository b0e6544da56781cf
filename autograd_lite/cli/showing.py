"""The commands that show a program's own chain rule: ``draw``, ``explain`` and ``derive``."""

import argparse
from pathlib import Path
from typing import Any

from autograd_lite.chain.derive import derivation_of
from autograd_lite.chain.graph import named_graph
from autograd_lite.chain.rule import chain_rule_of, graph_as_dict, listing, rule_as_dict
from autograd_lite.cli.common import (
    RIGHT,
    add_command,
    add_limit,
    print_formulas,
    print_json,
)
from autograd_lite.cli.target import load_target
from autograd_lite.draw import draw

_DRAW = """\
Draw the computation graph of TARGET, with the gradients of a single number.

Examples:
  autograd-lite draw network.py:E
  autograd-lite draw network.py:E --level scalar -o E.png
  autograd-lite draw network.py:E --wrt w -o w.svg

The suffix of FILE decides on the format: svg, png, pdf (where Graphviz is installed)
or dot. The FILE - prints the DOT text.
"""


def add_draw(commands: Any) -> None:
    """Add the command ``draw``."""
    command = add_command(commands, "draw", _draw, "draw the computation graph", _DRAW)
    command.add_argument(
        "-o", "--output", default="graph.svg", metavar="FILE", help="default: %(default)s"
    )
    command.add_argument(
        "--level",
        choices=("auto", "tensor", "scalar"),
        default="auto",
        help="a node for each value, or for each named number, with the local derivatives on the "
        "edges; by default the second where all values are single numbers",
    )
    command.add_argument(
        "--wrt", metavar="NAME", help="highlight the paths from this number to the result"
    )
    add_limit(command, 300, "refuse to draw more than so many nodes")


def _draw(options: argparse.Namespace) -> int:
    value = load_target(options.target)
    picture = draw(value, level=options.level, wrt=options.wrt, limit=options.limit)
    if options.output == "-":
        print(picture.source)
    else:
        print(picture.render(options.output))
    return RIGHT


_EXPLAIN = """\
Print the chain rule with respect to each NAME: the sum of products in names, in
formulas and in numbers. Without a NAME, list all named values and local derivatives.

Examples:
  autograd-lite explain network.py:E
  autograd-lite explain network.py:E w v
  autograd-lite explain network.py:E w --latex

An element of an array is named as in 'W[0,1]', in quotes for the shell.

JSON: a list with one object for each NAME,
  {output, wrt, value, count, paths, remaining, remainder, factored}
where count is the number of paths, remaining how many of them are not listed, and
remainder their sum. A path is {value, terms}, a term {child, parent, formula, value};
factored is the nested form, a list of {name, formula, value}. Without a NAME:
{output, values, terms}, where a value is {name, kind, formula, value} and its kind is
data, weight or value.
"""


def add_explain(commands: Any) -> None:
    """Add the command ``explain``."""
    command = add_command(commands, "explain", _explain, "print the chain rule", _EXPLAIN)
    command.add_argument("names", nargs="*", metavar="NAME", help="a weight or other named number")
    add_limit(command, 24, "list so many paths, the largest")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--latex", action="store_true", help="print LaTeX")
    form.add_argument("--json", action="store_true", help="print JSON")


def _explain(options: argparse.Namespace) -> int:
    graph = named_graph(load_target(options.target))
    rules = [chain_rule_of(graph, name, options.limit) for name in options.names]
    if options.json:
        print_json([rule_as_dict(rule) for rule in rules] if rules else graph_as_dict(graph))
    elif options.latex:
        print(
            "\n\n".join(rule.latex() for rule in rules) or "\n".join(t.latex for t in graph.terms)
        )
    else:
        print_formulas("\n\n".join(map(str, rules)) or listing(graph))
    return RIGHT


_DERIVE = """\
Print the whole derivation of TARGET as source: its value and its gradients.

Examples:
  autograd-lite derive network.py:E
  autograd-lite derive network.py:E --level tensor -o derivation.py
  autograd-lite derive network.py:E --latex

The source is one Python function, forward and then backward, in the words of TARGET.
Each named number has a line of its own, and each derivative has its chain rule in names
beside it:
  dE_dH1 = dE_dnet_O1 * w_9 + dE_dnet_O2 * w_11
  # dE/dH1 = dE/dnet_O1 dnet_O1/dH1 + dE/dnet_O2 dnet_O2/dH1
What needs a line and has no name is called t1, t2, ... A maximum picks its
winner at each run; of equals the first wins. The parameters are weights and data, with
the numbers of TARGET as defaults, so that the function can be called with others:
  value, gradients = derivation(w_9=0.5)

With --level tensor a line is a whole array, in NumPy: one page for a larger model. What
NumPy has no function for is imported from autograd_lite.
"""


def add_derive(commands: Any) -> None:
    """Add the command ``derive``."""
    command = add_command(commands, "derive", _derive, "print the derivation as source", _DERIVE)
    form = command.add_mutually_exclusive_group()
    form.add_argument("--python", action="store_true", help="print Python (the default)")
    form.add_argument("--latex", action="store_true", help="print LaTeX, an aligned environment")
    command.add_argument(
        "--level",
        choices=("scalar", "tensor"),
        default="scalar",
        help="a line for each named number (the default), or for each named array",
    )
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file")
    add_limit(command, 3_000, "refuse more than so many scalars, or at the tensor level values")


def _derive(options: argparse.Namespace) -> int:
    derivation = derivation_of(load_target(options.target), options.level, options.limit)
    text = derivation.latex() + "\n" if options.latex else derivation.source
    if options.output is None:
        print(text, end="")
    else:
        options.output.write_text(text, encoding="utf-8")
        print(options.output)
    return RIGHT
