"""A traced array has NumPy's own numbers, and formulas that are right at any other point too."""

import copy
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite.check.code.traced import (
    Journal,
    Traced,
    constant,
    gathered,
    journaling,
    numbers_of,
    traced,
)
from autograd_lite.errors import ClaimError, GraphTooLargeError

RNG = np.random.default_rng(0)
X, Y = RNG.uniform(0.5, 1.5, (2, 3, 4))
LABELS = np.array([2, 0, 1])

Function = Callable[..., Any]


def leaves(result: Any) -> list[Any]:
    if isinstance(result, tuple | list):
        return [leaf for item in result for leaf in leaves(item)]
    return [result]


def check(function: Function, *points: Any, others: Any = None) -> None:
    """The numbers are NumPy's, and the formulas are NumPy's at another point."""
    copies = [np.array(point) for point in points]
    names = "xyz"[: len(points)]
    arrays = [traced(point, name) for point, name in zip(copies, names, strict=True)]
    results = leaves(function(*arrays))
    for found, true in zip(results, leaves(function(*map(np.array, points))), strict=True):
        assert isinstance(found, Traced)
        assert type(found.numbers) is type(true)
        assert found.dtype == true.dtype
        np.testing.assert_allclose(found.numbers, true, rtol=1e-15, strict=True)
    if others is None:  # the same order of elements, so that the same one wins
        others = [np.exp(point) * 1.5 for point in points]
    values = {
        str(formula): number
        for array, other in zip(
            [traced(point, name) for point, name in zip(copies, names, strict=True)],
            others,
            strict=True,
        )
        for formula, number in zip(array.formulas.flat, other.flat, strict=True)
    }
    for found, true in zip(results, leaves(function(*map(np.array, others))), strict=True):
        evaluated = np.array([formula.evaluate(values) for formula in found.formulas.flat])
        rtol = 1e-6 if true.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(evaluated, np.ravel(true), rtol=rtol, atol=1e-12)


def into_zeros(x: Any) -> Any:
    y = np.zeros_like(x)
    y[0] = x[1] * 2
    y[1, 2] = x[0, 0]
    y[2, 1:3] += x[0, :2]
    return y


def in_place(x: Any) -> Any:
    view = x[1:]
    view *= 2
    view[:, 0] -= 0.5
    x.T[3] /= 3
    x[0] **= 2
    return x


def added_at(x: Any) -> Any:
    y = np.ones_like(x)
    np.add.at(y, ([0, 0, 2], [1, 1, 3]), x[0, :3])
    return y


def with_function(function: Function, *args: Any, **options: Any) -> Function:
    """A function that changes its first argument."""

    def run(x: Any, *rest: Any) -> Any:
        function(x, *args, *rest, **options)
        return x

    return run


def into_out(x: Any) -> Any:
    y = np.zeros_like(x)
    np.divide(x, x + 1, out=y, where=X > 1)
    np.clip(x[0], 0.6, 9.0, out=y[1])
    return y, np.sum(x, axis=0, out=y[0]), np.max(x, axis=0, out=y[2]), y


