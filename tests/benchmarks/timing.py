"""Timing in turn, A B A B, and what the times say: medians and the middle half.

A machine is not equally fast at all times. Sides that take turns are slow together, so that the
ratio of two turns beside each other is steadier than either time.
"""

import gc
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

__all__ = [
    "QUICK",
    "Process",
    "Settings",
    "Spread",
    "in_turn",
    "run_process",
    "seconds_per_call",
    "spread",
]


class Settings(NamedTuple):
    """How long to measure: until ``seconds`` are over, in ``fewest`` to ``most`` rounds."""

    fewest: int = 5
    most: int = 25
    seconds: float = 12.0
    turn: float = 0.05
    """A side is called until at least this many seconds are over."""
    rest: float = 0.0
    """Seconds before each turn, in which the threads of the side before can fall asleep."""
    quick: bool = False


QUICK = Settings(fewest=2, most=3, seconds=1.0, turn=0.01, quick=True)


class Spread(NamedTuple):
    """The median of samples, and the quartiles around it."""

    median: float
    low: float
    high: float
    rounds: int


def spread(samples: Iterable[float]) -> Spread:
    """Median and quartiles; of one sample all three are the sample."""
    values = sorted(samples)
    if len(values) == 1:
        return Spread(values[0], values[0], values[0], 1)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high, len(values))


def in_turn(
    measures: Mapping[str, Callable[[], float]], settings: Settings
) -> dict[str, list[float]]:
    """Measure each in every round, so that the samples of a round belong together."""
    samples: dict[str, list[float]] = {name: [] for name in measures}
    end = time.perf_counter() + settings.seconds
    for rounds in itertools.count(1):
        for name, measure in measures.items():
            samples[name].append(measure())
        if rounds >= settings.most or (rounds >= settings.fewest and time.perf_counter() > end):
            return samples
    raise AssertionError


def seconds_per_call(call: Callable[[], object], settings: Settings) -> Callable[[], float]:
    """A measure: the seconds that one call takes, from a turn of at least ``settings.turn``.

    The collector stays on, and starts each turn with nothing to do: nobody pays for another's
    garbage.
    """
    started = time.perf_counter()
    call()
    once = time.perf_counter() - started
    calls = max(1, round(settings.turn / max(once, 1e-7)))

    def measure() -> float:
        gc.collect()
        time.sleep(settings.rest)
        start = time.perf_counter()
        for _ in range(calls):
            call()
        return (time.perf_counter() - start) / calls

    return measure


class Process(NamedTuple):
    """A process that ended well: its seconds, its peak memory, and what it printed."""

    seconds: float
    peak_bytes: int
    output: str


def run_process(
    command: Sequence[str], environment: Mapping[str, str] | None = None, limit: float = 900
) -> Process:
    """Run a command alone to its end; RuntimeError with its last line where it fails.

    What it prints goes to files: a pipe that is full would stop it.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=errors, env={**os.environ, **(environment or {})}
        )
        try:
            usage = _wait(process, start + limit)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - start
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            lines = errors.read().strip().splitlines()
            last = lines[-1] if lines else f"it ended with {process.returncode}"
            raise RuntimeError(last)
        return Process(seconds, usage, output.read())


def _wait(process: "subprocess.Popen[bytes]", end: float) -> int:
    """Wait for the end, and return the peak of the resident memory in bytes."""
    pause = 0.0005
    while True:
        found, status, usage = os.wait4(process.pid, os.WNOHANG)
        if found:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        if time.perf_counter() > end:
            raise TimeoutError("it did not end in time")
        # A long process can wait a little longer for us.
        time.sleep(pause)
        pause = min(pause * 1.01, 0.02)
