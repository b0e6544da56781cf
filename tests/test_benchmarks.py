"""The harness of the benchmarks: statistics, checks of the results, rows. No peer is needed."""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd_lite as ag
from autograd_lite.engine import order
from tests.benchmarks import (
    chains,
    drawing,
    mlp,
    rows,
    scalars,
    scaling,
    tensors,
    timing,
    training,
)
from tests.benchmarks.groups import JOBS
from tests.benchmarks.machine import PEERS
from tests.benchmarks.notebook import hand_written
from tests.benchmarks.rows import MissingError, Peer, Side, UnequalError, Work
from tests.benchmarks.timing import Settings, Spread

SHORT = Settings(fewest=3, most=3, seconds=0.0, turn=0.0)


def side(name: str, result: float = 1.0, call: Callable[[], object] = lambda: None) -> Side:
    return Side(name, lambda: Work(call, lambda: {"y": result}))


def raising(error: Exception) -> Side:
    def make() -> Work:
        raise error

    return Side("peer", make)


# Statistics


def test_the_spread_is_the_median_and_the_quartiles() -> None:
    assert timing.spread([5.0, 1.0, 4.0, 2.0, 3.0]) == Spread(3.0, 2.0, 4.0, 5)


def test_the_spread_of_one_sample_is_the_sample() -> None:
    assert timing.spread([2.0]) == Spread(2.0, 2.0, 2.0, 1)


def test_one_outlier_moves_neither_median_nor_quartiles() -> None:
    steady = timing.spread([1.0] * 9)
    assert timing.spread([1.0] * 8 + [100.0]) == steady


def test_sides_take_turns() -> None:
    calls: list[str] = []

    def measure(name: str) -> Callable[[], float]:
        def measured() -> float:
            calls.append(name)
            return float(len(calls))

        return measured

    taken = timing.in_turn({"A": measure("A"), "B": measure("B")}, SHORT)
    assert "".join(calls) == "ABABAB"
    assert taken == {"A": [1.0, 3.0, 5.0], "B": [2.0, 4.0, 6.0]}


@pytest.mark.parametrize(("seconds", "rounds"), [(0.0, 2), (60.0, 5)])
def test_rounds_stop_at_the_time_or_at_the_most(seconds: float, rounds: int) -> None:
    settings = Settings(fewest=2, most=5, seconds=seconds)
    assert len(timing.in_turn({"": lambda: 1.0}, settings)[""]) == rounds


def test_a_turn_repeats_a_short_call_and_gives_the_time_of_one() -> None:
    calls = []
    measure = timing.seconds_per_call(lambda: calls.append(1), Settings(turn=0.002))
    calls.clear()
    each = measure()
    assert len(calls) > 10
    assert each * len(calls) < 0.05


def test_a_process_is_timed_with_its_memory() -> None:
    ended = timing.run_process([sys.executable, "-SEc", "print(len(bytearray(40_000_000)))"])
    assert ended.output == "40000000\n"
    assert ended.peak_bytes > 40_000_000
    assert 0 < ended.seconds < 10


def test_a_process_that_fails_raises_with_its_last_line() -> None:
    with pytest.raises(RuntimeError, match="no such luck"):
        timing.run_process([sys.executable, "-SEc", "raise SystemExit('no such luck')"])


def test_a_process_without_end_is_stopped() -> None:
    forever = [sys.executable, "-SEc", "while True: pass"]
    with pytest.raises(TimeoutError):
        timing.run_process(forever, limit=0.05)


# Equal results


def test_results_that_agree_give_their_largest_difference() -> None:
    assert rows.agreement({"a": [1.0, 100.0]}, {"a": [1.0, 101.0]}, 0.1) == pytest.approx(1 / 101)


@pytest.mark.parametrize(
    "other",
    [
        {"y": [1.0, 2.1]},
        {"y": [[1.0, 2.0]]},  # shapes count, although NumPy would broadcast
        {"y": [1.0, math.nan]},
        {"z": [1.0, 2.0]},
    ],
)
def test_results_that_differ_are_refused(other: dict[str, Any]) -> None:
    with pytest.raises(UnequalError):
        rows.agreement({"y": [1.0, 2.0]}, other, 1e-3)


