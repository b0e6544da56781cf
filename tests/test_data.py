"""What a Value accepts as data, and the read-only view in which it shows them."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd_lite import DataError, Value
from autograd_lite.data import Frozen, as_data, describe, show


@pytest.mark.parametrize(
    "given",
    [
        2,
        True,
        2.5,
        np.float64(2.5),
        np.float32(2.5),
        np.int8(-3),
        np.uint64(3),
        np.bool_(True),
        np.array(2.5),
        np.array(2.5, np.float32),
        2**70,
    ],
)
def test_one_number_becomes_a_python_float(given: Any) -> None:
    data = as_data(given)
    assert type(data) is float
    assert data == float(given)


@pytest.mark.parametrize(
    "given",
    [
        [1, 2],
        (1.0, 2.0),
        range(1, 3),
        np.array([1, 2], np.uint8),
        np.array([True, False]),
        np.array([1.0, 2.0]),
        np.array([1.0, 2.0], ">f8"),
        [[1, 2.5], [True, 4]],
        [],
        [[]],
    ],
)
def test_numbers_become_a_plain_array_of_float64(given: Any) -> None:
    data = as_data(given)
    assert type(data) is np.ndarray
    assert data.dtype == np.float64
    assert data.dtype.isnative
    assert np.array_equal(data, np.array(given, float))


@pytest.mark.parametrize("given", [np.ones((2, 3), np.float32), np.array([1.5], ">f4")])
def test_float32_is_kept(given: Any) -> None:
    data = as_data(given)
    assert isinstance(data, np.ndarray)
    assert data.dtype == np.float32
    assert data.dtype.isnative
    assert np.array_equal(data, given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (1j, "complex128"),
        ([1.0, 2j], "complex128"),
        ("1.5", "'1.5'"),
        (b"1.5", "b'1.5'"),
        ([1.0, "a"], "real numbers"),
        (None, "None"),
        ([None], "object"),
        (Decimal("1.5"), "Decimal"),
        (Fraction(1, 2), "Fraction"),
        (np.float16(1.5), "float16"),
        (np.array([1.5], np.float16), "float16"),
        (np.longdouble("1.5"), "longdouble"),
        (np.array([1.0, 2.0], object), "object"),
        (np.datetime64("2020"), "datetime64"),
        (np.array([(1.0, 2.0)], [("a", float), ("b", float)]), "'a'"),
        ({1.0: 2.0}, "real numbers"),
        ({1.0}, "real numbers"),
        (iter([1.0]), "list_iterator"),
        (object, "object"),
    ],
)
def test_anything_but_real_numbers_is_refused_with_what_was_given(given: Any, said: str) -> None:
    with pytest.raises(DataError, match=r"floats of 64 or 32 bits, integers or booleans") as caught:
        as_data(given)
    assert said in str(caught.value)


@pytest.mark.parametrize("given", [[[1, 2], [3]], [1, [2, 3]], [np.ones(2), np.ones(3)], 10**400])
def test_numbers_that_are_no_array_are_refused(given: Any) -> None:
    with pytest.raises(DataError, match="cannot be an array of numbers"):
        as_data(given)


V = Value(1.0)


class Tracked:
    """An array of another library that does not give its numbers away."""

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise RuntimeError("it requires a gradient.")

    def __repr__(self) -> str:
        return "tracked(2.0)"


class Detachable(Tracked):
    """One that can be taken out of its graph."""

    detach = None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Tracked(), "tracked(2.0) cannot be an array of numbers: it requires a gradient"),
        (Detachable(), "it requires a gradient; give value.detach().float() for it"),
        (np.ones(2, np.float16), "as value.astype(float) has them"),
    ],
)
def test_arrays_of_other_kinds_are_refused_with_what_to_write(given: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        as_data(given)
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize(
    "given", [V, [V], (1.0, V), [[V], [V]], np.array([V, V]), [Value([1.0, 2.0])]]
)
def test_values_are_not_data_and_the_message_names_stack(given: Any) -> None:
    with pytest.raises(DataError, match=r"holds Values already; join them with ag\.stack"):
        as_data(given)


def test_a_data_error_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        as_data("1.5")


def test_an_array_is_copied() -> None:
    given = np.array([1.0, 2.0])
    data = as_data(given)
    given[0] = 9.0
    assert np.array_equal(data, [1.0, 2.0])


def test_what_was_given_is_described_shortly() -> None:
    assert describe([1, 2]) == "[1, 2]"
    assert describe(np.zeros(1000)).startswith("ndarray array([0.")
    assert len(describe("x" * 10**6)) < 100


def test_a_large_array_is_shown_by_its_corners() -> None:
    shown = show(np.arange(400.0).reshape(20, 20))
    assert len(shown) < 300
    for corner in ("[[  0.", " 19.]", "[380.", "399.]]"):
        assert corner in shown


def test_lines_of_a_matrix_align_at_the_indent() -> None:
    assert show(np.eye(2)) == "[[1., 0.],\n [0., 1.]]"
    assert show(np.eye(2), indent=6) == "[[1., 0.],\n" + " " * 7 + "[0., 1.]]"


def test_a_number_is_shown_with_all_its_digits() -> None:
    assert show(0.1 + 0.2) == "0.30000000000000004"


# Frozen


def frozen(numbers: Any = (1.0, 2.0)) -> Frozen:
    return Frozen.of(np.array(numbers))


@pytest.mark.parametrize("index", [0, slice(None), ..., [0, 1], np.array([True, False])])
def test_no_element_of_a_frozen_array_can_be_assigned(index: Any) -> None:
    array = frozen()
    with pytest.raises(DataError, match=r"read-only.*assign them whole"):
        array[index] = 5.0
    assert array.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "part",
    [lambda a: a.T, lambda a: a[:1], lambda a: a.reshape(2, 1), lambda a: a.ravel(), np.asarray],
)
def test_nor_through_a_view_of_it(part: Callable[[Any], Any]) -> None:
    array = frozen()
    with pytest.raises((DataError, ValueError), match="read-only"):
        part(array)[0] = 5.0
    assert array.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.fill(0.0),
        lambda a: a.sort(),
        lambda a: np.add(a, 1.0, out=a),
        lambda a: np.copyto(a, 0.0),
        lambda a: np.put(a, 0, 0.0),
    ],
)
def test_nor_by_a_function_that_works_in_place(change: Callable[[Any], Any]) -> None:
    array = frozen([2.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        change(array)
    assert array.tolist() == [2.0, 1.0]


OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"]


@pytest.mark.parametrize("name", OPERATORS)
def test_an_in_place_operator_makes_a_new_array(name: str) -> None:
    array, other = frozen(), np.array([[1.0, 3.0], [2.0, 5.0]])
    result = getattr(array, f"__i{name}__")(other)
    expected = getattr(np.array([1.0, 2.0]), f"__{name}__")(other)
    assert not result.flags.writeable
    assert np.array_equal(result, expected)
    assert array.tolist() == [1.0, 2.0]


def test_data_are_assigned_without_a_copy_but_a_part_of_them_is_copied() -> None:
    value, new = Value([[1.0, 2.0], [3.0, 4.0]]), frozen([[0.0, 1.0], [2.0, 3.0]])
    value.data = new
    assert np.shares_memory(value.data, new)
    for part in (new.T, new[::-1], new.view(np.int64)):
        value.data = part
        assert not np.shares_memory(value.data, new)
        assert value.data.tolist() == part.tolist()


def test_every_in_place_operator_of_numpy_for_floats_has_its_form() -> None:
    in_place = {name for name in vars(np.ndarray) if name.startswith("__i") and name != "__iter__"}
    in_place -= {"__init__", "__init_subclass__", "__int__", "__index__", "__invert__"}
    for_integers = {"__iand__", "__ior__", "__ixor__", "__ilshift__", "__irshift__"}
    assert in_place - for_integers == {f"__i{name}__" for name in OPERATORS}


@pytest.mark.parametrize(
    "compute",
    [
        lambda a: a + 1.0,
        lambda a: 1.0 - a,
        lambda a: -a,
        np.exp,
        lambda a: a @ np.eye(2),
        np.cumsum,
        lambda a: a > 1.0,
    ],
)
def test_arithmetic_gives_plain_writable_arrays(compute: Callable[[Any], Any]) -> None:
    result = compute(frozen())
    assert type(result) is np.ndarray
    assert result.flags.writeable


def test_a_reduction_gives_a_plain_number() -> None:
    assert isinstance(frozen().sum(), float)
    assert isinstance(frozen()[0], float)
    assert frozen() @ frozen() == 5.0


def test_a_copy_is_the_readers_own() -> None:
    array = frozen()
    own = array.copy()
    own[0] = 5.0
    assert (array.tolist(), own.tolist()) == ([1.0, 2.0], [5.0, 2.0])


def test_a_frozen_array_prints_like_an_array() -> None:
    assert repr(frozen()) == "array([1., 2.])"


def test_data_of_another_precision_overflow_with_numpys_warning() -> None:
    w = Value(np.ones(1, np.float32))
    with pytest.warns(RuntimeWarning, match="overflow"):
        w.data = np.array([1e300])
