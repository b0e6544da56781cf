"""Derivations of a single neuron: o = σ(w1·x1 + w2·x2 + b), E = ½(t − o)²."""

from math import exp
from typing import Any

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]


def neuron(x1: Value, x2: Value, t: Value, w1: Value, w2: Value, b: Value) -> Value:
    net = (w1 * x1 + w2 * x2 + b).named("net")
    o = ag.sigmoid(net).named("o")
    return (0.5 * (t - o) ** 2).named("E")


NEURON = Network(
    neuron,
    given={"x1": 0.6, "x2": -1.2, "t": 0.9, "w1": 0.8, "w2": 0.35, "b": 0.1},
    forward={
        "net": lambda x1, x2, w1, w2, b: w1 * x1 + w2 * x2 + b,
        "o": lambda net: 1 / (1 + exp(-net)),
        "E": lambda o, t: 0.5 * (t - o) ** 2,
    },
    constants=("x1", "x2", "t"),
)
BACKWARD: Lines = {
    "dE/do": lambda o, t: -(t - o),
    "do/dnet": lambda o: o * (1 - o),
    "dE/dnet": lambda dE_do, do_dnet: dE_do * do_dnet,
    "dE/dw1": lambda dE_dnet, x1: dE_dnet * x1,
    "dE/dw2": lambda dE_dnet, x2: dE_dnet * x2,
    "dE/db": lambda dE_dnet: dE_dnet,
}
RATE = 0.5
UPDATE: Lines = {
    "w1 updated": lambda w1, dE_dw1: w1 - RATE * dE_dw1,
    "w2 updated": lambda w2, dE_dw2: w2 - RATE * dE_dw2,
    "b updated": lambda b, dE_db: b - RATE * dE_db,
}


def worked(changed: Lines | None = None, decimals: int | None = None) -> dict[str, Any]:
    """The whole sheet of an author, who may do some lines in another way."""
    lines = {**NEURON.forward, **BACKWARD, **UPDATE, **(changed or {})}
    return work(NEURON.given, lines, decimals)


# A second pass, with the weights that the first one left; its sheet also states the old output.
FIRST = worked()
LEFT = {name: FIRST[f"{name} updated"] for name in ("w1", "w2", "b")}
SECOND = Network(neuron, NEURON.given | LEFT, NEURON.forward, NEURON.constants)
STALE: Lines = {
    "o_old": lambda: FIRST["o"],
    **NEURON.forward,
    **BACKWARD,
    "do/dnet": lambda o_old: o_old * (1 - o_old),
}

RUN_TOGETHER = {
    "net": "net",
    "o": "o",
    "dEdo": "dE/do",
    "dodnet": "do/dnet",
    "dEdnet": "dE/dnet",
    "grad_w1": "dE/dw1",
    "w2_grad": "dE/dw2",
    "db": "dE/db",
}
NOTES = """\
# Exercise 2: one neuron

The forward pass gives

net: {net}
o: {o}
E: {E}

and going backwards, with $o(1 - o)$ for the slope of the sigmoid,

- dE/do = {dE/do}
- do/dnet = {do/dnet}
- dE/dnet = {dE/dnet}
- dE/dw1 = {dE/dw1}
- dE/dw2 = {dE/dw2}
"""
RIGHT = (
    Derivation("neuron: the whole sheet in full", NEURON, printed(worked()), learning_rate=RATE),
    Derivation(
        "neuron: names run together, six decimals",
        NEURON,
        under(RUN_TOGETHER, printed(worked(), ".6f")),
        means=RUN_TOGETHER,
    ),
    # Every number is computed from the four decimals that stand above it.
    Derivation(
        "neuron: pocket calculator with four decimals",
        NEURON,
        printed(worked(decimals=4), ".4f"),
        learning_rate=RATE,
    ),
    # A text with a blank line here and a bullet there, not a table.
    Derivation("neuron: written up as notes", NEURON, NOTES.format(**printed(worked(), ".5f"))),
    # (t − o) with a minus in front, σ′ on the output.
    Derivation(
        "neuron: formulas with a minus in front",
        NEURON,
        {
            "dE/do": "-(t - o)",
            "do/dnet": "o - o**2",
            "dE/dw1": "-(t - o)*o*(1 - o)*x1",
            "dE/dw2": "x2*(o - t)*(1 - o)*o",
            "dE/db": "(o - t)*exp(-net)/(1 + exp(-net))**2",
        },
    ),
    Derivation(
        "neuron: LaTeX with fractions and dots",
        NEURON,
        {
            r"\frac{\partial E}{\partial o}": "o - t",
            r"\frac{\partial o}{\partial net}": r"\frac{1}{1 + e^{-net}} \cdot (1 - o)",
            r"\frac{\partial E}{\partial w_1}": r"(o - t) \cdot o (1 - o) \cdot x_1",
            r"\frac{\partial E}{\partial w_2}": r"-\left(t - o\right) \cdot \sigma(net)"
            r"\left(1 - \sigma(net)\right) \cdot x_2",
        },
        means={
            r"\frac{\partial E}{\partial o}": "dE/do",
            r"\frac{\partial o}{\partial net}": "do/dnet",
            r"\frac{\partial E}{\partial w_1}": "dE/dw1",
            r"\frac{\partial E}{\partial w_2}": "dE/dw2",
        },
    ),
    # A list, in which the same number may come twice.
    Derivation(
        "neuron: pairs, with a number given twice",
        NEURON,
        [*printed(worked(), ".4f").items(), ("do_dnet", "0.2484"), ("grad_w1", "-0.05367")],
        learning_rate=RATE,
        means={"do_dnet": "do/dnet", "grad_w1": "dE/dw1"},
    ),
    # Nothing but what the network starts from.
    Derivation(
        "neuron: LaTeX with σ′, and all written out",
        NEURON,
        {
            r"\frac{\partial E}{\partial w_1}": r"(o - t) \cdot \sigma'(net) \cdot x_1",
            "dE/db": "(1/(1 + exp(-w1*x1 - w2*x2 - b)) - t)*exp(w1*x1 + w2*x2 + b)"
            "/(1 + exp(w1*x1 + w2*x2 + b))**2",
        },
        means={r"\frac{\partial E}{\partial w_1}": "dE/dw1"},
    ),
)

