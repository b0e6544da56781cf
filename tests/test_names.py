"""Which quantity a spelling means."""

from collections.abc import Sequence

import pytest
from conftest import assert_linear
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.claims import Derivative, Updated, ValueOf
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.spelling import key
from models.notebook import loss

NOTEBOOK = Vocabulary(named_graph(loss()))


def vocabulary(*labels: str, root: str = "E") -> Vocabulary:
    total = sum((Value(1.0, label) for label in labels), Value(0.0, "start"))
    return Vocabulary(named_graph(total.named(root)))


def readings(names: Vocabulary, spelling: str) -> list[str]:
    return [str(quantity) for quantity in names.readings(spelling)]


@pytest.mark.parametrize(
    "spelling",
    [
        "dE/dw_9",
        "dE/dw9",
        "dE / dw_9",
        "d(E)/d(w_9)",
        "dE_dw_9",
        "dE_dw9",
        "dEdw9",
        "dEdw_9",
        "d_E_d_w_9",
        "∂E/∂w_9",
        "∂E/∂w₉",
        r"\frac{\partial E}{\partial w_9}",
        r"$\dfrac{\partial E}{\partial w_{9}}$",
        "grad_w9",
        "grad_w_9",
        "grad w_9",
        "Grad_w9",
        "w9_grad",
        "w_9_grad",
        "w_9.grad",
        "dw9",
        "dw_9",
        "d_w_9",
        "∂w_9",
        "DE/DW_9",
        "gradW9",
        "gradient of w_9",
        "Gradient for weight w_9",
        r"Gradient for weight $w_{9}$",
        r"$\text{grad}_{w_{9}}$",
        "gradient w.r.t. w_9",
        "Gradient of E with respect to w_9",
        "partial derivative of E wrt w_9",
        "nabla_w_9",
        "∇_w_9",
        "∇w₉",
        r"\nabla_{w_9} E",
        "w_9_bar",
        r"\bar{w}_9",
        r"\bar{w_9}",
        "w̄_9",
        "delta_w_9",
    ],
)
def test_every_spelling_of_a_derivative_is_read(spelling: str) -> None:
    assert NOTEBOOK.readings(spelling) == [Derivative("E", "w_9")]


@pytest.mark.parametrize(
    "spelling",
    [
        "w_9 updated",
        "w9 updated",
        "w_9_updated",
        "updated_w_9",
        "updated w9",
        "Updated weight w_9",
        "updated weight w9",
        r"Updated weight $w_{9}$",
        r"Updated weight, $w_{9}$",
        "Updated weights w_9",
        "updated value of w_9",
        "w_9_new",
        "new_w_9",
        "New w9",
        "w_9 after the update",
        "w_9 after one step",
    ],
)
def test_every_spelling_of_an_updated_weight_is_read(spelling: str) -> None:
    assert NOTEBOOK.readings(spelling) == [Updated("w_9")]


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Initial weights for w_1", "w_1"),
        (r"Initial weights, $w_{\text{conv}}$", "w_conv"),
        ("initial weight $w_{1}$", "w_1"),
        ("value of H1", "H1"),
        ("H1 output", "H1"),
        ("H1_output", "H1"),
        (r"$\text{H1}_\text{output}$", "H1"),
        ("output of H1", "H1"),
        ("neuron O1", "O1"),
        ("H1", "H1"),
        ("H_1", "H1"),
        ("h1", "H1"),
        ("H₁", "H1"),
        ("$H_{1}$", "H1"),
        (" H1 ", "H1"),
        ("net_O1", "net_O1"),
        ("netO1", "net_O1"),
        ("net O1", "net_O1"),
        (r"net_{\text{O1}}", "net_O1"),
        ("fm[0,0]", "fm[0,0]"),
        ("fm[0, 0]", "fm[0,0]"),
        ("fm[0][0]", "fm[0,0]"),
        ("fm(0,0)", "fm[0,0]"),
        (r"w_{\text{conv}}", "w_conv"),
        ("fm", "fm"),
        ("w_output[0,0]", "w_9"),
        ("w_output[0][1]", "w_10"),
    ],
)
def test_values_are_read_whatever_the_underscores_braces_and_case(spelling: str, name: str) -> None:
    assert NOTEBOOK.readings(spelling) == [ValueOf(name)]


