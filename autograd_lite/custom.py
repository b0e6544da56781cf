"""An op of your own in one call: its forward and its vector-Jacobian product, in NumPy or in ops.

It is recorded, drawn, checked and compiled as any other, as a call of what was given. Where single
numbers are asked for, an element of its result is a function of all elements of its operands, whose
derivatives the vector-Jacobian product says.
"""

import inspect
import itertools
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import DataError, GraphTooLargeError, ShapeError
from autograd_lite.op import (
    REGISTRY,
    Elementwise,
    Op,
    elementwise,
    is_node,
    primal,
    shape_of,
    structural,
)

__all__ = ["custom"]

Function = Callable[..., Any]

_MOST = 10_000
"""Derivatives of single numbers by single numbers that are written out."""


def custom(forward: Function, vjp: Function, *, name: str = "", is_elementwise: bool = False) -> Op:
    """An op that computes ``forward(*operands)`` and hands back ``vjp(ȳ, y, *operands)``.

    ``vjp`` is given the gradient ȳ of the result, the result y, and the operands. It returns the
    gradient of each in the shape of each, as a tuple for several operands; None is one that is
    always 0. Keywords of a call reach both. With operators, functions of NumPy and of ``ag`` in
    ``vjp``, the op can be differentiated again; with anything else, once. ``is_elementwise`` says
    that each element is computed by itself: operands are broadcast, and the derivative on an edge
    is the formula that ``vjp`` writes. Check it with ``ag.check_grad``.

    The name is that of the function if none is given; a second op of a name gets a number. Raises
    DataError for what is no function, and for as many gradients as there are not operands,
    ShapeError for a gradient in another shape than its operand.

    >>> import autograd_lite as ag
    >>> swish = custom(
    ...     lambda x: x / (1 + np.exp(-x)),
    ...     lambda g, y, x: g * (y + ag.sigmoid(x) * (1 - y)),
    ...     name="swish", is_elementwise=True)
    >>> ag.grad(swish)(0.0), ag.check_grad(swish, [-1.0, 0.0, 2.0]).ok
    (0.5, True)
    >>> x = ag.Value(1.0, "x")
    >>> print(ag.terms(swish(x).named("y"))[0])
    ∂y/∂x = y + σ(x)·(1 − y) = 0.927671
    """
    for given, role in ((forward, "forward"), (vjp, "vjp")):
        if not callable(given):
            raise DataError(f"custom takes a function as {role}, not {describe(given)}")
    arity = _arity(forward)
    called = _free(name or forward.__name__.replace("<lambda>", "custom"))
    if is_elementwise:
        return elementwise(
            called,
            scalar=lambda *numbers: float(forward(*numbers)),
            array=lambda *arrays: np.asarray(forward(*arrays)),
            partials=_partials(vjp, arity),
            arity=arity or None,
            analytic=False,
        )

    def gradients(g: Any, y: Any, *operands: Any, **settings: Any) -> Any:
        found = _each(vjp(g, y, *operands, **settings), operands, called)
        return lambda position: _in_shape(found[position], operands[position], called, position)

    def gradient_of(position: int) -> Function:
        return lambda *given, **settings: gradients(*given, **settings)(position)

    return structural(
        called,
        array=lambda *arrays, **settings: np.asarray(forward(*arrays, **settings)),
        vjps=tuple(map(gradient_of, range(arity))) if arity else gradients,
        arity=arity or None,
        samples=(),
        analytic=False,
        linear=False,
        on_objects=lambda *arrays, **settings: _written_out(
            called, forward, gradients, arrays, settings
        ),
    )


def _arity(forward: Function) -> int:
    """How many operands a function takes; 0 for any number."""
    parameters = inspect.signature(forward).parameters.values()
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return 0
    positional = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    count = sum(one.kind in positional and one.default is one.empty for one in parameters)
    if not count:
        raise DataError("the forward of a custom op takes at least one operand")
    return count


def _free(name: str) -> str:
    """The name, or the name with the first number that no op has."""
    if name not in REGISTRY:
        return name
    return next(f"{name}_{n}" for n in itertools.count(2) if f"{name}_{n}" not in REGISTRY)


