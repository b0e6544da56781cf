"""Is a gradient right? Compare it with oracles that never use a rule, and say where it is not."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.data import Data, as_data
from autograd_lite.engine import order
from autograd_lite.errors import DataError
from autograd_lite.functional import vjp
from autograd_lite.op import Op, tidy
from autograd_lite.value import Value

__all__ = [
    "SAFETY",
    "Finding",
    "GradCheck",
    "Interval",
    "Pass",
    "check_adjoint",
    "check_grad",
    "complex_step",
    "difference",
]


# Derivatives from forward passes alone, each with the error that its arithmetic accounts for.
#
# The central difference is extrapolated to step 0 (Ridders 1982). What truncation leaves is seen in
# how far the last two extrapolations differ. What rounding does is measured: the recorded graph is
# computed again, each operand moved by a rounding error (Monte Carlo arithmetic, Parker 1997). The
# complex step Im f(x + ih) / h (Squire and Trapp 1998) has neither truncation nor cancellation,
# only rounding, but needs a forward on complex numbers for every op on the way.
#
# Where an op chooses (relu, max, pooling), there is a kink between two choices. A step that changes
# a choice is made smaller until it does not. If it always does, x lies on the kink, and what can be
# told are the derivatives of the two sides.


Index = tuple[int, ...]
Kernel = Callable[[Op], Any]

# Rounding is seen in a few random draws, and bounded by a multiple of the largest.
DRAWS = 4
SAFETY = 8

# By how much each step is smaller than the one before: no whole number, so that a periodic function
# does not meet its period again and again.
SHRINK = 1.7


class Interval(NamedTuple):
    """A derivative; at a kink ``low`` and ``high`` are those of the two sides."""

    oracle: str
    low: float
    high: float
    bound: float


class Pass:
    """A forward pass, and its result multiplied by a cotangent: one number to differentiate.

    Without a cotangent the number is the result itself.

    >>> here = Pass(lambda x: x * x, [np.array([3.0, 1.0])], cotangent=[1.0, 2.0])
    >>> here.number
    11.0
    """

    def __init__(
        self, function: Callable[..., Any], inputs: Sequence[Data], cotangent: Any = None
    ) -> None:
        self.function = function
        self.inputs = inputs
        self.cotangent = cotangent
        self.values = [Value(given) for given in inputs]
        self.result: Value = function(*self.values)
        self.active: list[Value] = []
        reached = set(self.values)
        for node in order(self.result):
            if not reached.isdisjoint(node.parents):
                reached.add(node)
                self.active.append(node)
        self.number = self._number(self.result._data)
        self.size = self._number(np.abs(self.result._data), np.abs)
        self.epsilon = max(float(np.finfo(node.dtype).eps) for node in (*reached, self.result))

    def _number(self, data: Any, sign: Callable[[Any], Any] = np.positive) -> Any:
        if self.cotangent is None:
            return data
        return np.sum(np.multiply(sign(self.cotangent), data)).item()

    @cached_property
    def branches(self) -> list[tuple[str, bytes]]:
        """The ops and their discrete choices."""
        found = []
        for node in self.active:
            assert node.op is not None
            operands = (part._data if isinstance(part, Value) else part for part in node.operands)
            branch = node.op.branch(*operands, **node.attributes) if node.op.branch else ()
            found.append((node.op.name, np.asarray(branch).tobytes()))
        return found

    def moved(self, position: int, index: Index, step: float) -> tuple[float, "Pass"]:
        """The pass with one element of an input moved, and by how much in its precision."""
        array = np.array(self.inputs[position])
        before = float(array[index])
        array[index] += step
        inputs = [tidy(array) if one == position else x for one, x in enumerate(self.inputs)]
        return float(array[index]) - before, Pass(self.function, inputs, self.cotangent)

    def replay(
        self, inputs: Sequence[Any], kernel: Kernel, rng: "np.random.Generator | None" = None
    ) -> Any:
        """The number from other inputs, by the recorded ops; with rounding errors from rng.

        Rounding changes no choice: at a tie, another winner is no error but another right answer.
        """
        data = dict(zip(self.values, inputs, strict=True))
        for node in self.active:
            assert node.op is not None
            if rng is not None and _only_chooses(node):
                data[node] = node._data
                continue
            draws = None if node.op.branch else rng  # an op that chooses does not round
            operands = [
                _rounded(data.get(part, part._data), draws) if isinstance(part, Value) else part
                for part in node.operands
            ]
            data[node] = tidy(kernel(node.op)(*operands, **node.attributes))
        return self._number(data.get(self.result, self.result._data))

    def rounding(self, rng: "np.random.Generator") -> Any:
        """A bound of what rounding does to the number."""
        seen = [self.replay(self.inputs, attrgetter("forward"), rng) for _ in range(DRAWS)]
        spread = np.max(np.abs(np.subtract(seen, self.number)), axis=0)
        return SAFETY * (spread + self.epsilon * self.size)


def _only_chooses(node: Value) -> bool:
    """Whether the result is nothing but a choice, such as x > 0: its derivative is 0."""
    assert node.op is not None
    rules = (node.op.rule(place) for place in range(len(node.operands)))
    return node.op.branch is not None and not any(map(callable, rules))


def _rounded(data: Any, rng: "np.random.Generator | None") -> Any:
    """Each number moved by up to one unit of its last place, if rng is given."""
    if rng is None:
        return data
    exact = np.asarray(data)
    factor = 1 + np.finfo(exact.dtype).eps * rng.uniform(-1, 1, exact.shape)
    return tidy((exact * factor).astype(exact.dtype))


def difference(here: Pass, position: int, index: Index, rng: "np.random.Generator") -> Interval:
    """The derivative by one element from differences of forward passes.

    Raises DataError where the function jumps, or is not finite on one side.

    >>> here = Pass(lambda x: abs(x), [0.0], cotangent=1.0)
    >>> difference(here, 0, (), np.random.default_rng(0))[:3]
    ('one-sided differences', -1.0, 1.0)
    """
    size = abs(float(np.asarray(here.inputs[position])[index]))
    first, last = here.epsilon ** (1 / 7) * max(1.0, size), here.epsilon ** (2 / 3) * (size or 1.0)

    def reach(step: float, branches: Any) -> tuple[float, Pass] | None:
        distance, there = here.moved(position, index, step)
        same = np.isfinite(there.number) and there.branches == branches
        return (distance, there) if same else None

    def central(step: float) -> _Slope | None:
        right, left = reach(step, here.branches), reach(-step, here.branches)
        if right is None or left is None:
            return None
        return _Slope(right[0] - left[0], right[1].number - left[1].number, right[1])

    def on_side(sign: int) -> Callable[[float], _Slope | None]:
        branches = here.moved(position, index, sign * last)[1].branches

        def one_sided(step: float) -> _Slope | None:
            there = reach(sign * step, branches)
            return there and _Slope(there[0], there[1].number - here.number, there[1])

        return one_sided

    oracle, found = "central difference", [_limit(central, first, last, 2, rng)]
    if found[0] is None:
        oracle = "one-sided differences"
        found = [_limit(on_side(sign), first, last, 1, rng) for sign in (-1, 1)]
    settled = [one for one in found if one is not None]
    slopes, bound = [one[0] for one in settled], max((one[1] for one in settled), default=np.inf)
    seen = max([here.size / max(1.0, size), *map(abs, slopes)])
    if len(settled) < len(found) or bound > max(0.1 * seen, here.epsilon**0.5):
        raise DataError(
            f"the function jumps or is not finite next to element {list(index)} of input "
            f"{position}, or rounding hides it; check its gradient elsewhere"
        )
    return Interval(oracle, min(slopes), max(slopes), bound)


class _Slope(NamedTuple):
    """A difference of two passes, and one of the two."""

    run: float
    rise: float
    end: Pass


def _limit(
    slope: Callable[[float], _Slope | None],
    step: float,
    last: float,
    order: int,
    rng: "np.random.Generator",
) -> tuple[float, float] | None:
    """The slope at step 0 and its bound; None if no small step has a slope.

    The leading error of a slope goes with the step to the power of ``order``, the next one with
    twice that power.
    """
    slopes: list[float] = []
    found, gain = None, SHRINK**order
    while step > last:
        here = slope(step)
        slopes = [] if here is None else [*slopes[-2:], here.rise / here.run]
        if here is not None and len(slopes) == 3:
            better = [b + (b - a) / (gain - 1) for a, b in itertools.pairwise(slopes)]
            correction = better[1] - better[0]
            noise = float(here.end.rounding(rng)) / step
            found = better[1] + correction / (gain**2 - 1), abs(correction) + noise
            if abs(correction) <= noise:
                break
        step /= SHRINK
    return found


def complex_step(
    here: Pass, position: int, index: Index, rng: "np.random.Generator"
) -> Interval | None:
    """The derivative by one element from an imaginary step; None where an op has no complex form.

    >>> here = Pass(lambda x: x * x, [3.0], cotangent=1.0)
    >>> complex_step(here, 0, (), np.random.default_rng(0)).low
    6.0
    """
    if any(node.op is not None and node.op.analytic is None for node in here.active):
        return None
    bent = [np.array(x, np.result_type(x, np.complex64)) for x in map(np.asarray, here.inputs)]
    tiny = here.epsilon**2  # truncation leaves the square of this
    step = tiny * (abs(bent[position][index]) or 1.0)
    bent[position][index] += 1j * step

    def derivative(rng: "np.random.Generator | None") -> float:
        return float(here.replay([*map(tidy, bent)], attrgetter("analytic"), rng).imag / step)

    exact = derivative(None)
    # A tail that underflows on real numbers may overflow on complex ones.
    if not np.isfinite(exact):
        return None
    spread = max(abs(derivative(rng) - exact) for _ in range(DRAWS))
    bound = SAFETY * (spread + here.epsilon * abs(exact)) + tiny
    return Interval("complex step", exact, exact, bound)


@dataclass(frozen=True)
class Finding:
    """One element of a gradient, and what an oracle found.

    ``low`` and ``high`` are the same number, but for a kink, where they are the derivatives of the
    two sides. ``bound`` is the error that the arithmetic of engine and oracle accounts for.
    """

    input: int
    index: tuple[int, ...]
    engine: float
    oracle: str
    low: float
    high: float
    bound: float

    @property
    def expected(self) -> float:
        """The oracle's number; at a kink the one nearest to the engine's."""
        return min(self.engine, self.high) if self.engine > self.low else self.low

    @property
    def difference(self) -> float:
        """The engine's number minus the expected one."""
        return self.engine - self.expected

    @property
    def relative(self) -> float:
        """The size of the difference as a part of the expected number."""
        size = abs(self.difference)
        return size / abs(self.expected) if self.expected else np.inf if size else 0.0

    @property
    def ratio(self) -> float:
        """The engine's number divided by the expected one: 2.0 tells of a factor of 2."""
        return self.engine / self.expected if self.expected else np.nan

    @property
    def excess(self) -> float:
        """The size of the difference in units of the bound; inf for a number that is not finite."""
        size = abs(self.difference)
        return size / self.bound if np.isfinite(size) and self.bound else np.inf if size else 0.0

    @property
    def verdict(self) -> str:
        """``right``, ``wrong``, or ``kink`` for one of several right numbers."""
        if self.excess > 1:
            return "wrong"
        return "kink" if self.oracle == "one-sided differences" else "right"

    def __str__(self) -> str:
        told = f"{self.low!r}" if self.low == self.high else f"{self.low!r} to {self.high!r}"
        return (
            f"input {self.input}{list(self.index) or ''} {self.verdict}: "
            f"engine {self.engine!r}, {self.oracle} {told}, difference {self.difference:.2g}, "
            f"relative {self.relative:.2g}, ratio {self.ratio:.7g}"
        )


