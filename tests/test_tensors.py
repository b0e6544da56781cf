"""Programs of tensors, compiled: the same numbers as the engine, in memory that is used again."""

import itertools
import math
import threading
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs.generate import generate
from programs.named import PROGRAMS

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import name_values
from autograd_lite.engine import order
from autograd_lite.fast import loops, tensors
from autograd_lite.fast.program import Program
from autograd_lite.fast.straight import FROM_MATH
from autograd_lite.fast.tensors import Tensors, Workspace, tasks, tensor_kernel
from autograd_lite.op import REGISTRY, Elementwise, Op, Sample

NAMES = {name: getattr(math, name) for name in FROM_MATH}


def as_python(source: str) -> dict[str, Any]:
    """A source for numba, as Python itself understands it."""
    names = dict(NAMES)
    exec(source, names)
    return names


@pytest.fixture(autouse=True)
def _memory_is_full_of_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read before it is filled is NaN, in both precisions."""
    aligned = tensors._aligned

    def full(size: int) -> Any:
        memory = aligned(size)
        memory[...] = 255
        return memory

    monkeypatch.setattr(tensors, "_aligned", full)


@pytest.fixture(params=["numpy", "loops"])
def kernel(request: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Program], Any]:
    """Both kernels; the loops that numba would compile are run by Python, which takes no time."""
    monkeypatch.setattr(loops, "compiled", as_python)
    loops.compiled_once.cache_clear()
    loops.window_loops.cache_clear()
    return lambda program: tensor_kernel(program, numba=request.param == "loops")


@pytest.fixture
def compiled() -> Callable[[Program], Any]:
    """The kernel with numba."""
    pytest.importorskip("numba")
    loops.compiled_once.cache_clear()
    loops.window_loops.cache_clear()
    return lambda program: tensor_kernel(program, numba=True)


def cases() -> list[Any]:
    """Every op on arrays: samples of a structural one, some that are broadcast of the others."""
    found = []
    for op in REGISTRY.values():
        samples: Any = getattr(op, "samples", ())
        if isinstance(op, Elementwise):
            count = op.arity or 3
            shapes = [((2, 3),) * count, ((2, 3), (), (3,))[:count], ((2, 1), (1, 3), ())[:count]]
            samples = [Sample(one, {}) for one in shapes]
        found += [pytest.param(op, one, id=f"{op.name}-{n}") for n, one in enumerate(samples)]
    return found


every_op = pytest.mark.parametrize(("op", "sample"), cases())
both_kinds = pytest.mark.parametrize("dtype", ["float64", "float32"])


def drawn(op: Op, sample: Sample, dtype: str) -> list[Any]:
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    domain = op.domain if isinstance(op, Elementwise) else ()
    intervals = itertools.chain(domain, itertools.repeat((-2.0, 2.0)))
    operands = [
        rng.uniform(low, high, shape).astype(dtype) if shape else float(rng.uniform(low, high))
        for shape, (low, high) in zip(sample.shapes, intervals, strict=False)
    ]
    return sample.fitting(operands)


def weighted(result: Value) -> Value:
    """One number that depends on every element in another way."""
    weights = np.linspace(0.5, 1.5, result.size).reshape(result.shape).astype(result.dtype)
    return (result * Constant(weights, "c")).sum() if result.shape else result * 1.5


def program_of(op: Op, sample: Sample, dtype: str) -> Program:
    leaves = [Value(one, f"x{n}") for n, one in enumerate(drawn(op, sample, dtype))]
    return Program.of(weighted(op(*leaves, **sample.attributes)))


def assert_as_recorded(kernel: Any, program: Program, roundings: int) -> None:
    """The kernel's value and gradients are those of the ops' own forwards."""
    data = [leaf.data for leaf in program.inputs]
    before = [np.array(one) for one in data]
    value, gradients = kernel(program).run(data)
    expected, wanted = program.results(program.slots(data))
    assert type(value) is float
    single = any(leaf.dtype == np.float32 for leaf in program.inputs)
    limit = roundings * np.finfo(np.float32 if single else float).eps
    np.testing.assert_allclose(value, expected, rtol=limit, atol=limit)
    for found, right in zip(gradients, wanted.values(), strict=True):
        assert (np.shape(found), type(found)) == (np.shape(right), type(right))
        assert getattr(found, "dtype", float) == getattr(right, "dtype", float)
        np.testing.assert_allclose(found, right, rtol=limit, atol=limit)
    for now, then in zip(data, before, strict=True):
        np.testing.assert_array_equal(now, then)


@every_op
@both_kinds
def test_every_op_gives_what_the_engine_gives(
    op: Op, sample: Sample, dtype: str, kernel: Any
) -> None:
    assert_as_recorded(kernel, program_of(op, sample, dtype), roundings=8)


@every_op
def test_with_numpy_every_op_gives_it_to_the_last_bit(op: Op, sample: Sample) -> None:
    if len(sample.shapes[0]) < 4:  # images lie otherwise in memory, and are summed in that order
        assert_as_recorded(Tensors, program_of(op, sample, "float64"), roundings=0)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_gives_what_backward_gives(program: Any, kernel: Any) -> None:
    root = program()
    compiled = Program.of(root)
    value, gradients = kernel(compiled).run([leaf.data for leaf in compiled.inputs])
    root.backward()
    assert value == pytest.approx(root.data, rel=1e-14)
    leaves = {label: leaf for leaf, label in name_values(order(root)).items()}
    for label, found in zip(compiled.gradients, gradients, strict=True):
        np.testing.assert_allclose(found, leaves[label].grad, rtol=1e-13, atol=1e-15)


# Images


def images(*shape: int, dtype: str = "float64") -> Value:
    """Images of few different numbers, so that many are equal."""
    return Value(np.random.default_rng(3).integers(-2, 3, shape).astype(dtype), "x")


POOLS = [
    {"size": 2},
    {"size": 3, "stride": 1},
    {"size": (1, 3), "stride": (2, 2)},
    {"size": 2, "stride": 3},
    {"size": 3, "stride": 2, "padding": 1},
]
CONVOLUTIONS = [
    {"stride": 2},
    {"stride": (1, 2), "padding": (2, 1)},
    {"dilation": (2, 1), "groups": 2},
    {"padding": 1, "dilation": 2, "stride": 2, "groups": 4},
]


@both_kinds
@pytest.mark.parametrize("how", POOLS, ids=str)
@pytest.mark.parametrize("convolved", [True, False])  # which decides how they lie in memory
@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
def test_images_are_pooled_in_all_ways(
    kernel: Any, how: Any, convolved: bool, dtype: str, pool: Any
) -> None:
    x = images(3, 2, 7, 6, dtype=dtype)
    given = ag.conv2d(x, np.ones((2, 1, 1, 1), dtype), groups=2) if convolved else x
    assert_as_recorded(kernel, Program.of(weighted(pool(given, **how))), roundings=32)


@pytest.mark.parametrize("how", POOLS, ids=str)
@pytest.mark.parametrize("shape", [(7, 6), (2, 7, 6), (2, 1, 2, 7, 6)])
def test_one_image_and_many_are_pooled(kernel: Any, how: Any, shape: Any) -> None:
    program = Program.of(weighted(ag.max_pool2d(images(*shape), **how)))
    assert_as_recorded(kernel, program, roundings=32)


@pytest.mark.parametrize("how", POOLS, ids=str)
@pytest.mark.parametrize("convolved", [True, False])
def test_the_first_nan_of_a_window_wins(kernel: Any, how: Any, convolved: bool) -> None:
    x = images(2, 1, 7, 6)
    x.data = np.where(x.data > 1, np.nan, x.data)
    program = Program.of(weighted(ag.max_pool2d(x, **how)))
    if convolved:
        program = Program.of(weighted(ag.max_pool2d(ag.conv2d(x, np.ones((1, 1, 1, 1))), **how)))
    data = [leaf.data for leaf in program.inputs]
    value, gradients = kernel(program).run(data)
    expected, wanted = program.results(program.slots(data))
    np.testing.assert_equal(value, expected)
    np.testing.assert_allclose(gradients[0], wanted["x"], rtol=1e-14, atol=1e-15)


@both_kinds
@pytest.mark.parametrize("how", CONVOLUTIONS, ids=str)
def test_images_are_convolved_in_all_ways(kernel: Any, how: Any, dtype: str) -> None:
    x = images(3, 4, 7, 6, dtype=dtype)
    kernels = np.random.default_rng(4).normal(size=(4, 4 // how.get("groups", 1), 2, 3))
    program = Program.of(weighted(ag.conv2d(x, Value(kernels.astype(dtype), "w"), **how)))
    assert_as_recorded(kernel, program, roundings=64)


# Views, and what only looks like one


@pytest.mark.parametrize(
    "look",
    [
        lambda x: x[True],
        lambda x: x[::-1, True],
        lambda x: x[np.array(1)],
        lambda x: x[np.array(1), 1:],
        lambda x: x[np.int64(1), ::2],
        lambda x: x[1, ..., None],
        lambda x: x[..., 0, 1],
        lambda x: x[:0, None],
        lambda x: x[[0, 0]],
        lambda x: x[x.data > 0],
        lambda x: x.T.reshape(-1),
        lambda x: x[:, ::-2].reshape(2, 1, 2),
        lambda x: ag.broadcast_to(x, (2, 2, 3)).reshape(4, 3),
        lambda x: ag.broadcast_to(x[0, 0], (2, 3)).T,
        lambda x: x[0, 1].reshape(1, 1),
        lambda x: x[:1, :1].reshape(()) * x.T,
    ],
)
def test_a_view_shows_what_is_there_at_each_run(kernel: Any, look: Any) -> None:
    x = Value([[1.5, -2.0, 3.0], [0.5, 4.0, -1.0]], "x")
    program = Program.of(weighted(look(x) * 2.0 + 1.0))
    step = kernel(program)
    for scale in (1.0, -3.0):
        data = [scale * leaf.data for leaf in program.inputs]
        value, gradients = step.run(data)
        expected, wanted = program.results(program.slots(data))
        assert (value, gradients[0].tolist()) == (expected, wanted["x"].tolist())


# Random programs


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_programs_give_what_their_steps_give(kernel: Any) -> None:
    for seed in range(20):
        program = Program.of(generate(seed).record()[0])
        data = [leaf.data for leaf in program.inputs]
        slots = program.slots(data)
        expected, wanted = program.results(slots)
        value, gradients = kernel(program).run(data)
        # But for the order in which sums are added up.
        limit = 64 * max(np.finfo(getattr(one, "dtype", float)).eps for one in data)
        finite = [np.abs(one[np.isfinite(one)]).max(initial=1.0) for one in map(np.asarray, slots)]
        np.testing.assert_allclose(value, expected, limit, limit * max(finite), err_msg=f"{seed}")
        for found, right in zip(gradients, wanted.values(), strict=True):
            np.testing.assert_allclose(found, right, limit, limit * max(finite), err_msg=f"{seed}")


# Memory


def network(dtype: str = "float64", batch: int = 3) -> Value:
    """A small network of each kind of layer."""
    rng = np.random.default_rng(1)

    def normal(*shape: int) -> Any:
        return rng.normal(size=shape).astype(dtype)

    x, t = Constant(normal(batch, 2, 8, 8), "x"), Constant(normal(batch, 3), "t")
    k, b = Value(normal(4, 2, 3, 3), "k"), Value(normal(4, 1, 1), "b")
    w = Value(normal(36, 3), "w")
    h = ag.max_pool2d(ag.sigmoid(ag.conv2d(x, k) + b), 2).reshape(batch, -1)
    return ag.mean_squared_error(ag.relu(h @ w), t)


@both_kinds
@pytest.mark.parametrize("batch", [1, 3])
def test_a_network_gives_what_the_engine_gives(kernel: Any, dtype: str, batch: int) -> None:
    assert_as_recorded(kernel, Program.of(network(dtype, batch)), roundings=32)


def test_what_a_run_returned_stays_as_it_was(kernel: Any) -> None:
    program = Program.of(network())
    step = kernel(program)
    data = [leaf.data for leaf in program.inputs]
    _, first = step.run(data)
    kept = [one.copy() for one in first]
    _, second = step.run([2.0 * one for one in data])
    for one, then, other in zip(first, kept, second, strict=True):
        np.testing.assert_array_equal(one, then)
        assert not np.shares_memory(one, other)
        one[...] = np.nan  # nor does anything depend on it
    for again, then in zip(step.run(data)[1], kept, strict=True):
        np.testing.assert_array_equal(again, then)


def test_a_gradient_that_is_an_input_is_a_copy(kernel: Any) -> None:
    w, x = Value([1.0, 2.0], "w"), Value([3.0, 4.0], "x")
    data = [w.data, x.data]
    _, gradients = kernel(Program.of((w * x).sum())).run(data)
    gradients[0][...] = 0.0
    assert data[1].tolist() == [3.0, 4.0]


def test_memory_is_used_again() -> None:
    x = Value(np.ones((20, 20)), "x")
    y = x
    for _ in range(30):
        y = ag.sigmoid(y @ x)
    program = Program.of(y.sum())
    arrays = Workspace(program).arrays
    places = {one.__array_interface__["data"][0] for one in arrays if np.ndim(one)}
    # The outputs of the 30 sigmoids are needed until the end; of the rest a few are enough.
    assert 30 <= len(places) <= 40


def test_threads_have_memory_of_their_own() -> None:
    program = Program.of(network())
    step = Tensors(program)
    data = [leaf.data for leaf in program.inputs]
    expected = [step.run([scale * one for one in data])[0] for scale in (1.0, 2.0)]
    wrong: list[float] = []

    def run(number: int) -> None:
        for _ in range(20):
            found = step.run([(1.0 + number) * one for one in data])[0]
            wrong.extend([found] if found != expected[number] else [])

    threads = [threading.Thread(target=run, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_gradient_descent_takes_the_same_steps(kernel: Any) -> None:
    w = Value([3.0, -2.0], "w")
    program = Program.of((w * w).sum())
    found = kernel(program).descend([w.data], 0.25, 0.1, 100)
    # w halves in each step, and 13 / 4**4 is the first below 0.1.
    assert (found.done, found.converged, found.value) == (4, True, 13 / 4**4)
    np.testing.assert_array_equal(found.data[0], [3 / 16, -2 / 16])


def test_what_an_op_chooses_is_chosen_at_each_run(kernel: Any) -> None:
    x = Value([[1.0, 2.0], [3.0, 4.0]], "x")
    step = kernel(Program.of((ag.max_pool2d(x) * 2.0 + ag.relu(x).sum()).sum()))
    assert step.run([x.data])[1][0].tolist() == [[1.0, 1.0], [1.0, 3.0]]
    assert step.run([-x.data])[1][0].tolist() == [[2.0, 0.0], [0.0, 0.0]]


def test_an_empty_batch_is_a_batch(kernel: Any) -> None:
    assert_as_recorded(kernel, Program.of(weighted(ag.relu(Value(np.ones((0, 3)), "x") * 2.0))), 0)


def test_the_size_says_how_many_calls_there_are() -> None:
    w = Value([1.0, 2.0], "w")
    assert tensor_kernel(Program.of((w * w).sum()), numba=False).size == "3 calls"


def test_a_chain_of_elementwise_steps_is_one_loop(kernel: Any) -> None:
    w = Value([1.0, -2.0], "w")
    program = Program.of(ag.relu(w * 3.0 - 1.0).sum())
    assert len(tasks(program, numba=True)) < len(tasks(program, numba=False))
    assert_as_recorded(kernel, program, roundings=0)


# With numba


@pytest.mark.slow
@both_kinds
@every_op
def test_numba_gives_what_the_engine_gives(
    op: Op, sample: Sample, dtype: str, compiled: Any
) -> None:
    assert_as_recorded(compiled, program_of(op, sample, dtype), roundings=8)


@pytest.mark.slow
@both_kinds
def test_numba_gives_the_same_network(dtype: str, compiled: Any) -> None:
    assert_as_recorded(compiled, Program.of(network(dtype)), roundings=32)
