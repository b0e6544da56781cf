"""The verdicts on a hand derivation."""

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import assert_linear
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import ClaimError, Constant, DataError, Value
from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.compare import compare, compare_with
from autograd_lite.check.finding import Finding
from models.notebook import NotebookCNN, claims, loss, second_loss
from models.notebook.data import LEARNING_RATE

SECTIONS = list(dict.fromkeys(claim.section for claim in claims.load()))


def find(root: Value, name: str, given_: Any, learning_rate: float | None = None) -> Finding:
    (finding,) = compare(root, {name: given_}, learning_rate=learning_rate).findings
    return finding


def verdict(root: Value, name: str, given_: Any, learning_rate: float | None = None) -> str:
    return find(root, name, given_, learning_rate).verdict


# The notebook


@pytest.mark.parametrize("section", SECTIONS)
def test_verdicts_and_expected_numbers_of_the_notebook_are_those_of_the_facts(section: str) -> None:
    facts = claims.load(section)
    root = second_loss() if section.startswith("pass 2") else loss()
    report = compare(
        root, [(fact.term, fact.printed) for fact in facts], learning_rate=LEARNING_RATE
    )
    assert [(finding.name, finding.verdict == "right") for finding in report.findings] == [
        (fact.term, fact.right) for fact in facts
    ]
    assert {finding.verdict for finding in report.findings} <= {"right", "wrong", "follows"}
    for finding, fact in zip(report.findings, facts, strict=True):
        assert finding.expected == pytest.approx(fact.true, rel=1e-13, abs=0), fact


RIGHT = [
    fact
    for fact in claims.load("pass 1, backward")
    + claims.load("pass 1, forward, printed by the code")
    if fact.right and float(fact.printed)
]


@functools.cache
def notebook() -> NamedGraph:
    return named_graph(loss())


def verdict_on_notebook(name: str, given_: str) -> str:
    report = compare_with(notebook(), {name: given_}, learning_rate=LEARNING_RATE)
    return report.findings[0].verdict


@pytest.mark.parametrize("fact", RIGHT, ids=lambda fact: fact.term)
def test_a_wrong_digit_in_the_notebook_is_caught(fact: claims.Claim) -> None:
    # The last of up to 8 decimals; of 16 or 17 digits the third last, since the last are rounding.
    place = min(len(fact.printed.partition(".")[2]), 14)
    for step in (-1, 1):
        changed = float(fact.printed) + step * 10.0**-place
        printed = f"{changed:.{place}f}" if place < 14 else repr(changed)
        assert verdict_on_notebook(fact.term, printed) == "wrong", printed


@pytest.mark.parametrize("fact", RIGHT, ids=lambda fact: fact.term)
def test_a_wrong_sign_in_the_notebook_is_caught(fact: claims.Claim) -> None:
    turned = fact.printed[1:] if fact.printed.startswith("-") else f"-{fact.printed}"
    assert verdict_on_notebook(fact.term, turned) == "wrong"


def test_swapped_names_are_caught() -> None:
    weights = [f"dE/dw_{number}" for number in range(1, 13)]
    true = dict(zip(weights, gradients(loss(), weights), strict=True))
    assert compare(loss(), {name: f"{number:.8f}" for name, number in true.items()}).ok
    swapped = [(one, f"{true[other]:.8f}") for one, other in itertools.permutations(weights, 2)]
    assert compare(loss(), swapped).count("wrong") == len(swapped)


def gradients(root: Value, names: list[str]) -> list[float]:
    """By the engine, not by the chain rule's terms."""
    root.backward()
    weights = {}
    for value in ag.engine.order(root):
        if value.names is not None and value.grad is not None:
            weights.update(zip(value.names.flat, np.ravel(value.grad).tolist(), strict=True))
    return [weights[name.removeprefix("dE/d")] for name in names]


@pytest.mark.parametrize("factor", [2.0, 0.5, -1.0, 0.0, 1.001])
def test_a_wrong_factor_is_seen_through_an_updated_weight(factor: float) -> None:
    model = NotebookCNN()
    E = model.loss()
    E.backward()
    w = model.w_conv.data[0, 0]
    g = model.w_conv.grad[0, 0]
    right = f"{w - LEARNING_RATE * g:.12f}"
    wrong = f"{w - LEARNING_RATE * factor * g:.12f}"
    assert verdict(E, "w_conv[0,0] updated", right, LEARNING_RATE) == "right"
    assert verdict(E, "w_conv[0,0] updated", wrong, LEARNING_RATE) == "wrong"


