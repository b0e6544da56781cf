"""What an op is: a forward, one derivative rule per operand, a notation, and where tests sample it.

An op is declared once (see :mod:`autograd_lite.op`), and its rule is written with ordinary
operators and other ops. What the rule is run on decides what comes out: floats and arrays give the
numeric backward, Values a gradient that can be differentiated again, named symbols the formula of
the local derivative. So an op never asks what it was given: a kind of operand that wants to be
recorded instead of computed has a method ``_record(op, operands, attributes)``, and everything else
goes to the forward.

Elementwise ops declare the partial derivative with respect to each operand, structural ops (sum,
reshape, matmul, convolution, ...) the vector-Jacobian product with respect to each operand, written
in other ops so that it closes under differentiation.
"""

import builtins
import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.data import as_data, describe
from autograd_lite.errors import DataError, ShapeError

__all__ = [
    "REGISTRY",
    "Elementwise",
    "Op",
    "Precedence",
    "Rule",
    "Sample",
    "Structural",
    "elementwise",
    "is_node",
    "plain",
    "primal",
    "shape_of",
    "structural",
    "tidy",
]


_FLOAT64, _FLOAT32 = np.dtype(np.float64), np.dtype(np.float32)
_ARRAY = np.ndarray  # looked up once: these lines run at each call of an op

Rule = Callable[..., Any]
Operands = Sequence[Any]
Attributes = dict[str, Any]

REGISTRY: "dict[str, Op]" = {}
"""Every op by its name: tests, formula table and documentation loop over it."""


class Precedence:
    """How tightly what is written binds, in any notation: a looser operand is in parentheses."""

    CHOICE, COMPARISON, SUM, QUOTIENT, PRODUCT, SIGN, POWER, ATOM = range(8)


class Sample(NamedTuple):
    """Shapes of operands and attributes with which the tests try a structural op."""

    shapes: tuple[tuple[int, ...], ...]
    attributes: dict[str, Any]
    diagonal: float = 0.0
    """What is added to the diagonal of the first operand: 6 makes random matrices have inverses."""

    def fitting(self, operands: Operands) -> list[Any]:
        """Operands of the shapes, as the op takes them.

        >>> Sample(((2, 2),), {}, 6.0).fitting([np.ones((2, 2))])[0].tolist()
        [[7.0, 1.0], [1.0, 7.0]]
        """
        first, *others = operands
        if self.diagonal:
            first = first + self.diagonal * np.eye(first.shape[-1], dtype=first.dtype)
        return [first, *others]


def primal(operand: Any) -> Any:
    """The number or array behind an operand, whatever the rule is being run on.

    >>> import autograd_lite as ag
    >>> primal(ag.Value(2.0)), primal(3.0)
    (2.0, 3.0)
    """
    return getattr(operand, "_data", operand)


def is_node(operand: Any) -> bool:
    """Whether an operand is a node of a graph, which may be computed again with other numbers.

    >>> import autograd_lite as ag
    >>> is_node(ag.Value(1.0)), is_node(1.0)
    (True, False)
    """
    return hasattr(operand, "parents")


def shape_of(operand: Any) -> tuple[int, ...]:
    """The shape of an operand; ``()`` for plain numbers and for symbols.

    >>> shape_of([[1.0, 2.0]]), shape_of(1.0)
    ((1, 2), ())
    """
    shape: tuple[int, ...] | None = getattr(operand, "shape", None)
    if shape is None:
        return np.shape(as_data(operand)) if isinstance(operand, list | tuple) else ()
    return shape


def plain(operand: Any) -> Any:
    """An operand as the forwards take it: lists are arrays, integers are floats.

    >>> plain(3), plain([1, 2]).tolist()
    (3.0, [1.0, 2.0])
    """
    ready = type(operand) is float or (
        isinstance(operand, np.ndarray) and operand.dtype.kind in "fcO"
    )
    return operand if ready else as_data(operand)


def tidy(result: Any) -> Any:
    """A Python float for a scalar, the array otherwise: floats are 3 to 15 times faster.

    >>> tidy(np.sum([1.0, 2.0]))
    3.0
    """
    if type(result) is float or (isinstance(result, np.ndarray) and result.ndim):
        return result
    return result.item() if isinstance(result, np.generic | np.ndarray) else result


