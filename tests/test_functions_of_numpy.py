"""What NumPy's functions are made of: ties, limits, zeros, matrices, single numbers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, GraphTooLargeError, ShapeError, Value
from autograd_lite.ops.matrices import cholesky, det, inv, norm, slogdet, solve
from autograd_lite.ops.ordering import average, median

A = np.array([[4.0, 1.0], [2.0, 3.0]])


# A result is a value of its own, so that naming it renames no operand


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.cumprod(x[:1]),
        lambda x: np.prod(x[0]),
        lambda x: np.diff(x, n=0),
        lambda x: np.linalg.matrix_power(x, 1),
        lambda x: np.vstack([x]),
        np.atleast_2d,
        lambda x: np.split(x, 1)[0],
        lambda x: np.broadcast_arrays(x, x)[0],
        lambda x: np.repeat(x, 1, axis=0),
        np.copy,
        np.real,
        np.squeeze,
        lambda x: x.astype(float),
        lambda x: np.pad(x, 0),
        lambda x: np.sort(x[:, :1]),
        lambda x: np.round(x, 0),
        lambda x: np.clip(x, None, None),
    ],
)
def test_a_name_for_the_result_is_none_for_the_operand(function: Callable[[Any], Any]) -> None:
    x = Value(A, "x")
    function(x).named("y")
    assert x.label == "x"


# Products and running sums


def test_a_product_with_zeros_has_all_its_derivatives() -> None:
    assert ag.grad(ag.prod)(np.array([0.0, 3.0, 0.0, 5.0])).tolist() == [0.0] * 4
    hessian = ag.hessian(ag.prod)(np.array([0.0, 3.0, 0.0, 5.0]))
    assert hessian[0, 2] == hessian[2, 0] == 15.0
    assert ag.prod(np.zeros((2, 0)), axis=1).tolist() == [1.0, 1.0]


def test_a_product_reads_as_one_of_single_numbers() -> None:
    x = Value([2.0, 3.0, 5.0], "x")
    y = ag.prod(x).named("y")
    found = [str(term) for term in ag.terms(y)]
    assert found == [
        "∂y/∂x[0] = x[2]·x[1] = 15",
        "∂y/∂x[1] = x[2]·x[0] = 10",
        "∂y/∂x[2] = x[0]·x[1] = 6",
    ]


def test_running_sums_are_numbers_of_their_own() -> None:
    x = Value([1.0, 2.0, 3.0], "x")
    s = ag.cumsum(x).named("s")
    y = (s * s).sum().named("y")
    y.backward()
    for k in range(3):
        assert ag.chain_rule(y, f"s[{k}]").value == s.grad[k]
        assert ag.chain_rule(y, f"x[{k}]").value == x.grad[k]
    assert ag.derive(y).run(x=[1.0, 0.0, 0.0]).value == 3.0


# Order


def test_of_equal_numbers_the_first_stays_first_in_every_view() -> None:
    numbers, weights = [2.0, 1.0, 2.0, 1.0], [1.0, 10.0, 100.0, 1000.0]
    expected = [100.0, 1.0, 1000.0, 10.0]
    x = Value(numbers, "x")
    y = (ag.sort(x) * weights).sum().named("y")
    y.backward()
    assert x.grad.tolist() == expected
    assert [ag.chain_rule(y, f"x[{k}]").value for k in range(4)] == expected
    for backend in ("python", "numpy"):
        assert ag.compile(y, backend=backend)()[1]["x"].tolist() == expected
    for level in ("scalar", "tensor"):
        found = ag.derive(y, level).run().gradients
        assert [float(one) for one in np.ravel(list(found.values()))] == expected


@pytest.mark.parametrize("backend", ["python", "numpy"])
def test_the_order_is_decided_anew_for_other_numbers(backend: str) -> None:
    x = Value([3.0, 1.0, 2.0], "x")
    step = ag.compile((ag.sort(x) * [1.0, 10.0, 100.0]).sum(), backend=backend)
    assert step(x=[1.0, 5.0, 4.0])[0] == 541.0
    assert step(x=[1.0, 5.0, 4.0])[1]["x"].tolist() == [1.0, 100.0, 10.0]


def test_an_array_whose_elements_need_names_of_their_own_is_drawn() -> None:
    s = ag.sort(Value([3.0, 1.0, 2.0, 5.0], "x")).named("s")
    source = ag.draw((s * [1.0, 2.0, 3.0, 4.0]).sum().named("y"), level="scalar").source
    assert all(f"s[{k}]" in source for k in range(4))


def test_order_with_infinities_and_nan_is_that_of_numpy() -> None:
    x = np.array([np.inf, 1.0, -np.inf, np.nan, 0.0])
    assert np.array_equal(ag.sort(Value(x)).data, np.sort(x), equal_nan=True)


def test_a_median_hands_on_to_the_middle() -> None:
    assert ag.grad(median)(np.array([5.0, 1.0, 2.0])).tolist() == [0.0, 0.0, 1.0]
    assert ag.grad(median)(np.array([5.0, 1.0, 2.0, 4.0])).tolist() == [0.0, 0.0, 0.5, 0.5]


def test_an_average_has_a_gradient_in_its_weights() -> None:
    assert ag.check_grad(lambda w: average(np.array([1.0, 4.0]), weights=w), [1.0, 3.0]).ok


# Exponentials


def test_log_sum_exp_at_its_limits() -> None:
    assert ag.logsumexp([1000.0, 1000.0]) == 1000.0 + math.log(2)
    assert ag.logsumexp([-math.inf, 3.0]) == 3.0
    with np.errstate(divide="ignore"):
        assert ag.logsumexp([-math.inf, -math.inf]) == -math.inf
    assert ag.grad(ag.logsumexp)(np.array([1e4, 0.0])).tolist() == [1.0, 0.0]
    with pytest.raises(ShapeError):
        ag.logsumexp(Value([1.0]), axis=1)


def test_softmax_at_its_limits() -> None:
    assert ag.softmax([1e4, 0.0, -math.inf]).tolist() == [1.0, 0.0, 0.0]
    assert ag.softmax(np.zeros((2, 2)), axis=None).tolist() == [[0.25, 0.25], [0.25, 0.25]]


def test_what_cancels_within_a_term_is_no_defect() -> None:
    z = Value([0.3, -1.2, 2.5], "z")
    total = ag.softmax(z).sum().named("total")
    for k in range(3):
        assert ag.chain_rule(total, f"z[{k}]").value == pytest.approx(0.0, abs=1e-15)


def test_the_derivative_of_a_softmax_on_the_edge() -> None:
    z = Value([0.5, 1.0], "z")
    p = ag.softmax(z).named("p")
    rule = {term.name: term.value for term in ag.terms((p * [1.0, 2.0]).sum().named("y"))}
    a, b = p.data
    assert rule["∂p[0]/∂z[0]"] == pytest.approx(a * (1 - a), rel=1e-14)
    assert rule["∂p[1]/∂z[0]"] == pytest.approx(-a * b, rel=1e-14)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_rule_that_divides_by_an_op_of_0_is_infinite() -> None:
    assert ag.grad(ag.arcsin)(1.0) == math.inf
    assert ag.grad(lambda x: ag.arcsin(x).sum())(np.array([1.0])).tolist() == [math.inf]
    assert ag.grad(ag.arccosh)(1.0) == math.inf


def test_the_deviation_of_one_number_is_0_and_so_is_its_derivative() -> None:
    assert ag.grad(ag.std)(3.0) == 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        assert np.isnan(ag.grad(ag.std)(np.array([3.0, 3.0]))).all()


# Matrices (Giles 2008)


def test_the_rules_of_giles() -> None:
    rng = np.random.default_rng(0)
    g, b = rng.normal(size=(2, 2)), rng.normal(size=(2, 3))
    h, y = rng.normal(size=(2, 3)), np.linalg.inv(A)
    x = Value(A)
    inv(x).backward(g)
    assert x.grad == pytest.approx(-y.T @ g @ y.T, rel=1e-13)
    a, c = Value(A), Value(b)
    solve(a, c).backward(h)
    assert c.grad == pytest.approx(y.T @ h, rel=1e-13)
    assert a.grad == pytest.approx(-(y.T @ h) @ (y @ b).T, rel=1e-13)
    x = Value(A)
    det(x).backward()
    assert x.grad == pytest.approx(10.0 * y.T, rel=1e-13)
    x = Value(A)
    slogdet(x).logabsdet.backward()
    assert x.grad == pytest.approx(y.T, rel=1e-13)


def test_a_determinant_of_single_numbers_reads_as_on_paper() -> None:
    d = det(Value(A, "A")).named("d")
    assert [str(term) for term in ag.terms(d)] == [
        "∂d/∂A[0,0] = A[1,1] = 3",
        "∂d/∂A[0,1] = −A[1,0] = −2",
        "∂d/∂A[1,0] = −A[0,1] = −1",
        "∂d/∂A[1,1] = A[0,0] = 4",
    ]


def test_a_matrix_that_is_too_large_for_single_numbers_is_an_array() -> None:
    y = det(Value(np.eye(8) * 2, "A")).named("y")
    with pytest.raises(GraphTooLargeError, match="level='tensor'"):
        ag.terms(y)
    ag.draw(y, level="tensor")
    assert ag.compile(y, backend="numpy")(A=np.eye(8))[0] == 1.0


@pytest.mark.parametrize("function", [inv, det, slogdet, cholesky, lambda x: solve(x, [1.0])])
def test_what_is_not_square_is_refused(function: Callable[[Any], Any]) -> None:
    with pytest.raises(ShapeError, match="square"):
        function(Value(np.ones((2, 3))))


def test_a_matrix_without_inverse_says_so() -> None:
    singular = Value(np.ones((2, 2)))
    assert det(singular).data == 0.0
    for function in (inv, lambda x: solve(x, [1.0, 2.0])):
        with pytest.raises(ShapeError, match="Singular"):
            function(singular)
    with pytest.raises(ShapeError, match="Singular"):
        det(singular).backward()


def test_a_triangle_of_cholesky() -> None:
    def function(x: Any) -> Any:
        return cholesky(x @ ag.transpose(x) + np.eye(x.shape[0]))

    x = np.array([[1.0, 2.0], [0.3, -1.0]])
    assert function(Value(x)).data == pytest.approx(np.linalg.cholesky(x @ x.T + np.eye(2)))
    assert ag.check_grad(function, x).ok
    assert ag.check_grad(ag.grad(lambda x: function(x).sum()), x).ok
    stacks = np.stack([np.eye(2), 2 * np.eye(2)])
    assert cholesky(Value(stacks)).data == pytest.approx(np.linalg.cholesky(stacks))
    with pytest.raises(DataError, match="positive definite"):
        cholesky(Value(-np.eye(2)))


def test_a_norm_is_nan_at_0_and_names_what_it_cannot() -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        assert np.isnan(ag.grad(norm)(np.zeros(2))).all()
    with pytest.raises(DataError, match="'fro', 1, -1, inf and -inf"):
        norm(Value(A), 2, (0, 1))
    with pytest.raises(DataError, match="'fro'"):
        norm(Value(A), "nuc")


# In and out


def test_an_array_of_values_is_a_result() -> None:
    def function(x: Any) -> Any:
        return np.array([[x[0] * x[1], x[0]], [2 * x[1], x[1] ** 2]])

    found = ag.jacobian(function)(np.array([3.0, 5.0]))
    assert found.tolist() == [[[5.0, 3.0], [1.0, 0.0]], [[0.0, 2.0], [0.0, 10.0]]]


def test_axes_may_be_a_list() -> None:
    x = Value(np.arange(24.0).reshape(2, 3, 4))
    for function in (ag.sum, ag.mean, ag.max, ag.min, ag.var, ag.logsumexp, ag.prod):
        assert np.array_equal(function(x, axis=[0, 2]).data, function(x, axis=(0, 2)).data)


@pytest.mark.parametrize("dtype", [int, np.float32, bool])
def test_another_type_is_refused(dtype: Any) -> None:
    with pytest.raises(DataError, match=r"is of float64 and stays so; give value\.data\.astype"):
        Value(A).astype(dtype)


def test_numbers_without_gradient_are_plain() -> None:
    x = Value([[3.0, 1.0], [0.0, 2.0]])
    assert x.tolist() == [[3.0, 1.0], [0.0, 2.0]]
    assert (x.argmax(), x.argmin(axis=0).tolist()) == (0, [1, 0])
    assert x.argsort().tolist() == [[1, 0], [0, 1]]
    assert (x.any(), x.all()) == (True, False)


def test_a_value_is_no_whole_number() -> None:
    with pytest.raises(DataError, match=r"give value\.item\(\)"):
        int(Value(2.0))


def test_a_place_that_is_a_value_is_refused() -> None:
    with pytest.raises(DataError, match=r"plain numbers beside it.*value\.data"):
        np.take(Value([1.0, 2.0]), Value([0.0]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.cross(x, x), "three elements"),
        (lambda x: np.split(x, 3), "equal division"),
        (lambda x: np.roll(x, 1, axis=5), "axis 5 is out of bounds"),
        (lambda x: np.vstack([x, np.ones(3)]), "concatenate cannot take"),
        (lambda x: np.tensordot(x, x, axes=([0], [0, 1])), "argument"),
    ],
)
def test_what_does_not_fit_is_an_error_of_ours(call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ag.AutogradLiteError, match=message):
        call(Value(A))
