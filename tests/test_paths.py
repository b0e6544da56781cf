"""Paths: all of them, the largest of them, and how many there are."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.chain import rule as paths_module
from autograd_lite.chain.graph import Term
from models.notebook import loss


def six(value: float) -> str:
    """Six significant digits, with a minus sign."""
    return f"{value:.6g}".replace("-", "−")


# Random graphs: everything by brute force.

GRAPHS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from([-1.5, -0.5, 0.25, 1.0, 2.0])),
        min_size=1,
        max_size=3,
    ),
    min_size=1,
    max_size=8,
)


def weighted_sums(graph: list[list[tuple[int, float]]]) -> Value:
    """Each value a weighted sum of values before it; the last is the result."""
    values = [Value(1.0, "x")]
    for number, parts in enumerate(graph):
        total = sum((values[place % len(values)] * weight for place, weight in parts), Value(0.0))
        values.append(total.named(f"y{number}"))
    return values[-1]


def products_by_brute_force(root: Value) -> list[float]:
    """The product of every path from x to the result, one by one."""
    by_child: dict[str, list[Term]] = {}
    for term in ag.terms(root):
        by_child.setdefault(term.child, []).append(term)

    def down(name: str, product: float) -> Iterator[float]:
        if name == "x":
            yield product
        for term in by_child.get(name, []):
            if not term.vanishes:
                yield from down(term.parent, product * term.value)

    return list(down(root.label, 1.0))


@settings(max_examples=30)
@given(GRAPHS)
def test_on_random_graphs_paths_are_those_of_brute_force(
    graph: list[list[tuple[int, float]]],
) -> None:
    root = weighted_sums(graph)
    expected = products_by_brute_force(root)
    if not expected:
        return
    rule = ag.chain_rule(root, "x", limit=max(1, len(expected)))
    assert rule.count == len(expected)
    assert sorted(path.value for path in rule.paths) == pytest.approx(sorted(expected), rel=1e-12)
    assert rule.value == pytest.approx(math.fsum(expected), rel=1e-12, abs=1e-9)
    assert (rule.remaining, rule.remainder) == (0, 0.0)


@settings(max_examples=30)
@given(GRAPHS, st.integers(1, 4))
def test_above_the_limit_the_largest_are_listed(
    graph: list[list[tuple[int, float]]], limit: int
) -> None:
    root = weighted_sums(graph)
    expected = sorted(map(abs, products_by_brute_force(root)), reverse=True)
    if len(expected) <= limit:
        return
    rule = ag.chain_rule(root, "x", limit=limit)
    assert [abs(path.value) for path in rule.paths] == pytest.approx(expected[:limit], rel=1e-12)
    assert rule.remaining == len(expected) - limit
    listed = math.fsum(path.value for path in rule.paths)
    assert listed + rule.remainder == pytest.approx(rule.value, rel=1e-12, abs=1e-9)


def test_what_is_not_listed_is_counted_and_summed() -> None:
    rule = ag.chain_rule(loss(), "w_conv[0,0]", limit=3)
    whole = ag.chain_rule(loss(), "w_conv[0,0]")
    largest = sorted((abs(path.value) for path in whole.paths), reverse=True)
    assert [abs(path.value) for path in rule.paths] == largest[:3]
    rest = math.fsum(one.value for one in whole.paths) - math.fsum(one.value for one in rule.paths)
    assert rule.remaining == 13
    assert rule.remainder == pytest.approx(rest, rel=1e-12)
    text = str(rule).split("\n")
    assert text[3].endswith("+ … and 13 more paths")
    assert text[7].endswith("+ …")
    assert text[11].strip() in {f"+ {six(rest)} from the others", f"− {six(-rest)} from the others"}
    assert r"+ \dots \;(\text{13 more})" in rule.latex()


# Many paths.


def ladder(rungs: int, weight: float = 0.1) -> Value:
    """2**rungs paths, all of the same size."""
    a = b = Value(1.0, "x")
    for rung in range(rungs):
        a, b = (
            (weight * a + weight * b).named(f"a{rung}"),
            (weight * a + weight * b).named(f"b{rung}"),
        )
    return (a + b).named("E")


@pytest.mark.parametrize("weight", [0.1, 1.0, 0.0])
def test_very_many_paths_are_counted_listed_and_printed(weight: float) -> None:
    rule = ag.chain_rule(ladder(60, weight), "x")
    assert rule.count == (2**60 if weight else 0)
    assert rule.value == pytest.approx(2 * (2 * weight) ** 60, rel=1e-12)
    assert len(rule.paths) == (24 if weight else 0)
    text = str(rule)
    if weight:
        assert "and 1,152,921,504,606,846,952 more paths" in text
        assert repr(rule).endswith("1,152,921,504,606,846,976 paths>")


def test_paths_that_are_0_at_this_point_are_paths() -> None:
    a = b = Value(0.0, "x")
    for rung in range(60):
        a, b = (a * b + a).named(f"a{rung}"), (a * b + b).named(f"b{rung}")
    rule = ag.chain_rule((a * b).named("E"), "x")
    assert rule.count == 2**60
    assert rule.value == 0.0
    assert len(rule.paths) == 24


def test_listing_takes_work_by_the_edge_and_not_by_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = [0]

    def counting(limit: int, paths: Any, key: Any) -> list[Any]:
        found = list(paths)
        entries[0] += len(found)
        return sorted(found, key=key, reverse=True)[:limit]

    monkeypatch.setattr(paths_module.heapq, "nlargest", counting)
    counts = []
    for rungs in (20, 40, 80):
        entries[0] = 0
        assert len(ag.chain_rule(ladder(rungs), "x", limit=5).paths) == 5
        counts.append(entries[0])
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])


def test_a_chain_may_be_longer_than_python_recurses() -> None:
    h = Value(1.0, "x")
    for step in range(1_200):
        h = (h * 1.0001).named(f"h{step}")
    rule = ag.chain_rule(h, "x")
    assert rule.count == 1
    assert rule.value == pytest.approx(1.0001**1_200, rel=1e-12)
    assert str(rule).count("∂") == 2 * 1_200 + 2
    assert rule.latex().count(r"\frac") == 1_200 + 1
    assert len(rule.factored) == 1
