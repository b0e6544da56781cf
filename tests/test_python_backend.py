"""Source compiled by Python itself."""

import linecache
import traceback

import pytest

from autograd_lite import Value
from autograd_lite.fast.program import Program
from autograd_lite.fast.straight import Emitted, Python, Routed, step_source
from autograd_lite.op import elementwise


def test_a_debugger_finds_the_source() -> None:
    function = Python().function(Emitted("def step(x):\n    return log(x)\n", ()), "step")
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is Python's own
        function(-1.0)
    (*_, frame) = traceback.extract_tb(caught.value.__traceback__)
    assert frame.line == "return log(x)"
    assert linecache.getline(function.__code__.co_filename, 1) == "def step(x):\n"


def test_an_op_of_the_users_own_is_called() -> None:
    cube = elementwise(
        "cube", scalar=lambda x: x * x * x, array=lambda x: x**3, partials=lambda y, x: 3 * x * x
    )
    emitted = step_source(Routed(Program.of(cube(Value(2.0, "x")))))
    assert emitted.calls == (cube,)
    gradients = [0.0]
    assert Python().function(emitted, "step")([3.0], gradients) == (True, 27.0)
    assert gradients == [27.0]


def test_a_vector_is_a_list_of_its_own() -> None:
    numbers = [1.0, 2.0]
    vector = Python().vector(numbers)
    assert vector == numbers
    assert vector is not numbers
