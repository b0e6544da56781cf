"""The oracle of the oracle: the engine's gradient along one random direction, by forward passes."""

from typing import Any

import numpy as np

from autograd_lite.check.vjp.point import Point
from autograd_lite.errors import DataError
from autograd_lite.gradcheck import SAFETY, Pass, difference

__all__ = ["confirm"]


def confirm(point: Point, rng: "np.random.Generator") -> tuple[bool, str]:
    """Whether a difference of forward passes agrees with the engine's gradient, and in words.

    It is not wrong where it cannot be told: at a jump, or where forward is not finite.

    >>> from autograd_lite import Value
    >>> from autograd_lite.check.vjp.point import Forward
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
