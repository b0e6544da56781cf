"""The functions that a formula may call: every elementwise op by its name, and some of arrays."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError
from autograd_lite.op import REGISTRY, Elementwise, plain
from autograd_lite.ops.broadcasting import sum_
from autograd_lite.ops.elementwise import multiply
from autograd_lite.ops.linear_algebra import matmul
from autograd_lite.ops.reductions import max_, mean, min_
from autograd_lite.ops.selection import clip, largest, smallest
from autograd_lite.ops.shaping import expand_dims, flatten, transpose


@dataclass(frozen=True)
class Function:
    """A function by its name, what computes it, and how many operands it takes.

    >>> find_function("sqrt").compute(9.0)
    3.0
    """

    name: str
    compute: Callable[..., Any] = field(repr=False)
    fewest: int = 1
    most: float = 1
    options: tuple[str, ...] = ()
    """The options that it takes by name, as ``axis=0``."""
    chosen: tuple[str, ...] = ()
    """Those that are set, as they are written."""

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many operands."""
        return self.fewest <= count <= self.most

    def having(self, option: str, value: int | bool) -> "Function":
        """The same with an option set.

        >>> import numpy as np
        >>> find_function("sum").having("axis", 0).compute(np.ones((2, 3))).tolist()
        [2.0, 2.0, 2.0]
        """
        left = tuple(one for one in self.options if one != option)
        compute = partial(self.compute, **{option: value})
        chosen = (*self.chosen, f"{option}={value}")
        return replace(self, compute=compute, options=left, chosen=chosen)


def outer(a: Any, b: Any) -> Any:
    """The products of every element of the one with every element of the other.

    >>> outer([1.0, 2.0], [3.0, 5.0]).tolist()
    [[3.0, 5.0], [6.0, 10.0]]
    """
    return multiply(expand_dims(flatten(a), 1), flatten(b))


def _largest(*operands: Any, **options: Any) -> Any:
    return largest(*operands) if len(operands) > 1 else max_(*operands, **options)


def _smallest(*operands: Any, **options: Any) -> Any:
    return smallest(*operands) if len(operands) > 1 else min_(*operands, **options)


def _length(operand: Any) -> float:
    shape = np.shape(operand)
    if not shape:
        raise ShapeError("len is that of an array; a single number has none")
    return float(shape[0])


TRANSPOSE = Function("transpose", transpose)
METHODS = ("sum", "mean", "max", "min", "dot")
"""The functions that are read as methods too: ``x.sum(axis=0)``."""
_AXES = ("axis", "keepdims")

_OF_ARRAYS = {
    function.name: function
    for function in (
        TRANSPOSE,
        Function("sum", sum_, options=_AXES),
        Function("mean", mean, options=_AXES),
        Function("max", _largest, 1, np.inf, options=_AXES),
        Function("min", _smallest, 1, np.inf, options=_AXES),
        Function("len", _length),
        Function("matmul", matmul, 2, 2),
        Function("dot", matmul, 2, 2),
        Function("outer", outer, 2, 2),
        Function("clip", clip, 3, 3),
    )
}
_ALSO = {"σ": "sigmoid", "logistic": "sigmoid", "ln": "log", "ReLU": "relu", "pow": "power"}
_LATEX = re.compile(r"\\(?:(?:text|mathrm|operatorname\*?)\{(\w+)\}|([A-Za-z]+))")


def find_function(spelling: str) -> Function | None:
    r"""The function of that name, which LaTeX may write as a command; None if there is none.

    >>> find_function(r"\sigma").name, find_function(r"\operatorname{ReLU}").name
    ('sigmoid', 'relu')
    >>> find_function("O1") is None
    True
    """
    if found := _LATEX.fullmatch(spelling):
        spelling = (found[1] or found[2]).replace("sigma", "σ")
    name = _ALSO.get(spelling, spelling)
    op = REGISTRY.get(name)
    if name in _OF_ARRAYS or not isinstance(op, Elementwise):
        return _OF_ARRAYS.get(name)
    return Function(name, op, op.arity or 1, op.arity or np.inf)


def derivative(function: Function) -> Function | None:
    """σ′ for σ, by the rule of the op; None for what is no elementwise op of one operand.

    >>> derivative(find_function("tanh")).compute(0.0)
    1.0
    """
    op = function.compute
    if not isinstance(op, Elementwise) or op.arity != 1:
        return None
    return Function(f"{function.name}′", partial(_slope, op))


def _slope(op: Elementwise, operand: Any) -> Any:
    x = plain(operand)
    found = op.partial(0, op(x), (x,))
    # A constant rule is a plain number, whatever the shape of the operand.
    return np.full(np.shape(x), found, float) if np.ndim(found) < np.ndim(x) else found
