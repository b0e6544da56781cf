"""A hand-written function is run, and every change of a variable is an event with its formula."""

# ruff: noqa: RET504  (the functions under test name their results)

import contextlib
import functools
import math
import random
import sys
from collections.abc import Callable, Iterator
from math import exp
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy import array, zeros

from autograd_lite.check.code.run import MOST_EVENTS, Event, Run, run_plain, watch
from autograd_lite.check.code.traced import Traced, numbers_of, traced
from autograd_lite.errors import ClaimError

RATE = 0.5
TABLE = {"w": np.array([1.0, 2.0])}


def line_of(function: Callable[..., Any], offset: int) -> int:
    """A line of a function, counted from its ``def``."""
    return int(function.__code__.co_firstlineno) + offset


def shown(run: Run) -> list[str]:
    """Each event with the formulas of its changed elements."""
    return [f"{event.path} = {formulas(event)}" for event in run.events]


def formulas(event: Event) -> str:
    assert event.formula is not None
    return ", ".join(str(formula) for formula in event.formula[event.changed])


def named(run: Run, name: str) -> Event:
    """The last event of a name."""
    return next(event for event in reversed(run.events) if event.name == name)


# Variables and formulas


def neuron(x: Any, w: Any, t: float) -> Any:
    net = w @ x
    o = 1 / (1 + np.exp(-net))
    d_o = 2 * (o - t)
    d_net = d_o * o * (1 - o)
    return d_net * x


def test_each_variable_is_an_event_in_terms_of_earlier_ones() -> None:
    run = watch(neuron, (np.array([1.0, 2.0]), np.array([0.5, -0.5]), 0.25))
    assert run.traced
    assert shown(run) == [
        "net = w[0]·x[0] + w[1]·x[1]",
        "o = 1 / (1 + exp(−net))",
        "d_o = 2·(o − t)",
        "d_net = d_o·o·(1 − o)",
        "return = d_net·x[0], d_net·x[1]",
    ]
    o = 1 / (1 + math.exp(0.5))
    assert [event.value for event in run.events[:-1]] == pytest.approx(
        [-0.5, o, 2 * (o - 0.25), 2 * (o - 0.25) * o * (1 - o)], rel=1e-15
    )
    assert [type(event.value) for event in run.events[:-1]] == [float] * 4
    assert [event.line for event in run.events] == [line_of(neuron, k) for k in (1, 2, 3, 4, 5)]
    assert [event.order for event in run.events] == [0, 1, 2, 3, 4]
    assert run.events[1].text == "o = 1 / (1 + np.exp(-net))"
    assert run.events[3].symbols == ("o", "d_o")
    assert run.symbols["o"].line == line_of(neuron, 2)
    assert run.symbols["t"].line is None
    assert str(run.result.formulas[1]) == "return[1]"


def test_plain_numbers_give_the_same_events() -> None:
    arguments = (np.array([1.0, 2.0]), np.array([0.5, -0.5]), 0.25)
    followed, plain = watch(neuron, arguments), run_plain(neuron, arguments)
    assert not plain.traced
    for one, other in zip(followed.events, plain.events, strict=True):
        assert (one.path, one.line, one.in_place) == (other.path, other.line, other.in_place)
        np.testing.assert_array_equal(one.value, other.value, strict=True)
        assert other.formula is None
    np.testing.assert_array_equal(numbers_of(followed.result), plain.result)


def test_a_formula_holds_at_another_point() -> None:
    x, w = np.array([1.0, 2.0]), np.array([0.5, -0.5])
    run = watch(neuron, (x, w, 0.25))
    other = run_plain(neuron, (x**2 + 1, w - 1, 0.75))
    values = {f"x[{i}]": v for i, v in enumerate(x**2 + 1)} | {
        f"w[{i}]": v for i, v in enumerate(w - 1)
    }
    values["t"] = 0.75
    for event, true in zip(run.events[:-1], other.events[:-1], strict=True):
        assert event.formula is not None
        values[event.name] = event.formula.item().evaluate(values)
        assert values[event.name] == pytest.approx(true.value, rel=1e-12)


