"""The scalar picture: every named number with its gradient, every chain-rule term on its edge."""

from typing import Any

from autograd_lite.chain.graph import Term
from autograd_lite.draw import style
from autograd_lite.draw.layout import Layer, Layout, Link, Point, place, route
from autograd_lite.draw.scene import Marks, Note, Scene
from autograd_lite.draw.style import EDGE_FONT, NODE_FONT, text_width


def scalar_dot(scene: Scene) -> str:
    """The DOT text of a scene, with every position set.

    With a chain rule its paths are highlighted and its products written below them.
    """
    source: str = _Drawing(scene).draw().source
    return source


class _Drawing:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.layers = scene.layers()
        self.layout: Layout = place(self.layers, scene.edges)
        route(self.layout, scene.edges)
        keys = (box.key for layer in self.layers for box in layer.boxes)
        self.ids = {key: f"n{count}" for count, key in enumerate(keys)}
        self.dot = _digraph()

    def draw(self) -> Any:
        """The layers, the edges, the legend, and what is written below it."""
        scene = self.scene
        for layer in self.layers:
            self._draw_layer(layer)
        for link in scene.arrows:
            self._draw_edge(link, color="#d9b75f")
        # What is highlighted is drawn last, so that it lies on top.
        for term in sorted(scene.links, key=self._on_top):
            self._draw_edge(scene.links[term], **self._edge_style(term))
        left = min(left for left, *_ in self.layout.frames.values())
        y = self._draw_legend(left, self._bottom() - 30)
        self._write_below(left, y - 28)
        return self.dot

    def _on_top(self, term: Term) -> bool:
        return term in self.scene.path_terms or self.scene.mark(term) is not None

    # Layers and their nodes.

    def _draw_layer(self, layer: Layer) -> None:
        if not layer.framed:
            self._draw_nodes(self.dot, layer)
            return
        left, bottom, right, top = self.layout.frames[layer.key]
        with self.dot.subgraph(name=f"cluster_{self.ids[layer.boxes[0].key]}") as frame:
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

    # Edges.

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

    def _draw_edge(self, link: Link, **look: str) -> None:
        way = self.layout.routes[link]
        self.dot.edge(
            self.ids[link.tail],
            self.ids[link.head],
            label="\\n".join(map(style.literal, way.lines)),
            lp=_at(way.label_at),
            pos=_spline(way.points),
            **look,
        )

    # The legend, and what is written below it.

    def _bottom(self) -> float:
        ends = [bottom for _, bottom, *_ in self.layout.frames.values()]
        for way in self.layout.routes.values():
            ends += [way.label_at[1] - EDGE_FONT, *(y for _, y in way.points)]
        return min(ends)

    def _draw_legend(self, left: float, y: float) -> float:
        """Explain the kinds of nodes and what is written where, then the marks; its last height."""
        scene, x = self.scene, left
        for kind in style.kinds_in_order(map(scene.look, scene.graph.elements)):
            words = style.WORDS[kind]
            x = self._draw_entry(f"legend_{kind}", words, x, y, fillcolor=style.FILL[kind])
        key = style.key_of("name = value", scene.result)
        key += "; edge: local derivative and its number"
        self._write("legend", key, (x, y, text_width(key, NODE_FONT)), shape="plaintext", style="")
        if scene.marks is None:
            return y
        x, y = left, y - 28
        for count, (words, color) in enumerate(scene.marks.legend):
            look = {"color": color, "fontcolor": color, "fillcolor": "white", "penwidth": "2"}
            x = self._draw_entry(f"verdict{count}", words, x, y, **look)
        return y

    def _draw_entry(self, key: str, words: str, x: float, y: float, **look: str) -> float:
        """A box of the legend; where the next begins."""
        width = text_width(words, NODE_FONT) + 20
        self._write(key, words, (x, y, width), **look)
        return x + width + 10

    def _write_below(self, left: float, y: float) -> None:
        """The products of the paths, and what the marks have to say."""
        scene, size = self.scene, NODE_FONT + 1
        products = scene.rule.expanded().split("\n") if scene.rule else []
        lines = [Note(line, style.INK) for line in products]
        lines += scene.marks.below if scene.marks else ()
        font = {"shape": "plaintext", "style": "", "fontname": style.MONOSPACED}
        for count, (line, color) in enumerate(lines):
            ink = {} if color == style.INK else {"fontcolor": color}
            at = (left, y - 15 * count, 0.6 * size * len(line))
            unbroken = line.replace(" ", "\u00a0")
            self._write(f"path{count}", unbroken, at, **font, fontsize=f"{size:g}", **ink)

    def _write(self, key: str, words: str, at: tuple[float, float, float], **look: str) -> None:
        """A line of text from a left end on, in a given width."""
        left, y, width = at
        size = {"width": f"{width / 72:.3f}", "height": "0.28"}
        self.dot.node(key, style.literal(words), pos=_at((left + width / 2, y)), **size, **look)


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
