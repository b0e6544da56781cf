"""A derivative as a sum of products: which factors, up to where, and what they are made of."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.causes.faults import ChainLink, factors, products, summands
from autograd_lite.check.causes.known import Known
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.truth import Ends
from autograd_lite.expr.node import Expression, name, number


def diamond() -> Value:
    """x = 1, a = 2·x = 2, b = 3·x = 3, y = a·b = 6, E = y² = 36; dE/dx = 12·2·3 + 12·3·2."""
    x = Value(1.0, "x")
    a, b = (2 * x).named("a"), (3 * x).named("b")
    return ((a * b).named("y") ** 2).named("E")


def known(root: Value, stated: tuple[Ends, ...] = (), **options: Any) -> Known:
    return Known(Points(named_graph(root)), stated=frozenset(stated), **options)


def labels(found: list[tuple[ChainLink, ...]]) -> list[str]:
    return [" · ".join(link.label for link in product) for product in found]


def numbers(one: Known, found: list[tuple[ChainLink, ...]]) -> list[list[float]]:
    return [[float(link.value(one, one.values)[0]) for link in product] for product in found]


def test_a_derivative_is_written_out_along_every_path() -> None:
    one = known(diamond())
    found = products(one, "E", "x")
    assert labels(found) == ["dE/dy · dy/db · db/dx", "dE/dy · dy/da · da/dx"]
    assert numbers(one, found) == [[12.0, 2.0, 3.0], [12.0, 3.0, 2.0]]


def test_a_derivative_that_the_author_wrote_down_is_one_factor() -> None:
    one = known(diamond(), (Ends("derivative", "E", "a"),))
    found = products(one, "E", "x")
    assert labels(found) == ["dE/dy · dy/db · db/dx", "dE/da · da/dx"]
    assert numbers(one, found) == [[12.0, 2.0, 3.0], [36.0, 2.0]]


def test_what_is_written_down_further_up_is_not_reached_past_what_is_below() -> None:
    stated = Ends("derivative", "E", "a"), Ends("derivative", "E", "b"), Ends("local", "E", "y")
    assert labels(products(known(diamond(), stated), "E", "x")) == [
        "dE/db · db/dx",
        "dE/da · da/dx",
    ]


def test_a_wrong_claim_is_the_number_of_its_factor() -> None:
    ends = Ends("derivative", "E", "a")
    one = known(diamond(), (ends,), claimed={ends: np.array([30.0])})
    assert numbers(one, products(one, "E", "x"))[1] == [30.0, 2.0]


def test_a_wrong_local_derivative_is_the_number_of_its_factor() -> None:
    ends = Ends("local", "y", "a")
    one = known(diamond(), (ends,), claimed={ends: np.array([5.0])})
    assert numbers(one, products(one, "E", "x"))[1] == [12.0, 5.0, 2.0]


def test_other_forward_values_make_other_factors() -> None:
    one = known(diamond())
    (link, *_) = products(one, "E", "x")[0]
    assert link.value(one, {**one.values, "y": np.array([10.0])}).tolist() == [20.0]


def test_without_a_path_there_is_no_product() -> None:
    assert products(known(diamond()), "a", "b") == []
    assert products(known(diamond()), "x", "E") == []


def test_near_there_is_one_product_for_each_quantity_that_is_acted_on() -> None:
    one = known(diamond())
    found = products(one, "E", "x", near=True)
    assert labels(found) == ["dE/db · db/dx", "dE/da · da/dx"]
    assert [link.term is None for link in found[0]] == [True, False]
    assert numbers(one, found) == [[24.0, 3.0], [36.0, 2.0]]


def test_too_many_paths_are_told_near() -> None:
    value = Value(1.0, "x")
    for place in range(5):  # 2**5 paths
        left, right = (value * 2).named(f"l{place}"), (value * 3).named(f"r{place}")
        value = (left + right).named(f"s{place}")
    found = products(known(value), "s4", "x")
    assert labels(found) == ["ds4/dr0 · dr0/dx", "ds4/dl0 · dl0/dx"]


def test_the_products_add_up_to_the_derivative() -> None:
    one = known(diamond())
    for near in (False, True):
        assert sum(np.prod(row) for row in numbers(one, products(one, "E", "x", near))) == 144.0


def test_a_local_derivative_that_is_0_is_no_path() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    root = (ag.maximum(a, b).named("m") * a).named("E")
    assert "dE/da" in labels(products(known(root), "E", "a"))


# Expressions taken apart

A, B, C = name("a", 2.0), name("b", 3.0), name("c", 5.0)


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        (A, ["a"]),
        (2 * A * B, ["2", "a", "b"]),
        (A * (B * C), ["a", "b", "c"]),
        (A / B, ["a", "1/b"]),
        (A / (B / C), ["a", "1/b", "c"]),
        (A / (B * C), ["a", "1/b", "1/c"]),
        (-(A * B), ["a", "b"]),
        (A * (1 - A), ["a", "1 − a"]),
        (A + B, ["a + b"]),
        (A**2 * B, ["a²", "b"]),
        (number(7), ["7"]),
    ],
)
def test_the_factors_of_a_formula(formula: Expression, parts: list[str]) -> None:
    found = factors(formula)
    assert [f"1/{one}" if divides else str(one) for one, divides in found] == parts


@pytest.mark.parametrize("formula", [2 * A * B / C, A / (B / C), -(A * (1 - B)), A**2 / B])
def test_the_product_of_the_factors_is_the_formula_up_to_the_sign(formula: Expression) -> None:
    product = np.prod(
        [1 / one.value if divides else one.value for one, divides in factors(formula)]
    )
    assert abs(product) == pytest.approx(abs(formula.value))


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        (A, [(1, "a")]),
        (A + B, [(1, "a"), (1, "b")]),
        (A - B, [(1, "a"), (-1, "b")]),
        (A - (B - C), [(1, "a"), (-1, "b"), (1, "c")]),
        (C - (A - B), [(1, "c"), (-1, "a"), (1, "b")]),
        (A * B - C, [(1, "a·b"), (-1, "c")]),
    ],
)
def test_the_summands_of_a_formula(formula: Expression, parts: list[tuple[int, str]]) -> None:
    found = summands(formula)
    assert [(sign, str(one)) for sign, one in found] == parts
    assert sum(sign * one.value for sign, one in found) == pytest.approx(formula.value)
