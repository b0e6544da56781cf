"""The scalar picture: every named number with its gradient, every chain-rule term on its edge."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.chain.graph import Term
from autograd_lite.draw import style
from autograd_lite.draw.layout import Layer, Layout, Link, Point, Route, place, route
from autograd_lite.draw.scene import Marks, Note, Scene
from autograd_lite.draw.style import EDGE_FONT, NODE_FONT, text_width

# What stands below the scalar picture: its legend, and lines of text such as products of paths.


_KEY = "node: name = value, gradient of the result; edge: local derivative and its number"
_PLAIN = {"shape": "plaintext", "style": ""}
_LEGEND_HEIGHT = 28


def draw_foot(
    dot: Any, layout: Layout, kinds: Sequence[str], lines: Sequence[Note], marks: Marks | None
) -> None:
    """Draw the legend of the kinds of nodes and of the marks, and lines of text below it."""
    left = min(frame[0] for frame in layout.frames.values())
    x, y = left, _bottom(layout) - 30
    for kind in kinds:
        width = text_width(style.WORDS[kind], NODE_FONT) + 20
        look = {"fillcolor": style.FILL[kind]}
        _words(dot, f"legend_{kind}", style.WORDS[kind], (x, y, width), **look)
        x += width + 10
    _words(dot, "legend", _KEY, (x, y, text_width(_KEY, NODE_FONT)), **_PLAIN)
    if marks is not None:
        y -= _LEGEND_HEIGHT
        _draw_legend(dot, marks.legend, left, y)
        lines = [*lines, *marks.foot]
    size = NODE_FONT + 1
    look = {**_PLAIN, "fontname": style.MONOSPACED, "fontsize": f"{size:g}"}
    for count, (line, color) in enumerate(lines):
        place = (left, y - 28 - 15 * count, 0.6 * size * len(line))
        ink = {} if color == style.INK else {"fontcolor": color}
        _words(dot, f"path{count}", line.replace(" ", "\u00a0"), place, **look, **ink)


def _draw_legend(dot: Any, legend: Sequence[Note], x: float, y: float) -> None:
    for count, (words, color) in enumerate(legend):
        width = text_width(words, NODE_FONT) + 20
        look = {"color": color, "fontcolor": color, "fillcolor": "white", "penwidth": "2"}
        _words(dot, f"verdict{count}", words, (x, y, width), **look)
        x += width + 10


def _bottom(layout: Layout) -> float:
    ends = [frame[1] for frame in layout.frames.values()]
    for one in layout.routes.values():
        ends += [one.label_at[1] - EDGE_FONT, *(y for _, y in one.points)]
    return min(ends)


def _words(dot: Any, key: str, words: str, place: tuple[float, float, float], **look: str) -> None:
    left, y, width = place
    middle = f"{left + width / 2:.1f},{y:.1f}"
    size = {"width": f"{width / 72:.3f}", "height": "0.28"}
    dot.node(key, style.literal(words), pos=middle, **size, **look)


def scalar_dot(scene: Scene) -> Any:
    """A ``graphviz.Digraph`` of the scene, with every position set.

    With a chain rule its paths are highlighted and its products written below them.
    """
    return _Drawing(scene).draw()


class _Drawing:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.layers = scene.layers()
        self.layout: Layout = place(self.layers, scene.edges)
        route(self.layout, scene.edges)
        keys = (box.key for layer in self.layers for box in layer.boxes)
        self.ids = {key: f"n{count}" for count, key in enumerate(keys)}

    def draw(self) -> Any:
        """The layers, the edges, and what stands below."""
        scene, dot = self.scene, _digraph()
        for layer in self.layers:
            self._draw_layer(dot, layer)
        for link in scene.arrows:
            self._draw_edge(dot, link, color="#d9b75f")
        # What is highlighted is drawn last, so that it lies on top.
        for term in sorted(scene.links, key=self._on_top):
            self._draw_edge(dot, scene.links[term], **self._edge_style(term))
        kinds = style.kinds_in_order(scene.look(label) for label in scene.graph.elements)
        products = scene.rule.expanded().split("\n") if scene.rule else []
        draw_foot(
            dot, self.layout, kinds, [Note(line, style.INK) for line in products], scene.marks
        )
        return dot

    def _on_top(self, term: Term) -> bool:
        return term in self.scene.path_terms or self.scene.mark(term) is not None

    def _draw_layer(self, dot: Any, layer: Layer) -> None:
        if not layer.framed:
            self._draw_nodes(dot, layer)
            return
        left, bottom, right, top = self.layout.frames[layer.key]
        with dot.subgraph(name=f"cluster_{self.ids[layer.boxes[0].key]}") as frame:
            frame.attr(
                label=style.literal(layer.title),
                bb=f"{left:.1f},{bottom:.1f},{right:.1f},{top:.1f}",
                lp=_at(((left + right) / 2, top - 12)),
                style="rounded,filled",
                fillcolor=style.FRAME[self.scene.kind(layer.key)],
                color="#d4d4d4",
            )
            self._draw_nodes(frame, layer)

    def _draw_nodes(self, dot: Any, layer: Layer) -> None:
        table = layer.key in self.scene.tables
        for box in layer.boxes:
            dot.node(
                self.ids[box.key],
                pos=_at(self.layout.centres[box.key]),
                width=f"{box.width / 72:.3f}",
                height=f"{box.height / 72:.3f}",
                **(self._table_style if table else self._node_style)(box.key),
            )

    def _table_style(self, layer: str) -> dict[str, str]:
        return {
            "label": "\\n".join(self.scene.table_lines(layer)),
            "fontname": style.MONOSPACED,
            "fillcolor": style.FILL["data"],
        }

    def _node_style(self, label: str) -> dict[str, str]:
        if self.scene.marks is not None:
            return self._marked_style(label, self.scene.marks)
        look, on_path = self.scene.look(label), label in self.scene.path_names
        lost = look == "lost"
        return {
            "label": "\\n".join(map(style.literal, self.scene.lines(label))),
            "fillcolor": style.FILL[look],
            "fontcolor": style.LINE if lost else style.INK,
            "color": style.HIGHLIGHT if on_path else style.FAINT if lost else style.LINE,
            "penwidth": "2" if on_path else "1",
        }

    def _marked_style(self, label: str, marks: Marks) -> dict[str, str]:
        color = marks.color(label)
        return {
            "label": style.coloured(self.scene.notes(label)),
            "fillcolor": style.FILL[self.scene.look(label)],
            "color": color or style.FAINT,
            "penwidth": "2" if color else "1",
        }

    def _edge_style(self, term: Term) -> dict[str, str]:
        if mark := self.scene.mark(term):
            return {"color": mark.color, "fontcolor": mark.color, "penwidth": "1.8"}
        if self.scene.marks is not None:
            return {"color": style.FAINT, "fontcolor": style.LINE}
        if term in self.scene.path_terms:
            return {"color": style.HIGHLIGHT, "fontcolor": style.HIGHLIGHT, "penwidth": "1.8"}
        if self.scene.rule is not None or term.vanishes:
            return {"color": style.FAINT, "fontcolor": style.LINE}
        return {"color": "#666666", "fontcolor": style.INK}

    def _draw_edge(self, dot: Any, link: Link, **look: str) -> None:
        route: Route = self.layout.routes[link]
        dot.edge(
            self.ids[link.tail],
            self.ids[link.head],
            label="\\n".join(map(style.literal, route.lines)),
            lp=_at(route.label_at),
            pos=_spline(route.points),
            **look,
        )


def _digraph() -> Any:
    import graphviz

    dot = graphviz.Digraph("derivation")
    dot.attr(
        layout="nop2", fontname=style.FONT, fontsize=f"{style.TITLE_FONT:g}", fontcolor=style.INK
    )
    dot.attr(
        "node",
        shape="box",
        style="rounded,filled",
        fontname=style.FONT,
        fontsize=f"{style.NODE_FONT:g}",
        fontcolor=style.INK,
        color=style.LINE,
        fixedsize="true",
    )
    dot.attr("edge", fontname=style.FONT, fontsize=f"{style.EDGE_FONT:g}", arrowsize="0.6")
    return dot


def _at(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def _spline(points: tuple[Point, ...]) -> str:
    """A B-spline with an arrow at its end, in the notation of the ``pos`` attribute."""
    *before, end = points
    tip = (end[0] - 5, end[1])
    return " ".join([f"e,{_at(end)}", *map(_at, [*before, tip])])
