"""A document's own definition outranks every guess, and counts from where it is."""

from typing import Any

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.claims import Claim
from autograd_lite.check.finding import Finding


def layers() -> Value:
    """u_1 = k_1·s, c_1 = σ(u_1), u_2 = k_2·c_1, Q = (u_2 − g)²."""
    s, g = Constant(1.3, "s"), Constant(0.4, "g")
    k_1, k_2 = Value(-0.7, "k_1"), Value(1.9, "k_2")
    u_1 = (k_1 * s).named("z_1")
    c_1 = ag.sigmoid(u_1).named("c_1")
    u_2 = (k_2 * c_1).named("z_2")
    loss: Value = (u_2 - g) ** 2
    return loss.named("Q")


def findings(*rows: tuple[str, Any], line: int = 0) -> list[Finding]:
    """Each row is a line of its own, but where it has the sign of a chain."""
    claims = []
    for name, given in rows:
        line += not name.startswith("|")
        claims.append(Claim(name=name.lstrip("|"), given=given, line=line))
    return list(ag.compare(layers(), claims).findings)


def verdicts(*rows: tuple[str, Any]) -> list[str]:
    return [one.verdict for one in findings(*rows)]


NUMBERED_FROM_THE_INPUT = (
    (r"\delta_3", "2*(z_2 - g)"),
    (r"\delta_2", r"\delta_3*k_2*c_1*(1 - c_1)"),
    ("dQ/dk_2", r"\delta_3*c_1"),
    ("dQ/dk_1", r"\delta_2*s"),
)


def test_a_numbering_of_the_authors_own_is_right_and_says_under_which_meaning() -> None:
    found = findings(*NUMBERED_FROM_THE_INPUT)
    assert [one.verdict for one in found] == ["right"] * 4
    assert [one.quantity for one in found] == ["dQ/dz_2", "dQ/dz_1", "dQ/dk_2", "dQ/dk_1"]
    assert found[1].reason == r"\delta_2 is dQ/dz_1 here"


def test_the_usual_numbering_stays_what_it_is() -> None:
    found = findings(
        ("delta_2", "2*(z_2 - g)"),
        ("delta_1", "delta_2*k_2*c_1*(1 - c_1)"),
        ("dQ/dk_1", "delta_1*s"),
    )
    assert [one.verdict for one in found] == ["right"] * 3
    assert [one.reason for one in found] == [""] * 3


def test_a_definition_that_is_nothing_known_is_unchecked_and_used() -> None:
    found = findings(
        ("delta_2", "z_2 - g"),  # without the 2, which comes later
        ("dQ/dk_2", "2*delta_2*c_1"),
        ("dQ/dk_2", "delta_2*c_1"),
    )
    assert [one.verdict for one in found] == ["unchecked", "right", "wrong"]


def test_what_is_computed_from_a_wrong_definition_is_wrong() -> None:
    rows = list(NUMBERED_FROM_THE_INPUT)
    rows[1] = (r"\delta_2", r"\delta_3*k_2*c_1")
    assert verdicts(*rows) == ["right", "unchecked", "right", "wrong"]


def test_a_definition_does_not_reach_back() -> None:
    rows = [("dQ/dk_2", "delta_2*c_1"), ("delta_2", "z_2 - g"), ("dQ/dk_2", "delta_2*c_1")]
    assert verdicts(*rows) == ["right", "unchecked", "wrong"]


def test_a_definition_that_cannot_be_computed_leaves_no_guess_behind() -> None:
    found = findings(("delta_2", "2*(z_2 - nonsense)"), ("dQ/dk_1", "delta_2*s"))
    assert [one.verdict for one in found] == ["unchecked", "unchecked"]


@pytest.mark.parametrize("symbol", ["delta", r"\delta", "r", "tmp"])
def test_a_symbol_for_a_quantity_is_that_quantity(symbol: str) -> None:
    found = findings((symbol, "dQ/dc_1"), ("dQ/dk_1", f"{symbol}*c_1*(1 - c_1)*s"))
    assert [one.verdict for one in found] == ["right", "right"]
    assert found[0].reason == f"{symbol} is dQ/dc_1 here"


def test_in_a_chain_the_quantity_decides() -> None:
    found = findings(
        ("delta", "dQ/dz_2"),
        ("|delta", "(z_2 - g)"),
        ("dQ/dk_2", "delta*c_1"),
    )
    assert [one.verdict for one in found] == ["right", "wrong", "right"]
    assert found[1].quantity == "dQ/dz_2"


def test_a_table_of_names_is_no_guess() -> None:
    claims = [("delta_2", "z_2 - g")]
    (finding,) = ag.compare(layers(), claims, names={"delta_2": "dQ/dz_2"}).findings
    assert (finding.verdict, finding.quantity) == ("wrong", "dQ/dz_2")


def test_numbers_of_an_own_numbering_are_right_under_it() -> None:
    z_2 = 1.9 * float(ag.sigmoid(Value(-0.91)).data)
    c = z_2 / 1.9
    first, second = 2 * (z_2 - 0.4), 2 * (z_2 - 0.4) * 1.9 * c * (1 - c)
    rows = ("delta_3", f"{first:.4f}"), ("delta_2", f"{second:.4f}")
    assert verdicts(*rows) == ["right", "right"]
    assert verdicts(("delta_3", f"{first:.4f}"), ("delta_2", "0.7777")) == ["right", "unchecked"]


def test_a_wrong_number_of_a_usual_symbol_is_wrong() -> None:
    assert verdicts(("delta_2", "0.7777")) == ["wrong"]


def test_the_number_of_an_own_formula_is_compared_with_it() -> None:
    z_2 = 1.9 * float(ag.sigmoid(Value(-0.91)).data)
    rows = ("delta_2", "z_2 - g"), ("|delta_2", f"{z_2 - 0.4:.3f}")
    assert verdicts(*rows) == ["unchecked", "right"]
    assert verdicts(rows[0], ("|delta_2", "0.9")) == ["unchecked", "unchecked"]


def test_a_letter_in_the_other_case_may_be_a_symbol_of_its_own() -> None:
    found = findings(("q", "z_2 - g"), ("dQ/dk_2", "2*q*c_1"))
    assert [one.verdict for one in found] == ["unchecked", "right"]
    assert verdicts(("q", "(z_2 - g)**2")) == ["right"]
    assert verdicts(("Q", "z_2 - g")) == ["wrong"]


def test_a_symbol_with_two_usual_meanings_has_the_one_of_its_formula() -> None:
    found = findings(
        ("delta_c_1", "2*(z_2 - g)*k_2*c_1*(1 - c_1)"),
        ("dQ/dk_1", "delta_c_1*s"),
    )
    assert [one.verdict for one in found] == ["right", "right"]
    assert found[0].quantity == "dQ/dz_1"
