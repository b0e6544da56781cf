r"""The forward pass of a document: its own equations and numbers, as a graph of Values.

Every name has the candidates that the document gives for it, formulas before numbers. The first one
whose own names can all be computed is its equation, whatever the order of the lines; what else the
document says of the name is a claim. Nothing of the text is run.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.claims import Claim
from autograd_lite.check.read.expressions import Expression, Products, Reference
from autograd_lite.check.read.formulas import parse
from autograd_lite.check.read.numbers import Numbers, read_numbers
from autograd_lite.check.read.series import indexed, mentions
from autograd_lite.check.spelling import key
from autograd_lite.check.symbols import Functions, Symbols, is_backward, label_of, symbol_of
from autograd_lite.errors import AutogradLiteError, ClaimError
from autograd_lite.ops.shaping import stack
from autograd_lite.value import Constant, Value

CLOSE = 1e-3
"""A number that is printed more closely than that was computed and rounded."""

# What a document says of a quantity, by a formula or as numbers.


@dataclass(frozen=True)
class Equation:
    """A formula or numbers for the quantity with this key; ``text`` is that of a formula."""

    name: str
    claim: Claim
    text: str = ""
    numbers: Numbers | None = None
    formula: Expression | None = None
    products: Products = "elements"
    parts: tuple[str, ...] = ()
    """The keys of the elements, where they were given one by one."""
    written_out: bool = False
    """Whether it is one of those that a line with a free index makes."""

    @property
    def is_result(self) -> bool:
        """Whether its numbers look computed, having three digits or more: 0.291, unlike 0.25."""
        if self.numbers is None:
            return False
        size, half = np.abs(self.numbers.values), self.numbers.half_units
        return bool(np.any((half > 0) & (half <= 5e-3 * size)))

    @property
    def rank(self) -> int:
        """Formulas of names come first, then arithmetic, then numbers; without conditions."""
        if self.numbers is not None:
            kind = 2
        else:
            try:
                kind = int(not parse(self.text).references)
            except ClaimError:
                kind = 0
        return 3 * bool(self.claim.conditions) + kind


class Dropped(NamedTuple):
    """An equation that cannot be used, why, and what is missing of what it uses."""

    equation: Equation
    why: str
    missing: tuple[str, ...] = ()


class _Pending:
    """A name that is not computed yet: its candidates, the first of which is tried."""

    def __init__(self, candidates: Sequence[Equation]) -> None:
        self.candidates = list(candidates)
        self.dropped: list[Dropped] = []
        self.missing: list[str] = []
        self.refused = ""
        self.formula: Expression | None = None

    def drop(self, why: str) -> None:
        """Go on with the next candidate."""
        self.dropped.append(Dropped(self.candidates.pop(0), why, tuple(self.missing)))
        self.missing, self.refused, self.formula = [], "", None

    def insert(self, equation: Equation) -> None:
        """Take one more formula, behind those that there are."""
        place = sum(one.numbers is None for one in self.candidates)
        self.candidates.insert(place, equation)

    @property
    def stated(self) -> list[Numbers]:
        """The numbers that the document has for it."""
        return [one.numbers for one in self.candidates if one.numbers is not None]


class _Template(NamedTuple):
    """A line with a free index: what it is about, the index, and what it may define."""

    equation: Equation
    symbol: str
    letter: str
    names: frozenset[str]


_LETTER = re.compile(r"(?:[_^]\{?[\[(]?|\[)\s*([ijklmnst])\s*[\])]?\}?$")
_MOST_VALUES = 200
_FAMILY = re.compile(r"(.*?[^\d])\d+")
_WORD = re.compile(r"\\?[A-Za-z]+(?:_\{[^{}]*\}|_\w+)?|[^\W\d]\w*")
_LITERAL = re.compile(r"(?<![\w.])\d*\.\d+(?![\w.])")
_COUNTS = {*"mnNMKTBSk"}


class ForwardPass:
    """The equations that a document computes with, in the order of computation, and their values.

    ``uses`` has the names that each equation computes with, ``dropped`` and ``failed`` what could
    not be used, and why.

    >>> rows = ("E", "½(y - t)²"), ("y", "w*x"), ("x", "2"), ("w", "3"), ("t", "1.0")
    >>> forward = ForwardPass([Claim(name=name, given=given) for name, given in rows])
    >>> list(forward.equations), float(forward.values["E"].data)
    (['x', 'w', 'y', 't', 'E'], 12.5)
    """

    def __init__(self, claims: Sequence[Claim], through: Collection[str] = ()) -> None:
        self.claims = claims
        self._through = through
        """The keys of what is to be on the way: of two formulas, the one that has it counts."""
        self.names = Symbols()
        self.functions = Functions(claims)
        self.equations: dict[str, Equation] = {}
        self.values: dict[str, Value] = {}
        self.counts: dict[str, float] = {}
        self.uses: dict[str, list[str]] = {}
        self.dropped: list[Dropped] = []
        self.failed: dict[str, list[Dropped]] = {}
        self._templates: list[_Template] = []
        self._tried = (-1, -1)
        # Columns and lists of the same length are the same on paper, unless there are rows, too.
        self._columns = not any(_is_row(claim.given) for claim in claims)
        self._pending = {name: _Pending(found) for name, found in self._candidates().items()}
        self._held = Counter(name for one in self._templates for name in one.names)
        """The names that a line with a free index may still define, so that no number does."""
        self._waiting: dict[str, list[str]] = {}
        while self._computed() or self._written_out() or self._released() or self._given_up():
            pass
        self.counts = self._counts()

    # What there is

    def _candidates(self) -> dict[str, list[Equation]]:
        """What the document gives for each name, best first."""
        symbols = [
            (claim, symbol)
            for claim in self.claims
            if not self.functions.defines(claim) and (symbol := symbol_of(claim))
        ]
        for _, symbol in symbols:
            self.names.add(symbol)
        found: dict[str, list[Equation]] = {}
        for claim, symbol in symbols:
            if is_backward(symbol, self.names):
                continue
            equation = self._equation(claim, self.names.add(symbol))
            letter = _LETTER.search(symbol)
            if letter and mentions(equation.text, letter[1]):
                each = (indexed(symbol, {letter[1]: value}) for value in range(_MOST_VALUES))
                names = frozenset(map(key, each))
                self._templates.append(_Template(equation, symbol, letter[1], names))
            found.setdefault(equation.name, []).append(equation)
        found = {
            name: sorted(equations, key=lambda one: (one.rank, not self._goes_through(one)))
            for name, equations in found.items()
        }
        self._put_names_in(found)
        return found

    def _goes_through(self, equation: Equation) -> bool:
        """Whether a formula has one of the names that are to be on the way."""
        parts = map(self.names.used, _WORD.findall(equation.text)) if self._through else ()
        return any(part in self._through and part != equation.name for part in parts)

    def _put_names_in(self, found: Mapping[str, list[Equation]]) -> None:
        """Lets arithmetic compute with names: where 0.3775 is z, 1/(1 + e^-0.3775) is one of z.

        A printed result stands for its name if no other one has the same digits.
        """
        results: dict[str, list[str]] = {}
        for name, equations in found.items():
            for one in equations:
                if one.is_result and isinstance(one.claim.given, str):
                    results.setdefault(one.claim.given.strip("$ "), []).append(name)
        owners = {digits: {*names} for digits, names in results.items()}

        def spelled(name: str, literal: re.Match[str]) -> str:
            owner = owners.get(literal[0], set()) - {name}
            return f"({self.names.labels[owner.pop()]})" if len(owner) == 1 else literal[0]

        for name, equations in found.items():
            first = equations[0]
            if first.numbers is None and first.rank == 1:
                text = _LITERAL.sub(partial(spelled, name), first.text)
                equations[0] = replace(first, text=text)

    def _equation(self, claim: Claim, name: str) -> Equation:
        try:
            numbers = read_numbers(claim.given)
        except ClaimError:
            return Equation(name, claim, self.functions.written_out(str(claim.given)))
        values, half_units = numbers.values, numbers.half_units
        if self._columns and values.ndim == 2 and values.shape[1] == 1:
            numbers = replace(numbers, values=values[:, 0], half_units=half_units[:, 0])
        self.names.shapes.setdefault(name, numbers.values.shape)
        return Equation(name, claim, numbers=numbers)

    # One step of the computation

    def _computed(self) -> bool:
        """Compute what can be; whether anything was."""
        before = len(self.values)
        for name in [*self._pending]:
            self._with_waiting(name)
        return len(self.values) > before

    def _with_waiting(self, name: str) -> None:
        """Compute a name, and then those that only wait for it."""
        ready = [name]
        while ready:
            one = ready.pop()
            if one in self._pending and self._try(one, self._pending[one]):
                ready += self._waiting.pop(one, [])

    def _try(self, name: str, pending: _Pending) -> bool:
        """Compute one name by its first candidate, if that is possible yet."""
        equation = pending.candidates[0]
        if equation.numbers is not None:
            if self._held[name] > 0:
                return False
            self._finish(equation, Value(equation.numbers.values), [])
            return True
        pending.refused = ""
        try:
            formula = pending.formula or equation.formula or parse(equation.text, self.names.known)
            references = [one.spelling for one in formula.references]
            pending.formula = formula
            pending.missing = [one for one in references if self.names.used(one) not in self.values]
            if pending.missing:
                for missing in pending.missing:
                    self._waiting.setdefault(self.names.used(missing), []).append(name)
                return False
            value, products = self._best(formula, pending.stated)
        except AutogradLiteError as error:
            pending.refused = str(error)
            return False
        used = list(dict.fromkeys(map(self.names.used, references)))
        self._finish(replace(equation, formula=formula, products=products), value, used)
        return True

    def _finish(self, equation: Equation, value: Value, used: list[str]) -> None:
        name = equation.name
        if name in self._pending:
            self.dropped += self._pending.pop(name).dropped
        self.equations[name] = equation
        self.values[name] = value
        self.uses[name] = used
        self.names.shapes[name] = value.shape

    def _best(self, formula: Expression, stated: Sequence[Numbers]) -> tuple[Value, Products]:
        """A formula on Values, its products read so that it fits what is stated, if they can be."""
        found: list[tuple[Value, Products]] = []
        refused: AutogradLiteError | None = None
        for products in _PRODUCTS:
            try:
                found.append((self._evaluated(formula, self.values, products), products))
            except AutogradLiteError as error:
                refused = refused or error
        if not found:
            raise refused or ClaimError("it has no value")
        fitting = [one for one in found if _fits(one[0], stated)]
        if not fitting:
            shapes = " or ".join(dict.fromkeys(str(value.shape) for value, _ in found))
            raise ClaimError(f"it has shape {shapes}, and its numbers {stated[0].values.shape}")
        return next((one for one in fitting if _agrees(one[0], stated)), fitting[0])

    def _evaluated(
        self, formula: Expression, values: Mapping[str, Value], products: Products
    ) -> Value:
        given = {one.spelling: self._value(one.spelling, values) for one in formula.references}
        try:
            value = formula.evaluate(given, products=products)
        except (TypeError, ValueError, ArithmeticError) as error:
            if isinstance(error, AutogradLiteError):
                raise
            raise ClaimError("it has a function of which no derivative is known") from None
        return value if isinstance(value, Value) else Value(value)

    def _value(self, spelling: str, values: Mapping[str, Value]) -> Value | float:
        name = self.names.find(spelling) or ""
        if name in self.counts:
            return self.counts[name]
        if name in values:
            return values[name]
        element = self.names.element(spelling)
        assert element is not None  # or it would not have been tried
        part: Value = values[element.array][element.at]
        return part

    # Lines for every index: h_t = tanh(w h_{t-1} + u x_t)

    def _written_out(self) -> bool:
        """Write a line with a free index out for each of its values; whether anything is new."""
        known = len(self.values), len(self.names.labels)
        if known == self._tried:
            return False
        for place, template in enumerate(self._templates):
            found = list(self._each(template))
            if found:
                self._take(template, found)
                del self._templates[place]
                return True
        self._tried = known
        return False

    def _take(self, template: _Template, found: Sequence[Equation]) -> None:
        """Take the equations that a line with a free index makes in place of it."""
        self._held.subtract(template.names)
        name = key(template.symbol)
        whole = self._pending.get(name)
        if whole and whole.candidates[0].claim is template.equation.claim:
            del self._pending[name]
        for equation in found:
            if equation.name in self._pending:
                self._pending[equation.name].insert(equation)
            elif equation.name not in self.values:
                self._pending[equation.name] = _Pending([equation])
        for pending in self._pending.values():
            pending.formula = None  # it may mean more now that there are more names

    def _each(self, template: _Template) -> Iterator[Equation]:
        """A line with a free index, for each value for which all that it uses is known."""
        equation, symbol, index, _ = template
        begun = key(symbol) in self.values
        for value in range(_MOST_VALUES):
            try:
                formula = parse(equation.text, self.names.known, at={index: value})
            except ClaimError:
                formula = None
            if formula is None or not all(self.names.known(str(r)) for r in formula.references):
                if begun or value > 1:
                    return
                continue
            begun = True
            subject = indexed(symbol, {index: value})
            if self.names.find(subject) is None and self.names.element(subject):
                continue  # it is an element of an array, which is computed as a whole
            name = self.names.add(subject)
            yield replace(equation, name=name, formula=formula, written_out=True)

    def _released(self) -> bool:
        """Take the numbers that were held back; whether there were any."""
        held, self._held = self._held, Counter()
        return any(held[name] > 0 for name in self._pending)

    # What cannot be computed as it is

    def _given_up(self) -> bool:
        """Give up one candidate that can never be computed; whether there was one."""
        for name, pending in self._pending.items():
            hopeless = [one for one in pending.missing if not self._awaited(one)]
            if hopeless:
                whole = pending.stated or len(pending.candidates) == 1
                if not (whole and self._stacked(hopeless)):
                    self._drop(name, f"{_listed(hopeless)} not given")
                return True
        for name, pending in self._pending.items():
            if pending.refused:
                self._drop(name, pending.refused)
                return True
        if not self._pending:
            return False
        name = self._in_circle()
        inner = label_of(self._pending[name].missing[0])
        self._pending[name].missing = []
        self._drop(name, f"it is computed from {inner}, and that from it")
        return True

    def _awaited(self, spelling: str) -> bool:
        """Whether what a formula refers to may still come, by itself or as part of an array."""
        return not {self.names.find(spelling), self.names.whole(spelling)}.isdisjoint(self._pending)

    def _drop(self, name: str, why: str) -> None:
        pending = self._pending[name]
        pending.drop(why)
        if not pending.candidates:
            self.failed[name] = pending.dropped
            del self._pending[name]

    def _in_circle(self) -> str:
        """A name that is computed from itself; best one that has a number to go on with."""
        name = next(iter(self._pending))
        passed: list[str] = []
        while name not in passed:
            passed.append(name)
            missing = self._pending[name].missing[0]
            found = self.names.find(missing)
            name = found if found in self._pending else self.names.whole(missing) or name
        circle = passed[passed.index(name) :]
        return max(circle, key=lambda one: len(self._pending[one].candidates))

    def _stacked(self, spellings: Sequence[str]) -> bool:
        """Let z be the array of z_1, z_2, … where only these are given; whether that was new."""
        for spelling in spellings:
            parts: list[str] = []
            while found := self.names.find(f"{spelling}_{len(parts) + 1}"):
                parts.append(found)
            if len(parts) > 1 and all(one in self.values for one in parts):
                name = self.names.add(spelling)
                equation = Equation(name, self.equations[parts[0]].claim, parts=tuple(parts))
                self._finish(equation, stack([self.values[one] for one in parts]), parts)
                return True
        return False

    # The graph

    def above(self, root: str) -> set[str]:
        """A name, and all from which it is computed."""
        found, waiting = {root}, [root]
        while waiting:
            fresh = set(self.uses[waiting.pop()]) - found
            found |= fresh
            waiting += fresh
        return found

    def hidden(self) -> dict[str, set[str]]:
        """The numbers that stand in for a formula, and from what else they may be computed.

        There is a formula that could not be used; or other numbers of the name are computed, as
        h_3 is from h_2, and this one is printed as a result.
        """
        found: dict[str, set[str]] = {}
        for equation, _, _ in self.dropped:
            name = equation.name
            if not self.uses.get(name):
                parts = map(self.names.used, _WORD.findall(equation.text))
                inner = {part for part in parts if part in self.values}
                found.setdefault(name, set()).update(inner - {name})
        computed: dict[str, set[str]] = {}
        for name, used in self.uses.items():
            if used and (family := _FAMILY.fullmatch(name)):
                computed.setdefault(family[1], set()).update(used)
        for name, equation in self.equations.items():
            family = _FAMILY.fullmatch(name)
            if family and family[1] in computed and equation.is_result:
                found.setdefault(name, set()).update(computed[family[1]] - {name})
        return {name: set().union(*map(self.above, used)) for name, used in found.items() if used}

    def ends(self) -> list[str]:
        """The names that are computed and from which nothing else is, in order."""
        used = {name for one in self.equations for name in self.uses[one]}
        return [
            name
            for name, one in self.equations.items()
            if self.uses[name] and name not in used and not one.parts
        ]

    def build(self, root: str, trained: set[str]) -> dict[str, Value]:
        """The values on the way to a root, labelled; leaves that are not ``trained`` are data."""
        values: dict[str, Value] = {}
        inner = self.above(root) - self.counts.keys()
        for name, equation in self.equations.items():
            if name not in inner:
                continue
            label, elements = self.names.labels[name], self._element_names(name)
            if equation.parts:
                values[name] = stack([values[one] for one in equation.parts])
            elif equation.formula is None or not self.uses[name]:
                kind = Value if name in trained else Constant
                values[name] = kind(self.values[name].data, label, elements)
            else:
                value = self._evaluated(equation.formula, values, equation.products)
                if value.op is None or value.label:  # nothing is computed: another name for it
                    value = value + 0.0
                values[name] = value.named(label, elements)
        return values

    def _element_names(self, name: str) -> Any:
        """x_1, x_2, … for the elements of x, unless the document means anything else by them."""
        shape, label = self.names.shapes[name], self.names.labels[name]
        one_digit = len(shape) == 1 or max(shape, default=0) < 10
        if len(shape) not in (1, 2) or not one_digit or not label[-1].isalpha():
            return None
        names = np.empty(shape, object)
        for place in np.ndindex(shape):
            names[place] = f"{label}_{''.join(str(one + 1) for one in place)}"
        taken = any(key(one) in self.names.labels for one in names.ravel().tolist())
        return None if taken else names.tolist()

    def _counts(self) -> dict[str, float]:
        """The m of 1/m: how many examples there are is no input, which might be another number."""
        sizes = {size for shape in self.names.shapes.values() for size in shape}
        sizes |= {len(members) for members in self.names.families().values()}
        return {
            name: float(value.data)
            for name, value in self.values.items()
            if name in _COUNTS and not (value.shape or self.uses[name]) and value.data in sizes
        }

    def shown(self, formula: Expression) -> str:
        """A formula in the names that the graph has."""

        def change(reference: Reference) -> Reference:
            name = self.names.find(reference.spelling)
            part = self.names.element(reference.spelling)
            if name is None and part is not None and (names := self._element_names(part.array)):
                return Reference(str(np.array(names, object)[part.at]))
            return Reference(self.names.labels[name] if name else label_of(reference.spelling))

        return str(formula.map(change))


_PRODUCTS: tuple[Products, ...] = ("vectors", "matrices", "elements", "tight")


def _is_row(given: Any) -> bool:
    """Whether an array is a single row of a matrix."""
    try:
        shape = read_numbers(given).values.shape
    except ClaimError:
        return False
    return len(shape) == 2 and shape[0] == 1 < shape[1]


def _fits(value: Value, stated: Sequence[Numbers]) -> bool:
    """Whether the shape is that of numbers; a column, a row and a list are one."""
    shape = _without_ones(value.shape)
    return not stated or any(_without_ones(one.values.shape) == shape for one in stated)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size > 1)


def _agrees(value: Value, stated: Sequence[Numbers]) -> bool:
    """Whether the numbers that are stated are these, about."""
    data = np.ravel(value.data)
    return any(
        one.values.size == data.size
        and bool(np.all(np.abs(np.ravel(one.values) - data) <= 2 * np.ravel(one.half_units) + 1e-9))
        for one in stated
    )


def _listed(spellings: Sequence[str]) -> str:
    names = ", ".join(map(label_of, spellings))
    return f"{names} {'is' if len(spellings) == 1 else 'are'}"
