"""Blame: hands what was claimed, and what came before, to the search for causes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from autograd_lite.check.causes.arrays import array_causes
from autograd_lite.check.causes.explain import explain, other_quantities, written_causes
from autograd_lite.check.causes.faults import family
from autograd_lite.check.causes.known import Known, Stale
from autograd_lite.check.causes.model import Model
from autograd_lite.check.causes.repairs import rearranged, repairs
from autograd_lite.check.claims import Claim, Quantity, ValueOf
from autograd_lite.check.finding import Cause
from autograd_lite.check.judge.samples import PRODUCTS, Reading, Sampler, Samples, is_formula
from autograd_lite.check.read.expressions import Expression, Products
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.truth import Ends, Truth
from autograd_lite.engine import order
from autograd_lite.errors import ClaimError, ShapeError

_MOST = 150
"""So many mistakes of one derivation are explained; after that only verdicts are given."""
_DEEP = 30
"""Among so many, several mistakes at once are looked for in one number, and rarer ones in all."""
_REST = 1e-9
_MOST_CAUSES = 5


class Blame:
    """Explains wrong readings, given all readings of one pass."""

    def __init__(
        self,
        truth: Truth,
        sampler: Sampler,
        readings: Sequence[Reading],
        stale: Sequence[Stale] = (),
        own: Mapping[str, Samples] | None = None,
        at_marks: Sampler | None = None,
    ) -> None:
        self._truth, self._sampler = truth, sampler
        self._at_marks = at_marks or sampler
        self._readings, self._stale, self._own = readings, stale, own or {}
        self._known: dict[int, Known] = {}
        self._done: dict[tuple[Ends, bytes, bool], tuple[Cause, ...]] = {}
        self._asked = 0

    @property
    def is_within_budget(self) -> bool:
        """Whether the last mistake of which the cause was asked for is among those explained."""
        return self._asked <= _MOST

    def causes(self, reading: Reading) -> tuple[Cause, ...]:
        """The causes of a wrong claim, the likeliest first.

        Its author went on from the numbers above it as they were claimed, or else from right ones
        with a single mistake.
        """
        if not np.isfinite([reading.true, reading.samples.values]).all():
            return ()  # at a pole, or without a number, no repair can be measured
        self._asked += 1
        if not self.is_within_budget:
            return ()
        slack = self._slack(reading)
        written = self._sampler.written(reading.claim, reading.samples.products)
        refers = written[0].values() if written else ()
        known = replace(
            self._knowledge(reading.samples),
            whole=bool(reading.samples.shape),
            mentions=frozenset(str(quantity) for quantity in refers),
            deep=self._asked <= _DEEP,
        )
        found = self._in_the_formula(known, reading, slack) or self._given(known, reading, slack)
        if not found and _went_on(known, reading):
            found = self._given(replace(known, claimed={}, deep=False), reading, slack)
        if found and not found[0].parts:
            return found
        repaired = self._repaired(reading)[:_MOST_CAUSES] if known.deep else ()
        return tuple(repaired) or found

    def _repaired(self, reading: Reading) -> list[Cause]:
        """The single changes that make the formula itself right, for the given data of 0 and 1."""
        claim, samples = reading.claim, reading.samples
        written = self._sampler.written(claim, samples.products)
        if written is None or len(reading.true) == 1:
            return []
        refers = {
            spelling: quantity.of
            for spelling, quantity in written[0].items()
            if isinstance(quantity, ValueOf)
        }
        known = Known(self._at_marks.points, sizes=self._sizes)
        true = self._at_marks.true_at_all_points(reading.expected)
        seen: set[bytes] = set()
        for products in PRODUCTS[PRODUCTS.index(samples.products) :]:

            def compute(formula: Expression, products: Products = products) -> Array:
                found = self._at_marks.at_all_points(formula, products) / reading.times
                return found.reshape(true.shape) if found.size == true.size else found

            try:
                formula = self._sampler.parsed(claim)
                bits = compute(formula).tobytes()
                if bits in seen:
                    continue  # its products can be read in this sense only
                seen.add(bits)
                found = repairs(known, formula, refers, compute, true)
                if not found and not samples.shape:
                    ends, near = reading.expected.ends[0], _REST * np.abs(true).max(initial=0)
                    found = list(other_quantities(known, ends, compute(formula), near))
            except (ClaimError, ShapeError):
                continue  # it has names that are known elsewhere only
            if found:
                return found
        return []

    def _given(self, known: Known, reading: Reading, slack: Array) -> tuple[Cause, ...]:
        """The causes of a number, or of an array as a whole, or else of its worst elements."""
        given, shape = reading.samples.values, reading.samples.shape
        if not shape:
            return self._of_one(known, reading.expected.ends[0], given, slack)
        if whole := array_causes(known, reading.expected.ends, given, reading.true, slack):
            return whole
        flat, loose = given.reshape(len(given), -1), slack.reshape(len(given), -1)

        def of(place: int) -> tuple[Cause, ...]:
            ends = reading.expected.ends[place]
            return self._of_one(known, ends, flat[:, place], loose[:, place])

        worst, other = _telling(reading)
        found = of(worst)
        if not found or other == worst:
            return found
        index = ",".join(map(str, reading.worst.index))
        alone = (replace(one, sentence=f"at [{index}] only: {one.sentence}") for one in found)
        again = of(other)
        return tuple(one for one in found if _explains(one, again)) or tuple(alone)

    def _of_one(self, known: Known, ends: Ends, given: Array, slack: Array) -> tuple[Cause, ...]:
        seen = ends, given.tobytes(), known.deep
        if seen not in self._done:
            self._done[seen] = explain(known, ends, given, slack)
        return self._done[seen]

    def _in_the_formula(self, known: Known, reading: Reading, slack: Array) -> tuple[Cause, ...]:
        """What the formula itself shows: derivatives in it that are none, a summand too much."""
        written = self._sampler.written(reading.claim, reading.samples.products)
        if written is None or len(reading.true) == 1:
            return ()
        refers, computed = written

        def evaluate(numbers: Mapping[str, Array]) -> Array:
            found = computed(numbers) / reading.times
            return found.reshape(reading.true.shape) if found.size == reading.true.size else found

        near = np.maximum(slack, _REST * np.abs(reading.true).max(initial=0))
        if found := written_causes(known, refers, evaluate, reading.true, near):
            return tuple(found)
        less = self._sampler.with_one_less(reading.claim, reading.samples.products)
        return tuple(
            Cause("extra summand", f"the summand {text} is too much", 0.0, f"leave out {text}")
            for text, values in less
            if values.shape == reading.true.shape
            and bool(np.all(np.abs(values / reading.times - reading.true) <= near))
        )

    def _slack(self, reading: Reading) -> Array:
        given = np.abs(reading.samples.values)
        first = reading.samples.half_units + 256 * reading.eps * given[0]
        first = np.maximum(first, reading.slack[0])
        return np.concatenate([first[None], _REST * np.maximum(given[1:], given.max(initial=0))])

    def _knowledge(self, samples: Samples) -> Known:
        points, count = self._sampler.points_of(samples), len(samples.values)
        if id(points) not in self._known:
            claimed: dict[Ends, Array] = {}
            off: dict[Ends, float] = {}
            for reading in self._readings:
                for place, ends in enumerate(reading.expected.ends):
                    numbers = reading.samples.values.reshape(len(reading.samples.values), -1)
                    off[ends] = float(reading.samples.half_units.ravel()[place])
                    if reading.wrong.ravel()[place] and len(numbers) >= count:
                        claimed.setdefault(ends, numbers[:count, place])
            self._known[id(points)] = Known(
                points=points,
                claimed=claimed,
                off=off,
                stated=frozenset(ends for one in self._readings for ends in one.expected.ends),
                learning_rate=self._sampler.rate if count > 1 else self._truth.learning_rate,
                updated=self._updated(points, claimed),
                stale=self._stale if count == 1 else (),
                sizes=self._sizes,
                own={
                    name: samples.values[:count]
                    for name, samples in self._own.items()
                    if len(samples.values) >= count
                },
            )
        return self._known[id(points)]

    def _updated(self, points: Points, claimed: Mapping[Ends, Array]) -> dict[str, Array]:
        """The weights after the step: as they were stated, or by the stated gradient."""
        graph, rate = points.graph, self._truth.learning_rate
        if rate is None or len(graph.outputs) != 1:
            return {}
        stated = {
            ends.child
            for one in self._readings
            for ends in one.expected.ends
            if ends.what == "updated"
        }
        updated = {}
        for name, element in graph.elements.items():
            if element.kind == "weight" and (name in stated or not stated):
                gradient = claimed.get(
                    Ends("derivative", graph.outputs[0], name), points.total(graph.outputs[0], name)
                )
                after = points.values[name] - rate * gradient
                updated[name] = claimed.get(Ends("updated", name), after)
        return updated

    @cached_property
    def _sizes(self) -> frozenset[int]:
        nodes = order(self._truth.graph.root)
        return frozenset(size for node in nodes for size in (*node.shape, node.size) if size > 2)


def _went_on(known: Known, reading: Reading) -> bool:
    """Whether wrong derivatives above are among the factors of a claimed one."""
    ends = reading.expected.ends
    wrong = known.claimed.keys() - set(ends)
    return any(
        Ends(what, link.child, link.parent) in wrong
        for one in ends
        if one.what in {"derivative", "local"}
        for link in Model(known, one, known.values).links
        for what in ("derivative", "local")
    )


def _telling(reading: Reading) -> tuple[int, int]:
    """The elements of an array that say most of a mistake: the worst, and the one least like it."""
    worst = int(np.ravel_multi_index(reading.worst.index, reading.samples.shape))
    wrong = np.flatnonzero(reading.wrong)
    with np.errstate(all="ignore"):
        ratios = (reading.samples.values / reading.true)[reading.place].ravel()
        apart = np.nan_to_num(np.abs(ratios - ratios[worst])[wrong])
    return worst, int(wrong[np.argmax(apart)]) if apart.any() else worst


def _explains(cause: Cause, others: Sequence[Cause]) -> bool:
    """Whether the same mistake, but for the indices, is among the causes of another element."""
    return any(family(cause.sentence) == family(one.sentence) for one in others)


# Formulas whose shapes do not fit


def rearrangements(
    sampler: Sampler, truth: Truth, claim: Claim, quantity: Quantity
) -> Iterator[Cause]:
    """What makes the arrays of a claim's formula fit, and the formula right."""
    if not is_formula(claim.given):
        return
    try:
        true = sampler.true_at_all_points(truth.expected(quantity)[0])
        for cause, other in rearranged(sampler.parsed(claim)):
            if any(_is_everywhere(sampler, other, products, true) for products in PRODUCTS):
                yield cause
    except ClaimError:
        return  # there is no such formula, or no such quantity


def _is_everywhere(sampler: Sampler, formula: Expression, products: Products, true: Array) -> bool:
    """Whether a formula is right at every point."""
    try:
        found = sampler.at_all_points(formula, products)
    except ShapeError:
        return False
    return found.shape == true.shape and np.allclose(found, true, rtol=1e-9, atol=0)
