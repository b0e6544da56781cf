"""Hand-written code as a derivation: what each of its variables becomes is a claim.

This RUNS the user's code: once on traced arrays, for the formulas, and at random points on numbers.
"""

import copy
import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.claims import Claim, Derivative, Quantity, Updated, ValueOf
from autograd_lite.check.code.kept import (
    by_position,
    gradient_beside,
    holder_of,
    holds_gradients,
    weight_called,
)
from autograd_lite.check.code.run import Event, Run, run_plain, watch
from autograd_lite.check.code.variables import is_own
from autograd_lite.check.finding import Finding
from autograd_lite.check.judge.samples import Samples
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import is_rate_of_code
from autograd_lite.check.truth.points import Points
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
            self._places += self._recognised((name,), value, name)
        if _has_state(function):
            for name, value in vars(self.owner).items():
                self._places += self._recognised((_OWNER, name), value, f"self.{name}")

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
            names = self._named_so(path[-1], np.asarray(value))
            if names is not None:
                yield _Place(path, names, np.shape(value), text)

    def _named_so(self, word: Any, value: Array) -> Array | None:
        """The quantity that an array is; a single number is called so, or was computed."""
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
        for names in [*called, *others]:
            if names.size == value.size and value.size:
                numbers = np.array([self._here.values[name][0] for name in names.flat])
                if np.allclose(numbers, value.ravel(), rtol=1e-9, atol=0) and np.any(value):
                    return names
        return None


_OWNER = object()
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


