"""What was measured on: processor, memory, versions. Nothing that tells whose machine it is."""

import os
import platform
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

__all__ = ["PEERS", "busy_cores", "machine", "versions"]

PEERS = ("micrograd", "autograd", "torch", "jax", "torchviz", "tinygrad")


def machine() -> dict[str, str]:
    """Processor, cores, memory and system."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{_memory() / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    """The version of everything that takes part; "–" for what is not installed."""
    found = {"Python": sys.version.split()[0]}
    for name in ("autograd-lite", "numpy", "numba", *PEERS):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "–"
    found["gcc"] = _first_line("gcc", "-dumpfullversion")
    found["clang"] = _first_line("clang", "-dumpversion")
    return found


def busy_cores(seconds: float = 0.3) -> float | None:
    """How many cores others keep busy while we do nothing; None where that cannot be read."""
    before = _ticks()
    time.sleep(seconds)
    after = _ticks()
    if before is None or after is None:
        return None
    idle, total = after[0] - before[0], after[1] - before[1]
    return round((1 - idle / max(total, 1)) * (os.cpu_count() or 1), 2)


def _ticks() -> tuple[int, int] | None:
    """The ticks that all cores were idle, and all ticks, since the start."""
    try:
        line = Path("/proc/stat").read_text(encoding="utf-8").partition("\n")[0]
    except OSError:
        return None
    ticks = [int(field) for field in line.split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _first_line(program: str, option: str) -> str:
    """What a program says of itself; "–" where there is none."""
    if shutil.which(program) is None:
        return "–"
    ran = subprocess.run([program, option], capture_output=True, text=True, check=False)
    return ran.stdout.strip().splitlines()[0] if ran.stdout.strip() else "–"
