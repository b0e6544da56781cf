"""Truth: what a quantity of a derivation is, in each sense of its name, and how precisely."""

from collections.abc import Mapping
from functools import cached_property
from itertools import product
from typing import NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Derivative, Quantity, Updated, ValueOf, WeightStep
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.rounding import Rounded, rounding_of
from autograd_lite.data import describe, is_number
from autograd_lite.errors import ClaimError
from autograd_lite.expr.notation import short

# What is true, in each sense that a name may have.

_EPS = float(np.finfo(float).eps)


class Ends(NamedTuple):
    """What a single number is of: a value, or a derivative of one value by another.

    ``what`` is "value", "derivative" (over all paths), "local", "updated" or "step"; ``parent`` is
    "" but for derivatives.
    """

    what: str
    child: str
    parent: str = ""


class Expected(NamedTuple):
    """True numbers in the shape of the quantity, with the bounds of their rounding.

    ``ends`` says what each number is of, in reading order; ``sense`` how the name is understood,
    where it can be understood in two ways.
    """

    values: Array
    bounds: Array
    ends: list[Ends]
    sense: str = ""

    def __str__(self) -> str:
        return short(float(self.values)) if self.values.ndim == 0 else f"shape {self.values.shape}"


class Truth:
    """The true numbers of a graph. Each derivative comes from one descent from its child.

    ``unsure`` says by how much a leaf may differ from what the graph has, where the point itself is
    known from printed numbers only.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value(3.0, label="w")
    >>> graph = named_graph((w * w).named("E"))
    >>> truth = Truth(graph, Vocabulary(graph), learning_rate=0.5)
    >>> [float(expected.values) for expected in truth.expected(Updated("w"))]
    [0.0]
    """

    def __init__(
        self,
        graph: NamedGraph,
        vocabulary: Vocabulary,
        learning_rate: float | None = None,
        unsure: Mapping[str, float] | None = None,
    ) -> None:
        check_learning_rate(learning_rate)
        self.graph = graph
        self.learning_rate = learning_rate
        self._vocabulary = vocabulary
        self.unsure = unsure or {}
        self._descents: dict[str, dict[str, Rounded]] = {}

    def expected(self, quantity: Quantity) -> list[Expected]:
        """What the quantity is, in each sense. Raises ClaimError for a weight without update."""
        scalars = self._vocabulary.scalars
        match quantity:
            case ValueOf(of):
                return [self._each("value", scalars[of])]
            case Derivative(child, parent):
                return self._derivative(scalars[child], scalars[parent])
            case Updated(weight):
                return [self._each("updated", self._trained(weight))]
            case WeightStep(weight):
                return [self._each("step", self._trained(weight))]

    def number(self, ends: Ends) -> Rounded:
        """The true number of one quantity."""
        match ends:
            case Ends("value", name):
                return Rounded(self.graph.value(name), self._bounds[name])
            case Ends("derivative", child, parent):
                return self._descent(child).get(parent, Rounded(0.0))
            case Ends("local", child, parent):
                return self._local.get((child, parent), Rounded(0.0))
        weight, rate = ends.child, self.learning_rate
        assert rate is not None  # _trained has asked for it
        gradient = self._descent(self.graph.outputs[0]).get(weight, Rounded(0.0))
        step = gradient.times(Rounded(-rate))
        return step if ends.what == "step" else self.number(Ends("value", weight)).plus(step)

    def independence(self, quantity: Quantity) -> str:
        """Why a derivative is 0, if it is for want of a path; "" otherwise."""
        if not isinstance(quantity, Derivative):
            return ""
        child, parent = quantity.child, quantity.parent
        if self.depends(child, parent):
            return ""
        reason = f"{child} does not depend on {parent}"
        if not self.depends(parent, child):
            return reason
        turned = Derivative(parent, child)
        return f"{reason}; upside down? {turned} is {self.expected(turned)[0]}"

    def depends(self, child: str, parent: str) -> bool:
        """Whether there is a path from any of the parent's numbers to any of the child's."""
        parents = set(self._vocabulary.scalars[parent].flat)
        children = self._vocabulary.scalars[child].flat
        return any(not parents.isdisjoint(self._descent(one)) for one in children)

    def _derivative(self, child: Array, parent: Array) -> list[Expected]:
        """The total derivative, the local one if it is another, and both element by element."""
        total = self._each("derivative", child, parent)
        senses = [total]
        if any(pair in self._local for pair in product(child.flat, parent.flat)):
            local = self._each("local", child, parent)
            if not np.array_equal(local.values, total.values, equal_nan=True):
                senses = [
                    total._replace(sense=f"over all paths; the local derivative is {local}"),
                    local._replace(sense=f"the local derivative; over all paths it is {total}"),
                ]
        if child.shape == parent.shape != ():
            senses += [diagonal for one in senses if (diagonal := _diagonal(one)) is not None]
        return senses

    def is_part_of_a_gradient(self, expected: Expected) -> bool:
        """Whether it is the local derivative of the whole result by weights, which train by all."""
        ends = expected.ends
        elements, outputs = self.graph.elements, set(self.graph.outputs)
        return all(
            one.what == "local" and one.child in outputs and elements[one.parent].kind == "weight"
            for one in ends
        )

    def _each(self, what: str, *names: Array) -> Expected:
        """A number for each scalar, or for each pair of them, in the shapes one after the other."""
        shape = sum((array.shape for array in names), ())
        ends = [Ends(what, *scalars) for scalars in product(*(array.flat for array in names))]
        values, bounds = np.reshape([self.number(one) for one in ends], (-1, 2)).T
        return Expected(values.reshape(shape), bounds.reshape(shape), ends)

    def _trained(self, weight: str) -> Array:
        """The scalars of a weight that gradient descent changes; ClaimError where it does not."""
        scalars = self._vocabulary.scalars[weight]
        kind = self.graph.elements[scalars.flat[0]].kind
        if kind != "weight":
            was = "data" if kind == "data" else "computed"
            raise ClaimError(f"{weight} is {was}; gradient descent changes weights only")
        if len(self.graph.outputs) != 1:
            raise ClaimError(
                f"{self._vocabulary.root} has {len(self.graph.outputs)} elements; weights are "
                "updated by the gradient of a single number"
            )
        if self.learning_rate is None:
            raise ClaimError("an updated weight is checked with the learning rate; give it too")
        return scalars

    def _descent(self, child: str) -> dict[str, Rounded]:
        """The derivatives of a value by everything that it depends on."""
        if child not in self._descents:
            self._descents[child] = self.graph.descend(
                child,
                Rounded(1.0),
                along=lambda total, term: (
                    Rounded(0.0)
                    if term.unchosen
                    else total.times(self._local[term.child, term.parent])
                ),
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
                for term in self.graph.terms
            }

    @cached_property
    def _bounds(self) -> dict[str, float]:
        bounds: dict[str, float] = {}
        with np.errstate(all="ignore"):
            for name in self.graph.elements:  # in the order of computation
                own = self.unsure.get(name, 0.0) / _EPS
                bounds[name] = own + rounding_of(self.graph.definition(name), bounds)
        return bounds


def check_learning_rate(rate: float | None) -> None:
    """Raise ClaimError for what is given as learning rate and is no finite number.

    >>> check_learning_rate(0.1)
    """
    if not (rate is None or is_number(rate)):
        raise ClaimError(
            f"learning_rate={describe(rate)} is not a number; give the step size by which the "
            "weights were updated, such as 0.01"
        )


def _diagonal(jacobian: Expected) -> Expected | None:
    """A Jacobian element by element, as a σ′ is written; None if it is not diagonal."""
    shape = jacobian.values.shape[: jacobian.values.ndim // 2]
    size = int(np.prod(shape))
    values, bounds = (array.reshape(size, size) for array in jacobian[:2])
    if np.any(values[~np.eye(size, dtype=bool)]):
        return None
    return Expected(
        np.diag(values).reshape(shape),
        np.diag(bounds).reshape(shape),
        jacobian.ends[:: size + 1],
        "element by element",
    )
