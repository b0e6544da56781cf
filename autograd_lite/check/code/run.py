"""Running a hand-written function, and recording what its variables become.

This RUNS the user's code, with all that it does: nothing else in the package does. What it changes
is a copy: arguments, the object of a method, and global variables are as before afterwards, and so
are the modules that were stood in for and the trace function.
"""

import ast
import contextlib
import functools
import inspect
import io
import itertools
import linecache
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.code.borrowed import as_before, exchanged, is_data, outside
from autograd_lite.check.code.elements import Array
from autograd_lite.check.code.kept import RETURNED
from autograd_lite.check.code.scripts import is_interrupt
from autograd_lite.check.code.stand_in import stand_in
from autograd_lite.check.code.traced import Journal, Traced, journaling
from autograd_lite.check.code.variables import (
    Copier,
    SymbolMeaning,
    SymbolTable,
    Variable,
    variables_in,
)
from autograd_lite.data import describe
from autograd_lite.errors import ClaimError

# The statements of a file: which lines each takes, and which variables it names.


class _Statement(NamedTuple):
    """A statement: its first line, its text in one line, and the variables that it names.

    What it assigns to comes first; after an element comes what it is an element of.
    """

    line: int
    text: str
    names: tuple[str, ...] = ()


class _Statements:
    """The statements of a file, by line.

    >>> source = _Statements("", ["w[0] -= (lr *", "         g)"])
    >>> source.at(2)
    _Statement(line=1, text='w[0] -= (lr * g)', names=('w[0]', 'w', 'lr', 'g'))
    """

    def __init__(self, filename: str, lines: list[str] | None = None) -> None:
        self.filename = filename
        found = linecache.getlines(filename) if lines is None else lines
        self._lines = [line.rstrip("\r\n") for line in found]
        self._nodes = _nodes_by_line("\n".join(self._lines))

    def at(self, line: int) -> _Statement:
        """The statement of which the line is a part."""
        nodes = self._nodes.get(line)
        if not nodes:
            return _Statement(line, self._text(line, line))
        first, names = nodes[0].lineno, (name for node in nodes for name in _names(node))
        return _Statement(first, self._text(first, _last(nodes[-1])), tuple(dict.fromkeys(names)))

    def _text(self, first: int, last: int) -> str:
        return " ".join(line.strip() for line in self._lines[first - 1 : last])


@functools.lru_cache(maxsize=16)  # code is run several times, at several points
def _nodes_by_line(text: str) -> dict[int, tuple[ast.stmt, ...]]:
    """The innermost statements that take a line; several as in ``a = 1; b = 2``."""
    found: dict[int, tuple[ast.stmt, ...]] = {}
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a cell with magic commands still has its lines
        return found
    for node in ast.walk(tree):  # what is within others comes after them
        if isinstance(node, ast.stmt):
            lines = range(node.lineno, _last(node) + 1)
            before = found.get(node.lineno, ())
            same = tuple(one for one in before if (one.lineno, _last(one)) == (lines[0], lines[-1]))
            found |= dict.fromkeys(lines, (*same, node))
    return found


def _last(node: ast.stmt) -> int:
    """The last line of a statement; of one with a body, the last before that."""
    last = node.end_lineno or node.lineno
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not body:
        return last
    return max(node.lineno, getattr(body[0], "lineno", last) - 1)


def _names(node: ast.stmt) -> Iterator[str]:
    """The variables of a statement as they are spelled, those that it assigns to first."""
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    rest = [] if hasattr(node, "body") else [node]
    for part in (*targets, *rest):
        found = [one for one in ast.walk(part or ast.Pass()) if isinstance(one, _VARIABLE)]
        for one in sorted(found, key=lambda one: (one.lineno, one.col_offset)):
            yield ast.unparse(one)


_VARIABLE = ast.Name | ast.Attribute | ast.Subscript


# What a run of code gives: events, one for each change of a variable, with notes and symbols.


