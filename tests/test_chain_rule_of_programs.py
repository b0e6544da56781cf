"""On whole programs the chain rule, the engine and the slope of a plain function agree."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs.named import PROGRAMS, attention, layer_norm, rnn, softmax_cross_entropy

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain import rule as rule_module
from autograd_lite.chain.graph import named_graph
from autograd_lite.chain.rule import chain_rule_of
from autograd_lite.errors import GraphError
from autograd_lite.op import REGISTRY, Sample, structural
from models.notebook import loss


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_sum_over_the_paths_is_the_gradient_of_the_engine(
    program: Callable[[], Value],
) -> None:
    result = program()
    result.backward()
    graph = named_graph(result)
    for label, element in itertools.islice(graph.elements.items(), 0, None, 3):
        if element.kind == "data" or element.tensor not in graph.names:
            continue
        rule = chain_rule_of(graph, label, limit=10_000)
        gradient = float(np.asarray(element.tensor.grad)[element.index])
        assert rule.value == pytest.approx(gradient, rel=1e-12, abs=1e-12 * rule.magnitude)
        listed = math.fsum(path.value for path in rule.paths)
        assert listed == pytest.approx(gradient, rel=1e-12, abs=1e-12 * rule.magnitude)
        assert rule.count == len(rule.paths) == len(set(rule.paths))
        for path in rule.paths:
            chain = [*path.terms]
            assert (chain[0].child, chain[-1].parent) == (rule.output, label) if chain else True
            assert all(a.parent == b.child for a, b in itertools.pairwise(chain))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_factored_form_evaluates_to_the_gradient(program: Callable[[], Value]) -> None:
    graph = named_graph(program())
    values = {name: graph.value(name) for name in graph.elements}
    weights = [name for name, one in graph.elements.items() if one.kind == "weight"]
    for label in weights[:3]:
        rule = chain_rule_of(graph, label)
        known = dict(values)
        for derivative, formula in reversed(_by_need(rule.factored)):
            known[derivative] = formula.evaluate(known)
        assert known[rule.name] == pytest.approx(rule.value, rel=1e-12, abs=1e-12 * rule.magnitude)


def _by_need(factored: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The equations, each before those that it uses."""
    formulas = dict(factored)
    ordered: list[str] = []

    def visit(derivative: str) -> None:
        if derivative not in ordered:
            for used in formulas[derivative].symbols & formulas.keys():
                visit(used)
            ordered.append(derivative)

    for derivative in formulas:
        visit(derivative)
    return [(derivative, formulas[derivative]) for derivative in reversed(ordered)]


def slope(function: Callable[[float], float], at: float, step: float = 1e-6) -> float:
    return (function(at + step) - function(at - step)) / (2 * step)


def test_a_softmax_cross_entropy_has_the_slope_of_the_plain_function() -> None:
    z = [1.0, 2.0, 0.5]
    for k in range(3):

        def plain(x: float, k: int = k) -> float:
            moved = [x if n == k else one for n, one in enumerate(z)]
            return math.log(sum(map(math.exp, moved))) - moved[1]

        rule = ag.chain_rule(softmax_cross_entropy(), f"z[{k}]")
        assert rule.value == pytest.approx(slope(plain, z[k]), rel=1e-8)
        assert rule.count == 3  # through each probability


def test_a_layer_norm_has_the_slope_of_the_plain_function() -> None:
    x, g, b, c = [1.0, 2.0, 4.0], [1.0, 1.5, 0.5], [0.0, 0.1, 0.2], [1.0, 2.0, 3.0]

    def plain(first: float) -> float:
        moved = [first, *x[1:]]
        mean = sum(moved) / 3
        deviation = math.sqrt(sum((one - mean) ** 2 for one in moved) / 3 + 1e-5)
        n = [(one - mean) / deviation for one in moved]
        return sum(c[i] * (g[i] * n[i] + b[i]) for i in range(3))

    assert ag.chain_rule(layer_norm(), "x[0]").value == pytest.approx(slope(plain, 1.0), rel=1e-8)


