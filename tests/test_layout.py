"""The geometry of the scalar picture: nothing overlaps, and every edge finds its way."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs.named import PROGRAMS

from autograd_lite import Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.draw.layout import Box, Layer, Layout, Link, Point, place, route
from autograd_lite.draw.scene import Scene
from autograd_lite.draw.style import EDGE_FONT, TITLE_FONT, text_width
from models.notebook import loss

Array = np.ndarray[Any, Any]


class Rectangle(NamedTuple):
    """A rectangle by its sides."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: "Rectangle") -> bool:
        """Whether the two have more than their sides in common."""
        return (
            self.left < other.right - 0.01
            and other.left < self.right - 0.01
            and self.bottom < other.top - 0.01
            and other.bottom < self.top - 0.01
        )


class Picture(NamedTuple):
    """A layout with what was laid out."""

    layers: list[Layer]
    links: list[Link]
    layout: Layout

    def box(self, key: str) -> Rectangle:
        """The rectangle of a box."""
        (x, y), box = self.layout.centres[key], self.layout.boxes[key]
        return Rectangle(
            x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2
        )

    def label(self, link: Link) -> Rectangle:
        """The rectangle of the letters of a label: without the room above and below them."""
        found = self.layout.routes[link]
        x, y = found.label_at
        width = max(text_width(line, EDGE_FONT) for line in found.lines)
        height = EDGE_FONT * (0.8 + 1.2 * (len(found.lines) - 1))
        return Rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def laid_out(layers: list[Layer], links: list[Link]) -> Picture:
    layout = place(layers, links)
    route(layout, links)
    return Picture(layers, links, layout)


def picture_of(root: Value) -> Picture:
    scene = Scene(named_graph(root))
    return laid_out(scene.layers(), scene.edges)


def curve(points: tuple[Point, ...]) -> Array:
    """Points along a B-spline of cubic pieces."""
    assert len(points) % 3 == 1
    t = np.linspace(0, 1, 10)[:, None]
    weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
    starts = range(0, len(points) - 1, 3)
    pieces = (np.array(points[start : start + 4]) for start in starts)
    return np.concatenate(
        [sum(w * p for w, p in zip(weights, piece, strict=True)) for piece in pieces]
    )


def crossed(points: Array, rectangles: dict[Any, Rectangle]) -> set[Any]:
    """The rectangles in which a point lies."""
    left, bottom, right, top = np.array([*rectangles.values()]).T
    x, y = points.T[:, :, None]
    within = ((left < x) & (x < right) & (bottom < y) & (y < top)).any(axis=0)
    return {key for key, hit in zip(rectangles, within, strict=True) if hit}


def check(picture: Picture) -> None:
    """Everything that holds for any picture."""
    check_boxes(picture)
    check_routes(picture)
    check_labels(picture)


def check_boxes(picture: Picture) -> None:
    layout = picture.layout
    boxes = [picture.box(key) for key in layout.boxes]
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    frames = [Rectangle(*frame) for frame in layout.frames.values()]
    assert not [pair for pair in itertools.combinations(frames, 2) if pair[0].overlaps(pair[1])]
    for layer in picture.layers:
        frame = Rectangle(*layout.frames[layer.key])
        if layer.framed:
            assert text_width(layer.title, TITLE_FONT) < frame.right - frame.left
        for box in layer.boxes:
            inside = picture.box(box.key)
            assert frame.left < inside.left
            assert inside.right < frame.right
            assert frame.bottom <= inside.bottom
            assert inside.top <= frame.top - (20 if layer.framed else 0)  # room for the title


def check_routes(picture: Picture) -> None:
    layout = picture.layout
    assert layout.routes.keys() == set(picture.links)
    boxes = {key: picture.box(key) for key in layout.boxes}
    for link, found in layout.routes.items():
        start, end = layout.span(link)
        assert start < end
        (x, y), tail = found.points[0], boxes[link.tail]
        assert x == tail.right
        assert tail.bottom < y < tail.top
        (x, y), head = found.points[-1], boxes[link.head]
        if link.to_frame:
            head = Rectangle(*layout.frames[layout.layer_of[link.head]])
        assert x == head.left
        assert head.bottom < y < head.top
        assert not crossed(curve(found.points), boxes)


def check_labels(picture: Picture) -> None:
    layout = picture.layout
    labelled = [link for link in picture.links if any(link.label)]
    labels = {link: picture.label(link) for link in labelled}
    rectangles = labels.values()
    assert not [pair for pair in itertools.combinations(rectangles, 2) if pair[0].overlaps(pair[1])]
    for link, label in labels.items():
        start, _ = layout.span(link)
        assert layout.columns[start].right < label.left
        assert label.right < layout.columns[start + 1].left
        assert " = ".join(link.label) == " = ".join(layout.routes[link].lines)
    for link, found in layout.routes.items():
        others = {other: label for other, label in labels.items() if other != link}
        if others:
            assert not crossed(curve(found.points), others)


@pytest.mark.parametrize("program", [loss, *PROGRAMS], ids=lambda program: program.__name__)
def test_in_the_picture_of_a_program_nothing_overlaps(program: Callable[[], Value]) -> None:
    check(picture_of(program()))


