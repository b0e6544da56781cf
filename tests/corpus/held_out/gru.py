"""Derivations of a gated recurrent unit of one number: h_new = (1 − z)·n + z·h."""

from functools import partial
from math import exp
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under
from corpus.held_out.sheet import sheet

__all__ = ["DERIVATIONS"]


def gru(
    x: Value,
    h: Value,
    t: Value,
    w_r: Value,
    u_r: Value,
    w_z: Value,
    u_z: Value,
    w_n: Value,
    u_n: Value,
) -> Value:
    a_r = (w_r * x + u_r * h).named("a_r")
    r = ag.sigmoid(a_r).named("r")
    a_z = (w_z * x + u_z * h).named("a_z")
    z = ag.sigmoid(a_z).named("z")
    a_n = (w_n * x + u_n * (r * h)).named("a_n")
    n = ag.tanh(a_n).named("n")
    h_new = ((1 - z) * n + z * h).named("h_new")
    return (0.5 * (h_new - t) ** 2).named("L")


GRU = Network(
    gru,
    given={"x": 0.7, "h": -0.4, "t": 0.5}
    | {"w_r": 0.9, "u_r": -0.6, "w_z": -0.3, "u_z": 1.1, "w_n": 1.2, "u_n": 0.8},
    forward={
        "a_r": lambda w_r, x, u_r, h: w_r * x + u_r * h,
        "r": lambda a_r: 1 / (1 + exp(-a_r)),
        "a_z": lambda w_z, x, u_z, h: w_z * x + u_z * h,
        "z": lambda a_z: 1 / (1 + exp(-a_z)),
        "a_n": lambda w_n, x, u_n, r, h: w_n * x + u_n * r * h,
        "n": lambda a_n: 1 - 2 / (1 + exp(2 * a_n)),
        "h_new": lambda z, n, h: (1 - z) * n + z * h,
        "L": lambda h_new, t: (h_new - t) ** 2 / 2,
    },
    constants=("x", "t"),
)
BACKWARD: Lines = {
    "dL/dh_new": lambda h_new, t: h_new - t,
    "dh_new/dz": lambda h, n: h - n,
    "dh_new/dn": lambda z: 1 - z,
    "dL/dz": lambda dL_dh_new, dh_new_dz: dL_dh_new * dh_new_dz,
    "dL/da_z": lambda dL_dz, z: dL_dz * z * (1 - z),
    "dL/dw_z": lambda dL_da_z, x: dL_da_z * x,
    "dL/du_z": lambda dL_da_z, h: dL_da_z * h,
    "dL/dn": lambda dL_dh_new, dh_new_dn: dL_dh_new * dh_new_dn,
    "dL/da_n": lambda dL_dn, n: dL_dn * (1 - n**2),
    "dL/dw_n": lambda dL_da_n, x: dL_da_n * x,
    "dL/du_n": lambda dL_da_n, r, h: dL_da_n * r * h,
    "dL/dr": lambda dL_da_n, u_n, h: dL_da_n * u_n * h,
    "dL/da_r": lambda dL_dr, r: dL_dr * r * (1 - r),
    "dL/dw_r": lambda dL_da_r, x: dL_da_r * x,
    "dL/du_r": lambda dL_da_r, h: dL_da_r * h,
    "dL/dh": lambda dL_dh_new, z, dL_da_z, u_z, dL_da_n, u_n, r, dL_da_r, u_r: (
        dL_dh_new * z + dL_da_z * u_z + dL_da_n * u_n * r + dL_da_r * u_r
    ),
}
worked = partial(sheet, GRU, BACKWARD)

# The weights after a step of 0.8, with which the second pass runs.
FIRST = worked()
LEFT = {
    name: GRU.given[name] - 0.8 * FIRST[f"dL/d{name}"]
    for name in ("w_r", "u_r", "w_z", "u_z", "w_n", "u_n")
}
SECOND = Network(gru, GRU.given | LEFT, GRU.forward, GRU.constants)
STALE: Lines = {
    "z_old": lambda: FIRST["z"],
    **BACKWARD,
    "dh_new/dn": lambda z_old: 1 - z_old,
}


def right_code(
    x: Any, h: Any, t: Any, w_r: Any, u_r: Any, w_z: Any, u_z: Any, w_n: Any, u_n: Any
) -> Any:
    r, z = (1 / (1 + np.exp(-w * x - u * h)) for w, u in ((w_r, u_r), (w_z, u_z)))
    n = np.tanh(w_n * x + u_n * r * h)
    h_new = n + z * (h - n)
    dh_new = h_new - t
    da_n = dh_new * (1 - z) * (1 - n) * (1 + n)
    da_z = dh_new * (h - n) * (z - z * z)
    da_r = da_n * u_n * h * (r - r * r)
    dw_r, dw_z, dw_n = da_r * x, da_z * x, da_n * x
    du_r, du_z, du_n = da_r * h, da_z * h, da_n * r * h
    dh = z * dh_new
    dh += u_z * da_z + u_r * da_r
    dh += r * u_n * da_n
    return dh, dw_r, dw_z, dw_n, du_r, du_z, du_n


