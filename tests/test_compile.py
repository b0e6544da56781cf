"""``compile``: graphs and functions as steps, by label and as vectors; descents; the choice."""

import gc
import itertools
import math
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import name_values
from autograd_lite.engine import order
from autograd_lite.errors import (
    DataError,
    GraphError,
    GraphTooLargeError,
    MissingExtraError,
    NameLookupError,
    ShapeError,
    StaleValueError,
)
from autograd_lite.fast import compile as choice
from autograd_lite.fast.compile import Compiled, compile_
from autograd_lite.fast.jit import has_numba
from autograd_lite.fast.program import Signature
from tests.programs.named import PROGRAMS

BACKENDS = ["auto", "python", "numpy"]
_numba = [pytest.mark.slow, pytest.mark.skipif(not has_numba(), reason="numba is not installed")]
EVERY_BACKEND = [*BACKENDS, *(pytest.param(one, marks=_numba) for one in ("tape", "numba"))]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("build", PROGRAMS)
def test_a_step_has_the_value_and_gradients_of_the_engine(
    build: Callable[[], Value], backend: str
) -> None:
    root = build()
    value, gradients = compile_(root, backend=backend)()
    root.backward()
    assert value == pytest.approx(root.data, rel=1e-14)
    names = name_values(order(root))
    leaves = {
        label: leaf for leaf, label in names.items() if leaf.op is None and leaf.grad is not None
    }
    assert gradients.keys() == leaves.keys()
    for label, found in gradients.items():
        assert np.shape(found) == leaves[label].shape
        np.testing.assert_allclose(found, leaves[label].grad, rtol=1e-13, atol=1e-15)


def test_a_leaf_that_is_not_given_has_the_data_that_it_has_now() -> None:
    w = Value(3.0, "w")
    step = compile_(w * w)
    w.data = 5.0
    assert step() == (25.0, {"w": 10.0})
    assert step(w=1.0) == (1.0, {"w": 2.0})
    assert w.data == 5.0


@pytest.mark.parametrize("backend", ["python", "numpy"])
def test_arrays_that_are_given_stay_the_callers_own(backend: str) -> None:
    w = Value([1.0, 2.0], "w")
    step = compile_((w * w).sum(), backend=backend)
    given = np.array([3.0, 4.0])
    first, gradients = step(w=given)
    assert (first, given.tolist()) == (25.0, [3.0, 4.0])
    given[0] = 0.0
    assert gradients["w"].tolist() == [6.0, 8.0]
    assert step(w=given)[0] == 16.0
    assert step()[0] == 5.0


def test_gradients_are_those_asked_for() -> None:
    a, b, x = Value(2.0, "a"), Value(3.0, "b"), Constant(5.0, "x")
    assert compile_(a * b * x)(x=1.0) == (6.0, {"a": 3.0, "b": 2.0})
    assert compile_(a * b * x, wrt=["b"])(x=1.0) == (6.0, {"b": 2.0})


@pytest.mark.parametrize("backend", EVERY_BACKEND)
def test_gradients_come_in_the_order_asked_for_and_once(backend: str) -> None:
    a, b = Value([1.0, 2.0], "a"), Value([3.0, 4.0], "b")
    value, gradients = compile_((a * b).sum(), wrt=["b", "a", "b"], backend=backend)()
    assert (value, list(gradients)) == (11.0, ["b", "a"])
    assert (gradients["a"].tolist(), gradients["b"].tolist()) == ([3.0, 4.0], [1.0, 2.0])
    assert compile_((a * b).sum(), wrt=[], backend=backend)() == (11.0, {})


def test_gradients_of_what_has_none_are_refused() -> None:
    w, x = Value(2.0, "w"), Constant(3.0, "x")
    with pytest.raises(NameLookupError, match="x is a Constant, which takes no gradient"):
        compile_(w * x, wrt=["x"])
    with pytest.raises(NameLookupError, match="no weight is called 'v'; nearest: w"):
        compile_(w * x, wrt=["v"])
    with pytest.raises(DataError, match=r"wrt=\['w'\]"):
        compile_(w * x, wrt="w")


