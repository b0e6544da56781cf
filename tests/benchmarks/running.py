"""Running jobs, each in a process of its own, and keeping what they gave."""

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.groups import JOBS
from tests.benchmarks.job import Job, to_json
from tests.benchmarks.machine import busy_cores, machine, versions
from tests.benchmarks.report import as_markdown, brief
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import QUICK, Settings

__all__ = ["OtherMachineError", "load", "merged", "run_all", "save", "work"]

_LIMIT = 900
"""Seconds after which a job is given up."""


class OtherMachineError(Exception):
    """The results on file are of another machine or of other versions."""


_OWN = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
"""Settings that a machine may have and others do not: BLAS chooses its kernels by the processor,
and Python keeps what it compiled, so that an import is timed as the second one takes it."""


def environment(threads: int) -> dict[str, str]:
    """The settings that number the threads of BLAS, PyTorch, numba and XLA."""
    names = ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMBA")
    found = {
        f"{name}_NUM_THREADS".replace("MAXIMUM_NUM", "MAXIMUM"): str(threads) for name in names
    }
    multi = str(threads > 1).lower()
    flags = f"--xla_cpu_multi_thread_eigen={multi} intra_op_parallelism_threads={threads}"
    kept = {name: value for name, value in os.environ.items() if name not in _OWN}
    return {**kept, **found, "NPROC": str(threads), "XLA_FLAGS": flags}


def work(name: str, quick: bool) -> None:
    """What the process of a job does: run it, and print its rows as one line of JSON."""
    job = JOBS[name]
    try:
        rows = job.run(QUICK if quick else Settings())
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - whatever a side raises is a row of the report
        traceback.print_exc()
        rows = [failed(job, f"{type(error).__name__}: {error}")]
    print(f"\n{json.dumps(to_json(rows))}")


def failed(job: Job, reason: str) -> Row:
    """The row of a job that gave none."""
    return Row(job.name, "autograd_lite", reason=reason.partition("\n")[0])


def run_job(job: Job, quick: bool) -> dict[str, Any]:
    """Run a job in a process of its own, and return its rows as they are kept."""
    command = [sys.executable, "-m", "tests.benchmarks", "--work", job.name]
    others, start = busy_cores(), time.perf_counter()
    try:
        ran = subprocess.run(
            [*command, "--quick"] if quick else command,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            env=environment(job.threads),
            timeout=_LIMIT,
        )
        printed = ran.stdout.strip().splitlines() if ran.returncode == 0 else []
        why = f"its process ended with {ran.returncode}"
        rows = json.loads(printed[-1]) if printed else to_json([failed(job, why)])
    except subprocess.TimeoutExpired:
        rows = to_json([failed(job, f"it took more than {_LIMIT} s")])
    seconds = round(time.perf_counter() - start, 1)
    return {
        "group": job.group,
        "threads": job.threads,
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": seconds,
        "quick": quick,
        "busy cores": max((others, busy_cores()), key=lambda busy: busy or 0.0),
        "rows": rows,
    }


def run_all(jobs: Iterable[Job], folder: Path, quick: bool, part: bool) -> bool:
    """Run jobs one after the other, saving after each; whether it came to the end.

    Raises OtherMachineError where results of a ``part`` do not belong to those on file.
    """
    chosen = list(jobs)
    results = merged(load(folder), machine(), versions(), part)
    try:
        for place, job in enumerate(chosen, start=1):
            _say(f"[{place}/{len(chosen)}] {job.group}: {job.name}")
            kept = results["jobs"][job.name] = run_job(job, quick)
            save(results, folder)
            for line in brief(kept["rows"]):
                _say(f"    {line}")
    except KeyboardInterrupt:
        _say("Interrupted; what was measured is kept.")
        return False
    return True


def load(folder: Path) -> dict[str, Any]:
    """The results on file, or none."""
    path = folder / "benchmarks.json"
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def merged(
    old: Mapping[str, Any], here: Mapping[str, str], now: Mapping[str, str], part: bool
) -> dict[str, Any]:
    """The results to add to: those on file, where they are of this machine and these versions."""
    result = {"machine": dict(here), "versions": dict(now), "jobs": {}}
    same = old.get("machine") == result["machine"] and old.get("versions") == result["versions"]
    if old and part and not same:
        raise OtherMachineError(
            "the results on file are of another machine or of other versions: "
            "measure all, or give another --output"
        )
    if same:
        result["jobs"] = {name: kept for name, kept in old["jobs"].items() if name in JOBS}
    return result


def save(results: Mapping[str, Any], folder: Path) -> None:
    """Write the results as JSON and as Markdown, the jobs in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    ordered = {name: results["jobs"][name] for name in JOBS if name in results["jobs"]}
    whole = {**results, "jobs": ordered}
    text = json.dumps(whole, indent=1, ensure_ascii=False)
    (folder / "benchmarks.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / "benchmarks.md").write_text(as_markdown(whole), encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
