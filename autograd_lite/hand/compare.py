"""The comparison of a hand derivation with the graph: a verdict for each claim."""

import math
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.chain.terms import NamedGraph, named_graph
from autograd_lite.data import describe
from autograd_lite.engine import order
from autograd_lite.errors import ClaimError
from autograd_lite.hand.claims import Array, Claims, Numbers, read_claims, read_numbers
from autograd_lite.hand.names import Quantity, Vocabulary
from autograd_lite.hand.report import Finding, Report, WorstElement
from autograd_lite.hand.truth import Expected, Truth
from autograd_lite.value import Value

__all__ = ["compare", "compare_with"]


def compare(root: Value, claims: Claims, *, learning_rate: float | None = None) -> Report:
    """Check the numbers of a hand derivation of ``root``: which are right, which are wrong.

    ``claims`` maps names to numbers, or is a list of pairs (name, number). A name is that of a
    value (``H1``, ``fm[0,0]``), a derivative (``dE/dw_9``, ``dE_dw_9``, ``dEdw9``, ``grad_w9``,
    ``w9_grad``, ``dw9``) or a weight after a step of gradient descent (``w_9 updated``), which
    needs the ``learning_rate``. A number is a string with the digits that were printed, a float,
    or an array in the shape of its tensor.

    The tolerance follows from the digits: a printed number has to agree to half a unit of its last
    digit, a float to the rounding of the arithmetic. A name that means nothing, or two things, is
    a finding "unchecked". Raises ClaimError where ``claims`` are not such claims.

    >>> import autograd_lite as ag
    >>> x, w = ag.Value(2.0, label="x"), ag.Value(3.0, label="w")
    >>> E = ag.sigmoid(w * x).named("E")
    >>> report = ag.compare(E, {"dE/dw": "0.0049", "dE_dx": 0.0073995})
    >>> [(finding.quantity, finding.verdict) for finding in report.findings]
    [('dE/dw', 'right'), ('dE/dx', 'wrong')]
    >>> report.findings[1].reason
    'agrees to its digits; if it was rounded, give it as a string'
    """
    return compare_with(named_graph(root, sys._getframe(1)), claims, learning_rate)


def compare_with(graph: NamedGraph, claims: Claims, learning_rate: float | None = None) -> Report:
    """:func:`compare` with a graph that has been expanded already."""
    if not (learning_rate is None or _is_finite(learning_rate)):
        raise ClaimError(
            f"learning_rate={describe(learning_rate)} is not a number; give the step size by which "
            "the weights were updated, such as 0.01"
        )
    judge = _Judge(graph, learning_rate)
    return Report(judge.vocabulary.root, [judge.find(*claim) for claim in read_claims(claims)])


def _is_finite(number: Any) -> bool:
    return isinstance(number, int | float | np.number) and math.isfinite(number)


class _Judge:
    """Finds what a name means, looks up what is true, and compares."""

    def __init__(self, graph: NamedGraph, learning_rate: float | None) -> None:
        self.vocabulary = Vocabulary(graph)
        self._truth = Truth(graph, self.vocabulary, learning_rate)
        self._eps = max(float(np.finfo(node.dtype).eps) for node in order(graph.root))

    def find(self, name: str, given: Any) -> Finding:
        """The finding for one claim."""
        finding = Finding(name=name, given=given, verdict="unchecked")
        readings = self.vocabulary.readings(name)
        if len(readings) != 1:
            return replace(finding, reason=self._no_meaning(name, readings))
        (quantity,) = readings
        finding = replace(finding, quantity=str(quantity))
        try:
            numbers = read_numbers(given)
            senses = self._truth.expected(quantity)
        except ClaimError as error:
            return replace(finding, reason=str(error))
        shape = numbers.values.shape
        fitting = [expected for expected in senses if expected.values.shape == shape]
        if not fitting:
            true = senses[0].values
            reason = f"has shape {shape}; {quantity} has shape {true.shape}"
            return replace(finding, verdict="wrong", expected=_plain(true), reason=reason)
        findings = [self._judge(finding, quantity, numbers, expected) for expected in fitting]
        return next((one for one in findings if one.verdict == "right"), findings[0])

    def _no_meaning(self, name: str, readings: list[Quantity]) -> str:
        if readings:
            return f"can mean {' or '.join(map(str, readings))}; write it as one of these"
        nearest = self.vocabulary.nearest(name)
        return "unknown name" + (f"; nearest: {', '.join(nearest)}" if nearest else "")

    def _judge(
        self, finding: Finding, quantity: Quantity, numbers: Numbers, expected: Expected
    ) -> Finding:
        """The verdict on numbers of the right shape, in one sense of the name."""
        true = expected.values
        finding = replace(finding, expected=_plain(true))
        if np.isnan(true).any():
            return replace(finding, reason=f"{quantity} is nan at this point")
        errors = _relative_errors(numbers.values, true)
        wrong = ~self._agree(numbers, expected)
        if not wrong.any():
            error = float(errors.max(initial=0))
            return replace(finding, verdict="right", error=error, reason=expected.sense)
        worst = _worst(numbers.values, true, wrong, errors)
        reasons = (
            _where(worst) if true.ndim else "",
            self._truth.independence(quantity),
            _digits_hint(numbers, true, wrong),
            expected.sense,
        )
        return replace(
            finding,
            verdict="wrong",
            error=float(errors[worst.index]),
            reason="; ".join(filter(None, reasons)),
            worst=worst if true.ndim else None,
        )

    def _agree(self, numbers: Numbers, expected: Expected) -> Array:
        """Which numbers agree, to their digits and the rounding of the arithmetic."""
        given, true = numbers.values, expected.values
        bounds = np.where(np.isfinite(expected.bounds), expected.bounds, 0) + np.abs(true)
        tolerance = numbers.half_units + max(numbers.eps, self._eps) * bounds
        with np.errstate(invalid="ignore"):
            close = np.abs(given - true) <= tolerance
        agree: Array = (given == true) | (close & np.isfinite(given) & np.isfinite(true))
        return agree


def _plain(array: Array) -> Any:
    """A float for a single number, else the array."""
    return array if array.ndim else float(array)


def _relative_errors(given: Array, true: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        errors: Array = np.where(given == true, 0.0, np.abs(given - true) / np.abs(true))
    return errors


def _worst(given: Array, true: Array, wrong: Array, errors: Array) -> WorstElement:
    place = np.unravel_index(int(np.argmax(np.where(wrong, errors, -1))), wrong.shape)
    index = tuple(map(int, place))
    return WorstElement(
        index, float(given[index]), float(true[index]), int(wrong.sum()), wrong.size
    )


def _where(worst: WorstElement) -> str:
    index = ",".join(map(str, worst.index))
    return f"{worst.wrong} of {worst.size} elements wrong, by most [{index}]"


def _digits_hint(numbers: Numbers, true: Array, wrong: Array) -> str:
    """What to do about floats that were typed in rounded; "" if that is not what is wrong."""
    given = numbers.values[wrong]
    shown = read_numbers([repr(number) for number in given.tolist()])
    if np.any(numbers.half_units[wrong]) or not np.all(
        np.abs(given - true[wrong]) <= shown.half_units
    ):
        return ""
    if wrong.ndim:
        return "they agree to their digits; if they were rounded, give them as strings"
    return "agrees to its digits; if it was rounded, give it as a string"
