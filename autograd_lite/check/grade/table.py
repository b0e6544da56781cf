"""The table of grades: a row for each submission, and the mistakes that several share."""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from autograd_lite.check.finding import Cause, Finding, Verdict
from autograd_lite.check.grade.marks import Item
from autograd_lite.check.report import Report
from autograd_lite.check.views.words import VERDICTS, cut, name_of, place_of
from autograd_lite.expr.notation import printable

# A row: one submission, graded.

NEEDS_RUN = "needs --run"
_LONGEST_GIVEN = 100
_LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Row:
    """What became of one submission: its report and points, or the error that it ended in.

    ``stated`` are the weights, inputs and targets for which it has numbers of its own, at which it
    was judged; ``notes`` say what a lecturer should know of it. ``needs_run`` says that only its
    code, which was not run, has the answers. ``printed`` is what its code has printed.

    >>> row = Row(name="anna.md", items=(Item("dE/dw", 2, 1.5, 1), Item("dE/db", 1)))
    >>> row.points, row.possible, row.unanswered
    (1.5, 3, ('dE/db',))
    """

    name: str
    files: tuple[str, ...] = ()
    report: Report | None = None
    items: tuple[Item, ...] = ()
    stated: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    needs_run: bool = False
    printed: str = ""

    @property
    def points(self) -> float:
        """What was earned, less what is deducted for mistakes, at least 0."""
        return max(0.0, sum(item.earned for item in self.items))

    @property
    def is_marked(self) -> bool:
        """Whether the points are those of its answers: it could be read, and need not be run."""
        return not (self.error or self.needs_run)

    @property
    def possible(self) -> float:
        """What could have been earned."""
        return sum(item.points for item in self.items)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The expected quantities that nobody claimed."""
        return tuple(item.quantity for item in self.items if not item.answers)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found for each claim."""
        return self.report.findings if self.report else ()

    def count(self, verdict: Verdict) -> int:
        """How many claims have this verdict."""
        return self.report.count(verdict) if self.report else 0

    @property
    def roots(self) -> tuple[Finding, ...]:
        """The mistakes themselves, without what follows from them."""
        return self.report.roots if self.report else ()

    @property
    def first_mistake(self) -> str:
        """The first mistake in one line; "" where there is none.

        >>> wrong = Finding(name="dw", given=1.0, quantity="dE/dw", verdict="wrong", line=3)
        >>> Row(name="anna.md", report=Report("E", [wrong])).first_mistake
        'dw (line 3): no cause found'
        """
        if not self.roots:
            return ""
        first = self.roots[0]
        name, place = name_of(first), place_of(first)
        cause = next((f"{one.kind}: {one.sentence}" for one in first.causes), "")
        said = cause or first.reason or "no cause found"
        return f"{name} ({place}): {said}" if place else f"{name}: {said}"

    def as_dict(self) -> dict[str, Any]:
        """The row in dicts, lists, strings and numbers, with every finding."""
        findings = self.report.as_dict()["findings"] if self.report else []
        return {
            "submission": self.name,
            "files": list(self.files),
            "error": self.error or (NEEDS_RUN if self.needs_run else ""),
            "notes": list(self.notes),
            "stated": list(self.stated),
            "points": self.points if self.is_marked else None,
            "possible": self.possible,
            "wrong_roots": [root.quantity or root.name for root in self.roots],
            "first_mistake": self.first_mistake,
            "unanswered": list(self.unanswered),
            "items": [item._asdict() for item in self.items],
            "findings": findings,
            "printed": self.printed,
        }

    @classmethod
    def of_dict(cls, content: Mapping[str, Any]) -> Self:
        """The row that a dict has been made of, with what is needed of its findings.

        >>> row = Row(name="anna.md", items=(Item("dE/dw", 2, 1.5, 1),))
        >>> Row.of_dict(row.as_dict()) == row
        True
        """
        needs_run = content["error"] == NEEDS_RUN
        findings = [_finding(one) for one in content["findings"]]
        items = (Item(sys.intern(str(one["quantity"])), *_numbers(one)) for one in content["items"])
        return cls(
            name=str(content["submission"]),
            files=tuple(map(str, content["files"])),
            report=Report("", findings) if findings else None,
            items=tuple(items),
            stated=tuple(map(str, content["stated"])),
            notes=tuple(map(str, content["notes"])),
            error="" if needs_run else str(content["error"]),
            needs_run=needs_run,
        )


def _numbers(item: Mapping[str, Any]) -> tuple[float, float, int]:
    return float(item["points"]), float(item["earned"]), int(item["answers"])