WRONG = (
    # (t − o) without the minus of the inner derivative.
    Derivation(
        "neuron: t − o for o − t",
        NEURON,
        printed(worked({"dE/do": lambda o, t: t - o}), ".6f"),
        wrong="dE/do",
        kind="wrong sign",
        learning_rate=RATE,
    ),
    # Takes E for (t − o)², without the half.
    Derivation(
        "neuron: the half of E forgotten",
        NEURON,
        printed(worked({"dE/do": lambda o, t: 2 * (o - t)}), ".8f"),
        wrong="dE/do",
        kind="constant factor",
        learning_rate=RATE,
    ),
    # Goes from the error to the weight and leaves the sigmoid's slope out.
    Derivation(
        "neuron: formula without the slope of the sigmoid",
        NEURON,
        {"dE/do": "o - t", "do/dnet": "o*(1 - o)", "dE/dw1": "(o - t)*x1"},
        wrong="dE/dw1",
        kind="missing factor",
    ),
    # Applies the sigmoid again to what is its output already.
    Derivation(
        "neuron: slope at o instead of net",
        NEURON,
        printed(worked({"do/dnet": lambda o: 1 / (1 + exp(-o)) * (1 - 1 / (1 + exp(-o)))})),
        wrong="do/dnet",
        kind="sigmoid derivative",
        learning_rate=RATE,
    ),
    # x(1 − x) with the input for x.
    Derivation(
        "neuron: net(1 − net)",
        NEURON,
        {"dE/do": "o - t", "do/dnet": "net*(1 - net)", "dE/dw1": "(o - t)*net*(1 - net)*x1"},
        wrong="do/dnet",
        kind="sigmoid derivative",
    ),
    Derivation(
        "neuron: the slope upside down",
        NEURON,
        printed(worked({"do/dnet": lambda o: 1 / (o * (1 - o))}), ".5f"),
        wrong="do/dnet",
        kind="upside down",
        learning_rate=RATE,
    ),
    # δ written one line too early; the lines below use it rightly, as δ.
    Derivation(
        "neuron: dE/dnet stands under dE/do",
        NEURON,
        printed(
            worked(
                {
                    "dE/do": lambda o, t: (o - t) * o * (1 - o),
                    "dE/dnet": lambda dE_do: dE_do,
                }
            ),
            ".7f",
        ),
        wrong="dE/do",
        kind=("another quantity", "extra factor"),
        learning_rate=RATE,
    ),
    # Multiplies by the weight where the input belongs.
    Derivation(
        "neuron: w1 in place of x1",
        NEURON,
        printed(worked({"dE/dw1": lambda dE_dnet, w1: dE_dnet * w1}), ".6f"),
        wrong="dE/dw1",
        kind="wrong factor",
        learning_rate=RATE,
    ),
    # The second pass goes on with the slope at the output of the first.
    Derivation(
        "neuron: slope of the first pass in the second",
        SECOND,
        printed(work(SECOND.given, STALE)),
        wrong="do/dnet",
        kind="stale value",
        means={"o_old": ""},
    ),
    # Steps up the gradient.
    Derivation(
        "neuron: the update climbs",
        NEURON,
        printed(worked({"w1 updated": lambda w1, dE_dw1: w1 + RATE * dE_dw1}), ".8f"),
        wrong="w1 updated",
        kind="wrong sign",
        learning_rate=RATE,
    ),
)

DERIVATIONS = RIGHT + WRONG
