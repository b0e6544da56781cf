"""How each op on single numbers is written in Python: as an expression, or as a few lines.

Each does, to the last bit, what the op's own forward on floats does; an op that is not here is
called. The tests compare both for every op of the registry.
"""

from typing import NamedTuple

from autograd_lite.op import Op
from autograd_lite.ops import elementwise, selection

__all__ = ["ATOM", "BLOCKS", "FROM_MATH", "PRODUCT", "TEMPLATES", "Template"]

SUM, PRODUCT, SIGN, ATOM = range(1, 5)
"""How tightly an expression binds in Python."""

FROM_MATH = ("cos", "exp", "inf", "log", "nan", "pow", "sin", "sqrt", "tanh")
"""What the source takes from Python's ``math``."""


class Template(NamedTuple):
    """An expression with a place for each operand, and how tightly each operand has to bind."""

    text: str
    level: int = ATOM
    operands: tuple[int, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether an operand occurs twice, so that it has to be a name."""
        return any(self.text.count(f"{{{place}}}") > 1 for place in range(3))


def _call(name: str) -> Template:
    return Template(f"{name}({{0}})")


def _comparison(symbol: str) -> Template:
    return Template(f"(1.0 if {{0}} {symbol} {{1}} else 0.0)")


# a + (b + c) is not (a + b) + c: a right operand of the same kind keeps its parentheses.
TEMPLATES: dict[Op, Template] = {
    elementwise.add: Template("{0} + {1}", SUM, (SUM, PRODUCT)),
    elementwise.subtract: Template("{0} - {1}", SUM, (SUM, PRODUCT)),
    elementwise.multiply: Template("{0} * {1}", PRODUCT, (PRODUCT, SIGN)),
    elementwise.divide: Template("{0} / {1}", PRODUCT, (PRODUCT, SIGN)),
    elementwise.negative: Template("-{0}", SIGN, (SIGN,)),
    elementwise.power: Template("pow({0}, {1})"),
    elementwise.exp: _call("exp"),
    elementwise.log: _call("log"),
    elementwise.sqrt: _call("sqrt"),
    elementwise.sin: _call("sin"),
    elementwise.cos: _call("cos"),
    elementwise.tanh: _call("tanh"),
    selection.abs_: _call("abs"),
    selection.greater: _comparison(">"),
    selection.greater_equal: _comparison(">="),
    selection.less: _comparison("<"),
    selection.less_equal: _comparison("<="),
    selection.equal: _comparison("=="),
    selection.sign: Template("(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else {0} + 0.0)"),
    selection.relu: Template("({0} if {0} > 0.0 or {0} != {0} else 0.0)"),
    selection.maximum: Template("({0} if {0} >= {1} or {0} != {0} else {1})"),
    selection.minimum: Template("({0} if {0} <= {1} or {0} != {0} else {1})"),
    selection.where: Template("({1} if {0} else {2})"),
}

BLOCKS: dict[Op, tuple[str, ...]] = {
    elementwise.sigmoid: (
        "if {0} >= 0.0:",
        "    {y} = 1.0 / (1.0 + exp(-{0}))",
        "else:",
        "    {y} = exp({0})",
        "    {y} = {y} / (1.0 + {y})",
    ),
}
"""Ops that take a few lines, of which the last name assigned is ``y``."""
