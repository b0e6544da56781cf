"""The command ``grade``, as its user sees it."""

import csv
import errno
import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import Run

from autograd_lite.check.grade.apart import Reply, Server, replies
from autograd_lite.cli import grading


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


def interrupted_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody presses Ctrl-C when so many are graded."""

    def some(servers: Sequence[Server], tasks: Iterable[Any]) -> Iterator[tuple[Any, Reply]]:
        yield from itertools.islice(replies(servers[:1], tasks), count)
        raise KeyboardInterrupt

    monkeypatch.setattr(grading, "replies", some)


def test_an_interrupt_ends_with_130_and_keeps_what_is_done(
    run: Run, tmp_cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted_after(1, monkeypatch)
    result = run("in", "--csv", "grades.csv")
    assert result.code == 130
    assert result.err == "interrupted: 1 of 2 are graded; --resume goes on\n"
    assert "anna.md     1/1" in result.out
    assert (tmp_cwd / "grades.csv").read_text().count("\n") == 2


def test_a_run_that_was_ended_goes_on_with_the_others(
    run: Run, tmp_cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = "--csv", "grades.csv", "--json", "grades.json"
    whole = run("in", "--csv", "-").out
    with monkeypatch.context() as patch:
        interrupted_after(1, patch)
        run("in", *files)
    kept = tmp_cwd / "grades.csv.unfinished"
    kept.write_bytes(kept.read_bytes() + b"half a li")  # as a kill leaves it
    asked: list[str] = []
    ask = Server.ask
    monkeypatch.setattr(Server, "ask", lambda *given: asked.append(given[1].name) or ask(*given))
    assert run("in", *files, "--resume").code == 0
    assert asked == ["ben.csv"]
    assert (tmp_cwd / "grades.csv").read_text() == whole
    found = json.loads((tmp_cwd / "grades.json").read_text())["submissions"]
    assert [one["submission"] for one in found] == ["anna.md", "ben.csv"]
    assert not kept.exists()


def test_what_has_changed_is_graded_again(
    run: Run, tmp_cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        interrupted_after(1, patch)
        run("in", "--csv", "grades.csv")
    (tmp_cwd / "in/anna.md").write_text("dE/dw = -6.00\n")
    assert "anna.md     0/1" in run("in", "--csv", "grades.csv", "--resume").out
    with monkeypatch.context() as patch:
        interrupted_after(2, patch)
        run("in", "--csv", "grades.csv")
    (tmp_cwd / "points.json").write_text('{"points": {"dE/dw": 4}}')
    options = "--rubric", "points.json", "--csv", "grades.csv", "--resume"
    assert "anna.md     0/4" in run("in", *options).out


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "3", "50"])
def test_the_rows_are_the_same_for_any_number_of_jobs(run: Run, tmp_cwd: Path, jobs: str) -> None:
    for number in range(20):
        (tmp_cwd / f"in/{number % 7}-{number}.md").write_text(f"dE/dw = {number}\n")
    assert run("in", "--csv", "-", "--jobs", jobs).out == run("in", "--csv", "-").out


def test_a_disk_that_is_full_leaves_the_old_file_whole(
    run: Run, tmp_cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("in", "--csv", "grades.csv")
    before = (tmp_cwd / "grades.csv").read_text()
    (tmp_cwd / "in/carl.md").write_text("dE/dw = 6.0\n")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = run("in", "--csv", "grades.csv")
    assert result.code == 2
    assert "No space left on device" in result.err
    assert (tmp_cwd / "grades.csv").read_text() == before
    assert sorted(path.name for path in tmp_cwd.iterdir() if "grades" in path.name) == [
        "grades.csv",
        "grades.csv.unfinished",
    ]
    assert [path.name for path in tmp_cwd.iterdir() if path.name.endswith(".part")] == []


# Code in submissions

CODE = "w = 3.0\ndE_dw = 2 * w\nopen('ran', 'w').close()\nprint('hello')\n"


def row(run: Run, name: str, *options: str) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(run("in", "--csv", "-", *options).out))
    return next(row for row in rows if row["submission"] == name)


def test_code_that_was_not_run_has_no_points_and_says_so(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "in/code.py").write_text(CODE)
    result = run("in")
    assert result.code == 1
    assert result.out.startswith("3 submissions, 1 of which needs --run\n")
    assert "code.py     needs --run\n" in result.out
    found = row(run, "code.py")
    assert (found["points"], found["error"]) == ("", "needs --run")


def test_code_that_is_run_is_judged_by_what_it_leaves(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "in/code.py").write_text(CODE)
    found = row(run, "code.py", "--run")
    assert (found["points"], found["error"], found["right"]) == ("1", "", "2")
    assert [*tmp_cwd.rglob("ran")] == []


def test_what_code_says_elsewhere_earns_its_points_without_it(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "in/both").mkdir()
    (tmp_cwd / "in/both/a.md").write_text("dE/dw = 6.0\n")
    (tmp_cwd / "in/both/code.py").write_text(CODE)
    assert row(run, "both")["points"] == "1"
    (tmp_cwd / "points.json").write_text('{"points": {"dE/dw": 4, "w updated": 2}}')
    found = row(run, "both", "--rubric", "points.json")
    assert (found["points"], found["error"]) == ("4", "")
    assert "needs --run for w updated" in found["notes"]


def test_the_functions_of_code_that_leaves_nothing_are_called(run: Run, tmp_cwd: Path) -> None:
    code = (
        "def forward(w):\n    return w * w\ndef backward(w):\n    dE_dw = 2 * w\n    return dE_dw\n"
    )
    (tmp_cwd / "in/code.py").write_text(code)
    assert row(run, "code.py", "--run")["points"] == "1"


def test_code_with_weights_of_its_own_is_judged_at_these(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "in/own.py").write_text("w = 2.5\nE = w * w\ndE_dw = 2 * w\n")
    (tmp_cwd / "in/step.py").write_text("w = 3.0\nE = w * w\ndE_dw = 2 * w\nw -= 0.1 * dE_dw\n")
    assert row(run, "own.py", "--run")["stated"] == "w"
    found = row(run, "step.py", "--run")
    assert (found["points"], found["wrong"], found["stated"]) == ("1", "0", "")


FORGED = """
import os, struct, json
finding = {"verdict": "wrong", "name": "x\\x1b[2J", "line": None, "causes": []}
row = {"error": "", "notes": ["a\\x9b"], "stated": [], "items": ITEMS, "findings": [finding],
       "first_mistake": "\\x1b[2J", "wrong_roots": [], "points": float("nan"), "more": float("inf"),
       "submission": "anna.md", "files": 3, "markdown": "\\x1b[2J"}