@dataclass(frozen=True)
class GradCheck:
    """What the oracles found for each element of each gradient; true if nothing is wrong."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether no element is wrong."""
        return not any(finding.verdict == "wrong" for finding in self.findings)

    @property
    def worst(self) -> dict[int, Finding]:
        """The finding with the largest excess, for each input."""
        found: dict[int, Finding] = {}
        for finding in sorted(self.findings, key=attrgetter("excess")):
            found[finding.input] = finding
        return found

    @property
    def kinks(self) -> tuple[Finding, ...]:
        """The elements that lie on a kink, and whose gradient is one of several right ones."""
        return tuple(finding for finding in self.findings if finding.verdict == "kink")

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        counts = Counter(finding.verdict for finding in self.findings)
        total = ", ".join(f"{verdict}: {counts[verdict]}" for verdict in ("right", "wrong", "kink"))
        return "\n".join([f"{total}; the worst of each input:", *map(str, self.worst.values())])


def check_grad(function: Callable[..., Any], *inputs: Any, seed: int = 0) -> GradCheck:
    """Compare the engine's gradient of a function with differences and complex steps.

    ``function`` takes Values and returns one. A result that is not a single number is multiplied by
    a fixed random cotangent (of that ``seed``) and summed. A wrong gradient is told by the report,
    not raised. Raises DataError for inputs that are not real numbers, for a result that is not a
    Value or not finite, and where the function jumps.

    >>> import autograd_lite as ag
    >>> report = ag.check_grad(lambda x, w: ag.sigmoid(x @ w), [1.0, 2.0], [0.5, -0.5])
    >>> report.ok, report.worst[1].index, round(report.worst[1].ratio, 9)
    (True, (1,), 1.0)
    >>> ag.check_grad(ag.relu, 0.0).kinks[0].verdict
    'kink'
    """
    given, rng = _given(inputs), np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        result, pull = vjp(function, *given)
        here = Pass(function, given, _draw(np.shape(result), rng) if np.shape(result) else 1.0)
        if not np.isfinite(here.number):
            raise DataError("the function is not finite at these inputs; check it where it is")
        findings = []
        for position, gradient in enumerate(map(np.asarray, pull(here.cotangent))):
            noise = np.asarray(_backward(here, position).rounding(rng))
            for index in np.ndindex(gradient.shape):
                number = float(gradient[index])
                for found in (
                    difference(here, position, index, rng),
                    complex_step(here, position, index, rng),
                ):
                    if found is not None:
                        bound = found.bound + float(np.nan_to_num(noise[index], posinf=0.0))
                        findings.append(
                            Finding(position, index, number, *found._replace(bound=bound))
                        )
    return GradCheck(tuple(findings))