def test_arguments_can_have_their_own_symbols_and_come_by_name() -> None:
    w = traced([0.5, -0.5], ["w_9", "w_10"])
    run = watch(neuron, {"t": 0.25, "w": w, "x": np.array([1.0, 2.0])})
    assert shown(run)[0] == "net = w_9·x[0] + w_10·x[1]"
    assert (run.symbols["w_10"].path, run.symbols["w_10"].index) == ("w", (1,))
    assert run_plain(neuron, (np.ones(2), w, 0.5)).events[0].value == 0


# What is an event


def counting(x: float) -> Any:
    n = 3
    shape = (2, 3)
    label, nothing, flag = "text", None, True
    labels = np.array([0, 1])
    total = 0.0
    for i in range(n):
        total += x * i
    pair = [total, 2 * x]
    first, second = pair
    return shape, label, nothing, flag, labels, first, second


def test_only_floats_are_events() -> None:
    run = watch(counting, [1.5])
    assert [event.name for event in run.events] == ["total"] * 4 + ["pair", "first", "second"]
    assert [event.value for event in run.events[:4]] == [0.0, 0.0, 1.5, 4.5]
    np.testing.assert_array_equal(run.events[4].value, [4.5, 3.0])
    assert [str(event.formula) for event in run.events[1:4]] == ["0", "x", "total + 2·x"]


def test_a_constant_has_no_formula() -> None:
    run = watch(counting, [1.5])
    assert run.events[0].formula is None


def long_statement(x: Any) -> Any:
    y = (
        x
        + 1.0
    ); z = 2 * y  # fmt: skip  # noqa: E702
    return y, z


def test_a_statement_over_several_lines_is_one_line() -> None:
    run = watch(long_statement, [np.ones(1)])
    assert [(event.name, event.line) for event in run.events] == [
        ("y", line_of(long_statement, 1)),
        ("z", line_of(long_statement, 4)),
    ]
    assert run.events[0].text.startswith("y = ( x + 1.0 )")


def many(x: float) -> None:
    for _ in range(MOST_EVENTS + 5):
        x = x + 1.0


def test_a_variable_has_a_limit_of_events() -> None:
    run = run_plain(many, [0.0])
    assert len(run.events) == MOST_EVENTS
    assert run.notes == ["x changes more than 1,000 times; the rest is left out"]


def containers(weights: dict[str, Any], layers: list[Any]) -> Any:
    grads = {}
    grads["dw"] = weights["w"] * 2
    grads[1] = 3 * layers[0]
    deltas = [np.zeros(2), np.zeros(1)]
    deltas[-1] = layers[1] + grads["dw"][0]
    deltas[0][1] = weights["w"][1]
    return grads, deltas


def test_entries_of_dicts_and_lists_are_variables() -> None:
    run = watch(containers, ({"w": np.array([1.0, 2.0])}, [np.ones(1), np.array([5.0])]))
    assert shown(run) == [
        "grads['dw'] = 2·w[0], 2·w[1]",
        "grads[1] = 3·layers[0][0]",
        "deltas[0] = 0, 0",
        "deltas[1] = 0",
        "deltas[1] = layers[1][0] + dw[0]",
        "deltas[0] = w[1]",
    ]
    assert [event.name for event in run.events][:2] == ["dw", "grads[1]"]


# Changes in place


def test_the_parts_of_a_preallocated_array_are_changed_in_place() -> None:
    def fill(x: Any) -> Any:
        g = np.zeros((2, 2))
        for i in range(2):
            g[i, 1 - i] = x[i] ** 2
        g[0, 1] += g[1, 0]
        return g

    run = watch(fill, [np.array([2.0, 3.0])])
    assert shown(run) == ["g = 0, 0, 0, 0", "g = x[0]²", "g = x[1]²", "g = g[0,1] + g[1,0]"]
    assert [event.in_place for event in run.events] == [False, True, True, True]
    assert run.events[3].value.tolist() == [[0, 13], [9, 0]]
    assert run.events[1].value.tolist() == [[0, 4], [0, 0]]  # a copy of that moment
    symbol = run.symbols[f"g[0,1] (updated in line {line_of(fill, 4)})"]
    assert (symbol.version, symbol.previous, symbol.index) == (1, "g[0,1]", (0, 1))


def updated_too_early(weights: dict[str, Any], d_o: float, h: float) -> float:
    w = weights["w"]
    w[0] -= RATE * d_o * h
    d_h = d_o * weights["w"][0] + w[1]
    return d_h


