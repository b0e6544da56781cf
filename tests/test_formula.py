"""Expressions: simplifying changes no value, and what is printed can be read in one way only."""

import ast
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from operator import add, mul, neg, sub, truediv
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.errors import NameLookupError
from autograd_lite.expr.node import Expression, name, number

# A tree is a name, a number, or an operator with trees. Small multiples of powers of two, and small
# whole exponents: what is folded on the way is exact.
Tree = Any

NAMES = ("x", "y", "z")
LEAVES = st.sampled_from([*NAMES, *NAMES, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 4.0])
TREES = st.recursive(
    LEAVES,
    lambda part: st.one_of(
        st.tuples(st.sampled_from("+-*/"), part, part),
        st.tuples(st.just("neg"), part),
        st.tuples(st.just("**"), part, st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0])),
    ),
    max_leaves=9,
)
RATIONALS = st.fractions(min_value=-4, max_value=4, max_denominator=8)
EXACT = 2**16


OPERATORS = {"+": add, "-": sub, "*": mul, "/": truediv, "neg": neg}


def computed(tree: Tree, leaf: Any) -> Any:
    """The tree with Python's operators on whatever ``leaf`` makes of names and numbers."""
    if not isinstance(tree, tuple):
        return leaf(tree)
    operator, *parts = tree
    if operator == "**":
        base, exponent = computed(parts[0], leaf), parts[1]
        return base ** (int(exponent) if isinstance(base, Fraction) else exponent)
    return OPERATORS[operator](*(computed(part, leaf) for part in parts))


def exactly(tree: Tree, values: Mapping[str, Fraction]) -> Fraction:
    """The value of the tree, as a fraction and without any simplification."""
    try:
        return computed(tree, lambda leaf: values[leaf] if leaf in NAMES else Fraction(leaf))
    except ZeroDivisionError:
        assume(False)
        raise


def formula_of(tree: Tree) -> Expression:
    def leaf(given: str | float) -> Expression:
        return name(given, 1.25) if isinstance(given, str) else number(given)

    with np.errstate(all="ignore"):  # at the point where it was recorded it may divide by 0
        formula = computed(tree, leaf)
    assume(all(n.denominator <= EXACT and abs(n) <= EXACT for n in numbers_in(formula)))
    return formula


def numbers_in(formula: Expression) -> list[Fraction]:
    if formula.is_number:
        assume(math.isfinite(formula.value))
        return [Fraction(formula.value)]
    return [found for operand in formula.operands for found in numbers_in(operand)]