# Small graphs, whose derivatives are worked out here by hand


def square(x: float = 3.0) -> Value:
    return (Value(x, "x") ** 2).named("E")


def neuron() -> Value:
    """E = (σ(w·x) − t)² at w = 0.5, x = 2, t = 1."""
    x, w, t = Constant(2.0, "x"), Value(0.5, "w"), Constant(1.0, "t")
    O = ag.sigmoid((w * x).named("net")).named("O")  # noqa: E741 - the output
    return ((O - t) ** 2).named("E")


O_ = 1 / (1 + math.exp(-1.0))
DE_DW = 2 * (O_ - 1) * O_ * (1 - O_) * 2


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("net", 1.0),
        ("O", O_),
        ("E", (O_ - 1) ** 2),
        ("dE/dO", 2 * (O_ - 1)),
        ("dO/dnet", O_ * (1 - O_)),
        ("dnet/dw", 2.0),
        ("dnet/dx", 0.5),
        ("dE/dw", DE_DW),
        ("dE/dt", -2 * (O_ - 1)),
        ("dE/dE", 1.0),
        ("dO/dw", O_ * (1 - O_) * 2),
        ("dw", DE_DW),
        ("w updated", 0.5 - 0.1 * DE_DW),
    ],
)
def test_values_local_and_total_derivatives_are_right_in_full_and_rounded(
    name: str, number: float
) -> None:
    for given_ in (number, np.float64(number), np.float32(number), repr(number), f"{number:.4f}"):
        assert verdict(neuron(), name, given_, 0.1) == "right", given_
    for wrong in (
        -number,
        number * (1 + 1e-13),
        f"{number + 0.0001:.4f}",
        np.float32(1.00001 * number),
    ):
        assert verdict(neuron(), name, wrong, 0.1) == "wrong", wrong


def test_a_finding_has_the_name_and_number_as_they_were_given() -> None:
    finding = find(neuron(), "grad_w", "0.5")
    assert (finding.name, finding.given, finding.quantity) == ("grad_w", "0.5", "dE/dw")
    assert finding.expected == pytest.approx(DE_DW, rel=1e-15)
    assert finding.error == pytest.approx(abs(0.5 - DE_DW) / abs(DE_DW), rel=1e-15)


def test_a_repeated_name_has_a_finding_each_time() -> None:
    report = compare(neuron(), [("O", "0.7311"), ("O", "0.7310")])
    assert [finding.verdict for finding in report.findings] == ["right", "wrong"]


def test_ok_says_that_nothing_is_wrong_even_if_something_is_unchecked() -> None:
    assert compare(neuron(), {"O": "0.7311", "nothing": 1}).ok
    assert not compare(neuron(), {"O": "0.7312"}).ok


# Digits


def test_half_a_unit_of_the_last_digit_is_right_and_more_is_wrong() -> None:
    E = (Value(0.5, "x") * 0.24975).named("E")  # 0.124875
    assert verdict(E, "E", "0.1249") == "right"
    assert verdict(E, "E", "0.12488") == verdict(E, "E", "0.12487") == "right"  # a tie, either way
    assert verdict(E, "E", "0.1248") == verdict(E, "E", "0.12489") == "wrong"


@pytest.mark.parametrize(("printed", "expected"), [("1.25e-1", "right"), ("1.26e-1", "wrong")])
def test_scientific_notation_counts_the_digits_of_the_mantissa(printed: str, expected: str) -> None:
    assert verdict((Value(0.5, "x") * 0.2498).named("E"), "E", printed) == expected


@pytest.mark.parametrize("zero", ["0", "0.", "0.0", 0, 0.0, "0.000000", "-0.0"])
def test_a_printed_zero_is_exact(zero: Any) -> None:
    assert verdict(square(0.0), "dE/dx", zero) == "right"
    assert verdict(square(1e-5), "dE/dx", zero) == "wrong"


def test_a_zero_with_digits_is_a_rounded_number() -> None:
    assert verdict(square(1e-5), "dE/dx", "0.000") == "right"


