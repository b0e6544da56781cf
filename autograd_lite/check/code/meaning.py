"""Which quantity each variable of a run is, and in which pass of its loop.

A variable is what its name says, or what keeps it, and only where both say nothing what its numbers
say. Once weights have changed and the code goes on, it is another pass: its quantities are those at
the weights that it then has.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from autograd_lite.check.claims import Claim, Derivative, Quantity, Updated, ValueOf
from autograd_lite.check.code.kept import RETURNED, Kept, holder_of, tokens, weight_called
from autograd_lite.check.code.run import Event, Run
from autograd_lite.check.code.steps import factor_of, is_changed_by_rule, rule_of
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import is_rate_of_code
from autograd_lite.check.truth.points import Points

_A_PART = "one of several, in a loop"
_REMEMBERED = "what an optimiser remembers"
_UNKNOWN_RULE = "a step by a rule that is not recognised; its gradient is judged"


class Meant(NamedTuple):
    """A claim without what is said: the event that says it, and its pass, from 0."""

    event: int
    number: int
    claim: Claim


class Meaning:
    """What the variables of a run are.

    ``runs`` are the same run at each of the points, ``weights`` what the code calls those that it
    is given, and ``rate`` the step size, if it is known.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        points: Points,
        weights: Mapping[str, str],
        runs: Sequence[Run],
        rate: float | None,
    ) -> None:
        self._vocabulary, self._points, self._rate = vocabulary, points, rate
        self._quantities: dict[int, Quantity | None] = {}
        self._states: dict[int, dict[str, Array]] = {}
        self._values_of: dict[str, Array] = {}
        self._slopes: dict[str, Array] = {}
        self._run, self.events = runs[0], runs[0].events
        columns = zip(*(run.events for run in runs), strict=True)
        self.values = [np.array([np.asarray(one.value, float) for one in row]) for row in columns]
        self._every = [name for name in vocabulary.scalars if vocabulary.is_weight(name)]
        self._weights = dict(weights)
        for event, values in zip(self.events, self.values, strict=True):
            paths = (event.path, *event.aliases)
            kept = [one for one in paths if len(tokens(one)) > 1 or one.startswith("self.")]
            known = not kept or any(one in self._weights for one in paths)
            if not known and (weight := self._equal_to(values)):
                self._weights |= dict.fromkeys(kept, weight)
        self._repeated = Counter((event.path, event.line) for event in self.events)
        self.numbers = self._passes()

    def _equal_to(self, values: Array) -> str:
        """The weight that has these numbers at every point."""
        if (np.all(values == values[:1]) and len(values) > 1) or values.size == len(values):
            return ""
        return next((one for one in self._every if self._is_old(one, values)), "")

    # Passes

    def _passes(self) -> list[int]:
        """The number of the pass of each event: how often its path had a value before.

        Values between which no weight changed count as one; those of a weight go with its gradient.
        """
        last: dict[str, tuple[int, int]] = {}
        latest: dict[str, int] = {}
        changed: dict[str, Array] = {}
        current: dict[str, Array] = {}
        known: dict[str, Array] = {}
        updates, numbers = 0, []
        for event, values in zip(self.events, self.values, strict=True):
            path, weight = self.path_of(event), self._weight(event)
            number, at = last.get(path, (0, updates))
            if self._is_alias(event, values, known.get(path)):
                numbers.append(number)
                continue
            known[path] = values
            if weight and self._steps(weight, values, current):
                before = changed.get(path)
                again = before is None or before.shape != event.changed.shape
                again = again or bool(np.any(before & event.changed))
                number += path in last and again and latest.get(path, 0) > number
                changed[path] = event.changed if again or before is None else before | event.changed
                latest[path], current[weight] = number, values
                last[path], updates = (number, updates), updates + 1
            else:
                number += path in last and updates > at
                latest = {one: max(most, number) for one, most in latest.items()}
                last[path] = number, updates
            numbers.append(int(number))
        return numbers

    def _is_alias(self, event: Event, values: Array, known: Array | None) -> bool:
        """Whether a variable is another name for what is there already, and is nothing new."""
        same = known is not None and np.array_equal(known, values, equal_nan=True)
        return same and bool(event.aliases) and not event.in_place

    def _steps(self, weight: str, values: Array, current: Mapping[str, Array]) -> bool:
        """Whether a weight is given another value; else it is a copy of what it is."""
        if weight not in current:
            return not self._is_old(weight, values)
        return not np.array_equal(current[weight], values)

    def weights_before(self, number: int) -> dict[str, Array]:
        """The weights with which a pass begins, at the first point; those that have changed."""
        if number in self._states:
            return self._states[number]
        state: dict[str, Array] = {}
        for place, event in enumerate(self.events):
            if weight := self._weight(event):
                if self.numbers[place] >= number and self._steps_at(place, weight, state):
                    break
                if self.values[place][0].shape == self._vocabulary.scalars[weight].shape:
                    state[weight] = self.values[place][0]
        self._states[number] = state
        return state

    def _steps_at(self, place: int, weight: str, state: Mapping[str, Array]) -> bool:
        before = state[weight] if weight in state else self._before(weight)[0]
        return not np.array_equal(before, self.values[place][0])

    # Claims

    def claims(self) -> Iterator[Meant]:
        """The last value of each variable in each pass, in the order of the code."""
        last = {
            (self.path_of(event), self.numbers[place]): place
            for place, event in enumerate(self.events)
        }
        for place in sorted(last.values()):
            if (claim := self._claim(place)) is not None:
                yield Meant(self._said_by(place), self.numbers[place], claim)

    def _claim(self, place: int) -> Claim | None:
        """The claim that a value is; None where it is none."""
        name, quantity = self.events[place].name, self.quantity(place)
        if isinstance(quantity, Updated):
            return self._update(place, quantity.weight)
        if isinstance(quantity, Derivative) and (why := self._why_not(place, quantity)):
            return Claim(name=name, given=None, unread=why)
        if quantity is not None:
            return Claim(name=name, given=None, quantity=quantity)
        # What is called as nothing, or as several things, is judged in the first pass.
        return None if self.numbers[place] else self._of_another_name(place)

    def _of_another_name(self, place: int) -> Claim | None:
        event, values = self.events[place], self.values[place]
        readings = self._vocabulary.readings(event.name)
        claim = Claim(name=event.name, given=None)
        if self._is_beside_the_point(event):
            return replace(claim, aside=True, unread=_REMEMBERED)
        if not readings and self._is_copy(event):
            return replace(claim, aside=True)  # and equals whatever it copies
        if not readings:
            known = self._by_numbers(values)
            is_result = tokens(event.path)[0] == RETURNED
            return None if is_result and not known else replace(claim, others=known)
        in_loop = self._repeated[event.path, event.line] > 1
        if in_loop and all(self._shape(one) != values.shape[1:] for one in readings):
            return replace(claim, name=f"{event.name} ({_A_PART})")
        return claim

    def quantity(self, place: int) -> Quantity | None:
        """What a variable is by its name or its holder; None where it is several things or none."""
        if place not in self._quantities:
            event = self.events[place]
            kept = (self._kept.meanings.get(one) for one in (event.path, *event.aliases))
            meant: Quantity | None = next((one for one in kept if one is not None), None)
            if isinstance(meant, ValueOf):
                meant = self._changed(place, meant.of)
            elif meant is None and not self._is_beside_the_point(event):
                meant = self._called(place)
            self._quantities[place] = meant
        return self._quantities[place]

    def _called(self, place: int) -> Quantity | None:
        """What a variable is by its name alone."""
        event = self.events[place]
        readings = self._vocabulary.readings(event.name)
        if weight := weight_called(event.name, self._vocabulary):
            return self._changed(place, weight)
        if len(readings) != 1 or isinstance(readings[0], Updated):
            return None
        fits = self._shape(readings[0]) == self.values[place].shape[1:]
        return readings[0] if fits or self._repeated[event.path, event.line] == 1 else None

    def _is_beside_the_point(self, event: Event) -> bool:
        paths = (event.path, *event.aliases)
        if any(path in self._kept.meanings and self._kept.meanings[path] is None for path in paths):
            return True
        return len(tokens(event.path)) > 1 and bool(weight_called(event.name, self._vocabulary))

    @cached_property
    def _kept(self) -> Kept:
        held = {}
        last: dict[str, Array] = {}
        for place, event in enumerate(self.events):
            path = self.path_of(event)
            held[path] = self.values[place][0]
            if self.numbers[place] == 0:
                last[path] = self.values[place]

        def is_(path: str, quantity: Quantity) -> bool:
            values = last.get(path)
            return values is not None and self._has(quantity, values)

        return Kept(held, self._weights, self._vocabulary, is_)

    def _has(self, quantity: Quantity, values: Array) -> bool:
        if isinstance(quantity, ValueOf):
            return self._is_old(quantity.of, values)
        true = self.true(quantity.subject)
        scale = float(np.max(np.abs(true), initial=0.0))
        return true.shape == values.shape and np.allclose(
            true, values, rtol=1e-9, atol=1e-12 * max(scale, 1)
        )

    def path_of(self, event: Event) -> str:
        """How the code spells a variable; what is given or kept, always in one way."""
        paths = (event.path, *event.aliases)
        given = next((one for one in paths if one in self._weights), "")
        longest = max(paths, key=lambda one: len(tokens(one)))
        return given or (longest if len(tokens(longest)) > len(tokens(event.path)) else event.path)

    def _weight(self, event: Event) -> str:
        """The weight that a variable is, before a step or after it."""
        holder, _ = holder_of(event.path)
        plain = weight_called(event.name, self._vocabulary) if holder in ("", "self") else ""
        return self._weights.get(self.path_of(event), "") or plain

    # Gradients that are no claim: parts of another, or changed by a rule.

    def _said_by(self, place: int) -> int:
        """The event that says what a variable is; before it was clipped or decayed, if it was."""
        quantity, path = self.quantity(place), self.path_of(self.events[place])
        if not isinstance(quantity, Derivative) or self.numbers[place]:
            return place
        if self._has(quantity, self.values[place]) or not self._vocabulary.is_weight(
            quantity.parent
        ):
            return place
        before = self._before(quantity.parent)
        for one in range(place - 1, -1, -1):
            same = self.path_of(self.events[one]) == path
            if same and self._has(quantity, self.values[one]):
                changed = is_changed_by_rule(self.values[one], self.values[place], before)
                return one if changed else place
        return place

    def _why_not(self, place: int, quantity: Derivative) -> str:
        """Why a gradient is no claim: it is added up elsewhere, or is of other data."""
        event = self.events[place]
        if self.numbers[place]:
            first = next(
                (one for one, other in enumerate(self.events) if self.quantity(one) == quantity), 0
            )
            if not self._run.traced or self._data[place] != self._data[first]:
                return "of other data than those of the first pass"
            return ""
        if self._has(quantity, self.values[place]) or not self._vocabulary.is_weight(
            quantity.parent
        ):
            return ""
        paths = {event.path, *event.aliases}
        repeats = self._repeated[event.path, event.line] > 1
        for later in range(place + 1, len(self.events)):
            other = self.events[later]
            used = {self._run.symbols[one].path for one in other.symbols}
            goes_in = used & paths and other.path not in paths
            same = goes_in and self.quantity(later) == quantity
            if same and (repeats or self._has(quantity, self.values[later])):
                return f"a part of {other.name}"
        return "the sum over the examples, which the update divides" if self._is_a_sum else ""

    @cached_property
    def _is_a_sum(self) -> bool:
        """Whether every gradient is so many times the true one, and the update divides by that."""
        factors, updated = [], 0
        last: dict[Quantity, int] = {}
        for place in range(len(self.events)):
            if self.numbers[place] == 0 and (meant := self.quantity(place)) is not None:
                last[meant] = place
        for meant, place in last.items():
            if isinstance(meant, Derivative) and self._vocabulary.is_weight(meant.parent):
                factors.append(factor_of(self.values[place], self.true(meant.parent)))
            elif isinstance(meant, Updated):
                step = self._before(meant.weight) - self.values[place]
                rate = factor_of(step, self.true(meant.weight))
                if self._rate is None or not np.isclose(rate, self._rate):
                    return False
                updated += 1
        same = bool(factors) and factors[0] > 1 and np.allclose(factors, factors[0], rtol=1e-9)
        return same and updated >= len(factors)

    # Updates

    def _update(self, place: int, weight: str) -> Claim:
        """The claim of a weight after its step: judged, by a rule of its own, or not at all."""
        event = self.events[place]
        named = self._vocabulary.readings(event.name)
        name = f"updated {event.name}" if named else event.name
        claim = Claim(name=name, given=None, quantity=Updated(weight))
        if not self.numbers[place]:
            rule, why = self._stepped(place, weight)
            return replace(claim, rule=rule, unread=why)
        found = self._gradient(place, weight)
        wanted = Derivative(self._vocabulary.root, weight)
        if found is not None and (why := self._why_not(found, wanted)):
            return replace(claim, unread=why)
        steps = (one for one in range(place) if self._is_step(one, weight))
        if (first := next(steps, None)) is None:
            return claim
        rule, why = self._stepped(first, weight)  # it is one rule in every pass
        return replace(claim, rule=rule, unread=why)

    def _is_step(self, place: int, weight: str) -> bool:
        is_it = self._weight(self.events[place]) == weight
        return is_it and not self._is_old(weight, self.values[place])

    def _stepped(self, place: int, weight: str) -> tuple[str, str]:
        """The rule by which a weight has stepped, and why it is not judged; plain descent is."""
        values, before, true = self.values[place], self._before(weight), self.true(weight)
        if values.shape != before.shape:
            return "", ""
        step, found = before - values, self._gradient(place, weight)
        gradient = true if found is None else self.values[found]
        rate, optimises = factor_of(step, gradient), self._is_of_an_optimiser(place, found)
        if rate:
            return self._along(rate, place, found, optimises), ""
        if factor_of(step, true):
            return "", ""
        rule = rule_of(step, gradient, before)
        arrays = (one for one in self.values[:place] if one.shape == step.shape)
        along_another = found is None or any(factor_of(step, one) for one in arrays)
        return rule, "" if rule or (along_another and not optimises) else _UNKNOWN_RULE

    def _along(self, rate: float, place: int, found: int | None, optimises: bool) -> str:
        """The rule of a step along its gradient; "" for plain descent, and for what is none."""
        if found is not None and rate > 0 and self._said_by(found) != found:
            return "descent along a gradient that was clipped or decayed"
        own = rate > 0 and self._rate is not None and not np.isclose(rate, self._rate, rtol=1e-9)
        return "descent with a rate of its own" * (
            own and (optimises or self._is_a_rate(rate, place))
        )

    def _gradient(self, place: int, weight: str) -> int | None:
        """The last gradient of a weight before its step."""
        wanted = Derivative(self._vocabulary.root, weight)
        for one in range(place - 1, -1, -1):
            if self.numbers[one] == self.numbers[place] and self.quantity(one) == wanted:
                return one
        return None

    def _is_a_rate(self, rate: float, place: int) -> bool:
        """Whether a variable that is called as a step size has this number."""
        return any(
            is_rate_of_code(holder_of(event.path)[1])
            and values.size == len(values)
            and np.allclose(values, rate, rtol=1e-9)
            for event, values in zip(self.events[:place], self.values, strict=False)
        )

    def _is_of_an_optimiser(self, place: int, gradient: int | None) -> bool:
        """Whether a step depends on what is remembered, or on settings that a gradient has not."""
        event = self.events[place]
        if not self._run.traced:
            return True
        given = self._data[place] - (self._data[gradient] if gradient is not None else frozenset())
        for symbol in given:
            meaning = self._run.symbols[symbol]
            own = holder_of(meaning.path)[1]
            known = meaning.path in self._weights or is_rate_of_code(own)
            if not known and not self._vocabulary.readings(own) and gradient is not None:
                return True
        return any(
            self.events[one].path != event.path
            and self.quantity(one) is None
            and self._uses(place, one)
            and _remembers(self.events[one])
            for one in range(gradient or 0, place)
        )

    def _uses(self, place: int, other: int) -> bool:
        return not self._all_symbols[place].isdisjoint(self.events[other].makes)

    # What an event comes from.

    @cached_property
    def _all_symbols(self) -> list[frozenset[str]]:
        """The symbols from which each event comes, also through others, but not through weights."""
        made: dict[str, int] = {}
        found: list[frozenset[str]] = []
        for place, event in enumerate(self.events):
            before = {made[one] for one in event.symbols if one in made}
            before = {one for one in before if not self._weight(self.events[one])}
            found.append(frozenset(event.symbols).union(*(found[one] for one in before)))
            made |= dict.fromkeys(event.makes, place)
        return found

    @cached_property
    def _data(self) -> list[frozenset[str]]:
        """The symbols of what was given from which each event comes, but for weights."""
        given = {
            symbol
            for symbol, one in self._run.symbols.items()
            if one.line is None and one.followed and one.path not in self._weights
        }
        return [one & given for one in self._all_symbols]

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

    # Numbers of the graph

    def _changed(self, place: int, weight: str) -> Quantity:
        """A weight as it is when its pass begins, or after its step."""
        values, number = self.values[place], self.numbers[place]
        state = self.weights_before(number) if number else {}
        same = np.array_equal(state[weight], values[0]) if weight in state else False
        if same or (weight not in state and self._is_old(weight, values)):
            return ValueOf(weight)
        return Updated(weight)

    def _before(self, name: str) -> Array:
        """A value as the graph has it, at every point."""
        if name not in self._values_of:
            self._values_of[name] = self._rows(name, self._points.values.__getitem__)
        return self._values_of[name]

    def true(self, name: str) -> Array:
        """The derivative of the result by a value, at every point."""
        if name not in self._slopes:
            self._slopes[name] = self._rows(name, self._total)
        return self._slopes[name]

    def _rows(self, name: str, of: Callable[[str], Array]) -> Array:
        names = self._vocabulary.scalars[name]
        rows = [of(one) for one in names.flat]
        return np.transpose(rows).reshape(len(rows[0]), *names.shape)

    def _total(self, name: str) -> Array:
        outputs = self._points.graph.outputs
        return sum((self._points.total(one, name) for one in outputs), np.zeros(self._points.count))

    def _is_old(self, weight: str, values: Array) -> bool:
        before = self._before(weight)
        return before.shape == values.shape and np.allclose(before, values, rtol=1e-12, atol=0)

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
            for quantity, true in (
                (str(Derivative(root, name)), self.true(name)),
                (name, self._before(name)),
            ):
                if np.any(true) and np.allclose(true, values, rtol=1e-9, atol=0):
                    return (quantity,)
        return ()


def _remembers(event: Event) -> bool:
    """Whether a statement computes a variable from itself: m = 0.9*m + …, v += ….

    Only its text says so: what it was before may have been zeros.
    """
    own = re.escape(event.path)
    return re.search(
        rf"(?<![\w.]){own}\s*[-+*/]?=(?!=)[^;]*(?<![\w.]){own}\b", event.text
    ) is not None or (re.search(rf"(?<![\w.]){own}\s*[-+*/]=", event.text) is not None)
