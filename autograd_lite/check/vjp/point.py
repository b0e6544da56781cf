"""Where a backward is tried: inputs, a cotangent, the right gradients, and its call."""

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite.check.code.scripts import is_interrupt
from autograd_lite.data import any_array, as_data, describe
from autograd_lite.engine import contributions, order, read_data, sweep
from autograd_lite.errors import DataError
from autograd_lite.functional import vjp
from autograd_lite.gradcheck import SAFETY, Pass, difference
from autograd_lite.ops.shaping import concatenate, reshape
from autograd_lite.value import Value

Array = np.ndarray[Any, Any]

# Variables: what the Values in a function are called in it, and where it computes them.


@dataclass
class Watched:
    """What was seen of a call of a function.

    ``names`` are the local variables as it returns, by the Values that they hold, ``arrays`` those
    that hold plain arrays, and ``calls`` the places in the code where the Values were computed:
    what is computed in a loop has one place.
    """

    names: dict[Value, str] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    calls: dict[Value, tuple[int, ...]] = field(default_factory=dict)


@contextmanager
def watched(function: Callable[..., Any]) -> Iterator[Watched]:
    """Watch a function, and those beside it in the same file that it calls.

    Nothing is seen under a profiler, which is not to be disturbed.

    >>> def forward(x):
    ...     mean = x / 2
    ...     return x - mean
    >>> with watched(forward) as seen:
    ...     _ = forward(Value(3.0))
    >>> list(seen.names.values())
    ['x', 'mean']
    """
    seen = Watched()
    method = getattr(function, "__func__", function)
    code = getattr(method, "__code__", None)
    file = None if code is None else code.co_filename

    def look(frame: FrameType, event: str, returned: Any) -> None:
        if event != "return" or file is None:
            return
        if isinstance(returned, Value) and returned not in seen.calls:
            seen.calls[returned] = _calls(frame, file)
        if frame.f_code.co_filename == file:
            for name, one in frame.f_locals.items():
                if isinstance(one, Value):
                    seen.names[one] = name
                elif isinstance(one, np.ndarray):
                    seen.arrays[name] = one

    if sys.getprofile() is not None:
        yield seen
        return
    sys.setprofile(look)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def _calls(frame: FrameType | None, file: str) -> tuple[int, ...]:
    """The instructions of a file that are being carried out."""
    found = []
    while frame is not None:
        if frame.f_code.co_filename == file:
            found.append(frame.f_lasti)
        frame = frame.f_back
    return tuple(found)


# A point, and the gradients that are right there.


class Forward:
    """The engineer's forward on Values, with all of its results joined into one.

    ``given`` are its inputs; those that take no gradient (integers and booleans) reach it as they
    are, the others, at the positions ``active``, as Values.

    >>> forward = Forward(lambda x, n: (x * n, x + 1), [np.array([1.0, 2.0]), np.array(3)])
    >>> forward(Value([1.0, 2.0])).data.tolist(), forward.shapes
    ([3.0, 6.0, 2.0, 3.0], [(2,), (2,)])
    """

    def __init__(self, function: Callable[..., Any], given: Sequence[Array]) -> None:
        self.function = function
        self.given = list(given)
        self.active = [place for place, one in enumerate(given) if one.dtype.kind == "f"]
        self.several = False
        self.shapes: list[tuple[int, ...]] = []

    def at(self, given: Sequence[Array]) -> "Forward":
        """The same function with other integers."""
        other = Forward(self.function, given)
        other.several, other.shapes = self.several, self.shapes
        return other

    def __call__(self, *values: Value) -> Value:
        """The joined result."""
        plain = [one.copy() if one.ndim else one.item() for one in self.given]
        arguments: list[Any] = list(plain)
        for place, value in zip(self.active, values, strict=True):
            arguments[place] = value
        numbers = [value.number for value in values]
        try:
            found = self.function(*arguments)
        except BaseException as error:
            if is_interrupt(error):
                raise
            raise DataError(
                f"forward raised {type(error).__name__}: {error}; it is called with Values, so use "
                "their operators, the package's functions or NumPy's own"
            ) from error
        same = all(map(np.array_equal, plain, self.given, [True] * len(plain)))
        if not same or numbers != [value.number for value in values]:
            raise DataError("forward changes its own input; let it compute new arrays instead")
        self.several = isinstance(found, tuple | list)
        results = list(found) if self.several else [found]
        for one in results or [found]:
            if not isinstance(one, Value):
                raise DataError(
                    f"forward returned {describe(one)}; it must return a Value, or a tuple of "
                    "them, computed from its arguments (integer arrays reach it as they are: give "
                    "floats where a gradient is wanted)"
                )
        self.shapes = [one.shape for one in results]
        joined = concatenate([reshape(one, -1) for one in results]) if self.several else results[0]
        assert isinstance(joined, Value)
        return joined


