"""Random programs, each view compared with eager: ``python -m tests.programs [SEEDS] [VIEW ...]``.

SEEDS is one seed or a range such as 0-400; without it, 2,000 from a new seed, which is printed,
after those that once failed. What differs is shown as a snippet that runs, cut down to the least
that differs. The exit code is 1 if anything differs, or if a view refuses more often than it may.
"""

import argparse
import multiprocessing
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from .failed import FAILED
from .trial import Outcome, attempt
from .views import ALL, BUDGET

COUNT = 2_000
CHUNK = 8
Work = tuple[int, Sequence[str]]
T = TypeVar("T")


def main() -> int:
    """Compare, print what differs and how often a view refused; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.programs", description=__doc__)
    parser.add_argument("seeds", nargs="?", help="one seed, or a range")
    parser.add_argument("views", nargs="*", help=f"only these views, of {', '.join(ALL)}")
    parser.add_argument("--from", type=int, dest="start", help="2,000 seeds from this one on")
    parser.add_argument("--jobs", type=int, default=1, help="so many processes")
    parser.add_argument("--without", action="append", default=[], help="all views but this one")
    parser.add_argument("--plain", action="store_true", help="the views that need NumPy only")
    options = parser.parse_args()
    seeds = list(_seeds(options.seeds, options.start))
    every = dict.fromkeys(options.views, 1) or {
        name: view.every for name, view in ALL.items() if not (options.plain and view.needs)
    }
    every = {name: often for name, often in every.items() if name not in options.without}
    work = [(seed, [name for name in every if seed % every[name] == 0]) for seed in seeds]
    came: list[Outcome] = []
    for outcome in outcomes(work, options.jobs):
        came.append(outcome)
        for report in outcome.differences.values():
            print(report, flush=True)
        if len(came) % 50 == 0 or len(came) == len(seeds):
            differing = sum(map(bool, (one.differences for one in came)))
            print(f"{len(came):,} of {len(seeds):,} programs, {differing} differ", flush=True)
    return _summary(came, every)


def _seeds(given: str | None, start: int | None) -> Iterator[int]:
    if given is not None:
        first, _, last = given.partition("-")
        yield from range(int(first), int(last or int(first) + 1))
        return
    if start is None:
        start = random.SystemRandom().randrange(10**9)
    print(
        f"{COUNT:,} programs from seed {start:,}: to repeat them, make oracles SEED={start}",
        flush=True,
    )
    yield from [*FAILED, *range(start, start + COUNT)]


def outcomes(
    work: Sequence[Work], jobs: int, attempt: Callable[[Work], Outcome] = attempt
) -> Iterator[Outcome]:
    """What came of each seed, in their order; one that dies takes no other with it."""
    if jobs == 1:
        yield from map(attempt, work)
        return
    done = 0
    while done < len(work):
        try:
            with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
                for outcome in pool.map(attempt, work[done:], chunksize=CHUNK):
                    yield outcome
                    done += 1
        except BrokenProcessPool:
            # It was one of those at work; further ones that are lost end the next pool.
            for one in work[done : done + CHUNK * jobs]:
                yield by_itself(one, attempt)
                done += 1


def by_itself(work: Work, attempt: Callable[[Work], Outcome] = attempt) -> Outcome:
    """What came of a seed in a process of its own; of each view in one, where that one is lost.

    That a peer's view is lost is a refusal, with the seed, and counts among what it may refuse;
    that one of ours is lost is a difference.
    """
    seed, names = work
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            return pool.submit(attempt, work).result()
    except BrokenProcessPool:
        if len(names) > 1:
            parts = [by_itself((seed, [name]), attempt) for name in names]
            return Outcome(
                seed,
                seconds=merged(part.seconds for part in parts),
                refused=merged(part.refused for part in parts),
                differences=merged(part.differences for part in parts),
            )
        (name,) = names
        lost = {name: f"--- seed {seed}, {name}: its process died"}
        theirs = bool(ALL[name].needs)
        return Outcome(seed, {name: 0.0}, lost if theirs else {}, {} if theirs else lost)


def merged(parts: Iterable[dict[str, T]]) -> dict[str, T]:
    """One dictionary of several."""
    return {name: value for part in parts for name, value in part.items()}


def _summary(outcomes: Sequence[Outcome], views: Iterable[str]) -> int:
    """Print what each view came to; 1 if that is not as it should be."""
    many = 0
    print(f"{'view':16}{'seconds':>9}{'refused':>9}{'differ':>8}")
    for name in views:
        refused = sum(name in one.refused for one in outcomes)
        differ = sum(name in one.differences for one in outcomes)
        allowed = BUDGET.get(name, 0.0)
        over = refused > allowed * len(outcomes) + 1
        many += over
        seconds = sum(one.seconds.get(name, 0.0) for one in outcomes)
        note = f"  more than the {allowed:.1%} allowed" if over else ""
        print(f"{name:16}{seconds:9.1f}{refused:9}{differ:8}{note}")
    reasons = Counter(f"{name}: {one}" for each in outcomes for name, one in each.refused.items())
    for reason, times in reasons.most_common():
        print(f"{times:6} {reason}")
    failed = sum(bool(one.differences) for one in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return int(failed > 0 or many > 0)


if __name__ == "__main__":
    sys.exit(main())
