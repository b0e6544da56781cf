"""Expressions: evaluation by the package's ops, and the parts that a mistake can be named by."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite.check.read.expressions import Number, Reference
from autograd_lite.check.read.formulas import parse
from autograd_lite.errors import NameLookupError, ShapeError
from autograd_lite.op import REGISTRY, Elementwise

FINITE = st.floats(-3, 3)


@given(FINITE, FINITE, FINITE)
@settings(max_examples=40)
def test_numbers_are_computed_as_by_python(a: float, b: float, c: float) -> None:
    found = parse("2*(a - b)*a*(1 - a) - c**2/4 + 1.5e-1").evaluate({"a": a, "b": b, "c": c})
    assert found == pytest.approx(2 * (a - b) * a * (1 - a) - c**2 / 4 + 0.15)
    assert type(found) is float


def test_arrays_are_computed_element_by_element() -> None:
    x = np.array([-1.0, 0.0, 2.0])
    assert parse("2*x*[x > 0] + 1").evaluate({"x": x}).tolist() == [1.0, 1.0, 5.0]


def test_matrices_are_multiplied_transposed_and_summed() -> None:
    W, d = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([10.0, 1.0])
    values = {"W": W, "d": d}
    assert parse("W.T @ d").evaluate(values).tolist() == [14.0, 25.0, 36.0]
    assert parse("sum(W) + mean(d) + max(d)").evaluate(values) == 21 + 5.5 + 10
    assert parse("outer(d, d)").evaluate(values).tolist() == [[100.0, 10.0], [10.0, 1.0]]
    assert parse("dot(d, d)").evaluate(values) == 101.0


def test_a_product_on_paper_is_read_in_either_way_and_others_are_what_they_are() -> None:
    values = {"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "x": np.array([1.0, 10.0])}
    for text in ("W·x", r"W \, x", r"W \cdot x"):
        assert parse(text).evaluate(values).tolist() == [[1.0, 20.0], [3.0, 40.0]]
        assert parse(text).evaluate(values, products="vectors").tolist() == [21.0, 43.0]
    for text in ("W*x", r"W \odot x"):
        for products in ("elements", "matrices", "vectors"):
            found = parse(text).evaluate(values, products=products)
            assert found.tolist() == [[1.0, 20.0], [3.0, 40.0]]
            assert parse("W @ x").evaluate(values, products=products).tolist() == [21.0, 43.0]
    assert parse("2·x").evaluate(values, products="vectors").tolist() == [2.0, 20.0]


def test_vectors_on_paper_are_columns() -> None:
    values = {"a": np.array([1.0, 10.0]), "b": np.array([2.0, 3.0])}
    for text, vectors in (
        (r"a \cdot b", 32.0),
        (r"a^\top b", 32.0),
        (r"a \, b^\top", [[2.0, 3.0], [20.0, 30.0]]),
    ):
        for products in ("elements", "matrices"):
            assert parse(text).evaluate(values, products=products).tolist() == [2.0, 30.0]
        found = parse(text).evaluate(values, products="vectors")
        assert np.asarray(found).tolist() == vectors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/x", math.inf),
        ("log(x)", -math.inf),
        ("exp(1000)", math.inf),
        ("0*log(x)", math.nan),
        ("sqrt(x - 1)", math.nan),
        ("sqrt'(x)", math.inf),
        ("9**9**9", math.inf),
    ],
)
def test_what_is_not_finite_is_so_without_a_warning(text: str, expected: float) -> None:
    assert parse(text).evaluate({"x": 0.0}) == pytest.approx(expected, nan_ok=True)
    assert parse(text).evaluate({"x": np.zeros(1)}) == pytest.approx(expected, nan_ok=True)


UNARY = sorted(
    name for name, op in REGISTRY.items() if isinstance(op, Elementwise) and op.arity == 1
)


@pytest.mark.parametrize("name", UNARY)
def test_the_derivative_of_every_function_agrees_with_a_difference(name: str) -> None:
    op, step = REGISTRY[name], 1e-6
    assert isinstance(op, Elementwise)
    x = max(0.7, op.domain[0][0] + 0.1)
    f, slope = parse(f"{name}(x)"), parse(f"{name}′(x)")
    difference = (f.evaluate({"x": x + step}) - f.evaluate({"x": x - step})) / (2 * step)
    assert slope.evaluate({"x": x}) == pytest.approx(difference, abs=1e-8)
    assert slope.evaluate({"x": np.array([x, x])}) == pytest.approx([difference] * 2, abs=1e-8)


def test_references_stand_in_order_with_their_columns_and_once() -> None:
    found = parse("2*(O1 - t2)*O1 + dE/dw_9").references
    assert [(one.spelling, one.column) for one in found] == [("O1", 4), ("t2", 9), ("dE/dw_9", 18)]


def test_literals_keep_their_digits() -> None:
    assert parse("0.50*x + 1e-3 - 2.").literals == ("0.50", "1e-3", "2.")


def test_terms_are_the_summands_with_their_signs() -> None:
    found = [(sign, str(part)) for sign, part in parse("-a*b + (c - (d + 1)) - e").terms]
    assert found == [(-1, "a*b"), (1, "c"), (-1, "d"), (-1, "1"), (-1, "e")]
    assert [sign for sign, _ in parse("a*(b + c)").terms] == [1]


def test_references_can_be_replaced() -> None:
    found = parse("a*exp(b) - [a > b]^2").map(
        lambda one: Number("3") if one.spelling == "a" else one
    )
    assert str(found) == "3*exp(b) − [3 > b]²"


def test_a_missing_value_is_named() -> None:
    with pytest.raises(NameLookupError, match="value for 'b'; given are a"):
        parse("a*b").evaluate({"a": 1.0})


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ShapeError, match="multiply"):
        parse("a*b").evaluate({"a": np.ones(2), "b": np.ones(3)})


def test_equal_trees_are_equal_wherever_they_stand() -> None:
    assert parse("(a)*b") == parse("a * b")
    assert parse("a*b") != parse("b*a")
    assert Reference("a", 1) == Reference("a", 5)
