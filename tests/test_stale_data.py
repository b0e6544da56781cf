"""Data assigned between forward and backward: an error that names them, not a wrong gradient."""

from typing import Any

import pytest

from autograd_lite import Constant, StaleValueError, Value


@pytest.mark.parametrize("data", [2.0, [1.0, 2.0]])
def test_data_assigned_after_their_use_make_backward_an_error_that_names_them(data: Any) -> None:
    w = Value(data, "w_9")
    y = (w * w).named("net").sum().named("y")
    w.data -= 0.1
    with pytest.raises(StaleValueError, match=r"the data of w_9 .* after net had been computed"):
        y.backward()
    assert w.grad is None


def test_stale_data_are_found_however_deep_they_lie() -> None:
    w, y = Value(1.0, "w"), Value(1.0)
    y = y + w
    for _ in range(100):
        y = y * 1.01
    w.data = 2.0
    with pytest.raises(StaleValueError, match="w were assigned"):
        y.backward()


def test_stale_constants_are_found_as_well() -> None:
    x, w = Constant(1.0, "x"), Value(2.0)
    y = w * x
    x.data = 3.0
    with pytest.raises(StaleValueError, match="x were assigned"):
        y.backward()


def test_a_second_use_after_the_assignment_does_not_hide_the_first() -> None:
    w = Value(1.0, "w")
    early = w * 2
    w.data = 5.0
    late = w * 3
    late.backward()
    assert w.grad == 3.0
    with pytest.raises(StaleValueError):
        (early + late).backward()


def test_assigning_the_same_number_counts_too() -> None:
    # Whether it differs could be asked of a number; of an array it would cost a pass over it.
    w = Value(1.0)
    y = w * 2
    w.data = 1.0
    with pytest.raises(StaleValueError):
        y.backward()


def test_a_stale_backward_leaves_every_gradient_as_it_was() -> None:
    a, b = Value(1.0), Value(2.0)
    y = a * b
    y.backward()
    b.data = 3.0
    with pytest.raises(StaleValueError):
        y.backward()
    assert (a.grad, b.grad) == (2.0, 1.0)


def test_training_computes_the_forward_pass_anew_and_meets_no_stale_data() -> None:
    w = Value(0.0)
    for _ in range(100):
        w.grad = None
        ((w - 3) ** 2).backward()
        w.data -= 0.1 * w.grad
    assert w.data == pytest.approx(3, abs=3 * 0.8**100)  # each step takes a fifth of the distance
