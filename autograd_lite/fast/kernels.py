"""What runs a compiled program: its interface, and the slowest kernel, which runs any program."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from autograd_lite.data import Data
from autograd_lite.fast.program import Program

__all__ = ["Descent", "Kernel", "Stepwise", "descend"]

Run = Callable[[Sequence[Data]], tuple[float, list[Data]]]


class Descent(NamedTuple):
    """How far gradient descent came: the inputs as they are now, and the value last tested."""

    data: list[Data]
    done: int
    value: float
    converged: bool


class Kernel(Protocol):
    """A compiled program. Data are those of all inputs, in the order of the program's."""

    @property
    def size(self) -> str:
        """How large the compiled program is, in words."""

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value, and the gradients in the order of the program's."""

    def descend(self, data: Sequence[Data], rate: float, threshold: float, steps: int) -> Descent:
        """Steps of gradient descent, until the value is below the threshold before a step."""


def descend(
    run: Run,
    data: Sequence[Data],
    updated: Sequence[int],
    rate: float,
    threshold: float,
    steps: int,
) -> Descent:
    """Gradient descent, step by step; ``updated`` are the places of the weights among the data.

    >>> descend(lambda data: (data[0] ** 2, [2 * data[0]]), [1.0], [0], 0.25, 0.1, 10)
    Descent(data=[0.25], done=2, value=0.0625, converged=True)
    """
    now, value = list(data), float("inf")
    for done in range(steps):
        value, gradients = run(now)
        if value < threshold:
            return Descent(now, done, value, converged=True)
        changed = [now[place] - rate * one for place, one in zip(updated, gradients, strict=True)]
        for place, new in zip(updated, changed, strict=True):
            now[place] = new
    return Descent(now, steps, value, converged=False)


class Stepwise:
    """A program run step by step, each by the op's own forward.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> value, gradients = Stepwise(Program.of((w * w).sum())).run([w.data])
    >>> value, gradients[0].tolist()
    (5.0, [2.0, 4.0])
    """

    def __init__(self, program: Program) -> None:
        self._program = program

    @property
    def size(self) -> str:
        """The number of steps."""
        return f"{len(self._program.steps):,} steps"

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value and the gradients."""
        value, gradients = self._program.results(self._program.slots(data))
        return value, list(gradients.values())

    def descend(self, data: Sequence[Data], rate: float, threshold: float, steps: int) -> Descent:
        """Steps of gradient descent."""
        return descend(self.run, data, self._program.updated, rate, threshold, steps)
