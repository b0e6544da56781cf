"""Comparisons of Values: joined by &, |, ~, and as the mask of an index."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, GraphError, Value

X = np.array([0.5, -1.0, 2.0])
JOINED: dict[str, Callable[[Any], Any]] = {
    "and": lambda x: (x > 0) & (x < 1),
    "or": lambda x: (x < 0) | (x > 1),
    "not": lambda x: ~(x > 0),
    "xor": lambda x: (x > 0) ^ (x > 1),
    "of three": lambda x: ~((x > 0) & (x < 1)) | (x == -1.0),
    "with an array": lambda x: np.array([True, True, False]) & (x > 0),
    "with a truth value": lambda x: (x > 0) | False,
}


@pytest.mark.parametrize("name", JOINED)
def test_joined_comparisons_are_those_of_numpy(name: str) -> None:
    assert np.array_equal(JOINED[name](Value(X)).data, JOINED[name](X))


@pytest.mark.parametrize("name", JOINED)
def test_they_are_decided_anew_for_other_numbers(name: str) -> None:
    x = Value(X, "x")
    step = ag.compile((ag.where(JOINED[name](x), x, 0.0)).sum())
    assert step(x=-X)[0] == np.where(JOINED[name](-X), -X, 0.0).sum()


@pytest.mark.parametrize("join", [lambda x: x & (x > 0), lambda x: ~x, lambda x: 2.0 | (x > 0)])
def test_what_is_no_comparison_is_not_joined(join: Callable[[Any], Any]) -> None:
    with pytest.raises(DataError, match=r"joins comparisons, as in \(x > 0\) & \(x < 1\)"):
        join(Value(X))


def test_a_comparison_as_an_index_takes_what_it_holds_for() -> None:
    x = Value(X, "x")
    y = x[x > 0]
    assert y.data.tolist() == [0.5, 2.0]
    (y * [10.0, 20.0]).sum().backward()
    assert x.grad.tolist() == [10.0, 0.0, 20.0]


def test_a_mask_of_one_axis_beside_a_slice() -> None:
    x = Value(np.arange(6.0).reshape(2, 3), "x")
    taken = x[:, (x.sum(axis=0) > 4)]
    assert taken.data.tolist() == [[1.0, 2.0], [4.0, 5.0]]


def test_what_was_taken_by_its_own_numbers_is_drawn_and_checked() -> None:
    x = Value(X, "x")
    y = (x[(x > 0) & (x < 1)] ** 2).sum().named("y")
    assert [str(term) for term in ag.terms(y)] == ["∂y/∂x[0] = 2·x[0] = 1"]
    assert ag.check_grad(lambda v: (v[v > 0] ** 2).sum(), X).ok


@pytest.mark.parametrize(
    "use",
    [ag.compile, ag.derive, lambda y: ag.derive(y, "tensor")],
    ids=["compile", "scalar", "tensor"],
)
def test_what_is_for_other_numbers_too_refuses_a_mask_of_these(use: Callable[[Any], Any]) -> None:
    x = Value(X, "x")
    with pytest.raises(GraphError, match=r"write ag\.where\(x > 0, x, 0\.0\)"):
        use((x[x > 0] ** 2).sum().named("y"))
    use((x[x.data > 0] ** 2).sum().named("y"))
