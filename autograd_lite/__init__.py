"""The chain rule of your own program, term by term, and a check of your derivation against it."""

from autograd_lite.chain.derive import derive
from autograd_lite.chain.rule import chain_rule
from autograd_lite.chain.terms import terms
from autograd_lite.draw import Picture, draw, set_engine
from autograd_lite.engine import backward
from autograd_lite.errors import (
    AutogradLiteError,
    ClaimError,
    DataError,
    FormulaError,
    GraphError,
    GraphTooLargeError,
    NameLookupError,
    RenderError,
    ShapeError,
    StaleValueError,
    TargetError,
)
from autograd_lite.functional import grad, hessian, jacobian, jvp, value_and_grad, vjp
from autograd_lite.gradcheck import check_adjoint, check_grad
from autograd_lite.hand.compare import compare
from autograd_lite.hand.grade.grading import grade
from autograd_lite.hand.vjp.check import check_vjp
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
from autograd_lite.ops.linear_algebra import einsum, matmul
from autograd_lite.ops.pooling import avg_pool2d, max_pool2d
from autograd_lite.ops.reductions import max_ as max
from autograd_lite.ops.reductions import mean, mean_squared_error, squared_error
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
from autograd_lite.recording import no_grad
from autograd_lite.value import Constant, Value

__all__ = [
    "AutogradLiteError",
    "ClaimError",
    "Constant",
    "DataError",
    "FormulaError",
    "GraphError",
    "GraphTooLargeError",
    "NameLookupError",
    "Picture",
    "RenderError",
    "ShapeError",
    "StaleValueError",
    "TargetError",
    "Value",
    "abs",
    "add",
    "avg_pool2d",
    "backward",
    "broadcast_to",
    "chain_rule",
    "check_adjoint",
    "check_grad",
    "check_vjp",
    "clip",
    "compare",
    "concatenate",
    "conv2d",
    "cos",
    "derive",
    "divide",
    "draw",
    "einsum",
    "exp",
    "expand_dims",
    "flatten",
    "getitem",
    "grad",
    "grade",
    "hessian",
    "jacobian",
    "jvp",
    "log",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "mean_squared_error",
    "min",
    "minimum",
    "multiply",
    "negative",
    "no_grad",
    "pad",
    "power",
    "relu",
    "reshape",
    "set_engine",
    "sigmoid",
    "sign",
    "sin",
    "sqrt",
    "squared_error",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "tanh",
    "terms",
    "transpose",
    "value_and_grad",
    "vjp",
    "where",
]
