"""The chain rule as JSON, as a list, and in the width of a terminal."""

import json

import pytest

from autograd_lite import Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.chain.rule import chain_rule, folded, graph_as_dict, listing, rule_as_dict
from models.notebook import loss


def product() -> Value:
    return (Value(2.0, "a") * Value(3.0, "b")).named("E")


def test_a_listing_has_every_value_and_every_local_derivative() -> None:
    assert (
        listing(named_graph(product()))
        == "a = 2\nb = 3\nE = a·b = 6\n\n∂E/∂a = b = 3\n∂E/∂b = a = 2"
    )


def test_a_graph_is_plain_data() -> None:
    assert json.loads(json.dumps(graph_as_dict(named_graph(product())))) == {
        "output": "E",
        "values": [
            {"name": "a", "kind": "weight", "formula": "2", "value": 2.0},
            {"name": "b", "kind": "weight", "formula": "3", "value": 3.0},
            {"name": "E", "kind": "value", "formula": "a·b", "value": 6.0},
        ],
        "terms": [
            {"child": "E", "parent": "a", "formula": "b", "value": 3.0},
            {"child": "E", "parent": "b", "formula": "a", "value": 2.0},
        ],
    }


def test_a_chain_rule_is_plain_data_whose_paths_add_up() -> None:
    content = json.loads(json.dumps(rule_as_dict(chain_rule(loss(), "w_1"))))
    assert (content["output"], content["wrt"], content["count"]) == ("E", "w_1", 2)
    assert sum(path["value"] for path in content["paths"]) == pytest.approx(content["value"])
    first = content["paths"][0]["terms"]
    assert [term["parent"] for term in first] == ["E1", "O1", "net_O1", "H1", "net_H1", "w_1"]
    assert content["factored"][0] == {
        "name": "∂E/∂w_1",
        "formula": "∂E/∂H1·H1·(1 − H1)·s_1",
        "value": pytest.approx(content["value"]),
    }


def test_paths_above_the_limit_are_counted_and_added_up() -> None:
    content = rule_as_dict(chain_rule(loss(), "w_conv[0,0]", limit=3))
    assert (content["count"], len(content["paths"]), content["remaining"]) == (16, 3, 13)
    listed = sum(path["value"] for path in content["paths"])
    assert listed + content["remainder"] == pytest.approx(content["value"])


def test_formulas_are_broken_before_a_term_or_else_a_factor() -> None:
    assert folded("∂E/∂w = a·b·c + d·e·f + g", 18) == (
        "∂E/∂w = a·b·c\n        + d·e·f\n        + g"
    )
    assert folded("x = a·b·c·d", 8) == "x = a·b\n    ·c·d"
    assert folded("x = (a − b)·(c − d)", 12) == "x = (a − b)\n    ·(c − d)"


def test_what_fits_or_cannot_be_broken_stays_as_it_is() -> None:
    text = "x = a + b\n\n  + c\nno formula, only one long line of words"
    assert folded(text, 20) == text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_folding_loses_nothing(width: int) -> None:
    text = str(chain_rule(loss(), "w_conv[0,0]"))
    lines = folded(text, width).splitlines()
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert width < 80 or max(map(len, lines)) <= width