def check_adjoint(function: Callable[..., Any], *inputs: Any, seed: int = 0) -> GradCheck:
    """Compare ⟨A x, g⟩ with ⟨x, Aᵀ g⟩ for a function that is linear in its inputs taken together.

    One forward and one backward pass, with random x and g, check a whole gradient, whatever its
    size. The inputs give the shapes. Raises DataError for a function that is not linear.

    >>> import autograd_lite as ag
    >>> ag.check_adjoint(lambda x: ag.pad(x, 1)[1:, ::2], [[1.0, 2.0], [3.0, 4.0]]).ok
    True
    """
    given, rng = _given(inputs), np.random.default_rng(seed)
    drawn = [as_data(_draw(np.shape(one), rng).astype(np.asarray(one).dtype)) for one in given]
    result, pull = vjp(function, *given)
    cotangent = _draw(np.shape(result), rng)
    whole, part, rest = (
        Pass(function, inputs, cotangent)
        for inputs in (given, drawn, [a - b for a, b in zip(given, drawn, strict=True)])
    )
    bound = sum(one.rounding(rng) for one in (whole, part, rest))
    if not abs(whole.number - part.number - rest.number) <= bound:
        raise DataError("the function is not linear: f(x) is not f(y) + f(x − y); use check_grad")
    findings = []
    for position, gradient in enumerate(pull(cotangent)):
        alone = [x if one == position else 0 * x for one, x in enumerate(drawn)]
        forward = Pass(function, alone, cotangent)
        products = np.multiply(drawn[position], gradient, dtype=float)
        bound = forward.rounding(rng) + SAFETY * forward.epsilon * float(np.sum(np.abs(products)))
        number = forward.number
        findings.append(
            Finding(
                position, (), float(np.sum(products)), "adjoint identity", number, number, bound
            )
        )
    return GradCheck(tuple(findings))


def _given(inputs: tuple[Any, ...]) -> list[Any]:
    given = [as_data(one) for one in inputs]
    if not any(np.size(one) for one in given):
        raise DataError("there is nothing to check; give the inputs of the function too")
    return given


def _backward(here: Pass, position: int) -> Pass:
    """The engine's own arithmetic for one gradient, as a pass of its own that can be replayed."""

    def gradient(*values: Value) -> Value:
        found = vjp(here.function, *values)[1](here.cotangent)[position]
        return found if isinstance(found, Value) else Value(found)

    return Pass(gradient, here.inputs)


def _draw(shape: tuple[int, ...], rng: "np.random.Generator") -> Any:
    """Random numbers that are not 0, and that single precision represents exactly."""
    return (rng.integers(-16, 16, shape) + 0.5) / 8
