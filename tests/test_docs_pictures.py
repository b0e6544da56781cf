"""The pictures in docs/pictures are those that the pages draw today.

``PYTHONPATH=. python tests/test_docs_pictures.py`` draws them again.
"""

import os
import re
from pathlib import Path

import pytest
from test_docs import ROOT, python_blocks, run

PICTURES = ROOT / "docs" / "pictures"
PAGES = [
    page for page in sorted(ROOT.glob("docs/*.md")) if ".svg" in page.read_text(encoding="utf-8")
]


def shown(svg: Path) -> str:
    """What the picture shows; its comments have the version of the engine."""
    return re.sub("<!--.*?-->", "", svg.read_text(encoding="utf-8"), flags=re.DOTALL)


def draw_pictures_of(page: Path) -> None:
    """Run the page in the current folder, without the blocks that only print."""
    namespace = {"__name__": "__main__"}
    for block in python_blocks(page.read_text(encoding="utf-8")):
        if ">>>" not in block.code:
            run(block, namespace, str(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_committed_pictures_are_what_the_page_draws(
    page: Path, tmp_cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # without `dot`, the engine is that of graphviz-pure
    monkeypatch.delenv("AUTOGRAD_LITE_DOT", raising=False)
    draw_pictures_of(page)
    drawn = sorted(tmp_cwd.glob("pictures/*.svg"))
    assert drawn
    for picture in drawn:
        assert shown(picture) == shown(PICTURES / picture.name), picture.name


def test_every_committed_picture_is_drawn_and_shown_by_a_page() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in PICTURES.iterdir():
        assert f'.render("pictures/{picture.name}")' in pages
        assert f"](pictures/{picture.name})" in pages


def test_the_text_of_the_readmes_picture_can_be_read_where_a_code_host_shows_it() -> None:
    (picture,) = re.findall(
        r"\]\((docs/pictures/.*?\.svg)\)", (ROOT / "README.md").read_text("utf-8")
    )
    svg = (ROOT / picture).read_text("utf-8")
    (width,) = re.findall(r'<svg width="([\d.]+)pt"', svg)
    smallest = min(map(float, re.findall(r'font-size="([\d.]+)"', svg)))
    assert smallest * 838 / float(width) >= 8  # pixels, in a column of 838


if __name__ == "__main__":
    os.chdir(ROOT / "docs")
    os.environ["PATH"] = ""
    for page in PAGES:
        draw_pictures_of(page)
