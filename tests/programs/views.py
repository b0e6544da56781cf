"""What is compared: every view of a program, with what the eager engine gives.

How exactly two right programs agree is measured, not guessed: each step's result is moved by 2⁻²⁰
of itself, up or down at random, and what a number moves by tells how it depends on the rounding of
each step (stochastic arithmetic: Vignes, A stochastic arithmetic for reliable scientific
computation, 1993). Two orders of summation differ by at most some eps a summand, and an op of these
programs sums at most some 64 products; the allowance is twice that, in units of eps of the largest
number that is summed, and of what the asked number moves by.
"""

import random
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite import AutogradLiteError, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.chain.rule import chain_rule_of
from autograd_lite.engine import order
from autograd_lite.op import REGISTRY

from .generate import Draft, apart
from .peers import LacksError, jax, pytorch
from .program import Program

JIGGLE = 2.0**-20
ROUNDINGS = 128.0

Numbers = dict[str, Any]


class DifferenceError(Exception):
    """A view that gives another number than it should."""


class Eager(NamedTuple):
    """What ``backward`` gives, and the largest of all numbers and derivatives on the way."""

    value: float
    gradients: Numbers
    numbers: float
    derivatives: float


class Point(NamedTuple):
    """The value and the gradients at some data, and how much they may be off."""

    value: float
    gradients: Numbers
    allowed_value: Any
    allowed: Numbers


