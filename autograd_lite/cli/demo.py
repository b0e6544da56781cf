"""The command ``demo``: the main job, done on examples that come with the package."""

import argparse
from pathlib import Path
from typing import Any

from autograd_lite.chain.rule import chain_rule
from autograd_lite.check.compare import compare
from autograd_lite.cli.common import RIGHT, add_command, print_formulas, print_view
from autograd_lite.cli.target import load_target
from autograd_lite.draw import draw
from autograd_lite.example import loss, write_files

_DEMO = """\
Do the main job on a small network: its chain rule, its picture, a derivation compared.

Examples:
  autograd-lite demo
  autograd-lite demo --folder elsewhere
  autograd-lite explain autograd_lite.example:loss w_9

FOLDER gets the pictures and the files that the help pages speak of (network.py,
notes.md, ...), so that their examples run there. A file that is there already is left
as it is.
"""


def add_demo(commands: Any) -> None:
    """Add the command ``demo``."""
    summary = "do the main job on an example"
    command = add_command(commands, "demo", _demo, summary, _DEMO, target=False)
    command.add_argument(
        "--folder",
        type=Path,
        default=Path("autograd-lite-demo"),
        metavar="FOLDER",
        help="default: %(default)s",
    )


def _demo(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    write_files(folder)
    E = loss()
    print("The chain rule of a weight of a small CNN (autograd_lite.example:loss):\n")
    print_formulas(str(chain_rule(E, "w_1")))
    print("\nA hand derivation of a smaller network (network.py and notes.md), compared:\n")
    report = compare(load_target(f"{folder / 'network.py'}:E"), folder / "notes.md")
    print_view(report)
    pictures = {"cnn": draw(E), "paths-of-w_1": draw(E, wrt="w_1"), "compared": report.draw()}
    paths = [picture.render(folder / f"{name}.svg") for name, picture in pictures.items()]
    print("\nThe pictures:", *paths, sep="\n  ")
    print(f"\nGo on in {folder}, with the examples of autograd-lite --help.")
    return RIGHT
