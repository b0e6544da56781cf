"""What happens while code runs on traced arrays: what is lost, and how much it may compute."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from autograd_lite.errors import GraphTooLargeError

__all__ = ["Journal", "current_journal", "journaling"]


class Journal:
    """Notes of what was not followed, and a budget of scalar operations.

    ``where`` says where the code is at the moment; ``opaque`` has the symbols that stand for what
    was not followed, each with what it is the result of.

    >>> journal = Journal(limit=100, where=lambda: "line 3: ")
    >>> journal.lose("np.linalg.inv is not followed")
    >>> journal.notes
    ['line 3: np.linalg.inv is not followed']
    """

    def __init__(self, limit: int | None = None, where: Callable[[], str] = lambda: "") -> None:
        self.notes: list[str] = []
        self.opaque: dict[str, str] = {}
        self.spent = 0
        self._limit = limit
        self._where = where

    @property
    def exhausted(self) -> bool:
        """Whether more was asked for than the limit."""
        return self._limit is not None and self.spent > self._limit

    def lose(self, what: str) -> None:
        """Note what is not followed, once for each place."""
        note = self._where() + what
        if note not in self.notes:
            self.notes.append(note)

    def spend(self, count: int) -> None:
        """Count scalar operations. Raises GraphTooLargeError beyond the limit."""
        self.spent += count
        if self.exhausted:
            raise GraphTooLargeError(
                f"{self._where()}the code computes more than {self._limit:,} formulas of scalars; "
                "give it smaller arrays"
            )


_DEFAULT = Journal()
_current: ContextVar[Journal | None] = ContextVar("journal", default=None)


def current_journal() -> Journal:
    """The journal of the run that goes on in this thread; outside of any, one without a limit."""
    return _current.get() or _DEFAULT


@contextmanager
def journaling(journal: Journal) -> Iterator[Journal]:
    """Within this block, what happens goes into this journal.

    >>> with journaling(Journal()) as journal:
    ...     current_journal() is journal
    True
    """
    before = _current.set(journal)
    try:
        yield journal
    finally:
        _current.reset(before)