@pytest.mark.parametrize("whole", ["6", 6, "6."])
def test_a_whole_number_is_exact(whole: Any) -> None:
    assert verdict(square(), "dE/dx", whole) == "right"
    assert verdict(square(3.01), "dE/dx", whole) == "wrong"


@pytest.mark.parametrize("typed", [0.731, 0.7311, np.float64(0.73106)])
def test_a_float_that_was_typed_to_fewer_digits_is_right_with_a_question(typed: float) -> None:
    finding = find(neuron(), "O", typed)
    assert finding.verdict == "right"
    assert finding.reason == "rounded? it agrees to its digits"


@pytest.mark.parametrize("typed", [0.7312, -0.7311, 0.74, 0.7310585786311111])
def test_a_float_that_does_not_agree_to_its_digits_is_wrong(typed: float) -> None:
    assert verdict(neuron(), "O", typed) == "wrong"


def test_the_causes_of_a_typed_float_are_found_from_its_digits() -> None:
    finding = find(neuron(), "O", -0.7311)
    assert finding.causes[0].kind == "wrong sign"


def test_a_binary_fraction_need_not_have_been_rounded() -> None:
    assert verdict(square(0.2501), "x", 0.25) == "wrong"
    finding = find(square(0.2501), "x", 0.25)
    assert finding.reason == "agrees to its digits; if it was rounded, give it as a string"


def test_a_float_that_is_too_rough_is_wrong() -> None:
    assert find(neuron(), "O", 1.0).reason == ""
    assert verdict(neuron(), "O", 0.73) == "wrong"


@pytest.mark.parametrize("given_", ["nan", math.nan, "inf", -math.inf])
def test_what_is_not_finite_is_wrong_where_a_number_is_expected(given_: Any) -> None:
    assert verdict(square(), "dE/dx", given_) == "wrong"


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_an_infinite_value_is_right_only_as_such() -> None:
    E = ag.exp(Value(800.0, "x")).named("E")
    assert verdict(E, "E", "inf") == "right"
    for wrong in ("-inf", 1e308, "nan"):
        assert verdict(E, "E", wrong) == "wrong"


@pytest.mark.filterwarnings("ignore:invalid:RuntimeWarning")
def test_a_value_that_is_nan_cannot_be_checked() -> None:
    E = ag.log(Value(-1.0, "x")).named("E")
    finding = find(E, "E", 0.5)
    assert (finding.verdict, finding.reason) == ("unchecked", "E is nan at this point")


# Rounding of the arithmetic


def test_the_order_of_a_sum_does_not_matter() -> None:
    numbers = np.random.default_rng(0).normal(size=300)
    E = ag.sum(Value(numbers, "x") * 1.0).named("E")
    for order in (np.sort(numbers), np.sort(numbers)[::-1], numbers[::-1]):
        assert verdict(E, "E", float(sum(order.tolist()))) == "right"
    assert verdict(E, "E", math.fsum(numbers)) == "right"
    assert verdict(E, "E", math.fsum(numbers) + 1e-9) == "wrong"


def test_paths_that_cancel_are_judged_by_their_size() -> None:
    # dE/dx = 1e8·w − 1e8·w + 1 = 1, and each order of adding up rounds to about 1e-8.
    x = Value(0.1, "x")
    a, b, c = (x * 123456789.1).named("a"), (x * -123456789.1).named("b"), (x * 1.0).named("c")
    E = (a + b + c).named("E")
    assert verdict(E, "dE/dx", 1.0) == "right"
    assert verdict(E, "dE/dx", 123456789.1 + 1.0 - 123456789.1) == "right"
    assert verdict(E, "dE/dx", 1.0 + 1e-5) == "wrong"


def test_a_saturated_sigmoid_loses_the_digits_that_it_loses() -> None:
    net = Value(30.0, "net")
    O = ag.sigmoid(net).named("O")  # noqa: E741 - the output
    exact = math.exp(-30) / (1 + math.exp(-30)) ** 2
    assert abs(O.data * (1 - O.data) / exact - 1) > 1e-4  # 1 − O has three digits left
    assert verdict(O, "dO/dnet", exact) == "right"
    assert verdict(O, "dO/dnet", O.data * (1 - O.data)) == "right"
    assert verdict(O, "dO/dnet", 1.1 * exact) == "wrong"


