"""Forward values carried on from stated ones, in numbers worked out by hand."""

import pytest

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.chain.graph import NamedGraph, named_graph
from autograd_lite.check.judge.follow import (
    Carried,
    Inherited,
    Ledger,
    Stated,
    carried_values,
    evaluated,
)
from autograd_lite.check.truth.truth import Ends


def chain() -> NamedGraph:
    """h = 2·w = 6, k = h² = 36, m = 5·w = 15, E = k + m = 51."""
    w = Value(3.0, "w")
    h, m = (2 * w).named("h"), (5 * w).named("m")
    k = (h * h).named("k")
    return named_graph((k + m).named("E"))


TRUE = {"w": 3.0, "h": 6.0, "k": 36.0, "m": 15.0, "E": 51.0}


def said(name: str, given: float, half: float = 0.0) -> Stated:
    right = abs(given - TRUE[name]) <= half
    return Stated(Ends("value", name), given, half, half, 2.0**-52, right)


def carried(*stated: Stated) -> tuple[dict[str, dict[str, Carried]], Ledger]:
    ledger = Ledger(stated)
    return carried_values(chain(), ledger), ledger


def test_nothing_stated_carries_nothing() -> None:
    assert carried()[0] == {}


def test_a_wrong_value_is_carried_to_all_that_is_computed_from_it() -> None:
    found, _ = carried(said("h", 5.0))
    assert found["wrong"] == {
        "h": Carried(5.0, 0.0, frozenset({0})),
        "k": Carried(25.0, 0.0, frozenset({0})),
        "E": Carried(40.0, 0.0, frozenset({0})),
    }


def test_a_right_value_carries_its_digits_only_where_all_are_the_printed_ones() -> None:
    found, _ = carried(said("h", 6.0, half=0.05))
    assert set(found) == {"printed"}
    assert found["printed"]["h"] == Carried(6.0, 0.05)
    # k moves by (6.05)² − 36 = 0.6025, E by as much.
    assert found["printed"]["k"].off == pytest.approx(0.6025)
    assert found["printed"]["E"].off == pytest.approx(0.6025)


def test_a_value_that_was_computed_from_a_wrong_one_follows() -> None:
    found, ledger = carried(said("h", 5.0), said("E", 40.0), said("k", 25.0))
    assert ledger.found == {1: Inherited(frozenset({0})), 2: Inherited(frozenset({0}))}
    assert found["wrong"]["E"].marks == frozenset({0})


def test_a_value_that_was_not_is_a_mistake_of_its_own_and_goes_on() -> None:
    found, ledger = carried(said("h", 5.0), said("k", 30.0), said("E", 45.0))
    assert ledger.found == {2: Inherited(frozenset({1}))}
    assert found["wrong"]["E"] == Carried(45.0, 0.0, frozenset({1}))


def test_two_mistakes_meet() -> None:
    _, ledger = carried(said("k", 30.0), said("m", 10.0), said("E", 40.0))
    assert ledger.found == {2: Inherited(frozenset({0, 1}))}


def test_a_right_value_after_a_wrong_one_stops_the_mistake() -> None:
    found, ledger = carried(said("h", 5.0), said("k", 36.0), said("E", 51.0))
    assert ledger.found == {}
    assert set(found["wrong"]) == {"h"}


def test_a_wrong_leaf_is_where_it_starts() -> None:
    found, _ = carried(said("w", 4.0))
    assert {name: one.number for name, one in found["wrong"].items()} == {
        "w": 4.0,
        "h": 8.0,
        "k": 64.0,
        "m": 20.0,
        "E": 84.0,
    }


def test_the_rounding_of_printed_numbers_above_is_no_mistake() -> None:
    # h is printed as 6.0, really 5.96: k = 35.52 is not 36, but within the digits of h.
    _, ledger = carried(said("h", 6.0, half=0.05), said("k", 35.52))
    assert ledger.found == {1: Inherited(frozenset())}


def test_a_formula_is_evaluated_where_one_of_its_names_is_carried() -> None:
    graph = named_graph((Value(3.0, "a") * Value(5.0, "b")).named("c"))
    definition = graph.definition("c")
    assert evaluated(graph, definition, {}) is None
    assert evaluated(graph, definition, {"x": Carried(1.0)}) is None
    both = {"a": Carried(2.0, 0.1, frozenset({1})), "b": Carried(7.0, 0.01, frozenset({2}))}
    found = evaluated(graph, definition, both)
    assert found == Carried(14.0, pytest.approx(0.1 * 7 + 0.01 * 2), frozenset({1, 2}))


def test_a_carried_value_outside_of_a_domain_gives_no_warning() -> None:
    graph = named_graph(ag.log(Value(3.0, "a")).named("c"))
    found = evaluated(graph, graph.definition("c"), {"a": Carried(-1.0)})
    assert found is not None
    assert found.number != found.number  # nan
