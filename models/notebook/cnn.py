"""The notebook's network on Values, labelled in the document's words."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd_lite.data import describe, is_number
from autograd_lite.example import SmallCNN
from autograd_lite.fast.compile import Compiled
from autograd_lite.value import Value

__all__ = ["NotebookCNN", "Training", "descend"]


class Training(NamedTuple):
    """How a training ended."""

    iterations: int
    error: float
    converged: bool


class NotebookCNN(SmallCNN):
    """The network of the example, and its training.

    >>> round(NotebookCNN().loss().data, 12)
    0.573615910009
    """

    def fit(
        self,
        learning_rate: float = 0.01,
        max_iterations: int = 1_000_000,
        threshold: float = 1e-4,
        progress: Callable[[int, float], None] | None = None,
        *,
        compiled: bool | str = True,
    ) -> Training:
        """Full-batch gradient descent until E < ``threshold``; see :func:`descend`."""
        return descend(
            self.loss,
            self.parameters,
            learning_rate,
            max_iterations,
            threshold,
            progress,
            compiled=compiled,
        )


def descend(
    loss: Callable[[], Value],
    parameters: Sequence[Value],
    learning_rate: float,
    max_iterations: int,
    threshold: float,
    progress: Callable[[int, float], None] | None = None,
    *,
    compiled: bool | str = True,
) -> Training:
    """Gradient descent until the loss is below ``threshold``.

    The error is tested before each step, as in the document. The loop is compiled, by the backend
    that ``compiled`` names or the best one for its size; ``False`` builds the graph anew in each
    step, a hundred times slower. ``progress`` is called with the iteration and the error there:
    some twenty times a second, or at each step if it is not compiled. An interrupt keeps the
    weights reached so far.
    """
    numbers = all(map(is_number, (learning_rate, max_iterations, threshold)))
    if not numbers or learning_rate <= 0 or max_iterations < 1 or threshold < 0:
        raise ValueError(
            f"learning_rate={describe(learning_rate)}, max_iterations="
            f"{describe(max_iterations)}, threshold={describe(threshold)}: give a positive "
            "rate, at least one iteration, and a threshold of at least 0"
        )
    if compiled is False:
        return _descend_eagerly(
            loss, parameters, learning_rate, max_iterations, threshold, progress
        )
    step = Compiled(loss(), backend="auto" if compiled is True else compiled)
    ended = step.descend(learning_rate, threshold, max_iterations, progress)
    return Training(ended.done, ended.value, ended.converged)


def _descend_eagerly(
    loss: Callable[[], Value],
    parameters: Sequence[Value],
    learning_rate: float,
    max_iterations: int,
    threshold: float,
    progress: Callable[[int, float], None] | None,
) -> Training:
    error = float("inf")
    for iteration in range(max_iterations):
        E = loss()
        error = E.data
        if progress is not None:
            progress(iteration, error)
        if math.isnan(error):
            raise ValueError(f"the error is nan after {iteration} iterations; try a lower rate")
        if error < threshold:
            return Training(iteration, error, converged=True)
        for parameter in parameters:
            parameter.zero_grad()
        E.backward(retain_graph=False)
        for parameter in parameters:
            parameter.data -= learning_rate * parameter.grad
    return Training(max_iterations, error, converged=False)
