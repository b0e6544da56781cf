"""Derivatives of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, to any order.

Plain numbers and arrays in, plain numbers and arrays out; Values in, or a call within another
derivative, and the results are Values that can be differentiated again.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from operator import index
from typing import Any

import numpy as np

from autograd_lite.data import describe
from autograd_lite.engine import order, read_data, read_graph, seed, sweep, zeros_like
from autograd_lite.errors import DataError, ShapeError
from autograd_lite.ops.elementwise import identity
from autograd_lite.ops.shaping import reshape, stack
from autograd_lite.recording import recording
from autograd_lite.value import Value

__all__ = ["grad", "hessian", "jacobian", "jvp", "value_and_grad", "vjp"]

_nested = ContextVar("within a derivative", default=False)


class _Traced:
    """One call of a function on Values of its own, and the derivatives of its result."""

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Any],
        wrt: Sequence[int],
        options: dict[str, Any] | None = None,
    ) -> None:
        if not callable(function):
            raise DataError(f"{describe(function)} is no function; give one of Values")
        self.as_graph = _nested.get() or any(isinstance(given, Value) for given in inputs)
        # A value of its own for each input keeps a nested derivative from seeing other uses of it.
        arguments = list(inputs)
        for position in wrt:
            given = inputs[position]
            arguments[position] = identity(given) if isinstance(given, Value) else Value(given)
        self.wrt = [arguments[position] for position in wrt]
        before = _nested.set(True)
        try:
            with recording(True):
                result = function(*arguments, **(options or {}))
        finally:
            _nested.reset(before)
        if isinstance(result, np.ndarray) and result.size and result.dtype == object:
            result = reshape(stack(list(result.flat)), result.shape)  # np.array([Value, …])
        if not isinstance(result, Value):
            raise DataError(
                f"{getattr(function, '__name__', function)} returned {type(result).__name__}; it "
                "must return a Value computed from its arguments with the package's functions, "
                "operators or NumPy functions (several joined with ag.stack), else its gradient "
                "would silently be 0"
            )
        self.result = result

    def out(self, value: Any, *seeds: Any) -> Any:
        """A result as the caller wants it: a Value if he gave one, or differentiates it again."""
        if self.as_graph or any(isinstance(given, Value) for given in seeds):
            return value if isinstance(value, Value) else Value(value)
        return +(value._data if isinstance(value, Value) else value)  # + copies an array

    def pull(self, cotangent: Any) -> list[Any]:
        """The cotangents of the inputs asked for. Data assigned since the call make it an error."""
        read = read_graph if self.as_graph else read_data
        nodes = order(self.result, stop=set(self.wrt))
        found = sweep(nodes, {self.result: seed(self.result, cotangent)}, read)
        return [found.get(value, zeros_like(value)) for value in self.wrt]


def _positions(argnums: int | Sequence[int], inputs: Sequence[Any]) -> list[int]:
    """Which inputs are meant; DataError for what is no position, or where there are not as many."""
    try:
        wanted = [index(one) for one in (argnums if isinstance(argnums, Sequence) else [argnums])]
    except TypeError:
        wanted = []
    if not wanted:
        raise DataError(
            f"argnums is {describe(argnums)}; give the position of an argument, or a sequence of "
            "positions"
        )
    if any(not -len(inputs) <= position < len(inputs) for position in wanted):
        count = f"the function was given {len(inputs)} arguments"
        raise DataError(f"argnums is {describe(argnums)} and {count}")
    return wanted


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """A function that returns f(x, ...) and the gradient ∂f/∂x, in the shape of x.

    ``argnums`` says with respect to which arguments: a position, negative from the last, or a
    sequence of them for a list of gradients. Other arguments, and keywords, reach the function as
    they are. Raises ShapeError if the result is not a single number, DataError if it is not a
    Value, since a plain number has lost its derivative.

    >>> import autograd_lite as ag
    >>> ag.value_and_grad(lambda x: x**2)(3.0)
    (9.0, 6.0)
    >>> ag.value_and_grad(lambda x, y: x * y, argnums=[0, 1])(3.0, 5.0)
    (15.0, [5.0, 3.0])
    """

    def both(*inputs: Any, **options: Any) -> tuple[Any, Any]:
        traced = _Traced(function, inputs, _positions(argnums, inputs), options)
        found = [traced.out(one) for one in traced.pull(None)]
        gradient = found if isinstance(argnums, Sequence) else found[0]
        return traced.out(traced.result), gradient

    return both


def grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns the gradient ∂f/∂x of a scalar function, in the shape of x.

    Arguments and errors are those of :func:`value_and_grad`.

    >>> import autograd_lite as ag
    >>> ag.grad(ag.sin)(0.0)
    1.0
    >>> ag.grad(ag.grad(lambda x: x**3))(2.0)
    12.0
    """
    both = value_and_grad(function, argnums)
    return lambda *inputs, **options: both(*inputs, **options)[1]


