"""One program, all its views: what differs, as a report, and what refuses."""

import time
import traceback
from collections.abc import Sequence
from typing import NamedTuple

from .generate import generate
from .peers import LacksError
from .program import Program
from .shrink import shrink
from .views import Case, DifferenceError, check


class Outcome(NamedTuple):
    """What came of a seed: the seconds of each view, refusals, and differences as reports."""

    seed: int
    seconds: dict[str, float]
    refused: dict[str, str]
    differences: dict[str, str]


def attempt(work: tuple[int, Sequence[str]]) -> Outcome:
    """Compare the views of the program of a seed."""
    seed, views = work
    program = generate(seed)
    outcome = Outcome(seed, {}, {}, {})
    case = Case(program)
    for name in views:
        started = time.perf_counter()
        problem, refusal = _judge(case, name)
        outcome.seconds[name] = time.perf_counter() - started
        if refusal:
            outcome.refused[name] = refusal
        if problem:
            outcome.differences[name] = _report(program, name, problem)
    return outcome


def _judge(case: Case, name: str) -> tuple[str, str]:
    """What differs, or why there is no number."""
    try:
        return "", check(case, name)
    except DifferenceError as difference:
        return f"{difference}", ""
    except LacksError as lack:
        return "", f"has no {lack}"
    except Exception:  # noqa: BLE001  (an error of no kind of ours is a failure too)
        return traceback.format_exc(limit=-2), ""


def _kind(problem: str) -> str:
    """What two problems of one cause have in common: that they differ, or where they raise."""
    return problem.rpartition("File")[2] if problem.startswith("Traceback") else ""


def _report(program: Program, name: str, problem: str) -> str:
    """A failure as somebody can paste it."""

    def fails(candidate: Program) -> bool:
        again, _ = _judge(Case(candidate), name)
        return bool(again) and _kind(again) == _kind(problem)

    small = shrink(program, fails)
    problem, _ = _judge(Case(small), name)
    return f"--- seed {program.seed}, {name}: {problem}\n{small}"
