"""Formulas in LaTeX: as in print, or as people type it who will never print it."""

import math
from collections.abc import Callable

import pytest

from autograd_lite.check.read.formulas import parse
from autograd_lite.errors import FormulaError

A, B, C = 0.6, -1.3, 2.1
VALUES = {"a": A, "b": B, "c": C, "O_1": 0.25, r"\eta": 0.5, "net_{O1}": 0.0, "H1": 3.0}


def among(*names: str) -> Callable[[str], bool]:
    return set(names).__contains__


def spellings(text: str, known: Callable[[str], bool] | None = None) -> list[str]:
    return [one.spelling for one in parse(text, known).references]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"2(O_1-a)\cdot O_1(1-O_1)\cdot H1", 2 * (0.25 - A) * 0.1875 * 3),
        (r"-\eta \cdot 2 (O_1 - b)", -(0.25 - B)),
        (r"\left( a + b \right) \times c \, c", (A + B) * C * C),
        (r"\left[ a + b \right] \{ c \}", (A + B) * C),
        (r"\frac{a}{b + c}", A / (B + C)),
        (r"\dfrac{1}{2} \tfrac{a}{b} c", A / B * C / 2),
        (r"\sigma(net_{O1}) + \sigma'(net_{O1})", 0.75),
        (r"\sigma^{\prime}\left(net_{O1}\right) \sigma^\prime(net_{O1})", 0.0625),
        (r"\exp(a) - \ln(c) + \log{c}", math.exp(A)),
        (r"\ln c + 1", math.log(C) + 1),
        (r"\tanh^2(a) + \tanh(b)^{2}", math.tanh(A) ** 2 + math.tanh(B) ** 2),
        (r"\sqrt{c} \sqrt c", C),
        (r"e^{-a} + \mathrm{e}^b", math.exp(-A) + math.exp(B)),
        (r"a^2b^{3}", A**2 * B**3),
        (r"2 \cdot 10^{-3}", 0.002),
        (r"\max(a, c) \odot \operatorname{ReLU}(b) + \text{relu}'(a)", 1.0),
        (r"\lvert b \rvert + \left| b \right|", -2 * B),
        (r"[a \geq b] + [a \lt b]", 1.0),
        ("$a + b$", A + B),
        ("$$\n a + b \n$$", A + B),
        (r"\[ a \div b \]", A / B),
        (r"\begin{aligned} a & + b \\[2pt] & + c \end{aligned}", A + B + C),
        (r"\sum_{k=1}^{3} k^2", 14.0),
        (r"\sum\limits_{k=0}^3 (k + a)", 6 + 4 * A),
        (r"\sum_{i=1}^{2} \sum_{j=1}^{2} i^j + 1", 9.0),
    ],
)
def test_a_formula_has_its_value(text: str, expected: float) -> None:
    assert parse(text).evaluate(VALUES) == pytest.approx(expected)


@pytest.mark.parametrize(
    "spelling",
    [
        r"\frac{\partial E}{\partial w_9}",
        r"\dfrac{\partial E_1}{\partial \text{net}_{O1}}",
        r"\frac{dE}{dw_{10}}",
        r"\frac{\mathrm{d}E}{\mathrm{d}w}",
        r"\partial E / \partial w_{9}",
        r"\Delta w_{10}",
        r"\nabla_{w} E",
        r"\delta_{O1}",
        r"w_{\text{conv}}",
        r"w_\text{conv}[0,1]",
        r"\text{net input}_{1}",
        r"\hat{y}_1",
        r"\sigma_{B}",
        "net_{O_{1}}",
        "w_{1,2}",
    ],
)
def test_a_reference_is_handed_over_as_it_is_spelled(spelling: str) -> None:
    assert spellings(rf"$2 \cdot {spelling} + a$") == [spelling, "a"]
    assert spellings(rf"${spelling} {spelling}\, a$") == [spelling, "a"]


def test_letters_that_stand_together_are_one_name_or_the_product_of_known_ones() -> None:
    assert spellings("$ab$") == ["ab"]
    assert spellings("$ab$", among("a", "b")) == ["a", "b"]
    assert spellings("$ab$", among("ab", "a", "b")) == ["ab"]
    assert spellings("$ab$", among("a")) == ["ab"]
    assert spellings("$ab_{1}$", among("a", "b_{1}")) == ["a", "b_{1}"]
    assert spellings("$H1O2$", among("H1", "O2")) == ["H1", "O2"]
    assert spellings("$O_1H_1$") == ["O_1", "H_1"]
    assert spellings("$dE$", among("d", "E")) == ["dE"]
    assert spellings(r"$\frac{dE}{dw}$", among("d", "E", "w")) == [r"\frac{dE}{dw}"]


def test_a_subscript_without_braces_is_the_word_unless_only_its_letter_is_known() -> None:
    assert spellings("$w_conv$") == ["w_conv"]
    assert spellings("$w_conv$", among("w_conv", "w_c")) == ["w_conv"]
    assert spellings("$O_kw$", among("O_k", "w")) == ["O_k", "w"]


def test_what_is_known_decides() -> None:
    assert spellings(r"\frac{d1}{d2}", among("d1", "d2")) == ["d1", "d2"]
    assert spellings("e^{x}", among("e", "x")) == ["e", "x"]
    assert spellings("W^{T}", among("W", "T")) == ["W", "T"]
    assert spellings("W^{T} x", among("W")) == ["W", "x"]
    assert spellings("W^{(2)} x", among("W^{(2)}", "x")) == ["W^{(2)}", "x"]
    assert spellings(r"\Delta w", among(r"\Delta", "w")) == [r"\Delta", "w"]
    with pytest.raises(FormulaError, match="σ is a quantity"):
        parse(r"\sigma(x)", among(r"\sigma", "x"))


