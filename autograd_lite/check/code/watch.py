"""Running a hand-written function, and recording what its variables become.

This RUNS the user's code, with all that it does: nothing else in the package does. What it changes
is a copy: arguments, the object of a method, and global variables are as before afterwards, and so
are the modules that were stood in for and the trace function.
"""

import contextlib
import inspect
import io
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType, FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.code.events import Event, Run
from autograd_lite.check.code.inputs import Copier, exchanged, referenced
from autograd_lite.check.code.journal import Journal, journaling
from autograd_lite.check.code.recorder import Recorder
from autograd_lite.check.code.source import Source
from autograd_lite.check.code.stand_in import stand_in
from autograd_lite.check.code.symbols import SymbolTable
from autograd_lite.data import describe
from autograd_lite.errors import ClaimError

__all__ = ["run_plain", "watch"]

Arguments = Sequence[Any] | Mapping[str, Any]

_DATA = (float, np.floating, np.ndarray, list, tuple, dict)
"""What global variables may be that take part; models and functions among them do not."""


def watch(function: Callable[..., Any], arguments: Arguments = (), *, limit: int = 100_000) -> Run:
    """Run a function or bound method on traced arrays: what its variables become, line by line.

    This RUNS the code, twice: on plain numbers and on traced arrays.

    ``arguments`` are by position or by name. Every float in them, in the method's object and in
    global variables is a symbol; arrays that are traced already keep their own. Recorded are the
    local variables of the function and of methods of the same object, the attributes of the object,
    and what is in their dicts and lists; what it calls is followed, but not recorded.

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
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  (the user's)
    target = _Target.of(function, arguments)
    plain = _plainly(target)
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    journal = Journal(limit, target.where)
    try:
        with journaling(journal), contextlib.redirect_stdout(io.StringIO()):
            run = _run(target, SymbolTable(), journal)
    except Exception as error:  # noqa: BLE001  (whatever traced arrays cannot do)
        plain.notes.append(f"the code cannot be traced ({_said(error)}): numbers only")
        return plain
    if journal.exhausted or not _agree(plain.events, run.events):
        plain.notes.append("the code takes another way on traced arrays: numbers only")
        return plain
    return run


def run_plain(function: Callable[..., Any], arguments: Arguments = ()) -> Run:
    """The same as :func:`watch` on plain numbers: the same events, without formulas.

    >>> def double(x):
    ...     y = 2 * x
    >>> [(event.name, event.value) for event in run_plain(double, {"x": 1.5}).events]
    [('y', 3.0)]
    """
    return _plainly(_Target.of(function, arguments))


def _plainly(target: "_Target") -> Run:
    try:
        return _run(target, None, Journal())
    except (Exception, SystemExit) as error:
        raise target.failure(error) from error


class _Target(NamedTuple):
    """What is run: a function, what it may be wrapped around, its object, and its arguments."""

    function: Callable[..., Any]
    inner: Any  # for mypy, a function as attribute would be a method
    owner: Any
    bound: inspect.BoundArguments
    source: Source

    @classmethod
    def of(cls, given: Any, arguments: Arguments) -> "_Target":
        if not isinstance(given, FunctionType | MethodType) and not hasattr(given, "__wrapped__"):
            given = getattr(given, "__call__", given)  # noqa: B004  (an object's own)
        owner = given.__self__ if isinstance(given, MethodType) else None
        function = given.__func__ if isinstance(given, MethodType) else given
        inner: Any = inspect.unwrap(function)
        if not isinstance(inner, FunctionType):
            raise ClaimError(f"{describe(given)} has no Python code; give a function or method")
        if inspect.isgeneratorfunction(inner) or inspect.iscoroutinefunction(inner):
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
        return cls(function, inner, owner, bound, Source(inner.__code__.co_filename))

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


def _run(target: _Target, table: SymbolTable | None, journal: Journal) -> Run:
    run = Run(notes=journal.notes, traced=table is not None)
    copier = Copier(table)
    bound, owner = target.bound.arguments.copy(), None
    for name, value in bound.items():
        is_owner = value is target.owner and value is not None
        path = "self" if is_owner else name
        bound[name] = copier.copy(path, path, value)
        owner = bound[name] if is_owner else owner
    names = referenced(target.inner, type(owner) if owner is not None else None)
    names |= set(target.inner.__code__.co_freevars)
    shared = []

    def replace(name: str, value: Any) -> Any:
        found = stand_in(value, traced=table is not None)
        if found is value and name in names and isinstance(value, _DATA):
            shared.append(name)
            return copier.copy(name, name, value)
        return found

    with exchanged(target.inner, replace):
        space = target.inner.__globals__
        recorder = Recorder(
            target.inner.__code__, target.source, owner, space, shared, run, table, journal
        )
        call = inspect.BoundArguments(target.bound.signature, bound)
        with _tracing(recorder):
            run.result = target.function(*call.args, **call.kwargs)
    run.symbols = table.symbols if table is not None else {}
    return run


@contextlib.contextmanager
def _tracing(recorder: Recorder) -> Iterator[None]:
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
