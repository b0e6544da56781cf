"""What stands below the scalar picture: its legend, and lines of text such as products of paths."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.draw import style
from autograd_lite.draw.layout import Layout
from autograd_lite.draw.marks import Marks, Note
from autograd_lite.draw.style import EDGE_FONT, NODE_FONT, text_width

__all__ = ["draw_foot"]

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
    for route in layout.routes.values():
        ends += [route.label_at[1] - EDGE_FONT, *(y for _, y in route.points)]
    return min(ends)


def _words(dot: Any, key: str, words: str, place: tuple[float, float, float], **look: str) -> None:
    left, y, width = place
    middle = f"{left + width / 2:.1f},{y:.1f}"
    size = {"width": f"{width / 72:.3f}", "height": "0.28"}
    dot.node(key, style.literal(words), pos=middle, **size, **look)
