"""PyTorch and JAX as interpreters of the same programs, op by op.

They compute in double precision, whatever the program's own. Where several derivatives are right
the function is written so that the peer takes our side. Of equal operands of maximum, and of equal
elements of max, the first wins, and clip has the derivative 1 at its limits: PyTorch's and JAX's
own share the gradient among equals. The adjoints, such as ``conv2d_input``, are pulled back by the
peer through its own forward.
"""

import math
import operator
import os
from collections.abc import Callable
from functools import cache, partial, reduce
from typing import Any

import numpy as np

from .program import Program

Pair = int | tuple[int, int]


class LacksError(Exception):
    """An op that a peer has not."""


class Peer:
    """The ops as methods, made of what NumPy, PyTorch and JAX have in common under one name."""

    xp: Any
    """The peer's namespace."""

    # What the peers call otherwise.
    number: Callable[[Any], Any]
    whole: Callable[[Any], Any]
    permute: Callable[[Any, tuple[int, ...]], Any]
    total: Callable[[Any, tuple[int, ...], bool], Any]
    take_along: Callable[[Any, Any, int], Any]
    order_of: Callable[[Any, int], Any]
    around: Callable[[Any, Any, float], Any]
    pull: Callable[[Callable[[Any], Any], tuple[int, ...], Any], Any]
    convolve: Callable[..., Any]
    all_broadcast: Callable[..., Any]

    def __getitem__(self, op: str) -> Callable[..., Any]:
        """The function of an op."""
        if op.startswith("np."):
            return partial(self.by_numpy, op.removeprefix("np."))
        found = getattr(self, op, None) or getattr(self.xp, op, None)
        if found is None:
            raise LacksError(op)
        return found  # type: ignore[no-any-return]

    # Elementwise

    add, subtract, multiply = map(staticmethod, (operator.add, operator.sub, operator.mul))
    divide, power = map(staticmethod, (operator.truediv, operator.pow))
    negative, identity = map(staticmethod, (operator.neg, operator.pos))

    def greater(self, a: Any, b: Any) -> Any:
        return self.number(a > b)

    def greater_equal(self, a: Any, b: Any) -> Any:
        return self.number(a >= b)

    def less(self, a: Any, b: Any) -> Any:
        return self.number(a < b)

    def less_equal(self, a: Any, b: Any) -> Any:
        return self.number(a <= b)

    def equal(self, a: Any, b: Any) -> Any:
        return self.number(a == b)

    def not_equal(self, a: Any, b: Any) -> Any:
        return self.number(a != b)

    def maximum(self, a: Any, b: Any) -> Any:
        return self.xp.where((a >= b) | self.xp.isnan(a), a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        return self.xp.where((a <= b) | self.xp.isnan(a), a, b)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return self.xp.where(condition != 0, a, b)

    def clip(self, x: Any, low: float | None = None, high: float | None = None) -> Any:
        x = x if low is None else self.xp.where(x < low, low, x)
        return x if high is None else self.xp.where(x > high, high, x)

    def argmax(self, *xs: Any) -> Any:
        return self.number(self.xp.argmax(self.stack(*self.all_broadcast(*xs)), 0))

    def argmin(self, *xs: Any) -> Any:
        return self.argmax(*(-x for x in xs))

    def largest(self, *xs: Any) -> Any:
        return self.max(self.stack(*self.all_broadcast(*xs)), 0)

    def smallest(self, *xs: Any) -> Any:
        return self.min(self.stack(*self.all_broadcast(*xs)), 0)

    def squared_error(self, a: Any, b: Any) -> Any:
        return (a - b) ** 2

    # Further functions

    def mod(self, a: Any, b: Any) -> Any:
        return self.xp.remainder(a, b)

    def floor_divide(self, a: Any, b: Any) -> Any:
        return self.xp.floor(a / b)

    def rint(self, x: Any) -> Any:
        return self.xp.round(x)

    def logaddexp(self, *xs: Any) -> Any:
        return reduce(self.xp.logaddexp, self.all_broadcast(*xs))

    def logsumexp(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self.xp.log(self.sum(self.xp.exp(x), axis, keepdims))

    def softplus(self, x: Any) -> Any:
        return self.logaddexp(x, self.xp.zeros_like(x))

    def softmax(self, x: Any, axis: Any = -1) -> Any:
        return self.xp.exp(x) / self.sum(self.xp.exp(x), axis, True)

    def var(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self.mean((x - self.mean(x, axis, True)) ** 2, axis, keepdims)

    def prod(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        rows, _ = self._rows(x, axis)
        found = rows[..., 0] if rows.shape[-1] else self.sum(rows, -1) + 1.0
        for place in range(1, rows.shape[-1]):
            found = found * rows[..., place]
        kept = tuple(1 if one in _axes(x, axis) else size for one, size in enumerate(x.shape))
        return self.xp.reshape(found, kept) if keepdims else found

    def cumsum(self, x: Any, axis: int) -> Any:
        return self.xp.cumsum(x, axis)

    def cumprod(self, x: Any, axis: int) -> Any:
        return self.xp.cumprod(x, axis)

    def in_order(self, x: Any, keys: Any, axis: int) -> Any:
        return self.take_along(x, self.order_of(keys, axis), axis)

    def by_rank(self, x: Any, keys: Any, axis: int) -> Any:
        return self.take_along(x, self.order_of(self.order_of(keys, axis), axis), axis)

    def sort(self, x: Any, axis: int) -> Any:
        return self.in_order(x, x, axis)

    def median(self, x: Any, axis: int) -> Any:
        rows, _ = self._rows(x, axis)
        count = rows.shape[-1]
        ordered = self.sort(rows, -1)
        return (ordered[..., (count - 1) // 2] + ordered[..., count // 2]) / 2

    def inverse(self, x: Any) -> Any:
        return self.xp.linalg.inv(x)

    def solve(self, a: Any, b: Any) -> Any:
        return self.xp.linalg.solve(a, b)

    def determinant(self, x: Any) -> Any:
        return self.xp.linalg.det(x)

    def log_abs_det(self, x: Any) -> Any:
        return self.xp.linalg.slogdet(x)[1]

    def sign_of_det(self, x: Any) -> Any:
        return self.xp.linalg.slogdet(x)[0]

    def by_numpy(self, name: str, *xs: Any, **settings: Any) -> Any:
        """What a function of NumPy's makes of the places of all elements, by these places."""
        if name == "outer":
            return self.flatten(xs[0])[:, None] * self.flatten(xs[1])
        if name == "kron":
            return self.xp.kron(*xs)
        ends = np.cumsum([1, *(math.prod(x.shape) for x in xs)])
        numbered = [
            np.arange(start, end).reshape(tuple(x.shape))
            for x, start, end in zip(xs, ends, ends[1:], strict=False)
        ]
        operands = [numbered] if name.endswith("stack") else numbered
        places = np.asarray(getattr(np, name)(*operands, **settings))
        flat = self.xp.concatenate([self.flatten(x) for x in xs])
        found = self.xp.reshape(flat[np.maximum(places - 1, 0).ravel()], places.shape)
        return found if places.all() else found * self.xp.asarray((places > 0).astype(float))

    # Reductions

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self.total(x, _axes(x, axis), keepdims) if x.shape else x

    def mean(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self.sum(x, axis, keepdims) / math.prod(x.shape[one] for one in _axes(x, axis))

    def mean_squared_error(self, a: Any, b: Any) -> Any:
        return self.mean((a - b) ** 2)

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        rows, _ = self._rows(x, axis)
        found = self.take_along(rows, self.xp.argmax(rows, -1)[..., None], -1)[..., 0]
        kept = tuple(1 if one in _axes(x, axis) else size for one, size in enumerate(x.shape))
        return self.xp.reshape(found, kept) if keepdims else found

    def min(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return -self.max(-x, axis, keepdims)

    def first_max(self, x: Any, axis: Any = None) -> Any:
        rows, back = self._rows(x, axis)
        place = self.xp.argmax(rows, -1)[..., None]
        return back(self.number(self.xp.arange(rows.shape[-1]) == place))

    def first_min(self, x: Any, axis: Any = None) -> Any:
        return self.first_max(-x, axis)

    def _rows(self, x: Any, axis: Any) -> tuple[Any, Callable[[Any], Any]]:
        """The reduced axes last and in one, and a function that brings them back."""
        axes = _axes(x, axis)
        order = (*(one for one in range(len(x.shape)) if one not in axes), *axes)
        moved = self.permute(x, order)
        kept = tuple(moved.shape)[: len(order) - len(axes)]
        back = tuple(np.argsort(order).tolist())
        return (
            self.xp.reshape(moved, (*kept, math.prod(x.shape[one] for one in axes))),
            lambda rows: self.permute(self.xp.reshape(rows, tuple(moved.shape)), back),
        )

    # Shapes

    def flatten(self, x: Any) -> Any:
        return self.xp.reshape(x, (-1,))

    def transpose(self, x: Any, axes: tuple[int, ...]) -> Any:
        return self.permute(x, tuple(one % len(axes) for one in axes))

    def squeeze(self, x: Any, axis: Any = None) -> Any:
        return self.xp.reshape(x, np.squeeze(np.empty(tuple(x.shape)), axis).shape)

    def expand_dims(self, x: Any, axis: Any) -> Any:
        return self.xp.reshape(x, np.expand_dims(np.empty(tuple(x.shape)), axis).shape)

    def broadcast_to(self, x: Any, shape: tuple[int, ...]) -> Any:
        return self.xp.broadcast_to(x, shape)

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        return self.xp.reshape(x, shape)

    def concatenate(self, *xs: Any, axis: int = 0) -> Any:
        return self.xp.concatenate(xs, axis)

    def stack(self, *xs: Any, axis: int = 0) -> Any:
        return self.xp.stack(tuple(xs), axis)

    def pad(self, x: Any, width: Any) -> Any:
        return self.around(x, width, 0.0)

    def getitem(self, x: Any, index: Any) -> Any:
        """By NumPy's meaning of the index, element by element."""
        places = np.arange(math.prod(x.shape)).reshape(tuple(x.shape))[index]
        return self.xp.reshape(self.flatten(x)[places.ravel()], places.shape)

    def scatter_add(self, g: Any, index: Any, shape: tuple[int, ...]) -> Any:
        return self.pull(lambda x: self.getitem(x, index), shape, g)

    def einsum(self, *xs: Any, subscripts: str) -> Any:
        return self.xp.einsum(subscripts, *xs)

    # Windows

    def conv2d(
        self,
        x: Any,
        w: Any,
        stride: Pair = 1,
        padding: Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
    ) -> Any:
        plain = len(x.shape) == 2
        images, kernel = (x[None, None], w[None, None]) if plain else (x, w)
        pairs = map(both, (stride, padding, dilation))
        found = self.convolve(images, kernel, *pairs, groups)
        return found[0, 0] if plain else found

    def conv2d_input(self, g: Any, w: Any, shape: tuple[int, ...], **how: Any) -> Any:
        return self.pull(lambda x: self.conv2d(x, w, **how), shape, g)

    def conv2d_kernel(self, x: Any, g: Any, shape: tuple[int, ...], **how: Any) -> Any:
        return self.pull(lambda w: self.conv2d(x, w, **how), shape, g)

    def _windows(
        self, x: Any, outside: float, size: Pair, stride: Pair | None, padding: Pair
    ) -> Any:
        """What each window sees, along a last axis."""
        (high, wide), (down, right) = both(size), both(size if stride is None else stride)
        none = ((0, 0),) * (len(x.shape) - 2)
        padded = self.around(x, (*none, *((one, one) for one in both(padding))), outside)
        rows = (padded.shape[-2] - high) // down * down + 1
        columns = (padded.shape[-1] - wide) // right * right + 1
        seen = [
            padded[..., top : top + rows : down, left : left + columns : right]
            for top in range(high)
            for left in range(wide)
        ]
        return self.stack(*seen, axis=-1)

    def max_pool2d(
        self, x: Any, size: Pair = 2, stride: Pair | None = None, padding: Pair = 0
    ) -> Any:
        return self.max(self._windows(x, -math.inf, size, stride, padding), -1)

    def avg_pool2d(
        self, x: Any, size: Pair = 2, stride: Pair | None = None, padding: Pair = 0
    ) -> Any:
        return self.mean(self._windows(x, 0.0, size, stride, padding), -1)

    def avg_unpool2d(self, g: Any, shape: tuple[int, ...], **how: Any) -> Any:
        return self.pull(lambda x: self.avg_pool2d(x, **how), shape, g)

    def pool_winners(self, x: Any, size: Pair, stride: Pair, padding: Pair) -> Any:
        seen = self._windows(x, -math.inf, size, stride, padding)
        return self.number(self.xp.argmax(seen, -1))

    def pool_gather(self, x: Any, winners: Any, size: Pair, stride: Pair, padding: Pair) -> Any:
        seen = self._windows(x, 0.0, size, stride, padding)
        return self.take_along(seen, self.whole(winners)[..., None], -1)[..., 0]

    def pool_scatter(self, g: Any, winners: Any, shape: tuple[int, ...], **how: Any) -> Any:
        return self.pull(lambda x: self.pool_gather(x, winners, **how), shape, g)


def both(one: Pair) -> tuple[int, int]:
    """One number for both axes, or two."""
    return one if isinstance(one, tuple) else (one, one)


def _axes(x: Any, axis: Any) -> tuple[int, ...]:
    given = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(one % len(x.shape) for one in given))


class Torch(Peer):
    """PyTorch; convolution and pooling are its own."""

    def __init__(self) -> None:
        import torch
        from torch.nn import functional

        torch.set_num_threads(1)
        self.xp, self.functional = torch, functional
        self.permute, self.total = torch.permute, torch.sum
        self.take_along, self.all_broadcast = torch.take_along_dim, torch.broadcast_tensors
        self.order_of = lambda keys, axis: torch.argsort(keys, dim=axis, stable=True)
        self.number, self.whole = torch.Tensor.double, torch.Tensor.long

    def around(self, x: Any, width: Any, outside: float) -> Any:
        flat = [one for pair in reversed(width) for one in pair]
        return self.functional.pad(x, flat, value=outside) if flat else x

    def pull(self, function: Callable[[Any], Any], shape: tuple[int, ...], g: Any) -> Any:
        at = self.xp.zeros(shape, dtype=self.xp.float64, requires_grad=True)
        return self.xp.autograd.grad(function(at), at, g, create_graph=True)[0]

    def convolve(self, x: Any, w: Any, *how: Any) -> Any:
        return self.functional.conv2d(x, w, None, *how)

    def _pool(self, pool: Callable[..., Any], x: Any, *how: Any) -> Any:
        found = pool(self.xp.reshape(x, (-1, 1, *x.shape[-2:])), *how)
        return self.xp.reshape(found, (*x.shape[:-2], *found.shape[-2:]))

    def max_pool2d(
        self, x: Any, size: Pair = 2, stride: Pair | None = None, padding: Pair = 0
    ) -> Any:
        return self._pool(self.functional.max_pool2d, x, size, stride, padding)

    def avg_pool2d(
        self, x: Any, size: Pair = 2, stride: Pair | None = None, padding: Pair = 0
    ) -> Any:
        return self._pool(self.functional.avg_pool2d, x, size, stride, padding)

    def gradients(self, program: Program) -> tuple[float, dict[str, Any]]:
        """The value and the gradients."""
        leaves = {
            leaf.name: self.xp.tensor(np.array(leaf.data, float)).requires_grad_(
                leaf.kind == "Value"
            )
            for leaf in program.leaves
        }
        result = program.run(self, leaves)
        weights = {leaf.name: leaves[leaf.name] for leaf in program.weights}
        if not result.requires_grad:
            return result.item(), {name: np.zeros(one.shape) for name, one in weights.items()}
        found = self.xp.autograd.grad(
            result, [*weights.values()], allow_unused=True, materialize_grads=True
        )
        return result.item(), dict(zip(weights, (one.numpy() for one in found), strict=True))


class Jax(Peer):
    """JAX, a program at a time through XLA."""

    def __init__(self) -> None:
        # A pass of XLA's aborts the process on gradients of some convolutions (jax 0.10.2).
        os.environ.setdefault("XLA_FLAGS", "--xla_disable_hlo_passes=algsimp")
        import jax
        from jax import numpy as jnp

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_platforms", "cpu")
        self.jax, self.xp = jax, jnp
        self.sigmoid, self.relu = jax.nn.sigmoid, jax.nn.relu
        # Its own has a kink where both are equal, and no second derivative there.
        self.hypot = lambda x, y: jnp.sqrt(x * x + y * y)
        self.abs = lambda x: x * self.xp.sign(x)  # its own has the derivative 1 at 0
        self.permute, self.take_along = jnp.transpose, jnp.take_along_axis
        self.all_broadcast = jnp.broadcast_arrays
        self.order_of = lambda keys, axis: jnp.argsort(keys, axis=axis, stable=True)
        self.erf, self.erfc = jax.scipy.special.erf, jax.scipy.special.erfc

    def number(self, x: Any) -> Any:
        return x.astype(float)

    def whole(self, x: Any) -> Any:
        return x.astype(int)

    def total(self, x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
        return self.xp.sum(x, axes, keepdims=keepdims)

    def around(self, x: Any, width: Any, outside: float) -> Any:
        return self.xp.pad(x, width, constant_values=outside) if width else x

    def pull(self, function: Callable[[Any], Any], shape: tuple[int, ...], g: Any) -> Any:
        return self.jax.vjp(function, self.xp.zeros(shape))[1](g)[0]

    def convolve(self, x: Any, w: Any, *how: Any) -> Any:
        stride, padding, dilation, groups = how
        return self.jax.lax.conv_general_dilated(
            x,
            w,
            stride,
            [(one, one) for one in padding],
            rhs_dilation=dilation,
            feature_group_count=groups,
        )

    def second(self, program: Program, tangents: list[Any]) -> tuple[float, float, dict[str, Any]]:
        """The value, the derivative in a direction, and the gradients of that."""
        fixed = {leaf.name: self.xp.asarray(leaf.data, float) for leaf in program.leaves}
        names = [leaf.name for leaf in program.weights]
        along = {
            name: self.xp.asarray(one, float) for name, one in zip(names, tangents, strict=True)
        }

        def slope(weights: Any) -> Any:
            value, derivative = self.jax.jvp(
                lambda given: program.run(self, fixed | given), (weights,), (along,)
            )
            return derivative, value

        compute = self.jax.jit(self.jax.value_and_grad(slope, has_aux=True))
        (derivative, value), found = compute({name: fixed[name] for name in names})
        return float(value), float(derivative), {name: np.asarray(found[name]) for name in names}


@cache
def pytorch() -> Torch:
    """PyTorch, imported when it is first asked."""
    return Torch()


@cache
def jax() -> Jax:
    """JAX, imported when it is first asked."""
    return Jax()
