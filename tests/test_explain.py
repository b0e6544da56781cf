"""Every kind of mistake, made by hand in a small network: it is named, and named first."""

import math
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.causes.explain import explain
from autograd_lite.check.causes.known import Known, Stale
from autograd_lite.check.finding import Cause
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.truth import Ends

RATE = 0.1


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


# One path: n = w·x, h = σ(n), m = v·h, o = σ(m), E = (o − t)², and in plain numbers

X, W, V, T = 1.7, 0.3, 0.7, 0.9
N = W * X
H = sigma(N)
M = V * H
O = sigma(M)  # noqa: E741 - the output
E_O, O_M, H_N = 2 * (O - T), O * (1 - O), H * (1 - H)  # dE/do, do/dm, dh/dn
V_NEW = V - RATE * E_O * O_M * H


def chain() -> Value:
    x, w, v, t = Constant(X, "x"), Value(W, "w"), Value(V, "v"), Constant(T, "t")
    h = ag.sigmoid((w * x).named("n")).named("h")
    o = ag.sigmoid((v * h).named("m")).named("o")
    return ((o - t) ** 2).named("E")


# Two hidden units and two outputs, all connected

A1, A2, U = 0.4, -0.3, [[0.5, -0.8], [1.1, 0.6]]  # weights
X1, T1, T2 = 1.5, 0.2, 0.8
HS = [sigma(A1 * X1), sigma(A2 * X1)]
OS = [sigma(U[i][0] * HS[0] + U[i][1] * HS[1]) for i in (0, 1)]
E1_O1, E2_O2 = 2 * (OS[0] - T1), 2 * (OS[1] - T2)
D1, D2 = (e * o * (1 - o) for e, o in zip((E1_O1, E2_O2), OS, strict=True))
E_H1, E_H2 = D1 * U[0][0] + D2 * U[1][0], D1 * U[0][1] + D2 * U[1][1]


def crossed() -> Value:
    x = Constant(X1, "x")
    a1, a2 = Value(A1, "a_1"), Value(A2, "a_2")
    u = [[Value(U[i][j], f"u_{2 * i + j + 1}") for j in (0, 1)] for i in (0, 1)]
    h1, h2 = (ag.sigmoid((a * x).named(f"n{k}")).named(f"h{k}") for k, a in ((1, a1), (2, a2)))
    o1, o2 = (
        ag.sigmoid((u[i][0] * h1 + u[i][1] * h2).named(f"m{i + 1}")).named(f"o{i + 1}")
        for i in (0, 1)
    )
    first = ((o1 - Constant(T1, "t1")) ** 2).named("E1")
    return (first + ((o2 - Constant(T2, "t2")) ** 2).named("E2")).named("E")


def causes(root: Value, name: str, number: Any, **options: Any) -> tuple[Cause, ...]:
    finding = ag.compare(root, [(name, number)], **options).findings[0]
    assert finding.verdict == "wrong"
    return finding.causes


def first(root: Value, name: str, number: Any, **options: Any) -> tuple[str, str]:
    cause = causes(root, name, number, **options)[0]
    assert cause.residual < 1e-12
    assert cause.fix
    return cause.kind, cause.sentence


def test_the_numbers_of_this_page_are_right() -> None:
    one = {"dE/dw": E_O * O_M * V * H_N * X, "dE/dv": E_O * O_M * H, "v updated": V_NEW}
    assert ag.compare(chain(), one, learning_rate=RATE).ok
    two = {"dE/dh1": E_H1, "dE/dh2": E_H2, "dE/dm1": D1, "E2": (OS[1] - T2) ** 2}
    assert ag.compare(crossed(), two).ok


# One mistake in one path

