"""What stands below the scalar picture: its legend, and the products along highlighted paths."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.draw import style
from autograd_lite.draw.layout import Layout
from autograd_lite.draw.style import EDGE_FONT, NODE_FONT, text_width

__all__ = ["draw_foot"]

_KEY = "node: name = value, gradient of the result; edge: local derivative and its number"
_PLAIN = {"shape": "plaintext", "style": ""}


def draw_foot(dot: Any, layout: Layout, kinds: Sequence[str], products: Sequence[str]) -> None:
    """Draw the legend of the kinds of nodes, and lines of text below it."""
    left = min(frame[0] for frame in layout.frames.values())
    x, y = left, _bottom(layout) - 30
    for kind in kinds:
        width = text_width(style.WORDS[kind], NODE_FONT) + 20
        look = {"fillcolor": style.FILL[kind]}
        _words(dot, f"legend_{kind}", style.WORDS[kind], (x, y, width), **look)
        x += width + 10
    _words(dot, "legend", _KEY, (x, y, text_width(_KEY, NODE_FONT)), **_PLAIN)
    size = NODE_FONT + 1
    look = {**_PLAIN, "fontname": style.MONOSPACED, "fontsize": f"{size:g}"}
    for count, line in enumerate(products):
        place = (left, y - 28 - 15 * count, 0.6 * size * len(line))
        _words(dot, f"path{count}", line.replace(" ", "\u00a0"), place, **look)


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