@dataclass(eq=False, repr=False, kw_only=True)
class Op:
    """A primitive operation. Calling it computes on numbers and records on Values.

    ``rules[i]`` is the derivative rule of operand ``i``. An op with any number of operands
    (``arity=None``) has a single rule, which returns a function of the operand's position, so that
    what they have in common is computed once. The notations have one ``{}`` an operand, or one for
    all if there may be any number; ``precedence`` and ``operand_precedence`` are those of text and
    LaTeX.
    """

    name: str
    array: Callable[..., Any]
    rules: tuple[Rule | int, ...] | Rule | int
    arity: int | None
    text: str
    latex: str
    python: str = ""
    """The op in Python, on floats: an operator, or functions of ``math``; a call of it without."""
    numpy: str = ""
    """The same on arrays, with functions of NumPy or of this package; a {setting} by its name."""
    precedence: int = Precedence.ATOM
    operand_precedence: tuple[int, ...] = ()
    """How tightly each operand must bind to stand without parentheses; () if none needs any."""
    branch: Callable[..., Any] | None = None
    """The discrete choice that the op makes (which side, which winner); None for a smooth op."""
    analytic: Callable[..., Any] | None = None
    """The forward on complex arrays, for the complex-step check; None where there is none."""
    doc: InitVar[str] = ""
    """The docstring of the op itself: formula, domain, ties and limits, an example."""
    slopes: tuple[Rule | float, Rule | float] | None = field(default=None, init=False)
    """The rules as the sweep takes them on plain floats; None for an op that it asks in general."""

    def __post_init__(self, doc: str) -> None:
        if self.name in REGISTRY:
            raise ValueError(f"an op named {self.name!r} is registered; choose another name")
        REGISTRY[self.name] = self
        if doc:
            self.__doc__ = inspect.cleandoc(doc)

    def __call__(self, *operands: Any, **attributes: Any) -> Any:
        """Compute on numbers and arrays, record on anything that records."""
        ready: Operands = operands
        for operand in operands:
            # What a rule is run on in a backward pass needs no questions.
            kind = type(operand)
            if kind is float or (kind is _ARRAY and operand.dtype is _FLOAT64):
                continue
            record = getattr(operand, "_record", None)
            if record is not None:
                return record(self, operands, attributes)
            ready = ()
        return self.compute(ready or [plain(one) for one in operands], attributes)

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def forward(self, *operands: Any, **attributes: Any) -> Any:
        """The op on plain numbers and arrays; a scalar result is a Python float."""
        return self.compute([plain(one) for one in operands], attributes)

    def compute(self, operands: Operands, attributes: Attributes) -> Any:
        """The same on operands that are what :func:`plain` makes of them."""
        if len(operands) != self.arity and self.arity is not None:
            raise DataError(
                f"{self.name} was given {len(operands)} operands; its number is {self.arity}"
            )
        try:
            result = self.array(*operands, **attributes)
        except (ValueError, IndexError, TypeError, OverflowError, MemoryError) as error:
            shapes = " and ".join(str(np.shape(array)) for array in operands)
            given = "".join(f", {name}={describe(value)}" for name, value in attributes.items())
            raise ShapeError(
                f"{self.name} cannot take operands of shape {shapes}{given}: {error}"
            ) from None
        return result if type(result) is _ARRAY and result.ndim else tidy(result)

    def rule(self, position: int) -> Rule | int:
        """The derivative rule of the operand at ``position``."""
        rules = self.rules
        if isinstance(rules, tuple):
            return rules[position]
        if not callable(rules):
            return rules
        return lambda *given, **attributes: rules(*given, **attributes)(position)

    def contribution(
        self, position: int, cotangent: Any, result: Any, operands: Operands, attributes: Attributes
    ) -> Any:
        """The cotangent that reaches one operand through this op; None for one that is always 0."""
        raise NotImplementedError

    def contributions(
        self, cotangent: Any, result: Any, operands: Operands, attributes: Attributes
    ) -> Callable[[int], Any]:
        """The same by position, of an op with any number of operands."""
        raise NotImplementedError


