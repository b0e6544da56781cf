"""Every op of the registry, whatever it is: what its declaration promises, on random operands.

A new op is tested by being declared. What is particular to one op stands in the test file of its
module.
"""

import doctest
import inspect
import itertools
import math
import sys
import zlib
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, Value, check_adjoint, check_grad
from autograd_lite.expr.notation import Written, in_python
from autograd_lite.op import REGISTRY, Elementwise, Op, Sample, Structural

EPSILON = np.finfo(float).eps

# Every way in which two operands may be broadcast against each other.
SHAPES = [(), (1,), (3,), (2, 1), (1, 3), (2, 3)]


class Case(NamedTuple):
    """An op with random operands: the same in each run, others for each op."""

    op: Op
    operands: list[Any]
    attributes: dict[str, Any]

    def __call__(self, *operands: Any) -> Any:
        """The op, with the attributes of this case."""
        return self.op(*operands, **self.attributes)


def draw(op: Op, sample: Sample) -> Case:
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    given = op.domain if isinstance(op, Elementwise) else ()
    intervals = itertools.chain(given, itertools.repeat((-2.0, 2.0)))
    operands = [
        rng.uniform(low, high, shape) if shape else float(rng.uniform(low, high))
        for shape, (low, high) in zip(sample.shapes, intervals, strict=False)
    ]
    return Case(op, sample.fitting(operands), sample.attributes)


def cases(op: Op) -> list[Case]:
    """Each sample of a structural op; numbers, arrays and both for an elementwise one."""
    if isinstance(op, Structural):
        return [draw(op, sample) for sample in op.samples]
    count = op.arity or 3
    shapes = [[()] * count, [(2, 3)] * count, [(2, 3), (), (3,)][:count]]
    return [draw(op, Sample(tuple(one), {})) for one in shapes]


def named(ops: list[Op]) -> list[Any]:
    return [pytest.param(op, id=op.name) for op in ops]


OPS = list(REGISTRY.values())
ELEMENTWISE = [op for op in OPS if isinstance(op, Elementwise)]
STRUCTURAL = [op for op in OPS if isinstance(op, Structural)]
CASES = [
    pytest.param(case, id=f"{op.name}-{number}")
    for op in OPS
    for number, case in enumerate(cases(op))
]

every_op = pytest.mark.parametrize("op", named(OPS))
every_elementwise_op = pytest.mark.parametrize("op", named(ELEMENTWISE))
every_case = pytest.mark.parametrize("case", CASES)
every_structural_case = pytest.mark.parametrize(
    "case", [one for one in CASES if isinstance(one.values[0].op, Structural)]
)


def cotangent_of(result: Any) -> Any:
    shape = np.shape(result)
    return np.random.default_rng(1).uniform(0.5, 1.5, shape) if shape else 0.75


def assert_close(given: Any, expected: Any, roundings: int = 4) -> None:
    np.testing.assert_allclose(given, expected, rtol=roundings * EPSILON, atol=0)
    assert np.shape(given) == np.shape(expected)


# The forward pass


@every_elementwise_op
def test_numbers_arrays_and_values_give_the_same_results(op: Elementwise) -> None:
    numbers = cases(op)[0].operands
    result = op(*numbers)
    assert type(result) is float
    assert_close(op(*[np.full((1,), number) for number in numbers]), np.full((1,), result))
    assert op(*map(Value, numbers)).data == result
    arrays = cases(op)[1].operands
    one_by_one = [op(*map(float, row)) for row in zip(*map(np.ravel, arrays), strict=True)]
    assert_close(op(*arrays), np.reshape(one_by_one, (2, 3)))


@every_case
def test_a_value_holds_what_the_op_computes(case: Case) -> None:
    value, result = case(*map(Value, case.operands)), case(*case.operands)
    assert value.op is case.op
    assert value.shape == np.shape(result)
    assert type(result) is (np.ndarray if value.shape else float)
    np.testing.assert_array_equal(value.data, result)


@every_case
def test_operands_are_left_alone(case: Case) -> None:
    before = [np.array(operand) for operand in case.operands]
    result, pull = ag.vjp(case, *case.operands)
    cotangent = cotangent_of(result)
    pull(cotangent)
    np.testing.assert_array_equal(cotangent, cotangent_of(result))
    for now, then in zip(case.operands, before, strict=True):
        np.testing.assert_array_equal(now, then)


@every_case
def test_the_complex_form_is_the_forward_on_real_numbers(case: Case) -> None:
    if case.op.analytic is not None:
        bent = [np.asarray(operand, complex) for operand in case.operands]
        found = case.op.analytic(*bent, **case.attributes)
        limit = 32 * EPSILON
        np.testing.assert_allclose(found, case(*case.operands), rtol=limit, atol=limit)


