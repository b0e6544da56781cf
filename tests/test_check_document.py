"""A document that is checked by itself: its own forward equations are the graph."""

import io
import json
import random
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Run, assert_linear

import autograd_lite as ag
from autograd_lite.check.read.naming import is_derivative
from autograd_lite.check.report import Report
from autograd_lite.cli.common import RIGHT, UNJUDGED, USAGE, WRONG

WHOLE = Path(__file__).parent / "documents" / "whole"


def wrong(report: Report) -> list[tuple[int | None, str]]:
    return [(one.line, one.quantity) for one in report.findings if one.verdict == "wrong"]


def verdicts(report: Report) -> list[tuple[str, str]]:
    return [(one.quantity or one.name, one.verdict) for one in report.findings]


# Whole documents, in the forms in which they are written.

RESULTS = {
    "two_layers.md": ("E_total", 0.298371109),
    "softmax.md": ("L", 0.5027),
    "logistic.md": ("J", 0.5571),
    "batch_norm.tex": ("L", 4.0087),
    "rnn.md": ("L", 0.1560),
    "network.md": ("E", 0.5736159100089837),
    "matlab.txt": ("J", 0.2019),
    "least_squares.md": ("J", 0.3567),
    "layers_in_bold.md": ("J", 0.5813),
    "every_layer.md": ("C_0", 0.2966),
    "circuit.txt": ("f", -12.0),
    "descent.md": ("f", 6.0),
    "perceptron.md": ("E", 0.09055),
    "two_steps.txt": ("L", 0.2749),
    "dot_product.md": ("L", 0.03045),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_document_needs_no_program(name: str) -> None:
    report = ag.check(WHOLE / name)
    label, value = RESULTS[name]
    assert report.output == label
    assert ag.graph(WHOLE / name).data == pytest.approx(value, rel=1e-3)
    assert wrong(report) == []
    assert report.ok
    assert [
        one for one in report.findings if one.verdict == "unchecked" and is_derivative(one.name)
    ] == []


class Planted(NamedTuple):
    """A right line of a document, what is wrong in its place, and the mistake's name."""

    name: str
    right: str
    wrong: str
    kind: str = ""


PLANTED = (
    Planted("two_layers.md", "= 0.186815602$$", "= 0.168815602$$"),
    Planted("two_layers.md", "w_5^{+} = w_5 - \\eta", "w_5^{+} = w_5 + \\eta", "wrong sign"),
    Planted("two_layers.md", "= 0.3925", "= 0.3295"),
    Planted("two_layers.md", "w_7^{+} = 0.511301270", "w_7^{+} = 0.488698730", "wrong sign"),
    Planted("softmax.md", "z_3} = 0.1492$", "z_3} = -0.8508$"),
    Planted("softmax.md", r"-\frac{1}{p_2} = -1.6532", r"\frac{1}{p_2} = 1.6532", "wrong sign"),
    Planted("softmax.md", "= p_i - y_i", "= y_i - p_i", "wrong sign"),
    Planted("softmax.md", "and $p_3 = 0.1492$", "and $p_3 = 0.1942$"),
    Planted(
        "logistic.md",
        "(a - y)/m = [0.0907, -0.1065]",
        "(a - y) = [0.3627, -0.4258]",
        "constant factor",
    ),
    Planted("logistic.md", "theta - alpha", "theta + alpha", "wrong sign"),
    Planted("logistic.md", "= 0.5571", "= 0.5751"),
    Planted("batch_norm.tex", "= 5.2544", "= 5.2454"),
    Planted("batch_norm.tex", "^{-3/2}", "^{-1/2}", "missing factor"),
    Planted("batch_norm.tex", "x_1} = 0.1509", "x_1} = -1.4539", "missing path"),
    Planted("rnn.md", "(1 - h_3^2) w = -0.5216", "w = -0.6032", "missing factor"),
    Planted("rnn.md", "h_{t-1} = -0.1298", "h_{t-1} = -0.1517", "missing path"),
    Planted("network.md", "1.3518865998039595", "-1.3518865998039595", "wrong sign"),
    Planted("network.md", "0.15714601066204142", "0.35323638354339076"),
    Planted("network.md", "0.25611341529137827", "-0.12278436404679686", "wrong factor"),
    Planted("matlab.txt", "delta2 * a1'", "delta2 * x'", "shape"),
    Planted("least_squares.md", r"= \frac{2}{3} X", r"= \frac{1}{3} X", "constant factor"),
    Planted("least_squares.md", r"\|r\|^2 = 1.07", r"\|r\|^2 = 1.17", "arithmetic"),
    Planted("least_squares.md", "(0.6, 0.56)", "(0.4, 0.56)", "wrong sign"),
    Planted("layers_in_bold.md", r"(\mathbf{a}^1)^\top", r"(\mathbf{a}^0)^\top ", "wrong factor"),
    Planted("layers_in_bold.md", r"(1 - (\mathbf{a}^1)^2)", r"(1 - \mathbf{a}^1)", "sigmoid"),
    Planted("every_layer.md", r"}} = \sigma'(z^{(L)}) 2", r"}} = \sigma(z^{(L)}) 2", "factor"),
    Planted("every_layer.md", r"}} = w^{(L)} \sigma'", r"}} = w^{(L-1)} \sigma'", "wrong factor"),
    Planted("circuit.txt", "dq/dx = -4 * 1 = -4", "dq/dx = -4 * 1 = 4", "arithmetic"),
    Planted("descent.md", "$f'(5) = 6$", "$f'(5) = 4$", "wrong factor"),
    Planted("descent.md", "f'(x) = 2x - 4", "f'(x) = 2x - 1"),
    Planted("perceptron.md", "| w2 | -0.0520 |", "| w2 | -0.1040 |", "constant factor"),
    Planted("two_steps.txt", "(1 - h_2^2) * w", "(1 - h_2^2) * u", "wrong factor"),
    Planted("two_steps.txt", " + dL/dh_1 (1 - h_1^2) x_1", "", "missing path"),
    Planted("dot_product.md", "= (-0.0243, 0.0122)", "= (-0.0243, -0.0122)", "wrong sign"),
)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: f"{one.name}-{one.wrong[:20]}")
def test_a_planted_mistake_is_found_and_nothing_else(planted: Planted, tmp_path: Path) -> None:
    text = (WHOLE / planted.name).read_text(encoding="utf-8")
    assert text.count(planted.right) == 1
    line = text[: text.index(planted.right)].count("\n") + 1
    path = tmp_path / planted.name
    path.write_text(text.replace(planted.right, planted.wrong), encoding="utf-8")
    report = ag.check(path)
    assert {at for at, _ in wrong(report)} == {line}
    assert not report.ok
    if planted.kind:
        kinds = [one.causes[0].kind for one in report.findings if one.causes]
        assert any(planted.kind in kind for kind in kinds)