TRUE = E_O * O_M * V * H_N * X
ONE = [
    (-TRUE, "wrong sign", "the sign is wrong"),
    (2 * TRUE, "constant factor", "it is twice what it has to be"),
    (TRUE / 2, "constant factor", "the factor 2 is missing"),
    (TRUE * 10, "constant factor", "the decimal point is misplaced"),
    (TRUE / H_N, "missing factor", "the factor dh/dn is missing"),
    (TRUE / O_M, "missing factor", "the factor do/dm is missing"),
    (TRUE / X, "missing factor", "the factor dn/dw is missing"),
    (TRUE / V, "missing factor", "the factor dm/dh is missing"),
    (TRUE / (1 - O), "missing factor", "the factor 1 − o is missing"),
    (TRUE * H, "extra factor", "the factor h is too much"),
    (TRUE * V, "extra factor", "the factor v is too much"),
    (TRUE / V**2, "upside down", "dm/dh is upside down"),
    (TRUE / X * W, "wrong factor", "w stands in place of x"),
    (TRUE / V * H, "wrong factor", "h stands in place of v"),
    (TRUE / E_O * -2 * (O + T), "wrong sign", None),
    (
        TRUE / H_N * sigma(H) * (1 - sigma(H)),
        "sigmoid derivative",
        "σ′ is taken of the output h, not of its input",
    ),
    (
        TRUE / H_N * N * (1 - N),
        "sigmoid derivative",
        "the input n stands where the output h belongs",
    ),
    (
        TRUE / O_M * (1 - O**2),
        "sigmoid derivative",
        "the slope of tanh, 1 − o², stands for that of σ",
    ),
]


@pytest.mark.parametrize(("number", "kind", "sentence"), ONE)
def test_one_mistake_in_a_product(number: float, kind: str, sentence: str | None) -> None:
    found = first(chain(), "dE/dw", number)
    assert found[0] == kind
    assert sentence is None or found[1] == sentence


def test_a_slope_of_tanh_that_is_not_squared() -> None:
    w, x = Value(0.3, "w"), Constant(2.0, "x")
    root = (ag.tanh((w * x).named("n")).named("h") * 3).named("E")
    h = math.tanh(0.6)
    assert first(root, "dE/dw", 3 * (1 - h) * 2)[0] == "sigmoid derivative"
    assert first(root, "dE/dw", 3 * h * (1 - h) * 2)[0] == "sigmoid derivative"


def test_a_weight_that_was_updated_before_it_was_used() -> None:
    found = first(chain(), "dE/dw", TRUE / V * V_NEW, learning_rate=RATE)
    assert found[0] == "updated before reuse"
    # Without the learning rate nothing is known of the weight after the step.
    (*_, last) = [cause.kind for cause in causes(chain(), "dE/dw", TRUE / V * V_NEW)] or ["none"]
    assert last != "updated before reuse"


def test_a_weight_that_was_updated_by_a_wrong_gradient_before_it_was_used() -> None:
    wrong_new = V + RATE * E_O * O_M * H  # the step is added
    rows = [("v updated", wrong_new), ("dE/dw", TRUE / V * wrong_new)]
    findings = ag.compare(chain(), rows, learning_rate=RATE).findings
    assert findings[0].causes[0].sentence == "the step is added to the weight"
    assert findings[1].causes[0].kind == "updated before reuse"


@pytest.mark.parametrize(
    ("name", "number", "kind", "sentence"),
    [
        ("dE/dh1", E_H1 - D2 * U[1][0], "missing path", "dE2/do2"),
        ("dE/dh1", D1 * U[0][0] - D2 * U[1][0], "wrong sign", "dE2/do2"),
        ("dE/dh1", D1 * U[0][0] + D2 * U[0][0], "wrong factor",
         "dm1/dh1 stands in place of dm2/dh1"),
        ("dE/dh1", E_H2, "wrong index", "this is dE/dh2"),
        ("dE/dh1", D1 * U[0][0] / (OS[0] * (1 - OS[0])) * OS[1] * (1 - OS[1]) + D2 * U[1][0],
         "wrong factor", None),
        ("dE/du_2", D1 * HS[0], "wrong factor", "dm1/du_1 stands in place of dm1/du_2"),
        ("dE/du_2", E2_O2 * OS[0] * (1 - OS[0]) * HS[1], "wrong factor", "dE2/do2"),
    ],
)  # fmt: skip
def test_one_mistake_among_several_paths(
    name: str, number: float, kind: str, sentence: str | None
) -> None:
    kinds = [cause.kind for cause in causes(crossed(), name, number)]
    assert kind in kinds
    if sentence is not None:
        assert any(sentence in cause.sentence for cause in causes(crossed(), name, number))