@dataclass(frozen=True, kw_only=True, eq=False)
class Event:
    """A variable was assigned, or changed in place.

    ``path`` is how the code spells the variable (``self.w``, ``grads['dW']``), ``name`` its last
    part; ``value`` is a copy. ``changed`` says which elements are new, ``aliases`` which other
    paths have the same memory. ``formula`` has the formulas of all elements as object array,
    ``symbols`` what stands in those of the changed ones, and ``makes`` the symbols that stand for
    them from then on; all are empty where nothing is traced. What is returned, and is in no
    variable, has the path ``return``. ``line`` counts from 1 in the file, and ``order`` from 0 in
    the run.
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
    makes: tuple[str, ...] = ()


@dataclass(kw_only=True, eq=False)
class Run:
    """All events of a run, with the function's own result.

    ``traced`` is False for a run on plain numbers; ``symbols`` has what each symbol in a formula
    stands for, and ``notes`` what was not followed, by line.
    """

    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    symbols: dict[str, SymbolMeaning] = field(default_factory=dict)
    result: Any = None
    traced: bool = False


# The trace function: after each line, what the variables of a frame have become.

MOST_EVENTS = 1000
"""So many events has a variable at most."""

Key = tuple[int, str]
"""The number of a frame, 0 for what all frames share, and a path."""


class _Seen(NamedTuple):
    """A variable as it was after the last line."""

    variable: Variable
    numbers: Array
    formulas: Array | None

    @classmethod
    def of(cls, variable: Variable) -> "_Seen":
        formulas = variable.formulas
        return cls(variable, variable.numbers.copy(), None if formulas is None else formulas.copy())


class _Recorder:
    """Records the events of a function's own frame, and of methods of the same object.

    To be set by ``sys.settrace``. With a table of symbols the formulas are recorded too, and
    replaced by symbols as soon as they are in a variable.
    """

    def __init__(
        self,
        code: CodeType,
        source: _Statements,
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
        for key, variable in self._variables(frame).items():
            if key not in self._seen:
                self._seen[key] = _Seen.of(variable)
        return self._after

    def _is_watched(self, frame: FrameType) -> bool:
        code = frame.f_code
        if code is self._code:
            return True
        if code.co_filename != self._code.co_filename or self._owner is None:
            return False
        return bool(code.co_argcount) and (frame.f_locals.get(code.co_varnames[0]) is self._owner)

    def _after(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Called before each line, and at the end: the line before it has been run."""
        if event in ("line", "return"):
            if frame in self._lines:
                self._look(frame, self._source.at(self._lines[frame]))
            self._lines[frame] = frame.f_lineno
        if event == "return":
            if frame.f_code is self._code and argument is not None:
                self._returned(frame, argument)
            number = self._frames.pop(frame)
            del self._lines[frame]
            self._seen = {key: seen for key, seen in self._seen.items() if key[0] != number}
        return self._after

    def _variables(self, frame: FrameType) -> dict[Key, Variable]:
        """The numbers that can be seen from a frame; what its ``self`` holds is shared by all."""
        number = self._frames[frame]
        variables = [(0, name, self._space.get(name)) for name in self._shared]
        for name, value in frame.f_locals.items():
            own = value is not self._owner or value is None
            variables.append((number, name, value) if own else (0, "self", value))
        return {
            (number, variable.path): variable
            for number, name, value in variables
            for variable in variables_in(name, name, value)
        }

    def _look(self, frame: FrameType, statement: _Statement) -> None:
        """Record what a statement has changed."""
        now = self._variables(frame)
        fresh, changed = [], {}
        known = {seen.variable.place: seen.variable for seen in self._seen.values()}
        for key, variable in now.items():
            seen = self._seen.get(key)
            if seen is None or not _is_same(seen.variable, variable):
                other = known.get(variable.place) if variable.place and seen is None else None
                if other is None or other.held is not variable.held:  # else another way to the same
                    fresh.append(key)
            elif (mask := _differs(seen.numbers, variable.numbers)).any():
                changed[key] = mask
        visible = {key: seen.variable for key, seen in self._seen.items()} | now
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

    def _returned(self, frame: FrameType, value: Any) -> None:
        """Record what a function returns without a variable: ``return X.T @ dz, dz.sum()``."""
        statement = self._source.at(frame.f_lineno)
        visible = {key: seen.variable for key, seen in self._seen.items()}
        known = {id(one.held) for one in visible.values()}
        parts = [(RETURNED, value)]
        if isinstance(value, tuple | list):
            parts = [(f"{RETURNED}[{place}]", one) for place, one in enumerate(value)]
        for path, part in parts:
            for variable in variables_in(path, path, part):
                if id(variable.held) not in known and variable.numbers.size:
                    key = self._frames[frame], variable.path
                    self._record(visible | {key: variable}, key, statement, None)

    def _record(
        self,
        visible: Mapping[Key, Variable],
        key: Key,
        statement: _Statement,
        changed: Array | None,
    ) -> None:
        """One event; ``changed`` is None for a new variable."""
        variable = visible[key]
        formulas, numbers = variable.formulas, variable.numbers
        before = self._seen[key].formulas if changed is not None else None
        symbols: tuple[str, ...] = ()
        made = len(self._table.made) if self._table is not None else 0
        if self._table is not None and formulas is not None:
            formulas = formulas.copy()
            fits = before is not None and before.shape == formulas.shape
            new = formulas[formulas != before] if fits else formulas
            symbols = self._table.used(new, self._journal.opaque)
            if changed is None:
                self._table.assign(variable, statement.line)
            else:
                self._table.update(variable, before, statement.line)
        self._events[variable.path] += 1
        if self._events[variable.path] > MOST_EVENTS:
            note = f"{variable.path} changes more than {MOST_EVENTS:,} times; the rest is left out"
            if note not in self._run.notes:
                self._run.notes.append(note)
            return
        others = {one.path: None for one in visible.values() if one.shares_memory(variable)}
        self._run.events.append(
            Event(
                name=variable.name,
                path=variable.path,
                value=numbers.copy() if numbers.ndim else float(numbers),
                line=statement.line,
                text=statement.text,
                order=len(self._run.events),
                in_place=changed is not None,
                changed=np.ones(numbers.shape, bool) if changed is None else changed,
                aliases=tuple(path for path in others if path != variable.path),
                formula=formulas,
                symbols=symbols,
                makes=tuple(self._table.made[made:]) if self._table is not None else (),
            )
        )

    def _remember(self, now: Mapping[Key, Variable], number: int, touched: Collection[Key]) -> None:
        """What there is now is what the next line is compared with, in every frame."""
        gone = {key for key in self._seen if key[0] in (0, number) and key not in now}
        kept = {key: seen for key, seen in self._seen.items() if key not in gone}
        if touched:
            kept = {
                key: _Seen.of(seen.variable)
                if _differs(seen.numbers, seen.variable.numbers).any()
                else seen
                for key, seen in kept.items()
            }
        self._seen = kept | {key: _Seen.of(now[key]) for key in touched}


