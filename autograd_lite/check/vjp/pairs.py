"""Forward and backward as people keep them: in pairs with a cache, and in the objects of layers.

``out, cache = forward(x, w)`` goes with ``backward(dout, cache)``, and ``layer.forward(x)`` with
``layer.backward(dout)``, which leaves the gradients of its parameters in the layer. Both are
brought into the form that is checked: a function of arrays, and one of a cotangent and the same
arrays.
"""

import copy
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.code.kept import gradient_beside, tokens
from autograd_lite.check.code.variables import variables_in
from autograd_lite.check.spelling import is_rate_of_code
from autograd_lite.data import describe
from autograd_lite.engine import order
from autograd_lite.errors import ClaimError, DataError
from autograd_lite.value import Value

_CACHE = re.compile(r"cache|saved|ctx|context|memo|stash|residual", re.IGNORECASE)
_FORWARD = ("forward", "forward_pass", "forward_propagation", "__call__")
_BACKWARD = ("backward", "backward_pass", "backward_propagation", "backprop", "back")
_RESULT = ("output", "out", "y", "a")
_OF_INPUT = re.compile(r"^d(?:_?inputs?|_?x|_?X|_?A_?prev)$|^(?:input_grad|grad_input|grad_x)$")


_RATE = 1024.0
"""The step size for a backward that updates: so large that the step loses nothing to rounding."""


class Checked(NamedTuple):
    """What is checked: both functions, the inputs, and what these are called."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: list[Any]
    names: Sequence[str] | None


def with_cache(
    forward: Callable[..., Any], backward: Callable[..., Any], names: Sequence[str]
) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    """A pair without its cache; None where backward takes the inputs themselves.

    >>> def forward(x, w):
    ...     return x * w, (x, w)
    >>> def backward(dout, cache):
    ...     x, w = cache
    ...     return dout * w, dout * x
    >>> plain, back = with_cache(forward, backward, ("x", "w"))
    >>> plain(2.0, 3.0), back(1.0, 2.0, 3.0)
    (6.0, [3.0, 2.0])
    """
    parameters = positional(backward)
    if len(parameters) != 2 or not _CACHE.search(parameters[1]):
        return None

    def plain(*inputs: Any) -> Any:
        return _split(forward(*inputs))[0]

    def back(cotangent: Any, *inputs: Any) -> Any:
        _, cache = _split(forward(*inputs))
        return _by_names(backward(cotangent, cache), names)

    back.__name__ = getattr(backward, "__name__", "backward")
    return plain, back


def _split(found: Any) -> tuple[Any, Any]:
    """The results and the cache of a forward that returns both."""
    if not isinstance(found, tuple) or len(found) < 2:
        raise DataError(
            f"forward returned {describe(found)}; it must return its result and the cache that "
            "backward takes"
        )
    *results, cache = found
    return (results[0] if len(results) == 1 else tuple(results)), cache


def _by_names(found: Any, names: Sequence[str]) -> list[Any]:
    """Gradients in the order of the inputs; those in a dict by their keys."""
    if not isinstance(found, dict):
        return list(found) if isinstance(found, tuple | list) else [found]
    weights: dict[tuple[str, ...], str] = {(name,): name for name in names}
    of = {gradient_beside((str(key),), weights) or str(key): one for key, one in found.items()}
    return [of.get(name) for name in names]


def of_layer(layer: Any, given: Any, names: Sequence[str] | None) -> Checked:
    """A layer as two functions of its inputs and of the parameters that its result depends on.

    Raises ClaimError where it has no forward and backward.
    """
    inputs = list(given) if isinstance(given, list | tuple) else [given]
    forward, backward = _method(layer, _FORWARD), _method(layer, _BACKWARD)
    if not (forward and backward):
        raise ClaimError(
            f"{describe(layer)} has no methods forward and backward; give both functions, or an "
            "object that has them"
        )
    count, before = len(inputs), {one.path for one in _arrays(layer)}
    parameters = _parameters(layer, inputs, forward)
    called = list(names or positional(getattr(layer, forward))[:count])
    called = called if len(called) == count else [f"input {place}" for place in range(count)]
    weights = {tokens(path): path for path in parameters}

    def plain(*arrays: Any) -> Any:
        return _result(*_forward(layer, forward, arrays, count, parameters))

    def back(cotangent: Any, *arrays: Any) -> Any:
        own, found = _forward(layer, forward, arrays, count, parameters)
        method = getattr(own, backward)
        wanted = positional(method)
        passed = [cotangent]
        if len(wanted) > 1 and _CACHE.search(wanted[1]):
            passed.append(_split(found)[1])
        passed += [_RATE for one in wanted[len(passed) :] if is_rate_of_code(one)]
        earlier = {one.path: np.array(one.held) for one in _arrays(own)}
        returned = method(*passed)
        parts = list(returned) if isinstance(returned, tuple | list) else [returned]
        if len(parts) == count + len(parameters):
            return parts
        if returned is None:
            held = (one for one in _arrays(own) if _OF_INPUT.search(tokens(one.path)[-1]))
            parts = [one.held for one in held][:count]
        of = {
            gradient_beside(tokens(one.path), weights): one.held
            for one in _arrays(own)
            if one.path not in parameters
        }
        for one in _arrays(own):  # what it has stepped along is its gradient
            step = earlier.get(one.path, one.held) - one.held if one.path in parameters else 0.0
            if np.any(step):
                of.setdefault(one.path, step / _RATE)
        parts = [*parts, *[None] * count][:count]
        return [*parts, *(of.get(path) for path in parameters)]

    back.__name__ = "backward"
    arrays = {one.path: one.held for one in _arrays(layer) if one.path in before}
    told = [path.removeprefix("self.") for path in parameters]
    return Checked(plain, back, [*inputs, *(arrays[path] for path in parameters)], [*called, *told])


def positional(function: Callable[..., Any]) -> list[str]:
    """The names of the positional parameters that have no default."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return [one.name for one in parameters if one.kind in kinds and one.default is one.empty]


