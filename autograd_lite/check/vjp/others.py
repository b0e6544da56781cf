"""Other gradients: the right answer to another question, of which one was given instead."""

from collections.abc import Iterator

import numpy as np

from autograd_lite.check.vjp.point import Array, Point
from autograd_lite.check.vjp.repairs import AXES, Repair, in_words
from autograd_lite.check.vjp.trial import Trial
from autograd_lite.engine import order
from autograd_lite.errors import AutogradLiteError
from autograd_lite.op import Elementwise
from autograd_lite.value import Value

__all__ = ["costly_others", "others"]

Alternative = tuple[str, str, str, Array | None]


def others(trial: Trial, place: int, names: tuple[str, ...]) -> Iterator[Repair]:
    """The gradient of another input, or for another cotangent.

    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(lambda x, y: x * y, [np.array([1.0, 3.0]), np.array([2.0, 5.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([1.0, 3.0]), None])
    >>> next(others(trial, 0, ("x", "y"))).sentence
    'is the gradient of y'
    """
    yield from _repairs(trial, place, _of_other_inputs(trial.point, place, names))
    yield from _repairs(trial, place, _other_cotangents(trial.point, place))


def costly_others(trial: Trial, place: int, names: tuple[str, ...]) -> Iterator[Repair]:
    """What takes more to compute: turned factors, other slopes, the last of several contributions.

    >>> import autograd_lite as ag
    >>> from autograd_lite.check.vjp.point import Forward
    >>> forward = Forward(ag.exp, [np.array([1.0, 3.0])])
    >>> point = Point("here", forward, forward.given, [np.array([1.0, 1.0])], seed=0)
    >>> trial = Trial(point, np.float64, [np.array([1.0, 3.0])])
    >>> next(costly_others(trial, 0, ("x",))).sentence
    'takes the derivative of exp of its input where its output belongs'
    """
    yield from _repairs(trial, place, _changed_inputs(trial.point, place, names))
    yield from _repairs(trial, place, _other_slopes(trial.point, place))
    yield from _repairs(trial, place, _last_contribution(trial.point, place))


def _repairs(trial: Trial, place: int, found: Iterator[Alternative]) -> Iterator[Repair]:
    given = np.asarray(trial.gradients[place], float)
    for kind, told, fix, gradient in found:
        if gradient is not None:
            yield Repair(kind, told, fix, given, gradient)


def _of_other_inputs(point: Point, place: int, names: tuple[str, ...]) -> Iterator[Alternative]:
    fix = f"return the gradients in the order of forward's inputs: {', '.join(names)}"
    for other, gradient in enumerate(point.gradients):
        if other != place:
            yield "gradient of another input", f"is the gradient of {names[other]}", fix, gradient


def _other_cotangents(point: Point, place: int) -> Iterator[Alternative]:
    cotangents = point.cotangents
    kind, fix = "forgets the cotangent", "multiply by the cotangent, element by element"
    ones = [np.ones_like(one) for one in cotangents]
    yield (
        kind,
        "is right for a cotangent of ones only: the cotangent is not used",
        fix,
        (point.pull(ones)[place]),
    )
    for name, reduce in (("sum", np.sum), ("mean", np.mean)):
        full = [np.full_like(one, reduce(one)) for one in cotangents]
        told = f"uses the {name} of the cotangent for each of its elements"
        yield kind, told, fix, point.pull(full)[place]
    if len(cotangents) > 1:
        for omitted in range(len(cotangents)):
            rest = [0 * one if at == omitted else one for at, one in enumerate(cotangents)]
            told = f"does not use the cotangent of result {omitted}"
            yield kind, told, "add what comes through that result", point.pull(rest)[place]


def _changed_inputs(point: Point, place: int, names: tuple[str, ...]) -> Iterator[Alternative]:
    """Another input left out, transposed or flipped: W for W.T, a kernel that is not turned."""
    for other in point.forward.active:
        array = point.inputs[other]
        if other == place:
            continue
        told, fix = f"lacks the factor {names[other]}", f"multiply by {names[other]}"
        yield "missing factor", told, fix, _with(point, other, np.ones_like(array))[place]
        if not 2 <= array.ndim <= AXES:
            continue
        if array.shape[-1] == array.shape[-2]:
            told = f"is right for {names[other]} transposed"
            fix = f"use {names[other]}.T for {names[other]} in it, or the other way round"
            yield "transposed", told, fix, _with(point, other, array.swapaxes(-1, -2))[place]
        axes = (array.ndim - 2, array.ndim - 1)
        told = f"is right for {names[other]} flipped along {in_words(axes)}"
        fix = f"turn the kernel: {names[other]}[…, ::-1, ::-1]"
        yield "flipped", told, fix, _with(point, other, np.flip(array, axes))[place]


def _with(point: Point, other: int, array: Array) -> list[Array | None]:
    inputs = [array if at == other else one for at, one in enumerate(point.inputs)]
    try:
        return point.at(inputs).pull(point.cotangents)
    except AutogradLiteError:  # the turned input does not fit into this forward
        return [None] * len(inputs)


def _other_slopes(point: Point, place: int) -> Iterator[Alternative]:
    """σ′ = y(1 − y) of the input where the output y belongs, or of the output taken once more."""
    nodes = order(point.here.result)
    for node in nodes:
        if not isinstance(node.op, Elementwise) or not callable(node.op.rule(0)):
            continue
        operand = node.operands[0]
        if node.op.arity != 1 or not isinstance(operand, Value):
            continue
        again = node.op.forward(node._data)
        for word, swapped in (
            ("its input where its output belongs", {node: operand._data}),
            ("its output where its input belongs", {node: again, operand: node._data}),
        ):
            told = f"takes the derivative of {node.op.name} of {word}"
            fix = f"check whether {node.op.name}′ is written in the input or in the output"
            gradient = point.swept(place, nodes, swapped=swapped)
            yield "derivative at the wrong place", told, fix, gradient


def _last_contribution(point: Point, place: int) -> Iterator[Alternative]:
    """The last of the contributions to each element, where they should have been added."""
    size = sum(one.size for one in point.cotangents)
    if len(point.cotangents) > 1 or not 1 < size <= 64:
        return
    (cotangent,) = point.cotangents
    whole = cotangent.reshape(*cotangent.shape[:2], -1) if cotangent.ndim > 2 else cotangent
    last = np.zeros(point.inputs[place].shape)
    channels = whole.ndim > 2
    for index in np.ndindex(*(whole.shape[::2] if channels else whole.shape)):
        only = np.zeros_like(whole)
        at = (index[0], slice(None), *index[1:]) if channels else index
        only[at] = whole[at]
        part = point.pull([only.reshape(cotangent.shape)])[place]
        if part is not None:
            last = np.where(part != 0, part, last)
    told = "keeps only the last contribution to each element, where several meet"
    fix = "add them up: += for =, np.add.at for d[index] += …"
    yield "= where += belongs", told, fix, last
