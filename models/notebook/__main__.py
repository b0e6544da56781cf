"""The demonstration, ``python -m models.notebook``, and the trainings, ``train`` and ``second``."""

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.chain.rule import folded
from autograd_lite.cli.common import speak_plainly
from autograd_lite.expr.notation import short
from models.notebook import NotebookCNN, claims, data, loss
from models.notebook.second import SecondCNN

if TYPE_CHECKING:  # training without a terminal starts a tenth sooner without rich
    from rich.console import Console
    from rich.table import Table

OUT = Path("out")
CONVERGED, NOT_CONVERGED, INTERRUPTED = 0, 1, 130

_EXIT_CODES = """\
Exit codes: 0 when the error fell below the threshold, 1 when the iterations were used up before,
130 when it was interrupted.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration or the training, and return the exit code."""
    speak_plainly()
    parser = argparse.ArgumentParser(
        prog="python -m models.notebook",
        description="Without a command: the chain rule of a small CNN, its pictures (in out/), and "
        "a hand derivation compared with it.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    training = commands.add_parser("train", help="train the network", epilog=_EXIT_CODES)
    second = commands.add_parser(
        "second", help="train the network of the PyTorch part, and draw it", epilog=_EXIT_CODES
    )
    for command in (training, second):
        add_options(command)
    second.add_argument(
        "--seed", type=int, default=0, help="of the first weights; default: %(default)s"
    )
    options = parser.parse_args(arguments)

    if options.command is None:
        from rich.console import Console

        demonstrate(Console(highlight=False))
        return 0
    try:
        model = NotebookCNN() if options.command == "train" else SecondCNN(options.seed)
        code = train(
            model,
            options.learning_rate,
            options.max_iterations,
            options.threshold,
            options.compiled,
        )
    except (ValueError, ag.MissingExtraError) as error:
        (training if options.command == "train" else second).error(str(error))
    if options.command == "second":
        E = model.loss()
        paths = [
            ag.draw(E).render(OUT / "second.svg"),
            ag.draw(E, level="scalar").render(OUT / "second-scalar.svg"),
        ]
        print(*paths, sep=", ")
    return code


def add_options(command: argparse.ArgumentParser) -> None:
    """What both trainings can be told."""
    command.add_argument("--learning-rate", type=float, default=0.01, help="default: %(default)s")
    command.add_argument(
        "--max-iterations", type=int, default=1_000_000, help="default: %(default)s"
    )
    command.add_argument("--threshold", type=float, default=1e-4, help="default: %(default)s")
    command.add_argument(
        "--compiled",
        choices=("auto", "python", "numba", "off"),
        default="auto",
        help="what runs the loop: straight-line Python, the same compiled by numba (half a second "
        "sooner from its second run on), or the engine itself; default: %(default)s",
    )


def demonstrate(console: "Console") -> None:
    """Print the forward pass, three chain rules and the comparison, and draw the graph."""
    E = loss()
    console.rule("The forward pass: as the document prints it, and as computed here")
    console.print(forward_tables(E))

    console.rule("The chain rule")
    for name in ("w_9", "w_1"):
        print_formulas(console, str(ag.chain_rule(E, name)))
    kernel = ag.chain_rule(E, "w_conv[0,0]")
    console.print(
        f"∂E/∂w_conv[0,0] = {short(kernel.value)} is a sum over {kernel.count} paths: 2 errors × 2 "
        "hidden neurons × 4 cells that won their pooling windows. Factored:"
    )
    nested = [f"{derivative} = {formula}" for derivative, formula in kernel.factored]
    print_formulas(console, "\n".join(nested))

    console.rule("The document's first backward pass, compared")
    claimed = printed("pass 1, backward")
    report = ag.compare(E, claimed, learning_rate=data.LEARNING_RATE)
    console.print(report)
    console.print()

    console.rule("The computation graph; and with the verdicts on the document's numbers")
    pictures = {
        "tensor": ag.draw(E),
        "scalar": ag.draw(E, level="scalar"),
        "w_9": ag.draw(E, wrt="w_9"),
        "compared": report.draw(),
    }
    for name, picture in pictures.items():
        paths = [picture.render(OUT / f"{name}{suffix}") for suffix in (".svg", ".png")]
        console.print(*paths, sep=", ")


def printed(section: str) -> list[tuple[str, str]]:
    """The claims of a section of the document, by name."""
    return [(claim.term, claim.printed) for claim in claims.load(section)]


def forward_tables(E: Value) -> "Table":
    """The feature map, and beside it what follows from it."""
    from rich.table import Table

    findings = ag.compare(E, printed("pass 1, forward, printed by the code")).findings
    halves = []
    for part in (findings[:16], findings[16:]):
        table = Table("", "document", "here", box=None, padding=(0, 2, 0, 0))
        for finding in part:
            decimals = len(finding.given.partition(".")[2])
            table.add_row(finding.name, finding.given, f"{finding.expected:.{decimals}f}")
        halves.append(table)
    both = Table.grid(padding=(0, 2))
    both.add_row(*halves)
    return both


def print_formulas(console: "Console", text: str) -> None:
    """Print formulas in the width of the terminal, and an empty line."""
    from rich.text import Text

    console.print(Text(folded(text, console.width)), end="\n\n")


def train(
    model: NotebookCNN | SecondCNN,
    learning_rate: float,
    max_iterations: int,
    threshold: float,
    compiled: str,
) -> int:
    """Train from the first weights, and return the exit code."""
    reached = 0, model.loss().data

    def note(iteration: int, error: float) -> None:
        nonlocal reached
        reached = iteration, error
        show(iteration, error)

    with progress_bar(reached[1], max_iterations, threshold) as show:
        try:
            ended = model.fit(
                learning_rate,
                max_iterations,
                threshold,
                note,
                compiled={"auto": True, "off": False}.get(compiled, compiled),
            )
            code = CONVERGED if ended.converged else NOT_CONVERGED
            reached = ended.iterations, ended.error
        except KeyboardInterrupt:
            code = INTERRUPTED
        show(*reached)

    outcome = {
        CONVERGED: "Converged after {} iterations.",
        NOT_CONVERGED: "Not converged after {} iterations.",
        INTERRUPTED: "Interrupted after {} iterations; the weights reached are kept.",
    }[code]
    print(outcome.format(f"{reached[0]:,}"))
    print(f"E  = {reached[1]:.12f} (threshold {threshold:g})")
    for name, output, target in zip(("O1", "O2"), model.predict(), data.TARGETS, strict=True):
        print(f"{name} = {output:.12f} (target {target:g})")
    return code


@contextmanager
def progress_bar(
    start: float, max_iterations: int, threshold: float
) -> Iterator[Callable[[int, float], None]]:
    """A function that shows an iteration and its error on a bar; it does nothing in a pipe."""
    if not sys.stdout.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("iteration {task.fields[iteration]:,}"),
        BarColumn(),
        TextColumn("E = {task.fields[error]:.6f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("", total=1.0, iteration=0, error=start)

        def show(iteration: int, error: float) -> None:
            done = max(iteration / max_iterations, decades(start, error, threshold))
            bar.update(task, completed=done, iteration=iteration, error=error)

        yield show


def decades(start: float, error: float, threshold: float) -> float:
    """The part of the way from the first error to the threshold, on a logarithmic scale."""
    if not 0 < threshold < start:
        return 0.0
    return math.log(start / error) / math.log(start / threshold)


if __name__ == "__main__":
    sys.exit(main())
