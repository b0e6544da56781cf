"""Where the boxes of the scalar picture are, and how its edges run: columns, in reading order.

Graphviz does not keep an order within clusters, and it sets edge labels where converging edges run
together. A derivation has both an order and layers, so the picture places them itself: a column a
layer, weights and data below the layer that is computed beside them, and between two columns a gap
for the labels of the edges. Lengths are points, y grows upward as in DOT.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autograd_lite.draw.style import EDGE_FONT, TITLE_FONT, text_width

Point = tuple[float, float]
Heights = NDArray[np.float64]

_ROW_GAP = 8.0
_LAYER_GAP = 14.0
_MARGIN = 10.0
_TITLE = 20.0
_FEW = 6
"""Up to so many edges between two columns have their labels in two lines."""

_STEP = 13.0
"""From one label to the next below it; the second line of a label takes as much again."""

_TURN = 44.0
"""How much of a gap the curves before and behind the labels take."""


@dataclass(frozen=True)
class Box:
    """A node to place."""

    key: str
    width: float
    height: float


@dataclass
class Layer:
    """Boxes one below the other; ``aside`` for weights and data."""

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
    """The room that layers one below the other take."""

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


# Boxes: a layer one below the other, columns from left to right.


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
        width = max(map(_width, members[column]), default=0.0)
        _stack(members[column], x + width / 2, width, layout)
        x += width + 2 * _MARGIN + widest[column] + 2 * _TURN
    return layout


def _columns(
    layers: Sequence[Layer], links: Iterable[Link], layer_of: Mapping[str, str]
) -> dict[str, int]:
    """A column for each layer.

    That of a computed one is its longest way from a leaf, that of a leaf just before its first use.
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
        # A layer that is used late moves there, if more edges become short by that than long; a
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
    """Put the layers of a column below each other, the computed ones centred on the axis."""
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


# Edges: each on a line of its own past the columns.
#
# Between two columns the edges lie one below the other, each with its label on it. An edge that
# skips columns runs above or below what it skips. Edges cross in the turns before and behind the
# labels, never in a label and never in a box.


def route(layout: Layout, links: Sequence[Link]) -> None:
    """Route the links in a layout whose boxes are placed."""
    heights: dict[Link, float] = {}
    by_gap: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        start, end = layout.span(link)
        if end == start + 1:
            by_gap[start].append(link)
    for together in by_gap.values():
        heights |= _heights_in_gap(layout, together)
    heights |= _lanes(layout, [link for link in links if link not in heights], heights)
    leaving = _ports(layout, heights, [(link.tail, link) for link in links])
    arriving = _ports(layout, heights, [(link.head, link) for link in links if not link.to_frame])
    for link in links:
        layout.routes[link] = _route(layout, link, heights[link], leaving[link], arriving.get(link))


def _heights_in_gap(layout: Layout, links: Sequence[Link]) -> dict[Link, float]:
    """Heights as near to the middle between the ends as the labels allow."""
    middle = {link: (_tail_y(layout, link) + _head_y(layout, link)) / 2 for link in links}
    ordered = sorted(links, key=lambda link: (-middle[link], -_tail_y(layout, link)))
    step = _STEP * max(len(layout.lines[link]) for link in links)
    return dict(zip(ordered, _spread([middle[link] for link in ordered], step), strict=True))


def _spread(wanted: Sequence[float], step: float) -> list[float]:
    """Heights at least a step apart, as near as can be to the wanted ones, which fall.

    Those that are in each other's way are together around their mean.
    """
    groups: list[tuple[float, int]] = []  # the first height if all its members fit, and how many
    for height in wanted:
        start, count = height, 1
        while groups and groups[-1][0] - groups[-1][1] * step < start:
            before, size = groups.pop()
            start = (size * before + count * (start + size * step)) / (size + count)
            count += size
        groups.append((start, count))
    return [start - place * step for start, count in groups for place in range(count)]


def _tail_y(layout: Layout, link: Link) -> float:
    return layout.centres[link.tail][1]


def _head_y(layout: Layout, link: Link) -> float:
    if link.to_frame:  # beside its title or its bottom margin, where no other edge arrives
        _, bottom, _, top = layout.frames[layout.layer_of[link.head]]
        return min(top - _STEP, bottom + 6, key=lambda y: abs(y - _tail_y(layout, link)))
    return layout.centres[link.head][1]


