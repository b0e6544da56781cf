"""Spellings of programs and of textbooks, as they are read in small graphs."""

from collections.abc import Sequence

import pytest

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.claims import WeightStep
from autograd_lite.check.names import Vocabulary
from models.notebook import loss

NOTEBOOK = Vocabulary(named_graph(loss()))


def vocabulary(*labels: str, root: str = "E") -> Vocabulary:
    total = sum((Value(1.0, label) for label in labels), Value(0.0, "start"))
    return Vocabulary(named_graph(total.named(root)))


def readings(names: Vocabulary, spelling: str) -> list[str]:
    return [str(quantity) for quantity in names.readings(spelling)]


@pytest.mark.parametrize("spelling", ["Δw_10", "∆w₁₀", r"\Delta w_{10}", "Delta_w_10", "Delta w10"])
def test_a_capital_delta_is_the_step_of_a_weight(spelling: str) -> None:
    assert NOTEBOOK.readings(spelling) == [WeightStep("w_10")]
    assert readings(NOTEBOOK, spelling) == ["Δw_10"]


# The δ of a neuron


@pytest.mark.parametrize(
    "spelling", ["delta_O1", "δ_O1", "δ_o₁", r"\delta_{O1}", "O1_delta", "delta of neuron O1"]
)
def test_the_delta_of_a_neuron_is_of_its_net_input_or_of_itself(spelling: str) -> None:
    assert readings(NOTEBOOK, spelling) == ["dE/dnet_O1", "dE/dO1"]


def test_the_delta_of_a_layer_is_that_of_its_neurons() -> None:
    assert readings(NOTEBOOK, "delta_H") == ["dE/dnet_H", "dE/dH"]
    assert readings(NOTEBOOK, "δ_H[1]") == ["dE/dnet_H2", "dE/dH2"]


def test_the_delta_of_what_is_no_activation_is_its_own_derivative() -> None:
    assert readings(NOTEBOOK, "delta_net_O1") == ["dE/dnet_O1"]
    assert readings(NOTEBOOK, "delta_F_1") == ["dE/dF_1"]  # the largest of a window
    assert readings(vocabulary("w"), "delta_E") == ["dE/dE"]


def test_the_delta_of_a_layer_number_is_of_the_net_input_of_that_number() -> None:
    # A softmax is no function of one number each, so that only the names tell.
    z = Value([1.0, 2.0], "z_2")
    p = (ag.exp(z) / ag.sum(ag.exp(z))).named("p")
    names = Vocabulary(named_graph(ag.sum(p * p).named("L")))
    assert readings(names, "delta_2") == ["dL/dz_2"]
    assert readings(names, "delta_p") == ["dL/dp"]


def test_a_linear_function_is_no_activation() -> None:
    names = Vocabulary(named_graph((3.0 * Value(1.0, "x")).named("y").exp().named("L")))
    assert readings(names, "delta_y") == ["dL/dy"]
    assert readings(names, "delta_L") == ["dL/dy", "dL/dL"]


# Spellings of programs


@pytest.mark.parametrize(
    ("labels", "spelling", "meaning"),
    [
        (["logits"], "dlogits", "dL/dlogits"),
        (["out"], "dout", "dL/dout"),
        (["out"], "dOut", "dL/dout"),
        (["t"], "d_L_d_t", "dL/dt"),
        (["y"], "dLdy", "dL/dy"),
        (["x"], "x_bar", "dL/dx"),
        (["x"], r"\bar{x}", "dL/dx"),
        (["x"], "x̄", "dL/dx"),
        (["y"], "ȳ", "dL/dy"),
        (["w"], r"\nabla_w L", "dL/dw"),
        (["w"], "∇_w", "dL/dw"),
        (["w"], "w_grad", "dL/dw"),
        (["w_1"], "w_grad_1", "dL/dw_1"),
        (["x_1"], "x̄₁", "dL/dx_1"),
        (["W"], "gradW", "dL/dW"),
        (["b"], "updated_b", "b updated"),
        (["b"], "b_new", "b updated"),
        (["x_bar", "x"], "x_bar", "x_bar"),
        (["w_new", "w"], "w_new", "w_new"),
        (["delta_o", "o"], "delta_o", "delta_o"),
        (["H1_output", "H1"], "H1_output", "H1_output"),
        (["output_1"], "output 1", "output_1"),
    ],
)
def test_spellings_of_programs_are_read(labels: Sequence[str], spelling: str, meaning: str) -> None:
    assert readings(vocabulary(*labels, root="L"), spelling) == [meaning]


def test_a_derivative_needs_a_value_of_that_name() -> None:
    assert readings(vocabulary("scores"), "dlogits") == readings(vocabulary("scores"), "dout") == []


def test_elements_are_reached_behind_any_spelling_of_the_whole() -> None:
    assert readings(NOTEBOOK, "grad_w_output[0,1]") == ["dE/dw_10"]
    assert readings(NOTEBOOK, "w_output_grad[0][1]") == ["dE/dw_10"]
    assert readings(NOTEBOOK, "w_output_new[0,1]") == ["w_10 updated"]
    assert readings(NOTEBOOK, "Δw_output[0,1]") == ["Δw_10"]


def test_a_name_of_nothing_but_underscores_is_not_found_in_every_gap() -> None:
    assert readings(vocabulary("_", "x"), "dE/d") == []


def test_greek_letters_and_their_latex_names_are_one_spelling() -> None:
    names = vocabulary("γ", "beta_1")
    assert readings(names, r"dE/d\gamma") == ["dE/dγ"]
    assert readings(names, "∂E/∂β₁") == ["dE/dbeta_1"]
