"""Every op of the registry, compiled: the numbers of the engine by each backend, at any point.

A new op is tested by being declared. Each is compiled at one point and run at others: what is
special, ties, and points on the other side of a kink. Ops on numbers may differ in no bit but the
sign of a zero; of the elements of arrays the sums are in another order.
"""

import itertools
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lite import Value
from autograd_lite.fast.compile import Compiled
from autograd_lite.op import REGISTRY, Elementwise, Op, Sample, Structural

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e308, 1e-320, 800.0, -math.inf, math.inf, math.nan]
TIES = [0.0, 1.0, 2.0, math.inf, math.nan]
# Sums of up to 27 products, of numbers that partly cancel.
ROUNDING = 40 * float(np.finfo(float).eps)

NUMBERS = [op for op in REGISTRY.values() if isinstance(op, Elementwise)]
ARRAYS = [
    (op, sample) for op in REGISTRY.values() if isinstance(op, Structural) for sample in op.samples
]
slow = pytest.mark.slow
BACKENDS = ["python", pytest.param("tape", marks=slow), pytest.param("numba", marks=slow)]


@pytest.fixture(scope="module", autouse=True)
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder of this module's own for what numba compiles."""
    folder: Path = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_LITE_CACHE", str(folder))
        yield


def compiled(root: Value, backend: str) -> Compiled:
    if backend in {"tape", "numba"}:
        pytest.importorskip("numba")
    return Compiled(root, backend=backend)


THEIR_OWN = {"arctanh", "hypot"}
"""Functions that numba has of its own, whose last bits are others than those of C's library."""


def points(op: Elementwise) -> Iterator[tuple[float, ...]]:
    """Special numbers, and numbers of the op's domain."""
    count = op.arity or 3
    yield from itertools.product(SPECIAL if count < 3 else TIES, repeat=count)
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    intervals = [*op.domain, *[op.domain[-1]] * count][:count]
    for _ in range(50):
        yield tuple(float(rng.uniform(*interval)) for interval in intervals)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("op", NUMBERS, ids=[op.name for op in NUMBERS])
def test_an_op_on_numbers_is_that_of_the_engine_to_the_last_bit(
    op: Elementwise, backend: str
) -> None:
    every = list(points(op))
    step = compiled(op(*(Value(x, f"x{place}") for place, x in enumerate(every[-1]))), backend)
    for point in every:
        operands = [Value(x, f"x{place}") for place, x in enumerate(point)]
        root = op(*operands)
        root.backward()
        value, gradients = step(**{operand.label: operand.data for operand in operands})
        found = [value, *(gradients[operand.label] for operand in operands)]
        right = [root.data, *(operand.grad for operand in operands)]
        assert all(type(one) is float for one in found)
        if op.name in THEIR_OWN and backend in ("numba", "tape"):
            np.testing.assert_allclose(
                found, right, rtol=4 * np.finfo(float).eps, err_msg=str(point)
            )
        else:
            np.testing.assert_array_equal(found, right, str(point))


def draws(op: Op, sample: Sample) -> Iterator[list[Any]]:
    """Arrays, arrays with ties, and arrays with what is no number."""
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))

    def draw() -> list[Any]:
        arrays = [rng.uniform(-2, 2, shape)[()] for shape in sample.shapes]
        if op.name in {"pool_gather", "pool_scatter"}:
            arrays[1] = np.rint(rng.uniform(0, 3, sample.shapes[1]))  # who has won
        return sample.fitting(arrays)

    for _ in range(3):
        yield draw()
    yield [np.rint(array) for array in draw()]
    if sample.diagonal:
        return  # of a matrix with nan LAPACK makes what it likes
    # Of scalars, a padding's 0·inf is left out, and the 0 of a place given as data is multiplied.
    if op.name not in {"conv2d_input", "pool_gather", "pool_scatter"}:
        for special in (math.nan, math.inf):
            first, *others = draw()
            if np.ndim(first):
                first.flat[rng.integers(first.size)] = special
            yield [first, *others]


def total(op: Op, sample: Sample, data: list[Any]) -> tuple[Value, list[Value]]:
    """A number that depends on every element of the op's result."""
    operands = [Value(one, f"x{position}") for position, one in enumerate(data)]
    result = op(*operands, **sample.attributes)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, result.shape)[()]
    return (result * weights).sum(), operands


@pytest.mark.parametrize("backend", [*BACKENDS, "numpy", "auto"])
@pytest.mark.parametrize(("op", "sample"), ARRAYS, ids=[op.name for op, _ in ARRAYS])
def test_an_op_on_arrays_is_that_of_the_engine(op: Op, sample: Sample, backend: str) -> None:
    every = list(draws(op, sample))
    step = compiled(total(op, sample, every[0])[0], backend)
    for data in every:
        root, operands = total(op, sample, data)
        root.backward()
        value, gradients = step(**{one.label: one.data for one in operands})
        np.testing.assert_allclose(value, root.data, rtol=ROUNDING, atol=ROUNDING)
        for one in operands:
            assert np.shape(gradients[one.label]) == one.shape
            np.testing.assert_allclose(gradients[one.label], one.grad, ROUNDING, ROUNDING)
