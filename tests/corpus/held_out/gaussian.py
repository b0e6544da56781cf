"""Derivations of a Gaussian likelihood: mean and log σ are linear in x, L = s + ½((t − μ)/eˢ)²."""

from functools import partial

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def gaussian(x: Value, t: Value, w: Value, b: Value, v: Value, c: Value) -> Value:
    mu = (w * x + b).named("mu")
    s = (v * x + c).named("s")
    sigma = ag.exp(s).named("sigma")
    q = ((t - mu) / sigma).named("q")
    return (s + 0.5 * q**2).named("L")


GAUSSIAN = Network(
    gaussian,
    given={"x": 1.6, "t": 2.1, "w": 0.7, "b": 0.25, "v": -0.4, "c": 0.15},
    forward={
        "mu": lambda w, x, b: w * x + b,
        "s": lambda v, x, c: v * x + c,
        "sigma": lambda s: np.e**s,
        "q": lambda t, mu, sigma: (t - mu) / sigma,
        "L": lambda s, q: s + q**2 / 2,
    },
    constants=("x", "t"),
)
BACKWARD: Lines = {
    "dL/dq": lambda q: q,
    "dq/dmu": lambda sigma: -1 / sigma,
    "dq/dsigma": lambda q, sigma: -q / sigma,
    "dL/dmu": lambda dL_dq, dq_dmu: dL_dq * dq_dmu,
    "dL/dw": lambda dL_dmu, x: dL_dmu * x,
    "dL/db": lambda dL_dmu: dL_dmu,
    "dL/dsigma": lambda dL_dq, dq_dsigma: dL_dq * dq_dsigma,
    "dsigma/ds": lambda sigma: sigma,
    "dL/ds": lambda dL_dsigma, dsigma_ds: 1 + dL_dsigma * dsigma_ds,
    "dL/dv": lambda dL_ds, x: dL_ds * x,
    "dL/dc": lambda dL_ds: dL_ds,
}
worked = partial(sheet, GAUSSIAN, BACKWARD)
# Mean and scale share their input; so, thinks the author, the weight of the one moves the other.
TANGLED: Lines = {
    "dmu/dv": lambda x: x,
    **BACKWARD,
    "dL/dv": lambda dL_ds, x, dL_dmu, dmu_dv: dL_ds * x + dL_dmu * dmu_dv,
}

FRACTIONS = {
    r"\frac{\partial L}{\partial \mu}": "dL/dmu",
    r"\frac{\partial L}{\partial \sigma}": "dL/dsigma",
    r"\frac{\partial L}{\partial s}": "dL/ds",
    r"\frac{\partial L}{\partial v}": "dL/dv",
}
RIGHT = (
    Derivation(
        "gaussian: formulas in s alone",
        GAUSSIAN,
        {
            "dq/dsigma": "(mu - t)/sigma**2",
            "dL/dmu": "(mu - t)*exp(-2*s)",
            "dL/dw": "x*(mu - t)/exp(s)**2",
            "dL/ds": "1 - (t - mu)**2*exp(-2*s)",
            "dL/dc": "1 - ((t - w*x - b)/exp(v*x + c))**2",
        },
    ),
    # The author's σ is the scale, not the sigmoid.
    Derivation(
        "gaussian: LaTeX with μ and σ",
        GAUSSIAN,
        {
            r"\frac{\partial L}{\partial \mu}": r"-\frac{t - \mu}{\sigma^2}",
            r"\frac{\partial L}{\partial \sigma}": r"-\frac{(t - \mu)^2}{\sigma^3}",
            r"\frac{\partial L}{\partial s}": r"(1 - q)(1 + q)",
            r"\frac{\partial L}{\partial v}": r"x - q^2 x",
        },
        means=FRACTIONS,
    ),
    Derivation(
        "gaussian: four decimals, each from those above",
        GAUSSIAN,
        printed(worked(decimals=4), ".4f"),
    ),
    Derivation("gaussian: the floats themselves", GAUSSIAN, worked()),
)

WRONG = (
    Derivation(
        "gaussian: the minus of t − μ lost",
        GAUSSIAN,
        printed(worked({"dq/dmu": lambda sigma: 1 / sigma}), ".7f"),
        wrong="dq/dmu",
        kind="wrong sign",
    ),
    # That of the logarithm, ds/dσ, in place of that of the exponential.
    Derivation(
        "gaussian: 1/σ for the slope of exp",
        GAUSSIAN,
        printed(worked({"dsigma/ds": lambda sigma: 1 / sigma}), ".6f"),
        wrong="dsigma/ds",
        kind="upside down",
    ),
    # s stands in the loss also by itself.
    Derivation(
        "gaussian: formulas in which s counts only within σ",
        GAUSSIAN,
        {
            "dL/dsigma": "-q**2/sigma",
            "dsigma/ds": "exp(s)",
            "dL/ds": "-q**2",
            "dL/dv": "-q**2*x",
        },
        wrong="dL/ds",
        kind="missing path",
    ),
    Derivation(
        "gaussian: the scale's weight moves the mean",
        GAUSSIAN,
        printed(sheet(GAUSSIAN, TANGLED)),
        wrong="dmu/dv",
        kind="no path",
    ),
    # By log σ, where it says by σ.
    Derivation(
        "gaussian: dL/ds stands under dL/dσ",
        GAUSSIAN,
        printed(
            worked({"dL/dsigma": lambda q: 1 - q**2, "dL/ds": lambda dL_dsigma: dL_dsigma}), ".8f"
        ),
        wrong="dL/dsigma",
        kind="another quantity",
    ),
)

DERIVATIONS = RIGHT + WRONG