class Point:
    """Inputs and cotangents, and what the engine says there, in double precision.

    ``gradients`` has an array for each input, or None for one that takes none, and ``noise`` the
    largest error that rounding to ``float64`` leaves in each: measured, as in
    :func:`autograd_lite.check_grad`, by moving every number of the backward pass by its rounding.

    >>> forward = Forward(lambda x: x * x, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> point.gradients[0].tolist(), point.noise[0] < 1e-12
    ([2.0, 60.0], True)
    """

    def __init__(
        self,
        label: str,
        forward: Forward,
        inputs: Sequence[Array],
        cotangents: Sequence[Array],
        seed: int,
    ) -> None:
        self.label = label
        self.forward = forward
        self.inputs = list(inputs)
        self.cotangents = list(cotangents)
        self._seed = seed

    def at(self, inputs: Sequence[Array]) -> "Point":
        """The same cotangents at other inputs."""
        return Point(self.label, self.forward, inputs, self.cotangents, self._seed)

    @property
    def active(self) -> list[Any]:
        """The inputs that take a gradient, as the engine holds them."""
        return [as_data(self.inputs[place]) for place in self.forward.active]

    @property
    def cotangent(self) -> Any:
        """The cotangent of the joined result."""
        return self.joined(self.cotangents)

    def joined(self, cotangents: Sequence[Array]) -> Any:
        """Cotangents of the results as that of the joined one."""
        if self.forward.several:
            return np.concatenate([np.ravel(one) for one in cotangents])
        return as_data(cotangents[0])

    def pull(self, cotangents: Sequence[Array]) -> list[Array | None]:
        """The gradients for other cotangents."""
        return self._spread(vjp(self.forward, *self.active)[1](self.joined(cotangents)))

    @cached_property
    def here(self) -> Pass:
        """The forward pass, with its branches."""
        return Pass(self.forward, self.active, self.cotangent)

    @cached_property
    def nodes(self) -> list[Value]:
        """The nodes of :attr:`here`, in the order in which they were computed."""
        return order(self.here.result)

    @cached_property
    def seen(self) -> Watched:
        """What the nodes of :attr:`here` are called in the forward, and where they are computed."""
        with watched(self.forward.function) as there:
            again = Pass(self.forward, self.active, self.cotangent)
        pairs = list(zip(self.nodes, order(again.result), strict=False))
        return Watched(
            {node: there.names[other] for node, other in pairs if other in there.names},
            there.arrays,
            {node: there.calls[other] for node, other in pairs if other in there.calls},
        )

    @cached_property
    def inside(self) -> dict[Value, Any]:
        """The cotangent of every node of the forward's graph."""
        return self.swept()

    def swept(
        self,
        nodes: Sequence[Value] | None = None,
        start: Mapping[Value, Any] | None = None,
        read: Callable[[Value], Any] = read_data,
        hand_on: Callable[..., Sequence[tuple[Value, Any]]] = contributions,
    ) -> dict[Value, Any]:
        """The cotangents that come through some of the nodes alone, or by another rule.

        They come from the result, or from the cotangents to ``start`` with.
        """
        first = self._start() if start is None else dict(start)
        return sweep(self.nodes if nodes is None else nodes, first, read, hand_on)

    def to(self, place: int, cotangents: Mapping[Value, Any]) -> Array:
        """What comes to an input."""
        value = self.here.values[self.forward.active.index(place)]
        return np.asarray(cotangents.get(value, np.zeros(value.shape)), float)

    def _start(self) -> dict[Value, Any]:
        result, cotangent = self.here.result, self.here.cotangent
        return {result: cotangent if result.shape else float(cotangent)}

    @cached_property
    def gradients(self) -> list[Array | None]:
        """What is right, according to the engine."""
        return self.pull(self.cotangents)

    @cached_property
    def noise(self) -> list[float]:
        """What rounding does to the gradients: the most that it does to an element of each."""
        cotangent = self.cotangent

        def all_gradients(*values: Value) -> Value:
            found = vjp(self.forward, *values)[1](cotangent)
            joined: Value = concatenate([reshape(one, -1) for one in found])
            return joined

        measured = Pass(all_gradients, self.active).rounding(np.random.default_rng(self._seed))
        ends = np.cumsum([np.size(one) for one in self.active])
        parts = iter(np.split(measured, ends[:-1]))
        return [
            float(np.nan_to_num(next(parts), posinf=0.0).max(initial=0.0))
            if place in self.forward.active
            else 0.0
            for place in range(len(self.inputs))
        ]

    def bound(self, place: int, dtype: Any) -> float:
        """How far two right gradients can be apart if they are computed in ``dtype``."""
        unit = float(np.finfo(dtype).eps)
        true = self.gradients[place]
        finite = np.abs(true[np.isfinite(true)]) if true is not None else np.zeros(0)
        longest = max(np.size(one) for one in (*self.inputs, *self.cotangents))
        carried = self.noise[place] * unit / float(np.finfo(float).eps)
        tiny = float(np.finfo(dtype).tiny)
        return carried + SAFETY * unit * float(longest**0.5 * finite.max(initial=0.0)) + tiny

    def _spread(self, found: Sequence[Any]) -> list[Array | None]:
        spread: list[Array | None] = [None] * len(self.inputs)
        for place, one in zip(self.forward.active, found, strict=True):
            spread[place] = np.asarray(one)
        return spread


