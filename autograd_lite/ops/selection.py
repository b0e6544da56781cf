"""Elementwise ops that select: comparisons, maximum, minimum, where, relu, abs.

They are differentiable but for their kinks. At a kink the derivative is that of one side, by
convention: of equal operands of maximum and minimum the first takes it all, relu′(0) = 0 and
abs′(0) = 0. These are subgradients, for minimum of −minimum (Clarke, Optimization and Nonsmooth
Analysis, 2.3.12). Nan is on no side: of relu, maximum and minimum nobody takes its gradient.

Most hand on one of their operands. What was not chosen receives 0 whatever arrives, as in PyTorch:
√relu(x) has the derivative 0 at −1, though that of the root is infinite.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.op import Elementwise, elementwise, is_node, primal
from autograd_lite.ops.elementwise import identity

__all__ = [
    "abs_",
    "argmax",
    "argmin",
    "clip",
    "equal",
    "greater",
    "greater_equal",
    "largest",
    "less",
    "less_equal",
    "maximum",
    "minimum",
    "not_equal",
    "or_zero",
    "relu",
    "sign",
    "smallest",
    "where",
]


def _comparison(
    name: str, symbol: str, latex: str, python: str, holds: Callable[..., Any]
) -> Elementwise:
    """An Iverson bracket: 1 where the comparison holds, 0 elsewhere; its derivative is 0."""

    def compare(a: Any, b: Any) -> Any:
        found = holds(a, b)
        return found.astype(np.result_type(a, b, np.float32)) if np.ndim(found) else float(found)

    return elementwise(
        name,
        scalar=lambda a, b: 1.0 if holds(a, b) else 0.0,
        array=compare,
        partials=(0, 0),
        analytic=False,
        branch=holds,
        text=f"[{{}} {symbol} {{}}]",
        latex=rf"\left[{{}} {latex} {{}}\right]",
        python=f"{{}} {python} {{}}",
        kernel=f"(1.0 if {{}} {python} {{}} else 0.0)",
        doc=f"""1 where a {symbol} b, 0 elsewhere. The derivative is 0.

        >>> {name}(2.0, 1.0), {name}(1.0, 1.0), {name}(1.0, 2.0)
        ({float(holds(2, 1))}, {float(holds(1, 1))}, {float(holds(1, 2))})
        """,
    )


greater = _comparison("greater", ">", ">", ">", operator.gt)
greater_equal = _comparison("greater_equal", "≥", r"\ge", ">=", operator.ge)
less = _comparison("less", "<", "<", "<", operator.lt)
less_equal = _comparison("less_equal", "≤", r"\le", "<=", operator.le)
equal = _comparison("equal", "=", "=", "==", operator.eq)
not_equal = _comparison("not_equal", "≠", r"\ne", "!=", operator.ne)

sign = elementwise(
    "sign",
    scalar=lambda x: 1.0 if x > 0 else -1.0 if x < 0 else x + 0.0,  # nan stays nan, −0 is 0
    array=np.sign,
    partials=0,
    analytic=False,
    branch=np.sign,
    text="sign({})",
    python="sign({})",
    kernel="(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else {0} + 0.0)",
    defines="""\
def sign(x):
    return (x > 0) - (x < 0)
