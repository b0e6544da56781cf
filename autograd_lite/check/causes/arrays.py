"""Causes of a wrong array as a whole: its shape, its order, and what one mistake does to it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from autograd_lite.check.causes.families import family_causes
from autograd_lite.check.causes.faults import constant_faults, other_moments
from autograd_lite.check.causes.known import Known, recovered_gradients
from autograd_lite.check.causes.model import Model
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.truth.lookalikes import stem
from autograd_lite.check.truth.truth import Ends

# Causes of a wrong shape: a sum that is missing, a wrong broadcast, a transposed array.


def shape_causes(given: Array, true: Array) -> tuple[Cause, ...]:
    """Why an array has another shape: not summed, wrongly broadcast, transposed.

    >>> shape_causes(np.ones((3, 2)), np.array([3.0, 3.0]))[0].sentence
    'it has not been summed over axis 0'
    """
    return tuple(_shapes(given, true))


def _shapes(given: Array, true: Array) -> Iterator[Cause]:
    if not given.size:
        yield Cause("shape", "the array is empty", np.inf, f"give an array of shape {true.shape}")
        return
    if given.size == true.size and _close(given.ravel(), true.ravel()):
        sentence = f"the numbers are right, in shape {given.shape} where {true.shape} belongs"
        yield Cause("shape", sentence, 0.0, f"reshape it to {true.shape}")
        return
    if given.ndim == 2 and given.T.shape == true.shape and _close(given.T, true):
        yield Cause("transposed", "the array is transposed", 0.0, "transpose it")
        return
    for count in range(1, given.ndim + 1):
        for axes in combinations(range(given.ndim), count):
            for keep in (False, True):
                total = given.sum(axis=axes, keepdims=keep)
                for how, number in (("summed", total), ("averaged", total / _size(given, axes))):
                    if number.shape == true.shape and _close(number, true):
                        where = ", ".join(map(str, axes))
                        sentence = f"it has not been {how} over axis {where}"
                        yield Cause(
                            "shape",
                            sentence,
                            0.0,
                            f"sum over axis {where}"
                            if how == "summed"
                            else f"take the mean over axis {where}",
                        )
                        return
    if true.ndim and given.size == 1 and _close(true.sum(), given):
        yield Cause("shape", "it has been summed up to one number", 0.0, "do not sum it")
    else:
        yield Cause(
            "shape",
            f"shape {given.shape} where {true.shape} belongs",
            np.inf,
            f"give an array of shape {true.shape}",
        )


def _close(one: Array, other: Any) -> bool:
    return bool(np.allclose(one, other, rtol=1e-5, atol=1e-12))


def _size(array: Array, axes: tuple[int, ...]) -> int:
    return int(np.prod([array.shape[axis] for axis in axes]))


# The causes of a whole array: its order, and what one mistake does to all of it.

_FEWEST, _LARGEST = 3, 100.0
"""So many elements tell a factor that has no name, and so far from 1 it is at most."""
_MOST = 100
"""Larger arrays are not computed anew element by element."""


def array_causes(
    known: Known, ends: Sequence[Ends], given: Array, true: Array, slack: Array
) -> tuple[Cause, ...]:
    """What turns every element of an array into the given one; () if nothing does.

    The first axis of the three arrays is the point.
    """
    if ends[0].what in {"updated", "step"}:
        return _of_gradients(known, ends, given, slack)

    def fits(other: Array) -> bool:
        return other.shape == given.shape and bool(np.all(np.abs(other - given) <= slack))

    found = [
        Cause(fault.kind, fault.done, 0.0, fault.fix)
        for fault, factor in constant_faults(known)
        if fits(true * factor.reshape(-1, *[1] * (true.ndim - 1)))
    ]
    found += [cause for cause, other in _rearranged(true) if fits(other)]
    found += [cause for cause, other in _scaled(known, true) if fits(other)]
    found += _unmasked(known, given, true, fits)
    if not found and len(ends) <= _MOST:

        def fitting(guesses: Iterator[tuple[Cause, Array]]) -> list[Cause]:
            return [one for one, rows in guesses if fits(np.transpose(rows).reshape(true.shape))]

        of_one = ends[0].what == "derivative" and len({one.child for one in ends}) == 1
        if of_one:
            found = (
                fitting(_among_elements(known, ends))
                or _overwritten(known, ends, given, slack, _LAST_AND_FIRST)
                or _of_families(known, ends, given, slack)
                or _overwritten(known, ends, given, slack, _ANY)
            )
        found = found or fitting(_computed_anew(known, ends))
    found += [cause for cause, other in _other_arrays(known, ends, true) if fits(other)]
    if not found and _halved(given, true, slack):
        done = "where several contributions meet, one alone is there: = stands where they add up"
        found = [Cause("overwritten", done, 0.0, "use += where contributions meet")]
    if not found and _same_numbers(given, true, slack):
        sentence = "the right numbers stand in the wrong places"
        found = [Cause("wrong index", sentence, 0.0, "put each where it belongs")]
    return tuple(dict.fromkeys(found)) or _one_factor(given, true, slack)


def _of_families(known: Known, ends: Sequence[Ends], given: Array, slack: Array) -> list[Cause]:
    """One slip in all terms of a kind."""
    flat, loose = (x.reshape(len(x), -1).T for x in (given, np.broadcast_to(slack, given.shape)))
    return family_causes(known, ends, flat, loose)


def _one_factor(given: Array, true: Array, slack: Array) -> tuple[Cause, ...]:
    """A factor without a name that all elements have in common."""
    size = float(np.sum(true**2))
    ratio = float(np.sum(given * true)) / size if size else 0.0
    telling = np.count_nonzero(np.abs((ratio - 1) * true) > 10 * slack)
    if telling < _FEWEST or not np.all(np.abs(ratio * true - given) <= 1.5 * slack):
        return ()
    if not 1 / _LARGEST <= abs(ratio) <= _LARGEST:
        return ()
    kind = "constant factor" if ratio > 0 else "wrong sign and constant factor"
    done = f"every element is {ratio:.6g} times what it has to be"
    return (Cause(kind, done, 0.0, f"divide it by {ratio:.6g}"),)


def _of_gradients(
    known: Known, ends: Sequence[Ends], given: Array, slack: Array
) -> tuple[Cause, ...]:
    """Of weights after a step: the causes of the gradients that are recovered from them."""
    gradients, recovered, off = recovered_gradients(known, ends, given, slack)
    if not gradients:
        return ()
    rows = [known.derivative(one.child, one.parent) for one in gradients]
    return array_causes(known, gradients, recovered, np.transpose(rows).reshape(given.shape), off)


def _computed_anew(known: Known, ends: Sequence[Ends]) -> Iterator[tuple[Cause, Array]]:
    """The whole array once more with one mistake: other values, other paths, no sum.

    A change that changes nothing is no mistake.
    """
    if ends[0].what == "value":
        definitions = [known.points.graph.definition(one.child) for one in ends]
        symbols = {symbol for one in definitions for symbol in one.symbols}
        right = _values(known, ends, known.values)
        for cause, _, values in _other_values(known, symbols):
            rows = _values(known, ends, values)
            if not np.array_equal(rows, right):
                yield cause, rows
        return
    for near in (False, True):
        models = [Model(known.without(one), one, known.values, near) for one in ends]
        right = np.array([one.sum() for one in models])
        symbols = {symbol for one in models for symbol in one.symbols}
        for cause, other, values in _other_values(known, symbols):
            rows = np.array(
                [
                    model.at(other.without(one), values).sum()
                    for model, one in zip(models, ends, strict=True)
                ]
            )
            if not np.array_equal(rows, right):
                yield cause, rows


def _diagonal(known: Known, ends: Sequence[Ends]) -> Iterator[tuple[Cause, Array]]:
    """Each element through its own one in another array only, as if a softmax were elementwise."""
    points, root = known.points, ends[0].child
    own = points.graph.elements[ends[0].parent].layer
    for layer, names in known.lookalikes.layers.items():
        flat = [*np.ravel(names)]
        if layer == own or len(flat) != len(ends) or root in flat:
            continue
        rows = [
            points.total(root, name) * points.total(name, one.parent)
            for name, one in zip(flat, ends, strict=True)
        ]
        right = [points.total(one.child, one.parent) for one in ends]
        if np.any(rows) and not np.allclose(rows, right):
            done = f"the paths from each element of {own} to the others of {layer} are missing"
            yield (
                Cause("missing path", done, 0.0, f"sum over all elements of {layer}"),
                np.array(rows),
            )


def _among_elements(known: Known, ends: Sequence[Ends]) -> Iterator[tuple[Cause, Array]]:
    """Mistakes about what the elements of an array have to do with each other."""
    yield from _softmax(known, ends)
    yield from _diagonal(known, ends)


def _softmax(known: Known, ends: Sequence[Ends]) -> Iterator[tuple[Cause, Array]]:
    """What people make of a softmax's a·(g − Σ g·a), where g is the derivative by its result a."""
    points, root = known.points, ends[0].child
    own = points.graph.elements[ends[0].parent].layer
    tensor = points.graph.elements[ends[0].parent].tensor
    if len(ends) != np.prod(tensor.shape):
        return
    for layer, names in known.lookalikes.layers.items():
        if layer == own or points.graph.elements[names[0]].tensor.shape != tensor.shape:
            continue
        shape = (*tensor.shape, points.count)
        a = np.array([points.values[name] for name in names]).reshape(shape)
        axis = next(
            (one for one in range(tensor.ndim) if _is_softmax(known, names, ends, a, one)), None
        )
        if axis is None or root in names:
            continue
        g = np.array([points.total(root, name) for name in names]).reshape(shape)
        for kind, done, fix, rows in _instead_of_softmax(f"d{root}/d{layer}", layer, g, a, axis):
            yield Cause(kind, done, 0.0, fix), rows.reshape(len(ends), -1)