@pytest.mark.parametrize("form", [lambda o: o - o * o, lambda o: 0.25 - (o - 0.5) ** 2])
def test_another_form_of_a_derivative_is_right(form: Callable[[float], float]) -> None:
    assert verdict(neuron(), "dO/dnet", form(O_)) == "right"


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_engines_own_gradients_are_right_in_both_precisions(seed: int) -> None:
    draw = np.random.default_rng(seed).normal
    for dtype in (np.float64, np.float32):
        x = Constant(draw(size=3).astype(dtype) * 5, "x")
        w, v = Value(draw(size=(4, 3)).astype(dtype), "w"), Value(draw(size=4).astype(dtype), "v")
        h = ag.tanh((w @ x).named("net")).named("h")
        E = ag.squared_error(ag.sigmoid(v @ h).named("y"), 0.3).named("E")
        E.backward()
        values = {"w": w.data, "h": h.data, "E": E.data, "updated v": v.data - 0.1 * v.grad}
        slopes = {"dw": w.grad, "dE/dv": v.grad, "dE/dh": h.grad}
        assert compare(E, values | slopes, learning_rate=0.1).ok


def test_a_float32_array_is_judged_by_its_own_rounding() -> None:
    w = Value([0.1, 0.2, 0.3], "w")
    E = ag.sum(w * w).named("E")
    right = (2 * np.array([0.1, 0.2, 0.3])).astype(np.float32)
    assert verdict(E, "dE/dw", right) == "right"
    assert verdict(E, "dE/dw", right.astype(float)) == "wrong"
    assert verdict(E, "dE/dw", right * np.float32(1.00001)) == "wrong"


# Paths


def test_where_there_is_no_path_the_derivative_is_0_and_the_reason_says_so() -> None:
    finding = find(loss(), "dE2/dO1", "-0.6481134001960405")
    assert (finding.verdict, finding.expected) == ("wrong", 0.0)
    assert finding.reason == "E2 does not depend on O1"
    assert finding.error == math.inf
    assert verdict(loss(), "dE2/dO1", "0") == "right"


def test_a_derivative_upside_down_says_so() -> None:
    finding = find(square(), "dx/dE", "6.0")
    assert finding.verdict == "wrong"
    assert finding.reason == "x does not depend on E; upside down? dE/dx is 6"


def residual() -> Value:
    """y = h·x with h = x²: locally ∂y/∂x = h = 4, over all paths dy/dx = 3x² = 12."""
    x = Value(2.0, "x")
    h = (x * x).named("h")
    return (h * x).named("y")


def test_a_name_that_fits_a_local_and_a_total_derivative_is_tried_as_both() -> None:
    total, local, wrong = (find(residual(), "dy/dx", number) for number in ("12", "4", "8"))
    assert (total.verdict, total.expected) == ("right", 12.0)
    assert total.reason == "over all paths; the local derivative is 4"
    assert (local.verdict, local.expected) == ("ambiguous", 4.0)  # by a weight, of the result
    assert local.reason == "the local derivative; over all paths it is 12"
    assert (wrong.verdict, wrong.expected) == ("wrong", 12.0)
    assert wrong.reason == "over all paths; the local derivative is 4"


def test_a_forgotten_penalty_is_not_passed_as_the_local_derivative() -> None:
    w, x = Value(3.0, "w"), Constant(2.0, "x")
    z = (w * x).named("z")
    E = ((z - 1) ** 2 + 0.1 * w**2).named("E")
    assert verdict(E, "dE/dw", "20.6") == "right"
    assert verdict(E, "dE/dw", "0.6") == "ambiguous"
    assert verdict(E, "dE/dw", "20") == "wrong"
    data = (Constant(3.0, "c") * x).named("F")  # of what is no weight it is a partial derivative
    h = (data * 2).named("h")
    assert verdict((h * data).named("G"), "dG/dF", "12") == "right"


def test_0_is_not_the_local_derivative_where_there_is_no_direct_path() -> None:
    assert verdict(neuron(), "dE/dw", "0") == "wrong"


# Arrays and shapes


