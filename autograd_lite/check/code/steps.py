"""The rules by which optimisers step: which of them, if any, a step of a weight is.

A step is what a weight loses. It is looked at as numbers, at several points at once, so that code
may write its rule as it likes: m and v as attributes, ``weight_cache``, bias corrections, ε inside
or outside of the root.
"""

from collections.abc import Callable, Sequence

import numpy as np

from autograd_lite.check.read.numbers import Array

_CLOSE = 1e-7
_TINY = 1e-300


def factor_of(step: Array, gradient: Array) -> float:
    """The one number by which a gradient has to be multiplied to be the step; 0 if there is none.

    >>> factor_of(np.array([0.5, 1.0]), np.array([1.0, 2.0]))
    0.5
    """
    if step.shape != gradient.shape:
        return 0.0
    size = float(np.vdot(gradient, gradient))
    rate = float(np.vdot(gradient, step)) / size if size else 0.0
    scale = float(np.max(np.abs(step), initial=0.0))
    return rate if np.allclose(step, rate * gradient, rtol=1e-9, atol=1e-12 * scale) else 0.0


def rule_of(step: Array, gradient: Array, weight: Array) -> str:
    """What a step is by its numbers, with one row for each point; "" if it is no rule known here.

    Known are w − η(g + λw) and η·g + λ·w, coupled or not; momentum and Nesterov with whatever they
    remember; clipping by value and by norm; and g/(√v + ε) with v from g², as RMSProp, Adagrad and
    Adam have it, with or without weight decay.

    >>> g, w = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[0.5, 1.0], [2.0, -1.0]])
    >>> rule_of(0.1 * g + 0.01 * w, g, w)
    'descent with weight decay'
    >>> rule_of(0.1 * np.clip(g, -1, 1), g, w)
    'descent along a clipped gradient'
    >>> rule_of(0.1 * g**2, g, w)
    ''
    """
    if step.shape != gradient.shape or not np.all(np.isfinite(step)) or not np.any(gradient):
        return ""
    rows = [one.reshape(len(one), -1) for one in (step, gradient, weight)]
    s, g, w = rows
    rules: tuple[tuple[str, Callable[[Array, Array, Array], bool]], ...] = (
        ("descent", lambda s, g, _: factor_of(s, g) > 0),
        ("descent with weight decay", lambda s, g, w: _is_sum(s, [g, w])),
        ("descent along a clipped gradient", lambda s, g, _: _is_clipped(s, g)),
        (_ADAPTIVE, lambda s, g, _: _is_adaptive(s, g)),
        (f"{_ADAPTIVE}, and weight decay", lambda s, g, w: _is_sum(s, [np.sign(g), w])),
        ("descent with momentum", _has_momentum),
        (_ADAPTIVE, lambda s, g, _: _is_adaptive_with_memory(s, g)),
    )
    return next((name for name, holds in rules if holds(s, g, w)), "")


_ADAPTIVE = "descent with a rate for each number, from its squared gradients"


def _has_momentum(step: Array, gradient: Array, weight: Array) -> bool:
    """Whether it is descent but for what is the same at every point: what was remembered."""
    still = [one - one.mean(axis=0) for one in (step, gradient, weight)]
    moves = factor_of(still[0], still[1]) > 0 or _is_sum(still[0], still[1:])
    return len(step) > 2 and moves


def _is_adaptive_with_memory(step: Array, gradient: Array) -> bool:
    if len(step) < 3 or not np.all(step) or np.any(np.sign(step) != np.sign(gradient)):
        return False
    square = (gradient / step) ** 2
    return factor_of(square - square.mean(axis=0), gradient**2 - (gradient**2).mean(axis=0)) > 0


def is_changed_by_rule(before: Array, after: Array, weight: Array) -> bool:
    """Whether a gradient was clipped, scaled to a norm, or given a multiple of its weight.

    >>> g = np.array([[3.0, -4.0], [0.3, 0.4]])
    >>> is_changed_by_rule(g, np.clip(g, -1, 1), g), is_changed_by_rule(g, g / 2, g + 1)
    (True, False)
    """
    if before.shape != after.shape or factor_of(after, before):
        return False
    rows = [one.reshape(len(one), -1) for one in (after, before, weight)]
    return _is_clipped(rows[0], rows[1]) or _is_sum(rows[0], rows[1:], exactly=1.0)


def _is_sum(step: Array, parts: Sequence[Array], exactly: float | None = None) -> bool:
    """Whether it is a·first + b·second, with a > 0 and b ≥ 0, and more numbers than unknowns."""
    columns = np.stack([one.ravel() for one in parts], axis=-1)
    if step.size < 3 or np.linalg.matrix_rank(columns) < 2:
        return False
    found, *_ = np.linalg.lstsq(columns, step.ravel(), rcond=None)
    scale = float(np.max(np.abs(step), initial=0.0))
    off = float(np.max(np.abs(columns @ found - step.ravel())))
    fits = off <= 1e-5 * scale and found[0] > 0 and found[1] > 0
    return bool(fits and (exactly is None or abs(found[0] - exactly) < _CLOSE))


def _is_clipped(step: Array, gradient: Array) -> bool:
    """By value: a·g up to a bound. By norm: along g, with a length of its own at each point."""
    same = bool(np.all(np.sign(step) == np.sign(gradient)))
    if not same:
        return False
    bound = float(np.max(np.abs(step)))
    inside = np.abs(step) < bound * (1 - 1e-12)
    rates = step[inside & (gradient != 0)] / gradient[inside & (gradient != 0)]
    if rates.size and np.ptp(rates) <= _CLOSE * rates[0]:
        return bool(np.all(np.abs(rates[0] * gradient[~inside]) >= bound * (1 - _CLOSE)))
    if not inside.any() and step.size > 1:
        return True
    return len(step) > 1 and all(
        factor_of(one, other) > 0 for one, other in zip(step, gradient, strict=True)
    )


def _is_adaptive(step: Array, gradient: Array) -> bool:
    """Whether |g|/|step|, or its square, grows with |g| along a line: κ|g| + ε."""
    if np.any(np.sign(step) != np.sign(gradient)):
        return False
    moves = step != 0
    size, ratio = np.abs(gradient[moves]), np.abs(gradient[moves] / step[moves])
    return any(_is_line(ratio**power, size**power) for power in (1, 2))


def _is_line(y: Array, x: Array) -> bool:
    """Whether y = a·x + b with a > 0 and b ≥ 0."""
    if y.size < 3 or np.ptp(x) <= _TINY:
        return False
    columns = np.stack([x, np.ones_like(x)], axis=-1)
    (slope, start), *_ = np.linalg.lstsq(columns, y, rcond=None)
    off = float(np.max(np.abs(columns @ np.array([slope, start]) - y)))
    scale = float(np.max(np.abs(y)))
    return bool(slope > 0 and start >= -1e-6 * scale and off <= 1e-6 * scale)