def test_a_missing_path_says_which() -> None:
    kind, sentence = first(crossed(), "dE/dh1", D1 * U[0][0])
    assert kind == "missing path"
    assert "o2" in sentence


def test_with_the_derivatives_above_stated_a_path_is_told_in_their_words() -> None:
    rows = [("dE/dm1", D1), ("dE/dm2", D2), ("dE/dh1", D1 * U[0][0])]
    cause = ag.compare(crossed(), rows).findings[2].causes[0]
    assert (cause.kind, cause.sentence) == ("missing path", "the path dE/dm2·dm2/dh1 is missing")


def test_the_same_mistake_in_every_path_is_one_mistake() -> None:
    # σ′ is forgotten at both outputs.
    number = E1_O1 * U[0][0] + E2_O2 * U[1][0]
    kind, sentence = first(crossed(), "dE/dh1", number)
    assert (kind, sentence) == ("missing factor", "the factor do/dm is missing")


# No path


def test_a_derivative_between_strangers_is_0() -> None:
    (cause,) = causes(crossed(), "dE2/do1", 2 * (OS[0] - T2))
    assert cause.kind == "no path"
    assert cause.sentence == ("E2 does not depend on o1; this is dE2/do2 with o1 for o2")
    assert cause.fix == "dE2/do1 is 0; the factor is dE1/do1"


def test_a_derivative_upside_down_is_told_from_one_without_path() -> None:
    (cause,) = causes(crossed(), "do1/dE1", E1_O1)
    assert (cause.kind, cause.fix) == ("upside down", "write dE1/do1")
    (cause,) = causes(crossed(), "do1/dE1", 1 / E1_O1)
    assert cause.kind == "upside down"
    (cause,) = causes(crossed(), "do1/dE1", 0.123456)
    assert cause.kind == "no path"


def test_a_fraction_that_is_turned_over() -> None:
    assert first(chain(), "dE/do", 1 / E_O)[0] == "upside down"


# Another quantity


@pytest.mark.parametrize(
    ("name", "number", "sentence"),
    [("dE/dw", H, "this is h"), ("dE/dw", E_O, "this is dE/do"), ("o", N, "this is n")],
)
def test_the_number_of_another_quantity(name: str, number: float, sentence: str) -> None:
    assert sentence in [
        cause.sentence
        for cause in causes(chain(), name, number)
        if cause.kind == "another quantity"
    ]


# Values


@pytest.mark.parametrize(
    ("name", "number", "kind", "sentence"),
    [
        ("n", -N, "wrong sign", "the sign is wrong"),
        ("n", W, "missing factor", "the factor x is missing"),
        ("h", math.tanh(N), "wrong factor", "tanh stands in place of sigmoid"),
        ("E", O - T, "missing factor", "(o − t)² is not raised to its power"),
        ("E", (O + T) ** 2, "wrong sign", "t has the wrong sign"),
        ("E", O**2, "missing path", "the summand t is missing"),
        ("E", 2 * (O - T) ** 2, "constant factor", "it is twice what it has to be"),
    ],
)
def test_one_mistake_in_a_value(name: str, number: float, kind: str, sentence: str | None) -> None:
    found = causes(chain(), name, number)
    assert kind in [cause.kind for cause in found]
    if sentence is not None:
        assert sentence in [cause.sentence for cause in found]


