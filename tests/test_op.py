"""What every op does with what it is given: numbers, arrays, lists, and what is none of these."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, ShapeError, Value
from autograd_lite.op import REGISTRY, Precedence, elementwise, primal, shape_of, structural


def halve(**given: Any) -> Any:
    fields = {"scalar": lambda x: x / 2, "array": lambda x: x / 2, "partials": lambda y, x: 0.5}
    return elementwise("halve", **fields | given)


# Declaring


def test_a_name_is_taken_once() -> None:
    halve()
    with pytest.raises(ValueError, match="an op named 'halve' is registered"):
        halve()


def test_an_op_is_called_by_its_name_where_no_notation_is_given() -> None:
    op = structural("of_two", array=np.add, vjps=(0, 0), samples=())
    assert (op.text, op.python) == ("of_two({}, {})", "")
    assert op.latex == r"\operatorname{of\_two}\left({}, {}\right)"
    assert op.precedence == Precedence.ATOM


def test_one_rule_stands_for_one_operand() -> None:
    assert halve().arity == 1
    assert structural("pick", array=max, vjps=(0, 0), samples=()).arity == 2


def test_one_interval_stands_for_each_operand() -> None:
    op = elementwise("of_two", scalar=max, array=np.maximum, partials=(0, 0), domain=(1, 2))
    assert op.domain == ((1, 2), (1, 2))


@pytest.mark.parametrize(("declare", "how"), [(elementwise, "partials"), (structural, "vjps")])
def test_a_rule_of_any_number_of_operands_returns_a_function_of_the_position_and_is_asked_once(
    declare: Any, how: str
) -> None:
    asked = []

    def rule(*given: Any) -> Any:
        asked.append(given)
        return lambda position: 10.0**position

    own = {"scalar": lambda *x: sum(x)} if declare is elementwise else {"samples": ()}
    op = declare("total", array=lambda *x: sum(x), arity=None, **{how: rule}, **own)
    assert ag.grad(op, (0, 1, 2))(1.0, 2.0, 3.0) == [1.0, 10.0, 100.0]
    assert len(asked) == 1
    assert (op.text, op.arity) == ("total({})", None)


def test_the_integers_1_minus_1_and_0_are_rules() -> None:
    assert ag.grad(halve(partials=1))(3.0) == 1.0
    del REGISTRY["halve"]
    assert ag.grad(halve(partials=-1))(3.0) == -1.0
    del REGISTRY["halve"]
    assert ag.grad(halve(partials=0))(3.0) == 0.0
    op = structural("nothing", array=np.zeros_like, vjps=0, samples=())
    assert ag.grad(lambda x: op(x).sum())([1.0, 2.0]).tolist() == [0.0, 0.0]


def test_the_docstring_of_an_op_is_its_own() -> None:
    assert halve(doc="Half of x.\n\n    As an example.").__doc__ == "Half of x.\n\nAs an example."


# Computing


@pytest.mark.parametrize("given", [2, True, np.float64(2), np.int64(2), np.array(2.0)])
def test_a_scalar_is_a_float_whatever_it_was(given: Any) -> None:
    result = ag.multiply(given, 3)
    assert type(result) is float
    assert result == 3 * float(given)


@pytest.mark.parametrize("given", [[1, 2], (1.0, 2.0), np.array([1, 2]), np.array([1, 2], np.int8)])
def test_lists_and_integers_become_arrays_of_floats(given: Any) -> None:
    result = ag.power(given, -1)
    assert result.dtype == float
    assert result.tolist() == [1.0, 0.5]


def test_a_list_in_place_of_a_value_is_its_array() -> None:
    assert ag.conv2d([[1, 2], [3, 4]], [[2]]).tolist() == [[2.0, 4.0], [6.0, 8.0]]
    assert ag.reshape([[1, 2]], 2).tolist() == [1.0, 2.0]
    assert ag.einsum("i->", [1, 2]) == 3.0


def test_values_in_a_list_are_an_error_that_says_what_to_do() -> None:
    for call in (ag.sum, ag.exp, ag.flatten):
        with pytest.raises(DataError, match=r"ag\.stack"):
            call([Value(1.0), Value(2.0)])


@pytest.mark.parametrize("given", ["x", None, 1j, [[1.0], [2.0, 3.0]], {"a": 1}])
@pytest.mark.parametrize("call", [ag.exp, ag.sum, ag.add, ag.flatten, ag.max_pool2d])
def test_what_is_no_number_is_an_error(call: Any, given: Any) -> None:
    with pytest.raises((DataError, ShapeError)):
        call(given, given) if call is ag.add else call(given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ag.add(x, np.ones(4)), r"add cannot take operands of shape \(2, 3\) and \(4,\)"),
        (lambda x: ag.sum(x, axis=2), r"sum .* of shape \(2, 3\), axis=2.*out of bounds"),
        (lambda x: ag.max(x, axis="a"), r"max .* of shape \(2, 3\), axis='a'"),
        (lambda x: ag.exp(x, base=2), r"exp .* of shape \(2, 3\), base=2"),
    ],
)
@pytest.mark.parametrize("kind", [np.array, Value])
def test_an_error_names_the_op_the_shapes_and_the_attributes(
    call: Any, message: str, kind: Any
) -> None:
    with pytest.raises(ShapeError, match=message):
        call(kind(np.ones((2, 3))))


def test_an_attribute_that_an_op_does_not_have_is_an_error_for_numbers_too() -> None:
    with pytest.raises(ShapeError, match="base=2"):
        ag.exp(1.0, base=2)


# Python's own arithmetic raises here.
@pytest.mark.parametrize(
    ("op", "operands", "expected"),
    [
        (ag.exp, [800.0], np.inf),
        (ag.divide, [1.0, 0.0], np.inf),
        (ag.divide, [-1.0, 0.0], -np.inf),
        (ag.divide, [0.0, 0.0], np.nan),
        (ag.log, [0.0], -np.inf),
        (ag.log, [-1.0], np.nan),
        (ag.sqrt, [-1.0], np.nan),
        (ag.power, [0.0, -1.0], np.inf),
        (ag.power, [-8.0, 1 / 3], np.nan),
        (ag.power, [10.0, 400.0], np.inf),
        (ag.sin, [np.inf], np.nan),
        (ag.cos, [-np.inf], np.nan),
    ],
)
@pytest.mark.parametrize("kind", [float, Value, lambda x: np.array([x])])
def test_beyond_the_domain_numbers_do_as_numpy_does(
    op: Any, operands: Any, expected: float, kind: Any
) -> None:
    with pytest.warns(RuntimeWarning):
        result = op(*map(kind, operands))
    np.testing.assert_array_equal(np.ravel(primal(result)), [expected])


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (ag.sqrt, 0.0, np.inf),
        (lambda x: ag.power(x, 0.5), 0.0, np.inf),
    ],
)
def test_an_infinite_derivative_is_inf(function: Any, x: float, expected: float) -> None:
    with pytest.warns(RuntimeWarning):
        assert ag.grad(function)(x) == expected
    with pytest.warns(RuntimeWarning):
        assert ag.jacobian(function)([x]).tolist() == [[expected]]


def test_primal_and_shape_of_read_values_and_numbers() -> None:
    value = Value([[1.0, 2.0]])
    assert primal(value) is value._data
    assert primal(3.0) == 3.0
    assert shape_of(value) == shape_of([[1, 2]]) == (1, 2)
    assert shape_of(3.0) == ()