class Case:
    """A program with what the eager engine computes of it, at its own data and at others."""

    def __init__(self, program: Program) -> None:
        self.program = program
        eps = np.finfo(program.precision).eps
        self.unit = float(eps) * ROUNDINGS

    def rng(self, purpose: int) -> np.random.Generator:
        """Random numbers of this program's own."""
        return np.random.default_rng([self.program.seed % 2**32, purpose])

    def jiggle(self, rng: np.random.Generator) -> Callable[[Any], Any]:
        """A function that moves a step's result by a little of itself."""

        def moved(value: Any) -> Any:
            shape = np.shape(getattr(value, "_data", value))
            factor = 1 + JIGGLE * rng.choice([-1.0, 1.0], shape)
            return value * (factor.astype(self.program.precision) if shape else float(factor))

        return moved

    def allowance(self, found: Any, moved: list[Any], scale: float = 0.0) -> Any:
        """How far off numbers may be that move so when the steps do, and are made of such parts."""
        spread: Any = np.max([np.abs(np.asarray(one) - found) for one in moved], axis=0)
        tiny = float(np.finfo(self.program.precision).tiny)
        return self.unit * (largest(spread) / JIGGLE + max(scale, largest(found))) + tiny

    def eager(self, arrays: Mapping[str, Any] | None = None, jiggle: Any = None) -> Eager:
        """The value and the gradients of the weights, by ``backward``."""
        leaves = {}
        program = self.program
        arrays = program.arrays() | dict(arrays or {})
        for leaf in program.leaves:
            kind = {"Value": Value, "Constant": ag.Constant}.get(leaf.kind)
            leaves[leaf.name] = arrays[leaf.name] if kind is None else kind(arrays[leaf.name])
            if jiggle is not None and leaf.name not in program.exact and kind is not None:
                leaves[leaf.name].data = jiggle(leaves[leaf.name].data)
        root = program.function(**leaves, jiggle=jiggle)
        root.backward()
        nodes = order(root)
        reached = set(nodes)
        found = {
            leaf.name: leaves[leaf.name].grad
            if leaves[leaf.name] in reached
            else np.zeros(leaves[leaf.name].shape)
            for leaf in program.weights
        }
        parts = [node.grad for node in nodes if node.grad is not None]
        return Eager(root.data, found, largest(*(node.data for node in nodes)), largest(*parts))

    def at(self, arrays: Mapping[str, Any] | None = None, purpose: int = 0) -> Point:
        """The numbers at some data, and how far off they may be."""
        now, rng = self.eager(arrays), self.rng(purpose)
        moved = [self.eager(arrays, self.jiggle(rng)) for _ in range(3)]
        allowed = {
            name: self.allowance(found, [one.gradients[name] for one in moved], now.derivatives)
            for name, found in now.gradients.items()
        }
        loose = self.allowance(now.value, [one.value for one in moved], now.numbers)
        return Point(now.value, now.gradients, loose, allowed)

    @cached_property
    def is_finite(self) -> bool:
        """Whether all numbers on the way are finite, forward and backward."""
        with np.errstate(all="ignore"):
            root, _ = self.program.record()
            root.backward()
        numbers = [one for node in order(root) for one in (node.data, node.grad) if one is not None]
        return all(np.all(np.isfinite(one)) for one in numbers)

    @cached_property
    def here(self) -> Point:
        """The numbers at the program's own data."""
        return self.at()

    @cached_property
    def others(self) -> dict[str, Any]:
        """Other data for what can be given: far away where the program allows it."""
        rng = self.rng(7)
        program = self.program
        draft = Draft(program.seed)
        draft.rng = rng
        far = {}
        for leaf in program.given:
            draft.grid, draft.precision = leaf.exact, program.precision
            now = np.asarray(leaf.data, float)
            inside = now[np.isfinite(now)]
            low, high = (0.5, 2.0) if inside.size and inside.min() > 0 else (-2.0, 2.0)
            draft.scalar = draft.special = False
            far[leaf.name] = draft.numbers(np.shape(leaf.data), low, high)
        for share in (1.0, 0.5, 0.1, 0.01):
            arrays = {}
            for leaf in program.given:
                way = far[leaf.name]
                if not leaf.exact:
                    way = leaf.data + share * (way - leaf.data)
                elif share < 1:
                    way = leaf.data
                arrays[leaf.name] = (
                    np.asarray(way).astype(program.precision) if np.ndim(way) else float(way)
                )
            if self.fit(arrays):
                return arrays
        return {}

    def fit(self, arrays: Mapping[str, Any]) -> bool:
        """Whether numbers can be compared there: finite, and apart from kinks that are rounded."""
        root, leaves = self.program.record(arrays)
        rng = self.rng(8)
        exact = {
            one
            for name, one in leaves.items()
            if name in self.program.exact and isinstance(one, Value)
        }
        for node in order(root):
            if not np.all(np.abs(node.data) < 1e3):
                return False
            if node.op is None:
                continue
            if all(one in exact for one in node.parents):
                if np.all(np.asarray(node.data) * 64 % 1 == 0):
                    exact.add(node)
            elif node.op.branch is not None:
                if not apart(node, rng):
                    return False
                if np.all(np.asarray(node.data) % 1 == 0):
                    exact.add(node)
        return True

    @cached_property
    def there(self) -> Point:
        """The numbers at the other data."""
        return self.at(self.others, 1)

    def directional(self, jiggle: Any = None) -> list[Any]:
        """The gradients of the directional derivative, by two backward passes."""
        function, weights = self.program.of_weights(jiggle), self.program.weights

        def slope(*given: Any) -> Any:
            found = ag.grad(function, range(len(weights)))(*given)
            parts = (ag.sum(g * t) for g, t in zip(found, self.tangents, strict=True))
            return sum(parts, Value(0.0))

        return ag.grad(slope, range(len(weights)))(*[leaf.array() for leaf in weights])

    @cached_property
    def second(self) -> dict[str, tuple[Any, Any]]:
        """These, by name, and how far off they may be."""
        found, rng = self.directional(), self.rng(3)
        moved = [self.directional(self.jiggle(rng)) for _ in range(3)]
        # What cancels in them is a product of two derivatives, or of one and a number.
        scale = max(largest(*found), self.steepest * max(1.0, self.steepest))
        allowed = [
            self.allowance(one, list(others), scale)
            for one, *others in zip(found, *moved, strict=True)
        ]
        names = [leaf.name for leaf in self.program.weights]
        return dict(zip(names, zip(found, allowed, strict=True), strict=True))

    @cached_property
    def steepest(self) -> float:
        """The largest derivative with respect to any value on the way."""
        return self.eager().derivatives

    @cached_property
    def loose(self) -> float:
        """How far off the derivative in the direction may be."""
        parts = zip(
            self.here.gradients.values(), self.here.allowed.values(), self.tangents, strict=True
        )
        return sum(
            float(np.sum(self.unit * np.abs(np.multiply(g, t, dtype=float)))) + np.size(g) * allowed
            for g, allowed, t in parts
        )

    @cached_property
    def tangents(self) -> list[Any]:
        """A direction for each weight."""
        rng = self.rng(2)
        return [
            rng.uniform(-1, 1, np.shape(leaf.data)).astype(self.program.precision)
            if np.ndim(leaf.data)
            else float(rng.uniform(-1, 1))
            for leaf in self.program.weights
        ]


