"""Hand-written code as a derivation: each of its variables is a claim, with its line."""
# ruff: noqa: RET504  (the functions under test name their results)

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from handwritten_cnn import NAMES, HandWritten

import autograd_lite as ag
from autograd_lite import ClaimError, Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.code.derivation import Feed, code_claims, learning_rate_of
from autograd_lite.check.finding import Finding
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.report import Report
from autograd_lite.check.truth.points import Points
from models.notebook import loss
from models.notebook.data import TARGETS, X

# The notebook's class


@functools.cache
def notebook() -> tuple[Report, HandWritten, tuple[Any, ...]]:
    """The report on it, the object, and the arguments."""
    model = HandWritten()
    inputs = X.copy(), model.forward(X), TARGETS.copy()
    return ag.compare(loss(), model.backward, names=NAMES, inputs=inputs), model, inputs


def found(report: Report, name: str) -> Finding:
    (finding,) = [one for one in report.findings if one.name == name]
    return finding


def test_the_class_computes_what_the_facts_say() -> None:
    model = HandWritten()
    before = model.kernel.copy()
    model.backward(X, model.forward(X), TARGETS)
    gradient = (before - model.kernel) / 0.01
    facts = [0.006813199330, 0.031799266230, 0.006680857539, 0.027684092956]
    assert gradient.ravel() == pytest.approx(facts, abs=1e-12)


def test_m9_the_weights_without_a_gradient_are_named() -> None:
    report, *_ = notebook()
    assert report.untold == ("w_hidden",)
    assert [note for note in report.notes if "no gradient is found for w_hidden" in note]
    assert not report.ok


def test_m10_is_one_mistake_with_its_three_parts() -> None:
    report, *_ = notebook()
    (root,) = [one for one in report.findings if one.verdict == "wrong"]
    assert (root.name, root.quantity) == ("g_act", "dE/ds")
    cause = root.causes[0]
    assert cause.kind == "updated before reuse + missing factor + wrong factor"
    assert "the factor dH/dnet_H is missing" in cause.sentence
    assert cause.residual < 1e-9
    assert min(part.residual for part in cause.parts) > 1e-4


def test_what_is_below_follows_from_it() -> None:
    report, *_ = notebook()
    follows = {one.name: one.roots for one in report.findings if one.verdict == "follows"}
    below = ("g_flat", "g_map", "g_kernel", "updated kernel")
    assert follows == dict.fromkeys(below, ("g_act",))
    assert found(report, "g_kernel").given.ravel()[0] == pytest.approx(0.006813199330, abs=1e-12)
    assert found(report, "g_kernel").expected.ravel() == pytest.approx(
        [0.000513824043, 0.002059883787, 0.000489127563, 0.001828008661], abs=1e-12
    )


def test_what_is_above_is_right() -> None:
    report, *_ = notebook()
    for name in ("dE1_dO1", "dE2_dO2", "g_out", "updated to_out", "h1", "fmap"):
        assert found(report, name).verdict == "right", name


def test_each_line_is_that_of_the_code() -> None:
    report, *_ = notebook()
    lines = inspect.getsource(HandWritten).splitlines()
    first = inspect.getsourcelines(HandWritten)[1]
    for one in report.findings:
        assert one.line is not None
        assert one.where == lines[one.line - first].strip()


def test_the_learning_rate_is_that_of_the_object() -> None:
    for rate in (0.01, 0.5):
        model = HandWritten(rate)
        assert learning_rate_of(model.backward) == rate
    report, *_ = notebook()
    assert found(report, "updated to_out").verdict == "right"


def test_the_users_object_and_arguments_are_unchanged() -> None:
    _, model, (image, saved, _) = notebook()
    fresh = HandWritten()
    assert vars(model).keys() == vars(fresh).keys()
    for name, value in vars(fresh).items():
        assert np.array_equal(getattr(model, name), value), name
    assert all(map(np.array_equal, saved, fresh.forward(X)))
    assert np.array_equal(image, X)


# A neuron: E = (σ(w·x) − t)² at w = 0.5, x = 2, t = 1