# Which graph it is.

NEURON = (
    "E = (1/2)*(h - t)^2",
    "h = sigmoid(z)",
    "z = w*x + b",
    "x = 0.5",
    "w = 0.8",
    "b = 0.1",
    "t = 1",
)


@pytest.mark.parametrize("seed", range(5))
def test_the_lines_may_come_in_any_order(seed: int) -> None:
    lines = [*NEURON]
    random.Random(seed).shuffle(lines)
    assert ag.graph("\n".join(lines)).data == pytest.approx(0.0712684783)


def test_the_report_says_which_graph_it_took() -> None:
    report = ag.check("\n".join([*NEURON, "dE/dw = -0.0444"]))
    assert list(report.notes) == [
        "the graph is the document's own; its result is E",
        "  x = 0.5  (line 4)",
        "  w = 0.8  (line 5)",
        "  b = 0.1  (line 6)",
        "  t = 1  (line 7)",
        "  z = w*x + b = 0.5  (line 3)",
        "  h = sigmoid(z) = 0.622459  (line 2)",
        "  E = (1 / 2)*(h − t)² = 0.0712685  (line 1)",
    ]


def test_what_is_differentiated_by_or_updated_is_trained() -> None:
    E = ag.graph("\n".join([*NEURON, "dE/dw = -0.0444", "b_new = 0.2"]))
    leaves = {node.label: type(node).__name__ for node in _leaves(E)}
    assert leaves == {"x": "Constant", "t": "Constant", "w": "Value", "b": "Value"}