def test_a_value_with_another_weight() -> None:
    kind, sentence = first(crossed(), "m1", U[1][0] * HS[0] + U[0][1] * HS[1])
    assert (kind, sentence) == ("wrong index", "u_3 stands in place of u_1")


def test_a_value_that_was_computed_from_a_wrong_one_with_a_mistake() -> None:
    # h = 0.5 is wrong, and m = −v·0.5 has a wrong sign beside.
    findings = ag.compare(chain(), {"h": 0.5, "m": -0.35}).findings
    assert [one.verdict for one in findings] == ["wrong", "wrong"]
    assert findings[1].causes[0].kind == "wrong sign"


# Updated weights hide their gradient

DV = E_O * O_M * H


@pytest.mark.parametrize(
    ("number", "kind", "sentence"),
    [
        (V, "stale value", "v was not updated"),
        (V + RATE * DV, "wrong sign", "the step is added to the weight"),
        (V - DV, "constant factor", "the learning rate is missing or stands there twice"),
        (V - RATE**2 * DV, "constant factor", "the learning rate is missing or stands there twice"),
        (V - 2 * RATE * DV, "constant factor", "it is twice what it has to be"),
        (V - RATE * DV / H, "missing factor", "the factor dm/dv is missing"),
        (V - RATE * DV / H * V, "wrong factor", "v stands in place of h"),
    ],
)
def test_the_gradient_is_recovered_from_the_weight(
    number: float, kind: str, sentence: str | None
) -> None:
    found = causes(chain(), "v updated", number, learning_rate=RATE)
    assert kind in [cause.kind for cause in found]
    if sentence is not None:
        assert any(cause.sentence.endswith(sentence) for cause in found)


def test_the_recovered_gradient_is_shown() -> None:
    cause = causes(chain(), "v updated", V - 2 * RATE * DV, learning_rate=RATE)[0]
    assert cause.sentence.startswith(
        f"the gradient recovered from it, (old − new)/0.1, is {2 * DV:.6g}: "
    )


def test_the_step_has_its_own_words() -> None:
    kind, sentence = first(chain(), "Δv", RATE * DV, learning_rate=RATE)
    assert (kind, sentence) == ("wrong sign", "the step is that of ascent, not descent")


# Two and three mistakes at once


@pytest.mark.parametrize(
    ("number", "kinds"),
    [
        (-TRUE / H_N, {"wrong sign", "missing factor"}),
        (TRUE / H_N / O_M, {"missing factor"}),
        (TRUE / X * W / H_N, {"missing factor", "wrong factor"}),
        (2 * TRUE / V**2, {"constant factor", "upside down"}),
        (TRUE / H_N * sigma(H) * (1 - sigma(H)) / X, {"sigmoid derivative", "missing factor"}),
    ],
)
def test_two_mistakes_are_found_together(number: float, kinds: set[str]) -> None:
    found = causes(chain(), "dE/dw", number)
    assert any(set(cause.kind.split(" + ")) == kinds for cause in found), [c.kind for c in found]
    both = next(cause for cause in found if set(cause.kind.split(" + ")) == kinds)
    assert len(both.parts) == 2
    assert both.residual < 1e-12
    assert all(part.residual > 1e-3 for part in both.parts)  # each repair alone is not enough


def test_the_residual_of_a_part_is_what_its_repair_leaves() -> None:
    # −TRUE without h′: with the sign repaired TRUE/h′ is left, with the factor repaired −TRUE.
    found = causes(chain(), "dE/dw", -TRUE / H_N)
    (both,) = [cause for cause in found if "the factor dh/dn is missing" in cause.sentence]
    left = {part.kind: part.residual for part in both.parts}
    assert left["wrong sign"] == pytest.approx(1 / H_N - 1)
    assert left["missing factor"] == pytest.approx(2.0)


