"""Rows of the chain rule of the notebook, of pictures as DOT text, and of imports."""

import importlib.util
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import autograd_lite as ag
from models.notebook import NotebookCNN
from tests.benchmarks.job import Job
from tests.benchmarks.rows import (
    Peer,
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
from tests.benchmarks.timing import Settings, in_turn, run_process, seconds_per_call

__all__ = ["JOBS"]

GROUP = "Chain rule, pictures, import"
LAYERS = 500
PEERS = {"numpy": share(1.3), "torch": None, "autograd": None, "jax": None}
"""Whose import ours is compared with, and the target."""


def terms(settings: Settings) -> list[Row]:
    """Expansion, contraction, and every local derivative as formula and number."""
    loss = NotebookCNN().loss()
    count = len(ag.terms(loss))
    measure = seconds_per_call(lambda: ag.terms(loss), settings)
    taken = in_turn({"": measure}, settings._replace(seconds=settings.seconds / 4))[""]
    work = f"the notebook's network: expansion and all {count} terms"
    return [measured(work, "ag.terms", taken, most(0.020))]


def dot(settings: Settings) -> list[Row]:
    """The text only: no layout engine runs. Both draw every operation."""
    return compare(
        f"DOT text of y = tanh(w·y + b), {LAYERS} times",
        Side("ag.draw", our_dot),
        [Peer(Side("torchviz", torch_dot), faster(1.0))],
        settings,
        note="torchviz recurses along the graph: Python's recursion limit was raised for it",
    )


def layers(leaves: Sequence[Any], tanh: Any) -> Any:
    """Three operations a layer."""
    y, w, b = leaves
    for _ in range(LAYERS):
        y = tanh(w * y + b)
    return y


def our_dot() -> Work:
    """A picture at the level of tensors."""
    loss = layers([ag.Value(number) for number in (0.5, 1.1, 0.1)], ag.tanh)

    def source() -> str:
        return ag.draw(loss, limit=4 * LAYERS).source

    return Work(source, lambda: {"operations": source().count("tanh")})


def torch_dot() -> Work:
    """torchviz's picture of the same graph."""
    import torch
    from torchviz import make_dot

    sys.setrecursionlimit(100_000)  # it recurses along the graph, and would stop at a thousand
    leaves = [torch.tensor(number, requires_grad=True) for number in (0.5, 1.1, 0.1)]
    loss = layers(leaves, torch.tanh)

    def source() -> str:
        text: str = make_dot(loss).source
        return text

    return Work(source, lambda: {"operations": source().count("TanhBackward")})


def imports(settings: Settings) -> list[Row]:
    """The time of the import statement, in a new process each, and of the import of a name.

    Names may be loaded when they are first asked for, so the statement alone could say too little.
    """
    statements = {name: f"import {name}" for name in ("autograd_lite", *PEERS)}
    statements["autograd_lite, Value"] = "from autograd_lite import Value"
    there = {
        name: statement
        for name, statement in statements.items()
        if importlib.util.find_spec(name.partition(",")[0]) is not None
    }
    for statement in there.values():  # so that every file was read once, and compiled
        seconds_of(statement)
    taken = in_turn({name: partial(seconds_of, one) for name, one in there.items()}, settings)
    rows = []
    for own in ("autograd_lite", "autograd_lite, Value"):
        for peer, target in PEERS.items():
            names = "import", statements[own], statements[peer]
            if peer in there:
                rows.append(compared(*names, (taken[own], taken[peer]), target))
            else:
                rows.append(Row(*names, reason="not installed"))
    return rows


def seconds_of(statement: str) -> float:
    """How long an import takes in a new process, which has not imported it before."""
    module = statement.split()[1]
    code = (
        f"import sys, time; assert {module!r} not in sys.modules, 'imported at start'; "
        f"start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    )
    return float(run_process([sys.executable, "-c", code]).output)


JOBS = (
    Job(GROUP, "all terms of the notebook's network", terms),
    Job(GROUP, "DOT text of a graph of 1,500 operations", dot),
    Job(GROUP, "import", imports),
)
