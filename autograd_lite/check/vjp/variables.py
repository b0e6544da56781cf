"""Variables: what the Values in a function are called in it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from autograd_lite.value import Value

__all__ = ["variables_of"]


@contextmanager
def variables_of(function: Callable[..., Any]) -> Iterator[dict[Value, str]]:
    """The names of the local variables of a function as it returns, by the Values that they hold.

    Those of the functions beside it, in the same file, are added where they are called.

    >>> def forward(x):
    ...     mean = x / 2
    ...     return x - mean
    >>> with variables_of(forward) as names:
    ...     _ = forward(Value(3.0))
    >>> list(names.values())
    ['x', 'mean']
    """
    names: dict[Value, str] = {}
    method = getattr(function, "__func__", function)
    code = getattr(method, "__code__", None)

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and code is not None and frame.f_code.co_filename == code.co_filename:
            held = frame.f_locals.items()
            names.update((one, name) for name, one in held if isinstance(one, Value))

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield names
    finally:
        sys.setprofile(before)
