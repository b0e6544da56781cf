"""The verdict on every claim of one pass: right, wrong, follows, ambiguous or unchecked."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.causes.arrays import shape_causes
from autograd_lite.check.causes.known import Stale
from autograd_lite.check.claims import (
    Claim,
    Derivative,
    Quantity,
    Updated,
    ValueOf,
    WeightStep,
    texts_of,
)
from autograd_lite.check.finding import Cause, Finding
from autograd_lite.check.judge.arithmetic import numeric, slip
from autograd_lite.check.judge.blame import Blame, rearrangements
from autograd_lite.check.judge.computed import Computed, carried_on, in_its_order
from autograd_lite.check.judge.conditions import elsewhere
from autograd_lite.check.judge.definitions import Definition, Definitions
from autograd_lite.check.judge.each import one_mistake, one_slip, said_of_all
from autograd_lite.check.judge.follow import Inherited, Stated, inherited
from autograd_lite.check.judge.literals import Literals
from autograd_lite.check.judge.samples import (
    Reading,
    Sampler,
    Samples,
    UnknownNameError,
    is_formula,
)
from autograd_lite.check.judge.ties import Ties
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.naming import is_derivative
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import deltas, derivatives, forms, key, words
from autograd_lite.check.truth.truth import Ends, Expected, Truth
from autograd_lite.engine import order
from autograd_lite.errors import ClaimError, ShapeError
from autograd_lite.expr.notation import short
from autograd_lite.value import Constant

_ANY = Claim(name="", given=())
_MOST_NAMES = 400
"""In a larger graph nobody's own symbol is looked for."""