def _is_same(old: Variable, new: Variable) -> bool:
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


def _in_order(keys: Iterable[Key], statement: _Statement) -> list[Key]:
    """First what the statement assigns to, as it stands there; then what else it names."""
    places = {name: place for place, name in reversed(list(enumerate(statement.names)))}
    return sorted(keys, key=lambda key: places.get(key[1], len(places)))


# Running a function.

Arguments = Sequence[Any] | Mapping[str, Any]


def watch(
    function: Callable[..., Any],
    arguments: Arguments = (),
    fed: Mapping[str, Any] | None = None,
    *,
    limit: int = 100_000,
) -> Run:
    """Run a function or bound method on traced arrays: what its variables become, line by line.

    This RUNS the code, twice: on plain numbers and on traced arrays.

    ``arguments`` are by position or by name. Every float in them, in the method's object and in
    global variables is a symbol; arrays that are traced already keep their own. Recorded are the
    local variables of the function and of methods of the same object, the attributes of the object,
    what is in their dicts and lists, and what is returned; what it calls is followed, but not
    recorded. ``fed`` has other numbers for what is given, by how the code spells it. A generator is
    run to its end, or for as many steps as a variable has events.

    The run on plain numbers is what it gives, with a note, where the code fails on traced arrays,
    takes another way there, or computes more than ``limit`` scalar formulas. Raises ClaimError
    where the code itself fails, with the line.

    >>> def backward(o, t, h):
    ...     do = 2 * (o - t)
    ...     dw = do * o * (1 - o) * h
    ...     return dw
    >>> for event in watch(backward, (0.75, 0.5, 2.0)).events:
    ...     print(event.name, event.value, event.formula)
    do 0.5 2·(o − t)
    dw 0.1875 do·o·(1 − o)·h
    """
    target = _Target.of(function, arguments)
    plain = _plainly(target, fed)
    journal = Journal(limit, target.where)
    try:
        with journaling(journal), contextlib.redirect_stdout(io.StringIO()):
            run = _run(target, SymbolTable(), journal, fed)
    except BaseException as error:  # whatever traced arrays cannot do
        if is_interrupt(error):
            raise
        plain.notes.append(f"the code cannot be traced ({_said(error)}): numbers only")
        return plain
    if journal.exhausted or not _agree(plain.events, run.events):
        plain.notes.append("the code takes another way on traced arrays: numbers only")
        return plain
    return run


def run_plain(
    function: Callable[..., Any], arguments: Arguments = (), fed: Mapping[str, Any] | None = None
) -> Run:
    """The same as :func:`watch` on plain numbers: the same events, without formulas.

    >>> def double(x):
    ...     y = 2 * x
    >>> [(event.name, event.value) for event in run_plain(double, {"x": 1.5}).events]
    [('y', 3.0)]
    """
    return _plainly(_Target.of(function, arguments), fed)


