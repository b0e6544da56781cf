"""``ag.compile``: a graph, or a function, as a step that computes the value and its gradients."""

import gc
import inspect
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter
from types import FrameType
from typing import Any, NamedTuple, overload

import numpy as np

from autograd_lite.data import Data, as_data, check_positive, describe
from autograd_lite.engine import order
from autograd_lite.errors import (
    DataError,
    GraphError,
    GraphTooLargeError,
    NameLookupError,
    ShapeError,
)
from autograd_lite.fast.jit import Numba, has_numba
from autograd_lite.fast.program import Descent, Inputs, Kernel, Program, Signature, Vector
from autograd_lite.fast.straight import Python, Scalars, Straight, has_arrays
from autograd_lite.fast.tape import Tape
from autograd_lite.ops.shaping import refuse_decided
from autograd_lite.recording import recording
from autograd_lite.value import Constant, Value

# Which backend runs a graph: the one asked for, or the one that takes the least time for a run.
#
# The seconds were measured; docs/compiling.md has them.


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
def choose(root: Value, signature: Signature, backend: str = "auto") -> Choice:
    """The kernel for ``root`` and its gradients.

    Raises DataError for a backend that there is not, MissingExtraError where it needs numba,
    GraphTooLargeError for arrays of too many scalars for a backend of scalars.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, "w")
    >>> choose(w * w, Signature.of(w * w)).backend
    'python'
    """
    named: dict[str, Callable[[], Choice]] = {
        "auto": lambda: _automatic(root, signature),
        "python": lambda: _python(Scalars.signed(root, signature), "as asked"),
        "numba": lambda: _numba(root, signature),
        "tape": lambda: _tape(Scalars.signed(root, signature), "as asked"),
        "numpy": lambda: _numpy(Program.signed(root, signature), False, "as asked"),
    }
    if backend not in named:
        raise DataError(f"there is no backend {describe(backend)}; they are {', '.join(named)}")
    return named[backend]()


def _automatic(root: Value, signature: Signature) -> Choice:
    if not has_arrays(root):
        return _of_scalars(Scalars.signed(root, signature))
    program = Program.signed(root, signature)
    try:
        scalars = Scalars.signed(root, signature, _MOST_EXPANDED)
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


def _numba(root: Value, signature: Signature) -> Choice:
    try:
        scalars = Scalars.signed(root, signature, _MOST_EXPANDED if has_arrays(root) else 2**62)
    except GraphTooLargeError:
        return _numpy(Program.signed(root, signature), True, "as asked, on arrays")
    if len(scalars.program.steps) <= _MOST_IN_NUMBA:
        return Choice(Straight(scalars, Numba()), "numba", "as asked, as a straight line")
    if has_arrays(root):
        return _numpy(Program.signed(root, signature), True, "as asked, on arrays")
    return _tape(scalars, f"as asked; numba compiles a line of {_MOST_IN_NUMBA:,} steps at most")


def _python(scalars: Scalars, reason: str) -> Choice:
    return Choice(Straight(scalars, Python()), "python", reason)


def _tape(scalars: Scalars, reason: str) -> Choice:
    return Choice(Tape(scalars), "tape", reason)


def _numpy(program: Program, numba: bool, reason: str) -> Choice:
    from autograd_lite.fast.tensors import tensor_kernel

    return Choice(tensor_kernel(program, numba), "numba" if numba else "numpy", reason)


def _for_tape(count: int) -> bool:
    return count > _MOST_IN_PYTHON and has_numba()


def _time(seconds: float) -> str:
    return f"{math.ceil(seconds * 1e6)} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.0f} ms"


# A graph, compiled: one step at a time, or a whole descent.


_data: Callable[[Value], Data] = attrgetter("_data")

_PAUSE = 0.05
"""Seconds after which a compiled loop comes back, to report and to be interrupted."""


