"""Whole programs, derived and run: the value and each gradient are those of the engine.

Programs of scalars, and of arrays at the tensor level, agree to the last bit. Of the elements of
arrays the source adds up in reading order and NumPy in its own, so that they agree to rounding.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebook_by_plain_python import notebook
from programs.named import PROGRAMS, computed

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import element_names, name_values
from autograd_lite.engine import order
from autograd_lite.op import REGISTRY, Elementwise
from models.notebook import NotebookCNN, loss
from models.notebook.data import Weights

rngs = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def gradients(root: Value, level: str) -> dict[str, Any]:
    """What the engine found for the weights, in the names of the derivation."""
    names = name_values(order(root))
    weights = {
        node: name
        for node, name in names.items()
        if node.op is None and not isinstance(node, Constant)
    }
    if level == "tensor":
        return {name: node.grad for node, name in weights.items()}
    elements = element_names(names)
    return {
        name: float(number)
        for node in weights
        for name, number in zip(elements[node], np.ravel(node.grad), strict=True)
    }


def assert_equal(root: Value, outcome: Any, level: str, ulps: int = 0) -> None:
    """Equal to so many units in the last place of the largest number of the gradient."""
    expected = gradients(root, level)
    assert outcome.gradients.keys() == expected.keys()
    assert abs(outcome.value - root.data) <= ulps * np.spacing(abs(root.data))
    largest = max(np.max(np.abs(one)) for one in expected.values())
    for name, one in expected.items():
        assert np.shape(outcome.gradients[name]) == np.shape(one), name
        assert np.all(np.abs(outcome.gradients[name] - one) <= ulps * np.spacing(largest)), name


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_at_the_tensor_level_is_the_engine_to_the_last_bit(
    program: Callable[[], Value],
) -> None:
    root = computed(program)
    assert_equal(root, ag.derive(root, "tensor").run(), "tensor")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_scalars_is_the_engine_to_the_last_bit_of_arrays_to_rounding(
    program: Callable[[], Value],
) -> None:
    root = computed(program)
    of_scalars = not any(node.shape for node in order(root))
    assert_equal(root, ag.derive(root).run(), "scalar", ulps=0 if of_scalars else 4)


# The notebook's network

OTHER = np.random.default_rng(5)
WEIGHTS = [Weights(*(OTHER.normal(size=s) for s in ((2, 2), (2, 4), (2, 2)))) for _ in range(3)]


@pytest.mark.parametrize("level", ["scalar", "tensor"])
def test_the_notebook_derived_once_runs_at_any_weights_and_other_cells_win(level: str) -> None:
    derivation = ag.derive(loss(), level)
    for weights in WEIGHTS:
        root = NotebookCNN(weights).loss()
        root.backward()
        outcome = derivation.run(**weights._asdict())
        assert_equal(root, outcome, level, ulps=0 if level == "tensor" else 4)


def test_the_notebook_has_the_value_that_plain_python_computes() -> None:
    value, _ = notebook()
    assert ag.derive(loss()).run().value == pytest.approx(value["E"], rel=1e-15)


def test_the_functions_of_the_notebook_agree_with_a_difference_of_themselves() -> None:
    function = ag.derive(loss()).function
    _, slopes = function()
    step = 1e-6
    for name, start in (("w_9", 0.7610377251469934), ("w_1", 1.8675579901499675)):
        up, down = (function(**{name: start + sign * step})[0] for sign in (1, -1))
        assert slopes[name] == pytest.approx((up - down) / (2 * step), rel=1e-6)


# Random programs

OPS = [op for op in REGISTRY.values() if isinstance(op, Elementwise) and op.arity in (1, 2)]


class Step(NamedTuple):
    """One op, which of the values made so far it takes, and whether the result gets a label."""

    op: Elementwise
    picks: Sequence[int]
    labelled: bool


def steps(op: Elementwise) -> st.SearchStrategy[Step]:
    picks = st.lists(st.integers(0, 20), min_size=op.arity or 1, max_size=op.arity)
    return st.builds(Step, st.just(op), picks, st.booleans())


programs = st.lists(st.sampled_from(OPS).flatmap(steps), min_size=1, max_size=12)


def run(program: Sequence[Step], inputs: Sequence[Any]) -> Value:
    """Every step on the program's values, brought into the domain of the op by a sine."""
    made = [Value(data, f"x{position}") for position, data in enumerate(inputs)]
    for number, (op, picks, labelled) in enumerate(program):
        operands = [
            (low + high) / 2 + (high - low) / 2 * ag.sin(made[pick % len(made)])
            for pick, (low, high) in zip(picks, op.domain, strict=True)
        ]
        made.append(op(*operands).named(f"s{number}" if labelled else ""))
    total: Value = sum((one.sum() for one in made[1:]), start=made[0].sum()).named("total")
    total.backward()
    return total


