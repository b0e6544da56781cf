"""The numbers of a claim, beside what is true: given ones, or a formula's at every point."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.check.causes.repairs import along_examples, edited, is_softmax, walk
from autograd_lite.check.claims import Claim, Derivative, Quantity, ValueOf
from autograd_lite.check.finding import WorstElement
from autograd_lite.check.judge.arithmetic import moved_literal, with_digits
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.expressions import Call, Comparison, Products, Sum
from autograd_lite.check.read.expressions import Expression as Formula
from autograd_lite.check.read.formulas import parse
from autograd_lite.check.read.functions import Function, UnclearError
from autograd_lite.check.read.numbers import Array, Numbers, read_numbers
from autograd_lite.check.spelling import is_rate, key
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.rounding import measured_rounding
from autograd_lite.check.truth.truth import Ends, Expected, Truth
from autograd_lite.engine import order
from autograd_lite.errors import ClaimError, ShapeError
from autograd_lite.gradcheck import SAFETY
from autograd_lite.op import Elementwise
from autograd_lite.ops.broadcasting import sum_
from autograd_lite.value import Constant

# What a claim says, in one sense of its name, compared with what is true.

_MOST_PARSED, _MOST_SUMMANDS = 100, 60
_IDENTITY = 1e-9
"""To so many digits a formula has to hold at random points, where any other is off by percents."""


class Samples(NamedTuple):
    """The numbers of a claim at one or more points, the first axis; and how exactly it is known.

    ``half_units`` is of the first point. A formula has its text, its numbers are computed.
    ``points`` are those of the numbers, if they are not the judge's own; ``products`` is how the
    products in the formula were read.
    """

    values: Array
    half_units: Array
    eps: float
    formula: str = ""
    note: str = ""
    points: Points | None = None
    products: Products = "elements"

    @classmethod
    def of(cls, numbers: Numbers) -> "Samples":
        """Numbers, which are known at the point of the graph only."""
        return cls(numbers.values[None], numbers.half_units, numbers.eps)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the claim."""
        shape: tuple[int, ...] = self.values.shape[1:]
        return shape

    def fitted(self, shape: tuple[int, ...], of: str) -> "Samples | None":
        """The same numbers in the shape of what they are of; None where they are no such array.

        A column, a row and a list of the same numbers are the same, and so are a number and a 1×1
        array: only axes of length 1 may be more or less.

        >>> column = Samples.of(read_numbers([["0.5"], ["0.7"]]))
        >>> column.fitted((2,), "dE/db").note
        'in shape (2, 1); dE/db has shape (2,)'
        >>> column.fitted((2, 2), "dE/dW") is None
        True
        """
        if self.shape == shape:
            return self
        if _without_ones(self.shape) != _without_ones(shape):
            return None
        note = f"in shape {self.shape}; {of} has shape {shape}"
        return self._replace(
            values=self.values.reshape(-1, *shape),
            half_units=self.half_units.reshape(shape),
            note="; ".join(filter(None, (self.note, note))),
        )

    def divided(self, times: float, note: str) -> "Samples":
        """The numbers of an author who has so many times what is asked for."""
        return self._replace(
            values=self.values / times,
            half_units=self.half_units / times,
            note="; ".join(filter(None, (self.note, note))),
        )

    def transposed(self) -> "Samples":
        """The numbers of an author whose examples are the columns; others as they are."""
        if len(self.shape) != 2:
            return self
        return self._replace(values=self.values.swapaxes(1, 2), half_units=self.half_units.T)


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [length for length in shape if length != 1]


