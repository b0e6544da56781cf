"""Is a gradient right? Compare it with oracles that never use a rule, and say where it is not."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite.data import as_data
from autograd_lite.errors import DataError
from autograd_lite.functional import vjp
from autograd_lite.oracles import SAFETY, Pass, complex_step, difference
from autograd_lite.value import Value

__all__ = ["Finding", "GradCheck", "check_adjoint", "check_grad"]


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
