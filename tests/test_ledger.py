"""What is carried on from a stated number, and what a wrong number is found to follow from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.check.judge.follow import Carried, Inherited, Ledger, Stated
from autograd_lite.check.truth.truth import Ends

EPS = 2.0**-52


def one(*marks: int) -> frozenset[int]:
    return frozenset(marks)


def said(name: str, given_: float, right: bool = False, half: float = 0.0) -> Stated:
    return Stated(Ends("value", name), given_, 0.0, half, EPS, right)


# What is carried on


def test_a_product_carries_both_inaccuracies_and_all_marks() -> None:
    product = Carried(2.0, 0.1, one(1)).times(Carried(-3.0, 0.01, one(2)))
    assert product == Carried(-6.0, pytest.approx(0.32), one(1, 2))


def test_a_zero_hands_nothing_on_of_what_it_is_multiplied_by() -> None:
    assert Carried(2.0, 0.0, one(1)).times(Carried(0.0)) == Carried(0.0)


def test_a_wrong_zero_hands_on_that_it_is_wrong() -> None:
    wrong = Carried(0.0, 0.0, one(1))
    assert wrong.times(Carried(5.0)) == Carried(0.0, 0.0, one(1))
    assert wrong.times(Carried(5.0, 0.0, one(2))) == Carried(0.0, 0.0, one(1))
    assert wrong.times(Carried(0.0, 0.0, one(2))) == Carried(0.0, 0.0, one(1, 2))
    assert wrong.times(Carried(0.0)) == Carried(0.0)


def test_a_zero_that_may_be_off_hands_its_marks_on() -> None:
    assert Carried(2.0, 0.0, one(1)).times(Carried(0.0, 0.05)).marks == one(1)


def test_a_sum_carries_both_inaccuracies_and_all_marks() -> None:
    total = Carried(2.0, 0.1, one(1)).plus(Carried(3.0, 0.2, one(2), instead=True))
    assert total == Carried(5.0, pytest.approx(0.3), one(1, 2), instead=True)


def test_a_difference_is_what_was_stated_beyond_what_came() -> None:
    stated, came = Carried(5.0, 0.1, one(7)), Carried(3.0, 0.2, one(1))
    assert stated.minus(came) == Carried(2.0, 0.1, one(7))


NUMBERS = st.floats(-10, 10)
OFFS = st.floats(0, 1)


@given(NUMBERS, NUMBERS, OFFS, OFFS, st.floats(-1, 1), st.floats(-1, 1))
def test_what_may_be_off_covers_what_is_off_to_first_order(
    a: float, b: float, off_a: float, off_b: float, u: float, v: float
) -> None:
    x, y = Carried(a, off_a), Carried(b, off_b)
    moved = a + u * off_a, b + v * off_b
    assert abs(moved[0] + moved[1] - a - b) <= x.plus(y).off + 1e-12
    second_order = off_a * off_b
    assert abs(moved[0] * moved[1] - a * b) <= x.times(y).off + second_order + 1e-12


# The ledger


def test_a_wrong_number_that_was_carried_on_follows_from_its_marks() -> None:
    ledger = Ledger([said("h", 2.0), said("E", 6.0)])
    ledger.settle([1], [Carried(5.0, marks=one(0)), Carried(6.0, marks=one(0))])
    assert ledger.found == {1: Inherited(one(0))}
    assert ledger.wrong([0, 1]) == [0, 1]


def test_a_number_that_nothing_agrees_with_is_not_found() -> None:
    ledger = Ledger([said("E", 6.0)])
    ledger.settle([0], [Carried(5.0, marks=one(3)), None])
    assert ledger.found == {}


def test_a_right_number_follows_from_nothing() -> None:
    ledger = Ledger([said("E", 6.0, right=True)])
    ledger.settle([0], [Carried(6.0, marks=one(3))])
    assert (ledger.found, ledger.wrong([0])) == ({}, [])


def test_the_explanation_of_the_fewest_mistakes_is_taken() -> None:
    ledger = Ledger([said("E", 6.0)])
    ledger.settle([0], [Carried(6.0, marks=one(2, 3)), Carried(6.0, marks=one(4))])
    assert ledger.found[0].roots == one(4)


def test_a_derivative_in_place_of_the_right_one_is_the_last_resort() -> None:
    ledger = Ledger([said("E", 6.0), said("E", 7.0)])
    ways = [Carried(6.0, marks=one(2), instead=True), Carried(6.0, marks=one(2, 3))]
    ledger.settle([0], ways)
    ledger.settle([1], [Carried(7.0, marks=one(2), instead=True)])
    assert ledger.found == {0: Inherited(one(2, 3)), 1: Inherited(one(2), instead=True)}


def test_what_was_found_first_stays() -> None:
    ledger = Ledger([said("E", 6.0)])
    ledger.settle([0], [Carried(6.0, marks=one(1, 2))])
    ledger.settle([0], [Carried(6.0, marks=one(3))])
    assert ledger.found[0].roots == one(1, 2)


def test_nothing_follows_from_itself() -> None:
    ledger = Ledger([said("E", 6.0)])
    ledger.settle([0], [Carried(6.0, marks=one(0, 5))])
    assert ledger.found[0].roots == one(5)


def test_printed_digits_leave_room_and_no_more() -> None:
    near, far = said("E", 6.004, half=0.0005), said("E", 6.2, half=0.0005)
    ledger = Ledger([near, far])
    ledger.settle([0, 1], [Carried(6.0, off=0.005, marks=one(9))])
    assert set(ledger.found) == {0}


def test_a_number_that_is_off_by_rounding_alone_is_not_wrong() -> None:
    ledger = Ledger([said("h", 0.33, right=True, half=0.005), said("E", 0.99)])
    ledger.settle([1], [Carried(0.99, off=0.015)])
    assert ledger.found == {1: Inherited(one())}
    assert ledger.wrong([1]) == []
    assert ledger.claimed(1) == Carried(0.99)


def test_what_goes_on_from_a_claim_has_the_mark_of_its_mistake() -> None:
    ledger = Ledger([said("h", 2.5, half=0.05), said("k", 3.0, right=True), said("E", 5.0)])
    assert ledger.claimed(0) == Carried(2.5, 0.05, one(0))
    assert ledger.claimed(1) == Carried(3.0)
    ledger.settle([2], [Carried(5.0, marks=one(0))])
    assert ledger.claimed(2) == Carried(5.0, marks=one(0))  # the root's, not its own


def test_places_are_those_of_one_quantity() -> None:
    ledger = Ledger([said("h", 1.0), said("E", 2.0), said("h", 3.0)])
    assert ledger.at("value", "h") == [0, 2]
    assert ledger.at("value", "x") == ledger.at("derivative", "h") == []


def test_roots_are_traced_through_what_follows_itself() -> None:
    ledger = Ledger([said(name, 1.0) for name in "abcd"])
    ledger.settle([1], [Carried(1.0, marks=one(0))])
    ledger.settle([2], [Carried(1.0, marks=one(1, 3))])
    assert ledger.resolved() == {1: Inherited(one(0)), 2: Inherited(one(0, 3))}
