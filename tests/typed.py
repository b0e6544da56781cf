"""What a type checker knows of a program: `make lint` runs mypy --strict on it."""

from typing import assert_type

import numpy as np

import autograd_lite as ag
from autograd_lite import Constant, Value

w, x = Value(2.0, "w"), Constant(np.ones(3), "x")
assert_type(w * x, Value)
assert_type(2 * w, Value)
assert_type(w @ x, Value)
assert_type(-w, Value)
assert_type(w**2, Value)
assert_type(w < x, Value)
assert_type(x[0], Value)
assert_type(x.T, Value)
assert_type(x.sum(), Value)
assert_type(x.tanh(), Value)
assert_type((w * x).named("z"), Value)
assert_type(ag.compare(w, {}).ok, bool)
_ = (w * x).dta  # type: ignore[attr-defined]
