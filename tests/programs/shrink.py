"""A failing program, cut down to the least that still fails."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite import Value

from .program import Leaf, Program, Step, used

MANY = ("concatenate", "stack", "largest", "smallest", "argmax", "argmin")
"""Ops that take any number of operands of which each may be left out."""


def shrink(program: Program, fails: Callable[[Program], bool], seconds: float = 15.0) -> Program:
    """A smaller program that fails as well: each step tried without, arrays cut, numbers rounded.

    It takes the first smaller one that fails, until there is none or the time is over. A candidate
    that raises anything of its own is no candidate.
    """
    end = time.monotonic() + seconds
    found: Program | None = program
    while found is not None:
        program, found = found, None
        for candidate in _smaller(program):
            if time.monotonic() > end:
                break
            try:
                failing = bool(_data(candidate)) and fails(candidate)
            except Exception:  # noqa: BLE001  (whatever it is, it is not the failure)
                continue
            if failing:
                found = candidate
                break
    return program


def _smaller(program: Program) -> Iterator[Program]:
    """Programs with less in them, the boldest first."""
    made = _data(program)
    for smaller in (_ended_earlier, _without_a_step, _with_fewer_operands):
        for leaves, steps in smaller(program, made):
            yield replace(
                program, **dict(zip(("leaves", "steps"), used(leaves, steps), strict=True))
            )
    yield from _with_smaller_leaves(program)
    for place, step in enumerate(program.steps):
        if step.label:
            yield replace(program, steps=_set(program.steps, place, replace(step, label=False)))


Parts = Iterator[tuple[tuple[Leaf, ...], tuple[Step, ...]]]


def _ended_earlier(program: Program, made: dict[str, Any]) -> Parts:
    for place, step in enumerate(program.steps[:-1]):
        if not made[step.name].shape:
            yield program.leaves, program.steps[: place + 1]


def _without_a_step(program: Program, made: dict[str, Any]) -> Parts:
    """One of its operands in its place, or its result as an input."""
    for place in reversed(range(len(program.steps) - 1)):
        gone, rest = program.steps[place], _set(program.steps, place)
        for other in gone.operands:
            if made[other].shape == made[gone.name].shape:
                yield program.leaves, tuple(_renamed(step, gone.name, other) for step in rest)
        if place > 0 or len(gone.operands) > 1:
            exact = gone.name in program.exact
            yield (*program.leaves, Leaf(gone.name, "Value", made[gone.name], exact=exact)), rest


def _with_fewer_operands(program: Program, _: dict[str, Any]) -> Parts:
    for place, step in enumerate(program.steps):
        if step.op in MANY and len(step.operands) > 1:
            for gone in range(len(step.operands)):
                fewer = replace(step, operands=_set(step.operands, gone))
                yield program.leaves, _set(program.steps, place, fewer)


def _with_smaller_leaves(program: Program) -> Iterator[Program]:
    for wide in {size for leaf in program.leaves for size in np.shape(leaf.data) if size > 1}:
        yield program.with_data({leaf.name: _narrowed(leaf, wide) for leaf in program.leaves})
    for place, leaf in enumerate(program.leaves):
        data = np.asarray(leaf.data)
        for axis, size in enumerate(data.shape):
            if size > 1:
                yield program.with_data({leaf.name: np.take(data, range(size - 1), axis)})
        for simpler in (np.round(data), np.round(data, 1)):
            if np.any(simpler != data) and np.all(np.isfinite(data)):
                alike = simpler.astype(data.dtype) if data.shape else float(simpler)
                yield program.with_data({leaf.name: alike})
        if leaf.layout != "{}":
            yield replace(program, leaves=_set(program.leaves, place, replace(leaf, layout="{}")))


def _narrowed(leaf: Leaf, wide: int) -> Any:
    """Its data, with one less along all axes of that size."""
    cut = tuple(slice(size - (size == wide)) for size in np.shape(leaf.data))
    return leaf.data[cut] if cut else leaf.data


def _set(all_: tuple[Any, ...], place: int, *new: Any) -> Any:
    return (*all_[:place], *new, *all_[place + 1 :])


def _renamed(step: Step, old: str, new: str) -> Step:
    return replace(step, operands=tuple(new if one == old else one for one in step.operands))


def _data(program: Program) -> dict[str, Any]:
    """The numbers of every name; TypeError where a step is made of plain numbers only."""
    made: dict[str, Any] = {leaf.name: np.asarray(leaf.array()) for leaf in program.leaves}
    for place, step in enumerate(program.steps):
        with np.errstate(all="ignore"):
            root, _ = replace(program, steps=program.steps[: place + 1]).record()
        if not isinstance(root, Value):
            raise TypeError(step.name)
        made[step.name] = np.asarray(root.data)
    return made
