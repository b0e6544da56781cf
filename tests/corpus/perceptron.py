"""Derivations of a perceptron with two inputs, two hidden and two output neurons.

E = E1 + E2 = ½(t1 − o1)² + ½(t2 − o2)², and every number has its own name.
"""

from math import exp
from typing import Any

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]


def perceptron(i1: Value, i2: Value, t1: Value, t2: Value, **w: Value) -> Value:
    h1 = ag.sigmoid((w["w1"] * i1 + w["w2"] * i2 + w["b1"]).named("net_h1")).named("h1")
    h2 = ag.sigmoid((w["w3"] * i1 + w["w4"] * i2 + w["b1"]).named("net_h2")).named("h2")
    o1 = ag.sigmoid((w["w5"] * h1 + w["w6"] * h2 + w["b2"]).named("net_o1")).named("o1")
    o2 = ag.sigmoid((w["w7"] * h1 + w["w8"] * h2 + w["b2"]).named("net_o2")).named("o2")
    E1, E2 = (0.5 * (t1 - o1) ** 2).named("E1"), (0.5 * (t2 - o2) ** 2).named("E2")
    return (E1 + E2).named("E")


PERCEPTRON = Network(
    perceptron,
    given={"i1": 0.3, "i2": -0.8, "t1": 0.05, "t2": 0.95, "b1": 0.2, "b2": -0.4}
    | {"w1": 0.55, "w2": -0.35, "w3": 0.75, "w4": 0.45}
    | {"w5": 0.9, "w6": -0.65, "w7": 0.25, "w8": 1.15},
    forward={
        "net_h1": lambda w1, w2, b1, i1, i2: w1 * i1 + w2 * i2 + b1,
        "net_h2": lambda w3, w4, b1, i1, i2: w3 * i1 + w4 * i2 + b1,
        "h1": lambda net_h1: 1 / (1 + exp(-net_h1)),
        "h2": lambda net_h2: 1 / (1 + exp(-net_h2)),
        "net_o1": lambda w5, w6, b2, h1, h2: w5 * h1 + w6 * h2 + b2,
        "net_o2": lambda w7, w8, b2, h1, h2: w7 * h1 + w8 * h2 + b2,
        "o1": lambda net_o1: 1 / (1 + exp(-net_o1)),
        "o2": lambda net_o2: 1 / (1 + exp(-net_o2)),
        "E1": lambda t1, o1: 0.5 * (t1 - o1) ** 2,
        "E2": lambda t2, o2: 0.5 * (t2 - o2) ** 2,
        "E": lambda E1, E2: E1 + E2,
    },
    constants=("i1", "i2", "t1", "t2"),
)
OUTPUT: Lines = {
    "dE/do1": lambda o1, t1: o1 - t1,
    "dE/do2": lambda o2, t2: o2 - t2,
    "do1/dnet_o1": lambda o1: o1 * (1 - o1),
    "do2/dnet_o2": lambda o2: o2 * (1 - o2),
    "dE/dnet_o1": lambda dE_do1, do1_dnet_o1: dE_do1 * do1_dnet_o1,
    "dE/dnet_o2": lambda dE_do2, do2_dnet_o2: dE_do2 * do2_dnet_o2,
    "dE/dw5": lambda dE_dnet_o1, h1: dE_dnet_o1 * h1,
    "dE/dw6": lambda dE_dnet_o1, h2: dE_dnet_o1 * h2,
    "dE/dw7": lambda dE_dnet_o2, h1: dE_dnet_o2 * h1,
    "dE/dw8": lambda dE_dnet_o2, h2: dE_dnet_o2 * h2,
}
HIDDEN: Lines = {
    "dE1/dh1": lambda dE_dnet_o1, w5: dE_dnet_o1 * w5,
    "dE2/dh1": lambda dE_dnet_o2, w7: dE_dnet_o2 * w7,
    "dE/dh1": lambda dE1_dh1, dE2_dh1: dE1_dh1 + dE2_dh1,
    "dE/dh2": lambda dE_dnet_o1, w6, dE_dnet_o2, w8: dE_dnet_o1 * w6 + dE_dnet_o2 * w8,
    "dE/dnet_h1": lambda dE_dh1, h1: dE_dh1 * h1 * (1 - h1),
    "dE/dnet_h2": lambda dE_dh2, h2: dE_dh2 * h2 * (1 - h2),
    "dE/dw1": lambda dE_dnet_h1, i1: dE_dnet_h1 * i1,
    "dE/dw2": lambda dE_dnet_h1, i2: dE_dnet_h1 * i2,
    "dE/dw3": lambda dE_dnet_h2, i1: dE_dnet_h2 * i1,
    "dE/dw4": lambda dE_dnet_h2, i2: dE_dnet_h2 * i2,
}
RATE = 0.5
OUTPUT_STEP: Lines = {
    "w5 updated": lambda w5, dE_dw5: w5 - RATE * dE_dw5,
    "w6 updated": lambda w6, dE_dw6: w6 - RATE * dE_dw6,
    "w7 updated": lambda w7, dE_dw7: w7 - RATE * dE_dw7,
    "w8 updated": lambda w8, dE_dw8: w8 - RATE * dE_dw8,
}
FORWARD = PERCEPTRON.forward


