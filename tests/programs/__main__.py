"""Random programs, each view compared with eager: ``python -m tests.programs 0-400 [view ...]``.

What differs is shown as a snippet that runs, cut down to the least that differs.
"""

import argparse
import sys
import traceback
from collections import Counter

from .generate import generate
from .program import Program
from .shrink import shrink
from .views import VIEWS, WITH_NUMBA, Case, DifferenceError, check


def main() -> int:
    """Compare, print what differs and how often a view refused; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.programs", description=__doc__)
    parser.add_argument("seeds", help="one seed, or a range: 0-400")
    parser.add_argument("views", nargs="*", help="only these views")
    parser.add_argument("--numba", action="store_true", help="also the backends that need numba")
    parser.add_argument("--whole", action="store_true", help="do not shrink what differs")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    views = {**VIEWS, **WITH_NUMBA} if options.numba else VIEWS
    names = options.views or [*views]
    refused: Counter[str] = Counter()
    failed = 0
    for seed in range(int(first), int(last or int(first) + 1)):
        program = generate(seed)
        case = Case(program)
        for name in names:
            problem, refusal = judge(case, name, views)
            if refusal:
                refused[f"{name}: {refusal}"] += 1
            if problem:
                failed += 1
                report(program, name, problem, views, options.whole)
    for kind, times in refused.most_common():
        print(f"{times:5} {kind}")
    print(f"{failed} differences")
    return int(failed > 0)


def judge(case: Case, name: str, views: dict) -> tuple[str, str]:  # type: ignore[type-arg]
    """What differs, or why there is no number."""
    try:
        return "", check(case, name, views)
    except DifferenceError as difference:
        return str(difference), ""
    except Exception:  # noqa: BLE001  (an error of no kind of ours is a failure too)
        return traceback.format_exc(limit=-2), ""


def report(program: Program, name: str, problem: str, views: dict, whole: bool) -> None:  # type: ignore[type-arg]
    """Print a failure as somebody can paste it."""
    kind = problem.startswith("Traceback")

    def fails(candidate: Program) -> bool:
        again, _ = judge(Case(candidate), name, views)
        return bool(again) and again.startswith("Traceback") == kind

    small = program if whole else shrink(program, fails)
    problem, _ = judge(Case(small), name, views)
    print(f"--- seed {program.seed}, {name}: {problem}\n{small}", flush=True)


sys.exit(main())