def layer() -> tuple[Value, Value, Value]:
    x, w = Constant([1.0, 2.0, 3.0], "x"), Value([[0.1, 0.2, 0.3], [-0.3, 0.0, 0.1]], "w")
    h = ag.tanh((w @ x).named("net")).named("h")
    return ag.sum(h * h).named("E"), w, h


def test_a_whole_tensor_is_one_claim() -> None:
    E, w, h = layer()
    slope = 2 * h.data * (1 - h.data**2)
    gradient = np.outer(slope, [1.0, 2.0, 3.0])
    finding = find(E, "dE/dw", gradient)
    assert (finding.verdict, finding.worst) == ("right", None)
    assert finding.expected == pytest.approx(gradient, rel=1e-14, abs=1e-15)
    assert verdict(E, "dE/dw", gradient.tolist()) == "right"
    assert verdict(E, "dE/dw", [[f"{number:.3f}" for number in row] for row in gradient]) == "right"
    assert verdict(E, "dE/dw", str(gradient)) == "right"
    assert verdict(E, "w updated", w.data - 0.5 * gradient, 0.5) == "right"


def test_the_worst_element_of_an_array_is_named() -> None:
    E, w, _ = layer()
    given_ = np.array(w.data)
    given_[0, 1] = 0.21
    given_[1, 2] = -0.1
    finding = find(E, "w", given_)
    assert finding.verdict == "wrong"
    assert finding.worst is not None
    assert (finding.worst.index, finding.worst.given, finding.worst.expected) == ((1, 2), -0.1, 0.1)
    assert (finding.worst.wrong, finding.worst.size) == (2, 6)
    assert finding.error == pytest.approx(2.0)
    assert finding.reason == "2 of 6 elements wrong, by most [1,2]"


def test_a_nan_in_an_array_is_its_worst_element() -> None:
    E, w, _ = layer()
    given_ = np.array(w.data)
    given_[0] = [0.11, math.nan, 0.3]
    worst = find(E, "w", given_).worst
    assert worst is not None
    assert (worst.index, worst.wrong) == ((0, 1), 2)


def test_rounded_floats_in_an_array_are_right_with_a_question() -> None:
    E, _, h = layer()
    finding = find(E, "h", np.round(h.data, 4))
    assert (finding.verdict, finding.reason) == ("right", "rounded? they agree to their digits")


@pytest.mark.parametrize(
    ("given_", "shape"),
    [
        (np.ones((8, 8)), "(8, 8)"),
        (np.ones((64, 2)), "(64, 2)"),
        (1.0, "()"),
        ("1.0", "()"),
        (np.ones(1), "(1,)"),
        ([], "(0,)"),
    ],
)
def test_shapes_are_compared_first_and_never_broadcast(given_: Any, shape: str) -> None:
    b = Value(np.ones(64), "b")
    E = ag.sum(b * 1.0).named("E")
    finding = find(E, "dE/db", given_)
    assert finding.verdict == "wrong"
    assert finding.reason == f"has shape {shape}; dE/db has shape (64,)"
    assert finding.expected.tolist() == [1.0] * 64


@pytest.mark.parametrize("given_", [[6.0], [["6.0"]], np.full((1, 1), 6.0)])
def test_an_array_of_one_number_is_that_number(given_: Any) -> None:
    finding = find(square(), "dE/dx", given_)
    shape = np.shape(given_)
    assert (finding.verdict, finding.reason) == (
        "right",
        f"in shape {shape}; dE/dx has shape ()",
    )
    assert verdict(square(), "dE/dx", np.add(np.asarray(given_, float), 1)) == "wrong"


def test_an_array_of_several_numbers_is_no_single_one() -> None:
    assert find(square(), "dE/dx", [6.0, 6.0]).reason == "has shape (2,); dE/dx has shape ()"


def test_a_jacobian_is_compared_in_full_or_if_diagonal_element_by_element() -> None:
    E, _, h = layer()
    slope = 1 - h.data**2
    assert verdict(E, "dh/dnet", np.diag(slope)) == "right"
    finding = find(E, "dh/dnet", slope)
    assert (finding.verdict, finding.reason) == ("right", "element by element")
    assert finding.expected == pytest.approx(slope, rel=1e-14)
    assert verdict(E, "dh/dnet", slope * 1.01) == "wrong"
    jacobian = np.zeros((2, 2, 3))
    jacobian[0, 0] = jacobian[1, 1] = [1.0, 2.0, 3.0]
    assert verdict(E, "dnet/dw", jacobian) == "right"
    assert verdict(E, "dnet/dw", jacobian[::-1]) == "wrong"