def test_what_only_depends_on_data_is_differentiated_by_all_the_same() -> None:
    text = "x = 2\nt = 1\nw = 3\nu = x^2\ny = w*u\nE = (y - t)^2 = 121\ndE/du = 66\ndE/dw = 88"
    assert verdicts(ag.check(text)) == [("E", "right"), ("dE/du", "right"), ("dE/dw", "right")]


def _leaves(root: ag.Value) -> list[ag.Value]:
    found = {root}
    waiting = [root]
    while waiting:
        fresh = [one for one in waiting.pop().parents if one not in found]
        found.update(fresh)
        waiting += fresh
    return [node for node in found if node.op is None and node.label]


def test_a_formula_wins_over_a_number_which_is_then_a_claim() -> None:
    report = ag.check("y = 7\nx = 2\ny = 3*x\nE = y^2 = 36\ndE/dx = 36")
    assert verdicts(report) == [("y", "wrong"), ("E", "right"), ("dE/dx", "right")]


def test_a_chain_of_formula_arithmetic_and_number() -> None:
    report = ag.check("x = 0.7, w = 0.2, b = 0.1\nz = w x + b = 0.2·0.7 + 0.1 = 0.25")
    assert verdicts(report) == [("z", "right"), ("z", "wrong")]


def test_a_formula_that_cannot_be_used_gives_way_to_a_number() -> None:
    report = ag.check("h = conv(q) = 0.5\ny = 2*h = 1\nE = y^2 = 1\ndE/dh = 4")
    assert report.ok
    assert any("not used: line 1: h = conv(q)" in note for note in report.notes)


def test_a_derivative_through_a_number_that_hides_its_formula_is_not_judged() -> None:
    text = r"""
x = 0.6, w = 0.4, v = 0.9
a = w x = 0.24
y = \Phi(a) = 0.5597
u = w y = 0.2239
E = u^2 v = 0.0451
dE/dw = 0.3
dE/dy = 0.1612
dE/dv = 0.0501
"""
    report = ag.check(text)
    assert ("dE/dw", "unchecked") in verdicts(report)
    assert [pair for pair in verdicts(report) if pair[0] in {"dE/dy", "dE/dv"}] == [
        ("dE/dy", "right"),
        ("dE/dv", "right"),
    ]


def test_a_state_that_is_a_number_hides_the_states_before_it() -> None:
    text = """
x_3 = 0.8, w = 0.9, u = 0.4, v = 1.2, b = 0.1, t = 1
h_2 = -0.0378
h_3 = tanh(w h_2 + u x_3 + b) = 0.3679
y = v h_3 = 0.4415
L = 0.5 (y - t)^2 = 0.1560
dL/dv = -0.2055
dL/dw = -0.1298
dL/dh_2 = -0.5216
"""
    found = dict(verdicts(ag.check(text)))
    assert (found["dL/dv"], found["dL/dw"], found["dL/dh_2"]) == ("right", "unchecked", "right")


def test_a_function_of_the_authors_own_is_applied() -> None:
    text = r"""
Let $f(x) = \frac{1}{1+e^{-x}}$ be the activation, $x = 0.5$, $w = 0.8$, $v = -0.4$, $t = 1$.
$h = f(w x) = 0.5987$
$y = f(v h) = 0.4404$
$E = (y - t)^2 = 0.3131$
$\frac{\partial E}{\partial v} = 2 (y - t) y (1 - y) h = -0.1651$
"""
    report = ag.check(text)
    assert {verdict for _, verdict in verdicts(report)} == {"right"}
    assert len(report.findings) == 5


