"""Students of the notebook's network, in plain NumPy: their numbers, mistakes and files."""

import csv
import io
import json
from collections.abc import Mapping

import numpy as np

from models.notebook.by_hand import forward, kernel_gradient, seen_by_kernel
from models.notebook.data import TARGETS, Array, X, initial_weights

MISTAKES = ("one path", "sign", "no slope", "swapped")


def weights_of(seed: int) -> dict[str, float]:
    weights = initial_weights(seed)
    return (
        named("w_conv[{},{}]", weights.w_conv)
        | named("w_{}", weights.w_hidden.ravel(), first=1)
        | named("w_{}", weights.w_output.ravel(), first=9)
    )


def forward_of(seed: int) -> dict[str, float]:
    fm, F, s, H, O = forward(initial_weights(seed), seen_by_kernel(X))  # noqa: E741
    errors = (O - TARGETS) ** 2
    return (
        named("fm[{},{}]", fm)
        | named("F_{}", F, first=1)
        | named("s_{}", s, first=1)
        | named("H{}", H, first=1)
        | named("O{}", O, first=1)
        | {"E": float(errors.sum())}
    )


def backward_of(seed: int, mistake: str = "") -> dict[str, float]:
    """The gradients as a student of this seed computes them, with one planted mistake."""
    weights, seen = initial_weights(seed), seen_by_kernel(X)
    now = forward(weights, seen)
    dE_dO = 2 * (now.O - TARGETS)
    if mistake == "sign":
        dE_dO[1] *= -1
    dE_dnet_O = dE_dO * now.O * (1 - now.O)
    dE_dw_output = np.outer(dE_dnet_O, now.H)
    if mistake == "swapped":
        dE_dw_output[0, 0] = dE_dnet_O[0] * now.H[1]
    dE_dH = dE_dnet_O @ weights.w_output
    if mistake == "one path":
        dE_dH[0] = dE_dnet_O[0] * weights.w_output[0, 0]
    dE_dnet_H = dE_dH * now.H * (1 - now.H)
    dE_dw_hidden = np.outer(dE_dnet_H, now.s)
    if mistake == "no slope":
        dE_dw_hidden[0] = dE_dH[0] * now.s
    dE_ds = dE_dnet_H @ weights.w_hidden
    dE_dF = dE_ds * now.s * (1 - now.s)
    _, dE_dw_conv = kernel_gradient(dE_dF, now.fm, seen)
    return (
        named("dE/dO{}", dE_dO, first=1)
        | named("dE/dw_{}", dE_dw_output.ravel(), first=9)
        | named("dE/dH{}", dE_dH, first=1)
        | named("dE/dw_{}", dE_dw_hidden.ravel(), first=1)
        | named("dE/ds_{}", dE_ds, first=1)
        | named("dE/dF_{}", dE_dF, first=1)
        | named("dE/dw_conv[{},{}]", dE_dw_conv)
    )


def handed_in(seed: int = 0, mistake: str = "", stated: bool = True) -> dict[str, float]:
    """A whole derivation; the weights are stated first."""
    said = weights_of(seed) if stated else {}
    return said | forward_of(seed) | backward_of(seed, mistake)


def named(template: str, array: Array, first: int = 0) -> dict[str, float]:
    return {
        template.format(*(place + first for place in index)): float(number)
        for index, number in np.ndenumerate(array)
    }


# Files


def as_json(numbers: Mapping[str, float]) -> str:
    return json.dumps(numbers, indent=1)


def as_toml(numbers: Mapping[str, float]) -> str:
    return "\n".join(f'"{name}" = {number!r}' for name, number in numbers.items()) + "\n"


def as_table(numbers: Mapping[str, float]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("name", "value"), *numbers.items()])
    return text.getvalue()


def as_markdown(numbers: Mapping[str, float], digits: int = 0) -> str:
    """A list of names and numbers, rounded to some decimals."""
    shown = {
        name: f"{number:.{digits}f}" if digits else repr(number) for name, number in numbers.items()
    }
    return "# My derivation\n\n" + "\n".join(f"- {name} = {text}" for name, text in shown.items())


def as_notebook(numbers: Mapping[str, float]) -> str:
    """What a code cell has printed."""
    output = [f"{name}: {number!r}\n" for name, number in numbers.items()]
    printed = {"output_type": "stream", "name": "stdout", "text": output}
    code = {"cell_type": "code", "source": ["show()"], "outputs": [printed], "metadata": {}}
    return json.dumps({"cells": [code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