def _plainly(target: "_Target", fed: Mapping[str, Any] | None) -> Run:
    try:
        return _run(target, None, Journal(), fed)
    except BaseException as error:
        if is_interrupt(error):
            raise
        raise target.failure(error) from error


class _Target(NamedTuple):
    """What is run: a function, what it may be wrapped around, its object, and its arguments."""

    function: Callable[..., Any]
    inner: Any  # for mypy, a function as attribute would be a method
    owner: Any
    bound: inspect.BoundArguments
    source: _Statements

    @classmethod
    def of(cls, given: Any, arguments: Arguments) -> "_Target":
        if not isinstance(given, FunctionType | MethodType) and not hasattr(given, "__wrapped__"):
            given = getattr(given, "__call__", given)  # noqa: B004  (an object's own)
        owner = given.__self__ if isinstance(given, MethodType) else None
        function = given.__func__ if isinstance(given, MethodType) else given
        inner: Any = inspect.unwrap(function)
        if not isinstance(inner, FunctionType):
            raise ClaimError(f"{describe(given)} has no Python code; give a function or method")
        if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
            raise ClaimError(f"{inner.__name__} is run step by step; give it as a plain function")
        before = () if owner is None else (owner,)
        try:
            if isinstance(arguments, Mapping):
                bound = inspect.signature(function).bind(*before, **arguments)
            else:
                bound = inspect.signature(function).bind(*before, *arguments)
        except TypeError as error:
            raise ClaimError(f"{inner.__name__}: {error}; give its arguments in order") from None
        bound.apply_defaults()
        return cls(function, inner, owner, bound, _Statements(inner.__code__.co_filename))

    def where(self) -> str:
        """The line of the user's file in which the code is at the moment; "" before it runs."""
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code is not _run.__code__:
            if frame.f_code.co_filename == self.source.filename:
                return f"line {self.source.at(frame.f_lineno).line}: "
            frame = frame.f_back
        return ""

    def failure(self, error: BaseException) -> ClaimError:
        """What the user reads of an exception of the code: its last line in the user's file."""
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == self.source.filename and frame.lineno is not None
        ]
        if not lines:
            return ClaimError(f"{self.inner.__name__} raised {_said(error)}")
        line, text, _ = self.source.at(lines[-1])
        where = f"line {line}: `{text}`" if text else f"line {line}"
        return ClaimError(f"{where} raised {_said(error)}; correct it, or give other arguments")


def _run(
    target: _Target, table: SymbolTable | None, journal: Journal, fed: Mapping[str, Any] | None
) -> Run:
    run = Run(notes=journal.notes, traced=table is not None)
    copier = Copier(table, fed)
    bound, owner = target.bound.arguments.copy(), None
    for name, value in bound.items():
        is_owner = value is target.owner and value is not None
        path = "self" if is_owner else name
        bound[name] = copier.copy(path, path, value)
        owner = bound[name] if is_owner else owner
    names = outside(target.inner, target.owner)
    shared = []

    def replace(name: str, value: Any) -> Any:
        found = stand_in(value, traced=table is not None)
        if found is value and name in names and is_data(value):
            shared.append(name)
            return copier.copy(name, name, value)
        return found

    with as_before(), exchanged(target.inner, target.owner, replace):
        space = target.inner.__globals__
        recorder = _Recorder(
            target.inner.__code__, target.source, owner, space, shared, run, table, journal
        )
        call = inspect.BoundArguments(target.bound.signature, bound)
        with _tracing(recorder):
            run.result = target.function(*call.args, **call.kwargs)
            if inspect.isgenerator(run.result):
                run.result = [*itertools.islice(run.result, MOST_EVENTS)]
    run.symbols = table.symbols if table is not None else {}
    return run


@contextlib.contextmanager
def _tracing(recorder: _Recorder) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(recorder)
    try:
        yield
    finally:
        sys.settrace(before)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _agree(plain: Sequence[Event], traced: Sequence[Event]) -> bool:
    """Whether two runs changed the same variables in the same lines to the same numbers."""
    return len(plain) == len(traced) and all(
        one.path == other.path
        and one.line == other.line
        and np.shape(one.value) == np.shape(other.value)
        and np.allclose(one.value, other.value, rtol=1e-6, atol=1e-12, equal_nan=True)
        for one, other in zip(plain, traced, strict=True)
    )
