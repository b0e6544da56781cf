"""The tables in docs/checker-not-read.md say what is so."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from test_docs import ROOT, blocks

from autograd_lite.chain.graph import named_graph
from autograd_lite.check.compare import compare_with
from autograd_lite.check.finding import Finding
from autograd_lite.cli.target import load_target

NETWORKS, PAGE = (
    (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("checker-reading.md", "checker-not-read.md")
)
TARGETS = {"network.py": "network.py:E", "arrays.py": "arrays.py:L"}
ROW = re.compile(r"^\| `(?P<line>(?:\\\||[^`|])+)`(?P<star> \*)? \| (?P<instead>.+) \|$")


class Row(NamedTuple):
    """A line that is not read, whether it is not even listed, and what to write instead."""

    target: str
    line: str
    dropped: bool
    instead: str


def rows() -> Iterator[Row]:
    target = ""
    for line in PAGE.partition("\n## Files")[0].splitlines():
        if names := re.findall(r" `(\w+\.py)`:$", line):
            target = TARGETS[names[0]]
        if found := ROW.match(line):
            instead = re.match("`([^`]+)`", found["instead"])
            text = found["line"].replace("\\|", "|")
            yield Row(target, text, bool(found["star"]), instead[1] if instead else "")


def findings(target: str, line: str) -> tuple[Finding, ...]:
    for block in blocks(NETWORKS):
        if block.file in TARGETS:
            Path(block.file).write_text(block.code, encoding="utf-8")
    path = Path("line.md")
    path.write_text(line.replace("⏎", "\n"), encoding="utf-8")
    return compare_with(named_graph(load_target(target)), path, learning_rate=0.1).findings


@pytest.mark.usefixtures("tmp_cwd")
@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row.line)
def test_what_is_not_read_is_not_and_what_to_write_instead_is_right(row: Row) -> None:
    found = findings(row.target, row.line)
    assert bool(found) != row.dropped
    assert {one.verdict for one in found} <= {"unchecked"}
    if row.instead and "=" in row.instead.replace("axis=", ""):
        instead = findings(row.target, row.instead)
        assert {one.verdict for one in instead} == {"right"}


def test_all_rows_are_tried() -> None:
    lines = PAGE.partition("\n## Files")[0]
    assert len(list(rows())) == lines.count("\n| ") - 2  # two have titles
