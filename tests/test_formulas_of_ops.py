"""Every elementwise op: one rule, and whatever it is run on, the same number."""

import ast

import pytest

import autograd_lite as ag
from autograd_lite.chain.graph import terms
from autograd_lite.expr.node import name, number
from autograd_lite.op import REGISTRY, Elementwise, Op

ELEMENTWISE = [op for op in REGISTRY.values() if isinstance(op, Elementwise)]
SOURCE_NAMES = {op.name: op.forward for op in ELEMENTWISE}
every_elementwise_op = pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)


def operands_of(op: Op) -> dict[str, float]:
    """An operand each, off the middle of its domain, so that no two are equal."""
    assert isinstance(op, Elementwise)
    domains = op.domain * (op.arity or 3) if len(op.domain) == 1 else op.domain
    shares = (0.71, 0.36, 0.55)
    return {
        f"x{position}": low + share * (high - low)
        for position, ((low, high), share) in enumerate(zip(domains, shares, strict=False))
    }


def names_below(value: ag.Value) -> set[str]:
    return {term.parent for term in terms(value)}


@every_elementwise_op
def test_number_value_formula_and_source_of_a_partial_agree(op: Elementwise) -> None:
    given = operands_of(op)
    numbers = list(given.values())
    inputs = [ag.Value(value, label) for label, value in given.items()]
    for position, label in enumerate(given):
        result = op(*inputs).named("y")
        by_number = op.partial(position, op.forward(*numbers), numbers)
        found = [term for term in terms(result) if term.parent == label]
        formula = found[0].expression if found else number(0)
        values = {**given, "y": result.data}
        assert formula.evaluate(values) == pytest.approx(by_number, rel=1e-15, abs=0)
        source = eval(formula.python, {**SOURCE_NAMES, **values})  # text that the op declares
        assert source == pytest.approx(by_number, rel=1e-15, abs=0)
        gradient = ag.grad(op, position)(*numbers)
        assert gradient == pytest.approx(by_number, rel=1e-15, abs=0)


@every_elementwise_op
def test_the_same_holds_for_the_derivative_of_the_derivative(op: Elementwise) -> None:
    given = operands_of(op)
    numbers = list(given.values())
    for position in range(len(numbers)):
        inputs = [ag.Value(value, label) for label, value in given.items()]
        result = op(*inputs).named("y")
        partial = op.partial(position, result, inputs)
        if not isinstance(partial, ag.Value):
            continue
        partial = (partial + 0.0).named("g")  # that of a product is an operand
        for other, label in enumerate(given):
            rule = ag.chain_rule(partial, label) if label in names_below(partial) else None
            formulas = [path.expression for path in rule.paths] if rule else []
            values = {**given, "y": result.data, "g": partial.data}
            second = ag.grad(ag.grad(op, position), other)(*numbers)
            by_formula = sum(formula.evaluate(values) for formula in formulas)
            assert by_formula == pytest.approx(second, rel=1e-13, abs=1e-15)
            namespace = {**SOURCE_NAMES, **values}
            by_source = sum(eval(formula.python, namespace) for formula in formulas)
            assert by_source == pytest.approx(second, rel=1e-13, abs=1e-15)


@every_elementwise_op
def test_the_notations_of_an_op_are_closed(op: Elementwise) -> None:
    operands = [name(label, value) for label, value in operands_of(op).items()]
    formula = op(*operands)
    assert str(formula).count("(") == str(formula).count(")")
    assert formula.latex.count("{") == formula.latex.count("}")
    assert formula.latex.count(r"\left") == formula.latex.count(r"\right")
    ast.parse(formula.python, mode="eval")
    for label in operands_of(op):
        assert label in str(formula)
