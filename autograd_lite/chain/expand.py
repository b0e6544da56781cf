"""A tensor graph as a graph of scalars: the recorded ops, replayed on object arrays of Values.

NumPy itself writes out every product and sum, so no op needs a second set of rules.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.chain.labels import element_names
from autograd_lite.engine import order
from autograd_lite.errors import GraphTooLargeError
from autograd_lite.op import Elementwise, Structural
from autograd_lite.ops.elementwise import identity
from autograd_lite.value import Constant, Value

__all__ = ["Element", "Expansion", "expand", "kind_of"]


def kind_of(node: Value) -> str:
    """What a value is: "data" for a Constant, "weight" for another leaf, "value" if computed.

    >>> kind_of(Constant(1.0)), kind_of(Value(1.0)), kind_of(Value(1.0) + 1)
    ('data', 'weight', 'value')
    """
    if node.op is not None:
        return "value"
    return "data" if isinstance(node, Constant) else "weight"


@dataclass(frozen=True)
class Element:
    """What a named scalar is: an element of a tensor, or a scalar of the program."""

    name: str
    layer: str
    """The name of the tensor, or the scalar's own."""
    index: tuple[int, ...]
    kind: str
    """See :func:`kind_of`."""
    tensor: Value


@dataclass
class Expansion:
    """The scalar graph: its outputs, and which of its values have a name."""

    outputs: list[Value] = field(default_factory=list)
    elements: dict[Value, Element] = field(default_factory=dict)


def expand(root: Value, names: dict[Value, str], limit: int = 100_000) -> Expansion:
    """Replay everything that ``root`` was computed from, on scalars.

    ``names`` says which values are named; their elements are named in the expansion. Raises
    GraphTooLargeError before more than about ``limit`` scalars would be made.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0])
    >>> y = (w * w).sum()
    >>> [element.name for element in expand(y, {w: "w", y: "y"}).elements.values()]
    ['w[0]', 'w[1]', 'y']
    """
    nodes = order(root)
    size = sum(_scalars(node) for node in nodes)
    if size > limit:
        raise GraphTooLargeError(
            f"the graph of {root.describe()} expands to about {size:,} scalars, more than the "
            f"limit of {limit:,}; look at a smaller input, at a single element or sample, "
            "or at the tensor level"
        )
    expansion = Expansion()
    labels = element_names(names)
    replayed: dict[Value, Any] = {}
    for node in nodes:
        scalars = _replay(node, replayed)
        if node in names:
            passed = {id(one) for parent in node.parents for one in _flat(replayed[parent])}
            flat = [_own(scalar, passed) for scalar in _flat(scalars)]
            scalars = _array(flat, node.shape)
            expansion.elements |= dict(
                zip(flat, _elements(node, names[node], labels[node]), strict=True)
            )
        _set_data(scalars, node)
        replayed[node] = scalars
    expansion.outputs = _flat(replayed[root])
    return expansion


def _scalars(node: Value) -> int:
    if isinstance(node.op, Structural) and node.op.products is not None:
        data = [part._data if isinstance(part, Value) else part for part in node.operands]
        return 2 * node.op.products(node._data, *data, **node.attributes)
    return node.size


def _replay(node: Value, replayed: dict[Value, Any]) -> Any:
    """The scalars of a leaf, or what the op makes of scalars in place of numbers."""
    op = node.op
    if op is None:
        # Data take part like weights: a derivation may ask for dE/dX.
        return _array([Value(number) for number in np.ravel(node._data).tolist()], node.shape)
    operands = [replayed[part] if isinstance(part, Value) else part for part in node.operands]
    if isinstance(op, Elementwise) and not node.shape:
        return op(*operands)
    boxed = [_boxed(operand) for operand in operands]
    if isinstance(op, Elementwise):
        return np.frompyfunc(op, len(boxed), 1)(*boxed)
    assert isinstance(op, Structural)
    result = (op.on_objects or op.array)(*boxed, **node.attributes)
    return result.item() if isinstance(result, np.ndarray) and not result.shape else result


def _boxed(operand: Any) -> Any:
    """An operand as an object array, which NumPy fills and sums with Python's own operators."""
    if isinstance(operand, np.ndarray):
        return operand.astype(object)
    box = np.empty((), object)
    box[()] = operand
    return box


def _array(scalars: Sequence[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return scalars[0]
    array = np.empty(len(scalars), object)
    array[:] = scalars
    return array.reshape(shape)


def _flat(scalars: Any) -> list[Any]:
    return scalars.ravel().tolist() if isinstance(scalars, np.ndarray) else [scalars]


def _own(scalar: Any, passed: Collection[int]) -> Value:
    """A scalar that belongs to one named value alone.

    What an op passes on unchanged is its operand's: what else is computed from that does not
    depend on the named value. A plain number, such as padding, is nobody's.
    """
    if not isinstance(scalar, Value):
        return Value(float(scalar))
    return identity(scalar) if id(scalar) in passed else scalar


def _elements(node: Value, name: str, labels: Sequence[str]) -> Iterator[Element]:
    kind = kind_of(node)
    for label, index in zip(labels, np.ndindex(node.shape), strict=True):
        yield Element(label, name, index, kind, node)


def _set_data(scalars: Any, node: Value) -> None:
    """Give the scalars the program's own numbers: NumPy may have summed in another order."""
    for scalar, number in zip(_flat(scalars), np.ravel(node._data).tolist(), strict=True):
        if isinstance(scalar, Value):
            scalar._data = number
