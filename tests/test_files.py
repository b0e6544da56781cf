"""Files of claims, by their suffix. Nothing in them is run."""

import json
from pathlib import Path
from typing import Any

import pytest
from reading import claims
from reading import pairs as pairs_of

from autograd_lite import ClaimError
from autograd_lite.check.read.files import SUFFIXES, read_file


def file(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def pairs(path: Path) -> list[tuple[str, Any]]:
    return pairs_of(read_file(path))


def test_json_keeps_the_digits_groups_and_repeated_names(tmp_path: Path) -> None:
    text = '{"forward": {"H1": 0.8270, "H1": 1, "fm": [[0.10, 2]]}, "dE/dw": "0.50", "x": NaN}'
    assert pairs(file(tmp_path, "claims.json", text)) == [
        ("H1", "0.8270"),
        ("H1", "1"),
        ("fm", [["0.10", "2"]]),
        ("dE/dw", "0.50"),
        ("x", "NaN"),
    ]


def test_json_can_be_a_list_of_pairs(tmp_path: Path) -> None:
    path = file(tmp_path, "claims.JSON", '[["H1", 0.5], ["H1", "0.6"]]')
    assert pairs(path) == [("H1", "0.5"), ("H1", "0.6")]


def test_toml_keeps_the_digits_and_groups(tmp_path: Path) -> None:
    text = 'H1 = 0.8270\n[backward]\n"dE/dw_9" = [0.10, 2]\n"μ" = "0.5"\n'
    read = pairs(file(tmp_path, "claims.toml", text))
    assert read == [("H1", "0.8270"), ("dE/dw_9", ["0.10", 2]), ("μ", "0.5")]


@pytest.mark.parametrize(
    ("name", "text"),
    [("t.csv", "name,value\nH1,0.50\n"), ("t.csv", "H1;0,50\n"), ("t.tsv", "H1\t0.50\n")],
)
def test_a_table_has_a_claim_in_each_row(tmp_path: Path, name: str, text: str) -> None:
    assert pairs(file(tmp_path, name, text)) == [("H1", "0.50")]


@pytest.mark.parametrize("suffix", [".md", ".markdown", ".txt", ".rst", ".tex", ".TXT"])
def test_a_document_has_its_claims_by_line(tmp_path: Path, suffix: str) -> None:
    (claim,) = claims(read_file(file(tmp_path, f"notes{suffix}", "Forward\n\nH1 = 0.50\n")))
    assert (claim.name, claim.given, claim.line) == ("H1", "0.50", 3)


def test_a_notebook_says_the_cell(tmp_path: Path) -> None:
    cells = [{"cell_type": "markdown", "source": "H1 = 0.50"}]
    (claim,) = claims(read_file(file(tmp_path, "notes.ipynb", json.dumps({"cells": cells}))))
    assert (claim.name, claim.given, claim.where) == ("H1", "0.50", "cell 1")


def test_python_is_read_as_text_and_not_run(tmp_path: Path) -> None:
    text = "open('ran', 'w')\nH1 = 0.50\nH2 = H1 * 2\n"
    assert pairs(file(tmp_path, "mine.py", text)) == [("H1", "0.50")]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"H1": 0.5}'),
        ("a.toml", "H1 = 0.5"),
        ("a.csv", "H1,0.5"),
        ("a.md", "H1 = 0.5"),
        ("a.ipynb", '{"cells": [{"cell_type": "markdown", "source": "H1 = 0.5"}]}'),
    ],
)
def test_the_mark_at_the_start_of_a_utf_8_file_is_no_part_of_it(
    tmp_path: Path, name: str, text: str
) -> None:
    assert pairs(file(tmp_path, name, text, "utf-8-sig")) == [("H1", "0.5")]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file_has_no_claims_or_says_what_is_wrong(tmp_path: Path, suffix: str) -> None:
    path = file(tmp_path, f"claims{suffix}", "")
    if suffix in (".json", ".ipynb"):
        with pytest.raises(ClaimError, match=f"claims{suffix}: "):
            read_file(path)
    else:
        assert read_file(path) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("claims.json", "{", "Expecting property name"),
        ("claims.json", "3", "is not a set of claims"),
        ("claims.json", '["H1"]', "is not a claim"),
        ("claims.json", "[" * 100_000, "nested too deeply"),
        ("claims.toml", "H1 = ", "Invalid value"),
        ("claims.csv", "H1,2,3", "line 1: 3 cells without"),
        ("claims.ipynb", "{}", "no notebook"),
        ("claims.docx", "H1,2", r"the suffix has to be one of \.json, \.toml, \.csv"),
        ("claims", "H1,2", "the suffix has to be one of"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(ClaimError, match=f"{name}: .*{message}"):
        read_file(file(tmp_path, name, text))


@pytest.mark.parametrize("name", ["missing.json", "missing.md"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ClaimError, match=f"{name}: No such file"):
        read_file(tmp_path / name)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"H1\x000.5", b"\x89PNG\x01\x02"])
@pytest.mark.parametrize("name", ["binary.json", "binary.md"])
def test_a_binary_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ClaimError, match=f"{name}: cannot be decoded: .* save it as UTF-8"):
        read_file(tmp_path / name)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.md").mkdir()
    with pytest.raises(ClaimError, match=r"notes\.md: is a folder; give the files in it"):
        read_file(tmp_path / "notes.md")