def test_a_jacobian_that_is_not_diagonal_has_no_elementwise_reading() -> None:
    x = Value([1.0, 2.0], "x")
    E = ag.sum((Constant([[1.0, 1.0], [0.0, 1.0]], "A") @ x).named("y")).named("E")
    finding = find(E, "dy/dx", [1.0, 1.0])
    assert finding.reason == "has shape (2,); dy/dx has shape (2, 2)"


# What cannot be checked


def test_an_unknown_name_is_unchecked_and_has_suggestions() -> None:
    finding = find(loss(), "dE/dw_13", "0.5")
    assert (finding.verdict, finding.quantity) == ("unchecked", "")
    assert finding.reason.startswith("unknown name; nearest: dE/dw_1")
    assert find(loss(), "%", 1).reason == "unknown name"


def test_a_name_that_is_right_in_one_of_its_meanings_only_is_ambiguous() -> None:
    x_1, x1 = Value(1.0, "x_1"), Value(2.0, "x1")
    finding = find((x_1 * x1).named("E"), "dE/dX1", 2.0)
    assert finding.verdict == "ambiguous"
    assert finding.reason == (
        "can mean dE/dx_1 or dE/dx1, and is right as dE/dx_1 only; write which"
    )


def test_what_is_not_a_number_is_unchecked() -> None:
    finding = find(square(), "dE/dx", "six")
    assert (finding.verdict, finding.quantity) == ("unchecked", "dE/dx")
    assert finding.reason.startswith("the formula has an unknown name, 'six'")


def test_an_updated_weight_needs_the_learning_rate() -> None:
    finding = find(square(), "x updated", 2.4)
    assert finding.verdict == "unchecked"
    assert "learning rate" in finding.reason
    assert verdict(square(), "x updated", 2.4, 0.1) == "right"
    assert verdict(square(), "x updated", 3.0, 0) == "right"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("O updated", "O is computed; gradient descent changes weights only"),
        ("t updated", "t is data; gradient descent changes weights only"),
    ],
)
def test_only_weights_are_updated(name: str, reason: str) -> None:
    finding = find(neuron(), name, 1.0, 0.1)
    assert (finding.verdict, finding.reason) == ("unchecked", reason)


def test_weights_are_updated_by_the_gradient_of_a_single_number() -> None:
    finding = find((Value([1.0, 2.0], "w") * 2).named("y"), "w updated", [1.0, 2.0], 0.1)
    assert finding.verdict == "unchecked"
    assert finding.reason == (
        "y has 2 elements; weights are updated by the gradient of a single number"
    )


@pytest.mark.parametrize("rate", ["0.1", math.nan, math.inf, [0.1]])
def test_a_learning_rate_is_a_number(rate: Any) -> None:
    with pytest.raises(ClaimError, match=r"learning_rate=.* is not a number"):
        compare(square(), {}, learning_rate=rate)


def test_claims_that_are_none_are_refused() -> None:
    with pytest.raises(ClaimError, match="not a set of claims"):
        compare(square(), "dE/dx = 6")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="starts from a Value"):
        compare(3.0, {})  # type: ignore[arg-type]


def test_names_come_from_the_callers_variables_where_there_are_no_labels() -> None:
    w, x = Value(2.0), Value(3.0)
    loss_ = w * x
    assert compare(loss_, {"dloss_/dw": 3.0, "grad_x": 2.0}).count("right") == 2


def test_many_claims_are_judged_in_linear_time() -> None:
    x, w = Constant(np.linspace(-1, 1, 20), "x"), Value(np.ones((40, 20)) / 20, "w")
    E = ag.sum(ag.tanh((w @ x).named("net")).named("h")).named("E")
    E.backward()
    graph = named_graph(E)
    given_ = [(f"dE/dw[{i},{j}]", w.grad[i, j]) for i, j in np.ndindex(40, 20)]

    def judge(size: int) -> None:
        assert compare_with(graph, given_[:size]).count("right") == size

    assert_linear(judge, 100)
