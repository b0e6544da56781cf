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
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from .failed import FAILED
from .trial import Outcome, attempt
from .views import ALL, BUDGET

COUNT = 2_000


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
    outcomes = []
    for outcome in _outcomes(seeds, every, options.jobs):
        outcomes.append(outcome)
        for report in outcome.differences.values():
            print(report, flush=True)
        if len(outcomes) % 50 == 0 or len(outcomes) == len(seeds):
            differing = sum(map(bool, (one.differences for one in outcomes)))
            print(f"{len(outcomes):,} of {len(seeds):,} programs, {differing} differ", flush=True)
    return _summary(outcomes, every)


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


def _outcomes(seeds: Sequence[int], every: dict[str, int], jobs: int) -> Iterator[Outcome]:
    work = [(seed, [name for name in every if seed % every[name] == 0]) for seed in seeds]
    if jobs == 1:
        yield from map(attempt, work)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(attempt, work, chunksize=8)
        except BrokenProcessPool:
            sys.exit("a process died: with --jobs 1 the last count shown is near the seed")


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