def test_the_result_is_what_is_differentiated() -> None:
    text = "x = 3\nE = x^2 = 9\nacc = x/4 = 0.75\ndE/dx = 6"
    report = ag.check(text)
    assert report.output == "E"
    assert verdicts(report) == [("E", "right"), ("acc", "right"), ("dE/dx", "right")]


def test_a_gradient_is_of_the_result_and_of_nothing_beside_it() -> None:
    text = "x = 3\nw = 2\nE = (w*x)^2 = 36\nacc = w/4 = 0.5\ngrad_w = 36"
    assert verdicts(ag.check(text)) == [("E", "right"), ("acc", "right"), ("dE/dw", "right")]


@pytest.mark.parametrize(
    "text",
    [
        "x = 2\nf(x) = x^2 + 3x\nf'(x) = 2x + 3\ndf/dx = 7",
        "f(x, y) = x^2 y\nx = 3\ny = 2\n∂f/∂x = 2xy = 12\n∂f/∂y = 9",
        "x = 2\ny = 3x\nt = 1\nE = ½(y − t)² comes last.\ndE/dx = 15\ndE/dy = y − t = 5",
        "Weights, $w$:\n$\n\\begin{bmatrix}1 & 2\\end{bmatrix}\n$\n\n$E = w w^T$\n\n$dE/dw = 2w$",
        "$w$:\n$$\\begin{bmatrix}1 & 2\\\\ 3 & 4\\end{bmatrix}$$\n$E = \\|w\\|^2$\n$dE/dw=2w$",
        "w = 3\nx = 2\ny = w x\nL = y^2\ndL/dw = 24 = 2 y x\ndL/dy is 2y, which is 12",
        "w = 3. x is 2. The output y = w x. The loss L = y^2. The derivative dL/dw = 24.",
        "w = 3\nx = 2\ny = wx\nL = y^2\ndL/dw = 2yx",
        "a = 2, b = 3a, the sum of $b$ is 1\n\n$L = b^2$\n\n$dL/da = 36$, $b = 6$",
    ],
)
def test_a_forward_pass_in_the_words_of_its_author(text: str) -> None:
    report = ag.check(text)
    assert any(one.verdict == "right" for one in report.findings)
    assert not wrong(report)


def test_of_local_derivatives_the_result_is_above_them_all() -> None:
    text = "\n".join([*NEURON, "dz/dw = x = 0.5", "dh/dz = h*(1 - h) = 0.2350", "grad_w = -0.0444"])
    report = ag.check(text)
    assert report.output == "E"
    assert report.ok
    assert ("dE/dw", "right") in verdicts(report)


def test_numbers_of_a_later_pass_are_not_judged_beside_the_result() -> None:
    text = "x = 3\nw = 2\nE = (w*x)^2 = 36\nacc = w/4 = 0.5\nw_new = 1.64\nacc = 0.41"
    report = ag.check(text, learning_rate=0.01)
    assert wrong(report) == []


def test_without_derivatives_the_forward_numbers_are_checked() -> None:
    report = ag.check("x = 2\nw = 3\ny = w*x = 6\nL = (y - 1)^2 = 24")
    assert verdicts(report) == [("y", "right"), ("L", "wrong")]


def test_a_result_by_another_name() -> None:
    report = ag.check("x = 2\nw = 3\nloss = (w*x)^2 = 36\ndL/dw = 24")
    assert verdicts(report) == [("loss", "right"), ("dloss/dw", "right")]
    assert "L is not defined in it, and is taken to mean loss" in report.notes


def test_elements_by_one_name_are_an_array() -> None:
    text = """\
z_1 = 0.1, z_2 = 1.0, z_3 = -0.4
p = softmax(z) = [0.2459, 0.6049, 0.1492]
L = -log(p_2) = 0.5027
dL/dz = [0.2459, -0.3951, 0.1492]
"""
    report = ag.check(text)
    assert verdicts(report) == [("p", "right"), ("L", "right"), ("dL/dz", "right")]


