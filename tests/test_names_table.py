"""The table of an author's words, and the words of the notebook."""

from pathlib import Path
from typing import Any

import pytest

from autograd_lite.chain.graph import named_graph
from autograd_lite.check.claims import Derivative
from autograd_lite.check.names import Vocabulary, read_names
from autograd_lite.errors import ClaimError
from models import notebook
from models.notebook import claims, loss

NOTEBOOK = Vocabulary(named_graph(loss()))
TABLE = read_names(Path(notebook.__file__).with_name("names.toml"))
DOCUMENT = Vocabulary(named_graph(loss()), TABLE)


def readings(names: Vocabulary, spelling: str) -> list[str]:
    return [str(quantity) for quantity in names.readings(spelling)]


@pytest.mark.parametrize(
    ("spelling", "meaning"),
    [
        ("feature_map", "fm"),
        (r"\text{feature_map}_\text{output}", "fm"),
        ("Feature Map after Convolution", "fm"),
        ("pooled_feature_map", "pooled_feature_map"),
        ("Pooled Feature Map", "pooled_feature_map"),
        (r"\text{pooled_feature_map}_\text{output}", "pooled_feature_map"),
        ("pooled_feature_map[1,0]", "F_3"),
        ("flattened_features", "F"),
        ("sigmoid_features", "s"),
        ("Sigmoid Features", "s"),
        ("sigmoid_features[2]", "s_3"),
        ("H1_output", "H1"),
        ("H1 output", "H1"),
        (r"\text{H1}_\text{output}", "H1"),
        (r"$O1_{output}$", "O1"),
        ("Error for O1", "E1"),
        ("$E_2$", "E2"),
        ("Total Error", "E"),
        ("total_error", "E"),
        ("dE1_dO1", "dE1/dO1"),
        ("dO1_dnetO1", "dO1/dnet_O1"),
        ("dnetO1_dw9", "dnet_O1/dw_9"),
        ("dE_dH1", "dE/dH1"),
        ("dE/dO1_output", "dE/dO1"),
        ("Partial derivative of E1 with respect to O1", "dE1/dO1"),
        ("Partial derivative of $net_{O1}$ with respect to $w_{10}$", "dnet_O1/dw_10"),
        (r"\frac{\partial \text{net}_{O2}}{\partial w_{11}}", "dnet_O2/dw_11"),
        ("grad_w_9", "dE/dw_9"),
        ("Gradient for weight w_{9}", "dE/dw_9"),
        ("grad_w_9_to_12[1]", "dE/dw_10"),
        ("grad_sigmoid_features", "dE/ds"),
        (r"\text{grad}_{\text{sigmoid features}}", "dE/ds"),
        ("Gradient of the sigmoid activation for features", "dE/ds"),
        ("grad_flattened_features", "dE/dF"),
        ("Gradient of the flattened features", "dE/dF"),
        ("grad_pooled_feature_map[0,1]", "dE/dF_2"),
        ("grad_feature_map", "dE/dfm"),
        ("Gradient of the feature map", "dE/dfm"),
        ("grad_feature_map[2,1]", "dE/dfm[2,1]"),
        ("grad_w_conv", "dE/dw_conv"),
        (r"\text{grad}_{w_{\text{conv}}}", "dE/dw_conv"),
        ("Gradient for the convolutional kernel weights", "dE/dw_conv"),
        ("Updated weight w_conv", "w_conv updated"),
        ("Updated weights for convolutional kernel", "w_conv updated"),
        ("Updated weight w_9_to_12[0]", "w_9 updated"),
        ("updated_w_9_to_12", "w_9_to_12 updated"),
        ("w_9_to_12[0]", "w_9"),
        ("w_1_to_4", "w_1_to_4"),
        ("w_5_to_8", "w_5_to_8"),
        ("input_matrix", "X"),
        ("targets", "t"),
        ("targets[1]", "t2"),
        (r"\Delta w_{10}", "Δw_10"),
        ("Initial weights for w_conv", "w_conv"),
    ],
)
def test_the_words_of_the_notebook_are_read(spelling: str, meaning: str) -> None:
    assert readings(DOCUMENT, spelling) == [meaning]


def test_what_is_no_quantity_of_the_notebook_is_not_read() -> None:
    assert DOCUMENT.readings("learning_rate") == DOCUMENT.readings("MSE") == []


def test_every_quantity_of_the_notebook_is_read_with_its_table_and_without() -> None:
    for term in {claim.term for claim in claims.load()}:
        assert readings(DOCUMENT, term) == readings(NOTEBOOK, term) == [term]


def test_a_list_has_the_names_of_its_scalars_in_its_shape() -> None:
    assert DOCUMENT.scalars["pooled_feature_map"].tolist() == [["F_1", "F_2"], ["F_3", "F_4"]]
    assert DOCUMENT.scalars["w_9_to_12"].tolist() == ["w_9", "w_10", "w_11", "w_12"]