@every_case
def test_a_complex_form_takes_no_side_where_operands_are_equal(case: Case) -> None:
    """f(z̄) is the conjugate of f(z) if f is smooth; a choice is made by the imaginary parts."""
    if case.op.analytic is None:
        return
    rng = np.random.default_rng(3)
    for real in (0.0, 1.0):
        bent = [real + 1e-20j * rng.uniform(-1, 1, np.shape(x)) for x in case.operands]
        with np.errstate(all="ignore"):
            above = case.op.analytic(*bent, **case.attributes)
            below = case.op.analytic(*map(np.conj, bent), **case.attributes)
        np.testing.assert_array_equal(below, np.conj(above))


class Factor:
    """A scalar that counts the products that are made of it."""

    count = 0

    def __mul__(self, other: Any) -> "Factor":
        Factor.count += 1
        return self

    def __add__(self, other: Any) -> "Factor":
        return self

    __rmul__, __radd__ = __mul__, __add__


@every_structural_case
def test_an_op_knows_how_many_products_it_is_in_scalars(case: Case) -> None:
    if case.op.products is not None:
        factors = [np.full(np.shape(operand), Factor(), object) for operand in case.operands]
        Factor.count = 0
        case.op.array(*factors, **case.attributes)
        result = case(*case.operands)
        told = case.op.products(result, *case.operands, **case.attributes)
        assert Factor.count == told * (len(factors) - 1)


# Derivatives


@every_case
def test_the_gradient_is_that_of_the_forward(case: Case) -> None:
    report = check_grad(case, *case.operands)
    assert report.ok, report
    assert report.kinks == ()
    precise = [finding for finding in report.findings if finding.oracle == "complex step"]
    assert len(precise) == (sum(map(np.size, case.operands)) if case.op.analytic else 0)
    for finding in precise:
        assert abs(finding.difference) <= 1e-14 * max(1, abs(finding.expected)), finding


@every_case
def test_the_gradient_differentiates_again(case: Case) -> None:
    def gradient(cotangent: Any, *operands: Any) -> Any:
        _, pull = ag.vjp(case, *operands)
        parts = [part if isinstance(part, Value) else Value(part) for part in pull(cotangent)]
        return ag.concatenate([ag.flatten(part) for part in parts])

    report = check_grad(gradient, cotangent_of(case(*case.operands)), *case.operands)
    assert report.ok, report


@every_case
def test_jvp_and_vjp_are_adjoint(case: Case) -> None:
    rng = np.random.default_rng(2)
    tangents = [rng.uniform(-1, 1, np.shape(operand)) for operand in case.operands]
    result, along = ag.jvp(case, case.operands, tangents)
    cotangent = cotangent_of(result)
    _, pull = ag.vjp(case, *case.operands)
    forward = np.ravel(np.multiply(cotangent, along))
    backward = np.concatenate(
        [np.ravel(t * x) for t, x in zip(tangents, pull(cotangent), strict=True)]
    )
    size = np.abs(forward).sum() + np.abs(backward).sum()
    assert abs(forward.sum() - backward.sum()) <= 8 * EPSILON * size


@every_structural_case
def test_structural_ops_without_a_choice_are_linear_or_say_so(case: Case) -> None:
    if case.op.branch is None and case.op.linear:
        for position, operand in enumerate(case.operands):
            before, after = case.operands[:position], case.operands[position + 1 :]

            def alone(x: Any, before: Any = before, after: Any = after) -> Any:
                return case(*before, x, *after) - case(*before, 0 * x, *after)

            assert check_adjoint(alone, operand).ok


@every_elementwise_op
def test_a_partial_reads_the_same_on_numbers_arrays_and_values(op: Elementwise) -> None:
    numbers = cases(op)[0].operands
    arrays = [np.full((2,), number) for number in numbers]
    values = [Value(number) for number in numbers]
    for position in range(len(numbers)):
        on_numbers = op.partial(position, op(*numbers), numbers)
        assert isinstance(on_numbers, float | int)
        on_arrays = op.partial(position, op(*arrays), arrays)
        assert_close(np.broadcast_to(on_arrays, (2,)), np.full((2,), on_numbers), roundings=8)
        on_values = op.partial(position, op(*values), values)
        assert (on_values.data if isinstance(on_values, Value) else on_values) == on_numbers


@pytest.mark.parametrize("op", named([op for op in ELEMENTWISE if op.arity != 1]))
def test_operands_of_all_shapes_are_broadcast(op: Elementwise) -> None:
    for shapes in itertools.product(SHAPES, repeat=2):
        operands = draw(op, Sample((*shapes, (2, 1))[: op.arity], {})).operands
        stretched = [np.array(operand) for operand in np.broadcast_arrays(*operands)]
        result, pull = ag.vjp(op, *operands)
        full_result, full_pull = ag.vjp(op, *stretched)
        assert_close(result, full_result)
        cotangent = cotangent_of(result)
        parts, full = pull(cotangent), full_pull(cotangent)
        for operand, part, from_everywhere in zip(operands, parts, full, strict=True):
            assert type(part) is (np.ndarray if np.shape(operand) else float)
            assert_close(part, added_up(from_everywhere, np.shape(operand)), roundings=16)