ONE = {
    "exp": np.exp,
    "sqrt": np.sqrt,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "abs": lambda x: abs(x - 1),
    "negative": lambda x: -x,
    "square": np.square,
    "reciprocal": np.reciprocal,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "log2": np.log2,
    "log10": np.log10,
    "exp2": np.exp2,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "powers": lambda x: x**2 + 2**x + x**-1 + x**0.5,
    "reflected": lambda x: 1 - x + 2 / x - (3 * x + 1),
    "masks": lambda x: x * (x > 0),
    "sum": np.sum,
    "sum over an axis": lambda x: x.sum(axis=1, keepdims=True),
    "mean": lambda x: (x.mean(), x.mean(0)),
    "var": lambda x: (x.var(), np.var(x, axis=0, ddof=1, keepdims=True)),
    "std": lambda x: (x.std(), np.std(x, axis=1)),
    "prod": lambda x: np.prod(x, 1),
    "cumsum": lambda x: np.cumsum(x, 1),
    "max": lambda x: (x.max(), np.max(x, axis=1), x.max(0, keepdims=True)),
    "min": lambda x: (x.min(), np.min(x, axis=(0, 1)), np.amin(x, -1)),
    "sort": lambda x: np.sort(x, axis=1),
    "norm": lambda x: (np.linalg.norm(x), np.linalg.norm(x, axis=1, keepdims=True)),
    "trace": np.trace,
    "diff": np.diff,
    "average": lambda x: np.average(x, axis=1),
    "clip": lambda x: (np.clip(x, 0.6, 9.0), x.clip(min=0.1)),
    "relu": lambda x: np.maximum(0, x),
    "transpose": lambda x: (x.T, x.transpose(1, 0), np.transpose(x), x.transpose()),
    "reshape": lambda x: (x.reshape(2, 6), x.reshape((4, -1)), np.reshape(x, -1)),
    "rows": lambda x: (x.ravel(), x.flatten(), x.flatten("F"), np.ravel(x)),
    "squeeze": lambda x: (x[None].squeeze(), np.expand_dims(x, 1), x[:, np.newaxis]),
    "copies": lambda x: (x.copy(), np.copy(x), copy.copy(x), copy.deepcopy(x)),
    "astype": lambda x: (x.astype(np.float32), x[0, 0].astype(np.float32)),
    "concatenate": lambda x: np.concatenate([x, 2 * x, np.ones((1, 4))]),
    "stack": lambda x: (np.stack([x[0], x[1]], axis=1), np.vstack([x, x]), np.hstack([x, x])),
    "pad": lambda x: (np.pad(x, 1), np.pad(x, ((0, 1), (2, 0)), mode="edge")),
    "moved": lambda x: (np.roll(x, 1, 0), np.flip(x), np.rot90(x, 2), np.fliplr(x), x[::-1, ::2]),
    "repeated": lambda x: (np.tile(x, (2, 1)), np.repeat(x, 2, axis=0), x.repeat(2)),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 3, 4)),
    "split": lambda x: np.split(x, 2, axis=1),
    "triangles": lambda x: (np.tril(x), np.triu(x)),
    "diag": lambda x: (np.diag(x[0]), np.diag(x)),
    "take": lambda x: (x.take([1, 0], axis=1), np.take_along_axis(x, LABELS[:, None], 1)),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2)),
    "indices": lambda x: (x[1], x[1, 2], x[..., 0], x[np.arange(3), LABELS], x[x > 0.1], x[[2, 0]]),
    "rows by iteration": lambda x: [row * 2 for row in x],
    "builtins": lambda x: (sum(x), max(x[0]), min(x[0])),
    "softmax": lambda x: np.exp(x - x.max(1, keepdims=True)) / np.exp(x).sum(1, keepdims=True),
    "like": lambda x: (np.zeros_like(x), np.ones_like(x), np.full_like(x, 2.5)),
    "into zeros": into_zeros,
    "in place": in_place,
    "add.at": added_at,
    "out": into_out,
    "fill_diagonal": with_function(np.fill_diagonal, 0.0),
    "put": with_function(np.put, [0, 5], [1.5, 2.5]),
    "fill": with_function(lambda x: x[1].fill(0.25)),
    "add.reduce": lambda x: (np.add.reduce(x, axis=1), np.multiply.outer(x[0], x[1])),
    "cross": lambda x: np.cross(x[0, :3], x[1, :3]),
}

