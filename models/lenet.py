"""LeNet-5 on Values, and digits that are drawn for it.

LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition (1998),
with max pooling, sigmoids and a mean squared error.
"""

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value

__all__ = ["LeNet5", "digits"]

SEGMENTS = {  # rows and columns of the strokes of a digit on a clock
    "a": (slice(0, 2), slice(0, 10)),
    "b": (slice(0, 9), slice(8, 10)),
    "c": (slice(8, 17), slice(8, 10)),
    "d": (slice(15, 17), slice(0, 10)),
    "e": (slice(8, 17), slice(0, 2)),
    "f": (slice(0, 9), slice(0, 2)),
    "g": (slice(8, 10), slice(0, 10)),
}
DIGITS = ["abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg"]


def digits(
    count: int, rng: np.random.Generator, dtype: Any = np.float64
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Images (count, 1, 28, 28) of digits somewhere in the picture, with noise, and what they show.

    >>> images, shown = digits(3, np.random.default_rng(0))
    >>> images.shape, shown.shape
    ((3, 1, 28, 28), (3,))
    """
    images = rng.normal(0, 0.2, (count, 1, 28, 28))
    shown = rng.integers(0, 10, count)
    for image, digit in zip(images[:, 0], shown, strict=True):
        top, left = rng.integers(0, 11), rng.integers(0, 18)
        for segment in DIGITS[digit]:
            image[top : top + 17, left : left + 10][SEGMENTS[segment]] += 1.0 - image.mean()
    return images.astype(dtype), shown


class LeNet5:
    """Two convolutions, each with a pooling, and three dense layers.

    >>> net = LeNet5(np.random.default_rng(0))
    >>> net.forward(ag.Constant(np.zeros((2, 1, 28, 28)))).shape
    (2, 10)
    """

    def __init__(self, rng: np.random.Generator, dtype: Any = np.float64) -> None:
        shapes = {"1": (6, 1, 5, 5), "2": (16, 6, 5, 5), "3": (256, 120), "4": (120, 84)}
        self.weights: dict[str, Value] = {}
        for number, shape in (shapes | {"5": (84, 10)}).items():
            ins, outs = (
                (shape[0], shape[1:]) if len(shape) == 2 else (np.prod(shape[1:]), shape[:1])
            )
            limit = np.sqrt(6 / (ins + np.prod(shape) / ins))
            self._add(f"W{number}", rng.uniform(-limit, limit, shape).astype(dtype))
            self._add(f"b{number}", np.zeros((*outs, 1, 1) if len(shape) == 4 else outs, dtype))

    def _add(self, label: str, data: Any) -> None:
        self.weights[label] = Value(data, label)

    def forward(self, images: Value) -> Value:
        """The outputs for a batch of images, one a digit, between 0 and 1."""
        w = self.weights
        h = images
        for number in "12":
            h = ag.sigmoid(ag.conv2d(h, w[f"W{number}"]) + w[f"b{number}"])
            h = ag.max_pool2d(h, 2)
        h = h.reshape(len(images), -1)
        for number in "345":
            h = ag.sigmoid(h @ w[f"W{number}"] + w[f"b{number}"])
        return h

    def loss(self, images: Value, targets: Value) -> Value:
        """The mean squared error against one-hot targets."""
        return ag.mean_squared_error(self.forward(images), targets).named("loss")
