"""What a hand derivation of the corpus is, and the plain arithmetic that it is worked with."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite import Constant, Value

__all__ = ["Derivation", "Lines", "Network", "printed", "under", "work"]

Lines = Mapping[str, Callable[..., Any]]
"""What an author computes, line by line: a name, and how it follows from names above.

A parameter ``dE_dw1`` stands for the line ``dE/dw1``, ``w1_updated`` for ``w1 updated``.
"""


@dataclass(frozen=True)
class Network:
    """A labelled graph, and beside it the same network in plain NumPy.

    ``given`` are the numbers that it starts from, of which ``constants`` take no gradient;
    ``build`` makes the graph from their Values, ``forward`` computes the same line by line, and
    the last line is the loss. ``elements`` names the elements of tensors.
    """

    build: Callable[..., Value]
    given: Mapping[str, Any]
    forward: Lines
    constants: tuple[str, ...] = ()
    elements: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self) -> Value:
        """The graph, labelled as in the derivations."""
        leaves = {
            name: (Constant if name in self.constants else Value)(
                data, name, names=self.elements.get(name)
            )
            for name, data in self.given.items()
        }
        return self.build(**leaves)


@dataclass(frozen=True)
class Derivation:
    """A hand derivation, and what is to be found in it.

    ``claims`` go into ``compare``: a mapping from names to printed numbers, floats, arrays or
    formulas, pairs of these, or the text of a document. Or ``code`` is the derivation, a function
    whose parameters are quantities of the network. ``wrong`` is the claim, or the variable of the
    code, that is mistaken where all above it is right and all below follows; "" where all is right.
    ``kind`` is the cause that a good teacher would name; several where they say the same.

    ``means`` says what a name stands for that is not spelled dE/dw.
    """

    name: str
    network: Network
    claims: Any = None
    wrong: str = ""
    kind: str | tuple[str, ...] = ""
    learning_rate: float | None = None
    code: Callable[..., Any] | None = None
    means: Mapping[str, str] = field(default_factory=dict)


def work(given: Mapping[str, Any], lines: Lines, decimals: int | None = None) -> dict[str, Any]:
    """What each line gives, from the given numbers and the lines above it.

    With ``decimals`` each result is rounded before it is used below, as by an author who goes on
    with the numbers on the paper.
    """
    known = dict(given)
    results = {}
    for name, line in lines.items():
        result = line(*(known[parameter] for parameter in inspect.signature(line).parameters))
        if decimals is not None:
            result = np.round(result, decimals)
        results[name] = result if np.ndim(result) else float(result)
        known[re.sub(r"\W+", "_", name)] = results[name]
    return results


def printed(numbers: Mapping[str, Any], form: str = "") -> dict[str, str]:
    """Each number in a format such as ``.4f``, or as Python and NumPy print it."""
    return {name: _printed(number, form) for name, number in numbers.items()}


def _printed(number: Any, form: str) -> str:
    if not np.ndim(number):
        return format(number, form) if form else repr(number)
    if not form:
        return str(number)
    return np.array2string(number, precision=int(form[1:-1]), floatmode="fixed")


def under(names: Mapping[str, str], numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers under the author's names, which stand for those of ``numbers``."""
    return {word: numbers[name] for word, name in names.items()}
