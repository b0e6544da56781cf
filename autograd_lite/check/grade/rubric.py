"""The rubric: what each quantity is worth, and how much of it an answer earns."""

import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from autograd_lite.check.finding import KINDS, Finding
from autograd_lite.data import describe
from autograd_lite.errors import ClaimError

__all__ = ["Rubric", "read_rubric"]

_CREDIT = {"right": 1.0, "follows": 1.0, "wrong": 0.0, "ambiguous": 0.0, "unchecked": 0.0}
_TABLES = ("points", "credit", "mistakes", "total")


@dataclass(frozen=True)
class Rubric:
    """What each quantity is worth, and which share of that an answer earns.

    ``points`` are by quantity, or by a pattern with * and ?, which gives them to each that it
    matches; without any, each gradient is worth 1. ``credit`` is the share for a verdict: "follows"
    has all unless said otherwise, "wrong" nothing. ``mistakes`` has the share for a wrong answer
    whose mistake is of a kind, such as ``wrong sign``; of a combination, that of the worst of its
    kinds. ``total`` scales the points so that they add up to it.

    >>> rubric = Rubric.of({"credit": {"follows": 0.5}, "mistakes": {"wrong sign": 0.75}})
    >>> rubric.share(Finding(name="dE/dw", given=1.0, verdict="follows"))
    0.5
    """

    points: Mapping[str, float] = field(default_factory=dict)
    credit: Mapping[str, float] = field(default_factory=lambda: dict(_CREDIT))
    mistakes: Mapping[str, float] = field(default_factory=dict)
    total: float | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """The rubric that a mapping of tables describes. Raises ClaimError for anything else."""
        if not isinstance(content, Mapping):
            raise ClaimError(f"rubric={describe(content)}: give the tables points and credit")
        _known("a part of a rubric", content, _TABLES)
        credit = _table(content, "credit")
        _known("a verdict", credit, _CREDIT)
        mistakes = _table(content, "mistakes")
        _known("a kind of mistake", mistakes, KINDS)
        total = content.get("total")
        points = _table(content, "points")
        return cls(
            {name: _number(f"points: {name!r}", worth) for name, worth in points.items()},
            _CREDIT | {name: _share(f"credit: {name!r}", one) for name, one in credit.items()},
            {name: _share(f"mistakes: {name!r}", one) for name, one in mistakes.items()},
            None if total is None else _number("total", total),
        )

    def share(self, finding: Finding) -> float:
        """How much of the points a finding earns, from 0 to 1.

        Of an array that is wrong in some elements, the others earn theirs.
        """
        share = self.credit[finding.verdict]
        if finding.verdict == "wrong" and finding.causes:
            share = self._of_kind(finding.causes[0].kind)
        if finding.worst is None or not finding.worst.size:
            return share
        wrong = finding.worst.wrong / finding.worst.size
        return (1 - wrong) * self.credit["right"] + wrong * share

    def _of_kind(self, kind: str) -> float:
        if kind in self.mistakes:
            return self.mistakes[kind]
        return min(self.mistakes.get(one, self.credit["wrong"]) for one in kind.split(" + "))


def read_rubric(path: Path) -> Rubric:
    r"""The rubric of a TOML or JSON file. Raises ClaimError, with the file, where it is none.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "rubric.toml")
    ...     _ = path.write_text('[points]\n"dE/dw_*" = 2\n[mistakes]\n"wrong sign" = 0.5')
    ...     rubric = read_rubric(path)
    >>> rubric.points, rubric.mistakes
    ({'dE/dw_*': 2.0}, {'wrong sign': 0.5})
    """
    readers = {".json": json.loads, ".toml": tomllib.loads}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ClaimError(f"{path}: the suffix of a rubric has to be .toml or .json")
    try:
        return Rubric.of(reader(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ClaimError(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise ClaimError(f"{path}: is nested too deeply") from None
    except ValueError as error:  # not JSON, not TOML, not UTF-8, or no rubric
        raise ClaimError(f"{path}: {error}") from None


def _known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    for one in given:
        if one not in known:
            nearest = get_close_matches(str(one), known, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"give {', '.join(known)}"
            raise ClaimError(f"{one!r} is not {what}; {hint}")


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = content.get(name, {})
    if not isinstance(table, Mapping):
        raise ClaimError(f"{name} is {describe(table)}; give a table of names and numbers")
    return table


def _number(what: str, given: Any) -> float:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not math.isfinite(given) or given < 0:
        raise ClaimError(f"{what} is {describe(given)}; give a number of points, at least 0")
    return float(given)


def _share(what: str, given: Any) -> float:
    if _number(what, given) > 1:
        raise ClaimError(f"{what} is {given}; give the share of the points, from 0 to 1")
    return float(given)
