"""Rows: a work, our side and a peer's, checked to be equal, measured, and held to a target."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from tests.benchmarks.timing import Settings, Spread, in_turn, seconds_per_call, spread

__all__ = [
    "MissingError",
    "Peer",
    "Results",
    "Row",
    "Side",
    "Target",
    "UnequalError",
    "Work",
    "agreement",
    "compare",
    "compared",
    "faster",
    "measured",
    "most",
    "share",
]

Results = Mapping[str, Any]
"""What a side computed, by name: numbers and arrays."""


class MissingError(Exception):
    """A side cannot be run here; the message says why."""


class UnequalError(Exception):
    """Two sides computed different things, so their times say nothing."""


class Target(NamedTuple):
    """What a row has to reach.

    ``faster``: how many times faster than the peer we are, at least. ``share``: our time (or
    memory) as a multiple of the peer's, at most. ``most``: our number itself, at most.
    """

    kind: Literal["faster", "share", "most"]
    bound: float

    def reached(self, ours: Spread, ratio: Spread | None) -> bool:
        """Whether the median reaches it; ``ratio`` is ours by the peer's."""
        if self.kind == "most":
            return ours.median <= self.bound
        assert ratio is not None
        if self.kind == "share":
            return ratio.median <= self.bound
        return ratio.median * self.bound <= 1


def faster(times: float) -> Target:
    """At least that many times faster."""
    return Target("faster", times)


def share(of: float) -> Target:
    """At most that share of what the peer takes."""
    return Target("share", of)


def most(bound: float) -> Target:
    """At most that much, whatever others take."""
    return Target("most", bound)


class Work(NamedTuple):
    """A side made ready: ``call`` does the work in ``steps`` steps, ``results`` is what comes out.

    The results are those of the same work on every side, and computed apart from the timing; None
    where the side was checked in another way, while it was made.
    """

    call: Callable[[], object]
    results: Callable[[], Results] | None
    steps: int = 1


class Side(NamedTuple):
    """Who does the work: a name, and what makes it ready. Its imports happen there."""

    name: str
    make: Callable[[], Work]


class Peer(NamedTuple):
    """A side that we are compared with, and the target, if there is one."""

    side: Side
    target: Target | None = None


@dataclass
class Row:
    """One line of the report. ``reason`` says why there are no numbers, where there are none."""

    work: str
    ours: str
    peer: str = ""
    unit: Literal["s", "B", "", "lines"] = "s"
    our: Spread | None = None
    their: Spread | None = None
    ratio: Spread | None = None
    target: Target | None = None
    reached: bool | None = None
    difference: float | None = None
    """The largest relative difference of the results."""
    reason: str = ""
    note: str = ""


def agreement(ours: Results, theirs: Results, tolerance: float) -> float:
    """The largest difference of two results, relative to the largest number of each array.

    Raises UnequalError above ``tolerance``, and where shapes or names differ or a number is NaN.
    """
    if ours.keys() != theirs.keys():
        raise UnequalError(f"one side has {', '.join(ours)}, the other {', '.join(theirs)}")
    worst = 0.0
    for name, left, right in ((name, ours[name], theirs[name]) for name in ours):
        a, b = np.asarray(left, float), np.asarray(right, float)
        if a.shape != b.shape:
            raise UnequalError(f"{name} has shape {a.shape} on one side and {b.shape} on the other")
        scale = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0)) or 1.0
        difference = float(np.abs(a - b).max(initial=0.0) / scale)
        if not difference <= tolerance:  # NaN is not
            raise UnequalError(f"{name} differs by {difference:.1g}, more than {tolerance:.0g}")
        worst = max(worst, difference)
    return worst


def measured(
    work: str, ours: str, samples: Sequence[float], target: Target | None = None, **more: Any
) -> Row:
    """A row of a number of ours alone."""
    our = spread(samples)
    reached = None if target is None else target.reached(our, None)
    return Row(work, ours, our=our, target=target, reached=reached, **more)


def compared(
    work: str,
    ours: str,
    peer: str,
    samples: tuple[Sequence[float], Sequence[float]],
    target: Target | None = None,
    **more: Any,
) -> Row:
    """A row of two sides; the ratio is the median of those of the rounds."""
    our, their = spread(samples[0]), spread(samples[1])
    ratio = spread(a / b for a, b in zip(*samples, strict=True))
    reached = None if target is None else target.reached(our, ratio)
    row = Row(work, ours, peer, target=target, reached=reached, **more)
    row.our, row.their, row.ratio = our, their, ratio
    return row


def compare(
    work: str,
    ours: Side,
    peers: Sequence[Peer],
    settings: Settings,
    tolerance: float = 1e-9,
    note: str = "",
) -> list[Row]:
    """A row for each peer: all sides made ready, checked against ours, and measured in turn."""
    try:
        mine = ours.make()
        assert mine.results is not None
        expected = mine.results()
    except Exception as error:  # noqa: BLE001 - whatever our side raises is why there is no number
        traceback.print_exc()
        reason = f"autograd_lite raised {type(error).__name__}: {str(error).partition('.')[0]}"
        return [
            Row(work, ours.name, peer.name, target=target, reason=reason) for peer, target in peers
        ]
    works: dict[str, Work] = {}
    rows: dict[str, Row] = {}
    differences: dict[str, float] = {}
    for peer, target in peers:
        try:
            made = peer.make()
            if made.results is not None:
                differences[peer.name] = agreement(expected, made.results(), tolerance)
            works[peer.name] = made
        except Exception as error:  # noqa: BLE001 - a peer that fails is a row with its reason
            rows[peer.name] = Row(
                work, ours.name, peer.name, target=target, reason=_why(error), note=note
            )
    measures = {
        name: seconds_per_call(one.call, settings)
        for name, one in {ours.name: mine, **works}.items()
    }
    samples = {
        name: [sample / works.get(name, mine).steps for sample in taken]
        for name, taken in in_turn(measures, settings).items()
    }
    for peer, target in peers:
        if peer.name in works:
            pair = samples[ours.name], samples[peer.name]
            rows[peer.name] = compared(
                work,
                ours.name,
                peer.name,
                pair,
                target,
                difference=differences.get(peer.name),
                note=note,
            )
    return [rows[peer.name] for peer, _ in peers]


def _why(error: Exception) -> str:
    """Why a side has no numbers."""
    if isinstance(error, ImportError):
        return f"not installed: {error.name or error}"
    if isinstance(error, MissingError):
        return str(error)
    if isinstance(error, UnequalError):
        return f"refused: {error}"
    return f"it raised {type(error).__name__}: {error}"
