"""Layers, with their initialisers: those that people derive by hand, one formula each.

Shapes and starting weights are PyTorch's, so that weights can be carried over: W is (out, in) of a
dense layer and (out, in, height, width) of a convolution. Every layer draws its weights from the
generator that it is given, so that a seed says what a model starts from.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import DataError, ShapeError
from autograd_lite.nn.module import Module
from autograd_lite.op import primal, shape_of
from autograd_lite.ops import shaping
from autograd_lite.ops.convolution import conv2d
from autograd_lite.ops.elementwise import sigmoid, sqrt, tanh
from autograd_lite.ops.losses import one_hot
from autograd_lite.ops.pooling import avg_pool2d, max_pool2d
from autograd_lite.ops.reductions import mean, softmax
from autograd_lite.ops.selection import relu
from autograd_lite.ops.windows import Pair
from autograd_lite.value import Value

__all__ = [
    "MLP",
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "Head",
    "LSTMCell",
    "Layer",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "Neuron",
    "RNNCell",
    "fan_in_uniform",
    "glorot",
    "he",
    "lecun",
    "normal",
    "zeros",
]

Generator = np.random.Generator
Shape = tuple[int, ...]

# Initialisers: what a weight of that shape starts from, where a neuron has ``fan_in`` inputs and
# an input goes to ``fan_out`` neurons.

Initialiser = Callable[[Generator, Shape, int, int], Any]


def fan_in_uniform(rng: Generator, shape: Shape, fan_in: int, _: int) -> Any:
    """Uniform in ±1/√fan_in, as PyTorch starts its layers.

    >>> fan_in_uniform(np.random.default_rng(0), (2,), 4, 2).round(3).tolist()
    [0.137, -0.23]
    """
    bound = 1 / math.sqrt(max(1, fan_in))
    return rng.uniform(-bound, bound, shape)


def glorot(rng: Generator, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """Uniform in ±√(6 / (fan_in + fan_out)), for tanh (Glorot and Bengio 2010).

    >>> glorot(np.random.default_rng(0), (2,), 4, 2).round(3).tolist()
    [0.274, -0.46]
    """
    bound = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, shape)


def he(rng: Generator, shape: Shape, fan_in: int, _: int) -> Any:
    """Normal with the variance 2 / fan_in, for relu (He et al. 2015).

    >>> he(np.random.default_rng(0), (2,), 4, 2).round(3).tolist()
    [0.089, -0.093]
    """
    return rng.normal(0.0, math.sqrt(2 / fan_in), shape)


def lecun(rng: Generator, shape: Shape, fan_in: int, _: int) -> Any:
    """Normal with the variance 1 / fan_in (LeCun et al. 1998).

    >>> lecun(np.random.default_rng(0), (2,), 4, 2).round(3).tolist()
    [0.063, -0.066]
    """
    return rng.normal(0.0, math.sqrt(1 / fan_in), shape)


def normal(rng: Generator, shape: Shape, *_: int) -> Any:
    """Normal with the variance 1.

    >>> normal(np.random.default_rng(0), (2,), 4, 2).round(3).tolist()
    [0.126, -0.132]
    """
    return rng.normal(0.0, 1.0, shape)


def zeros(_: Generator, shape: Shape, *__: int) -> Any:
    """Zeros; as ``bias=zeros``.

    >>> zeros(np.random.default_rng(0), (2,), 4, 2).tolist()
    [0.0, 0.0]
    """
    return np.zeros(shape)


def _sizes(**given: Any) -> None:
    for name, size in given.items():
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise DataError(f"{name} is {describe(size)}; give a whole number from 1 on")


def _generator(rng: Any) -> Generator:
    if not isinstance(rng, Generator):
        raise DataError(
            f"weights are drawn from a generator, not {describe(rng)}; give "
            "rng=np.random.default_rng(seed)"
        )
    return rng


class _Weighted(Module):
    """A layer with W and b."""

    W: Value
    b: Value | None

    def _start(
        self, rng: Generator, shape: Shape, init: Initialiser, bias: Initialiser | None
    ) -> None:
        fan_in, fan_out = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
        self.W = Value(init(_generator(rng), shape, fan_in, fan_out))
        self.b = Value(bias(rng, shape[:1], fan_in, fan_out)) if bias else None


# Dense and convolutional


class Linear(_Weighted):
    """y = x Wᵀ + b: ``x`` is (..., inputs), W is (outputs, inputs), b is (outputs,).

    ``bias`` says what b starts from; None leaves it out.

    >>> layer = Linear(3, 2, np.random.default_rng(0))
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        rng: Generator,
        init: Initialiser = fan_in_uniform,
        bias: Initialiser | None = fan_in_uniform,
    ) -> None:
        _sizes(inputs=inputs, outputs=outputs)
        self._start(rng, (outputs, inputs), init, bias)

    def forward(self, x: Any) -> Any:
        """x Wᵀ + b."""
        if shape_of(x)[-1:] != self.W.shape[1:]:
            raise ShapeError(
                f"{self.W.describe()} of a Linear layer takes {self.W.shape[1]} inputs and was "
                f"given shape {shape_of(x)}; the last axis has to be {self.W.shape[1]}"
            )
        y = x @ self.W.T
        return y if self.b is None else y + self.b