TWO = {
    "arithmetic": lambda x, y: (x + y, x - y, x * y, x / y, x**y),
    "maximum": lambda x, y: (np.maximum(x, y), np.minimum(x, y), np.fmax(x, y)),
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "matmul": lambda x, y: (x @ y.T, x[0] @ y[0], np.matmul(x.T, y)),
    "dot": lambda x, y: (np.dot(x, y.T), x.dot(y[0]), np.dot(x[0], y[1]), np.dot(x, 2.0)),
    "outer": lambda x, y: (np.outer(x[0], y[1]), np.inner(x, y), np.kron(x[0], y[0])),
    "einsum": lambda x, y: (np.einsum("ij,kj->ik", x, y), np.einsum("ij,ij->", x, y)),
    "tensordot": lambda x, y: np.tensordot(x, y, axes=([0], [0])),
    "convolve": lambda x, y: (np.convolve(x[0], y[0]), np.correlate(x[0], y[0], "full")),
    "where": lambda x, y: (np.where(x > 0.01, x, y), np.where(LABELS[:, None] > 1, x, 0.0)),
    "copyto": with_function(np.copyto),
    "assigned": lambda x, y: with_function(lambda z: operator.setitem(z, (slice(1), 2), y[0, 0]))(
        x
    ),
    "plain": lambda x, y: (X * x, X + y, X @ y.T, np.float64(2) * x, np.add(X, y)),
}


@pytest.mark.parametrize("function", ONE.values(), ids=ONE)
def test_functions_of_one_array(function: Function) -> None:
    check(function, X)


@pytest.mark.parametrize("function", TWO.values(), ids=TWO)
def test_functions_of_two_arrays(function: Function) -> None:
    check(function, X, Y)


def test_the_type_of_number_is_kept_and_promoted_as_numpy_does() -> None:
    check(lambda x, y: (x * 2.0, x + 1, np.exp(x), x * y, x.sum()), X.astype(np.float32), Y)


@pytest.mark.parametrize("n", [0, 1])
def test_floats_of_python_do_not_widen_float32(n: int) -> None:
    rate, x = traced(0.5, "rate"), traced(X.astype(np.float32), "x")
    assert (rate * 2 * x).dtype == (-rate + n + x).dtype == np.float32
    assert type((rate * 2).numbers) is float
    assert type(np.exp(rate).numbers) is np.float64


# What is plain


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x > 1, lambda x: x == X, np.argmax, lambda x: x.argmax(axis=1), np.shape,
        lambda x: np.unravel_index(np.argmax(x), x.shape), lambda x: (x > 0.1).all(), np.any,
        lambda x: np.nonzero(x > 1), np.isfinite, np.argsort, lambda x: np.allclose(x, x), len,
        lambda x: x.astype(int), np.size, lambda x: bool(x[0, 0]), lambda x: int(x[0, 0]),
        lambda x: x.dtype, np.count_nonzero, str, repr, lambda x: f"{x[0, 0]:.3f}",
        lambda x: round(x[0, 0]), lambda x: x[0, 0] in x, lambda x: x.nonzero(),
    ],
)  # fmt: skip
def test_what_decides_or_shows_is_plain_numpy(function: Function) -> None:
    with journaling(Journal()) as journal:
        found = function(traced(X, "x"))
    assert not isinstance(found, Traced)
    np.testing.assert_equal(found, function(X))
    assert journal.notes == []


def test_a_traced_array_cannot_be_hashed_as_an_array_cannot() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(traced(X, "x"))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x @ x,
        lambda x: x[5],
        lambda x: x + np.ones(5),
        lambda x: x.reshape(5, 5),
        lambda x: x.no_such_method(),
        lambda x: operator.setitem(x[0, 0], 0, 1.0),
        lambda x: operator.setitem(x, 0, np.ones(3)),
        lambda x: np.concatenate([x, np.ones(3)]),
    ],
)
def test_what_numpy_refuses_is_refused_with_the_same_kind_of_error(wrong: Function) -> None:
    with pytest.raises(Exception, match=r"\w") as plain:
        wrong(X.copy())
    with pytest.raises(plain.type):
        wrong(traced(X, "x"))