def assert_derived(level: str, program: Sequence[Step], inputs: Any, others: Any) -> None:
    """The derivation is that of the engine, at the inputs and at others."""
    derivation = ag.derive(run(program, inputs), level)
    for data in (inputs, others):
        root = run(program, data)
        used = {f"x{position}": one for position, one in enumerate(data)}
        known = gradients(root, level)
        outcome = derivation.run(**{name: one for name, one in used.items() if name in known})
        assert_equal(root, outcome, level)


@settings(max_examples=12)
@given(program=programs, rng=rngs)
def test_any_program_of_scalars_is_the_engine_to_the_last_bit(
    program: list[Step], rng: np.random.Generator
) -> None:
    assert_derived("scalar", program, *rng.uniform(-2, 2, (2, 2)).tolist())


@settings(max_examples=12)
@given(program=programs, rng=rngs)
def test_any_program_of_arrays_is_the_engine_to_the_last_bit(
    program: list[Step], rng: np.random.Generator
) -> None:
    shapes = [(2, 3), (3,)]
    inputs, others = ([rng.uniform(-2, 2, shape) for shape in shapes] for _ in range(2))
    assert_derived("tensor", program, inputs, others)


# What is easily forgotten


def padded() -> Any:
    x = Value([1.0, 2.0], "x")
    return (ag.pad(x, 1).named("p") ** 2).sum().named("y")


def stacked() -> Any:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    return (ag.stack([ag.sin(a), a * b]) * Constant([1.0, 2.0], "c")).sum().named("y")


def taken_out() -> Any:
    x = Value([[3.0]], "x")
    return (ag.reshape(x * x, ()) * 2).named("y")


def nothing_of_it() -> Any:
    w, none = Value(2.0, "w"), Constant(np.ones((0, 3)), "none")
    return (w * w + (none * w).sum()).named("y")


def single_of_an_element() -> Any:
    x = Value(np.array([1.5, 2.5], np.float32), "x")
    return (x[0] * x[0] + x.sum()).named("y")


def used_again_and_again() -> Any:
    w = Value(1.1, "w")
    y = w
    for _ in range(30):
        y = y + y * w
    return y.named("y")


def two_of_one_name() -> Any:
    a, b = Value(2.0, "w"), Value(3.0, "w")
    return (a * b + a).named("w")


def truth_for_an_array() -> Any:
    x = Value([1.0, 2.0], "x")
    m = ag.maximum((-x).sum().named("s"), -100.0).named("m")
    return (m + ag.relu(x.sum() - 9.0).named("r") * x.sum()).named("y")


EDGES = [
    padded,
    stacked,
    taken_out,
    nothing_of_it,
    used_again_and_again,
    two_of_one_name,
    truth_for_an_array,
]


@pytest.mark.parametrize("level", ["scalar", "tensor"])
@pytest.mark.parametrize("program", EDGES)
def test_a_program_at_an_edge_is_the_engine_to_the_last_bit(
    program: Callable[[], Value], level: str
) -> None:
    root = computed(program)
    derivation = ag.derive(root, level)
    assert_equal(root, derivation.run(), level)
    assert derivation.latex().count("{") == derivation.latex().count("}")


def test_an_element_of_single_precision_has_a_gradient_of_single_precision() -> None:
    root = computed(single_of_an_element)
    derivation = ag.derive(root, "tensor")
    assert_equal(root, derivation.run(), "tensor")
    assert derivation.run().gradients["x"].dtype == np.float32
    assert ".astype(np.float32)" in derivation.source
    assert "float32" not in derivation.latex()


# Broadcasting at the level of arrays; the right numbers are those of PyTorch