@pytest.mark.parametrize("backend", EVERY_BACKEND)
def test_arrays_of_no_elements_reach_nothing(backend: str) -> None:
    x, e = Value([2.0, -1.0], "x"), Value(np.empty((0, 2)), "e")
    value, gradients = compile_(x[0:0].sum() + e.sum(), backend=backend)()
    assert (value, gradients["x"].tolist(), gradients["e"].shape) == (0.0, [0.0, 0.0], (0, 2))
    step = compile_(lambda x, w: (x @ w).sum(), backend=backend)
    for batch in (0, 2, 1, 0):
        value, gradients = step(x=Constant(np.ones((batch, 2))), w=[0.5, 2.0])
        assert (value, gradients["w"].tolist()) == (2.5 * batch, [batch, batch])


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays_that_come_out_are_the_callers_own(backend: str) -> None:
    a, b = Value([1.0, 2.0], "a"), Value([3.0, 4.0], "b")
    step = compile_((a * b).sum() + a.sum(), backend=backend)
    given = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    _, first = step(**given)
    kept = {label: one.copy() for label, one in first.items()}
    _, second = step(a=[7.0, 7.0], b=[8.0, 8.0])
    for label in "ab":
        assert np.array_equal(first[label], kept[label])
        second[label][...] = math.nan
        first[label][...] = math.nan
    assert given["a"].tolist() == [1.0, 2.0]
    assert given["b"].tolist() == [3.0, 4.0]
    assert step(**given)[1]["a"].tolist() == [4.0, 5.0]
    assert not np.isnan(b.data).any()


def test_float32_stays_float32() -> None:
    w = Value(np.ones(3, np.float32), "w")
    for backend in BACKENDS:
        assert compile_((w * w).sum(), backend=backend)()[1]["w"].dtype == np.float32


def test_threads_share_a_step() -> None:
    x = Value(np.arange(6.0), "x")
    step = compile_((ag.exp(x) * x).sum(), backend="numpy")
    right, wrong = {}, []
    for number in range(4):
        right[number] = step(x=np.full(6, float(number)))

    def work(number: int) -> None:
        for _ in range(50):
            value, gradients = step(x=np.full(6, float(number)))
            if value != right[number][0] or any(gradients["x"] != right[number][1]["x"]):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_cannot_be_compiled_is_refused() -> None:
    w = Value([1.0, 2.0], "w")
    with pytest.raises(ShapeError, match="gradient is that of a single"):
        compile_(w * 2)
    with pytest.raises(NameLookupError, match="has no label by which its gradient"):
        compile_(Value(1.0) * 2)
    with pytest.raises(DataError, match="takes a Value or a function, not 3"):
        compile_(3)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no backend 'gpu'; they are auto, python"):
        compile_(w.sum(), backend="gpu")
    root = w.sum()
    w.data = [3.0, 4.0]
    with pytest.raises(StaleValueError):
        compile_(root)


def test_a_leaf_without_a_label_may_be_data_or_not_asked_for() -> None:
    w = Value(3.0, "w")
    assert compile_(w * Constant(2.0))() == (6.0, {"w": 2.0})
    assert compile_(w * Value(2.0), wrt=["w"])() == (6.0, {"w": 2.0})


def test_wrong_inputs_are_refused() -> None:
    step = compile_((Value([1.0, 2.0], "weight") * 2).sum())
    with pytest.raises(NameLookupError, match="no input is called 'wieght'; nearest: weight"):
        step(wieght=[1.0, 2.0])
    with pytest.raises(ShapeError, match=r"shape \(2,\) and was given data of shape \(3,\)"):
        step(weight=[1.0, 2.0, 3.0])
    with pytest.raises(DataError):
        step(weight=["a", "b"])


# Vectors


def regression() -> Value:
    """A sum of squares of matrices, a number and data, in float64 and float32."""
    W, b = Value([[1.0, -2.0, 0.5], [3.0, 1.0, -1.0]], "W"), Value(np.float32([0.5, -0.25]), "b")
    s, x = Value(2.0, "s"), Constant([1.0, 2.0, 3.0], "x")
    return ((ag.tanh(W @ x * 0.1) * s + b) ** 2).sum() + ag.relu(W).max()


