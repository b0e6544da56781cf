"""NumPy's own functions on Values: the result, the gradient, and the error where there is none."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, Value
from autograd_lite.op import REGISTRY, elementwise

X = np.array([[0.5, 1.0, 1.5], [2.0, 0.25, 0.75]])

SUPPORTED: dict[str, Callable[[Any], Any]] = {
    "absolute": np.abs,
    "add": lambda x: np.add(x, 1.0),
    "amax": lambda x: np.amax(x, axis=0),
    "amin": lambda x: np.amin(x, axis=0),
    "angle": np.angle,
    "append": lambda x: np.append(x, [[1.0, 2.0, 3.0]], axis=0),
    "append, flat": lambda x: np.append(x, 1.0),
    "arccos": lambda x: np.arccos(x / 3),
    "arccosh": lambda x: np.arccosh(x + 1),
    "arcsin": lambda x: np.arcsin(x / 3),
    "arcsinh": np.arcsinh,
    "arctan": np.arctan,
    "arctan2": lambda x: np.arctan2(x, X[::-1]),
    "arctanh": lambda x: np.arctanh(x / 3),
    "around": lambda x: np.around(x, 1),
    "array_split": lambda x: np.array_split(x, 2, axis=1)[0],
    "atleast_1d": lambda x: np.atleast_1d(x[0, 0]),
    "atleast_2d": lambda x: np.atleast_2d(x[0]),
    "atleast_2d, several": lambda x: np.atleast_2d(x[0], x)[0],
    "atleast_3d": np.atleast_3d,
    "average": lambda x: np.average(x, axis=0, weights=[1.0, 3.0]),
    "average, plain": np.average,
    "bitwise_and": lambda x: (x > 0.5) & (x < 1.0),
    "bitwise_or": lambda x: (x > 1.5) | (X < 1.0),
    "bitwise_xor": lambda x: (X > 0.5) ^ (x > 1.0),
    "invert": lambda x: ~(x > 0.5),
    "block": lambda x: np.block([[x, X], [X, 2 * x]]),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x[0], X)[0],
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "cbrt": np.cbrt,
    "ceil": np.ceil,
    "clip": lambda x: np.clip(x, 0.6, a_max=1.2),
    "clip, new names": lambda x: np.clip(x, min=0.6, max=1.2),
    "column_stack": lambda x: np.column_stack([x[0], X[1]]),
    "concatenate": lambda x: np.concatenate([x, x], axis=1),
    "concatenate, flat": lambda x: np.concatenate([x, X], axis=None),
    "conjugate": np.conjugate,
    "convolve": lambda x: np.convolve(x[0], [1.0, 2.0]),
    "convolve, valid": lambda x: np.convolve([1.0, 2.0], x[0], "valid"),
    "convolve, same": lambda x: np.convolve(x[0], X[1], mode="same"),
    "copy": np.copy,
    "cos": np.cos,
    "cosh": np.cosh,
    "cross": lambda x: np.cross(x, X[::-1]),
    "cross, columns": lambda x: np.cross(x.T, X.T[::-1], axis=0),
    "cumprod": np.cumprod,
    "cumprod, axis": lambda x: np.cumprod(x, axis=1),
    "cumsum": np.cumsum,
    "cumsum, axis": lambda x: np.cumsum(x, axis=0),
    "deg2rad": np.deg2rad,
    "degrees": np.degrees,
    "delete": lambda x: np.delete(x, 1, axis=1),
    "diag": lambda x: np.diag(x[0], k=1),
    "diagflat": np.diagflat,
    "diagonal": lambda x: np.diagonal(x, 1),
    "diff": lambda x: np.diff(x, axis=0),
    "diff, twice": lambda x: np.diff(x, 2),
    "divide": lambda x: np.divide(1.0, x),
    "dot": lambda x: np.dot(x, X.T),
    "dot, scalar": lambda x: np.dot(2.0, x),
    "dot, stacks": lambda x: np.dot(np.stack([x, X]), np.stack([X.T, x.T])),
    "dot, vectors": lambda x: np.dot(X[0], x[1]),
    "dsplit": lambda x: np.dsplit(x[None], 3)[1],
    "dstack": lambda x: np.dstack([x, X]),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, X),
    "einsum, lists": lambda x: np.einsum(x, [0, 1], X, [2, 1], [0, 2], optimize=True),
    "einsum, lists with an ellipsis": lambda x: np.einsum(x, [..., 0], X, [..., 0], [...]),
    "equal": lambda x: np.equal(x, X[0, 0]),
    "exp": np.exp,
    "exp2": np.exp2,
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "expm1": np.expm1,
    "fabs": np.fabs,
    "fix": np.fix,
    "flip": lambda x: np.flip(x, axis=(0, 1)),
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    "float_power": lambda x: np.float_power(x, 1.5),
    "floor": np.floor,
    "floor_divide": lambda x: np.floor_divide(x, 0.3),
    "fmax": lambda x: np.fmax(x, [0.8, np.nan, 0.8]),
    "fmin": lambda x: np.fmin([0.8, np.nan, 0.8], x),
    "greater": lambda x: np.greater(x, 1.0),
    "greater_equal": lambda x: np.greater_equal(x, 1.0),
    "heaviside": lambda x: np.heaviside(x - 1.0, 0.5),
    "hsplit": lambda x: np.hsplit(x, [1])[1],
    "hsplit, vector": lambda x: np.hsplit(x[0], 3)[2],
    "hstack": lambda x: np.hstack([x, X]),
    "hstack, vectors": lambda x: np.hstack((x[0], X[1])),
    "hypot": lambda x: np.hypot(x, X[::-1]),
    "imag": np.imag,
    "inner": lambda x: np.inner(x, X),
    "inner, scalar": lambda x: np.inner(x, 2.0),
    "insert": lambda x: np.insert(x, 1, 5.0, axis=1),
    "kron": lambda x: np.kron(x, X[0]),
    "less": lambda x: np.less(x, 1.0),
    "less_equal": lambda x: np.less_equal(x, 1.0),
    "linspace": lambda x: np.linspace(x[0], X[1], 4),
    "linspace, numbers": lambda x: np.linspace(x[0, 0], 3.0, 5, endpoint=False),
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "log2": np.log2,
    "logaddexp": lambda x: np.logaddexp(x, X[::-1]),
    "logaddexp2": lambda x: np.logaddexp2(x, X[::-1]),
    "logical_and": lambda x: np.logical_and(x > 0.5, x < 1.0),
    "logical_not": lambda x: np.logical_not(x > 0.5),
    "logical_or": lambda x: np.logical_or(x - 0.5, X > 3),
    "logical_xor": lambda x: np.logical_xor(x > 0.5, X > 1),
    "matmul": lambda x: np.matmul(X, x.T),
    "matrix_transpose": np.matrix_transpose,
    "max": np.max,
    "max, list of axes": lambda x: x.max(axis=(0, 1)),
    "maximum": lambda x: np.maximum(x, 0.8),
    "mean": lambda x: np.mean(x, axis=1, keepdims=True),
    "median": lambda x: np.median(x, axis=1),
    "median, even": np.median,
    "median, kept": lambda x: np.median(x, keepdims=True),
    "min": lambda x: np.min(x, axis=1),
    "minimum": lambda x: np.minimum(0.8, x),
    "moveaxis": lambda x: np.moveaxis(x[None], 0, -1),
    "multiply": lambda x: np.multiply(X, x),
    "nan_to_num": lambda x: np.nan_to_num(np.where(X > 1, x, [np.nan, np.inf, 1.0]), nan=3.0),
    "negative": np.negative,
    "not_equal": lambda x: np.not_equal(x, X[0, 0]),
    "outer": lambda x: np.outer(x[0], X[1]),
    "pad": lambda x: np.pad(x, ((1, 0), (0, 2)), mode="constant"),
    "pad, value": lambda x: np.pad(x, 1, constant_values=7.0),
    "pad, values": lambda x: np.pad(x, 1, constant_values=((1.0, 2.0), (3.0, 4.0))),
    "pad, edge": lambda x: np.pad(x, 2, "edge"),
    "pad, reflect": lambda x: np.pad(x, ((0, 0), (2, 1)), mode="reflect"),
    "polyval": lambda x: np.polyval([1.0, 2.0, 3.0], x),
    "positive": np.positive,
    "power": lambda x: np.power(x, 3),
    "prod": np.prod,
    "prod, axis": lambda x: np.prod(x, axis=1, keepdims=True),
    "ptp": lambda x: np.ptp(x, axis=1),
    "rad2deg": np.rad2deg,
    "radians": np.radians,
    "ravel": np.ravel,
    "ravel, columns first": lambda x: np.ravel(x, order="F"),
    "real": np.real,
    "real_if_close": np.real_if_close,
    "reciprocal": np.reciprocal,
    "remainder": lambda x: np.mod(x, 0.35),
    "repeat": lambda x: np.repeat(x, [1, 0, 2], axis=1),
    "repeat, keywords": lambda x: np.repeat(a=x, repeats=2),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "reshape, columns first": lambda x: np.reshape(x, (3, 2), order="F"),
    "resize": lambda x: np.resize(x, (4, 2)),
    "rint": np.rint,
    "roll": lambda x: np.roll(x, 1, axis=1),
    "rollaxis": lambda x: np.rollaxis(x, 1),
    "rot90": np.rot90,
    "round": lambda x: np.round(10 * x, -1),
    "select": lambda x: np.select([x < 0.6, x > 1.2], [x, 2 * x], 0.5),
    "sign": np.sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sliding_window_view": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=1),
    "sort": lambda x: np.sort(x, axis=0),
    "sort, all": lambda x: np.sort(x, axis=None),
    "split": lambda x: np.split(x, 2)[1],
    "split, overlapping": lambda x: np.split(x, [2, 1], axis=1)[2],
    "sqrt": np.sqrt,
    "square": np.square,
    "squeeze": lambda x: np.squeeze(x[:1], axis=0),
    "stack": lambda x: np.stack([x, X], axis=-1),
    "std": np.std,
    "std, sample": lambda x: np.std(x, axis=1, ddof=1),
    "subtract": lambda x: np.subtract(1.0, x),
    "sum": lambda x: np.sum(x, axis=(0, 1)),
    "sum, positional": lambda x: np.sum(x, 1),
    "sum, all by position": lambda x: np.sum(x, 1, None, None, True),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "take": lambda x: np.take(x, [2, 0, 2], axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.argsort(X, axis=1), axis=1),
    "tan": lambda x: np.tan(x / 2),
    "tanh": np.tanh,
    "tensordot": lambda x: np.tensordot(x, X, axes=([1], [1])),
    "tensordot, count": lambda x: np.tensordot(x, X.T, 1),
    "tile": lambda x: np.tile(x, (2, 1)),
    "trace": lambda x: np.trace(x, 1),
    "transpose": lambda x: np.transpose(x, (1, 0)),
    "tril": np.tril,
    "triu": lambda x: np.triu(x, k=1),
    "trunc": np.trunc,
    "var": lambda x: np.var(x, axis=0),
    "var, sample": lambda x: np.var(x, ddof=1, keepdims=True),
    "vdot": lambda x: np.vdot(x, X),
    "vecdot": lambda x: np.vecdot(x, X[::-1]),
    "vsplit": lambda x: np.vsplit(x, 2)[0],
    "vstack": lambda x: np.vstack([x, X[0]]),
    "where": lambda x: np.where(X > 0.8, x, 0.0),
    # Of matrices
    "cholesky": lambda x: np.linalg.cholesky(x @ x.T + np.eye(2)),
    "det": lambda x: np.linalg.det(x[:, :2]),
    "inv": lambda x: np.linalg.inv(x[:, :2]),
    "matrix_power": lambda x: np.linalg.matrix_power(x[:, :2], 3),
    "matrix_power, inverse": lambda x: np.linalg.matrix_power(x[:, :2], -2),
    "multi_dot": lambda x: np.linalg.multi_dot([x, X.T, x]),
    "norm": np.linalg.norm,
    "norm, 1": lambda x: np.linalg.norm(x, 1),
    "norm, rows": lambda x: np.linalg.norm(x, axis=1, keepdims=True),
    "norm, inf": lambda x: np.linalg.norm([[1.0], [2.0]] * x, np.inf),
    "norm, third": lambda x: np.linalg.norm(x, 3, axis=0),
    "slogdet": lambda x: np.linalg.slogdet(x[:, :2]).logabsdet,
    "solve": lambda x: np.linalg.solve(x[:, :2], X[:, 2]),
    "solve, matrix": lambda x: np.linalg.solve(X[:, :2], x),
}
ABOUT_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "all": np.all,
    "allclose": lambda x: np.allclose(x, X),
    "any": np.any,
    "argmax": lambda x: np.argmax(x, axis=1),
    "argmin": np.argmin,
    "argsort": np.argsort,
    "argwhere": lambda x: np.argwhere(x > 1),
    "array2string": np.array2string,
    "array_equal": lambda x: np.array_equal(x, X),
    "array_repr": np.array_repr,
    "array_str": np.array_str,
    "count_nonzero": np.count_nonzero,
    "digitize": lambda x: np.digitize(x, [0.5, 1.0]),
    "empty_like": lambda x: 0 * np.empty_like(x, int),
    "flatnonzero": np.flatnonzero,
    "full_like": lambda x: np.full_like(x, 3.0),
    "isclose": lambda x: np.isclose(x, X),
    "iscomplexobj": np.iscomplexobj,
    "isfinite": np.isfinite,
    "isinf": np.isinf,
    "isnan": np.isnan,
    "isrealobj": np.isrealobj,
    "ndim": np.ndim,
    "nonzero": lambda x: np.nonzero(x)[0],
    "ones_like": np.ones_like,
    "result_type": lambda x: str(np.result_type(x, np.float32)),
    "searchsorted": lambda x: np.searchsorted([0.5, 1.0], x),
    "shape": np.shape,
    "signbit": np.signbit,
    "size": np.size,
    "where": lambda x: np.where(x > 1)[1],
    "zeros_like": np.zeros_like,
}
STEPS = {"angle", "around", "bitwise_and", "bitwise_or", "bitwise_xor", "ceil", "equal", "fix",
         "floor", "floor_divide", "greater", "greater_equal", "heaviside", "imag", "invert",
         "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor",
         "not_equal", "rint", "round", "sign", "trunc"}  # fmt: skip


@pytest.mark.parametrize("name", ABOUT_NUMBERS)
def test_a_question_about_the_numbers_gets_a_plain_answer(name: str) -> None:
    found, expected = ABOUT_NUMBERS[name](Value(X)), ABOUT_NUMBERS[name](X)
    assert not isinstance(found, Value)
    assert type(found) is type(expected)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("name", SUPPORTED)
def test_a_numpy_function_gives_its_own_result_on_a_value(name: str) -> None:
    result, expected = SUPPORTED[name](Value(X)), SUPPORTED[name](X)
    assert isinstance(result, Value) or name == "imag"
    data = result.data if isinstance(result, Value) else result
    assert np.shape(data) == np.shape(expected)
    assert np.asarray(data) == pytest.approx(np.asarray(expected, float), rel=1e-13)


@pytest.mark.parametrize("name", sorted(SUPPORTED.keys() - STEPS))
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
    # Most third derivatives are at most that of 1/x at 0.25: 6 / 0.25⁴, times step² / 6.
    assert x.grad == pytest.approx(expected, abs=3e-8, rel=1e-7)


@pytest.mark.parametrize("name", sorted(STEPS - {"imag"}))
def test_the_gradient_of_a_step_is_0(name: str) -> None:
    x = Value(X)
    result = SUPPORTED[name](x)
    result.backward(np.ones(result.shape))
    assert np.array_equal(x.grad, np.zeros(X.shape))


def test_every_supported_function_is_tried_above() -> None:
    known = [*ag.interop._known_ufuncs(), *ag.interop._known_functions()]
    tried = {name.split(",")[0] for name in [*SUPPORTED, *ABOUT_NUMBERS]}
    assert {one.__name__ for one in known} == tried


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (np.sinc, r"^numpy\.sinc is not supported on a Value; the nearest that is: np\.sin"),
        (lambda x: np.partition(x, 1), "the nearest that is: np.sort"),
        (np.linalg.svd, r"^numpy\.linalg\.svd is not supported .*np\.linalg\.det"),
        (np.linalg.pinv, r"the nearest that is: np\.linalg\.solve"),
        (np.nanstd, r"the nearest that is: .*np\.std"),
        (np.power.reduce, r"^np\.power\.reduce is not supported"),
        (lambda x: np.fmod(x, 2.0), r"^np\.fmod is not .*np\.mod"),
        (lambda x: np.exp(x, where=True), r"^np\.exp with where= is not supported"),
        (lambda x: np.putmask(x, X > 1, 0.0), r"the nearest that is: np\.where"),
    ],
)
def test_what_is_not_supported_names_the_nearest_that_is(
    call: Callable[..., Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        call(Value(X))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, dtype=float),
        lambda x: np.max(x, initial=0.0),
        lambda x: np.mean(x, where=X > 1),
        lambda x: np.concatenate([x, x], dtype=float),
    ],
)
def test_an_unsupported_setting_of_a_function_is_named(call: Callable[[Any], Any]) -> None:
    with pytest.raises(DataError, match=r"of a Value: .*'(dtype|initial|where)'"):
        call(Value(X))


def test_padding_with_what_is_computed_is_an_error() -> None:
    with pytest.raises(DataError, match="mode='mean' is not supported"):
        np.pad(Value(X), 1, mode="mean")


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
    spacing = elementwise("spacing", scalar=math.ulp, array=np.spacing, partials=0, analytic=False)
    try:
        assert np.spacing(Value(1.0)).data == math.ulp(1.0)
    finally:
        del REGISTRY[spacing.name]
