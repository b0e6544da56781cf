"""What a hand-written function is given: the quantities of the graph, here and at random points.

A parameter is fed by its name, or an argument is recognised by its numbers.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.names import ValueOf, Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import key
from autograd_lite.check.truth.points import Points
from autograd_lite.errors import ClaimError

__all__ = ["Feed", "learning_rate_of"]

_RATES = {"lr", "learningrate", "eta", "alpha", "stepsize", "rate"}


class _Place(NamedTuple):
    """Where in the arguments an array stands that is a quantity of the graph."""

    path: tuple[Any, ...]
    names: Array
    shape: tuple[int, ...]


class Feed:
    """The arguments of a function, and which quantities of the graph stand in them.

    Raises ClaimError for a parameter without default that is no quantity of the graph.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> graph = named_graph((ag.Value(3.0, "w") * ag.Value(2.0, "x")).named("y"))
    >>> feed = Feed(lambda w, x: w * x, Vocabulary(graph), Points(graph), None, None)
    >>> feed.arguments, sorted(feed.leaves)
    ({'w': 3.0, 'x': 2.0}, ['w', 'x'])
    """

    def __init__(
        self,
        function: Callable[..., Any],
        vocabulary: Vocabulary,
        here: Points,
        inputs: Any,
        learning_rate: float | None,
    ) -> None:
        self._vocabulary, self._here = vocabulary, here
        self._rate = learning_rate
        self.owner = getattr(function, "__self__", None)
        signature = _signature(function)
        self._places: list[_Place] = []
        self.arguments: dict[str, Any] = (
            self._by_name(signature) if inputs is None else _bound(signature, inputs)
        )
        if inputs is not None:
            for name, value in self.arguments.items():
                self._places += self._recognised((name,), value)
        if self.owner is not None and not inspect.isclass(self.owner):
            for name, value in vars(self.owner).items():
                self._places += self._recognised((_OWNER, name), value)

    @property
    def leaves(self) -> set[str]:
        """The arrays of the graph whose elements are fed."""
        elements = self._here.graph.elements
        return {elements[name].layer for place in self._places for name in place.names.flat}

    def at(self, points: Points, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The arguments at one of the points, and the attributes of the object."""
        arguments = dict(self.arguments)
        attributes: dict[str, Any] = {}
        for place in self._places:
            values = np.array([points.values[name][number] for name in place.names.flat])
            fed = values.reshape(place.shape) if place.shape else float(values[0])
            first, *rest = place.path
            if first is _OWNER:
                first, *rest = rest
                whole = attributes.get(first, getattr(self.owner, first))
                attributes[first] = _replaced(whole, rest, fed)
            else:
                arguments[first] = _replaced(arguments[first], rest, fed)
        return arguments, attributes

    def _by_name(self, signature: inspect.Signature) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for name, parameter in signature.parameters.items():
            if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
                continue
            readings = [one for one in self._vocabulary.readings(name) if isinstance(one, ValueOf)]
            if len(readings) == 1:
                names = self._vocabulary.scalars[readings[0].of]
                self._places.append(_Place((name,), names, names.shape))
                arguments[name] = self._numbers(names)
            elif parameter.default is not parameter.empty:
                continue
            elif key(name).casefold() in _RATES and self._rate is not None:
                arguments[name] = self._rate
            else:
                nearest = ", ".join(self._vocabulary.nearest(name))
                raise ClaimError(
                    f"the parameter {name!r} is no quantity of the graph"
                    + (f" (nearest: {nearest})" if nearest else "")
                    + "; give what it stands for with names={...}, or all arguments with inputs="
                )
        return arguments

    def _numbers(self, names: Array) -> Any:
        values = [self._here.values[name][0] for name in names.flat]
        return np.array(values).reshape(names.shape) if names.shape else float(values[0])

    def _recognised(self, path: tuple[Any, ...], value: Any) -> Iterator[_Place]:
        """Which parts of an argument are quantities of the graph, by name or by their numbers."""
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from self._recognised((*path, name), inner)
        elif isinstance(value, tuple | list):
            for place, inner in enumerate(value):
                yield from self._recognised((*path, place), inner)
        elif isinstance(value, np.ndarray | float) and np.asarray(value).dtype.kind == "f":
            names = self._named_so(path[-1], np.asarray(value))
            if names is not None:
                yield _Place(path, names, np.shape(value))

    def _named_so(self, word: Any, value: Array) -> Array | None:
        """The quantity that an array is; a single number is called so, or was computed."""
        scalars, elements = self._vocabulary.scalars, self._here.graph.elements
        called, others = [], list(scalars.values())
        if isinstance(word, str):
            if key(word).casefold() in _RATES:
                return None
            readings = self._vocabulary.readings(word)
            called = [scalars[one.of] for one in readings if isinstance(one, ValueOf)]
        if value.size == 1:
            others = [
                one for one in others if one.size == 1 and elements[one.flat[0]].kind == "value"
            ]
        for names in [*called, *others]:
            if names.size == value.size and value.size:
                numbers = np.array([self._here.values[name][0] for name in names.flat])
                if np.allclose(numbers, value.ravel(), rtol=1e-9, atol=0) and np.any(value):
                    return names
        return None


_OWNER = object()


def learning_rate_of(function: Callable[..., Any], inputs: Any = None) -> float | None:
    """The step size that a function is given, by default or as attribute; None if it has none.

    >>> def step(w, lr=0.1): ...
    >>> learning_rate_of(step)
    0.1
    """
    found = {name: parameter.default for name, parameter in _signature(function).parameters.items()}
    found |= vars(getattr(function, "__self__", None)) if _has_state(function) else {}
    found |= _bound(_signature(function), inputs) if inputs is not None else {}
    for name, value in found.items():
        if key(name).casefold() in _RATES and isinstance(value, float):
            return value
    return None


def _has_state(function: Callable[..., Any]) -> bool:
    return hasattr(getattr(function, "__self__", None), "__dict__") and not inspect.isclass(
        getattr(function, "__self__", None)
    )


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise ClaimError(
            f"{function!r} cannot be called: {error}; give a Python function"
        ) from None


def _bound(signature: inspect.Signature, inputs: Any) -> dict[str, Any]:
    """Arguments by name, from a mapping or a sequence."""
    given = inputs if isinstance(inputs, Mapping | tuple | list) else (inputs,)
    try:
        bound = signature.bind(**given) if isinstance(given, Mapping) else signature.bind(*given)
    except TypeError as error:
        raise ClaimError(f"inputs= do not fit the function: {error}") from None
    return dict(bound.arguments)


def _replaced(value: Any, path: list[Any], fed: Any) -> Any:
    """A nested argument with another array in one of its places."""
    if not path:
        return fed
    first, *rest = path
    if isinstance(value, dict):
        return {**value, first: _replaced(value[first], rest, fed)}
    items = list(value)
    items[first] = _replaced(items[first], rest, fed)
    return type(value)(items) if not hasattr(value, "_fields") else type(value)(*items)
