"""Where nan and inf come from: what ``detect_anomaly`` asks after each op, forward and backward."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.data import show
from autograd_lite.errors import AnomalyError
from autograd_lite.op import Op, primal

__all__ = ["is_anomaly", "refuse_backward", "refuse_forward", "watching"]

watching: list[bool] = []
"""The blocks of ``detect_anomaly`` that are open in any thread."""


def is_anomaly(data: Any, *sources: Any) -> bool:
    """Whether there is nan that was in no source, or inf where all sources were finite.

    >>> is_anomaly(np.inf, 1.0), is_anomaly(np.inf, -np.inf), is_anomaly(np.nan, np.inf)
    (True, False, True)
    """
    numbers = primal(data)
    if not isinstance(numbers, float | np.ndarray) or np.all(np.isfinite(numbers)):
        return False  # a formula is fine
    had_nan = any(np.any(np.isnan(primal(one))) for one in sources)
    finite = all(np.all(np.isfinite(primal(one))) for one in sources)
    return finite or (not had_nan and bool(np.any(np.isnan(numbers))))


def refuse_forward(op: Op, data: Any, operands: Sequence[Any]) -> None:
    """Raise AnomalyError where an op makes nan or inf, or is given a nan that was there before.

    >>> refuse_forward(Op.__new__(Op), 1.0, [2.0])
    """
    if is_anomaly(data, *operands):
        raise AnomalyError(f"{op.name} made {_first(data)}; it was given {_listed(operands)}")
    if np.any(np.isnan(data)):
        raise AnomalyError(f"{op.name} was given nan, which was there before: {_listed(operands)}")


def refuse_backward(node: Any, operand: Any, cotangent: Any, part: Any) -> None:
    """Raise AnomalyError where a derivative makes nan or inf of a gradient."""
    if is_anomaly(part, cotangent):
        raise AnomalyError(
            f"backward: {node.op.name} made {_first(part)} of the gradient of {node.describe()}, "
            f"on the way to {operand.describe()}; it was given {_listed(node.operands)}"
        )


def _first(data: Any) -> str:
    """The first number that is not finite, and where."""
    numbers = np.asarray(primal(data))
    index = np.argwhere(~np.isfinite(numbers))[0].tolist()
    return str(numbers[tuple(index)]) + (f" at {index}" if index else "")


def _listed(operands: Sequence[Any]) -> str:
    """Operands by their labels and numbers."""
    return ", ".join(
        f"{getattr(one, 'label', '') or f'operand {place}'} = {show(primal(one))}"
        for place, one in enumerate(operands)
    )