""",
    doc="""−1, 0 or 1: the sign of x. The derivative is 0, also at the jump at 0.

    >>> import autograd_lite as ag
    >>> ag.sign(-3.0), ag.sign(0.0)
    (-1.0, 0.0)
    """,
)

abs_ = elementwise(
    "abs",
    scalar=abs,
    array=np.abs,
    partials=lambda y, x: sign(x),
    analytic=False,
    branch=np.sign,
    text="|{}|",
    latex=r"\left|{}\right|",
    numpy="np.abs({})",
    doc="""|x|. The derivative is sign(x), so 0 at the kink at 0.

    >>> import autograd_lite as ag
    >>> ag.abs(-3.0), ag.grad(ag.abs)(-3.0), ag.grad(ag.abs)(0.0)
    (3.0, -1.0, 0.0)
    """,
)

relu = elementwise(
    "relu",
    scalar=lambda x: x if x > 0 or x != x else 0.0,
    array=lambda x: np.maximum(x, 0),
    partials=lambda y, x: x > 0,
    chooses=True,
    analytic=False,
    branch=np.sign,
    python="max({}, 0)",
    numpy="np.maximum({}, 0)",
    kernel="({0} if {0} > 0.0 or {0} != {0} else 0.0)",
    doc="""max(x, 0). The derivative is 1 for x > 0 and 0 else, so 0 at the kink at 0.

    >>> import autograd_lite as ag
    >>> ag.relu(3.0), ag.grad(ag.relu)(3.0), ag.grad(ag.relu)(0.0)
    (3.0, 1.0, 0.0)
    """,
)

maximum = elementwise(
    "maximum",
    scalar=lambda a, b: a if a >= b or a != a else b,
    array=np.maximum,
    partials=(lambda y, a, b: a >= b, lambda y, a, b: a < b),
    chooses=True,
    analytic=False,
    branch=lambda a, b: np.sign(np.subtract(a, b)),
    text="max({}, {})",
    latex=r"\max\left({}, {}\right)",
    python="max({}, {})",
    kernel="({0} if {0} >= {1} or {0} != {0} else {1})",
    doc="""The larger of a and b, broadcast: ∂ is 1 for it, 0 for the other. Of equals a wins.

    >>> import autograd_lite as ag
    >>> ag.grad(ag.maximum, (0, 1))(2.0, 2.0)
    [1.0, 0.0]
    """,
)

minimum = elementwise(
    "minimum",
    scalar=lambda a, b: a if a <= b or a != a else b,
    array=np.minimum,
    partials=(lambda y, a, b: a <= b, lambda y, a, b: a > b),
    chooses=True,
    analytic=False,
    branch=lambda a, b: np.sign(np.subtract(a, b)),
    text="min({}, {})",
    latex=r"\min\left({}, {}\right)",
    python="min({}, {})",
    kernel="({0} if {0} <= {1} or {0} != {0} else {1})",
    doc="""The smaller of a and b, broadcast: ∂ is 1 for it, 0 for the other. Of equals a wins.

    >>> import autograd_lite as ag
    >>> ag.grad(ag.minimum, (0, 1))(2.0, 2.0)
    [1.0, 0.0]
    """,
)


def or_zero(condition: Any, a: Any, out: Any = None) -> Any:
    """The array a where the condition is true, 0 elsewhere.

    >>> or_zero(np.array([True, False]), np.array([2.0, np.inf])).tolist()
    [2.0, 0.0]
    """
    if a.dtype.kind != "f":
        return np.where(condition, a, 0)
    # A product of the bits, for 0·inf is not 0: five times as fast as np.where, which has to guess.
    bits = np.dtype(f"i{a.itemsize}")
    into = None if out is None else out.view(bits)
    return np.multiply(a.view(bits), condition, out=into).view(a.dtype)


def _where(condition: Any, a: Any, b: Any, out: Any = None) -> Any:
    chosen = np.asarray(condition)
    if chosen.dtype != bool:
        chosen = chosen != 0
    if type(b) is float and b.hex() == _ZERO and isinstance(a, np.ndarray):
        return or_zero(chosen, a, out)
    found = np.where(chosen, a, b)
    if out is None:
        return found
    out[...] = found
    return out


_ZERO = (0.0).hex()  # which −0 is not

where = elementwise(
    "where",
    scalar=lambda condition, a, b: a if condition else b,
    array=_where,
    partials=(
        0,
        lambda y, condition, a, b: not_equal(condition, 0.0),
        lambda y, condition, a, b: equal(condition, 0.0),
    ),
    chooses=True,
    domain=((0.5, 1.5), (-2, 2), (-2, 2)),
    analytic=False,
    branch=lambda condition, a, b: np.not_equal(condition, 0),
    python="{1} if {0} else {2}",
    kernel="({1} if {0} else {2})",
    doc="""a where the condition is not 0, b elsewhere: ∂ is 1 for the chosen one, 0 for the other.

    The condition takes no gradient.

    >>> import autograd_lite as ag
    >>> ag.where([True, False], 1.0, 2.0).tolist()
    [1.0, 2.0]
    """,
)


def _place(name: str, extreme: str, python: str, position_of: Any) -> Elementwise:
    """At which place the extreme of any number of operands is."""

    def place(*operands: Any) -> Any:
        found = position_of(np.stack(np.broadcast_arrays(*operands)), axis=0)
        return found.astype(np.result_type(*operands)) if np.ndim(found) else float(found)

    return elementwise(
        name,
        scalar=place,
        array=place,
        partials=0,
        arity=None,
        analytic=False,
        branch=place,
        python=f"{name}({{}})",
        defines=f"""\
def {name}(*numbers):
    return numbers.index({python}(numbers))
""",
        doc=f"""The place of the {extreme} operand, counted from 0; of equals the first.

        The derivative is 0.

        >>> {name}(1.0, 3.0, 2.0), {name}(5.0, 5.0)
        ({float(position_of([1, 3, 2]))}, 0.0)
        """,
    )


def _extreme(name: str, text: str, choose: Any, place: Elementwise) -> Elementwise:
    """The extreme of any number of operands; of equals the first wins.

    The rule is 1 for the winner and 0 for the others. On a graph it is recorded, so that who wins
    is decided anew when the graph is computed with other numbers; of symbols, the numbers decide.
    """

    def rule(y: Any, *operands: Any) -> Any:
        if any(is_node(operand) for operand in operands):
            recorded = place(*operands)
            return lambda position: equal(recorded, float(position))
        winner = place.forward(*map(primal, operands))
        return lambda position: winner == position

    return elementwise(
        name,
        scalar=lambda *numbers: float(choose(numbers)),
        array=lambda *arrays: choose(
            np.stack(np.broadcast_arrays(*arrays), dtype=np.result_type(*arrays)), axis=0
        ),
        partials=rule,
        chooses=True,
        arity=None,
        domain=(-2, 2),
        analytic=False,
        branch=place.array,
        text=f"{text}({{}})",
        latex=rf"\{text}\left({{}}\right)",
        python=f"{text}({{}})",
        doc=f"""The {name} of any number of operands: ∂ is 1 for it, 0 for the rest.

        Of equals the first wins.

        >>> {name}(1.0, 3.0, 2.0)
        {float(choose([1, 3, 2]))}
        """,
    )


argmax = _place("argmax", "largest", "max", np.argmax)
argmin = _place("argmin", "smallest", "min", np.argmin)
largest = _extreme("largest", "max", np.max, argmax)
smallest = _extreme("smallest", "min", np.min, argmin)


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """x limited to [low, high]; the derivative is 1 within and at the limits, 0 outside.

    >>> import autograd_lite as ag
    >>> ag.clip(5.0, 0.0, 1.0)
    1.0
    """
    limited = identity(x) if low is None and high is None else x
    if low is not None:
        limited = maximum(limited, low)
    return limited if high is None else minimum(limited, high)
