"""Further functions of one number and of two that NumPy and SciPy have: a table.

The derivatives are those of Abramowitz and Stegun, Handbook of Mathematical Functions: 4.1.49 and
4.2.51 (logarithms), 4.3.105 (tan), 4.4.52 (inverse circular), 4.5.71 (hyperbolic), 4.6.37 (inverse
hyperbolic), 7.1.19 (erf). What rounds to whole numbers has the derivative 0, also where it jumps.
"""

import math
import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from autograd_lite.op import Elementwise, Precedence, Rule, elementwise
from autograd_lite.ops.elementwise import exp, sqrt

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "ceil",
    "cosh",
    "erf",
    "erfc",
    "expm1",
    "floor",
    "floor_divide",
    "hypot",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "mod",
    "rint",
    "sinh",
    "tan",
    "trunc",
]

_LN2, _LN10 = math.log(2), math.log(10)
_BELL = 2 / math.sqrt(math.pi)

Example = tuple[float, float, float]
"""A number, the function there, and its derivative."""


def _function(
    name: str,
    scalar: Callable[[float], float],
    array: Callable[..., Any],
    slope: Rule | int,
    is_: str,
    example: Example,
    domain: tuple[float, float] = (-1.0, 1.0),
    **rest: Any,
) -> Elementwise:
    """A function of one number; ``is_`` says what it is, with its derivative."""
    at, value, derivative = example
    latex = rest.pop("latex", rf"\operatorname{{{name}}}")
    return elementwise(
        name,
        scalar=scalar,
        array=array,
        partials=slope,
        domain=domain,
        latex=latex + r"\left({}\right)",
        **rest,
        doc=f"""{is_}

        >>> import autograd_lite as ag
        >>> ag.{name}({at}), ag.grad(ag.{name})({at})
        ({value}, {derivative})
        """,
    )


tan = _function(
    "tan", math.tan, np.tan, lambda y, x: 1 + y**2,
    "The tangent of x in radians. tan′ = 1 + tan².", (0.0, 0.0, 1.0), latex=r"\tan",
)  # fmt: skip
arcsin = _function(
    "arcsin", math.asin, np.arcsin, lambda y, x: 1 / sqrt(1 - x**2),
    "The angle whose sine is x, for |x| ≤ 1. arcsin′ = 1 / √(1 − x²), which is inf at ±1.",
    (0.0, 0.0, 1.0), (-0.9, 0.9), latex=r"\arcsin",
)  # fmt: skip
arccos = _function(
    "arccos", math.acos, np.arccos, lambda y, x: -1 / sqrt(1 - x**2),
    "The angle whose cosine is x, for |x| ≤ 1. arccos′ = −1 / √(1 − x²), which is −inf at ±1.",
    (0.0, math.pi / 2, -1.0), (-0.9, 0.9), latex=r"\arccos",
)  # fmt: skip
arctan = _function(
    "arctan", math.atan, np.arctan, lambda y, x: 1 / (1 + x**2),
    "The angle whose tangent is x, from −π/2 to π/2. arctan′ = 1 / (1 + x²).",
    (0.0, 0.0, 1.0), (-2.0, 2.0), latex=r"\arctan",
)  # fmt: skip
sinh = _function(
    "sinh", math.sinh, np.sinh, lambda y, x: cosh(x),
    "The hyperbolic sine (eˣ − e⁻ˣ) / 2. sinh′ = cosh.", (0.0, 0.0, 1.0), (-2.0, 2.0),
    latex=r"\sinh",
)  # fmt: skip
cosh: Elementwise = _function(
    "cosh", math.cosh, np.cosh, lambda y, x: sinh(x),
    "The hyperbolic cosine (eˣ + e⁻ˣ) / 2. cosh′ = sinh.", (0.0, 1.0, 0.0), (-2.0, 2.0),
    latex=r"\cosh",
)  # fmt: skip
arcsinh = _function(
    "arcsinh", math.asinh, np.arcsinh, lambda y, x: 1 / sqrt(x**2 + 1),
    "The number whose hyperbolic sine is x. arcsinh′ = 1 / √(x² + 1).", (0.0, 0.0, 1.0),
)  # fmt: skip
arccosh: Elementwise = _function(
    "arccosh", math.acosh, np.arccosh, lambda y, x: 1 / sqrt(x**2 - 1),
    "The number ≥ 0 whose hyperbolic cosine is x ≥ 1. arccosh′ = 1 / √(x² − 1), inf at 1.",
    (2.0, math.acosh(2.0), 1 / math.sqrt(3)), (1.25, 3.0),
)  # fmt: skip
arctanh = _function(
    "arctanh", math.atanh, np.arctanh, lambda y, x: 1 / (1 - x**2),
    "The number whose hyperbolic tangent is x, for |x| < 1. arctanh′ = 1 / (1 − x²).",
    (0.0, 0.0, 1.0), (-0.9, 0.9),
)  # fmt: skip
expm1 = _function(
    "expm1", math.expm1, np.expm1, lambda y, x: exp(x),
    "eˣ − 1, precise also near 0. The derivative is eˣ.", (0.0, 0.0, 1.0),
)  # fmt: skip
log1p = _function(
    "log1p", math.log1p, np.log1p, lambda y, x: 1 / (1 + x),
    "ln(1 + x), precise also near 0, for x > −1. The derivative is 1 / (1 + x).",
    (0.0, 0.0, 1.0), (-0.5, 2.0),
)  # fmt: skip
log2 = _function(
    "log2", math.log2, np.log2, lambda y, x: 1 / (x * _LN2),
    "The logarithm to the base 2, for x > 0. log₂′ = 1 / (x·ln 2).",
    (8.0, 3.0, 1 / (8 * _LN2)), (0.5, 2.0), latex=r"\log_2",
)  # fmt: skip
log10 = _function(
    "log10", math.log10, np.log10, lambda y, x: 1 / (x * _LN10),
    "The logarithm to the base 10, for x > 0. log₁₀′ = 1 / (x·ln 10).",
    (100.0, 2.0, 1 / (100 * _LN10)), (0.5, 2.0), latex=r"\log_{10}",
)  # fmt: skip


