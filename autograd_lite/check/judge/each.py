"""One mistake that is seen in several lines.

A line with a free index is written once, so that a mistake in it is one mistake. And so is a slip
in a symbol of the author's own, which shows in every line that uses it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from autograd_lite.check.causes.faults import family
from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.samples import Reading
from autograd_lite.check.read.naming import is_derivative

_SAME_LINE = "the same line, for another index"
_SAME_SLIP = "the same slip"


def lines(claims: Sequence[Claim]) -> Iterator[list[int]]:
    """The places of the claims that are one line, for the numbers of its index.

    >>> claims = [Claim(name=f"z_{i}", given="p", each="z_i 0") for i in "12"]
    >>> list(lines([Claim(name="L", given="2"), *claims]))
    [[1, 2]]
    """
    found: dict[tuple[str, str, int | None], list[int]] = {}
    for place, claim in enumerate(claims):
        if claim.each:
            found.setdefault((claim.each, claim.where, claim.line), []).append(place)
    yield from found.values()


def said_of_all(
    claims: Sequence[Claim], read: Sequence[Reading | Finding]
) -> list[Reading | Finding]:
    """What was read, where a line about every i with the index on its left side only is doubtful.

    It is left unchecked unless it is right for all, or wrong for all and about a derivative:
    ``z_i = 3`` may be about another z than those of the graph.
    """
    found = list(read)
    for places in lines(claims):
        some = [claims[place] for place in places]
        verdicts = {_is_right(read[place]) for place in places}
        certain = verdicts == {True} or (verdicts == {False} and is_derivative(some[0].name))
        if all(one.given == some[0].given for one in some) and not certain:
            reason = "said of every index, of which it is not right"
            for place, claim in zip(places, some, strict=True):
                if isinstance(found[place], Finding):
                    continue  # which says why
                found[place] = Finding(
                    name=claim.name,
                    given=claim.given,
                    line=claim.line,
                    where=claim.where,
                    verdict="unchecked",
                    reason=reason,
                )
    return found


def _is_right(one: Reading | Finding) -> bool | None:
    return one.right if isinstance(one, Reading) else None


def one_mistake(claims: Sequence[Claim], findings: Sequence[Finding]) -> list[Finding]:
    """The findings, where of several wrong ones of a line all but the first follow from it.

    >>> claims = [Claim(name=f"z_{i}", given="p", each="z_i 0") for i in "12"]
    >>> wrong = [Finding(name=one.name, given="p", verdict="wrong") for one in claims]
    >>> [(one.verdict, one.root) for one in one_mistake(claims, wrong)]
    [('wrong', ''), ('follows', 'z_1')]
    """
    found = list(findings)
    for places in lines(claims):
        wrong = [place for place in places if found[place].verdict == "wrong"]
        if len(wrong) < 2:
            continue
        first = found[wrong[0]]
        if not first.causes:
            causes = next((found[one].causes for one in wrong if found[one].causes), ())
            found[wrong[0]] = first = replace(first, causes=causes)
        for place in wrong[1:]:
            found[place] = _following(found[place], first, _SAME_LINE)
    return found


def _following(one: Finding, first: Finding, why: str) -> Finding:
    return replace(
        one,
        verdict="follows",
        root=first.name,
        roots=(first.name,),
        reason="; ".join(filter(None, (one.reason, why))),
        causes=(),
    )


# A slip in a symbol of the author's own, of which it is not known what it was meant to be

_WORD = re.compile(r"[^\W\d]\w*")


def one_slip(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, where a wrong one follows from another with the same symbol and cause.

    >>> from autograd_lite.check.finding import Cause
    >>> cause = Cause("constant factor", "the factor 2 is missing", 0.0, "multiply by 2")
    >>> found = one_slip([
    ...     Finding(name="d", given=1, verdict="unchecked", formula="o − t"),
    ...     Finding(name="dw", given=1, verdict="wrong", formula="d·h", causes=(cause,)),
    ...     Finding(name="dv", given=1, verdict="wrong", formula="d·x", causes=(cause,)),
    ... ])
    >>> [(one.verdict, one.root) for one in found]
    [('unchecked', ''), ('wrong', ''), ('follows', 'dw')]
    """
    found: list[Finding] = []
    symbols: dict[str, set[str]] = {}
    first: dict[tuple[str, str], Finding] = {}
    for one in findings:
        used = _symbols_in(one.formula, symbols)
        if one.verdict == "unchecked" and one.formula and not one.quantity:
            symbols[one.name] = used | {one.name}
        if one.verdict == "wrong" and one.causes and not one.causes[0].parts:
            said = family(one.causes[0].sentence)
            roots = [first[key] for name in sorted(used) if (key := (name, said)) in first]
            if roots:
                found.append(_following(one, roots[0], _SAME_SLIP))
                continue
            for name in used:
                first.setdefault((name, said), one)
        found.append(one)
    return found


def _symbols_in(formula: str, symbols: Mapping[str, set[str]]) -> set[str]:
    """The author's own symbols in a formula, and those in their definitions."""
    words = symbols.keys() & set(_WORD.findall(formula))
    return {inner for word in words for inner in symbols[word]}
