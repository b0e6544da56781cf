"""What is recorded, and where nan and inf come from: the blocks that a program may open."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd_lite.data import show
from autograd_lite.errors import AnomalyError
from autograd_lite.op import Op, primal

__all__ = [
    "detect_anomaly",
    "is_anomaly",
    "is_recording",
    "no_grad",
    "recording",
    "refuse_backward",
    "refuse_forward",
    "switches",
    "watching",
]

# Recording

_wanted = ContextVar("recording", default=True)

switches: list[bool] = []
"""The blocks that are open in any thread. While there are none, nobody has to ask the context,
which on the shortest way of a scalar costs a twentieth of the time."""


def is_recording() -> bool:
    """Whether this thread or task records what it computes."""
    return not switches or _wanted.get()


@contextmanager
def recording(wanted: bool) -> Iterator[None]:
    """Within this block, and in this thread or task only, results are recorded or not.

    >>> with recording(False), recording(True):
    ...     is_recording()
    True
    """
    switches.append(wanted)
    before = _wanted.set(wanted)
    try:
        yield
    finally:
        _wanted.reset(before)
        switches.pop()


@contextmanager
def no_grad() -> Iterator[None]:
    """Within this block nothing is recorded: results are Values without parents.

    It holds for the thread or task that opened it, and may also decorate a function. A backward
    pass from such a result raises GraphError.

    >>> import autograd_lite as ag
    >>> w = ag.Value(2.0)
    >>> with ag.no_grad():
    ...     y = w * w
    >>> y.parents
    ()
    """
    with recording(False):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Within this block the first op that makes nan or inf of finite numbers raises AnomalyError.

    The message names the op, forward or backward, with its operands by their labels and numbers;
    the traceback has the line of the program. It holds for all threads, and computing takes some
    two to five times as long. A compiled step is not watched.

    >>> import autograd_lite as ag
    >>> x = ag.Value([4.0, 0.0], label="x")
    >>> with ag.detect_anomaly():
    ...     ag.log(x)
    Traceback (most recent call last):
    autograd_lite.errors.AnomalyError: log made -inf at [1]; it was given x = [4., 0.]
    >>> with ag.detect_anomaly():
    ...     ag.sqrt(x).sum().backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd_lite.errors.AnomalyError: backward: sqrt made inf at [1] of the gradient of ...
    """
    with recording(is_recording()), np.errstate(all="ignore"):  # the error says more
        watching.append(True)
        try:
            yield
        finally:
            watching.pop()


# What is watched: after each op, forward and backward, whether it made nan or inf

watching: list[bool] = []
"""The blocks of ``detect_anomaly`` that are open in any thread."""


def is_anomaly(data: Any, *sources: Any) -> bool:
    """Whether there is nan that was in no source, or inf where all sources were finite.

    >>> is_anomaly(np.inf, 1.0), is_anomaly(np.inf, -np.inf), is_anomaly(np.nan, np.inf)
    (True, False, True)
    """
    numbers = primal(data)
    if not isinstance(numbers, float | np.ndarray) or np.all(np.isfinite(numbers)):
        return False  # a formula is fine
    had_nan = any(np.any(np.isnan(primal(one))) for one in sources)
    finite = all(np.all(np.isfinite(primal(one))) for one in sources)
    return finite or (not had_nan and bool(np.any(np.isnan(numbers))))


def refuse_forward(op: Op, data: Any, operands: Sequence[Any]) -> None:
    """Raise AnomalyError where an op makes nan or inf, or is given a nan that was there before.

    >>> refuse_forward(Op.__new__(Op), 1.0, [2.0])
    """
    if is_anomaly(data, *operands):
        raise AnomalyError(f"{op.name} made {_first(data)}; it was given {_listed(operands)}")
    if np.any(np.isnan(data)):
        raise AnomalyError(f"{op.name} was given nan, which was there before: {_listed(operands)}")


def refuse_backward(node: Any, operand: Any, cotangent: Any, part: Any) -> None:
    """Raise AnomalyError where a derivative makes nan or inf of a gradient."""
    if is_anomaly(part, cotangent):
        raise AnomalyError(
            f"backward: {node.op.name} made {_first(part)} of the gradient of {node.describe()}, "
            f"on the way to {operand.describe()}; it was given {_listed(node.operands)}"
        )


def _first(data: Any) -> str:
    """The first number that is not finite, and where."""
    numbers = np.asarray(primal(data))
    index = np.argwhere(~np.isfinite(numbers))[0].tolist()
    return str(numbers[tuple(index)]) + (f" at {index}" if index else "")


def _listed(operands: Sequence[Any]) -> str:
    """Operands by their labels and numbers."""
    return ", ".join(
        f"{getattr(one, 'label', '') or f'operand {place}'} = {show(primal(one))}"
        for place, one in enumerate(operands)
    )