# The inputs of a check: as they are given, and drawn anew in their shapes and ranges.


def read_inputs(given: Any) -> list[Array]:
    """The inputs as arrays: integers and booleans as they are, unless there are no others.

    Raises DataError for anything but real numbers, and where there is none.

    >>> [one.dtype.kind for one in read_inputs([[1.5, 2.0], [0, 1]])]
    ['f', 'i']
    >>> read_inputs(3)
    [array(3.)]
    """
    several = isinstance(given, list | tuple)
    inputs = [_read(one) for one in (given if several else [given])]
    if not any(one.size for one in inputs):
        raise DataError("there is nothing to check; give the inputs of forward: a list of arrays")
    if any(one.dtype.kind == "f" for one in inputs):
        return inputs
    return [one.astype(float) for one in inputs]


def _read(given: Any) -> Array:
    data = np.asarray(as_data(given))
    exact = np.asarray(given)
    return exact.copy() if exact.dtype.kind in "iub" else data.astype(float)


def random_like(given: Array, rng: "np.random.Generator") -> Array:
    """Random numbers in the range of the given ones, which single precision represents exactly.

    Integers, a mask of zeros and ones, and what is not finite are kept; rows that add up to 1, as
    those of smoothed labels do, go on doing so.

    >>> rng = np.random.default_rng(0)
    >>> drawn = random_like(np.array([1.0, 1.0, 4.0]), rng)
    >>> bool(1 <= drawn.min() < drawn.max() <= 4)
    True
    >>> random_like(np.array([0.0, 1.0, 1.0]), rng).tolist()
    [0.0, 1.0, 1.0]
    """
    if _is_kept(given):
        return given
    if is_distribution(given):
        return _distribution_like(given, rng)
    low, high = _range(given)
    return _single(rng.uniform(low, high, given.shape))


def is_distribution(given: Array) -> bool:
    """Whether every row adds up to 1, as smoothed labels and the output of a softmax do.

    >>> is_distribution(np.array([[0.05, 0.9, 0.05]])), is_distribution(np.array([0.5, 0.25]))
    (True, False)
    """
    if not given.ndim or given.shape[-1] < 2 or not given.size or np.any(given < 0):
        return False
    return bool(np.allclose(given.sum(axis=-1), 1, rtol=0, atol=1e-6))


def _distribution_like(given: Array, rng: "np.random.Generator") -> Array:
    """Rows that add up to exactly 1, in single precision too: so many parts of 4096 each."""
    shares = np.asarray(rng.uniform(0.2, 1, given.shape))
    parts = np.floor(shares / shares.sum(axis=-1, keepdims=True) * 4096)
    parts[..., -1] += 4096 - parts.sum(axis=-1)
    return _single(parts / 4096)