class Compiled:
    """A compiled graph: ``value, gradients = step(**arrays)``, by label.

    An input that is not given has the data that its Value has at the time of the call. ``backend``
    is what runs it and ``reason`` why; ``kernel`` does the work on data in the order of ``inputs``.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, "w")
    >>> step = Compiled(w * w)
    >>> step()
    (9.0, {'w': 6.0})
    >>> step(w=5.0)
    (25.0, {'w': 10.0})
    >>> step
    <compiled step(w), python, 6 lines: on floats it takes at most some 1 µs a run>
    """

    def __init__(
        self,
        root: Value,
        *,
        wrt: Iterable[str] | None = None,
        backend: str = "auto",
        arguments: Iterable[Value] = (),
    ) -> None:
        signature = Signature.of(root, wrt, arguments)
        refuse_decided(order(root), "a compiled program")
        leaves, self.wanted = signature
        for leaf in (leaves[label] for label in self.wanted) if wrt is None else ():
            if not leaf.label:
                raise NameLookupError(
                    f"{leaf.describe()} has no label by which its gradient could be named; label "
                    "it, as in Value(data, 'w'), make it a Constant, or say which are wanted with "
                    "wrt=[...]"
                )
        self.inputs = signature.inputs
        self._all, self._weights = Inputs(self.inputs), Inputs(signature.wanted_inputs)
        self._leaves = leaves
        self._still = [leaf for label, leaf in leaves.items() if label not in set(self.wanted)]
        self.kernel, self.backend, self.reason = choose(root, signature, backend)

    def __call__(self, /, **arrays: Any) -> tuple[float, dict[str, Any]]:
        """The value, and the gradients by label: floats, and arrays of the caller's own.

        Raises NameLookupError for a label that no input has, ShapeError for another shape.
        """
        value, gradients = self.kernel.run(self._data(arrays))
        return value, dict(zip(self.wanted, gradients, strict=True))

    def flat(self, vector: Any) -> tuple[float, Vector]:
        """The value, and the gradients as one vector: what an optimiser calls.

        ``vector`` has the inputs whose gradients are computed one after the other, in the order of
        ``wanted``, each in reading order, as :meth:`pack` makes it; the gradients come out in the
        same order. The other inputs have the data that their Values have at the time of the call.
        Raises ShapeError for a vector of another length.

        >>> import autograd_lite as ag
        >>> w, b = ag.Value([1.0, 2.0], "w"), ag.Value(3.0, "b")
        >>> Compiled((w * w).sum() * b, wrt=["w", "b"]).flat([1.0, 2.0, 3.0])
        (15.0, array([ 6., 12.,  5.]))
        """
        return self.kernel.flat(self._vector(vector), list(map(_data, self._still)))

    def pack(self, /, **arrays: Any) -> Vector:
        """The vector of :meth:`flat`, of the data that its Values have, or of others by label."""
        now = [self._leaves[label]._data for label in self.wanted]
        return self._weights.vector(self._weights.bound(arrays, now))

    def unpack(self, vector: Any) -> dict[str, Any]:
        """The parts of a vector by label: floats, and arrays of the caller's own."""
        parts = self._weights.arrays(self._vector(vector))
        return dict(zip(self.wanted, parts, strict=True))

    def _vector(self, given: Any) -> Vector:
        vector = given if isinstance(given, np.ndarray) else as_data(getattr(given, "_data", given))
        if np.shape(vector) != (self._weights.size,):
            parts = ", ".join(f"{label} {self._leaves[label].shape}" for label in self.wanted)
            raise ShapeError(
                f"a vector of shape {np.shape(vector)} was given; it takes {self._weights.size:,} "
                f"numbers in one row, those of {parts or 'nothing'}"
            )
        return self._weights.rounded(np.asarray(vector, float))

    def descend(
        self,
        rate: float,
        threshold: float = -np.inf,
        steps: int = 1_000_000,
        progress: Callable[[int, float], None] | None = None,
    ) -> Descent:
        """Gradient descent on the Values themselves: ``w.data -= rate·gradient``, all in the loop.

        Before each step the value is tested: below the threshold it ends. ``progress`` is called
        with the number of steps done and the value there, some twenty times a second, and at the
        last test. An interrupt leaves the data of the last twentieth of a second or so. Raises
        DataError for a rate that is no positive number, and GraphError where the value becomes nan.

        >>> import autograd_lite as ag
        >>> w = ag.Value(3.0, "w")
        >>> Compiled(w * w).descend(rate=0.25, threshold=0.1).done
        4
        >>> w.data
        0.1875
        """
        check_positive("rate", rate)
        if not (isinstance(steps, int | np.integer) and steps >= 1):
            raise DataError(f"descend was asked for {describe(steps)} steps; give at least 1")
        now, done, size = self._data({}), 0, 1
        tested = -1
        try:
            while True:
                if progress is not None:
                    tested = done
                    # Below inf it ends before a step; a second function would have to compile.
                    progress(done, self.kernel.descend(now, rate, np.inf, 1).value)
                started = time.perf_counter()
                count = min(size, steps - done)
                ended = self.kernel.descend(now, rate, threshold, count)
                if np.isnan(ended.value):
                    now, done = self._before_nan(now, rate, count, done)
                    raise GraphError(
                        f"the value is nan after {done:,} steps of rate {rate:g}; the data are "
                        "those of the last step before. A smaller rate may do, or a look at what "
                        "is a logarithm, root or quotient there"
                    )
                now, done = ended.data, done + ended.done
                if ended.converged or done == steps:
                    break
                # At most twice as many: the first call of machine code also compiles.
                taken = time.perf_counter() - started
                size = max(1, min(2 * size, int(size * _PAUSE / max(taken, 1e-9))))
        finally:
            reached = dict(zip(self._leaves, now, strict=True))
            for label in self.wanted:
                self._leaves[label].data = reached[label]
        last = done if ended.converged else done - 1
        if progress is not None and last > tested:
            progress(last, ended.value)
        return ended._replace(done=done)

    def _before_nan(
        self, data: list[Data], rate: float, steps: int, done: int
    ) -> tuple[list[Data], int]:
        """The last data at which the value is a number, and after how many steps it is none."""
        most = 0  # so many steps end before it
        while steps > 1:
            half = steps // 2
            ended = self.kernel.descend(data, rate, -np.inf, half)
            if np.isnan(ended.value):
                steps = half
            else:
                data, most, steps = ended.data, most + half, steps - half
        return data, done + most

    def _data(self, given: Mapping[str, Any]) -> list[Data]:
        """The data of all inputs: those given, checked, and of the others what they have now."""
        return self._all.bound(given, map(_data, self._leaves.values()))

    def __repr__(self) -> str:
        inputs = ", ".join(leaf.label for leaf in self.inputs[:8])
        more = ", ..." if len(self.inputs) > 8 else ""
        return f"<compiled step({inputs}{more}), {self.backend}, {self.kernel.size}: {self.reason}>"


