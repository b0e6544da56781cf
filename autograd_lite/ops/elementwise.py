"""Smooth elementwise ops: arithmetic, and the functions of one variable.

The derivatives are those of any table of derivatives (Abramowitz and Stegun, Handbook of
Mathematical Functions, 3.3, 4.1.46, 4.2.49, 4.3.105). ``y`` is the output, so that a rule can say
σ′ = y·(1 − y) without computing σ again.
"""

import math
import operator
import sys
from typing import Any

import numpy as np

from autograd_lite.op import Elementwise, Precedence, elementwise, is_node, primal

__all__ = [
    "add",
    "cos",
    "divide",
    "exp",
    "identity",
    "log",
    "multiply",
    "negative",
    "power",
    "sigmoid",
    "sin",
    "sqrt",
    "subtract",
    "tanh",
]

add = elementwise(
    "add",
    scalar=operator.add,
    array=np.add,
    partials=(1, 1),
    text="{} + {}",
    latex="{} + {}",
    python="{} + {}",
    precedence=Precedence.SUM,
    operand_precedence=(Precedence.SUM, Precedence.SUM),
    doc="""a + b, broadcast. ∂/∂a = ∂/∂b = 1.

    >>> import autograd_lite as ag
    >>> ag.add(2.0, [1.0, 5.0]).tolist()
    [3.0, 7.0]
    """,
)

subtract = elementwise(
    "subtract",
    scalar=operator.sub,
    array=np.subtract,
    partials=(1, -1),
    text="{} − {}",
    latex="{} - {}",
    python="{} - {}",
    precedence=Precedence.SUM,
    operand_precedence=(Precedence.SUM, Precedence.QUOTIENT),
    doc="""a − b, broadcast. ∂/∂a = 1, ∂/∂b = −1.

    >>> import autograd_lite as ag
    >>> ag.subtract(2.0, 5.0)
    -3.0
    """,
)

multiply = elementwise(
    "multiply",
    scalar=operator.mul,
    array=np.multiply,
    partials=(lambda y, a, b: b, lambda y, a, b: a),
    text="{}·{}",
    latex=r"{} \cdot {}",
    python="{} * {}",
    precedence=Precedence.PRODUCT,
    operand_precedence=(Precedence.PRODUCT, Precedence.PRODUCT),
    doc="""a·b, broadcast. ∂/∂a = b, ∂/∂b = a.

    >>> import autograd_lite as ag
    >>> ag.grad(ag.multiply)(2.0, 5.0)
    5.0
    """,
)

divide = elementwise(
    "divide",
    scalar=operator.truediv,
    array=np.divide,
    partials=(lambda y, a, b: 1 / b, lambda y, a, b: -y / b),
    domain=((-2, 2), (0.5, 2)),
    text="{} / {}",
    latex=r"\frac{{}}{{}}",
    python="{} / {}",
    precedence=Precedence.QUOTIENT,
    operand_precedence=(Precedence.PRODUCT, Precedence.POWER),
    doc="""a / b, broadcast. ∂/∂a = 1 / b, ∂/∂b = −a / b².

    Division by 0 gives inf or nan with NumPy's RuntimeWarning, for scalars too.

    >>> import autograd_lite as ag
    >>> ag.grad(ag.divide, 1)(6.0, 2.0)
    -1.5
    """,
)

negative = elementwise(
    "negative",
    scalar=operator.neg,
    array=np.negative,
    partials=-1,
    text="−{}",
    latex="-{}",
    python="-{}",
    precedence=Precedence.SIGN,
    operand_precedence=(Precedence.QUOTIENT,),
    doc="""−x. The derivative is −1.

    >>> import autograd_lite as ag
    >>> ag.negative(3.0)
    -3.0
    """,
)

# The same number as a value of its own: a second name for it, or the edge of a nested gradient.
identity = elementwise(
    "identity",
    scalar=operator.pos,
    array=np.positive,
    partials=1,
    text="{}",
    latex="{}",
    python="{}",
    doc="""x, as a value of its own. The derivative is 1.

    >>> import autograd_lite as ag
    >>> (+ag.Value(3.0)).data
    3.0
    """,
)

exp = elementwise(
    "exp",
    scalar=math.exp,
    array=np.exp,
    partials=lambda y, x: y,
    text="exp({})",
    latex="e^{{}}",
    doc="""e to the power of x. (eˣ)′ = eˣ.

    It overflows beyond x = 709.78 to inf, with NumPy's RuntimeWarning, for scalars too.

    >>> import autograd_lite as ag
    >>> ag.exp(0.0), ag.grad(ag.exp)(0.0)
    (1.0, 1.0)
    """,
)

log = elementwise(
    "log",
    scalar=math.log,
    array=np.log,
    partials=lambda y, x: 1 / x,
    domain=(0.5, 2),
    latex=r"\ln\left({}\right)",
    doc="""The natural logarithm, for x > 0. (ln x)′ = 1 / x.

    At 0 it is −inf and below 0 nan, with NumPy's RuntimeWarning, for scalars too.

    >>> import autograd_lite as ag
    >>> ag.log(1.0), ag.grad(ag.log)(2.0)
    (0.0, 0.5)
    """,
)