def test_three_mistakes_are_found_together() -> None:
    # The weight was updated, the error of the first output stands for that of the second, and
    # so does its slope: as in the notebook.
    new = U[1][0] - RATE * D2 * HS[0], U[0][0] - RATE * D1 * HS[0]
    number = D1 * new[1] + E1_O1 * OS[0] * (1 - OS[0]) * new[0]
    cause = causes(crossed(), "dE/dh1", number, learning_rate=RATE)[0]
    assert set(cause.kind.split(" + ")) <= {"updated before reuse", "wrong factor"}
    assert "updated before reuse" in cause.kind


# Chance, and explanations that fit equally


def test_two_explanations_that_fit_equally_are_both_shown() -> None:
    # a = 2: whether that factor or a constant 2 is missing, a number cannot say.
    root = (Value(3.0, "w") * Value(2.0, "a") * Value(5.0, "b")).named("E")
    found = causes(root, "dE/dw", 5.0)
    assert [cause.kind for cause in found] == ["constant factor", "missing factor"]
    assert found[1].sentence == "the factor a is missing"
    # A formula can.
    (only,) = ag.compare(root, {"dE/dw": "b"}).findings[0].causes
    assert only.sentence == "the factor a is missing"


def test_a_number_of_few_digits_is_explained_by_chance() -> None:
    for number in ("0.01", "-0.2"):
        found = causes(chain(), "dE/dw", number)
        assert found
        assert all("perhaps by chance" in cause.sentence for cause in found), found
    exact = causes(chain(), "dE/dw", TRUE / H_N)[0]
    assert "chance" not in exact.sentence


def test_enough_digits_are_enough() -> None:
    for digits in (6, 8, 10):
        cause = causes(chain(), "dE/dw", f"{TRUE / H_N:.{digits}f}")[0]
        assert cause.sentence == "the factor dh/dn is missing"
        assert cause.residual < 10.0 ** (2 - digits)


def test_a_number_that_nothing_explains_has_no_cause() -> None:
    assert causes(chain(), "dE/dw", 0.12345678901234567) == ()


def test_formulas_are_explained_at_all_points() -> None:
    finding = ag.compare(chain(), {"dE/dw": "2*(o - t)*o*(1 - o)*v*x"}).findings[0]
    assert finding.causes[0].sentence == "the factor dh/dn is missing"
    finding = ag.compare(chain(), {"dE/dw": "2*(o - t)*o*(1 - o)*v*n*(1 - n)*x"}).findings[0]
    assert finding.causes[0].kind == "sigmoid derivative"


# What came before


def test_a_value_of_another_moment_is_stale() -> None:
    points = Points(named_graph(chain()))
    old = {name: numbers * 0.9 for name, numbers in points.values.items()}
    known = Known(points, stale=[Stale("the first epoch", old)])
    given = np.array([0.9 * H])
    (cause,) = explain(known, Ends("value", "h"), given, np.array([1e-12]))
    assert (cause.kind, cause.sentence) == (
        "stale value",
        "the number is that of the first epoch",
    )


def test_what_was_claimed_above_is_what_the_author_went_on_with() -> None:
    # dE/do is claimed as 1.0 for what it is not; dE/dw has lost h′ beside.
    number = 1.0 * O_M * V * X
    findings = ag.compare(chain(), {"dE/do": 1.0, "dE/dw": number}).findings
    assert [one.verdict for one in findings] == ["wrong", "wrong"]
    assert findings[1].causes[0].sentence == "the factor dh/dn is missing"


def test_where_the_author_stopped_too_early_the_number_is_that_of_what_was_reached() -> None:
    (cause,) = causes(chain(), "dE/dw", E_O * O_M * V)
    assert (cause.kind, cause.sentence) == ("another quantity", "this is dE/dh")


def test_there_are_at_most_five_causes() -> None:
    root = Value(3.0, "w")
    for place in range(12):
        root = (root * Value(2.0, f"c{place}")).named(f"r{place}")
    assert 1 < len(causes(root, "dr11/dw", 2.0**11)) <= 5
