"""Which findings a person has to look at: the mistakes, what follows from them, and what is listed.

A mistake is a root: the wrong finding itself, not those that follow from it. One that is stated
again, in other lines of the same pass, is one mistake.
"""

from collections.abc import Hashable, Sequence

from autograd_lite.check.finding import Finding, Verdict

__all__ = ["VERDICTS", "alike", "count", "followers", "is_told", "listed", "roots_of", "summary"]

VERDICTS: tuple[Verdict, ...] = ("right", "wrong", "follows", "ambiguous", "unchecked")
_SPOKEN: dict[Verdict, str] = {"follows": "following from these"}
_ALWAYS = ("right", "wrong", "unchecked")
_MOST = 60
"""Up to so many findings are all listed; of more, only those that a person has to look at."""


def count(findings: Sequence[Finding], verdict: Verdict) -> int:
    """How many findings have this verdict.

    >>> count([Finding(name="E", given=1, verdict="wrong")], "wrong")
    1
    """
    return sum(finding.verdict == verdict for finding in findings)


def summary(findings: Sequence[Finding]) -> str:
    """The counts in one line.

    >>> summary([Finding(name="E", given=1, verdict="wrong")])
    '0 right, 1 wrong, 0 unchecked'
    """
    counts = {verdict: count(findings, verdict) for verdict in VERDICTS}
    shown = [one for one in VERDICTS if one in _ALWAYS or counts[one]]
    return ", ".join(f"{counts[verdict]} {_SPOKEN.get(verdict, verdict)}" for verdict in shown)


def roots_of(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The mistakes, each where it is stated first.

    >>> twice = [Finding(name="E", given="1.5", verdict="wrong", line=line) for line in (3, 8)]
    >>> [root.line for root in roots_of(twice)]
    [3]
    """
    roots: dict[Hashable, Finding] = {}
    for finding in findings:
        if finding.verdict == "wrong":
            roots.setdefault(_mistake(finding), finding)
    return tuple(roots.values())


def _mistake(finding: Finding) -> Hashable:
    """What makes two wrong findings the same mistake."""
    what = finding.causes[0].sentence if finding.causes else str(finding.given)
    return finding.part, finding.quantity or finding.name, what


def alike(roots: Sequence[Finding]) -> list[list[Finding]]:
    """The mistakes in groups: those that follow one another and have the same cause.

    >>> from autograd_lite.check.finding import Cause
    >>> cause = Cause("stale value", "the number is that of pass 1", 0.0, "")
    >>> roots = [Finding(name=n, given=1, verdict="wrong", causes=(cause,)) for n in "ab"]
    >>> [[root.name for root in group] for group in alike(roots)]
    [['a', 'b']]
    """
    groups: list[list[Finding]] = []
    for root in roots:
        if groups and root.causes and _reason(groups[-1][-1]) == _reason(root):
            groups[-1].append(root)
        else:
            groups.append([root])
    return groups


def _reason(root: Finding) -> tuple[str, list[tuple[str, str]]]:
    return root.part, [(cause.kind, cause.sentence) for cause in root.causes[:1]]


def followers(findings: Sequence[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """What follows from each mistake, which has its pass and its name as the key.

    >>> rest = Finding(name="E", given=2, verdict="follows", root="H", roots=("H",))
    >>> [finding.name for finding in followers([rest])["", "H"]]
    ['E']
    """
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        for root in dict.fromkeys(finding.roots or (finding.root,)):
            if root:
                found.setdefault((finding.part, root), []).append(finding)
    return found


def is_told(finding: Finding) -> bool:
    """Whether a person has to look at a finding.

    >>> is_told(Finding(name="E", given=1, verdict="right"))
    False
    """
    return finding.verdict in ("wrong", "follows", "ambiguous")


def listed(findings: Sequence[Finding], whole: bool = False) -> tuple[list[Finding], str]:
    """The findings to list, and a sentence on those that are left out, "" if there are none.

    >>> right = [Finding(name="E", given=1, verdict="right")] * 61
    >>> listed(right)
    ([], '61 right lines are not listed')
    """
    if whole or len(findings) <= _MOST:
        return list(findings), ""
    left = {one: count(findings, one) for one in ("right", "unchecked")}
    parts = [f"{number} {verdict}" for verdict, number in left.items() if number]
    note = f"{' and '.join(parts)} lines are not listed" if parts else ""
    return [finding for finding in findings if is_told(finding)], note