def test_a_shared_weight_has_a_path_for_each_step() -> None:
    def plain(w: float) -> float:
        h = 0.1
        for step in range(1, 5):
            h = math.tanh(w * h + 0.8 * step / 3)
        return (h - 1.0) ** 2

    rule = ag.chain_rule(rnn(4), "w")
    assert rule.count == 4
    assert rule.value == pytest.approx(slope(plain, 0.5), rel=1e-8)
    assert sorted(len(path.terms) for path in rule.paths) == [2, 3, 4, 5]
    longest = max(rule.paths, key=lambda path: len(path.terms))
    assert longest.names == "∂L/∂h#5·∂h#5/∂h#4·∂h#4/∂h#3·∂h#3/∂h#2·∂h#2/∂w"


def test_an_attention_head_has_the_slope_of_the_plain_function() -> None:
    rng = np.random.default_rng(3)
    X, (W_q, W_k, W_v) = rng.normal(size=(3, 2)), (rng.normal(size=(2, 2)) for _ in range(3))

    def plain(weight: float) -> float:
        Q = X @ np.array([[W_q[0, 0], weight], W_q[1]])
        e = np.exp(Q @ (X @ W_k).T / math.sqrt(2))
        return float((((e / e.sum(1, keepdims=True)) @ X @ W_v) ** 2).sum())

    rule = ag.chain_rule(attention(), "W_q[0,1]")
    assert rule.value == pytest.approx(slope(plain, W_q[0, 1]), rel=1e-7)


# The check against the engine.


def test_a_rule_that_disagrees_with_the_engine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    original = rule_module.sweep

    def wrong(*arguments: Any) -> Any:
        return {value: 1.0000001 * one for value, one in original(*arguments).items()}

    monkeypatch.setattr(rule_module, "sweep", wrong)
    with pytest.raises(
        GraphError, match=r"∂E/∂w_9 add up to 0\.245\d*, the engine's gradient is 0\.24"
    ):
        ag.chain_rule(loss(), "w_9")


def test_a_wrong_rule_of_an_op_is_found() -> None:
    first = structural(
        "first_but_wrong",
        array=lambda x: x[:1],
        vjps=lambda g, y, x: g * np.array([2.001, 0.0, 0.0]),
        samples=(Sample(((3,),), {}),),
    )
    try:
        y = (first(Value([1.0, 2.0, 3.0], "x")) * 3.0).sum().named("y")
        with pytest.raises(GraphError, match="defect of autograd_lite or of an op's rule"):
            ag.chain_rule(y, "x[0]")
    finally:
        del REGISTRY["first_but_wrong"]


def test_cancellation_is_no_disagreement() -> None:
    """What is left of O − t near convergence depends on the last bits of O."""
    rng = np.random.default_rng(0)
    W, s = Value(rng.normal(size=(3, 50)), "W"), Constant(rng.normal(size=50), "s")
    O = ag.sigmoid(W @ s).named("O")  # noqa: E741 (the document's name)
    t = Constant(O.data * (1 + 1e-13), "t")
    rule = ag.chain_rule(ag.squared_error(O, t).sum().named("E"), "W[1,7]")
    assert rule.value != 0.0


def test_float32_is_compared_in_its_own_precision() -> None:
    rng = np.random.default_rng(0)
    W = Value(rng.normal(size=(4, 30)).astype(np.float32), "W")
    x = Constant(rng.normal(size=30).astype(np.float32), "x")
    E = (ag.tanh(W @ x).named("y") ** 2).sum().named("E")
    E.backward()
    assert ag.chain_rule(E, "W[2,3]").value == pytest.approx(float(W.grad[2, 3]), rel=1e-4)


def test_gradients_that_underflow_are_no_disagreement() -> None:
    h = Value(0.5, "x")
    for step in range(600):
        h = ag.sigmoid(h).named(f"h{step}")
    assert ag.chain_rule(h, "x").value == pytest.approx(0.0, abs=1e-300)


def test_infinities_are_told_and_not_compared() -> None:
    x = Value(0.0, "x")
    with np.errstate(all="ignore"):
        rule = ag.chain_rule(ag.sqrt(x).named("y"), "x")
    assert rule.value == math.inf
    assert str(rule).endswith("= inf")
