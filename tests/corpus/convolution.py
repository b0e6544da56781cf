"""Derivations of a convolution whose windows overlap.

fm = x ⋆ k + b without padding, L = ½Σ(fm − t)².
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Derivation, Lines, Network, printed, under, work

__all__ = ["DERIVATIONS"]


def convolve(x: Value, t: Value, k: Value, b: Value) -> Value:
    fm = (ag.conv2d(x, k) + b).named("fm")
    return (0.5 * ((fm - t) ** 2).sum()).named("L")


def windows(x: np.ndarray) -> np.ndarray:
    return sliding_window_view(x, (2, 2))


_rng = np.random.default_rng(13)
CONV = Network(
    convolve,
    given={
        "x": _rng.normal(size=(4, 4)),
        "t": _rng.normal(size=(3, 3)),
        "k": _rng.normal(size=(2, 2)),
        "b": 0.25,
    },
    forward={
        "fm": lambda x, k, b: np.einsum("ijmn,mn->ij", windows(x), k) + b,
        "L": lambda fm, t: 0.5 * ((fm - t) ** 2).sum(),
    },
    constants=("t",),
)


def spread(dL_dfm: np.ndarray, k: np.ndarray) -> np.ndarray:
    """What each window hands back to the cells under it."""
    dx = np.zeros((4, 4))
    for i in range(3):
        for j in range(3):
            dx[i : i + 2, j : j + 2] += dL_dfm[i, j] * k
    return dx


BACKWARD: Lines = {
    "dL/dfm": lambda fm, t: fm - t,
    "dL/dk": lambda dL_dfm, x: np.einsum("ij,ijmn->mn", dL_dfm, windows(x)),
    "dL/db": lambda dL_dfm: dL_dfm.sum(),
    "dL/dx": spread,
    "k updated": lambda k, dL_dk: k - 0.1 * dL_dk,
}


def worked(changed: Lines | None = None) -> dict[str, object]:
    return work(CONV.given, {**CONV.forward, **BACKWARD, **(changed or {})})


def four_loops(x, k, fm, t):
    """Every product of the forward pass, once for the kernel and once for the input."""
    dfm = fm - t
    dk, dx, db = np.zeros_like(k), np.zeros_like(x), 0.0
    for i in range(dfm.shape[0]):
        for j in range(dfm.shape[1]):
            db += dfm[i, j]
            for m in range(k.shape[0]):
                for n in range(k.shape[1]):
                    dk[m, n] += dfm[i, j] * x[i + m, j + n]
                    dx[i + m, j + n] += dfm[i, j] * k[m, n]
    return dk, dx, db


def as_a_full_convolution(x, k, fm, t):
    """The input's gradient: the padded error, correlated with the kernel turned by 180°."""
    dout = fm - t
    padded = np.pad(dout, 1)
    dx = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            dx[i, j] = np.sum(padded[i : i + 2, j : j + 2] * np.rot90(k, 2))
    dk = np.array([[np.sum(dout * x[m : m + 3, n : n + 3]) for n in (0, 1)] for m in (0, 1)])
    return dx, dk


def columns(x, k, fm, t):
    """Windows as rows of a matrix; their gradients are added back at the cells they came from."""
    rows, cols = np.meshgrid(np.arange(3), np.arange(3), indexing="ij")
    i = rows.reshape(-1, 1) + np.array([0, 0, 1, 1])
    j = cols.reshape(-1, 1) + np.array([0, 1, 0, 1])
    dout = (fm - t).reshape(-1)
    dk = (x[i, j].T @ dout).reshape(2, 2)
    dx = np.zeros_like(x)
    np.add.at(dx, (i, j), np.outer(dout, k.reshape(-1)))
    return dk, dx, dout.sum()


def kernel_not_turned(x, k, fm, t):
    """The same, with the kernel as it stands."""
    dfm = fm - t
    padded = np.pad(dfm, 1)
    dk = np.zeros((2, 2))
    for m in range(2):
        for n in range(2):
            dk[m, n] = np.sum(dfm * x[m : m + 3, n : n + 3])
    dx = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            dx[i, j] = np.sum(padded[i : i + 2, j : j + 2] * k)
    return dx, dk


def last_window_stays(x, k, fm, t):
    """Cells under several windows keep what the last one hands back."""
    dfm = fm - t
    dk = np.zeros((2, 2))
    dx = np.zeros((4, 4))
    for i in range(3):
        for j in range(3):
            dk += dfm[i, j] * x[i : i + 2, j : j + 2]
            dx[i : i + 2, j : j + 2] = dfm[i, j] * k
    return dx, dk


def bias_of_every_cell(x, fm, t):
    """One bias serves all cells, but each keeps its own gradient."""
    dfm = fm - t
    dk = np.tensordot(dfm, sliding_window_view(x, (3, 3)), axes=([0, 1], [2, 3]))
    db = dfm
    return dk, db


