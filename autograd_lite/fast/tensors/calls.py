"""How a step is done: one call that writes into an array that is there already."""

import inspect
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from autograd_lite.fast.steps import Step
from autograd_lite.fast.tensors.loops import add_columns, has_loop, pool, scatter
from autograd_lite.op import Elementwise, Op
from autograd_lite.ops.windows import Windows

__all__ = ["Call", "call"]

Call = Callable[[], Any]

_BLOCK = 1 << 14
"""Elements on which an op of several NumPy calls works at a time: what lies between them stays in
the cache."""


def call(step: Step, operands: Sequence[Any], outs: Sequence[Any], numba: bool = False) -> Call:
    """The call that does a step.

    Operands are arrays, also of no axes for single numbers, and floats where they are constants.
    There are two arrays to fill where the winners of a maximum are found together with it.

    >>> from autograd_lite.ops.elementwise import add
    >>> x, out = np.array([1.0, 2.0]), np.empty(2)
    >>> call(Step(add, (0, 1), {}, (2,), np.dtype(float)), [x, 3.0], [out])() is out, out.tolist()
    (True, [4.0, 5.0])
    """
    op, out = step.op, outs[0]
    if not step.shape:
        return partial(_by_forward, step, tuple(operands), out)
    found = _in_loops(step, operands, outs) if numba else None
    if found is not None:
        return found
    if _takes_out(op):
        return partial(op.array, *operands, out=out, **step.attributes)
    if isinstance(op, Elementwise):
        if isinstance(op.branch, np.ufunc) and op.branch.types[0].endswith("?"):  # a comparison
            return partial(op.branch, *operands, out=out)
        return partial(_in_blocks, op, *_flat(operands, out))
    return partial(_by_forward, step, tuple(operands), out)


def _in_loops(step: Step, operands: Sequence[Any], outs: Sequence[Any]) -> Call | None:
    """The call of a loop, for the ops that have one."""
    attributes = dict(step.attributes)
    if len(outs) == 2:
        return pool(outs[0], outs[1], operands[0], Windows(**attributes))
    if step.op.name == "pool_scatter" and has_loop(attributes):
        del attributes["shape"]
        return scatter(outs[0], operands[0], operands[1], Windows(**attributes))
    if step.op.name == "conv2d_input":
        attributes |= {"out": outs[0], "add_columns": add_columns}
        return partial(step.op.array, *operands, **attributes)
    return None


@cache
def _takes_out(op: Op) -> bool:
    """Whether the op's own forward can write into an array that is given."""
    if isinstance(op.array, np.ufunc):
        return True
    try:
        return "out" in inspect.signature(op.array).parameters
    except ValueError:  # it is not written in Python, and does not say
        return False


def _flat(operands: Sequence[Any], out: Any) -> tuple[tuple[Any, ...], Any]:
    """Operands and result as rows of numbers as they lie in memory, if all lie in the same way."""
    order = sorted(range(out.ndim), key=lambda axis: -out.strides[axis])
    alike = all(
        not np.ndim(one) or (one.shape == out.shape and one.strides == out.strides)
        for one in operands
    )
    if not alike or not out.transpose(order).flags.c_contiguous:
        return tuple(operands), out
    flat = (one.transpose(order).reshape(-1) if np.ndim(one) else one for one in operands)
    return tuple(flat), out.transpose(order).reshape(-1)


def _in_blocks(op: Op, operands: Sequence[Any], out: Any) -> None:
    if out.ndim > 1:
        out[...] = op.array(*operands)
        return
    for start in range(0, len(out), _BLOCK):
        some = slice(start, start + _BLOCK)
        out[some] = op.array(*(one[some] if np.ndim(one) else one for one in operands))


def _by_forward(step: Step, operands: Sequence[Any], out: Any) -> None:
    numbers = (float(one) if np.ndim(one) == 0 else one for one in operands)
    out[...] = step.op.forward(*numbers, **step.attributes)