_AT_WEIGHTS = "the mean is taken at the weights"
_NOT_EXPLAINED = "no cause was looked for: too many mistakes come before it"
_TRANSPOSED = "transposed, as all matrices of this derivation are"
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
        if _has_marks(graph):
            self.sampler.beside = self._at_marks
        self._own: dict[str, Samples] = {}
        self._definitions: dict[str, Definition] = {}
        self._computed: dict[int, Computed] = {}
        self._slips: dict[int, Cause] = {}  # wrong steps of arithmetic, by their claim
        self._table = {key(word) for word in names or ()}
        self._own_deltas = False  # whether a δ has been found to be none of the usual ones
        self._lines: dict[str, set[int | None]] = {}  # in which a symbol has been defined
        self._literals = Literals(self.truth, self.sampler)
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._ties = Ties(graph)
        self._eps = max(float(np.finfo(node.dtype).eps) for node in order(graph.root))

    def findings(
        self,
        claims: Iterable[Claim],
        stale: Sequence[Stale] = (),
        read: Sequence[Reading | Finding] | None = None,
    ) -> list[Finding]:
        """One finding for each claim, in their order.

        ``read`` are the same claims as this judge has read them, one by one and no others.
        """
        claims = list(claims)
        self.vocabulary.count_as(itertools.chain.from_iterable(map(texts_of, claims)))
        read = self._all_read(claims, read)
        read = self._with_mean_at_weights(claims, read)
        read = self._with_wrong_definitions(claims, read, stale)
        read = said_of_all(claims, read)
        readings = [one for one in read if isinstance(one, Reading)]
        owners = [place for place, one in enumerate(readings) for _ in one.expected.ends]
        stated = list(_all_stated(readings))
        found = inherited(self.truth, stated)
        blame = Blame(self.truth, self.sampler, readings, stale, self._own, self._at_marks)
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
        findings = [done[id(one)] if isinstance(one, Reading) else one for one in read]
        findings = carried_on(self._computed, claims, findings)
        return one_slip(one_mistake(list(claims), findings))

    def _with_wrong_definitions(
        self, claims: Sequence[Claim], read: list[Reading | Finding], stale: Sequence[Stale]
    ) -> list[Reading | Finding]:
        """The same, where a symbol of the author's own is judged as what it was meant to be."""
        readings = [one for one in read if isinstance(one, Reading)]
        if not self._definitions or all(one.right for one in readings):
            return read
        symbols = Definitions(self.truth, self.sampler, self.vocabulary)
        for definition, quantities in symbols.meant(self._definitions, readings):
            claim, samples = definition.claim, definition.samples
            note = f"what {claim.name} is meant to be, as it is used below"
            samples = samples._replace(note="; ".join(filter(None, (samples.note, note))))
            meant = [self._as(claim, samples, quantity) for quantity in quantities]
            blame = Blame(self.truth, self.sampler, readings, stale, self._own, self._at_marks)
            for one in meant:
                if isinstance(one, Reading) and not one.right and blame.causes(one):
                    place = next(at for at, other in enumerate(claims) if other is claim)
                    read = [*read[:place], one, *read[place + 1 :]]
                    break
        return read

    # What all claims say: with the examples as rows, or as columns

    def _all_read(
        self, claims: Sequence[Claim], read: Sequence[Reading | Finding] | None
    ) -> list[Reading | Finding]:
        """The claims in the orientation of their author.

        Where the graph has the examples as rows, every matrix of a derivation in columns is
        transposed. One matrix alone is a mistake, and so is one among others that are not.
        """
        self.sampler.scale(1.0)
        rows = self._read_with(claims, columns=False) if read is None else list(read)
        if not any(self._is_of_matrix(one) and not _is_right(one) for one in rows):
            return rows
        own, defined = self._remembered(), self.sampler.remembered()
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
            self._own, self._definitions = own
            self.sampler.turn(columns=False)
            self.sampler.recall(defined)
            return rows
        return [
            one if as_is and not back else _noted(other, self._is_of_matrix(one))
            for as_is, back, one, other in pairs
        ]

    # ... and with the mean over the examples where it belongs, or at the weights

    def _with_mean_at_weights(
        self, claims: Sequence[Claim], read: list[Reading | Finding]
    ) -> list[Reading | Finding]:
        """The claims of an author who divides by the number of examples at the weights only.

        Then the derivatives by all that is between are so many times the true ones. One that is
        so is a mistake, if others are not, or if no gradient of a weight is right.
        """
        inner = [one for one in read if isinstance(one, Reading) and self._is_inner(one)]
        counts = {count for one in inner if not one.right for count in self._counts if
                  one.is_times(count)}  # fmt: skip
        if not counts:
            return read
        before = self._remembered(), self.sampler.remembered()
        columns = self.sampler.columns
        for count in sorted(counts, reverse=True):
            self.sampler.scale(float(count))
            again = self._read_with(claims, columns)
            readings = [one for one in again if isinstance(one, Reading)]
            inner = [one for one in readings if self._is_inner(one)]
            if any(map(self._is_right_weight, readings)) and not any(
                one.is_times(1 / count) for one in inner
            ):
                return again
        (self._own, self._definitions), defined = before
        self.sampler.scale(1.0)
        self.sampler.recall(defined)
        return read

    def _remembered(self) -> tuple[dict[str, Samples], dict[str, Definition]]:
        return dict(self._own), dict(self._definitions)

    def _is_inner(self, one: Reading) -> bool:
        """Whether this is a derivative of the result by what is no weight, nor the result."""
        quantity = one.quantity
        if not isinstance(quantity, Derivative) or quantity.child != self.vocabulary.root:
            return False
        ends = one.expected.ends[0]
        element = self.graph.elements[ends.parent]
        return ends.what != "value" and ends.child != ends.parent and element.kind != "weight"

    def _is_right_weight(self, one: Reading) -> bool:
        quantity = one.quantity
        return (
            isinstance(quantity, Derivative)
            and quantity.child == self.vocabulary.root
            and self.graph.elements[one.expected.ends[0].parent].kind == "weight"
            and one.right
            and bool(np.any(one.true))
        )

    @cached_property
    def _counts(self) -> set[int]:
        """How many examples there can be: the lengths of the data."""
        data = (node for node in order(self.graph.root) if isinstance(node, Constant))
        return {length for node in data for length in node.shape if length > 1}

    def _read_with(self, claims: Sequence[Claim], columns: bool) -> list[Reading | Finding]:
        # A definition counts from where it is: none of an earlier reading reaches back.
        self._own, self._definitions = {}, {}
        self._own_deltas, self._lines = False, {}
        self._literals.stated.clear()
        self.sampler.forget()
        self.sampler.turn(columns)
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
        """A claim in the sense of its name that fits; or why it cannot be checked.

        A step of a chain that is wrong as arithmetic is so whatever its name means.
        """
        one = self._read(claim)
        if isinstance(one, Reading) and not is_formula(claim.given):
            self._literals.stated.add(str(one.quantity))
        if claim.sign == "∝" and not claim.unread:
            reason = "says only to what it is proportional"
            return _finding_of(claim, verdict="unchecked", reason=reason)
        if claim.conditions:
            one = self._where_it_holds(claim, one)
        if claim.after is None or _is_right(one):
            return one
        if cause := slip(claim, self.sampler.is_exact):
            self._slips[id(claim)] = cause
            if isinstance(one, Finding):
                return replace(one, verdict="wrong", reason=cause.sentence, causes=(cause,))
        elif isinstance(one, Finding) and claim.name == claim.after:
            if all(numeric(part, self.sampler.is_exact) for part in (claim.after, claim.given)):
                return replace(one, verdict="right", reason="arithmetic", missing="")
            return replace(one, reason="arithmetic that has no value", missing="")
        return one

    def _where_it_holds(self, claim: Claim, one: Reading | Finding) -> Reading | Finding:
        """What was read, unless the line says that it holds elsewhere."""
        of_update = isinstance(one, Reading) and isinstance(one.quantity, Updated | WeightStep)
        found = None if of_update else elsewhere(claim, self._is_known, self._at_the_point)
        if found is None or (not found.sure and _is_right(one)):
            return one
        quantity = str(one.quantity)
        return _finding_of(claim, verdict="unchecked", quantity=quantity, reason=found.reason)

    def _is_known(self, name: str) -> bool:
        return bool(self.sampler.meanings(name))

    def _at_the_point(self, formula: str) -> Array:
        return np.asarray(self.sampler.sample(Claim(name="", given=formula)).values[0])

    def _read(self, claim: Claim) -> Reading | Finding:
        finding = _finding_of(claim, verdict="unchecked")
        if claim.unread:
            return replace(finding, reason=claim.unread)
        names = (claim.name, *claim.others)
        readings = [claim.quantity] if claim.quantity is not None else []
        readings = readings or next(
            (found for name in names if (found := self.sampler.meanings(name))), []
        )
        try:
            samples = self.sampler.sample(claim)
        except (ClaimError, ShapeError) as error:
            return self._without_numbers(claim, readings, error)
        if not readings:
            return self._defined(claim, samples)
        one = self._multiplied(claim, samples, readings)
        if not _is_right(one) and (after := self._after_the_step(claim, samples, readings)):
            return after
        if (
            isinstance(one, Reading)
            and one.right
            and len(readings) > 1
            and any(map(_is_delta, names))
        ):
            self.sampler.call(claim.name, one.quantity)
        if _is_right(one) or not self._is_guess(claim, readings):
            return one
        return self._meant_otherwise(claim, samples) or one

    def _after_the_step(
        self, claim: Claim, samples: Samples, readings: Sequence[Quantity]
    ) -> Reading | None:
        """A weight that its author calls by its name after the step as well: if it is that."""
        if len(readings) != 1 or not isinstance(readings[0], ValueOf):
            return None
        name = readings[0].of
        kinds = {self.graph.elements[one].kind for one in self.vocabulary.scalars[name].flat}
        if kinds != {"weight"} or isinstance(claim.given, Samples):
            return None
        note = "; ".join(filter(None, (samples.note, f"{name} after the step")))
        one = self._as(claim, samples._replace(note=note), Updated(name))
        return one if isinstance(one, Reading) and one.right else None

    def _without_numbers(
        self, claim: Claim, readings: Sequence[Quantity], error: Exception
    ) -> Finding:
        """A claim whose formula cannot be read or computed."""
        finding = _finding_of(claim, verdict="unchecked")
        is_guess = bool(readings) and self._is_guess(claim, readings)
        if is_guess and is_formula(claim.given):
            for name in (claim.name, *claim.others):
                self.sampler.call(name, None)  # it may be a definition of the author's own
            return replace(finding, reason=str(error))
        if not readings:
            reason = f"{self._unknown(claim.name)}; {error}"
            return replace(finding, reason=reason, missing=claim.name)
        quantity = str(readings[0]) if len(readings) == 1 else ""
        if not isinstance(error, ShapeError):
            missing = error.spelling if isinstance(error, UnknownNameError) else ""
            return replace(finding, quantity=quantity, reason=str(error), missing=missing)
        if jacobian := self.sampler.jacobian(claim):
            return replace(finding, quantity=quantity, reason=jacobian)
        sentence = f"{_CLASH}: {error}"
        cause = Cause("shape", sentence, math.inf, "transpose or sum where it is needed")
        causes = (*self._rearrangements(claim, readings[0]), cause) if quantity else (cause,)
        return replace(finding, verdict="wrong", quantity=quantity, reason=sentence, causes=causes)

    # Symbols of the author's own, which outrank every guess

    def _is_guess(self, claim: Claim, readings: Sequence[Quantity]) -> bool:
        """Whether a name means this only by what is usual: the δ of a neuron, e for E."""
        if claim.quantity is not None or key(claim.name) in self._table:
            return False
        if claim.line in self._lines.get(key(claim.name), ()):
            return False
        if all(isinstance(one, Derivative) for one in readings):
            return any(map(_is_delta, (claim.name, *claim.others)))
        if claim.others or not is_formula(claim.given) or len(key(claim.name)) > 1:
            return False
        return all(
            isinstance(one, ValueOf) and key(one.of) == key(claim.name).swapcase()
            for one in readings
        )

    def _defined(self, claim: Claim, samples: Samples) -> Reading | Finding:
        """What is said of a symbol of the author's own, which from here on means that."""
        if computed := Computed.of(self._any_rate, self.sampler, claim):
            self._computed[id(claim)] = computed
            return computed.finding()
        finding = _finding_of(claim, verdict="unchecked", formula=samples.formula)
        quantity = self.sampler.reference(claim)
        if quantity is not None and any("/" in claim.name for _ in derivatives(words(claim.name))):
            quantity = None  # dz/dw is no symbol: it is the derivative by a w that is not known
        is_delta = words(claim.name).startswith("delta")
        # A number alone does not say which quantity a δ is that is that of nothing.
        is_bare = words(claim.name) == "delta" and not samples.formula
        recognise = is_delta and quantity is None and not is_bare
        samples, recognised = self._on_paper(claim, samples, recognise)
        if quantity is None and is_delta:
            self._own_deltas = True
            quantity = recognised
        before = self._own.get(claim.name)
        if not samples.formula and before is not None and before.formula:
            return self._as_defined(claim, samples, before)
        self._own[claim.name] = samples
        self.sampler.define(claim.name, samples, claim.given)
        if samples.formula and len(samples.values) > 1:
            self._definitions[key(claim.name)] = Definition(claim, samples)
        if quantity is None:
            is_definition = samples.formula and not is_derivative(claim.name)
            missing = "" if is_definition else claim.name
            return replace(finding, reason=self._unknown(claim.name), missing=missing)
        return self._called(claim, samples, quantity)

    def _called(self, claim: Claim, samples: Samples, quantity: Quantity) -> Reading | Finding:
        """A claim that says which quantity its symbol is, as it is used from here on."""
        for name in (claim.name, *claim.others):
            self.sampler.call(name, quantity)
            self._lines.setdefault(key(name), set()).add(claim.line)
        note = f"{claim.name} is {quantity} here"
        note = "; ".join(filter(None, (samples.note, note)))
        return self._as(claim, samples._replace(note=note), quantity)

    def _meant_otherwise(self, claim: Claim, samples: Samples) -> Reading | Finding | None:
        """A symbol that is not what is usual; None where there is no sign that it is not meant so.

        A formula says what its author means. A number does not, but where other symbols of the
        kind have been found to be the author's own, or where it is of one that was defined.
        """
        if not samples.formula and not self._own_deltas:
            return None
        self._own_deltas = self._own_deltas or any(map(_is_delta, (claim.name, *claim.others)))
        samples, quantity = self._on_paper(claim, samples, recognise=True)
        if samples.formula and len(samples.values) > 1:
            usual = tuple(self.sampler.meanings(claim.name))
            self._definitions[key(claim.name)] = Definition(claim, samples, usual)
        if quantity is not None:
            return self._called(claim, samples, quantity)
        reason = "a symbol of your own: what it is by its name, it is not"
        if samples.formula:
            for name in (claim.name, *claim.others):
                self.sampler.call(name, None)
            self._own[claim.name] = samples
            self.sampler.define(claim.name, samples, claim.given)
            reason += "; from here on it means this"
        return _finding_of(claim, verdict="unchecked", formula=samples.formula, reason=reason)

    def _on_paper(
        self, claim: Claim, samples: Samples, recognise: bool
    ) -> tuple[Samples, Quantity | None]:
        """What a symbol is defined as, its products read as those of matrices where they may be.

        And the quantity that it is recognised as, in the first sense of the products that is one.
        """
        senses = [samples, *self.sampler.others(claim, samples)]
        for one in senses if recognise else ():
            if quantity := self._recognised(one):
                return one, quantity
        return senses[min(1, len(senses) - 1)], None

    def _as_defined(self, claim: Claim, samples: Samples, before: Samples) -> Finding:
        """The number of a symbol that has its formula: compared with that, where they agree."""
        finding = _finding_of(claim, verdict="unchecked")
        if samples.shape != before.shape:
            return replace(finding, reason=self._unknown(claim.name))
        true = before.values[0]
        slack = samples.half_units + before.half_units + 1e-9 * np.abs(true)
        if bool(np.all(np.abs(samples.values[0] - true) <= slack)):
            reason = "a symbol of your own; this is its formula's number"
            return replace(finding, verdict="right", expected=_plain(true), reason=reason)
        shown = f"; its formula gives {short(float(true))}" if not true.ndim else ""
        return replace(finding, reason=self._unknown(claim.name) + shown)

    def _recognised(self, samples: Samples) -> Quantity | None:
        """The derivative of the result that has these numbers at every point."""
        if samples.points is not None or (len(samples.values) == 1 and not _has_digits(samples)):
            return None
        elements = self.graph.elements
        names = sorted(
            self.vocabulary.scalars,
            key=lambda name: name in elements and elements[name].tensor.op is None,
        )
        for name in names[:_MOST_NAMES]:
            quantity = Derivative(self.vocabulary.root, name)
            found = self._as(_ANY, samples, quantity)
            if _is_right(found):
                return quantity
        return None

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
                if jacobian := self.sampler.jacobian(claim):
                    return replace(finding, reason=jacobian)
                return self._misshapen(claim, samples, quantity, senses[0])
        if np.isnan(fitting[0].values).any():
            return replace(
                finding,
                expected=_plain(fitting[0].values),
                reason=f"{quantity} is nan at this point",
            )
        readings = [self._reading(claim, quantity, samples, expected) for expected in fitting]
        found = next((one for one in readings if one.right), readings[0])
        is_gathered = isinstance(quantity, Derivative) and quantity.parent.startswith("(")
        ordered = found if found.right or not is_gathered else in_its_order(found)
        return replace(finding, reason=ordered) if isinstance(ordered, str) else ordered

    def _rearrangements(self, claim: Claim, quantity: Quantity) -> Iterator[Cause]:
        return rearrangements(self.sampler, self._any_rate, claim, quantity)

    def _misshapen(
        self, claim: Claim, samples: Samples, quantity: Quantity, expected: Expected
    ) -> Finding:
        finding = _finding_of(claim, quantity=str(quantity), verdict="unchecked")
        true = expected.values
        is_shape = true.ndim > 1 or (true.ndim and isinstance(claim.given, tuple))
        if is_shape and samples.values[0].tolist() == list(true.shape):  # W: (3, 2)
            return replace(finding, verdict="right", expected=true.shape, reason="its shape")
        if quantity.subject.endswith((")", "]")) and quantity.subject in self.vocabulary.scalars:
            # A[1] may be the A of layer 1.
            return replace(finding, reason=f"has shape {samples.shape}; {quantity} is part of more")
        if true.ndim > _MATRIX:
            reason = f"a Jacobian of {true.ndim} axes, {true.shape}, is written in several ways"
            return replace(finding, reason=reason)
        reason = f"has shape {samples.shape}; {finding.quantity} has shape {true.shape}"
        whole = shape_causes(samples.values[0], true)
        causes = (*self._rearrangements(claim, quantity), *whole)
        there = _plain(true)
        return replace(finding, verdict="wrong", expected=there, reason=reason, causes=causes)

    def _reading(
        self, claim: Claim, quantity: Quantity, samples: Samples, expected: Expected
    ) -> Reading:
        true = self.sampler.true(expected, samples)
        eps = max(samples.eps, self._eps)
        reading = Reading(claim, quantity, samples, expected, true, eps)
        times = self.sampler.times
        if times != 1 and self._is_inner(reading):
            note = f"{times:g} times the derivative: {_AT_WEIGHTS}"
            reading = replace(reading, samples=samples.divided(times, note), times=times)
            samples = reading.samples
        if reading.right:
            return reading
        reading = replace(reading, sizes=self.sampler.sizes(claim, expected, samples))
        return reading if reading.right else self._literals.read(reading) or reading

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
        true = reading.true[reading.place] * reading.times
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
            part = self.truth.is_part_of_a_gradient(reading.expected)
            return replace(finding, reason=reason, verdict="ambiguous" if part else "right")
        if excuse := self._ties.convention(reading) or self._for_these_marks(reading):
            error = float((here := reading.here).errors.max(initial=0))
            return replace(
                finding, expected=_plain(here.true[0] * here.times), error=error, reason=excuse
            )
        wrong = set(np.flatnonzero(reading.wrong_at[0]))
        if found and wrong <= found.keys() and id(reading.claim) not in self._slips:
            if not roots:
                return replace(finding, reason="right, with the rounding of the numbers above it")
            names = tuple(root.claim.name for root in roots)
            finding = replace(finding, verdict="follows", root=names[0], roots=names)
            sense = f"right given {' and '.join(names[:3])}"
            causes = blame.causes(reading) if any(one.instead for one in found.values()) else ()
        else:
            finding = replace(finding, verdict="wrong")
            if cause := self._slips.get(id(reading.claim)):
                causes = (cause,)
            else:
                causes = self._ties.counted_twice(reading) or blame.causes(reading)
        chance = "agrees at this point by chance, at other inputs it is different"
        reasons = (
            reading.where,
            chance if reading.by_chance else "",
            self.truth.independence(reading.quantity),
            reading.digits_hint,
            sense,
            "" if causes or blame.is_within_budget else _NOT_EXPLAINED,
        )
        worst = reading.worst
        if reading.times != 1:
            given, expected = worst.given * reading.times, worst.expected * reading.times
            worst = replace(worst, given=given, expected=expected)
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
        if reading.times != 1:
            samples = samples.divided(reading.times, "")
        true = self._at_marks.true(reading.expected, samples)
        held = replace(reading, samples=samples, true=true).right
        return "right for these data of 0 and 1, not for others" if held else ""