@dataclass(frozen=True)
class Reading:
    """A claim in one sense of its name. ``true`` has what is true at the points of the samples.

    ``eps`` is the relative rounding of the arithmetic. ``sizes`` are, at each point, those of what
    was added up: for the truth, and for the formula. They are asked for where it seems wrong.
    """

    claim: Claim
    quantity: Quantity
    samples: Samples
    expected: Expected
    true: Array
    eps: float
    sizes: tuple[Array, Array] | None = None
    times: float = 1.0
    """So many times what is true the author has, who takes the mean only at the weights."""

    @cached_property
    def slack(self) -> Array:
        """How far each number may be from the true one, at each point."""
        bounds = np.where(np.isfinite(self.expected.bounds), self.expected.bounds, 0)
        first = self.samples.half_units + self.eps * (bounds + np.abs(self.expected.values))
        scale = np.max(np.abs(self.true), initial=0.0)
        rest = np.maximum(np.abs(self.true[1:]), 0.01 * scale) * _IDENTITY
        slack: Array = np.concatenate([first[None], rest])
        return slack if self.sizes is None else self._cancelled(slack, *self.sizes)

    def _cancelled(self, slack: Array, true: Array, written: Array) -> Array:
        """The same where something has cancelled: what is left of it is known less closely.

        At the point itself the last digits count, as long as the number has some: where it is
        nothing but rounding, any other rounding of 0 is as right.
        """
        noise = SAFETY * self.eps * (np.where(np.isfinite(true), true, 0) + written)
        is_nothing = np.abs(self.true[:1]) <= noise[:1]
        first = slack[:1] + SAFETY * self.eps * written[:1]
        first = np.where(is_nothing, np.maximum(first, noise[:1]), first)
        return np.concatenate([first, np.maximum(slack[1:], noise[1:])])

    @cached_property
    def wrong_at(self) -> Array:
        """Which numbers are wrong, at each point."""
        given, true = self.samples.values, self.true
        with np.errstate(invalid="ignore"):
            far = np.greater(np.abs(given - true), self.slack)
        odd = np.logical_not(np.isfinite(given) & np.isfinite(true))
        return np.asarray(np.not_equal(given, true) & (far | odd))

    @property
    def wrong(self) -> Array:
        """Which numbers are wrong, at one point or more."""
        wrong: Array = np.any(self.wrong_at, axis=0)
        return wrong

    @property
    def right(self) -> bool:
        """Whether every number agrees at every point."""
        return not self.wrong_at.any()

    def is_times(self, times: float) -> bool:
        """Whether every number is so many times the true one, which is not 0."""
        other = self.samples._replace(
            values=self.samples.values / times, half_units=self.samples.half_units / times
        )
        return bool(np.any(self.true)) and replace(self, samples=other).right

    @property
    def here(self) -> "Reading":
        """The same at the point of the graph alone."""
        samples = self.samples._replace(values=self.samples.values[:1])
        sizes = None if self.sizes is None else (self.sizes[0][:1], self.sizes[1][:1])
        return replace(self, samples=samples, true=self.true[:1], sizes=sizes)

    @property
    def by_chance(self) -> bool:
        """Whether it agrees at the point of the graph, and elsewhere does not."""
        return not self.right and not self.wrong_at[0].any()

    @cached_property
    def place(self) -> int:
        """The point at which the numbers are shown: the first at which they differ."""
        differing = self.wrong_at.reshape(len(self.wrong_at), -1).any(axis=1)
        return int(np.argmax(differing))

    @property
    def errors(self) -> Array:
        """The relative errors where the numbers are shown."""
        given, true = self.samples.values[self.place], self.true[self.place]
        with np.errstate(divide="ignore", invalid="ignore"):
            errors: Array = np.where(given == true, 0.0, np.abs(given - true) / np.abs(true))
        return errors

    @property
    def worst(self) -> WorstElement:
        """The element that is wrong by most."""
        wrong, errors = self.wrong, self.errors
        order = np.where(np.isnan(errors), np.inf, errors)
        place = np.unravel_index(int(np.argmax(np.where(wrong, order, -1))), wrong.shape)
        index = tuple(map(int, place))
        given, true = (float(x[self.place][index]) for x in (self.samples.values, self.true))
        return WorstElement(index, given, true, int(wrong.sum()), wrong.size)

    @property
    def where(self) -> str:
        """Where an array is wrong; "" for a single number."""
        if not self.samples.shape:
            return ""
        worst = self.worst
        index = ",".join(map(str, worst.index))
        return f"{worst.wrong} of {worst.size} elements wrong, by most [{index}]"

    @property
    def rounded(self) -> str:
        """A question where floats are right only to the digits that were typed; else ""."""
        if self.samples.formula or isinstance(self.claim.given, Samples | str):
            return ""
        given = read_numbers(self.claim.given)
        exact_units = given.half_units.reshape(self.samples.shape)
        exact = replace(self, samples=self.samples._replace(half_units=exact_units))
        if exact.right:
            return ""
        their = "they agree to their digits" if self.samples.shape else "it agrees to its digits"
        return f"rounded? {their}"

    @property
    def digits_hint(self) -> str:
        """What to do about floats that were typed in rounded; "" if that is not what is wrong."""
        wrong = self.wrong_at[0]
        given = self.samples.values[0][wrong]
        if self.samples.formula or not given.size or np.any(self.samples.half_units[wrong]):
            return ""
        shown = read_numbers([repr(number) for number in given.tolist()])
        if not np.all(np.abs(given - self.true[0][wrong]) <= shown.half_units):
            return ""
        if wrong.ndim:
            return "they agree to their digits; if they were rounded, give them as strings"
        return "agrees to its digits; if it was rounded, give it as a string"


