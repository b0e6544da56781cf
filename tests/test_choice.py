"""Which backend is taken, and how the choice is told."""

import gc
import sys
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.errors import GraphTooLargeError, MissingExtraError
from autograd_lite.fast import compile as choice
from autograd_lite.fast.compile import Compiled, compile_
from autograd_lite.fast.program import Signature


def sums(terms: int) -> Value:
    """A graph of scalars that has about three steps a term."""
    w: Any = Value(0.5, "w")
    total = w
    for term in range(terms):
        total = total + ag.sin(w * float(term + 2))
    assert isinstance(total, Value)
    return total


def test_small_graphs_are_straight_lines_also_of_arrays() -> None:
    assert Compiled(sums(10)).backend == "python"
    x = Value(np.ones((4, 4)), "x")
    small = Compiled(ag.max_pool2d(x).sum())
    assert small.backend == "python"
    assert "on floats it takes at most some" in small.reason


def test_large_arrays_are_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "has_numba", lambda: False)
    for size in (5_000, 30_000):
        step = Compiled(ag.exp(Value(np.ones(size), "x")).sum())
        assert step.backend == "numpy"
    assert "more than 20,000 scalars" in repr(step)
    with pytest.raises(GraphTooLargeError):
        Compiled(ag.exp(Value(np.ones(200_000), "x")).sum(), backend="python")


def test_large_graphs_of_scalars_are_for_the_tape_and_without_it_straight_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choice, "has_numba", lambda: False)
    step = Compiled(sums(500))
    assert step.backend == "python"
    assert "numba, which is not installed" in repr(step)
    monkeypatch.setattr(choice, "has_numba", lambda: True)
    monkeypatch.setattr(choice, "Tape", lambda scalars: None)
    root = sums(500)
    chosen = choice.choose(root, Signature.of(root))
    assert chosen.backend == "tape"
    assert "above 1,500 steps" in chosen.reason


@pytest.mark.parametrize("backend", ["numba", "tape"])
def test_a_backend_that_needs_numba_says_how_to_get_it(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'autograd-lite\[fast\]'"):
        compile_(Value(1.0, "w") * 2, backend=backend)()


@pytest.mark.slow
def test_numba_takes_a_line_a_tape_or_arrays_by_size(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    assert "as a straight line" in Compiled(sums(10), backend="numba").reason
    assert Compiled(sums(800), backend="numba").backend == "tape"
    arrays = Compiled(ag.exp(Value(np.ones(30_000), "x")).sum(), backend="numba")
    assert (arrays.backend, arrays.reason) == ("numba", "as asked, on arrays")


def test_the_representation_says_what_was_chosen_and_why() -> None:
    assert repr(compile_(Value(2.0, "w") ** 2, backend="python")) == (
        "<compiled step(w), python, 6 lines: as asked>"
    )
    many = [Value(1.0, f"w{place}") for place in range(9)]
    assert "w7, ...)" in repr(compile_(ag.stack(many).sum()))


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        compile_(Value(1.0, "w") * 2)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