def largest(*arrays: Any) -> float:
    """The largest finite magnitude."""
    found = 0.0
    for array in arrays:
        sizes = np.abs(np.asarray(array, float))
        found = max(found, np.max(sizes, initial=0.0, where=np.isfinite(sizes)))
    return float(found)


def compare(what: str, found: Any, expected: Any, allowed: Any) -> None:
    """Raise DifferenceError unless the numbers agree; inf and nan have to be in the same places."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    if found.shape != expected.shape:
        raise DifferenceError(f"{what} has shape {found.shape}, not {expected.shape}")
    with np.errstate(all="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        near = same | (np.abs(found - expected) <= allowed)
    if not np.all(near):
        raise DifferenceError(
            f"{what} is {found.tolist()}, not {expected.tolist()} (± {np.max(allowed):.1e})"
        )


def compare_point(
    found: tuple[float, Numbers], point: Point, exactly: bool = False, of_scalars: bool = False
) -> None:
    """The value and all gradients.

    What only meets a 0 that was there from the beginning, such as an element that is never looked
    at, has no edge in a graph ``of_scalars``: its derivative is 0 there, and 0·∞ = nan in arrays.
    """
    compare("the value", found[0], point.value, 0 if exactly else point.allowed_value)
    for name, gradient in point.gradients.items():
        allowed = 0 if exactly else point.allowed[name]
        if name in found[1]:
            unseen = of_scalars & np.isnan(gradient) & (np.asarray(found[1][name]) == 0)
            expected = np.where(unseen, 0.0, gradient)
            compare(f"the gradient of {name}", found[1][name], expected, allowed)
        elif np.any(gradient):
            raise DifferenceError(f"the gradient of {name} is missing")


# The views. Each raises DifferenceError where it differs, AutogradLiteError where it refuses.


def grad(case: Case) -> None:
    """``value_and_grad``, ``vjp``, and a backward pass that frees the graph."""
    function, data = case.program.of_weights(), [leaf.array() for leaf in case.program.weights]
    names = [leaf.name for leaf in case.program.weights]
    value, found = ag.value_and_grad(function, range(len(names)))(*data)
    compare_point((value, dict(zip(names, found, strict=True))), case.here, exactly=True)
    value, pull = ag.vjp(function, *data)
    compare_point((value, dict(zip(names, pull(1.0), strict=True))), case.here, exactly=True)
    root, leaves = case.program.record()
    root.backward(retain_graph=False)
    freed = {name: leaves[name].grad for name in names if leaves[name].grad is not None}
    compare_point((root.data, freed), case.here, exactly=True)


def where_finite(view: Callable[[Case], None]) -> Callable[[Case], None]:
    """A view that is held to eager where all numbers are finite.

    What comes of 0·∞ depends on which of the two is asked for first. That what was not chosen gives
    0 there has tests of its own.
    """

    def check(case: Case) -> None:
        if case.is_finite:
            view(case)

    check.__doc__ = view.__doc__
    return check


def along(case: Case, gradients: Numbers) -> Any:
    """The derivative in the case's direction."""
    parts = zip(case.tangents, gradients.values(), strict=True)
    return sum(np.sum(np.multiply(one, other, dtype=float)) for one, other in parts)


def jvp(case: Case) -> None:
    """``jvp`` is the gradient times the direction."""
    data = [leaf.array() for leaf in case.program.weights]
    value, found = ag.jvp(case.program.of_weights(), data, case.tangents)
    compare("the value", value, case.here.value, 0)
    if not case.program.special:  # a derivative of 0 in another direction, times inf, is nan
        compare("the directional derivative", found, along(case, case.here.gradients), case.loose)


def differences(case: Case) -> None:
    """The gradient in a direction is the limit of differences of the value."""
    if case.program.special or case.program.exact & {leaf.name for leaf in case.program.leaves}:
        return  # at a kink, or infinite
    double = case.program
    if double.precision == "float32":
        return

    def value(step: float) -> float:
        arrays = {
            leaf.name: leaf.array() + step * tangent
            for leaf, tangent in zip(double.weights, case.tangents, strict=True)
        }
        return float(double.record(arrays)[0].data)

    slopes = [(value(h) - value(-h)) / (2 * h) for h in (4e-4, 2e-4, 1e-4)]
    first = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(slopes)]
    allowed = 4 * abs(first[1] - first[0]) + 1e4 * case.here.allowed_value + 1e-9
    compare("the directional derivative", along(case, case.here.gradients), first[1], allowed)


