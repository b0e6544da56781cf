"""The ways in which an author may have gone on: all of them, each once, and never too many."""

import pytest

from autograd_lite.check.judge.follow import all_ways


def test_with_nothing_in_question_there_is_one_way() -> None:
    (way,) = all_ways([], 0, False)
    assert way == ("true", False, False, ())


@pytest.mark.parametrize("edges", [0, 1, 2, 3])
def test_up_to_three_edges_go_each_its_own_way(edges: int) -> None:
    ways = all_ways([], edges, False)
    assert len(set(ways)) == len(ways) == 3**edges
    assert all(set(way.edges) <= {"add", "replace", "ignore"} for way in ways)


def test_many_edges_go_all_in_the_same_way() -> None:
    ways = all_ways([], 40, False)
    assert [way.edges for way in ways] == [(mode,) * 40 for mode in ("add", "replace", "ignore")]


def test_forward_values_come_in_their_kinds_and_only_printed_ones_are_printed() -> None:
    ways = all_ways(["wrong", "printed"], 0, False)
    assert [(way.values, way.printed) for way in ways] == [
        ("true", False),
        ("wrong", False),
        ("printed", True),
    ]


def test_what_can_be_lent_is_borrowed_or_not() -> None:
    assert [way.borrowed for way in all_ways([], 0, True)] == [False, True]
    assert {way.borrowed for way in all_ways(["wrong"], 2, False)} == {False}


def test_the_ways_are_combined() -> None:
    ways = all_ways(["wrong", "printed"], 2, True)
    assert len(set(ways)) == len(ways) == 3 * 2 * 9


def test_the_plainest_way_is_the_first() -> None:
    assert all_ways(["wrong", "printed"], 2, True)[0] == ("true", False, False, ("add", "add"))
