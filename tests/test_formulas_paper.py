"""Formulas as they are written on paper: layers, products without a sign, sums, matrices, cases."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from autograd_lite.check.read.formulas import parse
from autograd_lite.errors import FormulaError, ShapeError


def among(*names: str) -> Callable[[str], bool]:
    return set(names).__contains__


def spellings(text: str, known: Callable[[str], bool] | None = None) -> list[str]:
    return [one.spelling for one in parse(text, known).references]


def value(text: str, products: Any = "elements", **values: Any) -> Any:
    """The value where the names are those that have one; sigma is both sigma and its command."""
    named = {name: np.asarray(one, float)[()] for name, one in values.items()}
    named |= {rf"\{name}": one for name, one in named.items() if len(name) > 2}
    return parse(text, named.__contains__).evaluate(named, products=products)


# Names


@pytest.mark.parametrize(
    "spelling",
    [
        "z^{(1)}",
        "z^{[1]}",
        "z_{1}^{(2)}",
        "z^{(2)}_1",
        "a^{[2](i)}",
        "h^{(t-1)}",
        "a^{<t>}",
        r"a^{\langle t \rangle}",
        r"\mathbf{z}_1",
        r"\mathbf W",
        r"\boldsymbol\delta",
        r"\boldsymbol{\delta}^{(2)}",
        r"{\bf W}",
        r"{\bf W}^{(1)}",
        r"\hat y_1",
        r"\hat{\mathbf{y}}",
        r"\bar{x}",
        r"\tilde W",
        r"\mathcal L",
        r"\mathcal{L}",
        "w^{new}",
        r"w^{\text{new}}",
        "w^{+}",
        "w^+",
        "w^{(t+1)}",
        "y^*",
        r"y^\star",
        r"\mathrm{net}_1",
        r"\nabla_{W^{(2)}} J",
    ],
)
def test_a_name_is_handed_over_with_its_font_layer_and_marks(spelling: str) -> None:
    assert spellings(rf"$2 \cdot {spelling}$") == [spelling]
    assert spellings(rf"$2 \cdot {spelling} - b$", among(spelling, "b")) == [spelling, "b"]


@pytest.mark.parametrize("spelling", ["z^[1]", "W[0,1]", "w'", "w''_1", "h_t'", "W_hh"])
def test_so_is_one_in_plain_text(spelling: str) -> None:
    assert spellings(f"2*{spelling} - b", among(spelling, "b")) == [spelling, "b"]


def test_a_superscript_is_a_power_unless_only_the_whole_is_known() -> None:
    assert spellings(r"$\sigma^2 + \epsilon$", among(r"\sigma^2", r"\epsilon")) == [
        r"\sigma^2",
        r"\epsilon",
    ]
    assert value(r"\sigma^2", sigma=3.0) == 9.0
    assert spellings(r"$\sigma^2$", among(r"\sigma^2", r"\sigma")) == [r"\sigma"]
    assert spellings("x^2 + s^2", among("x", "s^2")) == ["x", "s^2"]
    assert spellings(r"(\sigma^2)^2", among(r"\sigma^2")) == [r"\sigma^2"]
    assert spellings("$e^{(x)}$", among("x")) == ["x"]


def test_a_layer_is_transposed_within_its_superscript_or_after_it() -> None:
    for text in (r"W^{(2)T} d", r"W^{(2)\top} d", r"{W^{(2)}}^T d", r"(W^{(2)})^T d"):
        assert str(parse(text)) == "W^{(2)}ᵀ·d"


# Products without a sign


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_1W_2", ["a_1", "W_2"]),
        ("$a_1W_2$", ["a_1", "W_2"]),
        ("XW_Q", ["X", "W_Q"]),
        ("$XW_Q$", ["X", "W_Q"]),
        ("w^Tx_i", ["w", "x_i"]),
        (r"W^T\delta", ["W", r"\delta"]),
        (r"$W_2^{T}\delta_2$", ["W_2", r"\delta_2"]),
        ("2xy", ["x", "y"]),
        ("$2xy$", ["x", "y"]),
    ],
)
def test_known_names_are_told_apart_in_a_product(text: str, expected: list[str]) -> None:
    names = ("a_1", "W_2", "X", "W_Q", "w", "x_i", "W", r"\delta", r"\delta_2", "x", "y")
    assert spellings(text, among(*names)) == expected


def test_a_word_that_is_a_product_in_two_ways_stays_one_name() -> None:
    assert spellings("a_1b", among("a_1", "b", "a_1b")) == ["a_1b"]
    assert spellings("a_1b_1", among("a_1", "b_1", "a", "_1b_1")) == ["a_1", "b_1"]
    assert spellings("net", among("n", "e", "t")) == ["net"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/2 (y - t)^2", 2.0),
        ("1/2(y - t)^2", 2.0),
        (r"$1/2 \, y$", 1.5),
        ("½ (y-t)²", 2.0),
        ("½y + ¼", 1.75),
        (r"\tanh^2 t", math.tanh(1) ** 2),
        (r"\sin^2 t + \cos^2 t", 1.0),
        (r"\sigma'(t)", math.exp(-1) / (1 + math.exp(-1)) ** 2),
        ("50% y", None),
        ("50% * y", 1.5),
        (r"50\% \cdot y", 1.5),
        ("t(1-y)", -2.0),
        (r"\frac{1}{2}y^2t", 4.5),
        (r"\log_2 (y + 1)", 2.0),
        (r"2\pi t - 2*np.pi*t", 0.0),
        (r"\sinh(t) + \cosh(t) - e^t", 0.0),
        (r"\operatorname{sech}^2(t) - (1 - \tanh^2 t)", 0.0),
        ("np.log1p(t) - log(2)", 0.0),
    ],
)
def test_coefficients_and_functions_as_they_are_written(text: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(FormulaError, match="hundredth"):
            value(text, y=3.0, t=1.0)
    else:
        assert value(text, y=3.0, t=1.0) == pytest.approx(expected)


def test_a_name_and_its_arguments_are_its_value_where_the_caller_says_so() -> None:
    depends = {"a": {"z"}, "g": {"z"}, "a^{(1)}": {"z^{(1)}"}}

    def applies(name: str, arguments: Sequence[str]) -> bool:
        return name in depends and set(arguments) <= depends[name]

    def read(text: str, *names: str) -> str:
        return str(parse(text, among(*names), applies=applies))

    assert read("a(z)(1 - a(z))", "a", "z") == "a·(1 − a)"
    assert read("x(z)", "x", "z") == "x·z"
    assert read("a(1 - z)", "a", "z") == "a·(1 − z)"
    assert read("$a^{(1)}(z^{(1)})$", "a^{(1)}", "z^{(1)}") == "a^{(1)}"
    assert read("g'(z)", "g", "z") == r"\frac{\partial g}{\partial z}"
    assert read(r"\frac{\partial a(z)}{\partial z}", "a", "z") == r"\frac{\partial a}{\partial z}"


def test_a_letter_of_the_authors_is_the_function_that_the_caller_says() -> None:
    acts = {r"\varphi": "tanh", "φ": "tanh", "f": "relu"}.get
    values = {"z": 0.5}
    for text in (r"\varphi'(z)", "φ'(z)", r"1 - \varphi(z)^2", r"1 - \varphi^2(z)"):
        found = parse(text, values.__contains__, acts=acts)
        assert found.evaluate(values) == pytest.approx(1 - math.tanh(0.5) ** 2)
    assert parse("f(z)f'(z)", values.__contains__, acts=acts).evaluate(values) == 0.5
    with pytest.raises(FormulaError, match="it is no function that is read"):
        parse("h(z)", values.__contains__, acts=acts)


# Sums

X = {"x_1": 2.0, "x_2": 3.0, "x_3": 5.0, "w_1": 1.0, "w_2": -1.0, "w_3": 2.0, "N": 3.0}
W = {"w_{11}": 1.0, "w_{12}": 2.0, "w_{21}": 3.0, "w_{22}": 4.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\sum_i x_i", 10.0),
        (r"\sum_{i} x_i w_i", 9.0),
        (r"\sum^N x_iw_i", 9.0),
        (r"\sum_{i=1}^{N} x_i", 10.0),
        (r"\sum_{i=1}^N x_i^2", 38.0),
        (r"\frac{1}{N}\sum_i x_i", 10 / 3),
        (r"1/N \sum_i x_i", 10 / 3),
        (r"\sum_{i=2}^{3} x_i", 8.0),
        (r"\sum_{i=2}^{n} x_i", 8.0),
        (r"\sum_{i \in B} x_i", 10.0),
        (r"\sum_{i \in \{1, 3\}} x_i", 7.0),
        (r"\sum_{i,j} x_i w_j", 20.0),
        (r"\sum_{ij} x_i w_j", 20.0),
        (r"\sum_i\sum_j x_iw_j", 20.0),
        (r"\sum_i \sum_{j \ne i} x_i x_j", 62.0),
        (r"\sum_{i=1}^{3} \sum_{j=1}^{i} w_j", 3.0),
        (r"\prod_i x_i", 30.0),
        (r"\prod_{i=1}^{2} (1 - x_i)", 2.0),
        (r"\max_i x_i - 1", 4.0),
        (r"\min_{i} w_i", -1.0),
        (r"\sum_i x_i \mathbb{1}[i = 2]", 3.0),
        (r"\sum_i x_i \mathbb{1}_{i \ne 2}", 7.0),
        (r"\sum_i \mathbb{1}_{\{x_i > 2\}}", None),
        (r"\sum_i \sum_j \delta_{ij} x_i w_j", 9.0),
        (r"\sum_{i,j} \delta_{i,j} x_i w_j", 9.0),
        ("Σ_i x_i", 10.0),
        ("∑_i x_i*w_i", 9.0),
        ("sum(x_i*w_i for i in 1..3)", 9.0),
    ],
)
def test_a_sum_takes_its_bounds_from_what_is_known(text: str, expected: float | None) -> None:
    found = parse(text, X.__contains__).evaluate(X)
    assert found == pytest.approx(2.0 if expected is None else expected)


def test_two_indices_that_are_written_together_are_two() -> None:
    assert parse(r"\sum_{i,j} w_{ij}", W.__contains__).evaluate(W) == 10.0
    assert parse(r"\sum_i \sum_j w_{ij}^2", W.__contains__).evaluate(W) == 30.0
    found = parse(r"\sum_j w_{ij} x_j", {**W, **X}.__contains__, at={"i": 2})
    assert found.evaluate({**W, **X}) == 18.0
    with pytest.raises(FormulaError, match="x_i stands there"):
        parse(r"\sum_i w_i x_i + x_i", X.__contains__)


def test_kroneckers_delta_is_one_of_equal_indices_unless_it_is_a_name() -> None:
    p = {"p_1": 0.25, "p_2": 0.75}
    for i in (1, 2):
        for j in (1, 2):
            found = parse(r"p_i(\delta_{ij} - p_j)", p.__contains__, at={"i": i, "j": j})
            assert found.evaluate(p) == p[f"p_{i}"] * ((i == j) - p[f"p_{j}"])
    named = {"δ_11": 5.0, r"\delta_{11}": 5.0}
    found = parse(r"\sum_{i=1}^{1} \delta_{ii}", named.__contains__)
    assert found.evaluate(named) == 5.0


def test_a_sum_of_arrays_is_that_of_their_elements() -> None:
    x = [1.0, 2.0, 4.0]
    assert value(r"\sum x^2", x=x) == 21.0
    assert value(r"\frac{1}{3} \sum_i (x - 1)", x=x) == pytest.approx(4 / 3)
    with pytest.raises(ShapeError, match="axis=0"):
        value(r"\sum_i x", x=[[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ShapeError, match="over a name with its index"):
        value(r"\sum_i x", x=2.0)


def test_a_long_sum_is_refused_and_says_so() -> None:
    with pytest.raises(FormulaError, match="at most 1,000 values"):
        parse(r"\sum_{i=1}^{5000} i")
    nested = r"\sum_{i=1}^{900}" * 3 + "i"
    with pytest.raises(FormulaError, match="20,000 names"):
        parse(nested)


# Norms and products of vectors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\|x\|", 5.0),
        (r"\|x\|^2", 25.0),
        (r"\lVert x \rVert_2^2", 25.0),
        (r"\left\| x \right\|_1", 7.0),
        (r"\frac{1}{2}\|x - y\|^2", 4.0),
        (r"2\|x\| + |z|", 12.0),
        ("||x||²", 25.0),
        (r"\langle x, y \rangle", 11.0),
        (r"\langle x \mid y \rangle", 11.0),
        (r"x \otimes y", [[3.0, 6.0], [4.0, 8.0]]),
        (r"x \odot y", [3.0, 8.0]),
        (r"x \circ y", [3.0, 8.0]),
        (r"x \bullet y", [3.0, 8.0]),
        (r"\operatorname{diag}(x)", [[3.0, 0.0], [0.0, 4.0]]),
        (r"\operatorname{tr}(\operatorname{diag}(x))", 7.0),
        (r"\mathrm{softmax}(x - x)", [0.5, 0.5]),
        (r"\operatorname{softmax}(x)", [1 / (1 + math.e), math.e / (1 + math.e)]),
        (r"\operatorname{sum}(x)", 7.0),
        ("x.std() + x.var()", 0.75),
        ("x.var(ddof=1)", 0.5),
        ("x[:, None]*y[None, :]", [[3.0, 6.0], [4.0, 8.0]]),
        ("np.outer(x, y)", [[3.0, 6.0], [4.0, 8.0]]),
        ("np.linalg.norm(x)", 5.0),
        (r"(x == 3)", [1.0, 0.0]),
        (r"\max(x, y)", [3.0, 4.0]),
    ],
)
def test_vectors_have_norms_and_products(text: str, expected: Any) -> None:
    found = value(text, x=[3.0, 4.0], y=[1.0, 2.0], z=-2.0)
    np.testing.assert_allclose(found, expected)


def test_softmax_of_a_matrix_needs_its_axis() -> None:
    z = [[0.0, 0.0], [1.0, 1.0]]
    with pytest.raises(ShapeError, match="axis=1"):
        value("softmax(z)", z=z)
    assert value("softmax(z, axis=1)", z=z).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert value("softmax(z)", z=[[0.0], [0.0]]).tolist() == [[0.5], [0.5]]


# Matrices, lists and cases


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", [[1, 2], [3, 4]]),
        (r"\begin{pmatrix} a & -a \end{pmatrix}^T", [[2], [-2]]),
        (
            r"\left[\begin{array}{cc} a + 1 & 0 \\[2pt] 0 & a^2 \\ \end{array}\right]",
            [[3, 0], [0, 4]],
        ),
        (
            r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} \begin{bmatrix} 1 \\ a \end{bmatrix}",
            [[5], [11]],
        ),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} v", [21, 43]),
        (r"M^T \begin{bmatrix} 1 \\ 1 \end{bmatrix}", [[4], [6]]),
        (r"a \begin{bmatrix} 1 & 2 \end{bmatrix}", [[2, 4]]),
        (r"\begin{bmatrix} 1 \\ 2 \end{bmatrix} + v", [[2], [12]]),
        (r"v \odot \begin{bmatrix} 1 \\ 2 \end{bmatrix}", [[1], [20]]),
        (
            r"\begin{bmatrix} 1 \\ 2 \end{bmatrix} \begin{bmatrix} 1 & 0 \end{bmatrix}",
            [[1, 0], [2, 0]],
        ),
        (r"v \begin{bmatrix} 1 & 0 \end{bmatrix}", [[1, 0], [10, 0]]),
        (r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}", -2),
        (r"\begin{bmatrix} \frac{a}{2} \\ \sum_{k=1}^2 k \end{bmatrix}", [[1], [3]]),
        (r"\begin{bmatrix} M & v \end{bmatrix}", [[1, 2, 1], [3, 4, 10]]),
        (r"\begin{bmatrix} v \\ a \end{bmatrix}", [[1], [10], [2]]),
        (r"\begin{bmatrix} M & [1, 2, 3] \end{bmatrix}", None),
        ("[[1, 2], [3, 4]] @ v", [21, 43]),
        ("[1, a]*v", [1, 20]),
        ("np.array([[1], [a]])", [[1], [2]]),
        (r"\begin{cases} a & a > 0 \\ 0 & \text{otherwise} \end{cases}", 2),
        (r"\begin{cases} 1, & \text{if } v > 5, \\ 0, & \text{else}. \end{cases}", [0, 1]),
        (r"\begin{cases} 1 & v \le 5 \\ -1 & v > 5 \end{cases}", [1, -1]),
        (r"\begin{cases} 5 & 0 < a < 1 \\ 6 & a = 2 \\ 7 & a \ne 2 \end{cases}", 6),
    ],
)
def test_matrices_lists_and_cases_are_read(text: str, expected: Any) -> None:
    if expected is None:
        with pytest.raises(ShapeError, match="blocks of shapes"):
            value(text, "vectors", a=2.0, v=[1.0, 10.0], M=[[1.0, 2.0], [3.0, 4.0]])
        return
    found = value(text, "vectors", a=2.0, v=[1.0, 10.0], M=[[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(found, expected)
    assert np.shape(found) == np.shape(expected)


def test_shapes_that_cannot_multiply_are_both_named() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 2\).*\(3, 1\)"):
        value(r"M \begin{bmatrix} 1 \\ 2 \\ 3 \end{bmatrix}", "vectors", M=[[1.0, 2.0], [3.0, 4.0]])


def test_a_matrix_product_may_bind_more_tightly_than_one_by_elements() -> None:
    values = {"a": np.ones((2, 3)), "d": np.ones((2, 2)), "W": np.arange(6.0).reshape(3, 2)}
    text = r"a \odot d W^T"
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2, 2\)"):
        parse(text).evaluate(values, products="vectors")
    found = parse(text).evaluate(values, products="tight")
    assert found.tolist() == (values["d"] @ values["W"].T).tolist()


def test_an_element_of_an_array_is_counted_from_1_in_a_sum() -> None:
    elements = {"v[0]": 2.0, "v[1]": 3.0, "W[0,0]": 5.0, "W[0,1]": 7.0}
    found = parse(r"\sum_j W_{1j} v_j", elements.__contains__)
    assert found.evaluate(elements) == 31.0
    for text in (r"\sum_{j=0}^{J} v_j", r"\sum_{j=0}^{J-1} v_j", r"\sum_{j=0}^{1} v_j"):
        assert parse(text, elements.__contains__).evaluate(elements) == 5.0


def test_a_superscript_before_a_subscript_is_a_layer_or_a_power() -> None:
    assert spellings(r"a^{l-1}_k \delta^l_j") == ["a^{l-1}_k", r"\delta^l_j"]
    assert spellings(r"\frac{\partial C}{\partial b^l_j}") == [r"\frac{\partial C}{\partial b^l_j}"]
    assert str(parse(r"x^2_1")) == "x_1²"
    assert spellings(r"\sigma^2_B", among(r"\sigma_B^2")) == [r"\sigma_B^2"]
    assert str(parse(r"\sigma^2_B + \epsilon", among(r"\sigma_B"))) == r"\sigma_B² + \epsilon"
    assert spellings(r"$W^2_{11}$", among("W^2_{11}", "W")) == ["W^2_{11}"]


def test_what_follows_a_brace_or_a_function_multiplies_it() -> None:
    assert str(parse(r"{\delta^{(3)}}{a^{(2)}}^{T}")) == r"\delta^{(3)}·a^{(2)}ᵀ"
    assert str(parse(r"\cos x \sin y")) == "cos(x)·sin(y)"
    with pytest.raises(FormulaError, match="ends is unclear"):
        parse(r"\ln a b")


def test_a_layers_own_function_may_be_primed_within_its_superscript() -> None:
    acts = {"g^{[1]}": "tanh"}.get
    found = parse(r"g^{[1]'}(z)", {"z"}.__contains__, acts=acts)
    assert found.evaluate({"z": 0.5}) == pytest.approx(1 - math.tanh(0.5) ** 2)


@pytest.mark.parametrize(
    "text",
    [
        r"\sum_{" + "a," * 3_000 + "b} x_a",
        r"\sum_{i=1}^{9^{9^9}} i",
        r"\sum_{i=1}^{[1, 2]} i",
        r"\begin{bmatrix}" * 600,
        r"\begin{cases} a & " * 500,
        "{\\bf " * 1_500,
        "|" * 5_000,
        r"\langle" * 1_400,
        "[" * 5_000,
    ],
    ids=range(9),
)
def test_what_is_too_much_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="column"):
        parse(text, lambda _: True)


def test_the_cost_of_a_formula_grows_with_its_length_only() -> None:
    asked: list[int] = []
    for count in (100, 200, 400):
        calls = 0

        def known(spelling: str) -> bool:
            nonlocal calls
            calls += 1
            return spelling in {"a_1", "W_2", "x_1", "x_2"}

        parse("+".join([r"a_1W_2 \sum_i x_i"] * count), known)
        asked.append(calls)
    assert asked[2] - asked[1] == 2 * (asked[1] - asked[0])


# What is refused, and why


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (r"\mathbb{1}[a]", "a condition is needed"),
        (r"\mathbb{I} a", "before a condition"),
        (r"\mathbf{1} a", "a sum of elements"),
        (r"\begin{cases} a & b \end{cases}", "a condition is a comparison"),
        (r"\begin{cases} \end{cases}", "there is no case"),
        (r"\begin{bmatrix} a ) \end{bmatrix}", r"or \\end{bmatrix}"),
        (r"\begin{bmatrix} a", r"or \\end{bmatrix}"),
        (r"\log_3 a", "base 2, 10 or e"),
        ("a.sum(b)", "takes axis="),
        (r"\sum_{i \ne n} x_i", "n in its condition has no number"),
        (r"\sum_{i=n}^{2} x_i", "first value is no number"),
        (r"\sum_{i=0}^{n-1} x_i y_i", "no first value"),
        (r"\sum_{i=1}^{n-1} x_i", "last value, n − 1, is no number"),
        (r"\sum_{i=1}^{1.5} x_i", "a whole number"),
        (r"\sum_{i=1}^12 x_i", "stands in braces"),
        (r"\sum_{i=1}^+ x_i", "a sum is written"),
        (r"\prod x_i", "a sum is written"),
        (r"\sum^N x_iu_n", "the index of the sum is not said"),
        (r"\|a\|_3", "that of 1, 2 or F"),
        ("a ^ b_1 % 3", "hundredth"),
        (r"a \star b", r"\\star is no command that is read"),
        (r"\int a", r"\\int is no command that is read"),
    ],
)
def test_a_refusal_says_what_is_needed(text: str, needed: str) -> None:
    known = {"a", "b", "b_1", "x_1", "x_2", "u_1", "n"}.__contains__
    with pytest.raises(FormulaError, match=needed):
        parse(text, known)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("len(2)", "a single number has none"),
        ("v.std(axis=3)", "no axis 3"),
        ("v.var(ddof=2)", "ddof=2 is not defined"),
        ("softmax(2)", "a single number has none"),
        ("diag(2)", "not of shape ()"),
        (r"\operatorname{tr}(v)", "a square matrix"),
        (r"\langle v, M \rangle", r"two equal shapes, not of \(2,\) and \(3, 2\)"),
        ("[v, 1]", "several shapes"),
        ("v[:, 0]", "has no part"),
    ],
)
def test_functions_name_the_shapes_that_they_cannot_take(text: str, said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        value(text, v=[1.0, 2.0], M=np.ones((3, 2)))


@pytest.mark.parametrize(
    "text",
    [
        r"\begin{bmatrix} a & 1 \\ 2 & b \end{bmatrix}",
        r"\begin{bmatrix} a \\ 1 \end{bmatrix}",
        "[a, 2]",
        "[[a], [2]]",
        "[[a, b], [2, 3]]",
        r"\|\begin{bmatrix} a \\ 1 \end{bmatrix}\|_1^2",
        r"\begin{cases} a & a > 0 \\ b & \text{otherwise} \end{cases}",
        "([a, b])[:, None]",
        r"\langle [a, b], [1, 2] \rangle",
        "50% * a",
        "log1p(a) + softplus'(b)",
    ],
)
def test_what_is_written_back_reads_the_same(text: str) -> None:
    values = {"a": 2.0, "b": 3.0}
    first = parse(text, values.__contains__)
    again = parse(str(first), values.__contains__)
    assert str(again) == str(first)
    np.testing.assert_array_equal(again.evaluate(values), first.evaluate(values))


def test_slopes_of_functions_that_are_no_ops_agree_with_a_difference() -> None:
    for name in [
        "sinh",
        "cosh",
        "sech",
        "tan",
        "cot",
        "sec",
        "arctan",
        "arcsin",
        "arccos",
        "arctanh",
        "log1p",
        "expm1",
        "log2",
        "log10",
        "square",
        "softplus",
    ]:
        at, step = 0.3, 1e-6
        f = [parse(f"{name}(x)").evaluate({"x": at + side * step}) for side in (-1, 1)]
        slope = parse(f"{name}'(x)").evaluate({"x": at})
        assert slope == pytest.approx((f[1] - f[0]) / (2 * step), rel=1e-6)