def test_a_weight_that_is_updated_before_reuse_is_seen_through_an_alias() -> None:
    weights = {"w": np.array([2.0, 3.0])}
    run = watch(updated_too_early, (weights, 0.5, 4.0))
    alias, update, reuse = run.events
    assert (alias.path, alias.aliases) == ("w", ("weights['w']",))
    assert (update.path, update.in_place, update.aliases) == ("w", True, ("weights['w']",))
    assert formulas(update) == "w[0] − RATE·d_o·h"
    assert update.changed.tolist() == [True, False]
    stale = f"w[0] (updated in line {update.line})"
    assert str(reuse.formula.item()) == f"d_o·{stale} + w[1]"  # type: ignore[union-attr]
    assert reuse.symbols == ("w[1]", "d_o", stale)
    symbol = run.symbols[stale]
    assert (symbol.in_place, symbol.version, symbol.previous) == (True, 1, "w[0]")
    assert (symbol.path, symbol.line) == ("w", update.line)
    assert run.symbols["w[1]"].path == "weights['w']"
    assert weights["w"].tolist() == [2.0, 3.0]


def test_the_name_that_the_line_spells_is_the_one_that_changed() -> None:
    def change(weights: Any) -> None:
        w = weights["w"]
        weights["w"] -= 0.5
        w[:] = 2 * w
        np.add.at(weights["w"], 0, w[1])

    run = watch(change, [{"w": np.array([2.0, 3.0])}])
    assert [event.path for event in run.events] == ["w", "weights['w']", "w", "weights['w']"]
    assert [event.aliases for event in run.events[1:]] == [("w",), ("weights['w']",), ("w",)]


def test_views_are_aliases_and_copies_are_not() -> None:
    def change(w: Any) -> Any:
        row, other = w[0], w[1].copy()
        row += 1.0
        other += 1.0
        return w

    run = watch(change, [np.zeros((2, 2))])
    assert [event.aliases for event in run.events] == [("w",), (), ("w",), ()]
    assert shown(run)[2] == "row = w[0,0] + 1, w[0,1] + 1"


def test_arguments_that_share_memory_still_do() -> None:
    def change(whole: Any, row: Any, column: Any) -> Any:
        row *= 2.0
        column -= 1.0
        return whole

    whole = np.arange(6.0).reshape(2, 3)
    for run in (run_plain, watch):
        found = run(change, (whole, whole[1], whole.T[::2]))
        assert numbers_of(found.result).tolist() == [[-1, 1, 1], [5, 8, 9]]
    updated = f"(updated in line {line_of(change, 1)})"
    assert shown(found)[1] == (
        f"column = whole[0,0] − 1, row[0] {updated} − 1, whole[0,2] − 1, row[2] {updated} − 1"
    )
    assert whole.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_helpers_are_followed_and_what_they_change_is_seen() -> None:
    def descend(w: Any, g: Any) -> None:
        step = 0.5 * g
        w -= step

    def train(w: Any, g: Any) -> Any:
        descend(w, g)
        y = 2 * w
        return y

    run = watch(train, (np.ones(1), np.array([4.0])))
    assert shown(run) == [
        "w = w[0] − 0.5·g[0]",
        f"y = 2·w[0] (updated in line {line_of(train, 1)})",
    ]


# Methods


class _Layer:
    def __init__(self, w: Any) -> None:
        self.w = w
        self.rate = 0.5

    def __call__(self, x: Any) -> Any:
        return self.w * x


class _Net:
    def __init__(self) -> None:
        self.w = np.array([1.0, 2.0])
        self.params = {"b": np.array([0.5])}
        self.layers = [_Layer(np.array([3.0]))]
        self.rate = 0.25

    def scaled(self, x: Any) -> Any:
        y = self.w * x
        self.cache = y
        return y

    @staticmethod
    def squared(y: Any) -> Any:
        twice = y * y
        return twice

    def backward(self, x: Any) -> Any:
        z = self.scaled(x) + self.params["b"]
        self.w[0] -= self.rate * z[0]
        self.grad = self.squared(self.w)
        for layer in self.layers:
            layer.w -= layer.rate * z[:1]
        return self.layers[0](self.grad)