def tied_like(given: Array, rng: "np.random.Generator") -> Array:
    """As :func:`random_like`, but with few different numbers: 0 is one of them if it may be.

    >>> sorted(set(tied_like(np.linspace(-1, 2, 50), np.random.default_rng(0)).tolist()))
    [-1.0, 0.0, 2.0]
    """
    if _is_kept(given) or is_distribution(given):
        return random_like(given, rng)
    low, high = _range(given)
    middle = 0.0 if low < 0 < high else (low + high) / 2
    return _single(rng.choice([low, middle, high], given.shape))


def hides_repetitions(given: Array) -> bool:
    """Whether an array has different integers, which may be indices; a permutation has to.

    >>> hides_repetitions(np.array([4, 0])), hides_repetitions(np.array([2, 0, 1]))
    (True, False)
    """
    if given.dtype.kind not in "iu" or given.size < 2 or len(np.unique(given)) < given.size:
        return False
    return not np.array_equal(np.sort(given, axis=None), np.arange(given.size))


def repeated_like(given: Array) -> Array:
    """The same with the first of different integers twice, so that what is sorted stays sorted.

    >>> repeated_like(np.array([4, 0, 7])).tolist()
    [4, 4, 7]
    """
    if not hides_repetitions(given):
        return given
    repeated = given.copy()
    repeated.flat[1] = repeated.flat[0]
    return repeated


def cotangent_like(shape: Sequence[int], rng: "np.random.Generator") -> Array:
    """A random cotangent without zeros, neither symmetric nor of any special sum.

    >>> cotangent_like((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    signs = rng.choice([-1.0, 1.0], shape)
    return _single(signs * rng.uniform(0.5, 1.5, shape))


def _single(drawn: Any) -> Array:
    """In double precision what single precision represents."""
    return np.asarray(drawn, np.float32).astype(float)


def _is_kept(given: Array) -> bool:
    if given.dtype.kind != "f" or not given.size or not np.isfinite(given).all():
        return True
    return given.size > 1 and set(np.unique(given).tolist()) == {0.0, 1.0}


def _range(given: Array) -> tuple[float, float]:
    """The range to draw from; for equal numbers c that from c/2 to c, so that it has their sign."""
    low, high = float(given.min()), float(given.max())
    if low < high:
        return low, high
    return (min(low, low / 2), max(low, low / 2)) if low else (-1.0, 1.0)


# The oracle of the oracle: the engine's gradient along one random direction, by forward passes.


def confirm(point: Point, rng: "np.random.Generator") -> tuple[bool, str]:
    """Whether a difference of forward passes agrees with the engine's gradient, and in words.

    It is not wrong where it cannot be told: at a jump, or where forward is not finite.

    >>> from autograd_lite import Value
    >>> def forward(x):
    ...     return x * Value(x.data)  # a copy, through which no gradient flows
    >>> wrong = Forward(forward, [np.array([1.0, 3.0])])
    >>> point = Point("here", wrong, wrong.given, [np.array([1.0, 1.0])], seed=0)
    >>> confirm(point, np.random.default_rng(0))[0]
    False
    """
    active = point.active
    gradients = [one for one in point.gradients if one is not None]
    noise = [one for one, g in zip(point.noise, point.gradients, strict=True) if g is not None]
    # In proportion to the inputs, so that a positive one stays positive.
    steps = [_finite(one * rng.uniform(0.5, 1.5, np.shape(one))) for one in active]

    def along(distance: Any) -> Any:
        return point.forward(*(distance * step + x for x, step in zip(active, steps, strict=True)))

    products = [step * one for step, one in zip(steps, gradients, strict=True)]
    engine = float(sum(np.sum(one) for one in products))
    size = float(sum(np.sum(np.abs(one)) for one in products))
    carried = float(sum(n * np.sum(np.abs(d)) for n, d in zip(noise, steps, strict=True)))
    try:
        here = Pass(along, [0.0], point.cotangent)
        found = difference(here, 0, (), rng)
    except DataError as error:
        return True, f"the engine's own gradient could not be confirmed: {error}"
    bound = found.bound + carried + SAFETY * here.epsilon * size
    if not found.low - bound <= engine <= found.high + bound:
        return False, (
            f"the engine's gradient is {engine:.10g} along a random direction, and the "
            f"{found.oracle} {found.low:.10g}: does forward use .data, or random numbers?"
        )
    off = max(found.low - engine, engine - found.high, 0.0)
    return True, (
        f"the engine's own gradient is confirmed by a {found.oracle} along a random direction, to "
        f"{off / abs(engine) if engine else off:.1g}"
    )


def _finite(array: Any) -> Any:
    return np.nan_to_num(array, nan=0.0, posinf=0.0, neginf=0.0)


# One call of the engineer's backward: what it returned, what it changed, how it failed.


@dataclass(frozen=True)
class Change:
    """An array that the backward was given and wrote into: one element of it, before and after."""

    name: str
    elements: int
    size: int
    before: float
    after: float


@dataclass
class Trial:
    """What came of a call; ``gradients`` has an entry for each input, None where none was given."""

    point: Point
    dtype: Any
    gradients: list[Array | None] = field(default_factory=list)
    failure: str = ""
    returned: int = 0
    changes: list[Change] = field(default_factory=list)
    shared: dict[int, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The run in words."""
        return f"{self.point.label}, {np.dtype(self.dtype).name}"


