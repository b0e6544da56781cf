"""Derivatives from forward passes alone, each with the error that its arithmetic accounts for.

The central difference is extrapolated to step 0 (Ridders 1982). What truncation leaves is seen in
how far the last two extrapolations differ. What rounding does is measured: the recorded graph is
computed again, each operand moved by a rounding error (Monte Carlo arithmetic, Parker 1997). The
complex step Im f(x + ih) / h (Squire and Trapp 1998) has neither truncation nor cancellation, only
rounding, but needs a forward on complex numbers for every op on the way.

Where an op chooses (relu, max, pooling), there is a kink between two choices. A step that changes a
choice is made smaller until it does not. If it always does, x lies on the kink, and what can be
told are the derivatives of the two sides.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.data import Data
from autograd_lite.engine import order
from autograd_lite.errors import DataError
from autograd_lite.op import Op, tidy
from autograd_lite.value import Value

__all__ = ["SAFETY", "Interval", "Pass", "complex_step", "difference"]

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