def test_attributes_of_the_object_are_variables_also_in_its_methods() -> None:
    net = _Net()
    before = dict(vars(net))
    run = watch(net.backward, (np.array([2.0, 3.0]),))
    updated = line_of(_Net.backward, 2)
    layer = f"layer.w[0] (updated in line {updated + 3})"
    assert shown(run) == [
        "y = w[0]·x[0], w[1]·x[1]",
        "self.cache = y[0], y[1]",
        "z = y[0] + b[0], y[1] + b[0]",
        "self.w = w[0] − rate·z[0]",
        f"self.grad = w[0] (updated in line {updated})², w[1]²",
        "layer.w = layers[0].w[0] − layers[0].rate·z[0]",
        f"return = {layer}·grad[0], {layer}·grad[1]",
    ]
    assert [event.name for event in run.events[3:-1]] == ["w", "grad", "layer.w"]
    assert run.events[5].aliases == ("self.layers[0].w",)
    assert run.events[1].aliases == ("y",)
    assert vars(net) == before
    assert net.w.tolist() == [1.0, 2.0]
    assert net.layers[0].w.tolist() == [3.0]


def test_objects_with_a_call_and_decorated_functions_run() -> None:
    @functools.wraps(neuron)
    def wrapped(*args: Any) -> Any:
        return neuron(*args)

    assert shown(watch(_Layer(np.ones(1)), [np.ones(1)])) == ["return = w[0]·x[0]"]
    assert watch(wrapped, (np.ones(1), np.ones(1), 0.5)).events[0].name == "net"


# A convolutional network, whose weights are updated before the last of them is used


