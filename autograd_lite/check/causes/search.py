"""The search for the mistakes behind a wrong derivative: one, else two, else three of them.

A repair that fits by chance is told by counting: among so many that were tried, how many would fit
a number of so few digits? That is estimated from those that nearly fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from autograd_lite.check.causes.faults import (
    Fault,
    Variant,
    constant_faults,
    extra_faults,
    other_moments,
)
from autograd_lite.check.causes.known import Known
from autograd_lite.check.causes.model import Model, Pick, sums_with
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.truth import Ends

_DEEPEST = 3
_MOST = 1_000_000
"""So many combinations are tried at a time; with more, the search ends."""
_BUDGET = 2_000_000
"""After so many repairs no more faults at a time are tried."""
_WIDER = 200
"""How much wider than the digits the window is in which the near misses are counted."""
_SHOWN = 20
_UPDATED = "updated before reuse"
_CHANCE = 0.05
"""From so many expected accidental fits on, a fit is called a coincidence."""


class _Moment(NamedTuple):
    """Forward values that the author may have used, and the fault that this would be."""

    fault: Fault | None
    values: Mapping[str, Array]


class _Fit(NamedTuple):
    moment: int
    factor: Variant | None
    picks: tuple[Pick, ...]

    def faults(self, moments: Sequence[_Moment]) -> list[Fault]:
        moment, factor = moments[self.moment].fault, self.factor[0] if self.factor else None
        whole = [one for one in (moment, factor) if one is not None]
        return whole + [pick.fault for pick in self.picks]


class Search:
    """Looks for the faults that give the number that was given.

    ``given`` and ``slack``, how far a repaired number may be off, have one number a point.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> w, x = ag.Value(3.0, "w"), ag.Value(5.0, "x")
    >>> known = Known(Points(named_graph(((w * x).named("h") ** 2).named("E"))))
    >>> search = Search(known, Ends("derivative", "E", "w"), np.array([30.0]), np.array([1e-9]))
    >>> search.single()[0].sentence
    'the factor dh/dw is missing'
    """

    def __init__(self, known: Known, ends: Ends, given: Array, slack: Array) -> None:
        self._known, self._ends = known, ends
        self._given = given
        self._moments = list(_moments(known))
        self._models: dict[int, Model] = {}
        self._slack = slack + self._model(0).off
        # The window in which near misses are counted must not reach beyond the number itself.
        self._wider = min(_WIDER, max(2.0, abs(float(given[0])) / float(self._slack[0] or 1)))
        self._near = self._tried = self._spent = 0

    def single(self) -> list[Cause]:
        """The single faults that explain the number, cheapest first."""
        if not self._model(0).products:
            return []
        if _rounded(self._model(0).sum(), self._given, self._slack):
            sentence = "the last digit is off by one: rounded from rounded numbers, or cut off"
            return [Cause("rounding", sentence, 0.0, "round once, at the end")]
        return self._with(1)[0]

    def several(self) -> list[Cause]:
        """The combinations of the fewest faults; none where one would fit by chance."""
        if not self._model(0).products:
            return []
        for count in range(2, _DEEPEST + 2):
            causes, chance = self._with(count)
            if chance > _CHANCE:
                return []
            if causes:
                return causes
        return []

    def _with(self, count: int) -> tuple[list[Cause], float]:
        """The causes of so many faults, and how many would fit by chance."""
        self._near = self._tried = 0
        fits = list(self._fits(count) if count <= _DEEPEST else self._fits_deeper())
        chance = self._near / self._wider
        return self._causes(fits, chance), chance

    def _model(self, moment: int) -> Model:
        if moment not in self._models:
            self._models[moment] = Model(self._known, self._ends, self._moments[moment].values)
        return self._models[moment]

    @cached_property
    def _factors(self) -> list[Variant]:
        model = self._model(0)
        extra = extra_faults(self._known, model.links, self._ends, model.values)
        constants = constant_faults(self._known)
        if self._known.whole:  # one for all elements would have been found by now
            constants = ((one._replace(cost=one.cost + 2), number) for one, number in constants)
        return [*constants, *extra]

    def _fits(self, count: int) -> Iterator[_Fit]:
        """Everything that fits with so many faults."""
        for moment, held in enumerate(self._moments):
            left = count - (held.fault is not None)
            model = self._model(moment)
            if not self._differs(moment):
                continue
            yield from self._within(model, moment, left, ())
            for pick in self._in_every_product(model) if left >= 2 else ():
                yield from self._within(model.under(pick), moment, left - 1, (pick,))

    def _fits_deeper(self) -> Iterator[_Fit]:
        """One mistake in every product, and the beginnings of several taken for each other."""
        for moment in range(len(self._moments)):
            if not self._differs(moment):
                continue
            for pick in self._in_every_product(self._model(moment)):
                model = self._model(moment).under(pick)
                ways = [
                    [
                        ((), model.base[product]),
                        *(((one,), row) for one, row in model.beginnings(product)),
                    ]
                    for product in range(len(model.products))
                ]
                sizes = [len(some) for some in ways]
                if np.prod(sizes) > _MOST:
                    continue
                numbers = np.zeros((1, self._known.points.count))
                for some in ways:
                    rows = np.array([row for _, row in some])
                    numbers = (numbers[:, None] + rows).reshape(-1, rows.shape[1])
                for place in self._hits(numbers, np.ones(self._known.points.count)):
                    chosen = zip(ways, np.unravel_index(place, sizes), strict=True)
                    picks = [one for some, at in chosen for one in some[at][0]]
                    yield _Fit(moment, None, (pick, *picks))

    def _differs(self, moment: int) -> bool:
        """Whether the values of a moment make a difference here to those before it."""
        base = self._model(moment).base
        return not any(
            np.allclose(base, self._model(before).base, rtol=1e-14) for before in range(moment)
        )

    def _in_every_product(self, model: Model) -> list[Pick]:
        if len(model.products) < 2:
            return []
        return [pick for pick, _ in model.common() if len(pick.changes) == len(model.products)]

    def _within(
        self, model: Model, moment: int, left: int, before: tuple[Pick, ...]
    ) -> Iterator[_Fit]:
        """With so many more faults in the products, or with one factor for all of them."""
        ones = np.ones(self._known.points.count)
        for picks, numbers in sums_with(model, left):
            for place in self._hits(numbers, ones):
                yield _Fit(moment, None, (*before, *picks(place)))
            if self._spent > _BUDGET:
                return
        if 1 <= left <= _DEEPEST and not before and self._spent <= _BUDGET:
            for picks, numbers in sums_with(model, left - 1):
                for variant in self._factors:
                    for place in self._hits(numbers, variant[1]):
                        yield _Fit(moment, variant, picks(place))

    def _hits(self, numbers: Array, factor: Array) -> Array:
        """Where the numbers, times a factor, are the given ones at every point."""
        if not numbers.size:
            return np.array([], int)
        off = np.abs(numbers[:, 0] * factor[0] - self._given[0])
        self._tried += len(off)
        self._spent += len(off)
        close = off <= self._wider * self._slack[0]
        self._near += int(np.count_nonzero(close & (off > self._slack[0])))
        (places,) = np.nonzero(off <= self._slack[0])
        return places[np.all(np.abs(numbers[places] * factor - self._given) <= self._slack, axis=1)]

    # Causes

    def _causes(self, fits: Sequence[_Fit], chance: float) -> list[Cause]:
        ranked = sorted(fits, key=lambda fit: sum(one.cost for one in fit.faults(self._moments)))
        causes: dict[object, Cause] = {}
        for fit in ranked[:_SHOWN]:
            cause = self._cause(fit, chance)
            # That all weights were updated, or only those that matter here, is one explanation.
            others = [one.done for one in fit.faults(self._moments) if one.kind != _UPDATED]
            causes.setdefault((_UPDATED in cause.kind, *sorted(others)), cause)
        return list(causes.values())[:5]

    def _cause(self, fit: _Fit, chance: float) -> Cause:
        faults = fit.faults(self._moments)
        residual = _difference(self._value(fit), self._given, self._model(0).sum())
        note = (
            f" (perhaps by chance: {self._tried} repairs were tried on a number of few digits)"
            if chance > _CHANCE
            else ""
        )
        if len(faults) == 1:
            (fault,) = faults
            return Cause(fault.kind, fault.done + note, residual, fault.fix)
        parts = tuple(
            Cause(fault.kind, fault.done, self._left(fit, place), fault.fix)
            for place, fault in enumerate(faults)
        )
        return Cause(
            " + ".join(dict.fromkeys(part.kind for part in parts)),
            "; ".join(part.sentence for part in parts) + note,
            residual,
            "; ".join(part.fix for part in parts),
            parts,
        )

    def _left(self, fit: _Fit, place: int) -> float:
        """What is still wrong when one of several faults is repaired."""
        repaired = fit.faults(self._moments)[place]
        moment = 0 if repaired is self._moments[fit.moment].fault else fit.moment
        factor = None if fit.factor and repaired is fit.factor[0] else fit.factor
        picks = tuple(pick for pick in fit.picks if pick.fault is not repaired)
        return _difference(self._value(_Fit(moment, factor, picks)), self._model(0).sum())

    def _value(self, fit: _Fit) -> Array:
        value: Array = self._model(fit.moment).sum(fit.picks) * (
            fit.factor[1] if fit.factor else 1.0
        )
        return value


def _moments(known: Known) -> Iterator[_Moment]:
    """The forward values as they were, and those of other moments."""
    yield _Moment(None, known.values)
    if known.carried is not known.values:
        yield _Moment(None, known.carried)
    for fault, values in other_moments(known):
        yield _Moment(fault, values)


def _rounded(true: Array, given: Array, slack: Array) -> bool:
    """Whether a number is wrong by less than two units of its last digit."""
    off = np.abs(true - given)
    return bool(np.all(np.isfinite(off) & (off <= 3 * slack))) and len(given) == 1


def _difference(one: Array, other: Array, size: Array | float = 0.0) -> float:
    """The relative difference; of a 0, relative to the ``size`` that it might have."""
    with np.errstate(all="ignore"):
        scale = np.maximum(np.maximum(np.abs(other), np.abs(size)), np.finfo(float).tiny)
        return float(np.max(np.abs(one - other) / scale))