@st.composite
def layered_graphs(draw: st.DrawFn) -> tuple[list[Layer], list[Link]]:
    """Layers of boxes, computed ones and others beside them, and links to what comes later."""
    layers: list[Layer] = []
    links: dict[tuple[str, str], Link] = {}
    for number in range(draw(st.integers(1, 7))):
        aside = number == 0 or draw(st.integers(0, 3)) == 0
        boxes = [
            Box(f"{number}.{row}", draw(st.sampled_from([40.0, 90.0, 150.0])), 0.0)
            for row in range(draw(st.integers(1, 4)))
        ]
        earlier = [box.key for layer in layers for box in layer.boxes]
        if not aside:
            for box in boxes:
                for _ in range(draw(st.integers(1, 4))):
                    tail = draw(st.sampled_from(earlier))
                    label = draw(st.sampled_from(["1", "w·x", "a long formula·(1 − another)"]))
                    links[tail, box.key] = Link(tail, box.key, (label, "0.25"))
        layers.append(Layer(f"layer {number}", "title", boxes, aside, framed=draw(st.booleans())))
    for layer in layers:
        meeting = {box.key: sum(box.key in ends for ends in links) for box in layer.boxes}
        layer.boxes = [Box(b.key, b.width, 21 + 7.0 * meeting[b.key]) for b in layer.boxes]
    return layers, list(links.values())


@settings(max_examples=25)
@given(layered_graphs())
def test_in_the_picture_of_a_random_graph_nothing_overlaps(
    graph: tuple[list[Layer], list[Link]],
) -> None:
    check(laid_out(*graph))


# Where things stand.


def test_a_column_is_a_layer_in_the_order_of_computation() -> None:
    layout = picture_of(loss()).layout
    path = ["w_conv[0,0]", "fm[0,0]", "F_1", "s_1", "net_H1", "H1", "net_O1", "O1", "E1", "E"]
    assert [layout.column_of[key] for key in path] == list(range(10))
    assert all(
        y == pytest.approx(0, abs=60) for y in (layout.centres["H1"][1], layout.centres["E"][1])
    )


def test_weights_stand_beside_the_layer_before_the_one_that_they_feed() -> None:
    layout = picture_of(loss()).layout
    for weight, beside, into in (
        ("w_1", "s_1", "net_H1"),
        ("w_9", "H1", "net_O1"),
        ("t1", "O1", "E1"),
    ):
        assert layout.column_of[weight] == layout.column_of[beside] == layout.column_of[into] - 1
        assert layout.centres[weight][1] < layout.centres[beside][1]


def test_names_stand_in_reading_order() -> None:
    layout = picture_of(loss()).layout
    for names in (["w_1", "w_2", "w_3", "w_4", "w_5"], ["s_1", "s_2", "s_3", "s_4"], ["E1", "E2"]):
        heights = [layout.centres[name][1] for name in names]
        assert heights == sorted(heights, reverse=True)


def test_the_cells_of_a_pooling_window_stand_together() -> None:
    layout = picture_of(loss()).layout
    cells = sorted(
        (key for key in layout.boxes if key.startswith("fm")),
        key=lambda key: -layout.centres[key][1],
    )
    assert [set(cells[k : k + 4]) for k in (0, 4)] == [
        {"fm[0,0]", "fm[0,1]", "fm[1,0]", "fm[1,1]"},
        {"fm[0,2]", "fm[0,3]", "fm[1,2]", "fm[1,3]"},
    ]


def test_few_labels_have_two_lines_and_many_have_one() -> None:
    layout = picture_of(loss()).layout
    lines = {(link.tail, link.head): found.lines for link, found in layout.routes.items()}
    assert len(lines["F_1", "s_1"]) == 2
    assert len(lines["w_1", "net_H1"]) == 1


def test_an_edge_that_skips_columns_runs_past_what_stands_there() -> None:
    layers = [
        Layer("a", "a", [Box("a", 40, 30)], aside=True),
        Layer("b", "b", [Box("b", 40, 300)], aside=False),
        Layer("c", "c", [Box("c", 40, 30)], aside=False),
    ]
    skipping = Link("a", "c", ("skips",))
    layout = laid_out(layers, [Link("a", "b", ("1",)), Link("b", "c", ("1",)), skipping]).layout
    heights = [
        y
        for x, y in layout.routes[skipping].points
        if x == pytest.approx(layout.centres["b"][0], abs=60)
    ]
    assert all(abs(y) > 150 for y in heights)
    assert heights


def test_a_layer_that_is_used_late_stands_late() -> None:
    layers = [
        Layer(key, key, [Box(f"{key}{n}", 40, 30) for n in (1, 2)], key in "xw")
        for key in "xwqstvo"
    ]
    ends = ["xq", "qs", "st", "wv", "to", "vo"]
    links = [Link(f"{a}{i}", f"{b}{j}", ("1",)) for a, b in ends for i in (1, 2) for j in (1, 2)]
    layout = laid_out(layers, links).layout
    assert layout.column_of["v1"] == layout.column_of["t1"] == 3
    assert layout.column_of["w1"] == 2


def test_an_arrow_may_end_at_the_frame_of_a_layer() -> None:
    layers = [
        Layer("data", "data", [Box("data", 80, 60)], aside=True),
        Layer("F", "F", [Box("F1", 40, 30), Box("F2", 40, 30)], aside=False),
    ]
    arrow = Link("data", "F2", to_frame=True)
    layout = laid_out(layers, [arrow]).layout
    left, bottom, _, top = layout.frames["F"]
    x, y = layout.routes[arrow].points[-1]
    assert x == left
    assert y in {bottom + 6, top - 13}


def test_a_value_without_edges_has_a_place() -> None:
    layout = laid_out([Layer("x", "x", [Box("x", 40, 30)], aside=True)], []).layout
    assert layout.column_of == {"x": 0}
    assert layout.routes == {}


def test_the_width_of_a_text_is_that_of_arial() -> None:
    # Advance widths of Arial in units of 1/2048 em, from its hmtx table.
    units = {"H": 1479, "i": 455, "W": 1933, "m": 1706, "0": 1139, " ": 569, "=": 1196, "(": 682}
    for letter, width in units.items():
        assert text_width(letter, 10.0) == pytest.approx(width / 2048 * 10, abs=0.01)