# The numbers of a claim: as they were given, or computed from its formula at every point.

_RANDOM_POINTS = 4
_ANY_RATE = 0.1
_COUNTS = {"m", "n", "N", "M", "B"}
"""How an author may call the number of examples."""
_DIVIDED_BY = re.compile(
    r"\\[dt]?frac\s*\{?[-−]?\s*[12]\}?\s*\{?([mnNMB])(?!\w)|[12]\s*/\s*([mnNMB])(?!\w)"
)
_CONSTANTS = {"e", "T", "\\pi", "π"}
PRODUCTS: tuple[Products, ...] = ("elements", "matrices", "vectors", "tight")
_EPS = float(np.finfo(float).eps)
_SUM = Function("sum", sum_, options=("axis",))


_NO_NAME = re.compile(r"(?<=[\d.])[eE](?=[-+−\d])|nan|inf(?:inity)?|\.\.\.", re.IGNORECASE)
_COMPUTED = re.compile(r"[^\W\d]|[*@/]")
_PHI = {"φ", "ϕ", "ψ", r"\phi", r"\varphi", r"\psi", "act", "activation"}
_NO_ACTIVATION = {"negative", "identity", "exp", "log", "sqrt", "abs", "sign"}


def is_formula(given: Any) -> bool:
    """Whether a claim is a formula: a text that is no number and no printed matrix.

    >>> is_formula("2*(O1 - t1)"), is_formula("0.25"), is_formula("[1. 2e-3]"), is_formula("[1, a]")
    (True, False, False, True)
    """
    if not isinstance(given, str):
        return False
    if given.lstrip().startswith("[") and not _COMPUTED.search(_NO_NAME.sub("", given)):
        return False
    try:
        read_numbers(given)
    except ClaimError:
        return True
    return False


class UnknownNameError(ClaimError):
    """A formula with a name that means nothing: its ``spelling``."""

    def __init__(self, text: str, spelling: str) -> None:
        super().__init__(text)
        self.spelling = spelling


