"""The command ``derive``: the whole derivation of a program as source."""

import argparse
from pathlib import Path
from typing import Any

from autograd_lite.chain.derive import derivation_of
from autograd_lite.cli.common import RIGHT, add_command, add_limit
from autograd_lite.target import load_target

__all__ = ["add_derive"]

_DERIVE = """\
Print the whole derivation of TARGET as source: its value and its gradients.

Examples:
  autograd-lite derive models.notebook:loss
  autograd-lite derive models.notebook:loss --level tensor -o derivation.py
  autograd-lite derive models.notebook:loss --latex

The source is one Python function, forward and then backward, in the words of TARGET.
Each named number has a line of its own, and each derivative stands beside its chain
rule in names:
  dE_dH1 = dE_dnet_O1 * w_9 + dE_dnet_O2 * w_11
  # dE/dH1 = dE/dnet_O1 dnet_O1/dH1 + dE/dnet_O2 dnet_O2/dH1
Unlabelled values that are needed twice are called u1, u2, ... A maximum picks its
winner at each run; of equals the first wins. The parameters are weights and data, with
the numbers of TARGET as defaults, so that the function can be called with others:
  value, gradients = derivation(w_9=0.5)

With --level tensor a line is a whole array, in NumPy: one page for a larger model. What
NumPy has no function for is imported from autograd_lite.
"""


def add_derive(commands: Any) -> None:
    """The command ``derive``.

    >>> commands = argparse.ArgumentParser("p").add_subparsers()
    >>> add_derive(commands)
    >>> list(commands.choices)
    ['derive']
    """
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
