"""Derived source is run: with which inputs, what it says where it fails, and under a debugger."""

import bdb
import inspect
import linecache
import sys
import traceback
from collections.abc import Callable
from types import FrameType

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, NameLookupError, ShapeError, Value
from autograd_lite.chain.derive import Derivation


def neuron() -> Value:
    w, b = Value([2.0, -1.0], "w"), Value(0.5, "b")
    x = Constant([1.0, 3.0], "x", names=["left", "right"])
    net = ((w * x).sum() + b).named("net")
    y: Value = ag.relu(net).named("y")
    return y


@pytest.fixture
def of_scalars() -> Derivation:
    return ag.derive(neuron())


@pytest.fixture
def of_arrays() -> Derivation:
    return ag.derive(neuron(), "tensor")


# Inputs

# net = 2·1 − 1·3 + 0.5 = −0.5, where relu is flat. With w[1] = 1 it is 5.5.
AT_REST = {"w[0]": 0.0, "w[1]": 0.0, "b": 0.0}
MOVED = {"w[0]": 1.0, "w[1]": 3.0, "b": 1.0}


def test_without_inputs_the_recorded_numbers_are_taken(of_scalars: Derivation) -> None:
    assert of_scalars.run() == (0.0, AT_REST)


@pytest.mark.parametrize(
    "inputs", [{"w[1]": 1.0}, {"w_1": 1.0}, {"w": [2.0, 1.0]}, {"w": Value([2.0, 1.0])}, {"w_1": 1}]
)
def test_an_input_is_a_label_a_parameter_or_a_whole_array(
    of_scalars: Derivation, inputs: dict[str, object]
) -> None:
    assert of_scalars.run(**inputs) == (5.5, MOVED)


def test_an_array_goes_by_its_label_also_where_its_elements_have_names_of_their_own(
    of_scalars: Derivation,
) -> None:
    assert of_scalars.run(x=[3.0, 1.0]) == (5.5, {"w[0]": 3.0, "w[1]": 1.0, "b": 1.0})
    assert of_scalars.run(left=3.0, right=1.0) == of_scalars.run(x=[3.0, 1.0])


def test_what_is_given_is_not_changed_nor_remembered(of_arrays: Derivation) -> None:
    given = np.array([2.0, 1.0])
    moved = of_arrays.run(w=given)
    assert (moved.value, moved.gradients["b"]) == (5.5, 1.0)
    assert given.tolist() == [2.0, 1.0]
    assert of_arrays.run().value == 0.0


def test_gradients_are_arrays_of_their_own() -> None:
    w = Value([1.0, 2.0], "w")
    derivation = ag.derive((w + Value([3.0, 4.0], "v")).sum().named("y"), "tensor")
    found = derivation.run().gradients
    found["w"][:] = 9.0
    assert found["v"].tolist() == [1.0, 1.0]
    assert derivation.run().gradients["w"].tolist() == [1.0, 1.0]


def test_numbers_are_floats_whatever_python_makes_of_them() -> None:
    x = Value(2.0, "x")
    outcome = ag.derive(ag.maximum(x, 1.0).named("y")).run()
    assert [type(outcome.value), type(outcome.gradients["x"])] == [float, float]


def test_an_unknown_input_is_refused_with_what_is_near(of_scalars: Derivation) -> None:
    with pytest.raises(NameLookupError, match=r"no input is called 'w\[2\]'; nearest: .*w\[1\]"):
        of_scalars.run(**{"w[2]": 1.0})
    with pytest.raises(NameLookupError, match="'net'"):
        of_scalars.run(net=1.0)
    with pytest.raises(NameLookupError, match="there are none"):
        ag.derive(Value(1.0, "x") * 0).run(x=1.0)


@pytest.mark.parametrize("given", [[1.0, 2.0, 3.0], 1.0, [[1.0, 2.0]]])
@pytest.mark.parametrize("level", ["scalar", "tensor"])
def test_another_shape_is_refused(level: str, given: object) -> None:
    with pytest.raises(ShapeError, match=r"w has shape \(2,\) and was given data of shape"):
        ag.derive(neuron(), level).run(w=given)


