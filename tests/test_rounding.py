"""The bound of the rounding error, against exact arithmetic."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.check.truth.rounding import Rounded, rounding_of
from autograd_lite.expr import node as formula
from autograd_lite.ops.elementwise import add

EPS = 2.0**-52


def exact(value: float) -> Decimal:
    return Decimal(value)


NUMBERS = st.floats(-100, 100, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-3)
FORMS: list[Callable[..., Any]] = [
    lambda a, b, c: a + b - c,
    lambda a, b, c: a * b + b * c + c * a,
    lambda a, b, c: (a - b) * (a + b) - a * c,
    lambda a, b, c: 2 * (a - b) * b * (1 - b) * c,
    lambda a, b, c: (a - c) ** 2 - a**2 + 2 * a * c,
]


@given(a=NUMBERS, b=NUMBERS, c=NUMBERS, form=st.sampled_from(FORMS))
def test_the_error_of_a_computation_is_within_its_bound(
    a: float, b: float, c: float, form: Callable[..., Any]
) -> None:
    named = form(formula.name("a", a), formula.name("b", b), formula.name("c", c))
    with localcontext(prec=200):
        true = form(exact(a), exact(b), exact(c))
        assert abs(exact(named.value) - true) <= exact(EPS * rounding_of(named, {}))


@given(a=NUMBERS, b=NUMBERS, moved=st.floats(-1, 1))
def test_an_error_of_a_name_is_carried_on(a: float, b: float, moved: float) -> None:
    product = formula.name("a", a) * formula.name("b", b)
    with localcontext(prec=200):
        change = abs(exact(a * EPS * moved) * exact(b))
        assert change <= exact(EPS * rounding_of(product, {"a": abs(a)}))


def test_a_difference_that_cancels_has_the_rounding_of_its_parts() -> None:
    difference = formula.name("a", 1e8) - formula.name("b", 1e8 - 1)
    assert rounding_of(difference, {}) == 1e8 + (1e8 - 1)


def test_a_name_has_the_rounding_that_is_known_and_a_number_none() -> None:
    assert rounding_of(formula.name("a", 3.0), {"a": 7.0}) == 7.0
    assert rounding_of(formula.name("a", 3.0), {}) == rounding_of(formula.number(3), {}) == 0.0


def test_a_formula_that_uses_a_part_twice_is_not_walked_twice() -> None:
    book = formula.Book({})
    doubled = book.name("a", 1.0)
    for _ in range(60):
        doubled = book.apply(add, [doubled, doubled], {})
    assert rounding_of(doubled, {}) == pytest.approx(60 * 2.0**60)


def test_a_long_sum_needs_no_recursion() -> None:
    total = formula.name("a", 1.0)
    for _ in range(5000):
        total = total + formula.name("b", 1.0)
    assert rounding_of(total, {}) == sum(range(2, 5002))


@given(a=NUMBERS, b=NUMBERS, u=st.floats(0, 10), v=st.floats(0, 10))
def test_sums_and_products_are_bounded_as_their_formulas_are(
    a: float, b: float, u: float, v: float
) -> None:
    x, y, known = formula.name("x", a), formula.name("y", b), {"x": u, "y": v}
    total, product = Rounded(a, u).plus(Rounded(b, v)), Rounded(a, u).times(Rounded(b, v))
    assert total == pytest.approx((a + b, rounding_of(x + y, known)))
    assert product == pytest.approx((a * b, rounding_of(x * y, known)))