def _method(layer: Any, names: Sequence[str]) -> str:
    return next((name for name in names if callable(getattr(layer, name, None))), "")


def _arrays(layer: Any) -> list[Any]:
    found = variables_in("self", "self", layer)
    return [one for one in found if isinstance(one.held, np.ndarray | np.floating)]


def _forward(
    layer: Any, forward: str, arrays: Sequence[Any], count: int, parameters: Sequence[str]
) -> tuple[Any, Any]:
    """A copy of the layer with these parameters, after its forward, and what that returned."""
    own = copy.deepcopy(layer)
    given = (one.copy() if isinstance(one, np.ndarray) else one for one in arrays[count:])
    fed = dict(zip(parameters, given, strict=False))
    for one in list(variables_in("self", "self", own)):
        if one.path in fed:
            if isinstance(one.holder, dict | list):
                one.holder[one.key] = fed[one.path]
            else:
                setattr(one.holder, one.key, fed[one.path])
    return own, getattr(own, forward)(*arrays[:count])


def _result(own: Any, found: Any) -> Any:
    """What a forward returns, without a cache; or what it leaves in its layer."""
    if found is None:
        found = next((getattr(own, one) for one in _RESULT if hasattr(own, one)), None)
    return _split(found)[0] if isinstance(found, tuple) else found


def _parameters(layer: Any, inputs: Sequence[Any], forward: str) -> list[str]:
    """The arrays of a layer on which its result depends."""
    paths = [one.path for one in _arrays(layer)]
    values = [Value(one.held) for one in _arrays(layer)]
    given = [Value(one) if np.asarray(one).dtype.kind == "f" else np.asarray(one) for one in inputs]
    try:
        result = _result(*_forward(layer, forward, [*given, *values], len(given), paths))
    except Exception as error:
        raise DataError(
            f"forward raised {type(error).__name__}: {error}; it is called with Values, so use "
            "their operators, the package's functions or NumPy's own"
        ) from error
    reached = set(map(id, order(result))) if isinstance(result, Value) else set()
    return [path for path, value in zip(paths, values, strict=True) if id(value) in reached]