def _instead_of_softmax(
    slope: str, layer: str, g: Array, a: Array, axis: int
) -> list[tuple[str, str, str, Array]]:
    """What may stand in place of a·(g − Σ g·a): the kind, in words, the repair and the numbers."""
    total = (g * a).sum(axis=axis, keepdims=True)
    others: list[tuple[str, str, str, Array]] = [
        (
            "missing path",
            f"the sum Σ g·{layer} over all elements is missing, g = {slope}",
            f"subtract it: {layer}·(g − Σ g·{layer})",
            a * g,
        ),
        (
            "missing path",
            f"only the sum is there: {layer}·g is missing, the −1 at the right class",
            f"{layer}·(g − Σ g·{layer}), which is {layer} − 1 where the class is right",
            -a * total,
        ),
        (
            "wrong sign",
            f"the sum Σ g·{layer} has the wrong sign",
            "subtract it",
            a * (g + total),
        ),
        (
            "missing factor",
            f"the factor {layer} is missing in the sum Σ g·{layer}",
            f"weight the sum by {layer}",
            a * (g - g.sum(axis=axis, keepdims=True)),
        ),
        (
            "missing factor",
            f"the factor {layer} before g − Σ g·{layer} is missing",
            f"multiply by {layer}",
            g - total,
        ),
        (
            "extra factor",
            f"the factor {layer}·(1 − {layer}) is too much: it is in the derivative already",
            "leave it out",
            a * (g - total) * a * (1 - a),
        ),
    ]
    others += [
        (
            "wrong index",
            f"the sum Σ g·{layer} goes over axis {other} where it belongs over axis {axis}",
            f"sum over axis {axis}",
            a * (g - (g * a).sum(axis=other, keepdims=True)),
        )
        for other in range(a.ndim - 1)
        if other != axis
    ]
    return others


