"""Backwards as people write them: where they keep gradients, how they loop, by what rule they step.

Each program is right as it stands; each slip makes some of its gradients wrong, and those only.
"""

import linecache
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.report import Report

rng = np.random.default_rng(2024)
X, Y = rng.normal(size=(4, 3)).round(2), rng.normal(size=(4, 2)).round(2)
START = {
    name: rng.normal(size=shape).round(2)
    for name, shape in (("W1", (3, 5)), ("b1", (1, 5)), ("W2", (5, 2)), ("b2", (1, 2)))
}


def two_layers(zero: bool = False) -> Value:
    """Rows, tanh between two matrices, L is the mean of squares."""
    W1, b1, W2, b2 = (
        Value(array * (not zero or name[0] == "W"), name) for name, array in START.items()
    )
    A1 = np.tanh((Constant(X, "X") @ W1 + b1).named("Z1")).named("A1")
    Z2 = (A1 @ W2 + b2).named("Z2")
    return ((Z2 - Constant(Y, "Y")) ** 2).mean().named("L")


class Program(NamedTuple):
    """Its source, what of it is compared, with which arguments, and its slips: old, new, wrong."""

    name: str
    source: str
    call: str
    arguments: str
    slips: tuple[tuple[str, str, str], ...]


PROGRAMS = [
    Program(
        "nabla_w[-l] and zip",
        """
class Network:
    def __init__(self):
        self.weights = [START["W1"].copy(), START["W2"].copy()]
        self.biases = [START["b1"].copy(), START["b2"].copy()]
    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activations = [x]
        for b, w in zip(self.biases, self.weights):
            z = activations[-1] @ w + b
            activations.append(np.tanh(z) if len(activations) == 1 else z)
        delta = 2 * (activations[-1] - y) / y.size
        nabla_b[-1] = delta.sum(axis=0, keepdims=True)
        nabla_w[-1] = activations[-2].T @ delta
        for l in range(2, 3):
            delta = (delta @ self.weights[-l + 1].T) * (1 - activations[-l] ** 2)
            nabla_b[-l] = delta.sum(axis=0, keepdims=True)
            nabla_w[-l] = activations[-l - 1].T @ delta
        return nabla_b, nabla_w
""",
        "Network().backprop",
        "X, Y",
        (
            ("activations[-1] - y", "y - activations[-1]", "W1 b1 W2 b2"),
            (" * (1 - activations[-l] ** 2)", "", "W1 b1"),
            ("nabla_b[-l] = delta.sum", "nabla_b[-l] = delta.mean", "b1"),
        ),
    ),
    Program(
        "self.dW[l]",
        """
class Net:
    def __init__(self):
        self.W, self.b = [START["W1"], START["W2"]], [START["b1"], START["b2"]]
        self.dW, self.db = [None, None], [None, None]
    def step(self, X, Y):
        a = [X, np.tanh(X @ self.W[0] + self.b[0])]
        d = 2 * (a[1] @ self.W[1] + self.b[1] - Y) / Y.size
        for l in (1, 0):
            self.dW[l] = a[l].T @ d
            self.db[l] = d.sum(axis=0, keepdims=True)
            if l:
                d = (d @ self.W[l].T) * (1 - a[l]**2)
""",
        "Net().step",
        "X, Y",
        (("a[l].T @ d", "-a[l].T @ d", "W1 W2"), ("d = 2 *", "d =", "W1 b1 W2 b2")),
    ),
    Program(
        "layer.dweights, global objects",
        """
class Dense:
    def __init__(self, weights, biases):
        self.weights, self.biases = weights.copy(), biases.copy()
    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases
    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T
first, second = Dense(START["W1"], 0 * START["b1"]), Dense(START["W2"], 0 * START["b2"])
def step(X, Y):
    first.forward(X)
    hidden = np.tanh(first.output)
    second.forward(hidden)
    second.backward(2 * (second.output - Y) / Y.size)
    first.backward(second.dinputs * (1 - hidden**2))
""",
        "step",
        "X, Y",
        (
            ("self.dbiases = np.sum", "self.dbiases = np.mean", "b1 b2"),
            ("second.dinputs * (1 - hidden**2)", "second.dinputs", "W1 b1"),
        ),
    ),
    Program(
        "params and grads, dicts in layers, updated",
        """
class Linear:
    def __init__(self, W, b):
        self.params, self.grads = {"weight": W.copy(), "bias": b.copy()}, {}
    def forward(self, x):
        self.x = x
        return x @ self.params["weight"] + self.params["bias"]
    def backward(self, d):
        self.grads = {"weight": self.x.T @ d, "bias": d.sum(axis=0, keepdims=True)}
        return d @ self.params["weight"].T
model = [Linear(START["W1"], START["b1"]), Linear(START["W2"], START["b2"])]
def train(X, Y):
    hidden = np.tanh(model[0].forward(X))
    out = model[1].forward(hidden)
    d = model[1].backward(2 * (out - Y) / Y.size)
    model[0].backward(d * (1 - hidden**2))
    for layer in model:
        for key in layer.params:
            layer.params[key] -= 0.1 * layer.grads[key]
""",
        "train",
        "X, Y",
        (
            ('"weight": self.x.T @ d', '"weight": -self.x.T @ d', "W1 W2"),
            ("Y.size", "len(Y)", "W1 b1 W2 b2"),
        ),
    ),
    Program(
        "a list of dicts",
        """
layers = [{"W": START["W1"], "b": START["b1"]}, {"W": START["W2"], "b": START["b2"]}]
def backward(X, Y):
    h = np.tanh(X @ layers[0]["W"] + layers[0]["b"])
    d = 2 * (h @ layers[1]["W"] + layers[1]["b"] - Y) / Y.size
    for layer, x in ((layers[1], h), (layers[0], X)):
        layer["dW"] = x.T @ d
        layer["db"] = d.sum(axis=0, keepdims=True)
        d = (d @ layer["W"].T) * (1 - x**2)
""",
        "backward",
        "X, Y",
        (('layer["db"] = d', 'layer["db"] = -d', "b1 b2"), ("1 - x**2", "1 - x", "W1 b1")),
    ),
    Program(
        "returned as it is computed",
        """
def backward(X, Y, W1, b1, W2, b2):
    h = np.tanh(X @ W1 + b1)
    d2 = 2 * (h @ W2 + b2 - Y) / Y.size
    d1 = d2 @ W2.T * (1 - h**2)
    return X.T @ d1, d1.sum(0, keepdims=True), h.T @ d2, d2.sum(0, keepdims=True)
""",
        "backward",
        "",
        (("return X.T @ d1", "return X.T @ -d1", "W1"), ("d2 = 2 *", "d2 =", "W1 b1 W2 b2")),
    ),
    Program(
        "a dict that is called as nothing",
        """
def backward(X, Y, W1, b1, W2, b2):
    h = np.tanh(X @ W1 + b1)
    d2 = 2 * (h @ W2 + b2 - Y) / Y.size
    d1 = d2 @ W2.T * (1 - h**2)
    result = {"W1": X.T @ d1, "b1": d1.sum(0, keepdims=True)}
    result["W2"], result["b2"] = h.T @ d2, d2.sum(0, keepdims=True)
    return result
""",
        "backward",
        "",
        (("h.T @ d2", "h.T @ -d2", "W2"), ("d1.sum(0", "d1.mean(0", "b1")),
    ),
    Program(
        "grads appended from the last layer on",
        """
def backward(X, Y, params):
    inputs = [X]
    for W, b in params:
        z = inputs[-1] @ W + b
        inputs.append(np.tanh(z) if len(inputs) == 1 else z)
    d, grads = 2 * (inputs.pop() - Y) / Y.size, []
    for (W, b), x in zip(params[::-1], inputs[::-1]):
        grads.append((x.T @ d, d.sum(axis=0, keepdims=True)))
        d = (d @ W.T) * (1 - x**2)
    grads.reverse()
    return grads
""",
        "backward",
        'X, Y, [(START["W1"], START["b1"]), (START["W2"], START["b2"])]',
        (("d.sum(", "d.mean(", "b1 b2"), (" * (1 - x**2)", "", "W1 b1")),
    ),
    Program(
        "out, cache in functions; minibatches that are added up",
        """
def affine(x, w, b):
    return x @ w + b, (x, w)
def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)
def batches(X, Y, size=2):
    for start in range(0, len(X), size):
        yield X[start:start + size], Y[start:start + size]
def step(X, Y, W1, b1, W2, b2):
    grads = {name: 0.0 for name in ("W1", "b1", "W2", "b2")}
    for x, y in batches(X, Y):
        z, cache1 = affine(x, W1, b1)
        h = np.tanh(z)
        out, cache2 = affine(h, W2, b2)
        dh, dW, db = affine_backward(2 * (out - y) / Y.size, cache2)
        grads["W2"], grads["b2"] = grads["W2"] + dW, grads["b2"] + db
        _, dW, db = affine_backward(dh * (1 - h**2), cache1)
        grads["W1"], grads["b1"] = grads["W1"] + dW, grads["b1"] + db
    return grads
""",
        "step",
        "",
        (
            (
                'grads["W1"], grads["b1"] = grads["W1"] + dW, ',
                'grads["W1"], grads["b1"] = dW, ',
                "W1",
            ),
            ("(out - y) / Y.size", "(out - y) / y.size", "W1 b1 W2 b2"),
        ),
    ),
]


