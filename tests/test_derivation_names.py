"""Labels in derived source: any text becomes an identifier, and none becomes code."""

import ast
import keyword
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.expr.notation import Identifiers
from autograd_lite.op import REGISTRY, elementwise, structural


def squared(*labels: str) -> Value:
    """The sum of the squares of values with these labels, which are 1, 2, 3, ..."""
    total = Constant(0.0, "start")
    for number, label in enumerate(labels, 1):
        total = total + Value(float(number), label) ** 2
    return total.named("total")


@pytest.mark.parametrize(
    ("label", "identifier"),
    [
        ("w_9", "w_9"),
        ("w[0,1]", "w_0_1"),
        ("h#2", "h_2"),
        ("Σ", "Σ"),
        ("ε", "ε"),
        ("x′", "x"),
        ("2nd", "_2nd"),
        ("∂E/∂w", "E_w"),
        ("lambda", "lambda_"),
        ("None", "None_"),
        ("np", "np_"),
        ("exp", "exp_"),
        ("max", "max_"),
        ("sigmoid", "sigmoid_"),
        ("derivation", "derivation_"),
        ("REGISTRY", "REGISTRY_"),
        ("float", "float_"),
        ("→", "v"),
    ],
)
def test_a_label_is_a_readable_identifier(label: str, identifier: str) -> None:
    assert Identifiers().of(label) == identifier
    derivation = ag.derive(squared(label, "x"))
    assert derivation.run().gradients == {label: 2.0, "x": 4.0}
    assert derivation.run(**{label: 5.0}).gradients[label] == 10.0


def test_no_label_becomes_a_function_that_a_source_may_call() -> None:
    inverse = structural(
        "an inverse",
        array=np.linalg.inv,
        vjps=lambda g, y, x: -(y.T @ g @ y.T),
        samples=(),
        numpy="inv_of({})",
    )
    loud = elementwise(
        "loud",
        scalar=math.cosh,
        array=np.cosh,
        partials=lambda y, x: x,
        python="loud({})",
        defines="def loud(x):\n    return log1p(x) + hypot(x, 1.0)\n",
    )
    try:
        given = {label: Identifiers().of(label) for label in ("inv_of", "log1p", "hypot", "np")}
    finally:
        del REGISTRY[inverse.name], REGISTRY[loud.name]
    assert given == {label: f"{label}_" for label in given}


def test_labels_that_become_the_same_identifier_are_kept_apart() -> None:
    derivation = ag.derive(squared("a b", "a.b", "a_b"))
    assert derivation.run().gradients == {"a b": 2.0, "a.b": 4.0, "a_b": 6.0}
    assert derivation.run(**{"a.b": 10.0}).gradients == {"a b": 2.0, "a.b": 20.0, "a_b": 6.0}


def test_letters_that_python_takes_for_the_same_are_kept_apart() -> None:
    derivation = ag.derive(squared("µ", "μ", "ﬁ", "fi"))  # micro and mu, a ligature and f i
    assert list(derivation.run().gradients.values()) == [2.0, 4.0, 6.0, 8.0]


def test_a_label_that_is_the_name_of_a_derivative_or_a_number_of_ours_is_kept_apart() -> None:
    a, b = Value(2.0, "dE_dw"), Value(3.0, "w")
    product = a * b
    E = (product * product + ag.sin(product)).named("E")
    E.backward()
    assert ag.derive(E).run().gradients == {"dE_dw": a.grad, "w": b.grad}
    c, d = Value(2.0, "t1"), Value(3.0, "constant_1")
    inner = c * d
    F = (inner * inner + ag.exp(inner)).named("t2")
    F.backward()
    assert ag.derive(F).run().gradients == {"t1": c.grad, "constant_1": d.grad}


MALICIOUS = [
    "__import__('os').system('touch owned')",
    "x'); open('owned', 'w'); ('",
    '"""\nopen("owned", "w")\n"""',
    "x\nopen('owned', 'w')",
    "x\ropen('owned', 'w')",
    "x\u2028open('owned', 'w')",
    "x # \\\nopen('owned', 'w')",
    "{open('owned', 'w')}",
    '", open("owned", "w"), "',
    "x\x00y",
    "\ud800",
]


@pytest.mark.parametrize("label", MALICIOUS)
@pytest.mark.parametrize("level", ["scalar", "tensor"])
def test_a_label_is_never_run(label: str, level: str, tmp_cwd: Path) -> None:
    w, other = Value([1.0, 2.0], label), Value([3.0, 1.0], "v")
    product = (w * other).named(f"{label}!")
    E = (product * product).sum().named(f"{label}?")
    derivation = ag.derive(E, level)
    assert derivation.run().value == 13.0
    assert len(derivation.run().gradients) == (4 if level == "scalar" else 2)
    assert derivation.latex()
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(derivation.source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert calls <= {"float"}
    assert list(tmp_cwd.iterdir()) == []


@settings(max_examples=40)
@given(labels=st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4, unique=True))
def test_any_labels_give_source_that_runs(labels: list[str]) -> None:
    outcome = ag.derive(squared(*labels)).run()
    assert list(outcome.gradients.values()) == [2.0 * n for n in range(1, len(labels) + 1)]


@given(labels=st.lists(st.text(max_size=5), max_size=6))
def test_identifiers_are_valid_and_never_the_same_twice(labels: list[str]) -> None:
    identifiers = Identifiers()
    found = [identifiers.of(label) for label in labels]
    assert len(set(found)) == len(found)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in found)


def test_values_without_labels_have_the_names_of_their_variables_or_numbers() -> None:
    w = Value(2.0)
    loss = w * 3.0
    assert "loss = 3 * w\n" in ag.derive(loss).source
    (root,) = [Value(2.0) * Value(3.0)]
    assert ag.derive(root * root).run().gradients == {"v1": 36.0, "v2": 24.0}