# One memory


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[1:],
        lambda x: x.T,
        lambda x: x.reshape(-1),
        lambda x: x.ravel(),
        lambda x: x[:, ::2],
        lambda x: np.split(x, 2, axis=1)[1],
        lambda x: np.swapaxes(x, 0, 1)[2:],
        lambda x: x[..., None],
        lambda x: x.flatten(),
        lambda x: x[[0, 1]],
        lambda x: x.copy(),
        lambda x: x.T.reshape(-1),
        lambda x: x.astype(float),
    ],
)
def test_views_and_copies_are_those_of_numpy(view: Function) -> None:
    x, plain = traced(X, "x"), X.copy()
    part, plain_part = view(x), view(plain)
    part += 1.0
    plain_part += 1.0
    np.testing.assert_array_equal(x.numbers, plain)
    for formula, number in zip(x.formulas.flat, plain.flat, strict=True):
        assert formula.value == number


def test_a_scalar_is_never_changed_in_place() -> None:
    x = traced([1.0, 2.0], "x")
    first = total = x[0]
    total += x[1]
    x[0] = 5.0
    assert (first.numbers, total.numbers) == (1.0, 3.0)
    assert (str(first.formulas), str(total.formulas)) == ("x[0]", "x[0] + x[1]")


def test_overlapping_assignment_reads_before_it_writes() -> None:
    check(with_function(lambda x: operator.setitem(x, slice(1, None), x[:-1])), X)


def test_a_plain_array_that_is_changed_becomes_traced_and_is_noted() -> None:
    plain = np.ones(2)
    alias = plain
    with journaling(Journal()) as journal:
        plain -= traced([0.5, 0.25], "x")  # type: ignore[misc, assignment]
    assert isinstance(plain, Traced)
    assert plain.numbers is alias
    assert str(plain.formulas[0]) == "1 − x[0]"
    assert journal.notes == ["an array of plain numbers is changed, which is not followed"]


# Making them


def test_lists_of_traced_numbers_are_gathered_as_numpy_does() -> None:
    a, b = traced(1.0, "a"), traced(2.0, "b")
    found = gathered([[a, 3], [0.5, b]])
    assert found.numbers.tolist() == [[1, 3], [0.5, 2]]
    assert [str(formula) for formula in found.formulas.flat] == ["a", "3", "0.5", "b"]
    assert str(gathered([traced(X, "x"), traced(Y, "y")]).formulas[1, 0, 2]) == "y[0,2]"


def test_a_list_can_be_assigned() -> None:
    a, y = traced(1.0, "a"), constant(np.zeros(2))
    y[:] = [a, 4.0]
    assert [str(formula) for formula in y.formulas] == ["a", "4"]


def test_elements_can_be_named_one_by_one() -> None:
    w = traced([0.1, 0.2], ["w_9", "w_10"])
    assert str(np.sum(w).formulas) == "w_9 + w_10"


def test_tolist_and_item_stay_traced() -> None:
    x = traced(X, "x")
    assert str(x.tolist()[1][2].formulas) == str(x.item(1, 2).formulas) == "x[1,2]"
    assert str(x.item(5).formulas) == "x[1,1]"


@pytest.mark.parametrize(
    ("array", "names", "message"),
    [([1, 2], "x", "needs floats"), ([1.0, 2.0], ["x"], "do not fit")],
)
def test_what_cannot_be_traced_is_refused(array: Any, names: Any, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        traced(array, names)


# What is not followed


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda x: np.linalg.inv(x[:, :3]), "np.linalg.inv is not followed"),
        (np.median, "np.median is not followed"),
        (np.spacing, "np.spacing is not followed"),
        (lambda x: np.linalg.svd(x)[1], "np.linalg.svd is not followed"),
        (lambda x: np.pad(x, 1, mode="mean"), "np.pad is not followed"),
        (lambda x: np.linalg.norm(x, 1), "np.linalg.norm is not followed"),
        (lambda x: np.multiply(x, x, where=X > 0, out=None), "np.multiply is not followed"),
        (lambda x: round(x[0, 0], 2), "round is not followed"),
        (lambda x: np.round(x, 2), "np.round is not followed"),
    ],
)
def test_what_is_not_followed_is_a_fresh_symbol_and_a_note(function: Function, what: str) -> None:
    with journaling(Journal(where=lambda: "line 12: ")) as journal:
        x = traced(X, "x")
        found = function(x)
        assert found.opaque
        assert (1 + found.sum()).opaque if found.ndim else True
        assert not x.opaque
        assert journal.notes == [f"line 12: {what}"]
    np.testing.assert_array_equal(found.numbers, function(X))
    symbols = [formula.label for formula in found.formulas.flat]
    assert all(symbol.startswith(what.split(" ", maxsplit=1)[0]) for symbol in symbols)
    assert len(set(symbols)) == len(symbols)


