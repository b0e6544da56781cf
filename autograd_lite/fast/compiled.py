"""A graph, compiled: one step at a time, or a whole descent."""

import time
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite.chain.expand import kind_of
from autograd_lite.data import Data
from autograd_lite.errors import DataError, NameLookupError
from autograd_lite.fast.choice import choose
from autograd_lite.fast.kernels import Descent
from autograd_lite.fast.program import as_input, named_leaves
from autograd_lite.fast.steps import known
from autograd_lite.value import Value

__all__ = ["Compiled"]

_data: Callable[[Value], Data] = attrgetter("_data")

_PAUSE = 0.05
"""Seconds after which a compiled loop comes back, to report and to be interrupted."""


class Compiled:
    """A compiled graph: ``value, gradients = step(**arrays)``, by label.

    An input that is not given has the data that its Value has at the time of the call. ``backend``
    is what runs it and ``reason`` why; ``kernel`` does the work on data in the order of ``inputs``.

    >>> import autograd_lite as ag
    >>> w = ag.Value(3.0, "w")
    >>> step = Compiled(w * w)
    >>> step()
    (9.0, {'w': 6.0})
    >>> step(w=5.0)
    (25.0, {'w': 10.0})
    >>> step
    <compiled step(w), python, 6 lines: on floats it takes at most some 1 µs a run>
    """

    def __init__(
        self, root: Value, *, wrt: Iterable[str] | None = None, backend: str = "auto"
    ) -> None:
        leaves, wanted = named_leaves(root, wrt)
        for leaf in leaves.values() if wrt is None else ():
            if not leaf.label and kind_of(leaf) == "weight":
                raise NameLookupError(
                    f"{leaf.describe()} has no label by which its gradient could be told; label "
                    "it, as in Value(data, 'w'), make it a Constant, or say which are wanted with "
                    "wrt=[...]"
                )
        self.inputs = tuple(as_input(leaf, label) for label, leaf in leaves.items())
        self.wanted = tuple(wanted)
        self._leaves = tuple(leaves.values())
        self._places = {label: place for place, label in enumerate(leaves)}
        self.kernel, self.backend, self.reason = choose(root, wanted, backend)

    def __call__(self, /, **arrays: Any) -> tuple[float, dict[str, Any]]:
        """The value, and the gradients by label: floats, and arrays of the caller's own.

        Raises NameLookupError for a label that no input has, ShapeError for another shape.
        """
        value, gradients = self.kernel.run(self._all_data(arrays))
        return value, dict(zip(self.wanted, gradients, strict=True))

    def descend(
        self,
        rate: float,
        threshold: float = -np.inf,
        steps: int = 1_000_000,
        progress: Callable[[int, float], None] | None = None,
    ) -> Descent:
        """Gradient descent on the Values themselves: ``w.data -= rate·gradient``, all in the loop.

        Before each step the value is tested: below the threshold it ends. ``progress`` is called
        with the number of steps done and the value there, some twenty times a second, and at the
        last test. An interrupt leaves the data of the last twentieth of a second or so.

        >>> import autograd_lite as ag
        >>> w = ag.Value(3.0, "w")
        >>> Compiled(w * w).descend(rate=0.25, threshold=0.1).done
        4
        >>> w.data
        0.1875
        """
        if steps < 1:
            raise DataError(f"descend was asked for {steps} steps; give at least 1")
        now, done, size = self._all_data({}), 0, 1
        tested = -1
        try:
            while True:
                if progress is not None:
                    tested = done
                    # Below inf it ends before a step; a second function would have to compile.
                    progress(done, self.kernel.descend(now, rate, np.inf, 1).value)
                started = time.perf_counter()
                ended = self.kernel.descend(now, rate, threshold, min(size, steps - done))
                now, done = ended.data, done + ended.done
                if ended.converged or done == steps:
                    break
                # At most twice as many: the first call of machine code also compiles.
                taken = time.perf_counter() - started
                size = max(1, min(2 * size, int(size * _PAUSE / max(taken, 1e-9))))
        finally:
            for label in self.wanted:
                place = self._places[label]
                self._leaves[place].data = now[place]
        last = done if ended.converged else done - 1
        if progress is not None and last > tested:
            progress(last, ended.value)
        return ended._replace(done=done)

    def _all_data(self, given: Mapping[str, Any]) -> list[Data]:
        """The data of all inputs: those given, checked, and of the others what they have now."""
        data = list(map(_data, self._leaves))
        for label, one in given.items():
            place = self._places[known(label, self._places, "input")]
            data[place] = self.inputs[place].take(one)
        return data

    def __repr__(self) -> str:
        inputs = ", ".join(leaf.label for leaf in self.inputs[:8])
        more = ", ..." if len(self.inputs) > 8 else ""
        return f"<compiled step({inputs}{more}), {self.backend}, {self.kernel.size}: {self.reason}>"
