"""The report of a comparison: what was found for each claim, and the views of it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.finding import Finding, Verdict
from autograd_lite.check.views.coverage import Read, read_of
from autograd_lite.check.views.drawing import draw_findings
from autograd_lite.check.views.export import as_json, findings_as_dict, html, markdown
from autograd_lite.check.views.hints import Hints, hints
from autograd_lite.check.views.terminal import View, report_lines, table_lines
from autograd_lite.check.views.words import count, roots_of, summary
from autograd_lite.draw.picture import Picture
from autograd_lite.errors import GraphError
from autograd_lite.expr.notation import printable_lines


class Report:
    """The findings of a comparison, in the order of the claims; ``print`` it to see them.

    ``notes`` are what holds of the whole derivation, such as how its code was read, and ``untold``
    the weights of which code gives no gradient.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, label="w")
    >>> report = ag.compare((w * w).named("E"), {"dE/dw": "6.00", "E": "8.5"})
    >>> report.ok, [finding.verdict for finding in report.findings]
    (False, ['right', 'wrong'])
    >>> print(report.table())
    verdict  name    given   expected  error
    right    dE/dw   6.00    6
    wrong    E       8.5     9         0.056
    """

    def __init__(
        self,
        output: str,
        findings: Sequence[Finding],
        notes: Sequence[str] = (),
        graph: NamedGraph | None = None,
        untold: Sequence[str] = (),
    ) -> None:
        self.output = output
        self.findings = tuple(findings)
        self.notes = tuple(notes)
        self.untold = tuple(untold)
        self._graph = graph

    def count(self, verdict: Verdict) -> int:
        """How many findings have this verdict."""
        return count(self.findings, verdict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, nor follows from something wrong, nor is left out by code."""
        return self.count("wrong") == 0 == self.count("follows") and not self.untold

    @property
    def read(self) -> Read:
        """How many lines of a document were judged, and which were not, with the reasons.

        >>> import autograd_lite as ag
        >>> from autograd_lite.check.read.statements import cut
        >>> w = ag.Value(3.0, label="w")
        >>> report = ag.compare((w * w).named("E"), cut("dE/dw = 6, dE/dv = 7"))
        >>> str(report.read), report.read.missing
        ('0 of 1 line judged', ('dE/dv',))
        """
        return read_of(self.findings)

    @property
    def summary(self) -> str:
        """The counts in one line."""
        return summary(self.findings)

    @property
    def roots(self) -> tuple[Finding, ...]:
        """The mistakes: what is wrong and follows from nothing, each where it is stated first."""
        return roots_of(self.findings)

    def hints(self, level: int = 1) -> Hints:
        """A hint on each mistake: 1 is a nudge, 2 names the kind of mistake, 3 is the repair.

        It is a text, and shows itself as such in a notebook: hints without the answers.
        """
        return Hints(printable_lines(hints(self.findings, level)))

    def view(self, all: bool = False) -> View:  # noqa: A002 - as in `--all`
        """The report for a terminal; of a long one, the right lines only with ``all``."""
        return View(partial(report_lines, self.findings, self.notes, whole=all))

    def table(self, all: bool = False) -> View:  # noqa: A002 - as in `--all`
        """The table alone."""
        return View(partial(table_lines, self.findings, whole=all))

    def draw(self, limit: int = 300) -> Picture:
        """The graph with each claim's verdict in colour, and both numbers where it is wrong.

        Raises GraphTooLargeError where there would be more than ``limit`` nodes.
        """
        if self._graph is None:
            raise GraphError("this report has no graph to draw")
        return draw_findings(self._graph, self.findings, limit)

    def as_dict(self) -> dict[str, Any]:
        """The report in dicts, lists, strings and numbers, as JSON can hold them.

        A number that is not finite is the string "nan", "inf" or "-inf".
        """
        return findings_as_dict(self.output, self.findings, self.notes)

    def to_json(self) -> str:
        """The report as JSON."""
        return as_json(self.as_dict())

    def to_markdown(self, all: bool = False) -> str:  # noqa: A002 - as in `--all`
        """The report as a Markdown document, to hand back."""
        return printable_lines(markdown(self.output, self.findings, self.notes, whole=all))

    def __repr__(self) -> str:
        return f"<Report on {self.output}: {self.summary}>"

    def __str__(self) -> str:
        return str(self.view())

    def __rich__(self) -> View:
        """The same in colours, and in the width of the terminal."""
        return self.view()

    def _repr_html_(self) -> str:
        return printable_lines(html(self.findings, self.notes))