# A function, compiled once for each set of shapes.


class CompiledFunction:
    """A function, compiled once for each set of shapes that its arguments have had.

    >>> import autograd_lite as ag
    >>> step = CompiledFunction(lambda x, w: (w * x).sum(), wrt=["w"])
    >>> value, gradients = step(x=[1.0, 2.0], w=3.0)
    >>> value, gradients
    (9.0, {'w': 3.0})
    >>> step
    <compiled function <lambda>(x, w), traced for 1 set of shapes>
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        wrt: Iterable[str] | None = None,
        backend: str = "auto",
    ) -> None:
        self._function, self._backend = function, backend
        self._wrt = None if wrt is None else list(wrt)
        try:
            self._signature = inspect.signature(function)
        except (TypeError, ValueError) as error:  # of a type of C, or with a broken repr
            shown = describe(function)
            raise DataError(f"the parameters of {shown} are unknown: {error}") from None
        self._any = any(one.kind is one.VAR_KEYWORD for one in self._signature.parameters.values())
        self._traces: dict[Any, Compiled] = {}

    def __call__(self, /, **arrays: Any) -> tuple[float, dict[str, Any]]:
        """The value, and the gradients by label; the arguments of the function are given by name.

        Labels of Values that the function uses beside its arguments may be given as well.
        """
        return self.traced(**arrays)(**arrays)

    def traced(self, /, **arrays: Any) -> Compiled:
        """What is compiled for arguments of these shapes."""
        own = {
            name: given
            for name, given in arrays.items()
            if self._any or name in self._signature.parameters
        }
        data = {name: as_data(getattr(given, "_data", given)) for name, given in own.items()}
        key = tuple(
            (name, np.shape(one), np.result_type(one), isinstance(own[name], Constant))
            for name, one in sorted(data.items())
        )
        if key not in self._traces:
            self._traces[key] = self._trace(own, data)
        return self._traces[key]

    def _trace(self, given: Mapping[str, Any], data: Mapping[str, Any]) -> Compiled:
        name = getattr(self._function, "__name__", "the function")
        kinds = {one: Constant if isinstance(given[one], Constant) else Value for one in given}
        arguments = {one: kinds[one](data[one], one) for one in given}
        try:
            self._signature.bind(**arguments)
        except TypeError as error:
            raise DataError(
                f"{name}{self._signature} was given {', '.join(given) or 'nothing'}: {error}; "
                "arguments are given by name"
            ) from None
        with recording(True), _no_truth(name):
            root = self._function(**arguments)
        if not isinstance(root, Value):
            raise DataError(f"{name} returned {describe(root)}; it has to return a Value")
        used = set(order(root))
        unused = [one for one in given if arguments[one] not in used]
        if unused:
            raise GraphError(f"the result of {name} does not depend on {', '.join(unused)}")
        for label, argument in arguments.items():
            argument.label = label  # also where the function has called it something else
        return Compiled(
            root, wrt=self._wrt, backend=self._backend, arguments=list(arguments.values())
        )

    def __repr__(self) -> str:
        name = getattr(self._function, "__name__", describe(self._function))
        sets = f"{len(self._traces)} set{'' if len(self._traces) == 1 else 's'} of shapes"
        arguments = ", ".join(self._signature.parameters)
        return f"<compiled function {name}({arguments}), traced for {sets}>"


@contextmanager
def _no_truth(name: str) -> Iterator[None]:
    """Within this block, and in this thread, no Value is asked whether it is true."""

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is Value.__bool__.__code__:
            raise GraphError(
                f"{name} asks in Python whether {frame.f_locals['self'].describe()} is true. It is "
                "traced once, so that one answer would be taken for all; use ag.where, "
                "ag.maximum or ag.relu, which decide at each run"
            )

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)


@overload
def compile_(target: Value, *, wrt: Iterable[str] | None = ..., backend: str = ...) -> Compiled: ...


@overload
def compile_(
    target: Callable[..., Any], *, wrt: Iterable[str] | None = ..., backend: str = ...
) -> CompiledFunction: ...


def compile_(
    target: Value | Callable[..., Any], *, wrt: Iterable[str] | None = None, backend: str = "auto"
) -> Compiled | CompiledFunction:
    """The graph of a Value, or a function, compiled: ``value, gradients = step(**arrays)``.

    Inputs are the leaves of the graph by label, and the arguments of the function by name; a leaf
    that is not given has the data that its Value has at the time. Gradients are those of the labels
    ``wrt``, or of everything but Constants; a function takes a Constant for an argument that has
    none.

    A function is traced once for each set of shapes. What maximum, where and relu choose is decided
    at each run, but Python's own ``if`` and ``while`` are run in the trace only: a condition on
    a Value is an error there, one on ``x.data`` is taken as it is.

    ``backend`` is "python" (straight-line source on floats), "numba" (the same as machine code, or
    loops over arrays), "tape" (one interpreter for scalar graphs of any size, with numba), "numpy"
    (calls into memory that is kept) or "auto": the quickest for a run, as ``repr`` says.

    Raises ShapeError for a result that is no single number, NameLookupError for leaves without a
    label, MissingExtraError where numba is asked for and missing.

    >>> import autograd_lite as ag
    >>> w, x = ag.Value([1.0, 2.0], "w"), ag.Constant([3.0, 4.0], "x")
    >>> step = ag.compile((w * x).sum())
    >>> value, gradients = step(w=[5.0, 6.0])
    >>> value, gradients["w"].tolist()
    (39.0, [3.0, 4.0])
    >>> ag.compile(lambda a: a**2)(a=3.0)
    (9.0, {'a': 6.0})
    """
    if isinstance(target, Value):
        return Compiled(target, wrt=wrt, backend=backend)
    if not callable(target):
        raise DataError(f"compile takes a Value or a function, not {describe(target)}")
    return CompiledFunction(target, wrt=wrt, backend=backend)
