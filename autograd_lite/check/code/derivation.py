"""Hand-written code as a derivation: what each of its variables becomes is a claim.

This RUNS the user's code: once on traced arrays, for the formulas, and at random points on numbers.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Claim
from autograd_lite.check.code.arguments import Feed
from autograd_lite.check.code.events import Event, Run
from autograd_lite.check.code.watch import run_plain, watch
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.samples import Samples
from autograd_lite.check.names import Derivative, Quantity, Updated, ValueOf, Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.points import Points
from autograd_lite.errors import ClaimError

__all__ = ["CodeClaims", "code_claims", "forgotten_weights"]

_RANDOM_POINTS = 3
_EPS = float(np.finfo(float).eps)


class CodeClaims(NamedTuple):
    """The claims of a function, and what could not be followed in it."""

    claims: list[Claim]
    notes: list[str]


def code_claims(
    function: Callable[..., Any],
    graph: NamedGraph,
    vocabulary: Vocabulary,
    inputs: Any = None,
    learning_rate: float | None = None,
) -> CodeClaims:
    """Run a function on the quantities of the graph; each variable's last value is a claim.

    Raises ClaimError where the code fails, or a parameter is no quantity of the graph.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w, x = ag.Value(3.0, "w"), ag.Value(2.0, "x")
    >>> graph = named_graph(((w * x) ** 2).named("E"))
    >>> def backward(w, x):
    ...     dw = 2 * w * x
    >>> claim = code_claims(backward, graph, Vocabulary(graph)).claims[0]
    >>> claim.name, claim.given.formula
    ('dw', '2·w·x')
    """
    feed = Feed(function, vocabulary, Points(graph), inputs, learning_rate)
    still = {element.layer for element in graph.elements.values()} - feed.leaves
    points = Points(graph, _RANDOM_POINTS, still=still, keep_marks=True)
    runs = [_run(function, feed, points, number) for number in range(points.count)]
    first = runs[0]
    if any(_places(run) != _places(first) for run in runs):
        runs, points = runs[:1], Points(graph)
        first.notes.append("the code takes another way at other inputs: judged at these only")
    meaning = _Meaning(vocabulary, points)
    repeated = Counter((event.path, event.line) for event in first.events)
    claims = []
    for place in _last(first.events):
        event = first.events[place]
        values = np.array([np.asarray(run.events[place].value, float) for run in runs])
        in_loop = repeated[event.path, event.line] > 1
        samples = Samples(values, np.zeros(values.shape[1:]), _EPS, _formula(event), points=points)
        name, others = meaning.of(event.name, values, in_loop)
        claims.append(
            Claim(name=name, given=samples, line=event.line, where=event.text, others=others)
        )
    if not claims:
        called = getattr(function, "__name__", "the code")
        raise ClaimError(
            f"{called} assigns no number to a variable, so that there is nothing to check; give "
            "each quantity a variable of its own, also what is returned"
        )
    return CodeClaims(claims, first.notes)


def forgotten_weights(
    graph: NamedGraph, vocabulary: Vocabulary, findings: Iterable[Finding]
) -> list[str]:
    """A note on the weights of which the code computes no gradient, where it does of others."""
    told: set[str] = set()
    for finding in findings:
        for quantity in vocabulary.readings(finding.quantity) if finding.quantity else ():
            of_root = isinstance(quantity, Derivative) and quantity.child == vocabulary.root
            if of_root or isinstance(quantity, Updated):
                told.update(vocabulary.scalars[quantity.subject].flat)
    weights = [name for name, element in graph.elements.items() if element.kind == "weight"]
    forgotten = [name for name in weights if name not in told]
    if not forgotten or len(forgotten) == len(weights):
        return []
    shown = ", ".join(forgotten[:12]) + (", …" if len(forgotten) > 12 else "")
    return [f"no gradient is computed for {shown}: they keep their values"]


class _Meaning:
    """Which quantity a variable is: by its name or, if that says nothing, by its numbers."""

    def __init__(self, vocabulary: Vocabulary, points: Points) -> None:
        self._vocabulary, self._points = vocabulary, points

    def of(self, name: str, values: Array, in_loop: bool) -> tuple[str, tuple[str, ...]]:
        """The name to look up, and the quantity that the numbers are."""
        readings = self._vocabulary.readings(name)
        if not readings:
            return name, self._by_numbers(values)
        if in_loop and all(self._shape(one) != values.shape[1:] for one in readings):
            return f"{name} (one of several, in a loop)", ()
        updated = f"updated {name}"
        weights = self._points.graph.elements
        for one in readings:
            if isinstance(one, ValueOf):
                first = self._vocabulary.scalars[one.of].flat[0]
                changed = weights[first].kind == "weight"
                if changed and self._vocabulary.readings(updated):
                    return updated, ()
        return name, ()

    def _shape(self, quantity: Quantity) -> tuple[int, ...]:
        scalars = self._vocabulary.scalars
        shape: tuple[int, ...] = scalars[quantity.subject].shape
        if isinstance(quantity, Derivative):
            shape = scalars[quantity.child].shape + shape
        return shape

    def _by_numbers(self, values: Array) -> tuple[str, ...]:
        """The derivative of the result, or the value, that has these numbers at every point."""
        root = self._vocabulary.root
        if np.all(values == values[:1]):
            return ()  # a constant may be anything
        for name, scalars in self._vocabulary.scalars.items():
            if scalars.shape != values.shape[1:]:
                continue
            for quantity, rows in (
                (str(Derivative(root, name)), [self._total(one) for one in scalars.flat]),
                (name, [self._points.values[one] for one in scalars.flat]),
            ):
                true = np.transpose(rows).reshape(len(rows[0]), *scalars.shape)
                if np.any(true) and np.allclose(true[: len(values)], values, rtol=1e-9, atol=0):
                    return (quantity,)
        return ()

    def _total(self, name: str) -> Array:
        outputs = self._points.graph.outputs
        return sum((self._points.total(one, name) for one in outputs), np.zeros(self._points.count))


def _run(function: Callable[..., Any], feed: Feed, points: Points, number: int) -> Run:
    arguments, attributes = feed.at(points, number)
    if attributes:
        owner = copy.copy(feed.owner)
        vars(owner).update(attributes)
        function = getattr(owner, function.__name__)
    return watch(function, arguments) if number == 0 else run_plain(function, arguments)


def _places(run: Run) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(event.path, event.line, np.shape(event.value)) for event in run.events]


def _last(events: list[Event]) -> Iterator[int]:
    """The last event of each variable, in the order of the code."""
    last = {event.path: place for place, event in enumerate(events)}
    yield from sorted(last.values())


def _formula(event: Event) -> str:
    """The formula of a variable; of an array with several, that of its first changed element."""
    if event.formula is None:
        return event.text
    changed = np.argwhere(np.asarray(event.changed))
    formulas = [str(np.asarray(event.formula)[tuple(place)]) for place in changed]
    if len(set(formulas)) == 1:
        return formulas[0]
    index = ",".join(map(str, changed[0].tolist()))
    return f"[{index}] {formulas[0]}, …"
