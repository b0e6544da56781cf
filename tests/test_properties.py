"""What holds for any shapes and any expression: broadcasting, and the chain rule itself."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.op import REGISTRY, Elementwise

Shape = tuple[int, ...]
rngs = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def shapes(count: int) -> Any:
    """Shapes that broadcast together, and what they broadcast to."""
    return hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=3)


def inner(a: Any, b: Any) -> float:
    return float(np.sum(np.multiply(a, b)))


# Broadcasting

BINARY: list[Callable[[Any, Any], Any]] = [np.add, np.subtract, np.multiply, np.divide, np.maximum]


@pytest.mark.parametrize("compute", BINARY)
@settings(max_examples=30)
@given(shapes=shapes(2), rng=rngs)
def test_a_result_is_broadcast_as_by_numpy(
    compute: Callable[[Any, Any], Any], shapes: Any, rng: np.random.Generator
) -> None:
    a, b = (rng.uniform(0.5, 2, shape) for shape in shapes.input_shapes)
    result = compute(Value(a), Value(b))
    assert result.shape == shapes.result_shape
    assert np.array_equal(result.data, compute(a, b))


# For an op that is linear in an operand, J is the op itself: ⟨u, J·v⟩ = ⟨Jᵀ·u, v⟩.
LINEAR: list[Callable[[Any, Any], Any]] = [np.add, np.subtract, np.multiply]


@pytest.mark.parametrize("compute", LINEAR)
@settings(max_examples=30)
@given(shapes=shapes(2), rng=rngs)
def test_the_backward_of_broadcasting_is_its_adjoint(
    compute: Callable[[Any, Any], Any], shapes: Any, rng: np.random.Generator
) -> None:
    a, b = (rng.integers(-9, 9, shape).astype(float) for shape in shapes.input_shapes)
    u = rng.integers(-9, 9, shapes.result_shape).astype(float)
    v = rng.integers(-9, 9, a.shape).astype(float)
    x, y = Value(a), Value(b)
    compute(x, y).backward(u)
    # Whole numbers this small are summed without rounding, so that both sides are equal.
    assert np.shape(x.grad) == a.shape
    assert np.shape(y.grad) == b.shape
    assert inner(u, compute(v, b) - compute(0 * v, b)) == inner(x.grad, v)


@settings(max_examples=50)
@given(shapes=shapes(3), rng=rngs)
def test_where_sends_each_cotangent_to_the_side_that_was_taken(
    shapes: Any, rng: np.random.Generator
) -> None:
    condition, a, b = (rng.integers(0, 2, shape).astype(float) for shape in shapes.input_shapes)
    u = rng.integers(-9, 9, shapes.result_shape).astype(float)
    x, y = Value(a), Value(b)
    result = ag.where(condition, x, y)
    result.backward(u)
    assert np.array_equal(result.data, np.where(condition, a, b))
    assert inner(u, np.where(condition, a, 0)) == inner(x.grad, a)
    assert inner(u, np.where(condition, 0, b)) == inner(y.grad, b)


@settings(max_examples=50)
@given(shapes=shapes(1), data=st.data(), rng=rngs)
def test_sum_and_broadcast_are_adjoint(
    shapes: Any, data: st.DataObject, rng: np.random.Generator
) -> None:
    wide = shapes.result_shape
    narrow = tuple(data.draw(st.sampled_from([1, size])) for size in wide)
    x, u = (rng.integers(-9, 9, shape).astype(float) for shape in (narrow, wide))
    spread, total = Value(x), Value(u)
    stretched = tuple(axis for axis in range(len(wide)) if narrow[axis] != wide[axis])
    ag.broadcast_to(spread, wide).backward(u)
    ag.sum(total, axis=stretched, keepdims=True).backward(x)
    assert np.array_equal(spread.grad, np.sum(u, axis=stretched, keepdims=True))
    assert np.array_equal(total.grad, np.broadcast_to(x, wide))


# Expressions

SMOOTH = [
    op
    for op in REGISTRY.values()
    if isinstance(op, Elementwise) and op.arity and op.branch is None and op.analytic
]


class Step(NamedTuple):
    """One op, and which of the values made so far it takes."""

    op: Elementwise
    picks: Sequence[int]


def steps(op: Elementwise) -> st.SearchStrategy[Step]:
    picks = st.lists(st.integers(0, 20), min_size=op.arity or 1, max_size=op.arity)
    return picks.map(lambda picks: Step(op, picks))


programs = st.lists(st.sampled_from(SMOOTH).flatmap(steps), min_size=1, max_size=8)


def run(program: Sequence[Step], inputs: Sequence[Any], apply: Callable[..., Any]) -> Any:
    """Every step on the program's values, brought into the domain of the op by a sine."""
    made = list(inputs)
    for op, picks in program:
        operands = [
            (low + high) / 2 + (high - low) / 2 * np.sin(made[pick % len(made)])
            for pick, (low, high) in zip(picks, op.domain, strict=True)
        ]
        made.append(apply(op, *operands))
    return made[-1]


