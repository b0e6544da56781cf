"""Derivations of a mixture of two experts: y = a1·f1 + a2·f2, where (a1, a2) = softmax(g1, g2)."""

from functools import partial
from math import exp

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def experts(x: Value, t: Value, v1: Value, v2: Value, w1: Value, w2: Value) -> Value:
    g1 = (v1 * x).named("g1")
    g2 = (v2 * x).named("g2")
    total = ag.exp(g1) + ag.exp(g2)
    a1 = (ag.exp(g1) / total).named("a1")
    a2 = (ag.exp(g2) / total).named("a2")
    f1 = (w1 * x).named("f1")
    f2 = (w2 * x).named("f2")
    y = (a1 * f1 + a2 * f2).named("y")
    return (0.5 * (y - t) ** 2).named("L")


EXPERTS = Network(
    experts,
    given={"x": 1.3, "t": 0.4, "v1": 0.5, "v2": -0.2, "w1": 1.1, "w2": -0.6},
    forward={
        "g1": lambda v1, x: v1 * x,
        "g2": lambda v2, x: v2 * x,
        "a1": lambda g1, g2: exp(g1) / (exp(g1) + exp(g2)),
        "a2": lambda g1, g2: exp(g2) / (exp(g1) + exp(g2)),
        "f1": lambda w1, x: w1 * x,
        "f2": lambda w2, x: w2 * x,
        "y": lambda a1, f1, a2, f2: a1 * f1 + a2 * f2,
        "L": lambda y, t: 0.5 * (y - t) ** 2,
    },
    constants=("x", "t"),
)
BACKWARD: Lines = {
    "dL/dy": lambda y, t: y - t,
    "dL/df1": lambda dL_dy, a1: dL_dy * a1,
    "dL/df2": lambda dL_dy, a2: dL_dy * a2,
    "dL/da1": lambda dL_dy, f1: dL_dy * f1,
    "dL/da2": lambda dL_dy, f2: dL_dy * f2,
    "da1/dg1": lambda a1: a1 * (1 - a1),
    "da2/dg1": lambda a1, a2: -a1 * a2,
    "da1/dg2": lambda a1, a2: -a1 * a2,
    "da2/dg2": lambda a2: a2 * (1 - a2),
    "dL/dg1": lambda dL_da1, da1_dg1, dL_da2, da2_dg1: dL_da1 * da1_dg1 + dL_da2 * da2_dg1,
    "dL/dg2": lambda dL_da1, da1_dg2, dL_da2, da2_dg2: dL_da1 * da1_dg2 + dL_da2 * da2_dg2,
    "dL/dw1": lambda dL_df1, x: dL_df1 * x,
    "dL/dw2": lambda dL_df2, x: dL_df2 * x,
    "dL/dv1": lambda dL_dg1, x: dL_dg1 * x,
    "dL/dv2": lambda dL_dg2, x: dL_dg2 * x,
}
worked = partial(sheet, EXPERTS, BACKWARD)

NOTES = """\
# Two experts and a gate

Forward: the gate says a1 and a2, and together they say y.

a1: {a1}
a2: {a2}
y: {y}

Backward. Each expert answers for its share of the error,

- dL/dy = {dL/dy}
- dL/df1 = {dL/df1}
- dL/df2 = {dL/df2}

and the gate for having asked the wrong one:

- dL/dg1 = {dL/dg1}
- dL/dg2 = {dL/dg2}
- dL/dv1 = {dL/dv1}
- dL/dv2 = {dL/dv2}
"""
# Both gates sit in one softmax; the author asks only for the first share when g1 grows.
APART: Lines = {"dL/dg1": lambda dL_da1, da1_dg1: dL_da1 * da1_dg1}
DELTAS = {
    "delta_y": "dL/dy",
    "delta_f1": "dL/df1",
    "delta_f2": "dL/df2",
    "delta_g1": "dL/dg1",
    "delta_g2": "dL/dg2",
    "dLdw1": "dL/dw1",
    "dLdv2": "dL/dv2",
}
FRACTIONS = {
    r"\frac{\partial a_2}{\partial g_1}": "da2/dg1",
    r"\frac{\partial L}{\partial g_1}": "dL/dg1",
    r"\frac{\partial L}{\partial v_1}": "dL/dv1",
}
RIGHT = (
    Derivation(
        "experts: formulas that use a1 + a2 = 1",
        EXPERTS,
        {
            "da1/dg1": "a1*a2",
            "da1/dg2": "a1*(a1 - 1)",
            "dL/dg1": "(y - t)*a1*(f1 - y)",
            "dL/dg2": "(y - t)*a1*a2*(f2 - f1)",
            "dL/dw1": "x*(y - t)/(1 + exp(g2 - g1))",
            "dL/dv2": "x*(t - y)*a2*(y - f2)",
        },
    ),
    Derivation(
        "experts: LaTeX with the sum over both shares",
        EXPERTS,
        {
            r"\frac{\partial a_2}{\partial g_1}": r"-\frac{e^{g_1} e^{g_2}}"
            r"{\left(e^{g_1} + e^{g_2}\right)^2}",
            r"\frac{\partial L}{\partial g_1}": r"\frac{\partial L}{\partial a_1}"
            r" \frac{\partial a_1}{\partial g_1} + \frac{\partial L}{\partial a_2}"
            r" \frac{\partial a_2}{\partial g_1}",
            r"\frac{\partial L}{\partial v_1}": r"(y - t)(f_1 - f_2) \cdot \sigma(g_1 - g_2)"
            r" (1 - \sigma(g_1 - g_2)) \cdot x",
        },
        means=FRACTIONS,
    ),
    Derivation(
        "experts: deltas with seven decimals",
        EXPERTS,
        under(DELTAS, printed(worked(), ".7f")),
        means=DELTAS,
    ),
    Derivation(
        "experts: written up as notes",
        EXPERTS,
        NOTES.format(**printed(worked(decimals=6), ".6f")),
    ),
)

WRONG = (
    # Straight down from the weights: every expert hears of every weight.
    Derivation(
        "experts: formulas in which w1 moves the second expert",
        EXPERTS,
        {
            "dL/df1": "(y - t)*a1",
            "dL/df2": "(y - t)*a2",
            "df2/dw1": "x",
            "dL/dw1": "(y - t)*a1*x + (y - t)*a2*x",
        },
        wrong="df2/dw1",
        kind="no path",
    ),
    Derivation(
        "experts: the first gate by its own share only",
        EXPERTS,
        NOTES.format(**printed(worked(APART), ".7f")),
        wrong="dL/dg1",
        kind="missing path",
    ),
    Derivation(
        "experts: LaTeX without the minus between the shares",
        EXPERTS,
        {
            r"\frac{\partial a_2}{\partial g_1}": "a_1 a_2",
            r"\frac{\partial L}{\partial g_1}": "(y - t) a_1 a_2 (f_1 + f_2)",
            r"\frac{\partial L}{\partial v_1}": "(y - t) a_1 a_2 (f_1 + f_2) x",
        },
        wrong=r"\frac{\partial a_2}{\partial g_1}",
        kind="wrong sign",
        means=FRACTIONS,
    ),
)

DERIVATIONS = RIGHT + WRONG