@pytest.mark.parametrize(
    ("spelling", "child", "parent"),
    [
        ("dE1/dO1", "E1", "O1"),
        ("dE1_dO1", "E1", "O1"),
        ("dO1dnet_O1", "O1", "net_O1"),
        ("dnet_O1_dw_10", "net_O1", "w_10"),
        ("dE/dw_conv", "E", "w_conv"),
        ("dE/dfm[2,1]", "E", "fm[2,1]"),
        ("dfm", "E", "fm"),
        ("dw_9/dE", "w_9", "E"),
    ],
)
def test_a_derivative_can_be_of_any_value_and_tensor(
    spelling: str, child: str, parent: str
) -> None:
    assert NOTEBOOK.readings(spelling) == [Derivative(child, parent)]


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        " ",
        "d",
        "d/d",
        "dE/d",
        "w_13",
        "w_1_1",
        "fm[4,0]",
        "dE/dw_9/dw_1",
        "x²",
        "grade1",
        "grades",
        "upgrade_w_9",
        "gradual w_9",
        "renew_w_9",
        "updates",
        "barw",
        "w'",
        "dE/dw_9 (hidden)",
        "w_9[0]",
        "w_output[2,0]",
        "the",
        "output",
        "d" * 1000,
    ],
)
def test_what_means_nothing_has_no_reading(spelling: str) -> None:
    assert NOTEBOOK.readings(spelling) == []


@pytest.mark.parametrize("spelling", ["w_1", "w1", "w_{1}", "w₁"])
def test_a_subscript_is_not_taken_for_an_index(spelling: str) -> None:
    # w₁ is the first weight where one counts from 1, and w[1] the second.
    names = Vocabulary(named_graph(ag.sum(Value([1.0, 2.0], "w") * 2).named("E")))
    assert readings(names, spelling) == []
    assert readings(names, "w[1]") == readings(names, "w(1)") == ["w[1]"]


def test_digits_that_stand_apart_are_not_joined() -> None:
    names = vocabulary("w_11", "w_1_1")
    assert readings(names, "w11") == ["w_11"]
    assert readings(names, "w_{1,1}") == ["w_1_1"]


def test_a_name_as_it_stands_is_never_anything_else() -> None:
    names = vocabulary("dw", "w", "x_1", "x1")
    assert readings(names, "dw") == ["dw"]
    assert readings(names, "x_1") == ["x_1"]
    assert readings(names, "dE/dx_1") == readings(names, "dE_dx_1") == ["dE/dx_1"]


@pytest.mark.parametrize(
    ("labels", "spelling", "meanings"),
    [
        (["x_1", "x1"], "x 1", ["x_1", "x1"]),
        (["dw", "w"], "Dw", ["dw", "dE/dw"]),
        (["H", "h", "x"], "dE/dH", ["dE/dH"]),
        (["Ab", "aB"], "AB", ["Ab", "aB"]),
        (["a", "adb", "b"], "dadb", ["da/db", "dE/dadb"]),
        (["adb", "a", "c", "bdc"], "dadbdc", ["da/dbdc", "dadb/dc"]),
    ],
)
def test_a_spelling_that_fits_two_quantities_has_two_readings(
    labels: Sequence[str], spelling: str, meanings: list[str]
) -> None:
    assert readings(vocabulary(*labels), spelling) == meanings


def test_a_slash_says_where_the_derivative_is_split() -> None:
    names = vocabulary("adb", "a", "c", "bdc")
    assert readings(names, "dadb/dc") == ["dadb/dc"]
    assert readings(names, "da/dbdc") == ["da/dbdc"]


def test_repeated_labels_are_ambiguous_and_can_be_told_apart() -> None:
    h = Value(1.0, "h")
    names = Vocabulary(named_graph((h * h).named("h").exp().named("E")))
    assert readings(names, "dE/dh") == ["dE/dh#1", "dE/dh#2"]
    assert readings(names, "dE/dh#2") == ["dE/dh#2"]


def test_the_result_is_implied_whatever_it_is_called() -> None:
    assert readings(vocabulary("w", root="L"), "grad_w") == ["dL/dw"]


def test_elements_with_names_of_their_own_can_be_indexed() -> None:
    t = Constant([1.0, 2.0], "t", names=["t1", "t2"])
    names = Vocabulary(named_graph(ag.sum(t * t).named("E")))
    assert readings(names, "dE/dt[1]") == readings(names, "dE/dt2") == ["dE/dt2"]


# Any text, and many of them


def test_the_caller_cannot_change_what_is_remembered() -> None:
    NOTEBOOK.readings("grad_w_9").clear()
    NOTEBOOK.nearest("grad_w_13").clear()
    assert NOTEBOOK.readings("grad_w_9")
    assert NOTEBOOK.nearest("grad_w_13")


