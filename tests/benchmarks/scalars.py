"""Rows of graphs of single numbers: eager, memory, and compiled as a tape."""

import gc
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import autograd_lite as ag
from tests.benchmarks import mlp
from tests.benchmarks.job import Job
from tests.benchmarks.rows import (
    Peer,
    Results,
    Row,
    Side,
    Work,
    compare,
    compared,
    faster,
    measured,
    most,
    share,
)
from tests.benchmarks.timing import Settings, in_turn, seconds_per_call

__all__ = ["JOBS"]

GROUP = "Scalar graphs"


def named(points: int) -> str:
    """The network and its size."""
    return f"MLP 2-16-16-1 on {points} points ({mlp.operations(points):,} operations)"


def eager(settings: Settings) -> list[Row]:
    """Forward, backward, and freeing the graph, with the collector on."""
    points = 10 if settings.quick else 100
    return compare(
        f"{named(points)}: forward, backward, freeing",
        mlp.ours_eager(points),
        [
            Peer(mlp.micrograd(points), faster(12)),
            Peer(mlp.pytorch(points), faster(7)),
            Peer(mlp.hips(points), faster(35)),
        ],
        settings._replace(seconds=4 * settings.seconds),
    )


def memory(settings: Settings) -> list[Row]:
    """Bytes of the graph for each operation, as Python's allocator counts them."""
    points = 10 if settings.quick else 100
    work = f"{named(points)}: memory for each operation"
    ours = bytes_each(points, mlp.ours(points), ag.relu)
    rows = [measured(work, "eager", [ours], most(150), unit="B")]
    try:
        from micrograd.engine import Value
    except ImportError as error:
        reason = f"not installed: {error.name}"
        return [*rows, Row(work, "eager", "micrograd", "B", target=share(0.2), reason=reason)]
    theirs = bytes_each(points, mlp.network(Value, Value, points), lambda x: x.relu())
    found = compared(work, "eager", "micrograd", ([ours], [theirs]), share(0.2), unit="B")
    return [*rows, found]


def bytes_each(points: int, network: mlp.Network, relu: Callable[[Any], Any]) -> float:
    """What the graph of the loss takes, by operation."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    loss = mlp.loss_of(network, relu)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del loss
    return (after - before) / mlp.operations(points)


def tape_step(settings: Settings) -> list[Row]:
    """One call a step, with all weights given, against PyTorch's eager step."""
    points = 10 if settings.quick else 100
    return compare(
        f"{named(points)}: one step",
        Side("compiled, tape", lambda: tape_calls(points)),
        [Peer(mlp.pytorch(points), faster(500)), Peer(mlp.micrograd(points))],
        settings,
    )


def tape(points: int) -> tuple[Any, dict[str, float]]:
    """The compiled network, and its weights by label."""
    labels: dict[str, float] = {}

    def weight(x: float) -> ag.Value:
        label = f"w{len(labels)}"
        labels[label] = x
        return ag.Value(x, label)

    network = mlp.ours(points, weight, ag.Constant)
    return ag.compile(mlp.loss_of(network, ag.relu), backend="tape"), labels


def tape_calls(points: int) -> Work:
    """A call of the compiled network for each step."""
    step, weights = tape(points)

    def results() -> Results:
        value, gradients = step(**weights)
        return {"loss": value, "gradients": [gradients[label] for label in weights]}

    return Work(lambda: step(**weights), results)


def tape_sizes(settings: Settings) -> list[Row]:
    """Time for each operation of the graph, forward, backward and update, within a loop."""
    rows = []
    for points in (8, 78) if settings.quick else (8, 78, 778):
        step, _ = tape(points)
        operations = mlp.operations(points)
        steps = max(1, 10_000_000 // operations)
        call = partial(step.descend, 0.0, -1.0, steps)
        measure = seconds_per_call(call, settings)
        taken = in_turn({"": measure}, settings._replace(seconds=settings.seconds / 4))[""]
        each = [seconds / steps / operations for seconds in taken]
        work = f"{named(points)}: a step, by operation"
        rows.append(measured(work, "compiled, tape, in a loop", each, most(8e-9)))
    return rows


def flat(settings: Settings) -> list[Row]:
    """From vector to vector, as an optimiser calls it: single numbers and arrays."""
    points = 10 if settings.quick else 100
    rows = []
    for ours, arrays in (
        (mlp.ours_flat(points), False),
        (mlp.ours_in_arrays(points, "numba"), True),
        (mlp.ours_in_arrays(points, "numpy"), True),
    ):
        rows += compare(
            f"MLP 2-16-16-1 on {points} points, {'arrays' if arrays else 'single numbers'}: a call "
            "from vector to vector",
            ours,
            [Peer(mlp.casadi(points, arrays), share(2.0 if arrays else 1.0))],
            settings._replace(seconds=settings.seconds / 4),
        )
    return rows


JOBS = (
    Job(GROUP, "MLP, eager", eager),
    Job(GROUP, "MLP, memory", memory),
    Job(GROUP, "MLP, compiled as a tape, one step", tape_step),
    Job(GROUP, "MLP, compiled as a tape, by size", tape_sizes),
    Job(GROUP, "MLP, compiled, from vector to vector", flat),
)