def second(case: Case) -> None:
    """The gradient of a directional derivative, by the gradient and by ``jvp``."""
    names = [leaf.name for leaf in case.program.weights]
    data = [leaf.array() for leaf in case.program.weights]

    def forward(*given: Any) -> Any:
        return ag.jvp(case.program.of_weights(), given, case.tangents)[1]

    for name, found in zip(names, ag.grad(forward, range(len(names)))(*data), strict=True):
        expected, allowed = case.second[name]
        compare(f"the second derivative of {name}", found, expected, allowed)


def expansion(case: Case) -> None:
    """The scalar graph: its values, the numbers of its terms and their sums over paths."""
    root, leaves = case.program.record()
    graph = named_graph(root)
    (output,) = graph.outputs
    compare("the value", graph.value(output), case.here.value, case.here.allowed_value)
    for term in graph.terms:
        if np.isfinite(term.value):  # a reader's 0·x is 0, also where the numbers are 0·inf
            loose = case.unit * max(1.0, abs(term.value))
            compare(term.name, term.expression.value, term.value, loose)
    rng = random.Random(case.program.seed)
    for leaf in case.program.weights:
        gradient = np.asarray(case.here.gradients[leaf.name])
        names = [one for one in graph.elements.values() if one.tensor is leaves[leaf.name]]
        found = {one.index for one in names}
        for index in np.ndindex(gradient.shape):
            if index not in found and gradient[index] != 0:
                raise DifferenceError(f"{leaf.name}{list(index)} is not in the expansion")
        finite = [one for one in names if np.isfinite(gradient[one.index])]
        for one in rng.sample(finite, min(2, len(finite))):
            rule = chain_rule_of(graph, one.name)
            compare(rule.name, rule.value, gradient[one.index], case.here.allowed[leaf.name])
            if not rule.remaining:
                total = sum(path.value for path in rule.paths)
                compare(f"the paths of {rule.name}", total, rule.value, case.unit * rule.magnitude)


def _derived(case: Case, level: str) -> None:
    root, leaves = case.program.record()
    derivation = ag.derive(root, level)
    exactly = _promised(case, root, level)
    for arrays, point in (({}, case.here), (case.others, case.there)):
        reached = {
            name
            for name, leaf in leaves.items()
            if isinstance(leaf, Value) and leaf in set(order(root))
        }
        given = {name: one for name, one in arrays.items() if name in reached and np.size(one)}
        if level == "scalar":
            given = {
                name: one for name, one in given.items() if _all_elements(derivation, name, one)
            }
            if {*given} != {
                name for name, one in arrays.items() if name in reached and np.size(one)
            }:
                continue
        value, found = derivation.run(**given)
        gradients = found if level == "tensor" else _gathered(found, point.gradients)
        compare_point((value, gradients), point, exactly, level == "scalar")


def _all_elements(derivation: Any, name: str, array: Any) -> bool:
    """Whether the derivation has all elements of an array, so that it can be given whole."""
    inputs = derivation._program.inputs
    return sum(one.layer == name for one in inputs) == np.size(array)


def _gathered(found: Mapping[str, float], like: Numbers) -> Numbers:
    """The gradients of elements, as arrays; an element that is never looked at has 0."""
    gathered = {}
    for name, gradient in like.items():
        full = np.zeros(np.shape(gradient))
        for index in np.ndindex(full.shape):
            label = f"{name}[{','.join(map(str, index))}]" if index else name
            full[index] = found.get(label, 0.0)
        gathered[name] = full
    return gathered


def _promised(case: Case, root: Value, level: str) -> bool:
    """Whether the derivation says that it is equal to the last bit."""
    if level == "scalar":
        return not any(node.shape for node in order(root))
    # NumPy and BLAS sum in the order of memory, and a view of an array has another than its copy.
    in_order = all(leaf.layout == "{}" for leaf in case.program.leaves)
    views = {"broadcast_to", "transpose", "matmul", "einsum", "getitem", "pad"}
    own = views.isdisjoint(step.op for step in case.program.steps)
    return case.program.precision == "float64" and in_order and own


