"""Backward functions as people write them, each with the slips that they make in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Written:
    """A backward that takes ``slip``: right without, wrong with one of ``slips``.

    A slip is the name of an input whose gradient is wrong, and a pattern of its first cause, of
    the kind and the sentence.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: list[Any]
    slips: Mapping[str, tuple[str, str]]


def normal(*shape: int, seed: int) -> Any:
    """Random numbers that look typed in."""
    return np.random.default_rng(seed).normal(size=shape).round(2)


def sigmoid(z: Any) -> Any:
    """σ in NumPy."""
    return 1 / (1 + np.exp(-z))


def softmax(z: Any) -> Any:
    """The softmax of rows, in NumPy."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
