"""Findings in words: what every view says of them, and which a person has to look at."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from autograd_lite.check.finding import Cause, Finding, Verdict
from autograd_lite.check.spelling import key
from autograd_lite.data import text_of
from autograd_lite.expr.notation import short

# One finding in words and digits.

_FULL = 1e-8
"""A smaller relative error is seen only in the full digits."""

_FEW = 4
"""Up to so many names are all listed."""


def name_of(finding: Finding) -> str:
    r"""The author's name of a quantity; where that is LaTeX, the graph's.

    >>> name_of(Finding(name=r"\text{grad}_{w_9}", given=1, verdict="right", quantity="dE/dw_9"))
    'dE/dw_9'
    """
    is_latex = "\\" in finding.name or "{" in finding.name
    return finding.quantity if is_latex and finding.quantity else " ".join(finding.name.split())


def meaning(finding: Finding) -> str:
    """What a name was taken for, "" where it says so itself.

    >>> meaning(Finding(name="grad_w", given=1, verdict="right", quantity="dE/dw"))
    'dE/dw'
    >>> meaning(Finding(name="dE_dw", given=1, verdict="right", quantity="dE/dw"))
    ''
    """
    shown = key(name_of(finding)).replace("/", "")
    return "" if shown == key(finding.quantity).replace("/", "") else finding.quantity


def statement_of(finding: Finding) -> str:
    """The statement of code that makes a claim, "" for a claim of a text.

    >>> statement_of(Finding(name="dw", given=1, verdict="right", where="dw = g * x", line=3))
    'dw = g * x'
    """
    is_code = "=" in finding.where or finding.where.startswith("return ")
    return finding.where if is_code else ""


def section_of(finding: Finding) -> str:
    """The cell or the file in which a claim of a text stands.

    >>> section_of(Finding(name="E", given=1, verdict="right", where="cell 2", line=3))
    'cell 2'
    """
    return "" if statement_of(finding) else finding.where


def place_of(finding: Finding) -> str:
    """Where a claim stands.

    >>> place_of(Finding(name="E", given=1, verdict="right", line=3, where="cell 2"))
    'cell 2, line 3'
    """
    line = "" if finding.line is None else f"line {finding.line}"
    return ", ".join(filter(None, (finding.part, section_of(finding), line)))


def names_of(group: Sequence[Finding]) -> str:
    """The names of several findings; of many, the first and the last.

    >>> names_of([Finding(name=f"w_{i}", given=1, verdict="wrong") for i in range(5)])
    'w_0, …, w_4'
    """
    names = list(dict.fromkeys(map(name_of, group)))
    return ", ".join(names if len(names) <= _FEW else [names[0], "…", names[-1]])


def places_of(group: Sequence[Finding]) -> str:
    """Where several claims stand.

    >>> rows = [Finding(name="w", given=1, verdict="wrong", line=line) for line in (2, 3, 7)]
    >>> places_of(rows[:1]), places_of(rows)
    ('line 2', 'lines 2 to 7')
    """
    first, last = group[0], group[-1]
    section = section_of(first)
    if first.line is None or last.line is None or section != section_of(last):
        return place_of(first)
    is_one = first.line == last.line
    lines = f"line {first.line}" if is_one else f"lines {first.line} to {last.line}"
    return ", ".join(filter(None, (section, lines)))


def given_text(finding: Finding, longest: int = 24) -> str:
    """What was given, in one line; what is longer is cut. For a wrong array, its worst element.

    >>> given_text(Finding(name="E", given="0.12278436404679686", verdict="right"), 12)
    '0.122784364…'
    """
    given = finding.given if finding.worst is None else finding.worst.given
    if given is None:
        return ""
    if isinstance(given, float | np.number):
        return _number_text(float(given), finding)
    if isinstance(given, np.ndarray):
        return f"array {given.shape}"
    full = finding.verdict == "wrong" and finding.error is not None and finding.error < _FULL
    # A formula has primes; the digits of a list are texts, and are shown without their quotes.
    text = " ".join((given if isinstance(given, str) else text_of(given).replace("'", "")).split())
    return cut(text, max(longest, 24) if full else longest)


def expected_text(finding: Finding, digits: int = 10) -> str:
    """What is true, to so many digits, or to all where it takes more to see what is wrong.

    >>> expected_text(Finding(name="E", given=1, verdict="wrong", expected=1 / 3, error=2.0))
    '0.3333333333'
    """
    expected = finding.expected if finding.worst is None else finding.worst.expected
    if isinstance(expected, float):
        return _number_text(expected, finding, digits)
    if isinstance(expected, tuple):  # a shape
        return str(expected)
    return "" if expected is None else f"array {expected.shape}"


def _number_text(number: float, finding: Finding, digits: int = 10) -> str:
    error = finding.error if finding.verdict in ("wrong", "follows") else None
    if error is not None and error < _FULL:
        return repr(number)
    close = error is not None and error < 100 * 10.0**-digits
    return f"{number:.{10 if close else digits}g}"


def reason_of(finding: Finding) -> str:
    """The reason, without what the roots and the likeliest cause say anyway.

    >>> reason_of(Finding(name="E", given=1, verdict="follows", reason="right given H", root="H"))
    ''
    """
    said = finding.causes[0].sentence if finding.causes else ""
    parts = finding.reason.split("; ")
    kept = [one for one in parts if not one.startswith("right given ") and one not in said]
    return "; ".join(kept)


def shown_names(findings: Sequence[Finding]) -> dict[str, str]:
    """What the views call each mistake, by the name that it was given.

    >>> shown_names([Finding(name="H_{1}", given=1, verdict="wrong", quantity="H1")])
    {'H_{1}': 'H1'}
    """
    return {one.name: name_of(one) for one in findings if one.verdict == "wrong"}


def roots_text(finding: Finding, shown: Mapping[str, str], most: int = 2) -> str:
    """The mistakes from which a finding follows, by the names that the views show.

    >>> roots_text(Finding(name="E", given=1, verdict="follows", root="H"), {})
    'H'
    """
    roots = dict.fromkeys(shown.get(one, one) for one in finding.roots or (finding.root,))
    return ", ".join(list(roots)[:most]) + (", …" if len(roots) > most else "")


def single_causes(cause: Cause) -> tuple[Cause, ...]:
    """The single mistakes of which a cause is made: itself, if it is no combination.

    >>> [one.kind for one in single_causes(Cause("wrong sign", "", 0.0, ""))]
    ['wrong sign']
    """
    return cause.parts or (cause,)


def kinds_of(cause: Cause) -> list[str]:
    """The kinds of mistake in a cause, each once.

    >>> kinds_of(Cause("a + b", "", 0.0, "", (Cause("a", "", 0.0, ""), Cause("b", "", 0.0, ""))))
    ['a', 'b']
    """
    return list(dict.fromkeys(one.kind for one in single_causes(cause)))


def plural(number: int, word: str, words: str) -> str:
    """A number and what it counts.

    >>> plural(1, "line follows", "lines follow"), plural(2, "line follows", "lines follow")
    ('1 line follows', '2 lines follow')
    """
    return f"{number} {word if number == 1 else words}"


def cut(text: str, longest: int) -> str:
    """A text of at most so many characters.

    >>> cut("0.12345", 5), cut("0.1", 5)
    ('0.12…', '0.1')
    """
    return text if len(text) <= longest else f"{text[: max(longest - 1, 0)]}…"


def signed(number: str) -> str:
    """A number with a place for its sign, so that the digits of a column stand below each other.

    >>> signed("0.5"), signed("-0.5")
    (' 0.5', '-0.5')
    """
    return number if not number or number[0] in "-−" else f" {number}"


def number_text(number: float, other: float | None = None) -> str:
    """Six digits of a number, or as many as it takes to tell it from another.

    >>> number_text(1.8675099, 1.8675366), number_text(0.25, 0.5), number_text(-0.5)
    ('1.86751', '0.25', '−0.5')
    >>> number_text(1.86751001, 1.86751002)
    '1.86751001'
    """
    if other is None or number == other or short(number) != short(other):
        return short(number)
    texts = ((f"{number:.{digits}g}", f"{other:.{digits}g}") for digits in range(7, 18))
    shown = next((one for one, two in texts if one != two), repr(number))
    return shown.replace("-", "−")


# Which findings a person has to look at: the mistakes, what follows from them, and what is listed.
#
# A mistake is a root: the wrong finding itself, not those that follow from it. One that is stated
# again, in other lines of the same pass, is one mistake.

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


def _is_told(finding: Finding) -> bool:
    """Whether a person has to look at a finding.

    >>> _is_told(Finding(name="E", given=1, verdict="right"))
    False
    """
    return finding.verdict in ("wrong", "follows", "ambiguous")


def listed(findings: Sequence[Finding], whole: bool = False) -> tuple[list[Finding], str]:
    """The findings to list, and a sentence on those that are left out, "" if there are none.

    >>> right = [Finding(name="E", given=1, verdict="right")] * 61
    >>> listed(right)
    ([], '61 right lines are not listed')
    """
    aside = [] if whole else [finding for finding in findings if finding.aside]
    note = ""
    if aside:
        what = "variable that means", "variables that mean"
        note = f"{plural(len(aside), *what)} nothing in the graph {_be(aside)} not listed"
        findings = [finding for finding in findings if not finding.aside]
    if whole or len(findings) <= _MOST:
        return list(findings), note
    left = {one: count(findings, one) for one in ("right", "unchecked")}
    parts = [f"{number} {verdict}" for verdict, number in left.items() if number]
    if parts:
        note = "; ".join(filter(None, (f"{' and '.join(parts)} lines are not listed", note)))
    return [finding for finding in findings if _is_told(finding)], note


def _be(some: Sequence[Finding]) -> str:
    return "is" if len(some) == 1 else "are"
