"""A derivative with faults: what its sum of products would be, had these mistakes been made."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from autograd_lite.check.causes.faults import (
    ChainLink,
    Fault,
    Variant,
    link_faults,
    products,
    taken_for,
)
from autograd_lite.check.causes.known import Known
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.truth import Ends


class ProductChange(NamedTuple):
    """A number in place of some factors of a product."""

    product: int
    places: tuple[int, ...]
    number: Array


class Pick(NamedTuple):
    """A fault, and what it changes in the products."""

    fault: Fault
    changes: tuple[ProductChange, ...]
    is_of_a_path: bool = False


class Model:
    """The products of a derivative at given forward values, and every single fault in them.

    With ``near`` only the last factor of each product is written out. ``under`` gives the same with
    a fault that is there already.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> w = ag.Value(3.0, label="w")
    >>> h = (w * w).named("h")
    >>> known = Known(Points(named_graph((2 * h).named("E"))))
    >>> model = Model(known, Ends("derivative", "E", "w"), known.values)
    >>> model.base.tolist(), len(model.singles(0)) > 3
    ([[12.0]], True)
    """

    def __init__(
        self, known: Known, ends: Ends, values: Mapping[str, Array], near: bool = False
    ) -> None:
        self.known, self.values, self._root = known, values, ends.child
        self.has_fault = False
        self._singles: dict[int, list[tuple[Pick, Array]]] = {}
        self.products: list[tuple[ChainLink, ...]] = products(known, ends.child, ends.parent, near)
        self._rows = self._evaluated()

    def under(self, pick: Pick) -> "Model":
        """The same with a fault already there."""
        other = self._copied()
        other._rows, other.has_fault = self._changed([pick]), True
        return other

    def at(self, known: Known, values: Mapping[str, Array]) -> "Model":
        """The same products of other numbers."""
        other = self._copied()
        other.__dict__.pop("_variants", None)
        other.known, other.values = known, values
        other._rows = other._evaluated()
        return other

    def _copied(self) -> "Model":
        other = Model.__new__(Model)
        vars(other).update(vars(self))
        other.__dict__.pop("base", None)
        other._singles = {}
        return other

    def _evaluated(self) -> list[list[Array]]:
        return [[one.value(self.known, self.values) for one in links] for links in self.products]

    @property
    def links(self) -> list[ChainLink]:
        """All factors, each once."""
        return list(dict.fromkeys(link for one in self.products for link in one))

    @property
    def symbols(self) -> set[str]:
        """The names of the forward values in the factors, but for outputs in their own slope."""
        return {
            symbol
            for link in self.links
            if link.term
            for symbol in link.term.expression.symbols
            if symbol != link.child
        }

    @cached_property
    def base(self) -> Array:
        """The products as they ought to be, one row each."""
        rows = [np.prod(row, axis=0) for row in self._rows]
        return np.reshape(rows, (len(rows), self.known.points.count))

    @property
    def off(self) -> float:
        """How far the sum may be off because its factors were printed with few digits."""
        off = 0.0
        for links, row, base in zip(self.products, self._rows, self.base, strict=True):
            for link, number in zip(links, row, strict=True):
                half = self.known.off.get(Ends("derivative", link.child, link.parent), 0.0)
                if half and number[0]:
                    off += abs(float(base[0] / number[0])) * half
        return off

    def sum(self, picks: Iterable[Pick] = ()) -> Array:
        """The derivative with these faults."""
        total = [np.prod(row, axis=0) for row in self._changed(picks)]
        return np.sum(total, axis=0) if total else np.zeros(self.known.points.count)

    def _changed(self, picks: Iterable[Pick]) -> list[list[Array]]:
        rows = [list(row) for row in self._rows]
        for pick in picks:
            for product, places, number in pick.changes:
                for place in places:
                    rows[product][place] = np.ones(self.known.points.count)
                rows[product][places[0]] = number
        return rows

    @cached_property
    def _variants(self) -> dict[ChainLink, list[Variant]]:
        alone = len(self.products) == 1 == len(self.products[0])
        # Alone, a factor in place of which another wrong number stands is no explanation.
        known = replace(self.known, claimed={}) if alone else self.known
        return {link: list(link_faults(known, link, self.values)) for link in self.links}

    def singles(self, product: int) -> list[tuple[Pick, Array]]:
        """Every single fault in one product, with the number that the product becomes."""
        if product not in self._singles:
            self._singles[product] = self._faults_of(product)
        return self._singles[product]

    def _faults_of(self, product: int) -> list[tuple[Pick, Array]]:
        links = self.products[product]
        found = []
        for place, link in enumerate(links):
            rest = self._rest(product, place)
            for fault, number in self._variants[link]:
                pick = Pick(fault, (ProductChange(product, (place,), number),))
                found.append((pick, rest * number))
        for pick, number in self.beginnings(product):
            found.append((pick, number))
        if len(self.products) > 1:
            every = tuple(range(len(links)))
            label = "·".join(link.label for link in links)
            dropped = Fault("missing path", f"the path {label} is missing", f"add {label}", 2.0)
            sign = Fault("wrong sign", f"{label} has the wrong sign", "change its sign", 2.5)
            twice = Fault(
                "constant factor", f"the path {label} is counted twice", "add it once", 2.6
            )
            for fault, number in (
                (dropped, 0 * self.base[product]),
                (sign, -self.base[product]),
                (twice, 2 * self.base[product]),
            ):
                change = ProductChange(product, every, number)
                found.append((Pick(fault, (change,), is_of_a_path=True), number))
        return found

    def beginnings(self, product: int) -> Iterator[tuple[Pick, Array]]:
        """Another derivative of the result in place of the first factors together."""
        links = self.products[product]
        for count in range(2, len(links)):
            node = links[count - 1].parent
            rest = np.prod(self._rows[product][count:], axis=0)
            for other in self.known.lookalikes.siblings(node)[:8]:
                number = self.known.derivative(self._root, other)
                fault = taken_for(f"d{self._root}/d{other}", f"d{self._root}/d{node}")
                change = ProductChange(product, tuple(range(count)), number)
                yield Pick(fault, (change,)), rest * number

    def pairs(self, product: int) -> Iterator[tuple[list[Pick], list[Pick], Array]]:
        """Every two faults in different factors of one product.

        For each two factors, the faults of the one and of the other, and with each of these a row
        of what the product becomes.
        """
        links = self.products[product]
        if len(self.products) > 1:
            yield from self._turned(product)
        for first in range(len(links)):
            for second in range(first + 1, len(links)):
                rest = self._rest(product, first, second)
                ones, twos = self._variants[links[first]], self._variants[links[second]]
                if ones and twos:
                    numbers = np.array([x for _, x in ones])[:, None] * np.array(
                        [x for _, x in twos]
                    )
                    yield (
                        [Pick(fault, (ProductChange(product, (first,), x),)) for fault, x in ones],
                        [Pick(fault, (ProductChange(product, (second,), x),)) for fault, x in twos],
                        (rest * numbers).reshape(-1, self.known.points.count),
                    )

    def _turned(self, product: int) -> Iterator[tuple[list[Pick], list[Pick], Array]]:
        """The wrong sign of the product together with each fault in one of its factors."""
        links = self.products[product]
        label = "·".join(link.label for link in links)
        fault = Fault("wrong sign", f"{label} has the wrong sign", "change its sign", 2.5)
        for place, link in enumerate(links):
            found = self._variants[link]
            # The sign goes into the number of the one factor that is changed anyway.
            twos = [Pick(one, (ProductChange(product, (place,), -x),)) for one, x in found]
            if twos:
                numbers = np.array([-self._rest(product, place) * x for _, x in found])
                yield [Pick(fault, ())], twos, numbers

    def common(self) -> Iterator[tuple[Pick, Array]]:
        """The faults of one family in every product alike, and those that keep some paths only."""
        if len(self.products) < 2:
            return
        families: dict[str, list[tuple[Pick, Array]]] = {}
        for product in range(len(self.products)):
            for pick, number in self.singles(product):
                # Of a whole path, in every path: the sign of all, and nothing at all.
                if not pick.is_of_a_path:
                    families.setdefault(pick.fault.family, []).append((pick, number))
        for family, found in families.items():
            changes = tuple(change for pick, _ in found for change in pick.changes)
            if len({change.product for change in changes}) == len(found) == len(self.products):
                fault = found[0][0].fault
                if any(pick.fault.done != fault.done for pick, _ in found):
                    fault = fault._replace(done=family, fix=f"in every path: {fault.fix}")
                yield Pick(fault, changes), np.sum([number for _, number in found], axis=0)
        yield from self._some_paths()

    def _some_paths(self) -> Iterator[tuple[Pick, Array]]:
        """Only the paths through one array, or all but those; only one path of several."""
        groups: dict[str, set[int]] = {}
        for product, links in enumerate(self.products):
            for link in links:
                layer = self.known.points.graph.elements[link.child].layer
                groups.setdefault(layer, set()).add(product)
        every = set(range(len(self.products)))
        for layer, kept in groups.items():
            if kept == every or len(every) == 2:
                continue
            yield self._only(kept, f"only the paths through {layer} are there", "add the others")
            yield self._only(every - kept, f"the paths through {layer} are missing", "add them")
        for product in every if len(every) > 2 else ():
            label = "·".join(link.label for link in self.products[product])
            yield self._only({product}, f"only the path {label} is there", "add the others")

    def _only(self, kept: set[int], done: str, fix: str) -> tuple[Pick, Array]:
        nothing = np.zeros(self.known.points.count)
        changes = tuple(
            ProductChange(product, tuple(range(len(links))), nothing)
            for product, links in enumerate(self.products)
            if product not in kept
        )
        return Pick(Fault("missing path", done, fix, 2.0), changes), self.base[sorted(kept)].sum(
            axis=0
        )

    def _rest(self, product: int, *places: int) -> Array:
        kept = [x for place, x in enumerate(self._rows[product]) if place not in places]
        rest: Array = np.prod([np.ones(self.known.points.count), *kept], axis=0)
        return rest


# Combinations of faults as arrays of numbers, and how a row of them is decoded.

Decode = Callable[[int], tuple[Pick, ...]]

_MOST = 1_000_000
"""So many combinations are computed at a time; with more, they are left out."""


def sums_with(model: Model, count: int) -> Iterator[tuple[Decode, Array]]:
    """The derivative with so many faults in its products, every combination."""
    base, total = model.base, model.base.sum(axis=0)
    if count == 0:
        yield (lambda _: ()), total[None]
        return
    singles = [model.singles(product) for product in range(len(base))]
    if count == 1:
        for product, found in enumerate(singles):
            if not found:
                continue  # a slope of 1 and nothing else
            yield _decode(found), total - base[product] + _rows(found)
        common = [] if model.has_fault else list(model.common())
        if common:
            yield _decode(common), _rows(common)
        return
    for first in range(len(base)):
        rest = total - base[first]
        for ones, twos, numbers in model.pairs(first):
            if count == 2:
                yield _two(ones, twos), rest + numbers
                continue
            for second in range(len(base)):
                if second != first and singles[second]:
                    yield from _both(
                        _two(ones, twos), rest + numbers, singles[second], base[second]
                    )
        if count == 2:
            for second in range(first + 1, len(base)) if singles[first] else ():
                yield from _both(
                    _decode(singles[first]),
                    rest + _rows(singles[first]),
                    singles[second],
                    base[second],
                )


def _decode(found: Sequence[tuple[Pick, Array]]) -> Decode:
    return lambda place: (found[place][0],)


def _rows(found: Sequence[tuple[object, Array]]) -> Array:
    return np.array([number for _, number in found])


def _two(ones: Sequence[Pick], twos: Sequence[Pick]) -> Decode:
    return lambda place: (ones[int(place) // len(twos)], twos[int(place) % len(twos)])


def _both(
    first: Decode, numbers: Array, second: Sequence[tuple[Pick, Array]], base: Array
) -> Iterator[tuple[Decode, Array]]:
    """Every fault in one product, with every fault in another."""
    if not second or len(numbers) * len(second) > _MOST:
        return
    others = _rows(second) - base
    both = (numbers[:, None] + others[None, :]).reshape(-1, base.size)

    def decode(place: int) -> tuple[Pick, ...]:
        one, two = divmod(int(place), len(second))
        return (*first(one), second[two][0])

    yield decode, both
