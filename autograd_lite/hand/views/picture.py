"""The picture of a report: the graph with each claim's verdict in colour where it belongs."""

from collections.abc import Sequence

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.draw.picture import Picture, scalar_picture
from autograd_lite.draw.scene import Scene
from autograd_lite.hand.finding import Finding
from autograd_lite.hand.views.marks import marks_of

__all__ = ["draw_findings"]


def draw_findings(graph: NamedGraph, findings: Sequence[Finding], limit: int = 300) -> Picture:
    """The scalar picture of the graph, with the findings on its nodes and edges.

    Raises GraphTooLargeError where there would be more than ``limit`` nodes.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> w = ag.Value(3.0, label="w")
    >>> E = (w * w).named("E")
    >>> findings = ag.compare(E, {"dE/dw": "5.0"}).findings
    >>> "given 5" in draw_findings(named_graph(E), findings).source
    True
    """
    return scalar_picture(Scene(graph, marks=marks_of(graph, findings)), limit)
