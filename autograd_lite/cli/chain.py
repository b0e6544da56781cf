"""The commands on a program's own chain rule: ``draw`` and ``explain``."""

import argparse
from typing import Any

from autograd_lite.chain.rule import chain_rule_of
from autograd_lite.chain.terms import named_graph
from autograd_lite.chain.views import graph_as_dict, listing, rule_as_dict
from autograd_lite.cli.common import (
    RIGHT,
    add_command,
    add_limit,
    print_formulas,
    print_json,
)
from autograd_lite.draw import draw
from autograd_lite.target import load_target

__all__ = ["add_draw", "add_explain"]

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


def add_draw(commands: Any) -> None:
    """The command ``draw``.

    >>> commands = argparse.ArgumentParser("p").add_subparsers()
    >>> add_draw(commands)
    >>> list(commands.choices)
    ['draw']
    """
    command = add_command(commands, "draw", _draw, "draw the computation graph", _DRAW)
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
    add_limit(command, 300, "refuse to draw more than so many nodes")


def add_explain(commands: Any) -> None:
    """The command ``explain``.

    >>> commands = argparse.ArgumentParser("p").add_subparsers()
    >>> add_explain(commands)
    >>> list(commands.choices)
    ['explain']
    """
    command = add_command(commands, "explain", _explain, "print the chain rule", _EXPLAIN)
    command.add_argument("names", nargs="*", metavar="NAME", help="a weight or other named number")
    add_limit(command, 24, "list so many paths, the largest")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--latex", action="store_true", help="print LaTeX")
    form.add_argument("--json", action="store_true", help="print JSON")


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
        print_json([rule_as_dict(rule) for rule in rules] if rules else graph_as_dict(graph))
    elif options.latex:
        print(
            "\n\n".join(rule.latex() for rule in rules) or "\n".join(t.latex for t in graph.terms)
        )
    else:
        print_formulas("\n\n".join(map(str, rules)) or listing(graph))
    return RIGHT
