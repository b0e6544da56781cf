"""Clusters: the submissions that make the same mistake."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograd_lite.check.finding import Finding

__all__ = ["Cluster", "clusters", "wording"]

_CHANCE = re.compile(r" \([^()]*by chance[^()]*\)")
_NUMBER = re.compile(r"(?<![\w.\[,])[-−]?(?:\d+\.\d+|\d{4,})(?:e[-+]?\d+)?(?!\w)")
_LONGEST = 3
"""A constant of so few digits, such as 0.5, belongs to a mistake; a longer one to a submission."""


@dataclass(frozen=True)
class Cluster:
    """A mistake, and who made it.

    ``quantities`` were wrong for the same reason; ``kind`` and ``sentence`` are those of the cause,
    and "" where none was found. ``members`` are the names of the submissions.
    """

    quantities: tuple[str, ...]
    kind: str
    sentence: str
    members: tuple[str, ...]

    @property
    def mistake(self) -> str:
        """The quantities and the cause, in one line."""
        shown = ", ".join(self.quantities[:4]) + (", …" if len(self.quantities) > 4 else "")
        cause = f"{self.kind}: {self.sentence}" if self.kind else "no cause found"
        return f"{shown}: {cause}"

    def line(self, count: int) -> str:
        """The cluster as one line, among so many submissions.

        >>> Cluster(("dE/dH1",), "wrong sign", "of E1", ("anna.md", "ben.json")).line(23)
        '2 of 23: dE/dH1: wrong sign: of E1: anna.md, ben.json'
        """
        return f"{len(self.members)} of {count}: {self.mistake}: {', '.join(self.members)}"


def wording(sentence: str) -> str:
    """The sentence of a cause without the numbers that differ from one submission to the next.

    >>> wording("the gradient, (old − new)/0.01, is 0.256113: the factor 0.5 is missing")
    'the gradient, (old − new)/0.01, is …: the factor 0.5 is missing'
    """
    return _NUMBER.sub(_digits, _CHANCE.sub("", sentence))


def _digits(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0].partition("e")[0]).strip("0")
    return "…" if len(digits) > _LONGEST else found[0]


def clusters(findings: Mapping[str, Iterable[Finding]]) -> list[Cluster]:
    """What was wrong in each submission, gathered by quantity and cause, the commonest first.

    Where a wrong number has several explanations, it counts with the one that it shares with most.

    >>> from autograd_lite.check.finding import Cause
    >>> sign = Cause("wrong sign", "the sign is wrong", 0.0, "change it")
    >>> wrong = Finding(name="dw", given=1, quantity="dE/dw", verdict="wrong", causes=(sign,))
    >>> [cluster.line(2) for cluster in clusters({"anna.md": [wrong], "ben.md": [wrong]})]
    ['2 of 2: dE/dw: wrong sign: the sign is wrong: anna.md, ben.md']
    """
    wrong: dict[str, list[tuple[str, Finding]]] = {}
    for name, all_of_them in findings.items():
        for finding in all_of_them:
            if finding.verdict == "wrong":
                wrong.setdefault(finding.quantity, []).append((name, finding))
    shared: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for quantity, mistakes in wrong.items():
        for kind, sentence, members in _by_cause(mistakes):
            shared.setdefault((kind, sentence, members), []).append(quantity)
    gathered = [
        Cluster(tuple(quantities), kind, sentence, members)
        for (kind, sentence, members), quantities in shared.items()
    ]
    return sorted(gathered, key=lambda one: -len(one.members))


def _by_cause(
    mistakes: Sequence[tuple[str, Finding]],
) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Split those who have one quantity wrong by cause: the most common first, until none is left.

    Of causes that are equally common the likelier one counts, then the one that came first.
    """
    left = list(mistakes)
    while left:
        ranks: dict[tuple[str, str], list[int]] = {}
        for _, finding in left:
            for rank, cause in enumerate(_causes(finding)):
                ranks.setdefault(cause, []).append(rank)
        best = max(ranks, key=lambda cause: (len(ranks[cause]), -sum(ranks[cause])))
        taken = [name for name, finding in left if best in _causes(finding)]
        left = [(name, finding) for name, finding in left if best not in _causes(finding)]
        yield *best, tuple(dict.fromkeys(taken))


def _causes(finding: Finding) -> list[tuple[str, str]]:
    """The kinds and wordings of the causes, each once; an empty one where there is none."""
    found = [(cause.kind, wording(cause.sentence)) for cause in finding.causes]
    return list(dict.fromkeys(found)) or [("", "")]