def neuron() -> Value:
    x, w, t = Constant(2.0, "x"), Value(0.5, "w"), Constant(1.0, "t")
    o = ag.sigmoid((w * x).named("net")).named("o")
    return ((o - t) ** 2).named("E")


def verdicts(code: Callable[..., Any], root: Value | None = None, **options: Any) -> dict[str, str]:
    report = ag.compare(root or neuron(), code, **options)
    return {one.name: one.verdict for one in report.findings}


def test_the_parameters_are_the_quantities_that_they_are_called_after() -> None:
    def backward(x: Any, o: Any, t: Any) -> Any:
        dE_do = 2 * (o - t)
        dE_dnet = dE_do * o * (1 - o)
        dE_dw = dE_dnet * x
        return dE_dw

    assert verdicts(backward) == {"dE_do": "right", "dE_dnet": "right", "dE_dw": "right"}


def test_a_formula_and_its_line_are_shown() -> None:
    def backward(o: Any, t: Any) -> Any:
        dE_do = o - t
        return dE_do

    (finding,) = ag.compare(neuron(), backward).findings
    assert (finding.verdict, finding.formula, finding.where) == (
        "wrong",
        "o − t",
        "dE_do = o - t",
    )
    assert finding.causes[0].kind == "constant factor"


def test_a_mistake_in_code_is_named_and_followed() -> None:
    def backward(x: Any, o: Any, t: Any) -> Any:
        dE_do = 2 * (o - t)
        dE_dnet = dE_do * o * (1 + o)
        dE_dw = dE_dnet * x
        return dE_dw

    _, root, follows = ag.compare(neuron(), backward).findings
    assert (root.verdict, root.causes[0].kind) == ("wrong", "wrong sign")
    assert (follows.verdict, follows.roots) == ("follows", ("dE_dnet",))


def test_code_that_is_right_at_this_point_by_chance_is_wrong() -> None:
    def backward(w: Any, x: Any, o: Any, t: Any) -> Any:
        dE_do = x * (o - t)  # x is 2
        dnet_dw = 1 / w  # which is 2 too
        return dE_do, dnet_dw

    assert verdicts(backward) == {"dE_do": "wrong", "dnet_dw": "wrong"}


def test_a_variable_of_another_name_is_known_by_its_numbers() -> None:
    def backward(w: Any, o: Any, t: Any) -> Any:
        g = 2 * (o - t) + 0 * w
        k = g * o * (1 - o)
        return k

    report = ag.compare(neuron(), backward)
    assert [(one.name, one.quantity, one.verdict) for one in report.findings] == [
        ("g", "dE/do", "right"),
        ("k", "dE/dnet", "right"),
    ]


def test_names_say_what_variables_and_parameters_mean() -> None:
    def backward(output: Any, wanted: Any) -> Any:
        slope = output - wanted
        return slope

    table = {"output": "o", "wanted": "t", "slope": "dE/do"}
    (finding,) = ag.compare(neuron(), backward, names=table).findings
    assert (finding.quantity, finding.verdict) == ("dE/do", "wrong")


@pytest.mark.parametrize("inputs", [(0.7310585786300049, 1.0), {"b": 1.0, "a": 0.7310585786300049}])
def test_inputs_are_the_arguments_and_known_by_their_numbers(inputs: Any) -> None:
    def backward(a: Any, b: Any) -> Any:
        dE_do = 2 * (a - b)
        return dE_do

    report = ag.compare(neuron(), backward, inputs=inputs)
    assert [one.verdict for one in report.findings] == ["right"]


def test_what_a_parameter_has_as_default_need_not_be_given() -> None:
    def backward(o: Any, t: Any, factor: float = 2.0) -> Any:
        dE_do = factor * (o - t)
        return dE_do

    assert verdicts(backward) == {"dE_do": "right"}


# Arrays, aliases, loops


def layer() -> Value:
    """y = W·x, h = tanh(y), E = ½ Σ h²: δ = h·(1 − h²), dE/dW = δ xᵀ, dE/dx = Wᵀ δ."""
    W, x = Value([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]], "W"), Value([1.0, -2.0, 0.5], "x")
    h = ag.tanh((W @ x).named("y")).named("h")
    return ((h * h).sum() / 2).named("E")