def _is_softmax(
    known: Known, names: Sequence[str], ends: Sequence[Ends], a: Array, axis: int
) -> bool:
    """Whether an array is the softmax of another along an axis, by its derivatives."""
    if not np.allclose(a.sum(axis=axis), 1):
        return False
    slopes = np.array([[known.points.total(one, two.parent) for two in ends] for one in names])
    rows = np.moveaxis(np.arange(len(names)).reshape(a.shape[:-1]), axis, -1)
    expected = np.zeros(slopes.shape)
    for row in rows.reshape(-1, a.shape[axis]):
        own = a.reshape(len(names), -1)[row]
        expected[np.ix_(row, row)] = own[:, None] * (np.eye(len(row))[..., None] - own[None])
    return np.allclose(slopes, expected, atol=1e-9)


def _other_values(
    known: Known, symbols: Collection[str]
) -> Iterator[tuple[Cause, Known, Mapping[str, Array]]]:
    """Updated weights, an old pass, an array that is turned, of another step, or another one."""
    for fault, values in other_moments(known):
        yield Cause(fault.kind, fault.done, 0.0, fault.fix), known, values
    elements = known.points.graph.elements
    for kind, done, fix, values in known.rearranged({elements[one].layer for one in symbols}):
        yield Cause(kind, done, 0.0, fix), known, values
    for layer, other in known.turned_derivatives:
        cause = Cause("transposed", f"d…/d{layer} is transposed here", 0.0, "do not transpose it")
        yield cause, other, known.values