def loaded(source: str) -> dict[str, Any]:
    """The names of a program, which has a file of its own."""
    file = f"<program {len(linecache.cache)}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    module = sys.modules[file] = ModuleType(file)
    space = vars(module)
    space |= {"np": np, "START": START, "X": X, "Y": Y}
    exec(compile(source, file, "exec"), space)
    return space


def report_on(program: Program, source: str) -> Report:
    space = loaded(source)
    arguments = eval(f"({program.arguments},)", space) if program.arguments else None
    graph = two_layers(zero="0 * START" in source)
    return ag.compare(graph, eval(program.call, space), inputs=arguments)


def by_weight(report: Report) -> dict[str, set[str]]:
    """The verdicts on the gradient of each weight."""
    return {
        name: {one.verdict for one in report.findings if one.quantity == f"dL/d{name}"}
        for name in START
    }


def slips() -> Iterator[Any]:
    for program in PROGRAMS:
        for old, new, wrong in program.slips:
            yield pytest.param(program, old, new, wrong.split(), id=f"{program.name}: {new}")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.name)
def test_a_right_program_has_every_gradient_right(program: Program) -> None:
    report = report_on(program, program.source)
    assert by_weight(report) == {name: {"right"} for name in START}
    assert report.ok
    assert report.untold == ()


