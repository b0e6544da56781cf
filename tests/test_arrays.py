"""Arrays in a text: printed by NumPy, written as lists, or as LaTeX matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import claims, pairs

from autograd_lite.check.read.numbers import read_array, read_numbers
from models.notebook import claims as notebook


def printed_matrices() -> list[tuple[str, np.ndarray]]:
    """The matrices of the notebook, by section and name."""
    found: dict[tuple[str, str], dict[tuple[int, ...], float]] = {}
    for fact in notebook.load():
        if fact.term.endswith("]"):
            name, _, index = fact.term.removesuffix("]").partition("[")
            at = tuple(map(int, index.split(",")))
            found.setdefault((fact.section, name), {})[at] = float(fact.printed)
    arrays = []
    for (_, name), numbers in found.items():
        array = np.zeros(tuple(np.max(list(numbers), axis=0) + 1))
        for at, number in numbers.items():
            array[at] = number
        arrays.append((name, array))
    return arrays


@pytest.mark.parametrize("between", [" ", "\n", "\n\n"])
def test_every_printed_matrix_of_the_notebook_comes_out(between: str) -> None:
    for name, array in printed_matrices():
        text = f"We print it.\n{name}:{between}{array}\nNow it is printed.\nH1: 0.5"
        matrix, last = claims(text)
        assert matrix.name == name
        assert np.array(matrix.given, float).tolist() == array.tolist()
        lines = text.split("\n")
        assert lines[matrix.line - 1].lstrip(f"{name}: ").startswith("[[")
        assert (last.name, last.line) == ("H1", len(lines))


def test_numbers_of_a_printed_array_have_the_decimals_of_the_longest() -> None:
    assert pairs("s: [0.95437745 2.5634734 0. 12. -1.]") == [
        ("s", ["0.95437745", "2.56347340", "0.", "12.00000000", "-1.00000000"])
    ]
    assert pairs("s = [0.5, 0.25, 0]") == [("s", ["0.5", "0.25", "0"])]
    assert pairs("s: [1.e-03 2.5e+01]") == [("s", ["1.0e-03", "2.5e+01"])]


@given(
    st.lists(st.lists(st.floats(-9, 9), min_size=3, max_size=3), min_size=1, max_size=3),
    st.integers(1, 8),
)
def test_what_numpy_prints_is_read_to_half_a_unit(rows: list[list[float]], digits: int) -> None:
    array = np.array([*rows, [0.12345678] * 3])  # no trailing zeros: the decimals are known
    (claim,) = claims(f"a = {np.array2string(array, precision=digits)}")
    numbers = read_numbers(claim.given)
    half = np.where(numbers.values != 0, numbers.half_units, 0.5 * 10.0**-digits)
    assert np.all(np.abs(numbers.values - array) <= half * (1 + 1e-6) + 1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 2], [3, 4]]",
        "[[1 2]\n [3 4]]",
        "np.array([[1, 2],\n          [3, 4]])",
        "np.array([\n    [1, 2],  # the first\n    [3, 4],\n], dtype=float)  # all",
        "tensor([[1, 2], [3, 4]], device='cuda:0', grad_fn=<AddBackward0>)",
        "((1, 2), (3, 4))",
        r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}",
        r"$\left[ \begin{array}{cc} 1 & 2 \\ 3 & 4 \\ \end{array} \right]$.",
        "\n$$\n\\begin{pmatrix}\n 1 & 2 \\\\\n 3 & 4\n\\end{pmatrix}\n$$",
    ],
)
def test_a_matrix_is_read_in_every_form(text: str) -> None:
    assert pairs(f"A = {text}\nb = 5") == [("A", [["1", "2"], ["3", "4"]]), ("b", "5")]


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 2], [3]]",
        "[1, 2] * 3",
        "[1, x]",
        "[1/2, 3]",
        "[0, 1)",
        "[0.5 - 0.1]",
        "(0.5)",
        "[1 2 ... 9]",
        "[[1, 2], x]",
        "np.array([1, 2]).reshape(2, 1)",
        "np.zeros(4)",
        "[1, 2",
        "[1\n2",
        r"\begin{bmatrix} a & 2 \end{bmatrix}",
        r"\begin{bmatrix} 1 & 2",
        "[" * 20,
    ],
)
def test_what_is_no_array_of_numbers_is_none_and_swallows_nothing(text: str) -> None:
    *others, last = pairs(f"A = {text}\n\nb = 5")
    assert last == ("b", "5")
    assert all(name == "A" and isinstance(given, str) for name, given in others)


def test_a_matrix_that_breaks_off_has_its_whole_rows_and_swallows_nothing() -> None:
    text = "g:\n[[ 1.5  0.  ]\n [ 2.   3.5 ]\n [ 4.   \n\nNow we go on:\n\n1. H1 = 0.5"
    read = [(claim.name, claim.given, claim.line) for claim in claims(text)]
    assert read == [
        ("g[0,0]", "1.5", 2),
        ("g[0,1]", "0.", 2),
        ("g[1,0]", "2.0", 3),
        ("g[1,1]", "3.5", 3),
        ("H1", "0.5", 8),
    ]


def test_an_array_of_three_dimensions_as_numpy_prints_it() -> None:
    array = np.arange(12.0).reshape(2, 3, 2)
    found = read_array(str(array), 0)
    assert found is not None
    assert [element.at for element in found.elements] == list(np.ndindex(array.shape))
