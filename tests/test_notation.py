"""Names, numbers and ops, written down."""

import ast
import itertools
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.expr.notation import (
    OPERATORS,
    Written,
    apply,
    in_python,
    latex_name,
    printable,
    short,
    written_number,
)
from autograd_lite.op import Precedence
from autograd_lite.ops.elementwise import add, divide, exp, multiply, power
from autograd_lite.ops.selection import largest

ODD = ['a"b', "<b>", "&amp;", r"\N", "{", "}", "{}", "$x$", "50 %", "#1", "^", "~", "a b", "σ"]
LOOSE, PRODUCT, SIGNED = (
    Written("a", binds) for binds in (Precedence.SUM, Precedence.PRODUCT, Precedence.SIGN)
)


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x"),
        ("w_9", "w_{9}"),
        ("w9", "w_{9}"),
        ("w_12", "w_{12}"),
        ("x_i", "x_{i}"),
        ("net_O1", r"\mathrm{net}_{\mathrm{O1}}"),
        ("w_conv", r"w_{\mathrm{conv}}"),
        ("w_conv[0,1]", r"w_{\mathrm{conv},0,1}"),
        ("fm[2,1]", r"\mathrm{fm}_{2,1}"),
        ("hidden", r"\mathrm{hidden}"),
        ("alpha", r"\alpha"),
        ("theta_1", r"\theta_{1}"),
        ("Sigma", r"\Sigma"),
        ("alphabet", r"\mathrm{alphabet}"),
        ("a_b_c", r"a_{\mathrm{b\_c}}"),
        ("h#2", r"h_{\#2}"),
        ("h#2[0]", r"h_{\#2,0}"),
        ("H1#2", r"H_{1,\#2}"),
        ("σ", r"\sigma"),
        ("Δ_α", r"\Delta_{\alpha}"),
        ("∂E/∂w_9", r"\frac{\partial E}{\partial w_{9}}"),
        ("∂E/∂s[0]", r"\frac{\partial E}{\partial s_{0}}"),
        ("in layer 2", r"\text{in layer 2}"),
        ("50 %", r"\text{50 \%}"),
        (r"a\b", r"\text{a\textbackslash{}b}"),
        ("x[{]", r"\text{x[\{]}"),
        ("x^2", r"\text{x\textasciicircum{}2}"),
        ("a~b&c#d$e", r"\text{a\textasciitilde{}b\&c\#d\$e}"),
    ],
)
def test_a_name_in_latex(name: str, latex: str) -> None:
    assert latex_name(name) == latex


def braces_balance(latex: str) -> bool:
    depth = 0
    for brace in re.findall(r"\\.|[{}]", latex):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


@given(st.one_of(st.sampled_from(ODD), st.text(max_size=12)))
def test_the_latex_of_any_name_is_closed_and_keeps_every_letter(name: str) -> None:
    latex = latex_name(name)
    assert braces_balance(latex)
    words = re.sub(r"\\(text(backslash|ascii\w+)|mathrm|text|frac|partial)|\\", "", latex)
    for letter in "σδ":  # which LaTeX has as words
        words = words.replace(unicodedata.name(letter).split()[-1].lower(), letter)
    assert [one for one in name if one.isalnum()] == [one for one in words if one.isalnum()]


@pytest.mark.parametrize(
    ("value", "text", "latex", "python"),
    [
        (0.0, "0", "0", "0"),
        (-0.0, "0", "0", "0"),
        (-2.0, "−2", "-2", "-2"),
        (0.25, "0.25", "0.25", "0.25"),
        (-0.25, "−0.25", "-0.25", "-0.25"),
        (1 / 3, "1 / 3", r"\frac{1}{3}", "1 / 3"),
        (-5 / 784, "−5 / 784", r"-\frac{5}{784}", "-5 / 784"),
        (1.23456789, "1.23457", "1.23457", "1.23456789"),
        (10 + 1 / 512, "5121 / 512", r"\frac{5121}{512}", "10.001953125"),
        (100 + 1 / 512, "51201 / 512", r"\frac{51201}{512}", "51201 / 512"),
        (1.5e-7, "1.5e−07", r"1.5 \cdot 10^{-7}", "1.5e-07"),
        (1e15, "1e+15", r"1 \cdot 10^{15}", "1000000000000000.0"),
        (123456789.0, "123456789", "123456789", "123456789"),
        (float("inf"), "inf", r"\infty", 'float("inf")'),
        (float("nan"), "nan", "nan", 'float("nan")'),
    ],
)
def test_a_number_in_each_notation(value: float, text: str, latex: str, python: str) -> None:
    written = [written_number(value, how).text for how in ("text", "latex", "python")]
    assert written == [text, latex, python]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_python_is_the_number(value: float) -> None:
    assert eval(written_number(value, "python").text) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_short_number_has_six_digits_and_no_negative_zero(value: float) -> None:
    shown = short(value).replace("−", "-")
    assert float(shown) == pytest.approx(value, rel=5e-6, abs=1e-300)
    assert shown != "-0"
    assert len(re.sub(r"e.*|\D", "", shown).lstrip("0")) <= 6


@pytest.mark.parametrize(
    ("op", "notation", "operands", "expected"),
    [
        (multiply, "text", [LOOSE, Written("c")], "(a)·c"),
        (multiply, "latex", [LOOSE, Written("c")], r"\left(a\right) \cdot c"),
        (divide, "text", [PRODUCT, PRODUCT], "a / (a)"),
        (divide, "latex", [LOOSE, PRODUCT], r"\frac{a}{a}"),
        (power, "text", [Written("x"), Written("12")], "x¹²"),
        (power, "text", [Written("x"), Written("−1", Precedence.SIGN)], "x⁻¹"),
        (power, "text", [Written("x"), Written("0.5")], "x^0.5"),
        (power, "text", [Written("x"), Written("1e+20")], "x^1e+20"),
        (power, "python", [SIGNED, Written("2")], "(a) ** 2"),
        (largest, "text", [Written("a"), Written("b"), Written("c")], "max(a, b, c)"),
        (add, "text", [Written("{}"), Written("^")], "{} + ^"),
    ],
)
def test_an_op_on_written_operands(op, notation, operands, expected) -> None:  # type: ignore[no-untyped-def]
    assert apply(op, notation, operands).text == expected


def test_python_reads_nested_operators_as_they_were_nested() -> None:
    for outer, inner in itertools.product(OPERATORS, repeat=2):
        part = in_python(inner, [Written(one) for one in "xyz"[: inner.count("{")]])
        for place in range(outer.count("{")):
            operands = [Written(one) for one in "abc"[: outer.count("{")]]
            operands[place] = part
            found = in_python(outer, operands)
            operands[place] = Written(f"({part.text})")
            expected = in_python(outer, operands)
            assert ast.dump(ast.parse(found.text)) == ast.dump(ast.parse(expected.text))


def test_what_is_in_braces_binds_tightly_until_it_is_raised() -> None:
    raised = apply(exp, "latex", [Written("x")])
    assert apply(multiply, "latex", [raised, raised]).text == r"e^{x} \cdot e^{x}"
    assert apply(power, "latex", [raised, Written("2")]).text == r"\left(e^{x}\right)^{2}"


@given(st.text(max_size=20))
def test_a_printable_text_is_one_line_and_keeps_what_was_printable(text: str) -> None:
    assert printable(text).isprintable()
    if text.isprintable():
        assert printable(text) == text
