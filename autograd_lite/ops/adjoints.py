"""The adjoints of convolution, pooling and indexing, and who won a maximum, as functions.

Derived source calls them where NumPy has no function. The ops themselves take every setting, in
pairs. Here one number stands for a pair, and a setting that is not given is as in ``conv2d`` and
``max_pool2d``.

>>> pool_winners([[1.0, 2.0], [4.0, 3.0]]).tolist()
[[2.0]]
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.op import Structural
from autograd_lite.ops import convolution, pooling, reductions, shaping
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


def _with_defaults(op: Structural) -> Callable[..., Any]:
    """The op as a function; without a stride, windows lie side by side."""

    def call(*operands: Any, **given: Any) -> Any:
        settings = (op.defaults or {}) | given
        if settings.get("stride", 0) is None:
            settings["stride"] = settings["size"]
        pairs = {
            key: pair(key, settings[key], least) for key, least in _LEAST.items() if key in settings
        }
        return op(*operands, **settings | pairs)

    call.__name__ = call.__qualname__ = op.name
    return call


conv2d_input = _with_defaults(convolution.conv2d_input)
conv2d_kernel = _with_defaults(convolution.conv2d_kernel)
pool_winners = _with_defaults(pooling.pool_winners)
pool_gather = _with_defaults(pooling.pool_gather)
pool_scatter = _with_defaults(pooling.pool_scatter)
avg_unpool2d = _with_defaults(pooling.avg_unpool2d)
first_max = _with_defaults(reductions.first_max)
first_min = _with_defaults(reductions.first_min)
scatter_add = _with_defaults(shaping.scatter_add)
