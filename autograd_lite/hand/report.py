"""The report of a comparison: what was found for each claim, and the views of it."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

import numpy as np

__all__ = ["Finding", "Report", "Verdict", "WorstElement"]

Verdict = Literal["right", "wrong", "unchecked"]

_STYLES: dict[Verdict, str] = {"right": "green", "wrong": "bold red", "unchecked": "yellow"}
_WIDEST = 24
"""What was given is cut in the table after so many characters."""


@dataclass(frozen=True)
class WorstElement:
    """Where an array is wrong by most, both numbers there, and how many elements are wrong."""

    index: tuple[int, ...]
    given: float
    expected: float
    wrong: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found for one claim.

    ``name`` and ``given`` are as they were given; ``quantity`` says what they were compared with,
    such as ``dE/dw_9``, and is "" where the name means nothing. ``expected`` is the true number or
    array, ``error`` the relative difference; for a wrong array, that of its ``worst`` element.
    """

    name: str
    given: Any
    quantity: str = ""
    verdict: Verdict
    expected: Any = None
    error: float | None = None
    reason: str = ""
    worst: WorstElement | None = None


class Report:
    """The findings of a comparison, in the order of the claims; ``print`` it to see the table.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, label="w")
    >>> report = ag.compare((w * w).named("E"), {"dE/dw": "6.00", "E": "8.5"})
    >>> report.ok, [finding.verdict for finding in report.findings]
    (False, ['right', 'wrong'])
    >>> print(report)
    1 right, 1 wrong, 0 unchecked
    verdict  name    given   expected  error
    right    dE/dw   6.00    6
    wrong    E       8.5     9         0.056
    """

    def __init__(self, output: str, findings: Sequence[Finding]) -> None:
        self.output = output
        self.findings = tuple(findings)

    def count(self, verdict: Verdict) -> int:
        """How many findings have this verdict."""
        return sum(finding.verdict == verdict for finding in self.findings)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.count("wrong") == 0

    @property
    def summary(self) -> str:
        """The counts in one line."""
        return ", ".join(f"{self.count(verdict)} {verdict}" for verdict in _STYLES)

    def __repr__(self) -> str:
        return f"<Report on {self.output}: {self.summary}>"

    def __str__(self) -> str:
        return "\n".join(line for line, _ in self._lines())

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def __rich__(self) -> Any:
        """The table in colours, for a terminal."""
        from rich.text import Text

        return Text("\n").join(Text(line, style) for line, style in self._lines())

    def as_dict(self) -> dict[str, Any]:
        """The report in dicts, lists, strings and numbers, as JSON can hold them.

        A number that is not finite is the string "nan", "inf" or "-inf".
        """
        return {
            "output": self.output,
            "ok": self.ok,
            **{verdict: self.count(verdict) for verdict in _STYLES},
            "findings": [_plain(vars(finding)) for finding in self.findings],
        }

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)

    def _lines(self) -> Iterator[tuple[str, str]]:
        """The lines of the table, each with its style."""
        yield self.summary, "bold"
        if not self.findings:
            return
        rows = [("verdict", "name", " given", " expected", "error")]
        rows += [
            (
                finding.verdict,
                finding.name,
                _signed(_given_text(finding)),
                _signed(_expected_text(finding)),
                f"{finding.error:.2g}" if finding.verdict == "wrong" and finding.error else "",
            )
            for finding in self.findings
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        yield lines[0], "bold"
        for line, finding in zip(lines[1:], self.findings, strict=True):
            yield line, _STYLES[finding.verdict]
            if finding.reason:
                yield " " * (widths[0] + 2) + finding.reason, "italic"


def _signed(text: str) -> str:
    """A place for the sign, so that the digits of a column stand below each other."""
    return text if not text or text[0] in "-−" else f" {text}"


def _given_text(finding: Finding) -> str:
    given = finding.given if finding.worst is None else finding.worst.given
    if isinstance(given, float | np.number):
        return _number_text(float(given), finding)
    if isinstance(given, np.ndarray):
        return f"array {given.shape}"
    text = " ".join(str(given).replace("'", "").split())
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _expected_text(finding: Finding) -> str:
    expected = finding.expected if finding.worst is None else finding.worst.expected
    if isinstance(expected, float):
        return _number_text(expected, finding)
    return "" if expected is None else f"array {expected.shape}"


def _number_text(number: float, finding: Finding) -> str:
    """Ten digits of a number, or all where it takes more to see what is wrong."""
    close = finding.verdict == "wrong" and finding.error is not None and finding.error < 1e-8
    return repr(number) if close else f"{number:.10g}"


def _plain(value: Any) -> Any:
    if isinstance(value, WorstElement):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {name: _plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, int | float | str | None) else str(value)
