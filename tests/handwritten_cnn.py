"""The notebook's network as a class with a backward pass by hand, mistakes M9 and M10 and all.

The words are ours; what it computes is what the notebook's class computes.
"""

from typing import Any

import numpy as np

from models.notebook.data import initial_weights

__all__ = ["NAMES", "HandWritten"]

NAMES = {
    "kernel": "w_conv",
    "to_h1": ["w_1", "w_2", "w_3", "w_4"],
    "to_h2": ["w_5", "w_6", "w_7", "w_8"],
    "to_out": ["w_9", "w_10", "w_11", "w_12"],
    "g_out": ["dE/dw_9", "dE/dw_10", "dE/dw_11", "dE/dw_12"],
    "g_act": "dE/ds",
    "g_flat": "dE/dF",
    "g_map": "dE/dfm",
    "g_kernel": "dE/dw_conv",
    "image": "X",
    "wanted": "t",
}
"""What its variables stand for."""


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


class HandWritten:
    """Seed-0 weights, as the notebook's; ``rate`` is the learning rate."""

    def __init__(self, rate: float = 0.01) -> None:
        weights = initial_weights()
        self.kernel = weights.w_conv.copy()
        self.to_h1, self.to_h2 = weights.w_hidden.copy()
        self.to_out = weights.w_output.ravel().copy()
        self.learning_rate = rate

    def forward(self, image: Any) -> tuple[Any, ...]:
        """Everything that the backward pass needs."""
        fmap = np.zeros((4, 4))
        for row, column in np.ndindex(4, 4):
            fmap[row, column] = np.sum(image[row : row + 2, column : column + 2] * self.kernel)
        flat = np.array([fmap[r : r + 2, c : c + 2].max() for r in (0, 2) for c in (0, 2)])
        act = sigmoid(flat)
        h1, h2 = sigmoid(self.to_h1 @ act), sigmoid(self.to_h2 @ act)
        o1 = sigmoid(self.to_out[0] * h1 + self.to_out[1] * h2)
        o2 = sigmoid(self.to_out[2] * h1 + self.to_out[3] * h2)
        return o1, o2, h1, h2, act, flat, fmap

    def backward(self, image: Any, saved: tuple[Any, ...], wanted: Any) -> None:
        """One step of gradient descent; w_1 to w_8 are forgotten (M9)."""
        o1, o2, h1, h2, act, _, fmap = saved
        dE1_dO1, dE2_dO2 = 2 * (o1 - wanted[0]), 2 * (o2 - wanted[1])
        slope1, slope2 = o1 * (1 - o1), o2 * (1 - o2)

        g_out = np.zeros(4)
        g_out[0] = dE1_dO1 * slope1 * h1
        g_out[1] = dE1_dO1 * slope1 * h2
        g_out[2] = dE2_dO2 * slope2 * h1
        g_out[3] = dE2_dO2 * slope2 * h2
        self.to_out -= self.learning_rate * g_out

        # M10: one error for each hidden unit, the weights after their update, no h·(1 − h).
        g_act = np.zeros_like(act)
        g_act += self.to_h1 * dE1_dO1 * slope1 * (self.to_out[0] + self.to_out[2])
        g_act += self.to_h2 * dE2_dO2 * slope2 * (self.to_out[1] + self.to_out[3])
        g_flat = g_act * act * (1 - act)

        g_map = np.zeros((4, 4))
        for place, (row, column) in enumerate([(0, 0), (0, 2), (2, 0), (2, 2)]):
            window = fmap[row : row + 2, column : column + 2]
            down, right = divmod(int(np.argmax(window)), 2)
            g_map[row + down, column + right] = g_flat[place]

        g_kernel = np.zeros((2, 2))
        for row, column in np.ndindex(2, 2):
            g_kernel[row, column] = np.sum(image[row : row + 4, column : column + 4] * g_map)
        self.kernel -= self.learning_rate * g_kernel
