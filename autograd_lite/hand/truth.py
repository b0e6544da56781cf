"""Truth: what a quantity of a derivation really is, in each sense that its name may have."""

from collections.abc import Callable
from functools import cached_property
from itertools import product
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.notation import short
from autograd_lite.chain.terms import NamedGraph
from autograd_lite.errors import ClaimError
from autograd_lite.hand.claims import Array
from autograd_lite.hand.names import Derivative, Quantity, Updated, ValueOf, Vocabulary
from autograd_lite.hand.rounding import Rounded, rounding_of

__all__ = ["Expected", "Truth"]


class Expected(NamedTuple):
    """True numbers in the shape of the quantity, with the bounds of their rounding.

    ``sense`` says how the name is understood, where it can be understood in two ways.
    """

    values: Array
    bounds: Array
    sense: str = ""

    def __str__(self) -> str:
        return short(float(self.values)) if self.values.ndim == 0 else f"shape {self.values.shape}"


class Truth:
    """The true numbers of a graph. Each derivative comes from one descent from its child.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.terms import named_graph
    >>> w = ag.Value(3.0, label="w")
    >>> graph = named_graph((w * w).named("E"))
    >>> truth = Truth(graph, Vocabulary(graph), learning_rate=0.5)
    >>> [float(expected.values) for expected in truth.expected(Updated("w"))]
    [0.0]
    """

    def __init__(
        self, graph: NamedGraph, vocabulary: Vocabulary, learning_rate: float | None = None
    ) -> None:
        self._graph = graph
        self._vocabulary = vocabulary
        self._learning_rate = learning_rate
        self._descents: dict[str, dict[str, Rounded]] = {}

    def expected(self, quantity: Quantity) -> list[Expected]:
        """What the quantity is, in each sense. Raises ClaimError for a weight without update."""
        scalars = self._vocabulary.scalars
        match quantity:
            case ValueOf(of):
                return [_each(self._value, scalars[of])]
            case Derivative(child, parent):
                return self._derivative(scalars[child], scalars[parent])
            case Updated(weight):
                rate = self._rate_for(weight)
                return [_each(lambda name: self._updated(name, rate), scalars[weight])]

    def independence(self, quantity: Quantity) -> str:
        """Why a derivative is 0, if it is for want of a path; "" otherwise."""
        if not isinstance(quantity, Derivative):
            return ""
        child, parent = quantity.child, quantity.parent
        if self._depends(child, parent):
            return ""
        reason = f"{child} does not depend on {parent}"
        if not self._depends(parent, child):
            return reason
        turned = Derivative(parent, child)
        return f"{reason}; upside down? {turned} is {self.expected(turned)[0]}"

    def _derivative(self, child: Array, parent: Array) -> list[Expected]:
        """The total derivative, the local one if it is another, and both element by element."""
        total = _each(self._total, child, parent)
        senses = [total]
        if any(pair in self._local for pair in product(child.flat, parent.flat)):
            local = _each(lambda *pair: self._local.get(pair, Rounded(0.0)), child, parent)
            if not np.array_equal(local.values, total.values, equal_nan=True):
                senses = [
                    total._replace(sense=f"over all paths; the local derivative is {local}"),
                    local._replace(sense=f"the local derivative; over all paths it is {total}"),
                ]
        if child.shape == parent.shape != ():
            senses += [diagonal for one in senses if (diagonal := _diagonal(one)) is not None]
        return senses

    def _depends(self, child: str, parent: str) -> bool:
        """Whether there is a path from any of the parent's numbers to any of the child's."""
        parents = set(self._vocabulary.scalars[parent].flat)
        children = self._vocabulary.scalars[child].flat
        return any(not parents.isdisjoint(self._descent(one)) for one in children)

    def _rate_for(self, weight: str) -> float:
        """The learning rate; ClaimError where there is no such update."""
        kind = self._graph.elements[self._vocabulary.scalars[weight].flat[0]].kind
        if kind != "weight":
            was = "data" if kind == "data" else "computed"
            raise ClaimError(f"{weight} is {was}; gradient descent changes weights only")
        if len(self._graph.outputs) != 1:
            raise ClaimError(
                f"{self._vocabulary.root} has {len(self._graph.outputs)} elements; weights are "
                "updated by the gradient of a single number"
            )
        if self._learning_rate is None:
            raise ClaimError("an updated weight is checked with the learning rate; give it too")
        return self._learning_rate

    def _value(self, name: str) -> Rounded:
        return Rounded(self._graph.value(name), self._bounds[name])

    def _total(self, child: str, parent: str) -> Rounded:
        return self._descent(child).get(parent, Rounded(0.0))

    def _updated(self, weight: str, learning_rate: float) -> Rounded:
        step = self._total(self._graph.outputs[0], weight).times(Rounded(-learning_rate))
        return self._value(weight).plus(step)

    def _descent(self, child: str) -> dict[str, Rounded]:
        """The derivatives of a value by everything that it depends on."""
        if child not in self._descents:
            self._descents[child] = self._graph.descend(
                child,
                Rounded(1.0),
                along=lambda total, term: total.times(self._local[term.child, term.parent]),
                join=Rounded.plus,
            )
        return self._descents[child]

    @cached_property
    def _local(self) -> dict[tuple[str, str], Rounded]:
        with np.errstate(all="ignore"):  # at a pole the bound is no number, and is left out
            return {
                (term.child, term.parent): Rounded(
                    term.value, rounding_of(term.expression, self._bounds)
                )
                for term in self._graph.terms
            }

    @cached_property
    def _bounds(self) -> dict[str, float]:
        bounds: dict[str, float] = {}
        with np.errstate(all="ignore"):
            for name in self._graph.elements:  # in the order of computation
                bounds[name] = rounding_of(self._graph.definition(name), bounds)
        return bounds


def _each(number: Callable[..., Rounded], *names: Array) -> Expected:
    """A number for each scalar, or for each pair of them, in the shapes one after the other."""
    shape = sum((array.shape for array in names), ())
    numbers = [number(*scalars) for scalars in product(*(array.flat for array in names))]
    values, bounds = np.reshape(numbers, (-1, 2)).T
    return Expected(values.reshape(shape), bounds.reshape(shape))


def _diagonal(jacobian: Expected) -> Expected | None:
    """A Jacobian element by element, as a σ′ is written; None if it is not diagonal."""
    shape = jacobian.values.shape[: jacobian.values.ndim // 2]
    size = int(np.prod(shape))
    values, bounds = (array.reshape(size, size) for array in jacobian[:2])
    if np.any(values[~np.eye(size, dtype=bool)]):
        return None
    return Expected(
        np.diag(values).reshape(shape), np.diag(bounds).reshape(shape), "element by element"
    )