def with_table(**table: Any) -> Vocabulary:
    return Vocabulary(named_graph(loss()), table)


def test_a_word_can_mean_any_quantity_in_any_style() -> None:
    names = with_table(slope=r"\frac{\partial E}{\partial s}", nudged="updated w_9", nudge="Δw_9")
    assert readings(names, "slope") == ["dE/ds"]
    assert readings(names, "Slope[3]") == ["dE/ds_4"]
    assert readings(names, "nudged") == ["w_9 updated"]
    assert readings(names, "nudge") == ["Δw_9"]


def test_a_word_can_use_those_before_it() -> None:
    names = with_table(first="H1", second="H2", hidden=["first", "second"])
    assert names.scalars["hidden"].tolist() == ["H1", "H2"]
    assert readings(names, "dE/dhidden[1]") == ["dE/dH2"]


def test_a_list_can_be_of_derivatives() -> None:
    names = with_table(slopes=["dE/dw_9", "grad_w10"])
    (whole,) = names.readings("slopes")
    assert whole == Derivative("E", "(w_9, w_10)")
    assert names.scalars["(w_9, w_10)"].tolist() == ["w_9", "w_10"]
    assert readings(names, "slopes[1]") == ["dE/dw_10"]


def test_a_word_means_what_the_table_says_and_nothing_else() -> None:
    names = with_table(sigmoid_features="s", grad_sigmoid_features="dE/dF", ds="dE/dF")
    assert readings(names, "grad_sigmoid_features") == readings(names, "ds") == ["dE/dF"]
    assert readings(names, "grad sigmoid features") == ["dE/dF"]


def test_a_name_of_the_graph_is_nearer_than_a_word() -> None:
    names = with_table(h_1="O1")
    assert readings(names, "h_1") == ["O1"]
    assert readings(names, "H1") == readings(names, "H_1") == ["H1"]


def test_the_elements_of_a_matrix_of_derivatives_are_not_guessed() -> None:
    names = with_table(jacobian="dO/dnet_O")
    assert readings(names, "jacobian") == ["dO/dnet_O"]
    assert readings(names, "jacobian[0]") == []


def test_words_are_suggested_too() -> None:
    assert "sigmoid_features" in DOCUMENT.nearest("sigmoid_feature")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"O1_out": "O_3"},
            "'O1_out' is to mean 'O_3', which means nothing in this graph; nearest",
        ),
        ({"w": ["w_9", "w_13"]}, "'w' is to mean 'w_13', which means nothing"),
        ({"error": "delta_O1"}, "which can mean dE/dnet_O1 or dE/dO1; write it as one of these"),
        ({"H1": "O1"}, "'H1' is a value of the graph itself, and cannot mean 'O1'"),
        ({"rate": 0.001}, "'rate' is to mean 0.001; give a name or a list of names"),
        ({"w": []}, r"'w' is to mean \[\]; give a name or a list"),
        ({"w": [["w_1"], "w_2", 3]}, "give a name or a list of names"),
        ({"w": {"a": "w_1"}}, "give a name or a list of names"),
        ({"w": [["w_1", "w_2"], ["w_3"]]}, "the lists in 'w' have different lengths"),
        ({"w": ["w_1", "w_conv"]}, r"'w' lists w_conv, which has shape \(2, 2\)"),
        ({"w": ["w_1", "dE/dw_2"]}, "'w' lists w_1 beside quantities of another kind"),
        ({"_ ": "w_1"}, "'_ ' is not a word"),
        ({3: "w_1"}, "3 is not a word"),
        ("O1", "names='O1': give a mapping"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(table: Any, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        Vocabulary(named_graph(loss()), table)


# Files of names


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.toml", 'O1_output = "O1"\n[weights]\nw_1_to_2 = ["w_1", "w_2"]'),
        ("names.json", '{"O1_output": "O1", "weights": {"w_1_to_2": ["w_1", "w_2"]}}'),
    ],
)
def test_a_table_is_read_from_a_file(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert read_names(path) == {"O1_output": "O1", "w_1_to_2": ["w_1", "w_2"]}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("names.toml", "O1_output = ", "names.toml: Invalid value"),
        ("names.json", '["O1"]', "names.json: a names table maps words to names"),
        ("names.json", '{"rate": 1}', "names.json: names: 'rate' is to mean 1"),
        ("names.json", '{"a": {"w": "w_1"}, "b": {"w": "w_2"}}', "names.json: 'w' stands twice"),
        ("names.json", "[" * 100_000, "names.json: is nested too deeply"),
        ("names.csv", "O1_output,O1", "names.csv: the suffix"),
        ("names.json", None, "names.json: No such file"),
    ],
)
def test_a_file_that_is_no_table_is_named(
    tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ClaimError, match=message):
        read_names(path)
