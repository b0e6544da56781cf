"""Where the boxes of the scalar picture stand: columns of layers, in reading order.

Graphviz does not keep an order within clusters, and it sets edge labels where converging edges run
together. A derivation has both an order and layers, so the picture places them itself: a column a
layer, weights and data below the layer that is computed beside them, and between two columns a gap
for the labels of the edges. Lengths are points, y grows upward as in DOT.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograd_lite.draw.style import EDGE_FONT, TITLE_FONT, text_width

__all__ = ["TURN", "Box", "Column", "Layer", "Layout", "Link", "Point", "Route", "place"]

Point = tuple[float, float]

_ROW_GAP = 8.0
_LAYER_GAP = 14.0
_MARGIN = 10.0
_TITLE = 20.0
_FEW = 6
"""Up to so many edges between two columns have their labels in two lines."""

TURN = 44.0
"""How much of a gap the curves before and behind the labels take."""


@dataclass(frozen=True)
class Box:
    """A node to place."""

    key: str
    width: float
    height: float


@dataclass
class Layer:
    """Boxes that stand one below the other; ``aside`` for weights and data."""

    key: str
    title: str
    boxes: list[Box]
    aside: bool
    framed: bool = True


@dataclass(frozen=True)
class Link:
    """An edge from one box to another, or to the frame around that, with the parts of its label."""

    tail: str
    head: str
    label: tuple[str, ...] = ()
    to_frame: bool = False


@dataclass(frozen=True)
class Route:
    """An edge's B-spline (3n + 1 points), its label in lines, and the label's centre."""

    points: tuple[Point, ...]
    lines: tuple[str, ...]
    label_at: Point


@dataclass(frozen=True)
class Column:
    """What stands one below the other, and how much room it takes."""

    left: float
    right: float
    bottom: float
    top: float


@dataclass
class Layout:
    """The finished picture: centres of boxes, frames (left, bottom, right, top), and routes."""

    boxes: dict[str, Box] = field(default_factory=dict)
    centres: dict[str, Point] = field(default_factory=dict)
    frames: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    columns: list[Column] = field(default_factory=list)
    column_of: dict[str, int] = field(default_factory=dict)
    layer_of: dict[str, str] = field(default_factory=dict)
    lines: dict[Link, tuple[str, ...]] = field(default_factory=dict)
    """The label of each link: in one line where links are many, above and below the edge else."""
    routes: dict[Link, Route] = field(default_factory=dict)

    def span(self, link: Link) -> tuple[int, int]:
        """The columns from which and to which a link leads."""
        return self.column_of[link.tail], self.column_of[link.head]


def place(layers: Sequence[Layer], links: Sequence[Link]) -> Layout:
    """Place layers, which come in the order of computation."""
    layout = Layout()
    layout.boxes = {box.key: box for layer in layers for box in layer.boxes}
    layout.layer_of = {box.key: layer.key for layer in layers for box in layer.boxes}
    columns = _columns(layers, links, layout.layer_of)
    layout.column_of = {key: columns[layer] for key, layer in layout.layer_of.items()}
    layout.lines = _labels(links, layout)
    members: dict[int, list[Layer]] = defaultdict(list)
    for layer in layers:
        members[columns[layer.key]].append(layer)
    widest: dict[int, float] = defaultdict(float)  # of the labels behind each column
    for link, lines in layout.lines.items():
        start, _ = layout.span(link)
        widths = (text_width(line, EDGE_FONT) for line in lines)
        widest[start] = max(widest[start], max(widths, default=0.0))
    x = 0.0
    for column in range(max(members) + 1):
        width = max(map(_width, members[column]))
        _stack(members[column], x + width / 2, width, layout)
        x += width + 2 * _MARGIN + widest[column] + 2 * TURN
    return layout


def _columns(
    layers: Sequence[Layer], links: Iterable[Link], layer_of: Mapping[str, str]
) -> dict[str, int]:
    """A column for each layer.

    Computed ones stand by their longest way from a leaf, leaves just before their first use.
    """
    sources: dict[str, Counter[str]] = defaultdict(Counter)
    users: dict[str, Counter[str]] = defaultdict(Counter)
    for link in links:
        tail, head = layer_of[link.tail], layer_of[link.head]
        sources[head][tail] += 1
        users[tail][head] += 1
    computed = [layer.key for layer in layers if not layer.aside]
    columns: dict[str, int] = {}
    for key in computed:
        columns[key] = 1 + max((columns.get(source, 0) for source in sources[key]), default=0)
    for key in reversed(computed):
        # A layer that is used late stands late, if more edges become short by that than long; a
        # weight or data of its own come along.
        shared = (n for one, n in sources[key].items() if one in columns or len(users[one]) > 1)
        if users[key] and users[key].total() > sum(shared):
            columns[key] = min(columns[user] for user in users[key]) - 1
    return {
        layer.key: min((columns[user] for user in users[layer.key]), default=1) - 1
        if layer.aside
        else columns[layer.key]
        for layer in layers
    }


def _labels(links: Iterable[Link], layout: Layout) -> dict[Link, tuple[str, ...]]:
    crowd = Counter(layout.column_of[link.tail] for link in links)
    result = {}
    for link in links:
        start, end = layout.span(link)
        alone = end == start + 1 and crowd[start] <= _FEW
        result[link] = link.label if alone else (" = ".join(link.label),)
    return result


def _width(layer: Layer) -> float:
    title = text_width(layer.title, TITLE_FONT) if layer.framed else 0.0
    return max(title, *(box.width for box in layer.boxes))


def _height(layer: Layer) -> float:
    rows = sum(box.height for box in layer.boxes) + _ROW_GAP * (len(layer.boxes) - 1)
    return rows + (_TITLE + 2 * _MARGIN if layer.framed else 0.0)


def _stack(members: Sequence[Layer], x: float, width: float, layout: Layout) -> None:
    """Stand the layers of a column below each other, the computed ones centred on the axis."""
    main = [layer for layer in members if not layer.aside] or list(members)[:1]
    height = sum(map(_height, main)) + _LAYER_GAP * (len(main) - 1)
    left, right, top = x - width / 2 - _MARGIN, x + width / 2 + _MARGIN, height / 2
    bottom = top
    for layer in [*main, *(layer for layer in members if layer not in main)]:
        upper = bottom if bottom == top else bottom - _LAYER_GAP
        bottom = upper - _height(layer)
        layout.frames[layer.key] = (left, bottom, right, upper)
        y = upper - (_TITLE + _MARGIN if layer.framed else 0.0)
        for box in layer.boxes:
            layout.centres[box.key] = (x, y - box.height / 2)
            y -= box.height + _ROW_GAP
    layout.columns.append(Column(left, right, bottom, top))
