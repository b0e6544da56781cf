"""The trace function: after each line, what the variables of a frame have become."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.code.elements import Array
from autograd_lite.check.code.events import Event, Run
from autograd_lite.check.code.journal import Journal
from autograd_lite.check.code.leaves import Leaf, leaves
from autograd_lite.check.code.source import Source, Statement
from autograd_lite.check.code.symbols import SymbolTable
from autograd_lite.check.code.traced import Traced

__all__ = ["MOST_EVENTS", "Recorder"]

MOST_EVENTS = 1000
"""So many events has a variable at most."""

Key = tuple[int, str]
"""The number of a frame, 0 for what all frames share, and a path."""


class _Seen(NamedTuple):
    """A variable as it was after the last line."""

    leaf: Leaf
    numbers: Array
    formulas: Array | None

    @classmethod
    def of(cls, leaf: Leaf) -> "_Seen":
        formulas = leaf.formulas
        return cls(leaf, leaf.numbers.copy(), None if formulas is None else formulas.copy())


class Recorder:
    """Records the events of a function's own frame, and of methods of the same object.

    To be set by ``sys.settrace``. With a table of symbols the formulas are recorded too, and
    replaced by symbols as soon as they are in a variable.
    """

    def __init__(
        self,
        code: CodeType,
        source: Source,
        owner: Any,
        space: Mapping[str, Any],
        shared: Collection[str],
        run: Run,
        table: SymbolTable | None,
        journal: Journal,
    ) -> None:
        self._code = code
        self._owner = owner
        self._space = space
        self._shared = shared
        self._run = run
        self._table = table
        self._journal = journal
        self._source = source
        self._frames: dict[FrameType, int] = {}
        self._lines: dict[FrameType, int] = {}
        self._count = 0
        self._seen: dict[Key, _Seen] = {}
        self._events: Counter[str] = Counter()

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        """Called for each new frame: whether its lines are of interest."""
        if event != "call" or not self._is_watched(frame):
            return None
        self._count += 1
        self._frames[frame] = self._count
        for key, leaf in self._leaves(frame).items():
            if key not in self._seen:
                self._seen[key] = _Seen.of(leaf)
        return self._after

    def _is_watched(self, frame: FrameType) -> bool:
        code = frame.f_code
        if code is self._code:
            return True
        if code.co_filename != self._code.co_filename or self._owner is None:
            return False
        return bool(code.co_argcount) and (frame.f_locals.get(code.co_varnames[0]) is self._owner)

    def _after(self, frame: FrameType, event: str, _: Any) -> Any:
        """Called before each line, and at the end: the line before it has been run."""
        if event in ("line", "return"):
            if frame in self._lines:
                self._look(frame, self._source.at(self._lines[frame]))
            self._lines[frame] = frame.f_lineno
        if event == "return":
            number = self._frames.pop(frame)
            del self._lines[frame]
            self._seen = {key: seen for key, seen in self._seen.items() if key[0] != number}
        return self._after

    def _leaves(self, frame: FrameType) -> dict[Key, Leaf]:
        """The numbers that can be seen from a frame; what its ``self`` holds is shared by all."""
        number = self._frames[frame]
        variables = [(0, name, self._space.get(name)) for name in self._shared]
        for name, value in frame.f_locals.items():
            own = value is not self._owner or value is None
            variables.append((number, name, value) if own else (0, "self", value))
        return {
            (number, leaf.path): leaf
            for number, name, value in variables
            for leaf in leaves(name, name, value)
        }

    def _look(self, frame: FrameType, statement: Statement) -> None:
        """Record what a statement has changed."""
        now = self._leaves(frame)
        fresh, changed = [], {}
        known = {seen.leaf.place: seen.leaf for seen in self._seen.values()}
        for key, leaf in now.items():
            seen = self._seen.get(key)
            if seen is None or not _is_same(seen.leaf, leaf):
                other = known.get(leaf.place) if leaf.place and seen is None else None
                if other is None or other.held is not leaf.held:  # else another way to the same
                    fresh.append(key)
            elif (mask := _differs(seen.numbers, leaf.numbers)).any():
                changed[key] = mask
        visible = {key: seen.leaf for key, seen in self._seen.items()} | now
        waiting = _in_order(changed, statement)
        while waiting:
            key = waiting.pop(0)
            self._record(visible, key, statement, changed[key])
            waiting = [other for other in waiting if not now[other].shares_memory(now[key])]
        recorded = set()
        for key in _in_order(fresh, statement):
            place = now[key].place
            if place is None or place not in recorded:
                self._record(visible, key, statement, None)
            recorded.add(place)
        self._remember(now, self._frames[frame], {*fresh, *changed, *(now.keys() - self._seen)})

    def _record(
        self, visible: Mapping[Key, Leaf], key: Key, statement: Statement, changed: Array | None
    ) -> None:
        """One event; ``changed`` is None for a new variable."""
        leaf = visible[key]
        formulas, numbers = leaf.formulas, leaf.numbers
        before = self._seen[key].formulas if changed is not None else None
        symbols: tuple[str, ...] = ()
        if self._table is not None and formulas is not None:
            formulas = formulas.copy()
            fits = before is not None and before.shape == formulas.shape
            new = formulas[formulas != before] if fits else formulas
            symbols = self._table.used(new, self._journal.opaque)
            if changed is None:
                self._table.assign(leaf, statement.line)
            else:
                self._table.update(leaf, before, statement.line)
        self._events[leaf.path] += 1
        if self._events[leaf.path] > MOST_EVENTS:
            note = f"{leaf.path} changes more than {MOST_EVENTS:,} times; the rest is left out"
            if note not in self._run.notes:
                self._run.notes.append(note)
            return
        others = {one.path: None for one in visible.values() if one.shares_memory(leaf)}
        self._run.events.append(
            Event(
                name=leaf.name,
                path=leaf.path,
                value=numbers.copy() if numbers.ndim else float(numbers),
                line=statement.line,
                text=statement.text,
                order=len(self._run.events),
                in_place=changed is not None,
                changed=np.ones(numbers.shape, bool) if changed is None else changed,
                aliases=tuple(path for path in others if path != leaf.path),
                formula=formulas,
                symbols=symbols,
            )
        )

    def _remember(self, now: Mapping[Key, Leaf], number: int, touched: Collection[Key]) -> None:
        """What there is now is what the next line is compared with, in every frame."""
        gone = {key for key in self._seen if key[0] in (0, number) and key not in now}
        kept = {key: seen for key, seen in self._seen.items() if key not in gone}
        if touched:
            kept = {
                key: _Seen.of(seen.leaf)
                if _differs(seen.numbers, seen.leaf.numbers).any()
                else seen
                for key, seen in kept.items()
            }
        self._seen = kept | {key: _Seen.of(now[key]) for key in touched}


def _is_same(old: Leaf, new: Leaf) -> bool:
    """Whether a variable holds the same array, which may have become a traced one meanwhile."""
    return new.held is old.held or (
        isinstance(old.held, np.ndarray)
        and isinstance(new.held, Traced)
        and new.held.numbers is old.held
    )


def _differs(old: Array, new: Array) -> Array:
    """Which numbers are others; all, where the shape is another."""
    if old.shape != new.shape:
        return np.ones(new.shape, bool)
    return np.asarray((old != new) & ~(np.isnan(old) & np.isnan(new)))


def _in_order(keys: Iterable[Key], statement: Statement) -> list[Key]:
    """First what the statement assigns to, as it stands there; then what else it names."""
    places = {name: place for place, name in reversed(list(enumerate(statement.names)))}
    return sorted(keys, key=lambda key: places.get(key[1], len(places)))
