"""Which backend runs a graph: the one asked for, or the one that takes the least time for a run.

The seconds were measured; docs/compiling.md has them.
"""

import gc
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from autograd_lite.data import describe
from autograd_lite.engine import order
from autograd_lite.errors import DataError, GraphTooLargeError
from autograd_lite.fast.jit import Numba, has_numba
from autograd_lite.fast.kernels import Kernel
from autograd_lite.fast.program import Program
from autograd_lite.fast.python import Python
from autograd_lite.fast.scalars import Scalars
from autograd_lite.fast.straight import Straight
from autograd_lite.fast.tape import Tape
from autograd_lite.op import Structural
from autograd_lite.value import Value

__all__ = ["Choice", "choose"]

_PYTHON_STEP, _TAPE_STEP, _NUMPY_STEP = 11e-9, 3e-9, 2.5e-6
"""Seconds for an op on floats, in plain Python and on the tape, and for one on small arrays."""
_MOST_IN_PYTHON = 1_500
"""Scalar steps from which the tape saves more than half, so that to import numba pays soon."""
_MOST_IN_NUMBA = 2_000
"""Scalar steps that numba compiles as a straight line in seconds; it takes longer than linear."""
_MOST_EXPANDED = 20_000
"""Scalars to which a graph of arrays is expanded for a comparison; it takes 10 µs a scalar."""


class Choice(NamedTuple):
    """What runs the program, which backend that is, and why."""

    kernel: Kernel
    backend: str
    reason: str


@contextmanager
def _collector_paused() -> Iterator[None]:
    """What is compiled is made of many small objects and no cycle: the collector finds nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_collector_paused()
def choose(root: Value, wrt: Iterable[str], backend: str = "auto") -> Choice:
    """The kernel for ``root`` and its gradients with respect to the leaves ``wrt``, by label.

    Raises DataError for a backend that there is not, MissingExtraError where it needs numba,
    GraphTooLargeError for arrays of too many scalars for a backend of scalars.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, "w")
    >>> choose(w * w, ["w"]).backend
    'python'
    """
    named: dict[str, Callable[[Value, list[str]], Choice]] = {
        "auto": _automatic,
        "python": lambda root, wrt: _python(Scalars.of(root, wrt), "as asked"),
        "numba": _numba,
        "tape": lambda root, wrt: _tape(Scalars.of(root, wrt), "as asked"),
        "numpy": lambda root, wrt: _numpy(Program.of(root, wrt), False, "as asked"),
    }
    if backend not in named:
        raise DataError(f"there is no backend {describe(backend)}; they are {', '.join(named)}")
    return named[backend](root, list(wrt))


def _automatic(root: Value, wrt: list[str]) -> Choice:
    if not _has_arrays(root):
        return _of_scalars(Scalars.of(root, wrt))
    program = Program.of(root, wrt)
    try:
        scalars = Scalars.of(root, wrt, _MOST_EXPANDED)
    except GraphTooLargeError:
        return _numpy(
            program, has_numba(), f"more than {_MOST_EXPANDED:,} scalars are arrays' work"
        )
    count = len(scalars.program.steps)
    on_floats = count * (_TAPE_STEP if _for_tape(count) else _PYTHON_STEP)
    on_arrays = len(program.steps) * _NUMPY_STEP + count * _TAPE_STEP
    if on_floats < on_arrays:
        return _of_scalars(scalars)
    return _numpy(
        program,
        has_numba(),
        f"{len(program.steps):,} steps on arrays take some {_time(on_arrays)}, "
        f"{count:,} on floats {_time(on_floats)}",
    )


def _of_scalars(scalars: Scalars) -> Choice:
    count = len(scalars.program.steps)
    if _for_tape(count):
        return _tape(scalars, f"above {_MOST_IN_PYTHON:,} steps it is twice as fast as Python")
    reason = f"on floats it takes at most some {_time(count * _PYTHON_STEP)} a run"
    if count > _MOST_IN_PYTHON:
        reason += "; numba, which is not installed, would be faster"
    return _python(scalars, reason)


def _numba(root: Value, wrt: list[str]) -> Choice:
    try:
        scalars = Scalars.of(root, wrt, _MOST_EXPANDED if _has_arrays(root) else 2**62)
    except GraphTooLargeError:
        return _numpy(Program.of(root, wrt), True, "as asked, on arrays")
    if len(scalars.program.steps) <= _MOST_IN_NUMBA:
        return Choice(Straight(scalars, Numba()), "numba", "as asked, as a straight line")
    if _has_arrays(root):
        return _numpy(Program.of(root, wrt), True, "as asked, on arrays")
    return _tape(scalars, f"as asked; numba compiles a line of {_MOST_IN_NUMBA:,} steps at most")


def _python(scalars: Scalars, reason: str) -> Choice:
    return Choice(Straight(scalars, Python()), "python", reason)


def _tape(scalars: Scalars, reason: str) -> Choice:
    return Choice(Tape(scalars), "tape", reason)


def _numpy(program: Program, numba: bool, reason: str) -> Choice:
    from autograd_lite.fast.tensors.kernel import tensor_kernel

    return Choice(tensor_kernel(program, numba), "numba" if numba else "numpy", reason)


def _for_tape(count: int) -> bool:
    return count > _MOST_IN_PYTHON and has_numba()


def _has_arrays(root: Value) -> bool:
    return any(node.shape or isinstance(node.op, Structural) for node in order(root))


def _time(seconds: float) -> str:
    return f"{math.ceil(seconds * 1e6)} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.0f} ms"