def vjp(function: Callable[..., Any], *inputs: Any) -> tuple[Any, Callable[[Any], list[Any]]]:
    """f(x, ...), and a function that takes a cotangent v to the list of vᵀ·∂f/∂x, one an input.

    v has the shape of the result, vᵀ·∂f/∂x that of x. Raises ShapeError for a v of another shape.

    >>> import autograd_lite as ag
    >>> y, pull = ag.vjp(lambda a, b: a * b, 2.0, 5.0)
    >>> y, pull(1.0)
    (10.0, [5.0, 2.0])
    """
    traced = _Traced(function, inputs, range(len(inputs)))

    def pull(cotangent: Any) -> list[Any]:
        return [traced.out(one, cotangent) for one in traced.pull(cotangent)]

    return traced.out(traced.result), pull


def jvp(
    function: Callable[..., Any], inputs: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """f(x, ...) and its directional derivative Σ ∂f/∂x·t, with one tangent t an input.

    t has the shape of its x, and the derivative that of the result. The vector-Jacobian product is
    linear in its cotangent, and its own vector-Jacobian product is the Jacobian-vector product, so
    no op needs a second rule. Raises ShapeError for tangents of other shapes, or not as many.

    >>> import autograd_lite as ag
    >>> ag.jvp(lambda x: x**2, [3.0], [10.0])
    (9.0, 60.0)
    """
    for name, given in (("inputs", inputs), ("tangents", tangents)):
        if isinstance(given, str) or not (hasattr(given, "__len__") and np.iterable(given)):
            raise DataError(f"{name} is {describe(given)}; give a list with one for each argument")
    if len(inputs) != len(tangents):
        raise ShapeError(f"jvp got {len(inputs)} inputs and {len(tangents)} tangents")
    traced = _Traced(function, inputs, range(len(inputs)))
    read = read_graph if traced.as_graph else read_data
    derivative = zeros_like(traced.result)
    with recording(True):
        dummy = Value(derivative)
        pulled = traced.pull(dummy)
        for linear, value, tangent in zip(pulled, traced.wrt, tangents, strict=True):
            direction = seed(value, tangent)
            if isinstance(linear, Value):
                found = sweep(order(linear, stop={dummy}), {linear: direction}, read)
                derivative = derivative + found.get(dummy, 0.0)
    return traced.out(traced.result), traced.out(derivative, *tangents)


def jacobian(function: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """A function that returns ∂result[i…]/∂x[j…], in the shape of the result, then that of x.

    Errors are those of :func:`value_and_grad`, but the result may have any shape. ``argnum`` is one
    position.

    >>> import autograd_lite as ag
    >>> ag.jacobian(lambda x: x**2)([1.0, 2.0]).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """

    def full(*inputs: Any, **options: Any) -> Any:
        traced = _Traced(function, inputs, _positions([argnum], inputs), options)
        result, value = traced.result, traced.wrt[0]
        units = np.eye(result.size).reshape(result.size, *result.shape)
        rows = [traced.pull(unit)[0] for unit in units]
        found = stack(rows) if rows else np.zeros(0, value.dtype)
        return traced.out(reshape(found, result.shape + value.shape))

    return full


def hessian(function: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """A function that returns ∂²f/∂x[i…]∂x[j…] of a scalar function, in the shape of x twice.

    Arguments and errors are those of :func:`value_and_grad`.

    >>> import autograd_lite as ag
    >>> ag.hessian(lambda x: x[0] * x[1] ** 2)([3.0, 2.0]).tolist()
    [[0.0, 4.0], [4.0, 6.0]]
    """
    return jacobian(grad(function, argnum), argnum)