def test_arrays_are_preallocated_and_filled_in_loops() -> None:
    def backward(W: Any, x: Any, h: Any) -> None:
        dE_dy = np.zeros(2)
        for i in range(2):
            dE_dy[i] = h[i] * (1 - h[i] ** 2)
        dE_dW = np.empty((2, 3))
        dE_dx = np.zeros(3)
        for i in range(2):
            for j in range(3):
                dE_dW[i, j] = dE_dy[i] * x[j]
                dE_dx[j] += dE_dy[i] * W[i, j]

    assert verdicts(backward, layer()) == {"dE_dy": "right", "dE_dW": "right", "dE_dx": "right"}


def test_assignment_in_place_of_addition_is_overwritten() -> None:
    def backward(W: Any, h: Any) -> None:
        dE_dy = h * (1 - h**2)
        dE_dx = np.zeros(3)
        for i in range(2):
            for j in range(3):
                dE_dx[j] = dE_dy[i] * W[i, j]

    report = ag.compare(layer(), backward)
    root = report.findings[-1]
    assert (root.name, root.verdict) == ("dE_dx", "wrong")
    assert root.causes[0].kind in {"overwritten", "missing path"}


def test_a_weight_that_is_changed_in_place_before_it_is_used_is_an_alias() -> None:
    def step(W: Any, x: Any, h: Any, lr: float = 0.1) -> Any:
        dE_dy = h * (1 - h**2)
        new = W
        new -= lr * np.outer(dE_dy, x)
        dE_dx = W.T @ dE_dy
        return dE_dx

    report = ag.compare(layer(), step)
    wrong = found(report, "dE_dx")
    assert wrong.verdict == "wrong"
    assert wrong.causes[0].kind == "updated before reuse"


def test_a_copy_is_no_alias() -> None:
    def step(W: Any, x: Any, h: Any, lr: float = 0.1) -> Any:
        dE_dy = h * (1 - h**2)
        new = W.copy()
        new -= lr * np.outer(dE_dy, x)
        dE_dx = W.T @ dE_dy
        return dE_dx

    assert found(ag.compare(layer(), step), "dE_dx").verdict == "right"


def test_a_weight_that_is_assigned_is_the_updated_one() -> None:
    def step(W: Any, x: Any, h: Any, lr: float = 0.1) -> None:
        dE_dW = np.outer(h * (1 - h**2), x)
        W = W - lr * dE_dW

    assert verdicts(step, layer()) == {"dE_dW": "right", "updated W": "right"}

    def ascent(W: Any, x: Any, h: Any, lr: float = 0.1) -> None:
        dE_dW = np.outer(h * (1 - h**2), x)
        W = W + lr * dE_dW

    report = ag.compare(layer(), ascent)
    assert found(report, "updated W").causes[0].kind == "wrong sign"


def test_the_last_value_of_a_variable_counts() -> None:
    def backward(o: Any, t: Any) -> None:
        dE_do = o - t
        dE_do = 2 * dE_do

    (finding,) = ag.compare(neuron(), backward).findings
    assert (finding.verdict, finding.where) == ("right", "dE_do = 2 * dE_do")


def test_code_that_cannot_be_traced_is_judged_by_numbers() -> None:
    def backward(x: Any, h: Any) -> Any:
        dE_dy = h * (1 - h**2) * (h.strides[0] / 8)
        dE_dW = np.outer(x, dE_dy)
        return dE_dW

    report = ag.compare(layer(), backward)
    assert [one.verdict for one in report.findings] == ["right", "wrong"]
    assert report.findings[1].causes[0].kind == "transposed"
    assert any("numbers only" in note for note in report.notes)


def test_code_that_takes_another_way_elsewhere_is_judged_here_only() -> None:
    def backward(x: Any, o: Any, t: Any) -> Any:
        if x == 2.0:
            dE_do = 2 * (o - t)
            return dE_do
        other = o
        return other

    report = ag.compare(neuron(), backward)
    assert [(one.name, one.verdict) for one in report.findings] == [("dE_do", "right")]
    assert "the code takes another way at other inputs: judged at these only" in report.notes