@pytest.mark.parametrize("transposed", ["W^T", r"W^\top", r"W^{T}", r"W^{\top}", "W.T", "Wᵀ"])
def test_a_matrix_is_transposed(transposed: str) -> None:
    assert str(parse(rf"{transposed} \delta")) == r"Wᵀ·\delta"


def test_a_sum_is_written_out_in_the_names_too() -> None:
    text = r"\sum_{k=1}^{2} \frac{\partial E}{\partial O_k} \cdot w_{k,j} H_{k} + \delta_{O_k}"
    with pytest.raises(
        FormulaError, match=r"\\delta_\{O_k\} stands there; its index needs a value"
    ):
        parse(text)
    found = spellings(text.replace(r"+ \delta", r"\cdot \delta"))
    assert found == [
        rf"{name}".replace("k", str(k))
        for k in (1, 2)
        for name in (r"\frac{\partial E}{\partial O_k}", "w_{k,j}", "H_{k}", r"\delta_{O_k}")
    ]


def test_a_sum_without_bounds_runs_as_long_as_its_names_are_known() -> None:
    known = among("O_1", "O_2", "O_3", "w_1", "w_2", "x_0", "x_1", "b")
    assert str(parse(r"\sum_k O_k w_k + b", known)) == "(O_1·w_1 + O_2·w_2) + b"
    assert str(parse(r"\sum_{k} x_k", known)) == "x_0 + x_1"
    assert str(parse(r"\sum_kO_k(1 - O_k)", among("O_1"))) == "O_1·(1 − O_1)"


@pytest.mark.parametrize("known", [None, among("a"), lambda _: True])
def test_a_sum_without_bounds_and_without_an_end_is_refused(
    known: Callable[[str], bool] | None,
) -> None:
    with pytest.raises(FormulaError, match="column 5:"):
        parse(r"a + \sum_k O_k", known)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (r"\foo{x}", 1),
        (r"a + \begin{bmatrix} 1 \end{pmatrix} b \begin{foo}", 39),
        (r"\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}", 1),
        (r"\begin{cases} a \\ b & x > 0 \end{cases}", 17),
        (r"\begin{cases} a & \text{otherwise} \\ b & x > 0 \end{cases}", 39),
        (r"$a + $ b", 1),
        (r"$a", 1),
        (r"$x^10$", 4),
        ("(x_{1})^{(2)}", 10),
        ("x_{1", 2),
        ("H{1} x_{2}", 2),
        (r"\frac{a}", 9),
        (r"\frac+12", 6),
        (r"\frac{\partial}{\partial w}", 7),
        (r"\frac{\partial^2 E}{\partial w^2}", 7),
        (r"\frac{\partial E}{w}", 7),
        (r"\frac{}{b}", 7),
        (r"\partial E", 11),
        (r"\left. a \right|", 1),
        (r"\left( a \right.", 10),
        (r"\sqrt[n]{x}", 7),
        (r"\ln a b", 7),
        (r"\ln", 4),
        (r"\max a", 1),
        (r"\sigma'", 7),
        (r"\sigma''(x)", 8),
        (r"\alpha'(x)", 7),
        (r"a \pm b", 3),
        (r"a \ldots", 3),
        (r"a \quad b", 9),
        (r"a \\ b", 6),
        (r"a \text{ for } i", 3),
        (r"\mathbb{1}[a]", 1),
        (r"\sum O_k", 1),
        (r"\sum_{i,j} w_{i,j}", 1),
        (r"\sum_{k=1} O_k", 1),
        (r"\sum_{k=1}^{n} O_k", 1),
        (r"\sum_{k=1}^{n-1} O_k", 1),
        (r"\sum_{i < j} O_i", 1),
        (r"\|a", 4),
        (r"\|a\|_3", 7),
        (r"\langle a \rangle", 11),
        (r"\sum_{k=1}^{5000} O_k", 1),
        (r"\sum_{k=2}^{1} O_k", 1),
        (r"\sum_{k=1}^{3} O_k - O_k", 22),
        (r"a / \sum_{k=1}^{2} O_k", 5),
        (r"x^{2}^{3}", 6),
        ("a\\", 2),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_column(text: str, column: int) -> None:
    with pytest.raises(FormulaError, match=rf"cannot be read at column {column}:"):
        parse(text)


def test_an_unknown_command_is_named() -> None:
    with pytest.raises(FormulaError, match=r"column 3: \\foo is no command that is read"):
        parse(r"a \foo b")


def test_an_index_without_a_value_is_named() -> None:
    with pytest.raises(FormulaError, match="an index needs its value"):
        parse(r"-\eta s_i \text{ for } i = 1, 2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\frac12 a", 1.5),
        (r"\frac1n a", 0.6),
        (r"\frac a2", 1.5),
        (r"\frac{a}2", 1.5),
        (r"\frac12a", 1.5),
    ],
)
def test_a_fraction_of_single_characters_needs_no_braces(text: str, expected: float) -> None:
    values = {"a": 3.0, "n": 5.0}
    found = parse(text, known=values.__contains__).evaluate(values)
    assert found == pytest.approx(expected, rel=1e-12)
