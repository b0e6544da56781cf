"""Marks: what each quantity is worth, and how much of that an answer earns."""

import json
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, Self

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Derivative, Quantity, Updated, ValueOf, WeightStep
from autograd_lite.check.finding import KINDS, Finding
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.views.words import alike, names_of, roots_of
from autograd_lite.data import describe
from autograd_lite.errors import ClaimError

_CREDIT = {"right": 1.0, "follows": 1.0, "wrong": 0.0, "ambiguous": 0.0, "unchecked": 0.0}
_TABLES = ("points", "credit", "mistakes", "deductions", "total")
_ANY_KIND = "any"
"""What a rubric calls a mistake of every kind that it does not name."""


@dataclass(frozen=True)
class Rubric:
    """What each quantity is worth, and which share of that an answer earns.

    ``points`` are by quantity, or by a pattern with * and ?, which gives them to each that it
    matches; without any, each gradient is worth 1. ``credit`` is the share for a verdict: "follows"
    has all unless said otherwise, "wrong" nothing. ``mistakes`` has the share for a wrong answer
    whose mistake is of a kind, such as ``wrong sign``; of a combination, that of the worst of its
    kinds. ``deductions`` are points to subtract, once for each mistake of a kind, or of ``any``: a
    wrong answer for whose mistake points are deducted earns its own in full. ``total`` scales the
    points, without the deductions, so that they add up to it.

    >>> rubric = Rubric.of({"credit": {"follows": 0.5}, "mistakes": {"wrong sign": 0.75}})
    >>> rubric.share(Finding(name="dE/dw", given=1.0, verdict="follows"))
    0.5
    """

    points: Mapping[str, float] = field(default_factory=dict)
    credit: Mapping[str, float] = field(default_factory=lambda: dict(_CREDIT))
    mistakes: Mapping[str, float] = field(default_factory=dict)
    deductions: Mapping[str, float] = field(default_factory=dict)
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
        deductions = _table(content, "deductions")
        _known("a kind of mistake", deductions, (_ANY_KIND, *KINDS))
        total = content.get("total")
        points = _table(content, "points")
        return cls(
            {name: _number(f"points: {name!r}", worth) for name, worth in points.items()},
            _CREDIT | {name: _share(f"credit: {name!r}", one) for name, one in credit.items()},
            {name: _share(f"mistakes: {name!r}", one) for name, one in mistakes.items()},
            {name: _number(f"deductions: {name!r}", one) for name, one in deductions.items()},
            None if total is None else _number("total", total),
        )

    def share(self, finding: Finding) -> float:
        """How much of the points a finding earns, from 0 to 1.

        Of an array that is wrong in some elements, the others earn theirs.
        """
        share = self.credit[finding.verdict]
        if finding.verdict == "wrong" and self.deduction(finding):
            return self.credit["right"]
        if finding.verdict == "wrong" and finding.causes:
            share = self._of_kind(finding.causes[0].kind)
        if finding.worst is None or not finding.worst.size:
            return share
        wrong = finding.worst.wrong / finding.worst.size
        return (1 - wrong) * self.credit["right"] + wrong * share

    def deduction(self, finding: Finding) -> float:
        """What a mistake costs; of a combination, as much as the dearest of its kinds.

        >>> rubric = Rubric.of({"deductions": {"wrong sign": 0.5, "any": 2}})
        >>> rubric.deduction(Finding(name="dE/dw", given=1.0, verdict="wrong"))
        2.0
        """
        kind = finding.causes[0].kind if finding.causes else _ANY_KIND
        kinds = [kind] if kind in self.deductions else kind.split(" + ")
        other = self.deductions.get(_ANY_KIND, 0.0)
        return max(self.deductions.get(one, other) for one in kinds)

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


# Items: the quantities that an answer is marked for, and what it earns for each.


class Item(NamedTuple):
    """A quantity, its points, what was earned of them, and how often it was answered.

    A mistake for which points are deducted is an item, too, that earns less than nothing.
    """

    quantity: str
    points: float
    earned: float = 0.0
    answers: int = 0


