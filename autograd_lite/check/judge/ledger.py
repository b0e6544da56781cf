"""The ledger: every number that was stated, what was carried on to it, and what it follows from."""

from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.check.truth.truth import Ends

__all__ = ["Carried", "Inherited", "Ledger", "Stated"]

_OPERATIONS = 64
"""By so many roundings two right ways to carry on from a wrong number may differ."""


class Stated(NamedTuple):
    """One number that is stated of a quantity.

    ``slack`` is how far a right number may be from the true one, ``half`` half a unit
    of its last printed digit, ``eps`` the relative rounding of the arithmetic.
    """

    ends: Ends
    given: float
    slack: float
    half: float
    eps: float
    right: bool


class Inherited(NamedTuple):
    """That a wrong number follows: from which others, by their place in what was stated.

    Without roots it carries the rounding of the printed numbers above it, and is not wrong.
    ``instead`` says that it follows a derivative that is none, in place of the right one.
    """

    roots: frozenset[int]
    instead: bool = False


class Carried(NamedTuple):
    """What is carried on to a quantity: its number, how far it may be off, and its marks.

    The marks are the wrong numbers that went into it.

    >>> Carried(2.0, 0.1).times(Carried(3.0)).plus(Carried(1.0))
    Carried(number=7.0, off=0.30000000000000004, marks=frozenset(), instead=False)
    """

    number: float
    off: float = 0.0
    marks: frozenset[int] = frozenset()
    instead: bool = False

    def times(self, other: "Carried") -> "Carried":
        """The product. What is wrong in one factor is handed on by the other, unless that is 0.

        Of two that are 0 and wrong, both are.

        >>> wrong = Carried(0.0, marks=frozenset({7}))
        >>> wrong.times(Carried(2.0)).marks, wrong.times(Carried(0.0)).marks
        (frozenset({7}), frozenset())
        """
        number = self.number * other.number
        off = abs(self.number) * other.off + abs(other.number) * self.off
        marks = frozenset().union(
            *(
                one.marks
                for one, two in ((self, other), (other, self))
                if two.number or two.off or (two.marks and not one.number)
            )
        )
        return Carried(number, off, marks, self.instead)

    def plus(self, other: "Carried") -> "Carried":
        """The sum."""
        return Carried(
            self.number + other.number,
            self.off + other.off,
            self.marks | other.marks,
            self.instead or other.instead,
        )

    def minus(self, other: "Carried") -> "Carried":
        """What has to be added to the other to get this."""
        return Carried(self.number - other.number, self.off, self.marks)


class Ledger:
    """What was stated of each quantity, and what has been found of it so far.

    >>> wrong = Stated(Ends("value", "y"), 5.0, 0.0, 0.0, 1e-16, right=False)
    >>> ledger = Ledger([wrong])
    >>> ledger.settle([0], [Carried(5.0, marks=frozenset({7}))])
    >>> ledger.found
    {0: Inherited(roots=frozenset({7}), instead=False)}
    """

    def __init__(self, stated: Sequence[Stated]) -> None:
        self.stated = stated
        self.found: dict[int, Inherited] = {}
        self.places: dict[Ends, list[int]] = {}
        for place, one in enumerate(stated):
            self.places.setdefault(one.ends, []).append(place)

    def at(self, what: str, child: str, parent: str = "") -> list[int]:
        """The places at which something is stated of a quantity."""
        return self.places.get(Ends(what, child, parent), [])

    def wrong(self, places: Sequence[int]) -> list[int]:
        """Those that are wrong, and not only rounded as the numbers above them."""
        return [place for place in places if not self._right(place)]

    def claimed(self, place: int) -> Carried:
        """What goes on from a stated number."""
        one, found = self.stated[place], self.found.get(place)
        marks: frozenset[int] = frozenset() if self._right(place) else frozenset({place})
        return Carried(one.given, one.half, marks if found is None else found.roots)

    def settle(self, places: Sequence[int], computed: Sequence[Carried | None]) -> None:
        """Find which of the wrong numbers agree with what was carried on to them."""
        for place in places:
            one = self.stated[place]
            if one.right or place in self.found:
                continue
            agreeing = [
                carried
                for carried in computed
                if carried is not None and abs(one.given - carried.number) <= _slack(one, carried)
            ]
            if agreeing:
                best = min(agreeing, key=lambda carried: (carried.instead, len(carried.marks)))
                self.found[place] = Inherited(best.marks - {place}, best.instead)

    def resolved(self) -> dict[int, Inherited]:
        """What was found, with roots only: a number may have been taken from one that follows."""
        return {
            place: one._replace(
                roots=frozenset().union(
                    *(self.found[up].roots if up in self.found else {up} for up in one.roots)
                )
            )
            for place, one in self.found.items()
        }

    def _right(self, place: int) -> bool:
        found = self.found.get(place)
        return self.stated[place].right or (found is not None and not found.roots)


def _slack(one: Stated, carried: Carried) -> float:
    """How far a number may be from what was carried on to it; below 0 if nothing was."""
    if carried.marks:
        return one.slack + carried.off + _OPERATIONS * one.eps * abs(carried.number)
    return one.slack + carried.off if carried.off else -1.0
