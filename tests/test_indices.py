"""Free indices: a line about z_i is said of every i."""

import pytest
from reading import pairs_known

NAMES = {"p_1", "p_2", "z_1", "z_2", "dL/dz_1", "dL/dz_2", "W[0,0]", "W[0,1]", "v[0]", "v[1]"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("$z_i = p_i^2$", [("z_{1}", "p_{1}^2"), ("z_{2}", "p_{2}^2")]),
        ("$v_k = 2 z_k$", [("v[0]", "$2 z_{1}$"), ("v[1]", "$2 z_{2}$")]),
        ("$W_{1j} = p_j$", [("W[0,0]", "p_{1}"), ("W[0,1]", "p_{2}")]),
        ("$z_i = p_i$ for $i = 2$", [("z_{2}", "p_{2}")]),
        ("For $i = 1, 2$:\n$$z_i = p_i$$", [("z_{1}", "p_{1}"), ("z_{2}", "p_{2}")]),
        ("For $i=1,\\ldots,2$: $z_i = p_i$", [("z_{1}", "p_{1}"), ("z_{2}", "p_{2}")]),
        (
            r"$z_i = p_i \sum_k p_k$",
            [("z_{1}", r"p_{1} \sum_k p_k"), ("z_{2}", r"p_{2} \sum_k p_k")],
        ),
        ("$z_i = 3$", [("z_i", "3")]),
        (r"$z_i = \sum_i p_i$", [("z_i", r"\sum_i p_i")]),
        ("$h_i = 3$", [("h_i", "3")]),
    ],
)
def test_a_letter_stands_for_each_number_that_makes_a_known_name(
    line: str, expected: list[tuple[str, str]]
) -> None:
    assert pairs_known(line, NAMES) == expected


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (r"$\frac{\partial p_i}{\partial z_j} = -p_i p_j$", 2),
        (r"$\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)$", 4),
        (r"$\frac{\partial p_i}{\partial z_j} = p_i (1 - p_j)$ for $i = j$", 2),
    ],
)
def test_two_letters_are_two_numbers_unless_it_is_said(line: str, count: int) -> None:
    names = {rf"\frac{{\partial p_{{{i}}}}}{{\partial z_{{{j}}}}}" for i in (1, 2) for j in (1, 2)}
    assert len(pairs_known(line, names | NAMES | {"p_{1}", "p_{2}", "z_{1}", "z_{2}"})) == count
