"""Something to try all on: a small CNN with its numbers, and the files of the help pages.

``autograd_lite.example:loss`` is a target for the command line, wherever the package is installed;
``autograd-lite demo`` writes FILES, so that every example of every ``--help`` page runs.
"""

import textwrap
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_lite.ops.convolution import conv2d
from autograd_lite.ops.elementwise import sigmoid
from autograd_lite.ops.pooling import max_pool2d
from autograd_lite.ops.reductions import squared_error
from autograd_lite.value import Constant, Value

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


class Weights(NamedTuple):
    """The 16 weights: a kernel, and one row of weights per neuron of each layer.

    ``w_conv`` has shape (2, 2); ``w_hidden`` is [[w_1 … w_4], [w_5 … w_8]];
    ``w_output`` is [[w_9, w_10], [w_11, w_12]].
    """

    w_conv: Array
    w_hidden: Array
    w_output: Array


def initial_weights(seed: int = 0) -> Weights:
    """Draw the weights: the kernel first, then w_1 to w_12.

    NumPy's legacy generator, whose stream is frozen, gives all their digits. Every call returns new
    arrays.

    >>> print(initial_weights().w_conv)
    [[1.76405235 0.40015721]
     [0.97873798 2.2408932 ]]
    """
    draw = np.random.RandomState(seed).randn
    return Weights(w_conv=draw(2, 2), w_hidden=draw(2, 4), w_output=draw(2, 2))


class SmallCNN:
    """5×5 input, 2×2 kernel, 2×2 max pooling, sigmoid, two hidden neurons, two outputs.

    The error is the sum of the squared errors of the outputs. Weights are those of seed 0
    unless given.

    >>> round(SmallCNN().loss().data, 12)
    0.573615910009
    """

    def __init__(self, weights: Weights | None = None) -> None:
        start = initial_weights() if weights is None else weights
        self.w_conv = Value(start.w_conv, "w_conv")
        self.w_hidden = Value(
            start.w_hidden, "w_hidden", [["w_1", "w_2", "w_3", "w_4"], ["w_5", "w_6", "w_7", "w_8"]]
        )
        self.w_output = Value(start.w_output, "w_output", [["w_9", "w_10"], ["w_11", "w_12"]])

    @property
    def parameters(self) -> tuple[Value, Value, Value]:
        """Everything that training changes."""
        return self.w_conv, self.w_hidden, self.w_output

    def forward(self) -> Value:
        """The outputs O1 and O2, with every quantity on the way under a name of its own."""
        x = Constant(X, "X")
        feature_map = conv2d(x, self.w_conv).named("fm")
        pooled = max_pool2d(feature_map, size=2).flatten().named("F", _numbered("F_", 4))
        s = sigmoid(pooled).named("s", _numbered("s_", 4))
        net_hidden = (self.w_hidden @ s).named("net_H", _numbered("net_H", 2))
        hidden = sigmoid(net_hidden).named("H", _numbered("H", 2))
        net_output = (self.w_output @ hidden).named("net_O", _numbered("net_O", 2))
        outputs: Value = sigmoid(net_output)
        return outputs.named("O", _numbered("O", 2))

    def loss(self) -> Value:
        """E = E1 + E2, the squared errors of the two outputs."""
        targets = Constant(TARGETS, "t", _numbered("t", 2))
        errors = squared_error(self.forward(), targets).named("E_k", _numbered("E", 2))
        total: Value = errors.sum()
        return total.named("E")

    def predict(self) -> tuple[float, float]:
        """The two outputs, as numbers."""
        first, second = self.forward().data.tolist()
        return first, second


def loss() -> Value:
    """E of the network at the weights of seed 0.

    >>> round(loss().data, 12)
    0.573615910009
    """
    return SmallCNN().loss()


@cache
def _numbered(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(1, count + 1))


FILES = {
    "network.py": """\
from autograd_lite import Constant, Value, sigmoid
x, w, v = Constant(0.5, "x"), Value(0.8, "w"), Value(-0.4, "v")
H = sigmoid(w * x)
O = v * H
E = O**2
""",
    "notes.md": """\
dE/dO = -0.4790
dE/dv = -0.2867
dE/dw = -0.0230
""",
    "mine.py": """\
def backward(x, v, H, O):
    dE_dO = 2 * O
    dE_dv = dE_dO * H
    dE_dH = dE_dO * v
    dE_dw = dE_dH * H * (1 - H) * x
    return dE_dw, dE_dv
""",
    "whole.md": """\
x = 0.5, w = 0.8, b = 0.1 and the target t = 1
z = w x + b = 0.5
$h = \\sigma(z) = 0.6225$
$E = \\frac{1}{2}(h - t)^2 = 0.0713$
dE/dh = h - t = -0.3775
dE/dz = dE/dh * h * (1 - h) = -0.0887
dE/dw = dE/dz * w = -0.0710
""",
    "rubric.toml": """\
total = 20
[points]
"dE/dO" = 1
"dE/d?" = 1
""",
    "submissions/ada.md": """\
dE/dO = -0.4790
dE/dv = -0.2867
dE/dw = 0.0230
""",
    "submissions/grace.py": """\
dE_dO = -0.479
dE_dv = 0.2867
""",
}
"""The files that the help pages speak of; in some of them is a mistake, as in life."""


def in_help(file: str) -> str:
    """A file as a help page shows it.

    >>> print(in_help("notes.md"))
      dE/dO = -0.4790
      dE/dv = -0.2867
      dE/dw = -0.0230
    """
    return textwrap.indent(FILES[file].rstrip(), "  ")


def write_files(folder: Path) -> list[Path]:
    """Write FILES into a folder, which is made; one that is there already is left as it is.

    Raises OSError where it cannot be written.
    """
    paths = []
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
