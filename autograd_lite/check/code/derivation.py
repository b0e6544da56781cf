"""Hand-written code as a derivation: what each of its variables becomes is a claim.

This RUNS the user's code: once on traced arrays, for the formulas, and at random points on numbers.
"""

import copy
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Claim, Derivative, Quantity, Updated, ValueOf
from autograd_lite.check.code.run import Event, Run, run_plain, watch
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.samples import Samples
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import key
from autograd_lite.check.truth.points import Points
from autograd_lite.errors import ClaimError

# What a hand-written function is given: the quantities of the graph, here and at random points.
#
# A parameter is fed by its name, or an argument is recognised by its numbers.

_RATES = {"lr", "learningrate", "eta", "alpha", "stepsize", "rate"}


class _Place(NamedTuple):
    """Where in the arguments an array stands that is a quantity of the graph."""

    path: tuple[Any, ...]
    names: Array
    shape: tuple[int, ...]


class Feed:
    """The arguments of a function, and which quantities of the graph stand in them.

    Raises ClaimError for a parameter without default that is no quantity of the graph.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> graph = named_graph((ag.Value(3.0, "w") * ag.Value(2.0, "x")).named("y"))
    >>> feed = Feed(lambda w, x: w * x, Vocabulary(graph), Points(graph), None, None)
    >>> feed.arguments, sorted(feed.leaves)
    ({'w': 3.0, 'x': 2.0}, ['w', 'x'])
    """

    def __init__(
        self,
        function: Callable[..., Any],
        vocabulary: Vocabulary,
        here: Points,
        inputs: Any,
        learning_rate: float | None,
    ) -> None:
        self._vocabulary, self._here = vocabulary, here
        self._rate = learning_rate
        self.owner = getattr(function, "__self__", None)
        signature = _signature(function)
        self._places: list[_Place] = []
        self.arguments: dict[str, Any] = (
            self._by_name(signature) if inputs is None else _bound(signature, inputs)
        )
        if inputs is not None:
            for name, value in self.arguments.items():
                self._places += self._recognised((name,), value)
        if self.owner is not None and not inspect.isclass(self.owner):
            for name, value in vars(self.owner).items():
                self._places += self._recognised((_OWNER, name), value)

    @property
    def leaves(self) -> set[str]:
        """The arrays of the graph whose elements are fed."""
        elements = self._here.graph.elements
        return {elements[name].layer for place in self._places for name in place.names.flat}

    def at(self, points: Points, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The arguments at one of the points, and the attributes of the object."""
        arguments = dict(self.arguments)
        attributes: dict[str, Any] = {}
        for place in self._places:
            values = np.array([points.values[name][number] for name in place.names.flat])
            fed = values.reshape(place.shape) if place.shape else float(values[0])
            first, *rest = place.path
            if first is _OWNER:
                first, *rest = rest
                whole = attributes.get(first, getattr(self.owner, first))
                attributes[first] = _replaced(whole, rest, fed)
            else:
                arguments[first] = _replaced(arguments[first], rest, fed)
        return arguments, attributes

    def _by_name(self, signature: inspect.Signature) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for name, parameter in signature.parameters.items():
            if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
                continue
            readings = [one for one in self._vocabulary.readings(name) if isinstance(one, ValueOf)]
            if len(readings) == 1:
                names = self._vocabulary.scalars[readings[0].of]
                self._places.append(_Place((name,), names, names.shape))
                arguments[name] = self._numbers(names)
            elif parameter.default is not parameter.empty:
                continue
            elif key(name).casefold() in _RATES and self._rate is not None:
                arguments[name] = self._rate
            else:
                nearest = ", ".join(self._vocabulary.nearest(name))
                raise ClaimError(
                    f"the parameter {name!r} is no quantity of the graph"
                    + (f" (nearest: {nearest})" if nearest else "")
                    + "; give what it stands for with names={...}, or all arguments with inputs="
                )
        return arguments

    def _numbers(self, names: Array) -> Any:
        values = [self._here.values[name][0] for name in names.flat]
        return np.array(values).reshape(names.shape) if names.shape else float(values[0])

    def _recognised(self, path: tuple[Any, ...], value: Any) -> Iterator[_Place]:
        """Which parts of an argument are quantities of the graph, by name or by their numbers."""
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from self._recognised((*path, name), inner)
        elif isinstance(value, tuple | list):
            for place, inner in enumerate(value):
                yield from self._recognised((*path, place), inner)
        elif isinstance(value, np.ndarray | float) and np.asarray(value).dtype.kind == "f":
            names = self._named_so(path[-1], np.asarray(value))
            if names is not None:
                yield _Place(path, names, np.shape(value))

    def _named_so(self, word: Any, value: Array) -> Array | None:
        """The quantity that an array is; a single number is called so, or was computed."""
        scalars, elements = self._vocabulary.scalars, self._here.graph.elements
        called, others = [], list(scalars.values())
        if isinstance(word, str):
            if key(word).casefold() in _RATES:
                return None
            readings = self._vocabulary.readings(word)
            called = [scalars[one.of] for one in readings if isinstance(one, ValueOf)]
        if value.size == 1:
            others = [
                one for one in others if one.size == 1 and elements[one.flat[0]].kind == "value"
            ]
        for names in [*called, *others]:
            if names.size == value.size and value.size:
                numbers = np.array([self._here.values[name][0] for name in names.flat])
                if np.allclose(numbers, value.ravel(), rtol=1e-9, atol=0) and np.any(value):
                    return names
        return None


_OWNER = object()


def learning_rate_of(function: Callable[..., Any], inputs: Any = None) -> float | None:
    """The step size that a function is given, by default or as attribute; None if it has none.

    >>> def step(w, lr=0.1): ...
    >>> learning_rate_of(step)
    0.1
    """
    found = {name: parameter.default for name, parameter in _signature(function).parameters.items()}
    found |= vars(getattr(function, "__self__", None)) if _has_state(function) else {}
    found |= _bound(_signature(function), inputs) if inputs is not None else {}
    for name, value in found.items():
        if key(name).casefold() in _RATES and isinstance(value, float):
            return value
    return None


def _has_state(function: Callable[..., Any]) -> bool:
    return hasattr(getattr(function, "__self__", None), "__dict__") and not inspect.isclass(
        getattr(function, "__self__", None)
    )


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise ClaimError(
            f"{function!r} cannot be called: {error}; give a Python function"
        ) from None


def _bound(signature: inspect.Signature, inputs: Any) -> dict[str, Any]:
    """Arguments by name, from a mapping or a sequence."""
    given = inputs if isinstance(inputs, Mapping | tuple | list) else (inputs,)
    try:
        bound = signature.bind(**given) if isinstance(given, Mapping) else signature.bind(*given)
    except TypeError as error:
        raise ClaimError(f"inputs= do not fit the function: {error}") from None
    return dict(bound.arguments)


def _replaced(value: Any, path: list[Any], fed: Any) -> Any:
    """A nested argument with another array in one of its places."""
    if not path:
        return fed
    first, *rest = path
    if isinstance(value, dict):
        return {**value, first: _replaced(value[first], rest, fed)}
    items = list(value)
    items[first] = _replaced(items[first], rest, fed)
    return type(value)(items) if not hasattr(value, "_fields") else type(value)(*items)


# The learning rate of code that updates weights, if it is nowhere given.


def rate_of_updates(claims: Sequence[Claim], vocabulary: Vocabulary) -> float | None:
    """The one number by which code multiplies a gradient before it subtracts it from its weight.

    The gradient is that of the code, or the true one. None where there is no such number.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> graph = named_graph((ag.Value(3.0, "w") ** 2).named("E"))
    >>> vocabulary = Vocabulary(graph)
    >>> def step(w):
    ...     w = w - 0.25 * (2 * w)
    >>> rate_of_updates(code_claims(step, graph, vocabulary).claims, vocabulary)
    0.25
    """
    for claim in claims:
        for quantity in vocabulary.readings(claim.name):
            if isinstance(quantity, Updated) and isinstance(claim.given, Samples):
                for before, gradient in _pairs(claims, vocabulary, quantity, claim.given):
                    rate = _ratio(before - claim.given.values, gradient)
                    if rate > 0:
                        return float(f"{rate:.12g}")
    return None


def _pairs(
    claims: Sequence[Claim], vocabulary: Vocabulary, updated: Updated, after: Samples
) -> Iterator[tuple[Array, Array]]:
    """The weight before the step, and each gradient that may have been subtracted from it."""
    points, names = after.points, vocabulary.scalars[updated.weight]
    if points is None:
        return
    root = points.graph.outputs[0]
    before = np.transpose([points.values[name] for name in names.flat]).reshape(after.values.shape)
    wanted = Derivative(vocabulary.root, updated.weight)
    for claim in claims:
        if isinstance(claim.given, Samples) and wanted in vocabulary.readings(claim.name):
            yield before, claim.given.values
    true = np.transpose([points.total(root, name) for name in names.flat])
    yield before, true.reshape(before.shape)


def _ratio(step: Array, gradient: Array) -> float:
    """The factor between two arrays; 0 if there is none."""
    size = float(np.vdot(gradient, gradient)) if step.shape == gradient.shape else 0.0
    rate = float(np.vdot(gradient, step)) / size if size else 0.0
    return rate if np.allclose(step, rate * gradient, rtol=1e-9, atol=0) else 0.0


# The claims that the variables of a run make.

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
