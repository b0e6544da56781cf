"""The command ``grade``, as its user sees it."""

import csv
import json
import sys
from functools import partial
from pathlib import Path

import pytest
from conftest import Run

from autograd_lite.check.grade.grading import Grader
from autograd_lite.check.grade.submissions import Submission
from autograd_lite.check.grade.table import Row


@pytest.fixture
def run(tmp_cwd: Path, command_line: Run) -> Run:
    """The command on w², in a folder with two submissions."""
    (tmp_cwd / "mine.py").write_text("from autograd_lite import Value\nw = Value(3.0)\nE = w * w\n")
    (tmp_cwd / "in").mkdir()
    (tmp_cwd / "in/anna.md").write_text("dE/dw = 6.0\n")
    (tmp_cwd / "in/ben.csv").write_text("slope,-6.0\nw updated,2.4\n")
    return partial(command_line, "grade", "mine.py:E")


def test_the_table_is_printed_and_wrong_answers_are_no_error(run: Run) -> None:
    result = run("in")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "2 submissions",
        "submission  points  right  wrong  follows  unanswered  to check",
        "anna.md     1/1     1      0      0        0           0",
        "ben.csv     0/1     0      0      0        1           2",
    ]


def test_names_learning_rate_and_rubric_are_used(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "words.toml").write_text('slope = "dE/dw"\n')
    (tmp_cwd / "points.json").write_text('{"points": {"dE/dw": 4, "w updated": 2}}')
    options = "--names", "words.toml", "--rubric", "points.json", "--learning-rate", "0.1"
    # 3 − 0.1·6 = 2.4 is right; the sign of the slope is not.
    out = run("in", *options).out
    assert "anna.md     4/6" in out
    assert "ben.csv     2/6" in out


def test_a_broken_file_ends_with_1(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "in/carl.json").write_text("{")
    result = run("in")
    assert result.code == 1
    assert "carl.json\n  carl.json: Expecting property name" in result.out


def test_files_are_written_and_are_no_submissions(run: Run, tmp_cwd: Path) -> None:
    options = "--csv", "in/grades.csv", "--json", "in/grades.json", "--markdown", "in/reports"
    for _ in range(2):
        assert run("in", *options).out.startswith("2 submissions\n")
    with (tmp_cwd / "in/grades.csv").open(newline="", encoding="utf-8") as file:
        assert [row["points"] for row in csv.DictReader(file)] == ["1", "0"]
    assert len(json.loads((tmp_cwd / "in/grades.json").read_text())["submissions"]) == 2
    assert sorted(path.name for path in (tmp_cwd / "in/reports").iterdir()) == [
        "anna.md.md",
        "ben.csv.md",
    ]


def test_csv_and_json_can_be_printed_instead(run: Run) -> None:
    assert run("in", "--csv", "-").out.startswith("submission,points,possible,")
    assert json.loads(run("in", "--json", "-").out)["output"] == "E"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "missing is not there; give the folder"),
        (["mine.py"], "mine.py is a file; give the folder"),
        (["in", "--csv", "-", "--json", "-"], "only one of --csv and --json can be printed"),
        (["in", "--csv", "no/grades.csv"], "no/grades.csv: there is no folder no"),
        (["in", "--rubric", "mine.py"], "the suffix of a rubric has to be"),
        (["in", "--names", "missing.toml"], "missing.toml: No such file"),
        (["in", "--learning-rate", "nan"], "learning_rate=nan is not a number"),
    ],
)
def test_an_error_is_one_line_and_ends_with_2(run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("autograd-lite: error: ")
    assert message in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["in", "--learning-rate", "fast"], ["in", "--frob"]])
def test_bad_usage_ends_with_2(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("usage: ")


def test_an_interrupt_ends_with_130_and_keeps_what_is_done(
    run: Run, tmp_cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Grader.row

    def interrupted(self: Grader, submission: Submission) -> Row:
        if submission.name == "ben.csv":
            raise KeyboardInterrupt
        return row(self, submission)

    monkeypatch.setattr(Grader, "row", interrupted)
    result = run("in", "--csv", "grades.csv")
    assert result.code == 130
    assert result.err == "interrupted: 1 of 2 are graded\n"
    assert "anna.md     1/1" in result.out
    assert (tmp_cwd / "grades.csv").read_text().count("\n") == 2


def test_progress_is_shown_on_a_terminal_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("in").err == ""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    result = run("in")
    assert "/2" in result.err
    assert result.out.startswith("2 submissions\n")


def test_the_rubric_of_the_help_is_one(run: Run, tmp_cwd: Path) -> None:
    text = run("--help").out
    start = text.index("  total = 20")
    lines = text[start : text.index("The last line of points")].splitlines()
    rubric = "\n".join(lines).replace("dE/dw_*", "dE/dw").replace("w_9", "w")
    (tmp_cwd / "rubric.toml").write_text(rubric.replace('"dE/dw_conv"', '"E"'))
    # dE/dw is worth 1, E 4 and the updated w 1/2: 20 points in all, 1/5.5 of them for dE/dw.
    assert "anna.md     3.64/20" in run("in", "--rubric", "rubric.toml").out
