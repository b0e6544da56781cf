"""Every op of the registry, derived and run: the numbers of the engine, here and elsewhere.

A new op is tested by being declared. At the tensor level the source does what the engine does, so
nothing may differ; of the elements of arrays the sums are in another order.
"""

import inspect
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.chain.derive import Derivation, Outcome
from autograd_lite.op import REGISTRY, Elementwise, Op, Sample, Structural

# Sums of up to 27 products, of numbers that partly cancel.
ROUNDING = 40 * float(np.finfo(float).eps)


def samples(op: Op) -> list[Sample]:
    """Operand shapes and attributes to try: numbers, arrays, and both."""
    if isinstance(op, Structural):
        return list(op.samples)
    count = op.arity or 3
    mixed: list[tuple[int, ...]] = [(2, 3), (), (3,)]
    shapes = [mixed[1:2] * count, mixed[:1] * count, mixed[:count]]
    return [Sample(tuple(one), {}) for one in shapes]


CASES = [(op, sample) for op in REGISTRY.values() for sample in samples(op)]
WITH_ARRAYS = [(op, sample) for op, sample in CASES if any(sample.shapes)]


def every(cases: list[tuple[Op, Sample]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("op", "sample"), cases, ids=[op.name for op, _ in cases])


def draws(op: Op, sample: Sample) -> Iterator[list[Any]]:
    """Operands in the domain of the op; other ones, and so other winners, at each draw."""
    domain = op.domain if isinstance(op, Elementwise) else ((-2.0, 2.0),)
    intervals = [*domain, *[domain[-1]] * len(sample.shapes)]
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    while True:
        yield sample.fitting(
            [rng.uniform(*i, s)[()] for s, i in zip(sample.shapes, intervals, strict=False)]
        )


def computed(op: Op, sample: Sample, data: list[Any]) -> tuple[Value, list[Value]]:
    """A number that depends on every element of the op's result, after its backward pass."""
    operands = [Value(one, f"x{position}") for position, one in enumerate(data)]
    result = op(*operands, **sample.attributes)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, result.shape)[()]
    total = (result * weights).sum().named("total")
    total.backward()
    return total, operands


def element(operand: Value, index: tuple[int, ...]) -> str:
    return f"{operand.label}[{','.join(map(str, index))}]" if index else operand.label


def assert_is(derived: Outcome, total: Value, operands: list[Value], rounding: float) -> None:
    """The numbers are those of the engine; scalars on which nothing depends are left out."""
    np.testing.assert_allclose(derived.value, total.data, rtol=rounding, atol=rounding)
    for operand in operands:
        if operand.label in derived.gradients:
            found = derived.gradients[operand.label]
        else:
            found = np.reshape(
                [
                    derived.gradients.get(element(operand, index), 0.0)
                    for index in np.ndindex(operand.shape)
                ],
                operand.shape,
            )
        assert np.shape(found) == operand.shape
        np.testing.assert_allclose(found, operand.grad, rtol=rounding, atol=rounding)


@pytest.mark.parametrize("level", ["scalar", "tensor"])
@every(CASES)
def test_an_op_derived_is_that_of_the_engine_also_at_other_numbers(
    op: Op, sample: Sample, level: str
) -> None:
    numbers = draws(op, sample)
    total, operands = computed(op, sample, next(numbers))
    derivation = ag.derive(total, level)
    exact = level == "tensor" or not any(sample.shapes)
    rounding = 0.0 if exact else ROUNDING
    assert_is(derivation.run(), total, operands, rounding)
    for _ in range(2):
        data = next(numbers)
        used = {name: one for name, one in given(data).items() if mentions(derivation, name)}
        total, operands = computed(op, sample, data)
        assert_is(derivation.run(**used), total, operands, rounding)


def given(data: list[Any]) -> dict[str, Any]:
    return {f"x{position}": one for position, one in enumerate(data)}


def mentions(derivation: Derivation, name: str) -> bool:
    """Whether an operand is a parameter: one on which nothing depends is none."""
    return any(
        parameter == name or parameter.startswith(f"{name}_")
        for parameter in inspect.signature(derivation.function).parameters
    )


@every(CASES)
def test_an_op_in_latex_is_complete_and_balanced(op: Op, sample: Sample) -> None:
    total, _ = computed(op, sample, next(draws(op, sample)))
    for level in ("scalar", "tensor"):
        text = ag.derive(total, level).latex()
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")
        assert "None" not in text
        assert "<" not in text.replace(r"\left[", "").replace(" < ", "")


@every(WITH_ARRAYS)
def test_an_op_of_single_precision_stays_there(op: Op, sample: Sample) -> None:
    data = [one.astype(np.float32) if np.ndim(one) else one for one in next(draws(op, sample))]
    operands = [Value(one, f"x{position}") for position, one in enumerate(data)]
    result = op(*operands, **sample.attributes)
    total = result.sum().named("total")
    total.backward()
    outcome = ag.derive(total, "tensor").run()
    assert outcome.value == total.data
    for operand in operands:
        found = outcome.gradients[operand.label]
        assert np.asarray(found).dtype == operand.dtype
        assert np.array_equal(found, operand.grad)


def test_no_warning_is_given_that_the_program_has_given_already() -> None:
    with np.errstate(all="ignore"):
        y = (Value(0.0, "x") / Value(0.0, "z")).named("y")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ag.derive(y).source