@dataclass(eq=False, repr=False, kw_only=True)
class Elementwise(Op):
    """An op that works on each element by itself, with broadcasting."""

    scalar: Callable[..., float]
    """The forward on Python floats."""
    domain: tuple[tuple[float, float], ...]
    """The interval from which the tests draw each operand."""
    kernel: str = ""
    """The forward on floats in compiled programs, to the last bit; without, they call ``scalar``.
    ``{0}`` is the first operand."""
    defines: str = ""
    """The function of the op's name that ``python`` calls, as source, where Python has none."""
    chooses: bool = False
    """Whether the op hands on one of its operands. Its rules are masks then, not 0 where theirs was
    chosen: what was not chosen receives 0, also of an infinite cotangent."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in ("rules", "chooses"):
            self.slopes = _slopes(self.rules, self.chooses)

    def compute(self, operands: Operands, attributes: Attributes) -> Any:
        """The op on plain numbers and arrays, broadcast.

        Python's own ``math.exp(800)`` and ``1.0 / 0.0`` raise. Here scalars behave as arrays do:
        the result is inf or nan, with NumPy's RuntimeWarning.
        """
        for operand in operands:
            if type(operand) is not float:
                break
        else:
            try:
                return float(self.scalar(*operands, **attributes))
            except (ArithmeticError, ValueError, TypeError):
                pass
        return Op.compute(self, operands, attributes)

    def partial(self, position: int, result: Any, operands: Operands) -> Any:
        """The partial derivative with respect to one operand, in what the operands are made of."""
        found = self._by_rule(position, result, operands)
        return plain(found) if isinstance(found, bool | np.ndarray) else found

    def _by_rule(self, position: int, result: Any, operands: Operands) -> Any:
        """The same, but of numbers a mask as truth values."""
        rule = self.rule(position)
        if not callable(rule):
            return rule
        try:
            return rule(result, *operands)
        except (ZeroDivisionError, OverflowError):
            # A rule on Python floats raises where NumPy has inf or nan.
            return self._by_numpy(rule, (result, *operands))

    def _by_numpy(self, rule: Rule, given: Operands) -> Any:
        try:
            return tidy(rule(*(np.float64(one) if type(one) is float else one for one in given)))
        except (ZeroDivisionError, OverflowError):
            # An op within the rule makes a Python float of every scalar, and none of an array.
            found = rule(*(np.array([one]) if type(one) is float else one for one in given))
            alone = not any(isinstance(one, np.ndarray) for one in given)
            return tidy(found[0]) if alone and isinstance(found, np.ndarray) else found

    def contribution(
        self, position: int, cotangent: Any, result: Any, operands: Operands, attributes: Attributes
    ) -> Any:
        """The cotangent times the partial derivative."""
        return self._handed_on(cotangent, self._by_rule(position, result, operands))

    def contributions(
        self, cotangent: Any, result: Any, operands: Operands, attributes: Attributes
    ) -> Callable[[int], Any]:
        """The same by position."""
        if not callable(self.rules):
            return lambda _: None
        partials = self.rules(result, *operands)
        return lambda position: self._handed_on(cotangent, partials(position))

    def _handed_on(self, cotangent: Any, partial: Any) -> Any:
        if isinstance(partial, int):  # also True and False
            return None if partial == 0 else cotangent if partial == 1 else -cotangent
        if self.chooses:
            where = REGISTRY["where"]
            if type(partial) is type(cotangent) is _ARRAY:
                return where.array(partial, cotangent, 0.0)
            return where(partial, cotangent, 0.0)
        if type(partial) is _ARRAY and getattr(cotangent, "dtype", None) is _FLOAT32:
            # As of where(x > 0, 1.0, 0.1), of which NumPy makes float64.
            partial = partial.astype(np.float32, copy=False)
        return cotangent * partial


def _slopes(
    rules: tuple[Rule | int, ...] | Rule | int, chooses: bool
) -> tuple[Rule | float, Rule | float] | None:
    """The rules of one operand or two for plain floats: functions, or the number they are.

    There are none for any other number of operands, nor where a partial is always 0, since an
    operand that receives nothing is not one that receives 0.
    """
    if not isinstance(rules, tuple) or len(rules) > 2 or 0 in rules:
        return None
    first, *second = (
        float(rule) if not callable(rule) else _chosen(rule) if chooses else rule for rule in rules
    )
    return first, second[0] if second else 0.0


class _Nothing(float):
    """The 0 of what was not chosen: a cotangent times it is 0, also an infinite one."""

    def __rmul__(self, other: float) -> float:
        return 0.0


_NOTHING = _Nothing()


def _chosen(rule: Rule) -> Rule:
    return lambda *given: 1.0 if rule(*given) else _NOTHING


@dataclass(eq=False, repr=False, kw_only=True)
class Structural(Op):
    """An op that moves, sums or contracts elements; its rules are vector-Jacobian products."""

    samples: tuple[Sample, ...]
    """Shapes and attributes with which the tests try the op."""
    on_objects: Callable[..., Any] | None = None
    """How the op is replayed on object arrays of scalar Values, where it is not by ``array``."""
    defaults: Attributes | None = None
    """What settings are where derived source, which calls a function of the op's name, gives none.
    A number stands for a pair, and a stride of None is the size."""
    linear: bool = True
    """Whether it is linear in each operand, but for a choice; a rounding is measured where not."""
    products: Callable[..., int] | None = None
    """How many scalar products a replay writes out; None for one a result's element."""

    def contribution(
        self, position: int, cotangent: Any, result: Any, operands: Operands, attributes: Attributes
    ) -> Any:
        """The vector-Jacobian product; an integer 0 as rule says that it is always 0."""
        rule = self.rule(position)
        return rule(cotangent, result, *operands, **attributes) if callable(rule) else None

    def contributions(
        self, cotangent: Any, result: Any, operands: Operands, attributes: Attributes
    ) -> Callable[[int], Any]:
        """The same by position."""
        assert callable(self.rules)
        by_position: Callable[[int], Any] = self.rules(cotangent, result, *operands, **attributes)
        return by_position