def _replaced(value: Any, path: list[Any], fed: Any) -> Any:
    """A nested argument with another array in one of its places."""
    if not path:
        return fed
    first, *rest = path
    if isinstance(value, dict):
        return {**value, first: _replaced(value[first], rest, fed)}
    if is_own(value) and not isinstance(value, list | tuple):
        made = copy.copy(value)
        setattr(made, first, _replaced(getattr(value, first), rest, fed))
        return made
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
        meant = [claim.quantity] if claim.quantity else vocabulary.readings(claim.name)
        for quantity in meant:
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
    meaning = _Meaning(vocabulary, points, feed.weights, first)
    events = first.events[: meaning.end_of_the_first_pass()]
    if len(events) < len(first.events):
        first.notes.append("the code goes on after an update of the weights: judged up to there")
    repeated = Counter((event.path, event.line) for event in events)
    claims = []
    for place in _last([meaning.path_of(event) for event in events]):
        event = events[place]
        values = np.array([np.asarray(run.events[place].value, float) for run in runs])
        in_loop = repeated[event.path, event.line] > 1
        samples = Samples(values, np.zeros(values.shape[1:]), _EPS, _formula(event), points=points)
        claim = meaning.of(event, values, in_loop)
        claims.append(replace(claim, given=samples, line=event.line, where=event.text))
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
    """Which quantity a variable is: by its name, by what keeps it, or else by its numbers."""

    def __init__(
        self, vocabulary: Vocabulary, points: Points, weights: Mapping[str, str], run: Run
    ) -> None:
        self._vocabulary, self._points = vocabulary, points
        self._weights, self._run = weights, run
        self._beside: dict[str, dict[str, str]] = {}
        for path, weight in weights.items():
            holder, own = holder_of(path)
            if holder not in ("", "self"):
                self._beside.setdefault(holder, {})[own] = weight
        self._lists: dict[str, Quantity] = {}

    def end_of_the_first_pass(self) -> int:
        """The number of events before the code goes through its forward pass again.

        It does where the same line computes a value again, and weights have changed since.
        """
        seen: set[tuple[str, int]] = set()
        update = 0
        for place, event in enumerate(self._run.events):
            again = (event.path, event.line) in seen
            seen.add((event.path, event.line))
            if again and update and self._is_computed(event.name):
                return update
            if weight := self._weight(event):
                before = self._before(weight)[0]
                value = np.asarray(event.value, float)
                if value.shape != before.shape or not np.allclose(value, before, rtol=1e-12):
                    update = place + 1
        return len(self._run.events)

    def of(self, event: Event, values: Array, in_loop: bool) -> Claim:
        """The claim of a variable, without what is said: its name, and what it is."""
        name = event.name
        quantity = self._kept(event, values)
        if quantity is not None:
            return self._claim(event, quantity, values)
        readings = self._vocabulary.readings(name)
        if not readings and self._is_copy(event):
            return Claim(name=name, given=None, aside=True)  # and equals whatever it copies
        if not readings:
            return Claim(name=name, given=None, others=self._by_numbers(values))
        if in_loop and all(self._shape(one) != values.shape[1:] for one in readings):
            return Claim(name=f"{name} (one of several, in a loop)", given=None)
        if (weight := weight_called(name, self._vocabulary)) and not self._is_old(weight, values):
            return self._claim(event, Updated(weight), values)
        return Claim(name=name, given=None)

    def _is_copy(self, event: Event) -> bool:
        """Whether a variable is an entry of a list that was given, and nothing that is computed.

        Which entry it has to be the list does not say, so that none is right by its numbers; of a
        tuple that is unpacked the names say it.
        """
        if event.formula is None or "[" not in event.text.partition("=")[2]:
            return False
        given = {
            symbol
            for symbol, one in self._run.symbols.items()
            if one.line is None and holder_of(one.path)[1].isdigit()
        }
        return all(one.label in given for one in np.asarray(event.formula).flat)

    def _claim(self, event: Event, quantity: Quantity, values: Array) -> Claim:
        name, unread = event.name, ""
        if isinstance(quantity, Updated):
            name = f"updated {name}" if self._vocabulary.readings(name) else name
            if self._is_of_an_optimiser(event, quantity.weight, values):
                unread = "a step that depends on a state of its optimiser; its gradient is judged"
        return Claim(name=name, given=None, quantity=quantity, unread=unread)

    def _kept(self, event: Event, values: Array) -> Quantity | None:
        """What a dict, list or object keeps: it says more of it than the name does."""
        holder, own = holder_of(event.path)
        root = self._vocabulary.root
        if weight := holder and self._weights.get(self.path_of(event), ""):
            return self._changed(weight, values)
        if holder in ("", "self"):
            return None
        if (found := gradient_beside(own, self._beside.get(holder, {}), root)) is not None:
            return found
        if own.isdigit():
            return self._in_lists().get(event.path)
        return self._called(holder, weight_called(own, self._vocabulary), values)

    def _called(self, holder: str, weight: str, values: Array) -> Quantity | None:
        """What is kept under the name of a weight."""
        gradient = Derivative(self._vocabulary.root, weight)
        if weight and (holds_gradients(holder) or self._is(gradient, values)):
            return gradient
        return self._changed(weight, values) if weight else None

    def _changed(self, weight: str, values: Array) -> Quantity:
        return ValueOf(weight) if self._is_old(weight, values) else Updated(weight)

    def _in_lists(self) -> dict[str, Quantity]:
        """The gradients in the lists of the code that have one for each weight."""
        if not self._lists:
            lists: dict[str, dict[int, tuple[int, ...]]] = {}
            for event in self._run.events:
                holder, own = holder_of(event.path)
                if own.isdigit() and holder:
                    lists.setdefault(holder, {})[int(own)] = np.shape(event.value)
            for holder, shapes in lists.items():
                if holds_gradients(holder) and sorted(shapes) == list(range(len(shapes))):
                    meant = by_position(
                        holder, [shapes[place] for place in sorted(shapes)], self._vocabulary
                    )
                    self._lists |= {f"{holder}[{k}]": one for k, one in enumerate(meant)}
        return self._lists

    def _is_of_an_optimiser(self, event: Event, weight: str, values: Array) -> bool:
        """Whether a step is no multiple of the gradient, and depends on a state that was given."""
        before = self._before(weight)
        if values.shape != before.shape:
            return False
        gradient = self._of_root(weight)
        if _ratio(before - values, gradient):
            return False
        waiting, seen = [*event.symbols], set()
        size = int(np.prod(values.shape[1:]))
        while waiting:
            meaning = self._run.symbols.get(waiting.pop())
            if meaning is None or meaning.symbol in seen:
                continue
            seen.add(meaning.symbol)
            if meaning.line is None:
                is_array = bool(meaning.index) or size == 1
                if is_array and self._is_state(meaning.path):
                    return True
            elif meaning.path not in seen:
                seen.add(meaning.path)
                same = [one for one in self._run.events if one.path == meaning.path]
                waiting += [symbol for one in same for symbol in one.symbols]
        return False

    def _is_state(self, path: str) -> bool:
        """Whether something that was given is changed by the code, and no quantity of the graph."""
        changed = any(one.path == path for one in self._run.events)
        changed = changed and path not in self._weights
        return changed and not self._vocabulary.readings(holder_of(path)[1])

    def _weight(self, event: Event) -> str:
        holder, _ = holder_of(event.path)
        plain = weight_called(event.name, self._vocabulary) if holder in ("", "self") else ""
        return self._weights.get(self.path_of(event), "") or plain

    def path_of(self, event: Event) -> str:
        """How the code spells a variable; a weight that is given, always in one way."""
        given = (one for one in (event.path, *event.aliases) if one in self._weights)
        return next(given, event.path)

    def _is_computed(self, name: str) -> bool:
        elements, scalars = self._points.graph.elements, self._vocabulary.scalars
        return any(
            isinstance(one, ValueOf) and elements[scalars[one.of].flat[0]].kind == "value"
            for one in self._vocabulary.readings(name)
        )

    def _before(self, weight: str) -> Array:
        names = self._vocabulary.scalars[weight]
        rows = [self._points.values[one] for one in names.flat]
        return np.transpose(rows).reshape(len(rows[0]), *names.shape)

    def _of_root(self, name: str) -> Array:
        names = self._vocabulary.scalars[name]
        rows = [self._total(one) for one in names.flat]
        return np.transpose(rows).reshape(len(rows[0]), *names.shape)

    def _is_old(self, weight: str, values: Array) -> bool:
        before = self._before(weight)
        return before.shape == values.shape and np.allclose(before, values, rtol=1e-12, atol=0)

    def _is(self, gradient: Derivative, values: Array) -> bool:
        true = self._of_root(gradient.parent)
        return true.shape == values.shape and np.allclose(true, values, rtol=1e-9, atol=1e-12)

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


def _last(paths: Sequence[str]) -> Iterator[int]:
    """The last event of each variable, in the order of the code."""
    last = {path: place for place, path in enumerate(paths)}
    yield from sorted(last.values())


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