class Exact(ast.NodeTransformer):
    """Numbers of a source as fractions, whole exponents as integers."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """The number, called Fraction."""
        return ast.Call(ast.Name("Fraction", ast.Load()), [node], [])


def parsed(source: str, values: Mapping[str, Any]) -> Any:
    """The value of a Python expression, with exact numbers."""
    tree = ast.fix_missing_locations(Exact().visit(ast.parse(source, mode="eval")))
    namespace = {"Fraction": Fraction, "frac": lambda a, b: a / b, **values}
    return eval(compile(tree, source, "eval"), namespace)  # text that this test has made itself


def from_text(text: str) -> str:
    """The text notation as Python: what a reader makes of it."""
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda found: f"**{found[0].translate(raised)}", text)
    return text.replace("·", "*").replace("−", "-").replace("^", "**")


def from_latex(latex: str) -> str:
    """LaTeX as Python: braces are groups, a fraction has two of them."""
    source = latex.replace(r"\left(", "(").replace(r"\right)", ")").replace(r"\cdot", "*")
    source = source.replace(r"\frac{", "frac{").replace("}{", ",").replace("^{", "**{")
    return source.translate(str.maketrans("{}", "()"))


@settings(max_examples=40)
@given(TREES, st.tuples(RATIONALS, RATIONALS, RATIONALS))
def test_simplifying_never_changes_the_value(tree: Tree, point: tuple[Fraction, ...]) -> None:
    values = dict(zip(NAMES, point, strict=True))
    expected = exactly(tree, values)
    formula = formula_of(tree)

    def walk(part: Expression) -> Fraction:
        if part.op is None:
            return values[part.label] if part.label else Fraction(part.value)
        operands = [walk(operand) for operand in part.operands]
        signs = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "negative": "neg"}
        if part.op.name == "power":
            return operands[0] ** int(operands[1])
        return computed((signs[part.op.name], *operands), Fraction)

    assert walk(formula) == expected


@settings(max_examples=60)
@given(TREES, st.tuples(*[st.sampled_from([-2.0, -0.5, 0.5, 1.0, 3.0])] * 3))
def test_evaluating_with_other_numbers_is_computing_with_them(
    tree: Tree, point: tuple[float, ...]
) -> None:
    values = dict(zip(NAMES, point, strict=True))
    expected = exactly(tree, {name: Fraction(value) for name, value in values.items()})
    formula = formula_of(tree)
    assume(abs(expected) < EXACT and expected.denominator < EXACT)
    with np.errstate(all="ignore"):
        found = formula.evaluate(values)
    assert found == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


@settings(max_examples=40)
@given(TREES, st.tuples(RATIONALS, RATIONALS, RATIONALS))
def test_each_notation_can_be_read_in_one_way_only(tree: Tree, point: tuple[Fraction, ...]) -> None:
    values = dict(zip(NAMES, point, strict=True))
    expected = exactly(tree, values)
    formula = formula_of(tree)
    assert parsed(formula.python, values) == expected
    assert parsed(from_text(str(formula)), values) == expected
    assert parsed(from_latex(formula.latex), values) == expected


# As a person writes it.

x, y, z = name("x", 2.0), name("y", 3.0), name("z", 5.0)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (x + -y, "x − y"),
        (x - -y, "x + y"),
        (-x + y, "y − x"),
        (-x + -y, "−x − y"),
        (-2 + x, "x − 2"),
        (0 - x, "−x"),
        (0 - (0 - x), "x"),
        (x * 1, "x"),
        (x / 1, "x"),
        (x**1, "x"),
        (x**0, "1"),
        (x * 0, "0"),
        (x + 0, "x"),
        (x * 3 * y * 2, "6·x·y"),
        (x * x, "x²"),
        (x + x, "2·x"),
        (x * y + x * y, "2·x·y"),
        ((1 - x) * (1 - x), "(1 − x)²"),
        ((1 - x) * (2 - x), "(1 − x)·(2 − x)"),
        (x * (y * z), "x·y·z"),
        (x * (y + z), "x·(y + z)"),
        ((x - y) * -z, "−(x − y)·z"),
        (x - (y - z), "x − (y − z)"),
        (-(x + y), "−(x + y)"),
        (x * (y / z), "x·y / z"),
        ((x / y) * z, "(x / y)·z"),
        (x / (y * z), "x / (y·z)"),
        (x / y / z, "x / (y·z)"),
        ((x + y) ** 2, "(x + y)²"),
        ((x**2) ** 3, "(x²)³"),
        ((-x) ** 2, "(−x)²"),
        (x**-1, "x⁻¹"),
        (x**10, "x¹⁰"),
        (x**2.5, "x^2.5"),
        (x**y, "x^y"),
        (2**x, "2^x"),
        (x ** (y + 1), "x^(y + 1)"),
        (ag.exp(x) ** 2, "exp(x)²"),
        (ag.sigmoid(x - y) * 2, "2·σ(x − y)"),
        (ag.sqrt(x * y), "√(x·y)"),
        (abs(x - y), "|x − y|"),
        (x > 0, "[x > 0]"),
        (x * (1 / 3), "(1 / 3)·x"),
        (-2 / 3 * x, "−(2 / 3)·x"),
        (x * 1.23456789, "1.23457·x"),
        (x * 1e-05, "1e−05·x"),
        (x * 1e20, "1e+20·x"),
        (x * 123456789, "123456789·x"),
        (number(1e15), "1e+15"),
        (number(-1e15) * x, "−1e+15·x"),
    ],
)
def test_the_text_is_what_a_person_writes(formula: Expression, text: str) -> None:
    assert str(formula) == text


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        ((x + 1) / y, r"\frac{x + 1}{y}"),
        (ag.sqrt(x + 1), r"\sqrt{x + 1}"),
        ((x / y) ** 2, r"\left(\frac{x}{y}\right)^{2}"),
        (ag.exp(x) ** 2, r"\left(e^{x}\right)^{2}"),
        (x ** (y + 1), "x^{y + 1}"),
        (-(x + y), r"-\left(x + y\right)"),
        (-(x / (y - z) + 1), r"-\left(\frac{x}{y - z} + 1\right)"),
        (number(1e15), r"1 \cdot 10^{15}"),
        (x * 1.5e-5, r"1.5 \cdot 10^{-5} \cdot x"),
        ((x * 1.5e-5) ** 2, r"\left(1.5 \cdot 10^{-5} \cdot x\right)^{2}"),
        (x * (-1 / 3), r"-\frac{1}{3} \cdot x"),
        (name("w_conv[0,1]", 1.0) ** 2, r"w_{\mathrm{conv},0,1}^{2}"),
    ],
)
def test_the_latex_is_what_a_person_writes(formula: Expression, latex: str) -> None:
    assert formula.latex == latex


def test_python_keeps_every_digit() -> None:
    assert (x * (1 / 3)).python == "1 / 3 * x"
    assert (x * 1e20).python == "1e+20 * x"


def test_a_label_that_looks_like_a_power_is_left_as_it_is() -> None:
    assert str(name("a^2", 1.0) * name("b", 1.0)) == "a^2·b"


def test_a_missing_name_is_asked_for() -> None:
    with pytest.raises(NameLookupError, match=r"x·y needs a value for 'y'; given are x"):
        (x * y).evaluate({"x": 1.0})


def test_names_may_stand_for_arrays() -> None:
    found = (x * (1 - x)).evaluate({"x": np.array([0.5, 0.25])})
    assert found.tolist() == [0.25, 0.1875]


def test_a_formula_may_be_deeper_than_python_recurses() -> None:
    total = x
    for _ in range(8_000):
        total = total + y
    assert total.evaluate({"x": 1.0, "y": 2.0}) == 16_001.0
    product = x
    for count in range(2_000):
        product = product * name(f"f_{count}", 1.0)
    assert str(product).endswith("·f_1998·f_1999")
    assert product.latex.count(r"\cdot") == 2_000
