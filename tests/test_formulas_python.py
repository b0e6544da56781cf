"""Formulas in Python notation, and what is refused in any notation."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite.check.read.expressions import Expression
from autograd_lite.check.read.formulas import parse
from autograd_lite.errors import FormulaError, ShapeError

X, Y, Z = 0.6, -1.3, 2.1
VALUES = {"x": X, "y": Y, "z": Z, "w₉": 5.0, "H1": 0.25, "s[0]": 7.0, "W[0][1]": 11.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x - y - z", X - Y - Z),
        ("x/y/z", X / Y / Z),
        ("x/y*z", X / Y * Z),
        ("-x**2", -(X**2)),
        ("2**-x", 2**-X),
        ("z**2**3", Z**8),
        ("x - -y", X + Y),
        ("x*-y", -X * Y),
        ("x^2 + z³ − w₉ × H1", X**2 + Z**3 - 1.25),
        ("2x⁻¹", 2 / X),
        ("2(x - 1)", 2 * (X - 1)),
        ("2 x", 2 * X),
        ("(x)(y)z", X * Y * Z),
        ("H1(1 - H1)", 0.1875),
        ("(x + y)²", (X + Y) ** 2),
        ("s[0]*W[0][1]", 77.0),
        ("np.exp(x) + math.exp(y)", math.exp(X) + math.exp(Y)),
        ("σ(x) + sigmoid(y)", 1 / (1 + math.exp(-X)) + 1 / (1 + math.exp(-Y))),
        ("e^-x", math.exp(-X)),
        ("e**(x*y)", math.exp(X * Y)),
        ("tanh²(x) + tanh^2(y)", math.tanh(X) ** 2 + math.tanh(Y) ** 2),
        ("tanh'(x)", 1 - math.tanh(X) ** 2),
        ("relu′(y) + relu'(x)", 1.0),
        ("abs(y) + |y - x|", -Y + X - Y),
        ("√(z) + √z", 2 * math.sqrt(Z)),
        ("max(x, y, z) + min(x, y)", Z + Y),
        ("where(y > 0, x, z) + sign(y)", Z - 1),
        ("[x > 0]*z + (y >= 0)", Z),
        ("[x ≤ 0] + (x<z)", 1.0),
        ("1e-3 + 2.5E+1 + .5 + 2.", 27.501),
        ("(x > 0)(y > 0)", 0.0),
        ("x\n  + y", X + Y),
    ],
)
def test_a_formula_has_its_value(text: str, expected: float) -> None:
    assert parse(text).evaluate(VALUES) == pytest.approx(expected)


# Python itself is the oracle for its own notation.
PYTHON = st.recursive(
    st.sampled_from(["x", "y", "z", "2", "0.5", "1.5e1"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " - "]), inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-{text}"),
        inner.map(lambda text: f"abs({text})**2"),
    ),
    max_leaves=12,
)


@given(PYTHON)
@settings(max_examples=60)
def test_operators_bind_as_in_python(text: str) -> None:
    try:
        expected = eval(text, {"x": X, "y": Y, "z": Z})
    except (ZeroDivisionError, OverflowError):
        return
    assert parse(text).evaluate(VALUES) == pytest.approx(expected)
    assert parse(str(parse(text))).evaluate(VALUES) == pytest.approx(expected)


def spellings(text: str, known: Callable[[str], bool] | None = None) -> list[str]:
    return [one.spelling for one in parse(text, known).references]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dE1/dO1*dO1/dnet_O1*H2", ["dE1/dO1", "dO1/dnet_O1", "H2"]),
        ("∂E/∂O1 · ∂O1 / ∂net_O1", ["∂E/∂O1", "∂O1 / ∂net_O1"]),
        ("dE/dw_conv[0,1] + w_conv[0, 1]", ["dE/dw_conv[0,1]", "w_conv[0, 1]"]),
        ("dE / dw", ["dE", "dw"]),
        ("dE1_dO1/2", ["dE1_dO1"]),
        ("h#2 + W[0][1]", ["h#2", "W[0][1]"]),
        ("mean + σ + max/e", ["mean", "σ", "max", "e"]),
        ("2dE/dw", ["dE/dw"]),
    ],
)
def test_a_reference_is_handed_over_as_it_is_spelled(text: str, expected: list[str]) -> None:
    assert spellings(text) == expected


def test_what_is_known_decides() -> None:
    def among(*names: str) -> Callable[[str], bool]:
        return set(names).__contains__

    assert spellings("d1/d2", among("d1", "d2")) == ["d1", "d2"]
    assert spellings("d1/d2", among("d1", "d2", "d1/d2")) == ["d1/d2"]
    assert spellings("d1/d2", among("d1")) == ["d1/d2"]
    assert spellings("layer.w", among("layer.w")) == ["layer.w"]
    assert spellings("a b", among("a", "b")) == ["a", "b"]
    assert spellings("lambda*2", among("lambda")) == ["lambda"]
    assert spellings("e^x", among("e", "x")) == ["e", "x"]
    assert spellings("W^T", among("W", "T")) == ["W", "T"]
    assert spellings("W^T", among("W")) == ["W"]
    with pytest.raises(FormulaError, match="column 3: f stands there; it is no function"):
        parse("2*f(x)", among("x"))
    with pytest.raises(FormulaError, match="column 1: 2E1 stands there"):
        parse("2E1", among("E1"))
    with pytest.raises(FormulaError, match="σ is a quantity here"):
        parse("σ(x)", among("σ", "x"))


@pytest.mark.parametrize(
    "text",
    [
        "sum(dE/dO_k*w_k for k in 1..2)",
        "sum(dE/dO_k*w_k for k in range(1, 3))",
        "dE/dO_1*w_1 + dE/dO_2*w_2",
    ],
)
def test_a_sum_over_an_index_is_written_out(text: str) -> None:
    values = {"dE/dO_1": 2.0, "w_1": 3.0, "dE/dO_2": 5.0, "w_2": 7.0}
    assert parse(text).evaluate(values) == 41.0


def test_an_index_stands_for_its_number_in_brackets_and_by_itself() -> None:
    found = parse("sum(k*w[k][0]^2 for k in range(3))")
    assert [one.spelling for one in found.references] == ["w[0][0]", "w[1][0]", "w[2][0]"]
    assert found.evaluate({"w[0][0]": 9.0, "w[1][0]": 2.0, "w[2][0]": 3.0}) == 4.0 + 18.0


def test_the_sum_of_an_array_is_a_function() -> None:
    assert parse("sum(x)").evaluate({"x": np.array([1.0, 2.5])}) == 3.5


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("  ", 3),
        ("(x", 3),
        ("x)", 2),
        ("()", 2),
        ("exp()", 5),
        ("x +", 4),
        ("* x", 1),
        ("x y", 3),
        ("x 2", 3),
        ("2 3", 3),
        ("x..", 2),
        ("2..5", 2),
        ("1_000", 2),
        ("0x10", 2),
        ("1e999", 1),
        ("1/2x", 4),
        ("x/2 y", 5),
        ("5 % x", 3),
        ("2½", 2),
        ("2^3x", 4),
        ("x = 3", 3),
        ("x == 3", 3),
        ("x < y < z", 7),
        ("x.y", 2),
        ("x.T.T", 4),
        ("os.system(1)", 3),
        ("__import__('os')", 1),
        ("lambda x: x", 1),
        ("x if y else z", 3),
        ("(x)if(y)else(z)", 4),
        ("x[k]", 1),
        ("[x]", 1),
        ("[x, y", 6),
        ("[[x, y], z", 11),
        ("x[x > 0]", 2),
        ("x % y", 3),
        ("x // y", 3),
        ("x***y", 4),
        ("x; y", 2),
        ("σ''(x)", 3),
        ("max'(x)", 1),
        ("sin(x, y)", 1),
        ("where(x)", 1),
        ("sum(x, axis=a)", 13),
        ("np.foo(x)", 4),
        ("np.nan", 4),
        ("sin x y", 7),
        ("x²^3", 3),
        ("∂E", 3),
        ("∂E/x", 4),
        ("|x", 3),
        ("√", 2),
        ("x # note", 3),
        ("x\0", 2),
        ("'x'", 1),
        ("sum(x_k for k)", 14),
        ("sum(x_k for k in 2..1)", 9),
        ("sum(x_k for k in 1..n)", 21),
        ("sum(x_k for k in 1..2) + x_k", 26),
        ("sum(x_k for k in range(0))", 9),
        ("x_k for k in 1..2", 5),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_column(text: str, column: int) -> None:
    with pytest.raises(FormulaError, match=rf"cannot be read at column {column}:"):
        parse(text)


def test_the_message_says_what_stands_there_and_what_is_needed() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("2*(O1 - t1")
    assert str(caught.value) == (
        "the formula 2*(O1 - t1 cannot be read at column 11: the formula ends; ) is needed there"
    )


LONG = [
    "(" * 10_000,
    "(" * 5_000 + ")" * 5_000,
    "2**" * 3_000 + "2",
    "√" * 5_000 + "x",
    "x" + "ᵀ" * 5_000,
    "exp(" * 2_000,
    r"\ln " * 2_000 + "x",
    "a_{" * 3_000,
    r"\frac{" * 1_600,
    r"\sum_{k=1}^{999}" * 20 + "x_k",
    "-" * 9_999,
    "x" * 20_000,
]


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_deep_and_long_texts_are_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="column"):
        parse(text)


def test_a_formula_may_be_as_deep_and_as_long_as_people_write() -> None:
    deep = parse("(1 + " * 40 + "x" + ")" * 40)
    assert deep.evaluate({"x": 2.0}) == 42.0
    assert parse(str(deep)) == deep
    assert parse("+".join("x" * 4_000)).evaluate({"x": 1.0}) == 4_000.0


# Whatever the text, it is read in full or refused.

PIECES = r"""
a b_1 w_{10} O_k net_{O1} dE/dw \frac{dE}{dw} \frac{∂E}{∂O_k} \partial E ∂E/∂w \frac{ }
{ ( ) [ ] | + - * / @ ^ ** _ = , . .T .. ' ′ < >= 1 2.5 1e3 10 0 e T ᵀ ² ⁻¹ ab x[0] σ( \sigma exp(
\ln sum( max( \sqrt{ √ np. tanh^2( relu'( for k in 1..2 \sum_k \sum_{k=1}^{2} \left( \right) \cdot
\times \odot \, \quad \\ & $ \text{for} \text{net} \Delta \eta \foo W^T \{ \} · × − ≥ ∑ é ½ ₉ [a>0]
\sum_{i=1}^{ \sum_{i,j} x_{ij} \prod_{ 2}x_i \in -1} ^l_j ^2_1 \max_
H1( layer.w lambda # h#2 \mathrm{d} ^{(2)} ^{[1]} ^{+} \mathbf{z} \mathbf W {\bf W} ^Tx ‖ \|
\langle \rangle ⊗ \prod_ \max_k \sum^N \sum_{j \ne i} \mathbb{1} 𝟙 \delta_{ij} %
\begin{bmatrix} \end{bmatrix} \begin{cases} \end{cases} \text{otherwise}
[1,2] [[1],[2]] [:,None] == .std() 1/2 Σ_i x_i
""".split()  # noqa: SIM905  (a list of them would fill a screen)
TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from([*PIECES, " "]), max_size=14).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
)
KNOWN: list[Callable[[str], bool] | None] = [
    None,
    {"a", "b", "b_1", "O_1", "O_2", "w_{10}", "e", "layer.w", "dE", "dw"}.__contains__,
    lambda spelling: len(spelling) % 2 == 0,
    lambda _: True,
    lambda _: False,
]


def value_of(expression: Expression, scale: float) -> Any:
    """The value where each spelling has a number of its own."""
    names = {one.spelling for one in expression.references}
    values = {name: scale * (1 + sum(map(ord, name)) % 97 / 97) for name in names}
    try:
        return expression.evaluate(values)
    except ShapeError:  # @ between numbers, in NumPy too
        return math.nan


@given(TEXTS, st.sampled_from(KNOWN))
@settings(max_examples=100)
def test_any_text_is_read_or_refused_and_what_is_written_reads_the_same(
    text: str, known: Callable[[str], bool] | None
) -> None:
    try:
        expression = parse(text, known)
    except FormulaError:
        return
    again = parse(str(expression), known)
    assert str(again) == str(expression)
    for scale in (0.9, -1.7):
        np.testing.assert_equal(value_of(again, scale), value_of(expression, scale))


# Functions along axes, and methods


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(X, axis=0)", [3.0, 5.0, 7.0]),
        ("np.sum(X, axis=-1, keepdims=True)", [[3.0], [12.0]]),
        ("X.sum(axis=1)", [3.0, 12.0]),
        ("X.sum(0)", [3.0, 5.0, 7.0]),
        ("(X - 1).mean()", 1.5),
        ("X.T.dot(y)", [6.0, 9.0, 12.0]),
        ("max(X, axis=0)", [3.0, 4.0, 5.0]),
        ("y/len(y)", [0.5, 1.0]),
    ],
)
def test_arrays_are_reduced_as_numpy_does(text: str, expected: object) -> None:
    values = {"X": np.arange(6.0).reshape(2, 3), "y": np.array([1.0, 2.0])}
    found = parse(text, known=values.__contains__).evaluate(values)
    assert np.asarray(found).tolist() == expected


@pytest.mark.parametrize(
    ("text", "column"),
    [("X.cumsum()", 2), ("X.sum(axis=q)", 12), ("X.sum", 6), ("sum(X, keepdims=5)", 17)],
)
def test_methods_and_options_that_are_not_read_are_refused(text: str, column: int) -> None:
    with pytest.raises(FormulaError, match=f"at column {column}:"):
        parse(text, known={"X", "q"}.__contains__)
