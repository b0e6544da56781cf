"""Running derived source: what it is given, and what it says where it fails."""

import linecache
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from hashlib import sha256
from types import TracebackType
from typing import Any

import numpy as np

from autograd_lite.chain.derivation.lines import Input
from autograd_lite.data import Data, as_data
from autograd_lite.errors import NameLookupError, ShapeError

__all__ = ["bind", "compiled", "failing_line"]


def compiled(source: str, name: str) -> Callable[..., Any]:
    r"""The function ``derivation`` of a source, through whose lines a debugger can step.

    >>> compiled("def derivation(*, x=2.0):\n    return x * x\n", "x")(x=3.0)
    9.0
    """
    file = f"<derivation of {name} {sha256(source.encode()).hexdigest()[:8]}>"
    # A modification time of None keeps linecache from looking for the file.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": file}
    exec(compile(source, file, "exec"), namespace)
    function: Callable[..., Any] = namespace["derivation"]
    return function


def failing_line(function: Callable[..., Any], trace: TracebackType | None) -> str:
    """The line of the function at which an exception was raised."""
    code = function.__code__
    line = code.co_firstlineno
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"line {line}: {linecache.getline(code.co_filename, line).strip()}"


def bind(inputs: Sequence[Input], given: Mapping[str, Any]) -> dict[str, Data]:
    """The numbers for all parameters: the recorded ones, but for those that are given.

    An input is named by its label or its parameter, an array of which elements are inputs by its
    own label. Raises NameLookupError for another name, ShapeError for another shape.
    """
    by_name = {one.symbol.identifier: one for one in inputs}
    by_name |= {one.symbol.label: one for one in inputs}
    layers = {one.layer for one in inputs if one.shape}
    numbers = {one.symbol.identifier: one.data for one in inputs}
    for name, value in given.items():
        data = as_data(getattr(value, "_data", value))
        if name in by_name:
            one = by_name[name]
            numbers[one.symbol.identifier] = _fitting(name, data, one.data)
        elif name in layers:
            numbers |= _elements(name, data, [one for one in inputs if one.layer == name])
        else:
            known = [*by_name, *layers]
            nearest = ", ".join(get_close_matches(name, known) or known[:40]) or "there are none"
            raise NameLookupError(f"no input is called {name!r}; nearest: {nearest}")
    return numbers


def _fitting(name: str, data: Data, recorded: Data) -> Data:
    """Data in the shape and precision of the recorded ones."""
    if np.shape(data) != np.shape(recorded):
        raise ShapeError(
            f"{name} has shape {np.shape(recorded)} and was given data of shape {np.shape(data)}; "
            "derive again for another shape"
        )
    return data if isinstance(data, float) else data.astype(np.asarray(recorded).dtype)


def _elements(name: str, data: Data, elements: Sequence[Input]) -> dict[str, Data]:
    """An array taken apart; elements that have no effect on the result are not needed."""
    array = _fitting(name, data, np.empty(elements[0].shape))
    assert isinstance(array, np.ndarray)
    return {one.symbol.identifier: float(array[one.index]) for one in elements}