def _values(known: Known, ends: Sequence[Ends], values: Mapping[str, Array]) -> Array:
    return np.array([_value(known, one, values) for one in ends])


def _value(known: Known, ends: Ends, values: Mapping[str, Array]) -> Array:
    return known.points.spread(known.points.graph.definition(ends.child).evaluate(values))


def _other_arrays(known: Known, ends: Sequence[Ends], true: Array) -> Iterator[tuple[Cause, Array]]:
    """The numbers of another array, or of the derivatives by it."""
    root = known.points.graph.outputs[0]
    own = known.points.graph.elements[ends[0].parent or ends[0].child].layer
    for layer, numbers in known.arrays.items():
        if numbers.shape != true.shape:
            continue
        names = known.lookalikes.layers[layer]
        slopes = np.transpose([known.points.total(root, name) for name in names])
        for quantity, other in (
            (layer, numbers),
            (f"d{root}/d{layer}", slopes.reshape(true.shape)),
        ):
            itself = layer == own and (quantity == layer) == (ends[0].what == "value")
            apart = quantity == layer or not np.any(np.isclose(other, true))
            if np.any(other) and apart and not itself:
                sentence = f"this is {quantity}"
                fix = "give the numbers of this quantity"
                yield Cause("another quantity", sentence, 0.0, fix), other


def _scaled(known: Known, true: Array) -> Iterator[tuple[Cause, Array]]:
    """A factor too much, missing or upside down, which differs from element to element."""
    for layer, numbers in known.arrays.items():
        factor = _spread(numbers, true)
        if factor is None or np.all(numbers == 1):
            continue
        for slope, name in (
            (factor * (1 - factor), f"{layer}·(1 − {layer})"),
            (1 - factor**2, f"1 − {layer}²"),
        ):
            yield (
                _cause(("extra factor", f"the factor {name} is too much", "leave it out")),
                (true * slope),
            )
        if not np.all(numbers):
            continue
        # 1/rstd in place of rstd, or rstd² missing: the same, unless the author has named 1/rstd.
        named = any(
            one.shape == numbers.shape and np.allclose(one * numbers, 1, rtol=1e-5, atol=1e-12)
            for one in known.own.values()
        )
        twice = [
            ("missing factor", f"the factor {layer}² is missing", f"multiply by {layer}²"),
            ("upside down", f"1/{layer} stands in place of {layer}", "turn it over"),
        ]
        much = "extra factor", f"the factor {layer} is too much", f"leave out {layer}"
        less = "missing factor", f"the factor {layer} is missing", f"multiply by {layer}"
        over = "upside down", f"{layer} stands in place of 1/{layer}", "turn it over"
        yield _cause(much), true * factor
        yield _cause(less), true / factor
        for words in reversed(twice) if named else twice:
            yield _cause(words), true / factor**2
        yield _cause(over), true * factor**2


def _unmasked(
    known: Known, given: Array, true: Array, fits: Callable[[Array], bool]
) -> Iterator[Cause]:
    """An array with zeros that was not multiplied with, such as a mask."""
    for layer, numbers in known.arrays.items():
        factor = _spread(numbers, true)
        if factor is None or np.all(numbers) or not np.any(numbers):
            continue
        masked = given * factor
        wrong = masked.any() and not np.any(true[np.broadcast_to(factor == 0, true.shape)])
        if wrong and fits(np.where(factor == 0, given, true / np.where(factor == 0, 1, factor))):
            words = f"the factor {layer} is missing", f"multiply by {layer}"
            yield _cause(("missing factor", *words))


def _cause(words: tuple[str, str, str]) -> Cause:
    kind, sentence, fix = words
    return Cause(kind, sentence, 0.0, fix)


def _spread(numbers: Array, true: Array) -> Array | None:
    """An array, at every point, in the dimensions of another; None if it is not broadcast so."""
    shape, inner = true.shape[1:], numbers.shape[1:]
    fits = len(inner) <= len(shape) and all(
        one in (1, other) for one, other in zip(reversed(inner), reversed(shape), strict=False)
    )
    if not inner or not fits:
        return None
    return numbers.reshape(len(numbers), *[1] * (len(shape) - len(inner)), *inner)