def _has_marks(graph: NamedGraph) -> bool:
    """Whether some of the data are 0 or 1, as targets and masks are."""
    data = (node.data for node in order(graph.root) if isinstance(node, Constant))
    return any(bool(np.any((one == 0) | (one == 1))) for one in map(np.asarray, data))


def _is_right(one: Reading | Finding) -> bool:
    return isinstance(one, Reading) and one.right


def _has_clash(one: Reading | Finding) -> bool:
    """Whether the shapes within a formula do not fit."""
    return isinstance(one, Finding) and one.reason.startswith(_CLASH)


def _noted(one: Reading | Finding, is_matrix: bool) -> Reading | Finding:
    """A reading in columns, which says so of a matrix."""
    if not isinstance(one, Reading) or not is_matrix:
        return one
    note = "; ".join(filter(None, (one.samples.note, _TRANSPOSED)))
    return replace(one, samples=one.samples._replace(note=note))


def conventions(findings: Sequence[Finding]) -> list[str]:
    """What a derivation has otherwise than the graph throughout, in a sentence each.

    >>> reason = "5 times the derivative: the mean is taken at the weights"
    >>> conventions([Finding(name="dZ", given=1, verdict="right", reason=reason)])
    ['derivatives by what is no weight are 5 times the true ones: the mean is taken at the weights']
    """
    found: dict[str, None] = {}
    for one in findings:
        for part in one.reason.split("; "):
            if part.endswith(_AT_WEIGHTS):
                times = part.partition(" ")[0]
                inner = f"derivatives by what is no weight are {times} times the true ones"
                found[f"{inner}: {_AT_WEIGHTS}"] = None
            elif part == _TRANSPOSED:
                found["the examples are the columns: every matrix is transposed"] = None
    without = sum(_NOT_EXPLAINED in one.reason for one in findings)
    if without:
        found[f"of {without} wrong lines no cause was looked for: too many come before them"] = None
    return list(found)


