"""Derivations in several passes: where one ends, at which weights the next one is, what is old."""

from typing import Any

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.passes import judged

RATE = 0.1


def square() -> Value:
    """E = w² at w = 3: dE/dw = 6, after a step of 0.1 w = 2.4; then E = 5.76, dE/dw = 4.8."""
    return (Value(3.0, "w") ** 2).named("E")


def product() -> Value:
    """y = a·b, E = y² at a = 1, b = 2: dE/dy = 4, dE/da = 8, dE/db = 4."""
    return ((Value(1.0, "a") * Value(2.0, "b")).named("y") ** 2).named("E")


def judge(root: Value, *rows: tuple[str, Any], rate: float | None = RATE) -> list[Finding]:
    claims = [
        Claim(name=name, given=given, line=line) for line, (name, given) in enumerate(rows, start=1)
    ]
    return judged(named_graph(root), claims, None, rate)


def told(*rows: tuple[str, Any], root: Value | None = None) -> list[tuple[str, str]]:
    return [(one.part, one.verdict) for one in judge(root or square(), *rows)]


# Where a pass ends


def test_one_pass_has_no_name() -> None:
    assert told(("E", 9.0), ("dE/dw", 6.0), ("w updated", 2.4)) == [("", "right")] * 3


def test_a_value_at_the_updated_weights_begins_the_next_pass() -> None:
    assert told(("E", 9.0), ("dE/dw", 6.0), ("w updated", 2.4), ("E", 5.76), ("dE/dw", 4.8)) == [
        ("pass 1", "right"),
        ("pass 1", "right"),
        ("pass 1", "right"),
        ("pass 2", "right"),
        ("pass 2", "right"),
    ]


def test_there_may_be_many_passes() -> None:
    rows: list[tuple[str, Any]] = []
    w = 3.0
    for _ in range(4):
        rows += [("E", w * w), ("dE/dw", 2 * w), ("w updated", w - RATE * 2 * w)]
        w -= RATE * 2 * w
    assert told(*rows) == [(f"pass {1 + row // 3}", "right") for row in range(12)]


def test_a_wrong_value_before_any_update_begins_no_pass() -> None:
    assert told(("E", 9.0), ("E", 5.76)) == [("", "right"), ("", "wrong")]


def test_a_value_of_the_same_pass_after_the_update_belongs_to_it() -> None:
    assert told(("w updated", 2.4), ("E", 9.0)) == [("", "right"), ("", "right")]


def test_a_derivative_alone_begins_no_pass() -> None:
    assert told(("w updated", 2.4), ("dE/dw", 4.8)) == [("", "right"), ("", "wrong")]


def test_claims_without_lines_are_of_one_pass() -> None:
    report = ag.compare(square(), [("w updated", 2.4), ("E", 5.76)], learning_rate=RATE)
    assert [(one.part, one.verdict) for one in report.findings] == [("", "right"), ("", "wrong")]


def test_without_a_learning_rate_the_stated_weight_is_the_next_point() -> None:
    found = judge(square(), ("w updated", "2.4"), ("E", "5.76"), rate=None)
    assert [(one.part, one.verdict) for one in found] == [
        ("pass 1", "unchecked"),
        ("", "right"),
    ] or [one.verdict for one in found] == ["unchecked", "wrong"]


# At which weights the next pass is


def test_the_next_pass_is_at_the_weights_that_were_computed_wrong() -> None:
    # w updated = 2.5, which is wrong; at 2.5 E = 6.25 and dE/dw = 5 are right.
    assert told(("w updated", 2.5), ("E", 6.25), ("dE/dw", 5.0)) == [
        ("pass 1", "wrong"),
        ("pass 2", "right"),
        ("pass 2", "right"),
    ]


def test_weights_that_are_not_updated_stay() -> None:
    # b is kept: y = 0.2·2, dE/da = 2·0.4·2.
    rows = ("a updated", 0.2), ("y", 0.4), ("dE/da", 1.6)
    assert [verdict for _, verdict in told(*rows, root=product())] == ["right"] * 3


def test_a_weight_with_few_digits_is_known_better_by_its_gradient() -> None:
    # dE/dw = 6.00000 makes w = 2.400000 ± 0.0000005; printed is 2.4 only.
    close = ("dE/dw", "6.00000"), ("w updated", "2.4"), ("E", "5.7600")
    assert [verdict for _, verdict in told(*close)] == ["right"] * 3
    far = ("dE/dw", "6.00000"), ("w updated", "2.4"), ("E", "5.7700")
    assert [verdict for _, verdict in told(*far)][-1] == "wrong"


def test_without_the_gradient_the_digits_of_the_weight_are_the_tolerance() -> None:
    # w = 2.4 ± 0.05 makes E = 5.76 ± 0.24.
    assert told(("w updated", "2.4"), ("E", "5.7700"))[-1] == ("pass 2", "right")
    assert told(("w updated", "2.4"), ("E", "6.1000"))[-1] == ("pass 2", "wrong")


def test_a_gradient_that_the_weight_was_not_computed_with_is_not_taken() -> None:
    # 3 − 0.1·5 is 2.5, not 2.6: the author went on from 2.6.
    rows = ("dE/dw", "5.00000"), ("w updated", "2.600000"), ("E", "6.760000")
    assert [verdict for _, verdict in told(*rows)] == ["wrong", "wrong", "right"]


