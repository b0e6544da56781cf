"""What a program's variables claim: ``locals()``, a script, a weight after its step."""

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.report import Report

X = np.array([[0.5, -1.0], [1.5, 0.3], [-0.2, 0.8]])
T = np.array([0.2, -0.4, 0.7])
V, B = np.array([0.6, -0.9]), np.array(0.15)


def line() -> Value:
    """p = X·v + b, E = Σ (p − t)²."""
    v, b = Value(V, "v"), Value(float(B), "b")
    p = (Constant(X, "X") @ v + b).named("p")
    return ((p - Constant(T, "t")) ** 2).sum().named("E")


def a_pass(v: Any = V, b: Any = B) -> dict[str, Any]:
    p = X @ v + b
    dp = 2 * (p - T)
    return {"p": p, "E": float(((p - T) ** 2).sum()), "dp": dp, "dv": X.T @ dp, "db": dp.sum()}


def verdicts(report: Report) -> dict[str, str]:
    return {one.name: one.verdict for one in report.findings if not one.aside}


class Holder:
    """An object of somebody's own."""

    def __init__(self, **held: Any) -> None:
        vars(self).update(held)


# What is a claim


IPYTHON = {
    "In": ["", "dv = 3"],
    "Out": {1: 0.5},
    "_": 0.5,
    "__": "",
    "_i1": "E = 3",
    "_dh": ["/home"],
    "get_ipython": lambda: None,
    "exit": Holder(b=9.0),
    "quit": Holder(b=9.0),
    "__name__": "__main__",
}
NO_MATHEMATICS = {
    "np": np,
    "Holder": Holder,
    "line": line,
    "w": Value(1.0),
    "log": sys.stderr,
    "path": "/data/run-1/E.csv",
    "title": "the loss",
    "colour": "b",
    "today": "2024-03-01",
    "flag": True,
    "nothing": None,
    "names": ["a", "b"],
    "rng": np.random.default_rng(0),
    "raw": b"\0",
    "z": 1j,
    "some": {1, 2},
    "frame": Holder(iloc=1, columns=["p"], p=3.0),
}


def test_what_ipython_keeps_and_what_is_no_mathematics_is_no_claim() -> None:
    report = ag.compare(line(), IPYTHON | NO_MATHEMATICS | a_pass())
    assert {one.name for one in report.findings} == set(a_pass())
    assert report.ok
    assert report.read.unjudged == ()


def test_counters_are_counted_and_not_listed() -> None:
    space = {"np": np, "i": 3, "epoch": 9, "lr": 0.1, "n": 3, "losses": [3.0, 2.0]} | a_pass()
    report = ag.compare(line(), space)
    assert report.summary == "5 right, 0 wrong, 5 unchecked"
    assert "(5 variables that mean nothing in the graph are not listed)" in str(report)
    assert "epoch" not in str(report)
    assert "epoch" in str(report.view(all=True))
    assert "epoch" not in report.to_markdown()


def test_of_a_mapping_only_counters_are_not_listed() -> None:
    report = ag.compare(line(), {"dv": a_pass()["dv"], "i": 3, "q": 0.5})
    assert [one.name for one in report.read.unjudged] == ["q"]


def test_a_derivative_that_means_nothing_is_listed() -> None:
    report = ag.compare(line(), {"np": np, "dE_dq": 3.0, "grad_u": 2.0} | a_pass())
    assert [one.name for one in report.read.derivatives] == ["dE_dq", "grad_u"]


def test_formulas_in_a_namespace_are_claims() -> None:
    space = {"np": np, "dE_dp": "2*(p - t)", "dp": "(p - t)", "note": "p", "db": "1.5"}
    assert verdicts(ag.compare(line(), space)) == {"dE_dp": "right", "dp": "wrong", "db": "wrong"}


def test_a_matrix_called_as_a_number_but_for_its_case_is_another_variable() -> None:
    space = {"np": np, "B": np.ones((2, 2)), "b": 0.15}
    assert verdicts(ag.compare(line(), space)) == {"b": "right"}


def test_the_variables_of_a_function_are_a_namespace() -> None:
    def derive() -> Report:
        i, name, help_me = 3, "v", print
        p = X @ V + B
        dp = 2 * (p - T)
        dv = X.T @ dp
        return ag.compare(line(), locals())

    assert verdicts(derive()) == {"p": "right", "dp": "right", "dv": "right"}


