"""Straight-line source, compiled by Python itself: no dependency, and ready in milliseconds."""

import linecache
import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.fast.emit import Emitted
from autograd_lite.fast.templates import FROM_MATH

__all__ = ["Python"]


class Python:
    r"""The language of :class:`Straight` that needs nothing.

    >>> Python().function(Emitted("def one(x):\n    return exp(x - x)\n", ()), "one")(3.0)
    1.0
    """

    most_routes = 16  # a turn takes some milliseconds, as thousands of steps do

    def function(self, emitted: Emitted, name: str) -> Callable[..., Any]:
        """The function of that name, whose source a debugger finds."""
        filename = f"<autograd_lite {name} {hash(emitted.source):x}>"
        lines = emitted.source.splitlines(keepends=True)
        linecache.cache[filename] = len(emitted.source), None, lines, filename
        namespace: dict[str, Any] = {name: getattr(math, name) for name in FROM_MATH}
        namespace |= {f"f{place}": op.scalar for place, op in enumerate(emitted.calls)}
        # The source is made of the templates and numbers only; no label or text enters it.
        exec(compile(emitted.source, filename, "exec"), namespace)
        found: Callable[..., Any] = namespace[name]
        return found

    def vector(self, numbers: Sequence[float]) -> list[float]:
        """A list of floats."""
        return list(numbers)