def _each(found: Any, operands: Sequence[Any], name: str) -> Sequence[Any]:
    """The gradients of all operands; that of a single one needs no tuple."""
    parts = found if isinstance(found, tuple | list) else (found,)
    if len(parts) != len(operands):
        raise DataError(
            f"the vjp of {name} returned {len(parts)} gradients for {len(operands)} operands; give "
            "a tuple with one for each, and None for one that is always 0"
        )
    return parts


def _in_shape(part: Any, operand: Any, name: str, position: int) -> Any:
    shape = shape_of(operand)
    if part is not None and np.shape(primal(part)) != shape:
        raise ShapeError(
            f"the vjp of {name} returned a gradient of shape {np.shape(primal(part))} for operand "
            f"{position}, of shape {shape}; they must be the same: sum over what was broadcast"
        )
    return part


def _partials(vjp: Function, arity: int) -> Any:
    """The partial derivatives: what comes back of a gradient of 1."""

    def partials(y: Any, *operands: Any) -> Any:
        found = _each(vjp(1.0, y, *operands), operands, "an op of your own")
        return lambda position: 0 if found[position] is None else found[position]

    def one(position: int) -> Function:
        return lambda *given: partials(*given)(position)

    return tuple(map(one, range(arity))) if arity else partials


# Written out in single numbers


def _written_out(
    name: str, forward: Function, gradients: Function, arrays: Sequence[Any], settings: Any
) -> Any:
    """Each element of the result as an op of all elements of the operands."""
    shapes = tuple(map(np.shape, arrays))
    numbers = [np.reshape([float(primal(x)) for x in one.flat], one.shape) for one in arrays]
    result = np.asarray(forward(*numbers, **settings))
    flat = [element for one in arrays for element in one.flat]
    if result.size * len(flat) > _MOST:
        raise GraphTooLargeError(
            f"{name} has {result.size * len(flat):,} derivatives of single numbers, and {_MOST:,} "
            "are the most that are written out; label its result and ask for arrays: level='tensor'"
        )
    found = np.empty(result.size, object)
    for place in range(result.size):
        element = _element(name, forward, gradients, shapes, place, tuple(settings.items()))
        found[place] = element(*flat)
    return found.reshape(result.shape)


@lru_cache(10_000)
def _element(
    name: str,
    forward: Function,
    gradients: Function,
    shapes: tuple[tuple[int, ...], ...],
    place: int,
    settings: tuple[tuple[str, Any], ...],
) -> Elementwise:
    """One element of the result as a function of single numbers, and its derivative by each."""
    ends = list(itertools.accumulate(map(math.prod, shapes), initial=0))

    def joined(numbers: Sequence[Any]) -> list[Any]:
        given = np.asarray([primal(one) for one in numbers], float)
        parts = zip(shapes, ends, ends[1:], strict=False)
        return [given[low:high].reshape(shape)[()] for shape, low, high in parts]

    def compute(*numbers: float) -> float:
        return float(np.ravel(forward(*joined(numbers), **dict(settings)))[place])

    def slope_at(position: int, *numbers: Any) -> float:
        operands = joined(numbers)
        y = np.asarray(forward(*operands, **dict(settings)), float)
        seed = np.zeros(y.shape)
        seed.flat[place] = 1.0
        which = next(k for k, end in enumerate(ends[1:]) if position < end)
        part = gradients(seed[()], y[()], *operands, **dict(settings))(which)
        return 0.0 if part is None else float(np.ravel(part)[position - ends[which]])

    def slopes(_: Any, *numbers: Any) -> Any:
        recorded = any(map(is_node, numbers))
        return lambda position: (
            slope(position)(*numbers) if recorded else slope_at(position, *numbers)
        )

    @lru_cache(None)
    def slope(position: int) -> Elementwise:
        """The derivative by one number as an op, so that it is computed anew for others."""

        def again(*_: Any) -> Any:
            raise GraphTooLargeError(
                f"{name} was given with its first derivative; of single numbers it has no second"
            )

        return _of_numbers(
            f"d_{name}_{place}_{position}", lambda *given: slope_at(position, *given), again
        )

    return _of_numbers(f"{name}_{place}", compute, slopes, f"{name}[{place}]")


def _of_numbers(
    name: str, compute: Callable[..., float], partials: Any, shown: str = ""
) -> Elementwise:
    return elementwise(
        _free(name),
        text=f"{shown or name}({{}})",
        scalar=compute,
        array=np.vectorize(compute, otypes=[float]),
        partials=partials,
        arity=None,
        analytic=False,
    )