# The reset gate looks at the old state too.
def no_way_through_the_reset_gate(
    x: Any, h: Any, t: Any, w_r: Any, u_r: Any, w_z: Any, u_z: Any, w_n: Any, u_n: Any
) -> Any:
    r = 1 / (1 + np.exp(-(w_r * x + u_r * h)))
    z = 1 / (1 + np.exp(-(w_z * x + u_z * h)))
    n = np.tanh(w_n * x + u_n * r * h)
    h_new = (1 - z) * n + z * h
    dh_new = h_new - t
    da_z = dh_new * (h - n) * z * (1 - z)
    da_n = dh_new * (1 - z) * (1 - n**2)
    da_r = da_n * u_n * h * r * (1 - r)
    dw_r, dw_z, dw_n = da_r * x, da_z * x, da_n * x
    dh = dh_new * z + da_z * u_z + da_n * u_n * r
    return dh, dw_r, dw_z, dw_n


BARS = {
    "h_new_bar": "dL/dh_new",
    "n_bar": "dL/dn",
    "a_n_bar": "dL/da_n",
    "z_bar": "dL/dz",
    "a_z_bar": "dL/da_z",
    "r_bar": "dL/dr",
    "a_r_bar": "dL/da_r",
    "h_bar": "dL/dh",
}
FRACTIONS = {
    r"\frac{\partial h_{new}}{\partial n}": "dh_new/dn",
    r"\frac{\partial L}{\partial z}": "dL/dz",
    r"\frac{\partial L}{\partial n}": "dL/dn",
    r"\frac{\partial L}{\partial a_n}": "dL/da_n",
    r"\frac{\partial L}{\partial w_n}": "dL/dw_n",
    r"\frac{\partial L}{\partial u_n}": "dL/du_n",
}
RIGHT = (
    Derivation(
        "gru: six decimals, each from those above",
        GRU,
        printed(worked(decimals=6), ".6f"),
    ),
    Derivation("gru: a bar for each slope", GRU, under(BARS, printed(worked(), ".7f")), means=BARS),
    Derivation("gru: code that collects dh in three steps", GRU, code=right_code),
    Derivation(
        "gru: LaTeX",
        GRU,
        {
            r"\frac{\partial h_{new}}{\partial n}": "1 - z",
            r"\frac{\partial L}{\partial z}": r"-(h_{new} - t)(n - h)",
            r"\frac{\partial L}{\partial a_n}": r"(h_{new} - t)(1 - z)(1 - \tanh^2(a_n))",
            r"\frac{\partial L}{\partial u_n}": r"\frac{\partial L}{\partial a_n} \cdot r h",
        },
        means=FRACTIONS,
    ),
)

WRONG = (
    # The new candidate has the weight 1 − z; z is that of the old state.
    Derivation(
        "gru: z for 1 − z",
        GRU,
        printed(worked({"dh_new/dn": lambda z: z}, decimals=5), ".5f"),
        wrong="dh_new/dn",
        kind="wrong factor",
    ),
    Derivation(
        "gru: code that forgets the reset gate",
        GRU,
        code=no_way_through_the_reset_gate,
        wrong="dh",
        kind="missing path",
    ),
    Derivation(
        "gru: the gate of the first pass in the second",
        SECOND,
        printed(sheet(SECOND, STALE)),
        wrong="dh_new/dn",
        kind="stale value",
        means={"z_old": ""},
    ),
    # x(1 − x), with what goes into the sigmoid for x.
    Derivation(
        "gru: formula with a_z(1 − a_z)",
        GRU,
        {
            "dL/dz": "(h_new - t)*(h - n)",
            "dL/da_z": "(h_new - t)*(h - n)*a_z*(1 - a_z)",
            "dL/dw_z": "(h_new - t)*(h - n)*a_z*(1 - a_z)*x",
        },
        wrong="dL/da_z",
        kind="sigmoid derivative",
    ),
    Derivation(
        "gru: LaTeX without the slope of tanh",
        GRU,
        {
            r"\frac{\partial L}{\partial n}": r"(h_{new} - t)(1 - z)",
            r"\frac{\partial L}{\partial a_n}": r"(h_{new} - t)(1 - z)",
            r"\frac{\partial L}{\partial w_n}": r"(h_{new} - t)(1 - z) \cdot x",
        },
        wrong=r"\frac{\partial L}{\partial a_n}",
        kind="missing factor",
        means=FRACTIONS,
    ),
)

DERIVATIONS = RIGHT + WRONG
