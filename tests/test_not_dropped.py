"""Lines that are near to what is read: each is judged, or listed with the reason why it is not."""

from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite.check.read.documents import read_document
from autograd_lite.check.report import Report


def network() -> ag.Value:
    """Two outputs of one neuron: dE/dw_1 = 0.1421, dE/dw_2 = -1.4841, dE/dO1 = -2.4790."""
    x, t1, t2 = ag.Value(0.5, "x"), ag.Value(1.0, "t1"), ag.Value(0.2, "t2")
    w_1, w_2, w_3 = ag.Value(0.8, "w_1"), ag.Value(-0.4, "w_2"), ag.Value(0.6, "w_3")
    net = (w_1 * x).named("net")
    H = ag.sigmoid(net).named("H")
    O1, O2 = (w_2 * H).named("O1"), (w_3 * H).named("O2")
    return ((O1 - t1) ** 2 + (O2 - t2) ** 2).named("E")


def report(text: str, *, code: bool = False) -> Report:
    return ag.compare(network(), read_document(text, code=code))


def verdicts(text: str, *, code: bool = False) -> list[str]:
    return [one.verdict for one in report(text, code=code).findings]


def test_a_line_of_text_goes_on_with_its_sign() -> None:
    assert verdicts("dE/dw_2\n= -1.4841") == ["right"]
    assert verdicts("dE/dw_2\n= -9") == ["wrong"]
    assert verdicts("Gradient of w_2:\n= -1.4841") == ["right"]
    assert verdicts("dE/dw_2\n\n= -9") == ["unchecked"]


@pytest.mark.parametrize("name", ["w_1^+", "w_1⁺", "w_1^{+}", "w_{1}^{+}", "$w_1^+$"])
def test_a_weight_after_the_step_may_have_a_plus(name: str) -> None:
    claims = read_document(f"{name} = 0.7858\n{name}= 0.99")
    found = ag.compare(network(), claims, learning_rate=0.1).findings
    assert [one.verdict for one in found] == ["right", "wrong"]


@pytest.mark.parametrize(
    "line",
    [
        "dE/dO1 < 0",
        "dE/dO1 ≠ 0.2",
        "dE/dO1 is not 0.2",
        "dE/dw_1 ist 0,1421",
        "dE/dw_1 vale 0.1421",
        "$\\frac{dE}{dw_1}$ vaut environ 0.1421",
        "dE/dw_1 (by hand) 0.1421",
        "dE/dw_1 ....... 0.1421",
        "grad_w_1 ist 0.1421",
        "dE/dw_1 | 0.1421",
        "not dE/dw_1 = 0.2",
        "2*w_1 = 0",
        "w_1* = 9",
        "w_1^* = 9",
    ],
)
def test_what_is_not_understood_is_listed(line: str) -> None:
    (found,) = report(line).findings
    assert found.verdict == "unchecked"
    assert found.reason
    assert found.line == 1


def test_a_word_that_is_not_known_takes_nothing_from_the_statement_beside_it() -> None:
    assert set(verdicts("dE/dw_1 ist 0.9 und H = 0.5987")) == {"unchecked"}
    assert verdicts("We need dE/dw_1 for the next layer.") == []
    assert verdicts("dE/dw_1 is 0.1421, not 0.2") == ["right"]


def test_hints_say_what_was_not_judged() -> None:
    assert report("dE/dw_1 = 0.1421").hints() == "Nothing is wrong."
    assert report("dE/dw_1 ist 9").hints() == "Nothing is wrong, but 1 line is not judged."
    assert report("dE/dw_1 = 9\ndE/dw_1 ist 9").hints().endswith("\n1 line is not judged.")


def test_hints_keep_the_name_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("x = 0.5\nw = 2\nE = (w x)^2\n")
    other = tmp_path / "table.csv"
    other.write_text("name,value\ndE/dw,9\n")
    assert ag.check([path, other]).hints().startswith("table.csv, line 2: ")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("dH/dnet = σ'(net)", "dH/dnet = σ'(w_1)"),
        ("H = sigma(net)", "H = sigma(w_1)"),
        ("E = 1.5616 (MSE)", "E = 5 (MSE)"),
        ("w_2 new = -0.2516 (η = 0.1)", "w_2 new = -0.5516 (η = 0.1)"),
        ("H = 0.5987 (x = 0.5)", "H = 0.5 (x = 0.5)"),
        ("η = 0.1\nw_2_new = -0.2516", "η = 0.1\nw_2_new = -0.5516"),
        ("w_2_new = -0.2516 for η = 0.1", "w_2_new = -0.5516 for η = 0.1"),
    ],
)
def test_near_neighbours_of_what_is_read(right: str, wrong: str) -> None:
    assert verdicts(right) == ["right"]
    assert verdicts(wrong) == ["wrong"]


