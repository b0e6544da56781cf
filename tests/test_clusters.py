"""Clusters: the same mistake at other numbers is one, another mistake is another."""

import pytest

from autograd_lite.check.finding import Cause, Finding
from autograd_lite.check.grade.table import Cluster, clusters, wording

SIGN = "wrong sign", "the sign is wrong"
PATH = "missing path", "the path dE/dO2·dO2/dH1 is missing"


def wrong(quantity: str, *causes: tuple[str, str]) -> Finding:
    found = tuple(Cause(kind, sentence, 0.0, "fix") for kind, sentence in causes)
    return Finding(name=quantity, given=1.0, quantity=quantity, verdict="wrong", causes=found)


def test_the_largest_comes_first() -> None:
    found = clusters(
        {
            "a": [wrong("dE/dH1", SIGN)],
            "b": [wrong("dE/dH1", PATH)],
            "c": [wrong("dE/dH1", PATH)],
        }
    )
    assert found == [
        Cluster(("dE/dH1",), *PATH, ("b", "c")),
        Cluster(("dE/dH1",), *SIGN, ("a",)),
    ]


def test_another_quantity_is_another_mistake() -> None:
    found = clusters({"a": [wrong("dE/dH1", SIGN)], "b": [wrong("dE/dH2", SIGN)]})
    assert [cluster.members for cluster in found] == [("a",), ("b",)]


def test_quantities_that_are_wrong_together_are_told_together() -> None:
    found = clusters({name: [wrong(f"dE/ds_{k}", SIGN) for k in (1, 2)] for name in "ab"})
    assert found == [Cluster(("dE/ds_1", "dE/ds_2"), *SIGN, ("a", "b"))]


def test_a_long_list_of_quantities_is_cut() -> None:
    cluster = Cluster(tuple(f"dE/ds_{k}" for k in range(9)), *SIGN, ("a",))
    assert cluster.mistake.startswith("dE/ds_0, dE/ds_1, dE/ds_2, dE/ds_3, …: wrong sign: ")


def test_only_mistakes_count_and_not_what_follows_or_is_right() -> None:
    verdicts = ("right", "follows", "ambiguous", "unchecked")
    found = [Finding(name="E", given=1.0, quantity="E", verdict=verdict) for verdict in verdicts]
    assert clusters({"a": found}) == []


def test_a_mistake_in_two_passes_is_one() -> None:
    found = clusters({"a": [wrong("dE/dH1", SIGN), wrong("dE/dH1", SIGN)]})
    assert found == [Cluster(("dE/dH1",), *SIGN, ("a",))]


def test_mistakes_without_a_cause_are_gathered_by_quantity() -> None:
    (found,) = clusters({"a": [wrong("E")], "b": [wrong("E")]})
    assert found.line(5) == "2 of 5: E: no cause found: a, b"


def test_of_two_explanations_the_shared_one_counts() -> None:
    # At b's numbers another explanation happens to come first.
    found = clusters(
        {
            "a": [wrong("dE/dw", PATH)],
            "b": [wrong("dE/dw", SIGN, PATH)],
            "c": [wrong("dE/dw", PATH, SIGN)],
        }
    )
    assert found == [Cluster(("dE/dw",), *PATH, ("a", "b", "c"))]


def test_of_two_shared_explanations_the_likelier_counts() -> None:
    found = clusters({name: [wrong("dE/dw", PATH, SIGN)] for name in "ab"})
    assert found == [Cluster(("dE/dw",), *PATH, ("a", "b"))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the gradient is 0.256113: the sign", "the gradient is -1.50417e-05: the sign"),
        ("this is 12.3456 times", "this is 0.01234 times"),
        ("lost (perhaps by chance: 812 repairs were tried)", "lost"),
        ("lost (perhaps by chance: 812 repairs were tried)", "lost (perhaps by chance: 9 more)"),
    ],
)
def test_numbers_of_one_submission_do_not_separate(one: str, other: str) -> None:
    assert wording(one) == wording(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("it is 2 times too large", "it is 3 times too large"),
        ("the factor 0.5 is missing", "the factor 0.25 is missing"),
        ("w_9 stands for w_10", "w_9 stands for w_11"),
        ("w[0,1] is missing", "w[1,0] is missing"),
        ("the step is 0.001", "the step is 0.01"),
        ("H1 is missing", "H2 is missing"),
    ],
)
def test_numbers_of_a_mistake_do(one: str, other: str) -> None:
    assert wording(one) != wording(other)
