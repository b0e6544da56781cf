"""The templates against the ops' own forwards, on every number that is special, to the last bit."""

import itertools
import math
import struct

import pytest

from autograd_lite.fast.straight import BLOCKS, FROM_MATH, TEMPLATES
from autograd_lite.op import REGISTRY, Elementwise, Op

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -3.7, 1e-320, 700.0, math.inf, -math.inf, math.nan]
NAMES = {name: getattr(math, name) for name in FROM_MATH}
WRITTEN: list[Op] = [*TEMPLATES, *BLOCKS]


def bits(number: float) -> bytes:
    return b"nan" if math.isnan(number) else struct.pack("d", number)


def evaluated(op: Op, operands: tuple[float, ...]) -> float:
    """What the source makes of the operands, as names."""
    names = dict(zip("abc", operands, strict=False))
    if op in BLOCKS:
        scope: dict[str, float] = {**names}
        source = "\n".join(line.format(*"abc", y="y") for line in BLOCKS[op])
        exec(source, NAMES, scope)
        return scope["y"]
    return float(eval(TEMPLATES[op].text.format(*"abc"), NAMES, names))


@pytest.mark.parametrize("op", WRITTEN, ids=[op.name for op in WRITTEN])
def test_a_template_does_what_the_op_does(op: Op) -> None:
    assert isinstance(op, Elementwise)
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


@pytest.mark.parametrize("op", WRITTEN, ids=[op.name for op in WRITTEN])
def test_operands_are_put_in_parentheses_where_they_have_to(op: Op) -> None:
    template = TEMPLATES.get(op)
    if template is not None and not template.repeats:
        assert len(template.operands) in (0, op.arity)
        for place in range(op.arity or 0):
            assert f"{{{place}}}" in template.text


def test_every_op_on_numbers_is_written_or_is_of_many_operands() -> None:
    elementwise = {op for op in REGISTRY.values() if isinstance(op, Elementwise)}
    called = {op.name for op in elementwise - {*WRITTEN}}
    assert called == {"identity", "argmax", "argmin", "largest", "smallest"}
