"""Right, wrong, follows, ambiguous, unchecked: the judge of one pass, on graphs worked by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge import blame

O = 0.7310585786300049  # noqa: E741 - σ(1), the output
SLOPE = 0.19661193324148185  # σ(1)·(1 − σ(1))


def neuron(t: float = 1.0) -> Value:
    """E = (σ(w·x) − t)² at w = 0.5, x = 2."""
    x, w, t_ = Constant(2.0, "x"), Value(0.5, "w"), Constant(t, "t")
    o = ag.sigmoid((w * x).named("net")).named("o")
    return ((o - t_) ** 2).named("E")


def softmax() -> Value:
    """Three classes, of which the second is right."""
    z, t = Value([1.0, 2.0, 0.5], "z"), Constant([0.0, 1.0, 0.0], "t")
    e = ag.exp(z).named("e")
    p = (e / e.sum()).named("p")
    return (-(t * ag.log(p)).sum()).named("L")


def find(root: Value, name: str, given_: Any, **options: Any) -> Finding:
    (finding,) = ag.compare(root, {name: given_}, **options).findings
    return finding


def verdicts(root: Value, *rows: tuple[str, Any], **options: Any) -> list[str]:
    return [finding.verdict for finding in ag.compare(root, rows, **options).findings]


# Formulas as identities


@pytest.mark.parametrize(
    "form",
    [
        "2*(o - t)*o*(1 - o)*x",
        "-2*(t - o)*o*(1 - o)*x",
        "2*x*(o - t)*(o - o**2)",
        "(o - t)*exp(-net)/(1 + exp(-net))**2*2*x",
        "2*(sigmoid(w*x) - t)*sigmoid(w*x)*(1 - sigmoid(w*x))*x",
        "dE/do*do/dnet*dnet/dw",
        "dE/dnet*x",
        r"2(o - t)\cdot o(1 - o)\cdot x",
        r"\frac{\partial E}{\partial o}\cdot\frac{\partial o}{\partial net}\cdot x",
        r"2(\sigma(net) - t)\,\sigma'(net)\,x",
    ],
)
def test_equal_forms_are_equal(form: str) -> None:
    finding = find(neuron(), "dE/dw", form)
    assert (finding.verdict, finding.expected) == ("right", pytest.approx(4 * (O - 1) * SLOPE))
    assert finding.formula


@pytest.mark.parametrize(
    "form",
    [
        "2*(o - t)*o*(1 - o)*w",
        "2*(o + t)*o*(1 - o)*x",
        "2*(o - t)*o*(1 + o)*x",
        "2*(o - t)*net*(1 - net)*x",
        "(o - t)*o*(1 - o)*x",
        "2*(o - t)*o*(1 - o)",
    ],
)
def test_other_formulas_are_wrong(form: str) -> None:
    assert find(neuron(), "dE/dw", form).verdict == "wrong"


def test_a_formula_that_is_right_at_this_point_by_chance_is_wrong() -> None:
    # x = 2, so x² is 2·x here, and x·w is 1.
    for name, form in (("dE/do", "x*(o - t)"), ("dnet/dw", "x**2/2"), ("net", "2*w")):
        finding = find(neuron(), name, form)
        assert finding.verdict == "wrong", form
        assert "agrees at this point by chance, at other inputs it is different" in finding.reason
        assert finding.error > 0


def test_a_number_that_is_right_is_right() -> None:
    assert find(neuron(), "dE/do", f"{2 * (O - 1):.6f}").verdict == "right"


def test_a_formula_that_needs_a_one_hot_target_is_right_for_it() -> None:
    assert find(softmax(), "dL/dz", "p - t").verdict == "right"
    finding = find(softmax(), "L", "-log(p[1])")
    assert finding.verdict == "right"
    assert finding.reason == "right for these data of 0 and 1, not for others"
    at_the_point = find(softmax(), "L", "5").expected
    assert finding.expected == pytest.approx(at_the_point)


def test_a_formula_that_is_right_for_one_target_by_chance_is_not_excused() -> None:
    # With t = 1, o − t = −(1 − o), as for every target of 1; that t is 4·t² for 0.25 is chance.
    assert find(neuron(1.0), "dE/do", "-2*(1 - o)").verdict == "right"
    assert find(neuron(0.25), "dE/do", "2*(o - 4*t**2)").verdict == "wrong"


def test_a_formula_with_measured_numbers_is_judged_at_this_point() -> None:
    finding = find(neuron(), "dE/dw", "2*(0.73106 - 1)*0.73106*(1 - 0.73106)*x")
    assert finding.verdict == "right"
    assert finding.reason == "judged at this point only: it has measured numbers in it"
    assert find(neuron(), "dE/dw", "2*(0.74106 - 1)*0.73106*(1 - 0.73106)*x").verdict == "wrong"


def test_each_side_of_a_chain_is_judged() -> None:
    right, both, number = ag.compare(
        neuron(), {"dE/dw": f"dE/do*do/dw = 2*(o - t)*x = {4 * (O - 1) * SLOPE:.4f}"}
    ).findings
    assert [one.verdict for one in (right, both, number)] == ["right", "wrong", "right"]


def test_an_update_in_a_formula_needs_no_learning_rate() -> None:
    assert find(neuron(), "w updated", "w - lr*dE/dw").verdict == "right"
    assert find(neuron(), "w updated", "w + lr*dE/dw").verdict == "wrong"
    assert find(neuron(), "Δw", r"-\eta\cdot\frac{\partial E}{\partial w}").verdict == "right"


# Names


def test_a_local_and_a_total_derivative_are_both_tried_for_formulas_too() -> None:
    x = Value(2.0, "x")
    h = (x * x).named("h")
    root = (h * x).named("y")
    assert find(root, "dy/dx", "3*x**2").reason == "over all paths; the local derivative is 4"
    assert find(root, "dy/dx", "h").reason == "the local derivative; over all paths it is 12"
    assert find(root, "dy/dx", "2*x").verdict == "wrong"


def test_a_name_that_fits_two_quantities_is_ambiguous_where_one_only_is_right() -> None:
    x_1, x1 = Value(1.0, "x_1"), Value(2.0, "x1")
    root = (x_1 * x1 * 3).named("E")  # 6 by x_1, 3 by x1
    assert find(root, "dE/dX1", 6.0).verdict == "ambiguous"
    assert find(root, "dE/dX1", 5.0).verdict == "wrong"
    assert find(root, "dE/dx_1", 6.0).verdict == "right"
    assert find(root, "dE/dx1", 6.0).verdict == "wrong"


@pytest.mark.parametrize("given_", [2 * (O - 1), 2 * (O - 1) * SLOPE])
def test_a_delta_is_that_of_the_output_or_of_its_net_input(given_: float) -> None:
    assert find(neuron(), "delta_o", given_).verdict == "right"


def test_a_wrong_delta_is_wrong() -> None:
    assert find(neuron(), "delta_o", 0.1).verdict == "wrong"


def test_an_authors_own_name_is_unchecked_and_may_be_used_below() -> None:
    report = ag.compare(
        neuron(), [("g", "2*(o - t)"), ("k", "g*o*(1 - o)"), ("dE/dw", "k*x"), ("dE/dnet", "g")]
    )
    assert [one.verdict for one in report.findings] == ["unchecked", "unchecked", "right", "wrong"]
    assert report.findings[0].reason.startswith("unknown name")


def test_a_definition_counts_from_where_it_is() -> None:
    rows = ("dE/do", "g"), ("g", "2*(o - t)"), ("dE/do", "g"), ("g", "3*(o - t)"), ("dE/do", "g")
    found = verdicts(neuron(), *rows)
    assert found == ["unchecked", "unchecked", "right", "unchecked", "wrong"]


def test_the_names_table_says_what_words_mean() -> None:
    table = {"loss": "E", "slope": "dE/dw", "output of the neuron": "o"}
    rows = ("loss", (O - 1) ** 2), ("slope", 4 * (O - 1) * SLOPE), ("output of the neuron", "0.73")
    assert verdicts(neuron(), *rows, names=table) == ["right"] * 3
    assert find(neuron(), "slope", "2*(loss/(o - t))*o*(1 - o)*x", names=table).verdict == "right"


# What cannot be checked


@pytest.mark.parametrize(
    ("name", "given_", "reason"),
    [
        ("dE/dw", "2*(q - t)", "the formula has an unknown name, 'q'"),
        ("bias", "0.5", "unknown name"),
        ("bias", "2*(q - t)", "unknown name; "),
        ("w updated", "0.5", "an updated weight is checked with the learning rate; give it too"),
        ("x updated", "0.5", "x is data; gradient descent changes weights only"),
        ("dE/dw", None, ""),
    ],
)
def test_what_cannot_be_checked_says_why(name: str, given_: Any, reason: str) -> None:
    finding = find(neuron(), name, given_)
    assert finding.verdict == "unchecked"
    assert finding.reason.startswith(reason)
    assert finding.reason
    assert (finding.causes, finding.roots) == ((), ())


@pytest.mark.parametrize("form", ["W*y", "y + x", "W @ y"])
def test_a_formula_of_arrays_that_do_not_fit_together_is_wrong_with_the_shapes(form: str) -> None:
    W, x = Value([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "W"), Constant([0.5, -1.0], "x")
    finding = find(((W @ x).named("y") ** 2).sum().named("E"), "dE/dW", form)
    assert finding.verdict == "wrong"
    assert "operands of shape" in finding.reason
    assert finding.causes[0].kind == "shape"


def test_one_claim_that_cannot_be_read_leaves_the_others() -> None:
    assert verdicts(neuron(), ("dE/dw", "((("), ("o", O), ("E", 1.0)) == [
        "unchecked",
        "right",
        "wrong",
    ]


# What a finding says


def test_a_right_finding_has_no_cause() -> None:
    finding = find(neuron(), "o", O)
    assert (finding.verdict, finding.causes, finding.root, finding.error) == ("right", (), "", 0.0)
    assert (finding.quantity, finding.name, finding.given) == ("o", "o", O)


def test_a_wrong_finding_has_both_numbers_and_a_cause() -> None:
    finding = find(neuron(), "o", -O)
    assert (finding.given, finding.expected, finding.error) == (-O, O, 2.0)
    assert finding.causes[0].kind == "wrong sign"


def test_a_finding_that_follows_says_from_what() -> None:
    report = ag.compare(neuron(), {"dE/do": -2 * (O - 1), "dE/dw": -4 * (O - 1) * SLOPE})
    root, follows = report.findings
    assert (root.verdict, root.causes[0].kind) == ("wrong", "wrong sign")
    assert (follows.verdict, follows.root, follows.roots) == ("follows", "dE/do", ("dE/do",))
    assert follows.reason == "right given dE/do"
    assert follows.causes == ()


def test_the_roots_are_called_as_the_author_called_them() -> None:
    report = ag.compare(neuron(), {"grad_o": -2 * (O - 1), "dw": -4 * (O - 1) * SLOPE})
    assert report.findings[1].root == "grad_o"


def test_of_a_formula_the_text_is_kept() -> None:
    finding = find(neuron(), "dE/do", "2*(o-t)")
    assert (finding.given, finding.formula) == ("2*(o-t)", "2*(o − t)")


def test_a_wrong_shape_is_wrong_with_its_cause() -> None:
    root = ((Value([1.0, 2.0], "w") * 3).named("h")).sum().named("E")
    finding = find(root, "dE/dw", np.array([[3.0, 3.0], [3.0, 3.0]]))
    assert finding.verdict == "wrong"
    assert finding.reason == "has shape (2, 2); dE/dw has shape (2,)"
    assert finding.causes[0].kind == "shape"


def test_formulas_do_not_hide_numbers_of_the_same_quantity() -> None:
    # The number of dE/do is wrong; its formula is right; what follows from the number follows.
    rows = ("dE/do", "2*(o - t)"), ("dE/do", -2 * (O - 1)), ("dE/dw", -4 * (O - 1) * SLOPE)
    report = ag.compare(neuron(), rows)
    assert [one.verdict for one in report.findings] == ["right", "wrong", "follows"]


def test_a_formula_that_uses_a_wrong_one_refers_to_the_true_quantity() -> None:
    rows = ("dE/do", "-2*(o - t)"), ("dE/dw", "dE/do*o*(1 - o)*x")
    assert verdicts(neuron(), *rows) == ["wrong", "right"]


# Digits and chance


@settings(max_examples=20)
@given(st.integers(2, 12))
def test_a_rounded_number_is_right_and_its_neighbours_are_wrong(digits: int) -> None:
    true = 4 * (O - 1) * SLOPE
    unit = 10.0**-digits
    given_ = [f"{true + step * unit:.{digits}f}" for step in (-1, 0, 1)]
    assert verdicts(neuron(), *(("dE/dw", one) for one in given_)) == ["wrong", "right", "wrong"]


def test_a_cause_of_a_number_with_one_digit_is_called_a_coincidence() -> None:
    finding = find(neuron(), "dE/dw", "0.3")
    assert finding.verdict == "wrong"
    assert all("by chance" in cause.sentence for cause in finding.causes)


def test_of_very_many_mistakes_only_the_first_are_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blame, "_MOST", 3)
    root = (Value([1.0, 2.0, 3.0, 4.0, 5.0], "w") ** 2).sum().named("E")
    findings = ag.compare(root, {f"dE/dw[{i}]": -2.0 * (i + 1) for i in range(5)}).findings
    assert [one.verdict for one in findings] == ["wrong"] * 5
    assert [len(one.causes) > 0 for one in findings] == [True] * 3 + [False] * 2


# Products on paper


def on_paper() -> Value:
    """a = W·x + c, h = tanh(a), o = V·h, E = ½·|o − t|²: vectors are columns."""
    x, t = Constant([0.5, -1.0, 2.0], "x"), Constant([1.0, 0.0, 0.5], "t")
    W, V = (
        Value([[0.3, -0.2, 0.5], [0.1, 0.4, -0.6], [0.7, 0.2, 0.1]], "W"),
        Value([[0.2, 0.6, -0.4], [-0.5, 0.3, 0.8], [0.9, -0.1, 0.25]], "V"),
    )
    h = ag.tanh((W @ x + Value([0.1, 0.2, 0.3], "c")).named("a")).named("h")
    o = (V @ h).named("o")
    return (0.5 * ((o - t) ** 2).sum()).named("E")


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("dE/dV", r"(o - t) h^T"),
        ("dE/dh", r"V^T (o - t)"),
        ("dE/da", r"V^T (o - t) \odot (1 - h^2)"),
        ("dE/da", r"V^\top (o - t) \cdot (1 - h \odot h)"),
        ("dE/dW", r"\left(V^T (o - t) \odot (1 - h^2)\right) x^T"),
        ("E", r"\frac12 (o - t)^T (o - t)"),
    ],
)
def test_a_product_on_paper_may_be_that_of_matrices_or_of_columns(name: str, formula: str) -> None:
    assert find(on_paper(), name, formula).verdict == "right"


@pytest.mark.parametrize(
    ("name", "formula", "kind"),
    [
        ("dE/dV", r"h (o - t)^T", "transposed"),
        ("dE/dh", r"V (o - t)", "transposed"),
        ("dE/dh", r"V^T (t - o)", "wrong sign"),
        ("dE/da", r"V^T (o - t) \odot (1 - a^2)", "sigmoid derivative"),
    ],
)
def test_a_wrong_product_on_paper_is_named(name: str, formula: str, kind: str) -> None:
    finding = find(on_paper(), name, formula)
    assert finding.verdict == "wrong"
    assert finding.causes[0].kind == kind


def test_a_matrix_times_a_vector_is_no_array_of_products() -> None:
    # Element by element the shapes fit too, but give the shape of X.
    X = Constant([[1.0, 2.0], [3.0, -1.0], [0.5, 0.2]], "X")
    p = (X @ Value([0.3, -0.4], "w")).named("p")
    E = (p**2).mean().named("E")
    assert find(E, "dE/dw", r"\frac{2}{3} X^T p").verdict == "right"
    assert find(E, "dE/dw", r"2 \, X^T p").causes[0].kind == "constant factor"


# A summand too much


@pytest.mark.parametrize(
    ("formula", "summand"),
    [
        ("2*(o - t)*o*(1 - o)*x + 0.2*w", "0.2*w"),
        ("2*(o - t)*o*(1 - o)*x - x + 0*w", "x"),
    ],
)
def test_a_summand_too_much_is_named(formula: str, summand: str) -> None:
    (cause,) = find(neuron(0.25), "dE/dw", formula).causes
    assert (cause.kind, cause.sentence) == ("extra summand", f"the summand {summand} is too much")


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_what_is_not_finite_is_not_rounded(number: str) -> None:
    finding = find(neuron(0.25), "dE/dw", float(number))
    assert (finding.verdict, finding.causes) == ("wrong", ())


@pytest.mark.parametrize("given_", ["w - 0.1*dE/dw", "w - eta*dE/dw"])
def test_a_weight_may_have_its_name_after_the_step_too(given_: str) -> None:
    finding = ag.compare(neuron(), {"w": given_}, learning_rate=0.1).findings[0]
    assert (finding.verdict, finding.quantity) == ("right", "w updated")
    assert finding.reason == "w after the step"


def test_a_weight_that_is_neither_before_nor_after_the_step_is_wrong() -> None:
    finding = ag.compare(neuron(), {"w": "w + 0.1*dE/dw"}, learning_rate=0.1).findings[0]
    assert (finding.verdict, finding.quantity) == ("wrong", "w")