K_SUM = " + ".join(f"(fm[{i},{j}] - t[{i},{j}])*x[{i},{j + 1}]" for i in range(3) for j in range(3))
X_SUM = (
    "(fm[1,1] - t[1,1])*k[0,0] + k[0,1]*(fm[1,0] - t[1,0])"
    " - k[1,0]*(t[0,1] - fm[0,1]) + (fm[0,0] - t[0,0])*k[1,1]"
)
STYLES = {"dout": "dL/dfm", "dL_dk": "dL/dk", "grad_b": "dL/db", "x_bar": "dL/dx"}
NOTES = """\
## Backpropagation

The error of the feature map:

dL/dfm:
{dL/dfm}

Each window hands its error to the kernel and to the four cells under it.

dL/dk:
{dL/dk}
dL/dx:
{dL/dx}

The bias takes all of it, so dL/db is their sum.

- dL/db = {dL/db}
"""
B_LATEX = r"\frac{\partial L}{\partial b}"

RIGHT = (
    Derivation(
        "convolution: matrices as NumPy prints them", CONV, printed(worked()), learning_rate=0.1
    ),
    Derivation(
        "convolution: names of an engineer, six decimals",
        CONV,
        under(STYLES, printed(worked(), ".6f")),
        means=STYLES,
    ),
    Derivation("convolution: notes with matrices", CONV, NOTES.format(**printed(worked()))),
    Derivation(
        "convolution: nine products and four", CONV, {"dL/dk[0,1]": K_SUM, "dL/dx[1,1]": X_SUM}
    ),
    Derivation(
        "convolution: a double sum in LaTeX",
        CONV,
        {B_LATEX: r"\sum_{i=0}^{2} \sum_{j=0}^{2} \left(fm_{i,j} - t_{i,j}\right)"},
        means={B_LATEX: "dL/db"},
    ),
    Derivation("convolution code: four loops", CONV, code=four_loops),
    Derivation("convolution code: columns", CONV, code=columns, means={"dout": ""}),
    Derivation("convolution code: as a full convolution", CONV, code=as_a_full_convolution),
)

WRONG = (
    Derivation(
        "convolution code: kernel not turned",
        CONV,
        code=kernel_not_turned,
        wrong="dx",
        kind="flipped",
    ),
    # A convolution in the sense of signal processing: fm of the turned kernel.
    Derivation(
        "convolution: forward with the kernel turned",
        CONV,
        printed(
            worked({"fm": lambda x, k, b: np.einsum("ijmn,mn->ij", windows(x), k[::-1, ::-1]) + b}),
            ".6f",
        ),
        wrong="fm",
        kind="flipped",
        learning_rate=0.1,
    ),
    Derivation(
        "convolution: the kernel's gradient turned",
        CONV,
        printed(
            worked(
                {
                    "dL/dk": lambda dL_dfm, x: np.einsum("ij,ijmn->mn", dL_dfm, windows(x))[
                        ::-1, ::-1
                    ]
                }
            )
        ),
        wrong="dL/dk",
        kind="flipped",
        learning_rate=0.1,
    ),
    Derivation(
        "convolution: the kernel's gradient transposed",
        CONV,
        printed(
            worked({"dL/dk": lambda dL_dfm, x: np.einsum("ij,ijmn->nm", dL_dfm, windows(x))}), ".5f"
        ),
        wrong="dL/dk",
        kind="transposed",
        learning_rate=0.1,
    ),
    Derivation(
        "convolution code: last window stays",
        CONV,
        code=last_window_stays,
        wrong="dx",
        kind="overwritten",
    ),
    Derivation(
        "convolution code: bias of every cell",
        CONV,
        code=bias_of_every_cell,
        wrong="db",
        kind="shape",
    ),
    # The cell lies under four windows, only the one that starts there is followed.
    Derivation(
        "convolution: formula with one of four windows",
        CONV,
        {"dL/dx[0,0]": "(fm[0,0] - t[0,0])*k[0,0]", "dL/dx[1,1]": "(fm[1,1] - t[1,1])*k[0,0]"},
        wrong="dL/dx[1,1]",
        kind="missing path",
    ),
    # The last of the three rows is counted from the wrong end.
    Derivation(
        "convolution: formula with a neighbour's cell",
        CONV,
        {
            "dfm[0,0]/dk[1,0]": "x[1,0]",
            "dfm[2,1]/dk[0,1]": "x[2,2]",
            "dfm[1,1]/dk[1,0]": "x[1,2]",
        },
        wrong="dfm[1,1]/dk[1,0]",
        kind=("wrong index", "wrong factor"),
    ),
    # The target is forgotten: what stands there is the feature map itself.
    Derivation(
        "convolution: the feature map for its gradient",
        CONV,
        printed(worked({"dL/dfm": lambda fm: fm})),
        wrong="dL/dfm",
        kind="another quantity",
        learning_rate=0.1,
    ),
)

DERIVATIONS = RIGHT + WRONG