class Marker:
    """Gives points to the findings on a submission, quantity by quantity.

    A quantity that is answered several times, in two passes or as formula and number, earns the
    mean. Without points in the rubric, every gradient that was asked for is worth 1: those of the
    weights, and others that are claimed.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value([3.0, 4.0], label="w")
    >>> graph = named_graph((w * w).sum().named("E"))
    >>> marker = Marker(graph, Vocabulary(graph), Rubric())
    >>> marker.items([Finding(name="dw0", given=6.0, quantity="dE/dw[0]", verdict="right")])
    [Item(quantity='dE/dw[0]', points=1.0, earned=1.0, answers=1), \
Item(quantity='dE/dw[1]', points=1.0, earned=0.0, answers=0)]
    """

    def __init__(self, graph: NamedGraph, vocabulary: Vocabulary, rubric: Rubric) -> None:
        self._graph, self._vocabulary, self._rubric = graph, vocabulary, rubric
        self._expected = self._worth()

    def items(self, findings: Sequence[Finding]) -> list[Item]:
        """Every quantity that is expected, or claimed and worth something."""
        shares: dict[str, list[float]] = {}
        for finding in findings:
            for quantity in self._about(finding):
                shares.setdefault(quantity, []).append(self._rubric.share(finding))
        worth = dict(self._expected)
        if not self._rubric.points:
            worth |= {name: 1.0 for name in shares if name in self._gradients}
        total = sum(worth.values(), 0.0)
        scale = 1.0 if self._rubric.total is None or not total else self._rubric.total / total
        items = []
        for quantity, points in worth.items():
            found = shares.get(quantity, [])
            share = sum(found) / len(found) if found else 0.0
            items.append(Item(quantity, points * scale, points * scale * share, len(found)))
        return [*items, *self._deductions(findings)]

    def _deductions(self, findings: Sequence[Finding]) -> Iterator[Item]:
        """What is deducted, once for each mistake, in however many numbers it is seen."""
        for group in alike(roots_of(findings)):
            if less := self._rubric.deduction(group[0]):
                kind = group[0].causes[0].kind if group[0].causes else "mistake"
                yield Item(f"{kind}: {names_of(group)}", 0.0, -less, len(group))

    def _about(self, finding: Finding) -> list[str]:
        """The single numbers that a finding is about, in every sense of an ambiguous name."""
        readings = self._vocabulary.readings(finding.quantity or finding.name)
        return list(dict.fromkeys(one for reading in readings for one in self._elements(reading)))

    def _elements(self, quantity: Quantity) -> Iterator[str]:
        scalars = self._vocabulary.scalars
        if isinstance(quantity, Derivative):
            ends = (scalars[name].flat for name in (quantity.child, quantity.parent))
            yield from (str(Derivative(child, parent)) for child, parent in product(*ends))
        else:
            yield from (str(quantity.about(name)) for name in scalars[quantity.subject].flat)

    # What the rubric asks for

    def _worth(self) -> dict[str, float]:
        """The points of each single number that is expected."""
        if not self._rubric.points:
            return {
                str(Derivative(output, name)): 1.0
                for output in self._graph.outputs
                for name, element in self._graph.elements.items()
                if element.kind == "weight"
            }
        worth: dict[str, float] = {}
        for name, points in self._rubric.points.items():
            worth |= self._matching(name, points)
        return worth

    def _matching(self, name: str, points: float) -> Mapping[str, float]:
        """What one line of the rubric is about: a quantity shares its points, a pattern repeats."""
        if readings := self._vocabulary.readings(name):
            if len(readings) > 1:
                meanings = " or ".join(map(str, readings))
                raise ClaimError(f"points: {name!r} can mean {meanings}; write one of these")
            elements = list(self._elements(readings[0]))
            return dict.fromkeys(elements, points / len(elements))
        if "*" in name or "?" in name:
            parts = (re.escape(part) for part in re.split(r"([*?])", name))
            pattern = re.compile("".join({r"\*": ".*", r"\?": "."}.get(one, one) for one in parts))
            if found := [one for one in self._quantities if pattern.fullmatch(one)]:
                return dict.fromkeys(found, points)
            raise ClaimError(f"points: the pattern {name!r} matches no quantity of the program")
        nearest = ", ".join(self._vocabulary.nearest(name))
        hint = f"nearest: {nearest}" if nearest else "give a value or derivative, such as dE/dw"
        raise ClaimError(f"points: {name!r} is no quantity of the program; {hint}")

    @cached_property
    def _gradients(self) -> dict[str, None]:
        """The derivatives of the result by everything that is not data."""
        return {
            str(Derivative(output, name)): None
            for output in self._graph.outputs
            for name, element in self._graph.elements.items()
            if element.kind != "data" and name != output
        }

    @cached_property
    def _quantities(self) -> dict[str, None]:
        """Everything that a pattern can match."""
        elements = self._graph.elements
        weights = [name for name, element in elements.items() if element.kind == "weight"]
        locals = (str(Derivative(term.child, term.parent)) for term in self._graph.terms)
        values = (str(ValueOf(name)) for name, one in elements.items() if one.kind == "value")
        steps = (str(of(name)) for of in (Updated, WeightStep) for name in weights)
        return self._gradients | dict.fromkeys([*locals, *values, *steps])
