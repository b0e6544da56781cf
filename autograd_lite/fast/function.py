"""A function, compiled once for each set of shapes."""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite.data import as_data, describe
from autograd_lite.engine import order
from autograd_lite.errors import DataError, GraphError
from autograd_lite.fast.compiled import Compiled
from autograd_lite.labelled import Labelled
from autograd_lite.recording import recording
from autograd_lite.value import Constant, Value

__all__ = ["CompiledFunction"]


class CompiledFunction:
    """A function, compiled once for each set of shapes that its arguments have had.

    >>> import autograd_lite as ag
    >>> step = CompiledFunction(lambda x, w: (w * x).sum(), wrt=["w"])
    >>> value, gradients = step(x=[1.0, 2.0], w=3.0)
    >>> value, gradients
    (9.0, {'w': 3.0})
    >>> step
    <compiled function <lambda>(x, w), traced for 1 set of shapes>
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        wrt: Iterable[str] | None = None,
        backend: str = "auto",
    ) -> None:
        self._function, self._backend = function, backend
        self._wrt = None if wrt is None else list(wrt)
        self._signature = inspect.signature(function)
        self._any = any(one.kind is one.VAR_KEYWORD for one in self._signature.parameters.values())
        self._traces: dict[Any, Compiled] = {}

    def __call__(self, /, **arrays: Any) -> tuple[float, dict[str, Any]]:
        """The value, and the gradients by label; the arguments of the function are given by name.

        Labels of Values that the function uses beside its arguments may be given as well.
        """
        return self.traced(**arrays)(**arrays)

    def traced(self, /, **arrays: Any) -> Compiled:
        """What is compiled for arguments of these shapes."""
        own = {
            name: given
            for name, given in arrays.items()
            if self._any or name in self._signature.parameters
        }
        data = {name: as_data(getattr(given, "_data", given)) for name, given in own.items()}
        key = tuple(
            (name, np.shape(one), np.result_type(one), isinstance(own[name], Constant))
            for name, one in sorted(data.items())
        )
        if key not in self._traces:
            self._traces[key] = self._trace(own, data)
        return self._traces[key]

    def _trace(self, given: Mapping[str, Any], data: Mapping[str, Any]) -> Compiled:
        name = getattr(self._function, "__name__", "the function")
        kinds = {one: Constant if isinstance(given[one], Constant) else Value for one in given}
        arguments = {one: kinds[one](data[one], one) for one in given}
        try:
            self._signature.bind(**arguments)
        except TypeError as error:
            raise DataError(
                f"{name}{self._signature} was given {', '.join(given) or 'nothing'}: {error}; "
                "arguments are given by name"
            ) from None
        with recording(True), _no_truth(name):
            root = self._function(**arguments)
        if not isinstance(root, Value):
            raise DataError(f"{name} returned {describe(root)}; it has to return a Value")
        used = set(order(root))
        unused = [one for one in given if arguments[one] not in used]
        if unused:
            raise GraphError(f"the result of {name} does not depend on {', '.join(unused)}")
        for label, argument in arguments.items():
            argument.label = label  # also where the function has called it something else
        return Compiled(root, wrt=self._wrt, backend=self._backend)

    def __repr__(self) -> str:
        name = getattr(self._function, "__name__", describe(self._function))
        sets = f"{len(self._traces)} set{'' if len(self._traces) == 1 else 's'} of shapes"
        arguments = ", ".join(self._signature.parameters)
        return f"<compiled function {name}({arguments}), traced for {sets}>"


@contextmanager
def _no_truth(name: str) -> Iterator[None]:
    """Within this block, and in this thread, no Value is asked whether it is true."""

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is Labelled.__bool__.__code__:
            raise GraphError(
                f"{name} asks in Python whether {frame.f_locals['self'].describe()} is true. It is "
                "traced once, so that one answer would be taken for all; use ag.where, "
                "ag.maximum or ag.relu, which decide at each run"
            )

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)
