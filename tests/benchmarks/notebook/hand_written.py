"""The notebook's step by hand: its class in NumPy, and the loop in C."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from models.notebook import by_hand, data
from tests.benchmarks.notebook.class_in_numpy import NumPyClass
from tests.benchmarks.notebook.steps import CHECKED, NEVER, RATE, Arrays, work
from tests.benchmarks.rows import MissingError, Side, Work, agreement

__all__ = ["c_loop", "numpy_class"]


def numpy_class(steps: int) -> Side:
    """The notebook's class; its gradients are not ours, so our copy of its derivation checks it."""

    def make() -> Work:
        mine, other = NumPyClass(), by_hand.SimpleCNN()
        mine.fit(CHECKED, NEVER)
        other.fit(data.X, data.TARGETS, RATE, CHECKED, 1e-9)
        agreement(
            {"w_conv": mine.kernel, "w_output": mine.output.reshape(2, 2)},
            {"w_conv": other.weights.w_conv, "w_output": other.weights.w_output},
            1e-12,
        )
        return Work(lambda: NumPyClass().fit(steps, NEVER), None, steps)

    return Side("the notebook's class", make)


def c_loop(steps: int) -> Side:
    """C by hand, the whole loop."""

    def make() -> Work:
        if shutil.which("gcc") is None:
            raise MissingError("there is no gcc")
        source = Path(__file__).with_name("loop.c")
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder, "loop.so")
            options = ["-O3", "-march=native", "-shared", "-fPIC"]
            subprocess.run(["gcc", *options, source, "-o", library, "-lm"], check=True)
            train = ctypes.CDLL(str(library)).train
        pointer = np.ctypeslib.ndpointer(np.float64)
        train.argtypes = [
            pointer, pointer, pointer, ctypes.c_double, ctypes.c_double, ctypes.c_long, pointer,
        ]  # fmt: skip

        def take(count: int) -> Arrays:
            weights = np.concatenate([one.ravel() for one in data.initial_weights()])
            train(weights, data.X, data.TARGETS, RATE, NEVER, count, np.empty(1))
            parts = np.split(weights, [4, 12])
            return [
                part.reshape(s) for part, s in zip(parts, [(2, 2), (2, 4), (2, 2)], strict=True)
            ]

        return work(take, steps)

    return Side("C, -O3 -march=native", make)
