"""Hand-written backwards in the forms that code has: dicts, layers, loops, optimisers, objects."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.report import Report

X = np.array([[0.4, -1.1, 0.7], [1.3, 0.2, -0.6]])
T = np.array([[0.3], [-0.5]])
U = np.array([[0.5, -0.3], [0.8, 0.1], [-0.7, 0.4]])
V = np.array([[0.6], [-0.9]])


def net() -> Value:
    """s = X·U, a = tanh s, o = a·V, E = Σ (o − T)²."""
    u, v = Value(U, "U"), Value(V, "V")
    s = (Constant(X, "X") @ u).named("s")
    a = np.tanh(s).named("a")
    o = (a @ v).named("o")
    return ((o - Constant(T, "T")) ** 2).sum().named("E")


def gradients(X: Any, T: Any, U: Any, V: Any, half: bool = False) -> tuple[Any, Any]:
    a = np.tanh(X @ U)
    do = (1 if half else 2) * (a @ V - T)
    return X.T @ (do @ V.T * (1 - a**2)), a.T @ do


def of(report: Report) -> dict[str, str]:
    return {one.quantity or one.name: one.verdict for one in report.findings}


def flagged(report: Report) -> list[str]:
    return [one.name for one in report.findings if one.verdict not in ("right", "unchecked")]


# Kept under the names of the weights


def in_a_dict(half: bool) -> Callable[..., Any]:
    def backward(X: Any, T: Any, U: Any, V: Any) -> Any:
        gs = {}
        a = np.tanh(X @ U)
        do = (1 if half else 2) * (a @ V - T)
        gs["V"] = a.T @ do
        gs["U"] = X.T @ (do @ V.T * (1 - a**2))
        return gs

    return backward


def in_a_list(half: bool) -> Callable[..., Any]:
    def backward(X: Any, T: Any, U: Any, V: Any) -> Any:
        nabla = [np.zeros_like(U), np.zeros_like(V)]
        a = np.tanh(X @ U)
        do = (1 if half else 2) * (a @ V - T)
        nabla[1] = a.T @ do
        nabla[0] = X.T @ (do @ V.T * (1 - a**2))
        return nabla

    return backward


def in_a_nested_dict(half: bool) -> Callable[..., Any]:
    def backward(X: Any, T: Any, U: Any, V: Any) -> Any:
        state: dict[str, Any] = {"grads": {}}
        a = np.tanh(X @ U)
        do = (1 if half else 2) * (a @ V - T)
        state["grads"]["V"] = a.T @ do
        state["grads"]["U"] = X.T @ (do @ V.T * (1 - a**2))
        return state

    return backward


@pytest.mark.parametrize("rate", [None, 0.1])
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("form", [in_a_dict, in_a_list, in_a_nested_dict])
def test_what_is_kept_as_a_weight_is_its_gradient(
    form: Callable[[bool], Callable[..., Any]], half: bool, rate: float | None
) -> None:
    report = ag.compare(net(), form(half), learning_rate=rate)
    found = of(report)
    if half:
        assert found["dE/dV"] in ("wrong", "follows")
        assert found["dE/dU"] in ("wrong", "follows")
    else:
        assert (found["dE/dU"], found["dE/dV"]) == ("right", "right")
        assert flagged(report) == []


class Layer:
    """x ↦ x·kernel."""

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel.copy()

    def forward(self, x: Any) -> Any:
        """x·kernel."""
        self.x = x
        return x @ self.kernel

    def backward(self, d: Any) -> Any:
        """The gradient by x; that by the kernel is kept."""
        self.grad_kernel = self.x.T @ d
        return d @ self.kernel.T


class Stack:
    """Layers in a dict, with tanh between them."""

    def __init__(self, slope: bool = True, rate: float = 0.0) -> None:
        self.parts = {"first": Layer(U), "last": Layer(V)}
        self.slope, self.rate = slope, rate

    def step(self, X: Any, T: Any) -> None:
        """Forward, backward and an update."""
        hidden = np.tanh(self.parts["first"].forward(X))
        d = 2 * (self.parts["last"].forward(hidden) - T)
        d = self.parts["last"].backward(d)
        d = d * (1 - hidden**2) if self.slope else d
        self.parts["first"].backward(d)
        if self.rate:
            for one in self.parts.values():
                one.kernel -= self.rate * one.grad_kernel


def test_layers_keep_gradients_under_names_of_their_own() -> None:
    report = ag.compare(net(), Stack().step, inputs=(X, T))
    assert (of(report)["dE/dU"], of(report)["dE/dV"]) == ("right", "right")
    assert flagged(report) == []
    without = of(ag.compare(net(), Stack(slope=False).step, inputs=(X, T)))
    assert (without["dE/dU"], without["dE/dV"]) == ("wrong", "right")


def test_layers_are_updated() -> None:
    found = of(ag.compare(net(), Stack(rate=0.2).step, inputs=(X, T), learning_rate=0.2))
    assert (found["U updated"], found["V updated"]) == ("right", "right")


# Unpacked, and given in part


def test_parameters_that_are_unpacked_have_not_moved() -> None:
    def backward(X: Any, T: Any, both: Any) -> Any:
        U, V = both
        dU, dV = gradients(X, T, U, V)
        return dU, dV

    inputs = {"X": X, "T": T, "both": (U, V)}
    report = ag.compare(net(), backward, inputs=inputs, learning_rate=0.1)
    assert report.ok
    assert report.count("right") == 4


def test_inputs_may_leave_out_what_the_graph_has() -> None:
    def backward(X: Any, T: Any, U: Any, V: Any, two: float) -> Any:
        do = two * (np.tanh(X @ U) @ V - T)
        dV = np.tanh(X @ U).T @ do
        return do, dV

    report = ag.compare(net(), backward, inputs={"two": 2.0})
    assert of(report) == {"dE/do": "right", "dE/dV": "right"}


# Loops and optimisers


@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_the_first_pass_of_a_training_is_judged(epochs: int) -> None:
    def train(X: Any, T: Any, U: Any, V: Any) -> Any:
        for _ in range(epochs):
            s = X @ U
            a = np.tanh(s)
            o = a @ V
            dV = a.T @ (2 * (o - T))
            dU = X.T @ ((2 * (o - T)) @ V.T * (1 - a**2))
            U = U - 0.05 * dU
            V = V - 0.05 * dV
        return U, V

    report = ag.compare(net(), train)
    assert flagged(report) == []
    assert of(report)["V updated"] == "right"
    assert any("judged up to there" in note for note in report.notes) == (epochs > 3)


class Trainer:
    """A step of descent by one of several optimisers."""

    def __init__(self, how: str) -> None:
        self.U, self.V, self.how, self.lr = U.copy(), V.copy(), how, 0.1
        self.cU, self.cV = np.full_like(U, 0.3), np.full_like(V, 0.2)

    def step(self, X: Any, T: Any) -> None:
        """One step."""
        dU, dV = gradients(X, T, self.U, self.V)
        if self.how == "momentum":
            self.cU = 0.9 * self.cU + dU
            self.cV = 0.9 * self.cV + dV
            self.U -= self.lr * self.cU
            self.V -= self.lr * self.cV
        elif self.how == "adagrad":
            self.cU += dU**2
            self.cV += dV**2
            self.U -= self.lr * dU / np.sqrt(self.cU)
            self.V -= self.lr * dV / np.sqrt(self.cV)
        else:
            self.U += self.lr * dU
            self.V += self.lr * dV


@pytest.mark.parametrize("how", ["momentum", "adagrad"])
def test_a_step_with_a_state_is_one_of_its_rule(how: str) -> None:
    report = ag.compare(net(), Trainer(how).step, inputs=(X, T))
    assert flagged(report) == []
    assert (of(report)["dE/dU"], of(report)["dE/dV"]) == ("right", "right")
    assert (of(report)["U updated"], of(report)["V updated"]) == ("right", "right")


def test_a_step_uphill_is_wrong() -> None:
    found = of(ag.compare(net(), Trainer("up").step, inputs=(X, T)))
    assert (found["U updated"], found["V updated"]) == ("wrong", "wrong")


# Objects of the caller, shapes, targets


KEPT = SimpleNamespace(V=V.copy(), seen=[0.0])


def with_a_global(X: Any, T: Any, U: Any) -> None:
    a = np.tanh(X @ U)
    dV = a.T @ (2 * (a @ KEPT.V - T))
    KEPT.V -= 0.1 * dV
    KEPT.seen.append(float(dV[0, 0]))


def test_a_global_object_is_used_as_it_is_and_stays_so() -> None:
    report = ag.compare(net(), with_a_global)
    assert of(report)["dE/dV"] == "right"
    assert flagged(report) == []
    assert KEPT.V.tolist() == V.tolist()
    assert KEPT.seen == [0.0]


@pytest.mark.parametrize("entry", [1.0, np.ones(2), np.ones((5, 5))])
def test_an_entry_of_another_shape_is_wrong(entry: Any) -> None:
    def backward(X: Any, T: Any, U: Any, V: Any) -> Any:
        dV = gradients(X, T, U, V)[1]
        grads = {}
        grads["V"] = entry * dV.sum()
        return grads

    report = ag.compare(net(), backward)
    assert [one.verdict for one in report.findings] == ["right", "wrong"]


def test_labels_that_add_up_to_1_go_on_doing_so() -> None:
    soft = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]])

    def loss(z: Any, p: Any) -> Any:
        return (np.log(np.exp(z).sum(axis=1)) - (z * p).sum(axis=1)).sum()

    def backward(g: Any, z: Any, p: Any) -> Any:
        q = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return g * (q * p.sum(axis=1, keepdims=True) ** 3 - p), None

    assert ag.check_vjp(loss, backward, [X, soft]).ok


def test_what_was_not_given_is_no_none_in_a_report() -> None:
    def backward(g: Any, x: Any) -> Any:
        g *= 3 * x**2
        return g

    report = ag.check_vjp(lambda x: x**3, backward, [np.array([0.5, 2.0])])
    assert "None" not in report.to_markdown()
    assert "None" not in str(report)


def test_a_copy_under_another_name_is_not_taken_for_what_it_equals() -> None:
    h_0, w = Constant(0.6, "h_0"), Value(0.8, "w")
    h_1 = np.tanh((w * h_0).named("z_1")).named("h_1")
    E = (h_1**3).named("E")

    def backward(states: Any, w: Any) -> Any:
        before = states[1]  # states[0] belongs there
        dz = 3 * states[1] ** 2 * (1 - states[1] ** 2)
        dw = dz * before
        dh_0 = dz * w
        return dh_0, dw

    states = [np.array(0.6), np.array(h_1.data)]
    report = ag.compare(E, backward, inputs={"states": states, "w": np.array(0.8)})
    found = {one.name: one.verdict for one in report.findings}
    assert found == {"before": "unchecked", "dz": "right", "dw": "wrong", "dh_0": "right"}