def _finding_of(claim: Claim, **found: Any) -> Finding:
    given = claim.given.values[0] if isinstance(claim.given, Samples) else claim.given
    if isinstance(given, str) and given[:1] == given[-1:] == "$" and given.count("$") == 2:
        given = given[1:-1]
    return Finding(name=claim.name, given=given, line=claim.line, where=claim.where, **found)


def _all_stated(readings: Sequence[Reading]) -> Iterator[Stated]:
    """Every number at the point of the graph; a formula only if it is wrong and no number stands.

    That a formula is right does not say which numbers its author went on with.
    """
    numbers = {
        ends for one in readings if not is_formula(one.claim.given) for ends in one.expected.ends
    }
    for one in readings:
        # With numbers put in it is a number as well, and was computed from those above it.
        put_in = isinstance(one.claim.given, str) and _DECIMALS.search(one.claim.given)
        by_formula = is_formula(one.claim.given) and len(one.samples.values) > 1 and not put_in
        for stated in _stated(one):
            counts = not by_formula or not (stated.right or stated.ends in numbers)
            yield stated if counts else stated._replace(ends=_NOTHING)


_NOTHING = Ends("formula", "")
_DECIMALS = re.compile(r"\d\.\d")


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


def _has_digits(samples: Samples) -> bool:
    """Whether numbers are known closely enough to be recognised."""
    sizes = np.abs(samples.values[0])
    return bool(np.all(samples.half_units <= 1e-3 * sizes) and np.any(sizes))


_MATRIX = 2  # axes


def _is_delta(name: str) -> bool:
    return any(True for text in forms(name) for _ in deltas(text))


def _plain(array: Array) -> Any:
    """A float for a single number, else the array."""
    return array if array.ndim else float(array)
