"""draw: what it takes, how a picture shows itself and is written to a file."""

import re
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, GraphTooLargeError, NameLookupError, RenderError, Value
from autograd_lite.chain import graph as expand_module
from autograd_lite.draw import Picture
from autograd_lite.engine import order
from models.notebook import loss


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No layout engine anywhere."""

    def not_installed(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.delenv("AUTOGRAD_LITE_DOT", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(metadata, "files", not_installed)


def test_a_notebook_shows_the_picture_as_svg() -> None:
    shown = ag.draw(loss(), level="scalar")._repr_mimebundle_(include=None, exclude=None)
    assert shown.keys() == {"image/svg+xml"}
    assert "net_O1" in shown["image/svg+xml"]


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_a_notebook_shows_what_to_install_and_the_dot_text() -> None:
    picture = ag.draw(loss())
    shown = picture._repr_mimebundle_()
    assert shown.keys() == {"text/plain"}
    message, source = shown["text/plain"].split("\n\n", 1)
    assert "pip install graphviz-pure" in message
    assert source == picture.source


@pytest.mark.usefixtures("no_engine")
def test_drawing_needs_no_engine(tmp_path: Path) -> None:
    picture = ag.draw(loss(), wrt="w_9")
    path = picture.render(tmp_path / "graph.dot")
    assert path.read_text(encoding="utf-8") == picture.source
    with pytest.raises(RenderError):
        picture.render(tmp_path / "graph.svg")


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("gv", b"digraph")]
)
def test_a_picture_is_rendered_by_the_suffix(tmp_path: Path, suffix: str, start: bytes) -> None:
    path = ag.draw((Value(1.0, "x") * 2.0).named("y")).render(tmp_path / f"graph.{suffix}")
    assert path.read_bytes().startswith(start)


def test_a_picture_is_short_in_print() -> None:
    assert re.fullmatch(
        r"<Picture of \d+ lines of DOT; \.render\('graph\.svg'\)>", repr(ag.draw(loss()))
    )


def test_a_picture_is_its_source() -> None:
    assert Picture("digraph {}").source == "digraph {}"


def test_wrt_implies_the_scalar_level() -> None:
    assert ag.draw(loss(), wrt="w_9").source == ag.draw(loss(), level="scalar", wrt="w_9").source


def test_wrt_may_be_a_value() -> None:
    x = Value(2.0, "x")
    y = (x * 3.0).named("y")
    assert ag.draw(y, wrt=x).source == ag.draw(y, wrt="x").source


def test_an_unknown_level_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError, match="level is 'layer'; it is 'auto' or 'tensor' or 'scalar'"):
        ag.draw(loss(), level="layer")


def test_only_a_value_is_drawn() -> None:
    with pytest.raises(DataError, match="draw takes a Value, not list"):
        ag.draw([1.0])  # type: ignore[arg-type]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NameLookupError, match="no value is called 'w_13'"):
        ag.draw(loss(), wrt="w_13")


def test_single_numbers_show_their_local_derivatives_and_arrays_are_nodes() -> None:
    x, w = Value(3.0, "x"), Value(2.0, "w")
    y = ((w * x).named("z") ** 2).named("y")
    assert ag.draw(y).source == ag.draw(y, level="scalar").source
    total = (Value([1.0, 2.0], "v") * w).sum().named("total")
    assert ag.draw(total).source == ag.draw(total, level="tensor").source


def test_a_result_without_elements_has_no_scalar_picture() -> None:
    with pytest.raises(DataError, match=r"empty has shape \(0,\), so no numbers to draw"):
        ag.draw(Value(np.zeros(0), "empty"), level="scalar")


def chain(length: int) -> Value:
    h = Value(1.0, "x")
    for step in range(length):
        h = (h * 1.5).named(f"h{step}")
    return h


@pytest.mark.parametrize(("level", "what"), [("tensor", "values"), ("scalar", "named numbers")])
def test_more_nodes_than_the_limit_are_refused_with_their_count(level: str, what: str) -> None:
    with pytest.raises(GraphTooLargeError) as caught:
        ag.draw(chain(2_000), level=level)
    message = str(caught.value)
    assert message.startswith(f"the picture would have 2,001 {what}, more than the limit of 300; ")
    assert message.endswith("or give limit=2001")
    assert ag.draw(chain(20), level=level, limit=21).source


def test_the_scalars_are_counted_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: object) -> None:
        raise AssertionError("scalars were made")

    y = (Value(np.ones(1_000), "x") * 2.0).sum().named("y")
    monkeypatch.setattr(expand_module, "_replay", work)
    with pytest.raises(GraphTooLargeError, match="1,001 named numbers"):
        ag.draw(y, level="scalar")


def test_too_many_edges_are_refused_with_the_limit_that_allows_them() -> None:
    x = Value(np.ones(40), "x")
    y = (np.ones((40, 40)) @ x).named("y").sum().named("E")
    with pytest.raises(
        GraphTooLargeError, match=r"1,640 edges, more than the limit of 1,200.*=410$"
    ):
        ag.draw(y, level="scalar")
    x = Value(np.ones(10), "x")
    y = (np.ones((10, 10)) @ x).named("y").sum().named("E")
    assert ag.draw(y, level="scalar", limit=28).source.count("->") == 110


def test_drawing_leaves_the_gradients_alone() -> None:
    E = loss()
    ag.draw(E)
    ag.draw(E, wrt="w_1")
    assert all(node.grad is None for node in order(E))


@pytest.mark.parametrize("level", ["tensor", "scalar"])
def test_a_picture_shows_the_gradients_of_its_own_result(level: str) -> None:
    x = Value(2.0, "x")
    a = (x * 3.0).named("a")  # ∂a/∂x = 3
    b = (a * a).named("b")  # ∂b/∂x = 2·6·3 = 36
    before = [ag.draw(one, level=level) for one in (a, b)]
    assert ["grad = ∂a/∂name" in one.source for one in before] == [True, False]
    assert [gradient_of_x(one) for one in before] == ["3", "36"]
    b.backward()
    b.backward()  # what adds up in the leaves is no derivative of anything
    assert [ag.draw(one, level=level).source for one in (a, b)] == [one.source for one in before]


def gradient_of_x(picture: Picture) -> str:
    (node,) = (line for line in picture.source.split("\n") if re.search(r'"x = 2|<B>x</B>', line))
    return re.sub("<.*?>", " ", node).partition("grad")[2].split()[0].strip('"')


@pytest.mark.parametrize("level", ["tensor", "scalar"])
def test_what_was_not_chosen_has_the_gradient_0_at_a_pole_too(level: str) -> None:
    y = ag.sqrt(ag.relu(Value(-1.0, "x")).named("r")).named("y")  # ∂y/∂r is inf
    with pytest.warns(RuntimeWarning):
        picture = ag.draw(y, level=level)
    assert re.search(r"x = −1\\ngrad 0|<B>x</B>.*>−1<.*>grad<.*>0<", picture.source)


@pytest.mark.parametrize("level", ["tensor", "scalar"])
def test_the_result_may_be_an_array_of_one_number(level: str) -> None:
    x = Value([2.0, 5.0], "x")
    source = ag.draw((x[:1] * 3.0).named("y"), level=level).source
    assert re.search(r"x\[0\] = 2\\ngrad 3|>grad<.*>3</TD><TD[^>]*>0<", source)


@pytest.mark.parametrize("level", ["tensor", "scalar"])
def test_without_a_single_result_there_are_no_gradients_and_the_legend_explains_none(
    level: str,
) -> None:
    y = (Value([1.0, 2.0], "x") ** 2).named("y")
    y.backward(np.ones(2))
    assert "grad" not in ag.draw(y, level=level).source