def test_weights_of_which_no_gradient_is_computed_are_noted() -> None:
    w, v, b = Value(0.5, "w"), Value(2.0, "v"), Value(0.1, "b")
    root = ((w * v + b).named("y") ** 2).named("E")

    def backward(y: Any, v: Any) -> Any:
        dE_dw = 2 * y * v
        return dE_dw

    def none(y: Any) -> Any:
        slope = 2 * y
        return slope

    report = ag.compare(root, backward)
    assert report.untold == ("v", "b")
    assert "no gradient is found for v, b" in report.notes[0]
    assert ag.compare(root, none).untold == ("w", "v", "b")


# What is refused


def test_a_parameter_that_is_no_quantity_is_refused() -> None:
    def backward(out: Any, t: Any) -> Any:
        dE_do = 2 * (out - t)
        return dE_do

    with pytest.raises(ClaimError, match=r"the parameter 'out' is no quantity .*names=.*inputs="):
        ag.compare(neuron(), backward)


def test_code_that_fails_says_in_which_line() -> None:
    def backward(o: Any, t: Any) -> Any:
        slope = o - t
        dE_do = slope * [2.0][int(t)]
        return dE_do

    line = inspect.getsourcelines(backward)[1] + 2
    with pytest.raises(ClaimError, match=rf"line {line}: .*IndexError"):
        ag.compare(neuron(), backward)


@pytest.mark.parametrize("inputs", [(1.0,), (1.0, 2.0, 3.0), {"o": 1.0, "q": 2.0}])
def test_inputs_that_do_not_fit_are_refused(inputs: Any) -> None:
    def backward(o: Any, t: Any) -> Any:
        dE_do = 2 * (o - t)
        return dE_do

    with pytest.raises(ClaimError, match="inputs= do not fit the function"):
        ag.compare(neuron(), backward, inputs=inputs)


@pytest.mark.parametrize("code", [np.sin, math.sin])
def test_what_has_no_python_code_is_refused(code: Callable[..., Any]) -> None:
    with pytest.raises(ClaimError):
        ag.compare(neuron(), code, inputs=(1.0,))


def test_code_in_which_there_is_nothing_to_check_is_refused() -> None:
    def backward(o: Any, t: Any) -> Any:
        return 2 * (o - t)

    with pytest.raises(ClaimError, match="assigns no number to a variable"):
        ag.compare(neuron(), backward)


# The learning rate


def updating(o: Any, t: Any, w: Any, x: Any) -> None:
    do = 2 * (o - t)
    dw = do * o * (1 - o) * x
    w = w - 0.25 * dw


def with_two_rates(w: Any) -> None:
    w[0] -= 0.1 * 2 * w[0]
    w[1] -= 0.2 * 2 * w[1]


def ascending(w: Any) -> None:
    w = w + 0.25 * 2 * w


def test_the_learning_rate_is_read_off_the_update() -> None:
    report = ag.compare(neuron(), updating)
    assert report.ok
    assert report.count("unchecked") == 0
    assert report.notes == ("the learning rate is 0.25, as the code has it",)


def test_what_is_no_step_of_descent_has_no_learning_rate() -> None:
    E = (Value([3.0, 1.0], "w") ** 2).sum().named("E")
    report = ag.compare(E, with_two_rates)
    assert report.notes == ()
    assert {one.verdict for one in report.findings} == {"unchecked"}


def test_a_step_uphill_is_wrong_with_any_learning_rate() -> None:
    E = (Value([3.0, 1.0], "w") ** 2).sum().named("E")
    assert {one.verdict for one in ag.compare(E, ascending).findings} == {"wrong"}


def test_a_weight_that_is_updated_before_it_is_used_again_needs_no_learning_rate() -> None:
    x = Value([1.0, -2.0], "x")
    h = (x * Value(0.5, "u")).named("h")
    E = ((h * Value([3.0, 4.0], "v")).named("o") ** 2).sum().named("E")

    def backward(h: Any, v: Any, o: Any) -> Any:
        do = 2 * o
        dv = do * h
        v -= 0.1 * dv
        dh = do * v
        return dh

    report = ag.compare(E, backward)
    assert found(report, "dh").causes[0].kind == "updated before reuse"