def test_an_array_for_a_number_is_refused(of_scalars: Derivation) -> None:
    with pytest.raises(ShapeError, match=r"b has shape \(\) and was given data of shape \(2,\)"):
        of_scalars.run(b=[1.0, 2.0])


def test_data_of_another_precision_are_brought_to_that_of_the_program() -> None:
    w = Value(np.array([0.1, 0.2], np.float32), "w")
    derivation = ag.derive((w * w).sum().named("y"), "tensor")
    outcome = derivation.run(w=np.array([0.1, 0.2]))
    assert outcome.gradients["w"].dtype == np.float32
    assert outcome.value == derivation.run().value


# Where Python has no number


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("program", "given"),
    [
        (lambda a, b: a / b, {"b": 0.0}),
        (lambda a, b: ag.exp(a * b), {"a": 800.0}),
        (lambda a, b: ag.sqrt(a) * b, {"a": 0.0}),
        (lambda a, b: ag.log(a) + ag.sigmoid(ag.log(b)), {"a": -1.0, "b": 0.0}),
        (lambda a, b: a**b, {"a": -8.0, "b": 0.5}),
        (lambda a, b: a / 0.0 + b, {}),
    ],
)
@pytest.mark.parametrize("level", ["scalar", "tensor"])
def test_there_it_has_inf_and_nan_as_the_engine(
    program: Callable[..., Value], given: dict[str, float], level: str
) -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    found = ag.derive(program(a, b).named("y"), level).run(**given)
    for value in (a, b):
        value.data = given.get(value.label, value.data)
    y = program(a, b)
    y.backward()
    assert np.array_equal(found.value, y.data, equal_nan=True)
    for value in (a, b):
        assert np.array_equal(found.gradients[value.label], value.grad, equal_nan=True)


def test_numpy_says_so() -> None:
    derivation = ag.derive((Value(1.0, "a") / Value(2.0, "b")).named("y"))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert derivation.run(b=0.0).value == np.inf


# Debugging


def test_the_source_of_the_function_can_be_inspected(of_scalars: Derivation) -> None:
    assert inspect.getsource(of_scalars.function).rstrip() in of_scalars.source
    linecache.checkcache()  # as a traceback does: it forgets files that are not there
    assert "net = " in inspect.getsource(of_scalars.function)


def test_a_traceback_shows_the_line() -> None:
    derivation = ag.derive((Value(1.0, "a") / Value(2.0, "b")).named("y"))
    try:
        derivation.function(b=0.0)
    except ZeroDivisionError as error:
        shown = "".join(traceback.format_exception(error))
    assert "in derivation\n    y = a / b" in shown
    assert "<derivation of y" in shown


class Stepper(bdb.Bdb):
    """Steps through a function as pdb does, and notes each line that it stops at."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.seen: list[str] = []

    def user_line(self, frame: FrameType) -> None:
        """Called at each line."""
        file = frame.f_code.co_filename
        if file == self.file:
            self.seen.append(linecache.getline(file, frame.f_lineno).strip())


def test_a_debugger_steps_through_the_lines() -> None:
    derivation = ag.derive(ag.sin(Value(1.0, "w")).named("y"))
    stepper = Stepper(derivation.function.__code__.co_filename)
    before = sys.gettrace()
    try:
        stepper.runcall(derivation.function)
    finally:
        sys.settrace(before)
    assert stepper.seen == [
        "y = sin(w)",
        "dy_dw = cos(w)  # ∂y/∂w, directly",
        'return y, {"w": dy_dw}',
    ]


def test_two_derivations_are_two_files() -> None:
    one, other = (ag.derive((Value(1.0, "x") * number).named("y")) for number in (2.0, 3.0))
    files = {one.function.__code__.co_filename, other.function.__code__.co_filename}
    assert len(files) == 2
    assert "y = 2 * x" in inspect.getsource(one.function)
    assert "y = 3 * x" in inspect.getsource(other.function)