def test_the_number_of_examples_is_no_input() -> None:
    text = """\
x = [1, 3, 4, 8]
m = 4
mu = 1/m * sum(x) = 4
v = 1/m * sum((x - mu)^2) = 6.5
L = v^2 = 42.25
dL/dmu = 0
dL/dx = 2*v*2*(x - mu)/m
"""
    assert ag.check(text).ok


def test_products_are_read_so_that_they_fit_the_numbers() -> None:
    text = "w = [1, 2]\nx = [3, 4]\nz = w·x = 11\nv = w·x = [3, 8]\nE = z^2 = 121\n"
    text += "dE/dw = [66, 88]"
    report = ag.check(text)
    assert ("E", "right") in verdicts(report)
    assert ("dE/dw", "right") in verdicts(report)


# What is missing

MISSING = {
    "x = 2\ny = x*k\nE = y^2\ndE/dx = 3": (
        "line 2: y = x*k: k is not given; add a line such as `k = 0.5`"
    ),
    "x = 2\na = b + x\nb = a*x\nE = (a-1)^2\ndE/dx = 3": "line 2: a = b + x: it is computed from b",
    "dE/dw = 0.25\nw = 3": "there is no forward equation in it: add the numbers",
    "": "there is no forward equation in it",
    "E = 0.5\ndE/dw = 0.25\nw = 3": "there is no forward equation for E in it",
}


@pytest.mark.parametrize("text", MISSING)
def test_it_is_said_what_is_missing(text: str) -> None:
    for function in ag.check, ag.graph:
        with pytest.raises(ag.ClaimError) as caught:
            function(text)
        assert MISSING[text] in str(caught.value)


def test_several_files_are_one_document(tmp_path: Path) -> None:
    (tmp_path / "given.md").write_text("x = 2\nw = 3\n")
    (tmp_path / "mine.md").write_text("y = w*x = 6\nE = y^2 = 36\ndE/dw = 25\n")
    report = ag.check([tmp_path / "given.md", tmp_path / "mine.md"])
    assert verdicts(report) == [("y", "right"), ("E", "right"), ("dE/dw", "wrong")]
    assert report.findings[2].where == "mine.md"
    assert "  x = 2  (given.md, line 1)" in report.notes


@pytest.mark.usefixtures("tmp_cwd")
def test_a_string_that_names_a_file_is_that_file() -> None:
    Path("mine.md").write_text("x = 2\nE = x^2 = 4\n")
    assert ag.graph("mine.md").data == 4.0
    with pytest.raises(ag.ClaimError, match="No such file"):
        ag.graph("other.md")


def test_a_table_of_names_and_a_learning_rate() -> None:
    text = "x = 2\nw = 3\nE = (w*x)^2 = 36\nslope = 24\nw_new = 0.6"
    report = ag.check(text, names={"slope": "dE/dw"}, learning_rate=0.1)
    assert verdicts(report)[1:] == [("dE/dw", "right"), ("w updated", "right")]


@pytest.mark.usefixtures("tmp_cwd")
def test_text_is_never_run() -> None:
    text = (
        "x = __import__('os').mkdir('made')\ny = open('made', 'w')\nx = 2\nE = x^2 = 4\ndE/dx = 4"
    )
    assert verdicts(ag.check(text))[-1] == ("dE/dx", "right")
    assert not Path("made").exists()


@pytest.mark.parametrize(
    "line", ["a_{} = b_{} + 1", "c{0} = d{0} * 2", "h_i = x_i + {}", "y{0} = x * {0}.5 = 3.5"]
)
def test_the_work_is_linear_in_the_lines(line: str) -> None:
    def work(amount: int) -> None:
        lines = [line.format(count, count) for count in range(amount)]
        ag.check("\n".join(["x = 1", *lines, "E = x^2 = 1"]))

    assert_linear(work, 25)