text = json.dumps({"answer": row}).encode()
for fd in range(3, 99):
    try:
        os.write(fd, struct.pack("!Q", len(text)) + text)
    except OSError:
        pass
os._exit(0)
"""


@pytest.mark.parametrize(
    "items",
    [
        "[{'quantity': '=1', 'points': float('nan'), 'earned': 1e999, 'answers': 1}]",
        "[{'quantity': 'x', 'points': 'much', 'earned': 1, 'answers': 1}]",
        "7",
    ],
)
def test_what_code_writes_into_the_answer_spoils_no_row_but_its_own(
    run: Run, tmp_cwd: Path, items: str
) -> None:
    (tmp_cwd / "in/forged.py").write_text(FORGED.replace("ITEMS", items))
    result = run("in", "--run", "--csv", "g.csv", "--json", "g.json", "--markdown", "reports")
    assert result.code in (0, 1), result.err
    assert all(line.isprintable() for line in result.out.splitlines())
    rows = list(csv.DictReader((tmp_cwd / "g.csv").read_text().splitlines()))
    assert [row["submission"] for row in rows] == ["anna.md", "ben.csv", "forged.py"]
    assert [row["points"] for row in rows[:2]] == ["1", "0"]
    assert len(json.loads((tmp_cwd / "g.json").read_text())["submissions"]) == 3


def test_a_notebook_whose_code_fails_is_read(run: Run, tmp_cwd: Path) -> None:
    cells = [
        {"cell_type": "code", "source": "w = 1 / 0"},
        {"cell_type": "markdown", "source": "dE/dw = 6.0"},
    ]
    (tmp_cwd / "in/work.ipynb").write_text(json.dumps({"cells": cells}))
    found = row(run, "work.ipynb", "--run")
    assert found["points"] == "1"
    assert "line 1: `w = 1 / 0` raised ZeroDivisionError" in found["notes"]


def test_the_folder_of_a_submission_takes_the_place_of_no_module(run: Run, tmp_cwd: Path) -> None:
    for name in ("rich", "json", "numpy", "mine"):
        (tmp_cwd / f"in/{name}.py").write_text(CODE)
    run("in")
    assert [*tmp_cwd.rglob("ran")] == []


@pytest.mark.slow
@pytest.mark.usefixtures("run")
def test_the_program_imports_nothing_from_the_current_folder(tmp_cwd: Path) -> None:
    for name in ("rich", "json", "numpy", "argparse", "typing"):
        (tmp_cwd / f"in/{name}.py").write_text(f"open({str(tmp_cwd / 'ran')!r}, 'w').close()\n")
    command = [sys.executable, "-m", "autograd_lite", "grade", "../mine.py:E", "."]
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(
        command,
        cwd=tmp_cwd / "in",
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "needs --run" in done.stdout, done.stderr
    assert not (tmp_cwd / "ran").exists()


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