def worked(changed: Lines | None = None, decimals: int | None = None) -> dict[str, Any]:
    lines = {**FORWARD, **OUTPUT, **HIDDEN, **(changed or {})}
    return work(PERCEPTRON.given, lines, decimals)


# Updates the output layer at once, and takes w5 from there on the way down to h1.
EARLY_STEP: Lines = {
    **OUTPUT,
    **OUTPUT_STEP,
    **HIDDEN,
    "dE1/dh1": lambda dE_dnet_o1, w5_updated: dE_dnet_o1 * w5_updated,
}

# A second pass after a whole step, whose author goes on with the h1 of the first.
FIRST = worked(OUTPUT_STEP)
SECOND = Network(
    perceptron,
    given=PERCEPTRON.given
    | {f"w{i}": FIRST[f"w{i} updated"] for i in range(5, 9)}
    | {f"w{i}": PERCEPTRON.given[f"w{i}"] - RATE * FIRST[f"dE/dw{i}"] for i in range(1, 5)},
    forward=FORWARD,
    constants=PERCEPTRON.constants,
)
STALE: Lines = {
    "h1 before": lambda: FIRST["h1"],
    **FORWARD,
    **OUTPUT,
    "dE/dw5": lambda dE_dnet_o1, h1_before: dE_dnet_o1 * h1_before,
}

DELTAS = {
    "delta_net_o1": "dE/dnet_o1",
    "delta_net_o2": "dE/dnet_o2",
    "nabla_w5": "dE/dw5",
    "nabla_w8": "dE/dw8",
    "d_E_d_h1": "dE/dh1",
    "h2_bar": "dE/dh2",
    "w1_grad": "dE/dw1",
    "dEdw4": "dE/dw4",
}
UPDATED = {
    "Updated weight w5": "w5 updated",
    "updated_w6": "w6 updated",
    "w7_updated": "w7 updated",
    "w8 updated": "w8 updated",
}
PRODUCT = r"\frac{\partial E}{\partial w_5}"
TWO_PATHS = r"\frac{\partial E}{\partial h_1}"
DOWN = r"\frac{\partial E}{\partial w_1}"

RIGHT = (
    Derivation("perceptron: nine decimals, both paths to h1", PERCEPTRON, printed(worked(), ".9f")),
    Derivation(
        "perceptron: pocket calculator with four decimals",
        PERCEPTRON,
        printed(worked(decimals=4), ".4f"),
    ),
    Derivation(
        "perceptron: deltas, nablas and bars",
        PERCEPTRON,
        under(DELTAS, printed(worked())),
        means=DELTAS,
    ),
    # Updates the output layer on paper, but goes down with the weights from before.
    Derivation(
        "perceptron: updated weights stated, old ones used",
        PERCEPTRON,
        printed(worked(OUTPUT_STEP), ".8f"),
        learning_rate=RATE,
    ),
    Derivation(
        "perceptron: only the updated weights, in four spellings",
        PERCEPTRON,
        under(UPDATED, printed(worked(OUTPUT_STEP), ".7f")),
        learning_rate=RATE,
        means=UPDATED,
    ),
    # One factored sum, one written out with the second output first.
    Derivation(
        "perceptron: factored and unfactored sums",
        PERCEPTRON,
        {
            "dE/dw5": "h1*(o1 - t1)*o1*(1 - o1)",
            "dE/dh2": "w8*(o2 - t2)*o2*(1 - o2) - w6*(t1 - o1)*(1 - o1)*o1",
            "dE/dw1": "((o1 - t1)*o1*(1 - o1)*w5 + (o2 - t2)*o2*(1 - o2)*w7)*h1*(1 - h1)*i1",
            "dE/dw4": "(o2 - t2)*o2*(1 - o2)*w8*h2*(1 - h2)*i2"
            " + (o1 - t1)*o1*(1 - o1)*w6*h2*(1 - h2)*i2",
        },
    ),
    Derivation(
        "perceptron: products of derivatives in LaTeX",
        PERCEPTRON,
        {
            PRODUCT: r"\frac{\partial E_1}{\partial o_1} \cdot "
            r"\frac{\partial o_1}{\partial net_{o1}} \cdot \frac{\partial net_{o1}}{\partial w_5}",
            TWO_PATHS: r"\frac{\partial E_1}{\partial h_1} + \frac{\partial E_2}{\partial h_1}",
            DOWN: r"\left[(o_1 - t_1) o_1 (1 - o_1) w_5 + (o_2 - t_2) o_2 (1 - o_2) w_7\right]"
            r" \cdot h_1 (1 - h_1) \cdot i_1",
        },
        means={PRODUCT: "dE/dw5", TWO_PATHS: "dE/dh1", DOWN: "dE/dw1"},
    ),
)

