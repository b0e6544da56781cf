"""Rows of growth: how the cost of a work grows with its size, as an exponent over four sizes."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.chain.graph import expand, name_values
from autograd_lite.engine import order
from tests.benchmarks import mlp
from tests.benchmarks.job import Job
from tests.benchmarks.rows import Row, measured, most
from tests.benchmarks.timing import Settings, in_turn, seconds_per_call

__all__ = ["JOBS", "exponent"]

GROUP = "Growth with size"

Made = tuple[int, Callable[[], object]]
"""How large a work is, and a call that does it."""


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log time on log size, by least squares.

    >>> round(exponent([10, 100, 1000], [1, 100, 10000]), 6)
    2.0
    """
    slope, _ = np.polyfit(np.log(sizes), np.log(seconds), 1)
    return float(slope)


def growth(
    work: str, makes: Callable[[int], Made], sizes: Sequence[int], settings: Settings
) -> list[Row]:
    """The exponent over the sizes; each round gives one."""
    made = [makes(size) for size in sizes]
    measures = {str(size): seconds_per_call(call, settings) for size, call in made}
    taken = in_turn(measures, settings._replace(most=9))
    works = [size for size, _ in made]
    rounds = zip(*taken.values(), strict=True)
    found = [exponent(works, seconds) for seconds in rounds]
    each = sorted(taken[str(works[-1])])[len(found) // 2] / works[-1]
    name = f"{work}, {works[0]:,} to {works[-1]:,}"
    note = f"{each * 1e9:,.0f} ns each at the largest size"
    return [measured(name, "exponent", found, most(1.1), unit="", note=note)]


def eager(settings: Settings) -> list[Row]:
    """Forward and backward of the MLP, by the number of points."""

    def make(points: int) -> Made:
        return mlp.operations(points), mlp.ours_eager(points).make().call

    return growth("eager: operations", make, (5, 15, 45, 135), settings)


def compiling(settings: Settings) -> list[Row]:
    """From the graph to the compiled step."""

    def make(points: int) -> Made:
        labels = itertools.count()
        network = mlp.ours(points, lambda x: ag.Value(x, f"w{next(labels)}"), ag.Constant)
        loss = mlp.loss_of(network, ag.relu)
        return mlp.operations(points), lambda: ag.compile(loss, backend="tape")

    return growth("compile: operations", make, (5, 15, 45, 135), settings)


def tensors(width: int) -> ag.Value:
    """Two dense layers whose products are all written out."""
    rng = np.random.default_rng(0)
    x = ag.Constant(rng.normal(size=width), "x")
    W1, W2 = (ag.Value(rng.normal(size=(width, width)), name) for name in ("W1", "W2"))
    y: ag.Value = (W2 @ ag.tanh(W1 @ x).named("h")).sum().named("y")
    return y


def expansion(settings: Settings) -> list[Row]:
    """A tensor graph as a graph of single numbers."""

    def make(width: int) -> Made:
        root = tensors(width)
        names = name_values(order(root))
        return 4 * width * width, lambda: expand(root, names)

    return growth("expansion: products and sums", make, (10, 20, 40, 80), settings)


def paths(settings: Settings) -> list[Row]:
    """Layers of four: terms grow with the layers, paths with their power."""

    def make(depth: int) -> Made:
        h = ag.Value(np.full(4, 0.1), "x")
        root = h
        for layer in range(depth):
            root = ag.tanh(ag.Value(np.eye(4) + 0.1, f"W{layer}") @ root).named(f"h{layer}")
        loss = root.sum().named("y")
        return 36 * depth, lambda: ag.chain_rule(loss, "x[0]").count

    return growth("counting paths: terms", make, (5, 10, 20, 40), settings)


def drawing(settings: Settings) -> list[Row]:
    """DOT text at both levels."""

    def chain(count: int) -> Any:
        y, w = ag.Value(0.5, "x"), ag.Value(1.1, "w")
        for number in range(count - 2):
            y = (ag.tanh(y) if number % 2 else y * w).named(f"y{number}")
        return y

    def make(level: str) -> Callable[[int], Made]:
        def made(count: int) -> Made:
            root = chain(count)
            return count, lambda: ag.draw(root, level=level, limit=count).source

        return made

    return [
        row
        for level in ("tensor", "scalar")
        for row in growth(
            f"DOT text, {level} level: nodes", make(level), (100, 200, 400, 800), settings
        )
    ]


JOBS = (
    Job(GROUP, "eager scalar graph", eager),
    Job(GROUP, "compiling a scalar graph", compiling),
    Job(GROUP, "expansion to scalars", expansion),
    Job(GROUP, "counting paths", paths),
    Job(GROUP, "drawing", drawing),
)