class _Convolutional:
    def __init__(self, rng: np.random.Generator) -> None:
        self.kernel = rng.normal(size=(2, 2))
        self.w = {"hidden": rng.normal(size=(3, 4)), "out": rng.normal(size=(2, 3))}
        self.rate = 0.1

    @staticmethod
    def squash(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    def forward(self, image: Any) -> Any:
        size = image.shape[0] - 1
        fm = np.zeros((size, size))
        for r in range(size):
            for c in range(size):
                fm[r, c] = (image[r : r + 2, c : c + 2] * self.kernel).sum()
        pooled = np.empty((2, 2))
        for r in range(2):
            for c in range(2):
                pooled[r][c] = np.max(fm[2 * r : 2 * r + 2, 2 * c : 2 * c + 2])
        s = self.squash(pooled.flatten())
        h = self.squash(self.w["hidden"] @ s)
        return fm, s, h, self.squash(np.dot(self.w["out"], h))

    def step(self, image: Any, target: Any, early: bool) -> Any:
        fm, s, h, out = self.forward(image)
        d_net = 2 * (out - target) * out * (1 - out)
        w = self.w["out"]
        d_w = np.outer(d_net, h)
        if early:
            w -= self.rate * d_w
        d_h = w.T @ d_net
        d_s = self.w["hidden"].T.dot(d_h * h * (1 - h))
        d_pooled = (d_s * s * (1 - s)).reshape(2, 2)
        d_fm = np.zeros_like(fm)
        for r in range(2):
            for c in range(2):
                window = fm[2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
                i, j = np.unravel_index(np.argmax(window), window.shape)
                d_fm[2 * r + i, 2 * c + j] = d_pooled[r, c]
        d_kernel = np.empty((2, 2))
        for i in range(2):
            for j in range(2):
                d_kernel[i, j] = np.sum(image[i : i + 4, j : j + 4] * d_fm)
        return d_kernel


def loss_at(net: _Convolutional, kernel: Any, image: Any, target: Any) -> float:
    moved = SimpleNamespace(kernel=kernel, w=net.w, squash=net.squash)
    return float(np.sum((_Convolutional.forward(moved, image)[-1] - target) ** 2))  # type: ignore[arg-type]


def test_the_backward_of_a_convolutional_network_is_followed_to_its_kernel() -> None:
    rng = np.random.default_rng(3)
    net, image, target = _Convolutional(rng), rng.normal(size=(5, 5)), np.array([0.0, 1.0])
    run = watch(net.step, (image, target, False))
    assert run.traced
    assert run.notes == []
    numeric = np.empty((2, 2))
    for place in np.ndindex(2, 2):
        delta = np.zeros((2, 2))
        delta[place] = 1e-5
        up, down = (loss_at(net, net.kernel + sign * delta, image, target) for sign in (1, -1))
        numeric[place] = (up - down) / 2e-5
    d_kernel = named(run, "d_kernel")
    np.testing.assert_allclose(d_kernel.value, numeric, rtol=1e-6)
    assert d_kernel.formula is not None
    assert all(symbol.startswith(("image", "d_fm")) for symbol in d_kernel.symbols)
    assert not any(run.symbols[s].version for s in named(run, "d_h").symbols)


def test_the_convolutional_network_with_an_early_update_is_seen_as_such() -> None:
    rng = np.random.default_rng(3)
    net = _Convolutional(rng)
    run = watch(net.step, (rng.normal(size=(5, 5)), np.array([0.0, 1.0]), True))
    reuse = [run.symbols[symbol] for symbol in named(run, "d_h").symbols]
    changed = [symbol for symbol in reuse if symbol.in_place]
    assert len(changed) == 6
    assert {symbol.previous for symbol in changed} == {
        f"out[{i},{j}]" for i in (0, 1) for j in range(3)
    }
    assert named(run, "w").aliases == ("self.w['out']",)


# Modules


def made_of_imports(x: float) -> Any:
    y = zeros(2)
    y[0] = exp(x)
    y[1] = math.sqrt(x) + math.pow(x, 2) + math.log(x, 2)
    z = array([x, y[0], 1])
    total = np.sum([x, y[1]]) + np.dot([x, 2.0], z[:2])
    n = math.floor(x)
    u = np.full(2, x) + np.asarray(z[0:1]) * n
    v = np.array(u, dtype=np.float32) if not math.isnan(x) else u
    return total, v


def test_what_numpy_and_math_make_is_traced_however_it_was_imported() -> None:
    run = watch(made_of_imports, [4.5])
    assert run.traced
    assert run.notes == []
    assert shown(run)[1] == "y = exp(x)"
    assert shown(run)[3] == "z = x, y[0], 1"
    assert shown(run)[4] == "total = x + y[1] + x·z[0] + 2·z[1]"
    assert named(run, "v").value.dtype == np.float32
    y = named(run, "y").formula
    assert y is not None
    assert y[1].evaluate({"x": 2.0}) == pytest.approx(math.sqrt(2) + 4 + 1)


def test_numpy_that_was_imported_locally_is_stood_in_for_too() -> None:
    import numpy as local

    def make(x: Any) -> Any:
        y = local.ones(1)
        y[0] = x
        return y

    run = watch(make, [2.0])
    assert shown(run) == ["y = 1", "y = x"]
    assert make(3.0).tolist() == [3.0]


def test_global_variables_are_symbols_and_stay_as_they_are() -> None:
    def step(g: Any) -> Any:
        global RATE  # noqa: PLW0603
        TABLE["w"] -= RATE * g
        RATE = 0.25 * RATE
        TABLE["new"] = g

    before = TABLE["w"].copy()
    run = watch(step, [np.ones(2)])
    assert shown(run)[:2] == ["TABLE['w'] = w[0] − RATE·g[0], w[1] − RATE·g[1]", "RATE = 0.25·RATE"]
    assert RATE == 0.5
    assert list(TABLE) == ["w"]
    np.testing.assert_array_equal(TABLE["w"], before)


@contextlib.contextmanager
def nothing_is_changed() -> Iterator[None]:
    space = dict(globals())
    tracer = sys.gettrace()
    yield
    assert sys.gettrace() is tracer
    assert {name: value for name, value in globals().items() if name in space} == space
    assert globals().keys() == space.keys()
    assert globals()["np"] is np is sys.modules["numpy"]


def failing(x: Any) -> Any:
    global LEFT_BEHIND  # noqa: PLW0603
    LEFT_BEHIND = 1.0
    y = x + 1
    return y @ np.ones(7)


def test_an_exception_of_the_code_names_its_line() -> None:
    with nothing_is_changed(), pytest.raises(ClaimError) as caught:
        watch(failing, [np.ones(2)])
    line = line_of(failing, 4)
    assert str(caught.value).startswith(f"line {line}: `return y @ np.ones(7)` raised ValueError")
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("run", [watch, run_plain])
def test_a_run_changes_nothing_that_it_does_not_own(run: Any) -> None:
    calls = []
    sys.settrace(lambda *args: calls.append(args))
    tracer = sys.gettrace()
    try:
        with nothing_is_changed():
            run(made_of_imports, [4.5])
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(None)


def test_leaving_by_exit_is_an_error_of_the_code() -> None:
    def leave(x: float) -> None:
        sys.exit(int(x))

    with pytest.raises(ClaimError, match=r"sys.exit\(int\(x\)\)` raised SystemExit"):
        watch(leave, [3.0])


async def asynchronous() -> None: ...


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (neuron, (1.0,), "missing a required argument"),
        (neuron, {"y": 1.0}, "argument"),
        (math.exp, (1.0,), "no Python code"),
        ("neuron", (), "no Python code"),
        (asynchronous, (), "step by step"),
    ],
)
def test_what_cannot_be_run_is_refused(function: Any, arguments: Any, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        watch(function, arguments)


# What cannot be followed


def inverted(w: Any) -> Any:
    m = np.linalg.inv(w)
    y = m @ w[0]
    return y


def test_what_is_not_followed_is_noted_with_its_line() -> None:
    run = watch(inverted, [np.array([[2.0, 0.0], [0.0, 4.0]])])
    assert run.traced
    assert run.notes == [f"line {line_of(inverted, 1)}: np.linalg.inv is not followed"]
    first, second = run.events
    assert first.value.tolist() == [[0.5, 0], [0, 0.25]]
    assert [run.symbols[symbol].followed for symbol in first.symbols] == [False] * 4
    assert run.symbols[first.symbols[0]].path == "np.linalg.inv"
    assert formulas(second).startswith("m[0,0]·w[0,0]")


def test_a_plain_float_is_noted_with_its_line_in_a_helper() -> None:
    def plain(x: Any) -> float:
        return float(x)

    def use(x: Any) -> float:
        y = plain(x)
        return y

    run = watch(use, [2.0])
    assert run.events[0].formula is None
    assert run.notes == [
        f"line {line_of(plain, 1)}: a plain float is taken, which is not followed further"
    ]


def test_code_that_fails_on_traced_arrays_is_run_on_plain_numbers() -> None:
    def strided(x: Any) -> Any:
        y = x * x.strides[0]
        return y

    run = watch(strided, [np.ones(2)])
    assert not run.traced
    assert [(event.name, event.value.tolist()) for event in run.events] == [("y", [8, 8])]
    assert "cannot be traced (AttributeError: a traced array has no strides)" in run.notes[0]


def test_code_that_takes_another_way_on_traced_arrays_is_run_on_plain_numbers() -> None:
    def typed(x: Any) -> Any:
        y = 2 * x if isinstance(x, np.ndarray) else 3 * x
        return y

    run = watch(typed, [np.ones(2)])
    assert not run.traced
    assert run.events[0].value.tolist() == [2, 2]
    assert "another way" in run.notes[0]


def test_too_many_formulas_are_not_computed() -> None:
    def product(x: Any) -> Any:
        try:
            y = x @ x
        except Exception:  # noqa: BLE001
            y = x
        return y

    run = watch(product, [np.ones((20, 20))], limit=1000)
    assert not run.traced
    assert run.events[0].value[0, 0] == 20
    assert watch(product, [np.ones((2, 2))]).traced


def test_random_numbers_are_the_same_in_both_runs_and_printed_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def noisy(x: Any) -> Any:
        y = x * np.random.rand(2) * random.random()  # noqa: NPY002
        print("here")
        return y

    assert watch(noisy, [np.ones(2)]).traced
    assert capsys.readouterr().out == "here\n"


def test_what_cannot_be_copied_is_passed_on_as_it_is() -> None:
    stream = sys.__stdout__

    def use(x: Any, stream: Any, names: Any, *more: Any) -> Any:
        y = x * more[0]
        return y, stream, names

    run = watch(use, (2.0, stream, SimpleNamespace(a=1), 3.0))
    assert run.result[1] is stream
    assert shown(run) == ["y = x·more[0]"]


class _Units(np.ndarray):
    pass


def test_an_array_of_another_class_is_not_followed_and_says_so() -> None:
    def product(x: Any) -> Any:
        y = x * x
        return y

    run = watch(product, [np.full(2, 0.5).view(_Units)])
    assert run.events[0].value.tolist() == [0.25, 0.25]
    assert run.events[0].formula is None
    assert run.notes == ["an array of the class _Units is not followed"]


def test_numpy_is_itself_again() -> None:
    watch(made_of_imports, [4.5])
    assert type(np.zeros(1)) is np.ndarray
    assert not isinstance(zeros(1), Traced)
    assert exp(0) == 1.0
