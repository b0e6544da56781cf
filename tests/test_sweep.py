"""Error carried forward: which wrong number follows from which, in numbers worked out by hand."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.judge.follow import Inherited, Stated, inherited
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.truth.truth import Ends, Truth


def diamond() -> Value:
    """x = 1, a = 2·x = 2, b = 3·x = 3, y = a·b = 6, E = y² = 36.

    dE/dy = 12, dE/da = 36, dE/db = 24, dE/dx = 2·36 + 3·24 = 144.
    """
    x = Value(1.0, "x")
    a, b = (2 * x).named("a"), (3 * x).named("b")
    return ((a * b).named("y") ** 2).named("E")


def two_outputs() -> Value:
    """h = 2, p = 3·h = 6, q = 5·h = 10, A = p² = 36, B = q² = 100, E = A + B = 136.

    dA/dp = 12, dB/dq = 20, dE/dh = 3·12 + 5·20 = 136. A does not depend on q, nor B on p.
    """
    h = Value(2.0, "h")
    p, q = (3 * h).named("p"), (5 * h).named("q")
    return ((p**2).named("A") + (q**2).named("B")).named("E")


def found(root: Value, rate: float | None = None, **claims: object) -> dict[str, object]:
    """Of each claim the verdict, or what it follows from; x__y stands for x/y."""
    named = [(name.replace("__", "/").replace("_new", " updated"), x) for name, x in claims.items()]
    report = ag.compare(root, named, learning_rate=rate)
    return {
        name: one.roots if one.verdict == "follows" else one.verdict
        for name, one in zip(claims, report.findings, strict=True)
    }


# One mistake


def test_all_that_is_right_follows_from_nothing() -> None:
    right = {"y": 6.0, "dE__dy": 12.0, "dE__da": 36.0, "dE__db": 24.0, "dE__dx": 144.0}
    assert set(found(diamond(), **right).values()) == {"right"}


def test_a_derivative_computed_from_a_wrong_one_follows_from_it() -> None:
    # dE/dy = 6 for 12: dE/da = 3·6, dE/db = 2·6, dE/dx = 2·18 + 3·12.
    assert found(diamond(), dE__dy=6.0, dE__da=18.0, dE__db=12.0, dE__dx=72.0) == {
        "dE__dy": "wrong",
        "dE__da": ("dE/dy",),
        "dE__db": ("dE/dy",),
        "dE__dx": ("dE/dy",),
    }


def test_the_order_of_the_claims_does_not_matter() -> None:
    assert found(diamond(), dE__dx=72.0, dE__db=12.0, dE__dy=6.0) == {
        "dE__dx": ("dE/dy",),
        "dE__db": ("dE/dy",),
        "dE__dy": "wrong",
    }


def test_a_mistake_in_between_that_was_not_stated_is_a_root_where_it_shows() -> None:
    # dE/da = 18 from a dE/dy that nobody wrote down; dE/db is right; dE/dx = 2·18 + 3·24.
    assert found(diamond(), dE__da=18.0, dE__db=24.0, dE__dx=108.0) == {
        "dE__da": "wrong",
        "dE__db": "right",
        "dE__dx": ("dE/da",),
    }


def test_what_was_computed_from_a_wrong_zero_follows_from_it() -> None:
    claims = found(diamond(), dE__da=0.0, dE__dx=3.0 * 24)
    assert claims == {"dE__da": "wrong", "dE__dx": ("dE/da",)}


def test_a_right_number_below_a_wrong_one_is_right() -> None:
    assert found(diamond(), dE__da=18.0, dE__dx=144.0) == {"dE__da": "wrong", "dE__dx": "right"}


def test_a_wrong_number_that_does_not_follow_is_a_root_itself() -> None:
    assert found(diamond(), dE__dy=6.0, dE__da=17.0) == {"dE__dy": "wrong", "dE__da": "wrong"}


def test_a_root_that_is_stated_twice_is_one_root() -> None:
    report = ag.compare(diamond(), [("dE/dy", 6.0), ("dE/dy", 6.0), ("dE/dx", 72.0)])
    assert [one.verdict for one in report.findings] == ["wrong", "wrong", "follows"]
    assert report.findings[2].roots == ("dE/dy",)


def test_a_quarter_of_a_relative_billionth_is_not_followed() -> None:
    assert found(diamond(), dE__dy=6.0, dE__da=18.0 * (1 + 2.5e-10))["dE__da"] == "wrong"


# Several mistakes


def test_where_two_mistakes_meet_a_number_follows_from_both() -> None:
    # dE/da = 30 for 36, dE/db = 20 for 24: dE/dx = 2·30 + 3·20.
    assert found(diamond(), dE__da=30.0, dE__db=20.0, dE__dx=120.0) == {
        "dE__da": "wrong",
        "dE__db": "wrong",
        "dE__dx": ("dE/da", "dE/db"),
    }


def test_of_two_mistakes_only_the_one_that_was_used_is_the_root() -> None:
    assert found(diamond(), dE__dy=6.0, dE__da=99.0, dE__db=12.0, dE__dx=2 * 99.0 + 3 * 12.0) == {
        "dE__dy": "wrong",
        "dE__da": "wrong",
        "dE__db": ("dE/dy",),
        "dE__dx": ("dE/dy", "dE/da"),
    }


def test_a_second_mistake_hides_the_first_below_it() -> None:
    x = Value(1.0, "x")
    root = (((2 * x).named("u") * 3).named("v") * 5).named("E")  # dE/dv = 5, dE/du = 15, dE/dx = 30
    assert found(root, dE__dv=4.0, dE__du=13.0, dE__dx=26.0) == {
        "dE__dv": "wrong",
        "dE__du": "wrong",
        "dE__dx": ("dE/du",),
    }


# Local derivatives and forward values


def test_a_wrong_local_derivative_is_used_below_it() -> None:
    # ∂y/∂a = 2 for 3: dE/da = 24, dE/dx = 2·24 + 3·24.
    assert found(diamond(), dy__da=2.0, dE__da=24.0, dE__dx=120.0) == {
        "dy__da": "wrong",
        "dE__da": ("dy/da",),
        "dE__dx": ("dy/da",),
    }


def test_a_wrong_forward_value_is_used_in_the_derivatives() -> None:
    # y = 5 for 6: E = 25, dE/dy = 10, dE/da = 3·10.
    assert found(diamond(), y=5.0, E=25.0, dE__dy=10.0, dE__da=30.0) == {
        "y": "wrong",
        "E": ("y",),
        "dE__dy": ("y",),
        "dE__da": ("y",),
    }


def test_an_author_may_use_the_right_value_in_spite_of_the_wrong_one() -> None:
    assert found(diamond(), y=5.0, dE__dy=12.0) == {"y": "wrong", "dE__dy": "right"}


def test_a_wrong_derivative_past_a_residual_connection_is_over_all_paths() -> None:
    x = Value(2.0, "x")
    h = (x * x).named("h")
    root = ((h * x).named("y") * 3).named("E")  # ∂y/∂x = h = 4, dy/dx = 12, dE/dx = 36
    assert found(root, dy__dx=5.0, dE__dx=15.0) == {"dy__dx": "wrong", "dE__dx": ("dy/dx",)}
    assert found(root, dy__dx=4.0, dE__dx=36.0) == {"dy__dx": "right", "dE__dx": "right"}


# Derivatives that are none


def test_a_derivative_without_a_path_may_be_added() -> None:
    # dA/dq = 7 for 0: dE/dq = 20 + 7.
    assert found(two_outputs(), dA__dq=7.0, dE__dq=27.0) == {
        "dA__dq": "wrong",
        "dE__dq": ("dA/dq",),
    }


def test_a_derivative_without_a_path_may_stand_in_place_of_the_right_one() -> None:
    # dE/dq = 7 for 20, dE/dh = 3·12 + 5·7.
    assert found(two_outputs(), dA__dq=7.0, dE__dq=7.0, dE__dh=71.0) == {
        "dA__dq": "wrong",
        "dE__dq": ("dA/dq",),
        "dE__dh": ("dA/dq",),
    }


def test_a_derivative_without_a_path_may_be_left_alone() -> None:
    assert found(two_outputs(), dA__dq=7.0, dE__dq=20.0, dE__dh=136.0) == {
        "dA__dq": "wrong",
        "dE__dq": "right",
        "dE__dh": "right",
    }


def test_two_derivatives_without_a_path_go_each_its_own_way() -> None:
    # dA/dq = 7 is added, dB/dp = 4 stands in place: dE/dq = 27, dE/dp = 4, dE/dh = 3·4 + 5·27.
    assert found(two_outputs(), dA__dq=7.0, dB__dp=4.0, dE__dq=27.0, dE__dp=4.0, dE__dh=147.0) == {
        "dA__dq": "wrong",
        "dB__dp": "wrong",
        "dE__dq": ("dA/dq",),
        "dE__dp": ("dB/dp",),
        "dE__dh": ("dA/dq", "dB/dp"),
    }


def test_the_derivative_of_a_part_may_be_read_off_that_of_the_whole() -> None:
    # E = A + B, so dA/dp is dE/dp: wrong there, it goes on in dA/dh = 3·dA/dp.
    assert found(two_outputs(), dE__dp=11.0, dA__dh=33.0) == {
        "dE__dp": "wrong",
        "dA__dh": ("dE/dp",),
    }


# Weights after a step


def test_a_weight_that_was_updated_by_a_wrong_gradient_follows_from_it() -> None:
    # x = 1, dE/dx = 72 for 144, rate 0.01: 1 − 0.72.
    assert found(diamond(), 0.01, dE__dx=72.0, x_new=0.28) == {
        "dE__dx": "wrong",
        "x_new": ("dE/dx",),
    }


def test_a_weight_follows_from_further_up() -> None:
    assert found(diamond(), 0.01, dE__dy=6.0, x_new=0.28)["x_new"] == ("dE/dy",)


def test_a_weight_that_was_updated_by_another_gradient_does_not_follow() -> None:
    found_ = found(diamond(), 0.01, dE__dx=72.0, x_new=0.27)
    assert found_ == {"dE__dx": "wrong", "x_new": "wrong"}


def test_the_step_follows_too() -> None:
    report = ag.compare(diamond(), {"dE/dx": 72.0, "Δx": -0.72}, learning_rate=0.01)
    assert [(one.verdict, one.root) for one in report.findings] == [
        ("wrong", ""),
        ("follows", "dE/dx"),
    ]


# Printed digits


def test_what_was_computed_from_printed_digits_is_right() -> None:
    # 1/3 is printed as 0.33, and the author goes on: 0.33·1000 = 330.
    h = (Value(1.0, "w") / 3).named("h")
    report = ag.compare((h * 1000).named("E"), {"h": "0.33", "E": "330.0"})
    assert [one.verdict for one in report.findings] == ["right", "right"]
    assert report.findings[1].reason == "right, with the rounding of the numbers above it"


def test_what_is_further_off_than_the_digits_above_is_wrong() -> None:
    # 0.33 stands for anything from 0.325 to 0.335.
    h = (Value(1.0, "w") / 3).named("h")
    report = ag.compare((h * 1000).named("E"), {"h": "0.33", "E": "324.0"})
    assert [one.verdict for one in report.findings] == ["right", "wrong"]


def test_a_wrong_number_with_few_digits_is_followed_within_them() -> None:
    # dE/dy is printed as 6.1 for 6.06; dE/da = 3·6.06 = 18.18, dE/dx = 2·18.18 + 3·12.12.
    assert found(diamond(), dE__dy="6.1", dE__da="18.18", dE__dx="72.72") == {
        "dE__dy": "wrong",
        "dE__da": ("dE/dy",),
        "dE__dx": ("dE/dy",),
    }


# Arrays


def test_an_array_follows_if_all_its_wrong_elements_do() -> None:
    w, x = Value([2.0, 3.0], "w"), ag.Constant([5.0, 7.0], "x")
    root = ((w * x).sum().named("s") ** 2).named("E")  # s = 31, dE/ds = 62
    inherited_ = [5 * 30.0, 7 * 30.0]
    assert found(root, dE__ds=30.0, dE__dw=inherited_)["dE__dw"] == ("dE/ds",)
    assert found(root, dE__ds=30.0, dE__dw=[5 * 30.0, 7 * 62.0])["dE__dw"] == ("dE/ds",)
    assert found(root, dE__ds=30.0, dE__dw=[5 * 30.0, 7 * 29.0])["dE__dw"] == "wrong"


def test_elements_hand_on_what_is_wrong_in_them() -> None:
    h = (Value([2.0, 3.0], "w") ** 2).named("h")
    root = (h.sum() * 5).named("E")  # dE/dh = 5, 5; dE/dw = 5·2·w = 20, 30
    report = ag.compare(root, {"dE/dh": [5.0, 6.0], "dE/dw[0]": 20.0, "dE/dw[1]": 36.0})
    assert [one.verdict for one in report.findings] == ["wrong", "right", "follows"]


# The function itself


def test_nothing_is_computed_where_all_is_right() -> None:
    graph = named_graph(diamond())
    right = Stated(Ends("value", "y"), 6.0, 0.0, 0.0, 1e-16, right=True)
    assert inherited(Truth(graph, Vocabulary(graph)), [right]) == {}


def test_the_places_are_those_of_the_statements() -> None:
    graph = named_graph(diamond())
    statements = [
        Stated(Ends("derivative", "E", "x"), 72.0, 0.0, 0.0, 1e-16, right=False),
        Stated(Ends("value", "y"), 6.0, 0.0, 0.0, 1e-16, right=True),
        Stated(Ends("derivative", "E", "y"), 6.0, 0.0, 0.0, 1e-16, right=False),
    ]
    assert inherited(Truth(graph, Vocabulary(graph)), statements) == {0: Inherited(frozenset({2}))}


@pytest.mark.parametrize("seed", range(5))
def test_the_factor_of_a_mistake_goes_down_unchanged_through_a_linear_chain(seed: int) -> None:
    factors = np.random.default_rng(seed).uniform(0.5, 2, size=6)
    value = Value(1.0, "v0")
    for place, factor in enumerate(factors, start=1):
        value = (value * float(factor)).named(f"v{place}")
    slopes = {f"dv6/dv{place}": float(np.prod(factors[place:])) for place in range(6)}
    wrong = {name: slope * (1.5 if name < "dv6/dv4" else 1.0) for name, slope in slopes.items()}
    report = ag.compare(value, wrong)
    assert {one.name: one.roots for one in report.findings if one.verdict == "follows"} == {
        f"dv6/dv{place}": ("dv6/dv3",) for place in range(3)
    }
    assert report.findings[3].verdict == "wrong"
