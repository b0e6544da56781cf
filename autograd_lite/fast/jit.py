"""Source compiled by numba, which the extra ``fast`` brings; machine code that is kept on disk."""

import importlib.util
import math
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np

from autograd_lite.errors import MissingExtraError
from autograd_lite.fast.straight import FROM_MATH, Emitted
from autograd_lite.op import Elementwise

# Where compiled code is kept between runs: one folder of the user's.
#
# It holds the generated source and, beside it, what numba compiled of it, and may be deleted at any
# time. ``AUTOGRAD_LITE_CACHE`` names another folder. Where nothing can be written, or others can
# write, nothing is kept.


def folder() -> Path:
    """The folder in which compiled code is kept.

    >>> folder().name
    'autograd_lite'
    """
    if chosen := os.environ.get("AUTOGRAD_LITE_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "autograd_lite"


def written(source: str) -> Path | None:
    """A file with that source, the same for the same source; None where none can be written.

    numba keeps its results beside the file, and compiles again when the file has changed: so it is
    left alone where it is there already.
    """
    import hashlib  # with tempfile 8 ms, which plain Python has no use for
    import tempfile

    path = folder() / f"compiled_{hashlib.sha256(source.encode()).hexdigest()[:32]}.py"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(path.parent):
            return None
        if not path.exists() or path.read_text(encoding="utf-8") != source:
            _bound(path.parent)
            # Under another name first: another process may be reading it.
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False
            ) as file:
                beside = Path(file.name)
                try:
                    file.write(source)
                    file.flush()
                    beside.replace(path)
                finally:
                    beside.unlink(missing_ok=True)  # where the disk is full
    except OSError:
        return None
    return path


def _is_own(base: Path) -> bool:
    """Whether nobody but this user can write into a folder: what is in it is run."""
    if not hasattr(os, "getuid"):
        return True
    status = base.stat()
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _bound(base: Path) -> None:
    """Delete the oldest of what is kept, where it has become too large."""
    found = [(one, one.stat()) for one in base.rglob("compiled_*") if one.is_file()]
    total = sum(status.st_size for _, status in found)
    for one, status in sorted(found, key=lambda kept: kept[1].st_mtime):
        if total <= _LARGEST:
            return
        one.unlink(missing_ok=True)
        total -= status.st_size


_LARGEST = 200_000_000
"""So many bytes are kept at most."""
_DAMAGED = (EOFError, LookupError, OSError, UnpicklingError, TypeError, ValueError, AttributeError)
"""What reading a damaged pickle raises."""


def has_numba() -> bool:
    """Whether numba is installed; it is not imported."""
    return importlib.util.find_spec("numba") is not None


def compiled(source: str, calls: Sequence[Elementwise] = ()) -> dict[str, Any]:
    """What a source defines, by name; each function is compiled when it is first called.

    A source that calls ops of the user's own, by the names f0, f1, ..., is compiled anew in each
    process, since they may have changed. Raises MissingExtraError without numba.
    """
    try:
        import numba  # noqa: F401 - whether it is there
    except ImportError as error:
        raise MissingExtraError(
            "this needs numba, which is not installed: pip install 'autograd-lite[fast]'"
        ) from error
    path = None if calls else written(_decorated(source, cached=True))
    if path is not None:
        try:
            return _from_disk(path, source)
        except (OSError, RuntimeError):  # numba finds no place where it could keep anything
            pass
    return _in_memory(source, calls)


def _in_memory(source: str, calls: Sequence[Elementwise] = ()) -> dict[str, Any]:
    from numba import njit

    names: dict[str, Any] = {name: getattr(math, name) for name in FROM_MATH}
    names |= {f"f{place}": njit(op.scalar) for place, op in enumerate(calls)}
    names["njit"] = njit
    # The source is made of the kernels of ops and numbers only; no label or text enters it.
    exec(compile(_decorated(source, cached=False), "<autograd_lite>", "exec"), names)
    return names


def _from_disk(path: Path, source: str) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    # What numba has kept finds the module of its function by name.
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        name: _repaired(found, name, source) if hasattr(found, "recompile") else found
        for name, found in vars(module).items()
    }


def _repaired(function: Any, name: str, source: str) -> Callable[..., Any]:
    """The function; where what numba has kept of it is damaged, it is compiled again.

    Where nothing more can be kept, as on a full disk, it is compiled in memory.
    """

    def call(*arguments: Any) -> Any:
        nonlocal function
        try:
            return function(*arguments)
        except _DAMAGED:
            pass
        try:
            function.recompile()  # forgets what was kept
            return function(*arguments)
        except OSError:
            function = _in_memory(source)[name]
            return function(*arguments)

    return call


def _decorated(source: str, cached: bool) -> str:
    """The source with a decorator at each function, and, as a module, with its imports."""
    # Division by 0 gives inf or nan, as in NumPy. No fast-math: sums keep their order.
    decorator = f'@njit(error_model="numpy", cache={cached})\n'
    header = f"from math import {', '.join(FROM_MATH)}\n\nfrom numba import njit\n\n\n"
    functions = source.replace("def ", f"{decorator}def ")
    return header + functions if cached else functions


class Numba:
    """The language of :class:`Straight` that needs numba."""

    most_routes = 2  # a turn takes a second

    def function(self, emitted: Emitted, name: str) -> Callable[..., Any]:
        """The function of that name."""
        found: Callable[..., Any] = compiled(emitted.source, emitted.calls)[name]
        return found

    def vector(self, numbers: Sequence[float]) -> np.ndarray[Any, Any]:
        """An array."""
        return np.array(numbers, float)
