"""The report on a backward: a finding for each gradient, and the views of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from autograd_lite.check.finding import Finding
from autograd_lite.check.report import Report
from autograd_lite.check.views.terminal import View

__all__ = ["VjpFinding", "VjpReport"]

_HEAD: tuple[str, ...] = ("verdict", "name", "shape", "given", "expected", "ratio", "error")
_STYLES = {"right": "green", "wrong": "bold red", "unchecked": "yellow"}


@dataclass(frozen=True, kw_only=True)
class VjpFinding(Finding):
    """What was found for one gradient, or for backward as a whole.

    ``run`` says where: at which inputs and in which precision. For a wrong gradient ``ratio``
    (given to expected), ``ulps`` (units in the last place of the run's precision) and ``error``
    (relative) are those of its ``worst`` element, ``cosine`` is that between both whole arrays.
    """

    run: str = ""
    ratio: float | None = None
    cosine: float | None = None
    ulps: float | None = None


class VjpReport(Report):
    """The findings of :func:`autograd_lite.check_vjp`; ``print`` it to see the table.

    ``oracle`` says how the engine's own gradient was confirmed.

    >>> import autograd_lite as ag
    >>> report = ag.check_vjp(lambda x: x * x, lambda g, x: 2 * g, [[1.0, 2.0]])
    >>> report.ok, report.count("wrong"), report.findings[0].name
    (False, 1, 'x')
    """

    def __init__(self, output: str, findings: Sequence[VjpFinding], oracle: str) -> None:
        super().__init__(output, findings)
        self.oracle = oracle

    @property
    def summary(self) -> str:
        """The counts in one line."""
        return f"{self.output}: {super().summary}"

    def as_dict(self) -> dict[str, Any]:
        """The report in dicts, lists, strings and numbers, as JSON can hold them."""
        return {**super().as_dict(), "oracle": self.oracle}

    def view(self, all: bool = False) -> View:  # noqa: A002, ARG002 - there are few lines
        """The table, and how the gradients were confirmed."""
        return View(lambda _: self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield self.summary, "bold"
        rows = [_HEAD, *map(_row, self.findings)]
        columns = [one for one in zip(*rows, strict=True) if any(one[1:])]
        widths = [max(map(len, column)) for column in columns]
        lines = [
            "  ".join(map(str.ljust, row, widths)).rstrip() for row in zip(*columns, strict=True)
        ]
        yield lines[0], "bold"
        for line, finding in zip(lines[1:], self.findings, strict=True):
            yield line, _STYLES[finding.verdict]
            for detail in _details(finding):
                yield " " * (widths[0] + 2) + detail, "italic"
        yield self.oracle, "dim"


def _row(finding: Finding) -> tuple[str, ...]:
    assert isinstance(finding, VjpFinding)
    shape = str(np.shape(finding.given)) if isinstance(finding.given, np.ndarray) else ""
    worst = finding.worst
    if finding.verdict != "wrong" or worst is None or finding.error is None:
        return finding.verdict, finding.name, shape, "", "", "", ""
    digits = 10 if finding.error > 1e-8 else 17
    ratio = "" if finding.ratio is None else f"{finding.ratio:.10g}"
    numbers = (f"{number:.{digits}g}" for number in (worst.given, worst.expected))
    return (finding.verdict, finding.name, shape, *numbers, ratio, f"{finding.error:.2g}")


def _details(finding: Finding) -> Iterator[str]:
    assert isinstance(finding, VjpFinding)
    told = _where(finding) if finding.verdict == "wrong" else finding.reason
    if told:
        yield told
    for cause in finding.causes:
        left = f"right to {cause.residual:.1g}" if cause.residual else "exact"
        yield cause.sentence
        yield f"  → {cause.fix}" + ("" if isnan(cause.residual) else f" (then {left})")


def _where(finding: VjpFinding) -> str:
    """What is wrong, in which run, and its measures, in one line."""
    worst = finding.worst
    parts = [finding.reason, finding.run]
    if worst is not None and worst.index:
        index = ", ".join(map(str, worst.index))
        parts.insert(0, f"at [{index}], the worst of {worst.wrong} wrong in {worst.size}")
    parts += [f"cosine {finding.cosine:.6g}" if finding.cosine is not None else ""]
    parts += [f"{finding.ulps:.2g} ULPs" if finding.ulps is not None else ""]
    return "; ".join(filter(None, parts))
