"""What was given, and how exactly it is known."""

import re
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import ClaimError, Value
from autograd_lite.check.read.numbers import read_numbers

FULL = 0.0


@pytest.mark.parametrize(
    ("text", "value", "half_unit"),
    [
        ("0.25", 0.25, 0.005),
        ("-0.12278436", -0.12278436, 0.5e-8),
        ("−2.5", -2.5, 0.05),
        ("+2.50", 2.5, 0.005),
        (".5", 0.5, 0.05),
        (" 0.25\n", 0.25, 0.005),
        ("1.5e-3", 0.0015, 0.5e-4),
        ("1.50E+3", 1500.0, 5.0),
        ("2e-3", 0.002, 0.5e-3),
        ("1.5e−3", 0.0015, 0.5e-4),
        ("0.00", 0.0, 0.005),
    ],
)
def test_a_printed_number_is_known_to_half_a_unit_of_its_last_digit(
    text: str, value: float, half_unit: float
) -> None:
    numbers = read_numbers(text)
    assert numbers.values == value
    assert numbers.half_units == pytest.approx(half_unit, rel=1e-15)


@pytest.mark.parametrize(
    "text", ["0", "0.", "0.0", "-0.0", "0.e+00", "0.0000e+00", "3", "-12", "5."]
)
def test_whole_numbers_and_a_printed_zero_are_exact(text: str) -> None:
    numbers = read_numbers(text)
    assert numbers.values == float(text)
    assert numbers.half_units == FULL


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-9, max_value=9))
def test_rounding_a_number_to_digits_stays_within_half_a_unit(exact: Decimal) -> None:
    for places in (1, 2, 3):
        numbers = read_numbers(f"{exact:.{places}f}")
        if numbers.half_units:  # not "0.0"
            assert abs(Fraction(exact) - Fraction(str(numbers.values))) <= Fraction(
                1, 2 * 10**places
            )


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-inf", "Infinity", "−inf"])
def test_what_is_not_finite_is_read_as_such(text: str) -> None:
    assert not np.isfinite(read_numbers(text).values)


@pytest.mark.parametrize(
    ("number", "eps"),
    [
        (0.25, np.finfo(np.float64).eps),
        (3, np.finfo(np.float64).eps),
        (np.float64(0.25), np.finfo(np.float64).eps),
        (np.float32(0.25), np.finfo(np.float32).eps),
        (np.ones((2, 1), np.float32), np.finfo(np.float32).eps),
        (np.ones(3, np.float16), np.finfo(np.float16).eps),
        (np.arange(3), np.finfo(np.float64).eps),
        (Fraction(1, 4), np.finfo(np.float64).eps),
        ([[1.5, 2]], np.finfo(np.float64).eps),
        (np.array(1.5), np.finfo(np.float64).eps),
        ([np.float32(0.25), "0.50"], np.finfo(np.float32).eps),
        ([np.ones(2, np.float32)], np.finfo(np.float32).eps),
        ([], np.finfo(np.float64).eps),
    ],
)
def test_numbers_in_full_are_known_to_the_rounding_of_their_type(number: Any, eps: float) -> None:
    numbers = read_numbers(number)
    assert numbers.values.shape == np.shape(number)
    assert numbers.eps == eps
    assert numbers.half_units.ravel().tolist()[:1] in ([], [FULL])


def test_each_element_of_a_list_has_its_own_digits() -> None:
    numbers = read_numbers([["0.5", 0.5], ["0.500", Decimal("0.50")]])
    assert numbers.values.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert numbers.half_units.tolist() == [[0.05, 0.0], [0.0005, 0.005]]


def test_a_printed_matrix_has_the_digits_of_its_longest_number() -> None:
    # NumPy prints 2.24089320 as 2.2408932, and a zero as 0.
    numbers = read_numbers("[[1.76405235 0.        ]\n [0.97873798 2.2408932 ]]")
    assert numbers.values.tolist() == [[1.76405235, 0.0], [0.97873798, 2.2408932]]
    assert numbers.half_units.tolist() == [[0.5e-8, 0.0], [0.5e-8, 0.5e-8]]


@pytest.mark.parametrize("scale", [1.0, 1e-7, 1e6])
def test_a_matrix_that_numpy_printed_is_read_to_its_digits(scale: float) -> None:
    array = np.random.default_rng(0).normal(size=(3, 2, 4)) * scale
    numbers = read_numbers(str(array))
    assert numbers.values.shape == array.shape
    assert (abs(numbers.values - array) <= numbers.half_units * (1 + 1e-9)).all()
    assert (numbers.half_units <= 1e-7 * abs(array).max()).all()


def test_a_matrix_with_commas_is_the_same_matrix() -> None:
    assert read_numbers("[[1.5, 2.0], [3.0, 4.5]]").values.tolist() == [[1.5, 2.0], [3.0, 4.5]]


def test_the_numbers_of_a_value_are_its_data() -> None:
    assert read_numbers(Value([1.0, 2.0])).values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ("about 3", "'about 3' is not a number; write it as 0.25"),
        ("", "'' is not a number"),
        ("1,5", "'1,5' is not a number"),
        ("1_000", "is not a number"),
        ("0x10", "is not a number"),
        ("__import__('os')", "is not a number"),
        (None, "None is not a number"),
        (True, "True is not a number"),
        ([True, False], "True is not a number"),
        (1 + 2j, "is not a number"),
        ({}, "is not a number"),
        (sys, "is not a number"),
        ([[1.0], [2.0, 3.0]], "is not a rectangular array"),
        ("[[1 2] [3]]", "is not a matrix of numbers"),
        ("[1 2", "is not a matrix of numbers"),
        ("[1 x]", "'x' is not a number"),
        ("[1 2 ... 9]", "cut short"),
    ],
)
def test_what_is_not_a_number_is_refused_in_words(given_: Any, message: str) -> None:
    with pytest.raises(ClaimError, match=re.escape(message)):
        read_numbers(given_)
