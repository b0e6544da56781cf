"""The causes of wrong backwards: the slip that was made is named first."""

from functools import partial
from re import search
from typing import Any

import numpy as np
import pytest
from corpus.backwards import Written, normal, sigmoid, softmax
from corpus.backwards.classifiers import CLASSIFIERS
from corpus.backwards.layers import LAYERS
from corpus.backwards.norms import NORMS
from corpus.backwards.recurrent import RECURRENT

import autograd_lite as ag
from autograd_lite import check_vjp

WRITTEN: dict[str, Written] = {**CLASSIFIERS, **LAYERS, **NORMS, **RECURRENT}
SLIPS = [(name, slip) for name, written in WRITTEN.items() for slip in written.slips]
SLOW = [pytest.param(*one, marks=pytest.mark.slow) if one[0] in RECURRENT else one for one in SLIPS]


def told(report: Any, name: str) -> list[str]:
    """The causes of a wrong gradient, the first one first."""
    (finding,) = [one for one in report.findings if one.name == name]
    assert finding.verdict == "wrong"
    return [f"{cause.kind}: {cause.sentence}" for cause in finding.causes]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_backward_as_people_write_it_is_right(name: str) -> None:
    written = WRITTEN[name]
    report = check_vjp(written.forward, written.backward, written.inputs)
    assert report.ok, str(report)


@pytest.mark.parametrize(("name", "slip"), SLOW)
def test_the_first_cause_names_the_slip(name: str, slip: str) -> None:
    written = WRITTEN[name]
    place, pattern = written.slips[slip]
    report = check_vjp(written.forward, partial(written.backward, slip=slip), written.inputs)
    assert search(pattern, told(report, place)[0]), told(report, place)
    for finding in report.findings:
        assert all(not cause.residual > 1e-9 for cause in finding.causes)


# What is not named


X = normal(3, 3, seed=71)


def test_a_factor_that_differs_from_point_to_point_is_no_constant() -> None:
    report = check_vjp(lambda x: 3 * x.max(), lambda g, x: (x == x.max()) * (3 * g + 0.4), [X])
    assert not [one for one in told(report, "x") if one.startswith("constant")]


def test_a_length_that_nothing_is_summed_over_is_no_mean() -> None:
    report = check_vjp(lambda x: x**3, lambda g, x: g * x**2, [X])
    assert all("shape" not in one and "mean" not in one for one in told(report, "x"))
    assert "exponent" in told(report, "x")[0]


def test_what_nothing_explains_has_no_cause() -> None:
    def backward(g: Any, x: Any) -> Any:
        return g * np.cos(3 * x + 0.2)

    assert told(check_vjp(lambda x: np.tanh(x @ x), backward, [X]), "x") == []


def test_what_nothing_explains_says_where_it_is_wrong() -> None:
    def backward(g: Any, x: Any) -> Any:
        d = 2 * g * x
        d[1] = np.cos(7 * x[1])
        return d

    (found,) = check_vjp(lambda x: x * x, backward, [X]).findings
    assert found.causes == ()
    assert "only row 1 along axis 0 is wrong" in found.reason


def test_what_is_off_by_the_same_in_a_row_is_said_so() -> None:
    def backward(g: Any, x: Any) -> Any:
        return 2 * g * x + np.cos(5 * x.sum(axis=1, keepdims=True))

    (found,) = check_vjp(lambda x: x * x, backward, [X]).findings
    assert "what is too much is the same along axis 1" in found.reason


# One slip in many gradients


def test_one_slip_is_one_root_and_has_the_same_words_everywhere() -> None:
    def forward(x: Any, W: Any, b: Any) -> Any:
        a = ag.sigmoid(x @ W + b)
        return a * a

    def backward(g: Any, x: Any, W: Any, b: Any) -> Any:
        a = sigmoid(x @ W + b)
        d = g * 2 * a * a
        return d @ W.T, x.T @ d, d.sum(axis=0)

    report = check_vjp(forward, backward, [X, normal(3, 3, seed=72), normal(3, seed=73)])
    firsts = {told(report, name)[0] for name in ("x", "W", "b")}
    assert len(firsts) == 1
    assert "1 − y is missing" in firsts.pop()
    assert len(report.roots) == 1


# Integers that hide what their repetition shows


def gathered(table: Any, ids: Any) -> Any:
    return table[ids]


def assigned(g: Any, table: Any, ids: Any) -> Any:
    d = np.zeros_like(table)
    d[ids] += g
    return d, None


def test_different_indices_do_not_hide_an_assignment() -> None:
    report = check_vjp(gathered, assigned, [normal(6, 2, seed=74), np.array([4, 0, 3])])
    assert "= where += belongs" in told(report, "table")[0]
    assert "hidden by the given inputs" in told(report, "table")[-1]


@pytest.mark.parametrize("ids", [[2, 0, 1], [0, 1, 2]])
def test_a_permutation_stays_one(ids: list[int]) -> None:
    def inverted(g: Any, _table: Any, order: Any) -> Any:
        return g[np.argsort(order)], None

    assert check_vjp(gathered, inverted, [normal(3, 2, seed=75), np.array(ids)]).ok


def test_different_labels_and_a_right_backward_are_right() -> None:
    def forward(x: Any, t: Any) -> Any:
        e = np.exp(x)
        return -np.log((e / e.sum(axis=1, keepdims=True))[np.arange(3), t]).sum()

    def backward(g: Any, x: Any, t: Any) -> Any:
        d = softmax(x)
        d[np.arange(3), t] -= 1
        return g * d, None

    assert check_vjp(forward, backward, [normal(3, 5, seed=76), np.array([4, 0, 2])]).ok
