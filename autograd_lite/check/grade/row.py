"""A row: one submission, graded."""

from dataclasses import dataclass
from typing import Any

from autograd_lite.check.finding import Finding, Verdict
from autograd_lite.check.grade.items import Item
from autograd_lite.check.report import Report
from autograd_lite.check.views.words import name_of, place_of

__all__ = ["Row"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """What became of one submission: its report and points, or the error that it ended in.

    ``stated`` are the weights, inputs and targets for which it has numbers of its own, at which it
    was judged; ``notes`` say what a lecturer should know of it.

    >>> row = Row(name="anna.md", items=(Item("dE/dw", 2, 1.5, 1), Item("dE/db", 1)))
    >>> row.points, row.possible, row.unanswered
    (1.5, 3, ('dE/db',))
    """

    name: str
    files: tuple[str, ...] = ()
    report: Report | None = None
    items: tuple[Item, ...] = ()
    stated: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def points(self) -> float:
        """What was earned."""
        return sum(item.earned for item in self.items)

    @property
    def possible(self) -> float:
        """What could have been earned."""
        return sum(item.points for item in self.items)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The expected quantities that nobody claimed."""
        return tuple(item.quantity for item in self.items if not item.answers)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found for each claim."""
        return self.report.findings if self.report else ()

    def count(self, verdict: Verdict) -> int:
        """How many claims have this verdict."""
        return self.report.count(verdict) if self.report else 0

    @property
    def roots(self) -> tuple[Finding, ...]:
        """The mistakes themselves, without what follows from them."""
        return self.report.roots if self.report else ()

    @property
    def first_mistake(self) -> str:
        """The first mistake in one line; "" where there is none.

        >>> wrong = Finding(name="dw", given=1.0, quantity="dE/dw", verdict="wrong", line=3)
        >>> Row(name="anna.md", report=Report("E", [wrong])).first_mistake
        'dw (line 3): no cause found'
        """
        if not self.roots:
            return ""
        first = self.roots[0]
        name, place = name_of(first), place_of(first)
        cause = next((f"{one.kind}: {one.sentence}" for one in first.causes), "")
        said = cause or first.reason or "no cause found"
        return f"{name} ({place}): {said}" if place else f"{name}: {said}"

    def as_dict(self) -> dict[str, Any]:
        """The row in dicts, lists, strings and numbers, with every finding."""
        findings = self.report.as_dict()["findings"] if self.report else []
        return {
            "submission": self.name,
            "files": list(self.files),
            "error": self.error,
            "notes": list(self.notes),
            "stated": list(self.stated),
            "points": self.points,
            "possible": self.possible,
            "wrong_roots": [root.quantity or root.name for root in self.roots],
            "first_mistake": self.first_mistake,
            "unanswered": list(self.unanswered),
            "items": [item._asdict() for item in self.items],
            "findings": findings,
        }