def test_a_side_with_another_result_is_not_timed() -> None:
    def never() -> None:
        raise AssertionError

    wrong = Side("peer", lambda: Work(never, lambda: {"y": 2.0}))
    (row,) = rows.compare("work", side("ours"), [Peer(wrong, rows.faster(2))], SHORT)
    assert (row.our, row.their, row.ratio, row.reached) == (None, None, None, None)
    assert row.reason == "refused: y differs by 0.5, more than 1e-09"


# Rows


def test_a_missing_peer_is_a_row_with_its_reason() -> None:
    peers = [
        Peer(raising(ModuleNotFoundError("No module named 'peer'", name="peer"))),
        Peer(side("other")),
    ]
    missing, found = rows.compare("work", side("ours"), peers, SHORT)
    assert missing.reason == "not installed: peer"
    assert missing.our is None
    assert found.reason == ""
    assert found.ratio is not None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MissingError("there is no gcc"), "there is no gcc"),
        (ZeroDivisionError("by zero"), "it raised ZeroDivisionError: by zero"),
    ],
)
def test_a_peer_that_fails_is_a_row_with_its_reason(error: Exception, reason: str) -> None:
    (row,) = rows.compare("work", side("ours"), [Peer(raising(error))], SHORT)
    assert row.reason == reason


def test_where_our_side_fails_every_row_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    peers = [Peer(side("one"), rows.share(1)), Peer(side("two"))]
    found = rows.compare("work", raising(ValueError("not yet")), peers, SHORT)
    assert [row.reason for row in found] == ["autograd_lite raised ValueError: not yet"] * 2
    assert "Traceback" in capsys.readouterr().err


def test_the_ratio_is_the_median_of_those_of_the_rounds() -> None:
    # Everything was slow in the second round, both sides alike.
    row = rows.compared("work", "ours", "peer", ([1.0, 5.0, 1.0], [2.0, 10.0, 2.0]))
    assert row.ratio == Spread(0.5, 0.5, 0.5, 3)


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        (rows.faster(2), True),
        (rows.faster(2.1), False),
        (rows.share(0.5), True),
        (rows.share(0.4), False),
        (rows.most(1.0), True),
        (rows.most(0.9), False),
    ],
)
def test_a_target_is_reached_or_not(target: rows.Target, reached: bool) -> None:
    row = rows.compared("work", "ours", "peer", ([1.0], [2.0]), target)
    assert row.reached is reached


def test_a_side_that_does_much_in_one_call_is_timed_by_the_piece() -> None:
    calls = []
    many = Side("ours", lambda: Work(lambda: calls.append(1), lambda: {"y": 1.0}, steps=1000))
    (row,) = rows.compare("work", many, [Peer(side("peer", call=lambda: calls.append(2)))], SHORT)
    assert row.ratio is not None
    assert row.ratio.median < 0.1


# The jobs


def test_every_peer_is_pinned() -> None:
    lines = Path(rows.__file__).with_name("peers.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0] for line in lines if "==" in line}
    assert pinned >= set(PEERS)
    assert all("==" in line or line.startswith("#") for line in lines)


def test_no_two_jobs_have_one_name() -> None:
    groups = chains, drawing, scalars, scaling, tensors, training
    assert len(JOBS) == sum(len(group.JOBS) for group in groups)


@pytest.mark.parametrize("output", ["Not converged after 262,941 iterations.", "Converged after 3"])
def test_a_training_that_ends_elsewhere_is_refused(output: str) -> None:
    with pytest.raises(UnequalError):
        training.iterations(training.PYTHON, output, 1e-4)


def test_a_training_that_ends_where_it_is_known_to_end_counts() -> None:
    output = "Converged after 262,941 iterations.\nE = 0.0000999\n"
    assert training.iterations(training.PYTHON, output, 1e-4) == "262,941"
    assert training.iterations(training.CLASS, "364024 9.999979092063292e-05", 1e-4) == "364,024"


def test_the_exponent_is_the_slope_of_the_logarithms() -> None:
    sizes = [10.0, 20.0, 40.0, 80.0]
    assert scaling.exponent(sizes, [7 * size**1.5 for size in sizes]) == pytest.approx(1.5)


def test_the_operations_of_the_network_are_those_of_its_graph() -> None:
    loss = mlp.loss_of(mlp.ours(2), ag.relu)
    assert sum(node.op is not None for node in order(loss)) == mlp.operations(2)


def test_the_class_in_numpy_computes_what_our_copy_of_it_does() -> None:
    work = hand_written.numpy_class(1).make()  # refused where not
    assert work.results is None