# The rules of a power are n·xⁿ⁻¹ and xⁿ·ln x, but for what is asked at x = 0. Where an operand may
# have another number later, the rule compares them then, so that it is right at every order.
def _to_base(y: Any, x: Any, n: Any) -> Any:
    """n·xⁿ⁻¹. At x = 0 and n = 0 it is 0·0⁰, not 0·0⁻¹: the derivative of x⁰ is 0 everywhere."""
    if primal(n) is n:  # a plain number, which stays what it is
        return n * power(x, n - (n != 0))
    base, exponent = (x, n) if is_node(n) else (primal(x), primal(n))
    return n * power(x, n - ((abs(base) >= _TINY) + abs(exponent) > 0))


_TINY = sys.float_info.min
"""Below it a number has an infinite inverse, as 0 has."""


def _to_exponent(y: Any, x: Any, n: Any) -> Any:
    """xⁿ·ln x. At x = 0 it is 0 for n ≥ 0, and not 0·ln 0: the logarithm of 1."""
    if is_node(x) or not np.all(primal(x)):
        x = x + (abs(x) <= 0) * (n >= 0)
    return y * log(x)


# The partial with respect to the exponent is only asked for when the exponent is a Value, so
# (-1.0) ** 2 never needs log(-1).
power: Elementwise = elementwise(
    "power",
    scalar=math.pow,
    array=np.power,
    partials=(_to_base, _to_exponent),
    domain=((0.5, 2), (-2, 2)),
    text="{}^{}",
    latex="{}^{{}}",
    python="{} ** {}",
    numpy="np.power({}, {})",
    kernel="pow({}, {})",
    precedence=Precedence.POWER,
    operand_precedence=(Precedence.ATOM, Precedence.ATOM),
    doc="""x to the power of n. ∂/∂x = n·xⁿ⁻¹, ∂/∂n = xⁿ·ln x.

    0 to the power of 0 is 1, and the derivative of x⁰ is 0 everywhere. A base below 0 has a
    derivative for whole n; there ∂/∂n is nan. At x = 0, ∂/∂n is 0 for n ≥ 0, as in PyTorch and JAX
    (at n = 0, where 0ⁿ jumps, by convention); for n < 0 it is not finite.

    >>> import autograd_lite as ag
    >>> ag.power(-3.0, 2.0), ag.grad(ag.power)(-3.0, 2.0)
    (9.0, -6.0)
    """,
)

sqrt = elementwise(
    "sqrt",
    scalar=math.sqrt,
    array=np.sqrt,
    partials=lambda y, x: 1 / (2 * y),
    domain=(0.5, 2),
    text="√({})",
    latex=r"\sqrt{{}}",
    doc="""The square root, for x ≥ 0. (√x)′ = 1 / (2·√x), which is inf at 0.

    Below 0 it is nan, with NumPy's RuntimeWarning, for scalars too.

    >>> import autograd_lite as ag
    >>> ag.sqrt(4.0), ag.grad(ag.sqrt)(4.0)
    (2.0, 0.25)
    """,
)

sin = elementwise(
    "sin",
    scalar=math.sin,
    array=np.sin,
    partials=lambda y, x: cos(x),
    latex=r"\sin\left({}\right)",
    doc="""The sine of x in radians. sin′ = cos.

    >>> import autograd_lite as ag
    >>> ag.sin(0.0), ag.grad(ag.sin)(0.0)
    (0.0, 1.0)
    """,
)

cos: Elementwise = elementwise(
    "cos",
    scalar=math.cos,
    array=np.cos,
    partials=lambda y, x: -sin(x),
    latex=r"\cos\left({}\right)",
    doc="""The cosine of x in radians. cos′ = −sin.

    >>> import autograd_lite as ag
    >>> ag.cos(0.0), ag.grad(ag.cos)(0.0)
    (1.0, -0.0)
    """,
)

tanh = elementwise(
    "tanh",
    scalar=math.tanh,
    array=np.tanh,
    partials=lambda y, x: 1 - y**2,
    latex=r"\tanh\left({}\right)",
    doc="""The hyperbolic tangent. tanh′ = 1 − tanh²; ±1 at ±∞.

    >>> import autograd_lite as ag
    >>> ag.tanh(0.0), ag.grad(ag.tanh)(0.0)
    (0.0, 1.0)
    """,
)


# exp is only ever asked for numbers of at most 0, so that neither tail overflows.
def _scalar_sigmoid(x: float) -> float:
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    tail = math.exp(x)
    return tail / (1 + tail)


def _array_sigmoid(x: Any) -> Any:
    tail = np.exp(np.copysign(x, -1.0))  # NumPy takes a float sooner than an int
    return np.maximum(tail, x >= 0.0) / (1.0 + tail)


sigmoid = elementwise(
    "sigmoid",
    scalar=_scalar_sigmoid,
    array=_array_sigmoid,
    partials=lambda y, x: y * (1 - y),
    domain=(-6, 6),
    analytic=lambda z: 1 / (1 + np.exp(-z)),
    text="σ({})",
    latex=r"\sigma\left({}\right)",
    python="sigmoid({})",
    numpy="sigmoid({})",
    kernel="(1.0 / (1.0 + exp(-{0})) if {0} >= 0.0 else exp({0}) / (1.0 + exp({0})))",
    defines="""\
def sigmoid(x):
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))
""",
    doc="""The logistic function σ(x) = 1 / (1 + e^(−x)). σ′ = σ·(1 − σ); it never overflows.

    >>> import autograd_lite as ag
    >>> ag.sigmoid(0.0), ag.grad(ag.sigmoid)(0.0)
    (0.5, 0.25)
    """,
)