class Conv2d(_Weighted):
    """y[o,i,j] = Σ x[c, i·s+m−p, j·s+n−p]·W[o,c,m,n] + b[o], of (batch, channels, height, width).

    Or of one image (channels, height, width). W is (outputs, inputs, height, width).

    >>> layer = Conv2d(1, 6, 5, np.random.default_rng(0), padding=2)
    >>> layer(np.ones((4, 1, 8, 8))).shape
    (4, 6, 8, 8)
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int | Pair,
        rng: Generator,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        init: Initialiser = fan_in_uniform,
        bias: Initialiser | None = fan_in_uniform,
    ) -> None:
        high, wide = (size, size) if isinstance(size, int) else size
        _sizes(inputs=inputs, outputs=outputs, height=high, width=wide)
        self.stride, self.padding = stride, padding
        self._start(rng, (outputs, inputs, high, wide), init, bias)

    def forward(self, x: Any) -> Any:
        """The convolution, and b[o] to each channel."""
        one = len(shape_of(x)) == 3
        y = conv2d(shaping.expand_dims(x, 0) if one else x, self.W, self.stride, self.padding)
        if one:
            y = shaping.squeeze(y, 0)
        return y if self.b is None else y + shaping.reshape(self.b, (-1, 1, 1))


class MaxPool2d(Module):
    """The maximum of each window of the last two axes; see :func:`autograd_lite.max_pool2d`.

    >>> MaxPool2d(2)([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[4.0]]
    """

    _pool = staticmethod(max_pool2d)

    def __init__(
        self, size: int | Pair = 2, stride: int | Pair | None = None, padding: int | Pair = 0
    ) -> None:
        self.size, self.stride, self.padding = size, stride, padding

    def forward(self, x: Any) -> Any:
        """The pooled images."""
        return self._pool(x, self.size, self.stride, self.padding)


class AvgPool2d(MaxPool2d):
    """The mean of each window of the last two axes; see :func:`autograd_lite.avg_pool2d`.

    >>> AvgPool2d(2)([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[2.5]]
    """

    _pool = staticmethod(avg_pool2d)


class Flatten(Module):
    """Each sample in one row: the axes from ``start`` on are one.

    >>> Flatten()(np.ones((5, 2, 3))).shape
    (5, 6)
    """

    def __init__(self, start: int = 1) -> None:
        self.start = start

    def forward(self, x: Any) -> Any:
        """The same numbers, in rows."""
        kept = shape_of(x)[: self.start]
        return shaping.reshape(x, (*kept, math.prod(shape_of(x)[self.start :])))


# Normalisation


class BatchNorm(Module):
    """γ·(x − μ) / √(σ² + ε) + β for each channel, with μ and σ² of the batch.

    ``x`` is (batch, channels) or (batch, channels, height, width); γ and β are (channels,). Once
    trained (``eval()``) it takes the running means, which a training step moves by ``momentum``
    (of σ² that with n − 1, as PyTorch).

    >>> BatchNorm(2)([[1.0, 0.0], [3.0, 0.0]]).data.round(3).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """

    buffers = ("running_mean", "running_var")
    repeats = False

    def __init__(self, channels: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        _sizes(channels=channels)
        self.momentum, self.epsilon = momentum, epsilon
        self.gamma, self.beta = Value(np.ones(channels)), Value(np.zeros(channels))
        self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)

    def forward(self, x: Any) -> Any:
        """The normalised batch."""
        shape = shape_of(x)
        channels = self.gamma.shape
        if len(shape) not in (2, 4) or shape[1:2] != channels:
            raise ShapeError(
                f"BatchNorm of {channels[0]} channels was given shape {shape}; give (batch, "
                f"{channels[0]}) or (batch, {channels[0]}, height, width)"
            )
        axes = (0, 2, 3)[: len(shape) - 1]
        across = (*channels, 1, 1)[: len(shape) - 1]
        if self.training:
            centred, var = _centred(x, axes)
            self._follow(x, axes, math.prod(shape) // channels[0])
        else:
            centred = x - self.running_mean.reshape(across)
            var = self.running_var.reshape(across)
        normal = centred / sqrt(var + self.epsilon)
        return _spread(self.gamma, across) * normal + _spread(self.beta, across)

    def _follow(self, x: Any, axes: tuple[int, ...], count: int) -> None:
        if count < 2:
            raise ShapeError("BatchNorm was given one number a channel; train it on two or more")
        data, rate = np.asarray(primal(x)), self.momentum
        self.running_mean = (1 - rate) * self.running_mean + rate * data.mean(axes)
        self.running_var = (1 - rate) * self.running_var + rate * data.var(axes, ddof=1)


class LayerNorm(Module):
    """γ·(x − μ) / √(σ² + ε) + β over the last axis, each sample by itself.

    >>> LayerNorm(2)([[1.0, 3.0]]).data.round(3).tolist()
    [[-1.0, 1.0]]
    """

    def __init__(self, size: int, epsilon: float = 1e-5) -> None:
        _sizes(size=size)
        self.epsilon = epsilon
        self.gamma, self.beta = Value(np.ones(size)), Value(np.zeros(size))

    def forward(self, x: Any) -> Any:
        """The normalised samples."""
        if shape_of(x)[-1:] != self.gamma.shape:
            raise ShapeError(
                f"LayerNorm of size {self.gamma.size} was given shape {shape_of(x)}; the last axis "
                "has to be that size"
            )
        centred, var = _centred(x, (-1,))
        return self.gamma * (centred / sqrt(var + self.epsilon)) + self.beta


def _centred(x: Any, axes: tuple[int, ...]) -> tuple[Any, Any]:
    """X − μ, and the mean of its square."""
    centred = x - mean(x, axes, keepdims=True)
    return centred, mean(centred**2, axes, keepdims=True)


def _spread(one: Value, shape: tuple[int, ...]) -> Any:
    return one if one.shape == shape else shaping.reshape(one, shape)


# Words, and what is dropped


class Embedding(Module):
    """The rows of W at whole numbers: ``x`` of any shape gives x.shape + (size,).

    Of indices that are a Value, as in a compiled step, it is the product with their one-hot rows.

    >>> Embedding(10, 3, np.random.default_rng(0))([[1, 2]]).shape
    (1, 2, 3)
    """

    def __init__(self, count: int, size: int, rng: Generator, init: Initialiser = normal) -> None:
        _sizes(count=count, size=size)
        self.W = Value(init(_generator(rng), (count, size), count, size))

    def forward(self, x: Any) -> Any:
        """The rows."""
        if isinstance(x, Value):
            return one_hot(x, len(self.W)) @ self.W
        return self.W[one_hot(x, len(self.W)).argmax(-1)]


class Dropout(Module):
    """Each number is 0 with probability ``rate``, else divided by 1 − rate; once trained, x itself.

    >>> drop = Dropout(0.5, np.random.default_rng(0))
    >>> drop(np.ones(4)).data.tolist(), drop.eval()(np.ones(4)).tolist()
    ([2.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0])
    """

    repeats = False

    def __init__(self, rate: float, rng: Generator) -> None:
        if not 0 <= rate < 1:
            raise DataError(f"a rate of {rate} was given; it is a probability from 0 to below 1")
        self.rate, self.rng = rate, _generator(rng)

    def forward(self, x: Any) -> Any:
        """What is left."""
        if not self.training or not self.rate:
            return x
        data = primal(x)
        kept = self.rng.random(np.shape(data)) >= self.rate
        return x * (kept / (1 - self.rate)).astype(getattr(data, "dtype", float))


# Recurrence and attention


class _Recurrent(Module):
    """A step in time: ``gates`` blocks of x Wᵀ + h Uᵀ + b, all uniform in ±1/√size at first."""

    gates = 1

    def __init__(self, inputs: int, size: int, rng: Generator) -> None:
        _sizes(inputs=inputs, size=size)
        self.size, rows = size, self.gates * size
        self.W = self._drawn(_generator(rng), rows, inputs)
        self.U = self._drawn(rng, rows, size)
        self.b = self._drawn(rng, rows)

    def _drawn(self, rng: Generator, *shape: int) -> Value:
        return Value(fan_in_uniform(rng, shape, self.size, self.size))

    def _blocks(self, array: Any) -> list[Any]:
        """The parts of the last axis, one a gate."""
        starts = range(0, self.gates * self.size, self.size)
        return [array[..., start : start + self.size] for start in starts]

    def start(self, batch: int) -> Any:
        """The state before the first step: zeros."""
        return np.zeros((batch, self.size))


class RNNCell(_Recurrent):
    """h′ = tanh(x Wᵀ + h Uᵀ + b), for x (batch, inputs) and h (batch, size).

    >>> cell = RNNCell(3, 2, np.random.default_rng(0))
    >>> cell(np.ones((5, 3)), cell.start(5)).shape
    (5, 2)
    """

    def forward(self, x: Any, h: Any) -> Any:
        """The next state."""
        return tanh(x @ self.W.T + h @ self.U.T + self.b)


class LSTMCell(_Recurrent):
    """c′ = f·c + i·g and h′ = o·tanh(c′), with gates i, f, o = σ(x Wᵀ + h Uᵀ + b) and g = tanh(…).

    The rows of W, U and b are those of i, f, g, o. It takes and returns the pair (h, c).

    >>> cell = LSTMCell(3, 2, np.random.default_rng(0))
    >>> h, c = cell(np.ones((5, 3)), (cell.start(5), cell.start(5)))
    >>> h.shape, h.label
    ((5, 2), 'h')
    """

    gates = 4

    def forward(self, x: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        """The next (h, c)."""
        h, c = state
        net = self._blocks(x @ self.W.T + h @ self.U.T + self.b)
        i, f, g, o = (
            self.label(name, (tanh if name == "g" else sigmoid)(part))
            for name, part in zip("ifgo", net, strict=True)
        )
        after = self.label("c", f * c + i * g)
        return self.label("h", o * tanh(after)), after


class GRUCell(_Recurrent):
    """h′ = (1 − z)·n + z·h, with n = tanh(x W_nᵀ + b_n + r·(h U_nᵀ + d)) and r, z = σ(…).

    The rows of W, U and b are those of r, z, n; d is the bias that r takes part in.

    >>> cell = GRUCell(3, 2, np.random.default_rng(0))
    >>> cell(np.ones((5, 3)), cell.start(5)).shape
    (5, 2)
    """

    gates = 3

    def __init__(self, inputs: int, size: int, rng: Generator) -> None:
        super().__init__(inputs, size, rng)
        self.d = self._drawn(rng, size)

    def forward(self, x: Any, h: Any) -> Any:
        """The next state."""
        of_x = self._blocks(x @ self.W.T + self.b)
        of_h = self._blocks(h @ self.U.T)
        r = self.label("r", sigmoid(of_x[0] + of_h[0]))
        z = self.label("z", sigmoid(of_x[1] + of_h[1]))
        n = self.label("n", tanh(of_x[2] + r * (of_h[2] + self.d)))
        return (1 - z) * n + z * h


class Head(Module):
    """One head of attention: softmax(Q Kᵀ / √size) V, with Q = x Qᵀ and so on.

    ``x`` is (..., words, inputs), the result (..., words, size). ``causal`` lets a word see itself
    and what is before it.

    >>> Head(4, 3, np.random.default_rng(0))(np.ones((2, 5, 4))).shape
    (2, 5, 3)
    """

    def __init__(self, inputs: int, size: int, rng: Generator, causal: bool = False) -> None:
        _sizes(inputs=inputs, size=size)
        self.causal = causal
        for name in ("Q", "K", "V"):
            weight = fan_in_uniform(_generator(rng), (size, inputs), inputs, size)
            setattr(self, name, Value(weight))

    Q: Value
    K: Value
    V: Value

    def forward(self, x: Any) -> Any:
        """What each word takes from the others."""
        q, k, v = (
            self.label(name, x @ W.T) for name, W in (("q", self.Q), ("k", self.K), ("v", self.V))
        )
        scores = q @ shaping.swap_last_axes(k) / math.sqrt(self.Q.shape[0])
        if self.causal:
            words = shape_of(scores)[-1]
            scores = scores + np.triu(np.full((words, words), -1e9), 1)
        return self.label("a", softmax(scores)) @ v


# micrograd's networks of single numbers


class Neuron(Module):
    """relu(Σ w·x + b) of single numbers, or without the relu; weights are those of ``random``.

    >>> Neuron(2)
    ReLUNeuron(2)
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def forward(self, x: Sequence[Any]) -> Any:
        """The neuron's output."""
        if len(x) != len(self.w):
            raise ShapeError(f"{self!r} was given {len(x)} inputs")
        net = sum((w * one for w, one in zip(self.w, x, strict=True)), self.b)
        return relu(net) if self.nonlin else net

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons side by side: a list of outputs, or the one if there is one.

    >>> len(Layer(2, 3)([1.0, 2.0]))
    3
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def forward(self, x: Sequence[Any]) -> Any:
        """What each neuron makes of x."""
        outputs = [neuron(x) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """Layers of neurons, the last without relu: ``MLP(2, [16, 16, 1])``.

    >>> model = MLP(2, [3, 1])
    >>> y = model([1.0, -2.0])
    >>> len(model.parameters()), model.parameters()[0].label, y.label
    (13, 'w[0,0,0]', 'neurons[1,0]')
    """

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        sizes = [nin, *nouts]
        self.layers = [
            Layer(sizes[k], sizes[k + 1], nonlin=k != len(nouts) - 1) for k in range(len(nouts))
        ]

    def forward(self, x: Sequence[Any]) -> Any:
        """The output of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"