def try_backward(
    backward: Callable[..., Any], point: Point, dtype: Any, names: Sequence[str], cotangent: str
) -> Trial:
    """Call backward on fresh copies of the inputs and the cotangent, in one precision.

    >>> forward = Forward(lambda x: 2 * x, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> try_backward(lambda g, x: np.multiply(g, 2, out=g), point, float, ["x"], "g").changes[0]
    Change(name='g', elements=2, size=2, before=1.0, after=2.0)
    """
    inputs = [_fresh(one, dtype) for one in point.inputs]
    cotangents = [_fresh(one, dtype) for one in point.cotangents]
    several = point.forward.several
    labels = [f"{cotangent}[{place}]" if several else cotangent for place in range(len(cotangents))]
    held = dict(zip([*labels, *names], [*cotangents, *inputs], strict=True))
    before = {name: np.array(one) for name, one in held.items()}
    trial = Trial(point, dtype)
    try:
        found = backward(tuple(cotangents) if several else cotangents[0], *inputs)
    except BaseException as error:  # whatever the code under test raises is its finding
        if is_interrupt(error):
            raise
        trial.failure = _told(error, backward)
        return trial
    trial.changes = [one for name in held if (one := _change(name, before[name], held[name]))]
    parts = list(found) if isinstance(found, tuple | list) else [found]
    trial.returned = len(parts)
    places = list(range(len(inputs)))
    if len(parts) != len(places) and len(parts) == len(point.forward.active):
        places = point.forward.active  # integers need no gradient, and may be left out
    if len(parts) != len(places):
        return trial
    trial.gradients = [None] * len(inputs)
    for place, part in zip(places, parts, strict=True):
        shared = [name for name, one in held.items() if _share(part, one)]
        shared += [f"the gradient of {names[j]}" for j in places[:place] if _share(parts[j], part)]
        if shared:
            trial.shared[place] = " and ".join(shared)
    for place, part in zip(places, parts, strict=True):
        trial.gradients[place] = None if part is None else _as_array(part)
    return trial


def _fresh(given: Array, dtype: Any) -> Any:
    """A copy in the precision of the run; a scalar is a NumPy scalar, as a sum returns it."""
    return np.array(given, dtype if given.dtype.kind == "f" else None)[()]


def _as_array(part: Any) -> Array:
    try:
        return any_array(part)
    except DataError:  # rows of different lengths
        return np.array(None)


def _share(part: Any, other: Any) -> bool:
    arrays = isinstance(part, np.ndarray) and isinstance(other, np.ndarray)
    return arrays and np.shares_memory(part, other)


def _change(name: str, before: Array, now: Any) -> Change | None:
    after = np.asarray(now)
    changed = ~((before == after) | (np.isnan(before) & np.isnan(after)))
    if not changed.any():
        return None
    first = tuple(np.argwhere(changed)[0])
    elements = int(np.count_nonzero(changed))
    return Change(name, elements, changed.size, float(before[first]), float(after[first]))


def _told(error: BaseException, backward: Callable[..., Any]) -> str:
    """The message of an error, and the last line of the user's own file that led to it."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    code = getattr(backward, "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    at = (own or frames)[-1:]
    line = "".join(
        f", line {frame.lineno} of {Path(frame.filename).name}: {frame.line}" for frame in at
    )
    return f"raised {type(error).__name__}: {error}{line}"
