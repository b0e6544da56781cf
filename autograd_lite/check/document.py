"""A document that is checked by itself: its forward equations are the graph of its derivatives."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.claims import Claim, Derivative, Quantity, Statement, ValueOf
from autograd_lite.check.code.forward import Ran, code_of, forward_code, run_forward
from autograd_lite.check.compare import compare_with
from autograd_lite.check.finding import Finding
from autograd_lite.check.forward import CLOSE, Equation, ForwardPass
from autograd_lite.check.judge.passes import at_stated_point, given_rate
from autograd_lite.check.judge.samples import is_formula
from autograd_lite.check.names import Vocabulary, check_names
from autograd_lite.check.read.documents import read_document
from autograd_lite.check.read.files import SUFFIXES, read_file
from autograd_lite.check.read.interpret import interpreted
from autograd_lite.check.report import Report
from autograd_lite.check.spelling import derivatives, is_rate, key, updated, words
from autograd_lite.check.symbols import Symbols, differentiated, label_of
from autograd_lite.check.truth.truth import check_learning_rate
from autograd_lite.data import describe
from autograd_lite.errors import ClaimError
from autograd_lite.value import Value

__all__ = ["check", "graph"]

Source = str | Path | Sequence[str | Path]

_LOSS = re.compile(r"[ELJC](?![a-z])|.*(?:loss|error|cost|mse)", re.IGNORECASE)


def graph(source: Source) -> Value:
    r"""The graph that a document's own equations and numbers make: its result, as a Value.

    ``source`` is the text, or the Path of a file (a string that names a file is one, too), or
    several of them. Its lines may come in any order. The result is what the document
    differentiates, or else its last scalar. Raises ClaimError where no such graph is in it, with
    what to add.

    >>> import autograd_lite as ag
    >>> E = ag.graph("x = 0.5; w = 0.8; t = 1; h = tanh(w x); E = (h - t)^2")
    >>> E.label, round(E.data, 4)
    ('E', 0.3845)
    """
    return _Document(source).root


def check(
    source: Source,
    *,
    names: Mapping[str, Any] | None = None,
    learning_rate: float | None = None,
    run: bool = False,
) -> Report:
    r"""Check a document against its own forward equations: no program is needed.

    ``source`` is the text, or the Path of a file (a string that names a file is one, too), or
    several of them, which are one document. Its numbers and its equations for the forward pass are
    the graph; every other line is judged as :func:`compare` judges it, and so are the numbers that
    it has for what its equations compute. The notes of the report say which graph that was. Raises
    ClaimError where there is none, with what to add.

    >>> import autograd_lite as ag
    >>> report = ag.check("x = 2; w = 3; t = 4; y = w x = 6; E = (y - t)^2 = 4; dE/dw = 2(y - t)")
    >>> [(finding.quantity, finding.verdict) for finding in report.findings]
    [('y', 'right'), ('E', 'right'), ('dE/dw', 'wrong')]
    >>> report.findings[2].causes[0].kind
    'missing factor'
    """
    check_names(names)
    check_learning_rate(learning_rate)
    code = "" if isinstance(source, str) and "\n" not in source else _code(source)
    if run and code:
        return _OfCode(source, code).report(names or {}, learning_rate)
    there = forward_code(code)
    asked = f"its code is not run: {there} would give the graph, with --run (or run=True)"
    try:
        report = _Document(source).report(names or {}, learning_rate)
    except ClaimError as error:
        if not there:
            raise
        raise ClaimError(f"{error}; {asked}") from None
    if there:
        report.notes = (*report.notes, asked)
    return report


# What was given.


def _read(source: Source) -> list[Claim | Statement]:
    if isinstance(source, str | Path):
        return _read_one(source)
    if not (isinstance(source, Sequence) and all(isinstance(one, str | Path) for one in source)):
        raise ClaimError(
            f"{describe(source)} is no document; give its text, the Path of its file, or a list of "
            "these"
        )
    found: list[Claim | Statement] = []
    for one in source:
        path = _path(one)
        name = path.name if path and len(source) > 1 else ""
        found += [
            replace(claim, where=", ".join(filter(None, (name, claim.where))))
            for claim in _read_one(one)
        ]
    return found


def _read_one(source: str | Path) -> list[Claim | Statement]:
    path = _path(source)
    return read_file(path) if path else list(read_document(str(source)))


def _path(source: str | Path) -> Path | None:
    """The path that is meant; None for a text."""
    if isinstance(source, Path):
        return source
    if "\n" in source or "=" in source or len(source) > 1000:
        return None
    path = Path(source)
    if path.suffix.lower() in SUFFIXES:
        return path
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def _code(source: Source) -> str:
    """All the Python code of a source."""
    sources = [source] if isinstance(source, str | Path) else source
    try:
        return "\n".join(code_of(_path(one) or str(one)) for one in sources)
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # whoever reads it says why


# The graph of a document's code, which is run.


class _OfCode:
    """The lines of a document, and the graph that its code has left."""

    def __init__(self, source: Source, code: str) -> None:
        self.given = _read(source)
        forward = _forward(self.given)
        numbers = {
            forward.names.labels[name]: one.numbers.values
            for name, one in forward.equations.items()
            if one.numbers is not None and not forward.uses[name]
        }
        ran = run_forward(code, numbers)
        symbols = Symbols()
        by_key = {symbols.add(name): name for name in ran.values}
        about = differentiated(interpreted(self.given, symbols), symbols)
        self.result = self._result(ran, [by_key[one] for one, _ in about.children.most_common()])
        leaves = {name for name, one in ran.values.items() if one.op is None}
        weights = {by_key[one] for one in about.parents if one in by_key} & leaves
        self.ran = ran.trained(weights or leaves)
        self.name = forward_code(code)

    @staticmethod
    def _result(ran: Ran, wanted: Sequence[str]) -> str:
        """What is differentiated, or the loss, or else the last single number."""
        scalars = ran.scalars
        found = [name for name in wanted if name in scalars]
        losses = [name for name in scalars if _LOSS.match(name)]
        if not scalars:
            raise ClaimError("the code computes no single number: let it compute the loss, too")
        return (found or losses or scalars)[0]

    def report(self, names: Mapping[str, Any], learning_rate: float | None) -> Report:
        """The verdict on every line that is about the graph."""
        root = self.ran.values[self.result]
        network = named_graph(root)
        vocabulary = Vocabulary(network, names)
        claims = [
            one
            for one in interpreted(self.given, vocabulary)
            if not self._is_input(vocabulary.readings(one.name))
        ]
        return compare_with(
            network, [*claims, *self._computed(vocabulary)], names=names,
            learning_rate=learning_rate, notes=self._notes(network),
        )  # fmt: skip

    def _is_input(self, readings: Sequence[Quantity]) -> bool:
        """Whether a line only says what goes into the code."""
        values = [self.ran.values.get(one.of) for one in readings if isinstance(one, ValueOf)]
        return bool(values) and all(one is not None and one.op is None for one in values)

    def _computed(self, vocabulary: Vocabulary) -> list[Claim]:
        """The derivatives that the code computes by itself."""
        return [
            Claim(name=name, given=one.data)
            for name, one in self.ran.values.items()
            if one.op is not None
            and any(not isinstance(found, ValueOf) for found in vocabulary.readings(name))
        ]

    def _notes(self, network: NamedGraph) -> list[str]:
        which = f"the code, of {self.name}," if self.name else "the code"
        inner = {element.layer for element in network.elements.values()}
        values = self.ran.values.items()
        return [
            f"the graph is that of {which} which was run; its result is {self.result}",
            *(f"  {name} = {_shown(one.data)}" for name, one in values if name in inner),
            *self.ran.notes,
        ]


# The graph of a document, and its other lines.


class _Document:
    """The lines of a document, the graph that its forward equations make, and its result."""

    def __init__(self, source: Source) -> None:
        self.given = _read(source)
        self.forward = _forward(self.given)
        self.about = differentiated(self.forward.claims, self.forward.names)
        self.result = self._result()
        inner = self.forward.above(self.result)
        beside = {one for one in self.about.parents if self.forward.uses.get(one)} - inner
        if beside:  # f = (x + y) z, and q z with q = x + y: the derivative by q is asked for
            self.forward = ForwardPass(self.forward.claims, beside)
            self.result = self._result()
        self.values = self.forward.build(self.result, self._trained(self.result))
        self.root = self.values[self.result]

    def _result(self) -> str:
        """The key of what is differentiated, or else of the last scalar. Raises ClaimError."""
        forward, children = self.forward, self.about.children
        wanted = [name for name, _ in children.most_common()]
        lost = [name for name in wanted if name in forward.failed]
        if lost and children[lost[0]] == max(children.values()):
            raise ClaimError(self._nothing(lost))
        ends = forward.ends()
        if found := [name for name in wanted if name in ends]:
            return found[0]
        # Of local derivatives alone, dz/dw and dh/dz, the result is what is computed from all that.
        ends = [name for name in ends if not forward.above(name).isdisjoint(wanted)] or ends
        scalars = [name for name in ends if forward.values[name].size == 1] or ends
        if not scalars:
            raise ClaimError(self._nothing(lost))
        losses = [name for name in scalars if _LOSS.match(forward.names.labels[name])]
        return (losses or scalars)[-1]

    def _nothing(self, lost: Sequence[str]) -> str:
        """Why there is no graph, and what to add."""
        missing = list(dict.fromkeys(map(self._missing, lost or self.forward.failed)))
        if missing:
            return f"no graph can be made of it: {'; '.join(missing[:3])}"
        alone = [self.forward.names.labels[name] for name in self.about.children]
        what = f" for {alone[0]}" if alone else ""
        return (
            f"there is no forward equation{what} in it: add the numbers that are given, such as "
            "`x = 0.5`, and how the rest is computed, such as `y = w x + b` and `E = (y - t)^2`"
        )

    def _trained(self, root: str) -> set[str]:
        """The leaves that are differentiated by or updated; all of them, where that is unclear."""
        forward = self.forward
        inner = forward.above(root)
        leaves = {name for name in inner if not forward.uses[name]}
        trained = leaves & self.about.parents
        for name in (self.about.parents & inner) - leaves:
            below = forward.above(name) & leaves
            if not below & trained:
                trained |= below
        return trained or leaves

    # The report

    def report(self, names: Mapping[str, Any], learning_rate: float | None) -> Report:
        """The verdict on every line that is not itself the graph's."""
        network = named_graph(self.root)
        names = {**self._names(), **names}
        vocabulary = Vocabulary(network, names)
        readings = vocabulary.readings
        claims = interpreted(self.given, vocabulary)
        rate = self._rate() if learning_rate is None else learning_rate
        notes = [*self._described(), *self._left_out()]
        if wanted := self._not_computed():
            rate = None  # the step is along a gradient that is not here
            notes.append(
                f"{wanted} is differentiated, and how it is computed is not read to its end"
            )
        elif learning_rate is None and rate is not None:
            notes.append(f"the learning rate is {rate:g}, as the document has it")
        judged = [
            one
            for one in claims
            if not (self._defines(one, self.values) or self.forward.functions.defines(one))
            and (readings(one.name) or not self._gives(one))
        ]
        found = compare_with(
            network,
            judged,
            names=names,
            learning_rate=rate,
            unsure=_unsure(network, claims, names),
            notes=notes,
        )
        hidden = self._behind_numbers(readings)
        findings = [*map(hidden, found.findings)]
        if wanted:
            findings = [_along(one, wanted) for one in findings]
        findings = self._with_others(judged, findings)
        find, counts = self.forward.names.find, self.forward.counts
        findings = [one for one in findings if find(one.name) not in counts]
        return Report(found.output, findings, found.notes, network)

    def _not_computed(self) -> str:
        """What the document differentiates, where that is not the result of the graph; else ""."""
        wanted = [name for name, _ in self.about.children.most_common(1)]
        inner = self.forward.above(self.result)
        outside = [name for name in wanted if name != self.result and name not in inner]
        return label_of(self.forward.names.labels.get(outside[0], outside[0])) if outside else ""

    def _behind_numbers(
        self, readings: Callable[[str], list[Quantity]]
    ) -> Callable[[Finding], Finding]:
        """Lets nothing be said of derivatives whose paths a number hides, which has no formula."""
        forward = self.forward
        hidden = {name: by for name, by in forward.hidden().items() if name in self.values}

        def judged(one: Finding) -> Finding:
            quantity = next(iter(readings(one.quantity)), None) if one.quantity and hidden else None
            if quantity is None or isinstance(quantity, ValueOf):
                return one
            child = quantity.child if isinstance(quantity, Derivative) else self.root.label
            above = forward.above(forward.names.used(child) or self.result)
            parent = forward.names.used(quantity.subject)
            behind = [name for name, by in hidden.items() if name in above and parent in by]
            direct = one.verdict == "right" and parent in forward.uses.get(
                forward.names.used(child), ()
            )
            if not behind or direct:
                return one
            label = forward.names.labels[behind[0]]
            reason = f"{label} is a number here, and how it is computed is not read: give a formula"
            return replace(one, verdict="unchecked", reason=reason, causes=(), roots=(), root="")

        return judged

    def _with_others(self, claims: Sequence[Claim], findings: list[Finding]) -> list[Finding]:
        """The findings, with those on what the document computes beside its result."""
        forward, own = self.forward, set[int]()
        # Below an updated weight the numbers may be those of another pass.
        first = next((at for at, claim in enumerate(claims) if _is_updated(claim)), len(claims))
        for name in forward.ends():
            if name in self.values or len(findings) != len(claims):
                continue
            values = forward.build(name, self._trained(name))
            network = named_graph(values[name])
            readings = Vocabulary(network).readings
            places = [
                place
                for place, (claim, found) in enumerate(zip(claims, findings, strict=True))
                if place < first
                and found.verdict == "unchecked"
                and not (found.quantity or claim.unread)
                and any(_is_said(name, readings(name)) for name in (claim.name, *claim.others))
            ]
            unsure = _unsure(network, self.forward.claims, {})
            ours = [claims[place] for place in places]
            judged = compare_with(network, ours, unsure=unsure).findings
            for place, found in zip(places, judged, strict=False):
                findings[place] = found
            own |= {place for place in places if self._defines(claims[place], values)}
        return [one for place, one in enumerate(findings) if place not in own]

    def _names(self) -> dict[str, Any]:
        """What the document's words mean, beside the names that are the graph's own."""
        labels, found = self.forward.names.labels, dict[str, Any]()
        families = self.forward.names.families()
        families |= {
            name: [*one.parts] for name, one in self.forward.equations.items() if one.parts
        }
        for whole, members in families.items():
            if all(name in self.values and self.values[name].size == 1 for name in members):
                found[labels.get(whole, whole)] = [labels[name] for name in members]
        if other := self._other_name:
            found[other] = labels[self.result]
        return found

    @property
    def _other_name(self) -> str:
        """What the derivative lines call the result, if the document does not say what that is."""
        unknown = [*self.about.unknown]
        return unknown[0] if len(unknown) == 1 and not self.about.children else ""

    # Lines that are the graph's own

    def _defines(self, claim: Claim, values: Mapping[str, Value]) -> bool:
        """Whether a claim is what a graph was made of."""
        return any(
            (one.claim.line, one.claim.where) == (claim.line, claim.where)
            and self._is_about(one, claim)
            for name, one in self.forward.equations.items()
            if name in values
        )

    def _is_about(self, equation: Equation, claim: Claim) -> bool:
        names = (claim.name, *claim.others)
        if not equation.written_out:
            return equation.claim.given == claim.given and equation.claim.name in names
        # Such a line is read as one claim for each number, also for those that are not there.
        family = re.sub(r"\d+$", "", equation.name)
        return is_formula(claim.given) and any(
            re.sub(r"\d+$", "", key(name)) == family for name in names
        )

    def _gives(self, claim: Claim) -> bool:
        """Whether a claim is a number that is given without a use in the graph."""
        forward = self.forward
        name = forward.names.find(claim.name) or ""
        if name in forward.counts:
            return False  # formulas may have it, so the judge has to know it
        given = forward.equations.get(name)
        if given and (given.claim.line, given.claim.given) == (claim.line, claim.given):
            return not forward.uses[name]
        return is_rate(claim.name) and not is_formula(claim.given)

    def _rate(self) -> float | None:
        """The learning rate, if the document has one."""
        for claim in self.forward.claims:
            rate = given_rate(claim)
            if rate is not None and self.forward.names.find(claim.name) not in self.values:
                return rate
        return None

    # What is said of the graph

    def _described(self) -> list[str]:
        """The graph, a line for each equation."""
        forward = self.forward
        lines = [f"the graph is the document's own; its result is {self.root.label}"]
        used = forward.above(self.result)
        given = [name for name in forward.equations if not forward.uses[name]]
        names = [*given, *(name for name in forward.equations if forward.uses[name])]
        lines += [f"  {self._line(name)}" for name in names if name in used]
        if other := self._other_name:
            lines.append(f"{other} is not defined in it, and is taken to mean {self.root.label}")
        return lines

    def _line(self, name: str) -> str:
        """A line of the graph: its name, formula, value and place."""
        forward, equation = self.forward, self.forward.equations[name]
        formula = f" = {forward.shown(equation.formula)}" if equation.formula else ""
        where = f"  ({place})" if (place := _place(equation.claim)) else ""
        value = "" if equation.parts else f" = {_shown(forward.values[name].data)}"
        parts = ", ".join(forward.names.labels[one] for one in equation.parts)
        value = f" = [{parts}]" if parts else value
        return f"{forward.names.labels[name]}{formula}{value}{where}"

    def _left_out(self) -> list[str]:
        """The forward equations that could not be used."""
        found = [
            f"not used: {_told(equation)}: {why}"
            for equation, why, _ in self.forward.dropped
            if equation.name in self.values
        ]
        found += [f"not used: {self._missing(name)}" for name in self.forward.failed]
        return list(dict.fromkeys(found))

    def _missing(self, name: str) -> str:
        """Why a name cannot be computed, and what to add."""
        find, failed = self.forward.names.find, self.forward.failed
        passed = {name}
        while True:
            equation, why, missing = failed[name][0]
            inner = next((one for m in missing if (one := find(m)) in failed), None)
            if inner is None or inner in passed:
                break
            name = inner
            passed.add(name)
        unknown = [label_of(one) for one in missing if find(one) not in failed]
        add = f"; add a line such as `{unknown[0]} = 0.5`" if unknown else ""
        return f"{_told(equation)}: {why}{add}"


