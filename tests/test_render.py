"""DOT text to pictures, and which engine draws them."""

import sys
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd_lite.draw.picture import layout_engine, render, set_engine, to_png, to_svg
from autograd_lite.errors import RenderError

SOURCE = 'digraph { a -> b [label="∂b∕∂a = σ(a)·(1 − σ(a))"] }'
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def no_engine_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set first, so that what a test leaves behind is undone as well.
    monkeypatch.setenv("AUTOGRAD_LITE_DOT", "")


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The engine of graphviz-pure, the only one there is."""
    monkeypatch.setenv("PATH", "")
    return layout_engine()


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_installed(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(metadata, "files", not_installed)


def program(path: Path, body: str) -> Path:
    """A stand-in for a layout engine: a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_an_svg_shows_the_labels_as_they_were_written() -> None:
    assert sorted(texts(to_svg(SOURCE))) == ["a", "b", "∂b∕∂a = σ(a)·(1 − σ(a))"]


def test_a_png_is_sharp_enough_to_print() -> None:
    svg = ElementTree.fromstring(to_svg("digraph { a }"))
    points = float(svg.attrib["width"].removesuffix("pt"))
    header = to_png("digraph { a }")[:24]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(header[16:20], "big")  # the first field of the IHDR chunk
    assert width == pytest.approx(points * 192 / 72, abs=2)  # whole points, then whole pixels


@pytest.mark.parametrize(("name", "start"), [("g.svg", b"<?xml"), ("g.PNG", b"\x89PNG")])
def test_the_suffix_decides_the_format(tmp_path: Path, name: str, start: bytes) -> None:
    path = render(SOURCE, tmp_path / name)
    assert path == tmp_path / name
    assert path.read_bytes().startswith(start)


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize("name", ["graph.dot", "graph.gv"])
def test_dot_text_is_written_without_an_engine(tmp_path: Path, name: str) -> None:
    assert render(SOURCE, tmp_path / name).read_text(encoding="utf-8") == SOURCE


def test_missing_folders_are_made(tmp_path: Path) -> None:
    assert render(SOURCE, str(tmp_path / "new" / "er" / "graph.dot")).is_file()


@pytest.mark.parametrize("name", ["graph.jpeg", "graph"])
def test_an_unknown_suffix_is_answered_with_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(RenderError, match=r"\.svg, \.png, \.pdf, \.dot, \.gv"):
        render(SOURCE, tmp_path / name)


def test_a_failed_layout_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "graph.svg"
    path.write_text("before")
    with pytest.raises(RenderError):
        render("digraph { a -> ", path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "graph.svg"
    folder.mkdir()
    with pytest.raises(OSError, match=r"graph\.svg"):
        render(SOURCE, folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_an_error_of_the_engine_is_passed_on() -> None:
    with pytest.raises(RenderError, match="syntax error in line 1"):
        to_svg("digraph { a -> ")


@pytest.mark.usefixtures("bundled")
def test_a_warning_of_the_engine_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    # The bundled engine knows no width for this sign, and says so.
    assert texts(to_svg('digraph { a [label="∂"] }')) == ["∂"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("bundled")
def test_a_format_that_the_engine_lacks_is_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"cannot draw pdf: install Graphviz.*\.svg or \.png"):
        render(SOURCE, tmp_path / "graph.pdf")


@pytest.mark.usefixtures("bundled")
def test_a_text_without_a_graph_is_an_error() -> None:
    with pytest.raises(RenderError, match="no graph in the DOT text ' '"):
        to_svg(" ")


def test_an_engine_that_fails_without_a_word_is_an_error(tmp_path: Path) -> None:
    set_engine(program(tmp_path / "silent", "exit 3"))
    with pytest.raises(RenderError, match="ended with code 3"):
        to_svg(SOURCE)


def test_a_pdf_is_what_the_engine_gives_for_pdf(tmp_path: Path) -> None:
    set_engine(program(tmp_path / "engine", 'echo "$1"'))
    assert render(SOURCE, tmp_path / "graph.pdf").read_text() == "-Tpdf\n"


def test_the_bundled_engine_lies_beside_the_interpreter(bundled: Path) -> None:
    assert bundled.samefile(Path(sys.executable).with_name("graphviz-pure"))


def test_dot_on_path_comes_before_the_bundled_engine(
    tmp_path: Path, bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dot = program(tmp_path / "dot", "echo the dot on PATH")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert layout_engine() == dot != bundled
    assert to_svg(SOURCE) == "the dot on PATH\n"


@pytest.mark.parametrize("how", ["set_engine", "environment"])
def test_the_named_engine_comes_before_dot_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    program(tmp_path / "path" / "dot", "echo the dot on PATH")
    mine = program(tmp_path / "mine", "echo mine")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    if how == "set_engine":
        set_engine(mine)
    else:
        monkeypatch.setenv("AUTOGRAD_LITE_DOT", str(mine))
    assert layout_engine() == mine
    assert to_svg(SOURCE) == "mine\n"


def test_an_engine_may_be_named_by_its_name_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = program(tmp_path / "otherdot", "echo other")
    monkeypatch.setenv("PATH", str(tmp_path))
    set_engine("otherdot")
    assert layout_engine() == other


def test_none_goes_back_to_the_usual_search(tmp_path: Path, bundled: Path) -> None:
    set_engine(program(tmp_path / "mine", "echo mine"))
    set_engine(None)
    assert layout_engine() == bundled


def test_a_named_engine_that_is_missing_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = str(tmp_path / "nowhere")
    with pytest.raises(RenderError, match="nowhere"):
        set_engine(missing)
    monkeypatch.setenv("AUTOGRAD_LITE_DOT", missing)
    with pytest.raises(RenderError, match="nowhere"):
        layout_engine()


@pytest.mark.usefixtures("no_engine")
def test_without_any_engine_the_message_says_what_to_install() -> None:
    with pytest.raises(RenderError) as caught:
        to_svg(SOURCE)
    message = str(caught.value)
    for way_out in ("pip install graphviz-pure", "AUTOGRAD_LITE_DOT", "set_engine", ".source"):
        assert way_out in message
