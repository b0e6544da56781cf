"""The point that a derivation states: which numbers are taken, and how exactly they are known."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.claims import Claim
from autograd_lite.check.judge.passes import at_stated_point, judged, stated_leaves


def neuron() -> NamedGraph:
    """E = (o − t)², o = σ(w·x), at w = 0.123456789."""
    w = ag.Value(0.123456789, "w")
    x, t = ag.Constant(2.0, "x"), ag.Constant(1.0, "t")
    o = ag.sigmoid(w * x).named("o")
    return named_graph(((o - t) * (o - t)).named("E"))


def claims(*pairs: tuple[str, object]) -> list[Claim]:
    return [Claim(name=name, given=given) for name, given in pairs]


def output(w: float, x: float = 2.0) -> float:
    return 1 / (1 + math.exp(-w * x))


def gradient(w: float) -> float:
    o = output(w)
    return 2 * (o - 1) * o * (1 - o) * 2


def verdicts(graph: NamedGraph, found: list[Claim]) -> list[str]:
    there, unsure = at_stated_point(graph, found)
    return [finding.verdict for finding in judged(there, found, None, None, unsure)]


def test_nothing_stated_is_the_programs_own_point() -> None:
    graph = neuron()
    assert at_stated_point(graph, claims(("o", 0.7), ("dE/dw", 1.0))) == (graph, {})


def test_weights_inputs_and_targets_are_taken() -> None:
    there, unsure = at_stated_point(neuron(), claims(("w", 0.5), ("x", 3.0), ("t", 0.25)))
    assert there.value("o") == output(0.5, 3.0)
    assert there.value("E") == pytest.approx((output(0.5, 3.0) - 0.25) ** 2, rel=1e-15)
    assert unsure == {}


def test_leaves_that_are_not_stated_stay() -> None:
    there, _ = at_stated_point(neuron(), claims(("x", 3.0)))
    assert there.value("w") == 0.123456789


def test_the_first_number_counts() -> None:
    stated = stated_leaves(neuron(), claims(("w", 0.5), ("w", 0.25)))
    assert stated["w"].number == 0.5


def test_arrays_are_taken_whole_or_by_element() -> None:
    w = ag.Value([1.0, 2.0, 3.0], "w", names=["a", "b", "c"])
    graph = named_graph((w * w).sum().named("E"))
    found = stated_leaves(graph, claims(("b", "0.5"), ("w", "[7.0 8.0 9.0]")))
    assert {name: printed.number for name, printed in found.items()} == {"b": 0.5, "a": 7, "c": 9}


@pytest.mark.parametrize(
    "given",
    ["x + 1", [1.0, 2.0], "some words", float("nan"), "inf", None, ["a"]],
)
def test_what_is_no_number_of_that_shape_is_not_taken(given: object) -> None:
    assert stated_leaves(neuron(), claims(("w", given))) == {}


def test_an_authors_own_words_are_taken() -> None:
    found = stated_leaves(neuron(), claims(("the weight", 0.5)), {"the weight": "w"})
    assert found["w"].number == 0.5


def test_computed_values_and_updated_weights_are_not_taken() -> None:
    assert stated_leaves(neuron(), claims(("o", 0.5), ("w updated", 0.4), ("dE/dw", 1))) == {}


def test_a_few_digits_leave_the_rest_uncertain() -> None:
    # The author has w = 0.4567890, writes 0.46, and goes on with all digits.
    found = claims(("w", "0.46"), ("dE/dw", repr(gradient(0.456789))))
    assert at_stated_point(neuron(), found)[1] == {"w": 0.005}
    assert verdicts(neuron(), found) == ["right", "right"]


def test_a_rounded_weight_with_which_the_author_computes_is_exact() -> None:
    found = claims(("w", "0.46"), ("o", repr(output(0.46))), ("dE/dw", repr(gradient(0.46))))
    assert at_stated_point(neuron(), found)[1] == {}
    assert verdicts(neuron(), found) == ["right"] * 3


def test_a_mistake_below_the_digits_of_the_weight_is_found_where_it_is_exact() -> None:
    # As if the weight had been updated before it was used.
    found = claims(("w", "0.46"), ("o", repr(output(0.46))), ("dE/dw", repr(gradient(0.461))))
    assert verdicts(neuron(), found) == ["right", "right", "wrong"]


def test_the_programs_own_weight_printed_short_is_the_programs() -> None:
    found = claims(("w", "0.12"), ("o", repr(output(0.123456789))))
    there, unsure = at_stated_point(neuron(), found)
    assert (there.value("w"), unsure) == (0.123456789, {})


def test_the_programs_own_weight_that_was_rounded_is_the_rounded_one() -> None:
    found = claims(("w", "0.12"), ("o", repr(output(0.12))), ("dE/dw", repr(gradient(0.12))))
    there, unsure = at_stated_point(neuron(), found)
    assert (there.value("w"), unsure) == (0.12, {})


def test_a_value_of_few_digits_confirms_nothing() -> None:
    found = claims(("w", "0.46"), ("o", f"{output(0.456789):.2f}"))
    assert at_stated_point(neuron(), found)[1] == {"w": 0.005}


def test_a_value_that_contradicts_leaves_the_weight_uncertain() -> None:
    # By chance E agrees with the rounded weight; o does not.
    found = claims(("w", "0.46"), ("o", repr(output(0.4567))), ("E", repr((output(0.46) - 1) ** 2)))
    assert at_stated_point(neuron(), found)[1] == {"w": 0.005}


@settings(max_examples=20)
@given(st.floats(-2, 2), st.integers(2, 8))
def test_a_right_derivation_at_any_point_is_right(w: float, digits: int) -> None:
    printed = f"{w:.{digits}f}"
    for value in (w, float(printed)):
        found = claims(("w", printed), ("o", repr(output(value))), ("dE/dw", repr(gradient(value))))
        assert set(verdicts(neuron(), found)) == {"right"}