def added_up(full: Any, shape: tuple[int, ...]) -> Any:
    """What each element of an operand receives from all the places where broadcasting put it."""
    places = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), np.shape(full))
    parts = np.zeros(math.prod(shape))
    np.add.at(parts, places, full)
    return parts.reshape(shape)


@every_case
def test_single_precision_stays_single(case: Case) -> None:
    if not any(map(np.shape, case.operands)):
        return  # a number is a Python float
    single = [np.float32(x) if np.shape(x) else x for x in case.operands]
    result, pull = ag.vjp(case, *single)
    assert type(result) is float or result.dtype == np.float32
    np.testing.assert_allclose(result, case(*case.operands), rtol=1e-5, atol=1e-6)
    for operand, gradient in zip(single, pull(cotangent_of(result)), strict=True):
        assert type(gradient) is type(operand)
        assert type(gradient) is float or gradient.dtype == np.float32


@every_case
def test_it_does_not_matter_how_an_operand_lies_in_memory(case: Case) -> None:
    result, pull = ag.vjp(case, *case.operands)
    # The same numbers from the last to the first, then each with a gap behind it.
    reversed_ = [np.flip(np.flip(x).copy()) if np.ndim(x) else x for x in case.operands]
    gaps = [np.repeat(x, 2, axis=-1)[..., ::2] if np.ndim(x) else x for x in case.operands]
    for operands in (reversed_, gaps):
        same, pull_same = ag.vjp(case, *operands)
        assert_close(same, result, roundings=8)
        cotangent = cotangent_of(result)
        for part, right in zip(pull_same(cotangent), pull(cotangent), strict=True):
            np.testing.assert_allclose(part, right, rtol=8 * EPSILON, atol=8 * EPSILON)


@every_elementwise_op
def test_an_op_of_no_or_one_element_keeps_shape_and_precision(op: Elementwise) -> None:
    for shape, kind in itertools.product([(0,), (2, 0), (1,), (1, 1)], [np.float32, np.float64]):
        drawn = draw(op, Sample((shape,) * (op.arity or 3), {})).operands
        result, pull = ag.vjp(op, *(one.astype(kind) for one in drawn))
        for found in (result, *pull(result)):
            assert (found.shape, found.dtype) == (shape, kind)


@every_case
def test_single_precision_is_single_within_the_rules_too(case: Case) -> None:
    single: list[Any] = [np.float32(x) if np.shape(x) else x for x in case.operands]
    result = case.op.forward(*single, **case.attributes)
    if not np.shape(result) or not any(map(np.shape, single)):
        return  # the cotangent of a number is a Python float
    for position in range(len(single)):
        part = case.op.contribution(position, np.ones_like(result), result, single, case.attributes)
        if part is not None and np.shape(part):
            assert part.dtype == np.float32


# The declaration


@every_op
def test_each_notation_has_a_place_for_each_operand(op: Op) -> None:
    for notation in (op.text, op.latex):
        assert notation.count("{}") == (op.arity or 1)
    assert len(op.operand_precedence) in (0, op.arity)
    assert REGISTRY[op.name] is op


@every_elementwise_op
def test_the_python_notation_computes_the_op(op: Elementwise) -> None:
    operands = cases(op)[0].operands
    source = in_python(op.python or f"{op.name}({{}})", [Written(repr(one)) for one in operands])
    names = {**vars(math), op.name: op.forward}
    exec(op.defines, names)
    assert eval(source.text, names) == op(*operands)


@pytest.mark.parametrize("op", named(STRUCTURAL))
def test_a_structural_op_has_samples_of_its_number_of_operands(op: Structural) -> None:
    assert op.samples
    assert op.arity is None or {op.arity} == {len(sample.shapes) for sample in op.samples}


@pytest.mark.parametrize("op", named([op for op in OPS if op.arity]))
@pytest.mark.parametrize("kind", [float, Value])
def test_the_number_of_operands_is_checked(op: Op, kind: Any) -> None:
    with pytest.raises(DataError, match=f"{op.name} was given {op.arity + 1} operands"):
        op(*[kind(1.0)] * (op.arity + 1), **cases(op)[0].attributes)


# The documentation

MODULES = [
    module
    for name, module in sys.modules.items()
    if name.startswith("autograd_lite.ops.")
    and not name.endswith(".adjoints")  # ops by short names
]


def public(module: ModuleType) -> list[Any]:
    found = [getattr(module, name) for name in module.__all__]
    return [one for one in found if isinstance(one, Op) or inspect.isfunction(one)]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_examples_of_ops_run(module: ModuleType) -> None:
    for op in public(module):
        if isinstance(op, Op):
            test = doctest.DocTestParser().get_doctest(op.__doc__, vars(module), op.name, None, 0)
            assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_everything_public_has_an_example(module: ModuleType) -> None:
    assert [one for one in public(module) if ">>>" not in (one.__doc__ or "")] == []


def test_an_op_shows_its_own_docstring() -> None:
    assert "σ′ = σ·(1 − σ)" in ag.sigmoid.__doc__
    assert repr(ag.sigmoid) == "<op sigmoid>"
