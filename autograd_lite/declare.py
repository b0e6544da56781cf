"""How an op is declared: one call, in one place.

:func:`elementwise` takes the partial derivative with respect to each operand, and
:func:`structural` the vector-Jacobian product. Both enter the new op in the registry.
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.op import Elementwise, Rule, Sample, Structural

__all__ = ["elementwise", "structural"]

Rules = tuple[Rule | int, ...] | Rule | int


def elementwise(
    name: str,
    *,
    scalar: Callable[..., float],
    array: Callable[..., Any],
    partials: Rules,
    arity: int | None = -1,
    domain: tuple[float, float] | tuple[tuple[float, float], ...] = (-2.0, 2.0),
    analytic: Callable[..., Any] | bool = True,
    **rest: Any,
) -> Elementwise:
    """Declare an elementwise op; ``rest`` are the notations and other fields of :class:`Op`.

    ``partials`` has one entry an operand: a function of the output and the operands, or the integer
    1, -1 or 0. A single function stands for an op with one operand. ``domain`` is where the tests
    sample; ``analytic`` is False for an op that has no complex derivative, or the forward that the
    complex-step check shall use in place of ``array``.

    >>> from autograd_lite.op import REGISTRY
    >>> double = elementwise("double", scalar=lambda x: 2 * x, array=lambda x: 2 * x,
    ...                      partials=lambda y, x: 2.0, text="2·{}")
    >>> double(4.0)
    8.0
    >>> del REGISTRY["double"]
    """
    rules, count = _each(partials, arity)
    intervals: Any = domain if isinstance(domain[0], tuple) else (domain,) * (count or 1)
    return Elementwise(
        name=name,
        scalar=scalar,
        array=array,
        rules=rules,
        arity=count,
        domain=intervals,
        analytic=(array if analytic is True else analytic) or None,
        **_notation(name, count, **rest),
    )


def structural(
    name: str,
    *,
    array: Callable[..., Any],
    vjps: Rules,
    samples: tuple[Sample, ...],
    arity: int | None = -1,
    analytic: bool = True,
    **rest: Any,
) -> Structural:
    """Declare a structural op; ``rest`` are the notations and other fields of :class:`Structural`.

    ``vjps`` has one entry an operand: a function of the cotangent, the output and the operands,
    with the op's attributes as keywords, written in other ops. For an op with any number of
    operands (``arity=None``) it is a single function that takes the position first.

    >>> from autograd_lite.op import REGISTRY, Sample
    >>> first = structural("first", array=lambda x: x[:1], samples=(Sample(((3,),), {}),),
    ...                    vjps=lambda g, y, x: g * [1.0, 0.0, 0.0])
    >>> first([4.0, 5.0, 6.0]).tolist()
    [4.0]
    >>> del REGISTRY["first"]
    """
    rules, count = _each(vjps, arity)
    return Structural(
        name=name,
        array=array,
        rules=rules,
        arity=count,
        samples=samples,
        analytic=array if analytic else None,
        **_notation(name, count, **rest),
    )


def _each(rules: Rules, arity: int | None) -> tuple[Any, int | None]:
    """The rules, one an operand unless there may be any number, and the number of operands."""
    if arity is None:
        return rules, None
    each = rules if isinstance(rules, tuple) else (rules,)
    return each, len(each)


def _notation(
    name: str, arity: int | None, text: str = "", latex: str = "", python: str = "", **rest: Any
) -> dict[str, Any]:
    """The three notations of an op, a call of its name where none is given."""
    slots = ", ".join(["{}"] * (arity or 1))
    readable = name.replace("_", r"\_")
    return {
        "text": text or f"{name}({slots})",
        "latex": latex or r"\operatorname{" + readable + r"}\left(" + slots + r"\right)",
        "python": python or f"{name}({slots})",
        **rest,
    }