# The command

NOTES = "\n".join([*NEURON, "dE/dh = h - t = -0.3775", "dE/dw = {}"])


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (NOTES.format("-0.0444"), [], RIGHT),
        (NOTES.format("-0.0710"), [], WRONG),
        (NOTES.format("-0.0444") + "\ndE/dq = 0.5", [], UNJUDGED),
        (NOTES.format("-0.0444") + "\ndE/dq = 0.5", ["--lenient"], RIGHT),
        (NOTES.format("-0.0710") + "\ndE/dq = 0.5", ["--lenient"], WRONG),
        ("x = 2\nE = x^2", [], USAGE),
        ("dE/dx = 2", [], USAGE),
    ],
)
@pytest.mark.usefixtures("tmp_cwd")
def test_the_exit_code(command_line: Run, text: str, options: list[str], code: int) -> None:
    Path("notes.md").write_text(text)
    assert command_line("check", "notes.md", *options).code == code


@pytest.mark.usefixtures("tmp_cwd")
def test_the_command_prints_the_report_and_draws_it(command_line: Run) -> None:
    Path("notes.md").write_text(NOTES.format("-0.0710"))
    result = command_line("check", "notes.md", "--draw", "graph.svg")
    assert "z = w*x + b = 0.5  (line 3)" in result.out
    assert "The mistake, line 9: dE/dw" in result.out
    assert "E" in Path("graph.svg").read_text(encoding="utf-8")
    assert json.loads(command_line("check", "notes.md", "--json").out)["output"] == "E"


def test_what_is_pasted_is_read(command_line: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(NOTES.format("-0.0444")))
    assert command_line("check", "-").code == RIGHT


def test_code_is_not_run_by_check(command_line: Run) -> None:
    result = command_line("check", "mine.py:forward")
    assert result.code == USAGE
    assert "is code, which `check` does not run" in result.err


def test_a_step_along_a_gradient_that_is_not_computed_is_not_judged() -> None:
    report = ag.check(
        "x = 2\nw = 3\nz = w x = 6\nE = E_1 + E_2 = 4\ndE/dz = 0.5\ndE/dw = 1\n"
        "w^{new} = w - 0.1 \\cdot 1 = 2.9"
    )
    assert {one.verdict for one in report.findings} <= {"right", "unchecked"}
    assert any("is differentiated" in note for note in report.notes)


WORKED = """Forward pass
net_h1 = 0.15*0.05 + 0.2*0.1 + 0.35 = 0.3775
out_h1 = 1/(1+e^-0.3775) = 0.593269992
net_o1 = 0.4 * 0.593269992 + 0.6 = 0.837307997
out_o1 = 1/(1+e^-0.837307997) = 0.69789787
E = 0.5*(0.01-0.69789787)^2 = 0.23660174
dE/dout_o1 = -(0.01 - 0.69789787) = 0.68789787
dE/dnet_o1 = 0.68789787 * 0.21083643 = {number}
dnet_o1/dw5 = out_h1
"""


def test_a_forward_pass_in_numbers_alone_is_a_graph() -> None:
    report = ag.check(WORKED.format(number="0.14503393"))
    assert not wrong(report)
    assert ("dE/dnet_o1", "right") in verdicts(report)
    assert ("dnet_o1/dw5", "unchecked") in verdicts(report)  # nothing says what w5 is
    assert (8, "dE/dnet_o1") in wrong(ag.check(WORKED.format(number="0.25503393")))


@pytest.mark.parametrize(("number", "verdict"), [("0.4", "right"), ("0.5", "wrong")])
def test_a_step_has_its_learning_rate(number: str, verdict: str) -> None:
    text = "x = 2\nw = 1\nL = (w x - 0.5)^2\ndL/dw = 2(w x - 0.5) x = 6\nw ← w − 0.1 dL/dw = "
    assert ag.check(text + number).findings[-1].verdict == verdict
