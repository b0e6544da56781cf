"""The adjoints of convolution, pooling and indexing, and who won a maximum, as functions.

Derived source calls them where NumPy has no function. The ops themselves take every setting, in
pairs. Here one number stands for a pair, and a setting that is not given is as in ``conv2d`` and
``max_pool2d``.

>>> pool_winners([[1.0, 2.0], [4.0, 3.0]]).tolist()
[[2.0]]
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.op import REGISTRY
from autograd_lite.ops.windows import pair

__all__ = [
    "avg_unpool2d",
    "conv2d_input",
    "conv2d_kernel",
    "first_max",
    "first_min",
    "pool_gather",
    "pool_scatter",
    "pool_winners",
    "scatter_add",
]


_LEAST = {"size": 1, "stride": 1, "padding": 0, "dilation": 1}


def _with_defaults(name: str, **defaults: Any) -> Callable[..., Any]:
    """The op of that name as a function; without a stride, windows lie side by side."""

    def call(*operands: Any, **given: Any) -> Any:
        settings = defaults | given
        if "size" in settings:
            settings = {"stride": settings["size"]} | settings
        pairs = {
            key: pair(key, settings[key], least) for key, least in _LEAST.items() if key in settings
        }
        return REGISTRY[name](*operands, **settings | pairs)

    call.__name__ = call.__qualname__ = name
    return call


_CONVOLUTION = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
_POOLING = {"size": 2, "padding": 0}

conv2d_input = _with_defaults("conv2d_input", **_CONVOLUTION)
conv2d_kernel = _with_defaults("conv2d_kernel", **_CONVOLUTION)
pool_winners = _with_defaults("pool_winners", **_POOLING)
pool_gather = _with_defaults("pool_gather", **_POOLING)
pool_scatter = _with_defaults("pool_scatter", **_POOLING)
avg_unpool2d = _with_defaults("avg_unpool2d", **_POOLING)
first_max = _with_defaults("first_max", axis=None)
first_min = _with_defaults("first_min", axis=None)
scatter_add = _with_defaults("scatter_add")