def _one_by_one(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of ``math`` on arrays: NumPy has none of the name."""
    of_each = np.vectorize(function, otypes=[float])
    return lambda x: of_each(x).astype(getattr(x, "dtype", float), copy=False)


erf = _function(
    "erf", math.erf, _one_by_one(math.erf), lambda y, x: _BELL * exp(-(x**2)),
    "The error function (2 / √π)·∫₀ˣ e^(−t²) dt. erf′ = (2 / √π)·e^(−x²).", (0.0, 0.0, _BELL),
    analytic=False,
)  # fmt: skip
erfc = _function(
    "erfc", math.erfc, _one_by_one(math.erfc), lambda y, x: -_BELL * exp(-(x**2)),
    "1 − erf(x), precise also where it is small. erfc′ = −(2 / √π)·e^(−x²).", (0.0, 1.0, -_BELL),
    analytic=False,
)  # fmt: skip

# To whole numbers. From 2⁵² on all floats are whole; infinities and nan stay what they are.

_WHOLE = 2.0**52


def _rounding(name: str, array: Any, of_small: Any, kernel: str, is_: str, **rest: Any) -> Any:
    return _function(
        name,
        lambda x: of_small(x) if abs(x) < _WHOLE else x,
        array,
        0,
        f"{is_}. The derivative is 0, also where it jumps.",
        (1.25, float(array(1.25)), 0.0),
        (-2.0, 2.0),
        analytic=False,
        branch=array,
        kernel=f"({kernel} if abs({{0}}) < {_WHOLE} else {{0}})",
        **rest,
    )


floor = _rounding(
    "floor", np.floor, lambda x: x - x % 1.0, "{0} - {0} % 1.0",
    "The largest whole number that is not above x", python="floor({})",
)  # fmt: skip
ceil = _rounding(
    "ceil", np.ceil, lambda x: x + -x % 1.0, "{0} + -{0} % 1.0",
    "The least whole number that is not below x", python="ceil({})",
)  # fmt: skip
trunc = _rounding(
    "trunc", np.trunc, lambda x: x - math.copysign(abs(x) % 1.0, x),
    "{0} - copysign(abs({0}) % 1.0, {0})",
    "x without its fraction", python="trunc({})",
)  # fmt: skip
# A sum with 2⁵² has no room for a fraction, and is rounded to the nearest, of two to the even one.
rint = _rounding(
    "rint", np.rint,
    lambda x: x + math.copysign(_WHOLE, x) - math.copysign(_WHOLE, x),
    f"{{0}} + copysign({_WHOLE}, {{0}}) - copysign({_WHOLE}, {{0}})",
    "The nearest whole number, of two the even one", python="rint({})",
    defines="""\
def rint(x):
    return float(round(x))
""",
)  # fmt: skip

# Of two numbers

arctan2 = elementwise(
    "arctan2",
    scalar=math.atan2,
    array=np.arctan2,
    partials=(lambda z, y, x: x / (x**2 + y**2), lambda z, y, x: -y / (x**2 + y**2)),
    domain=((-2, 2), (0.5, 2)),
    analytic=False,
    doc="""The angle of the point (x, y), from −π to π; y comes first, as in NumPy.

    ∂/∂y = x / (x² + y²), ∂/∂x = −y / (x² + y²); at the origin both are nan.

    >>> import autograd_lite as ag
    >>> ag.arctan2(0.0, 1.0), ag.grad(ag.arctan2, (0, 1))(3.0, 4.0)
    (0.0, [0.16, -0.12])
    """,
)

hypot = elementwise(
    "hypot",
    scalar=lambda a, b: math.hypot(a, b),
    array=np.hypot,
    partials=(lambda y, a, b: a / y, lambda y, a, b: b / y),
    domain=(0.5, 2),
    analytic=False,
    python="hypot({}, {})",
    doc="""√(a² + b²), broadcast, without overflow. ∂/∂a = a / y, ∂/∂b = b / y; at 0 both are nan.

    >>> import autograd_lite as ag
    >>> ag.hypot(3.0, 4.0), ag.grad(ag.hypot, (0, 1))(3.0, 4.0)
    (5.0, [0.6, 0.8])
    """,
)

mod = elementwise(
    "mod",
    scalar=operator.mod,
    array=np.mod,
    partials=(1, lambda y, a, b: -floor_divide(a, b)),
    domain=((-2, 2), (0.75, 2)),
    analytic=False,
    branch=np.floor_divide,
    text="{} mod {}",
    latex=r"{} \bmod {}",
    python="{} % {}",
    precedence=Precedence.SUM,
    operand_precedence=(Precedence.POWER, Precedence.POWER),
    doc="""a − b·⌊a / b⌋, the remainder, with the sign of b. ∂/∂a = 1, ∂/∂b = −⌊a / b⌋.

    At its jumps the derivatives are the same.

    >>> import autograd_lite as ag
    >>> ag.mod(5.5, 2.0), ag.grad(ag.mod, (0, 1))(5.5, 2.0)
    (1.5, [1.0, -2.0])
    """,
)

floor_divide: Elementwise = elementwise(
    "floor_divide",
    scalar=operator.floordiv,
    array=np.floor_divide,
    partials=(0, 0),
    domain=((-2, 2), (0.75, 2)),
    analytic=False,
    branch=np.floor_divide,
    text="⌊{} / {}⌋",
    latex=r"\left\lfloor {} / {} \right\rfloor",
    python="{} // {}",
    operand_precedence=(Precedence.PRODUCT, Precedence.POWER),
    doc="""⌊a / b⌋. The derivatives are 0, also where it jumps.

    >>> import autograd_lite as ag
    >>> ag.floor_divide(5.5, 2.0), ag.grad(ag.floor_divide, (0, 1))(5.5, 2.0)
    (2.0, [0.0, 0.0])
    """,
)


def _log_of_sum(*numbers: float) -> float:
    largest = max(numbers)
    if largest - largest != 0:  # infinite, or nan
        return math.nan if any(one != one for one in numbers) else largest
    return largest + math.log(sum(math.exp(one - largest) for one in numbers))


logaddexp = elementwise(
    "logaddexp",
    scalar=_log_of_sum,
    array=lambda *arrays: reduce(np.logaddexp, arrays),
    partials=lambda y, *numbers: lambda position: exp(numbers[position] - y),
    arity=None,
    analytic=lambda *numbers: np.log(sum(np.exp(one) for one in numbers)),
    text="logaddexp({})",
    python="logaddexp({})",
    numpy="logaddexp({})",
    defines="""\
def logaddexp(*numbers):
    largest = max(numbers)
    if largest - largest != 0:
        return nan if any(one != one for one in numbers) else largest
    return largest + log(sum(exp(one - largest) for one in numbers))
""",
    doc="""ln(eᵃ + eᵇ + …) of any number of operands, broadcast; it never overflows.

    ∂/∂a = e^(a − y): the softmax of the operands.

    >>> import autograd_lite as ag
    >>> ag.logaddexp(0.0, -math.inf), ag.grad(ag.logaddexp)(0.0, 0.0)
    (0.0, 0.5)
    """,
)
