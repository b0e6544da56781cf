"""One call of the engineer's backward: what it returned, what it changed, how it failed."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.check.vjp.point import Array, Point

__all__ = ["Change", "Trial", "try_backward"]


@dataclass(frozen=True)
class Change:
    """An array that the backward was given and wrote into: one element of it, before and after."""

    name: str
    elements: int
    size: int
    before: float
    after: float


@dataclass
class Trial:
    """What came of a call; ``gradients`` has an entry for each input, None where none was given."""

    point: Point
    dtype: Any
    gradients: list[Array | None] = field(default_factory=list)
    failure: str = ""
    returned: int = 0
    changes: list[Change] = field(default_factory=list)
    shared: dict[int, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The run in words."""
        return f"{self.point.label}, {np.dtype(self.dtype).name}"


def try_backward(
    backward: Callable[..., Any], point: Point, dtype: Any, names: Sequence[str], cotangent: str
) -> Trial:
    """Call backward on fresh copies of the inputs and the cotangent, in one precision.

    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(lambda x: 2 * x, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> try_backward(lambda g, x: np.multiply(g, 2, out=g), point, float, ["x"], "g").changes[0]
    Change(name='g', elements=2, size=2, before=1.0, after=2.0)
    """
    inputs = [_fresh(one, dtype) for one in point.inputs]
    cotangents = [_fresh(one, dtype) for one in point.cotangents]
    several = point.forward.several
    labels = [f"{cotangent}[{place}]" if several else cotangent for place in range(len(cotangents))]
    held = dict(zip([*labels, *names], [*cotangents, *inputs], strict=True))
    before = {name: np.array(one) for name, one in held.items()}
    trial = Trial(point, dtype)
    try:
        found = backward(tuple(cotangents) if several else cotangents[0], *inputs)
    except Exception as error:  # noqa: BLE001  (whatever the code under test raises is its finding)
        trial.failure = _told(error, backward)
        return trial
    trial.changes = [one for name in held if (one := _change(name, before[name], held[name]))]
    parts = list(found) if isinstance(found, tuple | list) else [found]
    trial.returned = len(parts)
    places = list(range(len(inputs)))
    if len(parts) != len(places) and len(parts) == len(point.forward.active):
        places = point.forward.active  # integers need no gradient, and may be left out
    if len(parts) != len(places):
        return trial
    trial.gradients = [None] * len(inputs)
    for place, part in zip(places, parts, strict=True):
        shared = [name for name, one in held.items() if _share(part, one)]
        shared += [f"the gradient of {names[j]}" for j in places[:place] if _share(parts[j], part)]
        if shared:
            trial.shared[place] = " and ".join(shared)
    for place, part in zip(places, parts, strict=True):
        trial.gradients[place] = None if part is None else _as_array(part)
    return trial


def _fresh(given: Array, dtype: Any) -> Any:
    """A copy in the precision of the run; a scalar is a NumPy scalar, as a sum returns it."""
    return np.array(given, dtype if given.dtype.kind == "f" else None)[()]


def _as_array(part: Any) -> Array:
    try:
        return np.array(part)
    except ValueError:  # rows of different lengths
        return np.array(None)


def _share(part: Any, other: Any) -> bool:
    arrays = isinstance(part, np.ndarray) and isinstance(other, np.ndarray)
    return arrays and np.shares_memory(part, other)


def _change(name: str, before: Array, now: Any) -> Change | None:
    after = np.asarray(now)
    changed = ~((before == after) | (np.isnan(before) & np.isnan(after)))
    if not changed.any():
        return None
    first = tuple(np.argwhere(changed)[0])
    elements = int(np.count_nonzero(changed))
    return Change(name, elements, changed.size, float(before[first]), float(after[first]))


def _told(error: Exception, backward: Callable[..., Any]) -> str:
    """The message of an error, and the last line of the user's own file that led to it."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    code = getattr(backward, "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    at = (own or frames)[-1:]
    line = "".join(
        f", line {frame.lineno} of {Path(frame.filename).name}: {frame.line}" for frame in at
    )
    return f"raised {type(error).__name__}: {error}{line}"