def _lanes(layout: Layout, links: Sequence[Link], heights: dict[Link, float]) -> dict[Link, float]:
    """Heights for links that skip columns: above all that they pass, or below, whichever is nearer.

    Short ones lie inside, so that links with the same turn do not cross.
    """
    found: dict[Link, float] = {}
    # Arrays: a weight of a long chain has links past every column of it.
    tops = np.array([one.top for one in layout.columns])
    bottoms = np.array([one.bottom for one in layout.columns])
    above = {link for link in links if _is_above(layout, link, tops, bottoms)}
    for side in (1, -1):
        # How far columns, and the gaps behind them, reach to this side.
        column = tops.copy() if side > 0 else -bottoms
        gap = np.full(len(column), -np.inf)
        for link, height in heights.items():
            start = layout.span(link)[0]
            gap[start] = max(gap[start], side * height + _STEP)
        mine = [link for link in links if (link in above) == (side > 0)]
        mine.sort(key=lambda link: (_length(layout, link), side * _tail_y(layout, link)))
        for link in mine:
            start, end = layout.span(link)
            passed, gaps = column[start + 1 : end], gap[start:end]
            lane = float(max(passed.max(), gaps.max())) + _STEP
            found[link] = side * lane
            passed[:] = gaps[:] = lane
    return found


def _is_above(layout: Layout, link: Link, tops: Heights, bottoms: Heights) -> bool:
    """Whether it is nearer over the top of what is between, from layer to layer."""
    start, end = layout.span(link)
    middle = (tops[start + 1 : end].max() + bottoms[start + 1 : end].min()) / 2
    frames = (layout.frames[layout.layer_of[key]] for key in (link.tail, link.head))
    return bool(sum(bottom + top for _, bottom, _, top in frames) >= 4 * middle)


def _length(layout: Layout, link: Link) -> int:
    start, end = layout.span(link)
    return end - start


def _ports(
    layout: Layout, heights: dict[Link, float], ends: Iterable[tuple[str, Link]]
) -> dict[Link, float]:
    """Where links meet their boxes: spread over the side in the order of their heights."""
    meeting: dict[str, list[Link]] = defaultdict(list)
    for key, link in ends:
        meeting[key].append(link)
    found = {}
    for key, together in meeting.items():
        together.sort(key=lambda link: -heights[link])
        room = layout.boxes[key].height - 20  # the corners are round
        for place, link in enumerate(together):
            share = (
                (place + 0.5) / len(together) if len(together) < 3 else place / (len(together) - 1)
            )
            found[link] = layout.centres[key][1] + room * (0.5 - share)
    return found


def _route(
    layout: Layout, link: Link, height: float, leaving: float, arriving: float | None
) -> Route:
    """Level out of the column, a turn to the link's own height, and the same in reverse."""
    start, end = layout.span(link)
    before, after = layout.columns[start].right, layout.columns[end].left
    tail = (layout.centres[link.tail][0] + layout.boxes[link.tail].width / 2, leaving)
    head = (after, _head_y(layout, link))
    if arriving is not None:
        head = (layout.centres[link.head][0] - layout.boxes[link.head].width / 2, arriving)
    points = [tail]
    for part, to in (
        (_line, (before, leaving)),
        (_turn, (before + _TURN, height)),
        (_line, (after - _TURN, height)),
        (_turn, (after, head[1])),
        (_line, head),
    ):
        points += part(points[-1], to)
    lines = layout.lines[link]
    label_x = (before + layout.columns[start + 1].left) / 2
    above = height if len(lines) == 2 else height + EDGE_FONT * 0.6
    return Route(tuple(points), lines, (label_x, above))


def _turn(start: Point, end: Point) -> tuple[Point, Point, Point]:
    """The rest of a curve that leaves and arrives level."""
    middle = (start[0] + end[0]) / 2
    return (middle, start[1]), (middle, end[1]), end


def _line(start: Point, end: Point) -> tuple[Point, Point, Point]:
    third = (end[0] - start[0]) / 3
    return (start[0] + third, start[1]), (end[0] - third, end[1]), end
