"""Derivations of max pooling: windows with a tie, and windows that overlap.

p = the maxima of windows of 2×2 of fm, L = ½Σ(p − t)².
"""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Network

__all__ = ["DERIVATIONS"]


def pool_apart(fm: Value, t: Value) -> Value:
    p = ag.max_pool2d(fm, 2).named("p")
    return (0.5 * ((p - t) ** 2).sum()).named("L")


def pool_overlapping(fm: Value, t: Value) -> Value:
    p = ag.max_pool2d(fm, 2, stride=1).named("p")
    return (0.5 * ((p - t) ** 2).sum()).named("L")


def _maxima(fm: np.ndarray, stride: int) -> np.ndarray:
    starts = range(0, fm.shape[0] - 1, stride)
    return np.array([[fm[i : i + 2, j : j + 2].max() for j in starts] for i in starts])


# The second window has its maximum twice.
TIED = Network(
    pool_apart,
    given={
        "fm": np.array(
            [
                [0.3, 1.2, 0.8, -0.4],
                [0.1, 0.5, 0.6, 0.8],
                [2.0, 0.2, 0.7, 0.9],
                [1.1, 1.5, 1.4, 0.0],
            ]
        ),
        "t": np.array([[1.0, 0.0], [0.5, 2.0]]),
    },
    forward={
        "p": lambda fm: _maxima(fm, 2),
        "L": lambda p, t: 0.5 * ((p - t) ** 2).sum(),
    },
    constants=("t",),
)
# The cell in the middle wins three of the four windows.
OVERLAPPING = Network(
    pool_overlapping,
    given={
        "fm": np.array([[0.3, 1.2, 0.8], [0.4, 1.9, 0.6], [2.5, 0.2, 0.7]]),
        "t": np.array([[1.0, 0.0], [0.5, 2.0]]),
    },
    forward={
        "p": lambda fm: _maxima(fm, 1),
        "L": lambda p, t: 0.5 * ((p - t) ** 2).sum(),
    },
    constants=("t",),
)

_P = TIED.given["t"] * 0 + [[1.2, 0.8], [2.0, 1.4]]
_DP = _P - TIED.given["t"]
SHARED = [
    [0, _DP[0, 0], _DP[0, 1] / 2, 0],
    [0, 0, 0, _DP[0, 1] / 2],
    [_DP[1, 0], 0, 0, 0],
    [0, 0, _DP[1, 1], 0],
]


def last_maximum_wins(fm, p, t):
    """Where a window has its maximum twice, the later cell takes all."""
    dp = p - t
    dfm = np.zeros_like(fm)
    for i in range(2):
        for j in range(2):
            best, where = -np.inf, (0, 0)
            for m in range(2 * i, 2 * i + 2):
                for n in range(2 * j, 2 * j + 2):
                    if fm[m, n] >= best:
                        best, where = fm[m, n], (m, n)
            dfm[where] += dp[i, j]
    return dfm


def shared_by_a_mask(fm, p, t):
    """Cells that equal the maximum share its gradient."""
    dp = p - t
    mask = fm == p.repeat(2, axis=0).repeat(2, axis=1)
    ties = mask.reshape(2, 2, 2, 2).sum(axis=(1, 3))
    dfm = np.kron(dp / ties, np.ones((2, 2)))
    dfm *= mask
    return dfm


def added_at_the_winner(fm, p, t):
    """A cell that wins several windows takes the sum of what they hand back."""
    dp = p - t
    dfm = np.zeros_like(fm)
    for i in range(2):
        for j in range(2):
            m, n = divmod(np.argmax(fm[i : i + 2, j : j + 2]), 2)
            dfm[i + m, j + n] += dp[i, j]
    return dfm


def set_at_the_winner(fm, p, t):
    """The same with `=`: the middle keeps what its last window hands back."""
    dp = p - t
    dfm = np.zeros_like(fm)
    for i in range(2):
        for j in range(2):
            m, n = divmod(np.argmax(fm[i : i + 2, j : j + 2]), 2)
            dfm[i + m, j + n] = dp[i, j]
    return dfm


def first_cell_of_the_window(fm, p, t):
    """Hands the gradient to where the window starts, whoever has won it."""
    dp = p - t
    dfm = np.zeros_like(fm)
    dfm[::2, ::2] = dp
    return dfm


DERIVATIONS = (
    Derivation(
        "pooling: a tie shared evenly",
        TIED,
        {"p": _P.tolist(), "dL/dp": _DP.tolist(), "dL/dfm": SHARED},
    ),
    Derivation("pooling code: last maximum wins", TIED, code=last_maximum_wins),
    Derivation("pooling code: shared by a mask", TIED, code=shared_by_a_mask),
    Derivation("pooling code: added at the winner", OVERLAPPING, code=added_at_the_winner),
    Derivation(
        "pooling code: set at the winner",
        OVERLAPPING,
        code=set_at_the_winner,
        wrong="dfm",
        kind="overwritten",
    ),
    Derivation(
        "pooling code: first cell of the window",
        TIED,
        code=first_cell_of_the_window,
        wrong="dfm",
        kind="wrong index",
    ),
)