# The parts


def test_the_learning_rate_is_found_where_it_stands() -> None:
    class Model:
        def __init__(self) -> None:
            self.eta = 0.25

        def step(self, w: Any) -> None: ...

    def default(w: Any, learning_rate: float = 0.1) -> None: ...
    def argument(w: Any, lr: float) -> None: ...
    def none(w: Any, momentum: float = 0.9) -> None: ...

    assert learning_rate_of(Model().step) == 0.25
    assert learning_rate_of(default) == 0.1
    assert learning_rate_of(argument, (1.0, 0.5)) == 0.5
    assert learning_rate_of(argument, {"w": 1.0, "lr": 0.125}) == 0.125
    assert learning_rate_of(none) is None


def test_the_arguments_move_with_the_points() -> None:
    def code(w: Any, x: Any) -> None: ...

    graph = named_graph((Value(3.0, "w") * Constant([1.0, 2.0], "x")).sum().named("y"))
    feed = Feed(code, Vocabulary(graph), Points(graph), None, None)
    points = Points(graph, 2)
    assert feed.leaves == {"w", "x"}
    for number in range(3):
        fed = feed.at(points, number)
        assert fed["w"] == points.values["w"][number]
        assert fed["x"].tolist() == [points.values[f"x[{i}]"][number] for i in (0, 1)]


def test_nested_inputs_and_attributes_move_too() -> None:
    class Model:
        def __init__(self) -> None:
            self.weights = {"first": np.array([3.0, 4.0]), "second": [np.array([5.0, 6.0])]}
            self.epochs = 3

        def backward(self, saved: Any) -> None: ...

    w, v = Value([3.0, 4.0], "w"), Value([5.0, 6.0], "v")
    graph = named_graph((w * v * Constant([1.0, 2.0], "x")).sum().named("y"))
    points = Points(graph, 1)
    saved = (np.array([1.0, 2.0]), {"deep": [np.array([3.0, 4.0])]})
    feed = Feed(Model().backward, Vocabulary(graph), Points(graph), (saved,), None)
    fed = {path: values.tolist() for path, values in feed.at(points, 1).items()}
    moved_w, moved_v = ([points.values[f"{name}[{i}]"][1] for i in (0, 1)] for name in "wv")
    assert fed.pop("saved[0]") == [points.values[f"x[{i}]"][1] for i in (0, 1)]
    assert fed == {
        "saved[1]['deep'][0]": moved_w,
        "self.weights['first']": moved_w,
        "self.weights['second'][0]": moved_v,
    }
    assert saved[1]["deep"][0].tolist() == [3.0, 4.0]


def test_weights_in_a_dict_of_the_object_are_judged_at_other_points() -> None:
    class Model:
        def __init__(self) -> None:
            self.params = {"w": np.array([3.0, 4.0]), "v": np.array([5.0, 6.0])}

        def backward(self, x: Any) -> Any:
            dE_dw = self.params["v"] * x
            dE_dv = self.params["v"] * x * np.array([3.0, 4.0]) / np.array([5.0, 6.0])
            return dE_dw, dE_dv

    w, v, x = Value([3.0, 4.0], "w"), Value([5.0, 6.0], "v"), Constant([1.0, 2.0], "x")
    root = (w * v * x).sum().named("E")
    model = Model()
    assert verdicts(model.backward, root) == {"dE_dw": "right", "dE_dv": "wrong"}
    assert model.params["w"].tolist() == [3.0, 4.0]


def test_the_claims_are_known_at_several_points() -> None:
    def backward(o: Any, t: Any) -> Any:
        dE_do = 2 * (o - t)
        return dE_do

    graph = named_graph(neuron())
    (claim,) = code_claims(backward, graph, Vocabulary(graph)).claims
    assert claim.given.values.shape == (4,)
    points = claim.given.points
    assert claim.given.values == pytest.approx(2 * (points.values["o"] - points.values["t"]))
