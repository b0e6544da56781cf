"""Random programs over every op of the registry, each from a seed.

Most are at smooth points, so that numbers can be compared; about a fifth has its leaves on a grid
of halves, so that there are ties, kinks and zeros; and a tenth has ±0, infinities and nan. Where a
choice rests on rounded numbers (which of two sums is larger), the two are kept well apart, since
two right programs may round differently. What a step computes stays small: nothing overflows.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import AutogradLiteError, Constant, Value
from autograd_lite.engine import order
from autograd_lite.op import REGISTRY, Elementwise
from autograd_lite.ops import functions

from .program import OPERATORS, Leaf, Program, Step, used

Shape = tuple[int, ...]
Drawn = tuple[str, list[str], dict[str, Any]]

LARGEST = 30.0
"""Steps with larger results are not taken."""
MARGIN = 2e-3
"""How far rounded numbers keep from a kink, relative to their size."""

ROUNDING = {"exp", "log", "sin", "cos", "tanh", "sigmoid", "power", "sqrt", "divide", "mean"}
ROUNDING |= {
    "var",
    "softmax",
    "softplus",
    "logsumexp",
    "median",
    "inverse",
    "solve",
    "determinant",
    "log_abs_det",
}
ROUNDING |= {*functions.__all__} - {"floor", "ceil", "trunc", "rint", "mod", "floor_divide"}
"""Ops that round even small multiples of 1/64; sums and products of such are exact."""


CHOOSING = {name for name, op in REGISTRY.items() if op.rules in {(0,), (0, 0)}}
CHOOSING |= {"argmax", "argmin"}
"""Ops that give whole numbers, whatever they are asked of, and so a derivative of 0."""

OFTEN = {"getitem", "einsum", "conv2d", "max_pool2d", "concatenate", "power", "matmul"}
"""Ops with many forms, which are drawn three times as often, as are those of matrices, of which few
are fit; those above, and NumPy's functions, half as often."""


def share(name: str) -> float:
    """How often an op is drawn, relative to most others."""
    if name in OFTEN or PLACES[name] is _matrices:
        return 3.0
    return 0.5 if name in CHOOSING or name.startswith("np.") else 1.0


class UnfitError(Exception):
    """What was drawn cannot be a step of this program."""


