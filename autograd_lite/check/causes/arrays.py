"""Causes of a wrong array as a whole: its shape, its order, and what one mistake does to it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from autograd_lite.check.causes.explain import weighed_paths
from autograd_lite.check.causes.faults import constant_faults, other_moments
from autograd_lite.check.causes.known import Known, recovered_gradients
from autograd_lite.check.causes.model import Model
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.numbers import Array
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
    found += [cause for cause, other in _other_arrays(known, ends, true) if fits(other)]
    found += [cause for cause, other in _scaled(known, true) if fits(other)]
    if not found and len(ends) <= _MOST:
        found = [
            cause
            for cause, rows in _computed_anew(known, ends)
            if fits(np.transpose(rows).reshape(true.shape))
        ]
    if not found and _halved(given, true, slack):
        done = "where several contributions meet, one alone is there: = stands where they add up"
        found = [Cause("overwritten", done, 0.0, "use += where contributions meet")]
    if not found and _same_numbers(given, true, slack):
        sentence = "the right numbers stand in the wrong places"
        found = [Cause("wrong index", sentence, 0.0, "put each where it belongs")]
    return tuple(dict.fromkeys(found))


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
    if len({one.child for one in ends}) == 1:
        yield from weighed_paths(known, ends)
        yield from _diagonal(known, ends)
    yield from _overwritten(known, ends)
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
        if factor is None or not np.all(numbers) or np.all(numbers == 1):
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
    """Whether some elements are a half, a third … of the right ones, and all others are right."""
    with np.errstate(all="ignore"):
        times = np.round(true / given)
        whole = np.abs(times * given - true) <= 4 * slack
    few = np.isfinite(times) & (times >= 1) & (times <= 4)
    right = np.abs(given - true) <= slack
    return bool(np.all(right | (whole & few))) and 0 < np.count_nonzero(right) < right.size


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


def _overwritten(known: Known, ends: Sequence[Ends]) -> Iterator[tuple[Cause, Array]]:
    """Only the last, or the first, of the contributions that have to be added up."""
    for near in (True, False):
        models = [Model(known, one, known.values, near) for one in ends]
        rows = [model.base for model in models]
        if all(len(row) < 2 for row in rows):
            continue
        for place, word in ((-1, "last"), (0, "first")):
            done = f"only the {word} of the contributions is there: = stands where they must add up"
            cause = Cause("overwritten", done, 0.0, "use += where contributions meet, from 0 on")
            if known.mentions:  # a formula assigns nothing
                done = f"only the {word} of the paths is there"
                cause = Cause("missing path", done, 0.0, "add the others")
            only = [row[place] if len(row) else np.zeros(known.points.count) for row in rows]
            yield cause, np.array(only)
