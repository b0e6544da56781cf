"""What became of a derivation, as tests/golden has it, and the figures of many of them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

__all__ = ["Outcome", "figures", "record", "recorded"]


class Outcome(NamedTuple):
    """The mistake's fate, the lines that were judged, and how many right ones were blamed.

    ``fate`` is "right" where there is no mistake; else "named first", "named", "found", "unread",
    or "passed" where the mistaken line is called right.
    """

    fate: str
    read: int
    lines: int
    blamed: int

    def __str__(self) -> str:
        return f"{self.fate}, {self.read} of {self.lines} read, {self.blamed} blamed"

    @classmethod
    def of(cls, text: str) -> Self:
        """An outcome as it is recorded."""
        fate, read, blamed = text.split(", ")
        return cls(fate, int(read.split()[0]), int(read.split()[2]), int(blamed.split()[0]))


def recorded(path: Path) -> dict[str, Outcome]:
    """The recorded outcome of each derivation by its name, which is unique."""
    found: dict[str, str] = json.loads(path.read_text("utf-8"))
    return {name: Outcome.of(text) for name, text in found.items()}


def record(path: Path, name: str, now: Outcome) -> None:
    """Write an outcome down, beside those of the others."""
    all_of_them = {one: str(outcome) for one, outcome in recorded(path).items()}
    text = json.dumps(all_of_them | {name: str(now)}, ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def figures(title: str, outcomes: Iterable[Outcome]) -> str:
    """The four figures as a row of the table in docs/checker-how.md."""
    them = list(outcomes)
    read, lines = sum(one.read for one in them), sum(one.lines for one in them)
    mistakes = [one for one in them if one.fate != "right"]
    first = sum(one.fate == "named first" for one in mistakes)
    passed = sum(one.fate == "passed" for one in mistakes)
    cells = (
        title,
        len(them),
        f"{read} of {lines} ({read / lines:.0%})",
        sum(one.blamed for one in them),
        passed,
        f"{first} of {len(mistakes)} ({first / len(mistakes):.0%})",
    )
    return "| " + " | ".join(map(str, cells)) + " |"