def test_an_array_that_is_changed_unseen_gets_fresh_symbols_where_it_was_changed() -> None:
    with journaling(Journal()) as journal:
        x = traced(X, "x")
        np.nan_to_num(x, copy=False)
        assert str(x.formulas[1, 1]) == "x[1,1]"
        np.subtract.at(x, 0, 1.0)
        np.copysign.at(x, (1, 1), -1.0)
    assert str(x.formulas[0, 0]) == "x[0,0] − 1"
    assert str(x.formulas[1, 1]).startswith("np.copysign")
    assert str(x.formulas[1, 2]) == "x[1,2]"
    assert "np.copysign is not followed" in journal.notes


@pytest.mark.parametrize(
    "take", [float, math.exp, np.asarray, lambda x: operator.setitem(np.zeros(1), 0, x)]
)
def test_plain_numbers_that_are_taken_are_noted(take: Function) -> None:
    with journaling(Journal()) as journal:
        take(traced(0.5, "x"))
    assert "not followed further" in journal.notes[0]


def test_complex_numbers_are_noted() -> None:
    with journaling(Journal()) as journal:
        np.fft.fft(traced(X, "x"))
    assert journal.notes == ["complex numbers are not followed"]


def test_a_computation_beyond_the_limit_is_refused_before_it_is_done() -> None:
    with journaling(Journal(limit=1000)) as journal:
        x = traced(np.ones((100, 100)), "x")
        with pytest.raises(GraphTooLargeError, match="1,000"):
            x @ x
        assert journal.exhausted


# Any expression

BINARY = ["add", "subtract", "multiply", "maximum", "minimum"]
UNARY = ["negative", "tanh", "sin", "cos", "square", "abs"]
TREES = st.recursive(
    st.sampled_from([*"xyz", 0.5, -2.0, 1.0]),
    lambda part: st.one_of(
        st.tuples(st.sampled_from(BINARY), part, part),
        st.tuples(st.sampled_from(UNARY), part),
    ),
    max_leaves=12,
)  # fmt: skip
NUMBERS = st.floats(-3, 3, width=32)
POINTS = st.fixed_dictionaries({name: st.lists(NUMBERS, min_size=2, max_size=2) for name in "xyz"})


def computed(tree: Any, values: dict[str, Any]) -> Any:
    if isinstance(tree, tuple):
        return getattr(np, tree[0])(*(computed(part, values) for part in tree[1:]))
    return values[tree] if isinstance(tree, str) else np.full(2, tree)


@settings(max_examples=30)
@given(TREES, POINTS, POINTS)
def test_any_elementwise_expression(tree: Any, point: Any, other: Any) -> None:
    found = computed(tree, {name: traced(value, name) for name, value in point.items()})
    plain = computed(tree, {name: np.array(value) for name, value in point.items()})
    np.testing.assert_array_equal(numbers_of(found), plain)
    if isinstance(found, Traced):
        values = {f"{n}[{i}]": value for n, pair in other.items() for i, value in enumerate(pair)}
        true = computed(tree, {name: np.array(value) for name, value in other.items()})
        evaluated = [formula.evaluate(values) for formula in found.formulas]
        np.testing.assert_allclose(evaluated, true, rtol=1e-9, atol=1e-9)
