"""LeNet-5 on Values, trained on digits that it draws itself: ``python -m models.lenet``.

LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition (1998),
with max pooling and a mean squared error.
"""

import argparse
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Constant, Value, nn
from autograd_lite.data import check_positive

__all__ = ["LeNet5", "digits", "main", "train"]

_DIGITS = ["abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg"]
"""The strokes of each digit, as on a display of seven segments."""
_STROKES = {
    "a": np.s_[0:2, 0:10],
    "b": np.s_[0:9, 8:10],
    "c": np.s_[8:17, 8:10],
    "d": np.s_[15:17, 0:10],
    "e": np.s_[8:17, 0:2],
    "f": np.s_[0:9, 0:2],
    "g": np.s_[8:10, 0:10],
}


def digits(count: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Images (count, 1, 28, 28) of digits, with noise and not always in the middle; what they show.

    >>> images, shown = digits(3, np.random.default_rng(0))
    >>> images.shape, shown.tolist()
    ((3, 1, 28, 28), [2, 4, 9])
    """
    images = rng.normal(0.0, 0.1, (count, 1, 28, 28))
    shown = rng.integers(0, 10, count)
    for image, digit in zip(images[:, 0], shown, strict=True):
        top, left = rng.integers(3, 9), rng.integers(6, 13)
        for stroke in _DIGITS[digit]:
            image[top : top + 17, left : left + 10][_STROKES[stroke]] += 1.0
    return images, shown


class LeNet5(nn.Module):
    """Two convolutions, each with a pooling, and three dense layers.

    >>> net = LeNet5(np.random.default_rng(0))
    >>> net(Constant(np.zeros((2, 1, 28, 28)))).shape
    (2, 10)
    """

    def __init__(
        self,
        rng: np.random.Generator,
        dtype: Any = np.float64,
        activation: Callable[[Value], Value] = ag.sigmoid,
    ) -> None:
        self.activation = activation
        self.conv1 = nn.Conv2d(1, 6, 5, rng, init=nn.lecun, bias=nn.zeros)
        self.conv2 = nn.Conv2d(6, 16, 5, rng, init=nn.lecun, bias=nn.zeros)
        self.dense1 = nn.Linear(256, 120, rng, init=nn.lecun, bias=nn.zeros)
        self.dense2 = nn.Linear(120, 84, rng, init=nn.lecun, bias=nn.zeros)
        self.out = nn.Linear(84, 10, rng, init=nn.lecun, bias=nn.zeros)
        self.astype(dtype)

    def forward(self, images: Value) -> Value:
        """Ten numbers between 0 and 1 for each image, the largest for the digit that it shows."""
        h = images
        for convolution in (self.conv1, self.conv2):
            h = ag.max_pool2d(self.activation(convolution(h)), 2)
        h = h.reshape(len(images), -1)
        for dense in (self.dense1, self.dense2):
            h = self.activation(dense(h))
        return ag.sigmoid(self.out(h))

    def loss(self, images: Value, targets: Value) -> Value:
        """The mean squared error, against 1 for the digit that is shown and 0 for the others."""
        return ag.mean_squared_error(self(images), targets).named("loss")


def train(
    net: LeNet5,
    rng: np.random.Generator,
    steps: int,
    rate: float = 2.0,
    batch: int = 64,
    progress: Callable[[int, float], None] | None = None,
) -> None:
    """Steps of gradient descent, each on digits drawn anew.

    >>> net, rng = LeNet5(np.random.default_rng(0)), np.random.default_rng(1)
    >>> train(net, rng, steps=2, batch=2, progress=lambda step, loss: print(step))
    1
    2
    """
    check_positive("rate", rate)
    optimiser = nn.SGD(net, rate)
    dtype = net.conv1.W.dtype
    for step in range(1, steps + 1):
        images, shown = digits(batch, rng)
        targets = Constant(np.eye(10)[shown].astype(dtype), "targets")
        loss = net.loss(Constant(images.astype(dtype), "images"), targets)
        if math.isnan(loss.data):
            raise ValueError(f"the loss is nan at step {step}; try a lower rate than {rate:g}")
        optimiser.zero_grad()
        loss.backward(retain_graph=False)
        optimiser.step()
        if progress is not None:
            progress(step, loss.data)


def main(arguments: list[str] | None = None) -> None:
    """Train, and say how many digits of another batch are recognised."""
    parser = argparse.ArgumentParser(prog="python -m models.lenet", description=main.__doc__)
    parser.add_argument(
        "--steps", type=int, default=200, help="of 64 digits each; default: %(default)s"
    )
    parser.add_argument("--rate", type=float, default=2.0, help="default: %(default)s")
    parser.add_argument(
        "--seed", type=int, default=0, help="of weights and digits; default: %(default)s"
    )
    chosen = parser.parse_args(arguments)
    if chosen.steps < 1 or not 0 < chosen.rate < math.inf or chosen.seed < 0:
        parser.error("give at least one step, a positive rate and a seed of at least 0")
    rng = np.random.default_rng(chosen.seed)
    net = LeNet5(rng, np.float32, ag.tanh)

    def report(step: int, loss: float) -> None:
        if step % 20 == 0 or step == chosen.steps:
            print(f"step {step:4}  loss {loss:.4f}")

    train(net, rng, chosen.steps, chosen.rate, progress=report)
    images, shown = digits(100, rng)
    found = net(Constant(images.astype(np.float32))).data.argmax(axis=1)
    print(f"{(found == shown).mean():.0%} of 100 other digits recognised")


if __name__ == "__main__":
    main()
