"""Causes of a wrong forward value: its definition with one mistake in it."""

from collections.abc import Iterator

import numpy as np

from autograd_lite.check.causes.faults import constant_faults
from autograd_lite.check.causes.known import Known
from autograd_lite.check.finding import Cause
from autograd_lite.check.read.numbers import Array
from autograd_lite.expr.node import Expression
from autograd_lite.op import REGISTRY, Elementwise
from autograd_lite.ops.elementwise import add, multiply, negative, power, subtract

_LONGEST, _MOST_OTHERS = 120, 12
"""Longer definitions are not searched, and no more names than this are tried in place of one."""

_ACTIVATIONS = ("sigmoid", "tanh", "relu", "exp")


def forward_causes(known: Known, label: str, given: Array, slack: Array) -> list[Cause]:
    """The mistakes that turn a value's definition into the given number.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.truth.points import Points
    >>> a, b = ag.Value(3.0, "a"), ag.Value(5.0, "b")
    >>> known = Known(Points(named_graph((a * b).named("c"))))
    >>> forward_causes(known, "c", np.array([-15.0]), np.array([1e-9]))[0].kind
    'wrong sign'
    """
    definition = known.points.graph.definition(label)
    found: list[Cause] = []
    for values in (
        [known.values] if known.carried is known.values else [known.values, known.carried]
    ):
        right = known.points.spread(definition.evaluate(values))
        found += [
            Cause(fault.kind, fault.done, 0.0, fault.fix)
            for fault, factor in constant_faults(known)
            if np.all(np.abs(right * factor - given) <= slack)
        ]
        if definition.weight > _LONGEST:
            continue
        found += [
            cause
            for cause, formula in changed(known, definition)
            if np.all(np.abs(known.points.spread(formula.evaluate(values)) - given) <= slack)
        ]
    return list(dict.fromkeys(found))


def changed(known: Known, formula: Expression) -> Iterator[tuple[Cause, Expression]]:
    """A formula with one mistake, every one in turn."""
    if formula.op is None:
        for other in (
            known.lookalikes.siblings(formula.label)[:_MOST_OTHERS] if formula.is_symbol else []
        ):
            yield (
                _cause(
                    "wrong index",
                    f"{other} stands in place of {formula}",
                    f"write {formula} in place of {other}",
                ),
                formula.book.name(other, known.points.graph.value(other)),
            )
        return
    operands = formula.operands
    if formula.op in {add, subtract} and len(operands) == 2:
        first, second = operands
        yield _cause("missing path", f"the summand {second} is missing", f"add {second}"), first
        yield (
            _cause("missing path", f"the summand {first} is missing", f"add {first}"),
            (second if formula.op is add else -second),
        )
        turned = first - second if formula.op is add else first + second
        yield _cause("wrong sign", f"{second} has the wrong sign", "change its sign"), turned
    if formula.op is multiply:
        first, second = operands
        yield (
            _cause("missing factor", f"the factor {second} is missing", f"multiply by {second}"),
            first,
        )
        yield (
            _cause("missing factor", f"the factor {first} is missing", f"multiply by {first}"),
            second,
        )
    if formula.op is power:
        base, exponent = operands
        yield (
            _cause("missing factor", f"{formula} is not raised to its power", "raise it"),
            base,
        )
        for raised, kind in ((exponent - 1, "missing factor"), (exponent + 1, "extra factor")):
            done = f"{base} is raised to the power {raised} in place of {exponent}"
            yield _cause(kind, done, f"write {formula}"), base**raised
    if isinstance(formula.op, Elementwise) and formula.op.arity == 1 and formula.op is not negative:
        yield from _activations(formula, formula.op, operands[0])
    for position, operand in enumerate(operands):
        for cause, inner in changed(known, operand):
            others = [*operands[:position], inner, *operands[position + 1 :]]
            yield cause, formula.op(*others)


def _activations(
    formula: Expression, op: Elementwise, operand: Expression
) -> Iterator[tuple[Cause, Expression]]:
    """A function of one operand: of its negative, left out, or another function."""
    done = f"the operand of {op.name} has the wrong sign"
    yield _cause("wrong sign", done, "change its sign"), op(-operand)
    # Before relu, which is the same where it is positive.
    done = f"the input {operand} stands in place of {formula}"
    kind = "sigmoid derivative" if op.name in ("sigmoid", "tanh") else "wrong factor"
    yield _cause(kind, done, f"write {formula} in place of {operand}"), operand
    for other in _ACTIVATIONS:
        if other != op.name:
            done = f"{other} stands in place of {op.name}"
            yield _cause("wrong factor", done, f"use {op.name}"), REGISTRY[other](operand)


def _cause(kind: str, sentence: str, fix: str) -> Cause:
    return Cause(kind, sentence, 0.0, fix)