WRONG = (
    # Follows h1 into the first output only.
    Derivation(
        "perceptron: h1 reaches only E1",
        PERCEPTRON,
        printed(worked({"dE/dh1": lambda dE1_dh1: dE1_dh1}), ".8f"),
        wrong="dE/dh1",
        kind=("missing path", "another quantity"),
    ),
    Derivation(
        "perceptron: formula with the path over o2 alone",
        PERCEPTRON,
        {
            "dE/dw8": "(o2 - t2)*o2*(1 - o2)*h2",
            "dE/dw3": "(o2 - t2)*o2*(1 - o2)*w8*h2*(1 - h2)*i1",
        },
        wrong="dE/dw3",
        kind="missing path",
    ),
    # E1 is taken to depend on o2.
    Derivation(
        "perceptron: E1 by o2",
        PERCEPTRON,
        printed(worked({"dE1/do2": lambda o2, t1: o2 - t1}), ".6f"),
        wrong="dE1/do2",
        kind="no path",
    ),
    Derivation(
        "perceptron: net_h2 by w1",
        PERCEPTRON,
        {"dnet_h1/dw1": "i1", "dnet_h2/dw3": "i1", "dnet_h2/dw1": "i1"},
        wrong="dnet_h2/dw1",
        kind="no path",
    ),
    Derivation(
        "perceptron: w5 updated before h1",
        PERCEPTRON,
        printed(work(PERCEPTRON.given, {**FORWARD, **EARLY_STEP}), ".9f"),
        wrong="dE1/dh1",
        kind="updated before reuse",
        learning_rate=RATE,
    ),
    Derivation(
        "perceptron: h1 of the pass before",
        SECOND,
        printed(work(SECOND.given, STALE), ".9f"),
        wrong="dE/dw5",
        kind="stale value",
        means={"h1 before": ""},
    ),
    # Measures the first output against the target of the second.
    Derivation(
        "perceptron: t2 in place of t1",
        PERCEPTRON,
        printed(worked({"dE/do1": lambda o1, t2: o1 - t2}), ".6f"),
        wrong="dE/do1",
        kind=("wrong factor", "wrong index"),
    ),
    # Takes the slope of the other output neuron.
    Derivation(
        "perceptron: formula with the slope of the other output",
        PERCEPTRON,
        {"dE/dw5": "(o1 - t1)*o1*(1 - o1)*h1", "dE/dw7": "(o2 - t2)*o1*(1 - o1)*h1"},
        wrong="dE/dw7",
        kind=("wrong factor", "wrong index"),
    ),
    # The weight is on the path to the hidden neuron, not on the one to itself.
    Derivation(
        "perceptron: w5 too much in dE/dw5",
        PERCEPTRON,
        printed(worked({"dE/dw5": lambda dE_dnet_o1, h1, w5: dE_dnet_o1 * h1 * w5}), ".8f"),
        wrong="dE/dw5",
        kind="extra factor",
    ),
    # From the hidden neuron to its weight without the hidden neuron's slope.
    Derivation(
        "perceptron: the slope of h1 forgotten",
        PERCEPTRON,
        {
            "dE/dnet_o1": "(o1 - t1)*o1*(1 - o1)",
            "dE/dnet_o2": "(o2 - t2)*o2*(1 - o2)",
            "dE/dw1": "((o1 - t1)*o1*(1 - o1)*w5 + (o2 - t2)*o2*(1 - o2)*w7)*i1",
        },
        wrong="dE/dw1",
        kind="missing factor",
    ),
    # Copies the line of w5 and forgets to change the hidden neuron.
    Derivation(
        "perceptron: h1 again for w6",
        PERCEPTRON,
        printed(worked({"dE/dw6": lambda dE_dnet_o1, h1: dE_dnet_o1 * h1}), ".8f"),
        wrong="dE/dw6",
        kind=("wrong index", "another quantity", "wrong factor"),
    ),
)

DERIVATIONS = RIGHT + WRONG
