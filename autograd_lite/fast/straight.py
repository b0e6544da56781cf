"""Straight-line source, compiled: by Python itself, or by numba."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol

from autograd_lite.data import Data
from autograd_lite.fast.emit import Emitted, loop_source, step_source
from autograd_lite.fast.kernels import Descent, descend
from autograd_lite.fast.lower import binary
from autograd_lite.fast.routes import Routed, has_choices, on_route
from autograd_lite.fast.scalars import Scalars

__all__ = ["Language", "Straight"]

_CONVERGED, _ANOTHER_ROUTE = 1, 2


class Language(Protocol):
    """What compiles the source."""

    most_routes: int
    """How often a program is compiled for another route before it is compiled for all."""

    def function(self, emitted: Emitted, name: str) -> Callable[..., Any]:
        """The function of that name that the source defines."""

    def vector(self, numbers: Sequence[float]) -> Any:
        """Numbers as the functions take them."""


class _Compiled:
    """One route of a program; each function is compiled when it is first called."""

    def __init__(self, routed: Routed, language: Language) -> None:
        self._routed, self._language = routed, language

    @cached_property
    def source(self) -> Emitted:
        return step_source(self._routed)

    @cached_property
    def step(self) -> Callable[..., Any]:
        return self._language.function(self.source, "step")

    @cached_property
    def loop(self) -> Callable[..., Any]:
        return self._language.function(loop_source(self._routed), "loop")


class Straight:
    """A program of scalars as straight-line source.

    >>> import autograd_lite as ag
    >>> from autograd_lite.fast.python import Python
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> kernel = Straight(Scalars.of((w * w).sum()), Python())
    >>> kernel.run([w.data])[1][0].tolist()
    [2.0, 4.0]
    """

    def __init__(self, scalars: Scalars, language: Language) -> None:
        self._scalars, self._language = scalars, language
        self._turns = 0
        self._now = self._compiled(scalars.flat(leaf.data for leaf in scalars.leaves))

    @property
    def size(self) -> str:
        """The number of lines."""
        return f"{self._now.source.lines:,} lines"

    @property
    def source(self) -> str:
        """The source of one step, on the route that the program is on."""
        return self._now.source.source

    def _compiled(self, numbers: Sequence[float]) -> _Compiled:
        """The program for the route of these numbers; once it turned too often, for all routes."""
        program = self._scalars.program
        if not has_choices(program):
            return _Compiled(Routed(program), self._language)
        if self._turns < self._language.most_routes:
            return _Compiled(on_route(program, numbers), self._language)
        return _Compiled(Routed(binary(program)), self._language)

    def _turn(self, numbers: Sequence[float]) -> None:
        """Take the route of these numbers."""
        self._turns += 1
        before, self._now = self._now, self._compiled(numbers)
        if self._now.source == before.source:  # no route is right: a number is NaN
            self._turns = self._language.most_routes
            self._now = self._compiled(numbers)

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value and the gradients."""
        numbers = self._scalars.flat(data)
        inputs = self._language.vector(numbers)
        gradients = self._language.vector([0.0] * len(self._scalars.program.gradients))
        valid = False
        while not valid:
            try:
                valid, value = self._now.step(inputs, gradients)
            except (ArithmeticError, ValueError):
                # Where Python raises, as for 1 / 0, the ops' own forwards do as NumPy does.
                program = self._scalars.program
                value, found = program.results(program.slots(numbers))
                gradients, valid = list(found.values()), True
            if not valid:
                self._turn(numbers)
        return value, self._scalars.gradients(gradients)

    def descend(self, data: Sequence[Data], rate: float, threshold: float, steps: int) -> Descent:
        """Steps of gradient descent, all within one call while the route stays."""
        state = self._language.vector(self._scalars.flat(data))
        done, status, value = 0, 0, float("inf")
        while done < steps and status != _CONVERGED:
            try:
                status, more, value = self._now.loop(state, rate, threshold, steps - done)
            except (ArithmeticError, ValueError):
                now = self._scalars.arrays(state)
                rest = descend(self.run, now, self._scalars.updated, rate, threshold, steps - done)
                return rest._replace(done=done + rest.done)
            done += more
            if status == _ANOTHER_ROUTE:
                self._turn([float(number) for number in state])
        now = self._scalars.arrays(state)
        return Descent(now, done, value, converged=status == _CONVERGED)
