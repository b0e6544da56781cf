"""``python -m tests.benchmarks``: measure, and write the report to docs/."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.groups import JOBS
from tests.benchmarks.job import Job
from tests.benchmarks.running import OtherMachineError, run_all, work


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; 0 at the end, 130 when interrupted, 2 if asked wrongly."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure the package beside its peers (20 minutes on two cores).",
    )
    parser.add_argument("--list", action="store_true", help="list the jobs, and measure nothing")
    parser.add_argument(
        "--only", metavar="PATTERN", help="the jobs whose group or name has this in it"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few repetitions, to see that everything runs; writes to out/ by default",
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="default: docs")
    parser.add_argument("--work", metavar="JOB", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.work:
        work(options.work, options.quick)
        return 0
    chosen = [job for job in JOBS.values() if _fits(job, options.only or "")]
    if not chosen:
        parser.error(f"no job has {options.only!r} in its name or group; see --list")
    if options.list:
        for job in chosen:
            print(f"{job.group}: {job.name}")
        return 0
    folder = options.output or Path("out" if options.quick else "docs")
    try:
        ended = run_all(chosen, folder, options.quick, part=options.only is not None)
    except OtherMachineError as error:
        parser.error(str(error))
    print(folder / "benchmarks.md")
    return 0 if ended else 130


def _fits(job: Job, pattern: str) -> bool:
    return pattern.lower() in f"{job.group}: {job.name}".lower()


if __name__ == "__main__":
    sys.exit(main())