def on_values(program: Sequence[Step], inputs: Sequence[Any]) -> Any:
    return run(program, inputs, lambda op, *operands: op(*operands))


def on_complex_numbers(program: Sequence[Step], inputs: Sequence[Any]) -> Any:
    return run(program, inputs, lambda op, *operands: op.analytic(*operands))


def test_the_expressions_are_built_from_all_smooth_ops() -> None:
    assert {op.name for op in SMOOTH} >= {
        *("add", "subtract", "multiply", "divide", "negative", "power"),
        *("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid"),
    }


@settings(max_examples=40)
@given(program=programs, shapes=shapes(2), rng=rngs)
def test_the_gradient_of_any_expression_is_that_of_the_complex_step(
    program: list[Step], shapes: Any, rng: np.random.Generator
) -> None:
    inputs = [rng.uniform(-2, 2, shape) for shape in shapes.input_shapes]
    tangents = [rng.uniform(-1, 1, shape) for shape in shapes.input_shapes]
    values = [Value(array) for array in inputs]
    result = on_values(program, values)
    u = rng.uniform(-1, 1, result.shape)
    result.backward(u)

    # f(x + ih·t) = f(x) + ih·f′(x)·t − ..., and for such an h the rest is 0 in floating point.
    step = 1e-30
    shifted = on_complex_numbers(
        program, [x + 1j * step * t for x, t in zip(inputs, tangents, strict=True)]
    )
    assert np.allclose(result.data, np.real(shifted), rtol=1e-12, atol=1e-12)
    expected = inner(u, np.imag(shifted) / step)
    found = sum(
        inner(value.grad, t)
        for value, t in zip(values, tangents, strict=True)
        if value.grad is not None
    )
    scale = sum(np.abs(value.grad).sum() for value in values if value.grad is not None)
    assert found == pytest.approx(expected, abs=1e-12 * max(1.0, scale))


@settings(max_examples=40)
@given(program=programs, rng=rngs)
def test_the_hessian_of_any_expression_is_symmetric(
    program: list[Step], rng: np.random.Generator
) -> None:
    hessian = ag.hessian(lambda x: on_values(program, [x[0], x[1], x[2]]))(rng.uniform(-2, 2, 3))
    assert np.allclose(hessian, hessian.T, rtol=0, atol=1e-12 * max(1.0, np.abs(hessian).max()))


@settings(max_examples=40)
@given(program=programs, shapes=shapes(2), rng=rngs)
def test_backward_is_linear_in_the_cotangent(
    program: list[Step], shapes: Any, rng: np.random.Generator
) -> None:
    inputs = [rng.uniform(-2, 2, shape) for shape in shapes.input_shapes]
    result, pull = ag.vjp(lambda *values: on_values(program, values), *inputs)
    u, v = rng.uniform(-1, 1, (2, *np.shape(result)))
    a, b = 2.0, -4.0  # powers of two, so that scaling does not round
    for together, one, other in zip(pull(a * u + b * v), pull(u), pull(v), strict=True):
        size = max(1.0, np.abs(one).sum(), np.abs(other).sum())
        assert np.allclose(together, a * one + b * other, rtol=0, atol=1e-13 * size)


# Accumulation


@settings(max_examples=50)
@given(
    factors=st.lists(st.integers(-50, 50), min_size=1, max_size=8),
    data=st.data(),
    order=st.randoms(use_true_random=False),
)
def test_the_order_in_which_uses_add_up_does_not_matter(
    factors: list[int], data: st.DataObject, order: Any
) -> None:
    x, y = Value(3.0), Value(3.0)
    terms = [factor * (x * x) for factor in factors]
    order.shuffle(terms)
    split = data.draw(st.integers(0, len(terms)))
    sum(terms[split:], sum(terms[:split], Value(0.0))).backward()
    for factor in order.sample(factors, len(factors)):
        (y * factor * y).backward()
    assert x.grad == y.grad == 6.0 * sum(factors)
