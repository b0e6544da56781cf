"""Where nan and inf come from: the first op, its label and its operands, forward and backward."""

from collections.abc import Callable

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import AnomalyError, Value


def x_of(*numbers: float) -> Value:
    return Value(np.array(numbers) if len(numbers) > 1 else numbers[0], "x")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (lambda: ag.log(x_of(1.0, 0.0)), r"^log made -inf at \[1\]; it was given x = \[1\., 0\.\]"),
        (lambda: ag.log(x_of(-1.0)), r"^log made nan; it was given x = -1\.0$"),
        (lambda: x_of(3.0) / x_of(0.0), "^divide made inf; it was given x = 3.0, x = 0.0$"),
        (lambda: 1.0 / x_of(0.0), "^divide made inf; it was given operand 0 = 1.0, x = 0.0$"),
        (lambda: ag.exp(x_of(800.0)) * 0.0, "^exp made inf"),
        (lambda: ag.sqrt(x_of(-1.0, 4.0)).sum(), r"^sqrt made nan at \[0\]"),
        (lambda: x_of(np.nan, 1.0) * 2.0, "^multiply was given nan, which was there before: x ="),
        (lambda: ag.sum(ag.log(x_of(2.0, 0.0)) * [1.0, 0.0]), "^log made -inf"),
    ],
)
def test_the_first_op_that_makes_them_is_named(program: Callable[[], Value], message: str) -> None:
    with pytest.raises(AnomalyError, match=message), ag.detect_anomaly():
        program()


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            lambda: ag.sqrt(x_of(0.0)).named("r"),
            "^backward: sqrt made inf of the gradient of r,",
        ),
        (
            lambda: ag.sqrt(x_of(4.0, 0.0)).sum(),
            r"sqrt made inf at \[1\] .* on the way to x;",
        ),
        (lambda: ag.hypot(x_of(0.0), 0.0).named("h"), "^backward: hypot made nan .* x = 0.0, oper"),
    ],
)
def test_the_first_derivative_that_makes_them_is_named(
    program: Callable[[], Value], message: str
) -> None:
    with ag.detect_anomaly():
        result = program()
        with pytest.raises(AnomalyError, match=message):
            result.backward()
        with pytest.raises(AnomalyError, match=message):
            ag.grad(lambda x: program() * x)(1.0)


def test_a_failed_backward_leaves_the_gradients() -> None:
    x = x_of(0.0)
    with ag.detect_anomaly(), pytest.raises(AnomalyError):
        ag.sqrt(x).backward()
    assert x.grad is None


def test_infinities_that_were_given_are_no_anomaly() -> None:
    scores, hidden = Value([1.0, 2.0], "s"), np.array([False, True])
    with ag.detect_anomaly():
        shown = ag.softmax(ag.where(hidden, -np.inf, scores))
        shown[0].backward()
    assert shown.data.tolist() == [1.0, 0.0]


def test_finite_programs_run_as_before_and_nothing_is_watched_afterwards() -> None:
    def loss(x: Value) -> Value:
        return (ag.tanh(x) ** 2).sum()

    plain = ag.value_and_grad(loss)(np.array([1.0, 2.0]))
    with ag.detect_anomaly():
        watched = ag.value_and_grad(loss)(np.array([1.0, 2.0]))
    assert plain[0] == watched[0]
    assert np.array_equal(plain[1], watched[1])
    with np.errstate(divide="ignore"):
        assert ag.log(x_of(0.0)).data == -np.inf


def test_under_no_grad_it_watches_too() -> None:
    with pytest.raises(AnomalyError, match="log"), ag.detect_anomaly(), ag.no_grad():
        ag.log(x_of(0.0))
    with pytest.raises(AnomalyError, match="log"), ag.no_grad(), ag.detect_anomaly():
        ag.log(x_of(0.0))