@pytest.mark.parametrize("backend", EVERY_BACKEND)
def test_a_vector_has_the_parts_in_the_order_of_wrt(backend: str) -> None:
    root = regression()
    step = compile_(root, wrt=["s", "W"], backend=backend)
    vector = step.pack()
    assert vector.tolist() == [2.0, 1.0, -2.0, 0.5, 3.0, 1.0, -1.0]
    for given in (vector, -vector, [2.0, *range(6)]):
        parts = step.unpack(given)
        value, gradients = step(**parts)
        found, gradient = step.flat(given)
        assert found == value
        assert gradient.tolist() == step.pack(**gradients).tolist()
    assert type(step.unpack(vector)["s"]) is float
    assert step.pack(s=5.0)[0] == 5.0


@pytest.mark.parametrize("backend", EVERY_BACKEND)
def test_a_vector_is_rounded_to_the_precision_of_each_part(backend: str) -> None:
    step = compile_(regression(), wrt=["b", "s"], backend=backend)
    tenths = np.array([0.1, 0.2, 0.3])
    assert step.flat(tenths)[0] == step(b=np.float32([0.1, 0.2]), s=0.3)[0]
    assert step.unpack(tenths)["b"].dtype == np.float32


@pytest.mark.parametrize("backend", EVERY_BACKEND)
def test_vectors_are_the_callers_own(backend: str) -> None:
    w, x = Value([1.0, 2.0], "w"), Constant([3.0, 4.0], "x")
    step = compile_((w * x).sum(), backend=backend)  # its gradient is an input
    vector = step.pack()
    _, first = step.flat(vector)
    first[...] = step.unpack(vector)["w"][...] = np.nan
    assert vector.tolist() == w.data.tolist() == [1.0, 2.0]
    x.data = [5.0, 6.0]  # what is in no vector has the data that it has now
    value, second = step.flat(vector)
    assert (value, second.tolist()) == (17.0, [5.0, 6.0])
    assert np.isnan(first).all()


@pytest.mark.parametrize("backend", EVERY_BACKEND)
def test_a_vector_may_be_of_no_numbers(backend: str) -> None:
    step = compile_((Value([1.0, 2.0], "w") * 2.0).sum(), wrt=[], backend=backend)
    value, gradient = step.flat(step.pack())
    assert (value, gradient.shape, step.unpack([])) == (6.0, (0,), {})


def test_wrong_vectors_are_refused() -> None:
    step = compile_(regression(), wrt=["s", "W"])
    with pytest.raises(ShapeError, match=r"takes 7 numbers in one row, those of s \(\), W"):
        step.flat(np.ones((7, 1)))
    with pytest.raises(ShapeError, match=r"shape \(6,\) was given"):
        step.unpack(np.ones(6))
    with pytest.raises(DataError):
        step.flat(["a"] * 7)
    with pytest.raises(NameLookupError, match="no input is called 'x'; nearest: W, s"):
        step.pack(x=1.0)


# Descents


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_descent_moves_the_values_themselves(backend: str) -> None:
    w, x = Value([1.0, 2.0], "w"), Constant([1.0, 1.0], "x")
    ended = compile_(((w * x) ** 2).sum(), backend=backend).descend(0.25, 0.1, 50)
    # w halves at each step: E = 5, 5/4, 5/16, 5/64.
    assert (ended.done, ended.value, ended.converged) == (3, 5 / 64, True)
    assert w.data.tolist() == [0.125, 0.25]
    assert x.data.tolist() == [1.0, 1.0]


def test_progress_is_told_with_the_value_at_that_step_and_at_the_last_test() -> None:
    w, seen = Value(1.0, "w"), []
    step = compile_(w * w)
    step.descend(0.25, -1.0, 8, lambda done, value: seen.append((done, value)))
    assert seen[:3] == [(0, 1.0), (1, 0.25), (3, 0.25**3)]
    assert seen[-1] == (7, 0.25**7)
    assert [value for _, value in seen] == [0.25**done for done, _ in seen]
    seen.clear()
    step.descend(0.25, 1.0, 8, lambda done, value: seen.append((done, value)))
    assert seen == [(0, 0.25**8)]


def test_an_interrupt_keeps_what_was_reached() -> None:
    w = Value(1.0, "w")

    def interrupt(done: int, _: float) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_(w * w).descend(0.25, -1.0, 100, interrupt)
    assert w.data == 0.5**3


