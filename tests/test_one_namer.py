"""A name means one number in every view of a program: over the named programs and random ones."""

import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
from programs.generate import generate
from programs.named import PROGRAMS

import autograd_lite as ag
from autograd_lite import AutogradLiteError, Constant, Value
from autograd_lite.chain.derive import Derivation
from autograd_lite.chain.graph import NamedGraph, name_values, named_graph
from autograd_lite.engine import order
from autograd_lite.expr.notation import short

# As of 1 / 0, which some of them compute.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def deep() -> Value:
    """Values without a label whose formula is long, and others that are needed twice."""
    a, b, c, d = (Value(v, n) for v, n in zip((0.4, 0.6, 1.2, 0.3), "abcd", strict=True))
    inner = ag.tanh(ag.sin(a * c + b * d + a * d) * ag.cos(b * c + a + d) + ag.exp(c * d) * b)
    q = ag.sigmoid(inner * c + d * a + b)
    t1: Value = (q * q).named("aux2") * ag.exp(ag.sin(q * a + b * c + d) * inner)
    return t1.named("t1")


def drawn(seed: int) -> Callable[[], Value]:
    """The random program of a seed."""

    def program() -> Value:
        root: Value = generate(seed).record()[0]
        return root

    return program


BUILDERS = [*PROGRAMS, deep, *map(drawn, range(20))]
every_program = pytest.mark.parametrize("program", BUILDERS)


def numbers_of(graph: NamedGraph) -> dict[str, float]:
    return {name: graph.value(name) for name in graph.elements}


def same(found: float, expected: float) -> bool:
    """To the rounding of another order of sums, in single precision; inf and nan as they are."""
    close = np.isclose(found, expected, rtol=1e-4, atol=1e-4, equal_nan=True)
    return bool(close) or abs(expected) > 1e30


@every_program
def test_terms_and_definitions(program: Callable[[], Value]) -> None:
    root = program()
    graph = named_graph(root)
    numbers = numbers_of(graph)
    assert {word for term in ag.terms(root) for word in (term.child, term.parent)} <= {*numbers}
    for name, element in graph.elements.items():
        assert same(float(graph.definition(name).evaluate(numbers)), numbers[name])
        if element.tensor in graph.names:
            np.testing.assert_equal(numbers[name], np.asarray(element.tensor.data)[element.index])


@every_program
def test_the_picture(program: Callable[[], Value]) -> None:
    root = program()
    numbers = numbers_of(named_graph(root))
    try:
        source = ag.draw(root, level="scalar", limit=3_000).source
    except AutogradLiteError:
        return  # too large to be looked at
    for line in source.splitlines():
        found = re.match(r'^\s*"((?:[^"\\]|\\.)+)" \[.*?label="\1 = (−?[\d.einf]+)', line)
        if found and found[1] in numbers:
            assert found[2] == short(numbers[found[1]])


def locals_of(derivation: Derivation) -> dict[str, Any]:
    """What the lines of the source give their names to, when they are executed."""
    found: dict[str, Any] = {}

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code.co_name == "derivation":
            found.update(frame.f_locals)

    sys.setprofile(watch)
    try:
        derivation.run()
    finally:
        sys.setprofile(None)
    return found


@every_program
def test_the_source_of_the_derivation(program: Callable[[], Value]) -> None:
    root = program()
    graph = named_graph(root)
    numbers, slopes = numbers_of(graph), graph.gradients(graph.outputs[0])
    output = graph.outputs[0]
    try:
        derivation = ag.derive(root)
        found = locals_of(derivation)
    except AutogradLiteError:
        return  # too long to be read, or no number in Python where NumPy has inf
    for line in derivation._program.lines:
        label, number = line.symbol.label, found[line.symbol.identifier]
        of = label.removeprefix(f"∂{output}/∂")
        if label in numbers:
            assert same(number, numbers[label])
        elif of in numbers:
            assert same(number, slopes[of])
        else:
            assert re.fullmatch(r"t\d+", of)


@every_program
def test_a_comparison(program: Callable[[], Value]) -> None:
    root = program()
    numbers = {name: one for name, one in numbers_of(named_graph(root)).items() if np.isfinite(one)}
    some = dict(list(numbers.items())[-8:])
    assert [one.verdict for one in ag.compare(root, some).findings if one.verdict == "wrong"] == []


@every_program
def test_a_compiled_program(program: Callable[[], Value]) -> None:
    root = program()
    names = name_values(order(root))
    leaves = {
        label for leaf, label in names.items() if leaf.op is None and not isinstance(leaf, Constant)
    }
    assert ag.compile(root, backend="numpy")()[1].keys() == leaves
