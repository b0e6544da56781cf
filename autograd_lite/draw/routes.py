"""How the edges of the scalar picture run: each on a line of its own past the columns.

Between two columns the edges lie one below the other, each with its label on it. An edge that skips
columns runs above or below what it skips. Edges cross in the turns before and behind the labels,
never in a label and never in a box.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from autograd_lite.draw.layout import TURN, Layout, Link, Point, Route
from autograd_lite.draw.style import EDGE_FONT

__all__ = ["route"]

Heights = NDArray[np.float64]

_STEP = 13.0
"""From one label to the next below it; the second line of a label takes as much again."""


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

    Those that are in each other's way stand together around their mean.
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
    """Whether it is nearer over the top of what stands between, from layer to layer."""
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
        (_turn, (before + TURN, height)),
        (_line, (after - TURN, height)),
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
