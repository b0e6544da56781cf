"""Rows of long chains: a million nodes and ten million, each in a process of its own."""

import math
import sys
from functools import partial

from tests.benchmarks.job import Job
from tests.benchmarks.rows import Row, UnequalError, agreement, compared, measured, most, share
from tests.benchmarks.timing import Process, Settings, in_turn, run_process, spread

__all__ = ["JOBS"]

GROUP = "Long chains"
OURS, PEER = "eager", "PyTorch scalars"
SIDES = {OURS: "ours", PEER: "torch"}


def chains(settings: Settings) -> list[Row]:
    """Time and peak memory at each length, and how the time grows."""
    rows, medians = [], {}
    for length in (10**4, 10**5) if settings.quick else (10**5, 10**6, 10**7):
        few = 1 if length == 10**7 else min(3, settings.fewest)
        found, seconds = one_length(length, settings._replace(fewest=few, most=few))
        rows += found
        medians[length] = seconds
    (first, *_), (*_, last) = medians, medians
    exponent = math.log(medians[last] / medians[first]) / math.log(last / first)
    work = f"chains of {first:,} to {last:,} products: exponent of the time"
    return [*rows, measured(work, OURS, [exponent], most(1.1), unit="")]


def one_length(length: int, settings: Settings) -> tuple[list[Row], float]:
    """The rows of time and of memory, and our median time."""
    work = f"chain of {length:,} products: forward, backward, freeing"
    ended: dict[str, list[Process]] = {OURS: [], PEER: []}
    reason = ""

    def run(name: str) -> float:
        nonlocal reason
        if reason and name == PEER:
            return math.nan
        command = sys.executable, "-m", "tests.benchmarks.chain", SIDES[name], str(length)
        try:
            ended[name].append(run_process(command, limit=400))
        except (RuntimeError, TimeoutError) as error:
            if name == OURS:
                raise
            reason = f"its process failed: {error}"
            return math.nan
        return float(ended[name][-1].output.split()[0])

    taken = in_turn({name: partial(run, name) for name in SIDES}, settings)
    memory = [[float(one.peak_bytes) for one in ended[name]] for name in SIDES]
    own = spread(taken[OURS]).median
    if reason:
        return [
            measured(work, OURS, taken[OURS], note=f"PyTorch: {reason}"),
            measured(f"{work}, peak memory", OURS, memory[0], unit="B"),
            Row(work, OURS, PEER, target=share(1.0), reason=reason),
        ], own
    mine, theirs = (
        dict(zip(("y", "gradient"), map(float, ended[name][0].output.split()[1:]), strict=True))
        for name in SIDES
    )
    try:
        difference = agreement(mine, theirs, 1e-9)
    except UnequalError as error:
        return [Row(work, OURS, PEER, reason=f"refused, {error}")], own
    return [
        compared(work, OURS, PEER, (taken[OURS], taken[PEER]), difference=difference),
        compared(
            f"{work}, peak memory of the process",
            OURS,
            PEER,
            (memory[0], memory[1]),
            share(1.0),
            unit="B",
            difference=difference,
        ),
    ], own


JOBS = (Job(GROUP, "chains of 10⁵ to 10⁷ products", chains),)