_OTHERS = {verdict: Finding(name="", given=None, verdict=verdict) for verdict in VERDICTS}
"""Of what is not wrong, only the verdict is needed: of ten thousand rows, no more is kept."""


def _finding(content: Mapping[str, Any]) -> Finding:
    if content["verdict"] != "wrong":
        return _OTHERS[content["verdict"]]
    causes = [
        Cause(str(one["kind"]), str(one["sentence"]), 0.0, "") for one in content.get("causes", ())
    ]
    name, quantity, reason, where, part = (
        str(content.get(one) or "") for one in ("name", "quantity", "reason", "where", "part")
    )
    return Finding(
        name=name,
        given=str(content.get("given"))[:_LONGEST_GIVEN],
        quantity=quantity,
        verdict="wrong",
        reason=reason,
        causes=tuple(causes),
        line=content.get("line"),
        where=where,
        part=part,
    )


# Clusters: the submissions that make the same mistake.

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


# Views of the rows: lines for a terminal, CSV.

_HEAD = ("submission", "points", "right", "wrong", "follows", "unanswered", "to check")
_COLUMNS = (
    "submission",
    "points",
    "possible",
    "right",
    "wrong",
    "wrong_roots",
    "follows",
    "ambiguous",
    "unchecked",
    "unanswered",
    "first_mistake",
    "roots",
    "unanswered_quantities",
    "stated",
    "notes",
    "error",
    "files",
)


def lines(rows: Sequence[Row], summary: str, shared: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The table, line by line with its style: what is to be said of a submission is below its row.

    >>> for line, _ in lines([Row(name="ben.pdf", error="cannot be read")], "1 submission", []):
    ...     print(line)
    1 submission
    submission  points  right  wrong  follows  unanswered  to check
    ben.pdf
      cannot be read
    """
    yield summary, "bold"
    cells = [_HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    table = ["  ".join(map(str.ljust, cell, widths)).rstrip() for cell in cells]
    if rows:
        yield table[0], "bold"
    for row, line in zip(rows, table[1:], strict=True):
        yield line, _style(row)
        said = (row.error, "bold red"), (row.first_mistake, ""), *((n, "italic") for n in row.notes)
        yield from ((f"  {printable(text)}", style) for text, style in said if text)
    if shared:
        yield from [("", ""), ("Shared mistakes:", "bold")]
        yield from ((printable(line), "") for line in shared)


def _style(row: Row) -> str:
    if row.error:
        return "bold red"
    return "yellow" if row.needs_run else "red" if row.roots else "green"


def _cells(row: Row) -> tuple[str, ...]:
    """The cells of a row; of one that could not be read, its name only."""
    name = cut(printable(row.name), _LONGEST_NAME)
    if not row.is_marked:
        return (name, NEEDS_RUN if row.needs_run else "", *[""] * (len(_HEAD) - 2))
    counts = (
        row.count("right"),
        len(row.roots),
        row.count("follows"),
        len(row.unanswered),
        row.count("ambiguous") + row.count("unchecked"),
    )
    return (name, f"{_short(row.points)}/{_short(row.possible)}", *map(str, counts))


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def as_csv(rows: Sequence[Row]) -> str:
    """A line for each row, for a spreadsheet.

    >>> print(as_csv([Row(name="anna.md")]).splitlines()[1])
    anna.md,0,0,0,0,0,0,0,0,0,,,,,,,
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([*map(_harmless, _fields(row))] for row in rows)
    return text.getvalue()


def _fields(row: Row) -> Iterator[str]:
    yield row.name
    yield f"{row.points:.10g}" if row.is_marked else ""
    yield f"{row.possible:.10g}"
    yield str(row.count("right"))
    yield str(row.count("wrong"))
    yield str(len(row.roots))
    yield str(row.count("follows"))
    yield str(row.count("ambiguous"))
    yield str(row.count("unchecked"))
    yield str(len(row.unanswered))
    yield row.first_mistake
    yield "; ".join(root.quantity or root.name for root in row.roots)
    for several in (row.unanswered, row.stated, row.notes):
        yield "; ".join(several)
    yield NEEDS_RUN if row.needs_run else row.error
    yield "; ".join(row.files)


_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet may see a formula: also after a semicolon, which separates cells to some."""


def _harmless(field: str) -> str:
    """A field that no spreadsheet takes for a formula: names come from the students.

    >>> _harmless("=1+1.md"), _harmless("a;=1+1.md")
    ("'=1+1.md", "a;'=1+1.md")
    """
    return _FORMULA.sub(r"\1\2'", printable(field))
