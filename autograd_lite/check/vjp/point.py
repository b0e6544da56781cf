"""Where a backward is tried: inputs, a cotangent, and the gradients that are right there."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.check.vjp.variables import variables_of
from autograd_lite.data import as_data, describe
from autograd_lite.engine import order, read_data, sweep
from autograd_lite.errors import DataError
from autograd_lite.functional import vjp
from autograd_lite.gradcheck import SAFETY, Pass
from autograd_lite.ops.shaping import concatenate, reshape
from autograd_lite.value import Value

__all__ = ["Array", "Forward", "Point"]

Array = np.ndarray[Any, Any]


class Forward:
    """The engineer's forward on Values, with all of its results joined into one.

    ``given`` are its inputs; those that take no gradient (integers and booleans) reach it as they
    are, the others, at the positions ``active``, as Values.

    >>> forward = Forward(lambda x, n: (x * n, x + 1), [np.array([1.0, 2.0]), np.array(3)])
    >>> forward(Value([1.0, 2.0])).data.tolist(), forward.shapes
    ([3.0, 6.0, 2.0, 3.0], [(2,), (2,)])
    """

    def __init__(self, function: Callable[..., Any], given: Sequence[Array]) -> None:
        self.function = function
        self.given = list(given)
        self.active = [place for place, one in enumerate(given) if one.dtype.kind == "f"]
        self.several = False
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, *values: Value) -> Value:
        """The joined result."""
        plain = [one.copy() if one.ndim else one.item() for one in self.given]
        arguments: list[Any] = list(plain)
        for place, value in zip(self.active, values, strict=True):
            arguments[place] = value
        numbers = [value.number for value in values]
        try:
            found = self.function(*arguments)
        except Exception as error:
            raise DataError(
                f"forward raised {type(error).__name__}: {error}; it is called with Values, so use "
                "their operators, the package's functions or NumPy's own"
            ) from error
        same = all(map(np.array_equal, plain, self.given, [True] * len(plain)))
        if not same or numbers != [value.number for value in values]:
            raise DataError("forward changes its own input; let it compute new arrays instead")
        self.several = isinstance(found, tuple | list)
        results = list(found) if self.several else [found]
        for one in results or [found]:
            if not isinstance(one, Value):
                raise DataError(
                    f"forward returned {describe(one)}; it must return a Value, or a tuple of "
                    "them, computed from its arguments (integer arrays reach it as they are: give "
                    "floats where a gradient is wanted)"
                )
        self.shapes = [one.shape for one in results]
        joined = concatenate([reshape(one, -1) for one in results]) if self.several else results[0]
        assert isinstance(joined, Value)
        return joined


class Point:
    """Inputs and cotangents, and what the engine says there, in double precision.

    ``gradients`` has an array for each input, or None for one that takes none, and ``noise`` the
    largest error that rounding to ``float64`` leaves in each: measured, as in
    :func:`autograd_lite.check_grad`, by moving every number of the backward pass by its rounding.

    >>> forward = Forward(lambda x: x * x, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 10.0])], seed=0)
    >>> point.gradients[0].tolist(), point.noise[0] < 1e-12
    ([2.0, 60.0], True)
    """

    def __init__(
        self,
        label: str,
        forward: Forward,
        inputs: Sequence[Array],
        cotangents: Sequence[Array],
        seed: int,
    ) -> None:
        self.label = label
        self.forward = forward
        self.inputs = list(inputs)
        self.cotangents = list(cotangents)
        self._seed = seed

    def at(self, inputs: Sequence[Array]) -> "Point":
        """The same cotangents at other inputs."""
        return Point(self.label, self.forward, inputs, self.cotangents, self._seed)

    @property
    def active(self) -> list[Any]:
        """The inputs that take a gradient, as the engine holds them."""
        return [as_data(self.inputs[place]) for place in self.forward.active]

    @property
    def cotangent(self) -> Any:
        """The cotangent of the joined result."""
        return self.joined(self.cotangents)

    def joined(self, cotangents: Sequence[Array]) -> Any:
        """Cotangents of the results as that of the joined one."""
        if self.forward.several:
            return np.concatenate([np.ravel(one) for one in cotangents])
        return as_data(cotangents[0])

    def pull(self, cotangents: Sequence[Array]) -> list[Array | None]:
        """The gradients for other cotangents."""
        return self._spread(vjp(self.forward, *self.active)[1](self.joined(cotangents)))

    @cached_property
    def here(self) -> Pass:
        """The forward pass, with its branches."""
        return Pass(self.forward, self.active, self.cotangent)

    @cached_property
    def variables(self) -> dict[Value, str]:
        """What the nodes of :attr:`here` are called in the forward, if they have a name there."""
        with variables_of(self.forward.function) as names:
            again = Pass(self.forward, self.active, self.cotangent)
        pairs = zip(order(self.here.result), order(again.result), strict=False)
        return {node: names[other] for node, other in pairs if other in names}

    @cached_property
    def inside(self) -> dict[Value, Any]:
        """The cotangent of every node of the forward's graph."""
        return sweep(order(self.here.result), self._start(), read_data)

    def swept(
        self,
        place: int,
        nodes: Sequence[Value],
        start: Mapping[Value, Any] | None = None,
        swapped: Mapping[Value, Any] | None = None,
    ) -> Array:
        """What comes to one input through these nodes alone, or with other data for some of them.

        It comes from the result, or from the cotangents to ``start`` with.
        """
        data = swapped or {}
        first = self._start() if start is None else dict(start)
        found = sweep(nodes, first, lambda node: data.get(node, node._data))
        value = self.here.values[self.forward.active.index(place)]
        return np.asarray(found.get(value, np.zeros(value.shape)))

    def _start(self) -> dict[Value, Any]:
        result, cotangent = self.here.result, self.here.cotangent
        return {result: cotangent if result.shape else float(cotangent)}

    @cached_property
    def gradients(self) -> list[Array | None]:
        """What is right, according to the engine."""
        return self.pull(self.cotangents)

    @cached_property
    def noise(self) -> list[float]:
        """What rounding does to the gradients: the most that it does to an element of each."""
        cotangent = self.cotangent

        def all_gradients(*values: Value) -> Value:
            found = vjp(self.forward, *values)[1](cotangent)
            joined: Value = concatenate([reshape(one, -1) for one in found])
            return joined

        measured = Pass(all_gradients, self.active).rounding(np.random.default_rng(self._seed))
        ends = np.cumsum([np.size(one) for one in self.active])
        parts = iter(np.split(measured, ends[:-1]))
        return [
            float(np.nan_to_num(next(parts), posinf=0.0).max(initial=0.0))
            if place in self.forward.active
            else 0.0
            for place in range(len(self.inputs))
        ]

    def bound(self, place: int, dtype: Any) -> float:
        """How far two right gradients can be apart if they are computed in ``dtype``."""
        unit = float(np.finfo(dtype).eps)
        true = self.gradients[place]
        finite = np.abs(true[np.isfinite(true)]) if true is not None else np.zeros(0)
        longest = max(np.size(one) for one in (*self.inputs, *self.cotangents))
        carried = self.noise[place] * unit / float(np.finfo(float).eps)
        tiny = float(np.finfo(dtype).tiny)
        return carried + SAFETY * unit * float(longest**0.5 * finite.max(initial=0.0)) + tiny

    def _spread(self, found: Sequence[Any]) -> list[Array | None]:
        spread: list[Array | None] = [None] * len(self.inputs)
        for place, one in zip(self.forward.active, found, strict=True):
            spread[place] = np.asarray(one)
        return spread
