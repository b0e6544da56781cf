"""Lines with a free index: a finding for each number of it, and what they say together.

Such a line is written once, so that a mistake in it is one mistake.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.samples import Reading
from autograd_lite.check.read.naming import is_derivative

_SAME_LINE = "the same line, for another index"


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
            reason = "; ".join(filter(None, (found[place].reason, _SAME_LINE)))
            found[place] = replace(
                found[place],
                verdict="follows",
                root=first.name,
                roots=(first.name,),
                reason=reason,
                causes=(),
            )
    return found
