"""How much of a derivation of the world is judged, and how well."""

from pathlib import Path

import autograd_lite as ag
from autograd_lite.check.finding import Finding
from corpus.outcome import Outcome
from corpus.world.written import Place, Written

__all__ = ["checked", "measured"]

_JUDGED = ("right", "wrong", "follows")


def checked(written: Written, folder: Path) -> list[Finding]:
    """What is found in the file of a derivation."""
    path = folder / f"derivation{written.suffix}"
    path.write_bytes(written.content())
    how = {"names": written.names, "learning_rate": written.learning_rate}
    return list(ag.compare(written.graph(), path, **how).findings)


def measured(written: Written, findings: list[Finding]) -> Outcome:
    """The outcome of a derivation, by what its margin says."""
    marks = written.marks()
    by_place: dict[Place, list[Finding]] = {place: [] for place in marks}
    for one in findings:
        by_place.setdefault(Place(one.where, one.line or 0), []).append(one)
    wanted = {place: _wanted(mark) for place, mark in marks.items()}
    read = {
        place: min(wanted[place], len({_called(one) for one in by_place[place] if _is_judged(one)}))
        for place in marks
    }
    mistaken = [
        one
        for place, mark in marks.items()
        if "!" in mark or mark == "?"
        for one in by_place[place]
        if mark in "!?" or _called(one) == _tight(written.wrong)
    ]
    blamed = {
        place
        for place, found in by_place.items()
        for one in found
        if one not in mistaken and _is_blamed(one, marks.get(place, ""))
    }
    fate = _fate(written, mistaken) if written.wrong else "right"
    return Outcome(fate, sum(read.values()), sum(wanted.values()), len(blamed))


def _wanted(mark: str) -> int:
    """How many quantities of a line a reader would check."""
    return sum(int(one) if one.isdigit() else one != "?" for one in mark)


def _fate(written: Written, found: list[Finding]) -> str:
    """What becomes of the mistake."""
    flagged = [one for one in found if one.verdict in ("wrong", "follows")]
    kinds = [cause.kind for one in flagged if one.verdict == "wrong" for cause in one.causes]
    first = next((one.causes[0].kind for one in flagged if one.causes), "")
    if first in written.kinds:
        return "named first"
    if not set(kinds).isdisjoint(written.kinds):
        return "named"
    if flagged:
        return "found"
    return "passed" if any(map(_is_judged, found)) else "unread"


def _is_judged(one: Finding) -> bool:
    return one.verdict in _JUDGED


def _is_blamed(one: Finding, mark: str) -> bool:
    return one.verdict in ("wrong", "ambiguous") or (one.verdict == "follows" and "~" not in mark)


def _called(one: Finding) -> str:
    return _tight(one.quantity or one.name)


def _tight(text: str) -> str:
    return text.replace(" ", "")