def test_a_loop_comes_back_every_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd_lite.fast.compile._PAUSE", 1e-3)
    times: list[int] = []
    w = Value(1.0, "w")
    compile_(ag.sin(w) * w).descend(1e-9, -9.0, 200_000, lambda done, _: times.append(done))
    gaps = np.diff(times)
    assert gaps.max() < 50_000
    assert all(gap <= 2 * before for before, gap in itertools.pairwise(gaps))


@pytest.mark.parametrize("steps", [0, -1])
def test_a_descent_of_no_steps_is_refused(steps: int) -> None:
    with pytest.raises(DataError, match="give at least 1"):
        compile_(Value(1.0, "w") * 2).descend(0.1, steps=steps)


# Functions


def test_a_function_is_traced_once_for_each_set_of_shapes() -> None:
    calls = []

    def loss(x: Any, w: Any) -> Any:
        calls.append(np.shape(x))
        return ((w * x - 1.0) ** 2).sum()

    step = compile_(loss)
    assert step(x=2.0, w=3.0) == (25.0, {"x": 30.0, "w": 20.0})
    assert step(x=1.0, w=1.0) == (0.0, {"x": 0.0, "w": 0.0})
    value, gradients = step(x=[1.0, 2.0], w=1.0)
    assert (value, gradients["w"]) == (1.0, 4.0)
    step(x=np.float32([1, 2]), w=1.0)
    step(x=[5.0, 6.0], w=2.0)
    assert calls == [(), (2,), (2,)]
    assert "traced for 3 sets of shapes" in repr(step)


def test_a_constant_takes_no_gradient() -> None:
    step = compile_(lambda x, w: x * w)
    assert step(x=Constant(2.0), w=3.0) == (6.0, {"w": 2.0})
    assert step(x=Value(2.0), w=3.0) == (6.0, {"x": 3.0, "w": 2.0})


def test_values_beside_the_arguments_are_inputs_by_their_labels() -> None:
    w = Value(3.0, "w")
    step = compile_(lambda x: w * x, wrt=["w"])
    assert step(x=2.0) == (6.0, {"w": 2.0})
    w.data = 5.0
    assert step(x=2.0) == (10.0, {"w": 2.0})
    assert step(x=2.0, w=7.0) == (14.0, {"w": 2.0})


def test_any_keywords_may_be_arguments() -> None:
    step = compile_(lambda **given: given["a"] * given["b"])
    assert step(a=2.0, b=3.0) == (6.0, {"a": 3.0, "b": 2.0})


def test_a_label_that_the_function_gives_an_argument_does_not_count() -> None:
    assert compile_(lambda x: x.named("z") * 2)(x=3.0) == (6.0, {"x": 2.0})


def test_an_argument_has_its_name_beside_a_value_with_that_label() -> None:
    outside = Value(2.0, "w")
    step = compile_(lambda w: w * outside)
    assert step(w=4.0) == (8.0, {"w": 2.0, "w#1": 4.0})
    outside.data = 3.0
    assert step(w=4.0)[0] == 12.0
    assert compile_(lambda w: w.named("z") * outside, wrt=["w"])(w=4.0) == (12.0, {"w": 3.0})
    assert compile_(lambda w: (w * 2.0).named("w") * outside)(w=4.0)[0] == 24.0


def test_a_default_is_a_constant() -> None:
    def scaled(x: Any, by: float = 2.0) -> Any:
        return x * by

    assert compile_(scaled)(x=3.0) == (6.0, {"x": 2.0})
    assert compile_(scaled)(x=3.0, by=5.0) == (15.0, {"x": 5.0, "by": 3.0})


def test_what_numbers_decide_is_decided_at_each_run() -> None:
    def f(x: Any) -> Any:
        return ag.where(x > 0, ag.maximum(x, 2.0) * 3, ag.relu(-x) ** 2)

    step = compile_(f)
    for number in (1.0, 5.0, -3.0, 0.0, 2.0):
        value, gradient = ag.value_and_grad(f)(number)
        assert step(x=number) == (value, {"x": gradient})


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if x > 0 else -x,
        lambda x: x * 2 if (Value(1.0, "w") * x) > 0 and x else x,
        lambda x: max(x, x * 2),
        lambda x: x * (not x),
    ],
)
def test_an_if_on_a_value_is_refused(function: Any) -> None:
    before = sys.getprofile()
    with pytest.raises(GraphError, match=r"traced once.*ag\.where"):
        compile_(function)(x=1.0)
    assert sys.getprofile() is before
    assert Value(1.0) > 0  # elsewhere a Value may be asked


