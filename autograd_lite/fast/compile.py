"""``ag.compile``: a graph, or a function, as a step that computes the value and its gradients."""

from collections.abc import Callable, Iterable
from typing import Any, overload

from autograd_lite.data import describe
from autograd_lite.errors import DataError
from autograd_lite.fast.compiled import Compiled
from autograd_lite.fast.function import CompiledFunction
from autograd_lite.value import Value

__all__ = ["compile_"]


@overload
def compile_(target: Value, *, wrt: Iterable[str] | None = ..., backend: str = ...) -> Compiled: ...


@overload
def compile_(
    target: Callable[..., Any], *, wrt: Iterable[str] | None = ..., backend: str = ...
) -> CompiledFunction: ...


def compile_(
    target: Value | Callable[..., Any], *, wrt: Iterable[str] | None = None, backend: str = "auto"
) -> Compiled | CompiledFunction:
    """The graph of a Value, or a function, compiled: ``value, gradients = step(**arrays)``.

    Inputs are the leaves of the graph by label, and the arguments of the function by name; a leaf
    that is not given has the data that its Value has at the time. Gradients are those of the labels
    ``wrt``, or of everything but Constants; a function takes a Constant for an argument that has
    none.

    A function is traced once for each set of shapes. What maximum, where and relu choose is decided
    at each run, but Python's own ``if`` and ``while`` are run in the trace only: a condition on
    a Value is an error there, one on ``x.data`` is taken as it is.

    ``backend`` is "python" (straight-line source on floats), "numba" (the same as machine code, or
    loops over arrays), "tape" (one interpreter for scalar graphs of any size, with numba), "numpy"
    (calls into memory that is kept) or "auto": the quickest for a run, as ``repr`` says.

    Raises ShapeError for a result that is no single number, NameLookupError for leaves without a
    label, MissingExtraError where numba is asked for and missing.

    >>> import autograd_lite as ag
    >>> w, x = ag.Value([1.0, 2.0], "w"), ag.Constant([3.0, 4.0], "x")
    >>> step = ag.compile((w * x).sum())
    >>> value, gradients = step(w=[5.0, 6.0])
    >>> value, gradients["w"].tolist()
    (39.0, [3.0, 4.0])
    >>> ag.compile(lambda a: a**2)(a=3.0)
    (9.0, {'a': 6.0})
    """
    if isinstance(target, Value):
        return Compiled(target, wrt=wrt, backend=backend)
    if not callable(target):
        raise DataError(f"compile takes a Value or a function, not {describe(target)}")
    return CompiledFunction(target, wrt=wrt, backend=backend)
