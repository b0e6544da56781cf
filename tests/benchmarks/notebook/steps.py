"""Steps of the notebook's training, as every side takes them.

All start from the seed-0 weights, with rate 0.01, test the error before each step, and are compared
by the weights that they reach after a hundred steps.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.notebook import data
from tests.benchmarks.rows import Results, Work

__all__ = ["CHECKED", "NAMES", "NEVER", "RATE", "Arrays", "error", "patches", "work"]

RATE, NEVER, CHECKED = 0.01, 0.0, 100
"""The learning rate, a threshold that is never reached, and the steps that are compared."""
NAMES = ("w_conv", "w_hidden", "w_output")

Arrays = Sequence[Any]


def results(arrays: Arrays) -> Results:
    """Weights by name."""
    return dict(zip(NAMES, (np.array(array) for array in arrays), strict=True))


def work(take: Callable[[int], Arrays], steps: int) -> Work:
    """A work of ``steps`` steps, from a function that takes steps from the start."""
    return Work(lambda: take(steps), lambda: results(take(CHECKED)), steps)


def error(np_: Any, weights: Arrays, windows: Any) -> Any:
    """E with any NumPy: the 16 patches of the image, pooled four and four."""
    kernel, hidden, output = weights
    fm = windows @ kernel.ravel()
    s = 1 / (1 + np_.exp(-np_.max(fm.reshape(4, 4), axis=1)))
    H = 1 / (1 + np_.exp(-(hidden @ s)))
    O = 1 / (1 + np_.exp(-(output @ H)))  # noqa: E741 - the notebook's name
    return np_.sum((O - data.TARGETS) ** 2)


def patches() -> Any:
    """What the kernel sees at each cell of the feature map, window by window of the pooling."""
    cells = [(r + i, c + j) for r in (0, 2) for c in (0, 2) for i in (0, 1) for j in (0, 1)]
    return np.array([data.X[r : r + 2, c : c + 2].ravel() for r, c in cells])