def test_functions_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match=r"squared_error.* was given output: missing"):
        compile_(ag.squared_error)(output=1.0)
    with pytest.raises(DataError, match="has to return a Value"):
        compile_(lambda x: 3.0)(x=1.0)
    with pytest.raises(GraphError, match="does not depend on y"):
        compile_(lambda x, y: x * 2)(x=1.0, y=2.0)
    with pytest.raises(NameLookupError, match="no input is called 'z'"):
        compile_(lambda x: x * 2)(x=1.0, z=2.0)
    with pytest.raises(ShapeError, match="single"):
        compile_(lambda x: x * 2)(x=[1.0, 2.0])


# The choice of a backend


def sums(terms: int) -> Value:
    """A graph of scalars that has about three steps a term."""
    w: Any = Value(0.5, "w")
    total = w
    for term in range(terms):
        total = total + ag.sin(w * float(term + 2))
    assert isinstance(total, Value)
    return total


def test_small_graphs_are_straight_lines_also_of_arrays() -> None:
    assert Compiled(sums(10)).backend == "python"
    x = Value(np.ones((4, 4)), "x")
    small = Compiled(ag.max_pool2d(x).sum())
    assert small.backend == "python"
    assert "on floats it takes at most some" in small.reason


def test_large_arrays_are_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "has_numba", lambda: False)
    for size in (5_000, 30_000):
        step = Compiled(ag.exp(Value(np.ones(size), "x")).sum())
        assert step.backend == "numpy"
    assert "more than 20,000 scalars" in repr(step)
    with pytest.raises(GraphTooLargeError):
        Compiled(ag.exp(Value(np.ones(200_000), "x")).sum(), backend="python")


def test_large_graphs_of_scalars_are_for_the_tape_and_without_it_straight_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choice, "has_numba", lambda: False)
    step = Compiled(sums(500))
    assert step.backend == "python"
    assert "numba, which is not installed" in repr(step)
    monkeypatch.setattr(choice, "has_numba", lambda: True)
    monkeypatch.setattr(choice, "Tape", lambda scalars: None)
    root = sums(500)
    chosen = choice.choose(root, Signature.of(root))
    assert chosen.backend == "tape"
    assert "above 1,500 steps" in chosen.reason


@pytest.mark.parametrize("backend", ["numba", "tape"])
def test_a_backend_that_needs_numba_says_how_to_get_it(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'autograd-lite\[fast\]'"):
        compile_(Value(1.0, "w") * 2, backend=backend)()


@pytest.mark.slow
def test_numba_takes_a_line_a_tape_or_arrays_by_size(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    assert "as a straight line" in Compiled(sums(10), backend="numba").reason
    assert Compiled(sums(800), backend="numba").backend == "tape"
    arrays = Compiled(ag.exp(Value(np.ones(30_000), "x")).sum(), backend="numba")
    assert (arrays.backend, arrays.reason) == ("numba", "as asked, on arrays")


def test_the_representation_says_what_was_chosen_and_why() -> None:
    assert repr(compile_(Value(2.0, "w") ** 2, backend="python")) == (
        "<compiled step(w), python, 6 lines: as asked>"
    )
    many = [Value(1.0, f"w{place}") for place in range(9)]
    assert "w7, ...)" in repr(compile_(ag.stack(many).sum()))


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        compile_(Value(1.0, "w") * 2)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize("rate", [float("nan"), -0.1, 0.0, None, "0.1", 10**400])
def test_a_rate_is_a_positive_number(rate: Any) -> None:
    with pytest.raises(DataError, match="rate is"):
        ag.compile(Value(3.0, "w") ** 2).descend(rate)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("steps", [2, 1000])
def test_a_descent_ends_where_the_value_becomes_nan(steps: int) -> None:
    w = Value(1.0, "w")
    with pytest.raises(GraphError, match="nan after 1 steps"):
        ag.compile(ag.log(w) + w / w * ag.log(w)).descend(1.5, steps=steps)
    assert w.data == -2.0
