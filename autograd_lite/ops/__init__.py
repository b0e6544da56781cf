"""The ops: one op, one place. Importing this package fills the registry."""

from autograd_lite.ops import (
    broadcasting,
    convolution,
    elementwise,
    functions,
    linear_algebra,
    pooling,
    reductions,
    selection,
    shaping,
    windows,
)

__all__ = [
    "broadcasting",
    "convolution",
    "elementwise",
    "functions",
    "linear_algebra",
    "pooling",
    "reductions",
    "selection",
    "shaping",
    "windows",
]