# What is old


def test_a_number_of_the_first_pass_in_the_second_is_stale() -> None:
    found = judge(
        product(),
        *(("y", 2.0), ("dE/dy", 4.0), ("a updated", 0.2), ("b updated", 1.6)),
        *(("y", 0.32), ("dE/dy", 4.0)),
    )
    assert [one.verdict for one in found] == ["right"] * 5 + ["wrong"]
    (cause,) = found[-1].causes
    assert (cause.kind, cause.sentence) == ("stale value", "the number is that of pass 1")


def test_a_derivative_at_the_values_of_the_first_pass_is_stale() -> None:
    # In pass 2 y = 0.32 and b = 1.6: dE/da = 2·y·b, here with the old y.
    found = judge(
        product(),
        *(("y", 2.0), ("a updated", 0.2), ("b updated", 1.6)),
        *(("y", 0.32), ("dE/da", 2 * 2.0 * 1.6)),
    )
    assert found[-1].verdict == "wrong"
    cause = found[-1].causes[0]
    assert (cause.kind, cause.sentence) == (
        "stale value",
        "the computed values are those of pass 1",
    )


def test_a_derivative_at_all_numbers_of_the_first_pass_is_stale() -> None:
    # The same with the old b too: 2·2·2 is dE/da of the first pass, which was not stated there.
    found = judge(
        product(),
        *(("y", 2.0), ("a updated", 0.2), ("b updated", 1.6)),
        *(("y", 0.32), ("dE/da", 8.0)),
    )
    assert found[-1].causes[0].sentence == "the values are those of pass 1"


def test_a_weight_that_keeps_its_value_was_not_updated() -> None:
    found = judge(square(), ("w updated", 2.4), ("E", 5.76), ("w updated", 2.4))
    assert [one.verdict for one in found] == ["right", "right", "wrong"]
    assert (found[-1].causes[0].kind, found[-1].causes[0].sentence) == (
        "stale value",
        "w was not updated",
    )


def test_a_value_of_a_later_pass_in_an_earlier_one_says_so() -> None:
    found = judge(
        product(), ("y", 0.32), ("a updated", 0.2), ("b updated", 1.6), ("y", 0.32), ("E", 0.1024)
    )
    assert [(one.part, one.verdict) for one in found] == [
        ("pass 1", "wrong"),
        ("pass 1", "right"),
        ("pass 1", "right"),
        ("pass 2", "right"),
        ("pass 2", "right"),
    ]
    assert found[0].causes[0].sentence == "the number is that of pass 2"


def test_mistakes_are_followed_within_their_pass() -> None:
    found = judge(
        product(),
        *(("dE/dy", 5.0), ("dE/da", 10.0), ("a updated", 0.0), ("b updated", 1.0)),
        *(("y", 0.0), ("dE/dy", 1.0), ("dE/da", 1.0)),
    )
    assert [(one.verdict, one.root) for one in found] == [
        ("wrong", ""),
        ("follows", "dE/dy"),
        ("follows", "dE/dy"),
        ("wrong", ""),
        ("right", ""),
        ("wrong", ""),
        ("follows", "dE/dy"),
    ]


def test_lines_and_names_are_kept_in_every_pass() -> None:
    found = judge(square(), ("E", 9.0), ("w updated", 2.4), ("E", 5.76), ("dEdw", 4.8))
    assert [(one.name, one.line) for one in found] == [
        ("E", 1),
        ("w updated", 2),
        ("E", 3),
        ("dEdw", 4),
    ]


def test_the_names_table_holds_in_every_pass() -> None:
    claims = [
        Claim(name=name, given=given, line=1)
        for name, given in [("loss", 9.0), ("w updated", 2.4), ("loss", 5.76), ("slope", 4.8)]
    ]
    found = judged(named_graph(square()), claims, {"loss": "E", "slope": "dE/dw"}, RATE)
    assert [(one.part, one.verdict) for one in found][1:] == [
        ("pass 1", "right"),
        ("pass 2", "right"),
        ("pass 2", "right"),
    ]


def test_data_stay_where_they_are() -> None:
    root = ((Value(3.0, "w") * Constant(2.0, "x")).named("y") ** 2).named("E")
    # dE/dw = 2·6·2 = 24, w = 0.6, y = 1.2, E = 1.44
    rows = ("dE/dw", 24.0), ("w updated", 0.6), ("y", 1.2), ("E", 1.44), ("x", 2.0)
    found = judge(root, *rows)
    assert [one.verdict for one in found] == ["right"] * 5


@pytest.mark.parametrize("given", ["six", "nan"])
def test_what_cannot_be_read_belongs_to_the_pass_in_which_it_stands(given: str) -> None:
    found = judge(square(), ("w updated", 2.4), ("E", 5.76), ("dE/dw", given), ("dE/dw", 4.8))
    assert [one.part for one in found] == ["pass 1", "pass 2", "pass 2", "pass 2"]
    assert found[2].verdict in {"unchecked", "wrong"}
    assert found[3].verdict == "right"