# How an op is declared: one call, in one place.
#
# :func:`elementwise` takes the partial derivative with respect to each operand, and
# :func:`structural` the vector-Jacobian product. Both enter the new op in the registry.


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
    python: str = "",
    numpy: str = "",
    kernel: str = "",
    defines: str = "",
    **rest: Any,
) -> Elementwise:
    """Declare an elementwise op; ``rest`` are the notations and other fields of :class:`Op`.

    ``partials`` has one entry an operand: a function of the output and the operands, or the integer
    1, -1 or 0. A single function stands for an op with one operand. For an op with any number of
    operands (``arity=None``) it returns a function of the position. ``domain`` is where the tests
    sample; ``analytic`` is False for an op that has no complex derivative, or the forward that the
    complex-step check shall use in place of ``array``. ``python`` and ``numpy`` need not be given
    where the forwards are functions of ``math`` and of NumPy, nor ``kernel`` where it is as
    ``python``.

    >>> from autograd_lite.op import REGISTRY
    >>> double = elementwise("double", scalar=lambda x: 2 * x, array=lambda x: 2 * x,
    ...                      partials=lambda y, x: 2.0, text="2·{}")
    >>> double(4.0)
    8.0
    >>> del REGISTRY["double"]
    """
    rules, count = _each(partials, arity)
    intervals: Any = domain if isinstance(domain[0], tuple) else (domain,) * (count or 1)
    python = python or _own_name(scalar, (math, builtins), count)
    return Elementwise(
        name=name,
        scalar=scalar,
        array=array,
        rules=rules,
        arity=count,
        domain=intervals,
        analytic=(array if analytic is True else analytic) or None,
        python=python,
        numpy=numpy or _own_name(array, (np,), count, "np."),
        kernel=kernel or ("" if defines or count is None else python),
        defines=defines,
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
    numpy: str = "",
    defaults: Attributes | None = None,
    **rest: Any,
) -> Structural:
    """Declare a structural op; ``rest`` are the notations and other fields of :class:`Structural`.

    ``vjps`` has one entry an operand: a function of the cotangent, the output and the operands,
    with the op's attributes as keywords, written in other ops. For an op with any number of
    operands (``arity=None``) it is a single function, which returns one of the position.

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
        numpy=numpy or ("" if defaults is None else f"{name}({_slots(count)})"),
        defaults=defaults,
        **_notation(name, count, **rest),
    )


def _each(rules: Rules, arity: int | None) -> tuple[Any, int | None]:
    """The rules, one an operand unless there may be any number, and the number of operands."""
    if arity is None:
        return rules, None
    each = rules if isinstance(rules, tuple) else (rules,)
    return each, len(each)


def _own_name(function: Any, modules: Sequence[Any], arity: int | None, prefix: str = "") -> str:
    """A call of a function by the name that it has in one of the modules; "" if it has none."""
    name = getattr(function, "__name__", "")
    known = any(getattr(module, name, None) is function for module in modules)
    return f"{prefix}{name}({_slots(arity)})" if known else ""


def _slots(arity: int | None) -> str:
    return ", ".join(["{}"] * (arity or 1))


def _notation(
    name: str, arity: int | None, text: str = "", latex: str = "", **rest: Any
) -> dict[str, Any]:
    """An op in text and LaTeX, a call of its name where nothing is given."""
    slots = _slots(arity)
    readable = name.replace("_", r"\_")
    return {
        "text": text or f"{name}({slots})",
        "latex": latex or r"\operatorname{" + readable + r"}\left(" + slots + r"\right)",
        **rest,
    }
