"""What is taken for a set of claims."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd_lite import ClaimError, Value
from autograd_lite.check.claims import Claim, read_claims


def pairs(claims: Any) -> list[tuple[str, Any]]:
    return [(claim.name, claim.given) for claim in read_claims(claims)]


def test_claims_are_a_mapping_or_pairs_in_which_a_name_may_come_twice() -> None:
    assert pairs({"H1": 1}) == [("H1", 1)]
    assert pairs(iter([("H1", 1), ["H1", 2]])) == [("H1", 1), ("H1", 2)]
    assert pairs([]) == []


def test_claims_with_their_lines_come_through_as_they_are() -> None:
    claim = Claim(name="H1", given="0.5", line=3, where="cell 2", others=("h",))
    assert read_claims([claim, ("H2", 1)]) == [claim, Claim(name="H2", given=1)]


def test_of_a_namespace_what_is_no_number_or_text_is_left_out() -> None:
    def gradients() -> dict[str, Any]:
        H1, dE_dH1, formula = 0.5, np.array([1.0]), "2*H1"
        module, function, Class, value = math, math.exp, Claim, Value(1.0, "w")
        return locals()

    assert [claim.name for claim in read_claims(gradients())] == ["H1", "dE_dH1", "formula"]
    assert pairs({"__name__": "x", "__doc__": None, "H1": 1}) == [("H1", 1)]


def test_a_simple_namespace_is_one_too() -> None:
    assert pairs(SimpleNamespace(H1=0.5, np=np)) == [("H1", 0.5)]


@pytest.mark.parametrize("claims", ["H1 = 2", 3, None, ["H1"], [("H1", 1, 2)], [(1, 2)]])
def test_what_is_not_a_set_of_claims_is_refused(claims: Any) -> None:
    with pytest.raises(ClaimError, match="give a mapping from names to numbers, or pairs"):
        read_claims(claims)