class Sampler:
    """Computes formulas, and what is true, at the point of the graph and at random ones.

    A formula may use the author's own names that earlier formulas have defined. With ``columns``
    the author's examples are the columns of every matrix, where the graph has them as rows.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> x = ag.Value(3.0, label="x")
    >>> graph = named_graph((x * x).named("y"))
    >>> vocabulary = Vocabulary(graph)
    >>> sampler = Sampler(graph, vocabulary, Truth(graph, vocabulary))
    >>> float(sampler.sample(Claim(name="dy/dx", given="x + x")).values[0])
    6.0
    """

    def __init__(
        self, graph: NamedGraph, vocabulary: Vocabulary, truth: Truth, keep_marks: bool = False
    ) -> None:
        self._graph, self._vocabulary, self._truth = graph, vocabulary, truth
        self._keep_marks = keep_marks
        self.columns = False
        self.times = 1.0
        self._sums_examples = self._across = False
        self.beside: Sampler | None = None
        """One at other points, in which a name means what it means here."""
        self._own: dict[str, Array] = {}
        self._own_sizes: dict[str, Array] = {}
        self._read_as: dict[str, str] = {}
        self._over: set[str] = set()  # by which the formula divides
        self._called: dict[str, list[Quantity]] = {}
        self._parsed: dict[tuple[str, bool, bool, float], tuple[Formula, dict[str, str]]] = {}

    @property
    def rate(self) -> float:
        """The learning rate; where it stands in formulas only, any number will do."""
        return _ANY_RATE if self._truth.learning_rate is None else self._truth.learning_rate

    @cached_property
    def _here(self) -> Points:
        return Points(self._graph)

    @cached_property
    def points(self) -> Points:
        """The point of the graph, and random ones."""
        return Points(self._graph, _RANDOM_POINTS, self._keep_marks)

    def points_of(self, samples: Samples) -> Points:
        """The points at which the numbers of a claim are known."""
        if samples.points is not None:
            return samples.points
        return self._here if len(samples.values) == 1 else self.points

    def true(self, expected: Expected, samples: Samples) -> Array:
        """What is true at the points of a claim; the first axis is the point."""
        return self._true(expected, self.points_of(samples), len(samples.values))

    def _true(self, expected: Expected, points: Points, count: int) -> Array:
        if count == 1:
            return expected.values[None]
        rows = [self._at(ends, points) for ends in expected.ends]
        others = np.reshape(np.transpose(rows)[1:count], (count - 1, *expected.values.shape))
        return np.concatenate([expected.values[None], others])

    def _at(self, ends: Ends, points: Points) -> Array:
        """One quantity at all points."""
        match ends:
            case Ends("value", name):
                return points.values[name]
            case Ends("derivative", child, parent):
                return points.total(child, parent)
            case Ends("local", child, parent):
                return points.locals.get((child, parent), np.zeros(points.count))
        gradient = points.total(self._graph.outputs[0], ends.child)
        step = -(self.rate) * gradient
        return step if ends.what == "step" else points.values[ends.child] + step

    # How large the numbers are that were added up

    def sizes(self, claim: Claim, expected: Expected, samples: Samples) -> tuple[Array, Array]:
        """The bounds of the rounding of what is true, and of the claim if it is a formula."""
        points, count = self.points_of(samples), len(samples.values)
        rows = [self._size_at(ends, points)[:count] for ends in expected.ends]
        sizes = np.reshape(np.transpose(rows), (count, *expected.values.shape))
        if isinstance(claim.given, Samples) or not is_formula(claim.given):
            return sizes, np.zeros(sizes.shape)
        written = self._measured(claim.given, samples.products, count)
        return sizes, written.reshape(sizes.shape)

    def _measured(self, text: str, products: Products, count: int) -> Array:
        formula = self._parse(text)
        names = [one.spelling for one in formula.references]
        values = {name: self._referred(name) for name in names}
        bounds = {name: self._size_of(name) for name in names}
        rows = [
            measured_rounding(
                lambda here: np.asarray(formula.evaluate(here, products=products)),
                {name: of[place] for name, of in values.items()},
                {name: of[place] for name, of in bounds.items()},
            )
            for place in range(count)
        ]
        return self._turned_back(np.array(rows))

    def _turned(self, array: Array) -> Array:
        """An array of the graph at every point as the author has it."""
        if not self.columns or array.ndim not in (2, 3):
            return array
        return array.swapaxes(1, 2) if array.ndim == 3 else array[..., None]

    def _turned_back(self, array: Array) -> Array:
        return array.swapaxes(1, 2) if self.columns and array.ndim == 3 else array

    def _size_of(self, spelling: str) -> Array:
        """That of a name in a formula."""
        own = self._own_sizes.get(key(spelling))
        readings = self.meanings(spelling)
        if readings:
            expected = self._truth.expected(readings[0])[0]
            rows = [self._size_at(ends, self.points) for ends in expected.ends]
            shape = self.points.count, *expected.values.shape
            return self._turned(np.reshape(np.transpose(rows), shape))
        return np.zeros(self.points.count) if own is None else own

    def _size_at(self, ends: Ends, points: Points) -> Array:
        match ends:
            case Ends("value", name):
                return points.bounds[name]
            case Ends("derivative", child, parent):
                return points.total_bound(child, parent)
            case Ends("local", child, parent):
                return points.local_bound(child, parent)
        step = self.rate * points.total_bound(self._graph.outputs[0], ends.child)
        return step + np.abs(points.values[ends.child])

    def sample(self, claim: Claim) -> Samples:
        """The numbers of a claim.

        Raises ClaimError where it cannot be read, and ShapeError where the shapes in a formula do
        not fit, however its products are meant.
        """
        if isinstance(claim.given, Samples):
            return claim.given.transposed() if self.columns else claim.given
        if not is_formula(claim.given):
            numbers = with_digits(read_numbers(claim.given))
            if claim.sign == "≈" and not numbers.half_units.any():
                whole = numbers.values == np.round(numbers.values)
                numbers = replace(numbers, half_units=np.where(whole, 0.5, 0.0))
            samples = Samples.of(numbers)
            return samples.transposed() if self.columns else samples
        failed: list[ShapeError] = []
        for products in PRODUCTS:
            try:
                return self._computed(claim.given, products)
            except ShapeError as error:
                failed.append(error)
        unclear = [error for error in failed if isinstance(error, UnclearError)]
        if unclear:
            raise ClaimError(str(unclear[-1]))
        raise failed[-1]

    def again(self, claim: Claim, samples: Samples) -> Samples:
        """A formula at the points of this sampler, with its products read as they were."""
        return self._computed(claim.given, samples.products)

    def others(self, claim: Claim, samples: Samples) -> Iterator[Samples]:
        """The numbers of a formula whose products are read in other ways."""
        if isinstance(claim.given, Samples) or not is_formula(claim.given):
            return
        for products in PRODUCTS[PRODUCTS.index(samples.products) + 1 :]:
            try:
                other = self._computed(claim.given, products)
            except (ClaimError, ShapeError):
                continue
            if not np.array_equal(other.values, samples.values):
                yield other
        yield from self._over_examples(claim)
        formula = self._parse(claim.given)
        if any(map(is_softmax, walk(formula))):
            self._across = True
            try:
                with suppress(ClaimError, ShapeError):
                    yield self._computed(claim.given, samples.products)
            finally:
                self._across = False
        if isinstance(formula, Comparison):  # dE/dw = x(h − t) < 0 says the sign beside it
            with suppress(ClaimError, ShapeError):
                yield self._computed(str(formula.left), samples.products)

    def _over_examples(self, claim: Claim) -> Iterator[Samples]:
        """The same where a Σ without an index adds up the examples, and not all numbers."""
        if not any(_is_total(part) for part in walk(self._parse(claim.given))):
            return
        self._sums_examples = True
        try:
            for products in PRODUCTS:
                with suppress(ClaimError, ShapeError):
                    found = self._computed(claim.given, products)
                    note = "; ".join(filter(None, (found.note, "Σ is over the examples")))
                    yield found._replace(note=note)
        finally:
            self._sums_examples = False

    def turn(self, columns: bool) -> None:
        """Take the examples of the author's matrices as their columns, or as their rows."""
        self.columns = columns
        if self.beside is not None:
            self.beside.columns = columns

    def scale(self, times: float) -> None:
        """Let derivatives by what is no weight be so many times the true ones in formulas."""
        self.times = times
        if self.beside is not None:
            self.beside.times = times

    def define(self, name: str, samples: Samples, text: Any = None) -> None:
        """Let later formulas use a name of the author's own."""
        self._parsed.clear()  # what is known has changed
        if self.beside is not None and isinstance(text, str) and samples.formula:
            with suppress(ClaimError, ShapeError):
                self.beside.define(name, self.beside._computed(text, samples.products))
        is_count = (
            not samples.shape and not samples.formula and float(samples.values[0]).is_integer()
        )
        if len(samples.values) == self.points.count:
            if samples.formula and isinstance(text, str):  # in which the name is what it was
                sizes = self._measured(text, samples.products, len(samples.values))
                self._own_sizes[key(name)] = self._turned_back(sizes)
                self._parsed.clear()
            self._own[key(name)] = self._turned_back(samples.values)  # as it was written
        elif is_count and not samples.half_units:  # such as how many examples there are
            self._own[key(name)] = np.repeat(samples.values, self.points.count)

    def call(self, name: str, quantity: Quantity | None) -> None:
        """Let a name mean a quantity from here on, or None: nothing but what is defined as it."""
        self._parsed.clear()
        self._called[key(name)] = [] if quantity is None else [quantity]
        if self.beside is not None:
            self.beside.call(name, quantity)

    def meanings(self, spelling: str) -> list[Quantity]:
        """What a name can mean: what the document itself says outranks the vocabulary."""
        called = self._called.get(key(spelling)) if self._called else None
        return self._vocabulary.readings(spelling) if called is None else list(called)

    def remembered(self) -> tuple[dict[str, Any], ...]:
        """What has been defined so far, to be recalled."""
        beside = self.beside.remembered() if self.beside is not None else ()
        return dict(self._own), dict(self._own_sizes), dict(self._called), *beside

    def recall(self, defined: tuple[dict[str, Any], ...]) -> None:
        """Have again what had been defined."""
        self._parsed.clear()
        self._own, self._own_sizes, self._called, *beside = defined
        if self.beside is not None:
            self.beside.recall(tuple(beside))

    def forget(self) -> None:
        """Let no formula use a name that has been defined so far."""
        self._own.clear()
        self._own_sizes.clear()
        self._called.clear()
        self._parsed.clear()
        if self.beside is not None:
            self.beside.forget()

    def _is_known(self, spelling: str) -> bool:
        if spelling in _CONSTANTS:  # else e would be E, and Wᵀ a power, but for the case
            return spelling in self._vocabulary.scalars
        known = key(spelling) in self._own or is_rate(spelling)
        known = known or self._count(spelling) is not None
        return known or bool(self.meanings(spelling))

    def _count(self, letter: str) -> float | None:
        """The number of examples, if a letter may be that: one by which a formula divides."""
        if letter not in _COUNTS:
            return None
        return self.times if self.times != 1 else self._examples if letter in self._over else None

    @cached_property
    def _examples(self) -> float | None:
        """The one length that all arrays of data have in common."""
        data = (node for node in order(self._graph.root) if isinstance(node, Constant))
        lengths = [{length for length in node.shape if length > 1} for node in data if node.shape]
        common = set.intersection(*lengths) if len(lengths) > 1 else set()
        return float(common.pop()) if len(common) == 1 else None

    def _parse(self, text: str) -> Formula:
        """A formula; ``a(z)`` is a where a is computed from z, and φ the graph's only function."""
        self._over = {one[1] or one[2] for one in _DIVIDED_BY.finditer(text)}
        way = text, self._sums_examples, self.columns != self._across, self.times
        if way not in self._parsed:
            if len(self._parsed) > _MOST_PARSED:
                self._parsed.clear()
            self._read_as = {}
            self._parsed[way] = self._parsed_anew(text), self._read_as
        formula, self._read_as = self._parsed[way]
        return formula

    def _parsed_anew(self, text: str) -> Formula:
        formula = parse(text, known=self._is_known, applies=self._applies, acts=self._acts)
        places = [at for at, part in enumerate(walk(formula)) if is_softmax(part)]
        if places:
            change = partial(along_examples, self.columns != self._across)
            formula = edited(formula, dict.fromkeys(places, change))
        if not self._sums_examples:
            return formula
        added = _SUM.having("axis", 1 if self.columns else 0)
        places = [place for place, part in enumerate(walk(formula)) if _is_total(part)]
        return edited(formula, dict.fromkeys(places, lambda one: Call(added, one.parts)))

    def _applies(self, name: str, arguments: Sequence[str]) -> bool:
        """Whether a name is a value that is computed from all of the arguments."""
        values = self._values_called(name)
        return bool(values) and all(
            any(
                self._truth.depends(value, one)
                for value in values
                for one in self._values_called(argument)
                if one != value
            )
            for argument in arguments
        )

    def _values_called(self, spelling: str) -> list[str]:
        if not self._is_known(spelling):
            return []
        return [one.of for one in self.meanings(spelling) if isinstance(one, ValueOf)]

    def _acts(self, letter: str) -> str | None:
        """The graph's function, if a letter may be one and the graph has only one."""
        base = letter.partition("^")[0]
        layered = base == "g" and letter != base  # g^{[1]} of the layer 1
        if self._activation is None or not (base in _PHI or layered):
            return None
        self._read_as[letter] = self._activation
        return self._activation

    @cached_property
    def _activation(self) -> str | None:
        ops = {node.op for node in order(self._graph.root) if isinstance(node.op, Elementwise)}
        names = {op.name for op in ops if op.arity == 1} - _NO_ACTIVATION
        return names.pop() if len(names) == 1 else None

    def jacobian(self, claim: Claim) -> str:
        """Why the shapes of a formula say nothing: it has a derivative of an array by an array.

        Of more axes than two nobody says which are summed: the product of ∂L/∂z and ∂z/∂W is the
        chain rule, whatever its order. "" for a formula without one.
        """
        with suppress(ClaimError, ShapeError):
            for spelling, quantity in (self.written(claim) or ({}, None))[0].items():
                if isinstance(quantity, Derivative):
                    ends = (quantity.child, quantity.parent)
                    axes = [self._vocabulary.scalars[name].ndim for name in ends]
                    if min(axes) and sum(axes) > 2:
                        return f"{spelling} has {sum(axes)} axes, and which are summed is not said"
        return ""

    def written(
        self, claim: Claim, products: Products = "elements"
    ) -> tuple[dict[str, Quantity], Callable[..., Array]] | None:
        """What the names in a formula stand for, and how it is computed with other numbers.

        None for a claim that is no formula of names.
        """
        if isinstance(claim.given, Samples) or not is_formula(claim.given):
            return None
        formula = self._parse(claim.given)
        values = {one.spelling: self._referred(one.spelling) for one in formula.references}
        refers = {spelling: found[0] for spelling in values if (found := self.meanings(spelling))}

        def evaluate(numbers: Mapping[str, Array]) -> Array:
            changed = {**values, **{name: self._turned(of) for name, of in numbers.items()}}
            return self._turned_back(
                np.array(
                    [_evaluated(formula, changed, at, products) for at in range(self.points.count)]
                )
            )

        return refers, evaluate

    def parsed(self, claim: Claim) -> Formula:
        """The formula of a claim."""
        return self._parse(claim.given)

    def at_all_points(self, formula: Formula, products: Products) -> Array:
        """A formula at every point. ClaimError for names that mean nothing."""
        values = {one.spelling: self._referred(one.spelling) for one in formula.references}
        rows = [_evaluated(formula, values, at, products) for at in range(self.points.count)]
        return self._turned_back(np.array(rows))

    def true_at_all_points(self, expected: Expected) -> Array:
        """What is true at every point."""
        return self._true(expected, self.points, self.points.count)

    def with_one_less(self, claim: Claim, products: Products) -> Iterator[tuple[str, Array]]:
        """A formula without one of its summands, each in turn, at every point."""
        formula = self._parse(claim.given)
        values = {one.spelling: self._referred(one.spelling) for one in formula.references}
        terms = formula.terms
        if len(terms) > _MOST_SUMMANDS:  # each is left out of all the others
            return
        for place, left_out in enumerate(terms) if len(terms) > 1 else ():
            rest = Sum(terms[:place] + terms[place + 1 :])
            rows = [_evaluated(rest, values, at, products) for at in range(self.points.count)]
            yield str(left_out.expression), self._turned_back(np.array(rows))

    def reference(self, claim: Claim) -> Quantity | None:
        """The quantity that a formula is the mere name of."""
        if isinstance(claim.given, Samples) or not is_formula(claim.given):
            return None
        formula = self._parse(claim.given)
        if len(formula.references) != 1 or str(formula) != formula.references[0].spelling:
            return None
        readings = self.meanings(formula.references[0].spelling)
        return readings[0] if len(readings) == 1 else None

    def is_exact(self, literal: str) -> bool:
        """Whether a number in a formula is not rounded: a value or the rate, an integer, ½."""
        number = float(literal)
        given = number in self._numbers or number == self._truth.learning_rate
        return number.is_integer() or number == 0.5 or given

    @cached_property
    def _numbers(self) -> set[float]:
        return {abs(self._graph.value(name)) for name in self._graph.elements}

    def _computed(self, text: str, products: Products) -> Samples:
        """A formula at every point, or at the first if it has measured numbers in it."""
        formula = self._parse(text)
        notes = [f"{letter} is read as {name}" for letter, name in self._read_as.items()]
        values = {one.spelling: self._referred(one.spelling) for one in formula.references}
        measured = [
            one
            for one in dict.fromkeys(formula.literals)
            if not self.is_exact(one) and (not values or _is_measured(one))
        ]
        count = self.points.count if values and not measured else 1
        numbers = np.array([_evaluated(formula, values, at, products) for at in range(count)])
        if not np.all(np.isfinite(numbers)):
            raise ClaimError(f"the formula {text!r} has no finite value here")
        off = np.zeros(numbers.shape[1:])
        for literal in measured:
            changed = moved_literal(text, literal)
            other = _evaluated(self._parse(changed), values, 0, products)
            off = off + np.abs(other - numbers[0])
        if values and measured:
            notes.append("judged at this point only: it has measured numbers in it")
        numbers, (off,) = self._turned_back(numbers), self._turned_back(off[None])
        return Samples(numbers, off, _EPS, str(formula), "; ".join(notes), products=products)

    def _referred(self, spelling: str) -> Array:
        """What a name in a formula stands for, at every point."""
        own = self._own.get(key(spelling))
        readings = self.meanings(spelling)
        if own is not None and not readings:
            return own
        if is_rate(spelling) and not readings:
            return np.full(self.points.count, self.rate)
        if not readings and (count := self._count(spelling)) is not None:
            return np.full(self.points.count, count)
        if not readings:
            nearest = ", ".join(self._vocabulary.nearest(spelling))
            hint = f"; nearest: {nearest}" if nearest else ""
            text = f"the formula has an unknown name, {spelling!r}{hint}"
            raise UnknownNameError(text, spelling)
        found = [self._truth.expected(one)[0] for one in readings]
        rows = [self._true(one, self.points, self.points.count) for one in found]
        if any(row.shape != rows[0].shape or not np.array_equal(row, rows[0]) for row in rows):
            meanings = " or ".join(map(str, readings))
            raise ClaimError(f"{spelling!r} in the formula can mean {meanings}; write one of these")
        return self._turned(rows[0] * self._times_of(readings[0]))

    def _times_of(self, quantity: Quantity) -> float:
        """How many times a derivative its author has, where the mean is taken at the weights."""
        if self.times == 1 or not isinstance(quantity, Derivative):
            return 1.0
        elements = self._graph.elements
        parent = self._vocabulary.scalars[quantity.parent].flat[0]
        is_weight = elements[parent].kind == "weight" or quantity.parent == quantity.child
        return 1.0 if is_weight or quantity.child != self._vocabulary.root else self.times


def _evaluated(
    formula: Formula, values: Mapping[str, Array], place: int, products: Products
) -> Array:
    """A formula at one point."""
    here = {name: of[place][()] for name, of in values.items()}
    try:
        return np.asarray(formula.evaluate(here, products=products), float)
    except ShapeError as error:
        raise type(error)(f"in the formula {str(formula)!r} {error}") from None


def _is_total(part: Formula) -> bool:
    """Whether this is a Σ on paper of whatever it is, without an index."""
    return isinstance(part, Call) and (part.function.name == "total" or part.function.loose)


def _is_measured(literal: str) -> bool:
    """Whether a number in a formula was read off somewhere, unlike 2, 0.5 or 1e-5."""
    digits = literal.lower().partition("e")[0].replace(".", "").strip("0")
    return len(digits) > 2
