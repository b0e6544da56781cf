"""The verdict on every claim of one pass: right, wrong, follows, ambiguous or unchecked."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.causes.arrays import shape_causes
from autograd_lite.check.causes.known import Stale
from autograd_lite.check.claims import Claim, Quantity
from autograd_lite.check.finding import Cause, Finding
from autograd_lite.check.judge.blame import Blame
from autograd_lite.check.judge.follow import Inherited, Stated, inherited
from autograd_lite.check.judge.samples import Reading, Sampler, Samples, is_formula
from autograd_lite.check.judge.ties import Ties
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import deltas, forms
from autograd_lite.check.truth.truth import Ends, Expected, Truth
from autograd_lite.engine import order
from autograd_lite.errors import ClaimError, ShapeError

_CLASH = "the shapes in the formula do not fit"


class Judge:
    """Finds what each claim means, compares it with the truth, and follows mistakes onwards.

    ``unsure`` says how far the leaves of the graph may be from those of the claims' author.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> x = ag.Value(3.0, label="x")
    >>> judge = Judge(named_graph((x * x).named("y")))
    >>> [finding.verdict for finding in judge.findings([Claim(name="dy/dx", given="6.0")])]
    ['right']
    """

    def __init__(
        self,
        graph: NamedGraph,
        names: Mapping[str, Any] | None = None,
        learning_rate: float | None = None,
        unsure: Mapping[str, float] | None = None,
    ) -> None:
        self.graph = graph
        self.vocabulary = Vocabulary(graph, names)
        self.truth = Truth(graph, self.vocabulary, learning_rate, unsure)
        # In a formula the learning rate is a symbol, so that its number is not needed.
        self.sampler = Sampler(graph, self.vocabulary, self.truth)
        self._any_rate = Truth(graph, self.vocabulary, self.sampler.rate, unsure)
        self._at_marks = Sampler(graph, self.vocabulary, self.truth, keep_marks=True)
        self._own: dict[str, Samples] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._ties = Ties(graph)
        self._eps = max(float(np.finfo(node.dtype).eps) for node in order(graph.root))

    def findings(self, claims: Iterable[Claim], stale: Sequence[Stale] = ()) -> list[Finding]:
        """One finding for each claim, in their order."""
        read = self._all_read(list(claims))
        readings = [one for one in read if isinstance(one, Reading)]
        owners = [place for place, one in enumerate(readings) for _ in one.expected.ends]
        stated = list(_all_stated(readings))
        found = inherited(self.truth, stated)
        blame = Blame(self.truth, self.sampler, readings, stale, self._own)
        done: dict[int, Finding] = {}
        start = 0
        for place, one in enumerate(readings):
            size = len(one.expected.ends)
            own = (
                {
                    number - start: found[number]
                    for number in found
                    if start <= number < start + size
                }
                if found
                else {}
            )
            roots = _roots(place, own, owners)
            done[id(one)] = self._finding(one, own, [readings[root] for root in roots], blame)
            start += size
        return [done[id(one)] if isinstance(one, Reading) else one for one in read]

    # What all claims say: with the examples as rows, or as columns

    def _all_read(self, claims: Sequence[Claim]) -> list[Reading | Finding]:
        """The claims in the orientation of their author.

        Where the graph has the examples as rows, every matrix of a derivation in columns is
        transposed. One matrix alone is a mistake, and so is one among others that are not.
        """
        rows = self._read_with(claims, columns=False)
        if not any(self._is_of_matrix(one) and not _is_right(one) for one in rows):
            return rows
        own, defined = dict(self._own), self.sampler.remembered()
        columns = self._read_with(claims, columns=True)
        pairs = [
            (_is_right(one), _is_right(other), one, other)
            for one, other in zip(rows, columns, strict=True)
        ]
        matrices = [pair for pair in pairs if self._is_of_matrix(pair[2])]
        turned = {str(one.quantity) for as_is, back, one, _ in matrices if back and not as_is}
        clashing = any(back and _has_clash(one) for _, back, one, _ in pairs)
        if (len(turned) < 2 and not clashing) or any(
            as_is and not back for as_is, back, *_ in matrices
        ):
            self.sampler.columns, self._own = False, own
            self.sampler.recall(defined)
            return rows
        return [
            one if as_is and not back else _noted(other, self._is_of_matrix(one))
            for as_is, back, one, other in pairs
        ]

    def _read_with(self, claims: Sequence[Claim], columns: bool) -> list[Reading | Finding]:
        # A definition counts from where it is: none of an earlier reading reaches back.
        self._own = {}
        self.sampler.forget()
        self.sampler.columns = columns
        return [self.read(claim) for claim in claims]

    def _is_of_matrix(self, one: Reading | Finding) -> bool:
        """Whether this is about an array of several rows and several columns."""
        quantity = str(one.quantity)
        if quantity not in self._shapes:
            readings = self.vocabulary.readings(quantity) if quantity else []
            try:
                shape = self.truth.expected(readings[0])[0].values.shape if readings else ()
            except ClaimError:
                shape = ()
            self._shapes[quantity] = shape
        shape = self._shapes[quantity]
        return len(shape) == 2 and min(shape) > 1

    # What a claim says

    def read(self, claim: Claim) -> Reading | Finding:
        """A claim in the sense of its name that fits; or why it cannot be checked."""
        finding = _finding_of(claim, verdict="unchecked")
        if claim.unread:
            return replace(finding, reason=claim.unread)
        names = (claim.name, *claim.others)
        readings = next((found for name in names if (found := self.vocabulary.readings(name))), [])
        try:
            samples = self.sampler.sample(claim)
        except ShapeError as error:
            if not readings:
                return replace(finding, reason=f"{self._unknown(claim.name)}; {error}")
            quantity = str(readings[0]) if len(readings) == 1 else ""
            sentence = f"{_CLASH}: {error}"
            cause = Cause("shape", sentence, math.inf, "transpose or sum where it is needed")
            return replace(
                finding, verdict="wrong", quantity=quantity, reason=sentence, causes=(cause,)
            )
        except ClaimError as error:
            quantity = str(readings[0]) if len(readings) == 1 else ""
            reason = str(error) if readings else f"{self._unknown(claim.name)}; {error}"
            return replace(finding, quantity=quantity, reason=reason)
        if not readings:
            self._own[claim.name] = samples
            self.sampler.define(claim.name, samples, claim.given)
            return replace(finding, reason=self._unknown(claim.name), formula=samples.formula)
        return self._multiplied(claim, samples, readings)

    def _multiplied(
        self, claim: Claim, samples: Samples, readings: list[Quantity]
    ) -> Reading | Finding:
        """A formula in the sense of its products on paper that is right, or at least fits."""
        found = self._chosen(claim, samples, readings)
        if isinstance(found, Reading) and found.right:
            return found
        others = [self._chosen(claim, one, readings) for one in self.sampler.others(claim, samples)]
        fitting = [one for one in (found, *others) if isinstance(one, Reading)]
        return next((one for one in fitting if one.right), (*fitting, found)[0])

    def _chosen(
        self, claim: Claim, samples: Samples, readings: list[Quantity]
    ) -> Reading | Finding:
        """The reading of an ambiguous name; an ambiguous finding where that would be a guess."""
        found = [self._as(claim, samples, quantity) for quantity in readings]
        fitting = [one for one in found if isinstance(one, Reading)]
        right = [one for one in fitting if one.right]
        if len(found) > 1 and 0 < len(right) < len(found) and not _is_delta(claim.name):
            meanings = " or ".join(map(str, readings))
            reason = f"can mean {meanings}, and is right as {right[0].quantity} only; write which"
            return _finding_of(claim, verdict="ambiguous", reason=reason)
        return (right or fitting or found)[0]

    def _as(self, claim: Claim, samples: Samples, quantity: Quantity) -> Reading | Finding:
        """The claim as one quantity, in the first sense that is right, if one is."""
        finding = _finding_of(claim, quantity=str(quantity), verdict="unchecked")
        truth = self._any_rate if is_formula(claim.given) else self.truth
        try:
            senses = truth.expected(quantity)
        except ClaimError as error:
            return replace(finding, reason=str(error))
        fitting = [expected for expected in senses if expected.values.shape == samples.shape]
        if not fitting:
            for expected in senses:
                if fitted := samples.fitted(expected.values.shape, str(quantity)):
                    samples, fitting = fitted, [expected]
                    break
            else:
                return self._misshapen(finding, samples, senses[0])
        if np.isnan(fitting[0].values).any():
            return replace(
                finding,
                expected=_plain(fitting[0].values),
                reason=f"{quantity} is nan at this point",
            )
        readings = [self._reading(claim, quantity, samples, expected) for expected in fitting]
        return next((one for one in readings if one.right), readings[0])

    def _misshapen(self, finding: Finding, samples: Samples, expected: Expected) -> Finding:
        true = expected.values
        reason = f"has shape {samples.shape}; {finding.quantity} has shape {true.shape}"
        causes = shape_causes(samples.values[0], true)
        return replace(
            finding, verdict="wrong", expected=_plain(true), reason=reason, causes=causes
        )

    def _reading(
        self, claim: Claim, quantity: Quantity, samples: Samples, expected: Expected
    ) -> Reading:
        true = self.sampler.true(expected, samples)
        eps = max(samples.eps, self._eps)
        reading = Reading(claim, quantity, samples, expected, true, eps)
        if reading.right:
            return reading
        return replace(reading, sizes=self.sampler.sizes(claim, expected, samples))

    def _unknown(self, name: str) -> str:
        nearest = self.vocabulary.nearest(name)
        return "unknown name" + (f"; nearest: {', '.join(nearest)}" if nearest else "")

    # What was found

    def _finding(
        self,
        reading: Reading,
        found: Mapping[int, Inherited],
        roots: Sequence[Reading],
        blame: Blame,
    ) -> Finding:
        true = reading.true[reading.place]
        finding = _finding_of(
            reading.claim,
            quantity=str(reading.quantity),
            verdict="right",
            expected=_plain(true),
            error=float(reading.errors.max(initial=0)),
            formula=reading.samples.formula,
        )
        sense = "; ".join(filter(None, (reading.expected.sense, reading.samples.note)))
        if reading.right:
            reason = "; ".join(filter(None, (sense, reading.rounded)))
            return replace(finding, reason=reason)
        if excuse := self._ties.convention(reading) or self._for_these_marks(reading):
            return replace(finding, reason=excuse)
        wrong = set(np.flatnonzero(reading.wrong_at[0]))
        if found and wrong <= found.keys():
            if not roots:
                return replace(finding, reason="right, with the rounding of the numbers above it")
            names = tuple(root.claim.name for root in roots)
            finding = replace(finding, verdict="follows", root=names[0], roots=names)
            sense = f"right given {' and '.join(names[:3])}"
            causes = blame.causes(reading) if any(one.instead for one in found.values()) else ()
        else:
            finding = replace(finding, verdict="wrong")
            causes = self._ties.counted_twice(reading) or blame.causes(reading)
        chance = "agrees at this point by chance, at other inputs it is different"
        reasons = (
            reading.where,
            chance if reading.by_chance else "",
            self.truth.independence(reading.quantity),
            reading.digits_hint,
            sense,
        )
        worst = reading.worst
        return replace(
            finding,
            error=float(reading.errors[worst.index]),
            reason="; ".join(filter(None, reasons)),
            worst=worst if reading.samples.shape else None,
            causes=causes,
        )

    def _for_these_marks(self, reading: Reading) -> str:
        """Whether a formula holds as long as data of 0 and 1, such as targets, stay as they are."""
        if not reading.by_chance or not is_formula(reading.claim.given):
            return ""
        try:
            samples = self._at_marks.again(reading.claim, reading.samples)
        except ClaimError:
            return ""
        fitted = samples.fitted(reading.samples.shape, "")
        if fitted is None:
            return ""
        samples = fitted
        true = self._at_marks.true(reading.expected, samples)
        held = replace(reading, samples=samples, true=true).right
        return "right for these data of 0 and 1, not for others" if held else ""


def _is_right(one: Reading | Finding) -> bool:
    return isinstance(one, Reading) and one.right


def _has_clash(one: Reading | Finding) -> bool:
    """Whether the shapes within a formula do not fit."""
    return isinstance(one, Finding) and one.reason.startswith(_CLASH)


def _noted(one: Reading | Finding, is_matrix: bool) -> Reading | Finding:
    """A reading in columns, which says so of a matrix."""
    if not isinstance(one, Reading) or not is_matrix:
        return one
    note = "transposed, as all matrices of this derivation are"
    note = "; ".join(filter(None, (one.samples.note, note)))
    return replace(one, samples=one.samples._replace(note=note))


def _finding_of(claim: Claim, **found: Any) -> Finding:
    given = claim.given.values[0] if isinstance(claim.given, Samples) else claim.given
    return Finding(name=claim.name, given=given, line=claim.line, where=claim.where, **found)


def _all_stated(readings: Sequence[Reading]) -> Iterator[Stated]:
    """Every number at the point of the graph; a formula only if it is wrong and no number stands.

    That a formula is right does not say which numbers its author went on with.
    """
    numbers = {
        ends for one in readings if not is_formula(one.claim.given) for ends in one.expected.ends
    }
    for one in readings:
        by_formula = is_formula(one.claim.given)
        for stated in _stated(one):
            counts = not by_formula or not (stated.right or stated.ends in numbers)
            yield stated if counts else stated._replace(ends=_NOTHING)


_NOTHING = Ends("formula", "")


def _stated(reading: Reading) -> Iterator[Stated]:
    """Every number of a claim; one that is the true number itself was not rounded."""
    columns = zip(
        reading.expected.ends,
        reading.samples.values[0].ravel().tolist(),
        reading.true[0].ravel().tolist(),
        reading.slack[0].ravel().tolist(),
        reading.samples.half_units.ravel().tolist(),
        (~reading.wrong_at[0]).ravel().tolist(),
        strict=True,
    )
    for ends, given, true, slack, half, right in columns:
        yield Stated(ends, given, slack, 0.0 if given == true else half, reading.eps, right)


def _roots(place: int, own: Mapping[int, Inherited], owners: Sequence[int]) -> list[int]:
    """The other claims from which a claim's wrong numbers follow, in their order."""
    roots = {owners[number] for one in own.values() for number in one.roots}
    return sorted(roots - {place})


def _is_delta(name: str) -> bool:
    return any(True for text in forms(name) for _ in deltas(text))


def _plain(array: Array) -> Any:
    """A float for a single number, else the array."""
    return array if array.ndim else float(array)
