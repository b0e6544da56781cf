"""The notebook's data: a 5x5 input, two targets, a learning rate and the seed-0 weights."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _constant(values: object) -> Array:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


X = _constant(
    [
        [0.51, 0.90, 0.88, 0.84, 0.05],
        [0.40, 0.62, 0.22, 0.59, 0.10],
        [0.11, 0.20, 0.74, 0.33, 0.14],
        [0.47, 0.01, 0.85, 0.70, 0.09],
        [0.76, 0.19, 0.72, 0.17, 0.57],
    ]
)
TARGETS = _constant([0.0, 1.0])
LEARNING_RATE = 0.001


class Weights(NamedTuple):
    """The 16 weights: a kernel, and one row of weights per neuron of each layer.

    ``w_conv`` has shape (2, 2); ``w_hidden`` is [[w_1 … w_4], [w_5 … w_8]];
    ``w_output`` is [[w_9, w_10], [w_11, w_12]].
    """

    w_conv: Array
    w_hidden: Array
    w_output: Array


def initial_weights(seed: int = 0) -> Weights:
    """Draw the weights as the notebook does: the kernel first, then w_1 to w_12.

    The notebook prints the kernel with 8 decimals only. NumPy's legacy generator, whose stream
    is frozen, gives the rest of its digits. Every call returns new arrays.

    >>> print(initial_weights().w_conv)
    [[1.76405235 0.40015721]
     [0.97873798 2.2408932 ]]
    """
    draw = np.random.RandomState(seed).randn
    return Weights(w_conv=draw(2, 2), w_hidden=draw(2, 4), w_output=draw(2, 2))
