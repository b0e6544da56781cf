"""Rows of tensor graphs: LeNet-5, and convolution and pooling alone."""

from functools import partial

from tests.benchmarks import lenet, windows
from tests.benchmarks.job import Job
from tests.benchmarks.rows import Peer, Row, Side, compare, share
from tests.benchmarks.timing import Settings

__all__ = ["JOBS"]

GROUP = "Tensor graphs"
TOLERANCE = {"float64": 1e-9, "float32": 1e-3}
"""Sums of thousands of numbers in another order; NumPy and the others agree so far."""


def lenet_with_numba(dtype: str, of_torch: float, settings: Settings) -> list[Row]:
    """Compiled, against everybody."""
    return compare(
        f"LeNet-5, batch 64, {dtype}: a step",
        lenet.compiled("numba", dtype),
        [
            Peer(lenet.pytorch(dtype), share(of_torch)),
            Peer(lenet.jax(dtype), share(0.5)),
            Peer(lenet.hips(dtype), share(0.08)),
        ],
        settings,
        TOLERANCE[dtype],
    )


def lenet_in_numpy(side: Side, dtype: str, of_torch: float, settings: Settings) -> list[Row]:
    """Without numba, compiled or eager."""
    peers = [Peer(lenet.pytorch(dtype), share(of_torch))]
    work = f"LeNet-5, batch 64, {dtype}: a step without numba"
    return compare(work, side, peers, settings, TOLERANCE[dtype])


def lenet_on_two_threads(settings: Settings) -> list[Row]:
    """Both may use two threads; those of one side sleep before the other's turn."""
    return compare(
        "LeNet-5, batch 64, float32, two threads: a step",
        lenet.compiled("numba", "float32"),
        [Peer(lenet.pytorch("float32"), share(1.0)), Peer(lenet.jax("float32"))],
        settings._replace(rest=0.1),
        TOLERANCE["float32"],
    )


def windows_with_numba(settings: Settings) -> list[Row]:
    """Forward and backward of a weighted sum of the result."""
    rows = []
    for shape in windows.SHAPES:
        rows += compare(
            f"{shape.name}, float32",
            windows.compiled(shape, "numba"),
            [Peer(windows.pytorch(shape, weighted=True), share(1.1 if shape.kernel else 0.25))],
            settings._replace(seconds=settings.seconds / 4),
            TOLERANCE["float32"],
        )
    return rows


def windows_in_numpy(settings: Settings) -> list[Row]:
    """Forward, and backward from a given cotangent."""
    rows = []
    for shape in windows.SHAPES:
        rows += compare(
            f"{shape.name}, float32",
            windows.eager(shape),
            [Peer(windows.pytorch(shape, weighted=False), share(1.6 if shape.kernel else 0.5))],
            settings._replace(seconds=settings.seconds / 4),
            TOLERANCE["float32"],
        )
    return rows


JOBS = (
    Job(GROUP, "LeNet-5, numba, float64", partial(lenet_with_numba, "float64", 0.5)),
    Job(GROUP, "LeNet-5, numba, float32", partial(lenet_with_numba, "float32", 0.65)),
    *(
        Job(
            GROUP, f"LeNet-5, NumPy only, {name}, {dtype}", partial(lenet_in_numpy, side, dtype, of)
        )
        for dtype, of in (("float64", 1.0), ("float32", 1.4))
        for name, side in (
            ("compiled", lenet.compiled("numpy", dtype)),
            ("eager", lenet.eager(dtype)),
        )
    ),
    Job(GROUP, "LeNet-5, numba, float32, two threads", lenet_on_two_threads, threads=2),
    Job(GROUP, "conv2d and max_pool2d, compiled with numba", windows_with_numba),
    Job(GROUP, "conv2d and max_pool2d, eager in NumPy", windows_in_numpy),
)
