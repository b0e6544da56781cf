"""Operators of single numbers, on the shortest way: an op's forward on floats, and the node.

Nearly all of a scalar graph is made here. It is the ops' way without its questions: what is no
float, and what ``math`` refuses (1 / 0), goes through the op, which takes five times as long.
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.data import as_data
from autograd_lite.op import Elementwise
from autograd_lite.ops import elementwise, selection
from autograd_lite.recording import switches
from autograd_lite.value import SPARE, Value, next_number, result

_new = object.__new__


def _unary(op: Elementwise) -> Callable[[Value], Any]:
    """The method of an op with one operand."""
    forward = op.scalar

    def method(self: Value) -> Any:
        x = self._data
        if type(x) is float and not switches:
            try:
                return result(op, forward(x), self, None)
            except (ArithmeticError, ValueError):
                pass
        return op(self)

    return method


def _binary(op: Elementwise) -> Callable[[Value, Any], Any]:
    """The operator of an op with two operands."""
    forward = op.scalar

    def operator(self: Value, other: Any) -> Any:
        x, y = self._data, None
        if type(other) is Value:
            y = other._data
        elif type(other) is float:
            y = other
        elif type(other) is int:
            y = other = as_data(other)
        elif isinstance(other, Value):
            y = other._data
        if type(x) is type(y) is float and not switches:
            try:
                data = forward(x, y)
                node = SPARE.pop() if SPARE else _new(Value)
            except (ArithmeticError, ValueError, IndexError):
                return op(self, other)
            # As in result(); the call would cost a tenth of the time.
            node._data = data
            node._grad = None
            node.op = op
            node._a = self
            node._b = other
            node.number = next_number()
            return node
        return op(self, other)

    return operator


def _reflected(op: Elementwise) -> Callable[[Value, Any], Any]:
    """The operator of an op whose left operand is no Value."""
    forward = op.scalar

    def operator(self: Value, other: Any) -> Any:
        if type(other) is int:
            other = as_data(other)
        x = self._data
        if type(x) is type(other) is float and not switches:
            try:
                return result(op, forward(other, x), other, self)
            except (ArithmeticError, ValueError):
                pass
        return op(other, self)

    return operator


for _name, _op in {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "pow": elementwise.power,
}.items():
    setattr(Value, f"__{_name}__", _binary(_op))
    setattr(Value, f"__r{_name}__", _reflected(_op))

setattr(Value, "__neg__", _unary(elementwise.negative))  # noqa: B010 (mypy knows the other)
for _op in (
    *(elementwise.exp, elementwise.log, elementwise.sqrt, elementwise.sin, elementwise.cos),
    *(elementwise.tanh, elementwise.sigmoid, selection.relu, selection.abs_),
):
    setattr(Value, _op.name, _unary(_op))
