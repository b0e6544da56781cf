"""The chain rule of your own program, term by term, and a check of your derivation against it."""

import sys

_is_program = sys.argv[:1] == ["-m"] and any("autograd_lite" in one for one in sys.orig_argv[1:])
if _is_program and not sys.flags.safe_path:
    # `python -m autograd_lite` puts the current folder first, in which somebody's numpy.py may be.
    del sys.path[0]

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autograd_lite.custom import custom
from autograd_lite.engine import backward
from autograd_lite.errors import (
    AnomalyError,
    AutogradLiteError,
    CheckpointError,
    ClaimError,
    DataError,
    FormulaError,
    GraphError,
    GraphTooLargeError,
    MissingExtraError,
    NameLookupError,
    RenderError,
    ShapeError,
    StaleValueError,
    TargetError,
    TrainingError,
)
from autograd_lite.functional import grad, hessian, jacobian, jvp, value_and_grad, vjp
from autograd_lite.ops.broadcasting import broadcast_to
from autograd_lite.ops.broadcasting import sum_ as sum
from autograd_lite.ops.convolution import conv2d
from autograd_lite.ops.elementwise import (
    add,
    cos,
    divide,
    exp,
    log,
    multiply,
    negative,
    power,
    sigmoid,
    sin,
    sqrt,
    subtract,
    tanh,
)
from autograd_lite.ops.functions import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    ceil,
    cosh,
    erf,
    erfc,
    expm1,
    floor,
    floor_divide,
    hypot,
    log1p,
    log2,
    log10,
    logaddexp,
    mod,
    rint,
    sinh,
    tan,
    trunc,
)
from autograd_lite.ops.linear_algebra import einsum, matmul
from autograd_lite.ops.losses import (
    binary_cross_entropy,
    cross_entropy,
    gelu,
    hinge,
    huber,
    leaky_relu,
    one_hot,
    silu,
    softplus,
    sum_squared_error,
)
from autograd_lite.ops.ordering import cumprod, cumsum, median, sort
from autograd_lite.ops.pooling import avg_pool2d, max_pool2d
from autograd_lite.ops.reductions import (
    log_softmax,
    logsumexp,
    mean,
    mean_squared_error,
    prod,
    softmax,
    squared_error,
    std,
    var,
)
from autograd_lite.ops.reductions import max_ as max
from autograd_lite.ops.reductions import min_ as min
from autograd_lite.ops.selection import abs_ as abs
from autograd_lite.ops.selection import clip, maximum, minimum, relu, sign, where
from autograd_lite.ops.shaping import (
    concatenate,
    expand_dims,
    flatten,
    getitem,
    pad,
    reshape,
    squeeze,
    stack,
    transpose,
)
from autograd_lite.recording import detect_anomaly, no_grad
from autograd_lite.value import Constant, Value

if TYPE_CHECKING:
    __version__: str
    from autograd_lite.chain.derive import derive
    from autograd_lite.chain.graph import terms
    from autograd_lite.chain.rule import chain_rule
    from autograd_lite.check.compare import compare
    from autograd_lite.check.document import check, graph
    from autograd_lite.check.grade.grading import grade
    from autograd_lite.check.vjp.check import check_vjp
    from autograd_lite.draw import Picture, draw, set_engine
    from autograd_lite.fast.compile import compile_ as compile
    from autograd_lite.gradcheck import check_adjoint, check_grad

__all__ = [
    "AnomalyError",
    "AutogradLiteError",
    "CheckpointError",
    "ClaimError",
    "Constant",
    "DataError",
    "FormulaError",
    "GraphError",
    "GraphTooLargeError",
    "MissingExtraError",
    "NameLookupError",
    "Picture",
    "RenderError",
    "ShapeError",
    "StaleValueError",
    "TargetError",
    "TrainingError",
    "Value",
    "abs",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "avg_pool2d",
    "backward",
    "binary_cross_entropy",
    "broadcast_to",
    "ceil",
    "chain_rule",
    "check",
    "check_adjoint",
    "check_grad",
    "check_vjp",
    "clip",
    "compare",
    "compile",
    "concatenate",
    "conv2d",
    "cos",
    "cosh",
    "cross_entropy",
    "cumprod",
    "cumsum",
    "custom",
    "derive",
    "detect_anomaly",
    "divide",
    "draw",
    "einsum",
    "erf",
    "erfc",
    "exp",
    "expand_dims",
    "expm1",
    "flatten",
    "floor",
    "floor_divide",
    "gelu",
    "getitem",
    "grad",
    "grade",
    "graph",
    "hessian",
    "hinge",
    "huber",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "mean_squared_error",
    "median",
    "min",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "no_grad",
    "one_hot",
    "pad",
    "power",
    "prod",
    "relu",
    "reshape",
    "rint",
    "set_engine",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sort",
    "sqrt",
    "squared_error",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "sum_squared_error",
    "tan",
    "tanh",
    "terms",
    "transpose",
    "trunc",
    "value_and_grad",
    "var",
    "vjp",
    "where",
]

# What not every program needs is imported when it is first asked for, so that importing the package
# takes hardly longer than importing NumPy. A new such name stands here, among the imports for type
# checkers above, and in __all__.
_LATER = {
    "__version__": "cli.common.VERSION",
    "Picture": "draw.Picture",
    "chain_rule": "chain.rule.chain_rule",
    "check": "check.document.check",
    "check_adjoint": "gradcheck.check_adjoint",
    "check_grad": "gradcheck.check_grad",
    "check_vjp": "check.vjp.check.check_vjp",
    "compare": "check.compare.compare",
    "compile": "fast.compile.compile_",
    "derive": "chain.derive.derive",
    "draw": "draw.draw",
    "grade": "check.grade.grading.grade",
    "graph": "check.document.graph",
    "set_engine": "draw.set_engine",
    "terms": "chain.graph.terms",
}


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


if not TYPE_CHECKING:  # which would take it to mean that every name exists

    def __getattr__(name: str) -> Any:
        if name == "nn":
            return importlib.import_module(f"{__name__}.nn")
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, _, inner = _LATER[name].rpartition(".")
        found = getattr(importlib.import_module(f"{__name__}.{module}"), inner)
        globals()[name] = found
        return found


class _Package(ModuleType):
    """The package, in which a subpackage does not take the name of a function.

    Importing ``autograd_lite.draw`` would set it as the attribute ``draw``.
    """

    def __setattr__(self, name: str, new: Any) -> None:
        if not (name in _LATER and isinstance(new, ModuleType)):
            super().__setattr__(name, new)


sys.modules[__name__].__class__ = _Package
