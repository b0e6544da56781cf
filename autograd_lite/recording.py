"""Whether operations on Values are recorded: everywhere, but within :func:`no_grad`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["is_recording", "no_grad", "recording", "switches"]

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

    It holds for the thread or task that opened it, and may also decorate a function.

    >>> import autograd_lite as ag
    >>> w = ag.Value(2.0)
    >>> with ag.no_grad():
    ...     y = w * w
    >>> y.parents
    ()
    """
    with recording(False):
        yield