@pytest.mark.slow
@pytest.mark.parametrize(("program", "old", "new", "wrong"), [*slips()])
def test_a_slip_is_found_where_it_is(
    program: Program, old: str, new: str, wrong: list[str]
) -> None:
    assert old in program.source
    report = report_on(program, program.source.replace(old, new, 1))
    found = by_weight(report)
    assert {name for name in START if found[name] & {"wrong", "follows"}} == set(wrong)
    assert all(found[name] == {"right"} for name in START if name not in wrong)
    assert not report.ok


# Steps

FIT_X, FIT_Y, FIT_W = rng.normal(size=(6, 3)), rng.normal(size=6), np.array([0.5, -1.1, 0.8])


def fit() -> Value:
    p = (Constant(FIT_X, "X") @ Value(FIT_W, "w")).named("p")
    return ((p - Constant(FIT_Y, "y")) ** 2).mean().named("E")


STEPS = {
    "plain": "w = w - lr * dw",
    "weight decay": "w = w - lr * (dw + wd * w)",
    "decoupled": "w = w * (1 - lr * wd)\n    w = w - lr * dw",
    "decay in the gradient": "dw = dw + wd * w\n    w = w - lr * dw",
    "a mean of gradients": "m = 0.9 * m + 0.1 * dw\n    w = w - lr * m",
    "nesterov": "m = 0.9 * m - lr * dw\n    w = w + 0.9 * m - lr * dw",
    "rmsprop": "v = 0.9 * v + 0.1 * dw**2\n    w -= lr * dw / np.sqrt(v + 1e-6)",
    "adagrad": "v += dw**2\n    w -= lr * dw / (np.sqrt(v) + 1e-8)",
    "adamw": "m, v = 0.1 * dw, 0.001 * dw**2\n"
    "    w = w - lr * (m / 0.1 / (np.sqrt(v / 0.001) + 1e-8) + wd * w)",
    "clipped": "w -= lr * np.clip(dw, -0.3, 0.3)",
    "clipped by norm": "w -= lr * dw * min(1, 0.4 / np.linalg.norm(dw))",
    "a rate that decays": "lr = lr / (1 + 0.5 * 2)\n    w -= lr * dw",
}


