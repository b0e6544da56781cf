"""The comparison of a hand derivation with the graph: a verdict for each claim."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.claims import Claim, Claims, Statement, Updated, read_claims
from autograd_lite.check.code.derivation import (
    code_claims,
    learning_rate_of,
    note_on_untold,
    rate_of_updates,
    untold_weights,
)
from autograd_lite.check.code.namespaces import (
    Recorded,
    before_the_last_step,
    counted,
    is_namespace,
    stepped,
    variables_of,
)
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.passes import given_rate, judged
from autograd_lite.check.judge.verdicts import conventions
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.files import read_file
from autograd_lite.check.read.interpret import interpreted
from autograd_lite.check.read.naming import is_derivative
from autograd_lite.check.read.numbers import NUMBER
from autograd_lite.check.report import Report
from autograd_lite.check.truth.truth import check_learning_rate
from autograd_lite.value import Value

__all__ = ["claims_of", "compare", "compare_with", "with_asides"]


def compare(
    root: Value,
    claims: Claims | Path | Callable[..., Any],
    *,
    names: Mapping[str, Any] | None = None,
    learning_rate: float | None = None,
    inputs: Any = None,
) -> Report:
    """Check a hand derivation of ``root``: which lines are right, which are wrong, and why.

    ``claims`` are a mapping from names to numbers, printed numbers, arrays or formulas; a namespace
    such as ``locals()``; pairs (name, given); the Path of a file, which is read and never run; or a
    function, which is RUN: each of its variables is a claim. A name is that of a value (``H1``,
    ``fm[0,0]``), a derivative (``dE/dw_9``, ``dEdw9``, ``grad_w9``, …), a weight after a step
    (``w_9 updated``) or the step (``Δw_9``); the last two need the ``learning_rate``, which the
    claims may say, too. ``names`` says what other words of the author mean. ``inputs`` are the
    arguments of the function, whose parameters are otherwise the quantities that they are called
    after.

    The tolerance follows from the digits: a printed number has to agree to half a unit of its last
    digit, a float to the rounding of the arithmetic; a formula has to hold at random inputs too.
    A line that is right given an earlier mistake "follows" from it. Raises ClaimError where the
    claims cannot be read at all, or the function fails.

    >>> import autograd_lite as ag
    >>> x, w = ag.Value(2.0, label="x"), ag.Value(3.0, label="w")
    >>> h = ag.sigmoid(w * x).named("h")
    >>> E = (h**2).named("E")
    >>> report = ag.compare(E, {"dE/dh": "2*h", "dE/dw": "0.00984", "dE_dx": "0.0049"})
    >>> [(finding.quantity, finding.verdict) for finding in report.findings]
    [('dE/dh', 'right'), ('dE/dw', 'right'), ('dE/dx', 'wrong')]
    >>> report.findings[2].causes[0].kind
    'missing factor'
    """
    graph = named_graph(root, sys._getframe(1))
    return compare_with(graph, claims, names=names, learning_rate=learning_rate, inputs=inputs)


def compare_with(
    graph: NamedGraph,
    claims: Claims | Path | Callable[..., Any],
    *,
    names: Mapping[str, Any] | None = None,
    learning_rate: float | None = None,
    inputs: Any = None,
    unsure: Mapping[str, float] | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """:func:`compare` with a graph that has been expanded already.

    ``unsure`` says how far its leaves may be from the author's; ``notes`` go into the report.
    """
    root = graph.elements[graph.outputs[0]].layer
    check_learning_rate(learning_rate)
    if callable(claims):
        learning_rate = learning_rate or learning_rate_of(claims, inputs)
        vocabulary = Vocabulary(graph, names)
        passes, own = code_claims(claims, graph, vocabulary, inputs, learning_rate)
        if learning_rate is None and (rate := rate_of_updates(passes[0].claims, vocabulary)):
            learning_rate = rate
            own.append(f"the learning rate is {rate:g}, as the code has it")
        findings: list[Finding] = []
        for count, one in enumerate(passes):
            plain = [replace(c, unread=c.unread or c.rule) for c in one.claims]
            judge = judged(one.graph, plain, names, learning_rate)
            part = f"pass {count + 1}" if len(passes) > 1 else ""
            told = _with_rules(one.claims, with_asides(one.claims, judge))
            findings += [replace(finding, part=part or finding.part) for finding in told]
        untold = untold_weights(graph, vocabulary, findings)
        own += [*conventions(findings), *note_on_untold(untold)]
        return Report(root, findings, own, graph, untold)
    found, learning_rate, more, graph = claims_of(claims, graph, names, learning_rate)
    findings = with_asides(found, judged(graph, found, names, learning_rate, unsure))
    return Report(root, findings, [*notes, *more, *conventions(findings)], graph)


def with_asides(claims: Sequence[Claim], findings: Sequence[Finding]) -> list[Finding]:
    """The findings, of which variables that mean nothing in the graph are not listed."""
    return [
        replace(one, aside=claim.aside and one.verdict == "unchecked" and not one.quantity)
        for claim, one in zip(claims, findings, strict=True)
    ]


def _with_rules(claims: Sequence[Claim], findings: Sequence[Finding]) -> list[Finding]:
    """The findings, of which a step by a rule that is recognised is as right as its gradient."""
    wrong = {one.quantity: one for one in findings if one.verdict in ("wrong", "follows")}
    told = []
    for claim, finding in zip(claims, findings, strict=True):
        if claim.rule and isinstance(claim.quantity, Updated):
            reason = f"a step of {claim.rule}"
            bad = next((q for q in wrong if q.endswith(f"/d{claim.quantity.weight}")), "")
            found = replace(finding, quantity=str(claim.quantity), verdict="right", reason=reason)
            if bad:
                root = wrong[bad].root or wrong[bad].name
                found = replace(found, verdict="follows", root=root, roots=(root,))
            told.append(found)
        else:
            told.append(finding)
    return told


def claims_of(
    claims: Claims | Path,
    graph: NamedGraph,
    names: Mapping[str, Any] | None,
    learning_rate: float | None,
) -> tuple[list[Claim], float | None, list[str], NamedGraph]:
    """The claims of a file, a mapping, a namespace or pairs; the step size; notes; the graph."""
    known = Recorded(graph, Vocabulary(graph, names))
    if isinstance(claims, Path):
        return *_with_rate(interpreted(read_file(claims), known.names), known, learning_rate), graph
    is_space = isinstance(claims, SimpleNamespace)
    if isinstance(claims, SimpleNamespace):
        claims = vars(claims)
    if isinstance(claims, Mapping) and (is_space or is_namespace(claims)):
        given: list[Claim | Statement] = [*variables_of(claims, known)]
    else:
        given = read_claims(claims)
        given = counted(given) if isinstance(claims, Mapping) else given
    found = interpreted(given, known.names)
    notes: list[str] = []
    if not isinstance(claims, Mapping):
        found, learning_rate, notes = _with_rate(found, known, learning_rate)
    if (there := before_the_last_step(found, known, learning_rate)) is not None:
        graph, known = there, Recorded(there, Vocabulary(there, names))
        notes.append("judged at the weights before the last step, of which there were several")
    found, learning_rate, more = stepped(found, known, learning_rate)
    return found, learning_rate, notes + more, graph


def _with_rate(
    claims: Sequence[Claim], known: Recorded, learning_rate: float | None
) -> tuple[list[Claim], float | None, list[str]]:
    """The claims without those that only give the learning rate, which they give if nobody has."""
    rates = {id(one): _rate(one, known.names) for one in claims}
    found, notes = {rate for rate in rates.values() if rate is not None}, []
    if learning_rate is None and len(found) == 1:
        (learning_rate,) = found
        notes = [f"the learning rate is {learning_rate:g}, as the text has it"]
    steps = {rate for one in claims if (rate := _rate_of_step(one, known.names)) is not None}
    if learning_rate is None and not found and len(steps) == 1:
        (learning_rate,) = steps
        notes = [f"the learning rate is {learning_rate:g}, as its steps have it"]
    kept = [one for one in claims if rates[id(one)] is None or rates[id(one)] != learning_rate]
    return kept, learning_rate, notes


_STEP = re.compile(rf"[^-−]*[-−]\s*({NUMBER})\s*(?:[*·×]|\\(?:cdot|times|,))?(\D.*)", re.DOTALL)


def _rate_of_step(claim: Claim, vocabulary: Vocabulary) -> float | None:
    """The number before the derivative in the formula of an updated weight: w - 0.1 dE/dw."""
    readings = vocabulary.readings(claim.name)
    is_updated = bool(readings) and all(isinstance(one, Updated) for one in readings)
    step = _STEP.fullmatch(claim.given.strip("$")) if isinstance(claim.given, str) else None
    return (
        float(step[1].replace("−", "-")) if is_updated and step and is_derivative(step[2]) else None
    )


def _rate(claim: Claim, vocabulary: Vocabulary) -> float | None:
    """The learning rate that a claim gives, if its name is none of the graph's."""
    names = (claim.name, *claim.others)
    return None if any(map(vocabulary.readings, names)) else given_rate(claim)
