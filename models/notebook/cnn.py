"""The notebook's network on Values, labelled in the document's words."""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.data import describe, is_number
from autograd_lite.fast.compile import Compiled
from models.notebook import data

__all__ = ["NotebookCNN", "Training"]


class Training(NamedTuple):
    """How a training ended."""

    iterations: int
    error: float
    converged: bool


class NotebookCNN:
    """5×5 input, 2×2 kernel, 2×2 max pooling, sigmoid, two hidden neurons, two outputs.

    The error is the sum of the squared errors of the outputs, as in the document's code. Weights
    are the seed-0 weights unless given.

    >>> round(NotebookCNN().loss().data, 12)
    0.573615910009
    """

    def __init__(self, weights: data.Weights | None = None) -> None:
        start = data.initial_weights() if weights is None else weights
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
        """The outputs O1 and O2, with every quantity on the way under the document's name."""
        x = Constant(data.X, "X")
        feature_map = ag.conv2d(x, self.w_conv).named("fm")
        pooled = ag.max_pool2d(feature_map, size=2).flatten().named("F", _numbered("F_", 4))
        s = ag.sigmoid(pooled).named("s", _numbered("s_", 4))
        net_hidden = (self.w_hidden @ s).named("net_H", _numbered("net_H", 2))
        hidden = ag.sigmoid(net_hidden).named("H", _numbered("H", 2))
        net_output = (self.w_output @ hidden).named("net_O", _numbered("net_O", 2))
        return ag.sigmoid(net_output).named("O", _numbered("O", 2))

    def loss(self) -> Value:
        """E = E1 + E2, the squared errors of the two outputs."""
        targets = Constant(data.TARGETS, "t", _numbered("t", 2))
        errors = ag.squared_error(self.forward(), targets).named("E_k", _numbered("E", 2))
        return errors.sum().named("E")

    def predict(self) -> tuple[float, float]:
        """The two outputs, as numbers."""
        first, second = self.forward().data.tolist()
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
        """Full-batch gradient descent until E < ``threshold``.

        The error is tested before each step, as in the document. The loop is compiled, by the
        backend that ``compiled`` names or the best one for its size; ``False`` builds the graph
        anew in each step, a hundred times slower. ``progress`` is called with the iteration and the
        error there: some twenty times a second, or at each step if it is not compiled. An interrupt
        keeps the weights reached so far.
        """
        numbers = all(map(is_number, (learning_rate, max_iterations, threshold)))
        if not numbers or learning_rate <= 0 or max_iterations < 1 or threshold < 0:
            raise ValueError(
                f"learning_rate={describe(learning_rate)}, max_iterations="
                f"{describe(max_iterations)}, threshold={describe(threshold)}: give a positive "
                "rate, at least one iteration, and a threshold of at least 0"
            )
        if compiled is False:
            return self._fit_eagerly(learning_rate, max_iterations, threshold, progress)
        step = Compiled(self.loss(), backend="auto" if compiled is True else compiled)
        ended = step.descend(learning_rate, threshold, max_iterations, progress)
        return Training(ended.done, ended.value, ended.converged)

    def _fit_eagerly(
        self,
        learning_rate: float,
        max_iterations: int,
        threshold: float,
        progress: Callable[[int, float], None] | None,
    ) -> Training:
        error = float("inf")
        for iteration in range(max_iterations):
            loss = self.loss()
            error = loss.data
            if progress is not None:
                progress(iteration, error)
            if math.isnan(error):
                raise ValueError(f"the error is nan after {iteration} iterations; try a lower rate")
            if error < threshold:
                return Training(iteration, error, converged=True)
            for parameter in self.parameters:
                parameter.zero_grad()
            loss.backward(retain_graph=False)
            for parameter in self.parameters:
                parameter.data -= learning_rate * parameter.grad
        return Training(max_iterations, error, converged=False)


@cache
def _numbered(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(1, count + 1))