def test_a_word_in_brackets_is_a_factor_if_it_is_known() -> None:
    assert verdicts("dE/dw_1 = 0.1421 (net)") == ["wrong"]
    assert verdicts("H = 3 (x = 7)") == ["unchecked"]


def test_the_learning_rate_may_be_in_the_text() -> None:
    found = report("lr = 0.1 and w_1_new = 0.7858")
    assert list(found.notes) == ["the learning rate is 0.1, as the text has it"]
    assert verdicts("η = 0.1\nη = 0.2\nw_2_new = 3") == ["unchecked"] * 3
    own = ag.compare(network(), read_document("η = 0.1\nw_2_new = -0.2516"), learning_rate=0.2)
    assert [one.verdict for one in own.findings] == ["unchecked", "wrong"]


def test_options_and_indices_of_arrays() -> None:
    X, W = ag.Value([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], "X"), ag.Value([[1.0] * 2] * 3, "W")
    Z = (X @ W + ag.Value([0.0, 0.0], "b")).named("Z")
    E = (Z**2).sum().named("E")
    text = "db = dZ.sum(dim=0)\ndb = dZ.sum(dim=1)\ndE/dW_{12} = 72\ndE/dW_{12} = 3"
    found = ag.compare(E, read_document(text)).findings
    assert [one.verdict for one in found] == ["right", "wrong", "right", "wrong"]


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><th>w</th><th>gradient</th></tr><tr><td>w_1</td><td>{}</td></tr></table>",
        "<table>\n<tr>\n<th>w</th>\n<th>grad</th></tr>\n<tr>\n<td><b>w</b><sub>1</sub><td>{}\n</table>",
        "====  ========\nname  gradient\n====  ========\nw_1   {}\n====  ========",
        "=== ======\nw   grad\n=== ======\nw_1 {}\n=== ======",
        "name   gradient\n----   --------\nw_1    {}",
    ],
)
def test_tables_with_tags_or_rules(table: str) -> None:
    text = table + "\n\nH = 0.5987"
    assert verdicts(text.format("0.1421")) == ["right", "right"]
    assert verdicts(text.format("0.9")) == ["wrong", "right"]


def test_the_line_below_a_title_takes_nothing_from_the_next() -> None:
    assert verdicts("Weights\n=======\nw_1  0.9") == ["wrong"]
    assert verdicts("Weights\n=======\nw_1  0.8") == ["right"]


@pytest.mark.parametrize(
    "text",
    [
        "grads = {{'w_1': {}}}",
        "grads: dict[str, float] = {{\n    # by hand\n    'w_1': np.array({}),\n}}",
        "results = {{'dE/dw_1': {}}}",
    ],
)
def test_dictionaries_that_are_written_out(text: str) -> None:
    for code in (True, False):
        assert verdicts(text.format("0.1421"), code=code) == ["right"]
        assert verdicts(text.format("0.9"), code=code) == ["wrong"]


def test_a_dictionary_that_does_not_say_what_its_numbers_are_is_listed() -> None:
    (found,) = report("results = {'w_1': 0.1421}", code=True).findings
    assert found.reason == "what the numbers of results are is not known"
    assert verdicts("weights = {'w_1': 0.8, 'w_2': 7}", code=True) == ["right", "wrong"]
    assert verdicts("grads = {'w_1': 2 * x}", code=True) == []


def test_emphasis_is_no_star_of_a_name() -> None:
    assert verdicts("*w_1* = 0.8\n* w_2 = -0.4\n**w_3** = 9") == ["right", "right", "wrong"]


def test_what_stands_beside_a_table_is_read() -> None:
    table = "<table><tr><td>dE/dw_1</td>\n<td>0.1421</td></tr></table>"
    assert verdicts(f"H = 0.5987 {table}, so O1 = 9") == ["right", "right", "wrong"]