class Draft:
    """A program in the making, with all that it has computed so far."""

    def __init__(self, seed: int, attempt: int = 0) -> None:
        self.seed = seed
        self.rng = np.random.default_rng([seed, attempt])
        self.precision = "float32" if self.chance(0.2) else "float64"
        manner = self.rng.random()
        self.special, self.grid = manner < 0.1, manner < 0.3
        self.scalar = self.chance(0.15)
        self.leaves: dict[str, Leaf] = {}
        self.steps: list[Step] = []
        self.made: dict[str, Any] = {}
        self.exact: set[str] = set()

    def chance(self, share: float) -> bool:
        """Whether it happens, with that probability."""
        return bool(self.rng.random() < share)

    def one(self, *choices: Any) -> Any:
        """One of them."""
        return choices[self.rng.integers(len(choices))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    # Leaves

    def shape(self, least: int = 0, most: int = 3) -> Shape:
        """A small shape; now and then with a size of 0."""
        if self.scalar and least == 0:
            return ()
        sizes = self.rng.choice(
            [0, 1, 2, 3, 4], size=self.whole(least, most), p=[0.015, 0.185, 0.35, 0.35, 0.1]
        )
        return tuple(sizes.tolist())

    def numbers(self, shape: Shape, low: float = -2.0, high: float = 2.0) -> Any:
        """Random numbers of that shape."""
        if self.grid:
            found = self.rng.integers(math.ceil(2 * low), math.floor(2 * high) + 1, shape) / 2
        else:
            found = self.rng.uniform(low, high, shape).round(3)
        found = np.asarray(found, float)
        if self.special and not self.scalar and self.chance(0.7):
            places = self.rng.random(shape) < 0.25
            found[places] = self.rng.choice(
                [np.inf, -np.inf, np.nan, 0.0, -0.0, 1e300], places.sum()
            )
        with np.errstate(over="ignore"):
            return found.astype(self.precision) if shape else float(found)

    def leaf(self, shape: Shape, low: float = -2.0, high: float = 2.0, kind: str = "") -> str:
        """A new input of that shape."""
        name = f"{'abcdefghijklmnopqrstuvw'[len(self.leaves) % 23]}{len(self.leaves) // 23 or ''}"
        kind = kind or str(self.rng.choice(["Value", "Constant", "plain"], p=[0.6, 0.2, 0.2]))
        layout = "{}"
        if shape and self.chance(0.2):
            layout = self.one("{}[::-1]", "{}.T")
        label = kind == "Value" or self.chance(0.7)
        leaf = Leaf(name, kind, self.numbers(shape, low, high), layout, label, self.grid)
        self.leaves[name] = leaf
        wrap = Constant if kind == "Constant" else Value
        self.made[name] = leaf.array() if kind == "plain" else wrap(leaf.array())
        if self.grid:
            self.exact.add(name)
        return name

    # What was made so far

    def data(self, name: str) -> Any:
        """The numbers of a name."""
        made = self.made[name]
        return made.data if isinstance(made, Value) else made

    def size(self, name: str) -> Shape:
        """The shape of a name."""
        return np.shape(self.data(name))

    def pick(self, fits: Callable[[Shape], bool] = lambda _: True, new: Any = None) -> str:
        """Something that was made, the newest more often; a new leaf where nothing fits."""
        fitting = [name for name in self.made if fits(self.size(name))]
        if not fitting or self.chance(0.25):
            return self.leaf(self.shape() if new is None else new)
        from_end = min(int(self.rng.exponential(2.5)), len(fitting) - 1)
        return fitting[-1 - from_end]

    def beside(self, name: str) -> str:
        """Something that broadcasts with it."""
        shape = self.size(name)
        if self.chance(0.12):
            return name
        kept = shape[self.whole(0, len(shape)) :] if self.chance(0.4) else shape
        kept = tuple(1 if self.chance(0.15) else size for size in kept)

        def fits(other: Shape) -> bool:
            try:
                return math.prod(np.broadcast_shapes(shape, other)) <= 48
            except ValueError:
                return False

        return self.pick(fits, kept)

    def within(self, name: str, low: float, high: float) -> str:
        """The same, or a function of it, with numbers between the two."""
        found = self.data(name)
        inside = np.all((found >= low) & (found <= high)) and np.size(found)
        if inside or (low, high) == (-2.0, 2.0) or (self.special and self.chance(0.7)):
            return name
        if name in self.leaves and self.chance(0.5):
            return self.leaf(self.size(name), low, high)
        wave = self.step(self.one("sin", "cos", "tanh"), [name])
        half = self.leaf((), kind="plain")
        self.leaves[half] = replace(self.leaves[half], data=(high - low) / 2)
        self.made[half] = (high - low) / 2
        middle = self.leaf((), kind="plain")
        self.leaves[middle] = replace(self.leaves[middle], data=(high + low) / 2)
        self.made[middle] = (high + low) / 2
        return self.step("add", [self.step("multiply", [wave, half]), middle])

    # Steps

    def step(self, op: str, operands: list[str], attributes: dict[str, Any] | None = None) -> str:
        """Apply an op; UnfitError where that cannot be a step."""
        forms = ["call"]
        recorded = any(isinstance(self.made[name], Value) for name in operands)
        if op in OPERATORS and recorded:
            forms.append("operator")
        if op == "getitem" and isinstance(self.made[operands[0]], Value):
            forms.append("index")
        name = f"v{len(self.steps)}"
        step = Step(name, op, tuple(operands), attributes or {}, self.one(*forms), False)
        exact = op not in ROUNDING and self.exact.issuperset(operands)
        with np.errstate(all="ignore"):
            scope = {"np": np, "inf": np.inf, "nan": np.nan, "ag": ag, "REGISTRY": REGISTRY}
            result = eval(step.expression(), scope, self.made)
            if not isinstance(result, Value):
                raise UnfitError("nothing to differentiate")
            self.check(result, [self.made[name] for name in operands], exact)
            on_grid = np.all(np.asarray(result.data) * 64 % 1 == 0)
        self.steps.append(step)
        self.made[name] = result
        if op in CHOOSING or (exact and on_grid):
            self.exact.add(name)
        if self.chance(0.4):
            self.steps[-1] = replace(step, label=True)
        return name

    def check(self, result: Value, operands: list[Any], exact: bool) -> None:
        """Whether its numbers may be compared: small, and apart from every kink."""
        numbers = np.asarray(result.data)
        if numbers.size > 64:
            raise UnfitError("large")
        if not self.special and not np.all(np.abs(numbers) <= LARGEST):
            raise UnfitError("not small")
        if not exact:
            ends = {one for one in operands if isinstance(one, Value)}
            for node in order(result, stop=ends):
                if node not in ends and not apart(node, self.rng):
                    raise UnfitError("near a kink")

    def program(self, length: int) -> Program:
        """So many steps, and their sum with random weights."""
        while len(self.steps) < length:
            before = len(self.steps), dict(self.leaves), dict(self.made), set(self.exact)
            try:
                op, operands, attributes = self.draw()
                self.step(op, operands, attributes)
            except (UnfitError, AutogradLiteError):
                count, self.leaves, self.made, self.exact = before
                del self.steps[count:]
        self.finish()
        leaves, steps = used(tuple(self.leaves.values()), tuple(self.steps))
        if not any(leaf.kind == "Value" for leaf in leaves):
            raise UnfitError("nothing to differentiate with respect to")
        labelled = replace(steps[-1], label=True)
        return Program(
            self.seed,
            leaves,
            (*steps[:-1], labelled),
            self.precision,
            self.special,
            frozenset(self.exact),
        )

    def draw(self) -> Drawn:
        """An op with its operands and attributes."""
        names = SCALAR_PLACES if self.scalar else [*PLACES]
        if self.special:
            names = [
                name
                for name in names
                if PLACES[name] not in (_pool, _of_windows, _convolution, _matrices)
            ]
        shares = np.array([share(name) for name in names])
        op = str(self.rng.choice(names, p=shares / shares.sum()))
        return PLACES[op](self, op)

    def finish(self) -> None:
        """Sum up what nothing has used yet, so that the result is a single number."""
        taken = {name for step in self.steps for name in step.operands}
        ends = [step.name for step in self.steps if step.name not in taken]
        total = ""
        for name in ends:
            part = name
            if self.chance(0.7):
                weight = self.leaf(self.size(name), kind=self.one("plain", "Constant"))
                part = self.force("multiply", [part, weight])
            if self.size(part) or self.chance(0.2):
                part = self.force("sum", [part], {"axis": None, "keepdims": False})
            total = self.force("add", [total, part]) if total else part

    def force(self, op: str, operands: list[str], attributes: dict[str, Any] | None = None) -> str:
        """A step that is taken whatever its numbers are."""
        special, self.special = self.special, True
        try:
            return self.step(op, operands, attributes)
        finally:
            self.special = special


def apart(node: Value, rng: np.random.Generator) -> bool:
    """Whether its op chooses the same with operands that differ a little."""
    if node.op is None or node.op.branch is None:
        return True
    operands = [one.data if isinstance(one, Value) else one for one in node.operands]
    chosen = node.op.branch(*map(np.asarray, operands), **node.attributes)
    for _ in range(4):
        moved = [
            one + MARGIN * np.maximum(np.abs(one), 0.1) * rng.choice([-1, 1], np.shape(one))
            for one in map(np.asarray, operands)
        ]
        if not np.array_equal(chosen, node.op.branch(*moved, **node.attributes)):
            return False
    return True


# Each op has a place: a function that draws its operands and attributes.


def _elementwise(draft: Draft, name: str) -> Drawn:
    op = REGISTRY[name]
    assert isinstance(op, Elementwise)
    first = draft.pick()
    operands = [first]
    while len(operands) < (op.arity or draft.whole(1, 4)):
        operands.append(draft.beside(operands[0]))
    if len(operands) > 1 and draft.chance(0.5):
        operands = operands[::-1]
    if name == "power":
        return _power(draft, operands)
    bounded = [*op.domain, *[(-2.0, 2.0)] * len(operands)]
    if name == "where":
        bounded[0] = (-2.0, 2.0)
    return (
        name,
        [draft.within(one, *range_) for one, range_ in zip(operands, bounded, strict=False)],
        {},
    )


def _power(draft: Draft, operands: list[str]) -> Drawn:
    if draft.chance(0.5):
        base, exponent = operands
        return "power", [draft.within(base, 0.5, 2.0), exponent], {}
    exponent = draft.leaf(
        (), kind=draft.one("plain", "Constant", "Value" if draft.grid else "plain")
    )
    number = float(draft.one(2, 3, 2, 0, 1, -1, 0.5, 1.5))
    draft.leaves[exponent] = replace(draft.leaves[exponent], data=number)
    draft.made[exponent] = type(draft.made[exponent])(number)
    base = operands[0] if number in (2, 3, 0, 1) else draft.within(operands[0], 0.5, 2.0)
    return "power", [base, exponent], {}


def _axis(draft: Draft, ndim: int) -> Any:
    if ndim == 0 or draft.chance(0.25):
        return None
    count = draft.whole(1, ndim)
    axes = draft.rng.permutation(ndim)[:count] - ndim * draft.rng.integers(0, 2, count)
    return int(axes[0]) if count == 1 and draft.chance(0.7) else tuple(axes.tolist())


def _reduction(draft: Draft, name: str) -> Drawn:
    x = draft.pick(lambda shape: len(shape) > 0)
    attributes = {"axis": _axis(draft, len(draft.size(x)))}
    if name not in ("first_max", "first_min"):
        attributes["keepdims"] = draft.chance(0.4)
    return name, [x], attributes


def _along(draft: Draft, name: str) -> Drawn:
    """What takes one axis."""
    x = draft.pick(lambda shape: len(shape) > 0 and min(shape) > 0, draft.shape(1))
    ndim = len(draft.size(x))
    if min(draft.size(x)) == 0:
        raise UnfitError("no elements")
    return name, [x], {"axis": draft.whole(-ndim, ndim - 1)}


def _by_keys(draft: Draft, name: str) -> Drawn:
    _, (x,), axis = _along(draft, name)
    shape = draft.size(x)
    return name, [x, draft.pick(lambda one: one == shape, shape)], axis


def _matrices(draft: Draft, name: str) -> Drawn:
    """Matrices that are well away from those that have no inverse."""

    def fits(shape: Shape) -> bool:
        return len(shape) > 1 and shape[-1] == shape[-2] > 0 and 0 not in shape

    size = draft.whole(1, 3)
    x = draft.within(draft.pick(fits, (*draft.one((), (2,)), size, size)), -1.0, 1.0)
    if not fits(draft.size(x)):
        raise UnfitError("no square")
    size = draft.size(x)[-1]
    diagonal = draft.leaf((size, size), kind="plain")
    draft.made[diagonal] = (4.0 * np.eye(size)).astype(draft.precision)
    draft.leaves[diagonal] = replace(draft.leaves[diagonal], data=draft.made[diagonal], layout="{}")
    matrix = draft.step("add", [x, diagonal])
    if name != "solve":
        return name, [matrix], {}
    right = (*draft.size(x)[:-1], draft.whole(1, 2))
    return name, [matrix, draft.pick(lambda one: one == right, right)], {}


def _numpy(draft: Draft, name: str) -> Drawn:
    """What NumPy's functions make of Values, on arrays of one axis or two."""
    x = draft.pick(lambda shape: 0 < len(shape) < 3 and min(shape) > 0, draft.shape(1, 2))
    shape = draft.size(x)
    if 0 in shape:
        raise UnfitError("no elements")
    axis = draft.whole(-len(shape), len(shape) - 1)
    if name in ("np.vstack", "np.hstack", "np.column_stack"):
        return name, [x, draft.pick(lambda one: one == shape, shape)], {}
    if name in ("np.kron", "np.outer"):
        return name, [x, draft.pick(lambda one: 0 < len(one) < 3, draft.shape(1, 2))], {}
    settings: dict[str, dict[str, Any]] = {
        "np.roll": {"shift": draft.whole(-2, 2), "axis": draft.one(None, axis)},
        "np.repeat": {"repeats": draft.whole(1, 2), "axis": draft.one(None, axis)},
        "np.tile": {"reps": draft.one(2, (2, 1))},
        "np.flip": {"axis": draft.one(None, axis)},
        "np.tril": {"k": draft.whole(-1, 1)},
        "np.swapaxes": {"axis1": 0, "axis2": axis},
        "np.pad": {"pad_width": 1, "mode": draft.one("edge", "wrap")},
    }
    return name, [x], settings[name]


def _reshape(draft: Draft, name: str) -> Drawn:
    x = draft.pick()
    size = math.prod(draft.size(x))
    shape = [size]
    while draft.chance(0.5) and len(shape) < 4:
        divisor = int(
            draft.one(*[d for d in range(1, max(2, shape[-1] + 1)) if shape[-1] % d == 0])
        )
        shape[-1:] = [divisor, shape[-1] // divisor]
    if size == 1 and draft.chance(0.3):
        shape = []
    elif size and draft.chance(0.3):
        shape[draft.whole(0, len(shape) - 1)] = -1
    return name, [x], {"shape": tuple(shape)}


def _transpose(draft: Draft, name: str) -> Drawn:
    x = draft.pick(lambda shape: len(shape) > 1, draft.shape(2))
    ndim = len(draft.size(x))
    axes = draft.rng.permutation(ndim) - ndim * draft.rng.integers(0, 2, ndim)
    return name, [x], {"axes": tuple(axes.tolist())}


def _index(draft: Draft, shape: Shape) -> tuple[Any, ...]:
    """An index of any form that NumPy takes."""
    parts: list[Any] = []
    axis = 0
    while axis < len(shape) and not draft.chance(0.15):
        size = shape[axis]
        form = draft.one("int", "slice", "slice", "slice", "array", "mask", "none", "true", "wide")
        if form == "int" and size:
            parts.append(draft.whole(-size, size - 1))
        elif form == "array" and size:
            count = draft.one((), (1,), (3,), (3,), (2, 2))
            parts.append(np.asarray(draft.rng.integers(-size, size, count)))
        elif form == "mask":
            parts.append(draft.rng.random(size) < 0.6)
        elif form == "wide" and axis + 1 < len(shape):
            parts.append(draft.rng.random(shape[axis : axis + 2]) < 0.6)
            axis += 1
        elif form == "none":
            parts.append(None)
            continue
        elif form == "true":
            parts.append(draft.one(True, True, False))
            continue
        else:
            ends = [None, *range(-size - 1, size + 2)]
            step = draft.one(None, None, 1, 2, -1, -2)
            parts.append(
                slice(draft.one(*ends), draft.one(*ends), step)
                if draft.chance(0.6)
                else slice(None, None, step)
            )
        axis += 1
    if draft.chance(0.3):
        parts.insert(draft.whole(0, len(parts)) if axis == len(shape) else len(parts), ...)
    return tuple(parts)


def _getitem(draft: Draft, name: str) -> Drawn:
    x = draft.pick(lambda shape: len(shape) > 0, draft.shape(1))
    index = _index(draft, draft.size(x))
    try:
        np.empty(draft.size(x))[index]
    except IndexError:
        raise UnfitError("no index") from None
    return name, [x], {"index": index}


def _scatter_add(draft: Draft, name: str) -> Drawn:
    shape = draft.shape(1)
    index = _index(draft, shape)
    try:
        taken = np.empty(shape)[index].shape
    except IndexError:
        raise UnfitError("no index") from None
    return name, [draft.pick(lambda one: one == taken, taken)], {"index": index, "shape": shape}


def _concatenate(draft: Draft, name: str) -> Drawn:
    x = draft.pick(lambda shape: len(shape) > 0, draft.shape(1))
    shape = draft.size(x)
    axis = draft.whole(0, len(shape) - 1)

    def fits(one: Shape) -> bool:
        return len(one) == len(shape) and _set(one, axis) == _set(shape, axis)

    operands = [x]
    while draft.chance(0.6) and len(operands) < 4:
        other = draft.pick(fits, _set(shape, axis, draft.whole(0, 2)))
        operands.insert(draft.whole(0, len(operands)), other)
    return name, operands, {"axis": axis - draft.one(0, len(shape))}


def _set(shape: Shape, axis: int, *size: int) -> Shape:
    return (*shape[:axis], *size, *shape[axis + 1 :])


def _stack(draft: Draft, name: str) -> Drawn:
    x = draft.pick()
    shape = draft.size(x)
    operands = [x, *(draft.pick(lambda one: one == shape, shape) for _ in range(draft.whole(0, 2)))]
    return name, operands, {"axis": draft.whole(-len(shape) - 1, len(shape))}


def _pad(draft: Draft, name: str) -> Drawn:
    x = draft.pick()
    width = draft.rng.integers(0, 3, (len(draft.size(x)), 2)).tolist()
    return name, [x], {"width": tuple((low, high) for low, high in width)}


def _broadcast_to(draft: Draft, name: str) -> Drawn:
    x = draft.pick()
    shape = tuple(
        draft.whole(2, 3) if size == 1 and draft.chance(0.7) else size for size in draft.size(x)
    )
    lead = tuple(draft.rng.integers(1, 4, draft.whole(0, 2)).tolist())
    return name, [x], {"shape": lead + shape}


def _squeeze(draft: Draft, name: str) -> Drawn:
    x = draft.pick(lambda shape: 1 in shape, (1, *draft.shape(0, 2)))
    ones = [axis for axis, size in enumerate(draft.size(x)) if size == 1]
    return name, [x], {"axis": draft.one(None, draft.one(*ones)) if ones else None}


def _expand_dims(draft: Draft, name: str) -> Drawn:
    x = draft.pick()
    ndim = len(draft.size(x))
    return name, [x], {"axis": draft.one(draft.whole(-ndim - 1, ndim), (0, ndim + 1))}


def _alone(draft: Draft, name: str) -> Drawn:
    return name, [draft.pick()], {}


def _clip(draft: Draft, name: str) -> Drawn:
    low, high = draft.one((None, 0.75), (-0.75, None), (-1.0, 1.0), (None, None))
    return name, [draft.pick()], {"low": low, "high": high}


def _pair(draft: Draft, name: str) -> Drawn:
    x = draft.pick()
    return name, [x, draft.beside(x)], {}


def _matmul(draft: Draft, name: str) -> Drawn:
    a = draft.pick(lambda shape: len(shape) > 0, draft.shape(1))
    shape = draft.size(a)
    inner = shape[-1]
    stack = tuple(1 if draft.chance(0.3) else size for size in shape[:-2])
    b = draft.one((inner,), (inner, draft.whole(1, 3)), (*stack, inner, draft.whole(1, 3)))

    def fits(one: Shape) -> bool:
        try:
            return np.matmul(np.zeros(shape), np.zeros(one)).size <= 48
        except ValueError:
            return False

    return name, [a, draft.pick(fits, b)], {}


def _einsum(draft: Draft, name: str) -> Drawn:
    sizes = dict(zip("ijkl", (2, 3, 2, 1), strict=True))
    terms, operands = [], []
    dots = draft.chance(0.25)
    # Where 0 meets inf, the order in which three are multiplied decides.
    for _ in range(draft.whole(1, 2 if draft.special else 3)):
        letters = "".join(draft.rng.choice([*sizes], draft.whole(0, 3)))
        lead = draft.one((), (2,)) if dots else ()
        shape = (*lead, *(sizes[letter] for letter in letters))
        operands.append(draft.pick(lambda one, shape=shape: one == shape, shape))
        terms.append("..." * dots + letters)
    subscripts = ",".join(terms)
    if draft.chance(0.7):
        seen = sorted({letter for letter in subscripts if letter in sizes})
        kept = draft.rng.permutation(seen)[: draft.whole(0, len(seen))].tolist() if seen else []
        subscripts += "->" + "..." * dots + "".join(kept)
    return name, operands, {"subscripts": subscripts}


def _window(draft: Draft) -> tuple[Any, Any, Any]:
    size = draft.one(1, 2, 2, 3, (2, 1), (1, 3), (3, 2))
    stride = draft.one(1, 2, 3, (2, 1), (1, 2))
    padding = draft.one(0, 0, 1, (1, 0), (0, 1))
    return size, stride, padding


def _both(one: Any) -> tuple[int, int]:
    return one if isinstance(one, tuple) else (one, one)


def _counts(shape: Shape, size: Any, stride: Any, padding: Any, dilation: Any = 1) -> Shape:
    four = map(_both, (size, stride, padding, dilation))
    return tuple(
        (length + 2 * p - d * (n - 1) - 1) // s + 1
        for length, n, s, p, d in zip(shape[-2:], *four, strict=True)
    )


def _image(draft: Draft, four: bool | None = None) -> str:
    plain = (draft.whole(2, 5), draft.whole(2, 5))
    batched = (draft.whole(1, 2), draft.whole(1, 2), draft.whole(2, 4), draft.whole(2, 4))
    four = draft.chance(0.5) if four is None else four
    new = batched if four else plain
    return draft.pick(lambda shape: len(shape) == len(new) and min(shape) > 0, new)


def _pool(draft: Draft, name: str) -> Drawn:
    x = _image(draft)
    size, stride, padding = _window(draft)
    if any(2 * p > n for p, n in zip(_both(padding), _both(size), strict=True)):
        padding = 0
    if name == "pool_winners":
        how = {"size": _both(size), "stride": _both(stride), "padding": _both(padding)}
        if min(_counts(draft.size(x), size, stride, padding)) < 1:
            raise UnfitError("no window fits")
        return name, [x], how
    how = {"size": size, "padding": padding}
    if draft.chance(0.7):
        how["stride"] = stride
    return name, [x], how


def _of_windows(draft: Draft, name: str) -> Drawn:
    """The adjoints of pooling, which take what belongs to each window."""
    shape = draft.size(_image(draft))
    size, stride, padding = map(_both, _window(draft))
    if any(2 * p > n for p, n in zip(padding, size, strict=True)):
        padding = (0, 0)
    counts = _counts(shape, size, stride, padding)
    if min(counts) < 1:
        raise UnfitError("no window fits")
    how = {"size": size, "stride": stride, "padding": padding}
    each = (*shape[:-2], *counts)
    g = draft.pick(lambda one: one == each, each)
    if name == "avg_unpool2d":
        return name, [g], {"shape": shape, **how}
    x = draft.pick(lambda one: one == shape, shape)
    winners = draft.step("pool_winners", [x], how)
    if name == "pool_gather":
        return name, [draft.pick(lambda one: one == shape, shape), winners], how
    return name, [g, winners], {"shape": shape, **how}


def _convolution(draft: Draft, name: str) -> Drawn:
    x = _image(draft)
    shape = draft.size(x)
    groups = draft.one(1, shape[1]) if len(shape) == 4 else 1
    size, stride, padding = _window(draft)
    dilation = draft.one(1, 1, 2, (1, 2))
    counts = _counts(shape, size, stride, padding, dilation)
    if min(counts) < 1:
        raise UnfitError("the kernel does not fit")
    out = groups * draft.whole(1, 2) if len(shape) == 4 else 1
    kernel = (out, shape[1] // groups, *_both(size)) if len(shape) == 4 else _both(size)
    result = (shape[0], out, *counts) if len(shape) == 4 else counts
    how = {"stride": stride, "padding": padding, "dilation": dilation}
    if name == "conv2d":
        w = draft.pick(lambda one: one == kernel, kernel)
        return name, [x, w], how | {"groups": groups}
    how = {key: _both(one) for key, one in how.items()} | {"groups": groups}
    g = draft.pick(lambda one: one == result, result)
    if name == "conv2d_input":
        return name, [g, draft.pick(lambda one: one == kernel, kernel)], {"shape": shape, **how}
    return name, [x, g], {"shape": kernel, **how}


PLACES: dict[str, Callable[[Draft, str], Drawn]] = {
    **{name: _elementwise for name, op in REGISTRY.items() if isinstance(op, Elementwise)},
    **dict.fromkeys(("sum", "mean", "max", "min", "first_max", "first_min"), _reduction),
    **dict.fromkeys(("logsumexp", "prod", "var"), _reduction),
    **dict.fromkeys(("softmax", "cumsum", "cumprod", "sort", "median"), _along),
    **dict.fromkeys(("in_order", "by_rank"), _by_keys),
    **dict.fromkeys(("inverse", "solve", "determinant", "log_abs_det", "sign_of_det"), _matrices),
    **dict.fromkeys(
        (
            "np.vstack",
            "np.hstack",
            "np.column_stack",
            "np.kron",
            "np.outer",
            "np.roll",
            "np.repeat",
            "np.tile",
            "np.flip",
            "np.tril",
            "np.swapaxes",
            "np.pad",
        ),
        _numpy,
    ),
    **dict.fromkeys(("max_pool2d", "avg_pool2d", "pool_winners"), _pool),
    **dict.fromkeys(("pool_gather", "pool_scatter", "avg_unpool2d"), _of_windows),
    **dict.fromkeys(("conv2d", "conv2d_input", "conv2d_kernel"), _convolution),
    **dict.fromkeys(("squared_error", "mean_squared_error"), _pair),
    "reshape": _reshape,
    "flatten": _alone,
    "transpose": _transpose,
    "getitem": _getitem,
    "scatter_add": _scatter_add,
    "concatenate": _concatenate,
    "stack": _stack,
    "pad": _pad,
    "broadcast_to": _broadcast_to,
    "squeeze": _squeeze,
    "expand_dims": _expand_dims,
    "clip": _clip,
    "matmul": _matmul,
    "einsum": _einsum,
}
"""Where each op of the registry, and each function made of several, finds operands. Elementwise ops
have theirs by their declaration; another op needs a line here."""

SCALAR_PLACES = [name for name, op in REGISTRY.items() if isinstance(op, Elementwise)] + [
    "stack",
    "squared_error",
    "clip",
]
"""What programs of single numbers are made of."""


def generate(seed: int) -> Program:
    """The program of a seed, always the same."""
    for attempt in itertools.count():
        draft = Draft(seed, attempt)
        try:
            return draft.program(draft.whole(8, 16) if draft.chance(0.1) else draft.whole(1, 7))
        except UnfitError:
            continue
    raise AssertionError
