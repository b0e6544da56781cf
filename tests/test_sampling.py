"""Formulas at the point of the graph and at random ones, against the same arithmetic by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reading import claims

import autograd_lite as ag
from autograd_lite import ClaimError, Constant, ShapeError, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.claims import Claim, Derivative, ValueOf
from autograd_lite.check.judge.samples import Sampler, is_formula
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.truth.truth import Truth


def neuron() -> Value:
    """E = (σ(w·x) − t)² at w = 0.5, x = 2, t = 1."""
    x, w, t = Constant(2.0, "x"), Value(0.5, "w"), Constant(1.0, "t")
    o = ag.sigmoid((w * x).named("net")).named("o")
    return ((o - t) ** 2).named("E")


def layer() -> Value:
    """y = W·x, E = Σ y²."""
    W, x = Value([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "W"), Constant([0.5, -1.0], "x")
    return ((W @ x).named("y") ** 2).sum().named("E")


def sampler(root: Value, rate: float | None = None, keep_marks: bool = False) -> Sampler:
    graph = named_graph(root)
    vocabulary = Vocabulary(graph)
    return Sampler(graph, vocabulary, Truth(graph, vocabulary, rate), keep_marks)


def said(given: Any, name: str = "dE/dw") -> Claim:
    return Claim(name=name, given=given)


# What is a formula


@pytest.mark.parametrize(
    "text", ["2*(o - t)", "o", r"\frac{\partial E}{\partial w}", "1/3", "2 * 3", "-x", "six"]
)
def test_a_text_that_is_no_number_is_a_formula(text: str) -> None:
    assert is_formula(text)


@pytest.mark.parametrize(
    "given", ["0.25", "-1e-5", "nan", "inf", "[1. 2.]", " [[1, 2], [3, 4]]", 0.25, None, [1.0]]
)
def test_numbers_and_matrices_are_none(given: Any) -> None:
    assert not is_formula(given)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("b*c", ["b*c"]),
        ("b*c = 0.25", ["b*c", "0.25"]),
        ("2*(o - t) = 2*0.5 = 1.0", ["2*(o - t)", "2*0.5", "1.0"]),
        ("f(x=1)", ["f(x=1)"]),
        ("a <= b", ["a <= b"]),
        ("a == b", ["a == b"]),
        (r"\frac{a}{b} = 0.5", [r"\frac{a}{b}", "0.5"]),
        (r"\sigma = a", [r"\sigma", "a"]),
    ],
)
def test_a_chain_has_a_claim_for_each_side(text: str, parts: list[str]) -> None:
    claim = Claim(name="a", given=text, line=7, where="cell 2", others=("alpha",))
    found = claims([claim])
    assert [side.given for side in found] == parts
    assert {(side.name, side.line, side.where, side.others) for side in found} == {
        ("a", 7, "cell 2", ("alpha",))
    }


@pytest.mark.parametrize("given", [0.5, "0.5", [1.0, 2.0], "[1. 2.]"])
def test_what_is_no_formula_is_one_claim(given: Any) -> None:
    assert claims([said(given)]) == [said(given)]


# The numbers of a formula


@pytest.mark.parametrize(
    ("formula", "by_hand"),
    [
        ("2*(o - t)", lambda v: 2 * (v["o"] - v["t"])),
        ("w*x + E", lambda v: v["w"] * v["x"] + v["E"]),
        ("o*(1 - o)", lambda v: v["o"] - v["o"] ** 2),
        ("exp(-net)/(1 + exp(-net))**2", lambda v: v["o"] * (1 - v["o"])),
        (r"2(o - t)\cdot o(1 - o)\cdot x", lambda v: 2 * (v["o"] - v["t"]) * v["o"] * (1 - v["o"])
         * v["x"]),
        ("dE/do * dnet/dw", lambda v: 2 * (v["o"] - v["t"]) * v["x"]),
        ("x - x + 3", lambda v: 3 + 0 * v["x"]),
    ],
)  # fmt: skip
def test_a_formula_is_computed_at_every_point(formula: str, by_hand: Callable[[Any], Any]) -> None:
    samples = (one := sampler(neuron())).sample(said(formula))
    assert samples.values.shape == (5,)
    assert samples.values == pytest.approx(by_hand(one.points.values), rel=1e-12)
    assert not samples.half_units.any()


def test_the_first_point_is_that_of_the_graph() -> None:
    assert sampler(neuron()).sample(said("w*x")).values[0] == 1.0


def test_a_formula_without_names_is_a_number() -> None:
    samples = sampler(neuron()).sample(said("2*(0.5 - 1)"))
    assert samples.values.tolist() == [-1.0]


def test_a_formula_with_measured_numbers_is_known_at_one_point_and_to_their_digits() -> None:
    samples = sampler(neuron()).sample(said("2*(0.7311 - t)*x"))
    assert samples.values == pytest.approx([-1.0756])
    assert samples.half_units == pytest.approx(2 * 2 * 0.00005)  # of 0.7311
    assert samples.note == "judged at this point only: it has measured numbers in it"


def test_a_measured_number_is_not_looked_for_within_another() -> None:
    samples = sampler(neuron()).sample(said("0.125*x + 10.125"))
    assert samples.values == pytest.approx([10.375])
    assert samples.half_units == pytest.approx(0.0005 * 2 + 0.0005)


@pytest.mark.parametrize("literal", ["2", "0.5", "10", "1e-5", "100", "0.01"])
def test_round_numbers_are_not_measured(literal: str) -> None:
    assert len(sampler(neuron()).sample(said(f"{literal}*x")).values) == 5


def test_numbers_are_known_at_one_point_to_their_digits() -> None:
    samples = sampler(neuron()).sample(said("0.25"))
    assert samples.values.tolist() == [0.25]
    assert samples.half_units == 0.005


def test_the_author_may_define_names() -> None:
    one = sampler(neuron())
    delta = one.sample(said("2*(o - t)", "delta"))
    one.define("delta", delta)
    assert one.sample(said("delta*x")).values == pytest.approx(
        delta.values * one.points.values["x"]
    )


def test_a_number_alone_defines_no_name() -> None:
    one = sampler(neuron())
    one.define("delta", one.sample(said("0.25")))
    with pytest.raises(ClaimError, match="unknown name, 'delta'"):
        one.sample(said("delta*x"))


@pytest.mark.parametrize("rate", ["lr", "eta", r"\eta", "η", "learning_rate", "alpha"])
def test_the_learning_rate_is_a_symbol(rate: str) -> None:
    given = sampler(neuron(), rate=0.25).sample(said(f"w - {rate}*dE/dw"))
    assert given.values.shape == (5,)
    w, slope = 0.5, 2 * (0.7310585786300049 - 1) * 0.19661193324148185 * 2
    assert given.values[0] == pytest.approx(w - 0.25 * slope, rel=1e-12)
    assert sampler(neuron()).rate > 0


def test_a_name_of_the_graph_goes_before_the_learning_rate() -> None:
    root = (Value(3.0, "alpha") * 2).named("E")
    assert sampler(root, rate=0.25).sample(said("alpha*2")).values[0] == 6.0


def test_arrays_are_computed_as_arrays() -> None:
    one = sampler(layer())
    samples = one.sample(said("2*y", "dE/dy"))
    rows = np.transpose([one.points.values[f"y[{place}]"] for place in range(3)])
    assert samples.values == pytest.approx(2 * rows)
    assert samples.shape == (3,)


def test_a_product_of_arrays_is_a_matrix_product_where_it_has_to_be() -> None:
    one = sampler(layer())  # y = −1.5, −2.5, −3.5
    assert one.sample(said("W @ x")).values[0].tolist() == [-1.5, -2.5, -3.5]
    assert one.sample(said("W*x")).values[0].tolist() == [[0.5, -2.0], [1.5, -4.0], [2.5, -6.0]]
    assert one.sample(said("y·W")).values[0].tolist() == [-26.5, -34.0]  # of no common shape
    with pytest.raises(ShapeError):
        one.sample(said("y*W"))


# What is true there


def test_true_numbers_are_known_at_the_points_of_the_claim() -> None:
    graph = named_graph(neuron())
    vocabulary = Vocabulary(graph)
    truth = Truth(graph, vocabulary, 0.1)
    one = Sampler(graph, vocabulary, truth)
    values = one.points.values
    slope = 2 * (values["o"] - values["t"])
    (expected,) = truth.expected(Derivative("E", "o"))
    assert one.true(expected, one.sample(said("2*(o - t)"))) == pytest.approx(slope)
    assert one.true(expected, one.sample(said("-0.5"))) == pytest.approx(slope[:1])
    (value,) = truth.expected(ValueOf("o"))
    assert one.true(value, one.sample(said("o"))) == pytest.approx(values["o"])


# What cannot be read


@pytest.mark.parametrize(
    ("text", "said_"),
    [
        ("2*(o1 - t)", "unknown name, 'o1'; nearest: o"),
        ("2*(o - t", r"column|bracket|\)"),
        ("1/(x - x)", "has no finite value here"),
        ("log(-x)", "has no finite value here"),
    ],
)
def test_what_cannot_be_computed_says_why(text: str, said_: str) -> None:
    with pytest.raises(ClaimError, match=said_):
        sampler(neuron()).sample(said(text))


def test_a_name_with_two_meanings_is_not_guessed() -> None:
    x_1, x1 = Value(1.0, "x_1"), Value(2.0, "x1")
    with pytest.raises(ClaimError, match="can mean x_1 or x1; write one of these"):
        sampler((x_1 * x1).named("E")).sample(said("2*X1"))


def test_a_formula_is_never_run() -> None:
    with pytest.raises(ClaimError):
        sampler(neuron()).sample(said("__import__('os').getpid()"))


# What a formula refers to


def test_what_a_formula_refers_to_and_how_it_is_computed_with_other_numbers() -> None:
    one = sampler(neuron())
    refers, evaluate = one.written(said("dE/do * x")) or ({}, None)
    assert refers == {"dE/do": Derivative("E", "o"), "x": ValueOf("x")}
    assert evaluate is not None
    assert evaluate({"dE/do": np.full(5, 3.0)}) == pytest.approx(3 * one.points.values["x"])
    assert evaluate({}) == pytest.approx(one.sample(said("dE/do * x")).values)


def test_a_number_refers_to_nothing() -> None:
    assert sampler(neuron()).written(said("0.25")) is None


def test_a_name_with_its_arguments_and_a_letter_for_a_function_are_read_by_the_graph() -> None:
    z = ag.Value(0.3, label="z")
    a = ag.tanh(z).named("a")
    loss = (a * a * z).named("L")
    formulas = {"da/dz": "1 - a(z)^2", "dL/da": "2a(z)z", "dL/dz": r"a^2 + 2az\varphi'(z)"}
    found = {one.name: one for one in ag.compare(loss, formulas).findings}
    assert [found[name].verdict for name in ("da/dz", "dL/da", "dL/dz")] == ["right"] * 3
    assert r"\varphi is read as tanh" in found["dL/dz"].reason
    with_product = ag.compare(loss, {"dL/dz": "z(a)"}).findings[0]
    assert with_product.verdict == "wrong"


def test_what_is_unclear_for_its_shapes_is_not_wrong() -> None:
    z = ag.Value(np.arange(6.0).reshape(3, 2), label="z")
    total = (z * z).sum().named("E")
    found = ag.compare(total, {"dE/dz": r"\sum_i (z - 1)"}).findings[0]
    assert found.verdict == "unchecked"
    assert "write s" in found.reason
    assert ag.compare(total, {"dE/dz": "z z"}).findings[0].verdict == "wrong"
    elements = ag.compare(total, {"E": r"\sum_{i,j} z_{ij}^2"}).findings[0]
    assert elements.verdict == "right"
