"""The kernels against the ops' own forwards, on every number that is special, to the last bit."""

import itertools
import math
import struct

import pytest

from autograd_lite.fast.straight import FROM_MATH
from autograd_lite.op import REGISTRY, Elementwise

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -3.7, 1e-320, 700.0, math.inf, -math.inf, math.nan]
NAMES = {name: getattr(math, name) for name in FROM_MATH}
ELEMENTWISE = [op for op in REGISTRY.values() if isinstance(op, Elementwise)]
WRITTEN = [op for op in ELEMENTWISE if op.kernel]


def bits(number: float) -> bytes:
    return b"nan" if math.isnan(number) else struct.pack("d", number)


def evaluated(op: Elementwise, operands: tuple[float, ...]) -> float:
    """What the source makes of the operands, as names."""
    names = dict(zip("abc", operands, strict=False))
    return float(eval(op.kernel.format(*"abc"), NAMES, names))


@pytest.mark.parametrize("op", WRITTEN, ids=[op.name for op in WRITTEN])
def test_a_kernel_does_what_the_op_does(op: Elementwise) -> None:
    assert op.arity is not None
    for operands in itertools.product(SPECIAL, repeat=op.arity):
        try:
            found = evaluated(op, operands)
        except (ArithmeticError, ValueError) as error:
            # The same as the op's own arithmetic on floats; then its forward does as NumPy.
            with pytest.raises(type(error)):
                op.scalar(*operands)
        else:
            assert bits(found) == bits(op.scalar(*operands)), operands


def test_every_op_on_numbers_is_written_or_is_of_many_operands() -> None:
    called = {op.name for op in ELEMENTWISE if op not in WRITTEN}
    assert called == {"argmax", "argmin", "largest", "logaddexp", "smallest"}
