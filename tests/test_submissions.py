"""Which files of a folder are submissions, and what cannot be read of them."""

from pathlib import Path

import pytest
from reading import claims

from autograd_lite.check.grade.submissions import Submission, find_submissions
from autograd_lite.errors import ClaimError


def write(folder: Path, *names: str, content: str = "H1 = 0.5\n") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def found(folder: Path, *leave_out: Path) -> dict[str, list[str]]:
    return {
        one.name: [path.relative_to(folder).as_posix() for path in one.files]
        for one in find_submissions(folder, leave_out)
    }


def test_every_file_and_every_folder_is_one_in_the_order_of_names(tmp_path: Path) -> None:
    write(tmp_path, "Ben.md", "anna/b.csv", "anna/a.md", "anna/deep/c.json", "carl.ipynb")
    assert found(tmp_path) == {
        "anna": ["anna/a.md", "anna/b.csv", "anna/deep/c.json"],
        "Ben.md": ["Ben.md"],
        "carl.ipynb": ["carl.ipynb"],
    }


def test_what_is_no_submission_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, ".DS_Store", ".git/a.md", "__MACOSX/a.md", "names.toml", "rubric.json", "a.md")
    write(tmp_path, "b/.ipynb_checkpoints/b.ipynb", "b/b.ipynb", "old/grades.csv", "my_names.toml")
    tables = tmp_path / "my_names.toml", tmp_path / "old"
    assert found(tmp_path, *tables) == {"a.md": ["a.md"], "b": ["b/b.ipynb"]}


def test_files_can_be_listed(tmp_path: Path) -> None:
    write(tmp_path, "one/a.md", "two/a.md", "b.md")
    paths = [tmp_path / name for name in ("b.md", "two/a.md", "one/a.md")]
    assert [one.name for one in find_submissions(paths)] == ["b.md", str(paths[1]), str(paths[2])]


def test_the_claims_of_a_folder_say_their_file(tmp_path: Path) -> None:
    write(tmp_path, "anna/a.md", "anna/b.csv", content="H1, 0.5\n")
    write(tmp_path, "anna/a.md")
    (anna,) = find_submissions(tmp_path)
    assert [(one.name, one.given, one.where, one.line) for one in claims(anna.claims())] == [
        ("H1", "0.5", "a.md", 1),
        ("H1", "0.5", "b.csv", 1),
    ]


def test_a_claim_of_a_single_file_needs_no_file(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    assert find_submissions(tmp_path)[0].claims()[0].where == ""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'{"H1": 0.5,', "a.json: "),
        ("a.toml", b"H1 0.5", "a.toml: "),
        ("a.csv", b"a,b,c,d\n", "a.csv: line 1"),
        ("a.ipynb", b"{}", "a.ipynb: line 1: the JSON has no cells"),
        ("a.md", bytes(range(256)), "a.md: cannot be decoded: it is binary"),
        ("a.pdf", b"%PDF", "a.pdf: a file has to be one of .json, "),
        ("a", b"", "a: a file has to be one of .json, "),
        ("empty/.hidden", b"", "the folder is empty: a file has to be"),
        ("scans/1.png", b"", "1.png: a file has to be"),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    write(tmp_path, name)
    (tmp_path / name).write_bytes(content)
    (one,) = find_submissions(tmp_path)
    with pytest.raises(ClaimError) as caught:
        one.claims()
    assert str(caught.value).startswith(message)
    assert str(tmp_path) not in str(caught.value)


def test_a_file_that_has_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match=r"gone.md: No such file"):
        Submission("gone.md", (tmp_path / "gone.md",)).claims()


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.md").open("wb") as file:
        file.truncate(10**9)  # a hole, not bytes
    with pytest.raises(ClaimError, match=r"a.md: larger than 64 MB"):
        find_submissions(tmp_path)[0].claims()


@pytest.mark.parametrize("name", ["missing", "a.md"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, "a.md")
    with pytest.raises(ClaimError, match="give the folder that holds the submissions"):
        find_submissions(tmp_path / name)