def both_spread() -> tuple[Value, float, dict[str, Any]]:
    x, y = Value(2.0, "x"), Value(5.0, "y")
    total = (ag.broadcast_to(x, (4,)) * ag.broadcast_to(y, (4,))).sum()
    return total, 40.0, {"x": 20.0, "y": 8.0}


def spread_and_squared() -> tuple[Value, float, dict[str, Any]]:
    x = Value(-2.0, "x")
    v = ag.broadcast_to(x, (3,))
    return (v * v).sum(), 12.0, {"x": -12.0}


def a_row_and_a_column() -> tuple[Value, float, dict[str, Any]]:
    x = Value([[1.0, 2.0], [3.0, 5.0]], "x")
    total = (x.mean(axis=0, keepdims=True) * x.sum(axis=1, keepdims=True)).sum()
    return total, 60.5, {"x": [[11.0, 11.0], [11.0, 11.0]]}


def numbers_joined_in_a_column() -> tuple[Value, float, dict[str, Any]]:
    x = Value(3.0, "x")
    column = ag.concatenate([x.reshape((1, 1)), (x * x).reshape((1, 1))])
    return (column * [[2.0, 1.0], [5.0, 1.0]]).sum(), 63.0, {"x": 39.0}


def minus_a_mask() -> tuple[Value, float, dict[str, Any]]:
    x = Value([2.5, -1.5], "x")
    return (-(x > 0) * x).sum(), -2.5, {"x": [-1.0, 0.0]}


def new_axes_of_a_number() -> tuple[Value, float, dict[str, Any]]:
    s = Value(3.0, "s")
    return ((s * s)[None, ..., None] * [[1.0, 2.0]]).sum(), 27.0, {"s": 18.0}


def a_power_of_a_choice_of_numbers() -> tuple[Value, float, dict[str, Any]]:
    x = Value([1.0, -1.0], "x")
    return (ag.where(x > 0, 2.0, 4.0) ** -1.0 * x).sum(), 0.25, {"x": [0.5, 0.25]}


def axes_that_are_turned_twice() -> tuple[Value, float, dict[str, Any]]:
    x = Value([[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]], "x")
    turned = ag.transpose(ag.transpose(x, (1, 2, 0)), (1, 2, 0))
    total = (turned * [[[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0]]]).sum()
    return total, 7.0, {"x": [[[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]]}


@pytest.mark.parametrize(
    "program",
    [
        both_spread,
        axes_that_are_turned_twice,
        spread_and_squared,
        a_row_and_a_column,
        numbers_joined_in_a_column,
        minus_a_mask,
        new_axes_of_a_number,
        a_power_of_a_choice_of_numbers,
    ],
)
def test_arrays_are_as_large_and_as_real_as_in_the_engine(program: Any) -> None:
    total, value, gradients = program()
    outcome = ag.derive(total.named("total"), level="tensor").run()
    assert outcome.value == value
    assert {name: np.asarray(one).tolist() for name, one in outcome.gradients.items()} == gradients


def test_a_maximum_that_nothing_else_needs_has_no_line_and_is_written_out() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    larger = ag.stack([a, b]).max()
    outcome = ag.derive((larger - larger.data).named("y")).run(a=5.0)
    assert outcome.gradients == {"a": 1.0, "b": 0.0}
    x = Value([1.0, 2.0], "x")
    y = 0 * x.max().named("m") + x.sum()
    assert ag.derive(y.named("y")).run().gradients == {"x[0]": 1.0, "x[1]": 1.0}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_product_with_0_is_kept_where_a_number_is_infinite() -> None:
    v = Value([0.0, np.inf], "v")
    assert np.isnan(ag.derive((v * [1.0, 0.0]).sum().named("y")).run().value)


def test_an_index_without_elements_is_still_one_of_truth_values() -> None:
    x = Value(np.empty((1, 0)), "x")
    nothing = x[np.array([True]), np.empty(0, bool)].sum().named("y")
    assert ag.derive(nothing, level="tensor").run().value == 0.0


def test_axes_that_are_in_order_are_no_transposition() -> None:
    a, b = Constant([[0.0, -1.0], [1.0, 1.0]]), Value([[1.0, 1.0]], "b")
    total = (b @ ag.transpose(a, (-2, 1))).sum().named("total")
    assert ag.derive(total, level="tensor").run().gradients["b"].tolist() == [[-1.0, 2.0]]