# What is kept in dicts, lists and objects


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize(
    "keep",
    [
        lambda dv, db: {"grads": {"v": dv, "b": db}},
        lambda dv, db: {"changes": {"v": dv, "b": db}},
        lambda dv, db: {"grads": {"dv": dv, "db": db}},
        lambda dv, db: {"grads": [dv, db]},
        lambda dv, db: {"net": Holder(dv=dv, db=db)},
        lambda dv, db: {"layer": Holder(weights=V, bias=B, dweights=dv, dbias=db)},
        lambda dv, db: {"net": Holder(grads={"v": dv, "b": db})},
    ],
)
def test_gradients_are_found_where_they_are_kept(keep: Any, scale: float) -> None:
    given = a_pass()
    report = ag.compare(line(), {"np": np} | keep(scale * given["dv"], given["db"]))
    found = {one.quantity: one.verdict for one in report.findings}
    assert found.get("dE/dv") == ("right" if scale == 1.0 else "wrong")
    assert found.get("dE/db") == "right"


def test_settings_that_are_called_as_a_weight_are_no_claims() -> None:
    report = ag.compare(line(), {"np": np, "settings": {"b": 32.0, "v": 1.0}} | a_pass())
    assert report.ok


# A weight after its step


def after(rate: float, **changed: Any) -> dict[str, Any]:
    given = a_pass() | changed
    return given | {"v": V - rate * given["dv"], "b": float(B - rate * given["db"])}


@pytest.mark.parametrize("more", [{"np": np}, {}, {"lr": 0.05}, {"learning_rate": 0.05, "np": np}])
def test_the_step_size_is_read_off(more: dict[str, Any]) -> None:
    report = ag.compare(line(), after(0.05) | more)
    assert report.ok
    assert {one.quantity for one in report.findings} >= {"v updated", "b updated"}
    assert any("learning rate is 0.05" in note for note in report.notes) == (
        not more.keys() - {"np"}
    )


def test_a_weight_that_is_neither_old_nor_stepped_is_wrong() -> None:
    report = ag.compare(line(), after(0.05) | {"b": 7.5})
    assert verdicts(report) == dict.fromkeys([*a_pass(), "v"], "right") | {"b": "wrong"}


def test_a_step_uphill_is_wrong() -> None:
    report = ag.compare(line(), after(-0.05))
    assert verdicts(report)["v"] == verdicts(report)["b"] == "wrong"


def test_a_step_of_another_size_than_that_of_the_program_is_wrong() -> None:
    assert verdicts(ag.compare(line(), after(0.05) | {"lr": 0.1}))["v"] == "wrong"


def test_a_step_along_a_wrong_gradient_follows_from_it() -> None:
    report = ag.compare(line(), after(0.05, dv=-a_pass()["dv"]))
    assert verdicts(report)["dv"] == "wrong"
    assert verdicts(report)["v"] == "follows"
    assert len(report.roots) == 1


def test_pairs_have_the_weight_before_and_after() -> None:
    given = a_pass()
    rows = [("v", V), *given.items(), ("v", V - 0.3 * given["dv"])]
    report = ag.compare(line(), rows)
    assert [one.quantity for one in report.findings][:: len(rows) - 1] == ["v", "v updated"]
    assert report.ok


def test_a_single_number_gives_a_step_size_of_few_digits_only() -> None:
    given = a_pass()
    assert ag.compare(line(), {"b": float(B - 0.25 * given["db"])}).ok
    assert not ag.compare(line(), {"b": float(B - 0.2512345 * given["db"])}).ok


def trained(rate: float = 0.05, steps: int = 20, slip: float = 1.0) -> dict[str, Any]:
    v, b = V.copy(), float(B)
    given: dict[str, Any] = {}
    for epoch in range(steps):
        given = a_pass(v, b) | {"epoch": epoch, "lr": rate, "np": np}
        given["dv"] = given["dv"] * slip
        v, b = v - rate * given["dv"], b - rate * given["db"]
    return given | {"v": v, "b": b}


def test_after_a_training_the_last_pass_is_judged() -> None:
    report = ag.compare(line(), trained())
    assert report.ok, str(report)
    assert report.notes[0].startswith("judged at the weights before the last step")
    assert report.count("right") == 7


def test_after_a_training_with_a_wrong_gradient_that_is_wrong() -> None:
    report = ag.compare(line(), trained(slip=0.5))
    assert [one.name for one in report.roots] == ["dv"]


def test_a_simple_namespace_is_one() -> None:
    assert ag.compare(line(), SimpleNamespace(**after(0.05), i=3, path="/tmp")).ok
