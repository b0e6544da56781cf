"""The notebook's class, rewritten: the same NumPy calls in the same order, in words of our own.

Its gradients are the notebook's, mistakes and all: w_1 to w_8 get none, the output layer is updated
before it is used. ``python -m tests.benchmarks.notebook.class_in_numpy`` trains it to convergence.
"""

import argparse
from typing import Any

import numpy as np

from models.notebook import data

__all__ = ["NumPyClass"]


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def convolved(image: Any, kernel: Any) -> Any:
    """The feature map, cell by cell."""
    rows, columns = kernel.shape
    height, width = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    result = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            # As there: a sum that is a number already is squeezed, and a row is looked up first.
            result[i][j] = np.sum(image[i : i + rows, j : j + columns] * kernel).squeeze()
    return result


def pooled(fm: Any) -> Any:
    """The largest of each 2×2 window, window by window."""
    height, width = fm.shape[0] // 2, fm.shape[1] // 2
    result = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            result[i, j] = np.max(fm[i * 2 : i * 2 + 2, j * 2 : j * 2 + 2])
    return result


class NumPyClass:
    """Seed-0 weights, one kernel and three vectors of four."""

    def __init__(self) -> None:
        start = data.initial_weights()
        self.kernel = start.w_conv
        self.first, self.second = start.w_hidden[0].copy(), start.w_hidden[1].copy()
        self.output = start.w_output.ravel()
        self.rate = 0.01

    def forward(self, image: Any) -> tuple[Any, ...]:
        """Both outputs, and what the backward pass needs."""
        fm = convolved(image, self.kernel)
        winners = pooled(fm)
        F = winners.flatten()
        s = sigmoid(F)
        H1 = sigmoid(np.dot(s, self.first))
        H2 = sigmoid(np.dot(s, self.second))
        O1 = sigmoid(self.output[0] * H1 + self.output[1] * H2)
        O2 = sigmoid(self.output[2] * H1 + self.output[3] * H2)
        return O1, O2, H1, H2, s, winners, fm

    def update_output(self, passed: tuple[Any, ...], t: Any) -> tuple[Any, ...]:
        """Update w_9 to w_12; the derivatives at the outputs."""
        O1, O2, H1, H2, *_ = passed
        error1, slope1 = -2 * (t[0] - O1), O1 * (1 - O1)
        error2, slope2 = -2 * (t[1] - O2), O2 * (1 - O2)
        g9, g10 = error1 * slope1 * H1, error1 * slope1 * H2
        g11, g12 = error2 * slope2 * H1, error2 * slope2 * H2
        self.output[0] -= self.rate * g9
        self.output[1] -= self.rate * g10
        self.output[2] -= self.rate * g11
        self.output[3] -= self.rate * g12
        return error1, slope1, error2, slope2

    def backward(self, image: Any, passed: tuple[Any, ...], t: Any) -> None:
        """One step: the output layer, then the kernel."""
        *_, s, winners, fm = passed
        error1, slope1, error2, slope2 = self.update_output(passed, t)

        of_s = np.zeros_like(s)
        of_s += self.first * (error1 * self.output[0] + error1 * self.output[2]) * slope1
        of_s += self.second * (error2 * self.output[1] + error2 * self.output[3]) * slope2
        of_F = of_s * s * (1 - s)

        of_fm = np.zeros_like(fm)
        for i in range(winners.shape[0]):
            for j in range(winners.shape[1]):
                window = fm[i * 2 : i * 2 + 2, j * 2 : j * 2 + 2]
                down, right = np.unravel_index(np.argmax(window, axis=None), window.shape)
                of_fm[i * 2 + down, j * 2 + right] = of_F[i * 2 + j]

        of_kernel = np.zeros_like(self.kernel)
        for i in range(of_kernel.shape[0]):
            for j in range(of_kernel.shape[1]):
                seen = image[i : i + of_fm.shape[0], j : j + of_fm.shape[1]]
                of_kernel[i, j] = np.sum(seen * of_fm)
        self.kernel -= self.rate * of_kernel

    def fit(self, iterations: int, threshold: float) -> tuple[int, float]:
        """Steps until the error is below the threshold: how many, and the error last tested."""
        t = np.array([0, 1])
        error = np.inf
        for iteration in range(iterations):
            passed = self.forward(data.X)
            error = (t[0] - passed[0]) ** 2 + (t[1] - passed[1]) ** 2
            if error < threshold:
                return iteration, float(error)
            self.backward(data.X, passed, t)
        return iterations, float(error)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--threshold", type=float, default=1e-4)
    print(*NumPyClass().fit(1_000_000, parser.parse_args().threshold))