def _halved(given: Array, true: Array, slack: Array) -> bool:
    """Whether some elements are a half, a third … of the right ones, and all others are right.

    Then as many equal contributions meet there, such as those of a row that is used twice.
    """
    with np.errstate(all="ignore"):
        times = np.round(true / given)
        whole = np.abs(times * given - true) <= times * slack
    few = np.isfinite(times) & (times >= 2) & (times <= 4)
    right = np.abs(given - true) <= slack
    return (
        bool(np.all(right | (whole & few)))
        and 0 < np.count_nonzero(right & (true != 0)) < right.size
    )


def _same_numbers(given: Array, true: Array, slack: Array) -> bool:
    """Whether an array has the right numbers, in some order."""
    one, other = (np.sort(x.reshape(len(x), -1), axis=1) for x in (given, true))
    return bool(np.all(np.abs(one - other) <= np.max(slack)) and np.unique(true[0]).size > 2)


def _rearranged(true: Array) -> Iterator[tuple[Cause, Array]]:
    """The right numbers in the wrong places."""
    axes = tuple(range(1, true.ndim))
    if len(axes) == 2:
        yield (
            Cause("transposed", "the array is transposed", 0.0, "transpose it"),
            true.swapaxes(1, 2),
        )
    flips = [axes, *((axis,) for axis in axes)] if len(axes) > 1 else [axes]
    if len(axes) > 2:
        flips.append(axes[-2:])
    for some in flips:
        which = ", ".join(str(axis - 1) for axis in some)
        sentence = f"the array is flipped along axis {which}, as a convolution flips its kernel"
        yield Cause("flipped", sentence, 0.0, "do not flip it"), np.flip(true, some)
    flat = true.reshape(len(true), -1)
    for shift in (1, -1):
        rolled = np.roll(flat, shift, axis=1).reshape(true.shape)
        yield (
            Cause("wrong index", "the elements are shifted by one place", 0.0, "shift them back"),
            rolled,
        )
    for axis in axes:
        for one in range(true.shape[axis]):
            for two in range(one + 1, min(true.shape[axis], 8)):
                order = np.arange(true.shape[axis])
                order[[one, two]] = two, one
                sentence = f"indices {one} and {two} of axis {axis - 1} are swapped"
                yield Cause("wrong index", sentence, 0.0, "swap them back"), true.take(order, axis)


_LAST_AND_FIRST = {
    "only the last of the contributions is there": lambda _, one: one[-1],
    "only the first of the contributions is there": lambda _, one: one[0],
}
_ANY = {
    "where several contributions meet, one alone is there": lambda row, one: one[
        np.argmin(np.abs(one - row).max(axis=1))
    ],
}


def _overwritten(
    known: Known,
    ends: Sequence[Ends],
    given: Array,
    slack: Array,
    ways: Mapping[str, Callable[[Array, Array], Array]],
) -> list[Cause]:
    """One alone of the contributions of an array is there, the last, the first or any.

    Contributions that come in different ways are paths of their own.
    """
    if known.mentions or len(ends) * known.points.count < _FEWEST:
        return []  # a formula assigns nothing, and one number tells nothing
    flat, loose = (x.reshape(len(x), -1).T for x in (given, np.broadcast_to(slack, given.shape)))
    for meeting in _contributions(known, ends):
        for done, chosen in ways.items() if any(len(one) > 1 for one in meeting) else ():
            rows = np.array([chosen(row, one) for row, one in zip(flat, meeting, strict=True)])
            if np.all(np.abs(rows - flat) <= loose):
                sentence = f"{done}: = stands where they must add up"
                fix = "use += where contributions meet, from 0 on"
                return [Cause("overwritten", sentence, 0.0, fix)]
    return []


def _contributions(known: Known, ends: Sequence[Ends]) -> Iterator[list[Array]]:
    """What each end gets from every element of one array, also what is 0, in their order."""
    points = known.points
    families: dict[str, list[list[Array]]] = {}
    for place, one in enumerate(ends):
        for term in points.graph.by_parent.get(one.parent, []):
            of = families.setdefault(stem(term.child), [[] for _ in ends])
            of[place].append(points.total(one.child, term.child) * points.local(term))
    nothing = [np.zeros(points.count)]
    for of in families.values():
        yield [np.array(one or nothing) for one in of]
