r"""What is said of something computed: ``|dE/dw| = 0.3``, ``\|W\|_F = 0.5``, ``1 - h = 0.4``.

Such a line is about no quantity of the graph, and has both sides: what is on the left is computed
from the quantities in it, and compared with what is said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from autograd_lite.check.claims import Claim, Quantity
from autograd_lite.check.finding import Cause, Finding
from autograd_lite.check.judge.samples import Reading, Sampler, Samples, is_formula
from autograd_lite.check.read.expressions import Power, Reference
from autograd_lite.check.read.naming import is_single_name
from autograd_lite.check.read.numbers import Array, Numbers, read_numbers
from autograd_lite.check.truth.truth import Truth
from autograd_lite.errors import ClaimError, ShapeError
from autograd_lite.expr.notation import short
from autograd_lite.gradcheck import SAFETY

_COMPUTED = re.compile(r"[-−+*/^|‖(·@]|\\[lr]?[vV]ert|\\\||\\frac|\\sum|\\begin")
_IDENTITY = 1e-9


class Computed:
    """A line about something computed; ``left`` is that, at every point.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.names import Vocabulary
    >>> from autograd_lite.check.truth.truth import Truth
    >>> h = ag.Value(0.25, "h")
    >>> graph = named_graph((h * h).named("E"))
    >>> vocabulary = Vocabulary(graph)
    >>> truth = Truth(graph, vocabulary)
    >>> sampler = Sampler(graph, vocabulary, truth)
    >>> Computed.of(truth, sampler, Claim(name="1 - h", given="0.75")).finding().verdict
    'right'
    >>> Computed.of(truth, sampler, Claim(name="h", given="0.75")) is None
    True
    """

    def __init__(
        self, truth: Truth, sampler: Sampler, claim: Claim, left: Claim, samples: Samples
    ) -> None:
        self._truth, self._sampler, self._claim = truth, sampler, claim
        self._left, self._samples = left, samples

    @classmethod
    def of(cls, truth: Truth, sampler: Sampler, claim: Claim) -> "Computed | None":
        """The line as such a one; None where its name is one of something, or means nothing."""
        name = claim.name.strip("$ ")
        if not _COMPUTED.search(name) or is_single_name(name):
            return None
        left = replace(claim, given=claim.name, sign="=")
        try:
            formula = sampler.parsed(left)
            # h^2 may be the h of layer 2
            power = isinstance(formula, Power) and isinstance(formula.base, Reference)
            if power or isinstance(formula, Reference) or not formula.references:
                return None
            return cls(truth, sampler, claim, left, sampler.sample(left))
        except (ClaimError, ShapeError):
            return None

    @property
    def refers(self) -> Mapping[str, Quantity]:
        """What the names on the left stand for."""
        written = self._sampler.written(self._left, self._samples.products)
        return written[0] if written else {}

    def finding(self, stated: Mapping[str, Numbers] | None = None) -> Finding:
        """Whether both sides agree; with what was ``stated`` for names of the left, if given."""
        claim = self._claim
        finding = Finding(
            name=claim.name.strip("$ "),
            given=claim.given.strip("$") if isinstance(claim.given, str) else claim.given,
            line=claim.line,
            where=claim.where,
            verdict="unchecked",
            quantity=self._samples.formula,
        )
        try:
            given = self._sampler.sample(claim)
            pairs = list(self._pairs(given))
        except (ClaimError, ShapeError) as error:
            return replace(finding, reason=str(error))
        true = self._samples.values[0]
        if any(self._agree(*pair) for pair in pairs) or self._is_shape(given.values[0]):
            expected = true if true.ndim else float(true)
            return replace(finding, verdict="right", error=0.0, expected=expected)
        if claim.given == "0":
            return replace(finding, reason="an equation to be solved, as w x + b = 0 is")
        if stated and pairs and self._agree_with(stated, pairs[0][1]):
            return replace(finding, verdict="follows")
        return self._wrong(finding, given, pairs)

    def _pairs(self, given: Samples) -> Iterator[tuple[Samples, Samples]]:
        """Both sides in every sense of their products, in one shape."""
        lefts = [self._samples, *self._sampler.others(self._left, self._samples)]
        for left in lefts:
            for one in (given, *self._sampler.others(self._claim, given)):
                fitted = one.fitted(left.shape, self._samples.formula)
                if fitted is not None:
                    yield left, fitted

    def _is_shape(self, given: Array) -> bool:
        """Whether it is a shape, but for axes of length 1: a column of 2 is (2, 1), or (2,)."""
        true = self._samples.values[0]
        return self._samples.formula.startswith("shape(") and bool(
            given[given != 1].tolist() == true[true != 1].tolist()
        )

    def _wrong(
        self, finding: Finding, given: Samples, pairs: Sequence[tuple[Samples, Samples]]
    ) -> Finding:
        true, said = self._samples.values[0], given.values[0]
        if pairs:
            with np.errstate(all="ignore"):
                off = np.abs(pairs[0][1].values[0] - true) / np.abs(true)
            finding = replace(finding, error=float(np.nanmax(off)))
        right, reason = _shown(true), ""
        if not pairs and not self._samples.formula.startswith("shape("):
            reason = f"has shape {given.shape}; {finding.quantity} has shape {self._samples.shape}"
            right = f"of shape {self._samples.shape}"
        is_number = not is_formula(self._claim.given) and said.size <= _FEW
        instead = f", not {_shown(said)}" if is_number else ""
        cause = Cause("arithmetic", f"{finding.name} is {right}{instead}", 0.0, f"write {right}")
        expected = true if true.ndim else float(true)
        return replace(finding, verdict="wrong", reason=reason, causes=(cause,), expected=expected)

    def _agree(self, left: Samples, given: Samples) -> bool:
        """Whether two sides have the same numbers at every point that both have."""
        count = min(len(left.values), len(given.values))
        first = left.half_units + given.half_units + self._rounding
        scale = np.abs(left.values[:count]).max(initial=0.0)
        rest = _IDENTITY * np.maximum(np.abs(left.values[1:count]), 0.01 * scale)
        slack = np.concatenate([np.broadcast_to(first, left.shape)[None], rest])
        return bool(np.all(np.abs(left.values[:count] - given.values[:count]) <= slack))

    @property
    def _rounding(self) -> Array:
        """How far the left may be from that of whoever computed it from the same numbers."""
        here = self._samples.values[0]
        off = np.asarray(SAFETY * self._samples.eps * np.abs(here))
        written = self._sampler.written(self._left, self._samples.products)
        for spelling, quantity in written[0].items() if written else ():
            one = self._truth.expected(quantity)[0]
            moved = one.values + SAFETY * self._samples.eps * one.bounds
            all_points = np.repeat(moved[None], self._sampler.points.count, axis=0)
            off = off + np.abs(written[1]({spelling: all_points})[0] - here) if written else off
        return off

    def _agree_with(self, stated: Mapping[str, Numbers], given: Samples) -> bool:
        """Whether both sides agree if the numbers above are those that went into the left."""
        written = self._sampler.written(self._left, self._samples.products)
        if written is None or is_formula(self._claim.given):
            return False
        values = {name: self._everywhere(one.values) for name, one in stated.items()}
        left = written[1](values)[0]
        slack = given.half_units + 1e-9 * np.abs(left)
        for name, one in stated.items():
            moved = values | {name: self._everywhere(one.values + one.half_units)}
            slack = slack + np.abs(written[1](moved)[0] - left)
        return bool(np.all(np.abs(left - given.values[0]) <= slack))

    def _everywhere(self, numbers: Array) -> Array:
        return np.repeat(numbers[None], self._sampler.points.count, axis=0)


_FEW = 6


def _shown(numbers: Array) -> str:
    """A number, or a short array, in few digits."""
    if not numbers.ndim:
        return short(float(numbers))
    if numbers.size > _FEW:
        return f"an array of shape {numbers.shape} with other numbers"
    return f"[{', '.join(short(float(one)) for one in numbers.ravel())}]"


def carried_on(
    computed: Mapping[int, Computed], claims: Sequence[Claim], findings: list[Finding]
) -> list[Finding]:
    """The findings, of which those on what is computed may follow from wrong numbers above."""
    for place, claim in enumerate(claims):
        one = computed.get(id(claim))
        if one is None or findings[place].verdict != "wrong":
            continue
        stated = _stated_above(one, findings[:place])
        again = one.finding(stated) if stated else findings[place]
        if again.verdict != "follows":
            continue
        names = {str(quantity) for quantity in one.refers.values()}
        roots = tuple(
            found.name
            for found in findings[:place]
            if found.quantity in names and found.verdict in ("wrong", "follows")
        )
        if roots:
            findings[place] = replace(again, root=roots[0], roots=roots)
        else:
            reason = "right, with the rounding of the numbers above it"
            findings[place] = replace(again, verdict="right", reason=reason)
    return findings


def _stated_above(one: Computed, findings: Sequence[Finding]) -> dict[str, Numbers]:
    """The numbers that are stated above for the quantities of its left side."""
    said = {
        found.quantity: found.given
        for found in findings
        if found.quantity and found.verdict != "unchecked" and not is_formula(found.given)
    }
    return {
        spelling: read_numbers(said[str(quantity)])
        for spelling, quantity in one.refers.items()
        if str(quantity) in said
    }


def in_its_order(one: Reading) -> Reading | str:
    """A gradient by several weights in the order of the graph; why not, where that is not clear.

    Only its author knows in which order its numbers are.
    """
    given, true = one.samples.values[0], one.true[0]
    order = [int(np.argmin(np.abs(given - number))) for number in true]
    if sorted(order) == [*range(len(true))]:
        samples = one.samples._replace(
            values=one.samples.values[:, order], half_units=one.samples.half_units[order]
        )
        other = replace(one, samples=samples)
        if other.right:
            return other
    if 2 * np.count_nonzero(one.wrong) <= true.size:
        return one
    return f"in which order {one.quantity} has its numbers is not said: give them by name"
