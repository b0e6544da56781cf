"""NumPy's own functions on Values: the result, the gradient, and the error where there is none."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, ShapeError, Value
from autograd_lite.op import REGISTRY, elementwise

X = np.array([[0.5, 1.0, 1.5], [2.0, 0.25, 0.75]])

SUPPORTED: dict[str, Callable[[Any], Any]] = {
    "absolute": np.abs,
    "add": lambda x: np.add(x, 1.0),
    "amax": lambda x: np.amax(x, axis=0),
    "amin": lambda x: np.amin(x, axis=0),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "clip": lambda x: np.clip(x, 0.6, a_max=1.2),
    "concatenate": lambda x: np.concatenate([x, x], axis=1),
    "concatenate, flat": lambda x: np.concatenate([x, X], axis=None),
    "cos": np.cos,
    "divide": lambda x: np.divide(1.0, x),
    "dot": lambda x: np.dot(x, X.T),
    "dot, scalar": lambda x: np.dot(2.0, x),
    "dot, vectors": lambda x: np.dot(X[0], x[1]),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, X),
    "equal": lambda x: np.equal(x, X[0, 0]),
    "exp": np.exp,
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "greater": lambda x: np.greater(x, 1.0),
    "greater_equal": lambda x: np.greater_equal(x, 1.0),
    "less": lambda x: np.less(x, 1.0),
    "less_equal": lambda x: np.less_equal(x, 1.0),
    "log": np.log,
    "matmul": lambda x: np.matmul(X, x.T),
    "max": np.max,
    "maximum": lambda x: np.maximum(x, 0.8),
    "mean": lambda x: np.mean(x, axis=1, keepdims=True),
    "min": lambda x: np.min(x, axis=1),
    "minimum": lambda x: np.minimum(0.8, x),
    "multiply": lambda x: np.multiply(X, x),
    "not_equal": lambda x: np.not_equal(x, X[0, 0]),
    "ndim": np.ndim,
    "negative": np.negative,
    "ones_like": np.ones_like,
    "outer": lambda x: np.outer(x[0], X[1]),
    "pad": lambda x: np.pad(x, ((1, 0), (0, 2)), mode="constant"),
    "positive": np.positive,
    "power": lambda x: np.power(x, 3),
    "ravel": np.ravel,
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "shape": np.shape,
    "sign": np.sign,
    "sin": np.sin,
    "size": np.size,
    "sqrt": np.sqrt,
    "square": np.square,
    "squeeze": lambda x: np.squeeze(x[:1], axis=0),
    "stack": lambda x: np.stack([x, X], axis=-1),
    "subtract": lambda x: np.subtract(1.0, x),
    "sum": lambda x: np.sum(x, axis=(0, 1)),
    "sum, positional": lambda x: np.sum(x, 1),
    "tanh": np.tanh,
    "transpose": lambda x: np.transpose(x, (1, 0)),
    "where": lambda x: np.where(X > 0.8, x, 0.0),
    "zeros_like": np.zeros_like,
}
PLAIN = {"ndim", "ones_like", "shape", "size", "zeros_like"}
STEPS = {"equal", "greater", "greater_equal", "less", "less_equal", "not_equal", "sign"}


@pytest.mark.parametrize("name", SUPPORTED)
def test_a_numpy_function_gives_its_own_result_on_a_value(name: str) -> None:
    result, expected = SUPPORTED[name](Value(X)), SUPPORTED[name](X)
    assert isinstance(result, Value) == (name not in PLAIN)
    data = result.data if isinstance(result, Value) else result
    assert np.shape(data) == np.shape(expected)
    assert np.asarray(data) == pytest.approx(np.asarray(expected, float), rel=5e-16)


@pytest.mark.parametrize("name", sorted(SUPPORTED.keys() - PLAIN - STEPS))
def test_its_gradient_is_the_central_difference(name: str) -> None:
    function = SUPPORTED[name]
    cotangent = np.random.default_rng(0).uniform(-1, 1, np.shape(function(X)))
    x = Value(X)
    function(x).backward(cotangent)

    step = 1e-5
    expected = np.zeros_like(X)
    for index in np.ndindex(X.shape):
        shift = np.zeros_like(X)
        shift[index] = step
        difference = function(X + shift) - function(X - shift)
        expected[index] = np.sum(cotangent * difference) / (2 * step)
    # The largest third derivative is that of 1/x at 0.25: 6 / 0.25⁴, times step² / 6.
    assert x.grad == pytest.approx(expected, abs=3e-8)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_the_gradient_of_a_step_is_0(name: str) -> None:
    x = Value(X)
    SUPPORTED[name](x).backward(np.ones(X.shape))
    assert np.array_equal(x.grad, np.zeros(X.shape))


def test_every_supported_function_is_tried_above() -> None:
    known = {one.__name__ for one in [*ag.interop._known_ufuncs(), *ag.interop._FUNCTIONS]}
    assert known == {name.split(",")[0] for name in SUPPORTED}


@pytest.mark.parametrize(
    "call",
    [
        np.tan,
        np.arctan,
        np.isnan,
        np.add.reduce,
        lambda x: np.multiply.outer(x, x),
        lambda x: np.exp(x, where=True),
        np.cumsum,
        np.linalg.norm,
        lambda x: np.allclose(x, x),
        np.sort,
        np.copy,
    ],
)
def test_an_unsupported_function_says_so_and_lists_the_supported(
    call: Callable[..., Any],
) -> None:
    with pytest.raises(DataError, match=r"is not supported on a Value; supported are .*exp|sum"):
        call(Value(X))


def test_an_unsupported_function_is_named_in_full() -> None:
    with pytest.raises(DataError, match=r"^numpy\.linalg\.norm is not supported"):
        np.linalg.norm(Value(X))
    with pytest.raises(DataError, match=r"^np\.add\.reduce is not supported"):
        np.add.reduce(Value(X))
    with pytest.raises(DataError, match=r"^np\.exp with where= is not supported"):
        np.exp(Value(X), where=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, dtype=float),
        lambda x: np.max(x, initial=0.0),
        lambda x: np.reshape(x, (3, 2), order="F"),
        lambda x: np.mean(x, where=X > 1),
        lambda x: np.concatenate([x, x], dtype=float),
    ],
)
def test_an_unsupported_setting_of_a_function_is_named(call: Callable[[Any], Any]) -> None:
    with pytest.raises(DataError, match=r"of a Value: .*'(dtype|initial|order|where)'"):
        call(Value(X))


def test_padding_with_something_else_than_zeros_is_an_error() -> None:
    with pytest.raises(DataError, match="mode='edge' is not supported"):
        np.pad(Value(X), 1, mode="edge")


def test_np_dot_of_stacks_is_an_error_that_names_the_matrix_product() -> None:
    with pytest.raises(ShapeError, match="use a @ b"):
        np.dot(np.ones((2, 2, 2)), Value(np.ones((2, 2, 2))))


def test_a_value_cannot_be_added_into_an_array() -> None:
    total = np.zeros(3)
    with pytest.raises(DataError, match=r"total = total \+ value"):
        total += Value([1.0, 2.0, 3.0])
    with pytest.raises(DataError, match="cannot write a Value into an array"):
        np.exp(Value(0.0), out=total[:1])
    assert not total.any()


def test_an_array_method_that_meets_a_value_keeps_its_graph() -> None:
    w = Value([1.0, 2.0, 3.0])
    np.array([4.0, 5.0, 6.0]).dot(w).backward()
    assert w.grad == pytest.approx([4.0, 5.0, 6.0], abs=0)


def test_a_forward_pass_written_in_numpy_runs_unchanged_on_values() -> None:
    def network(image: Any, kernel: Any, hidden: Any, output: Any) -> Any:
        patches = [np.sum(image[i : i + 2, j : j + 2] * kernel) for i in range(2) for j in range(2)]
        s = 1 / (1 + np.exp(-np.stack(patches)))
        H = np.tanh(np.dot(hidden, s))
        O = np.matmul(H, output)  # noqa: E741  (the output layer's usual name)
        return np.mean(np.square(O - np.array([0.0, 1.0]))) + np.sqrt(np.max(np.abs(H)))

    rng = np.random.default_rng(0)
    plain = [rng.normal(size=shape) for shape in ((3, 3), (2, 2), (3, 4), (3, 2))]
    values = [Value(array) for array in plain]
    result = network(*values)
    assert result.data == pytest.approx(network(*plain), rel=1e-15)

    result.backward()
    step = 1e-5
    for position, value in enumerate(values):
        for index in np.ndindex(value.shape):
            shifted = [[array.copy() for array in plain] for _ in range(2)]
            shifted[0][position][index] += step
            shifted[1][position][index] -= step
            expected = (network(*shifted[0]) - network(*shifted[1])) / (2 * step)
            assert value.grad[index] == pytest.approx(expected, abs=1e-8)


# Values in arrays


@pytest.mark.parametrize(
    "write",
    [
        lambda v: np.zeros(2).__setitem__(0, v),
        lambda v: np.zeros(2).__setitem__(slice(None), v),
        lambda v: np.array([v, v], float),
        lambda v: np.asarray(ag.stack([v, v]), float),
        np.float64,
    ],
)
def test_writing_a_value_into_an_array_of_floats_is_an_error_that_shows_the_way(
    write: Callable[[Any], Any],
) -> None:
    # NumPy says "setting an array element with a sequence" and shows ours as the cause.
    with pytest.raises(ValueError, match="sequence") as caught:
        write(Value(2.0))
    assert isinstance(caught.value.__cause__, DataError)
    assert "ag.stack" in str(caught.value.__cause__)


def test_an_array_of_values_keeps_their_graph() -> None:
    w = Value([1.0, 2.0, 3.0])
    a, b, c = w
    net = np.array([a * b, b * c])
    H = 1 / (1 + np.exp(-net))
    np.dot(H, [3.0, 5.0]).backward()

    numbers = np.array([1.0 * 2.0, 2.0 * 3.0])
    slope = np.exp(-numbers) / (1 + np.exp(-numbers)) ** 2 * [3.0, 5.0]
    expected = [2 * slope[0], 1 * slope[0] + 3 * slope[1], 2 * slope[1]]
    assert w.grad == pytest.approx(expected, rel=1e-14)


def test_an_op_declared_later_stands_for_its_ufunc() -> None:
    tangent = elementwise(
        "tangent", scalar=math.tan, array=np.tan, partials=lambda y, x: 1 + y**2, domain=(-1, 1)
    )
    try:
        x = Value(0.5)
        np.tan(x).backward()
    finally:
        del REGISTRY[tangent.name]
    assert x.grad == pytest.approx(1 / math.cos(0.5) ** 2, rel=1e-15)