def stepping(step: str, slope: str = "2 * X.T @ (X @ w - y) / len(y)") -> Report:
    source = (
        "def train(X, y, w, lr=0.1, wd=0.01):\n"
        "    m, v = np.zeros(3), np.zeros(3)\n"
        f"    dw = {slope}\n    {step}\n    return w\n"
    )
    arguments = FIT_X, FIT_Y, FIT_W.copy()
    return ag.compare(fit(), loaded(source)["train"], inputs=arguments)


def step_of(report: Report) -> list[str]:
    return [one.verdict for one in report.findings if one.quantity == "w updated"]


@pytest.mark.parametrize("name", STEPS)
def test_a_step_by_a_known_rule_is_right(name: str) -> None:
    report = stepping(STEPS[name])
    assert report.ok
    assert step_of(report) == ["right"]


def test_a_step_by_a_known_rule_follows_from_its_gradient() -> None:
    report = stepping(STEPS["adagrad"], slope="X.T @ (X @ w - y) / len(y)")
    assert step_of(report) == ["follows"]


def test_a_step_by_another_rule_is_never_wrong() -> None:
    report = stepping("v = np.abs(dw) ** 0.3\n    w = w - lr * v * np.sin(dw)")
    assert report.ok
    assert "right" not in step_of(report)


@pytest.mark.parametrize(
    "step", ["w = w + lr * dw", "w = w - 2 * lr * dw", "other = 2 * X[0]\n    w = w - lr * other"]
)
def test_a_step_that_is_no_descent_is_wrong(step: str) -> None:
    assert step_of(stepping(step)) == ["wrong"]


# Loops


def looping(inside: str, before: str = "pass") -> Report:
    source = (
        f"def train(X, y, w, lr=0.05):\n    {before}\n    for epoch in range(3):\n{inside}"
        "        w = w - lr * dw\n    return w\n"
    )
    return ag.compare(fit(), loaded(source)["train"], inputs=(FIT_X, FIT_Y, FIT_W.copy()))


def test_each_pass_is_judged_at_its_own_weights_whatever_is_named_in_it() -> None:
    report = looping("        dw = 2 * X.T @ (X @ w - y) / len(y)\n")
    gradients = [(one.part, one.verdict) for one in report.findings if one.quantity == "dE/dw"]
    assert gradients == [(f"pass {number}", "right") for number in (1, 2, 3)]
    assert report.ok


def test_a_forward_pass_that_is_not_repeated_is_wrong_from_the_second_pass_on() -> None:
    report = looping("        dw = 2 * X.T @ r / len(y)\n", before="r = X @ w - y")
    gradients = [one.verdict for one in report.findings if one.quantity == "dE/dw"]
    assert gradients == ["right", "wrong", "wrong"]


