"""What a claim says, in one sense of its name, compared with what is true."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import WorstElement
from autograd_lite.check.formulas.expression import Products
from autograd_lite.check.quantities import Quantity
from autograd_lite.check.read.numbers import Array, Numbers, read_numbers
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.truth import Expected

__all__ = ["Reading", "Samples"]

_IDENTITY = 1e-9
"""To so many digits a formula has to hold at random points, where any other is off by percents."""


class Samples(NamedTuple):
    """The numbers of a claim at one or more points, the first axis; and how exactly it is known.

    ``half_units`` is of the first point. A formula has its text, its numbers are computed.
    ``points`` are those of the numbers, if they are not the judge's own; ``products`` is how the
    products in the formula were read.
    """

    values: Array
    half_units: Array
    eps: float
    formula: str = ""
    note: str = ""
    points: Points | None = None
    products: Products = "elements"

    @classmethod
    def of(cls, numbers: Numbers) -> "Samples":
        """Numbers, which are known at the point of the graph only."""
        return cls(numbers.values[None], numbers.half_units, numbers.eps)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the claim."""
        shape: tuple[int, ...] = self.values.shape[1:]
        return shape


@dataclass(frozen=True)
class Reading:
    """A claim in one sense of its name. ``true`` has what is true at the points of the samples.

    ``eps`` is the relative rounding of the arithmetic.
    """

    claim: Claim
    quantity: Quantity
    samples: Samples
    expected: Expected
    true: Array
    eps: float

    @cached_property
    def slack(self) -> Array:
        """How far each number may be from the true one, at each point."""
        bounds = np.where(np.isfinite(self.expected.bounds), self.expected.bounds, 0)
        first = self.samples.half_units + self.eps * (bounds + np.abs(self.expected.values))
        scale = np.max(np.abs(self.true), initial=0.0)
        rest = np.maximum(np.abs(self.true[1:]), 0.01 * scale) * _IDENTITY
        return np.concatenate([first[None], rest])

    @cached_property
    def wrong_at(self) -> Array:
        """Which numbers are wrong, at each point."""
        given, true = self.samples.values, self.true
        with np.errstate(invalid="ignore"):
            far = np.greater(np.abs(given - true), self.slack)
        odd = np.logical_not(np.isfinite(given) & np.isfinite(true))
        return np.asarray(np.not_equal(given, true) & (far | odd))

    @property
    def wrong(self) -> Array:
        """Which numbers are wrong, at one point or more."""
        wrong: Array = np.any(self.wrong_at, axis=0)
        return wrong

    @property
    def right(self) -> bool:
        """Whether every number agrees at every point."""
        return not self.wrong_at.any()

    @property
    def by_chance(self) -> bool:
        """Whether it agrees at the point of the graph, and elsewhere does not."""
        return not self.right and not self.wrong_at[0].any()

    @cached_property
    def place(self) -> int:
        """The point at which the numbers are shown: the first at which they differ."""
        differing = self.wrong_at.reshape(len(self.wrong_at), -1).any(axis=1)
        return int(np.argmax(differing))

    @property
    def errors(self) -> Array:
        """The relative errors where the numbers are shown."""
        given, true = self.samples.values[self.place], self.true[self.place]
        with np.errstate(divide="ignore", invalid="ignore"):
            errors: Array = np.where(given == true, 0.0, np.abs(given - true) / np.abs(true))
        return errors

    @property
    def worst(self) -> WorstElement:
        """The element that is wrong by most."""
        wrong, errors = self.wrong, self.errors
        order = np.where(np.isnan(errors), np.inf, errors)
        place = np.unravel_index(int(np.argmax(np.where(wrong, order, -1))), wrong.shape)
        index = tuple(map(int, place))
        given, true = (float(x[self.place][index]) for x in (self.samples.values, self.true))
        return WorstElement(index, given, true, int(wrong.sum()), wrong.size)

    @property
    def where(self) -> str:
        """Where an array is wrong; "" for a single number."""
        if not self.samples.shape:
            return ""
        worst = self.worst
        index = ",".join(map(str, worst.index))
        return f"{worst.wrong} of {worst.size} elements wrong, by most [{index}]"

    @property
    def digits_hint(self) -> str:
        """What to do about floats that were typed in rounded; "" if that is not what is wrong."""
        wrong = self.wrong_at[0]
        given = self.samples.values[0][wrong]
        if self.samples.formula or not given.size or np.any(self.samples.half_units[wrong]):
            return ""
        shown = read_numbers([repr(number) for number in given.tolist()])
        if not np.all(np.abs(given - self.true[0][wrong]) <= shown.half_units):
            return ""
        if wrong.ndim:
            return "they agree to their digits; if they were rounded, give them as strings"
        return "agrees to its digits; if it was rounded, give it as a string"
