"""The notebook's network in plain Python floats: what the package is compared with."""

import itertools
import math

from models.notebook import data

CELLS = list(itertools.product(range(4), range(4)))
KERNEL = list(itertools.product(range(2), range(2)))


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def notebook() -> tuple[dict[str, float], list[tuple[int, int]]]:
    """The notebook's forward pass in plain Python: numbers by name, and the cells that won."""
    weights, X = data.initial_weights(), data.X.tolist()
    w_conv = weights.w_conv.tolist()
    value = {f"X[{i},{j}]": X[i][j] for i in range(5) for j in range(5)}
    value |= {f"w_conv[{m},{n}]": w_conv[m][n] for m, n in KERNEL}
    value |= {f"w_{k}": w for k, w in enumerate(weights.w_hidden.ravel().tolist(), 1)}
    value |= {f"w_{k}": w for k, w in enumerate(weights.w_output.ravel().tolist(), 9)}
    value |= {"t1": 0.0, "t2": 1.0}
    for i, j in CELLS:
        value[f"fm[{i},{j}]"] = sum(X[i + m][j + n] * w_conv[m][n] for m, n in KERNEL)
    won = []
    for k, (i, j) in enumerate(itertools.product((0, 2), (0, 2)), 1):
        window = [(i + m, j + n) for m, n in KERNEL]
        won.append(max(window, key=lambda cell: value[f"fm[{cell[0]},{cell[1]}]"]))
        value[f"F_{k}"] = value[f"fm[{won[-1][0]},{won[-1][1]}]"]
        value[f"s_{k}"] = sigma(value[f"F_{k}"])
    for h in (1, 2):
        net = sum(value[f"w_{4 * (h - 1) + k}"] * value[f"s_{k}"] for k in (1, 2, 3, 4))
        value |= {f"net_H{h}": net, f"H{h}": sigma(net)}
    for o in (1, 2):
        net = sum(value[f"w_{8 + 2 * (o - 1) + h}"] * value[f"H{h}"] for h in (1, 2))
        value |= {f"net_O{o}": net, f"O{o}": sigma(net)}
        value[f"E{o}"] = (value[f"O{o}"] - value[f"t{o}"]) ** 2
    value["E"] = value["E1"] + value["E2"]
    return value, won


def notebook_terms() -> dict[tuple[str, str], tuple[str, float]]:
    """Every local derivative of the notebook's network, worked out by hand."""
    value, won = notebook()
    expected: dict[tuple[str, str], tuple[str, float]] = {}
    for o in (1, 2):
        out, t = value[f"O{o}"], value[f"t{o}"]
        expected["E", f"E{o}"] = "1", 1.0
        expected[f"E{o}", f"O{o}"] = f"2·(O{o} − t{o})", 2 * (out - t)
        expected[f"E{o}", f"t{o}"] = f"−2·(O{o} − t{o})", -2 * (out - t)
        expected[f"O{o}", f"net_O{o}"] = f"O{o}·(1 − O{o})", out * (1 - out)
        for h in (1, 2):
            w = f"w_{8 + 2 * (o - 1) + h}"
            expected[f"net_O{o}", w] = f"H{h}", value[f"H{h}"]
            expected[f"net_O{o}", f"H{h}"] = w, value[w]
    for h in (1, 2):
        H = value[f"H{h}"]
        expected[f"H{h}", f"net_H{h}"] = f"H{h}·(1 − H{h})", H * (1 - H)
        for k in (1, 2, 3, 4):
            w = f"w_{4 * (h - 1) + k}"
            expected[f"net_H{h}", w] = f"s_{k}", value[f"s_{k}"]
            expected[f"net_H{h}", f"s_{k}"] = w, value[w]
    for k, (i, j) in enumerate(itertools.product((0, 2), (0, 2)), 1):
        s = value[f"s_{k}"]
        expected[f"s_{k}", f"F_{k}"] = f"s_{k}·(1 − s_{k})", s * (1 - s)
        for m, n in KERNEL:
            share = 1 if (i + m, j + n) == won[k - 1] else 0
            expected[f"F_{k}", f"fm[{i + m},{j + n}]"] = str(share), float(share)
    for (i, j), (m, n) in itertools.product(CELLS, KERNEL):
        w, X = f"w_conv[{m},{n}]", f"X[{i + m},{j + n}]"
        expected[f"fm[{i},{j}]", w] = X, value[X]
        expected[f"fm[{i},{j}]", X] = w, value[w]
    return expected
