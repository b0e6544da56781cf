"""Rows of the notebook's training: whole processes from a cold start, and single steps."""

import importlib.util
import json
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from models.notebook import by_hand
from tests.benchmarks.job import Job
from tests.benchmarks.notebook import frameworks, hand_written, ours
from tests.benchmarks.rows import Peer, Row, UnequalError, compare, compared, faster, share
from tests.benchmarks.timing import Settings, in_turn, run_process

__all__ = ["JOBS"]

GROUP = "The notebook's training"
PYTHON, CACHED, FIRST = (
    "compiled, plain Python",
    "compiled, numba, from its disk cache",
    "compiled, numba, first run",
)
CLASS, LOOP = "the notebook's class", "the notebook's PyTorch loop"

_KNOWN = json.loads(Path(by_hand.__file__).with_name("training.json").read_text(encoding="utf-8"))
RIGHT = f"{_KNOWN['sum of squared errors']['iterations']:,}"
EXPECTED = {
    **dict.fromkeys((PYTHON, CACHED, FIRST), RIGHT),
    CLASS: f"{_KNOWN['SimpleCNN with its hand-written gradients']['iterations']:,}",
}
"""How many iterations each takes, as independent programs say; PyTorch adds in its own order."""
THRESHOLD = 1e-4


def convergence(settings: Settings) -> list[Row]:
    """Every process from its cold start to E < 1e-4; the rounds are few, since they are long."""
    work = "training to convergence, whole process from cold start"
    threshold = 0.01 if settings.quick else THRESHOLD
    python = sys.executable, "-m"
    own = *python, "models.notebook", "train", "--compiled"
    commands = {
        PYTHON: (*own, "python"),
        CACHED: (*own, "numba"),
        FIRST: (*own, "numba"),
        CLASS: (*python, "tests.benchmarks.notebook.class_in_numpy"),
        LOOP: (*python, "tests.benchmarks.notebook.in_torch"),
    }
    if importlib.util.find_spec("torch") is None:
        del commands[LOOP]
    done: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:

        def seconds(name: str) -> float:
            place = tempfile.mkdtemp(dir=folder) if name == FIRST else f"{folder}/kept"
            command = *commands[name], "--threshold", str(threshold)
            ended = run_process(command, {"AUTOGRAD_LITE_CACHE": place})
            done[name] = iterations(name, ended.output, threshold)
            return ended.seconds

        seconds(CACHED)  # fills the disk cache
        few = settings._replace(most=3, fewest=2, seconds=20 * settings.seconds)
        taken = in_turn({name: partial(seconds, name) for name in commands}, few)
    note = (
        f"we take {done[PYTHON]} iterations, the class with its wrong gradients {done[CLASS]}, the "
        f"PyTorch loop {done.get(LOOP, '–')}"
    )
    return [
        compared(work, mine, peer, (taken[mine], taken[peer]), target, note=note)
        if peer in taken
        else Row(work, mine, peer, target=target, reason="not installed: torch")
        for mine, target in ((PYTHON, faster(35)), (CACHED, faster(60)), (FIRST, None))
        for peer, target in ((CLASS, target), (LOOP, target))
    ]


def iterations(name: str, output: str, threshold: float) -> str:
    """How many iterations a training printed; UnequalError where they are not the known ones."""
    if name in (CLASS, LOOP):
        steps, error = output.split()
        converged, printed = float(error) < threshold, f"{int(steps):,}"
    else:
        found = re.search(r"Converged after ([\d,]+) iterations", output)
        converged, printed = found is not None, found[1] if found else ""
    known = EXPECTED.get(name) if threshold == THRESHOLD else None
    if not converged or printed != (known or printed):
        raise UnequalError(f"{name} printed {output!r}")
    return printed


def step_in_python(settings: Settings) -> list[Row]:
    """The straight-line source against everybody who takes one step at a time."""
    return compare(
        "one step of the training, in a loop",
        ours.compiled("python", 20_000),
        [
            Peer(frameworks.pytorch(100), faster(50)),
            Peer(hand_written.numpy_class(200), faster(30)),
            Peer(frameworks.hips(50)),
            Peer(frameworks.micrograd(50)),
            Peer(frameworks.tinygrad(50)),
            Peer(frameworks.jax_call(500)),
        ],
        settings,
        note="the notebook's class is checked against our copy of its wrong gradients",
    )


def step_in_numba(settings: Settings) -> list[Row]:
    """Machine code against machine code."""
    return compare(
        "one step of the training, in a loop",
        ours.compiled("numba", 500_000),
        [
            Peer(hand_written.c_loop(500_000), share(1.15)),
            Peer(frameworks.jax_loop(100_000), faster(3)),
        ],
        settings,
    )


def step_by_call(settings: Settings) -> list[Row]:
    """What a loop of the user's own pays for each call."""
    return compare(
        "one step of the training, one call from Python each",
        ours.compiled_call("python", 500),
        [Peer(frameworks.jax_call(500)), Peer(frameworks.pytorch(100))],
        settings,
    )


def step_eager(settings: Settings) -> list[Row]:
    """The graph made anew in each step."""
    return compare(
        "one step of the training, eager",
        ours.eager(50),
        [
            Peer(frameworks.pytorch_plain(100), share(1.0)),
            Peer(frameworks.pytorch(100)),
            Peer(hand_written.numpy_class(200), share(1.5)),
            Peer(frameworks.hips(50)),
            Peer(frameworks.micrograd(50)),
        ],
        settings,
    )


JOBS = (
    Job(GROUP, "training to convergence, whole process", convergence),
    Job(GROUP, "one step in a compiled loop, plain Python", step_in_python),
    Job(GROUP, "one step in a compiled loop, numba", step_in_numba),
    Job(GROUP, "one step, one call from Python each", step_by_call),
    Job(GROUP, "one step, eager", step_eager),
)