def test_spellings_are_read_in_a_time_that_grows_as_the_names_do() -> None:
    def read(size: int) -> None:
        names = vocabulary(*(f"w_{number}" for number in range(size)))
        for number in range(size):
            names.readings(f"Gradient of the thing for weight dE_dd number {number}")
            names.nearest(f"dE/dv_{number}")

    assert_linear(read, 25)


@settings(max_examples=40)
@given(st.text(max_size=30))
def test_any_text_is_read_without_an_error(spelling: str) -> None:
    NOTEBOOK.readings(spelling)
    NOTEBOOK.nearest(spelling)
    assert "_" not in key(spelling)


@pytest.mark.parametrize(
    ("spelling", "near"),
    [
        ("H3", "H1"),
        ("dE/dw_13", "dE/dw_1"),
        ("dE_dw_conf", "dE/dw_conv"),
        ("grad_w_13", "dE/dw_1"),
        ("gradient for weight w_13", "dE/dw_1"),
        ("Updated weight w_13", "w_1"),
        ("Δw_13", "w_1"),
        ("O3_output", "O1"),
        ("H1_out", "H1"),
    ],
)
def test_the_nearest_known_names_are_found(spelling: str, near: str) -> None:
    assert near in NOTEBOOK.nearest(spelling)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("z^{(1)}", "z_1"),
        ("z^{[1]}", "z_1"),
        (r"\mathbf{z}_1", "z_1"),
        (r"\mathbf z_{1}", "z_1"),
        (r"{\bf z}_1", "z_1"),
        ("z_{1}^{(2)}", "z_2_1"),
        ("z^{[2]}_1", "z_2_1"),
        ("W_{12}", "W[0,1]"),
        ("W_{1,2}", "W[0,1]"),
        (r"\hat{y}", "yhat"),
        (r"\boldsymbol\mu", "mu"),
    ],
)
def test_layers_fonts_and_indices_are_written_in_many_ways(spelling: str, name: str) -> None:
    z_1, z_2_1, yhat, mu = (Value(2.0, label) for label in ("z_1", "z_2_1", "yhat", "mu"))
    W = Value([[1.0, 2.0], [3.0, 4.0]], "W")
    names = Vocabulary(named_graph((ag.sum(W) * z_1 * z_2_1 * yhat * mu).named("L")))
    assert readings(names, spelling) == [name]
    assert readings(names, rf"\frac{{\partial L}}{{\partial {spelling}}}") == [f"dL/d{name}"]


@pytest.mark.parametrize(
    "spelling",
    [
        "δL/δw", r"\frac{dL}{dw}", "∂L(w, x)/∂w", "L'(w)", r"\nabla_w L", r"\nabla_{w} L",
        "the partial derivative of L with respect to w", "the gradient of L wrt w", "dL/dw",
        r"\frac{\mathrm{d} L}{\mathrm{d} w}", r"\frac{\partial \mathcal{L}}{\partial \mathbf{w}}",
    ],
)  # fmt: skip
def test_a_derivative_is_written_in_many_ways(spelling: str) -> None:
    names = vocabulary("L", "w")
    assert readings(names, spelling) == ["dL/dw"]


@pytest.mark.parametrize(
    "spelling", ["w^{new}", "w^{+}", "w^{(t+1)}", "w_{t+1}", "w(t+1)", r"w^{\text{new}}", "w_new"]
)
def test_a_weight_after_a_step_is_written_in_many_ways(spelling: str) -> None:
    assert readings(vocabulary("w"), spelling) == ["w updated"]
    assert readings(vocabulary("w"), "w^{(t)}") == readings(vocabulary("w"), "w^{old}") == ["w"]


@pytest.mark.parametrize(
    ("spelling", "reading"),
    [
        ("J(w)", "J"),
        (r"J(w, \theta)", "J"),
        (r"\mathcal{J}(\mathbf{w})", "J"),
        (r"\nabla_w J(w)", "dJ/dw"),
        ("h(x)", None),
        ("J(w_new)", None),
        ("J(w + 1)", None),
    ],
)
def test_what_the_loss_is_a_function_of_is_no_part_of_its_name(
    spelling: str, reading: str | None
) -> None:
    w = ag.Value(2.0, "w")
    vocabulary = Vocabulary(named_graph(((w * w).named("h") + w).named("J")))
    assert [str(one) for one in vocabulary.readings(spelling)] == ([reading] if reading else [])
