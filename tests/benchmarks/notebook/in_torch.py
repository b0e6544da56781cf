"""The notebook's PyTorch loop, rewritten, and the same step without what the class leaves out.

``python -m tests.benchmarks.notebook.in_torch`` trains to convergence as the notebook does: with
biases and a ReLU, a mean squared error in float32, and SGD; it starts from the seed-0 weights.
"""

import argparse
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from models.notebook import data

__all__ = ["Network", "train"]


class Network(nn.Module):  # type: ignore[misc, unused-ignore]
    """Convolution, pooling, and two layers of two; ``plain`` has neither biases nor a ReLU."""

    def __init__(self, plain: bool = False) -> None:
        super().__init__()
        self.plain = plain
        self.convolution = nn.Conv2d(1, 1, 2, bias=not plain)
        self.hidden = nn.Linear(4, 2, bias=not plain)
        self.output = nn.Linear(2, 2, bias=not plain)
        layers = self.convolution, self.hidden, self.output
        for layer, weights in zip(layers, data.initial_weights(), strict=True):
            with torch.no_grad():
                layer.weight.copy_(torch.tensor(weights).reshape(layer.weight.shape))
                if not plain:
                    layer.bias.zero_()

    def forward(self, x: Any) -> Any:
        """The outputs for a batch of images."""
        h = self.convolution(x)
        h = F.max_pool2d(h if self.plain else F.relu(h), (2, 2))
        h = torch.sigmoid(torch.flatten(h, 1))
        h = torch.sigmoid(self.hidden(h))
        return torch.sigmoid(self.output(h))


def train(iterations: int, threshold: float) -> tuple[int, float]:
    """The notebook's loop: how many steps, and the error last tested."""
    network = Network()
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    image = torch.tensor(data.X, dtype=torch.float32).reshape(1, 1, 5, 5)
    wanted = torch.tensor([[0.0, 1.0]])
    error = float("inf")
    for iteration in range(iterations):
        optimizer.zero_grad()
        loss = criterion(network(image), wanted)
        error = loss.item()
        if error < threshold:
            return iteration, error
        loss.backward()
        optimizer.step()
    return iterations, error


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--threshold", type=float, default=1e-4)
    print(*train(1_000_000, parser.parse_args().threshold))