def test_a_pass_over_other_data_is_not_judged() -> None:
    source = (
        "        part = slice(0, 6) if epoch == 0 else slice(epoch, 4 + epoch)\n"
        "        dw = 2 * X[part].T @ (X[part] @ w - y[part]) / len(y[part])\n"
    )
    report = looping(source)
    gradients = [one.verdict for one in report.findings if one.quantity == "dE/dw"]
    assert gradients[0] == "right"
    assert report.ok


# Names and numbers


def test_a_name_wins_over_a_number() -> None:
    def backward(A1: Any, Z2: Any, W2: Any) -> Any:
        class Layer:
            pass

        layer: Any = Layer()
        dZ2 = 2 * (Z2 - Y) / Y.size
        dZ1 = (dZ2 @ W2.T) * (1 - A1**2)
        layer.b1_grad = dZ2.sum(axis=0, keepdims=True)
        layer.b2_grad = dZ1.sum(axis=0, keepdims=True)

    found = by_weight(ag.compare(two_layers(), backward))
    assert found["b1"] == found["b2"] == {"wrong"}


def test_weights_without_a_gradient_are_said() -> None:
    def backward(A1: Any, Z2: Any) -> None:
        dZ2 = 2 * (Z2 - Y) / Y.size
        dW2 = A1.T @ dZ2  # noqa: F841

    report = ag.compare(two_layers(), backward)
    assert report.untold == ("W1", "b1", "b2")
    assert not report.ok


# What code borrows

KNOWN: dict[str, Any] = {"calls": [0.0], "rng": np.random.default_rng(3)}


class Counting:
    """A model that keeps things in its class."""

    calls = 0
    seen = [0.0]  # noqa: RUF012

    def step(self, X: Any, y: Any, w: Any, log: Any = []) -> None:  # noqa: B006
        """Change whatever it can."""
        dw = 2 * X.T @ (X @ w - y) / len(y)  # noqa: F841
        Counting.calls += 1
        self.seen.append(1.0)
        log.append(1.0)
        KNOWN["calls"].append(1.0)
        KNOWN["rng"].normal()
        np.random.seed(1)  # noqa: NPY002
        np.seterr(all="raise")
        np.set_printoptions(precision=2)


def test_what_code_changes_outside_of_itself_is_as_before() -> None:
    def state() -> Any:
        numpy = np.random.get_state()[1]  # type: ignore[index]  # noqa: NPY002
        kept = KNOWN["rng"].bit_generator.state["state"], [*KNOWN["calls"]]
        own = Counting.calls, [*Counting.seen], [*Counting.step.__defaults__[0]]  # type: ignore[index]
        return list(numpy), kept, own, np.geterr(), np.get_printoptions()

    before = state()
    report = ag.compare(fit(), Counting().step, inputs=(FIT_X, FIT_Y, FIT_W))
    assert report.ok
    assert state() == before


# Pairs and layers


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b, (x, w)


def affine_backward(sign: float) -> Callable[..., Any]:
    def backward(dout: Any, cache: Any) -> Any:
        x, w = cache
        return dout @ w.T, sign * x.T @ dout, dout.sum(axis=0)

    return backward


class Affine:
    """A layer that keeps what it needs, and its gradients."""

    def __init__(self, sign: float) -> None:
        self.weights, self.biases, self.sign = START["W1"], START["b1"][0], sign

    def forward(self, inputs: Any) -> None:
        """Leave the result in ``output``."""
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues: Any) -> None:
        """Leave the gradients."""
        self.dweights = self.sign * self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0)
        self.dinputs = dvalues @ self.weights.T


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_pairs_with_a_cache_and_layers_are_checked_as_they_stand(sign: float) -> None:
    inputs = [X, START["W1"], START["b1"][0]]
    for report in (
        ag.check_vjp(affine, affine_backward(sign), inputs),
        ag.check_vjp(Affine(sign), [X]),
    ):
        verdicts = [one.verdict for one in report.findings]
        assert verdicts == ["right", "right" if sign > 0 else "wrong", "right"]


def test_what_has_no_forward_and_backward_is_refused() -> None:
    with pytest.raises(ag.ClaimError, match="has no methods forward and backward"):
        ag.check_vjp(START, [X])
