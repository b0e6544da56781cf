"""Hand-written code as a derivation: what each of its variables becomes is a claim.

This RUNS the user's code: once on traced arrays, for the formulas, and at random points on numbers.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Claim, Derivative, Updated, ValueOf
from autograd_lite.check.code.borrowed import outside
from autograd_lite.check.code.kept import holder_of, kind_of, weight_called
from autograd_lite.check.code.meaning import Meaning
from autograd_lite.check.code.run import Event, Run, run_plain, watch
from autograd_lite.check.code.steps import factor_of
from autograd_lite.check.code.variables import is_own
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.samples import Samples
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import is_rate_of_code
from autograd_lite.check.truth.points import Points, Printed, moved
from autograd_lite.errors import ClaimError

# What a hand-written function is given: the quantities of the graph, here and at random points.
#
# A parameter is fed by its name, or an argument is recognised by its numbers.


class _Place(NamedTuple):
    """Where in the arguments an array stands that is a quantity of the graph."""

    path: tuple[Any, ...]
    names: Array
    shape: tuple[int, ...]
    text: str = ""
    """How the code spells it."""


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
        given = {} if inputs is None else _bound(signature, inputs)
        self.arguments: dict[str, Any] = given | self._by_name(signature, given)
        for name, value in given.items():
            self._places.extend(self._recognised((name,), value, name))
        if _has_state(function):
            self._places.extend(self._recognised(("self",), self.owner, "self"))
        for name, value in outside(_inner(function), self.owner).items():
            if not isinstance(value, float):
                self._places.extend(self._recognised((name,), value, name))

    @property
    def leaves(self) -> set[str]:
        """The arrays of the graph whose elements are fed."""
        elements = self._here.graph.elements
        return {elements[name].layer for place in self._places for name in place.names.flat}

    @property
    def weights(self) -> dict[str, str]:
        """The weights that are fed, by how the code spells what holds them."""
        vocabulary = self._vocabulary
        weights: dict[tuple[str, ...], str] = {}
        for name, names in vocabulary.scalars.items():
            if vocabulary.is_weight(name):
                weights.setdefault(tuple(names.flat), name)
        found = {}
        for place in self._places:
            if weight := weights.get(tuple(place.names.flat), ""):
                own = weight_called(holder_of(place.text)[1], vocabulary)
                is_it = own and tuple(vocabulary.scalars[own].flat) == tuple(place.names.flat)
                found[place.text] = own if is_it else weight
        return found

    def at(self, points: Points, number: int) -> dict[str, Any]:
        """What is fed at one of the points, by how the code spells it."""
        fed: dict[str, Any] = {}
        for place in self._places:
            values = np.array([points.values[name][number] for name in place.names.flat])
            fed[place.text] = values.reshape(place.shape) if place.shape else float(values[0])
        return fed

    def _by_name(self, signature: inspect.Signature, given: Collection[str]) -> dict[str, Any]:
        """What is not given, by the names of the parameters."""
        arguments: dict[str, Any] = {}
        for name, parameter in signature.parameters.items():
            star = parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
            if star or name in given:
                continue
            readings = [one for one in self._vocabulary.readings(name) if isinstance(one, ValueOf)]
            if len(readings) == 1:
                names = self._vocabulary.scalars[readings[0].of]
                self._places.append(_Place((name,), names, names.shape, name))
                arguments[name] = self._numbers(names)
            elif parameter.default is not parameter.empty:
                continue
            elif is_rate_of_code(name) and self._rate is not None:
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

    def _recognised(self, path: tuple[Any, ...], value: Any, text: str) -> Iterator[_Place]:
        """Which parts of an argument are quantities of the graph, by name or by their numbers."""
        if len(path) > _DEEPEST:
            return
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from self._recognised((*path, name), inner, f"{text}[{name!r}]")
        elif isinstance(value, tuple | list):
            for place, inner in enumerate(value):
                yield from self._recognised((*path, place), inner, f"{text}[{place}]")
        elif is_own(value):
            for name, inner in vars(value).items():
                yield from self._recognised((*path, name), inner, f"{text}.{name}")
        elif isinstance(value, np.ndarray | float) and np.asarray(value).dtype.kind == "f":
            words = [one for one in path if isinstance(one, str)]
            names = self._named_so(words[-1] if words else path[-1], np.asarray(value))
            if names is not None:
                yield _Place(path, names, np.shape(value), text)

    def _named_so(self, word: Any, value: Array) -> Array | None:
        """The quantity that an array is; a single number is called so, or was computed.

        Of several with these numbers it is the one that is called so, or the first that is nowhere
        yet. Zeros are the biases of their shape where they are called as biases.
        """
        scalars, elements = self._vocabulary.scalars, self._here.graph.elements
        called, others = [], list(scalars.values())
        if isinstance(word, str):
            if is_rate_of_code(word):
                return None
            readings = self._vocabulary.readings(word)
            called = [scalars[one.of] for one in readings if isinstance(one, ValueOf)]
        if value.size == 1:
            others = [
                one for one in others if one.size == 1 and elements[one.flat[0]].kind == "value"
            ]
        if not np.any(value):
            others = [one for one in others if elements[one.flat[0]].kind == "weight"]
            others = others if isinstance(word, str) and kind_of(word) == "bias" else []
        fitting = [one for one in (*called, *others) if self._fits(one, value)]
        taken = {tuple(place.names.flat) for place in self._places}
        free = [one for one in fitting if tuple(one.flat) not in taken]
        named = [one for one in called if self._fits(one, value)]
        return next(iter([*named, *free, *fitting]), None)

    def _fits(self, names: Array, value: Array) -> bool:
        if names.size != value.size or not value.size:
            return False
        numbers = np.array([self._here.values[name][0] for name in names.flat])
        return bool(np.allclose(numbers, value.ravel(), rtol=1e-9, atol=0))


_DEEPEST = 6


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
        if is_rate_of_code(name) and isinstance(value, float):
            return value
    return None


def _has_state(function: Callable[..., Any]) -> bool:
    return hasattr(getattr(function, "__self__", None), "__dict__") and not inspect.isclass(
        getattr(function, "__self__", None)
    )


def _inner(function: Callable[..., Any]) -> Any:
    """The Python function that is run."""
    given: Any = function
    if not isinstance(given, FunctionType | MethodType) and not hasattr(given, "__wrapped__"):
        given = getattr(given, "__call__", given)  # noqa: B004  (an object's own)
    return inspect.unwrap(getattr(given, "__func__", given))


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
        bound = (
            signature.bind_partial(**given)
            if isinstance(given, Mapping)
            else signature.bind(*given)
        )
    except TypeError as error:
        raise ClaimError(f"inputs= do not fit the function: {error}") from None
    return dict(bound.arguments)


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
        meant = [claim.quantity] if claim.quantity else vocabulary.readings(claim.name)
        for quantity in meant:
            if isinstance(quantity, Updated) and isinstance(claim.given, Samples):
                for before, gradient in _pairs(claims, vocabulary, quantity, claim.given):
                    if rate := factor_of(before - claim.given.values, gradient):
                        return float(f"{abs(rate):.12g}")  # uphill it is wrong, by any of them
    return None


def _pairs(
    claims: Sequence[Claim], vocabulary: Vocabulary, updated: Updated, after: Samples
) -> Iterator[tuple[Array, Array]]:
    """The weight before the step, and each gradient that may have been subtracted from it."""
    points, names = after.points, vocabulary.scalars[updated.weight]
    if points is None:
        return
    root = points.graph.outputs[0]
    if after.values[0].size != names.size:
        return
    before = np.transpose([points.values[name] for name in names.flat]).reshape(after.values.shape)
    wanted = Derivative(vocabulary.root, updated.weight)
    for claim in claims:
        meant = [claim.quantity] if claim.quantity else vocabulary.readings(claim.name)
        if isinstance(claim.given, Samples) and wanted in meant:
            yield before, claim.given.values
    true = np.transpose([points.total(root, name) for name in names.flat])
    yield before, true.reshape(before.shape)


# The claims that the variables of a run make.

_RANDOM_POINTS = 3
_EPS = float(np.finfo(float).eps)
_MOST_PASSES = 3
"""So many passes of a loop are judged."""


class CodePass(NamedTuple):
    """The claims of one pass, and the graph at the weights with which it begins."""

    graph: NamedGraph
    claims: list[Claim]


class CodeClaims(NamedTuple):
    """What the variables of code claim, pass by pass, and notes on what could not be followed."""

    passes: list[CodePass]
    notes: list[str]

    @property
    def claims(self) -> list[Claim]:
        """Those of the first pass."""
        return self.passes[0].claims


def code_claims(
    function: Callable[..., Any],
    graph: NamedGraph,
    vocabulary: Vocabulary,
    inputs: Any = None,
    learning_rate: float | None = None,
) -> CodeClaims:
    """Run a function on the quantities of the graph; each variable is a claim, in each pass.

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
    meaning = Meaning(vocabulary, points, feed.weights, runs, learning_rate)
    passes: dict[int, CodePass] = {}
    for place, number, claim in meaning.claims():
        if number >= _MOST_PASSES:
            note = f"the code goes on after {_MOST_PASSES} passes: judged up to there"
            first.notes.extend([note] if note not in first.notes else [])
            continue
        if number not in passes:
            passes[number] = CodePass(_at_weights(graph, vocabulary, meaning, number), [])
        event, values = meaning.events[place], meaning.values[place]
        there = points if not number else Points(passes[number].graph)
        values = values if not number else values[:1]
        given = Samples(values, np.zeros(values.shape[1:]), _EPS, _formula(event), points=there)
        said = replace(claim, given=given, line=event.line, where=event.text)
        passes[number].claims.append(said)
    if not passes:
        called = getattr(function, "__name__", "the code")
        raise ClaimError(
            f"{called} assigns no number to a variable, so that there is nothing to check; give "
            "each quantity a variable of its own, also what is returned"
        )
    return CodeClaims([passes[number] for number in sorted(passes)], first.notes)


