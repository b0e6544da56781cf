"""draw: the computation graph as a picture that shows itself, or is written to a file."""

import math
import sys
from pathlib import Path
from typing import Any

from autograd_lite.chain.expand import expand
from autograd_lite.chain.labels import name_values
from autograd_lite.chain.rule import chain_rule_of
from autograd_lite.chain.terms import NamedGraph
from autograd_lite.draw.render import render, to_svg
from autograd_lite.draw.scalar import scalar_dot
from autograd_lite.draw.scene import Scene, listed
from autograd_lite.draw.tensor import tensor_dot
from autograd_lite.engine import order
from autograd_lite.errors import DataError, GraphTooLargeError, RenderError
from autograd_lite.value import Value

__all__ = ["Picture", "draw", "scalar_picture"]

_HINT = "draw the tensor level, or label fewer values"

_EDGES = 4
"""How many edges a picture may have for each node of its limit."""


class Picture:
    """A graph as DOT text. A notebook shows it; ``render`` writes it to a file.

    >>> import autograd_lite as ag
    >>> picture = ag.draw((ag.Value(3.0, label="x") * 2.0).named("y"))
    >>> picture.source.split()[0], picture.render("out/y.svg").name
    ('digraph', 'y.svg')
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def render(self, path: str | Path) -> Path:
        """Write the picture in the format of the suffix: svg, png, pdf, dot or gv.

        Raises RenderError for another suffix, or where no layout engine is found.
        """
        return render(self.source, path)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": to_svg(self.source)}
        except RenderError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}

    def __repr__(self) -> str:
        return f"<Picture of {self.source.count(chr(10))} lines of DOT; .render('graph.svg')>"


def draw(
    root: Value, level: str = "tensor", wrt: str | Value | None = None, limit: int = 300
) -> Picture:
    """The computation graph of a value.

    ``level="tensor"`` has a node for each value, ``level="scalar"`` one for each named number, and
    on each edge the local derivative as formula and as number. ``wrt`` highlights the paths from
    that number to the result and writes out their products; it implies the scalar level. Raises
    GraphTooLargeError where there would be more than ``limit`` nodes.

    >>> import autograd_lite as ag
    >>> x = ag.Value(3.0, label="x")
    >>> y = (x * x).named("y")
    >>> ag.draw(y).source.count("->")
    2
    """
    if not isinstance(root, Value):
        raise DataError(f"draw takes a Value, not {type(root).__name__}")
    if level not in ("tensor", "scalar"):
        raise DataError(f"level is {level!r}; it is 'tensor' or 'scalar'")
    nodes = order(root)
    names = name_values(nodes, sys._getframe(1))
    if wrt is None and level == "tensor":
        hint = "label the values that matter and draw level='scalar', which leaves the others out"
        _check_size(len(nodes), "values", limit, hint)
        return Picture(tensor_dot(root, names).source)
    if not root.size:
        raise DataError(f"{root.describe()} has shape {root.shape}, so no numbers to draw")
    _check_size(sum(map(listed, names)), "named numbers", limit, _HINT)
    graph = NamedGraph(root, names, expand(root, names))
    rule = None if wrt is None else chain_rule_of(graph, wrt)
    return scalar_picture(Scene(graph, rule), limit)


def scalar_picture(scene: Scene, limit: int = 300) -> Picture:
    """The picture of a scene; GraphTooLargeError where it would have more than ``limit`` nodes.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.terms import named_graph
    >>> scene = Scene(named_graph((ag.Value(3.0, label="x") * 2.0).named("y")))
    >>> scalar_picture(scene).source.count("->")
    1
    """
    _check_size(scene.nodes, "named numbers", limit, _HINT)
    _check_size(len(scene.edges), "edges", limit, _HINT, each=_EDGES)
    return Picture(scalar_dot(scene).source)


def _check_size(count: int, what: str, limit: int, hint: str, each: int = 1) -> None:
    if count > limit * each:
        raise GraphTooLargeError(
            f"the picture would have {count:,} {what}, more than the limit of {limit * each:,}; "
            f"{hint}, draw a part of the graph, or give limit={math.ceil(count / each)}"
        )
