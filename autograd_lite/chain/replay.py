"""The recorded program once more, with other data for its leaves."""

from collections.abc import Mapping
from typing import Any

from autograd_lite.engine import order
from autograd_lite.value import Value

__all__ = ["replay"]


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