def _at_weights(
    graph: NamedGraph, vocabulary: Vocabulary, meaning: Meaning, number: int
) -> NamedGraph:
    """The graph at the weights with which a pass begins."""
    leaves = {
        name: Printed(float(value), 0.0)
        for weight, values in meaning.weights_before(number).items()
        for name, value in zip(vocabulary.scalars[weight].flat, values.flat, strict=True)
    }
    return moved(graph, leaves)[0] if number and leaves else graph


def untold_weights(
    graph: NamedGraph, vocabulary: Vocabulary, findings: Iterable[Finding]
) -> tuple[str, ...]:
    """The weights of which code gives no gradient: neither that nor the weight after a step."""
    told: set[str] = set()
    for finding in findings:
        for quantity in vocabulary.readings(finding.quantity) if finding.quantity else ():
            of_root = isinstance(quantity, Derivative) and quantity.child == vocabulary.root
            if of_root or isinstance(quantity, Updated):
                told.update(vocabulary.scalars[quantity.subject].flat)
    untold: dict[str, list[str]] = {}
    for name, element in graph.elements.items():
        if element.kind == "weight" and name not in told:
            untold.setdefault(element.layer, []).append(name)
    return tuple(
        one
        for layer, names in untold.items()
        for one in ([layer] if len(names) == vocabulary.scalars[layer].size else names)
    )


def note_on_untold(weights: Sequence[str]) -> list[str]:
    """The sentence on the weights of which code gives no gradient.

    >>> note_on_untold(["W1", "b1"])
    ['no gradient is found for W1, b1: neither by a name nor where gradients are kept']
    """
    shown = ", ".join(weights[:12]) + (", …" if len(weights) > 12 else "")
    said = "neither by a name nor where gradients are kept"
    return [f"no gradient is found for {shown}: {said}"] if weights else []


def _run(function: Callable[..., Any], feed: Feed, points: Points, number: int) -> Run:
    run = watch if number == 0 else run_plain
    return run(function, feed.arguments, feed.at(points, number))


def _places(run: Run) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(event.path, event.line, np.shape(event.value)) for event in run.events]


def _formula(event: Event) -> str:
    """The formula of a variable; of an array with several, that of its first changed element."""
    if event.formula is None:
        return event.text
    changed = np.argwhere(np.asarray(event.changed))
    formulas = [str(np.asarray(event.formula)[tuple(place)]) for place in changed]
    if len(set(formulas)) == 1:
        return formulas[0]
    if not formulas:  # an array without elements
        return event.text
    index = ",".join(map(str, changed[0].tolist()))
    return f"[{index}] {formulas[0]}, …"
