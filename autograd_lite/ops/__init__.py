"""The ops: one op, one place. Importing this package fills the registry."""

from autograd_lite.ops import (
    arranging,
    broadcasting,
    convolution,
    elementwise,
    functions,
    linear_algebra,
    matrices,
    ordering,
    pooling,
    reductions,
    selection,
    shaping,
    windows,
)

__all__ = [
    "arranging",
    "broadcasting",
    "convolution",
    "elementwise",
    "functions",
    "linear_algebra",
    "matrices",
    "ordering",
    "pooling",
    "reductions",
    "selection",
    "shaping",
    "windows",
]