def _along(one: Finding, wanted: str) -> Finding:
    """A finding, of which nothing is said if it is about a step along another gradient."""
    if not one.quantity.endswith(" updated") and not one.quantity.startswith("Δ"):
        return one
    reason = f"the step is along the gradient of {wanted}, which is not computed here"
    return replace(one, verdict="unchecked", reason=reason, causes=(), roots=(), root="")


def _unsure(
    network: NamedGraph, claims: Sequence[Claim], names: Mapping[str, Any]
) -> dict[str, float]:
    """How far given numbers may be from the author's: those that were computed, and are printed."""
    _, unsure = at_stated_point(network, claims, names)
    return {leaf: half for leaf, half in unsure.items() if half <= CLOSE * abs(network.value(leaf))}


def _is_updated(claim: Claim) -> bool:
    names = (claim.name, *claim.others)
    return any(True for name in names for _ in updated(words(name)))


def _is_said(spelling: str, readings: Sequence[Quantity]) -> bool:
    """Whether a name says itself of what it is: a value, or dq/dx; a gradient is of the result."""
    named = any(True for _ in derivatives(words(spelling)))
    return any(isinstance(one, ValueOf) or named for one in readings)


def _forward(given: Sequence[Claim | Statement]) -> ForwardPass:
    """The forward pass; a phrase beside a symbol is read with the symbols known."""
    first = ForwardPass(interpreted(given, Symbols()))
    again = interpreted(given, first.names)
    return first if again == first.claims else ForwardPass(again)


def _place(claim: Claim) -> str:
    line = f"line {claim.line}" if claim.line else ""
    return ", ".join(filter(None, (claim.where, line)))


def _told(equation: Equation) -> str:
    place = _place(equation.claim)
    return f"{place}: " * bool(place) + f"{label_of(equation.claim.name)} = {equation.text}"


def _shown(data: Any) -> str:
    """A number or an array in few digits, on one line."""
    if np.ndim(data) == 0:
        return f"{data:.6g}"
    text = np.array2string(np.asarray(data), precision=5, separator=", ", threshold=12)
    return " ".join(text.split())
