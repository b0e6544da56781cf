"""Operators with every kind of partner, and the methods; the oracle is NumPy on plain arrays."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, ShapeError, Value
from autograd_lite.value import Operators

BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.mod,
    operator.floordiv,
    operator.pow,
    operator.gt,
    operator.ge,
    operator.lt,
    operator.le,
]
PARTNERS = [
    2,
    2.5,
    True,
    np.float64(2.5),
    np.float32(2.5),
    np.int64(2),
    np.array(2.5),
    np.array([1.5, 2.5, 2.0]),
    np.array([[1, 2, 3]]),
    [1.5, 2.5, 2.0],
]
DATA = [2.0, np.array([1.5, 2.0, 2.5]), np.array([[1.5], [2.0]])]


@pytest.mark.parametrize("data", DATA, ids=np.shape)
@pytest.mark.parametrize("partner", PARTNERS, ids=repr)
@pytest.mark.parametrize("compute", BINARY)
def test_an_operator_takes_numbers_and_arrays_on_either_side(
    compute: Callable[[Any, Any], Any], partner: Any, data: Any
) -> None:
    plain = np.asarray(partner, float)
    for result, expected in (
        (compute(Value(data), partner), compute(np.asarray(data), plain)),
        (compute(partner, Value(data)), compute(plain, np.asarray(data))),
        (compute(Value(data), Value(partner)), compute(np.asarray(data), plain)),
    ):
        assert type(result) is Value
        assert result.shape == np.shape(expected)
        # math.pow and np.power differ in the last bit.
        assert np.asarray(result.data) == pytest.approx(np.asarray(expected, float), rel=5e-16)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.ones(3), np.arange(3.0)),
        (np.ones((2, 3)), np.arange(3.0)),
        (np.arange(3.0), np.ones((3, 2))),
        (np.ones((2, 3)), np.arange(6.0).reshape(3, 2)),
        (np.ones((2, 2, 3)), np.arange(6.0).reshape(3, 2)),
    ],
)
def test_a_matrix_product_takes_arrays_and_lists_on_either_side(a: Any, b: Any) -> None:
    expected = a @ b
    for result in (Value(a) @ b, a @ Value(b), Value(a) @ b.tolist(), a.tolist() @ Value(b)):
        assert type(result) is Value
        assert np.array_equal(result.data, expected)


@pytest.mark.parametrize("compute", [operator.neg, operator.pos, abs])
def test_unary_operators(compute: Callable[[Any], Any]) -> None:
    data = np.array([-1.0, 0.0, 2.5])
    assert np.array_equal(compute(Value(data)).data, compute(data))
    assert compute(Value(-2.5)).data == compute(-2.5)


@pytest.mark.parametrize("partner", ["a", None, 1j, object(), {1.0}])
@pytest.mark.parametrize("compute", [*BINARY, operator.matmul])
def test_a_partner_that_is_no_number_is_a_data_error(
    compute: Callable[[Any, Any], Any], partner: Any
) -> None:
    with pytest.raises(DataError):
        compute(Value(1.0), partner)
    if compute is operator.mod and isinstance(partner, str):
        return  # which formats
    with pytest.raises(DataError):
        compute(partner, Value(1.0))


@pytest.mark.parametrize("compute", [divmod, operator.lshift])
def test_operators_that_arrays_of_floats_have_not_do_not_exist(
    compute: Callable[[Any, Any], Any],
) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        compute(Value(5.0), 2)


@pytest.mark.parametrize("compute", [operator.add, operator.mul, operator.pow, operator.matmul])
def test_shapes_that_do_not_fit_are_named(compute: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(ShapeError, match=r"\(2,\) and \(3,\)"):
        compute(Value(np.ones(2)), np.ones(3))


def test_the_sum_of_a_list_of_values_starts_from_pythons_zero() -> None:
    values = [Value(1.0), Value(2.0)]
    total = sum(values)
    total.backward()
    assert (total.data, [value.grad for value in values]) == (3.0, [1.0, 1.0])


METHODS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "exp": (lambda x: x.exp(), np.exp),
    "log": (lambda x: x.log(), np.log),
    "sqrt": (lambda x: x.sqrt(), np.sqrt),
    "sin": (lambda x: x.sin(), np.sin),
    "cos": (lambda x: x.cos(), np.cos),
    "tanh": (lambda x: x.tanh(), np.tanh),
    "sigmoid": (lambda x: x.sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
    "relu": (lambda x: (x - 1).relu(), lambda x: np.maximum(x - 1, 0)),
    "abs": (lambda x: (x - 1).abs(), lambda x: np.abs(x - 1)),
    "clip": (lambda x: x.clip(0.5, 1.0), lambda x: np.clip(x, 0.5, 1.0)),
    "sum": (lambda x: x.sum(1), lambda x: x.sum(1)),
    "sum, kept": (lambda x: x.sum(0, keepdims=True), lambda x: x.sum(0, keepdims=True)),
    "mean": (lambda x: x.mean(axis=(0, 1)), np.mean),
    "max": (lambda x: x.max(axis=-1), lambda x: x.max(-1)),
    "min": (lambda x: x.min(), np.min),
    "reshape": (lambda x: x.reshape(3, -1), lambda x: x.reshape(3, -1)),
    "reshape, tuple": (lambda x: x.reshape((1, 6)), lambda x: x.reshape(1, 6)),
    "flatten": (lambda x: x.flatten(), np.ravel),
    "T": (lambda x: x.T, np.transpose),
    "transpose": (lambda x: x.transpose(), np.transpose),
    "transpose, axes": (lambda x: x.transpose(1, 0), np.transpose),
    "transpose, tuple": (lambda x: x.transpose((0, 1)), lambda x: x),
    "squeeze": (lambda x: x[:, :1].squeeze(1), lambda x: x[:, 0]),
    "expand_dims": (lambda x: x.expand_dims(1), lambda x: x[:, None]),
    "broadcast_to": (lambda x: x.broadcast_to((2, 2, 3)), lambda x: np.stack([x, x])),
    "dot": (lambda x: x.dot(x.T), lambda x: x @ x.T),
    "var": (lambda x: x.var(axis=0, ddof=1), lambda x: x.var(axis=0, ddof=1)),
    "std": (lambda x: x.std(1, keepdims=True), lambda x: x.std(1, keepdims=True)),
    "prod": (lambda x: x.prod(), np.prod),
    "cumsum": (lambda x: x.cumsum(axis=1), lambda x: x.cumsum(axis=1)),
    "cumprod": (lambda x: x.cumprod(), np.cumprod),
    "ravel": (lambda x: x.ravel(), np.ravel),
    "swapaxes": (lambda x: x.swapaxes(0, -1), np.transpose),
    "repeat": (lambda x: x.repeat(2, axis=0), lambda x: x.repeat(2, axis=0)),
    "take": (lambda x: x.take([0, 5]), lambda x: x.take([0, 5])),
    "diagonal": (lambda x: x.diagonal(1), lambda x: x.diagonal(1)),
    "trace": (lambda x: x.trace(), np.trace),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_computes_what_numpy_computes(name: str) -> None:
    method, expected = METHODS[name]
    data = np.array([[0.5, 1.0, 1.5], [2.0, 0.25, 0.75]])
    result = method(Value(data))
    assert result.shape == np.shape(expected(data))
    assert np.asarray(result.data) == pytest.approx(expected(data), rel=5e-16)


def test_every_method_is_tried_above() -> None:
    methods = {name for name in vars(Operators) if not name.startswith("_")}
    assert methods == {name.split(",")[0] for name in METHODS}


def test_the_short_way_of_scalars_gives_what_the_long_way_gives() -> None:
    a, b = Value(3.0), Value(5.0)
    for short, long in (
        (a + b, ag.add(a, b)),
        (a * b, ag.multiply(a, b)),
        (a - b, ag.subtract(a, b)),
    ):
        assert (short.op, short.data, short.operands) == (long.op, long.data, long.operands)
        assert short.number < long.number
