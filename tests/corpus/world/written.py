"""A derivation of the world: a file as people write it, and what a reader would check in it.

Each line of its text has a margin of three characters, which says what is right of it:

- a digit: so many quantities are claimed in it that a reader would check, all of them right,
- ``!``: here is the mistake, or it can first be seen here,
- ``?``: the same, in a definition of the author's own, which need not be judged by itself,
- ``~``: right given the mistake,
- blank: nothing to check, and nothing that may be called wrong.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import Value
from corpus.derivation import Lines, Network, work

__all__ = ["Network", "Place", "Written", "worked"]

MARGIN = 3
_NUMBER = re.compile(r"«(?P<name>\w+)(?:\[(?P<at>[\d,]+)\])?(?::(?P<form>[^»]+))?»")


class Place(NamedTuple):
    """Where a finding is: the cell of a notebook, or "", and the line in it."""

    where: str
    line: int


@dataclass(frozen=True)
class Written:
    """A derivation in a file, with its graph.

    ``text`` is the file with its margin; ``«w:.3f»`` in it stands for the number of that name in
    ``numbers``, which plain NumPy computed. The text of a notebook has its cells below lines
    ``%% markdown``, ``%% code`` and ``%% output``. ``wrong`` is what the mistake is about and
    ``kinds`` are the causes that a good teacher would name; "" and () where all is right.
    """

    name: str
    graph: Callable[[], Value]
    text: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    wrong: str = ""
    kinds: tuple[str, ...] = ()
    suffix: str = ".md"
    encoding: str = "utf-8"
    learning_rate: float | None = None
    names: Mapping[str, Any] = field(default_factory=dict)

    def content(self) -> bytes:
        """The file, without its margin."""
        text = "\n".join(line[MARGIN:] for line in self._lines())
        return (_notebook(text) if self.suffix == ".ipynb" else text).encode(self.encoding)

    def marks(self) -> dict[Place, str]:
        """What the margin says of each line that a reader would check."""
        return {place: mark for place, mark in self._marks() if mark}

    def _lines(self) -> list[str]:
        text = _NUMBER.sub(lambda found: _printed(self.numbers, found), self.text)
        return text.removeprefix("\n").split("\n")

    def _marks(self) -> Iterator[tuple[Place, str]]:
        where, cell, line = "", 0, 0
        for text in self._lines():
            line += 1
            if self.suffix == ".ipynb" and text[MARGIN:].startswith("%% "):
                kind, line = text[MARGIN + 3 :], 0
                cell += kind != "output"
                where = f"cell {cell}" + (", output" if kind == "output" else "")
            yield Place(where, line), text[:MARGIN].strip()


def worked(network: Network, backward: Lines, **changed: Callable[..., Any]) -> dict[str, Any]:
    """All numbers of a network in plain NumPy, by names such as ``dE_dw1``.

    ``changed`` are the lines that an author does in another way.
    """
    lines = {re.sub(r"\W+", "_", name): line for name, line in backward.items()}
    assert changed.keys() <= lines.keys() | network.forward.keys()
    return {**network.given, **work(network.given, {**network.forward, **lines, **changed})}


def _printed(numbers: Mapping[str, Any], found: re.Match[str]) -> str:
    number = numbers[found["name"]]
    if found["at"]:
        number = number[tuple(map(int, found["at"].split(",")))]
    form = found["form"] or ".4f"
    if np.ndim(number):
        rows = np.array2string(np.asarray(number), precision=int(form[1:-1]), floatmode="fixed")
        return rows.replace("\n", "\n" + MARGIN * " ")
    digits = format(float(number), form.removesuffix(","))
    return digits.replace(".", ",") if form.endswith(",") else digits


def _notebook(text: str) -> str:
    """The text of cells as the JSON of a notebook."""
    cells: list[dict[str, Any]] = []
    for part in re.split(r"^%% ", text, flags=re.MULTILINE)[1:]:
        kind, _, source = part.removesuffix("\n").partition("\n")
        if kind == "output":
            output = {"output_type": "stream", "name": "stdout", "text": source}
            cells[-1]["outputs"] = [output]
        else:
            cells.append({"cell_type": kind, "metadata": {}, "source": source})
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
