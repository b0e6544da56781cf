"""The recorded program once more, with other data for its leaves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_lite.chain.expand import Element
from autograd_lite.engine import order
from autograd_lite.errors import GraphError
from autograd_lite.ops.elementwise import power
from autograd_lite.value import Value

__all__ = ["check_exponent", "replay"]


def check_exponent(node: Value, names: Mapping[Value, Element] = MappingProxyType({})) -> None:
    """Refuse a power whose exponent is a Value and 0.

    The rule of a power asks whether the exponent is 0, and is another formula then; what is kept of
    it for other numbers would be wrong there.

    >>> from autograd_lite import Value
    >>> check_exponent(Value(3.0) ** Value(2.0, "n"))
    """
    if node.op is not power:
        return
    exponent = node.operands[-1]
    if isinstance(exponent, Value) and np.any(exponent._data == 0):
        name = names[exponent].name if exponent in names else exponent.describe()
        raise GraphError(
            f"the exponent {name} is 0, where the derivative of a power has "
            "another formula than elsewhere; record the graph at another number"
        )


def replay(root: Value, data: Mapping[Value, Any], names: Mapping[Value, str]) -> Value:
    """Compute ``root`` anew from ``data``; a leaf that is not among them keeps its own.

    The new values are labelled by ``names``, or as the old ones were. What a Python ``if`` decided
    when the program was recorded stays decided; what an op chooses (relu, max) is chosen anew.

    >>> import autograd_lite as ag
    >>> x = ag.Value(3.0, label="x")
    >>> y = (x * x).named("y")
    >>> replay(y, {x: 5.0}, {})
    Value(25.0, label='y')
    """
    made: dict[Value, Value] = {}
    for node in order(root):
        label = names.get(node, node.label)
        if node.op is None:
            made[node] = type(node)(data.get(node, node._data), label, node.names)
        else:
            operands = [made[part] if isinstance(part, Value) else part for part in node.operands]
            made[node] = node.op(*operands, **node.attributes).named(label, node.names)
    return made[root]
