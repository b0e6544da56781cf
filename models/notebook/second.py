"""The document's second network, its PyTorch part, on ``autograd_lite.nn``.

A convolution with a bias, relu, 2×2 pooling, sigmoid, and two dense layers with biases: 21
parameters where the first network has 16. The loss is the mean of the two squared errors.
"""

from collections.abc import Callable

import numpy as np

import autograd_lite as ag
from autograd_lite import Constant, Value, nn
from models.notebook import data
from models.notebook.cnn import Training, descend

__all__ = ["SecondCNN"]


class SecondCNN(nn.Module):
    """The document's ``SimpleCNNPyTorch``, with its names of the layers.

    The weights start as PyTorch's do. The document gives its generator no seed, so its own are not
    known; here ``seed`` says which they are.

    >>> model = SecondCNN()
    >>> sum(value.size for value in model.parameters())
    21
    >>> model.loss().shape, [value.label for value in model.parameters()]
    ((), ['W_conv1', 'b_conv1', 'W_hidden', 'b_hidden', 'W_out', 'b_out'])
    """

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.conv1 = nn.Conv2d(1, 1, 2, rng)
        self.hidden = nn.Linear(4, 2, rng)
        self.out = nn.Linear(2, 2, rng)

    def forward(self, x: Value) -> Value:
        """O of shape (1, 2), for one image of one channel: (1, 5, 5)."""
        pooled = ag.max_pool2d(ag.relu(self.conv1(x)), 2)
        s = ag.sigmoid(ag.reshape(pooled, (1, 4))).named("s", [["s_1", "s_2", "s_3", "s_4"]])
        net_H = self.hidden(s).named("net_H", [["net_H1", "net_H2"]])
        H = ag.sigmoid(net_H).named("H", [["H1", "H2"]])
        net_O = self.out(H).named("net_O", [["net_O1", "net_O2"]])
        return ag.sigmoid(net_O).named("O", [["O1", "O2"]])

    def loss(self) -> Value:
        """E, the mean of the squared errors of both outputs."""
        outputs = self(Constant(data.X[None], "X"))
        targets = Constant(data.TARGETS[None], "t", [["t1", "t2"]])
        return ag.mean_squared_error(outputs, targets).named("E")

    def predict(self) -> tuple[float, float]:
        """The two outputs, as numbers."""
        first, second = self(Constant(data.X[None])).data[0].tolist()
        return first, second

    def fit(
        self,
        learning_rate: float = 0.01,
        max_iterations: int = 1_000_000,
        threshold: float = 1e-4,
        progress: Callable[[int, float], None] | None = None,
        *,
        compiled: bool | str = True,
    ) -> Training:
        """Gradient descent until E < ``threshold``; see :func:`models.notebook.cnn.descend`."""
        return descend(
            self.loss,
            self.parameters(),
            learning_rate,
            max_iterations,
            threshold,
            progress,
            compiled=compiled,
        )
