"""What a run of code gives: events, one for each change of a variable, with notes and symbols."""

from dataclasses import dataclass, field
from typing import Any

from autograd_lite.check.code.elements import Array
from autograd_lite.check.code.symbols import Symbol

__all__ = ["Event", "Run"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Event:
    """A variable was assigned, or changed in place.

    ``path`` is how the code spells the variable (``self.w``, ``grads['dW']``), ``name`` its last
    part; ``value`` is a copy. ``changed`` says which elements are new, ``aliases`` which other
    paths have the same memory. ``formula`` has the formulas of all elements as object array, and
    ``symbols`` what stands in those of the changed ones; both are empty where nothing is traced.
    ``line`` counts from 1 in the file, and ``order`` from 0 in the run.
    """

    name: str
    path: str
    value: Any
    line: int
    text: str
    order: int
    in_place: bool
    changed: Array
    aliases: tuple[str, ...] = ()
    formula: Array | None = None
    symbols: tuple[str, ...] = ()


@dataclass(kw_only=True, eq=False)
class Run:
    """All events of a run, with the function's own result.

    ``traced`` is False for a run on plain numbers; ``symbols`` has what each symbol in a formula
    stands for, and ``notes`` what was not followed, by line.
    """

    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    result: Any = None
    traced: bool = False