def derive_scalar(case: Case) -> None:
    """``derive`` element by element, run at the recorded data and at others."""
    _derived(case, "scalar")


def derive_tensor(case: Case) -> None:
    """``derive`` array by array, run at the recorded data and at others."""
    _derived(case, "tensor")


def _compiled(backend: str) -> Callable[[Case], None]:
    def view(case: Case) -> None:
        root, leaves = case.program.record()
        reached = set(order(root))
        names = [leaf.name for leaf in case.program.weights if leaves[leaf.name] in reached]
        step = ag.compile(root, backend=backend, wrt=names)
        for arrays, point in ((case.others, case.there), ({}, case.here)):
            given = {name: one for name, one in arrays.items() if leaves[name] in reached}
            compare_point(step(**given), point, of_scalars=backend != "numpy")

    view.__doc__ = f"``compile`` with the backend {backend}, at other data and at the recorded."
    return view


def by_torch(case: Case) -> None:
    """The value and the gradients by PyTorch."""
    _leave_out(case)
    compare_point(pytorch().gradients(case.program), case.here)


def by_jax(case: Case) -> None:
    """The derivative in a direction and its gradients by JAX."""
    _leave_out(case)
    root, _ = case.program.record()
    if any(_is_power_of_0(node) for node in order(root)):
        raise LacksError("one convention for second derivatives at a power of 0")
    value, slope, found = jax().second(case.program, case.tangents)
    compare("the value", value, case.here.value, case.here.allowed_value)
    compare("the directional derivative", along(case, case.here.gradients), slope, case.loose)
    for name, (expected, allowed) in case.second.items():
        compare(f"the second derivative of {name}", expected, found[name], allowed)


def _is_power_of_0(node: Value) -> bool:
    base = node.operands[0] if node.op is REGISTRY["power"] else 1.0
    return bool(np.any(np.asarray(getattr(base, "data", base)) == 0))


def _leave_out(case: Case) -> None:
    """What has no common meaning: the derivative at nan differs from op to op in the peers."""
    if case.program.special and case.program.precision == "float32":
        raise LacksError("single precision, which overflows sooner")
    root, _ = case.program.record()
    if any(np.any(np.isnan(node.data)) for node in order(root)):
        raise LacksError("one convention at nan")


class View(NamedTuple):
    """A check, the package that it needs beside NumPy, and which programs it is tried on."""

    check: Callable[[Case], None]
    needs: str = ""
    every: int = 1
    """Every so many seeds: a second a program would be too long for all."""


ALL = {
    "grad": View(grad),
    "differences": View(differences),
    "jvp": View(where_finite(jvp)),
    "second": View(where_finite(second)),
    "expansion": View(where_finite(expansion)),
    "derive-scalar": View(where_finite(derive_scalar)),
    "derive-tensor": View(derive_tensor),
    "compile-python": View(where_finite(_compiled("python"))),
    "compile-numpy": View(_compiled("numpy")),
    "compile-auto": View(where_finite(_compiled("auto"))),
    "compile-tape": View(where_finite(_compiled("tape")), "numba"),
    "compile-numba": View(where_finite(_compiled("numba")), "numba", every=20),
    "torch": View(by_torch, "torch"),
    "jax": View(where_finite(by_jax), "jax"),
}
"""Every view, by its name."""

BUDGET = {"derive-scalar": 0.01, "derive-tensor": 0.02, "torch": 0.1, "jax": 0.1}
"""Which part of the programs a view may refuse, so that refusals cannot hide faults."""


def check(case: Case, name: str) -> str:
    """Compare a view; "" where it agrees, and the reason where it refuses."""
    try:
        with np.errstate(all="ignore"):
            ALL[name].check(case)
    except AutogradLiteError as refusal:
        if "defect" in str(refusal):  # so it calls what contradicts itself
            raise DifferenceError(str(refusal)) from None
        return reason(refusal)
    return ""


def reason(refusal: AutogradLiteError) -> str:
    """The kind of a refusal: its message without names and numbers."""
    words = str(refusal).split(";")[0].split()
    plain = [word for word in words if word.strip("',.()").isalpha() and len(word) > 2]
    return f"{type(refusal).__name__}: {' '.join(plain[:12])}"
